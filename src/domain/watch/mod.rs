//! A baseline in the house: which measured things of an objective are watched, in which steps, and what becomes of what
//! leaves the usual.
//!
//! The ledger knows good and total events per minute, so two things can be watched without guessing: the **bad share**
//! (errors, slow answers, failed checks) and, where events are requests, the **traffic**. Means and percentiles of latency
//! are not in the ledger; a latency objective watches the share of its slow answers instead.
//!
//! | events a minute (bad ones, for the bad share), on average | step |
//! | --- | --- |
//! | 3,000 and more | 1 minute |
//! | 12 to 3,000 | 5 minutes: 60 and more a step |
//! | fewer | 1 hour |
//!
//! Where hardly anything ever fails, a single failure is unlike anything seen before. A step with fewer than [`BAD_MIN`]
//! bad events is therefore never told as an anomaly of the bad share.
//!
//! A step is unknown if less than half of its minutes is known, and its bad share also if it has fewer than
//! [`EVENTS_MIN`] events. Steps of which any minute is excluded, or half of the minutes are an outage, are judged but teach nothing. Single
//! bad minutes do teach: they are part of what is usual, and whoever learns from clean steps alone cries at each of them. An outage counts from the step
//! on by whose end it could be known to be one, so that learning never depends on what came later.
//!
//! ```
//! use nines::domain::ledger::Tally;
//! use nines::domain::watch::Measure;
//! let step = Tally { good: 97, total: 100, known: 4, minutes: 5 };
//! assert_eq!(Measure::BadShare.value(&step), Some(3.0));
//! assert_eq!(Measure::Traffic.value(&step), Some(25.0), "per known minute");
//! assert_eq!(Measure::Traffic.value(&Tally { known: 2, ..step }), None, "mostly unknown");
//! let day = Tally { good: 999_000, total: 1_000_000, known: 1440, minutes: 1440 };
//! assert_eq!(Measure::Traffic.step(day).minutes(), 5, "694 a minute");
//! assert_eq!(Measure::BadShare.step(day).minutes(), 60, "less than one bad one a minute");
//! ```

mod incident;
mod relative;
mod settings;
#[cfg(test)]
mod tests;
pub mod words;

pub use incident::{Anomaly, Incidents, Side, is_like};
pub use relative::{Against, Relative, RelativeError, study as study_relative};
pub use settings::{Sensitivity, WatchSettings};

use crate::domain::baseline::{Band, Baseline, Lesson};
use crate::domain::ledger::Tally;
use crate::domain::model::ObjectiveKind;
use crate::domain::outage::Outage;
use crate::domain::ratio::float;
use crate::domain::sheet::Cut;
use crate::domain::spans::Spans;
use crate::domain::terms::{Counting, SliceMinutes};
use crate::domain::time::{Hour, Span};

/// Fewer events than this in a step say nothing about their bad share.
pub const EVENTS_MIN: i64 = 10;
/// Fewer bad events than this in a step are no anomaly of the bad share.
pub const BAD_MIN: i64 = 5;
/// From so many events a minute on, steps are minutes.
const DENSE: i64 = 3000;
/// From so many events a minute on, steps are five minutes.
const MIDDLING: i64 = 12;

