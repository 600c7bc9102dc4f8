//! What each slice is, and which of them are down.
//!
//! A slice is bad if it is known, has enough requests, and its share of good events is below the slice target. Down are
//! the runs of at least `consecutive` bad slices. A run ends at a good slice, at an unknown one (nobody knows), and where
//! slices are missing because they are not judged. Slices without requests follow the terms; where events are counted one
//! by one they neither begin a run nor end one.
//!
//! ```
//! use nines::domain::{ledger::Slice, sheet::Sheet, slices, spans::Spans, target::Target};
//! use nines::domain::terms::{Counting, Downtime};
//! use nines::domain::time::{Minute, Span};
//! let all_bad = (0..7).map(|m| (Minute(m), Slice { good: if m == 4 { 9 } else { 0 }, total: 9, catch_up: false }));
//! let counting = Counting { downtime: Downtime::new(3, 1).unwrap(), ..Counting::default() };
//! let judged = Spans::from(Span::new(Minute(0), Minute(7)));
//! let slices = slices::classify(&Sheet::of_minutes(all_bad), &judged, &counting, Target::parse("99").unwrap());
//! let runs = slices::runs(&slices, &counting);
//! assert_eq!(runs, [0..=3], "four in a row are down; the two at the end are too few");
//! ```

use crate::domain::sheet::{Cut, Sheet};
use crate::domain::spans::Spans;
use crate::domain::target::Target;
use crate::domain::terms::{Counting, Method, Policy, Unit};
use crate::domain::time::Minute;
use std::ops::RangeInclusive;

/// What a slice is by its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// At or above the slice target, or too few requests to be bad.
    Good,
    /// Below the slice target.
    Bad,
    /// Known, but without requests.
    NoRequests,
    /// Not a minute known.
    Unknown,
}

impl Class {
    /// The word: `good`, `bad`, `no_requests`, `unknown`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::NoRequests => "no_requests",
            Self::Unknown => "unknown",
        }
    }
}

/// A slice and what it is.
pub type Classed = (Cut, Class);

/// Cuts the judged minutes into slices and says of each what it is, before runs are looked at.
#[must_use]
pub fn classify(sheet: &Sheet, judged: &Spans, counting: &Counting, target: Target) -> Vec<Classed> {
    classed(&sheet.cut(counting.method.slice(), judged), counting, target)
}

/// Says of each slice what it is, before runs are looked at.
#[must_use]
pub fn classed(cuts: &[Cut], counting: &Counting, target: Target) -> Vec<Classed> {
    let wanted = counting.method.slice_target(target);
    let at_least = counting.downtime.at_least_requests();
    let class = |cut: &Cut| match cut {
        Cut { known: 0, .. } => Class::Unknown,
        Cut { total: 0, .. } => Class::NoRequests,
        Cut { good, total, .. } if *total < at_least || wanted.is_met(*good, *total) => Class::Good,
        _ => Class::Bad,
    };
    cuts.iter().map(|cut| (*cut, class(cut))).collect()
}

/// The worst slices with a bad event: those with the lowest share of good ones first, or those with the most bad ones if it
/// is single events that count; at most so many.
#[must_use]
pub fn worst(slices: &[Classed], unit: Unit, most: usize) -> Vec<Cut> {
    let is_measured = |class: Class| matches!(class, Class::Good | Class::Bad);
    let has_bad = |(cut, class): &&Classed| is_measured(*class) && cut.total > cut.good;
    let mut bad: Vec<Cut> = slices.iter().filter(has_bad).map(|(cut, _)| *cut).collect();
    let by_number = |a: &Cut, b: &Cut| (b.total - b.good).cmp(&(a.total - a.good)).then(a.start.cmp(&b.start));
    let by_share = |a: &Cut, b: &Cut| {
        let share = (i128::from(a.good) * i128::from(b.total)).cmp(&(i128::from(b.good) * i128::from(a.total)));
        share.then_with(|| by_number(a, b))
    };
    let order = |a: &Cut, b: &Cut| if unit == Unit::Event { by_number(a, b) } else { by_share(a, b) };
    if most > 0 && bad.len() > most {
        bad.select_nth_unstable_by(most - 1, order);
    }
    bad.truncate(most);
    bad.sort_by(order);
    bad
}

/// What the terms make of a class.
#[must_use]
pub fn policy(class: Class, counting: &Counting) -> Policy {
    match class {
        Class::Good => Policy::Good,
        Class::Bad => Policy::Bad,
        Class::NoRequests if counting.method == Method::Occurrences => Policy::Excluded,
        Class::NoRequests => counting.no_requests,
        Class::Unknown => counting.unknown,
    }
}

/// The runs that are down, as positions in `slices`; slices without requests may lie inside, but not at an end.
#[must_use]
pub fn runs(slices: &[Classed], counting: &Counting) -> Vec<RangeInclusive<usize>> {
    let length = counting.method.slice().minutes();
    let mut runs = Vec::new();
    let mut open: Option<Open> = None;
    let mut next: Option<Minute> = None;
    for (index, (cut, class)) in slices.iter().enumerate() {
        if next.is_some_and(|next| next != cut.start) {
            runs.extend(open.take().and_then(|run| run.close(counting)));
        }
        next = Some(cut.start.plus(length));
        match policy(*class, counting) {
            Policy::Bad => open = Some(open.map_or(Open::at(index), |run| run.and(index))),
            Policy::Excluded if *class == Class::NoRequests => {}
            Policy::Good | Policy::Excluded => runs.extend(open.take().and_then(|run| run.close(counting))),
        }
    }
    runs.extend(open.and_then(|run| run.close(counting)));
    runs
}

