//! Fills an empty Nines with a sample world: three services, 35 days of history, an agreement with a customer.
//!
//! The history goes through the same ledger as real data. The demo then scrapes the counters of [`exposition`], so the
//! sample goes on living.

pub mod world;

use crate::domain::calendar::PeriodKind;
use crate::domain::contract::{AgreementTerms, ObjectiveTerms};
use crate::domain::counting::CounterState;
use crate::domain::credit::{Credit, CreditTexts};
use crate::domain::exclusion::{Rules, Scope};
use crate::domain::ids::{AgreementId, SourceId, UserId};
use crate::domain::ledger::Slice;
use crate::domain::model::{
    Access, EmailAddress, Indicator, ObjectiveKind, Part, Query, RollingMinutes, Source, SourceSpec, Threshold, Window,
};
use crate::domain::note::{Author, NoteKind};
use crate::domain::selector::{Expression, Selector};
use crate::domain::target::Target;
use crate::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use crate::ops::define_agreement::{AgreementDraft, ObjectiveDraft};
use crate::ops::leave_note::{self, Draft};
use crate::ops::{Context, OpsError, define_agreement, define_source};
use crate::store::indicators::PullState;
use crate::store::{self, Tx};
use chrono_tz::Tz;
use url::Url;
use world::{Happened, Sample};

/// Days of sample history.
pub const DAYS: i64 = 35;

/// What a sample objective promises, and which events of the world are good for it.
struct Promise {
    sample: Sample,
    name: &'static str,
    kind: ObjectiveKind,
    target: &'static str,
    good: fn(Happened) -> i64,
}

const PROMISES: [Promise; 6] = [
    Promise {
        sample: Sample::Shop,
        name: "Checkout answers",
        kind: ObjectiveKind::Availability,
        target: "99.9",
        good: answered,
    },
    Promise {
        sample: Sample::Shop,
        name: "Checkout within half a second",
        kind: ObjectiveKind::Latency,
        target: "98",
        good: fast,
    },
    Promise {
        sample: Sample::Shop,
        name: "Checkout errors",
        kind: ObjectiveKind::ErrorRate,
        target: "99.95",
        good: answered,
    },
    Promise {
        sample: Sample::Invoices,
        name: "Invoices answer",
        kind: ObjectiveKind::Availability,
        target: "99.5",
        good: answered,
    },
    Promise {
        sample: Sample::Search,
        name: "Search answers",
        kind: ObjectiveKind::Availability,
        target: "99.9",
        good: answered,
    },
    Promise {
        sample: Sample::Search,
        name: "Search within half a second",
        kind: ObjectiveKind::Latency,
        target: "99",
        good: fast,
    },
];

fn answered(happened: Happened) -> i64 {
    happened.total - happened.bad
}

fn fast(happened: Happened) -> i64 {
    happened.fast()
}

/// Makes the sample world. `metrics` is where [`exposition`] is served; `recipient` receives the reports.
pub async fn fill(
    context: &Context,
    who: UserId,
    metrics: Url,
    recipient: EmailAddress,
) -> Result<AgreementId, OpsError> {
    let started = context.clock.now().minute();
    let source = define_source::define(context, Some(who), source(metrics)).await?;
    let agreement = define_agreement::define(context, Some(who), draft(source, recipient)?).await?;
    let span = Span::ending(started, DAYS * DAY_MINUTES);
    let defined = define_agreement::load(&context.db, agreement).await?;
    for (objective, indicator, _) in &defined.objectives {
        if let Some(promise) = PROMISES.iter().find(|promise| promise.name == objective.name) {
            let (history, read) = (history(promise.sample, span, started), read_up_to(span, context.clock.now()));
            let mut tx = context.db.begin_write().await?;
            let slices = counted(&history, |one| ((promise.good)(one), one.total));
            store::ledger::write(&mut tx, indicator.id, &slices).await?;
            store::indicators::save_pull(&mut tx, indicator.id, &read).await?;
            if let Query::Latency { histogram, threshold } = &indicator.query {
                fill_spread(&mut tx, (indicator, histogram, threshold), &history, &read).await?;
            }
            tx.commit().await?;
        }
    }
    for (objective, indicator, _) in &defined.objectives {
        if PROMISES.first().is_some_and(|first| first.name == objective.name) {
            leave_notes(context, who, Scope::Service(indicator.service), started).await?;
        }
    }
    Ok(agreement)
}

