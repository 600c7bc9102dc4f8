//! A change of terms takes effect from a day; past periods keep theirs, and a page says what changed.

use crate::app::{Answer, Browser, TestApp};
use crate::on_both;
use crate::scene::{agree, draft, promise, ratio, source};
use nines::domain::ids::AgreementId;
use nines::domain::ledger::Slice;
use nines::domain::model::{Agreement, Objective, ObjectiveKind, SourceSpec};
use nines::domain::time::Minute;
use nines::ops::apply_revisions::apply_due;
use nines::ops::define_agreement::{self, AgreementDraft};
use nines::ops::judge::Judge;
use nines::ops::judge_periods::judge_periods;
use nines::ops::make_report::make_report;
use nines::ops::revise::Taking;
use nines::ops::terms_in_force::live_objectives;
use nines::store;
use reqwest::StatusCode;

/// 2026-10-01 and 2026-11-01, 00:00 UTC.
const OCTOBER: i64 = 1_790_812_800 / 60;
const NOVEMBER: i64 = 1_793_491_200 / 60;
/// From the story's beginning, 21 November 07:00, to 1 December 00:00 UTC.
const UNTIL_DECEMBER_SECONDS: i64 = 9 * 86_400 + 17 * 3600;

/// A monthly agreement at 99 % whose service answered 98 of each 100 requests in the first days of either month; judged
/// by the calendar.
pub async fn an_agreement(app: &TestApp, ana: &Browser) -> String {
    let source = source(&app.state, "there", SourceSpec::Scrape { url: "http://127.0.0.1:9/".parse().unwrap() }).await;
    let fields = [
        ("action", "save"),
        ("name", "Shop"),
        ("customer", "ACME"),
        ("zone", "UTC"),
        ("period", "month"),
        ("report-every", "month"),
        ("recipients", ""),
        ("objective-0-kind", "availability"),
        ("objective-0-name", "Checkout succeeds"),
        ("objective-0-service", "checkout"),
        ("objective-0-source", &source.to_string()),
        ("objective-0-total", "requests_total"),
        ("objective-0-part", "requests_total{code=~\"5..\"}"),
        ("objective-0-part-is", "bad"),
        ("objective-0-target", "99"),
        ("objective-0-window", "30d"),
    ];
    let answer = ana.post_form("/agreements/new", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.visible());
    let indicator = store::indicators::list(app.db()).await.unwrap().remove(0).id;
    let slice = Some(Slice { good: 98, total: 100, catch_up: false });
    let mut tx = app.db().begin_write().await.unwrap();
    for month in [OCTOBER, NOVEMBER] {
        let minutes: Vec<_> = (month..month + 3 * 1440).map(|minute| (Minute(minute), slice)).collect();
        store::ledger::write(&mut tx, indicator, &minutes).await.unwrap();
    }
    tx.commit().await.unwrap();
    answer.location().to_owned()
}

