//! Opens what a token shows, and notes that it was used.

use crate::ops::{Context, OpsError, token};
use crate::store;
use crate::store::share_links::ShareLink;

/// A use is noted when the last noted one is at least this old: reading stays reading.
const NOTED_EVERY_SECONDS: i64 = 300;
/// Longer texts are no tokens.
const TOKEN_BYTES_MAX: usize = 64;

/// The link behind a token; nothing if there is none, or if it is revoked or expired, without telling which.
pub async fn open(context: &Context, token: &str) -> Result<Option<ShareLink>, OpsError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Ok(None);
    }
    let now = context.clock.now();
    let Some(link) = store::share_links::open(&context.db, &token::hash(token), now).await? else { return Ok(None) };
    let is_due = link.used_at.is_none_or(|at| now.seconds() - at.seconds() >= NOTED_EVERY_SECONDS);
    if is_due {
        let mut tx = context.db.begin_write().await?;
        store::share_links::note_use(&mut tx, link.id, now).await?;
        tx.commit().await?;
    }
    Ok(Some(link))
}
