//! Draws a series as SVG (pages) or PNG (mail).
//!
//! ```text
//! Chart ──▶ axes (value, time), thinning ──▶ layout ──▶ plot ──▶ svg | raster
//! ```
//!
//! plotters carries the drawing: its areas, coordinates and elements. Its own two backends know whole pixels only, no
//! dashes, no theme and no side bearings, so [`svg()`] and [`png()`] bring theirs. Both receive tenths of a CSS pixel,
//! and colours that stand for an ink, which each resolves in its own way: a CSS variable that follows the page into dark
//! mode, or a fixed colour.
//!
//! Pure: the same chart gives the same bytes. A gap in the data is never drawn across, and a bad minute is never
//! thinned away, however long the range.

mod envelope;
mod fit;
mod font;
mod ink;
mod layout;
mod mark;
mod plot;
mod raster;
mod sparkline;
mod svg;
mod thin;
mod time_axis;
mod unit;
mod value_axis;

pub use mark::{Mark, MarkKind};
pub use sparkline::{Sparkline, sparkline_svg};
pub use unit::Unit;

use crate::domain::time::{Instant, Span};
use chrono_tz::Tz;
use font::Fonts;
use thiserror::Error;

/// What to draw: one picture with a time axis and a value axis.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// What the chart shows, in a few words. The accessible name of an SVG, which does not paint it (the page's own
    /// heading does); painted on a PNG, which stands alone.
    pub title: &'a str,
    /// Alternative text: the finding in a sentence or two, for people who do not see the picture.
    pub description: &'a str,
    /// The time axis.
    pub span: Span,
    /// The zone whose midnights, months and hours are labelled.
    pub zone: Tz,
    /// What the values are.
    pub unit: Unit,
    /// The series, the most important one first.
    pub lines: Vec<Line<'a>>,
    /// What is usual, tinted behind the lines.
    pub envelope: Option<Envelope<'a>>,
    /// Horizontal lines: a target, an alert's factor.
    pub rules: Vec<Rule<'a>>,
    /// Vertical stretches of time behind the lines.
    pub bands: Vec<Band>,
    /// What happened at moments, each a line with a sign above the plot.
    pub marks: Vec<Mark>,
    /// Lower end of the value axis; chosen from the data if `None`. Values below are drawn at the edge.
    pub floor: Option<f64>,
    /// Upper end of the value axis; chosen from the data if `None`. Values above are drawn at the edge.
    pub ceiling: Option<f64>,
}

/// The area between two edges, tinted.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Its name in the legend.
    pub name: &'a str,
    /// Lower and upper edge at moments, oldest first; `None` is a gap.
    pub points: &'a [(Instant, Option<(f64, f64)>)],
}

/// One series.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Its name in the legend; an empty one is left out there.
    pub name: &'a str,
    /// Colour and dash.
    pub style: LineStyle,
    /// Is the area between the line and the bottom (or zero, if the axis crosses it) tinted?
    pub filled: bool,
    /// Values at moments, oldest first. `None` (and NaN and infinity) is a gap: the line ends before and begins anew
    /// after it. Points outside the chart's span are left out.
    pub points: &'a [(Instant, Option<f64>)],
}

/// The looks of a line; each has its own colour and its own dash, so that neither must be seen to tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineStyle {
    /// Solid.
    Main,
    /// Dashed.
    Second,
    /// Dotted.
    Third,
    /// Dash and dot.
    Fourth,
}

/// A horizontal line with its label at the right end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule<'a> {
    /// Where, in the chart's unit. The axis always reaches it, unless `floor` or `ceiling` keep it out.
    pub value: f64,
    /// A few words, such as `Target 99.9 %`.
    pub label: &'a str,
}

/// A stretch of time that is marked behind the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// When.
    pub span: Span,
    /// Why.
    pub kind: BandKind,
}

/// The reasons to mark a stretch of time; each has its own hatching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BandKind {
    /// The service was down.
    Outage,
    /// Nothing was measured.
    Unknown,
    /// Taken out of the judgement.
    Exclusion,
    /// Something measured left its usual.
    Anomaly,
}

impl BandKind {
    const ALL: [Self; 4] = [Self::Outage, Self::Anomaly, Self::Unknown, Self::Exclusion];

    const fn name(self) -> &'static str {
        match self {
            Self::Outage => "Outage",
            Self::Unknown => "Unknown",
            Self::Exclusion => "Excluded",
            Self::Anomaly => "Anomaly",
        }
    }
}

/// Width and height in CSS pixels. Text keeps its size at any of them, so a page draws a chart once per layout rather
/// than scale one picture down until nobody can read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub width: u32,
    /// Height, legend and axes included.
    pub height: u32,
}

