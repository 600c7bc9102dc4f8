//! The report as a workbook (Office Open XML, ISO/IEC 29500): one sheet a section, in the order of the report; numbers as
//! numbers, with the places that the report says; moments as dates.
//!
//! Moments are written on the agreement's wall clock, because spreadsheets know no zones; each head of such a column names
//! the zone. A text is always written as a text, so nothing that people typed is ever run as a formula. The same report
//! gives the same bytes.

use crate::domain::phrases::amount_of_millionths;
use crate::domain::time::Instant;
use crate::language;
use crate::language::say;
use crate::report::retold::retold;
use crate::report::say;
use crate::report::sections;
use crate::report::{Line, Report, ReportError, by_trouble};
use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use rust_xlsxwriter::{DocProperties, Format, FormatAlign, Workbook, Worksheet, XlsxError};

/// The longest text of a cell, in UTF-16 units, by the format's own limit of 32,767; a longer one is cut.
const TEXT_MAX: usize = 32_000;
/// The widest column, in pixels.
const WIDTH_MAX: u32 = 460;

/// What a cell holds.
enum Cell {
    Text(String),
    Whole(i64),
    /// A decimal as the report says it, such as `99.8997`; empty where there is none.
    Decimal(String),
    Moment(Option<Instant>),
    Day(String),
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A word of ours that is chosen at run time.
    fn word(word: &str) -> Self {
        Self::text(language::word(word))
    }

    fn decimal(text: Option<&String>) -> Self {
        Self::Decimal(text.cloned().unwrap_or_default())
    }

    fn yes(is: Option<bool>) -> Self {
        is.map_or_else(|| Self::text(""), |is| Self::word(if is { "yes" } else { "no" }))
    }
}

/// The workbook's bytes.
pub fn render_xlsx(report: &Report) -> Result<Vec<u8>, ReportError> {
    let mut workbook = Workbook::new();
    let built = report.built_at.to_utc().naive_utc();
    let title = say!("{name}, {period}", report.agreement.name, report.period_name());
    let properties = DocProperties::new().set_title(cut(&title, 250)).set_creation_datetime(&built);
    workbook.set_properties(&properties);
    let book = Book { zone: report.agreement.zone };
    for (name, head, rows) in [
        ("Summary", words(&["What", "Value"]), summary(report, &book)),
        ("Objectives", words(&OBJECTIVES), by_trouble(report).into_iter().map(objective).collect()),
        ("Agreement", words(&["Part", "What", "Value"]), agreement(report)),
        ("Exclusions", book.head(&EXCLUSIONS), exclusions(report)),
        ("Outages", book.head(&OUTAGES), outages(report)),
        ("Anomalies", book.head(&ANOMALIES), anomalies(report)),
        ("Days", words(&DAYS), days(report)),
        ("Terms", words(&["Part", "What", "Value"]), terms(report)),
        ("Notes", words(&["What", "Value"]), notes(report)),
    ] {
        book.sheet(workbook.add_worksheet().set_name(language::word(name))?, &head, rows)?;
    }
    Ok(workbook.save_to_buffer()?)
}

const OBJECTIVES: [&str; 30] = [
    "Objective",
    "Service",
    "Kind",
    "Status",
    "Met",
    "Target %",
    "Window",
    "Measured %",
    "Unit",
    "Good",
    "Bad",
    "All",
    "Budget",
    "Budget used",
    "Budget used %",
    "Budget left, minutes",
    "Burn rate",
    "Known minutes",
    "Minutes",
    "Coverage %",
    "Worst %",
    "Best %",
    "Raw %",
    "Excluded minutes",
    "Closed minutes",
    "Severity",
    "Method",
    "Weight",
    "Outages",
    "Anomalies",
];
const DAYS: [&str; 7] = ["Objective", "Day", "Good", "Bad", "All", "Known minutes", "Measured %"];
const OUTAGES: [&str; 9] =
    ["Objective", "Began", "Ended", "Minutes", "Bad", "All", "Bad %", "Share of the budget %", "Cause"];
const ANOMALIES: [&str; 10] =
    ["Objective", "Began", "Ended", "What", "Measured", "Expected", "Low", "High", "Score", "Standing"];
