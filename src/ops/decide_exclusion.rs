//! Decides about an exclusion: approves or rejects a proposal, or takes it back, before or after approval.

use crate::domain::exclusion::{Exclusion, Signed, State};
use crate::domain::ids::{ExclusionId, UserId};
use crate::language;
use crate::language::say;
use crate::ops::propose_exclusion::{Snapshot, find};
use crate::ops::recheck_reports::touch;
use crate::ops::{Context, OpsError, audit};
use crate::store::rechecks::Cause;
use crate::store::{self, StoreError};

/// What can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// From now on it takes its time out, in periods that have passed too.
    Approve,
    /// It never takes anything out.
    Reject,
    /// It is taken back, and so is what it took out.
    Withdraw,
}

impl Decision {
    /// The decision behind a word: `approve`, `reject`, `withdraw`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "approve" => Some(Self::Approve),
            "reject" => Some(Self::Reject),
            "withdraw" => Some(Self::Withdraw),
            _ => None,
        }
    }

    /// The state that it leads to.
    #[must_use]
    pub const fn state(self) -> State {
        match self {
            Self::Approve => State::Approved,
            Self::Reject => State::Rejected,
            Self::Withdraw => State::Withdrawn,
        }
    }

    /// Can it be decided about an exclusion in that state?
    #[must_use]
    pub const fn is_open_to(self, state: State) -> bool {
        match self {
            Self::Approve | Self::Reject => matches!(state, State::Proposed),
            Self::Withdraw => matches!(state, State::Proposed | State::Approved),
        }
    }
}

/// Decides about an exclusion that was last `seen` in a state; refused if it is not in that state any more.
pub async fn decide(
    context: &Context,
    who: Option<UserId>,
    id: ExclusionId,
    seen: State,
    decision: Decision,
    remark: &str,
) -> Result<(), OpsError> {
    let now = context.clock.now();
    let before = find(context, id).await?;
    if before.state != seen || !decision.is_open_to(seen) {
        return Err(changed(before.state));
    }
    let decided = Signed { by: who, at: now };
    let to = decision.state();
    let mut tx = context.db.begin_write().await?;
    match store::exclusions::decide(&mut tx, id, seen, to, decided, remark).await {
        Err(StoreError::NotFound { .. }) => {
            // somebody decided between our look and our write
            tx.rollback().await?;
            return Err(changed(find(context, id).await?.state));
        }
        result => result?,
    }
    let after = Exclusion { state: to, decided: Some(decided), remark: remark.to_owned(), ..before.clone() };
    match (seen, to) {
        (_, State::Approved) => touch(&mut tx, Cause::Approved(id), &after, now.minute()).await?,
        (State::Approved, _) => touch(&mut tx, Cause::Withdrawn(id), &after, now.minute()).await?,
        _ => {} // it never took anything out
    }
    let change = (Some(&Snapshot::of(&before)), Some(&Snapshot::of(&after)));
    audit(&mut tx, now, who, &format!("exclusion.{}", to.word()), ("exclusion", id.0), change).await?;
    tx.commit().await?;
    tracing::info!(exclusion.id = id.0, exclusion.state = to.word(), "exclusion decided");
    Ok(())
}

fn changed(state: State) -> OpsError {
    let sentence = say!(
        "This exclusion is {state} by now, so this decision is not open any more. Look at it again before you decide.",
        language::word(state.word())
    );
    OpsError::refused("", sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_is_decided_and_only_what_counts_or_waits_is_taken_back() {
        use Decision::{Approve, Reject, Withdraw};
        let open = |state: State| [Approve, Reject, Withdraw].map(|decision| decision.is_open_to(state));
        assert_eq!(open(State::Proposed), [true, true, true]);
        assert_eq!(open(State::Approved), [false, false, true]);
        assert_eq!(open(State::Rejected), [false; 3]);
        assert_eq!(open(State::Withdrawn), [false; 3]);
        assert_eq!(Decision::from_word("approve"), Some(Approve));
        assert_eq!(Decision::from_word("APPROVE"), None);
    }
}
