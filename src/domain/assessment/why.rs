//! The arithmetic behind each figure, line by line.

use crate::domain::assessment::{Assessed, CreditDue, Told};
use crate::domain::calendar::PeriodKind;
use crate::domain::compliance::Compliance;
use crate::domain::contract::Rule;
use crate::domain::exclusion::Broken;
use crate::domain::phrases::amount;
use crate::domain::recovery::{MeasureKind, Recovery};
use crate::domain::target::ppm_to_percent;
use crate::domain::time::Instant;
use crate::domain::wording::{self, count, counted, share_percent};
use chrono_tz::Tz;

/// How a compliance comes about.
#[must_use]
pub fn compliance(compliance: &Compliance, objectives: &[&Assessed]) -> Vec<String> {
    let weights = |met: bool| -> Vec<String> {
        let of = objectives.iter().filter(|one| one.judgement.met == Some(met));
        of.map(|one| format!("{} ({})", one.name, one.weight)).collect()
    };
    let listed = |names: Vec<String>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let mut lines =
        vec![format!("Met, with weights: {}", listed(weights(true))), format!("Missed: {}", listed(weights(false)))];
    let undecided: Vec<&str> =
        objectives.iter().filter(|one| one.judgement.met.is_none()).map(|one| one.name.as_str()).collect();
    if !undecided.is_empty() {
        lines.push(format!("Not measured or not applicable, so left out: {}", undecided.join(", ")));
    }
    let Compliance { met_weight, decided_weight, .. } = *compliance;
    lines.push(match decided_weight {
        0 => "Nothing that counts was decided, so there is no compliance.".to_owned(),
        _ => format!("{met_weight} / {decided_weight} = {} %", share_percent(met_weight, decided_weight)),
    });
    lines
}

/// A compliance as a figure: `80 %`, or why there is none.
#[must_use]
pub fn compliance_text(compliance: &Compliance) -> String {
    match compliance.decided_weight {
        0 => "not decided".to_owned(),
        all => format!("{} %", share_percent(compliance.met_weight, all)),
    }
}

/// `8,553.6 of 8,640 slices of 5 min`: what was good of all, in an objective's unit.
#[must_use]
pub fn good_of_all(one: &Assessed, good: i64, total: i64) -> String {
    let (one_noun, many) = (&one.nouns.0, &one.nouns.1);
    let noun = if total == one.unit.per_one() { one_noun } else { many };
    format!("{} of {} {noun}", amount(good, one.unit), amount(total, one.unit))
}

/// How an objective's raw number becomes its contractual one.
#[must_use]
pub fn raw(one: &Assessed) -> Vec<String> {
    let (raw, tally) = (&one.raw.counted, &one.judgement.tally);
    let sides = |tally: &crate::domain::ledger::Tally| {
        let counts = good_of_all(one, tally.good, tally.total);
        let minutes = counted(tally.minutes, "minute", "minutes");
        format!("{counts} good in {minutes}: {}", super::measured(tally, one.target))
    };
    vec![
        format!("Raw, nothing taken out: {}", sides(raw)),
        format!(
            "Taken out: {} excluded, {} outside business hours",
            counted(one.excluded_minutes, "minute", "minutes"),
            counted(one.closed_minutes, "minute", "minutes")
        ),
        format!("Contractual: {}", sides(tally)),
    ]
}

/// What a period owes, in a few words: `10 % of the monthly fee, 120.00 EUR`.
#[must_use]
pub fn owed_text(credit: &CreditDue) -> String {
    match &credit.owed {
        None => "not applicable: nothing was counted".to_owned(),
        Some((_, owed)) if owed.credit_ppm == 0 => "nothing".to_owned(),
        Some((_, owed)) => {
            let percent = ppm_to_percent(owed.credit_ppm);
            let money = owed.amount.map(|money| format!(", {money}")).unwrap_or_default();
            format!("{percent} % of the fee{money}")
        }
    }
}

/// How the credit comes about.
#[must_use]
pub fn owed(credit: &CreditDue, objectives: &[Assessed]) -> Vec<String> {
    let names: Vec<&str> =
        credit.by.iter().filter_map(|index| objectives.get(*index)).map(|one| one.name.as_str()).collect();
    let mut lines = vec![match names.as_slice() {
        [] => "No objective earns credits, and none is about availability.".to_owned(),
        names => format!("Credits go by {}; the worst tier decides.", names.join(", ")),
    }];
    if !credit.settles() {
        let (settled, judged) = (wording::period(credit.settled_by), wording::period(credit.period));
        lines.push(format!(
            "Credits are settled by the calendar {settled}: a {judged} alone owes nothing, and this only says which tier it would be in."
        ));
    }
    let Some((index, owed)) = &credit.owed else {
        lines.push("Nothing was counted there, so no tier can apply.".to_owned());
        return lines;
    };
    if let Some(one) = objectives.get(*index) {
        let tally = &one.judgement.tally;
        lines.push(format!("{}: {} good, {}", one.name, good_of_all(one, tally.good, tally.total), one.measured()));
    }
    let Some(tier) = owed.tier else {
        lines.push("That is below no tier.".to_owned());
        return lines;
    };
    let percent = ppm_to_percent;
    lines.push(format!("Below {} %: {} % of the fee", percent(tier.below_ppm), percent(tier.credit_ppm)));
    if let Some(cap) = credit.scale.cap_ppm().filter(|cap| *cap < tier.credit_ppm) {
        lines.push(format!("At most {} % is credited.", percent(cap)));
    }
    if let (Some(fee), Some(amount)) = (credit.scale.fee(), owed.amount) {
        let months = match credit.period {
            PeriodKind::Quarter => " × 3 months",
            PeriodKind::Year => " × 12 months",
            PeriodKind::Day | PeriodKind::Week | PeriodKind::Month => "",
        };
        lines.push(format!("{fee} a month{months} × {} % = {amount}", percent(owed.credit_ppm)));
    }
    lines
}

