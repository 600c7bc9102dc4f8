//! The compliance report: one value, and everything that it is rendered as.
//!
//! A [`Report`] is the frozen judgement of one agreement and period. It is built once, stored as canonical JSON
//! ([`render_json`]) and read back from there, so that page, mail, text and files show the same figures for ever.
//! Counts are integers, percentages and fractions of events are decimal text written by [`crate::domain::wording`];
//! no renderer calculates, so no two of them can disagree.

mod chain;
mod charts;
pub mod csv;
mod figures;
mod html;
pub mod json;
mod name;
mod notes;
mod openmetrics;
mod order;
mod pack;
#[cfg(feature = "pdf")]
mod pdf;
pub mod removal;
mod retold;
mod say;
mod seal;
mod sections;
mod serial;
mod text;
mod unusual;
mod verdict;
mod whole;
mod xlsx;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use crate::domain::calendar::{self, PeriodKind};
use crate::domain::chain::Digest;
use crate::domain::judgement;
use crate::domain::ledger::Tally;
use crate::domain::model::ObjectiveKind;
use crate::domain::phrases;
use crate::domain::target::Target;
use crate::domain::terms::Unit;
use crate::domain::time::Instant;
use crate::domain::wording;
use crate::language::{self, Language};
use chrono::{Datelike as _, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use chain::{Change, Correction, Place};
pub use charts::{Picture, charts};
pub use csv::render_csv;
pub use figures::{Difference, Pair, difference, side_by_side};
pub use html::{Medium, render_fragment, render_html};
pub use json::render_json;
pub use name::{file_name, file_stem, slug};
pub use notes::how_counted;
pub use openmetrics::{CONTENT_TYPE as OPENMETRICS, render_openmetrics};
pub use order::by_trouble;
pub use pack::Pack;
#[cfg(feature = "pdf")]
pub use pdf::render_pdf;
pub use seal::{Sealed, Signed};
pub use text::render_text;
pub use unusual::{Anomaly, Standing};
pub use verdict::{Status, Verdict, subject};
pub use whole::{
    Compared, Compliance, Credit, Exclusion, Letter, Measure, Raw, Recovery, Stretch, Term, Violation, Whole,
};
pub use xlsx::render_xlsx;

/// The version of the report's JSON that this program writes; it reads the older ones too.
pub const VERSION: u32 = 2;
/// What that version looks like, as a JSON Schema (draft 2020-12): whatever is written must follow it.
pub const SCHEMA: &str = include_str!("report-2.schema.json");

/// Why a report cannot be rendered or read.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The stored JSON is not a report.
    #[error("the stored report cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// The stored JSON is from a newer program.
    #[error("the stored report has version {0}, but this program reads up to {VERSION}; a newer Nines wrote it")]
    Version(u32),
    /// A template failed.
    #[error("the report cannot be rendered: {0}")]
    Template(#[from] askama::Error),
    /// A CSV record failed.
    #[error("the report cannot be written as CSV: {0}")]
    Csv(#[from] ::csv::Error),
    /// A workbook failed.
    #[error("the report cannot be written as a workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The typesetter failed, with what it said.
    #[cfg(feature = "pdf")]
    #[error("the report cannot be set as PDF: {0}")]
    Pdf(String),
    /// A chart failed.
    #[error("the chart of objective {objective} cannot be drawn: {reason}")]
    Chart {
        /// The objective's name.
        objective: String,
        /// What the chart module said.
        reason: String,
    },
}

/// The judgement of one agreement and period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The shape of this JSON; [`VERSION`].
    pub version: u32,
    /// Whose promise it is.
    pub agreement: Contract,
    /// What time it judges.
    pub period: Period,
    /// When it was built.
    #[serde(with = "serial::instant")]
    pub built_at: Instant,
    /// The data had not settled: a later revision may differ.
    pub provisional: bool,
    /// 1, and one more for each correction.
    pub revision: i64,
    /// Its place among the agreement's reports; null while it is not issued.
    #[serde(default)]
    pub chain: Option<Place>,
    /// The digest of the JSON that it was issued as; nothing while it is not issued.
    #[serde(skip)]
    pub digest: Option<Digest>,
    /// What it corrects; null if it is the first final one of its period.
    #[serde(default)]
    pub correction: Option<Correction>,
    /// The outcome in one word and one sentence.
    pub verdict: Verdict,
    /// Every objective, in the agreement's order; [`by_trouble`] sorts them for reading.
    pub objectives: Vec<Line>,
    /// What was odd about the data, one sentence each.
    pub findings: Vec<String>,
    /// How it was counted, one sentence each.
    pub notes: Vec<String>,
    /// The agreement as a whole.
    #[serde(default)]
    pub whole: Whole,
}

impl Report {
    /// How people call its period.
    #[must_use]
    pub fn period_name(&self) -> String {
        self.period.called(self.agreement.zone)
    }
}

/// The agreement as it was when the report was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Identity.
    pub id: i64,
    /// Name.
    pub name: String,
    /// With whom; may be empty.
    pub customer: String,
    /// Who answers for it; may be empty.
    pub owner: String,
    /// The zone in which its days begin.
    #[serde(with = "serial::zone")]
    pub zone: Tz,
    /// The revision of the agreement whose terms it was judged by; null if it was never revised.
    #[serde(default)]
    pub terms_revision: Option<i64>,
    /// Those terms of the agreement as a whole, as labels and texts; those of an objective stand beside it.
    #[serde(default)]
    pub terms: Vec<Term>,
}

