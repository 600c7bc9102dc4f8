//! The report as plain text: the mail's alternative, and the command line's answer.

use crate::domain::wording::capitalised;
use crate::language;
use crate::language::say;
use crate::report::say::{self, Row};
use crate::report::sections::{self, Figure};
use crate::report::unusual::{AnomalyText, anomalies};
use crate::report::{Line, Report, Status, by_trouble};
use std::iter::once;

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
    let word = language::word(report.verdict.status.word());
    let heading = say!("{verdict}: {name}, {period}", word, report.agreement.name, report.period.label);
    page.heading(&heading, '=');
    page.prose("", &report.sentence());
    if report.provisional {
        page.prose("", language::word("Provisional: the data has not settled and may still change."));
    }
    correction(&mut page, report);
    page.blank();
    page.rows(&say::facts(report));
    page.blank();
    for line in by_trouble(report) {
        let of = say!("{measured} of {target} %", say::measured(&line.sli), line.target);
        let word = say!("{verdict}: {name}", language::word(line.status.word()), line.name);
        page.prose("  ", &format!("{} {word} – {of}", line.status.shape()));
    }
    whole(&mut page, report);
    for line in by_trouble(report) {
        objective(&mut page, report, line);
    }
    page.list("Findings", &report.findings_told());
    page.list("How it was counted", &report.notes_told());
    page.text
}

/// What is corrected, and why.
fn correction(page: &mut Page, report: &Report) {
    let Some(told) = sections::correction(report) else { return };
    page.blank();
    page.heading(language::word("Correction"), '-');
    page.prose("", &told.lead);
    for reason in told.reasons {
        page.prose("  - ", &reason);
    }
    for (what, was, is) in told.changes {
        page.prose("  * ", &say!("{what}: was {was}, is {is}", what, was, is));
    }
    if !told.further.is_empty() {
        page.prose("  * ", &say!("and {further} more in the JSON file", told.further.len()));
    }
}

/// The agreement as a whole.
fn whole(page: &mut Page, report: &Report) {
    let rows = |figures: Vec<Figure>| -> Vec<Row> { figures.iter().map(Figure::row).collect() };
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
        page.heading(language::word(title), '-');
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
            let (what, effect) = (one.what.trim_end_matches('.'), capitalised(&one.effect));
            say!("{what}. {when}. {effect}; {who}.", what, one.when, effect, one.who)
        })
        .collect();
    page.list("Exclusions", &exclusions);
    for side in sections::sides(report) {
        let sections::Sides { name, raw, contractual, taken, .. } = side;
        let text =
            say!("{name}: {raw} raw, {contractual} contractual ({taken} taken out)", name, raw, contractual, taken);
        page.prose("  ", &text);
    }
}

fn objective(page: &mut Page, report: &Report, line: &Line) {
    page.blank();
    let word = language::word(line.status.word());
    page.heading(&say!("{verdict}: {name} ({service})", word, line.name, line.service), '-');
    page.rows(&say::figures(line));
    let (outages, left_out) = say::worst_outages(report, line, OUTAGES_MAX);
    for outage in &outages {
        let told = say!("{when}, {length}: {cost}", outage.when, outage.length, outage.cost);
        let cause = outage.cause.as_ref().map(|cause| say!("; cause: {cause}", cause)).unwrap_or_default();
        page.prose("  - ", &format!("{told}{cause}"));
    }
    if left_out > 0 {
        page.prose("  - ", &say!("and {outages_left_out} smaller ones", left_out));
    }
    left_its_usual(page, report, line);
    if line.status != Status::Met && !line.daily.is_empty() {
        page.blank();
        page.days(&say::days(report, line));
    }
    came_about(page, line);
    page.blank();
    page.rows(&[("Source", line.source.clone()), ("Query", say::query(line).to_owned())]);
}

