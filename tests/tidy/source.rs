//! A Rust source as the rules see it: code without comments, strings and tests; the strings apart.

use std::ops::Range;

/// A string literal outside tests.
#[derive(Debug, PartialEq, Eq)]
pub struct Literal {
    pub line: usize,
    pub text: String,
}

/// One file under `src`.
#[derive(Debug)]
pub struct Source {
    /// From the repository's root, such as `src/domain/time.rs`.
    pub path: String,
    /// As it is.
    pub raw: String,
    /// As long as `raw`, with blanks for comments, the insides of strings and whatever `#[cfg(test)]` covers.
    pub code: String,
    pub strings: Vec<Literal>,
    /// Names of modules that `#[cfg(test)] mod name;` keeps in files of their own.
    pub test_modules: Vec<String>,
    /// Lines that no `#[cfg(test)]` covers.
    pub lines: usize,
}

impl Source {
    pub fn read(path: &str, raw: &str) -> Self {
        let mut code = raw.as_bytes().to_vec();
        let mut literals = Vec::new();
        for (kind, range) in tokens(raw.as_bytes()) {
            let inside = &raw[range.clone()];
            if kind == Kind::Text {
                literals.push((range.start, inside.to_owned()));
            }
            blank(&mut code, range);
        }
        let tests = test_regions(&code);
        let test_modules = tests.iter().filter_map(|region| external_module(&code[region.clone()])).collect();
        let covered: usize = tests.iter().map(|region| raw[region.clone()].lines().count()).sum();
        for region in &tests {
            blank(&mut code, region.clone());
        }
        literals.retain(|(at, _)| !tests.iter().any(|region| region.contains(at)));
        let strings =
            literals.into_iter().map(|(at, text)| Literal { line: line_of(raw.as_bytes(), at), text }).collect();
        Self {
            path: path.to_owned(),
            raw: raw.to_owned(),
            code: String::from_utf8(code).expect("blanks for whole tokens leave text"),
            strings,
            test_modules,
            lines: raw.lines().count() - covered,
        }
    }

    /// The module path, such as `["domain", "time"]`; `["lib"]` and `["main"]` for the roots.
    pub fn module(&self) -> Vec<&str> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inner.split('/').filter(|part| *part != "mod").collect()
    }

    /// The folder in which its child modules lie.
    pub fn children(&self) -> String {
        let stem = self.path.trim_end_matches(".rs");
        let at_root = ["/mod", "src/lib", "src/main"].iter().any(|end| stem.ends_with(end));
        if at_root { stem.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned() } else { stem.to_owned() }
    }

    pub fn line_of(&self, at: usize) -> usize {
        line_of(self.code.as_bytes(), at)
    }
}

fn line_of(text: &[u8], at: usize) -> usize {
    1 + text[..at].split(|byte| *byte == b'\n').count() - 1
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Comment,
    Text,
    Character,
}

/// What is not code: comments whole, strings and characters without their quotes.
fn tokens(text: &[u8]) -> Vec<(Kind, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        at = if rest.starts_with(b"//") {
            let end = at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            found.push((Kind::Comment, at..end));
            end
        } else if rest.starts_with(b"/*") {
            let end = end_of_comment(text, at);
            found.push((Kind::Comment, at..end));
            end
        } else if let Some(hashes) = raw_string(text, at) {
            let start = at + rest.iter().position(|byte| *byte == b'"').expect("it was just seen") + 1;
            let close = [b"\"".to_vec(), vec![b'#'; hashes]].concat();
            let end = start + position(&text[start..], &close);
            found.push((Kind::Text, start..end));
            end + close.len()
        } else if rest[0] == b'"' {
            let end = end_of_quoted(text, at + 1, b'"');
            found.push((Kind::Text, at + 1..end));
            end + 1
        } else if rest[0] == b'\'' && is_character(rest) {
            let end = end_of_quoted(text, at + 1, b'\'');
            found.push((Kind::Character, at + 1..end));
            end + 1
        } else {
            at + 1
        };
    }
    found
}

