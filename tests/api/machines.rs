//! What machines ask for: health, readiness, counters, assets, and a stop in good order.

use crate::app::TestApp;
use crate::on_both;
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

on_both! {
    async fn readiness_follows_the_database_and_the_jobs(app: TestApp) {
        let probe = app.browser();
        assert_eq!(probe.get("/ready").await.text, "ready\n");
        app.state.metrics.beat("pull", app.state.clock.now().seconds());
        app.advance(301);
        let answer = probe.get("/ready").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.text, "not ready: the job “pull” shows no sign of life\n");
        app.state.metrics.beat("pull", app.state.clock.now().seconds());
        assert_eq!(probe.get("/ready").await.status, StatusCode::OK);
        app.db().close().await;
        assert_eq!(probe.get("/ready").await.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(probe.get("/health").await.status, StatusCode::OK, "the process itself is up");
    }

    async fn a_database_that_is_gone_is_a_page_with_a_number_and_not_its_reason(app: TestApp) {
        let ana = app.signed_in().await;
        app.db().close().await;
        let answer = ana.get("/account").await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.visible().contains("on our side"), "{}", answer.visible());
        assert!(!answer.text.to_lowercase().contains("pool"), "the cause is for the log: {}", answer.text);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_requests_are_counted_by_route_pattern() {
    let app = TestApp::on_sqlite().await;
    let browser = app.browser();
    browser.get("/sign-in?next=/secret").await;
    browser.get("/nowhere/4711").await;
    browser.get("/nowhere/4712").await;
    let answer = browser.get("/metrics").await;
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    for line in [
        r#"nines_http_requests_total{method="GET",route="/sign-in",status="200"} 1"#,
        r#"nines_http_requests_total{method="GET",route="none",status="404"} 2"#,
        r#"nines_http_request_duration_seconds_count{route="/sign-in"} 1"#,
    ] {
        assert!(answer.text.lines().any(|l| l == line), "{line} is missing in\n{}", answer.text);
    }
    assert!(!answer.text.contains("4711") && !answer.text.contains("secret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_answers_head_too() {
    let app = TestApp::on_sqlite().await;
    let probe = app.browser();
    for path in ["/health", "/ready"] {
        assert_eq!(probe.send(probe.request(Method::HEAD, path)).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assets_are_compressed_kept_for_ever_and_found_by_their_hash_alone() {
    let app = TestApp::on_sqlite().await;
    let browser = app.browser();
    let path = nines::view::asset_path("app.css");
    let plain = browser.get(&path).await;
    assert_eq!(plain.status, StatusCode::OK);
    assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(plain.header("content-type"), "text/css; charset=utf-8");
    let request = browser.request(Method::GET, &path).header("accept-encoding", "br, gzip");
    let packed = request.send().await.unwrap();
    assert_eq!((packed.status(), packed.headers()["vary"].to_str().unwrap()), (StatusCode::OK, "accept-encoding"));
    assert_eq!(packed.headers()["content-encoding"].to_str().unwrap(), "gzip");
    assert!(packed.bytes().await.unwrap().len() < plain.text.len() / 2);
    for wrong in ["/assets/0000000000000000/app.css", "/assets/missing/none.css", "/assets/x/"] {
        assert_eq!(browser.get(wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_in_flight_is_answered_when_the_server_stops() {
    let app = TestApp::on_sqlite().await;
    let browser = app.browser();
    let csrf = browser.get("/sign-in").await.csrf();
    let cookie = browser.cookie("nines-visit").unwrap();
    let body = format!("csrf={csrf}&email=bo%40example.org&password=wrong");
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: nines\r\nCookie: nines-visit={cookie}\r\nExpect: 100-continue\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut wire = BufReader::new(TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap());
    wire.get_mut().write_all(head.as_bytes()).await.unwrap();
    let mut line = String::new();
    wire.read_line(&mut line).await.unwrap();
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n", "the request is in flight");
    let url = app.url.clone();
    let stopped = tokio::spawn(app.stop());
    // no new connection is accepted any more: the stop has begun
    while TcpStream::connect(url.trim_start_matches("http://")).await.is_ok() {
        tokio::task::yield_now().await;
    }
    wire.get_mut().write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    wire.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("HTTP/1.1 422 "), "{answer}");
    stopped.await.unwrap();
}
