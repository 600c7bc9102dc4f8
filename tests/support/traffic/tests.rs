use std::collections::{BTreeMap, BTreeSet};

use super::{BOUNDS, Class, Counter, Counts, Identity, LEAD_MINUTES, Setup, Traffic, write};
use crate::prometheus::Prometheus;

/// 2026-11-16 00:00 UTC, a Monday.
const END: i64 = 1_794_787_200;

fn setup(class: Class, seed: u64, identity: Identity) -> Setup {
    Setup { service: "shop".into(), class, identity, seed, days: 3, end: END, offset_ms: 17_250 }
}

fn process() -> Identity {
    instance("10.0.0.1:80")
}

fn instance(name: &str) -> Identity {
    Identity::Process { job: "shop".into(), instance: name.into() }
}

fn text(services: &[Traffic]) -> String {
    let mut out = Vec::new();
    write(services, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The samples of one written text: series name → (milliseconds, value); of sums the value in thousandths.
fn samples(text: &str) -> BTreeMap<String, Vec<(i64, i64)>> {
    let mut series: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.split(' ');
        let (name, value, at) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let at_ms: i64 = at.replace('.', "").parse().unwrap();
        let value = value.replace('.', "");
        series.entry(name.to_owned()).or_default().push((at_ms, value.parse().unwrap()));
    }
    series
}

/// A reader that knows only the text: the rules of counting, written without any thought for speed.
fn read(samples: &BTreeMap<String, Vec<(i64, i64)>>, wanted: impl Fn(&str) -> bool) -> BTreeMap<i64, i64> {
    let scrapes: BTreeSet<i64> =
        samples.iter().filter(|(name, _)| name.contains("_count")).flat_map(|(_, v)| v.iter().map(|s| s.0)).collect();
    let mut minutes = BTreeMap::new();
    for values in samples.iter().filter(|(name, _)| wanted(name)).map(|(_, values)| values) {
        let at: BTreeMap<i64, i64> = values.iter().copied().collect();
        for (&now, &value) in &at {
            let delta = match scrapes.range(..now).next_back() {
                None => 0,
                Some(before) => match at.get(before) {
                    Some(&last) if value >= last => value - last,
                    _ => value,
                },
            };
            *minutes.entry(now / 60_000 * 60).or_insert(0) += delta;
        }
    }
    minutes
}

fn bad(name: &str) -> bool {
    name.contains("code=\"500\"") || name.contains("code=\"503\"")
}

#[test]
fn a_counter_reveals_what_its_samples_can_tell() {
    let mut counter = Counter { exposed: true, ..Counter::default() };
    counter.add(100);
    assert_eq!(counter.scrape(true), (Some(100), 0), "a target never seen before does not count its first value");
    counter.add(7);
    assert_eq!(counter.scrape(false), (Some(107), 7));
    counter.add(5); // lost: nobody looks before the restart
    counter.restart(false);
    counter.add(3);
    assert_eq!(counter.scrape(false), (Some(3), 3), "a drop is a reset");
    counter.restart(false);
    counter.add(10);
    assert_eq!(counter.scrape(false), (Some(10), 7), "a restart that outgrew the last value cannot be seen");
}

#[test]
fn a_label_that_appears_on_first_use_counts_from_nothing() {
    let mut counter = Counter::default();
    assert_eq!(counter.scrape(true), (None, 0));
    counter.add(2);
    assert_eq!(counter.scrape(false), (Some(2), 2));
    counter.restart(true);
    assert_eq!(counter.scrape(false), (None, 0), "after a restart the label is gone again");
    counter.add(6);
    assert_eq!(counter.scrape(false), (Some(6), 6), "more than it ever showed, and still counted from nothing");
}

#[test]
fn a_plain_reader_of_the_text_finds_the_truth_of_the_process() {
    for class in Class::ALL {
        for seed in 1..=6 {
            for identity in [Identity::Bare, process()] {
                let traffic = Traffic::simulate(&setup(class, seed, identity));
                let samples = samples(&text(std::slice::from_ref(&traffic)));
                let total = read(&samples, |name| name.starts_with("http_requests_total"));
                let errors = read(&samples, |name| name.starts_with("http_requests_total") && bad(name));
                let timed = read(&samples, |name| name.contains("_count"));
                let fast = read(&samples, |name| name.contains("le=\"0.5\""));
                let took = read(&samples, |name| name.contains("seconds_sum"));
                let within = BOUNDS.map(|bound| read(&samples, |name| name.contains(&format!("le=\"{bound}\""))));
                for (at, minute) in (traffic.start..).step_by(60).zip(&traffic.minutes) {
                    let find = |minutes: &BTreeMap<i64, i64>| minutes.get(&at).copied().unwrap_or(0);
                    let found = Counts {
                        total: find(&total),
                        bad: find(&errors),
                        timed: find(&timed),
                        fast: find(&fast),
                        within: within.each_ref().map(find),
                        took_ms: find(&took),
                    };
                    assert_eq!(found, minute.revealed, "{class:?}, seed {seed}, minute {at}");
                }
            }
        }
    }
}

#[test]
fn a_clean_service_loses_only_what_lies_outside_its_scrapes() {
    let traffic = Traffic::simulate(&setup(Class::Clean, 3, process()));
    let (from, until) = (END - 2 * 86_400, END - 86_400);
    let shift = |at: i64| traffic.minutes[usize::try_from((at - traffic.start) / 60).unwrap()];
    let (revealed, happened) = (traffic.revealed(from, until), traffic.happened(from, until));
    // The window's samples cover the same length, shifted by less than a minute of requests at each end.
    assert!((revealed.total - happened.total).abs() <= shift(from - 60).happened.total + shift(until).happened.total);
    assert!(revealed.total > 0 && happened.bad > 0);
    assert_eq!(traffic.hidden_restarts, 0);
}

#[test]
fn each_class_lives_up_to_its_name() {
    for seed in 1..=6 {
        let of = |class| Traffic::simulate(&setup(class, seed, process()));
        let lost = |traffic: &Traffic| {
            let (from, until) = (traffic.start + LEAD_MINUTES * 60, END);
            traffic.happened(from, until).timed - traffic.revealed(from, until).timed
        };
        let longest_gap = |traffic: &Traffic| {
            traffic.minutes.chunk_by(|a, b| a.scraped == b.scraped).filter(|run| !run[0].scraped).map(<[_]>::len).max()
        };
        assert_eq!(longest_gap(&of(Class::Clean)), None);
        assert!(longest_gap(&of(Class::Gaps)).unwrap() >= 120);
        assert!(longest_gap(&of(Class::Mixed)).unwrap() >= 120);
        // One minute of requests may lie past the last scrape; the rest was lost to restarts.
        for class in [Class::Resets, Class::Mixed] {
            let traffic = of(class);
            assert!(lost(&traffic) > traffic.minutes.last().unwrap().happened.timed, "{class:?}, seed {seed}");
        }
        let low = of(Class::Low);
        let quiet = low.minutes.iter().filter(|minute| minute.happened.total == 0).count();
        assert!(quiet * 5 > low.minutes.len(), "a fifth of the minutes and more are without requests");
        let born = text(&[low]).lines().filter(|line| line.contains("code=\"404\"")).count();
        assert!(born < 3 * 1440, "its rarer labels are absent until they are used");
    }
}

#[test]
fn some_restarts_cannot_be_seen() {
    let of = |seed| Traffic::simulate(&setup(Class::Resets, seed, process())).hidden_restarts;
    assert!((1..=6).map(of).sum::<usize>() > 0, "the case the module speaks of must occur");
}

#[test]
fn the_same_setup_gives_the_same_traffic_and_another_seed_another() {
    let of = |seed| Traffic::simulate(&setup(Class::Mixed, seed, process()));
    assert_eq!(of(5), of(5));
    assert_ne!(of(5).minutes, of(6).minutes);
}

#[test]
fn up_tells_a_process_that_is_down_from_a_monitor_that_is() {
    let traffic = Traffic::simulate(&setup(Class::Gaps, 2, process()));
    let samples = samples(&text(std::slice::from_ref(&traffic)));
    let up = &samples["up{job=\"shop\",instance=\"10.0.0.1:80\"}"];
    let scraped = traffic.minutes.iter().filter(|minute| minute.scraped).count();
    assert_eq!(up.iter().filter(|(_, value)| *value == 1).count(), scraped);
    assert!(up.iter().any(|(_, value)| *value == 0), "some scrapes failed");
    assert!(up.len() < traffic.minutes.len(), "some were never tried");
}

#[test]
fn a_real_prometheus_keeps_every_sample() {
    let services = Class::ALL.map(|class| {
        let service = format!("{class:?}").to_lowercase();
        let identity = instance(&service);
        Traffic::simulate(&Setup { service, days: 1, ..setup(class, 9, identity) })
    });
    let prometheus = Prometheus::with_history(|out| write(&services, out));
    for service in &services {
        let query = format!(
            "count_over_time(http_request_duration_seconds_count{{service=%22{}%22}}[2d])",
            service.setup().service
        );
        let (_, body) = prometheus.get(&format!("/api/v1/query?query={query}&time={END}")).unwrap();
        let scraped = service.minutes.iter().filter(|minute| minute.scraped).count();
        assert!(body.contains(&format!("\"{scraped}\"]")), "{scraped} samples expected: {body}");
    }
}
