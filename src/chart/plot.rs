//! Draws a laid-out chart on any backend.

use crate::chart::fit::{UNITS_PER_PX, units};
use crate::chart::ink::Ink;
use crate::chart::layout::{Axes, Frame, LABEL_EM, Layout, RULE_LINE, SMALL_EM, SWATCH, SWATCH_GAP, Swatch, TITLE_EM};
use crate::chart::thin::Point;
use crate::chart::time_axis::TimeAxis;
use crate::chart::value_axis::ValueAxis;
use crate::chart::{BandKind, Chart, ChartError, LineStyle};
use crate::domain::time::Minute;
use crate::language::say;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, IntoFont, ShapeStyle, TextStyle};
use plotters_backend::DrawingBackend;

/// From a text's middle down to its baseline, in ems: half of Inter's capitals.
const MIDDLE: f64 = 0.36;
/// Height of the strip at the foot of the plot that shows short bands too.
const STRIP: f64 = 4.0;

/// What is usual has the colour of the second line, which stands for it.
const ENVELOPE: Ink = Ink::Line(LineStyle::Second);
const TINT: f64 = 0.2;

/// Draws the chart.
pub(super) fn draw<B: DrawingBackend>(chart: &Chart<'_>, layout: &Layout, canvas: B) -> Result<(), ChartError> {
    let pen = Pen { area: canvas.into_drawing_area() };
    if let Some(title) = &layout.title {
        pen.text(title, (14.0, 25.0), TITLE_EM, FontStyle::Bold, HPos::Left, Ink::Text)?;
    }
    draw_legend(&pen, layout)?;
    // Behind a sentence, hatching would only be in the way; the strips at the foot remain.
    if !layout.is_empty() {
        draw_bands(&pen, chart, layout)?;
    }
    draw_axes(&pen, layout)?;
    if layout.is_empty() {
        let Frame { left, right, top, bottom } = layout.axes.plot;
        let middle = (f64::midpoint(left, right), f64::midpoint(top, bottom) + MIDDLE * 14.0);
        pen.text(&say!("No data in this range"), middle, 14.0, FontStyle::Normal, HPos::Center, Ink::Text)?;
    }
    draw_envelope(&pen, layout)?;
    draw_rules(&pen, layout)?;
    draw_marks(&pen, layout)?;
    for (line, runs) in chart.lines.iter().zip(&layout.runs).rev() {
        pen.series(runs, &layout.axes, line.style, line.filled)?;
    }
    for kind in BandKind::ALL.into_iter().rev() {
        for frame in band_frames(chart, layout, kind) {
            pen.strip(frame, kind)?;
        }
    }
    pen.area.present().map_err(refused)
}

/// Draws one line without axes, as sparklines have it.
pub(super) fn draw_bare<B: DrawingBackend>(
    runs: &[Vec<Point>],
    axes: &Axes,
    rule: Option<f64>,
    canvas: B,
) -> Result<(), ChartError> {
    let pen = Pen { area: canvas.into_drawing_area() };
    if let Some(y) = rule.filter(|value| axes.values.contains(*value)).map(|value| crisp(axes.y(value))) {
        pen.line(&[(axes.plot.left, y), (axes.plot.right, y)], Ink::Rule, 0.7, 1.0)?;
    }
    pen.series(runs, axes, LineStyle::Main, false)?;
    pen.area.present().map_err(refused)
}

fn draw_legend<B: DrawingBackend>(pen: &Pen<B>, layout: &Layout) -> Result<(), ChartError> {
    for item in &layout.legend {
        let end = item.x + SWATCH;
        let text_x = match item.swatch {
            Swatch::Line(style) => {
                pen.line(&[(item.x, item.y), (end, item.y)], Ink::Line(style), 1.0, 2.0)?;
                end + SWATCH_GAP
            }
            Swatch::Band(kind) => {
                let frame = Frame { left: item.x, right: end, top: item.y - 6.0, bottom: item.y + 6.0 };
                pen.tint(frame, kind)?;
                pen.hatch(frame, kind)?;
                pen.strip(frame, kind)?;
                end + SWATCH_GAP
            }
            Swatch::Envelope => {
                pen.rect(Frame { left: item.x, right: end, top: item.y - 6.0, bottom: item.y + 6.0 }, ENVELOPE, TINT)?;
                end + SWATCH_GAP
            }
            Swatch::Mark(kind) => {
                pen.shape(kind.sign((item.x + SWATCH / 2.0, item.y)), Ink::Mark)?;
                end + SWATCH_GAP
            }
            Swatch::None => item.x,
        };
        let at = (text_x, item.y + MIDDLE * LABEL_EM);
        pen.text(&item.text, at, LABEL_EM, FontStyle::Normal, HPos::Left, Ink::Text)?;
    }
    Ok(())
}

