//! Sends a report because a person asks for it: a new one of a period, or one that was issued once more as it is.

use crate::domain::calendar::Period;
use crate::domain::ids::{AgreementId, ReportId, UserId};
use crate::domain::model::Agreement;
use crate::domain::report_schedule::ScheduleDraft;
use crate::language::say;
use crate::ops::define_schedule::standing;
use crate::ops::keep_report::{To, keep, post, watch};
use crate::ops::make_report::make_report;
use crate::ops::show_report::document;
use crate::ops::write_letter::Occasion;
use crate::ops::{Context, OpsError, audit};
use crate::report::{self, Sealed};
use crate::store;
use crate::store::reports::Report as Kept;

/// Sends the report of any period that has begun to the recipients of the schedules about its agreement: the final one as it was issued, if there is
/// one; otherwise a new revision that says what the ledger says now.
pub async fn send_now(
    context: &Context,
    who: Option<UserId>,
    id: AgreementId,
    period: Period,
) -> Result<ReportId, OpsError> {
    let now = context.clock.now();
    let agreement = store::agreements::find(&context.db, id).await?.ok_or(OpsError::NotFound("agreement"))?;
    let dresses = receivers(context, &agreement).await?;
    if period.span().start() >= now.minute() {
        return Err(OpsError::refused("period", say!("This period has not begun; choose one that has.")));
    }
    let before = store::reports::latest(&context.db, id, &period.label()).await?;
    if let Some(kept) = before.as_ref().filter(|kept| !kept.head.provisional) {
        return again(context, who, &agreement, dresses, kept).await;
    }
    let revision = before.map_or(1, |report| report.head.revision + 1);
    watch(context, &agreement, period.span()).await?;
    let report = make_report(context, &agreement, period, revision).await?;
    let mut tx = context.db.begin_write().await?;
    let report_id = keep(&mut tx, context, &agreement, report, To::These(&dresses)).await?;
    let sent = (period.label(), revision);
    audit(&mut tx, now, who, "report.sent", ("report", report_id.0), (None, Some(&sent))).await?;
    tx.commit().await?;
    Ok(report_id)
}

/// Sends an issued report once more, the same bytes, to the present recipients of the schedules about its agreement. Only the newest revision of its
/// period is sent, so that nobody takes what was corrected for what holds; a provisional one is made anew.
pub async fn send_again(context: &Context, who: Option<UserId>, id: ReportId) -> Result<ReportId, OpsError> {
    let kept = store::reports::find(&context.db, id).await?.ok_or(OpsError::NotFound("report"))?;
    let agreement =
        store::agreements::find(&context.db, kept.head.agreement).await?.ok_or(OpsError::NotFound("agreement"))?;
    let dresses = receivers(context, &agreement).await?;
    if kept.head.provisional {
        let period = agreement.calendar().parse(&kept.head.label);
        return send_now(context, who, agreement.id, period.map_err(|why| OpsError::refused("", why.to_string()))?)
            .await;
    }
    let newest = store::reports::latest(&context.db, agreement.id, &kept.head.label).await?;
    if let Some(newest) = newest.filter(|newest| newest.head.id != id) {
        let sentence = say!("Revision {revision} took the place of this report; send that one.", newest.head.revision);
        return Err(OpsError::refused("", sentence));
    }
    again(context, who, &agreement, dresses, &kept).await
}

async fn again(
    context: &Context,
    who: Option<UserId>,
    agreement: &Agreement,
    dresses: Vec<ScheduleDraft>,
    kept: &Kept,
) -> Result<ReportId, OpsError> {
    let (now, id) = (context.clock.now(), kept.head.id);
    let document = document(&context.db, kept).await?;
    let sealed = Sealed::kept(report::json::read(document)?, document.to_owned(), kept.signature.clone());
    let mut tx = context.db.begin_write().await?;
    // a schedule's run that is about to mail the same report sees this, or this comes after it
    store::reports::next_place(&mut tx, agreement.id).await?;
    match post(&mut tx, context, agreement, (id, &sealed), dresses, Occasion::SentAgain).await {
        Err(OpsError::Store(error)) if error.is_conflict_on("deliveries.message_id") => {
            return Err(OpsError::refused("", say!("This report was put on its way a moment ago.")));
        }
        result => result?,
    }
    let sent = (kept.head.label.clone(), kept.head.revision);
    audit(&mut tx, now, who, "report.sent_again", ("report", id.0), (None, Some(&sent))).await?;
    tx.commit().await?;
    Ok(id)
}

/// The schedules about this agreement, with their recipients; refuses if there are none.
async fn receivers(context: &Context, agreement: &Agreement) -> Result<Vec<ScheduleDraft>, OpsError> {
    let schedules = standing(&context.db, agreement).await?;
    if schedules.is_empty() {
        let sentence = say!("This agreement has no recipients; add a schedule that mails its reports.");
        return Err(OpsError::refused("recipients", sentence));
    }
    Ok(schedules.into_iter().map(|one| one.draft).collect())
}
