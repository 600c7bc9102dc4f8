//! Charts as Nines draws them, from made-up measurements, for tests and for looking at.

use crate::chart::fit::wide;
use crate::chart::{
    Band, BandKind, Chart, Line, LineStyle, Rule, Size, Sparkline, Theme, Unit, png, sparkline_svg, svg,
};
use crate::domain::time::{Instant, Minute, Span};
use chrono_tz::Europe;

pub(super) type Points = Vec<(Instant, Option<f64>)>;

/// 2026-11-21 08:00 in Berlin.
pub(super) const NOW: Minute = Minute(29_920_740);

/// Numbers between 0 and 1 that only look random.
fn noise(n: i64) -> f64 {
    f64::from(u16::try_from((n * 7_919 + (n / 7) * 104_729 + (n % 13) * 31_337).rem_euclid(10_007)).unwrap()) / 10_007.0
}

pub(super) fn days(days: i64) -> Span {
    Span::ending(NOW, days * 1440)
}

/// A value every `every` minutes; `None` within the hours of `gaps` (counted from the start).
pub(super) fn series(span: Span, every: i64, gaps: &[(i64, i64)], value: impl Fn(i64) -> f64) -> Points {
    let steps = (span.start().0..span.end().0).step_by(usize::try_from(every).unwrap());
    let known = |m: i64| !gaps.iter().any(|(from, to)| (from * 60..to * 60).contains(&(m - span.start().0)));
    steps.map(|m| (Minute(m).start(), known(m).then(|| value(m - span.start().0)))).collect()
}

pub(super) fn chart(title: &str, span: Span, unit: Unit) -> Chart<'_> {
    Chart {
        title,
        description: "Above the target but for one outage on Wednesday.",
        span,
        zone: Europe::Berlin,
        unit,
        lines: Vec::new(),
        rules: Vec::new(),
        envelope: None,
        bands: Vec::new(),
        marks: Vec::new(),
        floor: None,
        ceiling: None,
    }
}

pub(super) fn line<'a>(name: &'a str, style: LineStyle, filled: bool, points: &'a Points) -> Line<'a> {
    Line { name, style, filled, points }
}

fn band(span: Span, kind: BandKind, from_hour: i64, minutes: i64) -> Band {
    let start = span.start().plus(from_hour * 60);
    Band { span: Span::new(start, start.plus(minutes)), kind }
}

pub(super) const RULES: [Rule<'static>; 4] = [
    Rule { value: 14.4, label: "Page 14.4×" },
    Rule { value: 6.0, label: "Page 6×" },
    Rule { value: 3.0, label: "Ticket 3×" },
    Rule { value: 1.0, label: "Ticket 1×" },
];

/// Data of the samples; charts borrow from it.
pub(super) struct Samples {
    calm: Points,
    dips: Points,
    budget: Points,
    overspent: Points,
    burn: [Points; 2],
    quiet: Points,
    latency: [Points; 4],
    traffic: Points,
    quarter: Points,
    nothing: Points,
}

impl Samples {
    pub(super) fn new() -> Self {
        let outage = |m: i64| (170 * 60..170 * 60 + 95).contains(&m);
        let burned = |m: i64| {
            if m > 400 * 60 {
                0.09
            } else if m > 250 * 60 {
                0.045
            } else {
                0.02
            }
        };
        let spent = |m: i64| (0..m / 60).map(|h| burned(h * 60) * (0.5 + noise(h))).sum::<f64>();
        let spike = |m: i64, peak: f64, width: f64| peak * (-(wide(m - 172 * 60) / width).powi(2)).exp();
        Self {
            calm: series(days(30), 60, &[(300, 330)], |m| 99.975 - 0.06 * noise(m / 60).powi(6)),
            dips: series(days(30), 5, &[(300, 330), (500, 501)], |m| {
                if outage(m) {
                    3.0 + 20.0 * noise(m)
                } else if noise(m) > 0.997 {
                    96.0
                } else {
                    100.0 - 0.02 * noise(m / 5).powi(4)
                }
            }),
            budget: series(days(30), 60, &[], |m| 100.0 - spent(m) * 3.0 - if m > 170 * 60 { 24.0 } else { 0.0 }),
            overspent: series(days(30), 60, &[(300, 330)], |m| {
                100.0 - spent(m) * 2.0 - if m > 170 * 60 { 130.0_f64.min(wide(m - 170 * 60) / 4.0) } else { 0.0 }
            }),
            burn: [
                series(days(7 * 2), 10, &[], |m| 0.4 + 0.8 * noise(m / 600) + spike(m, 880.0, 40.0)),
                series(days(7 * 2), 10, &[], |m| 0.6 + 0.1 * noise(m / 900) + spike(m, 60.0, 240.0)),
            ],
            quiet: series(days(7), 10, &[], |m| 0.3 + 0.3 * noise(m / 30)),
            latency: [0.05, 0.12, 0.31, 0.8].map(|base| {
                series(days(1), 5, &[(9, 10)], move |m| {
                    base * (1.0 + 0.3 * noise(m + 7)) * if m > 800 { 1.2 } else { 1.0 }
                })
            }),
            traffic: series(days(7), 60, &[], |m| {
                9_000.0 + 8_000.0 * ((wide(m) / 1440.0) * std::f64::consts::TAU).sin() + 900.0 * noise(m)
            }),
            quarter: series(days(90), 60, &[(900, 960)], |m| {
                if (m / 60) % 331 == 7 { 99.2 + 0.5 * noise(m) } else { 100.0 - 0.08 * noise(m / 60).powi(3) }
            }),
            nothing: Points::new(),
        }
    }

