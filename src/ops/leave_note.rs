//! Leaves a note on what happened, such as a deploy, and takes it back.

use crate::domain::exclusion::Scope;
use crate::domain::ids::{NoteId, UserId};
use crate::domain::note::{self, Author, Note, NoteKind, NoteProblem};
use crate::domain::time::{DAY_MINUTES, MINUTE_SECONDS, Minute};
use crate::language::say;
use crate::ops::{Context, OpsError, audit, token};
use crate::store;
use crate::store::note_keys::NoteKey;
use crate::store::objectives::ObjectiveListing;
use serde::Serialize;

/// How many notes one author may leave in 24 hours.
pub const DAILY_MAX: i64 = 500;
/// Longer texts are no tokens.
const TOKEN_BYTES_MAX: usize = 64;

/// What somebody wants noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What kind of thing happened.
    pub kind: NoteKind,
    /// What it happened to.
    pub scope: Scope,
    /// When; now, if nothing is said.
    pub at: Option<Minute>,
    /// The first minute after it, if it lasted.
    pub until: Option<Minute>,
    /// What happened.
    pub text: String,
}

/// What the audit log keeps of a note.
#[derive(Serialize)]
struct Snapshot<'a> {
    name: &'a str,
    kind: &'static str,
    scope: String,
    start: String,
    end: Option<String>,
}

impl<'a> Snapshot<'a> {
    fn of(note: &'a Note) -> Self {
        Self {
            name: &note.text,
            kind: note.kind.word(),
            scope: note.scope.to_string(),
            start: note.at.start().to_string(),
            end: note.lasted().then(|| note.until.start().to_string()),
        }
    }
}

impl From<NoteProblem> for OpsError {
    fn from(problem: NoteProblem) -> Self {
        Self::refused(problem.field(), problem.to_string())
    }
}

/// The key behind a token; nothing if there is none or it is revoked, without telling which.
pub async fn key(context: &Context, token: &str) -> Result<Option<NoteKey>, OpsError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Ok(None);
    }
    Ok(store::note_keys::open(&context.db, &token::hash(token)).await?)
}

/// Keeps a note.
pub async fn leave(context: &Context, author: Author, draft: Draft) -> Result<NoteId, OpsError> {
    let now = context.clock.now();
    let text = note::checked_text(&draft.text)?;
    let (at, until) = note::checked_time(draft.at.unwrap_or_else(|| now.minute()), draft.until, now.minute())?;
    let day_ago = now.plus_seconds(-DAY_MINUTES * MINUTE_SECONDS);
    if store::notes::count_since(&context.db, author, day_ago).await? >= DAILY_MAX {
        let sentence = say!("{most} notes were left within a day. Leave fewer, or wait until tomorrow.", DAILY_MAX);
        return Err(OpsError::refused("", sentence));
    }
    let (kind, scope) = (draft.kind, draft.scope);
    let note = Note { id: NoteId(0), kind, scope, at, until, text, author, made_at: now };
    let mut tx = context.db.begin_write().await?;
    let id = store::notes::insert(&mut tx, &note).await?;
    let who = match author {
        Author::Person(user) => Some(user),
        Author::Program(key) => {
            store::note_keys::note_use(&mut tx, key, now).await?;
            None
        }
    };
    audit(&mut tx, now, who, "note.left", ("note", id.0), (None, Some(&Snapshot::of(&note)))).await?;
    tx.commit().await?;
    Ok(id)
}

/// Takes back a note that holds for an objective: it stands on no chart any more, and the audit log keeps it.
pub async fn withdraw(context: &Context, who: UserId, of: &ObjectiveListing, id: NoteId) -> Result<(), OpsError> {
    let found = store::notes::find(&context.db, id).await?.map(|signed| signed.note);
    let note = found.filter(|note| of.is_in(note.scope)).ok_or(OpsError::NotFound("note"))?;
    let now = context.clock.now();
    let mut tx = context.db.begin_write().await?;
    store::notes::withdraw(&mut tx, id, who, now).await?;
    audit(&mut tx, now, Some(who), "note.withdrawn", ("note", id.0), (Some(&Snapshot::of(&note)), None)).await?;
    Ok(tx.commit().await?)
}
