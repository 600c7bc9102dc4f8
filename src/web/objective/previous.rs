//! The stretch of the same length before the range, judged by the same terms, and how the two differ.

use super::{Facts, range_text};
use crate::domain::ledger::Tally;
use crate::domain::model::ObjectiveKind;
use crate::domain::ratio::{Ratio, float};
use crate::domain::target::WHOLE_PPM;
use crate::domain::time::Span;
use crate::domain::wording::{self, count, grouped};
use crate::language::say;
use crate::ops::judge::Judge;
use crate::ops::trace::{Asked, Asks, Trace, trace};
use crate::store::objectives::ObjectiveListing;
use crate::view::objective::{Comparison, ComparisonRow};
use crate::web::{WebError, standing};
use std::cmp::Ordering;
use std::sync::Arc;

/// Decimals of a change in percentage points.
const DECIMALS: usize = 4;

/// The stretch before.
pub(super) struct Previous {
    pub(super) trace: Arc<Trace>,
}

impl Previous {
    /// Judges the stretch that ends where `range` begins and is as long.
    pub(super) async fn gather(judge: &Judge, listing: &ObjectiveListing, range: Span) -> Result<Self, WebError> {
        let span = Span::ending(range.start(), range.minutes());
        let trace = trace(judge, listing, Asked { span, what: Asks::Before }).await?;
        Ok(Self { trace })
    }
}

/// Both stretches side by side.
pub(super) fn comparison(facts: &Facts) -> Option<Comparison> {
    let previous = facts.previous.as_ref()?;
    let (this, before) = (&facts.trace.whole.tally, &previous.trace.whole.tally);
    Some(Comparison {
        sentence: sentence(facts, this, before),
        previous: range_text(previous.trace.span, facts.listing.agreement.zone),
        rows: rows(facts, previous, this, before),
    })
}

fn sentence(facts: &Facts, this: &Tally, before: &Tally) -> String {
    let objective = &facts.listing.objective;
    let measured = |tally: &Tally| standing::measured(objective.kind, objective.target, tally);
    let is_error_rate = objective.kind == ObjectiveKind::ErrorRate;
    let order = match (this.total, before.total) {
        (_, 0) => return say!("There is nothing to compare with: nothing was judged in the stretch before."),
        (0, _) => return say!("There is nothing to compare: nothing is judged in this range."),
        _ => good_share_order(this, before),
    };
    let (now, then) = (measured(this), measured(before));
    let told = match (order, is_error_rate) {
        (Ordering::Equal, true) => return say!("As before: an error rate of {share}, both times.", now),
        (Ordering::Equal, false) => return say!("As before: a good share of {share}, both times.", now),
        (Ordering::Greater, true) => say!("Better than before: an error rate of {now} after {then}.", now, then),
        (Ordering::Greater, false) => say!("Better than before: a good share of {now} after {then}.", now, then),
        (Ordering::Less, true) => say!("Worse than before: an error rate of {now} after {then}.", now, then),
        (Ordering::Less, false) => say!("Worse than before: a good share of {now} after {then}.", now, then),
    };
    if standing::coverage_is_low(before) {
        told + &say!(" Only {share} of the stretch before is known.", standing::coverage(before))
    } else {
        told
    }
}

/// Compares the good shares of two tallies exactly, by cross-multiplication.
fn good_share_order(this: &Tally, before: &Tally) -> Ordering {
    let product = |part: i64, whole: i64| i128::from(part) * i128::from(whole);
    product(this.good, before.total).cmp(&product(before.good, this.total))
}

