//! Numbers, lengths and moments in words: the one place that pages, mails and files ask.
//!
//! Everything exact is written by integer division, digit by digit. A rounded figure may be off in its last digit, but
//! it never crosses the line that it is read against: what misses a target never reads as the target, what is not
//! whole never reads as 100, and what is not nothing never reads as 0. Where the usual decimals would lie, more follow.
//!
//! ```
//! use nines::domain::{target::Target, wording};
//! let target = Target::parse("99.9").unwrap();
//! assert_eq!(wording::sli_percent(998_997, 1_000_000, Some(target)), "99.8997");
//! assert_eq!(wording::sli_percent(9_989_999, 10_000_000, Some(target)), "99.89999", "99.9 would be a pass");
//! assert_eq!(wording::sli_percent(9_999_999, 10_000_000, None), "99.99999", "not 100");
//! assert_eq!(wording::count(1_234_567), "1,234,567");
//! ```

use crate::domain::calendar::{Anchor, Period, PeriodKind};
use crate::domain::target::{Target, WHOLE_PPM};
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Instant, MINUTE_SECONDS};
use crate::language::{self, say};
use chrono::{DateTime, Datelike as _, NaiveDate, Offset};
use chrono_tz::Tz;

/// Decimals that a measured percentage normally has: those that a target can have.
const SLI_DECIMALS: usize = 4;
/// Decimals that a share of a budget or of a period normally has.
const SHARE_DECIMALS: usize = 2;
/// More digits than the quotient of two 64-bit counts can need to stand apart from a target.
const DECIMALS_MAX: usize = 40;

/// The share of good events in percent, without the sign: `99.8997`, `60`, `100`.
///
/// At most four decimals, rounded to the nearest, unless that would show a miss as the target, something incomplete as
/// 100, or something as 0: then as many decimals as it takes. A target has four at most, so a pass cannot round below
/// it. `"–"` for no events, because nothing was measured.
#[must_use]
pub fn sli_percent(good: i64, total: i64, target: Option<Target>) -> String {
    if total <= 0 {
        return "–".to_owned();
    }
    let missed = target.filter(|target| !target.is_met(good, total));
    let edge = missed.map(|target| Rational::new(i128::from(target.ppm()) * 100, i128::from(WHOLE_PPM)));
    let edges = [Some(Rational::ZERO), Some(Rational::HUNDRED), edge];
    Rational::new(i128::from(good) * 100, i128::from(total)).text(SLI_DECIMALS, edges.into_iter().flatten())
}

/// A part of a whole in percent, at most two decimals; 100 and 0 only if exact. `"–"` if the whole is nothing.
#[must_use]
pub fn share_percent(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "–".to_owned();
    }
    Rational::new(i128::from(part) * 100, i128::from(whole)).text(SHARE_DECIMALS, [Rational::ZERO, Rational::HUNDRED])
}

/// The consumed share of the error budget in percent, `bad / ((1 - t) · total)`; above 100 when overspent. None without
/// events.
#[must_use]
pub fn budget_consumed_percent(good: i64, total: i64, target: Target) -> Option<String> {
    let (spent, allowed) = budget(good, total, target)?;
    Some(Rational::new(spent * 100, allowed).text(SHARE_DECIMALS, [Rational::ZERO, Rational::HUNDRED]))
}

/// The remaining share of the error budget in percent, `1 - consumed`; negative when overspent. None without events.
#[must_use]
pub fn budget_remaining_percent(good: i64, total: i64, target: Target) -> Option<String> {
    let (spent, allowed) = budget(good, total, target)?;
    Some(Rational::new((allowed - spent) * 100, allowed).text(SHARE_DECIMALS, [Rational::ZERO, Rational::HUNDRED]))
}

/// How many bad events the budget allows, `(1 - t) · total`, exact: `1.5`.
#[must_use]
pub fn budget_allowed_events(total: i64, target: Target) -> String {
    millionths(i128::from(total.max(0)) * i128::from(target.budget_ppm()))
}

/// How many bad events the budget still allows, exact: `-3.25` when overspent.
#[must_use]
pub fn budget_remaining_events(good: i64, total: i64, target: Target) -> String {
    let allowed = i128::from(total.max(0)) * i128::from(target.budget_ppm());
    millionths(allowed - (i128::from(total) - i128::from(good)) * i128::from(WHOLE_PPM))
}

/// The burn rate over the whole period, `(bad / total) / (1 - t)`, at most two decimals: `1.84`. None without events.
#[must_use]
pub fn burn_rate(good: i64, total: i64, target: Target) -> Option<String> {
    let (spent, allowed) = budget(good, total, target)?;
    Some(Rational::new(spent, allowed).text(SHARE_DECIMALS, [Rational::ZERO, Rational::ONE]))
}