fn left_its_usual(page: &mut Page, report: &Report, line: &Line) {
    let unusual = anomalies(report, line);
    if !unusual.is_empty() {
        page.blank();
        page.prose("", language::word("What left its usual:"));
    }
    for one in unusual.iter().take(ANOMALIES_MAX) {
        let AnomalyText { when, what, measured, usual, standing } = one;
        let told = say!("{when}: {what}; {measured}, expected {usual}", when, what, measured, usual);
        page.prose("  - ", &say!("{anomaly}; {standing}", told, language::word(standing.word())));
    }
    if unusual.len() > ANOMALIES_MAX {
        page.prose("  - ", &say!("and {anomalies_left_out} more", unusual.len() - ANOMALIES_MAX));
    }
}

/// The terms, and the same period under each method.
fn came_about(page: &mut Page, line: &Line) {
    if line.letter.terms.is_empty() {
        return;
    }
    page.blank();
    for (label, text) in sections::terms(&line.letter.terms) {
        page.prose("  ", &say!("{label}: {text}", label, text));
    }
    for one in sections::comparison(line) {
        let told = say!("{method}: {share} ({counts}), {verdict}", one.words, one.share, one.counts, one.verdict);
        page.prose("  - ", &told);
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
        self.line(&rule.to_string().repeat(width(&text).min(WIDTH)));
    }

    /// A paragraph behind a first prefix, its other lines indented as far.
    pub(super) fn prose(&mut self, prefix: &str, text: &str) {
        let indent = " ".repeat(width(prefix));
        let mut line = prefix.to_owned();
        let mut is_empty = true;
        for (piece, is_apart) in text.split_whitespace().flat_map(pieces) {
            if !is_empty && width(&line) + usize::from(is_apart) + width(piece) > WIDTH {
                self.line(&line);
                line.clone_from(&indent);
                is_empty = true;
            }
            if !is_empty && is_apart {
                line.push(' ');
            }
            line.push_str(piece);
            is_empty = false;
        }
        self.line(&line);
    }

    /// Labels in a column, values beside them.
    fn rows(&mut self, rows: &[Row]) {
        let column = 2 + rows.iter().map(|(label, _)| width(language::word(label))).max().unwrap_or_default().max(12);
        for (label, value) in rows {
            self.prose(&left(language::word(label), column), value);
        }
    }

    fn days(&mut self, days: &[say::DayText]) {
        let column = 2 + days.iter().map(|one| width(&one.day)).max().unwrap_or_default().max(10);
        let row = |[day, share, bad, all, known]: [&str; 5]| {
            let columns = [left(day, column), right(share, 12), right(bad, 12), right(all, 14)];
            format!("  {}  {known}", columns.concat())
        };
        self.line(&row(["Day", "Measured", "Bad", "All", "Known"].map(language::word)));
        for one in days {
            let told = row([&one.day, &one.sli, &one.bad, &one.total, &one.known]);
            self.line(&if one.missed { format!("{told}  {}", language::word("below target")) } else { told });
        }
    }

    pub(super) fn list(&mut self, title: &str, items: &[String]) {
        if !items.is_empty() {
            self.blank();
            self.heading(language::word(title), '-');
            for item in items {
                self.prose("- ", item);
            }
        }
    }
}

/// How many columns a text takes where every letter has the same width; ideographs take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// Is it an ideograph, or a mark as wide as one?
pub(super) fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}')
}

fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// A word cut where a line may end, each piece with whether a blank stands before it: ideographs need none, but no line
/// begins with a mark that closes or ends with one that opens.
fn pieces(word: &str) -> Vec<(&str, bool)> {
    let letters = word.char_indices().zip(word.chars().skip(1).map(Some).chain(once(None)));
    let mut from = 0;
    let mut pieces = Vec::new();
    for ((at, c), next) in letters {
        let may_end = next.is_none_or(|next| {
            (is_wide(c) || is_wide(next)) && !"（“《".contains(c) && !"，。；：、）”》,.;:)".contains(next)
        });
        if may_end {
            let end = at + c.len_utf8();
            pieces.extend(word.get(from..end).map(|piece| (piece, from == 0)));
            from = end;
        }
    }
    pieces
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
