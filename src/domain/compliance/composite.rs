//! Objectives made of others: bad if any member is bad, or the weighted mean of their SLIs.
//!
//! - any bad: per slice, `bad` if one member is bad, else unknown if one is unknown, else good
//! - weighted: `Σ wᵢ · (Gᵢ / Tᵢ) / Σ wᵢ`, in billionths, rounded down
//!
//! A floor in billionths decides exactly against any target: a target is a whole number of millionths, so the mean is
//! below it if and only if its floor is. `(billionths, 10⁹)` are therefore good and total of the composite.
//!
//! ```
//! use nines::domain::compliance::composite::{BILLION, Member, any_bad, weighted};
//! use nines::domain::target::Target;
//! let member = |good, total, weight| Member { good, total, weight };
//! // (3 · 999/1000 + 1 · 3/4) / 4 = 3.747 / 4 = 0.936 75
//! let good = weighted(&[member(999, 1_000, 3), member(3, 4, 1)]).unwrap();
//! assert_eq!(good, 936_750_000);
//! assert!(Target::parse("93.675").unwrap().is_met(good, BILLION));
//!
//! let (web, shop) = ([Some(true), Some(true), None], [Some(true), Some(false), Some(true)]);
//! assert_eq!(any_bad(&[&web, &shop]), [Some(true), Some(false), None]);
//! ```
//!
//! The awkward case: thirds. `1/3` and `2/3` are exactly one half, but their billionths, each rounded down, are not.
//! What is cut off is kept as fractions and summed exactly, in numbers as long as it takes: products of 64-bit totals
//! leave 128 bits behind with the third member.

use std::cmp::Ordering;

/// The whole, in billionths.
pub const BILLION: i64 = 1_000_000_000;

/// One member of a weighted composite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Good units, 0 to `total`.
    pub good: i64,
    /// All units of the member's own judgement; 0 if nothing was measured.
    pub total: i64,
    /// How much it counts beside the others.
    pub weight: u32,
}

/// Slice by slice: bad (`false`) if any member is bad, else unknown (none) if any is unknown, else good.
///
/// The members' slices are aligned at their start; where one has fewer than the longest, the rest of it is unknown.
#[must_use]
pub fn any_bad(members: &[&[Option<bool>]]) -> Vec<Option<bool>> {
    let length = members.iter().map(|member| member.len()).max().unwrap_or_default();
    let of_slice = |at: usize| {
        let mut slices = members.iter().map(|member| member.get(at).copied().flatten());
        slices.try_fold(Some(true), |so_far, slice| match slice {
            Some(false) => None, // nothing that follows can change it
            Some(true) => Some(so_far),
            None => Some(None),
        })
    };
    (0..length).map(|at| of_slice(at).unwrap_or(Some(false))).collect()
}

/// The weighted mean of the members' SLIs in billionths, rounded down, exact whatever the counts.
///
/// Members without units, and those without weight, decide nothing and leave the sum on both sides; none if that leaves
/// no member.
#[must_use]
pub fn weighted(members: &[Member]) -> Option<i64> {
    let members: Vec<&Member> = members.iter().filter(|member| member.total > 0 && member.weight > 0).collect();
    let weights: i128 = members.iter().map(|member| i128::from(member.weight)).sum();
    if weights == 0 {
        return None;
    }
    // w · G · 10⁹ is at most 2³² · 2⁶³ · 2³⁰ = 2¹²⁵
    let scaled = |m: &Member| i128::from(m.weight) * i128::from(m.good) * i128::from(BILLION);
    let whole: i128 = members.iter().map(|m| scaled(m).div_euclid(i128::from(m.total))).sum();
    let fractions: Vec<(u64, u64)> = members
        .iter()
        .map(|m| (scaled(m).rem_euclid(i128::from(m.total)), m.total))
        .filter_map(|(rest, total)| Some((u64::try_from(rest).ok()?, u64::try_from(total).ok()?)))
        .collect();
    i64::try_from((whole + floor_of_sum(&fractions)).div_euclid(weights)).ok()
}

