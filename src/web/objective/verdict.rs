//! The verdict and its figures.

use super::Facts;
use super::range::Choice;
use crate::domain::burn::{AlertRule, Guard, MIN_BAD, Severity};
use crate::domain::judgement::{Budget, Exhaustion, Sli};
use crate::domain::model::{Bound, ObjectiveKind, Query, Window};
use crate::domain::outlook::Forecast;
use crate::domain::target::{WHOLE_PPM, ppm_to_percent};
use crate::domain::terms::Unit;
use crate::domain::time::DAY_MINUTES;
use crate::domain::wording::{self, count, counted, grouped};
use crate::language;
use crate::language::say;
use crate::store::objectives::ObjectiveListing;
use crate::view::objective::{Alert, BurnRate, Tile};
use crate::view::{Badge, Link, Tone};
use crate::web::standing;

/// An outlook below deserves attention.
const LIKELY: f64 = 0.5;

/// The verdict in one or two sentences.
pub(super) fn sentence(facts: &Facts) -> String {
    let when = when(facts);
    let budget = match (facts.trace.whole.sli, &facts.trace.whole.budget) {
        (Sli::Measured { .. }, Some(budget)) => budget,
        (Sli::NoTraffic, _) => {
            let (_, events) = standing::events(facts.listing.objective.kind, &facts.listing.indicator.query);
            let events = language::word(events);
            return say!("Measured, but there were no {events} {when}: nothing to judge.", events, when);
        }
        (Sli::NotApplicable, _) => {
            return say!(
                "Not applicable: every minute {when} is excluded or outside business hours, so nothing is judged.",
                when
            );
        }
        _ => return say!("Nothing was measured {when}. Whether the promise was kept is unknown.", when),
    };
    let verdict = say!("{what_went_wrong}: {budget}.", opening(facts, budget, &when), consequence(facts, budget));
    verdict + &caveat(facts)
}

/// What went wrong, in the objective's unit.
fn opening(facts: &Facts, budget: &Budget, when: &str) -> String {
    let (units, tally, target) = (&facts.units, &facts.trace.whole.tally, facts.trace.terms.target);
    let bad = units.bad(tally.good, tally.total, target);
    let what = match facts.listing.objective.terms.unit() {
        Unit::Event => went_wrong(&facts.listing),
        Unit::Slice | Unit::BillionthOfSlice => say!("were bad"),
    };
    if units.is_share() {
        return say!("{bad} of the members’ weighted whole was bad {when}", bad, when);
    }
    let all = units.counted(tally.total, None);
    match budget.bad() {
        0 => say!("None of {all} {failed} {when}", all, what, when),
        _ if units.is_fractional() => say!("Taken together, {bad} of {all} {failed} {when}", bad, all, what, when),
        _ => say!("{bad} of {all} {failed} {when}", bad, all, what, when),
    }
}

/// What the counts mean for the budget.
fn consequence(facts: &Facts, budget: &Budget) -> String {
    let left = budget.remaining_millionths();
    if facts.units.is_fractional() {
        return in_parts(facts, budget);
    }
    let millionths = i128::from(WHOLE_PPM);
    let whole = |events: i128| count(i64::try_from(events).unwrap_or(i64::MAX));
    if left < 0 {
        // a debt counts whole events, or the promise would seem kept with one fewer than it takes
        let over = (-left + millionths - 1) / millionths;
        return say!("{over} more than the error budget allows", whole(over));
    }
    let percent = standing::remaining(&facts.trace.whole.tally, facts.trace.terms.target);
    match (budget.bad(), left / millionths) {
        (0, _) => say!("the whole error budget is left"),
        (_, 0) => say!("{percent} of the error budget is left, too little for even one more", percent),
        (_, more) => say!("{percent} of the error budget is left, enough for {more} more", percent, whole(more)),
    }
}

/// The same where an amount may be a fraction, so that there is no next one.
fn in_parts(facts: &Facts, budget: &Budget) -> String {
    let (tally, target) = (&facts.trace.whole.tally, facts.trace.terms.target);
    let left = facts.units.remaining(tally.good, tally.total, target);
    match left.strip_prefix('-') {
        Some(over) => say!("{over} more than the error budget allows", over),
        None if budget.bad() == 0 => say!("the whole error budget is left"),
        None => say!("{percent} of the error budget is left", standing::remaining(tally, target)),
    }
}

