//! Everything that is known about an objective in a stretch of time: any window inside can be judged from it.
//!
//! A single objective has one part. A composite has a part for each member: under *any bad* a slice is bad if any
//! member's is, unknown if any other's is, and without requests only if no member had any; under *weighted* its SLI is
//! `Σ wᵢ · SLIᵢ / Σ wᵢ` over the members that were measured, in billionths of the whole, rounded down once.
//!
//! ```
//! use nines::domain::{evidence::{Evidence, Part}, ledger::Slice, sheet::Sheet, target::Target, terms::Counting};
//! use nines::domain::time::{Minute, Span};
//! let minutes = (0..10).map(|m| (Minute(m), Slice { good: 9, total: 10, catch_up: false }));
//! let part = Part { sheet: Sheet::of_minutes(minutes), counting: Counting::default(), target: Target::parse("99").unwrap(), weight: 1 };
//! let day = Span::new(Minute(0), Minute(10));
//! let evidence = Evidence::of_one(part, Span::new(Minute(0), Minute(5)).into());
//! assert_eq!(evidence.account(day).counted.total, 50, "half of it is judged");
//! assert_eq!(evidence.raw(day).counted.total, 100, "nothing is left out of the raw number");
//! ```

use crate::domain::account::{self, Account, SliceCounts};
use crate::domain::contract::Rule;
use crate::domain::ledger::Tally;
use crate::domain::outage::{self, Outage};
use crate::domain::ratio_sum::{BILLION, floor_billionths};
use crate::domain::sheet::{Cut, Sheet};
use crate::domain::slices::{self, Class, Classed};
use crate::domain::spans::Spans;
use crate::domain::target::Target;
use crate::domain::terms::{Counting, Method, SliceMinutes, Unit};
use crate::domain::time::{Minute, Span};
use std::collections::BTreeMap;

/// One objective's own counts and how it reads them.
#[derive(Clone, Debug)]
pub struct Part {
    /// What the ledger says.
    pub sheet: Sheet,
    /// How minutes become the SLI.
    pub counting: Counting,
    /// The promised share.
    pub target: Target,
    /// What it weighs in a composite.
    pub weight: u32,
}

/// Everything that is known about an objective in a stretch of time.
#[derive(Clone, Debug)]
pub struct Evidence {
    parts: Vec<Part>,
    /// How the parts become one; nothing for a single objective.
    rule: Option<Rule>,
    counting: Counting,
    target: Target,
    judged: Spans,
}

/// A slice, or the part of one that is judged or is not, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reckoned {
    /// What happened.
    pub cut: Cut,
    /// What it is by its events.
    pub class: Class,
    /// Is it judged? Otherwise an exclusion takes it out, or it lies outside business hours.
    pub is_judged: bool,
    /// Is it part of an outage?
    pub is_down: bool,
    /// What it adds to the good and to all, in the unit; nothing where shares are weighed, because those do not add up.
    pub counted: Option<Tally>,
}

impl Evidence {
    /// Of a single objective, judged in these minutes.
    #[must_use]
    pub fn of_one(part: Part, judged: Spans) -> Self {
        Self { rule: None, counting: part.counting, target: part.target, parts: vec![part], judged }
    }

    /// Of a composite with its own terms, judged in these minutes.
    #[must_use]
    pub const fn of_members(parts: Vec<Part>, rule: Rule, counting: Counting, target: Target, judged: Spans) -> Self {
        Self { parts, rule: Some(rule), counting, target, judged }
    }

    /// What a window comes to under the terms.
    #[must_use]
    pub fn account(&self, span: Span) -> Account {
        self.account_of(&self.judged.within(span))
    }

    /// What a window comes to with nothing taken out: neither excluded nor outside business hours.
    #[must_use]
    pub fn raw(&self, span: Span) -> Account {
        self.account_of(&span.into())
    }

    /// The same window under other budgeting methods, in their order; nothing for a composite, which has but its own.
    #[must_use]
    pub fn by_methods(&self, span: Span, methods: &[Method]) -> Vec<Account> {
        let Some(part) = self.parts.first().filter(|_| self.rule.is_none()) else { return Vec::new() };
        let judged = self.judged.within(span);
        // methods with the same slices are told from the same cuts
        let mut cuts: BTreeMap<SliceMinutes, Vec<Cut>> = BTreeMap::new();
        let of = |method: &Method| {
            let counting = Counting { method: *method, ..self.counting };
            if *method == Method::Occurrences {
                return account::account(&part.sheet, &judged, &counting, self.target);
            }
            let cuts = cuts.entry(method.slice()).or_insert_with(|| part.sheet.cut(method.slice(), &judged));
            account::of_slices(&slices::classed(cuts, &counting, self.target), &counting)
        };
        methods.iter().map(of).collect()
    }

