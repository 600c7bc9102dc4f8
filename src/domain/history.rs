//! How an objective got where it is: tallies per bucket, and what rolling windows over them say.
//!
//! Sums over any run of buckets are differences of running totals, so a chart of 90 days costs one pass however long
//! the objective's window is.
//!
//! ```
//! use nines::domain::{history::History, ledger::Tally, time::{Minute, Span}};
//! let day = Span::new(Minute(0), Minute(180));
//! let mut history = History::new(day, 60);
//! history.add(Minute(0), Tally { good: 9, total: 10, known: 60, minutes: 60 });
//! history.add(Minute(120), Tally { good: 5, total: 5, known: 60, minutes: 60 });
//! let whole = history.sum(day);
//! assert_eq!((whole.good, whole.total, whole.known, whole.minutes), (14, 15, 120, 180));
//! ```

use crate::domain::ledger::Tally;
use crate::domain::time::{Minute, Span};

/// Tallies in buckets of equal width, with running totals.
#[derive(Clone, Debug)]
pub struct History {
    span: Span,
    width: i64,
    buckets: Vec<Tally>,
}

impl History {
    /// Empty buckets of `width` minutes over `span`, which is widened to whole buckets since the epoch.
    #[must_use]
    pub fn new(span: Span, width: i64) -> Self {
        let width = width.max(1);
        let start = span.start().0.div_euclid(width) * width;
        let end = (span.end().0 + width - 1).div_euclid(width) * width;
        let span = Span::new(Minute(start), Minute(end));
        let count = usize::try_from(span.minutes() / width).unwrap_or_default();
        Self { span, width, buckets: vec![Tally::default(); count] }
    }

    /// Adds what was counted in the bucket that contains `minute`; what lies outside is ignored.
    pub fn add(&mut self, minute: Minute, tally: Tally) {
        let index = minute.0.div_euclid(self.width) - self.span.start().0.div_euclid(self.width);
        let bucket = usize::try_from(index).ok().and_then(|index| self.buckets.get_mut(index));
        if let Some(bucket) = bucket {
            bucket.good += tally.good;
            bucket.total += tally.total;
            bucket.known += tally.known;
        }
    }

    /// The whole buckets that are covered.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// The sum over the buckets that begin inside a span.
    #[must_use]
    pub fn sum(&self, span: Span) -> Tally {
        let index = |minute: Minute| {
            let buckets = (minute.0 - self.span.start().0 + self.width - 1).div_euclid(self.width);
            usize::try_from(buckets).unwrap_or_default().min(self.buckets.len())
        };
        let (from, to) = (index(span.start()), index(span.end()));
        let inside = self.buckets.get(from..to.max(from)).unwrap_or_default();
        let mut sum = inside.iter().fold(Tally::default(), |sum, bucket| Tally {
            good: sum.good + bucket.good,
            total: sum.total + bucket.total,
            known: sum.known + bucket.known,
            minutes: 0,
        });
        sum.minutes = span.minutes();
        sum
    }

    /// The sum of the `length` minutes before each of `ends`, which ascend: one pass over the buckets in all.
    #[must_use]
    pub fn rolling(&self, ends: &[Minute], length: i64) -> Vec<Tally> {
        let running = self.running_totals();
        let at = |minute: Minute| {
            let buckets = (minute.0 - self.span.start().0).div_euclid(self.width);
            let index = usize::try_from(buckets).unwrap_or_default().min(self.buckets.len());
            running.get(index).copied().unwrap_or_default()
        };
        ends.iter()
            .map(|end| {
                let (from, to) = (at(end.plus(-length)), at(*end));
                Tally {
                    good: to.good - from.good,
                    total: to.total - from.total,
                    known: to.known - from.known,
                    minutes: length,
                }
            })
            .collect()
    }

    fn running_totals(&self) -> Vec<Tally> {
        let mut sum = Tally::default();
        let mut totals = Vec::with_capacity(self.buckets.len() + 1);
        totals.push(sum);
        for bucket in &self.buckets {
            sum.good += bucket.good;
            sum.total += bucket.total;
            sum.known += bucket.known;
            totals.push(sum);
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The rolling sums agree with adding the minutes up one by one.
        #[test]
        fn rolling_sums_agree_with_adding_up(
            minutes in proptest::collection::vec((0i64..50, 0i64..5, any::<bool>()), 1..300),
            length in 1i64..100,
        ) {
            let span = Span::new(Minute(1000), Minute(1000 + i64::try_from(minutes.len()).unwrap()));
            let mut history = History::new(span, 1);
            for (at, (good, bad, known)) in span.iter().zip(&minutes) {
                history.add(at, Tally { good: *good, total: good + bad, known: i64::from(*known), minutes: 1 });
            }
            let ends: Vec<_> = span.iter().map(|m| m.plus(1)).collect();
            for (end, rolled) in ends.iter().zip(history.rolling(&ends, length)) {
                let inside = Span::ending(*end, length);
                let naive = span.iter().zip(&minutes).filter(|(m, _)| inside.contains(*m));
                let (good, total, known) = naive.fold((0, 0, 0), |s, (_, (g, b, k))| (s.0 + g, s.1 + g + b, s.2 + i64::from(*k)));
                prop_assert_eq!((rolled.good, rolled.total, rolled.known), (good, total, known));
                prop_assert_eq!(rolled, history.sum(inside));
            }
        }
    }

    #[test]
    fn what_lies_outside_is_ignored() {
        let mut history = History::new(Span::new(Minute(70), Minute(130)), 60);
        assert_eq!((history.span().start(), history.span().end()), (Minute(60), Minute(180)));
        history.add(Minute(59), Tally { good: 1, total: 1, known: 1, minutes: 1 });
        history.add(Minute(180), Tally { good: 1, total: 1, known: 1, minutes: 1 });
        assert_eq!(history.sum(history.span()).total, 0);
    }
}
