//! How often a service fails and how soon it is back: MTTR, MTBF, the longest outage, and planned downtime.
//!
//! Over the minutes that were judged and known, with outages merged where they overlap or touch:
//!
//! - `MTTR = down minutes / outages`, from the first bad minute to the return of good ones. IEC 60050-192 calls it
//!   *mean time to restoration*, ITIL *mean time to restore service*; contracts mostly write "repair" and mean the
//!   same.
//! - `MTBF = up minutes / outages`: *mean operating time between failures* (IEC 60050-192), "the average time that a
//!   service can perform its agreed function without interruption" (ITIL).
//! - a target is met if `down ≤ limit · outages`, or `up ≥ limit · outages`: nothing is divided before it is compared
//!
//! MTBF counts up time and not calendar time, because a service that is down cannot fail again. Calendar time from one
//! failure to the next is another measure (ITIL's MTBSI, `MTBF + MTTR`), and it would *grow* with slow repairs.
//!
//! ```
//! use nines::domain::recovery::{RecoveryTargets, RecoveryTexts, recovery, verdicts};
//! use nines::domain::{spans::Spans, time::{Minute, Span}};
//! let span = |from, to| Span::new(Minute(from), Minute(to));
//! let texts = RecoveryTexts { mttr: "15m".into(), mtbf: "30d".into(), ..Default::default() };
//! let targets = RecoveryTargets::parse(&texts)?;
//! // 30 days; two objectives saw the first outage, 10 minutes each, together 12; another one took 19 minutes
//! let outages = [span(100, 110), span(102, 112), span(5_000, 5_019)];
//! let seen = recovery(&outages, &Spans::from(span(0, 43_200)), 0);
//! assert_eq!((seen.outages, seen.down_minutes, seen.longest_minutes), (2, 31, Some(19)));
//! let measures = verdicts(&targets, &seen);
//! assert_eq!(measures[0].value_text(), "15 min 30 s");
//! assert_eq!(measures[0].met, Some(false), "31 / 2 is more than 15");
//! assert_eq!(measures[1].value_text(), "14 d 23 h 44 min 30 s", "43,169 / 2 minutes");
//! # Ok::<(), Vec<nines::domain::recovery::RecoveryError>>(())
//! ```
//!
//! The awkward case: a period without an outage has neither a mean time to repair nor one between failures. Both
//! promises are kept, and what is said is "no outage in 28 d", not a number. That is weaker than it looks if the period
//! is shorter than the promised MTBF: 28 days cannot prove 30. And it is harsh the other way: 30 days minus any
//! downtime are less than 30 days, so in a month of 30 days a *single* outage breaks "MTBF at least 30 d", while a
//! month of 31 days has a day of downtime to spare. Those who do not want that promise a number of outages, or a longer
//! period.

use crate::domain::ratio::Ratio;
use crate::domain::spans::Spans;
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, MINUTE_SECONDS, Span};
use crate::domain::wording;
use crate::language::say;
use std::fmt;
use thiserror::Error;

/// The longest length that can be promised, in minutes: ten years.
const LENGTH_MAX: i64 = 3660 * DAY_MINUTES;

/// What can be promised about outages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeasureKind {
    /// Mean time to repair, at most.
    Mttr,
    /// Mean time between failures, at least.
    Mtbf,
    /// The longest outage, at most.
    LongestOutage,
    /// Planned downtime in the period, at most.
    PlannedDowntime,
}

impl MeasureKind {
    /// Every kind, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Mttr, Self::Mtbf, Self::LongestOutage, Self::PlannedDowntime];

    /// The word that is stored and stands in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mttr => "mttr",
            Self::Mtbf => "mtbf",
            Self::LongestOutage => "longest_outage",
            Self::PlannedDowntime => "planned_downtime",
        }
    }

    /// The kind behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mttr => "mean time to repair",
            Self::Mtbf => "mean time between failures",
            Self::LongestOutage => "longest outage",
            Self::PlannedDowntime => "planned downtime",
        }
    }

    /// Is more better? So it is for the time between failures alone.
    #[must_use]
    pub const fn is_minimum(self) -> bool {
        matches!(self, Self::Mtbf)
    }
}

impl fmt::Display for MeasureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(crate::language::word(self.name()))
    }
}

/// The fields of a form about outages; a blank one promises nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryTexts {
    /// Mean time to repair, at most: `15m`.
    pub mttr: String,
    /// Mean time between failures, at least: `30d`.
    pub mtbf: String,
    /// The longest outage, at most: `1 h 30 min`.
    pub longest: String,
    /// Planned downtime in a period, at most: `4 hours`, or `0m` for none.
    pub planned: String,
}

