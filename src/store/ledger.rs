//! The ledger: one row per indicator and hour.
//!
//! Writing merges minutes into the hour's row and writes its sums anew from all sixty, so the same minute twice replaces
//! itself and the sums cannot drift. A question is answered from plain sums, which SQL adds up, and from the sixty
//! minutes of those hours only that a span cuts into.
//!
//! Old hours lose their minutes first and their sums last ([`drop_old`]). A question that cuts into an hour without
//! minutes finds that part of it unknown; a question that holds the whole hour is still answered from its sums.
//!
//! Nearly all that is written is the newest. So an hour is *settled* once the ledger reaches [`UNSETTLED_HOURS`] beyond it, and
//! a change of a settled hour is counted apart: whoever keeps settled hours reads no more than a handful at the next minute.
//!
//! What is written into minutes that stand in final reports is noticed in the same transaction ([`crate::store::rechecks`]).

mod excerpt;

pub use excerpt::Excerpt;
pub(super) use excerpt::page;

use crate::domain::ids::{AgreementId, IndicatorId};
use crate::domain::ledger::{HourDetail, Slice, Tally, tally_of};
use crate::domain::sheet::Sheet;
use crate::domain::spans::Spans;
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Hour, Minute, Span};
use crate::store::db::Lock;
use crate::store::{Db, StoreError, Tx, rechecks};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The newest hours that are expected to change once more.
pub const UNSETTLED_HOURS: i64 = 3;
/// Hours that one statement of [`fn@write`] reads at a time.
const CHUNK_HOURS: i64 = 240;
/// Edges that one [`TALLY`] takes: eight windows that end together have nine.
const EDGES: usize = 12;

/// With more edges than this, every hour is read once instead.
const EDGES_MANY: usize = 3 * EDGES;

/// The sums of the hours strictly between two neighbouring edges; the first column tells which gap it is.
macro_rules! gap {
    ($low:literal, $high:literal) => {
        concat!(
            " UNION ALL SELECT CAST(0 AS BIGINT), CAST($",
            $low,
            " AS BIGINT), ",
            "CAST(COALESCE(SUM(good), 0) AS BIGINT), CAST(COALESCE(SUM(total), 0) AS BIGINT), ",
            "CAST(COALESCE(SUM(known), 0) AS BIGINT), NULL ",
            "FROM hours WHERE indicator = $1 AND hour > $",
            $low,
            " AND hour < $",
            $high,
        )
    };
}

statements! {
    READ = "SELECT hour, detail FROM hours WHERE indicator = $1 AND hour >= $2 AND hour < $3 ORDER BY hour";
    WRITE = "INSERT INTO hours (indicator, hour, good, total, known, detail) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (indicator, hour) DO UPDATE SET good = excluded.good, total = excluded.total,
            known = excluded.known, detail = excluded.detail";
    SHEET = "SELECT hour, good, total, known, detail FROM hours
        WHERE indicator = $1 AND hour >= $2 AND hour < $3 ORDER BY hour";
    SINCE = "SELECT hour, good, total, known, detail FROM hours WHERE indicator = $1 AND hour >= $2 ORDER BY hour";
    SUMS = "SELECT hour, good, total, known FROM hours
        WHERE indicator = $1 AND hour >= $2 AND hour < $3 ORDER BY hour";
    FIRST = "SELECT hour, detail FROM hours WHERE indicator = $1 AND known > 0 ORDER BY hour LIMIT 1";
    LAST = "SELECT hour, detail FROM hours WHERE indicator = $1 AND known > 0 ORDER BY hour DESC LIMIT 1";
    DROP_DETAIL = "UPDATE hours SET detail = $2 WHERE hour < $1 AND length(detail) > 0";
    DROP_SUMS = "DELETE FROM hours WHERE hour < $1";
    VERSION = "SELECT id, ledger_version, settled_changes, settled_before FROM indicators WHERE id = $1";
    VERSIONS = "SELECT DISTINCT i.id, i.ledger_version, i.settled_changes, i.settled_before
        FROM objectives o JOIN indicators i ON i.id = o.indicator WHERE o.agreement = $1 ORDER BY i.id";
    /// From the first hour that was written to the first that is not settled if that was the last one.
    CHANGED = "UPDATE indicators SET ledger_version = ledger_version + 1,
        settled_changes = CASE WHEN $2 < settled_before THEN settled_changes + 1 ELSE settled_changes END,
        settled_before = CASE WHEN $2 < settled_before THEN $2 WHEN $3 > settled_before THEN $3 ELSE settled_before END
        WHERE id = $1";
    ALL_CHANGED = "UPDATE indicators SET ledger_version = ledger_version + 1, settled_changes = settled_changes + 1";
    /// Twelve edge hours with their minutes, and the sums of the hours between them, in one round trip.
    TALLY = concat!(
        "SELECT CAST(1 AS BIGINT) AS edge, hour, good, total, known, detail FROM hours ",
        "WHERE indicator = $1 AND hour IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        gap!(2, 3), gap!(3, 4), gap!(4, 5), gap!(5, 6), gap!(6, 7), gap!(7, 8), gap!(8, 9), gap!(9, 10),
        gap!(10, 11), gap!(11, 12), gap!(12, 13)
    );
}

