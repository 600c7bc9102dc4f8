//! The PNG backend: exact area coverage, so thin lines stay crisp and letters stand where the font says.
//!
//! Every shape becomes an outline, and `ab_glyph`, which rasterises letters anyway, says how much of each pixel it covers.

use crate::chart::fit::{UNITS_PER_PX, narrow, whole};
use crate::chart::font::{Fonts, Weight};
use crate::chart::ink::{self, Ink};
use crate::chart::{ChartError, Size, Theme};
use ab_glyph::{Glyph, GlyphId, Outline, OutlineCurve, OutlinedGlyph, PxScale, PxScaleFactor, Rect, point};
use plotters::style::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::f64::consts::{FRAC_PI_2, PI};
use std::iter::repeat_n;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;
/// A place in device pixels.
type Place = (f64, f64);

/// Shades of an edge: more are hardly seen, and the picture would need more colours than a palette has.
const SHADES: f64 = 12.0;

/// The picture being painted.
pub(super) struct Raster<'a> {
    size: Size,
    width: u32,
    height: u32,
    /// Device pixels per drawing unit.
    scale: f64,
    theme: Theme,
    fonts: &'a Fonts,
    /// Every pixel, row by row.
    pixels: Vec<[u8; 3]>,
    /// How much of each pixel the current mark covers; all zero between marks.
    cover: Vec<f32>,
}

impl<'a> Raster<'a> {
    pub(super) fn new(size: Size, theme: Theme, scale: u32, fonts: &'a Fonts) -> Self {
        let (width, height) = (size.width * scale, size.height * scale);
        let count = usize::try_from(u64::from(width) * u64::from(height)).unwrap_or(0);
        let (r, g, b) = ink::paper(theme);
        let scale = f64::from(scale) / f64::from(UNITS_PER_PX);
        Self { size, width, height, scale, theme, fonts, pixels: vec![[r, g, b]; count], cover: vec![0.0; count] }
    }

    /// The picture as a PNG file, with a palette if it has few enough colours (half the size).
    pub(super) fn encode(&self) -> Result<Vec<u8>, ChartError> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width, self.height);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        // Flat colours repeat exactly; differences between neighbours do not.
        encoder.set_filter(png::Filter::NoFilter);
        let same = |a: &[u8; 3], b: &[u8; 3]| a == b;
        let colors: BTreeSet<[u8; 3]> = self.pixels.chunk_by(same).filter_map(<[_]>::first).copied().collect();
        let numbers: BTreeMap<[u8; 3], u8> = colors.iter().copied().zip(0..=u8::MAX).collect();
        let data: Vec<u8> = if numbers.len() == colors.len() {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(colors.iter().flatten().copied().collect::<Vec<u8>>());
            let numbered = |run: &[[u8; 3]]| run.first().and_then(|color| numbers.get(color)).map(|n| (*n, run.len()));
            self.pixels.chunk_by(same).filter_map(numbered).flat_map(|(n, count)| repeat_n(n, count)).collect()
        } else {
            encoder.set_color(png::ColorType::Rgb);
            self.pixels.as_flattened().to_vec()
        };
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&data)?;
        writer.finish()?;
        Ok(file)
    }

    fn place(&self, (x, y): BackendCoord) -> Place {
        (f64::from(x) * self.scale, f64::from(y) * self.scale)
    }

    fn index(&self, x: i32, y: i32) -> Option<usize> {
        let (x, y) = (u32::try_from(x).ok()?, u32::try_from(y).ok()?);
        let inside = x < self.width && y < self.height;
        inside.then(|| usize::try_from(u64::from(y) * u64::from(self.width) + u64::from(x)).ok()).flatten()
    }

    /// Paints the union of `shapes` in one go, so that where they overlap a translucent colour does not darken.
    fn paint(&mut self, shapes: &[OutlinedGlyph], color: BackendColor) {
        let mut touched = Vec::new();
        for shape in shapes {
            let corner = shape.px_bounds().min;
            let (left, top) = (whole(corner.x.into()), whole(corner.y.into()));
            shape.draw(|x, y, share| {
                let at = |origin: i32, offset: u32| origin.saturating_add(i32::try_from(offset).unwrap_or(i32::MAX));
                if let Some(index) = self.index(at(left, x), at(top, y))
                    && let Some(cover) = self.cover.get_mut(index)
                {
                    if *cover == 0.0 && share > 0.0 {
                        touched.push(index);
                    }
                    *cover = cover.max(share.min(1.0));
                }
            });
        }
        let (r, g, b) = Ink::of(color).rgb(self.theme);
        for index in touched {
            if let (Some(pixel), Some(cover)) = (self.pixels.get_mut(index), self.cover.get_mut(index)) {
                let share = (f64::from(std::mem::take(cover)) * SHADES).round() / SHADES * color.alpha;
                for (channel, ink) in pixel.iter_mut().zip([r, g, b]) {
                    *channel = blend(*channel, ink, share);
                }
            }
        }
    }
}

