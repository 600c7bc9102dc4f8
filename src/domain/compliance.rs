//! The agreement as a whole: which share of its promises was kept, what was violated, how badly, and since when.
//!
//! - `compliance = weight of the promises kept / weight of those decided`
//! - severity by the share of the error budget consumed: up to 2 minor, up to 10 major, above critical; for the
//!   measures of outages by `value / limit` (`limit / value` where more is better)
//! - violated since: the first unit from which the running SLI of the period stays below the target to the end
//!
//! ```
//! use nines::domain::compliance::{Compliance, Group, Promise, overall};
//! let promise = |name: &str, group, weight, met| Promise { name: name.into(), group, weight, met };
//! let promises = [
//!     promise("uptime", Group::Availability, 5, Some(true)),
//!     promise("p95", Group::Performance, 3, Some(false)),
//!     promise("payments", Group::Business, 2, None),
//! ];
//! let whole = overall(&promises);
//! assert_eq!((whole.met_weight, whole.decided_weight, whole.undecided), (5, 8, 1));
//! assert!((whole.share().unwrap().to_f64() - 0.625).abs() < 1e-12, "5 of 8, not of 10");
//! ```
//!
//! The awkward case: what was not measured is neither kept nor broken. It leaves the sum on both sides and is counted
//! as undecided; an agreement of which nothing was measured has no compliance, rather than 0 or 100 %.

use crate::domain::ratio::Ratio;
use crate::domain::recovery::{Measure, MeasureValue};
use crate::domain::target::Target;
use crate::domain::time::{Instant, Minute};
use crate::language;

/// What a promise is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Is it there?
    Availability,
    /// Is it fast, and does it bear the load?
    Performance,
    /// Is there room left?
    Capacity,
    /// Does it do the right thing?
    Quality,
    /// Does the business get what it came for?
    Business,
}

impl Group {
    /// Every group, in the order in which they are listed.
    pub const ALL: [Self; 5] = [Self::Availability, Self::Performance, Self::Capacity, Self::Quality, Self::Business];

    /// The word that is stored and shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::Performance => "performance",
            Self::Capacity => "capacity",
            Self::Quality => "quality",
            Self::Business => "business",
        }
    }

    /// The group behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.word() == word)
    }

    /// The group that a kind of objective belongs to unless people say otherwise; none for a kind that is not known
    /// here.
    #[must_use]
    pub fn of_kind(kind: &str) -> Option<Self> {
        match kind {
            "availability" | "uptime" | "composite" => Some(Self::Availability),
            "latency" | "throughput" => Some(Self::Performance),
            "level" => Some(Self::Capacity),
            "error_rate" => Some(Self::Quality),
            "success" => Some(Self::Business),
            _ => None,
        }
    }
}

/// One promise of an agreement and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// What people call it.
    pub name: String,
    /// What it is about.
    pub group: Group,
    /// How much it counts beside the others; 0 is shown and does not count.
    pub weight: u32,
    /// Was it kept? None if that was not measured.
    pub met: Option<bool>,
}

/// How many promises were kept, by number and by weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compliance {
    /// Promises kept.
    pub met: i64,
    /// Promises broken.
    pub missed: i64,
    /// Promises that were not measured.
    pub undecided: i64,
    /// The weight of those kept.
    pub met_weight: i64,
    /// The weight of those kept and those broken.
    pub decided_weight: i64,
}

impl Compliance {
    /// The weighted share of promises kept, 0 to 1; none if nothing that counts was decided.
    #[must_use]
    pub fn share(&self) -> Option<Ratio> {
        Ratio::new(i128::from(self.met_weight), i128::from(self.decided_weight))
    }

    fn with(mut self, promise: &Promise) -> Self {
        let weight = i64::from(promise.weight);
        match promise.met {
            Some(true) => {
                self.met += 1;
                self.met_weight += weight;
                self.decided_weight += weight;
            }
            Some(false) => {
                self.missed += 1;
                self.decided_weight += weight;
            }
            None => self.undecided += 1,
        }
        self
    }
}

