//! A rule in words, where they are shorter than the rule.

use super::parts::{Parts, Until};
use crate::domain::wording::{self, comma_list, long_date};
use crate::language::{self, say};
use chrono::{Datelike as _, NaiveDateTime, TimeZone as _, Weekday};
use chrono_tz::Tz;
use rrule::Frequency;

/// `every 2 weeks on Monday and Friday, until 31 December 2026`; nothing for a rule that takes longer to say.
pub(super) fn in_words(parts: &Parts, first: NaiveDateTime, zone: Tz) -> Option<String> {
    if parts.count == Some(1) {
        return Some(say!("once"));
    }
    let n = parts.interval;
    let rule = match (parts.frequency, n) {
        (Frequency::Daily, _) if !parts.only(&[]) => return None,
        (Frequency::Daily, 1) => say!("every day"),
        (Frequency::Daily, _) => say!("every {n} days", n),
        (Frequency::Weekly, 1) => say!("every week on {days}", weekdays(parts, first)?),
        (Frequency::Weekly, _) => say!("every {n} weeks on {days}", n, weekdays(parts, first)?),
        (Frequency::Monthly, 1) => say!("every month on {days}", month_days(parts, first)?),
        (Frequency::Monthly, _) => say!("every {n} months on {days}", n, month_days(parts, first)?),
        // the first span is an occurrence, so its date is the one that a rule with a single date names
        (Frequency::Yearly, 1) => say!("every year on {date}", date(parts, first)?),
        (Frequency::Yearly, _) => say!("every {n} years on {date}", n, date(parts, first)?),
        _ => return None,
    };
    Some(match (parts.until, parts.count) {
        (Some(Until::Local(last)), _) => say!("{rule}, until {day}", rule, long_date(last.date())),
        (Some(Until::Utc(last)), _) => {
            say!("{rule}, until {day}", rule, long_date(zone.from_utc_datetime(&last).date_naive()))
        }
        (None, Some(count)) => say!("{rule}, {count} times", rule, count),
        (None, None) => rule,
    })
}

fn date(parts: &Parts, first: NaiveDateTime) -> Option<String> {
    one_date(parts).then(|| say!("{day} {month}", first.day(), wording::part(first.date(), "%B")))
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
    if !parts.days.is_empty() {
        parts.only(&["BYDAY"]).then_some(())?;
        let day = |(number, day): &(Option<i16>, Weekday)| nth((*number)?, *day);
        return Some(listed(&parts.days.iter().map(day).collect::<Option<Vec<_>>>()?));
    }
    parts.only(&["BYMONTHDAY"]).then_some(())?;
    let day = |number: &i16| match *number {
        -1 => Some(say!("the last day")),
        n @ 1.. => Some(say!("day {n}", n)),
        _ => None,
    };
    match parts.list("BYMONTHDAY") {
        [] => Some(say!("day {n}", first.day())),
        days => Some(listed(&days.iter().map(day).collect::<Option<Vec<_>>>()?)),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => say!("{list} and {last}", comma_list(most.iter().cloned()), last),
    }
}

fn nth(number: i16, day: Weekday) -> Option<String> {
    let day = weekday(day);
    Some(match number {
        1 => say!("the first {weekday}", day),
        2 => say!("the second {weekday}", day),
        3 => say!("the third {weekday}", day),
        4 => say!("the fourth {weekday}", day),
        5 => say!("the fifth {weekday}", day),
        -1 => say!("the last {weekday}", day),
        _ => return None,
    })
}

fn weekday(day: Weekday) -> &'static str {
    language::word(match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    })
}

#[cfg(test)]
mod tests {
    use crate::domain::recurrence::Recurrence;
    use crate::domain::time::{Minute, Span};
    use crate::language::{Language, sync_scope};
    use chrono_tz::Tz;

    #[test]
    fn rules_are_told_in_chinese() {
        // Sunday, 4 October 2026
        let first = Minute(1_791_072_000 / 60);
        let first = Span::new(first, first.plus(60));
        for (rule, text) in [
            ("", "一次"),
            ("FREQ=DAILY", "每天"),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,FR", "每 2 周的星期五和星期日"),
            ("FREQ=MONTHLY;BYDAY=1SU", "每月的第一个星期日"),
            ("FREQ=MONTHLY;BYMONTHDAY=4,-1;UNTIL=20261231", "每月的第 4 天和最后一天，至 2026 年 12 月 31 日"),
            ("FREQ=YEARLY;COUNT=3", "每年的 10 月 4 日，共 3 次"),
        ] {
            let recurrence = Recurrence::parse(rule, Tz::UTC, first).unwrap();
            assert_eq!(sync_scope(Language::Chinese, || recurrence.in_words()), text);
        }
    }
}
