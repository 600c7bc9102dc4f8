//! The form of a schedule, new or changed.

use crate::domain::ids::{AgreementId, ScheduleId};
use crate::language::say;
use crate::ops::{OpsError, define_schedule};
use crate::store;
use crate::view::schedules::ScheduleFormPage;
use crate::view::{Form, Help, Section};
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::forms::schedule as form;
use crate::web::html::{Html, page, see_other};
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use chrono_tz::Tz;
use serde::Deserialize;

/// What a new schedule is about, if one comes from an agreement. Text, because an empty choice is sent as empty text.
#[derive(Debug, Deserialize)]
pub struct Wish {
    agreement: Option<String>,
}

/// GET `/schedules/new`.
pub async fn new(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    wish: Query<Wish>,
) -> Result<Html<ScheduleFormPage>, WebError> {
    say::editor(&user.0)?;
    let agreements = store::agreements::list(&state.db).await?;
    let wished = wish.agreement.as_deref().and_then(|id| id.parse().ok()).map(AgreementId);
    let mut live = agreements.iter().filter(|one| one.archived_at.is_none());
    let about = live.clone().find(|one| Some(one.id) == wished);
    // most people write for the zone of their contracts
    let zone = about.or_else(|| live.next()).map_or(Tz::UTC, |one| one.zone);
    Ok(Html(form_page(frame, &state, None, form::empty(about, zone.name())).await?))
}

/// POST `/schedules/new`.
pub async fn create(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let mut typed = posted.form();
    if let Some(draft) = form::read(&mut typed) {
        match define_schedule::define(&state, Some(user.0.id), &draft).await {
            Ok(id) => {
                session::tell(&session, &say::done(say!("The schedule is made.")))?;
                return Ok(see_other(&format!("{}/{id}", paths::SCHEDULES)));
            }
            Err(OpsError::Refused { field, sentence }) => typed.refuse(field, sentence),
            Err(error) => return Err(error.into()),
        }
    }
    page(StatusCode::UNPROCESSABLE_ENTITY, &form_page(frame, &state, None, typed).await?)
}

/// GET `/schedules/{id}/edit`.
pub async fn edit(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    id: Path<i64>,
) -> Result<Html<ScheduleFormPage>, WebError> {
    say::editor(&user.0)?;
    let schedule = define_schedule::find(&state.db, ScheduleId(*id)).await?;
    Ok(Html(form_page(frame, &state, Some(*id), form::filled(&schedule.draft)).await?))
}

/// POST `/schedules/{id}/edit`.
pub async fn change(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let mut typed = posted.form();
    if let Some(draft) = form::read(&mut typed) {
        match define_schedule::change(&state, Some(user.0.id), ScheduleId(*id), &draft).await {
            Ok(()) => {
                session::tell(&session, &say::done(say!("The schedule is changed.")))?;
                return Ok(see_other(&format!("{}/{id}", paths::SCHEDULES)));
            }
            Err(OpsError::Refused { field, sentence }) => typed.refuse(field, sentence),
            Err(error) => return Err(error.into()),
        }
    }
    page(StatusCode::UNPROCESSABLE_ENTITY, &form_page(frame, &state, Some(*id), typed).await?)
}

async fn form_page(frame: Frame, state: &State, id: Option<i64>, typed: Form) -> Result<ScheduleFormPage, WebError> {
    let agreements = store::agreements::list(&state.db).await?;
    let title = if id.is_some() { "Change the schedule" } else { "New schedule" };
    Ok(ScheduleFormPage {
        shell: frame.shell.page(title, Section::Reports, Some(Help::SCHEDULES)),
        id,
        form: typed,
        scopes: form::scopes(&agreements),
        periods: form::periods(),
        verdicts: form::verdicts(),
        zones: chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name().to_owned()).collect(),
    })
}
