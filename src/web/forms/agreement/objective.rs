//! One objective of the form: what it is about, and what it promises.

use super::percentiles::{self, Percentile};
use super::{GROUP, OBJECTIVES_MAX, counting, field, query};
use crate::domain::calendar::PeriodKind;
use crate::domain::contract::Rule;
use crate::domain::ids::{ObjectiveId, SourceId};
use crate::domain::model::{ObjectiveKind, Query, RollingMinutes, Source, SourceSpec, Window};
use crate::domain::target::{Target, TargetError, WHOLE_PPM, ppm_to_percent};
use crate::domain::terms::Method;
use crate::domain::time::DAY_MINUTES;
use crate::language::say;
use crate::ops::define_agreement::ObjectiveDraft;
use crate::view::Form;
use crate::web::forms::{NAME_CHARS_MAX, line, sentence};
use std::collections::BTreeSet;

/// The field for several percentiles at once.
const PERCENTILES: &str = "percentiles";

/// A target as the form shows it: the promised share, or for error rates the promised maximum.
#[must_use]
pub fn target_text(kind: ObjectiveKind, target: Target) -> String {
    match kind {
        ObjectiveKind::ErrorRate => ppm_to_percent(WHOLE_PPM - target.ppm()),
        ObjectiveKind::Availability
        | ObjectiveKind::Uptime
        | ObjectiveKind::Latency
        | ObjectiveKind::Success
        | ObjectiveKind::Throughput
        | ObjectiveKind::Level
        | ObjectiveKind::Composite => target.to_string(),
    }
}

/// An objective, and the field into which the threshold of a latency was typed.
type Read = (ObjectiveDraft, String);

/// Reads every objective, in their order; percentiles make several of one.
pub(super) fn read_all(form: &mut Form, sources: &[Source], period: PeriodKind) -> Option<Vec<Read>> {
    let numbers = form.group(GROUP);
    if numbers.is_empty() || numbers.len() > OBJECTIVES_MAX {
        form.refuse("", say!("An agreement needs 1 to {most} objectives; add one below.", OBJECTIVES_MAX));
        return None;
    }
    let mut drafts: Vec<_> = numbers.iter().map(|number| objective(form, *number, sources, period)).collect();
    composites(form, &numbers, &mut drafts, period);
    let mut names = BTreeSet::new();
    for (number, (draft, _)) in numbers.iter().zip(&drafts).flat_map(|(n, d)| d.iter().flatten().map(move |d| (n, d))) {
        if !names.insert(draft.name.to_lowercase()) {
            let sentence = say!("Two objectives have this name, “{name}”; please make them different.", draft.name);
            form.refuse(field(*number, "name"), sentence);
        }
    }
    if names.len() > OBJECTIVES_MAX {
        let sentence =
            say!("With all percentiles these are {count} objectives; at most {most}.", names.len(), OBJECTIVES_MAX);
        form.refuse("", sentence);
    }
    Some(drafts.into_iter().collect::<Option<Vec<_>>>()?.concat())
}

/// Reads the composites, once all that they may be made of is read.
fn composites(form: &mut Form, numbers: &[usize], drafts: &mut [Option<Vec<Read>>], period: PeriodKind) {
    let singles: Vec<ObjectiveDraft> = drafts.iter().flatten().flatten().map(|(draft, _)| draft.clone()).collect();
    for (number, draft) in numbers.iter().zip(drafts) {
        if is_composite(form, *number) {
            *draft = composite(form, *number, &singles, period).map(|draft| vec![(draft, field(*number, "threshold"))]);
        }
    }
}

fn is_composite(form: &Form, number: usize) -> bool {
    form.is(&field(number, "kind"), ObjectiveKind::Composite.word())
}

