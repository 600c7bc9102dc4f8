//! Service credits: what a missed promise costs, and how far off the next tier is.
//!
//! With good `G` and total `T` in the units of the judgement (events, slices, or billionths of slices):
//!
//! - a tier applies if `G / T < below`, compared as `G · 10⁶ < T · below_ppm`; of those that apply, the worst one
//!   counts
//! - `credit = min(credit of the tier, cap)`
//! - `amount = monthly fee × months of the period × credit`, rounded half up to the currency's smallest coin
//! - `headroom = G - ⌈T · below⌉` more bad units until the next worse tier, or `(G / T - below) × window` of full
//!   downtime, rounded down
//!
//! ```
//! use nines::domain::{calendar::PeriodKind, credit::{Credit, CreditTexts}};
//! let credit = Credit::parse(&CreditTexts {
//!     tiers: "99.9: 10, 99.0: 25, 95.0: 100".into(),
//!     fee: "1,200.00 EUR".into(),
//!     ..CreditTexts::default()
//! })
//! .unwrap()
//! .unwrap();
//! // 30 days of 5-minute slices, 864 of 8,640 at 10 % errors, in billionths of slices: exactly 99 %
//! let (good, total) = (8_640_000_000_000 - 86_400_000_000, 8_640_000_000_000);
//! let owed = credit.owed(good, total, PeriodKind::Month).unwrap();
//! assert_eq!(owed.credit_ppm, 100_000, "99 % is below 99.9 %, and not below 99 %");
//! assert_eq!(owed.amount.unwrap().to_string(), "120.00 EUR");
//! let headroom = credit.headroom(good, total, 43_200).unwrap();
//! assert_eq!((headroom.below_ppm, headroom.failures, headroom.seconds), (990_000, 0, 0), "one more and it is 25 %");
//! ```
//!
//! The awkward case: a period in which nothing was counted, because all of it was excluded or nobody asked, is no
//! period at 100 %. Nothing is owed and nothing is "not owed" either: the answer is none, *not applicable*.

mod money;
mod reading;
pub mod templates;

pub use money::{Currency, Money, MoneyError};
pub use reading::{CreditError, CreditPart, CreditTexts};

use crate::domain::calendar::{Period, PeriodKind, start_of_day};
use crate::domain::target::WHOLE_PPM;
use crate::domain::time::{Instant, MINUTE_SECONDS};
use chrono::{Days, NaiveDate};

/// The most tiers that a contract can have.
const TIERS_MAX: usize = 20;

/// One step of a scale of credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// It applies to an SLI below this share, in parts per million, 1 to 1 000 000. "Below 100 %" exists: one bad event
    /// is enough (Azure DNS).
    pub below_ppm: i64,
    /// The share of the fee that is credited, in parts per million, 1 to 1 000 000.
    pub credit_ppm: i64,
}

impl Tier {
    /// Is the SLI `good / total` below the tier's share? Exact; false for no events.
    #[must_use]
    pub fn applies(self, good: i64, total: i64) -> bool {
        self.margin(good, total) < 0
    }

    /// `good - below · total`, in millionths of a unit; negative if the tier applies.
    fn margin(self, good: i64, total: i64) -> i128 {
        i128::from(good) * i128::from(WHOLE_PPM) - i128::from(total) * i128::from(self.below_ppm)
    }
}

/// Until when a credit can be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Within so many local days after the period, 1 to 3 660.
    Days(i64),
    /// Until so many periods of the same kind have passed after the period, 1 to 120: AWS's "end of the second billing
    /// cycle after" is 2.
    Periods(i64),
}

/// What a contract credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    tiers: Vec<Tier>,
    cap_ppm: Option<i64>,
    fee: Option<Money>,
    claim: Option<Claim>,
}

/// What one period owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The worst tier that applies; none if the period owes nothing.
    pub tier: Option<Tier>,
    /// The share of the fee that is credited, after the cap, in parts per million; 0 if nothing.
    pub credit_ppm: i64,
    /// The same in money; none without a fee, and for days and weeks, which have no share of a monthly fee.
    pub amount: Option<Money>,
}

/// How far off the next worse tier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headroom {
    /// The share below which that tier begins, in parts per million.
    pub below_ppm: i64,
    /// How many of the units that are good now may still turn bad, in the units of the judgement; one more crosses.
    pub failures: i64,
    /// How many more seconds of full downtime the window may have, if its units are spread evenly over it.
    pub seconds: i64,
}

impl Credit {
    /// From its parts, checked: tiers from the highest share to the lowest, each crediting more than the one before;
    /// shares above 0 % and at most 100 %; claims within their bounds.
    pub fn new(
        tiers: Vec<Tier>,
        cap_ppm: Option<i64>,
        fee: Option<Money>,
        claim: Option<Claim>,
    ) -> Result<Self, CreditError> {
        let is_share = |ppm: &i64| (1..=WHOLE_PPM).contains(ppm);
        match tiers.len() {
            0 => return Err(CreditError::NoTiers),
            1..=TIERS_MAX => {}
            _ => return Err(CreditError::TooManyTiers),
        }
        if let Some(tier) = tiers.iter().find(|tier| !is_share(&tier.below_ppm) || !is_share(&tier.credit_ppm)) {
            return Err(CreditError::NoShare(reading::tier_text(*tier)));
        }
        for pair in tiers.windows(2) {
            if let [before, after] = pair {
                reading::check_order(*before, *after)?;
            }
        }
        if cap_ppm.is_some_and(|ppm| !is_share(&ppm)) {
            return Err(CreditError::Cap);
        }
        match claim {
            Some(Claim::Days(1..=3660) | Claim::Periods(1..=120)) | None => Ok(Self { tiers, cap_ppm, fee, claim }),
            Some(_) => Err(CreditError::Claim),
        }
    }

