//! A period that closes: its report is final, its chain can be verified, and what changes later corrects it openly.

use crate::app::TestApp;
use crate::on_both;
use crate::scene::{agree, draft, indicators, instance, promise, ratio, source};
use nines::domain::calendar::{Period, PeriodKind};
use nines::domain::ids::{AgreementId, IndicatorId};
use nines::domain::ledger::Slice;
use nines::domain::model::{ObjectiveKind, SourceSpec};
use nines::domain::signature::SigningKey;
use nines::domain::time::{Minute, Span};
use nines::ops::verify_chain::{self, Verified};
use nines::ops::{Context, issue_reports};
use nines::store::reports::Report;
use nines::store::{self, Db, Tx};
use std::sync::Arc;

/// RFC 8410, section 10.3.
const KEY: &str = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";

/// The application's context with a key that signs.
fn signing(app: &TestApp) -> Context {
    let context = instance(app, "one");
    let mut settings = (*context.settings).clone();
    settings.report.signing_key = Some(SigningKey::parse(KEY).unwrap());
    Context { settings: Arc::new(settings), ..context }
}

/// A daily agreement over a ledger of ten events a minute, one bad in every fourth, from its beginning on for so many days.
async fn days(
    context: &Context,
    app: &TestApp,
    n: usize,
    recipients: &[&str],
) -> (AgreementId, IndicatorId, Vec<Period>) {
    let id = source(context, "shop", SourceSpec::Scrape { url: "http://127.0.0.1:9/".parse().unwrap() }).await;
    let promise = promise("Answered", ObjectiveKind::Availability, id, ratio("a_total", "a_total{code=\"500\"}"));
    let agreement = agree(context, draft("Gold", recipients, vec![promise])).await;
    let indicator = indicators(&context.db, id).await[0];
    let first = Period::containing(PeriodKind::Day, chrono_tz::Tz::UTC, app.state.clock.now());
    let periods: Vec<Period> = std::iter::successors(Some(first), |period| Some(period.next())).take(n).collect();
    let end = periods.last().unwrap().span().end();
    let slice = |Minute(at)| Some(Slice::new(10 - i64::from(at % 4 == 0), 10).unwrap());
    let minutes = Span::new(first.span().start(), end).iter().map(|minute| (minute, slice(minute)));
    write(context, indicator, &minutes.collect::<Vec<_>>(), end).await;
    let now = app.state.clock.now().seconds();
    app.advance(end.plus(60).start().seconds() - now);
    (agreement, indicator, periods)
}

async fn write(context: &Context, indicator: IndicatorId, minutes: &[(Minute, Option<Slice>)], settled: Minute) {
    let mut pull = store::indicators::load_pull(&context.db, indicator).await.unwrap().unwrap();
    (pull.settled, pull.reached) = (Some(settled), Some(settled));
    let mut tx = context.db.begin_write().await.unwrap();
    store::ledger::write(&mut tx, indicator, minutes).await.unwrap();
    store::indicators::save_pull(&mut tx, indicator, &pull).await.unwrap();
    tx.commit().await.unwrap();
}

async fn chain(db: &Db, agreement: AgreementId) -> Vec<Report> {
    store::reports::in_chain(db, agreement, 0, 100).await.unwrap()
}

async fn verified(context: &Context, agreement: AgreementId) -> Verified {
    let agreement = store::agreements::find(&context.db, agreement).await.unwrap().unwrap();
    let key = context.settings.report.signing_key.as_ref().map(SigningKey::public);
    verify_chain::verify(context, &agreement, key.as_ref()).await.unwrap()
}

/// Does what no function of the store would, and undoes it with `undo` afterwards.
async fn execute(db: &Db, statement: String) {
    let mut tx = db.begin_write().await.unwrap();
    let statement = sqlx::AssertSqlSafe(statement);
    match &mut tx {
        Tx::Sqlite(tx) => sqlx::query(statement).execute(&mut **tx).await.map(drop).unwrap(),
        Tx::Postgres(tx) => sqlx::query(statement).execute(&mut **tx).await.map(drop).unwrap(),
    }
    tx.commit().await.unwrap();
}

