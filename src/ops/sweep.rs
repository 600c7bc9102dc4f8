//! Sweeps out what has expired.

use crate::ops::{Context, OpsError};
use crate::store;

/// Removes sessions that have expired.
pub async fn sweep(context: &Context) -> Result<(), OpsError> {
    let now = context.clock.now();
    let mut tx = context.db.begin_write().await?;
    let sessions = store::sessions::purge(&mut tx, now).await?;
    tx.commit().await?;
    tracing::debug!(sessions, "expired sessions removed");
    Ok(())
}
