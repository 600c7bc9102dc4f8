//! Set-up, sign-in, sessions, passwords.

use crate::app::{ANA, TestApp};
use crate::on_both;
use nines::store::audit;
use nines::store::{Page, users};
use reqwest::{Method, StatusCode};

/// Actions in the audit log, oldest first.
async fn actions(app: &TestApp) -> Vec<String> {
    let entries = audit::list(app.db(), Page::first(100)).await.unwrap();
    entries.into_iter().rev().map(|entry| entry.action).collect()
}

on_both! {
    async fn the_set_up_link_makes_one_admin_and_then_never_works_again(app: TestApp) {
        let (ana, eve) = (app.browser(), app.browser());
        let link = app.set_up_path();
        let answer = ana.set_up(&link).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{}", answer.text);
        assert_eq!(ana.get("/account").await.status, StatusCode::OK, "she is signed in at once");
        assert_eq!(eve.get(&link).await.status, StatusCode::GONE);
        let user = users::find_by_email(app.db(), ANA.0).await.unwrap().unwrap();
        assert_eq!((user.name.as_str(), user.role), ("Ana", users::Role::Admin));
        assert!(user.password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(users::count(app.db()).await.unwrap(), 1);
        let entry = audit::list(app.db(), Page::first(1)).await.unwrap().remove(0);
        assert_eq!((entry.action.as_str(), entry.entity.as_str(), entry.who), ("create", "user", Some(user.id)));
        assert_eq!(entry.after.as_deref(), Some(r#"{"email":"ana@example.org","name":"Ana","role":"admin"}"#));
    }

    async fn two_people_with_the_same_link_make_one_account(app: TestApp) {
        let (one, two) = (app.browser(), app.browser());
        let link = app.set_up_path();
        let (first, second) = tokio::join!(one.set_up(&link), two.set_up(&link));
        let mut answers = [first.status, second.status];
        answers.sort();
        assert_eq!(answers, [StatusCode::SEE_OTHER, StatusCode::GONE]);
        assert_eq!(users::count(app.db()).await.unwrap(), 1);
    }

    async fn a_set_up_link_expires_after_a_day_and_a_restart_prints_another(app: TestApp) {
        let old = app.set_up_path();
        app.advance(24 * 3600 + 1);
        assert_eq!(app.browser().get(&old).await.status, StatusCode::GONE);
        let app = app.restarted().await;
        assert_ne!(app.set_up_path(), old);
        assert_eq!(app.browser().set_up(&app.set_up_path()).await.status, StatusCode::SEE_OTHER);
        let app = app.restarted().await;
        assert_eq!(app.set_up_link, "", "nobody needs one any more");
    }

    async fn a_set_up_form_that_is_wrong_keeps_what_was_typed_and_says_what_to_mend(app: TestApp) {
        let browser = app.browser();
        let link = app.set_up_path();
        let token = link.split_once("token=").unwrap().1;
        let fields = [("token", token), ("name", "Ana <b>"), ("email", "ana"), ("password", "hunter2"), ("repeat", "x")];
        let answer = browser.post_form(&link, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains("Ana &#60;b&#62;"), "{}", answer.text);
        assert!(!answer.text.contains("hunter2"), "a password never comes back");
        assert!(answer.visible().contains("such as ana@example.org"), "{}", answer.visible());
        assert_eq!(browser.set_up(&link).await.status, StatusCode::SEE_OTHER, "the link still works");
    }

    async fn signing_in_leads_on_to_where_one_wanted_to_go(app: TestApp) {
        app.signed_in().await;
        let bo = app.browser();
        let refused = bo.get("/account?tab=1").await;
        assert_eq!((refused.status, refused.location()), (StatusCode::SEE_OTHER, "/sign-in?next=%2Faccount%3Ftab%3D1"));
        let next = ("next", "/account?tab=1");
        let answer = bo.post_form("/sign-in", &[("email", " ANA@Example.org"), ("password", ANA.1), next]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account?tab=1"), "{}", answer.text);
        let page = bo.follow(&answer).await;
        assert!(page.visible().contains("Ana") && page.text.contains("ana@example.org"), "{}", page.text);
        let evil = app.browser();
        let answer = evil
            .post_form("/sign-in", &[("email", ANA.0), ("password", ANA.1), ("next", "//evil.example/x")])
            .await;
        assert_eq!(answer.location(), "/");
        assert_eq!(actions(&app).await, ["create", "sign_in", "sign_in"]);
    }

    async fn a_wrong_password_and_an_unknown_address_get_the_same_answer(app: TestApp) {
        app.signed_in().await;
        let browser = app.browser();
        let wrong = browser.sign_in(ANA.0, "wrong horse battery").await;
        let unknown = browser.sign_in("bo@example.org", "wrong horse battery").await;
        for answer in [&wrong, &unknown] {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.visible().contains("do not belong together"), "{}", answer.visible());
            assert!(!answer.text.contains("wrong horse"), "a password never comes back");
        }
        assert!(browser.cookie("nines").is_none());
        assert_eq!(actions(&app).await, ["create"], "nothing was changed");
    }

    async fn whoever_tries_too_often_waits(app: TestApp) {
        app.signed_in().await;
        let browser = app.browser();
        for _ in 0..8 {
            assert_eq!(browser.sign_in(ANA.0, "wrong horse battery").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let answer = browser.sign_in(ANA.0, ANA.1).await;
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "30"));
        assert!(answer.visible().contains("Please wait 30 seconds"), "{}", answer.visible());
        app.advance(30);
        assert_eq!(browser.sign_in(ANA.0, ANA.1).await.status, StatusCode::SEE_OTHER);
    }

    async fn a_session_ends_twelve_hours_after_its_last_use(app: TestApp) {
        let ana = app.signed_in().await;
        app.advance(11 * 3600);
        assert_eq!(ana.get("/account").await.status, StatusCode::OK);
        app.advance(11 * 3600);
        assert_eq!(ana.get("/account").await.status, StatusCode::OK, "using it kept it");
        app.advance(12 * 3600 + 1);
        assert_eq!(ana.get("/account").await.location(), "/sign-in?next=%2Faccount");
    }

    async fn a_session_ends_after_seven_days_however_often_it_is_used(app: TestApp) {
        let ana = app.signed_in().await;
        for _ in 0..16 {
            app.advance(10 * 3600);
            assert_eq!(ana.get("/account").await.status, StatusCode::OK);
        }
        app.advance(9 * 3600);
        assert_eq!(ana.get("/account").await.status, StatusCode::SEE_OTHER, "169 hours");
    }

    async fn a_session_survives_a_restart_and_ends_at_sign_out(app: TestApp) {
        let ana = app.signed_in().await;
        let cookie = ana.cookie("nines").unwrap();
        let app = app.restarted().await;
        let again = app.browser();
        again.set_cookie("nines", &cookie);
        assert_eq!(again.get("/account").await.status, StatusCode::OK);
        let answer = again.post_from("/account", "/sign-out", &[]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in"));
        let stolen = app.browser();
        stolen.set_cookie("nines", &cookie);
        assert_eq!(stolen.get("/account").await.status, StatusCode::SEE_OTHER, "the key is void, not only the cookie");
        assert_eq!(actions(&app).await, ["create", "sign_out"]);
    }

    async fn changing_the_password_ends_every_other_session(app: TestApp) {
        let (here, elsewhere) = (app.signed_in().await, app.signed_in().await);
        let before = here.cookie("nines");
        let new = "staple horse correct";
        let answer = here.post_form("/account", &[("current", ANA.1), ("password", new), ("repeat", new)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account"), "{}", answer.text);
        assert_ne!(here.cookie("nines"), before, "this browser has a new key");
        assert!(here.follow(&answer).await.visible().contains("The password is changed."));
        assert!(!here.get("/account").await.visible().contains("The password is changed."), "said once");
        assert_eq!(elsewhere.get("/account").await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.browser().sign_in(ANA.0, ANA.1).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(app.browser().sign_in(ANA.0, new).await.status, StatusCode::SEE_OTHER);
        assert_eq!(actions(&app).await, ["create", "sign_in", "change_password", "sign_in"]);
    }

    async fn a_password_is_not_changed_without_the_present_one_or_for_a_weak_one(app: TestApp) {
        let ana = app.signed_in().await;
        let hash = users::find_by_email(app.db(), ANA.0).await.unwrap().unwrap().password_hash;
        for (current, password, repeat) in [
            ("wrong horse battery", "staple horse correct", "staple horse correct"),
            (ANA.1, "short", "short"),
            (ANA.1, ANA.0, ANA.0),
            (ANA.1, ANA.1, ANA.1),
            (ANA.1, "staple horse correct", "staple horse corrext"),
        ] {
            let fields = [("current", current), ("password", password), ("repeat", repeat)];
            let answer = ana.post_form("/account", &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        }
        assert_eq!(users::find_by_email(app.db(), ANA.0).await.unwrap().unwrap().password_hash, hash);
        assert_eq!(actions(&app).await, ["create"]);
    }

    async fn no_copy_of_the_database_opens_an_account(app: TestApp) {
        let ana = app.signed_in().await;
        let cookie = ana.cookie("nines").unwrap();
        // a signed cookie ends with the key, 43 characters
        let key = &cookie[cookie.len() - 43..];
        let hash = nines::ops::token::hash(key);
        let found = nines::store::sessions::load(app.db(), &hash, app.state.clock.now()).await.unwrap();
        assert!(found.is_some(), "the row is found by the hash of the key: {cookie}");
        let forged = app.browser();
        forged.set_cookie("nines", key);
        assert_eq!(forged.get("/account").await.status, StatusCode::SEE_OTHER, "a key without our signature is nothing");
    }

    async fn signing_out_needs_a_form_and_not_a_link(app: TestApp) {
        let ana = app.signed_in().await;
        let answer = ana.send(ana.request(Method::GET, "/sign-out")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(ana.get("/account").await.status, StatusCode::OK);
    }
}
