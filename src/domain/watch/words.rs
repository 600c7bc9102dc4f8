//! How anomalies are told, on pages and in reports alike.

use super::{Anomaly, Measure, Side};
use crate::domain::baseline::Cause;
use crate::domain::model::ObjectiveKind;
use crate::domain::wording::grouped;
use crate::language::{self, say};

/// What a measure is called for a kind of objective.
#[must_use]
pub fn name(measure: Measure, kind: ObjectiveKind) -> &'static str {
    language::word(match (measure, kind) {
        (Measure::Traffic, _) => "Traffic",
        (Measure::GoodVolume, _) => "Good events",
        (Measure::LatencyMean, _) => "Mean latency",
        (Measure::LatencyP50, _) => "p50 latency",
        (Measure::LatencyP95, _) => "p95 latency",
        (Measure::LatencyP99, _) => "p99 latency",
        (Measure::BadShare, ObjectiveKind::Latency) => "Slow share",
        (Measure::BadShare, ObjectiveKind::Uptime) => "Failed checks",
        (Measure::BadShare, ObjectiveKind::Throughput) => "Minutes below the floor",
        (Measure::BadShare, ObjectiveKind::Level) => "Readings outside the limit",
        (Measure::BadShare, ObjectiveKind::Success) => "Failed share",
        (Measure::BadShare, ObjectiveKind::Availability | ObjectiveKind::ErrorRate | ObjectiveKind::Composite) => {
            "Error rate"
        }
    })
}

/// A value of a measure with its unit: `0.42 %`, `1,250 a minute`, `1.2 s`, `340 ms`.
#[must_use]
pub fn amount(measure: Measure, value: f64) -> String {
    let is_short = measure.is_latency() && value.abs() < 1.0;
    let value = if is_short { value * 1000.0 } else { value };
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size <= 0.0 => 0,
        size if size >= 1.0 => 1,
        size if size >= 0.01 => 2,
        _ => 4,
    };
    let number = grouped(&format!("{value:.decimals$}"));
    match measure {
        Measure::BadShare => format!("{number} %"),
        Measure::Traffic | Measure::GoodVolume => say!("{number} a minute", number),
        Measure::LatencyMean | Measure::LatencyP50 | Measure::LatencyP95 | Measure::LatencyP99 => {
            format!("{number} {}", if is_short { "ms" } else { "s" })
        }
    }
}

/// What was expected, with the band as far as it is known: `0.10 %, band up to 0.50 %`.
#[must_use]
pub fn expected(anomaly: &Anomaly) -> String {
    let usual = amount(anomaly.measure, anomaly.expected);
    let edge = |edge: f64| amount(anomaly.measure, edge.max(0.0));
    match (anomaly.low.filter(|low| *low > 0.0), anomaly.high) {
        (None, None) => usual,
        (None, Some(high)) => say!("{usual}, band up to {high}", usual, edge(high)),
        (Some(low), None) => say!("{usual}, band from {low}", usual, edge(low)),
        (Some(low), Some(high)) => say!("{usual}, band {low} to {high}", usual, edge(low), edge(high)),
    }
}

/// What left its usual, and which way: `Traffic, higher than usual`.
#[must_use]
pub fn what(anomaly: &Anomaly, kind: ObjectiveKind) -> String {
    say!("{measure}, {direction}", name(anomaly.measure, kind), direction(anomaly))
}

/// Which way it left the usual: `higher than usual`.
fn direction(anomaly: &Anomaly) -> &'static str {
    language::word(match (anomaly.measure, anomaly.side) {
        (Measure::GoodVolume, _) => "lower than the other day",
        (_, Side::Above) => "higher than usual",
        (_, Side::Below) => "lower than usual",
    })
}

/// Why it was told, in a few words.
#[must_use]
pub fn why(cause: Cause) -> &'static str {
    language::word(match cause {
        Cause::Above => "above the band",
        Cause::Below => "below the band",
        Cause::NeverSeen => "unlike anything seen before",
        Cause::LevelMoved => "the level moved further than ever",
        Cause::OffBeat => "off the rhythm of the day or week",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_as_many_decimals_as_they_need() {
        let told = [0.0, 0.0042, 0.421, 4.21, 421.0, 42_100.4].map(|value| amount(Measure::BadShare, value));
        assert_eq!(told, ["0 %", "0.0042 %", "0.42 %", "4.2 %", "421 %", "42,100 %"]);
        assert_eq!(amount(Measure::Traffic, 1250.0), "1,250 a minute");
        let told = [0.0, 0.000_42, 0.0123, 0.34, 1.0, 1.25, 12.5].map(|value| amount(Measure::LatencyP95, value));
        assert_eq!(told, ["0 ms", "0.42 ms", "12.3 ms", "340 ms", "1.0 s", "1.2 s", "12.5 s"]);
    }
}
