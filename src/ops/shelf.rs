//! Keeps the settled hours of ledgers at hand, for pages: at the next minute only the newest hours are read.
//!
//! What is kept holds for as long as the number of changes of settled hours is the same, which the transaction that writes into
//! one raises ([`crate::store::ledger::Version`]); the newest hours hold for as long as nothing at all has changed.

use crate::domain::ids::IndicatorId;
use crate::domain::time::{HOUR_MINUTES, Minute, Span};
use crate::ops::reckon_once::Memo;
use crate::store::ledger::{self, Excerpt, Version};
use crate::store::{Db, StoreError};
use std::sync::Arc;

/// Room for so many bytes of packed hours: about a hundred quarters.
const ROOM: u64 = 32 << 20;

/// Room for the first minutes of so many indicators.
const FIRSTS: u64 = 5_000;

/// Hours of ledgers as they were read for pages.
#[derive(Debug)]
pub struct Shelf {
    kept: Memo<IndicatorId, i64, Arc<Kept>>,
    firsts: Memo<IndicatorId, i64, Minute>,
}

/// What is kept of one indicator.
struct Kept {
    /// From whole hour to whole hour.
    span: Span,
    /// Every hour of the span; all of them are settled.
    settled: Excerpt,
    /// Every hour after the span, as it was after so many changes.
    newest: Option<(i64, Excerpt)>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self { kept: Memo::new(ROOM, |kept| kept.bytes()), firsts: Memo::new(FIRSTS, |_| 0) }
    }
}

impl Kept {
    fn bytes(&self) -> usize {
        self.settled.bytes() + self.newest.as_ref().map_or(0, |(_, hours)| hours.bytes())
    }

    /// The same and what of a span that touches it lies before and after.
    async fn grown(&self, db: &Db, indicator: IndicatorId, span: Span) -> Result<Self, StoreError> {
        let mut settled = self.settled.clone();
        let (earlier, later) = (Span::new(span.start(), self.span.start()), Span::new(self.span.end(), span.end()));
        if !earlier.is_empty() {
            settled = Excerpt::read(db, indicator, earlier).await?.and(&settled);
        }
        if !later.is_empty() {
            settled = settled.and(&Excerpt::read(db, indicator, later).await?);
        }
        let span = Span::new(self.span.start().min(span.start()), self.span.end().max(span.end()));
        Ok(Self { span, settled, newest: None })
    }
}

impl Shelf {
    /// The hours of an indicator that have a minute inside `span`. The version must have been read before.
    pub async fn excerpt(
        &self,
        db: &Db,
        indicator: IndicatorId,
        version: &Version,
        span: Span,
    ) -> Result<Excerpt, StoreError> {
        let settled = whole_hours(span).intersect(Span::new(Minute(i64::MIN), version.settled_before.first()));
        let before = self.kept.find(&indicator, &version.settled_changes);
        let is_far = |kept: &Arc<Kept>| settled.end() < kept.span.start() || kept.span.end() < settled.start();
        if settled.is_empty() || before.as_ref().is_some_and(is_far) {
            return Excerpt::read(db, indicator, span).await;
        }
        let keep = |kept: Kept| {
            let kept = Arc::new(kept);
            self.kept.keep(indicator, version.settled_changes, Arc::clone(&kept));
            kept
        };
        let kept = match before {
            Some(kept) if settled.intersect(kept.span) == settled => kept,
            Some(kept) => keep(kept.grown(db, indicator, settled).await?),
            None => {
                let hours = Excerpt::read(db, indicator, settled).await?;
                keep(Kept { span: settled, settled: hours, newest: None })
            }
        };
        let inside = kept.settled.within(span);
        if span.end() <= kept.span.end() {
            return Ok(inside);
        }
        if let Some((_, newest)) = kept.newest.as_ref().filter(|(changes, _)| *changes == version.changes) {
            return Ok(inside.and(&newest.within(span)));
        }
        let newest = Excerpt::since(db, indicator, kept.span.end().hour()).await?;
        let hours = inside.and(&newest.within(span));
        keep(Kept { span: kept.span, settled: kept.settled.clone(), newest: Some((version.changes, newest)) });
        Ok(hours)
    }

    /// The first known minute of an indicator. The version must have been read before.
    pub async fn first(
        &self,
        db: &Db,
        indicator: IndicatorId,
        version: &Version,
    ) -> Result<Option<Minute>, StoreError> {
        if let Some(first) = self.firsts.find(&indicator, &version.settled_changes) {
            return Ok(Some(first));
        }
        let first = ledger::first(db, indicator).await?;
        if let Some(first) = first.filter(|first| first.hour() < version.settled_before) {
            self.firsts.keep(indicator, version.settled_changes, first);
        }
        Ok(first)
    }
}

/// The hours that a span cuts into, as a whole.
fn whole_hours(span: Span) -> Span {
    let last = if span.is_empty() { span.start() } else { span.end().plus(HOUR_MINUTES - 1) };
    Span::new(span.start().hour().first(), last.hour().first())
}
