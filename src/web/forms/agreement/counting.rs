//! How an objective counts, what it weighs, and what it alerts on.

use super::field;
use crate::domain::burn;
use crate::domain::compliance::Group;
use crate::domain::contract::{ObjectiveTerms, Rule};
use crate::domain::target::Target;
use crate::domain::terms::{Counting, Downtime, Method, Policy, SliceMinutes, SliceTarget};
use crate::language::say;
use crate::ops::define_agreement::CompositeDraft;
use crate::view::Form;
use crate::web::forms::{Refused, number, sentence};
use std::ops::RangeInclusive;

/// The largest weight of an objective or of a member.
const WEIGHT_MAX: i64 = 1000;
/// The most requests that a downtime definition may demand of a slice.
const REQUESTS_MAX: i64 = 1_000_000_000;

/// The fields of an objective's terms as the form opens for one that exists.
pub(super) fn fields(terms: &ObjectiveTerms) -> Vec<(&'static str, String)> {
    let Counting { method, no_requests, unknown, downtime } = terms.counting;
    let mut fields = vec![
        ("method", method.word().to_owned()),
        ("no-requests", no_requests.word().to_owned()),
        ("unknown", unknown.word().to_owned()),
        ("consecutive", downtime.consecutive().to_string()),
        ("down-requests", downtime.at_least_requests().to_string()),
        ("group", terms.group.map_or("", Group::word).to_owned()),
        ("weight", terms.weight.to_string()),
        ("alerts", burn::rules_text(&terms.alerts).trim_end().to_owned()),
    ];
    if method != Method::Occurrences {
        fields.push(("slice", method.slice().minutes().to_string()));
    }
    if let Method::Timeslices { target, .. } = method {
        fields.push(("slice-target", target.to_string()));
    }
    if terms.earns_credit {
        fields.push(("earns-credit", "on".to_owned()));
    }
    fields
}

/// Reads the terms of an objective with this target over a window of so many minutes; composites are resolved later.
pub(super) fn read(form: &mut Form, at: usize, target: Option<Target>, window_minutes: i64) -> Option<ObjectiveTerms> {
    let method = method(form, at, target);
    let no_requests = policy(form, &field(at, "no-requests"), Policy::Good);
    let unknown = policy(form, &field(at, "unknown"), Policy::Excluded);
    let consecutive = number_or(form, &field(at, "consecutive"), 1, 1..=Downtime::CONSECUTIVE_MAX);
    let requests = number_or(form, &field(at, "down-requests"), 1, 1..=REQUESTS_MAX);
    let weight = number_or(form, &field(at, "weight"), 1, 0..=WEIGHT_MAX);
    let group = group(form, &field(at, "group"));
    let slice = method.map_or(SliceMinutes::ONE, Method::slice);
    let alerts = target.and_then(|target| {
        let name = field(at, "alerts");
        let read = burn::parse_rules(form.value(&name), window_minutes, target, slice.minutes());
        read.map_err(|why| form.refuse(name, sentence(&why.to_string()))).ok()
    });
    Some(ObjectiveTerms {
        counting: Counting {
            method: method?,
            no_requests: no_requests?,
            unknown: unknown?,
            downtime: Downtime::new(consecutive?, requests?).ok()?,
        },
        group: group.ok()?,
        earns_credit: !form.value(&field(at, "earns-credit")).is_empty(),
        weight: weight?.try_into().ok()?,
        composite: None,
        alerts: alerts?,
    })
}

fn method(form: &mut Form, at: usize, target: Option<Target>) -> Option<Method> {
    let slice_field = field(at, "slice");
    let slice = |form: &mut Form| {
        let typed = form.value(&slice_field).trim().parse::<i64>().ok();
        let slice = typed.map_or(Ok(SliceMinutes::FIVE), SliceMinutes::new);
        slice.map_err(|why| form.refuse(slice_field.clone(), sentence(&why.to_string()))).ok()
    };
    match form.value(&field(at, "method")) {
        "" | "occurrences" => Some(Method::Occurrences),
        "ratio_timeslices" => Some(Method::RatioTimeslices { slice: slice(form)? }),
        "timeslices" => {
            let name = field(at, "slice-target");
            let typed = form.value(&name).trim();
            // without a word of its own, a slice must be as good as the whole
            let read = if typed.is_empty() { Ok(target?.into()) } else { SliceTarget::parse(typed) };
            let slice = slice(form);
            let read = read.map_err(|why| form.refuse(name, sentence(&why.to_string()))).ok();
            Some(Method::Timeslices { slice: slice?, target: read? })
        }
        _ => {
            form.refuse(field(at, "method"), say!("Please choose one of the three ways to count."));
            None
        }
    }
}

fn policy(form: &mut Form, name: &str, usual: Policy) -> Option<Policy> {
    let typed = form.value(name);
    let policy = if typed.is_empty() { Some(usual) } else { Policy::from_word(typed) };
    if policy.is_none() {
        form.refuse(name, say!("Please choose good, not counted or bad."));
    }
    policy
}

fn number_or(form: &mut Form, name: &str, usual: i64, range: RangeInclusive<i64>) -> Option<i64> {
    if form.value(name).trim().is_empty() { Some(usual) } else { number(form, name, range) }
}

fn group(form: &mut Form, name: &str) -> Result<Option<Group>, Refused> {
    let typed = form.value(name).to_owned();
    let group = Group::from_word(&typed);
    if group.is_none() && !typed.is_empty() {
        form.refuse(name, say!("Please choose one of the groups."));
        return Err(Refused);
    }
    Ok(group)
}

/// The text of a composite's members: one on a line, with its weight if that is not 1.
pub(super) fn members_text(members: &[(String, u32)]) -> String {
    let line = |(name, weight): &(String, u32)| match weight {
        1 => name.clone(),
        weight => format!("{name}: {weight}"),
    };
    members.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Reads what a composite is made of: names of other objectives of the form, one on a line, each with a weight if wanted.
pub(super) fn composite(form: &mut Form, at: usize, names: &[String]) -> Option<CompositeDraft> {
    let name = field(at, "members");
    let rule = match form.value(&field(at, "rule")) {
        "" => Some(Rule::AnyBad),
        word => Rule::from_word(word),
    };
    let typed = form.value(&name).to_owned();
    let mut members = Vec::new();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let weighted =
            line.rsplit_once(':').and_then(|(name, weight)| Some((name.trim(), weight.trim().parse().ok()?)));
        let whole = names.iter().find(|name| name.eq_ignore_ascii_case(line)).map(|name| (name.as_str(), 1));
        let (member, weight) = whole.or(weighted).unwrap_or((line, 1));
        let Some(known) = names.iter().find(|name| name.to_lowercase() == member.to_lowercase()) else {
            form.refuse(
                name,
                say!("No other objective of this agreement is called “{member}”; write its name as above.", member),
            );
            return None;
        };
        if !(1..=1000_u32).contains(&weight) {
            form.refuse(name, say!("“{member}” needs a weight from 1 to {most}.", member, WEIGHT_MAX));
            return None;
        }
        members.push((known.clone(), weight));
    }
    let twice = members.iter().enumerate().any(|(n, (name, _))| members.iter().take(n).any(|(other, _)| other == name));
    let sentence = match members.len() {
        _ if twice => say!("A member may stand in a composite only once."),
        0 | 1 => say!("A composite needs at least two members: write their names, one on a line."),
        21.. => say!("A composite has at most 20 members."),
        _ => return Some(CompositeDraft { rule: rule?, members }),
    };
    form.refuse(name, sentence);
    None
}