    pub(super) fn charts(&self) -> Vec<(&'static str, Chart<'_>)> {
        let mut charts = self.levels();
        charts.extend(self.budgets());
        charts.extend(self.rates());
        charts
    }

    fn levels(&self) -> Vec<(&'static str, Chart<'_>)> {
        let level = |points, span, bands: &[Band]| Chart {
            lines: vec![line("Good requests", LineStyle::Main, false, points)],
            rules: vec![Rule { value: 99.9, label: "Target 99.9 %" }],
            bands: bands.to_vec(),
            ..chart("Service level, checkout API", span, Unit::Percent)
        };
        let unknown = band(days(7), BandKind::Unknown, 40, 3000);
        vec![
            ("calm", level(&self.calm, days(30), &month_bands()[1..2])),
            ("dips", level(&self.dips, days(30), &month_bands())),
            ("quarter", level(&self.quarter, days(90), &[])),
            ("empty", level(&self.nothing, days(7), &[unknown])),
        ]
    }

    fn budgets(&self) -> Vec<(&'static str, Chart<'_>)> {
        let budget = |points, bands: &[Band]| Chart {
            lines: vec![line("Error budget left", LineStyle::Main, true, points)],
            rules: vec![Rule { value: 0.0, label: "Used up" }],
            bands: bands.to_vec(),
            ..chart("Error budget, checkout API", days(30), Unit::Percent)
        };
        vec![
            ("budget", budget(&self.budget, &month_bands()[..1])),
            ("overspent", budget(&self.overspent, &month_bands()[..2])),
        ]
    }

    fn rates(&self) -> Vec<(&'static str, Chart<'_>)> {
        let burn = |lines, span| Chart { lines, rules: RULES.to_vec(), ..chart("Burn rate", span, Unit::Factor) };
        vec![
            ("burn", burn(lines(&["1 hour", "6 hours"], &self.burn), days(14))),
            ("quiet", burn(lines(&["1 hour"], std::slice::from_ref(&self.quiet)), days(7))),
            (
                "latency",
                Chart {
                    lines: lines(&["p50", "p90", "p95", "p99"], &self.latency),
                    rules: vec![Rule { value: 0.5, label: "Threshold 500 ms" }],
                    ..chart("Response time, checkout API", days(1), Unit::Seconds)
                },
            ),
            (
                "traffic",
                Chart {
                    lines: vec![line("Requests per hour", LineStyle::Main, true, &self.traffic)],
                    ..chart("Traffic, checkout API", days(7), Unit::Events)
                },
            ),
        ]
    }
}

fn lines<'a>(names: &[&'a str], points: &'a [Points]) -> Vec<Line<'a>> {
    let styles = [LineStyle::Main, LineStyle::Second, LineStyle::Third, LineStyle::Fourth];
    let pairs = names.iter().zip(styles).zip(points);
    pairs.map(|((name, style), points)| line(name, style, false, points)).collect()
}

fn month_bands() -> [Band; 3] {
    [
        band(days(30), BandKind::Outage, 170, 95),
        band(days(30), BandKind::Unknown, 300, 30 * 60),
        band(days(30), BandKind::Exclusion, 560, 12 * 60),
    ]
}

/// Writes all samples as pages and as PNG files to `target/charts`, to be looked at.
#[test]
fn write_the_samples_to_look_at_them() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/charts");
    std::fs::create_dir_all(&folder).unwrap();
    let samples = Samples::new();
    for (theme, scheme) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for (layout, size) in [("page", Size::PAGE), ("phone", Size::PHONE)] {
            let mut page = format!("<!doctype html><meta charset=utf-8><title>charts</title><style>
                :root {{ color-scheme: {scheme}; font: 15px system-ui }} body {{ margin: 16px; max-width: 1240px }}
                :root {{ --ground: #fff; --ink: #344054 }} .dark {{ --ground: #151921; --ink: #b5becb;
                --chart-1: #6ea8fe; --chart-2: #53c9b8; --chart-3: #ca96f0; --chart-4: #fb9260; --chart-grid: #2f3643;
                --chart-rule: #f0b45a; --chart-outage: #f87169; --chart-unknown: #848fa0; --chart-exclusion: #7c9ed0 }}
                body {{ background: var(--ground); color: var(--ink) }} figure {{ margin: 0 0 28px }}</style><body class={scheme}>");
            for (name, chart) in samples.charts() {
                let svg = svg(&chart, size).unwrap();
                page.extend(["<figure><b>", chart.title, "</b>", &svg, "</figure>"]);
                let picture = png(&chart, Size::MAIL, theme, 2).unwrap();
                std::fs::write(folder.join(format!("{name}-{scheme}.png")), picture).unwrap();
            }
            for points in [&samples.calm, &samples.dips, &samples.budget, &Vec::new()] {
                let spark =
                    Sparkline { description: "calm", span: days(30), unit: Unit::Percent, points, rule: Some(99.9) };
                page += &sparkline_svg(&spark, Size::SPARKLINE).unwrap();
            }
            std::fs::write(folder.join(format!("{layout}-{scheme}.html")), page).unwrap();
        }
    }
}
