//! The sample world of `nines demo`: three services whose every minute is a pure function of the time.
//!
//! The same function gives the 35 days of history and the counters that the demo goes on to scrape, so the sample
//! lives on while the demo runs.

use crate::domain::ratio::{float, nearest};
use crate::domain::time::{DAY_MINUTES, Minute};
use std::f64::consts::TAU;
use std::iter::Sum;

/// One sample service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// Busy, and in the middle of the month it had a bad week.
    Shop,
    /// A few requests an hour.
    Invoices,
    /// Busy, but its measurements have gaps.
    Search,
}

/// The bounds of the sample histograms, in seconds.
pub const BOUNDS: [&str; 6] = ["0.05", "0.1", "0.25", "0.5", "1", "2.5"];
/// The place of half a second among [`BOUNDS`].
const FAST: usize = 3;
/// What a request takes in each bucket on average, the last one above every bound, in microseconds.
const MICROS: [i64; BOUNDS.len() + 1] = [32_000, 72_000, 160_000, 340_000, 700_000, 1_600_000, 3_400_000];

/// What happened in one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// All requests.
    pub total: i64,
    /// Those that failed.
    pub bad: i64,
    /// Those answered within each of [`BOUNDS`].
    pub within: [i64; BOUNDS.len()],
    /// How long all of them took together, in microseconds.
    pub micros: i64,
}

impl Happened {
    /// Those answered within half a second.
    #[must_use]
    pub const fn fast(&self) -> i64 {
        self.within[FAST]
    }
}

impl Sum for Happened {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum.within.iter_mut().zip(one.within).for_each(|(sum, one)| *sum += one);
            let (total, bad, micros) = (sum.total + one.total, sum.bad + one.bad, sum.micros + one.micros);
            Self { total, bad, micros, ..sum }
        })
    }
}

impl Sample {
    /// The three services.
    pub const ALL: [Self; 3] = [Self::Shop, Self::Invoices, Self::Search];

    /// The name that people see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shop => "Shop",
            Self::Invoices => "Invoices",
            Self::Search => "Search",
        }
    }

    /// The label in the sample counters.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Invoices => "invoices",
            Self::Search => "search",
        }
    }

    /// Mean requests per minute.
    const fn requests(self) -> f64 {
        match self {
            Self::Shop => 420.0,
            Self::Invoices => 0.08,
            Self::Search => 95.0,
        }
    }

    /// The share of requests that fail, and that are slow, `age` minutes before the demo started (negative after).
    fn troubles(self, age: i64) -> (f64, f64) {
        let days = |from: i64, to: i64| (to * DAY_MINUTES..from * DAY_MINUTES).contains(&age);
        let incident = |day: i64, hour: i64, minutes: i64| {
            let start = day * DAY_MINUTES - hour * 60;
            (start - minutes..start).contains(&age)
        };
        match self {
            Self::Shop if incident(12, 9, 47) => (0.35, 0.50),
            Self::Shop if incident(10, 20, 22) => (0.60, 0.30),
            Self::Shop if incident(8, 14, 95) => (0.08, 0.40),
            Self::Shop if days(13, 6) => (0.0016, 0.035),
            Self::Shop => (0.0002, 0.012),
            Self::Invoices if incident(20, 3, 240) => (0.5, 0.5),
            Self::Invoices => (0.002, 0.02),
            Self::Search if incident(3, 11, 18) => (0.04, 0.10),
            Self::Search => (0.0004, 0.004),
        }
    }

    /// Was the service not measured in this minute?
    #[must_use]
    pub fn is_unmeasured(self, minute: Minute, started: Minute) -> bool {
        let age = started.0 - minute.0;
        let gap = |day: i64, minutes: i64| (day * DAY_MINUTES - minutes..day * DAY_MINUTES).contains(&age);
        matches!(self, Self::Search) && (gap(27, 190) || gap(19, 35) || gap(18, 12) || gap(9, 760) || gap(2, 20))
    }

    /// What happens in a minute; `started` is the minute in which the demo began.
    #[must_use]
    pub fn happened(self, minute: Minute, started: Minute) -> Happened {
        let mut dice = Dice::new(self, minute);
        let (failing, slow) = self.troubles(started.0 - minute.0);
        let total = dice.poisson(self.requests() * daily_rhythm(minute));
        let bad = dice.share(total, failing);
        let fast = total - dice.share(total, slow).max(bad / 2);
        let within = dice.spread(fast, total);
        let up_to = within.into_iter().chain([total]);
        let beyond = std::iter::once(0).chain(within);
        let micros = up_to.zip(beyond).zip(MICROS).map(|((up_to, beyond), micros)| (up_to - beyond) * micros).sum();
        Happened { total, bad, within, micros }
    }
}

