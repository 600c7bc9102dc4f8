//! Looks up what a source knows while somebody writes a query: names of metrics, labels, bounds of buckets.

use crate::domain::model::{Source, SourceSpec};
use crate::domain::selector::Selector;
use crate::language::say;
use crate::ops::Context;
use crate::source::SourceError;
use crate::source::prometheus::Prometheus;
use std::time::Duration;

/// How long a person waits for the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Names of metrics that are listed.
const METRICS_MAX: usize = 60;
/// Labels, and values of each, that are listed.
const LABELS_MAX: usize = 20;
const VALUES_MAX: usize = 12;
/// Longer texts are cut; what foreign servers say is bounded.
const TEXT_CHARS_MAX: usize = 80;
const HELP_CHARS_MAX: usize = 240;

/// What the source knows about what was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Metrics whose name contains what was typed, in order.
    pub metrics: Vec<String>,
    /// How many more there are.
    pub more_metrics: usize,
    /// Labels of the selector's series with some of their values, and how many more values there are.
    pub labels: Vec<(String, Vec<String>, usize)>,
    /// The type of the selector's metric, and its help; nothing if the server was told nothing.
    pub about: Option<(String, String)>,
    /// The finite bounds of the histogram's buckets, ascending.
    pub bounds: Vec<String>,
}

/// Asks a source about a selector, or about a part of a metric's name; the error is a sentence for people.
pub async fn look_up(context: &Context, source: &Source, typed: &str) -> Result<Known, String> {
    if !matches!(source.spec, SourceSpec::Prometheus { .. }) {
        return Err(say!("“{source}” is no Prometheus server, so there is nothing to look up in it.", source.name));
    }
    let at_ms = context.clock.now().seconds() * 1000;
    match tokio::time::timeout(PATIENCE, ask(source, typed.trim(), at_ms)).await {
        Err(_) => Err(say!("“{source}” did not answer within {seconds} s.", source.name, PATIENCE.as_secs())),
        Ok(Err(error)) => Err(say!("“{source}” could not be asked: {error}.", source.name, error)),
        Ok(Ok(known)) => Ok(known),
    }
}

async fn ask(source: &Source, typed: &str, at_ms: i64) -> Result<Known, SourceError> {
    let server = Prometheus::new(source)?;
    let names = server.metrics(at_ms).await?;
    let selector = Selector::parse(typed).ok().filter(|selector| names.iter().any(|name| name == selector.metric()));
    let Some(selector) = selector else { return Ok(matching(&names, typed)) };
    let labels = server.labels(&selector, at_ms).await?;
    let bounds =
        if selector.metric().ends_with("_bucket") { server.bounds(&selector, at_ms).await? } else { Vec::new() };
    let about = server.about(selector.metric()).await?;
    let values = |(label, values): (String, std::collections::BTreeSet<String>)| {
        let more = values.len().saturating_sub(VALUES_MAX);
        (short(&label), values.iter().take(VALUES_MAX).map(|value| short(value)).collect(), more)
    };
    Ok(Known {
        about: about.map(|about| (short(&about.kind), cut(&about.help, HELP_CHARS_MAX))),
        labels: labels.into_iter().take(LABELS_MAX).map(values).collect(),
        bounds: bounds.into_iter().filter(|le| le.parse::<f64>().is_ok_and(f64::is_finite)).collect(),
        ..Known::default()
    })
}

/// The names that contain the letters of what was typed before any brace.
fn matching(names: &[String], typed: &str) -> Known {
    let part = typed.split(['{', '[', '(']).next().unwrap_or_default().trim().to_lowercase();
    let found: Vec<&String> = names.iter().filter(|name| name.to_lowercase().contains(&part)).collect();
    // nothing is like it: show what there is
    let found = if found.is_empty() { names.iter().collect() } else { found };
    Known {
        metrics: found.iter().take(METRICS_MAX).map(|name| short(name)).collect(),
        more_metrics: found.len().saturating_sub(METRICS_MAX),
        ..Known::default()
    }
}

fn short(text: &str) -> String {
    cut(text, TEXT_CHARS_MAX)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_narrowed_down_by_what_was_typed_and_bounded() {
        let names: Vec<String> = (0..100).map(|n| format!("http_{n:03}")).chain(["Grpc_total".to_owned()]).collect();
        assert_eq!(matching(&names, "grpc").metrics, ["Grpc_total"]);
        let all = matching(&names, "");
        assert_eq!((all.metrics.len(), all.more_metrics), (60, 41));
        assert_eq!(matching(&names, "nothing like it").more_metrics, 41);
        assert_eq!(matching(&names, "http_007{code=\"5").metrics, ["http_007"]);
        assert_eq!(short(&"é".repeat(200)).chars().count(), TEXT_CHARS_MAX + 1);
    }
}
