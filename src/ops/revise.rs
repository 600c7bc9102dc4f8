//! Revisions of an agreement: from when on a change holds, and how a waiting one is withdrawn.

use crate::domain::calendar::start_of_day;
use crate::domain::ids::{AgreementId, RevisionId, UserId};
use crate::domain::model::{Agreement, Objective};
use crate::domain::retention::KeepYears;
use crate::domain::time::{DAY_MINUTES, Instant, Minute};
use crate::domain::wording;
use crate::language::say;
use crate::language::{self, Language};
use crate::ops::{Context, OpsError, audit};
use crate::store::revisions::Revision;
use crate::store::{self, Tx};
use chrono::NaiveDate;
use serde::Serialize;

/// How far ahead a change may be planned.
const AHEAD_DAYS_MAX: i64 = 3 * 366;

/// The form field for the day on which a change takes effect.
pub const EFFECTIVE: &str = "effective";

/// What a person says about a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taking {
    /// The day from whose beginning on it holds, in the agreement's zone; nothing for the usual one.
    pub effective: Option<NaiveDate>,
    /// What changed and why; may be empty.
    pub note: String,
    /// So many years are meant for keeping reports, although some of them are removed then.
    pub meant: Option<KeepYears>,
}

/// The day from which on a change usually holds: the first of the running period, so that a correction counts at once,
/// but not before the last change.
#[must_use]
pub fn usual_day(agreement: &Agreement, history: &[Revision], now: Instant) -> NaiveDate {
    let first = agreement.calendar().period_at(now).first_day();
    let is_applied = |revision: &&Revision| revision.applied_at.is_some() && revision.effective > Minute(0);
    let last = history.iter().find(is_applied).map(|one| one.effective.start().to_utc());
    last.map_or(first, |last| first.max(last.with_timezone(&agreement.zone).date_naive()))
}

/// From which minute on a change holds.
pub(super) fn effective(
    taking: &Taking,
    agreement: &Agreement,
    history: &[Revision],
    now: Instant,
) -> Result<Minute, OpsError> {
    let day = taking.effective.unwrap_or_else(|| usual_day(agreement, history, now));
    let minute = start_of_day(day, agreement.zone).minute();
    if minute > now.minute().plus(AHEAD_DAYS_MAX * DAY_MINUTES) {
        return Err(OpsError::refused(
            EFFECTIVE,
            say!("A change can be planned for at most three years; write a nearer day."),
        ));
    }
    if minute <= Minute(0) {
        return Err(OpsError::refused(EFFECTIVE, say!("No measurement is that old; write a day after 1970.")));
    }
    Ok(minute)
}

/// Refuses another change while one waits for its moment.
pub(super) fn refuse_pending(history: &[Revision], agreement: &Agreement) -> Result<(), OpsError> {
    let Some(pending) = history.iter().find(|one| one.applied_at.is_none()) else { return Ok(()) };
    let sentence = say!(
        "A change is already waiting to take effect on {day}. Withdraw it on the page “Revisions” first, then save again.",
        wording::day(pending.effective.start(), agreement.zone)
    );
    Err(OpsError::refused("", sentence))
}

/// What a new revision says beside the agreement itself.
pub(super) struct Making {
    /// The one who made it.
    pub who: Option<UserId>,
    /// From when on it holds.
    pub effective: Minute,
    /// What changed and why.
    pub note: String,
    /// When it was decided.
    pub at: Instant,
    /// When the agreement became this.
    pub applied_at: Option<Instant>,
}

/// Keeps a revision.
pub(super) async fn keep(
    tx: &mut Tx,
    number: i64,
    making: Making,
    agreement: &Agreement,
    objectives: &[Objective],
) -> Result<(), OpsError> {
    let revision = Revision {
        id: RevisionId(0),
        number,
        effective: making.effective,
        made_at: making.at,
        made_by: making.who,
        made_by_name: None,
        note: making.note,
        applied_at: making.applied_at,
        agreement: agreement.clone(),
        objectives: objectives.to_vec(),
    };
    store::revisions::insert(tx, &revision).await?;
    Ok(())
}

/// What the audit log keeps of a revision whose content it has already.
#[derive(Serialize)]
pub(super) struct Told {
    name: String,
    revision: i64,
    effective: String,
    note: String,
}

impl Told {
    /// About a revision.
    pub fn of(revision: &Revision) -> Self {
        Self {
            name: revision.agreement.name.clone(),
            revision: revision.number,
            effective: language::sync_scope(Language::English, || {
                wording::day(revision.effective.start(), revision.agreement.zone)
            }),
            note: revision.note.clone(),
        }
    }
}

/// Withdraws the revision that waits for its moment; what was agreed before goes on.
pub async fn withdraw(context: &Context, who: Option<UserId>, id: AgreementId, number: i64) -> Result<(), OpsError> {
    let gone = || OpsError::refused("", say!("This revision no longer waits: it has taken effect, or was withdrawn."));
    let pending = store::revisions::pending(&context.db, id).await?;
    let pending = pending.filter(|one| one.number == number).ok_or_else(gone)?;
    let mut tx = context.db.begin_write().await?;
    if !store::revisions::withdraw(&mut tx, pending.id).await? {
        return Err(gone());
    }
    let now = context.clock.now();
    let was = Told::of(&pending);
    audit(&mut tx, now, who, "revision.withdrew", ("agreement", id.0), (Some(&was), None)).await?;
    Ok(tx.commit().await?)
}
