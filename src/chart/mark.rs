//! What happened at moments: a sign above the plot, each kind in a row of its own, and a dotted line down to the time.
//!
//! The kinds differ in shape and row, so that no colour must be seen to tell them apart.

use crate::chart::Chart;
use crate::chart::layout::{Axes, Frame};
use crate::domain::time::Instant;

/// Height of a row of signs above the plot.
const ROW: f64 = 12.0;
/// Half the width of a sign.
const HALF: f64 = 4.5;

/// Something that happened at a moment, or from it on for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When, or since when.
    pub at: Instant,
    /// When it was over, if it was not over at once.
    pub until: Option<Instant>,
    /// What kind of thing.
    pub kind: MarkKind,
}

/// The kinds of marks; each has its own shape and its own row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkKind {
    /// Another version went into use: a triangle that points down.
    Deploy,
    /// Somebody noted something: a diamond.
    Note,
    /// Other terms began to hold: a square.
    Terms,
}

impl MarkKind {
    pub(super) const ALL: [Self; 3] = [Self::Deploy, Self::Note, Self::Terms];

    /// What the legend says.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Deploy => "Deploy",
            Self::Note => "Note",
            Self::Terms => "Terms changed",
        }
    }

    /// The corners of its sign around a middle.
    pub(super) fn sign(self, (x, y): (f64, f64)) -> Vec<(f64, f64)> {
        match self {
            Self::Deploy => vec![(x - HALF, y - 3.5), (x + HALF, y - 3.5), (x, y + 4.5)],
            Self::Note => vec![(x, y - 4.5), (x + HALF, y), (x, y + 4.5), (x - HALF, y)],
            Self::Terms => vec![(x - 3.5, y - 3.5), (x + 3.5, y - 3.5), (x + 3.5, y + 3.5), (x - 3.5, y + 3.5)],
        }
    }
}

/// The kinds that a chart has marks of within its span, in the order of their rows.
pub(super) fn kinds(chart: &Chart<'_>) -> Vec<MarkKind> {
    let has = |kind: &MarkKind| chart.marks.iter().any(|mark| mark.kind == *kind && is_inside(chart, mark));
    MarkKind::ALL.into_iter().filter(has).collect()
}

/// How much room the rows of signs need above the plot.
pub(super) fn height(chart: &Chart<'_>) -> f64 {
    kinds(chart).iter().map(|_| ROW).sum()
}

/// Where a mark stands: the middle of its sign, and how far to the right it lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub kind: MarkKind,
    pub x: f64,
    pub y: f64,
    pub end: Option<f64>,
}

/// A place for each mark within the span. Signs of one kind that would cover each other are one, so that there are no more
/// than the plot has room for.
pub(super) fn places(chart: &Chart<'_>, axes: &Axes) -> Vec<Place> {
    let Frame { left, right, top, .. } = axes.plot;
    let mut all: Vec<Place> = Vec::new();
    let mut y = top - height(chart) + ROW / 2.0 - 1.0;
    for kind in kinds(chart) {
        let own = chart.marks.iter().filter(|mark| mark.kind == kind && is_inside(chart, mark));
        let mut marks: Vec<_> = own.collect();
        marks.sort_by_key(|mark| mark.at);
        let first = all.len();
        for mark in marks {
            let x = axes.x(mark.at).clamp(left, right);
            let end = mark.until.map(|until| axes.x(until).clamp(x, right));
            match all.get_mut(first..).and_then(|row| row.last_mut()) {
                Some(last) if x - last.x < 2.0 * HALF => {
                    last.end = [last.end, end].into_iter().flatten().reduce(f64::max);
                }
                _ => all.push(Place { kind, x, y, end }),
            }
        }
        y += ROW;
    }
    all
}

fn is_inside(chart: &Chart<'_>, mark: &Mark) -> bool {
    let (start, end) = (chart.span.start().start(), chart.span.end().start());
    mark.at < end && mark.until.unwrap_or(mark.at) >= start
}
