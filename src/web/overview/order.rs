//! The orders of the overview: what burns first, or by any column.

use super::{Judged, Standing};
use crate::domain::burn::Severity;
use crate::domain::ratio::{Ratio, float};
use crate::view::Status;
use crate::view::overview::{Order, Sort};
use std::cmp::Ordering;

/// Sorts as asked. What a column does not know stands last in either direction; what is equal keeps the usual order.
pub(super) fn sort(standings: &mut [Standing<'_>], order: Order) {
    standings.sort_by(|a, b| trouble(a, b));
    match order.by {
        Sort::Trouble if order.is_reversed => standings.reverse(),
        Sort::Trouble => {}
        Sort::Name => by_text(standings, order, |one| &one.brief.name),
        Sort::Service => by_text(standings, order, |one| &one.brief.service_name),
        Sort::Measured => by_number(standings, order, measured),
        Sort::Budget => by_number(standings, order, left),
        Sort::Burn => by_number(standings, order, |one| hour_burn(&one.judged).map(|rate| -rate)),
        Sort::RunsOut => by_number(standings, order, runs_out),
        Sort::Coverage => by_number(standings, order, coverage),
    }
}

/// What pages somebody stands first; then breached, at risk, no data, meeting; the least remaining budget first within each.
fn trouble(a: &Standing<'_>, b: &Standing<'_>) -> Ordering {
    let rank = |one: &Standing<'_>| {
        let order = [Status::Breached, Status::AtRisk, Status::NoData, Status::Meeting];
        (!is_on_fire(one), order.iter().position(|status| *status == one.judged.status))
    };
    let budget = |one: &Standing<'_>| left(one).unwrap_or(f64::INFINITY);
    rank(a).cmp(&rank(b)).then(budget(a).total_cmp(&budget(b))).then_with(|| a.brief.name.cmp(&b.brief.name))
}

/// Does an alert fire that is worth waking somebody?
pub(super) fn is_on_fire(standing: &Standing<'_>) -> bool {
    let firing = standing.judged.evaluation.as_ref().map(|one| one.firing.as_slice()).unwrap_or_default();
    firing.iter().any(|rule| rule.severity == Severity::Page)
}

fn measured(standing: &Standing<'_>) -> Option<f64> {
    let tally = standing.judged.evaluation.as_ref()?.tally;
    Ratio::new(i128::from(tally.good), i128::from(tally.total)).map(Ratio::to_f64)
}

fn left(standing: &Standing<'_>) -> Option<f64> {
    standing.judged.budget.as_ref().map(|budget| budget.remaining().to_f64())
}

/// The burn rate over the last hour.
pub(super) fn hour_burn(judged: &Judged) -> Option<f64> {
    let burn = &judged.evaluation.as_ref()?.burn;
    burn.iter().find(|(minutes, _)| *minutes == 60).and_then(|(_, rate)| *rate)
}

fn runs_out(standing: &Standing<'_>) -> Option<f64> {
    let is_gone = standing.judged.budget.as_ref()?.remaining_millionths() <= 0;
    if is_gone {
        return Some(0.0);
    }
    standing.judged.evaluation.as_ref()?.exhausted_at.map(|at| float(at.seconds()))
}

fn coverage(standing: &Standing<'_>) -> Option<f64> {
    let tally = standing.judged.evaluation.as_ref()?.tally;
    Ratio::new(i128::from(tally.known), i128::from(tally.minutes)).map(Ratio::to_f64)
}

fn by_text<'a>(standings: &mut [Standing<'a>], order: Order, text: impl Fn(&Standing<'a>) -> &'a String) {
    standings.sort_by_cached_key(|one| text(one).to_lowercase());
    if order.is_reversed {
        standings.reverse();
    }
}

fn by_number(standings: &mut [Standing<'_>], order: Order, number: impl Fn(&Standing<'_>) -> Option<f64>) {
    standings.sort_by(|a, b| match (number(a), number(b)) {
        (Some(a), Some(b)) if order.is_reversed => b.total_cmp(&a),
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
}
