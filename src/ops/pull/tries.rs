//! Tries a source out without keeping anything: what came back, in sentences.

use crate::domain::model::{Source, SourceSpec};
use crate::domain::wording;
use crate::language::say;
use crate::ops::Context;
use crate::source::SourceError;
use crate::source::probe::Probe;
use crate::source::prometheus::Prometheus;
use crate::source::scrape::Scrape;
use std::collections::BTreeSet;

/// What a test brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestReport {
    /// Did it answer as it should?
    pub passed: bool,
    /// What came back, one sentence each.
    pub lines: Vec<String>,
}

/// Asks a source once, whether or not it is stored.
pub async fn try_out(context: &Context, source: &Source) -> TestReport {
    let at_ms = context.clock.now().seconds() * 1000;
    let tried = match source.spec {
        SourceSpec::Prometheus { .. } => prometheus(source, at_ms).await,
        SourceSpec::Scrape { .. } => scrape(source, at_ms).await,
        SourceSpec::Probe(_) => probe(source).await,
    };
    tried.unwrap_or_else(|error| TestReport { passed: false, lines: vec![wording::capitalised(&error.to_string())] })
}

async fn prometheus(source: &Source, at_ms: i64) -> Result<TestReport, SourceError> {
    let lines = Prometheus::new(source)?.describe(at_ms).await?;
    Ok(TestReport { passed: true, lines })
}

async fn scrape(source: &Source, at_ms: i64) -> Result<TestReport, SourceError> {
    const EXAMPLES: usize = 8;
    let samples = Scrape::new(source)?.fetch(at_ms).await?;
    let names: BTreeSet<&str> =
        samples.iter().filter_map(|(labels, _)| labels.get("__name__")).map(String::as_str).collect();
    let examples: Vec<&str> = names.iter().copied().take(EXAMPLES).collect();
    let more = if names.len() > EXAMPLES { ", …" } else { "" };
    let mut lines = vec![say!("It exposes {series} series of {metrics} metrics.", samples.len(), names.len())];
    if !examples.is_empty() {
        lines.push(say!("Among them: {names}{more}", examples.join(", "), more));
    }
    Ok(TestReport { passed: !samples.is_empty(), lines })
}

async fn probe(source: &Source) -> Result<TestReport, SourceError> {
    let result = Probe::new(source)?.check().await?;
    let answer = || say!("The check was answered right within {duration} ms.", result.elapsed_ms);
    let mut lines = vec![if result.up { answer() } else { result.reason.clone() }];
    if let Some(end) = result.certificate_expires_at {
        lines.push(say!("Its certificate expires at {end}.", end));
    }
    Ok(TestReport { passed: result.up, lines })
}
