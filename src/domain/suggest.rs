//! A target that history would have met.
//!
//! The highest of a ladder (99.999 %, 99.99 %, … 50 %) that
//!
//! - the whole history meets,
//! - every window of the objective's length would have met, at whatever hour it ended (or nine of ten of them, for those
//!   who accept a miss now and then), and
//! - chance cannot explain: where fewer than ten bad events would be allowed, the lower end of the Clopper-Pearson
//!   interval of the whole must reach it, as in [`crate::domain::judgement`].
//!
//! Windows that are less than half known, or without events, are no evidence. If history is shorter than the objective's
//! window, windows of a week take its place.
//!
//! ```
//! use nines::domain::{history::History, ledger::Tally, suggest::suggest, time::{Minute, Span}};
//! // ten days of 1000 requests an hour; in one hour 20 fail: of the day around it 0.083 %, of the whole 0.0083 %
//! let span = Span::new(Minute(0), Minute(10 * 1440));
//! let mut history = History::new(span, 60);
//! for hour in 0..240 {
//!     let good = if hour == 100 { 980 } else { 1000 };
//!     history.add(Minute(hour * 60), Tally { good, total: 1000, known: 60, minutes: 60 });
//! }
//! let suggestion = suggest(&history, 1440).unwrap();
//! assert_eq!(suggestion.in_every_window.unwrap().to_string(), "99.9", "99.95 would allow 12 of 24 000");
//! assert_eq!(suggestion.in_nine_of_ten.unwrap().to_string(), "99.9", "24 of 217 days contain that hour");
//! assert_eq!(suggestion.worst.1.bad(), 20);
//! ```

use crate::domain::history::History;
use crate::domain::judgement::{Budget, interval};
use crate::domain::ledger::Tally;
use crate::domain::ratio::{float, nearest};
use crate::domain::target::{Target, WHOLE_PPM};
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Minute, Span};
use crate::language::say;
use thiserror::Error;

/// The targets that are suggested, in parts per million, highest first.
pub const LADDER_PPM: [i64; 11] =
    [999_990, 999_900, 999_500, 999_000, 995_000, 990_000, 980_000, 950_000, 900_000, 800_000, 500_000];

/// The length of the windows if history is shorter than the objective's window, in minutes.
const WEEK_MINUTES: i64 = 7 * DAY_MINUTES;

/// What history says about a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suggestion {
    /// The highest target that every window would have met; nothing if that is below the ladder.
    pub in_every_window: Option<Target>,
    /// The highest target that nine of ten windows would have met; never lower than that of every window.
    pub in_nine_of_ten: Option<Target>,
    /// What was counted in the whole history.
    pub whole: Tally,
    /// The lowest true share of good events that the whole can still be explained by, in parts per million, rounded
    /// down; only where events are few enough that it limits a target of the ladder.
    pub low_ppm: Option<i64>,
    /// How long the windows are, in minutes: the objective's own length, or a week.
    pub window_minutes: i64,
    /// How many windows there were, one every hour.
    pub windows: usize,
    /// The window with the lowest SLI, and what was counted in it.
    pub worst: (Span, Tally),
}

/// Too little history for a suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TooLittle {
    /// It is shorter than a window, and than a week.
    #[error("{}", say!("a suggestion needs a whole window of history, or at least a week"))]
    Short,
    /// No window is half known and has events.
    #[error("{}", say!("nothing was measured in any whole window of history"))]
    Unmeasured,
}

/// Suggests a target from history for an objective over `window_minutes`.
///
/// `history` holds what the objective counts, in buckets of at most an hour that divide the hour, over no more than was
/// really read: what it leaves out counts as unknown.
pub fn suggest(history: &History, window_minutes: i64) -> Result<Suggestion, TooLittle> {
    let span = history.span();
    let length = [window_minutes, WEEK_MINUTES].into_iter().find(|length| *length <= span.minutes());
    let length = length.filter(|length| *length > 0).ok_or(TooLittle::Short)?;
    let windows = windows(history, length);
    let worst = windows.iter().min_by(|(_, one), (_, other)| by_sli(*one, *other)).copied();
    let worst = worst.ok_or(TooLittle::Unmeasured)?;
    let whole = history.sum(span);
    let rungs = || LADDER_PPM.into_iter().filter_map(|ppm| Target::from_ppm(ppm).ok());
    let low = |target: Target| {
        Budget::new(whole.good, whole.total, target, length).as_ref().and_then(interval).map(|found| found.low)
    };
    let is_likely = |target: &Target| low(*target).is_none_or(|low| low >= float(target.ppm()) / float(WHOLE_PPM));
    let met = |target: Target| windows.iter().filter(|(_, tally)| target.is_met(tally.good, tally.total)).count();
    let mut held = rungs().filter(|target| target.is_met(whole.good, whole.total)).filter(is_likely);
    let in_nine_of_ten = held.find(|target| met(*target) * 10 >= windows.len() * 9);
    let in_every_window = in_nine_of_ten.into_iter().chain(held).find(|target| met(*target) == windows.len());
    Ok(Suggestion {
        in_every_window,
        in_nine_of_ten,
        whole,
        low_ppm: rungs().find_map(low).map(|low| nearest((low * float(WHOLE_PPM)).floor())),
        window_minutes: length,
        windows: windows.len(),
        worst,
    })
}

