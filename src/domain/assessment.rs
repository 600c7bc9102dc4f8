//! An agreement's period as a whole: every objective, what it adds up to, what is owed, and what was taken out.
//!
//! [`Assessed::of`] judges one objective from its evidence, once; [`whole`] puts them together. Pages, reports and files
//! show this value and calculate nothing of their own; [`why`] tells the arithmetic behind each figure.
//!
//! - raw: nothing taken out; contractual: without exclusions and closed hours
//! - compliance: the weight of the objectives met of those decided ([`crate::domain::compliance`])
//! - outages of the objectives about availability are merged before they are counted ([`recovery`])
//! - credits go by the objectives that say so, or else by those about availability; the worst tier decides
//!
//! The awkward case: a period that is excluded altogether has no SLI, owes nothing and keeps nothing. Its objectives are
//! *not applicable* and leave compliance and credit undecided.

mod credit_due;
pub mod why;

pub use credit_due::{CreditDue, Room};

use crate::domain::account::Account;
use crate::domain::calendar::{Period, days_of};
use crate::domain::compliance::{Compliance, Group, Promise, Severity, Violation, by_group, overall, violated_since};
use crate::domain::contract::Rule;
use crate::domain::evidence::{self, Evidence};
use crate::domain::exclusion::{Broken, Effect, Exclusion};
use crate::domain::ids::{ObjectiveId, UserId};
use crate::domain::judgement::{Judgement, Sli, Terms, judge};
use crate::domain::ledger::Tally;
use crate::domain::model::{Agreement, Objective};
use crate::domain::outage::Outage;
use crate::domain::phrases;
use crate::domain::ratio::Ratio;
use crate::domain::recovery::{self, Measure, Recovery, RecoveryTargets, verdicts};
use crate::domain::slices::Classed;
use crate::domain::spans::Spans;
use crate::domain::target::Target;
use crate::domain::terms::{Counting, Method, Unit};
use crate::domain::time::{Instant, Minute, Span};
use crate::domain::wording;
use crate::language::say;
use std::collections::BTreeMap;

/// What one objective is judged from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The promise.
    pub objective: &'a Objective,
    /// What one event is called, and many.
    pub events: (&'static str, &'static str),
    /// What is known about the period so far.
    pub evidence: &'a Evidence,
    /// The period so far.
    pub span: Span,
    /// The terms of the whole period.
    pub terms: Terms,
    /// What exclusions do to the period so far.
    pub effect: &'a Effect,
    /// Its minutes outside business hours.
    pub closed: i64,
    /// Why the service was down, and when, as people entered it.
    pub causes: &'a [(Span, String)],
    /// In whose zone days begin.
    pub period: &'a Period,
}

/// One objective in the period.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessed {
    /// Identity.
    pub id: ObjectiveId,
    /// Name.
    pub name: String,
    /// Where it stands in its agreement.
    pub group: Group,
    /// What it weighs.
    pub weight: u32,
    /// Does the agreement's credit name it?
    pub earns_credit: bool,
    /// The promised share.
    pub target: Target,
    /// What was promised, in words.
    pub promised: String,
    /// How minutes become the SLI.
    pub counting: Counting,
    /// How members become one, for a composite.
    pub rule: Option<Rule>,
    /// What `good` and `total` count.
    pub unit: Unit,
    /// What one of them is called, and many.
    pub nouns: (String, String),
    /// How it is judged, in words.
    pub terms: Vec<(&'static str, String)>,
    /// The contractual judgement.
    pub judgement: Judgement,
    /// How many minutes of the whole period are judged: those of the error budget.
    pub judged_minutes: i64,
    /// What the period comes to with nothing taken out.
    pub raw: Account,
    /// Minutes that exclusions take out.
    pub excluded_minutes: i64,
    /// Minutes outside business hours.
    pub closed_minutes: i64,
    /// From when on the running SLI stays below the target; only if the target is missed.
    pub since: Option<Minute>,
    /// How badly the target is missed.
    pub severity: Option<Severity>,
    /// The same period under each method; empty for a composite.
    pub comparison: Vec<Compared>,
    /// Every outage, in order of time.
    pub outages: Vec<Felt>,
    /// The period's days so far.
    pub days: Vec<(Period, Span, Tally)>,
    /// The judged minutes of which something is known.
    pub known: Spans,
    /// What exclusions do.
    pub effect: Effect,
}

