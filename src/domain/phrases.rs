//! The terms of an objective, and amounts in its unit, in words: the same on pages and in reports.
//!
//! ```
//! use nines::domain::phrases::{amount, nouns};
//! use nines::domain::terms::{SliceMinutes, Unit};
//! assert_eq!(amount(8_553_600_000_000, Unit::BillionthOfSlice), "8,553.6", "slices, not their billionths");
//! assert_eq!(nouns(Unit::Slice, SliceMinutes::FIVE, ("request", "requests")).1, "slices of 5 min");
//! ```

use crate::domain::contract::Rule;
use crate::domain::model::{ObjectiveKind, Query};
use crate::domain::target::{Target, ppm_to_percent};
use crate::domain::terms::{Counting, Method, Policy, SliceMinutes, Unit};
use crate::domain::wording::{count, grouped};
use crate::language::{self, say};

/// Decimals that a part of a slice normally has.
const SLICE_DECIMALS: u32 = 4;
/// Decimals of a millionth.
const MILLIONTH: u32 = 6;

/// What one event of an indicator is called, and many.
#[must_use]
pub const fn events(kind: ObjectiveKind, query: &Query) -> (&'static str, &'static str) {
    match (kind, query) {
        (ObjectiveKind::Success, Query::Ratio { .. }) => ("attempt", "attempts"),
        (_, Query::Ratio { .. } | Query::Latency { .. } | Query::Durations { .. }) => ("request", "requests"),
        (_, Query::Up { .. }) => ("sample", "samples"),
        (_, Query::Check { .. }) => ("check", "checks"),
        (_, Query::Level { .. }) => ("reading", "readings"),
        (_, Query::Throughput { .. }) => ("minute", "minutes"),
    }
}

/// What one of a judgement's `good` and `total` is called, and many; billionths are told as slices. In English, as reports
/// keep it; [`numbered`] says it to people.
#[must_use]
pub fn nouns(unit: Unit, slice: SliceMinutes, events: (&str, &str)) -> (String, String) {
    match unit {
        Unit::Event => (events.0.to_owned(), events.1.to_owned()),
        Unit::Slice | Unit::BillionthOfSlice => {
            let minutes = slice.minutes();
            (format!("slice of {minutes} min"), format!("slices of {minutes} min"))
        }
    }
}

/// So many of what [`nouns`] names, in the reader's language: `8,640 slices of 5 min`.
#[must_use]
pub fn numbered(number: &str, noun: &str) -> String {
    let minutes = |head: &str| noun.strip_prefix(head)?.strip_suffix(" min");
    match (minutes("slices of "), minutes("slice of ")) {
        (Some(minutes), _) => say!("{number} slices of {minutes} min", number, minutes),
        (_, Some(minutes)) => say!("{number} slice of {minutes} min", number, minutes),
        (None, None) => language::counted(number, noun),
    }
}

/// How many events or slices so many units are, with its thousands apart: at most four decimals of a slice, and as many
/// as it takes where it would otherwise read like nothing.
#[must_use]
pub fn amount(n: i64, unit: Unit) -> String {
    grouped(&decimal(i128::from(n), places(unit), SLICE_DECIMALS))
}

/// The same as plain decimal text for files, from millionths of a unit; exact for events and slices.
#[must_use]
pub fn amount_of_millionths(millionths: i128, unit: Unit) -> String {
    decimal(millionths, places(unit) + MILLIONTH, MILLIONTH)
}

const fn places(unit: Unit) -> u32 {
    match unit {
        Unit::Event | Unit::Slice => 0,
        Unit::BillionthOfSlice => 9,
    }
}

/// `n / 10^places` with at most so many decimals, rounded half away from zero, but never to nothing.
fn decimal(n: i128, places: u32, most: u32) -> String {
    let cut = 10_i128.pow(places.saturating_sub(most));
    let rounded = (n.abs() + cut / 2) / cut;
    let (digits, places) = if rounded == 0 { (n.abs(), places) } else { (rounded, places.min(most)) };
    let scale = 10_i128.pow(places);
    let width = usize::try_from(places).unwrap_or_default();
    let text = format!("{}.{:0width$}", digits / scale, digits % scale);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if n < 0 { format!("-{text}") } else { text.to_owned() }
}

/// A target as it was promised: `99.9 %`, or `at most 0.1 % bad (99.9 % good)` for an error rate.
#[must_use]
pub fn target(kind: ObjectiveKind, target: Target) -> String {
    if kind == ObjectiveKind::ErrorRate {
        say!("at most {bad} % bad ({target} % good)", ppm_to_percent(target.budget_ppm()), target)
    } else {
        format!("{target} %")
    }
}

/// How an objective is judged, as labels and sentences.
#[must_use]
pub fn terms(
    counting: &Counting,
    rule: Option<Rule>,
    target: Target,
    events: (&str, &str),
) -> Vec<(&'static str, String)> {
    let label = |text: &'static str| language::word(text);
    let noun = language::word(events.1);
    let mut rows = vec![(label("Method"), method(counting.method, rule, events.1))];
    if let (Method::Timeslices { target, .. }, None) = (counting.method, rule) {
        rows.push((label("Slice target"), say!("a slice is good from {target} % good {events} on", target, noun)));
    }
    rows.push((label("Downtime"), downtime(counting, target, events.1)));
    if counting.method != Method::Occurrences {
        let sentence = say!("a slice without {events} {policy}", noun, policy(counting.no_requests));
        rows.push((label("No traffic"), sentence));
    }
    let unknown = policy(counting.unknown);
    let unknown = if counting.method == Method::Occurrences {
        say!("a minute of which nothing is known {policy}", unknown)
    } else {
        say!("a slice of which nothing is known {policy}", unknown)
    };
    rows.push((label("Unknown"), unknown));
    rows
}

