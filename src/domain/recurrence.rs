//! Spans that come back: every Sunday night, the last day of each month.
//!
//! An occurrence starts at the local wall time of the first start and lasts as many **elapsed** minutes as the first span,
//! so that maintenance of three hours stays one of three hours. A start that the clocks step over is the first instant
//! after the gap; one that exists twice is the earlier, save that the first span is always exactly itself.
//!
//! | bound | why |
//! | --- | --- |
//! | `FREQ` is daily or rarer | a rule of seconds is an attack, not a maintenance window |
//! | a rule is followed for 100 years from its first start, so at most 36 525 starts, however it is written | every question has an end; a later window is empty |
//! | a search gives up after 100 000 days, weeks, months or years without a start | rules that never match, such as February 31 |
//! | a span that comes back lasts at most 400 days | occurrences that overlap are few |
//!
//! The awkward case: the first span must be an occurrence of its own rule. RFC 5545 leaves it open whether a Monday counts
//! where the rule says Sundays; a ledger cannot, so [`Recurrence::parse`] refuses it and says when the rule would begin.
//!
//! ```
//! use nines::domain::{calendar::Period, recurrence::Recurrence, time::{Instant, Span}};
//! use chrono_tz::Europe::Berlin;
//! let at = |text: &str| Instant::from(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap()).minute();
//! // Sunday 4 October 2026, 04:00 to 06:00 in Berlin: 02:00 UTC in summer, 03:00 UTC after the clocks went back
//! let first = Span::new(at("2026-10-04T02:00:00Z"), at("2026-10-04T04:00:00Z"));
//! let weekly = Recurrence::parse("FREQ=WEEKLY;BYDAY=SU", Berlin, first).unwrap();
//! assert_eq!(weekly.in_words(), "every week on Sunday");
//! let october = weekly.spans(Period::parse("2026-10", Berlin).unwrap().span());
//! assert_eq!((october.as_slice().len(), october.minutes()), (4, 480));
//! assert!(october.contains(at("2026-10-18T02:00:00Z")) && !october.contains(at("2026-10-25T02:00:00Z")));
//! assert!(october.contains(at("2026-10-25T03:00:00Z")));
//! ```

mod parts;
mod rule;
mod words;

pub(in crate::domain) use rule::Rule;

use crate::domain::calendar::first_instant_from;
use crate::domain::spans::Spans;
use crate::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use crate::language;
use crate::language::say;
use chrono::{Days, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use thiserror::Error;

/// The longest span that can come back, in days.
pub const SPAN_DAYS_MAX: i64 = 400;

/// How long a rule is followed from its first start: 100 years, in days.
const FOLLOWED_DAYS: u64 = 36_525;

/// Why a span cannot come back like that; each sentence says the mend.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecurrenceError {
    /// The span has no minute.
    #[error("{}", say!("the span is empty: choose an end after its start"))]
    EmptySpan,
    /// The span is longer than [`SPAN_DAYS_MAX`].
    #[error("{}", say!("a span that comes back lasts at most {most} days: shorten it", SPAN_DAYS_MAX))]
    LongSpan,
    /// The rule has more bytes than this.
    #[error("{}", say!("a rule has at most {most} characters: shorten it, or write two rules", .0))]
    LongRule(usize),
    /// More often than daily.
    #[error("{}", say!("FREQ={frequency} is too often: write FREQ=DAILY or a longer one, and make the first span as long as it takes", .0))]
    TooOften(String),
    /// One part of the rule.
    #[error("{}", say!("{part}: {mend}", .part, .mend))]
    Part {
        /// The part as written.
        part: String,
        /// What is wrong, and the mend.
        mend: String,
    },
    /// Parts that do not go together.
    #[error("{}", say!("{what}: {mend}", .what, .mend))]
    Together {
        /// What does not.
        what: String,
        /// The mend.
        mend: String,
    },
    /// The rule ends before its first start.
    #[error("{}", say!("the rule ends before the first span begins: write a later UNTIL"))]
    EndsBefore,
    /// The first span is no occurrence of the rule.
    #[error("{}", say!("the first span begins on {first}, when the rule has none: begin it on {next}, or change the rule", .first, .next))]
    NotFirst {
        /// Its local start.
        first: String,
        /// The rule's first start after that.
        next: String,
    },
    /// No occurrence at all.
    #[error("{}", say!("the rule names no day that ever comes: change it"))]
    Never,
}

