//! What may make a final report wrong: minutes that are written into a period that was closed, exclusions that are decided
//! in retrospect, terms that are changed with effect from the past.
//!
//! [`close`] says up to when an indicator's minutes stand in final reports. What happens to them afterwards is a *touch*, kept
//! in the transaction in which it happens. Once it has been quiet for a while, [`expand`] finds the reports that it may
//! concern; each of them is then made anew and compared.

use crate::domain::exclusion::Scope;
use crate::domain::ids::{AgreementId, ExclusionId, IndicatorId};
use crate::domain::time::{Instant, Minute, Span};
use crate::store::{Db, StoreError, Tx, all};

/// The final reports with a minute in a touched span, among those of a condition on `r`.
macro_rules! expand {
    ($condition:literal) => {
        concat!(
            "INSERT INTO rechecks (agreement, label, cause, subject, noticed_at) ",
            "SELECT DISTINCT r.agreement, r.label, CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($5 AS BIGINT) FROM reports r ",
            "WHERE r.provisional = FALSE AND r.start_minute < $4 AND r.end_minute > $3 AND ",
            $condition,
            " ON CONFLICT (agreement, label, cause, subject) DO UPDATE SET noticed_at = excluded.noticed_at"
        )
    };
}

statements! {
    CLOSE = "INSERT INTO closings (indicator, agreement, until_minute) VALUES ($1, $2, $3)
        ON CONFLICT (indicator, agreement) DO UPDATE SET until_minute = excluded.until_minute
        WHERE closings.until_minute < excluded.until_minute";
    TOUCH = "INSERT INTO touches (cause, subject, start_minute, end_minute) VALUES ($1, $2, $3, $4)
        ON CONFLICT (cause, subject) DO UPDATE SET seen_at = 0,
            start_minute = CASE WHEN excluded.start_minute < touches.start_minute
                THEN excluded.start_minute ELSE touches.start_minute END,
            end_minute = CASE WHEN excluded.end_minute > touches.end_minute
                THEN excluded.end_minute ELSE touches.end_minute END";
    /// As above, if the minutes stand in a final report.
    TOUCH_LATE = "INSERT INTO touches (cause, subject, start_minute, end_minute)
        SELECT CAST('late_data' AS TEXT), c.indicator, CAST($2 AS BIGINT), CAST($3 AS BIGINT)
        FROM (SELECT indicator, MAX(until_minute) AS until_minute FROM closings WHERE indicator = $1
            GROUP BY indicator) c
        WHERE c.until_minute > $2
        ON CONFLICT (cause, subject) DO UPDATE SET seen_at = 0,
            start_minute = CASE WHEN excluded.start_minute < touches.start_minute
                THEN excluded.start_minute ELSE touches.start_minute END,
            end_minute = CASE WHEN excluded.end_minute > touches.end_minute
                THEN excluded.end_minute ELSE touches.end_minute END";
    SEE = "UPDATE touches SET seen_at = $1 WHERE seen_at = 0";
    QUIET = "SELECT cause, subject, start_minute, end_minute, seen_at FROM touches
        WHERE seen_at > 0 AND seen_at <= $1 ORDER BY seen_at, cause, subject LIMIT 100";
    FORGET_TOUCH = "DELETE FROM touches WHERE cause = $1 AND subject = $2 AND seen_at = $3";
    EXPAND_ALL = expand!("CAST($6 AS BIGINT) = 0");
    EXPAND_AGREEMENT = expand!("r.agreement = $6");
    EXPAND_INDICATOR = expand!("r.agreement IN (SELECT agreement FROM closings WHERE indicator = $6)");
    EXPAND_OBJECTIVE = expand!("r.agreement IN (SELECT agreement FROM objectives WHERE id = $6)");
    EXPAND_SERVICE = expand!(
        "r.agreement IN (SELECT c.agreement FROM closings c JOIN indicators i ON i.id = c.indicator WHERE i.service = $6)"
    );
    DUE = "SELECT agreement, label FROM rechecks WHERE tried_at <= $1
        GROUP BY agreement, label ORDER BY MIN(tried_at), MIN(noticed_at), agreement, label LIMIT $2";
    CAUSES = "SELECT cause, subject, noticed_at FROM rechecks WHERE agreement = $1 AND label = $2
        ORDER BY noticed_at, cause, subject";
    DONE = "DELETE FROM rechecks WHERE agreement = $1 AND label = $2 AND cause = $3 AND subject = $4 AND noticed_at = $5";
    POSTPONE = "UPDATE rechecks SET tried_at = $3 WHERE agreement = $1 AND label = $2";
    COUNT = "SELECT CAST(COUNT(*) AS BIGINT) FROM rechecks";
}