impl DrawingBackend for &mut Raster<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let per_px = UNITS_PER_PX.unsigned_abs();
        (self.size.width * per_px, self.size.height * per_px)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect((x, y), (x + 1, y + 1), &color, true)
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
        if fill {
            self.fill_polygon(corners, style)
        } else {
            self.draw_path(corners.into_iter().chain([(x0, y0)]), style)
        }
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let points: Vec<Place> = path.into_iter().map(|at| self.place(at)).collect();
        let width = f64::from(style.stroke_width()) * self.scale;
        let pattern = Ink::of(style.color()).dashes();
        let lengths: Vec<f64> = pattern.iter().map(|length| length * self.scale * f64::from(UNITS_PER_PX)).collect();
        let strokes = if lengths.is_empty() { vec![points] } else { dashed(&points, &lengths, width) };
        let segments = strokes.iter().flat_map(|stroke| stroke.windows(2));
        let capsules: Vec<OutlinedGlyph> = segments
            .filter_map(|pair| match pair {
                [from, to] => Some(outlined(&capsule(*from, *to, width / 2.0))),
                _ => None,
            })
            .collect();
        self.paint(&capsules, style.color());
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Drawn {
        let corners: Vec<Place> = corners.into_iter().map(|at| self.place(at)).collect();
        self.paint(&[outlined(&corners)], style.color());
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let em = style.size() * self.scale;
        let weight = if matches!(style.style(), FontStyle::Bold) { Weight::Bold } else { Weight::Regular };
        let width = self.fonts.width(text, em, weight);
        let (x, y) = self.place(at);
        let x = match style.anchor().h_pos {
            HPos::Left => x,
            HPos::Center => x - width / 2.0,
            HPos::Right => x - width,
        };
        // A baseline on a whole pixel gives all letters the same sharp foot.
        let glyphs = self.fonts.outlines(text, em, weight, (x, y.round()));
        self.paint(&glyphs, style.color());
        Ok(())
    }
}

/// `under` covered by `over` to that share.
fn blend(under: u8, over: u8, share: f64) -> u8 {
    let mixed = f64::from(under) + (f64::from(over) - f64::from(under)) * share.clamp(0.0, 1.0);
    u8::try_from(whole(mixed)).unwrap_or(over)
}

