//! How pulling from each source goes, and who is at it.
//!
//! A lease is taken before a pull and given back by its outcome, so that two pulls of one source never overlap, also
//! across processes; a holder that died loses it when its time is up.

use crate::domain::ids::SourceId;
use crate::domain::time::Instant;
use crate::store::db::Lock;
use crate::store::{Db, StoreError, Tx, met};

statements! {
    INSERT = "INSERT INTO source_states (source) VALUES ($1)";
    FIND = "SELECT source, last_ok_at, last_error_at, last_error, failures, next_at, notes, lease_holder, lease_until
        FROM source_states WHERE source = $1";
    LIST = "SELECT source, last_ok_at, last_error_at, last_error, failures, next_at, notes, lease_holder, lease_until
        FROM source_states ORDER BY source";
    // the outer WHERE repeats the condition: without it PostgreSQL gave one row to two claimers
    CLAIM_DUE = "UPDATE source_states SET lease_holder = $1, lease_until = $2
        WHERE next_at <= $3 AND lease_until <= $3 AND source IN (
            SELECT s.source FROM source_states s JOIN sources d ON d.id = s.source
            WHERE s.next_at <= $3 AND s.lease_until <= $3 AND d.archived_at IS NULL
            ORDER BY s.next_at, s.source LIMIT $4)
        RETURNING source";
    CLAIM = "UPDATE source_states SET lease_holder = $1, lease_until = $2
        WHERE source = $4 AND lease_until <= $3 RETURNING source";
    RENEW = "UPDATE source_states SET lease_until = $3 WHERE source = $1 AND lease_holder = $2";
    SUCCEED = "UPDATE source_states SET last_ok_at = $3, failures = 0, next_at = $4, lease_holder = '', lease_until = 0
        WHERE source = $1 AND lease_holder = $2";
    FAIL = "UPDATE source_states SET last_error_at = $3, last_error = $5, failures = failures + 1, next_at = $4,
        lease_holder = '', lease_until = 0 WHERE source = $1 AND lease_holder = $2";
    RELEASE_ALL = "UPDATE source_states SET lease_holder = '', lease_until = 0 WHERE lease_holder <> ''";
    RELEASE = "UPDATE source_states SET lease_holder = '', lease_until = 0 WHERE source = $1 AND lease_holder = $2";
    MAKE_DUE = "UPDATE source_states SET next_at = $2 WHERE source = $1";
    SET_NOTES = "UPDATE source_states SET notes = $2 WHERE source = $1";
}

/// How pulling from a source goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceState {
    /// The end of the last pull that worked.
    pub last_ok_at: Option<Instant>,
    /// The end of the last pull that did not.
    pub last_error_at: Option<Instant>,
    /// What went wrong then, in a sentence; kept after a success.
    pub last_error: Option<String>,
    /// Failures since the last success.
    pub failures: i64,
    /// When to pull next; `None` before the first pull, which is due at once.
    pub next_at: Option<Instant>,
    /// What people should know, such as a certificate that runs out.
    pub notes: String,
    /// Until when somebody holds the lease; `None` if nobody does.
    pub leased_until: Option<Instant>,
}

#[derive(sqlx_macros::FromRow)]
struct StateRow {
    source: i64,
    last_ok_at: Option<i64>,
    last_error_at: Option<i64>,
    last_error: Option<String>,
    failures: i64,
    next_at: i64,
    notes: String,
    lease_holder: String,
    lease_until: i64,
}

impl From<StateRow> for SourceState {
    fn from(row: StateRow) -> Self {
        Self {
            last_ok_at: row.last_ok_at.map(Instant::from_seconds),
            last_error_at: row.last_error_at.map(Instant::from_seconds),
            last_error: row.last_error,
            failures: row.failures,
            next_at: (row.next_at > 0).then(|| Instant::from_seconds(row.next_at)),
            notes: row.notes,
            leased_until: (!row.lease_holder.is_empty()).then(|| Instant::from_seconds(row.lease_until)),
        }
    }
}

/// The state of a new source: never pulled, due at once.
pub(super) async fn insert(tx: &mut Tx, id: SourceId) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(INSERT).bind(id.0).execute(ex).await.map(drop))?;
    Ok(())
}

/// The state of one source.
pub async fn find(db: &Db, id: SourceId) -> Result<Option<SourceState>, StoreError> {
    let row: Option<StateRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    Ok(row.map(SourceState::from))
}

/// The state of every source, by identity.
pub async fn list(db: &Db) -> Result<Vec<(SourceId, SourceState)>, StoreError> {
    let rows: Vec<StateRow> = on!(db, |ex| sqlx::query_as(LIST).fetch_all(ex).await)?;
    Ok(rows.into_iter().map(|row| (SourceId(row.source), row.into())).collect())
}

