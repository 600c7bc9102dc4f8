//! Sets of minutes: what is judged, what is excluded, when a business is open.
//!
//! A set is kept as its maximal spans, in order, none touching another. So two ways of writing the same minutes are equal,
//! and what overlaps is merged before it counts: 10–11 h and 10:30–11:30 h are 90 minutes.
//!
//! ```
//! use nines::domain::{spans::Spans, time::{Minute, Span}};
//! let span = |from, to| Span::new(Minute(from), Minute(to));
//! let excluded = Spans::of([span(600, 660), span(630, 690)]);
//! assert_eq!(excluded.minutes(), 90);
//! let judged = Spans::from(span(0, 1440)).minus(&excluded);
//! assert_eq!(judged.minutes(), 1350);
//! assert!(!judged.contains(Minute(600)) && judged.contains(Minute(690)));
//! ```

use crate::domain::time::{Minute, Span};

/// A set of minutes, as maximal spans in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(Vec<Span>);

impl From<Span> for Spans {
    fn from(span: Span) -> Self {
        Self::of([span])
    }
}

impl Spans {
    /// Every minute of any of these spans.
    #[must_use]
    pub fn of(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut spans: Vec<Span> = spans.into_iter().filter(|span| !span.is_empty()).collect();
        spans.sort_unstable_by_key(|span| span.start());
        let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.start() <= last.end() => *last = Span::new(last.start(), last.end().max(span.end())),
                _ => merged.push(span),
            }
        }
        Self(merged)
    }

    /// The maximal spans, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Span] {
        &self.0
    }

    /// Is no minute inside?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many minutes are inside.
    #[must_use]
    pub fn minutes(&self) -> i64 {
        self.0.iter().map(|span| span.minutes()).sum()
    }

    /// How many of the minutes of a span are inside.
    #[must_use]
    pub fn minutes_in(&self, span: Span) -> i64 {
        self.touching(span).map(Span::minutes).sum()
    }

    /// Is the minute inside?
    #[must_use]
    pub fn contains(&self, minute: Minute) -> bool {
        let after = self.0.partition_point(|span| span.start() <= minute);
        after.checked_sub(1).and_then(|last| self.0.get(last)).is_some_and(|span| span.contains(minute))
    }

    /// The parts of a span that are inside, in order.
    pub fn touching(&self, span: Span) -> impl Iterator<Item = Span> {
        let first = self.0.partition_point(|inside| inside.end() <= span.start());
        let rest = self.0.get(first..).unwrap_or_default();
        rest.iter().take_while(move |inside| inside.start() < span.end()).map(move |inside| inside.intersect(span))
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied())
    }

    /// What is in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self(self.0.iter().flat_map(|span| other.touching(*span)).filter(|span| !span.is_empty()).collect())
    }

    /// What is in a span.
    #[must_use]
    pub fn within(&self, span: Span) -> Self {
        self.intersect(&Self::from(span))
    }

    /// What is here and not there.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut left = Vec::with_capacity(self.0.len());
        for span in &self.0 {
            let mut from = span.start();
            for gone in other.touching(*span) {
                left.push(Span::new(from, gone.start()));
                from = gone.end();
            }
            left.push(Span::new(from, span.end()));
        }
        Self::of(left)
    }

    /// The first `most` minutes, in order of time.
    #[must_use]
    pub fn first_minutes(&self, most: i64) -> Self {
        let mut left = most.max(0);
        let kept = self.0.iter().map_while(|span| {
            let minutes = span.minutes().min(left);
            left -= minutes;
            (minutes > 0).then(|| Span::new(span.start(), span.start().plus(minutes)))
        });
        Self(kept.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn span(from: i64, to: i64) -> Span {
        Span::new(Minute(from), Minute(to))
    }

    fn spans() -> impl Strategy<Value = Vec<(i64, i64)>> {
        proptest::collection::vec((0i64..200, 0i64..40), 0..12)
    }

    fn set(parts: &[(i64, i64)]) -> Spans {
        Spans::of(parts.iter().map(|(from, length)| span(*from, from + length)))
    }

    /// The same minutes, one by one.
    fn naive(parts: &[(i64, i64)]) -> BTreeSet<i64> {
        parts.iter().flat_map(|(from, length)| *from..from + length).collect()
    }

    fn listed(set: &Spans) -> BTreeSet<i64> {
        set.as_slice().iter().flat_map(|span| span.iter()).map(|minute| minute.0).collect()
    }

    #[test]
    fn the_first_minutes_are_cut_inside_a_span() {
        let set = set(&[(0, 10), (20, 10)]);
        assert_eq!(set.first_minutes(15).as_slice(), [span(0, 10), span(20, 25)]);
        assert_eq!(set.first_minutes(10).as_slice(), [span(0, 10)]);
        assert!(set.first_minutes(0).is_empty() && set.first_minutes(-5).is_empty());
        assert_eq!(set.first_minutes(100), set);
    }

    proptest! {
        #[test]
        fn sets_agree_with_minutes_one_by_one(a in spans(), b in spans(), from in 0i64..200, length in 0i64..60) {
            let (x, y) = (set(&a), set(&b));
            let (p, q) = (naive(&a), naive(&b));
            prop_assert_eq!(listed(&x.union(&y)), p.union(&q).copied().collect());
            prop_assert_eq!(listed(&x.intersect(&y)), p.intersection(&q).copied().collect());
            prop_assert_eq!(listed(&x.minus(&y)), p.difference(&q).copied().collect());
            let window = span(from, from + length);
            let inside = p.iter().filter(|m| window.contains(Minute(**m))).count();
            prop_assert_eq!(x.minutes_in(window), i64::try_from(inside).unwrap());
            prop_assert_eq!(x.within(window).minutes(), x.minutes_in(window));
            for minute in 0..250 {
                prop_assert_eq!(x.contains(Minute(minute)), p.contains(&minute));
            }
        }

        #[test]
        fn merging_is_idempotent_and_commutative_and_leaves_gaps(a in spans(), b in spans()) {
            let (x, y) = (set(&a), set(&b));
            prop_assert_eq!(x.union(&x), x.clone());
            prop_assert_eq!(x.union(&y), y.union(&x));
            prop_assert!(x.as_slice().windows(2).all(|pair| pair[0].end() < pair[1].start()));
            prop_assert_eq!(x.minus(&y).union(&x.intersect(&y)), x);
        }
    }
}
