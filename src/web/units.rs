//! What an objective counts, in words: requests, slices of 5 min, or the members' weighted whole.

use crate::domain::amounts::decimal;
use crate::domain::contract::Rule;
use crate::domain::ratio_sum::BILLION;
use crate::domain::target::{Target, WHOLE_PPM, ppm_to_percent};
use crate::domain::terms::{Method, SliceMinutes, Unit};
use crate::domain::wording::{self, count, grouped};
use crate::language;
use crate::language::say;
use crate::store::objectives::ObjectiveListing;
use crate::web::standing;

/// How amounts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Whole events or slices.
    Whole,
    /// Slices of which a part was good, as decimals.
    Slices,
    /// Parts of the members' weighted whole, in per cent.
    Share,
}

/// What they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Noun {
    /// By a word of ours, for one and for many.
    Word(&'static str, &'static str),
    /// Slices of that length.
    Slices(String),
}

/// What the good and all of an objective's judgements count, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    noun: Noun,
    style: Style,
}

/// A whole in per cent: so many billionths are one.
const PER_CENT: i64 = BILLION / 100;

/// The slices that an objective goes by, also where they decide about outages only.
#[must_use]
pub fn slice_of(listing: &ObjectiveListing) -> SliceMinutes {
    match (&listing.objective.terms.composite, listing.objective.terms.counting.method) {
        (None, method) | (Some(_), method @ Method::Timeslices { .. }) => method.slice(),
        (Some(_), _) => SliceMinutes::ONE,
    }
}

/// `5 min`, `1 h`.
#[must_use]
pub fn slice_length(slice: SliceMinutes) -> String {
    wording::duration_minutes(slice.minutes())
}

impl Units {
    /// Those of an objective.
    #[must_use]
    pub fn of(listing: &ObjectiveListing) -> Self {
        let terms = &listing.objective.terms;
        let rule = terms.composite.as_ref().map(crate::domain::contract::Composite::rule);
        match (terms.unit(), rule) {
            (_, Some(Rule::Weighted)) => Self::new("of the whole", "of the whole", Style::Share),
            (Unit::Event, _) => Self::of_events(listing),
            (unit, _) => Self::of_slices(slice_of(listing), unit),
        }
    }

    /// Its events, however they are counted.
    #[must_use]
    pub fn of_events(listing: &ObjectiveListing) -> Self {
        let (one, many) = standing::events(listing.objective.kind, &listing.indicator.query);
        Self::new(one, many, Style::Whole)
    }

    /// Slices of that length, whole or in parts.
    #[must_use]
    pub fn of_slices(slice: SliceMinutes, unit: Unit) -> Self {
        let style = if unit == Unit::BillionthOfSlice { Style::Slices } else { Style::Whole };
        Self { noun: Noun::Slices(slice_length(slice)), style }
    }

    const fn new(one: &'static str, many: &'static str, style: Style) -> Self {
        Self { noun: Noun::Word(one, many), style }
    }

    /// What many are called: `requests`, `slices of 5 min`.
    #[must_use]
    pub fn many(&self) -> String {
        match &self.noun {
            Noun::Word(_, many) => language::word(many).to_owned(),
            Noun::Slices(length) => say!("slices of {length}", length),
        }
    }

    /// A number that is written already, with the noun for many: `8.64 slices of 5 min`.
    #[must_use]
    pub fn with_noun(&self, number: &str) -> String {
        match &self.noun {
            Noun::Word(_, many) => language::counted(number, many),
            Noun::Slices(length) => say!("{n} slices of {length}", number, length),
        }
    }

    /// Is it the members' weighted whole, of which nothing can be counted?
    #[must_use]
    pub fn is_share(&self) -> bool {
        self.style == Style::Share
    }

    /// May an amount be a fraction?
    #[must_use]
    pub fn is_fractional(&self) -> bool {
        self.style != Style::Whole
    }

    /// An amount without its noun, never rounded across `edge`: `1,234`, `8,632.5`, `0.2 %`.
    #[must_use]
    pub fn number(&self, n: i64, edge: Option<i64>) -> String {
        match self.style {
            Style::Whole => count(n),
            Style::Slices => grouped(&decimal(n, BILLION, edge)),
            Style::Share => format!("{} %", decimal(n, PER_CENT, edge)),
        }
    }

