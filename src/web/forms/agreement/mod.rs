//! The agreement form: an agreement and any number of objectives.

mod contract;
mod counting;
mod objective;
mod openslo;
mod percentiles;
mod query;

pub use contract::apply;
pub use objective::target_text;
pub use openslo::take_openslo;

use super::{addresses, line, optional_line, zone};
use crate::domain::calendar::PeriodKind;
use crate::domain::model::{ObjectiveKind, RollingMinutes, Source};
use crate::domain::report_schedule::RECIPIENTS_MAX;
use crate::domain::terms::Method;
use crate::language::say;
use crate::ops::define_agreement::{AgreementDraft, DefinedAgreement};
use crate::view::Form;

/// The name of the repeated group.
pub const GROUP: &str = "objective";
/// How many objectives one agreement may have.
const OBJECTIVES_MAX: usize = 50;

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
        form.refuse("", say!("An agreement can have at most {most} objectives.", OBJECTIVES_MAX));
        return;
    }
    let last = numbers.last().map(|last| ["service", "source"].map(|name| form.value(&field(*last, name)).to_owned()));
    let number = form.add_to_group(GROUP, "kind", ObjectiveKind::Availability.word());
    let [service, source] = last.unwrap_or_default();
    form.set(field(number, "service"), service);
    form.set(field(number, "source"), source);
    form.set(field(number, "part-is"), "bad");
    form.set(field(number, "limit-is"), "at-most");
    form.set(field(number, "window"), RollingMinutes::MONTH.to_string());
    form.set(field(number, "method"), Method::default().word());
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

/// A calendar file that was chosen stands in the field for holidays from now on, where it is seen and read.
pub fn take_holidays_file(form: &mut Form) {
    let text = form.values.remove("holidays-file").unwrap_or_default();
    if !text.trim().is_empty() {
        form.set("holidays", text);
    }
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
    for (name, value) in contract::fields(&agreement.terms) {
        form.set(name, value);
    }
    for (number, (objective, indicator, service)) in defined.objectives.iter().enumerate() {
        let mut set = |field: &str, value: String| form.set(format!("{GROUP}-{number}-{field}"), value);
        set("id", objective.id.to_string());
        set("kind", objective.kind.word().to_owned());
        set("name", objective.name.clone());
        set("service", service.name.clone());
        set("source", indicator.source.to_string());
        set("target", target_text(objective.kind, objective.target));
        set("window", objective.window.to_string());
        for (field, value) in query::fields(&indicator.query).into_iter().chain(counting::fields(&objective.terms)) {
            set(field, value);
        }
        if let Some(composite) = &objective.terms.composite {
            set("rule", composite.rule().word().to_owned());
            set("members", counting::members_text(&defined.named(composite)));
        }
    }
    form
}

/// What the form says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The agreement.
    pub draft: AgreementDraft,
    /// For each of its objectives, the field into which the threshold of a latency was typed.
    pub threshold_fields: Vec<String>,
}

impl Typed {
    /// For each of the draft's objectives, its number in the form; percentiles share one.
    #[must_use]
    pub fn numbers(&self) -> Vec<usize> {
        let number = |field: &String| field.strip_prefix(GROUP)?.strip_prefix('-')?.split('-').next()?.parse().ok();
        self.threshold_fields.iter().map(|field| number(field).unwrap_or_default()).collect()
    }
}

/// Reads the form into a draft; nothing, with the problems in the form, if anything is refused.
pub fn read(form: &mut Form, sources: &[Source]) -> Option<Typed> {
    let name = line(form, "name", &say!("a name for the agreement, such as “Shop for ACME”"));
    let customer = optional_line(form, "customer", &say!("the customer's name"));
    let owner = optional_line(form, "owner", &say!("the owner's name"));
    let zone = zone(form);
    let period = period(form, "period");
    let report_every = period_of_report(form, "report-every");
    let recipients = addresses(form, "recipients", RECIPIENTS_MAX);
    let terms = contract::read(form);
    let objectives = objective::read_all(form, sources, period.unwrap_or(PeriodKind::Month));
    if !form.is_fine() {
        return None;
    }
    let (objectives, threshold_fields) = objectives?.into_iter().unzip();
    let draft = AgreementDraft {
        name: name?,
        customer: customer?,
        owner: owner?,
        zone: zone?,
        period: period?,
        report_every: report_every?,
        recipients: recipients?,
        terms: terms?,
        objectives,
    };
    Some(Typed { draft, threshold_fields })
}

fn period(form: &mut Form, name: &str) -> Option<PeriodKind> {
    let kind = PeriodKind::from_word(form.value(name));
    if kind.is_none() {
        form.refuse(name, say!("Please choose day, week, month, quarter or year."));
    }
    kind
}

fn period_of_report(form: &mut Form, name: &str) -> Option<PeriodKind> {
    let kind = PeriodKind::from_word(form.value(name)).filter(|kind| *kind != PeriodKind::Day);
    if kind.is_none() {
        form.refuse(name, say!("Please choose week, month, quarter or year."));
    }
    kind
}

/// The name of a field of an objective.
#[must_use]
pub fn field(number: usize, name: &str) -> String {
    format!("{GROUP}-{number}-{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

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
