//! How the events of a latency are spread: what is counted beside the bound that an objective promises.
//!
//! Each indicator of a latency is tied to the one that counts the durations of its histogram, and so are the companions,
//! which count the histogram's other bounds. Whoever pulls the durations counts the companions from the same answer, so only
//! the durations have a place in `pulls`. A companion that somebody promises becomes an indicator like any other.

use crate::domain::ids::{IndicatorId, SourceId};
use crate::domain::ledger::Tally;
use crate::domain::model::{Indicator, Query, Threshold};
use crate::domain::sheet::Sheet;
use crate::domain::spans::Spans;
use crate::domain::time::{HOUR_MINUTES, Hour, Span};
use crate::store::indicators::IndicatorRow;
use crate::store::ledger::DetailedRow;
use crate::store::{Db, StoreError, Tx, all, fifties, ledger, queries};
use std::collections::BTreeMap;

/// What latencies in force promise; the rest of the WHERE follows.
macro_rules! promised {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " JOIN objectives o ON o.indicator = i.id JOIN agreements a ON a.id = o.agreement ",
            "WHERE o.kind = 'latency' AND o.archived_at IS NULL AND a.archived_at IS NULL AND ",
            $rest
        )
    };
}

/// Rows of many indicators' hours; the end of the statement follows.
macro_rules! hours {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM hours WHERE hour >= $1 AND hour < $2 AND indicator IN ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, ",
            "$14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, ",
            "$36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52) ",
            $rest
        )
    };
}

statements! {
    UNTIED = promised!(
        "SELECT DISTINCT i.id, i.service, i.source, i.query FROM indicators i",
        "i.source = $1 AND i.durations IS NULL ORDER BY i.id"
    );
    LIVE = promised!(
        "SELECT DISTINCT d.id, d.service, d.source, d.query FROM indicators i JOIN indicators d ON d.id = i.durations",
        "i.source = $1 ORDER BY d.id"
    );
    INSERT = "INSERT INTO indicators (service, source, query, is_companion) VALUES ($1, $2, $3, 1)
        ON CONFLICT (service, source, query) DO NOTHING RETURNING id";
    FIND_SAME = "SELECT id FROM indicators WHERE service = $1 AND source = $2 AND query = $3";
    TIE = "UPDATE indicators SET durations = $2 WHERE id = $1";
    BOUNDS = "SELECT id, service, source, query, durations, is_companion FROM indicators
        WHERE durations = $1 ORDER BY is_companion, id";
    BESIDE = "SELECT b.id, b.service, b.source, b.query, b.durations, b.is_companion
        FROM indicators i JOIN indicators b ON b.durations = i.durations WHERE i.id = $1 ORDER BY b.is_companion, b.id";
    TIED = "SELECT id, durations FROM indicators WHERE durations IS NOT NULL AND is_companion = 0 ORDER BY id";
    SHEETS = hours!("SELECT indicator, hour, good, total, known, detail", "ORDER BY indicator, hour");
    SUMS = hours!(
        "SELECT indicator, CAST(SUM(good) AS BIGINT) AS good, CAST(SUM(total) AS BIGINT) AS total, \
         CAST(SUM(known) AS BIGINT) AS known",
        "GROUP BY indicator"
    );
}

/// A bound of a histogram that is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The bound, in the histogram's unit.
    pub threshold: Threshold,
    /// What counts it.
    pub indicator: IndicatorId,
    /// Is it counted for the sake of the spread alone?
    pub is_companion: bool,
}

/// What is counted of a histogram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The indicator of its durations.
    pub durations: IndicatorId,
    /// Its bounds, ascending, each number once: a promised one rather than a companion.
    pub bounds: Vec<Bound>,
}

impl Spread {
    /// What counts it: the bounds, and the durations at the end.
    #[must_use]
    pub fn indicators(&self) -> Vec<IndicatorId> {
        self.bounds.iter().map(|bound| bound.indicator).chain([self.durations]).collect()
    }
}

#[derive(sqlx_macros::FromRow)]
struct BoundRow {
    #[sqlx(flatten)]
    indicator: IndicatorRow,
    durations: i64,
    is_companion: i64,
}

#[derive(sqlx_macros::FromRow)]
struct SheetRow {
    indicator: i64,
    #[sqlx(flatten)]
    row: DetailedRow,
}

#[derive(sqlx_macros::FromRow)]
struct SumRow {
    indicator: i64,
    good: i64,
    total: i64,
    known: i64,
}

/// The indicators of a source that latencies in force promise and that are tied to no durations yet.
pub async fn untied(db: &Db, source: SourceId) -> Result<Vec<Indicator>, StoreError> {
    let rows: Vec<IndicatorRow> = on!(db, |ex| sqlx::query_as(UNTIED).bind(source.0).fetch_all(ex).await)?;
    all(rows)
}

/// The durations of a source beside which a latency in force is promised.
pub async fn live(db: &Db, source: SourceId) -> Result<Vec<Indicator>, StoreError> {
    let rows: Vec<IndicatorRow> = on!(db, |ex| sqlx::query_as(LIVE).bind(source.0).fetch_all(ex).await)?;
    all(rows)
}

/// Makes a companion of an indicator, with the same service and source, unless there is an indicator with that query; says
/// which it is, and whether it is new.
pub async fn find_or_insert(tx: &mut Tx, beside: &Indicator, query: &Query) -> Result<(IndicatorId, bool), StoreError> {
    let text = queries::text(query).map_err(|why| StoreError::corrupt("indicators", "new", why))?;
    let (service, source) = (beside.service.0, beside.source.0);
    let new: Option<i64> = in_tx!(&mut *tx, |ex| {
        sqlx::query_scalar(INSERT).bind(service).bind(source).bind(&text).fetch_optional(ex).await
    })?;
    if let Some(id) = new {
        return Ok((IndicatorId(id), true));
    }
    let id: i64 =
        in_tx!(tx, |ex| sqlx::query_scalar(FIND_SAME).bind(service).bind(source).bind(&text).fetch_one(ex).await)?;
    Ok((IndicatorId(id), false))
}

