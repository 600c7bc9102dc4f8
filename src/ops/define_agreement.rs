//! Defines an agreement with its objectives, or changes one.

use crate::domain::calendar::PeriodKind;
use crate::domain::counting::CounterState;
use crate::domain::ids::{AgreementId, IndicatorId, ObjectiveId, ServiceId, SourceId, UserId};
use crate::domain::model::{Agreement, EmailAddress, Indicator, Objective, ObjectiveKind, Query, Service, Window};
use crate::domain::target::Target;
use crate::domain::time::{DAY_MINUTES, Instant, Minute};
use crate::ops::{Context, OpsError, audit};
use crate::store::indicators::PullState;
use crate::store::{self, Db, StoreError, Tx};
use chrono_tz::Tz;
use serde::Serialize;
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
}

/// An agreement with its live objectives, what each measures, and whose behaviour that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinedAgreement {
    /// The agreement.
    pub agreement: Agreement,
    /// Its objectives that are not archived.
    pub objectives: Vec<(Objective, Indicator, Service)>,
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
    let after = Snapshot::of(&draft);
    audit(&mut tx, now, who, "agreement.defined", ("agreement", id.0), (None, Some(&after))).await?;
    tx.commit().await?;
    tracing::info!(agreement.id = id.0, objectives = written.len(), "agreement defined");
    Ok(id)
}

/// Changes an agreement: objectives that the draft no longer names are archived, the others keep their identity.
pub async fn change(
    context: &Context,
    who: Option<UserId>,
    id: AgreementId,
    draft: AgreementDraft,
) -> Result<(), OpsError> {
    let now = context.clock.now();
    let before = load(&context.db, id).await?;
    let services = Services::load(&context.db).await?;
    refuse_strangers(&draft, &before)?;
    let mut tx = context.db.begin_write().await?;
    let agreement = Agreement {
        archived_at: before.agreement.archived_at,
        ..agreement_of(&draft, id, before.agreement.created_at)
    };
    store::agreements::update(&mut tx, &agreement).await.map_err(name_is_taken)?;
    let kept: BTreeSet<ObjectiveId> = draft.objectives.iter().filter_map(|o| o.id).collect();
    for (objective, ..) in before.objectives.iter().filter(|(objective, ..)| !kept.contains(&objective.id)) {
        store::objectives::archive(&mut tx, objective.id, now).await?;
    }
    write_objectives(&mut tx, context, id, &draft, services, now).await?;
    let (was, is) = (Snapshot::of_defined(&before), Snapshot::of(&draft));
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

/// Restores an archived agreement.
pub async fn restore(context: &Context, who: Option<UserId>, id: AgreementId) -> Result<(), OpsError> {
    let now = context.clock.now();
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

fn refuse_strangers(draft: &AgreementDraft, before: &DefinedAgreement) -> Result<(), OpsError> {
    let known: BTreeSet<ObjectiveId> = before.objectives.iter().map(|(objective, ..)| objective.id).collect();
    if draft.objectives.iter().filter_map(|o| o.id).all(|id| known.contains(&id)) {
        return Ok(());
    }
    Err(OpsError::refused("", "Somebody changed this agreement meanwhile. Open it again and repeat your change."))
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
    let mut written = Vec::new();
    for one in &draft.objectives {
        let service = services.find_or_insert(tx, &one.service, &draft.owner).await?;
        let indicator = store::indicators::find_or_insert(tx, service, one.source, &one.query).await?;
        if !known.contains(&indicator) {
            let from = now.minute().plus(-context.settings.ledger.backfill_days * DAY_MINUTES);
            store::indicators::save_pull(tx, indicator, &first_pull(from)).await?;
        }
        let objective = Objective {
            id: one.id.unwrap_or(ObjectiveId(0)),
            agreement,
            indicator,
            name: one.name.clone(),
            kind: one.kind,
            target: one.target,
            window: one.window,
            archived_at: None,
        };
        written.push(match one.id {
            Some(id) => store::objectives::update(tx, &objective).await.map(|()| id)?,
            None => store::objectives::insert(tx, &objective).await?,
        });
    }
    Ok(written)
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
}

impl Snapshot {
    fn of(draft: &AgreementDraft) -> Self {
        Self {
            name: draft.name.clone(),
            customer: draft.customer.clone(),
            owner: draft.owner.clone(),
            zone: draft.zone.name(),
            period: draft.period.word(),
            report_every: draft.report_every.word(),
            recipients: draft.recipients.iter().map(ToString::to_string).collect(),
            objectives: draft.objectives.iter().map(ObjectiveSnapshot::of).collect(),
        }
    }

    fn of_defined(defined: &DefinedAgreement) -> Self {
        Self::of(&AgreementDraft {
            name: defined.agreement.name.clone(),
            customer: defined.agreement.customer.clone(),
            owner: defined.agreement.owner.clone(),
            zone: defined.agreement.zone,
            period: defined.agreement.period,
            report_every: defined.agreement.report_every,
            recipients: defined.agreement.recipients.clone(),
            objectives: defined.objectives.iter().map(|(o, i, s)| ObjectiveDraft::of(o, i, s)).collect(),
        })
    }
}

impl ObjectiveDraft {
    fn of(objective: &Objective, indicator: &Indicator, service: &Service) -> Self {
        Self {
            id: Some(objective.id),
            name: objective.name.clone(),
            kind: objective.kind,
            service: service.name.clone(),
            source: indicator.source,
            query: indicator.query.clone(),
            target: objective.target,
            window: objective.window,
        }
    }
}

impl ObjectiveSnapshot {
    fn of(draft: &ObjectiveDraft) -> Self {
        Self {
            name: draft.name.clone(),
            kind: draft.kind.word(),
            service: draft.service.clone(),
            source: draft.source.0,
            query: draft.query.to_string(),
            target_percent: draft.target.to_string(),
            window: draft.window.to_string(),
        }
    }
}
