//! An objective's standing as a small picture for other people's pages, and the page on which such pictures are made.

use super::{base, rows};
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::make_link::{self, NOTE, Shows};
use crate::ops::{OpsError, open_link};
use crate::store;
use crate::store::objectives::ObjectiveListing;
use crate::store::users::User;
use crate::view::shares::{BadgePage, BadgePicture, Snippets};
use crate::view::{Form, Help, Section, Tone};
use crate::web::extract::{Client, Frame, Posted, SignedIn};
use crate::web::html::page;
use crate::web::objective::find;
use crate::web::{State, WebError, paths, say, standing};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, REFERRER_POLICY};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template as _;

/// GET `/badges/{token}.svg`. A picture in any case, because it stands where nobody reads pages.
pub async fn picture(client: Client, state: Data<State>, token: Path<String>) -> Result<HttpResponse, WebError> {
    if let Err(many) = state.throttle.check_stranger(client.0) {
        return Err(WebError::TooMany { wait_seconds: many.wait_seconds });
    }
    let objective = open_link::open(&state, &token).await?.and_then(|link| link.objective);
    let listing = match objective {
        Some(id) => store::objectives::listing(&state.db, id).await?,
        None => None,
    };
    let Some(listing) = listing else {
        return drawn(StatusCode::NOT_FOUND, "no-store", "Nines", &say!("no such badge"), Tone::Idle);
    };
    let (value, tone) = told(&state, &listing).await?;
    drawn(StatusCode::OK, "public, max-age=60", &listing.objective.name, &value, tone)
}

/// What was measured and how the objective stands: `99.982 % · Meeting`.
async fn told(state: &State, listing: &ObjectiveListing) -> Result<(String, Tone), WebError> {
    let objective = &listing.objective;
    if objective.archived_at.or(listing.agreement.archived_at).is_some() {
        return Ok((say!("archived"), Tone::Idle));
    }
    let Some(latest) = store::evaluations::find(&state.db, objective.id).await? else {
        return Ok((say!("not judged yet"), Tone::Idle));
    };
    let status = say::status_of_word(&latest.status);
    let measured = standing::measured(objective.kind, objective.target, &latest.tally);
    let value = match latest.tally.total {
        0 => measured,
        _ => format!("{measured} · {}", wording::capitalised(language::word(status.word()))),
    };
    Ok((value, status.tone()))
}

fn drawn(status: StatusCode, cached: &str, label: &str, value: &str, tone: Tone) -> Result<HttpResponse, WebError> {
    let picture = BadgePicture::new(label, value, tone).map_err(WebError::internal)?;
    Ok(HttpResponse::build(status)
        .content_type("image/svg+xml")
        .insert_header((CACHE_CONTROL, cached))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header(("x-robots-tag", "noindex"))
        .body(picture.render()?))
}

/// GET `/objectives/{id}/badge`.
pub async fn manage(user: SignedIn, frame: Frame, state: Data<State>, id: Path<i64>) -> Result<HttpResponse, WebError> {
    let listing = find(&state, *id).await?;
    answer(frame, &state, &user.0, &listing, Form::default(), None).await
}

/// POST `/objectives/{id}/badge`: answers with the page that shows the new badge's address, this once.
pub async fn make(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    posted: Posted,
    id: Path<i64>,
    request: HttpRequest,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let listing = find(&state, *id).await?;
    let mut form = posted.form();
    let shows = Shows::Badge(listing.objective.id);
    match make_link::make(&state, user.0.id, listing.agreement.id, shows, form.value(NOTE)).await {
        Ok(token) => {
            let path = format!("{}/{token}.svg", paths::BADGES);
            let made = Snippets::new(&base(&request, &state), path, &listing.objective.name);
            answer(frame, &state, &user.0, &listing, Form::default(), Some(made)).await
        }
        Err(OpsError::Refused { field, sentence }) => {
            form.refuse(field, sentence);
            answer(frame, &state, &user.0, &listing, form, None).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn answer(
    frame: Frame,
    state: &State,
    user: &User,
    listing: &ObjectiveListing,
    form: Form,
    made: Option<Snippets>,
) -> Result<HttpResponse, WebError> {
    let status = if form.is_fine() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (objective, agreement) = (&listing.objective, &listing.agreement);
    let links = store::share_links::list(&state.db, agreement.id).await?;
    let own = links.into_iter().filter(|link| link.objective == Some(objective.id));
    let template = BadgePage {
        shell: frame.shell.page(say!("Badge of {name}", objective.name), Section::Overview, Some(Help::SHARING)),
        id: objective.id.0,
        name: objective.name.clone(),
        agreement_id: agreement.id.0,
        rows: rows(&state.db, agreement, own, state.clock.now()).await?,
        form,
        made,
        can_edit: say::can_edit(user),
    };
    page(status, &template)
}
