//! The embedded font: how wide a text is, and the outlines of its letters.
//!
//! Letters are looked up along a chain of faces, so that another script is one more entry: the face that has the
//! letter draws it, and a letter that no face has shows as the first face's box rather than vanish.

use crate::chart::fit::narrow;
use ab_glyph::{Font, FontRef, Glyph, GlyphId, InvalidFont, OutlinedGlyph, Point, PxScale};

/// The faces that charts are set in, per weight in the order of search.
pub(super) struct Fonts {
    regular: Vec<FontRef<'static>>,
    bold: Vec<FontRef<'static>>,
    /// How much wider than in these faces a text may turn out.
    slack: f64,
}

/// Stroke weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

impl Fonts {
    /// The embedded faces, for pictures set in them.
    pub(super) fn load() -> Result<Self, InvalidFont> {
        let regular: &'static [u8] = include_bytes!("../../static/fonts/Inter-Regular.otf");
        let bold: &'static [u8] = include_bytes!("../../static/fonts/Inter-Bold.otf");
        let chinese: &'static [u8] = include_bytes!("../../static/fonts/NotoSansSC-GB2312.otf");
        let chinese = FontRef::try_from_slice(chinese)?;
        let (regular, bold) = (FontRef::try_from_slice(regular)?, FontRef::try_from_slice(bold)?);
        Ok(Self { regular: vec![regular, chinese.clone()], bold: vec![bold, chinese], slack: 1.0 })
    }

    /// The same for a page, which sets the text in its own font: common ones are up to an eighth wider (`DejaVu` Sans).
    pub(super) fn load_for_page() -> Result<Self, InvalidFont> {
        Ok(Self { slack: 1.125, ..Self::load()? })
    }

    /// How far the pen may move for `text` when an em is `em` wide, in the unit of `em`.
    pub(super) fn width(&self, text: &str, em: f64, weight: Weight) -> f64 {
        let letters = text.chars().filter_map(|letter| self.find(letter, weight));
        let advances = letters.map(|(face, glyph)| f64::from(face.h_advance_unscaled(glyph)) * em / units_per_em(face));
        advances.sum::<f64>() * self.slack
    }

    /// The same where another font than ours will show the letters that ours lacks: those are an em wide, as ideographs are.
    pub(super) fn generous_width(&self, text: &str, em: f64) -> f64 {
        let advance = |letter| match self.find(letter, Weight::Regular) {
            Some((face, glyph)) if glyph.0 != 0 => f64::from(face.h_advance_unscaled(glyph)) * em / units_per_em(face),
            _ => em,
        };
        text.chars().map(advance).sum()
    }

    /// The outlines of `text`, its baseline starting at `(x, y)`, in pixels of which `em` make an em.
    pub(super) fn outlines(&self, text: &str, em: f64, weight: Weight, (x, y): (f64, f64)) -> Vec<OutlinedGlyph> {
        let mut pen = x;
        let mut outlines = Vec::new();
        for (face, id) in text.chars().filter_map(|letter| self.find(letter, weight)) {
            // ab_glyph counts a size from ascender to descender, not in ems.
            let scale = PxScale::from(narrow(em * f64::from(face.height_unscaled()) / units_per_em(face)));
            let position = Point { x: narrow(pen), y: narrow(y) };
            outlines.extend(face.outline_glyph(Glyph { id, scale, position }));
            pen += f64::from(face.h_advance_unscaled(id)) * em / units_per_em(face);
        }
        outlines
    }

    fn find(&self, letter: char, weight: Weight) -> Option<(&FontRef<'static>, GlyphId)> {
        let faces = match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        };
        let has = faces.iter().map(|face| (face, face.glyph_id(letter))).find(|(_, id)| id.0 != 0);
        has.or_else(|| faces.first().map(|face| (face, GlyphId(0))))
    }
}

/// The design units of an em; 1000 is the default of the format these fonts use.
fn units_per_em(face: &FontRef<'_>) -> f64 {
    face.units_per_em().map_or(1000.0, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_wide_as_its_letters() {
        let fonts = Fonts::load().unwrap();
        let width = |text| fonts.width(text, 12.0, Weight::Regular);
        assert!((width("14:00") - width("14:") - width("00")).abs() < 1e-9);
        assert!(width("iiii") < width("mmmm"));
        assert!((fonts.width("abc", 24.0, Weight::Bold) - 2.0 * fonts.width("abc", 12.0, Weight::Bold)).abs() < 1e-9);
    }

    #[test]
    fn letters_of_european_names_are_there_and_unknown_ones_show_as_a_box() {
        let fonts = Fonts::load().unwrap();
        for letter in "Łódź Århus Čeština Ελλάδα Київ ₺ × − – … ≥ →".chars().filter(|c| *c != ' ')
        {
            assert_ne!(fonts.find(letter, Weight::Regular).unwrap().1.0, 0, "{letter}");
            assert_ne!(fonts.find(letter, Weight::Bold).unwrap().1.0, 0, "{letter}");
        }
        assert_eq!(fonts.outlines("\u{1F980}", 12.0, Weight::Regular, (0.0, 0.0)).len(), 1, "the box");
    }
}
