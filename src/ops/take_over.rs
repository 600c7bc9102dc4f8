//! Takes over what an earlier process left behind when it was killed.

use crate::ops::{Context, OpsError};
use crate::store::{self, Db};

/// Gives back the leases of a dead process, so that nothing waits for them to run out. An SQLite file has one instance at
/// a time, so whoever held a lease is dead; on PostgreSQL another instance may be alive and at work.
pub async fn take_over(context: &Context) -> Result<(), OpsError> {
    if let Db::Sqlite(_) = context.db {
        let mut tx = context.db.begin_write().await?;
        store::source_states::release_all(&mut tx).await?;
        store::outbox::release_all(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}
