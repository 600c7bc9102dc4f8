//! The report as CSV: a header row, then one row for each objective and period.
//!
//! RFC 4180 with CRLF, UTF-8. Numbers are plain decimals without thousands; a cell is empty where nothing was measured.
//! Text that a spreadsheet would run as a formula begins with an apostrophe.

use crate::report::{Line, Report, ReportError, Sli, Standing};
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
    ("number", "its number among the agreement's reports, if it is issued", |r, _| {
        r.chain.as_ref().map(|place| place.number.to_string()).unwrap_or_default()
    }),
    ("correction", "why it corrects an earlier one, if it does", |r, _| {
        r.correction.as_ref().map(|correction| correction.reasons.join(" ")).unwrap_or_default()
    }),
    ("provisional", "yes if the data had not settled, else no", |r, _| yes(r.provisional)),
    ("service", "the service's name", |_, l| l.service.clone()),
    ("objective", "the objective's name", |_, l| l.name.clone()),
    ("kind", "availability, uptime, latency or error_rate", |_, l| l.kind.word().to_owned()),
    ("status", "met, at_risk, breached or no_data", |_, l| l.status.key().to_owned()),
    ("met", "yes or no by the exact counts", |_, l| l.met.map(yes).unwrap_or_default()),
    ("target_percent", "the promised share of good events", |_, l| l.target.to_string()),
    ("sli_percent", "the measured share of good events", |_, l| l.sli.percent().unwrap_or_default().to_owned()),
    ("sli_state", "measured, no_traffic, unknown or not_applicable", |_, l| state(&l.sli).to_owned()),
    ("sli_low_percent", "lower end of the 95 % interval, if events are few", |_, l| interval(l).0),
    ("sli_high_percent", "upper end of the 95 % interval, if events are few", |_, l| interval(l).1),
    ("too_little_data", "yes if the events are too few to tell", |_, l| yes(too_little(&l.sli))),
    ("estimated", "yes if the source evaluated it", |_, l| yes(l.estimated)),
    ("good", "good, in the unit", |_, l| l.good.to_string()),
    ("bad", "bad, in the unit", |_, l| l.bad.to_string()),
    ("total", "all, in the unit", |_, l| l.total.to_string()),
    ("window", "what the budget is counted over", |_, l| l.window.clone()),
    ("budget_allowed_events", "how many events or slices may be bad", |_, l| budget(l, |b| b.allowed_events.clone())),
    ("budget_remaining_events", "how many more may be", |_, l| budget(l, |b| b.remaining_events.clone())),
    ("budget_consumed_percent", "spent share of the budget", |_, l| budget(l, |b| b.consumed_percent.clone())),
    ("budget_remaining_percent", "its rest", |_, l| budget(l, |b| b.remaining_percent.clone())),
    ("budget_allowed_minutes", "full downtime that the budget allows", |_, l| budget(l, |b| b.allowed_minutes.clone())),
    ("budget_remaining_minutes", "its rest", |_, l| budget(l, |b| b.remaining_minutes.clone())),
    ("burn_rate", "error ratio / (1 - target) over the period", |_, l| l.burn_rate.clone().unwrap_or_default()),
    ("known_minutes", "minutes with samples", |_, l| l.coverage.known.to_string()),
    ("period_minutes", "judged minutes of the period", |_, l| l.coverage.minutes.to_string()),
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
    ("method", "occurrences, timeslices, ratio_timeslices, any_bad or weighted", |_, l| l.letter.method.clone()),
    ("slice_minutes", "length of a slice, if slices are counted", |_, l| whole(l.letter.slice_minutes)),
    ("unit", "what good, bad and total count: event, slice or billionth_of_slice", |_, l| l.unit.word().to_owned()),
    ("raw_good", "good with nothing taken out", |_, l| raw(l, |r| r.good.to_string())),
    ("raw_total", "all with nothing taken out", |_, l| raw(l, |r| r.total.to_string())),
    ("raw_sli_percent", "the share with nothing taken out", |_, l| {
        raw(l, |r| r.sli.percent().unwrap_or_default().to_owned())
    }),
    ("excluded_minutes", "minutes that exclusions take out", |_, l| l.letter.excluded_minutes.to_string()),
    ("closed_minutes", "minutes outside business hours", |_, l| l.letter.closed_minutes.to_string()),
    ("group", "availability, performance, capacity, quality or business", |_, l| l.letter.group.clone()),
    ("weight", "what it weighs in the agreement", |_, l| l.letter.weight.map(|w| w.to_string()).unwrap_or_default()),
    ("severity", "minor, major or critical, if missed", |_, l| l.letter.severity.clone().unwrap_or_default()),
    ("violated_since", "from when on the period stays below the target, UTC", |_, l| {
        l.letter.violated_since.map(|at| at.to_string()).unwrap_or_default()
    }),
    ("occurrences_sli_percent", "the share if events were counted", |_, l| compared(l, "occurrences")),
    ("timeslices_sli_percent", "the share if good slices were counted", |_, l| compared(l, "timeslices")),
    ("ratio_timeslices_sli_percent", "the share as the mean of slices", |_, l| compared(l, "ratio_timeslices")),
    ("methods_disagree", "yes if they disagree about met", |_, l| yes(l.letter.methods_disagree)),
    ("anomalies", "how many times it left its usual", |_, l| l.anomalies.len().to_string()),
    ("anomalies_unusual", "those of them that nobody expected", |_, l| {
        l.anomalies.iter().filter(|one| one.standing == Standing::Unusual).count().to_string()
    }),
    ("outage_causes", "why it was down, as people entered it", |_, l| causes(l)),
    ("compliance_percent", "weighted share of the agreement's objectives met", |r, _| {
        r.whole.compliance.first().and_then(|all| all.percent.clone()).unwrap_or_default()
    }),
    ("credit_percent", "share of the fee that the agreement's period owes", |r, _| {
        r.whole.credit.as_ref().and_then(|credit| credit.credit_percent.clone()).unwrap_or_default()
    }),
    ("credit_amount", "the same in money", |r, _| {
        r.whole.credit.as_ref().and_then(|credit| credit.amount.clone()).unwrap_or_default()
    }),
];

