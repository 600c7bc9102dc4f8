//! Where everything stands, in CSS pixels, before anything is drawn.
//!
//! ```text
//! title (PNG only)
//! legend: lines, then bands
//! 100 % ┤────────────────────────┤ Target
//!  99 % ┤                        │
//!       └──┬─────┬─────┬─────┬───┘
//!        Mon 16 …
//! range                        zone
//! ```

use crate::chart::envelope::{self, Edges};
use crate::chart::fit::{shorten, two_lines};
use crate::chart::font::{Fonts, Weight};
use crate::chart::mark::{self, MarkKind, Place};
use crate::chart::thin::{self, Point};
use crate::chart::time_axis::{self, TimeAxis};
use crate::chart::value_axis::{self, Extent, ValueAxis};
use crate::chart::{BandKind, Chart, LineStyle, Size};
use crate::domain::time::Instant;
use crate::language::{self, say};

/// Em of the title, of labels and of small labels.
pub(super) const TITLE_EM: f64 = 15.0;
pub(super) const LABEL_EM: f64 = 12.0;
pub(super) const SMALL_EM: f64 = 11.0;
/// Length of a legend's sample, and from it to its text.
pub(super) const SWATCH: f64 = 22.0;
pub(super) const SWATCH_GAP: f64 = 6.0;

/// Columns of all lines of a chart together; each column keeps about two points.
const COLUMNS: u32 = 600;
/// Columns of a single line are at least this many pixels wide, or its strokes would run into one another.
const COLUMN_WIDTH: u32 = 3;
/// Below this width, rule labels may take two lines.
const NARROW: f64 = 560.0;
const LEGEND_ROW: f64 = 20.0;
const RULE_GAP: f64 = 10.0;

/// Is the title part of the picture?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Title {
    Painted,
    Hidden,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

/// What stands before a legend's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swatch {
    Line(LineStyle),
    Band(BandKind),
    Envelope,
    Mark(MarkKind),
    /// A note about the picture.
    None,
}

/// An entry of the legend; `y` is its middle.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LegendItem {
    pub x: f64,
    pub y: f64,
    pub swatch: Swatch,
    pub text: String,
}

/// A rule's label: its lines of text around the middle `y`, which may have made way for a neighbour.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RuleLabel {
    pub value: f64,
    pub y: f64,
    pub lines: Vec<String>,
}

/// Where values and moments stand.
#[derive(Clone, Debug)]
pub(super) struct Axes {
    pub plot: Frame,
    pub values: ValueAxis,
    pub time: TimeAxis,
}

impl Axes {
    pub(super) fn x(&self, at: Instant) -> f64 {
        self.plot.left + self.time.share(at) * (self.plot.right - self.plot.left)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        self.plot.bottom - self.values.share(value) * (self.plot.bottom - self.plot.top)
    }
}

/// All places and texts of a chart.
pub(super) struct Layout {
    pub title: Option<String>,
    pub legend: Vec<LegendItem>,
    pub axes: Axes,
    pub value_ticks: Vec<value_axis::Tick>,
    pub time_ticks: Vec<time_axis::Tick>,
    pub rules: Vec<RuleLabel>,
    /// Per line of the chart its unbroken runs.
    pub runs: Vec<Vec<Vec<Point>>>,
    /// The unbroken runs of the envelope.
    pub envelope: Vec<Vec<Edges>>,
    /// What happened at moments.
    pub marks: Vec<Place>,
    pub range: String,
    pub zone: String,
}

impl Layout {
    pub(super) fn of(chart: &Chart<'_>, size: Size, title: Title, fonts: &Fonts) -> Self {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let runs = thinned(chart, size.width);
        let envelope = chart.envelope.map_or_else(Vec::new, |envelope| envelope::runs(&envelope, chart.span));
        let (top, title) = match title {
            Title::Painted => (38.0, Some(shorten(chart.title, TITLE_EM, Weight::Bold, width - 28.0, fonts))),
            Title::Hidden => (4.0, None),
        };
        let edge = if title.is_some() { 14.0 } else { 1.0 };
        let bottom = height - 40.0 - if title.is_some() { 6.0 } else { 0.0 };

        // The legend's height depends on whether the scale is even, and the scale not on the legend's height.
        let drawn_rules: Vec<f64> = chart.rules.iter().map(|rule| rule.value).filter(|v| v.is_finite()).collect();
        let edges = envelope.iter().flatten().flat_map(|(_, low, high)| [*low, *high]);
        let data = Extent::of(runs.iter().flatten().flatten().map(|(_, value)| *value).chain(edges));
        let choose = |ticks| ValueAxis::choose(chart.unit, data, &drawn_rules, (chart.floor, chart.ceiling), ticks);
        let entries = legend_entries(chart, choose(4).is_even() || data.is_none());
        let (legend, legend_height) = place_legend(entries, edge, top, width - edge, fonts);
        let top = top + legend_height + 13.0 + mark::height(chart);

        let most = most_ticks(bottom - top);
        let values = choose(most);
        let value_ticks = if data.is_some() { values.ticks(most) } else { Vec::new() };
        let widest = value_ticks.iter().map(|tick| fonts.width(&tick.label, LABEL_EM, Weight::Regular));
        // Least widths of both margins, so that charts below one another line up.
        let left = edge + widest.fold((width * 0.075).min(60.0), f64::max) + 9.0;
        let room = if width < NARROW { 72.0 } else { width * 0.2 };
        let rules = if data.is_some() { rule_labels(chart, &values, room, fonts) } else { Vec::new() };
        let widest = rules.iter().flat_map(|rule| &rule.lines).map(|l| fonts.width(l, SMALL_EM, Weight::Regular));
        let least = if rules.is_empty() { 12.0 } else { (width * 0.11).min(88.0) };
        let right = width - edge - widest.fold(least, f64::max) - RULE_GAP;
        let plot = Frame { left, right: right.max(left + 20.0), top, bottom: bottom.max(top + 20.0) };

        let time = TimeAxis::new(chart.span, chart.zone);
        let measure = |label: &str| fonts.width(label, LABEL_EM, Weight::Regular);
        let time_ticks = time.ticks(plot.right - plot.left, measure);
        let range = if chart.span.is_empty() { String::new() } else { time.range_label() };
        let beside = plot.right - plot.left - fonts.width(&range, SMALL_EM, Weight::Regular) - 12.0;
        let zone = shorten(&chart.zone.name().replace('_', " "), SMALL_EM, Weight::Regular, beside, fonts);
        let axes = Axes { plot, values, time };
        let rules = spread(rules, &axes);
        let marks = mark::places(chart, &axes);
        Self { title, legend, axes, value_ticks, time_ticks, rules, runs, envelope, marks, range, zone }
    }

