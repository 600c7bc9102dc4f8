//! The outlook for the end of a calendar period: will the target be met?
//!
//! What the rest of the period brings is drawn from the latest days that are complete, at most [`HISTORY_DAYS_MAX`]:
//!
//! - **How much**: a remaining day with `m` minutes left brings `m × Σ total / Σ known minutes`, summed over the same
//!   weekdays of history (over all days if that weekday has none), rounded to whole units.
//! - **How bad**: each remaining day takes the share of bad units of one whole day of history, drawn with a probability
//!   in proportion to the day's units, so that on average the future is as good as the past. Whole days keep the tails
//!   heavy: one bad day in 30 stays one bad day in 30, instead of a little badness every day. A part of a unit that
//!   results is a whole one with that probability.
//! - **How likely**: the share of [`RUNS`] such futures in which the period meets the target. The dice are seeded from
//!   history and calendar, so the same facts give the same outlook, and one more bad event never gives a better one.
//!
//! The forecast of the rest itself comes with an interval that holds eight futures of ten. For how much, each remaining day
//! is as much above or below what was expected of it as one day of history, drawn at random, was against the other days of
//! its weekday (leave-one-out residuals, so that a day is not held against itself); for how bad, the futures above are
//! ranked. [`crate::domain::calibration::errors`] holds both against what came.
//!
//! The units are those that the objective counts: events, slices, or billionths of slices. Days of which less than half
//! is known are left out. A probability is 0 or 1 only when it is settled: nothing is left, or even the best (or the
//! worst) rest could not turn it, with no more units per minute than on the busiest day of history.
//!
//! Weaknesses, to be said where an outlook is shown: days are drawn independently, so neither a trend nor an incident
//! that lasts for a week is seen; what did not happen in the history is not foreseen, so a probability near 100 % is a
//! little too high where bad days are rare; and a part of a day takes its part of a day's bad units, as if they had been
//! spread evenly. [`crate::domain::calibration`] tells how well it works.
//!
//! ```
//! use chrono::Weekday;
//! use nines::domain::{ledger::Tally, outlook::{DayLeft, DayTally, Facts, outlook}, target::Target, time::Minute};
//! // seven days of 1000 requests, one of them with 100 bad ones; so far 5 bad of 3000, and two days are left
//! let mut history: Vec<DayTally> = Vec::new();
//! let mut weekday = Weekday::Mon;
//! for day in 0..7 {
//!     let good = if day == 3 { 900 } else { 1000 };
//!     let tally = Tally { good, total: 1000, known: 1440, minutes: 1440 };
//!     history.push(DayTally { start: Minute(day * 1440), weekday, tally });
//!     weekday = weekday.succ();
//! }
//! let so_far = Tally { good: 2995, total: 3000, known: 4320, minutes: 4320 };
//! let remaining = [DayLeft { weekday: Weekday::Mon, minutes: 1440 }, DayLeft { weekday: Weekday::Tue, minutes: 1440 }];
//! let target = Target::parse("99").unwrap(); // 50 of the 5000 may be bad: one more bad day is too much
//! let outlook = outlook(&Facts { history: &history, so_far, remaining: &remaining, target }).unwrap();
//! assert!((outlook.probability.get() - 36.0 / 49.0).abs() < 0.03, "(6 / 7)² = 73 %");
//! assert_eq!((outlook.expected_good, outlook.expected_total), (4966, 5000)); // 2 × 1000 × 100 / 7000 = 28.6 bad
//! ```

use crate::domain::calendar::{Period, days_of};
use crate::domain::ledger::Tally;
use crate::domain::ratio::{Ratio, float, nearest};
use crate::domain::spans::Spans;
use crate::domain::target::{Target, WHOLE_PPM};
use crate::domain::time::{Minute, Span};
use crate::language::say;
use chrono::{Datelike as _, Weekday};
use chrono_tz::Tz;
use std::fmt;
use thiserror::Error;

mod rest;
pub use rest::{Forecast, Range};

