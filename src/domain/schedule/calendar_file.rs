//! Holidays from the text of a calendar file (iCalendar, RFC 5545): what its events say of days, and nothing else.
//!
//! An event closes every local day that it touches; its end is exclusive. A rule that repeats it is followed from 2000 to
//! 2100. Cancelled events and occurrences are left out, moved occurrences stand where they were moved to.

use super::ScheduleError;
use super::holidays::{Holidays, YEARS, name_from};
use super::quoted;
use crate::domain::recurrence::Rule;
use crate::language::say;
use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _};
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// The most events with a rule.
const RULES_MAX: usize = 200;
/// The longest event, in days.
const EVENT_DAYS_MAX: i64 = 400;

/// One property of the file, unfolded: `DTSTART;VALUE=DATE:20261225`.
struct Property {
    line: usize,
    name: String,
    zone: Option<Tz>,
    value: String,
}

/// One VEVENT, as far as it matters.
#[derive(Default)]
struct Event {
    line: usize,
    start: Option<(NaiveDateTime, Option<Tz>)>,
    end: Option<NaiveDateTime>,
    length: Option<TimeDelta>,
    rule: Option<(usize, String)>,
    added: Vec<NaiveDate>,
    left_out: BTreeSet<NaiveDate>,
    moved_from: Option<NaiveDate>,
    cancelled: bool,
    name: String,
    id: String,
}

/// Reads the holidays of a whole file.
pub(super) fn parse(text: &str) -> Result<Holidays, ScheduleError> {
    let properties = unfold(text)?;
    let calendar_zone =
        properties.iter().find(|property| property.name == "X-WR-TIMEZONE").and_then(|p| p.value.trim().parse().ok());
    let events = events(&properties, calendar_zone)?;
    let rules = events.iter().filter(|event| event.rule.is_some()).count();
    if rules > RULES_MAX {
        return Err(ScheduleError::TooManyRepeated(RULES_MAX));
    }
    let moved: BTreeSet<(&str, NaiveDate)> =
        events.iter().filter_map(|event| Some((event.id.as_str(), event.moved_from?))).collect();
    let mut holidays = Holidays::default();
    for event in events.iter().filter(|event| !event.cancelled) {
        let days = event.days()?;
        for start in event.starts()? {
            let is_moved = event.moved_from.is_none() && moved.contains(&(event.id.as_str(), start));
            if !is_moved && !event.left_out.contains(&start) {
                for day in start.iter_days().take(days).filter(|day| YEARS.contains(&day.year())) {
                    holidays.add(day, event.name.clone())?;
                }
            }
        }
    }
    Ok(holidays)
}

fn wrong(line: usize, part: &str, mend: &str) -> ScheduleError {
    ScheduleError::Holidays { line, part: quoted(part), mend: mend.to_owned() }
}

/// The properties; a line that begins with a space continues the one before.
fn unfold(text: &str) -> Result<Vec<Property>, ScheduleError> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some((_, whole))) => whole.push_str(more),
            _ if line.trim().is_empty() => {}
            _ => lines.push((index + 1, line.to_owned())),
        }
    }
    lines.into_iter().map(|(line, text)| property(line, &text)).collect()
}

fn property(line: usize, text: &str) -> Result<Property, ScheduleError> {
    let mut in_quotes = false;
    let colon = text.find(|c: char| {
        in_quotes ^= c == '"';
        c == ':' && !in_quotes
    });
    let (head, value) = colon
        .map(|at| (&text[..at], &text[at + 1..]))
        .ok_or_else(|| wrong(line, text, &say!("a line of a calendar file is NAME:VALUE; paste the file as it is")))?;
    let mut parts = head.split(';');
    let name = parts.next().unwrap_or_default().trim().to_ascii_uppercase();
    let zone =
        parts.find_map(|part| part.trim().strip_prefix("TZID=")).and_then(|zone| zone.trim_matches('"').parse().ok());
    Ok(Property { line, name, zone, value: value.trim().to_owned() })
}

