//! The pages of objectives, told over a ledger whose sums were worked out by hand.
//!
//! Judgements reach up to 06:58 UTC, a minute and a half before the stories begin. Everything was measured in the 1000
//! minutes before that, the other 42 200 of the 30 days are unknown:
//!
//! | objective | target | total | bad | allowed | left |
//! | --- | --- | --- | --- | --- | --- |
//! | Checkout answers | 99.9 % | 100 000 | 500 | 100 | −400 %, 2 h 52 min 48 s of 43 min 12 s over |
//! | errors | ≤ 1 % | 10 000 | 90 | 100 | 10 %, 43 min 12 s of 7 h 12 min |
//! | Invoices answer | 99 % | nothing | | | |
//! | Search answers | 99 % | 10 000 | 20 | 100 | 80 %, 5 h 45 min 36 s |

use crate::app::{Browser, TestApp};
use crate::on_both;
use chrono_tz::Tz;
use nines::domain::calendar::PeriodKind;
use nines::domain::contract::{AgreementTerms, ObjectiveTerms};
use nines::domain::ids::SourceId;
use nines::domain::ledger::Slice;
use nines::domain::model::{Access, ObjectiveKind, Part, Query, RollingMinutes, Source, SourceSpec, Window};
use nines::domain::selector::Expression;
use nines::domain::target::Target;
use nines::domain::time::Minute;
use nines::ops::define_agreement::{self, AgreementDraft, ObjectiveDraft};
use nines::ops::{define_source, evaluate};
use nines::store;
use nines::store::objectives::ObjectiveListing;
use reqwest::StatusCode;
use std::collections::BTreeMap;

const HOSTILE: &str = "<script>alert('x')</script>";
const CUSTOMER: &str = "\"><img src=x onerror=alert(1)>";

/// Up to where judgements reach when a story begins: 2026-11-21T06:58:00Z.
const UNTIL: i64 = 29_920_738;

fn draft(source: SourceId, name: &str, target: &str, kind: ObjectiveKind) -> ObjectiveDraft {
    let expression = |text: &str| Expression::parse(text).unwrap();
    let part = Part::Bad(expression(&format!("failures_total{{of=\"{}\"}}", name.len())));
    ObjectiveDraft {
        id: None,
        name: name.to_owned(),
        kind,
        service: name.split(' ').next().unwrap().to_owned(),
        source,
        query: Query::Ratio { total: expression(&format!("requests_total{{of=\"{}\"}}", name.len())), part },
        target: Target::parse(target).unwrap(),
        window: Window::Rolling(RollingMinutes::MONTH),
        terms: ObjectiveTerms::default(),
        composite: None,
    }
}

/// Objectives by name; `ids["Checkout answers"]`.
type Ids = BTreeMap<String, i64>;

async fn agreement(app: &TestApp, name: &str, customer: &str, objectives: Vec<ObjectiveDraft>) -> Ids {
    let draft = AgreementDraft {
        name: name.to_owned(),
        customer: customer.to_owned(),
        owner: "Platform".to_owned(),
        zone: Tz::Europe__Berlin,
        period: PeriodKind::Month,
        report_every: PeriodKind::Week,
        recipients: Vec::new(),
        terms: AgreementTerms::default(),
        objectives,
    };
    let context = &app.state.context;
    let id = define_agreement::define(context, None, draft).await.unwrap();
    let defined = define_agreement::load(&context.db, id).await.unwrap();
    defined.objectives.into_iter().map(|(objective, ..)| (objective.name, objective.id.0)).collect()
}

/// 1000 minutes of `total` events up to [`UNTIL`], of which `bad` are bad in each of the minutes `from..to` before it.
async fn measure(app: &TestApp, id: i64, total: i64, bad: i64, (from, to): (i64, i64)) {
    let objective = store::objectives::find(app.db(), nines::domain::ids::ObjectiveId(id)).await.unwrap().unwrap();
    let slices: Vec<_> = (1..=1000)
        .rev()
        .map(|age| {
            let bad = if (to + 1..=from).contains(&age) { bad } else { 0 };
            (Minute(UNTIL - age), Some(Slice::new(total - bad, total).unwrap()))
        })
        .collect();
    let mut tx = app.db().begin_write().await.unwrap();
    store::ledger::write(&mut tx, objective.indicator, &slices).await.unwrap();
    tx.commit().await.unwrap();
}