/// The sums of one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx_macros::FromRow)]
struct SumsRow {
    hour: i64,
    good: i64,
    total: i64,
    known: i64,
}

/// An hour as it is stored.
#[derive(Debug, sqlx_macros::FromRow)]
pub(super) struct DetailedRow {
    hour: i64,
    good: i64,
    total: i64,
    known: i64,
    detail: Vec<u8>,
}

impl DetailedRow {
    const fn sums(&self) -> HourRow {
        HourRow { hour: Hour(self.hour), good: self.good, total: self.total, known: self.known }
    }
}

#[derive(sqlx_macros::FromRow)]
struct VersionRow {
    id: i64,
    ledger_version: i64,
    settled_changes: i64,
    settled_before: i64,
}

#[derive(sqlx_macros::FromRow)]
struct DetailRow {
    hour: i64,
    detail: Vec<u8>,
}

#[derive(sqlx_macros::FromRow)]
struct TallyRow {
    edge: i64,
    hour: i64,
    good: i64,
    total: i64,
    known: i64,
    detail: Option<Vec<u8>>,
}

/// The sums of one hour: for charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourRow {
    /// Which hour.
    pub hour: Hour,
    /// Good events.
    pub good: i64,
    /// All events.
    pub total: i64,
    /// Known minutes, 0 to 60.
    pub known: i64,
}

impl HourRow {
    const fn tally(&self) -> Tally {
        Tally { good: self.good, total: self.total, known: self.known, minutes: 0 }
    }
}

/// How often an indicator's ledger has changed. Who reads it before the minutes may keep what comes of them for as long as
/// it stays the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Another number after each change, raised in the same transaction.
    pub changes: i64,
    /// Another number after each change of a settled hour.
    pub settled_changes: i64,
    /// The hours before this one are settled.
    pub settled_before: Hour,
}

impl From<VersionRow> for Version {
    fn from(row: VersionRow) -> Self {
        let settled_before = Hour(row.settled_before);
        Self { changes: row.ledger_version, settled_changes: row.settled_changes, settled_before }
    }
}

/// Merges minutes into the ledger: `Some` replaces what is known about the minute, `None` makes it unknown again. The last
/// entry of a minute counts. A slice whose counts are impossible is `Refused` before anything is written.
pub async fn write(tx: &mut Tx, indicator: IndicatorId, minutes: &[(Minute, Option<Slice>)]) -> Result<(), StoreError> {
    let mut by_hour: BTreeMap<i64, Vec<(Minute, Option<Slice>)>> = BTreeMap::new();
    for (minute, slice) in minutes {
        if let Some(Err(why)) = slice.map(Slice::checked) {
            return Err(StoreError::Refused { indicator, minute: minute.0, why });
        }
        by_hour.entry(minute.hour().0).or_default().push((*minute, *slice));
    }
    if by_hour.is_empty() {
        return Ok(());
    }
    tx.lock(Lock::Ledger(indicator)).await?;
    while let Some((&first, _)) = by_hour.first_key_value() {
        let rest = by_hour.split_off(&first.saturating_add(CHUNK_HOURS));
        write_chunk(tx, indicator, &by_hour).await?;
        by_hour = rest;
    }
    Ok(())
}

