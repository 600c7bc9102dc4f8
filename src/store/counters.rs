//! What counting remembers between two readings, as bytes: it is rewritten with every pull, for thousands of series.
//!
//! `version 1 | number of series | (key, time, value)… | number of targets | (key, time)…`. Keys are eight bytes, times are
//! zigzag varints of the distance from the one before (they are nearly equal), a value is a varint of twice itself
//! if it is a whole number, else a one followed by its eight bytes.

use crate::domain::counting::{CounterState, Sample, SeriesKey, TargetKey};
use crate::domain::ledger::varint;

const VERSION: u8 = 1;
/// Whole values up to here are written as such: beyond 2⁵³ a float skips numbers anyway.
const WHOLE_LIMIT: f64 = 9_007_199_254_740_992.0;

pub(super) fn pack(state: &CounterState) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    let mut before = 0;
    put_count(&mut bytes, state.series.len());
    for (key, sample) in &state.series {
        bytes.extend(key.0.to_le_bytes());
        put_time(&mut bytes, &mut before, sample.at_ms);
        put_value(&mut bytes, sample.value);
    }
    put_count(&mut bytes, state.targets.len());
    for (key, at_ms) in &state.targets {
        bytes.extend(key.0.to_le_bytes());
        put_time(&mut bytes, &mut before, *at_ms);
    }
    bytes
}

/// The state behind the bytes; `None` if they are damaged or of an unknown version.
pub(super) fn unpack(mut bytes: &[u8]) -> Option<CounterState> {
    let rest = &mut bytes;
    let [version] = take_array(rest)?;
    if version != VERSION {
        return None;
    }
    let mut state = CounterState::default();
    let mut before = 0;
    for _series in 0..varint::take(rest)? {
        let key = SeriesKey(u64::from_le_bytes(take_array(rest)?));
        let at_ms = take_time(rest, &mut before)?;
        let value = take_value(rest)?;
        state.series.insert(key, Sample { at_ms, value });
    }
    for _target in 0..varint::take(rest)? {
        let key = TargetKey(u64::from_le_bytes(take_array(rest)?));
        state.targets.insert(key, take_time(rest, &mut before)?);
    }
    rest.is_empty().then_some(state)
}

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    varint::put(bytes, u64::try_from(count).unwrap_or(u64::MAX));
}

fn put_time(bytes: &mut Vec<u8>, before: &mut i64, at_ms: i64) {
    varint::put(bytes, varint::zigzag(at_ms.wrapping_sub(*before)));
    *before = at_ms;
}

fn take_time(bytes: &mut &[u8], before: &mut i64) -> Option<i64> {
    *before = before.wrapping_add(varint::unzigzag(varint::take(bytes)?));
    Some(*before)
}

fn put_value(bytes: &mut Vec<u8>, value: f64) {
    if let Some(whole) = whole(value) {
        varint::put(bytes, whole << 1);
    } else {
        varint::put(bytes, 1);
        bytes.extend(value.to_le_bytes());
    }
}

fn take_value(bytes: &mut &[u8]) -> Option<f64> {
    match varint::take(bytes)? {
        1 => take_array(bytes).map(f64::from_le_bytes),
        even if even & 1 == 0 => float(even >> 1),
        _ => None,
    }
}

/// The value as an integer, if it is one that comes back as exactly the same float (so not -0.0).
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "range is checked")]
fn whole(value: f64) -> Option<u64> {
    let fits = (0.0..WHOLE_LIMIT).contains(&value) && value.is_sign_positive();
    (fits && value.fract() == 0.0).then_some(value as u64)
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "exact below 2^53, and nothing else passes")]
fn float(whole: u64) -> Option<f64> {
    let value = whole as f64;
    (value < WHOLE_LIMIT).then_some(value)
}

fn take_array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state() -> impl Strategy<Value = CounterState> {
        let value = prop_oneof![(0..1_000_000_u32).prop_map(f64::from), any::<f64>(), Just(-0.0), Just(1.5)];
        let sample = (any::<i64>(), value).prop_map(|(at_ms, value)| Sample { at_ms, value });
        let series = proptest::collection::btree_map(any::<u64>().prop_map(SeriesKey), sample, 0..20);
        let targets = proptest::collection::btree_map(any::<u64>().prop_map(TargetKey), any::<i64>(), 0..5);
        (series, targets).prop_map(|(series, targets)| CounterState { series, targets })
    }

    /// As bits, because NaN is not equal to itself and -0.0 is equal to 0.0.
    fn bits(state: &CounterState) -> Vec<(u64, i64, u64)> {
        state.series.iter().map(|(key, sample)| (key.0, sample.at_ms, sample.value.to_bits())).collect()
    }

    proptest! {
        #[test]
        fn every_state_comes_back_to_the_bit(state in state()) {
            let read = unpack(&pack(&state)).unwrap();
            prop_assert_eq!(bits(&read), bits(&state));
            prop_assert_eq!(read.targets, state.targets);
        }

        #[test]
        fn cut_or_altered_bytes_never_panic(state in state(), place: prop::sample::Index, to: u8) {
            let mut bytes = pack(&state);
            let place = place.index(bytes.len());
            prop_assert!(unpack(&bytes[..place]).is_none());
            bytes[place] = to;
            let _any_answer_will_do = unpack(&bytes);
        }
    }

    #[test]
    fn a_claim_of_countless_series_is_refused_at_once() {
        assert_eq!(unpack(&[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), None);
        assert_eq!(unpack(&[2, 0, 0]), None, "an unknown version");
        assert_eq!(unpack(&[1, 0, 0]), Some(CounterState::default()));
    }

    #[test]
    fn a_series_of_whole_counts_takes_about_a_dozen_bytes() {
        let mut state = CounterState::default();
        for n in 0..1_000_u32 {
            let sample = Sample { at_ms: 1_795_244_459_123, value: f64::from(n) * 1_000.0 };
            state.series.insert(SeriesKey(u64::from(n) << 40), sample);
        }
        // 8 bytes key, 1 of time, 3 of value, plus the head
        assert!(pack(&state).len() < 12_100, "{}", pack(&state).len());
    }
}
