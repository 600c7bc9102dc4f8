//! Exclusions: time taken out of the judgement, by the rules of the agreement.
//!
//! Only approved exclusions count. What overlaps is merged before it counts. Planned maintenance answers to two rules: it
//! must have been announced so long before it begins, and only so many of its minutes in a calendar month are taken out,
//! in order of time. What breaks a rule is judged like any other time: a crash in it is downtime. Minutes that another
//! exclusion takes out anyway do not use up the cap.
//!
//! ```
//! use nines::domain::exclusion::{Category, Exclusion, Rules, effect};
//! use nines::domain::time::{Minute, Span};
//! use chrono_tz::UTC;
//! // 40 h of announced maintenance, of which the contract forgives four a month
//! let window = Span::new(Minute(0), Minute(31 * 1440));
//! let crash = Exclusion::planned(Span::new(Minute(0), Minute(40 * 60)));
//! let rules = Rules { notice_minutes: None, monthly_cap_minutes: Some(240) };
//! let effect = effect([&crash], &rules, UTC, window);
//! assert_eq!((effect.excluded.minutes(), effect.planned.minutes()), (240, 2400));
//! assert_eq!(effect.refused[0].spans.minutes(), 36 * 60);
//! # assert_eq!(crash.category, Category::PlannedMaintenance);
//! ```

use crate::domain::calendar::{Period, PeriodKind};
use crate::domain::ids::{AgreementId, ExclusionId, ObjectiveId, ServiceId, UserId};
use crate::domain::recurrence::Recurrence;
use crate::domain::spans::Spans;
use crate::domain::time::{Instant, MINUTE_SECONDS, Span};
use chrono_tz::Tz;
use std::fmt;

/// What an exclusion is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Every objective.
    All,
    /// The objectives about one service.
    Service(ServiceId),
    /// The objectives of one agreement.
    Agreement(AgreementId),
    /// One objective.
    Objective(ObjectiveId),
}

impl Scope {
    /// The word for the kind of scope: `all`, `service`, `agreement`, `objective`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Service(_) => "service",
            Self::Agreement(_) => "agreement",
            Self::Objective(_) => "objective",
        }
    }

    /// Does it hold an objective of that agreement, about that service?
    #[must_use]
    pub fn holds(self, objective: ObjectiveId, agreement: AgreementId, service: ServiceId) -> bool {
        match self {
            Self::All => true,
            Self::Service(id) => id == service,
            Self::Agreement(id) => id == agreement,
            Self::Objective(id) => id == objective,
        }
    }

    /// The scope behind the text that [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let (word, number) = text.split_once(':').unwrap_or((text, ""));
        let id = number.parse::<i64>().ok();
        match (word, id) {
            ("all", None) if number.is_empty() => Some(Self::All),
            ("service", Some(id)) => Some(Self::Service(ServiceId(id))),
            ("agreement", Some(id)) => Some(Self::Agreement(AgreementId(id))),
            ("objective", Some(id)) => Some(Self::Objective(ObjectiveId(id))),
            _ => None,
        }
    }
}

impl fmt::Display for Scope {
    /// `all`, `agreement:4000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str(self.word()),
            Self::Service(ServiceId(id)) | Self::Agreement(AgreementId(id)) | Self::Objective(ObjectiveId(id)) => {
                write!(f, "{}:{id}", self.word())
            }
        }
    }
}

/// Why time is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Announced work on the service; the agreement's notice and cap apply.
    PlannedMaintenance,
    /// The customer caused it.
    CustomerFault,
    /// A third party caused it whom the contract names.
    ThirdParty,
    /// Nobody could have prevented it.
    ForceMajeure,
    /// Anything else that both sides agreed on.
    Other,
}

impl Category {
    /// Every category, in the order in which the form offers them.
    pub const ALL: [Self; 5] =
        [Self::PlannedMaintenance, Self::CustomerFault, Self::ThirdParty, Self::ForceMajeure, Self::Other];

    /// The word that is stored and stands in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PlannedMaintenance => "planned_maintenance",
            Self::CustomerFault => "customer_fault",
            Self::ThirdParty => "third_party",
            Self::ForceMajeure => "force_majeure",
            Self::Other => "other",
        }
    }

    /// The category behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.word() == word)
    }

    /// As people read it: `planned maintenance`.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        crate::language::word(match self {
            Self::PlannedMaintenance => "planned maintenance",
            Self::CustomerFault => "customer fault",
            Self::ThirdParty => "third party",
            Self::ForceMajeure => "force majeure",
            Self::Other => "other",
        })
    }
}

