//! Schedules, and the outbox that they fill.

mod define;
mod deliveries;
mod keep;
mod list;
mod show;

pub use define::{change, create, edit, new};
pub use deliveries::{list as deliveries, retry};
pub use keep::{attempt, set_state};
pub use list::list;
pub use show::show;

use crate::domain::calendar::{Calendar, Period};
use crate::domain::model::Agreement;
use crate::domain::report_schedule::{ReportSchedule, Scope};
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::view::{Badge, Tone};

/// Live or paused.
fn badge(schedule: &ReportSchedule) -> Badge {
    if schedule.is_live() { Badge::new(Tone::Good, "Live") } else { Badge::new(Tone::Idle, "Paused") }
}

/// Whose reports.
fn about(schedule: &ReportSchedule, agreements: &[Agreement]) -> String {
    match &schedule.draft.scope {
        Scope::House => say!("all agreements, as one pack"),
        Scope::Customer(name) => say!("all agreements with {customer}, as one pack", name),
        Scope::Agreement(id) => {
            let found = agreements.iter().find(|one| one.id == *id);
            found.map_or_else(|| say!("agreement {id}", id), |one| one.name.clone())
        }
    }
}

/// `each week, at 08:00 after the period`.
fn when(schedule: &ReportSchedule, agreements: &[Agreement]) -> String {
    let covers = schedule.draft.periods(agreements).map(|(_, covers)| wording::period(covers));
    let rhythm = schedule.draft.rhythm.in_words();
    wording::capitalised(&match covers {
        Some(period) => say!("each {period}, {rhythm}", language::word(period), rhythm),
        None => rhythm,
    })
}

/// How people call the period of a run: by the calendar that the schedule goes by, or as it is written.
fn period_name(calendar: Option<&Calendar>, label: &str) -> String {
    let period: Option<Period> = calendar.and_then(|calendar| calendar.parse(label).ok());
    period.map_or_else(|| label.to_owned(), |period| wording::capitalised(&wording::period_name(&period)))
}
