//! Pulls the indicators of a scraped endpoint. The endpoint has no memory, so each scrape settles at once.

use super::{BUCKET_MISSING, NO_BUCKET, Shown, begin, progress, resolve_gone, spread, write};
use crate::domain::counting::{self, Counted, CounterState, SILENCE_MS_MAX, Sample, Series, Witness};
use crate::domain::ids::IndicatorId;
use crate::domain::ledger::Slice;
use crate::domain::model::{Indicator, Query, Source};
use crate::domain::selector::{Labels, Selector, SelectorError};
use crate::domain::time::{Instant, Minute, Span};
use crate::ops::{Context, OpsError};
use crate::source::SourceError;
use crate::source::histogram::Histogram;
use crate::source::scrape::Scrape;
use crate::source::series::{Plan, RawSeries, Target};
use crate::store::indicators::PullState;
use crate::store::{self};
use std::collections::{BTreeMap, BTreeSet};

/// Scrapes the endpoint once and counts it for every indicator.
pub(super) async fn pull(context: &Context, source: &Source) -> Result<(), OpsError> {
    let at_ms = context.clock.now().seconds() * 1000;
    let scraped = Scrape::new(source)?.fetch(at_ms).await?;
    for indicator in spread::indicators(context, source).await? {
        match &indicator.query {
            Query::Durations { histogram } => {
                take_histogram(context, source, (&indicator, histogram), &scraped, at_ms).await?;
            }
            _ => take(context, source, &indicator, &scraped, at_ms).await?,
        }
    }
    Ok(())
}

/// Counts what one scrape says to one indicator.
async fn take(
    context: &Context,
    source: &Source,
    indicator: &Indicator,
    scraped: &[(Labels, Sample)],
    at_ms: i64,
) -> Result<(), OpsError> {
    let now = context.clock.now();
    let Some(plan) = Plan::of(&indicator.query).transpose().map_err(|e| SourceError::Query(e.to_string()))? else {
        return Ok(());
    };
    let mut progress = progress(context, indicator.id, now).await?;
    let sorted = plan.sort(wanted(&plan, scraped));
    let window = window(&progress.state, at_ms);
    let mut counted = tally(&indicator.query, &progress.state, &sorted.series, window, at_ms);
    if matches!(indicator.query, Query::Throughput { .. }) {
        // verdicts on minutes that are over, which nothing adds to; what is counted of the others waits in the state
        counted.slices.retain(|(_, slice)| slice.is_some());
    } else {
        add_up(&mut counted, &kept(context, indicator.id, window).await?);
    }
    settle(&mut progress, counted.state.clone(), window, now);
    let mut tx = begin(context, source).await?;
    write(&mut tx, indicator.id, &counted, &mut progress, now).await?;
    if sorted.threshold_missing {
        store::findings::record(&mut tx, indicator.id, BUCKET_MISSING, NO_BUCKET, now).await?;
    }
    tx.commit().await?;
    let mut kinds: BTreeSet<_> = counted.findings.iter().map(counting::Finding::word).collect();
    kinds.extend(sorted.threshold_missing.then_some(BUCKET_MISSING));
    let shown = Shown { kinds, data: !sorted.series.is_empty() };
    resolve_gone(context, source, indicator.id, &shown).await
}

/// Counts what one scrape says to a whole histogram.
async fn take_histogram(
    context: &Context,
    source: &Source,
    (durations, histogram): (&Indicator, &Selector),
    scraped: &[(Labels, Sample)],
    at_ms: i64,
) -> Result<(), OpsError> {
    let now = context.clock.now();
    let refused = |error: SelectorError| SourceError::Query(error.to_string());
    let Some(plan) = Plan::of(&durations.query).transpose().map_err(refused)? else { return Ok(()) };
    let mut progress = progress(context, durations.id, now).await?;
    let bounds = store::spreads::bounds(&context.db, durations.id).await?;
    let sorted = Histogram::sort(histogram, &spread::thresholds(&bounds), wanted(&plan, scraped)).map_err(refused)?;
    let window = window(&progress.state, at_ms);
    let witness = witness(&progress.state, at_ms);
    let mut counted = spread::count(&sorted, &progress.state, &[witness], window, window.end());
    add_up(&mut counted.durations, &kept(context, durations.id, window).await?);
    for (threshold, counted) in &mut counted.bounds {
        let known = bounds.iter().find(|bound| bound.threshold == *threshold).filter(|bound| bound.is_companion);
        let kept = match known {
            Some(bound) => kept(context, bound.indicator, window).await?,
            None => BTreeMap::new(),
        };
        add_up(counted, &kept);
    }
    settle(&mut progress, asked(counted.durations.state.clone(), at_ms), window, now);
    let mut tx = begin(context, source).await?;
    write(&mut tx, durations.id, &counted.durations, &mut progress, now).await?;
    spread::write(&mut tx, durations, &bounds, &counted.bounds).await?;
    tx.commit().await?;
    let kinds = counted.durations.findings.iter().map(counting::Finding::word).collect();
    let shown = Shown { kinds, data: !sorted.all.series.is_empty() };
    resolve_gone(context, source, durations.id, &shown).await
}

