//! Verifies that what is gone was removed under its agreement's retention, and by no other hand.
//!
//! Whoever can write to the database can blank a report. To make that look like a removal they would have to write a statement
//! about it, a line of the audit log and a revision of the agreement, all of which people see; and, if reports are signed,
//! to sign the statement, which needs the key, and that is not in the database.

use crate::domain::chain::{Digest, Link};
use crate::domain::model::Agreement;
use crate::domain::retention::{KeepYears, Known, Removal, doubt};
use crate::domain::signature::PublicKey;
use crate::domain::time::Instant;
use crate::ops::{Context, OpsError};
use crate::report::{Signed, removal};
use crate::store::reports::{ReportHead, Statement};
use crate::store::revisions::Revision;
use crate::store::{self, Page};
use chrono_tz::Tz;

/// The audit log's word for a removal under retention.
pub(super) const ACTION: &str = "report.removed";

/// For how long an agreement kept its reports at a moment, by which of its revisions, and in which zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) revision: i64,
    pub(super) keep: KeepYears,
    pub(super) zone: Tz,
}

/// The term in force at a moment, among the revisions that `is_known` lets through; nothing if reports are kept for ever.
pub(super) fn term_at(revisions: &[Revision], at: Instant, is_known: impl Fn(&Revision) -> bool) -> Option<Term> {
    let known = revisions.iter().filter(|one| one.effective.start() <= at && is_known(one));
    let Revision { number, agreement, .. } = known.max_by_key(|one| one.number)?;
    agreement.terms.keep_years.map(|keep| Term { revision: *number, keep, zone: agreement.zone })
}

/// What was found out about a report that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It was removed under retention: the sentence says when. `by_another` if its statement is signed with another key than
    /// the one at hand.
    Removed { sentence: String, by_another: bool },
    /// It was not, as far as can be told.
    Doubtful(String),
}

/// What removals of one agreement are held against.
pub(super) struct Removals<'a> {
    context: &'a Context,
    agreement: &'a Agreement,
    revisions: Vec<Revision>,
    newest: i64,
    key: Option<&'a PublicKey>,
    /// When the first report was issued that is signed.
    signed_since: Option<Instant>,
}

/// A removed report as a link: its statement names what its bytes named. Without a statement that reads, nothing vouches.
pub(super) fn link(head: &ReportHead, statement: &str) -> Link {
    let read = removal::read(statement).ok();
    Link {
        number: head.number,
        claims: read
            .as_ref()
            .filter(|_| head.digest.is_some())
            .map(|removal| (removal.number, removal.previous_sha256)),
        recorded: head.digest,
        digest: read.map_or_else(|| Digest::of(b""), |removal| removal.sha256),
    }
}

impl<'a> Removals<'a> {
    /// Those of an agreement whose newest report has this number.
    pub(super) async fn load(
        context: &'a Context,
        agreement: &'a Agreement,
        newest: i64,
        key: Option<&'a PublicKey>,
    ) -> Result<Self, OpsError> {
        let revisions = store::revisions::list(&context.db, agreement.id).await?;
        Ok(Self { context, agreement, revisions, newest, key, signed_since: None })
    }

    /// Remembers that a report of then is signed, or says so: from then on statements are signed too.
    pub(super) fn saw_signed(&mut self, at: Instant) {
        self.signed_since = Some(self.signed_since.map_or(at, |since| since.min(at)));
    }

    /// Looks at the evidence for one.
    pub(super) async fn check(&self, head: &ReportHead, statement: &Statement) -> Result<Found, OpsError> {
        let doubtful = |why: &str| {
            Found::Doubtful(format!(
                "report no. {} is gone, but not under the agreement's retention: {why}",
                head.number
            ))
        };
        let removal = match removal::read(&statement.text) {
            Ok(removal) => removal,
            Err(why) => return Ok(doubtful(&format!("the statement about it does not read: {why}"))),
        };
        let signed = self.key.map(|key| Signed::check(removal.signed_by, &statement.text, &statement.signature, key));
        let was_signing = self.signed_since.is_some_and(|since| since <= removal.removed_at);
        match signed {
            None | Some(Signed::Well | Signed::ByAnother(_)) => {}
            Some(Signed::Not) if !was_signing => {}
            Some(Signed::Not) => return Ok(doubtful("the statement about it is not signed, and reports were by then")),
            Some(other) => {
                let complaint = other.complaint().unwrap_or_default();
                return Ok(doubtful(&format!("the statement about it {complaint}")));
            }
        }
        let term = self.term(&removal);
        let known = Known {
            agreement: self.agreement.id,
            number: head.number,
            label: &head.label,
            revision: head.revision,
            period_end: head.span.end().start(),
            recorded: head.digest,
            removed_at: head.removed_at.unwrap_or(Instant::RANGE.0),
            is_newest: head.number >= self.newest,
            is_audited: self.is_audited(head, statement, removal.removed_at).await?,
            term: term.map(|term| (term.revision, term.keep)),
            zone: term.map_or(self.agreement.zone, |term| term.zone),
            now: self.context.clock.now(),
        };
        Ok(match doubt(&removal, &known) {
            Some(doubt) => doubtful(&doubt.to_string()),
            None => Found::Removed {
                sentence: removal::sentence(&removal),
                by_another: matches!(signed, Some(Signed::ByAnother(_))),
            },
        })
    }

    /// The term in force at the removal, as was known then: what was agreed later with effect from before removed nothing. What
    /// was agreed in the same second came before or after it.
    fn term(&self, removal: &Removal) -> Option<Term> {
        let at = removal.removed_at;
        let with = term_at(&self.revisions, at, |one| one.made_at <= at);
        let without = term_at(&self.revisions, at, |one| one.made_at < at);
        [with, without].into_iter().flatten().find(|term| term.revision == removal.terms)
    }

    async fn is_audited(&self, head: &ReportHead, statement: &Statement, at: Instant) -> Result<bool, OpsError> {
        let entries = store::audit::list_of(&self.context.db, "report", head.id.0, Page::first(i64::MAX)).await?;
        Ok(entries.iter().any(|entry| {
            entry.action == ACTION
                && entry.who.is_none()
                && entry.at == at
                && entry.after.as_deref() == Some(&statement.text)
        }))
    }
}