async fn write_chunk(
    tx: &mut Tx,
    indicator: IndicatorId,
    by_hour: &BTreeMap<i64, Vec<(Minute, Option<Slice>)>>,
) -> Result<(), StoreError> {
    let (Some((low, _)), Some((high, _))) = (by_hour.first_key_value(), by_hour.last_key_value()) else {
        return Ok(());
    };
    let stored: Vec<DetailRow> = in_tx!(&mut *tx, |ex| {
        sqlx::query_as(READ).bind(indicator.0).bind(low).bind(high.saturating_add(1)).fetch_all(ex).await
    })?;
    let stored: BTreeMap<i64, Vec<u8>> = stored.into_iter().map(|row| (row.hour, row.detail)).collect();
    let mut written: Option<Span> = None;
    for (&hour, minutes) in by_hour {
        let before = stored.get(&hour);
        let mut detail = match before {
            Some(bytes) if bytes.is_empty() => continue, // its minutes are gone, so nothing can be merged into them
            Some(bytes) => unpacked(indicator, hour, bytes)?,
            None => HourDetail::default(),
        };
        for (minute, slice) in minutes {
            match slice {
                Some(slice) => {
                    let merged = detail.merge(*minute, *slice);
                    merged.map_err(|why| corrupt(indicator, hour, why))?;
                }
                None => detail.forget(*minute),
            }
        }
        let (packed, sums) = (detail.pack(), detail.sums());
        if before == Some(&packed) {
            continue; // the newest minutes are read again and again, mostly to the same end
        }
        in_tx!(&mut *tx, |ex| {
            let query = sqlx::query(WRITE).bind(indicator.0).bind(hour);
            query.bind(sums.good).bind(sums.total).bind(sums.known).bind(packed).execute(ex).await.map(drop)
        })?;
        written = hull(written, minutes);
    }
    let Some(span) = written else { return Ok(()) };
    let (first, unsettled) = (span.start().hour().0, span.end().plus(-1).hour().0 + 1 - UNSETTLED_HOURS);
    in_tx!(&mut *tx, |ex| {
        sqlx::query(CHANGED).bind(indicator.0).bind(first).bind(unsettled).execute(ex).await.map(drop)
    })?;
    rechecks::touch_late(tx, indicator, span).await
}

/// The shortest span that holds a span and minutes.
fn hull(span: Option<Span>, minutes: &[(Minute, Option<Slice>)]) -> Option<Span> {
    minutes.iter().map(|(minute, _)| *minute).fold(span, |span, minute| {
        let (start, end) = span.map_or((minute, minute.plus(1)), |span| (span.start(), span.end()));
        Some(Span::new(start.min(minute), end.max(minute.plus(1))))
    })
}

/// What the ledger says about each span, in the order asked. Any number of spans, of any length, overlapping or not; eight
/// that end together take one round trip, and many take two and as many more as they cut into dozens of hours.
pub async fn tallies(db: &Db, indicator: IndicatorId, spans: &[Span]) -> Result<Vec<Tally>, StoreError> {
    let asked = spans.iter().filter(|span| !span.is_empty());
    let edges: BTreeSet<i64> = asked.flat_map(|span| [span.start().hour().0, span.end().plus(-1).hour().0]).collect();
    if edges.len() > EDGES_MANY {
        return tallies_by_hours(db, indicator, spans).await;
    }
    let edges: Vec<i64> = edges.into_iter().collect();
    let mut details: BTreeMap<i64, Edge> = BTreeMap::new();
    // the sums of the hours after this edge, up to the next
    let mut gaps: BTreeMap<i64, Tally> = BTreeMap::new();
    let mut next = 0;
    while next < edges.len() {
        let part = &edges[next..edges.len().min(next + EDGES)];
        for row in tally_rows(db, indicator, part).await? {
            let sums = Tally { good: row.good, total: row.total, known: row.known, minutes: 0 };
            match row.detail.filter(|_| row.edge == 1) {
                Some(bytes) if bytes.is_empty() => {
                    details.insert(row.hour, Edge::Sums(sums));
                }
                Some(bytes) => {
                    details.insert(row.hour, Edge::Minutes(Box::new(unpacked(indicator, row.hour, &bytes)?)));
                }
                None => *gaps.entry(row.hour).or_default() += sums,
            }
        }
        // the last edge of a part is the first of the next, so that the gap between them is asked for too
        next = if next + part.len() < edges.len() { next + part.len() - 1 } else { edges.len() };
    }
    Ok(spans.iter().map(|span| tally(*span, &edges, &details, &gaps)).collect())
}

