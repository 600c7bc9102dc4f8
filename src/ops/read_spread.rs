//! Reads how the events of a latency are spread: what its mean and its percentiles are made of.

use crate::domain::durations::micros;
use crate::domain::model::{Indicator, Query};
use crate::domain::time::Span;
use crate::domain::watch::{Measure, Spread};
use crate::store::spreads::Spread as Counted;
use crate::store::{self, Db, StoreError};

/// With fewer bounds no percentile is told.
const BOUNDS_MIN: usize = 2;

/// Which measures there is something to learn of: percentiles where bounds are counted, the mean where durations are known.
pub async fn available(db: &Db, counted: &Counted) -> Result<Vec<Measure>, StoreError> {
    let has_bounds = counted.bounds.len() >= BOUNDS_MIN;
    let mut measures: Vec<Measure> = Measure::LATENCIES.into_iter().filter(|one| one.percent().is_some()).collect();
    measures.retain(|_| has_bounds);
    if store::ledger::extent(db, counted.durations).await?.is_some() {
        measures.push(Measure::LatencyMean);
    }
    Ok(measures)
}

/// What the ledger knows of it in the hours of a span.
pub async fn read_spread(db: &Db, latency: &Indicator, counted: &Counted, span: Span) -> Result<Spread, StoreError> {
    let Query::Latency { histogram, .. } = &latency.query else { return Ok(Spread::default()) };
    let unit = micros(histogram.metric()) / 1e6;
    let mut sheets = store::spreads::sheets(db, &counted.indicators(), span).await?;
    let mut sheet = |indicator| sheets.remove(&indicator).unwrap_or_default();
    let bounds = counted.bounds.iter().map(|bound| (bound.threshold.value() * unit, sheet(bound.indicator))).collect();
    Ok(Spread::new(bounds, sheet(counted.durations)))
}