/// Saves the agreement's form with a field of its objective changed, further fields besides.
pub async fn save(ana: &Browser, page: &str, target: &str, further: &[(&str, &str)]) -> Answer {
    let edit = format!("{page}/edit");
    let opened = ana.get(&edit).await.text;
    let value = |name: &str| {
        let at = opened.split(&format!("name=\"{name}\"")).nth(1).unwrap_or_else(|| panic!("{name} in {opened}"));
        at.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let (basis, id, effective) = (value("basis"), value("objective-0-id"), value("effective"));
    let source = store_source(&opened);
    let mut fields = vec![
        ("action", "save"),
        ("basis", &basis),
        ("name", "Shop"),
        ("customer", "ACME"),
        ("zone", "UTC"),
        ("period", "month"),
        ("report-every", "month"),
        ("recipients", ""),
        ("objective-0-id", &id),
        ("objective-0-kind", "availability"),
        ("objective-0-name", "Checkout succeeds"),
        ("objective-0-service", "checkout"),
        ("objective-0-source", &source),
        ("objective-0-total", "requests_total"),
        ("objective-0-part", "requests_total{code=~\"5..\"}"),
        ("objective-0-part-is", "bad"),
        ("objective-0-target", target),
        ("objective-0-window", "30d"),
        ("effective", &effective),
    ];
    fields.retain(|(name, _)| !further.iter().any(|(other, _)| name == other));
    fields.extend_from_slice(further);
    ana.post_form(&edit, &fields).await
}

/// The source that is chosen in the form.
fn store_source(form: &str) -> String {
    let select = form.split("name=\"objective-0-source\"").nth(1).unwrap().split("</select>").next().unwrap();
    let chosen = select.split("<option").find(|option| option.contains(" selected")).unwrap();
    chosen.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn stored(app: &TestApp, page: &str) -> (Agreement, Vec<Objective>) {
    let id = AgreementId(page.trim_start_matches("/agreements/").parse().unwrap());
    let defined = define_agreement::load(app.db(), id).await.unwrap();
    (defined.agreement, defined.objectives.into_iter().map(|(objective, ..)| objective).collect())
}

/// Is the only objective met, by the agreement's page's judgement and by the report: this month, then last month?
async fn verdicts(app: &TestApp, page: &str) -> [(Option<bool>, String); 2] {
    let (agreement, _) = stored(app, page).await;
    let listings = live_objectives(app.db(), &agreement).await.unwrap();
    let court = Judge::load(app.db()).await.unwrap();
    let end = app.state.clock.now().minute();
    let judged = judge_periods(&court, &agreement, &listings, end, 12).await.unwrap();
    let mut both = Vec::new();
    for one in [&judged.current, &judged.past[0]] {
        let report = make_report(&app.state, &agreement, one.period, 1).await.unwrap();
        assert_eq!(report.objectives[0].met, one.judgements[0].met, "page and report agree");
        both.push((one.judgements[0].met, report.objectives[0].target.to_string()));
    }
    both.try_into().unwrap()
}

fn said(met: bool, target: &str) -> (Option<bool>, String) {
    (Some(met), target.to_owned())
}

async fn audited(app: &TestApp) -> Vec<(String, Option<String>)> {
    let entries = store::audit::list(app.db(), store::Page::first(3)).await.unwrap();
    entries.into_iter().map(|entry| (entry.action, entry.who_name)).collect()
}

on_both! {
    async fn a_correction_counts_from_the_running_month_and_the_past_keeps_its_terms(app: TestApp) {
        let ana = app.signed_in().await;
        let page = an_agreement(&app, &ana).await;
        assert_eq!(verdicts(&app, &page).await, [said(false, "99"), said(false, "99")]);
        let saved = save(&ana, &page, "97.5", &[("note", "As signed <today>")]).await;
        assert!(ana.follow(&saved).await.visible().contains("The agreement is changed."));
        assert_eq!(verdicts(&app, &page).await, [said(true, "97.5"), said(false, "99")]);
        assert_eq!(audited(&app).await[0], ("agreement.changed".to_owned(), Some("Ana".to_owned())));
        let (agreement, _) = stored(&app, &page).await;
        let month = agreement.calendar().period_at(app.state.clock.now());
        let notes = make_report(&app.state, &agreement, month, 1).await.unwrap().notes.join(" ");
        assert!(notes.contains("Judged by revision 2 of the agreement, which has been in force since 2026-11-01."), "{notes}");

        let revisions = ana.get(&format!("{page}/revisions")).await;
        let seen = revisions.visible();
        for text in [
            "Revision 2, from 2026-11-01 In force now. Made 2026-11-21 07:00 UTC by Ana.",
            "Checkout succeeds · target 99 % 97.5 %",
            "Revision 1, from the beginning Made 2026-11-21 07:00 UTC by Ana. The terms that it began with.",
        ] {
            assert!(seen.contains(text), "{text}: {seen}");
        }
        assert!(revisions.text.contains("As signed &#60;today&#62;") && !seen.contains("Withdraw"), "{seen}");
        assert!(ana.get(&page).await.text.contains(&format!("{page}/revisions")));

        let csv = ana.get(&format!("{page}/revisions.csv")).await;
        assert_eq!((csv.status, csv.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
        let made = "2026-11-21T07:00:00Z,Ana";
        let rows: Vec<&str> = csv.text.lines().collect();
        assert_eq!(rows.len(), 3, "{}", csv.text);
        assert_eq!(rows[0], "revision,effective_from,made_at,made_by,note,applied_at,what,before,after");
        assert_eq!(rows[1], format!("2,2026-11-01T00:00:00Z,{made},As signed <today>,2026-11-21T07:00:00Z,Checkout succeeds · target,99 %,97.5 %"));
        assert!(rows[2].starts_with(&format!("1,,{made},,")) && rows[2].ends_with(",,,"), "{}", rows[2]);
        let json: serde_json::Value = serde_json::from_str(&ana.get(&format!("{page}/revisions.json")).await.text).unwrap();
        let change = &json["revisions"][0]["changes"][0];
        assert_eq!((&change["before"], &change["after"]), (&"99 %".into(), &"97.5 %".into()));
        assert_eq!((json["revisions"][1]["changes"].as_array().map(Vec::len), &json["revisions"][1]["effective_from"]), (Some(0), &serde_json::Value::Null));

        // the same again is no revision
        assert_eq!(save(&ana, &page, "97.5", &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(store::revisions::list(app.db(), agreement.id).await.unwrap().len(), 2);
        // what went wrong last month too is corrected from then on
        let saved = save(&ana, &page, "97", &[("effective", "2026-10-01")]).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.visible());
        assert_eq!(verdicts(&app, &page).await, [said(true, "97"), said(true, "97")]);
        for (day, part) in [("soon", "“soon” is no day"), ("2036-01-01", "at most three years"), ("1960-01-01", "after 1970")] {
            let refused = save(&ana, &page, "96", &[("effective", day)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}");
            assert!(refused.text.contains("id=\"effective-problem\"") && refused.visible().contains(part), "{day}");
        }
    }

    async fn a_planned_change_waits_for_its_day(app: TestApp) {
        let ana = app.signed_in().await;
        let page = an_agreement(&app, &ana).await;
        let source = store_source(&ana.get(&format!("{page}/edit")).await.text);
        let before = stored(&app, &page).await;
        let further = [
            ("effective", "2026-12-01"), ("customer", "Globex"), ("objective-1-kind", "availability"),
            ("objective-1-name", "Login succeeds"), ("objective-1-service", "login"), ("objective-1-source", source.as_str()),
            ("objective-1-total", "logins_total"), ("objective-1-part", "logins_failed_total"),
            ("objective-1-part-is", "bad"), ("objective-1-target", "99.5"), ("objective-1-window", "30d"),
        ];
        let saved = save(&ana, &page, "97", &further).await;
        let told = ana.follow(&saved).await.visible();
        assert!(told.contains("The change is planned and takes effect on 2026-12-01."), "{told}");
        assert_eq!(stored(&app, &page).await, before, "nothing has changed yet");
        assert_eq!(audited(&app).await[0], ("revision.planned".to_owned(), Some("Ana".to_owned())));
        assert_eq!(store::indicators::list_progress(app.db()).await.unwrap().len(), 2, "the new one is read already");
        let seen = ana.get(&format!("{page}/revisions")).await.visible();
        for text in [
            "Revision 2, from 2026-12-01 It waits for its day", "Customer ACME Globex", "Withdraw",
            "Objective “Login succeeds” added 99.5 % over 30d of login", "Revision 1, from the beginning In force now.",
        ] {
            assert!(seen.contains(text), "{text}: {seen}");
        }
        let refused = save(&ana, &page, "96", &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.visible().contains("already waiting to take effect on 2026-12-01. Withdraw it"), "{}", refused.visible());

        let withdraw = async |number: i64| {
            let list = format!("{page}/revisions");
            let answer = ana.post_from(&page, &format!("{list}/{number}/withdraw"), &[]).await;
            ana.follow(&answer).await.visible()
        };
        assert!(withdraw(1).await.contains("no longer waits"));
        assert!(withdraw(2).await.contains("The planned change is withdrawn"));
        assert!(withdraw(2).await.contains("no longer waits"));
        assert_eq!(audited(&app).await[0], ("revision.withdrew".to_owned(), Some("Ana".to_owned())));

        assert_eq!(save(&ana, &page, "97", &further).await.status, StatusCode::SEE_OTHER);
        app.advance(UNTIL_DECEMBER_SECONDS - 60);
        assert_eq!(apply_due(&app.state).await.unwrap(), 0);
        app.advance(60);
        let other = app.state.context.clone();
        let (one, two) = tokio::join!(apply_due(&app.state), apply_due(&other));
        // the job of the application itself may have been faster than both
        assert!(one.unwrap() + two.unwrap() <= 1, "it is applied once");
        let (agreement, objectives) = stored(&app, &page).await;
        assert_eq!(agreement.customer, "Globex");
        let targets: Vec<_> = objectives.iter().map(|one| (one.name.as_str(), one.target.to_string())).collect();
        assert_eq!(targets, [("Checkout succeeds", "97".to_owned()), ("Login succeeds", "99.5".to_owned())]);
        assert_eq!(audited(&app).await[0], ("revision.applied".to_owned(), None));
        let december = agreement.calendar().period_at(app.state.clock.now());
        let report = async |period| make_report(&app.state, &agreement, period, 1).await.unwrap();
        let (november, december) = (report(december.previous()).await, report(december).await);
        assert_eq!((november.objectives.len(), november.objectives[0].target.to_string()), (1, "99".to_owned()));
        assert_eq!((november.objectives[0].met, november.agreement.customer.as_str()), (Some(false), "ACME"));
        assert_eq!((december.objectives.len(), december.objectives[0].target.to_string()), (2, "97".to_owned()));
        let ana = app.signed_in().await; // ten days are longer than a session
        let csv = ana.get(&format!("{page}.csv?from=2026-11-01&to=2026-12-31")).await.text;
        assert_eq!(csv.lines().count(), 4, "one objective in November, two in December: {csv}");
    }

    async fn an_agreement_from_before_revisions_gets_its_old_terms_as_the_first(app: TestApp) {
        let there = source(&app.state, "there", SourceSpec::Scrape { url: "http://127.0.0.1:9/".parse().unwrap() }).await;
        let up = |name: &str| promise(name, ObjectiveKind::Availability, there, ratio("requests_total", "errors_total"));
        let id = agree(&app.state, draft("Old", &[], vec![up("One"), up("Two")])).await;
        let first = store::revisions::list(app.db(), id).await.unwrap().remove(0);
        forget_revisions(&app).await;
        let stored = define_agreement::load(app.db(), id).await.unwrap();
        let objectives: Vec<Objective> = stored.objectives.iter().map(|(objective, ..)| objective.clone()).collect();
        // two names are swapped
        let mut next = draft("Old", &[], vec![up("Two"), up("One")]);
        for (one, objective) in next.objectives.iter_mut().zip(&objectives) {
            one.id = Some(objective.id);
        }
        let next = AgreementDraft { owner: "Payments".to_owned(), ..next };
        let basis = stored.fingerprint().unwrap();
        let ahead = define_agreement::change(&app.state, None, id, next, &basis, Taking::default()).await.unwrap();
        assert_eq!(ahead, None);
        let history = store::revisions::list(app.db(), id).await.unwrap();
        assert_eq!(history.len(), 2);
        assert_eq!((&history[1].agreement, &history[1].objectives), (&first.agreement, &objectives));
        assert_eq!((history[1].effective, history[1].number), (Minute(0), 1));
        assert_eq!((history[0].effective, history[0].agreement.owner.as_str()), (Minute(NOVEMBER), "Payments"));
        assert_eq!(history[0].objectives.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Two", "One"]);
    }
}

/// As if the agreements were from an older version.
async fn forget_revisions(app: &TestApp) {
    const ALL: &str = "DELETE FROM revisions";
    let mut tx = app.db().begin_write().await.unwrap();
    match &mut tx {
        store::Tx::Sqlite(tx) => sqlx::query(ALL).execute(&mut **tx).await.map(drop).unwrap(),
        store::Tx::Postgres(tx) => sqlx::query(ALL).execute(&mut **tx).await.map(drop).unwrap(),
    }
    tx.commit().await.unwrap();
}