/// The compliance of all promises.
#[must_use]
pub fn overall(promises: &[Promise]) -> Compliance {
    promises.iter().fold(Compliance::default(), Compliance::with)
}

/// The compliance of each group that has a promise, in the order of [`Group::ALL`].
#[must_use]
pub fn by_group(promises: &[Promise]) -> Vec<(Group, Compliance)> {
    let inside = |group| promises.iter().filter(move |promise| promise.group == group);
    let groups = Group::ALL.into_iter().filter(|group| inside(*group).next().is_some());
    groups.map(|group| (group, inside(group).fold(Compliance::default(), Compliance::with))).collect()
}

/// How bad a violation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Up to twice what is allowed.
    Minor,
    /// Up to ten times what is allowed.
    Major,
    /// More.
    Critical,
}

impl Severity {
    /// Every severity, mildest first.
    pub const ALL: [Self; 3] = [Self::Minor, Self::Major, Self::Critical];

    /// The word that is stored and shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }

    /// The severity behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.word() == word)
    }

    /// Of a missed target, by the share of the error budget that is consumed
    /// ([`Budget::consumed`](crate::domain::judgement::Budget::consumed)).
    #[must_use]
    pub const fn of(consumed: Ratio) -> Self {
        let (spent, allowed) = (consumed.numerator(), consumed.denominator());
        if spent <= allowed.saturating_mul(2) {
            Self::Minor
        } else if spent <= allowed.saturating_mul(10) {
            Self::Major
        } else {
            Self::Critical
        }
    }

    /// Of a promise about outages, by how many times its limit was passed; none unless it is broken. Where nothing was
    /// allowed, or nothing was left of what is promised, any miss is critical.
    #[must_use]
    pub fn of_measure(measure: &Measure) -> Option<Self> {
        let MeasureValue::Minutes(value) = measure.value else { return None };
        let limit = i128::from(measure.limit_minutes).saturating_mul(value.denominator());
        let (over, under) =
            if measure.kind.is_minimum() { (limit, value.numerator()) } else { (value.numerator(), limit) };
        (measure.met == Some(false)).then(|| Ratio::new(over, under).map_or(Self::Critical, Self::of))
    }
}

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What was promised about: `Checkout availability`.
    pub metric: String,
    /// What was promised, in words: `99.9 %`, `at most 15 min`.
    pub target: String,
    /// What became of it, in words.
    pub value: String,
    /// How bad it is.
    pub severity: Severity,
    /// Since when; none where a promise has no running value, such as the longest outage.
    pub since: Option<Instant>,
}

impl Violation {
    /// Of a promise about outages; none unless it is broken.
    #[must_use]
    pub fn of_measure(measure: &Measure) -> Option<Self> {
        Some(Self {
            metric: language::word(measure.kind.name()).to_owned(),
            target: measure.limit_text(),
            value: measure.value_text(),
            severity: Severity::of_measure(measure)?,
            since: None,
        })
    }
}

