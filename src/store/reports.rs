//! Reports: written once, never changed; a correction is another revision.
//!
//! An agreement's reports form a chain ([`crate::domain::chain`]): [`next_place`] takes the next place in it and holds the
//! chain until the end of the transaction, in which [`insert`] then fills that place.

use crate::domain::chain::{Digest, Head};
use crate::domain::ids::{AgreementId, ReportId};
use crate::domain::time::{Instant, Minute, Span};
use crate::store::{Db, Page, StoreError, Tx, all};

/// The columns of a head, before what else is read and where from.
macro_rules! head {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.agreement, r.label, r.start_minute, r.end_minute, r.revision, r.provisional, r.verdict, ",
            "r.built_at, r.number, r.sha256, r.removed_at",
            $rest
        )
    };
}

/// The reports `r` that nothing needs any more: another is the newest of the chain, no correction of their period is being
/// looked for, and no mail about them waits.
macro_rules! unneeded {
    ($before:expr, $after:literal) => {
        concat!(
            $before,
            " r.removed_at IS NULL ",
            "AND r.number < (SELECT c.number FROM chains c WHERE c.agreement = r.agreement) ",
            "AND NOT EXISTS (SELECT 1 FROM rechecks k WHERE k.agreement = r.agreement AND k.label = r.label) ",
            "AND NOT EXISTS (SELECT 1 FROM touches t WHERE t.start_minute < r.end_minute AND t.end_minute > r.start_minute) ",
            "AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.state = 'queued' AND (d.report = r.id ",
            "OR d.run IN (SELECT p.run FROM run_reports p WHERE p.report = r.id))) ",
            "AND NOT EXISTS (SELECT 1 FROM runs u JOIN schedules s ON s.id = u.schedule WHERE u.state = 'waiting' ",
            "AND s.archived_at IS NULL AND u.label = r.label AND (s.agreement IS NULL OR s.agreement = r.agreement))",
            $after
        )
    };
}

/// The reports that a [`Filter`] lets through, between what is read and in which order.
macro_rules! filtered {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM reports r JOIN agreements a ON a.id = r.agreement ",
            "WHERE (CAST($1 AS BIGINT) IS NULL OR r.agreement = $1) ",
            "AND (CAST($2 AS TEXT) = '' OR a.customer = $2) ",
            "AND SUBSTR(r.label, 1, LENGTH(CAST($3 AS TEXT))) = CAST($3 AS TEXT) ",
            "AND (CAST($4 AS TEXT) = '' OR r.verdict = $4)",
            $rest
        )
    };
}

