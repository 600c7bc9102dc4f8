//! The agreement's period as a whole, as a report keeps it: every figure in numbers for files and in words for people.

use crate::domain::assessment::{self, Assessed, Assessment, CreditDue, why};
use crate::domain::compliance;
use crate::domain::ledger::Tally;
use crate::domain::phrases;
use crate::domain::recovery::MeasureKind;
use crate::domain::spans::Spans;
use crate::domain::target::{Target, ppm_to_percent};
use crate::domain::terms::{Method, Unit};
use crate::domain::time::{Instant, Minute};
use crate::domain::wording::share_percent;
use crate::report::{Sli, serial};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// How one objective was judged by its contract; empty in reports older than this part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Letter {
    /// `occurrences`, `timeslices` or `ratio_timeslices`.
    pub method: String,
    /// The length of a slice in minutes; null where events are counted one by one.
    pub slice_minutes: Option<i64>,
    /// What one event or slice is called.
    pub noun: String,
    /// What many are called.
    pub nouns: String,
    /// The terms, as labels and sentences.
    pub terms: Vec<Term>,
    /// `availability`, `performance`, `capacity`, `quality` or `business`.
    pub group: String,
    /// What it weighs in its agreement.
    pub weight: Option<u32>,
    /// The period with nothing taken out.
    pub raw: Option<Raw>,
    /// Minutes that exclusions take out.
    pub excluded_minutes: i64,
    /// Minutes outside business hours.
    pub closed_minutes: i64,
    /// `minor`, `major` or `critical`, if the target is missed.
    pub severity: Option<String>,
    /// From when on the period stays below its target.
    #[serde(with = "serial::maybe_instant")]
    pub violated_since: Option<Instant>,
    /// The same period under each method.
    pub comparison: Vec<Compared>,
    /// Do the methods disagree about whether the target is met?
    pub methods_disagree: bool,
    /// How the raw number becomes the contractual one, line by line.
    pub why: Vec<String>,
}

/// One of an objective's terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// What it is about.
    pub label: String,
    /// What it says.
    pub text: String,
}

/// A period with nothing taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raw {
    /// Good, in the objective's unit.
    pub good: i64,
    /// All, in the objective's unit.
    pub total: i64,
    /// The share.
    pub sli: Sli,
    /// Would the target be met?
    pub met: Option<bool>,
    /// Minutes with samples.
    pub known: i64,
    /// All minutes.
    pub minutes: i64,
}

/// A period under one budgeting method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The method's word.
    pub method: String,
    /// The method in words.
    pub words: String,
    /// Is it the objective's own?
    pub is_own: bool,
    /// What `good` and `total` count.
    #[serde(with = "serial::unit")]
    pub unit: Unit,
    /// Good.
    pub good: i64,
    /// All.
    pub total: i64,
    /// The share.
    pub sli: Sli,
    /// Would the target be met?
    pub met: Option<bool>,
}

impl Letter {
    /// From the objective as it was assessed; `events` is what many events are called.
    #[must_use]
    pub fn of(one: &Assessed, events: &str) -> Self {
        let raw = &one.raw.counted;
        let is_sliced = one.counting.method != Method::Occurrences && one.rule.is_none();
        Self {
            method: one.rule.map_or_else(|| one.counting.method.word(), |rule| rule.word()).to_owned(),
            slice_minutes: is_sliced.then(|| one.counting.method.slice().minutes()),
            noun: one.nouns.0.clone(),
            nouns: one.nouns.1.clone(),
            terms: one
                .terms
                .iter()
                .map(|(label, text)| Term { label: (*label).to_owned(), text: text.clone() })
                .collect(),
            group: one.group.word().to_owned(),
            weight: Some(one.weight),
            raw: Some(Raw {
                good: raw.good,
                total: raw.total,
                sli: Sli::of_tally(raw, one.target),
                met: one.raw_met(),
                known: raw.known,
                minutes: raw.minutes,
            }),
            excluded_minutes: one.excluded_minutes,
            closed_minutes: one.closed_minutes,
            severity: one.severity.map(|severity| severity.word().to_owned()),
            violated_since: one.since.map(Minute::start),
            comparison: one.comparison.iter().map(|compared| Compared::of(compared, one.target, events)).collect(),
            methods_disagree: one.methods_disagree(),
            why: why::raw(one),
        }
    }
}

impl Compared {
    fn of(compared: &assessment::Compared, target: Target, events: &str) -> Self {
        let Tally { good, total, .. } = compared.counted;
        Self {
            method: compared.method.word().to_owned(),
            words: phrases::method(compared.method, None, events),
            is_own: compared.is_own,
            unit: compared.method.unit(),
            good,
            total,
            sli: Sli::of_tally(&compared.counted, target),
            met: compared.met,
        }
    }
}

