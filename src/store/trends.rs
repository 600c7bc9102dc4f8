//! What many indicators came to, step by step: for the small charts of a list, in one question.

use crate::domain::ids::IndicatorId;
use crate::domain::ledger::Tally;
use crate::domain::time::{HOUR_MINUTES, Hour, Minute, Span};
use crate::store::{Db, StoreError, fifties};
use std::collections::BTreeMap;

statements! {
    BY_STEP = "SELECT indicator, hour / $3 AS step, CAST(SUM(good) AS BIGINT) AS good,
            CAST(SUM(total) AS BIGINT) AS total, CAST(SUM(known) AS BIGINT) AS known
        FROM hours WHERE hour >= $1 AND hour < $2 AND known > 0 AND indicator IN (
            $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
            $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49,
            $50, $51, $52, $53)
        GROUP BY indicator, hour / $3";
}

/// The steps of an indicator by their first minute.
pub type Steps = BTreeMap<Minute, Tally>;

#[derive(sqlx_macros::FromRow)]
struct StepRow {
    indicator: i64,
    step: i64,
    good: i64,
    total: i64,
    known: i64,
}

/// The sums of whole hours, in steps of `step_hours` (at least one) that begin at multiples of their length since 1970 in
/// UTC. All hours count that have a minute inside `span`, so the first and the last step may be shorter than the others.
/// Steps and indicators of which nothing is known are missing. Takes one statement for each fifty indicators.
pub async fn by_step(
    db: &Db,
    indicators: &[IndicatorId],
    span: Span,
    step_hours: i64,
) -> Result<BTreeMap<IndicatorId, Steps>, StoreError> {
    let step_hours = step_hours.max(1);
    let low = span.start().hour().0;
    let high = if span.is_empty() { low } else { span.end().plus(-1).hour().0 + 1 };
    let mut found: BTreeMap<IndicatorId, Steps> = BTreeMap::new();
    for asked in fifties(indicators) {
        let rows: Vec<StepRow> = on!(db, |ex| {
            let mut query = sqlx::query_as(BY_STEP).bind(low).bind(high).bind(step_hours);
            for indicator in asked {
                query = query.bind(indicator.0);
            }
            query.fetch_all(ex).await
        })?;
        for row in rows {
            let tally =
                Tally { good: row.good, total: row.total, known: row.known, minutes: step_hours * HOUR_MINUTES };
            let first = Hour(row.step * step_hours).first();
            found.entry(IndicatorId(row.indicator)).or_default().insert(first, tally);
        }
    }
    Ok(found)
}
