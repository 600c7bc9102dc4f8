//! The SVG backend: sub-pixel coordinates, one path per run of marks that look the same, colours as CSS variables.

use crate::chart::fit::{UNITS_PER_PX, units};
use crate::chart::ink::Ink;
use crate::chart::layout::Frame;
use crate::chart::{Size, Theme};
use plotters::style::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
};
use std::convert::Infallible;
use std::fmt::Write as _;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// The marks drawn so far, as SVG text.
pub(super) struct Svg {
    size: Size,
    /// Are colours the light theme's instead of the page's?
    is_printed: bool,
    out: String,
    /// The path being gathered: its attributes and its `d`.
    pending: Option<(String, String)>,
}

/// How wide the element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// As wide as its container.
    Fluid,
    /// As wide as it was drawn.
    Fixed,
}

impl Svg {
    pub(super) fn new(size: Size) -> Self {
        Self { size, is_printed: false, out: String::new(), pending: None }
    }

    /// One that brings its colours itself.
    #[cfg(feature = "pdf")]
    pub(super) fn printed(size: Size) -> Self {
        Self { is_printed: true, ..Self::new(size) }
    }

    fn css(&self, color: BackendColor) -> String {
        let ink = Ink::of(color);
        if !self.is_printed {
            return ink.css();
        }
        let (red, green, blue) = ink.rgb(Theme::Light);
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// The marks.
    pub(super) fn finish(mut self) -> String {
        self.flush();
        self.out
    }

    fn flush(&mut self) {
        if let Some((attributes, d)) = self.pending.take() {
            self.out.extend(["<path ", &attributes, " d=\"", &d, "\"/>"]);
        }
    }

    /// Adds to the pending path if it looks the same. Translucent strokes may cross, so those stay in one path too:
    /// crossing lines of one path do not darken each other.
    fn path(&mut self, attributes: String, d: &str) {
        match &mut self.pending {
            Some((same, path)) if *same == attributes => path.push_str(d),
            _ => {
                self.flush();
                self.pending = Some((attributes, d.to_owned()));
            }
        }
    }

    fn filled(&mut self, color: BackendColor, corners: impl IntoIterator<Item = BackendCoord>) {
        let attributes = format!("fill=\"{}\"{}", self.css(color), opacity("fill", color.alpha));
        self.path(attributes, &(steps(corners) + "z"));
    }
}

impl DrawingBackend for &mut Svg {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let per_px = UNITS_PER_PX.unsigned_abs();
        (self.size.width * per_px, self.size.height * per_px)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        self.flush();
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.filled(color, [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]);
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (x0, y0): BackendCoord,
        (x1, y1): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)];
        if !fill {
            return self.draw_path(corners.into_iter().chain([(x0, y0)]), style);
        }
        self.filled(style.color(), corners);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let points: Vec<BackendCoord> = path.into_iter().collect();
        let ink = Ink::of(style.color());
        let mut attributes =
            format!("stroke=\"{}\"{}", self.css(style.color()), opacity("stroke", style.color().alpha));
        let width = i32::try_from(style.stroke_width()).unwrap_or(UNITS_PER_PX);
        if width != UNITS_PER_PX {
            let _infallible = write!(attributes, " stroke-width=\"{}\"", decimal(width));
        }
        let is_dot = points.windows(2).all(|pair| pair.first() == pair.last());
        if !ink.dashes().is_empty() && !is_dot {
            let lengths: Vec<String> = ink.dashes().iter().map(|length| decimal(units(*length))).collect();
            let _infallible = write!(attributes, " stroke-dasharray=\"{}\" stroke-linecap=\"butt\"", lengths.join(" "));
        }
        self.path(attributes, &steps(points));
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Drawn {
        self.filled(style.color(), corners);
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        self.flush();
        let anchor = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Center => " text-anchor=\"middle\"",
            HPos::Right => " text-anchor=\"end\"",
        };
        let weight = if matches!(style.style(), FontStyle::Bold) { " font-weight=\"bold\"" } else { "" };
        let em = decimal(units(style.size() / f64::from(UNITS_PER_PX)));
        let (x, y, fill, text) = (decimal(x), decimal(y), self.css(style.color()), escaped(text));
        let _infallible = write!(
            self.out,
            "<text x=\"{x}\" y=\"{y}\"{anchor} font-size=\"{em}\"{weight} fill=\"{fill}\" stroke=\"none\">{text}</text>"
        );
        Ok(())
    }
}

/// The whole element around `marks`.
pub(super) fn document(
    marks: &str,
    size: Size,
    width: Width,
    plot: Option<Frame>,
    title: &str,
    description: &str,
) -> String {
    let Size { width: w, height: h } = size;
    let width = match width {
        Width::Fluid => "width=\"100%\"".to_owned(),
        Width::Fixed => format!("width=\"{w}\" height=\"{h}\""),
    };
    let plot = plot.map_or_else(String::new, |Frame { left, top, right, bottom }| {
        format!(" data-plot=\"{}\"", [left, top, right, bottom].map(|px| decimal(units(px))).join(" "))
    });
    let describe = |tag: &str, text: &str| {
        if text.is_empty() { String::new() } else { format!("<{tag}>{}</{tag}>", escaped(text)) }
    };
    let (title, description) = (describe("title", title), describe("desc", description));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" class=\"chart\" viewBox=\"0 0 {w} {h}\" {width}{plot}>\
         {title}{description}<g fill=\"none\" stroke-linejoin=\"round\" stroke-linecap=\"round\">{marks}</g></svg>"
    )
}

fn opacity(what: &str, alpha: f64) -> String {
    if alpha < 1.0 { format!(" {what}-opacity=\"{alpha}\"") } else { String::new() }
}

/// An absolute start and relative steps, as short as SVG allows.
fn steps(points: impl IntoIterator<Item = BackendCoord>) -> String {
    let mut d = String::new();
    let mut last = (0, 0);
    for ((x, y), n) in points.into_iter().zip(0_usize..) {
        let (dx, dy) = (decimal(x - last.0), decimal(y - last.1));
        // After the first step a separator does, and before a minus sign not even that.
        d.push_str(match n {
            0 => "M",
            1 => "l",
            _ if dx.starts_with('-') => "",
            _ => " ",
        });
        d.push_str(&dx);
        if !dy.starts_with('-') {
            d.push(' ');
        }
        d.push_str(&dy);
        last = (x, y);
    }
    d
}

/// Tenths as a decimal number without idle digits: 12 is `1.2`, -5 is `-.5`.
fn decimal(tenths: i32) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, tenth) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    match (whole, tenth) {
        (_, 0) => format!("{sign}{whole}"),
        (0, _) => format!("{sign}.{tenth}"),
        _ => format!("{sign}{whole}.{tenth}"),
    }
}

/// Text for XML and HTML alike; control characters, which neither allows, are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_whitespace() => out.push(' '),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_short_and_still_exact() {
        assert_eq!(steps([(100, 205), (105, 200), (95, 200), (95, 231)]), "M10 20.5l.5-.5-1 0 0 3.1");
        assert_eq!(decimal(-1), "-.1");
    }

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(escaped("</title><script>\u{0}a('&\"\n"), "&lt;/title&gt;&lt;script&gt;a(&#39;&amp;&quot; ");
    }
}
