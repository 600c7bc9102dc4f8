//! The agreement form: an agreement and any number of objectives.

use super::{line, optional_line, sentence};
use crate::domain::calendar::PeriodKind;
use crate::domain::contract::{AgreementTerms, ObjectiveTerms};
use crate::domain::ids::{ObjectiveId, SourceId};
use crate::domain::model::{
    EmailAddress, ObjectiveKind, Part, Query, RollingMinutes, Source, SourceSpec, Threshold, Window,
};
use crate::domain::selector::{Expression, Selector, SelectorError};
use crate::domain::target::{Target, TargetError, WHOLE_PPM, ppm_to_percent};
use crate::ops::define_agreement::{AgreementDraft, DefinedAgreement, ObjectiveDraft};
use crate::view::Form;
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// The name of the repeated group.
pub const GROUP: &str = "objective";
/// How many objectives one agreement may have.
const OBJECTIVES_MAX: usize = 50;
/// The longest answer time of a check, in milliseconds: that of the longest timeout.
const WITHIN_MS_MAX: u32 = 120_000;
/// How many people one report may go to.
const RECIPIENTS_MAX: usize = 100;

/// A form for a new agreement, with one objective to fill in.
#[must_use]
pub fn empty(zone: &str, owner: &str) -> Form {
    let mut form = Form::default();
    form.set("zone", zone);
    form.set("owner", owner);
    form.set("period", PeriodKind::Month.word());
    form.set("report-every", PeriodKind::Week.word());
    add_objective(&mut form);
    form
}

/// Adds an empty objective with the usual terms, about the same service and source as the last.
pub fn add_objective(form: &mut Form) {
    let numbers = form.group(GROUP);
    if numbers.len() >= OBJECTIVES_MAX {
        form.refuse("", format!("An agreement can have at most {OBJECTIVES_MAX} objectives."));
        return;
    }
    let last = numbers.last().map(|last| ["service", "source"].map(|name| form.value(&field(*last, name)).to_owned()));
    let number = form.add_to_group(GROUP, "kind", ObjectiveKind::Availability.word());
    let [service, source] = last.unwrap_or_default();
    form.set(field(number, "service"), service);
    form.set(field(number, "source"), source);
    form.set(field(number, "part-is"), "bad");
    form.set(field(number, "window"), RollingMinutes::MONTH.to_string());
}

/// Does what a button inside the form says: adds or removes an objective. False for every other button.
pub fn press(form: &mut Form, action: &str) -> bool {
    if action == "add-objective" {
        add_objective(form);
        return true;
    }
    let number = action.strip_prefix("remove-objective-").and_then(|number| number.parse().ok());
    if let Some(number) = number {
        form.remove_from_group(GROUP, number);
    }
    number.is_some()
}

/// The form as it opens for an agreement that exists.
#[must_use]
pub fn filled(defined: &DefinedAgreement) -> Form {
    let agreement = &defined.agreement;
    let mut form = Form::default();
    form.set("name", &agreement.name);
    form.set("customer", &agreement.customer);
    form.set("owner", &agreement.owner);
    form.set("zone", agreement.zone.name());
    form.set("period", agreement.period.word());
    form.set("report-every", agreement.report_every.word());
    let recipients: Vec<&str> = agreement.recipients.iter().map(EmailAddress::as_str).collect();
    form.set("recipients", recipients.join("\n"));
    for (number, (objective, indicator, service)) in defined.objectives.iter().enumerate() {
        let mut set = |field: &str, value: String| form.set(format!("{GROUP}-{number}-{field}"), value);
        set("id", objective.id.to_string());
        set("kind", objective.kind.word().to_owned());
        set("name", objective.name.clone());
        set("service", service.name.clone());
        set("source", indicator.source.to_string());
        set("target", target_text(objective.kind, objective.target));
        set("window", objective.window.to_string());
        for (field, value) in query_fields(&indicator.query) {
            set(field, value);
        }
    }
    form
}

/// A target as the form shows it: the promised share, or for error rates the promised maximum.
#[must_use]
pub fn target_text(kind: ObjectiveKind, target: Target) -> String {
    match kind {
        ObjectiveKind::ErrorRate => ppm_to_percent(WHOLE_PPM - target.ppm()),
        ObjectiveKind::Availability | ObjectiveKind::Uptime | ObjectiveKind::Latency => target.to_string(),
    }
}

fn query_fields(query: &Query) -> Vec<(&'static str, String)> {
    match query {
        Query::Ratio { total, part } => {
            let is = if matches!(part, Part::Good(_)) { "good" } else { "bad" };
            vec![("total", total.to_string()), ("part", part.expression().to_string()), ("part-is", is.to_owned())]
        }
        Query::Latency { histogram, threshold } => {
            vec![("histogram", histogram.to_string()), ("threshold", threshold.to_string())]
        }
        Query::Up { gauge } => vec![("gauge", gauge.to_string())],
        Query::Check { within_ms } => within_ms.map(|ms| ("within-ms", ms.to_string())).into_iter().collect(),
    }
}

