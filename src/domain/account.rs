//! What a window comes to under an objective's terms: the same minutes, by each of the three methods.
//!
//! - `occurrences`: good events of all events.
//! - `timeslices`: good slices of all slices; a slice is bad if its share of good events is below the slice target, if it
//!   has enough requests, and if enough bad ones stand in a row.
//! - `ratio_timeslices`: the mean of the slices' shares, in billionths of a slice, rounded down once, at the end.
//!
//! Slices without requests and unknown slices are good, bad or not counted, as the terms say. Unknown minutes of
//! occurrences are taken to have had the traffic of the known ones. A downtime definition plays no part in the mean of
//! shares, which has no bad slices.
//!
//! ```
//! use nines::domain::{account::account, ledger::Slice, sheet::Sheet, spans::Spans, target::Target};
//! use nines::domain::terms::{Counting, Method, SliceMinutes};
//! use nines::domain::time::{Minute, Span};
//! let good = [2, 10, 12, 13, 13, 12, 13, 13, 12, 11];
//! let total = [4, 10, 12, 13, 14, 15, 14, 13, 12, 11];
//! let minutes = (0..).map(Minute).zip(good.iter().zip(total).map(|(g, t)| Slice { good: *g, total: t, catch_up: false }));
//! let (sheet, window) = (Sheet::of_minutes(minutes), Spans::from(Span::new(Minute(0), Minute(10))));
//! let target = Target::parse("95").unwrap();
//! let by = |method| {
//!     let account = account(&sheet, &window, &Counting { method, ..Counting::default() }, target);
//!     (account.counted.good, account.counted.total)
//! };
//! let slice = SliceMinutes::ONE;
//! assert_eq!(by(Method::Occurrences), (111, 118), "94.0678 %");
//! assert_eq!(by(Method::Timeslices { slice, target: target.into() }), (6, 10), "60 %");
//! assert_eq!(by(Method::RatioTimeslices { slice }), (9_157_142_857, 10_000_000_000), "91.5714 %");
//! ```

use crate::domain::ledger::Tally;
use crate::domain::ratio::Ratio;
use crate::domain::ratio_sum::{BILLION, floor_billionths};
use crate::domain::sheet::{Cut, Sheet};
use crate::domain::slices::{self, Class, Classed};
use crate::domain::spans::Spans;
use crate::domain::target::Target;
use crate::domain::terms::{Counting, Method, Policy, Unit};
use std::ops::RangeInclusive;

/// What a window comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// What `counted` counts.
    pub unit: Unit,
    /// Good and all, in the unit; known and judged minutes.
    pub counted: Tally,
    /// The events of the judged minutes, whatever the method.
    pub events: Tally,
    /// The slices by what they are; all zero for occurrences.
    pub slices: SliceCounts,
    /// The best and the worst `(good, total)` that unknown minutes allow; nothing if all are known or none.
    pub bounds: Option<Bounds>,
}

/// How many slices are what, before the terms decide about those without requests and the unknown ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SliceCounts {
    /// At or above the slice target, too few requests to be bad, or in too short a run.
    pub good: i64,
    /// Below the slice target.
    pub bad: i64,
    /// Known, but without requests.
    pub no_requests: i64,
    /// Not a minute known.
    pub unknown: i64,
}

/// The best and the worst that unknown minutes allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// `good` of `total` if everything unknown was good.
    pub best: (i64, i64),
    /// `good` of `total` if everything unknown was bad.
    pub worst: (i64, i64),
}

impl Account {
    /// The account of plain sums: occurrences, unknown minutes not counted.
    #[must_use]
    pub fn of_events(events: Tally) -> Self {
        Self {
            unit: Unit::Event,
            counted: events,
            events,
            slices: SliceCounts::default(),
            bounds: unknown_events(&events).map(|assumed| bounds_around(&events, assumed)),
        }
    }
}

/// What the judged minutes of a sheet come to.
#[must_use]
pub fn account(sheet: &Sheet, judged: &Spans, counting: &Counting, target: Target) -> Account {
    match counting.method {
        Method::Occurrences => of_occurrences(sheet.tally(judged), counting.unknown),
        Method::Timeslices { .. } | Method::RatioTimeslices { .. } => {
            of_slices(&slices::classify(sheet, judged, counting, target), counting)
        }
    }
}

