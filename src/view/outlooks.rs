//! How good an objective's past outlooks were.

use super::{Link, Shell};
use crate::language::filters;
use askama::Template;

/// `/objectives/{id}/outlooks`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/objectives/outlooks.html")]
pub struct OutlooksPage {
    /// What stands around it.
    pub shell: Shell,
    /// The objective.
    pub objective: Link,
    /// What the outlooks came to, in a sentence or two.
    pub verdict: String,
    /// How far their forecasts of the rest were off, in a sentence; empty if there are too few to tell.
    pub forecasts: String,
    /// The outlooks by what they said, from unlikely to likely.
    pub bands: Vec<BandRow>,
    /// The periods that they were about, the newest first.
    pub periods: Vec<PeriodRow>,
}

/// The outlooks that said about the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BandRow {
    /// What they said: `70 to 90 %`.
    pub said: String,
    /// How many they were.
    pub outlooks: String,
    /// What they said on average: `81 %`.
    pub mean: String,
    /// How often the target was met: `16, 80 %`.
    pub met: String,
}

/// A period and its outlooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodRow {
    /// Its name: `October 2026`.
    pub name: String,
    /// What became of it: `met`, `missed`.
    pub outcome: String,
    /// How many outlooks were made.
    pub outlooks: String,
    /// The first: `2026-10-01: 83 %`.
    pub first: String,
    /// The one in the middle.
    pub middle: String,
    /// The last.
    pub last: String,
}
