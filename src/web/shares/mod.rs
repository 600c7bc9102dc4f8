//! What people without an account see behind a link, and the pages on which links are made and revoked.

mod badge;
mod manage;
mod sheet;

pub use badge::{make as make_badge, manage as badge, picture};
pub use manage::{links, make, revoke};
pub use sheet::{file, sheet};

use crate::domain::model::Agreement;
use crate::domain::time::Instant;
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::open_link;
use crate::store::share_links::ShareLink;
use crate::store::{self, Db, StoreError};
use crate::view::shares::{ClosedPage, LinkRow};
use crate::view::{Badge, Section, Shell, Tone};
use crate::web::html::page;
use crate::web::{State, WebError};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The link behind a token, or the answer for whoever brings none that is open or comes too often.
async fn opened(state: &State, client: IpAddr, token: &str) -> Result<Result<ShareLink, HttpResponse>, WebError> {
    if let Err(many) = state.throttle.check_stranger(client) {
        let wait = crate::web::error::in_words(many.wait_seconds);
        let message = say!("This page was asked for too often. Please try again in {wait}.", wait);
        let mut answer = closed(StatusCode::TOO_MANY_REQUESTS, "Too many requests", message)?;
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(many.wait_seconds));
        return Ok(Err(answer));
    }
    match open_link::open(state, token).await? {
        Some(link) => Ok(Ok(link)),
        None => Ok(Err(nothing_here()?)),
    }
}

/// One answer for a link that never was, was revoked, has expired, or leads to what is not shared.
fn nothing_here() -> Result<HttpResponse, WebError> {
    let message = say!(
        "It may have expired or been revoked, or its address was not copied whole. Ask whoever gave it to you for a \
         new one."
    );
    closed(StatusCode::NOT_FOUND, "This link shows nothing", message)
}

fn closed(status: StatusCode, title: &str, message: String) -> Result<HttpResponse, WebError> {
    let shell = Shell::default().page(title, Section::Elsewhere, None);
    Ok(kept_private(page(status, &ClosedPage { shell, message })?))
}

/// The address is the key: no cache keeps the page, no search engine lists it, no other site learns of it.
fn kept_private(mut answer: HttpResponse) -> HttpResponse {
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ];
    for (name, value) in headers {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Scheme, host and port of this server, as the outside knows them.
pub(in crate::web) fn base(request: &HttpRequest, state: &State) -> String {
    if let Some(url) = &state.settings.server.public_url {
        return url.as_str().trim_end_matches('/').to_owned();
    }
    let connection = request.connection_info();
    format!("{}://{}", connection.scheme(), connection.host())
}

/// Links as rows; `names` are the agreement's objectives.
async fn rows(
    db: &Db,
    agreement: &Agreement,
    links: impl Iterator<Item = ShareLink>,
    now: Instant,
) -> Result<Vec<LinkRow>, StoreError> {
    let people: BTreeMap<_, _> = store::users::list(db).await?.into_iter().map(|one| (one.id, one.name)).collect();
    let objectives = store::objectives::list_by_agreement(db, agreement.id).await?;
    let names: BTreeMap<_, _> = objectives.into_iter().map(|one| (one.id, one.name)).collect();
    let at = |at: Instant| wording::instant(at, agreement.zone);
    let never = || say!("never");
    let row = |link: ShareLink| LinkRow {
        id: link.id.0,
        shows: match link.objective {
            None => say!("The sheet"),
            Some(id) => {
                let gone = || language::word("an objective that is gone").to_owned();
                say!("Badge of {name}", names.get(&id).cloned().unwrap_or_else(gone))
            }
        },
        made_by: link.made_by.and_then(|id| people.get(&id).cloned()).unwrap_or_else(|| "Nines".to_owned()),
        made_at: at(link.made_at),
        expires: link.expires_at.map_or_else(never, at),
        used: link.used_at.map_or_else(never, at),
        state: match link.revoked_at {
            Some(revoked) => Badge::new(Tone::Idle, say!("Revoked {when}", at(revoked))),
            None if link.is_open(now) => Badge::new(Tone::Good, "Open"),
            None => Badge::new(Tone::Idle, "Expired"),
        },
        is_open: link.is_open(now),
        note: link.note,
    };
    Ok(links.map(row).collect())
}
