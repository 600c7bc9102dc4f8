//! Prometheus selectors.

use std::fmt;
use thiserror::Error;

/// A plain selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(String);

/// The text is no selector.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("write a selector, such as http_requests_total{{job=\"api\"}}")]
pub struct SelectorError;

/// A plain selector, read raw, or anything else, evaluated by the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Counted from raw samples.
    Raw(Selector),
    /// Evaluated by the source.
    Evaluated(String),
}

impl Selector {
    /// Reads a selector.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let text = text.trim();
        if text.is_empty() || text.contains('(') { Err(SelectorError) } else { Ok(Self(text.to_owned())) }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Expression {
    /// Reads an expression: raw if it is a plain selector.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        match Selector::parse(text) {
            Ok(selector) => Ok(Self::Raw(selector)),
            Err(_) if !text.trim().is_empty() => Ok(Self::Evaluated(text.trim().to_owned())),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw(selector) => selector.fmt(f),
            Self::Evaluated(text) => f.write_str(text),
        }
    }
}