/// How far a proposal has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Waits for a decision; takes nothing out.
    Proposed,
    /// In force.
    Approved,
    /// Refused.
    Rejected,
    /// Taken back, before or after approval.
    Withdrawn,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Proposed, Self::Approved, Self::Rejected, Self::Withdrawn];

    /// The word that is stored and stands in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// Who did something, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Who; nothing for the program itself.
    pub by: Option<UserId>,
    /// When.
    pub at: Instant,
}

/// Time that is, or shall be, taken out of the judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// Identity.
    pub id: ExclusionId,
    /// What it is about.
    pub scope: Scope,
    /// Why.
    pub category: Category,
    /// Why, in a sentence that reports print.
    pub reason: String,
    /// Its only or first occurrence.
    pub first: Span,
    /// Whether and how it comes back.
    pub when: Recurrence,
    /// The zone of its wall clock.
    pub zone: Tz,
    /// When customers were told.
    pub announced_at: Option<Instant>,
    /// How far it has come.
    pub state: State,
    /// Who asked for it.
    pub proposed: Signed,
    /// Who decided, once somebody has.
    pub decided: Option<Signed>,
    /// What was said with the decision.
    pub remark: String,
}

impl Exclusion {
    /// Approved planned maintenance of everything, once: for examples and tests.
    #[must_use]
    pub fn planned(first: Span) -> Self {
        let signed = Signed { by: None, at: Instant::from_seconds(0) };
        Self {
            id: ExclusionId(0),
            scope: Scope::All,
            category: Category::PlannedMaintenance,
            reason: String::new(),
            first,
            when: Recurrence::once(first),
            zone: Tz::UTC,
            announced_at: None,
            state: State::Approved,
            proposed: signed,
            decided: Some(signed),
            remark: String::new(),
        }
    }
}

/// What an agreement demands of planned maintenance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rules {
    /// How long before its beginning it must have been announced.
    pub notice_minutes: Option<i64>,
    /// How many of its minutes in a calendar month of the agreement's zone are taken out.
    pub monthly_cap_minutes: Option<i64>,
}

/// Which rule an approved exclusion breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Broken {
    /// It was announced too late, or never.
    Notice,
    /// The month's cap is used up.
    Cap,
}

impl Broken {
    /// The word in files: `notice`, `cap`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Cap => "cap",
        }
    }
}

/// Time that an approved exclusion does not take out after all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which exclusion.
    pub id: ExclusionId,
    /// Why.
    pub broken: Broken,
    /// Which minutes.
    pub spans: Spans,
}

/// What exclusions do to a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// The minutes that are taken out.
    pub excluded: Spans,
    /// The minutes of planned maintenance, whether taken out or not.
    pub planned: Spans,
    /// What each exclusion takes out; overlaps stand under each.
    pub each: Vec<(ExclusionId, Spans)>,
    /// What stays in the judgement because it breaks a rule.
    pub refused: Vec<Refused>,
}

impl Effect {
    /// The same where only these minutes are open: what is closed anyway is not taken out once more.
    #[must_use]
    pub fn within(self, open: &Spans) -> Self {
        let each = self.each.into_iter().map(|(id, spans)| (id, spans.intersect(open)));
        let refused = self.refused.into_iter().map(|one| Refused { spans: one.spans.intersect(open), ..one });
        Self {
            excluded: self.excluded.intersect(open),
            planned: self.planned,
            each: each.filter(|(_, spans)| !spans.is_empty()).collect(),
            refused: refused.filter(|one| !one.spans.is_empty()).collect(),
        }
    }
}

/// What the approved ones among `exclusions` do to `span`.
#[must_use]
pub fn effect<'a>(exclusions: impl IntoIterator<Item = &'a Exclusion>, rules: &Rules, zone: Tz, span: Span) -> Effect {
    let months = months(zone, span);
    let whole = months.first().zip(months.last()).map_or(span, |(a, b)| Span::new(a.start(), b.end()));
    let (mut others, mut noticed, mut planned, mut late) = (Vec::new(), Vec::new(), Spans::default(), Vec::new());
    for one in exclusions.into_iter().filter(|one| one.state == State::Approved) {
        let spans = one.when.spans(whole);
        if spans.is_empty() {
            continue;
        }
        if one.category != Category::PlannedMaintenance {
            others.push((one.id, spans));
            continue;
        }
        planned = planned.union(&spans);
        let (in_time, too_late) = by_notice(one, &spans, rules);
        noticed.push((one.id, in_time));
        late.push((one.id, too_late));
    }
    let free = union(&others);
    let forgiven = capped(&union(&noticed).minus(&free), rules, &months);
    let excluded = free.union(&forgiven);
    let inside = |spans: &Spans| spans.within(span);
    let each = others.iter().chain(&noticed).chain(&late).map(|(id, spans)| (*id, inside(&spans.intersect(&excluded))));
    let refusals = |list: &[(ExclusionId, Spans)], broken: Broken| -> Vec<Refused> {
        let refused =
            list.iter().map(|(id, spans)| Refused { id: *id, broken, spans: inside(&spans.minus(&excluded)) });
        refused.filter(|refused| !refused.spans.is_empty()).collect()
    };
    Effect {
        each: merged(each),
        refused: [refusals(&late, Broken::Notice), refusals(&noticed, Broken::Cap)].concat(),
        planned: inside(&planned),
        excluded: inside(&excluded),
    }
}

