//! How baselines behave on series that people would recognise, and their agreement with independent computations.

use super::{Baseline, BrokenMemory, Cause, Lesson, Method, Observation, Settings};
use crate::domain::ratio::float;
use crate::domain::time::Instant;
use proptest::prelude::*;
use std::f64::consts::TAU;

/// Monday 2026-01-05T00:00:00Z.
const MONDAY: i64 = 1_767_571_200;
const DAY_POINTS: i64 = 288;

/// Every five minutes from Monday on.
fn at(index: i64) -> Instant {
    Instant::from_seconds(MONDAY + 300 * index)
}

/// Reproducible noise of mean 0 and variance 1 (a sum of twelve uniform numbers).
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        float(i64::try_from((z ^ (z >> 31)) >> 11).unwrap()) / float(1 << 53)
    }

    fn next(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn watch(baseline: &mut Baseline, values: impl IntoIterator<Item = f64>) -> Vec<Observation> {
    (0..).zip(values).map(|(index, value)| baseline.update(at(index), Some(value), Lesson::Learn)).collect()
}

fn flags(method: Method, values: impl IntoIterator<Item = f64>) -> Vec<usize> {
    let seen = watch(&mut Baseline::new(Settings::new(method)), values);
    seen.iter().enumerate().filter(|(_, one)| one.is_anomaly).map(|(index, _)| index).collect()
}

fn noisy(seed: u64, length: i64, shape: impl Fn(i64) -> f64) -> Vec<f64> {
    let mut noise = Noise(seed);
    (0..length).map(|index| shape(index) + noise.next()).collect()
}

// --- agreement with an independent computation ----------------------------------------------------------------------

/// `50 + (7919 i + 13 (i² mod 37)) mod 101`.
fn fixture(index: i64) -> f64 {
    float(50 + (index * 7919 + (index * index % 37) * 13) % 101)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-8
}

fn bands_before(method: Method, places: &[i64]) -> Vec<(f64, Option<f64>, Option<f64>)> {
    let seen = watch(&mut Baseline::new(Settings::new(method)), (0..2400).map(fixture));
    let seen = places.iter().map(|place| seen[usize::try_from(*place).unwrap()]);
    seen.map(|one| (one.expected.unwrap(), one.low, one.high)).collect()
}

#[test]
fn ewma_is_the_weighted_sum() {
    // numpy: sum of alpha (1 - alpha)^(n - 1 - j) x_j, the first with (1 - alpha)^(n - 1); alpha 0.3
    let truth = [
        (100, 103.035_761_014),
        (289, 99.607_208_815),
        (700, 109.642_969_317),
        (1500, 97.159_888_948),
        (2399, 113.726_549_4),
    ];
    let bands = bands_before(Method::Ewma, &truth.map(|(place, _)| place));
    for ((place, level), (expected, low, high)) in truth.into_iter().zip(bands) {
        assert!(close(expected, level) && close(high.unwrap(), 2.0 * level) && low.is_none(), "{place}: {expected}");
    }
}

#[test]
fn stddev_is_the_sample_deviation_of_the_window() {
    // numpy: X[i - 288 : i].mean() and .std(ddof=1)
    let truth = [
        (100, 99.8, 28.963_578_662),
        (289, 99.850_694_444, 28.603_171_035),
        (700, 97.385_416_667, 28.634_560_315),
        (1500, 98.0, 30.649_416_953),
        (2399, 101.392_361_111, 28.898_516_606),
    ];
    let bands = bands_before(Method::StdDev, &truth.map(|(place, ..)| place));
    for ((place, mean, deviation), (expected, low, high)) in truth.into_iter().zip(bands) {
        let agree = close(expected, mean) && close(high.unwrap(), mean + 3.0 * deviation);
        assert!(agree && (low.unwrap() - mean + 3.0 * deviation).abs() < 1e-7, "{place}: {expected} {high:?}");
    }
}

#[test]
fn percentile_interpolates_between_ranks() {
    // numpy.percentile(X[i - 1000 : i], [1, 50, 99]), its default method
    let truth = [
        (100, 50.0, 95.0, 149.0),
        (289, 50.0, 96.0, 149.0),
        (700, 50.0, 99.0, 149.0),
        (1500, 50.0, 101.0, 149.0),
        (2399, 51.0, 99.0, 150.0),
    ];
    let bands = bands_before(Method::Percentile, &truth.map(|(place, ..)| place));
    for ((place, first, middle, last), (expected, low, high)) in truth.into_iter().zip(bands) {
        assert!(close(expected, middle) && close(low.unwrap(), first) && close(high.unwrap(), last), "{place}");
    }
    // by hand: of 0, 1, …, 99 the 99th percentile has rank 98.01
    let mut baseline = Baseline::new(Settings::new(Method::Percentile));
    watch(&mut baseline, (0..100).map(float));
    let band = baseline.expect(at(100)).unwrap();
    assert!(close(band.high.unwrap(), 98.01) && close(band.low.unwrap(), 0.99) && close(band.expected, 49.5));
}

#[test]
fn seasonal_follows_each_hour_of_the_week() {
    // numpy, by the formula of the module: two points an hour for six weeks, 100 + 10 (hour mod 24) + fixture / 10, and
    // 1000 more in hour 30 of the fourth week. (week, hour, level, k σ) as the first point of that hour finds them
    let truth = [
        (2, 0, 109.925, 22.308_991_644),
        (3, 0, 110.25, 17.546_397_922),
        (4, 0, 110.235, 18.749_579_494),
        (5, 0, 110.974_5, 16.832_008_864),
        (2, 30, 169.5, 17.546_397_922),
        (3, 30, 169.216_666_667, 16.125_975_233),
        (4, 30, 174.054_459_237, 35.541_277_949),
        (5, 30, 172.748_121_466, 31.427_900_95),
        (2, 167, 339.7, 14.538_443_993),
        (3, 167, 340.116_666_667, 15.290_432_475),
        (4, 167, 339.466_666_667, 13.961_919_49),
        (5, 167, 340.946_666_667, 17.192_963_336),
    ];
    let mut baseline = Baseline::new(Settings::new(Method::Seasonal));
    let mut checked = 0;
    for index in 0..6 * 336 {
        let (week, hour) = (index / 336, index / 2 % 168);
        let outlier = if (week, hour) == (3, 30) { 1000.0 } else { 0.0 };
        let value = 100.0 + 10.0 * float(hour % 24) + fixture(index) / 10.0 + outlier;
        let seen = baseline.update(Instant::from_seconds(MONDAY + 1800 * index), Some(value), Lesson::Learn);
        assert_eq!(seen.learning, week < 2);
        assert!(seen.is_anomaly || outlier == 0.0, "week {week}, hour {hour}");
        for (_, _, level, reach) in truth.iter().filter(|one| (one.0, one.1, index % 2) == (week, hour, 0)) {
            let agree = close(seen.expected.unwrap(), *level) && close(seen.high.unwrap(), level + reach);
            assert!(agree, "week {week}, hour {hour}: {seen:?}");
            checked += 1;
        }
    }
    assert_eq!(checked, truth.len());
}

#[test]
fn the_hour_of_the_week_is_that_of_the_zone() {
    // 09:00 in Berlin is 08:00 UTC in winter and 07:00 in summer; clocks change on 2026-03-29
    let mut baseline = Baseline::new(Settings::new(Method::Seasonal).in_zone(chrono_tz::Europe::Berlin));
    for hour in 0..20 * 168 {
        let at = Instant::from_seconds(MONDAY + 3600 * hour);
        let local = chrono::Timelike::hour(&at.to_utc().with_timezone(&chrono_tz::Europe::Berlin));
        let value = if local == 9 { 1000.0 } else { 10.0 };
        assert!(!baseline.update(at, Some(value), Lesson::Learn).is_anomaly, "{at}");
    }
}

// --- what a person would expect -------------------------------------------------------------------------------------

#[test]
fn nothing_and_one_point_are_no_anomalies() {
    for method in Method::ALL {
        let mut baseline = Baseline::new(Settings::new(method));
        assert_eq!(baseline.expect(at(0)), None);
        let first = baseline.update(at(0), Some(5.0), Lesson::Learn);
        assert!(first.learning && !first.is_anomaly && first.score == 0.0 && first.expected.is_none(), "{method}");
    }
}

fn watch_every(seconds: i64, values: impl IntoIterator<Item = f64>) -> Vec<Observation> {
    let mut baseline = Baseline::new(Settings::default());
    let at = |index: i64| Instant::from_seconds(MONDAY + seconds * index);
    (0..).zip(values).map(|(index, value)| baseline.update(at(index), Some(value), Lesson::Learn)).collect()
}

#[test]
fn a_blatant_incident_on_the_first_day_is_told_at_once() {
    for (seconds, incident) in [(60, 130), (60, 1600), (300, 130), (300, 450), (3600, 110), (3600, 150)] {
        let values = noisy(23, 2000, |index| if (incident..incident + 12).contains(&index) { 150.0 } else { 100.0 });
        let seen = watch_every(seconds, values);
        assert!(seen[usize::try_from(incident).unwrap()].is_anomaly, "point {incident}, every {seconds} s");
    }
}

#[test]
fn a_young_memory_is_not_rash() {
    // thirty services, somewhat busier at day, each in its first week
    let day = |index: i64| 2.0 * (1.0 - (TAU * float(index) / float(DAY_POINTS)).cos());
    let told: usize = (100..130).map(|seed| flags(Method::Auto, noisy(seed, 7 * DAY_POINTS, day)).len()).sum();
    assert!(told <= 30, "{told}: at most once a week");
}

#[test]
fn what_is_unknown_teaches_nothing() {
    for method in Method::ALL {
        let mut baseline = Baseline::new(Settings::new(method));
        watch(&mut baseline, noisy(1, 400, |_| 50.0));
        let before = baseline.clone();
        for value in [None, Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), Some(1e300)] {
            let seen = baseline.update(at(400), value, Lesson::Learn);
            assert!(!seen.is_anomaly && seen.score == 0.0 && seen.cause.is_none(), "{method}: {value:?}");
        }
        assert_eq!(baseline, before, "{method}");
    }
}

