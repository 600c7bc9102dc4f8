//! GET `/agreements/{id}/revisions`: what was agreed from when on, who changed it and how; and withdrawing what waits.

use crate::domain::ids::AgreementId;
use crate::domain::model::Agreement;
use crate::domain::time::{Instant, Minute};
use crate::domain::wording;
use crate::ops::compare_terms::differences;
use crate::ops::terms_in_force::{InForce, resolve};
use crate::ops::{OpsError, revise};
use crate::store;
use crate::store::revisions::{Revision, among};
use crate::view::agreements::{RevisionCard, RevisionsPage};
use crate::view::audit::Change;
use crate::view::{Help, Section};
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
    let id = AgreementId(*id);
    let agreement = store::agreements::find(&state.db, id).await?.ok_or(OpsError::NotFound("agreement"))?;
    let history = store::revisions::list(&state.db, id).await?;
    let mut terms = Vec::with_capacity(history.len());
    for revision in &history {
        terms.push(resolve(&state.db, revision, &agreement).await?);
    }
    let in_force = among(&history, state.clock.now().minute()).map(|one| one.number);
    let before = terms.iter().skip(1).map(Some).chain([None]);
    let cards = history.iter().zip(&terms).zip(before);
    Ok(Html(RevisionsPage {
        shell: frame.shell.page(
            format!("Revisions of {}", agreement.name),
            Section::Agreements,
            Some(Help::AGREEMENTS),
        ),
        id: id.0,
        revisions: cards.map(|((one, after), before)| card(one, &agreement, in_force, before, after)).collect(),
        can_edit: say::can_edit(&user.0),
        name: agreement.name,
    }))
}

fn card(
    revision: &Revision,
    agreement: &Agreement,
    in_force: Option<i64>,
    before: Option<&InForce>,
    after: &InForce,
) -> RevisionCard {
    let change =
        |one: crate::ops::compare_terms::Difference| Change { what: one.what, before: one.before, after: one.after };
    RevisionCard {
        number: revision.number,
        effective: effective(revision.effective.start(), revision),
        made_at: wording::instant(revision.made_at, agreement.zone),
        made_by: revision.made_by_name.clone().unwrap_or_else(|| "Nines".to_owned()),
        note: revision.note.clone(),
        is_in_force: in_force == Some(revision.number),
        is_pending: revision.applied_at.is_none(),
        changes: before.map(|before| differences(before, after).into_iter().map(change).collect()),
    }
}

fn effective(start: Instant, revision: &Revision) -> String {
    if revision.effective <= Minute(0) {
        return "from the beginning".to_owned();
    }
    format!("from {}", wording::day(start, revision.agreement.zone))
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
        Ok(()) => say::done("The planned change is withdrawn; the agreement stays as it is."),
        Err(OpsError::Refused { sentence, .. }) => say::failed(sentence),
        Err(error) => return Err(error.into()),
    };
    session::tell(&session, &told)?;
    Ok(see_other(&format!("{}/{id}/revisions", paths::AGREEMENTS)))
}
