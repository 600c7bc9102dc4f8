//! Defines when reports are mailed and to whom: a schedule is made, changed, paused, resumed, archived.

use crate::domain::ids::{ScheduleId, UserId};
use crate::domain::model::{Agreement, EmailAddress};
use crate::domain::report_schedule::{ReportSchedule, ScheduleDraft, Scope};
use crate::language::Language;
use crate::language::say;
use crate::ops::{Context, OpsError, audit};
use crate::store::{self, Db, Tx};
use serde::Serialize;

/// What the audit log keeps of a schedule.
#[derive(Serialize)]
struct Snapshot {
    name: String,
    about: String,
    covers: &'static str,
    when: String,
    zone: &'static str,
    recipients: Vec<String>,
    reply_to: String,
    subject_prefix: String,
    only: &'static str,
    attached: String,
    language: &'static str,
}

impl Snapshot {
    fn of(draft: &ScheduleDraft) -> Self {
        Self {
            name: draft.name.clone(),
            about: match &draft.scope {
                Scope::Agreement(id) => format!("agreement {id}"),
                Scope::Customer(name) => format!("customer {name}"),
                Scope::House => "all agreements".to_owned(),
            },
            covers: draft.covers.map_or("as the agreement reports", crate::domain::calendar::PeriodKind::word),
            when: draft.rhythm.when.to_string(),
            zone: draft.rhythm.zone.name(),
            recipients: draft.recipients.iter().map(EmailAddress::to_string).collect(),
            reply_to: draft.reply_to.as_ref().map(EmailAddress::to_string).unwrap_or_default(),
            subject_prefix: draft.prefix.clone(),
            only: draft.only.word(),
            attached: draft.attached.words(),
            language: draft.language.map_or("as the agreement says", Language::word),
        }
    }
}

/// The live schedules whose recipients are those of an agreement: its own, and those of its customer.
pub async fn standing(db: &Db, agreement: &Agreement) -> Result<Vec<ReportSchedule>, OpsError> {
    let mut all = store::schedules::list(db).await?;
    all.retain(|one| one.is_live() && one.draft.scope != Scope::House && one.draft.scope.holds(agreement));
    all.sort_by_key(|one| (!matches!(one.draft.scope, Scope::Agreement(_)), one.id));
    Ok(all)
}

/// The addresses that an agreement's reports go to when they are sent by hand, each once.
pub async fn receivers(db: &Db, agreement: &Agreement) -> Result<Vec<String>, OpsError> {
    let mut addresses: Vec<String> = Vec::new();
    for schedule in standing(db, agreement).await? {
        for recipient in schedule.draft.recipients {
            let text = recipient.to_string();
            if !addresses.contains(&text) {
                addresses.push(text);
            }
        }
    }
    Ok(addresses)
}

/// The schedule with this identity, unless it is archived.
pub async fn find(db: &Db, id: ScheduleId) -> Result<ReportSchedule, OpsError> {
    let found = store::schedules::find(db, id).await?.filter(|one| one.archived_at.is_none());
    found.ok_or(OpsError::NotFound("schedule"))
}

/// Makes a schedule; the first period that it mails is one that is due from now on.
pub async fn define(context: &Context, who: Option<UserId>, draft: &ScheduleDraft) -> Result<ScheduleId, OpsError> {
    refuse_strangers(&context.db, draft).await?;
    let mut tx = context.db.begin_write().await?;
    let id = insert(&mut tx, context, who, draft).await?;
    tx.commit().await?;
    Ok(id)
}

/// Makes a schedule in the transaction of what it is about.
pub(super) async fn insert(
    tx: &mut Tx,
    context: &Context,
    who: Option<UserId>,
    draft: &ScheduleDraft,
) -> Result<ScheduleId, OpsError> {
    let now = context.clock.now();
    let id = store::schedules::insert(tx, draft, now).await?;
    let after = Snapshot::of(draft);
    audit(tx, now, who, "schedule.defined", ("schedule", id.0), (None, Some(&after))).await?;
    Ok(id)
}

