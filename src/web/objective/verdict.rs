//! The verdict and its figures.

use super::Facts;
use super::range::Choice;
use crate::domain::burn::{self, AlertRule, Severity};
use crate::domain::judgement::{Budget, Exhaustion, Judgement, Sli, Terms};
use crate::domain::model::{Bound, ObjectiveKind, Query, Window};
use crate::domain::outage::Outage;
use crate::domain::target::{WHOLE_PPM, ppm_to_percent};
use crate::domain::time::DAY_MINUTES;
use crate::domain::wording::{self, count, counted, grouped};
use crate::store::objectives::ObjectiveListing;
use crate::view::objective::{Alert, BurnRate, OutageRow, Tile};
use crate::view::{Badge, Tone};
use crate::web::standing::{self, signed};

/// The promise in a sentence: `Promised: at least 99.9 % of requests succeed, over any 30 days.`
pub(super) fn promise(listing: &ObjectiveListing) -> String {
    let ObjectiveListing { objective, indicator, agreement, .. } = listing;
    let (target, (_, events)) = (objective.target, standing::events(objective.kind, &indicator.query));
    let what = match (objective.kind, &indicator.query) {
        (ObjectiveKind::Availability | ObjectiveKind::Success, _) => format!("at least {target} % of {events} succeed"),
        (ObjectiveKind::Uptime, Query::Check { within_ms: Some(ms) }) => {
            format!("at least {target} % of {events} find it up within {ms} ms")
        }
        (ObjectiveKind::Uptime, _) => format!("at least {target} % of {events} find it up"),
        (ObjectiveKind::Latency, Query::Latency { threshold, .. }) => {
            format!("at least {target} % of {events} are answered within {threshold} s")
        }
        (ObjectiveKind::Latency, _) => format!("at least {target} % of {events} are answered in time"),
        (ObjectiveKind::ErrorRate, _) => {
            format!("at most {} % of {events} fail", ppm_to_percent(target.budget_ppm()))
        }
        (ObjectiveKind::Throughput, Query::Throughput { at_least, .. }) => {
            format!("at least {target} % of {events} have {at_least} requests per second or more")
        }
        (ObjectiveKind::Throughput, _) => format!("at least {target} % of {events} have enough requests"),
        (ObjectiveKind::Level, Query::Level { limit, .. }) => format!("at least {target} % of {events} are {limit}"),
        (ObjectiveKind::Level, _) => format!("at least {target} % of {events} are within the limit"),
        (ObjectiveKind::Composite, _) => format!("at least {target} % of all members together"),
    };
    let when = match objective.window {
        Window::Rolling(length) => format!("over any {}", standing::length_in_words(length.minutes())),
        Window::Calendar => format!("in each calendar {}", agreement.period.word()),
    };
    format!("Promised: {what}, {when}.")
}

/// The verdict in one or two sentences.
pub(super) fn sentence(facts: &Facts) -> String {
    let (when, (_, events)) =
        (when(facts), standing::events(facts.listing.objective.kind, &facts.listing.indicator.query));
    let budget = match (facts.judged.sli, &facts.judged.budget) {
        (Sli::Measured { .. }, Some(budget)) => budget,
        (Sli::NoTraffic, _) => return format!("Measured, but there were no {events} {when}: nothing to judge."),
        _ => return format!("Nothing was measured {when}. Whether the promise was kept is unknown."),
    };
    let (bad, total) = (budget.bad(), facts.judged.tally.total);
    let what = went_wrong(&facts.listing);
    let opening = match bad {
        0 => format!("None of {} {events} {what} {when}", count(total)),
        _ => format!("{} of {} {events} {what} {when}", count(bad), count(total)),
    };
    format!("{opening}: {}.{}", consequence(facts, budget), caveat(facts))
}

/// What the counts mean for the budget.
fn consequence(facts: &Facts, budget: &Budget) -> String {
    let left = budget.remaining_millionths();
    let millionths = i128::from(WHOLE_PPM);
    let whole = |events: i128| count(i64::try_from(events).unwrap_or(i64::MAX));
    if left < 0 {
        // a debt counts whole events, or the promise would seem kept with one fewer than it takes
        let over = (-left + millionths - 1) / millionths;
        return format!("{} more than the error budget allows", whole(over));
    }
    let percent = standing::remaining(&facts.judged.tally, facts.terms.target);
    match (budget.bad(), left / millionths) {
        (0, _) => "the whole error budget is left".to_owned(),
        (_, 0) => format!("{percent} of the error budget is left, too little for even one more"),
        (_, more) => format!("{percent} of the error budget is left, enough for {} more", whole(more)),
    }
}

/// What makes the verdict less than certain, or urgent.
fn caveat(facts: &Facts) -> String {
    let alert = facts.own.firing.first().map(|rule| {
        let (factor, long) = (wording::factor(rule.factor), wording::duration_minutes(rule.long_minutes));
        format!(" An alert fires: over the last {long} it burned faster than {factor}.")
    });
    let doubt = facts
        .judged
        .interval
        .filter(|interval| interval.undecided)
        .map(|_| " So few events cannot tell whether the service itself meets the target.".to_owned());
    [alert, doubt].into_iter().flatten().collect()
}

