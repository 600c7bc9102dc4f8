//! Tells how an agreement came to its terms: each revision with what it changed, the newest first.

use crate::domain::model::Agreement;
use crate::ops::OpsError;
use crate::ops::compare_terms::{Difference, differences};
use crate::ops::terms_in_force::resolve;
use crate::store::revisions::Revision;
use crate::store::{self, Db};

/// A revision and what it changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// What was agreed, when and by whom.
    pub revision: Revision,
    /// What differs from the revision before; nothing for the first one.
    pub changes: Option<Vec<Difference>>,
}

/// Every revision of an agreement, the newest first.
pub async fn tell(db: &Db, agreement: &Agreement) -> Result<Vec<Told>, OpsError> {
    let history = store::revisions::list(db, agreement.id).await?;
    let mut terms = Vec::with_capacity(history.len());
    for revision in &history {
        terms.push(resolve(db, revision, agreement).await?);
    }
    let before = terms.iter().skip(1).map(Some).chain([None]);
    let changes: Vec<_> =
        terms.iter().zip(before).map(|(after, before)| before.map(|before| differences(before, after))).collect();
    Ok(history.into_iter().zip(changes).map(|(revision, changes)| Told { revision, changes }).collect())
}
