//! An objective's standing in the words of the pages: the same on the overview and on its own page.

use crate::domain::burn::{AlertRule, Severity};
use crate::domain::calendar::Calendar;
use crate::domain::judgement::{self, Budget, Exhaustion, Sli};
use crate::domain::ledger::Tally;
use crate::domain::model::{Objective, ObjectiveKind, Window};
use crate::domain::target::{Target, ppm_to_percent};
use crate::domain::time::Minute;
use crate::domain::wording::{self, grouped};
use crate::language::say;
use crate::view::{BudgetBar, Status, Tone};

/// The status as pages show it.
#[must_use]
pub const fn status(status: judgement::Status) -> Status {
    match status {
        judgement::Status::Breached => Status::Breached,
        judgement::Status::AtRisk => Status::AtRisk,
        judgement::Status::NoData => Status::NoData,
        judgement::Status::Meeting => Status::Meeting,
    }
}

/// The kind as people read it.
#[must_use]
pub const fn kind(kind: ObjectiveKind) -> &'static str {
    match kind {
        ObjectiveKind::Availability => "Availability",
        ObjectiveKind::Uptime => "Uptime",
        ObjectiveKind::Latency => "Latency",
        ObjectiveKind::ErrorRate => "Error rate",
        ObjectiveKind::Success => "Success rate",
        ObjectiveKind::Throughput => "Throughput",
        ObjectiveKind::Level => "Level",
        ObjectiveKind::Composite => "Composite",
    }
}

pub use crate::domain::phrases::events;

/// What was measured, as it was promised: the good share, or the bad one for an error rate.
#[must_use]
pub fn measured(kind: ObjectiveKind, target: Target, tally: &Tally) -> String {
    match Sli::of(tally) {
        Sli::Unknown => say!("no data"),
        Sli::NoTraffic => say!("no traffic"),
        Sli::NotApplicable => say!("not applicable"),
        Sli::Measured { good, total } => share(kind, target, good, total),
    }
}

/// A share of events in percent, the good ones or, for an error rate, the bad ones.
///
/// The bad share is what the exact text of the good one leaves of 100, so neither is ever rounded across the target.
#[must_use]
pub fn share(kind: ObjectiveKind, target: Target, good: i64, total: i64) -> String {
    let good = wording::sli_percent(good, total, Some(target));
    match kind {
        ObjectiveKind::ErrorRate => format!("{} %", rest_of_hundred(&good)),
        ObjectiveKind::Availability
        | ObjectiveKind::Uptime
        | ObjectiveKind::Latency
        | ObjectiveKind::Success
        | ObjectiveKind::Throughput
        | ObjectiveKind::Level
        | ObjectiveKind::Composite => format!("{good} %"),
    }
}

/// 100 minus a decimal between 0 and 100, digit by digit: `99.8997` leaves `0.1003`. Other text stays as it is.
fn rest_of_hundred(percent: &str) -> String {
    let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
    let rest = || {
        let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let rest = scale.checked_mul(100)? - format!("{whole}{fraction}").parse::<i128>().ok()?;
        let digits = format!("{:0width$}", rest, width = fraction.len() + 1);
        let (whole, fraction) = digits.split_at_checked(digits.len() - fraction.len())?;
        Some(if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") })
    };
    rest().unwrap_or_else(|| percent.to_owned())
}

/// What was promised: `99.9 %`, or `≤ 0.1 %` for an error rate.
#[must_use]
pub fn target(kind: ObjectiveKind, target: Target) -> String {
    match kind {
        ObjectiveKind::ErrorRate => format!("≤ {} %", ppm_to_percent(target.budget_ppm())),
        ObjectiveKind::Availability
        | ObjectiveKind::Uptime
        | ObjectiveKind::Latency
        | ObjectiveKind::Success
        | ObjectiveKind::Throughput
        | ObjectiveKind::Level
        | ObjectiveKind::Composite => format!("{target} %"),
    }
}

/// The window that ends there: `30 days`, `36 h`, or the calendar period's label, `2026-11`.
#[must_use]
pub fn window(objective: &Objective, calendar: Calendar, end: Minute) -> String {
    match objective.window {
        Window::Rolling(length) => length_in_words(length.minutes()),
        Window::Calendar => {
            let at = end.plus(-1).start();
            calendar.period_at(at).label()
        }
    }
}

/// A length in its largest whole unit: `1 day`, `30 days`, `36 h`, `90 min`.
#[must_use]
pub fn length_in_words(minutes: i64) -> String {
    use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES};
    match minutes {
        m if m % DAY_MINUTES == 0 => wording::counted(m / DAY_MINUTES, "day", "days"),
        m if m % HOUR_MINUTES == 0 => say!("{hours} h", m / HOUR_MINUTES),
        m => say!("{minutes} min", m),
    }
}

