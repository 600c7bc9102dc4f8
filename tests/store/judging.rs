//! The ledger's judgement against a naive one: minute by minute, no packing, no sums, no spans.

use crate::support::{self, TestDb, agreement, begin, objective, sealer, service, source, up};
use nines::domain::exclusion::{Category, Exclusion};
use nines::domain::ids::ExclusionId;
use nines::domain::ledger::Slice;
use nines::domain::schedule::Schedule;
use nines::domain::terms::{Counting, Downtime, Method, Policy, SliceMinutes, SliceTarget};
use nines::domain::time::{Minute, Span};
use nines::ops::judge::Judge;
use nines::store::objectives::ObjectiveListing;
use nines::store::{Db, ledger, objectives};
use std::collections::{BTreeMap, BTreeSet};

/// Where the random month lies: 2026-10-19 to 2026-10-29 UTC, over the end of summer time in Berlin.
const START: i64 = 29_873_000;
const MINUTES: i64 = 14_400;
/// Windows judged for each indicator.
const WINDOWS: usize = 60;
/// Indicators, each with its own terms, schedule and exclusions.
const INDICATORS: u64 = 20;

/// A small generator that gives the same numbers on every machine (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        i64::try_from((z ^ (z >> 31)) >> 2).unwrap() % most
    }

    fn span(&mut self, longest: i64) -> Span {
        let start = START + self.below(MINUTES);
        Span::new(Minute(start), Minute((start + 1 + self.below(longest)).min(START + MINUTES)))
    }

    fn policy(&mut self) -> Policy {
        Policy::ALL[usize::try_from(self.below(3)).unwrap()]
    }

    fn counting(&mut self) -> Counting {
        let slice = SliceMinutes::ALL[usize::try_from(self.below(6)).unwrap()];
        let target =
            SliceTarget::from_ppm([500_000, 900_000, 1_000_000][usize::try_from(self.below(3)).unwrap()]).unwrap();
        let method = match self.below(3) {
            0 => Method::Occurrences,
            1 => Method::Timeslices { slice, target },
            _ => Method::RatioTimeslices { slice },
        };
        let downtime = Downtime::new(1 + self.below(3), 1 + self.below(4)).unwrap();
        Counting { method, no_requests: self.policy(), unknown: self.policy(), downtime }
    }

    /// Long good stretches, bursts of errors, silence and gaps.
    fn minutes(&mut self) -> BTreeMap<i64, (i64, i64)> {
        let mut minutes = BTreeMap::new();
        let (mut mood, mut left) = (0, 0);
        for minute in START..START + MINUTES {
            if left == 0 {
                (mood, left) = (self.below(6), 1 + self.below(90));
            }
            left -= 1;
            let total = 1 + self.below(9);
            match mood {
                0 => {}
                1 => drop(minutes.insert(minute, (0, 0))),
                2 => drop(minutes.insert(minute, (self.below(total + 1), total))),
                _ => drop(minutes.insert(minute, (total, total))),
            }
        }
        minutes
    }
}

/// What is open on the wall: Monday to Friday, 08:00 to 18:00 in Berlin, which left summer time on 25 October 2026, 01:00 UTC.
fn is_open(minute: i64) -> bool {
    let summer_ends = 29_881_500; // 2026-10-25T01:00:00Z in minutes
    let local = minute + if minute < summer_ends { 120 } else { 60 };
    // 1970-01-01 was a Thursday: days 4 to 8 of a week that begins on Sunday, 28 December 1969, 4 days earlier
    let weekday = (local.div_euclid(1440) + 4).rem_euclid(7);
    (1..=5).contains(&weekday) && (480..1080).contains(&local.rem_euclid(1440))
}

/// A slice of the naive judge: its number and the minutes of it that count, each with what is known of it.
type Cut = (i64, Vec<Option<(i64, i64)>>);

/// A slice's number, its good and all events if it has any, what the terms make of it, and whether it is silent.
type Classed = (i64, Option<(i64, i64)>, Policy, bool);

