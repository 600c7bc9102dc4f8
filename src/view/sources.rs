//! Sources: the list, one source with what it feeds, and the form that defines them.

use super::objective::Finding;
use super::{Badge, Fact, Form, Link, Progress, Shell};
use crate::language::filters;
use askama::Template;

/// `/sources`. Query: `archived=1` shows the archived ones.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/sources/list.html")]
pub struct SourcesPage {
    /// What stands around it.
    pub shell: Shell,
    /// The sources.
    pub rows: Vec<SourceRow>,
    /// Are the archived ones shown?
    pub shows_archived: bool,
    /// How many archived ones there are.
    pub archived_count: usize,
    /// May this person define one?
    pub can_edit: bool,
}

/// One source in the list.
#[derive(Clone, Debug)]
pub struct SourceRow {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its kind: `Prometheus`.
    pub kind: String,
    /// Where it is.
    pub address: String,
    /// How it does: working, failing, waiting, archived.
    pub state: Badge,
    /// When it last answered: `12 s ago`, `never`.
    pub last_success: String,
    /// What it last said instead; empty if nothing.
    pub last_error: String,
    /// When it is asked next: `in 18 s`.
    pub next_try: String,
    /// How many indicators it feeds.
    pub indicators: usize,
}

/// `/sources/{id}`. `POST /sources/{id}/test` asks it now; `/archive` and `/restore` do what they say.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/sources/show.html")]
pub struct SourcePage {
    /// What stands around it.
    pub shell: Shell,
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// How it does.
    pub state: Badge,
    /// How it does, in one sentence.
    pub verdict: String,
    /// Address, kind, authentication, interval, delay, timeout, last success, last error, next try.
    pub facts: Vec<Fact>,
    /// Oddities of its data.
    pub findings: Vec<Finding>,
    /// What it feeds.
    pub indicators: Vec<IndicatorRow>,
    /// What a test just said.
    pub test: Option<TestResult>,
    /// Is it archived?
    pub is_archived: bool,
    /// May this person change it?
    pub can_edit: bool,
}

/// One indicator that a source feeds.
#[derive(Clone, Debug)]
pub struct IndicatorRow {
    /// The objective that shows it.
    pub objective: Link,
    /// The service that it is about.
    pub service: String,
    /// What the source is asked.
    pub query: String,
    /// The newest slice that is known: `07:11 UTC`.
    pub newest: String,
    /// The backfill, while it is under way.
    pub backfill: Option<Progress>,
    /// Its own trouble, if any.
    pub problem: Option<String>,
}

/// What a test brought back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestResult {
    /// Did it answer rightly?
    pub is_fine: bool,
    /// One sentence.
    pub headline: String,
    /// What came back, line by line.
    pub lines: Vec<String>,
}

/// `/sources/new` and `/sources/{id}/edit`.
///
/// Fields: `name`, `kind` (`prometheus`, `scrape`, `probe-http`, `probe-tcp`), `url`, `host`, `port`, `status-min`,
/// `status-max`, `body`, `auth` (`none`, `basic`, `bearer`), `user`, `password`, `token`, `headers`, `ca`, `every`, `delay`,
/// `timeout`, `allow-link-local` (`yes`). Buttons named `action`: `test`, `save`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/sources/form.html")]
pub struct SourceFormPage {
    /// What stands around it.
    pub shell: Shell,
    /// The source that is changed; none for a new one.
    pub id: Option<i64>,
    /// What was typed; secrets are never shown again.
    pub form: Form,
    /// Is a password stored?
    pub keeps_password: bool,
    /// Is a token stored?
    pub keeps_token: bool,
    /// Names of the stored extra headers, whose values are not shown.
    pub keeps_headers: Vec<String>,
    /// What a test just said.
    pub test: Option<TestResult>,
}

impl SourceFormPage {
    /// Where the form is sent.
    #[must_use]
    pub fn action(&self) -> String {
        self.id.map_or_else(|| "/sources/new".to_owned(), |id| format!("/sources/{id}/edit"))
    }

    /// Is its kind this word? The first kind when none was chosen.
    #[must_use]
    pub fn is_kind(&self, word: &str) -> bool {
        let kind = self.form.value("kind");
        kind == word || (kind.is_empty() && word == "prometheus")
    }

    /// Is its authentication this word? None when none was chosen.
    #[must_use]
    pub fn is_auth(&self, word: &str) -> bool {
        let auth = self.form.value("auth");
        auth == word || (auth.is_empty() && word == "none")
    }
}