    /// The window's slices, what each is, and so the outages.
    #[must_use]
    pub fn slices(&self, span: Span) -> Vec<Classed> {
        self.slices_of(&self.judged.within(span))
    }

    /// The outages of a window, in order of time.
    #[must_use]
    pub fn outages(&self, span: Span) -> Vec<Outage> {
        self.outages_among(&self.slices(span))
    }

    /// The same, where the window's slices are at hand.
    #[must_use]
    pub fn outages_among(&self, slices: &[Classed]) -> Vec<Outage> {
        outage::find(slices, &self.outage_counting())
    }

    /// What each slice adds to the good and to all, in the unit, with its first judged minute: they add up to the account,
    /// but for what a mean of shares loses by rounding each slice. Nothing for a weighted composite, whose parts do not
    /// add up; see [`Self::parts`].
    #[must_use]
    pub fn units(&self, span: Span) -> Vec<(Minute, Tally)> {
        self.units_among(&self.slices(span))
    }

    /// The same, where the window's slices are at hand.
    #[must_use]
    pub fn units_among(&self, slices: &[Classed]) -> Vec<(Minute, Tally)> {
        let counting = self.outage_counting();
        let mut is_down = vec![false; slices.len()];
        if matches!(counting.method, Method::Timeslices { .. }) {
            for run in slices::runs(slices, &counting) {
                is_down.get_mut(run).into_iter().flatten().for_each(|down| *down = true);
            }
        }
        let unit =
            |((cut, class), is_down): (&Classed, bool)| (cut.span.start(), unit(cut, *class, is_down, &counting));
        slices.iter().zip(is_down).map(unit).collect()
    }

    /// Every slice of a piece of a window, in order of time, what is not judged too, and what each adds. `down` is where the
    /// window has outages: the piece alone could not tell, because they may reach over its ends.
    #[must_use]
    pub fn reckoned(&self, piece: Span, down: &Spans) -> Vec<Reckoned> {
        let counting = self.outage_counting();
        let adds = self.rule != Some(Rule::Weighted);
        let judged = self.judged.within(piece);
        let left = Spans::from(piece).minus(&judged);
        let of = |(cut, class): Classed, is_judged: bool| {
            let is_down = is_judged && down.contains(cut.span.start());
            let counted = if is_judged { unit(&cut, class, is_down, &counting) } else { Tally::default() };
            Reckoned { cut, class, is_judged, is_down, counted: adds.then_some(counted) }
        };
        let inside = self.slices_of(&judged).into_iter().map(|one| of(one, true));
        let mut all: Vec<Reckoned> =
            inside.chain(self.slices_of(&left).into_iter().map(|one| of(one, false))).collect();
        all.sort_by_key(|one| one.cut.span.start());
        all
    }

    /// Each part as evidence of its own, with its weight.
    pub fn parts(&self) -> impl Iterator<Item = (u32, Self)> {
        self.parts.iter().map(|part| (part.weight, Self::of_one(part.clone(), self.judged.clone())))
    }

    /// The minutes of a window of which nothing is known about any part.
    #[must_use]
    pub fn unknown(&self, span: Span) -> Spans {
        let judged = self.judged.within(span);
        let unknown = self.parts.iter().map(|part| part.sheet.unknown(&judged));
        unknown.reduce(|all, one| all.intersect(&one)).unwrap_or(judged)
    }

    /// The minutes that are judged.
    #[must_use]
    pub const fn judged(&self) -> &Spans {
        &self.judged
    }

    /// How the parts become one; nothing for a single objective.
    #[must_use]
    pub const fn rule(&self) -> Option<Rule> {
        self.rule
    }

    /// How minutes become the SLI.
    #[must_use]
    pub const fn counting(&self) -> &Counting {
        &self.counting
    }

    fn account_of(&self, judged: &Spans) -> Account {
        match (self.rule, self.parts.first()) {
            (None, Some(part)) => account::account(&part.sheet, judged, &self.counting, self.target),
            (Some(Rule::AnyBad), _) => account::of_slices(&self.slices_of(judged), &self.outage_counting()),
            (Some(Rule::Weighted), _) => self.weighted(judged),
            (None, None) => Account::default(),
        }
    }

