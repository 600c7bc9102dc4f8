//! Several percentiles in one line, such as `p50 100ms, p95 500ms, p99 1s`: each is the promise that so many percent of
//! the requests are answered within that time.

use crate::domain::model::Threshold;
use crate::domain::target::{Target, TargetError};
use crate::language::say;

/// How many percentiles one line may have.
const PERCENTILES_MAX: usize = 10;

/// One percentile and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Percentile {
    /// The share of requests that must be fast enough.
    pub(super) target: Target,
    /// Their time: in seconds if it came with a unit, else in the histogram's own.
    pub(super) threshold: Threshold,
}

impl Percentile {
    /// Its name: `p99.9`.
    pub(super) fn label(&self) -> String {
        format!("p{}", self.target)
    }
}

/// Reads the line, or says in a sentence what is wrong with it and how to mend it.
pub(super) fn parse(text: &str) -> Result<Vec<Percentile>, String> {
    let entries: Vec<&str> = text.split([',', ';', '\n']).map(str::trim).filter(|entry| !entry.is_empty()).collect();
    if entries.is_empty() {
        return Err(say!("Write each percentile with its time, such as p95 500ms, and commas between them."));
    }
    if entries.len() > PERCENTILES_MAX {
        return Err(say!("At most {most} percentiles at once; add another objective for more.", PERCENTILES_MAX));
    }
    let mut read: Vec<Percentile> = Vec::new();
    for entry in entries {
        let percentile = one(entry)?;
        if read.iter().any(|before| before.target == percentile.target) {
            return Err(say!("{label} stands here twice; keep one of them.", percentile.label()));
        }
        read.push(percentile);
    }
    Ok(read)
}

fn one(entry: &str) -> Result<Percentile, String> {
    let garbage = || {
        say!("“{entry}” is no percentile with its time. Write it like p95 500ms, with commas between several.", entry)
    };
    let rest = entry.strip_prefix(['p', 'P']).ok_or_else(garbage)?;
    let (number, time) = rest.split_once(|c: char| c.is_whitespace() || ":=<≤".contains(c)).ok_or_else(garbage)?;
    let target = Target::parse(number).map_err(|error| match error {
        TargetError::NotANumber => garbage(),
        TargetError::Zero => say!("p0 promises nothing; choose a percentile above, such as p50."),
        TargetError::Whole => {
            say!("p{number} leaves no error budget: the first slow request would break it. Choose one below, such as p99.9.", number)
        }
        TargetError::TooFine => {
            say!("p{number} has more than the four decimals that count here; shorten it, as in p99.9999.", number)
        }
    })?;
    let time = time.trim_start_matches(|c: char| c.is_whitespace() || ":=<≤".contains(c));
    let threshold = threshold(time).ok_or_else(|| {
        say!("The time of p{number} cannot be read. Write it as 500ms or 0.5s, or as a bare number in the histogram's own unit; above 0.", number)
    })?;
    Ok(Percentile { target, threshold })
}

fn threshold(time: &str) -> Option<Threshold> {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let (number, unit) = time.split_at_checked(time.find(|c| !is_number(c)).unwrap_or(time.len()))?;
    match unit.trim() {
        "" | "s" => Threshold::parse(number),
        "ms" => Threshold::parse(&thousandth(number)?),
        _ => None,
    }
}

/// A thousandth of a decimal, exact: the point moves three digits to the left.
fn thousandth(number: &str) -> Option<String> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{:0>4}{fraction}", whole.trim_start_matches('0'));
    let (whole, fraction) = digits.split_at_checked(digits.len().checked_sub(fraction.len() + 3)?)?;
    Some(format!("{whole}.{fraction}").trim_end_matches('0').trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<Vec<String>, String> {
        let read = parse(text)?;
        Ok(read.iter().map(|percentile| format!("{} {}", percentile.label(), percentile.threshold)).collect())
    }

    #[test]
    fn percentiles_are_read_in_the_units_that_people_write() {
        let four = ["p50 0.1", "p95 0.5", "p99 1", "p99.9 2"].map(str::to_owned).to_vec();
        assert_eq!(said("p50 100ms, p95 500ms, p99 1s, p99.9 2s"), Ok(four));
        for (text, expected) in [
            ("p95 500 ms", "p95 0.5"),
            ("P95: 0.5s", "p95 0.5"),
            ("p99.90 < 2500ms;", "p99.9 2.5"),
            ("p95=0.5ms", "p95 0.0005"),
            ("p95 12345ms", "p95 12.345"),
            ("p95 000100.50ms", "p95 0.1005"),
            ("p95 250", "p95 250"),
            ("\np95 0.50\n", "p95 0.50"),
        ] {
            assert_eq!(said(text), Ok(vec![expected.to_owned()]), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_promised_is_refused_with_the_mend() {
        for (text, part) in [
            ("p0 1s", "p0 promises nothing"),
            ("p100 1s", "p100 leaves no error budget"),
            ("p99.99999 1s", "four decimals"),
            ("p95 1s, p95.0 2s", "p95 stands here twice"),
            ("p95", "“p95” is no percentile with its time"),
            ("95 1s", "“95 1s” is no percentile"),
            ("p95 500ms p99 1s", "The time of p95 cannot be read"),
            ("p99,9 2s", "“p99” is no percentile with its time"),
            ("p-5 1s", "is no percentile"),
            ("p95 0ms", "The time of p95"),
            ("p95 5min", "The time of p95"),
            ("p95 1.2.3s", "The time of p95"),
            ("p95 .ms", "The time of p95"),
            ("p95 1e3", "The time of p95"),
            (", ,", "Write each percentile"),
            ("p1 1,p2 1,p3 1,p4 1,p5 1,p6 1,p7 1,p8 1,p9 1,p10 1,p11 1", "At most 10 percentiles"),
        ] {
            let refused = said(text).unwrap_err();
            assert!(refused.contains(part), "{text:?}: {refused}");
        }
    }
}
