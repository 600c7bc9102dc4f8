//! Sources and agreements, defined in the browser's forms.

use crate::app::{Answer, Browser, TestApp};
use crate::on_both;
use nines::domain::ids::{AgreementId, SourceId};
use nines::domain::model::{Auth, Query, SourceSpec, Window};
use nines::ops::define_agreement;
use nines::store;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret as _;
use wiremock::matchers::{body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A server that answers queries as Prometheus does: its histogram has the bounds 0.1, 0.5, 1.0 and +Inf.
async fn fake_prometheus() -> MockServer {
    let server = MockServer::start().await;
    let answer = |result: &str| {
        let body = format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{result}]}}}}"#);
        ResponseTemplate::new(200).set_body_raw(body, "application/json")
    };
    let bucket = |le: &str| format!(r#"{{"metric":{{"le":"{le}"}},"value":[1,"3"]}}"#);
    let buckets = ["0.1", "1.0", "0.5", "+Inf"].map(bucket).join(",");
    let query = || Mock::given(method("POST")).and(path("/api/v1/query"));
    query().and(body_string_contains("absent_bucket")).respond_with(answer("")).mount(&server).await;
    query().and(body_string_contains("by+%28le%29")).respond_with(answer(&buckets)).mount(&server).await;
    query()
        .and(header("authorization", "Bearer t0p-s3cret"))
        .and(header("x-scope-orgid", "tenant-k3y"))
        .respond_with(answer(r#"{"metric":{},"value":[1,"7"]}"#))
        .mount(&server)
        .await;
    query().respond_with(ResponseTemplate::new(401)).mount(&server).await;
    server
}

/// The fields of a source that needs no secrets.
fn source_fields<'a>(name: &'a str, url: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("action", "save"),
        ("name", name),
        ("kind", "prometheus"),
        ("url", url),
        ("auth", "none"),
        ("every", "30"),
        ("timeout", "5"),
        ("delay", "30"),
    ]
}

/// Defines a source and says its id.
async fn add_source(ana: &Browser, fields: &[(&str, &str)]) -> String {
    let answer = ana.post_form("/sources/new", fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.visible());
    answer.location().trim_start_matches("/sources/").to_owned()
}

/// The contract's own fields.
fn contract(name: &str) -> Vec<(String, String)> {
    owned(&[
        ("action", "save"),
        ("name", name),
        ("customer", "ACME"),
        ("owner", "Payments"),
        ("zone", "Europe/Berlin"),
        ("period", "month"),
        ("report-every", "week"),
        ("recipients", "ada@example.org\nsla@acme.example"),
    ])
}

fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// An objective's fields, numbered.
fn objective(number: usize, fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| (format!("objective-{number}-{name}"), (*value).to_owned())).collect()
}

fn availability<'a>(name: &'a str, source: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("kind", "availability"),
        ("name", name),
        ("service", "checkout"),
        ("source", source),
        ("total", "http_requests_total{job=\"checkout\"}"),
        ("part", "http_requests_total{job=\"checkout\",code=~\"5..\"}"),
        ("part-is", "bad"),
        ("target", "99.9"),
        ("window", "30d"),
    ]
}

async fn post(browser: &Browser, page: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post_form(page, &fields).await
}

/// Defines an agreement with one availability objective and says its id.
async fn add_agreement(ana: &Browser, name: &str, source: &str) -> String {
    let fields = [contract(name), objective(0, &availability("Checkout succeeds", source))].concat();
    let answer = post(ana, "/agreements/new", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.visible());
    answer.location().trim_start_matches("/agreements/").to_owned()
}

/// Every field of the page's form as a browser would send it, without buttons.
fn form_of(answer: &Answer) -> Vec<(String, String)> {
    let form = answer.text.split("class=\"form").nth(1).unwrap().split("</form>").next().unwrap();
    let mut fields = Vec::new();
    for tag in form.split('<').skip(1) {
        let attribute = |name: &str| {
            let rest = tag.split_once('>')?.0.split_once(&format!(" {name}=\""))?.1;
            Some(unescaped(rest.split_once('"')?.0))
        };
        let head = tag.split('>').next().unwrap_or_default();
        if tag.starts_with("input") && attribute("name").is_some() {
            let kind = attribute("type").unwrap_or_default();
            if !matches!(kind.as_str(), "radio" | "checkbox") || head.ends_with(" checked") {
                fields.push((attribute("name").unwrap(), attribute("value").unwrap_or_default()));
            }
        } else if tag.starts_with("textarea") {
            let text = tag.split_once('>').unwrap().1;
            fields.push((attribute("name").unwrap(), unescaped(text.strip_prefix('\n').unwrap_or(text))));
        } else if tag.starts_with("select") {
            fields.push((attribute("name").unwrap(), String::new()));
        } else if tag.starts_with("option") && head.ends_with(" selected") {
            fields.last_mut().unwrap().1 = attribute("value").unwrap();
        }
    }
    fields.retain(|(name, _)| name != "csrf" && name != "action");
    fields
}