/// Reads the form into a draft; nothing, with the problems in the form, if anything is refused.
pub fn read(form: &mut Form, sources: &[Source]) -> Option<AgreementDraft> {
    let name = line(form, "name", "a name for the agreement, such as “Shop for ACME”");
    let customer = optional_line(form, "customer", "the customer's name");
    let owner = optional_line(form, "owner", "the owner's name");
    let zone = zone(form);
    let period = week_or_month(form, "period");
    let report_every = week_or_month(form, "report-every");
    let recipients = recipients(form);
    let objectives = objectives(form, sources);
    if !form.is_fine() {
        return None;
    }
    Some(AgreementDraft {
        name: name?,
        customer: customer?,
        owner: owner?,
        zone: zone?,
        period: period?,
        report_every: report_every?,
        recipients: recipients?,
        terms: AgreementTerms::default(),
        objectives: objectives?,
    })
}

fn zone(form: &mut Form) -> Option<Tz> {
    let typed = form.value("zone").trim().to_owned();
    let zone = typed.parse::<Tz>().ok();
    if zone.is_none() {
        let what = if typed.is_empty() { String::new() } else { format!("There is no time zone “{typed}”. ") };
        form.refuse("zone", format!("{what}Please choose one of the list, such as Europe/Berlin or UTC."));
    }
    zone
}

fn week_or_month(form: &mut Form, name: &str) -> Option<PeriodKind> {
    let kind = PeriodKind::from_word(form.value(name)).filter(|k| matches!(k, PeriodKind::Week | PeriodKind::Month));
    if kind.is_none() {
        form.refuse(name, "Please choose week or month.");
    }
    kind
}

fn recipients(form: &mut Form) -> Option<Vec<EmailAddress>> {
    let typed = form.value("recipients").to_owned();
    let parts = typed.split(['\n', ',', ';']).map(str::trim).filter(|part| !part.is_empty());
    let mut read = BTreeSet::new();
    for part in parts {
        let Some(address) = EmailAddress::parse(part) else {
            form.refuse(
                "recipients",
                format!("“{part}” is no e-mail address. Write one per line, such as ana@example.org."),
            );
            return None;
        };
        read.insert(address);
    }
    if read.len() > RECIPIENTS_MAX {
        form.refuse("recipients", format!("At most {RECIPIENTS_MAX} recipients; use a mailing list for more."));
        return None;
    }
    Some(read.into_iter().collect())
}

fn objectives(form: &mut Form, sources: &[Source]) -> Option<Vec<ObjectiveDraft>> {
    let numbers = form.group(GROUP);
    if numbers.is_empty() || numbers.len() > OBJECTIVES_MAX {
        form.refuse("", format!("An agreement needs 1 to {OBJECTIVES_MAX} objectives; add one below."));
        return None;
    }
    let drafts: Vec<_> = numbers.iter().map(|number| objective(form, *number, sources)).collect();
    let mut names = BTreeSet::new();
    for (number, draft) in numbers.iter().zip(&drafts) {
        if draft.as_ref().is_some_and(|draft| !names.insert(draft.name.to_lowercase())) {
            form.refuse(field(*number, "name"), "Two objectives have this name; please make them different.");
        }
    }
    drafts.into_iter().collect()
}

/// The name of a field of an objective.
#[must_use]
pub fn field(number: usize, name: &str) -> String {
    format!("{GROUP}-{number}-{name}")
}

fn objective(form: &mut Form, number: usize, sources: &[Source]) -> Option<ObjectiveDraft> {
    let at = |name: &str| field(number, name);
    let kind = ObjectiveKind::from_word(form.value(&at("kind")));
    if kind.is_none() {
        form.refuse(at("kind"), "Please choose what kind of promise this is.");
    }
    let name = line(form, &at("name"), "a name for the objective, such as “Checkout availability”");
    let service = line(form, &at("service"), "the name of the service");
    let id = form.value(&at("id")).parse().ok().map(ObjectiveId);
    let source = source(form, &at("source"), sources);
    let target = kind.and_then(|kind| target(form, &at("target"), kind));
    let window = window(form, &at("window"));
    let query = kind.zip(source).and_then(|(kind, source)| query(form, number, kind, &source.spec));
    Some(ObjectiveDraft {
        id,
        name: name?,
        kind: kind?,
        service: service?,
        source: source?.id,
        query: query?,
        target: target?,
        window: window?,
        terms: ObjectiveTerms::default(),
    })
}

fn source<'a>(form: &mut Form, name: &str, sources: &'a [Source]) -> Option<&'a Source> {
    let id = form.value(name).parse().ok().map(SourceId);
    let source = sources.iter().find(|source| Some(source.id) == id);
    if source.is_none() {
        form.refuse(name, "Please choose where the measurements come from; add a source first if the list is empty.");
    }
    source
}

