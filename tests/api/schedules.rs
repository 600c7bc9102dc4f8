//! Schedules: each due report is mailed once, whatever clocks, schedulers and people do meanwhile.

use crate::app::TestApp;
use crate::closing::{exclude, execute};
use crate::mailing::{attachment, mailing, parsed};
use crate::on_both;
use crate::scene::{agree, draft, instance, promise, ratio, source};
use crate::smtp::{SmtpOptions, SmtpServer};
use mail_parser::MimeHeaders as _;
use nines::domain::calendar::{Period, PeriodKind};
use nines::domain::ids::{AgreementId, IndicatorId, ScheduleId};
use nines::domain::ledger::Slice;
use nines::domain::model::{EmailAddress, ObjectiveKind, SourceSpec};
use nines::domain::report_schedule::{Attached, Only, ScheduleDraft, Scope};
use nines::domain::rhythm::Rhythm;
use nines::domain::time::{Instant, Minute, Span};
use nines::ops::define_agreement::AgreementDraft;
use nines::ops::{
    Context, OpsError, define_schedule, deliver, recheck_reports, run_schedules, send_report, try_schedule,
};
use nines::store::outbox::{Delivery, DeliveryState};
use nines::store::schedules::{Run, RunState};
use nines::store::{self, Db, Page};
use reqwest::StatusCode;
use std::collections::BTreeMap;

const ALL: Page = Page { limit: 200, offset: 0 };
const BERLIN: chrono_tz::Tz = chrono_tz::Europe::Berlin;

fn moment(text: &str) -> Instant {
    Instant::from(chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc())
}

/// Lets time pass until a moment.
fn until(app: &TestApp, text: &str) {
    app.advance(moment(text).seconds() - app.state.clock.now().seconds());
}

/// A daily agreement in Berlin with one objective of 99 %, and its indicator.
async fn daily(context: &Context, name: &str) -> (AgreementId, IndicatorId) {
    let url = format!("http://127.0.0.1:9/{name}").parse().unwrap();
    let id = source(context, name, SourceSpec::Scrape { url }).await;
    let promise = promise("Answered", ObjectiveKind::Availability, id, ratio("a_total", "a_total{code=\"500\"}"));
    let agreement = agree(context, AgreementDraft { zone: BERLIN, ..draft(name, &[], vec![promise]) }).await;
    (agreement, crate::scene::indicators(&context.db, id).await[0])
}

/// Ten events a minute from now on for so many days, read for good; one bad in every so many minutes.
async fn measured(context: &Context, indicator: IndicatorId, days: i64, bad_every: i64) {
    let from = context.clock.now().minute();
    let end = from.plus(days * 1440);
    let slice = |Minute(at)| Some(Slice::new(10 - i64::from(at % bad_every == 0), 10).unwrap());
    let minutes: Vec<_> = Span::new(from, end).iter().map(|minute| (minute, slice(minute))).collect();
    let mut pull = store::indicators::load_pull(&context.db, indicator).await.unwrap().unwrap();
    (pull.settled, pull.reached) = (Some(end), Some(end));
    let mut tx = context.db.begin_write().await.unwrap();
    store::ledger::write(&mut tx, indicator, &minutes).await.unwrap();
    store::indicators::save_pull(&mut tx, indicator, &pull).await.unwrap();
    tx.commit().await.unwrap();
}

fn schedule(scope: Scope, rhythm: &str, recipients: &[&str]) -> ScheduleDraft {
    ScheduleDraft {
        name: "Every day".to_owned(),
        covers: (!matches!(scope, Scope::Agreement(_))).then_some(PeriodKind::Day),
        scope,
        rhythm: Rhythm::parse(rhythm, BERLIN).unwrap(),
        recipients: recipients.iter().map(|text| EmailAddress::parse(text).unwrap()).collect(),
        reply_to: None,
        prefix: String::new(),
        only: Only::Always,
        attached: Attached::usual(),
        language: None,
    }
}

async fn define(context: &Context, draft: &ScheduleDraft) -> ScheduleId {
    define_schedule::define(context, None, draft).await.unwrap()
}

async fn deliveries(db: &Db) -> Vec<Delivery> {
    let mut all = store::outbox::list(db, None, ALL).await.unwrap();
    all.sort_by_key(|delivery| delivery.id.0);
    all
}

