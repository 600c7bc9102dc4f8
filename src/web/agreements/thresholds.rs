//! Before an agreement is saved: has each histogram a bucket at its threshold?

use crate::domain::model::{Query, Source};
use crate::language::say;
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
            Fit::NoHistogram => notes.push(say!(
                "Its source knows no histogram for “{name}” now, so nobody checked that a bucket ends at {threshold}.",
                name,
                threshold
            )),
            Fit::NoAnswer(why) => notes.push(say!(
                "Whether a bucket ends at {threshold} for “{name}” could not be checked: {why}.",
                threshold,
                name,
                why.trim_end_matches('.')
            )),
        }
    }
    notes
}

fn between(threshold: &str, below: Option<String>, above: Option<String>) -> String {
    let start = say!("No bucket ends at {threshold}, so requests within it cannot be counted exactly.", threshold);
    match (below, above) {
        (Some(below), Some(above)) => {
            say!("{start} The neighbouring bounds are {below} and {above}: choose one.", start, below, above)
        }
        (Some(bound), None) => say!("{start} The largest bound is {bound}: choose it or a smaller one.", start, bound),
        (None, Some(bound)) => say!("{start} The smallest bound is {bound}: choose it or a larger one.", start, bound),
        (None, None) => say!("{start} This histogram has no finite bounds at all: choose another.", start),
    }
}
