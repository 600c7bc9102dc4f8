//! Reports: written once, never changed; a correction is another revision.

use crate::domain::ids::{AgreementId, ReportId};
use crate::domain::time::{Instant, Minute, Span};
use crate::store::{Db, Page, StoreError, Tx};

statements! {
    INSERT = "INSERT INTO reports
            (agreement, label, start_minute, end_minute, revision, provisional, verdict, built_at, document)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id";
    FIND = "SELECT id, agreement, label, start_minute, end_minute, revision, provisional, verdict, built_at, document
        FROM reports WHERE id = $1";
    LATEST = "SELECT id, agreement, label, start_minute, end_minute, revision, provisional, verdict, built_at, document
        FROM reports WHERE agreement = $1 AND label = $2 ORDER BY revision DESC LIMIT 1";
    EXISTS = "SELECT CAST(COUNT(*) AS BIGINT) FROM reports WHERE agreement = $1 AND label = $2
        AND (provisional = FALSE OR $3 = TRUE)";
    LIST = "SELECT id, agreement, label, start_minute, end_minute, revision, provisional, verdict, built_at
        FROM reports WHERE CAST($1 AS BIGINT) IS NULL OR agreement = $1
        ORDER BY end_minute DESC, id DESC LIMIT $2 OFFSET $3";
    COUNT = "SELECT CAST(COUNT(*) AS BIGINT) FROM reports WHERE CAST($1 AS BIGINT) IS NULL OR agreement = $1";
}

/// What a report says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportHead {
    /// Identity; ignored by [`insert`].
    pub id: ReportId,
    /// Which agreement it judges.
    pub agreement: AgreementId,
    /// Which period, such as `2026-W46`.
    pub label: String,
    /// The minutes of the period.
    pub span: Span,
    /// 1, then one more with each correction.
    pub revision: i64,
    /// Built before its data had settled.
    pub provisional: bool,
    /// The verdict, as a word.
    pub verdict: String,
    /// When it was built.
    pub built_at: Instant,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it says about itself.
    pub head: ReportHead,
    /// Its content, as JSON text; comes back byte for byte.
    pub document: String,
}

#[derive(sqlx_macros::FromRow)]
struct HeadRow {
    id: i64,
    agreement: i64,
    label: String,
    start_minute: i64,
    end_minute: i64,
    revision: i64,
    provisional: bool,
    verdict: String,
    built_at: i64,
}

#[derive(sqlx_macros::FromRow)]
struct ReportRow {
    #[sqlx(flatten)]
    head: HeadRow,
    document: String,
}

impl From<HeadRow> for ReportHead {
    fn from(row: HeadRow) -> Self {
        Self {
            id: ReportId(row.id),
            agreement: AgreementId(row.agreement),
            label: row.label,
            span: Span::new(Minute(row.start_minute), Minute(row.end_minute)),
            revision: row.revision,
            provisional: row.provisional,
            verdict: row.verdict,
            built_at: Instant::from_seconds(row.built_at),
        }
    }
}

impl From<ReportRow> for Report {
    fn from(row: ReportRow) -> Self {
        Self { head: row.head.into(), document: row.document }
    }
}

/// Keeps a report for ever. `Conflict` on `reports.agreement, reports.label, reports.revision` if somebody was faster.
pub async fn insert(tx: &mut Tx, report: &Report) -> Result<ReportId, StoreError> {
    let Report { head, document } = report;
    let id: i64 = in_tx!(tx, |ex| {
        sqlx::query_scalar(INSERT)
            .bind(head.agreement.0)
            .bind(&head.label)
            .bind(head.span.start().0)
            .bind(head.span.end().0)
            .bind(head.revision)
            .bind(head.provisional)
            .bind(&head.verdict)
            .bind(head.built_at.seconds())
            .bind(document)
            .fetch_one(ex)
            .await
    })?;
    Ok(ReportId(id))
}

/// The report with this identity.
pub async fn find(db: &Db, id: ReportId) -> Result<Option<Report>, StoreError> {
    let row: Option<ReportRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    Ok(row.map(Report::from))
}

/// The newest revision of an agreement's report about a period.
pub async fn latest(db: &Db, agreement: AgreementId, label: &str) -> Result<Option<Report>, StoreError> {
    let row: Option<ReportRow> =
        on!(db, |ex| sqlx::query_as(LATEST).bind(agreement.0).bind(label).fetch_optional(ex).await)?;
    Ok(row.map(Report::from))
}

/// Is there a report of an agreement about a period? `provisional`: counting provisional ones too.
pub async fn exists(db: &Db, agreement: AgreementId, label: &str, provisional: bool) -> Result<bool, StoreError> {
    let count: i64 = on!(db, |ex| {
        sqlx::query_scalar(EXISTS).bind(agreement.0).bind(label).bind(provisional).fetch_one(ex).await
    })?;
    Ok(count > 0)
}

/// The heads of the reports of one agreement or all, latest period first.
pub async fn list(db: &Db, agreement: Option<AgreementId>, page: Page) -> Result<Vec<ReportHead>, StoreError> {
    let agreement = agreement.map(|id| id.0);
    let rows: Vec<HeadRow> =
        on!(db, |ex| sqlx::query_as(LIST).bind(agreement).bind(page.limit).bind(page.offset).fetch_all(ex).await)?;
    Ok(rows.into_iter().map(ReportHead::from).collect())
}

/// How many reports there are, of one agreement or all.
pub async fn count(db: &Db, agreement: Option<AgreementId>) -> Result<i64, StoreError> {
    let agreement = agreement.map(|id| id.0);
    Ok(on!(db, |ex| sqlx::query_scalar(COUNT).bind(agreement).fetch_one(ex).await)?)
}
