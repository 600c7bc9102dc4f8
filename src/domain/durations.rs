//! How long things took: the mean and the percentiles of a step, from the counts of a histogram.
//!
//! The mean is exact: the sum of the durations by the number of events. A percentile is an estimate, as in Prometheus's
//! `histogram_quantile` (<https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile>): with `n` events
//! and `rank = p/100 × n`, the bucket is the first within whose upper bound `rank` events or more lie, and within it
//! events are taken to be spread evenly:
//!
//! ```text
//! lower + (upper − lower) × (rank − within lower) / (within upper − within lower)
//! ```
//!
//! The first bucket begins at 0, and what lies above the highest bound is told as that bound. Counts of several steps,
//! series or processes are added up before; percentiles are never averaged.
//!
//! A percentile rests on the events above it, of which there must be [`ABOVE_MIN`]: a median needs ten events, the
//! 95th percentile a hundred, the 99th five hundred. A mean needs [`MEAN_MIN`].
//!
//! ```
//! use nines::domain::durations::Durations;
//! // of 200 requests 100 took at most 0.1 s, 180 at most 0.5 s, 196 at most 1 s; together they took 54 s
//! let step = Durations { within: vec![(0.1, 100), (0.5, 180), (1.0, 196)], events: 200, micros: Some(54_000_000) };
//! assert_eq!(step.mean(), Some(0.27));
//! assert_eq!(step.percentile(50), Some(0.1), "rank 100 is the end of the first bucket");
//! assert_eq!(step.percentile(95), Some(0.8125), "rank 190: 0.5 s + 0.5 s × (190 − 180) / (196 − 180)");
//! assert_eq!(step.percentile(99), None, "two of 200 lie above it, which says nothing");
//! ```

use crate::domain::ratio::float;

/// With fewer events than this, a mean is chance.
pub const MEAN_MIN: i64 = 10;
/// With fewer events than this above it, a percentile is chance.
pub const ABOVE_MIN: i64 = 5;

/// What a histogram says about a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Durations {
    /// Ascending bounds in seconds, each with the events that took at most that long.
    pub within: Vec<(f64, i64)>,
    /// All events.
    pub events: i64,
    /// How long all of them took together, in microseconds; nothing if the source does not say.
    pub micros: Option<i64>,
}

impl Durations {
    /// The mean in seconds; nothing where there are too few events, or no sum.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let micros = self.micros.filter(|_| self.events >= MEAN_MIN)?;
        Some(float(micros) / 1e6 / float(self.events))
    }

    /// The estimate of a percentile in seconds; nothing where there are too few events, fewer than two bounds, or counts
    /// that contradict each other.
    #[must_use]
    pub fn percentile(&self, percent: i64) -> Option<f64> {
        let is_ascending = self.within.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1);
        let fits = self.within.last().is_some_and(|(_, most)| *most <= self.events);
        let above = i128::from(self.events) * i128::from(100 - percent);
        if !(is_ascending && fits) || self.within.len() < 2 || above < i128::from(ABOVE_MIN) * 100 {
            return None;
        }
        let rank = float(percent) * float(self.events) / 100.0;
        let place = self.within.partition_point(|(_, within)| float(*within) < rank);
        let Some((upper, most)) = self.within.get(place) else { return self.within.last().map(|(bound, _)| *bound) };
        let (lower, least) = place.checked_sub(1).and_then(|place| self.within.get(place)).map_or((0.0, 0), |one| *one);
        Some(lower + (upper - lower) * (rank - float(least)) / float(most - least))
    }
}

