//! Exports the outages of a range, each with what it cost and why, as CSV.

use crate::domain::ledger::Tally;
use crate::domain::outage::Outage;
use crate::domain::time::Span;
use crate::domain::wording;
use crate::ops::OpsError;
use crate::ops::judge::Judge;
use crate::report::csv::table;
use crate::store::objectives::ObjectiveListing;
use crate::store::outage_causes::OutageCause;
use crate::store::{self, Db};

/// The first line.
const HEADER: [&str; 8] =
    ["start", "end", "minutes", "bad_events", "all_events", "budget_percent", "ends_with_range", "cause"];

/// Every outage of the range as CSV (RFC 4180); cells that a spreadsheet would run begin with an apostrophe.
pub async fn export_outages(db: &Db, listing: &ObjectiveListing, span: Span) -> Result<String, OpsError> {
    let judge = Judge::load(db).await?;
    let evidence = judge.evidence(listing, span).await?;
    let counted = evidence.account(span).counted;
    let causes = store::outage_causes::list(db, listing.indicator.service, span).await?;
    write(&evidence.outages(span), &causes, counted, listing, span)
}

/// The causes of an outage: those that were entered for a time that it has a part of.
#[must_use]
pub fn cause_of(span: Span, causes: &[OutageCause]) -> String {
    let touching = causes.iter().filter(|cause| !cause.span.intersect(span).is_empty());
    touching.map(|cause| cause.cause.as_str()).collect::<Vec<_>>().join("; ")
}

fn write(
    outages: &[Outage],
    causes: &[OutageCause],
    counted: Tally,
    listing: &ObjectiveListing,
    span: Span,
) -> Result<String, OpsError> {
    let cells = |outage: &Outage| {
        let (good, target) = (counted.total - outage.cost, listing.objective.target);
        [
            outage.span.start().start().to_string(),
            outage.span.end().start().to_string(),
            outage.span.minutes().to_string(),
            outage.bad.to_string(),
            outage.total.to_string(),
            wording::budget_consumed_percent(good, counted.total, target).unwrap_or_default(),
            if outage.span.end() >= span.end() { "yes" } else { "no" }.to_owned(),
            cause_of(outage.span, causes),
        ]
    };
    Ok(table(&HEADER, outages.iter().map(cells))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ServiceId;
    use crate::domain::time::{Instant, Minute};

    fn span(from: i64, to: i64) -> Span {
        Span::new(Minute(from), Minute(to))
    }

    #[test]
    fn a_cause_belongs_to_every_outage_that_it_has_a_part_of() {
        let cause = |from, to, cause: &str| OutageCause {
            service: ServiceId(1),
            span: span(from, to),
            cause: cause.to_owned(),
            entered_by: None,
            entered_at: Instant::from_seconds(0),
        };
        let causes = [cause(10, 20, "Bad deploy"), cause(30, 40, "Power")];
        assert_eq!(cause_of(span(19, 31), &causes), "Bad deploy; Power");
        assert_eq!(cause_of(span(0, 11), &causes), "Bad deploy");
        assert_eq!(cause_of(span(20, 30), &causes), "", "they only touch");
    }
}