/// What is counted beside a latency: the other bounds of its histogram, and its durations.
async fn fill_spread(
    tx: &mut Tx,
    (latency, histogram, threshold): (&Indicator, &Selector, &Threshold),
    history: &[(Minute, Option<Happened>)],
    read: &PullState,
) -> Result<(), OpsError> {
    let query = Query::Durations { histogram: histogram.clone() };
    let (durations, _) = store::spreads::find_or_insert(tx, latency, &query).await?;
    store::spreads::tie(tx, latency.id, durations).await?;
    store::ledger::write(tx, durations, &counted(history, |one| (one.micros, one.micros))).await?;
    store::indicators::save_pull(tx, durations, read).await?;
    for (place, bound) in world::BOUNDS.iter().enumerate() {
        let bound = Threshold::parse(bound).ok_or_else(builtin)?;
        if bound != *threshold {
            let query = Query::Latency { histogram: histogram.clone(), threshold: bound };
            let (companion, _) = store::spreads::find_or_insert(tx, latency, &query).await?;
            store::spreads::tie(tx, companion, durations).await?;
            let within = |one: Happened| one.within.get(place).copied().unwrap_or_default();
            store::ledger::write(tx, companion, &counted(history, |one| (within(one), one.total))).await?;
        }
    }
    Ok(())
}

/// What the sample shop's people noted in its bad week.
async fn leave_notes(context: &Context, who: UserId, scope: Scope, started: Minute) -> Result<(), OpsError> {
    let notes = [
        (NoteKind::Deploy, 13 * DAY_MINUTES + 4, "Version 4.2.0"),
        (NoteKind::Note, 10 * DAY_MINUTES - 20 * 60, "Payment gateway reports trouble"),
        (NoteKind::Deploy, 6 * DAY_MINUTES, "Version 4.2.1, connections are returned again"),
    ];
    for (kind, age, text) in notes {
        let at = Some(started.plus(-age));
        let draft = Draft { kind, scope, at, until: None, text: text.to_owned() };
        leave_note::leave(context, Author::Person(who), draft).await?;
    }
    Ok(())
}

/// The sample history counts as read for good, so that its reports are final.
fn read_up_to(span: Span, now: Instant) -> PullState {
    let (settled, reached) = (Some(span.end()), Some(span.end()));
    let state = CounterState::default();
    PullState { from: span.start(), settled, reached, state, finished_backfill_at: Some(now) }
}

fn history(sample: Sample, span: Span, started: Minute) -> Vec<(Minute, Option<Happened>)> {
    let happened = |minute| (!sample.is_unmeasured(minute, started)).then(|| sample.happened(minute, started));
    span.iter().map(|minute| (minute, happened(minute))).collect()
}

/// Minutes with their good and all events.
fn counted(
    history: &[(Minute, Option<Happened>)],
    count: impl Fn(Happened) -> (i64, i64),
) -> Vec<(Minute, Option<Slice>)> {
    let slice = |(good, total)| Slice { good, total, catch_up: false };
    history.iter().map(|(minute, happened)| (*minute, happened.map(&count).map(slice))).collect()
}

