//! Answers that are pages.

use crate::web::WebError;
use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;

/// A page with status 200.
#[derive(Debug)]
pub struct Html<T>(pub T);

impl<T: Template> Responder for Html<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        page(StatusCode::OK, &self.0).unwrap_or_else(HttpResponse::from_error)
    }
}

/// A page with any status: 422 for a form that was refused.
pub fn page(status: StatusCode, template: &impl Template) -> Result<HttpResponse, WebError> {
    let text = template.render()?;
    Ok(HttpResponse::build(status).content_type(ContentType::html()).body(text))
}

/// After a change: go and see the outcome, with GET.
#[must_use]
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}
