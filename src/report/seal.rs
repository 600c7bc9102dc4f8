//! Issuing: from here on the bytes of a report are fixed, known by their digest, and signed if there is a key.

use crate::domain::chain::Digest;
use crate::domain::signature::{PublicKey, SigningKey};
use crate::report::{Place, Report, ReportError, render_json};

/// A report as it is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Its value, with its place in the chain.
    pub report: Report,
    /// Its canonical JSON.
    pub document: String,
    /// The digest of those bytes.
    pub digest: Digest,
    /// The signature of those bytes; empty without a key.
    pub signature: Vec<u8>,
}

impl Sealed {
    /// Gives a report its place in its agreement's chain: after `previous`, under `number`.
    pub fn new(
        report: Report,
        number: i64,
        previous: Option<Digest>,
        key: Option<&SigningKey>,
    ) -> Result<Self, ReportError> {
        let signed_by = key.map(|key| key.public().id());
        let mut report = Report { chain: Some(Place { number, previous_sha256: previous, signed_by }), ..report };
        let document = render_json(&report)?;
        let digest = Digest::of(document.as_bytes());
        report.digest = Some(digest);
        let signature = key.map(|key| key.sign(document.as_bytes())).unwrap_or_default();
        Ok(Self { report, document, digest, signature })
    }

    /// A report that was issued, from its document as it is kept.
    #[must_use]
    pub fn kept(report: Report, document: String, signature: Vec<u8>) -> Self {
        Self { digest: Digest::of(document.as_bytes()), report, document, signature }
    }
}

/// What a signature says about a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// It is signed, by this key.
    Well,
    /// It says that it is not signed, and is not.
    Not,
    /// It says that it is signed, and its signature is missing.
    Missing,
    /// It is signed by another key.
    ByAnother(Digest),
    /// The signature does not belong to these bytes.
    Badly,
}

impl Signed {
    /// Checks the signature of a document that says by which key it is signed.
    #[must_use]
    pub fn check(signed_by: Option<Digest>, document: &str, signature: &[u8], key: &PublicKey) -> Self {
        match signed_by {
            None if signature.is_empty() => Self::Not,
            Some(id) if id != key.id() => Self::ByAnother(id),
            Some(_) if signature.is_empty() => Self::Missing,
            Some(_) if key.is_signature(document.as_bytes(), signature) => Self::Well,
            _ => Self::Badly,
        }
    }

    /// What is wrong, in words that follow the report's name; nothing if nothing is.
    #[must_use]
    pub fn complaint(self) -> Option<String> {
        match self {
            Self::Well => None,
            Self::Not => Some("is not signed".to_owned()),
            Self::Missing => Some("says that it is signed, and its signature is missing".to_owned()),
            Self::ByAnother(id) => Some(format!("is signed with another key, {id}")),
            Self::Badly => Some("has a signature that does not belong to it: one of the two was changed".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{json, sample};

    /// RFC 8410, section 10.3.
    fn key() -> SigningKey {
        SigningKey::parse("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC").unwrap()
    }

    fn place(sealed: &Sealed) -> Place {
        sealed.report.chain.clone().unwrap()
    }

    #[test]
    fn an_issued_report_reads_back_with_its_place_and_its_digest() {
        let before = Digest::of(b"the one before");
        let sealed = Sealed::new(sample::judged(), 7, Some(before), Some(&key())).unwrap();
        assert_eq!(json::read(&sealed.document).unwrap(), sealed.report);
        assert_eq!(sealed.digest, Digest::of(sealed.document.as_bytes()));
        let expected = Place { number: 7, previous_sha256: Some(before), signed_by: Some(key().public().id()) };
        assert_eq!(place(&sealed), expected);
        assert_eq!(
            sealed,
            Sealed::new(sample::judged(), 7, Some(before), Some(&key())).unwrap(),
            "the same bytes again"
        );
    }

    #[test]
    fn a_signature_is_missed_where_it_was_taken_away() {
        let public = key().public();
        let signed = Sealed::new(sample::report(), 1, None, Some(&key())).unwrap();
        let plain = Sealed::new(sample::report(), 1, None, None).unwrap();
        let check = |one: &Sealed, document: &str, signature: &[u8]| {
            Signed::check(place(one).signed_by, document, signature, &public)
        };
        assert_eq!(check(&signed, &signed.document, &signed.signature), Signed::Well);
        assert_eq!(check(&signed, &signed.document, b""), Signed::Missing);
        assert_eq!(check(&signed, &plain.document, &signed.signature), Signed::Badly);
        assert_eq!(check(&plain, &plain.document, b""), Signed::Not);
        assert_eq!(check(&plain, &plain.document, &signed.signature), Signed::Badly);
        let other = Place { signed_by: Some(Digest::of(b"x")), ..place(&signed) };
        assert_eq!(
            Signed::check(other.signed_by, &signed.document, &signed.signature, &public),
            Signed::ByAnother(Digest::of(b"x"))
        );
    }

    /// Every single byte of a signed report, changed to every other form of itself that differs in one bit: the digest and
    /// the signature both tell.
    #[test]
    fn every_single_byte_change_is_told() {
        let sealed = Sealed::new(sample::report(), 1, None, Some(&key())).unwrap();
        let public = key().public();
        let mut bytes = sealed.document.clone().into_bytes();
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert_ne!(Digest::of(&bytes), sealed.digest, "byte {at}");
            // a signature costs more to check than a digest: every eleventh byte tells enough
            assert!(at % 11 != 0 || !public.is_signature(&bytes, &sealed.signature), "byte {at}");
            bytes[at] ^= 1;
        }
    }
}
