//! Messages in templates: `{{ "Sign in"|t }}`, `{{ "Judged at {when}"|t1(judged_at) }}`, `{{ status.word()|word }}`.
//!
//! What stands before `t` and `t1` to `t4` is a literal of ours and may hold markup; the parts that are filled in are
//! escaped. What stands before `word` is chosen at run time and is escaped like everything else.

#![expect(
    missing_docs,
    clippy::inline_always,
    reason = "the macro writes structs and methods of its own for each filter"
)]

use askama::filters::{Html, Safe, escape};
use std::fmt::Display;

/// A message without parts.
#[askama::filter_fn]
pub fn t(message: impl Display, _: &dyn askama::Values) -> askama::Result<Safe<String>> {
    Ok(Safe(super::word(&message.to_string()).to_owned()))
}

/// A message with one part.
#[askama::filter_fn]
pub fn t1<A: Display>(message: impl Display, _: &dyn askama::Values, a: A) -> askama::Result<Safe<String>> {
    filled(&message, &[&a])
}

/// A message with two parts.
#[askama::filter_fn]
pub fn t2<A: Display, B: Display>(
    message: impl Display,
    _: &dyn askama::Values,
    a: A,
    b: B,
) -> askama::Result<Safe<String>> {
    filled(&message, &[&a, &b])
}

/// A message with three parts.
#[askama::filter_fn]
pub fn t3<A: Display, B: Display, C: Display>(
    message: impl Display,
    _: &dyn askama::Values,
    a: A,
    b: B,
    c: C,
) -> askama::Result<Safe<String>> {
    filled(&message, &[&a, &b, &c])
}

/// A message with four parts.
#[askama::filter_fn]
pub fn t4<A: Display, B: Display, C: Display, D: Display>(
    message: impl Display,
    _: &dyn askama::Values,
    a: A,
    b: B,
    c: C,
    d: D,
) -> askama::Result<Safe<String>> {
    filled(&message, &[&a, &b, &c, &d])
}

/// A word of ours that is chosen at run time.
#[askama::filter_fn]
pub fn word(text: impl Display, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(super::word(&text.to_string()).to_owned())
}

fn filled(message: &dyn Display, parts: &[&dyn Display]) -> askama::Result<Safe<String>> {
    let mut escaped = Vec::with_capacity(parts.len());
    for part in parts {
        escaped.push(escape(part.to_string(), Html)?.to_string());
    }
    let parts: Vec<&dyn Display> = escaped.iter().map(|part| -> &dyn Display { part }).collect();
    Ok(Safe(super::fill(&message.to_string(), &parts)))
}
