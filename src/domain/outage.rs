//! Outages: maximal runs of bad minutes.
//!
//! A minute is bad if its share of good events is below the objective's target. A minute without requests neither
//! starts an outage nor ends one; an unknown minute ends it, because nobody knows.
//!
//! ```
//! use nines::domain::{ledger::Slice, outage, target::Target, time::Minute};
//! let slice = |good, total| Some(Slice { good, total, catch_up: false });
//! let minutes = [slice(10, 10), slice(2, 10), slice(0, 0), slice(5, 10), slice(10, 10)];
//! let slices = (0..).map(Minute).zip(minutes);
//! let outages = outage::find(slices, Target::parse("99").unwrap());
//! assert_eq!(outages.len(), 1);
//! assert_eq!((outages[0].span.minutes(), outages[0].bad, outages[0].total), (3, 13, 20));
//! ```

use crate::domain::ledger::Slice;
use crate::domain::target::Target;
use crate::domain::time::{Minute, Span};

/// A maximal run of bad minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// From the first bad minute to the end of the last.
    pub span: Span,
    /// Bad events inside.
    pub bad: i64,
    /// All events inside.
    pub total: i64,
}

/// Finds every outage in slices given in order of time.
pub fn find(slices: impl IntoIterator<Item = (Minute, Option<Slice>)>, target: Target) -> Vec<Outage> {
    let mut outages = Vec::new();
    let mut open: Option<Outage> = None;
    for (minute, slice) in slices {
        let gap = open.is_some_and(|outage| minute.0 < outage.span.end().0);
        debug_assert!(!gap, "slices come in order");
        match slice {
            Some(slice) if slice.total == 0 => {}
            Some(slice) if !target.is_met(slice.good, slice.total) => {
                let start = open.map_or(minute, |outage| outage.span.start());
                let (bad, total) = open.map_or((0, 0), |outage| (outage.bad, outage.total));
                open = Some(Outage {
                    span: Span::new(start, minute.plus(1)),
                    bad: bad + slice.total - slice.good,
                    total: total + slice.total,
                });
            }
            _ => outages.extend(open.take()),
        }
    }
    outages.extend(open);
    outages
}

/// Keeps the `most` outages with the most bad events, in order of time, and says how many were left out.
#[must_use]
pub fn worst(mut outages: Vec<Outage>, most: usize) -> (Vec<Outage>, usize) {
    let left_out = outages.len().saturating_sub(most);
    outages.sort_by_key(|outage| (std::cmp::Reverse(outage.bad), outage.span.start()));
    outages.truncate(most);
    outages.sort_by_key(|outage| outage.span.start());
    (outages, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(minutes: &[Option<(i64, i64)>]) -> Vec<(i64, i64)> {
        let slices = minutes.iter().map(|m| m.map(|(good, total)| Slice { good, total, catch_up: false }));
        find((0..).map(Minute).zip(slices), Target::parse("99").unwrap())
            .iter()
            .map(|o| (o.span.start().0, o.span.end().0))
            .collect()
    }

    #[test]
    fn runs_end_at_a_good_minute_at_unknown_and_at_the_end() {
        assert_eq!(spans(&[Some((0, 1)), Some((1, 1)), Some((0, 1)), None, Some((0, 1))]), [(0, 1), (2, 3), (4, 5)]);
        assert_eq!(spans(&[Some((99, 100)), Some((98, 100))]), [(1, 2)], "exactly the target is good");
        assert_eq!(spans(&[Some((0, 1)), Some((0, 0)), Some((1, 1))]), [(0, 1)], "no requests do not lengthen it");
        assert_eq!(spans(&[None, Some((0, 0)), Some((1, 1))]), []);
    }

    #[test]
    fn the_worst_are_kept_in_order_of_time() {
        let outage = |at, bad| Outage { span: Span::new(Minute(at), Minute(at + 1)), bad, total: bad };
        let (kept, left_out) = worst(vec![outage(0, 5), outage(2, 1), outage(4, 9)], 2);
        assert_eq!((kept, left_out), (vec![outage(0, 5), outage(4, 9)], 1));
    }
}