fn rows(facts: &Facts, previous: &Previous, this: &Tally, before: &Tally) -> Vec<ComparisonRow> {
    let (objective, units) = (&facts.listing.objective, &facts.units);
    let (kind, target) = (objective.kind, objective.target);
    let bad = |tally: &Tally| units.bad(tally.good, tally.total, target);
    let percent = |tally: &Tally| {
        let consumed = wording::budget_consumed_percent(tally.good, tally.total, target);
        consumed.map_or_else(|| "–".to_owned(), |percent| format!("{} %", grouped(&percent)))
    };
    let whole = |n: i64| if units.is_fractional() { String::new() } else { signed(n) };
    let label = if kind == ObjectiveKind::ErrorRate { say!("Error rate") } else { say!("Good (SLI)") };
    let spent = float(WHOLE_PPM) / float(target.budget_ppm());
    let share = |tally: &Tally| match kind {
        ObjectiveKind::ErrorRate => bad_share(tally),
        _ => bad_share(tally).map(|share| 1.0 - share),
    };
    let (now, then) = (facts.trace.recovery, previous.trace.recovery);
    let minutes = |n: i64| if n == 0 { say!("none") } else { wording::duration_minutes(n) };
    let row =
        |label: String, this: String, previous: String, change: String| ComparisonRow { label, this, previous, change };
    let measured = |tally: &Tally| standing::measured(kind, target, tally);
    vec![
        row(label, measured(this), measured(before), points(share(this), share(before), 1.0)),
        row(
            say!("Bad {events}", units.many()),
            bad(this),
            bad(before),
            whole((this.total - this.good) - (before.total - before.good)),
        ),
        row(
            say!("All {events}", units.many()),
            units.number(this.total, None),
            units.number(before.total, None),
            whole(this.total - before.total),
        ),
        row(say!("Budget used"), percent(this), percent(before), points(bad_share(this), bad_share(before), spent)),
        row(say!("Outages"), count(now.outages), count(then.outages), signed(now.outages - then.outages)),
        row(
            say!("Down in all"),
            minutes(now.down_minutes),
            minutes(then.down_minutes),
            change(now.down_minutes - then.down_minutes),
        ),
        row(say!("Coverage"), standing::coverage(this), standing::coverage(before), String::new()),
    ]
}

fn bad_share(tally: &Tally) -> Option<f64> {
    Ratio::new(i128::from(tally.total - tally.good), i128::from(tally.total)).map(Ratio::to_f64)
}

/// A change in percentage points, with its sign: `+0.0312 points`.
fn points(this: Option<f64>, before: Option<f64>, scale: f64) -> String {
    let (Some(this), Some(before)) = (this, before) else { return String::new() };
    let change = (this - before) * scale * 100.0;
    let text = format!("{:.DECIMALS$}", change.abs());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "0" if change == 0.0 => say!("no change"),
        "0" => say!("less than {points} points", format!("0.{:0>DECIMALS$}", 1)),
        text if change < 0.0 => say!("−{points} points", grouped(text)),
        text => say!("+{points} points", grouped(text)),
    }
}

/// A whole number with its sign.
fn signed(n: i64) -> String {
    match n {
        0 => say!("no change"),
        n if n < 0 => format!("−{}", count(n.saturating_neg())),
        n => format!("+{}", count(n)),
    }
}

/// A length of time with its sign.
fn change(minutes: i64) -> String {
    match minutes {
        0 => say!("no change"),
        n if n < 0 => format!("−{}", wording::duration_minutes(n.saturating_neg())),
        n => format!("+{}", wording::duration_minutes(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_carry_their_sign_and_never_vanish() {
        assert_eq!(points(Some(0.0015), Some(0.001), 1.0), "+0.05 points");
        assert_eq!(points(Some(0.001), Some(0.0015), 1000.0), "−50 points");
        assert_eq!(points(Some(0.001), Some(0.001), 1.0), "no change");
        assert_eq!(points(Some(0.000_000_1), Some(0.0), 1.0), "less than 0.0001 points");
        assert_eq!(points(None, Some(0.1), 1.0), "");
        assert_eq!([signed(-1_200), signed(0), signed(7)], ["−1,200", "no change", "+7"]);
        assert_eq!([change(90), change(-1)], ["+1 h 30 min", "−1 min"]);
    }

    #[test]
    fn which_stretch_was_better_is_decided_exactly() {
        let tally = |good, total| Tally { good, total, known: 1, minutes: 1 };
        // 999/1000 against 1998/2000: the same; one more bad event: worse
        assert_eq!(good_share_order(&tally(999, 1_000), &tally(1_998, 2_000)), Ordering::Equal);
        assert_eq!(good_share_order(&tally(1_997, 2_000), &tally(999, 1_000)), Ordering::Less);
    }
}
