//! What is usual is learned from the ledger; what left it is listed, told in files, and explained by people.

use crate::on_both;
use crate::scene::{Chance, agree, draft, indicators, promise, ratio, somebody, source};
use nines::domain::calendar::{Period, PeriodKind};
use nines::domain::exclusion::Scope;
use nines::domain::ids::{AgreementId, IndicatorId, ObjectiveId};
use nines::domain::ledger::Slice;
use nines::domain::model::{ObjectiveKind, SourceSpec};
use nines::domain::time::{DAY_MINUTES, Minute, Span};
use nines::domain::watch::{Anomaly, HourBand, Measure};
use nines::ops::{Context, learn_baselines};
use nines::store::users::Role;
use nines::store::{self, Db};
use nines_support::schema::complaints;
use reqwest::StatusCode;

/// How much there is to learn from.
const DAYS: i64 = 20;
/// When the incident begins, counted from the first minute: the 19th day, 10:00 after its beginning.
const INCIDENT: i64 = 18 * DAY_MINUTES + 600;
/// How long it lasts.
const LASTING: i64 = 90;

/// An availability objective, its indicator, and where its ledger begins.
struct Watched {
    agreement: AgreementId,
    objective: ObjectiveId,
    indicator: IndicatorId,
    first: Minute,
}

impl Watched {
    async fn new(context: &Context, name: &str) -> Self {
        let spec = SourceSpec::Scrape { url: "http://127.0.0.1:9/".parse().unwrap() };
        let source = source(context, name, spec).await;
        let promise =
            promise("Answered", ObjectiveKind::Availability, source, ratio("a_total", "a_total{code=\"500\"}"));
        let agreement = agree(context, draft(name, &[], vec![promise])).await;
        let objective = store::objectives::list_by_agreement(&context.db, agreement).await.unwrap()[0].id;
        let indicator = indicators(&context.db, source).await[0];
        let first = context.clock.now().minute().hour().first().plus(-DAYS * DAY_MINUTES);
        Self { agreement, objective, indicator, first }
    }

    fn at(&self, minutes: i64) -> Minute {
        self.first.plus(minutes)
    }

    fn all(&self) -> Span {
        Span::new(self.first, self.at(DAYS * DAY_MINUTES))
    }

