//! What a mark means, apart from its colour: both backends turn an ink into colour in their own way.
//!
//! plotters hands a colour through to the backend; here that colour is only the number of an ink.

use crate::chart::{BandKind, LineStyle, Theme};
use plotters::style::RGBAColor;
use plotters_backend::BackendColor;

/// Everything that can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Text,
    Grid,
    Rule,
    Mark,
    Line(LineStyle),
    Band(BandKind),
}

/// An ink's number, CSS property, its fallback on pages, and colours on paper (light, dark).
struct Row(Ink, &'static str, &'static str, (u8, u8, u8), (u8, u8, u8));

const ROWS: [Row; 12] = [
    Row(Ink::Text, "--chart-text", "currentColor", (71, 84, 103), (181, 190, 203)),
    Row(Ink::Grid, "--chart-grid", "#dfe3e9", (228, 231, 236), (47, 54, 67)),
    Row(Ink::Rule, "--chart-rule", "#8a5200", (138, 82, 0), (240, 180, 90)),
    Row(Ink::Mark, "--chart-mark", "currentColor", (45, 55, 72), (214, 220, 229)),
    Row(Ink::Line(LineStyle::Main), "--chart-1", "#1f6feb", (29, 98, 207), (110, 168, 254)),
    Row(Ink::Line(LineStyle::Second), "--chart-2", "#0f8577", (15, 123, 110), (83, 201, 184)),
    Row(Ink::Line(LineStyle::Third), "--chart-3", "#9b4fc4", (144, 67, 184), (202, 150, 240)),
    Row(Ink::Line(LineStyle::Fourth), "--chart-4", "#c2410c", (194, 65, 12), (251, 146, 96)),
    Row(Ink::Band(BandKind::Outage), "--chart-outage", "#d1372c", (201, 48, 38), (248, 113, 105)),
    Row(Ink::Band(BandKind::Unknown), "--chart-unknown", "#8792a2", (125, 136, 152), (132, 143, 160)),
    Row(Ink::Band(BandKind::Exclusion), "--chart-exclusion", "#5a7fb5", (90, 127, 181), (124, 158, 208)),
    Row(Ink::Band(BandKind::Anomaly), "--chart-anomaly", "#b4540a", (180, 84, 10), (245, 158, 66)),
];

const TEXT: &Row = &ROWS[0];

impl Ink {
    /// The stand-in colour that plotters carries, at that opacity.
    pub(super) fn at(self, opacity: f64) -> RGBAColor {
        let number = ROWS.iter().zip(0..).find(|(row, _)| row.0 == self).map_or(0, |(_, number)| number);
        RGBAColor(number, 0, 0, opacity)
    }

    /// The ink that a stand-in colour means.
    pub(super) fn of(color: BackendColor) -> Self {
        ROWS.get(usize::from(color.rgb.0)).unwrap_or(TEXT).0
    }

    fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.0 == self).unwrap_or(TEXT)
    }

    /// The CSS colour: the page's property, or the fallback.
    pub(super) fn css(self) -> String {
        let Row(_, property, fallback, ..) = self.row();
        format!("var({property},{fallback})")
    }

    /// The colour in a theme.
    pub(super) fn rgb(self, theme: Theme) -> (u8, u8, u8) {
        let Row(.., light, dark) = self.row();
        match theme {
            Theme::Light => *light,
            Theme::Dark => *dark,
        }
    }

    /// Lengths drawn and left out in turn, in CSS pixels; empty is solid.
    pub(super) const fn dashes(self) -> &'static [f64] {
        match self {
            Self::Line(LineStyle::Second) => &[7.0, 3.0],
            Self::Line(LineStyle::Third) => &[2.0, 2.5],
            Self::Line(LineStyle::Fourth) => &[9.0, 3.0, 2.0, 3.0],
            Self::Mark => &[1.5, 3.0],
            _ => &[],
        }
    }
}

/// The background of a theme.
pub(super) const fn paper(theme: Theme) -> (u8, u8, u8) {
    match theme {
        Theme::Light => (255, 255, 255),
        Theme::Dark => (21, 25, 33),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ink_survives_the_way_through_plotters() {
        for Row(ink, ..) in ROWS {
            let RGBAColor(r, g, b, alpha) = ink.at(0.5);
            assert_eq!(Ink::of(BackendColor { alpha, rgb: (r, g, b) }), ink);
        }
    }

    /// WCAG 2.2, relative luminance: 1.4.3 asks 4.5 for text, 1.4.11 asks 3 for graphics.
    #[test]
    fn lines_and_text_stand_out_from_the_paper() {
        let luminance = |(r, g, b): (u8, u8, u8)| {
            let linear = |c: u8| {
                let c = f64::from(c) / 255.0;
                if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
        };
        for theme in [Theme::Light, Theme::Dark] {
            for Row(ink, ..) in ROWS.iter().filter(|row| row.0 != Ink::Grid) {
                let (a, b) = (luminance(ink.rgb(theme)), luminance(paper(theme)));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                let demanded = if matches!(ink, Ink::Text | Ink::Rule) { 4.5 } else { 3.0 };
                assert!(contrast >= demanded, "{ink:?} in {theme:?}: {contrast:.2}");
            }
        }
    }
}