/// Since when a period misses its target: the start of the first unit from which on the running SLI, counted from the
/// start of the period, never met the target again; none if it meets it at the end.
///
/// `units` are `(start, good, total)` in order of time: minutes or slices, in events, slices or billionths of slices.
/// What starts at `end` or later does not count. Units without events change nothing.
pub fn violated_since(
    units: impl IntoIterator<Item = (Minute, i64, i64)>,
    target: Target,
    end: Minute,
) -> Option<Minute> {
    let (mut good, mut total, mut since) = (0_i64, 0_i64, None);
    for (start, unit_good, unit_total) in units.into_iter().take_while(|(start, ..)| *start < end) {
        good = good.saturating_add(unit_good);
        total = total.saturating_add(unit_total);
        since = if target.is_met(good, total) { None } else { since.or(Some(start)) };
    }
    since
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::judgement::Budget;
    use crate::domain::recovery::{Recovery, RecoveryTargets, verdicts};
    use proptest::prelude::*;

    fn promise(group: Group, weight: u32, met: Option<bool>) -> Promise {
        Promise { name: group.word().to_owned(), group, weight, met }
    }

    #[test]
    fn kinds_have_a_group_and_words_lead_back() {
        for (kind, group) in [
            ("availability", Some(Group::Availability)),
            ("uptime", Some(Group::Availability)),
            ("latency", Some(Group::Performance)),
            ("throughput", Some(Group::Performance)),
            ("level", Some(Group::Capacity)),
            ("error_rate", Some(Group::Quality)),
            ("success", Some(Group::Business)),
            ("mood", None),
        ] {
            assert_eq!(Group::of_kind(kind), group, "{kind}");
        }
        assert!(Group::ALL.into_iter().all(|group| Group::from_word(group.word()) == Some(group)));
        assert!(Severity::ALL.into_iter().all(|severity| Severity::from_word(severity.word()) == Some(severity)));
        let kinds = crate::domain::model::ObjectiveKind::ALL;
        assert!(kinds.into_iter().all(|kind| Group::of_kind(kind.word()).is_some()), "every kind has a group");
    }

    /// Kept 5 + 1 of 5 + 1 + 3 decided; the undecided 10 count on neither side, and a weight of 0 on none.
    #[test]
    fn compliance_is_weighted_over_what_was_decided() {
        let promises = [
            promise(Group::Availability, 5, Some(true)),
            promise(Group::Quality, 3, Some(false)),
            promise(Group::Availability, 10, None),
            promise(Group::Quality, 1, Some(true)),
            promise(Group::Business, 0, Some(false)),
        ];
        let whole = overall(&promises);
        assert_eq!((whole.met, whole.missed, whole.undecided), (2, 2, 1));
        assert_eq!(whole.share(), Ratio::new(6, 9));
        let groups = by_group(&promises);
        let shares: Vec<_> = groups.iter().map(|(group, compliance)| (*group, compliance.share())).collect();
        let expected =
            [(Group::Availability, Ratio::new(5, 5)), (Group::Quality, Ratio::new(1, 4)), (Group::Business, None)];
        assert_eq!(shares, expected);
    }

    #[test]
    fn nothing_decided_is_neither_0_nor_100_percent() {
        assert_eq!(overall(&[]).share(), None);
        assert_eq!(overall(&[promise(Group::Capacity, 7, None)]).share(), None);
        let most = vec![promise(Group::Capacity, u32::MAX, Some(true)); 1_000];
        assert_eq!(overall(&most).share().map(Ratio::to_f64), Some(1.0));
    }

    /// 99.9 % of 1,000,000 allows 1,000 bad ones: 2,000 are twice that, 10,000 ten times.
    #[test]
    fn severity_grows_with_the_budget_consumed() {
        let target = Target::parse("99.9").unwrap();
        for (bad, severity) in [
            (1_001, Severity::Minor),
            (2_000, Severity::Minor),
            (2_001, Severity::Major),
            (10_000, Severity::Major),
            (10_001, Severity::Critical),
            (1_000_000, Severity::Critical),
        ] {
            let budget = Budget::new(1_000_000 - bad, 1_000_000, target, 43_200).unwrap();
            assert_eq!(Severity::of(budget.consumed()), severity, "{bad} bad");
        }
    }

    /// MTTR ≤ 15 min, MTBF ≥ 30 d = 43,200 min, longest ≤ 60 min, planned ≤ 0 min. Two outages of 61 minutes in all are
    /// 30.5 minutes each, a bit more than twice 15; 43,139 / 2 = 21,569.5 are a bit less than half of 43,200.
    #[test]
    fn severity_of_a_measure_is_how_often_it_passed_its_limit() {
        let targets = RecoveryTargets {
            mttr_minutes: Some(15),
            mtbf_minutes: Some(43_200),
            longest_minutes: Some(60),
            planned_minutes: Some(0),
        };
        let severities =
            |seen: &Recovery| -> Vec<_> { verdicts(&targets, seen).iter().map(Severity::of_measure).collect() };
        let seen = Recovery {
            outages: 2,
            down_minutes: 61,
            up_minutes: 43_139,
            longest_minutes: Some(60),
            planned_minutes: 1,
        };
        let expected = [Some(Severity::Major), Some(Severity::Major), None, Some(Severity::Critical)];
        assert_eq!(severities(&seen), expected);
        let seen =
            Recovery { down_minutes: 60, up_minutes: 43_200, longest_minutes: Some(61), planned_minutes: 0, ..seen };
        assert_eq!(severities(&seen), [Some(Severity::Minor), Some(Severity::Minor), Some(Severity::Minor), None]);
        let down =
            Recovery { outages: 1, down_minutes: 151, up_minutes: 0, longest_minutes: Some(151), planned_minutes: 0 };
        assert_eq!(
            severities(&down),
            [Some(Severity::Critical), Some(Severity::Critical), Some(Severity::Major), None]
        );
        let calm = Recovery { outages: 0, down_minutes: 0, up_minutes: 9, longest_minutes: None, planned_minutes: 0 };
        assert_eq!(severities(&calm), [None; 4]);
        let told = verdicts(&targets, &down).iter().find_map(Violation::of_measure).unwrap();
        assert_eq!((told.metric.as_str(), told.target.as_str()), ("mean time to repair", "at most 15 min"));
        assert_eq!((told.value.as_str(), told.since), ("2 h 31 min", None));
    }

    /// Against 90 %: 9/10, then 17/20, then 27/30 meets again, then 35/40 and 44/50 never meet.
    #[test]
    fn violated_since_the_last_time_that_the_target_was_left() {
        let since = |units: &[(i64, i64)], end| {
            let units = (0..).map(|n| Minute(n * 5)).zip(units).map(|(at, (good, total))| (at, *good, *total));
            violated_since(units, Target::parse("90").unwrap(), Minute(end)).map(|minute| minute.0)
        };
        let units = [(9, 10), (8, 10), (10, 10), (8, 10), (0, 0), (9, 10)];
        assert_eq!(since(&units, 30), Some(15));
        assert_eq!(since(&units, 10), Some(5));
        assert_eq!(since(&units, 15), None, "27 of 30 meets it exactly");
        assert_eq!(since(&units, 16), Some(15), "the unit that starts at 15");
        assert_eq!(since(&units, 0), None);
        assert_eq!(since(&[(0, 0), (0, 1)], 10), Some(5), "nothing had happened before");
        assert_eq!(since(&[], 10), None);
    }

    proptest! {
        /// Every prefix, counted anew.
        #[test]
        fn violated_since_agrees_with_every_prefix(units in proptest::collection::vec((0..20_i64, 0..4_i64), 0..40), end in 0..50_i64, ppm in 500_000..1_000_000_i64) {
            let target = Target::from_ppm(ppm).unwrap();
            let units: Vec<_> = (0..).map(Minute).zip(&units).map(|(at, (good, bad))| (at, *good, good + bad)).collect();
            let inside = units.iter().filter(|unit| unit.0 < Minute(end)).count();
            let misses = |n: usize| {
                let (good, total) = units[..n].iter().fold((0, 0), |sum, unit| (sum.0 + unit.1, sum.1 + unit.2));
                !target.is_met(good, total)
            };
            let expected = (0..inside).find(|first| (first + 1..=inside).all(misses)).map(|first| units[first].0);
            prop_assert_eq!(violated_since(units.clone(), target, Minute(end)), expected);
        }

        #[test]
        fn groups_add_up_to_the_whole(promises in proptest::collection::vec((0..5usize, 0..100u32, any::<Option<bool>>()), 0..20)) {
            let promises: Vec<_> = promises.into_iter().map(|(group, weight, met)| promise(Group::ALL[group], weight, met)).collect();
            let (whole, groups) = (overall(&promises), by_group(&promises));
            let sum = |of: fn(&Compliance) -> i64| groups.iter().map(|(_, compliance)| of(compliance)).sum::<i64>();
            prop_assert_eq!(sum(|c| c.met_weight), whole.met_weight);
            prop_assert_eq!(sum(|c| c.decided_weight), whole.decided_weight);
            prop_assert_eq!(sum(|c| c.met + c.missed + c.undecided), i64::try_from(promises.len()).unwrap());
            prop_assert!(whole.met_weight <= whole.decided_weight);
        }
    }
}
