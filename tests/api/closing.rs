//! A period that closes: its report is final, its chain can be verified, and what changes later corrects it openly.

use crate::app::{Browser, TestApp};
use crate::mailing::{attachment, mailing, parsed};
use crate::on_both;
use crate::scene::{agree, draft, indicators, instance, promise, ratio, source};
use crate::smtp::SmtpServer;
use futures_util::TryStreamExt as _;
use mail_parser::MimeHeaders as _;
use nines::domain::calendar::{Period, PeriodKind};
use nines::domain::exclusion::{Category, Exclusion, State};
use nines::domain::ids::{AgreementId, ExclusionId, IndicatorId};
use nines::domain::ledger::Slice;
use nines::domain::model::{ObjectiveKind, SourceSpec};
use nines::domain::signature::{PublicKey, SigningKey};
use nines::domain::target::Target;
use nines::domain::time::{Minute, Span};
use nines::ops::decide_exclusion::{self, Decision};
use nines::ops::define_agreement::{self, ObjectiveDraft};
use nines::ops::revise::Taking;
use nines::ops::verify_chain::{self, Verified};
use nines::ops::verify_files::{self, ReportText, VerifiedFiles};
use nines::ops::{
    Context, correct_report, deliver, export_customer, propose_exclusion, recheck_reports, run_schedules,
};
use nines::store::outage_causes::OutageCause;
use nines::store::reports::Report;
use nines::store::{self, Db, Tx};
use reqwest::StatusCode;
use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::process::Command;
use std::sync::Arc;

/// RFC 8410, section 10.3.
const KEY: &str = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";

/// The application's context with a key that signs.
pub fn signing(app: &TestApp) -> Context {
    let context = instance(app, "one");
    let mut settings = (*context.settings).clone();
    settings.report.signing_key = Some(SigningKey::parse(KEY).unwrap());
    Context { settings: Arc::new(settings), ..context }
}

/// A daily agreement over a ledger of ten events a minute, one bad in every fourth, from its beginning on for so many days.
pub async fn days(
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

pub async fn chain(db: &Db, agreement: AgreementId) -> Vec<Report> {
    store::reports::in_chain(db, agreement, 0, 100).await.unwrap()
}

pub async fn verified(context: &Context, agreement: AgreementId) -> Verified {
    let agreement = store::agreements::find(&context.db, agreement).await.unwrap().unwrap();
    let key = context.settings.report.signing_key.as_ref().map(SigningKey::public);
    verify_chain::verify(context, &agreement, key.as_ref()).await.unwrap()
}

/// Does what no function of the store would, and undoes it with `undo` afterwards.
pub async fn execute(db: &Db, statement: String) {
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
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 3);
        let whole = verified(&context, agreement).await;
        assert_eq!((whole.reports, whole.remade, &whole.findings), (3, 3, &Vec::new()));
        let kept = chain(app.db(), agreement).await;
        assert_eq!(whole.head.digest, kept[2].head.digest);
        for (place, report) in kept.iter().enumerate() {
            let json: serde_json::Value = serde_json::from_str(report.document().unwrap()).unwrap();
            let previous = place.checked_sub(1).map(|before| kept[before].head.digest.unwrap().to_string());
            assert_eq!(json["chain"]["number"].as_i64(), Some(report.head.number));
            assert_eq!(json["chain"]["previous_sha256"].as_str(), previous.as_deref());
            assert_eq!(report.signature.len(), 64);
        }

        // one letter of a report, anywhere; quotes are doubled for SQL
        let second = &kept[1];
        let text = |document: &str| format!("UPDATE reports SET document = '{}' WHERE id = {}", document.replace('\'', "''"), second.head.id);
        for at in (0..second.document().unwrap().len()).filter(|at| at % 397 == 0 && second.document().unwrap().is_char_boundary(*at)) {
            let mut forged = second.document().unwrap().to_owned();
            let old = forged.remove(at);
            forged.insert(at, if old == 'x' { 'y' } else { 'x' });
            execute(app.db(), text(&forged)).await;
            let findings = verified(&context, agreement).await.findings;
            assert!(findings.iter().any(|one| one.contains("report no. 2 was changed")), "{at} {old:?}: {findings:?}");
        }
        execute(app.db(), text(second.document().unwrap())).await;

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
            execute(app.db(), format!("DELETE FROM run_reports WHERE report IN (SELECT id FROM reports WHERE number = {gone})")).await;
            execute(app.db(), format!("DELETE FROM reports WHERE number = {gone}")).await;
            let findings = verified(&context, agreement).await.findings;
            assert!(findings.contains(&format!("report no. {gone} is missing")), "{findings:?}");
        }
    }

    async fn a_ledger_that_says_otherwise_than_a_report_is_told(app: TestApp) {
        let context = instance(&app, "one");
        let (agreement, indicator, periods) = days(&context, &app, 2, &[]).await;
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 2);
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