/// The same period under one budgeting method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Which.
    pub method: Method,
    /// Is it the objective's own?
    pub is_own: bool,
    /// Good of all, in the method's unit.
    pub counted: Tally,
    /// Would the target be met? Nothing if nothing was measured.
    pub met: Option<bool>,
}

/// An outage with what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Felt {
    /// When, and what it cost.
    pub outage: Outage,
    /// Its share of the budget.
    pub share: Option<Ratio>,
    /// Why, as a person entered it.
    pub cause: Option<String>,
}

impl Assessed {
    /// Judges one objective.
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        let Facts { objective, evidence, span, terms, events, .. } = *facts;
        let (target, counting, rule) = (objective.target, *evidence.counting(), evidence.rule());
        let judgement = judge(terms, &[], span, evidence.account(span), &[]);
        let slices = evidence.slices(span);
        let missed = judgement.met == Some(false);
        let unit = objective.terms.unit();
        Self {
            id: objective.id,
            name: objective.name.clone(),
            group: objective.group(),
            weight: objective.terms.weight,
            earns_credit: objective.terms.earns_credit,
            target,
            promised: phrases::target(objective.kind, target),
            counting,
            rule,
            unit,
            nouns: nouns(unit, &counting, rule, events),
            terms: phrases::terms(&counting, rule, target, events),
            judged_minutes: terms.judged_minutes,
            raw: evidence.raw(span),
            excluded_minutes: facts.effect.excluded.minutes(),
            closed_minutes: facts.closed,
            since: if missed { since(evidence, &slices, span, target) } else { None },
            severity: judgement.budget.filter(|_| missed).map(|budget| Severity::of(budget.consumed())),
            comparison: comparison(evidence, span, target),
            outages: felt(facts, &slices, &judgement),
            days: days(evidence, span, facts.period),
            known: evidence.judged().within(span).minus(&evidence.unknown(span)),
            effect: facts.effect.clone(),
            judgement,
        }
    }

    /// Do the methods disagree about whether the target is met?
    #[must_use]
    pub fn methods_disagree(&self) -> bool {
        let any = |met| self.comparison.iter().any(|one| one.met == Some(met));
        any(true) && any(false)
    }

    /// Is the target met with nothing taken out? Nothing if nothing was measured.
    #[must_use]
    pub fn raw_met(&self) -> Option<bool> {
        met(&self.raw.counted, self.target)
    }

    /// The measured share in percent with its sign, or why there is none.
    #[must_use]
    pub fn measured(&self) -> String {
        measured(&self.judgement.tally, self.target)
    }

    fn violation(&self) -> Option<Violation> {
        Some(Violation {
            metric: self.name.clone(),
            target: self.promised.clone(),
            value: self.measured(),
            severity: self.severity?,
            since: self.since.map(Minute::start),
        })
    }
}

/// A measured share in percent with its sign, or why there is none.
#[must_use]
pub fn measured(tally: &Tally, target: Target) -> String {
    match Sli::of(tally) {
        Sli::Measured { good, total } => format!("{} %", wording::sli_percent(good, total, Some(target))),
        Sli::NoTraffic => say!("no traffic"),
        Sli::Unknown => say!("unknown"),
        Sli::NotApplicable => say!("not applicable"),
    }
}

fn met(tally: &Tally, target: Target) -> Option<bool> {
    matches!(Sli::of(tally), Sli::Measured { .. }).then(|| target.is_met(tally.good, tally.total))
}

fn nouns(unit: Unit, counting: &Counting, rule: Option<Rule>, events: (&str, &str)) -> (String, String) {
    match rule {
        Some(Rule::Weighted) => ("weighted whole".to_owned(), "weighted wholes".to_owned()),
        _ => phrases::nouns(unit, counting.method.slice(), events),
    }
}

fn since(evidence: &Evidence, slices: &[Classed], span: Span, target: Target) -> Option<Minute> {
    let units = match evidence.rule() {
        Some(Rule::Weighted) => running(evidence, span),
        _ => evidence.units_among(slices).into_iter().map(|(at, tally)| (at, tally.good, tally.total)).collect(),
    };
    violated_since(units, target, span.end())
}

