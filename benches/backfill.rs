//! What it costs to read a month of history from a real Prometheus, and who of the two does the work.
//!
//! `cargo bench --bench backfill` loads a Prometheus with 50 services over 30 days, pulls them all once, and prints wall
//! time and the processor time of either side. `cargo bench --bench backfill -- 10 7` takes 10 services over 7 days.
//! Loading takes longer than what is measured: a gigabyte of text for the full size.

mod harness;

use harness::{House, Processor, draft, runtime};
use nines::domain::model::Objective;
use nines::domain::time::{Instant, Minute, Span};
use nines::{ops, store};
use nines_support::prometheus::Prometheus;
use nines_support::traffic::{Class, Identity, Setup, Traffic, write};
use std::io::{self, Write};
use std::time::{Duration, Instant as Stopwatch};

/// Where the history ends: 2026-11-21T07:00:00Z.
const END: i64 = 1_795_244_400;

fn main() {
    let mut sizes = std::env::args().skip(1).filter_map(|word| word.parse::<u32>().ok());
    let (services, days) = (sizes.next().unwrap_or(50), sizes.next().unwrap_or(30));
    let traffic: Vec<Traffic> = (0..services).map(|n| Traffic::simulate(&setup(n, days))).collect();
    let began = Stopwatch::now();
    let prometheus = Prometheus::with_history(|out| write(&traffic, &mut Requests::of(out)));
    say(&format!("{services} services over {days} days, loaded in {:.0?}", began.elapsed()));
    runtime().block_on(measure(&traffic, &prometheus, days));
}

fn setup(n: u32, days: u32) -> Setup {
    let service = format!("service-{n}");
    let instance = format!("10.0.0.{n}:80");
    Setup {
        class: Class::ALL[usize::try_from(n).expect("it fits") % Class::ALL.len()],
        identity: Identity::Process { job: "app".to_owned(), instance },
        seed: 7,
        days,
        end: END,
        offset_ms: 17_000,
        service,
    }
}

async fn measure(traffic: &[Traffic], prometheus: &Prometheus, days: u32) {
    let house = House::new(Instant::from_seconds(END)).await;
    let source = house.source(&prometheus.url()).await;
    let names: Vec<String> = traffic.iter().map(|one| one.setup().service.clone()).collect();
    let defined = house.define(draft("Customer", source, &names)).await;

    let process = prometheus.process().to_string();
    let (began, nines, server) = (Stopwatch::now(), Processor::of("self"), Processor::of(&process));
    assert!(ops::pull::pull_now(&house.context, source).await.expect("the database answers"), "nobody else pulls");
    let wall = began.elapsed();
    let (nines, server) = (nines.taken(), server.taken());

    let mut slices = 0;
    for ((objective, ..), traffic) in defined.objectives.iter().zip(traffic) {
        slices += check(&house, objective, traffic, days).await;
    }
    say(&table(wall, nines, server, slices));
}

/// The ledger must say what the traffic was, or there is nothing to be proud of.
async fn check(house: &House, objective: &Objective, traffic: &Traffic, days: u32) -> i64 {
    let end = Instant::from_seconds(END).minute();
    let start = Minute(end.0 - i64::from(days) * 1440);
    let tallies = store::ledger::tallies(&house.context.db, objective.indicator, &[Span::new(start, end)]).await;
    let tally = tallies.expect("SQLite answers")[0];
    let truth = traffic.revealed(start.start().seconds(), END);
    assert_eq!((tally.total, tally.bad()), (truth.total, truth.bad), "{}", objective.name);
    tally.known
}

fn table(wall: Duration, nines: Duration, server: Duration, slices: i64) -> String {
    let share = nines.as_secs_f64() / (nines + server).as_secs_f64() * 100.0;
    format!(
        "  wall time               {wall:>8.2?}\n  processor, Nines        {nines:>8.2?}  ({share:.0} % of both)\n  \
         processor, Prometheus   {server:>8.2?}\n  minutes counted         {slices:>8}"
    )
}

#[expect(clippy::print_stdout, reason = "a bench speaks to whoever started it")]
fn say(text: &str) {
    println!("{text}");
}

/// Lets through the request counters and `up`: the histogram would be two thirds of the text and is not asked for.
struct Requests<'a> {
    out: &'a mut dyn Write,
    line: Vec<u8>,
}

impl<'a> Requests<'a> {
    fn of(out: &'a mut dyn Write) -> Self {
        Self { out, line: Vec::new() }
    }
}

impl Write for Requests<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if self.line.ends_with(b"\n") {
            if [&b"http_requests"[..], b"up{", b"#"].iter().any(|start| self.line.starts_with(start)) {
                self.out.write_all(&self.line)?;
            }
            self.line.clear();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
