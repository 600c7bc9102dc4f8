//! The preview in the agreement form: what the last weeks would have come to, with nothing stored.

use crate::app::{Answer, Browser, START_SECONDS, TestApp};
use crate::on_both;
use crate::scene::{
    Endpoint, Says, agree, closed_port, draft, indicators, promise, ratio, source, source_with_timeout,
};
use nines::domain::calendar::PeriodKind;
use nines::domain::exclusion::{Exclusion, Scope, State};
use nines::domain::ids::{AgreementId, SourceId};
use nines::domain::ledger::Slice;
use nines::domain::model::{ObjectiveKind, SourceSpec, Window};
use nines::domain::time::{Minute, Span};
use nines::ops::define_agreement::{AgreementDraft, ObjectiveDraft};
use nines::ops::preview_agreement::{Preview, Previewed, preview};
use nines::ops::pull;
use nines::store;
use nines_support::prometheus::Prometheus;
use reqwest::StatusCode;
use std::fmt::Write as _;

const TOTAL: &str = "http_requests_total{job=\"shop\"}";
const BAD: &str = "http_requests_total{job=\"shop\",code=\"500\"}";
/// The end of what can be judged: 90 seconds before now, in whole minutes.
const END: i64 = START_SECONDS / 60 - 2;

async fn prometheus_at(app: &TestApp, url: &str) -> SourceId {
    source(&app.state, "metrics", SourceSpec::Prometheus { url: url.parse().unwrap() }).await
}

async fn dead(app: &TestApp) -> SourceId {
    prometheus_at(app, &format!("http://127.0.0.1:{}", closed_port().await)).await
}

