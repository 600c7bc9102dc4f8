//! The form that proposes an exclusion. Times are what the clocks on the wall show in a zone.

use super::sentence;
use crate::domain::exclusion::{Category, Scope};
use crate::domain::ids::{AgreementId, ObjectiveId, ServiceId};
use crate::domain::recurrence::{Recurrence, SPAN_DAYS_MAX};
use crate::domain::time::{DAY_MINUTES, Instant, Span};
use crate::domain::wall;
use crate::ops::propose_exclusion::Proposal;
use crate::view::Form;
use chrono_tz::Tz;

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 500;

/// A form for a new exclusion.
#[must_use]
pub fn empty(zone: &str, scope: &str) -> Form {
    let mut form = Form::default();
    form.set("scope", if scope.is_empty() { "all" } else { scope });
    form.set("category", Category::PlannedMaintenance.word());
    form.set("zone", zone);
    form
}

/// What stands for a scope in the form: `all`, `service-1000`.
#[must_use]
pub fn scope_word(scope: Scope) -> String {
    match scope {
        Scope::All => "all".to_owned(),
        Scope::Service(id) => format!("service-{id}"),
        Scope::Agreement(id) => format!("agreement-{id}"),
        Scope::Objective(id) => format!("objective-{id}"),
    }
}

fn scope(text: &str) -> Option<Scope> {
    if text == "all" {
        return Some(Scope::All);
    }
    let (word, id) = text.split_once('-')?;
    let id = id.parse().ok()?;
    match word {
        "service" => Some(Scope::Service(ServiceId(id))),
        "agreement" => Some(Scope::Agreement(AgreementId(id))),
        "objective" => Some(Scope::Objective(ObjectiveId(id))),
        _ => None,
    }
}

/// Reads the form; nothing, with the problems in the form, if anything is refused.
pub fn read(form: &mut Form) -> Option<Proposal> {
    let about = scope(form.value("scope").trim());
    if about.is_none() {
        form.refuse("scope", "Please choose what it is about.");
    }
    let category = Category::from_word(form.value("category"));
    if category.is_none() {
        form.refuse("category", "Please choose a category.");
    }
    let reason = reason(form);
    let zone = zone(form);
    let first = zone.and_then(|zone| first(form, zone));
    let when = zone.zip(first).and_then(|(zone, first)| when(form, zone, first));
    let announced_at = match zone {
        Some(zone) if !form.value("announced").trim().is_empty() => moment(form, "announced", zone).map(Some),
        _ => Some(None),
    };
    if !form.is_fine() {
        return None;
    }
    Some(Proposal {
        scope: about?,
        category: category?,
        reason: reason?,
        first: first?,
        when: when?,
        zone: zone?,
        announced_at: announced_at?,
    })
}

fn reason(form: &mut Form) -> Option<String> {
    let text = form.value("reason").split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        form.refuse("reason", "Please write why, in a sentence that reports print.");
        return None;
    }
    if text.chars().count() > REASON_CHARS_MAX {
        form.refuse("reason", format!("Please shorten it to at most {REASON_CHARS_MAX} characters."));
        return None;
    }
    if text.chars().any(char::is_control) {
        form.refuse("reason", "Please write it without control characters.");
        return None;
    }
    Some(text)
}

fn zone(form: &mut Form) -> Option<Tz> {
    let zone = form.value("zone").trim().parse::<Tz>().ok();
    if zone.is_none() {
        form.refuse("zone", "Please choose one of the list, such as Europe/Berlin or UTC.");
    }
    zone
}

fn moment(form: &mut Form, name: &str, zone: Tz) -> Option<Instant> {
    match wall::parse(form.value(name), zone) {
        Ok(at) => Some(at),
        Err(why) => {
            form.refuse(name, sentence(&why.to_string()));
            None
        }
    }
}