/// The events of every calendar in the text; each part must end as it began.
fn events(properties: &[Property], calendar_zone: Option<Tz>) -> Result<Vec<Event>, ScheduleError> {
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut events: Vec<Event> = Vec::new();
    for property in properties {
        let part = property.value.to_ascii_uppercase();
        match (property.name.as_str(), open.last()) {
            ("BEGIN", _) => {
                if open.is_empty() && part != "VCALENDAR" {
                    return Err(wrong(property.line, &part, &say!("paste the whole file, from BEGIN:VCALENDAR on")));
                }
                if part == "VEVENT" {
                    events.push(Event { line: property.line, ..Event::default() });
                }
                open.push((property.line, part));
            }
            ("END", Some((_, begun))) if *begun == part => {
                open.pop();
            }
            ("END", _) => {
                return Err(wrong(
                    property.line,
                    &part,
                    &say!("it ends here but did not begin; paste the file as it is"),
                ));
            }
            (_, None) => {
                return Err(wrong(
                    property.line,
                    &property.name,
                    &say!("it stands outside of the calendar; paste the file as it is"),
                ));
            }
            (_, Some((_, begun))) if begun == "VEVENT" => {
                if let Some(event) = events.last_mut() {
                    event.read(property, calendar_zone)?;
                }
            }
            _ => {}
        }
    }
    match open.last() {
        Some((line, part)) => Err(wrong(*line, part, &say!("it begins here but does not end; paste the whole file"))),
        None => Ok(events),
    }
}

impl Event {
    fn read(&mut self, property: &Property, calendar_zone: Option<Tz>) -> Result<(), ScheduleError> {
        let Property { line, name, zone, value } = property;
        let days = || value.split(',').map(|value| Ok(moment(*line, value, calendar_zone)?.date()));
        match name.as_str() {
            "DTSTART" => self.start = Some((moment(*line, value, calendar_zone)?, *zone)),
            "DTEND" => self.end = Some(moment(*line, value, calendar_zone)?),
            "DURATION" => self.length = Some(length(*line, value)?),
            "RRULE" if self.rule.is_some() => {
                return Err(wrong(*line, value, &say!("an event has one rule; write two events")));
            }
            "RRULE" => self.rule = Some((*line, value.clone())),
            "RDATE" => self.added = days().collect::<Result<_, ScheduleError>>()?,
            "EXDATE" => self.left_out.extend(days().collect::<Result<Vec<_>, ScheduleError>>()?),
            "RECURRENCE-ID" => self.moved_from = Some(moment(*line, value, calendar_zone)?.date()),
            "STATUS" => self.cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            "SUMMARY" => self.name = name_from(&unescaped(value)),
            "UID" => self.id.clone_from(value),
            _ => {}
        }
        Ok(())
    }

    fn begin(&self) -> Result<(NaiveDateTime, Option<Tz>), ScheduleError> {
        self.start
            .ok_or_else(|| wrong(self.line, "VEVENT", &say!("this event has no DTSTART; add its date or leave it out")))
    }

    /// How many days each occurrence touches.
    fn days(&self) -> Result<usize, ScheduleError> {
        let (start, _) = self.begin()?;
        let end = self.end.or_else(|| start.checked_add_signed(self.length?));
        let Some(end) = end else { return Ok(1) };
        if end < start {
            return Err(wrong(self.line, "VEVENT", &say!("this event ends before it begins; mend its DTEND")));
        }
        // the end is exclusive: midnight belongs to the next day, which is not touched
        let last = end.checked_sub_signed(TimeDelta::seconds(1)).unwrap_or(end).max(start).date();
        let days = (last - start.date()).num_days() + 1;
        let days = Some(days).filter(|days| *days <= EVENT_DAYS_MAX).and_then(|days| usize::try_from(days).ok());
        days.ok_or_else(|| wrong(self.line, "VEVENT", &say!("this event is longer than 400 days; check its DTEND")))
    }

