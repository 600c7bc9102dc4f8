//! Pulls the indicators of a Prometheus server: from where each has settled up to now, in bounded chunks.

use super::{
    BUCKET_MISSING, NO_BUCKET, PARTIAL_ANSWER, Shown, begin, count, part_is, progress, record_refusal, resolve_gone,
    settle_point, spread, write,
};
use crate::domain::counting::{self, Counted, CounterState, TargetKey, Witness, millis};
use crate::domain::ledger::Slice;
use crate::domain::model::{Indicator, Query, Source, Threshold};
use crate::domain::selector::Selector;
use crate::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::{Context, OpsError};
use crate::source::SourceError;
use crate::source::histogram::Histogram;
use crate::source::prometheus::Prometheus;
use crate::source::series::{Plan, RawSeries, Sorted, Target};
use crate::store::indicators::PullState;
use crate::store::spreads::Bound;
use crate::store::{self};
use futures_util::stream::{self, StreamExt as _};
use std::collections::{BTreeMap, BTreeSet};

/// Minutes read at once while catching up.
const CHUNK_MINUTES: i64 = 5 * DAY_MINUTES;
/// The same for a whole histogram, which has as much in each minute as a dozen others.
const HISTOGRAM_CHUNK_MINUTES: i64 = DAY_MINUTES;
/// The smallest chunk, when larger ones are refused as too large.
const CHUNK_MINUTES_MIN: i64 = 30;
/// Minutes read before the first one, so that its counters have a value to count from.
const PRIMING_MINUTES: i64 = 10;
/// Indicators of one source that are read at the same time.
const CONCURRENT: usize = 4;

/// Pulls every indicator of the source. An unreachable server fails the pull; a refused query is a finding on its
/// indicator and stops nobody else.
pub(super) async fn pull(context: &Context, source: &Source) -> Result<(), OpsError> {
    let server = Prometheus::new(source)?;
    let now = context.clock.now();
    let indicators = spread::indicators(context, source).await?;
    if indicators.is_empty() {
        server.describe(now.seconds() * 1000).await?;
        return Ok(());
    }
    let mut pulls = stream::iter(indicators)
        .map(|indicator| {
            let server = &server;
            async move {
                let outcome = Pull { context, server, source, indicator: &indicator, now }.run().await;
                match outcome {
                    Err(OpsError::Source(error)) if is_the_querys(&error) => {
                        record_refusal(context, source, indicator.id, &error).await
                    }
                    other => other,
                }
            }
        })
        .buffer_unordered(CONCURRENT);
    // one that fails must not cut short the others, which may be half way through a long backfill
    let mut first_failure = Ok(());
    while let Some(outcome) = pulls.next().await {
        first_failure = first_failure.and(outcome);
    }
    first_failure
}

/// Is it the matter of one query, and not of the server or of the way to it?
const fn is_the_querys(error: &SourceError) -> bool {
    matches!(error, SourceError::Query(_) | SourceError::TooLarge { .. })
}

struct Pull<'a> {
    context: &'a Context,
    server: &'a Prometheus,
    source: &'a Source,
    indicator: &'a Indicator,
    now: Instant,
}

/// Reads and counts one query, and keeps nothing.
#[derive(Clone, Copy)]
struct Reader<'a> {
    server: &'a Prometheus,
    query: &'a Query,
    /// For durations, the bounds that are known already.
    bounds: &'a [Bound],
}

/// What a reading that keeps nothing brought.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The known minutes, in order of time.
    pub minutes: BTreeMap<Minute, Slice>,
    /// What people should know about them, in sentences.
    pub notes: Vec<String>,
}

