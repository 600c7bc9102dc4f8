//! Keys with which programs leave notes. Only a key's SHA-256 is kept, so that a copy of the database opens nothing.

use crate::domain::exclusion::Scope;
use crate::domain::ids::{NoteKeyId, UserId};
use crate::domain::time::Instant;
use crate::store::exclusions::{scope, scope_id};
use crate::store::objectives::ObjectiveListing;
use crate::store::{Db, StoreError, Tx, all, met};

statements! {
    INSERT = "INSERT INTO note_keys (token_hash, scope, scope_id, name, made_by, made_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    FIND = "SELECT id, scope, scope_id, name, made_by, made_at, used_at, revoked_at FROM note_keys WHERE id = $1";
    OPEN = "SELECT id, scope, scope_id, name, made_by, made_at, used_at, revoked_at FROM note_keys
        WHERE token_hash = $1 AND revoked_at IS NULL";
    LIST = "SELECT id, scope, scope_id, name, made_by, made_at, used_at, revoked_at FROM note_keys
        WHERE scope = 'all' OR (scope = 'service' AND scope_id = $1) OR (scope = 'agreement' AND scope_id = $2)
            OR (scope = 'objective' AND scope_id = $3) ORDER BY id DESC";
    USE = "UPDATE note_keys SET used_at = $2 WHERE id = $1";
    REVOKE = "UPDATE note_keys SET revoked_by = $2, revoked_at = $3 WHERE id = $1 AND revoked_at IS NULL";
}

/// A key, without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    /// Identity; ignored by [`insert`].
    pub id: NoteKeyId,
    /// What its notes are about.
    pub scope: Scope,
    /// Who uses it: the author of its notes.
    pub name: String,
    /// Who made it.
    pub made_by: Option<UserId>,
    /// When.
    pub made_at: Instant,
    /// When it last left a note.
    pub used_at: Option<Instant>,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
}

#[derive(sqlx_macros::FromRow)]
struct KeyRow {
    id: i64,
    scope: String,
    scope_id: Option<i64>,
    name: String,
    made_by: Option<i64>,
    made_at: i64,
    used_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl TryFrom<KeyRow> for NoteKey {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self, StoreError> {
        let corrupt = || StoreError::corrupt("note_keys", row.id, format!("{} is no scope", row.scope));
        Ok(Self {
            id: NoteKeyId(row.id),
            scope: scope(&row.scope, row.scope_id).ok_or_else(corrupt)?,
            name: row.name,
            made_by: row.made_by.map(UserId),
            made_at: Instant::from_seconds(row.made_at),
            used_at: row.used_at.map(Instant::from_seconds),
            revoked_at: row.revoked_at.map(Instant::from_seconds),
        })
    }
}

/// Keeps a new key under the hash of its token; its `id`, last use and revocation are ignored.
pub async fn insert(tx: &mut Tx, token_hash: &[u8; 32], key: &NoteKey) -> Result<NoteKeyId, StoreError> {
    let id: i64 = in_tx!(tx, |ex| {
        sqlx::query_scalar(INSERT)
            .bind(token_hash.as_slice())
            .bind(key.scope.word())
            .bind(scope_id(key.scope))
            .bind(&key.name)
            .bind(key.made_by.map(|id| id.0))
            .bind(key.made_at.seconds())
            .fetch_one(ex)
            .await
    })?;
    Ok(NoteKeyId(id))
}

/// The key with this identity, revoked or not.
pub async fn find(db: &Db, id: NoteKeyId) -> Result<Option<NoteKey>, StoreError> {
    let row: Option<KeyRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(NoteKey::try_from).transpose()
}

/// The key behind a token, unless it is revoked.
pub async fn open(db: &Db, token_hash: &[u8; 32]) -> Result<Option<NoteKey>, StoreError> {
    let row: Option<KeyRow> = on!(db, |ex| sqlx::query_as(OPEN).bind(token_hash.as_slice()).fetch_optional(ex).await)?;
    row.map(NoteKey::try_from).transpose()
}

/// Every key whose notes hold for an objective, the newest first.
pub async fn list(db: &Db, of: &ObjectiveListing) -> Result<Vec<NoteKey>, StoreError> {
    let (service, agreement, objective) = (of.indicator.service.0, of.agreement.id.0, of.objective.id.0);
    let rows: Vec<KeyRow> =
        on!(db, |ex| sqlx::query_as(LIST).bind(service).bind(agreement).bind(objective).fetch_all(ex).await)?;
    all(rows)
}

/// Notes that a key was used.
pub async fn note_use(tx: &mut Tx, id: NoteKeyId, at: Instant) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(USE).bind(id.0).bind(at.seconds()).execute(ex).await.map(drop))?;
    Ok(())
}

/// Revokes a key for good; `NotFound` if it was revoked already.
pub async fn revoke(tx: &mut Tx, id: NoteKeyId, by: UserId, at: Instant) -> Result<(), StoreError> {
    let done = in_tx!(tx, |ex| {
        sqlx::query(REVOKE).bind(id.0).bind(by.0).bind(at.seconds()).execute(ex).await?.rows_affected()
    });
    met(done, "key", id)
}
