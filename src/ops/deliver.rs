//! Delivers what waits in the outbox. The mail server is asked outside any transaction.

use crate::domain::ids::{DeliveryId, UserId};
use crate::domain::model::EmailAddress;
use crate::domain::time::Instant;
use crate::language::say;
use crate::mail::{Envelope, MailError, mask};
use crate::ops::{Context, OpsError, audit};
use crate::store::outbox::Claimed;
use crate::store::{self};
use crate::telemetry::Outcome;

/// How long one delivery may take before another instance may try it.
const LEASE_SECONDS: i64 = 180;
/// How many deliveries one round takes.
const ROUND: i64 = 20;
/// Tries before a delivery is given up: with their growing pauses, after three and a half days.
const ATTEMPTS_MAX: i64 = 30;

/// Tries every delivery that is due and says how many were accepted. While mail is switched off, everything waits.
pub async fn deliver_due(context: &Context) -> Result<usize, OpsError> {
    if context.mailer.is_off() {
        return Ok(0);
    }
    let now = context.clock.now();
    let claimed = store::outbox::claim_due(&context.db, now, LEASE_SECONDS, &context.holder, ROUND).await?;
    let mut accepted = 0;
    for delivery in claimed {
        if is_still_ours(context, &delivery).await? {
            accepted += usize::from(deliver(context, &delivery).await?);
        }
    }
    let counts = store::outbox::counts(&context.db).await?;
    context.metrics.outbox(counts.queued, counts.dead);
    Ok(accepted)
}

/// Renews the lease just before the mail goes out: a slow server may have kept the round for longer than the lease, and
/// then somebody else has sent it.
async fn is_still_ours(context: &Context, delivery: &Claimed) -> Result<bool, OpsError> {
    let mut tx = context.db.begin_write().await?;
    let (now, holder) = (context.clock.now(), &context.holder);
    let renewed = store::outbox::renew_lease(&mut tx, delivery.id, holder, now, LEASE_SECONDS).await?;
    tx.commit().await?;
    Ok(renewed)
}

async fn deliver(context: &Context, delivery: &Claimed) -> Result<bool, OpsError> {
    let answer = match envelope(context, delivery) {
        Ok(envelope) => context.mailer.send(&envelope, &delivery.mime).await,
        Err(error) => Err(error),
    };
    let now = context.clock.now();
    let holder = &context.holder;
    let mut tx = context.db.begin_write().await?;
    let accepted = match answer {
        Ok(answer) => {
            store::outbox::record_sent(&mut tx, delivery.id, holder, now, &answer.0).await?;
            tracing::info!(delivery.id = delivery.id.0, report.id = delivery.report.0, "mail accepted");
            true
        }
        Err(error) => {
            let next = next_try(now, delivery.attempts + 1, error.is_permanent());
            let sentence = error.to_string();
            store::outbox::record_failed(&mut tx, delivery.id, holder, now, next, &sentence).await?;
            tracing::warn!(delivery.id = delivery.id.0, report.id = delivery.report.0, error = %sentence, given_up = next.is_none(), "mail not accepted");
            false
        }
    };
    tx.commit().await?;
    context.metrics.mail(if accepted { Outcome::Done } else { Outcome::Failed });
    Ok(accepted)
}

fn envelope(context: &Context, delivery: &Claimed) -> Result<Envelope, MailError> {
    let to = EmailAddress::parse(&delivery.recipient).ok_or_else(|| MailError::Address {
        to: mask(&delivery.recipient),
        reason: "it is no e-mail address".to_owned(),
    })?;
    Ok(Envelope { from: context.sender.clone(), to, message_id: delivery.message_id.clone() })
}

/// When to try again after so many attempts; nothing once it is given up.
fn next_try(now: Instant, attempts: i64, permanent: bool) -> Option<Instant> {
    (!permanent && attempts < ATTEMPTS_MAX).then(|| now.plus_seconds(pause_seconds(attempts)))
}

/// The pause after so many failed attempts: one minute, doubled each time, at most four hours.
fn pause_seconds(attempts: i64) -> i64 {
    const LONGEST: i64 = 4 * 3600;
    let doublings = u32::try_from(attempts.clamp(1, 9) - 1).unwrap_or_default();
    (60 * 2i64.pow(doublings)).min(LONGEST)
}

/// Puts a delivery that was given up back into the queue.
pub async fn try_again(context: &Context, who: Option<UserId>, id: DeliveryId) -> Result<(), OpsError> {
    let now = context.clock.now();
    if store::outbox::find(&context.db, id).await?.is_some_and(|delivery| delivery.is_removed) {
        let sentence = say!("This mail was removed together with its report, under the agreement’s retention.");
        return Err(OpsError::refused("", sentence));
    }
    let mut tx = context.db.begin_write().await?;
    if !store::outbox::retry(&mut tx, id, now).await? {
        return Err(OpsError::refused(
            "",
            say!("This delivery is not one that was given up; there is nothing to try again."),
        ));
    }
    audit::<()>(&mut tx, now, who, "delivery.retried", ("delivery", id.0), (None, None)).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1, 2, 4, 8, 16, 32, 64, 128 minutes, then 4 hours each: 29 pauses are 255 min + 21 × 4 h, a good three and a half days.
    #[test]
    fn pauses_grow_to_four_hours_and_end_after_days() {
        let pauses: Vec<i64> = (1..=10).map(pause_seconds).collect();
        assert_eq!(pauses, [60, 120, 240, 480, 960, 1920, 3840, 7680, 14_400, 14_400]);
        let all: i64 = (1..ATTEMPTS_MAX).map(pause_seconds).sum();
        assert_eq!(all, 255 * 60 + 21 * 14_400);
        let now = Instant::from_seconds(0);
        assert_eq!(next_try(now, 1, true), None, "refused for good");
        assert_eq!(next_try(now, ATTEMPTS_MAX, false), None);
        assert_eq!(next_try(now, 1, false), Some(now.plus_seconds(60)));
    }
}
