//! From flagged steps to anomalies: one incident is one anomaly, however many steps it lasts.
//!
//! An anomaly begins with a flagged step. It goes on while steps are flagged or stay beyond the band on its side, and
//! ends with the last of these once an hour (two steps, where these are longer) has passed without another. It lasts a week at
//! most: what lasts longer is the new normal.

use super::Measure;
use crate::domain::baseline::{Cause, Observation};
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Span};

/// The longest anomaly, in minutes.
const LONGEST: i64 = 7 * DAY_MINUTES;
/// How much further than what was expected before the next one may go and still be its like.
const LIKENESS: f64 = 1.1;

/// Which way it left the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// More than usual.
    Above,
    /// Less than usual.
    Below,
}

impl Side {
    /// Its word in files and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }

    /// The side behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Above, Self::Below].into_iter().find(|side| side.word() == word)
    }
}

/// A stretch of time in which a measure left its usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anomaly {
    /// What did.
    pub measure: Measure,
    /// From the first step to the end of the last.
    pub span: Span,
    /// Can it still go on?
    pub is_open: bool,
    /// The highest score of its steps, 0.5 to 1.
    pub score: f64,
    /// Which way.
    pub side: Side,
    /// Why the first step was flagged.
    pub cause: Cause,
    /// The value furthest from what was expected.
    pub value: f64,
    /// What was expected of the first step.
    pub expected: f64,
    /// The lower edge of the band at the first step, unless the method knows none.
    pub low: Option<f64>,
    /// The upper edge, likewise.
    pub high: Option<f64>,
}

/// Makes anomalies of steps, in order of time.
#[derive(Clone, Debug, Default)]
pub struct Incidents {
    open: Option<Anomaly>,
    closed: Vec<Anomaly>,
}

impl Incidents {
    /// Goes on after a stretch that ended in this anomaly.
    #[must_use]
    pub const fn after(open: Option<Anomaly>) -> Self {
        Self { open, closed: Vec::new() }
    }

    /// Adds the next step.
    pub fn add(&mut self, measure: Measure, step: Span, value: Option<f64>, seen: &Observation) {
        let patience = HOUR_MINUTES.max(2 * step.minutes());
        let is_over = |open: &Anomaly| {
            step.end().0 - open.span.end().0 > patience || step.end().0 - open.span.start().0 > LONGEST
        };
        if self.open.as_ref().is_some_and(is_over) {
            self.close();
        }
        let (Some(value), Some(expected)) = (value, seen.expected) else { return };
        let side = if value >= expected { Side::Above } else { Side::Below };
        if let Some(open) = &mut self.open {
            let edge = match open.side {
                Side::Above => seen.high.is_some_and(|high| value > high),
                Side::Below => seen.low.is_some_and(|low| value < low),
            };
            if edge || seen.is_anomaly {
                open.span = Span::new(open.span.start(), step.end());
                open.score = open.score.max(seen.score);
                if side == open.side && (value - open.expected).abs() > (open.value - open.expected).abs() {
                    open.value = value;
                }
            }
        } else if let Some(cause) = seen.cause {
            let (score, low, high) = (seen.score, seen.low, seen.high);
            self.open =
                Some(Anomaly { measure, span: step, is_open: true, score, side, cause, value, expected, low, high });
        }
    }

    fn close(&mut self) {
        self.closed.extend(self.open.take().map(|open| Anomaly { is_open: false, ..open }));
    }

    /// All of them; the last may still be open.
    #[must_use]
    pub fn end(mut self) -> Vec<Anomaly> {
        self.closed.extend(self.open);
        self.closed
    }
}

/// Is one the like of another that people said was expected: the same measure, the same side, and at most a tenth further
/// from what was expected?
#[must_use]
pub fn is_like(one: &Anomaly, taught: &Anomaly) -> bool {
    let distance = |anomaly: &Anomaly| (anomaly.value - anomaly.expected).abs();
    one.measure == taught.measure && one.side == taught.side && distance(one) <= distance(taught) * LIKENESS
}
