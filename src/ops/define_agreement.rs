//! Defines an agreement with its objectives, or changes one.

mod snapshot;

use self::snapshot::Snapshot;
use crate::domain::calendar::PeriodKind;
use crate::domain::contract::{AgreementTerms, Composite, ObjectiveTerms, Rule};
use crate::domain::counting::CounterState;
use crate::domain::ids::{AgreementId, IndicatorId, ObjectiveId, ServiceId, SourceId, UserId};
use crate::domain::model::{Agreement, EmailAddress, Indicator, Objective, ObjectiveKind, Query, Service, Window};
use crate::domain::report_schedule::ScheduleDraft;
use crate::domain::target::Target;
use crate::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use crate::domain::wording::counted;
use crate::language::say;
use crate::ops::retire_reports::would_go;
use crate::ops::revise::{self, Making, Taking};
use crate::ops::{Context, OpsError, audit, define_schedule};
use crate::store::indicators::PullState;
use crate::store::rechecks::Cause;
use crate::store::{self, Db, StoreError, Tx};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono_tz::Tz;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The form field for how many years reports are kept.
pub const KEEP_YEARS: &str = "keep-years";

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
    /// Which periods are closed by a report of their own.
    pub report_every: PeriodKind,
    /// Who receives each report as soon as it is final: makes the schedule of a new agreement. One that exists has schedules
    /// of its own, and this changes nothing.
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
    let objectives = write_objectives(&mut tx, context, id, &draft, services, now).await?;
    let defined = DefinedAgreement { agreement: Agreement { id, ..agreement }, objectives: Vec::new() };
    put_in_place(&mut tx, &defined, &objectives, now).await?;
    let making = Making { who, effective: Minute(0), note: String::new(), at: now, applied_at: Some(now) };
    revise::keep(&mut tx, 1, making, &defined.agreement, &objectives).await?;
    if !draft.recipients.is_empty() {
        let usual = ScheduleDraft::usual(&defined.agreement, draft.recipients.clone());
        define_schedule::insert(&mut tx, context, who, &usual).await?;
    }
    let after = Snapshot::of(&draft)?;
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
    refuse_removal(context, &before.agreement, &agreement, &taking, effective.start().max(now)).await?;
    let objectives = write_objectives(&mut tx, context, id, &draft, services, now).await?;
    let (was, mut is) = (Snapshot::of_defined(&before)?, Snapshot::of(&draft)?);
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
        store::rechecks::touch(&mut tx, Cause::Terms(id), Span::new(effective, now.minute())).await?;
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
        let sentence = say!("Its measurements come from {names}, which is archived. Restore the source first.", names);
        return Err(OpsError::refused("", sentence));
    }
    let mut tx = context.db.begin_write().await?;
    store::agreements::restore(&mut tx, id).await?;
    audit::<()>(&mut tx, now, who, "agreement.restored", ("agreement", id.0), (None, None)).await?;
    Ok(tx.commit().await?)
}

/// The agreement that a draft describes.
pub(super) fn agreement_of(draft: &AgreementDraft, id: AgreementId, created_at: Instant) -> Agreement {
    Agreement {
        id,
        name: draft.name.clone(),
        customer: draft.customer.clone(),
        owner: draft.owner.clone(),
        zone: draft.zone,
        period: draft.period,
        report_every: draft.report_every,
        terms: draft.terms.clone(),
        created_at,
        archived_at: None,
    }
}

fn name_is_taken(error: StoreError) -> OpsError {
    match error {
        StoreError::Conflict { .. } => {
            OpsError::refused("name", say!("Another agreement has this name; please choose a different one."))
        }
        other => other.into(),
    }
}

fn refuse_strangers(draft: &AgreementDraft, before: &DefinedAgreement, basis: &str) -> Result<(), OpsError> {
    let known: BTreeSet<ObjectiveId> = before.objectives.iter().map(|(objective, ..)| objective.id).collect();
    if !draft.objectives.iter().filter_map(|o| o.id).all(|id| known.contains(&id)) {
        let sentence = say!(
            "Somebody removed an objective meanwhile that you are changing. Open the agreement again and \
                        repeat your change."
        );
        return Err(OpsError::refused("", sentence));
    }
    if before.fingerprint()? != basis {
        let sentence = say!(
            "Somebody changed this agreement meanwhile. What you typed is kept and nothing was saved: look \
                        at the agreement in another window, then save again to put yours in its place."
        );
        return Err(OpsError::refused("", sentence));
    }
    Ok(())
}

/// Refuses a shorter time for reports that would remove some, unless the person has read how many and means it.
async fn refuse_removal(
    context: &Context,
    before: &Agreement,
    after: &Agreement,
    taking: &Taking,
    at: Instant,
) -> Result<(), OpsError> {
    let Some(keep) = after.terms.keep_years.filter(|keep| taking.meant != Some(*keep)) else { return Ok(()) };
    if before.terms.keep_years.is_some_and(|before| before <= keep) {
        return Ok(());
    }
    let count = would_go(context, after, keep, at).await?;
    if count == 0 {
        return Ok(());
    }
    let reports = counted(i64::try_from(count).unwrap_or(i64::MAX), "report", "reports");
    Err(OpsError::refused(
        KEEP_YEARS,
        say!(
            "If reports are kept no longer than this, {reports} will be removed within the next hour, and nothing brings them back. Tick the box below if that is meant.",
            reports
        ),
    ))
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
    // a companion was counted from the answers of another and has no place of its own yet
    let progress = store::indicators::list_progress(&context.db).await?;
    let known: BTreeSet<IndicatorId> = progress.into_iter().map(|one| one.indicator).collect();
    let mut written: Vec<Objective> = Vec::new();
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

/// The composite that names mean, once its members are written.
fn composite(draft: &ObjectiveDraft, written: &[Objective]) -> Result<Option<Composite>, OpsError> {
    let Some(CompositeDraft { rule, members }) = &draft.composite else { return Ok(None) };
    let find = |(name, weight): &(String, u32)| {
        let found = written.iter().find(|one| one.name == *name).map(|one| (one.id, *weight));
        found.ok_or_else(|| {
            OpsError::refused(
                "",
                say!("“{composite}” names “{name}”, which is no single objective of this agreement.", draft.name, name),
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