/// What a bad event did.
fn went_wrong(listing: &ObjectiveListing) -> String {
    match (listing.objective.kind, &listing.indicator.query) {
        (ObjectiveKind::Latency, Query::Latency { threshold, .. }) => format!("took longer than {threshold} s"),
        (ObjectiveKind::Latency, _) => "took too long".to_owned(),
        (ObjectiveKind::Uptime, _) => "found it down".to_owned(),
        (ObjectiveKind::Availability | ObjectiveKind::ErrorRate | ObjectiveKind::Success, _) => "failed".to_owned(),
        (ObjectiveKind::Throughput, Query::Throughput { at_least, .. }) => {
            format!("had fewer than {at_least} requests per second")
        }
        (ObjectiveKind::Throughput, _) => "had too few requests".to_owned(),
        (ObjectiveKind::Level, Query::Level { limit, .. }) => match limit.at() {
            Bound::AtMost => format!("were above {}", limit.number()),
            Bound::AtLeast => format!("were below {}", limit.number()),
        },
        (ObjectiveKind::Level, _) => "were outside the limit".to_owned(),
        (ObjectiveKind::Composite, _) => "were bad".to_owned(),
    }
}

/// The range as part of a sentence.
fn when(facts: &Facts) -> String {
    match (facts.range.choice, facts.listing.objective.window) {
        (Choice::Window, Window::Rolling(length)) => last(length.minutes()),
        (Choice::Window, Window::Calendar) => format!("so far this {}", facts.listing.agreement.period.word()),
        (Choice::Days(days), _) => last(days * DAY_MINUTES),
        (Choice::Custom, _) => "in this range".to_owned(),
    }
}

fn last(minutes: i64) -> String {
    match minutes {
        DAY_MINUTES => "in the last day".to_owned(),
        _ => format!("in the last {}", standing::length_in_words(minutes)),
    }
}

/// The figures.
pub(super) fn tiles(facts: &Facts) -> Vec<Tile> {
    let mut tiles = vec![measured(facts)];
    if let Some(budget) = &facts.judged.budget {
        tiles.extend(budget_tiles(facts, budget));
    }
    tiles.push(coverage(facts));
    tiles
}

fn tile(label: &str, value: impl Into<String>, notes: Vec<String>, tone: Option<Tone>) -> Tile {
    Tile { label: label.to_owned(), value: value.into(), notes, tone }
}

fn measured(facts: &Facts) -> Tile {
    let objective = &facts.listing.objective;
    let (kind, target, tally) = (objective.kind, objective.target, &facts.judged.tally);
    let mut notes = vec![format!("target {}", standing::target(kind, target))];
    if kind == ObjectiveKind::ErrorRate && tally.total > 0 {
        notes.push(format!("{} % good", wording::sli_percent(tally.good, tally.total, Some(target))));
    }
    if let Some(interval) = facts.judged.interval {
        let (low, high) = (wording::estimated_percent(interval.low), wording::estimated_percent(interval.high));
        notes.push(format!("few events: {low} % to {high} % good"));
    }
    let label = if kind == ObjectiveKind::ErrorRate { "Error rate" } else { "Good (SLI)" };
    let tone = (facts.judged.met == Some(false)).then_some(Tone::Bad);
    tile(label, standing::measured(kind, target, tally), notes, tone)
}

fn budget_tiles(facts: &Facts, budget: &Budget) -> Vec<Tile> {
    let (target, tally) = (facts.terms.target, &facts.judged.tally);
    let (one, many) = standing::events(facts.listing.objective.kind, &facts.listing.indicator.query);
    let consumed = wording::budget_consumed_percent(tally.good, tally.total, target).unwrap_or_default();
    let spent = budget.allowed_seconds().saturating_sub(budget.remaining_seconds());
    let left = wording::budget_remaining_events(tally.good, tally.total, target);
    let left = match left.strip_prefix('-') {
        Some(debt) => format!("{} {many} over", grouped(debt)),
        None => format!("{} {many} left", grouped(&left)),
    };
    let tone = (budget.remaining_millionths() < 0).then_some(Tone::Bad);
    vec![
        tile(
            "Budget",
            grouped(&wording::budget_allowed_events(tally.total, target)),
            vec![
                format!("of {} may be bad", counted(tally.total, one, many)),
                format!("or {} of full downtime", wording::duration_seconds(budget.allowed_seconds())),
            ],
            None,
        ),
        tile(
            "Consumed",
            format!("{} %", grouped(&consumed)),
            vec![
                format!("{} bad", counted(budget.bad(), one, many)),
                format!("{} of full downtime", wording::duration_seconds(spent)),
            ],
            None,
        ),
        tile("Remaining", standing::remaining(tally, target), vec![left, standing::remaining_time(Some(budget))], tone),
        runs_out(facts),
    ]
}

