//! `POST /notes`: where programs leave notes, with a key in the header. Answers are one sentence of plain text.

use crate::domain::note::{Author, NoteKind};
use crate::domain::time::{Instant, Minute};
use crate::language;
use crate::language::say;
use crate::ops::OpsError;
use crate::ops::leave_note::{self, Draft};
use crate::store::note_keys::NoteKey;
use crate::web::extract::{Client, Posted};
use crate::web::{State, WebError};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::DateTime;

/// POST `/notes`. Header: `Authorization: Bearer KEY`. Fields: `text`, `kind` (`note` unless it says `deploy`), `at` and
/// `until` (moments as RFC 3339; now and nothing unless given).
pub async fn leave(
    request: HttpRequest,
    client: Client,
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    if let Err(many) = state.throttle.check_stranger(client.0) {
        return Err(WebError::TooMany { wait_seconds: many.wait_seconds });
    }
    let Some(key) = key(&request, &state).await? else {
        return Ok(answer(
            StatusCode::UNAUTHORIZED,
            &say!("Send the header “Authorization: Bearer KEY” with a key that is not revoked."),
        ));
    };
    let draft = match read(&key, &posted) {
        Ok(draft) => draft,
        Err((field, sentence)) => return Ok(refused(field, language::word(sentence))),
    };
    match leave_note::leave(&state, Author::Program(key.id), draft).await {
        Ok(id) => Ok(answer(StatusCode::CREATED, &say!("Noted under the number {id}.", id))),
        Err(OpsError::Refused { field, sentence }) => Ok(refused(&field, &sentence)),
        Err(error) => Err(error.into()),
    }
}

async fn key(request: &HttpRequest, state: &State) -> Result<Option<NoteKey>, OpsError> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => leave_note::key(state, token.trim()).await,
        _ => Ok(None),
    }
}

fn read(key: &NoteKey, posted: &Posted) -> Result<Draft, (&'static str, &'static str)> {
    let kind = match posted.text("kind") {
        "" => NoteKind::Note,
        word => NoteKind::from_word(word).ok_or(("kind", "Write deploy or note."))?,
    };
    let (at, until) = (moment("at", posted)?, moment("until", posted)?);
    Ok(Draft { kind, scope: key.scope, at, until, text: posted.text("text").to_owned() })
}

fn moment(field: &'static str, posted: &Posted) -> Result<Option<Minute>, (&'static str, &'static str)> {
    let text = posted.text(field).trim();
    if text.is_empty() {
        return Ok(None);
    }
    // a plus that was not encoded has become a blank on its way
    let at = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
    let at = at.map_err(|_unreadable| (field, "Write a moment with its zone, as 2026-11-21T08:00:00Z."))?;
    Ok(Some(Instant::from(at.to_utc()).minute()))
}

fn refused(field: &str, sentence: &str) -> HttpResponse {
    let field = if field.is_empty() { String::new() } else { format!("{field}: ") };
    answer(StatusCode::UNPROCESSABLE_ENTITY, &format!("{field}{sentence}"))
}

fn answer(status: StatusCode, sentence: &str) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header((WWW_AUTHENTICATE, "Bearer"));
    }
    response.content_type("text/plain; charset=utf-8").body(format!("{sentence}\n"))
}
