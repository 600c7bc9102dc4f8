//! The pictures as others read them: the SVG as markup, the PNG as pixels.

mod samples;

use super::*;
use chrono_tz::Europe;
use proptest::prelude::*;
use samples::{NOW, Points, Samples, chart, days, line, series};
use std::collections::BTreeMap;

/// An element: name, attributes, text directly after its start tag.
type Element = (String, BTreeMap<String, String>, String);

/// Reads SVG strictly enough for a test: every tag well formed, closed in order, attributes quoted and unique.
fn elements(svg: &str) -> Vec<Element> {
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = svg;
    while let Some(tag) = rest.strip_prefix('<') {
        let (inside, after) = tag.split_once('>').expect("every tag ends");
        let (text, next) = after.split_at(after.find('<').unwrap_or(after.len()));
        rest = next;
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed in order");
            assert_eq!(text, "", "text stands in leaves only");
            continue;
        }
        let (inside, is_empty) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        let (name, mut attributes) = inside.split_once(' ').unwrap_or((inside, ""));
        let mut read = BTreeMap::new();
        while let Some((key, value)) = attributes.trim_start().split_once("=\"") {
            let (value, more) = value.split_once('"').expect("a quoted value");
            assert!(!value.contains('<') && !key.contains(['"', ' ']), "{key}={value}");
            assert_eq!(read.insert(key.to_owned(), value.to_owned()), None, "{key} twice");
            attributes = more;
        }
        if !is_empty {
            open.push(name.to_owned());
        }
        found.push((name.to_owned(), read, text.to_owned()));
    }
    assert!(rest.is_empty() && open.is_empty(), "nothing left over: {rest} {open:?}");
    found
}

fn texts(svg: &str) -> Vec<String> {
    elements(svg).into_iter().filter(|e| e.0 == "text").map(|e| e.2).collect()
}

/// The points of every stroke in that CSS property's colour, leaving out the legend's sample.
fn strokes(svg: &str, property: &str) -> Vec<Vec<(f64, f64)>> {
    let in_color = |e: &Element| e.1.get("stroke").is_some_and(|s| s.contains(property));
    let paths = elements(svg).into_iter().filter(|e| e.0 == "path" && in_color(e));
    let all: Vec<Vec<(f64, f64)>> =
        paths.flat_map(|e| e.1["d"].split('M').skip(1).map(positions).collect::<Vec<_>>()).collect();
    all.into_iter().filter(|stroke| !(stroke.len() == 2 && stroke[0].0 < 2.0)).collect()
}

/// `10 20.5l.5-.5 1 0` as absolute positions.
fn positions(steps: &str) -> Vec<(f64, f64)> {
    let spaced = steps.trim_end_matches('z').replace('l', " ").replace('-', " -");
    // `.5.5` never occurs: every number is preceded by a space, a minus or a letter.
    let numbers: Vec<f64> = spaced.split_whitespace().map(|n| n.parse().unwrap()).collect();
    let mut at = (0.0, 0.0);
    let step = |pair: &[f64]| {
        at = (at.0 + pair[0], at.1 + pair[1]);
        at
    };
    numbers.chunks(2).map(step).collect()
}

fn percent(points: &Points, span: Span) -> Chart<'_> {
    Chart {
        lines: vec![line("Good requests", LineStyle::Main, false, points)],
        rules: vec![Rule { value: 99.9, label: "Target 99.9 %" }],
        ..chart("Service level", span, Unit::Percent)
    }
}

#[test]
fn every_sample_is_well_formed_small_and_fit_for_a_strict_page() {
    let samples = Samples::new();
    for (name, chart) in samples.charts() {
        for size in [Size::PAGE, Size::PHONE, Size { width: 200, height: 120 }] {
            let svg = svg(&chart, size).unwrap();
            let elements = elements(&svg);
            let (root, attributes, _) = &elements[0];
            assert_eq!(
                (root.as_str(), attributes["role"].as_str(), attributes["width"].as_str()),
                ("svg", "img", "100%")
            );
            assert_eq!(attributes["viewBox"], format!("0 0 {} {}", size.width, size.height));
            assert_eq!((elements[1].0.as_str(), elements[1].2.as_str()), ("title", chart.title));
            assert_eq!((elements[2].0.as_str(), elements[2].2.as_str()), ("desc", chart.description));
            for (_, attributes, _) in &elements {
                assert!(!attributes.contains_key("style") && !attributes.contains_key("id"), "{name}");
                for paint in ["fill", "stroke"].iter().filter_map(|key| attributes.get(*key)) {
                    assert!(paint == "none" || paint.starts_with("var(--chart-"), "{name}: {paint}");
                }
            }
            assert!(svg.len() < 20_000, "{name}: {} bytes", svg.len());
        }
    }
}

