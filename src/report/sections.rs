//! What a report says about the agreement as a whole: the same rows and sentences in text, mail and page.

use crate::domain::compliance::Group;
use crate::domain::exclusion::Category;
use crate::domain::phrases::amount;
use crate::domain::recovery::MeasureKind;
use crate::domain::wording::{self, capitalised, counted};
use crate::language::say;
use crate::language::{self, Language};
use crate::report::retold::{self, all_retold, retold};
use crate::report::say::{self, Row};
use crate::report::{Change, Compared, Compliance, Exclusion, Line, Measure, Report, Term, Violation};

/// How many occurrences of an exclusion are spelt out.
const OCCURRENCES_MAX: usize = 3;

/// A figure with the arithmetic behind it.
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) why: Vec<String>,
}

impl Figure {
    pub(super) fn row(&self) -> Row {
        (self.label, self.value.clone())
    }
}

/// How many of a correction's changes a mail spells out, and a page before the rest is folded.
const CHANGES_MAX: usize = 12;

/// What a report corrects.
pub(super) struct CorrectionText {
    pub(super) lead: String,
    pub(super) reasons: Vec<String>,
    /// What it is about, what it was, what it is: those that weigh most.
    pub(super) changes: Vec<(String, String, String)>,
    /// The others.
    pub(super) further: Vec<(String, String, String)>,
}

/// What it corrects, if it corrects something.
pub(super) fn correction(report: &Report) -> Option<CorrectionText> {
    let correction = report.correction.as_ref()?;
    let (number, revision) = (wording::count(correction.number), correction.revision);
    let lead = say!("This revision takes the place of report no. {number}, revision {revision}.", number, revision);
    let asked = correction.asked_by.as_ref().map(|name| format!(" {}", say!("{name} asked for it.", name)));
    let told = |one: &Change| {
        let [was, is] = [&one.was, &one.is].map(|says| said(&one.what, says.as_deref()));
        (retold(&one.what), was, is)
    };
    let mut changes: Vec<_> = correction.changes.iter().map(told).collect();
    let further = changes.split_off(changes.len().min(CHANGES_MAX));
    let lead = format!("{lead}{}", asked.unwrap_or_default());
    Some(CorrectionText { lead, reasons: all_retold(&correction.reasons), changes, further })
}

fn said(what: &str, says: Option<&str>) -> String {
    says.filter(|says| !says.is_empty()).map_or_else(|| "–".to_owned(), |says| retold::claim(what, says).1)
}

/// The compliance, overall and by group.
pub(super) fn compliance(report: &Report) -> Vec<Figure> {
    // one group alone is the whole
    let all = &report.whole.compliance;
    let told = all.iter().take(if all.len() == 2 { 1 } else { all.len() });
    told.map(|one| Figure { label: group(&one.group), value: kept(one), why: all_retold(&one.why) }).collect()
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
    let share = match &one.percent {
        None => say!("not decided"),
        Some(percent) => {
            let objectives = counted(all, "objective", "objectives");
            say!("{percent} % by weight, {met} of {objectives} met", percent, one.met, objectives)
        }
    };
    match one.undecided {
        0 => share,
        some => say!("{share}; {objectives} left out", share, counted(some, "objective", "objectives")),
    }
}

/// A broken promise in one line.
pub(super) fn violation(report: &Report, one: &Violation) -> String {
    let is_measure = MeasureKind::ALL.iter().any(|kind| kind.name() == one.metric);
    let metric = if is_measure { language::word(&one.metric) } else { &one.metric };
    let (severity, value, target) =
        (capitalised(language::word(&one.severity)), retold(&one.value), retold(&one.target));
    match one.since.map(|at| wording::instant(at, report.agreement.zone)) {
        None => say!("{severity}: {metric}: {value}, promised {target}", severity, metric, value, target),
        Some(since) => say!(
            "{severity}: {metric}: {value}, promised {target}, since {since}",
            severity,
            metric,
            value,
            target,
            since
        ),
    }
}

