//! Exclusions with the names of what they are about and of who asked for them; as pages, CSV and JSON.

use crate::domain::exclusion::{Exclusion, Scope, Signed, State};
use crate::domain::ids::{AgreementId, ObjectiveId, ServiceId, UserId};
use crate::ops::OpsError;
use crate::ops::export::Format;
use crate::report::csv::safe_cell;
use crate::store::{self, Db, Page, StoreError};
use futures_util::stream::{self, Stream};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many are read at a time for a file.
const PIECE: i64 = 200;

/// What things and people are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Services.
    pub services: BTreeMap<ServiceId, String>,
    /// Agreements, archived ones too.
    pub agreements: BTreeMap<AgreementId, String>,
    /// Live objectives, with their agreements.
    pub objectives: BTreeMap<ObjectiveId, (String, AgreementId)>,
    /// Everybody who ever had an account.
    pub people: BTreeMap<UserId, String>,
}

impl Names {
    /// As they are now.
    pub async fn load(db: &Db) -> Result<Self, StoreError> {
        let services = store::services::list(db).await?.into_iter().map(|one| (one.id, one.name)).collect();
        let agreements = store::agreements::list(db).await?.into_iter().map(|one| (one.id, one.name)).collect();
        let listings = store::objectives::listings(db).await?.into_iter();
        let objectives = listings.map(|one| (one.objective.id, (one.objective.name, one.agreement.id))).collect();
        let people = store::users::list(db).await?.into_iter().map(|one| (one.id, one.name)).collect();
        Ok(Self { services, agreements, objectives, people })
    }

    /// What a scope is called: `everything`, `Checkout answers, Shop for ACME`.
    #[must_use]
    pub fn scope(&self, scope: Scope) -> String {
        let known = |name: Option<&String>, what: &str, id: i64| {
            name.cloned().unwrap_or_else(|| format!("{what} {id} (archived)"))
        };
        match scope {
            Scope::All => "everything".to_owned(),
            Scope::Service(id) => known(self.services.get(&id), "service", id.0),
            Scope::Agreement(id) => known(self.agreements.get(&id), "agreement", id.0),
            Scope::Objective(id) => match self.objectives.get(&id) {
                Some((name, agreement)) => match self.agreements.get(agreement) {
                    Some(agreement) => format!("{name}, {agreement}"),
                    None => name.clone(),
                },
                None => known(None, "objective", id.0),
            },
        }
    }

    /// Who signed.
    #[must_use]
    pub fn person(&self, signed: Signed) -> String {
        let name = |id: UserId| self.people.get(&id).cloned().unwrap_or_else(|| format!("somebody ({id})"));
        signed.by.map_or_else(|| "Nines".to_owned(), name)
    }
}

/// One exclusion in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Row {
    id: i64,
    state: &'static str,
    category: &'static str,
    scope: &'static str,
    scope_id: Option<i64>,
    scope_name: String,
    reason: String,
    start: String,
    end: String,
    minutes: i64,
    zone: &'static str,
    recurrence: String,
    recurrence_in_words: String,
    announced_at: Option<String>,
    proposed_by: String,
    proposed_at: String,
    decided_by: Option<String>,
    decided_at: Option<String>,
    remark: String,
}

/// The columns of the CSV, in the order of [`Row::cells`].
const COLUMNS: [&str; 19] = [
    "id",
    "state",
    "category",
    "scope",
    "scope_id",
    "scope_name",
    "reason",
    "start",
    "end",
    "minutes",
    "zone",
    "recurrence",
    "recurrence_in_words",
    "announced_at",
    "proposed_by",
    "proposed_at",
    "decided_by",
    "decided_at",
    "remark",
];

impl Row {
    fn new(exclusion: &Exclusion, names: &Names) -> Self {
        Self {
            id: exclusion.id.0,
            state: exclusion.state.word(),
            category: exclusion.category.word(),
            scope: exclusion.scope.word(),
            scope_id: match exclusion.scope {
                Scope::All => None,
                Scope::Service(id) => Some(id.0),
                Scope::Agreement(id) => Some(id.0),
                Scope::Objective(id) => Some(id.0),
            },
            scope_name: names.scope(exclusion.scope),
            reason: exclusion.reason.clone(),
            start: exclusion.first.start().start().to_string(),
            end: exclusion.first.end().start().to_string(),
            minutes: exclusion.first.minutes(),
            zone: exclusion.zone.name(),
            recurrence: exclusion.when.text().to_owned(),
            recurrence_in_words: exclusion.when.in_words(),
            announced_at: exclusion.announced_at.map(|at| at.to_string()),
            proposed_by: names.person(exclusion.proposed),
            proposed_at: exclusion.proposed.at.to_string(),
            decided_by: exclusion.decided.map(|signed| names.person(signed)),
            decided_at: exclusion.decided.map(|signed| signed.at.to_string()),
            remark: exclusion.remark.clone(),
        }
    }

