//! Patterns as Prometheus reads them (RE2), compiled by Rust's `regex`.
//!
//! Both are cousins. Where the same text means something else, it is translated: `\d`, `\w`, `\s` and `\b` are ASCII in
//! RE2; a brace that is no repetition is itself; in a class `[`, `&&`, `--` and `~~` are plain characters; `\Q…\E` quotes.

use crate::language::say;
use regex::{Regex, RegexBuilder};
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;
use std::sync::{LazyLock, Mutex, PoisonError};

/// What a compiled pattern may take, in bytes.
const COMPILED_BYTES_MAX: usize = 1 << 20;
/// How many compiled patterns are remembered before all are forgotten.
const REMEMBERED_MAX: usize = 256;

/// A fleet asks with few patterns in thousands of queries, and to compile one takes a tenth of a millisecond.
static REMEMBERED: LazyLock<Mutex<BTreeMap<String, Regex>>> = LazyLock::new(Mutex::default);

/// Compiles a pattern that must match the whole text; the error says in one line what is wrong with it.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    // whoever panicked while holding it left a whole map behind
    let remembered = || REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = remembered().get(pattern) {
        return Ok(regex.clone());
    }
    let regex = compile_anew(pattern)?;
    let mut remembered = remembered();
    if remembered.len() >= REMEMBERED_MAX {
        remembered.clear();
    }
    remembered.insert(pattern.to_owned(), regex.clone());
    Ok(regex)
}

fn compile_anew(pattern: &str) -> Result<Regex, String> {
    let translated = Translation::of(pattern);
    // alone first: `a)|(b` would become valid, and wrong, between the anchors
    build(&translated)?;
    build(&format!("^(?s:{translated})$"))
}

fn build(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(COMPILED_BYTES_MAX).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => say!("it is too large; repeat less or list fewer alternatives"),
        // the last line of the picture that `regex` draws
        other => {
            let text = other.to_string();
            text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    })
}

struct Translation<'a> {
    input: Peekable<Chars<'a>>,
    out: String,
}

impl<'a> Translation<'a> {
    fn of(pattern: &'a str) -> String {
        let mut translation = Self { input: pattern.chars().peekable(), out: String::with_capacity(pattern.len() + 8) };
        while let Some(c) = translation.input.next() {
            match c {
                '\\' => translation.escape(),
                '[' => translation.class(),
                '{' => translation.brace(),
                c => translation.out.push(c),
            }
        }
        translation.out
    }

    /// After a backslash outside of a class.
    fn escape(&mut self) {
        match self.input.next() {
            Some('Q') => self.quotation(),
            Some('b') => self.out.push_str("(?-u:\\b)"),
            Some(c @ ('<' | '>')) => self.out.push(c),
            Some(c) => self.escaped(c),
            None => self.out.push('\\'),
        }
    }

    /// An escape that is the same inside and outside of a class.
    fn escaped(&mut self, c: char) {
        match c {
            'd' => self.out.push_str("[0-9]"),
            'D' => self.out.push_str("[^0-9]"),
            'w' => self.out.push_str("[0-9A-Za-z_]"),
            'W' => self.out.push_str("[^0-9A-Za-z_]"),
            's' => self.out.push_str("[\\t\\n\\f\\r ]"),
            'S' => self.out.push_str("[^\\t\\n\\f\\r ]"),
            c => {
                self.out.extend(['\\', c]);
                if matches!(c, 'p' | 'P' | 'x') && self.input.peek() == Some(&'{') {
                    self.copy_through('}');
                }
            }
        }
    }

    fn copy_through(&mut self, end: char) {
        for c in self.input.by_ref() {
            self.out.push(c);
            if c == end {
                break;
            }
        }
    }

    /// `\Q…\E`, or to the end.
    fn quotation(&mut self) {
        let rest: String = self.input.clone().collect();
        let literal = rest.split("\\E").next().unwrap_or_default();
        self.out.push_str(&regex::escape(literal));
        // skips the literal and, if it is there, its end
        self.input.by_ref().take(literal.chars().count() + 2).for_each(drop);
    }

