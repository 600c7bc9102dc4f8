//! A latency's whole histogram is counted beside the promised bound, and its mean and percentiles are watched.
//!
//! The truth comes from simulated processes; percentiles are worked out here by walking through single buckets.

use crate::app::TestApp;
use crate::on_both;
use crate::scene::{
    Chance, Endpoint, Says, agree, draft, indicators, ledger, promise, source, source_with_timeout, within,
};
use nines::domain::calendar::{Period, PeriodKind};
use nines::domain::ids::{IndicatorId, ObjectiveId};
use nines::domain::ledger::Tally;
use nines::domain::model::{ObjectiveKind, SourceSpec};
use nines::domain::terms::SliceMinutes;
use nines::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use nines::domain::watch::{Anomaly, Measure};
use nines::ops::read_spread::read_spread;
use nines::ops::{Context, define_agreement, learn_baselines, pull};
use nines::store::spreads::Spread;
use nines::store::{self, Db};
use nines_support::prometheus::Prometheus;
use nines_support::schema::complaints;
use nines_support::traffic::{self, BOUNDS, Class, Identity, Setup, Traffic};
use std::fmt::Write as _;
use std::io;
use std::sync::OnceLock;

/// The end of every history: 2026-11-21T07:00:00Z.
const END: i64 = 1_795_244_400;

fn minute(seconds: i64) -> Minute {
    Instant::from_seconds(seconds).minute()
}

async fn spread(db: &Db, latency: IndicatorId) -> Spread {
    store::spreads::beside(db, latency).await.unwrap().unwrap()
}

/// Good and all events of each bound, and the microseconds, in a span.
async fn counted(db: &Db, spread: &Spread, span: Span) -> (Vec<(String, i64, i64)>, i64) {
    let tallies = store::spreads::tallies(db, &spread.indicators(), span).await.unwrap();
    for (id, tally) in &tallies {
        assert_eq!(store::ledger::tallies(db, *id, &[span]).await.unwrap(), [*tally], "one by one, or all at once");
    }
    let tally = |id: &IndicatorId| tallies.get(id).copied().unwrap_or(Tally::default());
    let bound = |one: &store::spreads::Bound| {
        let tally = tally(&one.indicator);
        (one.threshold.to_string(), tally.good, tally.total)
    };
    (spread.bounds.iter().map(bound).collect(), tally(&spread.durations).total)
}

async fn learn(context: &Context) {
    while learn_baselines::learn_due(context).await.unwrap() > 0 {}
}

/// A Prometheus with services that restart, are not scraped at times, and have no labels of their own.
fn lives() -> &'static (Prometheus, Vec<Traffic>) {
    static LIVES: OnceLock<(Prometheus, Vec<Traffic>)> = OnceLock::new();
    LIVES.get_or_init(|| {
        let named = |number: u8| Identity::Process { job: "api".to_owned(), instance: format!("10.0.0.{number}:80") };
        let classes = [
            (Class::Clean, Identity::Bare),
            (Class::Resets, named(1)),
            (Class::Gaps, Identity::Bare),
            (Class::Mixed, named(2)),
        ];
        let life = |(number, (class, identity)): (u32, (Class, Identity))| {
            let (service, seed) = (format!("{class:?}").to_lowercase(), 40 + u64::from(number));
            Traffic::simulate(&Setup {
                service,
                class,
                identity,
                seed,
                days: 4,
                end: END,
                offset_ms: 3_000 + 7_000 * number,
            })
        };
        let all: Vec<Traffic> = (0..).zip(classes).map(life).collect();
        let prometheus = Prometheus::with_history(|out| traffic::write(&all, out));
        (prometheus, all)
    })
}

fn float(count: i64) -> f64 {
    f64::from(i32::try_from(count).unwrap())
}

/// Good and all events of each bound. Behind a restart that cannot be seen, a bound may have outgrown more than all: then all
/// is raised.
fn bounded(life: &Traffic, from: i64, until: i64) -> Vec<(i64, i64)> {
    let minutes = (life.start..).step_by(60).zip(&life.minutes).filter(|(at, _)| (from..until).contains(at));
    let minutes: Vec<_> = minutes.map(|(_, minute)| minute.revealed).collect();
    let sum = |place: usize| {
        let all = |one: &traffic::Counts| one.timed.max(one.within[place]);
        (minutes.iter().map(|one| one.within[place]).sum(), minutes.iter().map(all).sum())
    };
    (0..BOUNDS.len() - 1).map(sum).collect()
}

