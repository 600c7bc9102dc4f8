//! What the audit log keeps of an agreement, and what its fingerprint is made of.

use super::{AgreementDraft, DefinedAgreement, ObjectiveDraft};
use crate::domain::time::Minute;
use crate::domain::wording;
use crate::language::{self, Language};
use crate::ops::OpsError;
use crate::ops::revise::Taking;
use crate::store;
use chrono_tz::Tz;
use serde::Serialize;

/// What the audit log keeps of an agreement.
#[derive(Serialize)]
pub(super) struct Snapshot {
    name: String,
    customer: String,
    owner: String,
    zone: &'static str,
    period: &'static str,
    report_every: &'static str,
    terms: String,
    objectives: Vec<ObjectiveSnapshot>,
    #[serde(skip_serializing_if = "Option::is_none")]
    takes_effect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Serialize)]
struct ObjectiveSnapshot {
    name: String,
    kind: &'static str,
    service: String,
    source: i64,
    query: String,
    target_percent: String,
    window: String,
    terms: String,
    members: Vec<(String, u32)>,
}

impl Snapshot {
    pub(super) fn of(draft: &AgreementDraft) -> Result<Self, OpsError> {
        Ok(Self {
            name: draft.name.clone(),
            customer: draft.customer.clone(),
            owner: draft.owner.clone(),
            zone: draft.zone.name(),
            period: draft.period.word(),
            report_every: draft.report_every.word(),
            terms: store::agreements::terms_document(&draft.terms)?,
            objectives: draft.objectives.iter().map(ObjectiveSnapshot::of).collect::<Result<_, _>>()?,
            takes_effect: None,
            note: None,
        })
    }

    /// Adds from when on it holds, and why.
    pub(super) fn say(&mut self, taking: &Taking, effective: Minute, zone: Tz) {
        // the audit log speaks one language, whoever acted
        let day = language::sync_scope(Language::English, || wording::day(effective.start(), zone));
        self.takes_effect = Some(day);
        self.note = Some(taking.note.clone()).filter(|note| !note.is_empty());
    }

    pub(super) fn of_defined(defined: &DefinedAgreement) -> Result<Self, OpsError> {
        Self::of(&AgreementDraft {
            name: defined.agreement.name.clone(),
            customer: defined.agreement.customer.clone(),
            owner: defined.agreement.owner.clone(),
            zone: defined.agreement.zone,
            period: defined.agreement.period,
            report_every: defined.agreement.report_every,
            recipients: Vec::new(),
            terms: defined.agreement.terms.clone(),
            objectives: defined.objectives.iter().map(|one| ObjectiveDraft::of(defined, one)).collect(),
        })
    }
}

impl ObjectiveSnapshot {
    fn of(draft: &ObjectiveDraft) -> Result<Self, OpsError> {
        Ok(Self {
            name: draft.name.clone(),
            kind: draft.kind.word(),
            service: draft.service.clone(),
            source: draft.source.0,
            query: draft.query.to_string(),
            target_percent: draft.target.to_string(),
            window: draft.window.to_string(),
            terms: store::objectives::terms_document(&draft.terms)?,
            members: draft.composite.as_ref().map(|one| one.members.clone()).unwrap_or_default(),
        })
    }
}