/// Why a final report may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Minutes of this indicator were written after they had been reported.
    LateData(IndicatorId),
    /// This exclusion was approved.
    Approved(ExclusionId),
    /// This exclusion was withdrawn after it had been approved.
    Withdrawn(ExclusionId),
    /// The terms of this agreement were changed with effect from the past.
    Terms(AgreementId),
}

impl Cause {
    const fn parts(self) -> (&'static str, i64) {
        match self {
            Self::LateData(id) => ("late_data", id.0),
            Self::Approved(id) => ("approved", id.0),
            Self::Withdrawn(id) => ("withdrawn", id.0),
            Self::Terms(id) => ("terms", id.0),
        }
    }

    fn from_parts(word: &str, id: i64) -> Result<Self, StoreError> {
        match word {
            "late_data" => Ok(Self::LateData(IndicatorId(id))),
            "approved" => Ok(Self::Approved(ExclusionId(id))),
            "withdrawn" => Ok(Self::Withdrawn(ExclusionId(id))),
            "terms" => Ok(Self::Terms(AgreementId(id))),
            _ => Err(StoreError::corrupt("touches", id, format!("{word} is no cause"))),
        }
    }
}

/// Something that happened to reported minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// What.
    pub cause: Cause,
    /// Which minutes, from the first to the last.
    pub span: Span,
    /// When it was first seen as it stands here.
    pub seen_at: Instant,
}

/// A reason to make a report anew, until it is [`done`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Why.
    pub cause: Cause,
    /// When it was noticed.
    pub noticed_at: Instant,
}

#[derive(sqlx_macros::FromRow)]
struct TouchRow {
    cause: String,
    subject: i64,
    start_minute: i64,
    end_minute: i64,
    seen_at: i64,
}

#[derive(sqlx_macros::FromRow)]
struct DueRow {
    agreement: i64,
    label: String,
}

#[derive(sqlx_macros::FromRow)]
struct ReasonRow {
    cause: String,
    subject: i64,
    noticed_at: i64,
}

impl TryFrom<TouchRow> for Touch {
    type Error = StoreError;

    fn try_from(row: TouchRow) -> Result<Self, StoreError> {
        Ok(Self {
            cause: Cause::from_parts(&row.cause, row.subject)?,
            span: Span::new(Minute(row.start_minute), Minute(row.end_minute)),
            seen_at: Instant::from_seconds(row.seen_at),
        })
    }
}

impl TryFrom<ReasonRow> for Reason {
    type Error = StoreError;

    fn try_from(row: ReasonRow) -> Result<Self, StoreError> {
        let cause = Cause::from_parts(&row.cause, row.subject)?;
        Ok(Self { cause, noticed_at: Instant::from_seconds(row.noticed_at) })
    }
}

/// From now on, what is written about this indicator before `until` touches final reports of this agreement. To be said
/// before the ledger is read for such a report, so that nothing is written unseen in between.
pub async fn close(
    tx: &mut Tx,
    agreement: AgreementId,
    indicator: IndicatorId,
    until: Minute,
) -> Result<(), StoreError> {
    in_tx!(tx, |ex| {
        sqlx::query(CLOSE).bind(indicator.0).bind(agreement.0).bind(until.0).execute(ex).await.map(drop)
    })?;
    Ok(())
}

/// Remembers that something happened to these minutes.
pub async fn touch(tx: &mut Tx, cause: Cause, span: Span) -> Result<(), StoreError> {
    let (word, subject) = cause.parts();
    in_tx!(tx, |ex| {
        let query = sqlx::query(TOUCH).bind(word).bind(subject).bind(span.start().0).bind(span.end().0);
        query.execute(ex).await.map(drop)
    })?;
    Ok(())
}

