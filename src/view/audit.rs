//! The audit log: who changed what, when.

use super::{Link, Pager, Shell};
use crate::language::filters;
use askama::Template;

/// `/audit`. Query: `page`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/audit.html")]
pub struct AuditPage {
    /// What stands around it.
    pub shell: Shell,
    /// The entries, the newest first.
    pub rows: Vec<AuditRow>,
    /// Turns the pages.
    pub pager: Pager,
}

/// One change.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// When, with its zone.
    pub at: String,
    /// Who; `Nines` for what it did by itself.
    pub who: String,
    /// What was done: `changed the agreement`.
    pub action: String,
    /// What it was done to, if it still exists.
    pub subject: Option<Link>,
    /// What changed, before and after.
    pub changes: Vec<Change>,
}

/// One value that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub what: String,
    /// What it was; empty if there was none.
    pub before: String,
    /// What it is; empty if there is none.
    pub after: String,
}