/// A composite is about what its first member is about.
fn composite(form: &mut Form, number: usize, singles: &[ObjectiveDraft], period: PeriodKind) -> Option<ObjectiveDraft> {
    let at = |name: &str| field(number, name);
    let kind = ObjectiveKind::Composite;
    let name = line(form, &at("name"), &say!("a name for the objective, such as “The shop as a whole”"));
    let window = window(form, &at("window"));
    let target = target(form, &at("target"), kind);
    let terms = counting::read(form, number, target, window_minutes(window, period));
    let names: Vec<String> = singles.iter().map(|single| single.name.clone()).collect();
    let composite = counting::composite(form, number, &names);
    let (mut terms, target, composite) = (terms?, target?, composite?);
    if composite.rule == Rule::AnyBad && !matches!(terms.counting.method, Method::Timeslices { .. }) {
        // its members say what a bad slice is; only the length is its own
        terms.counting.method = Method::Timeslices { slice: terms.counting.method.slice(), target: target.into() };
    }
    let lead = composite.members.first().and_then(|(lead, _)| singles.iter().find(|single| single.name == *lead))?;
    Some(ObjectiveDraft {
        id: form.value(&at("id")).parse().ok().map(ObjectiveId),
        name: name?,
        kind,
        service: lead.service.clone(),
        source: lead.source,
        query: lead.query.clone(),
        target,
        window: window?,
        terms,
        composite: Some(composite),
    })
}

/// The length that alerts are measured by.
const fn window_minutes(window: Option<Window>, period: PeriodKind) -> i64 {
    match (window, period) {
        (Some(Window::Rolling(length)), _) => length.minutes(),
        (_, PeriodKind::Day) => DAY_MINUTES,
        (_, PeriodKind::Week) => 7 * DAY_MINUTES,
        // the shortest that there is
        (_, PeriodKind::Month) => 28 * DAY_MINUTES,
        (_, PeriodKind::Quarter) => 90 * DAY_MINUTES,
        (_, PeriodKind::Year) => 365 * DAY_MINUTES,
    }
}

fn objective(form: &mut Form, number: usize, sources: &[Source], period: PeriodKind) -> Option<Vec<Read>> {
    let at = |name: &str| field(number, name);
    if is_composite(form, number) {
        return None; // read last
    }
    let kind = ObjectiveKind::from_word(form.value(&at("kind")));
    if kind.is_none() {
        form.refuse(at("kind"), say!("Please choose what kind of promise this is."));
    }
    let name = line(form, &at("name"), &say!("a name for the objective, such as “Checkout availability”"));
    let service = line(form, &at("service"), &say!("the name of the service"));
    let id = form.value(&at("id")).parse().ok().map(ObjectiveId);
    let source = source(form, &at("source"), sources);
    let window = window(form, &at("window"));
    let promises = kind.zip(source).and_then(|(kind, source)| promises(form, number, (kind, id), source));
    let target = promises.as_ref().and_then(|promises| Some(promises.first()?.target));
    let terms = counting::read(form, number, target, window_minutes(window, period));
    let (name, service, source, window, promises, terms) = (name?, service?, source?, window?, promises?, terms?);
    fits_every_suffix(form, number, &name, &promises)?;
    let draft = |promise: Promise| {
        let draft = ObjectiveDraft {
            id,
            name: format!("{name}{}", promise.suffix),
            kind: promise.kind,
            service: service.clone(),
            source: source.id,
            query: promise.query,
            target: promise.target,
            window,
            terms: terms.clone(),
            composite: None,
        };
        (draft, at(promise.threshold_field))
    };
    Some(promises.into_iter().map(draft).collect())
}

/// What one objective promises.
struct Promise {
    /// What its name gets at the end, such as ` p95`.
    suffix: String,
    kind: ObjectiveKind,
    query: Query,
    target: Target,
    threshold_field: &'static str,
}

/// The promise, or one for each percentile.
fn promises(
    form: &mut Form,
    number: usize,
    (kind, id): (ObjectiveKind, Option<ObjectiveId>),
    source: &Source,
) -> Option<Vec<Promise>> {
    let are_percentiles = kind == ObjectiveKind::Latency && !form.value(&field(number, PERCENTILES)).trim().is_empty();
    if !are_percentiles {
        let target = target(form, &field(number, "target"), kind);
        let query = query::read(form, number, kind, &source.spec);
        let (query, target) = (query?, target?);
        return Some(vec![Promise { suffix: String::new(), kind, query, target, threshold_field: "threshold" }]);
    }
    let percentiles = percentiles(form, number, id, &source.spec);
    let histogram = query::histogram(form, number);
    let (percentiles, histogram) = (percentiles?, histogram?);
    let promise = |percentile: Percentile| Promise {
        suffix: format!(" {}", percentile.label()),
        kind,
        query: Query::Latency { histogram: histogram.clone(), threshold: percentile.threshold },
        target: percentile.target,
        threshold_field: PERCENTILES,
    };
    Some(percentiles.into_iter().map(promise).collect())
}

