//! People: added, given another role, and kept out again, by an admin.

use crate::app::{ANA, Browser, TestApp};
use crate::on_both;
use nines::store::{self, Page, audit};
use reqwest::{Method, StatusCode};

/// A password for everybody but Ana.
const PASSWORD: &str = "staple horse correct";

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

on_both! {
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
