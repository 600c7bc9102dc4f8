//! A rule in words, where they are shorter than the rule.

use super::parts::{Parts, Until};
use chrono::{Datelike as _, NaiveDateTime, TimeZone as _, Weekday};
use chrono_tz::Tz;
use rrule::Frequency;

const ORDINALS: [(i16, &str); 6] =
    [(1, "first"), (2, "second"), (3, "third"), (4, "fourth"), (5, "fifth"), (-1, "last")];

/// `every 2 weeks on Monday and Friday, until 31 December 2026`; nothing for a rule that takes longer to say.
pub(super) fn in_words(parts: &Parts, first: NaiveDateTime, zone: Tz) -> Option<String> {
    if parts.count == Some(1) {
        return Some("once".to_owned());
    }
    let (unit, on) = match parts.frequency {
        Frequency::Daily => ("day", parts.only(&[]).then(String::new)?),
        Frequency::Weekly => ("week", format!(" on {}", weekdays(parts, first)?)),
        Frequency::Monthly => ("month", format!(" on {}", month_days(parts, first)?)),
        // the first span is an occurrence, so its date is the one that a rule with a single date names
        Frequency::Yearly => ("year", format!(" on {}", one_date(parts).then(|| first.format("%-d %B"))?)),
        _ => return None,
    };
    let every = match parts.interval {
        1 => format!("every {unit}"),
        n => format!("every {n} {unit}s"),
    };
    let end = match (parts.until, parts.count) {
        (Some(Until::Local(last)), _) => format!(", until {}", last.format("%-d %B %Y")),
        (Some(Until::Utc(last)), _) => format!(", until {}", zone.from_utc_datetime(&last).format("%-d %B %Y")),
        (None, Some(count)) => format!(", {count} times"),
        (None, None) => String::new(),
    };
    Some(format!("{every}{on}{end}"))
}

/// Does the rule name one date of the year?
fn one_date(parts: &Parts) -> bool {
    let (months, days) = (parts.list("BYMONTH"), parts.list("BYMONTHDAY"));
    let one = match (months, days) {
        ([] | [_], []) => true,
        ([_], [day]) => *day > 0,
        _ => false,
    };
    one && parts.only(&["BYMONTH", "BYMONTHDAY"])
}

fn weekdays(parts: &Parts, first: NaiveDateTime) -> Option<String> {
    parts.only(&["BYDAY"]).then_some(())?;
    if parts.days.is_empty() {
        return Some(weekday(first.weekday()).to_owned());
    }
    let mut days: Vec<Weekday> = parts.days.iter().map(|(_, day)| *day).collect();
    days.sort_unstable_by_key(Weekday::num_days_from_monday);
    days.dedup();
    Some(listed(&days.into_iter().map(|day| weekday(day).to_owned()).collect::<Vec<_>>()))
}

fn month_days(parts: &Parts, first: NaiveDateTime) -> Option<String> {
    let ordinal = |n: i16| ORDINALS.into_iter().find(|(number, _)| *number == n).map(|(_, word)| word);
    if !parts.days.is_empty() {
        parts.only(&["BYDAY"]).then_some(())?;
        let day =
            |(number, day): &(Option<i16>, Weekday)| Some(format!("the {} {}", ordinal((*number)?)?, weekday(*day)));
        return Some(listed(&parts.days.iter().map(day).collect::<Option<Vec<_>>>()?));
    }
    parts.only(&["BYMONTHDAY"]).then_some(())?;
    let day = |number: &i16| match *number {
        -1 => Some("the last day".to_owned()),
        n @ 1.. => Some(format!("day {n}")),
        _ => None,
    };
    match parts.list("BYMONTHDAY") {
        [] => Some(format!("day {}", first.day())),
        days => Some(listed(&days.iter().map(day).collect::<Option<Vec<_>>>()?)),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}
