//! The one-time link for the first account. Only the token's SHA-256 is kept.

use crate::domain::time::Instant;
use crate::store::db::Lock;
use crate::store::{Db, StoreError, Tx};

statements! {
    FORGET_UNUSED = "DELETE FROM setup_tokens WHERE used_at IS NULL";
    INSERT = "INSERT INTO setup_tokens (hash, expires_at) VALUES ($1, $2)";
    IS_VALID = "SELECT CAST(COUNT(*) AS BIGINT) FROM setup_tokens WHERE hash = $1 AND used_at IS NULL AND expires_at > $2";
    REDEEM = "UPDATE setup_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2";
    COUNT_USERS = "SELECT CAST(COUNT(*) AS BIGINT) FROM users";
}

/// Issues a token; earlier ones that nobody used are void from now on.
pub async fn issue(tx: &mut Tx, hash: &[u8; 32], expires_at: Instant) -> Result<(), StoreError> {
    let expires_at = expires_at.seconds();
    in_tx!(&mut *tx, |ex| sqlx::query(FORGET_UNUSED).execute(ex).await.map(drop))?;
    in_tx!(tx, |ex| sqlx::query(INSERT).bind(hash.as_slice()).bind(expires_at).execute(ex).await.map(drop))?;
    Ok(())
}

/// Would [`redeem`] take this token now? For showing the form.
pub async fn is_valid(db: &Db, hash: &[u8; 32], now: Instant) -> Result<bool, StoreError> {
    let now = now.seconds();
    let count: i64 = on!(db, |ex| sqlx::query_scalar(IS_VALID).bind(hash.as_slice()).bind(now).fetch_one(ex).await)?;
    Ok(count > 0)
}

/// Uses up a token, in the transaction that makes the first account: true once at most, and only while there is no
/// account at all.
pub async fn redeem(tx: &mut Tx, hash: &[u8; 32], now: Instant) -> Result<bool, StoreError> {
    let now = now.seconds();
    tx.lock(Lock::Setup).await?;
    let users: i64 = in_tx!(&mut *tx, |ex| sqlx::query_scalar(COUNT_USERS).fetch_one(ex).await)?;
    if users > 0 {
        return Ok(false);
    }
    let done = in_tx!(tx, |ex| sqlx::query(REDEEM).bind(hash.as_slice()).bind(now).execute(ex).await?.rows_affected());
    Ok(done > 0)
}