/// The percentile of events in buckets with these upper bounds, each counted once: by walking until the rank is reached.
fn walked(percent: i64, uppers: &[f64], each: &[i64]) -> Option<f64> {
    let all: i64 = each.iter().sum();
    let mut left = 0.01 * float(percent) * float(all);
    let mut lower = 0.0;
    for (upper, events) in uppers.iter().zip(each) {
        if *events > 0 && left <= float(*events) {
            return Some(lower + (upper - lower) * left / float(*events));
        }
        left -= float(*events);
        lower = *upper;
    }
    uppers.last().copied()
}

on_both! {
    async fn every_bound_and_every_microsecond_is_counted(app: TestApp) {
        let (prometheus, all) = tokio::task::spawn_blocking(lives).await.unwrap();
        app.advance(END + 600 - app.state.clock.now().seconds());
        let spec = SourceSpec::Prometheus { url: prometheus.url().parse().unwrap() };
        let source = source_with_timeout(&app.state, "Prometheus", spec, 60).await;
        let promises = all.iter().map(|life| {
            let service = &life.setup().service;
            let query = within(&format!("http_request_duration_seconds_bucket{{service=\"{service}\"}}"), "0.50");
            promise(service, ObjectiveKind::Latency, source, query)
        });
        agree(&app.state, draft("Gold", &[], promises.collect())).await;
        assert!(pull::pull_now(&app.state, source).await.unwrap());
        let state = store::source_states::find(app.db(), source).await.unwrap().unwrap();
        assert_eq!((state.failures, state.last_error), (0, None));
        let own = indicators(app.db(), source).await;
        assert_eq!(own.len(), all.len(), "companions are nobody's");
        // a second pull reads the newest minutes again and changes nothing
        for round in 0..2 {
            for (life, latency) in all.iter().zip(&own) {
                let (service, spread) = (&life.setup().service, spread(app.db(), *latency).await);
                let texts: Vec<String> = spread.bounds.iter().map(|bound| bound.threshold.to_string()).collect();
                assert_eq!(texts, ["0.1", "0.25", "0.50", "1", "2.5"], "{service}");
                for (from, until) in [(4 * DAY_MINUTES, 0), (DAY_MINUTES, 0), (4_321, 123)] {
                    let (from, until) = (END - from * 60, END - until * 60);
                    let (truth, bounded) = (life.revealed(from, until), bounded(life, from, until));
                    let (bounds, micros) = counted(app.db(), &spread, Span::new(minute(from), minute(until))).await;
                    let expected: Vec<_> = texts.iter().zip(bounded).map(|(bound, (good, all))| (bound.clone(), good, all)).collect();
                    assert_eq!(bounds, expected, "{service}, round {round}");
                    assert_eq!(micros, truth.took_ms * 1000, "{service}, round {round}");
                }
                // what is known of one is known of all
                let known = ledger(app.db(), *latency).await.into_keys().collect::<Vec<_>>();
                for id in spread.indicators() {
                    assert_eq!(ledger(app.db(), id).await.into_keys().collect::<Vec<_>>(), known, "{service}");
                }
            }
            app.advance(60);
            assert!(pull::pull_now(&app.state, source).await.unwrap());
        }
    }

    /// Step by step, restarts or not.
    async fn mean_and_percentiles_of_a_step_are_those_of_its_events(app: TestApp) {
        let (prometheus, all) = tokio::task::spawn_blocking(lives).await.unwrap();
        app.advance(END + 600 - app.state.clock.now().seconds());
        let spec = SourceSpec::Prometheus { url: prometheus.url().parse().unwrap() };
        let source = source_with_timeout(&app.state, "Prometheus", spec, 60).await;
        let life = all.iter().find(|life| life.setup().class == Class::Resets).unwrap();
        let query = within("http_request_duration_seconds_bucket{service=\"resets\"}", "0.5");
        let agreement = agree(&app.state, draft("Gold", &[], vec![promise("Fast", ObjectiveKind::Latency, source, query)])).await;
        assert!(pull::pull_now(&app.state, source).await.unwrap());
        let defined = define_agreement::load(app.db(), agreement).await.unwrap();
        let latency = &defined.objectives[0].1;
        let counted = spread(app.db(), latency.id).await;
        let span = Span::new(minute(END).plus(-3 * DAY_MINUTES), minute(END));
        let spread = read_spread(app.db(), latency, &counted, span).await.unwrap();
        let known = ledger(app.db(), latency.id).await;
        let uppers: Vec<f64> = BOUNDS[..5].iter().map(|bound| bound.parse().unwrap()).collect();
        let mut told = [0; 4];
        let steps = Measure::LATENCIES.map(|measure| spread.steps(measure, SliceMinutes::FIVE, &span.into()));
        for (place, step) in steps[0].iter().map(|step| step.span).enumerate() {
            let (from, until) = (step.start().start().seconds(), step.end().start().seconds());
            let truth = life.revealed(from, until);
            let agrees = bounded(life, from, until).iter().all(|(_, all)| *all == truth.timed);
            let is_known = agrees && 2 * step.iter().filter(|at| known.contains_key(&at.0)).count() >= 5;
            let each: Vec<i64> = (0..BOUNDS.len()).map(|n| truth.within[n] - if n > 0 { truth.within[n - 1] } else { 0 }).collect();
            let percentile = |percent, events| (is_known && truth.timed >= events).then(|| walked(percent, &uppers, &each)).flatten().filter(|_| each.iter().all(|events| *events >= 0));
            let mean = (is_known && truth.timed >= 10).then(|| float(truth.took_ms) / 1000.0 / float(truth.timed));
            let expected = [mean, percentile(50, 10), percentile(95, 100), percentile(99, 500)];
            for (n, expected) in expected.into_iter().enumerate() {
                let value = steps[n][place].value;
                assert_eq!(value.is_some(), expected.is_some(), "{n} {step:?} {truth:?}");
                if let Some((value, expected)) = value.zip(expected) {
                    assert!((value - expected).abs() < 1e-9, "{n} {step:?}: {value} is not {expected}, {truth:?}");
                    told[n] += 1;
                }
            }
        }
        assert!(told[0] > 500 && told[2] > 100, "there is something to compare: {told:?}");
    }
}

