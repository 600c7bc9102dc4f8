//! Whoever changes something must come from our own page.
//!
//! Two checks for every unsafe method: the browser's own word for where the request came from (`Sec-Fetch-Site`, or
//! `Origin`), and a token that only our pages know. Who is signed in has a token in the session; before that a signed
//! cookie that lasts as long as the browser carries one, so that a stranger's visit writes nothing to the database.

use crate::language::say;
use crate::ops::token;
use crate::web::{State, WebError, body, session};
use actix_session::SessionExt as _;
use actix_web::HttpRequest;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// The name of the hidden field.
pub const FIELD: &str = "csrf";
/// The header that scripts may send instead.
const HEADER: &str = "x-csrf-token";
/// How long a body may take to arrive.
const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// Middleware: lets unsafe methods through only from our own pages.
pub async fn guard<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    if !request.method().is_safe()
        && let Err(error) = check(&mut request).await
    {
        // not `into_response`, which forgets the error on the way
        return Ok(request.error_response(error).map_into_right_body());
    }
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}

async fn check(request: &mut ServiceRequest) -> Result<(), actix_web::Error> {
    let state = request.app_data::<Data<State>>().cloned();
    let state = state.ok_or_else(|| WebError::Forged("Nines is not ready."))?;
    if !is_ours(request.headers(), state.settings.server.public_url.as_ref()) {
        return Err(WebError::Forged("It came from another web site.").into());
    }
    let known = match session::csrf(&request.get_session()) {
        Some(token) => Some(token),
        None => visit(request.request(), &state),
    };
    let known = known.ok_or(WebError::Forged("It is too old, or your browser keeps no cookies."))?;
    let sent = match request.headers().get(HEADER).and_then(|value| value.to_str().ok()) {
        Some(sent) => sent.to_owned(),
        None => from_body(request).await?,
    };
    if token::is_masked(&sent, &known) {
        return Ok(());
    }
    Err(WebError::Forged("It is too old, or was opened before you signed in.").into())
}

/// The field in the body, which is read and put back.
async fn from_body(request: &mut ServiceRequest) -> Result<String, actix_web::Error> {
    let bytes = timeout(BODY_PATIENCE, request.extract::<Bytes>()).await.map_err(|_elapsed| too_slow())??;
    let fields = body::fields(request.headers(), bytes.clone()).await?;
    let sent = fields.into_iter().find(|(name, _)| name == FIELD).map(|(_, value)| value);
    request.set_payload(Payload::from(bytes));
    Ok(sent.unwrap_or_default())
}

/// Does the browser say that the request comes from our own pages? Programs that say nothing still need the token.
fn is_ours(headers: &HeaderMap, public_url: Option<&Url>) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(ORIGIN.as_str()) else { return !headers.contains_key(ORIGIN) };
    let Ok(origin) = Url::parse(origin) else { return false };
    let authority = |url: &Url| url.host_str().map(|host| (host.to_owned(), url.port_or_known_default()));
    let matches_public = public_url.is_some_and(|url| url.origin() == origin.origin());
    let own = text(HOST.as_str()).and_then(|host| Url::parse(&format!("{}://{host}", origin.scheme())).ok());
    matches_public || own.is_some_and(|own| authority(&own) == authority(&origin))
}

fn too_slow() -> WebError {
    WebError::Refused {
        status: StatusCode::REQUEST_TIMEOUT,
        title: say!("That took too long"),
        message: say!("The form did not arrive within half a minute. Please send it again."),
    }
}

/// The name of the cookie that carries the token of somebody who is not signed in.
fn visit_name(state: &State) -> &'static str {
    if state.settings.server.is_https() { "__Host-nines-visit" } else { "nines-visit" }
}

/// The token of somebody who is not signed in, if their browser brought one that we signed.
fn visit(request: &HttpRequest, state: &State) -> Option<String> {
    let mut jar = CookieJar::new();
    jar.add_original(request.cookie(visit_name(state))?);
    jar.signed(&state.key).get(visit_name(state)).map(|cookie| cookie.value().to_owned())
}

/// The token of somebody who is not signed in, and the cookie to send along if it is new.
pub fn visitor_token(request: &HttpRequest, state: &State) -> Result<(String, Option<Cookie<'static>>), WebError> {
    if let Some(token) = visit(request, state) {
        return Ok((token, None));
    }
    let token = token::random()?;
    let cookie = Cookie::build(visit_name(state), token.clone())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(state.settings.server.is_https())
        .finish();
    Ok((token, Some(signed(cookie, &state.key))))
}

fn signed(cookie: Cookie<'static>, key: &Key) -> Cookie<'static> {
    let mut jar = CookieJar::new();
    jar.signed_mut(key).add(cookie.clone());
    jar.delta().next().cloned().unwrap_or(cookie)
}
