//! Exclusions: the list, one exclusion with its effect, and the form that proposes them.

use super::{Badge, Choice, Fact, Form, Link, Pager, Shell};
use crate::language::filters;
use askama::Template;

/// `/exclusions`. Query: `state` (`proposed`, `approved`, `rejected`, `withdrawn`) and `page`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/exclusions/list.html")]
pub struct ExclusionsPage {
    /// What stands around it.
    pub shell: Shell,
    /// The exclusions.
    pub rows: Vec<ExclusionRow>,
    /// The state that is shown alone; empty for all.
    pub state: String,
    /// The states to choose from.
    pub states: Vec<Choice>,
    /// Further pages.
    pub pager: Pager,
    /// May this person propose one?
    pub can_edit: bool,
}

impl ExclusionsPage {
    /// The same part of the list as a file.
    #[must_use]
    pub fn file(&self, ending: &str) -> String {
        if self.state.is_empty() {
            format!("/exclusions.{ending}")
        } else {
            format!("/exclusions.{ending}?state={}", self.state)
        }
    }
}

/// One exclusion in the list.
#[derive(Clone, Debug)]
pub struct ExclusionRow {
    /// Its id.
    pub id: i64,
    /// How far it has come.
    pub state: Badge,
    /// Why.
    pub reason: String,
    /// What kind of reason that is.
    pub category: String,
    /// What it is about.
    pub scope: String,
    /// Its only or first occurrence.
    pub when: String,
    /// How it comes back; empty for once.
    pub comes_back: String,
    /// Who asked for it, and when.
    pub proposed: String,
}

/// What an exclusion does, objective by objective and period by period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EffectTable {
    /// One sentence.
    pub sentence: String,
    /// The lines.
    pub rows: Vec<EffectRow>,
    /// Said where not everything is shown; empty otherwise.
    pub left_off: String,
}

/// What an exclusion does to one objective in one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectRow {
    /// The objective.
    pub objective: Link,
    /// Its agreement.
    pub agreement: String,
    /// The period.
    pub period: String,
    /// What is taken out, in minutes and percent of the period.
    pub taken_out: String,
    /// What stays because of notice or cap; empty if nothing.
    pub refused: String,
    /// SLI without it.
    pub sli_without: String,
    /// Standing without it.
    pub without: Badge,
    /// SLI with it.
    pub sli_with: String,
    /// Standing with it.
    pub with: Badge,
}

/// `/exclusions/{id}`. `POST /exclusions/{id}/decide` decides: fields `seen` (the state on the page), `remark`, and the
/// buttons named `action`: `approve`, `reject`, `withdraw`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/exclusions/show.html")]
pub struct ExclusionPage {
    /// What stands around it.
    pub shell: Shell,
    /// Its id.
    pub id: i64,
    /// How far it has come.
    pub state: Badge,
    /// How far it has come, in a sentence or two.
    pub verdict: String,
    /// Said if the same person proposed and approved it; empty otherwise.
    pub alone: String,
    /// Scope, category, time, notice, people.
    pub facts: Vec<Fact>,
    /// What it does; nothing once it is rejected or withdrawn.
    pub effect: Option<EffectTable>,
    /// The state's word.
    pub seen: String,
    /// The remark that was typed.
    pub form: Form,
    /// May this person approve and reject it, now?
    pub can_decide: bool,
    /// May this person take it back, now?
    pub can_withdraw: bool,
}

/// `/exclusions/new`.
///
/// Fields: `scope` (`all`, `service:1`, `agreement:1`, `objective:1`), `category`, `reason`, `zone`, `from`, `to`, `rule`,
/// `announced`. Buttons named `action`: `preview`, `propose`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/exclusions/form.html")]
pub struct ExclusionFormPage {
    /// What stands around it.
    pub shell: Shell,
    /// What was typed.
    pub form: Form,
    /// What it can be about.
    pub scopes: Vec<Choice>,
    /// The kinds of reason.
    pub categories: Vec<Choice>,
    /// Names of all zones, offered while typing.
    pub zones: Vec<String>,
    /// What was understood of the times; empty until it is asked for.
    pub understood: String,
    /// What it would do, once that is asked for.
    pub effect: Option<EffectTable>,
}
