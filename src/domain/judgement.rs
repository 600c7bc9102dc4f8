//! The judgement of one objective over one window.
//!
//! With good `G` and total `T` of an [`Account`], in events or slices as the objective's method counts, and target `t`:
//!
//! - `SLI = G / T`
//! - budget allowed `(1 - t) · T` events, consumed `(T - G) / ((1 - t) · T)`, remaining `1 - consumed` (may be negative)
//! - the same budget in time: `(1 - t) · window`, remaining in the same proportion
//! - exhaustion time `remaining × window / burn rate`, with the burn rate that it assumed
//!
//! ```
//! use nines::domain::{judgement::Budget, target::Target};
//! // 111 good of 118 against 95 %: 7 bad of 5.9 allowed, 118.64 % spent
//! let budget = Budget::new(111, 118, Target::parse("95").unwrap(), 30 * 1440).unwrap();
//! assert_eq!(budget.allowed_millionths(), 5_900_000);
//! assert!((budget.consumed().to_f64() - 1.186_440_677).abs() < 1e-9);
//! ```

use crate::domain::account::{Account, Bounds};
use crate::domain::burn::{self, AlertRule, Guard, SHOWN_MINUTES};
use crate::domain::ledger::Tally;
use crate::domain::ratio::{Ratio, float, nearest};
use crate::domain::target::{Target, WHOLE_PPM};
use crate::domain::terms::{Counting, Unit};
use crate::domain::time::Span;
use statrs::distribution::{Beta, ContinuousCDF as _};

/// What was measured; no data is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sli {
    /// `good` of `total`, in the unit of the objective's method; `total > 0`.
    Measured {
        /// Good.
        good: i64,
        /// All.
        total: i64,
    },
    /// Measured, but nothing happened.
    NoTraffic,
    /// No minute of the window is known.
    Unknown,
    /// No minute of the window is judged: everything is excluded or outside business hours.
    NotApplicable,
}

impl Sli {
    /// The SLI of a tally.
    #[must_use]
    pub const fn of(tally: &Tally) -> Self {
        match (tally.minutes, tally.known, tally.total) {
            (_, _, 1..) => Self::Measured { good: tally.good, total: tally.total },
            (0, _, _) => Self::NotApplicable,
            (_, 0, _) => Self::Unknown,
            _ => Self::NoTraffic,
        }
    }
}

/// An objective's standing, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The window misses the target.
    Breached,
    /// The target is met, but an alert fires or less than a quarter of the budget is left.
    AtRisk,
    /// Nothing was measured in the window.
    NoData,
    /// The target is met.
    Meeting,
}

impl Status {
    /// Every status, worst first.
    pub const ALL: [Self; 4] = [Self::Breached, Self::AtRisk, Self::NoData, Self::Meeting];

    /// The word that is stored and stands in URLs and files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Breached => "breached",
            Self::AtRisk => "at_risk",
            Self::NoData => "no_data",
            Self::Meeting => "meeting",
        }
    }

    /// The status behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// The error budget of a window in which something was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    good: i64,
    total: i64,
    target: Target,
    window_minutes: i64,
}

impl Budget {
    /// The budget for `good` of `total` events over a window of so many minutes; nothing without events.
    #[must_use]
    pub const fn new(good: i64, total: i64, target: Target, window_minutes: i64) -> Option<Self> {
        if total > 0 { Some(Self { good, total, target, window_minutes }) } else { None }
    }

    /// Bad events so far.
    #[must_use]
    pub const fn bad(&self) -> i64 {
        self.total - self.good
    }

    /// Bad events allowed, in millionths of an event: `(1 - t) · T · 10⁶`.
    #[must_use]
    pub fn allowed_millionths(&self) -> i128 {
        i128::from(self.total) * i128::from(self.target.budget_ppm())
    }

    /// Bad events that may still happen, in millionths of an event; negative when overspent.
    #[must_use]
    pub fn remaining_millionths(&self) -> i128 {
        self.allowed_millionths() - self.bad_millionths()
    }

    /// Share of the budget that is spent; above 1 when overspent.
    #[must_use]
    pub fn consumed(&self) -> Ratio {
        self.share(self.bad_millionths())
    }

    /// Share of the budget that is left; negative when overspent.
    #[must_use]
    pub fn remaining(&self) -> Ratio {
        self.share(self.remaining_millionths())
    }

    /// Share of the budget that so many bad events spend.
    #[must_use]
    pub fn share_of(&self, bad: i64) -> Ratio {
        self.share(i128::from(bad) * i128::from(WHOLE_PPM))
    }