/// Which share of the objectives was met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compliance {
    /// `overall`, or a group's word.
    pub group: String,
    /// The weighted share in percent; null if nothing that counts was decided.
    pub percent: Option<String>,
    /// Objectives met.
    pub met: i64,
    /// Objectives missed.
    pub missed: i64,
    /// Objectives not measured or not applicable.
    pub undecided: i64,
    /// The weight of those met.
    pub met_weight: i64,
    /// The weight of those met and those missed.
    pub decided_weight: i64,
    /// How it comes about.
    pub why: Vec<String>,
}

impl Compliance {
    fn of(group: &str, compliance: &compliance::Compliance, objectives: &[&Assessed]) -> Self {
        let compliance::Compliance { met, missed, undecided, met_weight, decided_weight } = *compliance;
        Self {
            group: group.to_owned(),
            percent: (decided_weight > 0).then(|| share_percent(met_weight, decided_weight)),
            met,
            missed,
            undecided,
            met_weight,
            decided_weight,
            why: why::compliance(compliance, objectives),
        }
    }
}

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// What was promised about.
    pub metric: String,
    /// What was promised.
    pub target: String,
    /// What became of it.
    pub value: String,
    /// `minor`, `major` or `critical`.
    pub severity: String,
    /// Since when; null where that cannot be said.
    #[serde(with = "serial::maybe_instant")]
    pub since: Option<Instant>,
}

/// The outages of availability, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// How many outages.
    pub outages: i64,
    /// Judged minutes inside them.
    pub down_minutes: i64,
    /// Judged minutes outside them.
    pub up_minutes: i64,
    /// Minutes of planned maintenance.
    pub planned_minutes: i64,
    /// Every measure.
    pub measures: Vec<Measure>,
}

/// A measure of outages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// `mttr`, `mtbf`, `longest_outage` or `planned_downtime`.
    pub kind: String,
    /// What it came to, in words.
    pub value: String,
    /// What was promised, in words; null if nothing was.
    pub limit: Option<String>,
    /// Was the promise kept? Null if nothing was promised or nothing is known.
    pub met: Option<bool>,
    /// Is the period too short to prove it?
    pub unproven: bool,
    /// How it comes about.
    pub why: Vec<String>,
}

impl Measure {
    fn of(told: &assessment::Told, recovery: &crate::domain::recovery::Recovery) -> Self {
        Self {
            kind: told.measure.kind.word().to_owned(),
            value: told.measure.value_text(),
            limit: told.promised.then(|| told.measure.limit_text()),
            met: told.measure.met.filter(|_| told.promised),
            unproven: told.promised && told.measure.is_unproven(),
            why: why::measure(told, recovery),
        }
    }
}

/// What a period owes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Is the period one by which credits are settled?
    pub settles: bool,
    /// The share of the fee in percent; null if nothing was counted: not applicable.
    pub credit_percent: Option<String>,
    /// The same in money; null without a fee.
    pub amount: Option<String>,
    /// The same in words.
    pub owed: String,
    /// The objectives that it goes by.
    pub by: Vec<String>,
    /// How it comes about.
    pub why: Vec<String>,
    /// The share below which the next tier begins; null if there is none.
    pub next_below_percent: Option<String>,
    /// How many more events or whole slices may fail.
    pub headroom_failures: Option<i64>,
    /// The same as full downtime.
    pub headroom_seconds: Option<i64>,
    /// The same in words.
    pub headroom: String,
    /// How it comes about.
    pub headroom_why: Vec<String>,
    /// The first moment at which it can no longer be claimed.
    #[serde(with = "serial::maybe_instant")]
    pub claim_until: Option<Instant>,
    /// How many days were left when the report was built.
    pub days_left: Option<i64>,
    /// The same in words.
    pub claim: Option<String>,
}

impl Credit {
    fn of(credit: &CreditDue, objectives: &[Assessed], zone: Tz) -> Self {
        let owed = credit.owed.as_ref().map(|(_, owed)| owed);
        Self {
            settles: credit.settles(),
            credit_percent: owed.map(|owed| ppm_to_percent(owed.credit_ppm)),
            amount: owed.and_then(|owed| owed.amount).map(|money| money.to_string()),
            owed: why::owed_text(credit),
            by: credit.by.iter().filter_map(|index| objectives.get(*index)).map(|one| one.name.clone()).collect(),
            why: why::owed(credit, objectives),
            next_below_percent: credit.room.map(|room| ppm_to_percent(room.below_ppm)),
            headroom_failures: credit.room.map(|room| room.failures),
            headroom_seconds: credit.room.map(|room| room.seconds),
            headroom: why::headroom_text(credit, objectives),
            headroom_why: why::headroom(credit, objectives),
            claim_until: credit.claim_until,
            days_left: credit.days_left,
            claim: why::claim_text(credit, zone),
        }
    }
}