fn runs_out(facts: &Facts) -> Tile {
    let own = &facts.own;
    let to_period_end = (facts.listing.objective.window == Window::Calendar)
        .then(|| facts.own_terms.window_minutes - own.span.minutes());
    let notes = match own.exhaustion {
        Some(Exhaustion::In { burn_rate, .. }) => {
            vec![format!("at {}, as in the last hour", wording::factor(burn_rate))]
        }
        Some(Exhaustion::NotInSight) => vec!["nothing burned in the last hour".to_owned()],
        Some(Exhaustion::Exhausted) | None => Vec::new(),
    };
    let tone = (own.exhaustion == Some(Exhaustion::Exhausted)).then_some(Tone::Bad);
    let label = if facts.range.choice == Choice::Window { "Budget runs out" } else { "Window's budget runs out" };
    tile(label, standing::runs_out(own.exhaustion, to_period_end), notes, tone)
}

fn coverage(facts: &Facts) -> Tile {
    let (tally, objective) = (&facts.judged.tally, &facts.listing.objective);
    let mut notes = vec![format!("{} of {} minutes known", count(tally.known), count(tally.minutes))];
    if let Some(bounds) = facts.judged.bounds {
        let case = |(good, total)| standing::share(objective.kind, objective.target, good, total);
        notes.push(format!("worst case {}", case(bounds.worst)));
        notes.push(format!("best case {}", case(bounds.best)));
    }
    let tone = standing::coverage_is_low(tally).then_some(Tone::Warn);
    tile("Coverage", standing::coverage(tally), notes, tone)
}

/// The burn rates by look-back, each with the factor of the alert that watches it.
pub(super) fn burn_rates(own: &Judgement, terms: Terms) -> Vec<BurnRate> {
    let rules = burn::alert_rules(terms.window_minutes, terms.target, 1);
    let watches = |rule: &&AlertRule, minutes: i64| rule.long_minutes == minutes || rule.short_minutes == minutes;
    let row = |burn: &crate::domain::judgement::Burn| {
        let long = rules.iter().find(|rule| rule.long_minutes == burn.minutes);
        let rule = long.or_else(|| rules.iter().find(|rule| rule.short_minutes == burn.minutes));
        BurnRate {
            window: wording::duration_minutes(burn.minutes),
            rate: standing::rate(burn.rate),
            limit: rule.map(|rule| format!("above {}", wording::factor(rule.factor))).unwrap_or_default(),
            tone: standing::alarm(own.firing.iter().filter(|rule| watches(rule, burn.minutes))),
        }
    };
    own.burns.iter().map(row).collect()
}

/// The alerts, and whether each fires.
pub(super) fn alerts(own: &Judgement, terms: Terms) -> Vec<Alert> {
    let alert = |rule: &AlertRule| {
        let is_firing = own.firing.contains(rule);
        let tone = standing::alarm([rule]).filter(|_| is_firing).unwrap_or(Tone::Idle);
        let who = match rule.severity {
            Severity::Page => "Page",
            Severity::Ticket => "Ticket",
        };
        let (long, short) =
            (wording::duration_minutes(rule.long_minutes), wording::duration_minutes(rule.short_minutes));
        Alert {
            state: Badge::new(tone, if is_firing { "Firing" } else { "Quiet" }),
            text: format!(
                "{who} when it burns faster than {} over both {long} and {short}",
                wording::factor(rule.factor)
            ),
        }
    };
    burn::alert_rules(terms.window_minutes, terms.target, 1).iter().map(alert).collect()
}

/// The outages, the newest first.
pub(super) fn outages(facts: &Facts) -> Vec<OutageRow> {
    facts.outages.iter().rev().map(|outage| outage_row(facts, outage)).collect()
}

fn outage_row(facts: &Facts, outage: &Outage) -> OutageRow {
    let zone = facts.listing.agreement.zone;
    let total = facts.judged.tally.total;
    let is_open = outage.span.end() >= facts.until;
    // the same division as for the whole range, with this outage's bad events only
    let cost = wording::budget_consumed_percent(total - outage.bad, total, facts.terms.target);
    OutageRow {
        from: wording::instant(outage.span.start().start(), zone),
        to: if is_open { "still going".to_owned() } else { wording::instant(outage.span.end().start(), zone) },
        duration: wording::duration_minutes(outage.span.minutes()),
        bad: count(outage.bad),
        total: count(outage.total),
        cost: cost.map_or_else(|| "–".to_owned(), |percent| format!("{} %", signed(&grouped(&percent)))),
        is_open,
    }
}

/// How many outages are not listed.
pub(super) fn more_outages(left_out: usize) -> Option<String> {
    let left_out = i64::try_from(left_out).unwrap_or(i64::MAX);
    (left_out > 0).then(|| format!("{} that cost less are not listed.", counted(left_out, "outage", "outages")))
}