/// The calendar period, half-open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Day, week, month, …
    #[serde(with = "serial::period_kind")]
    pub kind: PeriodKind,
    /// Its word in addresses and files, such as `2026-W46`.
    pub label: String,
    /// How people call it: `week 46, 9 to 15 Nov 2026`; empty in older reports, see [`Self::called`].
    #[serde(default)]
    pub name: String,
    /// Its first moment.
    #[serde(with = "serial::instant")]
    pub start: Instant,
    /// The first moment after it.
    #[serde(with = "serial::instant")]
    pub end: Instant,
    /// Both on the agreement's wall clock.
    pub local: String,
    /// Its length in minutes.
    pub minutes: i64,
}

impl Period {
    /// A calendar period, said in its zone.
    #[must_use]
    pub fn of(period: &calendar::Period) -> Self {
        let span = period.span();
        let (start, end) = (span.start().start(), span.end().start());
        Self {
            kind: period.kind(),
            label: period.label(),
            name: wording::period_name(period),
            start,
            end,
            local: wording::span(start, end, period.zone()),
            minutes: span.minutes(),
        }
    }

    /// How people call it, in older reports too, whose periods all begin with the calendar.
    #[must_use]
    pub fn called(&self, zone: Tz) -> String {
        if self.name.is_empty() {
            let named = calendar::Period::parse(&self.label, zone).map(|period| wording::period_name(&period));
            return named.unwrap_or_else(|_unnamed| self.label.clone());
        }
        match language::current() {
            Language::English => self.name.clone(),
            Language::Chinese => self.found(zone).map_or_else(|| self.name.clone(), |one| wording::period_name(&one)),
        }
    }

    /// The calendar period behind it: the one that has its first moment, its label, and in English its name.
    fn found(&self, zone: Tz) -> Option<calendar::Period> {
        let day = self.start.to_utc().with_timezone(&zone).day();
        // a billing day beyond the end of the month begins on its last day
        let days = [1, day, 29, 30, 31].into_iter().flat_map(|day| (1..=12).map(move |month| (day, month)));
        let anchors = [Weekday::Mon, Weekday::Sun].into_iter().flat_map(|week| days.clone().map(move |at| (week, at)));
        let mut periods = anchors.filter_map(|(week, (day, month))| {
            let anchor = calendar::Anchor::new(week, day, month).ok()?;
            Some(calendar::Period::anchored(self.kind, zone, anchor, self.start))
        });
        let is_it = |one: &calendar::Period| {
            let name = || language::sync_scope(Language::English, || wording::period_name(one));
            one.span().start().start() == self.start && one.label() == self.label && name() == self.name
        };
        periods.find(is_it)
    }
}

/// One objective in the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Identity.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Whose behaviour it promises.
    pub service: String,
    /// What kind of promise it is.
    #[serde(with = "serial::objective_kind")]
    pub kind: ObjectiveKind,
    /// The promised share of good events, in percent.
    #[serde(rename = "target_percent", with = "serial::target")]
    pub target: Target,
    /// The window of its budget, in words that follow "over": `the calendar week`, `30 days`.
    pub window: String,
    /// Evaluated by the source instead of counted from raw samples.
    pub estimated: bool,
    /// The source's name.
    pub source: String,
    /// What is asked there.
    pub query: String,
    /// The outcome in one word.
    pub status: Status,
    /// Was the target met? By the exact counts; null if nothing was measured.
    pub met: Option<bool>,
    /// What `good`, `bad` and `total` count, here, day by day and in the period before.
    #[serde(default, with = "serial::unit")]
    pub unit: Unit,
    /// Good events or slices.
    pub good: i64,
    /// Bad ones.
    pub bad: i64,
    /// All of them.
    pub total: i64,
    /// The measured share.
    pub sli: Sli,
    /// The error budget; null without events.
    pub budget: Option<Budget>,
    /// Burn rate over the period, a decimal; null without events.
    pub burn_rate: Option<String>,
    /// How much of the period was seen.
    pub coverage: Coverage,
    /// What the unknown minutes could have changed; null if there were none or it cannot be said.
    pub bounds: Option<Bounds>,
    /// The period before; null if it was not measured.
    pub previous: Option<Previous>,
    /// The outages, in order of time.
    pub outages: Vec<Outage>,
    /// What left its usual, in order of time; missing in older reports.
    #[serde(default)]
    pub anomalies: Vec<Anomaly>,
    /// The period's days, in order.
    pub daily: Vec<Day>,
    /// How it was judged.
    #[serde(default)]
    pub letter: Letter,
}

