//! Accounts.

use crate::domain::ids::UserId;
use crate::domain::time::Instant;
use crate::language::Language;
use crate::store::{Db, StoreError, Tx, all, met};

statements! {
    INSERT = "INSERT INTO users (email, email_key, name, role, password_hash, created_at, language)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    FIND = "SELECT id, email, name, role, password_hash, created_at, language FROM users WHERE id = $1";
    FIND_BY_EMAIL = "SELECT id, email, name, role, password_hash, created_at, language FROM users WHERE email_key = $1";
    LIST = "SELECT id, email, name, role, password_hash, created_at, language FROM users ORDER BY id";
    COUNT = "SELECT CAST(COUNT(*) AS BIGINT) FROM users";
    SET_PASSWORD = "UPDATE users SET password_hash = $2 WHERE id = $1";
    SET_LANGUAGE = "UPDATE users SET language = $2 WHERE id = $1";
    SET_ROLE = "UPDATE users SET role = $2 WHERE id = $1";
    LOCK_ADMINS = "UPDATE users SET role = role WHERE role = 'admin'";
    OTHER_ADMINS = "SELECT CAST(COUNT(*) AS BIGINT) FROM users
        WHERE role = 'admin' AND password_hash <> '' AND id <> $1";
    REVIVE = "UPDATE users SET name = $2, role = $3, password_hash = $4 WHERE id = $1 AND password_hash = ''";
}

/// What a person may do; each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Look.
    Viewer,
    /// Define services, sources and agreements.
    Editor,
    /// Approve what editors propose.
    Approver,
    /// Manage accounts and settings.
    Admin,
}

impl Role {
    /// Every role, least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Editor, Self::Approver, Self::Admin];

    /// The word that is stored and shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Approver => "approver",
            Self::Admin => "admin",
        }
    }

    /// The role behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Identity; ignored by [`insert`].
    pub id: UserId,
    /// As it was entered; unique whatever its case.
    pub email: String,
    /// How the person is called.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// Argon2id, in PHC form; empty for somebody who may not sign in any more, but did things that are remembered.
    pub password_hash: String,
    /// When the account was made.
    pub created_at: Instant,
    /// The language that its pages are in; nothing for that of the browser.
    pub language: Option<Language>,
}

impl User {
    /// May this person sign in?
    #[must_use]
    pub const fn has_access(&self) -> bool {
        !self.password_hash.is_empty()
    }
}

#[derive(sqlx_macros::FromRow)]
struct UserRow {
    id: i64,
    email: String,
    name: String,
    role: String,
    password_hash: String,
    created_at: i64,
    language: String,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let role = Role::from_word(&row.role);
        let corrupt = || StoreError::corrupt("users", row.id, format!("{} is no language", row.language));
        let chosen = Some(row.language.as_str()).filter(|word| !word.is_empty());
        Ok(Self {
            id: UserId(row.id),
            role: role.ok_or_else(|| StoreError::corrupt("users", row.id, format!("{} is no role", row.role)))?,
            email: row.email,
            name: row.name,
            password_hash: row.password_hash,
            created_at: Instant::from_seconds(row.created_at),
            language: chosen.map(|word| Language::from_word(word).ok_or_else(corrupt)).transpose()?,
        })
    }
}

/// Keeps a new account; the `id` in it is ignored. `Conflict` on `users.email_key` if the address has one, whatever its case.
pub async fn insert(tx: &mut Tx, user: &User) -> Result<UserId, StoreError> {
    let id: i64 = in_tx!(tx, |ex| {
        sqlx::query_scalar(INSERT)
            .bind(&user.email)
            .bind(email_key(&user.email))
            .bind(&user.name)
            .bind(user.role.word())
            .bind(&user.password_hash)
            .bind(user.created_at.seconds())
            .bind(user.language.map_or("", Language::word))
            .fetch_one(ex)
            .await
    })?;
    Ok(UserId(id))
}

/// The account with this identity.
pub async fn find(db: &Db, id: UserId) -> Result<Option<User>, StoreError> {
    let row: Option<UserRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(User::try_from).transpose()
}

/// The account with this address, whatever its case.
pub async fn find_by_email(db: &Db, email: &str) -> Result<Option<User>, StoreError> {
    let key = email_key(email);
    let row: Option<UserRow> = on!(db, |ex| sqlx::query_as(FIND_BY_EMAIL).bind(key).fetch_optional(ex).await)?;
    row.map(User::try_from).transpose()
}

/// Every account, oldest first.
pub async fn list(db: &Db) -> Result<Vec<User>, StoreError> {
    let rows: Vec<UserRow> = on!(db, |ex| sqlx::query_as(LIST).fetch_all(ex).await)?;
    all(rows)
}

/// How many accounts there are.
pub async fn count(db: &Db) -> Result<i64, StoreError> {
    Ok(on!(db, |ex| sqlx::query_scalar(COUNT).fetch_one(ex).await)?)
}

/// Replaces a password. Sessions stay: see [`sessions::delete_by_user`](crate::store::sessions::delete_by_user).
pub async fn set_password(tx: &mut Tx, id: UserId, password_hash: &str) -> Result<(), StoreError> {
    let done = in_tx!(tx, |ex| {
        sqlx::query(SET_PASSWORD).bind(id.0).bind(password_hash).execute(ex).await?.rows_affected()
    });
    met(done, "user", id)
}

/// Says in which language their pages are; nothing for that of the browser.
pub async fn set_language(tx: &mut Tx, id: UserId, language: Option<Language>) -> Result<(), StoreError> {
    let word = language.map_or("", Language::word);
    let done = in_tx!(tx, |ex| sqlx::query(SET_LANGUAGE).bind(id.0).bind(word).execute(ex).await?.rows_affected());
    met(done, "user", id)
}

/// Gives another role.
pub async fn set_role(tx: &mut Tx, id: UserId, role: Role) -> Result<(), StoreError> {
    let done = in_tx!(tx, |ex| sqlx::query(SET_ROLE).bind(id.0).bind(role.word()).execute(ex).await?.rows_affected());
    met(done, "user", id)
}

/// How many admins with access there are besides this account; nobody else can change that until the transaction ends.
pub async fn other_admins(tx: &mut Tx, id: UserId) -> Result<i64, StoreError> {
    in_tx!(tx, |ex| sqlx::query(LOCK_ADMINS).execute(ex).await.map(drop))?;
    Ok(in_tx!(tx, |ex| sqlx::query_scalar(OTHER_ADMINS).bind(id.0).fetch_one(ex).await)?)
}

/// Gives an account without access name, role and password anew; `NotFound` if it has access.
pub async fn revive(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    let done = in_tx!(tx, |ex| {
        sqlx::query(REVIVE)
            .bind(user.id.0)
            .bind(&user.name)
            .bind(user.role.word())
            .bind(&user.password_hash)
            .execute(ex)
            .await?
            .rows_affected()
    });
    met(done, "user without access", user.id)
}

/// Lower-cased here, because the engines' `lower` know different alphabets.
fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}
