//! Tables with hand calculation, and properties.

use super::*;
use crate::domain::time::DAY_MINUTES;
use chrono_tz::Europe::Berlin;
use proptest::prelude::*;

fn of(target: &str) -> Target {
    Target::parse(target).unwrap()
}

fn weekday(day: i64) -> Weekday {
    Weekday::try_from(u8::try_from(day.rem_euclid(7)).unwrap()).unwrap()
}

/// Whole days from Monday on, each `(bad, total)`.
fn days(counts: &[(i64, i64)]) -> Vec<DayTally> {
    (0..)
        .zip(counts)
        .map(|(day, (bad, total))| DayTally {
            start: Minute(day * DAY_MINUTES),
            weekday: weekday(day),
            tally: Tally { good: total - bad, total: *total, known: DAY_MINUTES, minutes: DAY_MINUTES },
        })
        .collect()
}

fn left(days: &[(i64, i64)]) -> Vec<DayLeft> {
    days.iter().map(|(day, minutes)| DayLeft { weekday: weekday(*day), minutes: *minutes }).collect()
}

fn counted(bad: i64, total: i64) -> Tally {
    Tally { good: total - bad, total, known: 1, minutes: 1 }
}

fn foreseen(history: &[DayTally], so_far: Tally, remaining: &[DayLeft], target: &str) -> Result<Outlook, TooLittle> {
    outlook(&Facts { history, so_far, remaining, target: of(target) })
}

/// One day of ten is all bad, one such day breaks the promise: `n` days go well with the chance 0.9ⁿ.
#[test]
fn a_bad_day_stays_a_bad_day() {
    let mut counts = vec![(0, 1000); 10];
    counts[4] = (1000, 1000);
    for (n, expected) in [(1, 0.9), (2, 0.81), (7, 0.478), (20, 0.122)] {
        let remaining = left(&(0..n).map(|day| (day, 1440)).collect::<Vec<_>>());
        let outlook = foreseen(&days(&counts), counted(0, 3000), &remaining, "99").unwrap();
        let probability = outlook.probability.get();
        assert!((probability - expected).abs() < 0.035, "{n} days: {probability}, not {expected}");
        assert_eq!(outlook.expected_good, 3000 + n * 900);
        assert_eq!(outlook.days_used, 10);
    }
}

/// Ten days are left and a tenth of the days are bad: the number of bad ones is binomial, and 0 has 34.9 %, at most 1 has
/// 73.6 %, at most 2 has 93.0 % (`scipy.stats.binom.cdf`). So 9 of 10 futures have at most 2 bad days, and 1 of 10 none.
#[test]
fn the_range_holds_eight_futures_of_ten() {
    let mut counts = vec![(0, 100); 20];
    counts[3] = (100, 100);
    counts[13] = (100, 100);
    let remaining = left(&(0..10).map(|day| (day, 1440)).collect::<Vec<_>>());
    let outlook = foreseen(&days(&counts), Tally::default(), &remaining, "90").unwrap();
    assert_eq!((outlook.low_ppm, outlook.high_ppm), (800_000, 1_000_000));
    assert!((outlook.probability.get() - 0.736).abs() < 0.03, "{outlook:?}");
}

/// Mondays had 100 and 300 units, so a Monday brings 200 and half a Monday 100; Sundays were never seen: the mean day.
#[test]
fn traffic_is_that_of_the_weekday() {
    let mut counts: Vec<(i64, i64)> = vec![(0, 700); 13];
    (counts[0], counts[7]) = ((0, 100), (0, 300));
    let history: Vec<DayTally> = days(&counts).into_iter().filter(|day| day.weekday != Weekday::Sun).collect();
    let total = |remaining: &[(i64, i64)]| {
        foreseen(&history, counted(0, 1000), &left(remaining), "99").unwrap().expected_total - 1000
    };
    assert_eq!(total(&[(0, 1440)]), 200);
    assert_eq!(total(&[(0, 720)]), 100);
    assert_eq!(total(&[(0, 720), (1, 1440), (2, 1440)]), 100 + 700 + 700);
    assert_eq!(history.len(), 12);
    assert_eq!(total(&[(6, 1440)]), 617, "(100 + 300 + 10 × 700) / 12 = 616.7");
}

