//! From raw samples to counted minutes: the rules of exact counting.
//!
//! Each counter series is added up by itself. The delta between two consecutive samples `p` and `q` belongs to the
//! minute that contains `q`, so neighbouring windows share nothing and lose nothing:
//!
//! | what is seen at `q` | what is counted |
//! | --- | --- |
//! | value went up | the difference |
//! | value dropped | the new value: the process restarted at 0 |
//! | the series was missing from a scrape of its process between `p` and `q` | the new value: it was born again |
//! | first sample, but an earlier scrape of the same process went without it | the value: it was born at 0 |
//! | first sample of a process never seen before | nothing: nobody knows since when it counts |
//! | nothing at all of its process for more than five minutes | the difference, flagged `catch_up`; the minutes between are unknown |
//!
//! A *scrape* is known by its time: samples of one process with the same timestamp were taken together. So a companion
//! (another series of the same target with a sample exactly at `q`) proves which scrapes that process answered, and a
//! [`Witness`] proves it where no companion does. Without proof a returning series is charged against its last value
//! and a new one is not counted, because a wrong birth would book the whole life of a counter as events of one minute.
//!
//! Fractional counters are floored sample by sample: the sums stay within one event over any window.

mod evaluated;
mod gauge;
mod scrapes;
mod throughput;

pub use evaluated::{count_evaluated, count_evaluated_levels, count_evaluated_throughput};
pub use gauge::count_gauge;
pub use throughput::count_throughput;

use crate::domain::ledger::Slice;
use crate::domain::time::{Instant, Minute, Span};
use scrapes::Scrapes;
use std::collections::{BTreeMap, BTreeSet};

/// The longest silence of a process that still counts as measured, as in Prometheus's staleness: five minutes.
pub const SILENCE_MS_MAX: i64 = 300_000;

/// One series of a source, named by a hash of its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey(pub u64);

/// One scraped process, named by a hash of its `job` and `instance` labels (empty ones count as labels too).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetKey(pub u64);

/// One sample as the source has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds since the epoch.
    pub at_ms: i64,
    /// The counter's or gauge's value.
    pub value: f64,
}

/// What a series is counted towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// All events.
    Total,
    /// The good or the bad part, whichever the indicator reads.
    Part,
    /// Both: its events are all of the part, and they count in the total too.
    Both,
}

/// A series with its samples in time order.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Identity.
    pub key: SeriesKey,
    /// The process that exposes it.
    pub target: TargetKey,
    /// What it is counted towards.
    pub role: Role,
    /// Its samples, oldest first.
    pub samples: Vec<Sample>,
}

/// Scrapes of a process that are known to have happened, whether or not any series of the indicator was in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The process.
    pub target: TargetKey,
    /// When it was scraped, in milliseconds since the epoch, oldest first.
    pub scrapes_ms: Vec<i64>,
}

/// What must be remembered between two readings of one indicator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CounterState {
    /// Each series' last sample.
    pub series: BTreeMap<SeriesKey, Sample>,
    /// Each target's last scrape, in milliseconds since the epoch.
    pub targets: BTreeMap<TargetKey, i64>,
}

impl CounterState {
    /// Forgets series and processes last seen before a moment: the pods of last month must not be carried for ever.
    pub fn forget_before(&mut self, at_ms: i64) {
        self.series.retain(|_, sample| sample.at_ms >= at_ms);
        self.targets.retain(|_, last| *last >= at_ms);
    }
}

/// Does the second counter count the good events or the bad ones?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartIs {
    /// Good events.
    Good,
    /// Bad events.
    Bad,
}

/// Something about the data that people should know; the data is counted all the same, as the text says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// Samples that are NaN, infinite or negative were left out.
    ImpossibleValues,
    /// Samples that were not newer than the one before were left out: a clock stepped back or a sample came twice.
    TimeWentBack,
    /// A minute had more part than total events: the total was raised to the part.
    PartExceedsTotal,
    /// A counter has fractions: counted as whole events, exact to one event over any window.
    FractionalCounter,
    /// A minute had more than 10¹² events: a broken counter; the minute counts as unknown.
    ImpossibleJump,
    /// Samples of a gauge that are NaN were left out; a minute with no others counts as unknown.
    NoNumbers,
}

