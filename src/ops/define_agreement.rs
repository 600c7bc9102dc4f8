//! Defines an agreement with its objectives, or changes one.

use crate::domain::calendar::PeriodKind;
use crate::domain::contract::{AgreementTerms, Composite, ObjectiveTerms, Rule};
use crate::domain::counting::CounterState;
use crate::domain::ids::{AgreementId, IndicatorId, ObjectiveId, ServiceId, SourceId, UserId};
use crate::domain::model::{Agreement, EmailAddress, Indicator, Objective, ObjectiveKind, Query, Service, Window};
use crate::domain::target::Target;
use crate::domain::time::{DAY_MINUTES, Instant, Minute};
use crate::ops::{Context, OpsError, audit};
use crate::store::indicators::PullState;
use crate::store::{self, Db, StoreError, Tx};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono_tz::Tz;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What a person wants to agree on; every value is already valid by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementDraft {
    /// Unique name.
    pub name: String,
    /// With whom; may be empty.
    pub customer: String,
    /// Who answers for it; may be empty.
    pub owner: String,
    /// The zone in which its days begin.
    pub zone: Tz,
    /// The calendar period that it is judged by.
    pub period: PeriodKind,
    /// How often its report is mailed.
    pub report_every: PeriodKind,
    /// Who receives the report.
    pub recipients: Vec<EmailAddress>,
    /// What else is agreed.
    pub terms: AgreementTerms,
    /// Its promises.
    pub objectives: Vec<ObjectiveDraft>,
}

/// One promise as a person wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectiveDraft {
    /// The objective that is changed; nothing for a new one.
    pub id: Option<ObjectiveId>,
    /// Name, unique in the agreement.
    pub name: String,
    /// What kind of promise.
    pub kind: ObjectiveKind,
    /// The service, by name; made if there is none.
    pub service: String,
    /// Where the data comes from.
    pub source: SourceId,
    /// How good and total events are read there.
    pub query: Query,
    /// The promised share of good events.
    pub target: Target,
    /// The window that the budget is counted over.
    pub window: Window,
    /// What else is promised; what a composite is made of stands in [`Self::composite`] alone.
    pub terms: ObjectiveTerms,
    /// Other objectives of the draft, by name, that it is made of.
    pub composite: Option<CompositeDraft>,
}

/// What a composite is made of, as a person wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompositeDraft {
    /// How members become one.
    pub rule: Rule,
    /// Their names, each with its weight.
    pub members: Vec<(String, u32)>,
}

/// An agreement with its live objectives, what each measures, and whose behaviour that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinedAgreement {
    /// The agreement.
    pub agreement: Agreement,
    /// Its objectives that are not archived.
    pub objectives: Vec<(Objective, Indicator, Service)>,
}

impl DefinedAgreement {
    /// The names of a composite's members with their weights; one that was archived keeps its number.
    #[must_use]
    pub fn named(&self, composite: &Composite) -> Vec<(String, u32)> {
        let name = |id: ObjectiveId| {
            let found = self.objectives.iter().find(|(objective, ..)| objective.id == id);
            found.map_or_else(|| format!("#{id}"), |(objective, ..)| objective.name.clone())
        };
        composite.members().iter().map(|(id, weight)| (name(*id), *weight)).collect()
    }

    /// A short text that is another as soon as anything that a form shows has changed.
    pub fn fingerprint(&self) -> Result<String, OpsError> {
        let ids: Vec<i64> = self.objectives.iter().map(|(objective, ..)| objective.id.0).collect();
        let text = serde_json::to_string(&(Snapshot::of_defined(self)?, ids))?;
        Ok(URL_SAFE_NO_PAD.encode(Sha256::digest(text)))
    }
}

