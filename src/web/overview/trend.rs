//! The small charts of a page of the overview: plain sums of hours, asked for all rows at once.

use super::Shown;
use crate::domain::ids::{IndicatorId, ObjectiveId};
use crate::domain::ledger::Tally;
use crate::domain::model::ObjectiveKind;
use crate::domain::ratio::Ratio;
use crate::domain::target::WHOLE_PPM;
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Minute, Span};
use crate::language::say;
use crate::store::trends::{self, Steps};
use crate::store::{Db, StoreError};
use crate::view::plot::PlotError;
use crate::view::trend::Trend;
use crate::web::{WebError, standing};
use std::collections::BTreeMap;

/// Windows up to this length are drawn by the hour, longer ones by the day.
const BY_HOUR_MINUTES: i64 = 3 * DAY_MINUTES;
/// Of longer windows only the newest part is drawn, so that a page stays cheap.
const DRAWN_MINUTES: i64 = 92 * DAY_MINUTES;

/// The chart of each objective that was measured, from the ledger's raw sums: exclusions and methods change how a window
/// is judged, not what happened in it.
pub(super) async fn draw(db: &Db, rows: &[Shown]) -> Result<BTreeMap<ObjectiveId, String>, WebError> {
    let mut drawn = BTreeMap::new();
    for step_minutes in [HOUR_MINUTES, DAY_MINUTES] {
        let spans = rows.iter().filter_map(|row| Some((row, span(row)?)));
        let of_step: Vec<_> = spans.filter(|(_, span)| step(*span) == step_minutes).collect();
        let steps = ask(db, &of_step, step_minutes).await?;
        for (row, span) in of_step {
            if let Some(steps) = steps.get(&row.listing.indicator.id) {
                let svg = trend(row, span, step_minutes, steps).map(|trend| trend.draw()).transpose();
                drawn.extend(svg.map_err(internal)?.map(|svg| (row.listing.objective.id, svg)));
            }
        }
    }
    Ok(drawn)
}

fn internal(error: PlotError) -> WebError {
    WebError::internal(error)
}

/// What is drawn of the window that was judged.
fn span(row: &Shown) -> Option<Span> {
    let span = row.judged.evaluation.as_ref()?.span;
    Some(Span::ending(span.end(), span.minutes().min(DRAWN_MINUTES)))
}

const fn step(span: Span) -> i64 {
    if span.minutes() <= BY_HOUR_MINUTES { HOUR_MINUTES } else { DAY_MINUTES }
}

async fn ask(db: &Db, rows: &[(&Shown, Span)], step_minutes: i64) -> Result<BTreeMap<IndicatorId, Steps>, StoreError> {
    let first = rows.iter().map(|(_, span)| span.start()).min();
    let last = rows.iter().map(|(_, span)| span.end()).max();
    let (Some(first), Some(last)) = (first, last) else { return Ok(BTreeMap::new()) };
    let indicators: Vec<_> = rows.iter().map(|(row, _)| row.listing.indicator.id).collect();
    trends::by_step(db, &indicators, Span::new(first, last), step_minutes / HOUR_MINUTES).await
}

/// The good share step by step, or the bad one of an error rate; nothing if nothing happened.
fn trend(row: &Shown, span: Span, step_minutes: i64, steps: &Steps) -> Option<Trend> {
    let objective = &row.listing.objective;
    let is_error_rate = objective.kind == ObjectiveKind::ErrorRate;
    let percent = |tally: &Tally| {
        let part = if is_error_rate { tally.total - tally.good } else { tally.good };
        Ratio::new(i128::from(part) * 100, i128::from(tally.total)).map(Ratio::to_f64)
    };
    let first = span.start().0.div_euclid(step_minutes) * step_minutes;
    let starts = std::iter::successors(Some(first), |start| Some(start + step_minutes));
    let starts = starts.take_while(|start| *start < span.end().0).map(Minute);
    let points = starts.map(|start| (start.max(span.start()).start(), steps.get(&start).and_then(percent))).collect();
    let inside = steps.iter().filter(|(start, tally)| start.0 >= first && **start < span.end() && tally.total > 0);
    let inside: Vec<&Tally> = inside.map(|(_, tally)| tally).collect();
    let worst = inside.iter().max_by_key(|tally| {
        // bad events of a billion: exact enough to find the step that is named
        i128::from(tally.total - tally.good) * 1_000_000_000 / i128::from(tally.total)
    })?;
    let said = |tally: &Tally| standing::share(objective.kind, objective.target, tally.good, tally.total);
    let (worst, last) = (said(worst), said(inside.last()?));
    let description = match (is_error_rate, step_minutes == HOUR_MINUTES) {
        (true, true) => say!("Bad share by hour: {worst} on the worst, {last} on the last", worst, last),
        (true, false) => say!("Bad share by day: {worst} on the worst, {last} on the last", worst, last),
        (false, true) => say!("Good share by hour: {worst} on the worst, {last} on the last", worst, last),
        (false, false) => say!("Good share by day: {worst} on the worst, {last} on the last", worst, last),
    };
    let target_ppm = if is_error_rate { objective.target.budget_ppm() } else { objective.target.ppm() };
    Some(Trend {
        description,
        span,
        points,
        target: Ratio::new(i128::from(target_ppm) * 100, i128::from(WHOLE_PPM))?.to_f64(),
    })
}
