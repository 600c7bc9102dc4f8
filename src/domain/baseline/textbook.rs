//! The textbook methods, which know no time: `ewma`, `stddev`, `percentile`.
//!
//! - `ewma`: `e ← x₁`, then `e ← α x + (1 - α) e`; an anomaly is `x > β e`. Its band has no lower edge.
//! - `stddev`: mean `m` and sample standard deviation `s` (divisor `n - 1`) of the window; an anomaly is
//!   `|x - m| > k s`.
//! - `percentile`: linear interpolation between closest ranks (Hyndman and Fan 1996, type 7): rank
//!   `h = (n - 1) p / 100` of the sorted history; an anomaly is above `p` or below `100 - p`. The middle is the median.
//!
//! Each judges a point by what came before it, then learns it.

use super::Band;
use super::numbers::{BrokenMemory, Reader, Writer};
use crate::domain::ratio::{float, nearest};

/// Points before `ewma` speaks.
const EWMA_LEARNING: i64 = 10;
/// Points before `stddev` speaks.
const STD_DEV_LEARNING: usize = 30;
/// Points before `percentile` speaks.
const PERCENTILE_LEARNING: usize = 100;
/// The longest window that there is.
const LONGEST: usize = 5000;

fn size(value: f64) -> usize {
    usize::try_from(nearest(value)).unwrap_or_default()
}

fn length(values: &[f64]) -> f64 {
    float(i64::try_from(values.len()).unwrap_or(i64::MAX))
}

/// What `ewma` remembers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ewma {
    alpha: f64,
    beta: f64,
    seen: i64,
    level: f64,
}

impl Ewma {
    pub(super) const fn new([alpha, beta]: [f64; 2]) -> Self {
        Self { alpha, beta, seen: 0, level: 0.0 }
    }

    pub(super) fn band(&self) -> Option<Band> {
        let ready = self.seen >= EWMA_LEARNING;
        // a multiple of a negative average is no upper bound
        ready.then(|| Band {
            expected: self.level,
            low: None,
            high: Some(self.level * self.beta).filter(|_| self.level >= 0.0),
        })
    }

    pub(super) fn learn(&mut self, value: f64) {
        let alpha = if self.seen == 0 { 1.0 } else { self.alpha };
        self.level = alpha * value + (1.0 - alpha) * self.level;
        self.seen += 1;
    }

    pub(super) fn write(&self, to: &mut Writer) {
        to.count(self.seen);
        to.number(self.level);
    }

    pub(super) fn read(values: [f64; 2], from: &mut Reader<'_>) -> Result<Self, BrokenMemory> {
        Ok(Self { seen: from.count()?, level: from.number()?, ..Self::new(values) })
    }
}

/// The newest points, oldest first once `next` wraps round.
#[derive(Clone, Debug, PartialEq)]
struct Ring {
    most: usize,
    values: Vec<f64>,
    next: usize,
}

impl Ring {
    const fn new(most: usize) -> Self {
        Self { most, values: Vec::new(), next: 0 }
    }

    /// Puts a value in and gives back the one that had to go.
    fn push(&mut self, value: f64) -> Option<f64> {
        if self.values.len() < self.most {
            self.values.push(value);
            return None;
        }
        let place = self.values.get_mut(self.next)?;
        self.next = (self.next + 1) % self.most.max(1);
        Some(std::mem::replace(place, value))
    }

    fn write(&self, to: &mut Writer) {
        to.count(i64::try_from(self.next).unwrap_or_default());
        to.list(&self.values);
    }

    fn read(most: usize, from: &mut Reader<'_>) -> Result<Self, BrokenMemory> {
        let next = from.index()?;
        let values = from.list(most.min(LONGEST))?;
        if next < most.max(1) { Ok(Self { most, values, next }) } else { Err(BrokenMemory) }
    }
}

/// What `stddev` remembers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StdDev {
    k: f64,
    window: Ring,
}

impl StdDev {
    pub(super) fn new([k, window]: [f64; 2]) -> Self {
        Self { k, window: Ring::new(size(window)) }
    }

    pub(super) fn band(&self) -> Option<Band> {
        let values = &self.window.values;
        if values.len() < STD_DEV_LEARNING {
            return None;
        }
        let first = values.first().copied().unwrap_or_default();
        // relative to the first value, so that a constant has no deviation at all
        let mean = first + values.iter().map(|value| value - first).sum::<f64>() / length(values);
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let reach = self.k * (squares / (length(values) - 1.0)).sqrt();
        Some(Band { expected: mean, low: Some(mean - reach), high: Some(mean + reach) })
    }

    pub(super) fn learn(&mut self, value: f64) {
        self.window.push(value);
    }

    pub(super) fn write(&self, to: &mut Writer) {
        self.window.write(to);
    }

    pub(super) fn read(values: [f64; 2], from: &mut Reader<'_>) -> Result<Self, BrokenMemory> {
        let new = Self::new(values);
        Ok(Self { window: Ring::read(new.window.most, from)?, ..new })
    }
}

/// What `percentile` remembers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Percentile {
    p: f64,
    history: Ring,
    sorted: Vec<f64>,
}

impl Percentile {
    pub(super) fn new([p, history]: [f64; 2]) -> Self {
        Self { p, history: Ring::new(size(history)), sorted: Vec::new() }
    }

    fn at(&self, percent: f64) -> Option<f64> {
        let rank = (length(&self.sorted) - 1.0).max(0.0) * percent / 100.0;
        let below = size(rank.floor());
        let (from, to) = (self.sorted.get(below)?, self.sorted.get(below + 1).or(self.sorted.last())?);
        Some(from + (to - from) * (rank - rank.floor()))
    }

    pub(super) fn band(&self) -> Option<Band> {
        if self.sorted.len() < PERCENTILE_LEARNING {
            return None;
        }
        Some(Band { expected: self.at(50.0)?, low: self.at(100.0 - self.p), high: self.at(self.p) })
    }

    pub(super) fn learn(&mut self, value: f64) {
        if let Some(gone) = self.history.push(value) {
            let at = self.sorted.partition_point(|other| other.total_cmp(&gone).is_lt());
            if at < self.sorted.len() {
                self.sorted.remove(at);
            }
        }
        let at = self.sorted.partition_point(|other| other.total_cmp(&value).is_lt());
        self.sorted.insert(at, value);
    }

    pub(super) fn write(&self, to: &mut Writer) {
        self.history.write(to);
    }

    pub(super) fn read(values: [f64; 2], from: &mut Reader<'_>) -> Result<Self, BrokenMemory> {
        let new = Self::new(values);
        let history = Ring::read(new.history.most, from)?;
        let mut sorted = history.values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        Ok(Self { history, sorted, ..new })
    }
}