statements! {
    INSERT = "INSERT INTO reports (agreement, label, start_minute, end_minute, revision, provisional, verdict, built_at,
            document, number, sha256, signature)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id";
    /// Holds the agreement's chain, which begins with this if need be.
    HOLD_CHAIN = "INSERT INTO chains (agreement, number, sha256) VALUES ($1, 0, '')
        ON CONFLICT (agreement) DO UPDATE SET number = chains.number RETURNING number, sha256";
    EXTEND_CHAIN = "INSERT INTO chains (agreement, number, sha256) VALUES ($1, $2, $3)
        ON CONFLICT (agreement) DO UPDATE SET number = excluded.number, sha256 = excluded.sha256";
    CHAIN = "SELECT number, sha256 FROM chains WHERE agreement = $1";
    DOCUMENT = "SELECT document FROM reports WHERE agreement = $1 AND number = $2";
    FIND = head!(", r.signature, r.document, r.removal, r.removal_signature FROM reports r WHERE r.id = $1");
    LATEST = head!(
        ", r.signature, r.document, r.removal, r.removal_signature FROM reports r WHERE r.agreement = $1 AND r.label = $2
        ORDER BY r.revision DESC LIMIT 1"
    );
    NEWEST_REVISION = "SELECT CAST(COALESCE(MAX(revision), 0) AS BIGINT) FROM reports WHERE agreement = $1 AND label = $2";
    REVISIONS = head!(" FROM reports r WHERE r.agreement = $1 AND r.label = $2 ORDER BY r.revision");
    IN_CHAIN = head!(
        ", r.signature, r.document, r.removal, r.removal_signature FROM reports r
        WHERE r.agreement = $1 AND r.number > $2 ORDER BY r.number LIMIT $3"
    );
    OLD = unneeded!(
        head!(" FROM reports r WHERE r.agreement = $1 AND r.end_minute <= $2 AND"),
        " ORDER BY r.number LIMIT $3"
    );
    REMOVE = unneeded!(
        "UPDATE reports AS r SET document = '', removed_at = $2, removal = $3, removal_signature = $4 WHERE r.id = $1 AND",
        ""
    );
    PROVISIONAL = head!(
        " FROM reports r WHERE r.agreement = $1 AND r.end_minute >= $2 AND r.provisional = TRUE
        AND r.revision = (SELECT MAX(o.revision) FROM reports o WHERE o.agreement = r.agreement AND o.label = r.label)
        ORDER BY r.end_minute"
    );
    EXISTS = "SELECT CAST(COUNT(*) AS BIGINT) FROM reports WHERE agreement = $1 AND label = $2
        AND (provisional = FALSE OR $3 = TRUE)";
    LIST = filtered!(
        "SELECT r.id, r.agreement, r.label, r.start_minute, r.end_minute, r.revision, r.provisional, r.verdict,
            r.built_at, r.number, r.sha256, r.removed_at",
        " ORDER BY r.end_minute DESC, r.id DESC LIMIT $5 OFFSET $6"
    );
    COUNT = filtered!("SELECT CAST(COUNT(*) AS BIGINT)", "");
}

/// What a report says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportHead {
    /// Identity; ignored by [`insert`].
    pub id: ReportId,
    /// Which agreement it judges.
    pub agreement: AgreementId,
    /// Its place in the agreement's chain, from 1.
    pub number: i64,
    /// The digest of its document, as recorded when it was written; nothing if it is older than the chain.
    pub digest: Option<Digest>,
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
    /// When its content was removed, if it was.
    pub removed_at: Option<Instant>,
}

/// Which reports; the default lets every one through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of one agreement.
    pub agreement: Option<AgreementId>,
    /// Those of agreements that are now with this customer; empty for any.
    pub customer: String,
    /// Those whose period's label begins so: `2026`, `2026-11`, `2026-W46`; empty for any.
    pub period: String,
    /// Those with this verdict, as a word; empty for any.
    pub verdict: String,
}

impl From<Option<AgreementId>> for Filter {
    fn from(agreement: Option<AgreementId>) -> Self {
        Self { agreement, ..Self::default() }
    }
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it says about itself.
    pub head: ReportHead,
    /// What it says, or what is left of that.
    pub content: Content,
    /// The signature of the document's bytes; empty if it is not signed.
    pub signature: Vec<u8>,
}

impl Report {
    /// What it says, as JSON text; nothing if it was removed.
    #[must_use]
    pub fn document(&self) -> Option<&str> {
        match &self.content {
            Content::Document(document) => Some(document),
            Content::Removed(_) => None,
        }
    }
}

/// What a report says, or what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// As JSON text; comes back byte for byte.
    Document(String),
    /// It was removed.
    Removed(Statement),
}

/// What is kept about a report that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Which it was and why it went, as JSON text.
    pub text: String,
    /// The signature of that text; empty if it is not signed.
    pub signature: Vec<u8>,
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
    number: i64,
    sha256: String,
    removed_at: Option<i64>,
}

#[derive(sqlx_macros::FromRow)]
struct ReportRow {
    #[sqlx(flatten)]
    head: HeadRow,
    signature: Vec<u8>,
    document: String,
    removal: String,
    removal_signature: Vec<u8>,
}

#[derive(sqlx_macros::FromRow)]
struct ChainRow {
    number: i64,
    sha256: String,
}

impl TryFrom<HeadRow> for ReportHead {
    type Error = StoreError;

