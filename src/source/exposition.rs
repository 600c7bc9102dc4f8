//! Reads the Prometheus text format 0.0.4 and `OpenMetrics` 1.0.
//!
//! The two differ in what matters here only by the unit of timestamps, so one reader serves both: a text with a line
//! `# EOF` is `OpenMetrics`. It is as generous about blanks and comments as Prometheus, and as strict about samples: a
//! line that is not understood is an error with its place, because a counter that is quietly left out would be
//! counted as silence. Samples of every type are taken as they stand; `# TYPE`, `# HELP` and `# UNIT` say nothing that
//! counting needs.

use crate::language;
use crate::language::say;
use crate::source::Labels;
use std::collections::btree_map::Entry;
use thiserror::Error;

/// The most samples that one text may have.
pub const SAMPLES_MAX: usize = 2_000_000;
/// The label that holds a metric's name.
const NAME: &str = "__name__";
/// The line that ends `OpenMetrics`, and tells it from the older format.
const EOF: &str = "# EOF";
/// Seconds further away than this (some 30,000 years) are no time.
const SECONDS_MAX: f64 = 1e12;

/// A series' labels with `__name__`, its value, and its timestamp in milliseconds since the epoch if it has one.
pub type Line = (Labels, f64, Option<i64>);

/// A text that is in neither format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", say!("line {line}, column {column}: {what}", .line, .column, .what))]
pub struct ExpositionError {
    /// Line, from 1.
    pub line: usize,
    /// Character within the line, from 1.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    /// Timestamps in whole milliseconds.
    Prometheus,
    /// Timestamps in seconds; exemplars.
    OpenMetrics,
}

/// The samples of a text, in its order. A label with an empty value is a label that is not there.
pub fn parse(text: &str) -> Result<Vec<Line>, ExpositionError> {
    parse_up_to(text, SAMPLES_MAX)
}

/// Does the text have the line that ends `OpenMetrics`?
#[must_use]
pub fn is_ended(text: &str) -> bool {
    lines(text).any(is_eof)
}

fn parse_up_to(text: &str, samples_max: usize) -> Result<Vec<Line>, ExpositionError> {
    let format = if is_ended(text) { Format::OpenMetrics } else { Format::Prometheus };
    let mut samples = Vec::new();
    let mut ended = false;
    for (index, line) in lines(text).enumerate() {
        let mut cursor = Cursor { line, at: 0 };
        let read = if ended && !line.is_empty() {
            cursor.refuse(&say!("nothing may follow `# EOF`"))
        } else if is_eof(line) {
            ended = true;
            Ok(None)
        } else {
            sample(&mut cursor, format)
        };
        match read {
            Ok(None) => {}
            Ok(Some(_)) if samples.len() == samples_max => {
                return Err(place(index, line, (0, say!("more than {most} samples", samples_max))));
            }
            Ok(Some(sample)) => samples.push(sample),
            Err(fault) => return Err(place(index, line, fault)),
        }
    }
    Ok(samples)
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line))
}

fn is_eof(line: &str) -> bool {
    line.trim_end() == EOF
}

fn place(index: usize, line: &str, (at, what): Fault) -> ExpositionError {
    let before = line.char_indices().take_while(|(offset, _)| *offset < at).count();
    ExpositionError { line: index + 1, column: before + 1, what }
}

/// Where in the line, as a byte offset, and what.
type Fault = (usize, String);

/// One line; `None` if it holds no sample.
fn sample(cursor: &mut Cursor<'_>, format: Format) -> Result<Option<Line>, Fault> {
    cursor.skip_blanks();
    if matches!(cursor.peek(), None | Some('#')) {
        return Ok(None);
    }
    let mut labels = Labels::new();
    if cursor.peek() != Some('{') {
        let name = cursor.name("a metric name", ":")?;
        labels.insert(NAME.to_owned(), name.to_owned());
        cursor.skip_blanks();
    }
    if cursor.take('{') {
        label_set(cursor, &mut labels, true)?;
    }
    if !labels.contains_key(NAME) {
        return cursor.refuse(&say!("the sample has no metric name"));
    }
    labels.retain(|_, value| !value.is_empty());
    cursor.skip_blanks();
    let value = cursor.number("a value")?;
    cursor.skip_blanks();
    let mut at_ms = None;
    if !matches!(cursor.peek(), None | Some('#')) {
        at_ms = Some(timestamp(cursor, format)?);
        cursor.skip_blanks();
    }
    if cursor.peek() == Some('#') {
        exemplar(cursor, format)?;
    }
    match cursor.peek() {
        None => Ok(Some((labels, value, at_ms))),
        Some(_) => cursor.refuse(&say!("the sample should end here")),
    }
}

