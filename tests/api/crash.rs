//! The program is killed again and again while it reads, judges and mails; afterwards nothing is missing or doubled.

use crate::scene::{Chance, Ledger, agree, draft, minutes, promise, ratio, source, within};
use crate::smtp::SmtpServer;
use mail_parser::MessageParser;
use nines::app::Application;
use nines::clock::Clock;
use nines::config::{self, Layers};
use nines::domain::ids::{IndicatorId, SourceId};
use nines::domain::model::{ObjectiveKind, SourceSpec};
use nines::domain::time::{Instant, Minute, Span};
use nines::ops::{Context, pull};
use nines::store::{self, Db, Page};
use nines_support::program::Nines;
use nines_support::prometheus::Prometheus;
use nines_support::traffic::{Class, Counts, Identity, Setup, Traffic, write};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use tokio::time::{self, timeout};

const DAY: i64 = 86_400;
const RECIPIENTS: [&str; 2] = ["anna@example.org", "zoe@example.org"];
const PATIENCE: Duration = Duration::from_secs(50);

/// Nine days and an hour of three services, up to `end`.
fn histories(end: i64) -> Vec<Traffic> {
    let simulate = |(number, class): (u32, Class)| {
        let service = format!("shop{number}");
        let identity = match class {
            Class::Low => Identity::Bare,
            _ => Identity::Process { job: service.clone(), instance: "a:1".to_owned() },
        };
        let (seed, offset_ms) = (7, 11_000 * (number + 1));
        Traffic::simulate(&Setup { service, class, identity, seed, days: 9, end, offset_ms })
    };
    (0..).zip([Class::Mixed, Class::Resets, Class::Low]).map(simulate).collect()
}

/// A data folder in which three days ago somebody defined a source and promises about each service, with six days of
/// backfill; the settings to run on it, and the context of an instance whose clock stands.
async fn world(folder: &Path, prometheus: &str, at: i64) -> (String, Context, Vec<SourceId>) {
    let data = folder.display().to_string();
    let flags = [("server.listen", "127.0.0.1:0"), ("data_dir", &data), ("ledger.backfill_days", "6")];
    let flags = flags.into_iter().map(|(name, text)| (name, text.to_owned())).collect();
    let layers = Layers { flags, env: BTreeMap::new(), file: None, read: |path| std::fs::read_to_string(path) };
    let clock = Clock::fixed(Instant::from_seconds(at - 3 * DAY));
    let application = Application::build(config::parse(&layers).unwrap(), clock).await.unwrap();
    let context = application.state().context.clone();
    let (mut promises, mut sources) = (Vec::new(), Vec::new());
    for number in 0..3 {
        let spec = SourceSpec::Prometheus { url: prometheus.parse().unwrap() };
        let id = source(&context, &format!("server {number}"), spec).await;
        let of = |rest: &str| format!("http_requests_total{{service=\"shop{number}\"{rest}}}");
        let answered = ratio(&of(""), &of(",code=~\"5..\""));
        let fast = within(&format!("http_request_duration_seconds_bucket{{service=\"shop{number}\"}}"), "0.5");
        promises.push(promise(&format!("answered {number}"), ObjectiveKind::Availability, id, answered));
        promises.push(promise(&format!("fast {number}"), ObjectiveKind::Latency, id, fast));
        sources.push(id);
    }
    // a zone in which it is noon now, so that no day ends while the story runs
    let hours = 12 - at.rem_euclid(DAY) / 3600;
    let zone = if hours == 0 { "UTC".to_owned() } else { format!("Etc/GMT{:+}", -hours) };
    agree(
        &context,
        nines::ops::define_agreement::AgreementDraft {
            zone: zone.parse().unwrap(),
            ..draft("Gold", &RECIPIENTS, promises)
        },
    )
    .await;
    context.clock.advance(3 * DAY);
    (data, context, sources)
}

/// Waits until it is so, asking many times a second.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let mut ticks = time::interval(Duration::from_millis(25));
    while !is_so().await {
        ticks.tick().await;
    }
}

async fn of_sources(db: &Db, sources: &[SourceId]) -> Vec<IndicatorId> {
    let all = store::indicators::list(db).await.unwrap();
    all.into_iter().filter(|one| sources.contains(&one.source)).map(|one| one.id).collect()
}

async fn is_caught_up(db: &Db, indicators: &[IndicatorId]) -> bool {
    let progress = store::indicators::list_progress(db).await.unwrap();
    let done = |id: &IndicatorId| progress.iter().any(|p| p.indicator == *id && p.finished_backfill_at.is_some());
    indicators.iter().all(done)
}

/// Good and all events by the generator, for the minutes in which something happened. Behind a restart that cannot be seen
/// good may have outgrown more than all: then all is raised.
fn truth(traffic: &Traffic, span: Span, pick: fn(Counts) -> (i64, i64)) -> BTreeMap<i64, (i64, i64)> {
    let minutes = (traffic.start / 60..).zip(&traffic.minutes).filter(|(at, _)| span.contains(Minute(*at)));
    let events = minutes.map(|(at, minute)| (at, pick(minute.revealed)));
    events.map(|(at, (good, all))| (at, (good, all.max(good)))).filter(|(_, events)| events.1 > 0).collect()
}

