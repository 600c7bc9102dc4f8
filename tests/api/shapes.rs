//! What a report looks like to machines, judged by other people's readers.

use crate::app::{Browser, TestApp};
use crate::closing::{signing, two_days_and_a_correction};
use crate::reports::{an_agreement, under_a_contract};
use nines::report::SCHEMA;
use nines::store;
use nines_support::python;
use nines_support::schema::complaints;
use reqwest::StatusCode;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Every kind of report: under a contract and without, running, before its first data, final, corrected and signed.
async fn documents(app: &TestApp) -> Vec<String> {
    let context = signing(app);
    let (days, _, ana) = two_days_and_a_correction(app, &context).await;
    let mut documents: Vec<String> = store::reports::in_chain(app.db(), days, 0, 9)
        .await
        .unwrap()
        .into_iter()
        .map(|kept| kept.document().unwrap().to_owned())
        .collect();
    assert!(documents[2].contains("\"correction\": {"), "the last one corrects the first");
    let plain = an_agreement(app, &ana, "").await;
    for query in ["?period=2026-W46", "", "?period=2026-11", "?period=2026-W44"] {
        documents.push(ana.get(&format!("/agreements/{plain}/report.json{query}")).await.text);
    }
    documents
}

/// An agreement under a contract, somebody who may see it, and where its report is.
async fn contract() -> (TestApp, Browser, String) {
    let app = TestApp::on_sqlite().await;
    let ana = app.signed_in().await;
    let id = an_agreement(&app, &ana, "").await;
    under_a_contract(&app, id).await;
    (app, ana, format!("/agreements/{id}/report"))
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
    let (_app, ana, path) = contract().await;
    let json = ana.get(&format!("{path}.json?period=2026-W46")).await.text;
    assert!(json.contains("\"credit_percent\": \"0\"") && json.contains("\"cause\": \"a disk was full\""), "{json}");
    assert_eq!(complaints(SCHEMA, &[&json]), Vec::<String>::new());

    let metrics = ana.get(&format!("{path}.prom?period=2026-W46")).await;
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
    let so_far = ana.get(&format!("{path}.prom")).await.text;
    assert!(so_far.contains("provisional=\"yes\"") && so_far.ends_with("# EOF\n"), "{so_far}");
}

/// Every sheet, in their order, as rows of cells: `n` and a number, `d` and a moment, `s` and a text; and how it is shown.
const SHEETS: &str = "
import json, sys, datetime, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
kept = lambda cell: None if cell.value is None else [cell.data_type, cell.value.isoformat() if isinstance(cell.value, datetime.datetime) else cell.value, cell.number_format]
print(json.dumps([[sheet.title, [[kept(cell) for cell in row] for row in sheet.iter_rows()]] for sheet in book]))
";

fn sheets_of(book: &[u8]) -> Vec<(String, Vec<Vec<Value>>)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.xlsx");
    std::fs::write(&file, book).unwrap();
    let read = Command::new(python::with("openpyxl")).args(["-c", SHEETS]).arg(&file).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    serde_json::from_slice(&read.stdout).unwrap()
}

/// A share shows every place that the report says, so that 99.9987 % never looks like 100 %; and what is asked when is a date
/// by the agreement's clock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workbook_shows_every_place_and_the_agreement_s_clock() {
    let (_app, ana, path) = contract().await;
    let mut json: Value = serde_json::from_str(&ana.get(&format!("{path}.json?period=2026-W46")).await.text).unwrap();
    for (percent, format) in
        [("99.9987", "#,##0.0000"), ("99.99999", "#,##0.00000"), ("100", "#,##0"), ("99.5", "#,##0.0")]
    {
        json["objectives"][0]["sli"]["percent"] = percent.into();
        let report = nines::report::json::read(&json.to_string()).unwrap();
        let sheets: BTreeMap<_, _> = sheets_of(&nines::report::render_xlsx(&report).unwrap()).into_iter().collect();
        let at = sheets["Objectives"][0].iter().position(|cell| cell[1] == "Measured %").unwrap();
        let cell = &sheets["Objectives"][1][at];
        assert_eq!((cell[1].as_f64(), cell[2].as_str()), (percent.parse().ok(), Some(format)), "{cell}");
        let moment = |label: &str| {
            let row = sheets["Summary"].iter().find(|row| row[0][1] == label).unwrap_or_else(|| panic!("{label}"));
            (row[1][0].clone(), row[1][1].clone())
        };
        // week 46 in Berlin
        assert_eq!(moment("Began (Europe/Berlin)"), ("d".into(), "2026-11-09T00:00:00".into()));
        assert_eq!(moment("Ended (Europe/Berlin)"), ("d".into(), "2026-11-16T00:00:00".into()));
        // the clock of the story stands at 07:00 UTC
        assert_eq!(moment("Made (Europe/Berlin)"), ("d".into(), "2026-11-21T08:00:00".into()));
    }
}

