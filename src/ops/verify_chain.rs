//! Verifies an agreement's reports: that none was changed, removed or moved since it was issued, that each is signed as it
//! says, and that the ledger still says the same.

use crate::domain::chain::{self, Head, Link};
use crate::domain::model::Agreement;
use crate::domain::signature::PublicKey;
use crate::domain::time::Span;
use crate::ops::remake_report::{Remade, remake};
use crate::ops::verify_removals::{self, Found, Removals};
use crate::ops::{Context, OpsError};
use crate::report::{self, Change, Report, ReportError, Signed};
use crate::store;
use crate::store::reports::{Content, Report as Kept, ReportHead};
use std::collections::BTreeMap;

/// How many reports are read at a time.
const PAGE: i64 = 50;
/// How many figures of one report a finding names.
const CHANGES_NAMED: usize = 3;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many reports there are.
    pub reports: i64,
    /// The newest, as it was recorded.
    pub head: Head,
    /// How many are older than the chain, so that nothing can be said about their bytes.
    pub before_the_chain: i64,
    /// Those that were removed under the agreement's retention, one sentence each, without a full stop: nothing can be said
    /// about what they said.
    pub removed: Vec<String>,
    /// How many are signed with another key than the one at hand, which may have been changed since.
    pub other_key: i64,
    /// How many were made anew from the ledger and say the same, or are among the findings.
    pub remade: i64,
    /// How many are too old to be made anew: their minutes are not kept any more.
    pub too_old: i64,
    /// Everything that is wrong, one sentence each, without a full stop.
    pub findings: Vec<String>,
}

impl Verified {
    /// Looks at a report's signature. What is not signed says so itself: it was issued before there was a key.
    fn signature(&mut self, kept: &Kept, document: &str, report: &Report, key: Option<&PublicKey>) {
        let Some((key, place)) = key.zip(report.chain.as_ref()) else { return };
        match Signed::check(place.signed_by, document, &kept.signature, key) {
            Signed::Not => {}
            Signed::ByAnother(_) => self.other_key += 1,
            signed => {
                let complaint =
                    signed.complaint().map(|complaint| format!("report no. {} {complaint}", kept.head.number));
                self.findings.extend(complaint);
            }
        }
    }
}

