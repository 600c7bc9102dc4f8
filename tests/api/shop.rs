//! The whole agreement of an online shop: typed into the form, measured by a real Prometheus for a month, out in a report.
//!
//! November 2026 in New York, which leaves summer time on its first day: 43 260 minutes. In each minute the shop answers
//! 66 000 requests, 1 100 a second, of which 20 fail; in ten minutes of each of the 30 days only 990 a second, 59 400. All of
//! them fail in two outages, of 10 and of 14 minutes, and in 20 minutes of maintenance, announced five days before and
//! approved, which leave 43 240 minutes to be judged. What follows from this is worked out where it is compared.

use crate::app::TestApp;
use crate::on_both;
use crate::scene::{somebody, source_with_timeout};
use nines::domain::model::SourceSpec;
use nines::ops::{pull, run_schedules};
use nines::store;
use nines::store::users::Role;
use nines_support::prometheus::Prometheus;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::OnceLock;

/// Midnight of 1 November in New York: 2026-11-01T04:00:00Z.
const START: i64 = 1_793_505_600 / 60;
const MINUTES: i64 = 43_260;
/// Minutes of history before and after the month.
const MARGIN: i64 = 45;
const DAY: i64 = 1_440;
/// From 10:00 on the eighth and on the twenty-fourth day.
const OUTAGES: [Range<i64>; 2] = [7 * DAY + 600..7 * DAY + 610, 23 * DAY + 600..23 * DAY + 614];
/// From 10:00 after fifteen times 24 hours: 09:00 on the fifteenth, since summer time has ended.
const MAINTENANCE: Range<i64> = 14 * DAY + 600..14 * DAY + 620;
/// Of a minute's requests, so many in a thousandth of 66 are within each bound.
const WITHIN: [(&str, i64); 5] = [("0.1", 40_000), ("0.5", 63_000), ("1.0", 65_300), ("2.0", 65_950), ("+Inf", 66_000)];

/// What happens in one minute of the month.
struct Happens {
    requests: i64,
    failures: i64,
    processor: i64,
    satisfaction: &'static str,
}

fn happens(at: i64) -> Happens {
    let (of_day, day) = (at.rem_euclid(DAY), at.div_euclid(DAY));
    let requests = if (120..130).contains(&of_day) && (0..30).contains(&day) { 59_400 } else { 66_000 };
    let is_down = MAINTENANCE.contains(&at) || OUTAGES.iter().any(|outage| outage.contains(&at));
    let is_hot = (900..960).contains(&of_day);
    Happens {
        requests,
        failures: if is_down { requests } else { 20 },
        processor: if is_hot { 75 } else { 65 },
        satisfaction: if day == 20 { "4.3" } else { "4.6" },
    }
}

/// Everything that the shop's processes show, in `OpenMetrics` text.
fn history() -> String {
    let mut out = String::new();
    let all = || (-MARGIN..MINUTES + MARGIN).map(|at| (at, happens(at)));
    let mut counter = |name: &str, of: &dyn Fn(&Happens) -> i64| {
        let mut life = 0;
        for (at, happens) in all() {
            life += of(&happens);
            writeln!(out, "{name} {life} {}.25", (START + at) * 60 + 7).unwrap();
        }
    };
    counter("shop_requests_total{code=\"200\"}", &|now| now.requests - now.failures);
    counter("shop_requests_total{code=\"500\"}", &|now| now.failures);
    for (bound, of_66_000) in WITHIN {
        counter(&format!("shop_seconds_bucket{{le=\"{bound}\"}}"), &|now| now.requests / 600 * of_66_000 / 110);
    }
    counter("shop_queries_total{result=\"ok\"}", &|_| 119_994);
    counter("shop_queries_total{result=\"error\"}", &|_| 6);
    counter("shop_payments_total{result=\"ok\"}", &|_| 992);
    counter("shop_payments_total{result=\"failed\"}", &|_| 8);
    let mut gauge = |name: &str, of: &dyn Fn(&Happens) -> String| {
        for (at, happens) in all() {
            writeln!(out, "{name} {} {}.25", of(&happens), (START + at) * 60 + 7).unwrap();
        }
    };
    gauge("shop_cpu_percent", &|now| now.processor.to_string());
    gauge("shop_memory_percent", &|_| "72".to_owned());
    gauge("shop_satisfaction", &|now| now.satisfaction.to_owned());
    out.push_str("# EOF\n");
    out
}

