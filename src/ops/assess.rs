//! Judges an agreement's period as a whole, once: what page, report and files show.

use crate::domain::assessment::{Assessed, Assessment, Facts, Surroundings, whole};
use crate::domain::calendar::Period;
use crate::domain::evidence::Evidence;
use crate::domain::ids::UserId;
use crate::domain::judgement::Terms;
use crate::domain::model::Agreement;
use crate::domain::phrases;
use crate::domain::time::{Instant, Minute, Span};
use crate::language;
use crate::ops::OpsError;
use crate::ops::judge::{Judge, Judged};
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, Db, StoreError};
use std::collections::{BTreeMap, VecDeque};
use tokio::task::{JoinHandle, spawn_blocking};

/// How many objectives are reckoned at the same time.
const AT_ONCE: usize = 2;

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
    // each is reckoned on a thread of its own while the next is read; a year of minutes is large, so few are held at once
    let mut reckoned = VecDeque::with_capacity(AT_ONCE);
    for listing in case.listings {
        if reckoned.len() == AT_ONCE {
            objectives.extend(next(&mut reckoned).await?);
        }
        let matter = Matter::read(judge, listing, case.period, span).await?;
        reckoned.push_back(spawn_blocking(language::carried(move || matter.assessed())));
    }
    while let Some(assessed) = next(&mut reckoned).await? {
        objectives.push(assessed);
    }
    let names = names(judge.db()).await?;
    let exclusions = judge.exclusions();
    let around = Surroundings { period: &case.period, span, now: case.now, exclusions, names: &names };
    Ok(whole(case.agreement, &around, objectives))
}

/// The first of those that are reckoned, when it is done.
async fn next(reckoned: &mut VecDeque<JoinHandle<Assessed>>) -> Result<Option<Assessed>, OpsError> {
    match reckoned.pop_front() {
        Some(first) => Ok(Some(first.await?)),
        None => Ok(None),
    }
}

/// What one objective's part in a period is reckoned from.
struct Matter {
    listing: ObjectiveListing,
    evidence: Evidence,
    judged: Judged,
    terms: Terms,
    causes: Vec<(Span, String)>,
    period: Period,
    span: Span,
}

impl Matter {
    async fn read(judge: &Judge, listing: &ObjectiveListing, period: Period, span: Span) -> Result<Self, StoreError> {
        let causes = store::outage_causes::list(judge.db(), listing.indicator.service, span).await?;
        Ok(Self {
            evidence: judge.evidence(listing, span).await?,
            judged: judge.judged(listing, span),
            terms: judge.terms(listing, period.span()),
            causes: causes.into_iter().map(|cause| (cause.span, cause.cause)).collect(),
            listing: listing.clone(),
            period,
            span,
        })
    }

    fn assessed(&self) -> Assessed {
        let ObjectiveListing { objective, indicator, .. } = &self.listing;
        Assessed::of(&Facts {
            objective,
            events: phrases::events(objective.kind, &indicator.query),
            evidence: &self.evidence,
            span: self.span,
            terms: self.terms,
            effect: &self.judged.effect,
            closed: self.judged.closed,
            causes: &self.causes,
            period: &self.period,
        })
    }
}

/// How people are called: their names, or their addresses.
async fn names(db: &Db) -> Result<BTreeMap<UserId, String>, OpsError> {
    let users = store::users::list(db).await?;
    let name = |user: store::users::User| (user.id, if user.name.is_empty() { user.email } else { user.name });
    Ok(users.into_iter().map(name).collect())
}
