//! Applies the revisions whose moment has come: the agreement becomes what was agreed for it, exactly once.

use crate::ops::define_agreement::{load, put_in_place};
use crate::ops::revise::Told;
use crate::ops::{Context, OpsError, audit};
use crate::store;
use crate::store::revisions::Revision;

/// Applies every revision that is due and says how many there were. One agreement's trouble does not hold back another's.
pub async fn apply_due(context: &Context) -> Result<usize, OpsError> {
    let mut applied = 0;
    for revision in store::revisions::due(&context.db, context.clock.now().minute()).await? {
        let (agreement, number) = (revision.agreement.id, revision.number);
        match apply(context, &revision).await {
            Ok(true) => {
                applied += 1;
                tracing::info!(agreement.id = agreement.0, revision = number, "revision applied");
            }
            Ok(false) => {} // another instance was faster, or it was withdrawn
            Err(error) => {
                tracing::error!(agreement.id = agreement.0, revision = number, error = %error, "a revision could not be applied and will be tried again");
            }
        }
    }
    Ok(applied)
}

async fn apply(context: &Context, revision: &Revision) -> Result<bool, OpsError> {
    let now = context.clock.now();
    let id = revision.agreement.id;
    let mut tx = context.db.begin_write().await?;
    if !store::revisions::mark_applied(&mut tx, revision.id, now).await? {
        return Ok(false);
    }
    store::agreements::update(&mut tx, &revision.agreement).await?;
    let before = load(&context.db, id).await?;
    put_in_place(&mut tx, &before, &revision.objectives, now).await?;
    // who decided it stands with the plan; this is only the clock
    audit(&mut tx, now, None, "revision.applied", ("agreement", id.0), (None, Some(&Told::of(revision)))).await?;
    tx.commit().await?;
    Ok(true)
}
