//! An admin gives somebody an account, or one that was taken away again.

use crate::domain::ids::UserId;
use crate::domain::model::EmailAddress;
use crate::language::say;
use crate::ops::password::{self, HashError, Hasher};
use crate::ops::set_up::{self, add_user};
use crate::ops::{Context, OpsError, audit};
use crate::store::StoreError;
use crate::store::users::{self, Role, User};
use secrecy::SecretString;
use serde::Serialize;
use thiserror::Error;

/// What an admin typed.
#[derive(Debug)]
pub struct Person<'a> {
    /// The name.
    pub name: &'a str,
    /// The address to sign in with.
    pub email: &'a str,
    /// What the person may do.
    pub role: &'a str,
    /// The password to begin with.
    pub password: SecretString,
}

/// Why there is no account.
#[derive(Debug, Error)]
pub enum AddError {
    /// Fields with what is wrong with them.
    #[error("the form was refused")]
    Refused(Vec<(&'static str, String)>),
    /// The database or the audit log.
    #[error(transparent)]
    Ops(#[from] OpsError),
    /// Passwords.
    #[error(transparent)]
    Hash(#[from] HashError),
}

impl From<StoreError> for AddError {
    fn from(error: StoreError) -> Self {
        Self::Ops(error.into())
    }
}

/// What the audit log keeps of a person.
#[derive(Serialize)]
struct Snapshot<'a> {
    email: &'a str,
    name: &'a str,
    role: &'static str,
}

/// Makes an account. Somebody who had one and lost access gets it back, with the new name, role and password.
pub async fn add(context: &Context, hasher: &Hasher, who: UserId, person: Person<'_>) -> Result<UserId, AddError> {
    let (email, role) = check(&person)?;
    let now = context.clock.now();
    let known = users::find_by_email(&context.db, email.as_str()).await?;
    if known.as_ref().is_some_and(User::has_access) {
        return Err(taken());
    }
    let user = User {
        id: known.as_ref().map_or(UserId(0), |known| known.id),
        email: known.as_ref().map_or_else(|| email.to_string(), |known| known.email.clone()),
        name: person.name.trim().to_owned(),
        role,
        password_hash: hasher.hash(&person.password).await?,
        created_at: now,
        language: None,
    };
    let mut tx = context.db.begin_write().await?;
    let added = match known {
        None => add_user(&mut tx, &user, Some(who), now).await,
        Some(_) => users::revive(&mut tx, &user).await.map(|()| user.id),
    };
    let id = match added {
        Ok(id) => id,
        // somebody was faster while the password was hashed
        Err(StoreError::Conflict { .. } | StoreError::NotFound { .. }) => return Err(taken()),
        Err(error) => return Err(error.into()),
    };
    if let Some(before) = &known {
        let was = Snapshot { email: &before.email, name: &before.name, role: before.role.word() };
        let is = Snapshot { email: &user.email, name: &user.name, role: user.role.word() };
        audit(&mut tx, now, Some(who), "user.readmitted", ("user", id.0), (Some(&was), Some(&is))).await?;
    }
    tx.commit().await?;
    Ok(id)
}

fn taken() -> AddError {
    AddError::Refused(vec![("email", say!("Somebody with this address has an account already."))])
}

fn check(person: &Person<'_>) -> Result<(EmailAddress, Role), AddError> {
    let mut problems = Vec::new();
    problems.extend(set_up::name_problem(person.name).map(|sentence| ("name", sentence)));
    let email = EmailAddress::parse(person.email);
    match &email {
        None => problems.push(("email", say!("Write an e-mail address, such as bo@example.org."))),
        Some(email) => {
            problems.extend(password::check_rules(&person.password, email).err().map(|text| ("password", text)));
        }
    }
    let role = Role::from_word(person.role);
    if role.is_none() {
        problems.push(("role", say!("Please choose what the person may do.")));
    }
    match (email, role) {
        (Some(email), Some(role)) if problems.is_empty() => Ok((email, role)),
        _ => Err(AddError::Refused(problems)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_is_wrong_is_named_at_once() {
        let problems = |name, email, role, password: &str| match check(&Person {
            name,
            email,
            role,
            password: SecretString::from(password),
        }) {
            Ok(_) => Vec::new(),
            Err(AddError::Refused(problems)) => problems.into_iter().map(|(field, _)| field).collect(),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(problems("", "bo", "root", "short"), ["name", "email", "role"]);
        assert_eq!(problems("Bo", "bo@example.org", "editor", "short"), ["password"]);
        assert_eq!(problems("Bo", "bo@example.org", "approver", "a long password"), [""; 0]);
    }
}
