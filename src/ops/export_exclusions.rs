//! Every exclusion as a file: CSV and JSON say the same.

use crate::domain::exclusion::{Exclusion, Signed, State};
use crate::domain::ids::UserId;
use crate::ops::OpsError;
use crate::ops::export::Format;
use crate::report::csv::table;
use crate::store::{self, Db, Page};
use serde::Serialize;
use std::collections::BTreeMap;

/// The columns of the CSV, and the names in the JSON.
const COLUMNS: [&str; 16] = [
    "id",
    "state",
    "scope",
    "category",
    "reason",
    "start",
    "end",
    "minutes",
    "recurrence",
    "zone",
    "announced_at",
    "proposed_by",
    "proposed_at",
    "decided_by",
    "decided_at",
    "remark",
];

/// One exclusion. Moments are RFC 3339 in UTC; people stand by their names.
#[derive(Serialize)]
struct Row {
    id: i64,
    state: &'static str,
    scope: String,
    category: &'static str,
    reason: String,
    start: String,
    end: String,
    minutes: i64,
    recurrence: String,
    zone: &'static str,
    announced_at: Option<String>,
    proposed_by: Option<String>,
    proposed_at: String,
    decided_by: Option<String>,
    decided_at: Option<String>,
    remark: String,
}

#[derive(Serialize)]
struct Document {
    exclusions: Vec<Row>,
}

/// The exclusions in a state, or all, as a document.
pub async fn export(db: &Db, state: Option<State>, format: Format) -> Result<String, OpsError> {
    let total = store::exclusions::count(db, state).await?;
    let exclusions = store::exclusions::list(db, state, Page::first(total)).await?;
    let users = store::users::list(db).await?;
    let names: BTreeMap<UserId, String> = users.into_iter().map(|user| (user.id, user.name)).collect();
    let rows: Vec<Row> = exclusions.iter().map(|one| row(one, &names)).collect();
    match format {
        Format::Csv => csv(rows),
        Format::Json => Ok(serde_json::to_string_pretty(&Document { exclusions: rows })?),
    }
}

fn row(one: &Exclusion, names: &BTreeMap<UserId, String>) -> Row {
    let name = |signed: &Signed| signed.by.and_then(|id| names.get(&id).cloned());
    Row {
        id: one.id.0,
        state: one.state.word(),
        scope: one.scope.to_string(),
        category: one.category.word(),
        reason: one.reason.clone(),
        start: one.first.start().start().to_string(),
        end: one.first.end().start().to_string(),
        minutes: one.first.minutes(),
        recurrence: one.when.text().to_owned(),
        zone: one.zone.name(),
        announced_at: one.announced_at.map(|at| at.to_string()),
        proposed_by: name(&one.proposed),
        proposed_at: one.proposed.at.to_string(),
        decided_by: one.decided.as_ref().and_then(name),
        decided_at: one.decided.map(|signed| signed.at.to_string()),
        remark: one.remark.clone(),
    }
}

fn csv(rows: Vec<Row>) -> Result<String, OpsError> {
    let cells = |row: Row| {
        [
            row.id.to_string(),
            row.state.to_owned(),
            row.scope,
            row.category.to_owned(),
            row.reason,
            row.start,
            row.end,
            row.minutes.to_string(),
            row.recurrence,
            row.zone.to_owned(),
            row.announced_at.unwrap_or_default(),
            row.proposed_by.unwrap_or_default(),
            row.proposed_at,
            row.decided_by.unwrap_or_default(),
            row.decided_at.unwrap_or_default(),
            row.remark,
        ]
    };
    Ok(table(&COLUMNS, rows.into_iter().map(cells))?)
}