/// Reads a query over a span as a pull would from its first minute on, and keeps nothing.
pub async fn read_only(source: &Source, query: &Query, span: Span) -> Result<Reading, OpsError> {
    let server = Prometheus::new(source)?;
    let reader = Reader { server: &server, query, bounds: &[] };
    let (mut from, mut length, mut reading) = (span.start(), CHUNK_MINUTES, Reading::default());
    let mut notes = BTreeSet::new();
    let (mut state, is_primed) = reader.prime(from).await?;
    if !is_primed {
        notes.insert(language::word(PROVISIONAL).to_owned());
    }
    while from < span.end() {
        let to = from.plus(length).min(span.end());
        let chunk = match reader.read(&state, Span::new(from, to)).await {
            Err(OpsError::Source(error)) if is_too_much(&error) && length > CHUNK_MINUTES_MIN => {
                length = (length / 4).max(CHUNK_MINUTES_MIN);
                continue;
            }
            other => other?,
        };
        let warned = chunk.warnings.first();
        notes.extend(warned.map(|warning| {
            say!("{note} It said: {warning}.", language::word(PROVISIONAL), warning.trim_end_matches('.'))
        }));
        notes.extend(chunk.threshold_missing.then(|| language::word(NO_BUCKET).to_owned()));
        notes.extend(chunk.counted.findings.iter().map(|finding| language::word(finding.sentence()).to_owned()));
        reading.take(chunk.counted.slices, &mut notes);
        if to == span.end() {
            break;
        }
        state = chunk.counted.state;
        from = settle_point(from, to).max(from.plus(1));
    }
    reading.notes = notes.into_iter().collect();
    Ok(reading)
}

/// What people read about an answer with warnings that is not kept.
const PROVISIONAL: &str = "The source answered with a warning, so some of its data may be missing.";

impl Reading {
    /// Takes over minutes as the ledger would; the last word about a minute counts.
    fn take(&mut self, slices: Vec<(Minute, Option<Slice>)>, notes: &mut BTreeSet<String>) {
        for (minute, slice) in slices {
            match slice.map(Slice::checked).transpose() {
                Ok(_) => match slice {
                    Some(slice) => drop(self.minutes.insert(minute, slice)),
                    None => drop(self.minutes.remove(&minute)),
                },
                Err(why) => {
                    notes.insert(say!("A minute is left out: {problem}.", wording::capitalised(&why.to_string())));
                }
            }
        }
    }
}

/// What one chunk brought.
struct Chunk {
    counted: Counted,
    /// For durations, what was counted of the bounds.
    bounds: Vec<(Threshold, Counted)>,
    warnings: Vec<String>,
    threshold_missing: bool,
    /// Did any sample come?
    data: bool,
}

impl Chunk {
    fn tell(&self, shown: &mut Shown) {
        shown.data |= self.data;
        shown.kinds.extend(self.counted.findings.iter().map(counting::Finding::word));
        shown.kinds.extend((!self.warnings.is_empty()).then_some(PARTIAL_ANSWER));
        shown.kinds.extend(self.threshold_missing.then_some(BUCKET_MISSING));
    }
}

impl Pull<'_> {
    const fn reader<'b>(&'b self, bounds: &'b [Bound]) -> Reader<'b> {
        Reader { server: self.server, query: &self.indicator.query, bounds }
    }

    async fn run(&self) -> Result<(), OpsError> {
        let mut progress = progress(self.context, self.indicator.id, self.now).await?;
        let end = self.now.plus_seconds(-self.source.delay_seconds).minute();
        let mut from = progress.settled.unwrap_or(progress.from);
        let (mut state, mut complete) = match progress.settled {
            Some(_) => (progress.state.clone(), true),
            None => self.reader(&[]).prime(from).await?,
        };
        let (mut length, mut shown) = (self.chunk_minutes(), Shown::default());
        while from < end {
            let to = from.plus(length).min(end);
            let bounds = store::spreads::bounds(&self.context.db, self.indicator.id).await?;
            let chunk = match self.reader(&bounds).read(&state, Span::new(from, to)).await {
                Err(OpsError::Source(error)) if is_too_much(&error) && length > CHUNK_MINUTES_MIN => {
                    length = (length / 4).max(CHUNK_MINUTES_MIN);
                    continue;
                }
                other => other?,
            };
            complete &= chunk.warnings.is_empty();
            let settle = settle_point(from, to);
            state = chunk.counted.state.clone();
            progress.reached = progress.reached.max(Some(to));
            if complete {
                progress.settled = Some(settle);
                progress.state = state.clone();
            }
            if to == end && progress.finished_backfill_at.is_none() {
                progress.finished_backfill_at = Some(self.now);
            }
            self.store(&chunk, &bounds, &mut progress).await?;
            chunk.tell(&mut shown);
            if to == end {
                // a partial answer may have left out just what would show a trouble
                if complete {
                    resolve_gone(self.context, self.source, self.indicator.id, &shown).await?;
                }
                break;
            }
            from = settle.max(from.plus(1));
        }
        Ok(())
    }

    const fn chunk_minutes(&self) -> i64 {
        if matches!(self.indicator.query, Query::Durations { .. }) { HISTOGRAM_CHUNK_MINUTES } else { CHUNK_MINUTES }
    }

    async fn store(&self, chunk: &Chunk, bounds: &[Bound], progress: &mut PullState) -> Result<(), OpsError> {
        let id = self.indicator.id;
        let mut tx = begin(self.context, self.source).await?;
        write(&mut tx, id, &chunk.counted, progress, self.now).await?;
        spread::write(&mut tx, self.indicator, bounds, &chunk.bounds).await?;
        if let Some(warning) = chunk.warnings.first() {
            let text = format!(
                "The source answered with a warning, so its data counts as provisional and is read again: {warning}"
            );
            store::findings::record(&mut tx, id, PARTIAL_ANSWER, &text, self.now).await?;
        }
        if chunk.threshold_missing {
            store::findings::record(&mut tx, id, BUCKET_MISSING, NO_BUCKET, self.now).await?;
        }
        Ok(tx.commit().await?)
    }
}

