//! A query as JSON text in one canonical form: equal queries give equal text, which is how indicators are shared.

use crate::domain::model::{Bound, Limit, Part, Query, Rate, Threshold};
use crate::domain::selector::{Expression, Selector};
use serde::{Deserialize, Serialize};

/// `Query` as it is stored; selectors and expressions as people write them. The order of the fields is the order in the
/// text.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum QueryDocument {
    RatioOfBad { total: String, bad: String },
    RatioOfGood { total: String, good: String },
    Latency { histogram: String, threshold: String },
    Durations { histogram: String },
    Up { gauge: String },
    Check { within_ms: Option<u32> },
    LevelAtMost { gauge: String, limit: String },
    LevelAtLeast { gauge: String, limit: String },
    Throughput { total: String, at_least: String },
}

/// The text for a query.
pub(super) fn text(query: &Query) -> Result<String, serde_json::Error> {
    serde_json::to_string(&match query {
        Query::Ratio { total, part: Part::Bad(bad) } => {
            QueryDocument::RatioOfBad { total: total.to_string(), bad: bad.to_string() }
        }
        Query::Ratio { total, part: Part::Good(good) } => {
            QueryDocument::RatioOfGood { total: total.to_string(), good: good.to_string() }
        }
        Query::Latency { histogram, threshold } => {
            QueryDocument::Latency { histogram: histogram.to_string(), threshold: threshold.to_string() }
        }
        Query::Durations { histogram } => QueryDocument::Durations { histogram: histogram.to_string() },
        Query::Up { gauge } => QueryDocument::Up { gauge: gauge.to_string() },
        Query::Check { within_ms } => QueryDocument::Check { within_ms: *within_ms },
        Query::Level { gauge, limit } => {
            let (gauge, number) = (gauge.to_string(), limit.number().to_owned());
            match limit.at() {
                Bound::AtMost => QueryDocument::LevelAtMost { gauge, limit: number },
                Bound::AtLeast => QueryDocument::LevelAtLeast { gauge, limit: number },
            }
        }
        Query::Throughput { total, at_least } => {
            QueryDocument::Throughput { total: total.to_string(), at_least: at_least.to_string() }
        }
    })
}

/// The query behind a text, or what is wrong with the text.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let expression = |text: &str| Expression::parse(text).map_err(|why| why.to_string());
    let selector = |text: &str| Selector::parse(text).map_err(|why| why.to_string());
    // with its wrappings: the level rate(x[5m]) is not the level x
    let level = |gauge: &str, at, limit: &str| -> Result<Query, String> {
        let gauge = Expression::parse_as_written(gauge).map_err(|why| why.to_string())?;
        let limit = Limit::parse(at, limit).ok_or_else(|| format!("{limit} is no limit"))?;
        Ok(Query::Level { gauge, limit })
    };
    Ok(match serde_json::from_str(text).map_err(|why| why.to_string())? {
        QueryDocument::RatioOfBad { total, bad } => {
            Query::Ratio { total: expression(&total)?, part: Part::Bad(expression(&bad)?) }
        }
        QueryDocument::RatioOfGood { total, good } => {
            Query::Ratio { total: expression(&total)?, part: Part::Good(expression(&good)?) }
        }
        QueryDocument::Latency { histogram, threshold } => Query::Latency {
            histogram: selector(&histogram)?,
            threshold: Threshold::parse(&threshold).ok_or_else(|| format!("{threshold} is no threshold"))?,
        },
        QueryDocument::Durations { histogram } => Query::Durations { histogram: selector(&histogram)? },
        QueryDocument::Up { gauge } => Query::Up { gauge: selector(&gauge)? },
        QueryDocument::Check { within_ms } => Query::Check { within_ms },
        QueryDocument::LevelAtMost { gauge, limit } => level(&gauge, Bound::AtMost, &limit)?,
        QueryDocument::LevelAtLeast { gauge, limit } => level(&gauge, Bound::AtLeast, &limit)?,
        QueryDocument::Throughput { total, at_least } => Query::Throughput {
            total: expression(&total)?,
            at_least: Rate::parse(&at_least).ok_or_else(|| format!("{at_least} is no rate"))?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_query_comes_back_and_its_text_is_fixed() {
        let raw = |text| Expression::parse(text).unwrap();
        let (total, part) = (raw("requests_total"), raw("errors_total"));
        let queries = [
            (
                Query::Ratio { total: total.clone(), part: Part::Bad(part.clone()) },
                r#"{"kind":"ratio_of_bad","total":"requests_total","bad":"errors_total"}"#,
            ),
            (
                Query::Ratio { total, part: Part::Good(part) },
                r#"{"kind":"ratio_of_good","total":"requests_total","good":"errors_total"}"#,
            ),
            (
                Query::Latency {
                    histogram: Selector::parse("seconds_bucket").unwrap(),
                    threshold: Threshold::parse("0.50").unwrap(),
                },
                r#"{"kind":"latency","histogram":"seconds_bucket","threshold":"0.50"}"#,
            ),
            (
                Query::Durations { histogram: Selector::parse("seconds_bucket").unwrap() },
                r#"{"kind":"durations","histogram":"seconds_bucket"}"#,
            ),
            (Query::Up { gauge: Selector::parse("up").unwrap() }, r#"{"kind":"up","gauge":"up"}"#),
            (Query::Check { within_ms: Some(300) }, r#"{"kind":"check","within_ms":300}"#),
            (Query::Check { within_ms: None }, r#"{"kind":"check","within_ms":null}"#),
            (
                Query::Level { gauge: raw("queue_length"), limit: Limit::parse(Bound::AtMost, "1e3").unwrap() },
                r#"{"kind":"level_at_most","gauge":"queue_length","limit":"1e3"}"#,
            ),
            (
                Query::Level {
                    gauge: Expression::parse_as_written("sum(rate(done_total[5m]))").unwrap(),
                    limit: Limit::parse(Bound::AtLeast, "-0.50").unwrap(),
                },
                r#"{"kind":"level_at_least","gauge":"sum(rate(done_total[5m]))","limit":"-0.50"}"#,
            ),
            (
                Query::Throughput { total: raw("requests_total"), at_least: Rate::parse("50.0").unwrap() },
                r#"{"kind":"throughput","total":"requests_total","at_least":"50.0"}"#,
            ),
        ];
        for (query, expected) in queries {
            assert_eq!(text(&query).unwrap(), expected);
            assert_eq!(parse(expected).unwrap(), query);
        }
    }

    #[test]
    fn damaged_texts_say_what_is_wrong() {
        for damaged in [
            "",
            "{}",
            "[]",
            r#"{"kind":"latency","histogram":"a","threshold":"-1"}"#,
            r#"{"kind":"up","gauge":"up","x":1}"#,
            r#"{"kind":"level_at_most","gauge":"x","limit":"high"}"#,
            r#"{"kind":"throughput","total":"x","at_least":"0"}"#,
        ] {
            assert!(!parse(damaged).unwrap_err().is_empty(), "{damaged}");
        }
    }
}
