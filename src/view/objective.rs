//! The page of one objective: the verdict, the charts, and how every number came about.

use super::baseline::BaselineSection;
use super::happened::HappenedSection;
use super::plot::Drawing;
use super::{Badge, BudgetBar, Fact, Field, Link, Progress, Shell, Status, Tone};
use crate::language::filters;
use askama::Template;

/// `/objectives/{id}`. Query: `range` (one of the presets' words) or `from` and `to` (dates, both days included).
#[derive(Template, Clone, Debug)]
#[template(path = "pages/objectives/show.html")]
pub struct ObjectivePage {
    /// What stands around it.
    pub shell: Shell,
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its kind: `Availability`.
    pub kind: String,
    /// The service that it is about.
    pub service: String,
    /// Its agreement.
    pub agreement: Link,
    /// The agreement's customer.
    pub customer: String,
    /// What was promised: `At least 99.9 % of requests succeed, over any 30 days.`
    pub promise: String,
    /// Its status over the range.
    pub status: Status,
    /// The verdict in one sentence.
    pub verdict: String,
    /// Is it archived?
    pub is_archived: bool,
    /// The ranges to choose from.
    pub ranges: Vec<RangePreset>,
    /// First day, `from`, as `2026-11-01`.
    pub from: Field,
    /// Last day, `to`, as `2026-11-21`.
    pub to: Field,
    /// The zone of these days.
    pub zone: String,
    /// The range in words: `22 Oct 2026, 07:12 to 21 Nov 2026, 07:12 (Europe/Berlin)`.
    pub range_text: String,
    /// The query string of the range, for downloads: `from=…&to=…`, without `?`.
    pub range_query: String,
    /// The steps that downloads come in, as words of their query: `minute`, `hour`, `day`.
    pub steps: Vec<String>,
    /// The remaining budget as a bar.
    pub bar: BudgetBar,
    /// The figures.
    pub tiles: Vec<Tile>,
    /// Burn rates, the shortest window first.
    pub burn_rates: Vec<BurnRate>,
    /// The alerts on burn rates, the most urgent first.
    pub alerts: Vec<Alert>,
    /// What guards the alerts against chance: a sentence, or nothing.
    pub alerts_note: Option<String>,
    /// The charts.
    pub charts: Vec<Chart>,
    /// Outages in the range, the newest first.
    pub outages: Vec<OutageRow>,
    /// How many more outages there are than are shown: `12 outages that cost less are not listed.`.
    pub more_outages: Option<String>,
    /// All outages of the range together: mean time to repair and between failures, the longest.
    pub recovery: Vec<Fact>,
    /// May who looks at it enter causes?
    pub can_explain: bool,
    /// The range beside the one before, if that was asked for.
    pub comparison: Option<Comparison>,
    /// What happened besides what was measured.
    pub happened: HappenedSection,
    /// The query string of the range alone: `range=7d`.
    pub range_only: String,
    /// The query string that leads back to this very page: `range=7d`, without `?`.
    pub back: String,
    /// What is usual, and what left it.
    pub baseline: BaselineSection,
    /// The numbers behind it.
    pub behind: Behind,
}

/// A range to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangePreset {
    /// Its word in the address: `7d`.
    pub word: String,
    /// What people read: `7 days`.
    pub label: String,
    /// Is it shown now?
    pub is_current: bool,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// What it is: `Budget remaining`.
    pub label: String,
    /// How much: `34.2 %`.
    pub value: String,
    /// More about it: `14 min 46 s of 43 min 12 s`.
    pub notes: Vec<String>,
    /// How worrying it is, if it is.
    pub tone: Option<Tone>,
    /// Where more about it stands.
    pub link: Option<Link>,
}

/// The burn rate over one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BurnRate {
    /// The window: `1 h`.
    pub window: String,
    /// How fast: `2.4×`, or why there is nothing.
    pub rate: String,
    /// The factor that would alert: `alerts above 14.4×`; empty if none.
    pub limit: String,
    /// How worrying it is, if it is.
    pub tone: Option<Tone>,
}

/// An alert on burn rates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Does it fire?
    pub state: Badge,
    /// What it watches: `Page when it burns faster than 14.4× over both 1 h and 5 min.`
    pub text: String,
}

