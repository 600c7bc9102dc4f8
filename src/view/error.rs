//! What people see when something did not work.

use super::{Link, Shell};
use crate::language::filters;
use askama::Template;

/// Any 4xx or 5xx answer.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/error.html")]
pub struct ErrorPage {
    /// What stands around it.
    pub shell: Shell,
    /// The status code: `404`.
    pub status: u16,
    /// What happened, in a few words: `There is no such objective`.
    pub title: String,
    /// What to do about it, in a sentence or two.
    pub message: String,
    /// Ways on.
    pub links: Vec<Link>,
    /// The request's id, for the log; empty if unknown.
    pub request_id: String,
}
