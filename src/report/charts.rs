//! The report's pictures: an objective's measured share, day by day, against its target.

use crate::chart::{self, Band, BandKind, Chart, LineStyle, Rule, Size, Theme, Unit};
use crate::domain::time::{Instant, MINUTE_SECONDS, Span};
use crate::language;
use crate::language::say;
use crate::report::{Day, Line, Report, ReportError, Status, by_trouble, say};

/// How many pictures a mail carries.
pub(super) const PICTURES_MAX: usize = 6;
/// A mail is read on a phone as often as not, where 600 pixels would shrink until nobody can read them.
const SIZE: Size = Size { width: 440, height: 240 };
/// A sheet on a page, which is narrower than the page.
const SHEET: Size = Size { width: 860, height: 270 };
/// Device pixels of a mail's picture for each of its own, so that it is sharp on a phone.
const SCALE: u32 = 2;

/// A picture of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The objective that it shows.
    pub objective: i64,
    /// Its name within a mail, without angle brackets.
    pub cid: String,
    /// What it shows, in a sentence or two.
    pub alt: String,
    /// The picture, 880 pixels wide, to be shown 440 wide.
    pub png: Vec<u8>,
}

/// The pictures of a mail: one for each objective in trouble that has days to show, the worst first, at most six.
pub fn charts(report: &Report) -> Result<Vec<Picture>, ReportError> {
    at_most(report, PICTURES_MAX)
}

/// The same for a mail that has room for so many.
pub(super) fn at_most(report: &Report, most: usize) -> Result<Vec<Picture>, ReportError> {
    let lines = by_trouble(report).into_iter().filter(|line| line.status != Status::Met && is_drawable(line));
    lines.take(most).map(|line| picture(report, line)).collect()
}

fn picture(report: &Report, line: &Line) -> Result<Picture, ReportError> {
    let png = draw(report, line, |chart| chart::png(chart, SIZE, Theme::Light, SCALE))?;
    Ok(Picture { objective: line.id, cid: format!("objective-{}@nines", line.id), alt: description(report, line), png })
}

/// An objective's chart for a page; none if a chart would show nothing.
pub(super) fn svg(report: &Report, line: &Line) -> Result<Option<String>, ReportError> {
    is_drawable(line).then(|| draw(report, line, |chart| chart::svg(chart, SHEET))).transpose()
}

/// The same for a file that is printed: no page gives it colours, so it brings its own.
#[cfg(feature = "pdf")]
pub(super) fn printed_svg(report: &Report, line: &Line) -> Result<Option<String>, ReportError> {
    is_drawable(line).then(|| draw(report, line, |chart| chart::printed_svg(chart, SHEET))).transpose()
}

fn draw<T>(
    report: &Report,
    line: &Line,
    render: impl FnOnce(&Chart<'_>) -> Result<T, chart::ChartError>,
) -> Result<T, ReportError> {
    let points = steps(report, line);
    let title = say!("{name}, measured by day", line.name);
    let target = say!("Target {target} %", line.target);
    let chart = Chart {
        title: &title,
        description: &description(report, line),
        span: Span::new(report.period.start.minute(), report.period.end.minute()),
        zone: report.agreement.zone,
        unit: Unit::Percent,
        lines: vec![chart::Line {
            name: language::word("Measured"),
            style: LineStyle::Main,
            filled: false,
            points: &points,
        }],
        rules: vec![Rule { value: percent(line.target.ppm(), 1_000_000), label: &target }],
        envelope: None,
        bands: bands(report, line),
        marks: Vec::new(),
        floor: None,
        ceiling: None,
    };
    render(&chart).map_err(|error| ReportError::Chart { objective: line.name.clone(), reason: error.to_string() })
}

/// Is there a course to see? One day is a number, and the page says it already.
fn is_drawable(line: &Line) -> bool {
    line.daily.len() > 1 && line.daily.iter().any(|day| day.total > 0)
}

/// Each day as a level stretch from its first to its last minute; a day without events is a gap.
fn steps(report: &Report, line: &Line) -> Vec<(Instant, Option<f64>)> {
    let step = |(day, end): (&Day, Instant)| {
        let value = (day.total > 0).then(|| percent(day.good, day.total));
        [(day.start, value), (end.plus_seconds(-MINUTE_SECONDS), value)]
    };
    days(report, line).flat_map(step).collect()
}

/// Each day with the first moment after what is told of it: a day that still runs has come as far as the report.
fn days<'a>(report: &Report, line: &'a Line) -> impl Iterator<Item = (&'a Day, Instant)> {
    let ends = line.daily.iter().skip(1).map(|day| day.start).chain([report.period.end.min(report.built_at)]);
    line.daily.iter().zip(ends).map(|(day, end)| (day, end.max(day.start.plus_seconds(MINUTE_SECONDS))))
}

