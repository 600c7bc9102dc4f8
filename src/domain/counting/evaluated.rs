//! Counting what a source evaluated per minute, where raw samples cannot be had.

use super::{Booking, Counted, CounterState, Finding, PartIs, Sample, SeriesKey, millis, whole_events};
use crate::domain::ledger::Slice;
use crate::domain::model::{Limit, Rate};
use crate::domain::ratio::float;
use crate::domain::time::{Minute, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Carries the fractions of evaluated expressions forward, so that sums stay within one event.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Carry {
    /// Left over of the total, `0 <= x < 1`.
    total: f64,
    /// Left over of the part, `0 <= x < 1`.
    part: f64,
}

/// The reserved names under which a [`CounterState`] keeps a [`Carry`].
const CARRY_KEYS: (SeriesKey, SeriesKey) = (SeriesKey(u64::MAX), SeriesKey(u64::MAX - 1));

/// Counts what a source evaluated per minute over `window`: `total` and `part` are events per minute.
///
/// A minute is known if its total is; a missing part is no event (the series appears with its first event).
#[must_use]
pub fn count_evaluated(
    state: &CounterState,
    total: &BTreeMap<Minute, f64>,
    part: &BTreeMap<Minute, f64>,
    window: Span,
    settle: Minute,
    part_is: PartIs,
) -> Counted {
    let kept = |key| state.series.get(&key).map_or(0.0, |s: &Sample| s.value);
    let mut carry = Carry { total: kept(CARRY_KEYS.0), part: kept(CARRY_KEYS.1) };
    let mut counted =
        Counted { slices: Vec::new(), state: state.clone(), findings: BTreeSet::new(), doubts: BTreeMap::new() };
    for minute in window.iter() {
        if minute == settle {
            keep_carry(&mut counted.state, carry, minute);
        }
        let measured = total.get(&minute).copied();
        let both = measured.map(|total| (total, part.get(&minute).copied().unwrap_or_default()));
        let slice = both.and_then(|(total, part)| {
            if !(total.is_finite() && part.is_finite() && total >= 0.0 && part >= 0.0) {
                counted.findings.insert(Finding::ImpossibleValues);
                return None;
            }
            let booking = Booking {
                total: whole_of(&mut carry.total, total),
                part: whole_of(&mut carry.part, part),
                ..Booking::default()
            };
            booking.slice(part_is, &mut counted.findings)
        });
        counted.slices.push((minute, slice));
    }
    if settle >= window.end() {
        keep_carry(&mut counted.state, carry, settle);
    }
    counted
}

/// Judges what a source evaluated as levels: in each minute, each series is one event. Nothing is carried forward.
///
/// A value that is NaN is left out; a minute with no other value, or with none, is unknown.
#[must_use]
pub fn count_evaluated_levels(
    state: &CounterState,
    values: &BTreeMap<Minute, Vec<f64>>,
    window: Span,
    limit: &Limit,
) -> Counted {
    let mut findings = BTreeSet::new();
    let slices = minutes(window, |minute| {
        let (mut good, mut total) = (0, 0);
        for value in values.get(&minute)? {
            if value.is_nan() {
                findings.insert(Finding::NoNumbers);
                continue;
            }
            total += 1;
            good += i64::from(limit.is_kept(*value));
        }
        (total > 0).then_some(Slice { good, total, catch_up: false })
    });
    Counted { slices, state: state.clone(), findings, doubts: BTreeMap::new() }
}

/// Judges what a source evaluated as events per minute by a floor: each minute is one event. Fractions are not carried
/// forward, because each minute is judged by itself: with a floor of 6 a minute, 5.5 is too few every time.
#[must_use]
pub fn count_evaluated_throughput(
    state: &CounterState,
    total: &BTreeMap<Minute, f64>,
    window: Span,
    at_least: &Rate,
) -> Counted {
    let mut findings = BTreeSet::new();
    let slices = minutes(window, |minute| {
        let events = *total.get(&minute)?;
        let wrong = match events {
            events if !(events.is_finite() && events >= 0.0) => Some(Finding::ImpossibleValues),
            events if events > float(Slice::MOST_EVENTS) => Some(Finding::ImpossibleJump),
            _ => None,
        };
        if let Some(finding) = wrong {
            findings.insert(finding);
            return None;
        }
        Some(Slice { good: i64::from(at_least.is_reached_about(events)), total: 1, catch_up: false })
    });
    Counted { slices, state: state.clone(), findings, doubts: BTreeMap::new() }
}

fn minutes(window: Span, mut slice: impl FnMut(Minute) -> Option<Slice>) -> Vec<(Minute, Option<Slice>)> {
    window.iter().map(|minute| (minute, slice(minute))).collect()
}

fn keep_carry(state: &mut CounterState, carry: Carry, at: Minute) {
    let at_ms = millis(at);
    state.series.insert(CARRY_KEYS.0, Sample { at_ms, value: carry.total });
    state.series.insert(CARRY_KEYS.1, Sample { at_ms, value: carry.part });
}

/// Adds `amount` to what was left over, takes the whole events out and keeps the rest.
fn whole_of(left_over: &mut f64, amount: f64) -> i64 {
    // Evaluated counts are often a hair below a whole number (9.999999999); a millionth of an event is no event.
    const HAIR: f64 = 1e-6;
    let sum = *left_over + amount;
    let whole = (sum + HAIR).floor();
    *left_over = (sum - whole).max(0.0);
    whole_events(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::Bound;

    fn events(counted: &Counted) -> Vec<Option<(i64, i64)>> {
        counted.slices.iter().map(|(_, slice)| slice.map(|s| (s.good, s.total))).collect()
    }

    /// Free memory of two machines, at least 10 %: both, one of two, one that is no number beside a good one, none at all.
    #[test]
    fn every_series_of_a_level_is_one_event_a_minute() {
        let limit = Limit::parse(Bound::AtLeast, "10").unwrap();
        let values = [vec![10.0, 50.0], vec![9.99, 50.0], vec![f64::NAN, 11.0], vec![f64::NAN], vec![]];
        let values: BTreeMap<_, _> = (0..).map(Minute).zip(values).collect();
        let window = Span::new(Minute(0), Minute(6));
        let counted = count_evaluated_levels(&CounterState::default(), &values, window, &limit);
        assert_eq!(events(&counted), [Some((2, 2)), Some((1, 2)), Some((1, 1)), None, None, None]);
        assert_eq!(counted.findings, BTreeSet::from([Finding::NoNumbers]));
    }

    /// At least 0.1 per second, six a minute.
    #[test]
    fn an_evaluated_throughput_is_judged_minute_by_minute_and_nothing_is_carried_forward() {
        let values = [5.5, 5.5, 6.0, 5.999_999_99, -1.0, f64::INFINITY, 2e12];
        let total: BTreeMap<_, _> = (0..).map(Minute).zip(values).collect();
        let (window, floor) = (Span::new(Minute(0), Minute(8)), Rate::parse("0.1").unwrap());
        let counted = count_evaluated_throughput(&CounterState::default(), &total, window, &floor);
        let (good, bad) = (Some((1, 1)), Some((0, 1)));
        assert_eq!(events(&counted), [bad, bad, good, good, None, None, None, None]);
        assert_eq!(counted.findings, BTreeSet::from([Finding::ImpossibleValues, Finding::ImpossibleJump]));
    }
}
