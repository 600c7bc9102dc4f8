//! Exclusions: proposed by one, shown in their effect, decided by another, withdrawn; and the people who do that.

use crate::app::{ANA, Browser, TestApp};
use crate::on_both;
use crate::scene::{self, agree, draft, indicators, promise, ratio};
use chrono_tz::Tz;
use nines::domain::contract::AgreementTerms;
use nines::domain::exclusion::Rules;
use nines::domain::ids::ObjectiveId;
use nines::domain::judgement::{Sli, judge};
use nines::domain::ledger::Slice;
use nines::domain::model::{ObjectiveKind, SourceSpec};
use nines::domain::time::{Minute, Span};
use nines::domain::wall;
use nines::ops::judge::Judge;
use nines::store::{self, Page, audit};
use reqwest::{Method, StatusCode};

/// A password for everybody but Ana.
const PASSWORD: &str = "staple horse correct";

fn minute(text: &str) -> Minute {
    wall::parse(text, Tz::UTC).unwrap().minute()
}

/// All of 20 November 2026 with ten requests a minute; every one from 02:00 to 04:00 fails.
///
/// 1,440 min × 10 = 14,400 requests, 120 × 10 = 1,200 bad: 13,200 ÷ 14,400 = 91.6667 %, promised are 99 %.
async fn shop(app: &TestApp, rules: Rules) -> ObjectiveId {
    let context = &app.state.context;
    let url = "http://prometheus.example:9090/".parse().unwrap();
    let source = scene::source(context, "prometheus", SourceSpec::Prometheus { url }).await;
    let query = ratio("requests_total", "requests_total{code=\"500\"}");
    let objective = promise("Checkout answers", ObjectiveKind::Availability, source, query);
    let terms = AgreementTerms { rules, ..AgreementTerms::default() };
    agree(context, nines::ops::define_agreement::AgreementDraft { terms, ..draft("Gold", &[], vec![objective]) }).await;
    let outage = Span::new(minute("2026-11-20 02:00"), minute("2026-11-20 04:00"));
    let day = Span::new(minute("2026-11-20 00:00"), minute("2026-11-21 00:00"));
    let slices: Vec<_> = day
        .iter()
        .map(|minute| {
            let good = if outage.contains(minute) { 0 } else { 10 };
            (minute, Some(Slice::new(good, 10).unwrap()))
        })
        .collect();
    let indicator = indicators(app.db(), source).await[0];
    let mut tx = app.db().begin_write().await.unwrap();
    store::ledger::write(&mut tx, indicator, &slices).await.unwrap();
    tx.commit().await.unwrap();
    store::objectives::listings(app.db()).await.unwrap()[0].objective.id
}

/// Good, all and met for November so far, as everything that judges sees it.
async fn judged(app: &TestApp, id: ObjectiveId) -> (i64, i64, Option<bool>) {
    let listing = store::objectives::listing(app.db(), id).await.unwrap().unwrap();
    let court = Judge::load(app.db()).await.unwrap();
    let month = Span::new(minute("2026-11-01 00:00"), minute("2026-12-01 00:00"));
    let account = court.accounts(&listing, &[month]).await.unwrap().remove(0);
    let judgement = judge(court.terms(&listing, month), &[], month, account, &[]);
    match judgement.sli {
        Sli::Measured { good, total } => (good, total, judgement.met),
        other => panic!("{other:?}"),
    }
}

/// Adds a person through the page and signs them in.
async fn person(app: &TestApp, ana: &Browser, name: &str, role: &str) -> Browser {
    let email = format!("{name}@example.org");
    let fields = [("name", name), ("email", email.as_str()), ("role", role), ("password", PASSWORD)];
    let answer = ana.post_form("/people", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.visible());
    let browser = app.browser();
    assert_eq!(browser.sign_in(&email, PASSWORD).await.status, StatusCode::SEE_OTHER);
    browser
}

/// The outage as planned maintenance, announced long before.
fn fields(action: &str) -> Vec<(&str, &str)> {
    vec![
        ("action", action),
        ("scope", "all"),
        ("category", "planned_maintenance"),
        ("reason", "Database moved"),
        ("zone", "Europe/Berlin"),
        // 02:00 to 04:00 UTC
        ("from", "2026-11-20 03:00"),
        ("to", "2026-11-20 05:00"),
        ("rule", ""),
        ("announced", "2026-11-10 09:00"),
    ]
}

