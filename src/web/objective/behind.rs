//! The numbers behind the verdict: where they come from, and the arithmetic line by line.

use super::promise::bound;
use super::{Facts, judged};
use crate::domain::judgement::Exhaustion;
use crate::domain::model::{ObjectiveKind, Part, Query};
use crate::domain::target::WHOLE_PPM;
use crate::domain::terms::Unit;
use crate::domain::time::{DAY_MINUTES, Minute};
use crate::domain::wording::{self, count, counted, grouped};
use crate::language;
use crate::language::say;
use crate::store::indicators::PullProgress;
use crate::view::objective::{Behind, Finding, Step};
use crate::view::{Fact, Link, Progress};
use crate::web::standing::{self, signed};

/// Everything behind the verdict.
pub(super) fn behind(facts: &Facts) -> Behind {
    let listing = &facts.listing;
    let methods = judged::by_method(facts);
    let source = Link::new(format!("/sources/{}", listing.indicator.source.0), listing.source_name.clone());
    Behind {
        source,
        judged: judged::judged(facts),
        methods_verdict: judged::agreement(&methods),
        methods,
        worst: judged::worst(facts),
        queries: queries(listing.objective.kind, &listing.indicator.query),
        counts: counts(facts),
        arithmetic: facts.trace.whole.budget.as_ref().map(|_| arithmetic(facts)).unwrap_or_default(),
        is_estimated: listing.indicator.query.is_estimated(),
        findings: findings(facts),
        backfill: facts.progress.as_ref().and_then(|progress| backfill(progress, facts.until)),
    }
}

fn queries(kind: ObjectiveKind, query: &Query) -> Vec<Fact> {
    let many = language::word(standing::events(kind, query).1);
    match query {
        Query::Ratio { total, part } => {
            let label = match part {
                Part::Bad(_) => say!("Bad {events}", many),
                Part::Good(_) => say!("Good {events}", many),
            };
            let all = Fact::new(say!("All {events}", many), total.to_string());
            vec![all, Fact::new(label, part.expression().to_string())]
        }
        Query::Latency { histogram, threshold } => {
            let bound = format!("le = {threshold}");
            vec![Fact::new(say!("Histogram"), histogram.to_string()), Fact::new(say!("Good up to"), bound)]
        }
        Query::Durations { histogram } => vec![Fact::new(say!("Histogram"), histogram.to_string())],
        Query::Up { gauge } => vec![Fact::new(say!("Up while 1"), gauge.to_string())],
        Query::Check { .. } => vec![Fact::new(say!("Good"), query.in_words())],
        Query::Level { gauge, limit } => {
            vec![Fact::new(say!("Level"), gauge.to_string()), Fact::new(say!("Good while"), bound(limit))]
        }
        Query::Throughput { total, at_least } => {
            let floor = say!("at least {rate} per second in the minute", at_least);
            vec![Fact::new(say!("All requests"), total.to_string()), Fact::new(say!("Good while"), floor)]
        }
    }
}

fn counts(facts: &Facts) -> Vec<Fact> {
    let (tally, units, target) = (&facts.trace.whole.tally, &facts.units, facts.trace.terms.target);
    let unknown = tally.minutes - tally.known;
    let many = units.many();
    let mut counts = vec![
        Fact::new(say!("All {events}", many), units.number(tally.total, None)),
        Fact::new(say!("Good {events}", many), units.good(tally.good, tally.total, target)),
        Fact::new(say!("Bad {events}", many), units.bad(tally.good, tally.total, target)),
    ];
    if facts.listing.objective.terms.unit() != Unit::Event {
        let (_, events) = standing::events(facts.listing.objective.kind, &facts.listing.indicator.query);
        let inside = facts.trace.whole.account.events;
        counts.push(Fact::new(
            say!("Good {events} in them", language::word(events)),
            say!("{part} of {whole}", count(inside.good), count(inside.total)),
        ));
    }
    counts.extend([
        Fact::new(say!("Known minutes"), say!("{part} of {whole}", count(tally.known), count(tally.minutes))),
        Fact::new(say!("Unknown"), if unknown == 0 { say!("nothing") } else { wording::duration_minutes(unknown) }),
    ]);
    counts
}

fn step(label: String, working: String, result: String) -> Step {
    Step { label, working, result }
}

fn arithmetic(facts: &Facts) -> Vec<Step> {
    let (objective, tally, terms) = (&facts.listing.objective, &facts.trace.whole.tally, facts.trace.terms);
    let (good, total, target, minutes) = (tally.good, tally.total, terms.target, terms.window_minutes);
    let units = &facts.units;
    let (bad, whole) = (units.bad(good, total, target), units.number(total, None));
    let fine = units.good(good, total, target);
    let (promised, spare) = (fraction(target.ppm()), fraction(target.budget_ppm()));
    let shared =
        if objective.kind == ObjectiveKind::ErrorRate { (say!("Error rate"), &bad) } else { (say!("SLI"), &fine) };
    let allowed = units.allowed(total, target);
    let consumed = wording::budget_consumed_percent(good, total, target).unwrap_or_default();
    let remaining = units.remaining(good, total, target);
    let in_time = wording::budget_allowed_minutes(minutes, target);
    let left = wording::budget_remaining_minutes(good, total, minutes, target).unwrap_or_default();
    let sign = if target.is_met(good, total) { "≥" } else { "<" };
    let verdict = if target.is_met(good, total) { say!("met") } else { say!("missed") };
    let pace = wording::burn_rate(good, total, target).unwrap_or_default();
    let mut steps = vec![
        step(shared.0, format!("{} ÷ {whole}", shared.1), standing::share(objective.kind, target, good, total)),
        step(say!("Target"), format!("{fine} {sign} {promised} × {whole}"), verdict),
        step(say!("Budget"), format!("(1 − {promised}) × {whole}"), allowed.clone()),
        step(say!("Consumed"), format!("{bad} ÷ {allowed}"), format!("{} %", grouped(&consumed))),
        step(say!("Remaining"), format!("{allowed} − {bad}"), signed(&remaining)),
        step(say!("as a share"), format!("1 − {bad} ÷ {allowed}"), standing::remaining(tally, target)),
        step(
            say!("Budget in time"),
            say!("{share} × {minutes} min", spare, count(minutes)),
            wording::minutes_in_words(&in_time),
        ),
        step(say!("Remaining in time"), say!("the same share of it"), signed(&wording::minutes_in_words(&left))),
        step(say!("Burn rate"), format!("({bad} ÷ {whole}) ÷ {spare}"), format!("{}×", grouped(&pace))),
    ];
    steps.extend(foresight(facts));
    steps.extend(doubts(facts));
    steps
}

