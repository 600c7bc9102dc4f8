//! Looks at final reports again after something happened that may make them wrong, and corrects those that are.
//!
//! Late data and decisions come in swarms, so a change is looked at once it has been quiet for a while: one correction then
//! tells all of it.

use crate::domain::calendar::{Period, PeriodKind};
use crate::domain::exclusion::Exclusion;
use crate::domain::ids::{AgreementId, ReportId};
use crate::domain::model::Agreement;
use crate::domain::time::{DAY_MINUTES, Minute, Span};
use crate::domain::wording;
use crate::language::{self, Language};
use crate::ops::correct_report::{Outcome, Told, Why, compare, revision};
use crate::ops::keep_report::{To, keep};
use crate::ops::{Context, OpsError, audit};
use crate::store::rechecks::{Cause, Reason, Touch};
use crate::store::reports::{Report as Kept, ReportHead};
use crate::store::{self, StoreError, Tx};
use chrono_tz::Tz;

/// How long nothing further must happen before a change is looked at.
const QUIET_SECONDS: i64 = 10 * 60;
/// How long a report waits that could not be made anew, or whose data has not settled.
const AGAIN_SECONDS: i64 = 30 * 60;
/// How many reports one round makes anew.
const ROUND: i64 = 200;

/// Remembers that an exclusion was approved, or withdrawn after it had been: it may concern reports of any period that it
/// touches, and by the monthly cap those of the whole months around it.
pub(super) async fn touch(tx: &mut Tx, cause: Cause, exclusion: &Exclusion, now: Minute) -> Result<(), OpsError> {
    let first = exclusion.first.start();
    let past = Span::new(first, now.max(first));
    let occurrences = exclusion.when.spans(past);
    let (Some(begin), Some(end)) = (occurrences.as_slice().first(), occurrences.as_slice().last()) else {
        return Ok(()); // it lies ahead
    };
    // a day more on either side: months begin by the clock of each agreement
    let month = |minute: Minute| Period::containing(PeriodKind::Month, Tz::UTC, minute.start()).span();
    let span = Span::new(month(begin.start().plus(-DAY_MINUTES)).start(), month(end.end().plus(DAY_MINUTES)).end());
    Ok(store::rechecks::touch(tx, cause, span).await?)
}

/// Looks at what has become quiet, makes the reports anew that it may concern, and says how many were corrected.
pub async fn recheck(context: &Context) -> Result<usize, OpsError> {
    let now = context.clock.now();
    let mut tx = context.db.begin_write().await?;
    store::rechecks::see(&mut tx, now).await?;
    tx.commit().await?;
    for touch in store::rechecks::quiet(&context.db, now.plus_seconds(-QUIET_SECONDS)).await? {
        expand(context, &touch).await?;
    }
    let mut corrected = 0;
    for (agreement, label) in store::rechecks::due(&context.db, now.plus_seconds(-AGAIN_SECONDS), ROUND).await? {
        match look_at(context, agreement, &label).await {
            Ok(is_corrected) => corrected += usize::from(is_corrected),
            Err(error) => {
                tracing::error!(agreement.id = agreement.0, period = label, error = %error, "a report could not be looked at again and will be tried later");
                postpone(context, agreement, &label).await?;
            }
        }
    }
    Ok(corrected)
}