#[test]
fn a_constant_is_calm_and_its_first_change_is_not() {
    for method in Method::ALL.into_iter().filter(|method| *method != Method::Ewma) {
        let constant = (0..4 * 7 * DAY_POINTS).map(|_| 0.1);
        let found = flags(method, constant.clone().chain([0.1, 0.2, 0.1]));
        assert_eq!(found, [usize::try_from(4 * 7 * DAY_POINTS).unwrap() + 1], "{method}");
    }
}

#[test]
fn a_spike_is_told_once_and_at_once() {
    let values = noisy(2, 3000, |index| if (2000..2012).contains(&index) { 150.0 } else { 100.0 });
    let seen = watch(&mut Baseline::new(Settings::default()), values);
    let found: Vec<usize> = (1900..3000).filter(|index| seen[*index].is_anomaly).collect();
    assert_eq!((found.as_slice(), seen[2000].cause), ([2000].as_slice(), Some(Cause::NeverSeen)));
    assert!(seen.iter().all(|one| one.is_anomaly == (one.score >= 0.5) && (0.0..=1.0).contains(&one.score)));
}

#[test]
fn a_step_is_told_and_then_becomes_normal() {
    let found = flags(Method::Auto, noisy(3, 6000, |index| if index < 3000 { 100.0 } else { 140.0 }));
    assert!(found.contains(&3000), "{found:?}");
    assert!(found.iter().filter(|index| **index > 3000).count() <= 3, "{found:?}");
}

