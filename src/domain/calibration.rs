//! How good past outlooks were.
//!
//! Of the outlooks that said 70 to 90 %, between 70 and 90 % should have come true. [`calibrate`] sorts outlooks into
//! bands and sets beside each what was said on average and what came true, with the Brier score of all,
//! `mean of (probability - outcome)²`, where the outcome is 1 if the target was met (Brier, 1950): 0 is perfect, and 0.25
//! is what saying “50 %” every time scores. The yardstick is the score of somebody who only knows the share `p` of
//! targets that were met and says it every time, `p × (1 - p)`.
//!
//! [`backtest`] makes the outlooks of the past anew, each with only what was known then, and [`errors`] says how far their
//! forecasts of the rest were off.
//!
//! The outlooks of one period share its outcome, so thirty of them weigh less than thirty periods would.
//!
//! ```
//! use nines::domain::{calibration::calibrate, outlook::Probability};
//! // twenty times 80 %, and sixteen times it came true: (16 × 0.2² + 4 × 0.8²) / 20 = 0.16 = 0.8 × 0.2
//! let outlooks: Vec<_> = (0..20).map(|n| (Probability::new(0.8).unwrap(), n % 5 != 0)).collect();
//! let calibration = calibrate(&outlooks);
//! let band = &calibration.bands[3];
//! assert_eq!((band.from_percent, band.to_percent, band.outlooks, band.met), (70, 90, 20, 16));
//! let score = calibration.score.unwrap();
//! assert!((score.brier - 0.16).abs() < 1e-12 && (score.naive - 0.16).abs() < 1e-12);
//! assert_eq!(calibrate(&outlooks[..19]).score, None, "too few to tell");
//! ```

use crate::domain::ledger::Tally;
use crate::domain::outlook::{DayLeft, DayTally, Facts, Forecast, Outlook, Probability, outlook};
use crate::domain::ratio::float;
use crate::domain::target::Target;
use crate::domain::time::{Minute, Span};

/// With fewer outlooks nothing can be said about how good they are.
pub const OUTLOOKS_MIN: usize = 20;

/// Where the bands begin and end, in per cent.
const EDGES: [i64; 6] = [0, 10, 30, 70, 90, 100];

/// The outlooks that said about the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// The lowest probability in it, in per cent.
    pub from_percent: i64,
    /// The first probability above it, in per cent; 100 % belongs to the highest band.
    pub to_percent: i64,
    /// How many outlooks.
    pub outlooks: i64,
    /// How many of them were followed by a target met.
    pub met: i64,
    /// The mean probability, 0 to 1; nothing in an empty band.
    pub mean: Option<f64>,
}

/// Scores of all outlooks together, lower is better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The Brier score, 0 to 1.
    pub brier: f64,
    /// The Brier score of saying the share of targets met every time, 0 to 0.25: an outlook worth its name is below.
    pub naive: f64,
}

/// How good outlooks were.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// The five bands, from unlikely to likely.
    pub bands: Vec<Band>,
    /// How good all of them were; nothing for fewer than [`OUTLOOKS_MIN`], too few to tell.
    pub score: Option<Score>,
}

/// Compares outlooks with what came of them: the probability of meeting the target, and whether it was met.
#[must_use]
pub fn calibrate(outlooks: &[(Probability, bool)]) -> Calibration {
    let bands = EDGES.iter().zip(EDGES.iter().skip(1)).map(|(from, to)| band(outlooks, *from, *to)).collect();
    let all = float(count(outlooks.len()));
    let met = float(count(outlooks.iter().filter(|(_, met)| *met).count()));
    let missed_by = |(probability, met): &(Probability, bool)| probability.get() - if *met { 1.0 } else { 0.0 };
    let score = (outlooks.len() >= OUTLOOKS_MIN).then(|| Score {
        brier: outlooks.iter().map(|one| missed_by(one).powi(2)).sum::<f64>() / all,
        naive: met / all * (1.0 - met / all),
    });
    Calibration { bands, score }
}