/// How long the sample service below is watched.
const DAYS: i64 = 20;
/// Its slow spell: the 19th day, ten hours after its beginning.
const INCIDENT: i64 = 18 * DAY_MINUTES + 600;
/// How long that lasts.
const LASTING: i64 = 60;
/// Its bounds in seconds, and how long its requests take in each bucket, in milliseconds.
const SAMPLE: [(&str, i64); 6] = [("0.05", 30), ("0.1", 70), ("0.25", 160), ("0.5", 340), ("1", 700), ("+Inf", 2_000)];

/// 280 to 320 requests a minute, and a restart every 1,501 minutes. In the slow spell nearly half of the requests take longer than
/// a quarter of a second, but no more than ever take longer than one.
fn slow_spell() -> &'static Prometheus {
    static SLOW: OnceLock<Prometheus> = OnceLock::new();
    SLOW.get_or_init(|| {
        Prometheus::with_history(|out| {
            let first = END - DAYS * DAY_MINUTES * 60;
            let mut series: Vec<String> = vec![String::new(); SAMPLE.len()];
            let (mut counts, mut counters, mut sum, mut sums) = (String::new(), [0; SAMPLE.len()], 0, String::new());
            let mut chance = Chance(11);
            for n in 0..DAYS * DAY_MINUTES {
                if n % 1501 == 0 {
                    (counters, sum) = ([0; SAMPLE.len()], 0);
                }
                let is_slow = (INCIDENT..INCIDENT + LASTING).contains(&n);
                let shares = if is_slow { [100, 200, 250, 350, 98, 2] } else { [500, 300, 150, 40, 8, 2] };
                let all = chance.between(280, 321);
                let mut within = 0;
                for (place, share) in shares.into_iter().enumerate() {
                    // the fraction is a matter of chance
                    let events = (all * share + chance.between(0, 1000)) / 1000;
                    within += events;
                    counters[place] += within;
                    sum += events * SAMPLE[place].1;
                }
                let at = first + n * 60 + 20;
                for ((bound, _), (series, counter)) in SAMPLE.iter().zip(series.iter_mut().zip(counters)) {
                    writeln!(series, "took_seconds_bucket{{le=\"{bound}\"}} {counter} {at}").unwrap();
                }
                writeln!(counts, "took_seconds_count {} {at}", counters[SAMPLE.len() - 1]).unwrap();
                writeln!(sums, "took_seconds_sum {}.{:03} {at}", sum / 1000, sum % 1000).unwrap();
            }
            writeln!(out, "# TYPE took_seconds histogram")?;
            series.iter().chain([&counts, &sums]).try_for_each(|lines| io::Write::write_all(out, lines.as_bytes()))?;
            writeln!(out, "# EOF")
        })
    })
}

