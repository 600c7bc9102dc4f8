//! Pulls measurements from sources into the ledger.
//!
//! A source is pulled under a lease, so two pulls of one source never overlap, also across processes; each write checks
//! that the lease is still held. A pull that fails is tried again later, each time a little later, and says why on the
//! source's page.

mod prometheus;
mod tries;

mod probe;
mod scrape;
mod spread;

pub use prometheus::{Reading, read_only};
pub use tries::{TestReport, try_out};

use crate::domain::counting::{self, Counted, CounterState, Finding, PartIs, Series, Witness};
use crate::domain::ids::{IndicatorId, SourceId};
use crate::domain::model::{Part, Query, Source, SourceSpec};
use crate::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use crate::ops::{Context, OpsError};
use crate::source::SourceError;
use crate::store::indicators::PullState;
use crate::store::{self, StoreError, Tx};
use crate::telemetry::Outcome;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a source waits for an instance that died: well below the five minutes after which a scraped endpoint's
/// minutes are unknown. A pull that lives renews its lease long before.
const LEASE_SECONDS: i64 = 60;
/// How often a pull that takes long renews its lease.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// How many sources one round claims at most.
const CLAIMS_MAX: i64 = 64;
/// The longest pause after failures, in seconds: a source that recovers is noticed within this time.
const PAUSE_SECONDS_MAX: i64 = 300;
/// Series and processes not seen for so long are forgotten.
const MEMORY_MINUTES: i64 = 40 * DAY_MINUTES;

/// Claims the sources that are due; each must then be given to [`pull_claimed`].
pub async fn claim_due(context: &Context) -> Result<Vec<SourceId>, OpsError> {
    let now = context.clock.now();
    Ok(store::source_states::claim_due(&context.db, now, LEASE_SECONDS, &context.holder, CLAIMS_MAX).await?)
}

/// Pulls one source now, unless somebody is at it already; says whether it was pulled.
pub async fn pull_now(context: &Context, id: SourceId) -> Result<bool, OpsError> {
    let now = context.clock.now();
    let claimed = store::source_states::claim(&context.db, id, now, LEASE_SECONDS, &context.holder).await?;
    if claimed {
        pull_claimed(context, id).await?;
    }
    Ok(claimed)
}

/// Pulls a claimed source and records how it went.
pub async fn pull_claimed(context: &Context, id: SourceId) -> Result<(), OpsError> {
    let Some(source) = store::sources::find(&context.db, &context.sealer, id).await? else {
        return Err(OpsError::NotFound("source"));
    };
    let began = tokio::time::Instant::now();
    let outcome = tokio::select! {
        outcome = pull_source(context, &source) => outcome,
        lost = keep_lease(context, &source) => Err(lost),
    };
    let word = if outcome.is_ok() { Outcome::Done } else { Outcome::Failed };
    context.metrics.pull(source.spec.kind(), word, began.elapsed());
    record(context, &source, outcome).await
}

async fn pull_source(context: &Context, source: &Source) -> Result<(), OpsError> {
    match source.spec {
        SourceSpec::Prometheus { .. } => prometheus::pull(context, source).await,
        SourceSpec::Scrape { .. } => scrape::pull(context, source).await,
        SourceSpec::Probe(_) => probe::pull(context, source).await,
    }
}

/// Renews the lease for as long as the pull beside it takes; ends only when the lease is lost.
async fn keep_lease(context: &Context, source: &Source) -> OpsError {
    loop {
        tokio::time::sleep(SIGN_OF_LIFE).await;
        let renewed = async { Ok(begin(context, source).await?.commit().await?) };
        if let Err(error) = renewed.await {
            return error;
        }
    }
}