/// What of a scrape a plan asks for.
fn wanted(plan: &Plan, scraped: &[(Labels, Sample)]) -> Vec<RawSeries> {
    let wanted = scraped.iter().filter(|(labels, _)| plan.selectors.iter().any(|s| s.matches(labels)));
    wanted.map(|(labels, sample)| RawSeries { labels: labels.clone(), samples: vec![*sample] }).collect()
}

/// What earlier scrapes counted in a window.
async fn kept(context: &Context, id: IndicatorId, window: Span) -> Result<BTreeMap<Minute, Slice>, OpsError> {
    Ok(store::ledger::slices(&context.db, id, window).await?.into_iter().collect())
}

/// Each scrape settles what is over.
fn settle(progress: &mut PullState, state: CounterState, window: Span, now: Instant) {
    progress.state = state;
    progress.settled = Some(window.end().plus(-1));
    progress.reached = Some(window.end());
    progress.finished_backfill_at = progress.finished_backfill_at.or(Some(now));
}

/// The endpoint itself, as a process: most series say nothing else.
fn endpoint() -> Target {
    Target::nameless()
}

/// From the minute of the last scrape, unless that is too long ago, to the end of the present one.
pub(super) fn window(state: &CounterState, at_ms: i64) -> Span {
    let present = counting::minute_of(at_ms);
    let last = state.targets.get(&endpoint().key()).filter(|last| (0..=SILENCE_MS_MAX).contains(&(at_ms - **last)));
    Span::new(last.map_or(present, |last| counting::minute_of(*last)), present.plus(1))
}

/// The state after the endpoint was asked at a moment.
pub(super) fn asked(mut state: CounterState, at_ms: i64) -> CounterState {
    state.targets.insert(endpoint().key(), at_ms);
    state
}

fn tally(query: &Query, state: &CounterState, series: &[Series], window: Span, at_ms: i64) -> Counted {
    let mut counted = super::count(query, state, series, &[witness(state, at_ms)], window, window.end());
    counted.state = asked(counted.state, at_ms);
    counted
}

/// The scrape itself, and the one before it.
fn witness(state: &CounterState, at_ms: i64) -> Witness {
    let target = endpoint().key();
    let last = state.targets.get(&target).copied().filter(|last| *last < at_ms);
    Witness { target, scrapes_ms: last.into_iter().chain([at_ms]).collect() }
}

/// Adds what earlier scrapes counted in the same minutes, and leaves unknown minutes as they are.
pub(super) fn add_up(counted: &mut Counted, kept: &BTreeMap<Minute, Slice>) {
    counted.slices.retain(|(_, slice)| slice.is_some());
    for (minute, slice) in &mut counted.slices {
        if let (Some(slice), Some(kept)) = (slice, kept.get(minute)) {
            slice.good += kept.good;
            slice.total += kept.total;
            slice.catch_up |= kept.catch_up;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::Part;
    use crate::domain::selector::{Expression, Selector};

    fn query() -> Query {
        Query::Ratio {
            total: Expression::Raw(Selector::parse("x").unwrap()),
            part: Part::Bad(Expression::Raw(Selector::parse("x{code=\"500\"}").unwrap())),
        }
    }

    /// Scrapes at 10 s, 40 s and 70 s; the first 500 appears at 40 s with 2.
    #[test]
    fn scrapes_within_one_minute_add_up_and_the_first_error_counts() {
        let plan = Plan::of(&query()).unwrap().unwrap();
        let labels =
            |code: &str| Labels::from([("__name__".to_owned(), "x".to_owned()), ("code".to_owned(), code.to_owned())]);
        let scrapes = [
            (10, vec![("200", 100.0)]),
            (40, vec![("200", 105.0), ("500", 2.0)]),
            (70, vec![("200", 106.0), ("500", 2.0)]),
        ];
        let (mut state, mut ledger) = (CounterState::default(), BTreeMap::new());
        for (at, values) in scrapes {
            let at_ms = at * 1000;
            let raw = values
                .into_iter()
                .map(|(code, value)| RawSeries { labels: labels(code), samples: vec![Sample { at_ms, value }] });
            let window = window(&state, at_ms);
            let mut counted = tally(&query(), &state, &plan.sort(raw.collect()).series, window, at_ms);
            add_up(&mut counted, &ledger);
            ledger.extend(counted.slices.iter().filter_map(|(minute, slice)| slice.map(|slice| (*minute, slice))));
            state = counted.state;
        }
        let slices: Vec<_> = ledger.values().map(|s| (s.good, s.total)).collect();
        assert_eq!(slices, [(5, 7), (1, 1)]);
    }
}
