//! Judges an agreement's calendar periods, the running one and those that have passed, in few queries.

use crate::domain::account::Account;
use crate::domain::calendar::Period;
use crate::domain::ids::ObjectiveId;
use crate::domain::judgement::{Judgement, Terms, judge};
use crate::domain::model::Agreement;
use crate::domain::time::{Minute, Span};
use crate::ops::export::periods_in;
use crate::ops::judge::Judge;
use crate::ops::terms_in_force::resolve_beside;
use crate::store::objectives::ObjectiveListing;
use crate::store::{StoreError, revisions};
use std::collections::{BTreeMap, BTreeSet};

/// One period with the judgement of each objective, in the order of the listings.
///
/// Burn rates play no part: they belong to a moment, not to a period. An objective that was not yet promised when a
/// past period began has nothing to be judged; one that was added to the running period is judged by its present terms.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedPeriod {
    /// Which.
    pub period: Period,
    /// What was found.
    pub judgements: Vec<Judgement>,
}

/// An agreement's periods.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedPeriods {
    /// The running one, so far.
    pub current: JudgedPeriod,
    /// Those before it, the newest first.
    pub past: Vec<JudgedPeriod>,
}

/// The period that contains the minute before `end`, judged up to `end`, and at most `most` before it, from the first that
/// has data of any objective. Each is judged by the terms that were in force when it began. One question per objective
/// and revision.
pub async fn judge_periods(
    court: &Judge,
    agreement: &Agreement,
    listings: &[ObjectiveListing],
    end: Minute,
    most: usize,
) -> Result<JudgedPeriods, StoreError> {
    let current = agreement.calendar().period_at(end.plus(-1).start());
    let start = current.span().start();
    let mut first = start;
    for listing in listings {
        if let Some(known) = court.first(listing.indicator.id).await? {
            first = first.min(known);
        }
    }
    let mut periods = periods_in(agreement, agreement.period, Span::new(first, start), most);
    periods.push(current);
    periods.reverse();
    let mut judged = judge_each(court, agreement, listings, periods, end).await?.into_iter();
    let current = judged.next().unwrap_or_else(|| JudgedPeriod { period: current, judgements: Vec::new() });
    Ok(JudgedPeriods { current, past: judged.collect() })
}

/// Periods of any kind, the newest first, each judged up to `end` by the terms that were in force when it began. Where `end`
/// lies in the first, that one is judged as the running one. One question per objective and revision.
pub async fn judge_each(
    court: &Judge,
    agreement: &Agreement,
    listings: &[ObjectiveListing],
    periods: Vec<Period>,
    end: Minute,
) -> Result<Vec<JudgedPeriod>, StoreError> {
    let revised = Revised::load(court, agreement, listings, &periods, end).await?;
    let mut columns = Vec::with_capacity(listings.len());
    for listing in listings {
        columns.push(column(court, listing, &revised, &periods, end).await?.into_iter());
    }
    let judged = periods
        .into_iter()
        .map(|period| JudgedPeriod { period, judgements: columns.iter_mut().filter_map(Iterator::next).collect() });
    Ok(judged.collect())
}

/// The revisions that periods go by.
struct Revised {
    /// For each period the number of its revision; 0 for the present terms, and [`Self::RUNNING`] for the running one's.
    numbers: Vec<i64>,
    /// Each revision's promises, by its number.
    listings: BTreeMap<i64, Vec<ObjectiveListing>>,
}

impl Revised {
    const RUNNING: i64 = -1;

    async fn load(
        court: &Judge,
        agreement: &Agreement,
        present: &[ObjectiveListing],
        periods: &[Period],
        end: Minute,
    ) -> Result<Self, StoreError> {
        let history = revisions::list(court.db(), agreement.id).await?;
        let mut this = Self { numbers: Vec::with_capacity(periods.len()), listings: BTreeMap::new() };
        for period in periods {
            let revision = revisions::among(&history, period.span().start());
            this.numbers.push(revision.map_or(0, |revision| revision.number));
            if let Some(revision) = revision
                && !this.listings.contains_key(&revision.number)
            {
                let listings = resolve_beside(court.db(), revision, agreement, present).await?.listings;
                this.listings.insert(revision.number, listings);
            }
        }
        let is_running = periods.first().is_some_and(|period| period.span().contains(end.plus(-1)));
        if let Some(first) = this.numbers.first_mut().filter(|_| is_running) {
            let mut running = this.listings.get(first).cloned().unwrap_or_default();
            let known: BTreeSet<ObjectiveId> = running.iter().map(|one| one.objective.id).collect();
            running.extend(present.iter().filter(|one| !known.contains(&one.objective.id)).cloned());
            this.listings.insert(Self::RUNNING, running);
            *first = Self::RUNNING;
        }
        Ok(this)
    }

    /// The promise as a revision has it; the present one where there is no revision.
    fn promise<'a>(&'a self, number: i64, present: &'a ObjectiveListing) -> Option<&'a ObjectiveListing> {
        let find = |id: ObjectiveId, all: &'a [ObjectiveListing]| all.iter().find(move |one| one.objective.id == id);
        self.listings.get(&number).map_or(Some(present), |all| find(present.objective.id, all))
    }
}

/// One objective's judgement in each period, the newest first.
async fn column(
    court: &Judge,
    listing: &ObjectiveListing,
    revised: &Revised,
    periods: &[Period],
    end: Minute,
) -> Result<Vec<Judgement>, StoreError> {
    let passed = |period: &Period| Span::new(period.span().start(), period.span().end().min(end));
    let mut by_revision: BTreeMap<i64, Vec<&Period>> = BTreeMap::new();
    for (period, number) in periods.iter().zip(&revised.numbers) {
        by_revision.entry(*number).or_default().push(period);
    }
    let mut found: BTreeMap<i64, std::vec::IntoIter<(Terms, Account)>> = BTreeMap::new();
    for (number, periods) in &by_revision {
        let promise = revised.promise(*number, listing);
        let spans: Vec<Span> = periods.iter().map(|period| passed(period)).collect();
        let wholes: Vec<Span> = periods.iter().map(|period| period.span()).collect();
        let accounts = match promise {
            Some(promise) => {
                let court = court.among(revised.listings.get(number).map_or(&[], Vec::as_slice));
                court.accounts(promise, &spans).await?
            }
            None => vec![Account::default(); spans.len()],
        };
        let terms = court.terms_each(promise.unwrap_or(listing), &wholes);
        found.insert(*number, terms.into_iter().zip(accounts).collect::<Vec<_>>().into_iter());
    }
    let judged = |(period, number): (&Period, &i64)| {
        let (terms, account) = found.get_mut(number)?.next()?;
        Some(judge(terms, &[], passed(period), account, &[]))
    };
    Ok(periods.iter().zip(&revised.numbers).filter_map(judged).collect())
}
