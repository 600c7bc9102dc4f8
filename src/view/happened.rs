//! What happened to a service besides what was measured, and the keys with which programs say so.

use super::{Badge, Choice, Form, Shell};
use crate::language::filters;
use askama::Template;

/// The section of the objective's page. Fields of its form: `kind`, `text`, `at`, `until`, `scope`.
#[derive(Clone, Debug, Default)]
pub struct HappenedSection {
    /// Deploys, notes and changes of the terms in the range, the newest first.
    pub rows: Vec<HappenedRow>,
    /// How many there are besides, in a sentence.
    pub more: Option<String>,
    /// What was typed.
    pub form: Form,
    /// The kinds.
    pub kinds: Vec<Choice>,
    /// What a note can be about.
    pub scopes: Vec<Choice>,
    /// The zone of its times.
    pub zone: String,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HappenedRow {
    /// The note's id; nothing for a change of the terms.
    pub id: Option<i64>,
    /// When.
    pub when: String,
    /// `Deploy`, `Note`, `Terms changed`.
    pub kind: String,
    /// What, in people's words; may be empty.
    pub text: String,
    /// What it is about.
    pub about: String,
    /// Who says so.
    pub author: String,
}

/// `/objectives/{id}/note-keys`. Fields: `name`, `scope`. `POST /objectives/{id}/note-keys/{key}/revoke` revokes one.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/objectives/note_keys.html")]
pub struct NoteKeysPage {
    /// What stands around it.
    pub shell: Shell,
    /// The objective's id.
    pub id: i64,
    /// The objective's name.
    pub name: String,
    /// Every key, the newest first.
    pub rows: Vec<NoteKeyRow>,
    /// What was typed.
    pub form: Form,
    /// What a key's notes can be about.
    pub scopes: Vec<Choice>,
    /// The key that was made just now, and a command that uses it; shown once.
    pub made: Option<(String, String)>,
    /// May this person make and revoke keys?
    pub can_edit: bool,
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKeyRow {
    /// Its id.
    pub id: i64,
    /// Who uses it.
    pub name: String,
    /// What its notes are about.
    pub about: String,
    /// When it was made.
    pub made: String,
    /// When it was last used, or `never`.
    pub used: String,
    /// Open or revoked.
    pub state: Badge,
    /// Can it be revoked?
    pub is_open: bool,
}