/// A chart with the numbers behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Its element's id: `sli`, `budget`, `burn`.
    pub id: String,
    /// Its name.
    pub title: String,
    /// What it shows, in one sentence.
    pub summary: String,
    /// The chart, which is trusted and not escaped.
    pub drawing: Drawing,
    /// The same as a table.
    pub table: PlotTable,
}

/// The numbers behind a chart: each row is a part of its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlotTable {
    /// The chart's time: first minute and first minute after, since the epoch.
    pub span: (i64, i64),
    /// Heads of the columns.
    pub head: Vec<String>,
    /// The rows, in order of time.
    pub rows: Vec<PlotRow>,
    /// Is anything marked in any row?
    pub is_marked: bool,
    /// The same rows as a file.
    pub file: Link,
}

/// A part of a chart's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlotRow {
    /// Its time: first minute and first minute after, since the epoch.
    pub span: (i64, i64),
    /// One text per column; the first heads the row.
    pub cells: Vec<String>,
    /// What is marked in it: `Outage; Deploy: v1.2`; may be empty.
    pub marked: String,
}

/// The range beside the stretch of the same length before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// How they differ, in a sentence.
    pub sentence: String,
    /// The stretch before, in words.
    pub previous: String,
    /// The figures of both.
    pub rows: Vec<ComparisonRow>,
}

/// One figure of both stretches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparisonRow {
    /// Which: `Error rate`.
    pub label: String,
    /// In the range.
    pub this: String,
    /// In the stretch before.
    pub previous: String,
    /// By how much it changed, with its sign; may be empty.
    pub change: String,
}

/// One outage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutageRow {
    /// When it began.
    pub from: String,
    /// When it ended, or `still going`.
    pub to: String,
    /// How long it was: `14 min`.
    pub duration: String,
    /// Bad events in it.
    pub bad: String,
    /// All events in it.
    pub total: String,
    /// How deep it was, the bad of all events: `57.62 %`.
    pub depth: String,
    /// What it cost of the budget: `12.4 %`.
    pub cost: String,
    /// Why it happened, as people entered it; empty until somebody has.
    pub cause: String,
    /// What the form about its cause says where it belongs: first minute and first minute after, RFC 3339.
    pub about: (String, String),
    /// Does it go on?
    pub is_open: bool,
}

/// How the numbers came about.
#[derive(Clone, Debug, Default)]
pub struct Behind {
    /// Where the data comes from.
    pub source: Link,
    /// What the source is asked, labelled: `All requests`, `Failed requests`.
    pub queries: Vec<Fact>,
    /// Counts: total, good, bad, known and unknown minutes.
    pub counts: Vec<Fact>,
    /// What is judged and what is not: minutes taken out, slices by what they are, the raw number beside the contract's.
    pub judged: Vec<Fact>,
    /// The same range under each budgeting method; empty for a composite.
    pub methods: Vec<MethodRow>,
    /// What the comparison comes to, in a sentence, and whether the methods disagree.
    pub methods_verdict: (String, bool),
    /// The worst slices of the range, the worst first.
    pub worst: Vec<WorstSlice>,
    /// The arithmetic, line by line.
    pub arithmetic: Vec<Step>,
    /// Evaluated by the source instead of counted?
    pub is_estimated: bool,
    /// Oddities of the data.
    pub findings: Vec<Finding>,
    /// The backfill, while it is under way.
    pub backfill: Option<Progress>,
}

/// One line of arithmetic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is computed: `Budget allowed`.
    pub label: String,
    /// How: `(1 − 0.999) × 1,204,311`.
    pub working: String,
    /// What comes out: `1,204.3 events`.
    pub result: String,
}

/// The range under one budgeting method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodRow {
    /// What it counts: `Good slices of 5 min`.
    pub name: String,
    /// How the contract calls it: `timeslices`.
    pub word: String,
    /// Is it the objective's own?
    pub is_own: bool,
    /// Good of all: `8,632 of 8,640`.
    pub counted: String,
    /// What comes out: `99.9074 %`.
    pub sli: String,
    /// Met or missed, or why neither.
    pub verdict: Badge,
}

/// A slice in which much was bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorstSlice {
    /// When, with a link to its hour.
    pub when: Link,
    /// Bad events.
    pub bad: String,
    /// All events.
    pub total: String,
    /// The share of good ones.
    pub share: String,
}

/// An oddity of the data, kept and shown, never silently mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was found, in a sentence.
    pub text: String,
    /// When and how often: `3 times, last 20 Nov 14:02`.
    pub seen: String,
}
