//! Exports the days of a year with their verdicts as CSV.

use crate::domain::day::DayVerdict;
use crate::domain::model::Agreement;
use crate::domain::time::Minute;
use crate::domain::wording;
use crate::ops::OpsError;
use crate::ops::judge_periods::JudgedPeriod;
use crate::report::csv::safe_cell;
use crate::store::objectives::ObjectiveListing;
use csv::{Terminator, WriterBuilder};

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

/// One line per day and objective (RFC 4180), for the days that have begun; cells that a spreadsheet would run begin with
/// an apostrophe. `good` and `total` are in the unit of the objective's method; figures are empty where nothing was measured.
pub fn export_days(
    agreement: &Agreement,
    listings: &[ObjectiveListing],
    days: &[JudgedPeriod],
    end: Minute,
) -> Result<String, OpsError> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for judged in days {
        let day = judged.period.span();
        for (listing, judgement) in listings.iter().zip(&judged.judgements) {
            let (tally, target) = (&judgement.tally, listing.objective.target);
            let measured = |text: String| if tally.total > 0 { text } else { String::new() };
            let cells = [
                judged.period.label(),
                day.start().start().to_string(),
                judgement.span.minutes().to_string(),
                listing.objective.name.clone(),
                DayVerdict::of(Some(judgement), day, end, agreement.created_at).word().to_owned(),
                tally.good.to_string(),
                tally.total.to_string(),
                measured(wording::sli_percent(tally.good, tally.total, Some(target))),
                wording::budget_consumed_percent(tally.good, tally.total, target).unwrap_or_default(),
                tally.known.to_string(),
            ];
            writer.write_record(cells.iter().map(|cell| safe_cell(cell).into_owned()))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8(bytes).map_err(|error| csv::Error::from(std::io::Error::other(error)))?)
}
