//! How an indicator is read: which events there are in a minute, and which of them are good.

use crate::domain::selector::{Expression, Selector};
use crate::language::say;
use crate::language::{self, Language};
use std::fmt;

/// How good and total events are read from a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Two counters: all events, and the good or the bad ones among them.
    Ratio {
        /// All events.
        total: Expression,
        /// The part that is counted beside it.
        part: Part,
    },
    /// A classic histogram: good are the events in the bucket whose `le` equals the threshold as a number.
    Latency {
        /// The `…_bucket` series, without `le`.
        histogram: Selector,
        /// Upper bound in the histogram's unit (seconds by convention).
        threshold: Threshold,
    },
    /// Beside a latency: the sum of its histogram's durations, each microsecond an event and good. Whoever reads it reads
    /// every bound of the histogram with it.
    Durations {
        /// The `…_bucket` series, without `le`; the sum is the `…_sum` series with the same labels.
        histogram: Selector,
    },
    /// A gauge that is 1 when up: each sample is one event, good if its value is at least 1.
    Up {
        /// The gauge, such as `up{job="api"}` or `probe_success`.
        gauge: Selector,
    },
    /// The checks of a probe source: each check is one event.
    Check {
        /// Good only if the right answer came within this time.
        within_ms: Option<u32>,
    },
    /// A gauge judged against a limit: each sample of each series is one event, good if it is within the limit. Of an
    /// evaluated expression, each series has one event a minute.
    Level {
        /// The gauge, as it was written ([`Expression::parse_as_written`]).
        gauge: Expression,
        /// What its samples should keep to.
        limit: Limit,
    },
    /// A floor under a counter: each minute is one event, good if it has at least so many requests per second.
    Throughput {
        /// All events; an evaluated expression says how many there were in the minute.
        total: Expression,
        /// The floor.
        at_least: Rate,
    },
}

impl Query {
    /// Is any part evaluated by the source instead of being counted from raw samples?
    #[must_use]
    pub fn is_estimated(&self) -> bool {
        let is_evaluated = |expression: &Expression| matches!(expression, Expression::Evaluated(_));
        match self {
            Self::Ratio { total, part } => is_evaluated(total) || is_evaluated(part.expression()),
            Self::Level { gauge: one, .. } | Self::Throughput { total: one, .. } => is_evaluated(one),
            Self::Latency { .. } | Self::Durations { .. } | Self::Up { .. } | Self::Check { .. } => false,
        }
    }

    /// Is it read from a histogram?
    #[must_use]
    pub const fn has_histogram(&self) -> bool {
        matches!(self, Self::Latency { .. } | Self::Durations { .. })
    }
}

impl Query {
    /// The query on one line, in the reader's language; files have it in English, as [`fmt::Display`] writes it.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Ratio { total, part: Part::Bad(bad) } => say!("bad: {bad} of total: {total}", bad, total),
            Self::Ratio { total, part: Part::Good(good) } => say!("good: {good} of total: {total}", good, total),
            Self::Latency { histogram, threshold } => say!("within {threshold}: {histogram}", threshold, histogram),
            Self::Durations { histogram } => say!("durations: {histogram}", histogram),
            Self::Up { gauge } => say!("up: {gauge}", gauge),
            Self::Check { within_ms: None } => say!("checks answered"),
            Self::Check { within_ms: Some(ms) } => say!("checks answered within {ms} ms", ms),
            Self::Level { gauge, limit } => say!("{limit}: {gauge}", limit.in_words(), gauge),
            Self::Throughput { total, at_least } => say!("at least {rate} per second: {total}", at_least, total),
        }
    }
}

impl fmt::Display for Query {
    /// The query as people read it, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&language::sync_scope(Language::English, || self.in_words()))
    }
}

/// Which part of all events the second counter counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The bad ones.
    Bad(Expression),
    /// The good ones.
    Good(Expression),
}

impl Part {
    /// The counter, whichever part it is.
    #[must_use]
    pub const fn expression(&self) -> &Expression {
        match self {
            Self::Bad(expression) | Self::Good(expression) => expression,
        }
    }
}

/// A latency threshold: a positive decimal kept as people wrote it, compared as a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    text: String,
    value: f64,
}

impl Eq for Threshold {}