/// Five Mondays with 80, 90, 100, 110 and 120 units of 1,000 in four other weeks' days: against the mean of the other four
/// (105, 102.5, 100, 97.5, 95) they were 0.7619, 0.8780, 1, 1.1282 and 1.2632 of what was to be expected. Every other day
/// had exactly 1,000. A Monday to come is drawn from all 35 days, 30 of which brought what was expected.
#[test]
fn traffic_comes_with_an_interval_from_what_days_were_off_by() {
    let counts: Vec<(i64, i64)> = (0..35).map(|day| (0, if day % 7 == 0 { 80 + day / 7 * 10 } else { 1000 })).collect();
    let one = foreseen(&days(&counts), counted(0, 1), &left(&[(1, 1440)]), "99").unwrap().rest.unwrap().units;
    assert_eq!(
        (one.low, one.expected, one.high),
        (1000, 1000, 1000),
        "two days of 35 were below it: fewer than one in ten"
    );
    // the same spread on every weekday: two of ten are 0.7619, two 1.2632
    let all: Vec<(i64, i64)> = (0..35).map(|day| (0, 800 + day / 7 * 100)).collect();
    let one = foreseen(&days(&all), counted(0, 1), &left(&[(1, 1440)]), "99").unwrap().rest.unwrap().units;
    assert_eq!((one.low, one.expected, one.high), (762, 1000, 1263));
    // errors of days to come partly make up for each other: the standard deviation of one is 0.1773, of the sum of 30
    // 0.1773 × √30 = 0.971 days, and 1.2816 of it to each side of the mean of the residuals, 1.00626 a day
    let month: Vec<(i64, i64)> = (0..30).map(|day| (day, 1440)).collect();
    let thirty = foreseen(&days(&all), counted(0, 1), &left(&month), "99").unwrap().rest.unwrap().units;
    assert_eq!(thirty.expected, 30_000);
    assert!((thirty.low - 28_950).abs() < 200 && (thirty.high - 31_420).abs() < 200, "{thirty:?}");
}

/// Two days of twenty were all bad, so of ten days to come none to two are, in eight futures of ten (see above), and one is
/// expected.
#[test]
fn errors_come_with_an_interval() {
    let mut counts = vec![(0, 100); 20];
    (counts[3], counts[13]) = ((100, 100), (100, 100));
    let remaining = left(&(0..10).map(|day| (day, 1440)).collect::<Vec<_>>());
    let rest = foreseen(&days(&counts), Tally::default(), &remaining, "90").unwrap().rest.unwrap();
    assert_eq!((rest.bad.low, rest.bad.expected, rest.bad.high), (0, 100, 200));
    assert_eq!((rest.units.low, rest.units.high), (1000, 1000));
    assert!(rest.bad.holds(200) && !rest.bad.holds(201));
}

/// A quiet Sunday with 10 of 10 bad is drawn with the chance 10 / 6010, and not one time in seven.
#[test]
fn days_weigh_as_much_as_their_units() {
    let mut counts = vec![(0, 1000); 7];
    counts[6] = (10, 10);
    let outlook = foreseen(&days(&counts), counted(0, 1000), &left(&[(0, 1440)]), "99").unwrap();
    assert!(outlook.probability.get() > 0.99, "{outlook:?}");
    assert_eq!(outlook.expected_good, 1998, "1000 × 10 / 6010 = 1.7 bad");
}

/// Every day has 1 of 10 bad and 3 units are left: 0.3 bad units are one in three futures of ten.
#[test]
fn a_part_of_a_unit_is_a_whole_one_now_and_then() {
    let outlook = foreseen(&days(&[(1, 10); 7]), counted(0, 10), &left(&[(0, 432)]), "99").unwrap();
    assert_eq!(outlook.expected_total, 13);
    assert!((outlook.probability.get() - 0.7).abs() < 0.035, "{outlook:?}");
}

/// A day that is half known counts twice as much traffic; one that is less known does not count.
#[test]
fn days_that_are_hardly_known_are_left_out() {
    let mut history = days(&[(0, 1000); 8]);
    history[0].tally = Tally { good: 500, total: 500, known: 720, minutes: 1440 };
    history[7].tally = Tally { good: 0, total: 719, known: 719, minutes: 1440 };
    let outlook = foreseen(&history, counted(0, 1), &left(&[(0, 1440)]), "99").unwrap();
    assert_eq!((outlook.expected_total, outlook.days_used), (1001, 7));
    assert_eq!(outlook.expected_good, 1001, "the bad day was hardly known");
}