/// The full downtime that the budget of so many minutes allows, `(1 - t) · minutes`, in minutes, exact: `43.2`.
#[must_use]
pub fn budget_allowed_minutes(minutes: i64, target: Target) -> String {
    millionths(i128::from(minutes.max(0)) * i128::from(target.budget_ppm()))
}

/// What the events leave of [`budget_allowed_minutes`], at most three decimals; negative when overspent. None without
/// events.
#[must_use]
pub fn budget_remaining_minutes(good: i64, total: i64, minutes: i64, target: Target) -> Option<String> {
    let (spent, allowed) = budget(good, total, target)?;
    // allowed minutes × (1 - spent / allowed), where allowed = total × budget: the budget cancels out
    let left = i128::from(minutes).checked_mul(allowed - spent)?;
    Some(Rational::new(left, i128::from(WHOLE_PPM) * i128::from(total)).text(3, [Rational::ZERO]))
}

/// An estimated share between 0 and 1 in percent, at most four decimals: the end of a confidence interval.
///
/// Such an end is an approximation and says nothing about met or missed; `"–"` if it is no number.
#[must_use]
pub fn estimated_percent(share: f64) -> String {
    if share.is_finite() {
        shortest(&format!("{:.4}", (share * 100.0).clamp(0.0, 100.0))).to_owned()
    } else {
        "–".to_owned()
    }
}

/// Spent and allowed, both in millionths of an event.
fn budget(good: i64, total: i64, target: Target) -> Option<(i128, i128)> {
    let spent = (i128::from(total) - i128::from(good)) * i128::from(WHOLE_PPM);
    (total > 0).then(|| (spent, i128::from(total) * i128::from(target.budget_ppm())))
}

/// A number of millionths as its shortest exact decimal.
fn millionths(n: i128) -> String {
    Rational::new(n, i128::from(WHOLE_PPM)).text(6, [])
}

/// A count with its thousands apart: `1,234,567`.
#[must_use]
pub fn count(n: i64) -> String {
    grouped(&n.to_string())
}

/// A decimal number with the thousands of its whole part apart: `-12345.5` is `-12,345.5`. Other text stays as it is.
#[must_use]
pub fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return number.to_owned();
    }
    let mut text = sign.to_owned();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// The same text with a capital first letter: `all of it` is `All of it`.
#[must_use]
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A count and its noun: `1 outage`, `2,000 outages`.
#[must_use]
pub fn counted(n: i64, one: &str, many: &str) -> String {
    language::counted(&count(n), if n == 1 { one } else { many })
}

/// Things one after the other: `a, b, c`.
#[must_use]
pub fn comma_list(things: impl IntoIterator<Item = String>) -> String {
    things.into_iter().reduce(|list, next| say!("{list}, {next}", list, next)).unwrap_or_default()
}

/// A length in minutes: `43 min`, `2 h 05 min`, `3 d 4 h`. Days leave the minutes out; a debt begins with `-`.
#[must_use]
pub fn duration_minutes(minutes: i64) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    let minutes = minutes.unsigned_abs();
    let (day, hour) = (DAY_MINUTES.unsigned_abs(), HOUR_MINUTES.unsigned_abs());
    match minutes {
        m if m < hour => units(sign, &[(m, "min")]),
        m if m < day && m % hour == 0 => units(sign, &[(m / hour, "h")]),
        m if m < day => units(sign, &[(m / hour, "h"), (m % hour, "min")]),
        m if m % day < hour => units(sign, &[(m / day, "d")]),
        m => units(sign, &[(m / day, "d"), (m % day / hour, "h")]),
    }
}

