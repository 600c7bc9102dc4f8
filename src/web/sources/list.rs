//! GET `/sources`.

use super::{kind_name, state};
use crate::domain::ids::SourceId;
use crate::domain::model::Source;
use crate::domain::time::Instant;
use crate::language;
use crate::store;
use crate::store::source_states::SourceState;
use crate::view::sources::{SourceRow, SourcesPage};
use crate::view::{Help, Section};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError, say};
use actix_web::web::{Data, Query};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Which part of the list.
#[derive(Debug, Deserialize)]
pub struct Filter {
    archived: Option<String>,
}

/// The list.
pub async fn list(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    query: Query<Filter>,
) -> Result<Html<SourcesPage>, WebError> {
    let sources = store::sources::list(&state.db, &state.sealer).await?;
    let states: BTreeMap<SourceId, SourceState> = store::source_states::list(&state.db).await?.into_iter().collect();
    let mut indicators: BTreeMap<SourceId, usize> = BTreeMap::new();
    for indicator in store::indicators::list(&state.db).await? {
        *indicators.entry(indicator.source).or_default() += 1;
    }
    let shows_archived = query.archived.as_deref() == Some("1");
    let archived_count = sources.iter().filter(|source| source.archived_at.is_some()).count();
    let now = state.clock.now();
    let shown = sources.iter().filter(|source| shows_archived || source.archived_at.is_none());
    let rows = shown.map(|source| {
        let state = states.get(&source.id).cloned().unwrap_or_default();
        row(source, &state, indicators.get(&source.id).copied().unwrap_or_default(), now)
    });
    let rows = rows.collect();
    let shell = frame.shell.page("Sources", Section::Sources, Some(Help::SOURCES));
    Ok(Html(SourcesPage { shell, rows, shows_archived, archived_count, can_edit: say::can_edit(&user.0) }))
}

fn row(source: &Source, how: &SourceState, indicators: usize, now: Instant) -> SourceRow {
    SourceRow {
        id: source.id.0,
        name: source.name.clone(),
        kind: language::word(kind_name(&source.spec)).to_owned(),
        address: source.spec.address(),
        state: state::badge(source, how),
        last_success: state::last_success(how, now),
        last_error: state::last_error(how),
        next_try: state::next_try(source, how, now),
        indicators,
    }
}
