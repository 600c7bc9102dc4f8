//! What an exclusion does to the periods that it touches, judged with and without it: before anybody approves it, and after.

use crate::domain::calendar::{Calendar, Period};
use crate::domain::exclusion::{Broken, Exclusion, State};
use crate::domain::judgement::{Judgement, judge};
use crate::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use crate::ops::Context;
use crate::ops::evaluate::judged_until;
use crate::ops::judge::Judge;
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, StoreError};

/// The most objectives that are judged.
pub const OBJECTIVES_MAX: usize = 50;
/// The most periods of each, the newest.
pub const PERIODS_MAX: usize = 3;

/// What an exclusion does to one objective in one period.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The objective.
    pub listing: ObjectiveListing,
    /// The period.
    pub period: Period,
    /// Minutes of the period that the exclusion takes out, whether or not another takes them out too.
    pub taken_out: i64,
    /// Minutes that stay, because it was announced too late.
    pub without_notice: i64,
    /// Minutes that stay, because the month's cap is used up.
    pub over_cap: i64,
    /// As it stands without the exclusion.
    pub without: Judgement,
    /// As it stands with it.
    pub with: Judgement,
}

/// What an exclusion does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// Each objective that it holds, in each period.
    pub lines: Vec<Line>,
    /// How many objectives are not shown, because there are too many.
    pub left_off: usize,
}

/// Judges the live objectives in the exclusion's scope without it and with it as approved.
pub async fn preview(context: &Context, exclusion: &Exclusion) -> Result<Preview, StoreError> {
    let court = Judge::load(&context.db).await?;
    let others: Vec<Exclusion> = court.exclusions().iter().filter(|one| one.id != exclusion.id).cloned().collect();
    let approved = Exclusion { state: State::Approved, ..exclusion.clone() };
    let with = court.with([others.clone(), vec![approved]].concat());
    let without = court.with(others);
    let mut listings = store::objectives::listings(&context.db).await?;
    listings.retain(|one| one.is_in(exclusion.scope));
    let left_off = listings.len().saturating_sub(OBJECTIVES_MAX);
    listings.truncate(OBJECTIVES_MAX);
    let now = context.clock.now();
    let mut lines = Vec::new();
    for listing in listings {
        for period in periods(exclusion, listing.agreement.calendar(), now) {
            let effect = with.judged(&listing, period.span()).effect;
            let refused = |broken: Broken| -> i64 {
                let ours = effect.refused.iter().filter(|one| one.id == exclusion.id && one.broken == broken);
                ours.map(|one| one.spans.minutes()).sum()
            };
            let taken = effect.each.iter().filter(|(id, _)| *id == exclusion.id);
            lines.push(Line {
                taken_out: taken.map(|(_, spans)| spans.minutes()).sum(),
                without_notice: refused(Broken::Notice),
                over_cap: refused(Broken::Cap),
                without: judged(&without, &listing, &period, now).await?,
                with: judged(&with, &listing, &period, now).await?,
                listing: listing.clone(),
                period,
            });
        }
    }
    Ok(Preview { lines, left_off })
}

/// A period as far as it has passed.
async fn judged(
    court: &Judge,
    listing: &ObjectiveListing,
    period: &Period,
    now: Instant,
) -> Result<Judgement, StoreError> {
    let whole = period.span();
    let end = judged_until(now).clamp(whole.start(), whole.end());
    let span = Span::new(whole.start(), end);
    let account = court.accounts(listing, &[span]).await?.into_iter().next().unwrap_or_default();
    Ok(judge(court.terms(listing, whole), &[], span, account, &[]))
}

/// The newest calendar periods that its occurrences touch, up to the running one, or those of its first occurrence.
fn periods(exclusion: &Exclusion, calendar: Calendar, now: Instant) -> Vec<Period> {
    let running: Minute = calendar.period_at(now).span().end();
    let end = exclusion.first.end().max(running);
    // what comes back at least every few years is found within the last ones; older occurrences are not the newest
    let recent = end.plus(-RECENT_DAYS * DAY_MINUTES).max(exclusion.first.start());
    let mut spans = exclusion.when.spans(Span::new(recent, end));
    if spans.is_empty() {
        spans = exclusion.first.into();
    }
    let mut found: Vec<Period> = Vec::new();
    for span in spans.as_slice().iter().rev() {
        let mut period = calendar.period_at(span.end().plus(-1).start());
        while period.span().end() > span.start() && found.len() < PERIODS_MAX {
            if found.last().is_none_or(|last| last.span().start() > period.span().start()) {
                found.push(period);
            }
            period = period.previous();
        }
    }
    found
}

/// How far back occurrences are looked for.
const RECENT_DAYS: i64 = 3 * 366;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Anchor, PeriodKind};
    use crate::domain::recurrence::Recurrence;
    use chrono::{DateTime, Utc};
    use chrono_tz::Tz;

    fn at(text: &str) -> Instant {
        Instant::from(text.parse::<DateTime<Utc>>().unwrap())
    }

    fn found(from: &str, to: &str, rule: &str) -> Vec<String> {
        let first = Span::new(at(from).minute(), at(to).minute());
        let when = Recurrence::parse(rule, Tz::UTC, first).unwrap();
        let exclusion = Exclusion { when, ..Exclusion::planned(first) };
        let calendar = Calendar { zone: Tz::UTC, period: PeriodKind::Month, anchor: Anchor::default() };
        let periods = periods(&exclusion, calendar, at("2026-11-21T07:00:00Z"));
        periods.iter().map(Period::label).collect()
    }

    #[test]
    fn the_newest_periods_that_it_touches_are_shown() {
        assert_eq!(found("2026-10-31T23:00:00Z", "2026-11-01T01:00:00Z", ""), ["2026-11", "2026-10"]);
        assert_eq!(found("2026-10-31T23:00:00Z", "2026-11-01T00:00:00Z", ""), ["2026-10"]);
        let long = found("2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z", "");
        assert_eq!(long, ["2026-12", "2026-11", "2026-10"]);
        let daily = found("2020-01-01T00:00:00Z", "2020-01-01T01:00:00Z", "FREQ=DAILY");
        assert_eq!(daily, ["2026-11", "2026-10", "2026-09"]);
        let ahead = found("2027-02-01T00:00:00Z", "2027-02-01T01:00:00Z", "FREQ=WEEKLY");
        assert_eq!(ahead, ["2027-02"]);
        let old = found("2010-02-01T00:00:00Z", "2010-02-01T01:00:00Z", "");
        assert_eq!(old, ["2010-02"]);
    }
}
