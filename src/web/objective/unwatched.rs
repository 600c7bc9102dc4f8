//! Why the mean or percentiles of a latency are not watched yet, or what is wrong with them.

use crate::domain::watch::Measure;
use crate::language;
use crate::language::say;
use crate::ops::pull::QUERY_REFUSED;
use crate::store::objectives::ObjectiveListing;
use crate::store::{Db, StoreError, findings, indicators, ledger, spreads};

/// The sentence about measures of a latency that are to be watched, some of which nothing has been learned of; nothing if
/// all is well.
pub(super) async fn sentence(
    db: &Db,
    listing: &ObjectiveListing,
    watched: &[Measure],
    missing: &[Measure],
) -> Result<Option<String>, StoreError> {
    if watched.is_empty() {
        return Ok(None);
    }
    let Some(counted) = spreads::beside(db, listing.indicator.id).await? else {
        return Ok(Some(if listing.indicator.query.has_histogram() {
            say!("Mean and percentiles are not watched yet: the next reading of the source begins to count them.")
        } else {
            say!("Checks are counted one by one, so there is no mean and no percentile to watch.")
        }));
    };
    let found = findings::list(db, counted.durations).await?;
    let mut open = found.iter().filter(|one| one.resolved_at.is_none());
    if missing.is_empty() {
        let problem = open.next().map(|one| language::word(&one.message).trim_end_matches('.').to_owned());
        return Ok(problem.map(|problem| say!("About the mean and the percentiles: {problem}.", problem)));
    }
    if let Some(refused) = open.find(|one| one.kind == QUERY_REFUSED) {
        let problem = refused.message.trim_end_matches('.');
        return Ok(Some(say!("Mean and percentiles are not watched yet: {problem}.", problem)));
    }
    let pull = indicators::load_pull(db, counted.durations).await?;
    let is_read = pull.is_some_and(|pull| pull.finished_backfill_at.is_some());
    let has_sums = ledger::extent(db, counted.durations).await?.is_some();
    Ok(Some(if !is_read {
        say!("Mean and percentiles are not watched yet: the whole histogram is still being read.")
    } else if counted.bounds.len() < 2 {
        say!("Percentiles are not watched: they need a histogram with at least two bounds.")
    } else if missing.contains(&Measure::LatencyMean) && !has_sums {
        say!("The mean is not watched: the source has no sums of the durations beside the buckets.")
    } else {
        say!("Mean and percentiles are watched from the next settled data on.")
    }))
}
