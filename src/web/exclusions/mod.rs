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
use crate::language;
use crate::language::say;
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
    Badge::new(tone, wording::capitalised(language::word(state.word())))
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
        let gone = || say!("{scope} (not there any more)", scope);
        Ok(match scope {
            Scope::All => say!("everything"),
            Scope::Service(id) => self.services.get(&id).map_or_else(gone, |name| say!("the service {name}", name)),
            Scope::Agreement(id) => {
                self.agreements.get(&id).map_or_else(gone, |name| say!("the agreement {name}", name))
            }
            Scope::Objective(id) => match store::objectives::listing(&self.db, id).await? {
                Some(one) => say!("the objective {name} of {agreement}", one.objective.name, one.agreement.name),
                None => gone(),
            },
        })
    }

    fn person(&self, id: Option<UserId>) -> String {
        match id {
            None => "Nines".to_owned(),
            Some(id) => self.users.get(&id).cloned().unwrap_or_else(|| say!("somebody ({id})", id)),
        }
    }

    /// `Ana, 2026-11-21 08:00 CET`.
    fn signed(&self, signed: &Signed, zone: Tz) -> String {
        format!("{}, {}", self.person(signed.by), wording::instant(signed.at, zone))
    }
}

/// Everything that an exclusion can be about now.
async fn scopes(db: &Db) -> Result<Vec<Choice>, StoreError> {
    let mut choices = vec![Choice::new(Scope::All.to_string(), say!("Everything"))];
    for service in store::services::list(db).await? {
        choices.push(Choice::new(Scope::Service(service.id).to_string(), say!("Service: {name}", service.name)));
    }
    for agreement in store::agreements::list(db).await?.into_iter().filter(|one| one.archived_at.is_none()) {
        choices
            .push(Choice::new(Scope::Agreement(agreement.id).to_string(), say!("Agreement: {name}", agreement.name)));
    }
    for listing in store::objectives::listings(db).await? {
        let label = say!("Objective: {name}, {agreement}", listing.objective.name, listing.agreement.name);
        choices.push(Choice::new(Scope::Objective(listing.objective.id).to_string(), label));
    }
    Ok(choices)
}