#[test]
fn all_marks_and_labels_stay_inside_the_picture() {
    let fonts = Fonts::load().unwrap();
    for (name, chart) in Samples::new().charts() {
        for size in [Size::PAGE, Size::PHONE] {
            let (width, height) = (f64::from(size.width), f64::from(size.height));
            for (element, attributes, text) in elements(&svg(&chart, size).unwrap()) {
                let number = |key: &str| attributes.get(key).map_or(0.0, |n| n.parse::<f64>().unwrap());
                if element == "text" {
                    let length = fonts.width(&text.replace("&#39;", "'"), number("font-size"), font::Weight::Regular);
                    let left = number("x")
                        - match attributes.get("text-anchor").map(String::as_str) {
                            Some("end") => length,
                            Some("middle") => length / 2.0,
                            _ => 0.0,
                        };
                    assert!(left >= 0.0 && left + length <= width, "{name} {size:?}: {text}");
                    assert!(number("y") > 8.0 && number("y") < height - 1.0, "{name} {size:?}: {text}");
                }
                for (x, y) in attributes.get("d").iter().flat_map(|d| d.split('M').skip(1)).flat_map(positions) {
                    let inside = (0.0..=width).contains(&x) && (0.0..=height).contains(&y);
                    assert!(inside, "{name} {size:?}: ({x}, {y})");
                }
            }
        }
    }
}

#[test]
fn a_gap_is_never_drawn_across() {
    // Hours 24 to 48 and 100 to 101 of a week are unknown: three strokes, the first gap as wide as a day.
    let points = series(days(7), 1, &[(24, 48), (100, 101)], |_| 99.95);
    let svg = svg(&percent(&points, days(7)), Size::PAGE).unwrap();
    let strokes = strokes(&svg, "--chart-1");
    assert_eq!(strokes.len(), 3, "{strokes:?}");
    let plot = strokes[2].last().unwrap().0 - strokes[0][0].0;
    let gap = strokes[1][0].0 - strokes[0].last().unwrap().0;
    assert!((gap / plot - 1.0 / 7.0).abs() < 0.002, "{gap} of {plot}");
}

#[test]
fn a_point_between_two_gaps_is_a_dot() {
    let points = series(days(7), 60, &[(0, 80), (81, 168)], |_| 99.95);
    let svg = svg(&percent(&points, days(7)), Size::PAGE).unwrap();
    let strokes = strokes(&svg, "--chart-1");
    assert_eq!(strokes.len(), 1);
    assert_eq!(strokes[0][0], strokes[0][1], "no length, but round ends");
}

#[test]
fn a_bad_minute_in_ninety_days_reaches_its_depth_in_the_picture() {
    let bad = 77_777;
    let points = series(days(90), 1, &[], |m| if m == bad { 0.0 } else { 100.0 });
    let svg = svg(&percent(&points, days(90)), Size::PAGE).unwrap();
    let stroke = strokes(&svg, "--chart-1").concat();
    assert!(stroke.len() <= 700, "{} points", stroke.len());
    let low = stroke.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    let high = stroke.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
    assert!(low.1 - high > 150.0, "from 100 % to 0 % is the plot's height");
    let (left, right) = (stroke[0].0, stroke.last().unwrap().0);
    let share = (low.0 - left) / (right - left);
    assert!((share - 77_777.0 / (90.0 * 1440.0)).abs() < 0.001, "at its time: {share}");
    assert!(texts(&svg).contains(&"Logarithmic scale".to_owned()), "the uneven scale is said");
}

