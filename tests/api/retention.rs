//! Reports that are kept no longer: what is removed, what stays, and what shows that no other hand did it.

use crate::app::TestApp;
use crate::closing::{chain, execute, signing, two_days_and_a_correction, unzipped, verified};
use crate::on_both;
use crate::revisions::{an_agreement, save};
use crate::scene::{draft, instance, promise};
use futures_util::TryStreamExt as _;
use nines::domain::contract::AgreementTerms;
use nines::domain::ids::AgreementId;
use nines::domain::model::ObjectiveKind;
use nines::domain::retention::KeepYears;
use nines::domain::signature::SigningKey;
use nines::domain::time::{Instant, Minute};
use nines::ops::define_agreement::{self, AgreementDraft, ObjectiveDraft};
use nines::ops::revise::Taking;
use nines::ops::verify_files::{self, ReportText};
use nines::ops::{Context, OpsError, deliver, export_customer, recheck_reports, run_schedules, sweep};
use nines::report::removal;
use nines::store::{self, Page};
use reqwest::StatusCode;
use std::collections::BTreeMap;

fn until(app: &TestApp, text: &str) {
    let at = Instant::from(chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc());
    app.advance(at.seconds() - app.state.clock.now().seconds());
}

/// Lets the agreement of two days keep its reports for so many years from now on.
async fn keep(app: &TestApp, context: &Context, agreement: AgreementId, years: u32) -> Result<(), OpsError> {
    let defined = define_agreement::load(app.db(), agreement).await.unwrap();
    let (objective, indicator, _) = &defined.objectives[0];
    let promise = promise("Answered", ObjectiveKind::Availability, indicator.source, indicator.query.clone());
    let terms = AgreementTerms { keep_years: Some(KeepYears::new(years).unwrap()), ..AgreementTerms::default() };
    let objectives = vec![ObjectiveDraft { id: Some(objective.id), target: objective.target, ..promise }];
    let draft = AgreementDraft { terms, ..draft("Gold", &[], objectives) };
    let basis = defined.fingerprint().unwrap();
    define_agreement::change(context, None, agreement, draft, &basis, Taking::default()).await?;
    // the change is looked at, and corrects nothing
    recheck_reports::recheck(context).await?;
    app.advance(600);
    assert_eq!(recheck_reports::recheck(context).await?, 0);
    Ok(())
}

/// The numbers of the reports that are still there.
async fn there(app: &TestApp, agreement: AgreementId) -> Vec<i64> {
    let all = chain(app.db(), agreement).await;
    all.iter().filter(|one| one.document().is_some_and(|text| !text.is_empty())).map(|one| one.head.number).collect()
}

/// Two days, the first corrected, all mailed; kept for a year. No. 1 and 3 are about 2026-11-21, no. 2 about the day after.
async fn two_days_for_a_year(app: &TestApp, context: &Context) -> AgreementId {
    let (agreement, ..) = two_days_and_a_correction(app, context).await;
    execute(app.db(), "UPDATE deliveries SET state = 'sent'".to_owned()).await;
    Box::pin(keep(app, context, agreement, 1)).await.unwrap();
    agreement
}

/// The reports and removals of an archive, with their signatures.
fn reports_among(files: &BTreeMap<String, Vec<u8>>) -> Vec<ReportText> {
    let is_report = |name: &str| name.contains("/reports/") && name.rsplit('.').next() == Some("json");
    let reports = files.iter().filter(|(name, _)| is_report(name));
    let text = |(name, text): (&String, &Vec<u8>)| ReportText {
        name: name.clone(),
        text: String::from_utf8(text.clone()).unwrap(),
        signature: files.get(&format!("{name}.sig")).cloned(),
    };
    reports.map(text).collect()
}

