//! Burn rates and the alerts on them.
//!
//! `burn rate = error ratio / (1 - target)`: at 1 the budget lasts exactly as long as the window. An alert watches a
//! long and a short window and fires when **both** exceed (`>`) its factor, with
//! `factor = budget share × objective window / long window` and `short = long / 12` (Google SRE workbook, chapter 5).
//! For 30 days: 2 % in 1 h is 0.02 × 720 h / 1 h = 14.4.
//!
//! A factor below 1 would alert while the promise is kept, so windows shorter than two weeks use the shares 10, 20 and
//! 40 % (7 days: 16.8, 5.6, 2.8) and no factor falls below 1. A factor above `1 / (1 - target)` can never be exceeded,
//! because no more than every event can be bad: such a rule is left out. [`parse_rules`] reads rules that people write,
//! and [`replay()`] says how often rules would have fired.
//!
//! # Few events
//!
//! At ten requests an hour and 99.9 %, one failure is a burn rate of 100 (the workbook's chapter on low traffic). So an
//! alert on events also demands [`MIN_BAD`] bad events in its long window, and that a service which exactly meets its
//! target would show so many by chance in less than one of a hundred such windows: with `n` events, `k` of them bad and
//! a budget of `p`, `P(X ≥ k) = I_p(k, n - k + 1) < 0.01` (binomial tail as the regularised incomplete beta function).
//!
//! ```
//! use nines::domain::{burn::{self, Guard}, ledger::Tally, target::Target};
//! let target = Target::parse("99.9").unwrap();
//! let rules = burn::alert_rules(30 * 1440, target, 1);
//! assert_eq!(rules[0].factor, 14.4);
//! assert_eq!((rules[0].long_minutes, rules[0].short_minutes), (60, 5));
//! let hopeless = burn::alert_rules(30 * 1440, Target::parse("90").unwrap(), 1);
//! assert_eq!(hopeless[0].factor, 6.0, "14.4 is out of reach when 10 is the most");
//!
//! let hour = Tally { good: 9, total: 10, known: 60, minutes: 60 };
//! assert_eq!(burn::burn_rate(&hour, target), Some(100.0));
//! assert!(!burn::fires(&rules[0], target, Guard::FewEvents, &hour, &hour), "one failure is no incident");
//! ```

mod replay;
mod rules;

pub use replay::{REPLAYED_SPANS_MAX, Replayed, reach, replay};
pub use rules::{RULES_MAX, RuleError, RuleProblem, parse_rules, rules_text};

use crate::domain::ledger::Tally;
use crate::domain::ratio::{Ratio, float};
use crate::domain::target::{Target, WHOLE_PPM};
use crate::domain::time::DAY_MINUTES;
use statrs::distribution::{Beta, ContinuousCDF as _, Normal};

/// The look-back windows that are shown for every objective, in minutes: 5 m, 30 m, 1 h, 2 h, 6 h, 1 d, 3 d.
pub const SHOWN_MINUTES: [i64; 7] = [5, 30, 60, 120, 360, 1440, 4320];

/// How loudly an alert asks for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Now, at any hour.
    Page,
    /// In the next days.
    Ticket,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ticket => "ticket",
        }
    }

    /// The severity behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Page, Self::Ticket].into_iter().find(|severity| severity.word() == word)
    }
}

/// A multi-window burn-rate alert; its factor is a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlertRule {
    /// How loudly.
    pub severity: Severity,
    /// The burn rate that both windows must exceed.
    pub factor: f64,
    /// Length of the long window, in minutes.
    pub long_minutes: i64,
    /// Length of the short window, in minutes.
    pub short_minutes: i64,
}

impl Eq for AlertRule {}

/// Severity, percent of the budget, long window in minutes: for objectives over two weeks and more.
const LONG_SHARES: [(Severity, i64, i64); 4] =
    [(Severity::Page, 2, 60), (Severity::Page, 5, 360), (Severity::Ticket, 10, 1440), (Severity::Ticket, 10, 4320)];

