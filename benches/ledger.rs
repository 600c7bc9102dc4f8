//! What the ledger costs: questions, evaluation cycles, bytes, counting, drawing.
//!
//! `cargo bench --bench ledger` first prints what no stopwatch shows (bytes for each slice, processor time of a cycle, how
//! much the hour sums save), then times the rest. A name picks some: `cargo bench --bench ledger -- trace`.

mod harness;
mod traffic;

use divan::{Bencher, black_box};
use harness::{House, Processor, draft, runtime};
use nines::chart::{Chart, Line, LineStyle, Rule, Size, Unit, svg};
use nines::domain::account::Account;
use nines::domain::counting::{CounterState, PartIs, Role, Sample, Series, SeriesKey, TargetKey, count, millis};
use nines::domain::judgement::{Judgement, Terms, judge};
use nines::domain::ledger::{HourDetail, Slice, Tally};
use nines::domain::ratio::float;
use nines::domain::time::{DAY_MINUTES, Hour, Instant, Minute, Span};
use nines::ops::judge::Judge;
use nines::ops::trace::Trace;
use nines::ops::{self, evaluate};
use nines::store::objectives::ObjectiveListing;
use nines::store::{self};
use std::sync::Arc;
use std::sync::LazyLock;
use std::time::Instant as Stopwatch;
use tokio::runtime::Runtime;
use traffic::{RATES, minutes, write};

/// When every bench happens: 2026-11-21T07:00:00Z.
const NOW: i64 = 1_795_244_400;
/// Objectives of an evaluation cycle, each with an indicator of its own.
const OBJECTIVES: usize = 1_000;
/// Days of history behind each.
const DAYS: i64 = 35;
/// The one of them that single questions are about; the objective at this place is its.
const MEDIUM: usize = 1;
const MEDIUM_SEED: u64 = 100;
/// The longest range that is traced; so many days and a window lie behind the traced objective.
const TRACED_DAYS: i64 = 90;

fn main() {
    print_bytes();
    print_savings();
    print_cycle();
    divan::main();
}

fn now() -> Minute {
    Instant::from_seconds(NOW).minute()
}

// --- a Nines with a thousand objectives -----------------------------------------------------------------------------

struct World {
    runtime: Runtime,
    house: House,
    /// One with a hundred requests a minute.
    listing: ObjectiveListing,
    judge: Judge,
}

/// Made once, by whoever needs it first; this takes some seconds.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = runtime();
    let (house, listing, judge) = runtime.block_on(async {
        let house = House::new(Instant::from_seconds(NOW)).await;
        let source = house.source("http://127.0.0.1:9").await;
        let services: Vec<String> = (0..OBJECTIVES).map(|n| format!("service-{n}")).collect();
        let mut objectives = Vec::new();
        for (n, services) in services.chunks(50).enumerate() {
            let defined = house.define(draft(&format!("Customer {n}"), source, services)).await;
            objectives.extend(defined.objectives.into_iter().map(|(objective, ..)| objective));
        }
        let span = Span::ending(now(), DAYS * DAY_MINUTES);
        // a thousand services share twelve histories: drawing a thousand would take a minute
        let histories: Vec<_> = (0..4).flat_map(|n| RATES.map(|(_, rate)| minutes(n, rate, span))).collect();
        for (objective, history) in objectives.iter().zip(histories.iter().cycle()) {
            write(&house, objective.indicator, history).await;
        }
        let reach = Span::ending(now(), (TRACED_DAYS + 30) * DAY_MINUTES);
        write(&house, objectives[MEDIUM].indicator, &minutes(MEDIUM_SEED, RATES[MEDIUM].1, reach)).await;
        let listing = store::objectives::listing(&house.context.db, objectives[MEDIUM].id).await;
        let listing = listing.expect("SQLite answers").expect("it was defined");
        let judge = Judge::load(&house.context.db).await.expect("SQLite answers");
        (house, listing, judge)
    });
    World { runtime, house, listing, judge }
});

impl World {
    fn judge(&self) -> Judgement {
        self.runtime.block_on(self.judge.at(&self.listing, now())).expect("SQLite answers")
    }

    /// The same judgement without hour sums: every minute is read and added up.
    fn judge_naively(&self) -> Judgement {
        let (span, terms) = self.judge.window_at(&self.listing, now());
        let rules = self.listing.objective.terms.rules(terms.window_minutes, terms.target);
        let slices = store::ledger::slices(&self.house.context.db, self.listing.indicator.id, span);
        let slices = self.runtime.block_on(slices).expect("SQLite answers");
        let sum = |span: Span| {
            let known = slices.iter().filter(|(minute, _)| span.contains(*minute));
            let tally =
                |(_, slice): &(Minute, Slice)| Tally { good: slice.good, total: slice.total, known: 1, minutes: 0 };
            Tally { minutes: span.minutes(), ..known.map(tally).sum() }
        };
        let lookbacks = nines::domain::judgement::lookbacks(&rules).into_iter();
        let recent: Vec<_> = lookbacks.map(|minutes| (minutes, sum(Span::ending(span.end(), minutes)))).collect();
        judge(terms, &rules, span, Account::of_events(sum(span)), &recent)
    }

