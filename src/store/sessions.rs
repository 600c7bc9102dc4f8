//! Sessions of browsers. Only the key's SHA-256 is kept, so that a copy of the database opens nobody's account.

use crate::domain::ids::UserId;
use crate::domain::time::Instant;
use crate::store::{Db, StoreError, Tx};

statements! {
    LOAD = "SELECT document, user_id, created_at, expires_at FROM sessions WHERE key_hash = $1 AND expires_at > $2";
    SAVE = "INSERT INTO sessions (key_hash, document, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (key_hash) DO UPDATE SET document = excluded.document, user_id = excluded.user_id,
            created_at = excluded.created_at, expires_at = excluded.expires_at";
    UPDATE = "UPDATE sessions SET document = $2, user_id = $3, expires_at = $4 WHERE key_hash = $1";
    DELETE = "DELETE FROM sessions WHERE key_hash = $1";
    DELETE_BY_USER = "DELETE FROM sessions WHERE user_id = $1";
    PURGE = "DELETE FROM sessions WHERE expires_at <= $1";
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What it holds, as JSON text.
    pub document: String,
    /// Who is signed in, if anybody.
    pub user: Option<UserId>,
    /// When it began.
    pub created_at: Instant,
    /// From when it is void.
    pub expires_at: Instant,
}

#[derive(sqlx_macros::FromRow)]
struct SessionRow {
    document: String,
    user_id: Option<i64>,
    created_at: i64,
    expires_at: i64,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            document: row.document,
            user: row.user_id.map(UserId),
            created_at: Instant::from_seconds(row.created_at),
            expires_at: Instant::from_seconds(row.expires_at),
        }
    }
}

/// The session behind a key, unless it has expired.
pub async fn load(db: &Db, key_hash: &[u8; 32], now: Instant) -> Result<Option<Session>, StoreError> {
    let now = now.seconds();
    let row: Option<SessionRow> =
        on!(db, |ex| sqlx::query_as(LOAD).bind(key_hash.as_slice()).bind(now).fetch_optional(ex).await)?;
    Ok(row.map(Session::from))
}

/// Keeps a session, new or not.
pub async fn save(tx: &mut Tx, key_hash: &[u8; 32], session: &Session) -> Result<(), StoreError> {
    in_tx!(tx, |ex| {
        sqlx::query(SAVE)
            .bind(key_hash.as_slice())
            .bind(&session.document)
            .bind(session.user.map(|id| id.0))
            .bind(session.created_at.seconds())
            .bind(session.expires_at.seconds())
            .execute(ex)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Changes what a session holds, who is signed in and when it expires; false if it is gone.
pub async fn update(
    tx: &mut Tx,
    key_hash: &[u8; 32],
    document: &str,
    user: Option<UserId>,
    expires_at: Instant,
) -> Result<bool, StoreError> {
    let (user, expires_at) = (user.map(|id| id.0), expires_at.seconds());
    let done = in_tx!(tx, |ex| {
        let query = sqlx::query(UPDATE).bind(key_hash.as_slice()).bind(document).bind(user).bind(expires_at);
        query.execute(ex).await?.rows_affected()
    });
    Ok(done > 0)
}

/// Ends a session; nothing happens if it is gone.
pub async fn delete(tx: &mut Tx, key_hash: &[u8; 32]) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(DELETE).bind(key_hash.as_slice()).execute(ex).await.map(drop))?;
    Ok(())
}

/// Ends every session of a person; how many there were.
pub async fn delete_by_user(tx: &mut Tx, user: UserId) -> Result<u64, StoreError> {
    let done = in_tx!(tx, |ex| sqlx::query(DELETE_BY_USER).bind(user.0).execute(ex).await?.rows_affected());
    Ok(done)
}

/// Forgets the sessions that have expired; how many there were.
pub async fn purge(tx: &mut Tx, now: Instant) -> Result<u64, StoreError> {
    let done = in_tx!(tx, |ex| sqlx::query(PURGE).bind(now.seconds()).execute(ex).await?.rows_affected());
    Ok(done)
}
