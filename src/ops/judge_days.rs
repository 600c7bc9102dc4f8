//! Judges the days of a year, one by one, each by the terms that were in force when it began.

use crate::domain::calendar::Period;
use crate::domain::model::Agreement;
use crate::domain::time::Minute;
use crate::ops::judge::Judge;
use crate::ops::judge_periods::{JudgedPeriod, judge_each};
use crate::store::StoreError;
use crate::store::objectives::ObjectiveListing;

/// The days of a year that have begun by `end`, in order; the one that `end` lies in is judged so far. One question per
/// objective and revision. A date that the zone left out is no day.
pub async fn judge_days(
    court: &Judge,
    agreement: &Agreement,
    listings: &[ObjectiveListing],
    year: &Period,
    end: Minute,
) -> Result<Vec<JudgedPeriod>, StoreError> {
    let begun = |day: &Period| !day.span().is_empty() && day.span().start() < end;
    let newest_first: Vec<Period> = year.days().into_iter().rev().filter(begun).collect();
    if newest_first.is_empty() || listings.is_empty() {
        return Ok(Vec::new());
    }
    let mut days = judge_each(court, agreement, listings, newest_first, end).await?;
    days.reverse();
    Ok(days)
}