/// Everything between `{`, which is taken already, and `}`: labels, and a quoted metric name where one may stand.
fn label_set(cursor: &mut Cursor<'_>, labels: &mut Labels, named: bool) -> Result<(), Fault> {
    loop {
        cursor.skip_blanks();
        if cursor.take('}') {
            return Ok(());
        }
        let start = cursor.at;
        let quoted = cursor.peek() == Some('"');
        let name = if quoted { cursor.quoted()? } else { cursor.name("a label name or `}`", "")?.to_owned() };
        cursor.skip_blanks();
        let (name, value) = if quoted && cursor.peek() != Some('=') {
            if !named {
                return Err((start, say!("an exemplar has no metric name")));
            }
            (NAME.to_owned(), name)
        } else if name == NAME {
            return Err((start, say!("`__name__` stands before the braces, or in quotes without `=`")));
        } else if cursor.take('=') {
            cursor.skip_blanks();
            (name, cursor.quoted()?)
        } else {
            return cursor.refuse(&say!("expected {sign}", "`=`"));
        };
        if name.is_empty() || (name == NAME && value.is_empty()) {
            return Err((start, say!("a name must not be empty")));
        }
        match labels.entry(name) {
            Entry::Vacant(vacant) => vacant.insert(value),
            Entry::Occupied(twice) => {
                let what = if twice.key() == NAME {
                    say!("metric name")
                } else {
                    say!("label {name}", format!("{:?}", twice.key()))
                };
                return Err((start, say!("the {what} stands here a second time", what)));
            }
        };
        cursor.skip_blanks();
        if !cursor.take(',') && cursor.peek() != Some('}') {
            return cursor.refuse(&say!("expected {sign}", "`,` or `}`"));
        }
    }
}

/// Checks an exemplar, ` # {labels} value [timestamp]`, of which nothing is kept.
fn exemplar(cursor: &mut Cursor<'_>, format: Format) -> Result<(), Fault> {
    if format == Format::Prometheus {
        return cursor
            .refuse(&say!("exemplars exist in OpenMetrics only, and a text without `# EOF` is none, or was cut off"));
    }
    cursor.take('#');
    cursor.skip_blanks();
    if !cursor.take('{') {
        return cursor.refuse(&say!("expected the labels of an exemplar in braces"));
    }
    label_set(cursor, &mut Labels::new(), false)?;
    cursor.skip_blanks();
    cursor.number("the value of the exemplar")?;
    cursor.skip_blanks();
    if cursor.peek().is_some() {
        timestamp(cursor, format)?;
        cursor.skip_blanks();
    }
    Ok(())
}

/// Milliseconds since the epoch.
fn timestamp(cursor: &mut Cursor<'_>, format: Format) -> Result<i64, Fault> {
    let start = cursor.at;
    match format {
        Format::Prometheus => {
            let wrong = || (start, say!("expected a timestamp in whole milliseconds"));
            cursor.word().parse().ok().ok_or_else(wrong)
        }
        Format::OpenMetrics => {
            let seconds = cursor.number("a timestamp in seconds")?;
            let wrong = || (start, say!("the timestamp is out of range"));
            if seconds.abs() <= SECONDS_MAX { Ok(whole(seconds * 1000.0)) } else { Err(wrong()) }
        }
    }
}

/// The nearest whole number; what is given is far from the limits of both types.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "rounded and within SECONDS_MAX")]
fn whole(value: f64) -> i64 {
    value.round() as i64
}