    fn evaluate(&self) -> usize {
        self.runtime.block_on(evaluate::evaluate_all(&self.house.context)).expect("everything is judged")
    }

    fn trace(&self, days: i64) -> Arc<Trace> {
        let span = Span::ending(now(), days * DAY_MINUTES);
        let asked = ops::trace::Asked { span, what: ops::trace::Asks::Range };
        let trace = ops::trace::trace(&self.judge, &self.listing, asked);
        self.runtime.block_on(trace).expect("SQLite answers")
    }
}

// --- what no stopwatch shows ----------------------------------------------------------------------------------------

#[expect(clippy::print_stdout, reason = "a bench speaks to whoever started it")]
fn print_bytes() {
    println!("Bytes for each slice, of the SQLite file, 20 indicators over 35 days:");
    let runtime = runtime();
    let empty = runtime.block_on(async { file_with(&[]).await });
    for (name, rate) in RATES {
        let span = Span::ending(now(), DAYS * DAY_MINUTES);
        let histories: Vec<_> = (0..20).map(|seed| minutes(seed, rate, span)).collect();
        let slices = span.minutes() * 20;
        let bytes = runtime.block_on(file_with(&histories)) - empty;
        let packed: usize = histories.iter().flat_map(|history| history.chunks(60)).map(|hour| pack(hour).len()).sum();
        let each = |bytes: u64| float(i64::try_from(bytes).expect("it fits")) / float(slices);
        let minutes_alone = each(u64::try_from(packed).expect("it fits"));
        println!(
            "  {name:<7} {rate:>6} requests a minute: {:.2} (packed minutes alone: {minutes_alone:.2})",
            each(bytes)
        );
    }
}

/// The size of a database with an indicator for each history, written hour by hour as live pulls do.
async fn file_with(histories: &[Vec<(Minute, Option<Slice>)>]) -> u64 {
    let house = House::new(Instant::from_seconds(NOW)).await;
    let source = house.source("http://127.0.0.1:9").await;
    let services: Vec<String> = (0..20).map(|n| format!("service-{n}")).collect();
    let defined = house.define(draft("Customer", source, &services)).await;
    let longest = histories.iter().map(Vec::len).max().unwrap_or_default();
    for hour in (0..longest).step_by(60) {
        let mut tx = house.context.db.begin_write().await.expect("SQLite lets us write");
        for ((_, indicator, _), history) in defined.objectives.iter().zip(histories) {
            let slices = &history[hour..hour + 60];
            store::ledger::write(&mut tx, indicator.id, slices).await.expect("the minutes are possible");
        }
        tx.commit().await.expect("SQLite keeps them");
    }
    let file = house.context.settings.data_dir.join("nines.db");
    house.context.db.close().await;
    std::fs::metadata(file).expect("the database is a file").len()
}

#[expect(clippy::print_stdout, reason = "a bench speaks to whoever started it")]
fn print_savings() {
    let world = &*WORLD;
    assert_eq!(world.judge().tally, world.judge_naively().tally, "both ways must give the same answer");
    let quick = fastest(300, || drop(black_box(world.judge())));
    let naive = fastest(30, || drop(black_box(world.judge_naively())));
    println!("The budget over 30 days, fastest of many: {:.3} ms from hour sums,", quick * 1e3);
    println!("  {:.3} ms from every minute: {:.1} times as long", naive * 1e3, naive / quick);
}

fn fastest(times: usize, what: impl Fn()) -> f64 {
    let once = |_| {
        let began = Stopwatch::now();
        what();
        began.elapsed().as_secs_f64()
    };
    (0..times).map(once).fold(f64::INFINITY, f64::min)
}

#[expect(clippy::print_stdout, reason = "a bench speaks to whoever started it")]
fn print_cycle() {
    const CYCLES: u32 = 5;
    let world = &*WORLD;
    assert_eq!(world.evaluate(), OBJECTIVES);
    let (began, processor) = (Stopwatch::now(), Processor::of("self"));
    for _ in 0..CYCLES {
        world.evaluate();
    }
    let (wall, processor) = (began.elapsed() / CYCLES, processor.taken() / CYCLES);
    println!("An evaluation cycle of {OBJECTIVES} objectives: {wall:.2?}, of the processor {processor:.2?}\n");
}

// --- what a stopwatch shows -----------------------------------------------------------------------------------------

#[divan::bench]
fn budget_from_hour_sums(bencher: Bencher) {
    bencher.bench(|| WORLD.judge());
}

#[divan::bench]
fn budget_from_every_minute(bencher: Bencher) {
    bencher.bench(|| WORLD.judge_naively());
}

