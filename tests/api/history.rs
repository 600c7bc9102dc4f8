//! A server that speaks Prometheus's API, with partial answers, refusals, outages, and ranges of either style.

use crate::on_both;
use crate::scene::{
    Ledger, agree, closed_port, draft, indicators, instance, ledger, open_findings, promise, ratio, source_with_timeout,
};
use nines::domain::ids::SourceId;
use nines::domain::model::{ObjectiveKind, SourceSpec};
use nines::ops::{Context, pull};
use nines::store;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wiremock::{Match, Mock, MockServer, Request, Respond, ResponseTemplate};

/// What the fake server is like at the moment.
#[derive(Default)]
struct Mood {
    /// Ranges include their beginning, as before Prometheus 3.
    closed: AtomicBool,
    /// Half of the series is missing, and a warning says so.
    partial: AtomicBool,
    /// The process behind it answers, but cannot do what it should.
    broken: AtomicBool,
}

/// Requests in minute `m`, and the failed ones among them; each minute's sample stands at its last millisecond, where the
/// two styles of range differ.
fn events(minute: i64) -> (i64, i64) {
    (minute % 7 + 1, minute % 3 / 2)
}

/// What the counters show at the end of a minute, counted from an hour before `start`.
fn shown(start: i64, minute: i64) -> (i64, i64) {
    (start - 600..=minute).map(events).fold((0, 0), |sum, (all, bad)| (sum.0 + all, sum.1 + bad))
}

struct Fake {
    mood: Arc<Mood>,
    start: i64,
}

