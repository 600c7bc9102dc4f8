//! Time as the ledger counts it: seconds, minutes and hours since the epoch, always half-open.
//!
//! A slice is one [`Minute`]; a question about the ledger is a [`Span`] of minutes `start <= m < end`, so that
//! neighbouring spans share nothing and lose nothing.
//!
//! ```
//! use nines::domain::time::{Instant, Minute, Span};
//! let at = Instant::from_seconds(1_795_244_459);
//! assert_eq!(at.minute(), Minute(29_920_740));
//! assert_eq!(at.minute().start(), Instant::from_seconds(1_795_244_400));
//! let day = Span::ending(at.minute(), 1440);
//! assert_eq!(day.minutes(), 1440);
//! assert!(!day.contains(at.minute()), "the end belongs to the next span");
//! ```

use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt;

/// Seconds in a minute.
pub const MINUTE_SECONDS: i64 = 60;
/// Minutes in an hour.
pub const HOUR_MINUTES: i64 = 60;
/// Minutes in a day of 24 hours.
pub const DAY_MINUTES: i64 = 1440;

/// A moment, in whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// The earliest and the latest moment that Nines handles: the years 1970 to 9999.
    pub const RANGE: (Self, Self) = (Self(0), Self(253_402_300_799));

    /// Seconds since the epoch, brought into [`Self::RANGE`].
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.clamp(Self::RANGE.0.0, Self::RANGE.1.0))
    }

    /// Seconds since the epoch.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// The minute that contains this moment.
    #[must_use]
    pub const fn minute(self) -> Minute {
        Minute(self.0.div_euclid(MINUTE_SECONDS))
    }

    /// This moment moved by seconds, forwards or back.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_seconds(self.0.saturating_add(seconds))
    }

    /// The same moment as chrono's type.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0, 0).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for Instant {
    fn from(at: DateTime<Utc>) -> Self {
        Self::from_seconds(at.timestamp())
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC, such as `2026-11-21T07:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

/// One slice of the ledger: the minute that starts `60 × n` seconds after the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(pub i64);

impl Minute {
    /// The first moment of the minute.
    #[must_use]
    pub fn start(self) -> Instant {
        Instant::from_seconds(self.0.saturating_mul(MINUTE_SECONDS))
    }

    /// The hour that contains the minute.
    #[must_use]
    pub const fn hour(self) -> Hour {
        Hour(self.0.div_euclid(HOUR_MINUTES))
    }

    /// The minute's place in its hour, 0 to 59.
    #[must_use]
    pub fn index(self) -> usize {
        usize::try_from(self.0.rem_euclid(HOUR_MINUTES)).unwrap_or_default()
    }

    /// The minute `n` later (earlier if negative).
    #[must_use]
    pub const fn plus(self, n: i64) -> Self {
        Self(self.0.saturating_add(n))
    }
}

/// One row of the ledger: the hour that starts `3600 × n` seconds after the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(pub i64);

impl Hour {
    /// The hour's first minute.
    #[must_use]
    pub const fn first(self) -> Minute {
        Minute(self.0.saturating_mul(HOUR_MINUTES))
    }

    /// The whole hour as a span.
    #[must_use]
    pub const fn span(self) -> Span {
        Span { start: self.first(), end: self.first().plus(HOUR_MINUTES) }
    }
}

/// Minutes `start <= m < end`; empty when both are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    start: Minute,
    end: Minute,
}

impl Span {
    /// From `start` up to but not including `end`; empty at `start` if `end` is earlier.
    #[must_use]
    pub fn new(start: Minute, end: Minute) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The `minutes` minutes before `end`.
    #[must_use]
    pub fn ending(end: Minute, minutes: i64) -> Self {
        Self::new(end.plus(-minutes.max(0)), end)
    }

    /// The first minute inside.
    #[must_use]
    pub const fn start(self) -> Minute {
        self.start
    }

    /// The first minute after.
    #[must_use]
    pub const fn end(self) -> Minute {
        self.end
    }

    /// How many minutes are inside.
    #[must_use]
    pub const fn minutes(self) -> i64 {
        self.end.0 - self.start.0
    }

    /// Is nothing inside?
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.minutes() == 0
    }

    /// Is the minute inside?
    #[must_use]
    pub fn contains(self, minute: Minute) -> bool {
        self.start <= minute && minute < self.end
    }

    /// What both have in common; empty if nothing.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// Every minute inside, in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Minute> {
        (self.start.0..self.end.0).map(Minute)
    }

    /// Every hour that has a minute inside, in order.
    pub fn hours(self) -> impl DoubleEndedIterator<Item = Hour> {
        let end = if self.is_empty() { self.start.hour().0 } else { self.end.plus(-1).hour().0 + 1 };
        (self.start.hour().0..end).map(Hour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_a_span_cover_its_edges_and_nothing_else() {
        let hours = |a, b| Span::new(Minute(a), Minute(b)).hours().map(|h| h.0).collect::<Vec<_>>();
        assert_eq!(hours(59, 61), [0, 1]);
        assert_eq!(hours(60, 120), [1]);
        assert_eq!(hours(60, 60), [0; 0]);
        assert_eq!(hours(-1, 1), [-1, 0], "before the epoch too");
    }

    #[test]
    fn a_reversed_span_is_empty_and_not_negative() {
        assert_eq!(Span::new(Minute(5), Minute(3)).minutes(), 0);
        assert_eq!(Span::new(Minute(0), Minute(10)).intersect(Span::new(Minute(20), Minute(30))).minutes(), 0);
    }

    #[test]
    fn instants_print_as_rfc_3339_and_stay_in_range() {
        assert_eq!(Instant::from_seconds(1_795_244_400).to_string(), "2026-11-21T07:00:00Z");
        assert_eq!(Instant::from_seconds(i64::MAX).to_string(), "9999-12-31T23:59:59Z");
    }
}