impl Finding {
    /// Every finding.
    pub const ALL: [Self; 6] = [
        Self::ImpossibleValues,
        Self::TimeWentBack,
        Self::PartExceedsTotal,
        Self::FractionalCounter,
        Self::ImpossibleJump,
        Self::NoNumbers,
    ];

    /// The word that is stored.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::ImpossibleValues => "impossible_values",
            Self::TimeWentBack => "time_went_back",
            Self::PartExceedsTotal => "part_exceeds_total",
            Self::FractionalCounter => "fractional_counter",
            Self::ImpossibleJump => "impossible_jump",
            Self::NoNumbers => "no_numbers",
        }
    }

    /// The sentence that people read.
    #[must_use]
    pub const fn sentence(&self) -> &'static str {
        match self {
            Self::ImpossibleValues => "Samples that are NaN, infinite or negative were left out.",
            Self::TimeWentBack => {
                "Samples that were not newer than the one before were left out: a clock stepped back, or a sample came twice."
            }
            Self::PartExceedsTotal => {
                "In some minutes the good or bad counter rose by more than the total; the total was raised to match. Check that the total selector includes every series of the other one."
            }
            Self::FractionalCounter => {
                "A counter has fractions. Whole events are counted, exact to one event over any window."
            }
            Self::ImpossibleJump => {
                "A counter rose by more than a million million events in one minute, which cannot be; such minutes count as unknown."
            }
            Self::NoNumbers => {
                "Samples that are NaN were left out: they count neither as good nor as bad, and a minute with no others is unknown. A division by zero makes such samples."
            }
        }
    }
}

/// The outcome of counting one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// Every minute of the window in order: its slice, or `None` where nothing is known. [`count_throughput`] may put
    /// minutes before the window in front, which it could not judge earlier.
    pub slices: Vec<(Minute, Option<Slice>)>,
    /// The state after the last sample before the settling minute.
    pub state: CounterState,
    /// What people should know about the data.
    pub findings: BTreeSet<Finding>,
    /// Where a witness could change the outcome, by target: spans in milliseconds, both ends included.
    pub doubts: BTreeMap<TargetKey, Vec<(i64, i64)>>,
}

/// Counts the counters of one indicator over `window`.
///
/// `state` is what earlier readings left; `series` and `witnesses` hold everything inside the window (samples outside
/// are ignored). The returned state stands at `settle`, from where the next reading begins; what lies after it is
/// provisional and will be counted again.
#[must_use]
pub fn count(
    state: &CounterState,
    series: &[Series],
    witnesses: &[Witness],
    window: Span,
    settle: Minute,
    part_is: PartIs,
) -> Counted {
    let range = (millis(window.start()), millis(window.end()));
    let (series, findings) = usable_series(state, series, range);
    let scrapes = Scrapes::gather(state, &series, witnesses, range);
    let mut run = Run::new(&scrapes, state, window, settle, part_is, findings);
    run.add_up_all(state, &series, range);
    run.mark_known_minutes();
    let slices = run.slices();
    run.finish(slices)
}

/// What was booked in one minute.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the minute")]
struct Booking {
    known: bool,
    total: i64,
    part: i64,
    catch_up: bool,
    /// Some process was watched across the minute's start: scraped before it and after it, at most five minutes apart.
    entered: bool,
    /// Some process was watched across the minute's end.
    left: bool,
    /// Some process was watched across both ends, but not scraped in between: its events are booked in a later minute.
    open: bool,
    /// A gauge was sampled, but the sample is no number.
    unreadable: bool,
}

impl Booking {
    const fn is_known(&self) -> bool {
        let has_events = self.total > 0 || self.part > 0;
        has_events || (self.known && !self.unreadable)
    }