/// The floor of a sum of proper fractions.
fn floor_of_sum(fractions: &[(u64, u64)]) -> i128 {
    let fractions = || fractions.iter().filter(|(rest, _)| *rest > 0);
    // Σ rᵢ / tᵢ = (Σ rᵢ · Π tⱼ, j ≠ i) / Π tⱼ
    let (sum, product) = fractions().fold((Long::of(0), Long::of(1)), |(sum, product), (rest, total)| {
        (sum.times(*total).plus(&product.times(*rest)), product.times(*total))
    });
    let mut multiple = product.clone();
    let mut floor = 0;
    while sum.compare(&multiple) != Ordering::Less {
        multiple = multiple.plus(&product);
        floor += 1;
    }
    floor
}

/// A natural number of any length: digits to the base 2⁶⁴, lowest first, none of the highest being 0.
#[derive(Clone)]
struct Long(Vec<u64>);

impl Long {
    fn of(n: u64) -> Self {
        Self(vec![n]).trimmed()
    }

    fn times(&self, factor: u64) -> Self {
        Self::carried(self.0.iter().map(|digit| u128::from(*digit) * u128::from(factor)))
    }

    fn plus(&self, other: &Self) -> Self {
        let digit = |long: &Self, at: usize| u128::from(long.0.get(at).copied().unwrap_or_default());
        let length = self.0.len().max(other.0.len());
        Self::carried((0..length).map(|at| digit(self, at) + digit(other, at)))
    }