/// Takes the lease of at most `limit` due sources, longest due first, for `lease_seconds`. `holder` names one worker of
/// one process and is never reused by another.
pub async fn claim_due(
    db: &Db,
    now: Instant,
    lease_seconds: i64,
    holder: &str,
    limit: i64,
) -> Result<Vec<SourceId>, StoreError> {
    let until = now.plus_seconds(lease_seconds).seconds();
    let mut tx = db.begin_write().await?;
    tx.lock(Lock::SourceClaims).await?;
    let ids: Vec<i64> = in_tx!(&mut tx, |ex| {
        sqlx::query_scalar(CLAIM_DUE).bind(holder).bind(until).bind(now.seconds()).bind(limit).fetch_all(ex).await
    })?;
    tx.commit().await?;
    Ok(ids.into_iter().map(SourceId).collect())
}

/// Takes the lease of one source, due or not; false if somebody else has it.
pub async fn claim(db: &Db, id: SourceId, now: Instant, lease_seconds: i64, holder: &str) -> Result<bool, StoreError> {
    let until = now.plus_seconds(lease_seconds).seconds();
    let mut tx = db.begin_write().await?;
    let found: Option<i64> = in_tx!(&mut tx, |ex| {
        sqlx::query_scalar(CLAIM).bind(holder).bind(until).bind(now.seconds()).bind(id.0).fetch_optional(ex).await
    })?;
    tx.commit().await?;
    Ok(found.is_some())
}

/// Keeps the lease until `lease_seconds` from now. `Conflict` if it is no longer the holder's.
pub async fn renew_lease(
    tx: &mut Tx,
    id: SourceId,
    holder: &str,
    now: Instant,
    lease_seconds: i64,
) -> Result<(), StoreError> {
    let until = now.plus_seconds(lease_seconds).seconds();
    let done =
        in_tx!(tx, |ex| sqlx::query(RENEW).bind(id.0).bind(holder).bind(until).execute(ex).await?.rows_affected());
    held(done, id, holder)
}

/// Books a pull that worked and gives the lease back. `Conflict` if it is no longer the holder's: then whatever the pull
/// brought must not be committed either.
pub async fn record_success(
    tx: &mut Tx,
    id: SourceId,
    holder: &str,
    now: Instant,
    next_at: Instant,
) -> Result<(), StoreError> {
    let done = in_tx!(tx, |ex| {
        let query = sqlx::query(SUCCEED).bind(id.0).bind(holder).bind(now.seconds()).bind(next_at.seconds());
        query.execute(ex).await?.rows_affected()
    });
    held(done, id, holder)
}

/// Books a pull that failed and gives the lease back. `Conflict` if it is no longer the holder's.
pub async fn record_failure(
    tx: &mut Tx,
    id: SourceId,
    holder: &str,
    now: Instant,
    next_at: Instant,
    error: &str,
) -> Result<(), StoreError> {
    let done = in_tx!(tx, |ex| {
        let query = sqlx::query(FAIL).bind(id.0).bind(holder).bind(now.seconds()).bind(next_at.seconds());
        query.bind(error).execute(ex).await?.rows_affected()
    });
    held(done, id, holder)
}

/// Gives the lease back without an outcome, as at a stop. Nothing happens if it is no longer the holder's.
pub async fn release(tx: &mut Tx, id: SourceId, holder: &str) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(RELEASE).bind(id.0).bind(holder).execute(ex).await.map(drop))?;
    Ok(())
}

/// Gives every lease back: for the only instance on a database, before it begins, because whoever held one is dead.
pub async fn release_all(tx: &mut Tx) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(RELEASE_ALL).execute(ex).await.map(drop))?;
    Ok(())
}

/// Makes a source due at `at`, whatever was planned: after a change of its definition, say.
pub async fn make_due(tx: &mut Tx, id: SourceId, at: Instant) -> Result<(), StoreError> {
    let at = at.seconds();
    let done = in_tx!(tx, |ex| sqlx::query(MAKE_DUE).bind(id.0).bind(at).execute(ex).await?.rows_affected());
    met(done, "source", id)
}

/// Replaces what people should know about the source; empty for nothing.
pub async fn set_notes(tx: &mut Tx, id: SourceId, notes: &str) -> Result<(), StoreError> {
    let done = in_tx!(tx, |ex| sqlx::query(SET_NOTES).bind(id.0).bind(notes).execute(ex).await?.rows_affected());
    met(done, "source", id)
}

fn held(rows_affected: u64, id: SourceId, holder: &str) -> Result<(), StoreError> {
    if rows_affected == 0 {
        return Err(StoreError::conflict(format!("the lease of source {id} is no longer held by {holder}")));
    }
    Ok(())
}
