//! The statement that is left of a report that was removed, as canonical JSON: what is stored, signed, audited and handed on.

use crate::domain::chain::Digest;
use crate::domain::ids::AgreementId;
use crate::domain::retention::{KeepYears, Removal};
use crate::domain::signature::SigningKey;
use crate::domain::time::Instant;
use crate::domain::wording;
use crate::language::{self, Language};
use crate::report::{ReportError, json, serial};
use serde::{Deserialize, Serialize, de::Error as _};

/// The version of these statements.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// [`VERSION`]; no report has a field of this name.
    removal: u32,
    /// The same for people.
    says: String,
    agreement: i64,
    number: i64,
    period: String,
    revision: i64,
    #[serde(with = "serial::instant")]
    period_end: Instant,
    #[serde(with = "serial::digest")]
    sha256: Digest,
    #[serde(with = "serial::maybe_digest")]
    previous_sha256: Option<Digest>,
    #[serde(with = "serial::instant")]
    removed_at: Instant,
    kept_years: u32,
    terms_revision: i64,
    #[serde(with = "serial::maybe_digest")]
    signed_by: Option<Digest>,
}

/// The statement's one true text, and its signature if there is a key; otherwise it is empty.
pub fn seal(removal: Removal, key: Option<&SigningKey>) -> Result<(String, Vec<u8>), ReportError> {
    let removal = Removal { signed_by: key.map(|key| key.public().id()), ..removal };
    let text = render(&removal)?;
    let signature = key.map(|key| key.sign(text.as_bytes())).unwrap_or_default();
    Ok((text, signature))
}

fn render(removal: &Removal) -> Result<String, ReportError> {
    let says = language::sync_scope(Language::English, || sentence(removal));
    let Removal { agreement, number, label, revision, period_end, sha256, previous_sha256, .. } = removal;
    json::canonical(serde_json::to_value(Written {
        removal: VERSION,
        says,
        agreement: agreement.0,
        number: *number,
        period: label.clone(),
        revision: *revision,
        period_end: *period_end,
        sha256: *sha256,
        previous_sha256: *previous_sha256,
        removed_at: removal.removed_at,
        kept_years: removal.kept_years.years(),
        terms_revision: removal.terms,
        signed_by: removal.signed_by,
    })?)
}

/// `report no. 3 (2026-11, revision 1) was removed under the agreement's retention of 1 year on 2027-12-01T00:40:00Z`.
#[must_use]
pub fn sentence(removal: &Removal) -> String {
    let Removal { number, label, revision, removed_at, kept_years, .. } = removal;
    let years = wording::counted(i64::from(kept_years.years()), "year", "years");
    format!(
        "report no. {number} ({label}, revision {revision}) was removed under the agreement's retention of {years} on {removed_at}"
    )
}

/// Does this text mean to be such a statement?
#[must_use]
pub fn is_one(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Shape {
        #[serde(rename = "removal")]
        _version: u32,
    }
    serde_json::from_str::<Shape>(text).is_ok()
}

/// Reads what [`seal`] wrote, and nothing else.
pub fn read(text: &str) -> Result<Removal, ReportError> {
    let written: Written = serde_json::from_str(text)?;
    if written.removal > VERSION {
        return Err(ReportError::Version(written.removal));
    }
    let kept_years = KeepYears::new(written.kept_years).map_err(|why| serde_json::Error::custom(why.to_string()))?;
    let removal = Removal {
        agreement: AgreementId(written.agreement),
        number: written.number,
        label: written.period,
        revision: written.revision,
        period_end: written.period_end,
        sha256: written.sha256,
        previous_sha256: written.previous_sha256,
        removed_at: written.removed_at,
        kept_years,
        terms: written.terms_revision,
        signed_by: written.signed_by,
    };
    if render(&removal)? != text {
        return Err(serde_json::Error::custom("it is not as Nines wrote it: it was changed or formatted anew").into());
    }
    Ok(removal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removal() -> Removal {
        Removal {
            agreement: AgreementId(4000),
            number: 3,
            label: "2026-11".to_owned(),
            revision: 2,
            period_end: Instant::from_seconds(1_796_083_200),
            sha256: Digest::of(b"3"),
            previous_sha256: None,
            removed_at: Instant::from_seconds(1_827_621_600),
            kept_years: KeepYears::new(1).unwrap(),
            terms: 2,
            signed_by: None,
        }
    }

    #[test]
    fn a_statement_comes_back_and_says_what_it_is() {
        let (text, signature) = seal(removal(), None).unwrap();
        assert_eq!((read(&text).unwrap(), signature), (removal(), Vec::new()));
        assert!(is_one(&text) && !is_one("{\"version\": 2}") && !is_one("[]") && !is_one(""));
        for part in [
            "\"says\": \"report no. 3 (2026-11, revision 2) was removed under the agreement's retention of 1 year on 2027-12-01T00:40:00Z\"",
            "\"period_end\": \"2026-12-01T00:00:00Z\"",
            "\"previous_sha256\": null",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }

    #[test]
    fn whatever_is_changed_in_a_statement_is_told() {
        let (text, _) = seal(removal(), None).unwrap();
        for (was, is) in [
            ("\"number\": 3", "\"number\": 4"),
            ("\"kept_years\": 1", "\"kept_years\": 0"),
            ("\"kept_years\": 1", "\"kept_years\": 2"),
            ("\"removal\": 1", "\"removal\": 2"),
            ("retention of 1 year", "retention of 9 years"),
            (": ", ":  "),
            ("{\n", "{\n  \"more\": 1,\n"),
        ] {
            let changed = text.replacen(was, is, 1);
            assert_ne!(changed, text);
            assert!(read(&changed).is_err(), "{changed}");
        }
    }

    /// The key of RFC 8410, section 10.3.
    #[test]
    fn with_a_key_it_is_signed_and_names_the_key() {
        let key = SigningKey::parse("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC").unwrap();
        let (text, signature) = seal(removal(), Some(&key)).unwrap();
        assert_eq!(read(&text).unwrap().signed_by, Some(key.public().id()));
        assert!(key.public().is_signature(text.as_bytes(), &signature));
    }
}
