//! Traffic for benches: Poisson noise around a daily rhythm, with a few failures always and many now and then.

use crate::harness::House;
use nines::domain::ids::IndicatorId;
use nines::domain::ledger::Slice;
use nines::domain::ratio::{float, nearest};
use nines::domain::time::{DAY_MINUTES, Minute, Span};
use nines::store;
use std::f64::consts::TAU;

/// Requests per minute of a busy, a usual and a quiet service.
pub const RATES: [(&str, f64); 3] = [("busy", 6_000.0), ("medium", 100.0), ("low", 1.0)];

/// A small generator of pseudo-random numbers (`SplitMix64`), the same on every machine.
struct Chance(u64);

impl Chance {
    /// A number above 0 and at most 1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bits = i64::try_from((z ^ (z >> 31)) >> 11).expect("53 bits fit");
        float(bits + 1) / float(1 << 53)
    }

    /// A Poisson number: by multiplication while small, by its normal shape when large.
    fn poisson(&mut self, mean: f64) -> i64 {
        if mean > 30.0 {
            let normal = (-2.0 * self.uniform().ln()).sqrt() * (TAU * self.uniform()).cos();
            return nearest(mean + mean.sqrt() * normal).max(0);
        }
        let (limit, mut product, mut count) = ((-mean).exp(), self.uniform(), 0);
        while product > limit {
            product *= self.uniform();
            count += 1;
        }
        count
    }
}

/// The minutes of a service with so many requests a minute; one day in twelve has a bad hour.
pub fn minutes(seed: u64, rate: f64, span: Span) -> Vec<(Minute, Option<Slice>)> {
    let mut chance = Chance(seed);
    let minute = |minute: Minute| {
        let of_day = float(minute.0.rem_euclid(DAY_MINUTES)) / float(DAY_MINUTES);
        let is_bad_hour = minute.0.div_euclid(60) % (12 * 24) == 9;
        let total = chance.poisson(rate * (1.0 + 0.6 * (TAU * (of_day - 0.29)).sin()));
        let bad = chance.poisson(float(total) * if is_bad_hour { 0.1 } else { 0.0004 }).min(total);
        (minute, Some(Slice { good: total - bad, total, catch_up: false }))
    };
    span.iter().map(minute).collect()
}

/// Keeps minutes of an indicator.
pub async fn write(house: &House, indicator: IndicatorId, slices: &[(Minute, Option<Slice>)]) {
    let mut tx = house.context.db.begin_write().await.expect("SQLite lets us write");
    store::ledger::write(&mut tx, indicator, slices).await.expect("the minutes are possible");
    tx.commit().await.expect("SQLite keeps them");
}