const EXCLUSIONS: [&str; 11] = [
    "Category",
    "Reason",
    "Began",
    "Ended",
    "Taken minutes",
    "Late minutes",
    "Over cap minutes",
    "Asked by",
    "Asked at",
    "Approved by",
    "Approved at",
];

fn words(head: &[&str]) -> Vec<String> {
    head.iter().map(|word| language::word(word).to_owned()).collect()
}

fn row(label: &str, value: impl Into<String>) -> Vec<Cell> {
    vec![Cell::word(label), Cell::text(value)]
}

fn summary(report: &Report, book: &Book) -> Vec<Vec<Cell>> {
    let mut rows: Vec<Vec<Cell>> = say::facts(report).into_iter().map(|(label, value)| row(label, value)).collect();
    let moments = [report.period.start, report.period.end, report.built_at];
    let labels = book.head(&["Began", "Ended", "Made"]);
    rows.extend(labels.into_iter().zip(moments).map(|(label, at)| vec![Cell::Text(label), Cell::Moment(Some(at))]));
    rows.push(row("Verdict", language::word(report.verdict.status.word())));
    rows.push(row("In a sentence", report.sentence()));
    if let Some(correction) = sections::correction(report) {
        rows.push(row("Correction", correction.lead));
        rows.extend(correction.reasons.into_iter().map(|reason| row("Reason", reason)));
        let changes = correction.changes.into_iter().chain(correction.further);
        rows.extend(changes.map(|(what, was, is)| row("Changed", say!("{what}: {was} → {is}", what, was, is))));
    }
    rows
}

fn notes(report: &Report) -> Vec<Vec<Cell>> {
    let findings = report.findings_told().into_iter().map(|finding| row("Odd about the data", finding));
    findings.chain(report.notes_told().into_iter().map(|note| row("How it was counted", note))).collect()
}

fn objective(line: &Line) -> Vec<Cell> {
    let (budget, letter, bounds) = (line.budget.as_ref(), &line.letter, line.bounds.as_ref());
    let raw = letter.raw.as_ref().and_then(|raw| raw.sli.percent()).unwrap_or_default();
    let amount = |count: i64| Cell::Decimal(amount_of_millionths(i128::from(count) * 1_000_000, line.unit));
    vec![
        Cell::text(&line.name),
        Cell::text(&line.service),
        Cell::word(line.kind.word()),
        Cell::word(line.status.word()),
        Cell::yes(line.met),
        Cell::Decimal(line.target.to_string()),
        Cell::text(retold(&line.window)),
        Cell::Decimal(line.sli.percent().unwrap_or_default().to_owned()),
        Cell::word(line.unit.word()),
        amount(line.good),
        amount(line.bad),
        amount(line.total),
        Cell::decimal(budget.map(|budget| &budget.allowed_events)),
        budget.map_or_else(|| Cell::text(""), |_| amount(line.bad)),
        Cell::decimal(budget.map(|budget| &budget.consumed_percent)),
        Cell::decimal(budget.map(|budget| &budget.remaining_minutes)),
        Cell::decimal(line.burn_rate.as_ref()),
        Cell::Whole(line.coverage.known),
        Cell::Whole(line.coverage.minutes),
        Cell::Decimal(line.coverage.percent.clone()),
        Cell::decimal(bounds.map(|bounds| &bounds.worst_percent)),
        Cell::decimal(bounds.map(|bounds| &bounds.best_percent)),
        Cell::Decimal(raw.to_owned()),
        Cell::Whole(letter.excluded_minutes),
        Cell::Whole(letter.closed_minutes),
        Cell::word(letter.severity.as_deref().unwrap_or_default()),
        Cell::text(&letter.method),
        letter.weight.map_or_else(|| Cell::text(""), |weight| Cell::Whole(weight.into())),
        count(line.outages.len()),
        count(line.anomalies.len()),
    ]
}

fn count(n: usize) -> Cell {
    Cell::Whole(i64::try_from(n).unwrap_or(i64::MAX))
}

