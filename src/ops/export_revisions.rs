//! An agreement's revisions as a file: CSV and JSON say the same.

use crate::domain::model::Agreement;
use crate::domain::time::Minute;
use crate::language::{self, Language};
use crate::ops::OpsError;
use crate::ops::export::Format;
use crate::ops::tell_revisions::{Told, tell};
use crate::report::csv::table;
use crate::store::Db;
use serde::Serialize;

/// The columns of the CSV: one row for each change, and one for a revision that changed nothing.
const COLUMNS: [&str; 9] =
    ["revision", "effective_from", "made_at", "made_by", "note", "applied_at", "what", "before", "after"];

/// One revision. Moments are RFC 3339 in UTC; people stand by their names.
#[derive(Serialize)]
struct Row {
    revision: i64,
    /// Null for the terms that it began with.
    effective_from: Option<String>,
    made_at: String,
    made_by: Option<String>,
    note: String,
    /// Null while it waits for its day.
    applied_at: Option<String>,
    changes: Vec<Change>,
}

/// One value that differs from the revision before; empty where there was or is none.
#[derive(Clone, Default, Serialize)]
struct Change {
    what: String,
    before: String,
    after: String,
}

#[derive(Serialize)]
struct Document<'a> {
    agreement: &'a str,
    revisions: Vec<Row>,
}

/// Every revision of an agreement as a document, the newest first. Programs read it, in English always.
pub async fn export(db: &Db, agreement: &Agreement, format: Format) -> Result<String, OpsError> {
    let revisions: Vec<Row> =
        language::scope(Language::English, tell(db, agreement)).await?.into_iter().map(row).collect();
    match format {
        Format::Csv => Ok(table(&COLUMNS, revisions.iter().flat_map(cells))?),
        Format::Json => Ok(serde_json::to_string_pretty(&Document { agreement: &agreement.name, revisions })?),
    }
}

fn row(Told { revision, changes }: Told) -> Row {
    let begins = (revision.effective > Minute(0)).then(|| revision.effective.start().to_string());
    let changes = changes.into_iter().flatten();
    Row {
        revision: revision.number,
        effective_from: begins,
        made_at: revision.made_at.to_string(),
        made_by: revision.made_by_name,
        note: revision.note,
        applied_at: revision.applied_at.map(|at| at.to_string()),
        changes: changes.map(|one| Change { what: one.what, before: one.before, after: one.after }).collect(),
    }
}

fn cells(row: &Row) -> Vec<[String; COLUMNS.len()]> {
    let cells = |change: Change| {
        [
            row.revision.to_string(),
            row.effective_from.clone().unwrap_or_default(),
            row.made_at.clone(),
            row.made_by.clone().unwrap_or_default(),
            row.note.clone(),
            row.applied_at.clone().unwrap_or_default(),
            change.what,
            change.before,
            change.after,
        ]
    };
    if row.changes.is_empty() {
        return vec![cells(Change::default())];
    }
    row.changes.iter().cloned().map(cells).collect()
}
