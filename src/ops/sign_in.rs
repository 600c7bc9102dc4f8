//! Somebody signs in.

use crate::domain::model::EmailAddress;
use crate::domain::time::Instant;
use crate::ops::password::{HashError, Hasher, MOST_BYTES};
use crate::store::audit::{self, Change};
use crate::store::users::{self, User};
use crate::store::{Db, StoreError};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

/// Why somebody was not signed in.
#[derive(Debug, Error)]
pub enum SignInError {
    /// Unknown address or wrong password: which of the two is not said.
    #[error("this address and password do not belong together")]
    Refused,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Passwords.
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// The user behind an address and a password. An unknown address takes as long as a wrong password.
pub async fn sign_in(
    db: &Db,
    hasher: &Hasher,
    email: &str,
    password: &SecretString,
    now: Instant,
) -> Result<User, SignInError> {
    if password.expose_secret().len() > MOST_BYTES {
        return Err(SignInError::Refused);
    }
    let user = match EmailAddress::parse(email) {
        Some(email) => users::find_by_email(db, email.as_str()).await?,
        None => None,
    };
    let user = user.filter(User::has_access);
    let stored = user.as_ref().map(|user| user.password_hash.as_str());
    let is_right = hasher.verify(password, stored).await?;
    let user = user.filter(|_| is_right).ok_or(SignInError::Refused)?;
    let mut tx = db.begin_write().await?;
    let change = Change { action: "sign_in", entity: "user", entity_id: user.id.0, before: None, after: None };
    audit::append(&mut tx, now, Some(user.id), change).await?;
    tx.commit().await?;
    Ok(user)
}
