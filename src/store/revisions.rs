//! What was agreed, and from when on: each revision keeps the whole agreement with its objectives as one document.
//!
//! Whether something is archived is no part of what was agreed: the values that come back are not archived.

use crate::domain::ids::{AgreementId, RevisionId, UserId};
use crate::domain::model::{Agreement, Objective};
use crate::domain::time::{Instant, Minute};
use crate::store::agreements::AgreementRow;
use crate::store::objectives::{ObjectiveRow, window_minutes};
use crate::store::{Db, StoreError, Tx, all, documents};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The columns of a revision, before its WHERE.
macro_rules! revision {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.agreement, r.number, r.effective_minute, r.made_at, r.made_by, u.name AS made_by_name, ",
            "r.note, r.applied_at, r.document FROM revisions r LEFT JOIN users u ON u.id = r.made_by ",
            $rest
        )
    };
}

statements! {
    INSERT = "INSERT INTO revisions (agreement, number, effective_minute, made_at, made_by, note, applied_at, document)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    LIST = revision!("WHERE r.agreement = $1 ORDER BY r.number DESC");
    IN_FORCE = revision!(
        "WHERE r.agreement = $1 ORDER BY CASE WHEN r.effective_minute <= $2 THEN r.number ELSE -r.number END DESC LIMIT 1"
    );
    PENDING = revision!("WHERE r.agreement = $1 AND r.applied_at IS NULL ORDER BY r.number LIMIT 1");
    DUE = revision!("WHERE r.applied_at IS NULL AND r.effective_minute <= $1 ORDER BY r.effective_minute, r.id");
    MARK_APPLIED = "UPDATE revisions SET applied_at = $2 WHERE id = $1 AND applied_at IS NULL";
    WITHDRAW = "DELETE FROM revisions WHERE id = $1 AND applied_at IS NULL";
}

/// What was agreed from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Identity; ignored by [`insert`].
    pub id: RevisionId,
    /// 1, then one more with each change of the agreement.
    pub number: i64,
    /// From when on it holds; the first from the beginning of time.
    pub effective: Minute,
    /// When it was decided.
    pub made_at: Instant,
    /// By whom; `None` for Nines itself.
    pub made_by: Option<UserId>,
    /// How that person is called now; ignored by [`insert`].
    pub made_by_name: Option<String>,
    /// What changed and why, in that person's words; may be empty.
    pub note: String,
    /// When the agreement became this; `None` while that lies ahead.
    pub applied_at: Option<Instant>,
    /// The contract.
    pub agreement: Agreement,
    /// Its promises.
    pub objectives: Vec<Objective>,
}

#[derive(sqlx_macros::FromRow)]
struct RevisionRow {
    id: i64,
    agreement: i64,
    number: i64,
    effective_minute: i64,
    made_at: i64,
    made_by: Option<i64>,
    made_by_name: Option<String>,
    note: String,
    applied_at: Option<i64>,
    document: String,
}

impl TryFrom<RevisionRow> for Revision {
    type Error = StoreError;

    fn try_from(row: RevisionRow) -> Result<Self, StoreError> {
        let corrupt = |why: String| StoreError::corrupt("revisions", row.id, why);
        let (agreement, objectives) = values(AgreementId(row.agreement), &row.document).map_err(corrupt)?;
        Ok(Self {
            id: RevisionId(row.id),
            number: row.number,
            effective: Minute(row.effective_minute),
            made_at: Instant::from_seconds(row.made_at),
            made_by: row.made_by.map(UserId),
            made_by_name: row.made_by_name,
            note: row.note,
            applied_at: row.applied_at.map(Instant::from_seconds),
            agreement,
            objectives,
        })
    }
}

/// An agreement with its objectives as they are stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    name: String,
    customer: String,
    owner: String,
    zone: String,
    period: String,
    report_every: String,
    /// Who received the reports, in revisions from before there were schedules.
    #[serde(default, skip_serializing, rename = "recipients")]
    _recipients: Option<Vec<String>>,
    terms: Value,
    created_at: i64,
    objectives: Vec<ObjectiveDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectiveDocument {
    id: i64,
    indicator: i64,
    name: String,
    kind: String,
    target_ppm: i64,
    window_minutes: Option<i64>,
    terms: Value,
}

fn text(agreement: &Agreement, objectives: &[Objective]) -> Result<String, serde_json::Error> {
    let objective = |one: &Objective| -> Result<ObjectiveDocument, serde_json::Error> {
        Ok(ObjectiveDocument {
            id: one.id.0,
            indicator: one.indicator.0,
            name: one.name.clone(),
            kind: one.kind.word().to_owned(),
            target_ppm: one.target.ppm(),
            window_minutes: window_minutes(one.window),
            terms: serde_json::from_str(&documents::objective_text(&one.terms)?)?,
        })
    };
    serde_json::to_string(&Document {
        name: agreement.name.clone(),
        customer: agreement.customer.clone(),
        owner: agreement.owner.clone(),
        zone: agreement.zone.name().to_owned(),
        period: agreement.period.word().to_owned(),
        report_every: agreement.report_every.word().to_owned(),
        _recipients: None,
        terms: serde_json::from_str(&documents::agreement_text(&agreement.terms)?)?,
        created_at: agreement.created_at.seconds(),
        objectives: objectives.iter().map(objective).collect::<Result<_, _>>()?,
    })
}

