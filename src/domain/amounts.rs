//! How much, in units that may be fractions: at most four decimals, unless they would cross a line.
//!
//! ```
//! use nines::domain::amounts::decimal;
//! const BILLION: i64 = 1_000_000_000;
//! assert_eq!(decimal(8_632_500_000_000, BILLION, None), "8632.5");
//! assert_eq!(decimal(8_640_000_001, BILLION, Some(8_640_000_000)), "8.640000001", "8.64 is what may be bad");
//! assert_eq!(decimal(1, BILLION, None), "0.000000001", "never nothing");
//! ```

use std::cmp::Ordering;

/// Decimals that an amount normally has.
const DECIMALS: u32 = 4;
/// With so many decimals a billionth is exact.
const DECIMALS_MAX: u32 = 9;

/// `n / per_one` as a decimal, rounded to the nearest with at most four decimals; more where fewer would show it on
/// another side of `edge`, or of nothing, than it is.
#[must_use]
pub fn decimal(n: i64, per_one: i64, edge: Option<i64>) -> String {
    let (n, per_one) = (i128::from(n), i128::from(per_one.max(1)));
    let edges = [Some(0), edge.map(i128::from)];
    let rounded = |places: u32| {
        let scale = 10_i128.pow(places);
        ((n * scale * 2 + per_one).div_euclid(per_one * 2), scale)
    };
    let is_true = |places: &u32| {
        let (shown, scale) = rounded(*places);
        let on_its_side = |edge: i128| is_on(n, edge, (shown * per_one).cmp(&(edge * scale)));
        edges.into_iter().flatten().all(on_its_side)
    };
    let places = (DECIMALS..DECIMALS_MAX).find(is_true).unwrap_or(DECIMALS_MAX);
    let (shown, scale) = rounded(places);
    let sign = if shown < 0 { "-" } else { "" };
    let (whole, rest) = (shown.abs() / scale, shown.abs() % scale);
    let width = usize::try_from(places).unwrap_or_default();
    let text = format!("{sign}{whole}.{rest:0width$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Does what is shown stand to the edge as the number itself does? What is the edge may be shown next to it.
fn is_on(n: i128, edge: i128, shown: Ordering) -> bool {
    n == edge || n.cmp(&edge) == shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BILLION: i64 = 1_000_000_000;

    #[test]
    fn amounts_are_short_but_never_across_their_line() {
        for (n, edge, text) in [
            (0, None, "0"),
            (BILLION, None, "1"),
            (-1_500_000_000, None, "-1.5"),
            (333_333_333, None, "0.3333"),
            (666_666_667, None, "0.6667"),
            // 8.64 slices may be bad: a hair more is no longer 8.64, a hair less neither
            (8_640_000_001, Some(8_640_000_000), "8.640000001"),
            (8_639_999_999, Some(8_640_000_000), "8.639999999"),
            (8_640_000_000, Some(8_640_000_000), "8.64"),
            (8_640_060_000, Some(8_640_000_000), "8.6401"),
            (-1, Some(0), "-0.000000001"),
        ] {
            assert_eq!(decimal(n, BILLION, edge), text);
        }
        assert_eq!(decimal(1_999_999, 10_000_000, None), "0.2", "in per cent of the whole");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_near_and_on_its_side(n in -9_000_000_000_000_i64..9_000_000_000_000, edge in -9_000_i64..9_000) {
            let edge = edge * 1_000_000;
            let shown: f64 = decimal(n, BILLION, Some(edge)).parse().unwrap();
            let exact = crate::domain::ratio::float(n) / 1e9;
            prop_assert!((shown - exact).abs() <= 0.000_051);
            let line = crate::domain::ratio::float(edge) / 1e9;
            prop_assert!((n > edge) == (shown > line) && (n < edge) == (shown < line));
        }
    }
}