/// Outages where they happened, and the days of which nothing is known.
fn bands(report: &Report, line: &Line) -> Vec<Band> {
    let band = |kind, start: Instant, end: Instant| Band { span: Span::new(start.minute(), end.minute()), kind };
    let outages = line.outages.iter().map(|outage| band(BandKind::Outage, outage.start, outage.end));
    let unknown = days(report, line).filter(|(day, _)| day.known == 0);
    let unknown = unknown.map(|(day, end)| band(BandKind::Unknown, day.start, end));
    outages.chain(unknown).collect()
}

/// The picture in words: how many days missed the target, and the worst of them.
pub(super) fn description(report: &Report, line: &Line) -> String {
    let days = say::days(report, line);
    let missed = days.iter().filter(|day| day.missed).count();
    let worst = line.daily.iter().zip(&days).filter(|(day, _)| day.total > 0).min_by(|(a, _), (b, _)| {
        (i128::from(a.good) * i128::from(b.total)).cmp(&(i128::from(b.good) * i128::from(a.total)))
    });
    let (name, target, all) = (&line.name, line.target, days.len());
    let told = say!("{name} by day: {missed} of {all} days below the target of {target} %.", name, missed, all, target);
    match worst {
        Some((_, text)) => say!("{days} The worst was {day} with {share}.", told, text.day, text.sli),
        None => told,
    }
}

/// A share in percent, to the hundred-millionth, which no screen can tell from the exact one.
fn percent(good: i64, total: i64) -> f64 {
    let billionths = (i128::from(good) * 1_000_000_000).checked_div(i128::from(total)).unwrap_or_default();
    u32::try_from(billionths).map_or(100.0, f64::from) / 1e7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_day_is_drawn_as_far_as_it_has_come() {
        let mut report = sample::report();
        let line = report.objectives[0].clone();
        let whole = steps(&report, &line);
        assert_eq!(whole.last().unwrap().0, report.period.end.plus_seconds(-MINUTE_SECONDS));
        let last = line.daily.last().unwrap().start;
        report.built_at = last.plus_seconds(7200);
        let running = steps(&report, &line);
        assert_eq!(running.last().unwrap().0, last.plus_seconds(7200 - MINUTE_SECONDS));
        assert_eq!(running[..running.len() - 1], whole[..whole.len() - 1]);
        report.built_at = last;
        assert_eq!(steps(&report, &line).last().unwrap().0, last, "it has only begun");
    }
    use crate::report::sample;

    #[test]
    fn only_objectives_in_trouble_with_days_to_show_have_a_picture() {
        let report = sample::report();
        let pictures = charts(&report).unwrap();
        assert_eq!(
            pictures.iter().map(|p| (p.objective, p.cid.as_str())).collect::<Vec<_>>(),
            [(1, "objective-1@nines")]
        );
        assert_eq!(
            pictures[0].alt,
            "Checkout availability by day: 1 of 7 days below the target of 99.9 %. The worst was Wed 11 Nov with 99.37 %."
        );
        assert!(pictures[0].png.starts_with(b"\x89PNG"));
    }

    #[test]
    fn a_mail_carries_six_pictures_at_most() {
        let mut report = sample::report();
        let bad = report.objectives[0].clone();
        report.objectives = (1..=9).map(|id| Line { id, ..bad.clone() }).collect();
        assert_eq!(charts(&report).unwrap().len(), 6);
    }

    #[test]
    fn each_day_is_a_level_stretch_and_a_silent_day_a_gap() {
        let mut report = sample::report();
        let mut line = report.objectives[0].clone();
        line.daily.truncate(2);
        line.daily[1].total = 0;
        report.period.end = line.daily[1].start.plus_seconds(86_400);
        let start = line.daily[0].start;
        // 142 837 of 142 857: 99.98599999…
        let percent = 14_283_700.0 / 142_857.0;
        let steps = steps(&report, &line);
        let places: Vec<i64> = steps.iter().map(|(at, _)| at.seconds() - start.seconds()).collect();
        assert_eq!(places, [0, 86_340, 86_400, 172_740]);
        assert!(steps[..2].iter().all(|(_, value)| (value.unwrap() - percent).abs() < 1e-6));
        assert!(steps[2..].iter().all(|(_, value)| value.is_none()));
    }
}