/// A length part by part: `-2 h 05 min`. Minutes and seconds have two digits where something stands before them.
fn units(sign: &str, parts: &[(u64, &'static str)]) -> String {
    let part = |(at, (n, unit)): (usize, &(u64, &'static str))| {
        let number = if at > 0 && *unit != "h" { format!("{n:02}") } else { grouped(&n.to_string()) };
        language::counted(&number, unit)
    };
    format!("{sign}{}", parts.iter().enumerate().map(part).collect::<Vec<_>>().join(" "))
}

/// A length in seconds: `43 s`, `2 min 05 s`; from an hour on as [`duration_minutes`] says it.
#[must_use]
pub fn duration_seconds(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let minute = MINUTE_SECONDS.unsigned_abs();
    match seconds.unsigned_abs() {
        s if s < minute => units(sign, &[(s, "s")]),
        s if s < 60 * minute && s % minute == 0 => units(sign, &[(s / minute, "min")]),
        s if s < 60 * minute => units(sign, &[(s / minute, "min"), (s % minute, "s")]),
        _ => duration_minutes(seconds / MINUTE_SECONDS),
    }
}

/// A length in seconds with every unit that it has, so that nothing is cut: `29 d 23 h 59 min 30 s`, `4 h`, `0 min`.
///
/// For lengths that are read against a limit; others read better with [`duration_seconds`]. A debt begins with `-`.
#[must_use]
pub fn length(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let some: Vec<_> = parts.into_iter().filter(|(n, _)| *n > 0).collect();
    if some.is_empty() { units("", &[(0, "min")]) } else { units(sign, &some) }
}

/// A decimal number of minutes in words, to the second: `10.08` is `10 min 04 s`, `-0.03` is `-2 s`.
///
/// Cut down to the second; a debt is rounded up, so that it never reads as nothing. Text that is no decimal stays as it
/// is.
#[must_use]
pub fn minutes_in_words(minutes: &str) -> String {
    let seconds = || {
        let (debt, digits) = minutes.strip_prefix('-').map_or((false, minutes), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let scaled = format!("{whole}{fraction}").parse::<i128>().ok()?.checked_mul(60)?;
        if debt {
            i64::try_from((scaled + scale - 1) / scale).ok().map(|s| -s)
        } else {
            i64::try_from(scaled / scale).ok()
        }
    };
    seconds().map_or_else(|| minutes.to_owned(), duration_seconds)
}

/// A burn rate: `14.4×`, `0.05×`, `1,000×`. About three figures; never `-0`, and never `1×` unless it is exactly on
/// pace.
///
/// What is positive but below 0.01 reads `<0.01×`, and what is no number (nothing was measured) reads `–`.
#[must_use]
pub fn factor(rate: f64) -> String {
    if !rate.is_finite() {
        return "–".to_owned();
    }
    let size = rate.abs();
    if size < 0.01 {
        return if size == 0.0 { "0×" } else { "<0.01×" }.to_owned();
    }
    let decimals = match size {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    let on_pace = (size - 1.0).abs() < f64::EPSILON;
    let text = (decimals..=6)
        .map(|decimals| shortest(&format!("{rate:.decimals$}")).to_owned())
        .find(|text| on_pace || text != "1")
        .unwrap_or_else(|| "1".to_owned());
    format!("{}×", grouped(&text))
}

/// A moment on the wall clock of a zone, with the zone's abbreviation: `2026-11-21 08:00 CET`.
///
/// Where a zone has no abbreviation its offset stands instead: `2026-11-21 04:00 UTC-03:00`.
#[must_use]
pub fn instant(at: Instant, zone: Tz) -> String {
    let local = at.to_utc().with_timezone(&zone);
    format!("{} {}", local.format("%Y-%m-%d %H:%M"), abbreviation(&local))
}

/// The calendar day of a moment in a zone: `2026-11-21`.
#[must_use]
pub fn day(at: Instant, zone: Tz) -> String {
    at.to_utc().with_timezone(&zone).format("%Y-%m-%d").to_string()
}

/// The calendar day of a moment in a zone, short and with its weekday: `Sat 21 Nov`.
#[must_use]
pub fn weekday(at: Instant, zone: Tz) -> String {
    let local = at.to_utc().with_timezone(&zone).date_naive();
    say!("{weekday} {day} {month}", part(local, "%a"), local.day(), part(local, "%b"))
}

/// A zone with what it means at a moment: `Europe/Berlin (CET, UTC+01:00)`.
#[must_use]
pub fn zone(at: Instant, zone: Tz) -> String {
    let local = at.to_utc().with_timezone(&zone);
    let (abbreviation, offset) = (abbreviation(&local), offset(&local));
    match zone {
        Tz::UTC => "UTC".to_owned(),
        _ if abbreviation == offset => format!("{} ({offset})", zone.name()),
        _ => format!("{} ({abbreviation}, {offset})", zone.name()),
    }
}

/// Two moments as people write a time range; the end is the first moment after.
///
/// The day of the end and the first abbreviation are left out where they would only repeat:
/// `2026-11-21 08:00 – 09:30 CET`, `2026-10-19 00:00 CEST – 2026-10-26 00:00 CET`.
#[must_use]
pub fn span(start: Instant, end: Instant, zone: Tz) -> String {
    let (from, to) = (start.to_utc().with_timezone(&zone), end.to_utc().with_timezone(&zone));
    let one_day = from.date_naive() == to.date_naive();
    let one_offset = from.offset().fix() == to.offset().fix();
    let to = if one_day { format!("{} {}", to.format("%H:%M"), abbreviation(&to)) } else { instant(end, zone) };
    let from = if one_offset { from.format("%Y-%m-%d %H:%M").to_string() } else { instant(start, zone) };
    format!("{from} – {to}")
}

/// The word for a kind of calendar period: `week`.
#[must_use]
pub const fn period(kind: PeriodKind) -> &'static str {
    match kind {
        PeriodKind::Day => "day",
        PeriodKind::Week => "week",
        PeriodKind::Month => "month",
        PeriodKind::Quarter => "quarter",
        PeriodKind::Year => "year",
    }
}

/// A period as people call it: `November 2026`, `week 46, 9 to 15 Nov 2026`; one that does not begin with the calendar
/// says its dates, `15 Nov to 14 Dec 2026`.
#[must_use]
pub fn period_name(period: &Period) -> String {
    let first = period.first_day();
    let last = period.next().first_day().pred_opt().unwrap_or(first);
    let calendar = period.anchor() == Anchor::default();
    match period.kind() {
        PeriodKind::Day => long_date(first),
        // the last day has the number of the Monday, wherever the week begins
        PeriodKind::Week => week_name(last.iso_week().week(), first, last),
        PeriodKind::Month if calendar => say!("{month} {year}", part(first, "%B"), first.year()),
        PeriodKind::Month => dates(first, last),
        PeriodKind::Quarter => {
            let label = period.label();
            let (year, quarter) = label.split_once("-Q").unwrap_or((&label, ""));
            if calendar {
                say!("quarter {quarter} of {year}", quarter, year)
            } else {
                say!("quarter {quarter} of {year}, {dates}", quarter, year, dates(first, last))
            }
        }
        PeriodKind::Year if calendar => first.year().to_string(),
        PeriodKind::Year => say!("year {year}, {dates}", first.year(), dates(first, last)),
    }
}

/// A week by its number and its days; the year stands where the language has it.
fn week_name(number: u32, first: NaiveDate, last: NaiveDate) -> String {
    let (year, month) = (last.year(), part(last, "%b"));
    match (first.year() == year, first.month() == last.month()) {
        (true, true) => {
            say!("week {week}, {first} to {last} {month} {year}", number, first.day(), last.day(), month, year)
        }
        (true, false) => say!("week {week}, {first} to {last} {year}", number, day_of(first), day_of(last), year),
        (false, _) => say!("week {week}, {dates}", number, dates(first, last)),
    }
}

/// From a day to a later one, saying month and year once where they are the same: `9 to 15 Nov 2026`.
fn dates(first: NaiveDate, last: NaiveDate) -> String {
    let (year, month) = (last.year(), part(last, "%b"));
    match (first.year() == year, first.month() == last.month()) {
        (true, true) => say!("{first} to {last} {month} {year}", first.day(), last.day(), month, year),
        (true, false) => say!("{first} to {last} {year}", day_of(first), day_of(last), year),
        (false, _) => say!("{first} to {last}", date(first), date(last)),
    }
}

/// A day of a year that is said elsewhere: `9 Nov`.
#[must_use]
pub fn day_of(day: NaiveDate) -> String {
    say!("{day} {month}", day.day(), part(day, "%b"))
}

/// A day with its year, short: `9 Nov 2026`.
#[must_use]
pub fn date(day: NaiveDate) -> String {
    say!("{day} {month} {year}", day.day(), part(day, "%b"), day.year())
}

/// A day with its year, at length: `9 November 2026`.
#[must_use]
pub fn long_date(day: NaiveDate) -> String {
    say!("{day} {month} {year}", day.day(), part(day, "%B"), day.year())
}

/// The name of a day's month or weekday: `%b`, `%B`, `%a` or `%A`.
#[must_use]
pub fn part(day: NaiveDate, format: &str) -> String {
    language::word(&day.format(format).to_string()).to_owned()
}

/// A moment seen from now: `12 s ago`, `in 18 s`, `now`.
#[must_use]
pub fn from_now(at: Instant, now: Instant) -> String {
    match at.seconds() - now.seconds() {
        0 => say!("now"),
        ahead @ 1.. => say!("in {length}", duration_seconds(ahead)),
        back => say!("{length} ago", duration_seconds(-back)),
    }
}

/// The zone's own short name at that moment, or its offset where it has none but digits.
fn abbreviation(local: &DateTime<Tz>) -> String {
    let name = local.format("%Z").to_string();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { offset(local) }
}

/// `UTC+01:00`, or `UTC` alone.
fn offset(local: &DateTime<Tz>) -> String {
    match local.offset().fix().local_minus_utc() {
        0 => "UTC".to_owned(),
        _ => format!("UTC{}", local.format("%:z")),
    }
}

/// An exact quotient; the denominator is positive.
#[derive(Clone, Copy)]
struct Rational {
    numerator: i128,
    denominator: i128,
}

impl Rational {
    const ZERO: Self = Self::new(0, 1);
    const ONE: Self = Self::new(1, 1);
    const HUNDRED: Self = Self::new(100, 1);

    const fn new(numerator: i128, denominator: i128) -> Self {
        Self { numerator, denominator }
    }

    /// The decimal with at most `decimals` decimals, rounded half away from zero; with more where it would otherwise
    /// read like an edge that it is not on. Without trailing zeros.
    fn text(self, decimals: usize, edges: impl IntoIterator<Item = Self>) -> String {
        let exact = self.rounded(DECIMALS_MAX);
        let edges: Vec<String> =
            edges.into_iter().map(|edge| edge.rounded(DECIMALS_MAX)).filter(|edge| *edge != exact).collect();
        (decimals..DECIMALS_MAX).map(|d| self.rounded(d)).find(|text| !edges.contains(text)).unwrap_or(exact)
    }

    /// Long division: whole part, then digit by digit, so that nothing overflows however many are asked for.
    fn rounded(self, decimals: usize) -> String {
        let denominator = self.denominator.unsigned_abs();
        let numerator = self.numerator.unsigned_abs();
        let mut rest = numerator % denominator;
        let mut digits: Vec<u8> = (numerator / denominator).to_string().bytes().map(|b| b - b'0').collect();
        for _ in 0..decimals {
            rest *= 10;
            digits.push(u8::try_from(rest / denominator).unwrap_or(9));
            rest %= denominator;
        }
        if rest * 2 >= denominator {
            add_one(&mut digits);
        }
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let text = |digits: &[u8]| digits.iter().map(|d| char::from(b'0' + d)).collect::<String>();
        let unsigned = format!("{}.{}", text(whole), text(fraction));
        let unsigned = shortest(&unsigned);
        if self.numerator < 0 && unsigned != "0" { format!("-{unsigned}") } else { unsigned.to_owned() }
    }
}

/// One more in the last place, carried as far as it must be.
fn add_one(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
}

/// A decimal without the zeros (and the point) that say nothing.
fn shortest(decimal: &str) -> &str {
    if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Weekday::{Mon, Sun};
    use proptest::prelude::*;

    fn target(text: &str) -> Target {
        Target::parse(text).unwrap()
    }

    fn at(text: &str) -> Instant {
        Instant::from(text.parse::<DateTime<chrono::Utc>>().unwrap())
    }

    #[test]
    fn a_miss_never_reads_as_the_target_nor_almost_all_as_all() {
        for (good, total, promise, text) in [
            (998_997, 1_000_000, Some("99.9"), "99.8997"),
            (9_989_999, 10_000_000, Some("99.9"), "99.89999"),
            (99_899_999_999, 100_000_000_000, Some("99.9"), "99.899999999"),
            (999, 1000, Some("99.9"), "99.9"),
            (99_900_001, 100_000_000, Some("99.9"), "99.9"),
            (9_999_999, 10_000_000, Some("99.9"), "99.99999"),
            (9_999_999, 10_000_000, None, "99.99999"),
            (i64::MAX - 1, i64::MAX, Some("99.9999"), "99.99999999999999999"),
            (10, 10, Some("99.9"), "100"),
            (0, 10, Some("99.9"), "0"),
            (1, 1_000_000_000, None, "0.0000001"),
            // the golden vector of the three budgeting methods: 111/118, 6/10, and a third that has to be rounded up
            (111, 118, Some("95"), "94.0678"),
            (6, 10, Some("95"), "60"),
            (2, 3, None, "66.6667"),
            (0, 0, Some("99.9"), "–"),
        ] {
            assert_eq!(sli_percent(good, total, promise.map(target)), text, "{good}/{total} against {promise:?}");
        }
    }

    #[test]
    fn an_exact_length_leaves_nothing_out() {
        for (seconds, text) in [
            (0, "0 min"),
            (59, "59 s"),
            (930, "15 min 30 s"),
            (901, "15 min 01 s"),
            (14_400, "4 h"),
            (3_605, "1 h 05 s"),
            (2_591_970, "29 d 23 h 59 min 30 s"),
            (86_400_000, "1,000 d"),
            (-90_000, "-1 d 1 h"),
        ] {
            assert_eq!(length(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn shares_have_two_decimals_unless_they_would_read_as_nothing_or_everything() {
        for (part, whole, text) in [
            (10_079, 10_080, "99.99"),
            (99_999, 100_000, "99.999"),
            (1, 100_000, "0.001"),
            (0, 5, "0"),
            (5, 5, "100"),
            (1, 3, "33.33"),
            (3, 0, "–"),
        ] {
            assert_eq!(share_percent(part, whole), text, "{part}/{whole}");
        }
    }

    #[test]
    fn the_budget_is_exact_in_events_and_shows_its_debt() {
        // 99.9 % of 118 000: 118 may fail; 200 did: 169.49 % consumed, 82 over.
        let (good, total, t) = (117_800, 118_000, target("99.9"));
        assert_eq!(budget_allowed_events(total, t), "118");
        assert_eq!(budget_consumed_percent(good, total, t).unwrap(), "169.49");
        assert_eq!(budget_remaining_percent(good, total, t).unwrap(), "-69.49");
        assert_eq!(budget_remaining_events(good, total, t), "-82");
        assert_eq!(burn_rate(good, total, t).unwrap(), "1.69");
        // 99.9999 % of 1 500 requests: 0.0015 may fail.
        assert_eq!(budget_allowed_events(1_500, target("99.9999")), "0.0015");
        assert_eq!(budget_remaining_events(1_499, 1_500, target("99.9999")), "-0.9985");
        assert_eq!(budget_consumed_percent(0, 0, t), None);
        // the budget of 30 days at 99.9 % is 43.2 min; 169.49 % of it are spent: 43.2 × -82/118 = -30.0203 min
        assert_eq!(budget_allowed_minutes(43_200, t), "43.2");
        assert_eq!(budget_remaining_minutes(good, total, 43_200, t).unwrap(), "-30.02");
        assert_eq!(budget_remaining_minutes(total, total, 43_200, t).unwrap(), "43.2");
        assert_eq!((estimated_percent(0.998_765_43), estimated_percent(1.0)), ("99.8765".into(), "100".into()));
    }

    #[test]
    fn an_overspent_budget_never_reads_as_just_spent() {
        // 99 % of 10 000 000 allows 100 000; one more is 100.001 %.
        let (total, t) = (10_000_000, target("99"));
        assert_eq!(budget_consumed_percent(total - 100_000, total, t).unwrap(), "100");
        assert_eq!(budget_remaining_percent(total - 100_000, total, t).unwrap(), "0");
        assert_eq!(budget_consumed_percent(total - 100_001, total, t).unwrap(), "100.001");
        assert_eq!(budget_remaining_percent(total - 100_001, total, t).unwrap(), "-0.001");
        assert_eq!(burn_rate(total - 100_001, total, t).unwrap(), "1.00001");
    }

    #[test]
    fn thousands_stand_apart() {
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(count(n), text);
        }
        assert_eq!(count(i64::MIN), "-9,223,372,036,854,775,808");
        assert_eq!(grouped("-12345.67891"), "-12,345.67891");
        assert_eq!(grouped("–"), "–");
        assert_eq!(
            (counted(1, "outage", "outages"), counted(0, "outage", "outages")),
            ("1 outage".into(), "0 outages".into())
        );
    }

    #[test]
    fn lengths_are_said_in_their_two_largest_units() {
        for (minutes, text) in [
            (0, "0 min"),
            (43, "43 min"),
            (60, "1 h"),
            (125, "2 h 05 min"),
            (1440, "1 d"),
            (4_560, "3 d 4 h"),
            (43_200, "30 d"),
            (-125, "-2 h 05 min"),
            (1_440_000, "1,000 d"),
        ] {
            assert_eq!(duration_minutes(minutes), text);
        }
        for (seconds, text) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (125, "2 min 05 s"), (-61, "-1 min 01 s"), (7_500, "2 h 05 min")]
        {
            assert_eq!(duration_seconds(seconds), text);
        }
        for (minutes, text) in [
            ("43.2", "43 min 12 s"),
            ("10.08", "10 min 04 s"),
            ("0", "0 s"),
            ("-0.03", "-2 s"),
            ("-0.001", "-1 s"),
            ("432", "7 h 12 min"),
            ("–", "–"),
        ] {
            assert_eq!(minutes_in_words(minutes), text);
        }
    }

    #[test]
    fn burn_rates_have_three_figures_and_no_negative_zero() {
        for (rate, text) in [
            (14.4, "14.4×"),
            (6.0, "6×"),
            (1.0, "1×"),
            (1.004, "1.004×"),
            (0.9996, "0.9996×"),
            (0.056, "0.06×"),
            (0.001, "<0.01×"),
            (0.0, "0×"),
            (-0.0, "0×"),
            (123.4, "123×"),
            (1e6, "1,000,000×"),
            (f64::NAN, "–"),
            (f64::INFINITY, "–"),
        ] {
            assert_eq!(factor(rate), text, "{rate}");
        }
    }

    #[test]
    fn moments_name_their_zone_and_the_two_hours_of_autumn_differ() {
        for (utc, zone, text) in [
            ("2026-11-21T07:00:00Z", Tz::Europe__Berlin, "2026-11-21 08:00 CET"),
            ("2026-10-25T00:30:00Z", Tz::Europe__Berlin, "2026-10-25 02:30 CEST"),
            ("2026-10-25T01:30:00Z", Tz::Europe__Berlin, "2026-10-25 02:30 CET"),
            ("2026-11-21T07:00:00Z", Tz::America__Sao_Paulo, "2026-11-21 04:00 UTC-03:00"),
            ("2026-11-21T07:00:00Z", Tz::Asia__Kathmandu, "2026-11-21 12:45 UTC+05:45"),
            ("2026-11-21T07:00:00Z", Tz::UTC, "2026-11-21 07:00 UTC"),
        ] {
            assert_eq!(instant(at(utc), zone), text);
        }
        let noon = at("2026-11-21T12:00:00Z");
        assert_eq!(zone(noon, Tz::Europe__Berlin), "Europe/Berlin (CET, UTC+01:00)");
        assert_eq!(zone(noon, Tz::America__Sao_Paulo), "America/Sao_Paulo (UTC-03:00)");
        assert_eq!(zone(noon, Tz::UTC), "UTC");
        assert_eq!((day(noon, Tz::UTC), weekday(noon, Tz::UTC)), ("2026-11-21".into(), "Sat 21 Nov".into()));
    }

    #[test]
    fn periods_are_called_as_people_call_them() {
        for (label, name) in [
            ("2026-11", "November 2026"),
            ("2026-W46", "week 46, 9 to 15 Nov 2026"),
            ("2026-W44", "week 44, 26 Oct to 1 Nov 2026"),
            ("2026-W53", "week 53, 28 Dec 2026 to 3 Jan 2027"),
            ("2026-Q4", "quarter 4 of 2026"),
            ("2026", "2026"),
            ("2026-11-21", "21 November 2026"),
        ] {
            assert_eq!(period_name(&Period::parse(label, Tz::Europe__Berlin).unwrap()), name);
        }
    }

    #[test]
    fn periods_that_do_not_begin_with_the_calendar_say_their_dates() {
        for (label, week, day, month, name) in [
            ("2026-11", Mon, 15, 1, "15 Nov to 14 Dec 2026"),
            ("2026-12", Mon, 15, 1, "15 Dec 2026 to 14 Jan 2027"),
            ("2027-01", Mon, 31, 1, "31 Jan to 27 Feb 2027"),
            ("2026-W46", Sun, 1, 1, "week 46, 8 to 14 Nov 2026"),
            ("2026-W53", Sun, 1, 1, "week 53, 27 Dec 2026 to 2 Jan 2027"),
            ("2026-Q1", Mon, 1, 4, "quarter 1 of 2026, 1 Apr to 30 Jun 2026"),
            ("2026-Q4", Mon, 1, 4, "quarter 4 of 2026, 1 Jan to 31 Mar 2027"),
            ("2026", Mon, 1, 4, "year 2026, 1 Apr 2026 to 31 Mar 2027"),
            ("2026-11-21", Sun, 15, 4, "21 November 2026"),
            ("2026-11", Sun, 1, 4, "November 2026"),
        ] {
            let anchor = Anchor::new(week, day, month).unwrap();
            assert_eq!(period_name(&Period::parse_anchored(label, Tz::Europe__Berlin, anchor).unwrap()), name);
        }
    }

    #[test]
    fn a_moment_is_ahead_or_back() {
        let now = at("2026-11-21T07:00:00Z");
        for (seconds, text) in [(0, "now"), (18, "in 18 s"), (-12, "12 s ago"), (-7_500, "2 h 05 min ago")] {
            assert_eq!(from_now(now.plus_seconds(seconds), now), text);
        }
    }

    #[test]
    fn lengths_and_periods_are_said_in_chinese() {
        let chinese = |text: &dyn Fn() -> String| language::sync_scope(language::Language::Chinese, text);
        for (minutes, text) in [
            (43, "43 分钟"),
            (125, "2 小时 05 分钟"),
            (4_560, "3 天 4 小时"),
            (-60, "-1 小时"),
            (1_440_000, "1,000 天"),
        ] {
            assert_eq!(chinese(&|| duration_minutes(minutes)), text);
        }
        assert_eq!(chinese(&|| duration_seconds(125)), "2 分钟 05 秒");
        assert_eq!(chinese(&|| length(2_591_970)), "29 天 23 小时 59 分钟 30 秒");
        assert_eq!(chinese(&|| counted(1, "request", "requests")), "1 个请求");
        let now = at("2026-11-21T07:00:00Z");
        for (seconds, text) in [(0, "现在"), (18, "18 秒后"), (-7_500, "2 小时 05 分钟前")] {
            assert_eq!(chinese(&|| from_now(now.plus_seconds(seconds), now)), text);
        }
        assert_eq!(chinese(&|| weekday(now, Tz::UTC)), "11 月 21 日 周六");
        let financial = Anchor::new(Mon, 1, 4).unwrap();
        for (label, anchor, name) in [
            ("2026-11", Anchor::default(), "2026 年 11 月"),
            ("2026-W46", Anchor::default(), "2026 年第 46 周（11 月 9 日至 15 日）"),
            ("2026-W44", Anchor::default(), "2026 年第 44 周（10 月 26 日至 11 月 1 日）"),
            ("2026-W53", Anchor::default(), "第 53 周（2026 年 12 月 28 日至 2027 年 1 月 3 日）"),
            ("2026-Q4", Anchor::default(), "2026 年第 4 季度"),
            ("2026-11-21", Anchor::default(), "2026 年 11 月 21 日"),
            ("2026-Q1", financial, "2026 年第 1 季度（2026 年 4 月 1 日至 6 月 30 日）"),
            ("2026", financial, "2026 年度（2026 年 4 月 1 日至 2027 年 3 月 31 日）"),
        ] {
            let period = Period::parse_anchored(label, Tz::UTC, anchor).unwrap();
            assert_eq!(chinese(&|| period_name(&period)), name);
        }
    }

    #[test]
    fn spans_repeat_nothing_and_hide_no_change_of_the_clocks() {
        let berlin = |from, to| span(at(from), at(to), Tz::Europe__Berlin);
        assert_eq!(berlin("2026-11-21T07:00:00Z", "2026-11-21T08:30:00Z"), "2026-11-21 08:00 – 09:30 CET");
        assert_eq!(
            berlin("2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z"),
            "2026-10-19 00:00 CEST – 2026-10-26 00:00 CET"
        );
        assert_eq!(berlin("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"), "2026-10-25 02:30 CEST – 02:30 CET");
        assert_eq!(berlin("2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z"), "2026-11-16 00:00 – 2026-11-23 00:00 CET");
    }

    /// A decimal as an integer of so many decimals, for comparing texts as numbers.
    fn scaled(text: &str) -> i128 {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        assert!(fraction.len() <= 24, "{text}");
        sign * format!("{whole}{fraction:0<24}").parse::<i128>().unwrap()
    }

    fn ratio() -> impl Strategy<Value = (i64, i64)> {
        (1_i64..=4_000_000_000).prop_flat_map(|total| {
            let near_all = (0..=total.min(5_000)).prop_map(move |bad| total - bad);
            (prop_oneof![0..=total, near_all], Just(total))
        })
    }

    proptest! {
        #[test]
        fn no_rounding_crosses_the_target((good, total) in ratio(), ppm in 1_i64..WHOLE_PPM) {
            // also the two targets that the ratio nearly hits
            for ppm in [ppm, good.saturating_mul(WHOLE_PPM) / total, good.saturating_mul(WHOLE_PPM) / total + 1] {
                let Ok(target) = Target::from_ppm(ppm) else { continue };
                let shown = scaled(&sli_percent(good, total, Some(target)));
                prop_assert_eq!(shown >= scaled(&target.to_string()), target.is_met(good, total));
                let left = scaled(&budget_remaining_percent(good, total, target).unwrap());
                prop_assert_eq!(left >= 0, target.is_met(good, total));
                prop_assert_eq!(scaled(&budget_remaining_events(good, total, target)) >= 0, target.is_met(good, total));
                prop_assert_eq!(scaled(&budget_consumed_percent(good, total, target).unwrap()) <= scaled("100"), left >= 0);
            }
        }

        #[test]
        fn more_good_events_never_read_as_less((good, total) in ratio(), ppm in 1_i64..WHOLE_PPM) {
            let target = Target::from_ppm(ppm).unwrap();
            prop_assume!(good < total);
            let shown = |good| scaled(&sli_percent(good, total, Some(target)));
            prop_assert!(shown(good) <= shown(good + 1));
            prop_assert_eq!(shown(good) == scaled("100"), false);
            prop_assert_eq!(shown(good) == 0, good == 0);
        }

        #[test]
        fn a_shown_percentage_is_off_by_at_most_half_its_last_usual_digit((good, total) in ratio()) {
            let shown = scaled(&sli_percent(good, total, None)) / 10_i128.pow(8);
            let exact = i128::from(good) * 100 * 10_i128.pow(16) / i128::from(total);
            prop_assert!((shown - exact).abs() <= 5 * 10_i128.pow(11) + 1, "{} {}", shown, exact);
        }
    }
}