impl Respond for Fake {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
        if self.mood.broken.load(Ordering::SeqCst) {
            return ResponseTemplate::new(502).set_body_string("bad gateway");
        }
        let query = field("query");
        if query.starts_with("forbidden") {
            let body = r#"{"status":"error","errorType":"execution","error":"too many chunks for you"}"#;
            return ResponseTemplate::new(422).set_body_raw(body, "application/json");
        }
        let until = ms(field("time"));
        let Some((name, range)) = query.split_once('[') else {
            return json(r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#.to_owned());
        };
        let length: i64 = range.trim_end_matches("ms]").parse().unwrap();
        let from = until - length + i64::from(!self.mood.closed.load(Ordering::SeqCst));
        let is_partial = self.mood.partial.load(Ordering::SeqCst);
        let mut rows = Vec::new();
        if name.starts_with("requests_total") {
            for (code, of) in [("200", 0), ("500", 1)] {
                if !(is_partial && code == "200") {
                    rows.push(self.row(code, of, from, until));
                }
            }
        }
        let warnings = if is_partial { r#","warnings":["store 2 did not answer"]"# } else { "" };
        let data = format!(r#"{{"resultType":"matrix","result":[{}]}}"#, rows.join(","));
        json(format!(r#"{{"status":"success","data":{data}{warnings}}}"#))
    }
}

impl Fake {
    fn row(&self, code: &str, of: i32, from_ms: i64, until_ms: i64) -> String {
        let labels = format!(r#"{{"__name__":"requests_total","job":"shop","instance":"a","code":"{code}"}}"#);
        let first = from_ms.div_euclid(60_000).max(self.start - 600);
        let (mut all, mut bad) = shown(self.start, first - 1);
        let mut values = Vec::new();
        for minute in first.. {
            let at = minute * 60_000 + 59_999;
            if at > until_ms {
                break;
            }
            (all, bad) = (all + events(minute).0, bad + events(minute).1);
            let value = if of == 0 { all - bad } else { bad };
            if at >= from_ms {
                values.push(format!(r#"[{}.{:03},"{value}"]"#, at / 1000, at % 1000));
            }
        }
        format!(r#"{{"metric":{labels},"values":[{}]}}"#, values.join(","))
    }
}

fn ms(seconds: &str) -> i64 {
    let (whole, rest) = seconds.split_once('.').unwrap_or((seconds, "000"));
    whole.parse::<i64>().unwrap() * 1000 + rest.parse::<i64>().unwrap()
}

fn json(text: String) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(text, "application/json")
}

struct Anything;

impl Match for Anything {
    fn matches(&self, _: &Request) -> bool {
        true
    }
}

async fn fake(start: i64) -> (MockServer, Arc<Mood>) {
    // not one of the pool: its port would go on answering for whoever takes the server after this test has dropped it
    let (server, mood) = (MockServer::builder().start().await, Arc::<Mood>::default());
    Mock::given(Anything).respond_with(Fake { mood: Arc::clone(&mood), start }).mount(&server).await;
    (server, mood)
}

/// A source with two hours of backfill on its indicators, which are given by their total and bad selectors.
async fn shop(context: &Context, url: &str, name: &str, queries: &[(&str, &str)]) -> SourceId {
    // a busy machine must not look like a server that hangs
    shop_with_timeout(context, url, name, queries, 30).await
}

async fn shop_with_timeout(
    context: &Context,
    url: &str,
    name: &str,
    queries: &[(&str, &str)],
    timeout_seconds: i64,
) -> SourceId {
    let spec = SourceSpec::Prometheus { url: url.parse().unwrap() };
    let id = source_with_timeout(context, name, spec, timeout_seconds).await;
    let promises = queries
        .iter()
        .map(|(total, bad)| promise(&format!("{total} answered"), ObjectiveKind::Availability, id, ratio(total, bad)));
    agree(context, draft(name, &[], promises.collect())).await;
    for indicator in indicators(&context.db, id).await {
        let mut pull = store::indicators::load_pull(&context.db, indicator).await.unwrap().unwrap();
        pull.from = context.clock.now().minute().plus(-120);
        let mut tx = context.db.begin_write().await.unwrap();
        store::indicators::save_pull(&mut tx, indicator, &pull).await.unwrap();
        tx.commit().await.unwrap();
    }
    id
}

const REQUESTS: (&str, &str) = ("requests_total", "requests_total{code=\"500\"}");

/// What the ledger must say from `from` until `until`.
fn truth(from: i64, until: i64) -> Ledger {
    (from..until).map(|minute| (minute, (events(minute).0 - events(minute).1, events(minute).0, false))).collect()
}

on_both! {
    async fn ranges_that_are_closed_or_left_open_give_the_same_sums_across_seams_and_downtimes(app: TestApp) {
        let start = app.state.clock.now().minute().0;
        let (server, mood) = fake(start).await;
        let often = shop(&app.state, &server.uri(), "often", &[REQUESTS]).await;
        let seldom = shop(&app.state, &server.uri(), "seldom", &[REQUESTS]).await;
        for step in 0..16_i64 {
            mood.closed.store(step % 2 == 0, Ordering::SeqCst);
            pull::pull_now(&app.state, often).await.unwrap();
            if matches!(step, 0 | 3 | 15) {
                pull::pull_now(&app.state, seldom).await.unwrap();
            }
            app.advance(if step == 9 { 3 * 3600 + 17 } else { 45 + step * 13 });
        }
        pull::pull_now(&app.state, often).await.unwrap();
        pull::pull_now(&app.state, seldom).await.unwrap();
        let expected = truth(start - 120, app.state.clock.now().minute().0);
        for id in [often, seldom] {
            let indicator = indicators(app.db(), id).await[0];
            assert_eq!(ledger(app.db(), indicator).await, expected);
            assert_eq!(open_findings(app.db(), indicator).await, [""; 0]);
        }
    }

    async fn a_partial_answer_is_kept_but_not_settled_and_read_again(app: TestApp) {
        let start = app.state.clock.now().minute().0;
        let (server, mood) = fake(start).await;
        let id = shop(&app.state, &server.uri(), "shop", &[REQUESTS]).await;
        let indicator = indicators(app.db(), id).await[0];
        let settled = async || store::indicators::load_pull(app.db(), indicator).await.unwrap().unwrap().settled;
        pull::pull_now(&app.state, id).await.unwrap();
        let before = settled().await.unwrap();
        assert_eq!(before.0, start - 10);

        mood.partial.store(true, Ordering::SeqCst);
        for _ in 0..3 {
            app.advance(900);
            pull::pull_now(&app.state, id).await.unwrap();
            assert_eq!(settled().await, Some(before), "nothing that is incomplete settles");
            assert_eq!(open_findings(app.db(), indicator).await, ["partial_answer"]);
        }
        let now = app.state.clock.now().minute().0;
        let kept = ledger(app.db(), indicator).await;
        assert_eq!(kept[&(now - 1)].1, events(now - 1).1, "what is there is shown");

        mood.partial.store(false, Ordering::SeqCst);
        pull::pull_now(&app.state, id).await.unwrap();
        assert_eq!(ledger(app.db(), indicator).await, truth(start - 120, now));
        assert_eq!(settled().await.map(|minute| minute.0), Some(now - 10));
        assert_eq!(open_findings(app.db(), indicator).await, [""; 0], "the finding is settled too");
    }

    async fn a_refused_query_harms_itself_alone_and_a_broken_server_fails_the_pull(app: TestApp) {
        let start = app.state.clock.now().minute().0;
        let (server, mood) = fake(start).await;
        let id = shop(&app.state, &server.uri(), "shop", &[("forbidden_total", "forbidden_total{code=\"500\"}"), REQUESTS]).await;
        let state = async || store::source_states::find(app.db(), id).await.unwrap().unwrap();
        let all = indicators(app.db(), id).await;
        pull::pull_now(&app.state, id).await.unwrap();
        assert_eq!(state().await.failures, 0);
        let findings = store::findings::list(app.db(), all[0]).await.unwrap();
        assert!(findings[0].kind == "query_refused" && findings[0].message.contains("too many chunks for you"), "{findings:?}");
        assert_eq!((ledger(app.db(), all[0]).await, open_findings(app.db(), all[1]).await), (Ledger::new(), vec![]));
        assert_eq!(ledger(app.db(), all[1]).await, truth(start - 120, start));

        mood.broken.store(true, Ordering::SeqCst);
        app.advance(60);
        pull::pull_now(&app.state, id).await.unwrap();
        let error = state().await.last_error.unwrap();
        assert!(state().await.failures == 1 && error.contains("502"), "{error}");
        drop(server);
        app.advance(60);
        pull::pull_now(&app.state, id).await.unwrap();
        assert_eq!(state().await.failures, 2, "{:?}", state().await.last_error);
        assert_eq!(ledger(app.db(), all[1]).await, truth(start - 120, start), "nothing is made up meanwhile");
    }

    /// A page where an API should be, or a wrong password, is not the matter of one query.
    async fn an_answer_that_is_no_api_fails_the_pull(app: TestApp) {
        for (template, reason) in [
            (ResponseTemplate::new(200).set_body_string("<html>sign in</html>"), "Prometheus's API"),
            (ResponseTemplate::new(401).set_body_string("who are you?"), "401"),
        ] {
            let server = MockServer::start().await;
            Mock::given(Anything).respond_with(template).mount(&server).await;
            let id = shop(&app.state, &server.uri(), reason, &[REQUESTS]).await;
            pull::pull_now(&app.state, id).await.unwrap();
            let state = store::source_states::find(app.db(), id).await.unwrap().unwrap();
            assert_eq!(state.failures, 1, "{reason}");
            assert!(state.last_error.as_ref().is_some_and(|error| error.contains(reason)), "{:?}", state.last_error);
        }
    }

    async fn a_source_that_hangs_and_a_dead_one_delay_nobody_and_no_two_pulls_overlap(app: TestApp) {
        let start = app.state.clock.now().minute().0;
        let (quick, _) = fake(start).await;
        let hanging = MockServer::start().await;
        let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
        Mock::given(Anything).respond_with(late).mount(&hanging).await;
        let dead = format!("http://127.0.0.1:{}", closed_port().await);
        let slow = shop_with_timeout(&app.state, &hanging.uri(), "hanging", &[REQUESTS], 1).await;
        let gone = shop(&app.state, &dead, "dead", &[REQUESTS]).await;
        let fine = shop(&app.state, &quick.uri(), "fine", &[REQUESTS]).await;
        let (one, two) = (instance(&app, "one"), instance(&app, "two"));
        let mut claimed = pull::claim_due(&one).await.unwrap();
        claimed.sort();
        assert_eq!(claimed, [slow, gone, fine], "each is claimed once");
        assert_eq!(pull::claim_due(&two).await.unwrap(), []);
        assert!(!pull::pull_now(&two, fine).await.unwrap(), "somebody else is at it");

        let waiting = tokio::spawn({ let one = one.clone(); async move { pull::pull_claimed(&one, slow).await } });
        pull::pull_claimed(&one, gone).await.unwrap();
        pull::pull_claimed(&one, fine).await.unwrap();
        assert!(!waiting.is_finished(), "two others were done while this one still waits");
        let indicator = indicators(app.db(), fine).await[0];
        assert_eq!(ledger(app.db(), indicator).await, truth(start - 120, start));
        waiting.await.unwrap().unwrap();
        for (id, reason) in [(slow, "within 1 s"), (gone, "cannot be reached")] {
            let state = store::source_states::find(app.db(), id).await.unwrap().unwrap();
            assert!(state.last_error.as_ref().is_some_and(|error| error.contains(reason)), "{:?}", state.last_error);
        }

        let at_once = (0..8).map(|n| {
            let context = instance(&app, ["one", "two"][n % 2]);
            tokio::spawn(async move { pull::pull_now(&context, slow).await.unwrap() })
        });
        let pulled = futures_util::future::join_all(at_once).await;
        assert_eq!(pulled.into_iter().filter(|done| *done.as_ref().unwrap()).count(), 1, "one of eight");
    }

    /// An instance that died in the middle of a pull is replaced a minute later, long before a silence counts as unknown.
    async fn a_dead_instance_is_replaced_within_a_minute(app: TestApp) {
        let start = app.state.clock.now().minute().0;
        let (server, _) = fake(start).await;
        let id = shop(&app.state, &server.uri(), "shop", &[REQUESTS]).await;
        let (dead, heir) = (instance(&app, "dead"), instance(&app, "heir"));
        assert_eq!(pull::claim_due(&dead).await.unwrap(), [id]);
        app.advance(59);
        assert_eq!(pull::claim_due(&heir).await.unwrap(), []);
        app.advance(1);
        assert_eq!(pull::claim_due(&heir).await.unwrap(), [id]);
        pull::pull_claimed(&dead, id).await.unwrap();
        let indicator = indicators(app.db(), id).await[0];
        assert_eq!(ledger(app.db(), indicator).await, Ledger::new(), "whoever lost the lease writes nothing");
        pull::pull_claimed(&heir, id).await.unwrap();
        assert_eq!(ledger(app.db(), indicator).await, truth(start - 120, app.state.clock.now().minute().0));
    }

    /// More sources than the database has connections fail at once, and each failure is still recorded.
    async fn many_sources_may_fail_at_the_same_moment(app: TestApp) {
        let dead = format!("http://127.0.0.1:{}", closed_port().await);
        for number in 0..24 {
            shop(&app.state, &dead, &format!("dead {number}"), &[REQUESTS]).await;
        }
        let claimed = pull::claim_due(&app.state).await.unwrap();
        let pulls = claimed.iter().map(|id| pull::pull_claimed(&app.state, *id));
        let done = tokio::time::timeout(Duration::from_secs(20), futures_util::future::join_all(pulls)).await.unwrap();
        assert!(done.len() == 24 && done.iter().all(Result::is_ok), "{done:?}");
        let states = store::source_states::list(app.db()).await.unwrap();
        assert!(states.iter().all(|(_, state)| state.failures == 1));
    }
}
