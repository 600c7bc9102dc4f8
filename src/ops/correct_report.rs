//! Corrects a final report: another revision, with what it changes and why. The one before stays as it was issued.

use crate::domain::chain::Digest;
use crate::domain::ids::{ReportId, UserId};
use crate::domain::model::Agreement;
use crate::language::{self, Language};
use crate::ops::keep_report::{To, keep, watch};

use crate::language::say;
use crate::ops::remake_report::{Remade, remake};
use crate::ops::show_report::document;
use crate::ops::{Context, OpsError, audit};
use crate::report::{self, Correction, Difference, Report};
use crate::store;
use crate::store::reports::{Report as Kept, ReportHead};
use serde::Serialize;

/// The form field for the reason.
pub const REASON: &str = "reason";
/// How long a person's reason may be, in characters.
pub const REASON_MAX: usize = 500;

/// Why a report is corrected.
pub(super) struct Why {
    /// One sentence each.
    pub(super) reasons: Vec<String>,
    /// Who asked for it; nothing if Nines noticed by itself.
    pub(super) asked_by: Option<String>,
}

/// What making a final report anew came to.
pub(super) enum Outcome {
    /// It says something else now; with the digest of what it said.
    Differs(Box<Report>, Difference, Digest),
    /// It says the same.
    Same,
    /// The data has not settled, so it cannot be told yet.
    Unsettled,
    /// It cannot be made anew: the sentence says why.
    Impossible(&'static str),
}

/// Makes a final report anew and says what differs.
pub(super) async fn compare(context: &Context, agreement: &Agreement, kept: &Kept) -> Result<Outcome, OpsError> {
    watch(context, agreement, kept.head.span).await?;
    let document = document(&context.db, kept).await?;
    let (before, sha256) = (report::json::read(document)?, Digest::of(document.as_bytes()));
    let after = match remake(context, agreement, &kept.head, context.clock.now()).await? {
        Remade::Report(after) => after,
        Remade::TooOld => {
            return Ok(Outcome::Impossible(
                "The single minutes of this period are not kept any more, so its report cannot be made anew.",
            ));
        }
        Remade::NoSuchPeriod => {
            return Ok(Outcome::Impossible("This is no period of the agreement's calendar any more."));
        }
    };
    // it is kept in the correction
    let difference = language::sync_scope(Language::English, || report::difference(&before, &after));
    Ok(match difference.changes.is_empty() {
        true => Outcome::Same,
        false if after.provisional => Outcome::Unsettled,
        false => Outcome::Differs(after, difference, sha256),
    })
}

/// The revision that takes the place of `before`.
pub(super) fn revision(
    (before, sha256): (&ReportHead, Digest),
    after: Report,
    difference: Difference,
    why: Why,
) -> Report {
    let correction = Correction {
        number: before.number,
        revision: before.revision,
        sha256,
        reasons: why.reasons,
        asked_by: why.asked_by,
        changes: difference.changes,
    };
    Report { revision: before.revision + 1, correction: Some(correction), ..after }
}

/// What the audit log keeps of a correction.
#[derive(Serialize)]
pub(super) struct Told {
    pub(super) period: String,
    pub(super) revision: i64,
    pub(super) reasons: Vec<String>,
}

/// Corrects a final report because a person asks for it. Refused if nothing differs, so that no correction is empty.
pub async fn correct(context: &Context, who: Option<UserId>, id: ReportId, reason: &str) -> Result<ReportId, OpsError> {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.is_empty() {
        return Err(OpsError::refused(REASON, say!("Please write why; the reason stands in the correction.")));
    }
    if reason.chars().count() > REASON_MAX {
        return Err(OpsError::refused(REASON, say!("This is too long; {most} characters are allowed.", REASON_MAX)));
    }
    let kept = store::reports::find(&context.db, id).await?.ok_or(OpsError::NotFound("report"))?;
    let agreement =
        store::agreements::find(&context.db, kept.head.agreement).await?.ok_or(OpsError::NotFound("agreement"))?;
    refuse_unless_final_and_newest(context, &kept.head).await?;
    let (after, difference, sha256) = match compare(context, &agreement, &kept).await? {
        Outcome::Differs(after, difference, sha256) => (*after, difference, sha256),
        Outcome::Same => {
            return Err(OpsError::refused(
                "",
                say!("Nothing differs from this report, so there is nothing to correct."),
            ));
        }
        Outcome::Unsettled => {
            return Err(OpsError::refused(
                "",
                say!("The data of this period has not settled yet; try again in an hour."),
            ));
        }
        Outcome::Impossible(why) => return Err(OpsError::refused("", language::word(why))),
    };
    let people = store::users::list(&context.db).await?;
    let person = people.into_iter().find(|user| Some(user.id) == who);
    let asked_by = person.map(|user| if user.name.is_empty() { user.email } else { user.name });
    let told = Told { period: kept.head.label.clone(), revision: after.revision + 1, reasons: vec![reason.clone()] };
    let report = revision((&kept.head, sha256), after, difference, Why { reasons: vec![reason], asked_by });
    let mut tx = context.db.begin_write().await?;
    let new = keep(&mut tx, context, &agreement, report, To::Served).await?;
    audit(&mut tx, context.clock.now(), who, "report.corrected", ("report", new.0), (None, Some(&told))).await?;
    tx.commit().await?;
    Ok(new)
}

async fn refuse_unless_final_and_newest(context: &Context, head: &ReportHead) -> Result<(), OpsError> {
    if head.provisional {
        return Err(OpsError::refused(
            "",
            say!("This report is provisional: it is followed by a final one as soon as its data has settled."),
        ));
    }
    let newest = store::reports::latest(&context.db, head.agreement, &head.label).await?;
    match newest.filter(|newest| newest.head.id != head.id) {
        Some(newest) => Err(OpsError::refused(
            "",
            say!("This report was corrected already; look at revision {revision}.", newest.head.revision),
        )),
        None => Ok(()),
    }
}