    fn weighted(&self, judged: &Spans) -> Account {
        let of_part = |part: &Part| account::account(&part.sheet, judged, &part.counting, part.target);
        let accounts: Vec<(u32, Account)> = self.parts.iter().map(|part| (part.weight, of_part(part))).collect();
        let counted: Vec<(u32, Tally)> = accounts.iter().map(|(weight, account)| (*weight, account.counted)).collect();
        let events: Tally = accounts.iter().map(|(_, account)| account.events).sum();
        let counted = weighted(&counted);
        Account { unit: Unit::BillionthOfSlice, counted, events, slices: SliceCounts::default(), bounds: None }
    }

    fn slices_of(&self, judged: &Spans) -> Vec<Classed> {
        let counting = self.outage_counting();
        let mut merged: BTreeMap<Minute, Classed> = BTreeMap::new();
        if let (None, Some(part)) = (self.rule, self.parts.first()) {
            return slices::classify(&part.sheet, judged, &counting, self.target);
        }
        for part in &self.parts {
            let own = Counting {
                method: Method::Timeslices {
                    slice: counting.method.slice(),
                    target: part.counting.method.slice_target(part.target),
                },
                ..part.counting
            };
            for (cut, class) in slices::classify(&part.sheet, judged, &own, part.target) {
                merged
                    .entry(cut.start)
                    .and_modify(|(sum, worst)| {
                        *sum = together(sum, &cut);
                        *worst = worse(*worst, class);
                    })
                    .or_insert((cut, class));
            }
        }
        merged.into_values().collect()
    }

    /// The terms that outages go by: a composite of whatever method is down by its members' slices.
    fn outage_counting(&self) -> Counting {
        match (self.rule, self.counting.method) {
            (None, _) | (Some(_), Method::Timeslices { .. }) => self.counting,
            (Some(_), _) => {
                let method = Method::Timeslices { slice: SliceMinutes::ONE, target: self.target.into() };
                Counting { method, ..self.counting }
            }
        }
    }
}

/// The weighted mean of shares, in billionths of the whole; members without a share have no part in it. Known and judged
/// minutes are those of the least known member.
#[must_use]
pub fn weighted(parts: &[(u32, Tally)]) -> Tally {
    let measured = || parts.iter().filter(|(_, tally)| tally.total > 0);
    let weights: i64 = measured().map(|(weight, _)| i64::from(*weight)).sum();
    let least = parts.iter().map(|(_, tally)| *tally).min_by_key(|tally| tally.known).unwrap_or_default();
    let shares: Vec<(i64, i64)> =
        measured().map(|(weight, tally)| (i64::from(*weight) * tally.good, weights * tally.total)).collect();
    let total = if shares.is_empty() { 0 } else { BILLION };
    Tally { good: floor_billionths(&shares), total, known: least.known, minutes: least.minutes }
}

const fn together(a: &Cut, b: &Cut) -> Cut {
    Cut {
        good: a.good + b.good,
        total: a.total + b.total,
        known: if a.known < b.known { a.known } else { b.known },
        ..*a
    }
}

/// Any bad member is bad; otherwise any unknown one is unknown, because nobody knows; silence only if all are silent.
const fn worse(a: Class, b: Class) -> Class {
    match (a, b) {
        (Class::Bad, _) | (_, Class::Bad) => Class::Bad,
        (Class::Unknown, _) | (_, Class::Unknown) => Class::Unknown,
        (Class::Good, _) | (_, Class::Good) => Class::Good,
        (Class::NoRequests, Class::NoRequests) => Class::NoRequests,
    }
}

