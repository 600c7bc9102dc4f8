//! A server that speaks Prometheus's HTTP API: Prometheus, VictoriaMetrics, Thanos, Mimir.
//!
//! Raw samples come from an instant query of a range selector, `metric[…ms]`: the answer is the samples themselves, with
//! their own timestamps. Ranges are left-open from Prometheus 3 and were closed before; both are cut to left-open here.

use crate::domain::counting::Sample;
use crate::domain::model::{Source, SourceSpec};
use crate::domain::selector::{Comparison, Selector};
use crate::domain::time::{MINUTE_SECONDS, Minute, Span};
use crate::source::series::{RawSeries, Target};
use crate::source::{Labels, SourceError, http::Http};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// The largest answer, in bytes.
const BODY_BYTES_MAX: usize = 64 << 20;
/// Points of one `query_range`; Prometheus refuses more than 11 000.
const POINTS_MAX: i64 = 10_000;
/// How finely sibling series are asked when they were scraped, in milliseconds.
const SIBLING_STEP_MS: i64 = 15_000;

/// A client of one server.
#[derive(Debug)]
pub struct Prometheus {
    http: Http,
    base: Url,
}

/// An answer, and what the server warned of: with warnings it may be incomplete.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<T> {
    /// What was asked for.
    pub value: T,
    /// The server's warnings; Thanos and remote reads answer partially with them.
    pub warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    status: &'a str,
    #[serde(borrow)]
    data: Option<Data<'a>>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "resultType")]
    kind: &'a str,
    #[serde(borrow)]
    result: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    metric: Labels,
    #[serde(borrow, default)]
    values: Vec<(f64, &'a str)>,
    #[serde(borrow)]
    value: Option<(f64, &'a str)>,
}

impl Prometheus {
    /// A client for a source of the kind `prometheus`.
    pub fn new(source: &Source) -> Result<Self, SourceError> {
        let SourceSpec::Prometheus { url } = &source.spec else {
            return Err(SourceError::Refused(format!("{} is no Prometheus server", source.name)));
        };
        let mut base = url.clone();
        let path = format!("{}/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        base.set_query(None);
        base.set_fragment(None);
        Ok(Self { http: Http::new(source, BODY_BYTES_MAX)?, base })
    }

    /// The raw samples of every selected series with `after_ms < at <= until_ms`.
    pub async fn raw(
        &self,
        selector: &Selector,
        after_ms: i64,
        until_ms: i64,
    ) -> Result<Answer<Vec<RawSeries>>, SourceError> {
        let query = format!("{selector}[{}ms]", (until_ms - after_ms).max(1));
        let time = seconds(until_ms);
        let body = self.ask("api/v1/query", &[("query", &query), ("time", &time)]).await?;
        let (rows, warnings) = read(&body, "matrix")?;
        let mut series = Vec::with_capacity(rows.len());
        for row in rows {
            let samples: Vec<Sample> = samples(&row.values)?.into_iter().filter(|s| s.at_ms > after_ms).collect();
            if !samples.is_empty() {
                series.push(RawSeries { labels: row.metric, samples });
            }
        }
        Ok(Answer { value: series, warnings })
    }

    /// An expression once a minute: the value at the end of each minute of the span, about that minute. NaN is missing.
    pub async fn evaluate(&self, expression: &str, span: Span) -> Result<Answer<BTreeMap<Minute, f64>>, SourceError> {
        let mut answer = Answer { value: BTreeMap::new(), warnings: Vec::new() };
        let mut start = span.start();
        while start < span.end() {
            let end = start.plus(POINTS_MAX).min(span.end());
            let (first, last) = (start.plus(1).start().seconds(), end.start().seconds());
            let (first, last, step) = (first.to_string(), last.to_string(), MINUTE_SECONDS.to_string());
            let form = [("query", expression), ("start", &first), ("end", &last), ("step", &step)];
            let body = self.ask("api/v1/query_range", &form).await?;
            let (rows, warnings) = read(&body, "matrix")?;
            answer.warnings.extend(warnings);
            for sample in one_series(&rows)? {
                if !sample.value.is_nan() {
                    answer.value.insert(Minute(sample.at_ms.div_euclid(60_000) - 1), sample.value);
                }
            }
            start = end;
        }
        Ok(answer)
    }

    /// When a process was scraped with success between two moments, both included, as far as the server can prove it.
    ///
    /// A process with `job` and `instance` has its `up` series. Without those labels, the siblings with the same equality
    /// matchers as `selector` speak for it: the time of their newest sample, asked every 15 seconds.
    pub async fn scrapes(
        &self,
        target: &Target,
        selector: &Selector,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<Vec<i64>, SourceError> {
        if !target.job.is_empty() && !target.instance.is_empty() {
            let up = up_of(target).map_err(|error| SourceError::Query(error.to_string()))?;
            let series = self.raw(&up, from_ms - 1, until_ms).await?.value;
            let times = series.iter().flat_map(|s| &s.samples).filter(|s| s.value >= 1.0).map(|s| s.at_ms);
            return Ok(times.collect::<BTreeSet<_>>().into_iter().collect());
        }
        let Some(siblings) = siblings_of(selector) else { return Ok(Vec::new()) };
        let expression = format!("max(timestamp({siblings}))");
        let (mut times, mut end) = (BTreeSet::new(), until_ms);
        // backwards from the end, so that a scrape exactly at the end is on the grid
        while end >= from_ms {
            let steps = ((end - from_ms) / SIBLING_STEP_MS).min(POINTS_MAX);
            let start = end - steps * SIBLING_STEP_MS;
            let (first, last, step) = (seconds(start), seconds(end), seconds(SIBLING_STEP_MS));
            let form = [("query", expression.as_str()), ("start", &first), ("end", &last), ("step", &step)];
            let body = self.ask("api/v1/query_range", &form).await?;
            let (rows, _) = read(&body, "matrix")?;
            let found = one_series(&rows)?.into_iter().filter_map(|sample| millis(sample.value));
            times.extend(found.filter(|at| from_ms <= *at && *at <= until_ms));
            end = start - SIBLING_STEP_MS;
        }
        Ok(times.into_iter().collect())
    }

    /// The bucket bounds of a histogram in the last hour before a moment, ascending.
    pub async fn bounds(&self, histogram: &Selector, at_ms: i64) -> Result<Vec<String>, SourceError> {
        let query = format!("count by (le) (last_over_time({histogram}[1h]))");
        let body = self.ask("api/v1/query", &[("query", &query), ("time", &seconds(at_ms))]).await?;
        let (rows, _) = read(&body, "vector")?;
        let mut bounds: Vec<String> = rows.into_iter().filter_map(|mut row| row.metric.remove("le")).collect();
        bounds.sort_by(|a, b| number(a).total_cmp(&number(b)));
        Ok(bounds)
    }

    /// How many series a selector has at a moment.
    pub async fn count(&self, selector: &Selector, at_ms: i64) -> Result<i64, SourceError> {
        let query = format!("count({selector})");
        let body = self.ask("api/v1/query", &[("query", &query), ("time", &seconds(at_ms))]).await?;
        let (rows, _) = read(&body, "vector")?;
        let count = rows.first().and_then(|row| row.value).map_or(0.0, |(_, count)| number(count));
        Ok(crate::domain::ratio::nearest(count))
    }

    /// What answers there, in sentences: for the test of a source.
    pub async fn describe(&self, at_ms: i64) -> Result<Vec<String>, SourceError> {
        let time = seconds(at_ms);
        let body = self.ask("api/v1/query", &[("query", "count(up)"), ("time", &time)]).await?;
        let (rows, warnings) = read(&body, "vector")?;
        let targets = rows.first().and_then(|row| row.value).map_or(0.0, |(_, count)| number(count));
        let mut lines = vec![match targets {
            0.0 => "It answers queries. It knows no scraped targets (no “up” series).".to_owned(),
            targets => format!("It answers queries and scrapes {targets} targets."),
        }];
        lines.extend(warnings.iter().map(|warning| format!("It warns: {warning}")));
        Ok(lines)
    }

    async fn ask(&self, path: &str, form: &[(&str, &str)]) -> Result<Vec<u8>, SourceError> {
        let url = self.base.join(path).map_err(|error| SourceError::Malformed(error.to_string()))?;
        let (code, body) = self.http.post_form(&url, form).await?;
        let is_json = body.trim_ascii_start().starts_with(b"{");
        if (200..300).contains(&code) || is_json {
            return Ok(body);
        }
        let excerpt = String::from_utf8_lossy(&body).chars().take(200).collect();
        Err(SourceError::Status { code, excerpt })
    }
}

fn read<'a>(body: &'a [u8], kind: &str) -> Result<(Vec<Row<'a>>, Vec<String>), SourceError> {
    let envelope: Envelope<'_> = serde_json::from_slice(body)
        .map_err(|error| SourceError::Malformed(format!("this is no answer of Prometheus's API ({error})")))?;
    match envelope.data {
        Some(data) if envelope.status == "success" && data.kind == kind => Ok((data.result, envelope.warnings)),
        Some(data) if envelope.status == "success" => {
            Err(SourceError::Malformed(format!("expected a {kind}, but the answer is a {}", data.kind)))
        }
        _ => Err(SourceError::Query(envelope.error.unwrap_or_else(|| "the server gave no reason".to_owned()))),
    }
}

/// The samples of the only series, or none; two are refused, because summing them silently would be a guess.
fn one_series(rows: &[Row<'_>]) -> Result<Vec<Sample>, SourceError> {
    match rows {
        [] => Ok(Vec::new()),
        [row] => samples(&row.values),
        [first, second, ..] => Err(SourceError::Query(format!(
            "the expression gives {} series, among them {:?} and {:?}; wrap it in sum(…) so that it gives one",
            rows.len(),
            first.metric,
            second.metric
        ))),
    }
}

fn samples(values: &[(f64, &str)]) -> Result<Vec<Sample>, SourceError> {
    let sample = |(at, value): &(f64, &str)| {
        let at_ms = millis(*at)?;
        Some(Sample { at_ms, value: value.parse().ok()? })
    };
    values
        .iter()
        .map(sample)
        .collect::<Option<_>>()
        .ok_or_else(|| SourceError::Malformed("a sample is no pair of a time and a number".to_owned()))
}

fn millis(seconds: f64) -> Option<i64> {
    (seconds.is_finite() && seconds.abs() < 1e12).then(|| crate::domain::ratio::nearest(seconds * 1000.0))
}

fn seconds(at_ms: i64) -> String {
    format!("{}.{:03}", at_ms.div_euclid(1000), at_ms.rem_euclid(1000))
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

fn up_of(target: &Target) -> Result<Selector, crate::domain::selector::SelectorError> {
    Selector::parse("up")?.with("job", Comparison::Equal, &target.job)?.with(
        "instance",
        Comparison::Equal,
        &target.instance,
    )
}

/// A vector selector for everything with the same equality matchers, whatever its name.
fn siblings_of(selector: &Selector) -> Option<String> {
    let is_named = |m: &&crate::domain::selector::Matcher| {
        m.comparison() == Comparison::Equal && !m.value().is_empty() && m.label() != "le"
    };
    let matchers: Vec<String> = selector.matchers().iter().filter(is_named).map(ToString::to_string).collect();
    (!matchers.is_empty()).then(|| format!("{{{}}}", matchers.join(",")))
}
