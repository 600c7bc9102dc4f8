//! The running period as a whole, for the agreement's page.

use crate::domain::assessment::{Applied, Assessed, Assessment, CreditDue, Told, measured, why};
use crate::domain::compliance::{Compliance, Group, Severity, Violation};
use crate::domain::phrases::{self, amount};
use crate::domain::recovery::MeasureKind;
use crate::domain::target::ppm_to_percent;
use crate::domain::wording::{self, capitalised, counted};
use crate::language;
use crate::language::say;
use crate::view::assessment::{ExclusionRow, Figure, SidesRow, ViolationRow, WholeView};
use crate::view::{Badge, Link, Tone};
use chrono_tz::Tz;

/// How many occurrences of an exclusion are spelt out.
const OCCURRENCES_MAX: usize = 3;

/// The view of an assessment, in the agreement's zone.
pub fn view(assessment: &Assessment, zone: Tz) -> WholeView {
    if assessment.objectives.is_empty() {
        return WholeView::default();
    }
    let credit = assessment.credit.as_ref();
    WholeView {
        compliance: compliance(assessment),
        violations: assessment.violations.iter().map(|one| violation(one, &assessment.objectives, zone)).collect(),
        credit: credit.map(|credit| credit_figures(credit, &assessment.objectives, zone)).unwrap_or_default(),
        recovery: assessment.measures.iter().map(|told| recovery(told, assessment)).collect(),
        exclusions: assessment.exclusions.iter().map(|one| exclusion(one, zone)).collect(),
        sides: assessment.objectives.iter().map(sides).collect(),
    }
}

fn compliance(assessment: &Assessment) -> Vec<Figure> {
    let all: Vec<&Assessed> = assessment.objectives.iter().collect();
    let mut figures = vec![share("Overall", &assessment.compliance, &all)];
    // one group alone is the whole
    for (group, compliance) in assessment.groups.iter().filter(|_| assessment.groups.len() > 1) {
        let inside: Vec<&Assessed> = all.iter().filter(|one| one.group == *group).copied().collect();
        figures.push(share(name(*group), compliance, &inside));
    }
    figures
}

const fn name(group: Group) -> &'static str {
    match group {
        Group::Availability => "Availability",
        Group::Performance => "Performance",
        Group::Capacity => "Capacity",
        Group::Quality => "Quality",
        Group::Business => "Business",
    }
}

fn share(label: &str, compliance: &Compliance, objectives: &[&Assessed]) -> Figure {
    let Compliance { met, missed, undecided, .. } = *compliance;
    let left_out = if undecided > 0 { say!(", {n} left out", undecided) } else { String::new() };
    Figure {
        label: language::word(label).to_owned(),
        value: why::compliance_text(compliance),
        note: say!(
            "{met} of {objectives} met{left_out}",
            met,
            counted(met + missed, "objective", "objectives"),
            left_out
        ),
        tone: match (met, missed) {
            (0, 0) => None,
            (_, 0) => Some(Tone::Good),
            _ => Some(Tone::Bad),
        },
        why: why::compliance(compliance, objectives),
    }
}

fn violation(one: &Violation, objectives: &[Assessed], zone: Tz) -> ViolationRow {
    let objective = objectives.iter().find(|objective| objective.severity.is_some() && objective.name == one.metric);
    let tone = if one.severity == Severity::Minor { Tone::Warn } else { Tone::Bad };
    ViolationRow {
        metric: objective.map_or_else(|| capitalised(language::word(&one.metric)), |_| one.metric.clone()),
        href: objective.map(|objective| format!("/objectives/{}", objective.id)),
        target: one.target.clone(),
        value: one.value.clone(),
        severity: Badge::new(tone, capitalised(language::word(one.severity.word()))),
        since: one.since.map_or_else(|| "–".to_owned(), |at| wording::instant(at, zone)),
    }
}