/// When the objective's own budget runs out.
fn foresight(facts: &Facts) -> Option<Step> {
    let Some(Exhaustion::In { minutes, burn_rate }) = facts.trace.own.exhaustion else { return None };
    let left = standing::remaining(&facts.trace.own.tally, facts.trace.own_terms.target);
    let window = wording::duration_minutes(facts.trace.own_terms.window_minutes);
    let working = format!("{left} × {window} ÷ {}", wording::factor(burn_rate));
    Some(step(say!("Budget runs out"), working, say!("in {length}", wording::duration_minutes(minutes))))
}

/// What unknown minutes and few events leave open.
fn doubts(facts: &Facts) -> Vec<Step> {
    let (kind, target) = (facts.listing.objective.kind, facts.trace.terms.target);
    let mut steps = Vec::new();
    if let Some(bounds) = facts.trace.whole.bounds {
        let account = &facts.trace.whole.account;
        let working = |which: &str| match account.unit {
            Unit::Event => {
                let unknown = count(bounds.best.1 - account.events.total);
                say!("{count} unknown events, all {bad}", unknown, language::word(which))
            }
            Unit::Slice | Unit::BillionthOfSlice => {
                let unknown = count(account.slices.unknown);
                say!("{count} unknown slices, all {bad}", unknown, language::word(which))
            }
        };
        let case = |(good, total)| standing::share(kind, target, good, total);
        steps.push(step(say!("Worst case"), working("bad"), case(bounds.worst)));
        steps.push(step(say!("Best case"), working("good"), case(bounds.best)));
    }
    if let Some(interval) = facts.trace.whole.interval {
        let (low, high) = (wording::estimated_percent(interval.low), wording::estimated_percent(interval.high));
        let working = say!("Clopper–Pearson, 95 %, good share");
        steps.push(step(say!("Interval"), working, say!("{low} % to {high} %", low, high)));
    }
    steps
}

/// Parts per million as a decimal: 999 000 is `0.999`.
fn fraction(ppm: i64) -> String {
    let text = format!("{}.{:06}", ppm / WHOLE_PPM, ppm.rem_euclid(WHOLE_PPM));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn findings(facts: &Facts) -> Vec<Finding> {
    let zone = facts.listing.agreement.zone;
    let finding = |one: &crate::store::findings::Finding| {
        let last = wording::instant(one.last_at, zone);
        let times = counted(one.times, "time", "times");
        let seen = if one.resolved_at.is_some() {
            say!("{times}, last {moment}, settled since", times, last)
        } else {
            say!("{times}, last {moment}", times, last)
        };
        Finding { text: one.message.clone(), seen }
    };
    facts.findings.iter().map(finding).collect()
}

/// How far the history has been read back; nothing once it is all there.
fn backfill(progress: &PullProgress, until: Minute) -> Option<Progress> {
    if progress.finished_backfill_at.is_some() {
        return None;
    }
    let all = (until.0 - progress.from.0).max(1);
    let done = progress.reached.map_or(0, |reached| reached.0 - progress.from.0).clamp(0, all);
    let days = |minutes: i64| (minutes + DAY_MINUTES / 2) / DAY_MINUTES;
    let text = say!("{done} of {days} read", days(done), counted(days(all).max(1), "day", "days"));
    Some(Progress { done_permille: done * 1000 / all, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::IndicatorId;
    use crate::domain::time::Instant;

    #[test]
    fn parts_per_million_are_written_as_people_write_shares() {
        assert_eq!(
            (fraction(999_000), fraction(1_000), fraction(999_999)),
            ("0.999".into(), "0.001".into(), "0.999999".into())
        );
    }

    #[test]
    fn a_backfill_says_how_far_it_has_come_until_it_is_there() {
        let progress = PullProgress {
            indicator: IndicatorId(1),
            from: Minute(0),
            settled: None,
            reached: Some(Minute(21 * DAY_MINUTES)),
            finished_backfill_at: None,
        };
        let until = Minute(35 * DAY_MINUTES);
        let shown = backfill(&progress, until).unwrap();
        assert_eq!((shown.done_permille, shown.text.as_str()), (600, "21 of 35 days read"));
        let fresh = backfill(&PullProgress { reached: None, ..progress }, until).unwrap();
        assert_eq!(fresh.done_permille, 0);
        let done = PullProgress { finished_backfill_at: Some(Instant::from_seconds(1)), ..progress };
        assert_eq!(backfill(&done, until), None);
    }
}
