//! Which objective a reader should see first.

use crate::domain::target::WHOLE_PPM;
use crate::report::{Line, Report};
use std::cmp::Reverse;

/// The objectives by trouble: breached, at risk, without data, met; within each, those first that spent most of their
/// budget.
#[must_use]
pub fn by_trouble(report: &Report) -> Vec<&Line> {
    let mut lines: Vec<&Line> = report.objectives.iter().collect();
    lines.sort_by(|a, b| key(a).cmp(&key(b)));
    lines
}

fn key(line: &Line) -> (crate::report::Status, Reverse<i128>, &str) {
    (line.status, Reverse(consumed(line)), &line.name)
}

/// The consumed share of the budget in millionths; -1 without events.
fn consumed(line: &Line) -> i128 {
    let allowed = i128::from(line.total) * i128::from(line.target.budget_ppm());
    let spent = i128::from(line.bad) * i128::from(WHOLE_PPM) * i128::from(WHOLE_PPM);
    spent.checked_div(allowed).unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Status, sample};

    #[test]
    fn the_worst_stands_first_and_within_an_outcome_the_most_spent() {
        let mut report = sample::report();
        let line = report.objectives[0].clone();
        let of = |name: &str, status, bad, total| Line { name: name.to_owned(), status, bad, total, ..line.clone() };
        report.objectives = vec![
            of("met, half spent", Status::Met, 5, 10_000),
            of("silent", Status::NoData, 0, 0),
            of("met, same, earlier name", Status::Met, 5, 9_000),
            of("breached", Status::Breached, 11, 10_000),
            of("badly breached", Status::Breached, 9_000, 10_000),
            of("at risk", Status::AtRisk, 9, 10_000),
            of("met, no requests", Status::Met, 0, 0),
        ];
        let names: Vec<&str> = by_trouble(&report).iter().map(|line| line.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "badly breached",
                "breached",
                "at risk",
                "silent",
                "met, same, earlier name",
                "met, half spent",
                "met, no requests"
            ]
        );
    }
}
