//! Deploys and notes on the charts: left by people and by programs, withdrawn, exported; and a range beside the one before.

use crate::app::{Answer, Browser, TestApp};
use crate::on_both;
use crate::reports::an_agreement;
use crate::scene::somebody;
use nines::store;
use nines::store::users::Role;
use reqwest::{Method, StatusCode};
use serde_json::Value;

async fn an_objective(app: &TestApp, ana: &Browser) -> String {
    an_agreement(app, ana, "boss@example.org").await;
    let id = store::objectives::listings(app.db()).await.unwrap()[0].objective.id;
    format!("/objectives/{id}")
}

/// A program posts a form with that header.
async fn post(app: &TestApp, authorization: &str, fields: &[(&str, &str)]) -> Answer {
    let program = app.browser();
    let request = program.request(Method::POST, "/notes").form(fields);
    program.send(request.header("authorization", authorization)).await
}

/// The key that a page shows once.
fn key(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.visible());
    let (_, rest) = answer.text.split_once("id=\"made\"").expect("a new key");
    let (_, rest) = rest.split_once("value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

const RANGE: &str = "from=2026-11-09&to=2026-11-15";

on_both! {
    async fn a_person_leaves_and_withdraws_a_note(app: TestApp) {
        let ana = app.signed_in().await;
        let page = an_objective(&app, &ana).await;
        let service = store::services::list(app.db()).await.unwrap()[0].id;
        let scope = format!("service:{service}");
        let leave = async |fields: &[(&str, &str)]| {
            let usual = [("kind", "deploy"), ("scope", scope.as_str()), ("at", "2026-11-12T10:30"), ("text", "=v4 <b>")];
            let mut all: Vec<(&str, &str)> = usual.to_vec();
            all.extend_from_slice(fields);
            ana.post_from(&page, &format!("{page}/notes?{RANGE}"), &all).await
        };
        for (field, mend) in [
            (("text", " "), "Write what happened, in one line."),
            (("at", "yesterday"), "Please write day and time as"),
            (("at", "2025-01-01 00:00"), "Give a moment of the last 400 days."),
            (("until", "2026-11-12 10:30"), "Give an end after the beginning"),
            (("scope", "service:1"), "Please choose from the list what it is about."),
            (("kind", "party"), "Please choose deploy or note."),
        ] {
            let refused = leave(&[field]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field:?}");
            let seen = refused.visible();
            assert!(seen.contains(mend) && refused.text.contains("2026-11-15"), "{field:?}: the range stays: {seen}");
        }
        let reloaded = ana.get(&format!("{page}/notes?{RANGE}")).await;
        assert_eq!(reloaded.location(), format!("{page}?{RANGE}#notes"), "a refused form that is opened by its address");
        let left = leave(&[("until", "2026-11-12T11:00")]).await;
        assert_eq!(left.status, StatusCode::SEE_OTHER, "{}", left.visible());
        assert_eq!(left.location(), format!("{page}?{RANGE}#notes"));
        let shown = ana.follow(&left).await;
        let seen = shown.visible();
        for text in ["Deploy", "=v4 &#60;b&#62;", "2026-11-12 10:30", "The service checkout", "Deploy: =v4 &#60;b&#62;"] {
            assert!(seen.contains(text), "{text}: {seen}");
        }
        assert_eq!(shown.text.matches("stroke=\"none\">Deploy</text>").count(), 6, "in the legends of three charts, twice each");
        let quiet = ana.get(&format!("{page}?from=2026-11-14&to=2026-11-15")).await;
        assert!(quiet.visible().contains("No deploy, note or change of the terms in this range."));

        let csv = ana.get(&format!("{page}/notes.csv?{RANGE}")).await;
        let row: Vec<&str> = csv.text.lines().nth(1).unwrap().split(',').collect();
        assert_eq!(row[1..7], ["deploy", &scope, "2026-11-12T09:30:00Z", "2026-11-12T10:00:00Z", "'=v4 <b>", "Ana"]);
        let json: Value = serde_json::from_str(&ana.get(&format!("{page}/notes.json?{RANGE}")).await.text).unwrap();
        assert_eq!((&json["notes"][0]["text"], &json["notes"][0]["author"]), (&"=v4 <b>".into(), &"Ana".into()));

        let id = json["notes"][0]["id"].as_i64().unwrap();
        let withdraw = format!("{page}/notes/{id}/withdraw?{RANGE}");
        let viewer = somebody(&app, "vic", Role::Viewer).await;
        let refused = viewer.post_from("/account", &withdraw, &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.visible());
        assert!(!viewer.get(&page).await.visible().contains("Keep the note"), "a viewer is offered nothing");
        assert_eq!(ana.post_from(&page, &withdraw, &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(ana.post_from(&page, &withdraw, &[]).await.status, StatusCode::NOT_FOUND, "once");
        assert!(ana.get(&format!("{page}?{RANGE}")).await.visible().contains("No deploy, note or change"));
        let log = ana.get("/audit").await.visible();
        assert!(log.contains("withdrawn the note") && log.contains("left the note"), "{log}");
    }

    async fn a_program_leaves_notes_with_its_key_and_nothing_else(app: TestApp) {
        let ana = app.signed_in().await;
        let page = an_objective(&app, &ana).await;
        let keys = format!("{page}/note-keys");
        let id = page.trim_start_matches("/objectives/");
        let refused = ana.post_form(&keys, &[("name", " "), ("scope", &format!("objective:{id}"))]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.visible().contains("who will use the key"));
        let made = ana.post_form(&keys, &[("name", "pipeline"), ("scope", &format!("objective:{id}"))]).await;
        let bearer = format!("Bearer {}", key(&made));
        assert!(made.visible().contains("curl --fail"), "{}", made.visible());
        assert!(!ana.get(&keys).await.text.contains(&bearer[7..]), "it is shown once");

        for (header, fields, status, mend) in [
            ("", vec![("text", "x")], StatusCode::UNAUTHORIZED, "Authorization: Bearer KEY"),
            ("Bearer nobody", vec![("text", "x")], StatusCode::UNAUTHORIZED, "Authorization: Bearer KEY"),
            (&bearer, vec![], StatusCode::UNPROCESSABLE_ENTITY, "text: Write what happened"),
            (&bearer, vec![("text", "x"), ("kind", "y")], StatusCode::UNPROCESSABLE_ENTITY, "kind: Write deploy or note."),
            (&bearer, vec![("text", "x"), ("at", "noon")], StatusCode::UNPROCESSABLE_ENTITY, "at: Write a moment with its zone"),
            (&bearer, vec![("text", "x"), ("at", "2027-01-01T00:00:00Z")], StatusCode::UNPROCESSABLE_ENTITY, "at: Give a moment at most 7 days"),
        ] {
            let answer = post(&app, header, &fields).await;
            assert_eq!(answer.status, status, "{fields:?}: {}", answer.text);
            assert!(answer.text.contains(mend), "{fields:?}: {}", answer.text);
        }
        let now = post(&app, &bearer, &[("text", "v5"), ("kind", "deploy")]).await;
        assert_eq!((now.status, now.header("content-type")), (StatusCode::CREATED, "text/plain; charset=utf-8"), "{}", now.text);
        let then = post(&app, &bearer, &[("text", "index rebuilt"), ("at", "2026-11-12T10:30:00+01:00")]).await;
        assert_eq!(then.status, StatusCode::CREATED, "{}", then.text);
        let seen = ana.get(&format!("{page}?range=30d")).await.visible();
        for text in ["v5", "2026-11-21 08:00 CET", "index rebuilt", "2026-11-12 10:30 CET", "pipeline", "This objective"] {
            assert!(seen.contains(text), "{text}: {seen}");
        }
        // the key opens no page
        let program = app.browser();
        let answer = program.send(program.request(Method::GET, &page).header("authorization", &bearer)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "it is led to the sign-in page");

        let known = store::objectives::listings(app.db()).await.unwrap().remove(0);
        let kept = store::note_keys::list(app.db(), &known).await.unwrap().remove(0);
        assert_eq!(kept.used_at, Some(app.state.clock.now()));
        let revoked = ana.post_from(&keys, &format!("{keys}/{}/revoke", kept.id), &[]).await;
        assert_eq!(revoked.status, StatusCode::SEE_OTHER);
        assert_eq!(post(&app, &bearer, &[("text", "v6")]).await.status, StatusCode::UNAUTHORIZED);
        assert!(ana.get(&keys).await.visible().contains("Revoked"));
    }

    async fn a_note_that_reaches_its_daily_limit_is_refused_with_the_reason(app: TestApp) {
        use nines::domain::exclusion::Scope;
        use nines::domain::note::{Author, NoteKind};
        use nines::ops::leave_note::{DAILY_MAX, Draft, leave};
        app.signed_in().await;
        let who = Author::Person(store::users::list(app.db()).await.unwrap()[0].id);
        let draft = || Draft { kind: NoteKind::Note, scope: Scope::All, at: None, until: None, text: "again".to_owned() };
        for _ in 0..DAILY_MAX {
            leave(&app.state, who, draft()).await.unwrap();
        }
        let refused = leave(&app.state, who, draft()).await.unwrap_err().to_string();
        assert!(refused.contains("500 notes were left within a day"), "{refused}");
        app.advance(86_400);
        leave(&app.state, who, draft()).await.unwrap();
    }

    /// On the 9th 60 of 14,400 requests failed, on the 10th none: 14,340 ÷ 14,400 = 99.58333 %, and 60 ÷ (0.001 × 14,400) =
    /// 416.667 % of that day's budget.
    async fn a_range_is_compared_with_the_one_before(app: TestApp) {
        let ana = app.signed_in().await;
        let page = an_objective(&app, &ana).await;
        let day = format!("{page}?from=2026-11-10&to=2026-11-10");
        assert!(!ana.get(&day).await.visible().contains("Compared with before"));
        let compared = ana.get(&format!("{day}&compare=previous")).await;
        let seen = compared.visible();
        for text in [
            "Better than before: a good share of 100 % after 99.58",
            "2026-11-09 00:00 – 2026-11-10 00:00 CET, Europe/Berlin",
            "Good (SLI) 100 % 99.5833 % +0.4167 points",
            "Bad requests 0 60 −60",
            "All requests 14,400 14,400 no change",
            "−416.6667 points",
            "Outages 0 1 −1",
            "Down in all none 1 h −1 h",
        ] {
            assert!(seen.contains(text), "{text}: {seen}");
        }
        assert!(compared.text.contains(">Before: budget left</text>"), "its line is in the legend");
        let alone = ana.get(&format!("{page}?from=2026-11-09&to=2026-11-09&compare=previous")).await.visible();
        assert!(alone.contains("There is nothing to compare with"), "{alone}");
        let wrong = ana.get(&format!("{day}&compare=next")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.visible().contains("Write compare=previous"), "{}", wrong.visible());
    }
}
