//! Issues the reports that are due. Their mail is the schedules' business: see [`crate::ops::run_schedules`].

use crate::domain::calendar::Period;
use crate::domain::model::Agreement;
use crate::domain::report_schedule::PERIODS_MAX;
use crate::domain::time::{DAY_MINUTES, Instant};
use crate::ops::keep_report::{To, keep, watch};
use crate::ops::make_report::{is_settled, make_report};
use crate::ops::terms_in_force::terms_in_force;
use crate::ops::{Context, OpsError};
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, StoreError};
use std::collections::BTreeSet;

/// How long a report waits for a source that does not answer before it is issued as provisional.
const PATIENCE_MINUTES: i64 = 2 * DAY_MINUTES;

/// For how long a provisional report waits for its final one, at least.
const PROVISIONAL_DAYS: i64 = 35;

/// Issues every report that is due and says how many there were. One agreement's trouble does not hold back another's.
pub async fn issue_due(context: &Context) -> Result<usize, OpsError> {
    let mut issued = 0;
    for agreement in store::agreements::list(&context.db).await? {
        if agreement.archived_at.is_some() {
            continue;
        }
        for _ in 0..PERIODS_MAX {
            match issue_if_due(context, &agreement).await {
                Ok(true) => issued += 1,
                Ok(false) => break,
                Err(error) => {
                    tracing::error!(agreement.id = agreement.id.0, error = %error, "a report could not be issued and will be tried again");
                    break;
                }
            }
        }
    }
    Ok(issued)
}

/// The last period that has ended for an agreement's reports.
#[must_use]
pub fn last_ended(agreement: &Agreement, now: Instant) -> Period {
    agreement.calendar().containing(agreement.report_every, now).previous()
}

async fn issue_if_due(context: &Context, agreement: &Agreement) -> Result<bool, OpsError> {
    let now = context.clock.now();
    let due = next_due(context, agreement, now).await?;
    let (period, revision) = match due {
        Some((period, revision)) if is_ready(context, agreement, period, now).await? => (period, revision),
        _ => match settled_since(context, agreement, now).await? {
            Some(due) => due,
            None => return Ok(false),
        },
    };
    issue(context, agreement, period, revision).await
}

/// Where the report that closes a period stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It is there.
    Closed,
    /// It waits for data.
    Waits,
    /// There will be none: the agreement began later, or promised nothing then.
    Never,
}

/// Sees to it that an agreement's period is closed by a report, whether or not it is one that the agreement itself reports.
pub async fn close(context: &Context, agreement: &Agreement, period: Period) -> Result<Closing, OpsError> {
    let now = context.clock.now();
    let latest = store::reports::latest(&context.db, agreement.id, &period.label()).await?.map(|report| report.head);
    if latest.as_ref().is_some_and(|head| closes(head, period)) {
        return Ok(Closing::Closed);
    }
    let listings = terms_in_force(&context.db, agreement, period.span().start()).await?.listings;
    if listings.is_empty() || period.span().end() <= agreement.created_at.minute() {
        return Ok(Closing::Never);
    }
    if !is_ready(context, agreement, period, now).await? {
        return Ok(Closing::Waits);
    }
    let is_issued = issue(context, agreement, period, latest.map_or(1, |head| head.revision + 1)).await?;
    Ok(if is_issued { Closing::Closed } else { Closing::Waits })
}

/// Keeps the report of a period; false if another instance was faster.
async fn issue(context: &Context, agreement: &Agreement, period: Period, revision: i64) -> Result<bool, OpsError> {
    watch(context, agreement, period.span()).await?;
    let report = make_report(context, agreement, period, revision).await?;
    let mut tx = context.db.begin_write().await?;
    match keep(&mut tx, context, agreement, report, To::Served).await {
        // another instance was faster
        Err(OpsError::Store(StoreError::Conflict { .. })) => Ok(false),
        Err(error) => Err(error),
        Ok(id) => {
            tx.commit().await?;
            tracing::info!(agreement.id = agreement.id.0, report.id = id.0, period = %period, "report issued");
            Ok(true)
        }
    }
}

/// Has the data of a period settled, or has it been waited for long enough?
async fn is_ready(context: &Context, agreement: &Agreement, period: Period, now: Instant) -> Result<bool, OpsError> {
    let listings = terms_in_force(&context.db, agreement, period.span().start()).await?.listings;
    let settled = is_settled(context, &listings, period.span(), now).await?;
    Ok(!listings.is_empty() && (settled || is_patience_over(context, &listings, period, now).await?))
}

/// A period whose newest report is provisional and whose data has settled since, with the revision of its final report.
async fn settled_since(
    context: &Context,
    agreement: &Agreement,
    now: Instant,
) -> Result<Option<(Period, i64)>, OpsError> {
    // no source is read further back than this, so what did not settle by then never will
    let since = now.minute().plus(-context.settings.ledger.backfill_days.max(PROVISIONAL_DAYS) * DAY_MINUTES);
    for head in store::reports::provisional(&context.db, agreement.id, since).await? {
        let period = agreement.calendar().parse(&head.label).ok().filter(|period| period.span() == head.span);
        let Some(period) = period else { continue };
        let listings = terms_in_force(&context.db, agreement, period.span().start()).await?.listings;
        if !listings.is_empty() && is_settled(context, &listings, period.span(), now).await? {
            return Ok(Some((period, head.revision + 1)));
        }
    }
    Ok(None)
}

/// The oldest period that has ended and still lacks its report, and the report's revision: after a longer downtime there
/// may be several.
async fn next_due(context: &Context, agreement: &Agreement, now: Instant) -> Result<Option<(Period, i64)>, OpsError> {
    let mut due = None;
    let mut period = last_ended(agreement, now);
    for _ in 0..PERIODS_MAX {
        if period.span().end() <= agreement.created_at.minute() {
            break;
        }
        let latest =
            store::reports::latest(&context.db, agreement.id, &period.label()).await?.map(|report| report.head);
        if latest.as_ref().is_some_and(|head| closes(head, period)) {
            break;
        }
        due = Some((period, latest.map_or(1, |head| head.revision + 1)));
        period = period.previous();
    }
    Ok(due)
}

/// Was every source asked in vain after the time that a report waits for it? Time alone does not tell: after a downtime of
/// our own, the sources may still have everything.
async fn is_patience_over(
    context: &Context,
    listings: &[ObjectiveListing],
    period: Period,
    now: Instant,
) -> Result<bool, OpsError> {
    let end = period.span().end().plus(PATIENCE_MINUTES);
    if now.minute() < end {
        return Ok(false);
    }
    for id in listings.iter().map(|listing| listing.indicator.source).collect::<BTreeSet<_>>() {
        let source = store::sources::find(&context.db, &context.sealer, id).await?;
        let is_live = source.is_some_and(|source| source.archived_at.is_none());
        let state = store::source_states::find(&context.db, id).await?;
        let asked_at = state.and_then(|state| state.last_ok_at.max(state.last_error_at));
        if is_live && asked_at.is_none_or(|at| at.minute() < end) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Is it the report that closes its period? One that was sent by hand before the data had settled is not.
fn closes(head: &store::reports::ReportHead, period: Period) -> bool {
    !head.provisional || head.built_at.minute() >= period.span().end().plus(PATIENCE_MINUTES)
}
