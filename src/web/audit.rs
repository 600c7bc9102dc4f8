//! The audit log: who changed what, with the values before and after.

use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::store::Page;
use crate::store::audit::{self, Entry};
use crate::view::audit::{AuditPage, AuditRow, Change};
use crate::view::{Help, Link, Pager, Section};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError, paths};
use actix_web::web::{Data, Query};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Entries on one page.
const ROWS: i64 = 50;
/// The last page that can be asked for; nobody turns that far, and the numbers stay small.
const PAGES_MAX: i64 = 1_000_000;
/// Values of one entry that are listed.
const CHANGES_MAX: usize = 40;
/// Longer values are cut.
const VALUE_CHARS_MAX: usize = 300;

/// The query of the log.
#[derive(Debug, Deserialize)]
pub struct Asked {
    page: Option<String>,
}

/// GET `/audit`.
pub async fn show(
    _: SignedIn,
    frame: Frame,
    state: Data<State>,
    asked: Query<Asked>,
) -> Result<Html<AuditPage>, WebError> {
    let page = asked.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, PAGES_MAX);
    let offset = (page - 1) * ROWS;
    // one more than is shown says whether there is a next page
    let mut entries = audit::list(&state.db, Page { limit: ROWS + 1, offset }).await?;
    let has_more = entries.len() > shown(&entries);
    entries.truncate(shown(&entries));
    Ok(Html(AuditPage {
        shell: frame.shell.page("Audit log", Section::Audit, Some(Help::AUDIT)),
        rows: entries.iter().map(row).collect(),
        pager: pager(page, offset, entries.len(), has_more),
    }))
}

fn shown(entries: &[Entry]) -> usize {
    entries.len().min(usize::try_from(ROWS).unwrap_or_default())
}

fn pager(page: i64, offset: i64, rows: usize, has_more: bool) -> Pager {
    if page == 1 && !has_more {
        return Pager::default();
    }
    let href = |page: i64| format!("{}?page={page}", paths::AUDIT);
    let last = offset + i64::try_from(rows).unwrap_or_default();
    let summary = match rows {
        0 => say!("Nothing is as old as this"),
        _ => format!("{}–{}", wording::count(offset + 1), wording::count(last)),
    };
    Pager { summary, previous: (page > 1).then(|| href(page - 1)), next: has_more.then(|| href(page + 1)) }
}

fn row(entry: &Entry) -> AuditRow {
    AuditRow {
        at: wording::instant(entry.at, Tz::UTC),
        who: match (&entry.who_name, entry.who) {
            (Some(name), _) => name.clone(),
            (None, Some(id)) => say!("somebody ({id})", format!("{id:?}")),
            (None, None) => "Nines".to_owned(),
        },
        action: action(entry),
        subject: subject(entry),
        changes: changes(entry.before.as_deref(), entry.after.as_deref()),
    }
}

/// What was done, in words; an unknown word stands for itself.
fn action(entry: &Entry) -> String {
    let entity = entry.entity.as_str();
    match (entry.action.as_str(), entity) {
        ("sign_in", _) => say!("signed in"),
        ("sign_out", _) => say!("signed out"),
        ("change_password", _) => say!("changed the password"),
        ("user.chose_language", _) => say!("chose the language of their pages"),
        ("anomaly.expected", _) => say!("said whether an anomaly was expected"),
        ("objective.watched", _) => say!("changed how the objective is watched"),
        ("report.sent_again", _) => say!("sent the report again"),
        ("exclusion.approved", _) => say!("approved the exclusion"),
        ("exclusion.rejected", _) => say!("rejected the exclusion"),
        ("exclusion.withdrawn", _) => say!("withdrawn the exclusion"),
        ("create", "user") => say!("made the account"),
        (word, _) => match (language::word(word), word.split_once('.')) {
            // where verb and noun do not simply stand side by side, the whole word has its translation
            (told, _) if told != word => told.to_owned(),
            (_, Some((what, verb))) => format!("{} the {what}", verb.replace('_', " ")),
            (_, None) => format!("{} ({entity})", word.replace('_', " ")),
        },
    }
}

fn subject(entry: &Entry) -> Option<Link> {
    let folder = match entry.entity.as_str() {
        "agreement" => "agreements",
        "source" => "sources",
        "objective" => "objectives",
        "report" => "reports",
        "schedule" => "schedules",
        "exclusion" => "exclusions",
        _ => return None,
    };
    let named = |text: Option<&String>| {
        let value: Value = serde_json::from_str(text?).ok()?;
        Some(value.get("name")?.as_str()?.to_owned())
    };
    let name = named(entry.after.as_ref()).or_else(|| named(entry.before.as_ref()));
    let text = name.unwrap_or_else(|| say!("no. {number}", entry.entity_id));
    Some(Link::new(format!("/{folder}/{}", entry.entity_id), text))
}