/// A promise of one second, pulled from the sample service.
async fn watched(app: &TestApp) -> (ObjectiveId, nines::domain::ids::AgreementId) {
    let prometheus = tokio::task::spawn_blocking(slow_spell).await.unwrap();
    app.advance(END + 600 - app.state.clock.now().seconds());
    let spec = SourceSpec::Prometheus { url: prometheus.url().parse().unwrap() };
    let source = source_with_timeout(&app.state, "Prometheus", spec, 60).await;
    let promise = promise("Within a second", ObjectiveKind::Latency, source, within("took_seconds_bucket", "1"));
    let agreement = agree(&app.state, draft("Gold", &[], vec![promise])).await;
    assert!(pull::pull_now(&app.state, source).await.unwrap());
    let objective = store::objectives::list_by_agreement(app.db(), agreement).await.unwrap()[0].id;
    (objective, agreement)
}

on_both! {
    async fn a_slow_spell_within_the_threshold_is_told(app: TestApp) {
        let (objective, agreement) = watched(&app).await;
        learn(&app.state).await;
        let first = minute(END).plus(-DAYS * DAY_MINUTES);
        let spell = Span::new(first.plus(INCIDENT), first.plus(INCIDENT + LASTING));
        let all = Span::new(first, minute(END));
        let found: Vec<Anomaly> = store::anomalies::list(app.db(), objective, all, 100).await.unwrap().into_iter().map(|one| one.anomaly).collect();
        let near: Vec<&Anomaly> = found.iter().filter(|one| !one.span.intersect(spell).is_empty()).collect();
        let mut measures: Vec<Measure> = near.iter().map(|one| one.measure).collect();
        measures.sort();
        assert_eq!(measures, [Measure::LatencyMean, Measure::LatencyP95], "the share of slow ones is as ever: {found:?}");
        for one in near {
            assert!(one.span.start() == spell.start() && one.span.end() <= spell.end().plus(5), "{one:?}");
            // 83 and 262 ms on average; the 95th lies about 0.25 s, and then half way between 0.5 and 1 s
            let (value, expected) = if one.measure == Measure::LatencyMean { (0.26, 0.083) } else { (0.75, 0.25) };
            assert!((one.value / value - 1.0).abs() < 0.1 && (one.expected / expected - 1.0).abs() < 0.1, "{one:?}");
        }
        assert!(found.len() <= 2 + 8, "at most 0.5 false ones in a thousand, of 17,280 steps: {found:?}");

        let (ana, page) = (app.signed_in().await, format!("/objectives/{}", objective.0));
        for range in ["7d", "30d"] {
            let seen = ana.get(&format!("{page}?range={range}")).await;
            let text = seen.visible();
            assert!(text.contains("p95 latency, higher than usual") && text.contains("Mean latency, higher than usual"), "{text}");
            assert!(seen.text.contains("id=\"usual-latency_p95-title\"") && !text.contains("not watched"), "{text}");
            assert!(text.contains("p95 0.1 to 0.25 s") || text.contains("p95 0.25 to 0.5 s"), "{text}");
            assert!(text.contains("p50 0.05 to 0.1 s") || text.contains("p50 ≤ 0.05 s"), "{text}");
        }
        // the day of the spell, step by step
        let day = spell.start().start().to_utc().format("%Y-%m-%d").to_string();
        let fine = ana.get(&format!("{page}?from={day}&to={day}")).await;
        assert!(fine.text.contains("id=\"usual-latency_mean-title\""), "{}", fine.visible());
        let csv = ana.get(&format!("{page}/anomalies.csv?range=7d")).await.text;
        let begins = spell.start().start().to_string();
        let row = csv.lines().find(|line| line.starts_with(&begins) && line.contains(",latency_p95,")).unwrap();
        assert!(row.contains(",no,latency_p95,above,") && row.ends_with(",yes,,"), "{row}");
        let json: serde_json::Value = serde_json::from_str(&ana.get(&format!("{page}/anomalies.json?range=7d")).await.text).unwrap();
        assert!(json.as_array().unwrap().iter().any(|one| one["measure"] == "latency_mean"), "{json}");

        let period = Period::containing(PeriodKind::Month, chrono_tz::Tz::UTC, spell.start().start()).label();
        let report = async |ending: &str| ana.get(&format!("/agreements/{}/report.{ending}?period={period}", agreement.0)).await.text;
        let json = report("json").await;
        assert_eq!(complaints(nines::report::SCHEMA, &[&json]), Vec::<String>::new());
        let text = report("txt").await.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("p95 latency, higher than usual; ") && text.contains(" ms, expected "), "{text}");
    }

    async fn people_choose_what_of_a_latency_is_watched(app: TestApp) {
        let (objective, _) = watched(&app).await;
        let (ana, page) = (app.signed_in().await, format!("/objectives/{}/baseline", objective.0));
        let shown = ana.get(&format!("{page}?preview=yes")).await;
        let boxes = |text: &str| ["mean", "p50", "p95", "p99"].map(|name| text.contains(&format!("name=\"latency_{name}\" value=\"yes\" checked")));
        assert_eq!(boxes(&shown.text), [true, false, true, false], "{}", shown.visible());
        for name in ["Slow share", "Mean latency", "p50 latency", "p95 latency", "p99 latency"] {
            assert!(shown.visible().contains(name), "the preview tries all: {name}: {}", shown.visible());
        }
        let fields = [("method", "auto"), ("sensitivity", "calm"), ("against", ""), ("percent", "50"), ("latency_p99", "yes"), ("action", "save")];
        let saved = ana.post_from(&page, &page, &fields).await;
        assert_eq!(saved.location(), format!("/objectives/{}#baseline", objective.0), "{}", saved.visible());
        learn(&app.state).await;
        let learned = store::baselines::learned(app.db(), objective).await.unwrap();
        let measures: Vec<_> = learned.iter().map(|one| one.measure.word()).collect();
        assert_eq!(measures, ["bad_share", "latency_p99"]);
        assert_eq!(boxes(&ana.get(&page).await.text), [false, false, false, true]);
        let seen = ana.get(&format!("/objectives/{}", objective.0)).await;
        assert!(seen.text.contains("id=\"usual-latency_p99-title\"") && !seen.text.contains("usual-latency_p95"));
    }
}