impl Threshold {
    /// Reads a positive finite number such as `0.5`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let value = text.parse::<f64>().ok().filter(|v| v.is_finite() && *v > 0.0)?;
        Some(Self { text: text.to_owned(), value })
    }

    /// The number.
    #[must_use]
    pub const fn value(&self) -> f64 {
        self.value
    }

    /// Is `le`, as a histogram writes it, this bound? `1`, `1.0` and `1e0` are.
    #[must_use]
    pub fn is_le(&self, le: &str) -> bool {
        le.parse::<f64>().is_ok_and(|bound| bound.total_cmp(&self.value).is_eq())
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// On which side of a limit a level should stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// At the limit or below: processor, memory, disk, queue.
    AtMost,
    /// At the limit or above: satisfaction, free space.
    AtLeast,
}

impl Bound {
    /// Both, the usual one first.
    pub const ALL: [Self; 2] = [Self::AtMost, Self::AtLeast];

    /// As people read it: `at most`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::AtMost => "at most",
            Self::AtLeast => "at least",
        }
    }
}

/// The limit of a level: any finite decimal, kept as people wrote it, compared as a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    at: Bound,
    text: String,
    value: f64,
}

impl Eq for Limit {}

impl Limit {
    /// The longest text of a number, in bytes: no decimal that a float can tell from another needs more.
    const LENGTH_MAX: usize = 32;

    /// Reads a finite number such as `80`, `-5` or `0.5`.
    #[must_use]
    pub fn parse(at: Bound, text: &str) -> Option<Self> {
        let text = text.trim();
        let value = text.parse::<f64>().ok().filter(|v| v.is_finite() && text.len() <= Self::LENGTH_MAX)?;
        Some(Self { at, text: text.to_owned(), value })
    }

    /// On which side of it a level should stay.
    #[must_use]
    pub const fn at(&self) -> Bound {
        self.at
    }

    /// The number as it was written.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.text
    }

    /// Does a sample keep to it? The limit itself does; infinity is above every limit. NaN, which is no number, keeps to
    /// none: whoever counts must leave it out first.
    #[must_use]
    pub fn is_kept(&self, sample: f64) -> bool {
        match self.at {
            Bound::AtMost => sample <= self.value,
            Bound::AtLeast => sample >= self.value,
        }
    }
}

impl Limit {
    /// `at most 80`, in the reader's language.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self.at {
            Bound::AtMost => say!("at most {limit}", self.text),
            Bound::AtLeast => say!("at least {limit}", self.text),
        }
    }
}

impl fmt::Display for Limit {
    /// `at most 80`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at.words(), self.text)
    }
}

/// Requests per second: a positive decimal with at most six decimals, kept as people wrote it, compared exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    text: String,
    /// Millionths of a request per second.
    millionths: i64,
}

impl Rate {
    /// Digits before the point: no minute of the ledger can have more than 10¹² events.
    const WHOLE_DIGITS: usize = 11;
    const DECIMALS: usize = 6;

