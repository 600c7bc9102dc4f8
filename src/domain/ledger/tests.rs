use super::*;
use proptest::prelude::*;

fn slice() -> impl Strategy<Value = Slice> {
    let total = prop_oneof![0..5_i64, 0..2_000_i64, 0..=Slice::MOST_EVENTS];
    (total, 0.0..=1.0_f64, any::<bool>(), prop_oneof![3 => Just(0), 1 => 0..50_i64]).prop_map(
        |(total, share, catch_up, few)| {
            let bad = if share < 0.8 { few.min(total) } else { total / 2 };
            Slice { good: total - bad, total, catch_up }
        },
    )
}

fn detail() -> impl Strategy<Value = HourDetail> {
    prop_oneof![
        proptest::collection::vec(proptest::option::of(slice()), 60),
        proptest::collection::vec(slice().prop_map(Some), 60),
        slice().prop_map(|s| vec![Some(s); 60]),
    ]
    .prop_map(|slices| HourDetail { slices: slices.try_into().unwrap() })
}

fn writes() -> impl Strategy<Value = Vec<(i64, Option<Slice>)>> {
    proptest::collection::vec((0..60_i64, proptest::option::of(slice())), 0..80)
}

fn written(writes: &[(i64, Option<Slice>)]) -> HourDetail {
    let mut detail = HourDetail::default();
    for (minute, slice) in writes {
        match slice {
            Some(slice) => detail.merge(Minute(*minute), *slice).unwrap(),
            None => detail.forget(Minute(*minute)),
        }
    }
    detail
}

