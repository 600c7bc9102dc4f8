//! Prometheus selectors: which series an indicator counts.
//!
//! A plain selector can be read raw, so every sample is counted. Anything else must be evaluated by the source and is
//! an estimate. The usual wrappings `sum(rate(x[5m]))` and `sum(increase(x[5m]))` around one plain selector say nothing
//! that counting does not say better, so they are taken off.
//!
//! The awkward case: Prometheus speaks RE2, Rust's `regex` a cousin of it. `route=~"/users/{id}"` is right there and wrong
//! here, `\d` is ASCII there and Unicode here. Such patterns are translated before they are compiled.
//!
//! ```
//! use nines::domain::selector::{Expression, Selector};
//! let all = Selector::parse(r#"http_requests_total{job="api"}"#).unwrap();
//! let bad = Selector::parse(r#"http_requests_total{code=~"5..",job="api"}"#).unwrap();
//! assert!(bad.refines(&all), "its series are among the others");
//! let wrapped = Expression::parse(r#"sum(rate(http_requests_total{job="api"}[5m]))"#).unwrap();
//! assert_eq!(wrapped, Expression::Raw(all));
//! ```

mod parser;
mod pattern;

use crate::language::say;
use parser::Parser;
use regex::Regex;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use thiserror::Error;

/// The longest selector or expression, in bytes.
pub const LENGTH_MAX: usize = 4096;

/// The label that holds a metric's name.
pub const NAME_LABEL: &str = "__name__";
/// A selector as one is written.
const EXAMPLE: &str = "http_requests_total{job=\"api\"}";

/// The labels of a series, with the metric's name under [`NAME_LABEL`].
pub type Labels = BTreeMap<String, String>;

