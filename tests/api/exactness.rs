//! Counting from a real Prometheus: zero events off, for every class of traffic, to the minute.
//!
//! The truth comes from the simulated processes (`nines_support::traffic`), never from the written samples.

use crate::app::TestApp;
use crate::on_both;
use nines::domain::calendar::PeriodKind;
use nines::domain::contract::{AgreementTerms, ObjectiveTerms};
use nines::domain::ids::{IndicatorId, SourceId};
use nines::domain::ledger::Slice;
use nines::domain::model::{Access, ObjectiveKind, Part, Query, RollingMinutes, Source, SourceSpec, Threshold, Window};
use nines::domain::selector::{Expression, Selector};
use nines::domain::target::Target;
use nines::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use nines::ops::define_agreement::{self, AgreementDraft, ObjectiveDraft};
use nines::ops::{define_source, pull};
use nines::store;
use nines_support::prometheus::Prometheus;
use nines_support::traffic::{self, Class, Counts, Identity, Setup, Traffic};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The end of the history: 2026-11-21T07:00:00Z.
const END: i64 = 1_795_244_400;
const DAYS: u32 = 31;

/// One Prometheus with ten services for all stories: each class, with and without `job`, `instance` and `up`.
fn world() -> &'static (Prometheus, Vec<Traffic>) {
    static WORLD: OnceLock<(Prometheus, Vec<Traffic>)> = OnceLock::new();
    WORLD.get_or_init(|| {
        let mut all = Vec::new();
        for (number, class) in (0..).zip(Class::ALL) {
            for (named, identity) in [
                (0, Identity::Bare),
                (1, Identity::Process { job: "api".to_owned(), instance: format!("10.0.0.{number}:80") }),
            ] {
                all.push(Traffic::simulate(&Setup {
                    service: format!("{class:?}-{named}").to_lowercase(),
                    class,
                    identity,
                    seed: 20 + number,
                    days: DAYS,
                    end: END,
                    offset_ms: 1_000 + 5_437 * (2 * u32::try_from(number).unwrap() + named),
                }));
            }
        }
        let prometheus = Prometheus::with_history(|out| traffic::write(&all, out));
        (prometheus, all)
    })
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