    /// A brace is a repetition only as `{n}`, `{n,}` or `{n,m}`.
    fn brace(&mut self) {
        let rest: String = self.input.clone().take_while(|c| *c != '}').take(12).collect();
        let (least, most) = rest.split_once(',').unwrap_or((&rest, ""));
        let number = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        let closed = self.input.clone().nth(rest.chars().count()) == Some('}');
        if closed && !least.is_empty() && number(least) && number(most) {
            self.out.push('{');
        } else {
            self.out.push_str("\\{");
        }
    }

    /// After an opening bracket: the class up to its end, every plain character escaped.
    fn class(&mut self) {
        self.out.push('[');
        if self.input.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        while let Some(c) = self.input.next() {
            if c == ']' && !first {
                self.out.push(']');
                return;
            }
            first = false;
            if c == '[' && self.named_class() {
                continue;
            }
            self.class_char(c);
            let mut ahead = self.input.clone();
            if ahead.next() == Some('-') && !matches!(ahead.next(), None | Some(']')) {
                self.input.next();
                self.out.push('-');
                if let Some(end) = self.input.next() {
                    self.class_char(end);
                }
            }
        }
    }

    fn class_char(&mut self, c: char) {
        match c {
            '\\' => {
                if let Some(c) = self.input.next() {
                    self.escaped(c);
                } else {
                    self.out.push('\\');
                }
            }
            c if c.is_ascii_punctuation() && !matches!(c, '<' | '>') => self.out.extend(['\\', c]),
            c => self.out.push(c),
        }
    }

    /// `[:alpha:]` after its bracket; false, and nothing read, if it is something else.
    fn named_class(&mut self) -> bool {
        let name: String = self.input.clone().take_while(|c| *c != ']').take(12).collect();
        let is_name = name.len() > 2 && name.starts_with(':') && name.ends_with(':');
        if is_name {
            self.out.push('[');
            self.copy_through(']');
        }
        is_name
    }
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], other: &[&str]) {
        let regex = compile(pattern).unwrap_or_else(|why| panic!("{pattern}: {why}"));
        for text in matching {
            assert!(regex.is_match(text), "{pattern} should match {text:?}");
        }
        for text in other {
            assert!(!regex.is_match(text), "{pattern} should not match {text:?}");
        }
    }

    #[test]
    fn patterns_match_the_whole_text() {
        check("5..", &["500", "5\n0"], &["1500", "5000", "50", "500\n"]);
        check("a|b", &["a", "b"], &["ab", "xa"]);
        check("", &[""], &["a"]);
        check(".*", &["", "anything\nat all"], &[]);
        check("(?i)api", &["API", "api"], &["apis"]);
    }

    #[test]
    fn what_re2_reads_otherwise_is_translated() {
        check("/users/{id}", &["/users/{id}"], &["/users/id"]);
        check("a{2,3}{", &["aa{", "aaa{"], &["a{", "aa"]);
        check("a{,2}", &["a{,2}"], &["", "aa"]);
        check(r"\d+", &["42"], &["٤٢", ""]);
        check(r"\w\W", &["a-", "_é"], &["é-"]);
        check(r"[\d.]+", &["1.5"], &["x"]);
        check("[[a&&b~~]+", &["[a&b~"], &["c"]);
        check("[+--]", &["+", ",", "-"], &["."]);
        check("[--/]", &["-", ".", "/"], &[","]);
        check("[]a]", &["]", "a"], &["b"]);
        check("[^]a]", &["b"], &["]", "a"]);
        check("[[:digit:]x]+", &["1x2"], &[":"]);
        check(r"\Qa.b*\E+", &["a.b*", "a.b**"], &["axb"]);
        check(r"\Q[", &["["], &[]);
        check(r"\<a\>", &["<a>"], &["a"]);
        check(r"\x{41}\p{Greek}\pL", &["Aαb"], &["Aab"]);
        check("[a-c-]", &["b", "-"], &["d"]);
        check("[<->]", &["="], &["?"]);
    }

    #[test]
    fn wrong_and_oversized_patterns_are_refused_in_one_line() {
        for pattern in ["(", "a)|(b", "*", "[a", "(?P<n", r"\8", "[b-a]", "[b--]", "(a{1000}){1000}", "\\"] {
            let why = compile(pattern).expect_err(pattern);
            assert!(!why.is_empty() && !why.contains('\n'), "{pattern}: {why}");
        }
    }
}
