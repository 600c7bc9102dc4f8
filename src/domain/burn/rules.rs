//! Alert rules as people write them, one on a line: `page 14.4 over 1h and 5m`.

use super::{AlertRule, Severity, max_burn_rate, short_of};
use crate::domain::target::Target;
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES};
use crate::domain::wording::{duration_minutes, factor as factor_in_words};
use crate::language::say;
use std::fmt::Write as _;
use thiserror::Error;

/// The most rules that an objective may have.
pub const RULES_MAX: usize = 8;

const WEEK_MINUTES: i64 = 7 * DAY_MINUTES;
/// The letters of lengths with their minutes, longest first.
const UNITS: [(char, i64); 4] = [('w', WEEK_MINUTES), ('d', DAY_MINUTES), ('h', HOUR_MINUTES), ('m', 1)];

/// A line that is no rule.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error("{}", say!("line {line}: {problem}", .line, .problem))]
pub struct RuleError {
    /// Which line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: RuleProblem,
}

/// Why a line is no rule; each sentence says the mend.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum RuleProblem {
    /// Other words than a rule has.
    #[error("{}", say!("write an alert as “page 14.4 over 1h and 5m”, or “ticket 3 over 1d” for a short window of a twelfth"))]
    Shape,
    /// Neither page nor ticket.
    #[error("{}", say!("begin with “page” (wakes somebody) or “ticket” (can wait for the next day)"))]
    Severity,
    /// No plain decimal number.
    #[error("{}", say!("write the burn rate as a number, such as 14.4"))]
    Factor,
    /// No length of time.
    #[error("{}", say!("write a length as a whole number of minutes, hours, days or weeks: 5m, 1h, 3d, 4w"))]
    Length,
    /// Would fire while the promise is kept.
    #[error("{}", say!("a burn rate below 1 keeps the promise, so this would alert while all is well; write 1 or more"))]
    BelowOne,
    /// Would never fire.
    #[error("{}", say!("with a target of {target} % the burn rate is at most {most}, when every event is bad, so it never exceeds {factor}; write less than {limit}", .target, factor_in_words(*most), factor_in_words(*factor), factor_in_words(*most)))]
    OutOfReach {
        /// What was written.
        factor: f64,
        /// The highest burn rate that can happen.
        most: f64,
        /// The target that limits it.
        target: Target,
    },
    /// The long window is longer than the objective's.
    #[error("{}", say!("{length} is longer than the objective's window of {window}; write {most} or less", duration_minutes(*long), duration_minutes(*window), length_text(*window)))]
    LongerThanWindow {
        /// The long window, in minutes.
        long: i64,
        /// The objective's window, in minutes.
        window: i64,
    },
    /// The short window is longer than the long one.
    #[error("{}", say!("the second window ({second}) must not be longer than the first ({first})", duration_minutes(*short), duration_minutes(*long)))]
    ShortIsLonger {
        /// The long window, in minutes.
        long: i64,
        /// The short window, in minutes.
        short: i64,
    },
    /// A window that slices do not fill.
    #[error("{}", say!("this objective counts slices of {slice} min, and {length} is no whole number of them; write {next}", .slice, duration_minutes(*minutes), length_text(super::whole_slices(*minutes, *slice))))]
    PartOfASlice {
        /// The window, in minutes.
        minutes: i64,
        /// A slice, in minutes.
        slice: i64,
    },
    /// More than [`RULES_MAX`] rules.
    #[error("{}", say!("at most {most} alerts per objective; delete this line or another", RULES_MAX))]
    TooMany,
}

/// Reads rules, one on a line, pages first; empty lines are skipped, and an empty text has no rules.
///
/// The rules are for an objective over `window_minutes` with this target, which counts slices of `slice_minutes` (1 for
/// events). A second window that is left out is a twelfth of the first, in whole slices. The first line that is no rule
/// is the error.
pub fn parse_rules(
    text: &str,
    window_minutes: i64,
    target: Target,
    slice_minutes: i64,
) -> Result<Vec<AlertRule>, RuleError> {
    let mut rules = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let at = |problem| RuleError { line: index + 1, problem };
        if rules.len() == RULES_MAX {
            return Err(at(RuleProblem::TooMany));
        }
        let rule = parse_line(line, slice_minutes).and_then(|rule| check(rule, window_minutes, target, slice_minutes));
        rules.push(rule.map_err(at)?);
    }
    rules.sort_by_key(|rule| rule.severity);
    Ok(rules)
}

/// The text of rules, one on a line, as [`parse_rules`] reads it.
#[must_use]
pub fn rules_text(rules: &[AlertRule]) -> String {
    let mut text = String::new();
    for AlertRule { severity, factor, long_minutes, short_minutes } in rules {
        let (long, short) = (length_text(*long_minutes), length_text(*short_minutes));
        // writing into a string cannot fail
        let _ = writeln!(text, "{} {factor} over {long} and {short}", severity.word());
    }
    text
}