/// What was promised about outages, each in minutes; none where nothing was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecoveryTargets {
    /// Mean time to repair, at most.
    pub mttr_minutes: Option<i64>,
    /// Mean time between failures, at least.
    pub mtbf_minutes: Option<i64>,
    /// The longest outage, at most.
    pub longest_minutes: Option<i64>,
    /// Planned downtime in a period, at most; 0 allows none.
    pub planned_minutes: Option<i64>,
}

/// Why a field is no promise; the sentence says the mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", say!("{measure}: {why}", .measure, .why))]
pub struct RecoveryError {
    /// The field.
    pub measure: MeasureKind,
    /// What is wrong with it.
    pub why: LengthError,
}

/// Why a text is no length of time; each sentence says the mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LengthError {
    /// Not numbers with units.
    #[error("{}", say!("write a length in whole minutes, hours, days or weeks, such as 15m, 4h, 30d or 1h 30m"))]
    NotALength,
    /// Nothing at all.
    #[error("{}", say!("a length of nothing cannot be kept; write at least 1m, or leave it empty"))]
    Zero,
    /// More than ten years.
    #[error("{}", say!("at most 3660d (ten years) count here; write a shorter length"))]
    TooLong,
}

impl RecoveryTargets {
    /// From what was typed into a form. Every mistake is reported, each with its field.
    pub fn parse(texts: &RecoveryTexts) -> Result<Self, Vec<RecoveryError>> {
        let mut wrong = Vec::new();
        let mut read = |measure, text: &str, least: i64| {
            if text.trim().is_empty() {
                return None;
            }
            let minutes = parse_length(text).and_then(|n| if n < least { Err(LengthError::Zero) } else { Ok(n) });
            minutes.map_err(|why| wrong.push(RecoveryError { measure, why })).ok()
        };
        let targets = Self {
            mttr_minutes: read(MeasureKind::Mttr, &texts.mttr, 1),
            mtbf_minutes: read(MeasureKind::Mtbf, &texts.mtbf, 1),
            longest_minutes: read(MeasureKind::LongestOutage, &texts.longest, 1),
            planned_minutes: read(MeasureKind::PlannedDowntime, &texts.planned, 0),
        };
        if wrong.is_empty() { Ok(targets) } else { Err(wrong) }
    }

    /// What [`Self::parse`] reads as this value, each in its largest whole unit: `15m`, `30d`, `90m`, `4h`.
    #[must_use]
    pub fn texts(&self) -> RecoveryTexts {
        let text = |minutes: Option<i64>| minutes.map(length_text).unwrap_or_default();
        RecoveryTexts {
            mttr: text(self.mttr_minutes),
            mtbf: text(self.mtbf_minutes),
            longest: text(self.longest_minutes),
            planned: text(self.planned_minutes),
        }
    }

    /// Was nothing promised?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The promised limit of a kind, in minutes.
    #[must_use]
    pub const fn limit(&self, kind: MeasureKind) -> Option<i64> {
        match kind {
            MeasureKind::Mttr => self.mttr_minutes,
            MeasureKind::Mtbf => self.mtbf_minutes,
            MeasureKind::LongestOutage => self.longest_minutes,
            MeasureKind::PlannedDowntime => self.planned_minutes,
        }
    }
}

/// A length as people write it, in minutes: `15m`, `90 min`, `4 hours`, `1h 30m`, `2w`; 0 to 3 660 days.
pub fn parse_length(text: &str) -> Result<i64, LengthError> {
    let mut rest = text.trim();
    let mut minutes = 0_i64;
    if rest.is_empty() {
        return Err(LengthError::NotALength);
    }
    while !rest.is_empty() {
        let (count, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let after = after.trim_start();
        let (unit, after) = after.split_at(after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len()));
        let unit = match unit {
            "m" | "min" | "mins" | "minute" | "minutes" => 1,
            "h" | "hour" | "hours" => HOUR_MINUTES,
            "d" | "day" | "days" => DAY_MINUTES,
            "w" | "week" | "weeks" => 7 * DAY_MINUTES,
            _ => return Err(LengthError::NotALength),
        };
        if count.is_empty() {
            return Err(LengthError::NotALength);
        }
        let part = count.parse::<i64>().ok().and_then(|count| count.checked_mul(unit));
        minutes = part.and_then(|part| minutes.checked_add(part)).ok_or(LengthError::TooLong)?;
        rest = after.trim_start();
    }
    if minutes > LENGTH_MAX { Err(LengthError::TooLong) } else { Ok(minutes) }
}