/// A measured share, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Sli {
    /// There were events.
    Measured {
        /// The share of good events, in percent.
        percent: String,
        /// Where the true share probably lies; given when events are few.
        interval: Option<Interval>,
        /// So few events that the interval holds both met and missed.
        too_little_data: bool,
    },
    /// The service was seen, and nothing happened.
    NoTraffic,
    /// The service was not seen.
    Unknown,
    /// Nothing of the period is judged: it is excluded, or outside business hours.
    NotApplicable,
}

impl Sli {
    /// From the counts of a period and its number of known minutes.
    #[must_use]
    pub fn of(good: i64, total: i64, known: i64, target: Target) -> Self {
        match (total, known) {
            (1.., _) => Self::Measured {
                percent: wording::sli_percent(good, total, Some(target)),
                interval: None,
                too_little_data: false,
            },
            (_, 1..) => Self::NoTraffic,
            _ => Self::Unknown,
        }
    }

    /// From what was counted, told apart from a period of which nothing is judged.
    #[must_use]
    pub fn of_tally(tally: &Tally, target: Target) -> Self {
        if tally.minutes == 0 && tally.total == 0 {
            Self::NotApplicable
        } else {
            Self::of(tally.good, tally.total, tally.known, target)
        }
    }

    /// The percentage, if there is one.
    #[must_use]
    pub fn percent(&self) -> Option<&str> {
        match self {
            Self::Measured { percent, .. } => Some(percent),
            Self::NoTraffic | Self::Unknown | Self::NotApplicable => None,
        }
    }
}

/// A 95 % confidence interval, in percent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low_percent: String,
    /// Its upper end.
    pub high_percent: String,
}

/// The error budget of the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// How many events, or slices, may be bad; a decimal, exact for whole ones.
    pub allowed_events: String,
    /// How many more may be; negative when overspent; a decimal, exact for whole ones.
    pub remaining_events: String,
    /// Consumed share in percent; above 100 when overspent.
    pub consumed_percent: String,
    /// Remaining share in percent; negative when overspent.
    pub remaining_percent: String,
    /// Full downtime that the budget allows, in minutes; an exact decimal.
    pub allowed_minutes: String,
    /// What is left of that, in minutes; negative when overspent.
    pub remaining_minutes: String,
}

impl Budget {
    /// The budget of `minutes` minutes with `good` of `total`; None without events.
    #[must_use]
    pub fn of((good, total): (i64, i64), unit: Unit, minutes: i64, target: Target) -> Option<Self> {
        let budget = judgement::Budget::new(good, total, target, minutes)?;
        Some(Self {
            allowed_events: phrases::amount_of_millionths(budget.allowed_millionths(), unit),
            remaining_events: phrases::amount_of_millionths(budget.remaining_millionths(), unit),
            consumed_percent: wording::budget_consumed_percent(good, total, target)?,
            remaining_percent: wording::budget_remaining_percent(good, total, target)?,
            allowed_minutes: wording::budget_allowed_minutes(minutes, target),
            remaining_minutes: wording::budget_remaining_minutes(good, total, minutes, target)?,
        })
    }
}

/// How much of the period was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Minutes with samples.
    pub known: i64,
    /// Minutes of the period.
    pub minutes: i64,
    /// The share in percent; 100 only if all are known.
    pub percent: String,
}

impl Coverage {
    /// From minutes.
    #[must_use]
    pub fn of(known: i64, minutes: i64) -> Self {
        Self { known, minutes, percent: wording::share_percent(known, minutes) }
    }
}

/// The share of good events if every unknown minute had been bad, or good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// All bad, in percent.
    pub worst_percent: String,
    /// All good, in percent.
    pub best_percent: String,
}

/// The same objective one period earlier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// How people call that period.
    pub label: String,
    /// Good events then.
    pub good: i64,
    /// All events then.
    pub total: i64,
    /// The measured share then.
    pub sli: Sli,
}

/// A maximal run of bad minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// Its first moment.
    #[serde(with = "serial::instant")]
    pub start: Instant,
    /// The first moment after it.
    #[serde(with = "serial::instant")]
    pub end: Instant,
    /// Its length in minutes.
    pub minutes: i64,
    /// Bad events in it.
    pub bad: i64,
    /// All events in it.
    pub total: i64,
    /// Its share of the whole budget in percent; null without a budget.
    pub share_of_budget_percent: Option<String>,
    /// Why, as a person entered it.
    #[serde(default)]
    pub cause: Option<String>,
    /// Its depth: the bad share of its events in percent; null without events.
    #[serde(default)]
    pub bad_percent: Option<String>,
}

/// One day of the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The calendar day in the agreement's zone, `2026-11-16`.
    pub day: String,
    /// Its first moment within the period.
    #[serde(with = "serial::instant")]
    pub start: Instant,
    /// Good events.
    pub good: i64,
    /// All events.
    pub total: i64,
    /// Minutes with samples.
    pub known: i64,
}