/// The numbers of a workbook are numbers, its moments are dates, and all of them are those of the JSON.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workbook_says_the_same_in_real_numbers_and_dates() {
    let (_app, ana, path) = contract().await;
    let json: Value = serde_json::from_str(&ana.get(&format!("{path}.json?period=2026-W46")).await.text).unwrap();
    let book = ana.get(&format!("{path}.xlsx?period=2026-W46")).await;
    assert_eq!(book.header("content-type"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    let sheets = sheets_of(&book.bytes);
    let order: Vec<&str> = sheets.iter().map(|(name, _)| name.as_str()).collect();
    let sections =
        ["Summary", "Objectives", "Agreement", "Exclusions", "Outages", "Anomalies", "Days", "Terms", "Notes"];
    assert_eq!(order, sections);
    // where the page has them: the headings of what the sheets are about, one after the other
    let page = ana.get(&format!("{path}?period=2026-W46")).await.text;
    let headings = [
        ">Objectives</h2>",
        ">Compliance and violations</h2>",
        ">Exclusions</h2>",
        ">Outages</h3>",
        ">How it was counted</h2>",
    ];
    let places: Vec<usize> =
        headings.iter().map(|one| page.find(one).unwrap_or_else(|| panic!("{one} in {page}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    let sheets: BTreeMap<String, Vec<Vec<Value>>> = sheets.into_iter().collect();
    let rows = |sheet: &str| -> Vec<BTreeMap<String, Value>> {
        let (head, rows) = sheets[sheet].split_first().unwrap();
        let named =
            |row: &Vec<Value>| head.iter().map(|cell| cell[1].as_str().unwrap().to_owned()).zip(row.clone()).collect();
        rows.iter().map(named).collect()
    };
    let number = |cell: &Value| {
        assert_eq!(cell[0], "n", "{cell} is a number");
        cell[1].as_f64().unwrap()
    };
    let decimal = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let same = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    let objectives = json["objectives"].as_array().unwrap();
    assert!(!objectives.is_empty() && rows("Objectives").len() == objectives.len());
    let mut measured = 0;
    for line in objectives {
        let all = rows("Objectives");
        let row = all.iter().find(|row| row["Objective"][1] == line["name"]).unwrap();
        same(number(&row["Target %"]), decimal(&line["target_percent"]));
        same(number(&row["Coverage %"]), decimal(&line["coverage"]["percent"]));
        if line["sli"]["state"] == "measured" {
            measured += 1;
            same(number(&row["Measured %"]), decimal(&line["sli"]["percent"]));
            same(number(&row["Budget used %"]), decimal(&line["budget"]["consumed_percent"]));
            if line["unit"] == "event" {
                same(number(&row["Good"]), line["good"].as_f64().unwrap());
                same(number(&row["All"]), line["total"].as_f64().unwrap());
            }
        }
        let outages = line["outages"].as_array().unwrap();
        let told: Vec<_> = rows("Outages").into_iter().filter(|row| row["Objective"][1] == line["name"]).collect();
        assert_eq!(told.len(), outages.len());
        for (row, outage) in told.iter().zip(outages) {
            let began = &row["Began (Europe/Berlin)"];
            let at: chrono::DateTime<chrono::Utc> = outage["start"].as_str().unwrap().parse().unwrap();
            let local = at.with_timezone(&chrono_tz::Europe::Berlin).naive_local();
            assert_eq!((&began[0], &began[1]), (&"d".into(), &local.format("%Y-%m-%dT%H:%M:%S").to_string().into()));
            same(number(&row["Minutes"]), outage["minutes"].as_f64().unwrap());
        }
    }
    assert!(measured > 0, "{json}");
    let days: usize = objectives.iter().map(|line| line["daily"].as_array().unwrap().len()).sum();
    assert_eq!(rows("Days").len(), days);
    assert!(rows("Days").iter().all(|row| row["Day"][0] == "d"));
    assert_eq!(rows("Exclusions").len(), json["whole"]["exclusions"].as_array().unwrap().len());
}

/// What somebody else's reader copies out of a PDF.
#[cfg(feature = "pdf")]
fn text_of(pdf: &[u8], arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.pdf");
    std::fs::write(&file, pdf).unwrap();
    let said = Command::new("pdftotext").args(arguments).arg(&file).arg("-").output();
    let said = said.unwrap_or_else(|error| panic!("this test needs pdftotext (Debian package poppler-utils): {error}"));
    assert!(said.status.success() && said.stderr.is_empty(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap()
}

/// A query that is wider than the page, and a name in a narrow column, are copied as they were typed.
#[cfg(feature = "pdf")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_copied_out_of_a_pdf_is_what_was_typed() {
    let (_app, ana, path) = contract().await;
    let json = ana.get(&format!("{path}.json?period=2026-W46")).await.text;
    let mut report = nines::report::json::read(&json).unwrap();
    // without hyphens, which that reader takes for the typesetter's at the end of a line
    let labels: Vec<String> = (0..14).map(|n| format!("label_{n:02}=~\"value_{n:02}|other\"")).collect();
    let query = format!("http_requests_total{{{}}}", labels.join(","));
    let name = "payments_checkout_confirmation_availability_of_europe_west_3".to_owned();
    (report.objectives[0].query, report.objectives[0].name) = (query.clone(), name.clone());
    for language in [nines::language::Language::English, nines::language::Language::Chinese] {
        let pdf = nines::language::sync_scope(language, || nines::report::render_pdf(&report, None)).unwrap();
        let text = text_of(&pdf, &[]);
        assert!(!text.contains('\u{200b}'), "{text}");
        let unbroken = text.replace(['\n', '\u{c}'], "");
        assert!(unbroken.contains(&query), "{query} in {text}");
        assert!(unbroken.matches(&name).count() >= 2, "in the summary and as a heading: {text}");
        // and it was broken, so that nothing runs over the edge
        assert!(!text.contains(&query) && !text.lines().all(|line| !line.contains("http_requests_total")), "{text}");
    }
}

/// While one is set, a few wait, the next is told to come back, and whatever is no PDF is answered as always.
#[cfg(feature = "pdf")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_pdfs_waits_its_turn_and_holds_up_nothing_else() {
    let (app, ana, path) = contract().await;
    let ana = std::sync::Arc::new(ana);
    let press = app.state.press.clone();
    let (finish, hold) = std::sync::mpsc::channel::<()>();
    let first = tokio::spawn(async move { press.set(move || Ok(hold.recv())).await });
    let url = format!("{path}.pdf?period=2026-W46");
    let burst: Vec<_> = (0..nines::ops::press::IN_LINE_MAX)
        .map(|_| {
            let (ana, url) = (std::sync::Arc::clone(&ana), url.clone());
            tokio::spawn(async move { ana.get(&url).await })
        })
        .collect();
    while !app.state.press.is_full() {
        tokio::task::yield_now().await;
    }
    let refused = ana.get(&url).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    assert!(refused.visible().contains("Many reports are being set as PDF at the moment"), "{}", refused.visible());
    for other in ["xlsx", "html", "json"] {
        let file = ana.get(&format!("{path}.{other}?period=2026-W46")).await;
        assert_eq!(file.status, StatusCode::OK, "{other}");
    }
    finish.send(()).unwrap();
    first.await.unwrap().unwrap().unwrap();
    for one in burst {
        let file = one.await.unwrap();
        assert!(file.status == StatusCode::OK && file.bytes.starts_with(b"%PDF-"), "{}", file.status);
    }
}

/// The PDF opens in somebody else's reader, and says what the text says: the same verdict, figures and outages.
#[cfg(feature = "pdf")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pdf_says_the_same_on_numbered_pages() {
    let (_app, ana, path) = contract().await;
    let json: Value = serde_json::from_str(&ana.get(&format!("{path}.json?period=2026-W46")).await.text).unwrap();
    let pdf = ana.get(&format!("{path}.pdf?period=2026-W46")).await;
    assert_eq!(pdf.header("content-type"), "application/pdf");
    let text = text_of(&pdf.bytes, &["-layout"]);
    let pages = text.matches('\u{c}').count();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(pages >= 3 && words.replace(' ', "").contains(&format!("{pages}/{pages}")), "{text}");
    assert!(words.contains("Shop <ACME>"), "{words}");
    for line in json["objectives"].as_array().unwrap() {
        let mut figures = vec![format!("{} %", line["target_percent"].as_str().unwrap())];
        figures.extend(line["sli"]["percent"].as_str().map(|percent| format!("{percent} %")));
        figures.extend(line["budget"]["consumed_percent"].as_str().map(|percent| format!("{percent} %")));
        figures.push(format!("{} %", line["coverage"]["percent"].as_str().unwrap()));
        for figure in figures {
            assert!(words.contains(&figure), "{figure} in {words}");
        }
    }
    assert!(words.contains("a disk was full"), "the cause of an outage: {words}");
}