#[test]
fn labels_name_ticks_rules_bands_range_and_zone() {
    let points = series(days(7), 10, &[], |_| 99.95);
    let mut week = percent(&points, days(7));
    week.bands = vec![
        Band { span: Span::ending(NOW.plus(-600), 30), kind: BandKind::Outage },
        Band { span: Span::ending(NOW.plus(9_000), 30), kind: BandKind::Unknown },
    ];
    let texts = texts(&svg(&week, Size::PAGE).unwrap());
    for label in
        ["Good requests", "Outage", "Mon 16", "12:00", "99.90 %", "100.00 %", "Target 99.9 %", "14 – 21 Nov 2026"]
    {
        assert!(texts.iter().any(|text| text == label), "{label} in {texts:?}");
    }
    assert!(texts.iter().any(|text| text == "Europe/Berlin"));
    assert!(!texts.iter().any(|text| text == "Unknown"), "a band outside the range has no place in the legend");
}

#[test]
fn hostile_texts_stay_texts() {
    let hostile = "</title></svg><script>alert('1')</script>\u{0}\"&";
    let points = series(days(1), 10, &[], |_| 99.95);
    let mut evil = percent(&points, days(1));
    (evil.title, evil.description, evil.lines[0].name) = (hostile, hostile, hostile);
    evil.rules[0].label = hostile;
    let page = svg(&evil, Size { width: 2000, height: 300 }).unwrap();
    let escaped = "&lt;/title&gt;&lt;/svg&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;";
    assert_eq!(elements(&page).iter().filter(|e| e.2 == escaped).count(), 4, "title, description, legend, label");
    let spark = Sparkline { description: hostile, span: days(1), unit: Unit::Percent, points: &points, rule: None };
    assert_eq!(elements(&sparkline_svg(&spark, Size::SPARKLINE).unwrap())[1].2, escaped);
}

#[test]
fn labels_of_close_rules_make_way_for_each_other() {
    let points = series(days(1), 10, &[], |_| 1.0);
    let mut burn = chart("Burn rate", days(1), Unit::Factor);
    burn.lines = vec![line("1 hour", LineStyle::Main, false, &points)];
    let labels = ["a", "b", "c", "d"];
    burn.rules = labels.iter().zip([6.0, 6.1, 6.2, 0.0]).map(|(label, value)| Rule { value, label }).collect();
    let svg = svg(&burn, Size::PAGE).unwrap();
    let mut heights: Vec<f64> =
        elements(&svg).iter().filter(|e| labels.contains(&e.2.as_str())).map(|e| e.1["y"].parse().unwrap()).collect();
    heights.sort_by(f64::total_cmp);
    assert_eq!(heights.len(), 4);
    assert!(heights.windows(2).all(|pair| pair[1] - pair[0] >= 12.9), "{heights:?}");
}

#[test]
fn many_short_outages_are_no_more_marks_than_there_is_room_for() {
    let points = series(days(30), 60, &[], |_| 99.95);
    let mut month = percent(&points, days(30));
    let outages = (0..20_000).map(|n| Span::ending(NOW.plus(-2 * n), 1));
    month.bands = outages.map(|span| Band { span, kind: BandKind::Outage }).collect();
    assert!(svg(&month, Size::PAGE).unwrap().len() < 30_000);
}

#[test]
fn without_data_the_picture_says_so_and_keeps_its_time_axis() {
    let nothing = Points::new();
    let gaps = series(days(7), 60, &[(0, 168)], |_| 1.0);
    for points in [&nothing, &gaps] {
        let svg = svg(&percent(points, days(7)), Size::PAGE).unwrap();
        let texts = texts(&svg);
        assert!(texts.iter().any(|text| text == "No data in this range") && texts.iter().any(|text| text == "Mon 16"));
        assert!(strokes(&svg, "--chart-1").is_empty());
        assert!(!texts.iter().any(|text| text.ends_with('%')), "no values to read off: {texts:?}");
    }
    assert!(svg(&chart("Nothing", days(0), Unit::Percent), Size::PHONE).is_ok());
}

#[test]
fn an_uneven_size_or_scale_is_refused_with_a_sentence() {
    let empty = chart("Nothing", days(1), Unit::Percent);
    let refusal = svg(&empty, Size { width: 20, height: 300 }).unwrap_err().to_string();
    assert_eq!(refusal, "a chart must be from 200 × 120 to 4000 × 4000 pixels; 20 × 300 is outside");
    for scale in [0, 5, u32::MAX] {
        assert!(matches!(png(&empty, Size::MAIL, Theme::Light, scale), Err(ChartError::Scale(_))));
    }
    let large = Size { width: 4000, height: 4000 };
    assert!(matches!(png(&empty, large, Theme::Light, 2), Err(ChartError::Scale(2))), "no gigabyte of pixels");
}

