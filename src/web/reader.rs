//! The language of whoever reads: what a browser asks for, unless an account or an agreement says otherwise later on.

use crate::language::{self, Language};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, VARY};
use actix_web::middleware::Next;

/// Endings of files that programs read, or that caches keep for everybody: these are in English.
const FOR_PROGRAMS: [&str; 9] = [".svg", ".csv", ".json", ".sig", ".prom", ".zip", ".xml", ".ics", ".yaml"];

/// Middleware: answers in the language that the browser likes best, which [`language::prefer`] may still change, and says
/// which it was.
pub async fn speak(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if FOR_PROGRAMS.iter().any(|ending| request.path().ends_with(ending)) {
        return next.call(request).await;
    }
    let asked = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = asked.and_then(Language::preferred).unwrap_or_default();
    language::scope(language, async {
        let mut response = next.call(request).await?;
        let headers = response.headers_mut();
        if headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
            headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::current().tag()));
            headers.append(VARY, HeaderValue::from_static("accept-language"));
        }
        Ok(response)
    })
    .await
}