/// One Prometheus for both engines.
fn world() -> &'static Prometheus {
    static WORLD: OnceLock<Prometheus> = OnceLock::new();
    WORLD.get_or_init(|| Prometheus::with_history(|out| out.write_all(history().as_bytes())))
}

/// What is promised, as it would be typed; each has a service, a source and a window besides.
const OBJECTIVES: [&[(&str, &str)]; 9] = [
    &[
        ("kind", "availability"),
        ("name", "Uptime"),
        ("total", "shop_requests_total"),
        ("part", "shop_requests_total{code=\"500\"}"),
        ("target", "99.9"),
        ("method", "timeslices"),
        ("slice", "1"),
        ("slice-target", "99"),
        ("earns-credit", "on"),
    ],
    &[
        ("kind", "latency"),
        ("name", "Fast"),
        ("histogram", "shop_seconds_bucket"),
        ("percentiles", "p50 100ms, p95 500ms, p99 1s, p99.9 2s"),
    ],
    &[
        ("kind", "throughput"),
        ("name", "A thousand a second"),
        ("total", "shop_requests_total"),
        ("at-least", "1000"),
        ("target", "99"),
    ],
    &[
        ("kind", "level"),
        ("name", "Processor"),
        ("level", "shop_cpu_percent"),
        ("limit-is", "at-most"),
        ("limit", "70"),
        ("target", "95"),
    ],
    &[
        ("kind", "level"),
        ("name", "Memory"),
        ("level", "shop_memory_percent"),
        ("limit-is", "at-most"),
        ("limit", "80"),
        ("target", "99"),
    ],
    &[
        ("kind", "error_rate"),
        ("name", "HTTP errors"),
        ("total", "shop_requests_total"),
        ("part", "shop_requests_total{code=\"500\"}"),
        ("target", "0.1"),
    ],
    &[
        ("kind", "error_rate"),
        ("name", "Database errors"),
        ("total", "shop_queries_total"),
        ("part", "shop_queries_total{result=\"error\"}"),
        ("target", "0.01"),
    ],
    &[
        ("kind", "success"),
        ("name", "Payments go through"),
        ("total", "shop_payments_total"),
        ("part", "shop_payments_total{result=\"ok\"}"),
        ("part-is", "good"),
        ("target", "99.5"),
    ],
    &[
        ("kind", "level"),
        ("name", "Customers are content"),
        ("level", "shop_satisfaction"),
        ("limit-is", "at-least"),
        ("limit", "4.5"),
        ("target", "95"),
        ("group", "business"),
    ],
];

/// The fields of the form, as they would be typed.
fn fields(source: &str) -> Vec<(String, String)> {
    let contract = [
        ("action", "save"),
        ("name", "Online shop"),
        ("customer", "ACME"),
        ("zone", "America/New_York"),
        ("period", "month"),
        ("report-every", "month"),
        ("recipients", "ada@example.org"),
        ("notice", "48h"),
        ("maintenance-cap", "4h"),
        ("planned", "4h"),
        ("mttr", "15m"),
        ("mtbf", "30d"),
        ("tiers", "99.9: 10, 99: 25"),
        ("fee", "1,000.00 USD"),
    ];
    let usual = [("service", "shop"), ("source", source), ("window", "period")];
    let mut all: Vec<_> = contract.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (number, objective) in OBJECTIVES.iter().enumerate() {
        let field = |(name, value): &(&str, &str)| (format!("objective-{number}-{name}"), (*value).to_owned());
        all.extend(usual.iter().chain(*objective).map(field));
    }
    all
}