/// Width, height and the pixels as RGB, read by the png crate's decoder.
fn decoded(file: &[u8]) -> (u32, u32, Vec<[u8; 3]>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    let pixels = bytes[..info.buffer_size()].as_chunks::<3>().0.to_vec();
    (info.width, info.height, pixels)
}

#[test]
fn a_png_has_its_size_its_background_and_its_ink() {
    let points = series(days(7), 10, &[(24, 48)], |_| 99.95);
    for (theme, paper, blue) in
        [(Theme::Light, [255, 255, 255], [29, 98, 207]), (Theme::Dark, [21, 25, 33], [110, 168, 254])]
    {
        for scale in [1, 2] {
            let file = png(&percent(&points, days(7)), Size::MAIL, theme, scale).unwrap();
            let (width, height, pixels) = decoded(&file);
            assert_eq!((width, height), (600 * scale, 280 * scale));
            assert_eq!((pixels[0], *pixels.last().unwrap()), (paper, paper));
            let count = |color| u32::try_from(pixels.iter().filter(|pixel| **pixel == color).count()).unwrap();
            // The line is about 450 pixels long (a seventh is a gap); a middle row of it at least is solid blue.
            assert!(count(blue) > 300 * scale && count(blue) < 1_500 * scale * scale, "{} blue", count(blue));
            assert!(file.len() < 40_000, "{} bytes", file.len());
        }
    }
}

#[test]
fn a_picture_of_many_colours_is_still_a_picture() {
    // All lines over all bands make more mixed colours than a palette holds; then the file has none.
    let samples = Samples::new();
    let mut all: Vec<Chart<'_>> = samples.charts().into_iter().map(|(_, chart)| chart).collect();
    let mut crowded = all.remove(1);
    crowded.lines = all.into_iter().flat_map(|chart| chart.lines).map(|l| Line { filled: true, ..l }).collect();
    let file = png(&crowded, Size::PAGE, Theme::Light, 2).unwrap();
    assert_eq!(file[25], 2, "colour type RGB in the header");
    assert_eq!(decoded(&file).2.len(), 2_080 * 600);
}

#[test]
fn the_same_chart_gives_the_same_bytes() {
    let samples = Samples::new();
    for ((name, one), (_, other)) in samples.charts().into_iter().zip(Samples::new().charts()) {
        assert_eq!(svg(&one, Size::PAGE).unwrap(), svg(&other, Size::PAGE).unwrap(), "{name}");
    }
    let (_, dips) = samples.charts().swap_remove(1);
    let draw = || png(&dips, Size::MAIL, Theme::Dark, 1).unwrap();
    assert_eq!(draw(), draw());
}

#[test]
fn a_sparkline_breaks_at_gaps_and_stays_tiny() {
    let points = series(days(30), 5, &[(300, 400)], |m| if m % 977 == 0 { 40.0 } else { 99.99 });
    let spark =
        Sparkline { description: "30 days", span: days(30), unit: Unit::Percent, points: &points, rule: Some(99.9) };
    let svg = sparkline_svg(&spark, Size::SPARKLINE).unwrap();
    let root = &elements(&svg)[0].1;
    assert_eq!((root["width"].as_str(), root["height"].as_str(), root["role"].as_str()), ("120", "28", "img"));
    assert_eq!(strokes(&svg, "--chart-1").len(), 2);
    assert!(svg.len() < 2_000, "{} bytes", svg.len());
}

fn any_points() -> impl Strategy<Value = Points> {
    let value = prop::option::of(prop_oneof![
        prop::num::f64::ANY,
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::MAX),
        Just(f64::MIN),
        0.0..101.0_f64,
    ]);
    prop::collection::vec((-100_000_i64..100_000, value), 0..60).prop_map(|points| {
        points.into_iter().map(|(seconds, value)| (NOW.start().plus_seconds(seconds), value)).collect()
    })
}