/// A length in its largest whole unit, as [`parse_length`] reads it: `30d`, `36h`, `90m`.
fn length_text(minutes: i64) -> String {
    match minutes {
        m if m != 0 && m % DAY_MINUTES == 0 => format!("{}d", m / DAY_MINUTES),
        m if m != 0 && m % HOUR_MINUTES == 0 => format!("{}h", m / HOUR_MINUTES),
        m => format!("{m}m"),
    }
}

/// The outages of a period, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// How many outages had a judged minute.
    pub outages: i64,
    /// Judged minutes inside an outage.
    pub down_minutes: i64,
    /// Judged minutes outside every outage.
    pub up_minutes: i64,
    /// The judged minutes of the outage that has the most; none without an outage.
    pub longest_minutes: Option<i64>,
    /// Minutes of planned downtime, as they were given.
    pub planned_minutes: i64,
}

impl Recovery {
    /// Mean time to repair, `down / outages`, in minutes; none without an outage.
    #[must_use]
    pub fn mttr(&self) -> Option<Ratio> {
        Ratio::new(i128::from(self.down_minutes), i128::from(self.outages))
    }

    /// Mean time between failures, `up / outages`, in minutes; none without an outage.
    #[must_use]
    pub fn mtbf(&self) -> Option<Ratio> {
        Ratio::new(i128::from(self.up_minutes), i128::from(self.outages))
    }
}

/// Counts the outages of all availability objectives of a period.
///
/// `judged` are the minutes that are judged and known; `planned_minutes` is the planned downtime of the period. Outages
/// that overlap or touch are one. An outage counts with its judged minutes: one that spans an exclusion stays a single
/// outage and is not charged for what was excluded; one that reaches over the period's edge counts in both periods,
/// each with its own part.
#[must_use]
pub fn recovery(outages: &[Span], judged: &Spans, planned_minutes: i64) -> Recovery {
    let merged = Spans::of(outages.iter().copied());
    let lengths = merged.as_slice().iter().map(|outage| judged.minutes_in(*outage));
    let (outages, down_minutes, longest_minutes) = lengths
        .filter(|minutes| *minutes > 0)
        .fold((0, 0, None), |(count, sum, longest), minutes| (count + 1, sum + minutes, longest.max(Some(minutes))));
    let up_minutes = judged.minutes() - down_minutes;
    Recovery { outages, down_minutes, up_minutes, longest_minutes, planned_minutes }
}

/// What a measure came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasureValue {
    /// So many minutes, exactly.
    Minutes(Ratio),
    /// There was no outage.
    NoOutage {
        /// The judged minutes in which there was none.
        minutes: i64,
    },
    /// No minute was judged, so nobody knows.
    Unmeasured,
}

/// A promise about outages and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// What was promised.
    pub kind: MeasureKind,
    /// What it came to.
    pub value: MeasureValue,
    /// The promised limit in minutes.
    pub limit_minutes: i64,
    /// Is the promise kept? None if no minute was judged. Without an outage it is.
    pub met: Option<bool>,
}

/// Every promise with what became of it, in the order of [`MeasureKind::ALL`].
#[must_use]
pub fn verdicts(targets: &RecoveryTargets, recovery: &Recovery) -> Vec<Measure> {
    let measure = |kind| targets.limit(kind).map(|limit| Measure::of(kind, limit, recovery));
    MeasureKind::ALL.into_iter().filter_map(measure).collect()
}

impl Measure {
    fn of(kind: MeasureKind, limit_minutes: i64, recovery: &Recovery) -> Self {
        let whole = |minutes: i64| Ratio::new(i128::from(minutes), 1);
        let value = match kind {
            MeasureKind::Mttr => recovery.mttr(),
            MeasureKind::Mtbf => recovery.mtbf(),
            MeasureKind::LongestOutage => recovery.longest_minutes.and_then(whole),
            MeasureKind::PlannedDowntime => whole(recovery.planned_minutes),
        };
        let value = match value {
            Some(minutes) => MeasureValue::Minutes(minutes),
            None if recovery.up_minutes == 0 => MeasureValue::Unmeasured,
            None => MeasureValue::NoOutage { minutes: recovery.up_minutes },
        };
        let met = match value {
            MeasureValue::Minutes(minutes) => {
                let limit = i128::from(limit_minutes) * minutes.denominator();
                let met = if kind.is_minimum() { minutes.numerator() >= limit } else { minutes.numerator() <= limit };
                Some(met)
            }
            MeasureValue::NoOutage { .. } => Some(true),
            MeasureValue::Unmeasured => None,
        };
        Self { kind, value, limit_minutes, met }
    }