on_both! {
    async fn a_chain_of_reports_is_verified_and_every_forgery_is_told(app: TestApp) {
        let context = signing(&app);
        let (agreement, ..) = days(&context, &app, 3, &["anna@example.org"]).await;
        assert_eq!(issue_reports::issue_due(&context).await.unwrap(), 3);
        let whole = verified(&context, agreement).await;
        assert_eq!((whole.reports, whole.remade, &whole.findings), (3, 3, &Vec::new()));
        let kept = chain(app.db(), agreement).await;
        assert_eq!(whole.head.digest, kept[2].head.digest);
        for (place, report) in kept.iter().enumerate() {
            let json: serde_json::Value = serde_json::from_str(&report.document).unwrap();
            let previous = place.checked_sub(1).map(|before| kept[before].head.digest.unwrap().to_string());
            assert_eq!(json["chain"]["number"].as_i64(), Some(report.head.number));
            assert_eq!(json["chain"]["previous_sha256"].as_str(), previous.as_deref());
            assert_eq!(report.signature.len(), 64);
        }

        // one letter of a report, anywhere; quotes are doubled for SQL
        let second = &kept[1];
        let text = |document: &str| format!("UPDATE reports SET document = '{}' WHERE id = {}", document.replace('\'', "''"), second.head.id);
        for at in (0..second.document.len()).filter(|at| at % 397 == 0 && second.document.is_char_boundary(*at)) {
            let mut forged = second.document.clone();
            let old = forged.remove(at);
            forged.insert(at, if old == 'x' { 'y' } else { 'x' });
            execute(app.db(), text(&forged)).await;
            let findings = verified(&context, agreement).await.findings;
            assert!(findings.iter().any(|one| one.contains("report no. 2 was changed")), "{at} {old:?}: {findings:?}");
        }
        execute(app.db(), text(&second.document)).await;

        // everything else that is kept about a report
        let id = second.head.id;
        for (change, undo, words) in [
            ("revision = 2", "revision = 1", "report no. 2 is listed as"),
            ("provisional = TRUE", "provisional = FALSE", "report no. 2 is listed as"),
            ("verdict = 'met'", "verdict = 'breached'", "report no. 2 is listed as"),
            ("built_at = built_at + 1", "built_at = built_at - 1", "report no. 2 is listed as"),
            ("label = '2026-01-01'", &format!("label = '{}'", second.head.label), "report no. 2 is listed as"),
            ("start_minute = start_minute + 1", "start_minute = start_minute - 1", "report no. 2 is listed as"),
            ("sha256 = ''", &format!("sha256 = '{}'", second.head.digest.unwrap()), "report no. 2 was added without being recorded"),
            ("number = 7", "number = 2", "report no. 2 is missing"),
        ] {
            execute(app.db(), format!("UPDATE reports SET {change} WHERE id = {id}")).await;
            let findings = verified(&context, agreement).await.findings;
            assert!(findings.iter().any(|one| one.contains(words)), "{change}: {findings:?}");
            execute(app.db(), format!("UPDATE reports SET {undo} WHERE id = {id}")).await;
        }
        // two reports that change places
        let swap = |from: i64, to: i64| format!("UPDATE reports SET number = {to} WHERE agreement = {agreement} AND number = {from}");
        for (from, to) in [(1, 9), (2, 1), (9, 2)] {
            execute(app.db(), swap(from, to)).await;
        }
        let findings = verified(&context, agreement).await.findings;
        assert!(findings.iter().any(|one| one.contains("report no. 1 says of itself that it is no. 2")), "{findings:?}");
        for (from, to) in [(1, 9), (2, 1), (9, 2)] {
            execute(app.db(), swap(from, to)).await;
        }
        // one signature in place of another's
        let other = format!("UPDATE reports SET signature = (SELECT signature FROM reports WHERE agreement = {agreement} AND number = 1) WHERE id = {id}");
        execute(app.db(), other).await;
        let findings = verified(&context, agreement).await.findings;
        assert_eq!(findings, ["report no. 2 has a signature that does not belong to it: one of the two was changed"]);
        // a removed report, first in the middle and then at the end
        for gone in [2, 3] {
            execute(app.db(), format!("DELETE FROM deliveries WHERE report IN (SELECT id FROM reports WHERE number = {gone})")).await;
            execute(app.db(), format!("DELETE FROM reports WHERE number = {gone}")).await;
            let findings = verified(&context, agreement).await.findings;
            assert!(findings.contains(&format!("report no. {gone} is missing")), "{findings:?}");
        }
    }

    async fn a_ledger_that_says_otherwise_than_a_report_is_told(app: TestApp) {
        let context = instance(&app, "one");
        let (agreement, indicator, periods) = days(&context, &app, 2, &[]).await;
        assert_eq!(issue_reports::issue_due(&context).await.unwrap(), 2);
        let noon = periods[0].span().start().plus(720);
        // behind the back of the store: the sums of an hour, and its minutes, are other ones
        let hour = noon.hour();
        execute(app.db(), format!("DELETE FROM hours WHERE indicator = {indicator} AND hour = {}", hour.0)).await;
        let findings = verified(&context, agreement).await.findings;
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].starts_with(&format!("report no. 1 ({}) says otherwise than the ledger: ", periods[0].label())), "{findings:?}");
        // 1 440 min × 10 − 360 bad = 14 040 good; an hour less is 600 − 15 less
        assert!(findings[0].contains("Answered: good 14,040, now 13,455; Answered: all 14,400, now 13,800"), "{findings:?}");
        let long = 401 * 86_400;
        app.advance(long);
        let old = verified(&context, agreement).await;
        assert_eq!((old.too_old, old.remade, old.findings.len()), (2, 0, 0), "what cannot be made anew is not doubted");
    }
}

/// The same ledger and the same moment: the same bytes, whatever engine keeps them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_issue_the_same_bytes() {
    let mut documents = Vec::new();
    for app in [TestApp::on_sqlite().await, TestApp::on_postgres().await] {
        let context = signing(&app);
        let (agreement, ..) = days(&context, &app, 2, &["anna@example.org"]).await;
        assert_eq!(issue_reports::issue_due(&context).await.unwrap(), 2);
        documents.push(
            chain(app.db(), agreement).await.into_iter().map(|one| (one.document, one.signature)).collect::<Vec<_>>(),
        );
    }
    assert_eq!(documents[0], documents[1]);
}

/// A report about a day on which nothing was promised.
pub fn empty_report(day: chrono::NaiveDate) -> nines::report::Report {
    use nines::report::{Contract, Report, VERSION, Verdict, Whole};
    let zone = chrono_tz::Tz::UTC;
    let period = Period::parse(&day.to_string(), zone).unwrap();
    Report {
        version: VERSION,
        agreement: Contract {
            id: 7,
            name: "Gold".to_owned(),
            customer: String::new(),
            owner: String::new(),
            zone,
            terms_revision: None,
            terms: Vec::new(),
        },
        period: nines::report::Period::of(&period),
        built_at: period.span().end().plus(60).start(),
        provisional: false,
        revision: 1,
        chain: None,
        digest: None,
        correction: None,
        verdict: Verdict::of(&[], &[]),
        objectives: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
        whole: Whole::default(),
    }
}
