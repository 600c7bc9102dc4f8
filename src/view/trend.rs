//! A word-sized line for a row of a table.

use super::plot::PlotError;
use crate::chart::{Size, Sparkline, Unit, sparkline_svg};
use crate::domain::time::{Instant, Span};

/// A share in percent over a stretch of time.
#[derive(Clone, Debug)]
pub struct Trend {
    /// What is to be seen, for those who do not see it: `Good events by day: lowest 99.2 %, last 99.98 %`.
    pub description: String,
    /// The stretch of time.
    pub span: Span,
    /// Percentages at moments, oldest first; `None` is a gap.
    pub points: Vec<(Instant, Option<f64>)>,
    /// What was promised, in percent.
    pub target: f64,
}

impl Trend {
    /// The line as SVG.
    pub fn draw(&self) -> Result<String, PlotError> {
        let line = Sparkline {
            description: &self.description,
            span: self.span,
            unit: Unit::Percent,
            points: &self.points,
            rule: Some(self.target),
        };
        sparkline_svg(&line, Size { width: 96, height: 28 })
    }
}