/// The sample services' counters since the demo started, in the Prometheus text format.
#[must_use]
pub fn exposition(started: Minute, now: Minute) -> String {
    let mut counters = vec!["# TYPE sample_requests_total counter".to_owned()];
    let mut histogram = vec!["# TYPE sample_request_duration_seconds histogram".to_owned()];
    for sample in Sample::ALL {
        let minutes = Span::new(started, now).iter();
        let sum: Happened = minutes.map(|minute| sample.happened(minute, started)).sum();
        let service = sample.label();
        for (code, count) in [("200", sum.total - sum.bad), ("500", sum.bad)] {
            counters.push(format!("sample_requests_total{{service=\"{service}\",code=\"{code}\"}} {count}"));
        }
        let name = "sample_request_duration_seconds";
        for (le, count) in world::BOUNDS.into_iter().zip(sum.within).chain([("+Inf", sum.total)]) {
            histogram.push(format!("{name}_bucket{{service=\"{service}\",le=\"{le}\"}} {count}"));
        }
        let (seconds, rest) = (sum.micros / 1_000_000, sum.micros % 1_000_000);
        histogram.push(format!("{name}_sum{{service=\"{service}\"}} {seconds}.{rest:06}"));
        histogram.push(format!("{name}_count{{service=\"{service}\"}} {}", sum.total));
    }
    counters.append(&mut histogram);
    counters.join("\n") + "\n"
}

fn source(url: Url) -> Source {
    Source {
        id: SourceId(0),
        name: "Sample services".to_owned(),
        spec: SourceSpec::Scrape { url },
        access: Access::default(),
        every_seconds: 30,
        delay_seconds: 0,
        timeout_seconds: 10,
        archived_at: None,
    }
}

fn draft(source: SourceId, recipient: EmailAddress) -> Result<AgreementDraft, OpsError> {
    let objectives = PROMISES.iter().map(|promise| objective(promise, source)).collect::<Result<_, _>>()?;
    Ok(AgreementDraft {
        name: "Online shop for ACME".to_owned(),
        customer: "ACME Ltd".to_owned(),
        owner: "Platform team".to_owned(),
        zone: Tz::Europe__Berlin,
        period: PeriodKind::Month,
        report_every: PeriodKind::Week,
        recipients: vec![recipient],
        terms: terms()?,
        objectives,
    })
}

/// What the sample contract says beyond its objectives.
fn terms() -> Result<AgreementTerms, OpsError> {
    let credit = CreditTexts {
        tiers: "99.9: 10, 99.0: 25, 95.0: 100".to_owned(),
        cap: "50 %".to_owned(),
        fee: "4,800.00 EUR".to_owned(),
        claim: "30 days".to_owned(),
    };
    Ok(AgreementTerms {
        rules: Rules { notice_minutes: Some(48 * 60), monthly_cap_minutes: Some(240) },
        credit: Credit::parse(&credit).map_err(|_wrong| builtin())?,
        ..AgreementTerms::default()
    })
}

fn objective(promise: &Promise, source: SourceId) -> Result<ObjectiveDraft, OpsError> {
    let service = promise.sample.label();
    let query = match promise.kind {
        ObjectiveKind::Latency => Query::Latency {
            histogram: selector(&format!("sample_request_duration_seconds_bucket{{service=\"{service}\"}}"))?,
            threshold: Threshold::parse("0.5").ok_or_else(builtin)?,
        },
        ObjectiveKind::Availability
        | ObjectiveKind::Uptime
        | ObjectiveKind::ErrorRate
        | ObjectiveKind::Success
        | ObjectiveKind::Throughput
        | ObjectiveKind::Level
        | ObjectiveKind::Composite => Query::Ratio {
            total: Expression::Raw(selector(&format!("sample_requests_total{{service=\"{service}\"}}"))?),
            part: Part::Bad(Expression::Raw(selector(&format!(
                "sample_requests_total{{service=\"{service}\",code=~\"5..\"}}"
            ))?)),
        },
    };
    Ok(ObjectiveDraft {
        id: None,
        name: promise.name.to_owned(),
        kind: promise.kind,
        service: promise.sample.name().to_owned(),
        source,
        query,
        target: Target::parse(promise.target).or(Err(builtin()))?,
        window: Window::Rolling(RollingMinutes::MONTH),
        terms: ObjectiveTerms::default(),
        composite: None,
    })
}

fn selector(text: &str) -> Result<Selector, OpsError> {
    Selector::parse(text).or(Err(builtin()))
}

/// The built-in sample is wrong: a defect of ours, reported instead of hidden.
fn builtin() -> OpsError {
    OpsError::refused("", "The built-in sample is wrong; please report this.")
}
