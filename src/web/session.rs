//! Who is signed in, remembered in the database.
//!
//! A row exists only for somebody who is signed in; strangers carry a cookie of their own, see [`csrf`](crate::web::csrf).

use crate::domain::ids::UserId;
use crate::ops::sessions::{LIFE_SECONDS, Sessions};
use crate::ops::token;
use crate::view::{Flash, FlashKind};
use crate::web::{State, WebError};
use actix_session::config::{CookieContentSecurity, PersistentSession, SessionLifecycle, TtlExtensionPolicy};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::SameSite;
use actix_web::cookie::time::Duration;

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
pub fn middleware(state: &State) -> SessionMiddleware<Kept> {
    let is_https = state.settings.server.is_https();
    let kept = Kept(Sessions::new(state.db.clone(), state.clock.clone()));
    let lifecycle = PersistentSession::default()
        .session_ttl(Duration::seconds(LIFE_SECONDS))
        .session_ttl_extension_policy(TtlExtensionPolicy::OnStateChanges);
    SessionMiddleware::builder(kept, state.key.clone())
        .cookie_name(if is_https { "__Host-nines" } else { "nines" }.to_owned())
        .cookie_secure(is_https)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(SessionLifecycle::PersistentSession(lifecycle))
        .build()
}

/// The store behind the middleware.
#[derive(Clone, Debug)]
pub struct Kept(Sessions);

/// What a session holds: names and JSON texts.
#[expect(clippy::disallowed_types, reason = "the middleware hands it over in this type; its order is never shown")]
type Content = std::collections::HashMap<String, String>;

fn user_of(content: &Content) -> Option<UserId> {
    content.get(USER).and_then(|text| text.parse().ok()).map(UserId)
}

impl SessionStore for Kept {
    async fn load(&self, key: &SessionKey) -> Result<Option<Content>, LoadError> {
        let document = self.0.read(key.as_ref()).await.map_err(|error| LoadError::Other(error.into()))?;
        let content = document.map(|document| serde_json::from_str(&document)).transpose();
        content.map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn save(&self, content: Content, _: &Duration) -> Result<SessionKey, SaveError> {
        let document = serde_json::to_string(&content).map_err(|error| SaveError::Serialization(error.into()))?;
        let begun = self.0.begin(document, user_of(&content)).await;
        let key = begun.map_err(|error| SaveError::Other(error.into()))?;
        SessionKey::try_from(key).map_err(|error| SaveError::Other(error.into()))
    }

    async fn update(&self, key: SessionKey, content: Content, _: &Duration) -> Result<SessionKey, UpdateError> {
        let document = serde_json::to_string(&content).map_err(|error| UpdateError::Serialization(error.into()))?;
        let changed = self.0.change(key.as_ref(), &document, user_of(&content)).await;
        changed.map_err(|error| UpdateError::Other(error.into()))?;
        Ok(key)
    }

    /// Never asked for: [`Sessions::read`] puts off the end by itself, and rarely.
    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        Ok(self.0.end(key.as_ref()).await?)
    }
}
