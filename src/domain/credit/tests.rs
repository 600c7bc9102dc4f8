use super::*;
use chrono_tz::Tz;
use chrono_tz::{America, Europe};
use proptest::prelude::*;

/// A credit that obeys the rules, however odd.
pub(super) fn credits() -> impl Strategy<Value = Credit> {
    let tiers = (1..=TIERS_MAX).prop_flat_map(|n| {
        let shares = || proptest::collection::btree_set(1..=WHOLE_PPM, n);
        (shares(), shares())
    });
    let fee = (1..=1_000_000_000_000_000_i64, "[A-Z]{3}|JPY|KWD");
    let claim = prop_oneof![(1..=3660_i64).prop_map(Claim::Days), (1..=120_i64).prop_map(Claim::Periods)];
    let option = proptest::option::of::<BoxedStrategy<i64>>;
    (tiers, option((1..=WHOLE_PPM).boxed()), proptest::option::of(fee), proptest::option::of(claim)).prop_map(
        |((below, credit), cap, fee, claim)| {
            let tiers = below.iter().rev().zip(&credit).map(|(b, c)| Tier { below_ppm: *b, credit_ppm: *c }).collect();
            let fee = fee.map(|(minor, code)| Money::new(minor, Currency::parse(&code).unwrap()).unwrap());
            Credit::new(tiers, cap, fee, claim).unwrap()
        },
    )
}

fn credit(tiers: &str, cap: &str, fee: &str, claim: &str) -> Credit {
    let [tiers, cap, fee, claim] = [tiers, cap, fee, claim].map(str::to_owned);
    Credit::parse(&CreditTexts { tiers, cap, fee, claim }).unwrap().unwrap()
}

fn month(credit: &Credit, good: i64, total: i64) -> i64 {
    credit.owed(good, total, PeriodKind::Month).unwrap().credit_ppm
}

/// A 30-day month has 30 × 288 = 8,640 intervals of 5 minutes. 864 of them at 10 % errors lose 864 · 10⁸ billionths:
/// 8,640 · 10⁹ - 864 · 10⁸ = 8,553.6 · 10⁹, and 8,553.6 / 8,640 = 0.99.
#[test]
fn s3_owes_its_first_tier_at_exactly_99_percent() {
    let s3 = credit("99.9: 10, 99.0: 25, 95.0: 100", "", "1000 USD", "2 periods");
    let total = 8_640_000_000_000;
    let good = total - 86_400_000_000;
    let owed = s3.owed(good, total, PeriodKind::Month).unwrap();
    assert_eq!(owed.tier, Some(Tier { below_ppm: 999_000, credit_ppm: 100_000 }));
    assert_eq!(owed.amount.unwrap().to_string(), "100.00 USD");
    assert_eq!(month(&s3, good - 1, total), 250_000, "a billionth of an interval less is below 99 %");
    // 8,640 · 10⁹ × 0.999 = 8,631.36 · 10⁹
    assert_eq!(month(&s3, 8_631_360_000_000, total), 0);
    assert_eq!(month(&s3, 8_631_359_999_999, total), 100_000);
}

/// 43,200 minutes: 4.32 may be lost at 99.99 %, 432 at 99 %, 2,160 at 95 %.
#[test]
fn an_ec2_region_owes_10_30_100() {
    let ec2 = credit("99.99: 10, 99: 30, 95: 100", "", "", "");
    for (lost, percent) in [(0, 0), (4, 0), (5, 10), (432, 10), (433, 30), (2_160, 30), (2_161, 100), (43_200, 100)] {
        assert_eq!(month(&ec2, 43_200 - lost, 43_200), percent * 10_000, "{lost} minutes lost");
    }
}

