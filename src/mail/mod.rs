//! Mail: builds a message once, and hands its bytes to a mail server, a directory, or a test.
//!
//! [`message::build`] turns the parts of a report into the bytes of one message to one recipient. Those bytes are what
//! the outbox stores, and [`Mailer::send`] passes them on unchanged however often it must be tried, so that every copy
//! carries the same Message-ID. What a server answers is kept in its own words; addresses in it are masked.

mod address;
mod directory;
mod mask;
mod memory;
pub mod message;
mod smtp;

use crate::domain::model::EmailAddress;
use secrecy::SecretString;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;

pub use mask::mask;
pub use memory::{Memory, Sent};

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The way out.
    pub transport: Transport,
    /// The sender of every mail.
    pub from: EmailAddress,
}

/// The ways out.
#[derive(Clone, Debug)]
pub enum Transport {
    /// Through a mail server.
    Smtp(SmtpSettings),
    /// Into a directory, one `.eml` file for each mail.
    Directory(PathBuf),
    /// Nowhere: mail stays in the outbox.
    Off,
}

/// A mail server, and how to talk to it.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Name or address.
    pub host: String,
    /// Port; [`Security::port`] is the usual one.
    pub port: u16,
    /// How the conversation is protected.
    pub security: Security,
    /// User name and password, if the server asks for them.
    pub login: Option<(String, SecretString)>,
    /// A certificate authority to trust besides the system's, in PEM.
    pub ca_pem: Option<String>,
    /// May mail and password cross a network unprotected? Refused unless set; a server on this machine is always fine.
    pub allow_plain: bool,
    /// How long a connection and each answer may take. Servers may think long after the message itself; 30 s is usual.
    pub timeout: Duration,
}

/// How the conversation with a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after STARTTLS; a server without it is refused.
    StartTls,
    /// Not at all.
    None,
}

impl Security {
    /// The usual port: 465, 587 or 25.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Tls => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

/// Whom a message goes to, and under which name it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Sender; also receives what bounces.
    pub from: EmailAddress,
    /// Recipient.
    pub to: EmailAddress,
    /// The message's Message-ID, with its angle brackets.
    pub message_id: String,
}

/// What the other side said when it took the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer(pub String);

/// Why a message did not leave. Addresses are masked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MailError {
    /// The server refuses this message for good (5xx): trying again will not help.
    #[error("the mail server refused the mail to {to} for good: {answer}")]
    Refused {
        /// Masked recipient.
        to: String,
        /// The server's words, with their code.
        answer: String,
    },
    /// No mail can go to this address.
    #[error("no mail can go to {to}: {reason}")]
    Address {
        /// Masked recipient.
        to: String,
        /// Why.
        reason: String,
    },
    /// The server cannot take it now (4xx).
    #[error("the mail server cannot take the mail to {to} now: {answer}")]
    Later {
        /// Masked recipient.
        to: String,
        /// The server's words, with their code.
        answer: String,
    },
    /// The server does not accept us: a matter of the settings, not of this message.
    #[error("the mail server does not let Nines in: {answer}; check user, password and security of the mail settings")]
    Login {
        /// The server's words, with their code.
        answer: String,
    },
    /// No conversation came about, or it broke.
    #[error("the mail server {server} cannot be reached: {reason}")]
    Connection {
        /// Host and port.
        server: String,
        /// What happened.
        reason: String,
    },
    /// The message could not be written.
    #[error("the mail cannot be written to {path}: {reason}")]
    Directory {
        /// Which file or directory.
        path: String,
        /// What happened.
        reason: String,
    },
    /// Mail is switched off.
    #[error("mail is switched off, so this mail waits; set a mail server or a mail directory to send it")]
    Off,
}

impl MailError {
    /// Is there no use in trying this message again?
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Address { .. })
    }
}

/// Why the settings make no mailer; each sentence says the mend.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MailSettingsError {
    /// Plain SMTP over a network.
    #[error(
        "mail.smtp: {0} is not this machine, and without TLS everyone on the way could read mail and password; use smtps:// or STARTTLS, or allow plain SMTP explicitly"
    )]
    Plain(String),
    /// The certificate authority cannot be read.
    #[error("mail.smtp: the certificate authority is no PEM certificate: {0}")]
    Authority(String),
    /// The server's name cannot be used for TLS.
    #[error("mail.smtp: TLS cannot be set up for {host}: {reason}")]
    Tls {
        /// The server.
        host: String,
        /// What the TLS library said.
        reason: String,
    },
}

/// A way for mail to leave. One for the whole process: its connections are pooled.
#[derive(Clone, Debug)]
pub enum Mailer {
    /// Through a mail server.
    Smtp(smtp::Smtp),
    /// Into a directory.
    Directory(directory::Directory),
    /// Into memory, for tests.
    Memory(Memory),
    /// Nowhere.
    Off,
}

impl Mailer {
    /// A mailer for these settings; connects only when something is sent. Must be called within a tokio runtime.
    pub fn new(settings: &MailSettings) -> Result<Self, MailSettingsError> {
        match &settings.transport {
            Transport::Smtp(smtp) => smtp::Smtp::new(smtp).map(Self::Smtp),
            Transport::Directory(path) => Ok(Self::Directory(directory::Directory::new(path.clone()))),
            Transport::Off => Ok(Self::Off),
        }
    }

    /// Does mail leave at all?
    #[must_use]
    pub const fn is_off(&self) -> bool {
        matches!(self, Self::Off)
    }

    /// Hands over stored bytes unchanged. When it returns, the other side has taken them (or it is said why not).
    pub async fn send(&self, envelope: &Envelope, bytes: &[u8]) -> Result<Answer, MailError> {
        match self {
            Self::Smtp(smtp) => smtp.send(envelope, bytes).await,
            Self::Directory(directory) => directory.send(envelope, bytes).await,
            Self::Memory(memory) => memory.send(envelope, bytes),
            Self::Off => Err(MailError::Off),
        }
    }
}
