//! The arithmetic behind each figure, line by line.

use crate::domain::assessment::{Assessed, CreditDue, Told};
use crate::domain::calendar::PeriodKind;
use crate::domain::compliance::Compliance;
use crate::domain::contract::Rule;
use crate::domain::exclusion::Broken;
use crate::domain::phrases::{amount, numbered};
use crate::domain::recovery::{MeasureKind, Recovery};
use crate::domain::target::ppm_to_percent;
use crate::domain::time::Instant;
use crate::domain::wording::{self, comma_list, count, counted, share_percent};
use crate::language::{self, say};
use chrono_tz::Tz;

/// How a compliance comes about.
#[must_use]
pub fn compliance(compliance: &Compliance, objectives: &[&Assessed]) -> Vec<String> {
    let weights = |met: bool| -> Vec<String> {
        let of = objectives.iter().filter(|one| one.judgement.met == Some(met));
        of.map(|one| format!("{} ({})", one.name, one.weight)).collect()
    };
    let listed = |names: Vec<String>| if names.is_empty() { say!("none") } else { comma_list(names) };
    let mut lines =
        vec![say!("Met, with weights: {list}", listed(weights(true))), say!("Missed: {list}", listed(weights(false)))];
    let undecided: Vec<String> =
        objectives.iter().filter(|one| one.judgement.met.is_none()).map(|one| one.name.clone()).collect();
    if !undecided.is_empty() {
        lines.push(say!("Not measured or not applicable, so left out: {list}", comma_list(undecided)));
    }
    let Compliance { met_weight, decided_weight, .. } = *compliance;
    lines.push(match decided_weight {
        0 => say!("Nothing that counts was decided, so there is no compliance."),
        _ => format!("{met_weight} / {decided_weight} = {} %", share_percent(met_weight, decided_weight)),
    });
    lines
}

/// A compliance as a figure: `80 %`, or why there is none.
#[must_use]
pub fn compliance_text(compliance: &Compliance) -> String {
    match compliance.decided_weight {
        0 => say!("not decided"),
        all => format!("{} %", share_percent(compliance.met_weight, all)),
    }
}

/// `8,553.6 of 8,640 slices of 5 min`: what was good of all, in an objective's unit.
#[must_use]
pub fn good_of_all(one: &Assessed, good: i64, total: i64) -> String {
    let (one_noun, many) = (&one.nouns.0, &one.nouns.1);
    let noun = if total == one.unit.per_one() { one_noun } else { many };
    say!("{good} of {all}", amount(good, one.unit), numbered(&amount(total, one.unit), noun))
}

/// How an objective's raw number becomes its contractual one.
#[must_use]
pub fn raw(one: &Assessed) -> Vec<String> {
    let (raw, tally) = (&one.raw.counted, &one.judgement.tally);
    let sides = |tally: &crate::domain::ledger::Tally| {
        let counts = good_of_all(one, tally.good, tally.total);
        let minutes = counted(tally.minutes, "minute", "minutes");
        say!("{counts} good in {minutes}: {share}", counts, minutes, super::measured(tally, one.target))
    };
    vec![
        say!("Raw, nothing taken out: {numbers}", sides(raw)),
        say!(
            "Taken out: {excluded} excluded, {closed} outside business hours",
            counted(one.excluded_minutes, "minute", "minutes"),
            counted(one.closed_minutes, "minute", "minutes")
        ),
        say!("Contractual: {numbers}", sides(tally)),
    ]
}

/// What a period owes, in a few words: `10 % of the monthly fee, 120.00 EUR`.
#[must_use]
pub fn owed_text(credit: &CreditDue) -> String {
    match &credit.owed {
        None => say!("not applicable: nothing was counted"),
        Some((_, owed)) if owed.credit_ppm == 0 => say!("nothing"),
        Some((_, owed)) => {
            let percent = ppm_to_percent(owed.credit_ppm);
            owed.amount.map_or_else(
                || say!("{percent} % of the fee", percent),
                |money| say!("{percent} % of the fee, {money}", percent, money),
            )
        }
    }
}

/// How the credit comes about.
#[must_use]
pub fn owed(credit: &CreditDue, objectives: &[Assessed]) -> Vec<String> {
    let names: Vec<String> =
        credit.by.iter().filter_map(|index| objectives.get(*index)).map(|one| one.name.clone()).collect();
    let mut lines = vec![if names.is_empty() {
        say!("No objective earns credits, and none is about availability.")
    } else {
        say!("Credits go by {names}; the worst tier decides.", comma_list(names))
    }];
    if !credit.settles() {
        lines.push(say!(
            "Credits are settled by the calendar {settled}: a {judged} alone owes nothing, and this only says which tier it would be in.",
            language::word(wording::period(credit.settled_by)),
            language::word(wording::period(credit.period))
        ));
    }
    let Some((index, owed)) = &credit.owed else {
        lines.push(say!("Nothing was counted there, so no tier can apply."));
        return lines;
    };
    if let Some(one) = objectives.get(*index) {
        let tally = &one.judgement.tally;
        let counts = good_of_all(one, tally.good, tally.total);
        lines.push(say!("{name}: {counts} good, {share}", one.name, counts, one.measured()));
    }
    let Some(tier) = owed.tier else {
        lines.push(say!("That is below no tier."));
        return lines;
    };
    let percent = ppm_to_percent;
    let (below, share) = (percent(tier.below_ppm), percent(tier.credit_ppm));
    lines.push(say!("Below {below} %: {percent} % of the fee", below, share));
    if let Some(cap) = credit.scale.cap_ppm().filter(|cap| *cap < tier.credit_ppm) {
        lines.push(say!("At most {percent} % is credited.", percent(cap)));
    }
    if let (Some(fee), Some(amount)) = (credit.scale.fee(), owed.amount) {
        let share = percent(owed.credit_ppm);
        lines.push(match credit.period {
            PeriodKind::Quarter => say!("{fee} a month × 3 months × {percent} % = {amount}", fee, share, amount),
            PeriodKind::Year => say!("{fee} a month × 12 months × {percent} % = {amount}", fee, share, amount),
            PeriodKind::Day | PeriodKind::Week | PeriodKind::Month => {
                say!("{fee} a month × {percent} % = {amount}", fee, share, amount)
            }
        });
    }
    lines
}

