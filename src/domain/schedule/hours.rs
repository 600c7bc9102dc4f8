//! The open hours of a week: `Mon-Fri 08:00-18:00; Sat 09:00-12:00, 13:00-15:00`.
//!
//! They are kept as the open minutes of a week that begins on Monday, so that two ways of writing the same hours are equal.

use super::{ScheduleError, quoted};
use crate::domain::spans::Spans;
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Minute, Span};
use crate::language::say;
use chrono::Weekday;
use std::collections::BTreeSet;

/// The most rules.
const RULES_MAX: usize = 200;
const WEEK_MINUTES: i64 = 7 * DAY_MINUTES;

const DAYS: [(Weekday, &str, &str); 7] = [
    (Weekday::Mon, "Mon", "Monday"),
    (Weekday::Tue, "Tue", "Tuesday"),
    (Weekday::Wed, "Wed", "Wednesday"),
    (Weekday::Thu, "Thu", "Thursday"),
    (Weekday::Fri, "Fri", "Friday"),
    (Weekday::Sat, "Sat", "Saturday"),
    (Weekday::Sun, "Sun", "Sunday"),
];

/// The open minutes of a week, counted from Monday 00:00.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Week(Spans);

impl Week {
    /// Reads one rule per line or semicolon.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let lines = text.lines().enumerate();
        let rules = lines.flat_map(|(index, line)| line.split(';').map(move |rule| (index + 1, rule.trim())));
        let mut open = Vec::new();
        for (nth, (line, rule)) in rules.filter(|(_, rule)| !rule.is_empty()).enumerate() {
            if nth >= RULES_MAX {
                return Err(ScheduleError::TooManyRules(RULES_MAX));
            }
            let hours = parse_rule(rule);
            open.extend(hours.map_err(|mend| ScheduleError::Hours { line, part: quoted(rule), mend })?);
        }
        let week = Self(Spans::of(open));
        if week.0.is_empty() { Err(ScheduleError::NeverOpen) } else { Ok(week) }
    }

    /// The open hours of a day of the week, in minutes since its midnight; the end is at most 1440.
    pub fn on(&self, day: Weekday) -> impl Iterator<Item = (i64, i64)> {
        let midnight = i64::from(day.num_days_from_monday()) * DAY_MINUTES;
        let whole = Span::new(Minute(midnight), Minute(midnight + DAY_MINUTES));
        self.0.touching(whole).map(move |part| (part.start().0 - midnight, part.end().0 - midnight))
    }

    /// Text that reads back as these hours.
    pub fn text(&self) -> String {
        let run = |run: &Run| {
            let (_, first, _) = DAYS[run.first];
            let (_, last, _) = DAYS[run.last];
            let days = if run.first == run.last { first.to_owned() } else { format!("{first}-{last}") };
            let hours = run.hours.iter().map(|(from, to)| format!("{}-{}", clock(*from), clock(*to)));
            format!("{days} {}", hours.collect::<Vec<_>>().join(", "))
        };
        self.runs().iter().map(run).collect::<Vec<_>>().join("; ")
    }

    /// `Monday to Friday 08:00 to 18:00, Saturday 09:00 to 13:00`.
    pub fn in_words(&self) -> String {
        let run = |run: &Run| {
            let (_, _, first) = DAYS[run.first];
            let (_, _, last) = DAYS[run.last];
            let (first, last) = (crate::language::word(first), crate::language::word(last));
            let days = match run.last - run.first {
                0 => first.to_owned(),
                1 => crate::language::say!("{first_day} and {last_day}", first, last),
                6 => crate::language::say!("every day"),
                _ => crate::language::say!("{first_day} to {last_day}", first, last),
            };
            let hours =
                run.hours.iter().map(|(from, to)| crate::language::say!("{start} to {end}", clock(*from), clock(*to)));
            let hours = hours.reduce(|hours, more| crate::language::say!("{hours} and {more}", hours, more));
            crate::language::say!("{days} {hours}", days, hours.unwrap_or_default())
        };
        crate::domain::wording::comma_list(self.runs().iter().map(run))
    }

    /// Days that follow each other and have the same hours.
    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (index, (day, ..)) in DAYS.into_iter().enumerate() {
            let hours = self.as_written(day);
            match runs.last_mut() {
                Some(run) if run.last + 1 == index && run.hours == hours => run.last = index,
                _ if hours.is_empty() => {}
                _ => runs.push(Run { first: index, last: index, hours }),
            }
        }
        runs
    }

    /// The hours of a day as people write them: a night stands with its evening.
    fn as_written(&self, day: Weekday) -> Vec<(i64, i64)> {
        let mut hours: Vec<(i64, i64)> = self.on(day).collect();
        if let (Some((0, _)), Some(_)) = (hours.first().copied(), self.night(day.pred())) {
            hours.remove(0);
        }
        if let (Some(last), Some(morning)) = (hours.last_mut(), self.night(day)) {
            last.1 = morning;
        }
        hours
    }

    /// The end of the night that begins on a day and runs over midnight, if it is shorter than a day.
    fn night(&self, day: Weekday) -> Option<i64> {
        let (evening, _) = self.on(day).last().filter(|(_, end)| *end == DAY_MINUTES)?;
        let (_, morning) = self.on(day.succ()).next().filter(|(start, _)| *start == 0)?;
        (morning < evening).then_some(morning)
    }
}

