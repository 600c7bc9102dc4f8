//! The query of an objective in the form: counters, histograms, gauges, checks.

use super::field;
use crate::domain::model::{Bound, Limit, ObjectiveKind, Part, Query, Rate, SourceSpec, Threshold};
use crate::domain::selector::{Expression, Selector, SelectorError};
use crate::language::say;
use crate::view::Form;
use crate::web::forms::sentence;

/// The longest answer time of a check, in milliseconds: that of the longest timeout.
const WITHIN_MS_MAX: u32 = 120_000;

/// A query as the form shows it: fields and what stands in them.
pub(super) fn fields(query: &Query) -> Vec<(&'static str, String)> {
    match query {
        Query::Ratio { total, part } => {
            let is = if matches!(part, Part::Good(_)) { "good" } else { "bad" };
            vec![("total", total.to_string()), ("part", part.expression().to_string()), ("part-is", is.to_owned())]
        }
        Query::Latency { histogram, threshold } => {
            vec![("histogram", histogram.to_string()), ("threshold", threshold.to_string())]
        }
        Query::Durations { histogram } => vec![("histogram", histogram.to_string())],
        Query::Up { gauge } => vec![("gauge", gauge.to_string())],
        Query::Check { within_ms } => within_ms.map(|ms| ("within-ms", ms.to_string())).into_iter().collect(),
        Query::Level { gauge, limit } => vec![
            ("level", gauge.to_string()),
            ("limit-is", side(limit.at()).to_owned()),
            ("limit", limit.number().to_owned()),
        ],
        Query::Throughput { total, at_least } => {
            vec![("total", total.to_string()), ("at-least", at_least.to_string())]
        }
    }
}

/// Reads how the indicator of an objective is read.
pub(super) fn read(form: &mut Form, number: usize, kind: ObjectiveKind, source: &SourceSpec) -> Option<Query> {
    let is_probe = matches!(source, SourceSpec::Probe(_));
    let at = |name: &str| field(number, name);
    match kind {
        ObjectiveKind::Availability
        | ObjectiveKind::ErrorRate
        | ObjectiveKind::Success
        | ObjectiveKind::Throughput
        | ObjectiveKind::Level
            if is_probe =>
        {
            form.refuse(
                at("source"),
                say!("A probe counts its own checks and reads no metrics. Choose the kind uptime, or another source."),
            );
            None
        }
        ObjectiveKind::Availability | ObjectiveKind::ErrorRate | ObjectiveKind::Success => ratio(form, number, source),
        ObjectiveKind::Uptime if is_probe && form.value(&at("within-ms")).trim().is_empty() => {
            Some(Query::Check { within_ms: None })
        }
        ObjectiveKind::Uptime | ObjectiveKind::Latency if is_probe => within(form, &at("within-ms")),
        ObjectiveKind::Uptime => selector(form, &at("gauge"), "up{job=\"api\"}").map(|gauge| Query::Up { gauge }),
        ObjectiveKind::Latency => latency(form, number),
        ObjectiveKind::Throughput => throughput(form, number, source),
        ObjectiveKind::Level => level(form, number, source),
        // it is read from its members
        ObjectiveKind::Composite => None,
    }
}

fn ratio(form: &mut Form, number: usize, source: &SourceSpec) -> Option<Query> {
    let at = |name: &str| field(number, name);
    let total = expression(form, &at("total"), source);
    let part = expression(form, &at("part"), source);
    if total.is_some() && total == part {
        form.refuse(
            at("part"),
            say!("This counts the same events as the field above; narrow it down to a part of them."),
        );
    }
    let part = part_is(form, &at("part-is"), part);
    Some(Query::Ratio { total: total?, part: part? })
}

fn throughput(form: &mut Form, number: usize, source: &SourceSpec) -> Option<Query> {
    let total = expression(form, &field(number, "total"), source);
    let name = field(number, "at-least");
    let at_least = Rate::parse(form.value(&name));
    if at_least.is_none() {
        let sentence = say!(
            "Please write the least number of requests per second, such as 50 or 0.25: a number above 0 with \
                        at most six decimals."
        );
        form.refuse(name, sentence);
    }
    Some(Query::Throughput { total: total?, at_least: at_least? })
}