/// The windows that lie inside and are evidence, one every hour.
fn windows(history: &History, length: i64) -> Vec<(Span, Tally)> {
    let span = history.span();
    let hours = (span.minutes() - length) / HOUR_MINUTES;
    let ends: Vec<Minute> = (0..=hours).map(|hour| span.start().plus(length + hour * HOUR_MINUTES)).collect();
    let tallies = history.rolling(&ends, length);
    let windows = ends.into_iter().map(|end| Span::ending(end, length)).zip(tallies);
    windows.filter(|(_, tally)| tally.total > 0 && tally.known * 2 >= tally.minutes).collect()
}

/// The lower SLI first; of two equal ones, the one of more events.
fn by_sli(one: Tally, other: Tally) -> std::cmp::Ordering {
    let (left, right) =
        (i128::from(one.good) * i128::from(other.total), i128::from(other.good) * i128::from(one.total));
    left.cmp(&right).then(other.total.cmp(&one.total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Hours from the epoch on, each `(bad, total)`, all known.
    fn history(hours: &[(i64, i64)]) -> History {
        let end = i64::try_from(hours.len()).unwrap() * 60;
        let mut history = History::new(Span::new(Minute(0), Minute(end)), 60);
        for (hour, (bad, total)) in (0..).zip(hours) {
            history.add(Minute(hour * 60), Tally { good: total - bad, total: *total, known: 60, minutes: 60 });
        }
        history
    }

    fn targets(suggestion: &Suggestion) -> (Option<String>, Option<String>) {
        let text = |target: Option<Target>| target.map(|target| target.to_string());
        (text(suggestion.in_every_window), text(suggestion.in_nine_of_ten))
    }

    fn both(every: &str, nine: &str) -> (Option<String>, Option<String>) {
        (Some(every.to_owned()), Some(nine.to_owned()))
    }

    /// 14 days of 10 000 an hour, with 12 000 bad ones in the two hours at the middle. A week with both has 12 000 of
    /// 1 680 000 bad, or 0.714 %: 99 %; all of the 169 weeks but the first and the last have. The whole has 0.357 %.
    #[test]
    fn the_worst_window_decides() {
        let mut hours = vec![(0, 10_000); 336];
        hours[167] = (6_000, 10_000);
        hours[168] = (6_000, 10_000);
        let suggestion = suggest(&history(&hours), 7 * 1440).unwrap();
        assert_eq!(targets(&suggestion), both("99", "99"));
        assert_eq!((suggestion.windows, suggestion.worst.1.bad(), suggestion.worst.1.total), (169, 12_000, 1_680_000));
        assert_eq!(suggestion.whole, Tally { good: 3_348_000, total: 3_360_000, known: 20_160, minutes: 20_160 });
        assert_eq!(suggestion.low_ppm, None, "plenty of events");
    }

    /// 30 days, one bad hour (half of it): 24 of the 697 days contain it, so 97 % of the days are spotless. A day with it
    /// has 5000 of 240 000 bad, 2.08 %: 95 %. The whole has 0.069 %: 99.9 % at most.
    #[test]
    fn nine_of_ten_windows_may_promise_more() {
        let mut hours = vec![(0, 10_000); 720];
        hours[300] = (5_000, 10_000);
        let suggestion = suggest(&history(&hours), 1440).unwrap();
        assert_eq!(targets(&suggestion), both("95", "99.9"));
        assert_eq!(suggestion.windows, 697);
        assert!(suggestion.worst.0.contains(Minute(300 * 60)));
    }

    /// `scipy.stats.beta.ppf(0.025, 336, 1)` is 0.9890812, so 98 % is the most that 336 spotless events can promise.
    #[test]
    fn few_events_promise_less() {
        let suggestion = suggest(&history(&[(0, 1); 336]), 7 * 1440).unwrap();
        assert_eq!(targets(&suggestion), both("98", "98"));
        assert_eq!(suggestion.low_ppm, Some(989_081));
        let many = suggest(&history(&[(0, 10_000_000); 336]), 7 * 1440).unwrap();
        assert_eq!(targets(&many), both("99.999", "99.999"));
        let three: Vec<_> = (0..336).map(|hour| (0, i64::from(hour % 168 == 3))).collect();
        assert_eq!(targets(&suggest(&history(&three), 7 * 1440).unwrap()), (None, None), "two events");
    }

    #[test]
    fn a_short_history_is_judged_by_the_week_and_a_shorter_one_not_at_all() {
        let days = |days: usize, window: i64| suggest(&history(&vec![(0, 100_000); days * 24]), window);
        assert_eq!(days(10, 30 * 1440).unwrap().window_minutes, 7 * 1440);
        assert_eq!(days(30, 30 * 1440).unwrap().window_minutes, 30 * 1440);
        assert_eq!(days(6, 30 * 1440), Err(TooLittle::Short));
        assert_eq!(days(6, 1440).unwrap().window_minutes, 1440);
        assert_eq!(suggest(&history(&[(0, 0); 200]), 7 * 1440), Err(TooLittle::Unmeasured), "no requests");
    }

    /// Ten days, of which the first four are unknown: a window of two days counts from half known on.
    #[test]
    fn windows_that_are_hardly_known_are_no_evidence() {
        let span = Span::new(Minute(0), Minute(14_400));
        let mut history = History::new(span, 60);
        for hour in 96..240 {
            history.add(Minute(hour * 60), Tally { good: 99, total: 100, known: 60, minutes: 60 });
        }
        // ends from hour 120 (24 h known) to hour 240
        assert_eq!(suggest(&history, 2880).unwrap().windows, 121);
    }

    #[test]
    fn of_equally_bad_windows_the_busier_is_the_worst() {
        let suggestion = suggest(&history(&[(0, 50), (1, 10), (10, 100), (1, 10)]), 60).unwrap();
        assert_eq!((suggestion.worst.0.start(), suggestion.worst.1.total), (Minute(120), 100));
    }

    /// A service below every rung gets no target, and the facts say why.
    #[test]
    fn a_service_that_fails_more_than_half_gets_no_target() {
        let suggestion = suggest(&history(&[(60, 100); 200]), 7 * 1440).unwrap();
        assert_eq!(targets(&suggestion), (None, None));
        assert_eq!(suggestion.worst.1.good * 100, suggestion.worst.1.total * 40);
    }

    proptest! {
        /// A naive search: every rung, every window added up from the hours.
        #[test]
        fn the_suggestion_is_the_highest_rung_that_holds(
            hours in proptest::collection::vec((0i64..20, 0i64..3000), 24..120),
            window in 1i64..30,
        ) {
            let hours: Vec<_> = hours.into_iter().map(|(bad, good)| (bad * bad / 10, bad * bad / 10 + good)).collect();
            let found = suggest(&history(&hours), window * 60);
            let window = usize::try_from(window).unwrap();
            prop_assume!(window <= hours.len());
            let add = |hours: &[(i64, i64)]| hours.iter().fold((0, 0), |sum, hour| (sum.0 + hour.0, sum.1 + hour.1));
            let sums: Vec<_> = hours.windows(window).map(add).filter(|(_, total)| *total > 0).collect();
            prop_assume!(!sums.is_empty());
            let found = found.unwrap();
            let whole = add(&hours);
            let holds = |ppm: i64, tenths: usize| {
                let is_met = |(bad, total): (i64, i64)| (total - bad) * 1_000_000 >= total * ppm;
                let met = sums.iter().filter(|sum| is_met(**sum)).count();
                let few = whole.1 * (1_000_000 - ppm) < 10_000_000;
                let low = found.low_ppm.unwrap_or(1_000_000);
                is_met(whole) && met * 10 >= sums.len() * tenths && (!few || low >= ppm)
            };
            let highest = |tenths: usize| LADDER_PPM.into_iter().find(|ppm| holds(*ppm, tenths));
            prop_assert_eq!(found.in_every_window.map(Target::ppm), highest(10));
            prop_assert_eq!(found.in_nine_of_ten.map(Target::ppm), highest(9));
            let lowest = sums.iter().map(|(bad, total)| (total - bad) * 1_000_000_000 / total).min().unwrap();
            prop_assert_eq!(found.worst.1.good * 1_000_000_000 / found.worst.1.total, lowest);
            prop_assert_eq!(found.worst.1, Tally { minutes: found.window_minutes, ..history(&hours).sum(found.worst.0) });
        }
    }
}