/// An approved exclusion of an hour, decided now.
pub async fn exclude(context: &Context, reason: &str, span: Span) -> ExclusionId {
    let exclusion =
        Exclusion { reason: reason.to_owned(), category: Category::CustomerFault, ..Exclusion::planned(span) };
    let id = propose_exclusion::propose(context, None, exclusion).await.unwrap();
    decide_exclusion::decide(context, None, id, State::Proposed, Decision::Approve, "").await.unwrap();
    id
}

/// Lets enough time pass for a change to be looked at, and says how many reports were corrected.
async fn quiet(app: &TestApp, context: &Context) -> usize {
    assert_eq!(recheck_reports::recheck(context).await.unwrap(), 0, "nothing is done before it is quiet");
    app.advance(600);
    recheck_reports::recheck(context).await.unwrap()
}

async fn latest(db: &Db, agreement: AgreementId, period: Period) -> (i64, serde_json::Value) {
    let kept = store::reports::latest(db, agreement, &period.label()).await.unwrap().unwrap();
    (kept.head.revision, serde_json::from_str(kept.document().unwrap()).unwrap())
}

/// What a correction says about a figure: what it was, and what it is.
fn change(json: &serde_json::Value, what: &str) -> (String, String) {
    let all = json["correction"]["changes"].as_array().unwrap();
    let one = all.iter().find(|one| one["what"] == what).unwrap_or_else(|| panic!("{what} in {all:?}"));
    let said = |key: &str| one[key].as_str().unwrap_or("nothing").to_owned();
    (said("was"), said("is"))
}