/// The calendar months that have a minute in a span.
fn months(zone: Tz, span: Span) -> Vec<Span> {
    let mut months = Vec::new();
    let mut month = Period::containing(PeriodKind::Month, zone, span.start().start());
    while month.span().start() < span.end() {
        months.push(month.span());
        month = month.next();
    }
    months
}

/// The occurrences that were announced in time, and the others.
fn by_notice(one: &Exclusion, spans: &Spans, rules: &Rules) -> (Spans, Spans) {
    let Some(notice) = rules.notice_minutes else { return (spans.clone(), Spans::default()) };
    let in_time = |span: &Span| {
        one.announced_at
            .is_some_and(|told| told.plus_seconds(notice.saturating_mul(MINUTE_SECONDS)) <= span.start().start())
    };
    let (in_time, late): (Vec<Span>, Vec<Span>) = spans.as_slice().iter().partition(|span| in_time(span));
    (Spans::of(in_time), Spans::of(late))
}

/// The first minutes of each month, up to the cap.
fn capped(planned: &Spans, rules: &Rules, months: &[Span]) -> Spans {
    let Some(cap) = rules.monthly_cap_minutes else { return planned.clone() };
    months.iter().fold(Spans::default(), |sum, month| sum.union(&planned.within(*month).first_minutes(cap)))
}

fn union(list: &[(ExclusionId, Spans)]) -> Spans {
    Spans::of(list.iter().flat_map(|(_, spans)| spans.as_slice()).copied())
}

