//! Passwords: the rules, and Argon2id at a bounded pace.
//!
//! Each verification takes 19 MiB and some ten milliseconds, so at most two run at a time, away from the threads that
//! answer requests. An unknown user costs the same as a wrong password.

use crate::domain::model::EmailAddress;
use crate::language::say;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

/// How many characters a password has at least.
pub const LEAST_CHARACTERS: usize = 12;
/// How many bytes a password has at most; longer ones only cost time.
pub const MOST_BYTES: usize = 256;

/// Memory in KiB, passes and lanes, as OWASP recommends for Argon2id.
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// How many are computed at a time.
const AT_A_TIME: usize = 2;
/// A hash with our cost of a password that nobody knows: what an unknown user's password is held against.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$8s0lk9PpBLLnVTYFkRXNU5ClGhMkFTrMHtS9JEkWxJo";

/// Hashes and verifies; clones share the pace.
#[derive(Clone, Debug)]
pub struct Hasher(Arc<Semaphore>);

/// A password could not be hashed or verified at all.
#[derive(Debug, Error)]
pub enum HashError {
    /// The library refused, or a stored hash is damaged.
    #[error("a password could not be hashed or verified: {0}")]
    Hash(String),
    /// The computation was cut off.
    #[error("hashing a password was cut off")]
    CutOff(#[from] JoinError),
    /// The program is stopping.
    #[error("no password is hashed any more")]
    Closed(#[from] tokio::sync::AcquireError),
}

impl Default for Hasher {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_A_TIME)))
    }
}

impl Hasher {
    /// The hash to store, as a PHC string with its own salt.
    pub async fn hash(&self, password: &SecretString) -> Result<String, HashError> {
        let password = password.clone();
        self.compute(move || {
            let hash = argon2()?.hash_password(password.expose_secret().as_bytes()).map_err(wrong)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Is it the password behind the stored hash? Without a hash the answer is no, and takes as long.
    pub async fn verify(&self, password: &SecretString, stored: Option<&str>) -> Result<bool, HashError> {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or(NOBODY).to_owned();
        let password = password.clone();
        let is_right = self
            .compute(move || {
                let stored = PasswordHash::new(&stored).map_err(|error| HashError::Hash(error.to_string()))?;
                match argon2()?.verify_password(password.expose_secret().as_bytes(), &stored) {
                    Ok(()) => Ok(true),
                    Err(password_hash::Error::PasswordInvalid) => Ok(false),
                    Err(error) => Err(wrong(error)),
                }
            })
            .await?;
        Ok(is_right && is_known)
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let permit = Arc::clone(&self.0).acquire_owned().await?;
        spawn_blocking(move || {
            // held by the work itself: a request that gave up must not let a third one in
            let _permit = permit;
            work()
        })
        .await?
    }
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|error| HashError::Hash(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn wrong(error: password_hash::Error) -> HashError {
    HashError::Hash(error.to_string())
}

/// What is wrong with a new password, in a sentence that says how to mend it.
pub fn check_rules(password: &SecretString, email: &EmailAddress) -> Result<(), String> {
    let text = password.expose_secret();
    if text.chars().count() < LEAST_CHARACTERS {
        return Err(say!(
            "Take at least {least} characters; a few words in a row are easy to remember.",
            LEAST_CHARACTERS
        ));
    }
    if text.len() > MOST_BYTES {
        return Err(say!("Take at most {most} bytes; that is already far more than anybody can guess.", MOST_BYTES));
    }
    if text.trim().eq_ignore_ascii_case(email.as_str()) {
        return Err(say!("This is your e-mail address; take something that others do not know."));
    }
    let first = text.chars().next();
    if text.chars().all(|c| Some(c) == first) {
        return Err(say!("This is one character over and over; take a few words instead."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_is_recognised_and_a_hash_never_repeats() {
        let hasher = Hasher::default();
        let password = SecretString::from("correct horse battery");
        let (one, two) = (hasher.hash(&password).await.unwrap(), hasher.hash(&password).await.unwrap());
        assert_ne!(one, two);
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert!(hasher.verify(&password, Some(&one)).await.unwrap());
        assert!(!hasher.verify(&SecretString::from("correct horse"), Some(&one)).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_user_is_refused_after_the_same_computation() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        assert_eq!(nobody.params.to_string(), "m=19456,t=2,p=1");
        assert!(!Hasher::default().verify(&SecretString::from("anything at all"), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_damaged_hash_is_an_error_and_not_a_refusal() {
        assert!(Hasher::default().verify(&SecretString::from("x"), Some("plain text")).await.is_err());
    }

    #[test]
    fn weak_passwords_are_refused_with_a_way_to_mend_them() {
        let email = EmailAddress::parse("anastasia@example.org").unwrap();
        let check = |text: &str| check_rules(&SecretString::from(text), &email);
        for (text, mend) in [
            ("elevenchars", "at least 12"),
            ("", "at least 12"),
            (&"x".repeat(257), "at most 256"),
            ("Anastasia@Example.org", "e-mail address"),
            ("aaaaaaaaaaaaaaa", "a few words"),
        ] {
            assert!(check(text).unwrap_err().contains(mend), "{text}");
        }
        assert_eq!(check("zwölf Zeichen"), Ok(()));
        assert_eq!(check(&"correct horse ".repeat(18)), Ok(()), "252 bytes");
    }
}