    /// The minute's slice; nothing if more was booked than can have happened, which a broken counter does.
    fn slice(self, part_is: PartIs, findings: &mut BTreeSet<Finding>) -> Option<Slice> {
        if self.total.max(self.part) > Slice::MOST_EVENTS {
            findings.insert(Finding::ImpossibleJump);
            return None;
        }
        if self.part > self.total {
            findings.insert(Finding::PartExceedsTotal);
        }
        let total = self.total.max(self.part);
        let good = match part_is {
            PartIs::Good => self.part,
            PartIs::Bad => total - self.part,
        };
        Some(Slice { good, total, catch_up: self.catch_up })
    }
}

struct Run<'a> {
    scrapes: &'a Scrapes,
    part_is: PartIs,
    settle_ms: i64,
    next: CounterState,
    window: Span,
    /// Each minute of the window, in order.
    booked: Vec<Booking>,
    /// What was learnt about the ends of the minute before the window.
    before: Booking,
    /// The first minute before the window of which some process has its events booked inside the window.
    opened: Option<Minute>,
    findings: BTreeSet<Finding>,
    doubts: BTreeMap<TargetKey, Vec<(i64, i64)>>,
}

impl<'a> Run<'a> {
    fn new(
        scrapes: &'a Scrapes,
        state: &CounterState,
        window: Span,
        settle: Minute,
        part_is: PartIs,
        findings: BTreeSet<Finding>,
    ) -> Self {
        let (next, settle_ms) = (state.clone(), millis(settle));
        let booked = window.iter().map(|_| Booking::default()).collect();
        let (before, opened, doubts) = (Booking::default(), None, BTreeMap::new());
        Self { scrapes, part_is, settle_ms, next, window, booked, before, opened, findings, doubts }
    }

    /// Books something in a minute; what lies outside the window is none of its business.
    fn book(&mut self, minute: Minute, what: impl FnOnce(&mut Booking)) {
        let place = usize::try_from(minute.0 - self.window.start().0).ok();
        if let Some(booking) = place.and_then(|place| self.booked.get_mut(place)) {
            what(booking);
        }
    }

    fn add_up_all(&mut self, state: &CounterState, series: &[Series], range: (i64, i64)) {
        for one in series {
            self.add_up(state, one, range);
        }
    }

    fn add_up(&mut self, state: &CounterState, series: &Series, range: (i64, i64)) {
        let mut last = state.series.get(&series.key).copied();
        let patience = patience_ms(&series.samples);
        for sample in &series.samples {
            let scraped_before = self.scrapes.previous(series.target, sample.at_ms);
            let events = match last {
                Some(last) => self.since(series, (last, scraped_before), *sample, patience),
                None if scraped_before.is_some() => whole_events(sample.value),
                None => self.foundling(series, *sample, range.0),
            };
            let silence_began = scraped_before.max(last.map(|l| l.at_ms));
            let silent = silence_began.is_some_and(|at| sample.at_ms - at > SILENCE_MS_MAX);
            self.book(minute_of(sample.at_ms), |booking| {
                booking.catch_up |= silent;
                let (of_total, of_part) = (series.role != Role::Part, series.role != Role::Total);
                booking.total = booking.total.saturating_add(if of_total { events } else { 0 });
                booking.part = booking.part.saturating_add(if of_part { events } else { 0 });
            });
            last = Some(*sample);
        }
        if let Some(sample) = series.samples.iter().rfind(|sample| sample.at_ms < self.settle_ms) {
            self.remember(series.key, *sample);
        }
    }

    /// Events since the last sample of a series and the last scrape of its process.
    fn since(&mut self, series: &Series, before: (Sample, Option<i64>), now: Sample, patience_ms: i64) -> i64 {
        let (last, scraped_before) = before;
        let value = whole_events(now.value);
        let went_without_it = scraped_before.is_some_and(|at| at > last.at_ms);
        if now.value < last.value || went_without_it {
            return value;
        }
        if now.at_ms - last.at_ms > patience_ms {
            self.doubt(series.target, last.at_ms, now.at_ms);
        }
        value - whole_events(last.value)
    }