fn level(form: &mut Form, number: usize, source: &SourceSpec) -> Option<Query> {
    const EXAMPLE: &str = "queue_length{queue=\"mail\"}";
    let (level_field, limit_field) = (field(number, "level"), field(number, "limit"));
    let gauge = match Expression::parse_as_written(form.value(&level_field)) {
        Err(SelectorError::Empty) => {
            form.refuse(level_field, say!("Please write a gauge or an expression, such as {example}.", EXAMPLE));
            None
        }
        read => readable_at(form, &level_field, source, read, EXAMPLE),
    };
    let limit_is = bound(form, &field(number, "limit-is"));
    // the number is looked at even if the side is not known
    let limit = Limit::parse(limit_is.unwrap_or(Bound::AtMost), form.value(&limit_field));
    if limit.is_none() {
        form.refuse(
            limit_field,
            say!("Please write the limit as a number in the gauge's own unit, such as 80, 0.5 or -5."),
        );
    }
    limit_is.and(Some(Query::Level { gauge: gauge?, limit: limit? }))
}

/// The word for a side in the form.
const fn side(bound: Bound) -> &'static str {
    match bound {
        Bound::AtMost => "at-most",
        Bound::AtLeast => "at-least",
    }
}

fn bound(form: &mut Form, name: &str) -> Option<Bound> {
    let typed = form.value(name);
    let bound = Bound::ALL.into_iter().find(|bound| typed.is_empty() || side(*bound) == typed);
    if bound.is_none() {
        form.refuse(name, say!("Please choose whether the level must be at most or at least the limit."));
    }
    bound
}

/// The longest answer time that a check may take and still be good.
fn within(form: &mut Form, name: &str) -> Option<Query> {
    let typed = form.value(name).trim().parse::<u32>().ok().filter(|ms| (1..=WITHIN_MS_MAX).contains(ms));
    if typed.is_none() {
        let sentence =
            say!("Please write the longest allowed answer time in milliseconds, such as 500; at most two minutes.");
        form.refuse(name, sentence);
    }
    typed.map(|within| Query::Check { within_ms: Some(within) })
}

fn part_is(form: &mut Form, name: &str, part: Option<Expression>) -> Option<Part> {
    match form.value(name) {
        "bad" | "" => part.map(Part::Bad),
        "good" => part.map(Part::Good),
        _ => {
            form.refuse(name, say!("Please choose whether the second counter counts the bad or the good events."));
            None
        }
    }
}

fn latency(form: &mut Form, number: usize) -> Option<Query> {
    let histogram = histogram(form, number);
    let threshold_field = field(number, "threshold");
    let threshold = Threshold::parse(form.value(&threshold_field));
    if threshold.is_none() {
        form.refuse(
            threshold_field,
            say!("Please write the threshold in the histogram's unit, usually seconds, such as 0.5."),
        );
    }
    Some(Query::Latency { histogram: histogram?, threshold: threshold? })
}

/// The bucket series of a histogram, without a bound.
pub(super) fn histogram(form: &mut Form, number: usize) -> Option<Selector> {
    let name = field(number, "histogram");
    let histogram = selector(form, &name, "http_request_duration_seconds_bucket{job=\"api\"}")?;
    if !histogram.metric().ends_with("_bucket") {
        form.refuse(name, say!("Please name the histogram's bucket series; its name ends in “_bucket”."));
        return None;
    }
    if histogram.matchers().iter().any(|matcher| matcher.label() == "le") {
        form.refuse(name, say!("Please leave “le” out of the selector; the threshold below says which bucket counts."));
        return None;
    }
    Some(histogram)
}

fn expression(form: &mut Form, name: &str, source: &SourceSpec) -> Option<Expression> {
    let read = Expression::parse(form.value(name));
    readable_at(form, name, source, read, "http_requests_total{code=~\"5..\"}")
}

/// What was written, if it can be read at this kind of source.
fn readable_at(
    form: &mut Form,
    name: &str,
    source: &SourceSpec,
    read: Result<Expression, SelectorError>,
    example: &str,
) -> Option<Expression> {
    match read {
        Ok(Expression::Evaluated(_)) if matches!(source, SourceSpec::Scrape { .. }) => {
            let sentence =
                say!("A scraped endpoint evaluates nothing: write a plain selector, such as {example}.", example);
            form.refuse(name, sentence);
            None
        }
        Ok(expression) => Some(expression),
        Err(error) => {
            form.refuse(name, sentence(&error.to_string()));
            None
        }
    }
}

