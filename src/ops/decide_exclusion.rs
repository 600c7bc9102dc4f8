//! Somebody approves, rejects or withdraws an exclusion.
//!
//! A decision names the state that the person saw. If somebody else was faster, nothing happens and a sentence says so.

use crate::domain::exclusion::{Exclusion, Signed, State};
use crate::domain::ids::{ExclusionId, UserId};
use crate::ops::{Context, OpsError, audit};
use crate::store::{self, StoreError};
use serde::Serialize;

/// How long a remark may be, in characters.
pub const REMARK_CHARACTERS_MAX: usize = 500;

/// What may be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It takes effect, also in retrospect.
    Approve,
    /// It does not.
    Reject,
    /// It is taken back, before or after approval.
    Withdraw,
}

impl Decision {
    /// Every decision.
    pub const ALL: [Self; 3] = [Self::Approve, Self::Reject, Self::Withdraw];

    /// The word in forms.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Withdraw => "withdraw",
        }
    }

    /// The decision behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.word() == word)
    }

    /// The state that it leads to.
    #[must_use]
    pub const fn leads_to(self) -> State {
        match self {
            Self::Approve => State::Approved,
            Self::Reject => State::Rejected,
            Self::Withdraw => State::Withdrawn,
        }
    }

    /// Can it be decided in that state?
    #[must_use]
    pub const fn is_open(self, state: State) -> bool {
        matches!((self, state), (_, State::Proposed) | (Self::Withdraw, State::Approved))
    }

    /// Must somebody say why?
    #[must_use]
    pub const fn needs_remark(self, state: State) -> bool {
        matches!((self, state), (Self::Reject, _) | (Self::Withdraw, State::Approved))
    }
}

/// Takes an exclusion from the state in which somebody saw it to the one that they decided.
pub async fn decide(
    context: &Context,
    who: UserId,
    id: ExclusionId,
    seen: State,
    decision: Decision,
    remark: &str,
) -> Result<(), OpsError> {
    let remark = remark.trim();
    let exclusion = find(context, id).await?;
    if exclusion.state != seen || !decision.is_open(seen) {
        return Err(late(&exclusion));
    }
    if remark.is_empty() && decision.needs_remark(seen) {
        return Err(OpsError::refused("remark", "Please say why; it is kept with the exclusion."));
    }
    if remark.chars().count() > REMARK_CHARACTERS_MAX
        || remark.chars().any(|c| c.is_control() && c != '\n' && c != '\r')
    {
        let sentence = format!("Please take at most {REMARK_CHARACTERS_MAX} characters, without control characters.");
        return Err(OpsError::refused("remark", sentence));
    }
    let now = context.clock.now();
    let to = decision.leads_to();
    let mut tx = context.db.begin_write().await?;
    match store::exclusions::decide(&mut tx, id, seen, to, Signed { by: Some(who), at: now }, remark).await {
        Ok(()) => {}
        Err(StoreError::NotFound { .. }) => {
            tx.rollback().await?;
            return Err(late(&find(context, id).await?));
        }
        Err(error) => return Err(error.into()),
    }
    let (was, is) = (Snapshot::of(&exclusion, seen, &exclusion.remark), Snapshot::of(&exclusion, to, remark));
    let action = format!("exclusion.{}", to.word());
    audit(&mut tx, now, Some(who), &action, ("exclusion", id.0), (Some(&was), Some(&is))).await?;
    tx.commit().await?;
    tracing::info!(exclusion.id = id.0, exclusion.state = to.word(), "exclusion decided");
    Ok(())
}

/// The exclusion behind an id.
pub async fn find(context: &Context, id: ExclusionId) -> Result<Exclusion, OpsError> {
    store::exclusions::find(&context.db, id).await?.ok_or(OpsError::NotFound("exclusion"))
}

fn late(exclusion: &Exclusion) -> OpsError {
    let state = exclusion.state.word();
    OpsError::refused("", format!("This was decided meanwhile: it is {state} now. Nothing was changed."))
}

/// What the audit log keeps of a decision.
#[derive(Serialize)]
struct Snapshot<'a> {
    name: &'a str,
    state: &'static str,
    remark: &'a str,
}

impl<'a> Snapshot<'a> {
    fn of(exclusion: &'a Exclusion, state: State, remark: &'a str) -> Self {
        Self { name: &exclusion.reason, state: state.word(), remark }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_can_be_decided_and_what_is_in_force_only_withdrawn() {
        for decision in Decision::ALL {
            assert_eq!(Decision::from_word(decision.word()), Some(decision));
            assert!(decision.is_open(State::Proposed));
            assert_eq!(decision.is_open(State::Approved), decision == Decision::Withdraw);
            assert!(!decision.is_open(State::Rejected) && !decision.is_open(State::Withdrawn));
        }
        assert_eq!(Decision::from_word("delete"), None);
        assert!(Decision::Withdraw.needs_remark(State::Approved) && !Decision::Withdraw.needs_remark(State::Proposed));
        assert!(Decision::Reject.needs_remark(State::Proposed) && !Decision::Approve.needs_remark(State::Proposed));
    }
}
