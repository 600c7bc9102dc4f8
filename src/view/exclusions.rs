//! Exclusions: the list, one of them, the form that proposes them, and what they do.

use super::{Badge, Choice, Fact, Form, Link, Pager, Shell};
use askama::Template;

/// `/exclusions`. Query: `state` (`proposed`, `approved`, `rejected`, `withdrawn`), `page`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/exclusions/list.html")]
pub struct ExclusionsPage {
    /// What stands around it.
    pub shell: Shell,
    /// Only those in this state; empty for all.
    pub state: String,
    /// All states: word and name with how many there are.
    pub states: Vec<Choice>,
    /// The exclusions, those that begin last first.
    pub rows: Vec<ExclusionRow>,
    /// Turns the pages.
    pub pager: Pager,
    /// May this person propose one?
    pub can_edit: bool,
}

/// One exclusion in the list.
#[derive(Clone, Debug)]
pub struct ExclusionRow {
    /// Its id.
    pub id: i64,
    /// How far it has come.
    pub state: Badge,
    /// Why, in a sentence.
    pub reason: String,
    /// Its category: `planned maintenance`.
    pub category: String,
    /// What it is about.
    pub scope: String,
    /// Its only or first occurrence.
    pub first: String,
    /// How it comes back: `every week on Sunday`; empty for once.
    pub recurrence: String,
    /// Who asked for it.
    pub proposed_by: String,
}

/// `/exclusions/new`.
///
/// Fields: `scope` (`all`, `service-1`, `agreement-1`, `objective-1`), `category`, `reason`, `zone`, `from`, `to`, `rule`,
/// `announced`. Buttons named `action`: `effect`, `propose`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/exclusions/form.html")]
pub struct ExclusionFormPage {
    /// What stands around it.
    pub shell: Shell,
    /// What was typed.
    pub form: Form,
    /// What it can be about.
    pub scopes: Vec<Choice>,
    /// The categories.
    pub categories: Vec<Choice>,
    /// Names of all zones, offered while typing.
    pub zones: Vec<String>,
    /// How Nines understands the times, once they can be read.
    pub understood: Vec<Fact>,
    /// What it would do, when asked.
    pub effect: Option<EffectTable>,
}

/// `/exclusions/{id}`. `POST /exclusions/{id}/decide` with `seen`, `decision` and `remark` decides.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/exclusions/show.html")]
pub struct ExclusionPage {
    /// What stands around it.
    pub shell: Shell,
    /// Its id.
    pub id: i64,
    /// Why, in a sentence.
    pub reason: String,
    /// How far it has come.
    pub state: Badge,
    /// Its state's word, which the form sends back.
    pub seen: String,
    /// How far it has come, in a sentence or two.
    pub verdict: String,
    /// Scope, category, times, notice.
    pub facts: Vec<Fact>,
    /// Its next occurrences.
    pub next: Vec<String>,
    /// Who did what with it, oldest first.
    pub history: Vec<Step>,
    /// What it does, or would do.
    pub effect: EffectTable,
    /// What this person may decide: the buttons' words and labels.
    pub decisions: Vec<Choice>,
    /// What was typed.
    pub form: Form,
}

impl ExclusionPage {
    /// The first decision is the one that the page leads to.
    #[must_use]
    pub fn is_main(&self, choice: &Choice) -> bool {
        choice.value == "approve"
    }
}

/// Something that somebody did with an exclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What: `proposed`.
    pub what: String,
    /// Who, and when.
    pub who: String,
    /// What they said; empty if nothing.
    pub remark: String,
}

/// What an exclusion does to the objectives that it holds.
#[derive(Clone, Debug, Default)]
pub struct EffectTable {
    /// One row for each objective and period.
    pub rows: Vec<EffectRow>,
    /// In a sentence or two: what changes, and what was left out.
    pub notes: Vec<String>,
}

/// What it does to one objective in one period.
#[derive(Clone, Debug)]
pub struct EffectRow {
    /// The objective.
    pub objective: Link,
    /// Its agreement.
    pub agreement: String,
    /// The period: `November 2026 so far`.
    pub period: String,
    /// What it takes out: `2 h`.
    pub taken_out: String,
    /// What is to know of that: overlaps, caps; empty if nothing.
    pub net: String,
    /// What stays in because of a rule: `1 h: not announced 48 h before`.
    pub refused: Vec<String>,
    /// The period without it.
    pub without: Outcome,
    /// The period with it.
    pub with: Outcome,
    /// Does it turn a missed period into one that is met, or back?
    pub is_turned: bool,
}

/// How a period comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Met, missed, or neither.
    pub verdict: Badge,
    /// The SLI: `99.95 %`.
    pub sli: String,
}
