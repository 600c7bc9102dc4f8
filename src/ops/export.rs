//! Exports what the ledger knows, any range, in bounded pieces: CSV and JSON say the same rows.

use crate::domain::calendar::{Period, PeriodKind, days_of};
use crate::domain::ledger::Tally;
use crate::domain::model::Agreement;
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Minute, Span};
use crate::domain::wording;
use crate::ops::make_report::make_report;
use crate::ops::{Context, OpsError};
use crate::report;
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, Db};
use futures_util::stream::{self, Stream, StreamExt as _};
use serde::Serialize;

/// How finely the rows of an export cut its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// One row per known or unknown minute.
    Minute,
    /// One row per hour.
    Hour,
    /// One row per calendar day in the agreement's zone.
    Day,
}

impl Step {
    /// The step behind a word: `minute`, `hour` or `day`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "minute" => Some(Self::Minute),
            "hour" => Some(Self::Hour),
            "day" => Some(Self::Day),
            _ => None,
        }
    }
}

/// The file formats of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, with a header row.
    Csv,
    /// One JSON document.
    Json,
}

impl Format {
    /// The format behind the end of a file's name: `csv`; anything else is JSON.
    #[must_use]
    pub fn from_ending(ending: &str) -> Self {
        if ending == "csv" { Self::Csv } else { Self::Json }
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

/// One row of an export: what was counted from `start` up to `end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The first moment, RFC 3339 in UTC.
    pub start: String,
    /// The first moment after, RFC 3339 in UTC.
    pub end: String,
    /// Good events.
    pub good: i64,
    /// Bad events.
    pub bad: i64,
    /// All events.
    pub total: i64,
    /// Minutes with samples.
    pub known_minutes: i64,
    /// All minutes.
    pub minutes: i64,
    /// Share of good events in percent; nothing without events.
    pub sli_percent: Option<String>,
}

impl Row {
    fn new(listing: &ObjectiveListing, span: Span, tally: Tally) -> Self {
        let target = Some(listing.objective.target);
        Self {
            start: span.start().start().to_string(),
            end: span.end().start().to_string(),
            good: tally.good,
            bad: tally.total - tally.good,
            total: tally.total,
            known_minutes: tally.known,
            minutes: span.minutes(),
            sli_percent: (tally.total > 0).then(|| wording::sli_percent(tally.good, tally.total, target)),
        }
    }
}

/// The first line of an objective's CSV.
const HEADER: &str = "start,end,good,bad,total,known_minutes,minutes,sli_percent\r\n";

/// Streams an objective's counts over a range.
pub fn objective(
    db: Db,
    listing: ObjectiveListing,
    span: Span,
    step: Step,
    format: Format,
) -> Result<impl Stream<Item = Result<String, OpsError>>, OpsError> {
    let head = match format {
        Format::Csv => HEADER.to_owned(),
        Format::Json => json_head(&listing, span)?,
    };
    let pieces = pieces(span, step, &listing);
    let rows = stream::iter(pieces.into_iter().enumerate()).then(move |(index, piece)| {
        let (db, listing) = (db.clone(), listing.clone());
        async move {
            let rows = rows_of(&db, &listing, piece, step).await?;
            write_rows(&rows, format, index == 0)
        }
    });
    Ok(stream::iter([Ok(head)]).chain(rows).chain(stream::iter([Ok(after_rows(format).to_owned())])))
}

/// What describes an objective's JSON export before its rows.
#[derive(Serialize)]
struct Head<'a> {
    version: u32,
    objective: i64,
    name: &'a str,
    service: &'a str,
    agreement: &'a str,
    target_percent: String,
    window: String,
    source: &'a str,
    query: String,
    estimated: bool,
    start: String,
    end: String,
}

fn json_head(listing: &ObjectiveListing, span: Span) -> Result<String, OpsError> {
    before_rows(&Head {
        version: report::VERSION,
        objective: listing.objective.id.0,
        name: &listing.objective.name,
        service: &listing.service_name,
        agreement: &listing.agreement.name,
        target_percent: listing.objective.target.to_string(),
        window: listing.objective.window.to_string(),
        source: &listing.source_name,
        query: listing.indicator.query.to_string(),
        estimated: listing.indicator.query.is_estimated(),
        start: span.start().start().to_string(),
        end: span.end().start().to_string(),
    })
}

/// The beginning of a JSON document whose last member is its rows, after what describes them.
pub(super) fn before_rows(head: &impl Serialize) -> Result<String, OpsError> {
    let head = serde_json::to_string(head)?;
    Ok(format!("{},\"rows\":[", head.trim_end_matches('}')))
}

/// Rows of such a document.
pub(super) fn json_rows(rows: &[impl Serialize], is_first: bool) -> Result<String, OpsError> {
    let lines: Vec<String> = rows.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    let before = if is_first { "\n" } else { ",\n" };
    Ok(if lines.is_empty() { String::new() } else { before.to_owned() + &lines.join(",\n") })
}

