//! What one answer says about a whole histogram: every bound, and the sum of the durations.

use super::Labels;
use super::series::{Plan, RawSeries, Sorted};
use crate::domain::counting::Sample;
use crate::domain::durations;
use crate::domain::model::{Query, Threshold};
use crate::domain::selector::{NAME_LABEL, Selector, SelectorError};
use std::collections::BTreeMap;

/// The series of a histogram, sorted by what is counted from them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// All events: the buckets without bound.
    pub all: Sorted,
    /// Ascending: the bounds that came or were known, each with its buckets and those of all events.
    pub bounds: Vec<(Threshold, Sorted)>,
    /// The sums in whole microseconds. Each value is rounded by itself, so what is counted between any two is off by one at most.
    pub sums: Sorted,
}

impl Histogram {
    /// Sorts what came for [`Query::Durations`].
    pub fn sort(histogram: &Selector, known: &[Threshold], raw: Vec<RawSeries>) -> Result<Self, SelectorError> {
        // positive floats have the order of their bits
        let mut buckets: BTreeMap<u64, Vec<RawSeries>> = BTreeMap::new();
        let (mut all, mut sums) = (Vec::new(), Vec::new());
        let micros = durations::micros(histogram.metric());
        for one in raw {
            match bound(histogram, &one.labels) {
                None => sums.push(in_micros(one, micros)),
                Some(bound) if bound == f64::INFINITY => all.push(one),
                Some(bound) if bound > 0.0 => buckets.entry(bound.to_bits()).or_default().push(one),
                // nothing takes less than no time
                Some(_) => {}
            }
        }
        // as the number is written, however one endpoint or another writes it
        let came = buckets.keys().filter_map(|bits| Threshold::parse(&f64::from_bits(*bits).to_string()));
        let mut thresholds: BTreeMap<u64, Threshold> = came.map(|one| (one.value().to_bits(), one)).collect();
        thresholds.extend(known.iter().map(|one| (one.value().to_bits(), one.clone())));
        let mut bounds = Vec::with_capacity(thresholds.len());
        for (bits, threshold) in thresholds {
            let mut series = buckets.remove(&bits).unwrap_or_default();
            series.extend(all.iter().cloned());
            let query = Query::Latency { histogram: histogram.clone(), threshold: threshold.clone() };
            if let Some(plan) = Plan::of(&query).transpose()? {
                bounds.push((threshold, plan.sort(series)));
            }
        }
        let whole = Plan::whole(histogram.clone());
        Ok(Self { all: whole.sort(all), bounds, sums: whole.sort(sums) })
    }
}

/// The bound of a bucket; nothing for what is none.
fn bound(histogram: &Selector, labels: &Labels) -> Option<f64> {
    let is_bucket = labels.get(NAME_LABEL).is_some_and(|name| name == histogram.metric());
    labels.get("le").filter(|_| is_bucket)?.parse().ok()
}

fn in_micros(sums: RawSeries, micros: f64) -> RawSeries {
    let rounded = |sample: &Sample| Sample { value: (sample.value * micros).round(), ..*sample };
    RawSeries { samples: sums.samples.iter().map(rounded).collect(), ..sums }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::counting::Role;

    fn raw(pairs: &[(&str, &str)], value: f64) -> RawSeries {
        let labels = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        RawSeries { labels, samples: vec![Sample { at_ms: 0, value }] }
    }

    fn bucket(le: &str) -> RawSeries {
        raw(&[("__name__", "d_bucket"), ("le", le)], 1.0)
    }

    /// 0.1 has no bucket in what came, 1 is written in two ways, and 0 is no bound; 12.3456784 s are 12,345,678.4 µs.
    #[test]
    fn an_answer_is_sorted_by_bound() {
        let histogram = Selector::parse("d_bucket").unwrap();
        let known = ["0.1", "1.00"].map(|text| Threshold::parse(text).unwrap());
        let sum = raw(&[("__name__", "d_sum")], 12.345_678_4);
        let came = vec![bucket("1"), bucket("+Inf"), bucket("0.25"), sum, bucket("1.0"), bucket("0"), bucket("-1")];
        let sorted = Histogram::sort(&histogram, &known, came).unwrap();
        let told: Vec<_> = sorted
            .bounds
            .iter()
            .map(|(bound, sorted)| {
                let parts = sorted.series.iter().filter(|series| series.role == Role::Part).count();
                (bound.to_string(), parts, sorted.series.len(), sorted.threshold_missing)
            })
            .collect();
        let bound = |text: &str, parts, series, is_missing| (text.to_owned(), parts, series, is_missing);
        assert_eq!(told, [bound("0.1", 0, 1, true), bound("0.25", 1, 2, false), bound("1.00", 1, 2, false)]);
        assert_eq!((sorted.all.series.len(), sorted.all.series[0].role), (1, Role::Both));
        assert_eq!(sorted.sums.series.iter().map(|one| one.samples[0].value).collect::<Vec<_>>(), [12_345_678.0]);
    }
}
