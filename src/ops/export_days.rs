//! Exports the days of a year with their verdicts as CSV.

use crate::domain::calendar::Period;
use crate::domain::day::DayVerdict;
use crate::domain::judgement::Judgement;
use crate::domain::model::Agreement;
use crate::domain::time::Minute;
use crate::domain::wording;
use crate::ops::OpsError;
use crate::ops::judge_periods::JudgedPeriod;
use crate::report::csv::table;
use crate::store::objectives::ObjectiveListing;

/// The first line.
const HEADER: [&str; 10] = [
    "day",
    "start",
    "minutes_passed",
    "objective",
    "verdict",
    "good",
    "total",
    "sli_percent",
    "budget_used_percent",
    "known_minutes",
];

/// One line per day and objective (RFC 4180), for the days that have begun. `good` and `total` are in the unit of the objective's method; figures are empty where nothing was measured.
pub fn export_days(
    agreement: &Agreement,
    listings: &[ObjectiveListing],
    days: &[JudgedPeriod],
    end: Minute,
) -> Result<String, OpsError> {
    let cells = |period: &Period, listing: &ObjectiveListing, judgement: &Judgement| {
        let (tally, target) = (&judgement.tally, listing.objective.target);
        let measured = |text: String| if tally.total > 0 { text } else { String::new() };
        let day = period.span();
        [
            period.label(),
            day.start().start().to_string(),
            judgement.span.minutes().to_string(),
            listing.objective.name.clone(),
            DayVerdict::of(Some(judgement), day, end, agreement.created_at).word().to_owned(),
            tally.good.to_string(),
            tally.total.to_string(),
            measured(wording::sli_percent(tally.good, tally.total, Some(target))),
            wording::budget_consumed_percent(tally.good, tally.total, target).unwrap_or_default(),
            tally.known.to_string(),
        ]
    };
    let rows = days.iter().flat_map(|judged| {
        let each = listings.iter().zip(&judged.judgements);
        each.map(move |(listing, judgement)| cells(&judged.period, listing, judgement))
    });
    Ok(table(&HEADER, rows)?)
}
