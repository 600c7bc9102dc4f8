//! `/agreements/{id}/links`: who without an account may see the agreement, and until when.

use super::{base, rows};
use crate::domain::ids::{AgreementId, ShareLinkId};
use crate::domain::model::Agreement;
use crate::language::say;
use crate::ops::make_link::{self, NOTE, Shows, UNTIL};
use crate::ops::{OpsError, revoke_link};
use crate::store;
use crate::store::users::User;
use crate::view::shares::LinksPage;
use crate::view::{Form, Help, Section};
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::html::{page, see_other};
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{Days, NaiveDate};

/// A new link lasts this long unless another day is chosen.
const USUAL_DAYS: u64 = 90;

/// GET `/agreements/{id}/links`.
pub async fn links(user: SignedIn, frame: Frame, state: Data<State>, id: Path<i64>) -> Result<HttpResponse, WebError> {
    let agreement = find(&state, *id).await?;
    let today = state.clock.now().to_utc().with_timezone(&agreement.zone).date_naive();
    let mut form = Form::default();
    form.set(UNTIL, today.checked_add_days(Days::new(USUAL_DAYS)).unwrap_or(today).to_string());
    answer(frame, &state, &user.0, &agreement, form, None).await
}

/// POST `/agreements/{id}/links`: answers with the page that shows the new address, this once.
pub async fn make(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    posted: Posted,
    id: Path<i64>,
    request: HttpRequest,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let agreement = find(&state, *id).await?;
    let mut form = posted.form();
    let typed = form.value(UNTIL).trim().to_owned();
    let Ok(day) = NaiveDate::parse_from_str(&typed, "%Y-%m-%d") else {
        form.refuse(UNTIL, say!("“{typed}” is no day; write it as 2026-12-31.", typed));
        return answer(frame, &state, &user.0, &agreement, form, None).await;
    };
    match make_link::make(&state, user.0.id, agreement.id, Shows::Sheet(day), form.value(NOTE)).await {
        Ok(token) => {
            let address = format!("{}{}/{token}", base(&request, &state), paths::SHARED);
            answer(frame, &state, &user.0, &agreement, form, Some(address)).await
        }
        Err(OpsError::Refused { field, sentence }) => {
            form.refuse(field, sentence);
            answer(frame, &state, &user.0, &agreement, form, None).await
        }
        Err(error) => Err(error.into()),
    }
}

/// POST `/agreements/{id}/links/{link}/revoke`.
pub async fn revoke(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    path: Path<(i64, i64)>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let (id, link) = path.into_inner();
    revoke_link::revoke(&state, user.0.id, AgreementId(id), ShareLinkId(link)).await?;
    session::tell(&session, &say::done(say!("The link is revoked. Whoever has it sees nothing any more.")))?;
    Ok(see_other(&format!("{}/{id}/links", paths::AGREEMENTS)))
}

async fn find(state: &State, id: i64) -> Result<Agreement, OpsError> {
    store::agreements::find(&state.db, AgreementId(id)).await?.ok_or(OpsError::NotFound("agreement"))
}

async fn answer(
    frame: Frame,
    state: &State,
    user: &User,
    agreement: &Agreement,
    form: Form,
    made: Option<String>,
) -> Result<HttpResponse, WebError> {
    let status = if form.is_fine() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let links = store::share_links::list(&state.db, agreement.id).await?;
    let template = LinksPage {
        shell: frame.shell.page(
            say!("Links to share {name}", agreement.name),
            Section::Agreements,
            Some(Help::SHARING),
        ),
        id: agreement.id.0,
        name: agreement.name.clone(),
        rows: rows(&state.db, agreement, links.into_iter(), state.clock.now()).await?,
        form,
        made,
        can_edit: say::can_edit(user),
    };
    page(status, &template)
}
