//! The JSON of Prometheus's HTTP API: the envelope of every answer, and the series in it.

use crate::domain::counting::Sample;
use crate::language::say;
use crate::source::http::Http;
use crate::source::{Labels, SourceError};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What every answer comes in. The rows are borrowed from the body, which may have tens of megabytes.
#[derive(Deserialize)]
struct Envelope<'a> {
    status: &'a str,
    #[serde(borrow)]
    data: Option<Data<'a>>,
    warnings: Option<Vec<String>>,
    /// `VictoriaMetrics`: a part of the cluster did not answer.
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "resultType")]
    kind: &'a str,
    #[serde(borrow)]
    result: Vec<Row<'a>>,
}

/// One series.
#[derive(Deserialize)]
pub(super) struct Row<'a> {
    pub(super) metric: Labels,
    #[serde(borrow, default)]
    values: Vec<(f64, &'a str)>,
    #[serde(borrow)]
    pub(super) value: Option<(f64, &'a str)>,
    #[serde(default)]
    histograms: Vec<(f64, IgnoredAny)>,
}

/// The envelope of a refusal.
#[derive(Deserialize)]
struct Refusal {
    status: String,
    #[serde(default, rename = "errorType")]
    kind: String,
    #[serde(default)]
    error: String,
}

impl Row<'_> {
    /// Its samples, oldest first. A native histogram is refused: its samples are not numbers, and leaving them out
    /// would look like a service without traffic.
    pub(super) fn samples(&self) -> Result<Vec<Sample>, SourceError> {
        if !self.histograms.is_empty() {
            return Err(SourceError::Query(say!(
                "{series} is a native histogram, which has no buckets that can be counted; select its classic series, whose names end in _bucket or _count, or take histogram_count(…) and histogram_fraction(…)",
                format!("{:?}", self.metric)
            )));
        }
        let sample = |(at, value): &(f64, &str)| Some(Sample { at_ms: millis(*at)?, value: value.parse().ok()? });
        self.values.iter().map(sample).collect::<Option<_>>().ok_or_else(no_pair)
    }

    /// When it was sampled, whatever the samples are.
    pub(super) fn times(&self) -> Result<Vec<i64>, SourceError> {
        let times = self.values.iter().map(|(at, _)| *at).chain(self.histograms.iter().map(|(at, _)| *at));
        times.map(millis).collect::<Option<_>>().ok_or_else(no_pair)
    }
}

/// The rows of a successful answer, and what the server warned of.
pub(super) fn read<'a>(http: &Http, body: &'a [u8], kind: &str) -> Result<(Vec<Row<'a>>, Vec<String>), SourceError> {
    let envelope = match serde_json::from_slice::<Envelope<'_>>(body) {
        Ok(envelope) if envelope.status == "success" => envelope,
        // some servers refuse with status 200
        other => {
            let why = other.err().map_or_else(|| say!("it is no success"), |error| error.to_string());
            let malformed = || SourceError::Malformed(say!("this is no answer of Prometheus's API ({why})", why));
            return Err(refusal(http, 200, body).unwrap_or_else(malformed));
        }
    };
    let said = envelope.warnings.unwrap_or_default();
    let mut warnings: Vec<String> = said.iter().map(|warning| http.quote(warning.as_bytes())).collect();
    if envelope.is_partial {
        warnings.push(say!("the answer is partial, because some of the server's storage did not answer"));
    }
    match envelope.data {
        Some(data) if data.kind == kind => Ok((data.result, warnings)),
        Some(data) => {
            Err(SourceError::Malformed(say!("expected a {kind}, but the answer is a {given}", kind, data.kind)))
        }
        None => Err(SourceError::Malformed(say!("it holds neither data nor an error"))),
    }
}

/// Why the server refuses, if that is what the body says.
pub(super) fn refusal(http: &Http, code: u16, body: &[u8]) -> Option<SourceError> {
    let Refusal { status, kind, error } = serde_json::from_slice(body).ok()?;
    if status != "error" {
        return None;
    }
    let said = if error.is_empty() { say!("the server gave no reason") } else { http.reason(&error) };
    // VictoriaMetrics writes the status into the kind
    let is_passing = matches!(code, 429 | 502..=504)
        || matches!(kind.as_str(), "timeout" | "unavailable" | "canceled" | "429" | "502" | "503" | "504");
    Some(if is_passing { SourceError::Unavailable(said) } else { SourceError::Query(said) })
}

/// A number in the clothes of a text; NaN if it is none.
pub(super) fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

fn no_pair() -> SourceError {
    SourceError::Malformed(say!("a sample is no pair of a time and a number"))
}

fn millis(seconds: f64) -> Option<i64> {
    (seconds.is_finite() && seconds.abs() < 1e12).then(|| crate::domain::ratio::nearest(seconds * 1000.0))
}