/// The same for many spans, such as the days of a year: the sums of every hour once, and the minutes of those hours only that
/// a span cuts into.
async fn tallies_by_hours(db: &Db, indicator: IndicatorId, spans: &[Span]) -> Result<Vec<Tally>, StoreError> {
    let asked = || spans.iter().filter(|span| !span.is_empty());
    let bounds = asked().map(|span| span.start()).min().zip(asked().map(|span| span.end()).max());
    let Some((start, end)) = bounds else { return Ok(vec![Tally::default(); spans.len()]) };
    let cut: Vec<i64> = cut_hours(spans).into_iter().collect();
    let mut details: BTreeMap<i64, Edge> = BTreeMap::new();
    for part in cut.chunks(EDGES) {
        for row in tally_rows(db, indicator, part).await?.into_iter().filter(|row| row.edge == 1) {
            let sums = HourRow { hour: Hour(row.hour), good: row.good, total: row.total, known: row.known };
            details.insert(row.hour, Edge::of(indicator, sums, &row.detail.unwrap_or_default())?);
        }
    }
    let hours = hours(db, indicator, Span::new(start, end)).await?;
    Ok(tallies_of(hours.into_iter(), &details, spans))
}

/// The hours that a span cuts into.
fn cut_hours(spans: &[Span]) -> BTreeSet<i64> {
    let asked = spans.iter().filter(|span| !span.is_empty());
    let ends = asked.flat_map(|span| [span.start(), span.end()]);
    ends.filter(|at| *at != at.hour().first()).map(|at| at.hour().0).collect()
}

/// What hours in order say about each span; `details` has those among them that a span cuts into.
fn tallies_of(hours: impl Iterator<Item = HourRow>, details: &BTreeMap<i64, Edge>, spans: &[Span]) -> Vec<Tally> {
    // the sums of everything before an hour, in order
    let mut before: Vec<(i64, Tally)> = Vec::new();
    let mut sum = Tally::default();
    for row in hours {
        before.push((row.hour.0, sum));
        sum += row.tally();
    }
    before.push((i64::MAX, sum));
    let up_to = |hour: i64| before.get(before.partition_point(|(known, _)| *known < hour)).map_or(sum, |(_, sum)| *sum);
    let tally = |span: &Span| {
        let (first, last) = (span.start().plus(HOUR_MINUTES - 1).hour().0, span.end().hour().0);
        let partly = cut_hours(std::slice::from_ref(span));
        let cuts = partly.iter().filter_map(|hour| Some(details.get(hour)?.cut(Hour(*hour), *span)));
        let (low, high) = (up_to(first), up_to(last.max(first)));
        let whole = Tally {
            good: high.good - low.good,
            total: high.total - low.total,
            known: high.known - low.known,
            minutes: 0,
        };
        Tally { minutes: span.minutes(), ..cuts.fold(whole, |sum, cut| sum + cut) }
    };
    spans.iter().map(|span| if span.is_empty() { Tally::default() } else { tally(span) }).collect()
}

/// What is left of an hour that a span may cut into.
enum Edge {
    /// Every minute.
    Minutes(Box<HourDetail>),
    /// The sums only.
    Sums(Tally),
}