impl Size {
    /// A page on a desktop.
    pub const PAGE: Self = Self { width: 1040, height: 300 };
    /// A page on a phone.
    pub const PHONE: Self = Self { width: 358, height: 260 };
    /// A mail of the usual 600 pixels.
    pub const MAIL: Self = Self { width: 600, height: 280 };
    /// Beside a row of a table.
    pub const SPARKLINE: Self = Self { width: 120, height: 28 };

    /// The largest width and height.
    pub const MAX: u32 = 4000;
}

/// The colours of a PNG, which cannot follow its surroundings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white.
    Light,
    /// Light ink on near-black.
    Dark,
}

/// Why a chart could not be drawn.
#[derive(Debug, Error)]
pub enum ChartError {
    /// Too small for axes, or so large that it would not fit in memory.
    #[error("a chart must be from {least_width} × {least_height} to 4000 × 4000 pixels; {width} × {height} is outside")]
    Size {
        /// Asked width.
        width: u32,
        /// Asked height.
        height: u32,
        /// Smallest width of this kind of chart.
        least_width: u32,
        /// Smallest height of this kind of chart.
        least_height: u32,
    },
    /// No such magnification, or too many pixels with it.
    #[error("a PNG can be drawn at scale 1 to 4 up to 32 million pixels; scale {0} is outside")]
    Scale(u32),
    /// The embedded font did not load.
    #[error("the chart font could not be read: {0}")]
    Font(#[from] ab_glyph::InvalidFont),
    /// plotters refused to draw.
    #[error("the chart could not be drawn: {0}")]
    Draw(String),
    /// The picture could not be packed.
    #[error("the chart could not be written as PNG: {0}")]
    Encode(#[from] png::EncodingError),
}

/// Smallest width and height of a chart with axes.
const LEAST: (u32, u32) = (200, 120);

/// The chart as an SVG element for a page: fluid width, colours from the page's `--chart-*` properties, text in its
/// font. It holds no `id` and no `style`, so it may stand on a page many times and under a strict CSP. `data-plot` says
/// where in the picture the span lies: left, top, right and bottom edge of the plot.
///
/// Properties (all optional, with a fallback): `--chart-1` … `--chart-4`, `--chart-grid`, `--chart-text`,
/// `--chart-rule`, `--chart-mark`, `--chart-outage`, `--chart-unknown`, `--chart-exclusion`, `--chart-anomaly`.
pub fn svg(chart: &Chart<'_>, size: Size) -> Result<String, ChartError> {
    check_size(size, LEAST)?;
    let fonts = Fonts::load_for_page()?;
    let layout = layout::Layout::of(chart, size, layout::Title::Hidden, &fonts);
    let mut canvas = svg::Svg::new(size);
    plot::draw(chart, &layout, &mut canvas)?;
    Ok(svg::document(&canvas.finish(), size, svg::Width::Fluid, Some(layout.axes.plot), chart.title, chart.description))
}

/// The same for a file that stands alone and is printed: fixed size, the colours of the light theme, set in the embedded
/// fonts.
#[cfg(feature = "pdf")]
pub fn printed_svg(chart: &Chart<'_>, size: Size) -> Result<String, ChartError> {
    check_size(size, LEAST)?;
    let fonts = Fonts::load()?;
    let layout = layout::Layout::of(chart, size, layout::Title::Hidden, &fonts);
    let mut canvas = svg::Svg::printed(size);
    plot::draw(chart, &layout, &mut canvas)?;
    Ok(svg::document(&canvas.finish(), size, svg::Width::Fixed, None, "", ""))
}

/// The chart as a PNG for a mail, with its title, on the theme's background, `scale` device pixels to a CSS pixel.
pub fn png(chart: &Chart<'_>, size: Size, theme: Theme, scale: u32) -> Result<Vec<u8>, ChartError> {
    check_size(size, LEAST)?;
    if !(1..=4).contains(&scale) || size.width * scale * size.height * scale > 32_000_000 {
        return Err(ChartError::Scale(scale));
    }
    let fonts = Fonts::load()?;
    let layout = layout::Layout::of(chart, size, layout::Title::Painted, &fonts);
    let mut canvas = raster::Raster::new(size, theme, scale, &fonts);
    plot::draw(chart, &layout, &mut canvas)?;
    canvas.encode()
}

/// How wide a text is when an em is `em` wide, in the unit of `em`: for pictures that are set in the reader's own font and
/// stretch their text to this width.
pub fn text_width(text: &str, em: f64) -> Result<f64, ChartError> {
    Ok(Fonts::load()?.generous_width(text, em))
}

fn check_size(size: Size, (least_width, least_height): (u32, u32)) -> Result<(), ChartError> {
    let Size { width, height } = size;
    let fits = (least_width..=Size::MAX).contains(&width) && (least_height..=Size::MAX).contains(&height);
    if fits { Ok(()) } else { Err(ChartError::Size { width, height, least_width, least_height }) }
}

#[cfg(test)]
mod tests;
