//! `seasonal`: unlike this hour of the week.
//!
//! Each of the 168 hours of the week, by the clocks of a zone, has a level `l` and a spread `d`. The points of one such
//! hour are gathered; when the next hour begins, their mean `m` and their mean distance from the level `a` are folded in:
//!
//! - first week: `l ← m`;
//! - second week: `d ← a`, `l ← l + w (m - l)`;
//! - later: `d ← d + w (a - d)`, `l ← l + w (m - l)`, with `w = max(α, 1 / weeks)`.
//!
//! A distance counts for no more than `k σ` once there is a spread, so that one bad hour neither moves the level far nor
//! widens the band much. `σ = √(π/2) d`: for Gaussian noise the mean distance from the mean is `√(2/π) σ`. From the third
//! week on, an anomaly is `|x - l| > k σ`.

use super::Band;
use super::numbers::{BrokenMemory, Reader, Writer};
use crate::domain::ratio::float;
use crate::domain::time::Instant;
use chrono::{Datelike as _, Timelike as _};
use chrono_tz::Tz;
use std::f64::consts::FRAC_PI_2;

/// Hours in a week.
const HOURS: usize = 168;
/// Weeks before an hour is judged.
const LEARNING: i64 = 2;

/// What one hour of the week usually has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Slot {
    weeks: i64,
    level: f64,
    spread: f64,
}

/// The hour that is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Open {
    /// Hours since the epoch.
    hour: i64,
    slot: usize,
    points: i64,
    /// Sum of the (tamed) distances from the level, with and without sign.
    sum: f64,
    sizes: f64,
}

/// What `seasonal` remembers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seasonal {
    k: f64,
    alpha: f64,
    zone: Tz,
    slots: Vec<Slot>,
    open: Open,
}

impl Seasonal {
    pub(super) fn new([k, alpha]: [f64; 2], zone: Tz) -> Self {
        Self { k, alpha, zone, slots: vec![Slot::default(); HOURS], open: Open::default() }
    }

    /// Monday 00:00 to 01:00 is 0.
    fn slot(&self, at: Instant) -> usize {
        let local = at.to_utc().with_timezone(&self.zone);
        let hour = local.weekday().num_days_from_monday() * 24 + local.hour();
        usize::try_from(hour).unwrap_or_default() % HOURS
    }

    fn reach(&self, slot: &Slot) -> f64 {
        self.k * FRAC_PI_2.sqrt() * slot.spread
    }

    pub(super) fn band(&self, at: Instant) -> Option<Band> {
        let slot = self.slots.get(self.slot(at)).filter(|slot| slot.weeks >= LEARNING)?;
        let reach = self.reach(slot);
        Some(Band { expected: slot.level, low: Some(slot.level - reach), high: Some(slot.level + reach) })
    }

    pub(super) fn learn(&mut self, at: Instant, value: f64) {
        let hour = at.minute().hour().0;
        if hour != self.open.hour {
            self.close();
            self.open = Open { hour, slot: self.slot(at), ..Open::default() };
        }
        let slot = self.slots.get(self.open.slot).copied().unwrap_or_default();
        let distance = value - slot.level;
        let reach = self.reach(&slot);
        let tamed = if reach > 0.0 { distance.clamp(-reach, reach) } else { distance };
        self.open.points += 1;
        self.open.sum += tamed;
        self.open.sizes += tamed.abs();
    }

    /// Folds the hour that has ended into its slot.
    fn close(&mut self) {
        let Open { slot, points, sum, sizes, .. } = self.open;
        let Some(slot) = self.slots.get_mut(slot).filter(|_| points > 0) else { return };
        slot.weeks += 1;
        let weight = self.alpha.max(1.0 / float(slot.weeks));
        let (shift, size) = (sum / float(points), sizes / float(points));
        match slot.weeks {
            1 => {}
            2 => slot.spread = size,
            _ => slot.spread += weight * (size - slot.spread),
        }
        slot.level += weight * shift;
    }

    pub(super) fn write(&self, to: &mut Writer) {
        let Open { hour, slot, points, sum, sizes } = self.open;
        to.counts(&[hour, i64::try_from(slot).unwrap_or_default(), points]);
        to.numbers(&[sum, sizes]);
        for slot in &self.slots {
            to.count(slot.weeks);
            to.number(slot.level);
            to.number(slot.spread);
        }
    }

    pub(super) fn read(values: [f64; 2], zone: Tz, from: &mut Reader<'_>) -> Result<Self, BrokenMemory> {
        let mut read = Self::new(values, zone);
        let hour = from.count()?;
        let slot = from.index()?;
        read.open = Open { hour, slot, points: from.count()?, sum: from.number()?, sizes: from.number()? };
        for slot in &mut read.slots {
            *slot = Slot { weeks: from.count()?, level: from.number()?, spread: from.number()? };
        }
        if slot < HOURS { Ok(read) } else { Err(BrokenMemory) }
    }
}
