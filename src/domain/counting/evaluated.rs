//! Counting what a source evaluated per minute, where raw samples cannot be had.

use super::{Booking, Counted, CounterState, Finding, PartIs, Sample, SeriesKey, millis, whole_events};
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
                known: true,
                total: whole_of(&mut carry.total, total),
                part: whole_of(&mut carry.part, part),
                catch_up: false,
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