/// How many days of history count at most: the latest, five of each weekday.
pub const HISTORY_DAYS_MAX: usize = 35;
/// How many days of history an outlook needs at least.
pub const HISTORY_DAYS_MIN: usize = 7;
/// How many futures are drawn.
pub const RUNS: usize = 2000;

/// A probability, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Probability(f64);

impl Probability {
    /// A probability from 0 to 1; nothing for any other number.
    #[must_use]
    pub fn new(probability: f64) -> Option<Self> {
        (0.0..=1.0).contains(&probability).then_some(Self(probability))
    }

    /// The number, 0 to 1.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Is it settled, one way or the other?
    #[must_use]
    pub const fn is_settled(self) -> bool {
        self.0 <= 0.0 || self.0 >= 1.0
    }
}

impl fmt::Display for Probability {
    /// In whole per cents: `73 %`, `> 99 %`, `< 1 %`; `0 %` and `100 %` only when it is settled.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 * 100.0 {
            percent if self.is_settled() || (1.0..=99.0).contains(&percent) => write!(f, "{} %", nearest(percent)),
            percent if percent < 1.0 => f.write_str("< 1 %"),
            _ => f.write_str("> 99 %"),
        }
    }
}

/// A complete local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayTally {
    /// Its first minute.
    pub start: Minute,
    /// Which day of the week.
    pub weekday: Weekday,
    /// What was judged of it, in the objective's units: `minutes` are those that count (0 on a day off), `known` those of
    /// them that are known.
    pub tally: Tally,
}

impl DayTally {
    /// What was judged of a calendar day.
    #[must_use]
    pub fn new(day: &Period, tally: Tally) -> Self {
        Self { start: day.span().start(), weekday: day.first_day().weekday(), tally }
    }
}

/// A day, or the rest of one, that is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayLeft {
    /// Which day of the week.
    pub weekday: Weekday,
    /// The minutes of it that are still to be judged.
    pub minutes: i64,
}

/// The local days of the minutes that are still to be judged, such as `Spans::from(rest_of_the_period)`.
#[must_use]
pub fn days_left(judged: &Spans, zone: Tz) -> Vec<DayLeft> {
    let (Some(first), Some(last)) = (judged.as_slice().first(), judged.as_slice().last()) else {
        return Vec::new();
    };
    let days = days_of(Span::new(first.start(), last.end()), zone);
    let left = days.iter().map(|day| (day.first_day().weekday(), judged.minutes_in(day.span())));
    left.filter(|(_, minutes)| *minutes > 0).map(|(weekday, minutes)| DayLeft { weekday, minutes }).collect()
}

/// What an outlook is made from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The complete local days before now, in order; the latest [`HISTORY_DAYS_MAX`] count.
    pub history: &'a [DayTally],
    /// What was judged of the period so far.
    pub so_far: Tally,
    /// What is left of the period, day by day.
    pub remaining: &'a [DayLeft],
    /// The promised share of good units.
    pub target: Target,
}

/// What the end of the period will probably be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// The probability of meeting the target; 0 or 1 only when it is settled.
    pub probability: Probability,
    /// Good units at the end, on average.
    pub expected_good: i64,
    /// All units at the end.
    pub expected_total: i64,
    /// One future in ten ends with this SLI or a lower one, in parts per million, rounded down.
    pub low_ppm: i64,
    /// One future in ten ends with this SLI or a higher one, in parts per million, rounded down.
    pub high_ppm: i64,
    /// What the rest of the period brings; nothing if nothing is left.
    pub rest: Option<Forecast>,
    /// How many days of history were drawn from.
    pub days_used: usize,
}

/// Too little to foresee anything from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", say!("an outlook needs {least} complete days in which something was measured; there are {days}", HISTORY_DAYS_MIN, .days))]
pub struct TooLittle {
    /// How many days of history can be used.
    pub days: usize,
}

