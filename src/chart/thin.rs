//! Fewer points for the same picture.
//!
//! The span is cut into columns; of each column the lowest and the highest value stay, in their order of time, so a
//! single bad minute in ninety days is still there, at its full depth. Averages would smooth it away.
//!
//! A gap ends a line and another begins after it. Gaps shorter than a column break the line too; the points beside a
//! longer gap stay, so that it looks as long as it was.

use crate::domain::time::{Instant, Span};

/// A point that can be drawn.
pub(super) type Point = (Instant, f64);

/// Values beyond this are drawn as this: no unit has a use for them, and sums of them would overflow.
const LARGEST: f64 = 1e15;

/// The unbroken runs of `points` within `span` (its end included), thinned to about two points per column.
pub(super) fn runs(points: &[(Instant, Option<f64>)], span: Span, columns: u32) -> Vec<Vec<Point>> {
    let (start, end) = (span.start().start(), span.end().start());
    let mut known: Vec<(Instant, Option<f64>)> = points
        .iter()
        .filter(|(at, _)| start <= *at && *at <= end)
        .map(|&(at, value)| (at, value.filter(|v| v.is_finite()).map(|v| v.clamp(-LARGEST, LARGEST))))
        .collect();
    known.sort_by_key(|(at, _)| *at);
    let few = usize::try_from(columns).is_ok_and(|columns| known.len() <= columns.saturating_mul(2));
    let keep = if few { vec![true; known.len()] } else { kept(&known, start, end, columns) };
    let mut runs: Vec<Vec<Point>> = Vec::new();
    let mut broken = true;
    for ((at, value), keep) in known.into_iter().zip(keep) {
        match value {
            None => broken = true,
            Some(value) if keep => match runs.last_mut() {
                Some(run) if !broken => run.push((at, value)),
                _ => {
                    runs.push(vec![(at, value)]);
                    broken = false;
                }
            },
            Some(_) => {}
        }
    }
    runs
}

/// Which points stay.
fn kept(known: &[(Instant, Option<f64>)], start: Instant, end: Instant, columns: u32) -> Vec<bool> {
    let seconds = (end.seconds() - start.seconds()).max(1);
    let column = |at: Instant| (at.seconds() - start.seconds()) * i64::from(columns) / seconds;
    let values: Vec<(usize, Instant, f64)> =
        known.iter().enumerate().filter_map(|(index, (at, value))| value.map(|value| (index, *at, value))).collect();

    let mut stay = vec![false; known.len()];
    let mut keep = |point: Option<&(usize, Instant, f64)>| {
        if let Some(flag) = point.and_then(|(index, ..)| stay.get_mut(*index)) {
            *flag = true;
        }
    };
    keep(values.first());
    keep(values.last());
    for within in values.chunk_by(|a, b| column(a.1) == column(b.1)) {
        keep(within.iter().min_by(|a, b| a.2.total_cmp(&b.2)));
        keep(within.iter().max_by(|a, b| a.2.total_cmp(&b.2)));
    }
    for pair in values.windows(2) {
        if let [before, after] = pair
            && before.0 + 1 < after.0
            && (after.1.seconds() - before.1.seconds()) * i64::from(columns) > seconds
        {
            keep(Some(before));
            keep(Some(after));
        }
    }
    stay
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Minute;
    use proptest::prelude::*;

    fn minutes(values: impl IntoIterator<Item = Option<f64>>) -> Vec<(Instant, Option<f64>)> {
        values.into_iter().zip(0..).map(|(value, m)| (Minute(m).start(), value)).collect()
    }

    fn span(minutes: i64) -> Span {
        Span::new(Minute(0), Minute(minutes))
    }

    #[test]
    fn one_bad_minute_in_ninety_days_stays_at_its_full_depth() {
        let all = 90 * 1440;
        for bad in [0, 1, 63_001, all - 1] {
            let points = minutes((0..all).map(|m| Some(if m == bad { 12.5 } else { 100.0 })));
            let thin = runs(&points, span(all), 300);
            assert_eq!(thin.len(), 1);
            assert!(thin[0].contains(&(Minute(bad).start(), 12.5)), "minute {bad}");
            assert!(thin[0].len() <= 602, "{}", thin[0].len());
            assert_eq!((thin[0][0].0, thin[0].last().unwrap().0), (Minute(0).start(), Minute(all - 1).start()));
        }
    }

    #[test]
    fn a_gap_breaks_the_line_and_looks_as_long_as_it_was() {
        // Unknown from minute 5003 to 6996 of 20 000, a little past the columns' edges (100 minutes each).
        let points = minutes((0..20_000).map(|m| (!(5_003..6_997).contains(&m)).then_some(f64::from(m % 7))));
        let thin = runs(&points, span(20_000), 200);
        assert_eq!(thin.len(), 2);
        assert_eq!(thin[0].last().unwrap().0, Minute(5_002).start());
        assert_eq!(thin[1][0].0, Minute(6_997).start());
    }

    #[test]
    fn a_gap_shorter_than_a_column_breaks_the_line_too() {
        let points = minutes((0..20_000).map(|m| (m != 5_050).then_some(f64::from(m))));
        assert_eq!(runs(&points, span(20_000), 200).len(), 2);
    }

    #[test]
    fn nan_and_infinity_are_gaps_and_points_outside_are_left_out() {
        let mut points = minutes([Some(1.0), Some(f64::NAN), Some(2.0), Some(f64::INFINITY), Some(3.0), Some(4.0)]);
        points.push((Minute(99).start(), Some(9.0)));
        let values: Vec<Vec<f64>> =
            runs(&points, span(5), 10).iter().map(|r| r.iter().map(|p| p.1).collect()).collect();
        assert_eq!(values, [vec![1.0], vec![2.0], vec![3.0, 4.0]]);
    }

    proptest! {
        #[test]
        fn thinning_keeps_the_extremes_and_stays_within_its_bound(
            values in prop::collection::vec(prop::option::weighted(0.9, -1e3..1e3_f64), 0..600),
            columns in 1_u32..60,
        ) {
            let points = minutes(values.iter().copied());
            let thin: Vec<Point> = runs(&points, span(600), columns).concat();
            let seen = |pick: fn(f64, f64) -> f64, of: &mut dyn Iterator<Item = f64>| of.reduce(pick);
            prop_assert_eq!(
                seen(f64::min, &mut thin.iter().map(|p| p.1)), seen(f64::min, &mut values.iter().copied().flatten()));
            prop_assert_eq!(
                seen(f64::max, &mut thin.iter().map(|p| p.1)), seen(f64::max, &mut values.iter().copied().flatten()));
            prop_assert!(thin.len() <= 4 * usize::try_from(columns).unwrap() + 2);
            prop_assert!(thin.is_sorted_by_key(|p| p.0));
        }
    }
}
