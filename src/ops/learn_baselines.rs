//! Learns what is usual for each objective, from what has settled in its ledger, and keeps what left it.
//!
//! Each measure has a cursor: every step is judged by those before it and learned once, so a minute that is read again
//! changes nothing, and a restart goes on where it stopped. What lies behind is caught up in pieces of a week. Other settings
//! and another indicator begin it anew, and so does, where people want it, each deploy that is noted: then what was learned
//! before the deploy stays on the charts, and what was learned after it from the past is forgotten.

use crate::domain::baseline::{Baseline, Settings};
use crate::domain::ids::{IndicatorId, ObjectiveId};
use crate::domain::ledger::Tally;
use crate::domain::note::NoteKind;
use crate::domain::sheet::Sheet;
use crate::domain::spans::Spans;
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Minute, Span};
use crate::domain::watch::{self, Anomaly, HourBand, Measure, Untaught, WatchSettings, is_like};
use crate::ops::evaluate::judged_until;
use crate::ops::judge::Judge;
use crate::ops::{Context, OpsError};
use crate::store::anomalies::KeptAnomaly;
use crate::store::baselines::Learned;
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, StoreError};
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
    let settled = settled(context, until).await?;
    let judge = Judge::load(&context.db).await?;
    let listings = store::objectives::listings(&context.db).await?;
    let (mut pieces, mut is_done) = (0, false);
    while !is_done && pieces < PIECES {
        let progress = store::baselines::progress(&context.db).await?;
        let progress: BTreeMap<_, _> = progress.into_iter().map(|one| (one.objective, one)).collect();
        let due = |listing: &&ObjectiveListing| {
            let settled = settled.get(&listing.indicator.id)?;
            let learned = progress.get(&listing.objective.id.0);
            let next = learned.map_or(0, |one| one.next_minute.saturating_add(one.step));
            (next <= settled.0 && !Measure::of_kind(listing.objective.kind).is_empty()).then_some((next, *settled))
        };
        let mut work: Vec<_> = listings.iter().filter_map(|one| due(&one).map(|(next, to)| (next, to, one))).collect();
        work.sort_by_key(|(next, ..)| *next);
        is_done = true;
        for (_, settled, listing) in work.into_iter().take(PIECES - pieces) {
            if learn(&judge, listing, settled).await? {
                pieces += 1;
                is_done = false;
            }
        }
    }
    Ok(pieces)
}

/// Up to where each indicator's minutes are final.
async fn settled(context: &Context, until: Minute) -> Result<BTreeMap<IndicatorId, Minute>, StoreError> {
    let progress = store::indicators::list_progress(&context.db).await?;
    Ok(progress.into_iter().filter_map(|one| Some((one.indicator, one.settled?.min(until)))).collect())
}

