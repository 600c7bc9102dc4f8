//! A floor under a counter: each minute is one event, good if enough was counted in it.
//!
//! `good ⟺ events in the minute ≥ requests per second × 60`, decided in millionths of an event. The events are those
//! that [`super::count`] books; what is new here is that a *part* of a minute must never be judged as if it were all:
//!
//! - A minute is judged once some process was watched across both its ends, by scrapes at most five minutes apart. So the
//!   first minute of a history, the last before a silence, the one in which a silence ends and the one that is still going
//!   on are unknown: a monitor that looked away saw few events, which is no lack of events.
//! - Where a process was not scraped in a minute, its events are booked in a later one. Such minutes are judged together
//!   with the one that closes them, by `events ≥ floor × minutes`: a scrape that was missed, or one every two minutes, says
//!   no more than that. Whether a scrape was missed, or showed none of the series, is a doubt that a [`Witness`] dispels.
//!
//! A scraped endpoint is read several times a minute, and each reading counts only what is new. What was counted so far in
//! the minutes that are not judged yet is therefore kept in the [`CounterState`], beside the counters, until the scrape
//! that closes them; the same record carries such minutes over the seam between two readings of a Prometheus.
//!
//! ```
//! use nines::domain::counting::{CounterState, Role, Sample, Series, SeriesKey, TargetKey, count_throughput};
//! use nines::domain::model::Rate;
//! use nines::domain::time::{Minute, Span};
//!
//! // 0.1 per second are 6 a minute; between the samples are 6, 5, 12 (over two minutes, one scrape is missing) and 9
//! let samples = [(30, 0.0), (90, 6.0), (150, 11.0), (270, 23.0), (330, 32.0)];
//! let samples = samples.map(|(at, value)| Sample { at_ms: at * 1000, value }).to_vec();
//! let one = Series { key: SeriesKey(1), target: TargetKey(1), role: Role::Both, samples };
//! let (window, floor) = (Span::new(Minute(0), Minute(6)), Rate::parse("0.1").unwrap());
//! let counted = count_throughput(&CounterState::default(), &[one], &[], window, Minute(6), &floor);
//! let good: Vec<_> = counted.slices.iter().map(|(_, slice)| slice.map(|s| s.good == s.total)).collect();
//! assert_eq!(good, [None, Some(true), Some(false), Some(true), Some(true), None]);
//! ```

use super::{
    Booking, Counted, CounterState, Finding, PartIs, Run, SILENCE_MS_MAX, Sample, Scrapes, Series, SeriesKey, Witness,
    millis, minute_of, usable_series, whole_events,
};
use crate::domain::ledger::Slice;
use crate::domain::model::Rate;
use crate::domain::ratio::float;
use crate::domain::time::{Minute, Span};
use std::collections::BTreeMap;

/// The reserved names under which a [`CounterState`] keeps a [`Stretch`].
const STRETCH_KEYS: (SeriesKey, SeriesKey) = (SeriesKey(u64::MAX - 2), SeriesKey(u64::MAX - 3));

type Verdicts = BTreeMap<Minute, Option<Slice>>;

/// Counts a counter over `window` as [`super::count`] does, and judges each minute by the floor.
///
/// Minutes before the window may come first in the outcome: those that the reading before could not judge yet. A slice
/// has one event; a minute that cannot be judged, or not yet, has none.
#[must_use]
pub fn count_throughput(
    state: &CounterState,
    series: &[Series],
    witnesses: &[Witness],
    window: Span,
    settle: Minute,
    at_least: &Rate,
) -> Counted {
    let range = (millis(window.start()), millis(window.end()));
    let (series, findings) = usable_series(state, series, range);
    let scrapes = Scrapes::gather(state, &series, witnesses, range);
    let mut run = Run::new(&scrapes, state, window, settle, PartIs::Good, findings);
    run.add_up_all(state, &series, range);
    run.mark_known_minutes();
    run.doubt_open_minutes();
    let verdicts = run.verdicts(state, at_least);
    run.finish(verdicts.into_iter().collect())
}