on_both! {
    async fn an_exclusion_in_retrospect_corrects_the_report_openly(app: TestApp) {
        let server = SmtpServer::start();
        let (one, two) = (mailing(&app, "one", &server), mailing(&app, "two", &server));
        let (agreement, _, periods) = days(&one, &app, 2, &["anna@example.org"]).await;
        assert_eq!(run_schedules::run_due(&one).await.unwrap().issued, 2);
        assert_eq!(deliver::deliver_due(&one).await.unwrap(), 2);
        let first = chain(app.db(), agreement).await.remove(0);
        let noon = periods[0].span().start().plus(720);
        let exclusion = exclude(&one, "the customer's own test", Span::new(noon, noon.plus(60))).await;
        assert_eq!(recheck_reports::recheck(&one).await.unwrap(), 0);
        app.advance(599);
        assert_eq!(recheck_reports::recheck(&two).await.unwrap(), 0, "more may be decided in the same breath");
        app.advance(1);
        let (by_one, by_two) = tokio::join!(recheck_reports::recheck(&one), recheck_reports::recheck(&two));
        assert_eq!(by_one.unwrap() + by_two.unwrap(), 1, "one correction, by one of the two");
        assert_eq!(recheck_reports::recheck(&one).await.unwrap(), 0);
        assert_eq!(store::rechecks::count(app.db()).await.unwrap(), 0);

        let (revision, json) = latest(app.db(), agreement, periods[0]).await;
        assert_eq!((revision, json["chain"]["number"].as_i64(), json["provisional"].as_bool()), (2, Some(3), Some(false)));
        let correction = &json["correction"];
        assert_eq!((correction["number"].as_i64(), correction["revision"].as_i64()), (Some(1), Some(1)));
        assert_eq!(correction["sha256"].as_str(), first.head.digest.map(|digest| digest.to_string()).as_deref());
        let reason = correction["reasons"][0].as_str().unwrap();
        assert!(reason.starts_with(&format!("Exclusion {exclusion} for customer fault (the customer's own test) was approved on 2026-11-")), "{reason}");
        // a day is 1 440 × 10 events, 360 of them bad; the hour takes 600 with 15 bad ones out
        assert_eq!(change(&json, "Answered: good"), ("14,040".to_owned(), "13,455".to_owned()));
        assert_eq!(change(&json, "Answered: all"), ("14,400".to_owned(), "13,800".to_owned()));
        assert_eq!(change(&json, "Answered: excluded minutes"), ("0".to_owned(), "60".to_owned()));
        let kept = store::reports::find(app.db(), first.head.id).await.unwrap().unwrap();
        assert_eq!(kept, first, "the first revision stays as it was issued");
        assert_eq!(latest(app.db(), agreement, periods[1]).await.0, 1, "the day after it is not concerned");
        assert_eq!(verified(&one, agreement).await.findings, Vec::<String>::new());

        assert_eq!(deliver::deliver_due(&two).await.unwrap(), 1);
        let mails = server.received();
        let mail = parsed(mails.last().unwrap());
        let subject = mail.subject().unwrap();
        assert!(subject.starts_with("[Nines] Correction, Breached: Gold, day 2026-11-21, revision 2"), "{subject}");
        for body in [mail.body_text(0).unwrap(), mail.body_html(0).unwrap()] {
            assert!(body.contains("own test") && body.contains("14,040") && body.contains("13,455"), "{body}");
        }
        let attached: serde_json::Value = serde_json::from_slice(attachment(&mail, ("application", "json"))).unwrap();
        assert_eq!(attached, json);

        // and back again
        decide_exclusion::decide(&one, None, exclusion, State::Approved, Decision::Withdraw, "").await.unwrap();
        assert_eq!(quiet(&app, &one).await, 1);
        let (revision, json) = latest(app.db(), agreement, periods[0]).await;
        assert_eq!((revision, json["correction"]["revision"].as_i64()), (3, Some(2)));
        assert_eq!(change(&json, "Answered: good"), ("13,455".to_owned(), "14,040".to_owned()));
        assert!(json["correction"]["reasons"][0].as_str().unwrap().contains("was withdrawn on"), "{json}");
    }

    async fn late_data_corrects_what_it_changes_and_nothing_else(app: TestApp) {
        let context = instance(&app, "one");
        let (agreement, indicator, periods) = days(&context, &app, 3, &[]).await;
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 3);
        let end = periods[2].span().end();
        // new minutes are no late ones, and the same again changes nothing
        let noon = periods[1].span().start().plus(720);
        let same: Vec<_> = (0..60).map(|n| (noon.plus(n), Some(Slice::new(10 - i64::from(n % 4 == 0), 10).unwrap()))).collect();
        write(&context, indicator, &same, end).await;
        write(&context, indicator, &[(end, Some(Slice::new(10, 10).unwrap()))], end.plus(1)).await;
        assert_eq!(quiet(&app, &context).await, 0);
        // two swarms within ten minutes are one correction
        write(&context, indicator, &[(noon, Some(Slice::new(0, 10).unwrap()))], end.plus(1)).await;
        assert_eq!(recheck_reports::recheck(&context).await.unwrap(), 0);
        app.advance(300);
        write(&context, indicator, &[(noon.plus(1), Some(Slice::new(0, 10).unwrap()))], end.plus(1)).await;
        assert_eq!(recheck_reports::recheck(&context).await.unwrap(), 0);
        app.advance(300);
        assert_eq!(recheck_reports::recheck(&context).await.unwrap(), 0, "the clock began anew");
        app.advance(300);
        assert_eq!(recheck_reports::recheck(&context).await.unwrap(), 1);
        let (revision, json) = latest(app.db(), agreement, periods[1]).await;
        assert_eq!(revision, 2);
        // noon is a multiple of four, so it had nine good ones, and the minute after it ten
        assert_eq!(change(&json, "Answered: good"), ("14,040".to_owned(), "14,021".to_owned()));
        assert_eq!(json["correction"]["reasons"][0], "Data of shop from shop came or changed after the report was issued.");
        assert_eq!((latest(app.db(), agreement, periods[0]).await.0, latest(app.db(), agreement, periods[2]).await.0), (1, 1));
        assert_eq!(verified(&context, agreement).await.findings, Vec::<String>::new());

        // what is too old to be made anew stays as it is, and nobody looks again and again
        write(&context, indicator, &[(noon, Some(Slice::new(1, 10).unwrap()))], end.plus(1)).await;
        app.advance(401 * 86_400);
        assert_eq!(quiet(&app, &context).await, 0);
        assert_eq!((latest(app.db(), agreement, periods[1]).await.0, store::rechecks::count(app.db()).await.unwrap()), (2, 0));
    }

    async fn a_person_corrects_a_report_with_a_reason(app: TestApp) {
        let context = instance(&app, "one");
        let (agreement, indicator, periods) = days(&context, &app, 1, &["anna@example.org"]).await;
        let ana = app.signed_in().await;
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 1);
        let first = chain(app.db(), agreement).await.remove(0).head.id;
        let page = format!("/reports/{first}");
        let correct = async |reason: &str| ana.post_from(&page, &format!("{page}/correct"), &[("reason", reason)]).await;
        for (reason, sentence) in [
            ("  ", "Please write why"),
            (&"long ".repeat(101), "500 characters are allowed"),
            ("a sensor was wrong", "Nothing differs from this report"),
        ] {
            let refused = correct(reason).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{reason}");
            assert!(refused.visible().contains(sentence), "{}", refused.visible());
            assert!(refused.text.contains(&format!("value=\"{reason}\"")), "what was typed is kept");
        }
        // a cause that was found later is no figure: Nines leaves it alone, and a person need not
        let service = store::indicators::find(app.db(), indicator).await.unwrap().unwrap().service;
        let outage = Span::new(periods[0].span().start(), periods[0].span().start().plus(1));
        let now = app.state.clock.now();
        let cause = OutageCause { service, span: outage, cause: "a <disk> was full".into(), entered_by: None, entered_at: now };
        let mut tx = app.db().begin_write().await.unwrap();
        store::outage_causes::save(&mut tx, &cause).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(quiet(&app, &context).await, 0);
        let told = correct("the cause <is> known").await;
        let seen = ana.follow(&told).await;
        for words in ["Correction", "the cause &#60;is&#62; known", "Ana asked for it.", "a &#60;disk&#62; was full", "Revision 1", "no. 2 of this agreement", "Waiting"] {
            assert!(seen.visible().contains(words), "{words}: {}", seen.visible());
        }
        let old = ana.get(&page).await;
        assert!(old.visible().contains("This is not the newest revision.") && !old.text.contains("/correct\""), "{}", old.visible());
        let twice = correct_report::correct(&context, None, first, "again").await.unwrap_err().to_string();
        assert!(twice.contains("look at revision 2"), "{twice}");
        let again = ana.post_from(told.location(), &format!("{page}/send"), &[]).await;
        assert!(ana.follow(&again).await.visible().contains("Revision 2 took the place of this report"));
        let audit = ana.get("/audit").await.visible();
        assert!(audit.contains("the cause &#60;is&#62; known"), "{audit}");
        assert_eq!(verified(&context, agreement).await.findings, Vec::<String>::new());
    }

    async fn terms_that_are_changed_from_the_past_on_correct_what_was_judged_by_others(app: TestApp) {
        let context = instance(&app, "one");
        let (agreement, _, periods) = days(&context, &app, 2, &[]).await;
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 2);
        let defined = define_agreement::load(app.db(), agreement).await.unwrap();
        let basis = defined.fingerprint().unwrap();
        let (objective, indicator, _) = &defined.objectives[0];
        let promise = promise("Answered", ObjectiveKind::Availability, indicator.source, indicator.query.clone());
        let target = Target::parse("95").unwrap();
        let draft = draft("Gold", &[], vec![ObjectiveDraft { id: Some(objective.id), target, ..promise }]);
        let second = periods[1].first_day();
        let taking = Taking { effective: Some(second), note: "agreed by telephone".to_owned(), meant: None };
        define_agreement::change(&context, None, agreement, draft, &basis, taking).await.unwrap();
        assert_eq!(quiet(&app, &context).await, 1);
        let (revision, json) = latest(app.db(), agreement, periods[1]).await;
        // 14 040 of 14 400 are 97.5 %: below 99, above 95
        assert_eq!((revision, json["verdict"]["status"].as_str()), (2, Some("met")));
        assert_eq!(change(&json, "Verdict"), ("Breached".to_owned(), "Met".to_owned()));
        assert_eq!(change(&json, "Answered: target"), ("99 %".to_owned(), "95 %".to_owned()));
        assert_eq!(latest(app.db(), agreement, periods[0]).await.0, 1, "the day before keeps its terms");
        assert_eq!(verified(&context, agreement).await.findings, Vec::<String>::new());
    }

    async fn a_signed_report_brings_its_signature_along(app: TestApp) {
        let server = SmtpServer::start();
        let signing = signing(&app);
        let context = Context { settings: signing.settings, ..mailing(&app, "one", &server) };
        let (agreement, ..) = days(&context, &app, 1, &["anna@example.org"]).await;
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 1);
        assert_eq!(deliver::deliver_due(&context).await.unwrap(), 1);
        let kept = chain(app.db(), agreement).await.remove(0);
        let mails = server.received();
        let mail = parsed(&mails[0]);
        let signature = attachment(&mail, ("application", "octet-stream"));
        let json = attachment(&mail, ("application", "json"));
        assert!(SigningKey::parse(KEY).unwrap().public().is_signature(json, signature));
        let names: Vec<&str> = mail.attachments().filter_map(|part| part.attachment_name()).collect();
        assert_eq!(names, ["nines-gold-2026-11-21.csv", "nines-gold-2026-11-21.json", "nines-gold-2026-11-21.json.sig"]);
        let digest = kept.head.digest.unwrap().to_string();
        assert!(mail.body_text(0).unwrap().contains(&digest) && mail.body_html(0).unwrap().contains(&digest));
        let ana = app.signed_in().await;
        let file = ana.get(&format!("/reports/{}.json.sig", kept.head.id)).await;
        assert_eq!(file.status, StatusCode::OK);
        let page = ana.get(&format!("/reports/{}", kept.head.id)).await;
        assert!(page.text.contains(".json.sig\"") && page.visible().contains(&digest), "{}", page.visible());
        assert_eq!(ana.get("/reports/key.pem").await.status, StatusCode::NOT_FOUND, "this instance has no key");
    }
}

