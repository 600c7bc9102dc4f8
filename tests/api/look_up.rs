//! The button that asks a source what it knows, with a real Prometheus and with sources that cannot say.

use crate::app::{Answer, Browser, START_SECONDS};
use crate::on_both;
use crate::scene::{Endpoint, Says, source, source_with_timeout};
use nines::domain::ids::SourceId;
use nines::domain::model::SourceSpec;
use nines::store;
use nines_support::prometheus::Prometheus;
use reqwest::StatusCode;
use std::fmt::Write as _;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn ask(ana: &Browser, source: SourceId, kind: &str, query: (&str, &str)) -> Answer {
    let (source, name) = (source.to_string(), format!("objective-0-{}", query.0));
    let fields = [
        ("action", "look-up-objective-0"),
        ("name", "Shop for ACME"),
        ("objective-0-kind", kind),
        ("objective-0-source", source.as_str()),
        (name.as_str(), query.1),
    ];
    let answer = ana.post_form("/agreements/new", &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.visible());
    assert!(answer.text.contains("value=\"Shop for ACME\""), "what was typed stays");
    answer
}

#[track_caller]
fn says(answer: &Answer, texts: &[&str]) {
    let seen = answer.visible();
    for text in texts {
        assert!(seen.contains(text), "{text}: {seen}");
    }
}

/// A counter with two codes and a histogram with two finite buckets, in the last minutes.
fn history() -> String {
    let mut text = "# TYPE shop_requests counter\n".to_owned();
    for code in ["200", "<b>\\\"5"] {
        for minute in 1..=10 {
            let at = START_SECONDS - 660 + minute * 60;
            writeln!(text, "shop_requests_total{{job=\"shop\",code=\"{code}\"}} {minute} {at}").unwrap();
        }
    }
    text.push_str("# TYPE shop_seconds histogram\n");
    for le in ["0.25", "1.0", "+Inf"] {
        for minute in 1..=10 {
            let at = START_SECONDS - 660 + minute * 60;
            writeln!(text, "shop_seconds_bucket{{job=\"shop\",le=\"{le}\"}} {minute} {at}").unwrap();
        }
    }
    text + "# EOF\n"
}

on_both! {
    async fn a_prometheus_lists_its_metrics_labels_and_bounds(app: TestApp) {
        let ana = app.signed_in().await;
        let server = Prometheus::with_history(|out| out.write_all(history().as_bytes()));
        let spec = SourceSpec::Prometheus { url: server.url().parse().unwrap() };
        let id = source_with_timeout(&app.state, "metrics", spec, 30).await;
        let answer = ask(&ana, id, "availability", ("total", "shop_req")).await;
        says(&answer, &["Metrics of the last hour", "shop_requests_total"]);
        assert!(!answer.text.contains("<code>shop_seconds_bucket</code>"), "another name");
        let answer = ask(&ana, id, "availability", ("total", "")).await;
        assert!(answer.text.contains("<code>shop_seconds_bucket</code>"), "all of them");
        let answer = ask(&ana, id, "availability", ("total", "shop_requests_total{job=\"shop\"}")).await;
        says(&answer, &["Labels of shop_requests_total", "code 200, &#60;b&#62;\"5", "job shop"]);
        let answer = ask(&ana, id, "latency", ("histogram", "shop_seconds_bucket{job=\"shop\"}")).await;
        says(&answer, &["Its buckets end at 0.25, 1.0 : a threshold must be one of them"]);
        assert_eq!(store::agreements::list(app.db()).await.unwrap(), [], "nothing is kept");
    }

    async fn a_source_that_cannot_say_is_named_with_the_reason(app: TestApp) {
        let ana = app.signed_in().await;
        let endpoint = Endpoint::start().await;
        let scrape = source(&app.state, "endpoint", SourceSpec::Scrape { url: endpoint.url() }).await;
        let answer = ask(&ana, scrape, "availability", ("total", "x")).await;
        says(&answer, &["“endpoint” is no Prometheus server, so there is nothing to look up in it."]);
        let answer = ask(&ana, SourceId(999), "availability", ("total", "x")).await;
        says(&answer, &["Choose a Prometheus source first"]);
        let spec = SourceSpec::Prometheus { url: endpoint.url() };
        let silent = source_with_timeout(&app.state, "silent", spec, 60).await;
        endpoint.say(Says::Nothing);
        let answer = ask(&ana, silent, "availability", ("total", "x")).await;
        says(&answer, &["“silent” did not answer within 5 s."]);
    }

    async fn what_the_source_was_told_about_a_metric_is_shown(app: TestApp) {
        let ana = app.signed_in().await;
        let server = MockServer::start().await;
        let answers = async |at: &str, status: u16, body: &str| {
            let template = ResponseTemplate::new(status).set_body_raw(body, "application/json");
            Mock::given(path(at)).respond_with(template).mount(&server).await;
        };
        answers("/api/v1/label/__name__/values", 200, r#"{"status":"success","data":["shop_total"]}"#).await;
        answers("/api/v1/series", 200, r#"{"status":"success","data":[{"__name__":"shop_total","job":"shop"}]}"#).await;
        let spec = SourceSpec::Prometheus { url: server.uri().parse().unwrap() };
        let id = source(&app.state, "metrics", spec).await;
        let silent = ask(&ana, id, "availability", ("total", "shop_total")).await; // it answers 404
        says(&silent, &["Labels of shop_total", "job shop"]);
        assert!(!silent.text.contains("It is a "), "{}", silent.visible());
        // described under the name of its family, as OpenMetrics has it
        let told = format!(r#"{{"status":"success","data":{{"shop":[{{"type":"counter","help":"Orders & <b>{}","unit":""}}]}}}}"#, "x".repeat(500));
        answers("/api/v1/metadata", 200, &told).await;
        let answer = ask(&ana, id, "availability", ("total", "shop_total")).await;
        assert!(answer.text.contains("It is a counter: <q>Orders &#38; &#60;b&#62;xxx"), "{}", answer.visible());
        assert!(answer.text.contains(&"x".repeat(225)) && !answer.text.contains(&"x".repeat(230)), "it is cut");
    }
}