async fn expand(context: &Context, touch: &Touch) -> Result<(), OpsError> {
    let scope = match touch.cause {
        Cause::Approved(id) | Cause::Withdrawn(id) => {
            store::exclusions::find(&context.db, id).await?.map(|exclusion| exclusion.scope)
        }
        Cause::LateData(_) | Cause::Terms(_) => None,
    };
    let mut tx = context.db.begin_write().await?;
    store::rechecks::expand(&mut tx, touch, scope, context.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Makes one period's report anew and corrects it if its figures are other ones.
async fn look_at(context: &Context, id: AgreementId, label: &str) -> Result<bool, OpsError> {
    let reasons = store::rechecks::reasons(&context.db, id, label).await?;
    let agreement = store::agreements::find(&context.db, id).await?.ok_or(OpsError::NotFound("agreement"))?;
    let newest = store::reports::latest(&context.db, id, label).await?.filter(|kept| !kept.head.provisional);
    let Some(kept) = newest else { return forget(context, id, label, &reasons).await }; // its final report is yet to come
    if kept.head.removed_at.is_some() {
        return forget(context, id, label, &reasons).await; // nobody keeps it any more
    }
    match compare(context, &agreement, &kept).await? {
        Outcome::Differs(after, difference, sha256) if difference.has_figures => {
            let why = Why { reasons: sentences(context, &agreement, &reasons).await?, asked_by: None };
            let told =
                Told { period: label.to_owned(), revision: kept.head.revision + 1, reasons: why.reasons.clone() };
            let report = revision((&kept.head, sha256), *after, difference, why);
            let mut tx = context.db.begin_write().await?;
            let new = match keep(&mut tx, context, &agreement, report, To::Served).await {
                // another instance was faster
                Err(OpsError::Store(StoreError::Conflict { .. })) => return Ok(false),
                result => result?,
            };
            store::rechecks::done(&mut tx, id, label, &reasons).await?;
            let now = context.clock.now();
            audit(&mut tx, now, None, "report.corrected", ("report", new.0), (None, Some(&told))).await?;
            tx.commit().await?;
            announce(&kept, new);
            Ok(true)
        }
        Outcome::Differs(..) | Outcome::Same => forget(context, id, label, &reasons).await,
        Outcome::Unsettled => {
            postpone(context, id, label).await?;
            Ok(false)
        }
        Outcome::Impossible(why) => {
            let ReportHead { number, .. } = kept.head;
            tracing::warn!(
                agreement.id = id.0,
                report.number = number,
                why,
                "a report that may be wrong stays as it is"
            );
            forget(context, id, label, &reasons).await
        }
    }
}

fn announce(kept: &Kept, new: ReportId) {
    tracing::info!(
        agreement.id = kept.head.agreement.0,
        report.id = new.0,
        corrects = kept.head.id.0,
        period = kept.head.label,
        "report corrected"
    );
}

async fn forget(context: &Context, id: AgreementId, label: &str, reasons: &[Reason]) -> Result<bool, OpsError> {
    let mut tx = context.db.begin_write().await?;
    store::rechecks::done(&mut tx, id, label, reasons).await?;
    tx.commit().await?;
    Ok(false)
}

async fn postpone(context: &Context, id: AgreementId, label: &str) -> Result<(), OpsError> {
    let mut tx = context.db.begin_write().await?;
    store::rechecks::postpone(&mut tx, id, label, context.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Why a report is corrected, in words; each once. They are kept in the report, in English.
async fn sentences(context: &Context, agreement: &Agreement, reasons: &[Reason]) -> Result<Vec<String>, OpsError> {
    language::scope(Language::English, told_in_english(context, agreement, reasons)).await
}

async fn told_in_english(
    context: &Context,
    agreement: &Agreement,
    reasons: &[Reason],
) -> Result<Vec<String>, OpsError> {
    let mut told = Vec::new();
    for reason in reasons {
        let sentence = match reason.cause {
            Cause::LateData(id) => {
                let names = store::indicators::names(&context.db, id).await?;
                let (service, source) = names.ok_or(OpsError::NotFound("indicator"))?;
                format!("Data of {service} from {source} came or changed after the report was issued.")
            }
            Cause::Approved(id) | Cause::Withdrawn(id) => {
                let exclusion =
                    store::exclusions::find(&context.db, id).await?.ok_or(OpsError::NotFound("exclusion"))?;
                let was = if matches!(reason.cause, Cause::Approved(_)) { "approved" } else { "withdrawn" };
                let decided = exclusion.decided.map(|signed| wording::instant(signed.at, agreement.zone));
                let reason =
                    if exclusion.reason.is_empty() { String::new() } else { format!(" ({})", exclusion.reason) };
                format!(
                    "Exclusion {id} for {}{reason} was {was} on {}, after the report was issued.",
                    exclusion.category.in_words(),
                    decided.unwrap_or_default()
                )
            }
            Cause::Terms(_) => "The terms of the agreement were changed with effect from the past.".to_owned(),
        };
        if !told.contains(&sentence) {
            told.push(sentence);
        }
    }
    Ok(told)
}
