//! Judges an objective at any instant, over its own window or any other span.

use crate::domain::calendar::{Period, PeriodKind};
use crate::domain::judgement::{Judgement, Terms, judge, lookbacks};
use crate::domain::model::{Objective, Window};
use crate::domain::time::{Minute, Span};
use crate::store::{self, Db, StoreError};
use chrono_tz::Tz;

/// What an objective's window needs to know of its agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The zone in which its days begin.
    pub zone: Tz,
    /// The calendar period that it is judged by.
    pub period: PeriodKind,
}

/// The objective's window as it stands at the end of a minute: what has passed of it, and its whole length.
#[must_use]
pub fn window_at(objective: &Objective, calendar: Calendar, end: Minute) -> (Span, Terms) {
    let target = objective.target;
    match objective.window {
        Window::Rolling(length) => {
            let span = Span::ending(end, length.minutes());
            (span, Terms { target, window_minutes: length.minutes() })
        }
        Window::Calendar => {
            let period = Period::containing(calendar.period, calendar.zone, end.plus(-1).start()).span();
            (Span::new(period.start(), end), Terms { target, window_minutes: period.minutes() })
        }
    }
}

/// Judges the objective's own window as it stands at the end of a minute.
pub async fn at(db: &Db, objective: &Objective, calendar: Calendar, end: Minute) -> Result<Judgement, StoreError> {
    let (span, terms) = window_at(objective, calendar, end);
    over(db, objective, span, terms).await
}

/// Judges any span as if it were the objective's window; burn rates look back from its end.
pub async fn over(db: &Db, objective: &Objective, span: Span, terms: Terms) -> Result<Judgement, StoreError> {
    let minutes = lookbacks(terms);
    let mut spans = vec![span];
    spans.extend(minutes.iter().map(|minutes| Span::ending(span.end(), *minutes)));
    let mut tallies = store::ledger::tallies(db, objective.indicator, &spans).await?.into_iter();
    let tally = tallies.next().unwrap_or_default();
    let recent: Vec<_> = minutes.into_iter().zip(tallies).collect();
    Ok(judge(terms, span, tally, &recent))
}
