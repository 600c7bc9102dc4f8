//! Defines an agreement with its objectives, or changes one.

use crate::domain::calendar::PeriodKind;
use crate::domain::contract::{AgreementTerms, ObjectiveTerms};
use crate::domain::counting::CounterState;
use crate::domain::ids::{AgreementId, IndicatorId, ObjectiveId, ServiceId, SourceId, UserId};
use crate::domain::model::{Agreement, EmailAddress, Indicator, Objective, ObjectiveKind, Query, Service, Window};
use crate::domain::target::Target;
use crate::domain::time::{DAY_MINUTES, Instant, Minute};
use crate::domain::wording;
use crate::ops::revise::{self, Making, Taking};
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
    /// What else is promised.
    pub terms: ObjectiveTerms,
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
    /// Does it say exactly this?
    fn is(&self, agreement: &Agreement, objectives: &[Objective]) -> bool {
        let mut own: Vec<&Objective> = self.objectives.iter().map(|(objective, ..)| objective).collect();
        own.sort_by_key(|objective| objective.id);
        let mut others: Vec<&Objective> = objectives.iter().collect();
        others.sort_by_key(|objective| objective.id);
        own == others && Agreement { archived_at: None, ..self.agreement.clone() } == *agreement
    }

    /// A short text that is another as soon as anything that a form shows has changed.
    pub fn fingerprint(&self) -> Result<String, OpsError> {
        let ids: Vec<i64> = self.objectives.iter().map(|(objective, ..)| objective.id.0).collect();
        let text = serde_json::to_string(&(Snapshot::of_defined(self), ids))?;
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
    let objectives = write_objectives(&mut tx, context, id, &draft, services, now).await?;
    let defined = DefinedAgreement { agreement: Agreement { id, ..agreement }, objectives: Vec::new() };
    put_in_place(&mut tx, &defined, &objectives, now).await?;
    let making = Making { who, effective: Minute(0), note: String::new(), at: now, applied_at: Some(now) };
    revise::keep(&mut tx, 1, making, &defined.agreement, &objectives).await?;
    let after = Snapshot::of(&draft);
    audit(&mut tx, now, who, "agreement.defined", ("agreement", id.0), (None, Some(&after))).await?;
    tx.commit().await?;
    tracing::info!(agreement.id = id.0, objectives = objectives.len(), "agreement defined");
    Ok(id)
}

/// Changes an agreement: objectives that the draft no longer names are archived, the others keep their identity.
///
/// What takes effect later is kept as a revision that waits for its moment, which is the answer; nothing else changes
/// until then. `basis` is the [`DefinedAgreement::fingerprint`] of what the person saw; if it has been changed since, nothing is
/// saved, so that nobody undoes another's change unseen.
pub async fn change(
    context: &Context,
    who: Option<UserId>,
    id: AgreementId,
    draft: AgreementDraft,
    basis: &str,
    taking: Taking,
) -> Result<Option<Minute>, OpsError> {
    let now = context.clock.now();
    let agreement = agreement_of(&draft, id, load(&context.db, id).await?.agreement.created_at);
    let services = Services::load(&context.db).await?;
    let mut tx = context.db.begin_write().await?;
    // the row is ours from here on, so what is read now is what is replaced
    store::agreements::update(&mut tx, &agreement).await.map_err(name_is_taken)?;
    let before = load(&context.db, id).await?;
    let history = store::revisions::list(&context.db, id).await?;
    refuse_strangers(&draft, &before, basis)?;
    revise::refuse_pending(&history, &agreement)?;
    let effective = revise::effective(&taking, &agreement, &history, now)?;
    let objectives = write_objectives(&mut tx, context, id, &draft, services, now).await?;
    let (was, mut is) = (Snapshot::of_defined(&before), Snapshot::of(&draft));
    let number = history.first().map_or(1, |last| last.number);
    let making = |applied_at| Making { who, effective, note: taking.note.clone(), at: now, applied_at };
    if history.is_empty() {
        keep_first(&mut tx, &before).await?;
    }
    if effective > now.minute() {
        store::agreements::update(&mut tx, &before.agreement).await?;
        revise::keep(&mut tx, number + 1, making(None), &agreement, &objectives).await?;
        is.say(&taking, effective, agreement.zone);
        audit(&mut tx, now, who, "revision.planned", ("agreement", id.0), (Some(&was), Some(&is))).await?;
        tx.commit().await?;
        tracing::info!(agreement.id = id.0, revision = number + 1, "revision planned");
        return Ok(Some(effective));
    }
    put_in_place(&mut tx, &before, &objectives, now).await?;
    // the same again is no revision, unless it is to hold from earlier on
    if !before.is(&agreement, &objectives) || history.first().is_some_and(|last| effective < last.effective) {
        revise::keep(&mut tx, number + 1, making(Some(now)), &agreement, &objectives).await?;
        is.say(&taking, effective, agreement.zone);
    }
    audit(&mut tx, now, who, "agreement.changed", ("agreement", id.0), (Some(&was), Some(&is))).await?;
    tx.commit().await?;
    Ok(None)
}

