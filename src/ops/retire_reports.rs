//! Removes the reports that their agreement keeps no longer: all that is stored of what they say, the mails about them
//! too. Number, digest, signature and a statement stay, so that the chain still holds and nobody can pass off a blank as one.

use crate::domain::chain::{Digest, check_link};
use crate::domain::model::Agreement;
use crate::domain::retention::{KeepYears, Removal};
use crate::domain::time::{DAY_MINUTES, Instant};
use crate::ops::verify_chain::link;
use crate::ops::verify_removals::{ACTION, Term, term_at};
use crate::ops::{Context, OpsError};
use crate::report;
use crate::store::audit::Change;
use crate::store::reports::{Content, Report as Kept, ReportHead, Statement};
use crate::store::{self, Db};
use chrono_tz::Tz;

/// How many reports one agreement loses in one round.
const ROUND: i64 = 500;

/// Removes what is due, and says how many reports that were. One agreement's trouble does not hold back another's.
pub async fn retire(context: &Context) -> Result<usize, OpsError> {
    let mut removed = 0;
    for agreement in store::agreements::list(&context.db).await? {
        if agreement.terms.keep_years.is_some() {
            match retire_of(context, &agreement).await {
                Ok(count) => removed += count,
                Err(error) => {
                    tracing::error!(agreement.id = agreement.id.0, error = %error, "old reports could not be removed; this will be tried again");
                }
            }
        }
    }
    Ok(removed)
}

async fn retire_of(context: &Context, agreement: &Agreement) -> Result<usize, OpsError> {
    let now = context.clock.now();
    let revisions = store::revisions::list(&context.db, agreement.id).await?;
    let Some(term) = term_at(&revisions, now, |_| true) else { return Ok(0) };
    let mut removed = 0;
    for head in expired(&context.db, agreement, (term.keep, term.zone), now, ROUND).await? {
        removed += usize::from(remove(context, &term, &head, now).await?);
    }
    Ok(removed)
}

/// How many reports of an agreement would go at the next round if it kept them so long from a moment on.
pub(super) async fn would_go(
    context: &Context,
    agreement: &Agreement,
    keep: KeepYears,
    at: Instant,
) -> Result<usize, OpsError> {
    Ok(expired(&context.db, agreement, (keep, agreement.zone), at, i64::MAX).await?.len())
}

/// The reports whose time has run out, and that nothing needs any more.
async fn expired(
    db: &Db,
    agreement: &Agreement,
    (keep, zone): (KeepYears, Tz),
    now: Instant,
    limit: i64,
) -> Result<Vec<ReportHead>, OpsError> {
    // no calendar year is shorter; which of these are due, the zone's own calendar says
    let ended = now.minute().plus(-365 * DAY_MINUTES * i64::from(keep.years()));
    let mut heads = store::reports::unneeded(db, agreement.id, ended, limit).await?;
    heads.retain(|head| keep.until(head.span.end().start(), zone) <= now);
    Ok(heads)
}

/// Removes one report; false if it is needed after all, or is not the one that was issued: what was tampered with must
/// stay to be found.
async fn remove(context: &Context, term: &Term, head: &ReportHead, now: Instant) -> Result<bool, OpsError> {
    let Some(kept) = store::reports::find(&context.db, head.id).await? else { return Ok(false) };
    let Content::Document(document) = &kept.content else { return Ok(false) };
    let Some(previous_sha256) = sound(&context.db, &kept, document).await? else {
        tracing::error!(
            report.id = head.id.0,
            number = head.number,
            "a report that is to be removed is not the one that was issued, and stays; nines verify says more"
        );
        return Ok(false);
    };
    let removal = Removal {
        agreement: head.agreement,
        number: head.number,
        label: head.label.clone(),
        revision: head.revision,
        period_end: head.span.end().start(),
        sha256: Digest::of(document.as_bytes()),
        previous_sha256,
        removed_at: now,
        kept_years: term.keep,
        terms: term.revision,
        signed_by: None,
    };
    let (text, signature) = report::removal::seal(removal, context.settings.report.signing_key.as_ref())?;
    let statement = Statement { text, signature };
    let mut tx = context.db.begin_write().await?;
    if !store::reports::remove(&mut tx, head.id, now, &statement).await? {
        return Ok(false);
    }
    store::outbox::remove_letters(&mut tx, head.id).await?;
    let after = Some(statement.text.as_str());
    let change = Change { action: ACTION, entity: "report", entity_id: head.id.0, before: None, after };
    store::audit::append(&mut tx, now, None, change).await?;
    tx.commit().await?;
    tracing::info!(
        agreement.id = head.agreement.0,
        report.id = head.id.0,
        number = head.number,
        "report removed under its agreement's retention"
    );
    Ok(true)
}

/// The digest that a report's bytes name as that of the report before it, if they are those that were issued; a report
/// older than the chain names none.
async fn sound(db: &Db, kept: &Kept, document: &str) -> Result<Option<Option<Digest>>, OpsError> {
    let head = &kept.head;
    let read = report::json::read(document).ok();
    let own = link(head, document, read.as_ref());
    if own.recorded.is_none() && own.claims.is_none() {
        return Ok(read.map(|_| None));
    }
    let before = store::reports::in_chain(db, head.agreement, head.number - 2, 1).await?;
    let before = before.iter().find(|one| one.head.number == head.number - 1).map(|one| match &one.content {
        Content::Document(document) => link(&one.head, document, None),
        Content::Removed(statement) => super::verify_removals::link(&one.head, &statement.text),
    });
    let is_sound = check_link(&own, before.as_ref()).is_empty();
    Ok(own.claims.map(|(_, previous)| previous).filter(|_| is_sound))
}
