//! Before an agreement is saved: has each histogram a bucket at its threshold?

use crate::domain::model::{Query, Source};
use crate::ops::check_threshold::{Fit, check_threshold};
use crate::view::Form;
use crate::web::State;
use crate::web::forms::agreement::Typed;
use futures_util::future::join_all;

/// Refuses thresholds between buckets in the form; says what could not be found out.
pub async fn check(state: &State, form: &mut Form, typed: &Typed, sources: &[Source]) -> Vec<String> {
    let asked = typed.draft.objectives.iter().zip(&typed.threshold_fields).filter_map(|(objective, field)| {
        let Query::Latency { histogram, threshold } = &objective.query else { return None };
        let source = sources.iter().find(|source| source.id == objective.source)?;
        Some(async move {
            let fit = check_threshold(state, source, histogram, threshold).await;
            (field, objective.name.as_str(), threshold.to_string(), fit)
        })
    });
    let answers = join_all(asked.collect::<Vec<_>>()).await;
    let mut notes = Vec::new();
    for (field, name, threshold, fit) in answers {
        match fit {
            Fit::Bucket => {}
            Fit::Between(below, above) => form.refuse(field, between(&threshold, below, above)),
            Fit::NoHistogram => notes.push(format!(
                "Its source knows no histogram for “{name}” now, so nobody checked that a bucket ends at {threshold}."
            )),
            Fit::NoAnswer(why) => notes.push(format!(
                "Whether a bucket ends at {threshold} for “{name}” could not be checked: {}.",
                why.trim_end_matches('.')
            )),
        }
    }
    notes
}

fn between(threshold: &str, below: Option<String>, above: Option<String>) -> String {
    let start = format!("No bucket ends at {threshold}, so requests within it cannot be counted exactly.");
    match (below, above) {
        (Some(below), Some(above)) => format!("{start} The neighbouring bounds are {below} and {above}: choose one."),
        (Some(bound), None) => format!("{start} The largest bound is {bound}: choose it or a smaller one."),
        (None, Some(bound)) => format!("{start} The smallest bound is {bound}: choose it or a larger one."),
        (None, None) => format!("{start} This histogram has no finite bounds at all: choose another."),
    }
}
