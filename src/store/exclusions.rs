//! Exclusions: proposed, decided, never deleted.

use crate::domain::exclusion::{Category, Exclusion, Scope, Signed, State};
use crate::domain::ids::{AgreementId, ExclusionId, ObjectiveId, ServiceId, UserId};
use crate::domain::recurrence::Recurrence;
use crate::domain::time::{Instant, Minute, Span};
use crate::store::{Db, Page, StoreError, Tx, all, met};
use chrono_tz::Tz;

statements! {
    INSERT = "INSERT INTO exclusions (scope, scope_id, category, reason, start_minute, end_minute, recurrence, zone,
            announced_at, state, proposed_by, proposed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id";
    DECIDE = "UPDATE exclusions SET state = $3, decided_by = $4, decided_at = $5, remark = $6
        WHERE id = $1 AND state = $2";
    FIND = "SELECT id, scope, scope_id, category, reason, start_minute, end_minute, recurrence, zone, announced_at,
            state, proposed_by, proposed_at, decided_by, decided_at, remark
        FROM exclusions WHERE id = $1";
    LIST = "SELECT id, scope, scope_id, category, reason, start_minute, end_minute, recurrence, zone, announced_at,
            state, proposed_by, proposed_at, decided_by, decided_at, remark
        FROM exclusions WHERE CAST($1 AS TEXT) = '' OR state = $1
        ORDER BY start_minute DESC, id DESC LIMIT $2 OFFSET $3";
    COUNT = "SELECT CAST(COUNT(*) AS BIGINT) FROM exclusions WHERE CAST($1 AS TEXT) = '' OR state = $1";
    APPROVED = "SELECT id, scope, scope_id, category, reason, start_minute, end_minute, recurrence, zone, announced_at,
            state, proposed_by, proposed_at, decided_by, decided_at, remark
        FROM exclusions WHERE state = 'approved' ORDER BY start_minute, id";
}

#[derive(sqlx_macros::FromRow)]
struct ExclusionRow {
    id: i64,
    scope: String,
    scope_id: Option<i64>,
    category: String,
    reason: String,
    start_minute: i64,
    end_minute: i64,
    recurrence: String,
    zone: String,
    announced_at: Option<i64>,
    state: String,
    proposed_by: Option<i64>,
    proposed_at: i64,
    decided_by: Option<i64>,
    decided_at: Option<i64>,
    remark: String,
}

impl TryFrom<ExclusionRow> for Exclusion {
    type Error = StoreError;

    fn try_from(row: ExclusionRow) -> Result<Self, StoreError> {
        let corrupt = |why: String| StoreError::corrupt("exclusions", row.id, why);
        let zone = row.zone.parse::<Tz>().map_err(|_unknown| corrupt(format!("{} is no time zone", row.zone)))?;
        let first = Span::new(Minute(row.start_minute), Minute(row.end_minute));
        let signed = |by: Option<i64>, at: i64| Signed { by: by.map(UserId), at: Instant::from_seconds(at) };
        Ok(Self {
            id: ExclusionId(row.id),
            scope: scope(&row.scope, row.scope_id).ok_or_else(|| corrupt(format!("{} is no scope", row.scope)))?,
            category: Category::from_word(&row.category)
                .ok_or_else(|| corrupt(format!("{} is no category", row.category)))?,
            first,
            when: Recurrence::parse(&row.recurrence, zone, first).map_err(|why| corrupt(why.to_string()))?,
            zone,
            announced_at: row.announced_at.map(Instant::from_seconds),
            state: State::from_word(&row.state).ok_or_else(|| corrupt(format!("{} is no state", row.state)))?,
            proposed: signed(row.proposed_by, row.proposed_at),
            decided: row.decided_at.map(|at| signed(row.decided_by, at)),
            reason: row.reason,
            remark: row.remark,
        })
    }
}

/// The scope that two columns hold.
pub(super) fn scope(word: &str, id: Option<i64>) -> Option<Scope> {
    match (word, id) {
        ("all", None) => Some(Scope::All),
        ("service", Some(id)) => Some(Scope::Service(ServiceId(id))),
        ("agreement", Some(id)) => Some(Scope::Agreement(AgreementId(id))),
        ("objective", Some(id)) => Some(Scope::Objective(ObjectiveId(id))),
        _ => None,
    }
}

/// What the second of them holds.
pub(super) const fn scope_id(scope: Scope) -> Option<i64> {
    match scope {
        Scope::All => None,
        Scope::Service(id) => Some(id.0),
        Scope::Agreement(id) => Some(id.0),
        Scope::Objective(id) => Some(id.0),
    }
}

/// Keeps a new proposal; its `id`, and who decided what, are ignored.
pub async fn insert(tx: &mut Tx, exclusion: &Exclusion) -> Result<ExclusionId, StoreError> {
    let id: i64 = in_tx!(tx, |ex| {
        sqlx::query_scalar(INSERT)
            .bind(exclusion.scope.word())
            .bind(scope_id(exclusion.scope))
            .bind(exclusion.category.word())
            .bind(&exclusion.reason)
            .bind(exclusion.first.start().0)
            .bind(exclusion.first.end().0)
            .bind(exclusion.when.text())
            .bind(exclusion.zone.name())
            .bind(exclusion.announced_at.map(Instant::seconds))
            .bind(State::Proposed.word())
            .bind(exclusion.proposed.by.map(|id| id.0))
            .bind(exclusion.proposed.at.seconds())
            .fetch_one(ex)
            .await
    })?;
    Ok(ExclusionId(id))
}

/// Takes an exclusion from one state to another; `NotFound` if it is not in that state any more.
pub async fn decide(
    tx: &mut Tx,
    id: ExclusionId,
    from: State,
    to: State,
    decided: Signed,
    remark: &str,
) -> Result<(), StoreError> {
    let done = in_tx!(tx, |ex| {
        sqlx::query(DECIDE)
            .bind(id.0)
            .bind(from.word())
            .bind(to.word())
            .bind(decided.by.map(|id| id.0))
            .bind(decided.at.seconds())
            .bind(remark)
            .execute(ex)
            .await?
            .rows_affected()
    });
    met(done, "exclusion in that state", id)
}

/// The exclusion with this identity.
pub async fn find(db: &Db, id: ExclusionId) -> Result<Option<Exclusion>, StoreError> {
    let row: Option<ExclusionRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(Exclusion::try_from).transpose()
}

/// Exclusions in a state, or all, those that begin last first.
pub async fn list(db: &Db, state: Option<State>, page: Page) -> Result<Vec<Exclusion>, StoreError> {
    let word = state.map_or("", State::word);
    let rows: Vec<ExclusionRow> =
        on!(db, |ex| sqlx::query_as(LIST).bind(word).bind(page.limit).bind(page.offset).fetch_all(ex).await)?;
    all(rows)
}

/// How many exclusions [`list`] knows.
pub async fn count(db: &Db, state: Option<State>) -> Result<i64, StoreError> {
    let word = state.map_or("", State::word);
    Ok(on!(db, |ex| sqlx::query_scalar(COUNT).bind(word).fetch_one(ex).await)?)
}

/// Every exclusion in force, by its beginning.
pub async fn approved(db: &Db) -> Result<Vec<Exclusion>, StoreError> {
    let rows: Vec<ExclusionRow> = on!(db, |ex| sqlx::query_as(APPROVED).fetch_all(ex).await)?;
    all(rows)
}