fn with_events(ledger: &Ledger) -> BTreeMap<i64, (i64, i64)> {
    ledger.iter().filter(|(_, slice)| slice.1 > 0).map(|(at, slice)| (*at, (slice.0, slice.1))).collect()
}

/// The first minutes that differ, with what each side has there.
fn differences<T: Copy + PartialEq>(
    one: &BTreeMap<i64, T>,
    other: &BTreeMap<i64, T>,
) -> Vec<(i64, Option<T>, Option<T>)> {
    let minutes: BTreeSet<i64> = one.keys().chain(other.keys()).copied().collect();
    let both = minutes.into_iter().map(|at| (at, one.get(&at).copied(), other.get(&at).copied()));
    both.filter(|(_, one, other)| one != other).take(5).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    let now = Clock::system().now();
    let end = now.minute().start().seconds();
    let traffics = histories(end);
    let prometheus = Prometheus::with_history(|out| write(&traffics, out));
    let (folder, calm_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (data, context, sources) = world(&folder.path().join("data"), &prometheus.url(), end).await;
    let smtp = SmtpServer::start();
    let mail = format!("smtp://127.0.0.1:{}", smtp.port);
    let db = &context.db;
    let indicators = of_sources(db, &sources).await;
    let mut chance = Chance(u64::try_from(now.seconds()).unwrap());

    let settings =
        [("NINES_DATA_DIR", data.as_str()), ("NINES_MAIL_URL", &mail), ("NINES_MAIL_FROM", "nines@example.org")];
    let mut nines = Nines::start(&settings);
    let mut kills = 0;
    let moment =
        |most: i64, chance: &mut Chance| Duration::from_millis(u64::try_from(chance.between(0, most)).unwrap());
    for most in [60, 60, 120, 120, 250, 250, 500, 500, 1_000, 1_000, 2_000, 2_000] {
        let rest = moment(most, &mut chance);
        if timeout(rest, until(async || is_caught_up(db, &indicators).await)).await.is_ok() {
            break;
        }
        nines.kill();
        kills += 1;
        nines.restart();
    }
    let caught_up = timeout(PATIENCE, until(async || is_caught_up(db, &indicators).await)).await;
    assert!(caught_up.is_ok(), "it never caught up; it said: {}", nines.said());

    // each start issues what is due at once, and mails it within seconds
    let is_mailed = async || {
        let counts = store::outbox::counts(db).await.unwrap();
        (counts.sent, counts.queued) == (6, 0)
    };
    for most in [100, 200, 400, 800] {
        nines.kill();
        kills += 1;
        nines.restart();
        if timeout(moment(most, &mut chance), until(is_mailed)).await.is_ok() {
            break;
        }
    }
    nines.kill();
    nines.restart();
    let mailed = timeout(PATIENCE, until(is_mailed)).await;
    assert!(mailed.is_ok(), "{:?}; it said: {}", store::outbox::counts(db).await, nines.said());
    assert!(nines.stop().unwrap().success());
    assert!(kills >= 5, "only {kills} kills");

    let (_, calm, calm_sources) = world(&calm_folder.path().join("data"), &prometheus.url(), end).await;
    calm.clock.advance(120);
    for id in &calm_sources {
        pull::pull_now(&calm, *id).await.unwrap();
    }
    let span = Span::new(Minute(end / 60 - 9 * 1440), Minute(end / 60));
    let picks: [fn(Counts) -> (i64, i64); 2] = [|c| (c.total - c.bad, c.total), |c| (c.fast, c.timed)];
    for (place, (killed, calm_one)) in indicators.iter().zip(of_sources(&calm.db, &calm_sources).await).enumerate() {
        let after_kills = minutes(db, *killed, span).await;
        let calm = minutes(&calm.db, calm_one, span).await;
        assert_eq!(differences(&after_kills, &calm), [], "as an undisturbed reader has it");
        let truth = truth(&traffics[place / 2], span, picks[place % 2]);
        assert_eq!(differences(&with_events(&after_kills), &truth), [], "as the service {} was", place / 2);
    }
    everybody_has_each_report(db, &smtp).await;
}

async fn everybody_has_each_report(db: &Db, smtp: &SmtpServer) {
    let heads = store::reports::list(db, None, Page { limit: 100, offset: 0 }).await.unwrap();
    let labels: BTreeSet<&str> = heads.iter().map(|head| head.label.as_str()).collect();
    assert_eq!((heads.len(), labels.len()), (3, 3), "three days, one report each: {heads:?}");
    assert!(heads.iter().all(|head| head.revision == 1 && !head.provisional), "{heads:?}");
    let mut copies: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for mail in smtp.received() {
        let parsed = MessageParser::default().parse(&mail.bytes).unwrap();
        copies.entry(format!("<{}>", parsed.message_id().unwrap())).or_default().insert(mail.bytes.clone());
    }
    assert!(copies.values().all(|copies| copies.len() == 1), "a second copy is the same bytes under the same name");
    let mut promised = BTreeSet::new();
    for head in &heads {
        let deliveries = store::outbox::list_by_report(db, head.id).await.unwrap();
        assert_eq!(deliveries.iter().map(|d| d.recipient.as_str()).collect::<Vec<_>>(), RECIPIENTS);
        promised.extend(deliveries.into_iter().map(|d| d.message_id));
    }
    assert_eq!(copies.into_keys().collect::<BTreeSet<_>>(), promised, "everybody got each report, and nothing else");
}
