//! The days on which a business is closed: dates with names, one per line or comma.

use super::{ScheduleError, calendar_file, quoted};
use crate::language::say;
use chrono::{Datelike as _, NaiveDate};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The most days.
const HOLIDAYS_MAX: usize = 5_000;
/// The longest name, in characters.
const NAME_MAX: usize = 200;
/// The years that a holiday may be in: the ledger begins in 1970.
pub(super) const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// Closed days and what they are called; a name may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Holidays(BTreeMap<NaiveDate, String>);

impl Holidays {
    /// Reads pasted dates, or the text of a calendar file.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let is_file = |line: &str| line.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("BEGIN:"));
        if text.lines().any(is_file) { calendar_file::parse(text) } else { Self::parse_dates(text) }
    }

    fn parse_dates(text: &str) -> Result<Self, ScheduleError> {
        let mut holidays = Self::default();
        for (index, line) in text.lines().enumerate() {
            let wrong = |part: &str, mend: &str| ScheduleError::Holidays {
                line: index + 1,
                part: quoted(part),
                mend: mend.to_owned(),
            };
            for entry in entries(line) {
                let (date, name) =
                    entry.split_at(entry.find(|c: char| c.is_whitespace() || ",;:".contains(c)).unwrap_or(entry.len()));
                let day = parse_date(date)
                    .ok_or_else(|| wrong(entry, &say!("begin with a date, as in 2026-12-25 or 25.12.2026")))?;
                if !YEARS.contains(&day.year()) {
                    return Err(wrong(date, &say!("check the year: it is from 1970 to 2199")));
                }
                if starts_with_date(&tidy(name)) {
                    return Err(wrong(entry, &say!("write a comma between two dates, or each on a line of its own")));
                }
                if name.chars().count() > NAME_MAX {
                    return Err(wrong(entry, &say!("shorten the name to 200 characters")));
                }
                holidays.add(day, name_from(name))?;
            }
        }
        Ok(holidays)
    }

    /// Closes a day; of two names the first stays.
    pub fn add(&mut self, day: NaiveDate, name: String) -> Result<(), ScheduleError> {
        match self.0.entry(day) {
            Entry::Occupied(mut there) if there.get().is_empty() => *there.get_mut() = name,
            Entry::Occupied(_) => {}
            Entry::Vacant(free) => {
                free.insert(name);
            }
        }
        if self.0.len() > HOLIDAYS_MAX { Err(ScheduleError::TooManyHolidays(HOLIDAYS_MAX)) } else { Ok(()) }
    }

    pub fn contains(&self, day: NaiveDate) -> bool {
        self.0.contains_key(&day)
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Text that reads back as these days: one a line, in order.
    pub fn text(&self) -> String {
        let line = |(day, name): (&NaiveDate, &String)| format!("{day} {name}").trim_end().to_owned();
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// A name, cut to its longest and made such that it reads back as the name of one day.
pub(super) fn name_from(text: &str) -> String {
    let mut name = tidy(text);
    if starts_with_date(&name) {
        name.insert_str(0, "on ");
    }
    let mut whole: Vec<char> = Vec::new();
    let mut rest = name.as_str();
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        whole.push(if ",;".contains(c) && starts_with_date(rest.trim_start()) { '/' } else { c });
    }
    let short: String = whole.iter().take(NAME_MAX).collect();
    tidy(&short)
}

/// Words one space apart, without the marks that part a name from its date.
fn tidy(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    words.join(" ").trim_matches([' ', ',', ';', ':', '-', '–']).to_owned()
}

/// The entries of a line: a comma or semicolon before a date begins a new one, any other belongs to the name.
fn entries(line: &str) -> Vec<&str> {
    let mut entries = Vec::new();
    let mut rest = line;
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|text| text.find([',', ';'])) {
        let (before, after) = rest.split_at(from + at);
        if starts_with_date(after[1..].trim_start()) {
            entries.push(before.trim());
            (rest, from) = (&after[1..], 0);
        } else {
            from += at + 1;
        }
    }
    entries.push(rest.trim());
    entries.retain(|entry| !entry.is_empty());
    entries
}

/// Does a text begin with something that is meant as a date, right or wrong?
fn starts_with_date(text: &str) -> bool {
    let word = text.split(|c: char| c.is_whitespace() || ",;:".contains(c)).next().unwrap_or_default();
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits >= 4 && digits < word.len() && word.bytes().all(|b| b.is_ascii_digit() || b"./-".contains(&b))
}

/// `2026-12-25` or `25.12.2026`.
fn parse_date(text: &str) -> Option<NaiveDate> {
    let number = |text: &str, least: usize, most: usize| {
        let digits = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u32>().ok())?
    };
    let separator = if text.contains('.') { '.' } else { '-' };
    let parts: Vec<&str> = text.split(separator).collect();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] if separator == '-' => (year, number(month, 2, 2)?, number(day, 2, 2)?),
        [day, month, year] => (year, number(month, 1, 2)?, number(day, 1, 2)?),
        _ => return None,
    };
    NaiveDate::from_ymd_opt(i32::try_from(number(year, 4, 4)?).ok()?, month, day)
}
