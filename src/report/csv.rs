//! The report as CSV: a header row, then one row for each objective and period.
//!
//! RFC 4180 with CRLF, UTF-8. Numbers are plain decimals without thousands; a cell is empty where nothing was measured.
//! Text that a spreadsheet would run as a formula begins with an apostrophe ([`safe_cell`]).

use crate::report::{Line, Report, ReportError, Sli};
use ::csv::{Terminator, WriterBuilder};
use std::borrow::Cow;

/// Reads one cell of an objective's row.
type Cell = fn(&Report, &Line) -> String;

/// Every column: its name, what it holds, and where it comes from.
const COLUMNS: &[(&str, &str, Cell)] = &[
    ("agreement", "the agreement's name", |r, _| r.agreement.name.clone()),
    ("customer", "with whom it is", |r, _| r.agreement.customer.clone()),
    ("time_zone", "IANA zone in which its days begin", |r, _| r.agreement.zone.name().to_owned()),
    ("period", "the period's label", |r, _| r.period.label.clone()),
    ("period_start", "its first moment, UTC", |r, _| r.period.start.to_string()),
    ("period_end", "the first moment after it, UTC", |r, _| r.period.end.to_string()),
    ("built_at", "when the report was built, UTC", |r, _| r.built_at.to_string()),
    ("revision", "1, and one more for each correction", |r, _| r.revision.to_string()),
    ("provisional", "yes if the data had not settled, else no", |r, _| yes(r.provisional)),
    ("service", "the service's name", |_, l| l.service.clone()),
    ("objective", "the objective's name", |_, l| l.name.clone()),
    ("kind", "availability, uptime, latency or error_rate", |_, l| l.kind.word().to_owned()),
    ("status", "met, at_risk, breached or no_data", |_, l| l.status.key().to_owned()),
    ("met", "yes or no by the exact counts", |_, l| l.met.map(yes).unwrap_or_default()),
    ("target_percent", "the promised share of good events", |_, l| l.target.to_string()),
    ("sli_percent", "the measured share of good events", |_, l| l.sli.percent().unwrap_or_default().to_owned()),
    ("sli_state", "measured, no_traffic or unknown", |_, l| state(&l.sli).to_owned()),
    ("sli_low_percent", "lower end of the 95 % interval, if events are few", |_, l| interval(l).0),
    ("sli_high_percent", "upper end of the 95 % interval, if events are few", |_, l| interval(l).1),
    ("too_little_data", "yes if the events are too few to tell", |_, l| yes(too_little(&l.sli))),
    ("estimated", "yes if the source evaluated it", |_, l| yes(l.estimated)),
    ("good", "good events", |_, l| l.good.to_string()),
    ("bad", "bad events", |_, l| l.bad.to_string()),
    ("total", "all events", |_, l| l.total.to_string()),
    ("window", "what the budget is counted over", |_, l| l.window.clone()),
    ("budget_allowed_events", "how many events may be bad", |_, l| budget(l, |b| b.allowed_events.clone())),
    ("budget_remaining_events", "how many more may be", |_, l| budget(l, |b| b.remaining_events.clone())),
    ("budget_consumed_percent", "spent share of the budget", |_, l| budget(l, |b| b.consumed_percent.clone())),
    ("budget_remaining_percent", "its rest", |_, l| budget(l, |b| b.remaining_percent.clone())),
    ("budget_allowed_minutes", "full downtime that the budget allows", |_, l| budget(l, |b| b.allowed_minutes.clone())),
    ("budget_remaining_minutes", "its rest", |_, l| budget(l, |b| b.remaining_minutes.clone())),
    ("burn_rate", "error ratio / (1 - target) over the period", |_, l| l.burn_rate.clone().unwrap_or_default()),
    ("known_minutes", "minutes with samples", |_, l| l.coverage.known.to_string()),
    ("period_minutes", "minutes of the period", |_, l| l.coverage.minutes.to_string()),
    ("coverage_percent", "known share of the minutes", |_, l| l.coverage.percent.clone()),
    ("worst_case_percent", "share if every unknown minute had been bad", |_, l| {
        l.bounds.as_ref().map(|b| b.worst_percent.clone()).unwrap_or_default()
    }),
    ("best_case_percent", "share if every unknown minute had been good", |_, l| {
        l.bounds.as_ref().map(|b| b.best_percent.clone()).unwrap_or_default()
    }),
    ("outages", "how many outages", |_, l| l.outages.len().to_string()),
    ("outage_minutes", "their minutes", |_, l| l.outages.iter().map(|o| o.minutes).sum::<i64>().to_string()),
    ("previous_period", "the period before", |_, l| l.previous.as_ref().map(|p| p.label.clone()).unwrap_or_default()),
    ("previous_sli_percent", "its measured share", |_, l| {
        l.previous.as_ref().and_then(|p| p.sli.percent()).unwrap_or_default().to_owned()
    }),
    ("source", "where the measurements come from", |_, l| l.source.clone()),
    ("query", "what is asked there", |_, l| l.query.clone()),
];

