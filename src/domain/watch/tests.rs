use super::*;
use crate::domain::baseline::{Cause, Method, Observation};
use crate::domain::ledger::Slice;
use crate::domain::sheet::Sheet;
use crate::domain::time::Minute;
use chrono_tz::Tz;

fn span(from: i64, to: i64) -> Span {
    Span::new(Minute(from), Minute(to))
}

fn flagged(value: f64) -> Observation {
    Observation {
        expected: Some(10.0),
        low: Some(5.0),
        high: Some(20.0),
        score: 0.8,
        is_anomaly: true,
        learning: false,
        cause: Some(if value > 20.0 { Cause::Above } else { Cause::Below }),
    }
}

fn calm() -> Observation {
    Observation { score: 0.1, is_anomaly: false, cause: None, ..flagged(0.0) }
}

/// Steps of five minutes with a value each; `!` flags it.
fn anomalies(steps: &[(f64, bool)], mut open: Incidents) -> Vec<Anomaly> {
    for ((value, is_flagged), start) in steps.iter().zip((0..).step_by(5)) {
        let seen = if *is_flagged { flagged(*value) } else { calm() };
        open.add(Measure::Traffic, span(start, start + 5), Some(*value), &seen);
    }
    open.end()
}

#[test]
fn one_incident_is_one_anomaly_until_an_hour_has_passed() {
    // flagged at 0, still beyond the edge at 5, within the band at 10, flagged again at 60: one; flagged at 200: another
    let mut steps = vec![(10.0, false); 50];
    steps[0] = (30.0, true);
    steps[1] = (40.0, false);
    steps[12] = (25.0, true);
    steps[40] = (2.0, true);
    let found = anomalies(&steps, Incidents::default());
    let told: Vec<_> = found.iter().map(|one| (one.span, one.value, one.side, one.is_open)).collect();
    assert_eq!(told, [(span(0, 65), 40.0, Side::Above, false), (span(200, 205), 2.0, Side::Below, true)]);
}

#[test]
fn values_on_the_other_side_do_not_keep_an_anomaly_alive() {
    let found = anomalies(&[(30.0, true), (1.0, false), (1.0, false)], Incidents::default());
    assert_eq!(found[0].span, span(0, 5));
}

#[test]
fn the_like_of_what_was_expected_is_on_the_same_side_and_hardly_further() {
    let one = anomalies(&[(30.0, true)], Incidents::default())[0]; // 20 from 10
    assert!(is_like(&Anomaly { value: 32.0, ..one }, &one), "22 is a tenth further");
    assert!(!is_like(&Anomaly { value: 32.1, ..one }, &one));
    assert!(!is_like(&Anomaly { side: Side::Below, value: 5.0, ..one }, &one));
    assert!(!is_like(&Anomaly { measure: Measure::BadShare, ..one }, &one));
}

/// 900 requests a quarter, and 400 on the second day's third hour.
fn two_days(second: impl Fn(i64) -> i64) -> Sheet {
    let slice = |good: i64| Slice { good, total: good, catch_up: false };
    Sheet::of_minutes((0..2880).map(|m| (Minute(m), slice(if m < 1440 { 60 } else { second(m - 1440) }))))
}

#[test]
fn below_half_of_yesterday_is_told_exactly() {
    let rule = Relative::new(Against::Yesterday, 50).unwrap();
    let step = SliceMinutes::new(15).unwrap();
    let told = |second: &dyn Fn(i64) -> i64| {
        let sheet = two_days(second);
        let cuts = sheet.cut(step, &span(1440, 2880).into());
        study_relative(rule, &sheet, &cuts, &Spans::default(), Tz::UTC, None)
    };
    assert_eq!(told(&|_| 30), [], "half is not below half");
    let found = told(&|minute| if minute == 125 { 29 } else { 30 });
    assert_eq!(found.len(), 1, "one event fewer is");
    assert_eq!(found[0].span, span(1440 + 120, 1440 + 135));
    let dead = told(&|minute| if minute < 30 { 0 } else { 60 });
    assert_eq!((dead[0].span, dead[0].expected, dead[0].score), (span(1440, 1470), 60.0, 1.0));
    let out = Spans::from(span(1440, 1500));
    let sheet = two_days(|minute| if minute < 30 { 0 } else { 60 });
    let cuts = sheet.cut(step, &span(1440, 2880).into());
    assert_eq!(study_relative(rule, &sheet, &cuts, &out, Tz::UTC, None), [], "excluded");
}

#[test]
fn yesterday_is_the_same_time_on_the_clock() {
    let rule = Relative::new(Against::Yesterday, 50).unwrap();
    // 2026-10-26 08:00 CET is 07:00 UTC; the day before at 08:00 CET as well: the clocks went back on the 25th at 03:00
    let monday = span(29_883_780, 29_883_795);
    assert_eq!(rule.then(monday, Tz::Europe__Berlin), Some(span(29_882_340, 29_882_355)));
    // 2026-10-25 08:00 CET against the 24th at 08:00 CEST: 25 hours before
    let sunday = span(29_882_340, 29_882_355);
    assert_eq!(rule.then(sunday, Tz::Europe__Berlin), Some(span(29_880_840, 29_880_855)));
    assert_eq!(rule.then(sunday, Tz::UTC), Some(span(29_880_900, 29_880_915)));
}

