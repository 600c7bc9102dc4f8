//! From the end of a period to the mailbox: reports are issued once, and their mail survives dead servers.

use crate::app::TestApp;
use crate::on_both;
use crate::scene::{agree, draft, indicators, instance, promise, ratio, source};
use crate::smtp::{Received, SmtpOptions, SmtpServer};
use mail_parser::{Message, MessageParser, MimeHeaders as _};
use nines::domain::calendar::{Period, PeriodKind};
use nines::domain::ids::{AgreementId, IndicatorId};
use nines::domain::ledger::Slice;
use nines::domain::model::{ObjectiveKind, SourceSpec};
use nines::domain::time::{Minute, Span};
use nines::mail::{MailSettings, Mailer, Security, SmtpSettings, Transport};
use nines::ops::define_agreement::AgreementDraft;
use nines::ops::{Context, OpsError, deliver, pull, run_schedules, send_report};
use nines::store::outbox::{Delivery, DeliveryState};
use nines::store::{self, Db, Page};
use std::sync::Arc;
use std::time::Duration;

const ALL: Page = Page { limit: 100, offset: 0 };

/// The application's context, as an instance that mails through this server.
pub fn mailing(app: &TestApp, name: &str, server: &SmtpServer) -> Context {
    let smtp = SmtpSettings {
        host: "localhost".to_owned(),
        port: server.port,
        security: Security::None,
        login: None,
        ca_pem: None,
        allow_plain: false,
        timeout: Duration::from_secs(20),
    };
    let context = instance(app, name);
    let settings = MailSettings { transport: Transport::Smtp(smtp), from: context.sender.clone() };
    Context { mailer: Arc::new(Mailer::new(&settings).unwrap()), ..context }
}

/// An agreement whose indicator has been read for good up to `settled`: ten events a minute, one of them bad in every
/// fourth, and every tenth minute unknown.
async fn gold(
    context: &Context,
    report_every: PeriodKind,
    recipients: &[&str],
    settled: Minute,
) -> (AgreementId, IndicatorId) {
    let id = source(context, "shop", SourceSpec::Scrape { url: "http://127.0.0.1:9/".parse().unwrap() }).await;
    let promise = promise("Answered", ObjectiveKind::Availability, id, ratio("a_total", "a_total{code=\"500\"}"));
    let agreement = agree(context, AgreementDraft { report_every, ..draft("Gold", recipients, vec![promise]) }).await;
    let indicator = indicators(&context.db, id).await[0];
    settle(context, indicator, context.clock.now().minute(), settled).await;
    (agreement, indicator)
}

async fn settle(context: &Context, indicator: IndicatorId, from: Minute, settled: Minute) {
    let slice = |Minute(at)| {
        let slice = Slice::new(10 - i64::from(at % 4 == 0), 10).unwrap();
        (at % 10 != 0).then_some(slice)
    };
    let slices: Vec<_> = Span::new(from, settled).iter().map(|minute| (minute, slice(minute))).collect();
    let mut pull = store::indicators::load_pull(&context.db, indicator).await.unwrap().unwrap();
    (pull.settled, pull.reached) = (Some(settled), Some(settled));
    let mut tx = context.db.begin_write().await.unwrap();
    store::ledger::write(&mut tx, indicator, &slices).await.unwrap();
    store::indicators::save_pull(&mut tx, indicator, &pull).await.unwrap();
    tx.commit().await.unwrap();
}

fn today(app: &TestApp) -> Period {
    present(app, PeriodKind::Day)
}

fn present(app: &TestApp, kind: PeriodKind) -> Period {
    Period::containing(kind, chrono_tz::Tz::UTC, app.state.clock.now())
}

/// Lets time pass until so many minutes after a period's end.
fn pass(app: &TestApp, period: Period, minutes: i64) {
    let now = app.state.clock.now().seconds();
    app.advance(period.span().end().plus(minutes).start().seconds() - now);
}

/// Label, revision and whether it is provisional, oldest first.
async fn reports(db: &Db) -> Vec<(String, i64, bool)> {
    let heads = store::reports::list(db, None, ALL).await.unwrap();
    let mut all: Vec<_> = heads.into_iter().map(|head| (head.label, head.revision, head.provisional)).collect();
    all.sort();
    all
}

async fn deliveries(db: &Db) -> Vec<Delivery> {
    let mut all = store::outbox::list(db, None, ALL).await.unwrap();
    all.sort_by_key(|delivery| delivery.id.0);
    all
}

fn recipients(mails: &[Received]) -> Vec<&str> {
    let mut all: Vec<&str> = mails.iter().flat_map(|mail| &mail.to).map(String::as_str).collect();
    all.sort_unstable();
    all
}

