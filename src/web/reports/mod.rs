//! Reports: the list, a stored one, a preview, their files, and sending.

mod archive;
mod compare;
mod list;
mod preview;
mod send;
mod show;

pub use archive::archive;
pub use compare::compare;
pub use list::{list, report_rows};
pub(in crate::web) use preview::period;
pub use preview::{preview, preview_file};
pub use send::{correct, retry, send, send_again};
pub(in crate::web) use show::delivery;
pub use show::{download, key, schema, show};

use crate::language;
use crate::ops::show_report::{FileFormat, OpenReport, ReportFile};
use crate::web::{State, WebError};
use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::block;

/// A report as a file, made on a thread that may take its time; a PDF when it is its turn.
pub(in crate::web) async fn made(
    state: &State,
    report: OpenReport,
    format: FileFormat,
) -> Result<HttpResponse, WebError> {
    let settings = state.settings.clone();
    #[cfg(feature = "pdf")]
    if format == FileFormat::Pdf {
        return Ok(file(state.press.set(move || report.file(format, &settings)).await?));
    }
    let made = block(language::carried(move || report.file(format, &settings))).await.map_err(WebError::internal)?;
    Ok(file(made?))
}

/// A report's file, to be kept. Its name is plain ASCII without quotes.
fn file(file: ReportFile) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)))
        .body(file.body)
}
