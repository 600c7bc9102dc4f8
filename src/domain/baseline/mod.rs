//! What an indicator normally looks like, and what leaves it.
//!
//! A [`Baseline`] is fed one point after another, judges each by those before it, and then learns it. It never looks
//! ahead: the same points in the same order give the same answers, however many follow. What it remembers is bounded and
//! can be taken out as a row of numbers ([`Baseline::numbers`]) and put back ([`Baseline::from_parts`]).
//!
//! | method | a point is an anomaly when | where |
//! | --- | --- | --- |
//! | `auto` | its chance, by the distance to everything ever seen or of the level from its usual one, is below `rarity / √n` (`n` being 2,000 at least) | `auto` |
//! | `ewma` | `x > β e`, with `e ← α x + (1 - α) e` | `textbook` |
//! | `stddev` | `abs(x - mean) > k s` over a window | `textbook` |
//! | `percentile` | it lies above the `p`-th or below the `100 - p`-th percentile of the history | `textbook` |
//! | `seasonal` | `abs(x - level) > k σ` of its hour of the week | `seasonal` |
//!
//! Unknown points teach nothing and are never anomalies. Points of an outage or an exclusion are judged but not learned
//! ([`Lesson::Ignore`]), so they do not become the new normal. Until there is enough to go by, the answer is *still
//! learning*, not a guess. After a deploy that changes everything, begin with a new one.
//!
//! ```
//! use nines::domain::baseline::{Baseline, Lesson, Method, Settings};
//! use nines::domain::time::Instant;
//!
//! let mut baseline = Baseline::new(Settings::new(Method::Ewma)); // alpha 0.3, beta 2
//! let at = |minute: i64| Instant::from_seconds(minute * 60);
//! for minute in 0..10 {
//!     assert!(baseline.update(at(minute), Some(100.0), Lesson::Learn).learning);
//! }
//! let calm = baseline.update(at(10), Some(110.0), Lesson::Learn); // e becomes 0.3 × 110 + 0.7 × 100 = 103
//! assert_eq!((calm.expected, calm.high, calm.is_anomaly), (Some(100.0), Some(200.0), false));
//! assert!(!baseline.update(at(11), None, Lesson::Learn).is_anomaly, "nobody knows");
//! let spike = baseline.update(at(12), Some(207.0), Lesson::Learn); // above 2 × 103
//! assert!(spike.is_anomaly && spike.score >= 0.5);
//! ```

mod auto;
mod cover;
mod numbers;
mod rhythm;
mod seasonal;
mod settings;
mod tail;
#[cfg(test)]
mod tests;
mod textbook;

pub use numbers::BrokenMemory;
pub use settings::{Method, Parameter, Settings, SettingsError};

use crate::domain::time::Instant;
use auto::Auto;
use numbers::{Reader, Writer};
use seasonal::Seasonal;
use textbook::{Ewma, Percentile, StdDev};

/// A value beyond this, in either direction, is no measurement and is taken as unknown: sums of squares must stay finite.
pub const MOST: f64 = 1e100;
/// The highest score of a point that is no anomaly, so that no rounding to four decimals makes it one.
const QUIET_SCORE: f64 = 0.499_9;

/// Whether a point may shape what is normal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lesson {
    /// It is judged, then learned.
    Learn,
    /// It belongs to an outage or an exclusion: it is judged and not learned.
    Ignore,
}

/// What made a point an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// It left the band upwards.
    Above,
    /// It left the band downwards.
    Below,
    /// Neither the value nor the way to it resembles anything seen before.
    NeverSeen,
    /// The level moved further than it ever does.
    LevelMoved,
    /// The day has a rhythm and this is off it.
    OffBeat,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Above, Self::Below, Self::NeverSeen, Self::LevelMoved, Self::OffBeat];

    /// Its word in files and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
            Self::NeverSeen => "never_seen",
            Self::LevelMoved => "level_moved",
            Self::OffBeat => "off_beat",
        }
    }

    /// The cause behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.word() == word)
    }
}

/// What a method says of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    Learning,
    Normal { score: f64 },
    Anomaly { score: f64, cause: Cause },
}

/// What is expected of the next point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// The usual value.
    pub expected: f64,
    /// The lower edge, unless the method knows none.
    pub low: Option<f64>,
    /// The upper edge, unless the method knows none.
    pub high: Option<f64>,
}

/// What is said of one point, by what came before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// The usual value; nothing while learning.
    pub expected: Option<f64>,
    /// Lower edge of the band; nothing while learning and where the method knows none.
    pub low: Option<f64>,
    /// Upper edge of the band; nothing while learning and where the method knows none. An anomaly of `auto` may lie
    /// within the band, when the way to the value is what was never seen.
    pub high: Option<f64>,
    /// How far from normal, from 0 to 1; an anomaly has at least 0.5. 0 for unknown points and while learning.
    pub score: f64,
    /// Whether it is an anomaly, at the method's own fixed threshold.
    pub is_anomaly: bool,
    /// Whether there was too little to go by.
    pub learning: bool,
    /// Why it is an anomaly, if it is one.
    pub cause: Option<Cause>,
}