    /// From what was typed into a form; none if every field is blank. Every mistake is reported, each with its part.
    pub fn parse(texts: &CreditTexts) -> Result<Option<Self>, Vec<CreditError>> {
        reading::read(texts)
    }

    /// What [`Self::parse`] reads as this value: `99.9: 10, 99: 25`, `50 %`, `1,200.00 EUR`, `30 days`.
    #[must_use]
    pub fn texts(&self) -> CreditTexts {
        reading::write(self)
    }

    /// The tiers, from the highest share to the lowest.
    #[must_use]
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// The most that is credited, in parts per million of the fee.
    #[must_use]
    pub const fn cap_ppm(&self) -> Option<i64> {
        self.cap_ppm
    }

    /// The monthly fee.
    #[must_use]
    pub const fn fee(&self) -> Option<Money> {
        self.fee
    }

    /// Until when a credit can be claimed.
    #[must_use]
    pub const fn claim(&self) -> Option<Claim> {
        self.claim
    }

    /// What a period owes in which `good` of `total` units were good; none if nothing was counted (*not applicable*).
    ///
    /// The amount is that of the monthly fee times the months of the period: 1, 3 for a quarter, 12 for a year.
    #[must_use]
    pub fn owed(&self, good: i64, total: i64, period: PeriodKind) -> Option<Owed> {
        if total <= 0 {
            return None;
        }
        let tier = self.tiers.iter().rev().find(|tier| tier.applies(good, total)).copied();
        let credit_ppm = tier.map_or(0, |tier| tier.credit_ppm).min(self.cap_ppm.unwrap_or(WHOLE_PPM));
        let amount = self.fee.zip(months(period)).map(|(fee, months)| {
            // at most 10¹⁵ × 12: see `Money`
            let millionths = i128::from(fee.minor()) * i128::from(months) * i128::from(credit_ppm);
            let half = i128::from(WHOLE_PPM / 2);
            fee.with_minor(i64::try_from((millionths + half) / i128::from(WHOLE_PPM)).unwrap_or(i64::MAX))
        });
        Some(Owed { tier, credit_ppm, amount })
    }

    /// What is left until the next worse tier, in units and as full downtime within a window of so many minutes; none
    /// if nothing was counted, or if the worst tier applies already.
    #[must_use]
    pub fn headroom(&self, good: i64, total: i64, window_minutes: i64) -> Option<Headroom> {
        if total <= 0 {
            return None;
        }
        let next = self.tiers.iter().find(|tier| !tier.applies(good, total))?;
        let margin = next.margin(good, total);
        let whole = i128::from(WHOLE_PPM);
        // at most 10¹⁹ · 10⁶ millionths of a unit times the seconds of a century: below 10³⁵
        let window_seconds = i128::from(window_minutes.clamp(0, CENTURY_MINUTES)) * i128::from(MINUTE_SECONDS);
        let seconds = margin * window_seconds / (i128::from(total) * whole);
        Some(Headroom {
            below_ppm: next.below_ppm,
            failures: i64::try_from(margin / whole).unwrap_or(i64::MAX),
            seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
        })
    }

    /// The first moment at which a credit for the period can no longer be claimed; none if the contract sets no limit.
    ///
    /// Days are local days of the period's zone and count from the first one after the period, so 30 days after March
    /// end with 30 April, whatever the clocks do.
    #[must_use]
    pub fn claim_until(&self, period: &Period) -> Option<Instant> {
        self.first_day_too_late(*period).map(|day| start_of_day(day, period.zone()))
    }

    /// How many local days are left to claim, the running one included: 1 on the last day, 0 once it is too late; none
    /// if the contract sets no limit.
    #[must_use]
    pub fn days_left(&self, period: &Period, now: Instant) -> Option<i64> {
        let today = Period::containing(PeriodKind::Day, period.zone(), now).first_day();
        self.first_day_too_late(*period).map(|late| late.signed_duration_since(today).num_days().max(0))
    }

    fn first_day_too_late(&self, period: Period) -> Option<NaiveDate> {
        let after = period.next();
        let count = |n: i64| u64::try_from(n).unwrap_or_default();
        match self.claim? {
            Claim::Days(days) => after.first_day().checked_add_days(Days::new(count(days))),
            Claim::Periods(periods) => Some((0..periods).fold(after, |period, _| period.next()).first_day()),
        }
    }
}

/// No window is longer.
const CENTURY_MINUTES: i64 = 100 * 366 * 1440;

/// How many monthly fees a period has.
const fn months(period: PeriodKind) -> Option<i64> {
    match period {
        PeriodKind::Day | PeriodKind::Week => None,
        PeriodKind::Month => Some(1),
        PeriodKind::Quarter => Some(3),
        PeriodKind::Year => Some(12),
    }
}

#[cfg(test)]
mod tests;
