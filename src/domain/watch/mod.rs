//! A baseline in the house: which measured things of an objective are watched, in which steps, and what becomes of what
//! leaves the usual.
//!
//! The ledger knows good and total events per minute: the **bad share** (errors, slow answers, failed checks) and, where
//! events are requests, the **traffic**. Of a latency every bound of its histogram and the sum of its durations are counted
//! too, so its **mean** and its **percentiles** are known of each step ([`crate::domain::durations`]).
//!
//! | events a minute (bad ones, for the bad share), on average | step |
//! | --- | --- |
//! | 3,000 and more | 1 minute |
//! | 12 to 3,000 | 5 minutes: 60 and more a step |
//! | fewer | 1 hour |
//!
//! A percentile rests on the events above it, and a mean on the few that are slow, so both are restless where events are
//! few, as at night. A step of a latency tells an anomaly only if fifty events lie above the percentile (100 events for the
//! median, 1,000 for the 95th, 5,000 for the 99th), or if the mean is one of 500, and steps are so long that on average they
//! have twice as many.
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
mod latency;
mod relative;
mod settings;
#[cfg(test)]
mod tests;
pub mod words;

pub use incident::{Anomaly, Incidents, Side, is_like};
pub use latency::{Latencies, Spread, steps};
pub use relative::{Against, Relative, RelativeError, study as study_relative};
pub use settings::{Sensitivity, WatchSettings};