/// Verifies the reports of one agreement. Without a key, signatures are not looked at.
pub async fn verify(context: &Context, agreement: &Agreement, key: Option<&PublicKey>) -> Result<Verified, OpsError> {
    let mut verified =
        Verified { head: store::reports::chain_head(&context.db, agreement.id).await?, ..Verified::default() };
    let mut removals = Removals::load(context, agreement, verified.head.number, key).await?;
    let (mut links, mut gone) = (Vec::new(), Vec::new());
    // the newest revision of each period is the one that must agree with the ledger
    let mut newest: BTreeMap<String, (ReportHead, Report)> = BTreeMap::new();
    let mut after = i64::MIN;
    loop {
        let page = store::reports::in_chain(&context.db, agreement.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.head.number;
        for kept in page {
            verified.reports += 1;
            verified.before_the_chain += i64::from(kept.head.digest.is_none());
            if !kept.signature.is_empty() {
                removals.saw_signed(kept.head.built_at);
            }
            let document = match &kept.content {
                Content::Document(document) => document,
                Content::Removed(statement) => {
                    links.push(verify_removals::link(&kept.head, &statement.text));
                    newest.remove(&kept.head.label);
                    gone.push((kept.head, statement.clone()));
                    continue;
                }
            };
            let read = report::json::read(document);
            links.push(link(&kept.head, document, read.as_ref().ok()));
            match read {
                Ok(report) => {
                    verified.findings.extend(alone(&kept, &report));
                    verified.signature(&kept, document, &report, key);
                    if report.chain.as_ref().is_some_and(|place| place.signed_by.is_some()) {
                        removals.saw_signed(kept.head.built_at);
                    }
                    newest.insert(kept.head.label.clone(), (kept.head, report));
                }
                Err(_) if document.is_empty() => verified.findings.push(blank(&kept.head)),
                Err(error) => verified.findings.push(unreadable(&kept.head, &error)),
            }
        }
    }
    for (head, statement) in gone {
        match removals.check(&head, &statement).await? {
            Found::Removed { sentence, by_another } => {
                verified.removed.push(sentence);
                verified.other_key += i64::from(by_another);
            }
            Found::Doubtful(finding) => verified.findings.push(finding),
        }
    }
    verified.findings.extend(chain::check(&links, verified.head).iter().map(ToString::to_string));
    for (head, report) in newest.values().filter(|(head, _)| !head.provisional) {
        against_the_ledger(context, agreement, (head, report), &mut verified).await?;
    }
    Ok(verified)
}

/// A report as a link of its chain.
pub(super) fn link(head: &ReportHead, document: &str, report: Option<&Report>) -> Link {
    let place = report.and_then(|report| report.chain.as_ref());
    Link {
        number: head.number,
        claims: place.map(|place| (place.number, place.previous_sha256)),
        recorded: head.digest,
        digest: chain::Digest::of(document.as_bytes()),
    }
}

fn blank(head: &ReportHead) -> String {
    format!(
        "report no. {} is gone: nothing is left of what it said, and it was not removed under the agreement's retention",
        head.number
    )
}

fn unreadable(head: &ReportHead, error: &ReportError) -> String {
    format!("report no. {} is damaged: {error}", head.number)
}

/// What a report's own bytes and the row that it is kept in say about each other.
fn alone(kept: &Kept, report: &Report) -> Option<String> {
    let head = &kept.head;
    let says = ReportHead {
        id: head.id,
        agreement: crate::domain::ids::AgreementId(report.agreement.id),
        number: head.number,
        digest: head.digest,
        label: report.period.label.clone(),
        span: Span::new(report.period.start.minute(), report.period.end.minute()),
        revision: report.revision,
        provisional: report.provisional,
        verdict: report.verdict.status.key().to_owned(),
        built_at: report.built_at,
        removed_at: None,
    };
    (says != *head).then(|| {
        format!(
            "report no. {} is listed as {}, but says of itself that it is {}",
            head.number,
            described(head),
            described(&says)
        )
    })
}

fn described(head: &ReportHead) -> String {
    let ReportHead { agreement, label, revision, verdict, built_at, span, .. } = head;
    let provisional = if head.provisional { "provisional" } else { "final" };
    let removed = if head.removed_at.is_some() { ", removed" } else { "" };
    let (start, end) = (span.start().start(), span.end().start());
    format!(
        "the {provisional} report of agreement {agreement} about {label} ({start} to {end}), revision {revision}, {verdict}, built {built_at}{removed}"
    )
}

async fn against_the_ledger(
    context: &Context,
    agreement: &Agreement,
    (head, report): (&ReportHead, &Report),
    verified: &mut Verified,
) -> Result<(), OpsError> {
    match remake(context, agreement, head, head.built_at).await? {
        Remade::TooOld => verified.too_old += 1,
        Remade::NoSuchPeriod => verified.findings.push(format!(
            "report no. {} is about {}, which is no period of this agreement's calendar any more",
            head.number, head.label
        )),
        Remade::Report(remade) => {
            verified.remade += 1;
            let difference = report::difference(report, &remade);
            if difference.has_figures {
                verified.findings.push(otherwise(head, &difference.changes));
            }
        }
    }
    Ok(())
}

/// `report no. 3 (2026-W46) says otherwise than the ledger: Checkout: good 998,997, now 999,001; and 2 more figures`.
fn otherwise(head: &ReportHead, changes: &[Change]) -> String {
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
    let named = changes.iter().take(CHANGES_NAMED);
    let mut told: Vec<String> =
        named.map(|one| format!("{} {}, now {}", one.what, said(&one.was), said(&one.is))).collect();
    let more = changes.len().saturating_sub(CHANGES_NAMED);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    format!("report no. {} ({}) says otherwise than the ledger: {}", head.number, head.label, told.join("; "))
}