#[divan::bench(sample_count = 5)]
fn evaluation_cycle(bencher: Bencher) {
    bencher.bench(|| WORLD.evaluate());
}

#[divan::bench(args = [1, 7, 30, TRACED_DAYS], sample_count = 20)]
fn trace_days(bencher: Bencher, days: i64) {
    bencher.bench(|| WORLD.trace(days));
}

/// Three charts for a desktop and for a phone, as an objective's page shows them.
#[divan::bench(args = [7, 30, TRACED_DAYS], sample_count = 20)]
fn charts_of_an_objective(bencher: Bencher, days: i64) {
    let trace = WORLD.trace(days);
    bencher.bench(|| draw(black_box(&trace)));
}

#[divan::bench(sample_count = 20)]
fn count_thirty_days(bencher: Bencher) {
    let window = Span::ending(now(), 30 * DAY_MINUTES);
    let series = samples(window);
    bencher.bench(|| count(&CounterState::default(), black_box(&series), &[], window, window.end(), PartIs::Bad));
}

#[divan::bench(args = RATES.map(|(name, _)| name))]
fn pack_hour(bencher: Bencher, name: &str) {
    let detail = hour_of(name);
    bencher.bench(|| black_box(&detail).pack());
}

#[divan::bench(args = RATES.map(|(name, _)| name))]
fn unpack_hour(bencher: Bencher, name: &str) {
    let bytes = hour_of(name).pack();
    bencher.bench(|| HourDetail::unpack(black_box(&bytes)));
}

fn hour_of(name: &str) -> HourDetail {
    let (_, rate) = RATES.into_iter().find(|(known, _)| *known == name).expect("the names come from there");
    detail(&minutes(7, rate, Hour(498_678).span()))
}

fn detail(minutes: &[(Minute, Option<Slice>)]) -> HourDetail {
    let mut detail = HourDetail::default();
    for (minute, slice) in minutes {
        detail.merge(*minute, slice.expect("all are known")).expect("they are possible");
    }
    detail
}

fn pack(minutes: &[(Minute, Option<Slice>)]) -> Vec<u8> {
    detail(minutes).pack()
}

/// Four counters of one process, one for each status code, scraped once a minute and restarted each week.
fn samples(window: Span) -> Vec<Series> {
    let series = |place: u64| {
        let mut value = 0;
        let sample = |(minute, slice): (Minute, Option<Slice>)| {
            value = if minute.0 % (7 * DAY_MINUTES) == 0 { 0 } else { value + slice.map_or(0, |slice| slice.total) };
            Sample { at_ms: millis(minute) + 17_000, value: float(value) }
        };
        let rate = if place == 0 { 100.0 } else { 0.1 };
        let samples = minutes(place, rate, window).into_iter().map(sample).collect();
        let role = if place < 2 { Role::Total } else { Role::Both };
        Series { key: SeriesKey(place), target: TargetKey(1), role, samples }
    };
    (0..4).map(series).collect()
}

fn draw(trace: &Trace) -> Vec<String> {
    let at = |n: usize| trace.points[n].end.start();
    let budget = |tally: Tally, terms: Terms| {
        let budget = nines::domain::judgement::Budget::new(tally.good, tally.total, terms.target, terms.window_minutes);
        budget.map(|budget| budget.remaining().to_f64() * 100.0)
    };
    let places = || 0..trace.points.len();
    let ratio = |tally: Tally| (tally.total > 0).then(|| float(tally.good) / float(tally.total) * 100.0);
    let sli: Vec<_> = places().map(|n| (at(n), ratio(trace.points[n].window))).collect();
    let left: Vec<_> = places().map(|n| (at(n), budget(trace.points[n].window, trace.points[n].terms))).collect();
    let burn = |line: usize| places().map(|n| (at(n), trace.points[n].burns[line])).collect::<Vec<_>>();
    let (first, second) = (burn(0), burn(1));
    let line = |name, style, points| Line { name, style, filled: false, points };
    let chart = |unit, lines, rule| Chart {
        title: "A chart",
        description: "What it shows, in a sentence.",
        span: trace.span,
        zone: chrono_tz::Tz::Europe__Berlin,
        unit,
        lines,
        rules: vec![Rule { value: rule, label: "A rule" }],
        envelope: None,
        bands: Vec::new(),
        marks: Vec::new(),
        floor: None,
        ceiling: None,
    };
    let charts = [
        chart(Unit::Percent, vec![line("Good", LineStyle::Main, &sli)], 99.9),
        chart(Unit::Percent, vec![line("Left", LineStyle::Main, &left)], 0.0),
        chart(
            Unit::Factor,
            vec![line("Over 1 hour", LineStyle::Main, &first), line("Over 6 hours", LineStyle::Second, &second)],
            14.4,
        ),
    ];
    let sizes = [Size::PAGE, Size::PHONE];
    charts.iter().flat_map(|chart| sizes.map(|size| svg(chart, size).expect("it can be drawn"))).collect()
}