#[test]
fn below_100_percent_is_a_tier() {
    let dns = credit("100: 10, 99.99: 25, 99.5: 100", "", "", "");
    assert_eq!(month(&dns, 1_000_000, 1_000_000), 0);
    assert_eq!(month(&dns, 999_999, 1_000_000), 100_000);
    let spotless = dns.headroom(1_000_000, 1_000_000, 43_200).unwrap();
    assert_eq!(spotless, Headroom { below_ppm: WHOLE_PPM, failures: 0, seconds: 0 });
}

#[test]
fn nothing_counted_is_not_applicable() {
    let s3 = credit("99.9: 10", "", "1000 USD", "");
    assert_eq!(s3.owed(0, 0, PeriodKind::Month), None);
    assert_eq!(s3.headroom(0, 0, 43_200), None);
}

/// 8.5 % of 33.33: 2.83305 rounds to 2.83. 10 % of 0.05 EUR is half a cent and rounds up, of 0.04 EUR it rounds down. A
/// quarter is 3 fees before it is rounded: 3 × 0.05 × 10 % = 0.015. 12.5 % of 1,001 JPY = 125.125; of 1,004 JPY =
/// 125.5.
#[test]
fn amounts_are_rounded_half_up_to_the_smallest_coin() {
    for (percent, fee, period, amount) in [
        ("8.5", "33.33 EUR", PeriodKind::Month, Some("2.83 EUR")),
        ("10", "0.05 EUR", PeriodKind::Month, Some("0.01 EUR")),
        ("10", "0.04 EUR", PeriodKind::Month, Some("0.00 EUR")),
        ("10", "0.05 EUR", PeriodKind::Quarter, Some("0.02 EUR")),
        ("10", "1200 EUR", PeriodKind::Quarter, Some("360.00 EUR")),
        ("10", "1200 EUR", PeriodKind::Year, Some("1,440.00 EUR")),
        ("10", "1200 EUR", PeriodKind::Week, None),
        ("10", "1200 EUR", PeriodKind::Day, None),
        ("12.5", "1,001 JPY", PeriodKind::Month, Some("125 JPY")),
        ("12.5", "1,004 JPY", PeriodKind::Month, Some("126 JPY")),
        ("10", "1.234 KWD", PeriodKind::Month, Some("0.123 KWD")),
        ("100", "10,000,000,000,000.00 EUR", PeriodKind::Year, Some("120,000,000,000,000.00 EUR")),
    ] {
        let owed = credit(&format!("99: {percent}"), "", fee, "").owed(1, 2, period).unwrap();
        let text = owed.amount.map(|amount| amount.to_string());
        assert_eq!(text.as_deref(), amount, "{percent} % of {fee} for a {}", period.word());
    }
    let without_fee = credit("99: 10", "", "", "").owed(1, 2, PeriodKind::Month).unwrap();
    assert_eq!((without_fee.credit_ppm, without_fee.amount), (100_000, None));
}

#[test]
fn a_cap_limits_the_credit_and_not_the_tier() {
    let capped = credit("99.95: 10, 99: 25, 95: 100", "50 %", "10 EUR", "");
    let owed = capped.owed(90, 100, PeriodKind::Month).unwrap();
    assert_eq!(owed.tier.unwrap().credit_ppm, 1_000_000);
    assert_eq!((owed.credit_ppm, owed.amount.unwrap().minor()), (500_000, 500));
}

/// 99.95 % of 10,000 are 9,995, so 3 of 9,998 may still turn bad; (0.9998 - 0.9995) × 2,592,000 s = 777.6 s.
/// At 9,990 the next tier is 99 %: 9,990 - 9,900 = 90; 0.009 × 2,592,000 s = 23,328 s.
#[test]
fn headroom_is_counted_to_the_next_worse_tier() {
    let scale = credit("99.95: 10, 99: 25, 95: 100", "", "", "");
    let left = |good| scale.headroom(good, 10_000, 43_200);
    assert_eq!(left(9_998), Some(Headroom { below_ppm: 999_500, failures: 3, seconds: 777 }));
    assert_eq!(left(9_990), Some(Headroom { below_ppm: 990_000, failures: 90, seconds: 23_328 }));
    assert_eq!(left(9_499), None, "it cannot get worse");
    let last = credit("0.0001: 1", "", "", "").headroom(1, 1, 1).unwrap();
    assert_eq!((last.failures, last.seconds), (0, 59), "the only good one must stay; 0.999999 of a minute is 59 s");
}