/// Whom each period of a schedule was mailed to, by its label.
async fn mailed(db: &Db, schedule: ScheduleId) -> BTreeMap<String, Vec<String>> {
    let (runs, all) = (store::schedules::runs(db, schedule, ALL).await.unwrap(), deliveries(db).await);
    let to = |run: &Run| {
        let own = all.iter().filter(|delivery| delivery.run == Some(run.id));
        own.map(|delivery| delivery.recipient.clone()).collect()
    };
    runs.iter().map(|run| (run.label.clone(), to(run))).collect()
}

async fn states(db: &Db, schedule: ScheduleId) -> Vec<(String, RunState, String)> {
    let mut runs = store::schedules::runs(db, schedule, ALL).await.unwrap();
    runs.reverse();
    runs.into_iter().map(|run| (run.label, run.state, run.note)).collect()
}

on_both! {
    /// Two schedulers; the night of 28 March 2027, in which 02:30 does not exist in Berlin; three days without anybody; and
    /// a schedule that is changed a minute after it was due.
    async fn every_due_report_is_mailed_once(app: TestApp) {
        until(&app, "2027-03-26T12:00:00Z");
        let (one, two) = (instance(&app, "one"), instance(&app, "two"));
        let (agreement, indicator) = daily(&one, "Gold").await;
        measured(&one, indicator, 10, 4).await;
        let (anna, bob) = ("anna@example.org", "bob@example.org");
        let id = define(&one, &schedule(Scope::Agreement(agreement), "at 0 02:30", &[anna, bob])).await;
        let both = async || {
            let (first, second) = tokio::join!(run_schedules::run_due(&one), run_schedules::run_due(&two));
            first.unwrap().mailed + second.unwrap().mailed
        };
        let mut at = Vec::new();
        for _ in 0..72 {
            app.advance(3600);
            if both().await > 0 {
                at.push(app.state.clock.now().to_string());
            }
        }
        assert_eq!(at, ["2027-03-27T02:00:00Z", "2027-03-28T01:00:00Z", "2027-03-29T01:00:00Z"]);
        // nobody looks for three days
        until(&app, "2027-04-01T12:00:00Z");
        assert_eq!(both().await, 3);
        assert_eq!(both().await, 0);

        until(&app, "2027-04-02T00:31:00Z");
        let noon = schedule(Scope::Agreement(agreement), "cron 0 12 * * *", &["carl@example.org"]);
        define_schedule::change(&two, None, id, &noon).await.unwrap();
        assert_eq!(both().await, 1, "what was due by the old one is not lost");
        until(&app, "2027-04-03T09:59:00Z");
        assert_eq!(both().await, 0, "by the new one it was due again at noon, and was mailed already");
        until(&app, "2027-04-03T10:00:00Z");
        assert_eq!(both().await, 1);

        let days = ["26", "27", "28", "29", "30", "31"].map(|day| (format!("2027-03-{day}"), vec![anna.to_owned(), bob.to_owned()]));
        let carls = ["2027-04-01", "2027-04-02"].map(|day| (day.to_owned(), vec!["carl@example.org".to_owned()]));
        let expected: BTreeMap<_, _> = days.into_iter().chain(carls).collect();
        assert_eq!(mailed(app.db(), id).await, expected);
        let heads = store::reports::list(app.db(), None, ALL).await.unwrap();
        assert!(heads.iter().all(|head| head.revision == 1 && !head.provisional), "each is in the archive once");
        assert_eq!(heads.len(), 8);

        // paused for two days, then on again: what was due meanwhile is not mailed
        define_schedule::pause(&one, None, id).await.unwrap();
        until(&app, "2027-04-04T11:00:00Z");
        assert_eq!(both().await, 0);
        define_schedule::resume(&one, None, id).await.unwrap();
        assert_eq!(both().await, 0);
        until(&app, "2027-04-05T10:00:00Z");
        assert_eq!(both().await, 1);
        define_schedule::archive(&one, None, id).await.unwrap();
        assert!(matches!(define_schedule::change(&one, None, id, &noon).await, Err(OpsError::NotFound(_))));
        until(&app, "2027-04-06T10:00:00Z");
        assert_eq!(both().await, 0);
    }

    async fn a_pack_holds_all_agreements_with_a_customer_and_waits_for_them(app: TestApp) {
        let server = SmtpServer::start();
        let context = mailing(&app, "one", &server);
        let (_, gold) = daily(&context, "Gold").await;
        let (_, silver) = daily(&context, "Silver").await;
        measured(&context, gold, 2, 4).await;
        let pack = ScheduleDraft {
            reply_to: EmailAddress::parse("sla@example.org"),
            prefix: "[SLA]".to_owned(),
            attached: Attached::from_words("csv").unwrap(),
            ..schedule(Scope::Customer("Example & Co".to_owned()), "at 0 08:00", &["anna@example.org"])
        };
        let id = define(&context, &pack).await;
        until(&app, "2026-11-22T07:00:00Z");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().mailed, 0, "Silver is not read yet");
        assert_eq!(states(app.db(), id).await, [("2026-11-21".to_owned(), RunState::Waiting, String::new())]);
        // as if it had been read from the beginning on
        app.advance(-86_400);
        measured(&context, silver, 2, 5_000).await;
        app.advance(86_400);
        assert_eq!(run_schedules::run_due(&context).await.unwrap().mailed, 1);
        assert_eq!(deliver::deliver_due(&context).await.unwrap(), 1);
        let mails = server.received();
        let mail = parsed(&mails[0]);
        assert_eq!(mail.subject(), Some("[SLA] Breached: Example & Co, day 2026-11-21 – 1 of 2 agreements"));
        assert_eq!(mail.reply_to().unwrap().first().unwrap().address(), Some("sla@example.org"));
        assert!(mail.body_text(0).unwrap().starts_with("Breached: Example & Co"));
        let html = mail.body_html(0).unwrap();
        assert!(html.find("Gold").unwrap() < html.find("Silver").unwrap(), "trouble first");
        let rows = csv::Reader::from_reader(attachment(&mail, ("text", "csv"))).records().count();
        assert_eq!((rows, mail.attachment_count()), (2, 1));
        assert!(mail.attachments().all(|file| file.attachment_name() == Some("nines-example-co-2026-11-21.csv")));
        // a report in a pack knows its delivery, and whoever was mailed the pack is mailed the correction
        for head in store::reports::list(app.db(), None, ALL).await.unwrap() {
            assert_eq!(store::outbox::list_by_report(app.db(), head.id).await.unwrap().len(), 1, "{}", head.agreement);
        }
    }

    async fn a_pack_does_not_wait_for_ever(app: TestApp) {
        let context = instance(&app, "one");
        let (_, gold) = daily(&context, "Gold").await;
        daily(&context, "Silent").await;
        measured(&context, gold, 5, 4).await;
        let id = define(&context, &schedule(Scope::House, "at 0 08:00", &["anna@example.org"])).await;
        until(&app, "2026-11-22T07:00:00Z");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().mailed, 0);
        until(&app, "2026-11-25T06:59:00Z");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().mailed, 0);
        until(&app, "2026-11-25T07:00:00Z");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().mailed, 1, "three days are enough");
        let first = states(app.db(), id).await.swap_remove(0);
        assert_eq!(first, ("2026-11-21".to_owned(), RunState::Sent, "Silent".to_owned()));
        let subject = deliveries(app.db()).await.swap_remove(0).subject;
        assert_eq!(subject, "[Nines] Breached: Every day, day 2026-11-21 – 1 of 1 agreement");
    }

    /// One bad event in 50 000 is met, 2.5 % are not: the target is 99 %.
    async fn good_news_is_kept_from_those_who_do_not_want_it(app: TestApp) {
        let context = instance(&app, "one");
        let (agreement, indicator) = daily(&context, "Gold").await;
        measured(&context, indicator, 1, 5_000).await;
        let scope = || Scope::Agreement(agreement);
        let trouble = ScheduleDraft { only: Only::Trouble, ..schedule(scope(), "final", &["a@example.org"]) };
        let breach = ScheduleDraft { only: Only::Breach, ..schedule(Scope::House, "final", &["b@example.org"]) };
        let (trouble, breach) = (define(&context, &trouble).await, define(&context, &breach).await);
        let always = define(&context, &schedule(scope(), "final", &["c@example.org"])).await;
        until(&app, "2026-11-22T00:00:00Z");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().mailed, 1);
        let state = async |id| states(app.db(), id).await.swap_remove(0).1;
        assert_eq!([state(trouble).await, state(breach).await, state(always).await], [RunState::Skipped, RunState::Skipped, RunState::Sent]);
        until(&app, "2026-11-22T07:00:00Z");
        measured(&context, indicator, 2, 4).await;
        until(&app, "2026-11-23T00:00:00Z");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().mailed, 3, "this is trouble for everybody");
    }

    async fn nobody_is_mailed_a_revision_twice_whoever_sends_it(app: TestApp) {
        let context = instance(&app, "one");
        let (agreement, indicator) = daily(&context, "Gold").await;
        measured(&context, indicator, 2, 4).await;
        let both = ["anna@example.org", "ben@example.org"];
        let id = define(&context, &schedule(Scope::Agreement(agreement), "at 1 08:00", &both)).await;
        until(&app, "2026-11-22T00:30:00Z");
        let round = run_schedules::run_due(&context).await.unwrap();
        assert_eq!((round.issued, round.mailed), (1, 0), "it is final, and not yet time to mail it");
        // a trial counts for nobody, also for somebody who is a recipient
        try_schedule::try_schedule(&context, None, id, &EmailAddress::parse(both[0]).unwrap()).await.unwrap();
        let day = Period::parse("2026-11-21", BERLIN).unwrap();
        send_report::send_now(&context, None, agreement, day).await.unwrap();
        let noon = day.span().start().plus(720);
        exclude(&context, "a test", Span::new(noon, noon.plus(60))).await;
        recheck_reports::recheck(&context).await.unwrap();
        app.advance(600);
        assert_eq!(recheck_reports::recheck(&context).await.unwrap(), 1);
        // how often each was mailed each revision, trials aside
        let sent = async || {
            let heads = store::reports::revisions(app.db(), agreement, "2026-11-21").await.unwrap();
            let mut sent: BTreeMap<(i64, String), usize> = BTreeMap::new();
            for one in deliveries(app.db()).await.into_iter().filter(|one| !one.subject.starts_with("[Test]")) {
                let head = heads.iter().find(|head| head.id == one.report).unwrap();
                *sent.entry((head.revision, one.recipient)).or_default() += 1;
            }
            sent
        };
        let each = |revisions: std::ops::RangeInclusive<i64>| -> BTreeMap<(i64, String), usize> {
            revisions.flat_map(|revision| both.map(|to| ((revision, to.to_owned()), 1))).collect()
        };
        assert_eq!(sent().await, each(1..=2));
        // now it is the schedule's turn: both have the second revision, a third person has nothing
        let three = ["anna@example.org", "ben@example.org", "cleo@example.org"];
        define_schedule::change(&context, None, id, &schedule(Scope::Agreement(agreement), "at 1 08:00", &three)).await.unwrap();
        until(&app, "2026-11-23T07:30:00Z");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().mailed, 1);
        let mut expected = each(1..=2);
        expected.insert((2, three[2].to_owned()), 1);
        assert_eq!(sent().await, expected);
        // the day before the schedule was made has no report
        let runs = states(app.db(), id).await;
        let state = runs.iter().find(|(label, ..)| label == "2026-11-21").map(|(_, state, _)| *state);
        assert_eq!(state, Some(RunState::Sent), "{runs:?}");
        // what is corrected after the run reaches all three, once
        exclude(&context, "another test", Span::new(noon.plus(120), noon.plus(180))).await;
        recheck_reports::recheck(&context).await.unwrap();
        app.advance(600);
        assert_eq!(recheck_reports::recheck(&context).await.unwrap(), 1);
        expected.extend(three.map(|to| ((3, to.to_owned()), 1)));
        assert_eq!(sent().await, expected);
    }

    async fn a_run_has_nobody_left_to_mail_when_all_were_sent_the_report_by_hand(app: TestApp) {
        let context = instance(&app, "one");
        let (agreement, indicator) = daily(&context, "Gold").await;
        measured(&context, indicator, 1, 4).await;
        let id = define(&context, &schedule(Scope::Agreement(agreement), "at 0 08:00", &["anna@example.org"])).await;
        until(&app, "2026-11-22T00:30:00Z");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 1);
        send_report::send_now(&context, None, agreement, Period::parse("2026-11-21", BERLIN).unwrap()).await.unwrap();
        until(&app, "2026-11-22T07:30:00Z");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().mailed, 0);
        let note = "everybody had been mailed it already, by hand or as a correction";
        assert_eq!(states(app.db(), id).await, [("2026-11-21".to_owned(), RunState::Skipped, note.to_owned())]);
        assert_eq!(deliveries(app.db()).await.len(), 1);
        // a delivery that was given up is none
        let (agreement, indicator) = daily(&context, "Silver").await;
        measured(&context, indicator, 1, 4).await;
        define(&context, &schedule(Scope::Agreement(agreement), "at 0 08:00", &["ben@example.org"])).await;
        until(&app, "2026-11-23T00:30:00Z");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 1);
        send_report::send_now(&context, None, agreement, Period::parse("2026-11-22", BERLIN).unwrap()).await.unwrap();
        execute(app.db(), "UPDATE deliveries SET state = 'dead' WHERE recipient = 'ben@example.org'".to_owned()).await;
        until(&app, "2026-11-23T07:30:00Z");
        run_schedules::run_due(&context).await.unwrap();
        assert_eq!(deliveries(app.db()).await.iter().filter(|one| one.recipient == "ben@example.org").count(), 2);
    }

    async fn a_trial_reaches_one_address_and_changes_nothing(app: TestApp) {
        let server = SmtpServer::start();
        let context = mailing(&app, "one", &server);
        let (agreement, indicator) = daily(&context, "Gold").await;
        measured(&context, indicator, 2, 4).await;
        let words = if cfg!(feature = "pdf") { "csv json pdf xlsx" } else { "csv json xlsx" };
        let attached = Attached::from_words(words).unwrap();
        let draft = ScheduleDraft { attached, ..schedule(Scope::Agreement(agreement), "at 0 08:00", &["anna@example.org"]) };
        let id = define(&context, &draft).await;
        let me = EmailAddress::parse("me@example.org").unwrap();
        let refused = try_schedule::try_schedule(&context, None, id, &me).await.unwrap_err();
        assert!(refused.to_string().contains("no report yet"), "{refused}");
        until(&app, "2026-11-22T00:30:00Z");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 1, "it is final, and not yet time to mail it");
        try_schedule::try_schedule(&context, None, id, &me).await.unwrap();
        assert_eq!(deliver::deliver_due(&context).await.unwrap(), 1);
        let mails = server.received();
        assert_eq!(mails[0].to, ["me@example.org"]);
        assert_eq!(parsed(&mails[0]).subject(), Some("[Test] [Nines] Breached: Gold, day 2026-11-21 – 1 objective missed"));
        // what is attached is what its name says
        let mail = parsed(&mails[0]);
        let begins = |name: &str, bytes: &[u8]| {
            let file = mail.attachments().find(|file| file.attachment_name() == Some(name));
            file.is_some_and(|file| file.contents().starts_with(bytes))
        };
        assert!(begins("nines-gold-2026-11-21.xlsx", b"PK\x03\x04") && begins("nines-gold-2026-11-21.json", b"{"));
        assert_eq!(begins("nines-gold-2026-11-21.pdf", b"%PDF-"), cfg!(feature = "pdf"));
        assert_eq!(mail.attachments().filter(|file| file.attachment_name().is_some_and(|name| name.starts_with("nines-"))).count(), words.split(' ').count());
        assert_eq!(states(app.db(), id).await, []);
        until(&app, "2026-11-22T07:00:00Z");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().mailed, 1);
    }

    async fn a_schedule_is_made_changed_and_paused_on_its_pages(app: TestApp) {
        let ana = app.signed_in().await;
        let (agreement, _) = daily(&app.state, "Gold <b>").await;
        assert!(ana.get("/schedules").await.visible().contains("Nobody is mailed yet"));
        let form = ana.get(&format!("/schedules/new?agreement={agreement}")).await;
        assert!(form.text.contains(&format!("value=\"agreement:{agreement}\" selected")), "{}", form.text);
        let scope = format!("agreement:{agreement}");
        let typed = [
            ("scope", scope.as_str()), ("name", "Weekly <i>"), ("covers", "week"), ("when", "cron"), ("cron", "0 8 * * 1"),
            ("zone", "Europe/Berlin"), ("recipients", "a@example.org\nb@example.org"), ("only", "always"), ("csv", "yes"),
        ];
        let mut wrong = typed;
        wrong[4] = ("cron", "every day");
        let refused = ana.post_form("/schedules/new", &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.visible().contains("Write five fields") && refused.text.contains("Weekly &#60;i&#62;"), "{}", refused.text);
        let made = ana.post_form("/schedules/new", &typed).await;
        assert_eq!(made.location(), "/schedules/17000");
        // Saturday 21 November; the first Monday is the 23rd, at 08:00 in Berlin
        let shown = ana.follow(&made).await.visible();
        for part in ["Next: the report of week 47", "2026-11-23 08:00", "a@example.org, b@example.org", "Each week", "It has not run yet"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let list = ana.get("/schedules").await.visible();
        assert!(list.contains("Weekly <i> Gold <b>") || list.contains("Weekly &#60;i&#62;"), "{list}");

        let edit = ana.get("/schedules/17000/edit").await;
        assert!(edit.text.contains("value=\"0 8 * * 1\""), "{}", edit.text);
        let mut changed = typed;
        changed[2] = ("covers", "month");
        changed[3] = ("when", "final");
        assert_eq!(ana.post_form("/schedules/17000/edit", &changed).await.status, StatusCode::SEE_OTHER);
        assert!(ana.get("/schedules/17000").await.visible().contains("Next: the report of November 2026"));
        let page = "/schedules/17000";
        let tried = ana.post_from(page, "/schedules/17000/try", &[("to", "nobody")]).await;
        assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(tried.visible().contains("one e-mail address"), "{}", tried.visible());
        let tried = ana.post_from(page, "/schedules/17000/try", &[("to", "me@example.org")]).await;
        assert!(tried.visible().contains("no report yet"), "{}", tried.visible());
        ana.post_from(page, "/schedules/17000/state", &[("action", "pause")]).await;
        assert!(ana.get(page).await.visible().contains("It is paused"));
        ana.post_from(page, "/schedules/17000/state", &[("action", "resume")]).await;
        assert!(ana.get(page).await.visible().contains("Live"));
        let gone = ana.post_from(page, "/schedules/17000/state", &[("action", "archive")]).await;
        assert_eq!(gone.location(), "/schedules");
        assert_eq!(ana.get(page).await.status, StatusCode::NOT_FOUND);
        let audit = ana.get("/audit").await.visible();
        for part in ["defined the schedule", "changed the schedule", "paused the schedule", "archived the schedule"] {
            assert!(audit.contains(part), "{part}: {audit}");
        }
    }

    /// Three recipients, one of whom the server refuses for good: the others have their mail, and the page says who has not.
    async fn what_was_given_up_stands_on_a_page_and_in_the_metrics(app: TestApp) {
        let reject = Some("gone@example.org".to_owned());
        let server = SmtpServer::start_with(SmtpOptions { reject, ..SmtpOptions::default() });
        let context = mailing(&app, "one", &server);
        let ana = app.signed_in().await;
        assert!(ana.get("/deliveries").await.visible().contains("Nothing was mailed yet"));
        let (agreement, indicator) = daily(&context, "Gold").await;
        measured(&context, indicator, 1, 4).await;
        let everybody = ["anna@example.org", "gone@example.org", "zoe@example.org"];
        define(&context, &schedule(Scope::Agreement(agreement), "final", &everybody)).await;
        until(&app, "2026-11-22T00:00:00Z");
        let ana = app.signed_in().await; // the session from the day before has expired
        assert_eq!(run_schedules::run_due(&context).await.unwrap().mailed, 1);
        assert_eq!(deliver::deliver_due(&context).await.unwrap(), 2, "one who is refused holds back nobody");
        let shown = ana.get("/deliveries").await.visible();
        for part in ["2 sent, 0 waiting, 1 was given up.", "550", "Breached: Gold, day 2026-11-21"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let dead = ana.get("/deliveries?state=dead").await;
        assert!(dead.visible().contains("gone@example.org") && !dead.visible().contains("anna@example.org"));
        let metrics = ana.get("/metrics").await.text;
        assert!(metrics.lines().any(|line| line == "nines_outbox_dead 1"), "{metrics}");
        let id = deliveries(app.db()).await.into_iter().find(|one| one.state == DeliveryState::Dead).unwrap().id;
        let again = ana.post_from("/deliveries", &format!("/deliveries/{id}/retry"), &[]).await;
        assert!(ana.follow(&again).await.visible().contains("1 waiting, none was given up"));
        let sent = deliveries(app.db()).await[0].id;
        let refused = ana.post_from("/deliveries", &format!("/deliveries/{sent}/retry"), &[]).await;
        assert!(ana.follow(&refused).await.visible().contains("nothing to try again"));
    }
}