    /// Events of a series that was never seen before, as little as its process.
    fn foundling(&mut self, series: &Series, now: Sample, start_ms: i64) -> i64 {
        // a scrape shortly before the window would prove it too
        self.doubt(series.target, start_ms - SILENCE_MS_MAX, now.at_ms);
        0
    }

    fn doubt(&mut self, target: TargetKey, from_ms: i64, to_ms: i64) {
        self.doubts.entry(target).or_default().push((from_ms, to_ms));
    }

    fn remember(&mut self, key: SeriesKey, sample: Sample) {
        if sample.at_ms < self.settle_ms {
            self.next.series.insert(key, sample);
        }
    }

    /// The window's minutes as they were booked.
    fn slices(&mut self) -> Vec<(Minute, Option<Slice>)> {
        let (part_is, findings) = (self.part_is, &mut self.findings);
        let slice = |(minute, booking): (Minute, &Booking)| {
            (minute, if booking.is_known() { booking.slice(part_is, findings) } else { None })
        };
        self.window.iter().zip(&self.booked).map(slice).collect()
    }

    fn finish(mut self, slices: Vec<(Minute, Option<Slice>)>) -> Counted {
        self.doubts.values_mut().for_each(merge_spans);
        Counted { slices, state: self.next, findings: self.findings, doubts: self.doubts }
    }

    /// Minutes in which some process was measured: from one scrape to the next, if no silence lies between.
    fn mark_known_minutes(&mut self) {
        let scrapes = self.scrapes;
        for (target, times) in &scrapes.by_target {
            let mut last = scrapes.before.get(target).copied();
            for (at_ms, _) in times.iter().copied() {
                let to = minute_of(at_ms);
                match last {
                    Some(last) if at_ms - last <= SILENCE_MS_MAX => self.watched(minute_of(last), to),
                    Some(last) => {
                        self.doubt(*target, last, at_ms);
                        self.book(to, |booking| booking.known = true);
                    }
                    // the very first scrape of a process measures nothing yet
                    None => {}
                }
                last = Some(at_ms);
            }
            if let Some((at_ms, _)) = times.iter().rfind(|(at_ms, _)| *at_ms < self.settle_ms) {
                self.next.targets.insert(*target, *at_ms);
            }
        }
        self.doubt_the_end(millis(self.window.end()));
    }

    /// Something was measured in one minute and again in another (or in the same one), without a silence between.
    fn watched(&mut self, from: Minute, to: Minute) {
        let start = self.window.start();
        for minute in Span::new(from, to.plus(1)).iter() {
            let mark = |booking: &mut Booking| {
                booking.known = true;
                booking.entered |= from < minute;
                booking.left |= minute < to;
                booking.open |= from < minute && minute < to;
            };
            if minute.plus(1) == start { mark(&mut self.before) } else { self.book(minute, mark) }
        }
        let opened = Some(from.plus(1)).filter(|opened| *opened < start);
        self.opened = self.opened.into_iter().chain(opened).min();
    }

    /// When everybody has fallen silent, a witness could tell "no requests" from "no data" for whoever spoke last.
    fn doubt_the_end(&mut self, end_ms: i64) {
        let mut last = self.scrapes.before.clone();
        for (target, times) in &self.scrapes.by_target {
            if let Some((at, _)) = times.last() {
                last.insert(*target, *at);
            }
        }
        let newest = last.values().copied().max();
        if let Some(newest) = newest.filter(|newest| end_ms - newest > SILENCE_MS_MAX) {
            for (target, _) in last.iter().filter(|(_, at)| **at == newest) {
                self.doubts.entry(*target).or_default().push((newest, end_ms));
            }
        }
    }
}

/// The series with those samples that can be counted, and what is wrong with the others.
fn usable_series(state: &CounterState, series: &[Series], range: (i64, i64)) -> (Vec<Series>, BTreeSet<Finding>) {
    let mut findings = BTreeSet::new();
    let series = series.iter().map(|one| usable(state, one, range, &mut findings)).collect();
    (series, findings)
}