fn merged(each: impl Iterator<Item = (ExclusionId, Spans)>) -> Vec<(ExclusionId, Spans)> {
    let mut merged: Vec<(ExclusionId, Spans)> = Vec::new();
    for (id, spans) in each.filter(|(_, spans)| !spans.is_empty()) {
        match merged.iter_mut().find(|(known, _)| *known == id) {
            Some((_, sum)) => *sum = sum.union(&spans),
            None => merged.push((id, spans)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Minute;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    fn span(from: i64, to: i64) -> Span {
        Span::new(Minute(from), Minute(to))
    }

    fn one(id: i64, category: Category, from: i64, to: i64) -> Exclusion {
        Exclusion { id: ExclusionId(id), category, ..Exclusion::planned(span(from, to)) }
    }

    fn spans(set: &Spans) -> Vec<(i64, i64)> {
        set.as_slice().iter().map(|span| (span.start().0, span.end().0)).collect()
    }

    const MONTH: i64 = 31 * 1440;

    #[test]
    fn a_scope_is_written_and_read_as_text() {
        for text in ["all", "service:1000", "agreement:4000", "objective:5000"] {
            assert_eq!(Scope::from_text(text).unwrap().to_string(), text);
        }
        for text in ["", "all:1", "service", "service:", "agreement:x", "source:1", "<script>"] {
            assert_eq!(Scope::from_text(text), None, "{text:?}");
        }
    }

    #[test]
    fn overlaps_are_merged_and_only_what_lies_inside_counts() {
        let (a, b) = (one(1, Category::Other, 600, 660), one(2, Category::ThirdParty, 630, 690));
        let effect = effect([&a, &b], &Rules::default(), Tz::UTC, span(640, 10_000));
        assert_eq!(spans(&effect.excluded), [(640, 690)]);
        let each: Vec<_> = effect.each.iter().map(|(id, set)| (id.0, set.minutes())).collect();
        assert_eq!(each, [(1, 20), (2, 50)]);
        assert!(effect.planned.is_empty() && effect.refused.is_empty());
    }

    /// An hour of work of which half an hour lies after closing time.
    #[test]
    fn what_is_closed_anyway_is_not_taken_out() {
        let work = one(1, Category::PlannedMaintenance, 600, 660);
        let effect = effect([&work], &Rules::default(), Tz::UTC, span(0, 1440)).within(&span(480, 630).into());
        assert_eq!((effect.excluded.minutes(), effect.planned.minutes(), effect.each[0].1.minutes()), (30, 60, 30));
    }

    #[test]
    fn only_what_is_approved_counts() {
        for state in [State::Proposed, State::Rejected, State::Withdrawn] {
            let waiting = Exclusion { state, ..one(1, Category::Other, 0, 60) };
            assert_eq!(effect([&waiting], &Rules::default(), Tz::UTC, span(0, 100)), Effect::default());
        }
    }

    /// Announced 48 h before: in time. A minute later: too late. Never: too late. A customer's fault needs no notice.
    #[test]
    fn maintenance_without_notice_is_judged() {
        let rules = Rules { notice_minutes: Some(48 * 60), monthly_cap_minutes: None };
        let at = |told: Option<i64>, category| {
            let announced_at = told.map(|minute| Minute(minute).start());
            let work = Exclusion { announced_at, ..one(1, category, 10_000, 10_060) };
            effect([&work], &rules, Tz::UTC, span(0, MONTH))
        };
        let (in_time, late) = (10_000 - 2_880, 10_000 - 2_879);
        assert_eq!(at(Some(in_time), Category::PlannedMaintenance).excluded.minutes(), 60);
        for told in [Some(late), None] {
            let effect = at(told, Category::PlannedMaintenance);
            assert_eq!((effect.excluded.minutes(), effect.planned.minutes()), (0, 60));
            assert_eq!((effect.refused[0].broken, effect.refused[0].spans.minutes()), (Broken::Notice, 60));
        }
        assert_eq!(at(None, Category::CustomerFault).excluded.minutes(), 60);
    }

    /// Four hours a month: 3 h on the 1st and 3 h on the 2nd leave two of the second's judged; the next month is new.
    /// Looking at the second day alone changes nothing, and an hour that the customer caused anyway is not charged.
    #[test]
    fn the_cap_is_used_up_in_order_of_time_within_a_month() {
        let rules = Rules { notice_minutes: None, monthly_cap_minutes: Some(240) };
        let works = [
            one(1, Category::PlannedMaintenance, 0, 180),
            one(2, Category::PlannedMaintenance, 1440, 1620),
            one(3, Category::PlannedMaintenance, MONTH, MONTH + 100),
        ];
        let by = |works: &[Exclusion], window| effect(works, &rules, Tz::UTC, window);
        let whole = by(&works, span(0, 2 * MONTH));
        assert_eq!(spans(&whole.excluded), [(0, 180), (1440, 1500), (MONTH, MONTH + 100)]);
        assert_eq!((whole.refused[0].id.0, whole.refused[0].broken), (2, Broken::Cap));
        assert_eq!(spans(&whole.refused[0].spans), [(1500, 1620)]);
        assert_eq!(spans(&by(&works, span(1440, 2880)).excluded), [(1440, 1500)]);
        let mut with_fault = works.to_vec();
        with_fault.push(one(4, Category::CustomerFault, 60, 120));
        assert_eq!(spans(&by(&with_fault, span(0, MONTH)).excluded), [(0, 180), (1440, 1560)]);
    }

    #[test]
    fn months_of_the_cap_are_those_of_the_zone() {
        let rules = Rules { notice_minutes: None, monthly_cap_minutes: Some(60) };
        // Berlin's February 1970 begins at 23:00 UTC on 31 January
        let work = one(1, Category::PlannedMaintenance, MONTH - 120, MONTH + 60);
        let berlin = effect([&work], &rules, Tz::Europe__Berlin, span(0, 2 * MONTH));
        assert_eq!(spans(&berlin.excluded), [(MONTH - 120, MONTH)], "an hour of each month");
        let utc = effect([&work], &rules, Tz::UTC, span(0, 2 * MONTH));
        assert_eq!(spans(&utc.excluded), [(MONTH - 120, MONTH - 60), (MONTH, MONTH + 60)]);
    }

    proptest! {
        /// Neither their order nor saying them twice changes what is taken out, and no part of a window knows more than
        /// the whole.
        #[test]
        fn the_order_does_not_matter(
            works in proptest::collection::vec((0i64..90_000, 1i64..900, 0usize..5), 0..12),
            cap in proptest::option::of(0i64..2_000),
            from in 0i64..80_000,
            length in 0i64..20_000,
        ) {
            let works: Vec<_> = works.iter().zip(0..).map(|((at, minutes, category), id)| one(id, Category::ALL[*category], *at, at + minutes)).collect();
            let rules = Rules { notice_minutes: None, monthly_cap_minutes: cap };
            let whole = span(0, 3 * MONTH);
            let there = effect(&works, &rules, Tz::Europe__Berlin, whole);
            let twice = works.iter().rev().chain(&works);
            let back = effect(twice, &rules, Tz::Europe__Berlin, whole);
            prop_assert_eq!(&there.excluded, &back.excluded);
            prop_assert_eq!(&there.planned, &back.planned);
            let part = effect(&works, &rules, Tz::Europe__Berlin, span(from, from + length));
            prop_assert_eq!(part.excluded, there.excluded.within(span(from, from + length)));
        }
    }
}
