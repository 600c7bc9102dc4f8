//! What a report looks like to machines, judged by other people's readers.

use crate::app::TestApp;
use crate::closing::{signing, two_days_and_a_correction};
use crate::reports::{an_agreement, under_a_contract};
use nines::report::SCHEMA;
use nines::store;
use nines_support::schema::complaints;
use reqwest::StatusCode;
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Every kind of report: under a contract and without, running, before its first data, final, corrected and signed.
async fn documents(app: &TestApp) -> Vec<String> {
    let context = signing(app);
    let (days, _, ana) = two_days_and_a_correction(app, &context).await;
    let mut documents: Vec<String> =
        store::reports::in_chain(app.db(), days, 0, 9).await.unwrap().into_iter().map(|kept| kept.document).collect();
    assert!(documents[2].contains("\"correction\": {"), "the last one corrects the first");
    let plain = an_agreement(app, &ana, "").await;
    for query in ["?period=2026-W46", "", "?period=2026-11", "?period=2026-W44"] {
        documents.push(ana.get(&format!("/agreements/{plain}/report.json{query}")).await.text);
    }
    documents
}

/// Changes one value of a document.
fn with(document: &str, pointer: &str, value: impl Into<Value>) -> String {
    let mut json: Value = serde_json::from_str(document).unwrap();
    *json.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} in {document}")) = value.into();
    json.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_report_follows_the_published_schema() {
    let app = TestApp::on_sqlite().await;
    let documents = documents(&app).await;
    let published = app.browser().get("/schema/report-2.json").await;
    assert_eq!((published.status, published.header("content-type")), (StatusCode::OK, "application/schema+json"));
    assert_eq!(published.text, SCHEMA);
    assert_eq!(app.browser().get("/schema/report-1.json").await.status, StatusCode::NOT_FOUND);
    let all: Vec<&str> = documents.iter().map(String::as_str).collect();
    assert_eq!(complaints(SCHEMA, &all), Vec::<String>::new());
    for (pointer, value) in [
        ("/version", Value::from(1)),
        ("/objectives/0/good", Value::from(0.5)),
        ("/objectives/0/target_percent", Value::from(99.9)),
        ("/objectives/0/sli/percent", Value::from("99,9")),
        ("/objectives/0/daily/0/start", Value::from("yesterday")),
        ("/chain/previous_sha256", Value::from("ABC")),
        ("/period/kind", Value::from("fortnight")),
        ("/agreement", serde_json::json!({"id": 1})),
    ] {
        let wrong = with(&documents[1], pointer, value);
        assert!(!complaints(SCHEMA, &[&wrong]).is_empty(), "{pointer} is not looked at");
    }
    let mut more: Value = serde_json::from_str(&documents[0]).unwrap();
    more["whole"]["anything"] = Value::from("else");
    assert_eq!(complaints(SCHEMA, &[&more.to_string()]).len(), 1, "nothing is written that is not in the schema");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contract_follows_the_schema_and_its_figures_are_metrics() {
    let app = TestApp::on_sqlite().await;
    let ana = app.signed_in().await;
    let id = an_agreement(&app, &ana, "").await;
    under_a_contract(&app, id).await;
    let json = ana.get(&format!("/agreements/{id}/report.json?period=2026-W46")).await.text;
    assert!(json.contains("\"credit_percent\": \"0\"") && json.contains("\"cause\": \"a disk was full\""), "{json}");
    assert_eq!(complaints(SCHEMA, &[&json]), Vec::<String>::new());

    let metrics = ana.get(&format!("/agreements/{id}/report.prom?period=2026-W46")).await;
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text"));
    let labels = "{agreement=\"Shop <ACME>\",period=\"2026-W46\",objective=\"Checkout succeeds\",service=\"checkout\",unit=\"event\"}";
    // 100 560 of 100 600, 99.9602 %; 20 min are excluded
    for line in [
        format!("nines_objective_good{labels} 100560"),
        format!("nines_objective_sli_ratio{labels} 0.999602"),
        format!("nines_objective_met{labels} 1"),
        format!("nines_objective_excluded_seconds{labels} 1200"),
        "nines_credit_ratio{agreement=\"Shop <ACME>\",period=\"2026-W46\"} 0".to_owned(),
    ] {
        assert!(metrics.text.lines().any(|other| other == line), "{line} is missing in\n{}", metrics.text);
    }
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = promtool.spawn().expect("this test needs promtool (Debian package prometheus)");
    child.stdin.take().unwrap().write_all(metrics.text.as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap();
    assert!(
        said.status.success(),
        "{}{}",
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr)
    );
    let so_far = ana.get(&format!("/agreements/{id}/report.prom")).await.text;
    assert!(so_far.contains("provisional=\"yes\"") && so_far.ends_with("# EOF\n"), "{so_far}");
}
