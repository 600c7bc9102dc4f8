//! The text of a rule, read and checked part by part: what the calendar crate would take on trust.

use super::RecurrenceError;
use crate::language::say;
use chrono::{Month, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use rrule::{Frequency, NWeekday, RRule, Unvalidated};
use std::collections::BTreeMap;

/// The longest rule, in bytes.
const LENGTH_MAX: usize = 500;

/// Lists of numbers: the part, its largest number, whether numbers may count from the end, and the frequencies that it
/// goes with.
const LISTS: [(&str, i16, bool, &[Frequency]); 5] = [
    ("BYMONTH", 12, false, &[Frequency::Yearly, Frequency::Monthly, Frequency::Weekly, Frequency::Daily]),
    ("BYMONTHDAY", 31, true, &[Frequency::Yearly, Frequency::Monthly, Frequency::Daily]),
    ("BYYEARDAY", 366, true, &[Frequency::Yearly]),
    ("BYWEEKNO", 53, true, &[Frequency::Yearly]),
    ("BYSETPOS", 366, true, &[Frequency::Yearly, Frequency::Monthly, Frequency::Weekly, Frequency::Daily]),
];

/// The parts that a rule can have here.
const KNOWN: [&str; 11] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "WKST",
    "BYDAY",
    "BYMONTH",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYSETPOS",
];

/// What stands beside a rule in a calendar, and is known here from the first span.
const BESIDE: [&str; 6] = ["DTSTART", "DTEND", "DURATION", "RDATE", "EXDATE", "EXRULE"];

const DAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

/// The last moment at which an occurrence may start, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// By the clock on the wall.
    Local(NaiveDateTime),
    /// In UTC.
    Utc(NaiveDateTime),
}

/// A rule in parts, each checked, alone and together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// As it is stored and shown: capitals, no prefix, no spaces around.
    pub text: String,
    pub frequency: Frequency,
    pub interval: u16,
    pub count: Option<u32>,
    pub until: Option<Until>,
    pub week_start: Weekday,
    /// With the number that counts within the month or the year.
    pub days: Vec<(Option<i16>, Weekday)>,
    lists: BTreeMap<&'static str, Vec<i16>>,
}

impl Parts {
    /// Reads `FREQ=…;…`, with or without `RRULE:` before it.
    pub fn parse(rule: &str) -> Result<Self, RecurrenceError> {
        let text = rule.trim().trim_end_matches(';').to_ascii_uppercase();
        let text = text.strip_prefix("RRULE:").map_or(text.as_str(), str::trim).to_owned();
        if text.len() > LENGTH_MAX {
            return Err(RecurrenceError::LongRule(LENGTH_MAX));
        }
        let mut written = split(&text)?;
        if let Some(name) = written.keys().find(|name| !KNOWN.contains(name)) {
            return Err(unknown(name));
        }
        let frequency = frequency(written.remove("FREQ"))?;
        let mut lists = BTreeMap::new();
        for (name, largest, from_end, goes_with) in LISTS {
            let Some(value) = written.remove(name) else { continue };
            if !goes_with.contains(&frequency) {
                return Err(together(
                    &say!("{name} does not go with FREQ={frequency}", name, frequency),
                    &say!("leave one of them out"),
                ));
            }
            lists.insert(name, numbers(name, value, largest, from_end)?);
        }
        let parts = Self {
            frequency,
            interval: match written.remove("INTERVAL") {
                Some(value) => within("INTERVAL", value, 1..=1000)?,
                None => 1,
            },
            count: written.remove("COUNT").map(|value| within("COUNT", value, 1..=u32::MAX)).transpose()?,
            until: written.remove("UNTIL").map(until).transpose()?,
            week_start: written.remove("WKST").map_or(Ok(Weekday::Mon), |value| weekday("WKST", value))?,
            days: written.remove("BYDAY").map_or(Ok(Vec::new()), days)?,
            lists,
            text: text.clone(),
        };
        parts.together()
    }