/// The outlook for the end of a period.
pub fn outlook(facts: &Facts<'_>) -> Result<Outlook, TooLittle> {
    let Facts { history, so_far, remaining, target } = *facts;
    let latest = history.get(history.len().saturating_sub(HISTORY_DAYS_MAX)..).unwrap_or_default();
    let usable: Vec<DayTally> =
        latest.iter().filter(|day| day.tally.known > 0 && day.tally.known * 2 >= day.tally.minutes).copied().collect();
    let drawn: Vec<Tally> = usable.iter().map(|day| day.tally).filter(|tally| tally.total > 0).collect();
    let days = drawn.len();
    let is_over = remaining.iter().all(|day| day.minutes <= 0);
    if is_over && so_far.total > 0 {
        let met = target.is_met(so_far.good, so_far.total);
        return Ok(ended(so_far.good, so_far.total, met));
    }
    if days < HISTORY_DAYS_MIN || is_over {
        return Err(TooLittle { days });
    }
    let expected: Vec<i64> = remaining.iter().map(|day| expected_units(&usable, *day)).collect();
    let rest: i64 = expected.iter().sum();
    let total = so_far.total + rest;
    if total == 0 {
        return Err(TooLittle { days });
    }
    let bads = futures(&drawn, &expected, seed(&usable, remaining));
    let good_after = |bad: i64| so_far.good + rest - bad;
    let at_rank = |rank: usize| ppm(good_after(bads.get(rank - 1).copied().unwrap_or_default()), total);
    let (good, whole) = drawn.iter().fold((0, 0), |sum, day| (sum.0 + day.good, sum.1 + day.total));
    let bad = scaled(rest, whole - good, whole);
    Ok(Outlook {
        probability: settled(facts, &usable).unwrap_or_else(|| {
            let met = bads.iter().filter(|bad| target.is_met(good_after(**bad), total)).count();
            likely(met)
        }),
        expected_good: good_after(bad),
        expected_total: total,
        low_ppm: at_rank(RUNS * 9 / 10),
        high_ppm: at_rank(RUNS / 10),
        rest: Some(Forecast {
            units: rest::traffic(&usable, &expected, seed(&usable, remaining)),
            bad: Range::of(&bads, bad),
        }),
        days_used: days,
    })
}

/// The outlook of a period that has nothing left.
fn ended(good: i64, total: i64, met: bool) -> Outlook {
    let share = ppm(good, total);
    Outlook {
        probability: Probability(if met { 1.0 } else { 0.0 }),
        expected_good: good,
        expected_total: total,
        low_ppm: share,
        high_ppm: share,
        rest: None,
        days_used: 0,
    }
}

/// The probability behind so many of [`RUNS`] futures; never 0 or 1, which so few cannot tell (rule of succession).
fn likely(met: usize) -> Probability {
    let count = |n: usize| float(i64::try_from(n).unwrap_or(i64::MAX));
    Probability(count(met + 1) / count(RUNS + 2))
}

/// 1 or 0 if even the worst or the best rest, as busy as the busiest day, leaves no doubt.
fn settled(facts: &Facts<'_>, usable: &[DayTally]) -> Option<Probability> {
    let minutes: i64 = facts.remaining.iter().map(|day| day.minutes.max(0)).sum();
    let busiest = usable.iter().map(|day| rounded_up(minutes, day.tally.total, day.tally.known)).max()?;
    // each day's units are rounded, so each day may have one more
    let most = busiest + i64::try_from(facts.remaining.len()).unwrap_or(i64::MAX);
    let (good, total) = (facts.so_far.good, facts.so_far.total);
    if facts.target.is_met(good, total + most) {
        Some(Probability(1.0))
    } else if facts.target.is_met(good + most, total + most) {
        None
    } else {
        Some(Probability(0.0))
    }
}

