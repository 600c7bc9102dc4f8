//! Verifies reports as files, with a public key and nothing else: no database, no settings.

use crate::domain::chain::{Broken, Digest, Head, Link, check};
use crate::domain::signature::PublicKey;
use crate::report::{self, Place, Report, Signed, removal};
use std::collections::BTreeMap;

/// A report's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportText {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub text: String,
    /// What is in the file of its signature; nothing if there is none.
    pub signature: Option<Vec<u8>>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifiedFiles {
    /// What is wrong, one sentence each, without a full stop.
    pub findings: Vec<String>,
    /// What stands in the place of reports that were removed, one sentence each, without a full stop. With a key they are
    /// signed by it; without one, these are words.
    pub removed: Vec<String>,
}

/// Looks at these files. With a key each must be signed by it. Reports of one agreement whose numbers follow each other must
/// be linked to each other; the statement about a removed one stands for it.
#[must_use]
pub fn verify(files: &[ReportText], key: Option<&PublicKey>) -> VerifiedFiles {
    let (mut findings, mut removed) = (Vec::new(), Vec::new());
    let mut by_agreement: BTreeMap<i64, Vec<(&str, Link)>> = BTreeMap::new();
    for file in files {
        match read(file) {
            Err(complaint) => findings.push(format!("{}: {complaint}", file.name)),
            Ok(read) => {
                if let Some(key) = key {
                    let signature = file.signature.as_deref().unwrap_or_default();
                    let complaint = Signed::check(read.signed_by, &file.text, signature, key).complaint();
                    findings
                        .extend(complaint.map(|complaint| format!("{}: this {} {complaint}", file.name, read.what)));
                }
                removed.extend(read.removed.map(|sentence| format!("{}: {sentence}", file.name)));
                by_agreement.entry(read.agreement).or_default().push((&file.name, read.link));
            }
        }
    }
    findings.extend(by_agreement.into_values().flat_map(together));
    VerifiedFiles { findings, removed }
}

/// What a file turned out to be.
struct Read {
    what: &'static str,
    agreement: i64,
    link: Link,
    signed_by: Option<Digest>,
    /// The sentence about a report that was removed, in whose place the file stands.
    removed: Option<String>,
}

fn read(file: &ReportText) -> Result<Read, String> {
    if removal::is_one(&file.text) {
        let removal = removal::read(&file.text).map_err(|error| error.to_string())?;
        let claims = Some((removal.number, removal.previous_sha256));
        let (number, digest) = (removal.number, removal.sha256);
        return Ok(Read {
            what: "statement",
            agreement: removal.agreement.0,
            link: Link { number, claims, recorded: Some(digest), digest },
            signed_by: removal.signed_by,
            removed: Some(removal::sentence(&removal)),
        });
    }
    let (report, place) = read_report(file)?;
    let digest = Digest::of(file.text.as_bytes());
    let claims = Some((place.number, place.previous_sha256));
    Ok(Read {
        what: "report",
        agreement: report.agreement.id,
        link: Link { number: place.number, claims, recorded: Some(digest), digest },
        signed_by: place.signed_by,
        removed: None,
    })
}

fn read_report(file: &ReportText) -> Result<(Report, Place), String> {
    let report = report::json::read(&file.text).map_err(|error| error.to_string())?;
    let is_canonical = report::json::is_canonical(&file.text).map_err(|error| error.to_string())?;
    let place = report.chain.clone().ok_or("this is a preview, or older than the chain: it was never numbered")?;
    if !is_canonical {
        return Err("this file is not as Nines wrote it: it was changed or formatted anew".to_owned());
    }
    Ok((report, place))
}

/// The links between the reports of one agreement that are there.
fn together(mut files: Vec<(&str, Link)>) -> Vec<String> {
    files.sort_by_key(|(_, link)| link.number);
    let mut findings = Vec::new();
    for pair in files.windows(2) {
        let [(first, before), (second, link)] = pair else { continue };
        if before.number == link.number {
            if before.digest != link.digest {
                findings.push(format!("{first} and {second} are two different reports no. {}", link.number));
            }
        } else if before.number + 1 == link.number {
            let head = Head { number: link.number, digest: Some(link.digest) };
            let broken = check(&[*before, *link], head);
            let unlinked =
                broken.iter().filter(|one| matches!(one, Broken::Unlinked(number) if *number == link.number));
            findings.extend(unlinked.map(|_| {
                format!("{second} does not follow {first}: one of the two is not the report that was issued")
            }));
        }
    }
    findings
}
