//! Mail through a real mail server.

use crate::smtp::{SmtpOptions, SmtpSecurity, SmtpServer};
use nines::domain::model::EmailAddress;
use nines::domain::time::Instant;
use nines::mail::message::{File, Inline, Mime, Parts, build};
use nines::mail::{MailError, MailSettings, Mailer, Security, SmtpSettings, Transport};
use std::time::Duration;

fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn settings(server: &SmtpServer, security: Security) -> SmtpSettings {
    SmtpSettings {
        host: "localhost".to_owned(),
        port: server.port,
        security,
        login: None,
        ca_pem: server.ca_pem(),
        allow_plain: false,
        timeout: Duration::from_secs(20),
    }
}

fn mailer(smtp: SmtpSettings) -> Mailer {
    Mailer::new(&MailSettings { transport: Transport::Smtp(smtp), from: email("nines@example.org") }).expect("a mailer")
}

fn plain(server: &SmtpServer) -> Mailer {
    mailer(settings(server, Security::None))
}

/// A message with everything that travels badly: dots, long lines, other scripts, binary.
fn message(to: &str) -> Mime {
    let png: Vec<u8> = (0..=255).cycle().take(3_000).collect();
    let (from, to) = (email("nines@example.org"), email(to));
    build(&Parts {
        key: "report 1 revision 1",
        from: &from,
        reply_to: None,
        to: &to,
        date: Instant::from_seconds(1_795_244_400),
        subject: "[Nines] Verletzt: Käse, week 2026-W46 – 1 of 3 objectives missed",
        text: ".\n..\nGrüße, 日本語\n",
        html: &format!("<p>{}</p><img src=\"cid:c@nines\" alt=\"\">", "long ".repeat(2_000)),
        pictures: vec![Inline { cid: "c@nines", png: &png }],
        attachments: vec![File { name: "r.csv", media_type: "text/csv; charset=utf-8", bytes: b".\r\na,b\r\n" }],
    })
    .expect("a message")
}

#[tokio::test]
async fn stored_bytes_arrive_unchanged_under_the_right_envelope() {
    let server = SmtpServer::start();
    let mailer = plain(&server);
    let mut answers = Vec::new();
    for to in ["anna@example.org", "bert@bücher.example"] {
        let mime = message(to);
        answers.push(mailer.send(&mime.envelope, &mime.bytes).await.expect("the server takes it").0);
        let received = server.received().pop().expect("the mail is there when the answer is");
        let differ = received.bytes.iter().zip(&mime.bytes).position(|(a, b)| a != b);
        assert_eq!((received.bytes.len(), differ), (mime.bytes.len(), None), "the first byte that differs");
        assert_eq!(received.from, "nines@example.org");
    }
    assert_eq!(answers, ["250 2.0.0 kept as 0001", "250 2.0.0 kept as 0002"]);
    let to: Vec<Vec<String>> = server.received().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, [["anna@example.org"], ["bert@xn--bcher-kva.example"]]);
}

#[tokio::test]
async fn a_refused_recipient_is_permanent_and_harms_no_other() {
    let server =
        SmtpServer::start_with(SmtpOptions { reject: Some("gone@example.org".into()), ..SmtpOptions::default() });
    let mailer = plain(&server);
    let gone = message("gone@example.org");
    let error = mailer.send(&gone.envelope, &gone.bytes).await.expect_err("550");
    assert!(error.is_permanent());
    assert_eq!(
        error.to_string(),
        "the mail server refused the mail to g…@example.org for good: 550 5.1.1 <g…@example.org>: no such person here"
    );
    let here = message("here@example.org");
    mailer.send(&here.envelope, &here.bytes).await.expect("another recipient is another matter");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_server_that_asks_for_patience_gets_it() {
    let server = SmtpServer::start_with(SmtpOptions { refuse_all: true, ..SmtpOptions::default() });
    let mime = message("anna@example.org");
    let error = plain(&server).send(&mime.envelope, &mime.bytes).await.expect_err("451");
    assert!(!error.is_permanent());
    let answer = "451 4.3.0 <a…@example.org>: come back later".to_owned();
    assert_eq!(error, MailError::Later { to: "a…@example.org".to_owned(), answer });
}

#[tokio::test]
async fn a_wrong_password_is_a_matter_of_the_settings_and_is_never_shown() {
    let login = Some(("nines".to_owned(), "correct horse".to_owned()));
    let server = SmtpServer::start_with(SmtpOptions { login, ..SmtpOptions::default() });
    let mime = message("anna@example.org");
    let with = |password: &str| {
        let login = Some(("nines".to_owned(), password.to_owned().into()));
        mailer(SmtpSettings { login, ..settings(&server, Security::None) })
    };
    let error = with("wrong horse").send(&mime.envelope, &mime.bytes).await.expect_err("535");
    assert!(matches!(&error, MailError::Login { answer } if answer.starts_with("535 ")), "{error}");
    assert!(!error.is_permanent(), "the message is fine and waits for better settings");
    assert!(!format!("{error:?}").contains("horse"));
    let error = plain(&server).send(&mime.envelope, &mime.bytes).await.expect_err("530");
    assert!(matches!(&error, MailError::Login { answer } if answer.starts_with("530 ")), "{error}");
    with("correct horse").send(&mime.envelope, &mime.bytes).await.expect("the right password");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn tls_is_spoken_only_with_a_certificate_that_is_trusted() {
    for (offered, security) in [(SmtpSecurity::StartTls, Security::StartTls), (SmtpSecurity::Tls, Security::Tls)] {
        let server = SmtpServer::start_with(SmtpOptions { security: offered, ..SmtpOptions::default() });
        let mime = message("anna@example.org");
        let stranger = mailer(SmtpSettings { ca_pem: None, ..settings(&server, security) });
        let error = stranger.send(&mime.envelope, &mime.bytes).await.expect_err("an unknown certificate");
        assert!(matches!(&error, MailError::Connection { reason, .. } if reason.contains("certificate")), "{error}");
        let friend = mailer(settings(&server, security));
        friend.send(&mime.envelope, &mime.bytes).await.expect("a trusted certificate");
        assert_eq!(server.received().len(), 1, "{offered:?}");
    }
}

#[tokio::test]
async fn a_server_without_starttls_is_not_spoken_to_in_the_clear() {
    let server = SmtpServer::start();
    let mime = message("anna@example.org");
    let error = mailer(settings(&server, Security::StartTls)).send(&mime.envelope, &mime.bytes).await;
    assert!(matches!(error, Err(MailError::Connection { .. })), "{error:?}");
    assert_eq!(server.received(), []);
}

#[tokio::test]
async fn a_server_that_died_and_came_back_gets_the_mail_once() {
    let mut server = SmtpServer::start();
    let mailer = plain(&server);
    let (first, second) = (message("anna@example.org"), message("bert@example.org"));
    mailer.send(&first.envelope, &first.bytes).await.expect("alive");
    server.kill();
    let error = mailer.send(&second.envelope, &second.bytes).await.expect_err("dead");
    assert!(!error.is_permanent(), "{error}");
    server.restart();
    mailer.send(&second.envelope, &second.bytes).await.expect("alive again");
    let to: Vec<String> = server.received().into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!(to, ["anna@example.org", "bert@example.org"]);
}
