//! What handlers ask for in their signature. A handler that runs is a handler that was allowed to.

use crate::language;
use crate::ops::token;
use crate::store::users::{Role, User};
use crate::view::{self, Shell, ShellUser};
use crate::web::{State, WebError, body, csrf, session};
use actix_session::SessionExt as _;
use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse};
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::rc::Rc;
use tokio::sync::OnceCell;

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, WebError>>>>;

/// Who asks, looked up once per request, however many of the handler's arguments want to know at the same time.
#[derive(Clone, Default)]
struct Visitor(Rc<OnceCell<Option<User>>>);

/// Somebody is signed in; whoever is not is led to the sign-in page and back.
#[derive(Clone, Debug)]
pub struct SignedIn(pub User);

/// What stands around the page: who is signed in, the token for forms, what just happened. Works for everybody.
#[derive(Clone, Debug)]
pub struct Frame {
    /// For the page.
    pub shell: Shell,
    /// To be sent along where nobody is signed in yet; see [`Frame::bring`].
    visit: Option<Cookie<'static>>,
}

impl Frame {
    /// Adds the cookie that makes the forms of a page for strangers work.
    pub fn bring(self, mut response: HttpResponse) -> Result<HttpResponse, WebError> {
        if let Some(cookie) = &self.visit {
            response.add_cookie(cookie).map_err(WebError::internal)?;
        }
        Ok(response)
    }
}

/// A posted form, in the order of its fields; names may repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted(pub Vec<(String, String)>);

impl Posted {
    /// The last value of that name; empty if there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// What may be shown again: everything but the token.
    #[must_use]
    pub fn form(&self) -> view::Form {
        view::Form::from_pairs(self.0.iter().filter(|(key, _)| key != csrf::FIELD).cloned())
    }
}

/// The client's address, behind trusted proxies.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub IpAddr);

impl FromRequest for SignedIn {
    type Error = WebError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let next = matches!(*request.method(), Method::GET | Method::HEAD)
                .then(|| request.uri().path_and_query().map(ToString::to_string))
                .flatten();
            visitor(&request).await?.map(Self).ok_or(WebError::SignInFirst { next })
        })
    }
}

impl FromRequest for Frame {
    type Error = WebError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let user = visitor(&request).await?;
            let session = request.get_session();
            let (csrf, visit) = if let Some(token) = session::csrf(&session) {
                (token, None)
            } else {
                let state = state(&request)?;
                csrf::visitor_token(&request, &state)?
            };
            let shell = Shell {
                user: user.as_ref().map(shell_user),
                csrf: token::mask(&csrf)?,
                flash: session::take_flash(&session),
                ..Shell::default()
            };
            Ok(Self { shell, visit })
        })
    }
}

impl FromRequest for Posted {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (headers, bytes) = (request.headers().clone(), Bytes::from_request(request, payload));
        Box::pin(async move { Ok(Self(body::fields(&headers, bytes.await?).await?)) })
    }
}

impl FromRequest for Client {
    type Error = WebError;
    type Future = std::future::Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let address = state(request).map(|state| {
            let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |socket| socket.ip());
            let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
            let forwarded = forwarded.collect::<Vec<_>>().join(",");
            crate::web::client::address(peer, Some(&forwarded), &state.settings.server.trusted_proxies)
        });
        std::future::ready(address.map(Self))
    }
}

fn state(request: &HttpRequest) -> Result<Data<State>, WebError> {
    let state = request.app_data::<Data<State>>().cloned();
    state.ok_or_else(|| WebError::Internal("the application's state is missing".into()))
}

async fn visitor(request: &HttpRequest) -> Result<Option<User>, WebError> {
    let known = request.extensions().get::<Visitor>().cloned();
    let visitor = known.unwrap_or_else(|| {
        let visitor = Visitor::default();
        request.extensions_mut().insert(visitor.clone());
        visitor
    });
    visitor.0.get_or_try_init(|| look_up(request)).await.cloned()
}

async fn look_up(request: &HttpRequest) -> Result<Option<User>, WebError> {
    let user = match session::user(&request.get_session()) {
        Some(id) => crate::store::users::find(&state(request)?.db, id).await?.filter(User::has_access),
        None => None,
    };
    if let Some(chosen) = user.as_ref().and_then(|user| user.language) {
        language::prefer(chosen);
    }
    Ok(user)
}

fn shell_user(user: &User) -> ShellUser {
    ShellUser {
        name: user.name.clone(),
        email: user.email.clone(),
        role: user.role.word().to_owned(),
        is_admin: user.role == Role::Admin,
    }
}

/// The shell for an error page: what is known of the request already, without asking the database again.
pub(super) fn known_shell(request: &HttpRequest) -> Shell {
    let user = request.extensions().get::<Visitor>().and_then(|visitor| visitor.0.get().cloned().flatten());
    let csrf = session::csrf(&request.get_session()).and_then(|token| token::mask(&token).ok());
    Shell { user: user.as_ref().map(shell_user), csrf: csrf.unwrap_or_default(), ..Shell::default() }
}
