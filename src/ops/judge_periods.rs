//! Judges an agreement's calendar periods, the running one and those that have passed, in few queries.

use crate::domain::account::Account;
use crate::domain::calendar::Period;
use crate::domain::judgement::{Judgement, judge};
use crate::domain::model::Agreement;
use crate::domain::time::{Minute, Span};
use crate::ops::export::periods_in;
use crate::ops::judge::Judge;
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, StoreError};

/// One period with the judgement of each objective, in the order of the listings.
///
/// Burn rates play no part: they belong to a moment, not to a period.
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
/// has data of any objective. One question per objective.
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
        if let Some(extent) = store::ledger::extent(court.db(), listing.indicator.id).await? {
            first = first.min(extent.start());
        }
    }
    let past = periods_in(agreement, agreement.period, Span::new(first, start), most);
    let mut spans = vec![Span::new(start, end)];
    spans.extend(past.iter().rev().map(Period::span));
    let mut columns: Vec<Vec<Account>> = Vec::with_capacity(listings.len());
    for listing in listings {
        columns.push(court.accounts(listing, &spans).await?);
    }
    let judged = |period: &Period, index: usize| {
        let one = |(listing, accounts): (&ObjectiveListing, &Vec<Account>)| {
            let terms = court.terms(listing, period.span());
            let span = spans.get(index).copied().unwrap_or_else(|| period.span());
            judge(terms, &[], span, accounts.get(index).copied().unwrap_or_default(), &[])
        };
        JudgedPeriod { period: *period, judgements: listings.iter().zip(&columns).map(one).collect() }
    };
    let past = past.iter().rev().zip(1..).map(|(period, index)| judged(period, index)).collect();
    Ok(JudgedPeriods { current: judged(&current, 0), past })
}