/// What slices that were classified come to.
#[must_use]
pub fn of_slices(slices: &[Classed], counting: &Counting) -> Account {
    let runs = slices::runs(slices, counting);
    let if_unknown = |unknown| {
        let counting = Counting { unknown, ..*counting };
        counted(slices, &slices::runs(slices, &counting), &counting)
    };
    let events: Tally = slices.iter().map(|(cut, _)| events_of(cut)).sum();
    let (good, total) = counted(slices, &runs, counting);
    let is_open = events.known > 0 && slices.iter().any(|(_, class)| *class == Class::Unknown);
    Account {
        unit: counting.method.unit(),
        counted: Tally { good, total, ..events },
        events,
        slices: count(slices, &runs),
        bounds: is_open.then(|| Bounds { best: if_unknown(Policy::Good), worst: if_unknown(Policy::Bad) }),
    }
}

/// A slice's own events and minutes.
#[must_use]
pub const fn events_of(cut: &Cut) -> Tally {
    Tally { good: cut.good, total: cut.total, known: cut.known, minutes: cut.minutes }
}

fn of_occurrences(events: Tally, unknown: Policy) -> Account {
    let account = Account::of_events(events);
    let assumed = unknown_events(&events).unwrap_or_default();
    let (good, total) = match unknown {
        Policy::Excluded => (0, 0),
        Policy::Good => (assumed, assumed),
        Policy::Bad => (0, assumed),
    };
    let counted = Tally { good: events.good.saturating_add(good), total: events.total.saturating_add(total), ..events };
    Account { counted, ..account }
}

/// The events that unknown minutes would have had with the traffic of the known ones, rounded down.
fn unknown_events(events: &Tally) -> Option<i64> {
    let unknown = events.minutes - events.known;
    if unknown <= 0 || events.known == 0 {
        return None;
    }
    let assumed = Ratio::new(i128::from(events.total) * i128::from(unknown), i128::from(events.known))?;
    Some(i64::try_from(assumed.floor()).unwrap_or(i64::MAX))
}

const fn bounds_around(events: &Tally, assumed: i64) -> Bounds {
    let total = events.total.saturating_add(assumed);
    Bounds { best: (events.good.saturating_add(assumed), total), worst: (events.good, total) }
}

/// Good and all slices, or billionths of slices; `runs` are down.
fn counted(slices: &[Classed], runs: &[RangeInclusive<usize>], counting: &Counting) -> (i64, i64) {
    let all = slices.iter().filter(|(_, class)| slices::policy(*class, counting) != Policy::Excluded).count();
    let all = i64::try_from(all).unwrap_or_default();
    if let Method::RatioTimeslices { .. } = counting.method {
        let shares: Vec<(i64, i64)> = slices.iter().filter_map(|slice| share(slice, counting)).collect();
        return (floor_billionths(&shares), all.saturating_mul(BILLION));
    }
    let down: usize = runs.iter().map(|run| slices::bad_of(slices, run, counting).count()).sum();
    (all - i64::try_from(down).unwrap_or_default(), all)
}

/// A slice's share of good events; nothing if it is not counted.
fn share((cut, class): &Classed, counting: &Counting) -> Option<(i64, i64)> {
    match (class, slices::policy(*class, counting)) {
        (Class::Good | Class::Bad, _) => Some((cut.good, cut.total)),
        (_, Policy::Good) => Some((1, 1)),
        (_, Policy::Bad) => Some((0, 1)),
        (_, Policy::Excluded) => None,
    }
}

