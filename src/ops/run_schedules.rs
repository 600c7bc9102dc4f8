//! Runs the schedules: books what is due, closes the periods that it is about, and puts the mail on its way.
//!
//! A run is booked under its period's label, of which a schedule has one; it is done in the transaction that queues its
//! mail, and only if it still waits and none of its reports has been corrected meanwhile. So two instances, a crash at any
//! point, and clocks that go back mail each period once. Whoever was mailed the very same reports before, by hand or as a
//! correction, is left out.

use crate::domain::ids::ReportId;
use crate::domain::model::{Agreement, EmailAddress};
use crate::domain::report_schedule::{ReportSchedule, Scope};
use crate::domain::time::DAY_MINUTES;
use crate::language;
use crate::ops::issue_reports::{Closing, close, issue_due};
use crate::ops::keep_report::queue;
use crate::ops::show_report::document;
use crate::ops::write_letter::{Letter, Occasion};
use crate::ops::{Context, OpsError};
use crate::report::{self, Sealed};
use crate::store::reports::ReportHead;
use crate::store::schedules::{Run, RunState};
use crate::store::{self, Tx};

/// How long a pack waits for an agreement whose data does not settle, from when it was due.
const PACK_PATIENCE_SECONDS: i64 = 3 * DAY_MINUTES * 60;

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Reports that agreements issued for themselves.
    pub issued: usize,
    /// Runs whose mail was put on its way.
    pub mailed: usize,
}

/// Issues every report that is due and mails what is due. One schedule's trouble does not hold back another's.
pub async fn run_due(context: &Context) -> Result<Round, OpsError> {
    let mut round = Round { issued: Box::pin(issue_due(context)).await?, mailed: 0 };
    let agreements = store::agreements::list(&context.db).await?;
    let schedules = store::schedules::list(&context.db).await?;
    for schedule in schedules.iter().filter(|one| one.is_live()) {
        book(context, schedule, &agreements).await?;
    }
    for run in store::schedules::waiting(&context.db).await? {
        match Box::pin(serve(context, &run, &agreements)).await {
            Ok(is_mailed) => round.mailed += usize::from(is_mailed),
            Err(error) => {
                tracing::error!(schedule.id = run.schedule.0, period = %run.label, error = %error, "a schedule's run failed and will be tried again");
            }
        }
    }
    Ok(round)
}

async fn book(context: &Context, schedule: &ReportSchedule, agreements: &[Agreement]) -> Result<(), OpsError> {
    let now = context.clock.now();
    let due = schedule.due(agreements, now);
    if due.is_empty() {
        return Ok(());
    }
    let mut tx = context.db.begin_write().await?;
    // somebody else has booked it, or has changed the schedule and booked what was due before
    if !store::schedules::move_booking(&mut tx, schedule.id, schedule.booked_until, now).await? {
        return Ok(());
    }
    for (period, at) in due {
        store::schedules::book(&mut tx, schedule.id, &period.label(), at).await?;
    }
    Ok(tx.commit().await?)
}

/// The agreements that a schedule is about, by name.
#[must_use]
pub fn covered<'a>(schedule: &ReportSchedule, agreements: &'a [Agreement]) -> Vec<&'a Agreement> {
    let is_own = |one: &&Agreement| one.archived_at.is_none() && schedule.draft.scope.holds(one);
    let mut covered: Vec<&Agreement> = agreements.iter().filter(is_own).collect();
    covered.sort_by(|a, b| a.name.cmp(&b.name));
    covered
}

