//! The keys that an instance works with: one signs cookies, one seals the secrets of sources.

use crate::app::AppError;
use crate::config::{SecretKey, Settings};
use crate::store::{Db, Sealer, StoreError, settings as kept};
use actix_web::cookie::Key;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use std::io::ErrorKind;
use std::path::Path;
use tokio::fs::{OpenOptions, read_to_string};
use tokio::io::AsyncWriteExt as _;

/// Under which name the key that signs cookies is kept.
pub(super) const COOKIE_KEY: &str = "cookie_key";
/// Under which name something sealed is kept, to recognise the key by.
const SEAL_CHECK: &str = "seal_check";
/// The file of the sealing key in the data folder, unless a setting gives the key.
const KEY_FILE: &str = "secret.key";

/// The key that signs cookies; made once and kept in the database, so that a restart signs nobody out.
pub(super) async fn cookie_key(db: &Db) -> Result<Key, AppError> {
    let mut fresh = [0; 64];
    getrandom::fill(&mut fresh)?;
    let mut tx = db.begin_write().await?;
    let bytes = kept::get_or_insert(&mut tx, COOKIE_KEY, &fresh).await?;
    tx.commit().await?;
    Key::try_from(bytes.as_slice()).map_err(|_too_short| AppError::CookieKey)
}

/// What seals the secrets of sources. Refuses a key other than the one that this database was begun with: every secret
/// in it would be unreadable, and new ones unreadable for the instances that have the right key.
pub async fn sealer(db: &Db, settings: &Settings) -> Result<Sealer, AppError> {
    let key = match &settings.secret_key {
        SecretKey::Given(key) => *key.expose_secret(),
        SecretKey::InDataDir => key_file(&settings.data_dir.join(KEY_FILE)).await?,
    };
    let sealer = Sealer::new(key);
    let place = format!("settings:{SEAL_CHECK}");
    let mark = sealer.seal(&place, b"nines").map_err(StoreError::from)?;
    let mut tx = db.begin_write().await?;
    let first = kept::get_or_insert(&mut tx, SEAL_CHECK, &mark).await?;
    tx.commit().await?;
    match sealer.open(&place, &first) {
        Ok(_) => Ok(sealer),
        Err(_says_no_more) => Err(AppError::OtherKey),
    }
}

/// Reads the key file, or makes it, readable for nobody else.
async fn key_file(path: &Path) -> Result<[u8; 32], AppError> {
    let wrong = |why: String| AppError::KeyFile { file: path.display().to_string(), why };
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh)?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).await {
        Ok(mut file) => {
            let text = format!("{}\n", STANDARD.encode(fresh));
            file.write_all(text.as_bytes()).await.map_err(|error| wrong(error.to_string()))?;
            file.sync_all().await.map_err(|error| wrong(error.to_string()))?;
            Ok(fresh)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let text = read_to_string(path).await.map_err(|error| wrong(error.to_string()))?;
            let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
            bytes.ok_or_else(|| wrong("it does not hold 32 bytes in base64".to_owned()))
        }
        Err(error) => Err(wrong(error.to_string())),
    }
}
