//! Secrets at rest: sealed with a key that is not in the database.
//!
//! `version byte 1 | 24 bytes nonce | XChaCha20-Poly1305 of the secret`, with the place it belongs to
//! (`table:id:column`) as associated data, so that a sealed secret cannot be moved to another row.

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use std::fmt;
use thiserror::Error;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Seals and opens secrets with one key.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
}

/// Why a secret could not be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// Another key sealed it, or it was altered.
    #[error(
        "the secret stored at {place} cannot be opened: it was sealed with another key, or altered; start Nines with the key that it was stored under, or enter the secret again"
    )]
    WrongKey {
        /// Where it is kept.
        place: String,
    },
    /// It is no sealed secret that this version knows.
    #[error("the secret stored at {place} is in a form that this version of Nines does not know")]
    UnknownForm {
        /// Where it is kept.
        place: String,
    },
    /// The system gave no random numbers, or the secret is too long.
    #[error("the secret could not be sealed; try again")]
    NotSealed,
}

impl Sealer {
    /// With a key of 32 random bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&Key::from(key)) }
    }

    /// Seals `secret` for `place`, such as `sources:2001:access`.
    pub fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce = XNonce::try_generate().map_err(|_no_randomness| SealError::NotSealed)?;
        let payload = Payload { msg: secret, aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&nonce, payload).map_err(|_too_long| SealError::NotSealed)?;
        Ok([&[VERSION], nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let unknown = || SealError::UnknownForm { place: place.to_owned() };
        let (&version, rest) = sealed.split_first().ok_or_else(unknown)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(unknown)?;
        if version != VERSION {
            return Err(unknown());
        }
        let payload = Payload { msg: text, aad: place.as_bytes() };
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), payload);
        opened.map_err(|_says_no_more| SealError::WrongKey { place: place.to_owned() })
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_with_its_key_and_at_its_place() {
        let sealer = Sealer::new([7; 32]);
        let bytes = sealer.seal("sources:1:access", b"hunter2").unwrap();
        assert_eq!(sealer.open("sources:1:access", &bytes).unwrap(), b"hunter2");
        assert!(!bytes.windows(7).any(|w| w == b"hunter2"), "not in clear");
        assert_ne!(bytes, sealer.seal("sources:1:access", b"hunter2").unwrap(), "a nonce is used once");

        let place = || "sources:2:access".to_owned();
        assert_eq!(sealer.open(&place(), &bytes), Err(SealError::WrongKey { place: place() }));
        let other = Sealer::new([8; 32]).open("sources:1:access", &bytes);
        assert!(matches!(other, Err(SealError::WrongKey { .. })));
    }

    #[test]
    fn altered_or_foreign_bytes_are_refused() {
        let sealer = Sealer::new([7; 32]);
        let bytes = sealer.seal("p", b"").unwrap();
        for n in 1..bytes.len() {
            let mut altered = bytes.clone();
            altered[n] ^= 1;
            assert!(matches!(sealer.open("p", &altered), Err(SealError::WrongKey { .. })));
        }
        for foreign in [&[][..], &[1], &[2; 60]] {
            assert!(matches!(sealer.open("p", foreign), Err(SealError::UnknownForm { .. })));
        }
    }
}
