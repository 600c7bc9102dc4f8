//! Counting a gauge: each sample of each series is one event, good if its value is.
//!
//! A minute is known if a series was sampled in it, or lies between two samples of a series at most five minutes apart
//! (then with no event of its own). A sample that is NaN is no measurement: it is neither good nor bad, and a minute that
//! has nothing else is unknown. Infinite samples are compared as the numbers that they are.

use super::{Counted, Sample};
use super::{CounterState, Finding, PartIs, Run, SILENCE_MS_MAX, Scrapes, Series, millis, minute_of, within};
use crate::domain::time::{Minute, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Counts a gauge over `window`; `is_good` judges a sample's value, which is never NaN.
///
/// The state stands at `settle`, as with [`super::count`]; there are no doubts that a witness could dispel.
#[must_use]
pub fn count_gauge(
    state: &CounterState,
    series: &[Series],
    window: Span,
    settle: Minute,
    is_good: impl Fn(f64) -> bool,
) -> Counted {
    let range = (millis(window.start()), millis(window.end()));
    let nobody = Scrapes { by_target: BTreeMap::new(), before: BTreeMap::new() };
    let mut run = Run::new(&nobody, state, window, settle, PartIs::Good, BTreeSet::new());
    for one in series {
        let mut last = state.series.get(&one.key).copied();
        for sample in within(&one.samples, range) {
            if last.is_some_and(|last| sample.at_ms <= last.at_ms) {
                run.findings.insert(Finding::TimeWentBack);
                continue;
            }
            take(&mut run, last, *sample, &is_good);
            run.remember(one.key, *sample);
            last = Some(*sample);
        }
    }
    let slices = run.slices();
    run.finish(slices)
}

/// Books a sample that comes after `last`.
fn take(run: &mut Run<'_>, last: Option<Sample>, sample: Sample, is_good: impl Fn(f64) -> bool) {
    let minute = minute_of(sample.at_ms);
    if sample.value.is_nan() {
        run.findings.insert(Finding::NoNumbers);
        run.book(minute, |booking| booking.unreadable = true);
        return;
    }
    run.book(minute, |booking| {
        booking.total += 1;
        booking.part += i64::from(is_good(sample.value));
    });
    let is_near = |last: &Sample| !last.value.is_nan() && sample.at_ms - last.at_ms <= SILENCE_MS_MAX;
    if let Some(last) = last.filter(is_near) {
        run.watched(minute_of(last.at_ms), minute);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::counting::{Role, SeriesKey, TargetKey};
    use crate::domain::model::{Bound, Limit};
    use proptest::prelude::*;

    fn series(key: u64, samples: &[(i64, f64)]) -> Series {
        let samples = samples.iter().map(|(at, value)| Sample { at_ms: at * 1000, value: *value }).collect();
        Series { key: SeriesKey(key), target: TargetKey(7), role: Role::Both, samples }
    }

    fn counted(series: &[Series], minutes: i64, is_good: impl Fn(f64) -> bool) -> Counted {
        let window = Span::new(Minute(0), Minute(minutes));
        count_gauge(&CounterState::default(), series, window, Minute(minutes), is_good)
    }

    fn events(counted: &Counted) -> Vec<Option<(i64, i64)>> {
        counted.slices.iter().map(|(_, slice)| slice.map(|s| (s.good, s.total))).collect()
    }

    #[test]
    fn each_sample_is_one_event_and_nan_is_none() {
        let up = series(1, &[(10, 1.0), (40, 0.0), (70, 1.0), (100, 1.0), (130, f64::NAN)]);
        let counted = counted(&[up], 3, |value| value >= 1.0);
        assert_eq!(events(&counted), [Some((1, 2)), Some((2, 2)), None]);
        assert_eq!(counted.findings, BTreeSet::from([Finding::NoNumbers]));
    }

    /// Two disks of 80, 81 and 79 %, at most 80: in minute 1 one of two is full. Then a gap of 360 s, from 90 s to 450 s.
    #[test]
    fn each_series_is_judged_by_itself_and_a_long_gap_is_unknown() {
        let limit = Limit::parse(Bound::AtMost, "80").unwrap();
        let disks = [
            series(1, &[(30, 80.0), (90, 81.0), (450, f64::INFINITY)]),
            series(2, &[(31, 79.0), (91, 80.0), (451, -1.0)]),
        ];
        let counted = counted(&disks, 8, |value| limit.is_kept(value));
        let gap = [None; 5];
        assert_eq!(events(&counted)[..2], [Some((2, 2)), Some((1, 2))]);
        assert_eq!(events(&counted)[2..7], gap);
        assert_eq!(events(&counted)[7..], [Some((1, 2))]);
        assert_eq!(counted.findings, BTreeSet::new());
    }

    /// Sampled every two minutes: the minutes between are known and have no event. With a NaN on one side they are not.
    #[test]
    fn a_slow_pace_is_known_all_along_and_a_nan_vouches_for_nothing() {
        let slow = series(1, &[(30, 1.0), (150, 1.0), (270, f64::NAN), (390, 1.0)]);
        let counted = counted(&[slow], 7, |value| value >= 1.0);
        let (one, none) = (Some((1, 1)), Some((0, 0)));
        assert_eq!(events(&counted), [one, none, one, None, None, None, one]);
    }

    proptest! {
        /// Where a reading is cut makes no difference: no sample is judged twice, none is lost.
        #[test]
        fn a_cut_changes_nothing(values in proptest::collection::vec((0..5u8, 0..9i8), 1..60), cut in 0i64..60) {
            let sampled = values.iter().zip((17..).step_by(60)).filter(|((kind, _), _)| *kind > 0);
            let value = |(kind, value): &(u8, i8)| if *kind == 1 { f64::NAN } else { f64::from(*value) };
            let one = series(1, &sampled.map(|(step, at)| (at, value(step))).collect::<Vec<_>>());
            let (window, good) = (Span::new(Minute(0), Minute(60)), |value: f64| value >= 4.0);
            let whole = count_gauge(&CounterState::default(), std::slice::from_ref(&one), window, Minute(60), good);
            let first = count_gauge(&CounterState::default(), std::slice::from_ref(&one), window, Minute(cut), good);
            let rest = count_gauge(&first.state, &[one], Span::new(Minute(cut), Minute(60)), Minute(60), good);
            let from = usize::try_from(cut).unwrap();
            prop_assert_eq!(events(&rest), events(&whole)[from..].to_vec());
            let judged = values.iter().filter(|(kind, _)| *kind > 1).count();
            let total: i64 = whole.slices.iter().filter_map(|(_, s)| s.map(|s| s.total)).sum();
            prop_assert_eq!(usize::try_from(total).unwrap(), judged);
        }
    }
}