fn count(slices: &[Classed], runs: &[RangeInclusive<usize>]) -> SliceCounts {
    let of =
        |wanted: Class| i64::try_from(slices.iter().filter(|(_, class)| *class == wanted).count()).unwrap_or_default();
    let down: i64 = runs
        .iter()
        .filter_map(|run| slices.get(run.clone()))
        .flatten()
        .map(|(_, class)| i64::from(*class == Class::Bad))
        .sum();
    SliceCounts {
        good: of(Class::Good) + of(Class::Bad) - down,
        bad: down,
        no_requests: of(Class::NoRequests),
        unknown: of(Class::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Slice;
    use crate::domain::terms::{Downtime, SliceMinutes, SliceTarget};
    use crate::domain::time::{Minute, Span};
    use proptest::prelude::*;

    fn target(text: &str) -> Target {
        Target::parse(text).unwrap()
    }

    fn sheet(minutes: &[Option<(i64, i64)>]) -> (Sheet, Spans) {
        let known = (0..)
            .map(Minute)
            .zip(minutes)
            .filter_map(|(minute, slice)| slice.map(|(good, total)| (minute, Slice { good, total, catch_up: false })));
        let window = Span::new(Minute(0), Minute(i64::try_from(minutes.len()).unwrap()));
        (Sheet::of_minutes(known), window.into())
    }

    fn ratio(minutes: i64) -> Counting {
        Counting {
            method: Method::RatioTimeslices { slice: SliceMinutes::new(minutes).unwrap() },
            ..Counting::default()
        }
    }

    fn timeslices(minutes: i64, percent: &str) -> Counting {
        let (slice, target) = (SliceMinutes::new(minutes).unwrap(), SliceTarget::parse(percent).unwrap());
        Counting { method: Method::Timeslices { slice, target }, ..Counting::default() }
    }

    fn units(account: &Account) -> (i64, i64) {
        (account.counted.good, account.counted.total)
    }

    /// AWS S3: a 30-day month has 8,640 five-minute intervals; 864 of them at 10 % errors and the rest clean are
    /// 100 % - 10 % of 10 % = 99 %, however little traffic the bad ones carried.
    #[test]
    fn a_month_of_five_minute_error_rates() {
        let minutes: Vec<_> = (0..8640 * 5).map(|m| Some(if m / 5 < 864 { (9, 10) } else { (1000, 1000) })).collect();
        let (sheet, window) = sheet(&minutes);
        let account = account(&sheet, &window, &ratio(5), target("99.9"));
        assert_eq!(units(&account), (8_640 * 990_000_000, 8_640 * 1_000_000_000));
        let by_events = super::account(&sheet, &window, &Counting::default(), target("99.9"));
        // 864 × 5 × 1 = 4,320 bad of 864 × 50 + 7,776 × 5,000 = 38,923,200: 99.9889 %
        assert_eq!(units(&by_events), (38_918_880, 38_923_200));
    }

    /// Pitfall: 1 of 1 bad and 999 of 999 good are 99.9 % by events and 50 % by slices.
    #[test]
    fn a_night_weighs_as_much_as_a_noon_only_in_a_mean_of_slices() {
        let (sheet, window) = sheet(&[Some((0, 1)), Some((999, 999))]);
        let of = |counting: Counting| units(&account(&sheet, &window, &counting, target("99")));
        assert_eq!(of(Counting::default()), (999, 1000));
        assert_eq!(of(ratio(1)), (1_000_000_000, 2_000_000_000));
        assert_eq!(of(timeslices(1, "100")), (1, 2));
    }

    #[test]
    fn silence_and_the_unknown_follow_the_terms() {
        let (sheet, window) = sheet(&[Some((10, 10)), Some((0, 0)), None, Some((0, 10))]);
        let policies = Policy::ALL;
        let of = |counting: Counting| units(&account(&sheet, &window, &counting, target("99")));
        let slices = |no_requests, unknown| of(Counting { no_requests, unknown, ..timeslices(1, "99") });
        let [good, excluded, bad] = policies;
        assert_eq!(slices(good, excluded), (2, 3));
        assert_eq!(slices(excluded, excluded), (1, 2));
        assert_eq!(slices(bad, excluded), (1, 3));
        assert_eq!(slices(good, good), (3, 4));
        assert_eq!(slices(bad, bad), (1, 4));
        let mean = |no_requests, unknown| of(Counting { no_requests, unknown, ..ratio(1) });
        assert_eq!(mean(excluded, excluded), (1_000_000_000, 2_000_000_000));
        assert_eq!(mean(good, bad), (2_000_000_000, 4_000_000_000));
        // 20 events in three known minutes: six more in the unknown one
        let events = |unknown| of(Counting { unknown, ..Counting::default() });
        assert_eq!((events(excluded), events(good), events(bad)), ((10, 20), (16, 26), (10, 26)));
    }

    #[test]
    fn unknown_slices_leave_a_best_and_a_worst_case() {
        let (sheet, window) = sheet(&[Some((0, 10)), None, Some((0, 10)), Some((10, 10))]);
        let counting = Counting { downtime: Downtime::new(3, 1).unwrap(), ..timeslices(1, "99") };
        let account = account(&sheet, &window, &counting, target("99"));
        // the gap may have joined two bad minutes to the three in a row that are downtime
        assert_eq!(units(&account), (3, 3));
        assert_eq!(account.bounds, Some(Bounds { best: (4, 4), worst: (1, 4) }));
        assert_eq!(account.slices, SliceCounts { good: 3, bad: 0, no_requests: 0, unknown: 1 });
    }

    /// 59 s of trouble spoil one minute, 61 s at worst three; Google's form counts from so many whole minutes on.
    #[test]
    fn short_troubles_are_not_down_before_enough_minutes_in_a_row() {
        let day = |bad: &[i64]| -> Vec<Option<(i64, i64)>> {
            (0..60).map(|m| Some(if bad.contains(&m) { (50, 100) } else { (100, 100) })).collect()
        };
        let down = |bad: &[i64], consecutive| {
            let (sheet, window) = sheet(&day(bad));
            let counting = Counting { downtime: Downtime::new(consecutive, 1).unwrap(), ..timeslices(1, "90") };
            account(&sheet, &window, &counting, target("99.9")).slices.bad
        };
        assert_eq!((down(&[10], 1), down(&[10], 2)), (1, 0));
        assert_eq!((down(&[10, 11], 2), down(&[10, 11, 12], 2), down(&[10, 12], 2)), (2, 3, 0));
        assert_eq!((down(&[10, 11, 12, 13], 5), down(&[10, 11, 12, 13, 14], 5)), (0, 5));
    }

    /// 128 h announced of a week of 168 h, and a crash for the other 40 h: nothing good remains. Tools that count
    /// announced time as up say 128 / 168 = 76.19 %.
    #[test]
    fn what_is_excluded_is_not_up() {
        let minutes: Vec<_> = (0..168 * 60).map(|m| Some(if m < 128 * 60 { (1, 1) } else { (0, 1) })).collect();
        let (sheet, window) = sheet(&minutes);
        let announced = Spans::from(Span::new(Minute(0), Minute(128 * 60)));
        for counting in [Counting::default(), timeslices(1, "99"), ratio(5)] {
            let account = account(&sheet, &window.minus(&announced), &counting, target("99"));
            assert_eq!((account.counted.good, account.counted.minutes), (0, 40 * 60));
            let all = super::account(&sheet, &Spans::default(), &counting, target("99"));
            assert_eq!((all.counted, all.bounds), (Tally::default(), None), "all excluded: nothing to judge");
        }
    }

    fn minutes() -> impl Strategy<Value = Vec<Option<(i64, i64)>>> {
        proptest::collection::vec(
            prop_oneof![
                1 => Just(None),
                1 => Just(Some((0, 0))),
                4 => (0i64..20, 0i64..20).prop_map(|(good, bad)| Some((good, good + bad))),
            ],
            1..400,
        )
    }

    proptest! {
        /// A slice that must be whole is never better than its share.
        #[test]
        fn whole_slices_are_at_most_the_mean_of_shares(minutes in minutes(), length in 0usize..6) {
            let (sheet, window) = sheet(&minutes);
            let length = SliceMinutes::ALL[length].minutes();
            let whole = account(&sheet, &window, &timeslices(length, "100"), target("99")).counted;
            let mean = account(&sheet, &window, &ratio(length), target("99")).counted;
            prop_assert_eq!(mean.total, whole.total * BILLION);
            prop_assert!(whole.good * BILLION <= mean.good && mean.good <= mean.total);
        }

        /// Windows that meet at the edge of a slice add up to the whole, by events and by slices.
        #[test]
        fn accounts_add_up_over_whole_slices(minutes in minutes(), at in 0i64..80) {
            let (sheet, window) = sheet(&minutes);
            let edge = Minute(at * 5);
            let end = window.as_slice()[0].end();
            let (first, second) = (Span::new(Minute(0), edge.min(end)).into(), Span::new(edge.min(end), end).into());
            for counting in [Counting::default(), timeslices(5, "90"), timeslices(1, "90")] {
                let of = |judged: &Spans| account(&sheet, judged, &counting, target("99")).counted;
                prop_assert_eq!(of(&first) + of(&second), of(&window));
            }
        }

        /// The worst case is never better than the best, and what is not counted lies between them. Not so where downtime
        /// takes several slices in a row: unknown ones too few to be down would then have been good, and are not counted.
        #[test]
        fn bounds_hold_the_account(minutes in minutes(), consecutive in 1i64..4) {
            let (sheet, window) = sheet(&minutes);
            let downtime = Downtime::new(consecutive, 1).unwrap();
            for counting in [Counting::default(), timeslices(5, "90"), ratio(5)] {
                let account = account(&sheet, &window, &Counting { downtime, ..counting }, target("99"));
                let (good, total) = units(&account);
                let below = |a: (i64, i64), b: (i64, i64)| i128::from(a.0) * i128::from(b.1) <= i128::from(b.0) * i128::from(a.1);
                if let Some(bounds) = account.bounds {
                    prop_assert!(below(bounds.worst, bounds.best));
                    let between = below(bounds.worst, (good, total)) && below((good, total), bounds.best);
                    prop_assert!(consecutive > 1 || between);
                }
            }
        }
    }
}
