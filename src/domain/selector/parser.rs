//! Reads selectors as Prometheus writes them.

use super::{Comparison, LENGTH_MAX, Matcher, Selector, SelectorError};
use crate::language::say;

/// Reads a text character by character.
pub(super) struct Parser {
    chars: Vec<char>,
    at: usize,
}

impl Parser {
    pub(super) fn new(text: &str) -> Result<Self, SelectorError> {
        if text.len() > LENGTH_MAX {
            return Err(SelectorError::TooLong);
        }
        Ok(Self { chars: text.chars().collect(), at: 0 })
    }

    /// A whole selector.
    pub(super) fn selector(&mut self) -> Result<Selector, SelectorError> {
        self.skip_blanks();
        let metric = self.name(true);
        self.skip_blanks();
        if metric.is_none() && self.peek() != Some('{') {
            return Err(self.expected(&say!("expected a metric name or {brace}", "{")));
        }
        let (quoted, matchers) = if self.take('{') { self.matchers()? } else { (None, Vec::new()) };
        if metric.is_some() && quoted.is_some() {
            return Err(self.expected(&say!("the metric is named twice; keep one name")));
        }
        Selector::new(metric.or(quoted), matchers)
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), SelectorError> {
        self.skip_blanks();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.expected(&say!("nothing more is expected here"))),
        }
    }

    /// A selector inside the wrappings that counting makes needless; nothing if the text is anything else.
    pub(super) fn unwrapped(&mut self) -> Option<Selector> {
        let selector = self.wrapped(0)?;
        self.end().ok().map(|()| selector)
    }

    fn wrapped(&mut self, depth: usize) -> Option<Selector> {
        const DEPTH_MAX: usize = 8;
        self.skip_blanks();
        let start = self.at;
        let function = self.name(false);
        self.skip_blanks();
        let opens = self.take('(');
        let inner = match function.as_deref() {
            None | Some("sum") if opens && depth < DEPTH_MAX => self.wrapped(depth + 1)?,
            Some("rate" | "increase") if opens => {
                let selector = self.selector().ok()?;
                self.range()?;
                selector
            }
            _ => {
                self.at = start;
                return self.selector().ok();
            }
        };
        self.skip_blanks();
        self.take(')').then_some(inner)
    }

    /// A range such as `[5m]`; not a subquery.
    fn range(&mut self) -> Option<()> {
        self.skip_blanks();
        if !self.take('[') {
            return None;
        }
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric()) {
            self.at += 1;
        }
        (self.at > start && self.take(']')).then_some(())
    }

    /// After `{`: an optional quoted metric name and matchers, up to `}`.
    fn matchers(&mut self) -> Result<(Option<String>, Vec<Matcher>), SelectorError> {
        let (mut metric, mut matchers) = (None, Vec::new());
        loop {
            self.skip_blanks();
            if self.take('}') {
                return Ok((metric, matchers));
            }
            let is_quoted = self.quote().is_some();
            let label = if is_quoted { self.quoted()? } else { self.label()? };
            self.skip_blanks();
            if is_quoted && metric.is_none() && matches!(self.peek(), Some(',' | '}')) {
                metric = Some(label);
            } else {
                matchers.push(self.matcher(&label)?);
            }
            self.skip_blanks();
            if !self.take(',') && self.peek() != Some('}') {
                return Err(self.expected(&say!("expected , or {brace}", "}")));
            }
        }
    }

    fn matcher(&mut self, label: &str) -> Result<Matcher, SelectorError> {
        let comparison = match (self.peek(), self.chars.get(self.at + 1)) {
            (Some('='), Some('~')) => Comparison::Matches,
            (Some('='), _) => Comparison::Equal,
            (Some('!'), Some('=')) => Comparison::NotEqual,
            (Some('!'), Some('~')) => Comparison::MatchesNot,
            _ => return Err(self.expected(&say!("expected = != =~ or !~ after {label}", label))),
        };
        self.at += comparison.sign().len();
        self.skip_blanks();
        if self.quote().is_none() {
            return Err(self.expected(&say!("expected a value in quotation marks")));
        }
        let value = self.quoted()?;
        Matcher::new(label, comparison, &value)
    }

    fn label(&mut self) -> Result<String, SelectorError> {
        self.name(false).ok_or_else(|| self.expected(&say!("expected a label")))
    }

    /// A name of letters, digits, `_` and, for metrics, `:`.
    fn name(&mut self, with_colon: bool) -> Option<String> {
        let start = self.at;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || (with_colon && c == ':');
        if self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return None;
        }
        while self.peek().is_some_and(fits) {
            self.at += 1;
        }
        (self.at > start).then(|| self.chars.iter().skip(start).take(self.at - start).collect())
    }

    fn quote(&self) -> Option<char> {
        self.peek().filter(|c| matches!(c, '"' | '\'' | '`'))
    }

    /// A text in quotation marks, with Go's escapes unless in backticks.
    fn quoted(&mut self) -> Result<String, SelectorError> {
        let (start, quote) = (self.at, self.peek());
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                c if Some(c) == quote => return Ok(text),
                '\\' if quote != Some('`') => text.push(self.escape()?),
                c => text.push(c),
            }
        }
        let sign = quote.unwrap_or('"');
        Err(SelectorError::Syntax { at: start + 1, what: say!("this text has no closing {sign} sign", sign) })
    }

    fn escape(&mut self) -> Result<char, SelectorError> {
        let Some(c) = self.peek() else { return Err(self.expected(&say!("the text ends within an escape"))) };
        self.at += 1;
        match c {
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'a' => Ok('\u{7}'),
            'b' => Ok('\u{8}'),
            'f' => Ok('\u{c}'),
            'v' => Ok('\u{b}'),
            '\\' | '"' | '\'' => Ok(c),
            'x' => self.code(2, 16),
            'u' => self.code(4, 16),
            'U' => self.code(8, 16),
            '0'..='7' => {
                self.at -= 1;
                self.code(3, 8)
            }
            _ => {
                self.at -= 1;
                Err(self.expected(&say!("there is no such escape; write \\\\ for a backslash")))
            }
        }
    }

    fn code(&mut self, digits: usize, base: u32) -> Result<char, SelectorError> {
        let text: String = self.chars.iter().skip(self.at).take(digits).collect();
        let code = u32::from_str_radix(&text, base).ok().filter(|_| text.chars().count() == digits);
        let Some(c) = code.and_then(char::from_u32) else {
            return Err(self.expected(&say!("these digits are no character")));
        };
        self.at += digits;
        Ok(c)
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(c) if c.is_whitespace() => self.at += 1,
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self, c: char) -> bool {
        let is_here = self.peek() == Some(c);
        self.at += usize::from(is_here);
        is_here
    }

    fn expected(&self, what: &str) -> SelectorError {
        SelectorError::Syntax { at: self.at + 1, what: what.to_owned() }
    }
}

/// Do the brackets outside quoted texts match?
pub(super) fn is_balanced(text: &str) -> bool {
    let (mut open, mut quote, mut escaped) = (Vec::new(), None, false);
    for c in text.chars() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(q), '\\') if q != '`' => escaped = true,
            (Some(q), c) if q == c => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => open.push(c),
            (None, ')') if open.pop() != Some('(') => return false,
            (None, ']') if open.pop() != Some('[') => return false,
            (None, '}') if open.pop() != Some('{') => return false,
            _ => {}
        }
    }
    open.is_empty() && quote.is_none()
}
