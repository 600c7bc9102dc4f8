//! Exclusions, told over an outage whose sums were worked out by hand.
//!
//! In the 1000 minutes up to 2026-11-21 06:58 UTC there were 10 requests a minute. From 22:38 to 00:18, 100 minutes, half
//! of them failed: 500 of 10 000, 95 %. Taking out the first 90 of these minutes leaves 9 100 requests with 50 failures,
//! 99.4505 %; taking out the first 60 leaves 9 400 with 200, 97.8723 %. November has 43 200 minutes.

use crate::app::{Answer, Browser, TestApp};
use crate::on_both;
use crate::scene::{agree, draft, promise, ratio, somebody, source};
use nines::domain::exclusion::{Rules, State};
use nines::domain::ids::{ExclusionId, ObjectiveId};
use nines::domain::ledger::Slice;
use nines::domain::model::{ObjectiveKind, SourceSpec};
use nines::domain::time::Minute;
use nines::ops::judge::Judge;
use nines::store;
use nines::store::users::Role;
use reqwest::StatusCode;

/// Up to where judgements reach when a story begins: 2026-11-21T06:58:00Z.
const UNTIL: i64 = 29_920_738;

/// One agreement in UTC with these rules, one objective with a target of 99 %, and the outage.
async fn outage(app: &TestApp, rules: Rules) -> ObjectiveId {
    let context = &app.state.context;
    let url = "http://prometheus.example:9090/".parse().unwrap();
    let source = source(context, "prometheus", SourceSpec::Prometheus { url }).await;
    let query = ratio("requests_total", "failures_total");
    let mut draft = draft("Gold", &[], vec![promise("Shop answers", ObjectiveKind::Availability, source, query)]);
    draft.terms.rules = rules;
    let id = agree(context, draft).await;
    let objective = store::objectives::list_by_agreement(app.db(), id).await.unwrap().remove(0);
    let slice = |age: i64| Slice::new(if (401..=500).contains(&age) { 5 } else { 10 }, 10).unwrap();
    let slices: Vec<_> = (1..=1000).rev().map(|age| (Minute(UNTIL - age), Some(slice(age)))).collect();
    let mut tx = app.db().begin_write().await.unwrap();
    store::ledger::write(&mut tx, objective.indicator, &slices).await.unwrap();
    tx.commit().await.unwrap();
    objective.id
}

/// Good and all of the objective's window, as it is judged now.
async fn judged(app: &TestApp, objective: ObjectiveId) -> (i64, i64) {
    let listing = store::objectives::listing(app.db(), objective).await.unwrap().unwrap();
    let tally = Judge::load(app.db()).await.unwrap().at(&listing, Minute(UNTIL)).await.unwrap().tally;
    (tally.good, tally.total)
}

fn fields<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("scope", "agreement:4000"),
        ("category", "customer_fault"),
        ("reason", "The customer’s firewall"),
        ("zone", "Europe/Berlin"),
        ("from", "2026-11-20 23:38"),
        ("to", "2026-11-21 01:08"),
        ("rule", ""),
        ("announced", ""),
    ];
    usual.iter().chain(changes).copied().collect()
}

async fn propose(browser: &Browser, changes: &[(&str, &str)]) -> String {
    let fields = [fields(changes), vec![("action", "propose")]].concat();
    let answer = browser.post_form("/exclusions/new", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.visible());
    answer.location().to_owned()
}

async fn decide(browser: &Browser, page: &str, seen: &str, action: &str) -> Answer {
    let fields = [("seen", seen), ("action", action), ("remark", "seen together")];
    browser.post_from(page, &format!("{page}/decide"), &fields).await
}

/// Asserts that a page says all of this.
fn says(answer: &Answer, parts: &[&str]) {
    let visible = answer.visible();
    for part in parts {
        assert!(visible.contains(part), "{part:?} is missing in:\n{visible}");
    }
}

