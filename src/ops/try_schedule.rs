//! Sends somebody what a schedule would send, so that they can look at it before its recipients do.

use crate::domain::ids::{ScheduleId, UserId};
use crate::domain::model::EmailAddress;
use crate::language::say;
use crate::ops::define_schedule::find;
use crate::ops::keep_report::queue;
use crate::ops::run_schedules::{covered, letter};
use crate::ops::write_letter::Occasion;
use crate::ops::{Context, OpsError, audit};
use crate::store::{self, Page};

/// Mails the newest report of each agreement that the schedule is about, all of one period, to one address. Nothing is
/// issued for it, and no run is done by it.
pub async fn try_schedule(
    context: &Context,
    who: Option<UserId>,
    id: ScheduleId,
    to: &EmailAddress,
) -> Result<(), OpsError> {
    let now = context.clock.now();
    let schedule = find(&context.db, id).await?;
    let agreements = store::agreements::list(&context.db).await?;
    let mut heads = Vec::new();
    for agreement in covered(&schedule, &agreements) {
        heads.extend(store::reports::list(&context.db, Some(agreement.id), Page::first(1)).await?);
    }
    heads.retain(|head| head.removed_at.is_none());
    let newest = heads.iter().max_by_key(|head| (head.span.end(), head.span.start())).map(|head| head.label.clone());
    let Some(label) = newest else {
        let sentence = say!(
            "There is no report yet that could be shown. Send one by hand from the agreement's preview, or wait \
                        for the first period to close."
        );
        return Err(OpsError::refused("to", sentence));
    };
    let mut kept = Vec::new();
    for agreement in covered(&schedule, &agreements) {
        let latest = store::reports::latest(&context.db, agreement.id, &label).await?;
        kept.extend(latest.filter(|kept| kept.head.removed_at.is_none()));
    }
    let letter = letter(context, (&schedule, &agreements), kept, Vec::new(), Occasion::Trial).await?;
    let mut tx = context.db.begin_write().await?;
    match queue(&mut tx, context, &letter, std::slice::from_ref(to)).await {
        Err(OpsError::Store(error)) if error.is_conflict_on("deliveries.message_id") => {
            return Err(OpsError::refused("to", say!("This was put on its way a moment ago.")));
        }
        result => result?,
    }
    audit(&mut tx, now, who, "schedule.tried", ("schedule", id.0), (None, Some(&to.to_string()))).await?;
    Ok(tx.commit().await?)
}
