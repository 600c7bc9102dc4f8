//! Each request in the log and in the counters, without its query string and without anybody's address.

use crate::web::State;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use std::time::Instant;
use tracing::{Span, field};
use tracing_actix_web::{RequestId, RootSpanBuilder};

/// A span with the request's id, method and path. Queries and the paths of shared pages hold tokens,
/// headers may hold cookies: none of them is logged.
#[derive(Debug)]
pub struct PathOnly;

impl RootSpanBuilder for PathOnly {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        tracing::info_span!(
            "request",
            request_id = id,
            method = method(request.method()),
            path = path(request.path()),
            status = field::Empty
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
    }
}

/// The path without the token that some have as their second part.
fn path(path: &str) -> &str {
    let secret = ["/shared/", "/badges/"].into_iter().find(|folder| path.starts_with(folder));
    secret.unwrap_or(path)
}

/// Middleware: counts the request under its route's pattern and logs it at debug level.
pub async fn count(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let method = method(request.method()).to_owned();
    let metrics = request.app_data::<Data<State>>().map(|state| state.metrics.clone());
    let outcome = next.call(request).await;
    let took = began.elapsed();
    let (route, status) = match &outcome {
        Ok(response) => (response.request().match_pattern(), response.status()),
        Err(error) => (None, error.as_response_error().status_code()),
    };
    let route = route.filter(|pattern| !pattern.is_empty()).unwrap_or_else(|| "none".to_owned());
    tracing::debug!(
        status = status.as_u16(),
        route,
        duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    if let Some(metrics) = metrics {
        metrics.request(&method, &route, status.as_u16(), took);
    }
    outcome
}

/// The methods that are counted by name; whatever else a client makes up is `other`.
const KNOWN: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

fn method(method: &Method) -> &str {
    if KNOWN.contains(method) { method.as_str() } else { "other" }
}
