//! Calendar periods in an IANA zone: they tile time, whatever the clocks do.
//!
//! A period starts at the first instant of its first local day and ends where the next one starts. A local midnight
//! that does not exist (São Paulo, 2018-11-04) becomes the first instant after the gap; one that exists twice is the
//! earlier one. So March 2026 in Berlin has 44 580 minutes and October 44 700.
//!
//! ```
//! use nines::domain::calendar::Period;
//! use chrono_tz::Europe::Berlin;
//! let march = Period::parse("2026-03", Berlin).unwrap();
//! assert_eq!(march.span().minutes(), 44_580);
//! assert_eq!(march.next().label(), "2026-04");
//! assert_eq!(Period::parse("2026-W46", Berlin).unwrap().first_day().to_string(), "2026-11-09");
//! ```

use crate::domain::time::{Instant, Span};
use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Weekday};
use chrono_tz::Tz;
use std::fmt;
use thiserror::Error;

/// The calendar periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodKind {
    /// A day.
    Day,
    /// An ISO week, from Monday.
    Week,
    /// A calendar month.
    Month,
    /// A quarter, from January, April, July or October.
    Quarter,
    /// A calendar year.
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

    fn first_day(self, day: NaiveDate) -> NaiveDate {
        let of_month = |month| NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day);
        match self {
            Self::Day => day,
            Self::Week => day.week(Weekday::Mon).checked_first_day().unwrap_or(day),
            Self::Month => of_month(day.month()),
            Self::Quarter => of_month(day.month0() / 3 * 3 + 1),
            Self::Year => of_month(1),
        }
    }

    fn next_first_day(self, day: NaiveDate) -> NaiveDate {
        let next = match self {
            Self::Day => day.checked_add_days(Days::new(1)),
            Self::Week => day.checked_add_days(Days::new(7)),
            Self::Month => day.checked_add_months(Months::new(1)),
            Self::Quarter => day.checked_add_months(Months::new(3)),
            Self::Year => day.checked_add_months(Months::new(12)),
        };
        next.unwrap_or(day)
    }
}

/// One day, week, month, quarter or year in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    kind: PeriodKind,
    first: NaiveDate,
    zone: Tz,
}

/// The text names no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("name a period as 2026-11-21 (day), 2026-W46 (ISO week), 2026-11 (month), 2026-Q4 (quarter) or 2026 (year)")]
pub struct PeriodError;

impl Period {
    /// The period of a kind that contains a moment.
    #[must_use]
    pub fn containing(kind: PeriodKind, zone: Tz, at: Instant) -> Self {
        let today = at.to_utc().with_timezone(&zone).date_naive();
        let this = Self { kind, first: kind.first_day(today), zone };
        // where a clock went back over midnight, the evening's second part has the date of the evening but belongs to the next day
        let after = this.next();
        if after.span().start() <= at.minute() { after } else { this }
    }

    /// The period with a label such as `2026-W46`, `2026-11`, `2026-Q4`, `2026` or `2026-11-21`.
    pub fn parse(label: &str, zone: Tz) -> Result<Self, PeriodError> {
        let (kind, first) = parse_label(label.trim()).ok_or(PeriodError)?;
        if !(1970..=9998).contains(&first.year()) {
            return Err(PeriodError);
        }
        Ok(Self { kind, first, zone })
    }

    /// The label that [`Self::parse`] reads, sortable as text among its kind.
    #[must_use]
    pub fn label(&self) -> String {
        let day = self.first;
        match self.kind {
            PeriodKind::Day => day.format("%Y-%m-%d").to_string(),
            PeriodKind::Week => format!("{:04}-W{:02}", day.iso_week().year(), day.iso_week().week()),
            PeriodKind::Month => day.format("%Y-%m").to_string(),
            PeriodKind::Quarter => format!("{:04}-Q{}", day.year(), day.month0() / 3 + 1),
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

    /// Its first local day.
    #[must_use]
    pub const fn first_day(&self) -> NaiveDate {
        self.first
    }

    /// The minutes inside, half-open.
    #[must_use]
    pub fn span(&self) -> Span {
        let end = self.kind.next_first_day(self.first);
        Span::new(start_of_day(self.first, self.zone).minute(), start_of_day(end, self.zone).minute())
    }

    /// The period after this one.
    #[must_use]
    pub fn next(&self) -> Self {
        Self { first: self.kind.next_first_day(self.first), ..*self }
    }

    /// The period before this one.
    #[must_use]
    pub fn previous(&self) -> Self {
        let before = self.first.pred_opt().unwrap_or(self.first);
        Self { first: self.kind.first_day(before), ..*self }
    }

    /// Its days, in order.
    #[must_use]
    pub fn days(&self) -> Vec<Self> {
        let end = self.kind.next_first_day(self.first);
        let day = |first| Self { kind: PeriodKind::Day, first, zone: self.zone };
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

fn parse_label(label: &str) -> Option<(PeriodKind, NaiveDate)> {
    let number = |text: &str, digits: usize| {
        (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u32>().ok())?
    };
    let mut parts = label.split('-');
    let year = i32::try_from(number(parts.next()?, 4)?).ok()?;
    let rest: Vec<&str> = parts.collect();
    match rest.as_slice() {
        [] => Some((PeriodKind::Year, NaiveDate::from_ymd_opt(year, 1, 1)?)),
        [part] if part.starts_with('W') => {
            let week = number(part.strip_prefix('W')?, 2)?;
            Some((PeriodKind::Week, NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)?))
        }
        [part] if part.starts_with('Q') => {
            let quarter = number(part.strip_prefix('Q')?, 1).filter(|q| (1..=4).contains(q))?;
            Some((PeriodKind::Quarter, NaiveDate::from_ymd_opt(year, quarter * 3 - 2, 1)?))
        }
        [month] => Some((PeriodKind::Month, NaiveDate::from_ymd_opt(year, number(month, 2)?, 1)?)),
        [month, day] => Some((PeriodKind::Day, NaiveDate::from_ymd_opt(year, number(month, 2)?, number(day, 2)?)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Minute;
    use chrono_tz::{America, Europe, Pacific};
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

    proptest! {
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