fn first(form: &mut Form, zone: Tz) -> Option<Span> {
    let (from, to) = (moment(form, "from", zone), moment(form, "to", zone));
    let (from, to) = (from?, to?);
    if to <= from {
        form.refuse("to", "It ends before it begins. Please write a later time than “From”.");
        return None;
    }
    let span = Span::new(from.minute(), to.minute());
    if span.minutes() > SPAN_DAYS_MAX * DAY_MINUTES {
        form.refuse("to", format!("Please take at most {SPAN_DAYS_MAX} days at a time."));
        return None;
    }
    Some(span)
}

fn when(form: &mut Form, zone: Tz, first: Span) -> Option<Recurrence> {
    match Recurrence::parse(form.value("rule"), zone, first) {
        Ok(when) => Some(when),
        Err(why) => {
            form.refuse("rule", sentence(&why.to_string()));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(changes: &[(&str, &str)]) -> (Option<Proposal>, Vec<(String, String)>) {
        let mut form = empty("Europe/Berlin", "objective-4000");
        form.set("reason", "Database  moved\nto new hardware");
        form.set("from", "2026-11-22 02:00");
        form.set("to", "2026-11-22 04:00");
        for (name, value) in changes {
            form.set(*name, *value);
        }
        let proposal = read(&mut form);
        (proposal, form.problems.into_iter().map(|problem| (problem.field, problem.text)).collect())
    }

    #[test]
    fn what_was_typed_becomes_a_proposal() {
        let (proposal, problems) = typed(&[("rule", "rrule:freq=weekly"), ("announced", "2026-11-20 09:00")]);
        let proposal = proposal.unwrap_or_else(|| panic!("{problems:?}"));
        assert_eq!(proposal.scope, Scope::Objective(ObjectiveId(4000)));
        assert_eq!(scope_word(proposal.scope), "objective-4000");
        assert_eq!(proposal.reason, "Database moved to new hardware");
        assert_eq!(proposal.first.start().start().to_string(), "2026-11-22T01:00:00Z");
        assert_eq!((proposal.first.minutes(), proposal.when.in_words().as_str()), (120, "every week on Sunday"));
        assert_eq!(proposal.announced_at.unwrap().to_string(), "2026-11-20T08:00:00Z");
    }

    #[test]
    fn every_refusal_stands_beside_its_field_and_says_the_mend() {
        let long = "x".repeat(501);
        for (name, value, said) in [
            ("scope", "objective-x", "Please choose"),
            ("scope", "", "Please choose"),
            ("category", "holiday", "Please choose"),
            ("reason", " \n ", "Please write why"),
            ("reason", long.as_str(), "at most 500"),
            ("reason", "a\u{7}b", "control"),
            ("zone", "Europe/Atlantis", "such as Europe/Berlin"),
            ("from", "tomorrow", "Write day and time as 2026-11-21 02:00."),
            ("to", "2026-11-22 02:00", "a later time"),
            ("to", "2028-11-22 02:00", "at most 400 days"),
            ("announced", "2026-03-29 02:30", "write 03:00 instead"),
            ("rule", "FREQ=SECONDLY", "FREQ=SECONDLY"),
            ("rule", "FREQ=WEEKLY;BYDAY=MO", "begin it on"),
        ] {
            let (proposal, problems) = typed(&[(name, value)]);
            assert_eq!(proposal, None, "{name}={value}");
            assert!(problems.len() == 1 && problems[0].0 == name && problems[0].1.contains(said), "{problems:?}");
        }
    }

    /// Berlin puts its clocks back at 03:00 on 25 October 2026.
    #[test]
    fn of_two_local_times_the_earlier_is_taken() {
        let (proposal, _) = typed(&[("from", "2026-10-25 02:30"), ("to", "2026-10-25 03:00")]);
        let first = proposal.unwrap().first;
        assert_eq!((first.start().start().to_string().as_str(), first.minutes()), ("2026-10-25T00:30:00Z", 90));
    }
}
