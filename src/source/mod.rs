//! Brings measurements in: from a Prometheus server, from one `/metrics` endpoint, or by a check of our own.
//!
//! Every word to the outside goes through [`http::Http`] (or, for a TCP check, through the same address guard): one
//! client for each source, with its authentication, its trusted authority and its patience, that follows no redirect,
//! uses no proxy, reads no more than it was told to, and refuses addresses where only a machine's own cloud answers.
//! What foreign servers say is data: it is bounded, checked and named in errors, and secrets never stand in an error.

use crate::language::say;
use thiserror::Error;

mod address;
pub mod exposition;
pub mod histogram;
pub mod http;
pub mod probe;
pub mod prometheus;
pub mod scrape;
pub mod series;
#[cfg(test)]
mod testing;

pub use crate::domain::selector::Labels;

/// Why a source brought nothing. The texts are for people and hold no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SourceError {
    /// Nines will not ask: the definition must be mended first.
    #[error("{0}")]
    Refused(String),
    /// No connection, no such name, or the connection broke.
    #[error("{}", say!("the source cannot be reached: {problem}", .0))]
    Unreachable(String),
    /// No full answer in time.
    #[error("{}", say!("the source did not answer within {seconds} s", .seconds))]
    Timeout {
        /// The patience that ended.
        seconds: i64,
    },
    /// The connection could not be protected, or nobody trusted vouches for the other side.
    #[error("{}", say!("the TLS connection to the source failed: {problem}", .0))]
    Tls(String),
    /// An answer with a status that is no success.
    #[error("{}", after_status(*.code, .excerpt))]
    Status {
        /// HTTP status.
        code: u16,
        /// How the body begins; may be empty.
        excerpt: String,
    },
    /// More than Nines reads at once.
    #[error("{}", say!("the source's answer is larger than {most} bytes; narrow it down to what Nines needs", .bytes_max))]
    TooLarge {
        /// The most that is read.
        bytes_max: usize,
    },
    /// The answer is not in the format that it should have.
    #[error("{}", say!("the source's answer cannot be read: {problem}", .0))]
    Malformed(String),
    /// The source says itself that it cannot answer now: it is overloaded, or starting, or gave up on time.
    #[error("{}", say!("the source cannot answer at the moment: {problem}", .0))]
    Unavailable(String),
    /// The source understood the request and rejects the query.
    #[error("{}", say!("the source rejects the query: {problem}", .0))]
    Query(String),
}

impl SourceError {
    /// May the same request succeed later without anybody mending a definition?
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Timeout { .. } | Self::Unavailable(_) => true,
            Self::Status { code, .. } => *code >= 500 || matches!(*code, 408 | 425 | 429),
            Self::Refused(_) | Self::Tls(_) | Self::TooLarge { .. } | Self::Malformed(_) | Self::Query(_) => false,
        }
    }
}

/// The status, and what the body says about it, or how a redirect is mended.
fn after_status(code: u16, excerpt: &str) -> String {
    match code {
        300..=399 => say!(
            "the source answered with status {code}; redirects are not followed, so enter the address that it leads to",
            code
        ),
        401 | 403 if excerpt.is_empty() => {
            say!("the source answered with status {code}; check the credentials of the source", code)
        }
        _ if excerpt.is_empty() => say!("the source answered with status {code}", code),
        _ => say!("the source answered with status {code}: {excerpt}", code, excerpt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_happened_and_whether_waiting_helps() {
        let status = |code, excerpt: &str| SourceError::Status { code, excerpt: excerpt.to_owned() };
        for (error, transient, text) in [
            (status(503, "try later"), true, "the source answered with status 503: try later"),
            (status(429, ""), true, "the source answered with status 429"),
            (status(401, ""), false, "the source answered with status 401; check the credentials of the source"),
            (
                status(302, "<a>"),
                false,
                "the source answered with status 302; redirects are not followed, so enter the address that it leads to",
            ),
            (SourceError::Unavailable("starting".to_owned()), true, "the source cannot answer at the moment: starting"),
            (SourceError::Timeout { seconds: 5 }, true, "the source did not answer within 5 s"),
            (SourceError::Unreachable("no route".to_owned()), true, "the source cannot be reached: no route"),
            (SourceError::Tls("expired".to_owned()), false, "the TLS connection to the source failed: expired"),
        ] {
            assert_eq!((error.is_transient(), error.to_string().as_str()), (transient, text));
        }
    }
}