fn draw_envelope<B: DrawingBackend>(pen: &Pen<B>, layout: &Layout) -> Result<(), ChartError> {
    let axes = &layout.axes;
    for run in &layout.envelope {
        let high = run.iter().map(|(at, _, high)| (axes.x(*at), axes.y(*high)));
        let low = run.iter().rev().map(|(at, low, _)| (axes.x(*at), axes.y(*low)));
        let outline: Vec<_> = high.chain(low).map(|(x, y)| (units(x), units(y))).collect();
        pen.area.draw(&Polygon::new(outline, fill(ENVELOPE, TINT))).map_err(refused)?;
    }
    Ok(())
}

fn draw_bands<B: DrawingBackend>(pen: &Pen<B>, chart: &Chart<'_>, layout: &Layout) -> Result<(), ChartError> {
    // Outages last, on top: they are what people look for.
    for kind in BandKind::ALL.into_iter().rev() {
        for frame in band_frames(chart, layout, kind) {
            pen.tint(frame, kind)?;
            pen.hatch(frame, kind)?;
        }
    }
    Ok(())
}

/// The rectangles of one kind of band: at least a visible sliver each, merged where they touch, so that a thousand
/// short outages are no more marks than the plot has room for.
fn band_frames(chart: &Chart<'_>, layout: &Layout, kind: BandKind) -> Vec<Frame> {
    const SLIVER: f64 = 2.5;
    let Frame { right, top, bottom, .. } = layout.axes.plot;
    let x = |minute: Minute| layout.axes.x(minute.start());
    let visible = chart.bands.iter().filter(|band| band.kind == kind).map(|band| band.span.intersect(chart.span));
    let mut ends: Vec<(f64, f64)> =
        visible.filter(|span| !span.is_empty()).map(|span| (x(span.start()), x(span.end()))).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut frames: Vec<Frame> = Vec::new();
    for (from, to) in ends {
        let from = from.min(right - SLIVER);
        let to = to.max(from + SLIVER);
        match frames.last_mut() {
            Some(last) if from <= last.right + 0.5 => last.right = last.right.max(to),
            _ => frames.push(Frame { left: from, right: to, top, bottom }),
        }
    }
    frames
}

/// A sign for each mark, a line to the right for as long as it lasted, and one down to the foot of the plot.
fn draw_marks<B: DrawingBackend>(pen: &Pen<B>, layout: &Layout) -> Result<(), ChartError> {
    let foot = layout.axes.plot.bottom;
    for place in &layout.marks {
        let x = crisp(place.x);
        pen.line(&[(x, place.y), (x, foot)], Ink::Mark, 0.8, 1.0)?;
        if let Some(end) = place.end {
            pen.rect(Frame { left: x, right: end, top: place.y - 1.0, bottom: place.y + 1.0 }, Ink::Mark, 1.0)?;
        }
    }
    layout.marks.iter().try_for_each(|place| pen.shape(place.kind.sign((crisp(place.x), place.y)), Ink::Mark))
}

