//! Exclusions: time taken out of the judgement, proposed and decided.

mod effect;
mod list;
mod propose;
mod show;

pub use list::{export, list};
pub use propose::{create, new};
pub use show::{decide, show};

use crate::domain::exclusion::{Exclusion, Scope, Signed, State as Stage};
use crate::domain::ids::{AgreementId, ServiceId, UserId};
use crate::domain::wording;
use crate::store::{self, Db, StoreError};
use crate::view::{Badge, Choice, Tone};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// How far an exclusion has come.
fn badge(state: Stage) -> Badge {
    let tone = match state {
        Stage::Proposed => Tone::Busy,
        Stage::Approved => Tone::Good,
        Stage::Rejected => Tone::Bad,
        Stage::Withdrawn => Tone::Idle,
    };
    Badge::new(tone, wording::capitalised(state.word()))
}

/// Its only or first occurrence, on the wall clock of its zone.
fn when(one: &Exclusion) -> String {
    wording::span(one.first.start().start(), one.first.end().start(), one.zone)
}

/// How it comes back; empty for once.
fn comes_back(one: &Exclusion) -> String {
    if one.when.text().is_empty() { String::new() } else { one.when.in_words() }
}

/// The names of what exclusions are about, and of people.
struct Names {
    services: BTreeMap<ServiceId, String>,
    agreements: BTreeMap<AgreementId, String>,
    users: BTreeMap<UserId, String>,
    db: Db,
}

impl Names {
    async fn load(db: &Db) -> Result<Self, StoreError> {
        let services = store::services::list(db).await?.into_iter().map(|one| (one.id, one.name)).collect();
        let agreements = store::agreements::list(db).await?.into_iter().map(|one| (one.id, one.name)).collect();
        let users = store::users::list(db).await?.into_iter().map(|one| (one.id, one.name)).collect();
        Ok(Self { services, agreements, users, db: db.clone() })
    }

    /// `everything`, `the service shop`.
    async fn scope(&self, scope: Scope) -> Result<String, StoreError> {
        let gone = || format!("{scope} (not there any more)");
        let named = |what: &str, name: Option<&String>| name.map_or_else(gone, |name| format!("the {what} {name}"));
        Ok(match scope {
            Scope::All => "everything".to_owned(),
            Scope::Service(id) => named("service", self.services.get(&id)),
            Scope::Agreement(id) => named("agreement", self.agreements.get(&id)),
            Scope::Objective(id) => match store::objectives::listing(&self.db, id).await? {
                Some(listing) => format!("the objective {} of {}", listing.objective.name, listing.agreement.name),
                None => gone(),
            },
        })
    }

    fn person(&self, id: Option<UserId>) -> String {
        match id {
            None => "Nines".to_owned(),
            Some(id) => self.users.get(&id).cloned().unwrap_or_else(|| format!("somebody ({id})")),
        }
    }

    /// `Ana, 2026-11-21 08:00 CET`.
    fn signed(&self, signed: &Signed, zone: Tz) -> String {
        format!("{}, {}", self.person(signed.by), wording::instant(signed.at, zone))
    }
}

/// Everything that an exclusion can be about now.
async fn scopes(db: &Db) -> Result<Vec<Choice>, StoreError> {
    let mut choices = vec![Choice::new(Scope::All.to_string(), "Everything")];
    for service in store::services::list(db).await? {
        choices.push(Choice::new(Scope::Service(service.id).to_string(), format!("Service: {}", service.name)));
    }
    for agreement in store::agreements::list(db).await?.into_iter().filter(|one| one.archived_at.is_none()) {
        choices.push(Choice::new(Scope::Agreement(agreement.id).to_string(), format!("Agreement: {}", agreement.name)));
    }
    for listing in store::objectives::listings(db).await? {
        let label = format!("Objective: {}, {}", listing.objective.name, listing.agreement.name);
        choices.push(Choice::new(Scope::Objective(listing.objective.id).to_string(), label));
    }
    Ok(choices)
}
