//! Small things that Nines itself remembers, by name: keys that it made, marks that it left.

use crate::store::{Db, StoreError, Tx};

statements! {
    GET = "SELECT value FROM settings WHERE key = $1";
    INSERT = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
    PUT = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
}

/// What is kept under `key`.
pub async fn get(db: &Db, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(on!(db, |ex| sqlx::query_scalar(GET).bind(key).fetch_optional(ex).await)?)
}

/// What is kept under `key`; if nothing is, `value` from now on. All who ask at once get the same.
pub async fn get_or_insert(tx: &mut Tx, key: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
    in_tx!(&mut *tx, |ex| sqlx::query(INSERT).bind(key).bind(value).execute(ex).await.map(drop))?;
    Ok(in_tx!(tx, |ex| sqlx::query_scalar(GET).bind(key).fetch_one(ex).await)?)
}

/// Keeps `value` under `key`, whatever was there.
pub async fn put(tx: &mut Tx, key: &str, value: &[u8]) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(PUT).bind(key).bind(value).execute(ex).await.map(drop))?;
    Ok(())
}
