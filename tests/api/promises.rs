//! Levels and throughput, counted from a real Prometheus and from a scraped endpoint, every minute against a truth that is
//! worked out here from what was simulated.

use crate::app::TestApp;
use crate::on_both;
use crate::scene::{
    Chance, Endpoint, Ledger, Says, agree, draft, indicators, ledger, open_findings, promise, source_with_timeout,
};
use nines::domain::ids::{IndicatorId, SourceId};
use nines::domain::model::{Bound, Limit, ObjectiveKind, Query, Rate, SourceSpec};
use nines::domain::selector::Expression;
use nines::ops::pull;
use nines::store;
use nines_support::prometheus::Prometheus;
use nines_support::traffic::{self, Class, Identity, Setup, Traffic};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

/// The end of the history: 2026-11-21T07:00:00Z.
const END: i64 = 1_795_244_400;
/// Minutes of the gauges' history.
const MINUTES: i64 = 600;
/// Seconds before its end at which the reading begins.
const BEFORE: i64 = 9 * 3600 + 41;
/// As long as five minutes between two samples still counts as measured.
const SILENCE: i64 = 300;

/// What a gauge says, in tenths so that it is compared as a whole number.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reading {
    Tenths(i64),
    Nan,
}

impl Reading {
    fn text(self) -> String {
        match self {
            Self::Tenths(n) => format!("{}{}.{}", if n < 0 { "-" } else { "" }, n.abs() / 10, n.abs() % 10),
            Self::Nan => "NaN".to_owned(),
        }
    }

    fn number(self) -> Option<i64> {
        if let Self::Tenths(n) = self { Some(n) } else { None }
    }
}

/// One series of a gauge: at most one reading a minute.
type Gauge = Vec<Option<Reading>>;

/// Three disks. All are silent for twenty minutes and for four, one is silent longer, one has NaN at times and a while
/// alone, one appears late.
fn disks() -> Vec<Gauge> {
    let mut chance = Chance(11);
    let mut disk = |number: i64| -> Gauge {
        let reading = |chance: &mut Chance, at: i64| {
            let value = Reading::Tenths(chance.between(780, 806) - number);
            match at {
                100..120 | 300..304 => None,
                200..240 if number == 1 => None,
                250..290 if number != 0 => None,
                255..275 if number == 0 && chance.between(0, 2) == 0 => Some(Reading::Nan),
                0..400 if number == 2 => None,
                _ => Some(value),
            }
        };
        (0..MINUTES).map(|at| reading(&mut chance, at)).collect()
    };
    (0..3).map(&mut disk).collect()
}

/// A queue that is sampled every other minute, with NaN at times.
fn queue() -> Gauge {
    let mut chance = Chance(12);
    let reading = |at: i64| match at {
        at if at % 2 == 1 || (400..420).contains(&at) => None,
        at if at % 50 == 0 => Some(Reading::Nan),
        _ => Some(Reading::Tenths(chance.between(-30, 30))),
    };
    (0..MINUTES).map(reading).collect()
}

/// Used and all bytes of two machines; of nothing, nothing is used (NaN) or something is (infinity). Both have a gap.
fn machines() -> Vec<Vec<Option<(i64, i64)>>> {
    let mut chance = Chance(13);
    let mut machine = |number: i64| {
        let mut reading = |at: i64| match at {
            150..170 => None,
            200..210 => Some((0, 0)),
            210..215 if number == 0 => Some((5, 0)),
            _ => Some((chance.between(795, 812), 1000)),
        };
        (0..MINUTES).map(&mut reading).collect()
    };
    (0..2).map(&mut machine).collect()
}

/// Orders in each minute.
fn orders() -> Vec<Option<i64>> {
    let mut chance = Chance(14);
    let order = |at: i64| if (300..330).contains(&at) { None } else { Some(chance.between(20, 40)) };
    (0..MINUTES).map(order).collect()
}

fn first_minute() -> i64 {
    END / 60 - MINUTES
}

/// Milliseconds into its minute at which a series is sampled.
fn offset_ms(series: i64) -> i64 {
    7_250 + 11_003 * series
}

