//! The agreement form: define, change; archive and restore.

use super::{look_up, preview, taking, thresholds};
use crate::domain::credit::templates::Template;
use crate::domain::ids::AgreementId;
use crate::domain::model::Source;
use crate::ops::define_agreement::{self, AgreementDraft, DefinedAgreement, KEEP_YEARS};
use crate::ops::revise::Taking;
use crate::ops::{OpsError, define_agreement::load};
use crate::store;
use crate::view::agreements::AgreementFormPage;
use crate::view::preview::{LookedUp, ObjectivePreview};
use crate::view::{Choice, Form, Help, Section};
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::forms::agreement as form;
use crate::web::html::{page, see_other};
use crate::web::sources::kind_name;
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

/// The field that says which state of the agreement the person saw.
const BASIS: &str = "basis";

/// The query of a new agreement; a template that is none changes nothing.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    template: Option<String>,
}

/// GET `/agreements/new`, from the form of a public contract if `template` names one.
pub async fn new(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    asked: Query<Asked>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let last = store::agreements::list(&state.db).await?.pop();
    let zone = last.map_or("UTC", |agreement| agreement.zone.name());
    let mut empty = form::empty(zone, "");
    if let Some(template) = asked.template.as_deref().and_then(Template::from_key) {
        form::apply(&mut empty, &template);
    }
    answer(StatusCode::OK, frame, &Choices::load(&state).await?, None, empty, Shown::default())
}

/// GET `/agreements/{id}/edit`.
pub async fn edit(user: SignedIn, frame: Frame, state: Data<State>, id: Path<i64>) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let defined = load(&state.db, AgreementId(*id)).await?;
    let mut filled = form::filled(&defined);
    filled.set(BASIS, defined.fingerprint()?);
    taking::fill(&state, &mut filled, &defined.agreement).await?;
    answer(StatusCode::OK, frame, &Choices::load(&state).await?, Some(*id), filled, Shown::default())
}

/// POST `/agreements/new`.
pub async fn create(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    take(&user, frame, &session, &state, &posted, None).await
}

/// POST `/agreements/{id}/edit`.
pub async fn change(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    let before = load(&state.db, AgreementId(*id)).await?;
    take(&user, frame, &session, &state, &posted, Some(before)).await
}

/// POST `/agreements/{id}/archive`.
pub async fn archive(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    define_agreement::archive(&state, Some(user.0.id), AgreementId(*id)).await?;
    session::tell(
        &session,
        &say::done(crate::language::say!("The agreement is archived. Its history and its reports are kept.")),
    )?;
    Ok(see_other(&format!("{}/{id}", paths::AGREEMENTS)))
}

/// POST `/agreements/{id}/restore`.
pub async fn restore(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let told = match define_agreement::restore(&state, Some(user.0.id), AgreementId(*id)).await {
        Ok(()) => say::done(crate::language::say!("The agreement is restored and judged again.")),
        Err(OpsError::Refused { sentence, .. }) => say::failed(sentence),
        Err(error) => return Err(error.into()),
    };
    session::tell(&session, &told)?;
    Ok(see_other(&format!("{}/{id}", paths::AGREEMENTS)))
}

/// Does what the pressed button says; what cannot be saved comes back with what was typed.
async fn take(
    user: &SignedIn,
    frame: Frame,
    session: &Session,
    state: &State,
    posted: &Posted,
    before: Option<DefinedAgreement>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let mut typed = posted.form();
    form::take_holidays_file(&mut typed);
    let choices = Choices::load(state).await?;
    let id = before.as_ref().map(|defined| defined.agreement.id);
    let (mut previews, mut known, mut imported) = (Vec::new(), None, Vec::new());
    if let Some(number) = look_up::number(posted.text("action")) {
        known = Some(look_up::of(state, &typed, number, &choices.sources).await);
    } else if posted.text("action") == "import-openslo" {
        imported = form::take_openslo(&mut typed, &choices.sources).unwrap_or_default();
    } else if preview::press(&mut typed, posted.text("action")) {
        if let Some(read) = form::read(&mut typed, &choices.sources) {
            previews = preview::of(state, &read, id).await?;
        }
    } else if !form::press(&mut typed, posted.text("action"))
        && let Some((read, taking)) = form::read(&mut typed, &choices.sources).zip(taking::read(&mut typed))
    {
        let notes = thresholds::check(state, &mut typed, &read, &choices.sources).await;
        if typed.is_fine() {
            match save(state, user, (read.draft, taking), id, posted.text(BASIS)).await {
                Ok((id, sentence)) => {
                    let told = [vec![sentence], notes].concat().join(" ");
                    session::tell(session, &say::done(told))?;
                    return Ok(see_other(&format!("{}/{id}", paths::AGREEMENTS)));
                }
                Err(OpsError::Refused { field, sentence }) => {
                    if field == KEEP_YEARS {
                        let years = typed.value(KEEP_YEARS).to_owned();
                        typed.set("keep-years-asked", years);
                    }
                    typed.refuse(field, sentence);
                    if let Some(id) = id {
                        // whoever has read the refusal may put theirs in its place
                        typed.set(BASIS, load(&state.db, id).await?.fingerprint()?);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    let is_complete = typed.is_fine() || posted.text("action") == preview::LIVE;
    let status = if is_complete { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    answer(status, frame, &choices, id.map(|id| id.0), typed, Shown { previews, looked_up: known, imported })
}

async fn save(
    state: &State,
    user: &SignedIn,
    (draft, taking): (AgreementDraft, Taking),
    id: Option<AgreementId>,
    basis: &str,
) -> Result<(AgreementId, String), OpsError> {
    let who = Some(user.0.id);
    match id {
        None => {
            let id = define_agreement::define(state, who, draft).await?;
            Ok((id, crate::language::say!("The agreement is defined. Its history is being read from the source now.")))
        }
        Some(id) => {
            let zone = draft.zone;
            let ahead = define_agreement::change(state, who, id, draft, basis, taking).await?;
            Ok((id, taking::told(ahead, zone)))
        }
    }
}

/// What a button has brought to light.
#[derive(Default)]
struct Shown {
    previews: Vec<ObjectivePreview>,
    looked_up: Option<LookedUp>,
    imported: Vec<String>,
}

/// What the form offers to choose from.
struct Choices {
    sources: Vec<Source>,
    services: Vec<String>,
}

impl Choices {
    async fn load(state: &State) -> Result<Self, WebError> {
        let mut sources = store::sources::list(&state.db, &state.sealer).await?;
        sources.retain(|source| source.archived_at.is_none());
        let services = store::services::list(&state.db).await?.into_iter().map(|service| service.name).collect();
        Ok(Self { sources, services })
    }
}

fn answer(
    status: StatusCode,
    frame: Frame,
    choices: &Choices,
    id: Option<i64>,
    form: Form,
    Shown { previews, looked_up, imported }: Shown,
) -> Result<HttpResponse, WebError> {
    let title = if id.is_some() { "Edit the agreement" } else { "Define an agreement" };
    let source = |source: &Source| {
        Choice::new(
            source.id.to_string(),
            format!("{} ({})", source.name, crate::language::word(kind_name(&source.spec))),
        )
    };
    let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name().to_owned()).collect();
    let shell = frame.shell.page(title, Section::Agreements, Some(Help::COUNTING));
    let (services, sources) = (choices.services.clone(), choices.sources.iter().map(source).collect());
    page(status, &AgreementFormPage { shell, id, form, services, zones, sources, previews, looked_up, imported })
}
