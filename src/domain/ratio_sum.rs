//! The sum of many fractions, exactly: what `ratio_timeslices` needs.
//!
//! `Σ gᵢ / tᵢ` has a common denominator of thousands of digits, so it is never written out. Kept is its floor in
//! billionths. Every target is a whole number of millionths, so the floor meets a target exactly when the sum does, and a
//! miss can never be rounded into a pass.
//!
//! ```
//! use nines::domain::ratio_sum::floor_billionths;
//! assert_eq!(floor_billionths(&[(1, 2), (1, 3)]), 833_333_333);
//! assert_eq!(floor_billionths(&[(1, 2), (1, 3), (1, 6)]), 1_000_000_000, "three times rounded down, it would be less");
//! ```

use std::collections::BTreeMap;

/// Billionths in one.
pub const BILLION: i64 = 1_000_000_000;
/// Digits that are summed at first, in billionths of billionths.
const FINE: i128 = 1_000_000_000_000_000_000;
/// Bits that each further step adds.
const STEP_BITS: u32 = 32;

/// `⌊10⁹ · Σ gᵢ / tᵢ⌋` of fractions `0 <= gᵢ <= tᵢ`, `0 < tᵢ <= 10¹⁴`; what has no positive denominator adds nothing.
#[must_use]
pub fn floor_billionths(fractions: &[(i64, i64)]) -> i64 {
    // most slices are whole or nothing, and need no division
    let is_broken = |(g, t): &&(i64, i64)| *t > 0 && *g != 0 && g != t;
    let parts = || fractions.iter().filter(is_broken).map(|(g, t)| (i128::from(*g) * FINE, i128::from(*t)));
    let whole = fractions.iter().filter(|(g, t)| *t > 0 && g == t).count();
    let mut low = i128::try_from(whole).unwrap_or_default() * FINE;
    let mut inexact = 0_i128;
    for (scaled, t) in parts() {
        low += scaled / t;
        inexact += i128::from(scaled % t != 0);
    }
    let per = FINE / i128::from(BILLION);
    // the true sum lies at or above `low` and below `low + inexact`
    let (floor, ceiling) = (low / per, (low + (inexact - 1).max(0)) / per);
    let mut floor = floor;
    while floor < ceiling {
        let missing = (floor + 1) * per - low;
        if !reaches(parts().map(|(scaled, t)| (scaled % t, t)), missing) {
            break;
        }
        floor += 1;
    }
    i64::try_from(floor).unwrap_or(i64::MAX)
}

/// Is `Σ rᵢ / tᵢ >= whole`? Exactly, digit by digit: as long as neither side leads, both are multiplied by 2³², and what
/// is whole on the left is taken off both. Two different sums of these denominators lie further apart than
/// `1 / lcm(tᵢ)`, so after enough digits without a leader they are equal.
fn reaches(remainders: impl Iterator<Item = (i128, i128)>, whole: i128) -> bool {
    let mut by_denominator: BTreeMap<i128, i128> = BTreeMap::new();
    for (r, t) in remainders {
        *by_denominator.entry(t).or_default() += r;
    }
    let mut left = whole;
    let mut terms: Vec<(i128, i128)> = by_denominator.into_iter().map(|(t, r)| (r, t)).collect();
    take_wholes(&mut terms, &mut left);
    let bits: u32 = terms.iter().map(|(_, t)| i128::BITS - t.leading_zeros()).sum::<u32>() + 64;
    for _ in 0..=bits / STEP_BITS {
        let open = i128::try_from(terms.len()).unwrap_or(i128::MAX);
        if left <= 0 || left >= open {
            break;
        }
        left <<= STEP_BITS;
        for (r, _) in &mut terms {
            *r <<= STEP_BITS;
        }
        take_wholes(&mut terms, &mut left);
    }
    left < i128::try_from(terms.len()).unwrap_or(i128::MAX).max(1)
}

/// Takes the whole part of each term off `left` and drops the terms that have no more.
fn take_wholes(terms: &mut Vec<(i128, i128)>, left: &mut i128) {
    for (r, t) in terms.iter_mut() {
        *left -= *r / *t;
        *r %= *t;
    }
    terms.retain(|(r, _)| *r != 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gcd(a: i128, b: i128) -> i128 {
        if b == 0 { a } else { gcd(b, a % b) }
    }

    /// With one common denominator, which small fractions allow.
    fn naive(fractions: &[(i64, i64)]) -> i64 {
        let (mut n, mut d) = (0_i128, 1_i128);
        for (g, t) in fractions {
            let t = i128::from(*t);
            n = n * t + i128::from(*g) * d;
            d *= t;
            let common = gcd(n, d).max(1);
            (n, d) = (n / common, d / common);
        }
        i64::try_from(n * i128::from(BILLION) / d).unwrap()
    }

    #[test]
    fn sums_that_are_whole_are_whole() {
        assert_eq!(floor_billionths(&[]), 0);
        assert_eq!(floor_billionths(&[(1, 3), (1, 3), (1, 3)]), BILLION);
        assert_eq!(floor_billionths(&[(1, 3), (1, 6), (1, 2)]), BILLION);
        // 1/7 + 2/7 + 4/7 + 1/11 + 10/11 + 5/13 + 8/13 = 3
        assert_eq!(floor_billionths(&[(1, 7), (5, 13), (2, 7), (1, 11), (4, 7), (10, 11), (8, 13)]), 3 * BILLION);
        assert_eq!(floor_billionths(&[(0, 5), (5, 5), (7, 0)]), BILLION);
    }

    /// A hair below one, by 10⁻²⁴ and less, is not one: 1/3 + 2/3 with one event of 10¹² too few.
    #[test]
    fn a_hair_below_is_below() {
        let t = 3_000_000_000_000;
        assert_eq!(floor_billionths(&[(t / 3, t), (2 * (t / 3) - 1, t)]), BILLION - 1);
        // 1/p + (q-1)/q with p = q + 2 large: 1 - (1/q - 1/p), off by 2 / (p q)
        let (q, p) = (9_999_999_999_971, 9_999_999_999_973);
        assert_eq!(floor_billionths(&[(1, p), (q - 1, q)]), BILLION - 1);
        assert_eq!(floor_billionths(&[(1, q), (p - 1, p)]), BILLION, "and a hair above is above");
    }

    proptest! {
        #[test]
        fn agrees_with_a_common_denominator(fractions in proptest::collection::vec((0i64..30, 1i64..30), 0..12)) {
            let fractions: Vec<_> = fractions.into_iter().map(|(g, t)| (g.min(t), t)).collect();
            prop_assert_eq!(floor_billionths(&fractions), naive(&fractions));
        }

        /// Each fraction and what it lacks to one: whole, however odd the denominators.
        #[test]
        fn pairs_add_up_to_their_number(fractions in proptest::collection::vec((0i64..1_000_000, 1i64..1_000_000), 0..200)) {
            let fractions: Vec<_> = fractions.into_iter().map(|(g, t)| (g.min(t), t)).collect();
            let pairs: Vec<_> = fractions.iter().copied().chain(fractions.iter().map(|(g, t)| (t - g, *t))).collect();
            prop_assert_eq!(floor_billionths(&pairs), i64::try_from(fractions.len()).unwrap() * BILLION);
        }
    }
}