    /// The whole budget as time, in seconds: `(1 - t) · window`, rounded down.
    #[must_use]
    pub fn allowed_seconds(&self) -> i64 {
        let seconds = i128::from(self.window_minutes) * 60 * i128::from(self.target.budget_ppm());
        saturated(seconds.div_euclid(i128::from(WHOLE_PPM)))
    }

    /// What is left of the budget as time, in seconds, rounded down; negative when overspent.
    #[must_use]
    pub fn remaining_seconds(&self) -> i64 {
        let seconds = i128::from(self.window_minutes) * 60 * self.remaining_millionths();
        saturated(seconds.div_euclid(i128::from(self.total) * i128::from(WHOLE_PPM)))
    }

    fn bad_millionths(&self) -> i128 {
        i128::from(self.bad()) * i128::from(WHOLE_PPM)
    }

    fn share(&self, millionths: i128) -> Ratio {
        let allowed = self.allowed_millionths().max(1);
        Ratio::new(millionths, allowed).unwrap_or(WHOLE)
    }
}

const WHOLE: Ratio = match Ratio::new(1, 1) {
    Some(whole) => whole,
    None => unreachable!(),
};

fn saturated(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// When the budget will be gone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Exhaustion {
    /// It is gone.
    Exhausted,
    /// Not at the present rate: nothing burns.
    NotInSight,
    /// In so many minutes, if the burn rate stays as it is.
    In {
        /// Minutes from the end of the window.
        minutes: i64,
        /// The burn rate assumed: that of the last hour.
        burn_rate: f64,
    },
}

/// A 95 % confidence interval for the true share of good events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end, 0 to 1.
    pub low: f64,
    /// Upper end, 0 to 1.
    pub high: f64,
    /// The target lies inside: too little data to tell whether the service itself meets it.
    pub undecided: bool,
}

/// A burn rate over the last so many minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burn {
    /// Length of the look-back.
    pub minutes: i64,
    /// The rate; nothing while unmeasurable.
    pub rate: Option<f64>,
}

/// Everything that is said about one objective over one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The minutes judged.
    pub span: Span,
    /// Good and all, in the unit of the objective's method; known and judged minutes.
    pub tally: Tally,
    /// What the tally comes from.
    pub account: Account,
    /// The indicator's value.
    pub sli: Sli,
    /// Is the target met? Nothing if nothing was measured.
    pub met: Option<bool>,
    /// The error budget; nothing without events.
    pub budget: Option<Budget>,
    /// Burn rates over [`SHOWN_MINUTES`].
    pub burns: Vec<Burn>,
    /// The alert rules that fire.
    pub firing: Vec<AlertRule>,
    /// When the budget will be gone; nothing without events.
    pub exhaustion: Option<Exhaustion>,
    /// What the unknown minutes allow; nothing if all are known or none.
    pub bounds: Option<Bounds>,
    /// Confidence interval; only when events are few.
    pub interval: Option<Interval>,
    /// The standing.
    pub status: Status,
}

/// The terms that a judgement goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The promised share of good events.
    pub target: Target,
    /// Length of the whole window, for the pace of its budget: a calendar period counts in full while it still runs.
    pub window_minutes: i64,
    /// How many of these minutes are judged, for the budget as time.
    pub judged_minutes: i64,
    /// How minutes become the SLI.
    pub counting: Counting,
}

/// The look-back lengths whose tallies [`judge`] needs: the shown ones and those of the alert rules.
#[must_use]
pub fn lookbacks(rules: &[AlertRule]) -> Vec<i64> {
    let mut minutes: Vec<i64> = rules.iter().flat_map(|r| [r.long_minutes, r.short_minutes]).collect();
    minutes.extend(SHOWN_MINUTES);
    minutes.sort_unstable();
    minutes.dedup();
    minutes
}