    fn try_from(row: HeadRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ReportId(row.id),
            agreement: AgreementId(row.agreement),
            number: row.number,
            digest: digest("reports", row.id, &row.sha256)?,
            label: row.label,
            span: Span::new(Minute(row.start_minute), Minute(row.end_minute)),
            revision: row.revision,
            provisional: row.provisional,
            verdict: row.verdict,
            built_at: Instant::from_seconds(row.built_at),
            removed_at: row.removed_at.map(Instant::from_seconds),
        })
    }
}

impl TryFrom<ReportRow> for Report {
    type Error = StoreError;

    fn try_from(row: ReportRow) -> Result<Self, StoreError> {
        let head: ReportHead = row.head.try_into()?;
        // a document that is there counts, whatever else is said about it
        let content = if head.removed_at.is_some() && row.document.is_empty() {
            Content::Removed(Statement { text: row.removal, signature: row.removal_signature })
        } else {
            Content::Document(row.document)
        };
        Ok(Self { head, content, signature: row.signature })
    }
}

/// A digest as it is kept; empty text is none.
fn digest(table: &'static str, id: i64, text: &str) -> Result<Option<Digest>, StoreError> {
    if text.is_empty() {
        return Ok(None);
    }
    let digest = Digest::parse(text);
    Ok(Some(digest.ok_or_else(|| StoreError::corrupt(table, id, format!("{text:?} is no SHA-256")))?))
}

/// The next place in an agreement's chain: its number, and the digest of the report before it. Nobody else gets a place in
/// the chain until the end of the transaction.
pub async fn next_place(tx: &mut Tx, agreement: AgreementId) -> Result<(i64, Option<Digest>), StoreError> {
    let ChainRow { number, sha256 } =
        in_tx!(&mut *tx, |ex| sqlx::query_as(HOLD_CHAIN).bind(agreement.0).fetch_one(ex).await)?;
    let newest = digest("chains", agreement.0, &sha256)?;
    if number == 0 || newest.is_some() {
        return Ok((number + 1, newest));
    }
    // the newest is older than the chain: its bytes as they are now begin it
    let document: String =
        in_tx!(tx, |ex| sqlx::query_scalar(DOCUMENT).bind(agreement.0).bind(number).fetch_one(ex).await)?;
    Ok((number + 1, Some(Digest::of(document.as_bytes()))))
}

/// Keeps a report as the newest of its chain. `Conflict` on `reports.agreement, reports.label, reports.revision`
/// if somebody was faster.
pub async fn insert(tx: &mut Tx, head: &ReportHead, document: &str, signature: &[u8]) -> Result<ReportId, StoreError> {
    let sha256 = head.digest.map(|digest| digest.to_string()).unwrap_or_default();
    let id: i64 = in_tx!(&mut *tx, |ex| {
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
            .bind(head.number)
            .bind(&sha256)
            .bind(signature)
            .fetch_one(ex)
            .await
    })?;
    in_tx!(tx, |ex| {
        let query = sqlx::query(EXTEND_CHAIN).bind(head.agreement.0).bind(head.number).bind(&sha256);
        query.execute(ex).await.map(drop)
    })?;
    Ok(ReportId(id))
}

/// The newest report of an agreement's chain, as it was recorded when it was written.
pub async fn chain_head(db: &Db, agreement: AgreementId) -> Result<Head, StoreError> {
    let row: Option<ChainRow> = on!(db, |ex| sqlx::query_as(CHAIN).bind(agreement.0).fetch_optional(ex).await)?;
    let Some(ChainRow { number, sha256 }) = row else { return Ok(Head::default()) };
    Ok(Head { number, digest: digest("chains", agreement.0, &sha256)? })
}

/// The reports of an agreement's chain after a number, in order, at most `limit` of them.
pub async fn in_chain(db: &Db, agreement: AgreementId, after: i64, limit: i64) -> Result<Vec<Report>, StoreError> {
    let rows: Vec<ReportRow> =
        on!(db, |ex| sqlx::query_as(IN_CHAIN).bind(agreement.0).bind(after).bind(limit).fetch_all(ex).await)?;
    all(rows)
}

/// The report with this identity.
pub async fn find(db: &Db, id: ReportId) -> Result<Option<Report>, StoreError> {
    let row: Option<ReportRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(Report::try_from).transpose()
}