/// How many microseconds the unit of a histogram is: a name says if it is not the second, as in
/// `request_duration_milliseconds_bucket`.
#[must_use]
pub fn micros(metric: &str) -> f64 {
    let family = metric.strip_suffix("_bucket").unwrap_or(metric);
    let is_one_of = |endings: [&str; 3]| endings.iter().any(|ending| family.ends_with(ending));
    match family {
        _ if is_one_of(["_milliseconds", "_millis", "_ms"]) => 1e3,
        _ if is_one_of(["_microseconds", "_micros", "_us"]) => 1.0,
        _ if is_one_of(["_nanoseconds", "_nanos", "_ns"]) => 1e-3,
        _ => 1e6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn step(within: &[(f64, i64)], events: i64) -> Durations {
        Durations { within: within.to_vec(), events, micros: None }
    }

    /// Ranks of 1,000 events: 500, 950, 990. 400 lie within 0.1 s, 900 within 0.2 s, 980 within 0.4 s.
    #[test]
    fn percentiles_lie_where_the_rank_falls_within_the_bucket() {
        let step = step(&[(0.1, 400), (0.2, 900), (0.4, 980)], 1000);
        let near = |percent, seconds: f64| (step.percentile(percent).unwrap() - seconds).abs() < 1e-12;
        assert!(near(50, 0.1 + 0.1 * 100.0 / 500.0), "0.12 s");
        assert!(near(95, 0.2 + 0.2 * 50.0 / 80.0), "0.325 s");
        assert!(near(99, 0.4), "above the highest bound, which is all that is known");
        assert!(near(20, 0.05), "the first bucket begins at 0");
    }

    #[test]
    fn empty_buckets_between_are_passed_over() {
        // rank 50: the first bound within which 50 lie is 0.5, and nothing is between 0.1 and 0.4
        let step = step(&[(0.1, 10), (0.2, 10), (0.4, 10), (0.5, 90)], 100);
        assert!((step.percentile(50).unwrap() - (0.4 + 0.1 * 40.0 / 80.0)).abs() < 1e-12);
    }

    #[test]
    fn too_few_events_and_contradictions_say_nothing() {
        let told = |events: i64| {
            let one = Durations { micros: Some(7), ..step(&[(0.1, 1), (0.2, 2)], events) };
            (one.mean().is_some(), [50, 95, 99].map(|percent| one.percentile(percent).is_some()))
        };
        assert_eq!(told(9), (false, [false; 3]));
        assert_eq!(told(10), (true, [true, false, false]));
        assert_eq!(told(99), (true, [true, false, false]));
        assert_eq!(told(100), (true, [true, true, false]));
        assert_eq!(told(499), (true, [true, true, false]));
        assert_eq!(told(500), (true, [true, true, true]));
        assert_eq!(step(&[(0.1, 50)], 100).percentile(50), None, "one bound cannot tell");
        assert_eq!(step(&[(0.1, 50), (0.2, 40)], 100).percentile(50), None, "fewer within a larger bound");
        assert_eq!(step(&[(0.1, 50), (0.2, 101)], 100).percentile(50), None, "more within a bound than at all");
        assert_eq!(step(&[(0.1, 50), (0.2, 100)], 100).mean(), None, "no sum");
    }

    #[test]
    fn the_name_says_the_unit() {
        let told = ["d_seconds_bucket", "istio_request_duration_milliseconds_bucket", "d_us_bucket", "took_ns", "d"];
        assert_eq!(
            told.map(|name| (micros(name) * 1e3).to_string()),
            ["1000000000", "1000000", "1000", "1", "1000000000"]
        );
    }

    proptest! {
        /// The estimate lies in the bucket in which the percentile itself lies, found by sorting.
        #[test]
        fn the_estimate_is_never_off_by_more_than_its_bucket(
            mut millis in prop::collection::vec(1_i64..100, 500..700),
            percent in prop::sample::select(vec![50_i64, 95, 99]),
        ) {
            millis.sort_unstable();
            let bounds = [10_i64, 25, 50, 75, 100];
            let events = i64::try_from(millis.len()).unwrap();
            let count = |most: i64| i64::try_from(millis.iter().filter(|one| **one <= most).count()).unwrap();
            let within = bounds.iter().map(|most| (float(*most) / 1e3, count(*most))).collect();
            let told = Durations { within, events, micros: None }.percentile(percent).unwrap();
            let rank = usize::try_from((percent * events + 99) / 100 - 1).unwrap();
            let truth = millis[rank];
            let upper = bounds.iter().copied().find(|most| truth <= *most).unwrap();
            let lower = bounds.iter().rev().copied().find(|most| *most < truth).unwrap_or(0);
            prop_assert!(float(lower) / 1e3 <= told && told <= float(upper) / 1e3 + 1e-12, "{} in ({}, {}]", told, lower, upper);
        }
    }
}