impl Edge {
    fn of(indicator: IndicatorId, sums: HourRow, detail: &[u8]) -> Result<Self, StoreError> {
        if detail.is_empty() {
            return Ok(Self::Sums(sums.tally()));
        }
        Ok(Self::Minutes(Box::new(unpacked(indicator, sums.hour.0, detail)?)))
    }

    /// What the hour adds to a span.
    fn cut(&self, hour: Hour, span: Span) -> Tally {
        match self {
            Self::Minutes(detail) => tally_of(detail, hour, span),
            Self::Sums(sums) if hour.span().intersect(span) == hour.span() => *sums,
            Self::Sums(_) => Tally::default(),
        }
    }
}

/// One span out of what is known about the edges and the gaps between them. No edge lies inside a gap, so each gap is
/// inside the span as a whole or not at all.
fn tally(span: Span, edges: &[i64], details: &BTreeMap<i64, Edge>, gaps: &BTreeMap<i64, Tally>) -> Tally {
    let (first, last) = (span.start().hour().0, span.end().plus(-1).hour().0);
    let inside = edges.iter().filter(|edge| !span.is_empty() && (first..=last).contains(*edge));
    let sums = inside.map(|edge| {
        let cut = details.get(edge).map(|kept| kept.cut(Hour(*edge), span)).unwrap_or_default();
        let after = if *edge < last { gaps.get(edge).copied().unwrap_or_default() } else { Tally::default() };
        cut + after
    });
    Tally { minutes: span.minutes(), ..sums.sum() }
}

async fn tally_rows(db: &Db, indicator: IndicatorId, edges: &[i64]) -> Result<Vec<TallyRow>, StoreError> {
    let last = edges.last().copied().unwrap_or_default();
    // fewer edges than the statement takes: the last one again, with nothing between
    let edge = |n: usize| edges.get(n).copied().unwrap_or(last);
    let rows: Vec<TallyRow> = on!(db, |ex| {
        let mut query = sqlx::query_as(TALLY).bind(indicator.0);
        for n in 0..EDGES {
            query = query.bind(edge(n));
        }
        query.fetch_all(ex).await
    })?;
    Ok(rows)
}

/// The sums of the hours that have a minute inside `span`, in order; hours that were never written are missing.
pub async fn hours(db: &Db, indicator: IndicatorId, span: Span) -> Result<Vec<HourRow>, StoreError> {
    let (low, high) = hour_bounds(span);
    let rows: Vec<SumsRow> =
        on!(db, |ex| sqlx::query_as(SUMS).bind(indicator.0).bind(low).bind(high).fetch_all(ex).await)?;
    let row = |row: SumsRow| HourRow { hour: Hour(row.hour), good: row.good, total: row.total, known: row.known };
    Ok(rows.into_iter().map(row).collect())
}

/// Everything that is known about the hours of `span` of which a minute is `wanted`; see [`Excerpt::sheet`].
pub async fn sheet(db: &Db, indicator: IndicatorId, span: Span, wanted: &Spans) -> Result<Sheet, StoreError> {
    Excerpt::read(db, indicator, span).await?.sheet(wanted)
}

/// The known minutes inside `span`, in order. A year of them is half a million: for long spans see [`pages`].
pub async fn slices(db: &Db, indicator: IndicatorId, span: Span) -> Result<Vec<(Minute, Slice)>, StoreError> {
    Excerpt::read(db, indicator, span).await?.slices(span)
}

/// `span` in pieces of at most a day, in order: an export asks [`slices`] for one after the other.
pub fn pages(span: Span) -> impl Iterator<Item = Span> {
    let mut start = span.start();
    std::iter::from_fn(move || {
        let next = Minute((start.0.div_euclid(DAY_MINUTES) + 1) * DAY_MINUTES);
        let page = Span::new(start, next).intersect(span);
        start = next;
        (!page.is_empty()).then_some(page)
    })
}

