//! The value axis: its range, its scale and its ticks.
//!
//! Two kinds of chart are unreadable on an even scale, because what matters is small and what happens is large. Both
//! get a scale that is even near the point of interest and logarithmic away from it, `asinh(distance / c)`:
//!
//! - **Nines.** A percentage with a target: one minute at 0 % would press a target of 99.9 % against the upper edge.
//!   The distance is `100 − value`, so 99.99, 99.9, 99 and 90 stand about equally far apart.
//! - **Factors.** Burn rates: an outage burns at 1000×, alerts stand at 1 to 14.4×. The distance is the value itself.

use crate::chart::unit::{Notation, Unit};
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged};
use std::ops::Range;

/// How a value becomes a height.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scale {
    Even,
    /// `−asinh((100 − v) / c)`
    Nines {
        c: f64,
    },
    /// `asinh(v / c)`
    Factors {
        c: f64,
    },
}

impl Scale {
    fn height(self, value: f64) -> f64 {
        match self {
            Self::Even => value,
            Self::Nines { c } => -((100.0 - value) / c).asinh(),
            Self::Factors { c } => (value / c).asinh(),
        }
    }
}

/// The lowest and the highest of what an axis must show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    pub low: f64,
    pub high: f64,
}

impl Extent {
    /// Of these values; `None` if there are none. NaN and infinities do not count.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let finite = values.into_iter().filter(|v| v.is_finite()).map(|v| v.clamp(-1e15, 1e15));
        finite.fold(None, |extent, v| {
            Some(extent.map_or(Self { low: v, high: v }, |e: Self| Self { low: e.low.min(v), high: e.high.max(v) }))
        })
    }
}

/// A labelled value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    pub label: String,
}

/// A value axis, as plotters maps along it.
#[derive(Clone, Debug)]
pub(super) struct ValueAxis {
    low: f64,
    high: f64,
    scale: Scale,
    unit: Unit,
}

impl ValueAxis {
    /// The axis that shows `data` and `rules` best, within `floor` and `ceiling`; about `ticks` ticks will be asked.
    pub(super) fn choose(
        unit: Unit,
        data: Option<Extent>,
        rules: &[f64],
        (floor, ceiling): (Option<f64>, Option<f64>),
        ticks: u32,
    ) -> Self {
        let ends = data.map(|e| [e.low, e.high]);
        let Extent { low, high } =
            Extent::of(ends.into_iter().flatten().chain(rules.iter().copied())).unwrap_or(match unit {
                Unit::Percent => Extent { low: 0.0, high: 100.0 },
                _ => Extent { low: 0.0, high: 1.0 },
            });
        let mut axis = match unit {
            Unit::Percent => percent(low, high, rules, ticks),
            Unit::Factor if low >= 0.0 && high >= 8.0 => factors(high),
            _ => even(unit, low.min(0.0), high.max(0.0), ticks),
        };
        let finite = |end: Option<f64>| end.filter(|v| v.is_finite()).map(|v| v.clamp(-1e15, 1e15));
        axis.low = finite(floor).unwrap_or(axis.low);
        axis.high = finite(ceiling).unwrap_or(axis.high);
        if axis.high <= axis.low {
            axis.high = axis.low + (axis.low.abs() * 0.01).max(1.0);
        }
        axis
    }

    /// Is the scale even, so that nothing need be said about it?
    pub(super) fn is_even(&self) -> bool {
        self.scale == Scale::Even
    }

    /// Is this finite value on the axis?
    pub(super) fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Where the area below a line ends: zero, or the end of the axis nearest to it.
    pub(super) fn base(&self) -> f64 {
        0.0_f64.clamp(self.low, self.high)
    }

    /// Does a zero line run through the middle?
    pub(super) fn crosses_zero(&self) -> bool {
        self.low < 0.0 && self.high > 0.0
    }