fn whole(number: Option<i64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

fn raw(line: &Line, read: impl Fn(&crate::report::Raw) -> String) -> String {
    line.letter.raw.as_ref().map(read).unwrap_or_default()
}

fn compared(line: &Line, method: &str) -> String {
    let one = line.letter.comparison.iter().find(|one| one.method == method);
    one.and_then(|one| one.sli.percent()).unwrap_or_default().to_owned()
}

/// The causes of its outages, each once.
fn causes(line: &Line) -> String {
    let mut causes: Vec<&str> = Vec::new();
    for cause in line.outages.iter().filter_map(|outage| outage.cause.as_deref()) {
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    causes.join("; ")
}

/// The columns' names and meanings, for documentation.
pub fn columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    COLUMNS.iter().map(|(name, meaning, _)| (*name, *meaning))
}

/// One or more reports of any agreements under one header.
pub fn render_csv<'a>(reports: impl IntoIterator<Item = &'a Report>) -> Result<String, ReportError> {
    let header: Vec<&str> = columns().map(|(name, _)| name).collect();
    let lines = reports.into_iter().flat_map(|report| report.objectives.iter().map(move |line| (report, line)));
    Ok(table(&header, lines.map(|(report, line)| COLUMNS.iter().map(move |(_, _, cell)| cell(report, line))))?)
}

/// Any table as RFC 4180 with a header row; no spreadsheet runs a cell of it.
pub fn table<Row: IntoIterator<Item = String>>(
    header: &[&str],
    rows: impl IntoIterator<Item = Row>,
) -> Result<String, ::csv::Error> {
    Ok(lines([header.iter().map(|name| (*name).to_owned())])? + &lines(rows)?)
}

/// Further rows of such a table, for one that is written piece by piece.
pub fn lines<Row: IntoIterator<Item = String>>(rows: impl IntoIterator<Item = Row>) -> Result<String, ::csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.into_iter().map(|cell| safe_cell(&cell).into_owned()))?;
    }
    let bytes = writer.into_inner().map_err(|error| ::csv::Error::from(error.into_error()))?;
    String::from_utf8(bytes).map_err(|error| ::csv::Error::from(std::io::Error::other(error)))
}

/// A cell that no spreadsheet runs: text that begins like a formula gets an apostrophe before it. Negative numbers stay
/// numbers.
#[must_use]
fn safe_cell(text: &str) -> Cow<'_, str> {
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
