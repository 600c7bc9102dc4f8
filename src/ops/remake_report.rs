//! Makes a kept report anew from the ledger, as of any moment, to see whether it still says the same.

use crate::clock::Clock;
use crate::domain::model::Agreement;
use crate::domain::time::{DAY_MINUTES, Instant, Minute};
use crate::ops::make_report::make_report;
use crate::ops::terms_in_force::terms_in_force;
use crate::ops::{Context, OpsError};
use crate::report::Report;
use crate::store::reports::ReportHead;

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remade {
    /// What the ledger says about its period.
    Report(Box<Report>),
    /// Single minutes of its period are not kept any more.
    TooOld,
    /// Neither the agreement's present calendar nor the one of then has such a period.
    NoSuchPeriod,
}

/// Are the single minutes kept from this one on?
pub(super) fn is_kept(context: &Context, minute: Minute) -> bool {
    let oldest = context.clock.now().minute().plus(-context.settings.ledger.detail_days * DAY_MINUTES).hour();
    minute.hour() >= oldest
}

/// Makes it anew as of `at`, which its days left to claim count from.
pub async fn remake(
    context: &Context,
    agreement: &Agreement,
    head: &ReportHead,
    at: Instant,
) -> Result<Remade, OpsError> {
    if !is_kept(context, head.span.start()) {
        return Ok(Remade::TooOld);
    }
    let then = terms_in_force(&context.db, agreement, head.span.start()).await?.agreement;
    let period = [&then, agreement]
        .into_iter()
        .find_map(|agreement| agreement.calendar().parse(&head.label).ok().filter(|period| period.span() == head.span));
    let Some(period) = period else { return Ok(Remade::NoSuchPeriod) };
    let as_of = Context { clock: Clock::fixed(at), ..context.clone() };
    Ok(Remade::Report(Box::new(make_report(&as_of, agreement, period, head.revision).await?)))
}