/// The shares `(good, all)` whose sum is the good, and all.
fn naive(
    minutes: &BTreeMap<i64, (i64, i64)>,
    counting: &Counting,
    target_ppm: i64,
    judged: &[i64],
) -> (Vec<(i64, i64)>, i64) {
    let length = counting.method.slice().minutes();
    if counting.method == Method::Occurrences {
        let known: Vec<_> = judged.iter().filter_map(|minute| minutes.get(minute)).collect();
        let (good, total) = known.iter().fold((0, 0), |sum, (good, total)| (sum.0 + good, sum.1 + total));
        let (seen, unseen) = (i64::try_from(known.len()).unwrap(), i64::try_from(judged.len() - known.len()).unwrap());
        let assumed = if seen == 0 { 0 } else { total * unseen / seen };
        let (more_good, more) = match counting.unknown {
            Policy::Good => (assumed, assumed),
            Policy::Bad => (0, assumed),
            Policy::Excluded => (0, 0),
        };
        return (vec![(good + more_good, 1)], total + more);
    }
    let mut cuts: Vec<Cut> = Vec::new();
    for minute in judged {
        let number = minute.div_euclid(length);
        if cuts.last().is_none_or(|(last, _)| *last != number) {
            cuts.push((number, Vec::new()));
        }
        cuts.last_mut().unwrap().1.push(minutes.get(minute).copied());
    }
    let slice_ppm = match counting.method {
        Method::Timeslices { target, .. } => target.ppm(),
        _ => target_ppm,
    };
    // what each slice is: its share, and whether it is good, bad or not counted
    let mut classes: Vec<Classed> = Vec::new();
    for (number, inside) in &cuts {
        let known: Vec<_> = inside.iter().flatten().collect();
        let (good, total) = known.iter().fold((0, 0), |sum, (good, total)| (sum.0 + good, sum.1 + total));
        classes.push(match (known.is_empty(), total) {
            (true, _) => (*number, None, counting.unknown, false),
            (_, 0) => (*number, None, counting.no_requests, true),
            _ => {
                let is_bad = total >= counting.downtime.at_least_requests() && good * 1_000_000 < total * slice_ppm;
                (*number, Some((good, total)), if is_bad { Policy::Bad } else { Policy::Good }, false)
            }
        });
    }
    let counted = |class: &&Classed| class.1.is_some() || class.2 != Policy::Excluded;
    let all = i64::try_from(classes.iter().filter(counted).count()).unwrap();
    if let Method::RatioTimeslices { .. } = counting.method {
        let share = |class: &Classed| class.1.unwrap_or((i64::from(class.2 == Policy::Good), 1));
        return (classes.iter().filter(counted).map(share).collect(), all);
    }
    let mut down = 0;
    for index in 0..classes.len() {
        if classes[index].2 == Policy::Bad && run_of(&classes, index) >= counting.downtime.consecutive() {
            down += 1;
        }
    }
    (vec![(all - down, 1)], all)
}

/// How many bad slices stand in a row with the bad one at `index`; silence that is not counted lies between without ending it.
fn run_of(classes: &[Classed], index: usize) -> i64 {
    let mut run = 1;
    let walk = |from: usize, step: i64| -> i64 {
        let (mut at, mut found) = (i64::try_from(from).unwrap(), 0);
        loop {
            let next = at + step;
            let Some(class) = usize::try_from(next).ok().and_then(|next| classes.get(next)) else { return found };
            if class.0 != classes[usize::try_from(at).unwrap()].0 + step {
                return found;
            }
            match (class.2, class.3) {
                (Policy::Bad, _) => found += 1,
                (Policy::Excluded, true) => {}
                _ => return found,
            }
            at = next;
        }
    };
    run += walk(index, 1) + walk(index, -1);
    run
}

/// `10⁹ · Σ g / t` as a float, right to well below one billionth of ten thousand slices.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "counts here stay below a thousand")]
fn billionths(shares: &[(i64, i64)]) -> f64 {
    shares.iter().map(|(good, total)| *good as f64 / *total as f64).sum::<f64>() * 1e9
}

