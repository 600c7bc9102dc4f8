//! Messages in templates: `{{ "Sign in"|t }}`, `{{ "Judged at {when}"|t1(judged_at) }}`, `{{ status.word()|word }}`.
//!
//! What stands before `t` and `t1` to `t4` is a literal of ours and may hold markup, its attributes in single quotes, which
//! become double ones; the parts that are filled in are escaped. What stands before `word` is chosen at run time and is escaped like everything else.

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
    Ok(Safe(double_quoted(super::word(&message.to_string()))))
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
    Ok(Safe(double_quoted(&super::fill(&message.to_string(), &parts))))
}

/// The same markup with double quotes around attributes; apostrophes between tags stay.
fn double_quoted(markup: &str) -> String {
    let mut is_tag = false;
    let quoted = |c: char| match c {
        '<' | '>' => {
            is_tag = c == '<';
            c
        }
        '\'' if is_tag => '"',
        c => c,
    };
    markup.chars().map(quoted).collect()
}

#[cfg(test)]
mod tests {
    use askama::Template;

    #[derive(Template)]
    #[template(
        source = r#"{{ "<a href='/{path}' title='{title}'>agreements' {what}</a>"|t3(path, title, what) }}"#,
        ext = "html"
    )]
    struct Link {
        path: &'static str,
        title: &'static str,
        what: &'static str,
    }

    use crate::language::filters;

    #[test]
    fn parts_cannot_break_out_of_a_message() {
        let hostile = Link { path: "a'b", title: "' onclick='x", what: "<i>'\"&</i> {path}" };
        assert_eq!(
            hostile.render().unwrap(),
            "<a href=\"/a&#39;b\" title=\"&#39; onclick=&#39;x\">agreements' &#60;i&#62;&#39;&#34;&#38;&#60;/i&#62; {path}</a>"
        );
    }
}