/// What is owed.
pub(super) fn credit(report: &Report) -> Vec<Figure> {
    let Some(credit) = &report.whole.credit else { return Vec::new() };
    let label = if credit.settles { "Owed" } else { "Tier so far" };
    let mut figures = vec![
        Figure { label, value: retold(&credit.owed), why: all_retold(&credit.why) },
        Figure { label: "Headroom", value: headroom(credit), why: all_retold(&credit.headroom_why) },
    ];
    if let Some(claim) = &credit.claim {
        // elsewhere a claim is what a report says, which is another word in Chinese
        let label = match language::current() {
            Language::English => "Claim",
            Language::Chinese => "Claims",
        };
        figures.push(Figure { label, value: retold(claim), why: Vec::new() });
    }
    figures
}

fn headroom(credit: &crate::report::Credit) -> String {
    match &credit.next_below_percent {
        Some(below) => say!("{headroom} until below {below} %", retold(&credit.headroom), below),
        None => retold(&credit.headroom),
    }
}

/// Outages and how soon they were over.
pub(super) fn recovery(report: &Report) -> Vec<Figure> {
    let measures = report.whole.recovery.iter().flat_map(|recovery| &recovery.measures);
    measures
        .filter_map(|one| Some(Figure { label: measure(&one.kind)?, value: measured(one), why: all_retold(&one.why) }))
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
    let value = retold(&one.value);
    let Some(limit) = one.limit.as_deref().map(retold) else { return value };
    match one.met {
        Some(true) if one.unproven => {
            say!("{value}, promised {limit} – kept, but the period is too short to prove it", value, limit)
        }
        Some(true) => say!("{value}, promised {limit} – kept", value, limit),
        Some(false) => say!("{value}, promised {limit} – broken", value, limit),
        None => say!("{value}, promised {limit}", value, limit),
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
    let category = capitalised(language::word(category));
    let day = |at| wording::day(at, zone);
    let (asked_by, asked, approved_by) = (&one.asked_by, day(one.asked_at), &one.approved_by);
    ExclusionText {
        what: match one.reason.as_str() {
            "" => category,
            reason => say!("{category}: {reason}", category, reason),
        },
        when: crate::domain::assessment::why::occurrences(&one.when(), zone, OCCURRENCES_MAX),
        effect: effect(one),
        who: match one.approved_at.map(day) {
            None => say!("asked by {name} on {day}, approved by {approver}", asked_by, asked, approved_by),
            Some(approved) => say!(
                "asked by {name} on {day}, approved by {approver} on {approved}",
                asked_by,
                asked,
                approved_by,
                approved
            ),
        },
    }
}

/// Which minutes it takes out, and which it does not.
fn effect(one: &Exclusion) -> String {
    let minutes = |n: i64| counted(n, "minute", "minutes");
    let taken = say!("{minutes} taken out", minutes(one.taken_minutes));
    let refused = [(one.late_minutes, "announced too late"), (one.over_cap_minutes, "beyond the month's cap")];
    let refused = refused.into_iter().filter(|(n, _)| *n > 0);
    refused.fold(taken, |told, (n, why)| {
        let (minutes, why) = (minutes(n), language::word(why));
        say!("{told}; {minutes} judged all the same, {why}", told, minutes, why)
    })
}

/// An objective's two numbers side by side.
pub(super) struct Sides<'a> {
    pub(super) name: &'a str,
    pub(super) raw: String,
    pub(super) contractual: String,
    pub(super) taken: String,
    pub(super) why: Vec<String>,
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
            why: all_retold(&line.letter.why),
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
        words: match capitalised(&retold(&one.words)) {
            method if one.is_own => say!("{method}, as agreed", method),
            method => method,
        },
        share: say::measured(&one.sli),
        counts: say!("{good} of {all}", amount(one.good, one.unit), amount(one.total, one.unit)),
        verdict: match one.met {
            Some(true) => language::word("met"),
            Some(false) => language::word("missed"),
            None => "–",
        },
    };
    line.letter.comparison.iter().map(text).collect()
}

/// Where the methods disagree, a sentence that says so.
pub(super) fn disagreement(line: &Line) -> Option<&'static str> {
    line.letter
        .methods_disagree
        .then(|| language::word("The methods disagree about whether the target is met; the agreed one decides."))
}

/// The terms of an agreement or an objective, as labels and texts.
pub(super) fn terms(terms: &[Term]) -> Vec<(String, String)> {
    terms.iter().map(|term| (retold(&term.label), retold(&term.text))).collect()
}

#[cfg(test)]
mod tests;
