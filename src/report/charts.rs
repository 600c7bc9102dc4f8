//! The report's pictures.

use crate::report::{Line, Report, ReportError};

/// A picture of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The objective that it shows.
    pub objective: i64,
    /// Its name within a mail, without angle brackets.
    pub cid: String,
    /// What it shows, in a sentence.
    pub alt: String,
    /// The picture.
    pub png: Vec<u8>,
}

/// The pictures of a report.
pub fn charts(_report: &Report) -> Result<Vec<Picture>, ReportError> {
    Ok(Vec::new())
}

/// An objective's chart for a page; none if a chart would show nothing.
pub(super) fn svg(_report: &Report, _line: &Line) -> Result<Option<String>, ReportError> {
    Ok(None)
}
