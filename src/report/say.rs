//! What a report says about an objective, as labels and values: the same rows in text, mail and page.

use crate::domain::model::ObjectiveKind;
use crate::domain::phrases::amount;
use crate::domain::terms::Unit;
use crate::domain::wording::{self, count, counted, grouped};
use crate::language;
use crate::language::say;
use crate::report::retold::{self, retold};
use crate::report::{Bounds, Budget, Day, Interval, Line, Outage, Previous, Report, Sli};
use std::cmp::Ordering;

/// A label, to be translated where it is shown, and its value.
pub(super) type Row = (&'static str, String);

/// What strangers are told instead of a query; it stands in the report's files too.
const NOT_SHOWN: &str = "not shown here";

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
        Sli::NoTraffic => say!("no traffic"),
        Sli::Unknown => say!("unknown"),
        Sli::NotApplicable => say!("not applicable"),
    }
}

/// The promise in words: what the target means for this kind.
pub(super) fn promise(line: &Line) -> String {
    let target = line.target;
    let nouns = retold(nouns(line).1);
    match (line.unit, line.kind) {
        (Unit::Slice, _) => return say!("at least {target} % of {nouns} are good", target, nouns),
        (Unit::BillionthOfSlice, _) => return say!("at least {target} % as the mean over {nouns}", target, nouns),
        (Unit::Event, _) => {}
    }
    match line.kind {
        ObjectiveKind::Availability => say!("at least {target} % of requests answered without an error", target),
        ObjectiveKind::Uptime => say!("at least {target} % of checks find it up", target),
        ObjectiveKind::Latency => say!("at least {target} % of requests answered in time", target),
        ObjectiveKind::ErrorRate => {
            let most = crate::domain::target::ppm_to_percent(target.budget_ppm());
            say!("at most {most} % of requests fail (at least {target} % good)", most, target)
        }
        ObjectiveKind::Success => say!("at least {target} % of attempts succeed", target),
        ObjectiveKind::Throughput => say!("at least {target} % of minutes have the promised throughput", target),
        ObjectiveKind::Level => say!("at least {target} % of readings within the limit", target),
        ObjectiveKind::Composite => say!("at least {target} % of all members together", target),
    }
}

/// Several things in a row.
pub(super) fn listed(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().reduce(|list, next| say!("{list}, {next}", list, next)).unwrap_or_default()
}

/// What is asked of the source; strangers are told that it is not shown.
pub(super) fn query(line: &Line) -> &str {
    if line.query == NOT_SHOWN { language::word(NOT_SHOWN) } else { &line.query }
}

/// The report's own facts.
pub(super) fn facts(report: &Report) -> Vec<Row> {
    let (agreement, period) = (&report.agreement, &report.period);
    let mut rows = vec![("Agreement", agreement.name.clone())];
    let people = [("Customer", &agreement.customer), ("Owner", &agreement.owner)];
    rows.extend(people.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| (label, text.clone())));
    let name = wording::capitalised(&report.period_name());
    rows.push(("Period", say!("{period}, {length}", name, wording::duration_minutes(period.minutes))));
    rows.push(("Span", period.local.clone()));
    rows.push(("Time zone", wording::zone(period.start, agreement.zone)));
    let (built, revision) = (wording::instant(report.built_at, agreement.zone), report.revision);
    let built = if report.provisional {
        say!("{moment}, revision {revision}, provisional", built, revision)
    } else {
        say!("{moment}, revision {revision}", built, revision)
    };
    rows.push(("Built", built));
    rows.extend(place(report));
    rows
}

/// Where an issued report stands in its agreement's chain, and what its file must come to.
fn place(report: &Report) -> Vec<Row> {
    let Some(place) = &report.chain else { return Vec::new() };
    let mut rows = vec![("Report", say!("no. {number} of this agreement", count(place.number)))];
    if let Some(digest) = report.digest {
        rows.push(("SHA-256", say!("{digest} (of the JSON file)", digest)));
    }
    if let Some(key) = place.signed_by {
        rows.push(("Signed by", say!("the key {key}", key)));
    }
    rows
}