/// Judges one objective: `account` is that of `span`, and `recent` holds the tally of each look-back of [`lookbacks`].
#[must_use]
pub fn judge(terms: Terms, rules: &[AlertRule], span: Span, account: Account, recent: &[(i64, Tally)]) -> Judgement {
    let Terms { target, window_minutes, judged_minutes, .. } = terms;
    let tally = account.counted;
    let counted =
        |minutes: i64| recent.iter().find(|(m, _)| *m == minutes).map(|(_, tally)| *tally).unwrap_or_default();
    let rate = |minutes: i64| burn::burn_rate(&counted(minutes), target);
    let sli = Sli::of(&tally);
    let met = matches!(sli, Sli::Measured { .. }).then(|| target.is_met(tally.good, tally.total));
    let budget = Budget::new(tally.good, tally.total, target, judged_minutes);
    // a bad slice is an outage and no accident of sampling
    let guard = if account.unit == Unit::Event { Guard::FewEvents } else { Guard::Off };
    let fires = |rule: &&AlertRule| {
        let (long, short) = (counted(rule.long_minutes), counted(rule.short_minutes));
        burn::fires(rule, target, guard, &long, &short)
    };
    let firing: Vec<AlertRule> = rules.iter().filter(fires).copied().collect();
    Judgement {
        span,
        tally,
        account,
        sli,
        met,
        budget,
        burns: SHOWN_MINUTES.iter().map(|m| Burn { minutes: *m, rate: rate(*m) }).collect(),
        exhaustion: budget.as_ref().map(|budget| exhaustion(budget, window_minutes, rate(60))),
        bounds: account.bounds,
        // a mean of shares is no count of independent events
        interval: budget.as_ref().filter(|_| account.unit != Unit::BillionthOfSlice).and_then(interval),
        status: status(met, budget.as_ref(), !firing.is_empty()),
        firing,
    }
}

fn status(met: Option<bool>, budget: Option<&Budget>, firing: bool) -> Status {
    let nearly_spent = budget.is_some_and(|b| b.remaining_millionths() * 4 < b.allowed_millionths());
    match met {
        None => Status::NoData,
        Some(false) => Status::Breached,
        Some(true) if firing || nearly_spent => Status::AtRisk,
        Some(true) => Status::Meeting,
    }
}

fn exhaustion(budget: &Budget, window_minutes: i64, burn_rate: Option<f64>) -> Exhaustion {
    if budget.remaining_millionths() <= 0 {
        return Exhaustion::Exhausted;
    }
    match burn_rate {
        Some(burn_rate) if burn_rate > 0.0 => {
            let minutes = budget.remaining().to_f64() * float(window_minutes) / burn_rate;
            Exhaustion::In { minutes: nearest(minutes.floor()), burn_rate }
        }
        _ => Exhaustion::NotInSight,
    }
}