    /// The days on which occurrences begin: the first one always, and what the rule and the file add.
    fn starts(&self) -> Result<Vec<NaiveDate>, ScheduleError> {
        let (start, zone) = self.begin()?;
        let mut starts = vec![start.date()];
        starts.extend(&self.added);
        if let Some((line, rule)) = &self.rule {
            let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN);
            let (from, to) = (day(2000), day(2101));
            let rule = Rule::parse(rule, zone.unwrap_or(Tz::UTC), start, to).map_err(|why| {
                ScheduleError::Holidays { line: *line, part: "RRULE".to_owned(), mend: why.to_string() }
            })?;
            starts.extend(rule.starts(from, to).map(|start| start.date()));
        }
        Ok(starts)
    }
}

/// The local time of `20261225`, `20261225T090000`, or `20261225T090000Z` in a calendar that names its zone.
fn moment(line: usize, value: &str, calendar_zone: Option<Tz>) -> Result<NaiveDateTime, ScheduleError> {
    let value = value.trim();
    let value = value.split_once('/').map_or(value, |(start, _)| start); // a period of RDATE
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let date = |text: &str| NaiveDate::parse_from_str(text, "%Y%m%d").ok().filter(|_| digits(text, 8));
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H%M%S").ok().filter(|_| digits(text, 6));
    let written = match value.split_once('T') {
        None => date(value).map(|day| day.and_time(NaiveTime::MIN)),
        Some((day, clock)) => date(day).and_then(|day| Some(day.and_time(time(clock.trim_end_matches('Z'))?))),
    };
    let written = written
        .ok_or_else(|| wrong(line, value, &say!("write a date as 20261225, or with its time as 20261225T090000")))?;
    match (value.ends_with('Z'), calendar_zone) {
        (false, _) => Ok(written),
        (true, Some(zone)) => Ok(zone.from_utc_datetime(&written).naive_local()),
        (true, None) => {
            let mend = &say!("a time in UTC is another day in another zone; write the day alone as 20261225");
            Err(wrong(line, value, mend))
        }
    }
}

/// `P1D`, `P2W`, `PT12H`, `P1DT12H`.
fn length(line: usize, value: &str) -> Result<TimeDelta, ScheduleError> {
    let mend = || wrong(line, value, &say!("write a length as P1D (a day), P1W (a week) or PT12H (twelve hours)"));
    let mut total = TimeDelta::zero();
    let mut number = String::new();
    for c in value.trim_start_matches('+').strip_prefix('P').ok_or_else(mend)?.chars() {
        let one = match c {
            '0'..='9' if number.len() < 6 => {
                number.push(c);
                continue;
            }
            'T' if number.is_empty() => continue,
            'W' => TimeDelta::weeks(1),
            'D' => TimeDelta::days(1),
            'H' => TimeDelta::hours(1),
            'M' => TimeDelta::minutes(1),
            'S' => TimeDelta::seconds(1),
            _ => return Err(mend()),
        };
        let times: i32 = number.parse().ok().ok_or_else(mend)?;
        total = one.checked_mul(times).and_then(|more| total.checked_add(&more)).ok_or_else(mend)?;
        number.clear();
    }
    if number.is_empty() { Ok(total) } else { Err(mend()) }
}

