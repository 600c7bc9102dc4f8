//! An agreement's running period as a whole: figures that can be opened, violations, exclusions, both numbers.

use super::{Badge, Link, Tone};

/// The period as a whole.
#[derive(Clone, Debug, Default)]
pub struct WholeView {
    /// Compliance, overall and by group.
    pub compliance: Vec<Figure>,
    /// What was broken, the worst first.
    pub violations: Vec<ViolationRow>,
    /// What is owed, headroom and claim; empty if the agreement credits nothing.
    pub credit: Vec<Figure>,
    /// Outages and how soon they were over.
    pub recovery: Vec<Figure>,
    /// The exclusions that touch the period.
    pub exclusions: Vec<ExclusionRow>,
    /// Each objective's raw number beside the contractual one.
    pub sides: Vec<SidesRow>,
}

impl WholeView {
    /// The same for people without an account: it leads nowhere.
    #[must_use]
    pub fn without_links(mut self) -> Self {
        self.violations.iter_mut().for_each(|row| row.href = None);
        self.exclusions.iter_mut().for_each(|row| row.link.href.clear());
        self.sides.iter_mut().for_each(|row| row.objective.href.clear());
        self
    }
}

/// A figure with the arithmetic behind it.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// How much.
    pub value: String,
    /// A word or two beneath.
    pub note: String,
    /// Whether it is good or bad, if it is either.
    pub tone: Option<Tone>,
    /// How it comes about, line by line.
    pub why: Vec<String>,
}

/// A broken promise.
#[derive(Clone, Debug)]
pub struct ViolationRow {
    /// What was promised about; an objective's name leads to it.
    pub metric: String,
    /// Where that is shown.
    pub href: Option<String>,
    /// What was promised.
    pub target: String,
    /// What became of it.
    pub value: String,
    /// How bad it is.
    pub severity: Badge,
    /// Since when, or `–`.
    pub since: String,
}

/// An exclusion that touches the period.
#[derive(Clone, Debug)]
pub struct ExclusionRow {
    /// Category, and where it is shown.
    pub link: Link,
    /// Why.
    pub reason: String,
    /// Its occurrences in the period.
    pub when: String,
    /// What it takes out.
    pub taken: String,
    /// What stays in the judgement, and why; often empty.
    pub refused: String,
    /// Who asked and who approved.
    pub who: String,
}

/// An objective's two numbers.
#[derive(Clone, Debug)]
pub struct SidesRow {
    /// The objective.
    pub objective: Link,
    /// With nothing taken out.
    pub raw: String,
    /// As agreed.
    pub contractual: String,
    /// What is taken out.
    pub taken: String,
    /// Do the methods disagree about whether the target is met?
    pub disagree: bool,
    /// How the one becomes the other, and what other methods would say.
    pub why: Vec<String>,
}
