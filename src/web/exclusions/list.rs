//! GET `/exclusions`, and the same as files.

use super::{Names, badge, comes_back, when};
use crate::domain::exclusion::State as Stage;
use crate::domain::wording;
use crate::language;
use crate::ops::export::Format;
use crate::ops::export_exclusions;
use crate::store::{self, Page};
use crate::view::exclusions::{ExclusionRow, ExclusionsPage};
use crate::view::{Choice, Help, Section};
use crate::web::export::file;
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError, paths, say};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

/// Exclusions of a page.
const PAGE_SIZE: i64 = 50;

/// Which part of the list. Text, because an empty choice is sent as empty text.
#[derive(Debug, Deserialize)]
pub struct Filter {
    state: Option<String>,
    page: Option<String>,
}

impl Filter {
    fn stage(&self) -> Option<Stage> {
        self.state.as_deref().and_then(Stage::from_word)
    }
}

/// The list.
pub async fn list(
    user: SignedIn,
    frame: Frame,
    app: Data<State>,
    filter: Query<Filter>,
) -> Result<Html<ExclusionsPage>, WebError> {
    let stage = filter.stage();
    let total = store::exclusions::count(&app.db, stage).await?;
    let asked = filter.page.as_deref().and_then(|page| page.parse().ok());
    let part = say::Part::new(asked, PAGE_SIZE, total);
    let page = Page { limit: part.size, offset: part.offset() };
    let names = Names::load(&app.db).await?;
    let mut rows = Vec::new();
    for one in store::exclusions::list(&app.db, stage, page).await? {
        rows.push(ExclusionRow {
            id: one.id.0,
            state: badge(one.state),
            reason: one.reason.clone(),
            category: language::word(one.category.in_words()).to_owned(),
            scope: names.scope(one.scope).await?,
            when: when(&one),
            comes_back: comes_back(&one),
            proposed: names.signed(&one.proposed, one.zone),
        });
    }
    let word = stage.map_or("", Stage::word);
    let href = |page: i64| match stage {
        Some(stage) => format!("{}?state={}&page={page}", paths::EXCLUSIONS, stage.word()),
        None => format!("{}?page={page}", paths::EXCLUSIONS),
    };
    Ok(Html(ExclusionsPage {
        shell: frame.shell.page("Exclusions", Section::Exclusions, Some(Help::EXCLUSIONS)),
        rows,
        state: word.to_owned(),
        states: Stage::ALL
            .iter()
            .map(|one| Choice::new(one.word(), wording::capitalised(language::word(one.word()))))
            .collect(),
        pager: part.pager(href),
        can_edit: say::can_edit(&user.0),
    }))
}

/// GET `/exclusions.csv` and `/exclusions.json`; `?state=` as in the list.
pub async fn export(
    _: SignedIn,
    state: Data<State>,
    ending: Path<String>,
    filter: Query<Filter>,
) -> Result<HttpResponse, WebError> {
    let format = Format::from_ending(&ending);
    let body = export_exclusions::export(&state.db, filter.stage(), format).await?;
    Ok(file(&format!("exclusions.{ending}"), format, body))
}