    /// An amount with its noun: `1 slice of 5 min`, `0.2 % of the whole`.
    #[must_use]
    pub fn counted(&self, n: i64, edge: Option<i64>) -> String {
        let per_one = if self.style == Style::Slices { BILLION } else { 1 };
        let number = self.number(n, edge);
        match &self.noun {
            _ if n != per_one => self.with_noun(&number),
            Noun::Word(one, _) => language::counted(&number, one),
            Noun::Slices(length) => say!("{n} slice of {length}", number, length),
        }
    }

    /// Good ones, beside what the target demands.
    #[must_use]
    pub fn good(&self, good: i64, total: i64, target: Target) -> String {
        self.number(good, self.allowed_exactly(total, target).map(|allowed| total - allowed))
    }

    /// Bad ones, beside what the budget allows.
    #[must_use]
    pub fn bad(&self, good: i64, total: i64, target: Target) -> String {
        self.number(total - good, self.allowed_exactly(total, target))
    }

    /// What the budget allows, exactly.
    #[must_use]
    pub fn allowed(&self, total: i64, target: Target) -> String {
        match self.style {
            Style::Whole => grouped(&wording::budget_allowed_events(total, target)),
            Style::Slices => grouped(&wording::budget_allowed_events(total / BILLION, target)),
            Style::Share => format!("{} %", ppm_to_percent(target.budget_ppm())),
        }
    }

    /// What is left of the budget; a debt begins with `-`, and nothing else reads as nothing.
    #[must_use]
    pub fn remaining(&self, good: i64, total: i64, target: Target) -> String {
        match self.allowed_exactly(total, target) {
            Some(allowed) => self.number(allowed - (total - good), Some(0)),
            None => grouped(&wording::budget_remaining_events(good, total, target)),
        }
    }

    /// The whole billionths that the budget allows; whole slices make whole ones.
    fn allowed_exactly(&self, total: i64, target: Target) -> Option<i64> {
        let allowed = i128::from(total) * i128::from(target.budget_ppm()) / i128::from(WHOLE_PPM);
        self.is_fractional().then(|| i64::try_from(allowed).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(target: &str) -> Target {
        Target::parse(target).unwrap()
    }

    /// A month of 8,640 five-minute slices, of which 864 had 10 % errors: 86.4 bad, where 99.9 % allows 8.64.
    #[test]
    fn slices_in_parts_are_decimals() {
        let units = Units::of_slices(SliceMinutes::FIVE, Unit::BillionthOfSlice);
        let (total, good) = (8_640 * BILLION, 8_640 * BILLION - 86_400_000_000);
        assert_eq!(units.counted(total, None), "8,640 slices of 5 min");
        assert_eq!(units.good(good, total, of("99.9")), "8,553.6");
        assert_eq!(units.bad(good, total, of("99.9")), "86.4");
        assert_eq!(units.allowed(total, of("99.9")), "8.64");
        assert_eq!(units.remaining(good, total, of("99.9")), "-77.76");
        let good = total - 8_640_000_001;
        assert_eq!(units.bad(good, total, of("99.9")), "8.640000001", "8.64 would be a pass");
        assert_eq!(units.good(good, total, of("99.9")), "8,631.359999999");
        assert_eq!(units.counted(BILLION, None), "1 slice of 5 min");
    }

    #[test]
    fn whole_slices_and_shares_of_the_whole() {
        let units = Units::of_slices(SliceMinutes::new(60).unwrap(), Unit::Slice);
        assert_eq!(
            (units.counted(1, None), units.counted(720, None)),
            ("1 slice of 1 h".into(), "720 slices of 1 h".into())
        );
        assert_eq!(units.remaining(719, 720, of("99.9")), "-0.28");
        let whole = Units::new("of the whole", "of the whole", Style::Share);
        assert_eq!(whole.counted(BILLION - 998_000_000, None), "0.2 % of the whole");
        assert_eq!(
            (whole.allowed(BILLION, of("99.9")), whole.remaining(998_000_000, BILLION, of("99.9"))),
            ("0.1 %".into(), "-0.1 %".into())
        );
    }
}