/// An exclusion that touches the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// Identity.
    pub id: i64,
    /// Its category's word.
    pub category: String,
    /// Why.
    pub reason: String,
    /// Its occurrences in the period, in order.
    pub occurrences: Vec<Stretch>,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    #[serde(with = "serial::instant")]
    pub asked_at: Instant,
    /// Who approved it.
    pub approved_by: String,
    /// When.
    #[serde(with = "serial::maybe_instant")]
    pub approved_at: Option<Instant>,
    /// Minutes that it takes out; overlaps stand under each.
    pub taken_minutes: i64,
    /// Minutes that stay in the judgement because they were announced too late.
    pub late_minutes: i64,
    /// Minutes that stay in the judgement because the month's cap was used up.
    pub over_cap_minutes: i64,
}

/// A stretch of time, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Its first moment.
    #[serde(with = "serial::instant")]
    pub start: Instant,
    /// The first moment after it.
    #[serde(with = "serial::instant")]
    pub end: Instant,
}

impl Exclusion {
    fn of(applied: &assessment::Applied) -> Self {
        use crate::domain::exclusion::Broken;
        let exclusion = &applied.exclusion;
        let minutes = |broken: Broken| {
            applied.refused.iter().filter(|(why, _)| *why == broken).map(|(_, spans)| spans.minutes()).sum()
        };
        let stretch =
            |span: &crate::domain::time::Span| Stretch { start: span.start().start(), end: span.end().start() };
        Self {
            id: exclusion.id.0,
            category: exclusion.category.word().to_owned(),
            reason: exclusion.reason.clone(),
            occurrences: applied.when().as_slice().iter().map(stretch).collect(),
            asked_by: applied.asked_by.clone(),
            asked_at: exclusion.proposed.at,
            approved_by: applied.approved_by.clone(),
            approved_at: exclusion.decided.map(|signed| signed.at),
            taken_minutes: applied.taken.minutes(),
            late_minutes: minutes(Broken::Notice),
            over_cap_minutes: minutes(Broken::Cap),
        }
    }

    /// Its occurrences as a set of minutes.
    pub(super) fn when(&self) -> Spans {
        let span = |one: &Stretch| crate::domain::time::Span::new(one.start.minute(), one.end.minute());
        Spans::of(self.occurrences.iter().map(span))
    }
}

/// The agreement's period as a whole; empty in reports older than this part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Whole {
    /// The share of the objectives met, first overall, then by group.
    pub compliance: Vec<Compliance>,
    /// What was broken, worst first.
    pub violations: Vec<Violation>,
    /// Outages and how soon they were over.
    pub recovery: Option<Recovery>,
    /// What is owed; null if the agreement credits nothing.
    pub credit: Option<Credit>,
    /// Every exclusion that touches the period.
    pub exclusions: Vec<Exclusion>,
}

impl Whole {
    /// From the assessment; `zone` is the agreement's.
    #[must_use]
    pub fn of(assessment: &Assessment, zone: Tz) -> Self {
        let all: Vec<&Assessed> = assessment.objectives.iter().collect();
        let mut compliance = vec![Compliance::of("overall", &assessment.compliance, &all)];
        for (group, share) in &assessment.groups {
            let inside: Vec<&Assessed> = all.iter().filter(|one| one.group == *group).copied().collect();
            compliance.push(Compliance::of(group.word(), share, &inside));
        }
        let violation = |one: &compliance::Violation| Violation {
            metric: one.metric.clone(),
            target: one.target.clone(),
            value: one.value.clone(),
            severity: one.severity.word().to_owned(),
            since: one.since,
        };
        let recovery = &assessment.recovery;
        Self {
            compliance,
            violations: assessment.violations.iter().map(violation).collect(),
            recovery: Some(Recovery {
                outages: recovery.outages,
                down_minutes: recovery.down_minutes,
                up_minutes: recovery.up_minutes,
                planned_minutes: recovery.planned_minutes,
                measures: assessment.measures.iter().map(|told| Measure::of(told, recovery)).collect(),
            }),
            credit: assessment.credit.as_ref().map(|credit| Credit::of(credit, &assessment.objectives, zone)),
            exclusions: assessment.exclusions.iter().map(Exclusion::of).collect(),
        }
    }

    /// The promises about outages that were broken, by the kinds' names.
    #[must_use]
    pub fn broken_measures(&self) -> Vec<&'static str> {
        let measures = self.recovery.iter().flat_map(|recovery| &recovery.measures);
        let broken = measures.filter(|measure| measure.met == Some(false));
        broken.filter_map(|measure| MeasureKind::from_word(&measure.kind)).map(MeasureKind::name).collect()
    }
}