proptest! {
    #[test]
    fn packing_and_unpacking_give_the_same_hour(detail in detail()) {
        let bytes = detail.pack();
        prop_assert_eq!(HourDetail::unpack(&bytes).unwrap(), detail);
        prop_assert!(bytes.len() <= 20 + 2 * 60 * 63 / 8, "{} bytes", bytes.len());
    }

    #[test]
    fn damaged_bytes_are_refused_or_read_but_never_panic(detail in detail(), place: prop::sample::Index, to: u8, cut: prop::sample::Index) {
        let mut bytes = detail.pack();
        let cut = cut.index(bytes.len());
        prop_assert!(HourDetail::unpack(&bytes[..cut]).is_err(), "cut after {} of {}", cut, bytes.len());
        let longer = [bytes.as_slice(), &[to]].concat();
        prop_assert!(HourDetail::unpack(&longer).is_err());
        let place = place.index(bytes.len());
        bytes[place] = to;
        if let Ok(read) = HourDetail::unpack(&bytes) {
            prop_assert!(read.slices.iter().flatten().all(|s| s.checked().is_ok()));
        }
    }

    #[test]
    fn random_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _any_answer_will_do = HourDetail::unpack(&bytes);
        if bytes.len() > 1 {
            bytes[0] = 1;
            bytes[1] &= 3;
            let _any_answer_will_do = HourDetail::unpack(&bytes);
        }
    }

    #[test]
    fn writing_again_changes_nothing(writes in writes()) {
        let once = written(&writes);
        let twice = written(&[writes.clone(), writes].concat());
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn minutes_may_come_in_any_order(
        slices in proptest::collection::vec(proptest::option::of(slice()), 60),
        order in Just((0..60_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let at = |n: usize| (i64::try_from(n).unwrap(), slices[n]);
        let sorted = (0..60).map(at).collect::<Vec<_>>();
        let shuffled = order.into_iter().map(at).collect::<Vec<_>>();
        prop_assert_eq!(written(&sorted), written(&shuffled));
    }

    #[test]
    fn sums_equal_the_last_write_of_each_minute(writes in writes(), start in -30..90_i64, length in 0..90_i64) {
        // the oracle: a map from minute to its last write, added up one by one
        let last = writes.iter().copied().collect::<std::collections::BTreeMap<_, _>>();
        let detail = written(&writes);
        let span = Span::new(Minute(start), Minute(start + length));
        let mut expected = Tally::default();
        for minute in (start..start + length).filter(|m| (0..60).contains(m)) {
            expected.minutes += 1;
            if let Some(Some(slice)) = last.get(&minute) {
                expected.good += slice.good;
                expected.total += slice.total;
                expected.known += 1;
            }
        }
        prop_assert_eq!(tally_of(&detail, Hour(0), span), expected);
        if (start, length) == (0, 60) {
            prop_assert_eq!(detail.sums(), expected);
        }
    }

    #[test]
    fn an_hour_is_the_sum_of_its_parts(detail in detail(), cut in 0..=60_i64) {
        let part = |a, b| tally_of(&detail, Hour(0), Span::new(Minute(a), Minute(b)));
        prop_assert_eq!([part(0, cut), part(cut, 60)].into_iter().sum::<Tally>(), detail.sums());
    }
}

#[test]
fn impossible_counts_do_not_construct_and_do_not_merge() {
    assert_eq!(Slice::new(-1, 5), Err(SliceError::Negative { good: -1, total: 5 }));
    assert_eq!(Slice::new(6, 5), Err(SliceError::MoreGoodThanAll { good: 6, total: 5 }));
    assert_eq!(Slice::new(0, i64::MAX), Err(SliceError::TooMany { total: i64::MAX }));
    let mut detail = HourDetail::default();
    assert!(detail.merge(Minute(0), Slice { good: 2, total: 1, catch_up: false }).is_err());
    assert_eq!(detail, HourDetail::default());
}

#[test]
fn an_unknown_minute_is_not_a_minute_without_requests() {
    let mut detail = HourDetail::default();
    detail.merge(Minute(5), Slice::default()).unwrap();
    assert_eq!(detail.sums(), Tally { good: 0, total: 0, known: 1, minutes: 60 });
    detail.forget(Minute(5));
    assert_eq!(detail.sums(), Tally { good: 0, total: 0, known: 0, minutes: 60 });
    assert_eq!(Tally::default().coverage(), None);
    assert_eq!(Tally { known: 15, minutes: 60, ..Tally::default() }.coverage(), Some(0.25));
}

#[test]
fn minutes_before_the_epoch_have_their_place_too() {
    let mut detail = HourDetail::default();
    detail.merge(Minute(-1), Slice::new(1, 2).unwrap()).unwrap();
    assert_eq!(detail.known(Hour(-1)).collect::<Vec<_>>(), [(Minute(-1), Slice::new(1, 2).unwrap())]);
    assert_eq!(tally_of(&detail, Hour(-1), Span::new(Minute(-1), Minute(0))).total, 2);
}

#[test]
fn a_full_hour_has_sixty_minutes_and_the_bytes_of_version_one_stay_readable() {
    // written by hand from the layout: version 1, no flags, totals fixed/0 bits/base 4, bad fixed/0 bits/base 0
    let detail = HourDetail::unpack(&[1, 0, 0, 4, 0, 0]).unwrap();
    assert_eq!(detail.sums(), Tally { good: 240, total: 240, known: 60, minutes: 60 });
    assert_eq!(detail.pack(), [1, 0, 0, 4, 0, 0]);
    assert_eq!(HourDetail::unpack(&[2, 0, 0, 4, 0, 0]), Err(CorruptDetail("an unknown version")));
    assert_eq!(HourDetail::unpack(&[1, 0, 0, 4, 0, 5]), Err(CorruptDetail("counts that no minute can have")));
}

/// A small deterministic generator, so that the sizes below do not move.
struct Noise(u64);

impl Noise {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }

    /// Knuth's Poisson for small means, its normal approximation above.
    fn poisson(&mut self, mean: f64) -> i64 {
        if mean > 50.0 {
            let normal = (0..12).map(|_| self.unit()).sum::<f64>() - 6.0;
            return format!("{:.0}", (mean + normal * mean.sqrt()).max(0.0)).parse().unwrap();
        }
        let (limit, mut product, mut count) = ((-mean).exp(), self.unit(), 0);
        while product > limit {
            product *= self.unit();
            count += 1;
        }
        count
    }
}

#[test]
fn realistic_traffic_stays_within_its_budget_of_bytes() {
    let mut noise = Noise(7);
    // requests per minute, share of errors, most bytes per slice
    for (mean, share, most) in
        [(0.2, 0.01, 0.5), (20.0, 0.01, 1.1), (600.0, 0.001, 1.4), (6_000.0, 0.002, 2.1), (60_000.0, 0.001, 2.3)]
    {
        let mut bytes = 0_u32;
        for _hour in 0..200 {
            let mut detail = HourDetail::default();
            for minute in 0..60 {
                let total = noise.poisson(mean);
                let bad = noise.poisson(mean * share).min(total);
                detail.merge(Minute(minute), Slice::new(total - bad, total).unwrap()).unwrap();
            }
            bytes += u32::try_from(detail.pack().len()).unwrap();
        }
        let per_slice = f64::from(bytes) / (200.0 * 60.0);
        assert!(per_slice <= most, "{mean} per minute: {per_slice:.2} bytes per slice");
    }
}