on_both! {
    async fn an_outage_is_taken_out_in_retrospect_and_put_back(app: TestApp) {
        let ana = app.signed_in().await;
        let objective = outage(&app, Rules::default()).await;
        let (editor, approver) = (somebody(&app, "Edi", Role::Editor).await, somebody(&app, "Apo", Role::Approver).await);
        let viewer = somebody(&app, "Vi", Role::Viewer).await;
        assert_eq!(judged(&app, objective).await, (9_500, 10_000));
        says(&ana.get("/exclusions").await, &["No exclusion yet"]);

        let shown = editor.post_form("/exclusions/new", &[fields(&[]), vec![("action", "preview")]].concat()).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.visible());
        let effect = ["1 h 30 min (0.21 %)", "November 2026", "95 % missed", "99.4505 % met", "nothing"];
        says(&shown, &effect);
        says(&shown, &["Understood: 2026-11-20 23:38 – 2026-11-21 01:08 CET, 1 h 30 min, once. Nothing is stored yet."]);
        assert_eq!(store::exclusions::count(app.db(), None).await.unwrap(), 0, "a look keeps nothing");

        let page = propose(&editor, &[]).await;
        assert_eq!(page, "/exclusions/12000");
        says(&editor.get(&page).await, &[&effect[..], &["Proposed", "It waits for an approver", "the agreement Gold"]].concat());
        assert_eq!(judged(&app, objective).await, (9_500, 10_000), "a proposal takes nothing out");

        for (browser, action) in [(&viewer, "approve"), (&viewer, "withdraw"), (&editor, "approve"), (&editor, "reject")] {
            assert_eq!(decide(browser, &page, "proposed", action).await.status, StatusCode::FORBIDDEN);
        }
        let other = somebody(&app, "Otto", Role::Editor).await;
        assert_eq!(decide(&other, &page, "proposed", "withdraw").await.status, StatusCode::FORBIDDEN, "it is not his");
        assert!(!other.get(&page).await.text.contains("/decide") && editor.get(&page).await.text.contains("/decide"));
        assert_eq!(viewer.get("/exclusions/new").await.status, StatusCode::FORBIDDEN);
        assert!(!viewer.get(&page).await.text.contains("/decide"));

        let done = decide(&approver, &page, "proposed", "approve").await;
        let after = approver.follow(&done).await;
        says(&after, &["Approved by Apo", "seen together", "95 % missed", "99.4505 % met"]);
        assert!(!after.visible().contains("The same person"));
        assert_eq!(judged(&app, objective).await, (9_050, 9_100));

        let late = decide(&ana, &page, "proposed", "reject").await;
        assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
        says(&late, &["This exclusion is approved by now"]);
        assert!(late.text.contains("value=\"seen together\""), "the remark stays");
        assert_eq!(decide(&editor, &page, "approved", "withdraw").await.status, StatusCode::FORBIDDEN);

        let taken_back = decide(&approver, &page, "approved", "withdraw").await;
        says(&approver.follow(&taken_back).await, &["Withdrawn by Apo"]);
        assert_eq!(judged(&app, objective).await, (9_500, 10_000));
        let log = ana.get("/audit").await;
        says(&log, &["proposed the exclusion", "approved the exclusion", "withdrawn the exclusion"]);
    }

    async fn maintenance_answers_to_notice_and_cap(app: TestApp) {
        let ana = app.signed_in().await;
        let rules = Rules { notice_minutes: Some(48 * 60), monthly_cap_minutes: Some(60) };
        let objective = outage(&app, rules).await;
        let planned = ("category", "planned_maintenance");
        let preview = async |changes: &[(&str, &str)]| {
            ana.post_form("/exclusions/new", &[fields(changes), vec![("action", "preview")]].concat()).await
        };
        says(&preview(&[planned]).await, &["1 h 30 min without notice", "95 % missed"]);
        // 47 h before, then 48 h before
        let late = preview(&[planned, ("announced", "2026-11-19 00:38")]).await;
        says(&late, &["1 h 30 min without notice"]);
        let told = [planned, ("announced", "2026-11-18 23:38")];
        says(&preview(&told).await, &["1 h (0.14 %)", "30 min over the cap", "97.8723 % missed"]);

        let page = propose(&ana, &told).await;
        let done = decide(&ana, &page, "proposed", "approve").await;
        says(&ana.follow(&done).await, &["The same person proposed and approved this", "30 min over the cap"]);
        assert_eq!(judged(&app, objective).await, (9_200, 9_400));
    }

    async fn what_is_typed_stays_and_nothing_of_it_runs(app: TestApp) {
        let ana = app.signed_in().await;
        outage(&app, Rules::default()).await;
        let hostile = "=1+1 <script>alert(1)</script> \"x\", y";
        let changes = [("reason", hostile), ("rule", "FREQ=SECONDLY"), ("from", "2026-03-29 02:30")];
        let refused = ana.post_form("/exclusions/new", &[fields(&changes), vec![("action", "propose")]].concat()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        says(&refused, &["There is no 2026-03-29 02:30 in Europe/Berlin", "Please write 2026-03-29 03:00"]);
        assert!(refused.text.contains("value=\"FREQ=SECONDLY\"") && !refused.text.contains("<script"));
        let often = [fields(&[("rule", "FREQ=SECONDLY")]), vec![("action", "preview")]].concat();
        says(&ana.post_form("/exclusions/new", &often).await, &["FREQ=SECONDLY is too often"]);
        let elsewhere = [fields(&[("scope", "agreement:4999")]), vec![("action", "propose")]].concat();
        says(&ana.post_form("/exclusions/new", &elsewhere).await, &["choose from the list"]);
        let weekly = [fields(&[("rule", "FREQ=WEEKLY;BYDAY=FR")]), vec![("action", "preview")]].concat();
        says(&ana.post_form("/exclusions/new", &weekly).await, &["every week on Friday"]);
        assert_eq!(store::exclusions::count(app.db(), None).await.unwrap(), 0);

        let page = propose(&ana, &[("reason", hostile)]).await;
        let shown = ana.get(&page).await;
        assert!(!shown.text.contains("<script"));
        assert!(shown.text.contains("&#60;script&#62;"));
        let unclear = decide(&ana, &page, "proposed", "explode").await;
        assert_eq!(unclear.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(ana.get("/exclusions/1").await.status, StatusCode::NOT_FOUND);
        says(&ana.get("/exclusions?state=rejected").await, &["None in this state"]);
        says(&ana.get("/exclusions?state=proposed").await, &["the agreement Gold"]);

        let csv = ana.get("/exclusions.csv").await;
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        let line = "12000,proposed,agreement:4000,customer_fault,\"'=1+1 <script>alert(1)</script> \"\"x\"\", y\",\
                    2026-11-20T22:38:00Z,2026-11-21T00:08:00Z,90,,Europe/Berlin,,Ana,2026-11-21T07:00:00Z,,,\r\n";
        assert!(csv.text.starts_with("id,state,scope,") && csv.text.ends_with(line), "{}", csv.text);
        let json: serde_json::Value = serde_json::from_str(&ana.get("/exclusions.json?state=proposed").await.text).unwrap();
        assert_eq!(json["exclusions"][0]["reason"], hostile);
        assert_eq!(json["exclusions"][0]["minutes"], 90);
        let found = store::exclusions::find(app.db(), ExclusionId(12_000)).await.unwrap().unwrap();
        assert_eq!(found.state, State::Proposed);
    }
}
