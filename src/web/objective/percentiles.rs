//! Between which bounds of its histogram the percentiles of a latency lie.

use super::Facts;
use crate::domain::model::{Indicator, Query, Threshold};
use crate::domain::percentile::{Enclosed, Within, enclose};
use crate::domain::time::Span;
use crate::language::say;
use crate::store::{Db, StoreError, spreads};
use crate::view::objective::Tile;

/// The percentiles that are shown, the most telling first.
const SHOWN: [i64; 4] = [95, 50, 90, 99];

/// The counted bounds of the indicator's histogram, ascending, each with what was within it in a span.
pub(super) async fn gather(db: &Db, own: &Indicator, span: Span) -> Result<Vec<(Threshold, Within)>, StoreError> {
    let Query::Latency { threshold, .. } = &own.query else { return Ok(Vec::new()) };
    let counted = spreads::beside(db, own.id).await?.map_or_else(Vec::new, |spread| spread.bounds);
    // before its first pull it is alone
    let alone = counted.is_empty().then(|| (threshold.clone(), own.id));
    let bounds: Vec<_> = counted.into_iter().map(|bound| (bound.threshold, bound.indicator)).chain(alone).collect();
    let ids: Vec<_> = bounds.iter().map(|(_, indicator)| *indicator).collect();
    let tallies = spreads::tallies(db, &ids, span).await?;
    let within = |(threshold, id)| {
        let tally = tallies.get(&id).copied().unwrap_or_default();
        (threshold, Within { good: tally.good, total: tally.total })
    };
    Ok(bounds.into_iter().map(within).collect())
}

/// The figure; nothing where no latency is counted.
pub(super) fn tile(facts: &Facts) -> Option<Tile> {
    let counts: Vec<Within> = facts.within.iter().map(|(_, within)| *within).collect();
    let bound = |place: usize| facts.within.get(place).map_or_else(String::new, |(bound, _)| bound.to_string());
    let told = SHOWN.iter().filter_map(|percent| Some((percent, enclose(*percent, &counts)?)));
    let mut told = told.map(|(percent, enclosed)| format!("p{percent} {}", in_words(enclosed, bound)));
    let value = told.next()?;
    let mut notes: Vec<String> = told.collect();
    notes.push(say!("bounds of the histogram’s buckets"));
    Some(Tile { label: say!("Percentiles"), value, notes, tone: None, link: None })
}

/// `≤ 0.5 s`, `> 0.5 s`, `0.25 to 0.5 s`.
fn in_words(enclosed: Enclosed, bound: impl Fn(usize) -> String) -> String {
    match (enclosed.above, enclosed.at_most) {
        (Some(above), Some(most)) => say!("{above} to {most} s", bound(above), bound(most)),
        (None, Some(most)) => say!("≤ {bound} s", bound(most)),
        (Some(above), None) => say!("> {bound} s", bound(above)),
        (None, None) => say!("unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_said_in_the_words_of_the_histogram() {
        let bound = |place: usize| ["0.25", "0.50"][place].to_owned();
        let said = |above, at_most| in_words(Enclosed { above, at_most }, bound);
        assert_eq!(said(Some(0), Some(1)), "0.25 to 0.50 s");
        assert_eq!((said(None, Some(0)), said(Some(1), None)), ("≤ 0.25 s".to_owned(), "> 0.50 s".to_owned()));
    }
}