/// The samples of a counter that can be counted: inside the range, finite, not negative, each newer than the one before.
fn usable(state: &CounterState, series: &Series, range: (i64, i64), findings: &mut BTreeSet<Finding>) -> Series {
    let mut last = state.series.get(&series.key).map(|s| s.at_ms);
    let mut samples = Vec::with_capacity(series.samples.len());
    for sample in within(&series.samples, range) {
        if !(sample.value.is_finite() && sample.value >= 0.0) {
            findings.insert(Finding::ImpossibleValues);
        } else if last.is_some_and(|last| sample.at_ms <= last) {
            findings.insert(Finding::TimeWentBack);
        } else {
            if sample.value.fract() > 0.0 {
                findings.insert(Finding::FractionalCounter);
            }
            last = Some(sample.at_ms);
            samples.push(*sample);
        }
    }
    Series { samples, ..*series }
}

/// How long after its last sample a series is missed: one and a half of its usual pace, at least 90 seconds.
fn patience_ms(samples: &[Sample]) -> i64 {
    let pace = samples.windows(2).filter_map(|pair| Some(pair.get(1)?.at_ms - pair.first()?.at_ms)).min();
    pace.map_or(90_000, |pace| (pace + pace / 2).max(90_000))
}

/// Joins spans that touch or overlap.
fn merge_spans(spans: &mut Vec<(i64, i64)>) {
    spans.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::with_capacity(spans.len());
    for (from, to) in spans.drain(..) {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    *spans = merged;
}

fn within(samples: &[Sample], range: (i64, i64)) -> impl Iterator<Item = &Sample> {
    samples.iter().filter(move |s| range.0 <= s.at_ms && s.at_ms < range.1)
}

/// The minute that contains a moment in milliseconds.
#[must_use]
pub fn minute_of(at_ms: i64) -> Minute {
    Instant::from_seconds(at_ms.div_euclid(1000)).minute()
}

/// The first millisecond of a minute.
#[must_use]
pub fn millis(minute: Minute) -> i64 {
    minute.start().seconds() * 1000
}

/// Whole events in a counter's value; values beyond what a counter can hold exactly saturate.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "floored, and `as` saturates")]
fn whole_events(value: f64) -> i64 {
    value.floor() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TARGET: TargetKey = TargetKey(7);
    const SECOND: i64 = 1000;

    /// A series from `(second, value)` pairs.
    fn series(key: u64, role: Role, samples: &[(i64, f64)]) -> Series {
        let samples = samples.iter().map(|(at, value)| Sample { at_ms: at * SECOND, value: *value }).collect();
        Series { key: SeriesKey(key), target: TARGET, role, samples }
    }

    fn window(minutes: i64) -> Span {
        Span::new(Minute(0), Minute(minutes))
    }

    fn totals(all: &[Series], witnesses: &[Witness], minutes: i64) -> Vec<Option<i64>> {
        let counted = count(&CounterState::default(), all, witnesses, window(minutes), Minute(minutes), PartIs::Bad);
        counted.slices.iter().map(|(_, slice)| slice.map(|s| s.total)).collect()
    }

    /// 10 → 15 → 15 → 18 in minutes 0 to 3: the first value is history, then 5, 0 and 3 events.
    #[test]
    fn a_delta_belongs_to_the_minute_of_the_later_sample() {
        let one = series(1, Role::Total, &[(30, 10.0), (90, 15.0), (150, 15.0), (210, 18.0)]);
        assert_eq!(totals(&[one], &[], 4), [Some(0), Some(5), Some(0), Some(3)]);
    }

    /// 100 → 7: the process restarted and has counted 7 since; what came between the last scrape and the restart is lost.
    #[test]
    fn a_drop_is_a_restart_at_zero() {
        let one = series(1, Role::Total, &[(30, 100.0), (90, 7.0)]);
        assert_eq!(totals(&[one], &[], 2), [Some(0), Some(7)]);
    }

    /// The process answers at 30 s and 90 s; its 500 series appears at 90 s with 1: that first error counts.
    #[test]
    fn the_first_error_of_a_running_process_counts() {
        let ok = series(1, Role::Total, &[(30, 100.0), (90, 110.0)]);
        let failed = series(2, Role::Both, &[(90, 1.0)]);
        let counted = count(&CounterState::default(), &[ok, failed], &[], window(2), Minute(2), PartIs::Bad);
        assert_eq!(counted.slices[1].1, Some(Slice { good: 10, total: 11, catch_up: false }));
        assert!(counted.doubts.values().flatten().all(|(from, _)| *from < 0), "only the first scrape is in doubt");
    }

    /// A replica that was never seen before brings a counter of a million: nobody knows since when it counts.
    #[test]
    fn the_first_value_of_an_unknown_process_is_history() {
        let known = series(1, Role::Total, &[(30, 100.0), (90, 110.0)]);
        let stranger = Series { target: TargetKey(8), ..series(2, Role::Total, &[(90, 1e6), (150, 1e6 + 4.0)]) };
        assert_eq!(totals(&[known, stranger], &[], 3), [Some(0), Some(10), Some(4)]);
    }

    /// The same without job and instance labels: its scrapes have other timestamps than the known process's.
    #[test]
    fn a_stranger_without_labels_is_told_by_its_timestamps() {
        let known = series(1, Role::Total, &[(30, 100.0), (90, 110.0), (150, 110.0)]);
        let stranger = series(2, Role::Total, &[(91, 1e6), (151, 1e6 + 4.0)]);
        let its_errors = series(3, Role::Both, &[(91, 5e3), (151, 5e3 + 1.0)]);
        assert_eq!(totals(&[known, stranger, its_errors], &[], 3), [Some(0), Some(10), Some(5)]);
    }

    /// The 500 series had 2 before the restart at ~120 s, is missing from the scrape at 150 s, and returns with 3 at 210 s:
    /// three errors since the restart, not one.
    #[test]
    fn a_series_missing_from_a_scrape_was_born_again() {
        let ok = series(1, Role::Total, &[(30, 5.0), (90, 9.0), (150, 1.0), (210, 2.0)]);
        let failed = series(2, Role::Both, &[(30, 2.0), (90, 2.0), (210, 3.0)]);
        assert_eq!(totals(&[ok, failed], &[], 4), [Some(0), Some(4), Some(1), Some(4)]);
    }

    /// Nothing of the process between 90 s and 210 s: the same counter simply went on, 2 → 3.
    #[test]
    fn a_series_returning_after_a_gap_is_charged_against_its_last_value() {
        let ok = series(1, Role::Total, &[(30, 5.0), (90, 9.0), (210, 12.0)]);
        let failed = series(2, Role::Both, &[(30, 2.0), (90, 2.0), (210, 3.0)]);
        assert_eq!(totals(&[ok, failed], &[], 4), [Some(0), Some(4), Some(0), Some(4)]);
    }

    /// 360 s without a sample: minutes 2 to 6 are unknown, the 60 events are booked at the return and flagged.
    #[test]
    fn a_long_silence_is_unknown_and_its_events_are_booked_at_the_return() {
        let one = series(1, Role::Total, &[(30, 0.0), (90, 10.0), (450, 70.0), (510, 71.0)]);
        let counted = count(&CounterState::default(), &[one], &[], window(9), Minute(9), PartIs::Bad);
        let totals: Vec<_> = counted.slices.iter().map(|(_, s)| s.map(|s| (s.total, s.catch_up))).collect();
        assert_eq!(totals[..2], [Some((0, false)), Some((10, false))]);
        assert_eq!(totals[2..7], [None; 5]);
        assert_eq!(totals[7..], [Some((60, true)), Some((1, false))]);
        assert_eq!(counted.doubts[&TARGET].last(), Some(&(90 * SECOND, 450 * SECOND)), "a witness could tell");
    }

    /// The only series of a process ends at 90 s; a witness up to the window's end would tell why.
    #[test]
    fn silence_at_the_end_is_a_doubt_about_whoever_spoke_last() {
        let one = series(1, Role::Total, &[(30, 0.0), (90, 10.0)]);
        let state = CounterState { targets: BTreeMap::from([(TargetKey(9), -3_000_000)]), ..CounterState::default() };
        let counted = count(&state, &[one], &[], window(20), Minute(20), PartIs::Bad);
        assert_eq!(counted.doubts.get(&TARGET).and_then(|d| d.last()), Some(&(90 * SECOND, 1200 * SECOND)));
        assert_eq!(counted.doubts.get(&TargetKey(9)), None, "long dead");
    }

    #[test]
    fn the_long_gone_are_forgotten() {
        let sample = |at_ms| Sample { at_ms, value: 1.0 };
        let mut state = CounterState {
            series: BTreeMap::from([(SeriesKey(1), sample(10)), (SeriesKey(2), sample(20))]),
            targets: BTreeMap::from([(TargetKey(1), 10), (TargetKey(2), 20)]),
        };
        state.forget_before(20);
        assert_eq!((state.series.len(), state.targets.len()), (1, 1));
    }

    /// A counter that jumps to 9 × 10¹⁸ and on: both minutes are unknown, nothing overflows, the next one counts again.
    #[test]
    fn a_broken_counter_makes_its_minute_unknown_and_harms_nothing_else() {
        let one = series(1, Role::Total, &[(30, 1.0), (90, 9e18), (150, 5.0), (210, 7.0)]);
        let two = series(2, Role::Total, &[(30, 1.0), (90, 9e18), (150, 1.0), (210, 1.0)]);
        let counted = count(&CounterState::default(), &[one, two], &[], window(4), Minute(4), PartIs::Bad);
        let totals: Vec<_> = counted.slices.iter().map(|(_, s)| s.map(|s| s.total)).collect();
        assert_eq!(totals, [Some(0), None, Some(6), Some(2)]);
        assert_eq!(counted.findings, BTreeSet::from([Finding::ImpossibleJump]));
    }

    /// Exactly five minutes is no silence: minutes between are measured and empty.
    #[test]
    fn five_minutes_between_scrapes_are_still_measured() {
        let one = series(1, Role::Total, &[(0, 0.0), (300, 10.0)]);
        assert_eq!(totals(&[one], &[], 6), [Some(0), Some(0), Some(0), Some(0), Some(0), Some(10)]);
    }

    /// A quiet service exposes no counter until its first request at 450 s; `up` proves that it was scraped all along.
    #[test]
    fn a_witness_tells_no_requests_from_no_data() {
        let first = series(1, Role::Total, &[(450, 2.0)]);
        let scraped = Witness { target: TARGET, scrapes_ms: (0..8).map(|m| (m * 60 + 30) * SECOND).collect() };
        assert_eq!(totals(std::slice::from_ref(&first), &[], 8)[..7], [None; 7], "without proof nothing is known");
        let counted = totals(&[first], &[scraped], 8);
        assert_eq!(counted, [Some(0), Some(0), Some(0), Some(0), Some(0), Some(0), Some(0), Some(2)]);
    }

    #[test]
    fn impossible_values_and_repeated_times_are_left_out_and_reported() {
        let odd = series(
            1,
            Role::Total,
            &[(30, 1.0), (40, f64::NAN), (50, -3.0), (50, f64::INFINITY), (90, 4.0), (90, 9.0), (80, 50.0)],
        );
        let counted = count(&CounterState::default(), &[odd], &[], window(2), Minute(2), PartIs::Bad);
        assert_eq!(counted.slices[1].1.map(|s| s.total), Some(3));
        assert_eq!(counted.findings, BTreeSet::from([Finding::ImpossibleValues, Finding::TimeWentBack]));
    }

    /// 0.5, 1.75, 2.25 are floored to 0, 1, 2: one event and one event, together within one of 1.75.
    #[test]
    fn fractions_stay_within_one_event() {
        let one = series(1, Role::Total, &[(30, 0.5), (90, 1.75), (150, 2.25)]);
        assert_eq!(totals(&[one], &[], 3), [Some(0), Some(1), Some(1)]);
    }

    #[test]
    fn more_part_than_total_raises_the_total_and_says_so() {
        let total = series(1, Role::Total, &[(30, 0.0), (90, 3.0)]);
        let bad = series(2, Role::Part, &[(30, 0.0), (90, 5.0)]);
        let counted = count(&CounterState::default(), &[total, bad], &[], window(2), Minute(2), PartIs::Bad);
        assert_eq!(counted.slices[1].1, Some(Slice { good: 0, total: 5, catch_up: false }));
        assert!(counted.findings.contains(&Finding::PartExceedsTotal));
    }

    /// 0.4 per minute over five minutes is two events: 0, 0, 1, 0, 1.
    #[test]
    fn evaluated_fractions_are_carried_forward() {
        let total: BTreeMap<_, _> = (0..5).map(|m| (Minute(m), 0.4)).collect();
        let counted =
            count_evaluated(&CounterState::default(), &total, &BTreeMap::new(), window(6), Minute(6), PartIs::Bad);
        let slices: Vec<_> = counted.slices.iter().map(|(_, s)| s.map(|s| s.total)).collect();
        assert_eq!(slices, [Some(0), Some(0), Some(1), Some(0), Some(1), None]);
    }

    /// A process with two counters that restarts, is not scraped at times, and loses its second series at restarts.
    fn life() -> impl Strategy<Value = Vec<Series>> {
        proptest::collection::vec((0..4u8, 0..20i32, 0..3i32), 5..80).prop_map(|steps| {
            let (mut ok, mut failed) = (1000.0, 0.0);
            let mut lines = [Vec::new(), Vec::new()];
            for ((kind, more, bad), at) in steps.into_iter().zip((17..).step_by(60)) {
                if kind == 0 && more < 4 {
                    (ok, failed) = (0.0, 0.0);
                }
                ok += f64::from(more);
                failed += f64::from(bad) * f64::from(u8::from(kind == 1));
                if kind == 3 && more > 10 {
                    continue;
                }
                lines[0].push((at, ok));
                if failed > 0.0 {
                    lines[1].push((at, failed));
                }
            }
            vec![series(1, Role::Total, &lines[0]), series(2, Role::Both, &lines[1])]
        })
    }

    proptest! {
        /// Reading in two parts, the second from the state that the first left, books every event in the same minute.
        #[test]
        fn where_a_reading_is_cut_makes_no_difference(life in life(), cut in 0i64..80) {
            let whole = count(&CounterState::default(), &life, &[], window(80), Minute(80), PartIs::Bad);
            let first = count(&CounterState::default(), &life, &[], window(80), Minute(cut), PartIs::Bad);
            let rest = count(&first.state, &life, &[], Span::new(Minute(cut), Minute(80)), Minute(80), PartIs::Bad);
            let events = |slices: &[(Minute, Option<Slice>)]| -> Vec<_> {
                slices.iter().filter(|(m, _)| m.0 >= cut).map(|(m, s)| (*m, s.map(|s| (s.good, s.total)))).collect()
            };
            prop_assert_eq!(events(&rest.slices), events(&whole.slices));
            prop_assert_eq!(rest.state, whole.state);
        }

        #[test]
        fn evaluated_sums_stay_within_one_event(values in proptest::collection::vec(0.0f64..50.0, 1..60), cut in 0i64..60) {
            let minutes = i64::try_from(values.len()).unwrap();
            let total: BTreeMap<_, _> = (0..).map(Minute).zip(values.iter().copied()).collect();
            let cut = cut.min(minutes);
            let first = count_evaluated(&CounterState::default(), &total, &BTreeMap::new(), window(minutes), Minute(cut), PartIs::Bad);
            let rest = count_evaluated(&first.state, &total, &BTreeMap::new(), Span::new(Minute(cut), Minute(minutes)), Minute(minutes), PartIs::Bad);
            let sum: i64 = first.slices.iter().filter(|(m, _)| m.0 < cut).chain(&rest.slices).filter_map(|(_, s)| s.map(|s| s.total)).sum();
            let truth: f64 = values.iter().sum();
            prop_assert!((truth - f64::from(i32::try_from(sum).unwrap())).abs() <= 1.0 + 1e-3, "{} of {}", sum, truth);
        }
    }
}
