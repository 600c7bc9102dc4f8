//! Where periods begin: with the calendar, or with a billing day, a fiscal year, or Sunday.
//!
//! Months are counted through the years, `12 × year + month`. A month begins on the anchor's day, or on its last day if it
//! is shorter; a quarter begins with every third month from the anchor's, a year with every twelfth. Each start is computed
//! from its month alone, so billing day 31 gives Jan 31, Feb 28, Mar 31 and never drifts to the 28th.
//!
//! ```
//! use nines::domain::calendar::{Anchor, Period};
//! use chrono_tz::Tz;
//! let billed = Anchor::new(chrono::Weekday::Mon, 31, 1).unwrap();
//! let february = Period::parse_anchored("2026-02", Tz::UTC, billed).unwrap();
//! assert_eq!(february.first_day().to_string(), "2026-02-28");
//! assert_eq!(february.next().first_day().to_string(), "2026-03-31");
//! ```

use super::PeriodKind;
use crate::language::say;
use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use thiserror::Error;

/// Where calendar periods begin when they do not begin with the calendar.
///
/// The default is the calendar's own: Monday, day 1, January.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Anchor {
    week: Weekday,
    day: u32,
    month: u32,
}

/// Why periods cannot begin there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AnchorError {
    /// Another day of the week.
    #[error("{}", say!("a week begins on Monday or on Sunday: choose one of them, not {day}", .0))]
    Week(Weekday),
    /// No day of a month.
    #[error("{}", say!("a month has no day {day}: choose 1 to 31; 31 is the last day of shorter months", .0))]
    Day(u32),
    /// No month.
    #[error("{}", say!("a year has no month {month}: choose 1 (January) to 12 (December)", .0))]
    Month(u32),
}

impl Default for Anchor {
    fn default() -> Self {
        Self { week: Weekday::Mon, day: 1, month: 1 }
    }
}

impl Anchor {
    /// Weeks from Monday or Sunday, months from day 1 to 31, quarters and years from month 1 to 12.
    pub fn new(week: Weekday, day: u32, month: u32) -> Result<Self, AnchorError> {
        match (week, day, month) {
            (Weekday::Mon | Weekday::Sun, 1..=31, 1..=12) => Ok(Self { week, day, month }),
            (Weekday::Mon | Weekday::Sun, 1..=31, _) => Err(AnchorError::Month(month)),
            (Weekday::Mon | Weekday::Sun, _, _) => Err(AnchorError::Day(day)),
            _ => Err(AnchorError::Week(week)),
        }
    }

    /// The day on which weeks begin: Monday or Sunday.
    #[must_use]
    pub const fn week(self) -> Weekday {
        self.week
    }

    /// The day of the month on which months, quarters and years begin, 1 to 31; the last day of shorter months.
    #[must_use]
    pub const fn day(self) -> u32 {
        self.day
    }

    /// The month in which years begin and from which quarters are counted, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u32 {
        self.month
    }

    /// The part of the anchor that matters to a kind; the rest as the calendar has it.
    pub(super) fn of_kind(self, kind: PeriodKind) -> Self {
        let calendar = Self::default();
        match kind {
            PeriodKind::Day => calendar,
            PeriodKind::Week => Self { week: self.week, ..calendar },
            PeriodKind::Month => Self { day: self.day, ..calendar },
            PeriodKind::Quarter | PeriodKind::Year => Self { week: calendar.week, ..self },
        }
    }

    /// The first day of the period that contains a day.
    pub(super) fn first_day(self, kind: PeriodKind, day: NaiveDate) -> NaiveDate {
        match kind {
            PeriodKind::Day => day,
            PeriodKind::Week => day.week(self.week).checked_first_day().unwrap_or(day),
            PeriodKind::Month => self.month_start(self.month_with(day)),
            PeriodKind::Quarter => self.month_start(self.step_with(day, 3)),
            PeriodKind::Year => self.month_start(self.step_with(day, 12)),
        }
    }

    /// The first day of the period after the one that begins on a day.
    pub(super) fn next_first_day(self, kind: PeriodKind, first: NaiveDate) -> NaiveDate {
        let later = |days| first.checked_add_days(Days::new(days)).unwrap_or(first);
        match kind {
            PeriodKind::Day => later(1),
            PeriodKind::Week => later(7),
            PeriodKind::Month => self.month_start(months(first) + 1),
            PeriodKind::Quarter => self.month_start(months(first) + 3),
            PeriodKind::Year => self.month_start(months(first) + 12),
        }
    }

    /// The year in which the anchor's year that contains a start begins, and the months between them, 0 to 11.
    pub(super) fn year_and_months(self, first: NaiveDate) -> (i32, i32) {
        let since = months(first) - self.month0();
        (since.div_euclid(12), since.rem_euclid(12))
    }

    /// The first day of the month that lies so many months after the beginning of a year of the anchor.
    pub(super) fn start_in_year(self, year: i32, months: i32) -> NaiveDate {
        self.month_start(year * 12 + self.month0() + months)
    }

    fn month0(self) -> i32 {
        i32::try_from(self.month - 1).unwrap_or_default()
    }

    /// The anchored month that contains a day.
    fn month_with(self, day: NaiveDate) -> i32 {
        let month = months(day);
        if self.month_start(month) > day { month - 1 } else { month }
    }

    /// The month in which the run of so many months that contains a day begins.
    fn step_with(self, day: NaiveDate, step: i32) -> i32 {
        let month = self.month_with(day);
        month - (month - self.month0()).rem_euclid(step)
    }

    /// The anchor's day in a month, or the month's last.
    fn month_start(self, month: i32) -> NaiveDate {
        let of_year = u32::try_from(month.rem_euclid(12) + 1).unwrap_or(1);
        NaiveDate::from_ymd_opt(month.div_euclid(12), of_year, 1)
            .and_then(|first| first.with_day(self.day.min(first.num_days_in_month().into())))
            .unwrap_or_default()
    }
}

/// Months since the year 0.
fn months(day: NaiveDate) -> i32 {
    day.year() * 12 + i32::try_from(day.month0()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_that_cannot_be_says_the_mend() {
        let said = |week, day, month| Anchor::new(week, day, month).unwrap_err().to_string();
        assert_eq!(said(Weekday::Wed, 1, 1), "a week begins on Monday or on Sunday: choose one of them, not Wed");
        assert_eq!(
            said(Weekday::Mon, 0, 1),
            "a month has no day 0: choose 1 to 31; 31 is the last day of shorter months"
        );
        assert_eq!(
            said(Weekday::Sun, 32, 1),
            "a month has no day 32: choose 1 to 31; 31 is the last day of shorter months"
        );
        assert_eq!(said(Weekday::Sun, 31, 13), "a year has no month 13: choose 1 (January) to 12 (December)");
        assert_eq!(Anchor::new(Weekday::Mon, 1, 1), Ok(Anchor::default()));
        let april = Anchor::new(Weekday::Sun, 15, 4).unwrap();
        assert_eq!((april.week(), april.day(), april.month()), (Weekday::Sun, 15, 4));
    }
}
