//! Burn rates and the alerts on them.
//!
//! `burn rate = error ratio / (1 - target)`: at 1 the budget lasts exactly as long as the window. An alert watches a
//! long and a short window and fires when **both** exceed (`>`) its factor, with
//! `factor = budget share × objective window / long window` and `short = long / 12` (Google SRE workbook, chapter 5).
//! For 30 days: 2 % in 1 h is 0.02 × 720 h / 1 h = 14.4.
//!
//! A factor below 1 would alert while the promise is kept, so windows shorter than two weeks use the shares 10, 20 and
//! 40 % (7 days: 16.8, 5.6, 2.8) and no factor falls below 1. A factor above `1 / (1 - target)` can never be exceeded,
//! because no more than every event can be bad: such a rule is left out.
//!
//! ```
//! use nines::domain::{burn, target::Target};
//! let rules = burn::alert_rules(30 * 1440, Target::parse("99.9").unwrap());
//! assert_eq!(rules[0].factor, 14.4);
//! assert_eq!((rules[0].long_minutes, rules[0].short_minutes), (60, 5));
//! let hopeless = burn::alert_rules(30 * 1440, Target::parse("90").unwrap());
//! assert_eq!(hopeless[0].factor, 6.0, "14.4 is out of reach when 10 is the most");
//! ```

use crate::domain::ledger::Tally;
use crate::domain::ratio::{Ratio, float};
use crate::domain::target::{Target, WHOLE_PPM};
use crate::domain::time::DAY_MINUTES;

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
}

/// A multi-window burn-rate alert.
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

/// Severity, percent of the budget, long window in minutes: for objectives over two weeks and more.
const LONG_SHARES: [(Severity, i64, i64); 4] =
    [(Severity::Page, 2, 60), (Severity::Page, 5, 360), (Severity::Ticket, 10, 1440), (Severity::Ticket, 10, 4320)];

/// Severity, percent of the budget, part of the objective's window (one n-th): for shorter objectives.
const SHORT_SHARES: [(Severity, i64, i64); 3] =
    [(Severity::Page, 10, 168), (Severity::Page, 20, 28), (Severity::Ticket, 40, 7)];

/// The burn-rate alerts of an objective over `window_minutes`, most urgent first.
#[must_use]
pub fn alert_rules(window_minutes: i64, target: Target) -> Vec<AlertRule> {
    let long_enough = window_minutes >= 14 * DAY_MINUTES;
    let shares: Vec<(Severity, i64, i64)> = if long_enough {
        LONG_SHARES.to_vec()
    } else {
        SHORT_SHARES.iter().map(|(severity, share, part)| (*severity, *share, (window_minutes / part).max(5))).collect()
    };
    let most = max_burn_rate(target);
    shares
        .into_iter()
        .map(|(severity, share, long_minutes)| AlertRule {
            severity,
            factor: (float(share * window_minutes) / float(100 * long_minutes)).max(1.0),
            long_minutes,
            short_minutes: (long_minutes + 11) / 12,
        })
        .filter(|rule| rule.factor < most)
        .collect()
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

/// Does a rule fire on these two burn rates? Never while one of them is unmeasurable.
#[must_use]
pub fn fires(rule: &AlertRule, long: Option<f64>, short: Option<f64>) -> bool {
    let exceeds = |rate: Option<f64>| rate.is_some_and(|rate| rate > rule.factor);
    exceeds(long) && exceeds(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(days: i64, target: &str) -> Vec<f64> {
        alert_rules(days * DAY_MINUTES, Target::parse(target).unwrap()).iter().map(|r| r.factor).collect()
    }

    fn tally(good: i64, total: i64, known: i64) -> Tally {
        Tally { good, total, known, minutes: 60 }
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

    #[test]
    fn both_windows_must_exceed_the_factor() {
        let rule = alert_rules(30 * DAY_MINUTES, Target::parse("99.9").unwrap())[0];
        assert!(!fires(&rule, Some(14.4), Some(20.0)), "equal is not above");
        assert!(fires(&rule, Some(14.400_001), Some(20.0)));
        assert!(!fires(&rule, Some(20.0), Some(1.0)), "the incident is over");
        assert!(!fires(&rule, Some(20.0), None), "frozen while unmeasurable");
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
