//! From lengths to drawing units, and from long texts to short ones.

use crate::chart::font::{Fonts, Weight};

/// Drawing units per CSS pixel: plotters counts in whole numbers, and a line is placed finer than that.
pub(super) const UNITS_PER_PX: i32 = 10;

/// CSS pixels as drawing units, rounded.
pub(super) fn units(px: f64) -> i32 {
    whole(px * f64::from(UNITS_PER_PX))
}

/// The nearest whole number; far outside stays outside without overflow, NaN is 0.
pub(super) fn whole(value: f64) -> i32 {
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "clamped to ±1e8 before")]
    let whole = value.round().clamp(-1e8, 1e8) as i32;
    whole
}

/// The nearest `f32`, which is what the rasteriser counts in.
pub(super) fn narrow(value: f64) -> f32 {
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "rounding is the point")]
    let narrow = value as f32;
    narrow
}

/// The same number as float; differences of instants lose nothing, they are far below 2^53.
pub(super) fn wide(value: i64) -> f64 {
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "seconds of 8000 years need 38 bits")]
    let wide = value as f64;
    wide
}

/// `text`, or as much of its beginning as fits with an ellipsis; empty if not even that does.
pub(super) fn shorten(text: &str, em: f64, weight: Weight, room: f64, fonts: &Fonts) -> String {
    if fonts.width(text, em, weight) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().take(400).collect();
    while !kept.is_empty() {
        kept.pop();
        let short: String = kept.iter().collect::<String>().trim_end().chars().chain(['…']).collect();
        if fonts.width(&short, em, weight) <= room {
            return short;
        }
    }
    String::new()
}

/// `text` broken at spaces into at most two lines that fit; what does not fit is shortened.
pub(super) fn two_lines(text: &str, em: f64, room: f64, fonts: &Fonts) -> Vec<String> {
    let fits = |part: &str| fonts.width(part, em, Weight::Regular) <= room;
    if fits(text) {
        return vec![text.to_owned()];
    }
    let mut breaks = text.match_indices(' ').filter(|(at, _)| fits(&text[..*at]));
    // The longest first line, but a value stays with its unit: no break before a short tail.
    let Some((at, _)) = breaks.rfind(|(at, _)| text.len() - at > 3) else {
        return vec![shorten(text, em, Weight::Regular, room, fonts)];
    };
    let (head, tail) = (&text[..at], &text[at + 1..]);
    vec![head.to_owned(), shorten(tail, em, Weight::Regular, room, fonts)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_with_an_ellipsis_and_always_fit() {
        let fonts = Fonts::load().unwrap();
        let text = "Availability of the payment gateway";
        let short = shorten(text, 12.0, Weight::Regular, 90.0, &fonts);
        assert!(short.ends_with('…') && fonts.width(&short, 12.0, Weight::Regular) <= 90.0, "{short}");
        assert!(text.starts_with(short.trim_end_matches('…')));
        assert_eq!(shorten(text, 12.0, Weight::Regular, 1.0, &fonts), "");
        assert_eq!(shorten("short", 12.0, Weight::Regular, 90.0, &fonts), "short");
    }

    #[test]
    fn a_label_breaks_at_a_word_and_keeps_its_unit() {
        let fonts = Fonts::load().unwrap();
        assert_eq!(two_lines("Target 99.9 %", 11.0, 60.0, &fonts), ["Target", "99.9 %"]);
        assert_eq!(two_lines("Target 99.9 %", 11.0, 200.0, &fonts), ["Target 99.9 %"]);
    }

    #[test]
    fn units_never_overflow() {
        assert_eq!(units(1.26), 13);
        assert_eq!(units(f64::MAX), 100_000_000);
        assert_eq!(units(f64::NAN), 0);
    }
}
