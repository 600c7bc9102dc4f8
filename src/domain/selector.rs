//! Prometheus selectors.

/// A plain selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector;

/// A plain selector, read raw, or anything else, evaluated by the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Counted from raw samples.
    Raw(Selector),
    /// Evaluated by the source.
    Evaluated(String),
}