/// What makes the verdict less than certain, or urgent.
fn caveat(facts: &Facts) -> String {
    let alert = facts.trace.own.firing.first().map(|rule| {
        let (factor, long) = (wording::factor(rule.factor), wording::duration_minutes(rule.long_minutes));
        say!(" An alert fires: over the last {long} it burned faster than {factor}.", long, factor)
    });
    let doubt = facts
        .trace
        .whole
        .interval
        .filter(|interval| interval.undecided)
        .map(|_| say!(" So few events cannot tell whether the service itself meets the target."));
    [alert, doubt].into_iter().flatten().collect()
}

/// What a bad event did.
fn went_wrong(listing: &ObjectiveListing) -> String {
    match (listing.objective.kind, &listing.indicator.query) {
        (ObjectiveKind::Latency, Query::Latency { threshold, .. }) => say!("took longer than {threshold} s", threshold),
        (ObjectiveKind::Latency, _) => say!("took too long"),
        (ObjectiveKind::Uptime, _) => say!("found it down"),
        (ObjectiveKind::Availability | ObjectiveKind::ErrorRate | ObjectiveKind::Success, _) => say!("failed"),
        (ObjectiveKind::Throughput, Query::Throughput { at_least, .. }) => {
            say!("had fewer than {at_least} requests per second", at_least)
        }
        (ObjectiveKind::Throughput, _) => say!("had too few requests"),
        (ObjectiveKind::Level, Query::Level { limit, .. }) => match limit.at() {
            Bound::AtMost => say!("were above {limit}", limit.number()),
            Bound::AtLeast => say!("were below {limit}", limit.number()),
        },
        (ObjectiveKind::Level, _) => say!("were outside the limit"),
        (ObjectiveKind::Composite, _) => say!("were bad"),
    }
}

/// The range as part of a sentence.
fn when(facts: &Facts) -> String {
    match (facts.range.choice, facts.listing.objective.window) {
        (Choice::Window, Window::Rolling(length)) => last(length.minutes()),
        (Choice::Window, Window::Calendar) => say!("so far this {period}", period(facts)),
        (Choice::Days(days), _) => last(days * DAY_MINUTES),
        (Choice::Custom, _) => say!("in this range"),
    }
}

/// What the agreement judges by: `month`.
fn period(facts: &Facts) -> &'static str {
    language::word(facts.listing.agreement.period.word())
}

fn last(minutes: i64) -> String {
    if minutes == DAY_MINUTES {
        say!("in the last day")
    } else {
        say!("in the last {length}", standing::length_in_words(minutes))
    }
}

/// The figures.
pub(super) fn tiles(facts: &Facts) -> Vec<Tile> {
    let mut tiles = vec![measured(facts)];
    if let Some(budget) = &facts.trace.whole.budget {
        tiles.extend(budget_tiles(facts, budget));
    }
    tiles.extend(super::percentiles::tile(facts));
    tiles.push(coverage(facts));
    tiles.extend(outlook(facts));
    tiles
}

fn tile(label: String, value: impl Into<String>, notes: Vec<String>, tone: Option<Tone>) -> Tile {
    Tile { label, value: value.into(), notes, tone, link: None }
}

/// How the calendar period will probably end; nothing where it never does, and nothing beside another range.
fn outlook(facts: &Facts) -> Option<Tile> {
    let (objective, outlook) = (&facts.listing.objective, facts.outlook.as_ref()?);
    let link = Some(Link::new(format!("/objectives/{}/outlooks", objective.id.0), say!("How good past outlooks were")));
    let tile = |value, notes, tone| Tile { link, ..tile(say!("Outlook"), value, notes, tone) };
    Some(match outlook {
        Err(few) => tile(say!("too little history to tell"), vec![few.to_string()], None),
        Ok(outlook) => {
            let percent = |ppm: i64| match objective.kind {
                ObjectiveKind::ErrorRate => ppm_to_percent(WHOLE_PPM - ppm),
                _ => ppm_to_percent(ppm),
            };
            let days = i64::try_from(outlook.days_used).unwrap_or(i64::MAX);
            let mut notes = vec![
                say!("at the end of this {period}", period(facts)),
                say!(
                    "between {low} % and {high} % in 8 of 10 cases",
                    percent(outlook.low_ppm),
                    percent(outlook.high_ppm)
                ),
                say!("if the days to come are like the latest {days}", counted(days, "day", "days")),
            ];
            notes.extend(outlook.rest.map(|rest| still_to_come(facts, &rest)));
            let is_settled = outlook.probability.is_settled();
            let tone = (outlook.probability.get() < LIKELY).then_some(Tone::Warn);
            match is_settled {
                true if tone.is_some() => tile(say!("will be missed"), notes, Some(Tone::Bad)),
                true => tile(say!("will be met"), notes, None),
                false => tile(say!("met with {probability}", outlook.probability), notes, tone),
            }
        }
    })
}