/// Reads an agreement with its live objectives.
pub async fn load(db: &Db, id: AgreementId) -> Result<DefinedAgreement, OpsError> {
    let agreement = store::agreements::find(db, id).await?.ok_or(OpsError::NotFound("agreement"))?;
    let services = store::services::list(db).await?;
    let mut objectives = Vec::new();
    for objective in store::objectives::list_by_agreement(db, id).await? {
        if objective.archived_at.is_some() {
            continue;
        }
        let indicator =
            store::indicators::find(db, objective.indicator).await?.ok_or(OpsError::NotFound("indicator"))?;
        let service = services.iter().find(|s| s.id == indicator.service).ok_or(OpsError::NotFound("service"))?;
        objectives.push((objective, indicator, service.clone()));
    }
    Ok(DefinedAgreement { agreement, objectives })
}

/// Defines an agreement; new indicators will be backfilled by the next pull.
pub async fn define(context: &Context, who: Option<UserId>, draft: AgreementDraft) -> Result<AgreementId, OpsError> {
    let now = context.clock.now();
    let services = Services::load(&context.db).await?;
    let mut tx = context.db.begin_write().await?;
    let agreement = agreement_of(&draft, AgreementId(0), now);
    let id = store::agreements::insert(&mut tx, &agreement).await.map_err(name_is_taken)?;
    let written = write_objectives(&mut tx, context, id, &draft, services, now).await?;
    let after = Snapshot::of(&draft)?;
    audit(&mut tx, now, who, "agreement.defined", ("agreement", id.0), (None, Some(&after))).await?;
    tx.commit().await?;
    tracing::info!(agreement.id = id.0, objectives = written.len(), "agreement defined");
    Ok(id)
}

/// Changes an agreement: objectives that the draft no longer names are archived, the others keep their identity.
///
/// `basis` is the [`DefinedAgreement::fingerprint`] of what the person saw; if it has been changed since, nothing is
/// saved, so that nobody undoes another's change unseen.
pub async fn change(
    context: &Context,
    who: Option<UserId>,
    id: AgreementId,
    draft: AgreementDraft,
    basis: &str,
) -> Result<(), OpsError> {
    let now = context.clock.now();
    let created_at = load(&context.db, id).await?.agreement.created_at;
    let services = Services::load(&context.db).await?;
    let mut tx = context.db.begin_write().await?;
    // the row is ours from here on, so what is read now is what is replaced
    store::agreements::update(&mut tx, &agreement_of(&draft, id, created_at)).await.map_err(name_is_taken)?;
    let before = load(&context.db, id).await?;
    refuse_strangers(&draft, &before, basis)?;
    make_room(&mut tx, &draft, &before, now).await?;
    write_objectives(&mut tx, context, id, &draft, services, now).await?;
    let (was, is) = (Snapshot::of_defined(&before)?, Snapshot::of(&draft)?);
    audit(&mut tx, now, who, "agreement.changed", ("agreement", id.0), (Some(&was), Some(&is))).await?;
    tx.commit().await?;
    Ok(())
}

/// Archives an agreement: it is kept with all its numbers, but no longer judged or reported.
pub async fn archive(context: &Context, who: Option<UserId>, id: AgreementId) -> Result<(), OpsError> {
    let now = context.clock.now();
    let mut tx = context.db.begin_write().await?;
    store::agreements::archive(&mut tx, id, now).await?;
    audit::<()>(&mut tx, now, who, "agreement.archived", ("agreement", id.0), (None, None)).await?;
    Ok(tx.commit().await?)
}

/// Restores an archived agreement, unless a source of its objectives is archived: nothing would be measured.
pub async fn restore(context: &Context, who: Option<UserId>, id: AgreementId) -> Result<(), OpsError> {
    let now = context.clock.now();
    let used: BTreeSet<SourceId> =
        load(&context.db, id).await?.objectives.iter().map(|(_, indicator, _)| indicator.source).collect();
    let sources = store::sources::list(&context.db, &context.sealer).await?;
    let archived = sources.iter().filter(|source| source.archived_at.is_some() && used.contains(&source.id));
    let names: Vec<String> = archived.map(|source| format!("“{}”", source.name)).collect();
    if !names.is_empty() {
        let names = names.join(", ");
        let sentence = format!("Its measurements come from {names}, which is archived. Restore the source first.");
        return Err(OpsError::refused("", sentence));
    }
    let mut tx = context.db.begin_write().await?;
    store::agreements::restore(&mut tx, id).await?;
    audit::<()>(&mut tx, now, who, "agreement.restored", ("agreement", id.0), (None, None)).await?;
    Ok(tx.commit().await?)
}

