//! Where the minutes of a preview come from: the ledger, or a Prometheus server that is asked just now.

use super::DAYS;
use crate::domain::ids::{IndicatorId, ServiceId};
use crate::domain::model::{Indicator, Source, SourceSpec};
use crate::domain::sheet::Sheet;
use crate::domain::time::Span;
use crate::language::say;
use crate::ops::define_agreement::ObjectiveDraft;
use crate::ops::{Context, OpsError, pull};
use crate::store;
use tokio::time::Instant as Moment;

/// The minutes of one objective.
pub(super) struct Found {
    pub(super) sheet: Sheet,
    /// What they measure; its identity is 0 if it is new.
    pub(super) indicator: Indicator,
    pub(super) source_name: String,
    /// What people should know about them, in sentences.
    pub(super) notes: Vec<String>,
}

/// The minutes of a span, or a sentence that says why there are none.
pub(super) async fn find(
    context: &Context,
    draft: &ObjectiveDraft,
    span: Span,
    deadline: Moment,
) -> Result<Result<Found, String>, OpsError> {
    let source = store::sources::find(&context.db, &context.sealer, draft.source).await?;
    let source = source.ok_or(OpsError::NotFound("source"))?;
    let indicator = indicator(context, draft).await?;
    if indicator.id != IndicatorId(0) {
        return Ok(Ok(in_ledger(context, &source, indicator, span).await?));
    }
    match source.spec {
        SourceSpec::Prometheus { .. } => Ok(asked(context, &source, indicator, span, deadline).await),
        SourceSpec::Scrape { .. } => Ok(Err(say!(
            "“{source}” is a metrics endpoint, which says only what is true now: there is no history of this query to judge. \
             It begins when the agreement is saved.",
            source.name
        ))),
        SourceSpec::Probe(_) => Ok(Err(say!(
            "“{source}” is a check by Nines, which has no history of this promise to judge. It begins when the agreement is \
             saved.",
            source.name
        ))),
    }
}

/// The indicator that reads this query for this service, or a new one.
async fn indicator(context: &Context, draft: &ObjectiveDraft) -> Result<Indicator, OpsError> {
    let name = draft.service.to_lowercase();
    let services = store::services::list(&context.db).await?;
    let service = services.into_iter().find(|service| service.name.to_lowercase() == name);
    let service = service.map_or(ServiceId(0), |service| service.id);
    let known = store::indicators::list_by_source(&context.db, draft.source).await?;
    let same = known.into_iter().find(|one| one.service == service && one.query == draft.query);
    let new = || Indicator { id: IndicatorId(0), service, source: draft.source, query: draft.query.clone() };
    Ok(same.unwrap_or_else(new))
}

async fn in_ledger(context: &Context, source: &Source, indicator: Indicator, span: Span) -> Result<Found, OpsError> {
    let mut notes = vec![say!("Nines measures this query already: its minutes come from the ledger.")];
    let pull = store::indicators::load_pull(&context.db, indicator.id).await?;
    let is_reading = pull.is_some_and(|pull| pull.finished_backfill_at.is_none());
    if is_reading && matches!(source.spec, SourceSpec::Prometheus { .. }) {
        notes.push(say!("Its history is still being read, so the preview may miss some of it."));
    }
    let sheet = store::ledger::sheet(&context.db, indicator.id, span, &span.into()).await?;
    Ok(Found { sheet, indicator, source_name: source.name.clone(), notes })
}

/// Asks the source for as much as it still has, until the deadline.
async fn asked(
    context: &Context,
    source: &Source,
    indicator: Indicator,
    span: Span,
    deadline: Moment,
) -> Result<Found, String> {
    let late = context.clock.now().plus_seconds(-source.delay_seconds).minute();
    let span = Span::new(span.start(), span.end().min(late).max(span.start()));
    let reading = pull::read_only(source, &indicator.query, span);
    let reading = match tokio::time::timeout_at(deadline, reading).await {
        Err(_) => {
            return Err(say!(
                "“{source}” did not hand over {days} days of this query while the form waited, so it is not judged here. \
                 Once the agreement is saved, its history is read at leisure.",
                source.name,
                DAYS
            ));
        }
        Ok(Err(error)) => {
            let why = error.to_string();
            return Err(say!("“{source}” could not be read: {why}.", source.name, why.trim_end_matches('.')));
        }
        Ok(Ok(reading)) => reading,
    };
    let source_says = say!("“{source}” was read just now; nothing of it is kept.", source.name);
    let notes = std::iter::once(source_says).chain(reading.notes).collect();
    Ok(Found { sheet: Sheet::of_minutes(reading.minutes), indicator, source_name: source.name.clone(), notes })
}