impl Reader<'_> {
    /// The counters' values just before the first minute, and whether they are complete.
    async fn prime(&self, from: Minute) -> Result<(CounterState, bool), OpsError> {
        let before = Span::ending(from, PRIMING_MINUTES);
        let Some(plan) = self.plan()? else { return Ok((CounterState::default(), true)) };
        let (series, warnings) = self.raw(&plan, before).await?;
        let empty = CounterState::default();
        let counted = match self.query {
            Query::Durations { histogram } => {
                spread::count(&self.sorted(histogram, series)?, &empty, &[], before, from).durations
            }
            _ => self.count(&empty, &plan.sort(series), &[], before, from),
        };
        Ok((counted.state, warnings.is_empty()))
    }

    fn plan(&self) -> Result<Option<Plan>, OpsError> {
        let plan = Plan::of(self.query).transpose();
        Ok(plan.map_err(|error| SourceError::Query(error.to_string()))?)
    }

    async fn read(&self, state: &CounterState, window: Span) -> Result<Chunk, OpsError> {
        match (self.plan()?, self.query) {
            (Some(plan), Query::Durations { histogram }) => self.read_histogram(&plan, histogram, state, window).await,
            (Some(plan), _) => self.read_raw(&plan, state, window).await,
            (None, _) => self.read_evaluated(state, window).await,
        }
    }

    async fn read_raw(&self, plan: &Plan, state: &CounterState, window: Span) -> Result<Chunk, OpsError> {
        let settle = settle_point(window.start(), window.end());
        let (series, warnings) = self.raw(plan, window).await?;
        let sorted = plan.sort(series);
        let mut counted = self.count(state, &sorted, &[], window, settle);
        let witnesses = self.witnesses(plan, &sorted.targets, &counted).await?;
        if !witnesses.is_empty() {
            counted = self.count(state, &sorted, &witnesses, window, settle);
        }
        let (threshold_missing, data) = (sorted.threshold_missing, !sorted.series.is_empty());
        Ok(Chunk { counted, bounds: Vec::new(), warnings, threshold_missing, data })
    }

    async fn read_histogram(
        &self,
        plan: &Plan,
        histogram: &Selector,
        state: &CounterState,
        window: Span,
    ) -> Result<Chunk, OpsError> {
        let settle = settle_point(window.start(), window.end());
        let (series, warnings) = self.raw(plan, window).await?;
        let sorted = self.sorted(histogram, series)?;
        let mut counted = spread::count(&sorted, state, &[], window, settle);
        let witnesses = self.witnesses(plan, &sorted.all.targets, &counted.durations).await?;
        if !witnesses.is_empty() {
            counted = spread::count(&sorted, state, &witnesses, window, settle);
        }
        let data = !sorted.all.series.is_empty();
        Ok(Chunk { counted: counted.durations, bounds: counted.bounds, warnings, threshold_missing: false, data })
    }

    fn sorted(&self, histogram: &Selector, series: Vec<RawSeries>) -> Result<Histogram, OpsError> {
        let sorted = Histogram::sort(histogram, &spread::thresholds(self.bounds), series);
        Ok(sorted.map_err(|error| SourceError::Query(error.to_string()))?)
    }

    async fn raw(&self, plan: &Plan, window: Span) -> Result<(Vec<RawSeries>, Vec<String>), OpsError> {
        let (after, until) = (millis(window.start()) - 1, millis(window.end()) - 1);
        let (mut series, mut warnings) = (Vec::new(), Vec::new());
        for selector in &plan.selectors {
            let answer = self.server.raw(selector, after, until).await?;
            series.extend(answer.value);
            warnings.extend(answer.warnings);
        }
        Ok((series, warnings))
    }

    fn count(
        &self,
        state: &CounterState,
        sorted: &Sorted,
        witnesses: &[Witness],
        window: Span,
        settle: Minute,
    ) -> Counted {
        count(self.query, state, &sorted.series, witnesses, window, settle)
    }

    /// Asks who was scraped where the samples alone leave a doubt.
    async fn witnesses(
        &self,
        plan: &Plan,
        targets: &BTreeMap<TargetKey, Target>,
        counted: &Counted,
    ) -> Result<Vec<Witness>, OpsError> {
        let Some(selector) = plan.selectors.first() else { return Ok(Vec::new()) };
        let mut witnesses = Vec::new();
        for (key, spans) in &counted.doubts {
            let Some(target) = targets.get(key).cloned().or_else(|| silent_target(*key)) else { continue };
            let (Some(first), Some(last)) = (spans.first(), spans.last()) else { continue };
            for sibling in self.server.siblings(&target, selector, first.0, last.1).await? {
                let mut scrapes = BTreeSet::new();
                for (from, until) in spans {
                    scrapes.extend(self.server.scrapes(&sibling, *from, *until).await?);
                }
                witnesses.push(Witness { target: *key, scrapes_ms: scrapes.into_iter().collect() });
            }
        }
        Ok(witnesses)
    }

    async fn read_evaluated(&self, state: &CounterState, window: Span) -> Result<Chunk, OpsError> {
        let (server, query) = (self.server, self.query);
        let (counted, warnings, data) = match query {
            Query::Ratio { total, part } => {
                let total = server.evaluate(&total.to_string(), window).await?;
                let part = server.evaluate(&part.expression().to_string(), window).await?;
                let settle = settle_point(window.start(), window.end());
                let counted =
                    counting::count_evaluated(state, &total.value, &part.value, window, settle, part_is(query));
                (counted, [total.warnings, part.warnings].concat(), !total.value.is_empty())
            }
            Query::Level { gauge, limit } => {
                let values = server.evaluate_all(&gauge.to_string(), window).await?;
                let counted = counting::count_evaluated_levels(state, &values.value, window, limit);
                (counted, values.warnings, !values.value.is_empty())
            }
            Query::Throughput { total, at_least } => {
                let total = server.evaluate(&total.to_string(), window).await?;
                let counted = counting::count_evaluated_throughput(state, &total.value, window, at_least);
                (counted, total.warnings, !total.value.is_empty())
            }
            Query::Latency { .. } | Query::Durations { .. } | Query::Up { .. } | Query::Check { .. } => {
                return Err(SourceError::Query(say!("this kind of promise needs a plain selector here")).into());
            }
        };
        Ok(Chunk { counted, bounds: Vec::new(), warnings, threshold_missing: false, data })
    }
}

/// The process without `job` and `instance`, which no series of this reading names.
fn silent_target(key: TargetKey) -> Option<Target> {
    let nameless = Target::nameless();
    (nameless.key() == key).then_some(nameless)
}

/// Would a smaller chunk help?
fn is_too_much(error: &SourceError) -> bool {
    match error {
        SourceError::TooLarge { .. } | SourceError::Timeout { .. } => true,
        SourceError::Query(text) | SourceError::Unavailable(text) => {
            ["too many samples", "exceed", "timed out"].iter().any(|words| text.contains(words))
        }
        _ => false,
    }
}