/// Days of the week by their place, first and last, and their hours.
struct Run {
    first: usize,
    last: usize,
    hours: Vec<(i64, i64)>,
}

/// `08:00`; what lies on the next day has the time of that day.
fn clock(minute: i64) -> String {
    format!("{:02}:{:02}", minute / HOUR_MINUTES, minute % HOUR_MINUTES)
}

/// The open minutes of one rule, or the mend.
fn parse_rule(rule: &str) -> Result<Vec<Span>, String> {
    let plain = rule.replace(['–', '—'], "-").replace(" to ", "-").replace(',', " ");
    let mut words: Vec<String> = Vec::new();
    let mut joined = false;
    for word in plain.replace('-', " - ").split_whitespace() {
        match words.last_mut() {
            Some(last) if word == "-" || joined => last.push_str(word),
            _ => words.push(word.to_owned()),
        }
        joined = word == "-";
    }
    let is_time = |word: &String| word.starts_with(|c: char| c.is_ascii_digit());
    let (days, times) = words.split_at(words.iter().position(is_time).unwrap_or(words.len()));
    if days.is_empty() {
        return Err(say!("begin with the days, as in Mon-Fri 08:00-18:00"));
    }
    if times.is_empty() {
        return Err(say!("add the hours, as in Mon-Fri 08:00-18:00; a closed day is left out"));
    }
    if !times.iter().all(is_time) {
        return Err(say!("write the next days on a line of their own, or after a semicolon"));
    }
    // each day once, however often it is written: days times hours stay few
    let days = days.iter().map(|word| parse_days(word)).collect::<Result<Vec<_>, _>>()?;
    let days: BTreeSet<i64> = days.into_iter().flatten().collect();
    let times = times.iter().map(|word| parse_hours(word)).collect::<Result<Vec<_>, _>>()?;
    Ok(days.into_iter().flat_map(|day| times.iter().flat_map(move |(from, to)| in_week(day, *from, *to))).collect())
}

/// The minutes of the week from a time of a day to another, on the next day if it is not later.
fn in_week(day: i64, from: i64, to: i64) -> [Span; 2] {
    let start = day * DAY_MINUTES + from;
    let end = day * DAY_MINUTES + if to <= from { to + DAY_MINUTES } else { to };
    let within = Span::new(Minute(0), Minute(WEEK_MINUTES));
    let span = |shift| Span::new(Minute(start - shift), Minute(end - shift)).intersect(within);
    [span(0), span(WEEK_MINUTES)]
}

/// The days of `Mon`, `Monday`, `Mon-Fri` or `Sat-Mon`, Monday being 0.
fn parse_days(word: &str) -> Result<Vec<i64>, String> {
    let day = |text: &str| {
        let named =
            DAYS.iter().find(|(_, short, long)| text.eq_ignore_ascii_case(short) || text.eq_ignore_ascii_case(long));
        let (day, ..) =
            named.ok_or_else(|| say!("{word} is no day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun", quoted(text)))?;
        Ok::<_, String>(i64::from(day.num_days_from_monday()))
    };
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (day(first)?, day(last)?);
    Ok((0..=(last - first).rem_euclid(7)).map(|more| (first + more) % 7).collect())
}

/// The times of `08:00-18:00`, in minutes since midnight.
fn parse_hours(word: &str) -> Result<(i64, i64), String> {
    let time = |text: &str| {
        let (hours, minutes) = text.split_once(':')?;
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<i64>().ok())?;
        let shape = (1..=2).contains(&hours.len()) && minutes.len() == 2;
        let minute = number(hours)? * HOUR_MINUTES + number(minutes).filter(|minutes| *minutes < HOUR_MINUTES)?;
        (shape && minute <= DAY_MINUTES).then_some(minute)
    };
    let hours = word.split_once('-').and_then(|(from, to)| Some((time(from)?, time(to)?)));
    match hours {
        None => Err(say!("{word} is no time from and to; write them as 08:00-18:00, at most 24:00", quoted(word))),
        Some((DAY_MINUTES, _)) => Err(say!("24:00 is an end only; write 00:00 of the next day for a start")),
        Some((from, to)) if from == to => Err(say!("start and end are the same; write 00:00-24:00 for a whole day")),
        Some(hours) => Ok(hours),
    }
}
