//! Exact fractions, and the one door from integers to floats.
//!
//! Counts are integers and comparisons stay integer; a float appears only in statistics and at the last step of display.

/// An exact fraction with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    /// `numerator / denominator`; nothing if the denominator is not positive.
    #[must_use]
    pub const fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator > 0 { Some(Self { numerator, denominator }) } else { None }
    }

    /// Above the line.
    #[must_use]
    pub const fn numerator(self) -> i128 {
        self.numerator
    }

    /// Below the line, positive.
    #[must_use]
    pub const fn denominator(self) -> i128 {
        self.denominator
    }

    /// The whole number at or below the fraction.
    #[must_use]
    pub const fn floor(self) -> i128 {
        self.numerator.div_euclid(self.denominator)
    }

    /// The nearest float.
    #[must_use]
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

/// The float nearest to a count, for statistics and drawing.
#[must_use]
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
pub const fn float(count: i64) -> f64 {
    count as f64
}

/// The whole number nearest to a float, saturating; 0 for NaN.
#[must_use]
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what is asked for"
)]
pub fn nearest(value: f64) -> i64 {
    value.round() as i64
}