on_both! {
    async fn what_a_report_says_is_removed_when_its_time_is_over_and_everything_says_so(app: TestApp) {
        let context = signing(&app);
        let agreement = two_days_for_a_year(&app, &context).await;
        let before = chain(app.db(), agreement).await;
        sweep::sweep(&context).await.unwrap();
        until(&app, "2027-11-21T23:59:59Z");
        sweep::sweep(&context).await.unwrap();
        assert_eq!(there(&app, agreement).await, [1, 2, 3], "the year is not over");
        until(&app, "2027-11-22T00:00:00Z");
        sweep::sweep(&context).await.unwrap();
        assert_eq!(there(&app, agreement).await, [2, 3], "the newest stays, whatever it is about");

        let told = verified(&context, agreement).await;
        let sentence = "report no. 1 (2026-11-21, revision 1) was removed under the agreement's retention of 1 year on 2027-11-22T00:00:00Z";
        assert_eq!((told.findings, told.removed), (Vec::new(), vec![sentence.to_owned()]));
        assert_eq!((told.reports, told.remade), (3, 2), "and it is not among those that agree with the ledger");
        let after = chain(app.db(), agreement).await;
        let kept = |one: &store::reports::Report| (one.head.number, one.head.digest, one.head.label.clone(), one.signature.clone());
        assert_eq!(after.iter().map(kept).collect::<Vec<_>>(), before.iter().map(kept).collect::<Vec<_>>());
        let letters = store::outbox::list(app.db(), None, Page::first(9)).await.unwrap();
        let gone: Vec<_> = letters.iter().filter(|one| one.is_removed).map(|one| (one.report, one.recipient.as_str())).collect();
        assert_eq!(gone, [(before[0].head.id, "anna@example.org")], "the mail about it too, but not who was sent it");
        let audited = store::audit::list_of(app.db(), "report", before[0].head.id.0, Page::first(1)).await.unwrap().remove(0);
        assert_eq!((audited.action.as_str(), audited.who), ("report.removed", None));

        let ana = app.signed_in().await;
        let id = before[0].head.id;
        let page = ana.get(&format!("/reports/{id}")).await;
        let digest = before[0].head.digest.unwrap().to_string();
        assert_eq!(page.status, StatusCode::OK);
        for words in ["Report no. 1 was removed under the agreement’s retention on 2027-11-22", &digest, "anna@example.org", "Breached"] {
            assert!(page.visible().contains(words), "{words}: {}", page.visible());
        }
        for path in [format!("/reports/{id}.json"), format!("/reports/{id}.pdf"), format!("/reports/{id}.json.sig"), format!("/reports/compare?a={id}&b={}", before[1].head.id)] {
            let answer = ana.get(&path).await;
            assert_eq!(answer.status, StatusCode::GONE, "{path}");
            assert!(answer.visible().contains("was removed under the agreement’s retention on 2027-11-22"), "{path}: {}", answer.visible());
        }
        let statement = ana.get(&format!("/reports/{id}.removal.json")).await;
        assert!(statement.text.contains(sentence) && statement.text.contains("\"previous_sha256\": null"), "{}", statement.text);
        assert_eq!(ana.get(&format!("/reports/{}.removal.json", before[1].head.id)).await.status, StatusCode::NOT_FOUND);
        let sent = ana.post_from(&format!("/reports/{id}"), &format!("/reports/{id}/send"), &[]).await;
        assert_eq!(sent.status, StatusCode::GONE, "{}", sent.visible());
        let list = ana.get("/reports").await.visible();
        assert!(list.contains("no. 1 · removed") && list.matches("· removed").count() == 1, "{list}");
        let other = ana.get(&format!("/reports/{}", before[1].head.id)).await.text;
        assert!(!other.contains(&format!("<option value=\"{id}\">")), "nobody is offered to compare with it");

        // what is left can be taken along, and shows elsewhere too that nothing else is missing
        let (_, pieces) = export_customer::export(context.clone(), "Example & Co").await.unwrap();
        let pieces: Vec<Vec<u8>> = Box::pin(pieces.try_collect()).await.unwrap();
        let files = unzipped(&pieces.concat());
        let texts = reports_among(&files);
        let name = format!("{agreement}-gold/reports/00001-2026-11-21-r1.removed.json");
        let key = context.settings.report.signing_key.as_ref().map(SigningKey::public);
        let files = verify_files::verify(&texts, key.as_ref());
        assert_eq!((files.findings, files.removed), (Vec::new(), vec![format!("{name}: {sentence}")]));
        assert_eq!(texts.len(), 3);
        let mut forged = texts.clone();
        let of_it = forged.iter_mut().find(|one| one.name == name).unwrap();
        of_it.text = of_it.text.replace(&digest, &"0".repeat(64));
        let files = verify_files::verify(&forged, None);
        assert!(files.findings.len() == 1 && files.findings[0].contains("does not follow"), "{:?}", files.findings);
        of_it_is_signed(&forged, key.as_ref());

        // a second time nothing happens; and with the years all but the newest go
        sweep::sweep(&context).await.unwrap();
        assert_eq!(there(&app, agreement).await, [2, 3]);
        until(&app, "2040-01-01T00:00:00Z");
        sweep::sweep(&context).await.unwrap();
        assert_eq!(there(&app, agreement).await, [3]);
        let told = verified(&context, agreement).await;
        assert_eq!((told.findings, told.removed.len()), (Vec::new(), 2));
    }

    async fn a_report_that_another_hand_removed_is_told(app: TestApp) {
        let context = signing(&app);
        let agreement = two_days_for_a_year(&app, &context).await;
        let second = chain(app.db(), agreement).await.remove(1);
        // tampered with before its time: it stays, to be found
        let text = second.document().unwrap().replace('\'', "''");
        let changed = text.replacen("\"met\": false", "\"met\": true", 1);
        assert_ne!(changed, text);
        let put = |text: &str| format!("UPDATE reports SET document = '{text}' WHERE id = {}", second.head.id);
        execute(app.db(), put(&changed)).await;
        until(&app, "2027-11-23T12:00:00Z");
        sweep::sweep(&context).await.unwrap();
        assert_eq!(there(&app, agreement).await, [2, 3]);
        let findings = verified(&context, agreement).await.findings;
        assert!(findings.iter().any(|one| one.contains("report no. 2 was changed")), "{findings:?}");
        execute(app.db(), put(&text)).await;
        assert_eq!(verified(&context, agreement).await.findings, Vec::<String>::new());

        // each piece of the evidence for no. 1 in turn
        let first = chain(app.db(), agreement).await.remove(0).head.id;
        for (change, undo, words) in [
            ("UPDATE audit SET at = at + 1 WHERE action = 'report.removed'", "UPDATE audit SET at = at - 1 WHERE action = 'report.removed'", "the audit log knows nothing of it"),
            ("UPDATE audit SET action = 'x' WHERE action = 'report.removed'", "UPDATE audit SET action = 'report.removed' WHERE action = 'x'", "the audit log knows nothing of it"),
            ("UPDATE revisions SET document = REPLACE(document, '\"keep_years\":1', '\"keep_years\":2')", "UPDATE revisions SET document = REPLACE(document, '\"keep_years\":2', '\"keep_years\":1')", "the agreement in force on that day does not say so"),
            ("UPDATE revisions SET made_at = made_at + 86400000", "UPDATE revisions SET made_at = made_at - 86400000", "the agreement in force on that day does not say so"),
            (&format!("UPDATE reports SET removed_at = removed_at - 1 WHERE id = {first}"), &format!("UPDATE reports SET removed_at = removed_at + 1 WHERE id = {first}"), "one about another report"),
            (&format!("UPDATE reports SET revision = 7 WHERE id = {first}"), &format!("UPDATE reports SET revision = 1 WHERE id = {first}"), "one about another report"),
            (&format!("UPDATE reports SET removal = REPLACE(removal, '2027', '2028') WHERE id = {first}"), &format!("UPDATE reports SET removal = REPLACE(removal, '2028', '2027') WHERE id = {first}"), "does not belong to it"),
            (&format!("UPDATE reports SET removal = REPLACE(removal, ': ', ':  ') WHERE id = {first}"), &format!("UPDATE reports SET removal = REPLACE(removal, ':  ', ': ') WHERE id = {first}"), "does not read"),
        ] {
            execute(app.db(), change.to_owned()).await;
            let told = verified(&context, agreement).await;
            let finding = told.findings.iter().find(|one| one.starts_with("report no. 1 is gone, but not under the agreement's retention"));
            assert!(finding.is_some_and(|one| one.contains(words)) && told.removed.is_empty(), "{words}: {told:?}");
            execute(app.db(), undo.to_owned()).await;
        }
        assert_eq!(verified(&context, agreement).await.removed.len(), 1);

        // no. 2 is blanked: alone, with the statement of no. 1, and with everything that can be written without the key
        let blank = format!("UPDATE reports SET document = '' WHERE id = {}", second.head.id);
        execute(app.db(), blank).await;
        let findings = verified(&context, agreement).await.findings;
        assert!(findings.iter().any(|one| one.starts_with("report no. 2 is gone: nothing is left of what it said")), "{findings:?}");
        for column in ["removed_at", "removal", "removal_signature"] {
            let copy = format!("UPDATE reports SET {column} = (SELECT {column} FROM reports WHERE id = {first}) WHERE id = {}", second.head.id);
            execute(app.db(), copy).await;
        }
        let told = verified(&context, agreement).await;
        assert!(told.findings.iter().any(|one| one.starts_with("report no. 2 is gone, but") && one.contains("one about another report")), "{told:?}");
        let own = removal::read(store_statement(&app, agreement, 0).await.as_str()).unwrap();
        let forged = nines::domain::retention::Removal {
            number: 2,
            label: second.head.label.clone(),
            revision: second.head.revision,
            period_end: second.head.span.end().start(),
            sha256: second.head.digest.unwrap(),
            previous_sha256: Some(own.sha256),
            signed_by: None,
            removed_at: context.clock.now(),
            ..own
        };
        let (statement, _) = removal::seal(forged, None).unwrap();
        let quoted = statement.replace('\'', "''");
        let now = context.clock.now().seconds();
        execute(app.db(), format!("UPDATE reports SET removed_at = {now}, removal = '{quoted}', removal_signature = {} WHERE id = {}", blob(&app), second.head.id)).await;
        execute(app.db(), format!("INSERT INTO audit (at, who, action, entity, entity_id, before, after) VALUES ({now}, NULL, 'report.removed', 'report', {}, NULL, '{quoted}')", second.head.id)).await;
        let told = verified(&context, agreement).await;
        assert_eq!(told.findings, ["report no. 2 is gone, but not under the agreement's retention: the statement about it is not signed, and reports were by then"]);
        let unsigned = instance(&app, "two");
        assert_eq!(verified(&unsigned, agreement).await.findings, Vec::<String>::new(), "without the key nobody can tell");
    }

    async fn what_is_still_needed_is_not_removed(app: TestApp) {
        let context = signing(&app);
        let agreement = two_days_for_a_year(&app, &context).await;
        let (first, second) = (0, 1);
        let heads: Vec<_> = chain(app.db(), agreement).await.into_iter().map(|one| one.head).collect();
        until(&app, "2028-06-01T00:00:00Z");
        let (day, label) = (heads[first].span, heads[first].label.clone());
        for (needed, done) in [
            (format!("UPDATE deliveries SET state = 'queued' WHERE report = {}", heads[first].id), "UPDATE deliveries SET state = 'dead'".to_owned()),
            (
                format!("INSERT INTO touches (cause, subject, start_minute, end_minute) VALUES ('terms', 1, {}, {})", day.start().0, day.start().0 + 1),
                "DELETE FROM touches".to_owned(),
            ),
            (
                format!("INSERT INTO rechecks (agreement, label, cause, subject, noticed_at) VALUES ({agreement}, '{label}', 'terms', 1, 0)"),
                "DELETE FROM rechecks".to_owned(),
            ),
            (format!("UPDATE runs SET state = 'waiting' WHERE label = '{label}'"), format!("UPDATE runs SET state = 'sent' WHERE label = '{label}'")),
        ] {
            execute(app.db(), format!("UPDATE reports SET number = 9 WHERE id = {}", heads[second].id)).await; // out of the way
            execute(app.db(), needed.clone()).await;
            sweep::sweep(&context).await.unwrap();
            let kept = store::reports::find(app.db(), heads[first].id).await.unwrap().unwrap();
            assert!(kept.document().is_some(), "{needed}");
            execute(app.db(), done).await;
        }
        execute(app.db(), format!("UPDATE reports SET number = 2 WHERE id = {}", heads[second].id)).await;
        sweep::sweep(&context).await.unwrap();
        assert_eq!(there(&app, agreement).await, [3]);
        let dead = store::outbox::list_by_report(app.db(), heads[first].id).await.unwrap().remove(0);
        let again = deliver::try_again(&context, None, dead.id).await.unwrap_err();
        assert!(again.to_string().contains("This mail was removed together with its report"), "{again}");
    }

    async fn a_shorter_term_says_how_many_reports_would_go_and_asks(app: TestApp) {
        let ana = app.signed_in().await;
        let page = an_agreement(&app, &ana).await;
        let indicator = store::indicators::list(app.db()).await.unwrap().remove(0).id;
        let mut pull = store::indicators::load_pull(app.db(), indicator).await.unwrap().unwrap();
        pull.settled = Some(Minute(31_000_000)); // December 2028
        let mut tx = app.db().begin_write().await.unwrap();
        store::indicators::save_pull(&mut tx, indicator, &pull).await.unwrap();
        tx.commit().await.unwrap();
        until(&app, "2027-02-02T00:00:00Z");
        // November, December and January
        assert_eq!(run_schedules::run_due(&app.state).await.unwrap().issued, 3);
        until(&app, "2028-01-15T00:00:00Z");
        let ana = app.signed_in().await; // the session of a year ago is over
        for wrong in ["0", "100", "1.5", "two"] {
            let refused = save(&ana, &page, "99", &[("keep-years", wrong)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.visible().contains("Reports are kept for a whole number of years from 1 to 99"), "{wrong}: {}", refused.visible());
        }
        assert_eq!(save(&ana, &page, "99", &[("keep-years", "5")]).await.status, StatusCode::SEE_OTHER, "nothing is as old as that");
        // November's report went on 1 December 2027, December's on 1 January 2028; January's is the newest
        let asked = save(&ana, &page, "99", &[("keep-years", "1")]).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(asked.visible().contains("2 reports will be removed within the next hour"), "{}", asked.visible());
        assert!(asked.text.contains("name=\"keep-years-meant\" value=\"1\""), "{}", asked.text);
        let other = save(&ana, &page, "99", &[("keep-years", "1"), ("keep-years-meant", "2")]).await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "the tick was about another number");
        let saved = save(&ana, &page, "99", &[("keep-years", "1"), ("keep-years-meant", "1")]).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.visible());
        let revisions = ana.get(&format!("{page}/revisions")).await.visible();
        assert!(revisions.contains("Reports kept for") && revisions.contains("1 year"), "{revisions}");
        assert_eq!(save(&ana, &page, "99", &[("keep-years", "3")]).await.status, StatusCode::SEE_OTHER, "longer needs no question");
        assert_eq!(save(&ana, &page, "99", &[("keep-years", "")]).await.status, StatusCode::SEE_OTHER);
        let id = AgreementId(page.trim_start_matches("/agreements/").parse().unwrap());
        sweep::sweep(&app.state).await.unwrap();
        assert_eq!(there(&app, id).await, [1, 2, 3], "kept for ever again before anything was removed");
    }
}

/// The forged statement is given away by its signature as well.
fn of_it_is_signed(forged: &[ReportText], key: Option<&nines::domain::signature::PublicKey>) {
    let findings = verify_files::verify(forged, key).findings;
    assert!(
        findings.iter().any(|one| one.contains("this statement has a signature that does not belong")),
        "{findings:?}"
    );
}

async fn store_statement(app: &TestApp, agreement: AgreementId, place: usize) -> String {
    match chain(app.db(), agreement).await.remove(place).content {
        store::reports::Content::Removed(statement) => statement.text,
        store::reports::Content::Document(document) => panic!("{document}"),
    }
}

/// Nothing, as the engine writes bytes.
fn blob(app: &TestApp) -> &'static str {
    if matches!(app.db(), store::Db::Sqlite(_)) { "X''" } else { "''::bytea" }
}