/// What stands after the last row of a file.
pub(super) const fn after_rows(format: Format) -> &'static str {
    match format {
        Format::Csv => "",
        Format::Json => "]}\n",
    }
}

/// Cuts a range into pieces that are read one at a time.
fn pieces(span: Span, step: Step, listing: &ObjectiveListing) -> Vec<Span> {
    match step {
        Step::Minute => store::ledger::pages(span).collect(),
        Step::Hour => cut(span, 31 * DAY_MINUTES),
        Step::Day => {
            let zone = listing.agreement.zone;
            days_of(span, zone).iter().map(|day| day.span().intersect(span)).collect()
        }
    }
}

/// Cuts a range at whole hours, about `length` minutes apart.
pub(super) fn cut(span: Span, length: i64) -> Vec<Span> {
    let mut pieces = Vec::new();
    let mut start = span.start();
    while start < span.end() {
        let aligned = (start.plus(length).0.div_euclid(HOUR_MINUTES)) * HOUR_MINUTES;
        let end = Minute(aligned).min(span.end());
        pieces.push(Span::new(start, end));
        start = end;
    }
    pieces
}

async fn rows_of(db: &Db, listing: &ObjectiveListing, piece: Span, step: Step) -> Result<Vec<Row>, OpsError> {
    let indicator = listing.indicator.id;
    match step {
        Step::Minute => {
            let slices = store::ledger::slices(db, indicator, piece).await?;
            let row = |minute: Minute, tally| Row::new(listing, Span::new(minute, minute.plus(1)), tally);
            Ok(crate::ops::make_report::with_unknown(&slices, piece)
                .map(|(minute, slice)| {
                    let counted = slice.unwrap_or_default();
                    let known = i64::from(slice.is_some());
                    row(minute, Tally { good: counted.good, total: counted.total, known, minutes: 1 })
                })
                .collect())
        }
        Step::Hour => {
            let hours: Vec<Span> = piece.hours().map(|hour| hour.span().intersect(piece)).collect();
            let tallies = store::ledger::tallies(db, indicator, &hours).await?;
            Ok(hours.iter().zip(tallies).map(|(span, tally)| Row::new(listing, *span, tally)).collect())
        }
        Step::Day => {
            let tallies = store::ledger::tallies(db, indicator, &[piece]).await?;
            Ok(tallies.into_iter().map(|tally| Row::new(listing, piece, tally)).collect())
        }
    }
}

fn write_rows(rows: &[Row], format: Format, is_first: bool) -> Result<String, OpsError> {
    match format {
        Format::Csv => Ok(rows.iter().map(csv_line).collect::<Vec<_>>().concat()),
        Format::Json => json_rows(rows, is_first),
    }
}

/// Numbers and times only, so nothing needs quoting.
fn csv_line(row: &Row) -> String {
    let Row { start, end, good, bad, total, known_minutes, minutes, sli_percent } = row;
    let sli = sli_percent.as_deref().unwrap_or_default();
    format!("{start},{end},{good},{bad},{total},{known_minutes},{minutes},{sli}\r\n")
}

/// The calendar periods of an agreement that have a minute in a range, oldest first, at most `most`: the newest.
#[must_use]
pub fn periods_in(agreement: &Agreement, kind: PeriodKind, span: Span, most: usize) -> Vec<Period> {
    let mut periods = Vec::new();
    let mut period = agreement.calendar().containing(kind, span.end().plus(-1).start());
    while period.span().end() > span.start() && periods.len() < most {
        periods.push(period);
        period = period.previous();
    }
    periods.reverse();
    periods
}

/// Streams an agreement's periods: one CSV row per objective and period, or a JSON array of reports.
pub fn agreement(
    context: Context,
    agreement: Agreement,
    periods: Vec<Period>,
    format: Format,
) -> impl Stream<Item = Result<String, OpsError>> {
    let last = periods.len();
    let pieces = stream::iter(periods.into_iter().enumerate()).then(move |(index, period)| {
        let (context, agreement) = (context.clone(), agreement.clone());
        async move {
            let report = make_report(&context, &agreement, period, 1).await?;
            match format {
                Format::Csv => {
                    let text = report::render_csv([&report])?;
                    let rows = text.split_once("\r\n").map_or("", |(_, rows)| rows).to_owned();
                    Ok(if index == 0 { text } else { rows })
                }
                Format::Json => {
                    let start = if index == 0 { "[\n" } else { ",\n" };
                    Ok(format!("{start}{}", report::render_json(&report)?.trim_end()))
                }
            }
        }
    });
    let tail = match (format, last) {
        (Format::Json, 0) => "[]\n",
        (Format::Json, _) => "\n]\n",
        (Format::Csv, _) => "",
    };
    pieces.chain(stream::iter([Ok(tail.to_owned())]))
}
