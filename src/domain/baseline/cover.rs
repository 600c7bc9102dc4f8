//! Everything ever seen, in bounded space: balls that cover it.
//!
//! A *shape* is a value with the three before it. The memory keeps at most 256 shapes such that every shape of the past
//! lies within about `radius` of a kept one, by the largest difference of their parts (an ε-net, as in the doubling
//! algorithm for k-centre: Charikar, Chekuri, Feder and Motwani 1997). While everything fits the radius is 0. When a
//! new shape finds no room, those not met for a horizon are dropped; if none is, the radius grows to the median
//! distance between nearest neighbours, and of shapes closer than that only one stays. Between such times it slowly
//! shrinks, so that the net follows a series that became calmer.
//!
//! `distances` answers, for the value alone, for the last two, three and four: how far is the nearest ever seen?

use super::numbers::{BrokenMemory, Reader, Writer};

/// Values in a shape.
pub(super) const PARTS: usize = 4;
/// Shapes that are kept.
const KEPT: usize = 256;
/// How many may stay when room is made.
const ROOMY: usize = 192;

/// A value with the ones before it, newest first.
pub(super) type Shape = [f64; PARTS];

/// The net.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cover {
    parts: [Vec<f64>; PARTS],
    /// When each shape was last met, as a number of points.
    met: Vec<i64>,
    radius: f64,
}

const fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

const fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

fn apart(a: &Shape, b: &Shape) -> f64 {
    a.iter().zip(b).fold(0.0, |most, (a, b)| larger(most, (a - b).abs()))
}

impl Cover {
    pub(super) fn new() -> Self {
        Self { parts: std::array::from_fn(|_| Vec::with_capacity(KEPT)), met: Vec::with_capacity(KEPT), radius: 0.0 }
    }

    /// How far the nearest shape is by its newest 1, 2, 3 and 4 parts; zeros while nothing was seen.
    pub(super) fn distances(&self, shape: &Shape) -> Shape {
        if self.met.is_empty() {
            return [0.0; PARTS];
        }
        let mut nearest = [f64::INFINITY; PARTS];
        let [a, b, c, d] = &self.parts;
        for (((a, b), c), d) in a.iter().zip(b).zip(c).zip(d) {
            let one = (shape[0] - a).abs();
            let two = larger(one, (shape[1] - b).abs());
            let three = larger(two, (shape[2] - c).abs());
            let four = larger(three, (shape[3] - d).abs());
            nearest = [
                smaller(one, nearest[0]),
                smaller(two, nearest[1]),
                smaller(three, nearest[2]),
                smaller(four, nearest[3]),
            ];
        }
        nearest
    }

    fn shape(&self, index: usize) -> Shape {
        std::array::from_fn(|part| self.parts[part].get(index).copied().unwrap_or_default())
    }

    /// Takes the `now`-th shape in, whose [`Self::distances`] are known.
    pub(super) fn learn(&mut self, shape: &Shape, distances: &Shape, now: i64, horizon: i64, shrink: f64) {
        self.radius *= shrink;
        let distance = distances[PARTS - 1];
        if !self.met.is_empty() && distance <= self.radius {
            let nearest = (0..self.met.len()).find(|index| apart(&self.shape(*index), shape) <= distance);
            if let Some(met) = nearest.and_then(|index| self.met.get_mut(index)) {
                *met = now;
            }
            return;
        }
        if self.met.len() >= KEPT {
            self.keep(|_, met, _| now - met < horizon);
        }
        if self.met.len() >= KEPT {
            self.radius = self.radius.max(self.median_gap());
            while self.met.len() > ROOMY {
                let radius = self.radius;
                self.keep(|shape, _, kept| kept.iter().all(|other| apart(shape, other) > radius));
                self.radius *= if self.met.len() > ROOMY { 1.25 } else { 1.0 };
            }
        }
        for (part, value) in self.parts.iter_mut().zip(shape) {
            part.push(*value);
        }
        self.met.push(now);
    }

    /// Keeps the shapes that pass, oldest first, which may look at those already kept.
    fn keep(&mut self, passes: impl Fn(&Shape, i64, &[Shape]) -> bool) {
        let mut kept: Vec<Shape> = Vec::with_capacity(KEPT);
        let mut met = Vec::with_capacity(KEPT);
        for (index, last) in self.met.iter().enumerate() {
            let shape = self.shape(index);
            if passes(&shape, *last, &kept) {
                kept.push(shape);
                met.push(*last);
            }
        }
        for (index, part) in self.parts.iter_mut().enumerate() {
            part.clear();
            part.extend(kept.iter().map(|shape| shape[index]));
        }
        self.met = met;
    }