fn band(outlooks: &[(Probability, bool)], from_percent: i64, to_percent: i64) -> Band {
    let (from, to) = (float(from_percent) / 100.0, float(to_percent) / 100.0);
    let is_inside = |p: f64| from <= p && (p < to || to >= 1.0);
    let inside: Vec<(f64, bool)> =
        outlooks.iter().map(|(p, met)| (p.get(), *met)).filter(|(p, _)| is_inside(*p)).collect();
    let outlooks = count(inside.len());
    Band {
        from_percent,
        to_percent,
        outlooks,
        met: count(inside.iter().filter(|(_, met)| *met).count()),
        mean: (outlooks > 0).then(|| inside.iter().map(|(p, _)| p).sum::<f64>() / float(outlooks)),
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// An outlook as it would have been made in the past, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Past {
    /// Which of the periods, counted from 0.
    pub period: usize,
    /// The start of the day on which it would have been made.
    pub made_at: Minute,
    /// The probability of meeting the target that it would have given.
    pub probability: Probability,
    /// Was the target met in the end?
    pub met: bool,
    /// What it would have forecast for the rest of the period.
    pub forecast: Option<Forecast>,
    /// What came of the rest.
    pub came: Tally,
}

/// How far forecasts of the rest of a period were off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Errors {
    /// Of how many forecasts.
    pub forecasts: i64,
    /// The sum of what the traffic was off by, as a share of all traffic that came (the weighted absolute percentage error).
    pub traffic_off: f64,
    /// How often the traffic was in its interval; 80 % of the time is right.
    pub traffic_inside: i64,
    /// What the share of bad units was off by, on average, from 0 to 1.
    pub bad_off: f64,
    /// How often the share of bad units was in its interval; 80 % of the time is right.
    pub bad_inside: i64,
}

/// Holds what was forecast against what came; nothing for fewer than [`OUTLOOKS_MIN`] forecasts of days with traffic, too few
/// to tell.
#[must_use]
pub fn errors(outlooks: &[Past]) -> Option<Errors> {
    let told: Vec<(Forecast, Tally)> = outlooks
        .iter()
        .filter_map(|past| Some((past.forecast?, past.came)))
        .filter(|(forecast, came)| came.total > 0 && forecast.units.expected > 0)
        .collect();
    if told.len() < OUTLOOKS_MIN {
        return None;
    }
    let sum = |of: fn(&(Forecast, Tally)) -> f64| told.iter().map(of).sum::<f64>();
    let inside = |of: fn(&(Forecast, Tally)) -> bool| count(told.iter().filter(|one| of(one)).count());
    Some(Errors {
        forecasts: count(told.len()),
        traffic_off: sum(|(forecast, came)| float((forecast.units.expected - came.total).abs()))
            / sum(|(_, came)| float(came.total)),
        traffic_inside: inside(|(forecast, came)| forecast.units.holds(came.total)),
        bad_off: sum(|(forecast, came)| (share(forecast.bad.expected, forecast) - bad_share(*came)).abs())
            / float(count(told.len())),
        bad_inside: inside(|(forecast, came)| {
            let (low, high) = (share(forecast.bad.low, forecast), share(forecast.bad.high, forecast));
            (low..=high).contains(&bad_share(*came))
        }),
    })
}

fn share(bad: i64, forecast: &Forecast) -> f64 {
    float(bad) / float(forecast.units.expected)
}

fn bad_share(came: Tally) -> f64 {
    float(came.bad()) / float(came.total)
}

/// Makes the outlooks of past periods anew: one at the start of each of their days, with only what was known then.
///
/// `days` are local days without gaps, in order; `periods` are over, and begin and end with days. A period of which the
/// first day is missing, or in which nothing was measured, has no outlooks; nor has a day before which there is too
/// little history.
#[must_use]
pub fn backtest(days: &[DayTally], periods: &[Span], target: Target) -> Vec<Past> {
    let past = periods.iter().enumerate().flat_map(|(index, period)| {
        let at = |minute: Minute| days.partition_point(|day| day.start < minute);
        let (first, end) = (at(period.start()), at(period.end()));
        let is_whole = days.get(first).is_some_and(|day| day.start == period.start());
        let whole: Tally = days.get(first..end).unwrap_or_default().iter().map(|day| day.tally).sum();
        let judged = if is_whole && whole.total > 0 { first..end } else { first..first };
        let met = target.is_met(whole.good, whole.total);
        judged.filter_map(move |today| {
            let (made_at, made) = made_then(days, first, today, end, target)?;
            let came = days.get(today..end).unwrap_or_default().iter().map(|day| day.tally).sum();
            let Outlook { probability, rest: forecast, .. } = made;
            Some(Past { period: index, made_at, probability, met, forecast, came })
        })
    });
    past.collect()
}