/// Good, all, the share and whether the target is met, worked out by hand from the traffic above.
fn truth() -> Vec<(&'static str, i64, i64, &'static str, bool)> {
    // 43 240 minutes of 66 000 requests, less 6 600 in each of 300 slow minutes
    let requests = 2_851_860_000;
    vec![
        // 24 slices are bad
        ("Uptime", 43_216, 43_240, "99.9445", true),
        // 40 000 of 66 000, 36 000 of 59 400: 20/33 of all requests
        ("Fast p50", requests / 33 * 20, requests, "60.6061", true),
        // 63/66
        ("Fast p95", requests / 66 * 63, requests, "95.4545", true),
        // 653/660: 98.93939…
        ("Fast p99", requests / 660 * 653, requests, "98.9394", false),
        // 1 319/1 320
        ("Fast p99.9", requests / 1_320 * 1_319, requests, "99.9242", true),
        // 300 slow minutes
        ("A thousand a second", 42_940, 43_240, "99.3062", true),
        // an hour of each of 30 days
        ("Processor", 41_440, 43_240, "95.8372", true),
        ("Memory", 43_240, 43_240, "100", true),
        // 24 minutes of 66 000 failures, 43 216 of 20: 2 448 320
        ("HTTP errors", requests - 2_448_320, requests, "99.9142", true),
        // 6 of 120 000 in each minute
        ("Database errors", 43_240 * 119_994, 43_240 * 120_000, "99.995", true),
        ("Payments go through", 43_240 * 992, 43_240 * 1_000, "99.2", false),
        // one day of 1 440 minutes
        ("Customers are content", 41_800, 43_240, "96.6698", true),
    ]
}

/// A mean of two outages, 43 216 minutes of up time and 20 of maintenance.
fn assert_recovery(whole: &Value) {
    let recovery = &whole["recovery"];
    let counts = ["outages", "down_minutes", "up_minutes", "planned_minutes"].map(|name| recovery[name].as_i64());
    assert_eq!(counts, [Some(2), Some(24), Some(43_216), Some(20)]);
    let measures: Vec<_> = recovery["measures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (one["kind"].as_str().unwrap(), one["value"].as_str().unwrap(), one["limit"].as_str(), one["met"].as_bool())
        })
        .collect();
    let expected = [
        ("mttr", "12 min", Some("at most 15 min"), Some(true)),
        // 21 608 minutes are 15 days and 8
        ("mtbf", "15 d 08 min", Some("at least 30 d"), Some(false)),
        ("longest_outage", "14 min", None, None),
        ("planned_downtime", "20 min", Some("at most 4 h"), Some(true)),
    ];
    assert_eq!(measures, expected);
}

/// Maintenance is proposed by one and approved by another before the month's report.
async fn maintain(app: &TestApp, agreement: &str) {
    let (editor, approver) = (somebody(app, "Edi", Role::Editor).await, somebody(app, "Apo", Role::Approver).await);
    let scope = format!("agreement:{agreement}");
    let proposal = [
        ("action", "propose"),
        ("scope", scope.as_str()),
        ("category", "planned_maintenance"),
        ("reason", "A new database"),
        ("zone", "America/New_York"),
        ("from", "2026-11-15 09:00"),
        ("to", "2026-11-15 09:20"),
        ("rule", ""),
        ("announced", "2026-11-10 09:00"),
    ];
    let proposed = editor.post_form("/exclusions/new", &proposal).await;
    assert_eq!(proposed.status, StatusCode::SEE_OTHER, "{}", proposed.visible());
    let page = proposed.location();
    let approval = [("seen", "proposed"), ("action", "approve"), ("remark", "")];
    let done = approver.post_from(page, &format!("{page}/decide"), &approval).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.visible());
}