/// Severity, percent of the budget, part of the objective's window (one n-th): for shorter objectives.
const SHORT_SHARES: [(Severity, i64, i64); 3] =
    [(Severity::Page, 10, 168), (Severity::Page, 20, 28), (Severity::Ticket, 40, 7)];

/// The burn-rate alerts of an objective over `window_minutes`, most urgent first.
///
/// `slice_minutes` is the length of what is counted: 1 for events, the slice's length for slices. No window is shorter
/// than a slice, and each is a whole number of them.
#[must_use]
pub fn alert_rules(window_minutes: i64, target: Target, slice_minutes: i64) -> Vec<AlertRule> {
    let long_enough = window_minutes >= 14 * DAY_MINUTES;
    let shares: Vec<(Severity, i64, i64)> = if long_enough {
        LONG_SHARES.to_vec()
    } else {
        SHORT_SHARES.iter().map(|(severity, share, part)| (*severity, *share, (window_minutes / part).max(5))).collect()
    };
    let most = max_burn_rate(target);
    shares
        .into_iter()
        .map(|(severity, share, long_minutes)| {
            let long_minutes = whole_slices(long_minutes, slice_minutes);
            AlertRule {
                severity,
                factor: (float(share * window_minutes) / float(100 * long_minutes)).max(1.0),
                long_minutes,
                short_minutes: short_of(long_minutes, slice_minutes),
            }
        })
        .filter(|rule| rule.factor < most)
        .collect()
}

/// The short window that goes with a long one: a twelfth, in whole slices.
fn short_of(long_minutes: i64, slice_minutes: i64) -> i64 {
    whole_slices((long_minutes + 11) / 12, slice_minutes)
}

/// At least so many minutes, in whole slices; never less than one slice.
fn whole_slices(minutes: i64, slice_minutes: i64) -> i64 {
    let slice = slice_minutes.max(1);
    ((minutes + slice - 1) / slice).max(1) * slice
}

/// The highest burn rate that can happen, `1 / (1 - target)`: every event is bad.
#[must_use]
pub fn max_burn_rate(target: Target) -> f64 {
    float(WHOLE_PPM) / float(target.budget_ppm())
}

/// The burn rate of a window; nothing while it is unmeasurable, 0 when there were no requests.
#[must_use]
pub fn burn_rate(tally: &Tally, target: Target) -> Option<f64> {
    if tally.known == 0 {
        return None;
    }
    let bad = i128::from(tally.total - tally.good) * i128::from(WHOLE_PPM);
    let rate = Ratio::new(bad, i128::from(tally.total) * i128::from(target.budget_ppm()));
    Some(rate.map_or(0.0, Ratio::to_f64))
}

/// Is chance to be ruled out before an alert fires?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The tallies count events, which may be few: demand [`MIN_BAD`] bad ones, and more than chance explains.
    FewEvents,
    /// The tallies count slices of time: one bad slice is an outage and no accident of sampling.
    Off,
}

/// How many bad events an alert on events demands at least: two may have one cause, such as a request and its retry.
pub const MIN_BAD: i64 = 3;

/// Does a rule fire on what was counted in its long and its short window? Never while one of them is unmeasurable.
///
/// Both burn rates must exceed the factor; and, with [`Guard::FewEvents`], the long window's bad events must be more
/// than chance explains.
#[must_use]
pub fn fires(rule: &AlertRule, target: Target, guard: Guard, long: &Tally, short: &Tally) -> bool {
    let exceeds = |tally: &Tally| burn_rate(tally, target).is_some_and(|rate| rate > rule.factor);
    exceeds(long) && exceeds(short) && (guard == Guard::Off || is_no_accident(long, target))
}

/// Are there enough bad events, and is their number unlikely for a service that exactly meets its target?
fn is_no_accident(tally: &Tally, target: Target) -> bool {
    const CHANCE: f64 = 0.01;
    tally.bad() >= MIN_BAD && chance_of_so_many(tally.bad(), tally.total, target) < CHANCE
}

