//! Rules against another day: "below half of the same time yesterday".
//!
//! For throughput and business numbers, where less is the bad news and everybody knows what another day had. The good
//! events of a quarter of an hour (of an hour, where data is sparse) are compared with those of the same time on the
//! clocks of the agreement's zone, a day or a week before: `100 × now < percent × then`, in whole numbers.
//!
//! Nothing is told where either is not wholly known, where less than [`THEN_MIN`] good events were counted then, or where
//! either was excluded.

use super::{Anomaly, Incidents, Measure};
use crate::domain::baseline::{Cause, Observation};
use crate::domain::ledger::Tally;
use crate::domain::ratio::float;
use crate::domain::sheet::{Cut, Sheet};
use crate::domain::spans::Spans;
use crate::domain::time::{Instant, Span};
use crate::language::say;
use chrono::{Days, TimeZone as _};
use chrono_tz::Tz;
use thiserror::Error;

/// Fewer good events than this then are too few to compare with.
pub const THEN_MIN: i64 = 20;

/// Which other day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Against {
    /// The day before.
    Yesterday,
    /// The same weekday of the week before.
    LastWeek,
}

impl Against {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Yesterday, Self::LastWeek];

    /// Its word in forms and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yesterday => "yesterday",
            Self::LastWeek => "last_week",
        }
    }

    /// The day behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// How many days back.
    #[must_use]
    pub const fn days(self) -> u32 {
        match self {
            Self::Yesterday => 1,
            Self::LastWeek => 7,
        }
    }
}

/// Tells when fewer good events happen than a part of another day's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relative {
    /// Which other day.
    pub against: Against,
    percent: i64,
}

/// The part is none that makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", say!("write the part as whole percent from 10 to 90, such as 50 for half"))]
pub struct RelativeError;

impl Relative {
    /// Below so many percent of another day, 10 to 90.
    pub fn new(against: Against, percent: i64) -> Result<Self, RelativeError> {
        if (10..=90).contains(&percent) { Ok(Self { against, percent }) } else { Err(RelativeError) }
    }

    /// The part in percent.
    #[must_use]
    pub const fn percent(self) -> i64 {
        self.percent
    }

    /// The same time on the other day; nothing if its clocks skipped it, and the first of two.
    #[must_use]
    pub fn then(self, step: Span, zone: Tz) -> Option<Span> {
        let local = zone.from_utc_datetime(&step.start().start().to_utc().naive_utc()).naive_local();
        let before = local.checked_sub_days(Days::new(u64::from(self.against.days())))?;
        let start = Instant::from(zone.from_local_datetime(&before).earliest()?.to_utc()).minute();
        Some(Span::new(start, start.plus(step.minutes())))
    }
}

/// The anomalies of the steps, by the rule; the sheet reaches back to the other day of the first.
#[must_use]
pub fn study(
    rule: Relative,
    sheet: &Sheet,
    cuts: &[Cut],
    excluded: &Spans,
    zone: Tz,
    open: Option<Anomaly>,
) -> Vec<Anomaly> {
    let mut incidents = Incidents::after(open);
    for cut in cuts {
        let now = Tally { good: cut.good, total: cut.total, known: cut.known, minutes: cut.minutes };
        let Some(span) = rule.then(cut.span, zone) else { continue };
        let then = sheet.tally(&span.into());
        let is_whole = now.known == now.minutes && then.known == then.minutes;
        let is_out = excluded.minutes_in(cut.span) > 0 || excluded.minutes_in(span) > 0;
        let counts = is_whole && !is_out && then.good >= THEN_MIN;
        let value = Measure::GoodVolume.value(&now).filter(|_| counts);
        let seen = judge(rule, now, then, counts);
        incidents.add(Measure::GoodVolume, cut.span, value, &seen);
    }
    incidents.end()
}

fn judge(rule: Relative, now: Tally, then: Tally, counts: bool) -> Observation {
    let is_anomaly = counts && i128::from(now.good) * 100 < i128::from(then.good) * i128::from(rule.percent);
    let expected = Measure::GoodVolume.value(&then).filter(|_| counts);
    let low = expected.map(|expected| expected * float(rule.percent) / 100.0);
    // the part that is missing, so that nothing at all scores 1 and the edge itself a half
    let missing = float((then.good * rule.percent - now.good * 100).max(0)) / float((then.good * rule.percent).max(1));
    Observation {
        expected,
        low,
        high: None,
        score: if is_anomaly { f64::midpoint(1.0, missing) } else { 0.0 },
        is_anomaly,
        learning: !counts,
        cause: is_anomaly.then_some(Cause::Below),
    }
}
