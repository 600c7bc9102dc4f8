//! Calendar periods in an IANA zone: they tile time, whatever the clocks do.
//!
//! A period starts at the first instant of its first local day and ends where the next one starts. A local midnight
//! that does not exist (São Paulo, 2018-11-04) becomes the first instant after the gap; one that exists twice is the
//! earlier one. So March 2026 in Berlin has 44 580 minutes and October 44 700.
//!
//! An [`Anchor`] moves the beginnings: weeks from Sunday, months from a billing day, years and quarters from a fiscal
//! month. A period is named after its beginning: the anchored month `2026-11` is the one that begins in November.
//!
//! ```
//! use nines::domain::calendar::{Anchor, Period};
//! use chrono_tz::Europe::Berlin;
//! let march = Period::parse("2026-03", Berlin).unwrap();
//! assert_eq!(march.span().minutes(), 44_580);
//! assert_eq!(march.next().label(), "2026-04");
//! assert_eq!(Period::parse("2026-W46", Berlin).unwrap().first_day().to_string(), "2026-11-09");
//! let april = Anchor::new(chrono::Weekday::Mon, 1, 4).unwrap();
//! assert_eq!(Period::parse_anchored("2026-Q1", Berlin, april).unwrap().first_day().to_string(), "2026-04-01");
//! ```

mod anchor;

pub use anchor::{Anchor, AnchorError};

use crate::domain::time::{Instant, Span};
use crate::language::say;
use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Weekday};
use chrono_tz::Tz;
use std::fmt;
use thiserror::Error;

/// The calendar periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodKind {
    /// A day.
    Day,
    /// A week, from Monday as ISO has it unless an [`Anchor`] says Sunday.
    Week,
    /// A month, from its first day unless an [`Anchor`] says another.
    Month,
    /// A quarter, from January, April, July or October unless an [`Anchor`] says another month.
    Quarter,
    /// A year, from January unless an [`Anchor`] says another month.
    Year,
}

impl PeriodKind {
    /// Every kind, shortest first.
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// The word that is stored and shown: `day`, `week`, `month`, `quarter`, `year`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The kind behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// How an agreement counts days and periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Calendar {
    /// The zone in which its days begin.
    pub zone: Tz,
    /// The calendar period that it is judged by.
    pub period: PeriodKind,
    /// Where its periods begin.
    pub anchor: Anchor,
}

impl Calendar {
    /// The period that it is judged by and that contains a moment.
    #[must_use]
    pub fn period_at(&self, at: Instant) -> Period {
        self.containing(self.period, at)
    }

    /// The period of any kind that contains a moment.
    #[must_use]
    pub fn containing(&self, kind: PeriodKind, at: Instant) -> Period {
        Period::anchored(kind, self.zone, self.anchor, at)
    }

    /// The period with a label.
    pub fn parse(&self, label: &str) -> Result<Period, PeriodError> {
        Period::parse_anchored(label, self.zone, self.anchor)
    }
}

/// One day, week, month, quarter or year in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    kind: PeriodKind,
    first: NaiveDate,
    zone: Tz,
    anchor: Anchor,
    span: Span,
}

/// The text names no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", say!("name a period as 2026-11-21 (day), 2026-W46 (ISO week), 2026-11 (month), 2026-Q4 (quarter) or 2026 (year)"))]
pub struct PeriodError;

impl Period {
    /// The calendar period of a kind that contains a moment.
    #[must_use]
    pub fn containing(kind: PeriodKind, zone: Tz, at: Instant) -> Self {
        Self::anchored(kind, zone, Anchor::default(), at)
    }

    /// The period of a kind that contains a moment, begun where the anchor says.
    #[must_use]
    pub fn anchored(kind: PeriodKind, zone: Tz, anchor: Anchor, at: Instant) -> Self {
        let today = at.to_utc().with_timezone(&zone).date_naive();
        let this = Self::beginning(kind, anchor.first_day(kind, today), zone, anchor);
        // where a clock went back over midnight, the evening's second part has the date of the evening but belongs to the next day
        let after = this.next();
        if after.span().start() <= at.minute() { after } else { this }
    }

    /// The calendar period with a label such as `2026-W46`, `2026-11`, `2026-Q4`, `2026` or `2026-11-21`.
    pub fn parse(label: &str, zone: Tz) -> Result<Self, PeriodError> {
        Self::parse_anchored(label, zone, Anchor::default())
    }

