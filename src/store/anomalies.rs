//! When objectives left their usual, and who said that this was expected.

use crate::domain::baseline::Cause;
use crate::domain::ids::{AnomalyId, ObjectiveId, UserId};
use crate::domain::time::{Instant, Minute, Span};
use crate::domain::watch::{Anomaly, Measure, Side};
use crate::store::{Db, StoreError, Tx, all, met};

/// Every column, before its WHERE.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.objective, a.measure, a.start_minute, a.end_minute, a.is_open, a.score, a.side, a.cause, ",
            "a.value, a.expected, a.low, a.high, a.expected_by, u.name AS expected_by_name, a.expected_at, a.is_like ",
            "FROM anomalies a LEFT JOIN users u ON u.id = a.expected_by ",
            $rest
        )
    };
}

statements! {
    SAVE = "INSERT INTO anomalies (objective, measure, start_minute, end_minute, is_open, score, side, cause, value,
            expected, low, high, is_like)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (objective, measure, start_minute) DO UPDATE SET end_minute = excluded.end_minute,
            is_open = excluded.is_open, score = excluded.score, side = excluded.side, cause = excluded.cause,
            value = excluded.value, expected = excluded.expected, low = excluded.low, high = excluded.high,
            is_like = excluded.is_like";
    FIND = select!("WHERE a.id = $1");
    LIST = select!("WHERE a.objective = $1 AND a.start_minute < $3 AND a.end_minute > $2
        ORDER BY a.start_minute, a.measure LIMIT $4");
    COUNT = "SELECT CAST(COUNT(*) AS BIGINT) FROM anomalies
        WHERE objective = $1 AND start_minute < $3 AND end_minute > $2";
    OPEN = select!("WHERE a.objective = $1 AND a.is_open = 1 ORDER BY a.start_minute");
    TAUGHT = select!("WHERE a.objective = $1 AND a.expected_at IS NOT NULL ORDER BY a.expected_at DESC, a.id DESC LIMIT 500");
    EXPECT = "UPDATE anomalies SET expected_by = $2, expected_at = $3, is_like = NULL WHERE id = $1";
    UNLIKE = "UPDATE anomalies SET is_like = NULL WHERE is_like = $1";
    LIKE = "UPDATE anomalies SET is_like = $2 WHERE id = $1 AND expected_at IS NULL";
    UNTIE = "UPDATE anomalies SET is_like = NULL WHERE objective = $1";
    FORGET = "DELETE FROM anomalies WHERE objective = $1 AND start_minute >= $2 AND expected_at IS NULL";
}

/// An anomaly that is kept, with what people said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptAnomaly {
    /// Identity.
    pub id: AnomalyId,
    /// Whose.
    pub objective: ObjectiveId,
    /// When, what, how far.
    pub anomaly: Anomaly,
    /// Who said when that it was expected.
    pub expected: Option<Expected>,
    /// The anomaly that it is like and that somebody said was expected.
    pub is_like: Option<AnomalyId>,
}

impl KeptAnomaly {
    /// Is it to be shown as alarming? Neither what was expected is, nor its like, nor good news.
    #[must_use]
    pub const fn is_alarming(&self) -> bool {
        self.expected.is_none() && self.is_like.is_none() && self.anomaly.measure.is_alarming(self.anomaly.side)
    }
}

/// Who said that an anomaly was expected, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Who; nothing once the account is gone.
    pub by: Option<UserId>,
    /// How that person is called now.
    pub by_name: Option<String>,
    /// When.
    pub at: Instant,
}

#[derive(sqlx_macros::FromRow)]
struct AnomalyRow {
    id: i64,
    objective: i64,
    measure: String,
    start_minute: i64,
    end_minute: i64,
    is_open: i64,
    score: f64,
    side: String,
    cause: String,
    value: f64,
    expected: f64,
    low: Option<f64>,
    high: Option<f64>,
    expected_by: Option<i64>,
    expected_by_name: Option<String>,
    expected_at: Option<i64>,
    is_like: Option<i64>,
}

impl TryFrom<AnomalyRow> for KeptAnomaly {
    type Error = StoreError;

    fn try_from(row: AnomalyRow) -> Result<Self, StoreError> {
        let corrupt = |what: &str, word: &str| StoreError::corrupt("anomalies", row.id, format!("{word} is no {what}"));
        let anomaly = Anomaly {
            measure: Measure::from_word(&row.measure).ok_or_else(|| corrupt("measure", &row.measure))?,
            span: Span::new(Minute(row.start_minute), Minute(row.end_minute)),
            is_open: row.is_open != 0,
            score: row.score,
            side: Side::from_word(&row.side).ok_or_else(|| corrupt("side", &row.side))?,
            cause: Cause::from_word(&row.cause).ok_or_else(|| corrupt("cause", &row.cause))?,
            value: row.value,
            expected: row.expected,
            low: row.low,
            high: row.high,
        };
        let (by, by_name) = (row.expected_by.map(UserId), row.expected_by_name);
        Ok(Self {
            id: AnomalyId(row.id),
            objective: ObjectiveId(row.objective),
            anomaly,
            expected: row.expected_at.map(|at| Expected { by, by_name, at: Instant::from_seconds(at) }),
            is_like: row.is_like.map(AnomalyId),
        })
    }
}