/// The forecast behind the outlook: how much the rest of the period brings, and how bad.
fn still_to_come(facts: &Facts, rest: &Forecast) -> String {
    let units = &facts.units;
    let bad = |bad: i64| wording::share_percent(bad, rest.units.expected);
    say!(
        "still to come in 8 of 10 cases: {low} to {high}, {least} % to {most} % of them bad",
        units.number(rest.units.low, None),
        units.counted(rest.units.high, None),
        bad(rest.bad.low),
        bad(rest.bad.high)
    )
}

fn measured(facts: &Facts) -> Tile {
    let objective = &facts.listing.objective;
    let (kind, target, tally) = (objective.kind, objective.target, &facts.trace.whole.tally);
    let mut notes = vec![say!("target {target}", standing::target(kind, target))];
    if kind == ObjectiveKind::ErrorRate && tally.total > 0 {
        notes.push(say!("{share} % good", wording::sli_percent(tally.good, tally.total, Some(target))));
    }
    if let Some(interval) = facts.trace.whole.interval {
        let (low, high) = (wording::estimated_percent(interval.low), wording::estimated_percent(interval.high));
        notes.push(say!("few events: {low} % to {high} % good", low, high));
    }
    let label = if kind == ObjectiveKind::ErrorRate { say!("Error rate") } else { say!("Good (SLI)") };
    let tone = (facts.trace.whole.met == Some(false)).then_some(Tone::Bad);
    tile(label, standing::measured(kind, target, tally), notes, tone)
}

fn budget_tiles(facts: &Facts, budget: &Budget) -> Vec<Tile> {
    let (target, tally, units) = (facts.trace.terms.target, &facts.trace.whole.tally, &facts.units);
    let consumed = wording::budget_consumed_percent(tally.good, tally.total, target).unwrap_or_default();
    let spent = budget.allowed_seconds().saturating_sub(budget.remaining_seconds());
    let left = units.remaining(tally.good, tally.total, target);
    let left = if let Some(debt) = left.strip_prefix('-') {
        say!("{amount} over", units.with_noun(debt))
    } else {
        say!("{amount} left", units.with_noun(&left))
    };
    let bad = units.bad(tally.good, tally.total, target);
    let bad = if budget.bad() == 1 { units.counted(1, None) } else { units.with_noun(&bad) };
    let tone = (budget.remaining_millionths() < 0).then_some(Tone::Bad);
    vec![
        tile(
            say!("Budget"),
            grouped(&wording::budget_allowed_events(tally.total, target)),
            vec![
                say!("of {all} may be bad", units.counted(tally.total, None)),
                say!("or {length} of full downtime", wording::duration_seconds(budget.allowed_seconds())),
            ],
            None,
        ),
        tile(
            say!("Consumed"),
            format!("{} %", grouped(&consumed)),
            vec![say!("{amount} bad", bad), say!("{length} of full downtime", wording::duration_seconds(spent))],
            None,
        ),
        tile(
            say!("Remaining"),
            standing::remaining(tally, target),
            vec![left, standing::remaining_time(Some(budget))],
            tone,
        ),
        runs_out(facts),
    ]
}