fn values(id: AgreementId, document: &str) -> Result<(Agreement, Vec<Objective>), String> {
    let said = |why: serde_json::Error| why.to_string();
    let document: Document = serde_json::from_str(document).map_err(said)?;
    let objective = |one: ObjectiveDocument| {
        let row = ObjectiveRow {
            id: one.id,
            agreement: id.0,
            indicator: one.indicator,
            name: one.name,
            kind: one.kind,
            target_ppm: one.target_ppm,
            window_minutes: one.window_minutes,
            terms: one.terms.to_string(),
            archived_at: None,
        };
        Objective::try_from(row).map_err(|why| why.to_string())
    };
    let objectives = document.objectives.into_iter().map(objective).collect::<Result<_, _>>()?;
    let row = AgreementRow {
        id: id.0,
        name: document.name,
        customer: document.customer,
        owner: document.owner,
        zone: document.zone,
        period: document.period,
        report_every: document.report_every,
        terms: document.terms.to_string(),
        created_at: document.created_at,
        archived_at: None,
    };
    Ok((Agreement::try_from(row).map_err(|why| why.to_string())?, objectives))
}

/// Keeps a new revision. `Conflict` on `revisions.agreement, revisions.number` if somebody was faster.
pub async fn insert(tx: &mut Tx, revision: &Revision) -> Result<RevisionId, StoreError> {
    let document = text(&revision.agreement, &revision.objectives)
        .map_err(|why| StoreError::corrupt("revisions", revision.agreement.id, why))?;
    let id: i64 = in_tx!(tx, |ex| {
        sqlx::query_scalar(INSERT)
            .bind(revision.agreement.id.0)
            .bind(revision.number)
            .bind(revision.effective.0)
            .bind(revision.made_at.seconds())
            .bind(revision.made_by.map(|id| id.0))
            .bind(&revision.note)
            .bind(revision.applied_at.map(Instant::seconds))
            .bind(&document)
            .fetch_one(ex)
            .await
    })?;
    Ok(RevisionId(id))
}

/// Every revision of an agreement, the newest first.
pub async fn list(db: &Db, agreement: AgreementId) -> Result<Vec<Revision>, StoreError> {
    let rows: Vec<RevisionRow> = on!(db, |ex| sqlx::query_as(LIST).bind(agreement.0).fetch_all(ex).await)?;
    all(rows)
}

/// The revision in force at a minute: the newest of those that are effective by then, or the first if none is. Nothing
/// for an agreement that was never revised since revisions are kept.
pub async fn in_force(db: &Db, agreement: AgreementId, minute: Minute) -> Result<Option<Revision>, StoreError> {
    let row: Option<RevisionRow> =
        on!(db, |ex| sqlx::query_as(IN_FORCE).bind(agreement.0).bind(minute.0).fetch_optional(ex).await)?;
    row.map(Revision::try_from).transpose()
}

/// As [`in_force`], among an agreement's revisions as [`list`] answers them.
#[must_use]
pub fn among(newest_first: &[Revision], minute: Minute) -> Option<&Revision> {
    newest_first.iter().find(|revision| revision.effective <= minute).or_else(|| newest_first.last())
}

/// The revision of an agreement that waits for its moment.
pub async fn pending(db: &Db, agreement: AgreementId) -> Result<Option<Revision>, StoreError> {
    let row: Option<RevisionRow> = on!(db, |ex| sqlx::query_as(PENDING).bind(agreement.0).fetch_optional(ex).await)?;
    row.map(Revision::try_from).transpose()
}

/// The revisions of all agreements whose moment has come and that are not applied yet, in the order of their moments.
pub async fn due(db: &Db, now: Minute) -> Result<Vec<Revision>, StoreError> {
    let rows: Vec<RevisionRow> = on!(db, |ex| sqlx::query_as(DUE).bind(now.0).fetch_all(ex).await)?;
    all(rows)
}

/// Notes that the agreement is this now; false if somebody else has noted it, or it was withdrawn.
pub async fn mark_applied(tx: &mut Tx, id: RevisionId, now: Instant) -> Result<bool, StoreError> {
    let done = in_tx!(tx, |ex| {
        sqlx::query(MARK_APPLIED).bind(id.0).bind(now.seconds()).execute(ex).await?.rows_affected()
    });
    Ok(done > 0)
}

/// Forgets a revision that waits for its moment; false if it was applied, or withdrawn before.
pub async fn withdraw(tx: &mut Tx, id: RevisionId) -> Result<bool, StoreError> {
    Ok(in_tx!(tx, |ex| sqlx::query(WITHDRAW).bind(id.0).execute(ex).await?.rows_affected()) > 0)
}
