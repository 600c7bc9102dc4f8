//! Mail through a mail server.

use crate::mail::address::address;
use crate::mail::{Answer, Envelope, MailError, MailSettingsError, Security, SmtpSettings, mask};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{self, AsyncSmtpTransport};
use lettre::{AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;
use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

/// Connections that may be open at once; a mail server is no place for a crowd.
const CONNECTIONS_MAX: u32 = 4;
/// How long an idle connection is kept.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// A whole conversation has about ten answers; this many times the patience for one of them ends it in any case.
const ANSWERS_MAX: u32 = 10;
/// Codes by which a server refuses us and not the message: authentication and its circumstances.
const LOGIN_CODES: [&str; 4] = ["530", "534", "535", "538"];

/// A mail server with its pooled connections.
#[derive(Clone, Debug)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    server: String,
    deadline: Duration,
}

impl Smtp {
    pub(super) fn new(settings: &SmtpSettings) -> Result<Self, MailSettingsError> {
        let SmtpSettings { host, port, security, login, timeout, .. } = settings;
        let tls = match security {
            Security::Tls => Tls::Wrapper(tls(settings)?),
            Security::StartTls => Tls::Required(tls(settings)?),
            Security::None if settings.allow_plain || is_this_machine(host) => Tls::None,
            Security::None => return Err(MailSettingsError::Plain(host.clone())),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.as_str())
            .port(*port)
            .tls(tls)
            .timeout(Some(*timeout))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS_MAX).idle_timeout(IDLE_MAX));
        if let Some((user, password)) = login {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            builder = builder.credentials(credentials).authentication(vec![Mechanism::Plain, Mechanism::Login]);
        }
        let deadline = timeout.saturating_mul(ANSWERS_MAX);
        Ok(Self { transport: builder.build(), server: format!("{host}:{port}"), deadline })
    }

    pub(super) async fn send(&self, envelope: &Envelope, bytes: &[u8]) -> Result<Answer, MailError> {
        let to = mask(envelope.to.as_str());
        let refused = |reason| MailError::Address { to: to.clone(), reason };
        let (from, recipient) = (address(&envelope.from).map_err(refused)?, address(&envelope.to).map_err(refused)?);
        let lettre_envelope = lettre::address::Envelope::new(Some(from), vec![recipient])
            .map_err(|error| refused(format!("it makes no envelope: {error}")))?;
        // lettre ends the data with a line break of its own; a second one would be a line more than was stored
        let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        let sending = self.transport.send_raw(&lettre_envelope, bytes);
        match tokio::time::timeout(self.deadline, sending).await {
            Ok(Ok(response)) => {
                let words: Vec<&str> = response.message().collect();
                Ok(Answer(mask(&format!("{} {}", response.code(), words.join(" ")))))
            }
            Ok(Err(error)) => Err(self.explain(&error, to, envelope)),
            Err(elapsed) => Err(MailError::Connection { server: self.server.clone(), reason: elapsed.to_string() }),
        }
    }

    fn explain(&self, error: &smtp::Error, to: String, envelope: &Envelope) -> MailError {
        let words = reasons(error);
        let Some(code) = error.status().map(|code| code.to_string()) else {
            // lettre asks for SMTPUTF8 only when the local part is not ASCII, and such a server will not learn it
            return if error.is_client() && !envelope.to.as_str().is_ascii() && words.contains("SMTPUTF8") {
                MailError::Address { to, reason: "the mail server takes ASCII addresses only".to_owned() }
            } else {
                MailError::Connection { server: self.server.clone(), reason: mask(&words) }
            };
        };
        let answer = mask(&format!("{code} {words}"));
        match error.is_permanent() {
            _ if LOGIN_CODES.contains(&code.as_str()) => MailError::Login { answer },
            true => MailError::Refused { to, answer },
            false => MailError::Later { to, answer },
        }
    }
}

/// The words of the server, or what the network said, without lettre's own framing.
fn reasons(error: &smtp::Error) -> String {
    let mut reasons = Vec::new();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if reasons.last() != Some(&text) {
            reasons.push(text);
        }
        source = error.source();
    }
    let words = if reasons.is_empty() { error.to_string() } else { reasons.join(": ") };
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn tls(settings: &SmtpSettings) -> Result<TlsParameters, MailSettingsError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.ca_pem {
        let authority =
            Certificate::from_pem(pem.as_bytes()).map_err(|error| MailSettingsError::Authority(reasons(&error)))?;
        builder = builder.add_root_certificate(authority);
    }
    builder.build().map_err(|error| MailSettingsError::Tls { host: settings.host.clone(), reason: reasons(&error) })
}

/// Does the name mean this machine whatever a resolver says?
fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::EmailAddress;
    use crate::mail::{MailSettings, Mailer, Transport};

    fn settings(host: &str, security: Security) -> SmtpSettings {
        SmtpSettings {
            host: host.to_owned(),
            port: security.port(),
            security,
            login: None,
            ca_pem: None,
            allow_plain: false,
            timeout: Duration::from_secs(5),
        }
    }

    fn mailer(smtp: SmtpSettings) -> Result<Mailer, MailSettingsError> {
        let from = EmailAddress::parse("nines@example.org").unwrap();
        Mailer::new(&MailSettings { transport: Transport::Smtp(smtp), from })
    }

    #[tokio::test]
    async fn plain_smtp_stays_on_this_machine_unless_allowed() {
        for host in ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"] {
            assert!(mailer(settings(host, Security::None)).is_ok(), "{host}");
        }
        for host in ["mail.example.org", "10.0.0.1", "localhost.example.org", "128.0.0.1"] {
            let error = mailer(settings(host, Security::None)).unwrap_err();
            assert_eq!(error, MailSettingsError::Plain(host.to_owned()));
            assert!(mailer(SmtpSettings { allow_plain: true, ..settings(host, Security::None) }).is_ok());
            assert!(mailer(settings(host, Security::StartTls)).is_ok());
        }
    }

    #[tokio::test]
    async fn a_certificate_authority_that_is_none_is_refused() {
        let pem = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n".to_owned();
        let error = mailer(SmtpSettings { ca_pem: Some(pem), ..settings("localhost", Security::Tls) }).unwrap_err();
        assert!(error.to_string().starts_with("mail.smtp: "), "{error}");
    }

    #[tokio::test]
    async fn a_dead_server_is_a_reason_to_try_again() {
        // a port that was free a moment ago: nobody listens there
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mailer = mailer(SmtpSettings { port, ..settings("127.0.0.1", Security::None) }).unwrap();
        let address = EmailAddress::parse("anna@example.org").unwrap();
        let envelope = Envelope { from: address.clone(), to: address, message_id: "<1@example.org>".to_owned() };
        let error = mailer.send(&envelope, b"Subject: x\r\n\r\nx\r\n").await.unwrap_err();
        assert!(!error.is_permanent());
        assert!(
            error.to_string().starts_with(&format!("the mail server 127.0.0.1:{port} cannot be reached: ")),
            "{error}"
        );
    }
}
