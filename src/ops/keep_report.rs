//! Keeps a report: gives it its place in the agreement's chain, signs it, stores it, and queues its mail, all in one
//! transaction. From here on nothing about it is computed again.

use crate::domain::contract::Composite;
use crate::domain::ids::{AgreementId, ReportId};
use crate::domain::model::{Agreement, EmailAddress};
use crate::domain::report_schedule::ScheduleDraft;
use crate::domain::time::Span;
use crate::language;
use crate::ops::define_schedule::standing;
use crate::ops::terms_in_force::terms_in_force;
use crate::ops::write_letter::{Letter, Occasion};
use crate::ops::{Context, OpsError};
use crate::report::{Report, Sealed};
use crate::store::outbox::Outgoing;
use crate::store::reports::ReportHead;
use crate::store::{self, Tx};
use std::collections::BTreeSet;

/// Keeps a report as the newest of its agreement, and puts its mail on its way. `Conflict` if this revision of its period is
/// there already.
pub(super) async fn keep(
    tx: &mut Tx,
    context: &Context,
    agreement: &Agreement,
    report: Report,
    to: To<'_>,
) -> Result<ReportId, OpsError> {
    let (number, previous) = store::reports::next_place(tx, agreement.id).await?;
    let key = context.settings.report.signing_key.as_ref();
    let sealed = Sealed::new(report, number, previous, key)?;
    let id = store::reports::insert(tx, &head(agreement.id, &sealed), &sealed.document, &sealed.signature).await?;
    let dresses = match to {
        To::Served => served(tx, context, agreement, &sealed.report).await?,
        To::These(dresses) => dresses.to_vec(),
    };
    post(tx, context, agreement, (id, &sealed), dresses, Occasion::Issued).await?;
    Ok(id)
}

/// Who is mailed a report that is kept.
#[derive(Clone, Copy, Debug)]
pub(super) enum To<'a> {
    /// Whoever had, or would have had, the report of this period that it takes the place of. For the first of a period that
    /// is nobody: its schedules send it when it is time.
    Served,
    /// The recipients of these.
    These(&'a [ScheduleDraft]),
}

/// The schedules that are done with the period, and to which the report matters; and those of whose recipients some were
/// sent the final report by hand, with these alone.
async fn served(
    tx: &mut Tx,
    context: &Context,
    agreement: &Agreement,
    report: &Report,
) -> Result<Vec<ScheduleDraft>, OpsError> {
    let (verdict, label) = (report.verdict.status.key(), &report.period.label);
    let all = store::schedules::served(tx, agreement.id, label).await?;
    let matters = all.into_iter().filter(|(one, was_sent)| *was_sent || one.draft.only.lets(verdict));
    let mut dresses: Vec<ScheduleDraft> = matters.map(|(one, _)| one.draft).collect();
    let by_hand = store::outbox::sent_by_hand(tx, agreement.id, label).await?;
    for one in standing(&context.db, agreement).await?.into_iter().filter(|_| !by_hand.is_empty()) {
        let mut dress = one.draft;
        dress.recipients.retain(|recipient| by_hand.iter().any(|address| address == recipient.as_str()));
        dresses.push(dress);
    }
    Ok(dresses)
}

/// Puts a report of an agreement on its way to the recipients of schedules, to each once, in the dress of the first that
/// names them.
pub(super) async fn post(
    tx: &mut Tx,
    context: &Context,
    agreement: &Agreement,
    report: (ReportId, &Sealed),
    dresses: Vec<ScheduleDraft>,
    occasion: Occasion,
) -> Result<(), OpsError> {
    let mut done = BTreeSet::new();
    for dress in dresses {
        let others = dress.recipients.iter().filter(|recipient| done.insert((*recipient).clone()));
        let others: Vec<EmailAddress> = others.cloned().collect();
        if !others.is_empty() {
            let language = dress.language_for(agreement);
            let letter = language::sync_scope(language, || Letter::write(context, report, &dress, occasion))?;
            queue(tx, context, &letter, &others).await?;
        }
    }
    Ok(())
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
    recipients: &[EmailAddress],
) -> Result<(), OpsError> {
    let now = context.clock.now();
    for recipient in recipients {
        let mime = letter.address(recipient)?;
        let message = Outgoing {
            report: letter.report,
            run: letter.run,
            recipient: recipient.as_str(),
            subject: &letter.subject,
            message_id: &mime.envelope.message_id,
            mime: &mime.bytes,
            is_trial: letter.is_trial,
        };
        store::outbox::enqueue(tx, message, now).await?;
    }
    Ok(())
}

fn head(agreement: AgreementId, sealed: &Sealed) -> ReportHead {
    let report = &sealed.report;
    ReportHead {
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
        removed_at: None,
    }
}
