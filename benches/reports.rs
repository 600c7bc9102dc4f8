//! What reports cost the processor: the month of a house with a thousand objectives, judged, drawn, written and packed, which
//! should stay below 10 s and 256 MB; and the mail of one agreement, below 300 ms.
//!
//! `cargo bench --bench reports` first says what the house takes, then times one mail and its parts.

mod harness;

use divan::{Bencher, black_box};
use harness::{House, Processor, draft, runtime};
use nines::domain::calendar::{Period, PeriodKind};
use nines::domain::ids::ReportId;
use nines::domain::ledger::Slice;
use nines::domain::model::Agreement;
use nines::domain::report_schedule::ScheduleDraft;
use nines::domain::time::{DAY_MINUTES, Instant, Minute};
use nines::ops::make_report::make_report;
use nines::ops::write_letter::{Letter, Occasion};
use nines::report::{self, Report, Sealed};
use nines::store;
use std::fs;
use std::sync::LazyLock;
use tokio::runtime::Runtime;

/// When every bench happens: 2026-12-02T07:00:00Z; November has settled.
const NOW: i64 = 1_796_194_800;
/// Objectives of the house.
const OBJECTIVES: usize = 1_000;
/// Objectives of an agreement.
const EACH: usize = 50;
/// Those of the agreement whose mail is timed.
const FEW: usize = 5;
/// Each so many minutes one in a hundred events fails: a tenth of the objectives misses 99.9 %.
const TROUBLED: usize = 10;

struct World {
    runtime: Runtime,
    house: House,
    agreements: Vec<Agreement>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = runtime();
    let (house, agreements) = runtime.block_on(async {
        let house = House::new(Instant::from_seconds(NOW)).await;
        let source = house.source("http://127.0.0.1:9").await;
        let services: Vec<String> = (0..OBJECTIVES + FEW).map(|n| format!("service-{n:04}")).collect();
        let mut agreements = Vec::new();
        for (n, services) in services.chunks(EACH).enumerate() {
            let defined = house.define(draft(&format!("Agreement {n}"), source, services)).await;
            let mut tx = house.context.db.begin_write().await.expect("SQLite lets us write");
            for (place, (objective, ..)) in defined.objectives.into_iter().enumerate() {
                let is_troubled = place % TROUBLED == 0;
                let fails = |Minute(at): Minute| at % 4_000 < 20 && is_troubled;
                let from = Instant::from_seconds(NOW).minute().plus(-33 * DAY_MINUTES);
                let minutes = (0..33 * DAY_MINUTES).map(|n| from.plus(n));
                let slice =
                    |at| (at, Some(Slice { good: if fails(at) { 40 } else { 100 }, total: 100, catch_up: false }));
                let slices: Vec<_> = minutes.map(slice).collect();
                store::ledger::write(&mut tx, objective.indicator, &slices).await.expect("the minutes are possible");
            }
            tx.commit().await.expect("SQLite keeps them");
            agreements.push(defined.agreement);
        }
        (house, agreements)
    });
    World { runtime, house, agreements }
});

impl World {
    fn november(agreement: &Agreement) -> Period {
        agreement.calendar().containing(PeriodKind::Month, Instant::from_seconds(NOW)).previous()
    }

    fn report(&self, agreement: &Agreement) -> Report {
        let report = make_report(&self.house.context, agreement, Self::november(agreement), 1);
        self.runtime.block_on(report).expect("SQLite answers")
    }

    fn sealed(&self, agreement: &Agreement) -> Sealed {
        Sealed::new(self.report(agreement), 1, None, None).expect("the report is sealed")
    }

    fn letter(&self, agreement: &Agreement, sealed: &Sealed) -> usize {
        let dress = ScheduleDraft::usual(agreement, Vec::new());
        let letter = Letter::write(&self.house.context, (ReportId(1), sealed), &dress, Occasion::Issued);
        letter.expect("the mail is written").subject.len()
    }

    /// The agreement with few objectives.
    fn small(&self) -> &Agreement {
        self.agreements.last().expect("there is one")
    }
}

fn main() {
    print_house();
    divan::main();
}

/// The most memory that this process ever had, in MB.
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux says so");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the line is there");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1_000
}

#[expect(clippy::print_stdout, reason = "a bench speaks to whoever started it")]
fn print_house() {
    let world = &*WORLD;
    let house: Vec<&Agreement> = world.agreements.iter().take(OBJECTIVES / EACH).collect();
    let (before, memory) = (Processor::of("self"), most_memory());
    let mut sealed = Vec::new();
    for agreement in &house {
        let one = world.sealed(agreement);
        black_box(world.letter(agreement, &one));
        sealed.push((ReportId(1), one));
    }
    let objectives: usize = sealed.iter().map(|(_, one)| one.report.objectives.len()).sum();
    assert_eq!(objectives, OBJECTIVES);
    let made = before.taken();
    let dress = ScheduleDraft::usual(house[0], Vec::new());
    let pack = Letter::pack(&world.house.context, "House", &sealed, Vec::new(), &dress, Occasion::Issued);
    black_box(pack.expect("the pack is written").subject);
    println!("The month of {OBJECTIVES} objectives in {} agreements:", house.len());
    println!(
        "  {made:.1?} of the processor for reports, charts and mails, {:.1?} with the pack of all",
        before.taken()
    );
    println!("  {} MB at most, {memory} MB of them to build the house\n", most_memory());
}

#[divan::bench(sample_count = 20)]
fn mail_of_one_agreement(bencher: Bencher<'_, '_>) {
    let world = &*WORLD;
    bencher.bench(|| world.letter(world.small(), &world.sealed(black_box(world.small()))));
}

#[divan::bench(sample_count = 20)]
fn report_of_one_agreement(bencher: Bencher<'_, '_>) {
    let world = &*WORLD;
    bencher.bench(|| world.report(black_box(world.small())));
}

#[divan::bench(sample_count = 20)]
fn charts_of_one_agreement(bencher: Bencher<'_, '_>) {
    let report = WORLD.report(WORLD.small());
    bencher.bench(|| report::charts(black_box(&report)));
}

#[divan::bench(sample_count = 20)]
fn workbook_of_one_agreement(bencher: Bencher<'_, '_>) {
    let report = WORLD.report(WORLD.small());
    bencher.bench(|| report::render_xlsx(black_box(&report)));
}

#[cfg(feature = "pdf")]
#[divan::bench(sample_count = 10)]
fn pdf_of_one_agreement(bencher: Bencher<'_, '_>) {
    let report = WORLD.report(WORLD.small());
    bencher.bench(|| report::render_pdf(black_box(&report), None));
}
