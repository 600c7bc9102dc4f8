//! Between which bounds a percentile lies, from events counted within thresholds; percentiles are never averaged.
//!
//! Of `total` events, `good` took at most the threshold. The p-th percentile (the smallest duration that at least p of 100
//! events do not exceed) is at most the threshold if and only if `100 × good ≥ p × total`. Several thresholds of the same
//! events enclose it: it is above the largest that fails and at most the smallest that holds.
//!
//! ```
//! use nines::domain::percentile::{Enclosed, Within, enclose};
//! // of 1 000 requests 930 took at most 0.25 s, 990 at most 0.5 s
//! let counts = [Within { good: 930, total: 1_000 }, Within { good: 990, total: 1_000 }];
//! assert_eq!(enclose(90, &counts), Some(Enclosed { above: None, at_most: Some(0) }));
//! assert_eq!(enclose(95, &counts), Some(Enclosed { above: Some(0), at_most: Some(1) }));
//! assert_eq!(enclose(99, &counts), Some(Enclosed { above: Some(0), at_most: Some(1) }), "exactly 99 of 100 are enough");
//! assert_eq!(enclose(100, &counts), Some(Enclosed { above: Some(1), at_most: None }));
//! ```

/// How many of all events took at most a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// Those within it.
    pub good: i64,
    /// All.
    pub total: i64,
}

/// Where a percentile lies: above one threshold and at most another, by their places in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enclosed {
    /// The largest threshold that it exceeds.
    pub above: Option<usize>,
    /// The smallest threshold that it does not exceed.
    pub at_most: Option<usize>,
}

/// Encloses a percentile, given counts for ascending thresholds; nothing without any event.
///
/// Counts that contradict each other (fewer events within a larger threshold, as while one of them is still being read)
/// give no bound on the side where they do.
#[must_use]
pub fn enclose(percent: i64, counts: &[Within]) -> Option<Enclosed> {
    let known = || counts.iter().enumerate().filter(|(_, one)| one.total > 0);
    let holds = |one: &Within| i128::from(one.good) * 100 >= i128::from(percent) * i128::from(one.total);
    known().next()?;
    let at_most = known().find(|(_, one)| holds(one)).map(|(place, _)| place);
    let above = known().filter(|(_, one)| !holds(one)).map(|(place, _)| place).next_back();
    Some(Enclosed { above: above.filter(|above| at_most.is_none_or(|most| *above < most)), at_most })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_events_there_is_nothing_to_enclose() {
        assert_eq!(enclose(50, &[]), None);
        assert_eq!(enclose(50, &[Within { good: 0, total: 0 }]), None);
    }

    proptest! {
        /// Against the percentile itself, found by sorting.
        #[test]
        fn the_percentile_lies_where_it_is_said_to(mut durations in prop::collection::vec(0_i64..100, 1..60), percent in 1_i64..=100) {
            durations.sort_unstable();
            let total = i64::try_from(durations.len()).unwrap();
            let rank = usize::try_from((percent * total + 99) / 100 - 1).unwrap();
            let percentile = durations[rank];
            let thresholds = [10, 25, 50, 90];
            let good = |most: i64| i64::try_from(durations.iter().filter(|one| **one <= most).count()).unwrap();
            let counts = thresholds.map(|most| Within { good: good(most), total });
            let told = enclose(percent, &counts).unwrap();
            prop_assert!(told.above.is_none_or(|place| percentile > thresholds[place]));
            prop_assert!(told.at_most.is_none_or(|place| percentile <= thresholds[place]));
            // and no tighter bound is missed
            prop_assert_eq!(told.above, thresholds.iter().rposition(|one| *one < percentile));
            prop_assert_eq!(told.at_most, thresholds.iter().position(|one| *one >= percentile));
        }
    }
}
