//! GET and POST `/exclusions/new`.

use super::effect;
use crate::domain::exclusion::{Category, Exclusion, Scope};
use crate::domain::wording;
use crate::ops::list_exclusions::Names;
use crate::ops::preview_exclusion::preview;
use crate::ops::{OpsError, propose_exclusion};
use crate::store;
use crate::view::exclusions::{EffectTable, ExclusionFormPage};
use crate::view::{Choice, Fact, Form, Help, Section};
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::forms::exclusion as form;
use crate::web::html::{page, see_other};
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use serde::Deserialize;

/// What the form begins with.
#[derive(Debug, Deserialize)]
pub struct Begin {
    scope: Option<String>,
}

/// GET `/exclusions/new`.
pub async fn new(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    begin: Query<Begin>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let last = store::agreements::list(&state.db).await?.pop();
    let zone = last.map_or("UTC", |agreement| agreement.zone.name());
    let typed = form::empty(zone, begin.scope.as_deref().unwrap_or_default());
    answer(frame, &state, typed, None).await
}

/// POST `/exclusions/new`: shows the effect, or proposes.
pub async fn create(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let mut typed = posted.form();
    let Some(proposal) = form::read(&mut typed) else { return answer(frame, &state, typed, None).await };
    let who = Some(user.0.id);
    if posted.text("action") == "propose" {
        match propose_exclusion::propose(&state, who, proposal).await {
            Ok(id) => {
                session::tell(&session, &say::done("The exclusion is proposed. It takes effect once it is approved."))?;
                return Ok(see_other(&format!("{}/{id}", paths::EXCLUSIONS)));
            }
            Err(OpsError::Refused { field, sentence }) => typed.refuse(field, sentence),
            Err(error) => return Err(error.into()),
        }
        return answer(frame, &state, typed, None).await;
    }
    let now = state.clock.now();
    let exclusion = proposal.exclusion(who, now);
    let found = preview(&state.db, &exclusion, now).await?;
    let shown = (understood(&exclusion), effect::table(&found, exclusion.state));
    answer(frame, &state, typed, Some(shown)).await
}

/// How the times were read, so that a slip shows.
fn understood(exclusion: &Exclusion) -> Vec<Fact> {
    let (first, zone) = (exclusion.first, exclusion.zone);
    let mut facts = vec![
        Fact::new("When", wording::span(first.start().start(), first.end().start(), zone)),
        Fact::new("Length", wording::duration_minutes(first.minutes())),
        Fact::new("Comes back", exclusion.when.in_words()),
    ];
    let told = exclusion.announced_at.map(|at| wording::instant(at, zone));
    facts.push(Fact::new("Announced", told.unwrap_or_else(|| "not announced".to_owned())));
    facts
}

async fn answer(
    frame: Frame,
    state: &State,
    form: Form,
    shown: Option<(Vec<Fact>, EffectTable)>,
) -> Result<HttpResponse, WebError> {
    let status = if form.is_fine() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (understood, effect) = shown.map_or((Vec::new(), None), |(facts, table)| (facts, Some(table)));
    let template = ExclusionFormPage {
        shell: frame.shell.page("Propose an exclusion", Section::Exclusions, Some(Help::EXCLUSIONS)),
        form,
        scopes: scopes(&Names::load(&state.db).await?),
        categories: Category::ALL
            .into_iter()
            .map(|category| Choice::new(category.word(), wording::capitalised(category.in_words())))
            .collect(),
        zones: chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name().to_owned()).collect(),
        understood,
        effect,
    };
    page(status, &template)
}

fn scopes(names: &Names) -> Vec<Choice> {
    let choice = |scope: Scope, what: &str| {
        Choice::new(form::scope_word(scope), wording::capitalised(&format!("{what}{}", names.scope(scope))))
    };
    let mut choices = vec![choice(Scope::All, "")];
    choices.extend(names.services.keys().map(|id| choice(Scope::Service(*id), "service: ")));
    choices.extend(names.agreements.keys().map(|id| choice(Scope::Agreement(*id), "agreement: ")));
    choices.extend(names.objectives.keys().map(|id| choice(Scope::Objective(*id), "objective: ")));
    choices
}