    /// The numbers of a list part; none if it is not there.
    pub fn list(&self, name: &str) -> &[i16] {
        self.lists.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Does the rule consist of nothing but frequency, interval, ends, and these parts?
    pub fn only(&self, names: &[&str]) -> bool {
        let days = self.days.is_empty() || names.contains(&"BYDAY");
        days && self.lists.keys().all(|name| names.contains(name))
    }

    fn together(self) -> Result<Self, RecurrenceError> {
        let counted = self.days.iter().filter(|(number, _)| number.is_some()).count();
        let in_month_or_year = matches!(self.frequency, Frequency::Monthly | Frequency::Yearly);
        if self.count.is_some() && self.until.is_some() {
            return Err(together(&say!("COUNT and UNTIL both end the rule"), &say!("leave one of them out")));
        }
        if counted > 0 && (!in_month_or_year || self.lists.contains_key("BYWEEKNO")) {
            return Err(together(
                &say!("BYDAY counts days within a month or a year"),
                &say!("write FREQ=MONTHLY or FREQ=YEARLY without BYWEEKNO, or leave out the number before the day"),
            ));
        }
        if counted > 0 && counted < self.days.len() {
            return Err(together(
                &say!("BYDAY mixes days with and without a number"),
                &say!("write two rules instead"),
            ));
        }
        if self.lists.contains_key("BYSETPOS") && self.days.is_empty() && self.lists.len() == 1 {
            return Err(together(
                &say!("BYSETPOS chooses among the days of other parts"),
                &say!("add BYDAY or BYMONTHDAY"),
            ));
        }
        Ok(self)
    }

    /// The rule as the calendar crate has it, without its end.
    pub fn rule(&self) -> RRule<Unvalidated> {
        fn all<T: TryFrom<i16>>(numbers: &[i16]) -> Vec<T> {
            numbers.iter().filter_map(|number| T::try_from(*number).ok()).collect()
        }
        let months: Vec<u8> = all(self.list("BYMONTH"));
        let months: Vec<Month> = months.into_iter().filter_map(|month| Month::try_from(month).ok()).collect();
        RRule::new(self.frequency)
            .interval(self.interval)
            .week_start(self.week_start)
            .by_weekday(self.days.iter().map(|(number, day)| NWeekday::new(*number, *day)).collect())
            .by_month(&months)
            .by_month_day(all(self.list("BYMONTHDAY")))
            .by_year_day(all(self.list("BYYEARDAY")))
            .by_week_no(all(self.list("BYWEEKNO")))
            .by_set_pos(all(self.list("BYSETPOS")))
    }
}

/// The values by their names; nothing written twice or without a value.
fn split(text: &str) -> Result<BTreeMap<&str, &str>, RecurrenceError> {
    let mut parts = BTreeMap::new();
    for part in text.split(';') {
        let (name, value) = part
            .split_once('=')
            .map(|(name, value)| (name.trim(), value.trim()))
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
            .ok_or_else(|| bad(part, &say!("write NAME=VALUE, as in FREQ=WEEKLY;BYDAY=SU")))?;
        if parts.insert(name, value).is_some() {
            return Err(bad(name, &say!("it is written twice; leave one of them out")));
        }
    }
    Ok(parts)
}

fn frequency(value: Option<&str>) -> Result<Frequency, RecurrenceError> {
    match value {
        Some("DAILY") => Ok(Frequency::Daily),
        Some("WEEKLY") => Ok(Frequency::Weekly),
        Some("MONTHLY") => Ok(Frequency::Monthly),
        Some("YEARLY") => Ok(Frequency::Yearly),
        Some(often @ ("HOURLY" | "MINUTELY" | "SECONDLY")) => Err(RecurrenceError::TooOften(often.to_owned())),
        Some(other) => Err(bad(&format!("FREQ={other}"), &say!("write DAILY, WEEKLY, MONTHLY or YEARLY"))),
        None => Err(bad("FREQ", &say!("it is missing; begin with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"))),
    }
}

fn within<T: std::str::FromStr + PartialOrd + std::fmt::Display>(
    name: &str,
    value: &str,
    range: std::ops::RangeInclusive<T>,
) -> Result<T, RecurrenceError> {
    let digits = value.bytes().all(|b| b.is_ascii_digit());
    value.parse().ok().filter(|number| digits && range.contains(number)).ok_or_else(|| {
        bad(
            &format!("{name}={value}"),
            &say!("write a whole number from {first} to {last}", range.start(), range.end()),
        )
    })
}

fn numbers(name: &str, value: &str, largest: i16, from_end: bool) -> Result<Vec<i16>, RecurrenceError> {
    let mend = || {
        let last = if from_end { say!(", or -1 to -{largest} from the end", largest) } else { String::new() };
        say!("write numbers from 1 to {largest}{last}, with commas between them", largest, last)
    };
    let number = |text: &str| {
        let number = text.trim().parse::<i16>().ok()?;
        let least = if from_end { -largest } else { 1 };
        (number != 0 && (least..=largest).contains(&number)).then_some(number)
    };
    let numbers: Option<Vec<i16>> = value.split(',').map(number).collect();
    numbers.ok_or_else(|| bad(&format!("{name}={value}"), &mend()))
}

fn weekday(name: &str, value: &str) -> Result<Weekday, RecurrenceError> {
    let day = DAYS.into_iter().find(|(word, _)| *word == value);
    day.map(|(_, day)| day).ok_or_else(|| bad(&format!("{name}={value}"), &say!("write MO, TU, WE, TH, FR, SA or SU")))
}

fn days(value: &str) -> Result<Vec<(Option<i16>, Weekday)>, RecurrenceError> {
    let day = |text: &str| {
        let text = text.trim();
        let (word, day) = DAYS.into_iter().find(|(word, _)| text.ends_with(word))?;
        let number = match text.strip_suffix(word)? {
            "" => None,
            number => Some(number.parse::<i16>().ok().filter(|n| *n != 0 && n.abs() <= 53)?),
        };
        Some((number, day))
    };
    let days: Option<Vec<_>> = value.split(',').map(day).collect();
    days.ok_or_else(|| {
        let mend = &say!("write MO, TU, WE, TH, FR, SA or SU with commas between them; within a month also 1MO (first) or -1SU (last)");
        bad(&format!("BYDAY={value}"), mend)
    })
}

fn until(value: &str) -> Result<Until, RecurrenceError> {
    let date = |text: &str| {
        let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
        NaiveDate::parse_from_str(text, "%Y%m%d").ok().filter(|_| digits)
    };
    let moment = |text: &str| {
        let (day, time) = text.split_once('T').filter(|(_, time)| time.len() == 6)?;
        Some(date(day)?.and_time(NaiveTime::parse_from_str(time, "%H%M%S").ok()?))
    };
    let last_second = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or(NaiveTime::MIN);
    let found = match value.strip_suffix('Z') {
        Some(utc) => moment(utc).map(Until::Utc),
        None => moment(value).or_else(|| Some(date(value)?.and_time(last_second))).map(Until::Local),
    };
    let mend = &say!("write the last day as 20261231, or a time as 20261231T220000 (local) or 20261231T220000Z (UTC)");
    found.ok_or_else(|| bad(&format!("UNTIL={value}"), mend))
}

fn unknown(name: &str) -> RecurrenceError {
    if ["BYHOUR", "BYMINUTE", "BYSECOND"].contains(&name) {
        return bad(name, &say!("leave it out: every occurrence starts at the time of the first"));
    }
    match BESIDE.into_iter().find(|word| name.starts_with(word)) {
        Some(word) => {
            bad(word, &say!("leave it out: the first span says start and end, and only the rule is written here"))
        }
        None => bad(name, &say!("no rule has such a part; leave it out")),
    }
}

fn bad(part: &str, mend: &str) -> RecurrenceError {
    // a part that cannot be read may be anything; what is said of it stays short
    let part: String =
        if part.chars().count() > 40 { part.chars().take(40).chain(['…']).collect() } else { part.to_owned() };
    RecurrenceError::Part { part, mend: mend.to_owned() }
}

fn together(what: &str, mend: &str) -> RecurrenceError {
    RecurrenceError::Together { what: what.to_owned(), mend: mend.to_owned() }
}
