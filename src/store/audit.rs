//! Who changed what, when, from what to what; only ever added to.

use crate::domain::ids::UserId;
use crate::domain::time::Instant;
use crate::store::{Db, Page, StoreError, Tx};

statements! {
    APPEND = "INSERT INTO audit (at, who, action, entity, entity_id, before, after) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    LIST = "SELECT a.id, a.at, a.who, u.name AS who_name, a.action, a.entity, a.entity_id, a.before, a.after
        FROM audit a LEFT JOIN users u ON u.id = a.who ORDER BY a.id DESC LIMIT $1 OFFSET $2";
    LIST_OF = "SELECT a.id, a.at, a.who, u.name AS who_name, a.action, a.entity, a.entity_id, a.before, a.after
        FROM audit a LEFT JOIN users u ON u.id = a.who WHERE a.entity = $1 AND a.entity_id = $2
        ORDER BY a.id DESC LIMIT $3 OFFSET $4";
}

/// A change to be noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// What was done, as a word: `create`, `update`, `archive`.
    pub action: &'a str,
    /// To what kind of thing, as a word: `agreement`.
    pub entity: &'a str,
    /// To which one.
    pub entity_id: i64,
    /// What it was, as JSON text without secrets.
    pub before: Option<&'a str>,
    /// What it became.
    pub after: Option<&'a str>,
}

/// A noted change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Number, ascending.
    pub id: i64,
    /// When.
    pub at: Instant,
    /// By whom; `None` for Nines itself.
    pub who: Option<UserId>,
    /// How that person is called now.
    pub who_name: Option<String>,
    /// What was done, as a word.
    pub action: String,
    /// To what kind of thing.
    pub entity: String,
    /// To which one.
    pub entity_id: i64,
    /// What it was, as JSON text.
    pub before: Option<String>,
    /// What it became.
    pub after: Option<String>,
}

#[derive(sqlx_macros::FromRow)]
struct EntryRow {
    id: i64,
    at: i64,
    who: Option<i64>,
    who_name: Option<String>,
    action: String,
    entity: String,
    entity_id: i64,
    before: Option<String>,
    after: Option<String>,
}

impl From<EntryRow> for Entry {
    fn from(row: EntryRow) -> Self {
        Self {
            id: row.id,
            at: Instant::from_seconds(row.at),
            who: row.who.map(UserId),
            who_name: row.who_name,
            action: row.action,
            entity: row.entity,
            entity_id: row.entity_id,
            before: row.before,
            after: row.after,
        }
    }
}

/// Notes a change, in the transaction that makes it; `who` is `None` for Nines itself.
pub async fn append(tx: &mut Tx, at: Instant, who: Option<UserId>, change: Change<'_>) -> Result<(), StoreError> {
    in_tx!(tx, |ex| {
        sqlx::query(APPEND)
            .bind(at.seconds())
            .bind(who.map(|id| id.0))
            .bind(change.action)
            .bind(change.entity)
            .bind(change.entity_id)
            .bind(change.before)
            .bind(change.after)
            .execute(ex)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// All changes, newest first.
pub async fn list(db: &Db, page: Page) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<EntryRow> =
        on!(db, |ex| sqlx::query_as(LIST).bind(page.limit).bind(page.offset).fetch_all(ex).await)?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

/// The changes of one thing, newest first.
pub async fn list_of(db: &Db, entity: &str, entity_id: i64, page: Page) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<EntryRow> = on!(db, |ex| {
        let query = sqlx::query_as(LIST_OF).bind(entity).bind(entity_id).bind(page.limit).bind(page.offset);
        query.fetch_all(ex).await
    })?;
    Ok(rows.into_iter().map(Entry::from).collect())
}