pub fn parsed(mail: &Received) -> Message<'_> {
    MessageParser::default().parse(&mail.bytes).unwrap()
}

pub fn attachment<'m>(mail: &'m Message<'_>, media_type: (&str, &str)) -> &'m [u8] {
    let is_it = |part: &&mail_parser::MessagePart<'_>| {
        part.content_type().is_some_and(|t| (t.ctype(), t.subtype()) == (media_type.0, Some(media_type.1)))
    };
    mail.parts.iter().find(is_it).unwrap().contents()
}

/// The mail says what the ledger says, in every one of its parts.
async fn says_what_the_ledger_says(context: &Context, mail: &Message<'_>, indicator: IndicatorId, span: Span) {
    let tally = store::ledger::tallies(&context.db, indicator, &[span]).await.unwrap()[0];
    let (good, total, known) = (tally.good, tally.total, tally.known);
    let json: serde_json::Value = serde_json::from_slice(attachment(mail, ("application", "json"))).unwrap();
    let line = &json["objectives"][0];
    assert_eq!([&line["good"], &line["bad"], &line["total"]], [good, total - good, total]);
    assert_eq!(line["coverage"]["known"], known);
    let mut csv = csv::Reader::from_reader(attachment(mail, ("text", "csv")));
    let names = csv.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    let cell = |name: &str| rows[0].get(names.iter().position(|other| other == name).unwrap()).unwrap().to_owned();
    assert_eq!(rows.len(), 1, "one objective, one row");
    assert_eq!([cell("good"), cell("total"), cell("known_minutes")], [good, total, known].map(|n| n.to_string()));
    assert_eq!(cell("sli_percent"), line["sli"]["percent"].as_str().unwrap());
    let (text, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
    let percent = cell("sli_percent");
    assert!(text.contains(&percent) && html.contains(&percent), "{percent} in both bodies");
    let pictures: Vec<_> = mail.parts.iter().filter(|part| part.content_id().is_some()).collect();
    assert!(!pictures.is_empty(), "there are charts");
    for picture in pictures {
        assert!(picture.contents().starts_with(b"\x89PNG\r\n\x1a\n"), "a chart is a PNG");
        assert!(html.contains(&format!("cid:{}", picture.content_id().unwrap())), "and it is shown");
    }
}

on_both! {
    async fn a_period_that_closes_is_reported_once_to_everybody_whatever_the_mail_server_does(app: TestApp) {
        let reject = Some("gone@example.org".to_owned());
        let mut server = SmtpServer::start_with(SmtpOptions { reject, ..SmtpOptions::default() });
        let (one, two) = (mailing(&app, "one", &server), mailing(&app, "two", &server));
        let week = present(&app, PeriodKind::Week);
        let everybody = ["anna@example.org", "gone@example.org", "zoe@example.org"];
        let (agreement, indicator) = gold(&one, PeriodKind::Week, &everybody, week.span().end()).await;
        pass(&app, week, 59);
        assert_eq!(run_schedules::run_due(&one).await.unwrap().issued, 0, "late data has an hour");
        app.advance(60);
        server.kill();
        let (first, second) = tokio::join!(run_schedules::run_due(&one), run_schedules::run_due(&two));
        assert_eq!(first.unwrap().issued + second.unwrap().issued, 1, "by one of the two schedulers");
        assert_eq!(run_schedules::run_due(&two).await.unwrap().issued, 0);
        assert_eq!(reports(app.db()).await, [(week.label(), 1, false)]);

        // a dead server for a day: tries after 0, 1, 3, 7, 15, 31, 63, 127 and 255 minutes, then every four hours, at 495, 735,
        // 975 and 1,215
        for minute in 0..1440 {
            let context = if minute % 2 == 0 { &one } else { &two };
            assert_eq!(deliver::deliver_due(context).await.unwrap(), 0);
            app.advance(60);
        }
        let waiting = deliveries(app.db()).await;
        let states: Vec<_> = waiting.iter().map(|d| (d.recipient.as_str(), d.state, d.attempts)).collect();
        assert_eq!(states, everybody.map(|to| (to, DeliveryState::Queued, 13)));

        server.restart();
        app.advance(4 * 3600);
        let (first, second) = tokio::join!(deliver::deliver_due(&one), deliver::deliver_due(&two));
        assert_eq!(first.unwrap() + second.unwrap(), 2);
        let mails = server.received();
        assert_eq!(recipients(&mails), ["anna@example.org", "zoe@example.org"], "each has one mail");
        let now = deliveries(app.db()).await;
        assert_eq!(now.iter().map(|d| d.state.word()).collect::<Vec<_>>(), ["sent", "dead", "sent"]);
        assert!(now[1].last_answer.contains("550"), "{}", now[1].last_answer);
        for mail in &mails {
            let mail = parsed(mail);
            says_what_the_ledger_says(&one, &mail, indicator, week.span()).await;
            let kept = store::reports::latest(app.db(), agreement, &week.label()).await.unwrap().unwrap();
            assert_eq!(attachment(&mail, ("application", "json")), kept.document().unwrap().as_bytes());
            assert!(now.iter().any(|d| Some(d.message_id.trim_matches(['<', '>'])) == mail.message_id()));
        }

        assert!(matches!(deliver::try_again(&one, None, now[0].id).await, Err(OpsError::Refused { .. })), "it was sent");
        deliver::try_again(&one, None, now[1].id).await.unwrap();
        assert_eq!(deliver::deliver_due(&one).await.unwrap(), 0);
        assert_eq!(deliveries(app.db()).await[1].state, DeliveryState::Dead, "still nobody there");
        let friendlier = SmtpServer::start();
        deliver::try_again(&one, None, now[1].id).await.unwrap();
        assert_eq!(deliver::deliver_due(&mailing(&app, "one", &friendlier)).await.unwrap(), 1);
        assert_eq!(recipients(&friendlier.received()), ["gone@example.org"]);
        assert_eq!(deliver::deliver_due(&two).await.unwrap(), 0, "nothing is left");
    }

    async fn whoever_lost_a_deliverys_lease_does_not_send(app: TestApp) {
        let server = SmtpServer::start();
        let (slow, other) = (instance(&app, "slow"), mailing(&app, "other", &server));
        let day = today(&app);
        gold(&other, PeriodKind::Day, &["anna@example.org"], day.span().end()).await;
        pass(&app, day, 60);
        assert_eq!(run_schedules::run_due(&other).await.unwrap().issued, 1);
        let now = app.state.clock.now();
        let claimed = store::outbox::claim_due(app.db(), now, 180, &slow.holder, 20).await.unwrap();
        assert_eq!(deliver::deliver_due(&other).await.unwrap(), 0, "somebody is at it");
        app.advance(180);
        assert_eq!(deliver::deliver_due(&other).await.unwrap(), 1);
        let mut tx = app.db().begin_write().await.unwrap();
        let now = app.state.clock.now();
        assert!(!store::outbox::renew_lease(&mut tx, claimed[0].id, &slow.holder, now, 180).await.unwrap());
    }

    async fn a_report_sent_by_hand_does_not_stand_in_for_the_final_one(app: TestApp) {
        let context = instance(&app, "one");
        let day = today(&app);
        let (agreement, _) = gold(&context, PeriodKind::Day, &["anna@example.org"], day.span().end()).await;
        app.advance(3600);
        send_report::send_now(&context, None, agreement, day).await.unwrap();
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 0);
        pass(&app, day, 60);
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 1);
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 0);
        assert_eq!(reports(app.db()).await, [(day.label(), 1, true), (day.label(), 2, false)]);
        let ids: Vec<String> = deliveries(app.db()).await.into_iter().map(|delivery| delivery.message_id).collect();
        assert!(ids.len() == 2 && ids[0] != ids[1], "two mails under two names: {ids:?}");
    }

    async fn periods_that_end_during_a_downtime_are_reported_in_order(app: TestApp) {
        let context = instance(&app, "one");
        let first = today(&app);
        let third = first.next().next();
        gold(&context, PeriodKind::Day, &["anna@example.org"], third.span().end()).await;
        pass(&app, third, 60);
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 3);
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 0);
        let labels = [first, first.next(), third].map(|period| (period.label(), 1, false));
        assert_eq!(reports(app.db()).await, labels);
    }

    async fn a_report_waits_two_days_for_a_silent_source_and_then_says_that_it_is_provisional(app: TestApp) {
        let context = instance(&app, "one");
        let day = today(&app);
        let (_, indicator) = gold(&context, PeriodKind::Day, &["anna@example.org"], day.span().end().plus(-90)).await;
        pass(&app, day, 2 * 1440 - 1);
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 0);
        app.advance(60);
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 0, "the source was not asked again yet");
        let source = store::indicators::find(app.db(), indicator).await.unwrap().unwrap().source;
        pull::pull_now(&context, source).await.unwrap();
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 1);
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 0, "the days after it still wait");
        assert_eq!(reports(app.db()).await, [(day.label(), 1, true)]);
        settle(&context, indicator, day.span().end().plus(-90), app.state.clock.now().minute()).await;
        app.advance(3600);
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 3, "its final report, and the two days after it");
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 0);
        let all = reports(app.db()).await;
        assert_eq!(all[..2], [(day.label(), 1, true), (day.label(), 2, false)]);
        assert_eq!(all.len(), 4);
    }
}