fn days(report: &Report) -> Vec<Vec<Cell>> {
    let row = |(line, day): (&Line, &crate::report::Day)| {
        let amount = |count: i64| Cell::Decimal(amount_of_millionths(i128::from(count) * 1_000_000, line.unit));
        let sli = crate::report::Sli::of(day.good, day.total, day.known, line.target);
        vec![
            Cell::text(&line.name),
            Cell::Day(day.day.clone()),
            amount(day.good),
            amount(day.total - day.good),
            amount(day.total),
            Cell::Whole(day.known),
            Cell::Decimal(sli.percent().unwrap_or_default().to_owned()),
        ]
    };
    each(report, |line| &line.daily).map(row).collect()
}

/// Each part of each objective.
fn each<'a, T: 'a>(report: &'a Report, parts: fn(&Line) -> &Vec<T>) -> impl Iterator<Item = (&'a Line, &'a T)> {
    by_trouble(report).into_iter().flat_map(move |line| parts(line).iter().map(move |part| (line, part)))
}

fn outages(report: &Report) -> Vec<Vec<Cell>> {
    let row = |(line, outage): (&Line, &crate::report::Outage)| {
        vec![
            Cell::text(&line.name),
            Cell::Moment(Some(outage.start)),
            Cell::Moment(Some(outage.end)),
            Cell::Whole(outage.minutes),
            Cell::Whole(outage.bad),
            Cell::Whole(outage.total),
            Cell::decimal(outage.bad_percent.as_ref()),
            Cell::decimal(outage.share_of_budget_percent.as_ref()),
            Cell::text(outage.cause.clone().unwrap_or_default()),
        ]
    };
    each(report, |line| &line.outages).map(row).collect()
}

fn anomalies(report: &Report) -> Vec<Vec<Cell>> {
    let row = |(line, one): (&Line, &crate::report::Anomaly)| {
        vec![
            Cell::text(&line.name),
            Cell::Moment(Some(one.start)),
            Cell::Moment(Some(one.end)),
            Cell::text(retold(&one.what)),
            Cell::Decimal(one.value.clone()),
            Cell::Decimal(one.expected.clone()),
            Cell::decimal(one.low.as_ref()),
            Cell::decimal(one.high.as_ref()),
            Cell::Decimal(one.score.clone()),
            Cell::word(one.standing.word()),
        ]
    };
    each(report, |line| &line.anomalies).map(row).collect()
}

/// One row an occurrence; the minutes stand beside the first one, so that a sum counts them once.
fn exclusions(report: &Report) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for one in &report.whole.exclusions {
        for (n, stretch) in one.occurrences.iter().enumerate() {
            let once = |minutes: i64| if n == 0 { Cell::Whole(minutes) } else { Cell::text("") };
            rows.push(vec![
                Cell::word(&one.category),
                Cell::text(&one.reason),
                Cell::Moment(Some(stretch.start)),
                Cell::Moment(Some(stretch.end)),
                once(one.taken_minutes),
                once(one.late_minutes),
                once(one.over_cap_minutes),
                Cell::text(&one.asked_by),
                Cell::Moment(Some(one.asked_at)),
                Cell::text(&one.approved_by),
                Cell::Moment(one.approved_at),
            ]);
        }
    }
    rows
}

fn agreement(report: &Report) -> Vec<Vec<Cell>> {
    let told = |part: &'static str, figures: Vec<sections::Figure>| {
        let row =
            move |figure: sections::Figure| vec![Cell::word(part), Cell::word(figure.label), Cell::text(figure.value)];
        figures.into_iter().map(row).collect::<Vec<_>>()
    };
    let mut rows = told("Compliance", sections::compliance(report));
    let violation = |one| vec![Cell::word("Violation"), Cell::text(""), Cell::text(sections::violation(report, one))];
    rows.extend(report.whole.violations.iter().map(violation));
    rows.extend(told("Credit", sections::credit(report)));
    rows.extend(told("Outages and recovery", sections::recovery(report)));
    rows
}

fn terms(report: &Report) -> Vec<Vec<Cell>> {
    let terms = |part: String, terms: &[crate::report::Term]| -> Vec<Vec<Cell>> {
        let row = |(label, text)| vec![Cell::text(&part), Cell::Text(label), Cell::Text(text)];
        sections::terms(terms).into_iter().map(row).collect()
    };
    let mut rows = terms(say!("Terms"), &report.agreement.terms);
    for line in by_trouble(report) {
        rows.extend(terms(say!("Terms of {name}", line.name), &line.letter.terms));
    }
    rows
}

