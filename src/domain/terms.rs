//! How an objective's minutes become its SLI: the letter of the contract, as data.
//!
//! A *slice* is so many whole minutes since the epoch. Events that a contract counts are good or bad one by one
//! (`occurrences`), slice by slice (`timeslices`), or as the mean of the slices' shares (`ratio_timeslices`): OpenSLO's
//! words. AWS S3 and Azure Storage promise the third; Google counts minutes as down only from so many in a row.
//!
//! ```
//! use nines::domain::terms::{Method, SliceMinutes, SliceTarget, Unit};
//! let slice = SliceMinutes::new(5).unwrap();
//! assert_eq!(Method::RatioTimeslices { slice }.unit(), Unit::BillionthOfSlice);
//! assert!(SliceMinutes::new(7).is_err(), "hours are made of whole slices");
//! assert!(SliceTarget::parse("100").unwrap().is_met(10, 10), "a slice may be promised whole; a window may not");
//! ```

use crate::domain::target::{Target, WHOLE_PPM, percent_to_ppm, ppm_to_percent};
use crate::language::say;
use std::fmt;
use thiserror::Error;

/// The length of a slice: 1, 5, 10, 15, 30 or 60 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SliceMinutes(i64);

/// The length is none of those that a slice can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", say!("a slice lasts 1, 5, 10, 15, 30 or 60 minutes; choose one of these"))]
pub struct SliceError;

impl SliceMinutes {
    /// The lengths to choose from.
    pub const ALL: [Self; 6] = [Self(1), Self(5), Self(10), Self(15), Self(30), Self(60)];
    /// One minute: the ledger's own slice.
    pub const ONE: Self = Self(1);
    /// Five minutes, as AWS measures.
    pub const FIVE: Self = Self(5);
    /// An hour.
    pub const HOUR: Self = Self(60);
    /// A quarter of an hour.
    pub const QUARTER: Self = Self(15);

    /// From minutes.
    pub fn new(minutes: i64) -> Result<Self, SliceError> {
        Self::ALL.into_iter().find(|slice| slice.0 == minutes).ok_or(SliceError)
    }

    /// The length in minutes.
    #[must_use]
    pub const fn minutes(self) -> i64 {
        self.0
    }
}

/// The share of good events from which on a slice is good: above 0 %, up to and including 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SliceTarget(i64);

/// The text is no share between 0 and 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", say!("write the slice target as a percentage above 0 and up to 100, such as 95 or 99.9, with at most four decimals"))]
pub struct SliceTargetError;

impl SliceTarget {
    /// From parts per million, 1 to 1 000 000.
    pub const fn from_ppm(ppm: i64) -> Result<Self, SliceTargetError> {
        if ppm < 1 || ppm > WHOLE_PPM { Err(SliceTargetError) } else { Ok(Self(ppm)) }
    }

    /// From a percentage as people write it.
    pub fn parse(text: &str) -> Result<Self, SliceTargetError> {
        percent_to_ppm(text).or(Err(SliceTargetError)).and_then(Self::from_ppm)
    }

    /// Parts per million.
    #[must_use]
    pub const fn ppm(self) -> i64 {
        self.0
    }

    /// Is a slice with `good` of `total` events good? Exact; true for no events.
    #[must_use]
    pub fn is_met(self, good: i64, total: i64) -> bool {
        i128::from(good) * i128::from(WHOLE_PPM) >= i128::from(total) * i128::from(self.0)
    }
}

impl From<Target> for SliceTarget {
    fn from(target: Target) -> Self {
        Self(target.ppm())
    }
}

impl fmt::Display for SliceTarget {
    /// The percentage in its shortest exact form, without the sign.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&ppm_to_percent(self.0))
    }
}

/// The budgeting method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// Good events of all events.
    #[default]
    Occurrences,
    /// Good slices of all slices.
    Timeslices {
        /// Their length.
        slice: SliceMinutes,
        /// From which share of good events on a slice is good.
        target: SliceTarget,
    },
    /// The mean of the slices' shares of good events.
    RatioTimeslices {
        /// Their length.
        slice: SliceMinutes,
    },
}

impl Method {
    /// The words, in the order in which the form offers them.
    pub const WORDS: [&str; 3] = ["occurrences", "timeslices", "ratio_timeslices"];

    /// OpenSLO's name in lower case: `occurrences`, `timeslices`, `ratio_timeslices`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Occurrences => "occurrences",
            Self::Timeslices { .. } => "timeslices",
            Self::RatioTimeslices { .. } => "ratio_timeslices",
        }
    }

    /// The length of a slice; one minute where events are counted one by one.
    #[must_use]
    pub const fn slice(self) -> SliceMinutes {
        match self {
            Self::Occurrences => SliceMinutes::ONE,
            Self::Timeslices { slice, .. } | Self::RatioTimeslices { slice } => slice,
        }
    }

    /// From which share of good events on a slice is good, for outages too; the objective's own target where the method
    /// names none.
    #[must_use]
    pub fn slice_target(self, target: Target) -> SliceTarget {
        match self {
            Self::Timeslices { target, .. } => target,
            Self::Occurrences | Self::RatioTimeslices { .. } => target.into(),
        }
    }

    /// Every method, to compare an objective's own with: with its own slices, or those of five minutes where it has none.
    #[must_use]
    pub fn compared(self, target: Target) -> [Self; 3] {
        let slice = if self == Self::Occurrences { SliceMinutes::FIVE } else { self.slice() };
        let inside = self.slice_target(target);
        [Self::Occurrences, Self::Timeslices { slice, target: inside }, Self::RatioTimeslices { slice }]
    }

    /// What `good` and `total` count.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Occurrences => Unit::Event,
            Self::Timeslices { .. } => Unit::Slice,
            Self::RatioTimeslices { .. } => Unit::BillionthOfSlice,
        }
    }
}

