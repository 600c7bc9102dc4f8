//! Learns what is usual for each objective, from what has settled in its ledger, and keeps what left it.
//!
//! Each measure has a cursor: every step is judged by those before it and learned once, so a minute that is read again
//! changes nothing, and a restart goes on where it stopped. What lies behind is caught up in pieces of a week. The measures of
//! a latency settle with all that its histogram is counted by, and join the others once there is something to learn of. Other
//! settings and another indicator begin it anew, and so does, where people want it, each deploy that is noted: then what was learned
//! before the deploy stays on the charts, and what was learned after it from the past is forgotten.

use crate::domain::baseline::{Baseline, Settings};
use crate::domain::durations::Durations;
use crate::domain::ids::{IndicatorId, ObjectiveId};
use crate::domain::ledger::Tally;
use crate::domain::note::NoteKind;
use crate::domain::sheet::{Cut, Sheet};
use crate::domain::spans::Spans;
use crate::domain::terms::SliceMinutes;
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Hour, Minute, Span};
use crate::domain::watch::{self, Anomaly, HourBand, Measure, Spread, Untaught, WatchSettings, is_like};
use crate::ops::evaluate::judged_until;
use crate::ops::judge::Judge;
use crate::ops::read_spread::{available, read_spread};
use crate::ops::{Context, OpsError};
use crate::store::anomalies::KeptAnomaly;
use crate::store::baselines::{Learned, Progress};
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, StoreError, spreads};
use std::collections::BTreeMap;

/// How far back learning begins.
pub const HISTORY_MINUTES: i64 = 90 * DAY_MINUTES;
/// The most that is learned at once.
const PIECE_MINUTES: i64 = 7 * DAY_MINUTES;
/// The most pieces at one call.
const PIECES: usize = 12;
/// The data whose density decides about the step.
const DENSITY_MINUTES: i64 = 14 * DAY_MINUTES;
/// Outages that began up to so long before a piece are seen in it.
const BEFORE_MINUTES: i64 = DAY_MINUTES;
/// How many notes are looked at for the last deploy.
const NOTES_MAX: i64 = 1000;
/// The other day of the first step lies at most so far back: a week, and an hour for the clocks.
const RELATIVE_BACK: i64 = 7 * DAY_MINUTES + HOUR_MINUTES;

/// Learns what is due, a bounded part of it, and says how many pieces that were.
pub async fn learn_due(context: &Context) -> Result<usize, OpsError> {
    let until = judged_until(context.clock.now());
    let settled = Settled::load(context, until).await?;
    let judge = Judge::load(&context.db).await?;
    let listings = store::objectives::listings(&context.db).await?;
    let (mut pieces, mut is_done) = (0, false);
    while !is_done && pieces < PIECES {
        let mut progress: BTreeMap<ObjectiveId, Vec<Progress>> = BTreeMap::new();
        for one in store::baselines::progress(&context.db).await? {
            progress.entry(one.objective).or_default().push(one);
        }
        let due = |listing: &ObjectiveListing| settled.due(listing, progress.get(&listing.objective.id));
        let mut work: Vec<_> = listings.iter().filter_map(|one| due(one).map(|due| (due, one))).collect();
        work.sort_by_key(|(due, _)| *due);
        is_done = true;
        for (_, listing) in work.into_iter().take(PIECES - pieces) {
            if learn(&judge, listing, &settled).await? {
                pieces += 1;
                is_done = false;
            }
        }
    }
    Ok(pieces)
}

/// Up to where minutes are final.
struct Settled {
    /// Of each indicator.
    own: BTreeMap<IndicatorId, Minute>,
    /// Of everything that the histogram of a latency is counted by.
    spread: BTreeMap<IndicatorId, Minute>,
}

impl Settled {
    async fn load(context: &Context, until: Minute) -> Result<Self, StoreError> {
        let progress = store::indicators::list_progress(&context.db).await?;
        let own: BTreeMap<_, _> =
            progress.into_iter().filter_map(|one| Some((one.indicator, one.settled?.min(until)))).collect();
        let tied = spreads::tied(&context.db).await?;
        // the one that lags holds back the histogram
        let mut least: BTreeMap<IndicatorId, Option<Minute>> = BTreeMap::new();
        for (bound, durations) in &tied {
            let both = own.get(bound).zip(own.get(durations)).map(|(one, other)| *one.min(other));
            let least = least.entry(*durations).or_insert(both);
            *least = least.zip(both).map(|(one, other)| one.min(other));
        }
        let of = |durations: &IndicatorId| least.get(durations).copied().flatten();
        let spread = tied.iter().filter_map(|(bound, durations)| Some((*bound, of(durations)?))).collect();
        Ok(Self { own, spread })
    }

