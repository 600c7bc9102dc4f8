//! What an exclusion does, or would do, to each objective that it holds: judged without it and with it.
//!
//! A proposal is judged as if it were approved. Only the newest periods that it touches are judged, and only so many
//! objectives: the rest is counted, so that a page can say what it left out.

use crate::domain::calendar::{Calendar, Period};
use crate::domain::exclusion::{Broken, Exclusion, State};
use crate::domain::judgement::{Judgement, judge};
use crate::domain::spans::Spans;
use crate::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use crate::ops::evaluate::judged_until;
use crate::ops::judge::Judge;
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, Db, StoreError};

/// The most objectives of one preview.
pub const OBJECTIVES_MAX: usize = 50;
/// The most periods of each.
pub const PERIODS_MAX: usize = 3;
/// Longer than this no objective is judged, unless one period is.
const MINUTES_MAX: i64 = 400 * DAY_MINUTES;

/// What an exclusion does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// One row for each objective and period, the newest period of each objective first.
    pub rows: Vec<Effect>,
    /// How many objectives it holds that are not among the rows.
    pub objectives_left_out: usize,
    /// Does it touch periods that are not among the rows?
    pub periods_left_out: bool,
}

/// What it does to one objective in one period.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The objective.
    pub listing: ObjectiveListing,
    /// The period of its agreement.
    pub period: Period,
    /// Is the period not over yet?
    pub is_running: bool,
    /// The minutes that it takes out.
    pub taken_out: i64,
    /// How many of these come on top of what others take out; below zero where it uses up a cap that others would have
    /// used for more.
    pub net: i64,
    /// The minutes that break a rule and stay in the judgement, by rule.
    pub refused: Vec<(Broken, i64)>,
    /// The period without it; nothing before the period has begun.
    pub without: Option<Judgement>,
    /// The period with it.
    pub with: Option<Judgement>,
}

/// Judges every live objective that the exclusion holds, without it and with it.
pub async fn preview(db: &Db, exclusion: &Exclusion, now: Instant) -> Result<Preview, StoreError> {
    let listings = store::objectives::listings(db).await?;
    let held: Vec<ObjectiveListing> = listings
        .into_iter()
        .filter(|one| exclusion.scope.holds(one.objective.id, one.agreement.id, one.indicator.service))
        .collect();
    let court = Judge::load(db).await?;
    let others: Vec<Exclusion> = court.exclusions().iter().filter(|one| one.id != exclusion.id).cloned().collect();
    let approved = Exclusion { state: State::Approved, ..exclusion.clone() };
    let with = court.with(others.iter().cloned().chain([approved]).collect());
    let without = court.with(others);
    let mut preview = Preview { objectives_left_out: held.len().saturating_sub(OBJECTIVES_MAX), ..Preview::default() };
    for listing in held.into_iter().take(OBJECTIVES_MAX) {
        let (periods, has_more) = touched(exclusion, listing.agreement.calendar(), now);
        preview.periods_left_out |= has_more;
        for period in periods {
            preview.rows.push(effect((&without, &with), exclusion, &listing, period, judged_until(now)).await?);
        }
    }
    Ok(preview)
}

async fn effect(
    (without, with): (&Judge, &Judge),
    exclusion: &Exclusion,
    listing: &ObjectiveListing,
    period: Period,
    until: Minute,
) -> Result<Effect, StoreError> {
    let span = period.span();
    let (before, after) = (without.judged(listing, span).effect, with.judged(listing, span).effect);
    let taken_out = after.each.iter().filter(|(id, _)| *id == exclusion.id).map(|(_, spans)| spans.minutes()).sum();
    let own = after.refused.iter().filter(|refused| refused.id == exclusion.id);
    Ok(Effect {
        period,
        is_running: span.end() > until,
        taken_out,
        net: after.excluded.minutes() - before.excluded.minutes(),
        refused: own.map(|refused| (refused.broken, refused.spans.minutes())).collect(),
        without: judged(without, listing, span, until).await?,
        with: judged(with, listing, span, until).await?,
        listing: listing.clone(),
    })
}

async fn judged(
    court: &Judge,
    listing: &ObjectiveListing,
    whole: Span,
    until: Minute,
) -> Result<Option<Judgement>, StoreError> {
    let span = Span::new(whole.start(), whole.end().min(until));
    if span.is_empty() {
        return Ok(None);
    }
    let account = court.accounts(listing, &[span]).await?.pop().unwrap_or_default();
    Ok(Some(judge(court.terms(listing, whole), &[], span, account, &[])))
}

