//! What is done with a schedule that stands: pause, resume, archive, try.

use super::show::schedule_page;
use crate::domain::ids::ScheduleId;
use crate::domain::model::EmailAddress;
use crate::language;
use crate::language::say;
use crate::ops::try_schedule::try_schedule;
use crate::ops::{OpsError, define_schedule};
use crate::view::Form;
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::html::{page, see_other};
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

/// POST `/schedules/{id}/state`.
pub async fn set_state(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    posted: Posted,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let (who, schedule) = (Some(user.0.id), ScheduleId(*id));
    let back = format!("{}/{id}", paths::SCHEDULES);
    let (done, sentence, next) = match posted.text("action") {
        "pause" => (define_schedule::pause(&state, who, schedule).await, "The schedule is paused.", back.as_str()),
        "resume" => (define_schedule::resume(&state, who, schedule).await, "The schedule runs again.", back.as_str()),
        "archive" => {
            (define_schedule::archive(&state, who, schedule).await, "The schedule is archived.", paths::SCHEDULES)
        }
        _ => return Err(WebError::refused(say!("Please use one of the buttons on the schedule's page."))),
    };
    let (told, next) = match done {
        Ok(()) => (say::done(language::word(sentence)), next),
        Err(OpsError::Refused { sentence, .. }) => (say::failed(sentence), back.as_str()),
        Err(error) => return Err(error.into()),
    };
    session::tell(&session, &told)?;
    Ok(see_other(next))
}

/// POST `/schedules/{id}/try`: mails it to the address in the form; what is refused is said on the page.
pub async fn attempt(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let mut form = Form::default();
    form.set("to", posted.text("to"));
    if let Some(to) = EmailAddress::parse(posted.text("to")) {
        match try_schedule(&state, Some(user.0.id), ScheduleId(*id), &to).await {
            Ok(()) => {
                session::tell(&session, &say::done(say!("A test is on its way to {to}.", to)))?;
                return Ok(see_other(&format!("{}/{id}", paths::SCHEDULES)));
            }
            Err(OpsError::Refused { field, sentence }) => form.refuse(field, sentence),
            Err(error) => return Err(error.into()),
        }
    } else {
        form.refuse("to", say!("Please write one e-mail address, such as ana@example.org."));
    }
    let shown = schedule_page(&user, frame, &state, ScheduleId(*id), form).await?;
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}
