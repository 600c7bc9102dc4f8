//! Who is signed in, remembered in the database.
//!
//! A row exists only for somebody who is signed in. It ends twelve hours after the last use, seven days after signing in,
//! at sign-out, or when the password changes; using it writes to the database only when half of its time is over.

use crate::clock::Clock;
use crate::domain::ids::UserId;
use crate::domain::time::Instant;
use crate::store::{Db, StoreError, sessions};
use crate::view::{Flash, FlashKind};
use crate::web::{State, WebError, token};
use actix_session::config::{CookieContentSecurity, PersistentSession, SessionLifecycle, TtlExtensionPolicy};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::SameSite;
use actix_web::cookie::time::Duration;
use std::collections::HashMap;

/// Under which name the signing key is kept.
pub const KEY_NAME: &str = "cookie_key";

/// A session ends this long after its last use.
const IDLE_SECONDS: i64 = 12 * 3600;
/// And this long after signing in.
const LIFE_SECONDS: i64 = 7 * 24 * 3600;

const USER: &str = "user";
const CSRF: &str = "csrf";
const FLASH: &str = "flash";

/// Begins a session for somebody who has just shown their password: another key, another token.
pub fn begin(session: &Session, user: UserId) -> Result<(), WebError> {
    session.clear();
    session.renew();
    session.insert(USER, user.0).map_err(WebError::internal)?;
    session.insert(CSRF, token::random()?).map_err(WebError::internal)
}

/// Who is signed in.
#[must_use]
pub fn user(session: &Session) -> Option<UserId> {
    session.get(USER).ok().flatten().map(UserId)
}

/// The token that forms of this session carry.
#[must_use]
pub fn csrf(session: &Session) -> Option<String> {
    session.get(CSRF).ok().flatten()
}

/// Says something on the next page; nothing if nobody is signed in.
pub fn tell(session: &Session, flash: &Flash) -> Result<(), WebError> {
    if user(session).is_none() {
        return Ok(());
    }
    let is_done = flash.kind == FlashKind::Done;
    session.insert(FLASH, (is_done, &flash.text)).map_err(WebError::internal)
}

/// What the last request wanted said, once.
#[must_use]
pub fn take_flash(session: &Session) -> Option<Flash> {
    if !session.contains_key(FLASH) {
        return None;
    }
    let (is_done, text) = session.remove_as::<(bool, String)>(FLASH)?.ok()?;
    Some(Flash { kind: if is_done { FlashKind::Done } else { FlashKind::Failed }, text })
}

/// The middleware that reads and keeps sessions.
#[must_use]
pub fn middleware(state: &State) -> SessionMiddleware<Sessions> {
    let is_https = state.settings.server.is_https();
    let lifecycle = PersistentSession::default()
        .session_ttl(Duration::seconds(LIFE_SECONDS))
        .session_ttl_extension_policy(TtlExtensionPolicy::OnStateChanges);
    SessionMiddleware::builder(Sessions { db: state.db.clone(), clock: state.clock.clone() }, state.key.clone())
        .cookie_name(if is_https { "__Host-nines" } else { "nines" }.to_owned())
        .cookie_secure(is_https)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(SessionLifecycle::PersistentSession(lifecycle))
        .build()
}

/// Keeps sessions in the database, under the hash of their key.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: Db,
    clock: Clock,
}

/// What a session holds: names and JSON texts.
type Content = HashMap<String, String>;

impl Sessions {
    async fn read(&self, key: &str) -> Result<Option<Content>, LoadError> {
        let (hash, now) = (token::hash(key), self.clock.now());
        let found = sessions::load(&self.db, &hash, now).await.map_err(|error| LoadError::Other(error.into()))?;
        let Some(found) = found else { return Ok(None) };
        let until = expiry(found.created_at, now);
        if until.seconds() - found.expires_at.seconds() > IDLE_SECONDS / 2 {
            let extended = self.write(&hash, &found.document, found.user, until).await;
            extended.map_err(|error| LoadError::Other(error.into()))?;
        }
        serde_json::from_str(&found.document).map(Some).map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn write(
        &self,
        hash: &[u8; 32],
        document: &str,
        user: Option<UserId>,
        until: Instant,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin_write().await?;
        let is_there = sessions::update(&mut tx, hash, document, user, until).await?;
        tx.commit().await?;
        Ok(is_there)
    }

    async fn begin(&self, content: &Content) -> Result<String, WebError> {
        let (key, now) = (token::random()?, self.clock.now());
        let session = sessions::Session {
            document: serde_json::to_string(content).map_err(WebError::internal)?,
            user: user_of(content),
            created_at: now,
            expires_at: expiry(now, now),
        };
        let mut tx = self.db.begin_write().await?;
        // signing in is rare enough to sweep up behind those who never signed out
        sessions::purge(&mut tx, now).await?;
        sessions::save(&mut tx, &token::hash(&key), &session).await?;
        tx.commit().await?;
        Ok(key)
    }

    async fn change(&self, key: &str, content: &Content) -> Result<(), WebError> {
        let (hash, now) = (token::hash(key), self.clock.now());
        let Some(found) = sessions::load(&self.db, &hash, now).await? else { return Ok(()) };
        let document = serde_json::to_string(content).map_err(WebError::internal)?;
        // a session that was ended elsewhere in the meantime stays ended
        self.write(&hash, &document, user_of(content), expiry(found.created_at, now)).await?;
        Ok(())
    }

    async fn end(&self, key: &str) -> Result<(), StoreError> {
        let mut tx = self.db.begin_write().await?;
        sessions::delete(&mut tx, &token::hash(key)).await?;
        tx.commit().await
    }
}

fn user_of(content: &Content) -> Option<UserId> {
    content.get(USER).and_then(|text| text.parse().ok()).map(UserId)
}

/// When a session that began at `start` and is used at `now` ends.
fn expiry(start: Instant, now: Instant) -> Instant {
    now.plus_seconds(IDLE_SECONDS).min(start.plus_seconds(LIFE_SECONDS))
}

impl SessionStore for Sessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<Content>, LoadError> {
        self.read(key.as_ref()).await
    }

    async fn save(&self, content: Content, _: &Duration) -> Result<SessionKey, SaveError> {
        let key = self.begin(&content).await.map_err(|error| SaveError::Other(error.into()))?;
        SessionKey::try_from(key).map_err(|error| SaveError::Other(error.into()))
    }

    async fn update(&self, key: SessionKey, content: Content, _: &Duration) -> Result<SessionKey, UpdateError> {
        self.change(key.as_ref(), &content).await.map_err(|error| UpdateError::Other(error.into()))?;
        Ok(key)
    }

    /// Never asked for: [`Sessions::load`] extends by itself, and rarely.
    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        Ok(self.end(key.as_ref()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_twelve_hours_after_its_use_and_seven_days_after_its_beginning() {
        let at = |hours: i64| Instant::from_seconds(hours * 3600);
        assert_eq!(expiry(at(0), at(0)), at(12));
        assert_eq!(expiry(at(0), at(10)), at(22));
        assert_eq!(expiry(at(0), at(160)), at(168));
    }
}