struct Book {
    zone: Tz,
}

impl Book {
    /// Heads of which those over moments name the zone.
    fn head(&self, head: &[&str]) -> Vec<String> {
        let is_moment = |word: &str| ["Began", "Ended", "Made", "Asked at", "Approved at"].contains(&word);
        let said = |word: &&str| match language::word(word) {
            told if is_moment(word) => say!("{moment} ({zone})", told, self.zone.name()),
            told => told.to_owned(),
        };
        head.iter().map(said).collect()
    }

    fn sheet(&self, sheet: &mut Worksheet, head: &[String], rows: Vec<Vec<Cell>>) -> Result<(), XlsxError> {
        let bold = Format::new().set_bold().set_align(FormatAlign::Top);
        for (column, word) in (0_u16..).zip(head) {
            sheet.write_string_with_format(0, column, word, &bold)?;
        }
        for (index, cells) in (1_u32..).zip(rows) {
            for (column, cell) in (0_u16..).zip(cells) {
                self.cell(sheet, (index, column), cell)?;
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_autofit_max_width(WIDTH_MAX);
        sheet.autofit();
        Ok(())
    }

    fn cell(&self, sheet: &mut Worksheet, (row, column): (u32, u16), cell: Cell) -> Result<(), XlsxError> {
        let top = Format::new().set_align(FormatAlign::Top);
        match cell {
            Cell::Text(text) if text.is_empty() => {}
            Cell::Text(text) => {
                sheet.write_string_with_format(row, column, cut(&text, TEXT_MAX), &top.set_text_wrap())?;
            }
            Cell::Whole(number) => {
                sheet.write_number_with_format(
                    row,
                    column,
                    number_of(&number.to_string())?,
                    &top.set_num_format("#,##0"),
                )?;
            }
            Cell::Decimal(text) if text.is_empty() => {}
            Cell::Decimal(text) => {
                let format = top.set_num_format(places(&text));
                sheet.write_number_with_format(row, column, number_of(&text)?, &format)?;
            }
            Cell::Moment(None) => {}
            Cell::Moment(Some(at)) => {
                let local: NaiveDateTime = at.to_utc().with_timezone(&self.zone).naive_local();
                sheet.write_datetime_with_format(row, column, local, &top.set_num_format("yyyy-mm-dd hh:mm"))?;
            }
            Cell::Day(text) => match text.parse::<NaiveDate>() {
                Ok(day) => {
                    sheet.write_datetime_with_format(row, column, day, &top.set_num_format("yyyy-mm-dd"))?;
                }
                Err(_unwritten) => {
                    sheet.write_string_with_format(row, column, &text, &top)?;
                }
            },
        }
        Ok(())
    }
}

fn number_of(text: &str) -> Result<f64, XlsxError> {
    text.parse().map_err(|_unread| XlsxError::ParameterError(format!("{text} is no number")))
}

/// As many places as are written.
fn places(text: &str) -> String {
    match text.split_once('.') {
        None => "#,##0".to_owned(),
        Some((_, fraction)) => format!("#,##0.{}", "0".repeat(fraction.len())),
    }
}

fn cut(text: &str, most: usize) -> String {
    let mut units = 0;
    text.chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= most
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_same_report_is_the_same_bytes() {
        let report = sample::judged();
        let bytes = render_xlsx(&report).unwrap();
        assert!(bytes.starts_with(b"PK") && bytes == render_xlsx(&report).unwrap());
    }

    #[test]
    fn numbers_keep_the_places_that_they_were_said_with() {
        assert_eq!(["12", "99.8997", "-0.5"].map(places), ["#,##0", "#,##0.0000", "#,##0.0"]);
        assert!(number_of("99,9").is_err());
    }

    #[test]
    fn texts_that_no_cell_can_hold_are_cut() {
        let mut report = sample::report();
        report.objectives[0].name = "𝄞".repeat(40_000);
        assert!(render_xlsx(&report).is_ok());
        assert_eq!(cut("a𝄞b", 2), "a", "never half of a character");
    }
}