/// The slices of a run that are bad.
pub fn bad_of<'a>(
    slices: &'a [Classed],
    run: &RangeInclusive<usize>,
    counting: &'a Counting,
) -> impl Iterator<Item = &'a Cut> {
    let inside = slices.get(run.clone()).unwrap_or_default();
    inside.iter().filter(|(_, class)| policy(*class, counting) == Policy::Bad).map(|(cut, _)| cut)
}

/// A run that has not ended.
#[derive(Clone, Copy)]
struct Open {
    first: usize,
    last: usize,
    bad: i64,
}

impl Open {
    const fn at(index: usize) -> Self {
        Self { first: index, last: index, bad: 1 }
    }

    const fn and(self, index: usize) -> Self {
        Self { last: index, bad: self.bad + 1, ..self }
    }

    fn close(self, counting: &Counting) -> Option<RangeInclusive<usize>> {
        (self.bad >= counting.downtime.consecutive()).then_some(self.first..=self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Slice;
    use crate::domain::terms::{Downtime, SliceMinutes};
    use crate::domain::time::Span;

    fn timeslices(consecutive: i64, no_requests: Policy, unknown: Policy) -> Counting {
        let target = Target::parse("99").unwrap().into();
        let method = Method::Timeslices { slice: SliceMinutes::ONE, target };
        Counting { method, no_requests, unknown, downtime: Downtime::new(consecutive, 1).unwrap() }
    }

    /// `x` bad, `.` good, `0` no requests, ` ` unknown.
    fn runs_of(picture: &str, counting: &Counting) -> Vec<RangeInclusive<usize>> {
        let minutes = (0..).map(Minute).zip(picture.chars()).filter_map(|(minute, c)| {
            let (good, total) = match c {
                'x' => (0, 10),
                '.' => (10, 10),
                '0' => (0, 0),
                _ => return None,
            };
            Some((minute, Slice { good, total, catch_up: false }))
        });
        let judged = Span::new(Minute(0), Minute(i64::try_from(picture.len()).unwrap())).into();
        let slices = classify(&Sheet::of_minutes(minutes), &judged, counting, Target::parse("99").unwrap());
        runs(&slices, counting)
    }

    #[test]
    fn runs_follow_the_terms_for_silence_and_for_the_unknown() {
        use Policy::{Bad, Excluded, Good};
        for (counting, picture, expected) in [
            (timeslices(1, Good, Excluded), "x.xx", vec![0..=0, 2..=3]),
            (timeslices(2, Good, Excluded), "x.xx", vec![2..=3]),
            (timeslices(3, Good, Excluded), "xx0x", vec![]),
            (timeslices(3, Excluded, Excluded), "xx0x0", vec![0..=3]),
            (timeslices(4, Bad, Excluded), "xx0x", vec![0..=3]),
            (timeslices(3, Good, Excluded), "xx x", vec![]),
            (timeslices(3, Good, Bad), "xx x", vec![0..=3]),
            (timeslices(3, Good, Good), "xx x", vec![]),
            (Counting::default(), "x0x.x x", vec![0..=2, 4..=4, 6..=6]),
        ] {
            assert_eq!(runs_of(picture, &counting), expected, "{picture} {counting:?}");
        }
    }

    /// Bad events 9, 4, 8, none, 4; shares of good ones 91 %, 60 %, 20 %, all, 60 %.
    #[test]
    fn the_worst_are_those_with_the_most_bad_events_or_the_lowest_share() {
        let counts = [(91, 100), (6, 10), (2, 10), (5, 5), (6, 10)];
        let minutes = (0..).map(Minute).zip(counts.map(|(good, total)| Slice { good, total, catch_up: false }));
        let judged = Span::new(Minute(0), Minute(6)).into();
        let slices = classify(&Sheet::of_minutes(minutes), &judged, &Counting::default(), Target::parse("99").unwrap());
        let of = |unit, most| worst(&slices, unit, most).iter().map(|cut| cut.start.0).collect::<Vec<_>>();
        assert_eq!(of(Unit::Event, 9), [0, 2, 1, 4]);
        assert_eq!(of(Unit::Slice, 9), [2, 1, 4, 0]);
        assert_eq!((of(Unit::Event, 2), of(Unit::Slice, 2)), (vec![0, 2], vec![2, 1]));
        assert_eq!(of(Unit::Slice, 0), [0; 0]);
    }

    /// A minute that is not judged is no minute in a row: nobody may say that the service was down in it.
    #[test]
    fn what_is_not_judged_ends_a_run() {
        let minutes = (0..6).map(|m| (Minute(m), Slice { good: 0, total: 5, catch_up: false }));
        let span = |from, to| Span::new(Minute(from), Minute(to));
        let counting = timeslices(3, Policy::Good, Policy::Excluded);
        let judged = Spans::of([span(0, 3), span(4, 6)]);
        let slices = classify(&Sheet::of_minutes(minutes), &judged, &counting, Target::parse("99").unwrap());
        assert_eq!(runs(&slices, &counting), [0..=2]);
    }

    #[test]
    fn a_slice_with_too_few_requests_is_not_down() {
        let minutes = [(9, 100), (0, 100), (0, 99)]
            .iter()
            .zip(0..)
            .map(|((good, total), m)| (Minute(m), Slice { good: *good, total: *total, catch_up: false }));
        let counting =
            Counting { downtime: Downtime::new(1, 100).unwrap(), ..timeslices(1, Policy::Good, Policy::Good) };
        let judged = Span::new(Minute(0), Minute(3)).into();
        let slices = classify(&Sheet::of_minutes(minutes), &judged, &counting, Target::parse("99").unwrap());
        assert_eq!(slices.iter().map(|(_, class)| *class).collect::<Vec<_>>(), [Class::Bad, Class::Bad, Class::Good]);
    }
}
