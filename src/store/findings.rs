//! What Nines noticed about the data of an indicator or a source, for people to read.

use crate::domain::ids::{IndicatorId, SourceId};
use crate::domain::time::Instant;
use crate::store::{Db, StoreError, Tx, all};

statements! {
    // an event of an older date than the newest does not turn back the clock; after a resolution it starts anew
    RECORD = "INSERT INTO findings (subject, subject_id, kind, message, first_at, last_at, times)
        VALUES ($1, $2, $3, $4, $5, $5, 1)
        ON CONFLICT (subject, subject_id, kind) DO UPDATE SET
            message = excluded.message,
            first_at = CASE WHEN findings.resolved_at IS NULL THEN findings.first_at ELSE excluded.first_at END,
            last_at = CASE WHEN findings.last_at > excluded.last_at THEN findings.last_at ELSE excluded.last_at END,
            times = CASE WHEN findings.resolved_at IS NULL THEN findings.times + 1 ELSE 1 END,
            resolved_at = NULL";
    RESOLVE = "UPDATE findings SET resolved_at = $4
        WHERE subject = $1 AND subject_id = $2 AND kind = $3 AND resolved_at IS NULL";
    LIST = "SELECT id, subject, subject_id, kind, message, first_at, last_at, times, resolved_at FROM findings
        WHERE subject = $1 AND subject_id = $2 ORDER BY last_at DESC, id DESC";
    LIST_OPEN = "SELECT id, subject, subject_id, kind, message, first_at, last_at, times, resolved_at FROM findings
        WHERE resolved_at IS NULL ORDER BY last_at DESC, id DESC";
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An indicator.
    Indicator(IndicatorId),
    /// A source.
    Source(SourceId),
}

impl From<IndicatorId> for Subject {
    fn from(id: IndicatorId) -> Self {
        Self::Indicator(id)
    }
}

impl From<SourceId> for Subject {
    fn from(id: SourceId) -> Self {
        Self::Source(id)
    }
}

impl Subject {
    const fn columns(self) -> (&'static str, i64) {
        match self {
            Self::Indicator(id) => ("indicator", id.0),
            Self::Source(id) => ("source", id.0),
        }
    }
}

/// Something about the data that people should know; one for each subject and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// A word for programs, such as `clock_back`.
    pub kind: String,
    /// A sentence for people: the newest.
    pub message: String,
    /// When it was first seen (since it was last resolved).
    pub first_at: Instant,
    /// When it was last seen.
    pub last_at: Instant,
    /// How often it was seen (since it was last resolved).
    pub times: i64,
    /// When it went away or was settled.
    pub resolved_at: Option<Instant>,
}

#[derive(sqlx_macros::FromRow)]
struct FindingRow {
    id: i64,
    subject: String,
    subject_id: i64,
    kind: String,
    message: String,
    first_at: i64,
    last_at: i64,
    times: i64,
    resolved_at: Option<i64>,
}

impl TryFrom<FindingRow> for Finding {
    type Error = StoreError;

    fn try_from(row: FindingRow) -> Result<Self, StoreError> {
        let subject = match row.subject.as_str() {
            "indicator" => Subject::Indicator(IndicatorId(row.subject_id)),
            "source" => Subject::Source(SourceId(row.subject_id)),
            other => return Err(StoreError::corrupt("findings", row.id, format!("{other} is no subject"))),
        };
        Ok(Self {
            subject,
            kind: row.kind,
            message: row.message,
            first_at: Instant::from_seconds(row.first_at),
            last_at: Instant::from_seconds(row.last_at),
            times: row.times,
            resolved_at: row.resolved_at.map(Instant::from_seconds),
        })
    }
}

/// Notes that something was seen at `at`: a new finding, or once more.
pub async fn record(
    tx: &mut Tx,
    subject: impl Into<Subject>,
    kind: &str,
    message: &str,
    at: Instant,
) -> Result<(), StoreError> {
    let (subject, id) = subject.into().columns();
    in_tx!(tx, |ex| {
        let query = sqlx::query(RECORD).bind(subject).bind(id).bind(kind).bind(message).bind(at.seconds());
        query.execute(ex).await.map(drop)
    })?;
    Ok(())
}

/// Settles a finding; whether it was open.
pub async fn resolve(tx: &mut Tx, subject: impl Into<Subject>, kind: &str, at: Instant) -> Result<bool, StoreError> {
    let (subject, id) = subject.into().columns();
    let done = in_tx!(tx, |ex| {
        let query = sqlx::query(RESOLVE).bind(subject).bind(id).bind(kind).bind(at.seconds());
        query.execute(ex).await?.rows_affected()
    });
    Ok(done > 0)
}

/// The findings about one indicator or source, newest first, resolved ones too.
pub async fn list(db: &Db, subject: impl Into<Subject>) -> Result<Vec<Finding>, StoreError> {
    let (subject, id) = subject.into().columns();
    let rows: Vec<FindingRow> = on!(db, |ex| sqlx::query_as(LIST).bind(subject).bind(id).fetch_all(ex).await)?;
    all(rows)
}

/// Every finding that is not resolved, newest first.
pub async fn list_open(db: &Db) -> Result<Vec<Finding>, StoreError> {
    let rows: Vec<FindingRow> = on!(db, |ex| sqlx::query_as(LIST_OPEN).fetch_all(ex).await)?;
    all(rows)
}
