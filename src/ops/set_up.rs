//! The first account, made through a link that was printed at the start.
//!
//! The link carries 32 random bytes of which only the hash is stored. It works once, for a day, and only while there is
//! no account; each start makes a new one while that is so, which voids the one before.

use crate::domain::ids::UserId;
use crate::domain::model::EmailAddress;
use crate::domain::time::Instant;
use crate::language::say;
use crate::ops::password::{self, HashError, Hasher};
use crate::ops::token;
use crate::store::audit::{self, Change};
use crate::store::users::{self, Role, User};
use crate::store::{Db, StoreError, Tx, setup_tokens};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

/// How long a link works, in seconds.
pub const LINK_SECONDS: i64 = 24 * 3600;
/// How long a name may be, in characters.
const NAME_CHARACTERS_MAX: usize = 100;

/// What somebody typed.
#[derive(Debug)]
pub struct SetUp<'a> {
    /// From the link.
    pub token: &'a str,
    /// Their name.
    pub name: &'a str,
    /// Their address.
    pub email: &'a str,
    /// Their password.
    pub password: SecretString,
    /// The same again.
    pub repeat: SecretString,
}

/// Why there is no account, or no link.
#[derive(Debug, Error)]
pub enum SetUpError {
    /// The link was used, is too old, or is not needed any more.
    #[error("the set-up link does not work any more")]
    DeadLink,
    /// Fields with what is wrong with them.
    #[error("the form was refused")]
    Refused(Vec<(&'static str, String)>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Passwords.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The system's source of randomness.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

/// Is there an account already?
pub async fn is_done(db: &Db) -> Result<bool, StoreError> {
    Ok(users::count(db).await? > 0)
}

/// Makes a link's token while there is no account; it is returned once and kept nowhere.
pub async fn offer(db: &Db, now: Instant) -> Result<Option<String>, SetUpError> {
    if is_done(db).await? {
        return Ok(None);
    }
    let token = token::random()?;
    let mut tx = db.begin_write().await?;
    setup_tokens::issue(&mut tx, &token::hash(&token), now.plus_seconds(LINK_SECONDS)).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// Would the link with this token work now?
pub async fn is_valid(db: &Db, token: &str, now: Instant) -> Result<bool, StoreError> {
    Ok(!is_done(db).await? && setup_tokens::is_valid(db, &token::hash(token), now).await?)
}

/// Makes the first account, an admin's, and uses up the link.
pub async fn set_up(db: &Db, hasher: &Hasher, wish: SetUp<'_>, now: Instant) -> Result<UserId, SetUpError> {
    if !is_valid(db, wish.token, now).await? {
        return Err(SetUpError::DeadLink);
    }
    let email = check(&wish)?;
    let user = User {
        id: UserId(0),
        email: email.to_string(),
        name: wish.name.trim().to_owned(),
        role: Role::Admin,
        password_hash: hasher.hash(&wish.password).await?,
        created_at: now,
        language: None,
    };
    let mut tx = db.begin_write().await?;
    // again, and this time for good: somebody may have been faster while the password was hashed
    if !setup_tokens::redeem(&mut tx, &token::hash(wish.token), now).await? {
        tx.rollback().await?;
        return Err(SetUpError::DeadLink);
    }
    let id = add_user(&mut tx, &user, None, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Keeps a new account and notes it; `who` is `None` for Nines itself.
pub async fn add_user(tx: &mut Tx, user: &User, who: Option<UserId>, now: Instant) -> Result<UserId, StoreError> {
    let id = users::insert(tx, user).await?;
    let after = serde_json::json!({ "email": user.email, "name": user.name, "role": user.role.word() }).to_string();
    let change =
        Change { action: "create", entity: "user", entity_id: id.0, before: None, after: Some(after.as_str()) };
    audit::append(tx, now, who.or(Some(id)), change).await?;
    Ok(id)
}

/// What is wrong with a name, in a sentence that says how to mend it.
#[must_use]
pub fn name_problem(name: &str) -> Option<String> {
    let name = name.trim();
    if name.is_empty() {
        return Some(say!("Write a name; reports and the audit log will show it."));
    }
    let is_long = name.chars().count() > NAME_CHARACTERS_MAX || name.chars().any(char::is_control);
    is_long.then(|| say!("Take at most {most} characters, all in one line.", NAME_CHARACTERS_MAX))
}

fn check(wish: &SetUp<'_>) -> Result<EmailAddress, SetUpError> {
    let mut problems = Vec::new();
    problems.extend(name_problem(wish.name).map(|sentence| ("name", sentence)));
    let email = EmailAddress::parse(wish.email);
    match &email {
        None => problems.push(("email", say!("Write your e-mail address, such as ana@example.org."))),
        Some(email) => {
            problems.extend(password::check_rules(&wish.password, email).err().map(|sentence| ("password", sentence)));
        }
    }
    if wish.password.expose_secret() != wish.repeat.expose_secret() {
        problems.push(("repeat", say!("This differs from the password above. Type the same one twice.")));
    }
    match email {
        Some(email) if problems.is_empty() => Ok(email),
        _ => Err(SetUpError::Refused(problems)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(name: &str, email: &str, password: &str, repeat: &str) -> Vec<&'static str> {
        let wish = SetUp {
            token: "t",
            name,
            email,
            password: SecretString::from(password),
            repeat: SecretString::from(repeat),
        };
        match check(&wish) {
            Ok(_) => Vec::new(),
            Err(SetUpError::Refused(problems)) => problems.into_iter().map(|(field, _)| field).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn every_field_that_is_wrong_is_named_at_once() {
        assert_eq!(problems("", "ana", "short", "other"), ["name", "email", "repeat"]);
        assert_eq!(problems("Ana", "ana@example.org", "short", "short"), ["password"]);
        assert_eq!(problems("Ana\nBo", "ana@example.org", "a long password", "a long passwort"), ["name", "repeat"]);
        assert_eq!(problems(" Ana ", "ana@example.org", "a long password", "a long password"), [""; 0]);
    }
}
