//! Business hours: when a service is promised, by the clock on the wall, closed on holidays.
//!
//! Monday to Friday 08:00 to 18:00 stays 08:00 to 18:00 on both sides of a clock change. A local time becomes an instant as
//! everywhere in Nines: one that the clocks step over is the first instant after the gap, one that exists twice is the
//! earlier, **as a start and as an end**. So hours that meet share no minute and lose none, and the hours of a day add up to
//! the day, be it of 23 hours or of 25: the hour that comes twice belongs to what is open (or closed) at its end.
//!
//! A holiday closes a local day from midnight to midnight. Of an overnight shift it closes the part on its own date alone.
//!
//! ```
//! use nines::domain::{calendar::Period, schedule::Schedule};
//! use chrono_tz::Europe::Berlin;
//! let office = Schedule::parse("Mon-Fri 08:00-18:00; Sat 09:00-13:00", "2026-12-25 Christmas Day").unwrap();
//! assert_eq!(office.in_words(), "Monday to Friday 08:00 to 18:00, Saturday 09:00 to 13:00; closed on 1 holiday");
//! // December 2026 has 23 days from Monday to Friday, one of them Christmas, and 4 Saturdays
//! let december = Period::parse("2026-12", Berlin).unwrap().span();
//! assert_eq!(office.open(Berlin, december).minutes(), 22 * 600 + 4 * 240);
//! ```

mod calendar_file;
mod holidays;
mod hours;

use crate::domain::calendar::first_instant_from;
use crate::domain::spans::Spans;
use crate::domain::time::{Instant, Minute, Span};
use crate::domain::wording;
use crate::language::say;
use chrono::{Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use holidays::Holidays;
use hours::Week;
use thiserror::Error;

/// The longest text that is read, in bytes.
pub const TEXT_MAX: usize = 1_000_000;

/// When a business is open: local wall time per day of the week, closed on holidays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    week: Week,
    holidays: Holidays,
}

/// Why a text is no schedule; each sentence says where and the mend.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ScheduleError {
    /// One rule of the hours.
    #[error("{}", say!("hours, line {line}, {part}: {mend}", .line, .part, .mend))]
    Hours {
        /// Its line, from 1.
        line: usize,
        /// The rule as written.
        part: String,
        /// What is wrong, and the mend.
        mend: String,
    },
    /// No hours at all.
    #[error("{}", say!("hours: it is never open; write at least one rule, as in Mon-Fri 08:00-18:00"))]
    NeverOpen,
    /// Hours longer than [`TEXT_MAX`].
    #[error("{}", say!("hours: at most {most} bytes; this is longer", TEXT_MAX))]
    LongHours,
    /// More rules than this.
    #[error("{}", say!("hours: at most {most} rules; write days of the same hours together, as in Mon-Fri", .0))]
    TooManyRules(usize),
    /// One line of the holidays.
    #[error("{}", say!("holidays, line {line}, {part}: {mend}", .line, .part, .mend))]
    Holidays {
        /// The line, from 1.
        line: usize,
        /// What stands there.
        part: String,
        /// What is wrong, and the mend.
        mend: String,
    },
    /// More days than this.
    #[error("{}", say!("holidays: at most {most} days, a yearly event being one for each year from 2000 to 2100: leave out what is long past", .0))]
    TooManyHolidays(usize),
    /// More repeated events than this in a calendar file.
    #[error("{}", say!("holidays: at most {most} events that repeat; paste the dates of the years that matter instead", .0))]
    TooManyRepeated(usize),
    /// Holidays longer than [`TEXT_MAX`].
    #[error("{}", say!("holidays: at most {most} bytes; leave out the years that are long past", TEXT_MAX))]
    LongHolidays,
}

impl ScheduleError {
    /// Is it about the holidays, not about the hours?
    #[must_use]
    pub const fn is_about_holidays(&self) -> bool {
        match self {
            Self::Hours { .. } | Self::NeverOpen | Self::LongHours | Self::TooManyRules(_) => false,
            Self::Holidays { .. } | Self::TooManyHolidays(_) | Self::TooManyRepeated(_) | Self::LongHolidays => true,
        }
    }
}