    fn of(&self, listing: &ObjectiveListing, measure: Measure) -> Option<Minute> {
        let settled = if measure.is_latency() { &self.spread } else { &self.own };
        settled.get(&listing.indicator.id).copied()
    }

    /// When the first step ends that can be learned from; nothing if there is none.
    fn due(&self, listing: &ObjectiveListing, progress: Option<&Vec<Progress>>) -> Option<Minute> {
        let first = *Measure::of_kind(listing.objective.kind).first()?;
        let begun = self.of(listing, first)?;
        let Some(progress) = progress else { return Some(Minute(0)).filter(|first| *first <= begun) };
        let due = progress.iter().filter(|one| self.of(listing, one.measure).is_some_and(|settled| one.due <= settled));
        due.map(|one| one.due).min()
    }
}

/// Learns the next piece of an objective; says whether there was any.
async fn learn(judge: &Judge, listing: &ObjectiveListing, settled: &Settled) -> Result<bool, StoreError> {
    let (db, objective) = (judge.db(), listing.objective.id);
    let settings = store::baselines::settings(db, objective).await?;
    let known = store::baselines::learned(db, objective).await?;
    let Some(own) = settled.own.get(&listing.indicator.id) else { return Ok(false) };
    let deploy = last_deploy(judge, listing, &settings, *own).await?;
    let counted = spreads::beside(db, listing.indicator.id).await?;
    let measures = learnable(judge, listing, &settings, counted.as_ref()).await?;
    let marked = (&settings, measures.as_slice());
    let Some(before) = cursors(judge, listing, marked, (&known, deploy), *own).await? else { return Ok(false) };
    let piece = |one: &Learned| piece(one, settled.of(listing, one.measure).unwrap_or(one.next));
    let pieces = together(before.into_iter().map(|one| (piece(&one), one)).collect());
    let hull = |is_wanted: &dyn Fn(Measure) -> bool| {
        let spans = Spans::of(pieces.iter().filter(|(_, one)| is_wanted(one.measure)).map(|(span, _)| *span));
        let (first, last) = (spans.as_slice().first()?, spans.as_slice().last()?);
        Some(Span::new(first.start(), last.end()))
    };
    let Some(whole) = hull(&|_| true) else { return Ok(false) };
    let mut facts = Facts::gather(judge, listing, &settings, whole).await?;
    if let Some((counted, span)) = counted.zip(hull(&Measure::is_latency)) {
        facts.spread = read_spread(db, &listing.indicator, &counted, span).await?;
    }
    let mut after = Vec::new();
    for (span, learned) in pieces {
        let open = facts.open.iter().find(|one| one.anomaly.measure == learned.measure).map(|one| one.anomaly);
        after.push(facts.study(listing, &settings, learned, span, open));
    }
    let begins_anew = deploy.filter(|deploy| known.iter().any(|one| is_overtaken(one, *deploy)));
    keep(judge, objective, (&known, begins_anew), &after, &facts.taught).await
}

/// What of the watched measures there is something to learn of.
async fn learnable(
    judge: &Judge,
    listing: &ObjectiveListing,
    settings: &WatchSettings,
    counted: Option<&spreads::Spread>,
) -> Result<Vec<Measure>, StoreError> {
    let latencies = match counted {
        Some(counted) => available(judge.db(), counted).await?,
        None => Vec::new(),
    };
    let mut measures = measures(listing, settings);
    measures.retain(|one| !one.is_latency() || latencies.contains(one));
    Ok(measures)
}

/// Leaves those that are more than a piece ahead where they are, until the others have caught up.
fn together(mut pieces: Vec<(Span, Learned)>) -> Vec<(Span, Learned)> {
    let first = pieces.iter().filter(|(span, _)| !span.is_empty()).map(|(span, _)| span.start()).min();
    for (span, learned) in &mut pieces {
        if first.is_some_and(|first| span.start() >= first.plus(PIECE_MINUTES)) {
            *span = Span::new(learned.next, learned.next);
        }
    }
    pieces
}

