//! GET `/reports/archive.zip?customer=Acme`: everything about one customer as one file.

use crate::ops::export_customer;
use crate::web::extract::SignedIn;
use crate::web::{State, WebError};
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentEncoding};
use actix_web::web::{Bytes, Data, Query};
use futures_util::TryStreamExt as _;
use serde::Deserialize;

/// Whose.
#[derive(Debug, Deserialize)]
pub struct Whose {
    customer: String,
}

/// The archive, sent as it is written.
pub async fn archive(_: SignedIn, state: Data<State>, whose: Query<Whose>) -> Result<HttpResponse, WebError> {
    let (name, pieces) = export_customer::export(state.context.clone(), &whose.customer).await?;
    let pieces = pieces.map_ok(Bytes::from).inspect_err(|error| {
        // the status is long sent: the cut connection tells the client, this line tells whoever runs Nines
        tracing::error!(error = %error, "an archive was cut off");
    });
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header(ContentEncoding::Identity)
        .streaming(pieces))
}