/// How far off the next tier is: `432 more slices of 5 min may fail, or 36 h of full downtime, until below 99 %`.
#[must_use]
pub fn headroom_text(credit: &CreditDue, objectives: &[Assessed]) -> String {
    let Some(room) = &credit.room else {
        return if credit.owed.is_some() { "none: the worst tier applies" } else { "not applicable" }.to_owned();
    };
    let time = format!("{} of full downtime", wording::duration_seconds(room.seconds));
    let failures = objectives.get(room.nearest).filter(|one| one.rule != Some(Rule::Weighted)).map(|one| {
        let noun = if room.failures == 1 { &one.nouns.0 } else { &one.nouns.1 };
        format!("{} more {noun} may fail, or ", count(room.failures))
    });
    format!("{}{time}", failures.unwrap_or_default())
}

/// How the headroom comes about.
#[must_use]
pub fn headroom(credit: &CreditDue, objectives: &[Assessed]) -> Vec<String> {
    let Some((room, one)) = credit.room.as_ref().and_then(|room| Some((room, objectives.get(room.nearest)?))) else {
        return vec!["There is no further tier to fall to, or nothing was counted.".to_owned()];
    };
    let (tally, below) = (&one.judgement.tally, ppm_to_percent(room.below_ppm));
    let minutes = counted(tally.minutes, "judged minute", "judged minutes");
    vec![
        format!(
            "The next tier credits {} % below {below} %; {} is nearest.",
            ppm_to_percent(room.credit_ppm),
            one.name
        ),
        format!(
            "{} are good; {below} % of all must be, whole ones rounded up.",
            good_of_all(one, tally.good, tally.total)
        ),
        format!("({} − {below} %) × {minutes} so far = {}", one.measured(), wording::duration_seconds(room.seconds)),
    ]
}

/// Until when a credit can be claimed: `until 2026-12-31 00:00 CET, 5 days left`.
#[must_use]
pub fn claim_text(credit: &CreditDue, zone: Tz) -> Option<String> {
    let until = credit.claim_until?;
    let left = match credit.days_left.unwrap_or_default() {
        0 => "too late".to_owned(),
        days => format!("{} left", counted(days, "day", "days")),
    };
    Some(format!("until {}, {left}", wording::instant(until, zone)))
}

/// How a measure of outages comes about.
#[must_use]
pub fn measure(told: &Told, recovery: &Recovery) -> Vec<String> {
    let Recovery { outages, down_minutes, up_minutes, .. } = *recovery;
    let outages_text = counted(outages, "outage", "outages");
    let value = told.measure.value_text();
    let minutes = |n: i64| counted(n, "minute", "minutes");
    let mut lines = match (told.measure.kind, outages) {
        (MeasureKind::PlannedDowntime, _) => {
            vec![format!("Planned maintenance in the period, overlaps once: {value}")]
        }
        (_, 0) => vec![format!("No outage in {} that were judged and known", minutes(up_minutes))],
        (MeasureKind::Mttr, _) => {
            vec![format!("{} down / {outages_text} = {value}", minutes(down_minutes))]
        }
        (MeasureKind::Mtbf, _) => vec![format!("{} up / {outages_text} = {value}", minutes(up_minutes))],
        (MeasureKind::LongestOutage, _) => vec![format!("The longest of {outages_text}: {value}")],
    };
    if told.measure.kind != MeasureKind::PlannedDowntime {
        lines.push("Outages of the objectives about availability; those that overlap or touch are one.".to_owned());
    }
    if told.promised {
        lines.push(format!("Promised: {}", told.measure.limit_text()));
    }
    if told.promised && told.measure.is_unproven() {
        lines.push("The period is too short to prove it.".to_owned());
    }
    lines
}

/// Why minutes stay in the judgement.
#[must_use]
pub const fn broken(broken: Broken) -> &'static str {
    match broken {
        Broken::Notice => "announced too late",
        Broken::Cap => "beyond the month's cap",
    }
}

/// The occurrences of an exclusion in the period, at most `most` of them spelt out.
#[must_use]
pub fn occurrences(spans: &crate::domain::spans::Spans, zone: Tz, most: usize) -> String {
    let all = spans.as_slice();
    let text = |span: &crate::domain::time::Span| wording::span(span.start().start(), span.end().start(), zone);
    let told: Vec<String> = all.iter().take(most).map(text).collect();
    match all.len().saturating_sub(most) {
        0 => told.join("; "),
        more => format!("{}; and {more} more", told.join("; ")),
    }
}

/// Since when: `since 2026-11-11 08:12 CET`.
#[must_use]
pub fn since_text(since: Option<Instant>, zone: Tz) -> Option<String> {
    since.map(|at| format!("since {}", wording::instant(at, zone)))
}