/// The newest deploy whose minutes are final, if deploys begin the learning anew.
async fn last_deploy(
    judge: &Judge,
    listing: &ObjectiveListing,
    settings: &WatchSettings,
    settled: Minute,
) -> Result<Option<Minute>, StoreError> {
    if !settings.anew_at_deploys {
        return Ok(None);
    }
    let span = Span::ending(settled, HISTORY_MINUTES);
    let notes = store::notes::list(judge.db(), listing, span, NOTES_MAX).await?;
    let deploys = notes.into_iter().map(|signed| signed.note).filter(|note| note.kind == NoteKind::Deploy);
    Ok(deploys.map(|deploy| deploy.at).filter(|at| span.contains(*at)).max())
}

/// Did it learn across a deploy?
fn is_overtaken(learned: &Learned, deploy: Minute) -> bool {
    learned.began < deploy && learned.next > deploy
}

/// The cursors of all measures, new ones where nothing fits; nothing if nothing was measured yet.
async fn cursors(
    judge: &Judge,
    listing: &ObjectiveListing,
    (settings, measures): (&WatchSettings, &[Measure]),
    (known, deploy): (&[Learned], Option<Minute>),
    settled: Minute,
) -> Result<Option<Vec<Learned>>, StoreError> {
    let (db, indicator) = (judge.db(), listing.indicator.id);
    // what was learned of another indicator is no guide either
    let mark = format!("{} of {indicator}", settings.mark());
    let is_fit = |one: &Learned| one.settings == mark && deploy.is_none_or(|deploy| !is_overtaken(one, deploy));
    let fit = |measure: &Measure| known.iter().find(|one| one.measure == *measure && is_fit(one)).cloned();
    if let Some(all) = measures.iter().map(fit).collect() {
        return Ok(Some(all));
    }
    let Some(extent) = store::ledger::extent(db, indicator).await? else { return Ok(None) };
    let wished = settings.from.max(deploy).unwrap_or(extent.start());
    let first = extent.start().max(settled.plus(-HISTORY_MINUTES)).max(wished);
    let began = first.plus(HOUR_MINUTES - 1).hour().first();
    let density = store::ledger::tallies(db, indicator, &[Span::ending(settled, DENSITY_MINUTES)]).await?;
    let density: Tally = density.into_iter().sum();
    let new = |measure: Measure| Learned {
        measure,
        settings: mark.clone(),
        step: measure.step(density),
        began,
        next: began,
        is_learning: true,
        memory: Vec::new(),
    };
    Ok(Some(measures.iter().map(|measure| fit(measure).unwrap_or_else(|| new(*measure))).collect()))
}

/// What is watched of an objective.
#[must_use]
pub fn measures(listing: &ObjectiveListing, settings: &WatchSettings) -> Vec<Measure> {
    let rule = settings.relative.map(|_| Measure::GoodVolume);
    let watched = Measure::of_kind(listing.objective.kind).iter().copied().filter(|one| settings.latencies.holds(*one));
    watched.chain(rule).collect()
}

/// What is learned next: whole steps, a week at most.
fn piece(learned: &Learned, settled: Minute) -> Span {
    let reach = settled.0.min(learned.next.0.saturating_add(PIECE_MINUTES));
    let step = learned.step.minutes();
    Span::new(learned.next, Minute(reach.div_euclid(step) * step))
}

/// What a piece is learned from.
struct Facts {
    sheet: Sheet,
    spread: Spread,
    untaught: Untaught,
    open: Vec<KeptAnomaly>,
    taught: Vec<KeptAnomaly>,
}

/// A measure after a piece.
struct After {
    learned: Learned,
    anomalies: Vec<Anomaly>,
    hours: Vec<HourBand>,
    /// For a measure of a latency, what it was in the hours of the piece.
    latencies: Vec<(Hour, f64)>,
}

impl Facts {
    async fn gather(
        judge: &Judge,
        listing: &ObjectiveListing,
        settings: &WatchSettings,
        hull: Span,
    ) -> Result<Self, StoreError> {
        let (db, objective) = (judge.db(), listing.objective.id);
        let back = if settings.relative.is_some() { RELATIVE_BACK } else { 0 };
        let wide = Span::new(hull.start().plus(-back), hull.end());
        Ok(Self {
            spread: Spread::default(),
            sheet: store::ledger::sheet(db, listing.indicator.id, wide, &wide.into()).await?,
            untaught: untaught(judge, listing, Span::new(hull.start().plus(-back.max(BEFORE_MINUTES)), hull.end()))
                .await?,
            open: store::anomalies::open(db, objective).await?,
            taught: store::anomalies::taught(db, objective).await?,
        })
    }

