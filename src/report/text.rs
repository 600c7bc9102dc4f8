//! The report as plain text: the mail's alternative, and the command line's answer.

use crate::domain::wording::capitalised;
use crate::report::say::{self, Row};
use crate::report::sections::{self, Figure};
use crate::report::unusual::{AnomalyText, anomalies};
use crate::report::{Line, Report, Status, by_trouble};

/// Where prose is broken, in characters.
const WIDTH: usize = 78;
/// How many outages of an objective are listed.
const OUTAGES_MAX: usize = 10;
/// How many anomalies of an objective are listed.
const ANOMALIES_MAX: usize = 10;

/// The report as text, lines ending in `\n`, prose broken at 78 characters.
#[must_use]
pub fn render_text(report: &Report) -> String {
    let mut page = Page::default();
    let heading = format!("{}: {}, {}", report.verdict.status.word(), report.agreement.name, report.period.label);
    page.heading(&heading, '=');
    page.prose("", &report.verdict.sentence);
    if report.provisional {
        page.prose("", "Provisional: the data has not settled and may still change.");
    }
    correction(&mut page, report);
    page.blank();
    page.rows(&say::facts(report));
    page.blank();
    for line in by_trouble(report) {
        let of = format!("{} of {} %", say::measured(&line.sli), line.target);
        page.prose("  ", &format!("{} {}: {} – {of}", line.status.shape(), line.status.word(), line.name));
    }
    whole(&mut page, report);
    for line in by_trouble(report) {
        objective(&mut page, report, line);
    }
    page.list("Findings", &report.findings);
    page.list("How it was counted", &report.notes);
    page.text
}

/// What is corrected, and why.
fn correction(page: &mut Page, report: &Report) {
    let Some(told) = sections::correction(report) else { return };
    page.blank();
    page.heading("Correction", '-');
    page.prose("", &told.lead);
    for reason in told.reasons {
        page.prose("  - ", reason);
    }
    for (what, was, is) in told.changes {
        page.prose("  * ", &format!("{what}: was {was}, is {is}"));
    }
    if !told.further.is_empty() {
        page.prose("  * ", &format!("and {} more in the JSON file", told.further.len()));
    }
}

/// The agreement as a whole.
fn whole(page: &mut Page, report: &Report) {
    let rows = |figures: Vec<Figure<'_>>| -> Vec<Row> { figures.iter().map(Figure::row).collect() };
    let violations: Vec<String> = report.whole.violations.iter().map(|one| sections::violation(report, one)).collect();
    for (title, rows) in [
        ("Compliance and violations", rows(sections::compliance(report))),
        ("Credit", rows(sections::credit(report))),
        ("Outages and recovery", rows(sections::recovery(report))),
    ] {
        if rows.is_empty() {
            continue;
        }
        page.blank();
        page.heading(title, '-');
        page.rows(&rows);
        if title.starts_with("Compliance") {
            for violation in &violations {
                page.prose("  - ", violation);
            }
        }
    }
    let exclusions = sections::exclusions(report);
    let exclusions: Vec<String> = exclusions
        .iter()
        .map(|one| {
            format!("{}. {}. {}; {}.", one.what.trim_end_matches('.'), one.when, capitalised(&one.effect), one.who)
        })
        .collect();
    page.list("Exclusions", &exclusions);
    for side in sections::sides(report) {
        let text =
            format!("{}: {} raw, {} contractual ({} taken out)", side.name, side.raw, side.contractual, side.taken);
        page.prose("  ", &text);
    }
}

