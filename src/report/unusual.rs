//! What left its usual in the period. It is told beside the figures and is none of them: a baseline judges nothing, so a
//! final report that would list other anomalies today is not wrong.

use crate::domain::time::Instant;
use crate::domain::wording;
use crate::report::retold::retold;
use crate::report::{Line, Report, serial};
use serde::{Deserialize, Serialize};

/// A stretch of time in which a measure of an objective left its usual, as far as it had been learned when the report was
/// made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomaly {
    /// Its first moment.
    #[serde(with = "serial::instant")]
    pub start: Instant,
    /// The first moment after it.
    #[serde(with = "serial::instant")]
    pub end: Instant,
    /// `bad_share` in percent, `traffic` or `good_volume` in events a minute, `latency_mean`, `latency_p50`, `latency_p95` or
    /// `latency_p99` in seconds.
    pub measure: String,
    /// `above` or `below`.
    pub direction: String,
    /// How far from the usual, a decimal of 0.5 to 1.
    pub score: String,
    /// The value furthest from what was expected, a decimal.
    pub value: String,
    /// What was expected, a decimal.
    pub expected: String,
    /// Lower edge of the band, a decimal; null where there is none.
    pub low: Option<String>,
    /// Upper edge, likewise.
    pub high: Option<String>,
    /// What left its usual, in words: `Traffic, higher than usual`.
    pub what: String,
    /// The value in words: `12,000 a minute`.
    pub measured: String,
    /// What was expected, in words.
    pub usual: String,
    /// What people make of it.
    pub standing: Standing,
}

/// What people make of an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nobody expected it.
    Unusual,
    /// Somebody said that it was expected.
    Expected,
    /// It is like one of which somebody said so.
    LikeExpected,
    /// Better than usual: fewer errors.
    Better,
}

impl Standing {
    /// In words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unusual => "unusual",
            Self::Expected => "expected",
            Self::LikeExpected => "like an expected one",
            Self::Better => "better than usual",
        }
    }
}

/// An anomaly in words.
pub(super) struct AnomalyText {
    pub(super) when: String,
    pub(super) what: String,
    pub(super) measured: String,
    pub(super) usual: String,
    pub(super) standing: Standing,
}

/// The anomalies of an objective, those first that nobody expected.
pub(super) fn anomalies(report: &Report, line: &Line) -> Vec<AnomalyText> {
    let mut all: Vec<&Anomaly> = line.anomalies.iter().collect();
    all.sort_by_key(|one| (one.standing != Standing::Unusual, one.start));
    let zone = report.agreement.zone;
    let text = |one: &Anomaly| AnomalyText {
        when: wording::span(one.start, one.end, zone),
        what: retold(&one.what),
        measured: retold(&one.measured),
        usual: retold(&one.usual),
        standing: one.standing,
    };
    all.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn what_nobody_expected_stands_first() {
        let report = sample::report();
        let line = &report.objectives[0];
        let told: Vec<_> = anomalies(&report, line).into_iter().map(|one| (one.standing, one.when)).collect();
        let when = |text: &str| text.to_owned();
        assert_eq!(
            told,
            [
                (Standing::Unusual, when("2026-11-11 08:00 – 08:45 CET")),
                (Standing::Expected, when("2026-11-10 10:00 – 11:30 CET")),
            ]
        );
    }
}
