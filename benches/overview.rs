//! What the overview costs with two thousand objectives: everything that the server does for the page except reading the
//! session and compressing the answer. It should stay below 50 ms.
//!
//! `cargo bench --bench overview` first says how large the page is, then times it.

mod harness;

use askama::Template as _;
use divan::{Bencher, black_box};
use harness::{House, Processor, draft, runtime};
use nines::domain::ledger::Slice;
use nines::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use nines::ops::evaluate;
use nines::store;
use nines::view::Shell;
use nines::web::overview::{Asked, compose};
use std::sync::LazyLock;
use tokio::runtime::Runtime;

/// When every bench happens: 2026-11-21T07:00:00Z.
const NOW: i64 = 1_795_244_400;
/// How many are looked at.
const OBJECTIVES: usize = 2_000;
/// Objectives of an agreement.
const EACH: usize = 50;
/// The first so many, which stand in the first page, have a month of minutes behind them; the others a day.
const LONG: usize = 200;

struct World {
    runtime: Runtime,
    house: House,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = runtime();
    let house = runtime.block_on(async {
        let house = House::new(Instant::from_seconds(NOW)).await;
        let source = house.source("http://127.0.0.1:9").await;
        let services: Vec<String> = (0..OBJECTIVES).map(|n| format!("service-{n:04}")).collect();
        let mut place = 0;
        for (n, services) in services.chunks(EACH).enumerate() {
            let defined = house.define(draft(&format!("Agreement {n}"), source, services)).await;
            let mut tx = house.context.db.begin_write().await.expect("SQLite lets us write");
            for (objective, ..) in defined.objectives {
                let days = if place < LONG { 31 } else { 1 };
                let span = Span::ending(Instant::from_seconds(NOW).minute(), days * DAY_MINUTES);
                // the busiest trouble among those with a long history, so that the first page draws whole months
                let bad = i64::from(place < LONG);
                let slice = |minute: Minute| (minute, Some(Slice { good: 100 - bad, total: 100, catch_up: false }));
                let slices: Vec<_> = span.iter().map(slice).collect();
                store::ledger::write(&mut tx, objective.indicator, &slices).await.expect("the minutes are possible");
                place += 1;
            }
            tx.commit().await.expect("SQLite keeps them");
        }
        evaluate::evaluate_all(&house.context).await.expect("everything is judged");
        house
    });
    World { runtime, house }
});

impl World {
    fn page(&self, query: &str) -> String {
        let asked = actix_web::web::Query::<Asked>::from_query(query).expect("a query").into_inner();
        let page = compose(&self.house.context, Shell::default(), true, asked);
        let page = self.runtime.block_on(page).expect("SQLite answers");
        page.render().expect("the page renders")
    }
}

fn main() {
    print_page();
    divan::main();
}

#[expect(clippy::print_stdout, reason = "a bench speaks to whoever started it")]
fn print_page() {
    let page = WORLD.page("");
    assert_eq!(page.matches("share by day").count(), EACH, "every row of the first page has its trend");
    let before = Processor::of("self");
    for _ in 0..20 {
        black_box(WORLD.page(""));
    }
    println!("The overview of {OBJECTIVES}: {} kB before compression,", page.len() / 1000);
    println!("  {:.1?} of the processor a page\n", before.taken() / 20);
}

#[divan::bench(args = ["", "hide=meeting", "sort=budget", "sort=service&page=30", "q=service-1234"], sample_count = 20)]
fn page(bencher: Bencher<'_, '_>, query: &str) {
    bencher.bench(|| WORLD.page(black_box(query)));
}
