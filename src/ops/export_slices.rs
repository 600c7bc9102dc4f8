//! Exports every slice of every objective of an agreement in one period: what the report's figures are the sums of.
//!
//! One objective's minutes are in memory at a time, and a day's rows.

use crate::domain::calendar::Period;
use crate::domain::evidence::{Evidence, Reckoned};
use crate::domain::model::Agreement;
use crate::domain::spans::Spans;
use crate::domain::time::{DAY_MINUTES, Span};
use crate::language::say;
use crate::ops::export::{Format, cut};
use crate::ops::judge::Judge;
use crate::ops::remake_report::is_kept;
use crate::ops::terms_in_force::terms_in_force;
use crate::ops::{Context, OpsError};
use crate::report::csv::table;
use crate::store::objectives::ObjectiveListing;
use futures_util::stream::{self, Stream};
use serde::Serialize;
use std::collections::VecDeque;

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

/// A file in the making.
struct Making {
    judge: Judge,
    format: Format,
    span: Span,
    waiting: VecDeque<ObjectiveListing>,
    /// The one that is written.
    current: Option<Current>,
    /// What stands before the first row; nothing once it is written.
    head: Option<String>,
    has_rows: bool,
    is_done: bool,
}

struct Current {
    listing: ObjectiveListing,
    evidence: Evidence,
    down: Spans,
    pieces: VecDeque<Span>,
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
        Format::Json => {
            let head = serde_json::to_string(&Head {
                agreement: &in_force.agreement.name,
                agreement_id: agreement.id.0,
                period: period.label(),
                start: span.start().start().to_string(),
                end: span.end().start().to_string(),
            })?;
            format!("{},\"rows\":[", head.trim_end_matches('}'))
        }
    };
    let making = Making {
        judge: Judge::load(&context.db).await?.among(&in_force.listings),
        format,
        span,
        waiting: in_force.listings.into(),
        current: None,
        head: Some(head),
        has_rows: false,
        is_done: false,
    };
    Ok(stream::try_unfold(making, |mut making| async move { Ok(making.next().await?.map(|piece| (piece, making))) }))
}

impl Making {
    async fn next(&mut self) -> Result<Option<String>, OpsError> {
        if let Some(head) = self.head.take() {
            return Ok(Some(head));
        }
        loop {
            if let Some(current) = &mut self.current
                && let Some(piece) = current.pieces.pop_front()
            {
                return self.rows(piece).map(Some);
            }
            // what was read of one objective goes before the next is read
            self.current = None;
            match self.waiting.pop_front() {
                Some(listing) => self.current = Some(self.read(listing).await?),
                None if self.is_done || self.format == Format::Csv => return Ok(None),
                None => {
                    self.is_done = true;
                    return Ok(Some("]}\n".to_owned()));
                }
            }
        }
    }

    async fn read(&self, listing: ObjectiveListing) -> Result<Current, OpsError> {
        let evidence = self.judge.evidence(&listing, self.span).await?;
        let down = Spans::of(evidence.outages(self.span).into_iter().map(|outage| outage.span));
        // whole hours, so that no slice is cut in two
        Ok(Current { listing, evidence, down, pieces: cut(self.span, DAY_MINUTES).into() })
    }

    fn rows(&mut self, piece: Span) -> Result<String, OpsError> {
        let Some(Current { listing, evidence, down, .. }) = &self.current else { return Ok(String::new()) };
        let reckoned = evidence.reckoned(piece, down);
        let rows = reckoned.iter().map(|one| Row::new(listing, one));
        match self.format {
            Format::Csv => {
                let text = table(&COLUMNS, rows.map(|row| row.cells()))?;
                Ok(text.split_once("\r\n").map_or("", |(_, rows)| rows).to_owned())
            }
            Format::Json => {
                let lines: Vec<String> = rows.map(|row| serde_json::to_string(&row)).collect::<Result<_, _>>()?;
                let before = if std::mem::replace(&mut self.has_rows, true) { ",\n" } else { "\n" };
                Ok(format!("{before}{}", lines.join(",\n")))
            }
        }
    }
}
