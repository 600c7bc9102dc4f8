//! Counts what stands beside the promised bound of a latency: the other bounds of its histogram, and its durations.
//!
//! They begin with the first pull after a latency is in force, and end with the last agreement that promises it. Which bounds
//! a histogram has is what its answers say; one that appears later is counted from then on.

use super::begin;
use crate::domain::counting::{self, Counted, CounterState, PartIs, Witness};
use crate::domain::model::{Indicator, Query, Source, Threshold};
use crate::domain::selector::Selector;
use crate::domain::time::{Minute, Span};
use crate::ops::{Context, OpsError};
use crate::source::histogram::Histogram;
use crate::source::series::Sorted;
use crate::store::indicators::PullState;
use crate::store::spreads::Bound;
use crate::store::{self, StoreError, Tx};

/// The most bounds of a histogram that are counted.
const BOUNDS_MAX: usize = 24;

/// The indicators of a source that are to be pulled: those that people asked for, and the durations of the latencies in
/// force, which are begun here.
pub(super) async fn indicators(context: &Context, source: &Source) -> Result<Vec<Indicator>, OpsError> {
    for latency in store::spreads::untied(&context.db, source.id).await? {
        if let Query::Latency { histogram, .. } = &latency.query {
            let pull = store::indicators::load_pull(&context.db, latency.id).await?;
            let mut tx = begin(context, source).await?;
            tie(&mut tx, &latency, histogram, pull).await?;
            tx.commit().await?;
        }
    }
    let mut all = store::indicators::list_by_source(&context.db, source.id).await?;
    all.extend(store::spreads::live(&context.db, source.id).await?);
    Ok(all)
}

/// Ties a latency to the durations of its histogram, whose history begins with that of the latency.
async fn tie(
    tx: &mut Tx,
    latency: &Indicator,
    histogram: &Selector,
    pull: Option<PullState>,
) -> Result<(), StoreError> {
    let query = Query::Durations { histogram: histogram.clone() };
    let (durations, is_new) = store::spreads::find_or_insert(tx, latency, &query).await?;
    if let Some(pull) = pull.filter(|_| is_new) {
        let (settled, reached, state) = (None, None, CounterState::default());
        let first = PullState { from: pull.from, settled, reached, state, finished_backfill_at: None };
        store::indicators::save_pull(tx, durations, &first).await?;
    }
    store::spreads::tie(tx, latency.id, durations).await
}

/// What one answer about a histogram comes to.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    /// The durations, with the state of every series.
    pub(super) durations: Counted,
    /// The bounds that came.
    pub(super) bounds: Vec<(Threshold, Counted)>,
}

/// Counts a histogram: each bound and the durations as if they had been asked for alone, but by the same witnesses.
pub(super) fn count(
    histogram: &Histogram,
    state: &CounterState,
    witnesses: &[Witness],
    window: Span,
    settle: Minute,
) -> Spread {
    let mut next = state.clone();
    let mut counted = |sorted: &Sorted| {
        let counted = counting::count(&part(state, sorted), &sorted.series, witnesses, window, settle, PartIs::Good);
        next.series.extend(counted.state.series.iter().map(|(key, sample)| (*key, *sample)));
        next.targets.extend(counted.state.targets.iter().map(|(key, at_ms)| (*key, *at_ms)));
        counted
    };
    let all = counted(&histogram.all);
    let sums = counted(&histogram.sums);
    // a bound that other processes have, or that is no longer there, would count as if nothing had been so fast
    let complete = histogram.bounds.iter().filter(|(_, sorted)| !sorted.threshold_missing);
    let bounds = complete.map(|(threshold, sorted)| (threshold.clone(), counted(sorted))).collect();
    // without sums nothing is known of durations, where something happened
    let has_sums = histogram.all.series.is_empty() || !histogram.sums.series.is_empty();
    let slices = if has_sums { sums.slices } else { Vec::new() };
    let durations = Counted { slices, state: next, findings: sums.findings, doubts: all.doubts };
    Spread { durations, bounds }
}

/// What is remembered of some series: a large histogram has thousands, and each bound only looks at its own.
fn part(state: &CounterState, sorted: &Sorted) -> CounterState {
    let known = sorted.series.iter().filter_map(|one| Some((one.key, *state.series.get(&one.key)?)));
    CounterState { series: known.collect(), targets: state.targets.clone() }
}

/// The thresholds of bounds.
pub(super) fn thresholds(bounds: &[Bound]) -> Vec<Threshold> {
    bounds.iter().map(|bound| bound.threshold.clone()).collect()
}

/// Keeps what was counted of bounds, of new ones too; those that somebody asked for are counted by a pull of their own.
pub(super) async fn write(
    tx: &mut Tx,
    durations: &Indicator,
    known: &[Bound],
    counted: &[(Threshold, Counted)],
) -> Result<(), StoreError> {
    let Query::Durations { histogram } = &durations.query else { return Ok(()) };
    let find = |threshold: &Threshold| known.iter().find(|bound| is_same(&bound.threshold, threshold));
    let new: Vec<_> = counted.iter().filter(|(threshold, _)| find(threshold).is_none()).collect();
    for (threshold, counted) in counted {
        if let Some(bound) = find(threshold).filter(|bound| bound.is_companion) {
            store::ledger::write(tx, bound.indicator, &counted.slices).await?;
        }
    }
    for (threshold, counted) in evenly(&new, BOUNDS_MAX.saturating_sub(known.len())) {
        let query = Query::Latency { histogram: histogram.clone(), threshold: threshold.clone() };
        let (id, is_new) = store::spreads::find_or_insert(tx, durations, &query).await?;
        store::spreads::tie(tx, id, durations.id).await?;
        if is_new {
            store::ledger::write(tx, id, &counted.slices).await?;
        }
    }
    Ok(())
}

fn is_same(one: &Threshold, other: &Threshold) -> bool {
    one.value().total_cmp(&other.value()).is_eq()
}

/// At most so many of them, spread evenly.
fn evenly<'a, T>(all: &'a [&'a T], most: usize) -> impl Iterator<Item = &'a T> {
    let many = all.len().max(1);
    let is_taken = move |place: usize| most >= many || place * most / many != (place + 1) * most / many;
    all.iter().enumerate().filter(move |(place, _)| is_taken(*place)).map(|(_, one)| *one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_bounds_are_thinned_evenly() {
        let all: Vec<usize> = (0..10).collect();
        let all: Vec<&usize> = all.iter().collect();
        let taken = |most| evenly(&all, most).copied().collect::<Vec<_>>();
        assert_eq!(taken(10).len(), 10);
        assert_eq!(taken(24).len(), 10);
        assert_eq!(taken(5), [1, 3, 5, 7, 9]);
        assert_eq!(taken(3), [3, 6, 9]);
        assert!(taken(0).is_empty());
        assert_eq!(evenly::<usize>(&[], 3).count(), 0);
    }
}