/// Mails a run once everything that it is about is closed; true if it did.
async fn serve(context: &Context, run: &Run, agreements: &[Agreement]) -> Result<bool, OpsError> {
    // as it is now: the runs before this one may have taken their time
    let found = store::schedules::find(&context.db, run.schedule).await?.filter(ReportSchedule::is_live);
    let Some(schedule) = &found else { return Ok(false) };
    let (mut closed, mut missing) = (Vec::new(), Vec::new());
    for agreement in covered(schedule, agreements) {
        // an anchored calendar has other periods; one that has none of this name has nothing to report
        let Ok(period) = agreement.calendar().parse(&run.label) else { continue };
        match close(context, agreement, period).await? {
            Closing::Closed => closed.push(agreement),
            Closing::Waits => missing.push(agreement.name.clone()),
            Closing::Never => {}
        }
    }
    let is_over = context.clock.now() >= run.due_at.plus_seconds(PACK_PATIENCE_SECONDS);
    if !missing.is_empty() && (closed.is_empty() || !is_over) {
        return Ok(false);
    }
    let mut reports = Vec::new();
    for agreement in closed {
        let kept = store::reports::latest(&context.db, agreement.id, &run.label).await?;
        reports.extend(kept.filter(|kept| kept.head.removed_at.is_none()));
    }
    let only = schedule.draft.only;
    let note = if reports.is_empty() {
        Some("no agreement has a report of this period")
    } else if reports.iter().all(|kept| !only.lets(&kept.head.verdict)) {
        Some("every verdict is one that this schedule does not mail")
    } else {
        None
    };
    let now = context.clock.now();
    let ids: Vec<ReportId> = reports.iter().map(|kept| kept.head.id).collect();
    let heads: Vec<ReportHead> = reports.iter().map(|kept| kept.head.clone()).collect();
    let late = missing.join(", ");
    // what takes long is done before the transaction, which sees to it that nothing has been corrected meanwhile
    let letter = match note {
        None => Some(letter(context, (schedule, agreements), reports, missing, Occasion::Run(run.id)).await?),
        Some(_) => None,
    };
    let mut tx = context.db.begin_write().await?;
    if !hold(&mut tx, heads).await? {
        return Ok(false);
    }
    let recipients = still_without(&mut tx, &ids, &schedule.draft.recipients).await?;
    let Some(letter) = letter.filter(|_| !recipients.is_empty()) else {
        let outcome =
            (RunState::Skipped, note.unwrap_or("everybody had been mailed it already, by hand or as a correction"));
        store::schedules::finish(&mut tx, run.id, outcome, &[], now).await?;
        tx.commit().await?;
        return Ok(false);
    };
    if !store::schedules::finish(&mut tx, run.id, (RunState::Sent, &late), &ids, now).await? {
        return Ok(false);
    }
    queue(&mut tx, context, &letter, &recipients).await?;
    tx.commit().await?;
    tracing::info!(schedule.id = schedule.id.0, period = %run.label, reports = ids.len(), "a schedule's mail is on its way");
    Ok(true)
}

/// Those who have not been mailed every one of these reports already, by hand or as a correction: nobody gets one twice.
async fn still_without(
    tx: &mut Tx,
    reports: &[ReportId],
    recipients: &[EmailAddress],
) -> Result<Vec<EmailAddress>, OpsError> {
    let mut had = Vec::with_capacity(reports.len());
    for report in reports {
        had.push(store::outbox::had(tx, *report).await?);
    }
    let has_all = |one: &EmailAddress| !had.is_empty() && had.iter().all(|to| to.iter().any(|to| to == one.as_str()));
    Ok(recipients.iter().filter(|one| !has_all(one)).cloned().collect())
}

/// Holds the chains of these reports until the end of the transaction; false if one of them was corrected meanwhile.
async fn hold(tx: &mut Tx, mut heads: Vec<ReportHead>) -> Result<bool, OpsError> {
    heads.sort_by_key(|head| head.agreement.0);
    for head in heads {
        store::reports::next_place(tx, head.agreement).await?;
        if store::reports::newest_revision(tx, head.agreement, &head.label).await? != head.revision {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The mail about reports in a schedule's dress: that of the one report, or a pack.
pub(super) async fn letter(
    context: &Context,
    (schedule, agreements): (&ReportSchedule, &[Agreement]),
    kept: Vec<store::reports::Report>,
    missing: Vec<String>,
    occasion: Occasion,
) -> Result<Letter, OpsError> {
    let mut reports = Vec::new();
    for one in kept {
        let document = document(&context.db, &one).await?;
        let sealed = Sealed::kept(report::json::read(document)?, document.to_owned(), one.signature.clone());
        reports.push((one.head.id, sealed));
    }
    let dress = &schedule.draft;
    let first = covered(schedule, agreements).into_iter().next();
    let language = first.map_or_else(|| dress.language.unwrap_or_default(), |first| dress.language_for(first));
    language::sync_scope(language, || match (&dress.scope, reports.as_slice()) {
        (Scope::Agreement(_), [(id, sealed)]) => Letter::write(context, (*id, sealed), dress, occasion),
        (Scope::Customer(name), all) => Letter::pack(context, name, all, missing, dress, occasion),
        (Scope::Agreement(_) | Scope::House, all) => Letter::pack(context, &dress.name, all, missing, dress, occasion),
    })
}