/// A budgeting method in words, with OpenSLO's name.
#[must_use]
pub fn method(method: Method, rule: Option<Rule>, events: &str) -> String {
    let (minutes, events) = (method.slice().minutes(), language::word(events));
    match (rule, method) {
        (Some(Rule::AnyBad), _) => say!("good slices of all slices; one is bad if that of any member is (any_bad)"),
        (Some(Rule::Weighted), _) => say!("the weighted mean of its members (weighted)"),
        (None, Method::Occurrences) => say!("good {events} of all {all} (occurrences)", events, events),
        (None, Method::Timeslices { .. }) => say!("good slices of all slices of {minutes} min (timeslices)", minutes),
        (None, Method::RatioTimeslices { .. }) => {
            say!("the mean share of good {events} in slices of {minutes} min (ratio_timeslices)", events, minutes)
        }
    }
}

fn downtime(counting: &Counting, target: Target, events: &str) -> String {
    let (row, least) = (counting.downtime.consecutive(), counting.downtime.at_least_requests());
    let (below, minutes) = (counting.method.slice_target(target), counting.method.slice().minutes());
    let slices = match (row, minutes) {
        (1, 1) => say!("every minute"),
        (1, _) => say!("every slice of {minutes} min", minutes),
        (_, 1) => say!("{row} or more minutes in a row", row),
        _ => say!("{row} or more slices of {minutes} min in a row", row, minutes),
    };
    if least > 1 {
        let least = language::counted(&count(least), events);
        say!("{slices} below {below} % and with at least {requests}", slices, below, least)
    } else {
        say!("{slices} below {below} %", slices, below)
    }
}

fn policy(policy: Policy) -> &'static str {
    language::word(match policy {
        Policy::Good => "counts as good",
        Policy::Excluded => "is not counted",
        Policy::Bad => "counts as bad",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::terms::{Downtime, SliceTarget};

    #[test]
    fn billionths_read_as_slices_and_never_as_nothing() {
        for (n, text) in [
            (0, "0"),
            (1, "0.000000001"),
            (333_333_333, "0.3333"),
            (9_157_142_857, "9.1571"),
            (86_400_000_000, "86.4"),
            (8_640_000_000_000, "8,640"),
            (-1_500_000_000, "-1.5"),
        ] {
            assert_eq!(amount(n, Unit::BillionthOfSlice), text);
        }
        assert_eq!((amount(1_234_567, Unit::Event).as_str(), amount(-3, Unit::Slice).as_str()), ("1,234,567", "-3"));
        assert_eq!(amount_of_millionths(5_900_000, Unit::Event), "5.9");
        // 0.1 % of 8 640 slices
        assert_eq!(amount_of_millionths(8_640_000_000_000 * 1_000, Unit::BillionthOfSlice), "8.64");
    }

    #[test]
    fn terms_are_told_as_the_contract_reads() {
        let target = Target::parse("99.9").unwrap();
        let say = |counting: Counting| terms(&counting, None, target, ("request", "requests"));
        let usual = say(Counting::default());
        assert_eq!(usual[0].1, "good requests of all requests (occurrences)");
        assert_eq!(usual[1].1, "every minute below 99.9 %");
        assert_eq!(usual[2].1, "a minute of which nothing is known is not counted");
        let google = say(Counting {
            method: Method::Timeslices { slice: SliceMinutes::ONE, target: SliceTarget::parse("95").unwrap() },
            no_requests: Policy::Good,
            unknown: Policy::Bad,
            downtime: Downtime::new(5, 100).unwrap(),
        });
        let texts: Vec<&str> = google.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "good slices of all slices of 1 min (timeslices)",
                "a slice is good from 95 % good requests on",
                "5 or more minutes in a row below 95 % and with at least 100 requests",
                "a slice without requests counts as good",
                "a slice of which nothing is known counts as bad",
            ]
        );
        let composite = terms(&Counting::default(), Some(Rule::Weighted), target, ("check", "checks"));
        assert_eq!(composite[0].1, "the weighted mean of its members (weighted)");
    }

    #[test]
    fn terms_are_told_in_chinese_with_english_nouns_for_keys() {
        let strict = Counting {
            method: Method::Timeslices { slice: SliceMinutes::ONE, target: SliceTarget::parse("95").unwrap() },
            no_requests: Policy::Good,
            unknown: Policy::Bad,
            downtime: Downtime::new(5, 100).unwrap(),
        };
        let (rows, slices, requests) = language::sync_scope(language::Language::Chinese, || {
            let rows = terms(&strict, None, Target::parse("99.9").unwrap(), ("request", "requests"));
            let slices = nouns(Unit::Slice, SliceMinutes::FIVE, ("request", "requests")).1;
            (rows, numbered("8,640", &slices), numbered("3", "requests"))
        });
        let texts: Vec<String> = rows.into_iter().map(|(label, text)| format!("{label}：{text}")).collect();
        assert_eq!(
            texts,
            [
                "计算方法：良好时间片占全部 1 分钟时间片的比例（timeslices）",
                "时间片目标值：良好请求占比达到 95 % 的时间片计为良好",
                "停机时间：连续 5 分钟及以上低于 95 %，且至少有 100 个请求",
                "无流量：没有请求的时间片计为良好",
                "未知：数据未知的时间片计为不良",
            ]
        );
        assert_eq!((slices.as_str(), requests.as_str()), ("8,640 个 5 分钟时间片", "3 个请求"));
    }
}