fn with<'a>(mut all: Vec<(&'a str, &'a str)>, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    all.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    all.extend_from_slice(changes);
    all
}

async fn propose(eve: &Browser, changes: &[(&str, &str)]) -> String {
    let answer = eve.post_form("/exclusions/new", &with(fields("propose"), changes)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.visible());
    answer.location().to_owned()
}

async fn decide(browser: &Browser, page: &str, seen: &str, decision: &str, remark: &str) -> crate::app::Answer {
    let fields = [("seen", seen), ("decision", decision), ("remark", remark)];
    browser.post_from(page, &format!("{page}/decide"), &fields).await
}

on_both! {
    async fn an_outage_is_proposed_shown_approved_and_withdrawn(app: TestApp) {
        let objective = shop(&app, Rules::default()).await;
        let ana = app.signed_in().await;
        assert!(ana.get("/exclusions").await.visible().contains("No exclusion yet"));
        let eve = person(&app, &ana, "eve", "editor").await;
        let bo = person(&app, &ana, "bo", "approver").await;
        let vic = person(&app, &ana, "vic", "viewer").await;
        assert_eq!(judged(&app, objective).await, (13_200, 14_400, Some(false)));

        // the effect is shown before anything is stored
        let shown = eve.post_form("/exclusions/new", &fields("effect")).await;
        let text = shown.visible();
        assert_eq!(shown.status, StatusCode::OK, "{text}");
        assert!(text.contains("2026-11-20 03:00 – 05:00 CET"), "{text}");
        assert!(text.contains("Checkout answers Gold November 2026 so far 2 h nothing Missed 91.6667 % Met 100 %"), "{text}");
        assert!(text.contains("1 of 1 row changes between met and missed"), "{text}");
        assert!(shown.text.contains("value=\"2026-11-20 03:00\"") && shown.text.contains("Database moved"), "what was typed stays");
        assert_eq!(store::exclusions::count(app.db(), None).await.unwrap(), 0);

        let page = propose(&eve, &[]).await;
        let own = eve.get(&page).await;
        assert!(own.visible().contains("It waits for an approver") && own.visible().contains("91.6667 %"), "{}", own.visible());
        assert!(!own.text.contains("value=\"approve\"") && own.text.contains("value=\"withdraw\""), "an editor may only take it back");
        assert_eq!(judged(&app, objective).await.0, 13_200, "a proposal changes nothing");

        // who may not decide
        assert!(!vic.get(&page).await.text.contains("name=\"decision\""));
        assert_eq!(vic.get("/exclusions/new").await.status, StatusCode::FORBIDDEN);
        for (browser, from) in [(&vic, "/account"), (&eve, "/account")] {
            let fields = [("seen", "proposed"), ("decision", "approve"), ("remark", "")];
            let answer = browser.post_from(from, &format!("{page}/decide"), &fields).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.visible());
        }
        assert_eq!(judged(&app, objective).await.0, 13_200);

        // approved: the hours are gone, 13,200 of 13,200 are left
        assert_eq!(decide(&bo, &page, "proposed", "approve", "").await.status, StatusCode::SEE_OTHER);
        assert_eq!(judged(&app, objective).await, (13_200, 13_200, Some(true)));
        let text = bo.get(&page).await.visible();
        assert!(text.contains("It is in force, approved by bo") && !text.contains("same person"), "{text}");
        let late = decide(&bo, &page, "proposed", "reject", "no").await;
        assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(late.visible().contains("it is approved now. Nothing was changed."), "{}", late.visible());

        // withdrawn with a remark: as before
        let fields = [("seen", "approved"), ("decision", "withdraw"), ("remark", "crash")];
        let editor = eve.post_from("/account", &format!("{page}/decide"), &fields).await;
        assert_eq!(editor.status, StatusCode::FORBIDDEN, "not even their own");
        let silent = decide(&bo, &page, "approved", "withdraw", " ").await;
        assert!(silent.visible().contains("Please say why"), "{}", silent.visible());
        assert_eq!(decide(&bo, &page, "approved", "withdraw", "It was a crash").await.status, StatusCode::SEE_OTHER);
        assert_eq!(judged(&app, objective).await, (13_200, 14_400, Some(false)));
        let text = bo.get(&page).await.visible();
        for said in ["Proposed by eve", "Approved by bo", "Withdrawn by bo", "It was a crash"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(!bo.get(&page).await.text.contains("name=\"decision\""), "nothing is left to decide");
        let entries = audit::list(app.db(), Page::first(5)).await.unwrap();
        let actions: Vec<_> = entries.iter().filter(|e| e.entity == "exclusion").map(|e| e.action.as_str()).collect();
        assert_eq!(actions, ["exclusion.withdrawn", "exclusion.approved", "exclusion.proposed"]);
        assert!(ana.get("/audit").await.text.contains(&format!("href=\"{page}\"")));
    }

    async fn one_of_two_who_decide_at_once_is_late_and_one_person_may_do_both(app: TestApp) {
        shop(&app, Rules::default()).await;
        let ana = app.signed_in().await;
        let bo = person(&app, &ana, "bo", "approver").await;
        let page = propose(&ana, &[]).await;
        let (one, two) = tokio::join!(
            decide(&ana, &page, "proposed", "approve", ""),
            decide(&bo, &page, "proposed", "reject", "no"),
        );
        let mut answers = [one.status, two.status];
        answers.sort();
        assert_eq!(answers, [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY]);
        let page = propose(&ana, &[]).await;
        assert_eq!(decide(&ana, &page, "proposed", "approve", "").await.status, StatusCode::SEE_OTHER);
        assert!(bo.get(&page).await.visible().contains("proposed and approved by the same person"));
        let page = propose(&ana, &[]).await;
        let refused = decide(&bo, &page, "proposed", "reject", "").await;
        assert!(refused.visible().contains("Please say why"), "{}", refused.visible());
        assert_eq!(decide(&bo, &page, "proposed", "reject", "No notice").await.status, StatusCode::SEE_OTHER);
        let listed = ana.get("/exclusions?state=rejected").await.visible();
        assert!(listed.contains("Rejected Database moved"), "{listed}");
        assert!(ana.get("/exclusions?state=withdrawn").await.visible().contains("None in this state"));
    }

    /// 48 h of notice and 1 h a month. In time: the first hour goes, the second stays: 13,200 ÷ 13,800 = 95.6522 %.
    /// Announced too late, or never: nothing goes. A third party's fault answers to neither rule.
    async fn notice_and_cap_of_the_agreement_hold_before_and_after_approval(app: TestApp) {
        let rules = Rules { notice_minutes: Some(48 * 60), monthly_cap_minutes: Some(60) };
        let objective = shop(&app, rules).await;
        let ana = app.signed_in().await;
        for (changes, said) in [
            ([("announced", "2026-11-18 03:00")], "1 h 1 h: beyond 1 h a month Missed 91.6667 % Missed 95.6522 %"),
            ([("announced", "2026-11-18 03:01")], "0 min 2 h: not announced 2 d before Missed 91.6667 % Missed 91.6667 %"),
            ([("announced", "")], "0 min 2 h: not announced 2 d before Missed 91.6667 % Missed 91.6667 %"),
            ([("category", "third_party")], "2 h nothing Missed 91.6667 % Met 100 %"),
        ] {
            let shown = ana.post_form("/exclusions/new", &with(fields("effect"), &changes)).await.visible();
            assert!(shown.contains(said), "{changes:?}: {shown}");
        }
        let page = propose(&ana, &[]).await;
        assert_eq!(decide(&ana, &page, "proposed", "approve", "").await.status, StatusCode::SEE_OTHER);
        assert_eq!(judged(&app, objective).await, (13_200, 13_800, Some(false)));
        // a second hour of maintenance before it uses up the cap: nothing more is gained in sum
        let earlier = [("from", "2026-11-20 01:00"), ("to", "2026-11-20 02:00")];
        let shown = ana.post_form("/exclusions/new", &with(fields("effect"), &earlier)).await.visible();
        assert!(shown.contains("1 h 0 min beyond other exclusions nothing Missed 95.6522 %"), "{shown}");
    }

    async fn one_that_comes_back_is_said_in_words_and_listed(app: TestApp) {
        shop(&app, Rules::default()).await;
        let ana = app.signed_in().await;
        let page = propose(&ana, &[("rule", "rrule:freq=weekly;byday=fr"), ("scope", "objective-5000")]).await;
        let text = ana.get(&page).await.visible();
        for said in ["every week on Friday", "FREQ=WEEKLY;BYDAY=FR", "2026-11-27 03:00 – 05:00 CET", "Checkout answers, Gold"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(ana.get("/exclusions").await.visible().contains("every week on Friday"));
    }

    async fn files_hold_every_exclusion_and_run_nothing(app: TestApp) {
        shop(&app, Rules::default()).await;
        let ana = app.signed_in().await;
        let page = propose(&ana, &[("reason", "=HYPERLINK(\"http://evil.example\"), \"so\"")]).await;
        propose(&ana, &[]).await;
        assert_eq!(decide(&ana, &page, "proposed", "reject", "@SUM(1)\nno").await.status, StatusCode::SEE_OTHER);
        let file = ana.get("/exclusions.csv").await;
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        assert!(file.header("content-disposition").contains("nines-exclusions.csv"));
        let mut reader = csv::Reader::from_reader(file.text.as_bytes());
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let rejected = rows.iter().find(|row| &row[1] == "rejected").unwrap();
        assert_eq!((rows.len(), &rejected[6]), (2, "'=HYPERLINK(\"http://evil.example\"), \"so\""));
        assert_eq!((&rejected[7], &rejected[9], &rejected[14]), ("2026-11-20T02:00:00Z", "120", "Ana"));
        assert!(rejected[18].starts_with("'@SUM(1)"), "{rejected:?}");
        let document: serde_json::Value = serde_json::from_str(&ana.get("/exclusions.json?state=proposed").await.text).unwrap();
        let all = document["exclusions"].as_array().unwrap();
        assert_eq!((all.len(), &all[0]["reason"], &all[0]["scope_name"]), (1, &"Database moved".into(), &"everything".into()));
        assert_eq!(app.browser().get("/exclusions.csv").await.status, StatusCode::SEE_OTHER, "not for strangers");
    }

    async fn hostile_and_wrong_input_is_refused_beside_its_field_or_harmless(app: TestApp) {
        shop(&app, Rules::default()).await;
        let ana = app.signed_in().await;
        let huge = "x".repeat(100_000);
        for (name, value, said) in [
            ("rule", "FREQ=SECONDLY", "FREQ=SECONDLY"),
            ("rule", huge.as_str(), "500"),
            ("reason", huge.as_str(), "at most 500"),
            ("reason", "", "Please write why"),
            ("from", "2026-03-29 02:30", "write 03:00 instead"),
            ("from", "<script>alert(1)</script>", "Write day and time"),
            ("to", "2026-11-20 03:00", "a later time"),
            ("to", "2199-12-31 00:00", "at most 400 days"),
            ("zone", "Mars/Olympus", "such as Europe/Berlin"),
            ("scope", "objective-99999", "does not exist any more"),
            ("scope", "objective-99999999999999999999", "Please choose"),
            ("category", "' OR 1=1", "Please choose"),
        ] {
            let answer = ana.post_form("/exclusions/new", &with(fields("propose"), &[(name, value)])).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
            assert!(answer.visible().contains(said), "{name}: {said}");
            assert!(answer.text.contains(&format!("id=\"{name}-problem\"")), "{name}: beside the field");
            assert!(!answer.text.contains("<script>alert"));
        }
        assert_eq!(store::exclusions::count(app.db(), None).await.unwrap(), 0);
        let page = propose(&ana, &[("reason", "<script>alert(1)</script>"), ("rule", "FREQ=DAILY")]).await;
        for path in [page.as_str(), "/exclusions", "/audit"] {
            let answer = ana.get(path).await;
            assert!(answer.status == StatusCode::OK && !answer.text.contains("<script>alert"), "{path}");
        }
        for path in ["/exclusions/1", "/exclusions/99999999999999999999", "/exclusions/x"] {
            assert_eq!(ana.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for path in ["/exclusions?state=%00&page=-7", "/exclusions?page=9223372036854775807", "/exclusions/new?scope=%3Cb%3E"] {
            assert_eq!(ana.get(path).await.status, StatusCode::OK, "{path}");
        }
        let fields = [("seen", "proposed"), ("decision", "delete"), ("remark", "")];
        let answer = ana.post_from(&page, &format!("{page}/decide"), &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(decide(&ana, &page, "proposed", "reject", &huge).await.visible().contains("at most 500"));
    }

    async fn an_admin_adds_changes_and_removes_people_but_never_the_last_admin(app: TestApp) {
        let ana = app.signed_in().await;
        let id = |email: &'static str| {
            let db = app.db().clone();
            async move { store::users::find_by_email(&db, email).await.unwrap().unwrap().id }
        };
        let me = id(ANA.0).await;
        for (path, fields) in [(format!("/people/{me}/remove"), vec![]), (format!("/people/{me}/role"), vec![("role", "viewer")])] {
            let answer = ana.post_from("/people", &path, &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.visible().contains("Nobody else is an admin"), "{}", answer.visible());
        }
        let weak = [("name", "Bo"), ("email", "bo@example.org"), ("role", "editor"), ("password", "hunter2")];
        let answer = ana.post_form("/people", &weak).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.visible().contains("at least 12") && !answer.text.contains("hunter2"), "{}", answer.visible());
        assert!(answer.text.contains("value=\"bo@example.org\""), "what was typed stays");
        let bo = person(&app, &ana, "bo", "editor").await;
        let twice = [("name", "Bo"), ("email", "BO@example.org"), ("role", "admin"), ("password", PASSWORD)];
        assert!(ana.post_form("/people", &twice).await.visible().contains("has an account already"));
        assert_eq!(bo.get("/people").await.status, StatusCode::FORBIDDEN);
        assert!(!bo.get("/account").await.text.contains("href=\"/people\""));
        let own = [("role", "admin")];
        let bo_id = id("bo@example.org").await;
        let answer = bo.post_from("/account", &format!("/people/{bo_id}/role"), &own).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "nobody promotes themselves");

        assert_eq!(ana.post_from("/people", &format!("/people/{bo_id}/role"), &own).await.status, StatusCode::SEE_OTHER);
        assert_eq!(bo.get("/people").await.status, StatusCode::OK, "from the next request on");
        // two admins remove each other: one of them is too late
        let (here, there) = (ana.get("/people").await.csrf(), bo.get("/people").await.csrf());
        let (first, second) = (format!("/people/{bo_id}/remove"), format!("/people/{me}/remove"));
        let (one, two) = tokio::join!(
            ana.send(ana.request(Method::POST, &first).form(&[("csrf", here.as_str())])),
            bo.send(bo.request(Method::POST, &second).form(&[("csrf", there.as_str())])),
        );
        let removed = [&one, &two].into_iter().filter(|answer| answer.location() == "/people").count();
        assert_eq!(removed, 1, "{} {}", one.status, two.status);
        let left = store::users::list(app.db()).await.unwrap();
        assert!(left.iter().any(|user| user.has_access() && user.role == store::users::Role::Admin));
    }

    async fn removed_access_ends_sessions_and_can_be_given_back(app: TestApp) {
        let ana = app.signed_in().await;
        let bo = person(&app, &ana, "bo", "editor").await;
        let id = store::users::find_by_email(app.db(), "bo@example.org").await.unwrap().unwrap().id;
        let answer = ana.post_from("/people", &format!("/people/{id}/remove"), &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.visible());
        assert!(ana.get("/people").await.visible().contains("bo@example.org editor 2026-11-21 removed"));
        assert_eq!(bo.get("/account").await.status, StatusCode::SEE_OTHER, "signed out");
        assert_eq!(app.browser().sign_in("bo@example.org", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(app.browser().sign_in("bo@example.org", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let gone = ana.post_from("/people", &format!("/people/{id}/remove"), &[]).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
        person(&app, &ana, "bo", "approver").await;
        let back = store::users::find(app.db(), id).await.unwrap().unwrap();
        assert!(back.has_access() && back.role == store::users::Role::Approver);
        let actions: Vec<_> = audit::list(app.db(), Page::first(9)).await.unwrap().into_iter().map(|e| e.action).collect();
        assert!(actions.contains(&"user.removed_access_of".to_owned()) && actions.contains(&"user.readmitted".to_owned()), "{actions:?}");
    }
}
