//! Notes on what happened: left, withdrawn, never deleted.

use crate::domain::ids::{NoteId, NoteKeyId, UserId};
use crate::domain::note::{Author, Note, NoteKind};
use crate::domain::time::{Instant, Minute, Span};
use crate::store::exclusions::{scope, scope_id};
use crate::store::objectives::ObjectiveListing;
use crate::store::{Db, StoreError, Tx, all, met};

/// The columns of a note with the name of its author, before its WHERE.
macro_rules! note {
    ($rest:literal) => {
        concat!(
            "SELECT n.id, n.kind, n.scope, n.scope_id, n.start_minute, n.end_minute, n.text, n.made_by, n.made_with, ",
            "n.made_at, COALESCE(u.name, k.name) AS author FROM notes n LEFT JOIN users u ON u.id = n.made_by ",
            "LEFT JOIN note_keys k ON k.id = n.made_with WHERE n.withdrawn_at IS NULL AND ",
            $rest
        )
    };
}

statements! {
    INSERT = "INSERT INTO notes (kind, scope, scope_id, start_minute, end_minute, text, made_by, made_with, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id";
    FIND = note!("n.id = $1");
    LIST = note!(
        "n.start_minute < $2 AND (n.end_minute > $1 OR n.start_minute >= $1) AND (n.scope = 'all'
            OR (n.scope = 'service' AND n.scope_id = $3) OR (n.scope = 'agreement' AND n.scope_id = $4)
            OR (n.scope = 'objective' AND n.scope_id = $5)) ORDER BY n.start_minute DESC, n.id DESC LIMIT $6"
    );
    COUNT_SINCE = "SELECT CAST(COUNT(*) AS BIGINT) FROM notes
        WHERE made_at > $1 AND (made_by = $2 OR made_with = $3)";
    WITHDRAW = "UPDATE notes SET withdrawn_by = $2, withdrawn_at = $3 WHERE id = $1 AND withdrawn_at IS NULL";
}

/// A note with the name of whoever left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    /// The note.
    pub note: Note,
    /// The name of the person or of the key.
    pub author: String,
}

#[derive(sqlx_macros::FromRow)]
struct NoteRow {
    id: i64,
    kind: String,
    scope: String,
    scope_id: Option<i64>,
    start_minute: i64,
    end_minute: i64,
    text: String,
    made_by: Option<i64>,
    made_with: Option<i64>,
    made_at: i64,
    author: Option<String>,
}

impl TryFrom<NoteRow> for SignedNote {
    type Error = StoreError;

    fn try_from(row: NoteRow) -> Result<Self, StoreError> {
        let corrupt = |why: String| StoreError::corrupt("notes", row.id, why);
        let author = match (row.made_by, row.made_with) {
            (Some(user), None) => Author::Person(UserId(user)),
            (None, Some(key)) => Author::Program(NoteKeyId(key)),
            _ => return Err(corrupt("it has no author, or two".to_owned())),
        };
        let note = Note {
            id: NoteId(row.id),
            kind: NoteKind::from_word(&row.kind).ok_or_else(|| corrupt(format!("{} is no kind", row.kind)))?,
            scope: scope(&row.scope, row.scope_id).ok_or_else(|| corrupt(format!("{} is no scope", row.scope)))?,
            at: Minute(row.start_minute),
            until: Minute(row.end_minute),
            text: row.text,
            author,
            made_at: Instant::from_seconds(row.made_at),
        };
        Ok(Self { note, author: row.author.unwrap_or_default() })
    }
}

const fn columns(author: Author) -> (Option<i64>, Option<i64>) {
    match author {
        Author::Person(user) => (Some(user.0), None),
        Author::Program(key) => (None, Some(key.0)),
    }
}

/// Keeps a new note; its `id` is ignored.
pub async fn insert(tx: &mut Tx, note: &Note) -> Result<NoteId, StoreError> {
    let (user, key) = columns(note.author);
    let id: i64 = in_tx!(tx, |ex| {
        sqlx::query_scalar(INSERT)
            .bind(note.kind.word())
            .bind(note.scope.word())
            .bind(scope_id(note.scope))
            .bind(note.at.0)
            .bind(note.until.0)
            .bind(&note.text)
            .bind(user)
            .bind(key)
            .bind(note.made_at.seconds())
            .fetch_one(ex)
            .await
    })?;
    Ok(NoteId(id))
}

/// The note with this identity, unless it is withdrawn.
pub async fn find(db: &Db, id: NoteId) -> Result<Option<SignedNote>, StoreError> {
    let row: Option<NoteRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(SignedNote::try_from).transpose()
}

/// The notes that touch a span and hold for an objective, the newest first, at most so many.
pub async fn list(db: &Db, of: &ObjectiveListing, span: Span, limit: i64) -> Result<Vec<SignedNote>, StoreError> {
    let (service, agreement) = (of.indicator.service.0, of.agreement.id.0);
    let rows: Vec<NoteRow> = on!(db, |ex| {
        sqlx::query_as(LIST)
            .bind(span.start().0)
            .bind(span.end().0)
            .bind(service)
            .bind(agreement)
            .bind(of.objective.id.0)
            .bind(limit)
            .fetch_all(ex)
            .await
    })?;
    all(rows)
}

/// How many notes somebody left since a moment, withdrawn ones included.
pub async fn count_since(db: &Db, author: Author, since: Instant) -> Result<i64, StoreError> {
    let (user, key) = columns(author);
    Ok(on!(db, |ex| {
        sqlx::query_scalar(COUNT_SINCE).bind(since.seconds()).bind(user).bind(key).fetch_one(ex).await
    })?)
}

/// Withdraws a note for good; `NotFound` if it was withdrawn already.
pub async fn withdraw(tx: &mut Tx, id: NoteId, by: UserId, at: Instant) -> Result<(), StoreError> {
    let done = in_tx!(tx, |ex| {
        sqlx::query(WITHDRAW).bind(id.0).bind(by.0).bind(at.seconds()).execute(ex).await?.rows_affected()
    });
    met(done, "note", id)
}