/// Writes one series, a text for each minute that has a sample.
fn write_series(out: &mut String, name: &str, offset_ms: i64, texts: impl Iterator<Item = Option<String>>) {
    for (minute, text) in (first_minute()..).zip(texts) {
        let at_ms = minute * 60_000 + offset_ms;
        if let Some(text) = text {
            writeln!(out, "{name} {text} {}.{:03}", at_ms / 1000, at_ms % 1000).unwrap();
        }
    }
}

fn history(services: &[Traffic]) -> String {
    let mut bytes = Vec::new();
    traffic::write(services, &mut bytes).unwrap();
    let mut out = String::from_utf8(bytes).unwrap().trim_end().strip_suffix("# EOF").unwrap().to_owned();
    out.push_str("# TYPE disk_used_percent gauge\n");
    for (number, disk) in (0..).zip(disks()) {
        let name = format!("disk_used_percent{{disk=\"{number}\"}}");
        write_series(&mut out, &name, offset_ms(number), disk.into_iter().map(|one| one.map(Reading::text)));
    }
    out.push_str("# TYPE queue_length gauge\n");
    write_series(&mut out, "queue_length", offset_ms(3), queue().into_iter().map(|one| one.map(Reading::text)));
    for (name, is_size) in [("used_bytes", false), ("size_bytes", true)] {
        writeln!(out, "# TYPE {name} gauge").unwrap();
        for (number, machine) in (0..).zip(machines()) {
            let text = |(used, size): (i64, i64)| if is_size { size.to_string() } else { used.to_string() };
            let name = format!("{name}{{machine=\"{number}\"}}");
            write_series(&mut out, &name, offset_ms(number), machine.into_iter().map(|one| one.map(text)));
        }
    }
    out.push_str("# TYPE orders_in_minute gauge\n");
    write_series(&mut out, "orders_in_minute", offset_ms(2), orders().into_iter().map(|n| n.map(|n| n.to_string())));
    out.push_str("# EOF\n");
    out
}

/// One Prometheus for both engines: the gauges above, and two services with restarts and gaps.
fn world() -> &'static (Prometheus, Vec<Traffic>) {
    static WORLD: OnceLock<(Prometheus, Vec<Traffic>)> = OnceLock::new();
    WORLD.get_or_init(|| {
        let process = Identity::Process { job: "api".to_owned(), instance: "10.0.0.9:80".to_owned() };
        let services: Vec<Traffic> =
            [(Class::Mixed, process), (Class::Gaps, Identity::Bare), (Class::Low, Identity::Bare)]
                .into_iter()
                .zip(1..)
                .map(|((class, identity), number)| {
                    Traffic::simulate(&Setup {
                        service: format!("{class:?}").to_lowercase(),
                        class,
                        identity,
                        seed: 70 + u64::from(number),
                        days: 3,
                        end: END,
                        offset_ms: 9_000 * number,
                    })
                })
                .collect();
        let prometheus = Prometheus::with_history(|out| out.write_all(history(&services).as_bytes()));
        (prometheus, services)
    })
}

fn level(gauge: &str, at: Bound, limit: &str) -> Query {
    let gauge = Expression::parse_as_written(gauge).unwrap();
    Query::Level { gauge, limit: Limit::parse(at, limit).unwrap() }
}

fn throughput(total: &str, at_least: &str) -> Query {
    Query::Throughput { total: Expression::parse(total).unwrap(), at_least: Rate::parse(at_least).unwrap() }
}

/// A level read raw: events are the samples that are numbers.
fn truth_of_level(series: &[Gauge], is_good: impl Fn(i64) -> bool) -> Ledger {
    let mut truth = Ledger::new();
    let near = |gauge: &Gauge, at: usize| {
        let before = gauge.iter().take(at).enumerate().rev().find_map(|(place, one)| one.map(|one| (place, one)));
        let after = gauge.iter().enumerate().skip(at + 1).find_map(|(place, one)| one.map(|one| (place, one)));
        before
            .zip(after)
            .is_some_and(|((from, a), (to, b))| a.number().is_some() && b.number().is_some() && to - from <= 5)
    };
    for (minute, at) in (first_minute()..).zip(0..usize::try_from(MINUTES).unwrap()) {
        let readings: Vec<Reading> = series.iter().filter_map(|gauge| gauge[at]).collect();
        let numbers: Vec<i64> = readings.iter().filter_map(|one| one.number()).collect();
        let good = numbers.iter().filter(|n| is_good(**n)).count();
        let is_between = readings.is_empty() && series.iter().any(|gauge| near(gauge, at));
        if !numbers.is_empty() || is_between {
            let counts = [good, numbers.len()].map(|n| i64::try_from(n).unwrap());
            truth.insert(minute, (counts[0], counts[1], false));
        }
    }
    truth
}

