//! The form of a schedule: whose reports, when, to whom, in which dress.

use super::{addresses, language, line, line_of, sentence, zone};
use crate::domain::calendar::PeriodKind;
use crate::domain::ids::AgreementId;
use crate::domain::model::{Agreement, EmailAddress};
use crate::domain::report_schedule::{Attached, Attachment, Only, RECIPIENTS_MAX, ScheduleDraft, Scope};
use crate::domain::rhythm::{Rhythm, RhythmError, When};
use crate::language;
use crate::language::Language;
use crate::language::say;
use crate::view::{Choice, Form, HAS_PDF};
use std::collections::BTreeSet;

/// The longest prefix of a subject, in characters.
const PREFIX_CHARS_MAX: usize = 40;

/// A form for a new schedule, about an agreement if one is named.
#[must_use]
pub fn empty(agreement: Option<&Agreement>, zone: &str) -> Form {
    let mut form = Form::default();
    form.set("scope", agreement.map_or_else(|| "house".to_owned(), |one| format!("agreement:{}", one.id)));
    form.set("name", agreement.map_or("", |one| one.name.as_str()));
    form.set("covers", agreement.map_or(PeriodKind::Month.word(), |_| ""));
    form.set("when", "final");
    form.set("time", "08:00");
    form.set("wait", "0");
    form.set("zone", zone);
    form.set("only", Only::Always.word());
    tick(&mut form, &Attached::usual());
    form
}

/// Ticks what is attached, and nothing else.
fn tick(form: &mut Form, attached: &Attached) {
    for one in Attachment::ALL {
        form.set(one.word(), if attached.has(one) { "yes" } else { "" });
    }
}

/// The form as it opens for a schedule that exists.
#[must_use]
pub fn filled(draft: &ScheduleDraft) -> Form {
    let mut form = empty(None, draft.rhythm.zone.name());
    form.set("name", &draft.name);
    form.set("scope", scope_word(&draft.scope));
    form.set("covers", draft.covers.map_or("", PeriodKind::word));
    match &draft.rhythm.when {
        When::Final => form.set("when", "final"),
        When::At { wait_days, time } => {
            form.set("when", "at");
            form.set("time", time.format("%H:%M").to_string());
            form.set("wait", wait_days.to_string());
        }
        When::Cron(text, _) => {
            form.set("when", "cron");
            form.set("cron", text);
        }
    }
    let recipients: Vec<&str> = draft.recipients.iter().map(EmailAddress::as_str).collect();
    form.set("recipients", recipients.join("\n"));
    form.set("reply-to", draft.reply_to.as_ref().map_or("", EmailAddress::as_str));
    form.set("prefix", &draft.prefix);
    form.set("only", draft.only.word());
    form.set("language", draft.language.map_or("", Language::word));
    tick(&mut form, &draft.attached);
    form
}

/// What a schedule can be about: the house, each customer, each agreement.
#[must_use]
pub fn scopes(agreements: &[Agreement]) -> Vec<Choice> {
    let live = || agreements.iter().filter(|one| one.archived_at.is_none());
    let customers: BTreeSet<&str> = live().map(|one| one.customer.as_str()).filter(|name| !name.is_empty()).collect();
    let house = Choice::new("house", say!("All agreements, as one pack"));
    let customers = customers.into_iter().map(|name| {
        Choice::new(
            scope_word(&Scope::Customer(name.to_owned())),
            say!("All agreements with {name}, as one pack", name),
        )
    });
    let own = live().map(|one| Choice::new(scope_word(&Scope::Agreement(one.id)), &one.name));
    std::iter::once(house).chain(customers).chain(own).collect()
}

/// The periods that it can cover; the first is that of its agreement.
#[must_use]
pub fn periods() -> Vec<Choice> {
    let kinds =
        PeriodKind::ALL.iter().map(|kind| Choice::new(kind.word(), say!("each {period}", language::word(kind.word()))));
    std::iter::once(Choice::new("", say!("as its agreement reports"))).chain(kinds).collect()
}

/// Which verdicts it can be about.
#[must_use]
pub fn verdicts() -> Vec<Choice> {
    Only::ALL
        .iter()
        .map(|only| Choice::new(only.word(), crate::domain::wording::capitalised(language::word(only.in_words()))))
        .collect()
}

fn scope_word(scope: &Scope) -> String {
    match scope {
        Scope::House => "house".to_owned(),
        Scope::Customer(name) => format!("customer:{name}"),
        Scope::Agreement(id) => format!("agreement:{id}"),
    }
}

/// Reads the form into a draft; nothing, with the problems in the form, if anything is refused.
pub fn read(form: &mut Form) -> Option<ScheduleDraft> {
    let name = line(form, "name", &say!("a name, such as “Weekly for Acme”"));
    let scope = scope(form);
    let covers = covers(form, scope.as_ref());
    let rhythm = rhythm(form);
    let recipients = addresses(form, "recipients", RECIPIENTS_MAX);
    if recipients.as_ref().is_some_and(Vec::is_empty) {
        form.refuse("recipients", say!("Please write at least one e-mail address."));
    }
    let reply_to = reply_to(form);
    let prefix = line_of(form, "prefix", &say!("the prefix"), PREFIX_CHARS_MAX);
    let only = Only::from_word(form.value("only"));
    if only.is_none() {
        form.refuse("only", say!("Please choose one of these."));
    }
    let language = language(form);
    if form.is(Attachment::Pdf.word(), "yes") && !HAS_PDF {
        form.refuse("pdf", say!("This Nines was built without PDF; take another format."));
    }
    if !form.is_fine() {
        return None;
    }
    Some(ScheduleDraft {
        name: name?,
        scope: scope?,
        covers,
        rhythm: rhythm?,
        recipients: recipients?,
        reply_to,
        prefix: prefix?,
        only: only?,
        attached: Attachment::ALL.into_iter().filter(|one| form.is(one.word(), "yes")).collect(),
        language: language.ok()?,
    })
}