/// Keeps an anomaly in place of any that began at the same minute; what people said of it stays.
pub async fn save(
    tx: &mut Tx,
    objective: ObjectiveId,
    anomaly: &Anomaly,
    is_like: Option<AnomalyId>,
) -> Result<(), StoreError> {
    in_tx!(tx, |ex| {
        sqlx::query(SAVE)
            .bind(objective.0)
            .bind(anomaly.measure.word())
            .bind(anomaly.span.start().0)
            .bind(anomaly.span.end().0)
            .bind(i64::from(anomaly.is_open))
            .bind(anomaly.score)
            .bind(anomaly.side.word())
            .bind(anomaly.cause.word())
            .bind(anomaly.value)
            .bind(anomaly.expected)
            .bind(anomaly.low)
            .bind(anomaly.high)
            .bind(is_like.map(|id| id.0))
            .execute(ex)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// The anomaly with this identity.
pub async fn find(db: &Db, id: AnomalyId) -> Result<Option<KeptAnomaly>, StoreError> {
    let row: Option<AnomalyRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(KeptAnomaly::try_from).transpose()
}

/// The anomalies of an objective that touch a span, at most so many, in order of time.
pub async fn list(db: &Db, objective: ObjectiveId, span: Span, most: i64) -> Result<Vec<KeptAnomaly>, StoreError> {
    let (start, end) = (span.start().0, span.end().0);
    let rows: Vec<AnomalyRow> = on!(db, |ex| {
        let query = sqlx::query_as(LIST).bind(objective.0).bind(start).bind(end).bind(most);
        query.fetch_all(ex).await
    })?;
    all(rows)
}

/// How many [`list`] would find without a limit.
pub async fn count(db: &Db, objective: ObjectiveId, span: Span) -> Result<i64, StoreError> {
    let (start, end) = (span.start().0, span.end().0);
    Ok(on!(db, |ex| sqlx::query_scalar(COUNT).bind(objective.0).bind(start).bind(end).fetch_one(ex).await)?)
}

/// The anomalies of an objective that can still go on.
pub async fn open(db: &Db, objective: ObjectiveId) -> Result<Vec<KeptAnomaly>, StoreError> {
    let rows: Vec<AnomalyRow> = on!(db, |ex| sqlx::query_as(OPEN).bind(objective.0).fetch_all(ex).await)?;
    all(rows)
}

/// What people said was expected of an objective, the latest first, 500 at most.
pub async fn taught(db: &Db, objective: ObjectiveId) -> Result<Vec<KeptAnomaly>, StoreError> {
    let rows: Vec<AnomalyRow> = on!(db, |ex| sqlx::query_as(TAUGHT).bind(objective.0).fetch_all(ex).await)?;
    all(rows)
}

/// Notes that an anomaly was expected, or, with nothing, that it was not.
pub async fn expect(tx: &mut Tx, id: AnomalyId, said: Option<(Option<UserId>, Instant)>) -> Result<(), StoreError> {
    let by = said.and_then(|(by, _)| by).map(|by| by.0);
    let at = said.map(|(_, at)| at.seconds());
    let done = in_tx!(&mut *tx, |ex| {
        let query = sqlx::query(EXPECT).bind(id.0).bind(by).bind(at);
        query.execute(ex).await?.rows_affected()
    });
    in_tx!(tx, |ex| sqlx::query(UNLIKE).bind(id.0).execute(ex).await.map(drop))?;
    met(done, "anomaly", id)
}

/// Notes that an anomaly, of which nobody said anything, is like one that was expected.
pub async fn liken(tx: &mut Tx, id: AnomalyId, like: AnomalyId) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(LIKE).bind(id.0).bind(like.0).execute(ex).await.map(drop))?;
    Ok(())
}

/// Forgets the anomalies of an objective from a minute on, except those of which people said something.
pub async fn forget(tx: &mut Tx, objective: ObjectiveId, from: Minute) -> Result<(), StoreError> {
    in_tx!(&mut *tx, |ex| sqlx::query(UNTIE).bind(objective.0).execute(ex).await.map(drop))?;
    in_tx!(tx, |ex| sqlx::query(FORGET).bind(objective.0).bind(from.0).execute(ex).await.map(drop))?;
    Ok(())
}
