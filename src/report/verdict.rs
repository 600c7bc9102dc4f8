//! The outcome in one word and one sentence, and the subject line that says it.

use crate::domain::calendar::PeriodKind;
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::report::{Line, Report, Sli, say};
use serde::{Deserialize, Serialize};

/// The outcome of an objective or of a whole agreement; the order is that of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The target was missed.
    Breached,
    /// The target is met, but most of the budget is gone.
    AtRisk,
    /// Nothing was measured.
    NoData,
    /// The target was met.
    Met,
}

impl Status {
    /// The word for people: `At risk`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Breached => "Breached",
            Self::AtRisk => "At risk",
            Self::NoData => "No data",
            Self::Met => "Met",
        }
    }

    /// The word in files and class names: `at_risk`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Breached => "breached",
            Self::AtRisk => "at_risk",
            Self::NoData => "no_data",
            Self::Met => "met",
        }
    }

    /// A shape beside the word, so that no one needs the colour. Plain text symbols that mail programs do not paint
    /// over.
    #[must_use]
    pub const fn shape(self) -> &'static str {
        match self {
            Self::Breached => "✕",
            Self::AtRisk => "△",
            Self::NoData => "○",
            Self::Met => "✓",
        }
    }
}

/// The outcome of the agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// In one word: the worst of its measured objectives.
    pub status: Status,
    /// In one sentence.
    pub sentence: String,
}

impl Verdict {
    /// From the objectives' outcomes and the names of broken promises about outages. What was not measured decides
    /// nothing, unless nothing was measured at all.
    #[must_use]
    pub fn of(objectives: &[Line], broken: &[&str]) -> Self {
        let own = Self::of_objectives(objectives);
        if broken.is_empty() {
            return own;
        }
        let broken = say::listed(broken.iter().map(|name| language::word(name).to_owned()));
        let sentence = say!("{sentence} Broken promises about outages: {broken}.", own.sentence, broken);
        Self { status: Status::Breached, sentence }
    }

    fn of_objectives(objectives: &[Line]) -> Self {
        let tally = Tally::of(objectives);
        let status = tally.status();
        let (part, names) = (tally.part(status), tally.names(status));
        let mut sentence = match status {
            _ if objectives.is_empty() => say!("This agreement has no objectives."),
            Status::Breached => wording::capitalised(&say!("{part} missed: {names}.", part, names)),
            Status::AtRisk if tally.count(status) == 1 => {
                say!("Every measured target is met, but {part} is at risk: {names}.", part, names)
            }
            Status::AtRisk => say!("Every measured target is met, but {part} are at risk: {names}.", part, names),
            Status::NoData if objectives.iter().all(|line| line.sli == Sli::NotApplicable) => {
                say!("Nothing of this period is judged: all of it is excluded, or outside business hours.")
            }
            Status::NoData => say!("Nothing was measured, so nothing can be said about any objective."),
            Status::Met => wording::capitalised(&say!("{part} met.", part)),
        };
        if status != Status::NoData && tally.count(Status::NoData) > 0 {
            let (left_out, silent): (Vec<&Line>, Vec<&Line>) =
                tally.of_status(Status::NoData).partition(|line| line.sli == Sli::NotApplicable);
            if !silent.is_empty() {
                sentence = say!("{sentence} Nothing was measured for {names}.", sentence, listed(&silent));
            }
            if !left_out.is_empty() {
                sentence = say!("{sentence} Not applicable: {names}.", sentence, listed(&left_out));
            }
        }
        Self { status, sentence }
    }
}

/// The subject line: `[Nines] Breached: ACME shop, week 2026-W46 – 1 of 3 objectives missed`; a correction says so first.
#[must_use]
pub fn subject(report: &Report) -> String {
    let tally = Tally::of(&report.objectives);
    let status = report.verdict.status;
    let detail = match status {
        _ if report.objectives.is_empty() => say!("no objectives"),
        Status::Breached if tally.count(status) == 0 => say!("a promise about outages broken"),
        Status::Breached => say!("{part} missed", tally.part(status)),
        Status::AtRisk => say!("{part} at risk", tally.part(status)),
        Status::Met => say!("{part} met", tally.part(status)),
        Status::NoData => say!("nothing measured"),
    };
    let name = report.agreement.name.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut about = say!("{name}, {period}", name, kind_and_label(report.period.kind, &report.period.label));
    if report.provisional {
        about = say!("{report}, provisional", about);
    }
    if report.revision > 1 {
        about = say!("{report}, revision {revision}", about, report.revision);
    }
    let word = language::word(status.word());
    let subject = if report.correction.is_some() {
        say!("Correction, {verdict}: {report} – {detail}", word, about, detail)
    } else {
        say!("{verdict}: {report} – {detail}", word, about, detail)
    };
    format!("[Nines] {subject}")
}

/// A period by its kind and label: `week 2026-W46`.
pub(super) fn kind_and_label(kind: PeriodKind, label: &str) -> String {
    match kind {
        PeriodKind::Day => say!("day {label}", label),
        PeriodKind::Week => say!("week {label}", label),
        PeriodKind::Month => say!("month {label}", label),
        PeriodKind::Quarter => say!("quarter {label}", label),
        PeriodKind::Year => say!("year {label}", label),
    }
}

