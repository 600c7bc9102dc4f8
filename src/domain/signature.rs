//! Signatures of reports: Ed25519 (RFC 8032) over a report's bytes, so that whoever has the public key can tell who issued
//! it, without asking us.
//!
//! Keys are PEM texts as `openssl` writes them: the private one in PKCS #8 (RFC 8410), the public one as
//! `SubjectPublicKeyInfo`. Signatures are the 64 bytes of RFC 8032, so `openssl pkeyutl -verify -rawin` checks them too.
//! The same key and bytes always give the same signature.

use crate::domain::chain::Digest;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// What stands before the 32 bytes of the key in its DER (RFC 8410, section 4).
const PUBLIC_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It is no private key.
    #[error(
        "this is no Ed25519 key; make one with: openssl genpkey -algorithm ed25519 -out report-key.pem, and name that file"
    )]
    Private,
    /// It is no public key.
    #[error("this is no Ed25519 public key; write the text that begins with -----BEGIN PUBLIC KEY-----")]
    Public,
}

/// Signs reports; cheap to clone, and never shown.
#[derive(Clone)]
pub struct SigningKey(Arc<Ed25519KeyPair>);

impl SigningKey {
    /// Reads a private key: its PEM, or what stands between its first and last line.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let der = der(text, "PRIVATE KEY").ok_or(KeyError::Private)?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_says_no_more| KeyError::Private)?;
        Ok(Self(Arc::new(pair)))
    }

    /// The key that checks what this one signs.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(self.0.public_key().as_ref()).for_each(|(to, from)| *to = *from);
        PublicKey(bytes)
    }

    /// The 64 bytes that only the holder of this key can make.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.public().id())
    }
}

/// Checks who issued a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads a public key: its PEM, or what stands between its first and last line.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let der = der(text, "PUBLIC KEY").ok_or(KeyError::Public)?;
        let key = der.strip_prefix(PUBLIC_PREFIX.as_slice()).and_then(|key| key.try_into().ok());
        key.map(Self).ok_or(KeyError::Public)
    }

    /// Its name in reports: the SHA-256 of its DER.
    #[must_use]
    pub fn id(&self) -> Digest {
        Digest::of(&self.der())
    }

    /// As a PEM text.
    #[must_use]
    pub fn to_pem(&self) -> String {
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(self.der()))
    }

    /// Did the holder of the private key sign exactly these bytes?
    #[must_use]
    pub fn is_signature(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(bytes, signature).is_ok()
    }

    fn der(&self) -> Vec<u8> {
        [PUBLIC_PREFIX.as_slice(), &self.0].concat()
    }
}

/// The bytes inside a PEM text with this label, or inside its base64 alone.
fn der(text: &str, label: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let inside = match text.strip_prefix(&format!("-----BEGIN {label}-----")) {
        None => text,
        Some(rest) => rest.strip_suffix(&format!("-----END {label}-----"))?,
    };
    let base64: String = inside.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8410, section 10.3: a private key as PKCS #8, and in 10.1 the public key that belongs to it.
    const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

    #[test]
    fn the_keys_of_the_rfc_belong_together() {
        let key = SigningKey::parse(PRIVATE).unwrap();
        let public = PublicKey::parse(PUBLIC).unwrap();
        assert_eq!(key.public(), public);
        assert_eq!(public.to_pem(), PUBLIC);
        let body = PRIVATE.lines().nth(1).unwrap();
        assert_eq!(SigningKey::parse(body).unwrap().public(), public, "the base64 alone, as a variable holds it");
        assert!(!format!("{key:?}").contains("1O5y"), "a key is never shown");
    }

    #[test]
    fn a_signature_holds_for_its_bytes_and_its_key_alone() {
        let key = SigningKey::parse(PRIVATE).unwrap();
        let public = key.public();
        let signature = key.sign(b"report");
        assert_eq!((signature.len(), key.sign(b"report")), (64, signature.clone()), "the same at every time");
        assert!(public.is_signature(b"report", &signature));
        assert!(!public.is_signature(b"rapport", &signature) && !public.is_signature(b"report", b""));
        for at in 0..64 {
            let mut other = signature.clone();
            other[at] ^= 1;
            assert!(!public.is_signature(b"report", &other), "byte {at}");
        }
        let stranger = PublicKey([7; 32]);
        assert!(!stranger.is_signature(b"report", &signature) && stranger.id() != public.id());
    }

    #[test]
    fn what_is_no_key_is_refused_with_the_way_to_make_one() {
        for wrong in ["", "hunter2", PUBLIC, "-----BEGIN PRIVATE KEY-----", "MC4CAQAwBQYDK2Vw"] {
            let why = SigningKey::parse(wrong).unwrap_err().to_string();
            assert!(why.contains("openssl genpkey -algorithm ed25519"), "{why}");
            assert!(wrong == PUBLIC || PublicKey::parse(wrong).is_err());
        }
        assert!(PublicKey::parse(PRIVATE).is_err());
    }
}
