//! How rare a distance is among those seen before.
//!
//! `surprise = -log10 p`, where `p` is the share of earlier distances that were at least as large. Up to `u`, which the
//! largest tenth exceeds, `p` is counted. Beyond it the tail is taken as exponential, the limit for exceedances of most
//! distributions (Pickands 1975): `p(x) = share above u × exp(-(x - u) / b)`, with `b` the mean excess over `u`. `b` is
//! at least `0.3 × u`, about what it is for Gaussian noise, so that rounding errors around a constant distance surprise
//! nobody, and sizes that agree in six digits are the same; `p` never falls below a tenth of one in all that was seen.
//!
//! The distances are kept as at most 64 weighted values, the streaming histogram of Ben-Haim and Tom-Tov (2010): when
//! there is one too many, the two neighbours whose union loses least variance (Ward 1963) become one. A distance loses
//! half its weight in the next 7,000.

use super::numbers::{BrokenMemory, Reader, Writer};
use std::f64::consts::LOG10_E;

/// Weighted values that are kept.
const KEPT: usize = 64;
/// The share of distances whose sizes shape the tail.
const TAIL: f64 = 0.1;
/// The least mean excess, as a part of `u`.
const STIFF: f64 = 0.3;
/// Sizes this close are the same.
const SAME: f64 = 1e-6;
/// When weights are brought back to the size of 1.
const HEAVY: f64 = 1e9;

/// The distribution of the distances seen so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tail {
    values: Vec<f64>,
    weights: Vec<f64>,
    /// The weight of the next distance; grows instead of all others shrinking.
    unit: f64,
}

impl Tail {
    pub(super) fn new() -> Self {
        Self { values: Vec::with_capacity(KEPT + 1), weights: Vec::with_capacity(KEPT + 1), unit: 1.0 }
    }

    /// `u`, the share above it, and the mean excess over it. If the largest size is itself that common, the tail begins
    /// there.
    fn shape(&self, total: f64) -> (f64, f64, f64) {
        let (mut above, mut sum) = (0.0, 0.0);
        let mut next: Option<f64> = None;
        for (value, weight) in self.values.iter().zip(&self.weights).rev() {
            if above + weight >= TAIL * total {
                let edge = next.map_or(*value, |next| value.midpoint(next));
                return if above > 0.0 { (edge, above / total, sum / above - edge) } else { (edge, TAIL, 0.0) };
            }
            above += weight;
            sum += value * weight;
            next = Some(*value);
        }
        (0.0, 1.0, 0.0)
    }

    /// How surprising a distance is: `-log10 p`, at least 0.
    pub(super) fn surprise(&self, distance: f64) -> f64 {
        let total: f64 = self.weights.iter().sum();
        if total <= 0.0 {
            return 0.0;
        }
        let (edge, share, excess) = self.shape(total);
        let one = self.unit / total;
        let distance = distance * (1.0 - SAME);
        if distance > edge {
            let scale = excess.max(STIFF * edge);
            let beyond = if scale > 0.0 { (distance - edge) / scale } else { f64::INFINITY };
            (beyond * LOG10_E - share.max(one).log10()).min(-(one / 10.0).log10())
        } else {
            let from = self.values.partition_point(|value| *value < distance);
            let above: f64 = self.weights.iter().skip(from).sum();
            -(above.max(self.unit) / total).min(1.0).log10()
        }
    }

    /// The distance at which the surprise reaches a given size.
    pub(super) fn distance_at(&self, surprise: f64) -> Option<f64> {
        let total: f64 = self.weights.iter().sum();
        if total <= 0.0 {
            return None;
        }
        let (edge, share, excess) = self.shape(total);
        let beyond = (surprise + share.max(self.unit / total).log10()) / LOG10_E;
        Some(edge + beyond.max(0.0) * excess.max(STIFF * edge))
    }