fn target(form: &mut Form, name: &str, kind: ObjectiveKind) -> Option<Target> {
    let text = form.value(name);
    let (target, is_maximum) = match kind {
        ObjectiveKind::ErrorRate => (Target::parse_error_rate(text), true),
        ObjectiveKind::Availability | ObjectiveKind::Uptime | ObjectiveKind::Latency => (Target::parse(text), false),
    };
    let refusal = |error: TargetError| match error {
        TargetError::NotANumber if is_maximum => {
            "Write the share that may fail as a percentage, such as 0.1.".to_owned()
        }
        TargetError::Zero if is_maximum => {
            "If all requests may fail, nothing is promised; write a maximum below 100 %, such as 0.1.".to_owned()
        }
        TargetError::Whole if is_maximum => "A maximum of 0 % leaves no error budget: the first failure would break \
                                             the promise for the whole window; write one above, such as 0.01."
            .to_owned(),
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
            form.refuse(name, format!("{how} Or write “period” for the agreement's calendar period."));
            None
        }
    }
}

fn query(form: &mut Form, number: usize, kind: ObjectiveKind, source: &SourceSpec) -> Option<Query> {
    let is_probe = matches!(source, SourceSpec::Probe(_));
    let at = |name: &str| field(number, name);
    match kind {
        ObjectiveKind::Availability | ObjectiveKind::ErrorRate if is_probe => {
            form.refuse(
                at("source"),
                "A probe counts its own checks, not requests. Choose the kind uptime, or another source.",
            );
            None
        }
        ObjectiveKind::Availability | ObjectiveKind::ErrorRate => {
            let total = expression(form, &at("total"), source);
            let part = expression(form, &at("part"), source);
            if total.is_some() && total == part {
                form.refuse(
                    at("part"),
                    "This counts the same events as the field above; narrow it down to a part of them.",
                );
            }
            let part = part_is(form, &at("part-is"), part);
            Some(Query::Ratio { total: total?, part: part? })
        }
        ObjectiveKind::Uptime if is_probe && form.value(&at("within-ms")).trim().is_empty() => {
            Some(Query::Check { within_ms: None })
        }
        ObjectiveKind::Uptime | ObjectiveKind::Latency if is_probe => within(form, &at("within-ms")),
        ObjectiveKind::Uptime => selector(form, &at("gauge"), "up{job=\"api\"}").map(|gauge| Query::Up { gauge }),
        ObjectiveKind::Latency => latency(form, number),
    }
}

/// The longest answer time that a check may take and still be good.
fn within(form: &mut Form, name: &str) -> Option<Query> {
    let typed = form.value(name).trim().parse::<u32>().ok().filter(|ms| (1..=WITHIN_MS_MAX).contains(ms));
    if typed.is_none() {
        let sentence =
            "Please write the longest allowed answer time in milliseconds, such as 500; at most two minutes.";
        form.refuse(name, sentence);
    }
    typed.map(|within| Query::Check { within_ms: Some(within) })
}

fn part_is(form: &mut Form, name: &str, part: Option<Expression>) -> Option<Part> {
    match form.value(name) {
        "bad" | "" => part.map(Part::Bad),
        "good" => part.map(Part::Good),
        _ => {
            form.refuse(name, "Please choose whether the second counter counts the bad or the good events.");
            None
        }
    }
}

fn latency(form: &mut Form, number: usize) -> Option<Query> {
    let (histogram_field, threshold_field) = (field(number, "histogram"), field(number, "threshold"));
    let histogram = selector(form, &histogram_field, "http_request_duration_seconds_bucket{job=\"api\"}");
    if histogram.as_ref().is_some_and(|h| !h.metric().ends_with("_bucket")) {
        form.refuse(histogram_field, "Please name the histogram's bucket series; its name ends in “_bucket”.");
        return None;
    }
    if histogram.as_ref().is_some_and(|h| h.matchers().iter().any(|matcher| matcher.label() == "le")) {
        form.refuse(
            histogram_field,
            "Please leave “le” out of the selector; the threshold below says which bucket counts.",
        );
    }
    let threshold = Threshold::parse(form.value(&threshold_field));
    if threshold.is_none() {
        form.refuse(
            threshold_field,
            "Please write the threshold in the histogram's unit, usually seconds, such as 0.5.",
        );
    }
    Some(Query::Latency { histogram: histogram?, threshold: threshold? })
}

fn expression(form: &mut Form, name: &str, source: &SourceSpec) -> Option<Expression> {
    let read = Expression::parse(form.value(name));
    match read {
        Ok(Expression::Evaluated(_)) if matches!(source, SourceSpec::Scrape { .. }) => {
            form.refuse(name, "A scraped endpoint evaluates nothing: write a plain selector, such as http_requests_total{code=~\"5..\"}.");
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
            form.refuse(name, format!("Please write a selector, such as {example}."));
            None
        }
        Err(error) => {
            form.refuse(name, format!("{} An example: {example}", sentence(&error.to_string())));
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

    #[test]
    fn buttons_inside_the_form_are_told_from_saving() {
        let mut form = empty("UTC", "");
        for action in ["save", "", "remove-objective-", "remove-objective-x", "add-objectives"] {
            assert!(!press(&mut form, action), "{action}");
        }
        form.set("objective-0-source", "7");
        assert!(press(&mut form, "add-objective"));
        assert_eq!((form.group(GROUP), form.value("objective-1-source")), (vec![0, 1], "7"));
        assert!(press(&mut form, "remove-objective-0"));
        assert_eq!(form.group(GROUP), [1]);
    }
}
