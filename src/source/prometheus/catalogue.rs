//! What a server knows: the names of its metrics, and the labels of a selector's series.

use super::{Prometheus, answer, seconds};
use crate::domain::selector::{NAME_LABEL, Selector};
use crate::language::say;
use crate::source::{Labels, SourceError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// Series that are looked at for their labels.
const SERIES_MAX: &str = "1000";
/// How far back a series may have ended.
const BACK_MS: i64 = 3_600_000;

/// The envelope of an answer that holds a plain list.
#[derive(Deserialize)]
struct Listed<T> {
    status: String,
    data: Option<Vec<T>>,
}

/// What is said about a metric.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct About {
    /// `counter`, `gauge`, `histogram`…
    #[serde(rename = "type")]
    pub kind: String,
    /// In the words of whoever exposes it; may be empty.
    #[serde(default)]
    pub help: String,
}

/// The envelope of an answer that describes metrics.
#[derive(Deserialize)]
struct Described {
    status: String,
    data: Option<BTreeMap<String, Vec<About>>>,
}

impl Prometheus {
    /// The names of the metrics that it had in the last hour before a moment, in order.
    pub async fn metrics(&self, at_ms: i64) -> Result<Vec<String>, SourceError> {
        let path = format!("api/v1/label/{NAME_LABEL}/values");
        let mut url = self.base.join(&path).map_err(|error| SourceError::Malformed(error.to_string()))?;
        let (start, end) = (seconds(at_ms - BACK_MS), seconds(at_ms));
        url.query_pairs_mut().append_pair("start", &start).append_pair("end", &end);
        let document = self.http.get(&url, Some("application/json")).await?;
        self.listed(&document.body)
    }

    /// The labels of a selector's series in the last hour before a moment, each with its values, in order; the metric's
    /// name and what stands for a bucket are left out. At most a thousand series are looked at.
    pub async fn labels(
        &self,
        selector: &Selector,
        at_ms: i64,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, SourceError> {
        let (text, start, end) = (selector.to_string(), seconds(at_ms - BACK_MS), seconds(at_ms));
        let form = [("match[]", text.as_str()), ("start", &start), ("end", &end), ("limit", SERIES_MAX)];
        let body = self.ask("api/v1/series", &form).await?;
        let mut labels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for series in self.listed::<Labels>(&body)? {
            for (label, value) in series.into_iter().filter(|(label, _)| label != NAME_LABEL && label != "le") {
                labels.entry(label).or_default().insert(value);
            }
        }
        Ok(labels)
    }

    /// What those who expose a metric say about it: its type, and its help in their words; nothing if the server was told
    /// nothing. The parts of a histogram or summary, and counters, are described under the name of their family.
    pub async fn about(&self, metric: &str) -> Result<Option<About>, SourceError> {
        let family = ["_bucket", "_count", "_sum", "_total"].iter().find_map(|end| metric.strip_suffix(end));
        for name in [Some(metric), family].into_iter().flatten() {
            let mut url =
                self.base.join("api/v1/metadata").map_err(|error| SourceError::Malformed(error.to_string()))?;
            url.query_pairs_mut().append_pair("metric", name).append_pair("limit", "1");
            let document = match self.http.get(&url, Some("application/json")).await {
                // not every server that speaks this API keeps metadata
                Err(SourceError::Status { code: 400..=499, .. }) => return Ok(None),
                answer => answer?,
            };
            let answer = serde_json::from_slice::<Described>(&document.body);
            let known = answer.ok().filter(|answer| answer.status == "success").and_then(|answer| answer.data);
            let malformed = || SourceError::Malformed(say!("this is no answer of Prometheus’s API"));
            let mut known = known.ok_or_else(malformed)?;
            if let Some(about) = known.remove(name).into_iter().flatten().next() {
                return Ok(Some(about));
            }
        }
        Ok(None)
    }

    fn listed<T: DeserializeOwned>(&self, body: &[u8]) -> Result<Vec<T>, SourceError> {
        match serde_json::from_slice::<Listed<T>>(body) {
            Ok(Listed { status, data }) if status == "success" => Ok(data.unwrap_or_default()),
            _ => {
                let malformed = || SourceError::Malformed(say!("this is no answer of Prometheus’s API"));
                Err(answer::refusal(&self.http, 200, body).unwrap_or_else(malformed))
            }
        }
    }
}