/// The form with one objective of 99.9 % over 30 days.
fn fields(action: &str, source: SourceId, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let source = source.to_string();
    let usual = [
        ("action", action),
        ("name", "Shop for ACME"),
        ("zone", "UTC"),
        ("period", "month"),
        ("report-every", "week"),
        ("objective-0-kind", "availability"),
        ("objective-0-name", "Shop answers"),
        ("objective-0-service", "Shop"),
        ("objective-0-source", &source),
        ("objective-0-total", TOTAL),
        ("objective-0-part", BAD),
        ("objective-0-part-is", "bad"),
        ("objective-0-target", "99.9"),
        ("objective-0-window", "30d"),
    ];
    let kept = usual.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    kept.chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn post(browser: &Browser, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post_form("/agreements/new", &fields).await
}

/// How much is stored that a definition would add to.
async fn stored(app: &TestApp) -> [usize; 3] {
    let db = app.db();
    [
        store::agreements::list(db).await.unwrap().len(),
        store::indicators::list(db).await.unwrap().len(),
        store::services::list(db).await.unwrap().len(),
    ]
}

/// Ten requests a minute for ten days, of the source's only indicator; in four minutes of one slice all of them fail.
async fn ten_days(app: &TestApp, source: SourceId) {
    let slice = |minute: i64| {
        let good = if (END - 998..END - 994).contains(&minute) { 0 } else { 10 };
        Slice { good, total: 10, catch_up: false }
    };
    let minutes: Vec<_> = (END - 14_400..END).map(|minute| (Minute(minute), Some(slice(minute)))).collect();
    let indicator = indicators(app.db(), source).await[0];
    let mut tx = app.db().begin_write().await.unwrap();
    store::ledger::write(&mut tx, indicator, &minutes).await.unwrap();
    tx.commit().await.unwrap();
}

#[track_caller]
fn says(answer: &Answer, texts: &[&str]) {
    let seen = answer.visible();
    for text in texts {
        assert!(seen.contains(text), "{text}: {seen}");
    }
}

on_both! {
    async fn the_preview_of_a_query_in_the_ledger_shows_its_numbers_and_keeps_nothing(app: TestApp) {
        let (ana, source) = (app.signed_in().await, dead(&app).await);
        let one = promise("Shop answers", ObjectiveKind::Availability, source, ratio(TOTAL, BAD));
        agree(&app.state, draft("Another contract", &[], vec![one])).await;
        ten_days(&app, source).await;

        let before = stored(&app).await;
        let answer = post(&ana, &fields("preview", source, &[])).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.visible());
        says(&answer, &[
            "Preview: Shop answers",
            "its minutes come from the ledger",
            // 14,400 of 35 days are known
            "14,400 of 50,400 judged minutes",
            "1, the longest 4 min",
            // 40 of 144,000 are bad, and 144 may be
            "the last 30 days 143,960 of 144,000 requests 99.9722 % Met 72.22 %, 31 min 12 s left",
            // ten days and a slice that was cut in two; one is bad, a fifth of it good
            "2,880 of 2,881 slices of 5 min 99.9653 % Met",
            "2,880.2 of 2,881 slices of 5 min 99.9722 % Met",
            // 50.4 of the 100,800 of a week may be bad at 99.95 %
            "99.95 %: 72 windows of 7 days, one each hour, all meet it.",
            "The worst ended 2026-11-20 15:00",
            // ten of 600 are a burn rate of 16.7; five minutes after the last bad one it is quiet
            "Page when it burns faster than 14.4× over both 1 h and 5 min 1 8 min",
            // from the third of the four minutes on
            "Page when it burns faster than 6× over both 6 h and 30 min 1 31 min",
            "Ticket when it burns faster than 3× over both 1 d and 2 h 0 –",
            "Ticket when it burns faster than 1× over both 3 d and 6 h 0 –",
        ]);
        assert!(answer.text.contains("value=\"99.9\""), "what was typed stays");
        assert_eq!(stored(&app).await, before);

        let suggested = [("objective-0-suggested", "99.95")];
        let answer = post(&ana, &fields("suggest-objective-0", source, &suggested)).await;
        says(&answer, &["the last 30 days 143,960 of 144,000 requests 99.9722 % Met 44.44 %"]);
        let (_, field) = answer.text.split_once("name=\"objective-0-target\"").unwrap();
        assert!(field.split('>').next().unwrap().contains("value=\"99.95\""), "{field}");
        let answer = post(&ana, &fields("preview", source, &[("objective-0-target", "99.99")])).await;
        says(&answer, &["99.9722 % Missed"]);
        assert_eq!(stored(&app).await, before);
    }

    async fn periods_and_exclusions_of_the_agreement_hold_in_its_preview(app: TestApp) {
        let source = dead(&app).await;
        let one = promise("Shop answers", ObjectiveKind::Availability, source, ratio(TOTAL, BAD));
        let one = ObjectiveDraft { window: Window::Calendar, ..one };
        let draft = AgreementDraft { period: PeriodKind::Day, ..draft("Shop", &[], vec![one]) };
        let id = agree(&app.state, draft.clone()).await;
        ten_days(&app, source).await;
        let outage = Span::new(Minute(END - 998), Minute(END - 994));
        let exclusion = Exclusion { scope: Scope::Agreement(id), ..Exclusion::planned(outage) };
        let mut tx = app.db().begin_write().await.unwrap();
        let proposed = store::exclusions::insert(&mut tx, &exclusion).await.unwrap();
        tx.commit().await.unwrap();

        // today until 06:58, and yesterday with or without its four bad minutes
        let windows = |judged: Previewed| -> Vec<(i64, i64)> {
            judged.windows.iter().map(|w| (w.judgement.tally.good, w.judgement.tally.total)).collect()
        };
        assert_eq!(windows(judged(&app, &draft, None).await), [(4_180, 4_180), (14_360, 14_400)]);
        let asked = judged(&app, &draft, Some(id)).await;
        assert_eq!(windows(asked)[1], (14_360, 14_400), "what is only proposed takes nothing out");
        let mut tx = app.db().begin_write().await.unwrap();
        let (from, to) = (State::Proposed, State::Approved);
        store::exclusions::decide(&mut tx, proposed, from, to, exclusion.proposed, "").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(windows(judged(&app, &draft, Some(id)).await), [(4_180, 4_180), (14_360, 14_360)]);
        assert_eq!(windows(judged(&app, &draft, None).await)[1], (14_360, 14_400), "it is that agreement's alone");
    }

    async fn what_cannot_be_judged_says_why(app: TestApp) {
        let (ana, source) = (app.signed_in().await, dead(&app).await);
        let answer = post(&ana, &fields("preview", source, &[])).await;
        assert_eq!(answer.status, StatusCode::OK);
        says(&answer, &["“metrics” could not be read"]);
        let scraped = SourceSpec::Scrape { url: "http://127.0.0.1:9/metrics".parse().unwrap() };
        let endpoint = crate::scene::source(&app.state, "endpoint", scraped).await;
        let answer = post(&ana, &fields("preview", endpoint, &[])).await;
        says(&answer, &["“endpoint” is a metrics endpoint, which says only what is true now"]);
        let answer = post(&ana, &fields("preview", source, &[("objective-0-target", "100")])).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!answer.visible().contains("Preview: Shop answers"));
        assert_eq!(stored(&app).await, [0; 3]);
    }

    async fn a_new_query_is_read_as_a_pull_would_read_it(app: TestApp) {
        const MINUTES: i64 = 3000;
        let server = Prometheus::with_history(|out| out.write_all(history(MINUTES).as_bytes()));
        let spec = SourceSpec::Prometheus { url: server.url().parse().unwrap() };
        let source = source_with_timeout(&app.state, "metrics", spec, 30).await;
        let one = promise("Shop answers", ObjectiveKind::Availability, source, ratio(TOTAL, BAD));
        let draft = draft("Shop", &[], vec![one]);
        let before = judged(&app, &draft, None).await;
        assert_eq!(stored(&app).await, [0; 3]);
        let tally = before.all.counted;
        // the first sample of a series is nothing to count from
        assert_eq!((tally.total - tally.good, before.outages, before.longest), (40, 1, 4));
        assert!((MINUTES - 5..=MINUTES).contains(&tally.known), "{tally:?}");

        agree(&app.state, draft.clone()).await;
        assert!(pull::pull_now(&app.state, source).await.unwrap());
        let after = judged(&app, &draft, None).await;
        assert_eq!((before.all, before.methods, before.alerts), (after.all, after.methods, after.alerts));
        assert_eq!(before.windows[0].judgement, after.windows[0].judgement);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_long_for_a_source_that_is_silent() {
    let app = TestApp::on_sqlite().await;
    let endpoint = Endpoint::start().await;
    endpoint.say(Says::Nothing);
    let source = source_with_timeout(&app.state, "slow", SourceSpec::Prometheus { url: endpoint.url() }, 60).await;
    let one = |n: i64| promise(&n.to_string(), ObjectiveKind::Availability, source, ratio(TOTAL, &format!("bad_{n}")));
    let began = std::time::Instant::now();
    let previews = preview(&app.state, &draft("Shop", &[], (0..6).map(one).collect()), None).await.unwrap();
    assert!(began.elapsed().as_secs() < 15, "six together wait as long as one: {:?}", began.elapsed());
    let why = |preview: &Preview| match preview {
        Preview::Skipped(why) => why.contains("“slow” did not hand over 35 days"),
        Preview::Judged(_) => false,
    };
    assert!(previews.len() == 6 && previews.iter().all(why), "{previews:?}");
}

/// Ten requests a minute, counted at its end, up to now; for four minutes all of them fail.
fn history(minutes: i64) -> String {
    let mut text = "# TYPE http_requests counter\n".to_owned();
    for (code, is_bad) in [("200", false), ("500", true)] {
        let mut value = 0;
        for minute in END + 2 - minutes..END + 2 {
            if (END - 998..END - 994).contains(&minute) == is_bad {
                value += 10;
            }
            let at = minute * 60 + 59;
            writeln!(text, "http_requests_total{{job=\"shop\",instance=\"a\",code=\"{code}\"}} {value} {at}").unwrap();
        }
    }
    text + "# EOF\n"
}

async fn judged(app: &TestApp, draft: &AgreementDraft, id: Option<AgreementId>) -> Previewed {
    match preview(&app.state, draft, id).await.unwrap().remove(0) {
        Preview::Judged(judged) => *judged,
        Preview::Skipped(why) => panic!("{why}"),
    }
}
