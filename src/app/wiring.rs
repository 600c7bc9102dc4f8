//! From settings to what use cases work with.

use super::AppError;
use crate::config::{self, Tls};
use crate::domain::model::EmailAddress;
use crate::mail::{MailSettings, Security, SmtpSettings, Transport};
use std::sync::Arc;
use std::time::Duration;

/// How long a mail server may take for one command.
const SMTP_TIMEOUT: Duration = Duration::from_mins(1);

/// What the mailer needs. Without a sender (allowed only where nothing leaves the machine) it is `nines@localhost`.
pub(super) fn mail_settings(mail: &config::Mail) -> MailSettings {
    let transport = match &mail.transport {
        config::Transport::Off => Transport::Off,
        config::Transport::Directory(path) => Transport::Directory(path.clone()),
        config::Transport::Smtp(smtp) => Transport::Smtp(SmtpSettings {
            host: smtp.host.clone(),
            port: smtp.port,
            security: match smtp.tls {
                Tls::Implicit => Security::Tls,
                Tls::StartTls => Security::StartTls,
                Tls::Plain => Security::None,
            },
            login: smtp.login.clone(),
            ca_pem: None,
            allow_plain: !mail.tls_is_demanded,
            timeout: SMTP_TIMEOUT,
        }),
    };
    let local = || EmailAddress::parse("nines@localhost");
    MailSettings { transport, from: mail.from.clone().or_else(local).unwrap_or_else(|| unreachable!()) }
}

/// This process's name in leases: unique among all instances that share a database.
pub(super) fn holder() -> Result<Arc<str>, AppError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    Ok(format!("{}-{:016x}", std::process::id(), u64::from_be_bytes(random)).into())
}
