//! What people without an account see behind a link: one agreement, one badge, and nothing when it is over.

use crate::app::{ANA, Answer, Browser, TestApp};
use crate::on_both;
use crate::reports::an_agreement;
use nines::domain::ids::AgreementId;
use nines::ops::evaluate;
use nines::store::{self, Page, audit};
use reqwest::StatusCode;

/// The new address's path, from the page that shows it once.
#[track_caller]
fn path(answer: &Answer, folder: &str) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.visible());
    let (_, rest) = answer.text.split_once(folder).unwrap_or_else(|| panic!("no {folder} in {}", answer.text));
    let token: String = rest.chars().take_while(|c| !matches!(c, '"' | '<' | ')' | '&')).collect();
    format!("{folder}{token}")
}

async fn shared(ana: &Browser, id: i64, until: &str) -> Answer {
    let page = format!("/agreements/{id}/links");
    ana.post_form(&page, &[("until", until), ("note", "ACME, Ms Jones")]).await
}

#[track_caller]
fn shows_nothing(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.visible().contains("This link shows nothing"), "{}", answer.visible());
    assert!(!answer.text.contains("ACME") && !answer.text.contains("href=\"/\""), "{}", answer.text);
}

on_both! {
    async fn a_link_shows_the_sheet_and_the_reports_of_one_agreement_and_nothing_else(app: TestApp) {
        let ana = app.signed_in().await;
        let id = an_agreement(&app, &ana, "boss@example.org").await;
        let sent = ana.post_from(&format!("/agreements/{id}"), &format!("/agreements/{id}/send"), &[]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.visible());
        let report = store::reports::list(app.db(), None, Page::first(1)).await.unwrap()[0].id;
        let path = path(&shared(&ana, id, "2026-12-31").await, "/shared/");

        let stranger = app.browser();
        let sheet = stranger.get(&path).await;
        assert_eq!(sheet.status, StatusCode::OK, "{}", sheet.visible());
        let seen = sheet.visible();
        for text in [
            "Shop &#60;ACME&#62;",
            "November 2026 so far",
            "at least 99.9 % of requests succeed, over any 30 days",
            // 100,740 of 100,800
            "99.9405 %",
            "calendar month",
            "its link holds until 2027-01-01 00:00 CET",
            "Week 46",
        ] {
            assert!(seen.contains(text), "{text}: {seen}");
        }
        for secret in ["boss@example.org", "http_requests", "prometheus", "127.0.0.1:9", "csrf", "/agreements", "/objectives"] {
            assert!(!sheet.text.contains(secret), "{secret} is on the sheet");
        }
        let leads_to = |text: &str| {
            let hrefs = text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
            hrefs.filter(|href| !href.starts_with("/assets/") && !href.starts_with('#')).collect::<Vec<_>>()
        };
        let endings = if cfg!(feature = "pdf") { &["pdf", "xlsx", "html", "txt", "csv"][..] } else { &["xlsx", "html", "txt", "csv"] };
        let files: Vec<String> = endings.iter().map(|end| format!("{path}/reports/{report}.{end}")).collect();
        assert_eq!(leads_to(&sheet.text), files);
        for answer in [&sheet, &stranger.get("/shared/nobody").await] {
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(answer.header("x-robots-tag").starts_with("noindex"));
            assert!(answer.text.contains("<meta name=\"robots\" content=\"noindex\">"));
            assert_eq!(answer.header("set-cookie"), "", "a stranger is not followed");
        }
        for file in &files {
            let answer = stranger.get(file).await;
            assert_eq!(answer.status, StatusCode::OK, "{file}");
            assert_eq!(answer.header("referrer-policy"), "no-referrer", "{file}");
            let is_packed = file.rsplit('.').next().is_some_and(|end| ["pdf", "xlsx"].contains(&end));
            let says_it = is_packed || answer.text.contains("Checkout succeeds");
            assert!(says_it && !answer.text.contains("http_requests"), "{file}");
        }
        assert_eq!(stranger.get(&format!("{path}/reports/{report}.json")).await.status, StatusCode::NOT_FOUND);
        shows_nothing(&stranger.get(&format!("{path}/reports/1.html")).await);
        // who is signed in sees the same: no way from the sheet into Nines
        assert_eq!(leads_to(&ana.get(&path).await.text), files);
    }

    async fn a_link_to_one_agreement_opens_no_report_of_another(app: TestApp) {
        let ana = app.signed_in().await;
        let id = an_agreement(&app, &ana, "boss@example.org").await;
        ana.post_from(&format!("/agreements/{id}"), &format!("/agreements/{id}/send"), &[]).await;
        let report = store::reports::list(app.db(), None, Page::first(1)).await.unwrap()[0].id;
        let source = store::sources::list(app.db(), &app.state.sealer).await.unwrap()[0].id;
        let query = crate::scene::ratio("other_total", "other_bad");
        let one = crate::scene::promise("Other", nines::domain::model::ObjectiveKind::Availability, source, query);
        let other = crate::scene::agree(&app.state, crate::scene::draft("Globex", &[], vec![one])).await;
        let theirs = path(&shared(&ana, other.0, "2026-12-31").await, "/shared/");
        assert_eq!(app.browser().get(&theirs).await.status, StatusCode::OK);
        shows_nothing(&app.browser().get(&format!("{theirs}/reports/{report}.html")).await);
    }

    async fn a_link_ends_with_its_day_or_when_it_is_revoked_and_both_are_in_the_log(app: TestApp) {
        let ana = app.signed_in().await;
        let id = an_agreement(&app, &ana, "boss@example.org").await;
        for (until, mend) in [("", "is no day"), ("soon", "is no day"), ("2026-11-20", "is over"), ("2028-01-01", "400 days")] {
            let answer = shared(&ana, id, until).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{until}");
            assert!(answer.visible().contains(mend) && answer.text.contains("ACME, Ms Jones"), "{}", answer.visible());
        }
        let stranger = app.browser();
        let short = path(&shared(&ana, id, "2026-11-21").await, "/shared/");
        let long = path(&shared(&ana, id, "2026-12-31").await, "/shared/");
        assert_ne!(short, long);
        assert_eq!(stranger.get(&short).await.status, StatusCode::OK);
        let page = format!("/agreements/{id}/links");
        let listed = ana.get(&page).await;
        let token = short.trim_start_matches("/shared/");
        assert!(!listed.text.contains(token), "it is shown once");
        let seen = listed.visible();
        for text in ["ACME, Ms Jones", "Ana 2026-11-21", "2026-11-22 00:00 CET", "2027-01-01 00:00 CET", "never", "Open"] {
            assert!(seen.contains(text), "{text}: {seen}");
        }
        // 07:00 UTC to midnight in Berlin, at 23:00 UTC
        app.advance(16 * 3600 - 1);
        assert_eq!(stranger.get(&short).await.status, StatusCode::OK);
        app.advance(1);
        shows_nothing(&stranger.get(&short).await);
        // the session has ended in the meantime
        ana.sign_in(ANA.0, ANA.1).await;
        assert!(ana.get(&page).await.visible().contains("Expired"));

        assert_eq!(stranger.get(&long).await.status, StatusCode::OK);
        let links = store::share_links::list(app.db(), AgreementId(id)).await.unwrap();
        let revoke = format!("{page}/{}/revoke", links[0].id);
        let elsewhere = format!("/agreements/{}/links/{}/revoke", id + 1, links[0].id);
        assert_eq!(ana.post_from(&page, &elsewhere, &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(ana.post_from(&page, &revoke, &[]).await.status, StatusCode::SEE_OTHER);
        shows_nothing(&stranger.get(&long).await);
        shows_nothing(&stranger.get(&format!("{long}x")).await);
        shows_nothing(&stranger.get(&format!("/shared/{}", "x".repeat(1_000))).await);
        assert_eq!(ana.post_from(&page, &revoke, &[]).await.status, StatusCode::NOT_FOUND, "it is over already");
        assert!(ana.get(&page).await.visible().contains("Revoked 2026-11-2"));

        let entries = audit::list_of(app.db(), "agreement", id, Page::first(9)).await.unwrap();
        let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions.iter().take(3).copied().collect::<Vec<_>>(), ["link.revoked", "link.made", "link.made"]);
        let told: String = entries.iter().filter_map(|entry| entry.after.clone().or(entry.before.clone())).collect();
        assert!(told.contains("ACME, Ms Jones") && !told.contains(token), "{told}");
        assert!(ana.get("/audit").await.visible().contains("revoked the link"));
    }

    async fn a_badge_shows_one_objective_and_its_address_opens_nothing_else(app: TestApp) {
        let ana = app.signed_in().await;
        let id = an_agreement(&app, &ana, "boss@example.org").await;
        let objective = store::objectives::list_by_agreement(app.db(), AgreementId(id)).await.unwrap()[0].id;
        let page = format!("/objectives/{objective}/badge");
        let made = ana.post_form(&page, &[("note", "README")]).await;
        let path = path(&made, "/badges/");
        let text = made.visible();
        assert!(text.contains(&format!("![Checkout succeeds]({}{path})", app.url)), "{text}");
        assert!(text.contains(&format!("img src=\"{}{path}\" alt=\"Checkout succeeds\"", app.url)), "{text}");

        let stranger = app.browser();
        let early = stranger.get(&path).await;
        assert_eq!((early.status, early.header("content-type")), (StatusCode::OK, "image/svg+xml"));
        assert!(early.text.contains("not judged yet"), "{}", early.text);
        evaluate::evaluate_all(&app.state).await.unwrap();
        let badge = stranger.get(&path).await;
        assert_eq!(badge.header("cache-control"), "public, max-age=60");
        // 60 of the 100.8 that may fail: most of the budget is left over, but less than half
        assert!(badge.text.contains("<title>Checkout succeeds: 99.9405 % · "), "{}", badge.text);
        assert!(!badge.text.contains("http_requests") && !badge.text.contains("ACME"), "{}", badge.text);

        let token = path.trim_start_matches("/badges/").trim_end_matches(".svg");
        shows_nothing(&stranger.get(&format!("/shared/{token}")).await);
        let sheet = self::path(&shared(&ana, id, "2026-12-31").await, "/shared/");
        let wrong = stranger.get(&format!("{}.svg", sheet.replace("/shared/", "/badges/"))).await;
        assert_eq!(wrong.status, StatusCode::NOT_FOUND);
        assert!(wrong.text.contains("no such badge"), "{}", wrong.text);
        let link = store::share_links::list(app.db(), AgreementId(id)).await.unwrap();
        let link = link.iter().find(|link| link.objective.is_some()).unwrap().id;
        ana.post_from(&page, &format!("/agreements/{id}/links/{link}/revoke"), &[]).await;
        let gone = stranger.get(&path).await;
        assert_eq!((gone.status, gone.header("cache-control")), (StatusCode::NOT_FOUND, "no-store"));
        assert!(gone.text.contains("no such badge"), "{}", gone.text);
    }

    async fn a_viewer_sees_links_but_makes_and_revokes_none(app: TestApp) {
        let ana = app.signed_in().await;
        let id = an_agreement(&app, &ana, "boss@example.org").await;
        let objective = store::objectives::list_by_agreement(app.db(), AgreementId(id)).await.unwrap()[0].id;
        shared(&ana, id, "2026-12-31").await;
        let link = store::share_links::list(app.db(), AgreementId(id)).await.unwrap()[0].id;
        let fields = [("name", "Vi"), ("email", "vi@example.org"), ("role", "viewer"), ("password", "staple horse correct")];
        ana.post_form("/people", &fields).await;
        let vi = app.browser();
        vi.sign_in("vi@example.org", "staple horse correct").await;
        let page = format!("/agreements/{id}/links");
        let seen = vi.get(&page).await;
        assert!(seen.visible().contains("ACME, Ms Jones") && !seen.text.contains("/revoke"), "{}", seen.visible());
        for path in [page.clone(), format!("{page}/{link}/revoke"), format!("/objectives/{objective}/badge")] {
            let answer = vi.post_from("/account", &path, &[("until", "2026-12-31")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(app.browser().get(&page).await.status, StatusCode::SEE_OTHER, "nobody without an account");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_slowed_down_and_does_not_lock_anybody_out_of_signing_in() {
    let app = TestApp::on_sqlite().await;
    let ana = app.signed_in().await;
    let stranger = app.browser();
    let mut last = stranger.get("/shared/guess").await;
    shows_nothing(&last);
    for n in 0..120 {
        last = stranger.get(&format!("/shared/guess{n}")).await;
    }
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(last.visible().contains("asked for too often"), "{}", last.visible());
    assert_ne!(last.header("retry-after"), "");
    assert_eq!(stranger.get("/badges/guess.svg").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ana.get("/agreements").await.status, StatusCode::OK);
    assert_eq!(app.browser().sign_in(ANA.0, ANA.1).await.status, StatusCode::SEE_OTHER);
    app.advance(2);
    assert_eq!(stranger.get("/shared/guess").await.status, StatusCode::NOT_FOUND);
}