fn draw_axes<B: DrawingBackend>(pen: &Pen<B>, layout: &Layout) -> Result<(), ChartError> {
    let Frame { left, right, bottom, .. } = layout.axes.plot;
    for tick in &layout.value_ticks {
        let y = crisp(layout.axes.y(tick.value));
        let foot = (y - bottom).abs() < 1.0;
        if !foot {
            pen.line(&[(left, y), (right, y)], Ink::Grid, 1.0, 1.0)?;
        }
        let at = (left - 9.0, y + MIDDLE * LABEL_EM);
        pen.text(&tick.label, at, LABEL_EM, FontStyle::Normal, HPos::Right, Ink::Text)?;
    }
    if layout.axes.values.crosses_zero() && !layout.is_empty() {
        let zero = crisp(layout.axes.y(0.0));
        pen.line(&[(left, zero), (right, zero)], Ink::Text, 0.55, 1.0)?;
    }
    let foot = crisp(bottom);
    pen.line(&[(left, foot), (right, foot)], Ink::Text, 0.55, 1.0)?;
    for tick in &layout.time_ticks {
        let x = crisp(layout.axes.x(tick.at));
        pen.line(&[(x, foot), (x, foot + 4.0)], Ink::Text, 0.55, 1.0)?;
        let at = (x, bottom + 18.0);
        pen.text(&tick.label, at, LABEL_EM, FontStyle::Normal, HPos::Center, Ink::Text)?;
    }
    let caption = bottom + 35.0;
    pen.text(&layout.range, (left, caption), SMALL_EM, FontStyle::Normal, HPos::Left, Ink::Text)?;
    pen.text(&layout.zone, (right, caption), SMALL_EM, FontStyle::Normal, HPos::Right, Ink::Text)
}

fn draw_rules<B: DrawingBackend>(pen: &Pen<B>, layout: &Layout) -> Result<(), ChartError> {
    let Frame { left, right, .. } = layout.axes.plot;
    for rule in &layout.rules {
        let y = crisp(layout.axes.y(rule.value));
        // The end bends towards a label that had to make way.
        let end = if (rule.y - y).abs() < 1.0 { y } else { rule.y };
        pen.line(&[(left, y), (right, y), (right + 6.0, end)], Ink::Rule, 1.0, 1.2)?;
        let mut middle = rule.y - RULE_LINE / 2.0 * rule.lines.iter().skip(1).map(|_| 1.0).sum::<f64>();
        for line in &rule.lines {
            let at = (right + 10.0, middle + MIDDLE * SMALL_EM);
            pen.text(line, at, SMALL_EM, FontStyle::Normal, HPos::Left, Ink::Rule)?;
            middle += RULE_LINE;
        }
    }
    Ok(())
}

/// Is a band wide enough for a hatching to show?
fn has_room(frame: Frame) -> bool {
    frame.right - frame.left >= 5.0
}

/// Half a pixel below a whole one, so that a hairline fills exactly one row of pixels.
fn crisp(px: f64) -> f64 {
    px.floor() + 0.5
}

/// Draws shapes given in CSS pixels.
struct Pen<B: DrawingBackend> {
    area: DrawingArea<B, Shift>,
}

impl<B: DrawingBackend> Pen<B> {
    fn line(&self, points: &[(f64, f64)], ink: Ink, opacity: f64, width: f64) -> Result<(), ChartError> {
        let points: Vec<(i32, i32)> = points.iter().map(|(x, y)| (units(*x), units(*y))).collect();
        self.area.draw(&PathElement::new(points, stroke(ink, opacity, width))).map_err(refused)
    }

    fn rect(&self, frame: Frame, ink: Ink, opacity: f64) -> Result<(), ChartError> {
        let corners = [(units(frame.left), units(frame.top)), (units(frame.right), units(frame.bottom))];
        self.area.draw(&Rectangle::new(corners, fill(ink, opacity))).map_err(refused)
    }

    fn shape(&self, corners: Vec<(f64, f64)>, ink: Ink) -> Result<(), ChartError> {
        let corners: Vec<_> = corners.into_iter().map(|(x, y)| (units(x), units(y))).collect();
        self.area.draw(&Polygon::new(corners, fill(ink, 1.0))).map_err(refused)
    }

    /// `y` is the baseline.
    fn text(
        &self,
        text: &str,
        (x, y): (f64, f64),
        em: f64,
        weight: FontStyle,
        anchor: HPos,
        ink: Ink,
    ) -> Result<(), ChartError> {
        if text.is_empty() {
            return Ok(());
        }
        let font = ("sans-serif", em * f64::from(UNITS_PER_PX), weight).into_font();
        let color = ink.at(1.0);
        let style = TextStyle::from(font).color(&color).pos(Pos::new(anchor, VPos::Bottom));
        self.area.draw(&Text::new(text, (units(x), units(y)), style)).map_err(refused)
    }

