//! Judges an agreement's period as a whole, once: what page, report and files show.

use crate::domain::assessment::{Assessed, Assessment, Facts, Surroundings, whole};
use crate::domain::calendar::Period;
use crate::domain::evidence::Evidence;
use crate::domain::ids::{ObjectiveId, UserId};
use crate::domain::judgement::Terms;
use crate::domain::model::Agreement;
use crate::domain::phrases;
use crate::domain::time::{Instant, Minute, Span};
use crate::language::{self, Language};
use crate::ops::OpsError;
use crate::ops::judge::{Grounds, Judge, Judged};
use crate::ops::reckon_once::Memo;
use crate::store::objectives::ObjectiveListing;
use crate::store::outage_causes::OutageCause;
use crate::store::{self, Db, StoreError};
use futures_util::FutureExt as _;
use futures_util::future::{self, Either, Ready};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

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

/// Objectives in periods, as they were assessed in a language.
pub(super) type AssessedOnce = Memo<(ObjectiveId, Minute, Language), (Grounds, Matter), Assessed>;

/// Room for so many outages and days: about twenty megabytes.
const ASSESSED_KEPT: u64 = 100_000;

pub(super) fn memo() -> AssessedOnce {
    Memo::new(ASSESSED_KEPT, |one| one.outages.len() + one.days.len())
}

/// Assesses a period; for a page, an objective of which nothing has changed is not reckoned again.
pub async fn assess(judge: &Judge, case: &Case<'_>) -> Result<Assessment, OpsError> {
    let whole_span = case.period.span();
    let span = Span::new(whole_span.start(), case.until.min(whole_span.end()));
    let mut objectives = Vec::with_capacity(case.listings.len());
    // each is reckoned on a thread of its own while the next is read; a year of minutes is large, so few are held at once
    let mut reckoned: VecDeque<Pending> = VecDeque::with_capacity(AT_ONCE);
    let mut causes = BTreeMap::new();
    for listing in case.listings {
        if reckoned.len() == AT_ONCE
            && let Some(first) = reckoned.pop_front()
        {
            objectives.push(first.await?);
        }
        let causes = match causes.entry(listing.indicator.service) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                new.insert(store::outage_causes::list(judge.db(), listing.indicator.service, span).await?)
            }
        };
        let matter = Matter::new(judge, listing, (case.period, span), causes);
        reckoned.push_back(matter.begin(judge).await?);
    }
    for rest in reckoned {
        objectives.push(rest.await?);
    }
    let names = names(judge.db()).await?;
    let exclusions = judge.exclusions();
    let around = Surroundings { period: &case.period, span, now: case.now, exclusions, names: &names };
    Ok(whole(case.agreement, &around, objectives))
}

/// One that is reckoned already, or is being reckoned.
type Pending = Either<Ready<Result<Assessed, JoinError>>, JoinHandle<Assessed>>;

/// What one objective's part in a period is reckoned from, besides the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Matter {
    listing: ObjectiveListing,
    judged: Judged,
    terms: Terms,
    causes: Vec<(Span, String)>,
    period: Period,
    span: Span,
}

impl Matter {
    fn new(judge: &Judge, listing: &ObjectiveListing, (period, span): (Period, Span), causes: &[OutageCause]) -> Self {
        Self {
            judged: judge.judged(listing, span),
            terms: judge.terms(listing, period.span()),
            causes: causes.iter().map(|cause| (cause.span, cause.cause.clone())).collect(),
            listing: listing.clone(),
            period,
            span,
        }
    }

    /// Reads the ledger and begins to reckon; what was reckoned before holds if nothing has changed.
    async fn begin(self, judge: &Judge) -> Result<Pending, StoreError> {
        let Some(before) = judge.memos().map(|memos| Arc::clone(&memos.assessed)) else {
            let evidence = judge.evidence(&self.listing, self.span).await?;
            return Ok(spawn_blocking(language::carried(move || self.assessed(&evidence))).right_future());
        };
        let key = (self.listing.objective.id, self.span.start(), language::current());
        let facts = (judge.grounds(&self.listing).await?, self);
        if let Some(assessed) = before.find(&key, &facts) {
            return Ok(future::ready(Ok(assessed)).left_future());
        }
        let evidence = judge.evidence(&facts.1.listing, facts.1.span).await?;
        let reckon = move || {
            let assessed = facts.1.assessed(&evidence);
            before.keep(key, facts, assessed.clone());
            assessed
        };
        Ok(spawn_blocking(language::carried(reckon)).right_future())
    }

    fn assessed(&self, evidence: &Evidence) -> Assessed {
        let ObjectiveListing { objective, indicator, .. } = &self.listing;
        Assessed::of(&Facts {
            objective,
            events: phrases::events(objective.kind, &indicator.query),
            evidence,
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