/// How far off the next tier is: `432 more slices of 5 min may fail, or 36 h of full downtime, until below 99 %`.
#[must_use]
pub fn headroom_text(credit: &CreditDue, objectives: &[Assessed]) -> String {
    let Some(room) = &credit.room else {
        return if credit.owed.is_some() { say!("none: the worst tier applies") } else { say!("not applicable") };
    };
    let time = wording::duration_seconds(room.seconds);
    let failures = objectives.get(room.nearest).filter(|one| one.rule != Some(Rule::Weighted)).map(|one| {
        let noun = if room.failures == 1 { &one.nouns.0 } else { &one.nouns.1 };
        numbered(&say!("{failures} more", count(room.failures)), noun)
    });
    failures.map_or_else(
        || say!("{time} of full downtime", time),
        |failures| say!("{failures} may fail, or {time} of full downtime", failures, time),
    )
}

/// How the headroom comes about.
#[must_use]
pub fn headroom(credit: &CreditDue, objectives: &[Assessed]) -> Vec<String> {
    let Some((room, one)) = credit.room.as_ref().and_then(|room| Some((room, objectives.get(room.nearest)?))) else {
        return vec![say!("There is no further tier to fall to, or nothing was counted.")];
    };
    let (tally, below) = (&one.judgement.tally, ppm_to_percent(room.below_ppm));
    let minutes = counted(tally.minutes, "judged minute", "judged minutes");
    vec![
        say!(
            "The next tier credits {percent} % below {below} %; {name} is nearest.",
            ppm_to_percent(room.credit_ppm),
            below,
            one.name
        ),
        say!(
            "{counts} are good; {below} % of all must be, whole ones rounded up.",
            good_of_all(one, tally.good, tally.total),
            below
        ),
        say!(
            "({share} − {below} %) × {minutes} so far = {time}",
            one.measured(),
            below,
            minutes,
            wording::duration_seconds(room.seconds)
        ),
    ]
}

/// Until when a credit can be claimed: `until 2026-12-31 00:00 CET, 5 days left`.
#[must_use]
pub fn claim_text(credit: &CreditDue, zone: Tz) -> Option<String> {
    let until = credit.claim_until?;
    let moment = wording::instant(until, zone);
    Some(match credit.days_left.unwrap_or_default() {
        0 => say!("until {moment}, too late", moment),
        days => say!("until {moment}, {days} left", moment, counted(days, "day", "days")),
    })
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
            vec![say!("Planned maintenance in the period, overlaps once: {value}", value)]
        }
        (_, 0) => vec![say!("No outage in {minutes} that were judged and known", minutes(up_minutes))],
        (MeasureKind::Mttr, _) => {
            vec![say!("{minutes} down / {outages} = {value}", minutes(down_minutes), outages_text, value)]
        }
        (MeasureKind::Mtbf, _) => {
            vec![say!("{minutes} up / {outages} = {value}", minutes(up_minutes), outages_text, value)]
        }
        (MeasureKind::LongestOutage, _) => vec![say!("The longest of {outages}: {value}", outages_text, value)],
    };
    if told.measure.kind != MeasureKind::PlannedDowntime {
        lines.push(say!("Outages of the objectives about availability; those that overlap or touch are one."));
    }
    if told.promised {
        lines.push(say!("Promised: {limit}", told.measure.limit_text()));
    }
    if told.promised && told.measure.is_unproven() {
        lines.push(say!("The period is too short to prove it."));
    }
    lines
}

/// Why minutes stay in the judgement.
#[must_use]
pub fn broken(broken: Broken) -> &'static str {
    language::word(match broken {
        Broken::Notice => "announced too late",
        Broken::Cap => "beyond the month's cap",
    })
}

/// The occurrences of an exclusion in the period, at most `most` of them spelt out.
#[must_use]
pub fn occurrences(spans: &crate::domain::spans::Spans, zone: Tz, most: usize) -> String {
    let all = spans.as_slice();
    let text = |span: &crate::domain::time::Span| wording::span(span.start().start(), span.end().start(), zone);
    let told: Vec<String> = all.iter().take(most).map(text).collect();
    match all.len().saturating_sub(most) {
        0 => told.join("; "),
        more => say!("{list}; and {more} more", told.join("; "), more),
    }
}

/// Since when: `since 2026-11-11 08:12 CET`.
#[must_use]
pub fn since_text(since: Option<Instant>, zone: Tz) -> Option<String> {
    since.map(|at| say!("since {moment}", wording::instant(at, zone)))
}