impl Run<'_> {
    /// Minutes without a scrape that is proven: a witness could tell whether there was one that showed no series, as after
    /// a restart. Then nothing had happened by then, and what came later is the next minute's alone.
    fn doubt_open_minutes(&mut self) {
        let scrapes = self.scrapes;
        for (target, times) in &scrapes.by_target {
            let mut last = scrapes.before.get(target).copied();
            for (at_ms, _) in times.iter().copied() {
                let is_open =
                    |last: &i64| at_ms - last <= SILENCE_MS_MAX && minute_of(*last).plus(1) < minute_of(at_ms);
                if let Some(last) = last.filter(is_open) {
                    self.doubt(*target, last, at_ms);
                }
                last = Some(at_ms);
            }
        }
    }

    /// The verdicts on the window's minutes, and on those before it that are judged only now.
    fn verdicts(&mut self, state: &CounterState, at_least: &Rate) -> Verdicts {
        let (window, settle) = (self.window, minute_of(self.settle_ms).min(self.window.end()));
        let mut verdicts: Verdicts = window.iter().map(|minute| (minute, None)).collect();
        let mut stretch = Stretch::kept_in(state, window.start());
        if let Some(before) = stretch.filter(|stretch| stretch.last < window.start()) {
            stretch = before.end(&self.before, at_least, &mut verdicts);
        }
        for (minute, booking) in window.iter().zip(&self.booked) {
            // a process seen for the first time does not go on with what another, fallen silent, has left
            let goes_on = stretch.filter(|stretch| stretch.last == minute || booking.entered);
            stretch = booking.is_known().then(|| {
                let mut stretch = goes_on.unwrap_or_else(|| Stretch::begun(minute, booking));
                // events of minutes before the window are in it, but not the other events of those minutes
                let is_blind = minute == window.start() && self.opened.is_some_and(|opened| opened < stretch.first);
                let is_broken = booking.total > Slice::MOST_EVENTS;
                if is_broken {
                    self.findings.insert(Finding::ImpossibleJump);
                }
                stretch.is_void |= booking.catch_up || is_blind || is_broken;
                stretch.events = stretch.events.saturating_add(booking.total);
                stretch.last = minute;
                stretch
            });
            if minute.plus(1) == settle {
                Stretch::keep(stretch, &mut self.next);
            }
            stretch = stretch.and_then(|stretch| stretch.end(booking, at_least, &mut verdicts));
        }
        verdicts
    }
}

/// Minutes that are judged together, as one or several: the events of the earlier ones are booked in the last.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    first: Minute,
    /// The last one so far.
    last: Minute,
    /// Events so far.
    events: i64,
    /// Not all its events can be known, so it will not be judged.
    is_void: bool,
}

impl Stretch {
    const fn begun(minute: Minute, booking: &Booking) -> Self {
        Self { first: minute, last: minute, events: 0, is_void: !booking.entered }
    }

    /// Judges it, unless it goes on after its last minute, about which `booking` tells.
    fn end(self, booking: &Booking, at_least: &Rate, verdicts: &mut Verdicts) -> Option<Self> {
        if booking.open || !booking.left {
            return Some(self);
        }
        let minutes = Span::new(self.first, self.last.plus(1));
        let is_good = at_least.is_reached(self.events, minutes.minutes());
        let verdict = Slice { good: i64::from(is_good), total: 1, catch_up: false };
        verdicts.extend(minutes.iter().map(|minute| (minute, Some(verdict).filter(|_| !self.is_void))));
        None
    }

    /// What an earlier reading left, if the one that begins at `start` continues it: with the next minute, or, at a scraped
    /// endpoint, with the same one.
    fn kept_in(state: &CounterState, start: Minute) -> Option<Self> {
        let (first, last) = (state.series.get(&STRETCH_KEYS.0)?, state.series.get(&STRETCH_KEYS.1)?);
        let stretch = Self {
            first: minute_of(first.at_ms),
            last: minute_of(last.at_ms),
            events: whole_events(first.value),
            is_void: last.value > 0.0,
        };
        (stretch.last == start || stretch.last.plus(1) == start).then_some(stretch)
    }