#[test]
fn a_fall_to_zero_is_told() {
    let found = flags(Method::Auto, noisy(4, 2500, |index| if index < 2400 { 100.0 } else { 0.0 }));
    assert!(found.contains(&2400), "{found:?}");
}

#[test]
fn a_ramp_is_no_series_of_incidents() {
    let smooth = flags(Method::Auto, (0..6000).map(float));
    assert!(smooth.len() <= 18, "{}: {smooth:?}", smooth.len());
    let rough = flags(Method::Auto, noisy(5, 6000, |index| float(index) / 100.0));
    assert!(rough.len() <= 18, "{}: {rough:?}", rough.len());
}

/// A service that people use on weekdays, at day.
fn weekly(index: i64) -> f64 {
    let (day, part) = (index / DAY_POINTS % 7, float(index % DAY_POINTS) / float(DAY_POINTS));
    let busy = if day < 5 { 60.0 } else { 15.0 };
    100.0 + busy * (1.0 - (TAU * part).cos())
}

#[test]
fn weeks_are_calm_and_a_missing_day_is_told() {
    let missing = 30 * DAY_POINTS..31 * DAY_POINTS; // the fifth Wednesday
    let at_missing =
        |found: &[usize]| found.iter().filter(|index| missing.contains(&(**index).try_into().unwrap())).count();
    let quiet = noisy(6, 35 * DAY_POINTS, weekly);
    let broken = noisy(6, 35 * DAY_POINTS, |index| if missing.contains(&index) { 100.0 } else { weekly(index) });
    for method in [Method::Auto, Method::Seasonal] {
        let calm = flags(method, quiet.clone());
        assert!(calm.len() <= 15, "{method}: {calm:?}");
        assert_eq!(at_missing(&calm), 0, "{method}: {calm:?}");
        assert!(at_missing(&flags(method, broken.clone())) > 0, "{method}");
    }
}