/// Learns the next piece of an objective; says whether there was any.
async fn learn(judge: &Judge, listing: &ObjectiveListing, settled: Minute) -> Result<bool, StoreError> {
    let (db, objective) = (judge.db(), listing.objective.id);
    let settings = store::baselines::settings(db, objective).await?;
    let known = store::baselines::learned(db, objective).await?;
    let deploy = last_deploy(judge, listing, &settings, settled).await?;
    let Some(before) = cursors(judge, listing, &settings, (&known, deploy), settled).await? else { return Ok(false) };
    let pieces: Vec<(Learned, Span)> = before.into_iter().map(|one| (one.clone(), piece(&one, settled))).collect();
    let hull = Spans::of(pieces.iter().map(|(_, span)| *span));
    let (Some(first), Some(last)) = (hull.as_slice().first(), hull.as_slice().last()) else { return Ok(false) };
    let hull = Span::new(first.start(), last.end());
    let facts = Facts::gather(judge, listing, &settings, hull).await?;
    let mut after = Vec::new();
    for (learned, span) in pieces {
        let open = facts.open.iter().find(|one| one.anomaly.measure == learned.measure).map(|one| one.anomaly);
        after.push(facts.study(listing, &settings, learned, span, open));
    }
    let begins_anew = deploy.filter(|deploy| known.iter().any(|one| is_overtaken(one, *deploy)));
    keep(judge, objective, (&known, begins_anew), &after, &facts.taught).await
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
    settings: &WatchSettings,
    (known, deploy): (&[Learned], Option<Minute>),
    settled: Minute,
) -> Result<Option<Vec<Learned>>, StoreError> {
    let (db, indicator) = (judge.db(), listing.indicator.id);
    // what was learned of another indicator is no guide either
    let mark = format!("{} of {indicator}", settings.mark());
    let measures = measures(listing, settings);
    let is_fit = |one: &Learned| one.settings == mark && deploy.is_none_or(|deploy| !is_overtaken(one, deploy));
    let fits = |measure: &Measure| known.iter().any(|one| one.measure == *measure && is_fit(one));
    if measures.iter().all(fits) {
        return Ok(Some(known.iter().filter(|one| measures.contains(&one.measure)).cloned().collect()));
    }
    let Some(extent) = store::ledger::extent(db, indicator).await? else { return Ok(None) };
    let wished = settings.from.max(deploy).unwrap_or(extent.start());
    let first = extent.start().max(settled.plus(-HISTORY_MINUTES)).max(wished);
    let began = first.plus(HOUR_MINUTES - 1).hour().first();
    let density = store::ledger::tallies(db, indicator, &[Span::ending(settled, DENSITY_MINUTES)]).await?;
    let density: Tally = density.into_iter().sum();
    let new = |measure| Learned {
        measure,
        settings: mark.clone(),
        step: measure.step(density),
        began,
        next: began,
        is_learning: true,
        memory: Vec::new(),
    };
    Ok(Some(measures.into_iter().map(new).collect()))
}

/// What is watched of an objective.
#[must_use]
pub fn measures(listing: &ObjectiveListing, settings: &WatchSettings) -> Vec<Measure> {
    let rule = settings.relative.map(|_| Measure::GoodVolume);
    Measure::of_kind(listing.objective.kind).iter().copied().chain(rule).collect()
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
    untaught: Untaught,
    open: Vec<KeptAnomaly>,
    taught: Vec<KeptAnomaly>,
}

/// A measure after a piece.
struct After {
    learned: Learned,
    anomalies: Vec<Anomaly>,
    hours: Vec<HourBand>,
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
        let zone = listing.agreement.zone;
        let cuts = self.sheet.cut(learned.step, &span.into());
        let next = span.end();
        if let (Measure::GoodVolume, Some(rule)) = (learned.measure, settings.relative) {
            let excluded = &self.untaught.excluded;
            let anomalies = watch::study_relative(rule, &self.sheet, &cuts, excluded, zone, open);
            return After { learned: Learned { next, is_learning: false, ..learned }, anomalies, hours: Vec::new() };
        }
        let mut baseline = remembered(listing, settings.detector(zone), &learned);
        let studied = watch::study(learned.measure, &mut baseline, &cuts, &self.untaught, open);
        let (is_learning, memory) = (baseline.expect(next.start()).is_none(), baseline.numbers());
        let learned = Learned { next, is_learning, memory, ..learned };
        After { learned, anomalies: studied.anomalies, hours: studied.hours }
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
    for After { learned, anomalies, hours } in after {
        store::baselines::save(&mut tx, objective, learned).await?;
        store::baselines::save_hours(&mut tx, objective, learned.measure, hours).await?;
        for anomaly in anomalies {
            let earlier = |one: &&KeptAnomaly| one.anomaly.span.start() < anomaly.span.start();
            let like = taught.iter().filter(earlier).find(|one| is_like(anomaly, &one.anomaly)).map(|one| one.id);
            store::anomalies::save(&mut tx, objective, anomaly, like).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}
