//! Hours of one indicator as they are stored, in memory: what is asked of them needs no further question to the database.

use super::{DetailedRow, Edge, HourRow, SHEET, SINCE, cut_hours, hour_bounds, tallies_of, unpacked};
use crate::domain::ids::IndicatorId;
use crate::domain::ledger::{Slice, Tally};
use crate::domain::sheet::{Page, Sheet};
use crate::domain::spans::Spans;
use crate::domain::time::{HOUR_MINUTES, Hour, Minute, Span};
use crate::store::{Db, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Hours of one indicator in order, packed; cheap to cut and to join.
#[derive(Clone, Debug)]
pub struct Excerpt {
    indicator: IndicatorId,
    rows: Vec<Arc<DetailedRow>>,
}

impl Excerpt {
    /// The hours that have a minute inside `span`.
    pub async fn read(db: &Db, indicator: IndicatorId, span: Span) -> Result<Self, StoreError> {
        let (low, high) = hour_bounds(span);
        let rows: Vec<DetailedRow> =
            on!(db, |ex| sqlx::query_as(SHEET).bind(indicator.0).bind(low).bind(high).fetch_all(ex).await)?;
        Ok(Self { indicator, rows: rows.into_iter().map(Arc::new).collect() })
    }

    /// Every hour from one on.
    pub async fn since(db: &Db, indicator: IndicatorId, first: Hour) -> Result<Self, StoreError> {
        let rows: Vec<DetailedRow> =
            on!(db, |ex| sqlx::query_as(SINCE).bind(indicator.0).bind(first.0).fetch_all(ex).await)?;
        Ok(Self { indicator, rows: rows.into_iter().map(Arc::new).collect() })
    }

    /// The hours among these that have a minute inside `span`.
    #[must_use]
    pub fn within(&self, span: Span) -> Self {
        let (low, high) = hour_bounds(span);
        let before = |hour: i64| self.rows.partition_point(|row| row.hour < hour);
        let rows = self.rows.get(before(low)..before(high)).unwrap_or_default().to_vec();
        Self { indicator: self.indicator, rows }
    }

    /// These hours and then those, which must all be later.
    #[must_use]
    pub fn and(mut self, later: &Self) -> Self {
        self.rows.extend(later.rows.iter().cloned());
        debug_assert!(self.rows.is_sorted_by(|a, b| a.hour < b.hour), "hours come in order");
        self
    }

    /// Everything that is known about the hours of which a minute is `wanted`: sums, and minutes where they are still kept. The
    /// other hours are not unpacked, and stand in the sheet as if nothing were known.
    pub fn sheet(&self, wanted: &Spans) -> Result<Sheet, StoreError> {
        let is_wanted = |row: &&Arc<DetailedRow>| wanted.minutes_in(Hour(row.hour).span()) > 0;
        let pages = self.rows.iter().filter(is_wanted).map(|row| page(self.indicator, row));
        Ok(Sheet::new(pages.collect::<Result<_, StoreError>>()?))
    }

    /// The sums of the hours, in order; hours that were never written are missing.
    pub fn hours(&self) -> impl Iterator<Item = HourRow> {
        self.rows.iter().map(|row| row.sums())
    }

    /// The known minutes inside `span`, in order.
    pub fn slices(&self, span: Span) -> Result<Vec<(Minute, Slice)>, StoreError> {
        let mut slices = Vec::new();
        for row in self.within(span).rows.iter().filter(|row| !row.detail.is_empty()) {
            let detail = unpacked(self.indicator, row.hour, &row.detail)?;
            slices.extend(detail.known(Hour(row.hour)).filter(|(minute, _)| span.contains(*minute)));
        }
        Ok(slices)
    }

    /// What the hours say about each span, in the order asked: the same as [`super::tallies`] if every hour of the spans is
    /// among these.
    pub fn tallies(&self, spans: &[Span]) -> Result<Vec<Tally>, StoreError> {
        let mut details = BTreeMap::new();
        for hour in cut_hours(spans) {
            if let Ok(at) = self.rows.binary_search_by_key(&hour, |row| row.hour)
                && let Some(row) = self.rows.get(at)
            {
                details.insert(hour, Edge::of(self.indicator, row.sums(), &row.detail)?);
            }
        }
        Ok(tallies_of(self.hours(), &details, spans))
    }

    /// About how much room they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.rows.iter().map(|row| size_of::<DetailedRow>() + row.detail.len()).sum()
    }
}

pub(in crate::store) fn page(indicator: IndicatorId, row: &DetailedRow) -> Result<Page, StoreError> {
    let is_kept = !row.detail.is_empty();
    let minutes = is_kept.then(|| unpacked(indicator, row.hour, &row.detail).map(Box::new)).transpose()?;
    let sums = Tally { good: row.good, total: row.total, known: row.known, minutes: HOUR_MINUTES };
    Ok(Page { hour: Hour(row.hour), sums, minutes })
}
