//! Why a service was down, as people entered it.

use crate::domain::ids::{ServiceId, UserId};
use crate::domain::time::{Instant, Minute, Span};
use crate::store::{Db, StoreError, Tx};

statements! {
    SAVE = "INSERT INTO outage_causes (service, start_minute, end_minute, cause, entered_by, entered_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (service, start_minute) DO UPDATE SET end_minute = excluded.end_minute, cause = excluded.cause,
            entered_by = excluded.entered_by, entered_at = excluded.entered_at";
    REMOVE = "DELETE FROM outage_causes WHERE service = $1 AND start_minute = $2";
    LIST = "SELECT service, start_minute, end_minute, cause, entered_by, entered_at FROM outage_causes
        WHERE service = $1 AND start_minute < $3 AND end_minute > $2 ORDER BY start_minute";
}

/// Why a service was down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutageCause {
    /// Which service; every objective about it shows the cause beside outages at that time.
    pub service: ServiceId,
    /// When.
    pub span: Span,
    /// Why, in people's words.
    pub cause: String,
    /// Who entered it.
    pub entered_by: Option<UserId>,
    /// When it was entered.
    pub entered_at: Instant,
}

#[derive(sqlx_macros::FromRow)]
struct CauseRow {
    service: i64,
    start_minute: i64,
    end_minute: i64,
    cause: String,
    entered_by: Option<i64>,
    entered_at: i64,
}

impl From<CauseRow> for OutageCause {
    fn from(row: CauseRow) -> Self {
        Self {
            service: ServiceId(row.service),
            span: Span::new(Minute(row.start_minute), Minute(row.end_minute)),
            cause: row.cause,
            entered_by: row.entered_by.map(UserId),
            entered_at: Instant::from_seconds(row.entered_at),
        }
    }
}

/// Keeps a cause in place of any that begins at the same minute; an empty one is taken away.
pub async fn save(tx: &mut Tx, cause: &OutageCause) -> Result<(), StoreError> {
    if cause.cause.is_empty() {
        let (service, start) = (cause.service.0, cause.span.start().0);
        in_tx!(tx, |ex| sqlx::query(REMOVE).bind(service).bind(start).execute(ex).await.map(drop))?;
        return Ok(());
    }
    in_tx!(tx, |ex| {
        sqlx::query(SAVE)
            .bind(cause.service.0)
            .bind(cause.span.start().0)
            .bind(cause.span.end().0)
            .bind(&cause.cause)
            .bind(cause.entered_by.map(|id| id.0))
            .bind(cause.entered_at.seconds())
            .execute(ex)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// The causes of a service's outages that touch a span, in order of time.
pub async fn list(db: &Db, service: ServiceId, span: Span) -> Result<Vec<OutageCause>, StoreError> {
    let (start, end) = (span.start().0, span.end().0);
    let rows: Vec<CauseRow> =
        on!(db, |ex| sqlx::query_as(LIST).bind(service.0).bind(start).bind(end).fetch_all(ex).await)?;
    Ok(rows.into_iter().map(OutageCause::from).collect())
}
