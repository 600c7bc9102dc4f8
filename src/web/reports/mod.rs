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
pub use preview::{preview, preview_file};
pub use send::{correct, retry, send, send_again};
pub(in crate::web) use show::delivery;
pub use show::{download, key, schema, show};

use crate::ops::show_report::ReportFile;
use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;

/// A report's file, to be kept. Its name is plain ASCII without quotes.
pub(in crate::web) fn file(file: ReportFile) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)))
        .body(file.body)
}