#[test]
fn a_day_without_its_peak_is_off_beat() {
    let day = |index: i64| 20.0 * (TAU * float(index) / float(DAY_POINTS)).sin();
    let values =
        noisy(7, 14 * DAY_POINTS, |index| if index / DAY_POINTS == 10 { 0.3 * day(index) } else { day(index) });
    let seen = watch(&mut Baseline::new(Settings::default()), values);
    let found: Vec<(usize, Option<Cause>)> =
        (1000..seen.len()).filter(|index| seen[*index].is_anomaly).map(|index| (index, seen[index].cause)).collect();
    let [(index, cause), ..] = found[..] else { panic!("nothing was found") };
    assert!((2880..3168).contains(&index) && cause == Some(Cause::OffBeat), "{found:?}");
}

#[test]
fn sparse_events_become_normal_and_a_burst_does_not() {
    // one error every four hours or so, then one every five minutes
    let mut noise = Noise(8);
    let values: Vec<f64> = (0..4000).map(|i| if i >= 3900 || noise.uniform() < 0.02 { 1.0 } else { 0.0 }).collect();
    let found = flags(Method::Auto, values);
    assert!(found.iter().filter(|index| (1000..3900).contains(*index)).count() <= 6, "{found:?}");
    assert!(found.iter().any(|index| (3900..3924).contains(index)), "{found:?}");
}

#[test]
fn noise_is_hardly_ever_told() {
    for seed in 10..14 {
        let found = flags(Method::Auto, noisy(seed, 10_000, |_| 0.0));
        assert!(found.len() <= 10, "{found:?}");
    }
}

#[test]
fn an_outage_that_is_not_to_be_learned_is_judged_and_leaves_no_trace() {
    let calm = noisy(9, 2000, |_| 100.0);
    for method in [Method::Auto, Method::StdDev, Method::Percentile] {
        let mut baseline = Baseline::new(Settings::new(method));
        watch(&mut baseline, calm.clone());
        let expected = baseline.expect(at(2300));
        let outage: Vec<_> = (2000..2012).map(|index| baseline.update(at(index), Some(0.0), Lesson::Ignore)).collect();
        assert!(outage[0].is_anomaly, "{method}");
        if method == Method::Auto {
            assert_eq!(outage.iter().filter(|one| one.is_anomaly).count(), 1, "one incident");
        } else {
            assert_eq!(baseline.expect(at(2300)), expected, "{method}");
        }
        assert!(baseline.update(at(2300), Some(0.0), Lesson::Learn).is_anomaly, "{method}: it is as strange again");
    }
}

// --- honesty --------------------------------------------------------------------------------------------------------

#[test]
fn memory_stays_bounded_and_finite() {
    for method in Method::ALL {
        let mut baseline = Baseline::new(Settings::new(method));
        let mut noise = Noise(20);
        let mut most = 0;
        for index in 0..20_000 {
            let value = noise.next() * (1.0 + float(index % 500)).powi(2) + float(index);
            baseline.update(at(index), Some(value), Lesson::Learn);
            if index % 1000 == 999 {
                let numbers = baseline.numbers();
                assert!(numbers.iter().all(|number| number.is_finite()), "{method}");
                most = most.max(numbers.len());
            }
        }
        assert!(most <= 2750, "{method}: {most}");
    }
}

#[test]
fn numbers_of_another_method_or_cut_short_are_refused() {
    for method in Method::ALL {
        let mut baseline = Baseline::new(Settings::new(method));
        watch(&mut baseline, noisy(21, 300, |_| 5.0));
        let numbers = baseline.numbers();
        assert_eq!(Baseline::from_parts(*baseline.settings(), &numbers).unwrap(), baseline, "{method}");
        let refused = |numbers: &[f64]| Baseline::from_parts(*baseline.settings(), numbers) == Err(BrokenMemory);
        assert!(refused(&numbers[1..]) && refused(&numbers[..numbers.len() - 1]) && refused(&[]), "{method}");
        assert!(refused(&[numbers.as_slice(), &[0.0]].concat()), "{method}");
    }
}