    fn study(
        &self,
        listing: &ObjectiveListing,
        settings: &WatchSettings,
        learned: Learned,
        span: Span,
        open: Option<Anomaly>,
    ) -> After {
        let (zone, measure, next) = (listing.agreement.zone, learned.measure, span.end());
        let latencies = if measure.is_latency() { self.latencies(measure, span) } else { Vec::new() };
        if let (Measure::GoodVolume, Some(rule)) = (measure, settings.relative) {
            let cuts = self.sheet.cut(learned.step, &span.into());
            let excluded = &self.untaught.excluded;
            let anomalies = watch::study_relative(rule, &self.sheet, &cuts, excluded, zone, open);
            return After {
                learned: Learned { next, is_learning: false, ..learned },
                anomalies,
                hours: Vec::new(),
                latencies,
            };
        }
        let steps = watch::steps(measure, &self.sheet, &self.spread, learned.step, &span.into());
        let mut baseline = remembered(listing, settings.detector(zone), &learned);
        let studied = watch::study(measure, &mut baseline, &steps, &self.untaught, open);
        let (is_learning, memory) = (baseline.expect(next.start()).is_none(), baseline.numbers());
        let learned = Learned { next, is_learning, memory, ..learned };
        After { learned, anomalies: studied.anomalies, hours: studied.hours, latencies }
    }

    /// What a measure was in the hours of a piece; an hour that the piece only begins is told as far as it is known.
    fn latencies(&self, measure: Measure, span: Span) -> Vec<(Hour, f64)> {
        let whole = Span::new(span.start().hour().first(), span.end());
        let hours = self.spread.cut(SliceMinutes::HOUR, &whole.into());
        let value = |(cut, durations): &(Cut, Option<Durations>)| {
            Some((cut.start.hour(), measure.latency(durations.as_ref()?)?))
        };
        if span.is_empty() { Vec::new() } else { hours.iter().filter_map(value).collect() }
    }
}

/// Goes on with what was learned. A memory that a newer version cannot read is left, and the usual learned anew.
fn remembered(listing: &ObjectiveListing, detector: Settings, learned: &Learned) -> Baseline {
    if learned.memory.is_empty() {
        return Baseline::new(detector);
    }
    Baseline::from_parts(detector, &learned.memory).unwrap_or_else(|why| {
        tracing::warn!(objective.id = listing.objective.id.0, measure = learned.measure.word(), %why, "learning anew");
        Baseline::new(detector)
    })
}

/// What of a span must not become the new normal.
pub async fn untaught(judge: &Judge, listing: &ObjectiveListing, span: Span) -> Result<Untaught, StoreError> {
    let outages = judge.evidence(listing, span).await?.outages(span);
    let excluded = judge.judged(listing, span).effect.excluded;
    Ok(Untaught::new(excluded, outages, &listing.objective.terms.counting))
}

/// Keeps what was learned, unless somebody else was faster.
async fn keep(
    judge: &Judge,
    objective: ObjectiveId,
    (known, begins_anew): (&[Learned], Option<Minute>),
    after: &[After],
    taught: &[KeptAnomaly],
) -> Result<bool, StoreError> {
    let mut tx = judge.db().begin_write().await?;
    if !store::baselines::is_still(&mut tx, objective, known).await? {
        return Ok(false);
    }
    if known.iter().any(|one| after.iter().all(|after| after.learned.settings != one.settings)) {
        store::baselines::forget(&mut tx, objective).await?;
    }
    if let Some(deploy) = begins_anew {
        store::baselines::forget_hours(&mut tx, objective, deploy.hour()).await?;
        store::anomalies::forget(&mut tx, objective, deploy).await?;
    }
    for After { learned, anomalies, hours, latencies } in after {
        store::baselines::save(&mut tx, objective, learned).await?;
        store::baselines::save_hours(&mut tx, objective, learned.measure, hours).await?;
        store::baselines::save_latencies(&mut tx, objective, learned.measure, latencies).await?;
        for anomaly in anomalies {
            let earlier = |one: &&KeptAnomaly| one.anomaly.span.start() < anomaly.span.start();
            let like = taught.iter().filter(earlier).find(|one| is_like(anomaly, &one.anomaly)).map(|one| one.id);
            store::anomalies::save(&mut tx, objective, anomaly, like).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}