impl Schedule {
    /// Reads hours, one rule per line or semicolon, and holidays.
    ///
    /// A rule is days and times: `Mon-Fri 08:00-18:00`, `Sat, Sun 09:00-12:00, 13:00-15:00`. `24:00` may be an end; an end
    /// that is earlier than its start lies on the next day. Holidays are dates (`2026-12-25`, `25.12.2026`), each with an
    /// optional name, one per line or comma; or the whole text of an `.ics` file.
    pub fn parse(hours: &str, holidays: &str) -> Result<Self, ScheduleError> {
        if hours.len() > TEXT_MAX {
            return Err(ScheduleError::LongHours);
        }
        if holidays.len() > TEXT_MAX {
            return Err(ScheduleError::LongHolidays);
        }
        let plain = |text: &str| text.trim_start_matches('\u{feff}').to_owned();
        Ok(Self { week: Week::parse(&plain(hours))?, holidays: Holidays::parse(&plain(holidays))? })
    }

    /// The hours as [`Self::parse`] reads them; the same for every way of writing the same hours.
    #[must_use]
    pub fn hours_text(&self) -> String {
        self.week.text()
    }

    /// The holidays as [`Self::parse`] reads them: one date with its name a line, in order.
    #[must_use]
    pub fn holidays_text(&self) -> String {
        self.holidays.text()
    }

    /// The open minutes inside a span. The cost grows with the days of the span.
    #[must_use]
    pub fn open(&self, zone: Tz, span: Span) -> Spans {
        if span.is_empty() {
            return Spans::default();
        }
        let day_of = |minute: Minute| minute.start().to_utc().with_timezone(&zone).date_naive();
        let first = day_of(span.start());
        // where a clock goes back over midnight, an instant has the date of the day before the one that it belongs to
        let last = day_of(span.end()).checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        let days = first.iter_days().take_while(|day| *day <= last).filter(|day| !self.holidays.contains(*day));
        let hours = days.flat_map(|day| {
            let at = move |minutes| local(day, minutes, zone).minute();
            self.week.on(day.weekday()).map(move |(from, to)| Span::new(at(from), at(to)))
        });
        Spans::of(hours).within(span)
    }

    /// `Monday to Friday 08:00 to 18:00, Saturday 09:00 to 13:00; closed on 12 holidays`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match i64::try_from(self.holidays.count()).unwrap_or_default() {
            0 => self.week.in_words(),
            count => {
                let holidays = wording::counted(count, "holiday", "holidays");
                crate::language::say!("{hours}; closed on {holidays}", self.week.in_words(), holidays)
            }
        }
    }
}

/// The instant of so many minutes after a local midnight, by the clock on the wall.
fn local(day: NaiveDate, minutes: i64, zone: Tz) -> Instant {
    let midnight = day.and_time(NaiveTime::MIN);
    first_instant_from(midnight.checked_add_signed(TimeDelta::minutes(minutes)).unwrap_or(midnight), zone)
}

