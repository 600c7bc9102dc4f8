//! What a calendar says of one local day of one objective.
//!
//! A day is judged as if it were a window of its own: its budget is `(1 - t)` of what the day counted. No data is not zero,
//! so everything that is neither met nor missed is a state of its own.

use crate::domain::judgement::{Judgement, Sli};
use crate::domain::ratio::Ratio;
use crate::domain::time::{Instant, Minute, Span};

/// What became of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayVerdict {
    /// More was bad than the target allows.
    Missed,
    /// The target was met.
    Met,
    /// Measured, but nothing happened.
    NoRequests,
    /// Not a minute is known.
    Unknown,
    /// Everything is excluded or outside business hours.
    NotApplicable,
    /// Over before the agreement was defined, and nothing is known of it.
    Before,
    /// Not yet begun.
    Ahead,
}

impl DayVerdict {
    /// Every verdict, in the order in which the gravest of several is found: what was not measured decides nothing unless
    /// nothing was.
    pub const ALL: [Self; 7] =
        [Self::Missed, Self::Met, Self::NoRequests, Self::Unknown, Self::NotApplicable, Self::Before, Self::Ahead];

    /// The verdict on a day, judged up to `end`, under an agreement that was defined at `begun`.
    ///
    /// ```
    /// use nines::domain::day::DayVerdict;
    /// use nines::domain::time::{Instant, Minute, Span};
    /// let day = Span::new(Minute(1440), Minute(2880));
    /// let begun = Instant::from_seconds(0);
    /// assert_eq!(DayVerdict::of(None, day, Minute(1440), begun), DayVerdict::Ahead);
    /// assert_eq!(DayVerdict::of(None, day, Minute(1441), begun), DayVerdict::Unknown);
    /// assert_eq!(DayVerdict::of(None, day, Minute(9999), Instant::from_seconds(2880 * 60)), DayVerdict::Before);
    /// ```
    #[must_use]
    pub fn of(judgement: Option<&Judgement>, day: Span, end: Minute, begun: Instant) -> Self {
        if day.start() >= end {
            return Self::Ahead;
        }
        let is_before = day.end().start() <= begun;
        match judgement.map_or(Sli::Unknown, |one| one.sli) {
            Sli::Measured { .. } if judgement.and_then(|one| one.met) == Some(false) => Self::Missed,
            Sli::Measured { .. } => Self::Met,
            Sli::NoTraffic => Self::NoRequests,
            Sli::Unknown | Sli::NotApplicable if is_before => Self::Before,
            Sli::Unknown => Self::Unknown,
            Sli::NotApplicable => Self::NotApplicable,
        }
    }

    /// The word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Met => "met",
            Self::NoRequests => "no_requests",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
            Self::Before => "before_agreement",
            Self::Ahead => "ahead",
        }
    }
}

/// A spent share of a budget in whole percent, rounded up: an overspent budget never reads as 100, nor a touched one as 0.
///
/// ```
/// use nines::domain::{day::whole_percent, ratio::Ratio};
/// let percent = |n, d| Ratio::new(n, d).map(whole_percent);
/// assert_eq!([percent(0, 7), percent(1, 9_999), percent(1, 1), percent(1_001, 1_000)], [Some(0), Some(1), Some(100), Some(101)]);
/// ```
#[must_use]
pub fn whole_percent(share: Ratio) -> i128 {
    let (n, d) = (share.numerator() * 100, share.denominator());
    n.div_euclid(d) + i128::from(n.rem_euclid(d) > 0)
}