fn parse_line(line: &str, slice_minutes: i64) -> Result<AlertRule, RuleProblem> {
    let line = line.to_lowercase();
    let words: Vec<&str> = line.split_whitespace().collect();
    let (severity, factor, long, short) = match words.as_slice() {
        [severity, factor, "over", long] => (severity, factor, long, None),
        [severity, factor, "over", long, "and", short] => (severity, factor, long, Some(short)),
        _ => return Err(RuleProblem::Shape),
    };
    let severity = Severity::from_word(severity).ok_or(RuleProblem::Severity)?;
    let factor = parse_factor(factor).ok_or(RuleProblem::Factor)?;
    let long_minutes = parse_length(long).ok_or(RuleProblem::Length)?;
    let short_minutes = match short {
        Some(short) => parse_length(short).ok_or(RuleProblem::Length)?,
        None => short_of(long_minutes, slice_minutes),
    };
    Ok(AlertRule { severity, factor, long_minutes, short_minutes })
}

fn check(rule: AlertRule, window: i64, target: Target, slice: i64) -> Result<AlertRule, RuleProblem> {
    let AlertRule { factor, long_minutes: long, short_minutes: short, .. } = rule;
    let most = max_burn_rate(target);
    let slice = slice.max(1);
    let part = [long, short].into_iter().find(|minutes| minutes % slice != 0);
    if factor < 1.0 {
        Err(RuleProblem::BelowOne)
    } else if factor >= most {
        Err(RuleProblem::OutOfReach { factor, most, target })
    } else if long > window {
        Err(RuleProblem::LongerThanWindow { long, window })
    } else if let Some(minutes) = part {
        Err(RuleProblem::PartOfASlice { minutes, slice })
    } else if short > long {
        Err(RuleProblem::ShortIsLonger { long, short })
    } else {
        Ok(rule)
    }
}

/// `14.4`, `14,4`, `14.4x` or `14.4×`; no sign, no exponent.
fn parse_factor(text: &str) -> Option<f64> {
    const DIGITS_MAX: usize = 20;
    let text = text.trim_end_matches(['x', '×']).replace(',', ".");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let digits = |part: &str| (1..=DIGITS_MAX).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if digits(whole) && digits(fraction) { text.parse().ok() } else { None }
}

/// `5m`, `1h`, `3d` or `4w` in minutes, at least 1.
fn parse_length(text: &str) -> Option<i64> {
    const DIGITS_MAX: usize = 9;
    let (_, unit) = UNITS.into_iter().find(|(letter, _)| text.ends_with(*letter))?;
    let number = text.get(..text.len() - 1)?;
    if number.len() > DIGITS_MAX || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    number.parse::<i64>().ok().filter(|n| *n > 0).map(|n| n * unit)
}