/// The running weighted mean as steps whose sum it is, minute by minute.
fn running(evidence: &Evidence, span: Span) -> Vec<(Minute, i64, i64)> {
    let parts: Vec<(u32, Evidence)> = evidence.parts().collect();
    let mut events: BTreeMap<Minute, Vec<(usize, Tally)>> = BTreeMap::new();
    for (index, (_, part)) in parts.iter().enumerate() {
        for (at, tally) in part.units(span) {
            events.entry(at).or_default().push((index, tally));
        }
    }
    let mut sums: Vec<(u32, Tally)> = parts.iter().map(|(weight, _)| (*weight, Tally::default())).collect();
    let mut before = Tally::default();
    let mut steps = Vec::with_capacity(events.len());
    for (at, added) in events {
        for (index, tally) in added {
            if let Some((_, sum)) = sums.get_mut(index) {
                *sum = [*sum, tally].into_iter().sum();
            }
        }
        let now = evidence::weighted(&sums);
        steps.push((at, now.good - before.good, now.total - before.total));
        before = now;
    }
    steps
}

fn comparison(evidence: &Evidence, span: Span, target: Target) -> Vec<Compared> {
    let own = evidence.counting().method;
    let methods = own.compared(target);
    let compared = |(method, Account { counted, .. }): (Method, Account)| Compared {
        method,
        is_own: method.word() == own.word(),
        counted,
        met: met(&counted, target),
    };
    methods.into_iter().zip(evidence.by_methods(span, &methods)).map(compared).collect()
}

fn felt(facts: &Facts<'_>, slices: &[Classed], judgement: &Judgement) -> Vec<Felt> {
    // what an outage costs a weighted mean cannot be said by its slices
    let budget = judgement.budget.filter(|_| facts.evidence.rule() != Some(Rule::Weighted));
    let felt = |outage: Outage| {
        let touches = |(span, _): &&(Span, String)| !span.intersect(outage.span).is_empty();
        let mut causes: Vec<&str> = Vec::new();
        for (_, cause) in facts.causes.iter().filter(touches) {
            if !causes.contains(&cause.as_str()) {
                causes.push(cause);
            }
        }
        let cause = (!causes.is_empty()).then(|| causes.join("; "));
        Felt { outage, share: budget.map(|budget| budget.share_of(outage.cost)), cause }
    };
    facts.evidence.outages_among(slices).into_iter().map(felt).collect()
}

fn days(evidence: &Evidence, span: Span, period: &Period) -> Vec<(Period, Span, Tally)> {
    let day = |day: &Period| {
        let inside = day.span().intersect(span);
        (*day, inside, evidence.account(inside).counted)
    };
    days_of(span, period.zone()).iter().map(day).collect()
}

/// The agreement's period as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// Which period.
    pub period: Period,
    /// What of it was judged.
    pub span: Span,
    /// Its objectives, in the agreement's order.
    pub objectives: Vec<Assessed>,
    /// How many objectives were met, by number and weight.
    pub compliance: Compliance,
    /// The same for each group that has an objective.
    pub groups: Vec<(Group, Compliance)>,
    /// What was broken, worst first.
    pub violations: Vec<Violation>,
    /// The outages of availability, counted.
    pub recovery: Recovery,
    /// Every measure of outages, promised or not.
    pub measures: Vec<Told>,
    /// What the contract credits; nothing if it credits nothing.
    pub credit: Option<CreditDue>,
    /// Every exclusion that touches the period, in order of time.
    pub exclusions: Vec<Applied>,
}

/// A measure of outages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// What it came to; its limit means something only if it was promised.
    pub measure: Measure,
    /// Was it promised?
    pub promised: bool,
}

/// An exclusion and what it does to the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What was agreed.
    pub exclusion: Exclusion,
    /// Who asked for it.
    pub asked_by: String,
    /// Who approved it.
    pub approved_by: String,
    /// The minutes that it takes out.
    pub taken: Spans,
    /// The minutes that stay in the judgement, and why.
    pub refused: Vec<(Broken, Spans)>,
}

impl Applied {
    /// Its minutes in the period, whether taken out or not.
    #[must_use]
    pub fn when(&self) -> Spans {
        self.refused.iter().fold(self.taken.clone(), |all, (_, spans)| all.union(spans))
    }
}

/// What else is to be known about a period.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// Which period.
    pub period: &'a Period,
    /// What of it is judged.
    pub span: Span,
    /// What time it is.
    pub now: Instant,
    /// The exclusions in force.
    pub exclusions: &'a [Exclusion],
    /// How people are called.
    pub names: &'a BTreeMap<UserId, String>,
}