    /// Is it kept only as far as anybody can tell? No outage in a time shorter than the promised one between failures
    /// keeps the promise without proving it.
    #[must_use]
    pub const fn is_unproven(&self) -> bool {
        match self.value {
            MeasureValue::NoOutage { minutes } => self.kind.is_minimum() && minutes < self.limit_minutes,
            _ => false,
        }
    }

    /// What it came to, in words, to the second: `15 min 30 s`, `no outage in 30 d`, `not measured`.
    ///
    /// Rounded towards the worse, so that a miss never reads as its limit.
    #[must_use]
    pub fn value_text(&self) -> String {
        match self.value {
            MeasureValue::Minutes(minutes) => {
                let seconds = minutes.numerator() * i128::from(MINUTE_SECONDS);
                let floor = seconds.div_euclid(minutes.denominator());
                let is_cut = !self.kind.is_minimum() && seconds.rem_euclid(minutes.denominator()) != 0;
                wording::length(i64::try_from(floor).unwrap_or(i64::MAX).saturating_add(i64::from(is_cut)))
            }
            MeasureValue::NoOutage { minutes } => crate::language::say!("no outage in {length}", length_of(minutes)),
            MeasureValue::Unmeasured => crate::language::say!("not measured"),
        }
    }

    /// What was promised, in words: `at most 15 min`, `at least 30 d`.
    #[must_use]
    pub fn limit_text(&self) -> String {
        let length = length_of(self.limit_minutes);
        if self.kind.is_minimum() {
            crate::language::say!("at least {length}", length)
        } else {
            crate::language::say!("at most {length}", length)
        }
    }
}