/// Remembers that minutes of an indicator were written, if they stand in final reports.
pub(super) async fn touch_late(tx: &mut Tx, indicator: IndicatorId, span: Span) -> Result<(), StoreError> {
    in_tx!(tx, |ex| {
        let query = sqlx::query(TOUCH_LATE).bind(indicator.0).bind(span.start().0).bind(span.end().0);
        query.execute(ex).await.map(drop)
    })?;
    Ok(())
}

/// Marks every touch that nobody has seen as seen now.
pub async fn see(tx: &mut Tx, now: Instant) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(SEE).bind(now.seconds()).execute(ex).await.map(drop))?;
    Ok(())
}

/// The touches that stand as they do since `before` or longer, at most a hundred.
pub async fn quiet(db: &Db, before: Instant) -> Result<Vec<Touch>, StoreError> {
    let rows: Vec<TouchRow> = on!(db, |ex| sqlx::query_as(QUIET).bind(before.seconds()).fetch_all(ex).await)?;
    all(rows)
}

/// Finds the final reports that a touch may concern, and forgets the touch. `scope` is that of an exclusion.
pub async fn expand(tx: &mut Tx, touch: &Touch, scope: Option<Scope>, now: Instant) -> Result<(), StoreError> {
    let (word, subject) = touch.cause.parts();
    let (statement, id) = match (touch.cause, scope) {
        (Cause::LateData(id), _) => (EXPAND_INDICATOR, id.0),
        (Cause::Terms(id), _) | (_, Some(Scope::Agreement(id))) => (EXPAND_AGREEMENT, id.0),
        (_, Some(Scope::Objective(id))) => (EXPAND_OBJECTIVE, id.0),
        (_, Some(Scope::Service(id))) => (EXPAND_SERVICE, id.0),
        (_, Some(Scope::All) | None) => (EXPAND_ALL, 0),
    };
    in_tx!(&mut *tx, |ex| {
        let query = sqlx::query(statement).bind(word).bind(subject);
        let query = query.bind(touch.span.start().0).bind(touch.span.end().0).bind(now.seconds()).bind(id);
        query.execute(ex).await.map(drop)
    })?;
    in_tx!(tx, |ex| {
        let query = sqlx::query(FORGET_TOUCH).bind(word).bind(subject).bind(touch.seen_at.seconds());
        query.execute(ex).await.map(drop)
    })?;
    Ok(())
}

/// The reports to be made anew that were not tried since `before`, longest waiting first: agreement and period's label.
pub async fn due(db: &Db, before: Instant, limit: i64) -> Result<Vec<(AgreementId, String)>, StoreError> {
    let rows: Vec<DueRow> = on!(db, |ex| sqlx::query_as(DUE).bind(before.seconds()).bind(limit).fetch_all(ex).await)?;
    Ok(rows.into_iter().map(|row| (AgreementId(row.agreement), row.label)).collect())
}

/// Why a report is to be made anew.
pub async fn reasons(db: &Db, agreement: AgreementId, label: &str) -> Result<Vec<Reason>, StoreError> {
    let rows: Vec<ReasonRow> = on!(db, |ex| sqlx::query_as(CAUSES).bind(agreement.0).bind(label).fetch_all(ex).await)?;
    all(rows)
}

/// Forgets reasons that were looked at; one that was noticed again meanwhile stays.
pub async fn done(tx: &mut Tx, agreement: AgreementId, label: &str, reasons: &[Reason]) -> Result<(), StoreError> {
    for reason in reasons {
        let (word, subject) = reason.cause.parts();
        in_tx!(&mut *tx, |ex| {
            let query = sqlx::query(DONE).bind(agreement.0).bind(label).bind(word).bind(subject);
            query.bind(reason.noticed_at.seconds()).execute(ex).await.map(drop)
        })?;
    }
    Ok(())
}

/// Puts a report off that could not be made anew.
pub async fn postpone(tx: &mut Tx, agreement: AgreementId, label: &str, now: Instant) -> Result<(), StoreError> {
    in_tx!(tx, |ex| {
        sqlx::query(POSTPONE).bind(agreement.0).bind(label).bind(now.seconds()).execute(ex).await.map(drop)
    })?;
    Ok(())
}

/// How many reasons wait.
pub async fn count(db: &Db) -> Result<i64, StoreError> {
    Ok(on!(db, |ex| sqlx::query_scalar(COUNT).fetch_one(ex).await)?)
}