fn agreement_of(draft: &AgreementDraft, id: AgreementId, created_at: Instant) -> Agreement {
    Agreement {
        id,
        name: draft.name.clone(),
        customer: draft.customer.clone(),
        owner: draft.owner.clone(),
        zone: draft.zone,
        period: draft.period,
        report_every: draft.report_every,
        recipients: draft.recipients.clone(),
        terms: draft.terms.clone(),
        created_at,
        archived_at: None,
    }
}

fn name_is_taken(error: StoreError) -> OpsError {
    match error {
        StoreError::Conflict { .. } => {
            OpsError::refused("name", "Another agreement has this name; please choose a different one.")
        }
        other => other.into(),
    }
}

fn refuse_strangers(draft: &AgreementDraft, before: &DefinedAgreement, basis: &str) -> Result<(), OpsError> {
    let known: BTreeSet<ObjectiveId> = before.objectives.iter().map(|(objective, ..)| objective.id).collect();
    if !draft.objectives.iter().filter_map(|o| o.id).all(|id| known.contains(&id)) {
        let sentence = "Somebody removed an objective meanwhile that you are changing. Open the agreement again and \
                        repeat your change.";
        return Err(OpsError::refused("", sentence));
    }
    if before.fingerprint()? != basis {
        let sentence = "Somebody changed this agreement meanwhile. What you typed is kept and nothing was saved: look \
                        at the agreement in another window, then save again to put yours in its place.";
        return Err(OpsError::refused("", sentence));
    }
    Ok(())
}