fn unit(cut: &Cut, class: Class, is_down: bool, counting: &Counting) -> Tally {
    use crate::domain::terms::Policy;
    let events = account::events_of(cut);
    let policy = slices::policy(class, counting);
    let (good, total) = match counting.method {
        Method::Occurrences => (cut.good, cut.total),
        _ if policy == Policy::Excluded => (0, 0),
        Method::Timeslices { .. } => (i64::from(!(is_down && policy == Policy::Bad)), 1),
        Method::RatioTimeslices { .. } if matches!(class, Class::Good | Class::Bad) => {
            (floor_billionths(&[(cut.good, cut.total)]), BILLION)
        }
        Method::RatioTimeslices { .. } => (if policy == Policy::Good { BILLION } else { 0 }, BILLION),
    };
    Tally { good, total, ..events }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Slice;
    use proptest::prelude::*;

    fn part(minutes: &[Option<(i64, i64)>], target: &str, weight: u32) -> Part {
        let known = (0..)
            .map(Minute)
            .zip(minutes)
            .filter_map(|(minute, slice)| slice.map(|(good, total)| (minute, Slice { good, total, catch_up: false })));
        let target = Target::parse(target).unwrap();
        Part { sheet: Sheet::of_minutes(known), counting: Counting::default(), target, weight }
    }

    fn day(minutes: i64) -> Span {
        Span::new(Minute(0), Minute(minutes))
    }

    fn one_minute(target: &str) -> Counting {
        let target = Target::parse(target).unwrap().into();
        Counting { method: Method::Timeslices { slice: SliceMinutes::ONE, target }, ..Counting::default() }
    }

    /// Each member has a bad minute of its own: two of five are bad together. One silent member does not silence the
    /// other; an unknown one leaves open what a good one says, but not what a bad one says.
    #[test]
    fn any_bad_member_is_bad() {
        let shop = part(&[Some((0, 9)), Some((9, 9)), Some((9, 9)), Some((0, 0)), None], "99", 1);
        let pay = part(&[Some((9, 9)), Some((0, 9)), None, Some((9, 9)), Some((9, 9))], "99", 1);
        let target = Target::parse("99").unwrap();
        let evidence = Evidence::of_members(vec![shop, pay], Rule::AnyBad, one_minute("99"), target, day(5).into());
        let account = evidence.account(day(5));
        assert_eq!(account.slices, SliceCounts { good: 1, bad: 2, no_requests: 0, unknown: 2 });
        assert_eq!((account.counted.good, account.counted.total), (1, 3));
        assert_eq!(evidence.outages(day(5)).iter().map(|o| o.span.minutes()).collect::<Vec<_>>(), [2]);
    }

    /// 3 × 90 % and 1 × 50 %: 80 %; a member that was not measured has no part.
    #[test]
    fn weights_weigh_only_what_was_measured() {
        let (shop, pay) = (part(&[Some((90, 100))], "99", 3), part(&[Some((1, 2))], "99", 1));
        let silent = part(&[None], "99", 100);
        let target = Target::parse("80").unwrap();
        let of = |parts: Vec<Part>| {
            Evidence::of_members(parts, Rule::Weighted, Counting::default(), target, day(1).into())
                .account(day(1))
                .counted
        };
        let tally = of(vec![shop.clone(), pay.clone()]);
        assert_eq!((tally.good, tally.total), (800_000_000, BILLION));
        assert!(target.is_met(tally.good, tally.total), "exactly the target");
        assert_eq!(of(vec![shop, pay, silent.clone()]).good, 800_000_000);
        assert_eq!(of(vec![silent]).total, 0);
    }

    proptest! {
        /// What the slices add is what the account says.
        #[test]
        fn units_add_up(
            minutes in proptest::collection::vec(proptest::option::of((0i64..9, 0i64..9)), 1..300),
            from in 0i64..100,
            length in 0i64..300,
        ) {
            let minutes: Vec<_> = minutes.into_iter().map(|m| m.map(|(good, bad)| (good, good + bad))).collect();
            let all = day(i64::try_from(minutes.len()).unwrap());
            let judged = Spans::from(all).minus(&Span::new(Minute(from), Minute(from + 7)).into());
            for counting in [
                Counting::default(),
                one_minute("90"),
                Counting { downtime: crate::domain::terms::Downtime::new(3, 4).unwrap(), ..one_minute("90") },
                Counting { method: Method::RatioTimeslices { slice: SliceMinutes::FIVE }, ..Counting::default() },
            ] {
                let part = Part { counting, ..part(&minutes, "90", 1) };
                let evidence = Evidence::of_one(part, judged.clone());
                let window = Span::new(Minute(from / 2), Minute(from / 2 + length));
                let account = evidence.account(window);
                let sum: Tally = evidence.units(window).into_iter().map(|(_, tally)| tally).sum();
                let lost = if account.unit == Unit::BillionthOfSlice { account.counted.total / BILLION } else { 0 };
                prop_assert!((0..=lost).contains(&(account.counted.good - sum.good)));
                prop_assert_eq!(sum, Tally { good: sum.good, ..account.counted });
                prop_assert_eq!(account.events.minutes, judged.minutes_in(window));
                // hour by hour it is the same, outages that reach over the hours too, and nothing is left out
                let down = Spans::of(evidence.outages(window).into_iter().map(|outage| outage.span));
                let hours = window.hours().map(|hour| hour.span().intersect(window));
                let reckoned: Vec<Reckoned> = hours.flat_map(|hour| evidence.reckoned(hour, &down)).collect();
                let counted = reckoned.iter().filter(|one| one.is_judged).filter_map(|one| one.counted).sum::<Tally>();
                prop_assert_eq!(counted, sum);
                prop_assert_eq!(reckoned.iter().map(|one| one.cut.minutes).sum::<i64>(), window.minutes());
            }
        }
    }
}