    fn keep(stretch: Option<Self>, state: &mut CounterState) {
        let Some(stretch) = stretch else {
            state.series.remove(&STRETCH_KEYS.0);
            state.series.remove(&STRETCH_KEYS.1);
            return;
        };
        let is_void = f64::from(u8::from(stretch.is_void));
        let (first, last) = (millis(stretch.first), millis(stretch.last));
        state.series.insert(STRETCH_KEYS.0, Sample { at_ms: first, value: float(stretch.events) });
        state.series.insert(STRETCH_KEYS.1, Sample { at_ms: last, value: is_void });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::counting::{Role, TargetKey};
    use proptest::prelude::*;

    fn series(key: u64, target: u64, samples: &[(i64, f64)]) -> Series {
        let samples = samples.iter().map(|(at, value)| Sample { at_ms: at * 1000, value: *value }).collect();
        Series { key: SeriesKey(key), target: TargetKey(target), role: Role::Both, samples }
    }

    fn verdicts(counted: &Counted) -> Vec<Option<bool>> {
        let verdict = |slice: Slice| {
            assert_eq!((slice.total, slice.catch_up), (1, false), "one event a minute");
            slice.good == 1
        };
        counted.slices.iter().map(|(_, slice)| slice.map(verdict)).collect()
    }

    /// At least six a minute.
    fn judged(all: &[Series], minutes: i64) -> Counted {
        let (window, floor) = (Span::new(Minute(0), Minute(minutes)), Rate::parse("0.1").unwrap());
        count_throughput(&CounterState::default(), all, &[], window, Minute(minutes), &floor)
    }

    const GOOD: Option<bool> = Some(true);
    const BAD: Option<bool> = Some(false);

    /// 7, 6, 5, then a restart with 6 since, 0: the first and the last minute were not watched to both ends.
    #[test]
    fn a_minute_is_one_event_and_exactly_enough_is_good() {
        let one = series(1, 1, &[(30, 10.0), (90, 17.0), (150, 23.0), (210, 28.0), (270, 6.0), (330, 6.0), (390, 9.0)]);
        assert_eq!(verdicts(&judged(&[one], 7)), [None, GOOD, GOOD, BAD, GOOD, BAD, None]);
    }

    /// Three and three from two processes; the second one's 500 series is born with its first two events in minute 2.
    #[test]
    fn every_series_of_every_process_adds_to_the_same_minute() {
        let ok = series(1, 1, &[(10, 0.0), (70, 3.0), (130, 5.0), (190, 8.0)]);
        let other = series(2, 2, &[(20, 50.0), (80, 53.0), (140, 55.0), (200, 55.0)]);
        let born = series(3, 2, &[(140, 2.0), (200, 2.0)]);
        assert_eq!(verdicts(&judged(&[ok, other, born], 4)), [None, GOOD, GOOD, None]);
    }

    /// The scrapes in minutes 3 and 4 are missing and 17 events are booked in minute 5: 17 < 3 × 6. Then two missing, and
    /// 18 events in minute 8.
    #[test]
    fn missed_scrapes_are_judged_with_the_next_one_and_not_as_standstill() {
        let one = series(1, 1, &[(30, 0.0), (90, 6.0), (150, 12.0), (330, 29.0), (510, 47.0), (570, 53.0)]);
        let expected = [None, GOOD, GOOD, BAD, BAD, BAD, GOOD, GOOD, GOOD, None];
        assert_eq!(verdicts(&judged(&[one], 10)), expected);
    }

    /// One process of two misses minute 2: its 12 events in minute 3 belong to both, and so do the three that the other one
    /// has in each. 3 + 12 + 3 ≥ 12, while 3 alone would be too few.
    #[test]
    fn a_scrape_missed_by_one_process_of_several_holds_the_minute_open() {
        let steady = series(1, 1, &[(10, 0.0), (70, 3.0), (130, 6.0), (190, 9.0), (250, 12.0)]);
        let missed = series(2, 2, &[(20, 0.0), (80, 6.0), (200, 18.0), (260, 24.0)]);
        assert_eq!(verdicts(&judged(&[steady, missed], 5)), [None, GOOD, GOOD, GOOD, None]);
    }

    /// Scraped every 15 s until 130 s and again from 490 s on, one event a second: the minutes in which the watch ends and
    /// begins hold fewer events than happened, and prove nothing.
    #[test]
    fn a_silence_takes_the_minutes_at_its_edges_along() {
        let times = (10..=130).step_by(15).chain((490..700).step_by(15));
        let one = series(1, 1, &times.map(|at| (at, f64::from(i32::try_from(at).unwrap()))).collect::<Vec<_>>());
        let window = Span::new(Minute(0), Minute(12));
        let floor = Rate::parse("1").unwrap();
        let counted = count_throughput(&CounterState::default(), &[one], &[], window, Minute(12), &floor);
        let mut expected = [None; 12];
        (expected[1], expected[9], expected[10]) = (GOOD, GOOD, GOOD);
        assert_eq!(verdicts(&counted), expected);
    }

    /// The process restarts and its counter is not there in minute 2; in minute 3 it is back with 6. If `up` proves the
    /// scrape in minute 2, nobody was served in it and minute 3 has its six; else the two share them.
    #[test]
    fn a_scrape_without_the_series_is_told_from_a_missed_one_by_a_witness() {
        let one = series(1, 1, &[(30, 10.0), (90, 17.0), (210, 6.0), (270, 12.0)]);
        let alone = judged(std::slice::from_ref(&one), 5);
        assert_eq!(verdicts(&alone), [None, GOOD, BAD, BAD, None]);
        assert_eq!(alone.doubts[&TargetKey(1)].last(), Some(&(90_000, 210_000)));
        let up = Witness { target: TargetKey(1), scrapes_ms: (30..300).step_by(60).map(|at| at * 1000).collect() };
        let (window, floor) = (Span::new(Minute(0), Minute(5)), Rate::parse("0.1").unwrap());
        let proven = count_throughput(&CounterState::default(), &[one], &[up], window, Minute(5), &floor);
        assert_eq!(verdicts(&proven), [None, GOOD, BAD, GOOD, None]);
    }

    #[test]
    fn a_broken_counter_makes_its_minute_unknown() {
        let one = series(1, 1, &[(30, 0.0), (90, 9e18), (150, 8.0), (210, 16.0), (270, 24.0)]);
        let counted = judged(&[one], 5);
        assert_eq!(verdicts(&counted), [None, None, GOOD, GOOD, None]);
        assert!(counted.findings.contains(&Finding::ImpossibleJump));
    }

    /// A scraped endpoint: each reading begins at the minute of the scrape before and ends with the present minute. Four
    /// scrapes in minute 0, three in minute 1 (2 + 2 + 2 events), one in minute 2 (5), none in minute 3, two in 4 (6 + 6).
    #[test]
    fn half_a_minute_is_never_judged_and_its_events_are_not_forgotten() {
        let samples = [
            (5, 0.0),
            (20, 9.0),
            (35, 9.0),
            (50, 9.0),
            (65, 11.0),
            (80, 13.0),
            (95, 15.0),
            (130, 20.0),
            (245, 26.0),
            (260, 32.0),
            (310, 33.0),
        ];
        let (mut state, mut ledger, floor) = (CounterState::default(), BTreeMap::new(), Rate::parse("0.1").unwrap());
        let mut known = Vec::new();
        for (place, (at, value)) in samples.into_iter().enumerate() {
            let last = place.checked_sub(1).map_or(at, |before| samples[before].0);
            let window = Span::new(Minute(last / 60), Minute(at / 60 + 1));
            let scraped = series(1, 1, &[(at, value)]);
            let counted = count_throughput(&state, &[scraped], &[], window, window.end(), &floor);
            for (minute, verdict) in counted.slices.iter().map(|(m, _)| m.0).zip(verdicts(&counted)) {
                let before = verdict.and_then(|verdict| ledger.insert(minute, verdict));
                assert_eq!(before, None, "each minute is judged once");
            }
            known.push(ledger.len());
            state = counted.state;
        }
        assert_eq!(ledger, BTreeMap::from([(1, true), (2, false), (3, true), (4, true)]));
        assert_eq!(known, [0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 4], "only what is over");
    }

    /// Two processes that restart, miss scrapes and fall silent, one of them at times for longer than five minutes.
    fn life() -> impl Strategy<Value = Vec<Series>> {
        proptest::collection::vec((0..8u8, 0..8u8, 0..9i32), 5..80).prop_map(|steps| {
            let mut lines = [Vec::new(), Vec::new()];
            let mut values = [1000.0, 0.0];
            for ((first, second, more), at) in steps.into_iter().zip((17..).step_by(60)) {
                for ((fate, value), line) in [first, second].into_iter().zip(&mut values).zip(&mut lines) {
                    *value = if fate == 0 { f64::from(more) } else { *value + f64::from(more) };
                    if fate < 6 && (at / 60) % 40 < 31 {
                        line.push((at, *value));
                    }
                }
            }
            vec![series(1, 1, &lines[0]), series(2, 2, &lines[1])]
        })
    }

    proptest! {
        /// Reading in two parts, the second from the state that the first left, judges every minute alike.
        #[test]
        fn where_a_reading_is_cut_makes_no_difference(life in life(), cut in 0i64..80) {
            let (window, floor) = (Span::new(Minute(0), Minute(80)), Rate::parse("0.13").unwrap());
            let count = |state: &CounterState, window, settle| {
                count_throughput(state, &life, &[], window, Minute(settle), &floor)
            };
            let whole = count(&CounterState::default(), window, 80);
            let first = count(&CounterState::default(), window, cut);
            let rest = count(&first.state, Span::new(Minute(cut), Minute(80)), 80);
            let mut kept: BTreeMap<Minute, Option<Slice>> =
                first.slices.into_iter().filter(|(minute, _)| minute.0 < cut).collect();
            kept.extend(rest.slices);
            prop_assert_eq!(kept, whole.slices.into_iter().collect::<BTreeMap<_, _>>());
            prop_assert_eq!(rest.state, whole.state);
        }

        /// Scraped on time and without a restart, the verdict on each minute is a plain comparison.
        #[test]
        fn without_troubles_each_minute_is_compared_with_the_floor(rises in proptest::collection::vec(0..20i32, 3..50)) {
            let values = rises.iter().scan(0, |sum, rise| { *sum += rise; Some(f64::from(*sum)) });
            let one = series(1, 1, &(30..).step_by(60).zip(values).collect::<Vec<_>>());
            let minutes = rises.len();
            let judged = verdicts(&judged(&[one], i64::try_from(minutes).unwrap()));
            for (minute, verdict) in judged.into_iter().enumerate() {
                let is_whole = minute > 0 && minute + 1 < minutes;
                prop_assert_eq!(verdict, is_whole.then(|| rises[minute] >= 6));
            }
        }
    }
}
