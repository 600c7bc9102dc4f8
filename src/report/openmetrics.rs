//! A report as OpenMetrics text: the same figures as gauges, for those who watch them with Prometheus.
//!
//! Shares are ratios and times are seconds, as their names say. What was not measured has no sample: no data is not zero.
//! The older text format of Prometheus reads it too: there are gauges only. Decimals are written as the report has them, only shifted from percent, so that no rounding makes a miss a pass.

use crate::domain::time::MINUTE_SECONDS;
use crate::report::{Line, Report, Sli};
use std::fmt::Write as _;

/// The media type of this text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Reads one sample of an objective; nothing if there is none.
type Sample = fn(&Line) -> Option<String>;

/// Every metric of an objective: its name, what it says, where it comes from.
const METRICS: &[(&str, &str, Sample)] = &[
    ("target_ratio", "Promised share of good events or slices", |l| Some(ratio(&l.target.to_string()))),
    ("sli_ratio", "Measured share of good events or slices", |l| l.sli.percent().map(ratio)),
    ("met", "1 if the target is met by the exact counts, 0 if it is missed", |l| {
        l.met.map(|met| i64::from(met).to_string())
    }),
    ("good", "Good events or slices, in the unit of the label", |l| is_seen(l).then(|| l.good.to_string())),
    ("bad", "Bad events or slices, in the unit of the label", |l| is_seen(l).then(|| l.bad.to_string())),
    ("all", "All events or slices, in the unit of the label", |l| is_seen(l).then(|| l.total.to_string())),
    ("budget_remaining_ratio", "Share of the error budget that is left; negative if it is overspent", |l| {
        l.budget.as_ref().map(|budget| ratio(&budget.remaining_percent))
    }),
    ("burn_rate", "Error ratio divided by the allowed one, over the period so far", |l| l.burn_rate.clone()),
    ("known_seconds", "Judged time with samples", |l| Some(seconds(l.coverage.known))),
    ("judged_seconds", "Judged time of the period", |l| Some(seconds(l.coverage.minutes))),
    ("excluded_seconds", "Time that exclusions take out", |l| Some(seconds(l.letter.excluded_minutes))),
    ("outages", "Outages that the report lists", |l| is_seen(l).then(|| l.outages.len().to_string())),
];

fn seconds(minutes: i64) -> String {
    (minutes * MINUTE_SECONDS).to_string()
}

fn is_seen(line: &Line) -> bool {
    !matches!(line.sli, Sli::Unknown | Sli::NotApplicable)
}

/// The report as OpenMetrics text.
#[must_use]
pub fn render_openmetrics(report: &Report) -> String {
    let mut text = String::new();
    info(&mut text, report);
    for (name, help, sample) in METRICS {
        let samples: Vec<(String, String)> = report
            .objectives
            .iter()
            .filter_map(|line| Some((labels(&of_objective(report, line)), sample(line)?)))
            .collect();
        family(&mut text, &format!("nines_objective_{name}"), help, &samples);
    }
    let owed = report.whole.credit.iter().filter_map(|credit| credit.credit_percent.as_deref());
    let owed: Vec<(String, String)> = owed.map(|percent| (labels(&of_agreement(report)), ratio(percent))).collect();
    family(&mut text, "nines_credit_ratio", "Share of the fee that is owed, or would be if the period ended so", &owed);
    text.push_str("# EOF\n");
    text
}

fn info(text: &mut String, report: &Report) {
    let mut all = of_agreement(report).to_vec();
    let revision = report.revision.to_string();
    all.extend([
        ("customer", report.agreement.customer.as_str()),
        ("verdict", report.verdict.status.key()),
        ("provisional", if report.provisional { "yes" } else { "no" }),
        ("revision", revision.as_str()),
    ]);
    // writing to a String cannot fail
    let _ = write!(
        text,
        "# TYPE nines_report_info gauge\n# HELP nines_report_info What the figures below are about.\nnines_report_info{} 1\n",
        labels(&all)
    );
}

fn family(text: &mut String, name: &str, help: &str, samples: &[(String, String)]) {
    if samples.is_empty() {
        return;
    }
    let _ = write!(text, "# TYPE {name} gauge\n# HELP {name} {help}.\n");
    for (labels, value) in samples {
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}

fn of_agreement(report: &Report) -> [(&'static str, &str); 2] {
    [("agreement", &report.agreement.name), ("period", &report.period.label)]
}

fn of_objective<'a>(report: &'a Report, line: &'a Line) -> [(&'static str, &'a str); 5] {
    let [agreement, period] = of_agreement(report);
    [agreement, period, ("objective", &line.name), ("service", &line.service), ("unit", line.unit.word())]
}

/// `{a="1",b="x \"y\""}`.
fn labels(all: &[(&str, &str)]) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<String> = all.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

/// A decimal in percent as a ratio, digit by digit: `99.8997` is `0.998997`, `-0.3` is `-0.003`.
fn ratio(percent: &str) -> String {
    let (sign, digits) = percent.strip_prefix('-').map_or(("", percent), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let padded = format!("{whole:0>3}");
    let (ones, hundredths) = padded.split_at(padded.len() - 2);
    let fraction = format!("{hundredths}{fraction}");
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{ones}"),
        fraction => format!("{sign}{ones}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn percentages_become_ratios_digit_by_digit() {
        for (percent, expected) in [
            ("99.8997", "0.998997"),
            ("100", "1"),
            ("0", "0"),
            ("-0.3", "-0.003"),
            ("99.9999999", "0.999999999"),
            ("1284.58", "12.8458"),
            ("5", "0.05"),
            ("50", "0.5"),
        ] {
            assert_eq!(ratio(percent), expected, "{percent}");
        }
    }

    #[test]
    fn figures_are_those_of_the_report_and_what_was_not_measured_is_missing() {
        let mut report = sample::judged();
        report.objectives[0].name = "a \"b\" \\ c\nd".to_owned();
        let text = render_openmetrics(&report);
        let labels =
            r#"{agreement="ACME shop",period="2026-W46",objective="a \"b\" \\ c\nd",service="Shop",unit="event"}"#;
        for line in [
            format!("nines_objective_sli_ratio{labels} 0.998997"),
            format!("nines_objective_good{labels} 998997"),
            format!("nines_objective_met{labels} 0"),
            format!("nines_objective_budget_remaining_ratio{labels} -0.003"),
            "nines_credit_ratio{agreement=\"ACME shop\",period=\"2026-W46\"} 0.1".to_owned(),
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is missing in\n{text}");
        }
        let of_silent = |line: &&str| line.contains("Partner API");
        let silent: Vec<&str> = text.lines().filter(of_silent).collect();
        let names: Vec<&str> = silent.iter().filter_map(|line| line.split('{').next()).collect();
        let known = ["target_ratio", "known_seconds", "judged_seconds", "excluded_seconds"];
        assert_eq!(names, known.map(|name| format!("nines_objective_{name}")));
        assert!(text.ends_with("# EOF\n"));
    }
}
