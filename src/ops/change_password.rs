//! Somebody changes their password, and is signed out everywhere.

use crate::domain::model::EmailAddress;
use crate::domain::time::Instant;
use crate::language::say;
use crate::ops::password::{self, HashError, Hasher};
use crate::store::audit::{self, Change};
use crate::store::users::{self, User};
use crate::store::{Db, StoreError, sessions};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

/// What somebody typed.
#[derive(Debug)]
pub struct ChangePassword<'a> {
    /// Who.
    pub user: &'a User,
    /// The password that holds now.
    pub current: SecretString,
    /// The new one.
    pub password: SecretString,
    /// The new one again.
    pub repeat: SecretString,
}

/// Why the password stays.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// Fields with what is wrong with them.
    #[error("the form was refused")]
    Refused(Vec<(&'static str, String)>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Passwords.
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// Replaces the password and ends every session of the user; whoever asked begins a new one.
pub async fn change_password(
    db: &Db,
    hasher: &Hasher,
    wish: ChangePassword<'_>,
    now: Instant,
) -> Result<(), ChangeError> {
    let user = wish.user;
    let mut problems = Vec::new();
    if !hasher.verify(&wish.current, Some(&user.password_hash)).await? {
        problems.push(("current", say!("This is not your present password. Check it and try again.")));
    }
    if let Some(email) = EmailAddress::parse(&user.email) {
        problems.extend(password::check_rules(&wish.password, &email).err().map(|sentence| ("password", sentence)));
    }
    if wish.password.expose_secret() == wish.current.expose_secret() {
        problems.push(("password", say!("This is your present password. Take another one.")));
    }
    if wish.password.expose_secret() != wish.repeat.expose_secret() {
        problems.push(("repeat", say!("This differs from the new password above. Type the same one twice.")));
    }
    if !problems.is_empty() {
        return Err(ChangeError::Refused(problems));
    }
    let password_hash = hasher.hash(&wish.password).await?;
    let mut tx = db.begin_write().await?;
    users::set_password(&mut tx, user.id, &password_hash).await?;
    sessions::delete_by_user(&mut tx, user.id).await?;
    let change = Change { action: "change_password", entity: "user", entity_id: user.id.0, before: None, after: None };
    audit::append(&mut tx, now, Some(user.id), change).await?;
    tx.commit().await?;
    Ok(())
}
