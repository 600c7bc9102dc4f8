//! The sessions of browsers: begin, use, change, end.
//!
//! A session ends twelve hours after its last use, seven days after signing in, at sign-out, or when the password
//! changes; using it writes to the database only when half of its time is over.

use crate::clock::Clock;
use crate::domain::ids::UserId;
use crate::domain::time::Instant;
use crate::ops::token;
use crate::store::sessions::{self, Session};
use crate::store::{Db, StoreError};
use thiserror::Error;

/// A session ends this long after its last use.
const IDLE_SECONDS: i64 = 12 * 3600;
/// And this long after signing in.
pub const LIFE_SECONDS: i64 = 7 * 24 * 3600;

/// Keeps sessions in the database, under the hash of their key.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: Db,
    clock: Clock,
}

/// Why a session could not begin.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system's source of randomness.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

impl Sessions {
    /// Of this database, by this clock.
    #[must_use]
    pub const fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// What the session of that key holds, if it has not ended; puts off its end.
    pub async fn read(&self, key: &str) -> Result<Option<String>, StoreError> {
        let (hash, now) = (token::hash(key), self.clock.now());
        let Some(found) = sessions::load(&self.db, &hash, now).await? else { return Ok(None) };
        let until = expiry(found.created_at, now);
        if until.seconds() - found.expires_at.seconds() > IDLE_SECONDS / 2 {
            self.write(&hash, &found.document, found.user, until).await?;
        }
        Ok(Some(found.document))
    }

    /// Begins a session; its key is returned once and kept nowhere.
    pub async fn begin(&self, document: String, user: Option<UserId>) -> Result<String, SessionError> {
        let (key, now) = (token::random()?, self.clock.now());
        let session = Session { document, user, created_at: now, expires_at: expiry(now, now) };
        let mut tx = self.db.begin_write().await?;
        // signing in is rare enough to sweep up behind those who never signed out
        sessions::purge(&mut tx, now).await?;
        sessions::save(&mut tx, &token::hash(&key), &session).await?;
        tx.commit().await?;
        Ok(key)
    }

    /// Changes what a session holds. One that was ended elsewhere in the meantime stays ended.
    pub async fn change(&self, key: &str, document: &str, user: Option<UserId>) -> Result<(), StoreError> {
        let (hash, now) = (token::hash(key), self.clock.now());
        let Some(found) = sessions::load(&self.db, &hash, now).await? else { return Ok(()) };
        self.write(&hash, document, user, expiry(found.created_at, now)).await
    }

    /// Ends a session.
    pub async fn end(&self, key: &str) -> Result<(), StoreError> {
        let mut tx = self.db.begin_write().await?;
        sessions::delete(&mut tx, &token::hash(key)).await?;
        tx.commit().await
    }

    async fn write(
        &self,
        hash: &[u8; 32],
        document: &str,
        user: Option<UserId>,
        until: Instant,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin_write().await?;
        sessions::update(&mut tx, hash, document, user, until).await?;
        tx.commit().await
    }
}

/// When a session that began at `start` and is used at `now` ends.
fn expiry(start: Instant, now: Instant) -> Instant {
    now.plus_seconds(IDLE_SECONDS).min(start.plus_seconds(LIFE_SECONDS))
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
