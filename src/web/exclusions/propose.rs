//! The form that proposes an exclusion, and shows what it would do before anybody approves it.

use super::{comes_back, effect, scopes, when};
use crate::domain::exclusion::Exclusion;
use crate::domain::wording;
use crate::language::say;
use crate::ops::{OpsError, propose_exclusion};
use crate::store;
use crate::view::exclusions::{EffectTable, ExclusionFormPage};
use crate::view::{Choice, Form, Help, Section};
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::forms::exclusion as form;
use crate::web::html::{Html, page, see_other};
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use chrono_tz::Tz;

/// GET `/exclusions/new`.
pub async fn new(user: SignedIn, frame: Frame, state: Data<State>) -> Result<Html<ExclusionFormPage>, WebError> {
    say::editor(&user.0)?;
    // most people write for the zone of their contracts
    let agreements = store::agreements::list(&state.db).await?;
    let zone = agreements.iter().find(|one| one.archived_at.is_none()).map_or(Tz::UTC, |one| one.zone);
    let scopes = scopes(&state.db).await?;
    Ok(Html(form_page(frame, form::empty(zone.name()), scopes, String::new(), None)))
}

/// POST `/exclusions/new`: shows the effect and keeps nothing, or proposes.
pub async fn create(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let scopes = scopes(&state.db).await?;
    let mut typed = posted.form();
    let (mut said, mut table) = (String::new(), None);
    if let Some(exclusion) = form::read(&mut typed, &scopes) {
        if posted.text("action") == "propose" {
            match propose_exclusion::propose(&state, Some(user.0.id), exclusion).await {
                Ok(id) => {
                    let sentence = say!("The exclusion is proposed. It takes nothing out until somebody approves it.");
                    session::tell(&session, &say::done(sentence))?;
                    return Ok(see_other(&format!("{}/{id}", paths::EXCLUSIONS)));
                }
                Err(OpsError::Refused { field, sentence }) => typed.refuse(field, sentence),
                Err(error) => return Err(error.into()),
            }
        } else {
            said = understood(&exclusion);
            table = Some(effect::table(&state, &exclusion).await?);
        }
    }
    let status = if typed.is_fine() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(status, &form_page(frame, typed, scopes, said, table))
}

/// The times as they were understood.
fn understood(one: &Exclusion) -> String {
    let length = wording::duration_minutes(one.first.minutes());
    let back = match comes_back(one) {
        rule if rule.is_empty() => say!("once"),
        rule => rule,
    };
    say!("Understood: {when}, {length}, {back}. Nothing is stored yet.", when(one), length, back)
}

fn form_page(
    frame: Frame,
    form: Form,
    scopes: Vec<Choice>,
    understood: String,
    effect: Option<EffectTable>,
) -> ExclusionFormPage {
    ExclusionFormPage {
        shell: frame.shell.page("Propose an exclusion", Section::Exclusions, Some(Help::EXCLUSIONS)),
        form,
        scopes,
        categories: form::categories(),
        zones: chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name().to_owned()).collect(),
        understood,
        effect,
    }
}