/// The newest periods that have begun and that an exclusion touches, or the first ones if all are yet to come; and whether
/// there are more.
fn touched(exclusion: &Exclusion, calendar: Calendar, now: Instant) -> (Vec<Period>, bool) {
    // so far ahead a rule that comes back at all has come back more than once
    const AHEAD_MINUTES: i64 = 3_000 * DAY_MINUTES;
    let start = exclusion.first.start();
    let running = calendar.period_at(now).span().end();
    let begun = exclusion.when.spans(Span::new(start, running.max(start)));
    let mut periods = if begun.is_empty() {
        forwards(&exclusion.when.spans(Span::new(start, start.plus(AHEAD_MINUTES))), calendar)
    } else {
        backwards(&begun, calendar)
    };
    let found = periods.len();
    let mut minutes = 0;
    periods.truncate(PERIODS_MAX);
    periods = periods
        .into_iter()
        .enumerate()
        .take_while(|(index, period)| {
            minutes += period.span().minutes();
            *index == 0 || minutes <= MINUTES_MAX
        })
        .map(|(_, period)| period)
        .collect();
    let has_more = found > periods.len();
    (periods, has_more)
}

/// The last periods that a set touches, the newest first; one more than is shown, to know that there is one.
fn backwards(spans: &Spans, calendar: Calendar) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    let mut rest = spans.as_slice();
    while let Some((last, before)) = rest.split_last() {
        if periods.len() > PERIODS_MAX {
            break;
        }
        let edge = periods.last().map_or(last.end(), |period| last.end().min(period.span().start()));
        if last.start() >= edge {
            rest = before;
        } else {
            periods.push(calendar.period_at(edge.plus(-1).start()));
        }
    }
    periods
}

/// The first periods that a set touches; one more than is shown, to know that there is one.
fn forwards(spans: &Spans, calendar: Calendar) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    let mut rest = spans.as_slice();
    while let Some((first, after)) = rest.split_first() {
        if periods.len() > PERIODS_MAX {
            break;
        }
        let edge = periods.last().map_or(first.start(), |period| first.start().max(period.span().end()));
        if first.end() <= edge {
            rest = after;
        } else {
            periods.push(calendar.period_at(edge.start()));
        }
    }
    periods
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Anchor, PeriodKind};
    use crate::domain::recurrence::Recurrence;
    use crate::domain::wall;
    use chrono_tz::Tz;

    fn at(text: &str) -> Instant {
        wall::parse(text, Tz::UTC).unwrap()
    }

    fn labels(from: &str, to: &str, rule: &str, kind: PeriodKind) -> (String, bool) {
        let first = Span::new(at(from).minute(), at(to).minute());
        let when = Recurrence::parse(rule, Tz::UTC, first).unwrap();
        let exclusion = Exclusion { when, ..Exclusion::planned(first) };
        let calendar = Calendar { zone: Tz::UTC, period: kind, anchor: Anchor::default() };
        let (periods, has_more) = touched(&exclusion, calendar, at("2026-11-21 07:00"));
        (periods.iter().map(Period::label).collect::<Vec<_>>().join(" "), has_more)
    }

    #[test]
    fn the_newest_periods_are_judged_and_what_is_left_out_is_known() {
        use PeriodKind::{Day, Month, Year};
        for (from, to, rule, kind, found, has_more) in [
            ("2026-11-20 02:00", "2026-11-20 04:00", "", Month, "2026-11", false),
            // up to the first of a month is not in it
            ("2026-10-31 22:00", "2026-11-01 00:00", "", Month, "2026-10", false),
            ("2026-10-31 22:00", "2026-11-01 00:01", "", Month, "2026-11 2026-10", false),
            ("2026-01-01 00:00", "2026-11-01 00:00", "", Month, "2026-10 2026-09 2026-08", true),
            ("2025-01-04 02:00", "2025-01-04 03:00", "FREQ=WEEKLY", Month, "2026-11 2026-10 2026-09", true),
            ("2026-09-05 02:00", "2026-09-05 03:00", "FREQ=WEEKLY", Month, "2026-11 2026-10 2026-09", false),
            // later today is in a period that has begun
            ("2026-11-21 20:00", "2026-11-21 21:00", "FREQ=DAILY", Day, "2026-11-21", false),
            ("2027-02-01 20:00", "2027-02-01 21:00", "FREQ=DAILY", Day, "2027-02-01 2027-02-02 2027-02-03", true),
            ("2027-02-28 20:00", "2027-03-01 00:00", "", Month, "2027-02", false),
            // three years would be too much to read
            ("2020-02-28 20:00", "2020-02-28 21:00", "FREQ=YEARLY", Year, "2026", true),
        ] {
            assert_eq!(labels(from, to, rule, kind), (found.to_owned(), has_more), "{from} {to} {rule}");
        }
    }
}
