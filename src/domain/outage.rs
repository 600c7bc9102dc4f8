//! Outages: runs of bad slices that are downtime by the objective's terms.
//!
//! ```
//! use nines::domain::{ledger::Slice, outage, sheet::Sheet, slices::classify, target::Target, terms::Counting};
//! use nines::domain::time::{Minute, Span};
//! let counts = [(10, 10), (2, 10), (0, 0), (5, 10), (10, 10)];
//! let minutes = (0..).map(Minute).zip(counts.map(|(good, total)| Slice { good, total, catch_up: false }));
//! let (counting, target) = (Counting::default(), Target::parse("99").unwrap());
//! let slices = classify(&Sheet::of_minutes(minutes), &Span::new(Minute(0), Minute(5)).into(), &counting, target);
//! let outages = outage::find(&slices, &counting);
//! assert_eq!(outages.len(), 1, "a minute without requests does not end it");
//! assert_eq!((outages[0].span.minutes(), outages[0].bad, outages[0].total), (3, 13, 20));
//! ```

use crate::domain::ratio_sum::{BILLION, floor_billionths};
use crate::domain::sheet::Cut;
use crate::domain::slices::{self, Classed};
use crate::domain::terms::{Counting, Unit};
use crate::domain::time::Span;

/// A maximal run of bad slices that satisfies the downtime definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// From the first bad slice to the end of the last.
    pub span: Span,
    /// Bad events inside.
    pub bad: i64,
    /// All events inside.
    pub total: i64,
    /// What it takes of the budget, in the unit of the objective's method.
    pub cost: i64,
}

/// Finds every outage among slices given in order of time.
#[must_use]
pub fn find(slices: &[Classed], counting: &Counting) -> Vec<Outage> {
    slices::runs(slices, counting)
        .into_iter()
        .filter_map(|run| {
            let (first, _) = slices.get(*run.start())?;
            let (last, _) = slices.get(*run.end())?;
            let bad: Vec<&Cut> = slices::bad_of(slices, &run, counting).collect();
            let events = bad.iter().fold((0, 0), |(bad, total), cut| (bad + cut.total - cut.good, total + cut.total));
            Some(Outage {
                span: Span::new(first.span.start(), last.span.end()),
                bad: events.0,
                total: events.1,
                cost: cost(&bad, events.0, counting),
            })
        })
        .collect()
}

fn cost(bad: &[&Cut], bad_events: i64, counting: &Counting) -> i64 {
    let slices = i64::try_from(bad.len()).unwrap_or_default();
    match counting.method.unit() {
        Unit::Event => bad_events,
        Unit::Slice => slices,
        Unit::BillionthOfSlice => {
            let known = bad.iter().filter(|cut| cut.total > 0).map(|cut| (cut.good, cut.total));
            slices * BILLION - floor_billionths(&known.collect::<Vec<_>>())
        }
    }
}

/// Keeps the `most` outages that cost most, in order of time, and says how many were left out.
#[must_use]
pub fn worst(mut outages: Vec<Outage>, most: usize) -> (Vec<Outage>, usize) {
    let left_out = outages.len().saturating_sub(most);
    outages.sort_by_key(|outage| (std::cmp::Reverse(outage.cost), outage.span.start()));
    outages.truncate(most);
    outages.sort_by_key(|outage| outage.span.start());
    (outages, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Slice;
    use crate::domain::sheet::Sheet;
    use crate::domain::target::Target;
    use crate::domain::terms::{Method, SliceMinutes};
    use crate::domain::time::Minute;

    fn outages(minutes: &[Option<(i64, i64)>], counting: &Counting) -> Vec<Outage> {
        let known = (0..)
            .map(Minute)
            .zip(minutes)
            .filter_map(|(minute, slice)| slice.map(|(good, total)| (minute, Slice { good, total, catch_up: false })));
        let window = Span::new(Minute(0), Minute(i64::try_from(minutes.len()).unwrap())).into();
        let target = Target::parse("99").unwrap();
        find(&slices::classify(&Sheet::of_minutes(known), &window, counting, target), counting)
    }

    fn spans(minutes: &[Option<(i64, i64)>]) -> Vec<(i64, i64)> {
        outages(minutes, &Counting::default()).iter().map(|o| (o.span.start().0, o.span.end().0)).collect()
    }

    #[test]
    fn runs_end_at_a_good_minute_at_unknown_and_at_the_end() {
        assert_eq!(spans(&[Some((0, 1)), Some((1, 1)), Some((0, 1)), None, Some((0, 1))]), [(0, 1), (2, 3), (4, 5)]);
        assert_eq!(spans(&[Some((99, 100)), Some((98, 100))]), [(1, 2)], "exactly the target is good");
        assert_eq!(spans(&[Some((0, 1)), Some((0, 0)), Some((1, 1))]), [(0, 1)], "no requests do not lengthen it");
        assert_eq!(spans(&[None, Some((0, 0)), Some((1, 1))]), []);
    }

    /// Five minutes at 50 % after five good ones: half a slice of the mean, one whole slice, 25 bad events.
    #[test]
    fn an_outage_costs_in_the_unit_of_the_method() {
        let minutes: Vec<_> = (0..10).map(|m| Some(if m < 5 { (10, 10) } else { (5, 10) })).collect();
        let slice = SliceMinutes::FIVE;
        let target = Target::parse("99").unwrap().into();
        for (method, cost) in [
            (Method::Occurrences, 25),
            (Method::Timeslices { slice, target }, 1),
            (Method::RatioTimeslices { slice }, 500_000_000),
        ] {
            let found = outages(&minutes, &Counting { method, ..Counting::default() });
            assert_eq!(found.len(), 1);
            assert_eq!((found[0].cost, found[0].bad, found[0].span.start().0), (cost, 25, 5), "{method:?}");
        }
    }

    #[test]
    fn the_worst_are_kept_in_order_of_time() {
        let outage = |at, bad| Outage { span: Span::new(Minute(at), Minute(at + 1)), bad, total: bad, cost: bad };
        let (kept, left_out) = worst(vec![outage(0, 5), outage(2, 1), outage(4, 9)], 2);
        assert_eq!((kept, left_out), (vec![outage(0, 5), outage(4, 9)], 1));
    }
}
