//! What objectives and agreements may say beyond a name and a target.
//!
//! ```
//! use nines::domain::contract::{Composite, Rule};
//! use nines::domain::ids::ObjectiveId;
//! let (shop, pay) = (ObjectiveId(1), ObjectiveId(2));
//! let composite = Composite::new(Rule::AnyBad, vec![(shop, 1), (pay, 1)]).unwrap();
//! assert_eq!(composite.members().len(), 2);
//! assert!(Composite::new(Rule::Weighted, vec![(shop, 1), (shop, 2)]).is_err(), "nothing counts twice");
//! ```

use crate::domain::burn::{self, AlertRule, Guard};
use crate::domain::calendar::Anchor;
use crate::domain::compliance::Group;
use crate::domain::credit::Credit;
use crate::domain::exclusion::Rules;
use crate::domain::ids::ObjectiveId;
use crate::domain::recovery::RecoveryTargets;
use crate::domain::retention::KeepYears;
use crate::domain::schedule::Schedule;
use crate::domain::target::Target;
use crate::domain::terms::{Counting, Unit};
use crate::language::Language;
use crate::language::say;
use std::collections::BTreeSet;
use thiserror::Error;

/// What an objective says beyond its name, indicator, target and window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectiveTerms {
    /// How its minutes become its SLI.
    pub counting: Counting,
    /// Where it stands in its agreement; nothing for the usual group of its kind.
    pub group: Option<Group>,
    /// Do service credits go by it? If no objective of an agreement says so, those of the group availability do.
    pub earns_credit: bool,
    /// What it weighs in its agreement, against the others; 0 leaves it out of the overall compliance.
    pub weight: u32,
    /// Made of other objectives of its agreement.
    pub composite: Option<Composite>,
    /// The burn-rate alerts that people wrote; empty for the usual ones.
    pub alerts: Vec<AlertRule>,
}

impl Default for ObjectiveTerms {
    fn default() -> Self {
        Self {
            counting: Counting::default(),
            group: None,
            earns_credit: false,
            weight: 1,
            composite: None,
            alerts: Vec::new(),
        }
    }
}

impl ObjectiveTerms {
    /// What the good and all of its judgements count.
    #[must_use]
    pub fn unit(&self) -> Unit {
        match &self.composite {
            None => self.counting.method.unit(),
            Some(composite) if composite.rule == Rule::AnyBad => Unit::Slice,
            Some(_) => Unit::BillionthOfSlice,
        }
    }

    /// The burn-rate alerts over a window of so many minutes, most urgent first.
    #[must_use]
    pub fn rules(&self, window_minutes: i64, target: Target) -> Vec<AlertRule> {
        if self.alerts.is_empty() {
            burn::alert_rules(window_minutes, target, self.counting.method.slice().minutes())
        } else {
            self.alerts.clone()
        }
    }

    /// Whether its alerts must be guarded against chance.
    #[must_use]
    pub fn guard(&self) -> Guard {
        if self.unit() == Unit::Event { Guard::FewEvents } else { Guard::Off }
    }
}

/// What an agreement says beyond names, zone, period and reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgreementTerms {
    /// Where its calendar periods begin.
    pub anchor: Anchor,
    /// When its services are judged; always, if it says nothing.
    pub hours: Option<Schedule>,
    /// What it demands of planned maintenance.
    pub rules: Rules,
    /// What a missed promise costs.
    pub credit: Option<Credit>,
    /// Promises about outages as a whole.
    pub recovery: RecoveryTargets,
    /// The language of its shared pages and, unless their schedule says otherwise, its reports; nothing for that of the
    /// reader's browser on pages, and English in mails.
    pub language: Option<Language>,
    /// For how long its reports are kept; nothing for ever.
    pub keep_years: Option<KeepYears>,
}

/// How members become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A slice is bad if any member's is.
    AnyBad,
    /// The weighted mean of the members' SLIs.
    Weighted,
}

impl Rule {
    /// The word: `any_bad`, `weighted`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AnyBad => "any_bad",
            Self::Weighted => "weighted",
        }
    }

    /// The rule behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::AnyBad, Self::Weighted].into_iter().find(|rule| rule.word() == word)
    }
}

/// An objective that is made of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composite {
    rule: Rule,
    members: Vec<(ObjectiveId, u32)>,
}

/// Why members make no composite; each sentence says the mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CompositeError {
    /// Fewer than two, or too many.
    #[error("{}", say!("a composite has 2 to {most} members; name more or fewer objectives", Composite::MEMBERS_MAX))]
    Number,
    /// One is named twice.
    #[error("{}", say!("a member may stand in a composite only once; remove the second"))]
    Twice,
    /// A weight of nothing, or too large.
    #[error("{}", say!("weights are whole numbers from 1 to 1000; write one of these"))]
    Weight,
}

impl Composite {
    /// The most members.
    pub const MEMBERS_MAX: usize = 20;

    /// From members with their weights.
    pub fn new(rule: Rule, members: Vec<(ObjectiveId, u32)>) -> Result<Self, CompositeError> {
        if !(2..=Self::MEMBERS_MAX).contains(&members.len()) {
            return Err(CompositeError::Number);
        }
        if members.iter().map(|(id, _)| id).collect::<BTreeSet<_>>().len() < members.len() {
            return Err(CompositeError::Twice);
        }
        if !members.iter().all(|(_, weight)| (1..=1000).contains(weight)) {
            return Err(CompositeError::Weight);
        }
        Ok(Self { rule, members })
    }

    /// How members become one.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The members with their weights.
    #[must_use]
    pub fn members(&self) -> &[(ObjectiveId, u32)] {
        &self.members
    }
}