/// Text without the backslashes of the format.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => plain.push(' '),
                Some(other) => plain.push(other),
                None => {}
            },
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(events: &str) -> String {
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{events}END:VCALENDAR\r\n")
    }

    fn event(lines: &[&str]) -> String {
        format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", lines.join("\r\n"))
    }

    fn days(events: &str) -> String {
        parse(&file(events)).unwrap().text()
    }

    #[test]
    fn events_close_the_days_that_they_touch() {
        for (lines, closed) in [
            (["DTSTART;VALUE=DATE:20261225", "SUMMARY:Christmas Day"].as_slice(), "2026-12-25 Christmas Day"),
            (&["DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261226"], "2026-12-25"),
            (&["DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261225"], "2026-12-25"),
            (
                &["DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227", "SUMMARY:Three days"],
                "2026-12-24 Three days\n2026-12-25 Three days\n2026-12-26 Three days",
            ),
            (&["DTSTART;VALUE=DATE:20261231", "DURATION:P2D"], "2026-12-31\n2027-01-01"),
            (&["DTSTART;VALUE=DATE:20261231", "DURATION:P1W"].as_slice()[..1], "2026-12-31"),
            (&["DTSTART:20261231T120000", "DURATION:PT12H"], "2026-12-31"),
            (&["DTSTART:20261231T120000", "DURATION:PT12H1S"], "2026-12-31\n2027-01-01"),
            (&["DTSTART;TZID=Europe/Berlin:20261224T000000", "DTEND;TZID=Europe/Berlin:20261225T000000"], "2026-12-24"),
            (&["DTSTART:20261224T140000"], "2026-12-24"),
            (&["DTSTART;VALUE=DATE:20261225", "STATUS:CANCELLED"], ""),
            // folded in the middle of a word, with a parameter in quotes, and escapes
            (
                &[
                    "DTSTART;VALUE=DATE:20261225",
                    "SUMMARY;ALTREP=\"http://x/y:z\":Christ",
                    " mas\\, first\\nday\\; a \\\\",
                ],
                "2026-12-25 Christmas, first day; a \\",
            ),
            (&["DTSTART;VALUE=DATE:20261225", "SUMMARY:Shut\\, 2026-12-26 too"], "2026-12-25 Shut/ 2026-12-26 too"),
            (&["DTSTART;VALUE=DATE:20261225", "SUMMARY:24.12. and 25.12."], "2026-12-25 on 24.12. and 25.12."),
            (&["DTSTART;VALUE=DATE:19690720"], ""),
        ] {
            assert_eq!(days(&event(lines)), closed, "{lines:?}");
        }
    }

    #[test]
    fn alarms_and_zones_say_nothing_of_days() {
        let nested = [
            "DTSTART;VALUE=DATE:20261225",
            "BEGIN:VALARM",
            "TRIGGER:-P1D",
            "SUMMARY:No",
            "DURATION:P9D",
            "END:VALARM",
            "SUMMARY:Yes",
        ];
        let zone = "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nRRULE:FREQ=YEARLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
        assert_eq!(days(&format!("{zone}{}", event(&nested))), "2026-12-25 Yes");
    }

    /// A calendar that names its zone may be in UTC: 23:00 UTC on the 24th is the 25th in Berlin.
    #[test]
    fn times_in_utc_need_the_zone_of_the_calendar() {
        let event = event(&["DTSTART:20261224T230000Z", "DTEND:20261225T230000Z"]);
        assert_eq!(days(&format!("X-WR-TIMEZONE:Europe/Berlin\r\n{event}")), "2026-12-25");
        let refused = parse(&file(&event)).unwrap_err().to_string();
        assert_eq!(
            refused,
            "holidays, line 5, “20261224T230000Z”: a time in UTC is another day in another zone; write the day alone as 20261225"
        );
    }

    #[test]
    fn rules_repeat_from_2000_to_2100() {
        let yearly = |first: &str| {
            let text = days(&event(&[&format!("DTSTART;VALUE=DATE:{first}"), "RRULE:FREQ=YEARLY", "SUMMARY:X"]));
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            (lines.len(), lines.first().cloned().unwrap(), lines.last().cloned().unwrap())
        };
        assert_eq!(yearly("20240501"), (77, "2024-05-01 X".into(), "2100-05-01 X".into()));
        // the event itself, then from 2000
        assert_eq!(yearly("19700501"), (102, "1970-05-01 X".into(), "2100-05-01 X".into()));
        // the fourth Thursdays of November: 26 in 2026, 25 in 2027; without the one that is left out
        let thanks = [
            "DTSTART;VALUE=DATE:20251127",
            "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20281231",
            "EXDATE;VALUE=DATE:20261126",
            "RDATE;VALUE=DATE:20261127",
        ];
        assert_eq!(days(&event(&thanks)), "2025-11-27\n2026-11-27\n2027-11-25\n2028-11-23");
    }

    #[test]
    fn a_moved_occurrence_stands_where_it_was_moved_to() {
        let rule = ["UID:a", "DTSTART;VALUE=DATE:20261001", "RRULE:FREQ=MONTHLY;COUNT=4", "SUMMARY:Stocktaking"];
        let moved = ["UID:a", "RECURRENCE-ID;VALUE=DATE:20261101", "DTSTART;VALUE=DATE:20261102", "SUMMARY:Moved"];
        let cancelled =
            ["UID:a", "RECURRENCE-ID;VALUE=DATE:20261201", "DTSTART;VALUE=DATE:20261201", "STATUS:CANCELLED"];
        let other = ["UID:b", "DTSTART;VALUE=DATE:20261101", "SUMMARY:Other"];
        let text = [rule.as_slice(), &moved, &cancelled].map(event).concat();
        assert_eq!(days(&text), "2026-10-01 Stocktaking\n2026-11-02 Moved\n2027-01-01 Stocktaking");
        assert!(days(&(text + &event(&other))).contains("2026-11-01 Other"), "another event of that day stays");
    }

    #[test]
    fn a_broken_file_is_refused_with_its_line_and_the_mend() {
        let said = |text: &str| parse(text).unwrap_err().to_string();
        for (text, sentence) in [
            (event(&["DTSTART:20261225"]), "line 1, “VEVENT”: paste the whole file, from BEGIN:VCALENDAR on"),
            (file(&event(&["SUMMARY:X"])), "line 4, “VEVENT”: this event has no DTSTART; add its date or leave it out"),
            (
                file(&event(&["DTSTART;VALUE=DATE:20261325"])),
                "line 5, “20261325”: write a date as 20261225, or with its time as 20261225T090000",
            ),
            (
                file(&event(&["DTSTART:20261225T2500"])),
                "line 5, “20261225T2500”: write a date as 20261225, or with its time as 20261225T090000",
            ),
            (
                file(&event(&["DTSTART:20261225", "DTEND:20261224"])),
                "line 4, “VEVENT”: this event ends before it begins; mend its DTEND",
            ),
            (
                file(&event(&["DTSTART:20261225", "DTEND:20361225"])),
                "line 4, “VEVENT”: this event is longer than 400 days; check its DTEND",
            ),
            (
                file(&event(&["DTSTART:20261225", "DURATION:1 day"])),
                "line 6, “1 day”: write a length as P1D (a day), P1W (a week) or PT12H (twelve hours)",
            ),
            (
                file(&event(&["DTSTART:20261225", "RRULE:FREQ=HOURLY"])),
                "line 6, RRULE: FREQ=HOURLY is too often: write FREQ=DAILY or a longer one, and make the first span as long as it takes",
            ),
            (
                file(&event(&["DTSTART:20261225", "Christmas"])),
                "line 6, “Christmas”: a line of a calendar file is NAME:VALUE; paste the file as it is",
            ),
            (
                file("BEGIN:VEVENT\r\nDTSTART:20261225\r\n"),
                "line 6, “VCALENDAR”: it ends here but did not begin; paste the file as it is",
            ),
            (
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nEND:VEVENT\n".to_owned(),
                "line 1, “VCALENDAR”: it begins here but does not end; paste the whole file",
            ),
            (format!("X:Y\n{}", file("")), "line 1, “X”: it stands outside of the calendar; paste the file as it is"),
        ] {
            assert_eq!(said(&text), format!("holidays, {sentence}"));
        }
    }

    #[test]
    fn hostile_files_come_to_an_end() {
        let daily = event(&["DTSTART;VALUE=DATE:16010101", "RRULE:FREQ=DAILY;COUNT=4000000000"]);
        assert_eq!(parse(&file(&daily)), Err(ScheduleError::TooManyHolidays(5_000)));
        let never = event(&["DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31"]);
        assert_eq!(days(&never), "2026-01-01");
        assert_eq!(parse(&file(&never.repeat(201))), Err(ScheduleError::TooManyRepeated(200)));
        assert_eq!(days(""), "");
    }
}