#[derive(Clone, Debug, PartialEq)]
enum Memory {
    Auto(Box<Auto>),
    Ewma(Ewma),
    StdDev(StdDev),
    Percentile(Percentile),
    Seasonal(Seasonal),
}

/// What is normal for one series, learned point by point.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    settings: Settings,
    memory: Memory,
}

impl Baseline {
    /// One that knows nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let values = settings.values();
        let memory = match settings.method() {
            Method::Auto => Memory::Auto(Box::new(Auto::new(values))),
            Method::Ewma => Memory::Ewma(Ewma::new(values)),
            Method::StdDev => Memory::StdDev(StdDev::new(values)),
            Method::Percentile => Memory::Percentile(Percentile::new(values)),
            Method::Seasonal => Memory::Seasonal(Seasonal::new(values, settings.zone())),
        };
        Self { settings, memory }
    }

    /// One that goes on where [`Self::numbers`] were taken, with the same settings.
    pub fn from_parts(settings: Settings, numbers: &[f64]) -> Result<Self, BrokenMemory> {
        let (values, mut from) = (settings.values(), Reader::new(numbers));
        let memory = match settings.method() {
            Method::Auto => Memory::Auto(Box::new(Auto::read(values, &mut from)?)),
            Method::Ewma => Memory::Ewma(Ewma::read(values, &mut from)?),
            Method::StdDev => Memory::StdDev(StdDev::read(values, &mut from)?),
            Method::Percentile => Memory::Percentile(Percentile::read(values, &mut from)?),
            Method::Seasonal => Memory::Seasonal(Seasonal::read(values, settings.zone(), &mut from)?),
        };
        from.end()?;
        Ok(Self { settings, memory })
    }

    /// Everything it remembers: finite, and at most about 2,750 for `auto`, 5,002 for the longest `percentile`.
    #[must_use]
    pub fn numbers(&self) -> Vec<f64> {
        let mut to = Writer::default();
        match &self.memory {
            Memory::Auto(memory) => memory.write(&mut to),
            Memory::Ewma(memory) => memory.write(&mut to),
            Memory::StdDev(memory) => memory.write(&mut to),
            Memory::Percentile(memory) => memory.write(&mut to),
            Memory::Seasonal(memory) => memory.write(&mut to),
        }
        to.0
    }

    /// The settings it was begun with.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is expected at a moment; nothing while learning.
    #[must_use]
    pub fn expect(&self, at: Instant) -> Option<Band> {
        match &self.memory {
            Memory::Auto(memory) => memory.band(),
            Memory::Ewma(memory) => memory.band(),
            Memory::StdDev(memory) => memory.band(),
            Memory::Percentile(memory) => memory.band(),
            Memory::Seasonal(memory) => memory.band(at),
        }
    }

    /// Judges a point by those before it, then learns it if it may. Points come in the order of time.
    pub fn update(&mut self, at: Instant, value: Option<f64>, lesson: Lesson) -> Observation {
        let band = self.expect(at);
        let Some(value) = value.filter(|value| value.abs() <= MOST) else {
            return observation(band, Verdict::Normal { score: 0.0 });
        };
        let verdict = match &mut self.memory {
            Memory::Auto(memory) => return observation(band, memory.update(at, value, lesson)),
            _ => band.map_or(Verdict::Learning, |band| judge(&band, value)),
        };
        if lesson == Lesson::Learn {
            match &mut self.memory {
                Memory::Auto(_) => {}
                Memory::Ewma(memory) => memory.learn(value),
                Memory::StdDev(memory) => memory.learn(value),
                Memory::Percentile(memory) => memory.learn(value),
                Memory::Seasonal(memory) => memory.learn(at, value),
            }
        }
        observation(band, verdict)
    }
}

/// Beyond an edge is an anomaly. With `r` the distance from the expected value in parts of the edge's, the score is
/// `r / (1 + r)`.
fn judge(band: &Band, value: f64) -> Verdict {
    let above = value >= band.expected;
    let edge = if above { band.high } else { band.low };
    let Some(edge) = edge else { return Verdict::Normal { score: 0.0 } };
    let (distance, reach) = ((value - band.expected).abs(), (edge - band.expected).abs());
    let score = if distance > 0.0 { distance / (distance + reach) } else { 0.0 };
    let outside = if above { value > edge } else { value < edge };
    if outside {
        Verdict::Anomaly { score: score.max(0.5), cause: if above { Cause::Above } else { Cause::Below } }
    } else {
        Verdict::Normal { score: score.min(QUIET_SCORE) }
    }
}

fn observation(band: Option<Band>, verdict: Verdict) -> Observation {
    let (score, cause) = match verdict {
        Verdict::Learning => (0.0, None),
        Verdict::Normal { score } => (score, None),
        Verdict::Anomaly { score, cause } => (score, Some(cause)),
    };
    Observation {
        expected: band.map(|band| band.expected),
        low: band.and_then(|band| band.low),
        high: band.and_then(|band| band.high),
        score,
        is_anomaly: cause.is_some(),
        learning: band.is_none(),
        cause,
    }
}