    fn tint(&self, frame: Frame, kind: BandKind) -> Result<(), ChartError> {
        self.rect(frame, Ink::Band(kind), if has_room(frame) { 0.1 } else { 0.4 })
    }

    fn hatch(&self, frame: Frame, kind: BandKind) -> Result<(), ChartError> {
        let lines = if has_room(frame) { hatching(frame, kind) } else { Vec::new() };
        lines.into_iter().try_for_each(|(from, to)| self.line(&[from, to], Ink::Band(kind), 0.5, 1.0))
    }

    fn strip(&self, frame: Frame, kind: BandKind) -> Result<(), ChartError> {
        self.rect(Frame { top: frame.bottom - STRIP, ..frame }, Ink::Band(kind), 1.0)
    }

    /// The runs of one series; a run of a single point is a dot.
    fn series(&self, runs: &[Vec<Point>], axes: &Axes, style: LineStyle, filled: bool) -> Result<(), ChartError> {
        let ink = Ink::Line(style);
        let Frame { left, right, top, bottom } = axes.plot;
        let pixels = (units(left)..units(right), units(bottom)..units(top));
        let coordinates = Cartesian2d::<TimeAxis, ValueAxis>::new(axes.time, axes.values.clone(), pixels);
        let plot = self.area.apply_coord_spec(coordinates);
        let base = axes.values.base();
        if filled {
            for run in runs.iter().filter(|run| run.len() > 1) {
                let ends = [run.last(), run.first()].into_iter().flatten().map(|(at, _)| (*at, base));
                let outline: Vec<_> = run.iter().copied().chain(ends).collect();
                plot.draw(&Polygon::new(outline, fill(ink, 0.13))).map_err(refused)?;
            }
        }
        for run in runs.iter().filter(|run| run.len() > 1) {
            plot.draw(&PathElement::new(run.clone(), stroke(ink, 1.0, 1.7))).map_err(refused)?;
        }
        for run in runs.iter().filter(|run| run.len() == 1) {
            let dot: Vec<_> = run.iter().chain(run).copied().collect();
            plot.draw(&PathElement::new(dot, stroke(ink, 1.0, 3.0))).map_err(refused)?;
        }
        Ok(())
    }
}

fn stroke(ink: Ink, opacity: f64, width: f64) -> ShapeStyle {
    let stroke_width = u32::try_from(units(width)).unwrap_or(1);
    ShapeStyle { color: ink.at(opacity), filled: false, stroke_width }
}

fn fill(ink: Ink, opacity: f64) -> ShapeStyle {
    ShapeStyle { color: ink.at(opacity), filled: true, stroke_width: 0 }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn refused<E: std::error::Error + Send + Sync>(error: DrawingAreaErrorKind<E>) -> ChartError {
    ChartError::Draw(error.to_string())
}

/// The lines of a band's hatching, cut at its frame: rising for outages, falling and wider for the unknown, level for
/// exclusions, upright for anomalies. All bands share one grid, so neighbours match.
fn hatching(frame: Frame, kind: BandKind) -> Vec<((f64, f64), (f64, f64))> {
    let Frame { left, right, top, bottom } = frame;
    let (apart, from, to) = match kind {
        BandKind::Outage => (6.0, left + top, right + bottom),
        BandKind::Unknown => (9.0, left - bottom, right - top),
        BandKind::Exclusion => (6.0, top, bottom),
        BandKind::Anomaly => (6.0, left, right),
    };
    let mut lines = Vec::new();
    let mut c = (from / apart).floor() * apart + apart;
    while c < to {
        lines.push(match kind {
            BandKind::Outage => {
                let (a, b) = (left.max(c - bottom), right.min(c - top));
                ((a, c - a), (b, c - b))
            }
            BandKind::Unknown => {
                let (a, b) = (left.max(c + top), right.min(c + bottom));
                ((a, a - c), (b, b - c))
            }
            BandKind::Exclusion => ((left, c), (right, c)),
            BandKind::Anomaly => ((c, top), (c, bottom)),
        });
        c += apart;
    }
    lines
}
