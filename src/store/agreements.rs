//! Agreements.

use crate::domain::calendar::PeriodKind;
use crate::domain::contract::AgreementTerms;
use crate::domain::ids::AgreementId;
use crate::domain::model::Agreement;
use crate::domain::time::Instant;
use crate::store::{Db, StoreError, Tx, all, documents, met};
use chrono_tz::Tz;

statements! {
    INSERT = "INSERT INTO agreements (name, customer, owner, zone, period, report_every, terms, created_at, archived_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id";
    UPDATE = "UPDATE agreements SET name = $2, customer = $3, owner = $4, zone = $5, period = $6, report_every = $7,
        terms = $8 WHERE id = $1";
    ARCHIVE = "UPDATE agreements SET archived_at = $2 WHERE id = $1";
    FIND = "SELECT id, name, customer, owner, zone, period, report_every, terms, created_at, archived_at
        FROM agreements WHERE id = $1";
    FIND_BY_NAME = "SELECT id, name, customer, owner, zone, period, report_every, terms, created_at, archived_at
        FROM agreements WHERE name = $1";
    LIST = "SELECT id, name, customer, owner, zone, period, report_every, terms, created_at, archived_at
        FROM agreements ORDER BY id";
}

#[derive(sqlx_macros::FromRow)]
pub(super) struct AgreementRow {
    pub id: i64,
    pub name: String,
    pub customer: String,
    pub owner: String,
    pub zone: String,
    pub period: String,
    pub report_every: String,
    pub terms: String,
    pub created_at: i64,
    pub archived_at: Option<i64>,
}

impl TryFrom<AgreementRow> for Agreement {
    type Error = StoreError;

    fn try_from(row: AgreementRow) -> Result<Self, StoreError> {
        let corrupt =
            |what: &str, text: &str| StoreError::corrupt("agreements", row.id, format!("{text} is no {what}"));
        let period = |word: &str| period_of(word).ok_or_else(|| corrupt("period", word));
        Ok(Self {
            id: AgreementId(row.id),
            zone: row.zone.parse::<Tz>().map_err(|_unknown| corrupt("time zone", &row.zone))?,
            period: period(&row.period)?,
            report_every: period(&row.report_every)?,
            terms: documents::agreement_terms(&row.terms)
                .map_err(|why| StoreError::corrupt("agreements", row.id, why))?,
            name: row.name,
            customer: row.customer,
            owner: row.owner,
            created_at: Instant::from_seconds(row.created_at),
            archived_at: row.archived_at.map(Instant::from_seconds),
        })
    }
}

const fn period_word(period: PeriodKind) -> &'static str {
    match period {
        PeriodKind::Day => "day",
        PeriodKind::Week => "week",
        PeriodKind::Month => "month",
        PeriodKind::Quarter => "quarter",
        PeriodKind::Year => "year",
    }
}

fn period_of(word: &str) -> Option<PeriodKind> {
    use PeriodKind::{Day, Month, Quarter, Week, Year};
    [Day, Week, Month, Quarter, Year].into_iter().find(|kind| period_word(*kind) == word)
}

fn terms_text(agreement: &Agreement) -> Result<String, StoreError> {
    documents::agreement_text(&agreement.terms).map_err(|why| StoreError::corrupt("agreements", agreement.id, why))
}

/// Terms as the JSON text that is stored, for the audit log.
pub fn terms_document(terms: &AgreementTerms) -> Result<String, serde_json::Error> {
    documents::agreement_text(terms)
}

/// Keeps a new agreement; the `id` in it is ignored. `Conflict` on `agreements.name` if the name is taken.
pub async fn insert(tx: &mut Tx, agreement: &Agreement) -> Result<AgreementId, StoreError> {
    let terms = terms_text(agreement)?;
    let id: i64 = in_tx!(tx, |ex| {
        sqlx::query_scalar(INSERT)
            .bind(&agreement.name)
            .bind(&agreement.customer)
            .bind(&agreement.owner)
            .bind(agreement.zone.name())
            .bind(period_word(agreement.period))
            .bind(period_word(agreement.report_every))
            .bind(&terms)
            .bind(agreement.created_at.seconds())
            .bind(agreement.archived_at.map(Instant::seconds))
            .fetch_one(ex)
            .await
    })?;
    Ok(AgreementId(id))
}

/// Changes an agreement; when it was created and whether it is archived stay. `Conflict` on `agreements.name` if the name
/// is taken.
pub async fn update(tx: &mut Tx, agreement: &Agreement) -> Result<(), StoreError> {
    let terms = terms_text(agreement)?;
    let done = in_tx!(tx, |ex| {
        sqlx::query(UPDATE)
            .bind(agreement.id.0)
            .bind(&agreement.name)
            .bind(&agreement.customer)
            .bind(&agreement.owner)
            .bind(agreement.zone.name())
            .bind(period_word(agreement.period))
            .bind(period_word(agreement.report_every))
            .bind(&terms)
            .execute(ex)
            .await?
            .rows_affected()
    });
    met(done, "agreement", agreement.id)
}

/// Keeps the agreement but stops judging it.
pub async fn archive(tx: &mut Tx, id: AgreementId, now: Instant) -> Result<(), StoreError> {
    set_archived(tx, id, Some(now)).await
}

/// Judges the agreement again.
pub async fn restore(tx: &mut Tx, id: AgreementId) -> Result<(), StoreError> {
    set_archived(tx, id, None).await
}

async fn set_archived(tx: &mut Tx, id: AgreementId, at: Option<Instant>) -> Result<(), StoreError> {
    let at = at.map(Instant::seconds);
    let done = in_tx!(tx, |ex| sqlx::query(ARCHIVE).bind(id.0).bind(at).execute(ex).await?.rows_affected());
    met(done, "agreement", id)
}

/// The agreement with this identity; archived ones too.
pub async fn find(db: &Db, id: AgreementId) -> Result<Option<Agreement>, StoreError> {
    let row: Option<AgreementRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(Agreement::try_from).transpose()
}

/// The agreement with exactly this name; archived ones too.
pub async fn find_by_name(db: &Db, name: &str) -> Result<Option<Agreement>, StoreError> {
    let row: Option<AgreementRow> = on!(db, |ex| sqlx::query_as(FIND_BY_NAME).bind(name).fetch_optional(ex).await)?;
    row.map(Agreement::try_from).transpose()
}

/// Every agreement, archived ones too, in the order of definition.
pub async fn list(db: &Db) -> Result<Vec<Agreement>, StoreError> {
    let rows: Vec<AgreementRow> = on!(db, |ex| sqlx::query_as(LIST).fetch_all(ex).await)?;
    all(rows)
}