/// A length in the largest unit that divides it: `90m`, `2h`, `1w`.
fn length_text(minutes: i64) -> String {
    let (letter, unit) = UNITS.into_iter().find(|(_, unit)| minutes % unit == 0).unwrap_or(('m', 1));
    format!("{}{letter}", minutes / unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::burn::alert_rules;
    use proptest::prelude::*;

    const MONTH: i64 = 30 * DAY_MINUTES;

    fn of(target: &str) -> Target {
        Target::parse(target).unwrap()
    }

    fn problem(text: &str, target: &str, slice: i64) -> Option<String> {
        parse_rules(text, MONTH, of(target), slice).err().map(|error| error.to_string())
    }

    #[test]
    fn rules_are_read_and_written_back() {
        let text = "\n ticket 3  over 1d and 2h \nPage 14,4× over 1h\n\npage 6 over 360m and 30m\n";
        let rules = parse_rules(text, MONTH, of("99.9"), 1).unwrap();
        let page = |factor, long_minutes, short_minutes| AlertRule {
            severity: Severity::Page,
            factor,
            long_minutes,
            short_minutes,
        };
        let ticket = AlertRule { severity: Severity::Ticket, ..page(3.0, 1440, 120) };
        assert_eq!(rules, [page(14.4, 60, 5), page(6.0, 360, 30), ticket]);
        let written = "page 14.4 over 1h and 5m\npage 6 over 6h and 30m\nticket 3 over 1d and 2h\n";
        assert_eq!(rules_text(&rules), written);
        assert_eq!(parse_rules(" \n", MONTH, of("99.9"), 1), Ok(vec![]));
    }

    #[test]
    fn a_missing_short_window_is_a_twelfth_in_whole_slices() {
        let short = |line, slice| parse_rules(line, MONTH, of("99.9"), slice).unwrap()[0].short_minutes;
        assert_eq!(short("page 2 over 1h", 1), 5);
        assert_eq!(short("page 2 over 1m", 1), 1);
        assert_eq!(short("page 2 over 1h", 30), 30);
        assert_eq!(short("page 2 over 2w", 1), 1680);
    }

    /// The most at 90 % is 1 / 0.1 = 10, at 99.9 % 1000, at 99.9997 % 333 333.3….
    #[test]
    fn what_is_wrong_is_said_with_its_line_and_its_mend() {
        for (text, target, slice, said) in [
            ("page 14.4 over 1h\npage 10 over 1h", "99", 1, None),
            ("page 9.999 over 1h", "90", 1, None),
            ("page 10 over 1h", "90", 1, Some("line 1: with a target of 90 % the burn rate is at most 10×")),
            ("page 1\n", "99.9", 1, Some("line 1: write an alert as “page 14.4 over 1h and 5m”")),
            ("\npage 1000 over 1h", "99.9", 1, Some("line 2: with a target of 99.9 % the burn rate is at most 1,000×")),
            ("page 333333.3 over 1h", "99.9997", 1, None),
            ("ticket 0.99 over 3d", "99.9", 1, Some("line 1: a burn rate below 1 keeps the promise")),
            ("ticket 1 over 3d", "99.9", 1, None),
            ("mail 2 over 3d", "99.9", 1, Some("line 1: begin with “page”")),
            ("page -2 over 3d", "99.9", 1, Some("line 1: write the burn rate as a number")),
            ("page 1e3 over 3d", "99.9", 1, Some("line 1: write the burn rate as a number")),
            ("page NaN over 3d", "99.9", 1, Some("line 1: write the burn rate as a number")),
            ("page 2 over 3", "99.9", 1, Some("line 1: write a length")),
            ("page 2 over 0h", "99.9", 1, Some("line 1: write a length")),
            ("page 2 over 9999999999w", "99.9", 1, Some("line 1: write a length")),
            ("page 2 over ü", "99.9", 1, Some("line 1: write a length")),
            ("page 2 over 30d", "99.9", 1, None),
            (
                "page 2 over 31d",
                "99.9",
                1,
                Some("line 1: 31 d is longer than the objective's window of 30 d; write 30d"),
            ),
            ("page 2 over 1h and 2h", "99.9", 1, Some("line 1: the second window (2 h) must not be longer")),
            ("page 2 over 1h and 1h", "99.9", 1, None),
            ("page 2 over 1h and 5m", "99.9", 15, Some("line 1: this objective counts slices of 15 min, and 5 min is")),
            ("page 2 over 40m", "99.9", 15, Some("line 1: this objective counts slices of 15 min, and 40 min is")),
        ] {
            let found = problem(text, target, slice);
            match said {
                None => assert_eq!(found, None, "{text:?}"),
                Some(said) => assert!(found.as_ref().is_some_and(|f| f.starts_with(said)), "{text:?}: {found:?}"),
            }
        }
        let nine = "page 2 over 1h\n".repeat(9);
        assert_eq!(
            problem(&nine, "99.9", 1).unwrap(),
            "line 9: at most 8 alerts per objective; delete this line or another"
        );
        let told = problem("page 2 over 1h and 5m", "99.9", 15).unwrap();
        assert!(told.ends_with("write 15m"), "{told}");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(
            rules in proptest::collection::vec((any::<bool>(), 100i64..99_999, 1i64..1000, 1i64..13, 0usize..4), 0..=8),
        ) {
            let mut rules: Vec<AlertRule> = rules.into_iter().map(|(page, hundredths, n, part, unit)| {
                let long_minutes = n * UNITS[unit].1;
                AlertRule {
                    severity: if page { Severity::Page } else { Severity::Ticket },
                    factor: format!("{}.{:02}", hundredths / 100, hundredths % 100).parse().unwrap(),
                    long_minutes,
                    short_minutes: (long_minutes / part).max(1),
                }
            }).collect();
            rules.sort_by_key(|rule| rule.severity);
            prop_assert_eq!(parse_rules(&rules_text(&rules), i64::MAX, of("99.9"), 1), Ok(rules));
        }

        /// The rules that Nines proposes are rules that it accepts, to the last bit of the factor.
        #[test]
        fn the_defaults_are_accepted(window in 60i64..600_000, ppm in 1i64..1_000_000, slice in 0usize..6) {
            let (target, slice) = (Target::from_ppm(ppm).unwrap(), [1, 5, 10, 15, 30, 60][slice]);
            let rules = alert_rules(window, target, slice);
            prop_assert_eq!(parse_rules(&rules_text(&rules), window, target, slice), Ok(rules));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(page|ticket|x| |over|and|\\n|[0-9.,]{1,30}|[mhdw]|\\PC){0,40}") {
            let count = text.lines().count();
            match parse_rules(&text, MONTH, of("99.9"), 1) {
                Ok(rules) => prop_assert!(rules.iter().all(|r| (1.0..1000.0).contains(&r.factor) && r.long_minutes <= MONTH)),
                Err(error) => prop_assert!((1..=count).contains(&error.line)),
            }
        }
    }
}