/// What a server says at the end of each minute: the newest sample of the last five minutes.
fn newest<T: Copy>(samples: &[Option<T>], offset_ms: i64) -> BTreeMap<i64, T> {
    let taken = |minute: i64| usize::try_from(minute).ok().and_then(|at| samples.get(at).copied().flatten());
    let at_end = |minute: i64| {
        (0..=5).map(|back| minute - back).find_map(|sampled| {
            let age_ms = (minute + 1 - sampled) * 60_000 - offset_ms;
            taken(sampled).filter(|_| age_ms < 300_000)
        })
    };
    (0..MINUTES + 10).filter_map(|minute| Some((first_minute() + minute, at_end(minute)?))).collect()
}

/// The machines' `100 * used / size`, at most 80.5: each machine is one event a minute.
fn truth_of_machines() -> Ledger {
    let mut truth = Ledger::new();
    for (number, machine) in (0..).zip(machines()) {
        for (minute, (used, size)) in newest(&machine, offset_ms(number)) {
            if (used, size) == (0, 0) {
                continue;
            }
            let booked = truth.entry(minute).or_default();
            // something of nothing is infinitely full
            *booked = (booked.0 + i64::from(size > 0 && used * 1000 <= 805 * size), booked.1 + 1, false);
        }
    }
    truth
}

/// A floor under what the samples reveal of a simulated process, `floor` a minute. A scrape that is at most five minutes
/// from both its neighbours judges the minutes since the one before it.
fn truth_of_throughput(traffic: &Traffic, floor: i64) -> Ledger {
    let scrapes: Vec<(i64, i64)> = (traffic.start / 60..)
        .zip(&traffic.minutes)
        .filter(|(_, minute)| minute.scraped)
        .map(|(at, minute)| (at, minute.revealed.total))
        .collect();
    let mut truth = Ledger::new();
    for three in scrapes.windows(3) {
        let [(before, _), (at, events), (after, _)] = three else { panic!("three are three") };
        if at - before <= 5 && after - at <= 5 {
            let is_good = *events >= floor * (at - before);
            truth.extend((before + 1..=*at).map(|minute| (minute, (i64::from(is_good), 1, false))));
        }
    }
    truth
}

/// A floor that about half of the minutes reach, three times so much a minute as twentieths a second.
fn usual(traffic: &Traffic) -> (String, i64) {
    let mut counts: Vec<i64> = traffic.minutes.iter().filter(|m| m.scraped).map(|m| m.revealed.total).collect();
    counts.sort_unstable();
    let twentieths = (counts[counts.len() / 2] / 3).max(1);
    (format!("{}.{:02}", twentieths * 5 / 100, twentieths * 5 % 100), twentieths * 3)
}

#[track_caller]
fn assert_same(what: &str, kept: &Ledger, truth: &Ledger) {
    let all = truth.keys().chain(kept.keys());
    let differ: BTreeMap<_, _> = all
        .filter(|m| truth.get(m) != kept.get(m))
        .map(|m| (m - first_minute(), (truth.get(m), kept.get(m))))
        .collect();
    assert!(differ.is_empty(), "{what}: {} minutes differ (truth, kept): {differ:?}", differ.len());
    let (some, all) = truth.values().fold((0, 0), |sums, slice| (sums.0 + slice.0, sums.1 + slice.1));
    assert!(0 < some && some < all, "{what}: the story has good and bad minutes: {some} of {all}");
}

/// Pulls at odd moments while the history goes on, so that readings meet at every kind of minute.
async fn pull_in_parts(app: &TestApp, id: SourceId) {
    let mut steps = vec![0, 60, 61, 59, 7 * 60, 13 * 60 + 1, 11 * 60, 3 * 3600];
    steps.push(BEFORE - 1200 - steps.iter().sum::<i64>());
    steps.push(1800);
    for step in steps {
        app.advance(step);
        assert!(pull::pull_now(&app.state, id).await.unwrap());
        let state = store::source_states::find(app.db(), id).await.unwrap().unwrap();
        assert_eq!((state.failures, state.last_error), (0, None));
    }
    assert_eq!(app.state.clock.now().seconds(), END + 600);
}

