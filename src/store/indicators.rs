//! Indicators, and how far reading each from its source has come.
//!
//! Companions, which are counted beside a latency's own bound, stand in [`crate::store::spreads`] and in no list here.

use crate::domain::counting::CounterState;
use crate::domain::ids::{IndicatorId, ServiceId, SourceId};
use crate::domain::model::{Indicator, Query};
use crate::domain::time::{Instant, Minute};
use crate::store::{Db, StoreError, Tx, all, counters, queries};

statements! {
    INSERT = "INSERT INTO indicators (service, source, query) VALUES ($1, $2, $3)
        ON CONFLICT (service, source, query) DO NOTHING RETURNING id";
    FIND_SAME = "SELECT id FROM indicators WHERE service = $1 AND source = $2 AND query = $3";
    ADOPT = "UPDATE indicators SET is_companion = 0 WHERE id = $1";
    FIND = "SELECT id, service, source, query FROM indicators WHERE id = $1";
    NAMES = "SELECT s.name AS service_name, d.name AS source_name FROM indicators i
        JOIN services s ON s.id = i.service JOIN sources d ON d.id = i.source WHERE i.id = $1";
    LIST = "SELECT id, service, source, query FROM indicators WHERE is_companion = 0 ORDER BY id";
    LIST_BY_SOURCE = "SELECT id, service, source, query FROM indicators WHERE source = $1 AND is_companion = 0 ORDER BY id";
    LOAD_PULL = "SELECT from_minute, settled, reached, counters, finished_backfill_at FROM pulls WHERE indicator = $1";
    SAVE_PULL = "INSERT INTO pulls (indicator, from_minute, settled, reached, counters, finished_backfill_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (indicator) DO UPDATE SET from_minute = excluded.from_minute, settled = excluded.settled,
            reached = excluded.reached, counters = excluded.counters,
            finished_backfill_at = excluded.finished_backfill_at";
    LIST_PROGRESS = "SELECT indicator, from_minute, settled, reached, finished_backfill_at FROM pulls ORDER BY indicator";
}

/// How far reading an indicator from its source has come.
#[derive(Clone, Debug, PartialEq)]
pub struct PullState {
    /// Where backfill begins.
    pub from: Minute,
    /// Everything before is final; `None` before the first pull.
    pub settled: Option<Minute>,
    /// Everything before was read at least once.
    pub reached: Option<Minute>,
    /// What counting remembers.
    pub state: CounterState,
    /// When the backfill caught up with the present.
    pub finished_backfill_at: Option<Instant>,
}

/// [`PullState`] without what counting remembers: for pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullProgress {
    /// Whose.
    pub indicator: IndicatorId,
    /// Where backfill begins.
    pub from: Minute,
    /// Everything before is final.
    pub settled: Option<Minute>,
    /// Everything before was read at least once.
    pub reached: Option<Minute>,
    /// When the backfill caught up with the present.
    pub finished_backfill_at: Option<Instant>,
}

#[derive(sqlx_macros::FromRow)]
pub(super) struct IndicatorRow {
    id: i64,
    service: i64,
    source: i64,
    query: String,
}

#[derive(sqlx_macros::FromRow)]
struct PullRow {
    from_minute: i64,
    settled: Option<i64>,
    reached: Option<i64>,
    counters: Vec<u8>,
    finished_backfill_at: Option<i64>,
}

#[derive(sqlx_macros::FromRow)]
struct ProgressRow {
    indicator: i64,
    from_minute: i64,
    settled: Option<i64>,
    reached: Option<i64>,
    finished_backfill_at: Option<i64>,
}

impl TryFrom<IndicatorRow> for Indicator {
    type Error = StoreError;

    fn try_from(row: IndicatorRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: IndicatorId(row.id),
            service: ServiceId(row.service),
            source: SourceId(row.source),
            query: queries::parse(&row.query).map_err(|why| StoreError::corrupt("indicators", row.id, why))?,
        })
    }
}

impl From<ProgressRow> for PullProgress {
    fn from(row: ProgressRow) -> Self {
        Self {
            indicator: IndicatorId(row.indicator),
            from: Minute(row.from_minute),
            settled: row.settled.map(Minute),
            reached: row.reached.map(Minute),
            finished_backfill_at: row.finished_backfill_at.map(Instant::from_seconds),
        }
    }
}