fn credit_figures(credit: &CreditDue, objectives: &[Assessed], zone: Tz) -> Vec<Figure> {
    let any = credit.owed.as_ref().map(|(_, owed)| owed.credit_ppm > 0);
    let headroom = credit.room.as_ref().map(|room| wording::duration_seconds(room.seconds));
    let none = language::word(if any.is_some() { "none" } else { "not applicable" });
    let amount = credit.owed.as_ref().and_then(|(_, owed)| owed.amount.filter(|_| any == Some(true)));
    let percent = |ppm: i64| format!("{} %", ppm_to_percent(ppm));
    let mut figures = vec![
        Figure {
            label: say!("Owed so far"),
            value: match (&credit.owed, amount) {
                (_, Some(money)) => money.to_string(),
                (Some((_, owed)), None) if owed.credit_ppm > 0 => percent(owed.credit_ppm),
                (Some(_), None) => say!("nothing"),
                (None, None) => say!("not applicable"),
            },
            note: if any == Some(true) { why::owed_text(credit) } else { String::new() },
            tone: any.map(|any| if any { Tone::Bad } else { Tone::Good }),
            why: why::owed(credit, objectives),
        },
        Figure {
            label: credit.room.map_or_else(
                || say!("Headroom"),
                |room| say!("Headroom until {credit} are owed", percent(room.credit_ppm)),
            ),
            value: headroom.unwrap_or_else(|| none.to_owned()),
            note: credit.room.map(|_| why::headroom_text(credit, objectives)).unwrap_or_default(),
            tone: None,
            why: why::headroom(credit, objectives),
        },
    ];
    if let (Some(until), Some(left)) = (credit.claim_until, credit.days_left) {
        figures.push(Figure {
            // a claim of money; what a report claims is another word elsewhere
            label: capitalised(language::word("claim")),
            value: say!("{days} left", counted(left, "day", "days")),
            note: say!("until {when}", wording::instant(until, zone)),
            tone: None,
            why: Vec::new(),
        });
    }
    figures
}

fn recovery(told: &Told, assessment: &Assessment) -> Figure {
    let label = match told.measure.kind {
        MeasureKind::Mttr => "Mean time to repair",
        MeasureKind::Mtbf => "Mean time between failures",
        MeasureKind::LongestOutage => "Longest outage",
        MeasureKind::PlannedDowntime => "Planned downtime",
    };
    Figure {
        label: language::word(label).to_owned(),
        value: told.measure.value_text(),
        note: if told.promised { say!("promised {limit}", told.measure.limit_text()) } else { String::new() },
        tone: told.measure.met.filter(|_| told.promised).map(|met| if met { Tone::Good } else { Tone::Bad }),
        why: why::measure(told, &assessment.recovery),
    }
}

fn exclusion(one: &Applied, zone: Tz) -> ExclusionRow {
    let minutes = |n: i64| counted(n, "minute", "minutes");
    let refused = one.refused.iter().map(|(broken, spans)| {
        say!("{first}, {second}", minutes(spans.minutes()), language::word(why::broken(*broken)))
    });
    let refused: Vec<String> = refused.collect();
    let (asker, day) = (&one.asked_by, wording::day(one.exclusion.proposed.at, zone));
    let (approver, decided) = (&one.approved_by, one.exclusion.decided.map(|signed| wording::day(signed.at, zone)));
    ExclusionRow {
        link: Link::new(
            format!("/exclusions/{}", one.exclusion.id),
            capitalised(language::word(one.exclusion.category.in_words())),
        ),
        reason: one.exclusion.reason.clone(),
        when: why::occurrences(&one.when(), zone, OCCURRENCES_MAX),
        taken: minutes(one.taken.minutes()),
        refused: if refused.is_empty() { "–".to_owned() } else { refused.join(language::word("; ")) },
        who: if let Some(at) = decided {
            say!("asked by {asker} on {day}, approved by {approver} on {at}", asker, day, approver, at)
        } else {
            say!("asked by {asker} on {day}, approved by {approver}", asker, day, approver)
        },
    }
}

fn sides(one: &Assessed) -> SidesRow {
    let mut lines: Vec<String> =
        one.terms.iter().map(|(label, text)| say!("{label}: {text}", language::word(label), text)).collect();
    lines.extend(why::raw(one));
    for compared in &one.comparison {
        let unit = compared.method.unit();
        let verdict = match compared.met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "not decided",
        };
        lines.push(say!(
            "By {method}: {good} of {total}, {measured}: {verdict}",
            phrases::method(compared.method, None, language::word("events")),
            amount(compared.counted.good, unit),
            amount(compared.counted.total, unit),
            measured(&compared.counted, one.target),
            language::word(verdict)
        ));
    }
    let taken = one.excluded_minutes + one.closed_minutes;
    SidesRow {
        objective: Link::new(format!("/objectives/{}", one.id), &one.name),
        raw: measured(&one.raw.counted, one.target),
        contractual: one.measured(),
        taken: if taken > 0 { counted(taken, "minute", "minutes") } else { "–".to_owned() },
        disagree: one.methods_disagree(),
        why: lines,
    }
}