    /// 1,900 to 2,100 requests a minute, 10 to 18 of them failed, without end; in the incident 12,000, of which a third fails. A day of the second week is unknown.
    async fn measure(&self, context: &Context, from: i64, to: i64) {
        let mut chance = Chance(7);
        let slices: Vec<(Minute, Option<Slice>)> = (0..to)
            .map(|n| {
                let (total, bad) = (chance.between(1900, 2101), chance.between(10, 19));
                let in_it = (INCIDENT..INCIDENT + LASTING).contains(&n);
                let (total, bad) = if in_it { (12_000, 4000) } else { (total, bad) };
                let is_unknown = (9 * DAY_MINUTES..10 * DAY_MINUTES).contains(&n);
                (self.at(n), (!is_unknown).then(|| Slice::new(total - bad, total).unwrap()))
            })
            .skip(usize::try_from(from).unwrap())
            .collect();
        let mut pull = store::indicators::load_pull(&context.db, self.indicator).await.unwrap().unwrap();
        (pull.settled, pull.reached) = (Some(self.at(to)), Some(self.at(to)));
        let mut tx = context.db.begin_write().await.unwrap();
        store::ledger::write(&mut tx, self.indicator, &slices).await.unwrap();
        store::indicators::save_pull(&mut tx, self.indicator, &pull).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn anomalies(&self, db: &Db) -> Vec<Anomaly> {
        let kept = store::anomalies::list(db, self.objective, self.all(), 100).await.unwrap();
        kept.into_iter().map(|one| one.anomaly).collect()
    }
}

/// A minute as a person in UTC types it.
fn local(minute: Minute) -> String {
    minute.start().to_utc().format("%Y-%m-%dT%H:%M").to_string()
}

/// Until there is nothing left to learn.
async fn learn(context: &Context) {
    while learn_baselines::learn_due(context).await.unwrap() > 0 {}
}

on_both! {
    async fn what_left_its_usual_is_listed_and_explained(app: TestApp) {
        let shop = Watched::new(&app.state, "shop").await;
        shop.measure(&app.state, 0, DAYS * DAY_MINUTES).await;
        learn(&app.state).await;
        // 2,000 requests and 14 failures a minute are both looked at by five minutes, and both see the incident, once each
        let found = shop.anomalies(app.db()).await;
        let near = |one: &&Anomaly| one.span.start() >= shop.at(INCIDENT - 60) && one.span.start() < shop.at(INCIDENT + 60);
        let mut measures: Vec<_> = found.iter().filter(near).map(|one| one.measure).collect();
        measures.sort();
        assert_eq!(measures, [Measure::BadShare, Measure::Traffic], "{found:?}");
        let traffic = found.iter().find(|one| one.measure == Measure::Traffic && near(one)).unwrap();
        assert_eq!(traffic.span, Span::new(shop.at(INCIDENT), shop.at(INCIDENT + LASTING)));
        assert!((traffic.value - 12_000.0).abs() < 1e-9 && (1900.0..2101.0).contains(&traffic.expected), "{traffic:?}");
        assert!(found.len() <= 7, "at most 0.5 false ones in a thousand, of 11,520 steps: {found:?}");

        let (ana, page) = (app.signed_in().await, format!("/objectives/{}", shop.objective.0));
        let seen = ana.get(&format!("{page}?range=7d")).await.visible();
        assert!(seen.contains("Watched by the method auto, sensitivity normal") && seen.contains("12,000 a minute"), "{seen}");
        let csv = ana.get(&format!("{page}/anomalies.csv?range=7d")).await;
        let columns = "start,end,is_open,measure,direction,score,value,expected,low,high,cause,is_alarming,expected_by,expected_at";
        assert_eq!(csv.text.lines().next(), Some(columns));
        let begins = shop.at(INCIDENT).start().to_string();
        let row = csv.text.lines().find(|line| line.starts_with(&begins) && line.contains(",traffic,")).unwrap();
        assert!(row.contains(",no,traffic,above,") && row.contains(",12000.000000,") && row.ends_with(",yes,,"), "{row}");
        let json = ana.get(&format!("{page}/anomalies.json?range=7d")).await;
        let rows: serde_json::Value = serde_json::from_str(&json.text).unwrap();
        assert_eq!(rows.as_array().unwrap().len(), csv.text.lines().count() - 1);

        // the report of that day tells it too, in every format, and judges by none of it
        let day = shop.at(INCIDENT).start().to_string();
        let report = format!("/agreements/{}/report", shop.agreement.0);
        let period = Period::containing(PeriodKind::Month, chrono_tz::Tz::UTC, shop.at(INCIDENT).start()).label();
        let told = async |ending: &str| ana.get(&format!("{report}.{ending}?period={period}")).await.text;
        let json = told("json").await;
        assert_eq!(complaints(nines::report::SCHEMA, &[&json]), Vec::<String>::new());
        let document: serde_json::Value = serde_json::from_str(&json).unwrap();
        let all = document["objectives"][0]["anomalies"].as_array().unwrap();
        let one = all.iter().find(|one| one["start"] == day.as_str() && one["measure"] == "traffic").unwrap();
        assert_eq!((&one["standing"], &one["value"]), (&"unusual".into(), &"12000.000000".into()));
        let text = told("txt").await.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("Traffic, higher than usual; 12,000 a minute, expected"), "{text}");
        assert!(told("html").await.contains("Left its usual, "));
        let csv = told("csv").await;
        let column = csv.lines().next().unwrap().split(',').position(|name| name == "anomalies").unwrap();
        assert_eq!(csv.lines().nth(1).unwrap().split(',').nth(column), Some(all.len().to_string().as_str()), "{csv}");

        // a person says that it was expected: it stays in the list and alarms nobody
        let kept = store::anomalies::list(app.db(), shop.objective, shop.all(), 100).await.unwrap();
        let id = kept.iter().find(|one| one.anomaly == *traffic).unwrap().id.0;
        let say = async |word: &str| ana.post_from(&page, &format!("{page}/anomalies/{id}"), &[("expected", word), ("back", "range=7d")]).await;
        let answer = say("yes").await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, format!("{page}?range=7d#anomalies").as_str()));
        let seen = ana.get(&format!("{page}?range=7d")).await.visible();
        assert!(seen.contains("Noted: it was expected.") && seen.contains("says Ana"), "{seen}");
        let csv = ana.get(&format!("{page}/anomalies.csv?range=7d")).await.text;
        let row = csv.lines().find(|line| line.starts_with(&begins) && line.contains(",traffic,")).unwrap();
        assert!(row.contains(",no,Ana,"), "{row}");
        say("perhaps").await;
        assert!(ana.get(&page).await.visible().contains("Say expected=yes or expected=no."));
        let other = ana.post_from(&page, &format!("{page}/anomalies/999999"), &[("expected", "yes")]).await;
        assert_eq!(other.status, StatusCode::NOT_FOUND);
        let victor = somebody(&app, "victor", Role::Viewer).await;
        let refused = victor.post_from(&page, &format!("{page}/anomalies/{id}"), &[("expected", "no")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        // whatever is learned anew, what people said stays
        learn(&app.state).await;
        let kept = store::anomalies::find(app.db(), nines::domain::ids::AnomalyId(id)).await.unwrap().unwrap();
        assert!(kept.expected.is_some() && !kept.is_alarming());
        assert!(ana.get("/audit").await.visible().contains("said whether an anomaly was expected"));
    }

    /// Data that comes bit by bit, with a restart after each bit, gives what all of it gives at once.
    async fn learning_never_looks_ahead_and_survives_restarts(app: TestApp) {
        let (once, bits) = (Watched::new(&app.state, "once").await, Watched::new(&app.state, "bits").await);
        let mut from = 0;
        for to in [DAY_MINUTES + 7, 9 * DAY_MINUTES + 11, INCIDENT + 33, DAYS * DAY_MINUTES] {
            bits.measure(&app.state, from, to).await;
            // another process begins: nothing but the database is left of the one before
            learn(&crate::scene::instance(&app, &format!("after {to}"))).await;
            from = to;
        }
        once.measure(&app.state, 0, DAYS * DAY_MINUTES).await;
        learn(&app.state).await;
        assert!(!once.anomalies(app.db()).await.is_empty());
        // the density of the first two weeks decides about the steps: the same for both
        assert_eq!(once.anomalies(app.db()).await, bits.anomalies(app.db()).await);
        let hours = async |one: &Watched, measure| store::baselines::hours(app.db(), one.objective, measure, one.all()).await.unwrap();
        for measure in [Measure::BadShare, Measure::Traffic] {
            assert_eq!(hours(&once, measure).await, hours(&bits, measure).await, "{measure:?}");
            assert!(!hours(&once, measure).await.is_empty(), "{measure:?}");
        }
        // what is read again changes nothing
        once.measure(&app.state, 0, DAYS * DAY_MINUTES).await;
        let before = store::baselines::learned(app.db(), once.objective).await.unwrap();
        learn(&app.state).await;
        assert_eq!(store::baselines::learned(app.db(), once.objective).await.unwrap(), before);
    }

    /// The deploy on the twelfth day is noted on the twentieth. What was expected before it stays, what was learned after it
    /// from the past is forgotten, and the days after it are still being learned.
    async fn a_deploy_begins_the_learning_anew_where_people_want_it(app: TestApp) {
        let shop = Watched::new(&app.state, "shop").await;
        let deploy = shop.at(12 * DAY_MINUTES + 20);
        shop.measure(&app.state, 0, 19 * DAY_MINUTES).await;
        learn(&app.state).await;
        let hours = async || store::baselines::hours(app.db(), shop.objective, Measure::Traffic, shop.all()).await.unwrap();
        let before = hours().await;
        let ana = app.signed_in().await;
        let page = format!("/objectives/{}", shop.objective.0);
        let about = Scope::Objective(shop.objective).to_string();
        let note = [("kind", "deploy"), ("scope", &*about), ("at", &*local(deploy)), ("text", "v2")];
        let noted = ana.post_from(&page, &format!("{page}/notes"), &note).await;
        assert_eq!(noted.status, StatusCode::SEE_OTHER, "{}", noted.visible());
        let began = async || store::baselines::learned(app.db(), shop.objective).await.unwrap()[0].began;
        shop.measure(&app.state, 19 * DAY_MINUTES, 19 * DAY_MINUTES + 60).await;
        learn(&app.state).await;
        assert_eq!(began().await, shop.first, "nobody asked for it");

        let watching = format!("{page}/baseline");
        let fields = [("method", "auto"), ("sensitivity", "normal"), ("against", ""), ("percent", "50"), ("deploys", "yes"), ("action", "save")];
        let saved = ana.post_form(&watching, &fields).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.visible());
        assert!(ana.get(&watching).await.text.contains("name=\"deploys\" value=\"yes\" checked"));
        // learned anew from the deploy on, as other settings always are; a later deploy overtakes what was learned since
        learn(&app.state).await;
        assert_eq!(began().await, deploy.hour().first().plus(60), "from the first whole hour after it");
        let later = shop.at(18 * DAY_MINUTES);
        let note = [("kind", "deploy"), ("scope", &*about), ("at", &*local(later)), ("text", "v3")];
        ana.post_from(&page, &format!("{page}/notes"), &note).await;
        let known = hours().await;
        assert!(known.iter().any(|one| one.hour >= later.hour()), "{known:?}");
        shop.measure(&app.state, 19 * DAY_MINUTES + 60, DAYS * DAY_MINUTES).await;
        learn(&app.state).await;
        assert_eq!(began().await, later);
        let after = hours().await;
        let earlier = |one: &&HourBand| one.hour < later.hour();
        assert!(after.iter().filter(earlier).eq(known.iter().filter(earlier)), "what was expected then stays");
        assert!(before.len() > after.len());
        let first = after.iter().find(|one| one.hour >= later.hour());
        assert!(first.is_none_or(|one| one.hour > later.hour()), "the first hours are being learned: {first:?}");
        // ten hours after the deploy the incident is told from what was learned since, and nothing else is
        let since: Vec<_> = shop.anomalies(app.db()).await.into_iter().filter(|one| one.span.start() >= later).collect();
        assert!(!since.is_empty() && since.iter().all(|one| one.span.start() >= shop.at(INCIDENT)), "{since:?}");
    }

    async fn how_it_is_watched_is_chosen_in_a_form(app: TestApp) {
        let shop = Watched::new(&app.state, "shop").await;
        shop.measure(&app.state, 18 * DAY_MINUTES - 60, DAYS * DAY_MINUTES).await;
        learn(&app.state).await;
        let (ana, page) = (app.signed_in().await, format!("/objectives/{}/baseline", shop.objective.0));
        let preview = ana.get(&format!("{page}?preview=yes")).await.visible();
        for method in ["auto", "ewma", "stddev", "percentile", "seasonal"] {
            assert!(preview.contains(method), "{method}: {preview}");
        }
        assert!(preview.contains("as it is watched"), "{preview}");
        let fields = |method, sensitivity, against, percent| {
            [("method", method), ("sensitivity", sensitivity), ("against", against), ("percent", percent), ("action", "save")]
        };
        for (wrong, sentence) in [
            (fields("magic", "calm", "", ""), "magic"),
            (fields("auto", "frantic", "", ""), "Choose one of calm, normal and keen."),
            (fields("auto", "calm", "easter", "50"), "Choose yesterday, last week, or no other day."),
            (fields("auto", "calm", "yesterday", "95"), "whole percent from 10 to 90"),
            (fields("auto", "calm", "yesterday", "half"), "whole percent from 10 to 90"),
        ] {
            let answer = ana.post_from(&page, &page, &wrong).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.visible().contains(sentence), "{sentence}: {}", answer.visible());
        }
        let saved = ana.post_from(&page, &page, &fields("ewma", "keen", "yesterday", "50")).await;
        assert_eq!(saved.location(), format!("/objectives/{}#baseline", shop.objective.0));
        let kept = store::baselines::settings(app.db(), shop.objective).await.unwrap();
        assert_eq!(kept.mark(), "ewma keen yesterday 50");
        assert_eq!(store::baselines::learned(app.db(), shop.objective).await.unwrap(), [], "learned anew");
        learn(&app.state).await;
        let seen = ana.get(&format!("/objectives/{}", shop.objective.0)).await.visible();
        assert!(seen.contains("Watched by the method ewma, sensitivity keen"), "{seen}");
        let measures = store::baselines::learned(app.db(), shop.objective).await.unwrap();
        assert_eq!(measures.len(), 3, "failures, traffic, and good events against yesterday");

        // after a change that makes the past no guide, nothing from before counts
        let anew = [("method", "auto"), ("sensitivity", "normal"), ("against", ""), ("percent", ""), ("action", "anew")];
        ana.post_from(&page, &page, &anew).await;
        learn(&app.state).await;
        let learned = store::baselines::learned(app.db(), shop.objective).await.unwrap();
        assert!(learned.iter().all(|one| one.is_learning), "{learned:?}");
        assert!(ana.get(&page).await.visible().contains("nothing from before counts"));
        let victor = somebody(&app, "victor", Role::Viewer).await;
        assert_eq!(victor.get(&page).await.status, StatusCode::OK);
        assert_eq!(victor.post_from(&page, &page, &fields("auto", "calm", "", "")).await.status, StatusCode::FORBIDDEN);
    }
}
