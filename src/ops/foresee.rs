//! Foresees how a calendar period will end, and looks back at how good that would have been in the past.

use crate::domain::calendar::{Period, PeriodKind, days_of};
use crate::domain::calibration::{self, Calibration, Errors, Past};
use crate::domain::contract::Rule;
use crate::domain::ledger::Tally;
use crate::domain::model::{Objective, Window};
use crate::domain::outlook::{self, DayTally, Facts, HISTORY_DAYS_MAX, Outlook, TooLittle, days_left};
use crate::domain::target::Target;
use crate::domain::time::{DAY_MINUTES, Minute, Span};
use crate::ops::judge::{Judge, window_at};
use crate::ops::trace::RANGE_MINUTES_MAX;
use crate::store::StoreError;
use crate::store::objectives::ObjectiveListing;

/// Can anything be foreseen for it? Only calendar windows end, and a weighted whole is no sum of its days.
#[must_use]
pub fn is_foreseeable(objective: &Objective) -> bool {
    let is_weighted = objective.terms.composite.as_ref().is_some_and(|composite| composite.rule() == Rule::Weighted);
    objective.window == Window::Calendar && !is_weighted
}

/// The outlook for the end of the calendar period that runs at `until`, of which `so_far` is known.
///
/// Nothing for an objective whose window never ends.
pub async fn foresee(
    judge: &Judge,
    listing: &ObjectiveListing,
    so_far: Tally,
    until: Minute,
) -> Result<Option<Result<Outlook, TooLittle>>, StoreError> {
    if !is_foreseeable(&listing.objective) {
        return Ok(None);
    }
    let most = i64::try_from(HISTORY_DAYS_MAX).unwrap_or(i64::MAX);
    let history = past_days(judge, listing, until, most).await?;
    let (_, whole) = window_at(&listing.objective, listing.agreement.calendar(), until);
    let left = judge.judged(listing, Span::new(until, whole.end())).minutes;
    let remaining = days_left(&left, listing.agreement.zone);
    let target = listing.objective.target;
    Ok(Some(outlook::outlook(&Facts { history: &history, so_far, remaining: &remaining, target })))
}

/// The local days that were complete at `until`, at most so many, oldest first.
async fn past_days(
    judge: &Judge,
    listing: &ObjectiveListing,
    until: Minute,
    most: i64,
) -> Result<Vec<DayTally>, StoreError> {
    let zone = listing.agreement.zone;
    let today = Period::containing(PeriodKind::Day, zone, until.start()).span().start();
    // days of 25 hours make the first day of this stretch a part, which is left out
    let first = Minute(today.plus(-most * DAY_MINUTES).0.max(0));
    let days: Vec<Period> =
        days_of(Span::new(first, today), zone).into_iter().filter(|day| day.span().start() >= first).collect();
    let spans: Vec<Span> = days.iter().map(Period::span).collect();
    let accounts = judge.accounts(listing, &spans).await?;
    Ok(days.iter().zip(accounts).map(|(day, account)| DayTally::new(day, account.counted)).collect())
}

/// What there is to look back on.
#[derive(Clone, Debug)]
pub struct Memory {
    days: Vec<DayTally>,
    periods: Vec<Period>,
    target: Target,
}

/// A past period and the outlooks that would have been made in it.
#[derive(Clone, Debug, PartialEq)]
pub struct PastPeriod {
    /// Which.
    pub period: Period,
    /// Was the target met?
    pub met: bool,
    /// The outlook at the start of each of its days before which there was enough history; at least one.
    pub outlooks: Vec<Past>,
}

/// How good outlooks would have been.
#[derive(Clone, Debug, PartialEq)]
pub struct LookBack {
    /// The periods that have any, oldest first.
    pub periods: Vec<PastPeriod>,
    /// All of them together.
    pub calibration: Calibration,
    /// How far their forecasts of the rest were off; nothing for too few.
    pub errors: Option<Errors>,
}

/// Reads what is needed to look back over 400 days at most.
pub async fn remember(judge: &Judge, listing: &ObjectiveListing, until: Minute) -> Result<Memory, StoreError> {
    let days = past_days(judge, listing, until, RANGE_MINUTES_MAX / DAY_MINUTES).await?;
    let measured = days.iter().skip_while(|day| day.tally.known == 0).copied().collect::<Vec<_>>();
    let first = measured.first().map_or(until, |day| day.start);
    let mut periods = Vec::new();
    let mut period = listing.agreement.calendar().period_at(until.plus(-1).start()).previous();
    while period.span().start() >= first {
        periods.push(period);
        period = period.previous();
    }
    periods.reverse();
    Ok(Memory { days: measured, periods, target: listing.objective.target })
}

impl Memory {
    /// Makes the outlooks of the past anew; may take a second for long periods.
    #[must_use]
    pub fn look_back(&self) -> LookBack {
        let spans: Vec<Span> = self.periods.iter().map(Period::span).collect();
        let all = calibration::backtest(&self.days, &spans, self.target);
        let of = |(index, period): (usize, &Period)| {
            let outlooks: Vec<Past> = all.iter().filter(|past| past.period == index).copied().collect();
            let met = outlooks.first()?.met;
            Some(PastPeriod { period: *period, met, outlooks })
        };
        let said: Vec<_> = all.iter().map(|past| (past.probability, past.met)).collect();
        LookBack {
            periods: self.periods.iter().enumerate().filter_map(of).collect(),
            calibration: calibration::calibrate(&said),
            errors: calibration::errors(&all),
        }
    }
}
