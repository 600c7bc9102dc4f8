//! `/objectives/{id}/note-keys`: which programs may leave notes, such as a deploy pipeline.

use super::happened::about;
use crate::domain::ids::NoteKeyId;
use crate::domain::time::Instant;
use crate::domain::wording;
use crate::language::say;
use crate::ops::{OpsError, make_note_key};
use crate::store::note_keys::{self, NoteKey};
use crate::store::objectives::ObjectiveListing;
use crate::store::users::User;
use crate::view::happened::{NoteKeyRow, NoteKeysPage};
use crate::view::{Badge, Form, Help, Section, Tone};
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::forms::note as form;
use crate::web::html::{page, see_other};
use crate::web::{State, WebError, paths, say, session, shares};
use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

/// GET `/objectives/{id}/note-keys`.
pub async fn show(user: SignedIn, frame: Frame, state: Data<State>, path: Path<i64>) -> Result<HttpResponse, WebError> {
    let listing = super::find(&state, path.into_inner()).await?;
    let form = form::empty(&listing, state.clock.now().minute());
    answer(frame, &state, &user.0, &listing, form, None).await
}

/// POST `/objectives/{id}/note-keys`: answers with the page that shows the new key, this once.
pub async fn make(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    posted: Posted,
    path: Path<i64>,
    request: HttpRequest,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let listing = super::find(&state, path.into_inner()).await?;
    let mut typed = posted.form();
    let mut made = None;
    if let Some(scope) = form::scope(&mut typed, &listing) {
        match make_note_key::make(&state, user.0.id, &listing, scope, typed.value("name")).await {
            Ok(token) => {
                made = Some((command(&shares::base(&request, &state), &token), token));
                typed.set("name", "");
            }
            Err(OpsError::Refused { field, sentence }) => typed.refuse(field, sentence),
            Err(error) => return Err(error.into()),
        }
    }
    answer(frame, &state, &user.0, &listing, typed, made.map(|(command, token)| (token, command))).await
}

/// How a pipeline uses the key.
fn command(base: &str, token: &str) -> String {
    format!(
        "curl --fail -H 'Authorization: Bearer {token}' -d kind=deploy --data-urlencode 'text=version 1.2.3' \
         {base}{}",
        paths::NOTES
    )
}

/// POST `/objectives/{id}/note-keys/{key}/revoke`.
pub async fn revoke(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    path: Path<(i64, i64)>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let (id, key) = path.into_inner();
    let listing = super::find(&state, id).await?;
    make_note_key::revoke(&state, user.0.id, &listing, NoteKeyId(key)).await?;
    session::tell(&session, &say::done(say!("The key is revoked. Its notes stay, and it leaves no more.")))?;
    Ok(see_other(&format!("/objectives/{id}/note-keys")))
}

async fn answer(
    frame: Frame,
    state: &State,
    user: &User,
    listing: &ObjectiveListing,
    form: Form,
    made: Option<(String, String)>,
) -> Result<HttpResponse, WebError> {
    let status = if form.is_fine() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let keys = note_keys::list(&state.db, listing).await?;
    let name = listing.objective.name.clone();
    let shown = NoteKeysPage {
        shell: frame.shell.page(say!("Keys for notes on {objective}", name), Section::Overview, Some(Help::NOTES)),
        id: listing.objective.id.0,
        name,
        rows: keys.iter().map(|key| row(listing, key)).collect(),
        form,
        scopes: form::scopes(listing),
        made,
        can_edit: say::can_edit(user),
    };
    page(status, &shown)
}

fn row(listing: &ObjectiveListing, key: &NoteKey) -> NoteKeyRow {
    let instant = |at: Instant| wording::instant(at, listing.agreement.zone);
    let is_open = key.revoked_at.is_none();
    NoteKeyRow {
        id: key.id.0,
        name: key.name.clone(),
        about: about(listing, key.scope),
        made: instant(key.made_at),
        used: key.used_at.map_or_else(|| say!("never"), instant),
        state: if is_open { Badge::new(Tone::Good, "Open") } else { Badge::new(Tone::Idle, "Revoked") },
        is_open,
    }
}