#[test]
fn an_outage_teaches_nothing_from_when_it_is_known() {
    let outage = Outage { span: span(100, 200), bad: 1, total: 1, cost: 1 };
    let untaught = Untaught { excluded: span(300, 310).into(), outages: vec![outage], known_after: 10 };
    let learns = |from| untaught.lesson(span(from, from + 5)) == Lesson::Learn;
    assert!(learns(95) && learns(100), "nobody knows yet");
    assert!(!learns(105) && !learns(195) && learns(200));
    assert!(!learns(300) && learns(310));
    let hour = |minutes: i64| Untaught {
        outages: vec![Outage { span: span(10, 10 + minutes), ..outage }],
        ..Untaught::default()
    };
    assert_eq!(hour(29).lesson(span(0, 60)), Lesson::Learn, "a bad minute is part of what is usual");
    assert_eq!(hour(30).lesson(span(0, 60)), Lesson::Ignore);
}

/// A prefix of the data gives a prefix of the answers, wherever it is cut and resumed.
#[test]
fn studying_in_pieces_is_studying_at_once() {
    let wave = |m: i64| 100 + (m / 60) % 24 + (m * 7919) % 13 + if (9000..9030).contains(&m) { 900 } else { 0 };
    let sheet =
        Sheet::of_minutes((0..14_400).map(|m| (Minute(m), Slice { good: wave(m), total: wave(m), catch_up: false })));
    let step = SliceMinutes::FIVE;
    let all = sheet.cut(step, &span(0, 14_400).into());
    for method in Method::ALL {
        let settings = WatchSettings { method, ..WatchSettings::default() }.detector(Tz::UTC);
        let mut whole = Baseline::new(settings);
        let at_once = study(Measure::Traffic, &mut whole, &Measure::Traffic.steps(&all), &Untaught::default(), None);
        let mut pieces = Baseline::new(settings);
        let (mut hours, mut found, mut open) = (Vec::new(), Vec::<Anomaly>::new(), None);
        for piece in all.chunks(36) {
            let part = study(Measure::Traffic, &mut pieces, &Measure::Traffic.steps(piece), &Untaught::default(), open);
            hours.extend(part.hours);
            for anomaly in part.anomalies {
                found.retain(|one| one.span.start() != anomaly.span.start());
                found.push(anomaly);
            }
            open = found.last().filter(|one| one.is_open).copied();
            pieces = Baseline::from_parts(settings, &pieces.numbers()).unwrap();
        }
        assert_eq!(hours, at_once.hours, "{method}");
        assert_eq!(found, at_once.anomalies, "{method}");
        let is_learning = method == Method::Seasonal; // for two weeks, and these are ten days
        assert_eq!(found.iter().any(|one| one.span.contains(Minute(9000))), !is_learning, "{method} {found:?}");
    }
}

#[test]
fn steps_follow_the_density_of_the_data() {
    let step = |total, known| Measure::Traffic.step(Tally { good: 0, total, known, minutes: 10_000 }).minutes();
    assert_eq!([step(3000, 1), step(2999, 1), step(12, 1), step(11, 1), step(0, 0)], [1, 5, 5, 60, 60]);
    let steps =
        |total| Measure::LATENCIES.map(|one| one.step(Tally { good: 0, total, known: 1, minutes: 1 }).minutes());
    assert_eq!((steps(10_000), steps(3000)), ([1; 4], [1, 1, 1, 5]));
    assert_eq!((steps(2000), steps(1999)), ([5; 4], [5, 5, 5, 60]));
    assert_eq!((steps(400), steps(399)), ([5, 5, 5, 60], [5, 5, 60, 60]));
    assert_eq!((steps(200), steps(199), steps(39)), ([5, 5, 60, 60], [60, 5, 60, 60], [60; 4]));
}

/// An hour of nothing bad for weeks, then hours with 4 and with 5 bad ones of 10,000.
#[test]
fn a_few_bad_events_where_nothing_ever_fails_are_no_anomaly() {
    let cut = |hour: i64, bad: i64| Cut {
        start: Minute(hour * 60),
        span: span(hour * 60, hour * 60 + 60),
        good: 10_000 - bad,
        total: 10_000,
        known: 60,
        minutes: 60,
    };
    let told = |bad: i64| {
        let mut cuts: Vec<Cut> = (0..800).map(|hour| cut(hour, 0)).collect();
        cuts.push(cut(800, bad));
        let mut baseline = Baseline::new(WatchSettings::default().detector(Tz::UTC));
        study(Measure::BadShare, &mut baseline, &Measure::BadShare.steps(&cuts), &Untaught::default(), None)
            .anomalies
            .len()
    };
    assert_eq!((told(4), told(5)), (0, 1));
}

#[test]
fn too_few_events_have_no_share() {
    let few = Tally { good: 8, total: 9, known: 5, minutes: 5 };
    assert_eq!(Measure::BadShare.value(&few), None);
    assert_eq!(Measure::Traffic.value(&few), Some(1.8));
    assert_eq!(Measure::BadShare.value(&Tally { known: 0, ..few }), None);
}

#[test]
fn quicker_answers_and_fewer_errors_alarm_nobody() {
    let alarming =
        |side| Measure::ALL.into_iter().filter(|one| one.is_alarming(side)).map(Measure::word).collect::<Vec<_>>();
    assert_eq!(alarming(Side::Above).len(), Measure::ALL.len());
    assert_eq!(alarming(Side::Below), ["traffic", "good_volume"]);
}