use crate::domain::baseline::{Band, Baseline, Lesson};
use crate::domain::durations::Durations;
use crate::domain::ledger::Tally;
use crate::domain::model::ObjectiveKind;
use crate::domain::outage::Outage;
use crate::domain::ratio::float;
use crate::domain::sheet::Cut;
use crate::domain::spans::Spans;
use crate::domain::terms::{Counting, SliceMinutes};
use crate::domain::time::{Hour, Minute, Span};

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
    /// How long events take on average, in seconds.
    LatencyMean,
    /// How long half of the events take at most, in seconds, as [`Durations::percentile`] estimates it.
    LatencyP50,
    /// How long 95 of 100 take at most.
    LatencyP95,
    /// How long 99 of 100 take at most.
    LatencyP99,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::BadShare,
        Self::Traffic,
        Self::GoodVolume,
        Self::LatencyMean,
        Self::LatencyP50,
        Self::LatencyP95,
        Self::LatencyP99,
    ];
    /// Those of a latency's [`Spread`].
    pub const LATENCIES: [Self; 4] = [Self::LatencyMean, Self::LatencyP50, Self::LatencyP95, Self::LatencyP99];

    /// Its word in files and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::BadShare => "bad_share",
            Self::Traffic => "traffic",
            Self::GoodVolume => "good_volume",
            Self::LatencyMean => "latency_mean",
            Self::LatencyP50 => "latency_p50",
            Self::LatencyP95 => "latency_p95",
            Self::LatencyP99 => "latency_p99",
        }
    }

    /// The measure behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.word() == word)
    }

    /// What the usual can be learned of, for a kind of objective; nothing for a composite, whose members have their own.
    #[must_use]
    pub const fn of_kind(kind: ObjectiveKind) -> &'static [Self] {
        match kind {
            ObjectiveKind::Availability | ObjectiveKind::ErrorRate | ObjectiveKind::Success => {
                &[Self::BadShare, Self::Traffic]
            }
            ObjectiveKind::Latency => {
                &[Self::BadShare, Self::LatencyMean, Self::LatencyP50, Self::LatencyP95, Self::LatencyP99]
            }
            ObjectiveKind::Uptime | ObjectiveKind::Throughput | ObjectiveKind::Level => &[Self::BadShare],
            ObjectiveKind::Composite => &[],
        }
    }

    /// Is it one of a latency's [`Spread`], in seconds?
    #[must_use]
    pub const fn is_latency(self) -> bool {
        matches!(self, Self::LatencyMean) || self.percent().is_some()
    }

    /// Which percentile it is.
    #[must_use]
    pub const fn percent(self) -> Option<i64> {
        match self {
            Self::LatencyP50 => Some(50),
            Self::LatencyP95 => Some(95),
            Self::LatencyP99 => Some(99),
            Self::BadShare | Self::Traffic | Self::GoodVolume | Self::LatencyMean => None,
        }
    }

    /// Its value in a step of a latency, in seconds; nothing where there is too little to go by.
    #[must_use]
    pub fn latency(self, step: &Durations) -> Option<f64> {
        match self.percent() {
            Some(percent) => step.percentile(percent),
            None => step.mean().filter(|_| self == Self::LatencyMean),
        }
    }

    /// Its value in a step: percent, or events per known minute. Nothing where too little is known, and for measures of a
    /// latency, which good and total events do not tell.
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
            Self::LatencyMean | Self::LatencyP50 | Self::LatencyP95 | Self::LatencyP99 => None,
        }
    }

    /// Its step for data of that density; the tally is of the minutes known so far.
    #[must_use]
    pub fn step(self, known: Tally) -> SliceMinutes {
        let events = match self {
            Self::BadShare => known.total - known.good,
            Self::GoodVolume => known.good,
            Self::Traffic | Self::LatencyMean | Self::LatencyP50 | Self::LatencyP95 | Self::LatencyP99 => known.total,
        };
        let enough = |minutes: i64| self.tell_min() * 2 / minutes;
        let (dense, middling) = (DENSE.max(enough(1)), MIDDLING.max(enough(5)));
        let at_least = |rate: i64| known.known > 0 && events / known.known >= rate;
        match self {
            Self::GoodVolume if at_least(MIDDLING) => SliceMinutes::QUARTER,
            _ if at_least(dense) => SliceMinutes::ONE,
            _ if at_least(middling) => SliceMinutes::FIVE,
            _ => SliceMinutes::HOUR,
        }
    }

    /// With fewer events than this, a step of a latency tells no anomaly.
    const fn tell_min(self) -> i64 {
        match self {
            Self::LatencyP50 => 100,
            Self::LatencyMean => 500,
            Self::LatencyP95 => 1000,
            Self::LatencyP99 => 5000,
            Self::BadShare | Self::Traffic | Self::GoodVolume => 0,
        }
    }

    /// Are there enough events in a step to tell an anomaly?
    const fn can_tell(self, step: &Tally) -> bool {
        !matches!(self, Self::BadShare) || step.total - step.good >= BAD_MIN
    }

    /// The steps of the cuts.
    #[must_use]
    pub fn steps(self, cuts: &[Cut]) -> Vec<Step> {
        let step = |cut: &Cut| {
            let tally = tally(cut);
            Step { start: cut.start, span: cut.span, value: self.value(&tally), can_tell: self.can_tell(&tally) }
        };
        cuts.iter().map(step).collect()
    }

    /// Is leaving the usual on that side bad news? Fewer errors than usual are none, and neither are quicker answers.
    #[must_use]
    pub const fn is_alarming(self, side: Side) -> bool {
        matches!(side, Side::Above) || !(matches!(self, Self::BadShare) || self.is_latency())
    }
}

/// A step of a measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Where it begins, also if its first minutes are not judged.
    pub start: Minute,
    /// Its judged part.
    pub span: Span,
    /// What was measured; nothing where too little is known.
    pub value: Option<f64>,
    /// Are there enough events in it to tell an anomaly?
    pub can_tell: bool,
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
    steps: &[Step],
    untaught: &Untaught,
    open: Option<Anomaly>,
) -> Studied {
    let mut incidents = Incidents::after(open);
    let mut hours = Vec::new();
    for step in steps {
        let (at, hour) = (step.start.start(), step.start.hour());
        if step.start == hour.first() {
            hours.extend(baseline.expect(at).map(|band| HourBand { hour, band }));
        }
        let seen = baseline.update(at, step.value, untaught.lesson(step.span));
        incidents.add(measure, step.span, step.value.filter(|_| step.can_tell), &seen);
    }
    Studied { anomalies: incidents.end(), hours }
}

const fn tally(cut: &Cut) -> Tally {
    Tally { good: cut.good, total: cut.total, known: cut.known, minutes: cut.minutes }
}