async fn listing(
    db: &Db,
    dice: &mut Dice,
    number: u64,
    with_hours: bool,
) -> (ObjectiveListing, BTreeMap<i64, (i64, i64)>) {
    let minutes = dice.minutes();
    let mut tx = begin(db).await;
    let service = nines::store::services::insert(&mut tx, &service(&format!("shop-{number}"))).await.unwrap();
    let source = nines::store::sources::insert(&mut tx, &sealer(), &source(&format!("eu-{number}"))).await.unwrap();
    let indicator = nines::store::indicators::find_or_insert(&mut tx, service, source, &up("up")).await.unwrap();
    let mut agreement = agreement(&format!("gold-{number}"));
    agreement.zone = chrono_tz::Europe::Berlin;
    if with_hours {
        agreement.terms.hours = Some(Schedule::parse("Mon-Fri 08:00-18:00", "").unwrap());
    }
    let agreement = nines::store::agreements::insert(&mut tx, &agreement).await.unwrap();
    let mut objective = objective(agreement, indicator, "works");
    objective.terms.counting = dice.counting();
    let id = objectives::insert(&mut tx, &objective).await.unwrap();
    let slices: Vec<_> = minutes
        .iter()
        .map(|(minute, (good, total))| (Minute(*minute), Some(Slice::new(*good, *total).unwrap())))
        .collect();
    ledger::write(&mut tx, indicator, &slices).await.unwrap();
    tx.commit().await.unwrap();
    (objectives::listing(db, id).await.unwrap().unwrap(), minutes)
}

async fn story(TestDb { db, .. }: &TestDb) {
    let mut compared = 0;
    for number in 0..INDICATORS {
        let mut dice = Dice(number * 1_000_003 + 7);
        let with_hours = number % 2 == 1;
        let (listing, minutes) = listing(db, &mut dice, number, with_hours).await;
        let exclusions: Vec<Exclusion> = (0..dice.below(6))
            .map(|id| Exclusion {
                id: ExclusionId(id),
                category: Category::Other,
                ..Exclusion::planned(dice.span(600))
            })
            .collect();
        let gone: BTreeSet<i64> = exclusions.iter().flat_map(|one| one.first.iter()).map(|minute| minute.0).collect();
        let judge = Judge::load(db).await.unwrap().with(exclusions);
        let windows: Vec<Span> = (0..WINDOWS).map(|_| dice.span(6_000)).collect();
        for window in windows {
            let account = judge.accounts(&listing, &[window]).await.unwrap()[0];
            let judged: Vec<i64> = window
                .iter()
                .map(|minute| minute.0)
                .filter(|minute| !gone.contains(minute) && (!with_hours || is_open(*minute)))
                .collect();
            let counting = listing.objective.terms.counting;
            let (shares, all) = naive(&minutes, &counting, listing.objective.target.ppm(), &judged);
            let (good, total) = (account.counted.good, account.counted.total);
            let what = format!("indicator {number}, {window:?}, {counting:?}");
            if let Method::RatioTimeslices { .. } = counting.method {
                assert_eq!(total, all * 1_000_000_000, "{what}");
                // rounded down once: below the float by less than one, and what the float itself is off
                #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "far below 2^53")]
                let below = billionths(&shares) - good as f64;
                assert!((-0.01..1.01).contains(&below), "{what}: {below}");
            } else {
                assert_eq!((good, total), (shares[0].0, all), "{what}");
            }
            let known = judged.iter().filter(|minute| minutes.contains_key(minute)).count();
            assert_eq!(
                (account.counted.known, account.counted.minutes),
                (i64::try_from(known).unwrap(), i64::try_from(judged.len()).unwrap())
            );
            compared += 1;
        }
    }
    assert_eq!(compared, INDICATORS * u64::try_from(WINDOWS).unwrap());
}

#[tokio::test]
async fn the_ledger_s_answer_is_the_naive_one_to_the_event_on_sqlite() {
    story(&support::sqlite().await).await;
}

#[tokio::test]
async fn the_ledger_s_answer_is_the_naive_one_to_the_event_on_postgres() {
    story(&support::postgres().await).await;
}
