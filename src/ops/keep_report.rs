//! Keeps a report: gives it its place in the agreement's chain, signs it, stores it, and queues its mail, all in one
//! transaction. From here on nothing about it is computed again.

use crate::domain::contract::Composite;
use crate::domain::ids::{AgreementId, ReportId};
use crate::domain::model::{Agreement, EmailAddress};
use crate::domain::time::Span;
use crate::ops::terms_in_force::terms_in_force;
use crate::ops::write_letter::{Letter, Occasion};
use crate::ops::{Context, OpsError};
use crate::report::{self, Picture, Report, Sealed};
use crate::store::{self, Tx};
use std::collections::BTreeSet;

/// A report that is ready to be kept. What takes long is done before the transaction.
pub struct Ready {
    report: Report,
    pictures: Vec<Picture>,
}

impl Ready {
    /// Draws what its mail needs.
    pub fn new(report: Report) -> Result<Self, OpsError> {
        Ok(Self { pictures: report::charts(&report)?, report })
    }

    /// Keeps it as the newest report of its agreement, and puts its mail to the agreement's recipients on its way.
    /// `Conflict` if this revision of its period is there already.
    pub(super) async fn keep(
        self,
        tx: &mut Tx,
        context: &Context,
        agreement: &Agreement,
    ) -> Result<ReportId, OpsError> {
        let (number, previous) = store::reports::next_place(tx, agreement.id).await?;
        let key = context.settings.report.signing_key.as_ref();
        let sealed = Sealed::new(self.report, number, previous, key)?;
        let id = store::reports::insert(tx, &row(agreement.id, &sealed)).await?;
        let letter = Letter::write(context, &sealed, self.pictures, id, Occasion::Issued)?;
        queue(tx, context, &letter, id, &agreement.recipients).await?;
        Ok(id)
    }
}

/// Sees to it that whatever happens from now on to the minutes of a span, up to its end, is noticed, because a report of
/// this agreement is about to be made from them. The terms in force at its beginning say whose minutes these are.
pub(super) async fn watch(context: &Context, agreement: &Agreement, span: Span) -> Result<(), OpsError> {
    let mut indicators = BTreeSet::new();
    for listing in terms_in_force(&context.db, agreement, span.start()).await?.listings {
        indicators.insert(listing.indicator.id);
        // a member may have been archived since, and still counts
        for (id, _) in listing.objective.terms.composite.iter().flat_map(Composite::members) {
            indicators.extend(store::objectives::find(&context.db, *id).await?.map(|member| member.indicator));
        }
    }
    let mut tx = context.db.begin_write().await?;
    for indicator in indicators {
        store::rechecks::close(&mut tx, agreement.id, indicator, span.end()).await?;
    }
    Ok(tx.commit().await?)
}

/// Puts a letter on its way to each recipient.
pub(super) async fn queue(
    tx: &mut Tx,
    context: &Context,
    letter: &Letter,
    id: ReportId,
    recipients: &[EmailAddress],
) -> Result<(), OpsError> {
    let now = context.clock.now();
    for recipient in recipients {
        let mime = letter.address(recipient)?;
        let message_id = &mime.envelope.message_id;
        store::outbox::enqueue(tx, id, recipient.as_str(), message_id, &mime.bytes, now).await?;
    }
    Ok(())
}

fn row(agreement: AgreementId, sealed: &Sealed) -> store::reports::Report {
    let report = &sealed.report;
    let head = store::reports::ReportHead {
        id: ReportId(0),
        agreement,
        number: report.chain.as_ref().map_or(0, |place| place.number),
        digest: Some(sealed.digest),
        label: report.period.label.clone(),
        span: Span::new(report.period.start.minute(), report.period.end.minute()),
        revision: report.revision,
        provisional: report.provisional,
        verdict: report.verdict.status.key().to_owned(),
        built_at: report.built_at,
    };
    store::reports::Report { head, document: sealed.document.clone(), signature: sealed.signature.clone() }
}
