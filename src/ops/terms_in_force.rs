//! The terms that an agreement had at a moment: a period is judged by those in force when it began.

use crate::domain::model::Agreement;
use crate::domain::time::Minute;
use crate::domain::wording;
use crate::ops::OpsError;
use crate::store::objectives::ObjectiveListing;
use crate::store::revisions::Revision;
use crate::store::{self, Db, StoreError};

/// An agreement with its objectives as they were agreed for a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The number of the revision; nothing if none was ever made.
    pub revision: Option<i64>,
    /// From when on it holds.
    pub since: Minute,
    /// The contract.
    pub agreement: Agreement,
    /// Its promises, in the order in which they were defined.
    pub listings: Vec<ObjectiveListing>,
}

impl InForce {
    /// The sentence of a report about the revision that it went by; nothing for the first, which needs none.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let number = self.revision.filter(|number| *number > 1)?;
        let since = wording::day(self.since.start(), self.agreement.zone);
        Some(format!("Judged by revision {number} of the agreement, which has been in force since {since}."))
    }
}

/// The live objectives of an agreement, in the order in which they were defined.
pub async fn live_objectives(db: &Db, agreement: &Agreement) -> Result<Vec<ObjectiveListing>, OpsError> {
    Ok(store::objectives::listings_in(db, agreement.id).await?)
}

/// The terms of an agreement that are in force at a minute; its present ones if it was never revised.
pub async fn terms_in_force(db: &Db, agreement: &Agreement, minute: Minute) -> Result<InForce, OpsError> {
    match store::revisions::in_force(db, agreement.id, minute).await? {
        Some(revision) => Ok(resolve(db, &revision, agreement).await?),
        None => Ok(InForce {
            revision: None,
            since: Minute(0),
            agreement: agreement.clone(),
            listings: live_objectives(db, agreement).await?,
        }),
    }
}

/// A revision with what its objectives hang on; whether the agreement is archived is as it is today.
pub async fn resolve(db: &Db, revision: &Revision, today: &Agreement) -> Result<InForce, StoreError> {
    resolve_beside(db, revision, today, &[]).await
}

/// The same where the present promises are at hand: what hangs on the same indicator is not looked up again.
pub async fn resolve_beside(
    db: &Db,
    revision: &Revision,
    today: &Agreement,
    present: &[ObjectiveListing],
) -> Result<InForce, StoreError> {
    let agreement = Agreement { archived_at: today.archived_at, ..revision.agreement.clone() };
    let mut listings = Vec::with_capacity(revision.objectives.len());
    for objective in &revision.objectives {
        let id = objective.indicator;
        if let Some(same) = present.iter().find(|one| one.indicator.id == id) {
            let (objective, agreement) = (objective.clone(), agreement.clone());
            listings.push(ObjectiveListing { objective, agreement, ..same.clone() });
            continue;
        }
        let lost = || StoreError::NotFound { what: "indicator", id: id.to_string() };
        let indicator = store::indicators::find(db, id).await?.ok_or_else(lost)?;
        let (service_name, source_name) = store::indicators::names(db, id).await?.ok_or_else(lost)?;
        let (objective, agreement) = (objective.clone(), agreement.clone());
        listings.push(ObjectiveListing { objective, indicator, agreement, service_name, source_name });
    }
    listings.sort_by_key(|listing| listing.objective.id);
    Ok(InForce { revision: Some(revision.number), since: revision.effective, agreement, listings })
}
