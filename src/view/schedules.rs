//! Schedules: the list, one of them, and its form; and the outbox that they fill.

use super::{Badge, Choice, Fact, Form, Link, Pager, Shell};
use crate::language::filters;
use askama::Template;

/// `/schedules`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/schedules/list.html")]
pub struct SchedulesPage {
    /// What stands around it.
    pub shell: Shell,
    /// The schedules, by name.
    pub rows: Vec<ScheduleRow>,
    /// Is mail switched off?
    pub is_off: bool,
    /// May this person make one?
    pub can_edit: bool,
}

/// One schedule in the list.
#[derive(Clone, Debug)]
pub struct ScheduleRow {
    /// The schedule.
    pub link: Link,
    /// Live, paused.
    pub state: Badge,
    /// Whose reports.
    pub about: String,
    /// Which periods, when.
    pub when: String,
    /// How many people.
    pub recipients: String,
    /// The next run, or a dash.
    pub next: String,
    /// What it is about; may be empty.
    pub next_about: String,
}

/// `/schedules/{id}`. `POST /schedules/{id}/state` pauses, resumes and archives (buttons named `action`: `pause`, `resume`,
/// `archive`); `POST /schedules/{id}/try` mails it to one address (field `to`).
#[derive(Template, Clone, Debug)]
#[template(path = "pages/schedules/show.html")]
pub struct SchedulePage {
    /// What stands around it.
    pub shell: Shell,
    /// Its id.
    pub id: i64,
    /// Live, paused.
    pub state: Badge,
    /// When it mails next, in a sentence.
    pub next: String,
    /// What it says.
    pub facts: Vec<Fact>,
    /// Its runs, the newest first.
    pub runs: Vec<RunRow>,
    /// Is it paused?
    pub is_paused: bool,
    /// May this person change it?
    pub can_edit: bool,
    /// The form for a trial; its field: `to`.
    pub form: Form,
}

/// What a schedule mailed about one period.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// The period.
    pub period: String,
    /// Sent, waiting, skipped.
    pub state: Badge,
    /// When it was due.
    pub due_at: String,
    /// When it was done, or a dash.
    pub done_at: String,
    /// Why nothing was mailed, or what was missing; may be empty.
    pub note: String,
}

/// `/schedules/new` and `/schedules/{id}/edit`.
///
/// Fields: `scope` (`house`, `customer:Acme`, `agreement:4000`), `name`, `covers`, `when` (`final`, `at`, `cron`), `time`,
/// `wait`, `cron`, `zone`, `recipients` (one per line), `reply-to`, `prefix`, `only`, and the boxes `csv` and `json`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/schedules/form.html")]
pub struct ScheduleFormPage {
    /// What stands around it.
    pub shell: Shell,
    /// The schedule that is changed; nothing for a new one.
    pub id: Option<i64>,
    /// What was typed.
    pub form: Form,
    /// Whose reports it can be.
    pub scopes: Vec<Choice>,
    /// Which periods.
    pub periods: Vec<Choice>,
    /// Which verdicts.
    pub verdicts: Vec<Choice>,
    /// Names of all zones, offered while typing.
    pub zones: Vec<String>,
}

impl ScheduleFormPage {
    /// Where the form is sent.
    #[must_use]
    pub fn action(&self) -> String {
        self.id.map_or_else(|| "/schedules/new".to_owned(), |id| format!("/schedules/{id}/edit"))
    }

    /// Where cancelling leads.
    #[must_use]
    pub fn back(&self) -> String {
        self.id.map_or_else(|| "/schedules".to_owned(), |id| format!("/schedules/{id}"))
    }
}

/// `/deliveries`. Query: `state` (`dead`, `queued`, `sent`) and `page`. `POST /deliveries/{id}/retry` tries one again at once.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/schedules/deliveries.html")]
pub struct DeliveriesPage {
    /// What stands around it.
    pub shell: Shell,
    /// How many wait, were sent, were given up, in one sentence.
    pub summary: String,
    /// Said where mail is switched off; empty otherwise.
    pub off: String,
    /// The deliveries, the newest first.
    pub rows: Vec<OutboxRow>,
    /// The state that is shown alone; empty for all.
    pub state: String,
    /// The states to choose from.
    pub states: Vec<Choice>,
    /// Further pages.
    pub pager: Pager,
}

/// One mail on its way to one recipient.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// To whom.
    pub recipient: String,
    /// What it is about: the report, under the mail's subject.
    pub about: Link,
    /// Waiting, sent, being retried, given up.
    pub state: Badge,
    /// How often it was tried.
    pub attempts: String,
    /// When it was sent, or will be tried next.
    pub at: String,
    /// What the mail server last answered; empty if nothing.
    pub answer: String,
    /// Where to ask for another try at once, if that makes sense and this person may.
    pub retry: Option<String>,
}