fn unescaped(text: &str) -> String {
    text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")
}

fn with(mut fields: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    fields.retain(|(key, _)| key != name);
    fields.push((name.to_owned(), value.to_owned()));
    fields
}

async fn defined(app: &TestApp, id: &str) -> define_agreement::DefinedAgreement {
    define_agreement::load(app.db(), AgreementId(id.parse().unwrap())).await.unwrap()
}

/// The ends of the names of fields that offer choices.
const CHOICES: [&str; 13] = [
    "kind",
    "period",
    "report-every",
    "source",
    "part-is",
    "limit-is",
    "method",
    "slice",
    "no-requests",
    "unknown",
    "group",
    "rule",
    "week-starts",
];

on_both! {
    async fn an_agreement_with_every_kind_of_objective_is_defined_in_the_form(app: TestApp) {
        let (ana, prometheus) = (app.signed_in().await, fake_prometheus().await);
        let counted = add_source(&ana, &source_fields("prometheus", &prometheus.uri())).await;
        let probe = add_source(&ana, &[
            ("action", "save"), ("name", "login page"), ("kind", "probe-http"), ("url", "http://login.example/"),
            ("status-min", "200"), ("status-max", "299"), ("auth", "none"), ("every", "60"), ("timeout", "10"),
        ]).await;
        let fields = [
            contract("Shop for ACME"),
            objective(0, &availability("Checkout succeeds", &counted)),
            objective(1, &[
                ("kind", "uptime"), ("name", "Login is up"), ("service", "login"), ("source", &probe),
                ("within-ms", ""), ("target", "99,5"), ("window", "7d"),
            ]),
            objective(2, &[
                ("kind", "latency"), ("name", "Checkout is fast"), ("service", "Checkout"), ("source", &counted),
                ("histogram", "duration_seconds_bucket{job=\"checkout\"}"), ("threshold", "0.50"), ("target", "95"),
                ("window", "period"),
            ]),
            objective(7, &[
                ("kind", "error_rate"), ("name", "Few payments fail"), ("service", "payments"), ("source", &counted),
                ("total", "2 * sum(increase(payments_total[1m]))"), ("part", "payments_ok_total"), ("part-is", "good"),
                ("target", "0.1"), ("window", "90m"),
            ]),
            objective(8, &[
                ("kind", "latency"), ("name", "Login is fast"), ("service", "login"), ("source", &probe),
                ("within-ms", "800"), ("target", "99"), ("window", "30d"),
            ]),
        ].concat();
        let answer = post(&ana, "/agreements/new", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.visible());
        let page = ana.follow(&answer).await;
        assert_eq!(page.status, StatusCode::OK);
        for text in ["The agreement is defined.", "Shop for ACME", "ACME", "Europe/Berlin (CET, UTC+01:00)",
            "ada@example.org, sla@acme.example", "November 2026 so far", "≤ 0.1 %", "99.5 %", "estimated", "No data"] {
            assert!(page.visible().contains(text), "{text}: {}", page.visible());
        }
        assert!(!page.visible().contains("could not be checked"), "0.50 is the bound 0.5: {}", page.visible());
        let id = answer.location().trim_start_matches("/agreements/").to_owned();
        let stored = defined(&app, &id).await;
        let said: Vec<String> = stored.objectives.iter()
            .map(|(o, i, s)| format!("{} | {} | {} | {} | {}", s.name, o.target, o.window, i.source, i.query)).collect();
        assert_eq!(said, [
            format!("checkout | 99.9 | 30d | {counted} | bad: http_requests_total{{code=~\"5..\",job=\"checkout\"}} of total: http_requests_total{{job=\"checkout\"}}"),
            format!("login | 99.5 | 7d | {probe} | checks answered"),
            format!("checkout | 95 | period | {counted} | within 0.50: duration_seconds_bucket{{job=\"checkout\"}}"),
            format!("payments | 99.9 | 90m | {counted} | good: payments_ok_total of total: 2 * sum(increase(payments_total[1m]))"),
            format!("login | 99 | 30d | {probe} | checks answered within 800 ms"),
        ], "“Checkout” and “checkout” are one service");
        // the form shows again exactly what is stored
        let form = ana.get(&format!("/agreements/{id}/edit")).await;
        let again = post(&ana, &format!("/agreements/{id}/edit"), &with(form_of(&form), "action", "save")).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.visible());
        assert_eq!(defined(&app, &id).await, stored);
        let list = ana.get("/agreements").await.visible();
        assert!(list.contains("Shop for ACME") && list.contains("0 of 5") && list.contains("November 2026"), "{list}");
    }

    async fn business_ratios_throughput_and_levels_are_promised_and_read_well(app: TestApp) {
        let (ana, prometheus) = (app.signed_in().await, fake_prometheus().await);
        let source = add_source(&ana, &source_fields("prometheus", &prometheus.uri())).await;
        let one = |number, name, fields: &[(&str, &str)]| {
            let common = [("name", name), ("service", "shop"), ("source", source.as_str()), ("target", "99"), ("window", "30d")];
            objective(number, &[&common[..], fields].concat())
        };
        let fields = [
            contract("Shop"),
            one(0, "Payments succeed", &[("kind", "success"), ("total", "pay_total"), ("part", "pay_total{ok=\"1\"}"), ("part-is", "good")]),
            one(1, "Enough orders", &[("kind", "throughput"), ("total", "sum(rate(orders_total[5m]))"), ("at-least", "0.50")]),
            one(2, "Processor has room", &[("kind", "level"), ("level", "100 - avg(rate(idle_total[5m])) * 100"), ("limit-is", "at-most"), ("limit", "80")]),
            one(3, "Customers are happy", &[("kind", "level"), ("level", "stars"), ("limit-is", "at-least"), ("limit", "4.5")]),
            one(4, "Little comes in", &[("kind", "level"), ("level", "sum(rate(in_total[5m]))"), ("limit", "-0")]),
        ].concat();
        let answer = post(&ana, "/agreements/new", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.visible());
        let id = answer.location().trim_start_matches("/agreements/").to_owned();
        let stored = defined(&app, &id).await;
        let queries: Vec<String> = stored.objectives.iter().map(|(_, i, _)| i.query.to_string()).collect();
        assert_eq!(queries, [
            "good: pay_total{ok=\"1\"} of total: pay_total", "at least 0.50 per second: orders_total",
            "at most 80: 100 - avg(rate(idle_total[5m])) * 100", "at least 4.5: stars", "at most -0: sum(rate(in_total[5m]))",
        ], "the wrappings of a counter come off, those of a level stay");
        let promises = [
            "at least 99 % of attempts succeed", "at least 99 % of minutes have 0.50 requests per second or more",
            "at least 99 % of readings are at most 80", "at least 99 % of readings are at least 4.5",
            "at least 99 % of readings are at most -0",
        ];
        for ((kind, text), (objective, ..)) in
            ["Success rate", "Throughput", "Level", "Level", "Level"].into_iter().zip(promises).zip(&stored.objectives)
        {
            let page = ana.get(&format!("/objectives/{}", objective.id)).await.visible();
            assert!(page.contains(kind) && page.contains(&format!("Promised: {text}, over any 30 days.")), "{page}");
        }
        let form = ana.get(&format!("/agreements/{id}/edit")).await;
        let again = post(&ana, &format!("/agreements/{id}/edit"), &with(form_of(&form), "action", "save")).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.visible());
        assert_eq!(defined(&app, &id).await, stored, "the form shows again exactly what is stored");

        let probe = add_source(&ana, &[
            ("action", "save"), ("name", "login page"), ("kind", "probe-http"), ("url", "http://login.example/"),
            ("status-min", "200"), ("status-max", "299"), ("auth", "none"), ("every", "60"), ("timeout", "10"),
        ]).await;
        for (field, value, part) in [
            ("objective-0-source", probe.as_str(), "A probe counts its own checks and reads no metrics"),
            ("objective-1-source", &probe, "A probe counts its own checks and reads no metrics"),
            ("objective-2-source", &probe, "A probe counts its own checks and reads no metrics"),
            ("objective-1-at-least", "0", "the least number of requests per second, such as 50"),
            ("objective-1-total", "", "write a selector"),
            ("objective-2-level", " ", "Please write a gauge or an expression"),
            ("objective-2-limit", "80 %", "a number in the gauge's own unit"),
            ("objective-3-limit-is", "around", "at most or at least"),
        ] {
            let refused = post(&ana, "/agreements/new", &with(fields.clone(), field, value)).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}");
            let shown = refused.text.split(&format!("id=\"{field}-problem\">")).nth(1).unwrap_or_default();
            let shown = unescaped(shown.split("</p>").next().unwrap());
            assert!(shown.to_lowercase().contains(&part.to_lowercase()), "{field}={value}: {shown}");
        }
    }

    async fn percentiles_in_one_line_make_one_objective_each(app: TestApp) {
        let (ana, prometheus) = (app.signed_in().await, fake_prometheus().await);
        let source = add_source(&ana, &source_fields("prometheus", &prometheus.uri())).await;
        let latency = |percentiles: &str| [contract("Shop"), objective(4, &[
            ("kind", "latency"), ("name", "Checkout is fast"), ("service", "checkout"), ("source", &source),
            ("histogram", "duration_seconds_bucket"), ("percentiles", percentiles), ("target", ""), ("threshold", ""),
            ("window", "30d"),
        ]), objective(6, &availability("Checkout answers", &source))].concat();
        let percentiles = "p50 100ms, p95 500ms, p99 1s, p99.9 1000 ms";
        let good = latency(percentiles);
        for (sent, field, part) in [
            (latency("p50 100ms, p99.9 2s"), "percentiles", "No bucket ends at 2, so"),
            (latency("p95 500ms, p95 1s"), "percentiles", "p95 stands here twice"),
            (latency("p0 100ms"), "percentiles", "p0 promises nothing"),
            (latency("p100 100ms"), "percentiles", "p100 leaves no error budget"),
            (latency("fast"), "percentiles", "“fast” is no percentile with its time"),
            (with(good.clone(), "objective-4-target", "95"), "percentiles", "Empty those two fields, or this one"),
            (with(good.clone(), "objective-4-name", &"x".repeat(116)), "name", "at most 114 characters"),
            (with(good.clone(), "objective-6-name", "checkout is fast P95"), "name", "Two objectives have this name"),
            (with(good.clone(), "objective-4-histogram", "duration_seconds"), "histogram", "“_bucket”"),
        ] {
            let refused = post(&ana, "/agreements/new", &sent).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{part}");
            let number = if part.starts_with("Two") { 6 } else { 4 };
            let shown = refused.text.split(&format!("id=\"objective-{number}-{field}-problem\">")).nth(1);
            let shown = unescaped(shown.unwrap_or_else(|| panic!("{}", refused.visible())).split("</p>").next().unwrap());
            assert!(shown.contains(part), "{shown}");
        }
        let answer = post(&ana, "/agreements/new", &good).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.visible());
        let id = answer.location().trim_start_matches("/agreements/").to_owned();
        let stored = defined(&app, &id).await;
        let said: Vec<String> =
            stored.objectives.iter().map(|(o, i, _)| format!("{} | {} | {}", o.name, o.target, i.query)).collect();
        assert_eq!(said[..4], [
            "Checkout is fast p50 | 50 | within 0.1: duration_seconds_bucket",
            "Checkout is fast p95 | 95 | within 0.5: duration_seconds_bucket",
            "Checkout is fast p99 | 99 | within 1: duration_seconds_bucket",
            "Checkout is fast p99.9 | 99.9 | within 1: duration_seconds_bucket",
        ]);
        assert_eq!((said.len(), stored.objectives[2].1.id), (5, stored.objectives[3].1.id), "one bucket is counted once");

        // an objective that exists has one target and one threshold
        let edit = format!("/agreements/{id}/edit");
        let form = ana.get(&edit).await;
        assert!(!form.text.contains("-percentiles\""), "nothing to fill in for those that exist");
        let again = with(form_of(&form), "action", "save");
        let refused = post(&ana, &edit, &with(again.clone(), "objective-0-percentiles", "p75 100ms")).await;
        assert!(refused.visible().contains("Percentiles make new objectives, and this one exists"), "{}", refused.visible());
        assert_eq!(post(&ana, &edit, &again).await.status, StatusCode::SEE_OTHER);
        assert_eq!(defined(&app, &id).await, stored);
    }

    async fn mistakes_stand_beside_their_fields_and_what_was_typed_is_kept(app: TestApp) {
        let (ana, prometheus) = (app.signed_in().await, fake_prometheus().await);
        let source = add_source(&ana, &source_fields("prometheus", &prometheus.uri())).await;
        let hostile = "\"><script>alert(1)</script>&amp;'";
        let good = [contract(hostile), objective(3, &availability("One", &source)), objective(5, &[
            ("kind", "latency"), ("name", "Two"), ("service", "checkout"), ("source", &source),
            ("histogram", "duration_seconds_bucket"), ("threshold", "0.5"), ("target", "95"), ("window", "30d"),
        ])].concat();
        for (field, value, part) in [
            ("name", "", "Please write a name for the agreement"),
            ("name", &"x".repeat(121), "at most 120 characters"),
            ("zone", "Europe/Belin", "There is no time zone “Europe/Belin”"),
            ("recipients", "ada@example.org, nobody", "“nobody” is no e-mail address"),
            ("period", "decade", "choose day, week, month"),
            ("report-every", "", "choose week, month, quarter"),
            ("objective-3-kind", "luck", "what kind of promise"),
            ("objective-3-target", "100", "leaves no error budget"),
            ("objective-3-target", "99.99999", "At most four decimals"),
            ("objective-3-window", "401d", "between 5m and 400d"),
            ("objective-3-source", "12", "where the measurements come from"),
            ("objective-3-service", " ", "the name of the service"),
            ("objective-3-total", "up{", ""),
            ("objective-3-part", "http_requests_total{job=\"checkout\"}", "the same events"),
            ("objective-3-part-is", "ugly", "bad or the good"),
            ("objective-3-name", "two", "Two objectives have this name"),
            ("objective-5-threshold", "-1", "threshold in the histogram"),
            ("objective-5-threshold", "0.4", "The neighbouring bounds are 0.1 and 0.5"),
            ("objective-5-threshold", "7", "The largest bound is 1.0"),
            ("objective-5-histogram", "duration_seconds_count", "“_bucket”"),
            ("objective-5-histogram", "duration_seconds_bucket{le=\"0.5\"}", "leave “le” out"),
        ] {
            let sent = with(good.clone(), field, value);
            let answer = post(&ana, "/agreements/new", &sent).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}");
            let beside = if field == "objective-3-name" { "objective-5-name" } else { field };
            let marker = format!("id=\"{beside}-problem\">");
            let shown = answer.text.split(&marker).nth(1).unwrap_or_else(|| panic!("{field}={value}: {}", answer.visible()));
            let shown = unescaped(shown.split("</p>").next().unwrap());
            assert!(shown.contains(part), "{field}={value}: {shown}");
            assert!(!answer.text.contains("<script>alert"), "hostile text stays text");
            for (name, typed) in form_of(&answer) {
                // a choice that is not offered cannot be shown
                let is_choice = CHOICES.iter().any(|c| name.ends_with(c));
                let was = sent.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
                assert!(is_choice || typed == was, "{field}={value}: {name} was {was:?} and is {typed:?}");
            }
        }
        assert_eq!(store::agreements::list(app.db()).await.unwrap(), []);
        let answer = post(&ana, "/agreements/new", &good).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.visible());
        for page in ["/agreements", answer.location(), "/sources", &format!("/sources/{source}")] {
            let page = ana.get(page).await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(!page.text.contains("<script>"), "{}", page.text);
        }
        assert!(ana.get("/agreements").await.text.contains("&#34;&#62;&#60;script&#62;alert(1)"));
        let twice = post(&ana, "/agreements/new", &good).await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(twice.visible().contains("Another agreement has this name"), "{}", twice.visible());
    }

    async fn holidays_come_from_a_calendar_file(app: TestApp) {
        let (ana, prometheus) = (app.signed_in().await, fake_prometheus().await);
        let source = add_source(&ana, &source_fields("prometheus", &prometheus.uri())).await;
        let file = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let typed = [
            contract("Gold"), objective(0, &availability("Checkout succeeds", &source)),
            owned(&[("hours", "Mon-Fri 08:00-18:00"), ("holidays", ""), ("csrf", &ana.get("/agreements/new").await.csrf())]),
        ].concat();
        let part = |(name, value): &(String, String)| format!("--gap\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        let send = async |file: &str| {
            let parts: String = typed.iter().map(part).collect();
            let body = format!("{parts}--gap\r\nContent-Disposition: form-data; name=\"holidays-file\"; filename=\"a.ics\"\r\nContent-Type: text/calendar\r\n\r\n{file}\r\n--gap--\r\n");
            let request = ana.request(Method::POST, "/agreements/new").header("content-type", "multipart/form-data; boundary=gap");
            ana.send(request.body(body)).await
        };
        let refused = send("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:soon\r\nEND:VEVENT\r\nEND:VCALENDAR").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("id=\"holidays-problem\"") && refused.text.contains("DTSTART:soon"), "what the file says is seen");
        let saved = send(file).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.visible());
        let edit = ana.get(&format!("{}/edit", saved.location())).await;
        assert!(edit.text.contains("2026-12-25 Christmas"), "{}", edit.visible());
    }

    async fn buttons_add_and_remove_objectives_without_saving(app: TestApp) {
        let (ana, prometheus) = (app.signed_in().await, fake_prometheus().await);
        let source = add_source(&ana, &source_fields("prometheus", &prometheus.uri())).await;
        let first = ana.get("/agreements/new").await;
        assert_eq!(first.text.matches("class=\"card objective\"").count(), 1, "one is there to fill in");
        let typed = [contract("Shop"), objective(0, &availability("One", &source))].concat();
        let more = post(&ana, "/agreements/new", &with(typed, "action", "add-objective")).await;
        assert_eq!((more.status, more.text.matches("class=\"card objective\"").count()), (StatusCode::OK, 2));
        assert!(more.text.contains("formaction=\"/agreements/new#objective-2\""), "the browser jumps to the next one");
        let fields = form_of(&more);
        let value = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap();
        assert_eq!((value("name"), value("objective-0-target")), ("Shop".to_owned(), "99.9".to_owned()));
        assert_eq!((value("objective-1-service"), value("objective-1-source")), ("checkout".to_owned(), source));
        let less = post(&ana, "/agreements/new", &with(fields, "action", "remove-objective-0")).await;
        let left = form_of(&less);
        assert!(left.iter().all(|(name, _)| !name.starts_with("objective-0-")), "{left:?}");
        assert!(left.iter().any(|(name, _)| name == "objective-1-window"), "{left:?}");
        let none = post(&ana, "/agreements/new", &with(left, "action", "remove-objective-1")).await;
        let refused = post(&ana, "/agreements/new", &with(form_of(&none), "action", "save")).await;
        assert!(refused.visible().contains("needs 1 to 50 objectives"), "{}", refused.visible());
        assert_eq!(store::agreements::list(app.db()).await.unwrap(), []);
    }

    async fn a_thousand_objectives_are_refused_and_nothing_is_stored(app: TestApp) {
        let ana = app.signed_in().await;
        let many = (0..1_000).flat_map(|n| objective(n, &[("kind", "uptime"), ("name", &format!("o{n}"))]));
        let answer = post(&ana, "/agreements/new", &contract("Many").into_iter().chain(many).collect::<Vec<_>>()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.visible().contains("An agreement needs 1 to 50 objectives"));
        let fifty: Vec<_> = (0..50).flat_map(|n| objective(n, &[("kind", "uptime")])).collect();
        let answer = post(&ana, "/agreements/new", &with(fifty, "action", "add-objective")).await;
        assert!(answer.visible().contains("at most 50 objectives"));
        assert_eq!(answer.text.matches("class=\"card objective\"").count(), 50);
        assert_eq!(store::agreements::list(app.db()).await.unwrap(), []);
    }

    async fn an_edit_keeps_identities_archives_what_is_gone_and_frees_its_name(app: TestApp) {
        let (ana, prometheus) = (app.signed_in().await, fake_prometheus().await);
        let source = add_source(&ana, &source_fields("prometheus", &prometheus.uri())).await;
        let fields = [contract("Shop"), objective(0, &availability("A", &source)), objective(1, &availability("B", &source)),
            objective(2, &availability("C", &source))].concat();
        let answer = post(&ana, "/agreements/new", &fields).await;
        let id = answer.location().trim_start_matches("/agreements/").to_owned();
        let edit = format!("/agreements/{id}/edit");
        let before = defined(&app, &id).await;
        // A and B swap their names, C goes, and a new C comes
        let form = form_of(&ana.get(&edit).await);
        let form = with(with(form, "objective-0-name", "B"), "objective-1-name", "A");
        let mut form = with(form, "action", "remove-objective-2");
        form = form_of(&post(&ana, &edit, &form).await);
        form.extend(objective(9, &availability("C", &source)));
        let saved = post(&ana, &edit, &with(form, "action", "save")).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.visible());
        let after = defined(&app, &id).await;
        let ids = |defined: &define_agreement::DefinedAgreement| {
            defined.objectives.iter().map(|(o, ..)| (o.id.0, o.name.clone())).collect::<Vec<_>>()
        };
        let (was, is) = (ids(&before), ids(&after));
        assert_eq!(is[..2], [(was[0].0, "B".to_owned()), (was[1].0, "A".to_owned())]);
        assert_eq!(is[2].1, "C");
        assert!(is[2].0 > was[2].0, "a new objective with a history of its own");
        assert_eq!(store::objectives::list_by_agreement(app.db(), before.agreement.id).await.unwrap().len(), 4);
        assert_eq!(after.agreement.created_at, before.agreement.created_at);
    }

    async fn whoever_saves_over_a_change_that_they_did_not_see_is_told_first(app: TestApp) {
        let (ana, prometheus) = (app.signed_in().await, fake_prometheus().await);
        let source = add_source(&ana, &source_fields("prometheus", &prometheus.uri())).await;
        let id = add_agreement(&ana, "Shop", &source).await;
        let edit = format!("/agreements/{id}/edit");
        let (mine, theirs) = (form_of(&ana.get(&edit).await), form_of(&ana.get(&edit).await));
        let saved = post(&ana, &edit, &with(with(theirs, "customer", "Globex"), "action", "save")).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER);
        let refused = post(&ana, &edit, &with(with(mine, "owner", "Me"), "action", "save")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.visible().contains("Somebody changed this agreement meanwhile"), "{}", refused.visible());
        assert_eq!(defined(&app, &id).await.agreement.customer, "Globex", "nothing was saved");
        let again = post(&ana, &edit, &with(form_of(&refused), "action", "save")).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.visible());
        let agreement = defined(&app, &id).await.agreement;
        assert_eq!((agreement.owner.as_str(), agreement.customer.as_str()), ("Me", "ACME"));
        // two at the very same time: one wins, one is told
        let (one, two) = (form_of(&ana.get(&edit).await), form_of(&ana.get(&edit).await));
        let (one, two) = (with(with(one, "owner", "One"), "action", "save"), with(with(two, "owner", "Two"), "action", "save"));
        let (first, second) = tokio::join!(post(&ana, &edit, &one), post(&ana, &edit, &two));
        let mut statuses = [first.status, second.status];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY]);
    }

    async fn what_is_archived_can_be_restored_and_a_source_in_use_stays(app: TestApp) {
        let (ana, prometheus) = (app.signed_in().await, fake_prometheus().await);
        let source = add_source(&ana, &source_fields("prometheus", &prometheus.uri())).await;
        let id = add_agreement(&ana, "Shop", &source).await;
        let (agreement, source_page) = (format!("/agreements/{id}"), format!("/sources/{source}"));
        let press = async |page: &str, button: &str| {
            let answer = ana.post_from(page, &format!("{page}/{button}"), &[]).await;
            ana.follow(&answer).await.visible()
        };
        let told = press(&source_page, "archive").await;
        assert!(told.contains("Objectives still count on this source: “Checkout succeeds” of “Shop”"), "{told}");
        assert!(press(&agreement, "archive").await.contains("The agreement is archived."));
        assert!(!ana.get("/agreements").await.visible().contains("Shop"));
        assert!(ana.get("/agreements?archived=1").await.visible().contains("Shop"));
        assert!(press(&source_page, "archive").await.contains("The source is archived."));
        assert!(ana.get("/sources?archived=1").await.visible().contains("Archived prometheus"));
        let told = press(&agreement, "restore").await;
        assert!(told.contains("Its measurements come from “prometheus”, which is archived."), "{told}");
        assert!(press(&source_page, "restore").await.contains("The source is restored"));
        assert!(press(&agreement, "restore").await.contains("The agreement is restored"));
        assert!(defined(&app, &id).await.agreement.archived_at.is_none());
    }

    async fn secrets_of_a_source_are_used_kept_and_never_shown_again(app: TestApp) {
        let (ana, prometheus) = (app.signed_in().await, fake_prometheus().await);
        let url = prometheus.uri();
        let mut fields = source_fields("prometheus", &url);
        fields.retain(|(name, _)| !["auth", "action"].contains(name));
        fields.extend([("auth", "bearer"), ("token", "t0p-s3cret"), ("headers", "X-Scope-OrgID: tenant-k3y"), ("action", "test")]);
        let tested = ana.post_form("/sources/new", &fields).await;
        assert_eq!(tested.status, StatusCode::OK, "{}", tested.visible());
        assert!(tested.visible().contains("The test passed") && tested.visible().contains("scrapes 7 targets"), "{}", tested.visible());
        assert_eq!(store::sources::list(app.db(), &app.state.sealer).await.unwrap().len(), 0, "a test keeps nothing");
        // what was typed comes along unseen: saving the tested form needs no second typing
        let form = form_of(&tested);
        let saved = post(&ana, "/sources/new", &with(form, "action", "save")).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.visible());
        let page = saved.location().to_owned();
        let edit = format!("{page}/edit");
        let form = ana.get(&edit).await;
        let shown = ana.follow(&saved).await;
        let retested = ana.post_from(&page, &format!("{page}/test"), &[]).await;
        assert!(retested.visible().contains("The test passed"), "{}", retested.visible());
        let changed = post(&ana, &edit, &with(with(form_of(&form), "every", "60"), "action", "save")).await;
        assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.visible());
        let id = SourceId(page.trim_start_matches("/sources/").parse().unwrap());
        let source = store::sources::find(app.db(), &app.state.sealer, id).await.unwrap().unwrap();
        assert_eq!(source.every_seconds, 60);
        assert!(matches!(&source.access.auth, Auth::Bearer { token } if token.expose_secret() == "t0p-s3cret"));
        assert_eq!(source.access.headers[0].1.expose_secret(), "tenant-k3y");
        assert!(matches!(&source.spec, SourceSpec::Prometheus { url: stored } if stored.as_str() == format!("{url}/")));
        let moved = with(with(form_of(&form), "url", "http://127.0.0.1:9/"), "action", "test");
        let moved = post(&ana, &edit, &moved).await;
        assert_eq!(moved.status, StatusCode::UNPROCESSABLE_ENTITY, "a kept secret is not sent elsewhere");
        assert!(moved.visible().contains("The address has changed, so please write the token again"), "{}", moved.visible());
        for page in [&tested, &form, &shown, &retested, &moved, &ana.get("/sources").await] {
            for secret in ["t0p-s3cret", "tenant-k3y"] {
                assert!(!page.text.contains(secret), "{}", page.text);
            }
        }
        let audit = store::audit::list(app.db(), store::Page::first(20)).await.unwrap();
        assert!(audit.iter().any(|entry| entry.action == "source.changed") && !format!("{audit:?}").contains("s3cret"));
    }

    async fn a_source_that_does_not_answer_says_why_and_its_form_is_kept(app: TestApp) {
        let (ana, prometheus) = (app.signed_in().await, fake_prometheus().await);
        let url = prometheus.uri();
        let tested = ana.post_form("/sources/new", &[source_fields("p", &url), vec![("action", "test")]].concat()).await;
        assert!(tested.visible().contains("The test failed"), "{}", tested.visible());
        assert!(tested.visible().contains("status 401; check the credentials"), "{}", tested.visible());
        assert!(form_of(&tested).contains(&("url".to_owned(), url.clone())));
        let refused = ana.post_form("/sources/new", &[source_fields("p", "ftp://x"), vec![("every", "5")]].concat()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.visible().contains("2 things need mending"), "{}", refused.visible());
        add_source(&ana, &source_fields("p", &url)).await;
        let twice = ana.post_form("/sources/new", &source_fields("p", &url)).await;
        assert!(twice.visible().contains("Another source has this name"), "{}", twice.visible());
    }

    async fn a_threshold_that_nobody_could_check_is_saved_with_a_word_about_it(app: TestApp) {
        let (ana, prometheus) = (app.signed_in().await, fake_prometheus().await);
        let source = add_source(&ana, &source_fields("there", &prometheus.uri())).await;
        let gone = add_source(&ana, &source_fields("gone", "http://127.0.0.1:9/")).await;
        for (name, source, histogram, part) in [
            ("Unknown", &source, "absent_bucket", "Its source knows no histogram for “Fast” now"),
            ("Unreachable", &gone, "duration_bucket", "could not be checked: the source cannot be reached"),
        ] {
            let fields = [contract(name), objective(0, &[
                ("kind", "latency"), ("name", "Fast"), ("service", "checkout"), ("source", source),
                ("histogram", histogram), ("threshold", "0.4"), ("target", "95"), ("window", "30d"),
            ])].concat();
            let answer = post(&ana, "/agreements/new", &fields).await;
            let page = ana.follow(&answer).await.visible();
            assert!(page.contains("The agreement is defined.") && page.contains(part), "{page}");
        }
        let stored = store::objectives::listings(app.db()).await.unwrap();
        assert!(stored.iter().all(|one| matches!(one.indicator.query, Query::Latency { .. })));
        assert!(stored.iter().all(|one| matches!(one.objective.window, Window::Rolling(_))));
    }

    async fn a_scraped_endpoint_is_tried_out_and_its_bounds_are_offered(app: TestApp) {
        let (ana, endpoint) = (app.signed_in().await, MockServer::start().await);
        let text = "# TYPE t histogram\nt_bucket{le=\"0.25\"} 1\nt_bucket{le=\"2.5\"} 2\nt_bucket{le=\"+Inf\"} 2\nt_count 2\nt_sum 1\n";
        let answer = ResponseTemplate::new(200).set_body_raw(text, "text/plain; version=0.0.4");
        Mock::given(method("GET")).and(path("/metrics")).respond_with(answer).mount(&endpoint).await;
        let url = format!("{}/metrics", endpoint.uri());
        let mut fields = source_fields("endpoint", &url);
        fields.extend([("kind", "scrape"), ("action", "test")]);
        let tested = ana.post_form("/sources/new", &fields).await;
        assert!(tested.visible().contains("The test passed") && tested.visible().contains("t_bucket"), "{}", tested.visible());
        fields.push(("action", "save"));
        let source = add_source(&ana, &fields).await;
        let latency = |threshold| [contract("Shop"), objective(0, &[
            ("kind", "latency"), ("name", "Fast"), ("service", "checkout"), ("source", &source),
            ("histogram", "t_bucket"), ("threshold", threshold), ("target", "95"), ("window", "30d"),
        ])].concat();
        let refused = post(&ana, "/agreements/new", &latency("0.5")).await;
        assert!(refused.visible().contains("The neighbouring bounds are 0.25 and 2.5"), "{}", refused.visible());
        assert_eq!(post(&ana, "/agreements/new", &latency("2.50")).await.status, StatusCode::SEE_OTHER);
    }

    async fn strangers_and_forged_forms_change_nothing(app: TestApp) {
        let (ana, stranger) = (app.signed_in().await, app.browser());
        let prometheus = fake_prometheus().await;
        let source = add_source(&ana, &source_fields("prometheus", &prometheus.uri())).await;
        let id = add_agreement(&ana, "Shop", &source).await;
        let posts = [
            "/sources/new".to_owned(), "/agreements/new".to_owned(), format!("/sources/{source}/edit"),
            format!("/sources/{source}/archive"), format!("/sources/{source}/test"), format!("/agreements/{id}/edit"),
            format!("/agreements/{id}/archive"), format!("/agreements/{id}/send"),
        ];
        for path in &posts {
            let forged = ana.send(ana.request(Method::POST, path).form(&[("action", "save")])).await;
            assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path}");
        }
        for path in ["/sources", "/sources/new", "/agreements", "/agreements/new", "/reports", &format!("/agreements/{id}.csv")] {
            let answer = stranger.get(path).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
            assert!(answer.location().starts_with("/sign-in?next="), "{path}");
        }
        for path in ["/sources/1", "/agreements/1", "/reports/1", "/agreements/99999999999999999999", "/agreements/x",
            "/sources/1/edit", "/reports/1.csv", "/reports/1.exe", "/agreements/1.csv", "/agreements/1/report"] {
            assert_eq!(ana.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert!(defined(&app, &id).await.agreement.archived_at.is_none());
    }
}