/// Changes a schedule. What was due by the old one is booked first and mailed to the new recipients; what is due from now
/// on goes by the new one.
pub async fn change(
    context: &Context,
    who: Option<UserId>,
    id: ScheduleId,
    draft: &ScheduleDraft,
) -> Result<(), OpsError> {
    let now = context.clock.now();
    refuse_strangers(&context.db, draft).await?;
    let before = find(&context.db, id).await?;
    let mut tx = context.db.begin_write().await?;
    if before.is_live() {
        book(&mut tx, context, &before).await?;
    }
    store::schedules::update(&mut tx, id, draft).await?;
    let (was, is) = (Snapshot::of(&before.draft), Snapshot::of(draft));
    audit(&mut tx, now, who, "schedule.changed", ("schedule", id.0), (Some(&was), Some(&is))).await?;
    Ok(tx.commit().await?)
}

/// Pauses a schedule: what becomes due meanwhile is not mailed, now or later.
pub async fn pause(context: &Context, who: Option<UserId>, id: ScheduleId) -> Result<(), OpsError> {
    let now = context.clock.now();
    let before = find(&context.db, id).await?;
    let mut tx = context.db.begin_write().await?;
    if before.is_live() {
        book(&mut tx, context, &before).await?;
    }
    store::schedules::pause(&mut tx, id, Some(now)).await?;
    audit::<()>(&mut tx, now, who, "schedule.paused", ("schedule", id.0), (None, None)).await?;
    Ok(tx.commit().await?)
}

/// Resumes a paused schedule from now on.
pub async fn resume(context: &Context, who: Option<UserId>, id: ScheduleId) -> Result<(), OpsError> {
    let now = context.clock.now();
    let before = find(&context.db, id).await?;
    let mut tx = context.db.begin_write().await?;
    if !store::schedules::move_booking(&mut tx, id, before.booked_until, now).await? {
        return Err(meanwhile());
    }
    store::schedules::pause(&mut tx, id, None).await?;
    audit::<()>(&mut tx, now, who, "schedule.resumed", ("schedule", id.0), (None, None)).await?;
    Ok(tx.commit().await?)
}

/// Archives a schedule for good.
pub async fn archive(context: &Context, who: Option<UserId>, id: ScheduleId) -> Result<(), OpsError> {
    let now = context.clock.now();
    let mut tx = context.db.begin_write().await?;
    store::schedules::archive(&mut tx, id, now).await?;
    audit::<()>(&mut tx, now, who, "schedule.archived", ("schedule", id.0), (None, None)).await?;
    Ok(tx.commit().await?)
}

/// Books what is due by a schedule as it stands before a change.
async fn book(tx: &mut Tx, context: &Context, before: &ReportSchedule) -> Result<(), OpsError> {
    let now = context.clock.now();
    let agreements = store::agreements::list(&context.db).await?;
    if !store::schedules::move_booking(tx, before.id, before.booked_until, now).await? {
        return Err(meanwhile());
    }
    for (period, at) in before.due(&agreements, now) {
        store::schedules::book(tx, before.id, &period.label(), at).await?;
    }
    Ok(())
}

fn meanwhile() -> OpsError {
    let sentence = say!("This schedule was changed, or became due, at this very moment; please save once more.");
    OpsError::refused("", sentence)
}

async fn refuse_strangers(db: &Db, draft: &ScheduleDraft) -> Result<(), OpsError> {
    let agreements = store::agreements::list(db).await?;
    let is_known = match &draft.scope {
        Scope::House => true,
        Scope::Agreement(id) => agreements.iter().any(|one| one.id == *id && one.archived_at.is_none()),
        Scope::Customer(name) => agreements.iter().any(|one| one.customer == *name && one.archived_at.is_none()),
    };
    if is_known {
        return Ok(());
    }
    Err(OpsError::refused("scope", say!("This agreement or customer is not there any more; choose another.")))
}