/// Requests and latency of a service, as a person would write them.
fn queries(service: &str) -> [(&'static str, ObjectiveKind, Query); 2] {
    let total = selector(&format!("http_requests_total{{service=\"{service}\"}}"));
    let bad = selector(&format!("http_requests_total{{service=\"{service}\",code=~\"5..\"}}"));
    let histogram = selector(&format!("http_request_duration_seconds_bucket{{service=\"{service}\"}}"));
    [
        (
            "requests",
            ObjectiveKind::Availability,
            Query::Ratio { total: Expression::Raw(total), part: Part::Bad(Expression::Raw(bad)) },
        ),
        ("latency", ObjectiveKind::Latency, Query::Latency { histogram, threshold: Threshold::parse("0.50").unwrap() }),
    ]
}

/// Defines every service's promises against the world's Prometheus and pulls until all is read.
async fn backfilled(app: &TestApp, url: &str, services: &[&str]) -> BTreeMap<(String, &'static str), IndicatorId> {
    let context = &app.state.context;
    let now = context.clock.now().seconds();
    app.advance(END + 600 - now);
    let source = Source {
        id: SourceId(0),
        name: "Prometheus".to_owned(),
        spec: SourceSpec::Prometheus { url: url.parse().unwrap() },
        access: Access::default(),
        every_seconds: 60,
        delay_seconds: 30,
        timeout_seconds: 60,
        archived_at: None,
    };
    let source = define_source::define(context, None, source).await.unwrap();
    let objectives = services.iter().flat_map(|service| {
        queries(service).map(|(name, kind, query)| ObjectiveDraft {
            id: None,
            name: format!("{service} {name}"),
            kind,
            service: (*service).to_owned(),
            source,
            query,
            target: Target::parse("99.9").unwrap(),
            window: Window::Rolling(RollingMinutes::MONTH),
            terms: ObjectiveTerms::default(),
            composite: None,
        })
    });
    let draft = AgreementDraft {
        name: "Everything".to_owned(),
        customer: String::new(),
        owner: String::new(),
        zone: chrono_tz::UTC,
        period: PeriodKind::Month,
        report_every: PeriodKind::Week,
        recipients: Vec::new(),
        terms: AgreementTerms::default(),
        objectives: objectives.collect(),
    };
    let agreement = define_agreement::define(context, None, draft).await.unwrap();
    assert!(pull::pull_now(context, source).await.unwrap());
    let state = store::source_states::find(app.db(), source).await.unwrap().unwrap();
    assert_eq!((state.failures, state.last_error), (0, None));
    let defined = define_agreement::load(app.db(), agreement).await.unwrap();
    let named = |service: &str, kind| {
        ((service.to_owned()), if kind == ObjectiveKind::Latency { "latency" } else { "requests" })
    };
    defined.objectives.iter().map(|(o, i, s)| (named(&s.name, o.kind), i.id)).collect()
}

fn minute(seconds: i64) -> Minute {
    Instant::from_seconds(seconds).minute()
}

on_both! {
    /// 30, 7 and 1 days, and an odd span: every count equals what the samples reveal of the simulated process.
    async fn no_event_is_off_in_any_class(app: TestApp) {
        let (prometheus, all) = tokio::task::spawn_blocking(world).await.unwrap();
        let services: Vec<&str> = all.iter().map(|traffic| traffic.setup().service.as_str()).collect();
        let indicators = backfilled(&app, &prometheus.url(), &services).await;
        for traffic in all {
            let service = &traffic.setup().service;
            for (from, until) in [(30 * DAY_MINUTES, 0), (7 * DAY_MINUTES, 0), (DAY_MINUTES, 0), (17_777, 333)] {
                let (from, until) = (END - from * 60, END - until * 60);
                let span = [Span::new(minute(from), minute(until))];
                let truth: Counts = traffic.revealed(from, until);
                let requests = store::ledger::tallies(app.db(), indicators[&(service.clone(), "requests")], &span).await.unwrap()[0];
                let latency = store::ledger::tallies(app.db(), indicators[&(service.clone(), "latency")], &span).await.unwrap()[0];
                assert_eq!((requests.total, requests.total - requests.good), (truth.total, truth.bad), "{service} {span:?}");
                assert_eq!((latency.total, latency.good), (truth.timed, truth.fast), "{service} {span:?}");
            }
        }
    }

    /// Not only the sums: each minute holds what its sample reveals, and is known if and only if its process was scraped
    /// in it or on both sides at most five minutes apart.
    async fn every_minute_is_right_and_unknown_minutes_are_unknown(app: TestApp) {
        let (prometheus, all) = tokio::task::spawn_blocking(world).await.unwrap();
        let chosen: Vec<&Traffic> = all.iter().filter(|t| matches!(t.setup().class, Class::Mixed | Class::Gaps)).collect();
        let services: Vec<&str> = chosen.iter().map(|t| t.setup().service.as_str()).collect();
        let indicators = backfilled(&app, &prometheus.url(), &services).await;
        for traffic in chosen {
            let id = indicators[&(traffic.setup().service.clone(), "latency")];
            let span = Span::new(minute(END).plus(-30 * DAY_MINUTES), minute(END));
            let slices: BTreeMap<Minute, Slice> = store::ledger::slices(app.db(), id, span).await.unwrap().into_iter().collect();
            let scraped: Vec<i64> = traffic.minutes.iter().zip(0..).filter(|(m, _)| m.scraped).map(|(_, n)| n).collect();
            let first = minute(traffic.start);
            for at in span.iter() {
                let number = at.0 - first.0;
                let place = scraped.partition_point(|n| *n < number);
                let before = place.checked_sub(1).map(|i| scraped[i]);
                let is_scraped = scraped.get(place) == Some(&number);
                let is_between = scraped.get(place).zip(before).is_some_and(|(next, last)| next - last <= 5);
                let truth = traffic.minutes[usize::try_from(number).unwrap()].revealed;
                let slice = slices.get(&at);
                assert_eq!(slice.is_some(), is_scraped || is_between, "{} {at:?}", traffic.setup().service);
                assert_eq!(slice.map_or((0, 0), |s| (s.total, s.good)), (truth.timed, truth.fast), "{at:?}");
                let silent = is_scraped && before.is_some_and(|last| number - last > 5);
                assert_eq!(slice.is_some_and(|s| s.catch_up), silent, "{} {at:?}", traffic.setup().service);
            }
        }
    }
}
