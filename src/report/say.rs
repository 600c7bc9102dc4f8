//! What a report says about an objective, as labels and values: the same rows in text, mail and page.

use crate::domain::model::ObjectiveKind;
use crate::domain::phrases::amount;
use crate::domain::terms::Unit;
use crate::domain::wording::{self, count, counted, grouped};
use crate::report::{Bounds, Budget, Day, Interval, Line, Outage, Previous, Report, Sli};
use std::cmp::Ordering;

/// A label and its value.
pub(super) type Row = (&'static str, String);

/// What one event or slice of the objective is called, and many; older reports go by the kind of promise.
pub(super) fn nouns(line: &Line) -> (&str, &str) {
    match line.kind {
        _ if !line.letter.noun.is_empty() => (&line.letter.noun, &line.letter.nouns),
        ObjectiveKind::Uptime => ("check", "checks"),
        ObjectiveKind::Availability | ObjectiveKind::Latency | ObjectiveKind::ErrorRate => ("request", "requests"),
        ObjectiveKind::Success => ("attempt", "attempts"),
        ObjectiveKind::Throughput => ("minute", "minutes"),
        ObjectiveKind::Level => ("reading", "readings"),
        ObjectiveKind::Composite => ("part", "parts"),
    }
}

/// The measured share with its sign, or why there is none.
pub(super) fn measured(sli: &Sli) -> String {
    match sli {
        Sli::Measured { percent, .. } => format!("{percent} %"),
        Sli::NoTraffic => "no traffic".to_owned(),
        Sli::Unknown => "unknown".to_owned(),
        Sli::NotApplicable => "not applicable".to_owned(),
    }
}

/// The promise in words: what the target means for this kind.
pub(super) fn promise(line: &Line) -> String {
    let target = line.target;
    let nouns = nouns(line).1;
    match (line.unit, line.kind) {
        (Unit::Slice, _) => return format!("at least {target} % of {nouns} are good"),
        (Unit::BillionthOfSlice, _) => return format!("at least {target} % as the mean over {nouns}"),
        (Unit::Event, _) => {}
    }
    match line.kind {
        ObjectiveKind::Availability => format!("at least {target} % of requests answered without an error"),
        ObjectiveKind::Uptime => format!("at least {target} % of checks find it up"),
        ObjectiveKind::Latency => format!("at least {target} % of requests answered in time"),
        ObjectiveKind::ErrorRate => {
            let most = crate::domain::target::ppm_to_percent(target.budget_ppm());
            format!("at most {most} % of requests fail (at least {target} % good)")
        }
        ObjectiveKind::Success => format!("at least {target} % of attempts succeed"),
        ObjectiveKind::Throughput => format!("at least {target} % of minutes have the promised throughput"),
        ObjectiveKind::Level => format!("at least {target} % of readings within the limit"),
        ObjectiveKind::Composite => format!("at least {target} % of all members together"),
    }
}

/// The report's own facts.
pub(super) fn facts(report: &Report) -> Vec<Row> {
    let (agreement, period) = (&report.agreement, &report.period);
    let mut rows = vec![("Agreement", agreement.name.clone())];
    let people = [("Customer", &agreement.customer), ("Owner", &agreement.owner)];
    rows.extend(people.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| (label, text.clone())));
    rows.push((
        "Period",
        format!("{}, {}", wording::capitalised(&report.period_name()), wording::duration_minutes(period.minutes)),
    ));
    rows.push(("Span", period.local.clone()));
    rows.push(("Time zone", wording::zone(period.start, agreement.zone)));
    let state = if report.provisional { ", provisional" } else { "" };
    rows.push((
        "Built",
        format!("{}, revision {}{state}", wording::instant(report.built_at, agreement.zone), report.revision),
    ));
    rows.extend(place(report));
    rows
}

/// Where an issued report stands in its agreement's chain, and what its file must come to.
fn place(report: &Report) -> Vec<Row> {
    let Some(place) = &report.chain else { return Vec::new() };
    let mut rows = vec![("Report", format!("no. {} of this agreement", count(place.number)))];
    if let Some(digest) = report.digest {
        rows.push(("SHA-256", format!("{digest} (of the JSON file)")));
    }
    if let Some(key) = place.signed_by {
        rows.push(("Signed by", format!("the key {key}")));
    }
    rows
}

/// Everything that is known about an objective, most telling first.
pub(super) fn figures(line: &Line) -> Vec<Row> {
    let mut rows = vec![("Promise", format!("{}, over {}", promise(line), line.window))];
    rows.push(("Measured", format!("{}{}", measured(&line.sli), if line.estimated { " (estimated)" } else { "" })));
    if let Some(text) = certainty(&line.sli) {
        rows.push(("Certainty", text));
    }
    if line.total > 0 {
        let (one, many) = nouns(line);
        let (bad, good, all) =
            (amount(line.bad, line.unit), amount(line.good, line.unit), amount(line.total, line.unit));
        let noun = if line.total == line.unit.per_one() { one } else { many };
        let label = if line.unit == Unit::Event { "Events" } else { "Slices" };
        rows.push((label, format!("{bad} bad and {good} good of {all} {noun}")));
    }
    if let Some(text) = raw(line) {
        rows.push(("Raw", text));
    }
    if let Some(text) = severity(line) {
        rows.push(("Violation", text));
    }
    if let Some(budget) = &line.budget {
        rows.push(("Error budget", budget_in_events(line, budget)));
        rows.push(("In time", budget_in_time(budget)));
    }
    if let Some(rate) = &line.burn_rate {
        rows.push(("Burn rate", format!("{}× over the period", grouped(rate))));
    }
    rows.push(("Coverage", coverage(line)));
    if let Some(previous) = &line.previous {
        rows.push(("Before", change(line, previous)));
    }
    if line.coverage.known > 0 {
        rows.push(("Outages", outages(line)));
    }
    rows
}