async fn defined(app: &TestApp, id: SourceId, queries: Vec<(ObjectiveKind, Query)>) -> Vec<IndicatorId> {
    let promises =
        queries.into_iter().zip(1..).map(|((kind, query), n)| promise(&format!("Promise {n}"), kind, id, query));
    agree(&app.state, draft("Gold", &[], promises.collect())).await;
    indicators(app.db(), id).await
}

/// A scraped process with one counter and three gauges, and when it was scraped.
struct Shop {
    /// The counter.
    life: i64,
    /// What the last scrape showed of it.
    shown: i64,
    /// Events since then, or since a restart after it.
    unseen: i64,
    /// Each scrape: when, the events that it reveals, and what the gauges said.
    scrapes: Vec<(i64, i64, [Reading; 3])>,
}

impl Shop {
    fn serve(&mut self, chance: &mut Chance) {
        let events = chance.between(0, 60);
        self.life += events;
        self.unseen += events;
    }

    fn restart(&mut self) {
        (self.life, self.unseen) = (0, 0);
    }

    fn scraped(&mut self, at: i64, readings: [Reading; 3]) -> String {
        self.scrapes.push((at, self.unseen, readings));
        (self.shown, self.unseen) = (self.life, 0);
        let mut text = format!("# TYPE orders counter\norders_total {}\n# TYPE room gauge\n", self.life);
        for (number, reading) in readings.into_iter().enumerate() {
            writeln!(text, "room{{disk=\"{number}\"}} {}", reading.text()).unwrap();
        }
        text + "# EOF\n"
    }

    /// At least 30 a minute. A minute is judged if it lies between scrapes at most five minutes apart on both sides, and
    /// with it those before it that had no scrape.
    fn throughput(&self) -> Ledger {
        let watched_across = |moment: i64| {
            let before = self.scrapes.iter().rev().map(|one| one.0).find(|at| *at < moment);
            let after = self.scrapes.iter().map(|one| one.0).find(|at| *at >= moment);
            before.zip(after).filter(|(before, after)| after - before <= SILENCE)
        };
        let mut truth = Ledger::new();
        for minute in self.scrapes.iter().map(|one| one.0 / 60) {
            let (start, end) = (minute * 60, minute * 60 + 60);
            let Some(((before, _), _)) = watched_across(start).zip(watched_across(end)) else { continue };
            let inside = self.scrapes.iter().filter(|one| (start..end).contains(&one.0));
            let events = inside.map(|one| one.1).sum::<i64>();
            let first = before / 60 + 1;
            let is_good = events >= 30 * (minute + 1 - first);
            truth.extend((first..=minute).map(|minute| (minute, (i64::from(is_good), 1, false))));
        }
        truth
    }

    /// At least 4.5 on each gauge.
    fn level(&self) -> Ledger {
        let mut truth = Ledger::new();
        for (at, _, readings) in &self.scrapes {
            let numbers: Vec<i64> = readings.iter().filter_map(|one| one.number()).collect();
            if numbers.is_empty() {
                continue;
            }
            let booked = truth.entry(at / 60).or_default();
            for number in numbers {
                *booked = (booked.0 + i64::from(number >= 45), booked.1 + 1, false);
            }
        }
        for pair in self.scrapes.windows(2) {
            let [(last, _, a), (next, _, b)] = pair else { panic!("two are two") };
            let same = a.iter().zip(b).any(|(a, b)| a.number().is_some() && b.number().is_some());
            if same && next - last <= SILENCE {
                for minute in last / 60 + 1..next / 60 {
                    truth.entry(minute).or_default();
                }
            }
        }
        truth
    }
}