/// The outlook at the start of the day `today` for a period of the days from `first` up to `end`.
fn made_then(days: &[DayTally], first: usize, today: usize, end: usize, target: Target) -> Option<(Minute, Outlook)> {
    let history = days.get(..today)?;
    let so_far: Tally = days.get(first..today)?.iter().map(|day| day.tally).sum();
    let rest = days.get(today..end)?;
    // of a day to come, only the calendar is known: which weekday, and how many minutes count
    let remaining: Vec<DayLeft> =
        rest.iter().map(|day| DayLeft { weekday: day.weekday, minutes: day.tally.minutes }).collect();
    let made = outlook(&Facts { history, so_far, remaining: &remaining, target }).ok()?;
    Some((rest.first()?.start, made))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outlook::{HISTORY_DAYS_MIN, Range};
    use crate::domain::time::DAY_MINUTES;
    use chrono::Weekday;
    use proptest::prelude::*;

    fn of(target: &str) -> Target {
        Target::parse(target).unwrap()
    }

    fn p(probability: f64) -> Probability {
        Probability::new(probability).unwrap()
    }

    fn days(counts: &[(i64, i64)]) -> Vec<DayTally> {
        (0i64..)
            .zip(counts)
            .map(|(day, (bad, total))| DayTally {
                start: Minute(day * DAY_MINUTES),
                weekday: Weekday::try_from(u8::try_from(day % 7).unwrap()).unwrap(),
                tally: Tally { good: total - bad, total: *total, known: DAY_MINUTES, minutes: DAY_MINUTES },
            })
            .collect()
    }

    fn weeks(from: i64, to: i64) -> Vec<Span> {
        let week = |n: i64| Span::new(Minute(n * 7 * DAY_MINUTES), Minute((n + 1) * 7 * DAY_MINUTES));
        (from..to).map(week).collect()
    }

    /// Said 0.05, 0.05, 0.2, 0.95 and 1; met by the second, the third and the last. Brier: (0.0025 + 0.9025 + 0.64 +
    /// 0.9025 + 0) / 5 = 0.4895; 3 of 5 met: 0.6 × 0.4 = 0.24. Four times over, so that there are twenty.
    #[test]
    fn bands_and_scores() {
        let five = [(p(0.05), false), (p(0.05), true), (p(0.2), true), (p(0.95), false), (p(1.0), true)];
        let calibration = calibrate(&five.repeat(4));
        let counts: Vec<_> = calibration.bands.iter().map(|band| (band.outlooks, band.met)).collect();
        assert_eq!(counts, [(8, 4), (4, 4), (0, 0), (0, 0), (8, 4)]);
        assert_eq!(calibration.bands[2].mean, None);
        assert!((calibration.bands[4].mean.unwrap() - 0.975).abs() < 1e-12);
        let score = calibration.score.unwrap();
        assert!((score.brier - 0.4895).abs() < 1e-12 && (score.naive - 0.24).abs() < 1e-12, "{score:?}");
    }

    /// 100 were forecast (90 to 110), 1 of them bad (0 to 3). Ten times 105 came with 1 bad one: off by 5, and by
    /// 0.01 - 1 / 105 = 0.000 476; ten times 120 with 6: off by 20, and by 0.05 - 0.01 = 0.04, and outside of both.
    #[test]
    fn forecasts_are_held_against_what_came() {
        let range = |low, expected, high| Range { low, expected, high };
        let forecast = Some(Forecast { units: range(90, 100, 110), bad: range(0, 1, 3) });
        let past = |bad: i64, total: i64| {
            let came = Tally { good: total - bad, total, known: 1, minutes: 1 };
            Past { period: 0, made_at: Minute(0), probability: p(0.5), met: true, forecast, came }
        };
        let mut outlooks = [past(1, 105), past(6, 120)].repeat(10);
        let seen = errors(&outlooks).unwrap();
        assert_eq!((seen.forecasts, seen.traffic_inside, seen.bad_inside), (20, 10, 10));
        assert!((seen.traffic_off - 250.0 / 2250.0).abs() < 1e-12, "{seen:?}");
        assert!((seen.bad_off - f64::midpoint(0.01 - 1.0 / 105.0, 0.04)).abs() < 1e-12, "{seen:?}");
        outlooks.push(past(0, 0));
        assert_eq!(errors(&outlooks).unwrap().forecasts, 20, "where nothing came there is no share");
        assert_eq!(errors(&outlooks[1..]), None, "too few to tell");
    }

    #[test]
    fn a_probability_on_an_edge_belongs_to_the_band_above() {
        let outlooks = [0.0, 0.1, 0.3, 0.7, 0.9, 1.0].map(|probability| (p(probability), true));
        let counts: Vec<_> = calibrate(&outlooks).bands.iter().map(|band| band.outlooks).collect();
        assert_eq!(counts, [1, 1, 1, 1, 2]);
    }

    /// The first week has no history before it, and the second has seven days; day 15 of the third breaks its promise.
    #[test]
    fn each_day_of_a_past_period_has_an_outlook() {
        let mut counts = vec![(0, 100); 21];
        counts[15] = (60, 100);
        let past = backtest(&days(&counts), &weeks(0, 3), of("95"));
        let at: Vec<_> = past.iter().map(|one| (one.period, one.made_at.0 / DAY_MINUTES)).collect();
        assert_eq!(at, (7..21).map(|day| (usize::try_from(day / 7).unwrap(), day)).collect::<Vec<_>>());
        let met: Vec<_> = past.iter().map(|one| one.met).collect();
        assert_eq!(met, [[true; 7], [false; 7]].concat());
        let said: Vec<_> = past.iter().skip(7).map(|one| one.probability.to_string()).collect();
        assert_eq!(said, ["> 99 %", "> 99 %", "0 %", "0 %", "0 %", "0 %", "0 %"]);
    }

    #[test]
    fn periods_that_are_not_whole_or_were_not_measured_have_no_outlook() {
        let counts: Vec<_> = (0..28).map(|day| (0, if (14..21).contains(&day) { 0 } else { 100 })).collect();
        let days = &days(&counts)[1..];
        let past = backtest(days, &weeks(0, 5), of("95"));
        let periods: Vec<_> = past.iter().map(|one| one.period).collect();
        assert_eq!(periods, [[1; 6].as_slice(), &[3; 7]].concat(), "of the first a day is missing, of the last all");
        let month = Span::new(Minute(0), Minute(28 * DAY_MINUTES));
        assert_eq!(backtest(days, &[month], of("95")), [], "what its first day was like is unknown");
    }

    /// Synthetic services whose days are independent, as the outlook assumes, each with its own rate of bad days: the more
    /// likely something was said to be, the more often it came true. History has few bad days to learn from, so bands
    /// may be off by a fifth; the score must still be clearly better than that of knowing no more than the share.
    #[test]
    fn outlooks_of_independent_days_are_calibrated() {
        let mut state: u64 = 42;
        let mut chance = || {
            // a linear congruential generator (Knuth), upper bits: not the dice of the outlook
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from(state >> 40).unwrap() % 1000
        };
        let mut outlooks = Vec::new();
        for service in 0..24 {
            let rate = 10 + service * 10; // 1 % to 24 % of the days have a bad hour
            let mut day = || (if chance() < rate { 40 + chance() % 30 } else { chance() % 3 }, 1000);
            let counts: Vec<_> = (0..63).map(|_| day()).collect();
            let past = backtest(&days(&counts), &weeks(5, 9), of("99"));
            outlooks.extend(past.iter().map(|one| (one.probability, one.met)));
        }
        assert_eq!(outlooks.len(), 24 * 4 * 7);
        let calibration = calibrate(&outlooks);
        let came_true: Vec<f64> = calibration.bands.iter().map(|band| float(band.met) / float(band.outlooks)).collect();
        assert!(came_true.is_sorted(), "{calibration:?}");
        for (band, came_true) in calibration.bands.iter().zip(came_true) {
            assert!((band.mean.unwrap() - came_true).abs() < 0.2, "{band:?} came true {came_true}");
        }
        let score = calibration.score.unwrap();
        assert!(score.brier < 0.8 * score.naive, "{score:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        /// No outlook looks ahead: whatever the future is, those made before it stay the same.
        #[test]
        fn the_future_changes_no_earlier_outlook(
            counts in proptest::collection::vec((0i64..30, 1i64..500), 21..60),
            other in proptest::collection::vec((0i64..30, 1i64..500), 60),
            change in 0usize..60,
        ) {
            let counts: Vec<_> = counts.into_iter().map(|(bad, good)| (bad, bad + good)).collect();
            let changed: Vec<_> = counts.iter().zip(&other).enumerate()
                .map(|(day, (old, (bad, good)))| if day < change { *old } else { (*bad, bad + good) }).collect();
            let made = |counts: &[(i64, i64)]| -> Vec<(Minute, Probability)> {
                let past = backtest(&days(counts), &weeks(0, 8), of("97"));
                past.into_iter().map(|one| (one.made_at, one.probability)).collect()
            };
            let change_at = Minute(i64::try_from(change).unwrap() * DAY_MINUTES);
            let until = |outlooks: Vec<(Minute, Probability)>| -> Vec<(Minute, Probability)> {
                outlooks.into_iter().filter(|(made_at, _)| *made_at <= change_at).collect()
            };
            let (before, after) = (until(made(&counts)), until(made(&changed)));
            prop_assert_eq!(&before, &after);
            let first = i64::try_from(HISTORY_DAYS_MIN).unwrap() * DAY_MINUTES;
            prop_assert!(before.iter().all(|(made_at, _)| made_at.0 >= first));
        }
    }
}
