//! Somebody proposes to take time out of the judgement.

use crate::domain::exclusion::{Category, Exclusion, Scope, Signed, State};
use crate::domain::ids::{ExclusionId, UserId};
use crate::domain::recurrence::Recurrence;
use crate::domain::time::{Instant, Span};
use crate::ops::{Context, OpsError, audit};
use crate::store;
use chrono_tz::Tz;
use serde::Serialize;

/// What somebody proposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What it is about.
    pub scope: Scope,
    /// Why.
    pub category: Category,
    /// Why, in a sentence that reports print.
    pub reason: String,
    /// Its only or first occurrence.
    pub first: Span,
    /// Whether and how it comes back.
    pub when: Recurrence,
    /// The zone of its wall clock.
    pub zone: Tz,
    /// When customers were told.
    pub announced_at: Option<Instant>,
}

impl Proposal {
    /// The exclusion that it would become; it has no identity yet.
    #[must_use]
    pub fn exclusion(self, who: Option<UserId>, now: Instant) -> Exclusion {
        Exclusion {
            id: ExclusionId(0),
            scope: self.scope,
            category: self.category,
            reason: self.reason,
            first: self.first,
            when: self.when,
            zone: self.zone,
            announced_at: self.announced_at,
            state: State::Proposed,
            proposed: Signed { by: who, at: now },
            decided: None,
            remark: String::new(),
        }
    }
}

/// Keeps a proposal, to be decided by somebody else.
pub async fn propose(context: &Context, who: Option<UserId>, proposal: Proposal) -> Result<ExclusionId, OpsError> {
    let now = context.clock.now();
    check_scope(context, proposal.scope).await?;
    let exclusion = proposal.exclusion(who, now);
    let mut tx = context.db.begin_write().await?;
    let id = store::exclusions::insert(&mut tx, &exclusion).await?;
    let after = Snapshot::of(&exclusion);
    audit(&mut tx, now, who, "exclusion.proposed", ("exclusion", id.0), (None, Some(&after))).await?;
    tx.commit().await?;
    tracing::info!(exclusion.id = id.0, "exclusion proposed");
    Ok(id)
}

async fn check_scope(context: &Context, scope: Scope) -> Result<(), OpsError> {
    let db = &context.db;
    let exists = match scope {
        Scope::All => true,
        Scope::Service(id) => store::services::find(db, id).await?.is_some(),
        Scope::Agreement(id) => store::agreements::find(db, id).await?.is_some(),
        Scope::Objective(id) => store::objectives::find(db, id).await?.is_some(),
    };
    if exists { Ok(()) } else { Err(OpsError::refused("scope", "This does not exist any more; please choose again.")) }
}

/// What the audit log keeps of a proposal.
#[derive(Serialize)]
struct Snapshot<'a> {
    name: &'a str,
    scope: String,
    category: &'static str,
    start: String,
    end: String,
    zone: &'static str,
    recurrence: &'a str,
    announced_at: Option<String>,
}

impl<'a> Snapshot<'a> {
    fn of(exclusion: &'a Exclusion) -> Self {
        Self {
            name: &exclusion.reason,
            scope: match exclusion.scope {
                Scope::All => "everything".to_owned(),
                Scope::Service(id) => format!("service {id}"),
                Scope::Agreement(id) => format!("agreement {id}"),
                Scope::Objective(id) => format!("objective {id}"),
            },
            category: exclusion.category.in_words(),
            start: exclusion.first.start().start().to_string(),
            end: exclusion.first.end().start().to_string(),
            zone: exclusion.zone.name(),
            recurrence: exclusion.when.text(),
            announced_at: exclusion.announced_at.map(|at| at.to_string()),
        }
    }
}