/// The text of a histogram: bounds with their counters, all events, and the sum if there is one.
fn exposed(bounds: &[(&str, i64)], all: i64, sum: Option<&str>) -> Says {
    let mut text = "# TYPE seconds histogram\n".to_owned();
    for (bound, counter) in bounds {
        writeln!(text, "seconds_bucket{{le=\"{bound}\"}} {counter}").unwrap();
    }
    writeln!(text, "seconds_bucket{{le=\"+Inf\"}} {all}\nseconds_count {all}").unwrap();
    if let Some(sum) = sum {
        writeln!(text, "seconds_sum {sum}").unwrap();
    }
    Says::Text(text + "# EOF\n")
}

on_both! {
    /// Five scrapes, half a minute apart: 4, 7 and 8 requests more in 3.25 s; a restart and 5, 8 and 9 in 2 s; and one with a new
    /// bound and 2, 3, 4 and 5 in 1.25 s.
    async fn an_endpoints_whole_histogram_is_counted_while_it_is_promised(app: TestApp) {
        let endpoint = Endpoint::start().await;
        let id = source(&app.state, "shop", SourceSpec::Scrape { url: endpoint.url() }).await;
        let promised = |name: &str, bound: &str| promise(name, ObjectiveKind::Latency, id, within("seconds_bucket", bound));
        let gold = agree(&app.state, draft("Gold", &[], vec![promised("Fast", "0.5")])).await;
        let latency = indicators(app.db(), id).await[0];
        assert_eq!(store::spreads::beside(app.db(), latency).await.unwrap(), None);
        let objective = store::objectives::list_by_agreement(app.db(), gold).await.unwrap()[0].id;
        let ana = app.signed_in().await;
        let page = format!("/objectives/{}", objective.0);
        assert!(ana.get(&page).await.visible().contains("the next reading of the source begins to count them"));
        let began = app.state.clock.now().minute();
        let scrape = async |bounds: &[(&str, i64)], all, sum| {
            endpoint.say(exposed(bounds, all, Some(sum)));
            assert!(pull::pull_now(&app.state, id).await.unwrap());
            app.advance(30);
        };
        let so_far = async || {
            let span = Span::new(began, app.state.clock.now().minute().plus(1));
            counted(app.db(), &spread(app.db(), latency).await, span).await
        };
        let told = |bounds: &[(&str, i64, i64)]| bounds.iter().map(|(bound, good, all)| ((*bound).to_owned(), *good, *all)).collect::<Vec<_>>();
        scrape(&[("0.1", 10), ("0.5", 20)], 25, "5").await;
        scrape(&[("0.1", 14), ("0.5", 27)], 33, "8.25").await;
        assert_eq!(so_far().await, (told(&[("0.1", 4, 8), ("0.5", 7, 8)]), 3_250_000));
        scrape(&[("0.1", 5), ("0.5", 8)], 9, "2").await;
        assert_eq!(so_far().await, (told(&[("0.1", 9, 17), ("0.5", 15, 17)]), 5_250_000));
        scrape(&[("0.1", 2), ("0.25", 3), ("0.5", 4)], 5, "1.25").await;
        let all = (told(&[("0.1", 11, 22), ("0.25", 3, 5), ("0.5", 19, 22)]), 6_500_000);
        assert_eq!(so_far().await, all);
        assert_eq!(indicators(app.db(), id).await, [latency], "companions are in no list");

        // nobody promises it any more: what was counted stays, and no more is
        define_agreement::archive(&app.state, None, gold).await.unwrap();
        scrape(&[("0.1", 3), ("0.25", 5), ("0.5", 7)], 9, "2.25").await;
        let (bounds, micros) = so_far().await;
        assert_eq!((&bounds[0], micros), (&all.0[0], all.1));
        define_agreement::restore(&app.state, None, gold).await.unwrap();
        scrape(&[("0.1", 3), ("0.25", 5), ("0.5", 7)], 9, "2.25").await;
        let (bounds, micros) = so_far().await;
        assert_eq!((&bounds[0], micros), (&("0.1".to_owned(), 12, 26), 7_500_000), "what came meanwhile is booked now");

        // somebody promises a bound that was a companion: it is read by itself from now on
        agree(&app.state, draft("Silver", &[], vec![promised("Faster", "0.1")])).await;
        assert_eq!(indicators(app.db(), id).await.len(), 2);
        scrape(&[("0.1", 4), ("0.25", 6), ("0.5", 8)], 10, "2.35").await;
        scrape(&[("0.1", 6), ("0.25", 8), ("0.5", 10)], 12, "2.55").await;
        let (bounds, micros) = so_far().await;
        assert_eq!((&bounds[0], micros), (&("0.1".to_owned(), 14, 28), 7_800_000), "its first scrape only begins it");
        assert!(spread(app.db(), latency).await.bounds.iter().all(|one| one.is_companion == (one.threshold.to_string() == "0.25")));
    }

    async fn a_page_says_why_a_mean_or_percentiles_are_not_watched(app: TestApp) {
        let endpoint = Endpoint::start().await;
        let id = source(&app.state, "shop", SourceSpec::Scrape { url: endpoint.url() }).await;
        let fast = promise("Fast", ObjectiveKind::Latency, id, within("seconds_bucket", "0.5"));
        let gold = agree(&app.state, draft("Gold", &[], vec![fast])).await;
        let objective = store::objectives::list_by_agreement(app.db(), gold).await.unwrap()[0].id;
        for counter in [20, 25, 30] {
            endpoint.say(exposed(&[("0.25", counter / 2), ("0.5", counter)], counter + 1, None));
            assert!(pull::pull_now(&app.state, id).await.unwrap());
            app.advance(30);
        }
        app.advance(600);
        let ana = app.signed_in().await;
        let seen = ana.get(&format!("/objectives/{}", objective.0)).await.visible();
        assert!(seen.contains("The mean is not watched: the source has no sums of the durations"), "{seen}");
        assert!(seen.contains("bounds of the histogram’s buckets"), "{seen}");
        app.advance(3600);
        learn(&app.state).await;
        let learned = store::baselines::learned(app.db(), objective).await.unwrap();
        assert!(learned.iter().all(|one| one.measure != Measure::LatencyMean), "{learned:?}");
    }
}