/// The indicator of this service that reads this query from this source: the same for whoever asks, made if need be. What
/// was a companion is one no longer.
pub async fn find_or_insert(
    tx: &mut Tx,
    service: ServiceId,
    source: SourceId,
    query: &Query,
) -> Result<IndicatorId, StoreError> {
    let text = queries::text(query).map_err(|why| StoreError::corrupt("indicators", "new", why))?;
    let new: Option<i64> = in_tx!(&mut *tx, |ex| {
        sqlx::query_scalar(INSERT).bind(service.0).bind(source.0).bind(&text).fetch_optional(ex).await
    })?;
    if let Some(id) = new {
        return Ok(IndicatorId(id));
    }
    let id: i64 = in_tx!(&mut *tx, |ex| {
        sqlx::query_scalar(FIND_SAME).bind(service.0).bind(source.0).bind(&text).fetch_one(ex).await
    })?;
    in_tx!(tx, |ex| sqlx::query(ADOPT).bind(id).execute(ex).await.map(drop))?;
    Ok(IndicatorId(id))
}

/// The indicator with this identity.
pub async fn find(db: &Db, id: IndicatorId) -> Result<Option<Indicator>, StoreError> {
    let row: Option<IndicatorRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(Indicator::try_from).transpose()
}

/// The names of an indicator's service and source.
pub async fn names(db: &Db, id: IndicatorId) -> Result<Option<(String, String)>, StoreError> {
    Ok(on!(db, |ex| sqlx::query_as(NAMES).bind(id.0).fetch_optional(ex).await)?)
}

/// Every indicator that people asked for, oldest first.
pub async fn list(db: &Db) -> Result<Vec<Indicator>, StoreError> {
    let rows: Vec<IndicatorRow> = on!(db, |ex| sqlx::query_as(LIST).fetch_all(ex).await)?;
    all(rows)
}

/// Every indicator that people asked for and that is read from this source, oldest first.
pub async fn list_by_source(db: &Db, source: SourceId) -> Result<Vec<Indicator>, StoreError> {
    let rows: Vec<IndicatorRow> = on!(db, |ex| sqlx::query_as(LIST_BY_SOURCE).bind(source.0).fetch_all(ex).await)?;
    all(rows)
}

/// How far reading the indicator has come; `None` before the first [`save_pull`].
pub async fn load_pull(db: &Db, id: IndicatorId) -> Result<Option<PullState>, StoreError> {
    let row: Option<PullRow> = on!(db, |ex| sqlx::query_as(LOAD_PULL).bind(id.0).fetch_optional(ex).await)?;
    let Some(row) = row else { return Ok(None) };
    let state = counters::unpack(&row.counters);
    Ok(Some(PullState {
        from: Minute(row.from_minute),
        settled: row.settled.map(Minute),
        reached: row.reached.map(Minute),
        state: state.ok_or_else(|| StoreError::corrupt("pulls", id, "the remembered counters cannot be read"))?,
        finished_backfill_at: row.finished_backfill_at.map(Instant::from_seconds),
    }))
}

/// Keeps how far reading the indicator has come; in the transaction that writes what was read.
pub async fn save_pull(tx: &mut Tx, id: IndicatorId, pull: &PullState) -> Result<(), StoreError> {
    let counters = counters::pack(&pull.state);
    in_tx!(tx, |ex| {
        sqlx::query(SAVE_PULL)
            .bind(id.0)
            .bind(pull.from.0)
            .bind(pull.settled.map(|minute| minute.0))
            .bind(pull.reached.map(|minute| minute.0))
            .bind(counters)
            .bind(pull.finished_backfill_at.map(Instant::seconds))
            .execute(ex)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// How far reading every indicator has come, by identity; those never pulled are missing.
pub async fn list_progress(db: &Db) -> Result<Vec<PullProgress>, StoreError> {
    let rows: Vec<ProgressRow> = on!(db, |ex| sqlx::query_as(LIST_PROGRESS).fetch_all(ex).await)?;
    Ok(rows.into_iter().map(PullProgress::from).collect())
}