/// The remaining budget as a bar.
#[must_use]
pub fn bar(budget: Option<&Budget>, status: Status) -> BudgetBar {
    let permille = |budget: &Budget| {
        let (left, allowed) = (budget.remaining_millionths(), budget.allowed_millionths());
        let permille = (left * 1000).div_euclid(allowed.max(1));
        i64::try_from(permille).unwrap_or(if permille < 0 { i64::MIN } else { i64::MAX })
    };
    BudgetBar { remaining_permille: budget.map(permille), status }
}

/// The remaining share of the budget: `34.2 %`, `−13 %`; nothing measured is `–`.
#[must_use]
pub fn remaining(tally: &Tally, target: Target) -> String {
    let percent = wording::budget_remaining_percent(tally.good, tally.total, target);
    percent.map_or_else(|| "–".to_owned(), |percent| format!("{} %", signed(&grouped(&percent))))
}

/// The remaining budget as time, to the second: `43 min 12 s left`, `1 h 12 min over`; empty without a budget.
#[must_use]
pub fn remaining_time(budget: Option<&Budget>) -> String {
    time(budget.map(Budget::remaining_seconds), wording::duration_seconds)
}

/// The same in few words, where many stand below each other: `43 min left`.
#[must_use]
pub fn remaining_time_in_brief(budget: Option<&Budget>) -> String {
    const BRIEF_SECONDS: i64 = 600;
    time(budget.map(Budget::remaining_seconds), |seconds| match seconds {
        ..BRIEF_SECONDS => wording::duration_seconds(seconds),
        _ => wording::duration_minutes(seconds / 60),
    })
}

fn time(seconds: Option<i64>, words: impl Fn(i64) -> String) -> String {
    match seconds {
        None => String::new(),
        Some(seconds) if seconds < 0 => say!("{length} over", words(seconds.saturating_neg())),
        Some(seconds) => say!("{length} left", words(seconds)),
    }
}

/// A number with a typographic minus.
#[must_use]
pub fn signed(number: &str) -> String {
    number.strip_prefix('-').map_or_else(|| number.to_owned(), |digits| format!("−{digits}"))
}

/// A burn rate: `2.4×`, or `–` while unmeasurable.
#[must_use]
pub fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(|| "–".to_owned(), wording::factor)
}

/// How worrying the most urgent of these alerts is.
#[must_use]
pub fn alarm<'a>(firing: impl IntoIterator<Item = &'a AlertRule>) -> Option<Tone> {
    firing.into_iter().map(|rule| rule.severity).min().map(|severity| match severity {
        Severity::Page => Tone::Bad,
        Severity::Ticket => Tone::Warn,
    })
}

/// When the budget runs out, `minutes` from now at the present rate; `to_period_end` are the minutes that a calendar
/// period still has: `in 3 d 4 h`, `exhausted`, `not at this rate`, `not this period`.
#[must_use]
pub fn runs_out(exhaustion: Option<Exhaustion>, to_period_end: Option<i64>) -> String {
    const YEAR_MINUTES: i64 = 365 * 1440;
    match exhaustion {
        None => "–".to_owned(),
        Some(Exhaustion::Exhausted) => say!("exhausted"),
        Some(Exhaustion::NotInSight) => say!("not at this rate"),
        Some(Exhaustion::In { minutes, .. }) if to_period_end.is_some_and(|end| minutes > end) => {
            say!("not this period")
        }
        Some(Exhaustion::In { minutes, .. }) if minutes > YEAR_MINUTES => say!("in over a year"),
        Some(Exhaustion::In { minutes, .. }) => say!("in {length}", wording::duration_minutes(minutes)),
    }
}