/// What stands in an archive, by name.
pub fn unzipped(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut files = BTreeMap::new();
    for name in names {
        let mut bytes = Vec::new();
        archive.by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
        files.insert(name, bytes);
    }
    files
}

/// Two days, the first of them corrected; and somebody who looks at them.
pub async fn two_days_and_a_correction(app: &TestApp, context: &Context) -> (AgreementId, [String; 2], Browser) {
    app.signed_in().await;
    let (agreement, _, periods) = days(context, app, 2, &["anna@example.org"]).await;
    assert_eq!(run_schedules::run_due(context).await.unwrap().issued, 2);
    let noon = periods[0].span().start().plus(720);
    exclude(context, "a test of the customer", Span::new(noon, noon.plus(60))).await;
    assert_eq!(quiet(app, context).await, 1);
    (agreement, [0, 1].map(|n| periods[n].label()), app.signed_in().await)
}

on_both! {
    async fn reports_are_found_and_compared(app: TestApp) {
        let context = signing(&app);
        let (agreement, [first, second], ana) = two_days_and_a_correction(&app, &context).await;
        for (query, found) in [
            ("", 3),
            (&format!("?agreement={agreement}"), 3),
            ("?agreement=1", 0),
            ("?customer=Example+%26+Co", 3),
            ("?customer=Example", 0),
            (&format!("?period={first}"), 2),
            ("?period=2026", 3),
            ("?period=%25", 0),
            ("?verdict=breached", 3),
            ("?verdict=met", 0),
            ("?verdict=nonsense&agreement=&page=x", 3),
            (&format!("?customer=Example+%26+Co&period={second}&verdict=breached"), 1),
        ] {
            let page = ana.get(&format!("/reports{query}")).await;
            assert_eq!(page.status, StatusCode::OK, "{query}");
            assert_eq!(page.text.matches("<th scope=\"row\"><a href=\"/reports/").count(), found, "{query}");
            assert_eq!(page.visible().contains("No report"), found == 0, "{query}");
        }

        let chain = chain(app.db(), agreement).await;
        let [a, b] = [0, 2].map(|n| chain[n].head.id);
        let page = ana.get(&format!("/reports/compare?a={a}&b={b}")).await.visible();
        for words in ["Answered: good 14,040 13,455", "Answered: excluded minutes 0 60", "revision 1, no. 1", "revision 2, no. 3", "are made alike by both"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("Answered: target"), "{page}");
        let all = ana.get(&format!("/reports/compare?a={a}&b={b}&all=yes")).await.visible();
        assert!(all.contains("Answered: target 99 % 99 %"), "{all}");
        assert_eq!(ana.get(&format!("/reports/compare?a={a}&b=1")).await.status, StatusCode::NOT_FOUND);
        assert!(ana.get(&format!("/reports/{b}")).await.text.contains(&format!("<option value=\"{a}\">")));

    }

    async fn everything_about_a_customer_is_taken_along_and_verified_elsewhere(app: TestApp) {
        let context = signing(&app);
        let (agreement, [first, _], ana) = two_days_and_a_correction(&app, &context).await;
        let chain = chain(app.db(), agreement).await;
        let (name, pieces) = export_customer::export(context.clone(), "Example & Co").await.unwrap();
        let pieces: Vec<Vec<u8>> = Box::pin(pieces.try_collect()).await.unwrap();
        assert_eq!((name.as_str(), pieces.len() > 3), ("nines-example-co.zip", true), "piece by piece");
        let archive = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(archive.path(), pieces.concat()).unwrap();
        // what somebody else's program says about it
        let tested = Command::new("python3").args(["-m", "zipfile", "-t"]).arg(archive.path()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&tested.stdout), "Done testing\n", "{}", String::from_utf8_lossy(&tested.stderr));
        let files = unzipped(&pieces.concat());
        let folder = format!("{agreement}-gold");
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(names.len(), 2 + 3 + 3 * if cfg!(feature = "pdf") { 6 } else { 5 }, "{names:?}");
        assert_eq!(files[&format!("{folder}/reports/00003-nines-gold-{first}-r2.json")], chain[2].document().unwrap().as_bytes());
        assert_eq!(files[&format!("{folder}/reports/00003-nines-gold-{first}-r2.json.sig")], chain[2].signature);
        let json = |name: &str| serde_json::from_slice::<serde_json::Value>(&files[&format!("{folder}/{name}")]).unwrap();
        assert_eq!(json("exclusions.json")[0]["reason"], "a test of the customer");
        assert_eq!(json("revisions.json")[0]["objectives"][0][2]["says"], "99 %");
        let deliveries = json("deliveries.json");
        let told: Vec<_> = deliveries.as_array().unwrap().iter().map(|one| (one["report"].as_i64(), one["recipient"].as_str())).collect();
        assert_eq!(told, [1, 2, 3].map(|n| (Some(n), Some("anna@example.org"))));
        // and whoever gets it can verify it with what is in it
        let texts: Vec<ReportText> = names.iter().filter(|name| name.contains("/reports/") && name.rsplit('.').next() == Some("json")).map(|name| ReportText {
            name: (*name).to_owned(),
            text: String::from_utf8(files[*name].clone()).unwrap(),
            signature: files.get(&format!("{name}.sig")).cloned(),
        }).collect();
        let key = PublicKey::parse(std::str::from_utf8(&files["report-key.pem"]).unwrap()).unwrap();
        assert_eq!((texts.len(), verify_files::verify(&texts, Some(&key))), (3, VerifiedFiles::default()));
        every_byte_counts(&texts[1], &key);

        let sent = ana.get("/reports/archive.zip?customer=Example+%26+Co").await;
        assert_eq!((sent.status, sent.header("content-type")), (StatusCode::OK, "application/zip"));
        let list = ana.get("/reports?customer=Example+%26+Co").await.text;
        assert!(list.contains("href=\"/reports/archive.zip?customer=Example+%26+Co\""), "{list}");
        for nobody in ["", "Nobody"] {
            assert_eq!(ana.get(&format!("/reports/archive.zip?customer={nobody}")).await.status, StatusCode::NOT_FOUND);
        }
    }
}

/// Each byte of a signed report is changed in turn, and told each time.
fn every_byte_counts(report: &ReportText, key: &PublicKey) {
    for at in 0..report.text.len() {
        let mut bytes = report.text.clone().into_bytes();
        bytes[at] ^= 1;
        // what is no text any more is not even read
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let forged = ReportText { name: report.name.clone(), text, signature: report.signature.clone() };
        assert!(!verify_files::verify(&[forged], Some(key)).findings.is_empty(), "byte {at} of {}", report.name);
    }
}

/// The same ledger and the same moment: the same bytes, whatever engine keeps them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_issue_the_same_bytes() {
    let mut documents = Vec::new();
    for app in [TestApp::on_sqlite().await, TestApp::on_postgres().await] {
        let context = signing(&app);
        let (agreement, ..) = days(&context, &app, 2, &["anna@example.org"]).await;
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 2);
        documents.push(
            chain(app.db(), agreement).await.into_iter().map(|one| (one.content, one.signature)).collect::<Vec<_>>(),
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
