//! For machines: is the process up, can it work, what has it counted.

use crate::telemetry::CONTENT_TYPE;
use crate::web::{State, WebError};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use std::time::Duration;
use tokio::time::timeout;

/// After so many seconds without a sign of life a job counts as dead.
const PATIENCE_SECONDS: i64 = 300;
/// How long the database may take to say that it is there.
const DATABASE_PATIENCE: Duration = Duration::from_secs(3);

/// `/health`: the process answers.
pub async fn health() -> &'static str {
    "up\n"
}

/// `/ready`: the database answers and the jobs are alive; otherwise 503 with what is wrong.
pub async fn ready(state: Data<State>) -> HttpResponse {
    let mut wrong = Vec::new();
    match timeout(DATABASE_PATIENCE, state.db.ping()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "not ready: the database does not answer");
            wrong.push("the database does not answer".to_owned());
        }
        Err(_) => wrong.push("the database is too slow".to_owned()),
    }
    for job in state.metrics.silent(state.clock.now().seconds(), PATIENCE_SECONDS) {
        wrong.push(format!("the job “{job}” shows no sign of life"));
    }
    if wrong.is_empty() {
        return HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n");
    }
    HttpResponse::ServiceUnavailable()
        .content_type("text/plain; charset=utf-8")
        .body(format!("not ready: {}\n", wrong.join("; ")))
}

/// `/metrics`: everything that was counted, as OpenMetrics text.
pub async fn metrics(state: Data<State>) -> Result<HttpResponse, WebError> {
    let text = state.metrics.text().map_err(WebError::internal)?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, CONTENT_TYPE)).body(text))
}