/// A closed polygon as `ab_glyph` rasterises it; it counts upwards, pictures count downwards.
fn outlined(corners: &[Place]) -> OutlinedGlyph {
    let points: Vec<_> = corners.iter().map(|(x, y)| point(narrow(*x), -narrow(*y))).collect();
    let ends = points.iter().cycle().skip(1);
    let curves = points.iter().zip(ends).map(|(from, to)| OutlineCurve::Line(*from, *to)).collect();
    let least = |pick: fn(&ab_glyph::Point) -> f32| points.iter().map(pick).reduce(f32::min).unwrap_or_default();
    let most = |pick: fn(&ab_glyph::Point) -> f32| points.iter().map(pick).reduce(f32::max).unwrap_or_default();
    let bounds = Rect { min: point(least(|p| p.x), most(|p| p.y)), max: point(most(|p| p.x), least(|p| p.y)) };
    let glyph = Glyph { id: GlyphId(0), scale: PxScale::from(1.0), position: point(0.0, 0.0) };
    OutlinedGlyph::new(glyph, Outline { bounds, curves }, PxScaleFactor { horizontal: 1.0, vertical: 1.0 })
}

/// A line with round ends as a polygon.
fn capsule(from: Place, to: Place, radius: f64) -> Vec<Place> {
    const STEPS: u32 = 8;
    let heading = (to.1 - from.1).atan2(to.0 - from.0);
    let half = |center: Place, start: f64| {
        (0..=STEPS).map(move |n| {
            let angle = start + PI * f64::from(n) / f64::from(STEPS);
            (center.0 + radius * angle.cos(), center.1 + radius * angle.sin())
        })
    };
    half(to, heading - FRAC_PI_2).chain(half(from, heading + FRAC_PI_2)).collect()
}

/// The drawn pieces of a dashed path. Round ends lengthen each by the line's width, so each is made that much shorter.
fn dashed(points: &[Place], lengths: &[f64], width: f64) -> Vec<Vec<Place>> {
    let is_dot = points.windows(2).all(|pair| pair.first() == pair.last());
    if is_dot {
        return vec![points.to_vec()];
    }
    let even = [true, false].into_iter().cycle();
    let adjusted = lengths.iter().zip(even).map(|(length, drawn)| {
        let by = if drawn { -width } else { width };
        ((length + by).max(0.1), drawn)
    });
    let adjusted: Vec<(f64, bool)> = adjusted.collect();
    let mut pattern = adjusted.iter().copied().cycle();
    let (mut left, mut drawn) = pattern.next().unwrap_or((f64::INFINITY, true));
    let mut pieces: Vec<Vec<Place>> = vec![points.iter().take(1).copied().collect()];
    for pair in points.windows(2) {
        let [mut from, to] = *pair else { continue };
        loop {
            let distance = (to.0 - from.0).hypot(to.1 - from.1);
            if distance <= left {
                left -= distance;
                if drawn && let Some(piece) = pieces.last_mut() {
                    piece.push(to);
                }
                break;
            }
            let share = left / distance;
            from = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            if drawn && let Some(piece) = pieces.last_mut() {
                piece.push(from);
            }
            (left, drawn) = pattern.next().unwrap_or((f64::INFINITY, true));
            if drawn {
                pieces.push(vec![from]);
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(pieces: &[Vec<Place>]) -> f64 {
        pieces.iter().flat_map(|p| p.windows(2)).map(|p| (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1)).sum()
    }

    #[test]
    fn dashes_follow_the_path_around_corners() {
        // 40 pixels of path; with round ends of width 1 a dash of 5 and a gap of 3 become 4 and 4: half is drawn.
        let path = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (30.0, 10.0)];
        let pieces = dashed(&path, &[5.0, 3.0], 1.0);
        assert_eq!(pieces.len(), 5);
        assert!((length(&pieces) - 20.0).abs() < 1e-9, "{pieces:?}");
        assert_eq!(pieces[1], [(8.0, 0.0), (10.0, 0.0), (10.0, 2.0)]);
    }

    #[test]
    fn a_line_covers_as_much_as_it_is_wide() {
        // A level line 4 long and 2 wide with round ends of radius 1: 4 × 2 + π × 1² (a polygon of 16 corners: 3.06).
        let mut area = 0.0;
        outlined(&capsule((5.25, 5.5), (9.25, 5.5), 1.0)).draw(|_, _, share| area += f64::from(share));
        assert!((area - 11.06).abs() < 0.02, "{area}");
    }
}
