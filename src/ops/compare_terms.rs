//! What differs between two revisions of an agreement, field by field, in words.

use crate::domain::burn::rules_text;
use crate::domain::contract::{AgreementTerms, Composite};
use crate::domain::credit::{Claim, Credit};
use crate::domain::ids::ObjectiveId;
use crate::domain::model::{Agreement, ObjectiveKind, Window};
use crate::domain::recovery::RecoveryTargets;
use crate::domain::retention::KeepYears;
use crate::domain::schedule::Schedule;
use crate::domain::target::ppm_to_percent;
use crate::domain::terms::{Counting, Method};
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::terms_in_force::InForce;
use crate::store::objectives::ObjectiveListing;
use chrono::Weekday;

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which: `Customer`, `Checkout succeeds · target`.
    pub what: String,
    /// What it was; empty if there was none.
    pub before: String,
    /// What it is; empty if there is none any more.
    pub after: String,
}

/// Names of fields with their values in words; what says nothing is empty. The names are English, to be known by them;
/// people get them through [`language::word`].
pub type Fields = Vec<(&'static str, String)>;

/// What differs, in the order of the form; objectives are the same by their identity, whatever their names.
#[must_use]
pub fn differences(before: &InForce, after: &InForce) -> Vec<Difference> {
    let mut found = between("", contract(&before.agreement), contract(&after.agreement));
    let has = |side: &InForce, id: ObjectiveId| side.listings.iter().any(|one| one.objective.id == id);
    for old in before.listings.iter().filter(|old| !has(after, old.objective.id)) {
        let what = say!("Objective “{name}” removed", old.objective.name);
        found.push(Difference { what, before: summary(old), after: String::new() });
    }
    for new in &after.listings {
        if let Some(old) = before.listings.iter().find(|old| old.objective.id == new.objective.id) {
            let prefix = format!("{} · ", new.objective.name);
            found.extend(between(&prefix, promise(old, before), promise(new, after)));
        } else {
            let what = say!("Objective “{name}” added", new.objective.name);
            found.push(Difference { what, before: String::new(), after: summary(new) });
        }
    }
    found
}

/// What an agreement says beside its objectives, as labels and texts; who it is and what says nothing are left out.
#[must_use]
pub fn said(side: &InForce) -> Vec<(String, String)> {
    const ELSEWHERE: [&str; 4] = ["name", "customer", "owner", "time zone"];
    let told =
        contract(&side.agreement).into_iter().filter(|(name, text)| !text.is_empty() && !ELSEWHERE.contains(name));
    told.map(|(name, text)| (wording::capitalised(language::word(name)), text)).collect()
}

/// What an objective promises, as labels and texts; what says nothing is left out.
#[must_use]
pub fn promised(listing: &ObjectiveListing, side: &InForce) -> Vec<(String, String)> {
    let told = promise(listing, side).into_iter().filter(|(_, text)| !text.is_empty());
    told.map(|(name, text)| (wording::capitalised(language::word(name)), text)).collect()
}

/// Both sides have the same fields in the same order.
fn between(prefix: &str, before: Fields, after: Fields) -> Vec<Difference> {
    let differ = before.into_iter().zip(after).filter(|((_, was), (_, is))| was != is);
    let difference = |((name, before), (_, after))| {
        let name = language::word(name);
        let what = if prefix.is_empty() { wording::capitalised(name) } else { format!("{prefix}{name}") };
        Difference { what, before, after }
    };
    differ.map(difference).collect()
}

/// What the contract itself says.
#[must_use]
pub fn contract(agreement: &Agreement) -> Fields {
    let AgreementTerms { anchor, hours, rules, credit, recovery, language, keep_years } = &agreement.terms;
    let claim = credit.as_ref().and_then(Credit::claim).map(claim).unwrap_or_default();
    let credit = credit.as_ref().map(Credit::texts).unwrap_or_default();
    let period = |kind| language::word(wording::period(kind));
    let RecoveryTargets { mttr_minutes, mtbf_minutes, longest_minutes, planned_minutes } = *recovery;
    let week = language::word(if anchor.week() == Weekday::Sun { "Sunday" } else { "Monday" });
    let begins =
        say!("weeks on {week}, months on day {day}, years with month {month}", week, anchor.day(), anchor.month());
    vec![
        ("name", agreement.name.clone()),
        ("customer", agreement.customer.clone()),
        ("owner", agreement.owner.clone()),
        ("time zone", agreement.zone.name().to_owned()),
        ("judged by", say!("calendar {period}", period(agreement.period))),
        ("report", say!("every {period}", period(agreement.report_every))),
        ("periods begin", begins),
        ("business hours", hours.as_ref().map(Schedule::hours_text).unwrap_or_default()),
        ("holidays", hours.as_ref().map(Schedule::holidays_text).unwrap_or_default()),
        ("notice of maintenance", length(rules.notice_minutes)),
        ("maintenance taken out, at most a month", length(rules.monthly_cap_minutes)),
        ("credits", credit.tiers),
        ("most credit", credit.cap),
        ("fee", credit.fee),
        ("claims", claim),
        ("mean time to repair, at most", length(mttr_minutes)),
        ("mean time between failures, at least", length(mtbf_minutes)),
        ("longest outage", length(longest_minutes)),
        ("planned downtime, at most", length(planned_minutes)),
        ("language", language.map(|language| language.name().to_owned()).unwrap_or_default()),
        ("reports kept for", keep_years.map(kept).unwrap_or_default()),
    ]
}

fn kept(years: KeepYears) -> String {
    wording::counted(i64::from(years.years()), "year", "years")
}

fn claim(claim: Claim) -> String {
    match claim {
        Claim::Days(n) => wording::counted(n, "day", "days"),
        Claim::Periods(n) => wording::counted(n, "period", "periods"),
    }
}

fn promise(listing: &ObjectiveListing, side: &InForce) -> Fields {
    let (objective, terms) = (&listing.objective, &listing.objective.terms);
    let Counting { method, no_requests, unknown, downtime } = terms.counting;
    vec![
        ("name", objective.name.clone()),
        ("kind", word_of(objective.kind.word())),
        ("target", target(listing)),
        ("window", window(listing)),
        ("service", listing.service_name.clone()),
        ("source", listing.source_name.clone()),
        ("measured by", listing.indicator.query.in_words()),
        ("counted by", counted_by(method)),
        ("slices without requests", word_of(no_requests.word())),
        ("unknown slices", word_of(unknown.word())),
        ("bad slices in a row until down", downtime.consecutive().to_string()),
        ("requests at least for down", wording::count(downtime.at_least_requests())),
        ("group", word_of(objective.group().word())),
        ("earns credit", word_of(if terms.earns_credit { "yes" } else { "no" })),
        ("weight", terms.weight.to_string()),
        ("made of", terms.composite.as_ref().map(|made| members(made, side)).unwrap_or_default()),
        ("alerts", rules_text(&terms.alerts).trim().replace('\n', ", ")),
    ]
}

fn summary(listing: &ObjectiveListing) -> String {
    say!("{target} over {window} of {service}", target(listing), window(listing), listing.service_name)
}

fn target(listing: &ObjectiveListing) -> String {
    let target = listing.objective.target;
    match listing.objective.kind {
        ObjectiveKind::ErrorRate => format!("≤ {} %", ppm_to_percent(target.budget_ppm())),
        _ => format!("{target} %"),
    }
}

fn window(listing: &ObjectiveListing) -> String {
    match listing.objective.window {
        Window::Rolling(length) => length.to_string(),
        Window::Calendar => say!("the calendar period"),
    }
}

fn counted_by(method: Method) -> String {
    let slices = say!("slices of {minutes} min", method.slice().minutes());
    match method {
        Method::Occurrences => say!("single events"),
        Method::Timeslices { target, .. } => {
            say!("{slices} with at least {share} % good", slices, ppm_to_percent(target.ppm()))
        }
        Method::RatioTimeslices { .. } => say!("the mean of {slices}", slices),
    }
}

fn members(composite: &Composite, side: &InForce) -> String {
    let name = |id: ObjectiveId| {
        let found = side.listings.iter().find(|one| one.objective.id == id);
        found.map_or_else(|| format!("#{id}"), |one| one.objective.name.clone())
    };
    let parts = composite.members().iter().map(|(id, weight)| format!("{} × {weight}", name(*id)));
    say!("{rule} of {members}", word_of(composite.rule().word()), wording::comma_list(parts))
}

fn word_of(word: &str) -> String {
    language::word(&word.replace('_', " ")).to_owned()
}

fn length(minutes: Option<i64>) -> String {
    minutes.map(wording::duration_minutes).unwrap_or_default()
}