/// Two deploys an hour apart in 30 days stand on each other; a day apart they do not. Each kind has a row of its own.
#[test]
fn what_happened_stands_above_its_time_and_in_the_legend() {
    let span = days(30);
    let points = series(span, 60, &[], |_| 99.95);
    let at = |hour: i64| span.start().plus(hour * 60).start();
    let deploy = |hour| Mark { at: at(hour), until: None, kind: MarkKind::Deploy };
    let note = Mark { at: at(400), until: Some(at(448)), kind: MarkKind::Note };
    let outside = Mark { at: span.end().start(), until: None, kind: MarkKind::Terms };
    let marks = vec![deploy(240), deploy(241), deploy(264), note, outside];
    let marked = Chart { marks, ..percent(&points, span) };
    let fonts = Fonts::load().unwrap();
    let layout = layout::Layout::of(&marked, Size::PAGE, layout::Title::Hidden, &fonts);
    let kinds: Vec<MarkKind> = layout.marks.iter().map(|place| place.kind).collect();
    assert_eq!(kinds, [MarkKind::Deploy, MarkKind::Deploy, MarkKind::Note]);
    let plot = layout.axes.plot;
    assert!((layout.marks[0].x - (plot.left + (plot.right - plot.left) / 3.0)).abs() < 0.01, "240 of 720 hours");
    assert!(layout.marks[0].y < layout.marks[2].y && layout.marks[2].y < plot.top, "a row each, above the plot");
    let lasted = layout.marks[2].end.unwrap() - layout.marks[2].x;
    assert!((lasted - (plot.right - plot.left) / 15.0).abs() < 0.01, "48 of 720 hours: {lasted}");
    let drawn = svg(&marked, Size::PAGE).unwrap();
    let legend = texts(&drawn);
    assert!(legend.contains(&"Deploy".to_owned()) && legend.contains(&"Note".to_owned()));
    assert!(!legend.contains(&"Terms changed".to_owned()), "nothing of it is inside");
    let frame: Vec<f64> = elements(&drawn)[0].1["data-plot"].split(' ').map(|n| n.parse().unwrap()).collect();
    let whole = [plot.left, plot.top, plot.right, plot.bottom];
    assert!(frame.iter().zip(whole).all(|(told, is)| (told - is).abs() <= 0.05), "{frame:?} {whole:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_input_panics_and_every_output_is_well_formed(
        points in any_points(),
        other in any_points(),
        minutes in prop_oneof![Just(0_i64), 0_i64..5, 0_i64..4_000, Just(i64::MAX)],
        unit in prop::sample::select(vec![Unit::Percent, Unit::Factor, Unit::Events, Unit::Seconds]),
        rules in prop::collection::vec((prop::num::f64::ANY, ".{0,20}"), 0..4),
        ends in (prop::option::of(prop::num::f64::ANY), prop::option::of(prop::num::f64::ANY)),
        bands in prop::collection::vec((-9_000_i64..9_000, 0_i64..5_000), 0..6),
        title in ".{0,60}",
        (width, height) in (200_u32..400, 120_u32..240),
    ) {
        let span = Span::ending(NOW, minutes);
        let kinds = BandKind::ALL.into_iter().cycle();
        let chart = Chart {
            title: &title,
            description: &title,
            span,
            zone: Europe::London,
            unit,
            lines: vec![
                line(&title, LineStyle::Main, true, &points),
                line("other", LineStyle::Fourth, false, &other),
            ],
            rules: rules.iter().map(|(value, label)| Rule { value: *value, label }).collect(),
            envelope: None,
            bands: bands.iter().zip(kinds).map(|((from, length), kind)| {
                Band { span: Span::new(NOW.plus(*from), NOW.plus(from + length)), kind }
            }).collect(),
            marks: bands.iter().zip(MarkKind::ALL.into_iter().cycle()).map(|((from, length), kind)| {
                let at = NOW.plus(*from).start();
                Mark { at, until: (length % 2 == 1).then(|| at.plus_seconds(length * 60)), kind }
            }).collect(),
            floor: ends.0,
            ceiling: ends.1,
        };
        let size = Size { width, height };
        elements(&svg(&chart, size).unwrap());
        decoded(&png(&chart, size, Theme::Dark, 1).unwrap());
        let spark = Sparkline { description: &title, span, unit, points: &points, rule: ends.0 };
        elements(&sparkline_svg(&spark, Size::SPARKLINE).unwrap());
    }
}
