//! Judges an agreement's period as a whole, once: what page, report and files show.

use crate::domain::assessment::{Assessed, Assessment, Facts, Surroundings, whole};
use crate::domain::calendar::Period;
use crate::domain::ids::UserId;
use crate::domain::model::Agreement;
use crate::domain::phrases;
use crate::domain::time::{Instant, Minute, Span};
use crate::ops::OpsError;
use crate::ops::judge::Judge;
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, Db};
use std::collections::BTreeMap;

/// Whose period is assessed, and as of when. The agreement and its objectives may be those of the past.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The contract.
    pub agreement: &'a Agreement,
    /// Its objectives.
    pub listings: &'a [ObjectiveListing],
    /// The period.
    pub period: Period,
    /// The first minute that is not judged any more; those after the period do not count.
    pub until: Minute,
    /// What time it is, for the days that are left to claim a credit.
    pub now: Instant,
}

/// Assesses a period.
pub async fn assess(judge: &Judge, case: &Case<'_>) -> Result<Assessment, OpsError> {
    let whole_span = case.period.span();
    let span = Span::new(whole_span.start(), case.until.min(whole_span.end()));
    let mut objectives = Vec::with_capacity(case.listings.len());
    for listing in case.listings {
        objectives.push(objective(judge, listing, &case.period, span).await?);
    }
    let names = names(judge.db()).await?;
    let exclusions = judge.exclusions();
    let around = Surroundings { period: &case.period, span, now: case.now, exclusions, names: &names };
    Ok(whole(case.agreement, &around, objectives))
}

async fn objective(
    judge: &Judge,
    listing: &ObjectiveListing,
    period: &Period,
    span: Span,
) -> Result<Assessed, OpsError> {
    let judged = judge.judged(listing, span);
    let evidence = judge.evidence(listing, span).await?;
    let causes = store::outage_causes::list(judge.db(), listing.indicator.service, span).await?;
    let causes: Vec<(Span, String)> = causes.into_iter().map(|cause| (cause.span, cause.cause)).collect();
    Ok(Assessed::of(&Facts {
        objective: &listing.objective,
        events: phrases::events(listing.objective.kind, &listing.indicator.query),
        evidence: &evidence,
        span,
        terms: judge.terms(listing, period.span()),
        effect: &judged.effect,
        closed: judged.closed,
        causes: &causes,
        period,
    }))
}

/// How people are called: their names, or their addresses.
async fn names(db: &Db) -> Result<BTreeMap<UserId, String>, OpsError> {
    let users = store::users::list(db).await?;
    let name = |user: store::users::User| (user.id, if user.name.is_empty() { user.email } else { user.name });
    Ok(users.into_iter().map(name).collect())
}