#[test]
fn fewer_than_seven_days_are_too_little() {
    let remaining = left(&[(0, 1440)]);
    let with = |counts: &[(i64, i64)]| foreseen(&days(counts), counted(0, 10), &remaining, "99");
    assert_eq!(with(&[(0, 10); 6]), Err(TooLittle { days: 6 }));
    assert!(with(&[(0, 10); 7]).is_ok());
    let quiet = [(0, 10), (0, 0), (0, 0), (0, 0), (0, 0), (0, 10), (0, 0), (0, 0)];
    assert_eq!(with(&quiet), Err(TooLittle { days: 2 }), "days without requests say nothing about errors");
    let said = TooLittle { days: 6 }.to_string();
    assert_eq!(said, "an outlook needs 7 complete days in which something was measured; there are 6");
}

/// 30 days of 1440 slices at 99 %: 432 may be bad. With 10 days left (14 400 slices) nobody can be sure; with the last
/// hour left and 372 bad, all of its 60 may be bad as well; with 433 bad, nothing helps.
#[test]
fn zero_and_one_are_said_only_when_settled() {
    let history = days(&[(3, 1440); 20]);
    let after = |bad: i64, minutes: i64| {
        let so_far = counted(bad, 43_200 - minutes);
        foreseen(&history, so_far, &left(&[(0, minutes)]), "99").unwrap().probability
    };
    assert!(!after(0, 1440).is_settled());
    assert!(after(371, 60).get() >= 1.0 && after(371, 60).to_string() == "100 %");
    assert!(!after(373, 60).is_settled() && after(373, 60).get() > 0.99, "60 more would be one too many");
    assert!(after(434, 60).get() <= 0.0 && after(434, 60).to_string() == "0 %");
    assert!(!after(432, 60).is_settled());
}

#[test]
fn nothing_left_is_no_outlook_but_the_result() {
    let over = |bad: i64| foreseen(&[], counted(bad, 1000), &[], "99").unwrap();
    assert_eq!((over(10).probability.get(), over(11).probability.get()), (1.0, 0.0));
    assert_eq!(over(10).rest, None);
    assert_eq!((over(10).low_ppm, over(10).high_ppm, over(10).expected_good), (990_000, 990_000, 990));
    assert_eq!(foreseen(&[], Tally::default(), &[], "99"), Err(TooLittle { days: 0 }));
}

#[test]
fn only_the_latest_days_count() {
    let mut counts = vec![(1000, 1000); 30];
    counts.extend([(0, 1000); 35]);
    let outlook = foreseen(&days(&counts), counted(0, 1000), &left(&[(0, 1440)]), "99").unwrap();
    assert_eq!((outlook.expected_good, outlook.days_used), (2000, HISTORY_DAYS_MAX));
}

/// March 2026 in Berlin from Saturday 28th, 12:00 local: half a Saturday, a Sunday of 23 h, Monday, Tuesday.
#[test]
fn the_days_left_are_local_days() {
    let march = Period::parse("2026-03", Berlin).unwrap().span();
    let rest = Span::new(march.end().plus(-720 - 23 * 60 - 2 * 1440), march.end());
    let minutes = |days: &[DayLeft]| days.iter().map(|day| (day.weekday, day.minutes)).collect::<Vec<_>>();
    let all = [(Weekday::Sat, 720), (Weekday::Sun, 1380), (Weekday::Mon, 1440), (Weekday::Tue, 1440)];
    assert_eq!(minutes(&days_left(&Spans::from(rest), Berlin)), all);
    let closed = Span::new(rest.start().plus(720), rest.start().plus(720 + 1380 + 60));
    let judged = Spans::from(rest).minus(&Spans::from(closed));
    let open = [(Weekday::Sat, 720), (Weekday::Mon, 1380), (Weekday::Tue, 1440)];
    assert_eq!(minutes(&days_left(&judged, Berlin)), open, "a day off is no day left");
    assert_eq!(days_left(&Spans::default(), Berlin), []);
}

#[test]
fn probabilities_in_words() {
    let said = |p: f64| Probability::new(p).unwrap().to_string();
    let pairs = [(0.0, "0 %"), (0.0001, "< 1 %"), (0.0099, "< 1 %"), (0.01, "1 %"), (0.734, "73 %"), (0.735_1, "74 %")];
    for (probability, words) in pairs.into_iter().chain([(0.99, "99 %"), (0.9901, "> 99 %"), (1.0, "100 %")]) {
        assert_eq!(said(probability), words);
    }
    assert_eq!([-0.1, 1.1, f64::NAN].map(Probability::new), [None; 3]);
}