    /// Is there nothing to draw a line through?
    pub(super) fn is_empty(&self) -> bool {
        self.runs.iter().all(Vec::is_empty)
    }
}

fn thinned(chart: &Chart<'_>, width: u32) -> Vec<Vec<Vec<Point>>> {
    let lines = u32::try_from(chart.lines.len()).unwrap_or(u32::MAX).max(2);
    let columns = (COLUMNS / lines).max(50).min(width / COLUMN_WIDTH);
    chart.lines.iter().map(|line| thin::runs(line.points, chart.span, columns)).collect()
}

/// One tick for about 42 pixels, at least two steps.
fn most_ticks(height: f64) -> u32 {
    (2..=12).rev().find(|n| f64::from(*n) * 42.0 <= height).unwrap_or(2)
}

fn legend_entries(chart: &Chart<'_>, even: bool) -> Vec<(Swatch, String)> {
    let mut entries: Vec<(Swatch, String)> = Vec::new();
    for line in chart.lines.iter().filter(|line| !line.name.is_empty()) {
        entries.push((Swatch::Line(line.style), line.name.to_owned()));
    }
    if let Some(envelope) = chart.envelope {
        entries.push((Swatch::Envelope, envelope.name.to_owned()));
    }
    for kind in BandKind::ALL {
        let seen = |band: &&crate::chart::Band| band.kind == kind && !band.span.intersect(chart.span).is_empty();
        if chart.bands.iter().any(|band| seen(&band)) {
            entries.push((Swatch::Band(kind), language::word(kind.name()).to_owned()));
        }
    }
    entries.extend(
        mark::kinds(chart).into_iter().map(|kind| (Swatch::Mark(kind), language::word(kind.name()).to_owned())),
    );
    if !even {
        entries.push((Swatch::None, say!("Logarithmic scale")));
    }
    entries
}

/// Places entries in rows from `(left, top)`; returns them and the height of all rows.
fn place_legend(
    entries: Vec<(Swatch, String)>,
    left: f64,
    top: f64,
    right: f64,
    fonts: &Fonts,
) -> (Vec<LegendItem>, f64) {
    const APART: f64 = 18.0;
    let (mut x, mut row) = (left, 0.0);
    let mut items: Vec<LegendItem> = Vec::new();
    for (swatch, text) in entries {
        let before = if swatch == Swatch::None { 0.0 } else { SWATCH + SWATCH_GAP };
        let text = shorten(&text, LABEL_EM, Weight::Regular, right - left - before, fonts);
        let width = before + fonts.width(&text, LABEL_EM, Weight::Regular);
        if x > left && x + width > right {
            x = left;
            row += LEGEND_ROW;
        }
        items.push(LegendItem { x, y: top + row + LEGEND_ROW / 2.0, swatch, text });
        x += width + APART;
    }
    let height = if items.is_empty() { 0.0 } else { row + LEGEND_ROW };
    (items, height)
}

fn rule_labels(chart: &Chart<'_>, values: &ValueAxis, room: f64, fonts: &Fonts) -> Vec<RuleLabel> {
    let inside = chart.rules.iter().filter(|rule| values.contains(rule.value));
    inside
        .map(|rule| RuleLabel { value: rule.value, y: 0.0, lines: two_lines(rule.label, SMALL_EM, room, fonts) })
        .collect()
}

/// Height of one line of a rule's label.
pub(super) const RULE_LINE: f64 = 13.0;

/// Moves labels apart that would overlap, each as little as possible, all within the plot's height.
fn spread(mut rules: Vec<RuleLabel>, axes: &Axes) -> Vec<RuleLabel> {
    rules.sort_by(|a, b| axes.y(a.value).total_cmp(&axes.y(b.value)));
    let height = |rule: &RuleLabel| rule.lines.iter().map(|_| RULE_LINE).sum::<f64>();
    let mut free = axes.plot.top - RULE_LINE;
    for rule in &mut rules {
        rule.y = axes.y(rule.value).max(free + height(rule) / 2.0);
        free = rule.y + height(rule) / 2.0;
    }
    let mut free = axes.plot.bottom + RULE_LINE;
    for rule in rules.iter_mut().rev() {
        rule.y = rule.y.min(free - height(rule) / 2.0);
        free = rule.y - height(rule) / 2.0;
    }
    rules
}