/// The probability of at least `bad` of `total` events when each is bad with the probability of the budget.
///
/// Exact for up to a thousand bad events, normal with a continuity correction above (at the one per cent that matters,
/// off by less than a tenth of it). Needs `1 <= bad <= total`; otherwise 1, which says nothing.
fn chance_of_so_many(bad: i64, total: i64, target: Target) -> f64 {
    const EXACT_MAX: i64 = 1000;
    let p = float(target.budget_ppm()) / float(WHOLE_PPM);
    if bad <= EXACT_MAX {
        return Beta::new(float(bad), float(total - bad + 1)).map_or(1.0, |beta| beta.cdf(p));
    }
    let (mean, variance) = (float(total) * p, float(total) * p * (1.0 - p));
    Normal::new(mean, variance.sqrt()).map_or(1.0, |normal| normal.sf(float(bad) - 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(target: &str) -> Target {
        Target::parse(target).unwrap()
    }

    fn factors(days: i64, target: &str) -> Vec<f64> {
        alert_rules(days * DAY_MINUTES, of(target), 1).iter().map(|r| r.factor).collect()
    }

    fn tally(good: i64, total: i64, known: i64) -> Tally {
        Tally { good, total, known, minutes: 60 }
    }

    /// `bad` of `total` events in an hour of which every minute is known.
    fn hour(bad: i64, total: i64) -> Tally {
        tally(total - bad, total, 60)
    }

    /// 28 d: 0.02 × 672 / 1, 0.05 × 672 / 6, 0.1 × 672 / 24, and 0.1 × 672 / 72 = 0.93, raised to 1. 7 d as Datadog.
    #[test]
    fn factors_follow_the_window() {
        assert_eq!(factors(30, "99.9"), [14.4, 6.0, 3.0, 1.0]);
        assert_eq!(factors(28, "99.9"), [13.44, 5.6, 2.8, 1.0]);
        assert_eq!(factors(90, "99.9"), [43.2, 18.0, 9.0, 3.0]);
        assert_eq!(factors(7, "99.9"), [16.8, 5.6, 2.8]);
        assert_eq!(factors(1, "99.9").len(), 3);
    }

    #[test]
    fn a_factor_that_cannot_be_exceeded_is_left_out() {
        assert_eq!(factors(30, "90"), [6.0, 3.0, 1.0], "at most 10");
        assert_eq!(factors(90, "97.5"), [18.0, 9.0, 3.0], "at most 40");
    }

    /// Long / 12 is 5 min, 30 min, 2 h and 6 h; slices of an hour make the first two an hour, and 85 min two hours.
    #[test]
    fn windows_are_whole_slices() {
        let lengths = |days: i64, slice: i64| -> Vec<(i64, i64)> {
            let rules = alert_rules(days * DAY_MINUTES, of("99.9"), slice);
            rules.iter().map(|rule| (rule.long_minutes, rule.short_minutes)).collect()
        };
        assert_eq!(lengths(30, 1), [(60, 5), (360, 30), (1440, 120), (4320, 360)]);
        assert_eq!(lengths(30, 15), [(60, 15), (360, 30), (1440, 120), (4320, 360)]);
        assert_eq!(lengths(30, 60), [(60, 60), (360, 60), (1440, 120), (4320, 360)]);
        assert_eq!(lengths(10, 1), [(85, 8), (514, 43), (2057, 172)]);
        assert_eq!(lengths(10, 60), [(120, 60), (540, 60), (2100, 180)]);
        // 10 % of 14 400 min in 120 min: 0.1 × 120 = 12
        assert!((alert_rules(10 * DAY_MINUTES, of("99.9"), 60)[0].factor - 12.0).abs() < 1e-12);
    }

    /// The first rule for 99.9 % over 30 days: 14.4, which 1440 of 100 000 are to the event.
    #[test]
    fn both_windows_must_exceed_the_factor() {
        let (target, n) = (of("99.9"), 100_000);
        let rule = alert_rules(30 * DAY_MINUTES, target, 1)[0];
        let fires = |long: i64, short: &Tally| fires(&rule, target, Guard::FewEvents, &hour(long, n), short);
        assert!(!fires(1440, &hour(2000, n)), "equal is not above");
        assert!(fires(1441, &hour(2000, n)));
        assert!(!fires(2000, &hour(100, n)), "the incident is over");
        assert!(!fires(2000, &tally(0, 0, 0)), "frozen while unmeasurable");
        assert!(!fires(2000, &hour(0, 0)), "no requests burn nothing");
    }

    /// Ten requests an hour at 99.9 %: each failure adds 100 to the burn rate.
    #[test]
    fn a_few_bad_events_are_no_incident() {
        let target = of("99.9");
        let rule = alert_rules(30 * DAY_MINUTES, target, 1)[0];
        let fires = |bad: i64, guard: Guard| fires(&rule, target, guard, &hour(bad, 10), &hour(bad, 10));
        let guarded = [1, 2, 3].map(|bad| fires(bad, Guard::FewEvents));
        assert_eq!(guarded, [false, false, true]);
        assert!(fires(1, Guard::Off), "a bad slice is no accident");
    }

    /// 1 % of 720 events is 7.2: eight burn at 1.11 and are nothing strange; 14 or more happen by chance in 1.5 %,
    /// 15 or more in 0.7 % (`scipy.stats.binom.sf`).
    #[test]
    fn what_chance_explains_does_not_fire() {
        let target = of("99");
        let rule = AlertRule { factor: 1.0, ..alert_rules(30 * DAY_MINUTES, target, 1)[0] };
        let fires = |bad: i64| fires(&rule, target, Guard::FewEvents, &hour(bad, 720), &hour(bad, 720));
        assert_eq!([8, 14, 15, 100].map(fires), [false, false, true, true]);
    }

    /// From `SciPy` 1.17: `scipy.stats.binom.sf(bad - 1, total, p)`.
    #[test]
    fn the_tail_agrees_with_scipy() {
        let relative_error =
            |bad, total, target, expected: f64| (chance_of_so_many(bad, total, of(target)) - expected).abs() / expected;
        for (bad, total, target, expected) in [
            (1, 10, "99.9", 0.009_955_119_790),
            (3, 10, "99.9", 1.193_715_099e-7),
            (8, 720, "99", 0.431_207_249_1),
            (14, 720, "99", 0.015_416_806_08),
            (15, 720, "99", 0.006_993_983_045),
            (60, 43_200, "99.9", 0.008_901_498_248),
            (5, 5, "90", 1e-5),
            (1000, 930_000, "99.9", 0.011_972_691_70),
            (1000, 930_000_000, "99.9999", 0.012_008_428_12),
            (950, 1800, "50", 0.009_799_613_960),
        ] {
            let error = relative_error(bad, total, target, expected);
            assert!(error < 1e-5, "{bad} of {total} at {target}: off by {error}");
        }
        for (bad, total, target, expected) in [
            (1075, 1_000_000, "99.9", 0.009_800_225_279),
            (100_800, 100_000_000, "99.9", 0.005_757_390_549),
            (1_000_700, 1_000_000_000, "99.9", 0.241_983_972_8),
            (5150, 10_000, "50", 0.001_393_983_759),
        ] {
            let error = relative_error(bad, total, target, expected);
            assert!(error < 0.1, "{bad} of {total} at {target}: off by {error}");
        }
    }

    /// 15 bad of 1000 against 0.1 %: 0.015 / 0.001 = 15.
    #[test]
    fn burn_rates() {
        let target = Target::parse("99.9").unwrap();
        assert_eq!(burn_rate(&tally(985, 1000, 60), target), Some(15.0));
        assert_eq!(burn_rate(&tally(0, 0, 60), target), Some(0.0), "no requests burn nothing");
        assert_eq!(burn_rate(&tally(0, 0, 0), target), None, "no data is not zero");
    }
}
