//! Proposes to take time out of the judgement. A proposal takes nothing out until somebody approves it.

use crate::domain::exclusion::{Exclusion, Signed, State};
use crate::domain::ids::{ExclusionId, UserId};
use crate::ops::{Context, OpsError, audit};
use crate::store;
use serde::Serialize;

/// Keeps a proposal, in retrospect too; its `id`, and who decided what, are ignored.
pub async fn propose(context: &Context, who: Option<UserId>, exclusion: Exclusion) -> Result<ExclusionId, OpsError> {
    let now = context.clock.now();
    let proposed = Signed { by: who, at: now };
    let exclusion = Exclusion { state: State::Proposed, proposed, decided: None, remark: String::new(), ..exclusion };
    let mut tx = context.db.begin_write().await?;
    let id = store::exclusions::insert(&mut tx, &exclusion).await?;
    let after = Snapshot::of(&exclusion);
    audit(&mut tx, now, who, "exclusion.proposed", ("exclusion", id.0), (None, Some(&after))).await?;
    tx.commit().await?;
    tracing::info!(exclusion.id = id.0, exclusion.category = exclusion.category.word(), "exclusion proposed");
    Ok(id)
}

/// The exclusion behind an id.
pub async fn find(context: &Context, id: ExclusionId) -> Result<Exclusion, OpsError> {
    store::exclusions::find(&context.db, id).await?.ok_or(OpsError::NotFound("exclusion"))
}

/// What the audit log keeps of an exclusion.
#[derive(Serialize)]
pub(super) struct Snapshot {
    state: &'static str,
    scope: String,
    category: &'static str,
    reason: String,
    start: String,
    end: String,
    recurrence: String,
    zone: &'static str,
    announced_at: Option<String>,
    remark: String,
}

impl Snapshot {
    pub(super) fn of(exclusion: &Exclusion) -> Self {
        Self {
            state: exclusion.state.word(),
            scope: exclusion.scope.to_string(),
            category: exclusion.category.word(),
            reason: exclusion.reason.clone(),
            start: exclusion.first.start().start().to_string(),
            end: exclusion.first.end().start().to_string(),
            recurrence: exclusion.when.text().to_owned(),
            zone: exclusion.zone.name(),
            announced_at: exclusion.announced_at.map(|at| at.to_string()),
            remark: exclusion.remark.clone(),
        }
    }
}
