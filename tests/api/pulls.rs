//! Pulls from a server that misbehaves and recovers: what is found on the indicator, and what is settled again.

use chrono_tz::UTC;
use nines::app::Application;
use nines::clock::Clock;
use nines::config;
use nines::domain::calendar::PeriodKind;
use nines::domain::contract::{AgreementTerms, ObjectiveTerms};
use nines::domain::ids::{IndicatorId, SourceId};
use nines::domain::model::{Access, ObjectiveKind, Query, RollingMinutes, Source, SourceSpec, Threshold, Window};
use nines::domain::selector::Selector;
use nines::domain::target::Target;
use nines::domain::time::Instant;
use nines::ops::define_agreement::{self, AgreementDraft, ObjectiveDraft};
use nines::ops::{Context, define_source, pull};
use nines::store;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

const START_SECONDS: i64 = crate::app::START_SECONDS;

/// An application whose jobs do not run: time and pulls are the story's.
async fn application(folder: &tempfile::TempDir) -> Application {
    let flags = BTreeMap::from([
        ("server.listen", "127.0.0.1:0".to_owned()),
        ("data_dir", folder.path().display().to_string()),
    ]);
    let layers = config::Layers { flags, env: BTreeMap::new(), file: None, read: |path| std::fs::read_to_string(path) };
    let clock = Clock::fixed(Instant::from_seconds(START_SECONDS));
    Application::build(config::parse(&layers).unwrap(), clock).await.unwrap()
}

async fn define_source(context: &Context, spec: SourceSpec) -> SourceId {
    let source = Source {
        id: SourceId(0),
        name: "watch".to_owned(),
        spec,
        access: Access::default(),
        every_seconds: 60,
        delay_seconds: 0,
        timeout_seconds: 5,
        archived_at: None,
    };
    define_source::define(context, None, source).await.unwrap()
}

/// One latency objective of half a second.
async fn define_indicator(context: &Context, source: SourceId) -> IndicatorId {
    let query = Query::Latency {
        histogram: Selector::parse("seconds_bucket").unwrap(),
        threshold: Threshold::parse("0.5").unwrap(),
    };
    let objective = ObjectiveDraft {
        id: None,
        name: "fast".to_owned(),
        kind: ObjectiveKind::Latency,
        service: "shop".to_owned(),
        source,
        query,
        target: Target::parse("99.9").unwrap(),
        window: Window::Rolling(RollingMinutes::MONTH),
        terms: ObjectiveTerms::default(),
        composite: None,
    };
    let draft = AgreementDraft {
        name: "shop".to_owned(),
        customer: String::new(),
        owner: String::new(),
        zone: UTC,
        period: PeriodKind::Month,
        report_every: PeriodKind::Week,
        recipients: Vec::new(),
        terms: AgreementTerms::default(),
        objectives: vec![objective],
    };
    let agreement = define_agreement::define(context, None, draft).await.unwrap();
    define_agreement::load(&context.db, agreement).await.unwrap().objectives[0].1.id
}

/// The server says this from now on.
async fn say(server: &MockServer, answer: ResponseTemplate) {
    server.reset().await;
    Mock::given(method("POST")).respond_with(answer).mount(server).await;
}

/// A matrix with the buckets at these bounds, sampled each minute of the last ten.
fn histogram(now_seconds: i64, bounds: &[&str], more: &str) -> ResponseTemplate {
    let mut rows = Vec::new();
    for le in bounds {
        let mut values = String::new();
        for minute in (1..=10).rev() {
            let comma = if values.is_empty() { "" } else { "," };
            write!(values, "{comma}[{},\"5\"]", now_seconds - minute * 60).unwrap();
        }
        rows.push(format!(r#"{{"metric":{{"__name__":"seconds_bucket","le":"{le}"}},"values":[{values}]}}"#));
    }
    let data = format!(r#"{{"resultType":"matrix","result":[{}]}}"#, rows.join(","));
    ResponseTemplate::new(200).set_body_string(format!(r#"{{"status":"success","data":{data}{more}}}"#))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_are_settled_by_a_pull_that_no_longer_shows_them() {
    let server = MockServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let application = application(&folder).await;
    let context = application.state().context.clone();
    let silence = |more| histogram(0, &[], more);
    say(&server, silence("")).await;
    let source = define_source(&context, SourceSpec::Prometheus { url: server.uri().parse().unwrap() }).await;
    let indicator = define_indicator(&context, source).await;

    let mut open = Vec::new();
    let now = |turn: i64| START_SECONDS + turn * 60;
    let refusal = r#"{"status":"error","errorType":"bad_data","error":"no such thing"}"#;
    for (turn, answer) in [
        (1, ResponseTemplate::new(422).set_body_string(refusal)),
        (2, histogram(now(2), &["+Inf"], "")),
        (3, silence("")),
        (4, histogram(now(4), &["0.5", "+Inf"], r#","isPartial":true"#)),
        (5, ResponseTemplate::new(503).set_body_string(refusal)),
        (6, histogram(now(6), &["0.5", "+Inf"], "")),
    ] {
        say(&server, answer).await;
        context.clock.advance(now(turn) - context.clock.now().seconds());
        assert!(pull::pull_now(&context, source).await.unwrap());
        let found = store::findings::list(&context.db, indicator).await.unwrap();
        let mut kinds: Vec<_> = found.into_iter().filter(|f| f.resolved_at.is_none()).map(|f| f.kind).collect();
        kinds.sort();
        open.push(kinds.join(" "));
        let failures = store::source_states::find(&context.db, source).await.unwrap().unwrap().failures;
        assert_eq!(failures, i64::from(turn == 5), "a refused query is no failed pull, but a 503 is");
    }
    // silence proves nothing about buckets, and a partial or failed pull proves nothing at all
    let both = "bucket_missing partial_answer";
    assert_eq!(open, ["query_refused", "bucket_missing", "bucket_missing", both, both, ""]);
}