/// Something measured that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Bad events of all events, in percent.
    BadShare,
    /// Events per minute.
    Traffic,
    /// Good events per minute, against another day's; only a [`Relative`] rule looks at it.
    GoodVolume,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::BadShare, Self::Traffic, Self::GoodVolume];

    /// Its word in files and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::BadShare => "bad_share",
            Self::Traffic => "traffic",
            Self::GoodVolume => "good_volume",
        }
    }

    /// The measure behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.word() == word)
    }

    /// What the usual is learned of, for a kind of objective; nothing for a composite, whose members have their own.
    #[must_use]
    pub const fn of_kind(kind: ObjectiveKind) -> &'static [Self] {
        match kind {
            ObjectiveKind::Availability | ObjectiveKind::ErrorRate | ObjectiveKind::Success => {
                &[Self::BadShare, Self::Traffic]
            }
            ObjectiveKind::Latency | ObjectiveKind::Uptime | ObjectiveKind::Throughput | ObjectiveKind::Level => {
                &[Self::BadShare]
            }
            ObjectiveKind::Composite => &[],
        }
    }

    /// Its value in a step: percent, or events per known minute. Nothing where too little is known.
    #[must_use]
    pub fn value(self, step: &Tally) -> Option<f64> {
        if step.known == 0 || step.known * 2 < step.minutes {
            return None;
        }
        match self {
            Self::BadShare if step.total < EVENTS_MIN => None,
            Self::BadShare => Some(float(step.total - step.good) * 100.0 / float(step.total)),
            Self::Traffic => Some(float(step.total) / float(step.known)),
            Self::GoodVolume => Some(float(step.good) / float(step.known)),
        }
    }

    /// Its step for data of that density; the tally is of the minutes known so far.
    #[must_use]
    pub fn step(self, known: Tally) -> SliceMinutes {
        let events = match self {
            Self::BadShare => known.total - known.good,
            Self::Traffic => known.total,
            Self::GoodVolume => known.good,
        };
        let at_least = |rate: i64| known.known > 0 && events / known.known >= rate;
        match self {
            Self::GoodVolume if at_least(MIDDLING) => SliceMinutes::QUARTER,
            _ if at_least(DENSE) => SliceMinutes::ONE,
            _ if at_least(MIDDLING) => SliceMinutes::FIVE,
            _ => SliceMinutes::HOUR,
        }
    }

    /// Are there enough events in a step to tell an anomaly?
    const fn can_tell(self, step: &Tally) -> bool {
        !matches!(self, Self::BadShare) || step.total - step.good >= BAD_MIN
    }

    /// Is leaving the usual on that side bad news? Fewer errors than usual are none.
    #[must_use]
    pub const fn is_alarming(self, side: Side) -> bool {
        !matches!((self, side), (Self::BadShare, Side::Below))
    }
}

/// What must not become the new normal.
#[derive(Clone, Debug, Default)]
pub struct Untaught {
    /// What exclusions take out.
    pub excluded: Spans,
    /// The outages.
    pub outages: Vec<Outage>,
    /// Minutes from an outage's beginning until it can be known to be one.
    pub known_after: i64,
}

impl Untaught {
    /// Under an objective's terms.
    #[must_use]
    pub fn new(excluded: Spans, outages: Vec<Outage>, counting: &Counting) -> Self {
        let slice = counting.method.slice().minutes();
        Self { excluded, outages, known_after: slice.saturating_mul(counting.downtime.consecutive()) }
    }

    /// Whether a step may teach.
    #[must_use]
    pub fn lesson(&self, step: Span) -> Lesson {
        let is_known = |outage: &&Outage| step.end() >= outage.span.start().plus(self.known_after);
        let down = |outage: &Outage| outage.span.intersect(step).minutes();
        let down: i64 = self.outages.iter().filter(is_known).map(down).sum();
        let is_out = self.excluded.minutes_in(step) > 0 || down * 2 >= step.minutes();
        if is_out { Lesson::Ignore } else { Lesson::Learn }
    }
}

/// What was expected of an hour before it began: of its first step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HourBand {
    /// Which hour.
    pub hour: Hour,
    /// The usual value and the edges.
    pub band: Band,
}

/// What came of studying a stretch of steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Studied {
    /// Anomalies that began or went on in it, in order of time.
    pub anomalies: Vec<Anomaly>,
    /// The band of the hours that began in it; hours of learning have none.
    pub hours: Vec<HourBand>,
}

/// Judges and learns steps in order of time; `open` is the anomaly that the stretch before ended in.
pub fn study(
    measure: Measure,
    baseline: &mut Baseline,
    cuts: &[Cut],
    untaught: &Untaught,
    open: Option<Anomaly>,
) -> Studied {
    let mut incidents = Incidents::after(open);
    let mut hours = Vec::new();
    for cut in cuts {
        let (at, hour) = (cut.start.start(), cut.start.hour());
        if cut.start == hour.first() {
            hours.extend(baseline.expect(at).map(|band| HourBand { hour, band }));
        }
        let step = tally(cut);
        let value = measure.value(&step);
        let seen = baseline.update(at, value, untaught.lesson(cut.span));
        incidents.add(measure, cut.span, value.filter(|_| measure.can_tell(&step)), &seen);
    }
    Studied { anomalies: incidents.end(), hours }
}

const fn tally(cut: &Cut) -> Tally {
    Tally { good: cut.good, total: cut.total, known: cut.known, minutes: cut.minutes }
}
