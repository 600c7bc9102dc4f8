//! Exports every slice of every objective of an agreement in one period: what the report's figures are the sums of.
//!
//! One objective's minutes are in memory at a time, and a day's rows.

use crate::domain::calendar::Period;
use crate::domain::evidence::Reckoned;
use crate::domain::model::Agreement;
use crate::domain::spans::Spans;
use crate::domain::time::{DAY_MINUTES, Span};
use crate::language::say;
use crate::ops::export::{Format, after_rows, before_rows, cut, json_rows};
use crate::ops::judge::Judge;
use crate::ops::remake_report::is_kept;
use crate::ops::terms_in_force::terms_in_force;
use crate::ops::{Context, OpsError};
use crate::report::csv::{lines, table};
use crate::store::objectives::ObjectiveListing;
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use serde::Serialize;

/// The first line of the CSV; the fields of a row in the JSON are called the same.
///
/// `good`, `total` and `known_minutes` are what the ledger has; `counted_good` and `counted_total` are what the slice adds to
/// the report's figures, in its unit, and empty for weighted composites, whose shares do not add up.
pub const COLUMNS: [&str; 13] = [
    "objective",
    "objective_id",
    "start",
    "end",
    "good",
    "total",
    "known_minutes",
    "judged_minutes",
    "class",
    "down",
    "excluded",
    "counted_good",
    "counted_total",
];

/// One slice; in the JSON `down` and `excluded` are true or false.
#[derive(Serialize)]
struct Row<'a> {
    objective: &'a str,
    objective_id: i64,
    start: String,
    end: String,
    good: i64,
    total: i64,
    known_minutes: i64,
    judged_minutes: i64,
    class: &'static str,
    down: bool,
    excluded: bool,
    counted_good: Option<i64>,
    counted_total: Option<i64>,
}

impl<'a> Row<'a> {
    fn new(listing: &'a ObjectiveListing, one: &Reckoned) -> Self {
        let Reckoned { cut, class, is_judged, is_down, counted } = one;
        Self {
            objective: &listing.objective.name,
            objective_id: listing.objective.id.0,
            start: cut.span.start().start().to_string(),
            end: cut.span.end().start().to_string(),
            good: cut.good,
            total: cut.total,
            known_minutes: cut.known,
            judged_minutes: if *is_judged { cut.minutes } else { 0 },
            class: class.word(),
            down: *is_down,
            excluded: !is_judged,
            counted_good: counted.map(|tally| tally.good),
            counted_total: counted.map(|tally| tally.total),
        }
    }

    fn cells(&self) -> [String; COLUMNS.len()] {
        let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
        let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
        [
            self.objective.to_owned(),
            self.objective_id.to_string(),
            self.start.clone(),
            self.end.clone(),
            self.good.to_string(),
            self.total.to_string(),
            self.known_minutes.to_string(),
            self.judged_minutes.to_string(),
            self.class.to_owned(),
            yes(self.down),
            yes(self.excluded),
            number(self.counted_good),
            number(self.counted_total),
        ]
    }
}

/// What describes the JSON before its rows.
#[derive(Serialize)]
struct Head<'a> {
    agreement: &'a str,
    agreement_id: i64,
    period: String,
    start: String,
    end: String,
}

/// Streams the slices of a period as the ledger stands now, by the terms that the report of the period goes by. Refused if
/// the period has not begun, or its single minutes are not kept any more.
pub async fn export_slices(
    context: &Context,
    agreement: &Agreement,
    period: Period,
    format: Format,
) -> Result<impl Stream<Item = Result<String, OpsError>> + use<>, OpsError> {
    let (whole, now) = (period.span(), context.clock.now().minute());
    if whole.start() >= now {
        return Err(OpsError::refused("period", say!("This period has not begun; choose one that has.")));
    }
    if !is_kept(context, whole.start()) {
        return Err(OpsError::refused("period", say!("The single minutes of this period are not kept any more.")));
    }
    let span = Span::new(whole.start(), whole.end().min(now));
    let in_force = terms_in_force(&context.db, agreement, whole.start()).await?;
    let head = match format {
        Format::Csv => table(&COLUMNS, std::iter::empty::<[String; COLUMNS.len()]>())?,
        Format::Json => before_rows(&Head {
            agreement: &in_force.agreement.name,
            agreement_id: agreement.id.0,
            period: period.label(),
            start: span.start().start().to_string(),
            end: span.end().start().to_string(),
        })?,
    };
    let judge = Judge::load(&context.db).await?.among(&in_force.listings);
    let objectives = stream::iter(in_force.listings.into_iter().enumerate());
    let rows = objectives.then(move |(place, listing)| rows(judge.clone(), listing, span, format, place == 0));
    let tail = stream::iter([Ok(after_rows(format).to_owned())]);
    Ok(stream::iter([Ok(head)]).chain(rows.try_flatten()).chain(tail))
}

/// The rows of one objective, a day at a time; what was read of it goes before the next is read.
async fn rows(
    judge: Judge,
    listing: ObjectiveListing,
    span: Span,
    format: Format,
    is_first: bool,
) -> Result<impl Stream<Item = Result<String, OpsError>>, OpsError> {
    let evidence = judge.evidence(&listing, span).await?;
    let down = Spans::of(evidence.outages(span).into_iter().map(|outage| outage.span));
    // whole hours, so that no slice is cut in two
    let pieces = cut(span, DAY_MINUTES).into_iter().enumerate();
    Ok(stream::iter(pieces.map(move |(place, piece)| {
        let reckoned = evidence.reckoned(piece, &down);
        let rows: Vec<Row<'_>> = reckoned.iter().map(|one| Row::new(&listing, one)).collect();
        match format {
            Format::Csv => Ok(lines(rows.iter().map(Row::cells))?),
            Format::Json => json_rows(&rows, is_first && place == 0),
        }
    })))
}
