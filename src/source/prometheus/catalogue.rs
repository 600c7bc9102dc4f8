//! What a server knows: the names of its metrics, and the labels of a selector's series.

use super::{Prometheus, answer, seconds};
use crate::domain::selector::{NAME_LABEL, Selector};
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

    fn listed<T: DeserializeOwned>(&self, body: &[u8]) -> Result<Vec<T>, SourceError> {
        match serde_json::from_slice::<Listed<T>>(body) {
            Ok(Listed { status, data }) if status == "success" => Ok(data.unwrap_or_default()),
            _ => {
                let malformed = || SourceError::Malformed("this is no answer of Prometheus’s API".to_owned());
                Err(answer::refusal(&self.http, 200, body).unwrap_or_else(malformed))
            }
        }
    }
}