/// The first numbers of `SplitMix64` from the seed 1234567 (Rosetta Code, “Pseudo-random numbers/Splitmix64”).
#[test]
fn the_dice_are_the_published_ones() {
    let mut dice = Dice(1_234_567);
    assert_eq!(
        [dice.roll(), dice.roll(), dice.roll()],
        [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
    );
    let (one, other) = (days(&[(0, 10); 7]), days(&[(1, 10); 7]));
    assert_ne!(seed(&one, &[]), seed(&other, &[]), "other facts, other futures");
    assert_ne!(seed(&one, &[]), seed(&one, &left(&[(0, 60)])));
    let mut dice = Dice(1);
    let mut seen = [0; 3];
    for _ in 0..3000 {
        seen[usize::try_from(dice.below(3)).unwrap()] += 1;
    }
    assert!(seen.iter().all(|count| (900..1100).contains(count)), "{seen:?}");
}

prop_compose! {
    fn some_facts()(
        history in proptest::collection::vec((0i64..50, 0i64..2000, 0i64..=1440), 7..40),
        remaining in proptest::collection::vec((0i64..7, 0i64..=1500), 1..20),
        (bad, good) in (0i64..300, 0i64..20_000),
        ppm in 800_000i64..1_000_000,
    ) -> (Vec<DayTally>, Tally, Vec<DayLeft>, Target) {
        let mut past = days(&history.iter().map(|(bad, good, _)| (*bad, bad + good)).collect::<Vec<_>>());
        for (day, (_, _, known)) in past.iter_mut().zip(&history) {
            day.tally.known = *known;
        }
        (past, counted(bad, bad + good), left(&remaining), Target::from_ppm(ppm).unwrap())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn outlooks_are_consistent((history, so_far, remaining, target) in some_facts()) {
        let facts = Facts { history: &history, so_far, remaining: &remaining, target };
        let found = outlook(&facts);
        prop_assert_eq!(found, outlook(&facts), "the same facts give the same outlook");
        if let Ok(found) = found {
            prop_assert!(found.low_ppm <= found.high_ppm && (0..=WHOLE_PPM).contains(&found.low_ppm));
            prop_assert!(found.high_ppm <= WHOLE_PPM);
            prop_assert!(found.expected_good <= found.expected_total && found.expected_total >= so_far.total);
            prop_assert!(found.expected_good >= so_far.good);
            let (low, high) = (found.low_ppm >= target.ppm(), found.high_ppm >= target.ppm());
            if !found.probability.is_settled() {
                prop_assert!(!low || found.probability.get() > 0.89, "the range and the probability agree");
                prop_assert!(high || found.probability.get() < 0.11);
            }
        }
    }

    #[test]
    fn one_more_bad_unit_never_helps_and_a_lower_target_never_hurts(
        (history, so_far, remaining, target) in some_facts(), more in 1i64..20,
    ) {
        let at = |so_far: Tally, target: Target| {
            outlook(&Facts { history: &history, so_far, remaining: &remaining, target }).map(|found| found.probability)
        };
        let here = at(so_far, target);
        let worse = Tally { total: so_far.total + more, ..so_far };
        let easier = Target::from_ppm(target.ppm() - more * 1000).unwrap();
        if let (Ok(here), Ok(worse), Ok(easier)) = (here, at(worse, target), at(so_far, easier)) {
            prop_assert!(worse <= here, "{worse:?} after {more} more bad, {here:?} before");
            prop_assert!(easier >= here);
        }
    }

    /// Settled outlooks hold, whatever the rest brings, as long as it is no busier than the busiest day.
    #[test]
    fn what_is_settled_stays((history, so_far, remaining, target) in some_facts(), bad_percent in 0i64..=100, busy in 0i64..=100) {
        let found = outlook(&Facts { history: &history, so_far, remaining: &remaining, target });
        if let Ok(found) = found && found.probability.is_settled() {
            let usable = history.iter().filter(|day| day.tally.known > 0 && day.tally.known * 2 >= day.tally.minutes);
            let minutes: i64 = remaining.iter().map(|day| day.minutes).sum();
            let busiest = usable.map(|day| day.tally.total * minutes / day.tally.known).max().unwrap_or(0);
            let rest = busiest * busy / 100;
            let good = so_far.good + rest - rest * bad_percent / 100;
            prop_assert_eq!(target.is_met(good, so_far.total + rest), found.probability.get() >= 1.0);
        }
    }
}