/// The columns' names and meanings, for documentation.
pub fn columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    COLUMNS.iter().map(|(name, meaning, _)| (*name, *meaning))
}

/// One or more reports of any agreements under one header.
pub fn render_csv<'a>(reports: impl IntoIterator<Item = &'a Report>) -> Result<String, ReportError> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns().map(|(name, _)| name))?;
    for report in reports {
        for line in &report.objectives {
            writer.write_record(COLUMNS.iter().map(|(_, _, cell)| safe_cell(&cell(report, line)).into_owned()))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| ::csv::Error::from(error.into_error()))?;
    String::from_utf8(bytes).map_err(|error| ::csv::Error::from(std::io::Error::other(error)).into())
}

/// A cell that no spreadsheet runs: text that begins like a formula gets an apostrophe before it. Negative numbers stay
/// numbers.
#[must_use]
pub fn safe_cell(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && !is_negative_number(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// `-` and a plain decimal, nothing else: `-1`, `-0.25`, but not `-1+1` or `-`.
fn is_negative_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let number = |number: &str| match number.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(number),
    };
    text.strip_prefix('-').is_some_and(number)
}

fn yes(answer: bool) -> String {
    if answer { "yes" } else { "no" }.to_owned()
}

const fn state(sli: &Sli) -> &'static str {
    match sli {
        Sli::Measured { .. } => "measured",
        Sli::NoTraffic => "no_traffic",
        Sli::Unknown => "unknown",
        Sli::NotApplicable => "not_applicable",
    }
}

const fn too_little(sli: &Sli) -> bool {
    matches!(sli, Sli::Measured { too_little_data: true, .. })
}

fn interval(line: &Line) -> (String, String) {
    match &line.sli {
        Sli::Measured { interval: Some(i), .. } => (i.low_percent.clone(), i.high_percent.clone()),
        Sli::Measured { .. } | Sli::NoTraffic | Sli::Unknown | Sli::NotApplicable => (String::new(), String::new()),
    }
}

fn budget(line: &Line, read: impl Fn(&crate::report::Budget) -> String) -> String {
    line.budget.as_ref().map(read).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn formulas_are_defused_and_numbers_stay_numbers() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2+3", "'-2+3"),
            ("-cmd", "'-cmd"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("-", "'-"),
            ("-1.", "'-1."),
            ("-1", "-1"),
            ("-69.49", "-69.49"),
            ("99.9", "99.9"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(safe_cell(text), safe, "{text:?}");
        }
    }

    #[test]
    fn one_row_for_each_objective_read_back_cell_by_cell() {
        let mut report = sample::report();
        report.objectives[0].name = "=HYPERLINK(\"http://evil\", \"Käse, \n bitte\")".to_owned();
        let text = render_csv([&report, &report]).unwrap();
        assert!(text.ends_with("\r\n") && text.lines().next().unwrap().starts_with("agreement,customer,time_zone,"));
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().unwrap().clone();
        let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2 * report.objectives.len());
        let cell = |row: usize, name: &str| rows[row].get(headers.iter().position(|h| h == name).unwrap()).unwrap();
        assert_eq!(cell(0, "objective"), "'=HYPERLINK(\"http://evil\", \"Käse, \n bitte\")");
        assert_eq!((cell(0, "good"), cell(0, "bad"), cell(0, "total")), ("998997", "1003", "1000000"));
        assert_eq!((cell(0, "sli_percent"), cell(0, "met"), cell(0, "status")), ("99.8997", "no", "breached"));
        assert_eq!((cell(0, "budget_remaining_events"), cell(0, "budget_remaining_percent")), ("-3", "-0.3"));
        // a week at 99.9 %: 10 080 min × 0.001
        assert_eq!(cell(0, "budget_allowed_minutes"), "10.08");
        assert_eq!((cell(0, "outages"), cell(0, "outage_minutes")), ("2", "55"));
        let silent = report.objectives.iter().position(|line| line.total == 0).unwrap();
        assert_eq!((cell(silent, "sli_percent"), cell(silent, "met"), cell(silent, "sli_state")), ("", "", "unknown"));
    }

    #[test]
    fn every_column_has_a_name_of_its_own_and_a_meaning() {
        let mut names: Vec<&str> = columns().map(|(name, _)| name).collect();
        assert!(columns().all(|(_, meaning)| !meaning.is_empty()));
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
