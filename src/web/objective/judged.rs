//! What is judged and what is not, the same range by other methods, and its worst slices.

use super::Facts;
use super::promise::policy;
use super::range;
use crate::domain::account::Account;
use crate::domain::judgement::Sli;
use crate::domain::sheet::Cut;
use crate::domain::target::Target;
use crate::domain::terms::{Method, Unit};
use crate::domain::wording::{self, count};
use crate::language;
use crate::language::say;
use crate::view::objective::{MethodRow, WorstSlice};
use crate::view::{Badge, Fact, Link, Tone};
use crate::web::standing;
use crate::web::units::{Units, slice_length, slice_of};

/// Minutes that are taken out, slices by what they are, and the raw number beside the contract's.
pub(super) fn judged(facts: &Facts) -> Vec<Fact> {
    let (span, judged) = (facts.range.span, &facts.trace.judged);
    let excluded = judged.effect.excluded.minutes_in(span);
    let minutes = |n: i64| if n == 0 { say!("none") } else { wording::duration_minutes(n) };
    let mut told = vec![
        Fact::new(
            say!("Judged minutes"),
            say!("{part} of {whole}", count(judged.minutes.minutes()), count(span.minutes())),
        ),
        Fact::new(say!("Excluded"), minutes(excluded)),
        Fact::new(say!("Outside business hours"), minutes(judged.closed)),
        Fact::new(say!("By the contract"), measured(facts, &facts.trace.whole.account)),
        Fact::new(say!("Raw, with nothing taken out"), measured(facts, &facts.trace.raw)),
    ];
    told.extend(slices(facts));
    told
}

fn measured(facts: &Facts, account: &Account) -> String {
    let objective = &facts.listing.objective;
    standing::measured(objective.kind, objective.target, &account.counted)
}

/// The slices by what they are, and what the terms make of them.
fn slices(facts: &Facts) -> Vec<Fact> {
    let (slices, terms) = (facts.trace.whole.account.slices, &facts.listing.objective.terms);
    if terms.unit() == Unit::Event || facts.units.is_share() {
        return Vec::new();
    }
    let made_of = |n: i64, what| match n {
        0 => count(n),
        n => say!("{count}, which {are_good}", count(n), language::word(policy(what))),
    };
    vec![
        Fact::new(say!("Slices of {length}, good", slice_length(slice_of(&facts.listing))), count(slices.good)),
        Fact::new(say!("… below the slice target"), count(slices.bad)),
        Fact::new(say!("… without requests"), made_of(slices.no_requests, terms.counting.no_requests)),
        Fact::new(say!("… unknown"), made_of(slices.unknown, terms.counting.unknown)),
    ]
}

/// The same range by each method.
pub(super) fn by_method(facts: &Facts) -> Vec<MethodRow> {
    let objective = &facts.listing.objective;
    let own = objective.terms.counting.method;
    let row = |(method, account): &(Method, Account)| {
        let method = *method;
        let units = match method {
            Method::Occurrences => Units::of_events(&facts.listing),
            _ => Units::of_slices(method.slice(), method.unit()),
        };
        let tally = account.counted;
        MethodRow {
            name: name(method, &units),
            word: method.word().to_owned(),
            is_own: method == own,
            counted: say!(
                "{part} of {whole}",
                units.good(tally.good, tally.total, objective.target),
                units.number(tally.total, None)
            ),
            sli: match wording::sli_percent(tally.good, tally.total, Some(objective.target)) {
                share if tally.total > 0 => format!("{share} %"),
                _ => measured(facts, account),
            },
            verdict: verdict(account, objective.target),
        }
    };
    facts.trace.by_method.iter().map(row).collect()
}

fn name(method: Method, units: &Units) -> String {
    let slice = slice_length(method.slice());
    match method {
        Method::Occurrences => say!("Good {events}", units.many()),
        Method::Timeslices { target, .. } => say!("Slices of {length} with at least {target} % good", slice, target),
        Method::RatioTimeslices { .. } => say!("Mean of the shares of slices of {length}", slice),
    }
}

fn verdict(account: &Account, target: Target) -> Badge {
    match Sli::of(&account.counted) {
        Sli::Measured { good, total } if target.is_met(good, total) => Badge::new(Tone::Good, "Met"),
        Sli::Measured { .. } => Badge::new(Tone::Bad, "Missed"),
        Sli::NoTraffic | Sli::Unknown | Sli::NotApplicable => Badge::new(Tone::Idle, "Nothing to judge"),
    }
}

/// Whether the methods agree, in a sentence, and whether they do not.
pub(super) fn agreement(rows: &[MethodRow]) -> (String, bool) {
    let is = |tone| rows.iter().any(|row| row.verdict.tone == tone);
    match (is(Tone::Good), is(Tone::Bad)) {
        (true, true) => (say!("The methods disagree: by one the target is met, by another it is missed."), true),
        (false, false) => (say!("There is nothing to compare."), false),
        _ => (say!("Every method comes to the same verdict."), false),
    }
}

/// The worst slices.
pub(super) fn worst(facts: &Facts) -> Vec<WorstSlice> {
    facts.trace.worst.iter().map(|cut| row(facts, cut)).collect()
}

fn row(facts: &Facts, cut: &Cut) -> WorstSlice {
    let (objective, zone) = (&facts.listing.objective, facts.listing.agreement.zone);
    let hour = range::query(cut.span.start().hour().span());
    WorstSlice {
        when: Link::new(
            format!("/objectives/{}?{hour}", objective.id.0),
            wording::instant(cut.span.start().start(), zone),
        ),
        bad: count(cut.total - cut.good),
        total: count(cut.total),
        share: format!("{} %", wording::sli_percent(cut.good, cut.total, Some(objective.target))),
    }
}