fn objective(page: &mut Page, report: &Report, line: &Line) {
    page.blank();
    page.heading(&format!("{}: {} ({})", line.status.word(), line.name, line.service), '-');
    page.rows(&say::figures(line));
    let (outages, left_out) = say::worst_outages(report, line, OUTAGES_MAX);
    for outage in &outages {
        let cause = outage.cause.as_ref().map(|cause| format!("; cause: {cause}")).unwrap_or_default();
        page.prose("  - ", &format!("{}, {}: {}{cause}", outage.when, outage.length, outage.cost));
    }
    if left_out > 0 {
        page.prose("  - ", &format!("and {left_out} smaller ones"));
    }
    let unusual = anomalies(report, line);
    if !unusual.is_empty() {
        page.blank();
        page.prose("", "What left its usual:");
    }
    for one in unusual.iter().take(ANOMALIES_MAX) {
        let AnomalyText { when, what, measured, usual, standing } = one;
        page.prose("  - ", &format!("{when}: {what}; {measured}, expected {usual}; {}", standing.word()));
    }
    if unusual.len() > ANOMALIES_MAX {
        page.prose("  - ", &format!("and {} more", unusual.len() - ANOMALIES_MAX));
    }
    if line.status != Status::Met && !line.daily.is_empty() {
        page.blank();
        page.days(&say::days(report, line));
    }
    came_about(page, line);
    page.blank();
    page.rows(&[("Source", line.source.clone()), ("Query", line.query.clone())]);
}

/// The terms, and the same period under each method.
fn came_about(page: &mut Page, line: &Line) {
    if line.letter.terms.is_empty() {
        return;
    }
    page.blank();
    for term in &line.letter.terms {
        page.prose("  ", &format!("{}: {}", term.label, term.text));
    }
    for one in sections::comparison(line) {
        page.prose("  - ", &format!("{}: {} ({}), {}", one.words, one.share, one.counts, one.verdict));
    }
    if let Some(sentence) = sections::disagreement(line) {
        page.prose("  ", sentence);
    }
}

/// Text in the making.
#[derive(Default)]
pub(super) struct Page {
    /// What is written.
    pub(super) text: String,
}

impl Page {
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.line("");
    }

    pub(super) fn heading(&mut self, text: &str, rule: char) {
        let text = one_line(text);
        self.line(&text);
        self.line(&rule.to_string().repeat(text.chars().count().min(WIDTH)));
    }

    /// A paragraph behind a first prefix, its other lines indented as far.
    pub(super) fn prose(&mut self, prefix: &str, text: &str) {
        let indent = " ".repeat(prefix.chars().count());
        let mut line = prefix.to_owned();
        let mut is_empty = true;
        for word in text.split_whitespace() {
            if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.line(&line);
                line.clone_from(&indent);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.line(&line);
    }

    /// Labels in a column, values beside them.
    fn rows(&mut self, rows: &[Row]) {
        let width = 2 + rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or_default().max(12);
        for (label, value) in rows {
            self.prose(&format!("{label:<width$}"), value);
        }
    }

    fn days(&mut self, days: &[say::DayText]) {
        self.line(&format!("  {:<12}{:>12}{:>12}{:>14}  {}", "Day", "Measured", "Bad", "All", "Known"));
        for day in days {
            let mark = if day.missed { "  below target" } else { "" };
            let say::DayText { day, sli, bad, total, known, .. } = day;
            self.line(&format!("  {day:<12}{sli:>12}{bad:>12}{total:>14}  {known}{mark}"));
        }
    }

    pub(super) fn list(&mut self, title: &str, items: &[String]) {
        if !items.is_empty() {
            self.blank();
            self.heading(title, '-');
            for item in items {
                self.prose("- ", item);
            }
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_text_leads_with_the_verdict_and_keeps_its_width() {
        let text = render_text(&sample::report());
        assert!(text.starts_with("Breached: ACME shop, 2026-W46\n=============================\n1 of 5 objectives missed: Checkout availability."), "{text}");
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > WIDTH && line.contains(' ')).collect();
        assert!(wide.iter().all(|line| line.contains("http_requests_total")), "{wide:?}");
        assert!(text.lines().all(|line| line == line.trim_end()));
    }

    #[test]
    fn every_objective_is_told_once_and_the_worst_first() {
        let report = sample::report();
        let text = render_text(&report);
        let places: Vec<usize> = by_trouble(&report)
            .iter()
            .map(|line| text.find(&format!("{}: {} (Shop)\n-", line.status.word(), line.name)).unwrap())
            .collect();
        assert!(places.is_sorted());
        assert!(text.contains("Wed 11 Nov       99.37 %         900       142,857  1 d  below target"), "{text}");
    }

    #[test]
    fn a_name_cannot_forge_a_line() {
        let mut report = sample::report();
        report.objectives[0].name = "x\n\nMet: all is well".to_owned();
        assert!(!render_text(&report).contains("\nMet: all is well"));
    }
}
