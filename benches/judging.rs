//! What judging by the letter costs: a month of a thousand objectives with business hours, exclusions and slices.
//!
//! `cargo bench --bench judging` first prints the processor time of the whole month, as the close of every agreement's
//! month takes it, then times single objectives by each method. A name picks some: `cargo bench --bench judging -- one`.

mod harness;
mod traffic;

use chrono_tz::Tz;
use divan::{Bencher, black_box};
use harness::{House, Processor, draft, runtime};
use nines::domain::calendar::Period;
use nines::domain::credit::{Credit, CreditTexts};
use nines::domain::exclusion::{Category, Exclusion, Rules, Scope};
use nines::domain::model::Agreement;
use nines::domain::recurrence::Recurrence;
use nines::domain::schedule::Schedule;
use nines::domain::terms::{Counting, Downtime, Method, Policy, SliceMinutes, SliceTarget};
use nines::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use nines::ops::assess::{Case, assess};
use nines::ops::define_agreement::DefinedAgreement;
use nines::ops::judge::Judge;
use nines::store;
use nines::store::objectives::ObjectiveListing;
use std::sync::LazyLock;
use std::time::Instant as Stopwatch;
use tokio::runtime::Runtime;
use traffic::{RATES, minutes, write};

/// When every bench happens: 2026-11-01T07:00:00Z; October, which ended summer time in Berlin, has just passed.
const NOW: i64 = 1_793_516_400;
const AGREEMENTS: usize = 20;
/// Objectives of each agreement; a thousand in all.
const OBJECTIVES: usize = 50;
/// Days of history behind each.
const DAYS: i64 = 35;
/// The ways in which objectives count here, in turn.
const METHODS: [&str; 3] = ["occurrences", "timeslices", "ratio_timeslices"];

fn main() {
    print_month();
    divan::main();
}

fn counting(place: usize) -> Counting {
    let slice = SliceMinutes::new(5).expect("slices of five minutes exist");
    let target = SliceTarget::from_ppm(990_000).expect("this is a share");
    let method = match METHODS[place % METHODS.len()] {
        "timeslices" => Method::Timeslices { slice, target },
        "ratio_timeslices" => Method::RatioTimeslices { slice },
        _ => Method::Occurrences,
    };
    let downtime = Downtime::new(2, 10).expect("this defines downtime");
    Counting { method, no_requests: Policy::Good, unknown: Policy::Bad, downtime }
}

struct World {
    runtime: Runtime,
    house: House,
    agreements: Vec<(Agreement, Vec<ObjectiveListing>, Period)>,
}

/// Made once, by whoever needs it first; this takes some seconds.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = runtime();
    let (house, agreements) = runtime.block_on(async {
        let house = House::new(Instant::from_seconds(NOW)).await;
        let source = house.source("http://127.0.0.1:9").await;
        let span = Span::ending(now(), DAYS * DAY_MINUTES);
        let histories: Vec<_> = (0..4).flat_map(|n| RATES.map(|(_, rate)| minutes(n, rate, span))).collect();
        let mut histories = histories.iter().cycle();
        let mut agreements = Vec::with_capacity(AGREEMENTS);
        for number in 0..AGREEMENTS {
            let services: Vec<String> = (0..OBJECTIVES).map(|n| format!("service-{number}-{n}")).collect();
            let mut draft = draft(&format!("Contract {number}"), source, &services);
            draft.terms.hours = Some(Schedule::parse("Mon-Sat 06:00-22:00", "2026-10-03").expect("these are hours"));
            draft.terms.rules = Rules { notice_minutes: Some(2_880), monthly_cap_minutes: Some(240) };
            let credit = CreditTexts { tiers: "99.9: 10, 99: 25, 95: 100".to_owned(), ..CreditTexts::default() };
            draft.terms.credit = Credit::parse(&credit).expect("these are tiers");
            for (place, objective) in draft.objectives.iter_mut().enumerate() {
                objective.terms.counting = counting(place);
            }
            let defined = house.define(draft).await;
            for ((objective, ..), history) in defined.objectives.iter().zip(&mut histories) {
                write(&house, objective.indicator, history).await;
            }
            exclude(&house, &defined).await;
            let period = defined.agreement.calendar().period_at(now().plus(-DAY_MINUTES).start());
            agreements.push((defined, period));
        }
        let listings = store::objectives::listings(&house.context.db).await.expect("SQLite answers");
        let of = |(defined, period): (DefinedAgreement, Period)| {
            let own = |one: &&ObjectiveListing| one.agreement.id == defined.agreement.id;
            let listings = listings.iter().filter(own).cloned().collect();
            (defined.agreement, listings, period)
        };
        let agreements = agreements.into_iter().map(of).collect();
        (house, agreements)
    });
    World { runtime, house, agreements }
});

