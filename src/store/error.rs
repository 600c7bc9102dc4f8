//! What can go wrong with the database.

use crate::domain::ids::IndicatorId;
use crate::domain::ledger::SliceError;
use crate::store::seal::SealError;
use sqlx::error::ErrorKind;
use std::fmt;
use thiserror::Error;

/// Why something could not be kept or found.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no such row.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What was looked for, in the singular.
        what: &'static str,
        /// Its identity.
        id: String,
    },
    /// It collides with what is there: a name that is taken, a lease that somebody else holds.
    #[error("this conflicts with what is already stored: {what}")]
    Conflict {
        /// The columns that must be unique, as `table.column, table.column`, alike on both engines; or a sentence.
        what: String,
    },
    /// The database is busy with others; the same again, later, may work.
    #[error("the database is busy; try again in a moment")]
    Busy,
    /// A row cannot be what it should be: written by hand, damaged, or by a newer version.
    #[error("row {id} of table {table} is damaged: {why}")]
    Corrupt {
        /// Its table.
        table: &'static str,
        /// Its key.
        id: String,
        /// What is wrong with it.
        why: String,
    },
    /// A minute with impossible counts was to be written; nothing was.
    #[error("minute {minute} of indicator {indicator} is refused: {why}")]
    Refused {
        /// Whose minute.
        indicator: IndicatorId,
        /// Minutes since the epoch.
        minute: i64,
        /// What is impossible.
        why: SliceError,
    },
    /// The database was brought to a schema that this version does not know.
    #[error(
        "this database was written by a newer version of Nines (schema {found}, this version knows up to {known}); start that version, or restore the backup made before it"
    )]
    NewerSchema {
        /// The newest schema in the database.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// The address of the database cannot be used.
    #[error("the database address cannot be used: {0}")]
    Address(String),
    /// A secret could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Anything else that the engine reports.
    #[error("the database reports: {0}")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    /// A row that cannot be what it should be.
    pub(super) fn corrupt(table: &'static str, id: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::Corrupt { table, id: id.to_string(), why: why.to_string() }
    }

    /// A sentence about a collision.
    pub(super) fn conflict(what: impl Into<String>) -> Self {
        Self::Conflict { what: what.into() }
    }

    /// Is this the violation of the uniqueness of exactly these columns, such as `services.name`?
    #[must_use]
    pub fn is_conflict_on(&self, columns: &str) -> bool {
        matches!(self, Self::Conflict { what } if what == columns)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let found = match &error {
            sqlx::Error::PoolTimedOut => return Self::Busy,
            sqlx::Error::Database(found) => found,
            _ => return Self::Database(error),
        };
        match found.kind() {
            ErrorKind::UniqueViolation => {
                // PostgreSQL names the constraint, which is named after its columns; SQLite lists the columns
                let columns = found.constraint().map(str::to_owned);
                let columns = columns.unwrap_or_else(|| {
                    found.message().trim_start_matches("UNIQUE constraint failed: ").trim().to_owned()
                });
                Self::Conflict { what: columns }
            }
            ErrorKind::ForeignKeyViolation => {
                Self::conflict("it refers to something that does not exist, or is itself referred to")
            }
            _ if found.code().is_some_and(|code| is_busy(&code)) => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

/// SQLite's BUSY and LOCKED families; PostgreSQL's deadlock, serialisation failure, lock timeout, too many connections
/// and shutting down.
fn is_busy(code: &str) -> bool {
    match code.parse::<i32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6),
        _ => matches!(code, "40P01" | "40001" | "55P03" | "53300" | "57P01" | "57P03"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_codes_of_both_engines_are_known_and_others_are_not() {
        for code in ["5", "517", "261", "6", "40P01", "40001", "55P03"] {
            assert!(is_busy(code), "{code}");
        }
        for code in ["1", "19", "2067", "23505", "42P01", ""] {
            assert!(!is_busy(code), "{code}");
        }
    }
}
