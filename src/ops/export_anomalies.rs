//! Exports when an objective left its usual in a range, as CSV or JSON: the same rows.

use crate::domain::time::Span;
use crate::ops::OpsError;
use crate::ops::export::Format;
use crate::report::csv::table;
use crate::store::anomalies::KeptAnomaly;
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, Db};
use serde::Serialize;

/// The most rows of a file.
const ROWS_MAX: i64 = 10_000;

/// One anomaly in a file. Shares are in percent, volumes in events a minute, latencies in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The first moment, RFC 3339 in UTC.
    pub start: String,
    /// The first moment after.
    pub end: String,
    /// Can it still go on?
    pub is_open: bool,
    /// `bad_share`, `traffic`, `good_volume`, `latency_mean`, `latency_p50`, `latency_p95` or `latency_p99`.
    pub measure: &'static str,
    /// `above` or `below`.
    pub direction: &'static str,
    /// 0.5 to 1.
    pub score: f64,
    /// The value furthest from what was expected.
    pub value: f64,
    /// What was expected.
    pub expected: f64,
    /// The lower edge of the band.
    pub low: Option<f64>,
    /// The upper edge of the band.
    pub high: Option<f64>,
    /// Why it was told, as a word.
    pub cause: &'static str,
    /// Is it alarming? Not if it was expected, like what was, or good news.
    pub is_alarming: bool,
    /// Who said that it was expected.
    pub expected_by: Option<String>,
    /// When.
    pub expected_at: Option<String>,
}

impl Row {
    /// Of an anomaly.
    #[must_use]
    pub fn of(kept: &KeptAnomaly) -> Self {
        let anomaly = &kept.anomaly;
        Self {
            start: anomaly.span.start().start().to_string(),
            end: anomaly.span.end().start().to_string(),
            is_open: anomaly.is_open,
            measure: anomaly.measure.word(),
            direction: anomaly.side.word(),
            score: anomaly.score,
            value: anomaly.value,
            expected: anomaly.expected,
            low: anomaly.low,
            high: anomaly.high,
            cause: anomaly.cause.word(),
            is_alarming: kept.is_alarming(),
            expected_by: kept.expected.as_ref().and_then(|said| said.by_name.clone()),
            expected_at: kept.expected.as_ref().map(|said| said.at.to_string()),
        }
    }

    fn cells(&self) -> [String; 14] {
        let maybe = |value: Option<f64>| value.map(|value| format!("{value:.6}")).unwrap_or_default();
        let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
        [
            self.start.clone(),
            self.end.clone(),
            yes(self.is_open),
            self.measure.to_owned(),
            self.direction.to_owned(),
            format!("{:.4}", self.score),
            format!("{:.6}", self.value),
            format!("{:.6}", self.expected),
            maybe(self.low),
            maybe(self.high),
            self.cause.to_owned(),
            yes(self.is_alarming),
            self.expected_by.clone().unwrap_or_default(),
            self.expected_at.clone().unwrap_or_default(),
        ]
    }
}

/// The first line of the CSV: the fields of [`Row`].
const HEADER: [&str; 14] = [
    "start",
    "end",
    "is_open",
    "measure",
    "direction",
    "score",
    "value",
    "expected",
    "low",
    "high",
    "cause",
    "is_alarming",
    "expected_by",
    "expected_at",
];

/// The anomalies of a range, 10,000 at most; CSV cells that a spreadsheet would run begin with an apostrophe.
pub async fn export_anomalies(
    db: &Db,
    listing: &ObjectiveListing,
    span: Span,
    format: Format,
) -> Result<String, OpsError> {
    let kept = store::anomalies::list(db, listing.objective.id, span, ROWS_MAX).await?;
    let rows: Vec<Row> = kept.iter().map(Row::of).collect();
    match format {
        Format::Json => Ok(serde_json::to_string_pretty(&rows)? + "\n"),
        Format::Csv => Ok(table(&HEADER, rows.iter().map(Row::cells))?),
    }
}