/// One span, or a span that comes back by a rule of iCalendar (RFC 5545) in a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    first: Span,
    zone: Tz,
    rule: Option<Rule>,
}

impl Recurrence {
    /// A span that does not come back.
    #[must_use]
    pub const fn once(first: Span) -> Self {
        Self { first, zone: Tz::UTC, rule: None }
    }

    /// A span that comes back by a rule such as `FREQ=WEEKLY;BYDAY=SU`, with or without `RRULE:` before it; `""` for once.
    ///
    /// `UNTIL` is the last moment at which an occurrence may start: a local day (all of it), a local time, or one in UTC.
    pub fn parse(rule: &str, zone: Tz, first: Span) -> Result<Self, RecurrenceError> {
        if first.is_empty() {
            return Err(RecurrenceError::EmptySpan);
        }
        if rule.trim().is_empty() {
            return Ok(Self { first, zone, rule: None });
        }
        if first.minutes() > SPAN_DAYS_MAX * DAY_MINUTES {
            return Err(RecurrenceError::LongSpan);
        }
        let start = local(first.start(), zone);
        let horizon = start.checked_add_days(Days::new(FOLLOWED_DAYS)).unwrap_or(NaiveDateTime::MAX);
        let rule = Rule::parse(rule, zone, start, horizon)?;
        let said = |at: NaiveDateTime| {
            let weekday = at.format("%A").to_string();
            say!("{weekday} {day} at {time}", language::word(&weekday), at.format("%Y-%m-%d"), at.format("%H:%M"))
        };
        let next = rule.starts(start, NaiveDateTime::MAX).next();
        match next {
            Some(next) if next == start => Ok(Self { first, zone, rule: Some(rule) }),
            Some(next) => Err(RecurrenceError::NotFirst { first: said(start), next: said(next) }),
            None => Err(RecurrenceError::Never),
        }
    }

    /// The occurrences that touch a span, cut to it; none later than 100 years after the first.
    #[must_use]
    pub fn spans(&self, within: Span) -> Spans {
        let Some(rule) = self.rule.as_ref().filter(|_| !within.is_empty()) else {
            return Spans::from(self.first).within(within);
        };
        // in an hour that comes twice the wall may show less at the window's end than at a start before it
        let slack = TimeDelta::days(2);
        let earliest = local(within.start().plus(-self.first.minutes()), self.zone).checked_sub_signed(slack);
        let latest = local(within.end(), self.zone).checked_add_signed(slack);
        let starts = rule.starts(earliest.unwrap_or(NaiveDateTime::MIN), latest.unwrap_or(NaiveDateTime::MAX));
        Spans::of(starts.map(|start| self.occurrence(start))).within(within)
    }

    fn occurrence(&self, start: NaiveDateTime) -> Span {
        let start = if start == local(self.first.start(), self.zone) {
            self.first.start()
        } else {
            first_instant_from(start, self.zone).minute()
        };
        Span::new(start, start.plus(self.first.minutes()))
    }

    /// The rule as [`Self::parse`] reads it, in capitals without `RRULE:`; empty for once.
    #[must_use]
    pub fn text(&self) -> &str {
        self.rule.as_ref().map_or("", |rule| &rule.parts.text)
    }

    /// `every week on Sunday`, `once`; the rule itself where words would take longer.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Some(rule) = &self.rule else { return crate::language::say!("once") };
        let words = words::in_words(&rule.parts, local(self.first.start(), self.zone), self.zone);
        words.unwrap_or_else(|| rule.parts.text.clone())
    }
}