/// Puts an agreement's objectives together.
#[must_use]
pub fn whole(agreement: &Agreement, around: &Surroundings<'_>, objectives: Vec<Assessed>) -> Assessment {
    let terms = &agreement.terms;
    let promise = |one: &Assessed| Promise {
        name: one.name.clone(),
        group: one.group,
        weight: one.weight,
        met: one.judgement.met,
    };
    let promises: Vec<Promise> = objectives.iter().map(promise).collect();
    let recovery = recovered(&objectives);
    let measures = measures(&terms.recovery, &recovery);
    let broken = measures.iter().filter(|told| told.promised).filter_map(|told| Violation::of_measure(&told.measure));
    let mut violations: Vec<Violation> = objectives.iter().filter_map(Assessed::violation).chain(broken).collect();
    violations.sort_by_key(|violation| std::cmp::Reverse(violation.severity));
    let credit = terms
        .credit
        .as_ref()
        .map(|credit| credit_due::due(credit, agreement.period, around.period, around.now, &objectives));
    Assessment {
        period: *around.period,
        span: around.span,
        compliance: overall(&promises),
        groups: by_group(&promises),
        violations,
        recovery,
        measures,
        credit,
        exclusions: applied(around, &objectives),
        objectives,
    }
}

/// The outages of all availability objectives, merged. Planned maintenance is that of all objectives where none is about
/// availability.
fn recovered(objectives: &[Assessed]) -> Recovery {
    let about: Vec<&Assessed> = objectives.iter().filter(|one| one.group == Group::Availability).collect();
    let outages: Vec<Span> = about.iter().flat_map(|one| &one.outages).map(|felt| felt.outage.span).collect();
    let union = |all: Spans, one: &Spans| all.union(one);
    let known = about.iter().map(|one| &one.known).fold(Spans::default(), union);
    let is_about = |one: &&Assessed| about.is_empty() || one.group == Group::Availability;
    let planned = objectives.iter().filter(is_about).map(|one| &one.effect.planned).fold(Spans::default(), union);
    recovery::recovery(&outages, &known, planned.minutes())
}

fn measures(targets: &RecoveryTargets, recovery: &Recovery) -> Vec<Told> {
    // a limit of nothing stands for none, so that every measure is told
    let all = RecoveryTargets {
        mttr_minutes: targets.mttr_minutes.or(Some(0)),
        mtbf_minutes: targets.mtbf_minutes.or(Some(0)),
        longest_minutes: targets.longest_minutes.or(Some(0)),
        planned_minutes: targets.planned_minutes.or(Some(0)),
    };
    let told = |measure: Measure| Told { promised: targets.limit(measure.kind).is_some(), measure };
    verdicts(&all, recovery).into_iter().map(told).collect()
}

fn applied(around: &Surroundings<'_>, objectives: &[Assessed]) -> Vec<Applied> {
    let name = |by: Option<UserId>| {
        let name = by.map(|id| around.names.get(&id).cloned().unwrap_or_else(|| say!("user {id}", id)));
        name.unwrap_or_else(|| "Nines".to_owned())
    };
    let mut list: Vec<Applied> = Vec::new();
    for exclusion in around.exclusions {
        let each = || objectives.iter().map(|one| &one.effect);
        let own = each().flat_map(|effect| &effect.each).filter(|(id, _)| *id == exclusion.id);
        let taken = own.fold(Spans::default(), |all, (_, spans)| all.union(spans));
        let refused = |broken: Broken| {
            let own = each().flat_map(|effect| &effect.refused);
            let own = own.filter(|refused| refused.id == exclusion.id && refused.broken == broken);
            (broken, own.fold(Spans::default(), |all, refused| all.union(&refused.spans)))
        };
        let refused = [refused(Broken::Notice), refused(Broken::Cap)];
        let refused: Vec<_> = refused.into_iter().filter(|(_, spans)| !spans.is_empty()).collect();
        if taken.is_empty() && refused.is_empty() {
            continue;
        }
        list.push(Applied {
            exclusion: exclusion.clone(),
            asked_by: name(exclusion.proposed.by),
            approved_by: name(exclusion.decided.and_then(|signed| signed.by)),
            taken,
            refused,
        });
    }
    list.sort_by_key(|one| one.when().as_slice().first().map(|span| span.start()));
    list
}

#[cfg(test)]
mod tests;
