//! What the rest of a period brings: how much, and how bad, each with an interval.

use super::{DayTally, Dice, RUNS, scaled};
use crate::domain::target::WHOLE_PPM;

/// An expectation with the interval that holds eight futures of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// One future in ten brings this or less.
    pub low: i64,
    /// What is expected on average.
    pub expected: i64,
    /// One future in ten brings this or more.
    pub high: i64,
}

impl Range {
    /// From [`RUNS`] futures, the least first, and what is expected of them.
    pub(super) fn of(futures: &[i64], expected: i64) -> Self {
        let at = |rank: usize| futures.get(rank - 1).copied().unwrap_or(expected);
        Self { low: at(RUNS / 10), expected, high: at(RUNS * 9 / 10) }
    }

    /// Does the interval hold this?
    #[must_use]
    pub const fn holds(&self, outcome: i64) -> bool {
        self.low <= outcome && outcome <= self.high
    }
}

/// What the rest of a period brings, in the units that the objective counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// How many units.
    pub units: Range,
    /// How many bad ones among the expected.
    pub bad: Range,
}

/// The units of the rest, of which each remaining day is expected to bring so many. Empty days surprise nobody.
pub(super) fn traffic(usable: &[DayTally], expected: &[i64], seed: u64) -> Range {
    let residuals: Vec<i64> = (0..usable.len()).filter_map(|place| residual_ppm(usable, place)).collect();
    // other dice than those of the bad units, which must not change with what is asked beside them
    let mut dice = Dice(!seed);
    let sides = u64::try_from(residuals.len()).unwrap_or_default();
    let mut run = || -> i64 {
        let units = expected.iter().map(|units| {
            let side = usize::try_from(dice.below(sides)).unwrap_or_default();
            scaled(*units, residuals.get(side).copied().unwrap_or(WHOLE_PPM), WHOLE_PPM)
        });
        units.sum()
    };
    let mut futures: Vec<i64> = (0..RUNS).map(|_| run()).collect();
    futures.sort_unstable();
    Range::of(&futures, expected.iter().sum())
}

/// A day's units against those that the other days of its weekday would have led to expect (all other days if it was the
/// only one), in millionths; nothing if they had none.
fn residual_ppm(usable: &[DayTally], place: usize) -> Option<i64> {
    let day = usable.get(place)?;
    let others = || usable.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, other)| other);
    let sum = |same_weekday: bool| {
        let counts = others().filter(|other| !same_weekday || other.weekday == day.weekday);
        counts.fold((0, 0), |sum, other| (sum.0 + other.tally.total, sum.1 + other.tally.known))
    };
    let (total, known) = Some(sum(true)).filter(|(_, known)| *known > 0).unwrap_or_else(|| sum(false));
    let expected = scaled(day.tally.known, total, known);
    (expected > 0).then(|| scaled(day.tally.total, WHOLE_PPM, expected))
}