/// The units that the rest of a day brings: the mean of its weekday, by the minute.
fn expected_units(usable: &[DayTally], day: DayLeft) -> i64 {
    let sum = |days: &mut dyn Iterator<Item = &DayTally>| -> (i64, i64) {
        days.fold((0, 0), |sum, day| (sum.0 + day.tally.total, sum.1 + day.tally.known))
    };
    let (total, known) = match sum(&mut usable.iter().filter(|past| past.weekday == day.weekday)) {
        (_, 0) => sum(&mut usable.iter()),
        same_weekday => same_weekday,
    };
    scaled(day.minutes.max(0), total, known)
}

/// `n × part / whole`, rounded to the nearest; 0 if the whole is.
fn scaled(n: i64, part: i64, whole: i64) -> i64 {
    let twice = Ratio::new(2 * i128::from(n) * i128::from(part) + i128::from(whole), 2 * i128::from(whole));
    twice.map_or(0, |ratio| i64::try_from(ratio.floor()).unwrap_or(i64::MAX))
}

/// `n × part / whole`, rounded up; 0 if the whole is.
fn rounded_up(n: i64, part: i64, whole: i64) -> i64 {
    let up = Ratio::new(i128::from(n) * i128::from(part) + i128::from(whole) - 1, i128::from(whole));
    up.map_or(0, |ratio| i64::try_from(ratio.floor()).unwrap_or(i64::MAX))
}

fn ppm(good: i64, total: i64) -> i64 {
    let share = Ratio::new(i128::from(good) * i128::from(WHOLE_PPM), i128::from(total));
    share.map_or(0, |share| i64::try_from(share.floor()).unwrap_or(WHOLE_PPM))
}

/// What a remaining day takes over from a day of history: so many bad units, and one more with the chance `more / of`.
#[derive(Clone, Copy)]
struct Taken {
    bad: i64,
    more: u64,
    of: u64,
}

/// The bad units of the rest in each of [`RUNS`] futures, fewest first.
fn futures(drawn: &[Tally], expected: &[i64], seed: u64) -> Vec<i64> {
    let mut dice = Dice(seed);
    let mut sum = 0;
    let up_to: Vec<u64> = drawn
        .iter()
        .map(|day| {
            sum += day.total.unsigned_abs();
            sum
        })
        .collect();
    let days: Vec<Vec<Taken>> = expected
        .iter()
        .filter(|units| **units > 0)
        .map(|units| drawn.iter().map(|day| taken(*units, *day)).collect())
        .collect();
    let mut run = || -> i64 {
        days.iter()
            .map(|day| {
                let ticket = dice.below(sum);
                let index = up_to.partition_point(|end| *end <= ticket);
                day.get(index)
                    .map_or(0, |taken| taken.bad + i64::from(taken.more > 0 && dice.below(taken.of) < taken.more))
            })
            .sum()
    };
    let mut bads: Vec<i64> = (0..RUNS).map(|_| run()).collect();
    bads.sort_unstable();
    bads
}

fn taken(units: i64, day: Tally) -> Taken {
    let (product, total) = (i128::from(units) * i128::from(day.bad()), i128::from(day.total.max(1)));
    Taken {
        bad: i64::try_from(product.div_euclid(total)).unwrap_or(i64::MAX),
        more: u64::try_from(product.rem_euclid(total)).unwrap_or_default(),
        of: day.total.unsigned_abs(),
    }
}

/// A seed from history and calendar; neither what happened so far nor the target changes the dice.
fn seed(usable: &[DayTally], remaining: &[DayLeft]) -> u64 {
    let past = usable.iter().flat_map(|day| [day.start.0, day.tally.good, day.tally.total, day.tally.known]);
    let future = remaining.iter().map(|day| day.minutes);
    past.chain(future).fold(0, |seed, fact| Dice(seed ^ fact.cast_unsigned()).roll())
}

/// `SplitMix64` (Steele, Lea and Flood, 2014): pseudo-random numbers, the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 for `n = 0`.
    fn below(&mut self, n: u64) -> u64 {
        let product = u128::from(self.roll()) * u128::from(n);
        u64::try_from(product >> 64).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