/// What the `good` and `total` of a judgement count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Events.
    #[default]
    Event,
    /// Slices, good or bad as a whole.
    Slice,
    /// Billionths of a slice: a slice of which a third was good has 333 333 333.
    BillionthOfSlice,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 3] = [Self::Event, Self::Slice, Self::BillionthOfSlice];

    /// How many of this unit make one event or one slice.
    #[must_use]
    pub const fn per_one(self) -> i64 {
        match self {
            Self::Event | Self::Slice => 1,
            Self::BillionthOfSlice => 1_000_000_000,
        }
    }

    /// The word that is stored and stands in files: `event`, `slice`, `billionth_of_slice`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Slice => "slice",
            Self::BillionthOfSlice => "billionth_of_slice",
        }
    }

    /// The unit behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.word() == word)
    }
}

/// What becomes of a slice of which nothing can be said by its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// It is good.
    Good,
    /// It is not counted.
    Excluded,
    /// It is bad.
    Bad,
}

impl Policy {
    /// Every policy, in the order in which the form offers them.
    pub const ALL: [Self; 3] = [Self::Good, Self::Excluded, Self::Bad];

    /// The word: `good`, `excluded`, `bad`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Excluded => "excluded",
            Self::Bad => "bad",
        }
    }

    /// The policy behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.word() == word)
    }
}

/// From when on bad slices are downtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Downtime {
    consecutive: i64,
    at_least_requests: i64,
}

/// The numbers are out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DowntimeError {
    /// Too few or too many in a row.
    #[error("{}", say!("downtime begins with 1 to {most} bad slices in a row; write a number between", Downtime::CONSECUTIVE_MAX))]
    Consecutive,
    /// Too few or too many requests.
    #[error("{}", say!("a slice counts as down from 1 to 1000000000 requests on; write a number between"))]
    Requests,
}

impl Default for Downtime {
    /// Every bad slice with any request.
    fn default() -> Self {
        Self { consecutive: 1, at_least_requests: 1 }
    }
}

impl Downtime {
    /// The most slices in a row that a definition may demand: a day of minutes.
    pub const CONSECUTIVE_MAX: i64 = 1440;
    const REQUESTS_MAX: i64 = 1_000_000_000;

    /// Down are runs of at least `consecutive` bad slices with at least `at_least_requests` requests each.
    pub fn new(consecutive: i64, at_least_requests: i64) -> Result<Self, DowntimeError> {
        if !(1..=Self::CONSECUTIVE_MAX).contains(&consecutive) {
            return Err(DowntimeError::Consecutive);
        }
        if !(1..=Self::REQUESTS_MAX).contains(&at_least_requests) {
            return Err(DowntimeError::Requests);
        }
        Ok(Self { consecutive, at_least_requests })
    }

    /// How many bad slices in a row it takes.
    #[must_use]
    pub const fn consecutive(self) -> i64 {
        self.consecutive
    }

    /// How many requests a slice must have to be able to be bad.
    #[must_use]
    pub const fn at_least_requests(self) -> i64 {
        self.at_least_requests
    }
}

/// How an objective's minutes become its SLI and its outages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Counting {
    /// The budgeting method.
    pub method: Method,
    /// What a slice without requests is. Events are counted one by one all the same where there are none.
    pub no_requests: Policy,
    /// What an unknown slice is. For occurrences, unknown minutes are taken to have had the traffic of the known ones.
    pub unknown: Policy,
    /// From when on bad slices are downtime. Decides what a bad slice is under `timeslices`, and what an outage is under
    /// every method.
    pub downtime: Downtime,
}

impl Default for Counting {
    /// Occurrences; silence is good, and what is unknown is not counted.
    fn default() -> Self {
        Self {
            method: Method::Occurrences,
            no_requests: Policy::Good,
            unknown: Policy::Excluded,
            downtime: Downtime::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slice_targets_reach_a_hundred_and_no_further() {
        for (text, ppm) in
            [("100", Some(1_000_000)), ("100.000 %", Some(1_000_000)), ("99,9", Some(999_000)), ("0.0001", Some(1))]
        {
            assert_eq!(SliceTarget::parse(text).ok().map(SliceTarget::ppm), ppm, "{text}");
        }
        for text in ["0", "100.1", "101", "", "-1", "1e2", "99.99999"] {
            assert_eq!(SliceTarget::parse(text), Err(SliceTargetError), "{text}");
        }
        assert_eq!(SliceTarget::from_ppm(1_000_000).unwrap().to_string(), "100");
    }

    #[test]
    fn a_downtime_definition_has_bounds() {
        assert!(Downtime::new(5, 2000).is_ok());
        assert_eq!(Downtime::new(0, 1), Err(DowntimeError::Consecutive));
        assert_eq!(Downtime::new(1441, 1), Err(DowntimeError::Consecutive));
        assert_eq!(Downtime::new(1, 0), Err(DowntimeError::Requests));
    }
}