/// Why a text is no selector; each sentence says where and the mend.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelectorError {
    /// Nothing was written.
    #[error("{}", say!("write a selector, such as {example}", EXAMPLE))]
    Empty,
    /// Longer than [`LENGTH_MAX`], as written or as Nines would store it.
    #[error("{}", say!("at most {most} bytes, with every escape written out; this is longer", LENGTH_MAX))]
    TooLong,
    /// The text stops making sense at a character, counted from 1.
    #[error("{}", say!("character {at}: {what}", .at, .what))]
    Syntax {
        /// Where.
        at: usize,
        /// What is expected there.
        what: String,
    },
    /// A regular expression that does not compile.
    #[error("{}", say!("the regular expression of {label} is not valid: {why}", .label, .why))]
    Regex {
        /// The label.
        label: String,
        /// Why.
        why: String,
    },
    /// No metric name.
    #[error("{}", say!("name the metric, as in {example}", EXAMPLE))]
    NoMetric,
    /// An expression whose brackets do not match.
    #[error("{}", say!("the brackets do not match; check every {signs} and its end", "( [ {"))]
    Brackets,
}

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`, anchored at both ends.
    Matches,
    /// `!~`, anchored at both ends.
    MatchesNot,
}

impl Comparison {
    /// As it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::MatchesNot => "!~",
        }
    }
}

/// One condition on a label; a label that a series does not have counts as empty.
#[derive(Clone, Debug)]
pub struct Matcher {
    label: String,
    comparison: Comparison,
    value: String,
    regex: Option<Regex>,
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Matcher {}

impl Matcher {
    /// A matcher; fails only on a regular expression that does not compile or is too large.
    pub fn new(label: &str, comparison: Comparison, value: &str) -> Result<Self, SelectorError> {
        let regex = match comparison {
            Comparison::Equal | Comparison::NotEqual => None,
            Comparison::Matches | Comparison::MatchesNot => {
                let invalid = |why| SelectorError::Regex { label: label.to_owned(), why };
                Some(pattern::compile(value).map_err(invalid)?)
            }
        };
        Ok(Self { label: label.to_owned(), comparison, value: value.to_owned(), regex })
    }

    /// The label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// How it compares.
    #[must_use]
    pub const fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// What it compares with.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Does the label's value satisfy it?
    #[must_use]
    pub fn accepts(&self, value: &str) -> bool {
        let is_match = self.regex.as_ref().is_some_and(|regex| regex.is_match(value));
        match self.comparison {
            Comparison::Equal => value == self.value,
            Comparison::NotEqual => value != self.value,
            Comparison::Matches => is_match,
            Comparison::MatchesNot => !is_match,
        }
    }

    fn key(&self) -> (&str, Comparison, &str) {
        (&self.label, self.comparison, &self.value)
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_label(f, &self.label)?;
        f.write_str(self.comparison.sign())?;
        write_quoted(f, &self.value)
    }
}

/// A plain selector: a metric and matchers, which are kept sorted and without repetition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    metric: String,
    matchers: Vec<Matcher>,
}

impl Selector {
    /// Reads a selector as Prometheus writes it: `name{a="b"}`, `{__name__="name"}` or `{"name", a="b"}`.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        if text.trim().is_empty() {
            return Err(SelectorError::Empty);
        }
        let mut parser = Parser::new(text)?;
        let selector = parser.selector()?;
        parser.end()?;
        selector.storable()
    }

    /// What is stored is the canonical text, which may be longer than what was written; it must be readable too.
    fn storable(self) -> Result<Self, SelectorError> {
        if self.to_string().len() > LENGTH_MAX { Err(SelectorError::TooLong) } else { Ok(self) }
    }

    /// Puts a selector together; `matchers` may hold the name.
    fn new(metric: Option<String>, mut matchers: Vec<Matcher>) -> Result<Self, SelectorError> {
        let is_name = |m: &Matcher| m.label == NAME_LABEL && m.comparison == Comparison::Equal;
        let metric = if let Some(metric) = metric {
            metric
        } else {
            let at = matchers.iter().position(is_name).ok_or(SelectorError::NoMetric)?;
            matchers.remove(at).value
        };
        if metric.is_empty() {
            return Err(SelectorError::NoMetric);
        }
        matchers.sort_by(|a, b| a.key().cmp(&b.key()));
        matchers.dedup();
        Ok(Self { metric, matchers })
    }

    /// A metric with conditions.
    pub fn named(metric: &str, matchers: Vec<Matcher>) -> Result<Self, SelectorError> {
        Self::new(Some(metric.to_owned()), matchers)
    }

    /// The metric's name.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// The conditions besides the name.
    #[must_use]
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// The selector with one more condition.
    pub fn with(&self, label: &str, comparison: Comparison, value: &str) -> Result<Self, SelectorError> {
        let mut matchers = self.matchers.clone();
        matchers.push(Matcher::new(label, comparison, value)?);
        Self::new(Some(self.metric.clone()), matchers)
    }

    /// Is a series with these labels selected?
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = |label: &str| labels.get(label).map_or("", String::as_str);
        value(NAME_LABEL) == self.metric && self.matchers.iter().all(|m| m.accepts(value(&m.label)))
    }

    /// Is every series that we select certainly selected by `other` too? By the text: the same metric and all its conditions.
    #[must_use]
    pub fn refines(&self, other: &Self) -> bool {
        self.metric == other.metric && other.matchers.iter().all(|m| self.matchers.contains(m))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = is_metric_name(&self.metric);
        if plain {
            f.write_str(&self.metric)?;
            if self.matchers.is_empty() {
                return Ok(());
            }
        }
        f.write_char('{')?;
        if !plain {
            write_quoted(f, &self.metric)?;
        }
        for (index, matcher) in self.matchers.iter().enumerate() {
            if index > 0 || !plain {
                f.write_char(',')?;
            }
            write!(f, "{matcher}")?;
        }
        f.write_char('}')
    }
}

/// A plain selector, read raw, or anything else, evaluated by the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Counted from raw samples.
    Raw(Selector),
    /// Evaluated by the source, once a minute: its value is the number of events in the minute that ends there.
    Evaluated(String),
}

impl Expression {
    /// Reads a selector, a selector in the usual wrappings, or any other expression.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut parser = Parser::new(text.trim())?;
        match parser.unwrapped() {
            Some(selector) => selector.storable().map(Self::Raw),
            None => Self::parse_as_written(text),
        }
    }

    /// Reads a selector, or any other expression with its wrappings left on: for levels, where `rate(x[5m])` is another
    /// number than `x`. An evaluated level is the value itself, no number of events.
    pub fn parse_as_written(text: &str) -> Result<Self, SelectorError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(SelectorError::Empty);
        }
        match Selector::parse(text) {
            Ok(selector) => Ok(Self::Raw(selector)),
            Err(SelectorError::TooLong) => Err(SelectorError::TooLong),
            Err(error) if looks_like_a_selector(text) => Err(error),
            Err(_) if !parser::is_balanced(text) => Err(SelectorError::Brackets),
            Err(_) => Ok(Self::Evaluated(text.to_owned())),
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

/// A name, braces and nothing else around: then a mistake inside deserves its own message.
fn looks_like_a_selector(text: &str) -> bool {
    let head = text.split('{').next().unwrap_or_default().trim();
    (head.is_empty() || is_metric_name(head)) && text.ends_with('}') && text.matches('{').count() == 1
}

fn is_metric_name(text: &str) -> bool {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == ':');
    first && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

fn write_label(f: &mut fmt::Formatter<'_>, label: &str) -> fmt::Result {
    if is_metric_name(label) && !label.contains(':') { f.write_str(label) } else { write_quoted(f, label) }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn selectors_in_every_notation_print_in_one() {
        for (text, printed) in [
            ("up", "up"),
            (" up { } ", "up"),
            (r#"http_requests_total{job="api",}"#, r#"http_requests_total{job="api"}"#),
            (r"x{b='2',a=`1`}", r#"x{a="1",b="2"}"#),
            (r#"{__name__="x",code=~"5.."}"#, r#"x{code=~"5.."}"#),
            (r#"{"http.requests", "a b"!="c"}"#, r#"{"http.requests","a b"!="c"}"#),
            (r#"x{a!~"b|c", a!~"b|c"}"#, r#"x{a!~"b|c"}"#),
            (r#"x{a="q\"uo\\te\n"}"#, r#"x{a="q\"uo\\te\n"}"#),
            ("x{a=`raw\\d`}", r#"x{a="raw\\d"}"#),
            ("job:requests:rate5m # a comment", "job:requests:rate5m"),
            (r#"x{a="\x41\u00e9\101"}"#, r#"x{a="AéA"}"#),
        ] {
            let selector = Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(selector.to_string(), printed);
            assert_eq!(Selector::parse(printed).unwrap(), selector);
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (text, message) in [
            ("", "write a selector, such as http_requests_total{job=\"api\"}"),
            ("{}", "name the metric, as in http_requests_total{job=\"api\"}"),
            (r#"x{a="b}"#, "character 5: this text has no closing \" sign"),
            (r"x{a=b}", "character 5: expected a value in quotation marks"),
            (r"x{a}", "character 4: expected = != =~ or !~ after a"),
            (r#"x{a="b"} y"#, "character 10: nothing more is expected here"),
            (r"x[5m]", "character 2: nothing more is expected here"),
            (r"5x", "character 1: expected a metric name or {"),
        ] {
            assert_eq!(Selector::parse(text).unwrap_err().to_string(), message, "{text}");
        }
        let error = Selector::parse(r#"x{a=~"(b"}"#).unwrap_err().to_string();
        assert!(error.starts_with("the regular expression of a is not valid"), "{error}");
        assert_eq!(Selector::parse(&"x".repeat(5000)), Err(SelectorError::TooLong));
    }

    #[test]
    fn matching_is_anchored_and_a_missing_label_is_empty() {
        let labels =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Labels>();
        let series = labels(&[("__name__", "x"), ("code", "503"), ("note", "a\nb")]);
        for (text, expected) in [
            ("x", true),
            ("y", false),
            (r#"x{code=~"5.."}"#, true),
            (r#"x{code=~"5"}"#, false),
            (r#"x{code=~"200|503"}"#, true),
            (r#"x{code=~"200|50"}"#, false),
            (r#"x{note=~"a.b"}"#, true),
            (r#"x{gone=""}"#, true),
            (r#"x{gone!="x"}"#, true),
            (r#"x{gone=~".+"}"#, false),
            (r#"x{code!~"5.."}"#, false),
        ] {
            assert_eq!(Selector::parse(text).unwrap().matches(&series), expected, "{text}");
        }
    }

    #[test]
    fn patterns_mean_what_they_mean_to_prometheus() {
        let accepts = |pattern, value| Matcher::new("a", Comparison::Matches, pattern).unwrap().accepts(value);
        assert!(accepts("/users/{id}", "/users/{id}"));
        assert!(accepts(r"\d", "4") && !accepts(r"\d", "٤"), "digits are ASCII");
        let error = Matcher::new("a", Comparison::MatchesNot, "a)|(b").unwrap_err().to_string();
        assert_eq!(error, "the regular expression of a is not valid: unopened group");
    }

    #[test]
    fn what_grows_beyond_the_limit_when_it_is_written_out_is_refused() {
        // 4087 bytes as written; each quotation mark and each newline takes two when escaped
        for filling in ["\"", "\n"] {
            let text = format!("x{{a=`{}`}}", filling.repeat(4080));
            assert_eq!(Selector::parse(&text), Err(SelectorError::TooLong));
            assert_eq!(Expression::parse(&format!("sum({text})")), Err(SelectorError::TooLong));
        }
        let text = format!("x{{a=`{}`}}", "\"".repeat(2044));
        assert_eq!(Selector::parse(&text).map(|selector| selector.to_string().len()), Ok(LENGTH_MAX - 1));
    }

    #[test]
    fn the_usual_wrappings_come_off_and_the_rest_is_evaluated() {
        let raw =
            |text: &str| matches!(Expression::parse(text), Ok(Expression::Raw(s)) if s.to_string() == r#"x{a="b"}"#);
        for text in [
            r#"x{a="b"}"#,
            r#"sum(x{a="b"})"#,
            r#"sum( rate( x{a="b"}[5m] ) )"#,
            r#"sum(increase(x{a="b"}[1h30m]))"#,
            r#"rate(x{a="b"}[5m])"#,
            r#"((x{a="b"}))"#,
        ] {
            assert!(raw(text), "{text}");
        }
        for text in [
            r"sum by (code) (rate(x[5m]))",
            r"sum(rate(x[5m])) by (code)",
            r"sum(rate(x[5m] offset 1h))",
            r"sum(rate(x[5m])) * 60",
            r#"sum(increase(x{a="b"}[5m:1m]))"#,
            r"a + b",
            r"histogram_count(rate(x[5m]))",
        ] {
            assert_eq!(Expression::parse(text), Ok(Expression::Evaluated(text.to_owned())), "{text}");
        }
        assert_eq!(Expression::parse("sum(rate(x[5m])"), Err(SelectorError::Brackets));
        assert!(matches!(Expression::parse("x{a=}"), Err(SelectorError::Syntax { .. })));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = Selector::parse(&text);
            let _ = Expression::parse(&text);
        }

        #[test]
        fn what_is_accepted_can_be_stored_and_read_back(filling in "[\"\\\\\n\ta]{0,8}", times in 0..1500_usize, wrap in any::<bool>()) {
            let selector = format!("x{{a=`{}`}}", filling.repeat(times));
            let text = if wrap { format!("sum(rate({selector}[5m]))") } else { selector };
            if let Ok(expression) = Expression::parse(&text) {
                prop_assert_eq!(Expression::parse(&expression.to_string()), Ok(expression));
            }
        }

        #[test]
        fn any_pattern_is_compiled_or_refused_in_one_line(pattern in prop_oneof!["\\PC{0,20}", "[a-c(){}\\[\\]\\\\QE|*+?^$.:&~,0-9-]{0,20}"]) {
            if let Err(SelectorError::Regex { why, .. }) = Matcher::new("a", Comparison::Matches, &pattern) {
                prop_assert!(!why.contains('\n'));
            }
        }

        #[test]
        fn what_is_printed_is_read_back(metric in "\\PC{1,12}", pairs in proptest::collection::vec(("\\PC{1,8}", "[\\PC\n\t]{0,8}", any::<bool>()), 0..4)) {
            let matchers = pairs.iter().map(|(label, value, equal)| {
                let comparison = if *equal { Comparison::Equal } else { Comparison::NotEqual };
                Matcher::new(label, comparison, value).unwrap()
            });
            let selector = Selector::new(Some(metric), matchers.collect()).unwrap();
            prop_assert_eq!(Selector::parse(&selector.to_string()), Ok(selector));
        }
    }
}
