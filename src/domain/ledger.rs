//! The ledger's row: an hour of counted minutes, packed, and the sums that questions are answered from.
//!
//! `good`, `total` and `known` of an hour are plain sums over its known minutes, so they can be added up without looking
//! inside; only the hours that a span cuts into need their sixty minutes. A minute that is not known has no slice, which
//! is something else than a slice of zero events.
//!
//! ```
//! use nines::domain::ledger::{HourDetail, Slice, Tally, tally_of};
//! use nines::domain::time::{Hour, Minute, Span};
//!
//! let mut detail = HourDetail::default();
//! detail.merge(Minute(0), Slice::new(9, 10)?)?;
//! detail.merge(Minute(1), Slice::new(0, 0)?)?; // nobody asked: known, and zero
//! detail.merge(Minute(0), Slice::new(10, 10)?)?; // read again: replaces
//!
//! let span = Span::new(Minute(0), Minute(30));
//! assert_eq!(tally_of(&detail, Hour(0), span), Tally { good: 10, total: 10, known: 2, minutes: 30 });
//! assert_eq!(HourDetail::unpack(&detail.pack())?, detail);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod packing;
pub(crate) mod varint;

use crate::domain::time::{Hour, Minute, Span};
use crate::language::say;
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use thiserror::Error;

/// Minutes in a row.
const MINUTES: usize = 60;

/// A known minute: what happened in it. An unknown minute has no slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// Good events.
    pub good: i64,
    /// All events.
    pub total: i64,
    /// Booked at the return of a series after more than five minutes without samples.
    pub catch_up: bool,
}

/// Counts that no minute can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SliceError {
    /// Below zero.
    #[error("{}", say!("a minute cannot have a negative count (good {good}, total {total})", .good, .total))]
    Negative {
        /// Good events.
        good: i64,
        /// All events.
        total: i64,
    },
    /// More good events than events.
    #[error("{}", say!("a minute cannot have more good events ({good}) than events ({total})", .good, .total))]
    MoreGoodThanAll {
        /// Good events.
        good: i64,
        /// All events.
        total: i64,
    },
    /// So many that years of them could not be added up.
    #[error("{}", say!("{total} events in one minute are more than the ledger counts (at most 1 000 000 000 000)", .total))]
    TooMany {
        /// All events.
        total: i64,
    },
}

impl Slice {
    /// The most events that a minute may have; ten years of such minutes still add up within an `i64`.
    pub const MOST_EVENTS: i64 = 1_000_000_000_000;

    /// A minute in which `good` of `total` events were good: `0 <= good <= total <= MOST_EVENTS`.
    pub fn new(good: i64, total: i64) -> Result<Self, SliceError> {
        Self { good, total, catch_up: false }.checked()
    }

    /// The same minute, marked as booked at a return.
    #[must_use]
    pub const fn caught_up(self) -> Self {
        Self { catch_up: true, ..self }
    }

    /// Itself, if its counts are possible.
    pub fn checked(self) -> Result<Self, SliceError> {
        let Self { good, total, .. } = self;
        if good < 0 || total < 0 {
            Err(SliceError::Negative { good, total })
        } else if good > total {
            Err(SliceError::MoreGoodThanAll { good, total })
        } else if total > Self::MOST_EVENTS {
            Err(SliceError::TooMany { total })
        } else {
            Ok(self)
        }
    }
}

/// The sixty minutes of an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourDetail {
    slices: [Option<Slice>; MINUTES],
}

/// The bytes are no packed hour: cut short, altered, or written by a newer Nines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the packed minutes are damaged: {0}")]
pub struct CorruptDetail(&'static str);

impl Default for HourDetail {
    /// An hour of which nothing is known.
    fn default() -> Self {
        Self { slices: [None; MINUTES] }
    }
}

impl HourDetail {
    /// Replaces what is known about `minute` (its place in the hour counts, the hour itself does not).
    pub fn merge(&mut self, minute: Minute, slice: Slice) -> Result<(), SliceError> {
        self.put(minute, Some(slice.checked()?));
        Ok(())
    }

    /// Marks `minute` as unknown.
    pub fn forget(&mut self, minute: Minute) {
        self.put(minute, None);
    }

    fn put(&mut self, minute: Minute, slice: Option<Slice>) {
        if let Some(place) = self.slices.get_mut(minute.index()) {
            *place = slice;
        }
    }

    /// What is known about `minute` (its place in the hour counts, the hour itself does not).
    #[must_use]
    pub fn get(&self, minute: Minute) -> Option<Slice> {
        self.slices.get(minute.index()).copied().flatten()
    }

    /// What is known about each of the sixty minutes, in order.
    #[must_use]
    pub const fn minutes(&self) -> &[Option<Slice>; MINUTES] {
        &self.slices
    }

    /// The known minutes of `hour`, in order, if this is that hour's detail.
    pub fn known(&self, hour: Hour) -> impl Iterator<Item = (Minute, Slice)> {
        hour.span().iter().zip(self.slices).filter_map(|(minute, slice)| Some((minute, slice?)))
    }

    /// The sums of the row: what happened in the known minutes.
    #[must_use]
    pub fn sums(&self) -> Tally {
        tally_of(self, Hour(0), Hour(0).span())
    }

    /// The minutes as bytes, about one to two per minute; see the module's source for the format.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        packing::pack(&self.slices)
    }

    /// The minutes behind the bytes of [`Self::pack`].
    pub fn unpack(bytes: &[u8]) -> Result<Self, CorruptDetail> {
        packing::unpack(bytes).map(|slices| Self { slices })
    }
}

/// What happened in a span: the counts of its known minutes, and how many of its minutes are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tally {
    /// Good events.
    pub good: i64,
    /// All events.
    pub total: i64,
    /// Known minutes.
    pub known: i64,
    /// Minutes asked for, known or not.
    pub minutes: i64,
}

impl Tally {
    /// Events that were not good.
    #[must_use]
    pub const fn bad(self) -> i64 {
        self.total - self.good
    }

    /// The share of known minutes, 0 to 1; `None` if no minute was asked for.
    #[must_use]
    pub fn coverage(self) -> Option<f64> {
        (self.minutes > 0).then(|| approximately(self.known) / approximately(self.minutes))
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            good: self.good + other.good,
            total: self.total + other.total,
            known: self.known + other.known,
            minutes: self.minutes + other.minutes,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}

/// What `detail`, the minutes of `hour`, says about the part of `span` that lies in that hour.
#[must_use]
pub fn tally_of(detail: &HourDetail, hour: Hour, span: Span) -> Tally {
    let part = span.intersect(hour.span());
    let known = part.iter().filter_map(|minute| detail.get(minute)).fold(Tally::default(), |sum, slice| {
        sum + Tally { good: slice.good, total: slice.total, known: 1, minutes: 0 }
    });
    Tally { minutes: part.minutes(), ..known }
}

/// A count of minutes as a float; exact below 2⁵³, far more than there are.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "minutes stay far below 2^53")]
const fn approximately(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