/// Clopper-Pearson, 95 %, when fewer than ten bad events are allowed: few enough that chance decides.
#[must_use]
pub fn interval(budget: &Budget) -> Option<Interval> {
    const FEW_MILLIONTHS: i128 = 10_000_000;
    const TAIL: f64 = 0.025;
    if budget.allowed_millionths() >= FEW_MILLIONTHS {
        return None;
    }
    let (good, bad) = (float(budget.good), float(budget.bad()));
    let quantile = |a: f64, b: f64, p: f64| Beta::new(a, b).ok().map(|beta| beta.inverse_cdf(p));
    let low = if budget.good == 0 { Some(0.0) } else { quantile(good, bad + 1.0, TAIL) }?;
    let high = if budget.bad() == 0 { Some(1.0) } else { quantile(good + 1.0, bad, 1.0 - TAIL) }?;
    let target = float(budget.target.ppm()) / float(WHOLE_PPM);
    Some(Interval { low, high, undecided: low < target && target < high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Minute;
    use proptest::prelude::*;

    const MONTH: i64 = 30 * 1440;

    fn terms(target: &str) -> Terms {
        Terms {
            target: Target::parse(target).unwrap(),
            window_minutes: MONTH,
            judged_minutes: MONTH,
            counting: Counting::default(),
        }
    }

    fn judged(target: &str, good: i64, total: i64, known: i64, hour: (i64, i64)) -> Judgement {
        let rules = burn::alert_rules(MONTH, Target::parse(target).unwrap(), 1);
        let recent: Vec<_> = lookbacks(&rules)
            .into_iter()
            .map(|m| (m, Tally { good: hour.0, total: hour.1, known: m, minutes: m }))
            .collect();
        let span = Span::new(Minute(0), Minute(MONTH));
        let account = Account::of_events(Tally { good, total, known, minutes: MONTH });
        judge(terms(target), &rules, span, account, &recent)
    }

    /// 99.9 % of a million events allows 1000 bad ones; 400 happened: 60 % left, 25 min 55.2 s of 43 min 12 s.
    #[test]
    fn a_budget_in_events_and_in_time() {
        let budget = judged("99.9", 999_600, 1_000_000, MONTH, (1, 1)).budget.unwrap();
        assert_eq!(budget.allowed_millionths(), 1_000_000_000);
        assert_eq!(budget.remaining_millionths(), 600_000_000);
        assert_eq!(budget.allowed_seconds(), 2592);
        assert_eq!(budget.remaining_seconds(), 1555);
        assert_eq!(budget.share_of(100), Ratio::new(100_000_000, 1_000_000_000).unwrap(), "a tenth");
    }

    /// 1500 bad of 1000 allowed: half a budget too much.
    #[test]
    fn an_overspent_budget_is_negative() {
        let judgement = judged("99.9", 998_500, 1_000_000, MONTH, (1, 1));
        let budget = judgement.budget.unwrap();
        assert_eq!(budget.remaining(), Ratio::new(-500_000_000, 1_000_000_000).unwrap(), "minus one half");
        assert_eq!(budget.remaining_seconds(), -1296);
        assert_eq!((judgement.status, judgement.exhaustion), (Status::Breached, Some(Exhaustion::Exhausted)));
    }

    /// 60 % left of 30 days at 15 times the sustainable rate: 0.6 × 43 200 / 15 = 1728 minutes.
    #[test]
    fn exhaustion_says_the_rate_that_it_assumes() {
        let judgement = judged("99.9", 999_600, 1_000_000, MONTH, (985, 1000));
        assert_eq!(judgement.exhaustion, Some(Exhaustion::In { minutes: 1728, burn_rate: 15.0 }));
        assert_eq!(judgement.status, Status::AtRisk, "an alert fires");
        assert!((judgement.firing[0].factor - 14.4).abs() < 1e-12);
        assert_eq!(judged("99.9", 999_600, 1_000_000, MONTH, (1, 1)).exhaustion, Some(Exhaustion::NotInSight));
    }

    #[test]
    fn no_data_no_traffic_and_thin_budgets() {
        assert_eq!(judged("99.9", 0, 0, 0, (0, 0)).sli, Sli::Unknown);
        let quiet = judged("99.9", 0, 0, 100, (0, 0));
        assert_eq!((quiet.sli, quiet.met, quiet.status), (Sli::NoTraffic, None, Status::NoData));
        assert_eq!(judged("99.9", 999_250, 1_000_000, MONTH, (1, 1)).status, Status::Meeting, "a quarter is left");
        assert_eq!(judged("99.9", 999_249, 1_000_000, MONTH, (1, 1)).status, Status::AtRisk, "less than a quarter");
    }

    /// Half of the minutes are unknown, so as many events again may be missing: 999 of 2000 at worst.
    #[test]
    fn unknown_minutes_allow_a_best_and_a_worst_case() {
        let bounds = judged("99.9", 999, 1000, MONTH / 2, (1, 1)).bounds.unwrap();
        assert_eq!((bounds.best, bounds.worst), ((1999, 2000), (999, 2000)));
        assert_eq!(judged("99.9", 999, 1000, MONTH, (1, 1)).bounds, None);
    }

    /// R: binom.test(99, 100)$conf.int = 0.9455406 0.9997469; binom.test(20, 20)$conf.int = 0.8315665 1.
    #[test]
    fn few_events_get_an_interval_and_an_honest_flag() {
        let interval = judged("99", 99, 100, MONTH, (1, 1)).interval.unwrap();
        assert!(
            (interval.low - 0.945_540_6).abs() < 1e-6 && (interval.high - 0.999_746_9).abs() < 1e-6,
            "{interval:?}"
        );
        assert!(interval.undecided);
        let spotless = judged("99", 20, 20, MONTH, (1, 1)).interval.unwrap();
        assert!((spotless.low - 0.831_566_5).abs() < 1e-6 && (spotless.high - 1.0).abs() < 1e-12, "{spotless:?}");
        assert_eq!(judged("99", 999_999, 1_000_000, MONTH, (1, 1)).interval, None, "plenty");
        assert!(!judged("99", 10, 40, MONTH, (1, 1)).interval.unwrap().undecided, "clearly bad");
    }

    proptest! {
        #[test]
        fn budgets_add_up_over_any_partition(parts in proptest::collection::vec((0i64..1_000_000, 0i64..1_000), 1..20), ppm in 1i64..1_000_000) {
            let target = Target::from_ppm(ppm).unwrap();
            let budgets: Vec<_> = parts.iter().filter_map(|(good, bad)| Budget::new(*good, good + bad, target, MONTH)).collect();
            let (good, bad) = parts.iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
            if let Some(whole) = Budget::new(good, good + bad, target, MONTH) {
                prop_assert_eq!(whole.remaining_millionths(), budgets.iter().map(Budget::remaining_millionths).sum::<i128>());
                prop_assert_eq!(whole.remaining_millionths() >= 0, target.is_met(good, good + bad), "met means not overspent");
            }
        }

        #[test]
        fn one_more_bad_event_never_helps(good in 0i64..1_000_000, bad in 0i64..1_000_000, ppm in 1i64..1_000_000) {
            let target = Target::from_ppm(ppm).unwrap();
            if target.is_met(good, good + bad + 1) {
                prop_assert!(target.is_met(good, good + bad));
            }
        }
    }
}