/// What was written, in quotes and not too much of it.
fn quoted(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("“{}…”", &text[..end]),
        None => format!("“{text}”"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, NaiveDateTime, Timelike as _, Utc};
    use chrono_tz::Europe::Berlin;
    use proptest::prelude::*;

    fn at(text: &str) -> Minute {
        Instant::from(text.parse::<DateTime<Utc>>().unwrap()).minute()
    }

    fn span(from: &str, to: &str) -> Span {
        Span::new(at(from), at(to))
    }

    fn hours(text: &str) -> Schedule {
        Schedule::parse(text, "").unwrap()
    }

    fn holidays(text: &str) -> Schedule {
        Schedule::parse("Mon-Sun 00:00-24:00", text).unwrap()
    }

    fn listed(spans: &Spans) -> Vec<String> {
        spans.as_slice().iter().map(|span| format!("{} {}", span.start().start(), span.minutes())).collect()
    }

    #[test]
    fn hours_are_told_in_chinese_and_kept_as_they_were_written() {
        let office = Schedule::parse("Mon-Fri 08:00-18:00; Sat 09:00-13:00", "2026-12-25").unwrap();
        let told = crate::language::sync_scope(crate::language::Language::Chinese, || {
            (office.in_words(), office.hours_text())
        });
        assert_eq!(told.0, "星期一至星期五 08:00–18:00、星期六 09:00–13:00；1 个节假日休息");
        assert_eq!(told.1, office.hours_text());
    }

    /// Berlin went from UTC+1 to UTC+2 in the night to Sunday 29 March 2026.
    #[test]
    fn office_hours_stay_on_the_wall_when_the_clocks_change() {
        let office = hours("Mon-Fri 08:00-18:00");
        // Thursday 26 March to Tuesday 31 March, local days
        let open = office.open(Berlin, span("2026-03-25T23:00:00Z", "2026-03-31T22:00:00Z"));
        assert_eq!(
            listed(&open),
            [
                "2026-03-26T07:00:00Z 600",
                "2026-03-27T07:00:00Z 600",
                "2026-03-30T06:00:00Z 600",
                "2026-03-31T06:00:00Z 600"
            ]
        );
        // March 2026 has 22 days from Monday to Friday, October too
        for (month, always) in [("2026-03", 44_580), ("2026-10", 44_700)] {
            let month = crate::domain::calendar::Period::parse(month, Berlin).unwrap().span();
            assert_eq!(office.open(Berlin, month).minutes(), 22 * 600);
            assert_eq!(hours("Mon-Sun 00:00-24:00").open(Berlin, month).minutes(), always);
        }
        // cut at both ends: Thursday 10:00 to Friday 09:30 local
        assert_eq!(office.open(Berlin, span("2026-03-26T09:00:00Z", "2026-03-27T08:30:00Z")).minutes(), 480 + 90);
        assert!(office.open(Berlin, Span::new(Minute(5), Minute(5))).is_empty());
    }

    /// On 29 March the hour from 02:00 is missing, on 25 October 2026 it comes twice (00:00 and 01:00 UTC).
    #[test]
    fn hours_that_meet_share_no_minute_and_lose_none() {
        let (spring, autumn) = (
            span("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            span("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        );
        for (text, in_spring, in_autumn) in [
            ("Sun 00:00-24:00", "2026-03-28T23:00:00Z 1380", "2026-10-24T22:00:00Z 1500"),
            ("Sun 02:30-04:00", "2026-03-29T01:00:00Z 60", "2026-10-25T00:30:00Z 150"),
            ("Sun 01:00-02:30", "2026-03-29T00:00:00Z 60", "2026-10-24T23:00:00Z 90"),
            ("Sun 01:00-04:00", "2026-03-29T00:00:00Z 120", "2026-10-24T23:00:00Z 240"),
            ("Sun 02:00-03:00", "", "2026-10-25T00:00:00Z 120"),
            // from Saturday evening: the part on Sunday loses or wins the hour
            ("Sat 22:00-06:00", "2026-03-28T23:00:00Z 300", "2026-10-24T22:00:00Z 420"),
        ] {
            assert_eq!(listed(&hours(text).open(Berlin, spring)).concat(), in_spring, "{text}");
            assert_eq!(listed(&hours(text).open(Berlin, autumn)).concat(), in_autumn, "{text}");
        }
    }

    /// St John's went from UTC-2:30 to UTC-3:30 on Sunday 2010-11-07 at 00:01 (02:31 UTC): back to 23:01 on Saturday. The
    /// Sunday had begun at 02:30 UTC, and 01:00 came at 04:30 UTC.
    #[test]
    fn a_day_that_has_begun_is_not_taken_back() {
        let zone = chrono_tz::America::St_Johns;
        let (whole, part) = (
            span("2010-11-07T00:00:00Z", "2010-11-08T00:00:00Z"),
            span("2010-11-07T02:31:00Z", "2010-11-07T03:00:00Z"),
        );
        assert_eq!(listed(&hours("Sun 00:00-01:00").open(zone, whole)), ["2010-11-07T02:30:00Z 120"]);
        assert_eq!(hours("Sun 00:00-01:00").open(zone, part).minutes(), 29);
        assert!(hours("Sat 00:00-24:00").open(zone, part).is_empty());
    }

    #[test]
    fn a_holiday_closes_its_local_day_and_of_a_night_the_part_on_that_day() {
        let night = Schedule::parse("Mon-Sun 22:00-06:00", "2026-12-25").unwrap();
        let open = night.open(Berlin, span("2026-12-24T11:00:00Z", "2026-12-26T23:00:00Z"));
        // 24th 22:00 to midnight; 26th midnight to 06:00 and 22:00 to midnight; an hour earlier in UTC
        assert_eq!(listed(&open), ["2026-12-24T21:00:00Z 120", "2026-12-25T23:00:00Z 360", "2026-12-26T21:00:00Z 120"]);
        // Sydney's Christmas begins at 13:00 UTC on the 24th
        let all = holidays("2026-12-25")
            .open(chrono_tz::Australia::Sydney, span("2026-12-24T00:00:00Z", "2026-12-26T00:00:00Z"));
        assert_eq!(listed(&all), ["2026-12-24T00:00:00Z 780", "2026-12-25T13:00:00Z 660"]);
    }

    #[test]
    fn hours_are_written_in_one_way_however_they_were_read() {
        for (text, canonical, words) in [
            (
                "Mon-Fri 08:00-18:00; Sat 09:00-12:00, 13:00-15:00",
                "Mon-Fri 08:00-18:00; Sat 09:00-12:00, 13:00-15:00",
                "Monday to Friday 08:00 to 18:00, Saturday 09:00 to 12:00 and 13:00 to 15:00",
            ),
            (
                "\u{feff}monday – friday  8:00 – 18:00\r\n\r\nSAT,sunday 9:00 to 12:00;",
                "Mon-Fri 08:00-18:00; Sat-Sun 09:00-12:00",
                "Monday to Friday 08:00 to 18:00, Saturday and Sunday 09:00 to 12:00",
            ),
            ("Mon 12:00-18:00\nMon 08:00-12:00", "Mon 08:00-18:00", "Monday 08:00 to 18:00"),
            (
                "Sat-Mon 10:00-11:00",
                "Mon 10:00-11:00; Sat-Sun 10:00-11:00",
                "Monday 10:00 to 11:00, Saturday and Sunday 10:00 to 11:00",
            ),
            ("Mon-Sun 00:00-24:00", "Mon-Sun 00:00-24:00", "every day 00:00 to 24:00"),
            ("Mon-Sun 22:00-06:00", "Mon-Sun 22:00-06:00", "every day 22:00 to 06:00"),
            ("Sun 22:00-06:00", "Sun 22:00-06:00", "Sunday 22:00 to 06:00"),
            ("Mon 18:00-00:00", "Mon 18:00-24:00", "Monday 18:00 to 24:00"),
            (
                "Mon 20:00-24:00; Tue 00:00-21:00",
                "Mon 20:00-24:00; Tue 00:00-21:00",
                "Monday 20:00 to 24:00, Tuesday 00:00 to 21:00",
            ),
            (
                "Mon-Tue 22:00-06:00, 08:00-09:00",
                "Mon-Tue 08:00-09:00, 22:00-06:00",
                "Monday and Tuesday 08:00 to 09:00 and 22:00 to 06:00",
            ),
        ] {
            let schedule = hours(text);
            assert_eq!(schedule.hours_text(), canonical, "{text}");
            assert_eq!(schedule.in_words(), words);
            assert_eq!(hours(canonical), schedule);
        }
    }

    #[test]
    fn holidays_are_dates_with_names() {
        for (text, canonical) in [
            ("2026-12-25", "2026-12-25"),
            ("\u{feff}25.12.2026 Christmas Day\r\n1.1.2027\r\n", "2026-12-25 Christmas Day\n2027-01-01"),
            ("2026-12-26, 2026-12-25; 2027-01-01 New Year", "2026-12-25\n2026-12-26\n2027-01-01 New Year"),
            (
                "2026-12-25 Christmas, first day, 2026-12-26 Boxing Day",
                "2026-12-25 Christmas, first day\n2026-12-26 Boxing Day",
            ),
            (
                "2026-12-25;Christmas\n2026-12-25 again\n2026-12-26: –  Boxing   Day",
                "2026-12-25 Christmas\n2026-12-26 Boxing Day",
            ),
            ("2026-10-03 36. Tag der Einheit", "2026-10-03 36. Tag der Einheit"),
            ("", ""),
        ] {
            let schedule = holidays(text);
            assert_eq!(schedule.holidays_text(), canonical, "{text}");
            assert_eq!(holidays(canonical), schedule);
        }
        assert_eq!(holidays("2026-12-25, 2026-12-26").in_words(), "every day 00:00 to 24:00; closed on 2 holidays");
        let file = "\u{feff}BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(holidays(file), holidays("2026-12-25 Christmas"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_and_its_mend() {
        for (text, said) in [
            ("", "hours: it is never open; write at least one rule, as in Mon-Fri 08:00-18:00"),
            (
                "Mon-Fri 08:00-18:00\nSat 8-13",
                "hours, line 2, “Sat 8-13”: “8-13” is no time from and to; write them as 08:00-18:00, at most 24:00",
            ),
            (
                "Mon 08:00-25:00",
                "hours, line 1, “Mon 08:00-25:00”: “08:00-25:00” is no time from and to; write them as 08:00-18:00, at most 24:00",
            ),
            (
                "Mon 08:00-18:60",
                "hours, line 1, “Mon 08:00-18:60”: “08:00-18:60” is no time from and to; write them as 08:00-18:00, at most 24:00",
            ),
            (
                "Mon 08:00",
                "hours, line 1, “Mon 08:00”: “08:00” is no time from and to; write them as 08:00-18:00, at most 24:00",
            ),
            (
                "Mon 24:00-06:00",
                "hours, line 1, “Mon 24:00-06:00”: 24:00 is an end only; write 00:00 of the next day for a start",
            ),
            (
                "Mon 08:00-08:00",
                "hours, line 1, “Mon 08:00-08:00”: start and end are the same; write 00:00-24:00 for a whole day",
            ),
            (
                "Mo-Fr 08:00-18:00",
                "hours, line 1, “Mo-Fr 08:00-18:00”: “Mo” is no day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun",
            ),
            ("08:00-18:00", "hours, line 1, “08:00-18:00”: begin with the days, as in Mon-Fri 08:00-18:00"),
            (
                "Mon-Fri 08:00-18:00; Sun closed",
                "hours, line 1, “Sun closed”: add the hours, as in Mon-Fri 08:00-18:00; a closed day is left out",
            ),
            (
                "Mon 08:00-18:00 Tue 08:00-17:00",
                "hours, line 1, “Mon 08:00-18:00 Tue 08:00-17:00”: write the next days on a line of their own, or after a semicolon",
            ),
        ] {
            let error = Schedule::parse(text, "").unwrap_err();
            assert_eq!((error.to_string().as_str(), error.is_about_holidays()), (said, false));
        }
        for (text, said) in [
            (
                "2026-12-25\n\nChristmas",
                "holidays, line 3, “Christmas”: begin with a date, as in 2026-12-25 or 25.12.2026",
            ),
            (
                "2026-12-25, 2026-12-32",
                "holidays, line 1, “2026-12-32”: begin with a date, as in 2026-12-25 or 25.12.2026",
            ),
            ("12/25/2026", "holidays, line 1, “12/25/2026”: begin with a date, as in 2026-12-25 or 25.12.2026"),
            (
                "2026-12-25 2026-12-26",
                "holidays, line 1, “2026-12-25 2026-12-26”: write a comma between two dates, or each on a line of its own",
            ),
            ("0206-12-25", "holidays, line 1, “0206-12-25”: check the year: it is from 1970 to 2199"),
        ] {
            let error = Schedule::parse("Mon 08:00-18:00", text).unwrap_err();
            assert_eq!((error.to_string().as_str(), error.is_about_holidays()), (said, true));
        }
        let long_name = format!("2026-12-25 {}", "x".repeat(300));
        let said = Schedule::parse("Mon 08:00-18:00", &long_name).unwrap_err().to_string();
        assert_eq!(
            said,
            format!("holidays, line 1, “2026-12-25 {}…”: shorten the name to 200 characters", "x".repeat(29))
        );
    }

    #[test]
    fn everything_has_a_bound() {
        let days = (0..5_001).map(|n| NaiveDate::from_num_days_from_ce_opt(730_000 + n).unwrap().to_string());
        let many = days.collect::<Vec<_>>().join("\n");
        assert_eq!(Schedule::parse("Mon 08:00-18:00", &many), Err(ScheduleError::TooManyHolidays(5_000)));
        assert_eq!(Schedule::parse(&"Mon 08:00-18:00;".repeat(201), ""), Err(ScheduleError::TooManyRules(200)));
        assert_eq!(Schedule::parse(&" ".repeat(1_000_001), ""), Err(ScheduleError::LongHours));
        assert_eq!(Schedule::parse("Mon 08:00-18:00", &" ".repeat(1_000_001)), Err(ScheduleError::LongHolidays));
        // shapes of a megabyte that would be slow if they were read again and again
        let count = |text: &str| Schedule::parse("Mon 08:00-18:00", text).map(|schedule| schedule.holidays.count());
        assert_eq!(count(&"2026-12-25 a,;".repeat(70_000)), Ok(1));
        assert!(count(&"2026-12-25,x,".repeat(76_000)).is_ok_and(|count| count == 1));
        assert!(count(&",".repeat(1_000_000)).is_err());
        let long = format!("Mon {}08:00-18:00", "08:00-18:00,".repeat(60_000));
        assert_eq!(
            Schedule::parse(&long, ""),
            Schedule::parse("Mon 08:00-18:00", ""),
            "the same hours again and again"
        );
    }

    const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

    /// Rules as first day, last day, start and end.
    fn rules() -> impl Strategy<Value = Vec<(usize, usize, i64, i64)>> {
        let times = (0i64..1440, 1i64..=1440).prop_filter("a length", |(from, to)| from != to);
        let times = prop_oneof![times, Just((120, 180)), Just((0, 1440)), Just((1380, 150)), Just((150, 1440))];
        proptest::collection::vec((0..7usize, 0..7usize, times).prop_map(|(a, b, (from, to))| (a, b, from, to)), 1..4)
    }

    fn written(rules: &[(usize, usize, i64, i64)]) -> String {
        let clock = |minute: i64| format!("{}:{:02}", minute / 60, minute % 60);
        let rule = |(a, b, from, to): &(usize, usize, i64, i64)| {
            format!("{}-{} {}-{}", NAMES[*a], NAMES[*b], clock(*from), clock(*to))
        };
        rules.iter().map(rule).collect::<Vec<_>>().join("; ")
    }

    /// Is it open when the wall shows this? Straight from the rules.
    fn is_open(rules: &[(usize, usize, i64, i64)], closed: &[NaiveDate], wall: NaiveDateTime) -> bool {
        let minute = i64::from(wall.num_seconds_from_midnight() / 60);
        let today = wall.weekday().num_days_from_monday();
        let on = |a: usize, b: usize, day: u32| {
            (0..7).map(|n| (a + n) % 7).take((b + 7 - a) % 7 + 1).any(|d| d == usize::try_from(day).unwrap())
        };
        let open = rules.iter().any(|(a, b, from, to)| {
            if from < to {
                on(*a, *b, today) && (*from..*to).contains(&minute)
            } else {
                (on(*a, *b, today) && minute >= *from) || (on(*a, *b, (today + 6) % 7) && minute < *to)
            }
        });
        open && !closed.contains(&wall.date())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// The oracle looks at the wall once a minute. It never believes a clock that goes back: in an hour that comes
        /// twice it stays at the latest time that it saw.
        #[test]
        fn open_minutes_agree_with_a_look_at_the_wall_every_minute(
            rules in rules(), zone in 0..chrono_tz::TZ_VARIANTS.len(), berlin in any::<bool>(),
            from in 2_000_000i64..30_000_000, near_change in any::<bool>(), length in 1i64..4_000, closed in proptest::collection::vec(-1i64..4, 0..3),
        ) {
            let zone = if berlin { Berlin } else { chrono_tz::TZ_VARIANTS[zone] };
            let from = if near_change { at("2026-10-24T12:00:00Z").0 + from % 1440 } else { from };
            let wall = |minute: i64| Minute(minute).start().to_utc().with_timezone(&zone).naive_local();
            let closed: Vec<NaiveDate> = closed.iter().map(|day| wall(from + day * 1440).date()).collect();
            let holidays: Vec<String> = closed.iter().map(ToString::to_string).collect();
            let schedule = Schedule::parse(&written(&rules), &holidays.join(",")).unwrap();
            let span = Span::new(Minute(from), Minute(from + length));
            let open = schedule.open(zone, span);
            let mut latest = wall(from - 3_000);
            for minute in from - 3_000..from + length {
                latest = latest.max(wall(minute));
                if minute >= from {
                    prop_assert_eq!(open.contains(Minute(minute)), is_open(&rules, &closed, latest), "{} {}", zone, Minute(minute).start());
                }
            }
            prop_assert_eq!(open.minutes(), open.minutes_in(span));
        }

        #[test]
        fn what_is_written_reads_back(rules in rules(), days in proptest::collection::vec((0i32..80_000, ".{0,30}"), 0..6)) {
            let day = |n: i32| NaiveDate::from_num_days_from_ce_opt(719_163 + n).unwrap();
            let events = days.iter().map(|(n, name)| {
                let name: String = name.chars().filter(|c| !c.is_control()).collect();
                format!("BEGIN:VEVENT\nDTSTART:{}\nSUMMARY:{name}\nEND:VEVENT\n", day(*n).format("%Y%m%d"))
            });
            let file = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR", events.collect::<String>());
            let schedule = Schedule::parse(&written(&rules), &file).unwrap();
            prop_assert_eq!(Schedule::parse(&schedule.hours_text(), &schedule.holidays_text()), Ok(schedule.clone()));
            let pasted = days.iter().map(|(n, name)| format!("{} x{}", day(*n), name.replace(['\n', '\r'], " "))).collect::<Vec<_>>().join("\n");
            let pasted = Schedule::parse("Mon 01:00-02:00", &pasted);
            if let Ok(pasted) = pasted {
                prop_assert_eq!(Schedule::parse("Mon 01:00-02:00", &pasted.holidays_text()), Ok(pasted.clone()));
            }
        }

        #[test]
        fn no_text_is_too_strange(hours in "[A-Za-z0-9:;, –\\n-]{0,40}", holidays in "(BEGIN:VCALENDAR\n)?[A-Z0-9:;,. \\n\u{e4}/-]{0,60}") {
            drop(Schedule::parse(&hours, &holidays));
        }
    }

    #[test]
    fn every_day_of_the_week_is_where_it_belongs() {
        // 2026-11-23 is a Monday
        for (index, name) in NAMES.iter().enumerate() {
            let open = hours(&format!("{name} 10:00-11:00"))
                .open(Tz::UTC, span("2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"));
            assert_eq!(listed(&open), [format!("2026-11-{}T10:00:00Z 60", 23 + index)]);
        }
    }
}