/// Three exclusions: a weekly hour of announced maintenance, a fault of the customer's, a third party's in one service.
async fn exclude(house: &House, defined: &DefinedAgreement) {
    let agreement = Scope::Agreement(defined.agreement.id);
    let service = defined.objectives.first().map(|(_, indicator, _)| Scope::Service(indicator.service));
    let first = Span::ending(now().plus(-33 * DAY_MINUTES), 60);
    let weekly = Recurrence::parse("FREQ=WEEKLY", Tz::Europe__Berlin, first).expect("this is a rule");
    let announced_at = Some(Instant::from_seconds(NOW).plus_seconds(-60 * 86_400));
    let once = |days: i64, category, scope| Exclusion {
        category,
        scope,
        ..Exclusion::planned(Span::ending(now().plus(-days * DAY_MINUTES), 95))
    };
    let mut exclusions = vec![
        Exclusion {
            when: weekly,
            scope: agreement,
            zone: Tz::Europe__Berlin,
            announced_at,
            ..Exclusion::planned(first)
        },
        once(9, Category::CustomerFault, agreement),
    ];
    exclusions.extend(service.map(|service| once(4, Category::ThirdParty, service)));
    let mut tx = house.context.db.begin_write().await.expect("SQLite lets us write");
    for exclusion in &exclusions {
        store::exclusions::insert(&mut tx, exclusion).await.expect("SQLite keeps them");
    }
    tx.commit().await.expect("SQLite keeps them");
}

fn now() -> Minute {
    Instant::from_seconds(NOW).minute()
}

impl World {
    async fn load(&self) -> Judge {
        Judge::load(&self.house.context.db).await.expect("SQLite answers")
    }

    /// The SLI, budget and burn rates of every objective, over the month.
    fn judge(&self) -> usize {
        self.runtime.block_on(async {
            let judge = self.load().await;
            let mut excluded = 0;
            for (_, listings, period) in &self.agreements {
                for listing in listings {
                    let terms = judge.terms(listing, period.span());
                    let judgement = judge.over(listing, period.span(), terms).await.expect("SQLite answers");
                    excluded += usize::from(judgement.tally.minutes < period.span().minutes());
                }
            }
            excluded
        })
    }

    /// The whole month of every agreement: objectives, outages, violations, credits, exclusions, raw and contractual.
    fn assess(&self) -> usize {
        self.runtime.block_on(async {
            let judge = self.load().await;
            let mut assessed = 0;
            for (agreement, listings, period) in &self.agreements {
                let now = Instant::from_seconds(NOW);
                let case = Case { agreement, listings, period: *period, until: period.span().end(), now };
                assessed += assess(&judge, &case).await.expect("SQLite answers").objectives.len();
            }
            assessed
        })
    }

    /// One objective's month.
    fn judge_one(&self, place: usize) {
        let (_, listings, period) = &self.agreements[0];
        self.runtime.block_on(async {
            let judge = self.load().await;
            let terms = judge.terms(&listings[place], period.span());
            drop(black_box(judge.over(&listings[place], period.span(), terms).await.expect("SQLite answers")));
        });
    }
}

fn print_month() {
    let world = &*WORLD;
    print_cost("A month judged", || world.judge());
    print_cost("A month assessed, agreement by agreement", || world.assess());
}

#[expect(clippy::print_stdout, reason = "a bench speaks to whoever started it")]
fn print_cost(name: &str, what: impl Fn() -> usize) {
    let all = AGREEMENTS * OBJECTIVES;
    assert_eq!(what(), all, "every objective is judged, and has something taken out");
    let (began, processor) = (Stopwatch::now(), Processor::of("self"));
    what();
    let (wall, processor) = (began.elapsed(), processor.taken());
    println!("{name}, {all} objectives with hours and exclusions: {wall:.2?}, of the processor {processor:.2?}");
}

#[divan::bench(args = METHODS, sample_count = 50)]
fn one_objective(bencher: Bencher, method: &str) {
    let place = METHODS.iter().position(|known| *known == method).expect("the names come from there");
    bencher.bench(|| WORLD.judge_one(place));
}

#[divan::bench(sample_count = 5)]
fn month_judged(bencher: Bencher) {
    bencher.bench(|| WORLD.judge());
}

#[divan::bench(sample_count = 5)]
fn month_assessed(bencher: Bencher) {
    bencher.bench(|| WORLD.assess());
}