    /// The period with a label, begun where the anchor says.
    ///
    /// `2026-11` begins in November, `2026` in the anchor's month of 2026, `2026-Q1` with it; `2026-W46` is the week with
    /// the Monday of ISO week 46.
    pub fn parse_anchored(label: &str, zone: Tz, anchor: Anchor) -> Result<Self, PeriodError> {
        let (kind, first) = parse_label(label.trim(), anchor).ok_or(PeriodError)?;
        let period = Self::beginning(kind, first, zone, anchor);
        let in_range = match first.year() {
            1969 => !period.span().is_empty(), // the one under way when time began
            year => (1970..=9998).contains(&year),
        };
        if in_range { Ok(period) } else { Err(PeriodError) }
    }

    fn beginning(kind: PeriodKind, first: NaiveDate, zone: Tz, anchor: Anchor) -> Self {
        let anchor = anchor.of_kind(kind);
        let end = anchor.next_first_day(kind, first);
        let span = Span::new(start_of_day(first, zone).minute(), start_of_day(end, zone).minute());
        Self { kind, first, zone, anchor, span }
    }

    /// The label that [`Self::parse_anchored`] reads, sortable as text among its kind.
    #[must_use]
    pub fn label(&self) -> String {
        let day = self.first;
        match self.kind {
            PeriodKind::Day => day.format("%Y-%m-%d").to_string(),
            PeriodKind::Week => {
                // a week's sixth day lies behind its Monday, wherever the week begins
                let week = day.checked_add_days(Days::new(5)).unwrap_or(day).iso_week();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            PeriodKind::Month => day.format("%Y-%m").to_string(),
            PeriodKind::Quarter => {
                let (year, months) = self.anchor.year_and_months(day);
                format!("{year:04}-Q{}", months / 3 + 1)
            }
            PeriodKind::Year => format!("{:04}", day.year()),
        }
    }

    /// What kind of period it is.
    #[must_use]
    pub const fn kind(&self) -> PeriodKind {
        self.kind
    }

    /// The zone in which its days begin.
    #[must_use]
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    /// Where its kind begins: the part of the anchor that matters to the kind, the rest as the calendar has it. So this is
    /// [`Anchor::default`] exactly for periods that begin with the calendar.
    #[must_use]
    pub const fn anchor(&self) -> Anchor {
        self.anchor
    }

    /// Its first local day.
    #[must_use]
    pub const fn first_day(&self) -> NaiveDate {
        self.first
    }

    /// The local day after its last one.
    fn end_day(&self) -> NaiveDate {
        self.anchor.next_first_day(self.kind, self.first)
    }

    /// The minutes inside, half-open.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// The period after this one.
    #[must_use]
    pub fn next(&self) -> Self {
        Self::beginning(self.kind, self.end_day(), self.zone, self.anchor)
    }

    /// The period before this one.
    #[must_use]
    pub fn previous(&self) -> Self {
        let before = self.first.pred_opt().unwrap_or(self.first);
        Self::beginning(self.kind, self.anchor.first_day(self.kind, before), self.zone, self.anchor)
    }

    /// Its days, in order.
    #[must_use]
    pub fn days(&self) -> Vec<Self> {
        let (end, anchor) = (self.end_day(), self.anchor.of_kind(PeriodKind::Day));
        let mut start = self.span.start();
        let day = |first: NaiveDate| {
            let next = first.succ_opt().map_or(start, |next| start_of_day(next, self.zone).minute());
            let span = Span::new(std::mem::replace(&mut start, next), next);
            Self { kind: PeriodKind::Day, first, zone: self.zone, anchor, span }
        };
        self.first.iter_days().take_while(|d| *d < end).map(day).collect()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

/// The days that have a minute in a span, in a zone: for tables and charts of any range.
#[must_use]
pub fn days_of(span: Span, zone: Tz) -> Vec<Period> {
    let mut day = Period::containing(PeriodKind::Day, zone, span.start().start());
    let mut days = Vec::new();
    while day.span().start() < span.end() {
        days.push(day);
        day = day.next();
    }
    days
}

/// The first instant of a local day: midnight, or the first instant after the gap in which midnight is missing.
#[must_use]
pub fn start_of_day(day: NaiveDate, zone: Tz) -> Instant {
    first_instant_from(day.and_time(NaiveTime::MIN), zone)
}

/// The instant of a local wall time: the earlier of two, or the first after the gap in which it is missing.
#[must_use]
pub fn first_instant_from(local: chrono::NaiveDateTime, zone: Tz) -> Instant {
    // No gap is longer than a day (Samoa left one out in 2011); every transition falls on a whole minute of local time
    // or is stepped over by less than one.
    const GAP_MINUTES_MAX: i64 = 1500;
    (0..=GAP_MINUTES_MAX)
        .find_map(|minutes| {
            let at = local.checked_add_signed(TimeDelta::minutes(minutes))?;
            zone.from_local_datetime(&at).earliest()
        })
        .map_or_else(|| Instant::from(local.and_utc()), |at: DateTime<Tz>| Instant::from(at.to_utc()))
}

fn parse_label(label: &str, anchor: Anchor) -> Option<(PeriodKind, NaiveDate)> {
    let number = |text: &str, digits: usize| {
        (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u32>().ok())?
    };
    let mut parts = label.split('-');
    let year = i32::try_from(number(parts.next()?, 4)?).ok()?;
    let rest: Vec<&str> = parts.collect();
    match rest.as_slice() {
        [] => Some((PeriodKind::Year, anchor.start_in_year(year, 0))),
        [part] if part.starts_with('W') => {
            let week = number(part.strip_prefix('W')?, 2)?;
            let monday = NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)?;
            Some((PeriodKind::Week, anchor.first_day(PeriodKind::Week, monday)))
        }
        [part] if part.starts_with('Q') => {
            let quarter = number(part.strip_prefix('Q')?, 1).filter(|q| (1..=4).contains(q))?;
            Some((PeriodKind::Quarter, anchor.start_in_year(year, i32::try_from(quarter).ok()? * 3 - 3)))
        }
        [month] => {
            let last =
                NaiveDate::from_ymd_opt(year, number(month, 2)?, 1)?.checked_add_months(Months::new(1))?.pred_opt()?;
            Some((PeriodKind::Month, anchor.first_day(PeriodKind::Month, last)))
        }
        [month, day] => Some((PeriodKind::Day, NaiveDate::from_ymd_opt(year, number(month, 2)?, number(day, 2)?)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Minute;
    use chrono_tz::{America, Asia, Europe, Pacific};
    use proptest::prelude::*;

    fn minutes(label: &str, zone: Tz) -> i64 {
        Period::parse(label, zone).unwrap().span().minutes()
    }

    /// 31 × 1440 = 44 640 minutes, an hour less in spring and an hour more in autumn; 30 × 1440 = 43 200.
    #[test]
    fn months_with_a_clock_change_have_their_real_length() {
        assert_eq!(minutes("2026-03", Europe::Berlin), 44_580);
        assert_eq!(minutes("2026-10", Europe::Berlin), 44_700);
        assert_eq!(minutes("2026-11", America::New_York), 43_260);
        assert_eq!(minutes("2026-04", chrono_tz::Australia::Lord_Howe), 43_230, "half an hour");
        assert_eq!(minutes("2028-02", Tz::UTC), 29 * 1440, "a leap day");
        assert_eq!(minutes("2026", Europe::Berlin), 365 * 1440);
    }

    /// São Paulo's clocks went from 23:59:59 to 01:00:00 on 2018-11-04 (UTC-3 to UTC-2): the day starts at 03:00 UTC.
    #[test]
    fn a_missing_midnight_becomes_the_first_instant_after_the_gap() {
        let day = Period::parse("2018-11-04", America::Sao_Paulo).unwrap();
        assert_eq!(day.span().start().start().to_string(), "2018-11-04T03:00:00Z");
        assert_eq!(day.span().minutes(), 23 * 60);
    }

    #[test]
    fn a_day_that_never_was_is_empty_and_tiles() {
        assert_eq!(minutes("2011-12-30", Pacific::Apia), 0);
        let day = Period::parse("2011-12-29", Pacific::Apia).unwrap();
        assert_eq!(day.span().end(), day.next().next().span().start());
    }

    #[test]
    fn labels_name_the_period_that_they_come_from() {
        for label in ["2026-11-21", "2026-W46", "2026-W01", "2020-W53", "2026-11", "2026-Q4", "2026"] {
            assert_eq!(Period::parse(label, Tz::UTC).unwrap().label(), label);
        }
        for label in [
            "",
            "26",
            "2026-13",
            "2026-W54",
            "2025-W53",
            "2026-Q5",
            "2026-1",
            "2026-02-30",
            "0000",
            "2026-11-21-1",
            "+026",
            "2026-W+1",
        ] {
            assert_eq!(Period::parse(label, Tz::UTC), Err(PeriodError), "{label:?}");
        }
    }

    fn anchor(week: Weekday, day: u32, month: u32) -> Anchor {
        Anchor::new(week, day, month).unwrap()
    }

    /// The first days of a period and of those after it.
    fn starts(label: &str, anchor: Anchor, count: usize) -> Vec<String> {
        let first = Period::parse_anchored(label, Tz::UTC, anchor).unwrap();
        let periods = std::iter::successors(Some(first), |period| Some(period.next()));
        periods.take(count).map(|period| period.first_day().to_string()).collect()
    }

    /// By hand from the calendars of 2027 (common) and 2028 (leap).
    #[test]
    fn billing_day_31_is_the_last_day_and_never_drifts() {
        let common = [
            "2027-01-31",
            "2027-02-28",
            "2027-03-31",
            "2027-04-30",
            "2027-05-31",
            "2027-06-30",
            "2027-07-31",
            "2027-08-31",
            "2027-09-30",
            "2027-10-31",
            "2027-11-30",
            "2027-12-31",
        ];
        let leap = [
            "2028-01-31",
            "2028-02-29",
            "2028-03-31",
            "2028-04-30",
            "2028-05-31",
            "2028-06-30",
            "2028-07-31",
            "2028-08-31",
            "2028-09-30",
            "2028-10-31",
            "2028-11-30",
            "2028-12-31",
        ];
        let billed = anchor(Weekday::Mon, 31, 1);
        assert_eq!(starts("2027-01", billed, 24), [common, leap].concat());
        // 30: all but February as the calendar says
        assert_eq!(
            starts("2028-01", anchor(Weekday::Mon, 30, 1), 4),
            ["2028-01-30", "2028-02-29", "2028-03-30", "2028-04-30"]
        );
        // from Jan 31 to Feb 28 exclusive are 28 days, from Feb 28 to Mar 31 are 31
        let january = Period::parse_anchored("2027-01", Tz::UTC, billed).unwrap();
        assert_eq!((january.span().minutes(), january.next().span().minutes()), (28 * 1440, 31 * 1440));
        assert_eq!((january.days().len(), january.next().days().len()), (28, 31));
    }

    /// On 30 January nobody has been billed for January yet; on 28 February the February has just begun.
    #[test]
    fn a_moment_belongs_to_the_billing_month_that_began_last() {
        let month = |at: &str, zone, day| {
            let at = Instant::from(at.parse::<DateTime<chrono::Utc>>().unwrap());
            Period::anchored(PeriodKind::Month, zone, anchor(Weekday::Mon, day, 1), at).label()
        };
        for (at, day, label) in [
            ("2027-01-30T23:59:59Z", 31, "2026-12"),
            ("2027-01-31T00:00:00Z", 31, "2027-01"),
            ("2027-02-27T23:59:59Z", 31, "2027-01"),
            ("2027-02-28T00:00:00Z", 31, "2027-02"),
            ("2027-03-30T12:00:00Z", 31, "2027-02"),
            ("2026-11-14T23:59:59Z", 15, "2026-10"),
            ("2026-11-15T00:00:00Z", 15, "2026-11"),
        ] {
            assert_eq!(month(at, Tz::UTC, day), label, "{at} {day}");
        }
        // Berlin is an hour ahead: its 15th begins at 23:00 UTC on the 14th
        assert_eq!(month("2026-11-14T23:00:00Z", Europe::Berlin, 15), "2026-11");
        assert_eq!(month("1970-01-01T00:00:00Z", Tz::UTC, 15), "1969-12", "under way when time began");
        assert!(Period::parse_anchored("1969-12", Tz::UTC, anchor(Weekday::Mon, 15, 1)).is_ok());
        assert_eq!(Period::parse("1969-12", Tz::UTC), Err(PeriodError), "over when time began");
    }

    #[test]
    fn fiscal_years_and_their_quarters_are_named_after_the_year_in_which_they_begin() {
        let april = anchor(Weekday::Mon, 1, 4);
        assert_eq!(starts("2026", april, 3), ["2026-04-01", "2027-04-01", "2028-04-01"]);
        assert_eq!(starts("2026-Q1", april, 5), ["2026-04-01", "2026-07-01", "2026-10-01", "2027-01-01", "2027-04-01"]);
        let quarter = |label| Period::parse_anchored(label, Tz::UTC, april).unwrap();
        assert_eq!(quarter("2026-Q4").first_day().to_string(), "2027-01-01");
        assert_eq!(quarter("2026-Q4").next().label(), "2027-Q1");
        assert_eq!(quarter("2027-Q1").previous(), quarter("2026-Q4"));
        // April 2027 to March 2028 holds the leap day
        assert_eq!(quarter("2027").span().minutes(), 366 * 1440);
        assert_eq!(quarter("2026").span().minutes(), 365 * 1440);
        // the British tax year
        assert_eq!(starts("2026", anchor(Weekday::Mon, 6, 4), 2), ["2026-04-06", "2027-04-06"]);
        // November, on the last day: Q2 begins with the last of February
        assert_eq!(
            starts("2027-Q1", anchor(Weekday::Mon, 31, 11), 5),
            ["2027-11-30", "2028-02-29", "2028-05-31", "2028-08-31", "2028-11-30"]
        );
    }

    /// 8 November 2026 is a Sunday; ISO week 46 begins on Monday the 9th.
    #[test]
    fn a_week_from_sunday_has_the_number_of_its_monday() {
        let sunday = anchor(Weekday::Sun, 1, 1);
        assert_eq!(starts("2026-W46", sunday, 2), ["2026-11-08", "2026-11-15"]);
        // ISO week 1 of 2027 begins on Monday 4 January, week 53 of 2026 on Monday 28 December
        assert_eq!(starts("2026-W53", sunday, 2), ["2026-12-27", "2027-01-03"]);
        let at = Period::parse("2027-01-03", Tz::UTC).unwrap().span().start().start();
        assert_eq!(Period::anchored(PeriodKind::Week, Tz::UTC, sunday, at).label(), "2027-W01");
        assert_eq!(Period::containing(PeriodKind::Week, Tz::UTC, at).label(), "2026-W53");
        assert_eq!(Period::parse_anchored("2026-W46", Tz::UTC, sunday).unwrap().span().minutes(), 7 * 1440);
    }

    /// Pyongyang's standard time went from UTC+8:30 to UTC+9 on 2018-05-04 at 15:00 UTC: half an hour was left out, of
    /// May 5. Samoa crossed the date line and left out 2011-12-30; its year began at UTC-10 and ended at UTC+14 (both
    /// summer time), so that it lasted from 10:00 UTC on January 1 to 10:00 UTC on December 31: 364 days.
    #[test]
    fn years_in_which_a_country_changed_its_time_have_their_real_length() {
        assert_eq!(minutes("2018", Asia::Pyongyang), 365 * 1440 - 30);
        assert_eq!(minutes("2018-05", Asia::Pyongyang), 31 * 1440 - 30);
        assert_eq!(minutes("2011", Pacific::Apia), 364 * 1440);
        assert_eq!(minutes("2011-12", Pacific::Apia), 30 * 1440);
        let billed = Period::parse_anchored("2011-11", Pacific::Apia, anchor(Weekday::Mon, 30, 1)).unwrap();
        assert_eq!(billed.next().first_day().to_string(), "2011-12-30", "the day that never was");
        // November 30 to December 29, and January begins on the 30th: 30 days, then 31 less the missing one
        assert_eq!((billed.span().minutes(), billed.next().span().minutes()), (30 * 1440, 30 * 1440));
    }

    #[test]
    fn only_the_part_of_the_anchor_that_matters_tells_periods_apart() {
        let zone = Europe::Berlin;
        let odd = anchor(Weekday::Sun, 15, 4);
        assert_eq!(Period::parse_anchored("2026-11-21", zone, odd), Period::parse("2026-11-21", zone));
        assert_ne!(Period::parse_anchored("2026-11", zone, odd), Period::parse("2026-11", zone));
        assert_eq!(
            Period::parse_anchored("2026-11", zone, odd),
            Period::parse_anchored("2026-11", zone, anchor(Weekday::Mon, 15, 1))
        );
        let month = Period::parse_anchored("2026-11", zone, odd).unwrap();
        assert_eq!(month.days()[0], Period::parse("2026-11-15", zone).unwrap());
        assert_eq!(month.days().last(), Some(&Period::parse("2026-12-14", zone).unwrap()));
    }

    fn any_anchor() -> impl Strategy<Value = Anchor> {
        (any::<bool>(), 1u32..=31, 1u32..=12)
            .prop_map(|(sunday, day, month)| anchor(if sunday { Weekday::Sun } else { Weekday::Mon }, day, month))
    }

    proptest! {
        #[test]
        fn anchored_periods_tile_time_in_every_zone(
            zone in 0..chrono_tz::TZ_VARIANTS.len(), kind in 0..5usize, anchor in any_anchor(), at in 0i64..4_000_000_000,
        ) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let at = Instant::from_seconds(at);
            let period = Period::anchored(PeriodKind::ALL[kind], zone, anchor, at);
            prop_assert!(period.span().contains(at.minute()), "{period} {zone} {:?} {at}", period.span());
            prop_assert_eq!(period.span().end(), period.next().span().start());
            prop_assert_eq!(period.previous().span().end(), period.span().start());
            prop_assert_eq!(period.next().previous(), period);
            prop_assert_eq!(period.previous().next(), period);
            prop_assert_eq!(Period::parse_anchored(&period.label(), zone, anchor), Ok(period));
            prop_assert!(period.previous().label() < period.label() && period.label() < period.next().label());
            let days: i64 = period.days().iter().map(|d| d.span().minutes()).sum();
            prop_assert_eq!(days, period.span().minutes());
        }

        /// An oracle that walks day by day and knows nothing of months as numbers.
        #[test]
        fn anchored_periods_begin_where_a_walk_over_the_days_finds_it(
            kind in 2..5usize, anchor in any_anchor(), day in 0i32..50_000,
        ) {
            let kind = PeriodKind::ALL[kind];
            let day = NaiveDate::from_num_days_from_ce_opt(719_163 + 700 + day).unwrap();
            let begins = |day: &NaiveDate| {
                let last = day.succ_opt().unwrap().month() != day.month();
                let on_day = day.day() == anchor.day() || (last && day.day() < anchor.day());
                let after = (day.month() + 12 - anchor.month()) % 12;
                on_day && after.is_multiple_of(match kind { PeriodKind::Month => 1, PeriodKind::Quarter => 3, _ => 12 })
            };
            let begun = std::iter::successors(Some(day), NaiveDate::pred_opt).find(begins).unwrap();
            let next = day.iter_days().skip(1).find(begins).unwrap();
            let at = start_of_day(day, Tz::UTC);
            let period = Period::anchored(kind, Tz::UTC, anchor, at);
            prop_assert_eq!((period.first_day(), period.next().first_day()), (begun, next));
        }

        #[test]
        fn periods_tile_time_in_every_zone(zone in 0..chrono_tz::TZ_VARIANTS.len(), kind in 0..5usize, at in 0i64..4_000_000_000) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let at = Instant::from_seconds(at);
            let period = Period::containing(PeriodKind::ALL[kind], zone, at);
            prop_assert!(period.span().contains(at.minute()), "{period} {zone} {:?} {at}", period.span());
            prop_assert_eq!(period.span().end(), period.next().span().start());
            prop_assert_eq!(period.previous().span().end(), period.span().start());
            prop_assert_eq!(period.next().previous(), period);
            prop_assert_eq!(Period::parse(&period.label(), zone), Ok(period));
            let days: i64 = period.days().iter().map(|d| d.span().minutes()).sum();
            prop_assert_eq!(days, period.span().minutes());
        }

        #[test]
        fn days_of_a_span_cover_it(start in 0i64..40_000_000, length in 1i64..20_000) {
            let span = Span::new(Minute(start), Minute(start + length));
            let days = days_of(span, Europe::Berlin);
            prop_assert!(days[0].span().contains(span.start()));
            prop_assert!(days[days.len() - 1].span().contains(span.end().plus(-1)));
        }
    }
}