/// Objectives by outcome.
struct Tally<'a>(&'a [Line]);

impl<'a> Tally<'a> {
    const fn of(objectives: &'a [Line]) -> Self {
        Self(objectives)
    }

    fn of_status(&self, status: Status) -> impl Iterator<Item = &'a Line> {
        self.0.iter().filter(move |line| line.status == status)
    }

    fn count(&self, status: Status) -> usize {
        self.of_status(status).count()
    }

    fn status(&self) -> Status {
        let measured = self.0.iter().map(|line| line.status).filter(|status| *status != Status::NoData);
        measured.min().unwrap_or(Status::NoData)
    }

    /// `1 of 3 objectives`, `all 3 objectives`, `1 objective`.
    fn part(&self, status: Status) -> String {
        let (some, all) = (self.count(status), self.0.len());
        match (some, all) {
            (1, 1) => say!("1 objective"),
            _ if some == all => say!("all {all} objectives", all),
            (_, 1) => say!("{some} of 1 objective", some),
            _ => say!("{some} of {all} objectives", some, all),
        }
    }

    /// The names, at most three of them.
    fn names(&self, status: Status) -> String {
        listed(&self.of_status(status).collect::<Vec<_>>())
    }
}

/// The names of objectives, at most three of them.
fn listed(lines: &[&Line]) -> String {
    let names = say::listed(lines.iter().take(3).map(|line| line.name.clone()));
    match lines.len().saturating_sub(3) {
        0 => names,
        more => say!("{names} and {more} more", names, more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn with(statuses: &[Status]) -> Report {
        let mut report = sample::report();
        let line = report.objectives[0].clone();
        report.objectives = statuses
            .iter()
            .zip(["a", "b", "c", "d", "e"])
            .map(|(status, name)| Line { status: *status, name: name.to_owned(), ..line.clone() })
            .collect();
        report.verdict = Verdict::of(&report.objectives, &[]);
        report
    }

    #[test]
    fn the_subject_and_the_sentence_say_the_verdict() {
        use Status::{AtRisk, Breached, Met, NoData};
        for (statuses, end_of_subject, sentence) in [
            (
                &[Met, Breached, AtRisk][..],
                "Breached: ACME shop, week 2026-W46 – 1 of 3 objectives missed",
                "1 of 3 objectives missed: b.",
            ),
            (
                &[Breached; 5],
                "Breached: ACME shop, week 2026-W46 – all 5 objectives missed",
                "All 5 objectives missed: a, b, c and 2 more.",
            ),
            (
                &[Met, AtRisk, NoData],
                "At risk: ACME shop, week 2026-W46 – 1 of 3 objectives at risk",
                "Every measured target is met, but 1 of 3 objectives is at risk: b. Nothing was measured for c.",
            ),
            (&[Met, Met], "Met: ACME shop, week 2026-W46 – all 2 objectives met", "All 2 objectives met."),
            (&[Met], "Met: ACME shop, week 2026-W46 – 1 objective met", "1 objective met."),
            (
                &[Met, NoData],
                "Met: ACME shop, week 2026-W46 – 1 of 2 objectives met",
                "1 of 2 objectives met. Nothing was measured for b.",
            ),
            (
                &[NoData],
                "No data: ACME shop, week 2026-W46 – nothing measured",
                "Nothing was measured, so nothing can be said about any objective.",
            ),
            (&[], "No data: ACME shop, week 2026-W46 – no objectives", "This agreement has no objectives."),
        ] {
            let report = with(statuses);
            assert_eq!(subject(&report), format!("[Nines] {end_of_subject}"));
            assert_eq!(report.verdict.sentence, sentence);
        }
    }

    /// Every objective is met, and still the agreement is not: the mean time to repair was promised too.
    #[test]
    fn a_broken_promise_about_outages_breaks_the_agreement() {
        let mut report = with(&[Status::Met, Status::Met]);
        report.verdict = Verdict::of(&report.objectives, &["mean time to repair"]);
        assert_eq!(report.verdict.status, Status::Breached);
        assert_eq!(
            report.verdict.sentence,
            "All 2 objectives met. Broken promises about outages: mean time to repair."
        );
        assert!(subject(&report).ends_with("week 2026-W46 – a promise about outages broken"), "{}", subject(&report));
    }

    #[test]
    fn what_is_excluded_is_not_applicable_and_not_unmeasured() {
        let mut report = with(&[Status::NoData]);
        report.objectives[0].sli = Sli::NotApplicable;
        let of = |report: &Report| Verdict::of(&report.objectives, &[]).sentence;
        assert_eq!(of(&report), "Nothing of this period is judged: all of it is excluded, or outside business hours.");
        report.objectives.extend(with(&[Status::Met]).objectives);
        assert!(of(&report).ends_with("1 of 2 objectives met. Not applicable: a."), "{}", of(&report));
    }

    #[test]
    fn a_subject_is_one_line_and_names_what_is_not_final() {
        let mut report = with(&[Status::Met]);
        report.agreement.name = "ACME\r\nBcc: all@example.org".to_owned();
        report.provisional = true;
        report.revision = 2;
        assert_eq!(
            subject(&report),
            "[Nines] Met: ACME Bcc: all@example.org, week 2026-W46, provisional, revision 2 – 1 objective met"
        );
    }
}
