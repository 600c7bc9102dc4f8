//! A word-sized line without axes, for tables.

use crate::chart::layout::{Axes, Frame};
use crate::chart::time_axis::TimeAxis;
use crate::chart::value_axis::{Extent, ValueAxis};
use crate::chart::{ChartError, Size, Unit, check_size, plot, svg, thin};
use crate::domain::time::{Instant, Span};
use chrono_tz::Tz;

/// Points of one sparkline, twice this.
const COLUMNS: u32 = 60;

/// One series at the size of a word.
#[derive(Clone, Copy, Debug)]
pub struct Sparkline<'a> {
    /// Alternative text: the finding in a few words. Becomes the accessible name.
    pub description: &'a str,
    /// The stretch of time.
    pub span: Span,
    /// What the values are.
    pub unit: Unit,
    /// Values at moments, oldest first; `None` is a gap.
    pub points: &'a [(Instant, Option<f64>)],
    /// A horizontal line, such as the target.
    pub rule: Option<f64>,
}

/// The line as an SVG element of a fixed size, in the colours of [`svg`](crate::chart::svg()).
pub fn sparkline_svg(sparkline: &Sparkline<'_>, size: Size) -> Result<String, ChartError> {
    check_size(size, (24, 12))?;
    let runs = thin::runs(sparkline.points, sparkline.span, COLUMNS);
    let data = Extent::of(runs.iter().flatten().map(|(_, value)| *value));
    let rules: Vec<f64> = sparkline.rule.into_iter().filter(|value| value.is_finite()).collect();
    let axes = Axes {
        // A line's width clear of the edges, or its peaks would be cut.
        plot: Frame { left: 2.0, right: f64::from(size.width) - 2.0, top: 2.0, bottom: f64::from(size.height) - 2.0 },
        values: ValueAxis::choose(sparkline.unit, data, &rules, (None, None), 2),
        time: TimeAxis::new(sparkline.span, Tz::UTC),
    };
    let mut canvas = svg::Svg::new(size);
    plot::draw_bare(&runs, &axes, sparkline.rule.filter(|_| data.is_some()), &mut canvas)?;
    Ok(svg::document(&canvas.finish(), size, svg::Width::Fixed, None, sparkline.description, ""))
}