/// A place in a line; `at` is always at the boundary of a character.
struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, expected: char) -> bool {
        let here = self.peek() == Some(expected);
        if here {
            self.at += expected.len_utf8();
        }
        here
    }

    fn skip_blanks(&mut self) {
        self.take_while(|c| c == ' ' || c == '\t');
    }

    fn take_while(&mut self, mut belongs: impl FnMut(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = rest.find(|c| !belongs(c)).and_then(|end| rest.get(..end)).unwrap_or(rest);
        self.at += taken.len();
        taken
    }

    /// Everything up to the next blank.
    fn word(&mut self) -> &'a str {
        self.take_while(|c| c != ' ' && c != '\t')
    }

    fn refuse<T>(&self, what: &str) -> Result<T, Fault> {
        Err((self.at, what.to_owned()))
    }

    /// A name without quotes: letters, digits, `_` and `extra`, no digit first.
    fn name(&mut self, what: &str, extra: &str) -> Result<&'a str, Fault> {
        if self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return self.refuse(&say!("a name must not begin with a digit"));
        }
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || extra.contains(c));
        if name.is_empty() { self.refuse(&say!("expected {what}", language::word(what))) } else { Ok(name) }
    }

    /// A text in quotes. `\n`, `\"` and `\\` are what they are everywhere; before anything else a backslash is itself.
    fn quoted(&mut self) -> Result<String, Fault> {
        let start = self.at;
        if !self.take('"') {
            return self.refuse(&say!("expected a text in double quotes"));
        }
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| c != '"' && c != '\\'));
            if self.take('"') {
                return Ok(text);
            }
            if !self.take('\\') {
                return Err((start, say!("the closing quote is missing")));
            }
            if self.take('n') {
                text.push('\n');
            } else if self.take('"') {
                text.push('"');
            } else {
                self.take('\\');
                text.push('\\');
            }
        }
    }

    fn number(&mut self, what: &str) -> Result<f64, Fault> {
        let start = self.at;
        self.word()
            .parse()
            .ok()
            .ok_or_else(|| (start, say!("expected {what}, which is a number, NaN, +Inf or -Inf", language::word(what))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn one(name: &str, pairs: &[(&str, &str)], value: f64, at_ms: Option<i64>) -> Line {
        let mut labels = labels(pairs);
        labels.insert(NAME.to_owned(), name.to_owned());
        (labels, value, at_ms)
    }

    /// The example of the Prometheus documentation, line by line.
    #[test]
    fn the_example_of_the_text_format_is_read() {
        let text = r#"
# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# A histogram, which has a pretty complex representation in the text format:
# HELP http_request_duration_seconds A histogram of the request duration.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320
"#;
        let seconds = "http_request_duration_seconds";
        let expected = [
            one("http_requests_total", &[("method", "post"), ("code", "200")], 1027.0, Some(1_395_066_363_000)),
            one("http_requests_total", &[("method", "post"), ("code", "400")], 3.0, Some(1_395_066_363_000)),
            one(
                "msdos_file_access_time_seconds",
                &[("path", r"C:\DIR\FILE.TXT"), ("error", "Cannot find file:\n\"FILE.TXT\"")],
                1_458_255_915.0,
                None,
            ),
            one("metric_without_timestamp_and_labels", &[], 12.47, None),
            one("something_weird", &[("problem", "division by zero")], f64::INFINITY, Some(-3_982_045)),
            one(&format!("{seconds}_bucket"), &[("le", "0.05")], 24054.0, None),
            one(&format!("{seconds}_bucket"), &[("le", "+Inf")], 144_320.0, None),
            one(&format!("{seconds}_sum"), &[], 53423.0, None),
            one(&format!("{seconds}_count"), &[], 144_320.0, None),
        ];
        assert_eq!(parse(text), Ok(expected.to_vec()));
    }

    /// After the examples of the `OpenMetrics` specification.
    #[test]
    fn the_examples_of_openmetrics_are_read() {
        let text = r#"# TYPE acme_http_router_request_seconds summary
# UNIT acme_http_router_request_seconds seconds
# HELP acme_http_router_request_seconds Latency though all of ACME's HTTP request router.
acme_http_router_request_seconds_sum{path="/api/v1",method="GET"} 9036.32
acme_http_router_request_seconds_created{path="/api/v1",method="GET"} 1605281325.0
# TYPE foo histogram
foo_bucket{le="0.1"} 8 # {} 0.054
foo_bucket{le="1.0"} 11 123.25 # {trace_id="KOO5S4vxi0o"} 0.67
foo_bucket{le="+Inf"} 17 # {trace_id="oHg5SJ#YRHA0"} 9.8 1520879607.789
# TYPE go_goroutines gauge
go_goroutines 69 1520879607.789
# EOF
"#;
        let path = [("path", "/api/v1"), ("method", "GET")];
        let expected = [
            one("acme_http_router_request_seconds_sum", &path, 9036.32, None),
            one("acme_http_router_request_seconds_created", &path, 1_605_281_325.0, None),
            one("foo_bucket", &[("le", "0.1")], 8.0, None),
            one("foo_bucket", &[("le", "1.0")], 11.0, Some(123_250)),
            one("foo_bucket", &[("le", "+Inf")], 17.0, None),
            one("go_goroutines", &[], 69.0, Some(1_520_879_607_789)),
        ];
        assert_eq!(parse(text), Ok(expected.to_vec()));
        assert_eq!(parse(&text.replace('\n', "\r\n")), Ok(expected.to_vec()));
    }

    #[test]
    fn odd_but_legal_lines_are_read() {
        let up = |pairs: &[(&str, &str)]| one("up", pairs, 1.0, None);
        for (text, expected) in [
            ("", vec![]),
            ("\n \t\n#\n#no blank\n# TYPE nonsense\n", vec![]),
            ("# EOF", vec![]),
            ("# EOF\n\n", vec![]),
            ("up 1", vec![up(&[])]),
            (" \tup\t1 \n", vec![up(&[])]),
            ("up{} 1", vec![up(&[])]),
            ("up{}1", vec![up(&[])]),
            ("up { a = \"b\" , } 1", vec![up(&[("a", "b")])]),
            ("up{a=\"b\",} 1", vec![up(&[("a", "b")])]),
            ("up{a=\"\",b=\"x\"} 1", vec![up(&[("b", "x")])]),
            ("up{a=\"#{},=\"} 1", vec![up(&[("a", "#{},=")])]),
            ("up{a=\"\\d\\\\\"} 1", vec![up(&[("a", "\\d\\")])]),
            ("up{a=\"Zürich ✓\"} 1", vec![up(&[("a", "Zürich ✓")])]),
            ("{\"up\"} 1", vec![up(&[])]),
            ("{\"up\",a=\"b\"} 1", vec![up(&[("a", "b")])]),
            ("{a=\"b\",\"up\"} 1", vec![up(&[("a", "b")])]),
            ("{\"my.metric\",\"label.ü\"=\"b\"} 1", vec![one("my.metric", &[("label.ü", "b")], 1.0, None)]),
            (":job:up_5m 1e0", vec![one(":job:up_5m", &[], 1.0, None)]),
            ("up 1 5", vec![one("up", &[], 1.0, Some(5))]),
            ("up 1 5\n# EOF", vec![one("up", &[], 1.0, Some(5000))]),
            ("up 1 1.5e3\n# EOF", vec![one("up", &[], 1.0, Some(1_500_000))]),
            ("up 1 -0.0015\n# EOF", vec![one("up", &[], 1.0, Some(-2))]),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn values_that_are_no_finite_numbers_are_read() {
        for (text, expected) in [
            ("+Inf", f64::INFINITY),
            ("Inf", f64::INFINITY),
            ("-Inf", f64::NEG_INFINITY),
            ("-0", 0.0),
            ("1.e3", 1000.0),
        ] {
            assert_eq!(parse(&format!("a {text}")), Ok(vec![one("a", &[], expected, None)]));
        }
        for text in ["NaN", "nan", "-NaN"] {
            assert!(parse(&format!("a {text}")).unwrap()[0].1.is_nan());
        }
    }

    #[test]
    fn a_text_in_neither_format_is_refused_where_it_goes_wrong() {
        let exemplar = "exemplars exist in OpenMetrics only, and a text without `# EOF` is none, or was cut off";
        for (text, place, what) in [
            ("<html>", (1, 1), "expected a metric name"),
            ("{\"status\":\"success\"}", (1, 10), "expected `,` or `}`"),
            ("a 1\n9a 1", (2, 1), "a name must not begin with a digit"),
            ("a", (1, 2), "expected a value, which is a number, NaN, +Inf or -Inf"),
            ("a.b 1", (1, 2), "expected a value, which is a number, NaN, +Inf or -Inf"),
            ("a 1,5", (1, 3), "expected a value, which is a number, NaN, +Inf or -Inf"),
            ("a 0x10", (1, 3), "expected a value, which is a number, NaN, +Inf or -Inf"),
            ("a 1 2 3", (1, 7), "the sample should end here"),
            ("a 1 1.5", (1, 5), "expected a timestamp in whole milliseconds"),
            ("a 1 99999999999999999999", (1, 5), "expected a timestamp in whole milliseconds"),
            ("a 1 x\n# EOF", (1, 5), "expected a timestamp in seconds, which is a number, NaN, +Inf or -Inf"),
            ("a 1 NaN\n# EOF", (1, 5), "the timestamp is out of range"),
            ("a 1 1e13\n# EOF", (1, 5), "the timestamp is out of range"),
            ("a 1 # {} 1", (1, 5), exemplar),
            ("a 1 # x\n# EOF", (1, 7), "expected the labels of an exemplar in braces"),
            ("a 1 # {\"b\"} 1\n# EOF", (1, 8), "an exemplar has no metric name"),
            ("# EOF\na 1", (2, 1), "nothing may follow `# EOF`"),
            ("a{b=\"ü\",b=\"\"} 1", (1, 9), "the label \"b\" stands here a second time"),
            ("a{\"b\"} 1", (1, 3), "the metric name stands here a second time"),
            ("{__name__=\"a\"} 1", (1, 2), "`__name__` stands before the braces, or in quotes without `=`"),
            ("{\"__name__\"=\"a\"} 1", (1, 2), "`__name__` stands before the braces, or in quotes without `=`"),
            ("{b=\"c\"} 1", (1, 8), "the sample has no metric name"),
            ("{\"\"} 1", (1, 2), "a name must not be empty"),
            ("a{\"\"=\"b\"} 1", (1, 3), "a name must not be empty"),
            ("a{b} 1", (1, 4), "expected `=`"),
            ("a{b=c} 1", (1, 5), "expected a text in double quotes"),
            ("a{b=\"c} 1", (1, 5), "the closing quote is missing"),
            ("a{b=\"c\\", (1, 5), "the closing quote is missing"),
            ("a{b=\"c\" d=\"e\"} 1", (1, 9), "expected `,` or `}`"),
            ("a{,} 1", (1, 3), "expected a label name or `}`"),
            ("a{b:c=\"d\"} 1", (1, 4), "expected `=`"),
            ("a{", (1, 3), "expected a label name or `}`"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(((error.line, error.column), error.what.as_str()), (place, what), "{text:?}");
        }
        assert_eq!(parse("a 1\nb").unwrap_err().to_string().split(": ").next(), Some("line 2, column 2"));
    }

    #[test]
    fn more_samples_than_allowed_are_refused() {
        assert_eq!(parse_up_to("a 1\nb 1\n", 2).map(|lines| lines.len()), Ok(2));
        let error = parse_up_to("a 1\nb 1\n\nc 1\n", 2).unwrap_err();
        assert_eq!((error.line, error.what.as_str()), (4, "more than 2 samples"));
    }

    /// Writes a sample the way the specifications say, with every name in quotes if it needs them.
    fn print((labels, value, at_ms): &Line, openmetrics: bool) -> String {
        let quote =
            |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
        let mut parts = vec![quote(&labels[NAME])];
        parts.extend(labels.iter().filter(|(n, _)| *n != NAME).map(|(n, v)| format!("{}={}", quote(n), quote(v))));
        let value = match value {
            v if v.is_infinite() && *v > 0.0 => "+Inf".to_owned(),
            v if v.is_infinite() => "-Inf".to_owned(),
            v => v.to_string(),
        };
        let stamp = match at_ms {
            None => String::new(),
            Some(ms) if openmetrics => format!(" {}.{:03}", ms / 1000, ms % 1000),
            Some(ms) => format!(" {ms}"),
        };
        format!("{{{}}} {value}{stamp}\n", parts.join(","))
    }

    fn any_line() -> impl Strategy<Value = Line> {
        let text = "(?s).{1,8}".prop_filter("reserved", |text| text != NAME);
        let value = prop_oneof![
            any::<f64>().prop_filter("NaN equals nothing", |v| !v.is_nan()),
            (0..1_000_000_000u32).prop_map(f64::from)
        ];
        let pairs = proptest::collection::btree_map(text.clone(), "(?s).{1,8}", 0..4);
        (text, pairs, value, proptest::option::of(0..4_000_000_000_000_i64)).prop_map(
            |(name, mut labels, value, at)| {
                labels.insert(NAME.to_owned(), name);
                (labels, value, at)
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(lines in proptest::collection::vec(any_line(), 0..10), openmetrics: bool) {
            let mut text: String = lines.iter().map(|line| print(line, openmetrics)).collect();
            if openmetrics {
                text.push_str("# EOF\n");
            }
            prop_assert_eq!(parse(&text), Ok(lines));
        }

        #[test]
        fn no_text_is_too_strange(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }

        /// Made of the pieces that matter, so that it often gets far.
        #[test]
        fn no_order_of_pieces_is_too_strange(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec![
                    "a", "{", "}", "\"", "\\", "=", ",", " ", "1", "\n", "\r", "#", "# EOF", "NaN", "e", "ü", "n", "# {}",
                ]),
                0..40,
            ),
        ) {
            let text = pieces.concat();
            match parse(&text) {
                Ok(lines) => prop_assert!(lines.iter().all(|(labels, ..)| !labels[NAME].is_empty())),
                Err(error) => {
                    let line = text.split('\n').nth(error.line - 1).unwrap();
                    prop_assert!(error.column <= line.chars().count() + 1);
                }
            }
        }
    }
}