/// Everything that is known about an objective, most telling first.
pub(super) fn figures(line: &Line) -> Vec<Row> {
    let mut rows = vec![("Promise", say!("{promise}, over {window}", promise(line), retold(&line.window)))];
    let share = measured(&line.sli);
    rows.push(("Measured", if line.estimated { say!("{measured} (estimated)", share) } else { share }));
    if let Some(text) = certainty(&line.sli) {
        rows.push(("Certainty", text));
    }
    if line.total > 0 {
        let (one, many) = nouns(line);
        let (bad, good, all) =
            (amount(line.bad, line.unit), amount(line.good, line.unit), amount(line.total, line.unit));
        let noun = if line.total == line.unit.per_one() { one } else { many };
        let label = if line.unit == Unit::Event { "Events" } else { "Slices" };
        rows.push((label, say!("{bad} bad and {good} good of {all}", bad, good, retold::counted(&all, noun))));
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
        rows.push(("Burn rate", say!("{rate}× over the period", grouped(rate))));
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
    let Some(budget) = &line.budget else { return say!("nothing to spend") };
    if let Some(debt) = budget.remaining_percent.strip_prefix('-') {
        say!("overspent by {debt} %", grouped(debt))
    } else {
        say!("{left} % left", grouped(&budget.remaining_percent))
    }
}

fn budget_in_events(line: &Line, budget: &Budget) -> String {
    let left = if let Some(debt) = budget.remaining_events.strip_prefix('-') {
        say!("{debt} too many", grouped(debt))
    } else {
        say!("{amount} left", grouped(&budget.remaining_events))
    };
    say!(
        "{allowed} bad allowed, {used} used ({consumed} %); {left}",
        grouped(&budget.allowed_events),
        amount(line.bad, line.unit),
        grouped(&budget.consumed_percent),
        left
    )
}

fn budget_in_time(budget: &Budget) -> String {
    let allowed = wording::minutes_in_words(&budget.allowed_minutes);
    let left = wording::minutes_in_words(&budget.remaining_minutes);
    if budget.remaining_minutes.starts_with('-') {
        let debt = left.trim_start_matches('-');
        say!("{allowed} of full downtime allowed; overspent by {debt}", allowed, debt)
    } else {
        say!("{allowed} of full downtime allowed; {left} left", allowed, left)
    }
}

/// What the period comes to with nothing taken out, if anything is.
fn raw(line: &Line) -> Option<String> {
    let letter = &line.letter;
    let raw = letter.raw.as_ref().filter(|_| letter.excluded_minutes > 0 || letter.closed_minutes > 0)?;
    let minutes = |n: i64| (n > 0).then(|| counted(n, "minute", "minutes"));
    let excluded = minutes(letter.excluded_minutes).map(|minutes| say!("{minutes} excluded", minutes));
    let closed = minutes(letter.closed_minutes).map(|minutes| say!("{minutes} outside business hours", minutes));
    let (share, taken) = (measured(&raw.sli), listed(excluded.into_iter().chain(closed)));
    Some(match raw.met {
        Some(true) => say!("{measured} with nothing taken out, which meets the target; {taken}", share, taken),
        Some(false) => say!("{measured} with nothing taken out, which misses the target; {taken}", share, taken),
        None => say!("{measured} with nothing taken out; {taken}", share, taken),
    })
}

fn severity(line: &Line) -> Option<String> {
    // the moment stands with the other violations, where the zone is known
    let severity = line.letter.severity.as_ref()?;
    Some(say!("{severity}, by the share of the error budget consumed", language::word(severity)))
}

fn certainty(sli: &Sli) -> Option<String> {
    let Sli::Measured { interval, too_little_data, .. } = sli else { return None };
    let range = interval.as_ref().map(|Interval { low_percent, high_percent }| {
        say!("between {low} % and {high} % (95 % interval)", low_percent, high_percent)
    });
    match (range, too_little_data) {
        (Some(range), true) => Some(say!("too little data to tell: {range}", range)),
        (None, true) => Some(say!("too little data to tell")),
        (range, false) => range,
    }
}

fn coverage(line: &Line) -> String {
    let c = &line.coverage;
    let minutes = counted(c.minutes, "minute", "minutes");
    let known = say!("{percent} % ({known} of {minutes} known)", c.percent, count(c.known), minutes);
    match &line.bounds {
        None => known,
        Some(Bounds { worst_percent, best_percent }) => {
            say!(
                "{known}; between {worst} % and {best} % whatever happened in the rest",
                known,
                worst_percent,
                best_percent
            )
        }
    }
}

/// The period before, and which way it went: compared by the counts, not by the rounded figures.
fn change(line: &Line, previous: &Previous) -> String {
    let (before, period) = (measured(&previous.sli), &previous.label);
    if line.total > 0 && previous.total > 0 {
        let now = i128::from(line.good) * i128::from(previous.total);
        let then = i128::from(previous.good) * i128::from(line.total);
        match now.cmp(&then) {
            Ordering::Less => say!("{before} in {period}; it got worse", before, period),
            Ordering::Equal => say!("{before} in {period}; unchanged", before, period),
            Ordering::Greater => say!("{before} in {period}; it got better", before, period),
        }
    } else {
        say!("{before} in {period}", before, period)
    }
}

fn outages(line: &Line) -> String {
    let minutes: i64 = line.outages.iter().map(|outage| outage.minutes).sum();
    match line.outages.len() {
        0 => say!("none"),
        n => {
            let n = counted(i64::try_from(n).unwrap_or(i64::MAX), "outage", "outages");
            say!("{outages}, {time} in all", n, wording::duration_minutes(minutes))
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
    let (bad, all) = (count(outage.bad), count(outage.total));
    let counts = if let Some(percent) = &outage.bad_percent {
        say!("{bad} of {total} bad ({percent} %)", bad, all, percent)
    } else {
        say!("{bad} of {total} bad", bad, all)
    };
    match &outage.share_of_budget_percent {
        Some(share) => say!("{counts}, {share} % of the budget", counts, grouped(share)),
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