fn until(claim: &str, label: &str, zone: Tz) -> String {
    let period = Period::parse(label, zone).unwrap();
    credit("99: 10", "", "", claim).claim_until(&period).unwrap().to_string()
}

/// Berlin is at UTC+1 until 2026-03-29 and from 2026-10-25, at UTC+2 between; New York at UTC-5 from 2026-11-01.
#[test]
fn claims_end_with_a_local_day_over_month_ends_and_clock_changes() {
    for (claim, label, zone, end) in [
        // February is claimed until the end of 30 March: 1 + 29 days of March, one of them an hour short
        ("30 days", "2026-02", Europe::Berlin, "2026-03-30T22:00:00Z"),
        // March until the end of 30 April
        ("30 days", "2026-03", Europe::Berlin, "2026-04-30T22:00:00Z"),
        // October until the end of 30 November, in winter
        ("30 days", "2026-10", Europe::Berlin, "2026-11-30T23:00:00Z"),
        // a single day is the first one after
        ("1 day", "2026-03", Europe::Berlin, "2026-04-01T22:00:00Z"),
        // December 2027 until the end of 29 February 2028: 31 + 29 days
        ("60 days", "2027-12", Tz::UTC, "2028-03-01T00:00:00Z"),
        // two billing cycles after September: the end of November
        ("2 periods", "2026-09", Europe::Berlin, "2026-11-30T23:00:00Z"),
        ("2 periods", "2026-12", Europe::Berlin, "2027-02-28T23:00:00Z"),
        ("1 period", "2026-Q3", America::New_York, "2027-01-01T05:00:00Z"),
    ] {
        assert_eq!(until(claim, label, zone), end, "{claim} after {label} in {zone}");
    }
    let endless = credit("99: 10", "", "", "");
    let march = Period::parse("2026-03", Europe::Berlin).unwrap();
    assert_eq!((endless.claim_until(&march), endless.days_left(&march, march.span().end().start())), (None, None));
}