/// The known share of a window: `99.1 %`.
#[must_use]
pub fn coverage(tally: &Tally) -> String {
    match wording::share_percent(tally.known, tally.minutes) {
        share if share == "–" => share,
        share => format!("{share} %"),
    }
}

/// Is more than a twentieth of the window unknown?
#[must_use]
pub const fn coverage_is_low(tally: &Tally) -> bool {
    tally.known * 20 < tally.minutes * 19
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Target {
        Target::parse(text).unwrap()
    }

    fn tally(good: i64, total: i64) -> Tally {
        Tally { good, total, known: 1440, minutes: 1440 }
    }

    #[test]
    fn an_error_rate_shows_the_bad_share_and_never_rounds_it_across_its_maximum() {
        let shown = |kind, good, total| measured(kind, of("99.9"), &tally(good, total));
        assert_eq!(shown(ObjectiveKind::Availability, 998_997, 1_000_000), "99.8997 %");
        assert_eq!(shown(ObjectiveKind::ErrorRate, 998_997, 1_000_000), "0.1003 %");
        assert_eq!(shown(ObjectiveKind::ErrorRate, 9_989_999, 10_000_000), "0.10001 %", "0.1 would be a pass");
        assert_eq!(shown(ObjectiveKind::ErrorRate, 10, 10), "0 %");
        assert_eq!(shown(ObjectiveKind::ErrorRate, 0, 10), "100 %");
        assert_eq!(shown(ObjectiveKind::ErrorRate, 0, 0), "no traffic");
        let unknown = Tally { minutes: 1440, ..Tally::default() };
        assert_eq!(measured(ObjectiveKind::Uptime, of("99"), &unknown), "no data");
        assert_eq!(measured(ObjectiveKind::Uptime, of("99"), &Tally::default()), "not applicable", "nothing is judged");
        assert_eq!(target(ObjectiveKind::ErrorRate, of("99.95")), "≤ 0.05 %");
    }

    /// 99.9 % of 1 000 000 allows 1000; 1500 happened: half a budget over, 21 min 36 s of 43 min 12 s.
    #[test]
    fn a_debt_is_said_as_a_debt() {
        let budget = Budget::new(998_500, 1_000_000, of("99.9"), 43_200).unwrap();
        assert_eq!(bar(Some(&budget), Status::Breached).remaining_permille, Some(-500));
        assert_eq!(remaining(&tally(998_500, 1_000_000), of("99.9")), "−50 %");
        assert_eq!(remaining_time(Some(&budget)), "21 min 36 s over");
        assert_eq!(remaining_time_in_brief(Some(&budget)), "21 min over");
        let budget = Budget::new(999_750, 1_000_000, of("99.9"), 43_200);
        assert_eq!(remaining_time(budget.as_ref()), "32 min 24 s left");
        assert_eq!(remaining_time_in_brief(budget.as_ref()), "32 min left");
        assert_eq!((remaining(&tally(0, 0), of("99.9")), remaining_time(None)), ("–".to_owned(), String::new()));
    }

    #[test]
    fn an_overspent_hair_is_not_nothing() {
        // one bad event too many of 1000 allowed: the bar must lean to the left
        let budget = Budget::new(998_999, 1_000_000, of("99.9"), 43_200).unwrap();
        assert_eq!(bar(Some(&budget), Status::Breached).remaining_permille, Some(-1));
    }

    #[test]
    fn the_end_of_the_budget_is_said_only_where_it_matters() {
        let at = |minutes| Some(Exhaustion::In { minutes, burn_rate: 2.0 });
        assert_eq!(runs_out(at(4_560), None), "in 3 d 4 h");
        assert_eq!(runs_out(at(4_560), Some(4_000)), "not this period");
        assert_eq!(runs_out(at(5_000_000), None), "in over a year");
        assert_eq!(runs_out(Some(Exhaustion::Exhausted), Some(5)), "exhausted");
        assert_eq!(runs_out(None, None), "–");
    }

    #[test]
    fn coverage_below_nineteen_twentieths_is_low() {
        let known = |known| Tally { good: 0, total: 0, known, minutes: 100 };
        assert!(!coverage_is_low(&known(95)) && coverage_is_low(&known(94)));
        assert_eq!(coverage(&known(94)), "94 %");
        assert_eq!(coverage(&Tally::default()), "–");
    }
}