/// What is left of the budget, in a few words: `12.3 % left`, `overspent by 69.49 %`.
pub(super) fn budget_left(line: &Line) -> String {
    match &line.budget {
        None => "nothing to spend".to_owned(),
        Some(budget) => match budget.remaining_percent.strip_prefix('-') {
            Some(debt) => format!("overspent by {} %", grouped(debt)),
            None => format!("{} % left", grouped(&budget.remaining_percent)),
        },
    }
}

fn budget_in_events(line: &Line, budget: &Budget) -> String {
    let left = match budget.remaining_events.strip_prefix('-') {
        Some(debt) => format!("{} too many", grouped(debt)),
        None => format!("{} left", grouped(&budget.remaining_events)),
    };
    let consumed = grouped(&budget.consumed_percent);
    format!(
        "{} bad allowed, {} used ({consumed} %); {left}",
        grouped(&budget.allowed_events),
        amount(line.bad, line.unit)
    )
}

fn budget_in_time(budget: &Budget) -> String {
    let allowed = wording::minutes_in_words(&budget.allowed_minutes);
    match budget.remaining_minutes.strip_prefix('-') {
        Some(_) => {
            let debt = wording::minutes_in_words(&budget.remaining_minutes);
            format!("{allowed} of full downtime allowed; overspent by {}", debt.trim_start_matches('-'))
        }
        None => {
            format!("{allowed} of full downtime allowed; {} left", wording::minutes_in_words(&budget.remaining_minutes))
        }
    }
}

/// What the period comes to with nothing taken out, if anything is.
fn raw(line: &Line) -> Option<String> {
    let letter = &line.letter;
    let raw = letter.raw.as_ref().filter(|_| letter.excluded_minutes > 0 || letter.closed_minutes > 0)?;
    let taken = [(letter.excluded_minutes, "excluded"), (letter.closed_minutes, "outside business hours")];
    let taken = taken.into_iter().filter(|(minutes, _)| *minutes > 0);
    let taken: Vec<String> =
        taken.map(|(minutes, what)| format!("{} {what}", counted(minutes, "minute", "minutes"))).collect();
    let verdict = match raw.met {
        Some(true) => ", which meets the target",
        Some(false) => ", which misses the target",
        None => "",
    };
    Some(format!("{} with nothing taken out{verdict}; {}", measured(&raw.sli), taken.join(", ")))
}

fn severity(line: &Line) -> Option<String> {
    // the moment stands with the other violations, where the zone is known
    line.letter.severity.as_ref().map(|severity| format!("{severity}, by the share of the error budget consumed"))
}

fn certainty(sli: &Sli) -> Option<String> {
    let Sli::Measured { interval, too_little_data, .. } = sli else { return None };
    let range = interval.as_ref().map(|Interval { low_percent, high_percent }| {
        format!("between {low_percent} % and {high_percent} % (95 % interval)")
    });
    match (range, too_little_data) {
        (Some(range), true) => Some(format!("too little data to tell: {range}")),
        (None, true) => Some("too little data to tell".to_owned()),
        (range, false) => range,
    }
}

fn coverage(line: &Line) -> String {
    let c = &line.coverage;
    let known = format!("{} % ({} of {} known)", c.percent, count(c.known), counted(c.minutes, "minute", "minutes"));
    match &line.bounds {
        None => known,
        Some(Bounds { worst_percent, best_percent }) => {
            format!("{known}; between {worst_percent} % and {best_percent} % whatever happened in the rest")
        }
    }
}

/// The period before, and which way it went: compared by the counts, not by the rounded figures.
fn change(line: &Line, previous: &Previous) -> String {
    let before = measured(&previous.sli);
    let way = if line.total > 0 && previous.total > 0 {
        let now = i128::from(line.good) * i128::from(previous.total);
        let then = i128::from(previous.good) * i128::from(line.total);
        match now.cmp(&then) {
            Ordering::Less => "; it got worse",
            Ordering::Equal => "; unchanged",
            Ordering::Greater => "; it got better",
        }
    } else {
        ""
    };
    format!("{before} in {}{way}", previous.label)
}

fn outages(line: &Line) -> String {
    let minutes: i64 = line.outages.iter().map(|outage| outage.minutes).sum();
    match line.outages.len() {
        0 => "none".to_owned(),
        n => {
            let n = counted(i64::try_from(n).unwrap_or(i64::MAX), "outage", "outages");
            format!("{n}, {} in all", wording::duration_minutes(minutes))
        }
    }
}