/// How often an indicator's ledger has changed.
pub async fn version(db: &Db, indicator: IndicatorId) -> Result<Version, StoreError> {
    let found: Option<VersionRow> = on!(db, |ex| sqlx::query_as(VERSION).bind(indicator.0).fetch_optional(ex).await)?;
    found.map(Version::from).ok_or_else(|| StoreError::NotFound { what: "indicator", id: indicator.to_string() })
}

/// The same for each indicator of an agreement's objectives.
pub async fn versions(db: &Db, agreement: AgreementId) -> Result<Vec<(IndicatorId, Version)>, StoreError> {
    let rows: Vec<VersionRow> = on!(db, |ex| sqlx::query_as(VERSIONS).bind(agreement.0).fetch_all(ex).await)?;
    Ok(rows.into_iter().map(|row| (IndicatorId(row.id), Version::from(row))).collect())
}

/// From the first to the last known minute; `None` if nothing is known.
pub async fn extent(db: &Db, indicator: IndicatorId) -> Result<Option<Span>, StoreError> {
    let Some(first) = first(db, indicator).await? else { return Ok(None) };
    let last: Option<DetailRow> = on!(db, |ex| sqlx::query_as(LAST).bind(indicator.0).fetch_optional(ex).await)?;
    let last = last.map(|row| known(indicator, &row)).transpose()?.and_then(|minutes| minutes.last().copied());
    Ok(last.map(|last| Span::new(first, last.plus(1))))
}

/// The first known minute; `None` if nothing is known.
pub async fn first(db: &Db, indicator: IndicatorId) -> Result<Option<Minute>, StoreError> {
    let first: Option<DetailRow> = on!(db, |ex| sqlx::query_as(FIRST).bind(indicator.0).fetch_optional(ex).await)?;
    Ok(first.map(|row| known(indicator, &row)).transpose()?.and_then(|minutes| minutes.first().copied()))
}

/// The known minutes of an hour; all of them if only the sums are kept.
fn known(indicator: IndicatorId, row: &DetailRow) -> Result<Vec<Minute>, StoreError> {
    if row.detail.is_empty() {
        return Ok(Hour(row.hour).span().iter().collect());
    }
    let detail = unpacked(indicator, row.hour, &row.detail)?;
    Ok(detail.known(Hour(row.hour)).map(|(minute, _)| minute).collect())
}

/// Drops the minutes of the hours before `detail_before`, and whole hours before `sums_before`; says how many of each.
pub async fn drop_old(tx: &mut Tx, detail_before: Hour, sums_before: Hour) -> Result<(u64, u64), StoreError> {
    let hours = in_tx!(&mut *tx, |ex| sqlx::query(DROP_SUMS).bind(sums_before.0).execute(ex).await?.rows_affected());
    let details = in_tx!(&mut *tx, |ex| {
        sqlx::query(DROP_DETAIL).bind(detail_before.0).bind(Vec::<u8>::new()).execute(ex).await?.rows_affected()
    });
    if hours + details > 0 {
        in_tx!(tx, |ex| sqlx::query(ALL_CHANGED).execute(ex).await.map(drop))?;
    }
    Ok((details, hours))
}

/// The first hour inside and the first after.
pub(super) fn hour_bounds(span: Span) -> (i64, i64) {
    let low = span.start().hour().0;
    (low, if span.is_empty() { low } else { span.end().plus(-1).hour().0 + 1 })
}

fn unpacked(indicator: IndicatorId, hour: i64, bytes: &[u8]) -> Result<HourDetail, StoreError> {
    HourDetail::unpack(bytes).map_err(|why| corrupt(indicator, hour, why))
}

fn corrupt(indicator: IndicatorId, hour: i64, why: impl fmt::Display) -> StoreError {
    StoreError::corrupt("hours", format!("{indicator}, hour {hour}"), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_a_span_once_and_break_at_midnight() {
        let span = Span::new(Minute(1_000), Minute(4_000));
        let pages = pages(span).map(|page| (page.start().0, page.end().0)).collect::<Vec<_>>();
        assert_eq!(pages, [(1_000, 1_440), (1_440, 2_880), (2_880, 4_000)]);
        assert_eq!(super::pages(Span::new(Minute(5), Minute(5))).count(), 0);
    }
}
