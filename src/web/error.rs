//! What can go wrong with a request, and the one place where it becomes a page and a line in the log.

use crate::language::say;
use crate::language::{self, Language};
use crate::ops::OpsError;
use crate::ops::password::HashError;
use crate::store::StoreError;
use crate::view::error::ErrorPage;
use crate::view::{Link, Section, Shell};
use crate::web::{extract, paths};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ContentType, HeaderValue, LOCATION, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, ResponseError};
use askama::Template as _;
use std::error::Error;
use thiserror::Error;
use tracing_actix_web::RequestId;

/// Why a request was not answered as hoped.
#[derive(Debug, Error)]
pub enum WebError {
    /// Nothing is there, in the words of what was looked for: `There is no such objective`.
    #[error("{0}")]
    NotFound(&'static str),
    /// Nobody is signed in; `next` is where they wanted to go.
    #[error("nobody is signed in")]
    SignInFirst {
        /// Path and query of the page, for GET.
        next: Option<String>,
    },
    /// A form came from elsewhere, or from a page that is too old.
    #[error("a form was refused: {0}")]
    Forged(&'static str),
    /// Somebody tries too often.
    #[error("too many tries; {wait_seconds} s to wait")]
    TooMany {
        /// When the next try counts.
        wait_seconds: u64,
    },
    /// Too much is asked for at once.
    #[error("too much of this is asked for at once; {wait_seconds} s to wait")]
    Busy {
        /// When to try again.
        wait_seconds: u64,
    },
    /// Refused, with a title and a sentence that says how to mend it.
    #[error("{title}: {message}")]
    Refused {
        /// 4xx.
        status: StatusCode,
        /// A few words.
        title: String,
        /// A sentence or two.
        message: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Passwords.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A template.
    #[error("a page could not be rendered: {0}")]
    Page(#[from] askama::Error),
    /// The system's source of randomness.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// Anything else that is our fault.
    #[error(transparent)]
    Internal(Box<dyn Error + Send + Sync>),
}

impl WebError {
    /// Something that is our fault and has no variant of its own.
    #[must_use]
    pub fn internal(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Internal(Box::new(error))
    }

    /// What was asked for cannot be; the sentence says the mend. For requests without a form to show it in.
    #[must_use]
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self::Refused {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            title: say!("This cannot be done"),
            message: sentence.into(),
        }
    }
}

impl From<OpsError> for WebError {
    fn from(error: OpsError) -> Self {
        match error {
            OpsError::NotFound("agreement") => Self::NotFound("There is no such agreement"),
            OpsError::NotFound("objective") => Self::NotFound("There is no such objective"),
            OpsError::NotFound("source") => Self::NotFound("There is no such source"),
            OpsError::NotFound("exclusion") => Self::NotFound("There is no such exclusion"),
            OpsError::NotFound("customer") => Self::NotFound("There is no such customer"),
            OpsError::NotFound("link") => Self::NotFound("There is no such link"),
            OpsError::NotFound("report") => Self::NotFound("There is no such report"),
            OpsError::NotFound(_) => Self::NotFound("There is no such thing"),
            OpsError::Refused { sentence, .. } => Self::refused(sentence),
            OpsError::Removed { sentence } => {
                Self::Refused { status: StatusCode::GONE, title: say!("This report was removed"), message: sentence }
            }
            OpsError::Busy { wait_seconds } => Self::Busy { wait_seconds },
            OpsError::Store(error) => Self::Store(error),
            other => Self::internal(other),
        }
    }
}

impl ResponseError for WebError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound(_) | Self::Store(StoreError::NotFound { .. }) => StatusCode::NOT_FOUND,
            Self::SignInFirst { .. } => StatusCode::SEE_OTHER,
            Self::Forged(_) => StatusCode::FORBIDDEN,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Refused { status, .. } => *status,
            Self::Store(StoreError::Conflict { .. }) => StatusCode::CONFLICT,
            Self::Busy { .. } | Self::Store(StoreError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Hash(_) | Self::Page(_) | Self::Random(_) | Self::Internal(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::SignInFirst { next } => {
                response.insert_header((LOCATION, paths::sign_in(next.as_deref())));
            }
            Self::TooMany { wait_seconds } | Self::Busy { wait_seconds } => {
                response.insert_header((RETRY_AFTER, wait_seconds.to_string()));
            }
            Self::Store(StoreError::Busy) => {
                response.insert_header((RETRY_AFTER, "5"));
            }
            _ => {}
        }
        response.finish()
    }
}

/// Middleware: every 4xx and 5xx without a body of its own becomes a page; every 5xx becomes one line in the log.
pub async fn pages(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let answered = match next.call(request).await {
        Ok(response) => response,
        // the sessions could not be read or kept: nothing is left of the request, not even who asked
        Err(error) => {
            let words = Words::of(error.as_response_error().status_code(), Some(&error));
            log(words.status, Some(&error));
            let response = render(error.error_response(), words, Shell::default(), id);
            return Err(InternalError::from_response(error, response).into());
        }
    };
    let status = answered.status();
    let is_bare = matches!(answered.response().body().size(), BodySize::None | BodySize::Sized(0));
    if !(status.is_client_error() || status.is_server_error()) || (answered.response().error().is_none() && !is_bare) {
        return Ok(answered.map_into_boxed_body());
    }
    let words = Words::of(status, answered.response().error());
    log(status, answered.response().error());
    let shell = extract::known_shell(answered.request());
    let (request, response) = answered.into_parts();
    let response = response.map_into_boxed_body();
    Ok(ServiceResponse::new(request, render(response, words, shell, id)))
}

fn log(status: StatusCode, error: Option<&actix_web::Error>) {
    if !status.is_server_error() {
        return;
    }
    // the log is in English, whoever asked
    let chain = language::sync_scope(Language::English, || {
        match (error, error.and_then(|error| error.as_error::<WebError>())) {
            (_, Some(error)) => causes(error),
            // errors of the framework keep their cause to themselves, except here; on one line
            (Some(error), None) => format!("{error:?}").split_whitespace().collect::<Vec<_>>().join(" "),
            (None, None) => status.to_string(),
        }
    });
    tracing::error!(status = status.as_u16(), error = chain, "a request failed");
}

/// The error and what caused it, without saying the same twice.
fn causes(error: &WebError) -> String {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !chain.ends_with(&text) {
            chain = format!("{chain}: {text}");
        }
        cause = inner.source();
    }
    chain
}

/// What a page of an error says.
struct Words {
    status: StatusCode,
    title: String,
    message: String,
    links: Vec<Link>,
}

impl Words {
    fn of(status: StatusCode, error: Option<&actix_web::Error>) -> Self {
        let home = || Link::new(paths::HOME, say!("To the overview"));
        let (title, message) = match (error.and_then(|e| e.as_error::<WebError>()), status) {
            (Some(WebError::NotFound(title)), _) => (
                language::word(title).to_owned(),
                say!("It may have been renamed or archived, or the address is mistyped."),
            ),
            (Some(WebError::Refused { title, message, .. }), _) => {
                return Self { status, title: title.clone(), message: message.clone(), links: vec![home()] };
            }
            (Some(WebError::Forged(why)), _) => (
                say!("This form was not accepted"),
                say!(
                    "{why} Nothing was changed. Open the page again and send the form from there.",
                    language::word(why)
                ),
            ),
            (Some(WebError::TooMany { wait_seconds }), _) => (
                say!("Too many tries"),
                say!("For safety Nines takes a break. Please try again in {wait}.", in_words(*wait_seconds)),
            ),
            (Some(WebError::Busy { wait_seconds }), _) => (
                say!("Nines is busy"),
                say!(
                    "Many reports are being set as PDF at the moment. Please ask for this one again in {wait}; its other formats can be had at once.",
                    in_words(*wait_seconds)
                ),
            ),
            (Some(WebError::Store(StoreError::Conflict { .. })), _) => (
                say!("Somebody else was faster"),
                say!("What you changed has been changed in the meantime. Nothing was saved; look at it again first."),
            ),
            (_, StatusCode::NOT_FOUND) => {
                (say!("There is no such page"), say!("The address may be mistyped, or the page has moved."))
            }
            (_, StatusCode::METHOD_NOT_ALLOWED) => {
                (say!("This page cannot do that"), say!("The address is right, but not for this kind of request."))
            }
            (_, StatusCode::PAYLOAD_TOO_LARGE) => {
                (say!("That is too much at once"), say!("A form may hold 256 kB. Send less, and nothing is lost."))
            }
            (_, StatusCode::REQUEST_TIMEOUT) => (
                say!("That took too long"),
                say!("The form did not arrive within half a minute. Please send it again."),
            ),
            (_, StatusCode::SERVICE_UNAVAILABLE) => (
                say!("Nines is busy"),
                say!("The database is occupied with other work. Nothing was changed; please try again in a moment."),
            ),
            (_, status) if status.is_client_error() => (
                say!("This request could not be read"),
                say!("Something in the address or the form is not as it should be."),
            ),
            _ => (
                say!("Something went wrong on our side"),
                say!(
                    "Nothing was changed. Please try again; if it happens again, tell whoever runs Nines the number below."
                ),
            ),
        };
        Self { status, title, message, links: vec![home()] }
    }
}

/// A wait as people say it: `45 seconds`, `2 minutes`.
pub(super) fn in_words(seconds: u64) -> String {
    match seconds {
        1 => say!("1 second"),
        2..=90 => say!("{n} seconds", seconds),
        _ => say!("{n} minutes", seconds.div_ceil(60)),
    }
}

fn render(mut response: HttpResponse, words: Words, shell: Shell, request_id: String) -> HttpResponse {
    let shell = shell.page(words.title.clone(), Section::Elsewhere, None);
    let Words { status, title, message, links } = words;
    if status.is_redirection() {
        return response;
    }
    let page = ErrorPage { shell, status: status.as_u16(), title, message, links, request_id };
    let (kind, body) = match page.render() {
        Ok(html) => (ContentType::html().0.to_string(), html),
        Err(error) => {
            tracing::error!(error = %error, "the error page could not be rendered");
            ("text/plain; charset=utf-8".to_owned(), format!("{}: {}", page.title, page.message))
        }
    };
    if let Ok(kind) = HeaderValue::from_str(&kind) {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response.set_body(BoxBody::new(body))
}