fn scope(form: &mut Form) -> Option<Scope> {
    let scope = match form.value("scope").split_once(':') {
        None if form.is("scope", "house") => Some(Scope::House),
        Some(("customer", name)) if !name.is_empty() => Some(Scope::Customer(name.to_owned())),
        Some(("agreement", id)) => id.parse().ok().map(|id| Scope::Agreement(AgreementId(id))),
        _ => None,
    };
    if scope.is_none() {
        form.refuse("scope", say!("Please choose all agreements, those with a customer, or one of them."));
    }
    scope
}

/// Nothing stands for the periods that the agreement itself reports, which a pack has no word for. What is refused is said
/// in the form.
fn covers(form: &mut Form, scope: Option<&Scope>) -> Option<PeriodKind> {
    let typed = form.value("covers").to_owned();
    let kind = PeriodKind::from_word(&typed);
    let is_pack = matches!(scope, Some(Scope::Customer(_) | Scope::House));
    if kind.is_none() && (is_pack || !typed.is_empty()) {
        form.refuse(
            "covers",
            say!("Please choose day, week, month, quarter or year: a pack has no agreement to go by."),
        );
    }
    kind
}

fn rhythm(form: &mut Form) -> Option<Rhythm> {
    let zone = zone(form);
    let (when, field) = match form.value("when") {
        "final" => (Ok(When::Final), "when"),
        "at" => (When::at(form.value("wait"), form.value("time")), "time"),
        "cron" => (When::cron(form.value("cron")), "cron"),
        _ => {
            form.refuse("when", say!("Please choose when it is mailed."));
            return None;
        }
    };
    match when {
        Ok(when) => Some(Rhythm { when, zone: zone? }),
        Err(why) => {
            let field = if why == RhythmError::Wait { "wait" } else { field };
            form.refuse(field, sentence(&why.to_string()));
            None
        }
    }
}

/// Nothing stands for the sender. What is refused is said in the form.
fn reply_to(form: &mut Form) -> Option<EmailAddress> {
    let typed = form.value("reply-to").trim().to_owned();
    let address = EmailAddress::parse(&typed);
    if address.is_none() && !typed.is_empty() {
        form.refuse("reply-to", say!("“{typed}” is no e-mail address. Write one, such as ana@example.org.", typed));
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Form {
        let mut form = empty(None, "Europe/Berlin");
        form.set("name", "Weekly");
        form.set("recipients", "a@example.org");
        for (name, value) in pairs {
            form.set(*name, *value);
        }
        form
    }

    #[test]
    fn what_was_saved_opens_as_it_was_typed() {
        for pairs in [
            &[("scope", "house"), ("covers", "month"), ("when", "final")][..],
            &[("scope", "customer:Acme: & Co"), ("covers", "week"), ("when", "cron"), ("cron", "0 8 * * 1")],
            &[("scope", "agreement:4000"), ("covers", ""), ("when", "at"), ("time", "07:30"), ("wait", "2")],
            &[("reply-to", "b@example.org"), ("prefix", "[SLA]"), ("only", "breach"), ("csv", ""), ("json", "yes")],
        ] {
            let draft = read(&mut typed(pairs)).unwrap();
            let again = filled(&draft);
            for (name, value) in pairs {
                assert_eq!(again.value(name), *value, "{name}");
            }
            assert_eq!(read(&mut again.clone()), Some(draft));
        }
    }

    #[test]
    fn each_mistake_stands_beside_its_field_with_the_mend() {
        for (pairs, field, mend) in [
            (&[("name", " ")][..], "name", "a name"),
            (&[("scope", "customer:")], "scope", "choose all agreements"),
            (&[("scope", "agreement:x")], "scope", "choose all agreements"),
            (&[("scope", "house"), ("covers", "")], "covers", "day, week, month"),
            (&[("scope", "agreement:1"), ("covers", "decade")], "covers", "day, week, month"),
            (&[("when", "now")], "when", "choose when"),
            (&[("when", "at"), ("time", "25:00")], "time", "08:00"),
            (&[("when", "at"), ("wait", "99")], "wait", "from 0 to 27"),
            (&[("when", "cron"), ("cron", "hourly")], "cron", "five fields"),
            (&[("zone", "Mars/Base")], "zone", "no time zone"),
            (&[("recipients", " ")], "recipients", "at least one"),
            (&[("recipients", "a@b, nobody")], "recipients", "no e-mail address"),
            (&[("reply-to", "x\r\nBcc: y@z")], "reply-to", "no e-mail address"),
            (&[("prefix", "a\r\nBcc: y@z")], "prefix", "one line"),
            (&[("only", "")], "only", "choose one"),
        ] {
            let mut form = typed(pairs);
            assert_eq!(read(&mut form), None, "{pairs:?}");
            let said = form.field(field).problem.unwrap_or_default();
            assert!(said.contains(mend), "{pairs:?}: {said:?}");
        }
    }
}
