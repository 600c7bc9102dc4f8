//! What a report says about the agreement as a whole: the same rows and sentences in text, mail and page.

use crate::domain::compliance::Group;
use crate::domain::exclusion::Category;
use crate::domain::phrases::amount;
use crate::domain::recovery::MeasureKind;
use crate::domain::wording::{self, capitalised, counted};
use crate::report::say::{self, Row};
use crate::report::{Compared, Compliance, Exclusion, Line, Measure, Report, Violation};

/// How many occurrences of an exclusion are spelt out.
const OCCURRENCES_MAX: usize = 3;

/// A figure with the arithmetic behind it.
pub(super) struct Figure<'a> {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) why: &'a [String],
}

impl Figure<'_> {
    pub(super) fn row(&self) -> Row {
        (self.label, self.value.clone())
    }
}

/// How many of a correction's changes a mail spells out, and a page before the rest is folded.
const CHANGES_MAX: usize = 12;

/// What a report corrects.
pub(super) struct CorrectionText<'a> {
    pub(super) lead: String,
    pub(super) reasons: &'a [String],
    /// What it is about, what it was, what it is: those that weigh most.
    pub(super) changes: Vec<(&'a str, &'a str, &'a str)>,
    /// The others.
    pub(super) further: Vec<(&'a str, &'a str, &'a str)>,
}

/// What it corrects, if it corrects something.
pub(super) fn correction(report: &Report) -> Option<CorrectionText<'_>> {
    let correction = report.correction.as_ref()?;
    let asked = correction.asked_by.as_ref().map(|name| format!(" {name} asked for it.")).unwrap_or_default();
    let told = correction.changes.iter();
    let mut changes: Vec<_> =
        told.map(|one| (one.what.as_str(), said(one.was.as_ref()), said(one.is.as_ref()))).collect();
    let further = changes.split_off(changes.len().min(CHANGES_MAX));
    Some(CorrectionText {
        lead: format!(
            "This revision takes the place of report no. {}, revision {}.{asked}",
            wording::count(correction.number),
            correction.revision
        ),
        reasons: &correction.reasons,
        changes,
        further,
    })
}

fn said(text: Option<&String>) -> &str {
    text.filter(|text| !text.is_empty()).map_or("–", String::as_str)
}

/// The compliance, overall and by group.
pub(super) fn compliance(report: &Report) -> Vec<Figure<'_>> {
    // one group alone is the whole
    let all = &report.whole.compliance;
    let told = all.iter().take(if all.len() == 2 { 1 } else { all.len() });
    told.map(|one| Figure { label: group(&one.group), value: kept(one), why: &one.why }).collect()
}

fn group(word: &str) -> &'static str {
    match Group::from_word(word) {
        Some(Group::Availability) => "Availability",
        Some(Group::Performance) => "Performance",
        Some(Group::Capacity) => "Capacity",
        Some(Group::Quality) => "Quality",
        Some(Group::Business) => "Business",
        None => "Overall",
    }
}

fn kept(one: &Compliance) -> String {
    let all = one.met + one.missed;
    let left_out = match one.undecided {
        0 => String::new(),
        some => format!("; {} left out", counted(some, "objective", "objectives")),
    };
    match &one.percent {
        None => format!("not decided{left_out}"),
        Some(percent) => {
            format!("{percent} % by weight, {} of {} met{left_out}", one.met, counted(all, "objective", "objectives"))
        }
    }
}

/// A broken promise in one line.
pub(super) fn violation(report: &Report, one: &Violation) -> String {
    let since = one.since.map(|at| format!(", since {}", wording::instant(at, report.agreement.zone)));
    let (severity, since) = (capitalised(&one.severity), since.unwrap_or_default());
    format!("{severity}: {}: {}, promised {}{since}", one.metric, one.value, one.target)
}

/// What is owed.
pub(super) fn credit(report: &Report) -> Vec<Figure<'_>> {
    let Some(credit) = &report.whole.credit else { return Vec::new() };
    let label = if credit.settles { "Owed" } else { "Tier so far" };
    let mut figures = vec![
        Figure { label, value: credit.owed.clone(), why: &credit.why },
        Figure { label: "Headroom", value: headroom(credit), why: &credit.headroom_why },
    ];
    if let Some(claim) = &credit.claim {
        figures.push(Figure { label: "Claim", value: claim.clone(), why: &[] });
    }
    figures
}

fn headroom(credit: &crate::report::Credit) -> String {
    match &credit.next_below_percent {
        Some(below) => format!("{} until below {below} %", credit.headroom),
        None => credit.headroom.clone(),
    }
}

