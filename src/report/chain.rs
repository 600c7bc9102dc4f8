//! Where a report stands among the reports of its agreement, and what it corrects.

use crate::domain::chain::Digest;
use crate::report::serial;
use serde::{Deserialize, Serialize};

/// A report's place in its agreement's chain ([`crate::domain::chain`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// 1, and one more with each report of the agreement, whatever its period and revision.
    pub number: i64,
    /// The SHA-256 of the JSON of the report before it; null in the first.
    #[serde(with = "serial::maybe_digest")]
    pub previous_sha256: Option<Digest>,
    /// The SHA-256 of the public key that this report is signed with; null if it is not signed.
    #[serde(default, with = "serial::maybe_digest")]
    pub signed_by: Option<Digest>,
}

/// Why there is another revision of a report that was final, and what it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The number of the report that it takes the place of.
    pub number: i64,
    /// That report's revision.
    pub revision: i64,
    /// The SHA-256 of that report's JSON.
    #[serde(with = "serial::digest")]
    pub sha256: Digest,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
    /// Who asked for it; null if Nines noticed by itself.
    pub asked_by: Option<String>,
    /// Every figure that differs.
    pub changes: Vec<Change>,
}

/// A figure that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which: `Checkout succeeds: good`.
    pub what: String,
    /// What it was; null if there was none.
    pub was: Option<String>,
    /// What it is; null if there is none any more.
    pub is: Option<String>,
}