/// Ties a bound to the durations of its histogram.
pub async fn tie(tx: &mut Tx, bound: IndicatorId, durations: IndicatorId) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(TIE).bind(bound.0).bind(durations.0).execute(ex).await.map(drop))?;
    Ok(())
}

/// The indicators that people asked for and that are tied to durations, each with these.
pub async fn tied(db: &Db) -> Result<Vec<(IndicatorId, IndicatorId)>, StoreError> {
    let rows: Vec<(i64, i64)> = on!(db, |ex| sqlx::query_as(TIED).fetch_all(ex).await)?;
    Ok(rows.into_iter().map(|(bound, durations)| (IndicatorId(bound), IndicatorId(durations))).collect())
}

/// The bounds that are tied to durations, ascending, each number once.
pub async fn bounds(db: &Db, durations: IndicatorId) -> Result<Vec<Bound>, StoreError> {
    let rows: Vec<BoundRow> = on!(db, |ex| sqlx::query_as(BOUNDS).bind(durations.0).fetch_all(ex).await)?;
    ascending(rows)
}

/// What is counted beside a latency's indicator, itself included; nothing while it is tied to nothing.
pub async fn beside(db: &Db, indicator: IndicatorId) -> Result<Option<Spread>, StoreError> {
    let rows: Vec<BoundRow> = on!(db, |ex| sqlx::query_as(BESIDE).bind(indicator.0).fetch_all(ex).await)?;
    let Some(durations) = rows.first().map(|row| IndicatorId(row.durations)) else { return Ok(None) };
    Ok(Some(Spread { durations, bounds: ascending(rows)? }))
}

fn ascending(rows: Vec<BoundRow>) -> Result<Vec<Bound>, StoreError> {
    let mut bounds = Vec::with_capacity(rows.len());
    for BoundRow { indicator, is_companion, .. } in rows {
        let Indicator { id, query, .. } = indicator.try_into()?;
        let Query::Latency { threshold, .. } = query else {
            return Err(StoreError::corrupt("indicators", id, "it is tied to durations and counts no bound"));
        };
        bounds.push(Bound { threshold, indicator: id, is_companion: is_companion != 0 });
    }
    // promised ones come first, and the sort keeps them there
    bounds.sort_by(|a, b| a.threshold.value().total_cmp(&b.threshold.value()));
    bounds.dedup_by(|later, kept| later.threshold.value().total_cmp(&kept.threshold.value()).is_eq());
    Ok(bounds)
}

/// Everything that is known about the hours of a span, by indicator: [`ledger::sheet`] for many at once. Takes one statement
/// for each fifty indicators.
pub async fn sheets(
    db: &Db,
    indicators: &[IndicatorId],
    span: Span,
) -> Result<BTreeMap<IndicatorId, Sheet>, StoreError> {
    let (low, high) = ledger::hour_bounds(span);
    let mut pages: BTreeMap<IndicatorId, Vec<_>> = BTreeMap::new();
    for asked in fifties(indicators) {
        let rows: Vec<SheetRow> = on!(db, |ex| {
            let mut query = sqlx::query_as(SHEETS).bind(low).bind(high);
            for indicator in asked {
                query = query.bind(indicator.0);
            }
            query.fetch_all(ex).await
        })?;
        for SheetRow { indicator, row } in rows {
            let indicator = IndicatorId(indicator);
            pages.entry(indicator).or_default().push(ledger::page(indicator, &row)?);
        }
    }
    Ok(pages.into_iter().map(|(indicator, pages)| (indicator, Sheet::new(pages))).collect())
}

/// What the ledger says about a span, by indicator: [`ledger::tallies`] for many at once. Takes three statements for each
/// fifty indicators, and those of which nothing is known are missing.
pub async fn tallies(
    db: &Db,
    indicators: &[IndicatorId],
    span: Span,
) -> Result<BTreeMap<IndicatorId, Tally>, StoreError> {
    // whole hours from their sums; what the span cuts off at either end from its minutes
    let first = Hour(span.start().plus(HOUR_MINUTES - 1).hour().0);
    let last = Hour(span.end().hour().0.max(first.0));
    let mut found: BTreeMap<IndicatorId, Tally> = BTreeMap::new();
    for asked in fifties(indicators) {
        let rows: Vec<SumRow> = on!(db, |ex| {
            let mut query = sqlx::query_as(SUMS).bind(first.0).bind(last.0);
            for indicator in asked {
                query = query.bind(indicator.0);
            }
            query.fetch_all(ex).await
        })?;
        let sums = |row: &SumRow| Tally { good: row.good, total: row.total, known: row.known, minutes: 0 };
        found.extend(rows.iter().map(|row| (IndicatorId(row.indicator), sums(row))));
    }
    let edges = [Span::new(span.start(), first.first()), Span::new(last.first(), span.end())];
    for edge in edges.map(|edge| edge.intersect(span)) {
        if !edge.is_empty() {
            for (indicator, sheet) in sheets(db, indicators, edge).await? {
                *found.entry(indicator).or_default() += Tally { minutes: 0, ..sheet.tally(&Spans::from(edge)) };
            }
        }
    }
    for tally in found.values_mut() {
        tally.minutes = span.minutes();
    }
    Ok(found)
}
