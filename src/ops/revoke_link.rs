//! Revokes a link for good: whoever has it sees nothing any more.

use crate::domain::ids::{AgreementId, ShareLinkId, UserId};
use crate::ops::make_link::Snapshot;
use crate::ops::{Context, OpsError, audit};
use crate::store;

/// Revokes a link of that agreement.
pub async fn revoke(context: &Context, who: UserId, agreement: AgreementId, id: ShareLinkId) -> Result<(), OpsError> {
    let found = store::agreements::find(&context.db, agreement).await?.ok_or(OpsError::NotFound("agreement"))?;
    let link = store::share_links::find(&context.db, id).await?.filter(|link| link.agreement == agreement);
    let link = link.ok_or(OpsError::NotFound("link"))?;
    let now = context.clock.now();
    let mut tx = context.db.begin_write().await?;
    store::share_links::revoke(&mut tx, id, Some(who), now).await?;
    let before = Snapshot::of(&link, &found.name);
    audit(&mut tx, now, Some(who), "link.revoked", ("agreement", agreement.0), (Some(&before), None)).await?;
    Ok(tx.commit().await?)
}