/// The number of the newest revision of an agreement's report about a period, 0 if there is none, within a transaction.
pub async fn newest_revision(tx: &mut Tx, agreement: AgreementId, label: &str) -> Result<i64, StoreError> {
    Ok(in_tx!(tx, |ex| sqlx::query_scalar(NEWEST_REVISION).bind(agreement.0).bind(label).fetch_one(ex).await)?)
}

/// The newest revision of an agreement's report about a period.
pub async fn latest(db: &Db, agreement: AgreementId, label: &str) -> Result<Option<Report>, StoreError> {
    let row: Option<ReportRow> =
        on!(db, |ex| sqlx::query_as(LATEST).bind(agreement.0).bind(label).fetch_optional(ex).await)?;
    row.map(Report::try_from).transpose()
}

/// Every revision of an agreement's report about a period, the oldest first.
pub async fn revisions(db: &Db, agreement: AgreementId, label: &str) -> Result<Vec<ReportHead>, StoreError> {
    let rows: Vec<HeadRow> = on!(db, |ex| sqlx::query_as(REVISIONS).bind(agreement.0).bind(label).fetch_all(ex).await)?;
    all(rows)
}

/// The newest revisions that are provisional, of periods that end at a minute or later, the oldest first.
pub async fn provisional(db: &Db, agreement: AgreementId, since: Minute) -> Result<Vec<ReportHead>, StoreError> {
    let rows: Vec<HeadRow> =
        on!(db, |ex| sqlx::query_as(PROVISIONAL).bind(agreement.0).bind(since.0).fetch_all(ex).await)?;
    all(rows)
}

/// Is there a report of an agreement about a period? `provisional`: counting provisional ones too.
pub async fn exists(db: &Db, agreement: AgreementId, label: &str, provisional: bool) -> Result<bool, StoreError> {
    let count: i64 = on!(db, |ex| {
        sqlx::query_scalar(EXISTS).bind(agreement.0).bind(label).bind(provisional).fetch_one(ex).await
    })?;
    Ok(count > 0)
}

/// The heads of some reports, latest period first.
pub async fn list(db: &Db, filter: impl Into<Filter>, page: Page) -> Result<Vec<ReportHead>, StoreError> {
    let Filter { agreement, customer, period, verdict } = filter.into();
    let rows: Vec<HeadRow> = on!(db, |ex| {
        let query = sqlx::query_as(LIST).bind(agreement.map(|id| id.0)).bind(customer).bind(period).bind(verdict);
        query.bind(page.limit).bind(page.offset).fetch_all(ex).await
    })?;
    all(rows)
}

/// How many such reports there are.
pub async fn count(db: &Db, filter: impl Into<Filter>) -> Result<i64, StoreError> {
    let Filter { agreement, customer, period, verdict } = filter.into();
    Ok(on!(db, |ex| {
        let query = sqlx::query_scalar(COUNT).bind(agreement.map(|id| id.0)).bind(customer).bind(period).bind(verdict);
        query.fetch_one(ex).await
    })?)
}

/// The heads of an agreement's reports whose period ended at a minute or before, and that nothing needs any more, in the
/// order of the chain, at most `limit`.
pub async fn unneeded(
    db: &Db,
    agreement: AgreementId,
    ended: Minute,
    limit: i64,
) -> Result<Vec<ReportHead>, StoreError> {
    let rows: Vec<HeadRow> =
        on!(db, |ex| sqlx::query_as(OLD).bind(agreement.0).bind(ended.0).bind(limit).fetch_all(ex).await)?;
    all(rows)
}

/// Removes a report's document and keeps a statement in its place; false if it is gone already, or needed by now.
pub async fn remove(tx: &mut Tx, id: ReportId, at: Instant, statement: &Statement) -> Result<bool, StoreError> {
    let done = in_tx!(tx, |ex| {
        let query = sqlx::query(REMOVE).bind(id.0).bind(at.seconds()).bind(&statement.text).bind(&statement.signature);
        query.execute(ex).await?.rows_affected()
    });
    Ok(done > 0)
}
