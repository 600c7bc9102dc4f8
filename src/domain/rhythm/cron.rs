//! What is wrong with a cron expression, in words that say what may stand there instead.

use crate::language::say;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use std::fmt;

/// The longest cron expression, in bytes.
pub(super) const LONGEST: usize = 120;

/// A field of a cron expression, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 31, or the last.
    Day,
    /// 1 to 12, or a name.
    Month,
    /// 0 to 7, or a name.
    Weekday,
}

impl Field {
    const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::Day, Self::Month, Self::Weekday];
}

/// What is wrong with a cron expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronProblem {
    /// It is longer than any sensible one.
    TooLong,
    /// It begins with an `@` and is none of those that are known.
    Nickname(String),
    /// It has so many fields and not five.
    Fields(usize),
    /// This part of a field cannot be read.
    Part(Field, String),
    /// Each field can be read, but not all of them together.
    Together,
}

impl fmt::Display for CronProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::TooLong => say!("write the expression with at most {most} characters", LONGEST),
            Self::Nickname(word) => {
                say!("write @hourly, @daily, @weekly, @monthly or @yearly in place of {word}, or five fields, as in 0 8 * * 1", word)
            }
            Self::Fields(n) => {
                say!("write five fields, as in 0 8 * * 1: minute, hour, day of the month, month and weekday, without seconds and years; there are {n}", n)
            }
            Self::Part(Field::Minute, part) => {
                say!("write the minute, the first field, as a number from 0 to 59, as *, as a list such as 0,30, a range such as 10-20 or a step such as */15; “{part}” is none of these", part)
            }
            Self::Part(Field::Hour, part) => {
                say!("write the hour, the second field, as a number from 0 to 23, as *, as a list such as 8,20, a range such as 9-17 or a step such as */6; “{part}” is none of these", part)
            }
            Self::Part(Field::Day, part) => {
                say!("write the day of the month, the third field, as a number from 1 to 31, as L for the last, as *, as a list such as 1,15, a range such as 1-7 or a step such as */2; “{part}” is none of these", part)
            }
            Self::Part(Field::Month, part) => {
                say!("write the month, the fourth field, as a number from 1 to 12 or a name from JAN to DEC, as *, as a list such as 1,7, a range such as 3-5 or a step such as */3; “{part}” is none of these", part)
            }
            Self::Part(Field::Weekday, part) => {
                say!("write the weekday, the fifth field, as a number from 0 for Sunday to 6 or one of SUN, MON, TUE, WED, THU, FRI and SAT, as *, as a list such as 2,4 or a range such as MON-FRI; “{part}” is none of these", part)
            }
            Self::Together => {
                say!("write the day of the month and the weekday more simply; what stands there cannot be read together")
            }
        })
    }
}

/// Reads a cron expression of five fields, or a word such as `@daily`, with single spaces in it.
pub(super) fn parse(text: &str) -> Result<Cron, CronProblem> {
    if text.len() > LONGEST {
        return Err(CronProblem::TooLong);
    }
    read(text).ok_or_else(|| problem(text))
}

fn read(text: &str) -> Option<Cron> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(text).ok()
}

fn problem(text: &str) -> CronProblem {
    let fields: Vec<&str> = text.split_whitespace().collect();
    match fields.as_slice() {
        [word] if word.starts_with('@') => CronProblem::Nickname((*word).to_owned()),
        [_, _, _, _, _] => {
            let wrong =
                Field::ALL.into_iter().zip(&fields).find_map(|(field, text)| Some((field, wrong_part(field, text)?)));
            wrong.map_or(CronProblem::Together, |(field, part)| CronProblem::Part(field, part))
        }
        others => CronProblem::Fields(others.len()),
    }
}

/// The first part of a field's list that cannot be read where it stands, or the whole list if each part could.
fn wrong_part(field: Field, text: &str) -> Option<String> {
    let is_readable = |text: &str| {
        let alone = Field::ALL.map(|one| if one == field { text } else { "*" });
        read(&alone.join(" ")).is_some()
    };
    if is_readable(text) {
        return None;
    }
    let part = text.split(',').find(|part| !is_readable(part));
    Some(part.filter(|part| !part.is_empty()).unwrap_or(text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is refused is refused in our words, and names the very part that is wrong.
    #[test]
    fn a_mistake_is_named_with_what_may_stand_there() {
        for (text, says) in [
            ("", "there are 0"),
            ("0 8 * *", "without seconds and years; there are 4"),
            ("0 0 8 * * 1", "without seconds and years; there are 6"),
            ("0 8 * * 1 2027", "there are 6"),
            ("daily", "there are 1"),
            ("@fortnightly", "in place of @fortnightly"),
            ("@reboot", "write @hourly, @daily, @weekly"),
            (
                "61 8 * * *",
                "the minute, the first field, as a number from 0 to 59, as *, as a list such as 0,30, a range such as 10-20 or a step such as */15; “61” is none of these",
            ),
            ("0,15,61 8 * * *", "“61” is none of these"),
            ("0 24 * * *", "the hour, the second field, as a number from 0 to 23"),
            ("0 8:30 * * *", "“8:30” is none of these"),
            ("0 17-9-3 * * *", "“17-9-3” is none of these"),
            ("0 8 32 * *", "the day of the month, the third field"),
            ("0 8 0 * *", "“0” is none of these"),
            ("0 8 * 13 *", "the month, the fourth field, as a number from 1 to 12 or a name from JAN to DEC"),
            ("0 8 * JANUAR *", "“JANUAR” is none of these"),
            (
                "0 8 * * MOON",
                "the weekday, the fifth field, as a number from 0 for Sunday to 6 or one of SUN, MON, TUE",
            ),
            ("0 8 * * MON,TUS", "“TUS” is none of these"),
            ("0 8 * * 8", "“8” is none of these"),
            ("*/0 8 * * *", "the minute, the first field"),
            ("a b c d e", "“a” is none of these"),
        ] {
            let said = parse(text).unwrap_err().to_string();
            assert!(said.contains(says), "{text}: {said}");
        }
        assert_eq!(parse(&"1,".repeat(90)), Err(CronProblem::TooLong));
    }

    #[test]
    fn what_may_stand_there_by_those_words_does() {
        for text in [
            "0 8 * * 1",
            "0,30 8,20 1,15 1,7 2,4",
            "10-20 9-17 1-7 3-5 MON-FRI",
            "*/15 */6 */2 */3 *",
            "0 8 L * *",
            "0 8 * DEC SAT",
            "0 8 * JAN SUN",
            "@hourly",
            "@daily",
            "@weekly",
            "@monthly",
            "@yearly",
            "59 23 31 12 6",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }
}
