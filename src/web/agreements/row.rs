//! One objective in a table, from an evaluation.

use crate::domain::burn;
use crate::domain::calendar::Period;
use crate::domain::judgement::Budget;
use crate::domain::model::Window;
use crate::domain::ratio::nearest;
use crate::domain::wording;
use crate::ops::judge::{Calendar, window_at};
use crate::store::evaluations::Evaluation;
use crate::store::objectives::ObjectiveListing;
use crate::view::overview::ObjectiveRow;
use crate::view::{BudgetBar, Tone};
use crate::web::say;

/// Below this share of known minutes, in percent, a number deserves doubt.
const COVERAGE_LOW_PERCENT: i64 = 95;

/// The row.
pub fn objective_row(listing: &ObjectiveListing, evaluation: &Evaluation) -> ObjectiveRow {
    let (objective, agreement) = (&listing.objective, &listing.agreement);
    let status = say::status_of_word(&evaluation.status);
    let tally = evaluation.tally;
    let calendar = Calendar { zone: agreement.zone, period: agreement.period };
    let end = evaluation.span.end();
    let (_, terms) = window_at(objective, calendar, end);
    let budget = Budget::new(tally.good, tally.total, terms.target, terms.window_minutes);
    let left = wording::budget_remaining_percent(tally.good, tally.total, terms.target);
    let rate = evaluation.burn.iter().find(|(minutes, _)| *minutes == 60).and_then(|(_, rate)| *rate);
    ObjectiveRow {
        id: objective.id.0,
        name: objective.name.clone(),
        kind: say::kind(objective.kind).to_owned(),
        service: listing.service_name.clone(),
        agreement_id: agreement.id.0,
        agreement: agreement.name.clone(),
        status,
        sli: say::measured(objective.kind, &tally, objective.target),
        target: say::promised(objective.kind, objective.target),
        window: match objective.window {
            Window::Rolling(length) => wording::duration_minutes(length.minutes()),
            Window::Calendar => {
                let period = Period::containing(agreement.period, agreement.zone, end.plus(-1).start());
                wording::period_name(&period)
            }
        },
        bar: BudgetBar {
            remaining_permille: budget.as_ref().map(|budget| nearest(budget.remaining().to_f64() * 1000.0)),
            status,
        },
        remaining: left.map_or_else(|| "unknown".to_owned(), |percent| format!("{} %", wording::grouped(&percent))),
        remaining_time: budget.as_ref().map(|budget| left_in_time(budget.remaining_seconds())).unwrap_or_default(),
        burn_rate: rate.map_or_else(|| "–".to_owned(), wording::factor),
        burn_tone: rate.and_then(|rate| {
            let rules = burn::alert_rules(terms.window_minutes, terms.target);
            let alarming = rules.iter().filter(|rule| rule.long_minutes == 60).any(|rule| rate > rule.factor);
            if alarming { Some(Tone::Bad) } else { (rate > 1.0).then_some(Tone::Warn) }
        }),
        exhaustion: exhaustion(evaluation, budget.as_ref()),
        coverage: format!("{} %", wording::share_percent(tally.known, tally.minutes.max(1))),
        coverage_is_low: tally.known * 100 < tally.minutes * COVERAGE_LOW_PERCENT,
        is_estimated: listing.indicator.query.is_estimated(),
        sparkline: None,
    }
}

fn left_in_time(seconds: i64) -> String {
    match seconds {
        0.. => format!("{} left", wording::duration_seconds(seconds)),
        over => format!("{} over", wording::duration_seconds(-over)),
    }
}

fn exhaustion(evaluation: &Evaluation, budget: Option<&Budget>) -> String {
    let now = evaluation.at;
    match (budget, evaluation.exhausted_at) {
        (None, _) => "unknown".to_owned(),
        (Some(budget), _) if budget.remaining_millionths() <= 0 => "exhausted".to_owned(),
        (Some(_), Some(at)) => wording::from_now(at.max(now), now),
        (Some(_), None) => "not at this rate".to_owned(),
    }
}
