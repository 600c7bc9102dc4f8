//! Sweeps out what has expired: sessions, the detail and the sums of hours that are too old to keep, and reports by their
//! agreement's retention.

use crate::domain::time::DAY_MINUTES;
use crate::ops::{Context, OpsError, retire_reports};
use crate::store;

/// Removes what the settings say is too old. Detail goes first, sums last.
pub async fn sweep(context: &Context) -> Result<(), OpsError> {
    let now = context.clock.now();
    let before = |days: i64| now.minute().plus(-days * DAY_MINUTES).hour();
    let kept = &context.settings.ledger;
    let mut tx = context.db.begin_write().await?;
    let sessions = store::sessions::purge(&mut tx, now).await?;
    let (details, hours) = store::ledger::drop_old(&mut tx, before(kept.detail_days), before(kept.sums_days)).await?;
    store::baselines::drop_hours(&mut tx, before(kept.detail_days)).await?;
    tx.commit().await?;
    let reports = retire_reports::retire(context).await?;
    tracing::debug!(sessions, details, hours, reports, "swept out what has expired");
    Ok(())
}
