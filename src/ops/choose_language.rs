//! Somebody chooses the language of their pages.

use crate::language::Language;
use crate::ops::{Context, OpsError, audit};
use crate::store::users::{self, User};
use serde::Serialize;

/// What the audit log keeps.
#[derive(Serialize)]
struct Snapshot {
    language: &'static str,
}

impl Snapshot {
    fn of(language: Option<Language>) -> Self {
        Self { language: language.map_or("as the browser says", Language::word) }
    }
}

/// From their next request on, whichever browser it comes from; with nothing, each browser's own wish decides again.
pub async fn choose_language(context: &Context, user: &User, language: Option<Language>) -> Result<(), OpsError> {
    let mut tx = context.db.begin_write().await?;
    users::set_language(&mut tx, user.id, language).await?;
    let (was, is) = (Snapshot::of(user.language), Snapshot::of(language));
    let now = context.clock.now();
    audit(&mut tx, now, Some(user.id), "user.chose_language", ("user", user.id.0), (Some(&was), Some(&is))).await?;
    Ok(tx.commit().await?)
}
