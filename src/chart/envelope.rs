//! The area between two edges: what is usual, behind what was measured.

use crate::chart::Envelope;
use crate::domain::ratio::float;
use crate::domain::time::{Instant, Span};

/// Points of an envelope at most; neighbours beyond are drawn as their mean.
const MOST: usize = 360;

/// A moment with its lower and its upper edge.
pub(super) type Edges = (Instant, f64, f64);

/// The unbroken runs of an envelope within `span`, thinned.
pub(super) fn runs(envelope: &Envelope<'_>, span: Span) -> Vec<Vec<Edges>> {
    let (start, end) = (span.start().start(), span.end().start());
    let inside = |at: Instant| start <= at && at <= end;
    let points: Vec<_> = envelope.points.iter().filter(|(at, _)| inside(*at)).collect();
    let width = points.len().div_ceil(MOST).max(1);
    let usable = |(at, edges): &(Instant, Option<(f64, f64)>)| {
        edges.filter(|(low, high)| low.is_finite() && high.is_finite()).map(|(low, high)| (*at, low, high))
    };
    points
        .split(|point| usable(point).is_none())
        .map(|run| {
            let run: Vec<Edges> = run.iter().filter_map(|point| usable(point)).collect();
            run.chunks(width).filter_map(mean).collect::<Vec<_>>()
        })
        .filter(|run| run.len() > 1)
        .collect()
}

fn mean(points: &[Edges]) -> Option<Edges> {
    let (at, ..) = points.first()?;
    let count = float(i64::try_from(points.len()).unwrap_or(i64::MAX));
    let low = points.iter().map(|(_, low, _)| low).sum::<f64>() / count;
    let high = points.iter().map(|(.., high)| high).sum::<f64>() / count;
    Some((*at, low, high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Minute;

    #[test]
    fn an_envelope_breaks_at_gaps_and_is_thinned_to_means() {
        let at = |minute: i64| Minute(minute).start();
        let points: Vec<_> = (0..1000).map(|m| (at(m), (m != 500).then_some((0.0, float(m % 2))))).collect();
        let runs = runs(&Envelope { name: "Usual", points: &points }, Span::new(Minute(0), Minute(1000)));
        assert_eq!(runs.len(), 2);
        // 1000 points in groups of 3: 500 before the gap are 167, 499 after it too
        assert_eq!(runs.iter().map(Vec::len).collect::<Vec<_>>(), [167, 167]);
        assert_eq!(runs[0][0], (at(0), 0.0, 1.0 / 3.0), "0, 1, 0");
    }
}