    /// Takes a distance in; `horizon` is how many distances the memory spans.
    pub(super) fn learn(&mut self, distance: f64, horizon: f64) {
        let at = self.values.partition_point(|value| *value < distance);
        match (self.values.get(at), self.weights.get_mut(at)) {
            (Some(value), Some(weight)) if value.total_cmp(&distance).is_eq() => *weight += self.unit,
            _ => {
                self.values.insert(at, distance);
                self.weights.insert(at, self.unit);
            }
        }
        if self.values.len() > KEPT {
            self.unite();
        }
        self.unit *= 1.0 + 1.0 / horizon;
        if self.unit > HEAVY {
            self.weights.iter_mut().for_each(|weight| *weight /= HEAVY);
            self.unit /= HEAVY;
        }
    }

    /// Makes one of the two neighbours whose union loses least variance.
    fn unite(&mut self) {
        let (mut at, mut least) = (0, f64::INFINITY);
        for (index, (values, weights)) in self.values.windows(2).zip(self.weights.windows(2)).enumerate() {
            if let ([a, b], [v, w]) = (values, weights) {
                let loss = v * w / (v + w) * (b - a) * (b - a);
                if loss < least {
                    (at, least) = (index, loss);
                }
            }
        }
        let (value, weight) = (self.values.remove(at), self.weights.remove(at));
        if let (Some(next), Some(heavier)) = (self.values.get_mut(at), self.weights.get_mut(at)) {
            *heavier += weight;
            *next += (value - *next) * weight / *heavier;
        }
    }

    pub(super) fn write(&self, to: &mut Writer) {
        to.number(self.unit);
        to.list(&self.values);
        to.list(&self.weights);
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, BrokenMemory> {
        let (unit, values, weights) = (from.number()?, from.list(KEPT)?, from.list(KEPT)?);
        let sound = unit > 0.0
            && values.len() == weights.len()
            && values.is_sorted()
            && weights.iter().all(|weight| *weight > 0.0);
        if sound { Ok(Self { values, weights, unit }) } else { Err(BrokenMemory) }
    }
}

#[cfg(test)]
mod tests {
    use super::Tail;
    use crate::domain::ratio::float;
    use statrs::distribution::{ContinuousCDF as _, Exp};

    /// The quantiles of an exponential distribution in an order that jumps about.
    fn exponential() -> Tail {
        let truth = Exp::new(2.0).unwrap();
        let mut tail = Tail::new();
        for index in 0..5000_i64 {
            let rank = float(index * 1237 % 5000) + 0.5;
            tail.learn(truth.inverse_cdf(rank / 5000.0), 1e9);
        }
        tail
    }

    #[test]
    fn an_exponential_tail_is_recognised() {
        let (tail, truth) = (exponential(), Exp::new(2.0).unwrap());
        for distance in [0.1, 0.5, 1.0, 1.5, 2.0, 2.3] {
            let (found, right) = (tail.surprise(distance), -truth.sf(distance).log10());
            assert!((found - right).abs() < 0.1, "{distance}: {found}, not {right}");
        }
        let cap = 50_000_f64.log10();
        assert!((tail.surprise(1e9) - cap).abs() < 1e-3, "a tenth of one in 5000 is the least chance");
        let back = tail.distance_at(3.0).unwrap();
        assert!((tail.surprise(back) - 3.0).abs() < 1e-4);
    }

    #[test]
    fn all_alike_or_nearly_so_surprises_nobody() {
        let mut tail = Tail::new();
        assert!(tail.surprise(1.0) <= 0.0);
        (0..1000_i64).for_each(|index| tail.learn(1.0 + 1e-12 * float(index * 7 % 10), 1e4));
        assert!(tail.surprise(1.0) < 0.5 && tail.surprise(1.0 + 1e-11) < 1.5, "{}", tail.surprise(1.0 + 1e-11));
        assert!(tail.surprise(9.0) > 3.9);
    }

    #[test]
    fn memory_is_bounded_and_old_distances_fade() {
        let mut tail = Tail::new();
        (0..2000_i64).for_each(|index| tail.learn(100.0 + float(index % 97), 1000.0));
        assert!(tail.surprise(50.0) < 0.1);
        (0..20_000_i64).for_each(|index| tail.learn(1.0 + float(index % 97) / 97.0, 1000.0));
        assert!(tail.surprise(50.0) > 2.0, "{}", tail.surprise(50.0));
        assert!(tail.values.len() <= 64 && tail.unit <= 1e9);
    }
}