/// Busier by day than by night, quieter at the weekend; 1 on average over a weekday.
fn daily_rhythm(minute: Minute) -> f64 {
    let of_day = float(minute.0.rem_euclid(DAY_MINUTES)) / float(DAY_MINUTES);
    // 1970-01-01 was a Thursday: days 2 and 3 of each seven are Saturday and Sunday
    let is_weekend = matches!(minute.0.div_euclid(DAY_MINUTES).rem_euclid(7), 2 | 3);
    let week = if is_weekend { 0.6 } else { 1.0 };
    week * (1.0 + 0.6 * (TAU * (of_day - 0.29)).sin())
}

/// A small generator (`SplitMix64`) that gives the same numbers for the same service and minute.
struct Dice(u64);

impl Dice {
    fn new(sample: Sample, minute: Minute) -> Self {
        let salt = match sample {
            Sample::Shop => 1,
            Sample::Invoices => 2,
            Sample::Search => 3,
        };
        Self(u64::try_from(minute.0).unwrap_or_default().wrapping_mul(0x9E37_79B9).wrapping_add(salt << 48))
    }

    /// A number `0 <= x < 1`.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bits = i64::try_from((z ^ (z >> 31)) >> 11).unwrap_or_default();
        float(bits) / 9_007_199_254_740_992.0
    }

    /// A Poisson number: by multiplication while small, by its normal shape when large.
    fn poisson(&mut self, mean: f64) -> i64 {
        if mean > 30.0 {
            let normal = (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (TAU * self.uniform()).cos();
            return nearest(mean + mean.sqrt() * normal).max(0);
        }
        let (limit, mut product, mut count) = ((-mean).exp(), self.uniform(), 0);
        while product > limit {
            product *= self.uniform();
            count += 1;
        }
        count
    }

    /// How many of `total` requests, of which `fast` take half a second at most, lie within each bound.
    fn spread(&mut self, fast: i64, total: i64) -> [i64; BOUNDS.len()] {
        let quarter = fast - self.share(fast, 0.03);
        let tenth = quarter - self.share(quarter, 0.12);
        let twentieth = tenth - self.share(tenth, 0.4);
        let second = total - self.share(total - fast, 0.3);
        let most = total - self.share(total - second, 0.2);
        [twentieth, tenth, quarter, fast, second, most]
    }

    /// How many of `total` have a property that each has with this probability.
    fn share(&mut self, total: i64, probability: f64) -> i64 {
        self.poisson(float(total) * probability).min(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTED: Minute = Minute(29_920_740);

    fn sum(sample: Sample, from_day: i64, to_day: i64) -> Happened {
        let minutes = (STARTED.0 - from_day * DAY_MINUTES..STARTED.0 - to_day * DAY_MINUTES).map(Minute);
        minutes.map(|minute| sample.happened(minute, STARTED)).sum()
    }

    #[test]
    fn the_shop_has_a_bad_week_and_a_good_rest() {
        let (bad_week, good_week) = (sum(Sample::Shop, 13, 6), sum(Sample::Shop, 35, 28));
        assert!(bad_week.bad * 1000 > bad_week.total, "misses 99.9 %: {bad_week:?}");
        assert!(good_week.bad * 1000 < good_week.total, "meets 99.9 %: {good_week:?}");
    }

    #[test]
    fn invoices_are_rare_and_search_has_gaps() {
        let invoices = sum(Sample::Invoices, 30, 0);
        assert!((1000..6000).contains(&invoices.total), "{invoices:?}");
        let missing = (0..35 * DAY_MINUTES).filter(|age| Sample::Search.is_unmeasured(STARTED.plus(-age), STARTED));
        assert_eq!(missing.count(), 190 + 35 + 12 + 760 + 20);
    }

    #[test]
    fn parts_never_exceed_the_whole() {
        for sample in Sample::ALL {
            for minute in (0..20_000).map(|age| STARTED.plus(-age)) {
                let one = sample.happened(minute, STARTED);
                assert!((0..=one.total).contains(&one.bad), "{one:?}");
                let within: Vec<i64> = [0].into_iter().chain(one.within).chain([one.total]).collect();
                assert!(within.is_sorted(), "{one:?}");
                let (least, most) = (one.total * MICROS[0], one.total * MICROS[BOUNDS.len()]);
                assert!((least..=most).contains(&one.micros), "{one:?}");
            }
        }
    }
}