    /// Reads a positive number such as `50` or `0.25`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let fits = whole.len() <= Self::WHOLE_DIGITS && fraction.len() <= Self::DECIMALS;
        if !(fits && are_digits(whole) && are_digits(fraction)) {
            return None;
        }
        let millionths = format!("{whole}{fraction:0<6}").parse().ok().filter(|millionths| *millionths > 0)?;
        Some(Self { text: text.to_owned(), millionths })
    }

    /// Did so many events in so many minutes reach it? Exact: millionths of an event are compared as integers.
    #[must_use]
    pub fn is_reached(&self, events: i64, minutes: i64) -> bool {
        self.is_reached_in_millionths(i128::from(events) * 1_000_000, minutes)
    }

    /// The same for an evaluated number of events in one minute, to the nearest millionth of an event.
    #[must_use]
    pub fn is_reached_about(&self, events: f64) -> bool {
        self.is_reached_in_millionths(i128::from(crate::domain::ratio::nearest(events * 1e6)), 1)
    }

    fn is_reached_in_millionths(&self, events: i128, minutes: i64) -> bool {
        events >= i128::from(self.millionths) * 60 * i128::from(minutes)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_equals_a_bucket_as_a_number() {
        let threshold = Threshold::parse("1").unwrap();
        assert!(threshold.is_le("1") && threshold.is_le("1.0") && threshold.is_le("1e0"));
        assert!(!threshold.is_le("+Inf") && !threshold.is_le("1.01") && !threshold.is_le(""));
        for text in ["0", "-1", "inf", "NaN", "fast"] {
            assert_eq!(Threshold::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_limit_is_compared_as_a_number_and_holds_its_own_value() {
        let kept = |at, limit: &str, samples: [f64; 4]| samples.map(|s| Limit::parse(at, limit).unwrap().is_kept(s));
        assert_eq!(kept(Bound::AtMost, "80.0", [79.9, 80.0, 80.1, f64::INFINITY]), [true, true, false, false]);
        assert_eq!(kept(Bound::AtLeast, "-5", [-4.0, -5.0, -5.1, f64::NEG_INFINITY]), [true, true, false, false]);
        assert_eq!(kept(Bound::AtMost, "0", [0.0, -0.0, 1e-300, f64::NAN]), [true, true, false, false]);
        assert!(Limit::parse(Bound::AtMost, "0.1").unwrap().is_kept("0.1".parse().unwrap()));
        assert_eq!(Limit::parse(Bound::AtLeast, " 4.20 ").unwrap().to_string(), "at least 4.20");
        for text in ["", "inf", "-Infinity", "NaN", "80 %", "0,5", "1e999", &"1".repeat(33)] {
            assert_eq!(Limit::parse(Bound::AtMost, text), None, "{text:?}");
        }
    }

    #[test]
    fn a_query_is_read_in_the_readers_language_and_written_in_english() {
        let query = Query::Check { within_ms: Some(500) };
        let limit = Limit::parse(Bound::AtMost, "80").unwrap();
        let read = || (query.in_words(), query.to_string(), limit.in_words(), limit.to_string());
        let (words, file, limit_words, limit_file) = language::sync_scope(Language::Chinese, read);
        assert_eq!((words.as_str(), file.as_str()), ("在 500 ms 内应答的检查", "checks answered within 500 ms"));
        assert_eq!((limit_words.as_str(), limit_file.as_str()), ("至多 80", "at most 80"));
    }

    /// 0.1 per second are 6 a minute, 0.05 are 3, 12.345678 are 740.74068; three minutes of 0.1 are 18.
    #[test]
    fn a_rate_is_reached_exactly_or_not_at_all() {
        let reached = |rate: &str, events, minutes| Rate::parse(rate).unwrap().is_reached(events, minutes);
        for (rate, events, minutes) in [("0.1", 6, 1), ("0.05", 3, 1), ("12.345678", 741, 1), ("0.1", 18, 3)] {
            assert!(reached(rate, events, minutes), "{events} in {minutes} min at {rate}");
            assert!(!reached(rate, events - 1, minutes), "{} in {minutes} min at {rate}", events - 1);
        }
        assert!(!reached("99999999999.999999", 1_000_000_000_000, 1), "no minute of the ledger has so many");
        let rate = Rate::parse("50").unwrap();
        assert!(rate.is_reached_about(2_999.999_999_9), "a hair of a float is no event");
        assert!(!rate.is_reached_about(2_999.99) && !rate.is_reached_about(f64::NAN));
    }

    #[test]
    fn rates_are_positive_decimals_with_at_most_six_decimals() {
        for text in ["50", "0.000001", "0050", " 1.5 "] {
            assert_eq!(Rate::parse(text).unwrap().to_string(), text.trim());
        }
        for text in ["", "0", "0.0", "-1", "1e3", "0,5", ".5", "5.", "0.0000001", "123456789012", "50/s", "inf", "٣"] {
            assert_eq!(Rate::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn queries_are_read_by_people_on_one_line() {
        let level = Query::Level {
            gauge: Expression::parse_as_written("sum(rate(x[5m]))").unwrap(),
            limit: Limit::parse(Bound::AtMost, "80").unwrap(),
        };
        assert_eq!((level.to_string().as_str(), level.is_estimated()), ("at most 80: sum(rate(x[5m]))", true));
        let total = Expression::parse("sum(rate(x[5m]))").unwrap();
        let floor = Query::Throughput { total, at_least: Rate::parse("50").unwrap() };
        assert_eq!((floor.to_string().as_str(), floor.is_estimated()), ("at least 50 per second: x", false));
    }
}
