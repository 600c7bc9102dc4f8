//! The two engines behind one type, and the one way to write.

use crate::domain::ids::{IndicatorId, ObjectiveId};
use crate::store::{StoreError, migrations};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// How long SQLite waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How many rows SQLite's thread may read before we take them: a month of hours, so that the two seldom wait for each other.
const ROWS_AHEAD: usize = 750;
/// How long to wait for a connection out of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// A database; cheap to clone.
#[derive(Clone)]
pub enum Db {
    /// A file of our own.
    Sqlite(SqlitePools),
    /// A server.
    Postgres(PgPool),
}

/// SQLite has one writer at a time: readers have their own connections, which refuse to write, and writers queue here
/// rather than in SQLite's busy loop.
#[derive(Clone)]
pub struct SqlitePools {
    read: SqlitePool,
    write: SqlitePool,
}

impl SqlitePools {
    /// The connections that read.
    pub(super) const fn read(&self) -> &SqlitePool {
        &self.read
    }
}

/// A write transaction; dropped without [`Tx::commit`], nothing of it happened.
pub enum Tx {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

/// What must not be decided by two transactions at once, where PostgreSQL would let them. On SQLite a write transaction
/// excludes every other anyway.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lock {
    /// Claiming sources.
    SourceClaims,
    /// Claiming deliveries.
    OutboxClaims,
    /// Redeeming set-up tokens and creating the first account.
    Setup,
    /// Reading and rewriting the hours of one indicator.
    Ledger(IndicatorId),
    /// Reading and rewriting what is usual for one objective.
    Baseline(ObjectiveId),
}

impl Db {
    /// Opens `sqlite:<path>` (the file and its folder are created) or `postgres://…`, with at most `connections` (at
    /// least one; SQLite has one more to write). Does not touch the schema: see [`Db::migrate`].
    pub async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        let connections = connections.max(1);
        match url.split_once(':') {
            Some(("sqlite", path)) => connect_sqlite(path.strip_prefix("//").unwrap_or(path), connections).await,
            Some(("postgres" | "postgresql", _)) => connect_postgres(url, connections).await,
            _ => Err(StoreError::Address("write sqlite:<path of a file> or postgres://user@host/database".to_owned())),
        }
    }

    /// Brings the schema up to date; several processes may try at once. Refuses a schema newer than this version's.
    #[expect(clippy::disallowed_methods, reason = "the schema comes first, and no `Tx` is needed for it")]
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(pools) => {
                let migrator = migrations::sqlite();
                let mut tx = pools.write.begin_with("BEGIN IMMEDIATE").await?;
                migrator.run(&mut *tx).await.map_err(|error| migration_error(&migrator, error))?;
                tx.commit().await?;
            }
            Self::Postgres(pool) => {
                let migrator = migrations::postgres();
                // a connection of its own: closing it frees the migration lock, also after a failure
                let mut connection = pool.acquire().await?.detach();
                let result = migrator.run(&mut connection).await;
                let closed = connection.close().await;
                result.map_err(|error| migration_error(&migrator, error))?;
                closed?;
            }
        }
        Ok(())
    }

    /// Starts the only kind of transaction that may write. On SQLite it waits for its turn here and then cannot fail for
    /// being late (`BEGIN IMMEDIATE`); keep it short.
    #[expect(clippy::disallowed_methods, reason = "the one place that starts write transactions")]
    pub async fn begin_write(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(pools) => Tx::Sqlite(pools.write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// The engine's word: `sqlite` or `postgres`.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Does the database answer?
    pub async fn ping(&self) -> Result<(), StoreError> {
        on!(self, |ex| sqlx::query("SELECT 1").execute(ex).await.map(drop))?;
        Ok(())
    }

    /// Closes every connection, waiting for those in use.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pools) => {
                pools.read.close().await;
                pools.write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl fmt::Debug for Db {
    /// The engine alone: addresses may hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Db({})", self.engine())
    }
}

impl Tx {
    /// Makes all of it happen.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Makes none of it happen.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await?,
            Self::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    /// Waits until no other transaction holds `lock`, and holds it until the end of this one.
    pub(super) async fn lock(&mut self, lock: Lock) -> Result<(), StoreError> {
        if let Self::Postgres(tx) = self {
            let key = match lock {
                Lock::SourceClaims => -1,
                Lock::OutboxClaims => -2,
                Lock::Setup => -3,
                Lock::Ledger(IndicatorId(id)) => id,
                Lock::Baseline(ObjectiveId(id)) => -1000 - id,
            };
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(key).execute(&mut **tx).await?;
        }
        Ok(())
    }
}

async fn connect_sqlite(path: &str, connections: u32) -> Result<Db, StoreError> {
    if path.is_empty() || path.contains(['?', ':']) {
        let mend =
            format!("sqlite:{path} is not the path of a file; write sqlite:<path>, such as sqlite:nines-data/nines.db");
        return Err(StoreError::Address(mend));
    }
    create_folder(Path::new(path)).await?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .row_buffer_size(ROWS_AHEAD)
        .foreign_keys(true);
    let pool = |most| {
        SqlitePoolOptions::new()
            .max_connections(most)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    let write = pool(1).connect_with(options.clone()).await?;
    let read = pool(connections).connect_with(options.pragma("query_only", "ON")).await?;
    Ok(Db::Sqlite(SqlitePools { read, write }))
}

/// The database's folder, closed to other users if it is made here: passwords and secrets live in it.
async fn create_folder(file: &Path) -> Result<(), StoreError> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    let mut builder = tokio::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    match builder.create(folder).await {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(StoreError::Address(format!("the folder {} cannot be created: {error}", folder.display())))
        }
        _ => Ok(()),
    }
}

async fn connect_postgres(url: &str, connections: u32) -> Result<Db, StoreError> {
    let options = url.parse::<PgConnectOptions>().map_err(|_may_quote_the_password| {
        StoreError::Address("write postgres://user:password@host:port/database".to_owned())
    })?;
    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT);
    Ok(Db::Postgres(pool.connect_with(options.application_name("nines")).await?))
}

fn migration_error(migrator: &Migrator, error: MigrateError) -> StoreError {
    let known = migrator.iter().map(|step| step.version).max().unwrap_or_default();
    match error {
        MigrateError::VersionMissing(found) if found > known => StoreError::NewerSchema { found, known },
        MigrateError::Execute(error) => error.into(),
        other => StoreError::Database(sqlx::Error::from(other)),
    }
}