async fn seeded(app: &TestApp) -> (Browser, Ids) {
    let url = "http://prometheus.example:9090/".parse().unwrap();
    let source = Source {
        id: SourceId(0),
        name: "Prometheus".to_owned(),
        spec: SourceSpec::Prometheus { url },
        access: Access::default(),
        every_seconds: 60,
        delay_seconds: 30,
        timeout_seconds: 10,
        archived_at: None,
    };
    let source = define_source::define(&app.state.context, None, source).await.unwrap();
    let promise = |name, target, kind| draft(source, name, target, kind);
    let shop = vec![
        promise("Search answers", "99", ObjectiveKind::Availability),
        promise("Checkout answers", "99.9", ObjectiveKind::Availability),
        promise("Invoices answer", "99", ObjectiveKind::Availability),
    ];
    let mut ids = agreement(app, "Shop", "ACME", shop).await;
    ids.extend(agreement(app, HOSTILE, CUSTOMER, vec![promise(HOSTILE, "99", ObjectiveKind::ErrorRate)]).await);
    measure(app, ids["Checkout answers"], 100, 50, (500, 490)).await;
    measure(app, ids["Search answers"], 10, 1, (900, 880)).await;
    measure(app, ids[HOSTILE], 10, 1, (900, 810)).await;
    evaluate::evaluate_all(&app.state.context).await.unwrap();
    (app.signed_in().await, ids)
}

/// Something that pages tell of.
async fn happen(app: &TestApp, change: &str, search: &ObjectiveListing) {
    use nines::domain::exclusion::{Exclusion, Signed, State};
    use nines::domain::time::{Hour, Span};
    use nines::store::outage_causes::OutageCause;
    let mut tx = app.db().begin_write().await.unwrap();
    match change {
        "events" => {
            let worse = [(Minute(UNTIL - 885), Some(Slice::new(0, 10).unwrap()))];
            store::ledger::write(&mut tx, search.indicator.id, &worse).await.unwrap();
        }
        "an exclusion" => {
            let excluded = Exclusion::planned(Span::new(Minute(UNTIL - 890), Minute(UNTIL - 880)));
            let id = store::exclusions::insert(&mut tx, &excluded).await.unwrap();
            let signed = Signed { by: None, at: app.state.clock.now() };
            store::exclusions::decide(&mut tx, id, State::Proposed, State::Approved, signed, "").await.unwrap();
        }
        "a cause" => {
            let span = Span::new(Minute(UNTIL - 900), Minute(UNTIL - 870));
            let (service, cause) = (search.indicator.service, "a cable".to_owned());
            let cause = OutageCause { service, span, cause, entered_by: None, entered_at: app.state.clock.now() };
            store::outage_causes::save(&mut tx, &cause).await.unwrap();
        }
        "a target" | "a member" => {
            let mut objective = store::objectives::find(app.db(), search.objective.id).await.unwrap().unwrap();
            objective.target = Target::parse(if change == "a target" { "99.99" } else { "95" }).unwrap();
            objective.terms.weight = 7;
            store::objectives::update(&mut tx, &objective).await.unwrap();
        }
        "time" => app.advance(60),
        _ => {
            let until = Minute(UNTIL - 400).hour();
            assert!(store::ledger::drop_old(&mut tx, until, Hour(0)).await.unwrap().0 > 0);
        }
    }
    tx.commit().await.unwrap();
}

/// The rows of a CSV without its head, as numbers: good, bad, total, known minutes, minutes.
fn numbers(csv: &str) -> Vec<[i64; 5]> {
    let cell = |row: &str, at: usize| row.split(',').nth(at).unwrap().parse::<i64>().unwrap();
    let rows = csv.lines().skip(1).filter(|row| !row.is_empty());
    rows.map(|row| [2, 3, 4, 5, 6].map(|at| cell(row, at))).collect()
}

fn sums(csv: &str) -> [i64; 5] {
    numbers(csv).iter().fold([0; 5], |sum, row| std::array::from_fn(|at| sum[at] + row[at]))
}

fn assert_in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is missing or out of order in:\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

