//! Which stretch of time a page or a download is about: a preset, or two dates or moments.

use crate::domain::calendar::{Period, PeriodKind};
use crate::domain::model::{Objective, Window};
use crate::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use crate::language;
use crate::language::say;
use crate::ops::judge::window_at;
use crate::ops::trace::RANGE_MINUTES_MAX;
use crate::store::objectives::ObjectiveListing;
use crate::view::objective::RangePreset;
use crate::web::standing;
use chrono::DateTime;
use chrono_tz::Tz;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

/// The days of the presets.
const PRESET_DAYS: [i64; 4] = [1, 7, 30, 90];

/// What the query asks for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// `1d`, `7d`, `30d`, `90d` or `window`.
    pub range: Option<String>,
    /// The first day or moment.
    pub from: Option<String>,
    /// The last day, which is included, or the first moment after.
    pub to: Option<String>,
    /// How finely a download is cut: `minute`, `hour`, `day`.
    pub step: Option<String>,
    /// `previous` sets the stretch of the same length before beside it.
    pub compare: Option<String>,
}

/// How the range was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The objective's own window.
    Window,
    /// So many days up to now.
    Days(i64),
    /// By dates or moments.
    Custom,
}

/// A stretch of time that ends no later than judgements reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The minutes.
    pub span: Span,
    /// How it was chosen.
    pub choice: Choice,
}

/// Why a range is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The part of the query: `range`, `from`, `to`.
    pub field: &'static str,
    /// What to do, in a sentence.
    pub sentence: String,
}

impl Problem {
    fn new(field: &'static str, sentence: String) -> Self {
        Self { field, sentence }
    }
}

/// The objective's own window as it stands at `until`.
pub fn window(listing: &ObjectiveListing, until: Minute) -> Range {
    let (span, _) = window_at(&listing.objective, listing.agreement.calendar(), until);
    Range { span, choice: Choice::Window }
}

/// The range that a query asks for; without a word, the objective's own window.
pub fn of(asked: &Asked, listing: &ObjectiveListing, until: Minute) -> Result<Range, Problem> {
    let given =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let own = window(listing, until);
    match (given(&asked.from), given(&asked.to)) {
        (None, None) => preset(given(&asked.range).as_deref(), &listing.objective, own, until),
        (from, to) => {
            let span = custom(from.as_deref(), to.as_deref(), listing.agreement.zone, own.span, until)?;
            Ok(Range { span, choice: Choice::Custom })
        }
    }
}

/// Is the range to be compared with the one before?
pub fn compares(asked: &Asked) -> Result<bool, Problem> {
    match asked.compare.as_deref().unwrap_or_default() {
        "" => Ok(false),
        "previous" => Ok(true),
        _ => Err(Problem::new(
            "range",
            say!("There is no such comparison. Write compare=previous for the stretch of the same length before."),
        )),
    }
}

fn preset(word: Option<&str>, objective: &Objective, own: Range, until: Minute) -> Result<Range, Problem> {
    let word = word.unwrap_or("window");
    let days = PRESET_DAYS.into_iter().find(|days| format!("{days}d") == word);
    match days {
        Some(days) if is_window(objective, days) => Ok(own),
        Some(days) => Ok(Range { span: Span::ending(until, days * DAY_MINUTES), choice: Choice::Days(days) }),
        None if word == "window" => Ok(own),
        None => Err(Problem::new(
            "range",
            say!(
                "There is no such range, so the objective's own window is shown. Choose one below, or give two dates."
            ),
        )),
    }
}

fn custom(from: Option<&str>, to: Option<&str>, zone: Tz, own: Span, until: Minute) -> Result<Span, Problem> {
    let end = match to {
        None => until,
        Some(text) => moment(text, zone, Edge::End).ok_or_else(|| {
            let sentence = say!("Write the last day as 2026-11-01, or a moment with its zone as 2026-11-01T08:00:00Z.");
            Problem::new("to", sentence)
        })?,
    };
    let start = match from {
        None => end.min(until).plus(-own.minutes().max(DAY_MINUTES)),
        Some(text) => moment(text, zone, Edge::Start).ok_or_else(|| {
            let sentence =
                say!("Write the first day as 2026-11-01, or a moment with its zone as 2026-11-01T08:00:00Z.");
            Problem::new("from", sentence)
        })?,
    };
    if start >= end {
        return Err(Problem::new("from", say!("The range ends before it begins: swap the two dates.")));
    }
    let span = Span::new(start.max(Minute(0)), end.min(until));
    if span.is_empty() {
        return Err(Problem::new("from", say!("This range lies in the future, of which nothing is known yet.")));
    }
    if span.minutes() > RANGE_MINUTES_MAX {
        let days = RANGE_MINUTES_MAX / DAY_MINUTES;
        return Err(Problem::new("from", say!("Please ask for at most {days} days at a time.", days)));
    }
    Ok(span)
}

#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

/// A local day's edge, or the minute of an RFC 3339 moment (whose `+` may have become a blank on its way).
fn moment(text: &str, zone: Tz, edge: Edge) -> Option<Minute> {
    if let Ok(day) = Period::parse(text, zone) {
        return (day.kind() == PeriodKind::Day).then(|| match edge {
            Edge::Start => day.span().start(),
            Edge::End => day.span().end(),
        });
    }
    let at = DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok()?;
    Some(Instant::from(at.to_utc()).minute())
}

fn is_window(objective: &Objective, days: i64) -> bool {
    matches!(objective.window, Window::Rolling(length) if length.minutes() == days * DAY_MINUTES)
}

/// The presets of an objective's page, its own window last.
pub fn presets(range: &Range, objective: &Objective, period: PeriodKind) -> Vec<RangePreset> {
    let days = PRESET_DAYS.into_iter().filter(|days| !is_window(objective, *days)).map(|days| RangePreset {
        word: format!("{days}d"),
        label: standing::length_in_words(days * DAY_MINUTES),
        is_current: range.choice == Choice::Days(days),
    });
    let label = match objective.window {
        Window::Rolling(length) => say!("Window: {length}", standing::length_in_words(length.minutes())),
        Window::Calendar => say!("This {period}", language::word(period.word())),
    };
    let own = RangePreset { word: "window".to_owned(), label, is_current: range.choice == Choice::Window };
    days.chain([own]).collect()
}

/// The query that names exactly this stretch of time.
pub fn query(span: Span) -> String {
    let text = |minute: Minute| minute.start().to_string();
    let mut query = Serializer::new(String::new());
    query.append_pair("from", &text(span.start())).append_pair("to", &text(span.end()));
    query.finish()
}