async fn record(context: &Context, source: &Source, outcome: Result<(), OpsError>) -> Result<(), OpsError> {
    let (now, holder) = (context.clock.now(), &context.holder);
    // asked before the transaction: who holds one connection and waits for a second can wait for ever
    let state = store::source_states::find(&context.db, source.id).await?;
    let mut tx = context.db.begin_write().await?;
    match outcome {
        Ok(()) => {
            let next = now.plus_seconds(source.every_seconds);
            store::source_states::record_success(&mut tx, source.id, holder, now, next).await?;
        }
        // somebody else holds the source now: what we would record is no longer true
        Err(OpsError::Store(StoreError::Conflict { .. })) => return Ok(()),
        Err(error) => {
            let failures = state.map_or(0, |state| state.failures);
            let next = now.plus_seconds(pause_seconds(source.every_seconds, failures));
            let sentence = error.to_string();
            tracing::warn!(source.id = source.id.0, failures = failures + 1, error = %sentence, "a pull failed and will be tried again");
            store::source_states::record_failure(&mut tx, source.id, holder, now, next, &sentence).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// The pause before the next try after so many failures in a row: the usual pace, doubled each time, up to five minutes.
fn pause_seconds(every_seconds: i64, failures: i64) -> i64 {
    let doublings = u32::try_from(failures.clamp(0, 10)).unwrap_or_default();
    every_seconds.saturating_mul(2i64.pow(doublings)).min(PAUSE_SECONDS_MAX.max(every_seconds))
}

/// Begins a write transaction that holds the source's lease: it fails if somebody else has taken the source over.
async fn begin(context: &Context, source: &Source) -> Result<Tx, OpsError> {
    let mut tx = context.db.begin_write().await?;
    let now = context.clock.now();
    store::source_states::renew_lease(&mut tx, source.id, &context.holder, now, LEASE_SECONDS).await?;
    Ok(tx)
}

/// Where an indicator's reading stands; a fresh one begins at the present.
async fn progress(context: &Context, id: IndicatorId, now: Instant) -> Result<PullState, OpsError> {
    let kept = store::indicators::load_pull(&context.db, id).await?;
    Ok(kept.unwrap_or_else(|| PullState {
        from: now.minute(),
        settled: None,
        reached: None,
        state: CounterState::default(),
        finished_backfill_at: None,
    }))
}

/// Writes what was counted and how far the reading has come, in one transaction.
async fn write(
    tx: &mut Tx,
    id: IndicatorId,
    counted: &Counted,
    progress: &mut PullState,
    now: Instant,
) -> Result<(), OpsError> {
    store::ledger::write(tx, id, &counted.slices).await?;
    for finding in &counted.findings {
        store::findings::record(tx, id, finding.word(), finding.sentence(), now).await?;
    }
    progress.state.forget_before(counting::millis(now.minute().plus(-MEMORY_MINUTES)));
    store::indicators::save_pull(tx, id, progress).await?;
    Ok(())
}

/// Records on an indicator that its query cannot be read; the others of the source go on.
async fn record_refusal(
    context: &Context,
    source: &Source,
    id: IndicatorId,
    error: &SourceError,
) -> Result<(), OpsError> {
    let mut tx = begin(context, source).await?;
    store::findings::record(&mut tx, id, QUERY_REFUSED, &error.to_string(), context.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// What a complete pull of an indicator showed.
#[derive(Debug, Default)]
struct Shown {
    /// The kinds of its findings.
    kinds: BTreeSet<&'static str>,
    /// Did any sample come? Silence proves nothing about the data.
    data: bool,
}

impl Shown {
    /// Would an open finding of this kind have shown itself again? Kinds that are not found here are none of our business.
    fn disproves(&self, kind: &str) -> bool {
        let is_about_answers = [QUERY_REFUSED, PARTIAL_ANSWER].contains(&kind);
        let is_about_data = kind == BUCKET_MISSING || Finding::ALL.iter().any(|finding| finding.word() == kind);
        !self.kinds.contains(kind) && (is_about_answers || (is_about_data && self.data))
    }
}

/// Resolves the findings of earlier pulls that a complete one no longer shows, so that nobody looks for old troubles.
async fn resolve_gone(context: &Context, source: &Source, id: IndicatorId, shown: &Shown) -> Result<(), OpsError> {
    let found = store::findings::list(&context.db, id).await?;
    let is_gone = |one: &&store::findings::Finding| one.resolved_at.is_none() && shown.disproves(&one.kind);
    let gone: Vec<_> = found.iter().filter(is_gone).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let mut tx = begin(context, source).await?;
    for finding in gone {
        store::findings::resolve(&mut tx, id, &finding.kind, context.clock.now()).await?;
    }
    Ok(tx.commit().await?)
}

/// The kind of finding for a query that the source refuses.
pub const QUERY_REFUSED: &str = "query_refused";
/// The kind of finding for a histogram without a bucket at the threshold.
const BUCKET_MISSING: &str = "bucket_missing";
/// What people read about it.
const NO_BUCKET: &str = "The histogram has no bucket at the threshold, so no good event can be counted. Edit the objective and choose one of the histogram's bounds.";
/// The kind of finding for answers that came with warnings.
const PARTIAL_ANSWER: &str = "partial_answer";

/// Does the indicator's second counter count good or bad events?
fn part_is(query: &Query) -> PartIs {
    match query {
        Query::Ratio { part: Part::Bad(_), .. } => PartIs::Bad,
        Query::Ratio { part: Part::Good(_), .. }
        | Query::Latency { .. }
        | Query::Durations { .. }
        | Query::Up { .. }
        | Query::Check { .. }
        | Query::Level { .. }
        | Query::Throughput { .. } => PartIs::Good,
    }
}

/// Counts raw samples as the query says.
fn count(
    query: &Query,
    state: &CounterState,
    series: &[Series],
    witnesses: &[Witness],
    window: Span,
    settle: Minute,
) -> Counted {
    match query {
        Query::Up { .. } => counting::count_gauge(state, series, window, settle, |value| value >= 1.0),
        Query::Level { limit, .. } => {
            counting::count_gauge(state, series, window, settle, |value| limit.is_kept(value))
        }
        Query::Throughput { at_least, .. } => {
            counting::count_throughput(state, series, witnesses, window, settle, at_least)
        }
        Query::Ratio { .. } | Query::Latency { .. } | Query::Durations { .. } | Query::Check { .. } => {
            counting::count(state, series, witnesses, window, settle, part_is(query))
        }
    }
}

/// How far a reading up to `end` settles: the newest ten minutes may still change.
fn settle_point(from: Minute, to: Minute) -> Minute {
    const UNSETTLED_MINUTES: i64 = 10;
    to.plus(-UNSETTLED_MINUTES).max(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes_and_never_undercut_the_pace() {
        let pauses: Vec<i64> = (0..5).map(|failures| pause_seconds(30, failures)).collect();
        assert_eq!(pauses, [30, 60, 120, 240, 300]);
        assert_eq!(pause_seconds(3600, 50), 3600, "a slow pace stays");
    }

    #[test]
    fn a_pull_disproves_only_what_it_would_have_shown() {
        let kinds = [QUERY_REFUSED, PARTIAL_ANSWER, BUCKET_MISSING, "time_went_back", "fractional_counter", "other"];
        let disproved = |shown: &Shown| kinds.map(|kind| shown.disproves(kind));
        let silent = Shown::default();
        assert_eq!(disproved(&silent), [true, true, false, false, false, false]);
        let shown = Shown { kinds: BTreeSet::from([PARTIAL_ANSWER, "time_went_back"]), data: true };
        assert_eq!(disproved(&shown), [true, false, true, false, true, false]);
    }
}