/// Outages and how soon they were over.
pub(super) fn recovery(report: &Report) -> Vec<Figure<'_>> {
    let measures = report.whole.recovery.iter().flat_map(|recovery| &recovery.measures);
    measures
        .filter_map(|one| Some(Figure { label: measure(&one.kind)?, value: measured(one), why: &one.why }))
        .collect()
}

fn measure(word: &str) -> Option<&'static str> {
    MeasureKind::from_word(word).map(|kind| match kind {
        MeasureKind::Mttr => "Time to repair",
        MeasureKind::Mtbf => "Time between",
        MeasureKind::LongestOutage => "Longest outage",
        MeasureKind::PlannedDowntime => "Planned",
    })
}

fn measured(one: &Measure) -> String {
    let verdict = match one.met {
        Some(true) if one.unproven => " – kept, but the period is too short to prove it",
        Some(true) => " – kept",
        Some(false) => " – broken",
        None => "",
    };
    match &one.limit {
        Some(limit) => format!("{}, promised {limit}{verdict}", one.value),
        None => one.value.clone(),
    }
}

/// An exclusion in words.
pub(super) struct ExclusionText {
    pub(super) what: String,
    pub(super) when: String,
    pub(super) effect: String,
    pub(super) who: String,
}

/// Every exclusion that touches the period.
pub(super) fn exclusions(report: &Report) -> Vec<ExclusionText> {
    report.whole.exclusions.iter().map(|one| exclusion(report, one)).collect()
}

fn exclusion(report: &Report, one: &Exclusion) -> ExclusionText {
    let zone = report.agreement.zone;
    let category =
        Category::from_word(&one.category).map_or_else(|| one.category.as_str(), |category| category.in_words());
    let reason = if one.reason.is_empty() { String::new() } else { format!(": {}", one.reason) };
    let minutes = |n: i64| counted(n, "minute", "minutes");
    let mut effects = vec![format!("{} taken out", minutes(one.taken_minutes))];
    for (n, why) in [(one.late_minutes, "announced too late"), (one.over_cap_minutes, "beyond the month's cap")] {
        if n > 0 {
            effects.push(format!("{} judged all the same, {why}", minutes(n)));
        }
    }
    let day = |at| wording::day(at, zone);
    let approved = one.approved_at.map(|at| format!(" on {}", day(at))).unwrap_or_default();
    ExclusionText {
        what: format!("{}{reason}", capitalised(category)),
        when: crate::domain::assessment::why::occurrences(&one.when(), zone, OCCURRENCES_MAX),
        effect: effects.join("; "),
        who: format!("asked by {} on {}, approved by {}{approved}", one.asked_by, day(one.asked_at), one.approved_by),
    }
}

/// An objective's two numbers side by side.
pub(super) struct Sides<'a> {
    pub(super) name: &'a str,
    pub(super) raw: String,
    pub(super) contractual: String,
    pub(super) taken: String,
    pub(super) why: &'a [String],
}

/// The objectives of which something is taken out.
pub(super) fn sides(report: &Report) -> Vec<Sides<'_>> {
    let side = |line: &'_ Line| -> Option<(String, String)> {
        let letter = &line.letter;
        let taken = letter.excluded_minutes + letter.closed_minutes;
        let raw = letter.raw.as_ref().filter(|_| taken > 0)?;
        Some((say::measured(&raw.sli), counted(taken, "minute", "minutes")))
    };
    let lines = report.objectives.iter().filter_map(|line| Some((line, side(line)?)));
    lines
        .map(|(line, (raw, taken))| Sides {
            name: &line.name,
            raw,
            contractual: say::measured(&line.sli),
            taken,
            why: &line.letter.why,
        })
        .collect()
}

/// One method of the comparison.
pub(super) struct MethodText {
    pub(super) method: String,
    pub(super) words: String,
    pub(super) share: String,
    pub(super) counts: String,
    pub(super) verdict: &'static str,
}

/// The same period under each method.
pub(super) fn comparison(line: &Line) -> Vec<MethodText> {
    let text = |one: &Compared| MethodText {
        method: one.method.clone(),
        words: format!("{}{}", capitalised(&one.words), if one.is_own { ", as agreed" } else { "" }),
        share: say::measured(&one.sli),
        counts: format!("{} of {}", amount(one.good, one.unit), amount(one.total, one.unit)),
        verdict: match one.met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "–",
        },
    };
    line.letter.comparison.iter().map(text).collect()
}

/// Where the methods disagree, a sentence that says so.
pub(super) fn disagreement(line: &Line) -> Option<&'static str> {
    line.letter
        .methods_disagree
        .then_some("The methods disagree about whether the target is met; the agreed one decides.")
}

#[cfg(test)]
mod tests;
