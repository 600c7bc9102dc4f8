//! The source form: define, change, test.

use super::{keep, show};
use crate::domain::ids::SourceId;
use crate::domain::model::Source;
use crate::language;
use crate::ops::pull::try_out;
use crate::ops::{OpsError, define_source};
use crate::view::sources::{SourceFormPage, TestResult};
use crate::view::{Form, Help, Section};
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::forms::source::{self as form, Kept};
use crate::web::html::{Html, page, see_other};
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

/// What the form may open with.
#[derive(Debug, Deserialize)]
pub struct Suggested {
    url: Option<String>,
}

/// GET `/sources/new`. Query: `url`, an address that the form opens with.
pub async fn new(user: SignedIn, frame: Frame, suggested: Query<Suggested>) -> Result<Html<SourceFormPage>, WebError> {
    say::editor(&user.0)?;
    let suggested = suggested.into_inner().url;
    let opened = suggested.as_deref().map_or_else(form::empty, form::for_url);
    Ok(Html(form_page(frame, None, opened, &Kept::default(), None)))
}

/// GET `/sources/{id}/edit`.
pub async fn edit(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    id: Path<i64>,
) -> Result<Html<SourceFormPage>, WebError> {
    say::editor(&user.0)?;
    let source = define_source::find(&state, SourceId(*id)).await?;
    Ok(Html(form_page(frame, Some(*id), form::filled(&source), &Kept::of(&source), None)))
}

/// POST `/sources/new`.
pub async fn create(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    answer(&user, frame, &session, &state, posted, None).await
}

/// POST `/sources/{id}/edit`.
pub async fn change(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    let before = define_source::find(&state, SourceId(*id)).await?;
    answer(&user, frame, &session, &state, posted, Some(before)).await
}

async fn answer(
    user: &SignedIn,
    frame: Frame,
    session: &Session,
    state: &State,
    posted: Posted,
    before: Option<Source>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let mut typed = posted.form();
    let stored = before.as_ref().map(Kept::of).unwrap_or_default();
    let kept = keep::open(&state.sealer, user.0.id, &typed, stored);
    let id = before.as_ref().map(|source| source.id);
    let mut test = None;
    if let Some(source) = form::read(&mut typed, &kept) {
        if posted.text("action") == "test" {
            test = Some(show::result(try_out(state, &source).await));
        } else {
            match save(state, user, source, id).await {
                Ok((id, sentence)) => {
                    session::tell(session, &say::done(language::word(sentence)))?;
                    return Ok(see_other(&format!("{}/{id}", paths::SOURCES)));
                }
                Err(OpsError::Refused { field, sentence }) => typed.refuse(field, sentence),
                Err(error) => return Err(error.into()),
            }
        }
    }
    let kept = keep::seal(&state.sealer, user.0.id, &mut typed, kept)?;
    let status = if typed.is_fine() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(status, &form_page(frame, id.map(|id| id.0), typed, &kept, test))
}

async fn save(
    state: &State,
    user: &SignedIn,
    source: Source,
    id: Option<SourceId>,
) -> Result<(SourceId, &'static str), OpsError> {
    match id {
        None => {
            let id = define_source::define(state, Some(user.0.id), source).await?;
            Ok((id, "The source is saved and will be asked at once."))
        }
        Some(id) => {
            define_source::change(state, Some(user.0.id), Source { id, ..source }).await?;
            Ok((id, "The source is changed and will be asked at once."))
        }
    }
}

fn form_page(frame: Frame, id: Option<i64>, form: Form, kept: &Kept, test: Option<TestResult>) -> SourceFormPage {
    let title = if id.is_some() { "Edit the source" } else { "Add a source" };
    SourceFormPage {
        shell: frame.shell.page(title, Section::Sources, Some(Help::SOURCES)),
        id,
        form,
        keeps_password: kept.password.is_some(),
        keeps_token: kept.token.is_some(),
        keeps_headers: kept.headers.iter().map(|(name, _)| name.clone()).collect(),
        test,
    }
}