/// Archives the objectives that are gone, and takes the others' old names away, so that two may swap theirs.
async fn make_room(
    tx: &mut Tx,
    draft: &AgreementDraft,
    before: &DefinedAgreement,
    now: Instant,
) -> Result<(), OpsError> {
    for (objective, ..) in &before.objectives {
        match draft.objectives.iter().find(|one| one.id == Some(objective.id)) {
            None => store::objectives::archive(tx, objective.id, now).await?,
            Some(one) if one.name != objective.name => {
                // a control character, which no form lets through
                let name = format!("\u{1}{}", objective.id);
                store::objectives::update(tx, &Objective { name, ..objective.clone() }).await?;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Services by lower-cased name, so that one that is named twice in a form is made once.
struct Services(BTreeMap<String, ServiceId>);

impl Services {
    async fn load(db: &Db) -> Result<Self, StoreError> {
        let all = store::services::list(db).await?;
        Ok(Self(all.into_iter().map(|s| (s.name.to_lowercase(), s.id)).collect()))
    }

    async fn find_or_insert(&mut self, tx: &mut Tx, name: &str, owner: &str) -> Result<ServiceId, StoreError> {
        if let Some(id) = self.0.get(&name.to_lowercase()) {
            return Ok(*id);
        }
        let service = Service { id: ServiceId(0), name: name.to_owned(), owner: owner.to_owned() };
        let id = store::services::insert(tx, &service).await?;
        self.0.insert(name.to_lowercase(), id);
        Ok(id)
    }
}

async fn write_objectives(
    tx: &mut Tx,
    context: &Context,
    agreement: AgreementId,
    draft: &AgreementDraft,
    mut services: Services,
    now: Instant,
) -> Result<Vec<ObjectiveId>, OpsError> {
    let known: BTreeSet<IndicatorId> =
        store::indicators::list(&context.db).await?.into_iter().map(|indicator| indicator.id).collect();
    let mut written: Vec<(String, ObjectiveId)> = Vec::new();
    // what a composite is made of comes first
    let (composites, singles): (Vec<_>, Vec<_>) = draft.objectives.iter().partition(|one| one.composite.is_some());
    for one in singles.into_iter().chain(composites) {
        let service = services.find_or_insert(tx, &one.service, &draft.owner).await?;
        let indicator = store::indicators::find_or_insert(tx, service, one.source, &one.query).await?;
        if !known.contains(&indicator) {
            let from = now.minute().plus(-context.settings.ledger.backfill_days * DAY_MINUTES);
            store::indicators::save_pull(tx, indicator, &first_pull(from)).await?;
            // its history is wanted now, not at the source's next turn
            store::source_states::make_due(tx, one.source, now).await?;
        }
        let objective = Objective {
            id: one.id.unwrap_or(ObjectiveId(0)),
            agreement,
            indicator,
            name: one.name.clone(),
            kind: one.kind,
            target: one.target,
            window: one.window,
            terms: ObjectiveTerms { composite: composite(one, &written)?, ..one.terms.clone() },
            archived_at: None,
        };
        let id = match one.id {
            Some(id) => store::objectives::update(tx, &objective).await.map(|()| id)?,
            None => store::objectives::insert(tx, &objective).await?,
        };
        written.push((one.name.clone(), id));
    }
    Ok(written.into_iter().map(|(_, id)| id).collect())
}

/// The composite that names mean, once its members are written.
fn composite(draft: &ObjectiveDraft, written: &[(String, ObjectiveId)]) -> Result<Option<Composite>, OpsError> {
    let Some(CompositeDraft { rule, members }) = &draft.composite else { return Ok(None) };
    let find = |(name, weight): &(String, u32)| {
        let found = written.iter().find(|(known, _)| known == name).map(|(_, id)| (*id, *weight));
        found.ok_or_else(|| {
            OpsError::refused(
                "",
                format!("“{}” names “{name}”, which is no single objective of this agreement.", draft.name),
            )
        })
    };
    let members = members.iter().map(find).collect::<Result<_, _>>()?;
    Composite::new(*rule, members).map(Some).map_err(|why| OpsError::refused("", why.to_string()))
}

/// The pull of an indicator that was never pulled: history begins at `from`.
fn first_pull(from: Minute) -> PullState {
    PullState { from, settled: None, reached: None, state: CounterState::default(), finished_backfill_at: None }
}

/// What the audit log keeps of an agreement.
#[derive(Serialize)]
struct Snapshot {
    name: String,
    customer: String,
    owner: String,
    zone: &'static str,
    period: &'static str,
    report_every: &'static str,
    recipients: Vec<String>,
    terms: String,
    objectives: Vec<ObjectiveSnapshot>,
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
    fn of(draft: &AgreementDraft) -> Result<Self, OpsError> {
        Ok(Self {
            name: draft.name.clone(),
            customer: draft.customer.clone(),
            owner: draft.owner.clone(),
            zone: draft.zone.name(),
            period: draft.period.word(),
            report_every: draft.report_every.word(),
            recipients: draft.recipients.iter().map(ToString::to_string).collect(),
            terms: store::agreements::terms_document(&draft.terms)?,
            objectives: draft.objectives.iter().map(ObjectiveSnapshot::of).collect::<Result<_, _>>()?,
        })
    }

    fn of_defined(defined: &DefinedAgreement) -> Result<Self, OpsError> {
        Self::of(&AgreementDraft {
            name: defined.agreement.name.clone(),
            customer: defined.agreement.customer.clone(),
            owner: defined.agreement.owner.clone(),
            zone: defined.agreement.zone,
            period: defined.agreement.period,
            report_every: defined.agreement.report_every,
            recipients: defined.agreement.recipients.clone(),
            terms: defined.agreement.terms.clone(),
            objectives: defined.objectives.iter().map(|one| ObjectiveDraft::of(defined, one)).collect(),
        })
    }
}

impl ObjectiveDraft {
    fn of(defined: &DefinedAgreement, (objective, indicator, service): &(Objective, Indicator, Service)) -> Self {
        let named =
            |composite: &Composite| CompositeDraft { rule: composite.rule(), members: defined.named(composite) };
        Self {
            id: Some(objective.id),
            name: objective.name.clone(),
            kind: objective.kind,
            service: service.name.clone(),
            source: indicator.source,
            query: indicator.query.clone(),
            target: objective.target,
            window: objective.window,
            composite: objective.terms.composite.as_ref().map(named),
            terms: ObjectiveTerms { composite: None, ..objective.terms.clone() },
        }
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