fn length_of(minutes: i64) -> String {
    wording::length(minutes.saturating_mul(MINUTE_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Minute;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn span(from: i64, to: i64) -> Span {
        Span::new(Minute(from), Minute(to))
    }

    fn texts(mttr: &str, mtbf: &str, longest: &str, planned: &str) -> RecoveryTexts {
        let [mttr, mtbf, longest, planned] = [mttr, mtbf, longest, planned].map(str::to_owned);
        RecoveryTexts { mttr, mtbf, longest, planned }
    }

    fn only(kind: MeasureKind, limit_minutes: i64, recovery: &Recovery) -> Measure {
        Measure::of(kind, limit_minutes, recovery)
    }

    #[test]
    fn lengths_are_read_as_people_write_them() {
        for (text, minutes) in [
            ("15m", Ok(15)),
            (" 90 min ", Ok(90)),
            ("4h", Ok(240)),
            ("30 days", Ok(43_200)),
            ("2w", Ok(20_160)),
            ("1h30m", Ok(90)),
            ("1 h 30 min", Ok(90)),
            ("0m", Ok(0)),
            ("3660d", Ok(LENGTH_MAX)),
            ("3660d 1m", Err(LengthError::TooLong)),
            ("99999999999999999999d", Err(LengthError::TooLong)),
            ("9999999999999999w", Err(LengthError::TooLong)),
            ("15", Err(LengthError::NotALength)),
            ("m", Err(LengthError::NotALength)),
            ("1.5h", Err(LengthError::NotALength)),
            ("-1h", Err(LengthError::NotALength)),
            ("90s", Err(LengthError::NotALength)),
            ("1M", Err(LengthError::NotALength)),
            ("", Err(LengthError::NotALength)),
        ] {
            assert_eq!(parse_length(text), minutes, "{text:?}");
        }
    }

    #[test]
    fn targets_are_read_and_written_and_every_mistake_is_named() {
        let targets = RecoveryTargets::parse(&texts("15 min", "30d", "", "4 hours")).unwrap();
        assert_eq!((targets.mttr_minutes, targets.mtbf_minutes), (Some(15), Some(43_200)));
        assert_eq!((targets.longest_minutes, targets.planned_minutes), (None, Some(240)));
        assert_eq!(targets.texts(), texts("15m", "30d", "", "4h"));
        assert!(RecoveryTargets::parse(&texts("", " ", "", "")).unwrap().is_empty());
        assert_eq!(RecoveryTargets::parse(&texts("", "", "", "0m")).unwrap().planned_minutes, Some(0), "none at all");
        let wrong = RecoveryTargets::parse(&texts("soon", "0d", "1h", "4000d")).unwrap_err();
        let told: Vec<_> = wrong.iter().map(|error| (error.measure, error.why)).collect();
        assert_eq!(
            told,
            [
                (MeasureKind::Mttr, LengthError::NotALength),
                (MeasureKind::Mtbf, LengthError::Zero),
                (MeasureKind::PlannedDowntime, LengthError::TooLong),
            ]
        );
        assert!(wrong[0].to_string().starts_with("mean time to repair: write a length in whole minutes"));
    }

    /// Outages 100–110 and 105–120 are one of 20 minutes, 200–230 is cut by an exclusion of 205–215 to 20, and 300–310
    /// was excluded altogether: 2 outages, 40 minutes; 1,000 - 10 - 10 - 40 = 940 minutes up.
    #[test]
    fn outages_are_merged_and_charged_for_judged_minutes_alone() {
        let outages = [span(105, 120), span(100, 110), span(200, 230), span(300, 310)];
        let judged = Spans::from(span(0, 1_000)).minus(&Spans::of([span(205, 215), span(300, 310)]));
        let seen = recovery(&outages, &judged, 20);
        let expected =
            Recovery { outages: 2, down_minutes: 40, up_minutes: 940, longest_minutes: Some(20), planned_minutes: 20 };
        assert_eq!(seen, expected);
        assert_eq!((seen.mttr(), seen.mtbf()), (Ratio::new(40, 2), Ratio::new(940, 2)));
    }

    /// From 23:50 to 00:10: ten minutes in each month.
    #[test]
    fn an_outage_over_the_edge_counts_in_both_periods() {
        let outage = [span(43_190, 43_210)];
        for month in [span(0, 43_200), span(43_200, 86_400)] {
            let seen = recovery(&outage, &Spans::from(month), 0);
            assert_eq!((seen.outages, seen.down_minutes, seen.up_minutes), (1, 10, 43_190));
        }
    }

    /// Two outages of 31 minutes in all: 15.5 minutes on average. 46 minutes in three are 15 min 20 s, 45 exactly 15.
    #[test]
    fn means_are_compared_without_division() {
        for (outages, down_minutes, text, met) in [
            (2, 31, "15 min 30 s", false),
            (3, 46, "15 min 20 s", false),
            (3, 45, "15 min", true),
            (7_000, 105_001, "15 min 01 s", false),
        ] {
            let seen = Recovery {
                outages,
                down_minutes,
                up_minutes: 1_000_000,
                longest_minutes: Some(20),
                planned_minutes: 0,
            };
            let mttr = only(MeasureKind::Mttr, 15, &seen);
            assert_eq!((mttr.value_text().as_str(), mttr.met), (text, Some(met)), "{down_minutes} in {outages}");
        }
        // 86,399 / 2 minutes are half a minute short of 30 days
        let up = |up_minutes| Recovery {
            outages: 2,
            down_minutes: 2,
            up_minutes,
            longest_minutes: Some(1),
            planned_minutes: 0,
        };
        let short = only(MeasureKind::Mtbf, 43_200, &up(86_399));
        assert_eq!((short.value_text().as_str(), short.met), ("29 d 23 h 59 min 30 s", Some(false)));
        assert_eq!(only(MeasureKind::Mtbf, 43_200, &up(86_400)).met, Some(true));
        assert_eq!(short.limit_text(), "at least 30 d");
    }

    /// The consequence that the head describes.
    #[test]
    fn a_single_outage_breaks_30_days_between_failures_in_a_month_of_30_days() {
        let month = |days: i64, down: i64| {
            let seen = recovery(&[span(50, 50 + down)], &Spans::from(span(0, days * 1440)), 0);
            only(MeasureKind::Mtbf, 43_200, &seen)
        };
        assert_eq!(month(30, 1).met, Some(false));
        assert_eq!(month(31, 1440).met, Some(true), "a day to spare");
        assert_eq!(month(31, 1441).met, Some(false));
        assert_eq!((month(30, 0).met, month(30, 0).is_unproven()), (Some(true), false));
        let february = month(28, 0);
        assert_eq!((february.met, february.is_unproven()), (Some(true), true), "28 days cannot prove 30");
        assert_eq!(february.value_text(), "no outage in 28 d");
    }

    #[test]
    fn what_nobody_judged_is_neither_kept_nor_broken() {
        let all = RecoveryTargets::parse(&texts("15m", "30d", "1h", "0m")).unwrap();
        let excluded = verdicts(&all, &recovery(&[span(0, 10)], &Spans::default(), 10));
        let met: Vec<_> = excluded.iter().map(|measure| measure.met).collect();
        assert_eq!(met, [None, None, None, Some(false)], "planned downtime is known all the same");
        assert_eq!(excluded[0].value_text(), "not measured");
        assert_eq!((excluded[3].value_text().as_str(), excluded[3].limit_text().as_str()), ("10 min", "at most 0 min"));
        let down = verdicts(&all, &recovery(&[span(0, 90)], &Spans::from(span(0, 90)), 0));
        let met: Vec<_> = down.iter().map(|measure| (measure.kind, measure.met)).collect();
        let expected = MeasureKind::ALL.into_iter().zip([Some(false), Some(false), Some(false), Some(true)]);
        assert_eq!(met, expected.collect::<Vec<_>>(), "down from end to end: nothing between failures");
        assert_eq!(down[3].value_text(), "0 min");
    }

    proptest! {
        #[test]
        fn targets_read_back_from_their_texts(minutes in proptest::array::uniform4(proptest::option::of(1..=LENGTH_MAX))) {
            let [mttr_minutes, mtbf_minutes, longest_minutes, planned_minutes] = minutes;
            let targets = RecoveryTargets { mttr_minutes, mtbf_minutes, longest_minutes, planned_minutes };
            prop_assert_eq!(RecoveryTargets::parse(&targets.texts()), Ok(targets));
        }

        /// Minute by minute, an outage being a run of bad minutes with a judged one inside.
        #[test]
        fn counting_agrees_with_minutes_one_by_one(
            outages in proptest::collection::vec((0..200_i64, 0..20_i64), 0..8),
            gone in proptest::collection::vec((0..200_i64, 0..20_i64), 0..8),
        ) {
            let minutes = |parts: &[(i64, i64)]| -> BTreeSet<i64> { parts.iter().flat_map(|(from, n)| *from..from + n).collect() };
            let (bad, gone_minutes) = (minutes(&outages), minutes(&gone));
            let (mut runs, mut run) = (Vec::new(), None);
            for minute in 0..=220 {
                if bad.contains(&minute) {
                    *run.get_or_insert(0) += i64::from(minute < 200 && !gone_minutes.contains(&minute));
                } else {
                    runs.extend(run.take().filter(|minutes| *minutes > 0));
                }
            }
            let spans = |parts: &[(i64, i64)]| parts.iter().map(|(from, n)| span(*from, from + n)).collect::<Vec<_>>();
            let judged = Spans::from(span(0, 200)).minus(&Spans::of(spans(&gone)));
            let seen = recovery(&spans(&outages), &judged, 0);
            prop_assert_eq!(seen.outages, i64::try_from(runs.len()).unwrap());
            prop_assert_eq!(seen.down_minutes, runs.iter().sum::<i64>());
            prop_assert_eq!(seen.longest_minutes, runs.iter().max().copied());
            prop_assert_eq!(seen.up_minutes + seen.down_minutes, judged.minutes());
        }

        /// A miss never reads as its limit or better, a pass never as worse.
        #[test]
        fn words_are_on_the_side_of_the_verdict(outages in 1..50_i64, down in 1..5_000_i64, up in 1..500_000_i64, limit in 1..20_000_i64) {
            let seen = Recovery { outages, down_minutes: down, up_minutes: up, longest_minutes: Some(down), planned_minutes: 0 };
            for kind in [MeasureKind::Mttr, MeasureKind::Mtbf] {
                let measure = only(kind, limit, &seen);
                let seconds = seconds_of(&measure.value_text());
                let reads_as_met = if kind.is_minimum() { seconds >= limit * 60 } else { seconds <= limit * 60 };
                prop_assert_eq!(Some(reads_as_met), measure.met, "{} against {}", measure.value_text(), measure.limit_text());
            }
        }
    }

    fn seconds_of(text: &str) -> i64 {
        let words: Vec<&str> = text.split(' ').collect();
        words
            .chunks(2)
            .map(|pair| {
                let unit = match pair[1] {
                    "d" => 86_400,
                    "h" => 3_600,
                    "min" => 60,
                    _ => 1,
                };
                pair[0].replace(',', "").parse::<i64>().unwrap() * unit
            })
            .sum()
    }
}
