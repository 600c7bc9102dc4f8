//! What a baseline costs: to update it, to take its memory out and put it back, to draw it, and how much it remembers.
//!
//! `cargo bench --bench baseline` first feeds `auto` ten million points, once in a while asking how much it remembers,
//! then times the rest.

use divan::{Bencher, black_box};
use nines::domain::baseline::{Baseline, Lesson, Method, Settings};
use nines::domain::ratio::float;
use nines::domain::time::{Instant, Span};
use nines::view::plot::{Plot, Points, Shows};
use std::f64::consts::TAU;
use std::time::Instant as Stopwatch;

/// Points that `auto` is to survive.
const MANY: i64 = 10_000_000;
/// Points of a timed run: two weeks of five minutes.
const RUN: i64 = 4032;

fn main() {
    print_memory();
    divan::main();
}

/// A daily rhythm with noise that never repeats, a spike now and then, and a slow drift.
fn value(index: i64) -> f64 {
    let mut z = u64::try_from(index).expect("indices are not negative").wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let noise = float(i64::try_from((z ^ (z >> 31)) >> 11).expect("53 bits fit")) / float(1 << 53);
    let spike = if z % 1500 == 0 { 60.0 } else { 0.0 };
    100.0 + 20.0 * (TAU * float(index % 288) / 288.0).sin() - 8.0 * noise.ln() + spike + float(index) / 1e5
}

fn feed(baseline: &mut Baseline, from: i64, to: i64) -> i64 {
    let one = |index: i64| {
        let at = Instant::from_seconds(1_767_571_200 + 300 * index);
        i64::from(baseline.update(at, Some(value(index)), Lesson::Learn).is_anomaly)
    };
    (from..to).map(one).sum()
}

#[expect(clippy::print_stdout, reason = "a bench speaks to whoever started it")]
fn print_memory() {
    let mut baseline = Baseline::new(Settings::new(Method::Auto));
    let (began, mut anomalies, mut from) = (Stopwatch::now(), 0, 0);
    for to in [10_000, 100_000, 1_000_000, MANY] {
        anomalies += feed(&mut baseline, from, to);
        from = to;
        println!("auto after {to:>8} points: {} numbers, {anomalies} anomalies", baseline.numbers().len());
    }
    println!("{:.2} µs a point", began.elapsed().as_secs_f64() * 1e6 / float(MANY));
}

/// One point; `auto` has been told to stay below 5 µs.
#[divan::bench(args = Method::ALL)]
fn update(bencher: Bencher<'_, '_>, method: Method) {
    let mut baseline = Baseline::new(Settings::new(method));
    feed(&mut baseline, 0, RUN);
    let mut index = RUN;
    bencher.bench_local(|| {
        index += 1;
        feed(&mut baseline, index - 1, black_box(index))
    });
}

/// Two weeks of five minutes from the first point on.
#[divan::bench(args = Method::ALL)]
fn two_weeks(method: Method) -> i64 {
    feed(&mut Baseline::new(Settings::new(method)), 0, black_box(RUN))
}

/// The memory out and back in, as between two pulls.
#[divan::bench]
fn out_and_in(bencher: Bencher<'_, '_>) {
    let mut baseline = Baseline::new(Settings::new(Method::Auto));
    feed(&mut baseline, 0, RUN);
    bencher.bench_local(|| Baseline::from_parts(*baseline.settings(), &black_box(&baseline).numbers()));
}

/// The chart of 90 days with its band, as the page draws it: an hour a point. It should stay below 20 ms.
#[divan::bench]
fn band_of_90_days(bencher: Bencher<'_, '_>) {
    const HOURS: i64 = 90 * 24;
    let first = Instant::from_seconds(1_767_571_200);
    let at = |hour: i64| first.plus_seconds(3600 * hour);
    let measured: Points = (0..HOURS).map(|hour| (at(hour), Some(value(12 * hour)))).collect();
    let usual: Points = measured.iter().map(|(at, value)| (*at, value.map(|value| value * 0.97))).collect();
    let edge = |(at, value): &(Instant, Option<f64>)| (*at, value.map(|value| (value * 0.8, value * 1.3)));
    let edges: Vec<_> = measured.iter().map(edge).collect();
    let span = Span::new(first.minute(), at(HOURS).minute());
    bencher.bench_local(|| {
        let plot = Plot {
            title: "Traffic",
            description: "Events a minute.",
            span,
            zone: chrono_tz::Tz::Europe__Berlin,
            shows: Shows::Events,
            lines: vec![("Measured".to_owned(), measured.clone()), ("Expected".to_owned(), usual.clone())],
            filled: false,
            rules: Vec::new(),
            outages: &[],
            anomalies: &[],
            usual: Some(&edges),
            unknown: &[],
            excluded: &[],
            marks: &[],
            floor: Some(0.0),
            ceiling: None,
        };
        black_box(plot).draw()
    });
}