/// An agreement from before revisions were kept: its terms so far are the first.
async fn keep_first(tx: &mut Tx, before: &DefinedAgreement) -> Result<(), OpsError> {
    let at = before.agreement.created_at;
    let making = Making { who: None, effective: Minute(0), note: String::new(), at, applied_at: Some(at) };
    let objectives: Vec<Objective> = before.objectives.iter().map(|(objective, ..)| objective.clone()).collect();
    revise::keep(tx, 1, making, &before.agreement, &objectives).await
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

/// Makes these the live objectives of an agreement; those of before that are not among them are archived.
pub(super) async fn put_in_place(
    tx: &mut Tx,
    before: &DefinedAgreement,
    objectives: &[Objective],
    now: Instant,
) -> Result<(), OpsError> {
    make_room(tx, before, objectives, now).await?;
    for objective in objectives {
        store::objectives::update(tx, objective).await?;
        store::objectives::restore(tx, objective.id).await?;
    }
    Ok(())
}

/// Archives the objectives that are gone, and takes the others' old names away, so that two may swap theirs.
async fn make_room(
    tx: &mut Tx,
    before: &DefinedAgreement,
    objectives: &[Objective],
    now: Instant,
) -> Result<(), OpsError> {
    for (objective, ..) in &before.objectives {
        match objectives.iter().find(|one| one.id == objective.id) {
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

/// What the draft's objectives are to be. New ones are kept already, but archived until [`put_in_place`], so that what they
/// measure is read from now on.
async fn write_objectives(
    tx: &mut Tx,
    context: &Context,
    agreement: AgreementId,
    draft: &AgreementDraft,
    mut services: Services,
    now: Instant,
) -> Result<Vec<Objective>, OpsError> {
    let known: BTreeSet<IndicatorId> =
        store::indicators::list(&context.db).await?.into_iter().map(|indicator| indicator.id).collect();
    let mut written = Vec::new();
    for one in &draft.objectives {
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
            terms: one.terms.clone(),
            archived_at: None,
        };
        let id = if let Some(id) = one.id {
            id
        } else {
            let waiting = Objective { archived_at: Some(now), ..objective.clone() };
            store::objectives::insert(tx, &waiting).await?
        };
        written.push(Objective { id, ..objective });
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
            takes_effect: None,
            note: None,
        }
    }

    /// Adds from when on it holds, and why.
    fn say(&mut self, taking: &Taking, effective: Minute, zone: Tz) {
        self.takes_effect = Some(wording::day(effective.start(), zone));
        self.note = Some(taking.note.clone()).filter(|note| !note.is_empty());
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
            terms: defined.agreement.terms.clone(),
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
            terms: objective.terms.clone(),
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
