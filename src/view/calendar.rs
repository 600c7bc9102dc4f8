//! A year of days, each with its verdict and what it used of its own budget.

use super::{DataTable, Link, Shell, Tone};
use crate::domain::day::DayVerdict;
use crate::language::filters;
use askama::Template;

/// `/objectives/{id}/calendar` and `/agreements/{id}/calendar`. Query: `year`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/calendar.html")]
pub struct CalendarPage {
    /// What stands around it.
    pub shell: Shell,
    /// Where this is: the agreement, and the objective if it is about one.
    pub crumbs: Vec<Link>,
    /// Whose days they are.
    pub name: String,
    /// The page's own path, without a query.
    pub path: String,
    /// Which year.
    pub year: String,
    /// The zone in which the days begin.
    pub zone: String,
    /// The year in one sentence.
    pub verdict: String,
    /// How a day of several objectives is told; empty for one objective.
    pub rule: String,
    /// The year before, if there may be something in it.
    pub previous: Option<String>,
    /// The year after, if it has begun.
    pub next: Option<String>,
    /// The months.
    pub months: Vec<Month>,
    /// The days that have begun, the newest first.
    pub table: DataTable,
}

/// A month as a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// Its name: `March 2026`.
    pub name: String,
    /// Seven days each, from Monday; nothing where the day belongs to another month.
    pub weeks: Vec<Vec<Option<DayCell>>>,
}

/// A day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCell {
    /// The day of the month.
    pub number: String,
    /// What became of it.
    pub verdict: DayVerdict,
    /// What it used of its budget, in brief: `12 %`, `>999 %`; empty where nothing was measured.
    pub used: String,
    /// All of it in words: `3 March 2026: met, 12 % of the day’s budget used`.
    pub words: String,
    /// The day on its objective's page; nothing for days that hold nothing.
    pub href: Option<String>,
}

impl DayVerdict {
    /// The word that people read.
    #[must_use]
    pub const fn said(self) -> &'static str {
        match self {
            Self::Missed => "Missed",
            Self::Met => "Met",
            Self::NoRequests => "No requests",
            Self::Unknown => "No data",
            Self::NotApplicable => "Not applicable",
            Self::Before => "Before the agreement",
            Self::Ahead => "To come",
        }
    }

    /// Its tone, where it has one with a shape.
    #[must_use]
    pub const fn tone(self) -> Option<Tone> {
        match self {
            Self::Missed => Some(Tone::Bad),
            Self::Met => Some(Tone::Good),
            Self::Unknown => Some(Tone::Idle),
            Self::NoRequests | Self::NotApplicable | Self::Before | Self::Ahead => None,
        }
    }

    /// The sign that stands where there is no shape; no two verdicts share shape and sign.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::NoRequests => "0",
            Self::NotApplicable => "n/a",
            Self::Before => "·",
            Self::Missed | Self::Met | Self::Unknown | Self::Ahead => "",
        }
    }
}
