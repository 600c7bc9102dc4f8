//! Evaluates every live objective and keeps the outcome, so that the overview is one read.

use crate::domain::ids::ObjectiveId;
use crate::domain::judgement::{Exhaustion, Judgement};
use crate::domain::time::{Instant, Minute};
use crate::ops::judge::Judge;
use crate::ops::{Context, OpsError};
use crate::store;
use crate::store::evaluations::Evaluation;
use crate::store::objectives::ObjectiveListing;
use std::collections::BTreeMap;

/// The newest minute that every indicator can have been read up to: the last whole one, a little late.
///
/// Sources answer some seconds late and are asked in turn; judging the very last minute would mostly judge its absence.
#[must_use]
pub fn judged_until(now: Instant) -> Minute {
    const LATENESS_SECONDS: i64 = 90;
    now.plus_seconds(-LATENESS_SECONDS).minute()
}

/// Evaluates all live objectives as of now and says how many there were.
pub async fn evaluate_all(context: &Context) -> Result<usize, OpsError> {
    let now = context.clock.now();
    let listings = store::objectives::listings(&context.db).await?;
    let before: BTreeMap<ObjectiveId, Evaluation> =
        store::evaluations::list(&context.db).await?.into_iter().map(|e| (e.objective, e)).collect();
    let mut evaluations = Vec::with_capacity(listings.len());
    let judge = Judge::load(&context.db).await?;
    for listing in &listings {
        evaluations.push(evaluate(&judge, listing, now, before.get(&listing.objective.id)).await?);
    }
    let mut tx = context.db.begin_write().await?;
    store::evaluations::save_many(&mut tx, &evaluations).await?;
    tx.commit().await?;
    Ok(evaluations.len())
}

/// Evaluates one objective as of now, and keeps nothing; `before` is its latest evaluation.
pub async fn evaluate(
    judge: &Judge,
    listing: &ObjectiveListing,
    now: Instant,
    before: Option<&Evaluation>,
) -> Result<Evaluation, OpsError> {
    let (span, terms) = judge.window_at(listing, judged_until(now));
    let judgement = judge.over(listing, span, terms).await?;
    let judged_minutes = terms.judged_minutes;
    Ok(Evaluation { judged_minutes, ..evaluation(listing.objective.id, now, &judgement, before) })
}

fn evaluation(objective: ObjectiveId, now: Instant, judgement: &Judgement, before: Option<&Evaluation>) -> Evaluation {
    let status = judgement.status.word();
    let since = before.filter(|before| before.status == status).map_or(now, |before| before.since);
    let end = judgement.span.end().start();
    Evaluation {
        objective,
        at: now,
        span: judgement.span,
        tally: judgement.tally,
        judged_minutes: judgement.tally.minutes,
        status: status.to_owned(),
        since,
        burn: judgement.burns.iter().map(|burn| (burn.minutes, burn.rate)).collect(),
        firing: judgement.firing.clone(),
        exhausted_at: match judgement.exhaustion {
            Some(Exhaustion::In { minutes, .. }) => Some(end.plus_seconds(minutes.saturating_mul(60))),
            Some(Exhaustion::Exhausted | Exhaustion::NotInSight) | None => None,
        },
    }
}