on_both! {
    async fn the_overview_shows_trouble_first_with_its_numbers(app: TestApp) {
        let (ana, ids) = seeded(&app).await;
        let answer = ana.get("/").await;
        assert_eq!(answer.status, StatusCode::OK);
        let seen = answer.visible();
        assert_in_order(&seen, &[
            "Breached", "just now", "Checkout answers", "30 days", "99.5 % of 99.9 %", "−400 %", "2 h 52 min over",
            "0×", "exhausted", "2.31 %",
            "At risk", "0.9 % of ≤ 1 %", "10 %", "43 min left", "not at this rate",
            "No data", "Invoices answer", "no data", "Budget left –", "Runs out –", "0 %",
            "Meeting", "Search answers", "99.8 % of 99 %", "80 %", "5 h 45 min left",
        ]);
        let id = ids["Checkout answers"];
        assert!(answer.text.contains(&format!("href=\"/objectives/{id}\"")));
    }

    async fn the_overview_is_narrowed_by_its_address(app: TestApp) {
        let (ana, ids) = seeded(&app).await;
        for (query, found, lost) in [
            ("q=CHECK+shop", "Checkout answers", "Search answers"),
            ("status=meeting&customer=ACME", "Search answers", "Checkout answers"),
            ("status=no-data&customer=ACME", "Invoices answer", "Search answers"),
            ("service=Search", "Search answers", "Checkout answers"),
            ("customer=ACME&page=99999999999999999999", "Checkout answers", "onerror=alert(1)&#62;</a>"),
        ] {
            let answer = ana.get(&format!("/?{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{query}");
            let table = answer.text.split("<table").nth(1).unwrap_or_default();
            assert!(table.contains(found) && !table.contains(lost), "{query}:\n{table}");
        }
        let none = ana.get("/?q=nothing+is+called+so").await;
        assert!(none.text.contains("No objective matches"), "{}", none.text);
        let counts = ana.get("/?customer=ACME&status=meeting").await.visible();
        assert_in_order(&counts, &["Breached 1", "At risk 0", "Meeting 1", "No data 1"]);
        assert_eq!(ana.get(&format!("/?agreement={}", ids.len() + 9_999)).await.status, StatusCode::OK);
    }

    async fn the_overview_is_sorted_by_its_address(app: TestApp) {
        let (ana, _) = seeded(&app).await;
        let rows = async |query: &str| ana.get(&format!("/?customer=ACME&{query}")).await;
        // left: Checkout -400 %, Search 80 %, Invoices unknown, which stands last in either direction
        for (query, order) in [
            ("sort=budget", ["Checkout answers", "Search answers", "Invoices answer"]),
            ("sort=-budget", ["Search answers", "Checkout answers", "Invoices answer"]),
            ("sort=name", ["Checkout answers", "Invoices answer", "Search answers"]),
            ("sort=-name", ["Search answers", "Invoices answer", "Checkout answers"]),
            ("sort=service", ["Checkout answers", "Invoices answer", "Search answers"]),
            ("sort=nonsense", ["Checkout answers", "Invoices answer", "Search answers"]),
        ] {
            let answer = rows(query).await;
            assert_in_order(answer.text.split("<tbody").nth(1).unwrap(), &order);
        }
        let head = rows("sort=-budget").await.text;
        assert!(head.contains("aria-sort=\"descending\"><a class=\"sort\" href=\"/?customer=ACME&#38;sort=budget\">"), "{head}");
        assert!(head.contains("<input type=\"hidden\" name=\"sort\" value=\"-budget\">"), "{head}");
        let grouped = rows("sort=service").await.text;
        assert_in_order(&grouped, &["colspan=\"8\">Checkout<", "colspan=\"8\">Invoices<", "colspan=\"8\">Search<"]);
    }

    async fn what_is_green_can_be_hidden_and_an_owner_picked(app: TestApp) {
        let (ana, _) = seeded(&app).await;
        let hidden = ana.get("/?hide=meeting").await.text;
        assert!(hidden.contains("Checkout answers") && hidden.contains("Invoices answer"), "{hidden}");
        assert!(!hidden.contains("Search answers</a>"), "{hidden}");
        let asked_for = ana.get("/?hide=meeting&status=meeting").await.text;
        assert!(asked_for.contains("Search answers</a>"), "a status that is asked for is shown");
        assert!(ana.get("/?owner=Platform").await.text.contains("Search answers</a>"));
        assert!(ana.get("/?owner=Nobody").await.text.contains("No objective matches"));
    }

    async fn each_measured_row_has_its_trend(app: TestApp) {
        let (ana, _) = seeded(&app).await;
        let text = ana.get("/?sort=name&customer=ACME").await.text;
        // 1000 minutes up to 06:58 began at 14:18 the day before; Checkout's 10 bad minutes, 500 to 490 minutes back, are of
        // 2026-11-20 22:38 to 22:48: 582 minutes of that day, 58 200 requests, 500 bad, 99.1408 %; then 100 %
        assert_in_order(&text, &["Good share by day: 99.1", " on the worst, 100 % on the last"]);
        // Search: 20 bad of 5820 on the first day is 99.6563 %
        assert_in_order(&text, &["Good share by day: 99.1", "Good share by day: 99.6"]);
        assert_eq!(text.matches("Good share by day").count(), 2, "nothing is drawn of what was never measured");
    }

    async fn an_empty_nines_leads_by_the_hand(app: TestApp) {
        let ana = app.signed_in().await;
        let first = ana.get("/").await;
        assert_in_order(&first.visible(), &["Add a source", "See data", "Promise something", "Schedule the report"]);
        let form = ana.get("/sources/new?url=https%3A%2F%2Fshop.example%2Fhealth").await.text;
        assert!(form.contains("value=\"https://shop.example/health\"") && form.contains("value=\"shop.example\""), "{form}");
        assert!(form.contains("value=\"probe-http\" checked"), "{form}");
        let scraped = ana.get("/sources/new?url=http%3A%2F%2Fshop.example%3A9100%2Fmetrics").await.text;
        assert!(scraped.contains("value=\"scrape\" checked"), "{scraped}");
        // one agreement that nobody is told about: the last step is still to do
        let url = "http://prometheus.example:9090/".parse().unwrap();
        let source = Source {
            id: SourceId(0),
            name: "Prometheus".to_owned(),
            spec: SourceSpec::Prometheus { url },
            access: Access::default(),
            every_seconds: 60,
            delay_seconds: 30,
            timeout_seconds: 10,
            archived_at: None,
        };
        let source = define_source::define(&app.state.context, None, source).await.unwrap();
        agreement(&app, "Shop", "ACME", vec![draft(source, "Search answers", "99", ObjectiveKind::Availability)]).await;
        let last = ana.get("/").await;
        assert_in_order(&last.visible(), &["First steps", "has not answered yet", "Name recipients", "Search answers"]);
        assert!(last.text.contains("/schedules/new?agreement="), "{}", last.text);
        agreement(&app, "Second", "ACME", vec![draft(source, "Pay works", "99", ObjectiveKind::Availability)]).await;
        assert!(!ana.get("/").await.text.contains("First steps"), "whoever has two agreements knows the way");
    }

    async fn an_objectives_page_accounts_for_every_number(app: TestApp) {
        let (ana, ids) = seeded(&app).await;
        let answer = ana.get(&format!("/objectives/{}", ids["Checkout answers"])).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let seen = answer.visible();
        for part in [
            "Promised: at least 99.9 % of requests succeed, over any 30 days.",
            "500 of 100,000 requests failed in the last 30 days: 400 more than the error budget allows.",
            "Consumed 500 %",
            "400 requests over",
            "43 min 12 s of full downtime",
            "1,000 of 43,200 minutes known",
            "99,500 ÷ 100,000 99.5 %",
            "99,500 &#60; 0.999 × 100,000 missed",
            "(1 − 0.999) × 100,000 100",
            "100 − 500 −400",
            "(500 ÷ 100,000) ÷ 0.001 5×",
            "Window: 30 days",
            "Page when it burns faster than 14.4× over both 1 h and 5 min",
            "requests_total{of=\"16\"}",
        ] {
            assert!(seen.contains(part), "{part:?} is missing in:\n{seen}");
        }
        // ten minutes at half: 500 of 1000, five times the budget of the window; 490 minutes before 06:58 UTC is 22:48
        // UTC, in Berlin 23:48 of the day before
        assert_in_order(&seen, &["Outages", "2026-11-20 23:38 CET", "2026-11-20 23:48 CET", "10 min", "500", "1,000", "500 %"]);
        assert_eq!(answer.text.matches("class=\"chart\" viewBox=\"0 0 1040 300\"").count(), 3);
        assert_eq!(answer.text.matches("class=\"chart\" viewBox=\"0 0 358 260\"").count(), 3);
    }

    /// The ten bad minutes begin three minutes into a slice of five: they make three bad ones of the 201 of which
    /// something is known, with 80, 50 and 70 % good. The twenty of Search, one bad of ten in each, make five bad slices,
    /// but only 20 bad of 10 000.
    async fn the_same_range_is_compared_under_every_method(app: TestApp) {
        let (ana, ids) = seeded(&app).await;
        let seen = ana.get(&format!("/objectives/{}", ids["Checkout answers"])).await.visible();
        assert_in_order(&seen, &[
            "Judged minutes 43,200 of 43,200", "Excluded none", "The same range by other methods",
            "Every method comes to the same verdict", "Good requests", "99,500 of 100,000", "99.5 %", "Missed",
            "Slices of 5 min", "198 of 201", "98.5075 %", "Missed",
            "Mean of the shares", "200 of 201", "99.5025 %", "Missed",
            "The worst slices", "2026-11-20 23:38 CET", "50", "100", "50 %",
        ]);
        let search = ana.get(&format!("/objectives/{}", ids["Search answers"])).await.visible();
        assert_in_order(&search, &["They disagree", "99.8 %", "Met", "196 of 201", "97.5124 %", "Missed"]);
    }

    /// Five-minute slices, each with at least 60 % good: of 80, 50 and 70 % only the second is bad, 1 of 201. The last
    /// hundred minutes, all good, are excluded, which takes out twenty slices and leaves 181. The raw number has all 201.
    async fn slices_and_exclusions_are_told_in_words(app: TestApp) {
        use nines::domain::exclusion::{Exclusion, Signed, State};
        use nines::domain::terms::{Counting, Method, SliceMinutes, SliceTarget};
        let (ana, ids) = seeded(&app).await;
        let mut objective =
            store::objectives::find(app.db(), nines::domain::ids::ObjectiveId(ids["Checkout answers"])).await.unwrap().unwrap();
        let method = Method::Timeslices { slice: SliceMinutes::FIVE, target: SliceTarget::parse("60").unwrap() };
        objective.terms.counting = Counting { method, ..Counting::default() };
        let excluded = nines::domain::time::Span::new(Minute(UNTIL - 100), Minute(UNTIL));
        let mut tx = app.db().begin_write().await.unwrap();
        store::objectives::update(&mut tx, &objective).await.unwrap();
        let id = store::exclusions::insert(&mut tx, &Exclusion::planned(excluded)).await.unwrap();
        let signed = Signed { by: None, at: app.state.clock.now() };
        store::exclusions::decide(&mut tx, id, State::Proposed, State::Approved, signed, "").await.unwrap();
        tx.commit().await.unwrap();
        let answer = ana.get(&format!("/objectives/{}", ids["Checkout answers"])).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let seen = answer.visible();
        assert_in_order(&seen, &[
            "1 of 181 slices of 5 min were bad in the last 30 days: 1 more than the error budget allows.",
            "Promised: in at least 99.9 % of 5-minute slices at least 60 % of requests succeed, over any 30 days. Slices \
             without requests are good, unknown ones are not counted.",
            "99.4475 %", "0.819 slices of 5 min over", "Excluded",
            "All slices of 5 min 181", "Good requests in them", "Judged minutes 43,100 of 43,200", "Excluded 1 h 40 min",
            "By the contract 99.4475 %", "Raw, with nothing taken out 99.5025 %",
            "Slices of 5 min, good 180", "below the slice target 1", "which are not counted", "timeslices, as promised",
        ]);
        let closed = format!("/objectives/{}?from=2026-11-21T05:30:00Z&to=2026-11-21T06:00:00Z", ids["Checkout answers"]);
        let seen = ana.get(&closed).await.visible();
        assert!(seen.contains("Not applicable: every minute in this range is excluded"), "{seen}");
    }

    async fn an_outage_is_explained_once_and_told_wherever_it_is_listed(app: TestApp) {
        let (ana, ids) = seeded(&app).await;
        let page = format!("/objectives/{}", ids["Checkout answers"]);
        let seen = ana.get(&page).await.visible();
        // one outage of ten minutes in 1000 known ones
        assert_in_order(&seen, &["Mean time to repair (MTTR)", "10 min", "Mean time between failures (MTBF)", "16 h 30 min",
            "Bad of all", "50 %", "500 %"]);
        let explain = async |cause: &str| {
            let fields = [("from", "2026-11-20T22:38:00Z"), ("to", "2026-11-20T22:48:00Z"), ("cause", cause), ("back", "range=7d")];
            let answer = ana.post_from(&page, &format!("{page}/cause"), &fields).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, format!("{page}?range=7d#outages").as_str()));
            ana.get(&page).await.visible()
        };
        let seen = explain("=cmd(\"<b>\", 1)").await;
        assert!(seen.contains("The cause is kept") && seen.contains("=cmd(\"&#60;b&#62;\", 1)"), "{seen}");
        let csv = ana.get(&format!("{page}/outages.csv")).await;
        assert_eq!(csv.status, StatusCode::OK);
        assert_eq!(
            csv.text,
            "start,end,minutes,bad_events,all_events,budget_percent,ends_with_range,cause\r\n\
             2026-11-20T22:38:00Z,2026-11-20T22:48:00Z,10,500,1000,500,no,\"'=cmd(\"\"<b>\"\", 1)\"\r\n"
        );
        assert!(ana.get("/audit").await.visible().contains("explained the outage"));
        let long = "x".repeat(501);
        assert!(explain(&long).await.contains("in at most 500 characters"));
        assert!(explain("two\nlines").await.contains("in one line"));
        assert!(explain("").await.contains("The cause is removed"));
        assert!(!ana.get(&page).await.text.contains("=cmd"));
        let wrong = [("from", "yesterday"), ("to", ""), ("cause", "x"), ("back", "//evil.example")];
        let answer = ana.post_from(&page, &format!("{page}/cause"), &wrong).await;
        assert!(answer.location().starts_with(&page), "{}", answer.location());
        assert!(ana.get(&page).await.visible().contains("Give the outage’s first moment"));
    }

    async fn outlooks_are_for_windows_that_end(app: TestApp) {
        let (ana, ids) = seeded(&app).await;
        let page = format!("/objectives/{}", ids["Checkout answers"]);
        assert!(!ana.get(&page).await.visible().contains("Outlook"), "a rolling window never ends");
        let answer = ana.get(&format!("{page}/outlooks")).await;
        assert!(answer.visible().contains("a rolling window never ends"), "{}", answer.text);
        let objective = nines::domain::ids::ObjectiveId(ids["Search answers"]);
        let mut monthly = store::objectives::find(app.db(), objective).await.unwrap().unwrap();
        monthly.window = Window::Calendar;
        let mut tx = app.db().begin_write().await.unwrap();
        store::objectives::update(&mut tx, &monthly).await.unwrap();
        tx.commit().await.unwrap();
        let page = format!("/objectives/{}", ids["Search answers"]);
        let seen = ana.get(&page).await.visible();
        assert_in_order(&seen, &["Outlook", "too little history to tell", "needs 7 complete days"]);
        let past = ana.get(&format!("{page}/outlooks")).await;
        assert!(past.visible().contains("too few to tell"), "{}", past.text);
    }

    async fn a_range_is_judged_as_if_it_were_the_window(app: TestApp) {
        let (ana, ids) = seeded(&app).await;
        let page = format!("/objectives/{}", ids["Checkout answers"]);
        // 20 November in Berlin ended at 23:00 UTC; what is known begins at 14:18 UTC, 522 minutes earlier
        let day = ana.get(&format!("{page}?from=2026-11-20&to=2026-11-20")).await;
        assert_eq!(day.status, StatusCode::OK);
        let seen = day.visible();
        for part in ["500 of 52,200 requests failed in this range", "522 of 1,440 minutes known", "2026-11-20 00:00"] {
            assert!(seen.contains(part), "{part:?} is missing in:\n{seen}");
        }
        // the last hour: nothing bad
        let hour = ana.get(&format!("{page}?from=2026-11-21T05:58:00Z&to=2026-11-21T06:58:00%2B00:00")).await;
        let seen = hour.visible();
        assert!(seen.contains("None of 6,000 requests failed in this range"), "{seen}");
        let preset = ana.get(&format!("{page}?range=7d")).await.visible();
        assert!(preset.contains("500 of 100,000 requests failed in the last 7 days"), "{preset}");
    }

    /// A process that has just begun remembers nothing. After each change a page that was asked for before says what it says.
    async fn what_was_reckoned_before_holds_until_something_changes(app: TestApp) {
        use nines::domain::contract::Rule;
        use nines::domain::ids::ObjectiveId;
        use nines::ops::define_agreement::CompositeDraft;
        let (_, seeded) = seeded(&app).await;
        let first = store::objectives::listing(app.db(), ObjectiveId(seeded["Search answers"])).await.unwrap().unwrap();
        let promise = |name, target, kind| draft(first.indicator.source, name, target, kind);
        let members = vec![("Search answers".to_owned(), 1), ("Checkout answers".to_owned(), 2)];
        let composite = Some(CompositeDraft { rule: Rule::Weighted, members });
        let all = vec![
            promise("Search answers", "99", ObjectiveKind::Availability),
            promise("Checkout answers", "99.9", ObjectiveKind::Availability),
            ObjectiveDraft { composite, ..promise("Everything", "99", ObjectiveKind::Composite) },
        ];
        let ids = agreement(&app, "All", "ACME", all).await;
        let search = ObjectiveId(ids["Search answers"]);
        let search = store::objectives::listing(app.db(), search).await.unwrap().unwrap();
        let (shop, everything) = (search.agreement.id.0, ids["Everything"]);
        let pages = [
            format!("/agreements/{shop}"),
            format!("/agreements/{shop}/calendar"),
            format!("/objectives/{}", ids["Search answers"]),
            format!("/objectives/{}?range=7d&compare=previous", ids["Search answers"]),
            format!("/objectives/{everything}"),
            format!("/objectives/{everything}/calendar"),
        ];
        let said = async |app: &TestApp| {
            let (ana, mut said) = (app.signed_in().await, Vec::new());
            for page in &pages {
                // once more: this time it is remembered
                let (first, again) = (ana.get(page).await, ana.get(page).await);
                assert_eq!((first.status, first.visible()), (StatusCode::OK, again.visible()), "{page}");
                said.push(again.visible());
            }
            said
        };
        let mut before = said(&app).await;
        let mut app = app;
        for change in ["events", "an exclusion", "a cause", "a target", "time", "detail that is dropped", "a member"] {
            happen(&app, change, &search).await;
            let now = said(&app).await;
            assert_ne!(now, before, "{change} changes nothing, so nothing is tried");
            app = app.restarted().await;
            assert_eq!(now, said(&app).await, "{change}");
            before = now;
        }
    }

    /// 20 November in Berlin: 500 of 52,200 bad where 52.2 may be, 957.85 % of the day's budget, rounded up. Search answers:
    /// 20 of 5,220 bad, 38.31 % of 52.2.
    async fn a_year_is_told_day_by_day(app: TestApp) {
        let (ana, ids) = seeded(&app).await;
        let page = format!("/objectives/{}/calendar", ids["Checkout answers"]);
        let year = ana.get(&page).await;
        assert_eq!(year.status, StatusCode::OK);
        let seen = year.visible();
        for part in [
            "2 days were measured: 1 met the target, 1 missed it.",
            "19 November 2026: before the agreement",
            "20 November 2026: missed, 958 % of the day’s budget used",
            "21 November 2026: met so far, 0 % of the day’s budget used",
            "22 November 2026: to come",
        ] {
            assert!(seen.contains(part), "{part:?} is missing in:\n{seen}");
        }
        let day = format!("/objectives/{}?from=2026-11-20&#38;to=2026-11-20", ids["Checkout answers"]);
        assert!(year.text.contains(&day), "{day} is missing in:\n{}", year.text);
        let file = ana.get(&format!("{page}.csv?year=2026")).await.text;
        for line in [
            "2026-03-29,2026-03-28T23:00:00Z,1380,Checkout answers,before_agreement,0,0,,,0",
            "2026-10-25,2026-10-24T22:00:00Z,1500,Checkout answers,before_agreement,0,0,,,0",
            "2026-11-20,2026-11-19T23:00:00Z,1440,Checkout answers,missed,51700,52200,99.0421,957.85,522",
            "2026-11-21,2026-11-20T23:00:00Z,478,Checkout answers,met,47800,47800,100,0,478",
        ] {
            assert!(file.lines().any(|one| one == line), "{line:?} is missing in:\n{file}");
        }
        // 1 January to 21 November, and the head
        assert_eq!(file.lines().count(), 326);
        let id = store::objectives::find(app.db(), nines::domain::ids::ObjectiveId(ids["Search answers"])).await.unwrap();
        let shop = ana.get(&format!("/agreements/{}/calendar", id.unwrap().agreement.0)).await.visible();
        let told = "20 November 2026: missed, by Checkout answers, 958 % of the day’s budget used";
        assert!(shop.contains(told), "{shop}");
        let search = ana.get(&format!("/objectives/{}/calendar", ids["Search answers"])).await.visible();
        assert!(search.contains("20 November 2026: met, 39 % of the day’s budget used"), "{search}");
        let ahead = ana.get(&format!("{page}?year=2030")).await.visible();
        assert!(ahead.contains("No day of this year was measured"), "{ahead}");
        for wrong in ["x", "2026-11", "99999", "-1", "1"] {
            assert_eq!(ana.get(&format!("{page}?year={wrong}")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
        assert_eq!(ana.get("/agreements/999/calendar").await.status, StatusCode::NOT_FOUND);
    }

    async fn downloads_add_up_to_the_page(app: TestApp) {
        let (ana, ids) = seeded(&app).await;
        let file = |query: &str| format!("/objectives/{}.csv?{query}", ids["Checkout answers"]);
        let all = [99_500, 500, 100_000, 1000, 43_200];
        for query in ["", "step=hour", "step=day", "step=minute"] {
            let answer = ana.get(&file(query)).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(sums(&answer.text), all, "{query}");
        }
        let answer = ana.get(&file("")).await;
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(answer.header("content-encoding"), "identity");
        let name = "attachment; filename=\"checkout-answers-2026-10-22-to-2026-11-21.csv\"";
        assert_eq!(answer.header("content-disposition"), name);
        assert!(answer.text.starts_with("start,end,good,bad,total,known_minutes,minutes,sli_percent\r\n"));
        // 721 rows: 30 days by the hour, the first and the last cut
        assert_eq!(numbers(&answer.text).len(), 721);

        // two days come by minute
        let days = ana.get(&file("from=2026-11-20&to=2026-11-21")).await;
        assert_eq!(numbers(&days.text).len(), 1440 + 478);
        assert_eq!(sums(&days.text)[..3], [99_500, 500, 100_000]);
        let bad = days.text.lines().find(|row| row.starts_with("2026-11-20T22:38:00Z,")).unwrap();
        assert_eq!(bad, "2026-11-20T22:38:00Z,2026-11-20T22:39:00Z,50,50,100,1,1,50");

        let json = ana.get(&format!("/objectives/{}.json?step=day", ids["Checkout answers"])).await;
        assert_eq!(json.header("content-type"), "application/json");
        let json: serde_json::Value = serde_json::from_str(&json.text).unwrap();
        assert_eq!((json["name"].as_str(), json["target_percent"].as_str()), (Some("Checkout answers"), Some("99.9")));
        let rows = json["rows"].as_array().unwrap();
        let sum = |name: &str| rows.iter().map(|row| row[name].as_i64().unwrap()).sum::<i64>();
        assert_eq!([sum("good"), sum("bad"), sum("total"), sum("known_minutes"), sum("minutes")], all);
    }

    async fn what_cannot_be_asked_is_refused_with_the_mend(app: TestApp) {
        let (ana, ids) = seeded(&app).await;
        let id = ids["Checkout answers"];
        for (query, message) in [
            ("range=xyz", "There is no such range"),
            ("from=2026-11-21&to=2026-11-01", "ends before it begins"),
            ("from=NaN", "Write the first day as 2026-11-01"),
            ("to=2026-13-45", "Write the last day as 2026-11-01"),
            ("from=99999999-01-01", "Write the first day"),
            ("from=2026-11", "Write the first day"),
            ("from=9998-12-31&to=9998-12-31", "lies in the future"),
            ("from=1970-01-01", "at most 400 days"),
            ("from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z", "ends before it begins"),
            ("from=%00%FF&to=%F0%9D%84%9E", "Write the"),
        ] {
            for page in ["", ".csv", ".json"] {
                let answer = ana.get(&format!("/objectives/{id}{page}?{query}")).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{page} {query}: {}", answer.text);
                assert!(answer.visible().contains(message), "{page} {query}: {}", answer.visible());
            }
        }
        let step = ana.get(&format!("/objectives/{id}.csv?step=second")).await;
        assert_eq!(step.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(step.text.contains("step=minute"), "{}", step.text);
        for path in [
            "/objectives/999999",
            "/objectives/99999999999999999999999999",
            "/objectives/-1",
            "/objectives/NaN",
            "/objectives/1.xml",
            "/objectives/999999.csv",
            "/objectives/999999.json",
        ] {
            let answer = ana.get(path).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(answer.text.contains("</html>"), "{path}: {}", answer.text);
        }
        let doubled = ana.get("/?q=a&q=b&status=%zz&page=-1").await;
        assert!(doubled.status.is_client_error() || doubled.status.is_success(), "{}", doubled.status);
    }

    async fn hostile_names_stay_text(app: TestApp) {
        let (ana, ids) = seeded(&app).await;
        let objective = format!("/objectives/{}", ids[HOSTILE]);
        for page in ["/", "/?customer=%22%3E%3Cimg+src%3Dx+onerror%3Dalert(1)%3E", &objective, "/audit", "/?q=%3Cscript%3E"] {
            let answer = ana.get(page).await;
            assert_eq!(answer.status, StatusCode::OK, "{page}");
            let scripts: Vec<&str> = answer.text.split("<script").skip(1).collect();
            assert!(scripts.iter().all(|script| script.starts_with(" defer src=\"/assets/")), "{page}: {}", answer.text);
            assert!(!answer.text.contains("<img"), "{page}: {}", answer.text);
            assert!(answer.text.contains("&#60;script"), "{page} shows the name");
        }
        let file = ana.get(&format!("{objective}.csv")).await;
        assert!(file.header("content-disposition").contains("filename=\"script-alert-x-script-2026"));
        let json = ana.get(&format!("{objective}.json")).await;
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json.text).unwrap()["name"], HOSTILE);
    }

    async fn the_audit_log_says_what_was_defined_and_the_guide_explains(app: TestApp) {
        let (ana, _) = seeded(&app).await;
        let seen = ana.get("/audit").await.visible();
        assert_in_order(&seen, &["Ana", "made the account"]);
        assert!(seen.contains("Nines defined the agreement Shop"), "{seen}");
        assert!(seen.contains("Nines defined the source Prometheus"), "{seen}");
        for page in ["/audit?page=2", "/audit?page=-7", "/audit?page=99999999999999", "/audit?page=x", "/guide"] {
            assert_eq!(ana.get(page).await.status, StatusCode::OK, "{page}");
        }
        assert!(ana.get("/guide").await.text.contains("id=\"burn-rate\""));
    }

    async fn strangers_see_none_of_it(app: TestApp) {
        let (_, ids) = seeded(&app).await;
        let id = ids["Checkout answers"];
        let stranger = app.browser();
        for path in ["/", "/audit", &format!("/objectives/{id}"), &format!("/objectives/{id}.csv")] {
            let answer = stranger.get(path).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
            assert!(answer.location().starts_with("/sign-in"), "{path}");
        }
        // what the words mean is no secret, and the sign-in page leads there
        assert!(stranger.get("/sign-in").await.text.contains("href=\"/guide#accounts\""));
        let guide = stranger.get("/guide").await;
        assert_eq!(guide.status, StatusCode::OK);
        assert!(guide.text.contains("id=\"accounts\"") && !guide.text.contains("Checkout answers") && !guide.text.contains("Sign out"));
    }

    async fn an_archived_objective_keeps_its_page(app: TestApp) {
        let (ana, ids) = seeded(&app).await;
        let id = ids["Checkout answers"];
        let mut tx = app.db().begin_write().await.unwrap();
        store::objectives::archive(&mut tx, nines::domain::ids::ObjectiveId(id), app.state.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let page = ana.get(&format!("/objectives/{id}")).await;
        assert!(page.text.contains("This objective is archived"), "{}", page.text);
        assert!(!ana.get("/").await.text.contains("Checkout answers"));
    }
}