fn position(text: &[u8], wanted: &[u8]) -> usize {
    text.windows(wanted.len()).position(|window| window == wanted).unwrap_or(text.len())
}

fn end_of_comment(text: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < text.len() {
        if text[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// The number of hashes if a raw string starts here (`r"`, `br#"`, …).
fn raw_string(text: &[u8], at: usize) -> Option<usize> {
    let in_a_word = at > 0 && (text[at - 1].is_ascii_alphanumeric() || text[at - 1] == b'_');
    let rest = &text[at..];
    let rest = rest.strip_prefix(b"b").or_else(|| rest.strip_prefix(b"c")).unwrap_or(rest);
    let rest = rest.strip_prefix(b"r")?;
    let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
    (!in_a_word && rest.get(hashes) == Some(&b'"')).then_some(hashes)
}

fn end_of_quoted(text: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start;
    while at < text.len() && text[at] != quote {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    at.min(text.len())
}

/// Tells `'x'` and `'\n'` from the lifetime `'x`.
fn is_character(rest: &[u8]) -> bool {
    let Some(&first) = rest.get(1) else { return false };
    let width = match first {
        b'\\' => return true,
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    rest.get(1 + width) == Some(&b'\'')
}

fn blank(code: &mut [u8], range: Range<usize>) {
    code[range].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
}

/// The items that `#[cfg(test)]` covers, attribute included.
fn test_regions(code: &[u8]) -> Vec<Range<usize>> {
    let marker = b"#[cfg(test)]";
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while from < code.len() {
        let start = from + position(&code[from..], marker);
        if start >= code.len() {
            break;
        }
        from = end_of_item(code, start + marker.len());
        found.push(start..from);
    }
    found
}

/// Where the item that starts at `at` ends: behind its `;`, or behind the brace that closes its first one.
pub fn end_of_item(code: &[u8], at: usize) -> usize {
    let (mut round, mut braces) = (0_i32, 0_i32);
    for (place, byte) in code.iter().enumerate().skip(at) {
        match byte {
            b'(' | b'[' => round += 1,
            b')' | b']' => round -= 1,
            b'{' => braces += 1,
            b'}' => {
                braces -= 1;
                if braces <= 0 {
                    return place + 1;
                }
            }
            b';' if round == 0 && braces == 0 => return place + 1,
            _ => {}
        }
    }
    code.len()
}

/// `name` of `mod name;`.
fn external_module(item: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(item);
    let (_, rest) = text.split_once("mod ")?;
    rest.trim_end().strip_suffix(';').map(|name| name.trim().to_owned())
}

#[test]
fn comments_strings_and_characters_are_no_code() {
    let source = Source::read(
        "src/a.rs",
        "fn f<'a>(x: &'a str) { // crate::web\n /* crate::app /* in */ crate::ops */ g('\"', \"crate::web \\\" {\", r#\"a\"b\"#, 'ä'); }",
    );
    assert!(!source.code.contains("crate"), "{}", source.code);
    assert!(source.code.contains("fn f<'a>(x: &'a str) {"), "{}", source.code);
    let texts: Vec<_> = source.strings.iter().map(|literal| (literal.line, literal.text.as_str())).collect();
    assert_eq!(texts, [(2, "crate::web \\\" {"), (2, "a\"b")]);
}

#[test]
fn what_only_tests_see_is_left_out() {
    let text = "use a;\n#[cfg(test)]\n#[path = \"x\"]\nmod tests {\n    fn f() { \"SELECT\"; }\n}\nfn g() {}\n#[cfg(test)]\nmod more;\n";
    let source = Source::read("src/domain/a.rs", text);
    assert!(source.code.contains("fn g()") && !source.code.contains("fn f()"));
    assert_eq!(source.strings, []);
    assert_eq!(source.test_modules, ["more"]);
    assert_eq!(source.lines, 2);
    assert_eq!((source.module(), source.children()), (vec!["domain", "a"], "src/domain/a".to_owned()));
    assert_eq!(Source::read("src/domain/mod.rs", "").children(), "src/domain");
}
