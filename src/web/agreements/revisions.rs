//! GET `/agreements/{id}/revisions`: what was agreed from when on, who changed it and how; and withdrawing what waits.

use crate::domain::ids::AgreementId;
use crate::domain::model::Agreement;
use crate::domain::time::{Instant, Minute};
use crate::domain::wording;
use crate::language::say;
use crate::ops::compare_terms::Difference;
use crate::ops::export::Format;
use crate::ops::tell_revisions::{self, Told};
use crate::ops::{OpsError, export_revisions, revise};
use crate::store;
use crate::store::revisions::Revision;
use crate::view::agreements::{RevisionCard, RevisionsPage};
use crate::view::audit::Change;
use crate::view::{Help, Section};
use crate::web::export::file;
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::{Html, see_other};
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// The page.
pub async fn revisions(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    id: Path<i64>,
) -> Result<Html<RevisionsPage>, WebError> {
    let agreement = find(&state, *id).await?;
    let told = tell_revisions::tell(&state.db, &agreement).await?;
    let now = state.clock.now().minute();
    let in_force = told.iter().find(|one| one.revision.effective <= now).or_else(|| told.last());
    let in_force = in_force.map(|one| one.revision.number);
    Ok(Html(RevisionsPage {
        shell: frame.shell.page(
            say!("Revisions of {name}", agreement.name),
            Section::Agreements,
            Some(Help::AGREEMENTS),
        ),
        id: *id,
        revisions: told.into_iter().map(|one| card(one, &agreement, in_force)).collect(),
        can_edit: say::can_edit(&user.0),
        name: agreement.name,
    }))
}

async fn find(state: &State, id: i64) -> Result<Agreement, WebError> {
    Ok(store::agreements::find(&state.db, AgreementId(id)).await?.ok_or(OpsError::NotFound("agreement"))?)
}

/// GET `/agreements/{id}/revisions.csv` and `/agreements/{id}/revisions.json`.
pub async fn export(_: SignedIn, state: Data<State>, path: Path<(i64, String)>) -> Result<HttpResponse, WebError> {
    let (id, ending) = path.into_inner();
    let format = Format::from_ending(&ending);
    let body = export_revisions::export(&state.db, &find(&state, id).await?, format).await?;
    Ok(file(&format!("agreement-{id}-revisions.{ending}"), format, body))
}

fn card(told: Told, agreement: &Agreement, in_force: Option<i64>) -> RevisionCard {
    let change = |one: Difference| Change { what: one.what, before: one.before, after: one.after };
    let Told { revision, changes } = told;
    RevisionCard {
        number: revision.number,
        effective: effective(revision.effective.start(), &revision),
        made_at: wording::instant(revision.made_at, agreement.zone),
        made_by: revision.made_by_name.unwrap_or_else(|| "Nines".to_owned()),
        note: revision.note,
        is_in_force: in_force == Some(revision.number),
        is_pending: revision.applied_at.is_none(),
        changes: changes.map(|changes| changes.into_iter().map(change).collect()),
    }
}

fn effective(start: Instant, revision: &Revision) -> String {
    if revision.effective <= Minute(0) {
        return say!("from the beginning");
    }
    say!("from {day}", wording::day(start, revision.agreement.zone))
}

/// POST `/agreements/{id}/revisions/{number}/withdraw`.
pub async fn withdraw(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    path: Path<(i64, i64)>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let (id, number) = path.into_inner();
    let told = match revise::withdraw(&state, Some(user.0.id), AgreementId(id), number).await {
        Ok(()) => say::done(say!("The planned change is withdrawn; the agreement stays as it is.")),
        Err(OpsError::Refused { sentence, .. }) => say::failed(sentence),
        Err(error) => return Err(error.into()),
    };
    session::tell(&session, &told)?;
    Ok(see_other(&format!("{}/{id}/revisions", paths::AGREEMENTS)))
}
