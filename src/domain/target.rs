//! Targets as parts per million, so that "is it met" is an integer comparison.
//!
//! `error budget = 1 - target`. 100 % is refused: its budget is zero, the first bad event would end the month, and the
//! burn rate would divide by nothing.
//!
//! ```
//! use nines::domain::target::Target;
//! let target = Target::parse("99.95").unwrap();
//! assert_eq!(target.ppm(), 999_500);
//! assert!(target.is_met(9_995, 10_000));
//! assert!(!target.is_met(9_994, 10_000));
//! assert_eq!(target.to_string(), "99.95");
//! ```

use crate::language::say;
use std::fmt;
use thiserror::Error;

/// One whole, in parts per million.
pub const WHOLE_PPM: i64 = 1_000_000;

/// The promised share of good events, `0 < t < 1`, in parts per million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(i64);

/// Why a text is no target; each sentence says the mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    /// Not a decimal number.
    #[error("{}", say!("write the target as a percentage, such as 99.9"))]
    NotANumber,
    /// Zero or below.
    #[error("{}", say!("a target of 0 % promises nothing; choose one above 0 %"))]
    Zero,
    /// One hundred or above.
    #[error("{}", say!("a target of 100 % leaves no error budget: the first bad event would break the promise for the whole window; choose one below, such as 99.99"))]
    Whole,
    /// More digits than a millionth.
    #[error("{}", say!("at most four decimals count here (99.9999); this target has more"))]
    TooFine,
}

impl Target {
    /// From parts per million.
    pub fn from_ppm(ppm: i64) -> Result<Self, TargetError> {
        match ppm {
            ..=0 => Err(TargetError::Zero),
            WHOLE_PPM.. => Err(TargetError::Whole),
            _ => Ok(Self(ppm)),
        }
    }

    /// From a percentage as people write it: `99.95`, `99,95` or `99.95 %`.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        Self::from_ppm(percent_to_ppm(text)?)
    }

    /// The target of a promise about the *bad* share, such as "errors at most 0.1 %".
    pub fn parse_error_rate(text: &str) -> Result<Self, TargetError> {
        Self::from_ppm(WHOLE_PPM - percent_to_ppm(text)?)
    }

    /// Parts per million.
    #[must_use]
    pub const fn ppm(self) -> i64 {
        self.0
    }

    /// The error budget `1 - target`, in parts per million; at least 1.
    #[must_use]
    pub const fn budget_ppm(self) -> i64 {
        WHOLE_PPM - self.0
    }

    /// Does `good` of `total` meet the target? Exact: `good / total >= target` without division. True for no events.
    #[must_use]
    pub fn is_met(self, good: i64, total: i64) -> bool {
        i128::from(good) * i128::from(WHOLE_PPM) >= i128::from(total) * i128::from(self.0)
    }
}

impl fmt::Display for Target {
    /// The percentage in its shortest exact form, without the sign: `99.95`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&ppm_to_percent(self.0))
    }
}

/// Parts per million as a percentage in its shortest exact form: 999 500 is `99.95`.
#[must_use]
pub fn ppm_to_percent(ppm: i64) -> String {
    let text = format!("{}.{:04}", ppm / 10_000, ppm.rem_euclid(10_000));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A percentage as people write it in parts per million: `99,95 %` is 999 500. Not negative, below 1 000 %, at most
/// four decimals; in what range it makes sense is for the caller to say.
pub fn percent_to_ppm(text: &str) -> Result<i64, TargetError> {
    let text = text.trim().trim_end_matches('%').trim_end().replace(',', ".");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || !digits(whole) || !digits(fraction) {
        return Err(TargetError::NotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 4 {
        return Err(TargetError::TooFine);
    }
    format!("{whole}{fraction:0<4}").parse().or(Err(TargetError::NotANumber))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read_exactly_or_refused_with_the_reason() {
        for (text, expected) in [
            ("99.9", Ok(999_000)),
            (" 99,95 % ", Ok(999_500)),
            ("99.9999", Ok(999_999)),
            ("99.90000000", Ok(999_000)),
            ("0.0001", Ok(1)),
            ("100", Err(TargetError::Whole)),
            ("100.0", Err(TargetError::Whole)),
            ("999", Err(TargetError::Whole)),
            ("0", Err(TargetError::Zero)),
            ("99.99999", Err(TargetError::TooFine)),
            ("-1", Err(TargetError::NotANumber)),
            ("1e2", Err(TargetError::NotANumber)),
            (".5", Err(TargetError::NotANumber)),
            ("", Err(TargetError::NotANumber)),
            ("NaN", Err(TargetError::NotANumber)),
            ("99.9.9", Err(TargetError::NotANumber)),
        ] {
            assert_eq!(Target::parse(text).map(Target::ppm), expected, "{text:?}");
        }
    }

    #[test]
    fn an_error_rate_is_the_other_side_of_a_target() {
        assert_eq!(Target::parse_error_rate("0.1").map(Target::ppm), Ok(999_000));
        assert_eq!(Target::parse_error_rate("0"), Err(TargetError::Whole));
    }

    #[test]
    fn meeting_a_target_does_not_overflow_or_round() {
        let target = Target::parse("99.9999").unwrap();
        assert!(target.is_met(999_999, 1_000_000));
        assert!(!target.is_met(999_998, 1_000_000));
        assert!(!target.is_met(i64::MAX - i64::MAX / 1_000, i64::MAX));
        assert!(target.is_met(0, 0));
    }

    #[test]
    fn shortest_exact_percentages() {
        for (ppm, text) in [(999_500, "99.95"), (990_000, "99"), (1, "0.0001"), (1_000_000, "100"), (0, "0")] {
            assert_eq!(ppm_to_percent(ppm), text);
        }
    }
}