fn selector(form: &mut Form, name: &str, example: &str) -> Option<Selector> {
    match Selector::parse(form.value(name)) {
        Ok(selector) => Some(selector),
        Err(SelectorError::Empty) => {
            form.refuse(name, say!("Please write a selector, such as {example}.", example));
            None
        }
        Err(error) => {
            form.refuse(name, say!("{problem} An example: {example}", sentence(&error.to_string()), example));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMETHEUS: &str = "http://127.0.0.1:9090/";

    fn typed(pairs: &[(&str, &str)]) -> Form {
        Form::from_pairs(pairs.iter().map(|(name, value)| (field(0, name), (*value).to_owned())))
    }

    fn source(kind: &str) -> SourceSpec {
        let url = PROMETHEUS.parse().unwrap();
        if kind == "scrape" { SourceSpec::Scrape { url } } else { SourceSpec::Prometheus { url } }
    }

    fn said(kind: ObjectiveKind, source_kind: &str, pairs: &[(&str, &str)]) -> Result<String, String> {
        let mut form = typed(pairs);
        let read = read(&mut form, 0, kind, &source(source_kind));
        let problems: Vec<_> = form.problems.iter().map(|p| format!("{}: {}", p.field, p.text)).collect();
        assert_eq!(read.is_some(), problems.is_empty(), "{problems:?}");
        read.map(|query| query.to_string()).ok_or_else(|| problems.join(" | "))
    }

    #[test]
    fn levels_and_throughputs_are_read_as_they_were_written_and_shown_again() {
        let level = [("level", "sum(rate(x[5m]))"), ("limit-is", "at-least"), ("limit", " -0.50 ")];
        assert_eq!(said(ObjectiveKind::Level, "", &level), Ok("at least -0.50: sum(rate(x[5m]))".to_owned()));
        let plain = [("level", "queue_length"), ("limit", "80")];
        assert_eq!(said(ObjectiveKind::Level, "scrape", &plain), Ok("at most 80: queue_length".to_owned()));
        let floor = [("total", "sum(rate(x[5m]))"), ("part", "nonsense {"), ("at-least", "0.5")];
        assert_eq!(said(ObjectiveKind::Throughput, "scrape", &floor), Ok("at least 0.5 per second: x".to_owned()));
        let ratio = [("total", "pay_total"), ("part", "pay_total{ok=\"1\"}"), ("part-is", "good")];
        let good = "good: pay_total{ok=\"1\"} of total: pay_total".to_owned();
        assert_eq!(said(ObjectiveKind::Success, "", &ratio), Ok(good));

        let query = read(&mut typed(&level), 0, ObjectiveKind::Level, &source("")).unwrap();
        let shown = [("level", "sum(rate(x[5m]))"), ("limit-is", "at-least"), ("limit", "-0.50")];
        assert_eq!(fields(&query), shown.map(|(name, value)| (name, value.to_owned())));
        let query = read(&mut typed(&floor), 0, ObjectiveKind::Throughput, &source("")).unwrap();
        assert_eq!(fields(&query), [("total", "x".to_owned()), ("at-least", "0.5".to_owned())]);
    }

    #[test]
    fn each_refusal_of_a_level_or_a_throughput_says_the_mend() {
        let (level, floor) = (ObjectiveKind::Level, ObjectiveKind::Throughput);
        for (kind, source, pairs, part) in [
            (level, "", [("level", ""), ("limit", "80")], "objective-0-level: Please write a gauge or an expression"),
            (level, "scrape", [("level", "x * 2"), ("limit", "80")], "objective-0-level: A scraped endpoint evaluates"),
            (level, "", [("level", "x{"), ("limit", "80")], "objective-0-level: "),
            (level, "", [("level", "x"), ("limit", "80 %")], "objective-0-limit: Please write the limit as a number"),
            (level, "", [("limit-is", "near"), ("limit", "80")], "objective-0-limit-is: Please choose whether"),
            (floor, "", [("total", "x"), ("at-least", "0")], "objective-0-at-least: Please write the least number"),
            (floor, "scrape", [("total", "x * 60"), ("at-least", "1")], "objective-0-total: A scraped endpoint"),
        ] {
            let refused = said(kind, source, &pairs).unwrap_err();
            assert!(refused.contains(part), "{pairs:?}: {refused}");
        }
    }
}