fn runs_out(facts: &Facts) -> Tile {
    let own = &facts.trace.own;
    let to_period_end = (facts.listing.objective.window == Window::Calendar)
        .then(|| facts.trace.own_terms.window_minutes - own.span.minutes());
    let notes = match own.exhaustion {
        Some(Exhaustion::In { burn_rate, .. }) => {
            vec![say!("at {rate}, as in the last hour", wording::factor(burn_rate))]
        }
        Some(Exhaustion::NotInSight) => vec![say!("nothing burned in the last hour")],
        Some(Exhaustion::Exhausted) | None => Vec::new(),
    };
    let tone = (own.exhaustion == Some(Exhaustion::Exhausted)).then_some(Tone::Bad);
    let label =
        if facts.range.choice == Choice::Window { say!("Budget runs out") } else { say!("Window's budget runs out") };
    tile(label, standing::runs_out(own.exhaustion, to_period_end), notes, tone)
}

fn coverage(facts: &Facts) -> Tile {
    let (tally, objective) = (&facts.trace.whole.tally, &facts.listing.objective);
    let mut notes = vec![say!("{known} of {total} minutes known", count(tally.known), count(tally.minutes))];
    if let Some(bounds) = facts.trace.whole.bounds {
        let case = |(good, total)| standing::share(objective.kind, objective.target, good, total);
        notes.push(say!("worst case {share}", case(bounds.worst)));
        notes.push(say!("best case {share}", case(bounds.best)));
    }
    let tone = standing::coverage_is_low(tally).then_some(Tone::Warn);
    tile(say!("Coverage"), standing::coverage(tally), notes, tone)
}

/// The burn rates by look-back, each with the factor of the alert that watches it.
pub(super) fn burn_rates(facts: &Facts) -> Vec<BurnRate> {
    let (own, terms) = (&facts.trace.own, facts.trace.own_terms);
    let rules = facts.listing.objective.terms.rules(terms.window_minutes, terms.target);
    let watches = |rule: &&AlertRule, minutes: i64| rule.long_minutes == minutes || rule.short_minutes == minutes;
    let row = |burn: &crate::domain::judgement::Burn| {
        let long = rules.iter().find(|rule| rule.long_minutes == burn.minutes);
        let rule = long.or_else(|| rules.iter().find(|rule| rule.short_minutes == burn.minutes));
        BurnRate {
            window: wording::duration_minutes(burn.minutes),
            rate: standing::rate(burn.rate),
            limit: rule.map(|rule| say!("above {rate}", wording::factor(rule.factor))).unwrap_or_default(),
            tone: standing::alarm(own.firing.iter().filter(|rule| watches(rule, burn.minutes))),
        }
    };
    own.burns.iter().map(row).collect()
}

/// What keeps few events from raising an alarm; nothing where slices are counted.
pub(super) fn alerts_note(facts: &Facts) -> Option<String> {
    let terms = &facts.listing.objective.terms;
    (terms.guard() == Guard::FewEvents).then(|| {
        let (_, many) = standing::events(facts.listing.objective.kind, &facts.listing.indicator.query);
        say!(
            "An alert also needs at least {least} bad {events} in its longer window, and more of them than chance would \
             bring to a service that exactly meets its target: few events are no alarm, however fast they burn.",
            MIN_BAD,
            language::word(many)
        )
    })
}

/// The alerts, and whether each fires.
pub(super) fn alerts(facts: &Facts) -> Vec<Alert> {
    let (own, terms) = (&facts.trace.own, facts.trace.own_terms);
    let alert = |rule: &AlertRule| {
        let is_firing = own.firing.contains(rule);
        let tone = standing::alarm([rule]).filter(|_| is_firing).unwrap_or(Tone::Idle);
        let (rate, long, short) = (
            wording::factor(rule.factor),
            wording::duration_minutes(rule.long_minutes),
            wording::duration_minutes(rule.short_minutes),
        );
        let text = match rule.severity {
            Severity::Page => {
                say!("Page when it burns faster than {rate} over both {long} and {short}", rate, long, short)
            }
            Severity::Ticket => {
                say!("Ticket when it burns faster than {rate} over both {long} and {short}", rate, long, short)
            }
        };
        Alert { state: Badge::new(tone, if is_firing { "Firing" } else { "Quiet" }), text }
    };
    facts.listing.objective.terms.rules(terms.window_minutes, terms.target).iter().map(alert).collect()
}