    /// The height of `value` as a share of the axis, 0 to 1; values beyond are brought to the edge.
    pub(super) fn share(&self, value: f64) -> f64 {
        let (low, high) = (self.scale.height(self.low), self.scale.height(self.high));
        let share = (self.scale.height(value.clamp(self.low, self.high)) - low) / (high - low);
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Ticks for an axis on which at most `most` find room, lowest first.
    pub(super) fn ticks(&self, most: u32) -> Vec<Tick> {
        match self.scale {
            Scale::Even => self.even_ticks(most),
            Scale::Nines { .. } => self.uneven_ticks(most, &nines()),
            Scale::Factors { .. } if self.high >= 100.0 => self.uneven_ticks(most, &decades(&[1.0])),
            Scale::Factors { .. } => self.uneven_ticks(most, &decades(&MULTIPLES)),
        }
    }

    fn notation(&self) -> Notation {
        self.unit.notation(self.low.abs().max(self.high.abs()))
    }

    fn even_ticks(&self, most: u32) -> Vec<Tick> {
        let notation = self.notation();
        let step = Step::of(self.unit, self.high - self.low, notation, most);
        let mut ticks = Vec::new();
        let mut n = (self.low / step.size - 1e-6).ceil();
        while n * step.size <= self.high + step.size * 1e-6 && ticks.len() < 50 {
            ticks.push(Tick { value: n * step.size, label: notation.label(n * step.size, step.decimals) });
            n += 1.0;
        }
        ticks
    }

    /// Takes candidates in their order of importance wherever there is still room.
    fn uneven_ticks(&self, most: u32, candidates: &[(f64, usize)]) -> Vec<Tick> {
        let apart = 0.55 / f64::from(most.max(1));
        let mut taken: Vec<(f64, Tick)> = Vec::new();
        for &(value, decimals) in candidates.iter().filter(|(v, _)| (self.low..=self.high).contains(v)) {
            let share = self.share(value);
            if taken.iter().all(|(other, _)| (other - share).abs() >= apart) {
                taken.push((share, Tick { value, label: self.notation().label(value, decimals) }));
            }
        }
        taken.sort_by(|a, b| a.0.total_cmp(&b.0));
        taken.into_iter().map(|(_, tick)| tick).collect()
    }
}

impl Ranged for ValueAxis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (bottom, top): (i32, i32)) -> i32 {
        let px = f64::from(bottom) + self.share(*value) * f64::from(top - bottom);
        crate::chart::fit::units(px / f64::from(crate::chart::fit::UNITS_PER_PX))
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let most = u32::try_from(hint.max_num_points()).unwrap_or(u32::MAX);
        self.ticks(most).into_iter().map(|tick| tick.value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// A percentage. If nothing is above 100 %, the axis ends there; near it, the range hugs the data.
fn percent(low: f64, high: f64, rules: &[f64], ticks: u32) -> ValueAxis {
    const SLACK: f64 = 1e-6; // 100 % after float arithmetic
    if low < 0.0 || high > 100.0 + SLACK {
        return even(Unit::Percent, low.min(0.0), high.max(100.0), ticks);
    }
    let strictest = rules.iter().map(|rule| 100.0 - rule).filter(|d| *d > 0.0).reduce(f64::min);
    if let Some(distance) = strictest.filter(|distance| 100.0 - low > 12.0 * distance) {
        let low = nines().iter().map(|(v, _)| *v).filter(|v| *v <= low).fold(0.0, f64::max);
        let scale = Scale::Nines { c: distance / 4.0 };
        return ValueAxis { low, high: 100.0, scale, unit: Unit::Percent };
    }
    let high = if high > 50.0 { 100.0 } else { high };
    // A calm series is not blown up to look wild: at least a fifth beyond the target, a tenth of a percent without.
    let least = strictest.map_or(0.1, |distance| distance * 1.2);
    let low = (high - (high - low).max(least) * 1.08).max(0.0);
    let mut axis = even(Unit::Percent, low, high, ticks);
    axis.low = axis.low.max(0.0);
    axis.high = axis.high.min(100.0);
    axis
}

/// From `low` to `high`, both moved outwards to the next tick.
fn even(unit: Unit, low: f64, high: f64, ticks: u32) -> ValueAxis {
    let high = if high - low < unit.least_step() { low + unit.least_step().max(1.0) } else { high };
    let step = Step::of(unit, high - low, unit.notation(low.abs().max(high.abs())), ticks).size;
    let low = (low / step + 1e-6).floor() * step;
    let high = (high / step - 1e-6).ceil() * step;
    ValueAxis { low, high, scale: Scale::Even, unit }
}

/// From zero to the next round factor above, with the even part up to about 1.
fn factors(high: f64) -> ValueAxis {
    let top = decades(&MULTIPLES).iter().map(|(v, _)| *v).filter(|v| *v >= high).fold(f64::INFINITY, f64::min);
    let high = if top.is_finite() { top } else { high };
    ValueAxis { low: 0.0, high, scale: Scale::Factors { c: 1.0 }, unit: Unit::Factor }
}

/// A distance between ticks, and how many decimals tell neighbours apart.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    size: f64,
    decimals: usize,
}

impl Step {
    /// The smallest of 1, 2, 2.5 and 5 times a power of ten, in the notation's own unit, that gives at most `most`
    /// steps.
    fn of(unit: Unit, extent: f64, notation: Notation, most: u32) -> Self {
        let least = unit.least_step().max(extent * 1e-9);
        let raw = (extent / f64::from(most.max(1))).max(least) / notation.divisor;
        let (mut magnitude, mut decimals) = (1.0_f64, 0_usize);
        while magnitude * 10.0 <= raw {
            magnitude *= 10.0;
        }
        while magnitude > raw {
            magnitude /= 10.0;
            decimals += 1;
        }
        let whole_only = notation.divisor <= 1.0 && unit == Unit::Events;
        let (multiple, decimals) = match raw / magnitude {
            ..=1.0001 => (1.0, decimals),
            ..=2.0001 => (2.0, decimals),
            ..=2.5001 if !(whole_only && magnitude < 10.0) => (2.5, if magnitude > 9.0 { 0 } else { decimals + 1 }),
            ..=5.0001 => (5.0, decimals),
            _ => (10.0, decimals.saturating_sub(1)),
        };
        Self { size: multiple * magnitude * notation.divisor, decimals }
    }
}

/// 100, then the nines, then the percentages between, each with its decimals.
fn nines() -> Vec<(f64, usize)> {
    let mut candidates = vec![(100.0, 0), (0.0, 0), (90.0, 0), (99.0, 0)];
    let mut distance = 1.0;
    for decimals in 1..=5 {
        distance /= 10.0;
        candidates.push((100.0 - distance, decimals));
    }
    candidates.extend([(50.0, 0), (95.0, 0), (80.0, 0), (99.5, 1), (98.0, 0), (99.95, 2), (99.8, 1)]);
    candidates
}

/// Round factors within a power of ten.
const MULTIPLES: [f64; 4] = [1.0, 3.0, 2.0, 5.0];

/// 0 and these multiples of the powers of ten.
fn decades(multiples: &[f64]) -> Vec<(f64, usize)> {
    let powers = || (0..15).scan(1.0_f64, |power, _| Some(std::mem::replace(power, *power * 10.0)));
    let mut candidates = vec![(0.0, 0)];
    for multiple in multiples {
        candidates.extend(powers().map(|power| (multiple * power, 0)));
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axis(unit: Unit, low: f64, high: f64, rules: &[f64]) -> ValueAxis {
        ValueAxis::choose(unit, Some(Extent { low, high }), rules, (None, None), 5)
    }

    fn labels(axis: &ValueAxis) -> Vec<String> {
        axis.ticks(5).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn percentages_near_the_whole_get_enough_digits_and_end_at_100() {
        // 100 - 99.85 in three steps of 0.05; the float noise above 100 may not add a step.
        let close = axis(Unit::Percent, 99.93, 100.000_000_000_1, &[99.9]);
        assert_eq!(labels(&close), ["99.85 %", "99.90 %", "99.95 %", "100.00 %"]);
        let closer = axis(Unit::Percent, 99.993, 100.0, &[99.99]);
        assert_eq!(labels(&closer), ["99.985 %", "99.990 %", "99.995 %", "100.000 %"]);
        let perfect = axis(Unit::Percent, 100.0, 100.0, &[]);
        assert_eq!((labels(&perfect).last().unwrap().as_str(), perfect.high), ("100.000 %", 100.0));
    }

    #[test]
    fn a_budget_may_go_below_zero() {
        let overspent = axis(Unit::Percent, -130.0, 100.0, &[0.0]);
        assert_eq!(labels(&overspent), ["−150 %", "−100 %", "−50 %", "0 %", "50 %", "100 %"]);
        assert!(overspent.crosses_zero() && overspent.is_even());
    }

    #[test]
    fn a_dip_far_below_the_target_brings_the_nines_scale() {
        let dip = axis(Unit::Percent, 40.0, 100.0, &[99.9]);
        assert!(!dip.is_even());
        assert!(dip.share(99.9) < 0.85, "the target keeps clear of the upper edge: {}", dip.share(99.9));
        assert_eq!(labels(&dip), ["0 %", "90 %", "99 %", "99.9 %", "100 %"]);
        let shallow = axis(Unit::Percent, 99.0, 100.0, &[99.9]);
        assert!(shallow.is_even(), "ten times the budget still reads well on an even scale");
    }

    #[test]
    fn alert_lines_stay_visible_under_a_spike_and_over_calm() {
        let rules = [14.4, 6.0, 3.0, 1.0];
        for high in [0.2, 900.0] {
            let burn = axis(Unit::Factor, 0.0, high, &rules);
            let shares: Vec<f64> = rules.iter().map(|rule| burn.share(*rule)).collect();
            assert!(shares.windows(2).all(|pair| pair[0] - pair[1] > 0.08), "{shares:?}");
            assert!(shares[3] > 0.1, "{shares:?}");
        }
        assert_eq!(labels(&axis(Unit::Factor, 0.0, 900.0, &rules)), ["0×", "1×", "10×", "100×", "1,000×"]);
        assert!(axis(Unit::Factor, 0.0, 2.5, &[1.0]).is_even());
    }

    #[test]
    fn counts_have_whole_steps_and_durations_round_ones() {
        assert_eq!(labels(&axis(Unit::Events, 0.0, 3.0, &[])), ["0", "1", "2", "3"]);
        assert_eq!(labels(&axis(Unit::Events, 0.0, 0.0, &[])), ["0", "1"]);
        assert_eq!(labels(&axis(Unit::Events, 0.0, 48_000.0, &[])), ["0", "10 k", "20 k", "30 k", "40 k", "50 k"]);
        assert_eq!(
            labels(&axis(Unit::Seconds, 0.0, 0.43, &[0.5])),
            ["0 ms", "100 ms", "200 ms", "300 ms", "400 ms", "500 ms"]
        );
    }

    #[test]
    fn floor_and_ceiling_decide() {
        let axis =
            ValueAxis::choose(Unit::Factor, Some(Extent { low: 0.0, high: 5.0 }), &[], (Some(0.0), Some(2.0)), 4);
        assert!((axis.share(5.0) - 1.0).abs() < 1e-12 && (axis.share(1.0) - 0.5).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn every_axis_is_ordered_finite_and_sparsely_ticked(
            unit in prop::sample::select(vec![Unit::Percent, Unit::Factor, Unit::Events, Unit::Seconds]),
            data in prop::collection::vec(prop::num::f64::ANY, 0..4),
            rules in prop::collection::vec(prop::num::f64::ANY, 0..3),
            ends in prop::option::of((prop::num::f64::ANY, prop::num::f64::ANY)),
            most in 0_u32..12,
        ) {
            let axis =
                ValueAxis::choose(unit, Extent::of(data), &rules, (ends.map(|e| e.0), ends.map(|e| e.1)), most);
            prop_assert!(axis.low < axis.high && axis.low.is_finite() && axis.high.is_finite(), "{axis:?}");
            let ticks = axis.ticks(most);
            prop_assert!(ticks.len() <= 50 && ticks.windows(2).all(|t| t[0].value < t[1].value), "{ticks:?}");
            prop_assert!(ticks.iter().all(|t| (0.0..=1.0).contains(&axis.share(t.value))));
        }

        #[test]
        fn ordinary_percentages_have_two_to_eight_distinct_labels_up_to_100(low in 0.0..100.0_f64, target in 50.0..99.999_f64) {
            let labels = labels(&axis(Unit::Percent, low, 100.0, &[target]));
            let distinct: std::collections::BTreeSet<_> = labels.iter().collect();
            prop_assert!((2..=8).contains(&labels.len()) && distinct.len() == labels.len(), "{labels:?}");
            for label in &labels {
                let number: f64 = label.trim_end_matches(" %").parse().unwrap();
                prop_assert!((0.0..=100.0).contains(&number), "{labels:?}");
            }
        }
    }
}
