//! Everything that is kept, on SQLite or PostgreSQL: all SQL of Nines, and nothing else.
//!
//! One file per aggregate, free functions with a verb: reads take `&Db` and stand alone, writes take `&mut Tx` and are
//! part of the caller's transaction, which starts only through [`Db::begin_write`] and never spans a network call. Rows
//! become domain values on the way out; a row that cannot is [`StoreError::Corrupt`] and says which.
//!
//! One SQL text serves both engines: `$n` placeholders, sums and literals cast, times as epoch seconds (minutes and hours in
//! the ledger), documents as JSON text. The files list their statements in `ALL`, and a test prepares each on both engines.

/// Runs one expression on whichever engine is behind a [`Db`], reading. It is type-checked once per engine, so a bind or a
/// column that either cannot carry is a compile error at the line that wrote it. No closure: `?` and `return` work.
macro_rules! on {
    ($db:expr, |$ex:ident| $body:expr) => {
        match $db {
            $crate::store::Db::Sqlite(pools) => {
                let $ex = pools.read();
                $body
            }
            $crate::store::Db::Postgres(pool) => {
                let $ex = pool;
                $body
            }
        }
    };
}

/// As [`on!`], within a transaction.
macro_rules! in_tx {
    ($tx:expr, |$ex:ident| $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                let $ex = &mut **tx;
                $body
            }
            $crate::store::Tx::Postgres(tx) => {
                let $ex = &mut **tx;
                $body
            }
        }
    };
}

/// Declares a file's statements, and `ALL`, the list of them for the test that prepares each on both engines.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$doc])* const $name: &str = $sql;)+
        /// Every statement of this file with its name.
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}

mod db;
mod error;
mod migrations;

pub mod seal;

pub mod services;
pub mod sources;

pub mod source_states;

pub mod indicators;
pub mod spreads;

mod counters;
mod documents;
mod queries;

pub mod ledger;
pub mod trends;

pub mod findings;

pub mod agreements;
pub mod objectives;

pub mod revisions;

pub mod exclusions;

pub mod outage_causes;

pub mod evaluations;

pub mod anomalies;
pub mod baselines;

pub mod reports;

pub mod rechecks;

pub mod schedules;

pub mod outbox;

pub mod users;

pub mod setup_tokens;

pub mod sessions;

pub mod settings;

pub mod share_links;

pub mod note_keys;
pub mod notes;

pub mod audit;

pub use db::{Db, SqlitePools, Tx};
pub use error::StoreError;
pub use seal::{SealError, Sealer};

use std::fmt;

/// Part of a long list, newest first: at most `limit` rows after skipping `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Most rows.
    pub limit: i64,
    /// Rows to skip.
    pub offset: i64,
}

impl Page {
    /// The first so many rows.
    #[must_use]
    pub const fn first(limit: i64) -> Self {
        Self { limit, offset: 0 }
    }
}

/// Every statement that both engines understand, as `(file, name, text)`.
pub fn statements() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let files = [
        ("services", services::ALL),
        ("sources", sources::ALL),
        ("source_states", source_states::ALL),
        ("indicators", indicators::ALL),
        ("spreads", spreads::ALL),
        ("ledger", ledger::ALL),
        ("trends", trends::ALL),
        ("findings", findings::ALL),
        ("agreements", agreements::ALL),
        ("objectives", objectives::ALL),
        ("revisions", revisions::ALL),
        ("exclusions", exclusions::ALL),
        ("outage_causes", outage_causes::ALL),
        ("evaluations", evaluations::ALL),
        ("anomalies", anomalies::ALL),
        ("baselines", baselines::ALL),
        ("reports", reports::ALL),
        ("rechecks", rechecks::ALL),
        ("schedules", schedules::ALL),
        ("outbox", outbox::ALL),
        ("users", users::ALL),
        ("setup_tokens", setup_tokens::ALL),
        ("sessions", sessions::ALL),
        ("settings", settings::ALL),
        ("share_links", share_links::ALL),
        ("note_keys", note_keys::ALL),
        ("notes", notes::ALL),
        ("audit", audit::ALL),
    ];
    files.into_iter().flat_map(|(file, all)| all.iter().map(move |(name, text)| (file, *name, *text)))
}

/// Rows as domain values, or the first that is none.
fn all<Row, T: TryFrom<Row, Error = StoreError>>(rows: Vec<Row>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}

/// Identities in lots, as statements with `IN ($1, …, $50)` take them: a smaller lot is filled up with its first one, which
/// changes nothing.
fn fifties<T>(ids: &[T]) -> impl Iterator<Item = impl Iterator<Item = &T>> {
    const LOT: usize = 50;
    ids.chunks(LOT).map(|some| some.iter().chain(some.iter().take(1).cycle()).take(LOT))
}

/// Demands that a change met a row: `NotFound` otherwise.
fn met(rows_affected: u64, what: &'static str, id: impl fmt::Display) -> Result<(), StoreError> {
    if rows_affected == 0 { Err(StoreError::NotFound { what, id: id.to_string() }) } else { Ok(()) }
}
