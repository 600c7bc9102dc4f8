//! Verifies reports as files, with a public key and nothing else: no database, no settings.

use crate::domain::chain::{Broken, Digest, Head, Link, check};
use crate::domain::signature::PublicKey;
use crate::report::{self, Place, Report, Signed};
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

/// What is wrong with these files, one sentence each, without a full stop. With a key each must be signed by it. Reports of
/// one agreement whose numbers follow each other must be linked to each other.
#[must_use]
pub fn verify(files: &[ReportText], key: Option<&PublicKey>) -> Vec<String> {
    let mut findings = Vec::new();
    let mut by_agreement: BTreeMap<i64, Vec<(&str, Link)>> = BTreeMap::new();
    for file in files {
        match read(file) {
            Err(complaint) => findings.push(format!("{}: {complaint}", file.name)),
            Ok((report, place)) => {
                if let Some(key) = key {
                    let signature = file.signature.as_deref().unwrap_or_default();
                    let complaint = Signed::check(&place, &file.text, signature, key).complaint();
                    findings.extend(complaint.map(|complaint| format!("{}: this report {complaint}", file.name)));
                }
                let digest = Digest::of(file.text.as_bytes());
                let claims = Some((place.number, place.previous_sha256));
                let link = Link { number: place.number, claims, recorded: Some(digest), digest };
                by_agreement.entry(report.agreement.id).or_default().push((&file.name, link));
            }
        }
    }
    findings.extend(by_agreement.into_values().flat_map(together));
    findings
}

fn read(file: &ReportText) -> Result<(Report, Place), String> {
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