on_both! {
    async fn levels_and_throughputs_of_a_prometheus_are_right_to_the_minute(app: TestApp) {
        let (prometheus, services) = tokio::task::spawn_blocking(world).await.unwrap();
        let spec = SourceSpec::Prometheus { url: prometheus.url().parse().unwrap() };
        app.advance(END - BEFORE - app.state.clock.now().seconds());
        let id = source_with_timeout(&app.state, "Prometheus", spec, 60).await;
        let mut queries = vec![
            (ObjectiveKind::Level, level("disk_used_percent", Bound::AtMost, "79.5")),
            (ObjectiveKind::Level, level("queue_length", Bound::AtLeast, "-0.5")),
            (ObjectiveKind::Level, level("100 * used_bytes / size_bytes", Bound::AtMost, "80.50")),
            (ObjectiveKind::Throughput, throughput("orders_in_minute * 1", "0.5")),
        ];
        for traffic in services {
            let total = format!("sum(rate(http_requests_total{{service=\"{}\"}}[5m]))", traffic.setup().service);
            queries.push((ObjectiveKind::Throughput, throughput(&total, &usual(traffic).0)));
        }
        let ids = defined(&app, id, queries).await;
        pull_in_parts(&app, id).await;

        let kept = ledger(app.db(), ids[0]).await;
        let truth = truth_of_level(&disks(), |tenths| tenths <= 795);
        assert_same("disks", &kept, &truth);
        assert!(kept.values().any(|slice| slice.1 == 3) && !kept.contains_key(&(first_minute() + 110)), "three, and a gap");
        assert_same("queue", &ledger(app.db(), ids[1]).await, &truth_of_level(&[queue()], |tenths| tenths >= -5));
        assert_same("machines", &ledger(app.db(), ids[2]).await, &truth_of_machines());
        let orders = newest(&orders(), offset_ms(2)).into_iter();
        assert_same("orders", &ledger(app.db(), ids[3]).await, &orders.map(|(m, n)| (m, (i64::from(n >= 30), 1, false))).collect());
        for (traffic, id) in services.iter().zip(&ids[4..]) {
            let truth = truth_of_throughput(traffic, usual(traffic).1);
            assert_same(&traffic.setup().service, &ledger(app.db(), *id).await, &truth);
        }
        for (place, id) in ids.iter().enumerate() {
            let listed = store::findings::list(app.db(), *id).await.unwrap();
            let kinds: Vec<_> = listed.iter().map(|finding| finding.kind.as_str()).collect();
            let expected: &[&str] = if place < 3 { &["no_numbers"] } else { &[] };
            assert_eq!(kinds, expected, "promise {}", place + 1);
        }
        assert_eq!(open_findings(app.db(), ids[0]).await, Vec::<String>::new(), "settled by later readings without NaN");
    }

    async fn levels_and_throughput_of_a_scraped_endpoint_wait_until_a_minute_is_over(app: TestApp) {
        let endpoint = Endpoint::start().await;
        let id = source_with_timeout(&app.state, "shop", SourceSpec::Scrape { url: endpoint.url() }, 5).await;
        let ids = defined(&app, id, vec![
            (ObjectiveKind::Level, level("room", Bound::AtLeast, "4.5")),
            (ObjectiveKind::Throughput, throughput("orders_total", "0.5")),
        ]).await;
        let mut chance = Chance(21);
        let mut shop = Shop { life: 5_000, shown: 0, unseen: 0, scrapes: Vec::new() };
        for turn in 0..260 {
            app.advance(match chance.between(0, 20) {
                0 => chance.between(301, 700),
                1 | 2 => chance.between(90, 300),
                _ => chance.between(10, 41),
            });
            // a restart is seen, because what follows it is far less than what was shown
            if turn % 40 == 39 {
                shop.life += 5_000;
                shop.unseen += 5_000;
            } else if turn % 40 == 0 && turn > 0 {
                assert!(shop.shown > 1_000);
                shop.restart();
            }
            shop.serve(&mut chance);
            let mut reading = || match chance.between(0, 6) {
                0 => Reading::Nan,
                _ => Reading::Tenths(chance.between(30, 70)),
            };
            let readings = if turn % 9 == 0 { [Reading::Nan; 3] } else { [reading(), reading(), reading()] };
            let now = app.state.clock.now().seconds();
            endpoint.say(Says::Text(shop.scraped(now, readings)));
            assert!(pull::pull_now(&app.state, id).await.unwrap());
            let judged = ledger(app.db(), ids[1]).await;
            assert!(judged.last_key_value().is_none_or(|(last, _)| *last < now / 60), "the present minute is not over");
        }
        shop.scrapes[0].1 = 0; // nobody knows since when the first value counts
        assert_same("room", &ledger(app.db(), ids[0]).await, &shop.level());
        assert_same("orders", &ledger(app.db(), ids[1]).await, &shop.throughput());
    }
}
