//! A server that speaks Prometheus's HTTP API: Prometheus, VictoriaMetrics, Thanos, Mimir.
//!
//! Raw samples come from an instant query of a range selector, `metric[…ms]`: the answer is the samples themselves, with
//! their own timestamps. Ranges are left-open from Prometheus 3 and were closed before; both are cut to left-open here.

mod answer;
mod catalogue;

use answer::{Row, number, read, refusal};

use crate::domain::counting::Sample;
use crate::domain::model::{Source, SourceSpec};
use crate::domain::selector::{Comparison, Matcher, NAME_LABEL, Selector, SelectorError};
use crate::domain::time::{MINUTE_SECONDS, Minute, Span};
use crate::language::say;
use crate::source::series::{RawSeries, Target};
use crate::source::{Labels, SourceError, http::Http};
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// The largest answer, in bytes.
const BODY_BYTES_MAX: usize = 64 << 20;
/// Points of one `query_range`; Prometheus refuses more than 11 000.
const POINTS_MAX: i64 = 10_000;

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

/// A series that can testify when a process was scraped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sibling {
    /// The process's `up`: 1 for each scrape that succeeded.
    Up(Selector),
    /// Another metric of the same process: any sample testifies.
    Other(Selector),
}

impl Prometheus {
    /// A client for a source of the kind `prometheus`.
    pub fn new(source: &Source) -> Result<Self, SourceError> {
        let SourceSpec::Prometheus { url } = &source.spec else {
            return Err(SourceError::Refused(say!("{source} is no Prometheus server", source.name)));
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
        let body = self.ask_range(selector, after_ms, until_ms).await?;
        let (rows, warnings) = read(&self.http, &body, "matrix")?;
        let mut series = Vec::with_capacity(rows.len());
        for row in rows {
            let samples: Vec<Sample> = row.samples()?.into_iter().filter(|s| s.at_ms > after_ms).collect();
            if !samples.is_empty() {
                series.push(RawSeries { labels: row.metric, samples });
            }
        }
        Ok(Answer { value: series, warnings })
    }

    /// An expression once a minute: the value at the end of each minute of the span, about that minute. NaN is missing.
    pub async fn evaluate(&self, expression: &str, span: Span) -> Result<Answer<BTreeMap<Minute, f64>>, SourceError> {
        let mut name = None;
        let read = |rows: &[Row<'_>]| only_series(rows, &mut name);
        let Answer { value, warnings } = self.evaluate_by(expression, span, read).await?;
        let value = value.into_iter().filter(|(_, value)| !value.is_nan()).collect();
        Ok(Answer { value, warnings })
    }

    /// An expression once a minute, as [`Self::evaluate`], with the value of every series that it gives; NaN is kept.
    pub async fn evaluate_all(
        &self,
        expression: &str,
        span: Span,
    ) -> Result<Answer<BTreeMap<Minute, Vec<f64>>>, SourceError> {
        let read = |rows: &[Row<'_>]| {
            let samples = rows.iter().map(Row::samples).collect::<Result<Vec<_>, _>>()?;
            Ok(samples.concat())
        };
        let Answer { value: values, warnings } = self.evaluate_by(expression, span, read).await?;
        let mut value: BTreeMap<Minute, Vec<f64>> = BTreeMap::new();
        for (minute, one) in values {
            value.entry(minute).or_default().push(one);
        }
        Ok(Answer { value, warnings })
    }

    /// The values that `samples` takes from the series of an expression, once a minute, in parts that the server can answer.
    async fn evaluate_by(
        &self,
        expression: &str,
        span: Span,
        mut samples: impl FnMut(&[Row<'_>]) -> Result<Vec<Sample>, SourceError>,
    ) -> Result<Answer<Vec<(Minute, f64)>>, SourceError> {
        let mut answer = Answer { value: Vec::new(), warnings: Vec::new() };
        let mut start = span.start();
        while start < span.end() {
            let end = start.plus(POINTS_MAX).min(span.end());
            let body = self.ask_minutes(expression, Span::new(start, end)).await?;
            let (rows, warnings) = read(&self.http, &body, "matrix")?;
            answer.warnings.extend(warnings);
            for sample in samples(&rows)? {
                let minute = Minute(sample.at_ms.div_euclid(MINUTE_SECONDS * 1000) - 1);
                // a server may round the range outwards
                if (start..end).contains(&minute) {
                    answer.value.push((minute, sample.value));
                }
            }
            start = end;
        }
        Ok(answer)
    }

    /// Asks for an expression at the end of each minute of a span.
    async fn ask_minutes(&self, expression: &str, span: Span) -> Result<Vec<u8>, SourceError> {
        let (first, last) = (span.start().plus(1).start().seconds(), span.end().start().seconds());
        let (first, last, step) = (first.to_string(), last.to_string(), MINUTE_SECONDS.to_string());
        let form = [
            ("query", expression),
            ("start", &first),
            ("end", &last),
            ("step", &step),
            // VictoriaMetrics would move the ends of a long range to what it has in its cache; others ignore it
            ("nocache", "1"),
        ];
        self.ask("api/v1/query_range", &form).await
    }

    /// Who can testify when a process was scraped, between two moments.
    ///
    /// A process with `job` and `instance` has its `up` series. Without those labels, metrics with the same equality
    /// matchers as `selector` speak for it: the three with the fewest series, the counted metric aside.
    pub async fn siblings(
        &self,
        target: &Target,
        selector: &Selector,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<Vec<Sibling>, SourceError> {
        const SIBLINGS_MAX: usize = 3;
        let refused = |error: SelectorError| SourceError::Query(error.to_string());
        if !target.job.is_empty() && !target.instance.is_empty() {
            return Ok(vec![Sibling::Up(up_of(target).map_err(refused)?)]);
        }
        let matchers = named_matchers(selector);
        if matchers.is_empty() {
            return Ok(Vec::new());
        }
        let texts: Vec<String> = matchers.iter().map(ToString::to_string).collect();
        let length = (until_ms - from_ms).max(60_000);
        let query = format!("count by (__name__) (last_over_time({{{}}}[{length}ms]))", texts.join(","));
        let body = self.ask("api/v1/query", &[("query", &query), ("time", &seconds(until_ms))]).await?;
        let (rows, _) = read(&self.http, &body, "vector")?;
        let mut metrics: Vec<(f64, String)> = rows
            .into_iter()
            .filter_map(|mut row| Some((number(row.value?.1), row.metric.remove(NAME_LABEL)?)))
            .filter(|(_, name)| name != selector.metric())
            .collect();
        metrics.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        let sibling = |(_, name): (f64, String)| Selector::named(&name, matchers.clone()).map(Sibling::Other);
        metrics.into_iter().take(SIBLINGS_MAX).map(sibling).collect::<Result<_, _>>().map_err(refused)
    }

    /// The scrapes that a sibling was in, between two moments, both included.
    pub async fn scrapes(&self, sibling: &Sibling, from_ms: i64, until_ms: i64) -> Result<BTreeSet<i64>, SourceError> {
        let (Sibling::Up(selector) | Sibling::Other(selector)) = sibling;
        let body = self.ask_range(selector, from_ms - 1, until_ms).await?;
        let (rows, _) = read(&self.http, &body, "matrix")?;
        let mut scrapes = BTreeSet::new();
        for row in &rows {
            match sibling {
                Sibling::Up(_) => scrapes.extend(row.samples()?.iter().filter(|s| s.value >= 1.0).map(|s| s.at_ms)),
                Sibling::Other(_) => scrapes.extend(row.times()?),
            }
        }
        Ok(scrapes.range(from_ms..=until_ms).copied().collect())
    }

    /// The bucket bounds of a histogram in the last hour before a moment, ascending.
    pub async fn bounds(&self, histogram: &Selector, at_ms: i64) -> Result<Vec<String>, SourceError> {
        let query = format!("count by (le) (last_over_time({histogram}[1h]))");
        let body = self.ask("api/v1/query", &[("query", &query), ("time", &seconds(at_ms))]).await?;
        let (rows, _) = read(&self.http, &body, "vector")?;
        let mut bounds: Vec<String> = rows.into_iter().filter_map(|mut row| row.metric.remove("le")).collect();
        bounds.sort_by(|a, b| number(a).total_cmp(&number(b)));
        Ok(bounds)
    }

    /// How many series a selector has at a moment.
    pub async fn count(&self, selector: &Selector, at_ms: i64) -> Result<i64, SourceError> {
        let query = format!("count({selector})");
        let body = self.ask("api/v1/query", &[("query", &query), ("time", &seconds(at_ms))]).await?;
        let (rows, _) = read(&self.http, &body, "vector")?;
        let count = rows.first().and_then(|row| row.value).map_or(0.0, |(_, count)| number(count));
        Ok(crate::domain::ratio::nearest(count))
    }

    /// What answers there, in sentences: for the test of a source.
    pub async fn describe(&self, at_ms: i64) -> Result<Vec<String>, SourceError> {
        let time = seconds(at_ms);
        let body = self.ask("api/v1/query", &[("query", "count(up)"), ("time", &time)]).await?;
        let (rows, warnings) = read(&self.http, &body, "vector")?;
        let targets = rows.first().and_then(|row| row.value).map_or(0.0, |(_, count)| number(count));
        let mut lines = vec![match targets {
            0.0 => say!("It answers queries. It knows no scraped targets (no “up” series)."),
            targets => say!("It answers queries and scrapes {targets} targets.", targets),
        }];
        lines.extend(warnings.iter().map(|warning| say!("It warns: {warning}", warning)));
        Ok(lines)
    }

    /// Asks for the samples with `after_ms < at <= until_ms`; the answer may hold one at `after_ms` too.
    async fn ask_range(&self, selector: &Selector, after_ms: i64, until_ms: i64) -> Result<Vec<u8>, SourceError> {
        let query = format!("{selector}[{}ms]", (until_ms - after_ms).max(1));
        self.ask("api/v1/query", &[("query", &query), ("time", &seconds(until_ms))]).await
    }

    /// The body of a successful answer.
    async fn ask(&self, path: &str, form: &[(&str, &str)]) -> Result<Vec<u8>, SourceError> {
        let url = self.base.join(path).map_err(|error| SourceError::Malformed(error.to_string()))?;
        let (code, body) = self.http.post_form(&url, form).await?;
        if (200..300).contains(&code) {
            return Ok(body);
        }
        // a refused query comes with a reason; gateways before the server write what they like
        let said = || SourceError::Status { code, excerpt: self.http.quote(&body) };
        Err(refusal(&self.http, code, &body).unwrap_or_else(said))
    }
}

/// The samples of the only series, or none. Two, even one after the other, are refused: to sum them silently would be a
/// guess. `name` holds the labels of the one that came before.
fn only_series(rows: &[Row<'_>], name: &mut Option<Labels>) -> Result<Vec<Sample>, SourceError> {
    let Some(row) = rows.first() else { return Ok(Vec::new()) };
    let first = name.get_or_insert_with(|| row.metric.clone());
    match rows.iter().find(|row| row.metric != *first) {
        None => row.samples(),
        Some(second) => Err(SourceError::Query(say!(
            "the expression gives several series, such as {first} and {second}; wrap it in sum(…) so that it gives one",
            format!("{first:?}"),
            format!("{:?}", second.metric)
        ))),
    }
}

fn seconds(at_ms: i64) -> String {
    format!("{}.{:03}", at_ms.div_euclid(1000), at_ms.rem_euclid(1000))
}

fn up_of(target: &Target) -> Result<Selector, SelectorError> {
    Selector::parse("up")?.with("job", Comparison::Equal, &target.job)?.with(
        "instance",
        Comparison::Equal,
        &target.instance,
    )
}

/// The matchers that name something: what siblings share.
fn named_matchers(selector: &Selector) -> Vec<Matcher> {
    let is_named = |m: &&Matcher| m.comparison() == Comparison::Equal && !m.value().is_empty() && m.label() != "le";
    selector.matchers().iter().filter(is_named).cloned().collect()
}

#[cfg(test)]
mod tests;