on_both! {
    async fn the_whole_agreement_of_a_shop_goes_through_the_form_and_comes_out_of_a_report(app: TestApp) {
        let ana = app.signed_in().await;
        let url = world().url().parse().unwrap();
        let source = source_with_timeout(&app.state, "prometheus", SourceSpec::Prometheus { url }, 60).await;
        let typed = fields(&source.to_string());
        let typed: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let saved = ana.post_form("/agreements/new", &typed).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.visible());
        let agreement = saved.location().trim_start_matches("/agreements/").to_owned();
        let terms = ana.get(saved.location()).await.visible();
        for promise in ["p99.9", "99.5 %", "30 d", "15 min", "4 h", "0.01 %", "99.9: 10, 99: 25", "1,000.00 USD"] {
            assert!(terms.contains(promise), "{promise} is missing in {terms}");
        }
        maintain(&app, &agreement).await;

        // forty minutes after the month's end
        app.advance((START + MINUTES + 40) * 60 - app.state.clock.now().seconds());
        assert!(pull::pull_now(&app.state, source).await.unwrap());
        let state = store::source_states::find(app.db(), source).await.unwrap().unwrap();
        assert_eq!((state.failures, state.last_error), (0, None));
        app.advance(3_600);
        assert_eq!(run_schedules::run_due(&app.state).await.unwrap().issued, 1);

        let ana = app.signed_in().await; // the session of ten days ago is over
        let list = ana.get("/reports").await;
        assert!(list.visible().contains("November 2026"), "{}", list.visible());
        let path = list.text.split("href=\"/reports/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let report: Value = serde_json::from_str(&ana.get(&format!("/reports/{path}.json")).await.text).unwrap();
        assert_eq!((&report["provisional"], &report["period"]["minutes"]), (&json!(false), &json!(MINUTES)));
        let lines = report["objectives"].as_array().unwrap();
        let told: Vec<_> = lines.iter().map(|line| {
            let (good, total) = (line["good"].as_i64().unwrap(), line["total"].as_i64().unwrap());
            let share = line["sli"]["percent"].as_str().unwrap();
            (line["name"].as_str().unwrap(), good, total, share, line["met"].as_bool().unwrap())
        }).collect();
        assert_eq!(told, truth());
        for line in lines {
            assert_eq!((&line["coverage"]["known"], &line["coverage"]["minutes"]), (&json!(43_240), &json!(43_240)), "{}", line["name"]);
            assert_eq!(line["letter"]["excluded_minutes"], json!(20));
        }

        let whole = &report["whole"];
        assert_recovery(whole);
        // 10 of 12 objectives and 2 of 3 promises about outages hold; all weigh the same
        let overall = &whole["compliance"][0];
        assert_eq!((&overall["met"], &overall["missed"]), (&json!(10), &json!(2)));
        let broken: Vec<_> = whole["violations"].as_array().unwrap().iter().map(|one| one["metric"].as_str().unwrap()).collect();
        assert_eq!(broken.len(), 3, "{broken:?}");
        for name in ["Fast p99", "Payments go through"] {
            assert!(broken.contains(&name), "{broken:?}");
        }
        assert_eq!((&whole["credit"]["credit_percent"], &whole["credit"]["settles"]), (&json!("0"), &json!(true)));
        assert_eq!(whole["exclusions"][0]["taken_minutes"], json!(20));

        let page = ana.get(&format!("/reports/{path}")).await.visible();
        let csv = ana.get(&format!("/reports/{path}.csv")).await.text;
        for (name, good, total, share, _) in truth() {
            assert!(page.contains(name) && page.contains(share), "{name} {share}: {page}");
            assert!(csv.lines().any(|row| row.contains(name) && row.contains(&format!(",{good},{},{total},", total - good))), "{name}: {csv}");
        }
        // of each 66 000 requests 40 000, 63 000, 65 300 and 65 950 are within the bounds: 60.6 %, 95.5 %, 98.9 %, 99.9 %
        let fast = store::objectives::listings(app.db()).await.unwrap();
        let fast = fast.into_iter().find(|one| one.objective.name == "Fast p95").unwrap().objective.id;
        let shown = ana.get(&format!("/objectives/{fast}?from=2026-11-01&to=2026-11-30")).await.visible();
        assert!(shown.contains("Percentiles p95 0.1 to 0.5 s p50 ≤ 0.1 s p90 0.1 to 0.5 s p99 1 to 2 s"), "{shown}");
        let mail = store::outbox::list_by_report(app.db(), nines::domain::ids::ReportId(path.parse().unwrap())).await.unwrap();
        assert_eq!((mail.len(), mail[0].recipient.clone()), (1, "ada@example.org".to_owned()));
    }
}
