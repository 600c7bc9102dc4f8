//! GET `/exclusions`, `/exclusions.csv` and `/exclusions.json`.

use super::badge;
use crate::domain::exclusion::{Exclusion, State};
use crate::domain::wording;
use crate::ops::export::Format;
use crate::ops::list_exclusions::{self, Names};
use crate::store::{self, Page};
use crate::view::exclusions::{ExclusionRow, ExclusionsPage};
use crate::view::{Choice, Help, Section};
use crate::web::export::download;
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State as App, WebError, paths, say};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

/// Exclusions of a page.
const PAGE_SIZE: i64 = 25;

/// Which part of the list. Text, because an empty choice is sent as empty text.
#[derive(Debug, Deserialize)]
pub struct Filter {
    state: Option<String>,
    page: Option<String>,
}

impl Filter {
    fn state(&self) -> Option<State> {
        self.state.as_deref().and_then(State::from_word)
    }
}

/// The list.
pub async fn list(
    user: SignedIn,
    frame: Frame,
    app: Data<App>,
    filter: Query<Filter>,
) -> Result<Html<ExclusionsPage>, WebError> {
    let only = filter.state();
    let word = only.map_or("", State::word);
    let total = store::exclusions::count(&app.db, only).await?;
    let asked = filter.page.as_deref().and_then(|page| page.parse().ok());
    let part = say::Part::new(asked, PAGE_SIZE, total);
    let found = store::exclusions::list(&app.db, only, Page { limit: part.size, offset: part.offset() }).await?;
    let names = Names::load(&app.db).await?;
    let mut states = Vec::with_capacity(State::ALL.len());
    for state in State::ALL {
        let count = wording::count(store::exclusions::count(&app.db, Some(state)).await?);
        states.push(Choice::new(state.word(), format!("{} ({count})", badge(state).word)));
    }
    let href = |page: i64| match only {
        Some(_) => format!("{}?state={word}&page={page}", paths::EXCLUSIONS),
        None => format!("{}?page={page}", paths::EXCLUSIONS),
    };
    Ok(Html(ExclusionsPage {
        shell: frame.shell.page("Exclusions", Section::Exclusions, Some(Help::EXCLUSIONS)),
        state: word.to_owned(),
        states,
        rows: found.iter().map(|exclusion| row(exclusion, &names)).collect(),
        pager: part.pager(href),
        can_edit: say::can_edit(&user.0),
    }))
}

fn row(exclusion: &Exclusion, names: &Names) -> ExclusionRow {
    let first = exclusion.first;
    ExclusionRow {
        id: exclusion.id.0,
        state: badge(exclusion.state),
        reason: exclusion.reason.clone(),
        category: exclusion.category.in_words().to_owned(),
        scope: wording::capitalised(&names.scope(exclusion.scope)),
        first: wording::span(first.start().start(), first.end().start(), exclusion.zone),
        recurrence: if exclusion.when.text().is_empty() { String::new() } else { exclusion.when.in_words() },
        proposed_by: names.person(exclusion.proposed),
    }
}

/// The file.
pub async fn export(
    _: SignedIn,
    app: Data<App>,
    ending: Path<String>,
    filter: Query<Filter>,
) -> Result<HttpResponse, WebError> {
    let format = if *ending == "csv" { Format::Csv } else { Format::Json };
    let names = Names::load(&app.db).await?;
    let name = format!("nines-exclusions.{ending}");
    Ok(download(&name, format, list_exclusions::export(app.db.clone(), names, filter.state(), format)))
}