/// The values that differ, each by its path; what is new is told without its inner parts.
fn changes(before: Option<&str>, after: Option<&str>) -> Vec<Change> {
    let (was, is) = (values(before), values(after));
    let is_new = before.is_none() || after.is_none();
    let mut paths: Vec<&String> = was.keys().chain(is.keys().filter(|path| !was.contains_key(*path))).collect();
    paths.retain(|path| was.get(*path) != is.get(*path) && !(is_new && path.contains(PATH)));
    let text = |side: &BTreeMap<String, String>, path: &String| side.get(path).cloned().unwrap_or_default();
    let change = |path: &&String| Change { what: named(path), before: text(&was, path), after: text(&is, path) };
    let mut changes: Vec<Change> = paths.iter().take(CHANGES_MAX).map(change).collect();
    if let Some(more) = paths.len().checked_sub(CHANGES_MAX).filter(|more| *more > 0) {
        changes.push(Change { what: say!("and {more} more", more), before: String::new(), after: String::new() });
    }
    changes
}

/// A path as people read it. Our names of values have their translations; what somebody has named stays as it is.
fn named(path: &str) -> String {
    let is_ours = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let part = |part: &str| if is_ours(part) { language::word(part) } else { part }.replace('_', " ");
    path.split(PATH).map(part).collect::<Vec<_>>().join(PATH)
}

/// Between the parts of a path.
const PATH: &str = " · ";

/// The values of a document by their paths; a text that is no document is one value.
fn values(document: Option<&str>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    match document.map(serde_json::from_str::<Value>) {
        None => {}
        Some(Ok(value)) => flatten("", &value, &mut all),
        Some(Err(_)) => {
            all.insert("value".to_owned(), short(document.unwrap_or_default()));
        }
    }
    all
}

fn flatten(path: &str, value: &Value, all: &mut BTreeMap<String, String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}{PATH}{name}") };
    match value {
        Value::Object(parts) => parts.iter().for_each(|(name, part)| flatten(&below(name), part, all)),
        Value::Array(parts) if parts.iter().any(Value::is_object) => {
            for (index, part) in parts.iter().enumerate() {
                let name = part.get("name").and_then(Value::as_str).map_or_else(|| (index + 1).to_string(), short);
                flatten(&below(&name), part, all);
            }
        }
        Value::Array(parts) if parts.is_empty() => {}
        Value::Array(parts) => {
            let texts: Vec<String> = parts.iter().map(plain).collect();
            all.insert(path.to_owned(), short(&texts.join(", ")));
        }
        Value::Null => {}
        other => {
            all.insert(path.to_owned(), short(&plain(other)));
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn short(text: &str) -> String {
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(what: &str, before: &str, after: &str) -> Change {
        Change { what: what.to_owned(), before: before.to_owned(), after: after.to_owned() }
    }

    #[test]
    fn only_what_differs_is_listed_by_its_place() {
        let before = r#"{"name":"Gold","zone":"UTC","recipients":["a@b"],"objectives":[{"name":"Up","target":"99"}]}"#;
        let after =
            r#"{"name":"Gold","zone":"UTC","recipients":["a@b","c@d"],"objectives":[{"name":"Up","target":"99.9"}]}"#;
        assert_eq!(
            changes(Some(before), Some(after)),
            [change("objectives · Up · target", "99", "99.9"), change("recipients", "a@b", "a@b, c@d")]
        );
    }

    #[test]
    fn what_is_new_is_told_without_its_inner_parts() {
        let after = r#"{"name":"Gold","objectives":[{"name":"Up","target":"99"}]}"#;
        assert_eq!(changes(None, Some(after)), [change("name", "", "Gold")]);
        assert_eq!(changes(None, None), []);
    }

    #[test]
    fn damaged_and_endless_documents_are_shown_and_bounded() {
        assert_eq!(changes(None, Some("{oops")), [change("value", "", "{oops")]);
        let long = format!("\"{}\"", "é".repeat(10_000));
        assert_eq!(changes(None, Some(&long))[0].after.chars().count(), VALUE_CHARS_MAX + 1);
        let many = format!("{{{}}}", (0..500).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(","));
        let listed = changes(None, Some(&many));
        assert_eq!((listed.len(), listed[CHANGES_MAX].what.as_str()), (CHANGES_MAX + 1, "and 460 more"));
    }
}