    fn cells(self) -> [String; 19] {
        [
            self.id.to_string(),
            self.state.to_owned(),
            self.category.to_owned(),
            self.scope.to_owned(),
            self.scope_id.map(|id| id.to_string()).unwrap_or_default(),
            self.scope_name,
            self.reason,
            self.start,
            self.end,
            self.minutes.to_string(),
            self.zone.to_owned(),
            self.recurrence,
            self.recurrence_in_words,
            self.announced_at.unwrap_or_default(),
            self.proposed_by,
            self.proposed_at,
            self.decided_by.unwrap_or_default(),
            self.decided_at.unwrap_or_default(),
            self.remark,
        ]
    }
}

/// Streams every exclusion, or those in a state, as one file.
pub fn export(
    db: Db,
    names: Names,
    state: Option<State>,
    format: Format,
) -> impl Stream<Item = Result<String, OpsError>> {
    stream::try_unfold(Some(0), move |place: Option<i64>| {
        let (db, names) = (db.clone(), names.clone());
        async move {
            let Some(offset) = place else { return Ok(None) };
            let found = store::exclusions::list(&db, state, Page { limit: PIECE, offset }).await?;
            let is_last = i64::try_from(found.len()).unwrap_or(PIECE) < PIECE;
            let rows: Vec<Row> = found.iter().map(|exclusion| Row::new(exclusion, &names)).collect();
            let text = match format {
                Format::Csv => csv(rows, offset == 0)?,
                Format::Json => json(&rows, offset == 0, is_last)?,
            };
            Ok(Some((text, (!is_last).then_some(offset + PIECE))))
        }
    })
}

fn csv(rows: Vec<Row>, is_first: bool) -> Result<String, OpsError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if is_first {
        writer.write_record(COLUMNS)?;
    }
    for row in rows {
        writer.write_record(row.cells().iter().map(|cell| safe_cell(cell).into_owned()))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8(bytes).map_err(|error| csv::Error::from(std::io::Error::other(error)))?)
}

fn json(rows: &[Row], is_first: bool, is_last: bool) -> Result<String, OpsError> {
    let mut text = if is_first { "{\"version\":1,\"exclusions\":[".to_owned() } else { String::new() };
    for (index, row) in rows.iter().enumerate() {
        if index > 0 || !is_first {
            text.push(',');
        }
        text.push_str(&serde_json::to_string(row)?);
    }
    if is_last {
        text.push_str("]}\n");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::{Minute, Span};

    fn row(reason: &str) -> Row {
        let exclusion = Exclusion {
            reason: reason.to_owned(),
            scope: Scope::Service(ServiceId(7)),
            ..Exclusion::planned(Span::new(Minute(0), Minute(60)))
        };
        Row::new(&exclusion, &Names::default())
    }

    #[test]
    fn csv_runs_nothing_and_keeps_text_whole() {
        let text = csv(vec![row("=HYPERLINK(\"x\")"), row("a, \"b\"\nc")], true).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!((&rows[0][6], &rows[1][6]), ("'=HYPERLINK(\"x\")", "a, \"b\"\nc"));
        assert_eq!((&rows[0][5], &rows[0][7], &rows[0][9]), ("service 7 (archived)", "1970-01-01T00:00:00Z", "60"));
        assert!(text.starts_with("id,state,") && text.ends_with("\r\n"));
    }

    #[test]
    fn json_in_pieces_is_one_document() {
        let whole = [json(&[row("a"), row("b")], true, false), json(&[row("c")], false, true)];
        let text: String = whole.into_iter().map(Result::unwrap).collect();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["exclusions"].as_array().unwrap().len(), 3);
        assert_eq!(json(&[], true, true).unwrap(), "{\"version\":1,\"exclusions\":[]}\n");
    }
}