fn percentiles(
    form: &mut Form,
    number: usize,
    id: Option<ObjectiveId>,
    source: &SourceSpec,
) -> Option<Vec<Percentile>> {
    let is_filled = |name: &str| !form.value(&field(number, name)).trim().is_empty();
    let read = if id.is_some() {
        Err(say!(
            "Percentiles make new objectives, and this one exists. Empty this field, and add another objective for them."
        ))
    } else if matches!(source, SourceSpec::Probe(_)) {
        Err(say!(
            "A probe has no histogram. Empty this field and write an answer time below, or choose another source."
        ))
    } else if is_filled("target") || is_filled("threshold") {
        Err(say!("Each percentile brings its own target and threshold. Empty those two fields, or this one."))
    } else {
        percentiles::parse(form.value(&field(number, PERCENTILES)))
    };
    read.map_err(|sentence| form.refuse(field(number, PERCENTILES), sentence)).ok()
}

/// Refuses a name that the percentiles would make too long.
fn fits_every_suffix(form: &mut Form, number: usize, name: &str, promises: &[Promise]) -> Option<()> {
    let longest = promises.iter().map(|promise| promise.suffix.chars().count()).max().unwrap_or_default();
    let room = NAME_CHARS_MAX.saturating_sub(longest);
    if name.chars().count() > room {
        let sentence =
            say!("Each percentile is added to the name, so please shorten it to at most {room} characters.", room);
        form.refuse(field(number, "name"), sentence);
        return None;
    }
    Some(())
}

fn source<'a>(form: &mut Form, name: &str, sources: &'a [Source]) -> Option<&'a Source> {
    let id = form.value(name).parse().ok().map(SourceId);
    let source = sources.iter().find(|source| Some(source.id) == id);
    if source.is_none() {
        form.refuse(
            name,
            say!("Please choose where the measurements come from; add a source first if the list is empty."),
        );
    }
    source
}

fn target(form: &mut Form, name: &str, kind: ObjectiveKind) -> Option<Target> {
    let text = form.value(name);
    let (target, is_maximum) = match kind {
        ObjectiveKind::ErrorRate => (Target::parse_error_rate(text), true),
        ObjectiveKind::Availability
        | ObjectiveKind::Uptime
        | ObjectiveKind::Latency
        | ObjectiveKind::Success
        | ObjectiveKind::Throughput
        | ObjectiveKind::Level
        | ObjectiveKind::Composite => (Target::parse(text), false),
    };
    let refusal = |error: TargetError| match error {
        TargetError::NotANumber if is_maximum => {
            say!("Write the share that may fail as a percentage, such as 0.1.")
        }
        TargetError::Zero if is_maximum => {
            say!("If all requests may fail, nothing is promised; write a maximum below 100 %, such as 0.1.")
        }
        TargetError::Whole if is_maximum => say!(
            "A maximum of 0 % leaves no error budget: the first failure would break \
                                             the promise for the whole window; write one above, such as 0.01."
        ),
        error => sentence(&error.to_string()),
    };
    target.map_err(|error| form.refuse(name, refusal(error))).ok()
}

fn window(form: &mut Form, name: &str) -> Option<Window> {
    let text = form.value(name).trim();
    if text == "period" {
        return Some(Window::Calendar);
    }
    match RollingMinutes::parse(text) {
        Ok(length) => Some(Window::Rolling(length)),
        Err(error) => {
            let how = sentence(&error.to_string());
            form.refuse(name, say!("{how} Or write “period” for the agreement's calendar period.", how));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_rate_is_typed_and_shown_as_a_maximum() {
        let mut form = Form::default();
        form.set("target", "0.05 %");
        let read = target(&mut form, "target", ObjectiveKind::ErrorRate).unwrap();
        assert_eq!(read.ppm(), 999_500);
        assert_eq!(target_text(ObjectiveKind::ErrorRate, read), "0.05");
        assert_eq!(target_text(ObjectiveKind::Latency, read), "99.95");
        for (text, part) in [("100", "nothing is promised"), ("0", "no error budget"), ("few", "such as 0.1")] {
            let mut form = Form::default();
            form.set("target", text);
            assert_eq!(target(&mut form, "target", ObjectiveKind::ErrorRate), None);
            assert!(form.field("target").problem.unwrap().contains(part), "{text}");
        }
    }
}