/// One outage: when, how long, and what it cost.
pub(super) struct OutageText {
    pub(super) when: String,
    pub(super) length: String,
    pub(super) cost: String,
    pub(super) cause: Option<String>,
}

/// The outages that cost most, at most `most` of them, in order of time; and how many were left out.
pub(super) fn worst_outages(report: &Report, line: &Line, most: usize) -> (Vec<OutageText>, usize) {
    let mut worst: Vec<&Outage> = line.outages.iter().collect();
    worst.sort_by_key(|outage| (std::cmp::Reverse((outage.bad, outage.minutes)), outage.start));
    worst.truncate(most);
    worst.sort_by_key(|outage| outage.start);
    let left_out = line.outages.len() - worst.len();
    let zone = report.agreement.zone;
    let text = |outage: &&Outage| OutageText {
        when: wording::span(outage.start, outage.end, zone),
        length: wording::duration_minutes(outage.minutes),
        cost: cost(outage),
        cause: outage.cause.clone(),
    };
    (worst.iter().map(text).collect(), left_out)
}

fn cost(outage: &Outage) -> String {
    let depth = outage.bad_percent.as_ref().map(|percent| format!(" ({percent} %)")).unwrap_or_default();
    let counts = format!("{} of {} bad{depth}", count(outage.bad), count(outage.total));
    match &outage.share_of_budget_percent {
        Some(share) => format!("{counts}, {} % of the budget", grouped(share)),
        None => counts,
    }
}

/// One day of an objective.
pub(super) struct DayText {
    pub(super) day: String,
    pub(super) sli: String,
    pub(super) bad: String,
    pub(super) total: String,
    pub(super) known: String,
    /// Does the day alone miss the target?
    pub(super) missed: bool,
}

/// The days of the period, in order.
pub(super) fn days(report: &Report, line: &Line) -> Vec<DayText> {
    let text = |day: &Day| DayText {
        day: wording::weekday(day.start, report.agreement.zone),
        sli: measured(&Sli::of(day.good, day.total, day.known, line.target)),
        bad: amount(day.total - day.good, line.unit),
        total: amount(day.total, line.unit),
        known: wording::duration_minutes(day.known),
        missed: day.total > 0 && !line.target.is_met(day.good, day.total),
    };
    line.daily.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn value(line: &Line, label: &str) -> String {
        figures(line).into_iter().find(|(l, _)| *l == label).map(|(_, value)| value).unwrap_or_default()
    }

    #[test]
    fn a_missed_objective_says_its_debt_and_never_a_negative_length() {
        let line = &sample::report().objectives[0];
        assert_eq!(value(line, "Measured"), "99.8997 %");
        assert_eq!(value(line, "Events"), "1,003 bad and 998,997 good of 1,000,000 requests");
        assert_eq!(value(line, "Error budget"), "1,000 bad allowed, 1,003 used (100.3 %); 3 too many");
        assert_eq!(value(line, "In time"), "10 min 04 s of full downtime allowed; overspent by 2 s");
        assert_eq!(value(line, "Before"), "99.95 % in 2026-W45; it got worse");
        assert_eq!(value(line, "Outages"), "2 outages, 55 min in all");
        assert_eq!(budget_left(line), "overspent by 0.3 %");
    }

    #[test]
    fn an_objective_without_data_claims_nothing() {
        let report = sample::report();
        let line = report.objectives.iter().find(|line| line.total == 0).unwrap();
        assert_eq!(value(line, "Measured"), "unknown");
        for label in ["Events", "Error budget", "In time", "Burn rate", "Outages"] {
            assert_eq!(value(line, label), "", "{label}");
        }
        assert_eq!(value(line, "Coverage"), "0 % (0 of 10,080 minutes known)");
    }

    #[test]
    fn few_events_say_that_they_are_few() {
        let report = sample::report();
        let line =
            report.objectives.iter().find(|line| matches!(line.sli, Sli::Measured { interval: Some(_), .. })).unwrap();
        assert_eq!(value(line, "Certainty"), "too little data to tell: between 96.5 % and 99.97 % (95 % interval)");
    }

    #[test]
    fn only_the_costliest_outages_are_listed_and_in_order_of_time() {
        let report = sample::report();
        let line = &report.objectives[0];
        let (all, left_out) = worst_outages(&report, line, 9);
        assert_eq!((all.len(), left_out), (2, 0));
        let (worst, left_out) = worst_outages(&report, line, 1);
        assert_eq!((worst.len(), left_out), (1, 1));
        assert_eq!(worst[0].when, "2026-11-11 08:00 – 08:43 CET");
        assert_eq!(worst[0].length, "43 min");
        assert_eq!(worst[0].cost, "812 of 4,300 bad, 81.2 % of the budget");
        assert_eq!(
            days(&report, line).iter().filter(|day| day.missed).map(|d| d.day.as_str()).collect::<Vec<_>>(),
            ["Wed 11 Nov"]
        );
    }
}