    /// The median of the distances from each shape to its nearest neighbour.
    fn median_gap(&self) -> f64 {
        let shapes: Vec<Shape> = (0..self.met.len()).map(|index| self.shape(index)).collect();
        let gap = |index: usize, shape: &Shape| {
            let others = shapes.iter().enumerate().filter(|(other, _)| *other != index);
            others.fold(f64::INFINITY, |least, (_, other)| smaller(apart(shape, other), least))
        };
        let mut gaps: Vec<f64> = shapes.iter().enumerate().map(|(index, shape)| gap(index, shape)).collect();
        gaps.sort_unstable_by(f64::total_cmp);
        gaps.get(gaps.len() / 2).copied().unwrap_or_default()
    }

    pub(super) fn write(&self, to: &mut Writer) {
        to.number(self.radius);
        for part in &self.parts {
            to.list(part);
        }
        to.counts(&self.met);
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, BrokenMemory> {
        let radius = from.number()?;
        let mut parts: [Vec<f64>; PARTS] = std::array::from_fn(|_| Vec::new());
        for part in &mut parts {
            *part = from.list(KEPT)?;
        }
        let length = parts[0].len();
        let met = (0..length).map(|_| from.count()).collect::<Result<Vec<_>, _>>()?;
        let sound = radius >= 0.0 && parts.iter().all(|part| part.len() == length);
        if sound { Ok(Self { parts, met, radius }) } else { Err(BrokenMemory) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cover, KEPT, PARTS, Shape, apart};
    use crate::domain::ratio::float;

    /// Shapes of a series that never repeats.
    fn shapes(length: i64) -> Vec<Shape> {
        let value = |index: i64| (float(index) * 0.7).sin() * 10.0 + (float(index * index) * 0.37).sin();
        (0..length).map(|index| std::array::from_fn(|part| value(index + 3 - i64::try_from(part).unwrap()))).collect()
    }

    fn alike(a: &Shape, b: &Shape) -> bool {
        a.iter().zip(b).all(|(a, b)| a.total_cmp(b).is_eq())
    }

    fn learned(shapes: &[Shape]) -> Cover {
        let mut cover = Cover::new();
        for (now, shape) in (0..).zip(shapes) {
            let distances = cover.distances(shape);
            cover.learn(shape, &distances, now, 1_000_000, 1.0);
        }
        cover
    }

    #[test]
    fn distances_are_exact_while_everything_fits() {
        let all = shapes(300);
        let (seen, new) = all.split_at(250);
        let cover = learned(seen);
        assert!(alike(&cover.distances(&seen[17]), &[0.0; PARTS]));
        for shape in new {
            let first = |parts: usize| {
                let distance = |other: &Shape| (0..parts).map(|i| (shape[i] - other[i]).abs()).fold(0.0, f64::max);
                seen.iter().map(distance).fold(f64::INFINITY, f64::min)
            };
            assert!(alike(&cover.distances(shape), &[first(1), first(2), first(3), first(4)]));
        }
    }

    #[test]
    fn everything_ever_seen_stays_covered() {
        let all = shapes(5000);
        let cover = learned(&all);
        assert!(cover.met.len() <= KEPT && cover.radius > 0.0);
        let furthest = all.iter().map(|shape| cover.distances(shape)[PARTS - 1]).fold(0.0, f64::max);
        // what was within an earlier radius of a shape that went is within the sum of both: radii grow geometrically
        assert!(furthest <= 4.0 * cover.radius, "{furthest} with a radius of {}", cover.radius);
        for (index, shape) in (0..cover.met.len()).map(|index| (index, cover.shape(index))) {
            let others = (0..index).map(|other| apart(&cover.shape(other), &shape));
            assert!(others.fold(f64::INFINITY, f64::min) > 0.0, "no shape is kept twice");
        }
    }

    #[test]
    fn what_was_not_met_for_a_horizon_makes_room_first() {
        let mut cover = Cover::new();
        for (now, shape) in (0..).zip(shapes(2 * 256)) {
            let distances = cover.distances(&shape);
            cover.learn(&shape, &distances, now, 200, 1.0);
        }
        assert!(cover.radius.abs() < f64::EPSILON && cover.met.iter().all(|met| *met >= 56), "{:?}", cover.met.first());
    }
}