#[test]
fn days_left_count_local_days_down_to_the_last() {
    let claims = credit("99: 10", "", "", "30 days");
    let march = Period::parse("2026-03", Europe::Berlin).unwrap();
    for (now, days) in [
        ("2026-03-31T22:00:00Z", 30), // 1 April, 00:00
        ("2026-04-01T21:59:59Z", 30),
        ("2026-04-01T22:00:00Z", 29),
        ("2026-04-30T21:59:59Z", 1),
        ("2026-04-30T22:00:00Z", 0), // 1 May, 00:00
        ("2026-06-01T00:00:00Z", 0),
        ("2026-03-31T21:59:59Z", 31), // the period still runs
    ] {
        let now = Instant::from(now.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
        assert_eq!(claims.days_left(&march, now), Some(days), "{now}");
        assert_eq!(days > 0, now < claims.claim_until(&march).unwrap(), "{now}: both say the same");
    }
}

/// Small totals meet the edges of tiers, large ones the edges of integers.
fn periods() -> impl Strategy<Value = (i64, i64)> {
    let total = prop_oneof![1..=1_000_i64, 1..=1_000_000_000_000_i64, 1..=i64::MAX];
    total.prop_flat_map(|total| (prop_oneof![0..=total, total - total / 1_000..=total], Just(total)))
}

proptest! {
    #[test]
    fn a_better_period_never_owes_more(credit in credits(), (good, total) in periods(), better in 1..=1_000_000_i64) {
        let better = good.saturating_add(better).min(total);
        for kind in PeriodKind::ALL {
            let (worse, better) = (credit.owed(good, total, kind).unwrap(), credit.owed(better, total, kind).unwrap());
            prop_assert!(better.credit_ppm <= worse.credit_ppm);
            prop_assert!(better.amount.map(Money::minor) <= worse.amount.map(Money::minor));
        }
    }

    #[test]
    fn a_cap_is_respected_and_the_tier_is_the_worst_that_applies(credit in credits(), (good, total) in periods()) {
        let owed = credit.owed(good, total, PeriodKind::Year).unwrap();
        prop_assert!(owed.credit_ppm <= credit.cap_ppm().unwrap_or(WHOLE_PPM));
        let applying: Vec<_> = credit.tiers().iter().filter(|tier| tier.applies(good, total)).collect();
        prop_assert_eq!(owed.tier.as_ref(), applying.iter().copied().max_by_key(|tier| tier.credit_ppm));
        if let (Some(fee), Some(amount)) = (credit.fee(), owed.amount) {
            prop_assert_eq!(amount.currency(), fee.currency());
            // |amount - 12 · fee · credit| is at most half a coin
            let exact = i128::from(fee.minor()) * 12 * i128::from(owed.credit_ppm);
            prop_assert!((i128::from(amount.minor()) * 1_000_000 - exact).abs() <= 500_000);
        }
    }

    #[test]
    fn headroom_does_not_cross_and_one_more_does(credit in credits(), (good, total) in periods()) {
        let tier = credit.owed(good, total, PeriodKind::Month).unwrap().tier;
        if let Some(headroom) = credit.headroom(good, total, 43_200) {
            let then = |failures| credit.owed(good - failures, total, PeriodKind::Month).unwrap().tier;
            prop_assert!(headroom.failures < good, "one more is there to fail");
            prop_assert_eq!(then(headroom.failures), tier);
            let worse = then(headroom.failures + 1).unwrap();
            prop_assert!(worse.below_ppm <= headroom.below_ppm && Some(worse) != tier);
        } else {
            prop_assert_eq!(tier, credit.tiers().last().copied());
        }
    }

    /// In a window of minutes as units, so many seconds of downtime are so many whole minutes that may fail.
    #[test]
    fn headroom_in_seconds_agrees_with_failing_minutes(credit in credits(), total in 1..=600_000_i64, bad in 0..=600_000_i64) {
        let good = total - bad.min(total);
        if let Some(headroom) = credit.headroom(good, total, total) {
            prop_assert_eq!(headroom.seconds / 60, headroom.failures);
        }
    }

    #[test]
    fn monotone_tiers_are_demanded(below in 1..=WHOLE_PPM, other in 1..=WHOLE_PPM, credit in 1..=WHOLE_PPM, more in 1..=WHOLE_PPM) {
        let tiers = vec![Tier { below_ppm: below, credit_ppm: credit }, Tier { below_ppm: other, credit_ppm: more }];
        prop_assert_eq!(Credit::new(tiers, None, None, None).is_ok(), other < below && credit < more);
    }

    #[test]
    fn what_is_out_of_range_does_not_construct(share in prop_oneof![-10..=0_i64, WHOLE_PPM + 1..=i64::MAX], n in prop_oneof![-10..=0_i64, 3_661..=i64::MAX]) {
        let good = Tier { below_ppm: 1, credit_ppm: 1 };
        for tier in [Tier { below_ppm: share, ..good }, Tier { credit_ppm: share, ..good }] {
            prop_assert!(matches!(Credit::new(vec![tier], None, None, None), Err(CreditError::NoShare(_))));
        }
        prop_assert_eq!(Credit::new(vec![good], Some(share), None, None), Err(CreditError::Cap));
        for claim in [Claim::Days(n), Claim::Periods(n)] {
            prop_assert_eq!(Credit::new(vec![good], None, None, Some(claim)), Err(CreditError::Claim));
        }
    }
}