#[test]
fn settings_keep_to_their_limits() {
    for method in Method::ALL {
        assert_eq!(Method::from_word(method.word()).unwrap(), method);
        for parameter in method.parameters() {
            let settings = Settings::new(method);
            assert!((parameter.least..=parameter.most).contains(&parameter.default), "{}", parameter.name);
            assert!(settings.with(parameter.name, parameter.most).is_ok());
            assert!(settings.with(parameter.name, parameter.most * 2.0).is_err());
            assert!(settings.with(parameter.name, f64::NAN).is_err());
        }
    }
    let unknown = Method::from_word("arima").unwrap_err().to_string();
    assert_eq!(unknown, "there is no method “arima”; choose one of auto, ewma, stddev, percentile, seasonal");
    let unknown = Settings::new(Method::Ewma).with("k", 3.0).unwrap_err().to_string();
    assert_eq!(unknown, "ewma has no parameter “k”; it has alpha, beta");
    let beyond = Settings::new(Method::Ewma).with("beta", 0.5).unwrap_err().to_string();
    assert_eq!(beyond, "beta is from 1 to 1000, not 0.5");
}

/// Noise with a rhythm, some spikes, a step and gaps.
fn series() -> impl Strategy<Value = Vec<Option<f64>>> {
    (any::<u64>(), 500..1000_i64, 0.0..20.0, 0.0..0.02).prop_map(|(seed, length, rhythm, spikes)| {
        let mut noise = Noise(seed);
        let step = float(length) * noise.uniform();
        let mut value = |index: i64| {
            let spike = if noise.uniform() < spikes { 30.0 * noise.next() } else { 0.0 };
            let level = if float(index) > step { 15.0 } else { 0.0 };
            let day = rhythm * (TAU * float(index) / float(DAY_POINTS)).sin();
            let value = 40.0 + level + day + spike + noise.next();
            (noise.uniform() > 0.05).then_some(value)
        };
        (0..length).map(&mut value).collect()
    })
}

fn run(baseline: &mut Baseline, from: usize, values: &[Option<f64>]) -> Vec<Observation> {
    let from = i64::try_from(from).unwrap();
    (from..).zip(values).map(|(index, value)| baseline.update(at(index), *value, Lesson::Learn)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_prefix_knows_what_follows_and_a_restart_changes_nothing(values in series(), cut in 0.0..1.0) {
        let cut = usize::try_from(crate::domain::ratio::nearest(cut * float(values.len().try_into().unwrap()))).unwrap();
        let (head, rest) = values.split_at(cut);
        for method in Method::ALL {
            let whole = run(&mut Baseline::new(Settings::new(method)), 0, &values);
            let mut before = Baseline::new(Settings::new(method));
            prop_assert_eq!(run(&mut before, 0, head), whole[..cut].to_vec());
            let mut after = Baseline::from_parts(Settings::new(method), &before.numbers()).unwrap();
            prop_assert_eq!(run(&mut after, cut, rest), whole[cut..].to_vec());
            prop_assert_eq!(after, {
                run(&mut before, cut, rest);
                before
            });
        }
    }

    #[test]
    fn scale_and_shift_change_no_flag(values in series(), scale in 0.001..1000.0, shift in -1000.0..1000.0) {
        let other: Vec<Option<f64>> = values.iter().map(|value| value.map(|value| scale * (value + shift))).collect();
        for method in [Method::Auto, Method::StdDev, Method::Percentile] {
            let plain = run(&mut Baseline::new(Settings::new(method)), 0, &values);
            let moved = run(&mut Baseline::new(Settings::new(method)), 0, &other);
            for (one, two) in plain.iter().zip(&moved) {
                prop_assert_eq!(one.is_anomaly, two.is_anomaly, "{}: {:?} {:?}", method, one, two);
            }
        }
    }

    #[test]
    fn scores_and_flags_say_the_same(values in series()) {
        for method in Method::ALL {
            for seen in run(&mut Baseline::new(Settings::new(method)), 0, &values) {
                prop_assert!((0.0..=1.0).contains(&seen.score));
                prop_assert_eq!(seen.is_anomaly, seen.score >= 0.5);
                prop_assert!(seen.is_anomaly || seen.score < 0.49995, "no rounding makes it one");
                prop_assert!(!(seen.learning && seen.is_anomaly));
                prop_assert_eq!(seen.is_anomaly, seen.cause.is_some());
                let ordered = seen.low <= seen.expected && seen.high.is_none_or(|high| Some(high) >= seen.expected);
                prop_assert!(ordered, "{:?}", seen);
            }
        }
    }
}
