//! Charts on a page: drawn twice, for desks and for phones, so that their text keeps its size on both.

use crate::chart::{self, Band, BandKind, Envelope, Line, LineStyle, Rule, Size, Unit};
use crate::domain::time::{Instant, Span};
use crate::language;
use chrono_tz::Tz;

/// Why a chart could not be drawn.
pub use crate::chart::ChartError as PlotError;
pub use crate::chart::{Mark, MarkKind};

/// Values at moments, oldest first; `None` is a gap.
pub type Points = Vec<(Instant, Option<f64>)>;

/// Lower and upper edge at moments, oldest first; `None` is a gap.
pub type Edges = Vec<(Instant, Option<(f64, f64)>)>;

/// What the values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Percentages: 99.95 is `99.95 %`.
    Percent,
    /// A multiple, such as a burn rate.
    Factor,
    /// Counts.
    Events,
    /// Durations in seconds, written in the unit that suits them.
    Seconds,
}

/// What to draw.
#[derive(Clone, Debug)]
pub struct Plot<'a> {
    /// Its name, for whoever does not see it.
    pub title: &'a str,
    /// What it shows, in a sentence.
    pub description: &'a str,
    /// The time axis.
    pub span: Span,
    /// The zone of its labels.
    pub zone: Tz,
    /// What the values are.
    pub shows: Shows,
    /// The series by name, at most four; the most important one first.
    pub lines: Vec<(String, Points)>,
    /// Is the area under the first line tinted?
    pub filled: bool,
    /// Horizontal lines with their labels.
    pub rules: Vec<(f64, String)>,
    /// Outages, marked behind the lines.
    pub outages: &'a [Span],
    /// When something left its usual, marked behind the lines.
    pub anomalies: &'a [Span],
    /// What is usual, tinted behind the lines.
    pub usual: Option<&'a Edges>,
    /// Unknown time, marked behind the lines.
    pub unknown: &'a [Span],
    /// What exclusions take out, marked behind the lines.
    pub excluded: &'a [Span],
    /// What happened at moments.
    pub marks: &'a [Mark],
    /// The lower end of the value axis, if it is not to follow the data; values below are drawn at the edge.
    pub floor: Option<f64>,
    /// The upper end, likewise.
    pub ceiling: Option<f64>,
}

/// A chart as two SVG elements, of which a page shows the one that fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// For a desk.
    pub page: String,
    /// For a phone.
    pub phone: String,
}

impl Plot<'_> {
    /// Draws it.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        let styles = [LineStyle::Main, LineStyle::Second, LineStyle::Third, LineStyle::Fourth];
        let band = |kind| move |span: &Span| Band { span: *span, kind };
        let outages = self.outages.iter().map(band(BandKind::Outage));
        let excluded = self.excluded.iter().map(band(BandKind::Exclusion));
        let chart = chart::Chart {
            title: self.title,
            description: self.description,
            span: self.span,
            zone: self.zone,
            unit: match self.shows {
                Shows::Percent => Unit::Percent,
                Shows::Factor => Unit::Factor,
                Shows::Events => Unit::Events,
                Shows::Seconds => Unit::Seconds,
            },
            lines: (self.lines.iter().zip(styles))
                .map(|((name, points), style)| Line {
                    name,
                    style,
                    filled: self.filled && style == LineStyle::Main,
                    points,
                })
                .collect(),
            rules: self.rules.iter().map(|(value, label)| Rule { value: *value, label }).collect(),
            envelope: self.usual.map(|points| Envelope { name: language::word("Usual range"), points }),
            bands: self
                .anomalies
                .iter()
                .map(band(BandKind::Anomaly))
                .chain(excluded)
                .chain(self.unknown.iter().map(band(BandKind::Unknown)))
                .chain(outages)
                .collect(),
            marks: self.marks.to_vec(),
            floor: self.floor,
            ceiling: self.ceiling,
        };
        Ok(Drawing { page: chart::svg(&chart, Size::PAGE)?, phone: chart::svg(&chart, Size::PHONE)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Minute;

    #[test]
    fn a_phone_gets_a_drawing_of_its_own() {
        let at = |minute: i64| Minute(minute).start();
        let plot = Plot {
            title: "SLI",
            description: "One bad hour.",
            span: Span::new(Minute(0), Minute(1440)),
            zone: Tz::UTC,
            shows: Shows::Percent,
            lines: vec![("Measured".to_owned(), vec![(at(0), Some(99.0)), (at(60), None), (at(1439), Some(100.0))])],
            filled: false,
            rules: vec![(99.9, "Target 99.9 %".to_owned())],
            outages: &[Span::new(Minute(0), Minute(60))],
            anomalies: &[],
            usual: None,
            unknown: &[],
            excluded: &[Span::new(Minute(300), Minute(400))],
            marks: &[],
            floor: None,
            ceiling: Some(100.0),
        };
        let drawing = plot.draw().unwrap();
        assert!(drawing.page.contains("viewBox=\"0 0 1040 300\"") && drawing.phone.contains("viewBox=\"0 0 358 260\""));
        for svg in [drawing.page, drawing.phone] {
            assert!(svg.contains(">Target") && svg.contains("One bad hour.") && svg.contains("Measured"));
            assert!(svg.contains(">Excluded"), "the legend says what the band is");
        }
    }
}
