//! Exports the notes of a range: CSV and JSON say the same.

use crate::domain::time::Span;
use crate::language::say;
use crate::ops::OpsError;
use crate::ops::export::Format;
use crate::report::csv::table;
use crate::store::notes::SignedNote;
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, Db};
use serde::Serialize;

/// A file holds at most so many notes.
const ROWS_MAX: i64 = 10_000;
/// The columns of the CSV, and the names in the JSON.
const COLUMNS: [&str; 8] = ["id", "kind", "scope", "start", "end", "text", "author", "made_at"];

/// One note. Moments are RFC 3339 in UTC; `end` is empty for a moment.
#[derive(Serialize)]
struct Row {
    id: i64,
    kind: &'static str,
    scope: String,
    start: String,
    end: Option<String>,
    text: String,
    author: String,
    made_at: String,
}

#[derive(Serialize)]
struct Document {
    notes: Vec<Row>,
}

/// The notes that touch a span and hold for an objective, the newest first.
pub async fn export_notes(db: &Db, of: &ObjectiveListing, span: Span, format: Format) -> Result<String, OpsError> {
    let notes = store::notes::list(db, of, span, ROWS_MAX + 1).await?;
    if i64::try_from(notes.len()).unwrap_or(i64::MAX) > ROWS_MAX {
        return Err(OpsError::refused("from", say!("A file holds {most} notes. Ask for a shorter range.", ROWS_MAX)));
    }
    let rows = notes.into_iter().map(row);
    match format {
        Format::Csv => Ok(table(&COLUMNS, rows.map(cells))?),
        Format::Json => Ok(serde_json::to_string_pretty(&Document { notes: rows.collect() })?),
    }
}

fn row(SignedNote { note, author }: SignedNote) -> Row {
    Row {
        id: note.id.0,
        kind: note.kind.word(),
        scope: note.scope.to_string(),
        start: note.at.start().to_string(),
        end: note.lasted().then(|| note.until.start().to_string()),
        text: note.text,
        author,
        made_at: note.made_at.to_string(),
    }
}

fn cells(row: Row) -> [String; 8] {
    let id = row.id.to_string();
    let end = row.end.unwrap_or_default();
    [id, row.kind.to_owned(), row.scope, row.start, end, row.text, row.author, row.made_at]
}
