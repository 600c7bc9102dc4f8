//! Somebody signs out.

use crate::domain::ids::UserId;
use crate::domain::time::Instant;
use crate::store::audit::{self, Change};
use crate::store::{Db, StoreError};

/// Notes it; the session itself ends with the answer to the browser.
pub async fn sign_out(db: &Db, user: UserId, now: Instant) -> Result<(), StoreError> {
    let mut tx = db.begin_write().await?;
    let change = Change { action: "sign_out", entity: "user", entity_id: user.0, before: None, after: None };
    audit::append(&mut tx, now, Some(user), change).await?;
    tx.commit().await
}