/// What the clock on the wall shows at a minute's start.
fn local(minute: Minute, zone: Tz) -> NaiveDateTime {
    let at: Instant = minute.start();
    at.to_utc().with_timezone(&zone).naive_local()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Datelike as _, NaiveDate, Utc, Weekday};
    use chrono_tz::{America, Europe};
    use proptest::prelude::*;

    fn at(text: &str) -> Minute {
        Instant::from(text.parse::<DateTime<Utc>>().unwrap()).minute()
    }

    fn span(from: &str, to: &str) -> Span {
        Span::new(at(from), at(to))
    }

    /// Starts in UTC.
    fn starts(spans: &Spans) -> Vec<String> {
        spans.as_slice().iter().map(|span| span.start().start().to_string()).collect()
    }

    /// The clocks of Berlin go forward on 2026-03-29 at 01:00 UTC (UTC+1 to UTC+2) and back on 2026-10-25.
    #[test]
    fn weekly_maintenance_keeps_its_local_time_in_berlin() {
        // Sunday 15 March 2026, 04:00 to 07:00 local
        let first = span("2026-03-15T03:00:00Z", "2026-03-15T06:00:00Z");
        let weekly = Recurrence::parse("RRULE:FREQ=WEEKLY;BYDAY=SU", Europe::Berlin, first).unwrap();
        let found = weekly.spans(span("2026-03-01T00:00:00Z", "2026-04-10T00:00:00Z"));
        assert_eq!(
            starts(&found),
            ["2026-03-15T03:00:00Z", "2026-03-22T03:00:00Z", "2026-03-29T02:00:00Z", "2026-04-05T02:00:00Z"]
        );
        assert_eq!(found.minutes(), 4 * 180, "none is shorter for the change");
        let found = weekly.spans(span("2026-10-18T00:00:00Z", "2026-10-31T00:00:00Z"));
        assert_eq!(starts(&found), ["2026-10-18T02:00:00Z", "2026-10-25T03:00:00Z"]);
        assert_eq!((weekly.text(), weekly.in_words().as_str()), ("FREQ=WEEKLY;BYDAY=SU", "every week on Sunday"));
    }

    /// New York's go forward on 2026-03-08 at 07:00 UTC (UTC-5 to UTC-4, 02:00 becomes 03:00), back on 2026-11-01 at 06:00.
    #[test]
    fn a_start_in_the_gap_is_the_first_instant_after_it_and_a_double_one_the_earlier() {
        // Sundays 02:30 to 03:30 local: 07:30 UTC in winter
        let first = span("2026-03-01T07:30:00Z", "2026-03-01T08:30:00Z");
        let weekly = Recurrence::parse("FREQ=WEEKLY", America::New_York, first).unwrap();
        let found = weekly.spans(span("2026-03-01T00:00:00Z", "2026-03-16T00:00:00Z"));
        // 02:30 on March 8 is missing: 03:00 local is 07:00 UTC; then 02:30 local is 06:30 UTC
        assert_eq!(starts(&found), ["2026-03-01T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-15T06:30:00Z"]);
        assert_eq!(found.minutes(), 180);
        // 01:30 local is double on November 1: 05:30 UTC and 06:30 UTC
        let first = span("2026-10-25T05:30:00Z", "2026-10-25T06:30:00Z");
        let weekly = Recurrence::parse("FREQ=WEEKLY", America::New_York, first).unwrap();
        let found = weekly.spans(span("2026-10-25T00:00:00Z", "2026-11-09T00:00:00Z"));
        assert_eq!(starts(&found), ["2026-10-25T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-08T06:30:00Z"]);
        // in a window that ends in the second of the two hours, when the wall shows 01:10 again
        assert_eq!(weekly.spans(span("2026-11-01T05:00:00Z", "2026-11-01T06:10:00Z")).minutes(), 40);
        // save where the first span is the later one
        let first = span("2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z");
        let weekly = Recurrence::parse("FREQ=WEEKLY;COUNT=2", America::New_York, first).unwrap();
        let found = weekly.spans(span("2026-10-25T00:00:00Z", "2027-11-09T00:00:00Z"));
        assert_eq!(starts(&found), ["2026-11-01T06:30:00Z", "2026-11-08T06:30:00Z"]);
        assert_eq!(weekly.spans(span("2026-11-01T06:45:00Z", "2026-11-01T09:00:00Z")).minutes(), 45);
    }

    #[test]
    fn rules_come_true_on_the_days_of_a_calendar() {
        // each from 20:00 to 21:00 UTC; the calendar of 2026 by hand
        for (rule, first, days, words) in [
            (
                "FREQ=MONTHLY;BYDAY=-1SU",
                "2026-01-25",
                ["2026-01-25", "2026-02-22", "2026-03-29", "2026-04-26"].as_slice(),
                "every month on the last Sunday",
            ),
            (
                "freq=monthly;byday=2TU,4TU;count=3;",
                "2026-01-13",
                &["2026-01-13", "2026-01-27", "2026-02-10"],
                "every month on the second Tuesday and the fourth Tuesday, 3 times",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20260531",
                "2026-01-31",
                &["2026-01-31", "2026-03-31", "2026-05-31"],
                "every month on day 31, until 31 May 2026",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
                "2026-01-31",
                &["2026-01-31", "2026-02-28", "2026-03-31"],
                "every month on the last day, 3 times",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;UNTIL=20260202T200000",
                "2026-01-05",
                &["2026-01-05", "2026-01-09", "2026-01-19", "2026-01-23", "2026-02-02"],
                "every 2 weeks on Monday and Friday, until 2 February 2026",
            ),
            (
                "FREQ=DAILY;INTERVAL=10;UNTIL=20260121T195959Z",
                "2026-01-01",
                &["2026-01-01", "2026-01-11"],
                "every 10 days, until 21 January 2026",
            ),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
                "2026-01-30",
                &["2026-01-30", "2026-02-27", "2026-03-31"],
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
            ),
            (
                "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24;UNTIL=20271224T200000Z",
                "2026-12-24",
                &["2026-12-24", "2027-12-24"],
                "every year on 24 December, until 24 December 2027",
            ),
            ("FREQ=YEARLY;COUNT=2", "2028-02-29", &["2028-02-29", "2032-02-29"], "every year on 29 February, 2 times"),
            ("FREQ=DAILY;COUNT=1", "2026-01-01", &["2026-01-01"], "once"),
        ] {
            let first = span(&format!("{first}T20:00:00Z"), &format!("{first}T21:00:00Z"));
            let recurrence = Recurrence::parse(rule, Tz::UTC, first).unwrap();
            let last = days.last().unwrap();
            let wide =
                if rule.contains("UNTIL") || rule.to_uppercase().contains("COUNT") { "2099-12-31" } else { last };
            let found = recurrence.spans(span("2020-01-01T00:00:00Z", &format!("{wide}T23:59:00Z")));
            let found: Vec<String> = starts(&found).into_iter().map(|start| start[..10].to_owned()).collect();
            assert_eq!(found, days, "{rule}");
            assert_eq!(recurrence.in_words(), words);
            assert_eq!(Recurrence::parse(recurrence.text(), Tz::UTC, first).unwrap(), recurrence);
        }
    }

    /// `UNTIL` in UTC is compared as a moment: 20:00 in New York on Dec 24 is 01:00 UTC on the 25th.
    #[test]
    fn until_is_a_local_day_or_a_moment() {
        let first = span("2026-12-24T01:00:00Z", "2026-12-24T02:00:00Z"); // 23 Dec, 20:00 local
        for (until, count) in [
            ("20261224", 2),
            ("20261225T005959Z", 1),
            ("20261225T010000Z", 2),
            ("20261224T195959", 1),
            ("20261224T200000", 2),
        ] {
            let rule = Recurrence::parse(&format!("FREQ=DAILY;UNTIL={until}"), America::New_York, first).unwrap();
            let found = rule.spans(span("2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z"));
            assert_eq!(found.as_slice().len(), count, "{until}");
        }
    }

    #[test]
    fn once_is_once_and_every_answer_is_cut_to_its_window() {
        let first = span("2026-01-05T22:00:00Z", "2026-01-06T02:00:00Z");
        let once = Recurrence::parse("  ", Tz::UTC, first).unwrap();
        assert_eq!((once.text(), once.in_words().as_str()), ("", "once"));
        assert_eq!(once.spans(span("2026-01-06T00:00:00Z", "2027-01-01T00:00:00Z")).minutes(), 120);
        let daily = Recurrence::parse("FREQ=DAILY", Tz::UTC, first).unwrap();
        let night = span("2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z");
        assert_eq!(
            daily.spans(night).as_slice(),
            [
                span("2026-02-01T00:00:00Z", "2026-02-01T02:00:00Z"),
                span("2026-02-01T22:00:00Z", "2026-02-02T00:00:00Z")
            ]
        );
        assert!(daily.spans(Span::new(night.start(), night.start())).is_empty());
        assert!(
            daily.spans(span("2025-01-01T00:00:00Z", "2026-01-05T22:00:00Z")).is_empty(),
            "nothing before the first"
        );
        // a week that comes back daily is all the time since the first
        let long =
            Recurrence::parse("FREQ=DAILY", Tz::UTC, Span::new(first.start(), first.start().plus(7 * 1440))).unwrap();
        assert_eq!(long.spans(night).minutes(), 1440);
    }

    #[test]
    fn hostile_rules_come_to_an_end() {
        let first = span("2026-01-31T22:00:00Z", "2026-01-31T23:00:00Z");
        let all = Span::new(Minute(0), Minute(i64::MAX));
        let parsed = |rule: &str| Recurrence::parse(rule, Europe::Berlin, first);
        let endless = parsed("FREQ=DAILY").unwrap().spans(all);
        assert_eq!(endless.as_slice().len(), 36_525, "100 years of days");
        assert_eq!(parsed("FREQ=DAILY;COUNT=99999999").unwrap().spans(all), endless);
        assert!(
            parsed("FREQ=DAILY").unwrap().spans(Span::new(at("2200-01-01T00:00:00Z"), Minute(i64::MAX))).is_empty()
        );
        assert_eq!(parsed("FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2"), Err(RecurrenceError::Never));
        assert_eq!(parsed("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30,31"), Err(RecurrenceError::Never));
        assert_eq!(parsed("FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31"), Err(RecurrenceError::Never));
        let everything = "FREQ=YEARLY;INTERVAL=1000;BYDAY=SA;BYMONTH=1,2,3;BYSETPOS=5";
        assert!(parsed(everything).unwrap().spans(all).as_slice().len() == 1);
        let huge = Span::new(Minute(0), Minute(i64::MAX));
        assert_eq!(Recurrence::parse("FREQ=DAILY", Tz::UTC, huge), Err(RecurrenceError::LongSpan));
        assert_eq!(Recurrence::parse("", Tz::UTC, Span::new(Minute(5), Minute(5))), Err(RecurrenceError::EmptySpan));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_mend() {
        let first = span("2026-11-02T22:00:00Z", "2026-11-02T23:00:00Z"); // a Monday
        for (rule, said) in [
            (
                "FREQ=SECONDLY",
                "FREQ=SECONDLY is too often: write FREQ=DAILY or a longer one, and make the first span as long as it takes",
            ),
            (
                "FREQ=HOURLY;COUNT=3",
                "FREQ=HOURLY is too often: write FREQ=DAILY or a longer one, and make the first span as long as it takes",
            ),
            ("FREQ=SOMETIMES", "FREQ=SOMETIMES: write DAILY, WEEKLY, MONTHLY or YEARLY"),
            ("BYDAY=SU", "FREQ: it is missing; begin with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"),
            ("every Sunday", "EVERY SUNDAY: write NAME=VALUE, as in FREQ=WEEKLY;BYDAY=SU"),
            ("FREQ=WEEKLY;FREQ=DAILY", "FREQ: it is written twice; leave one of them out"),
            ("FREQ=WEEKLY;INTERVAL=0", "INTERVAL=0: write a whole number from 1 to 1000"),
            ("FREQ=WEEKLY;COUNT=+3", "COUNT=+3: write a whole number from 1 to 4294967295"),
            ("FREQ=DAILY;BYHOUR=3", "BYHOUR: leave it out: every occurrence starts at the time of the first"),
            (
                "DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY",
                "DTSTART: leave it out: the first span says start and end, and only the rule is written here",
            ),
            ("FREQ=DAILY;X-MOON=FULL", "X-MOON: no rule has such a part; leave it out"),
            (
                "FREQ=MONTHLY;BYMONTHDAY=32",
                "BYMONTHDAY=32: write numbers from 1 to 31, or -1 to -31 from the end, with commas between them",
            ),
            ("FREQ=YEARLY;BYMONTH=0", "BYMONTH=0: write numbers from 1 to 12, with commas between them"),
            ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go with FREQ=WEEKLY: leave one of them out"),
            (
                "FREQ=WEEKLY;BYDAY=SX",
                "BYDAY=SX: write MO, TU, WE, TH, FR, SA or SU with commas between them; within a month also 1MO (first) or -1SU (last)",
            ),
            (
                "FREQ=WEEKLY;BYDAY=1MO",
                "BYDAY counts days within a month or a year: write FREQ=MONTHLY or FREQ=YEARLY without BYWEEKNO, or leave out the number before the day",
            ),
            ("FREQ=MONTHLY;BYDAY=MO,2TU", "BYDAY mixes days with and without a number: write two rules instead"),
            ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS chooses among the days of other parts: add BYDAY or BYMONTHDAY"),
            ("FREQ=DAILY;COUNT=3;UNTIL=20261231", "COUNT and UNTIL both end the rule: leave one of them out"),
            (
                "FREQ=DAILY;UNTIL=tomorrow",
                "UNTIL=TOMORROW: write the last day as 20261231, or a time as 20261231T220000 (local) or 20261231T220000Z (UTC)",
            ),
            ("FREQ=DAILY;UNTIL=20261101", "the rule ends before the first span begins: write a later UNTIL"),
            (
                "FREQ=WEEKLY;BYDAY=SU",
                "the first span begins on Monday 2026-11-02 at 22:00, when the rule has none: begin it on Sunday 2026-11-08 at 22:00, or change the rule",
            ),
            ("FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2", "the rule names no day that ever comes: change it"),
        ] {
            assert_eq!(Recurrence::parse(rule, Tz::UTC, first).unwrap_err().to_string(), said);
        }
        let long = format!("FREQ=DAILY;BYMONTHDAY={}", "1,".repeat(300));
        assert_eq!(Recurrence::parse(&long, Tz::UTC, first), Err(RecurrenceError::LongRule(500)));
        assert!(Recurrence::parse("FREQ=DAILY;BYDAY=日曜", Tz::UTC, first).is_err());
    }

    /// Frequency, interval, days of the week, days of the month, months.
    type Plain = (usize, u16, Vec<usize>, Vec<i16>, Vec<u32>);

    const WORDS: [(&str, Weekday); 7] = [
        ("MO", Weekday::Mon),
        ("TU", Weekday::Tue),
        ("WE", Weekday::Wed),
        ("TH", Weekday::Thu),
        ("FR", Weekday::Fri),
        ("SA", Weekday::Sat),
        ("SU", Weekday::Sun),
    ];

    fn plain() -> impl Strategy<Value = Plain> {
        let some = |most: usize| {
            proptest::collection::btree_set(0..most, 0..3).prop_map(|set| set.into_iter().collect::<Vec<usize>>())
        };
        let days = prop_oneof![
            Just(Vec::new()),
            proptest::collection::vec(1i16..=31, 1..3),
            Just(vec![-1]),
            Just(vec![-3, 15])
        ];
        let months = prop_oneof![Just(Vec::new()), proptest::collection::vec(1u32..=12, 1..3)];
        (0..4usize, 1..5u16, some(7), days, months)
    }

    /// Does a day belong to the rule? By the RFC, with nothing but the day and the first day at hand.
    fn is_named((frequency, interval, weekdays, days, months): &Plain, first: NaiveDate, day: NaiveDate) -> bool {
        let month_of = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
        let rounds = match frequency {
            0 => (day - first).num_days(),
            1 => (day.week(Weekday::Mon).first_day() - first.week(Weekday::Mon).first_day()).num_days() / 7,
            2 => month_of(day) - month_of(first),
            _ => i64::from(day.year()) - i64::from(first.year()),
        };
        let from_end = i16::from(day.num_days_in_month()) - i16::try_from(day.day()).unwrap() + 1;
        let any_day = |number: &i16| *number == i16::try_from(day.day()).unwrap() || -*number == from_end;
        // without any part that names days, the first one does
        let bare = weekdays.is_empty() && days.is_empty();
        let implied = match frequency {
            1 => day.weekday() == first.weekday(),
            2 => day.day() == first.day(),
            3 => day.day() == first.day() && (!months.is_empty() || day.month() == first.month()),
            _ => true,
        };
        day >= first
            && rounds % i64::from(*interval) == 0
            && (months.is_empty() || months.contains(&day.month()))
            && (weekdays.is_empty() || weekdays.iter().any(|index| WORDS[*index].1 == day.weekday()))
            && (days.is_empty() || days.iter().any(any_day))
            && (!bare || implied)
    }

    proptest! {
        #[test]
        fn occurrences_agree_with_a_walk_over_the_days(
            mut plain in plain(), from in 0u64..3000, first in 0u64..1000, window in 1u64..600,
        ) {
            if plain.0 == 1 {
                plain.3.clear(); // days of the month do not go with weeks
            }
            let (frequency, interval, weekdays, days, months) = &plain;
            let mut rule = format!("FREQ={};INTERVAL={interval}", ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"][*frequency]);
            let list = |name: &str, values: Vec<String>| {
                if values.is_empty() { String::new() } else { format!(";{name}={}", values.join(",")) }
            };
            rule += &list("BYDAY", weekdays.iter().map(|index| WORDS[*index].0.to_owned()).collect());
            rule += &list("BYMONTHDAY", days.iter().map(ToString::to_string).collect());
            rule += &list("BYMONTH", months.iter().map(ToString::to_string).collect());
            let day = |n: u64| NaiveDate::from_ymd_opt(2024, 1, 1).unwrap().checked_add_days(Days::new(n)).unwrap();
            let first = day(first);
            let expanded = Rule::parse(&rule, Tz::UTC, first.and_hms_opt(9, 30, 0).unwrap(), NaiveDateTime::MAX).unwrap();
            let (from, to) = (day(from), day(from + window));
            let found: Vec<NaiveDateTime> =
                expanded.starts(from.and_hms_opt(0, 0, 0).unwrap(), to.and_hms_opt(0, 0, 0).unwrap()).collect();
            let named = from.iter_days().take_while(|day| *day < to).filter(|day| is_named(&plain, first, *day));
            prop_assert_eq!(found, named.map(|day| day.and_hms_opt(9, 30, 0).unwrap()).collect::<Vec<_>>(), "{}", rule);
        }

        #[test]
        fn a_window_says_what_a_wider_one_says(
            rule in prop_oneof![
                Just("FREQ=DAILY;INTERVAL=3"), Just("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,TU"),
                Just("FREQ=MONTHLY;BYDAY=SU;BYSETPOS=-1"), Just("FREQ=MONTHLY;INTERVAL=5;BYDAY=-1SU"),
                Just("FREQ=YEARLY;BYDAY=20SU"), Just("FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=SU"),
                Just("FREQ=YEARLY;INTERVAL=3;BYYEARDAY=1,-1,100"), Just("FREQ=WEEKLY;COUNT=70"),
            ],
            zone in 0..chrono_tz::TZ_VARIANTS.len(), first in 27_000_000i64..29_000_000, length in 1i64..20_000,
            from in 27_000_000i64..40_000_000, window in 0i64..500_000,
        ) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let first = Span::new(Minute(first), Minute(first + length));
            let start = local(first.start(), zone);
            // any first span will do here, whether the rule names it or not
            let recurrence = Recurrence { first, zone, rule: Some(Rule::parse(rule, zone, start, NaiveDateTime::MAX).unwrap()) };
            let all = Span::new(Minute(0), Minute(41_000_000));
            let window = Span::new(Minute(from), Minute(from + window));
            prop_assert_eq!(recurrence.spans(window), recurrence.spans(all).within(window));
        }
    }
}