    fn compare(&self, other: &Self) -> Ordering {
        let lengths = self.0.len().cmp(&other.0.len());
        lengths.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// From digits that may be too large, each at most `(2⁶⁴ - 1)²`.
    fn carried(digits: impl Iterator<Item = u128>) -> Self {
        let low = |n: u128| u64::try_from(n & u128::from(u64::MAX)).unwrap_or_default();
        let mut carry = 0;
        let mut long: Vec<u64> = Vec::new();
        for digit in digits {
            let sum = digit + carry;
            long.push(low(sum));
            carry = sum >> 64;
        }
        long.push(low(carry));
        Self(long).trimmed()
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::target::Target;
    use proptest::prelude::*;

    fn member(good: i64, total: i64, weight: u32) -> Member {
        Member { good, total, weight }
    }

    #[test]
    fn any_bad_member_makes_a_slice_bad_even_beside_an_unknown_one() {
        let (good, bad, unknown) = (Some(true), Some(false), None);
        for (slices, expected) in [
            (vec![good, good], good),
            (vec![good, bad], bad),
            (vec![unknown, bad], bad),
            (vec![bad, unknown], bad),
            (vec![good, unknown], unknown),
            (vec![unknown, good], unknown),
            (vec![unknown, unknown], unknown),
        ] {
            let members: Vec<[Option<bool>; 1]> = slices.iter().map(|slice| [*slice]).collect();
            let members: Vec<&[Option<bool>]> = members.iter().map(<[_; 1]>::as_slice).collect();
            assert_eq!(any_bad(&members), [expected], "{slices:?}");
        }
        assert_eq!(any_bad(&[&[good, good], &[good]]), [good, unknown], "the rest is unknown");
        assert_eq!(any_bad(&[]), []);
    }

    #[test]
    fn weighted_means_are_exact() {
        for (members, expected) in [
            (vec![member(1, 3, 1), member(2, 3, 1)], Some(500_000_000)),
            (vec![member(1, 3, 1), member(1, 3, 1), member(1, 3, 1)], Some(333_333_333)),
            (vec![member(1, 6, 1), member(1, 3, 1), member(1, 2, 1)], Some(333_333_333)),
            (vec![member(9, 10, 1), member(99, 100, 3)], Some(967_500_000)),
            (vec![member(0, 0, 9), member(1, 2, 1)], Some(500_000_000)),
            (vec![member(1, 1, 0), member(1, 2, 1)], Some(500_000_000)),
            (vec![member(0, 0, 1)], None),
            (vec![member(1, 1, 0)], None),
            (vec![], None),
            (vec![member(i64::MAX, i64::MAX, u32::MAX); 50], Some(BILLION)),
            // three fractions just short of a whole, with totals that have nothing in common
            (
                vec![
                    member(i64::MAX - 1, i64::MAX, 1),
                    member(i64::MAX - 2, i64::MAX - 1, 1),
                    member(i64::MAX - 3, i64::MAX - 2, 1),
                ],
                Some(999_999_999),
            ),
        ] {
            assert_eq!(weighted(&members), expected, "{members:?}");
        }
    }

    fn members(total: i64) -> impl Strategy<Value = Vec<Member>> {
        let counts = (1..=total).prop_flat_map(|total| (0..=total, Just(total)));
        proptest::collection::vec(
            (counts, 1..=100_u32).prop_map(|((good, total), weight)| member(good, total, weight)),
            1..5,
        )
    }

    /// `(numerator, denominator)` of the mean, by one common denominator; small enough for 128 bits.
    fn naive(members: &[Member]) -> (i128, i128) {
        let product: i128 = members.iter().map(|m| i128::from(m.total)).product();
        let weights: i128 = members.iter().map(|m| i128::from(m.weight)).sum();
        let sum = members.iter().map(|m| i128::from(m.weight) * i128::from(m.good) * (product / i128::from(m.total)));
        (sum.sum(), product * weights)
    }

    proptest! {
        #[test]
        fn the_mean_agrees_with_a_common_denominator(members in members(20), ppm in 1..1_000_000_i64) {
            let (numerator, denominator) = naive(&members);
            let mean = weighted(&members).unwrap();
            prop_assert_eq!(i128::from(mean), numerator * i128::from(BILLION) / denominator);
            let meets = numerator * 1_000_000 >= denominator * i128::from(ppm);
            prop_assert_eq!(Target::from_ppm(ppm).unwrap().is_met(mean, BILLION), meets, "a floor decides exactly");
        }

        /// The mean of one and the same fraction is that fraction, however large its terms.
        #[test]
        fn equal_members_have_their_own_mean(total in 1..=i64::MAX, share in 0..=1_000_i64, weights in proptest::collection::vec(1..=u32::MAX, 1..8)) {
            let good = i64::try_from(i128::from(total) * i128::from(share) / 1_000).unwrap();
            let members: Vec<_> = weights.iter().map(|weight| member(good, total, *weight)).collect();
            let floor = i128::from(good) * i128::from(BILLION) / i128::from(total);
            prop_assert_eq!(weighted(&members).map(i128::from), Some(floor));
        }

        #[test]
        fn the_mean_lies_between_its_members(members in members(i64::MAX)) {
            let own = |m: &Member| weighted(&[*m]).unwrap();
            let mean = weighted(&members).unwrap();
            prop_assert!(members.iter().map(own).min().unwrap() <= mean);
            prop_assert!(mean <= members.iter().map(own).max().unwrap());
        }

        #[test]
        fn one_more_bad_slice_never_makes_a_composite_better(slices in proptest::collection::vec(any::<(Option<bool>, Option<bool>)>(), 1..30), at in 0..30usize) {
            let (one, other): (Vec<_>, Vec<_>) = slices.into_iter().unzip();
            let before = any_bad(&[&one, &other]);
            let mut worse = one.clone();
            if let Some(slice) = worse.get_mut(at) {
                *slice = Some(false);
            }
            let after = any_bad(&[&worse, &other]);
            prop_assert!(before.iter().zip(&after).all(|(before, after)| before == after || *after == Some(false)));
            prop_assert_eq!(any_bad(&[&other, &one]), before, "order does not matter");
        }
    }
}
