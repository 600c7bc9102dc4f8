//! What people define: services, sources, indicators, agreements and their objectives.

mod query;

pub use query::{Bound, Limit, Part, Query, Rate, Threshold};

use crate::domain::calendar::{Calendar, PeriodKind};
use crate::domain::compliance::Group;
use crate::domain::contract::{AgreementTerms, ObjectiveTerms};
use crate::domain::ids::{AgreementId, IndicatorId, ObjectiveId, ServiceId, SourceId};
use crate::domain::target::Target;
use crate::domain::time::{DAY_MINUTES, Instant};
use crate::language::say;
use chrono_tz::Tz;
use secrecy::SecretString;
use std::fmt;
use thiserror::Error;
use url::Url;

/// What customers use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Identity.
    pub id: ServiceId,
    /// Unique name, as people say it.
    pub name: String,
    /// Who answers for it; may be empty.
    pub owner: String,
}

/// Where measurements come from.
#[derive(Clone, Debug)]
pub struct Source {
    /// Identity.
    pub id: SourceId,
    /// Unique name.
    pub name: String,
    /// What it is and where.
    pub spec: SourceSpec,
    /// How Nines identifies itself there.
    pub access: Access,
    /// How often to pull, scrape or probe; 10 to 3600 s.
    pub every_seconds: i64,
    /// How long the newest data may still be incomplete (Prometheus only); 0 to 3600 s.
    pub delay_seconds: i64,
    /// How long one answer may take; 1 to 120 s.
    pub timeout_seconds: i64,
    /// Set when it was archived: kept, not asked any more.
    pub archived_at: Option<Instant>,
}

/// The kinds of source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceSpec {
    /// A server that speaks Prometheus's HTTP API; the URL is the prefix before `/api/v1`.
    Prometheus {
        /// Base URL.
        url: Url,
    },
    /// One endpoint in the Prometheus text format or in `OpenMetrics`.
    Scrape {
        /// URL of the endpoint.
        url: Url,
    },
    /// A check that Nines makes itself.
    Probe(Check),
}

impl SourceSpec {
    /// The word for the kind: `prometheus`, `scrape` or `probe`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Prometheus { .. } => "prometheus",
            Self::Scrape { .. } => "scrape",
            Self::Probe(_) => "probe",
        }
    }

    /// Where it is, for people: a URL or `host:port`.
    #[must_use]
    pub fn address(&self) -> String {
        match self {
            Self::Prometheus { url } | Self::Scrape { url } | Self::Probe(Check::Http { url, .. }) => url.to_string(),
            Self::Probe(Check::Tcp { host, port }) => format!("{host}:{port}"),
        }
    }
}

/// What a probe asks, and what a right answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// GET the URL; right if the status is within `status` and the body contains `body`.
    Http {
        /// What to get.
        url: Url,
        /// Lowest and highest right status, both included.
        status: (u16, u16),
        /// Text that the first megabyte of the body must contain; empty demands nothing.
        body: String,
    },
    /// Right if a TCP connection can be opened.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
}

/// How Nines identifies itself at a source, and whom it trusts there.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Authentication.
    pub auth: Auth,
    /// Extra request headers; the values may be secrets.
    pub headers: Vec<(String, SecretString)>,
    /// A certificate authority to trust besides the system's, in PEM.
    pub ca_pem: Option<String>,
    /// May the address be link-local or a cloud's metadata service? Refused unless set.
    pub allow_link_local: bool,
}

/// HTTP authentication.
#[derive(Clone, Debug, Default)]
pub enum Auth {
    /// None.
    #[default]
    None,
    /// User name and password.
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: SecretString,
    },
    /// A bearer token.
    Bearer {
        /// Token.
        token: SecretString,
    },
}

/// One measured series of a service: what the ledger counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// Identity.
    pub id: IndicatorId,
    /// Whose behaviour it measures.
    pub service: ServiceId,
    /// Where its data comes from.
    pub source: SourceId,
    /// How good and total events are read there.
    pub query: Query,
}

/// A contract with a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Identity.
    pub id: AgreementId,
    /// Unique name.
    pub name: String,
    /// With whom.
    pub customer: String,
    /// Who answers for it on our side.
    pub owner: String,
    /// The zone in which its days begin.
    pub zone: Tz,
    /// The calendar period that it is judged by.
    pub period: PeriodKind,
    /// Which periods are closed by a report of their own.
    pub report_every: PeriodKind,
    /// What else it says.
    pub terms: AgreementTerms,
    /// When it was defined: earlier periods are judged, but not reported.
    pub created_at: Instant,
    /// Set when it was archived: kept, not judged any more.
    pub archived_at: Option<Instant>,
}

impl Agreement {
    /// How it counts days and periods.
    #[must_use]
    pub const fn calendar(&self) -> Calendar {
        Calendar { zone: self.zone, period: self.period, anchor: self.terms.anchor }
    }
}

/// A promise about an indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objective {
    /// Identity.
    pub id: ObjectiveId,
    /// The contract that it belongs to.
    pub agreement: AgreementId,
    /// What it is about.
    pub indicator: IndicatorId,
    /// Name, unique within the agreement.
    pub name: String,
    /// What kind of promise people see.
    pub kind: ObjectiveKind,
    /// The promised share of good events.
    pub target: Target,
    /// The window that the budget is counted over.
    pub window: Window,
    /// What else it says.
    pub terms: ObjectiveTerms,
    /// Set when it was archived.
    pub archived_at: Option<Instant>,
}

impl Objective {
    /// Where it stands in its agreement.
    #[must_use]
    pub fn group(&self) -> Group {
        let usual = Group::of_kind(self.kind.word()).unwrap_or(Group::Availability);
        self.terms.group.unwrap_or(usual)
    }
}

/// The kinds of promise that the form offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectiveKind {
    /// Share of requests answered without an error of ours.
    Availability,
    /// Share of checks that found the service up.
    Uptime,
    /// Share of requests answered within a threshold.
    Latency,
    /// Share of requests that failed, promised as a maximum.
    ErrorRate,
    /// Share of attempts at something that succeeded, such as payments.
    Success,
    /// Share of minutes with at least so many requests per second.
    Throughput,
    /// Share of a gauge's readings within a limit.
    Level,
    /// Made of other objectives of the agreement.
    Composite,
}

impl ObjectiveKind {
    /// Every kind, in the order in which the form offers them.
    pub const ALL: [Self; 8] = [
        Self::Availability,
        Self::Uptime,
        Self::Latency,
        Self::ErrorRate,
        Self::Success,
        Self::Throughput,
        Self::Level,
        Self::Composite,
    ];

    /// The word that is stored and stands in URLs and files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::Uptime => "uptime",
            Self::Latency => "latency",
            Self::ErrorRate => "error_rate",
            Self::Success => "success",
            Self::Throughput => "throughput",
            Self::Level => "level",
            Self::Composite => "composite",
        }
    }

    /// The kind behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The window that an objective's budget is counted over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// The last so many minutes, at every moment.
    Rolling(RollingMinutes),
    /// The agreement's calendar period.
    Calendar,
}

impl fmt::Display for Window {
    /// The length of a rolling window, such as `30d`, or `period`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rolling(length) => length.fmt(f),
            Self::Calendar => f.write_str("period"),
        }
    }
}

/// The length of a rolling window: 5 minutes to 400 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RollingMinutes(i64);

/// The length is not between 5 minutes and 400 days, or not a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", say!("write the window as a length between 5m and 400d, such as 30d, 12h or 90m"))]
pub struct WindowError;

impl RollingMinutes {
    /// The usual window, 30 days.
    pub const MONTH: Self = Self(30 * DAY_MINUTES);

    /// From minutes.
    pub const fn new(minutes: i64) -> Result<Self, WindowError> {
        if minutes < 5 || minutes > 400 * DAY_MINUTES { Err(WindowError) } else { Ok(Self(minutes)) }
    }

    /// From a length with a unit: `30d`, `2w`, `12h`, `90m`.
    pub fn parse(text: &str) -> Result<Self, WindowError> {
        let text = text.trim();
        let split = text.find(|c: char| !c.is_ascii_digit()).ok_or(WindowError)?;
        let (count, unit) = text.split_at_checked(split).ok_or(WindowError)?;
        let unit = match unit.trim() {
            "m" => 1,
            "h" => 60,
            "d" => DAY_MINUTES,
            "w" => 7 * DAY_MINUTES,
            _ => return Err(WindowError),
        };
        let count = count.parse::<i64>().or(Err(WindowError))?;
        count.checked_mul(unit).ok_or(WindowError).and_then(Self::new)
    }

    /// The length in minutes.
    #[must_use]
    pub const fn minutes(self) -> i64 {
        self.0
    }
}

impl fmt::Display for RollingMinutes {
    /// In its largest whole unit: `30d`, `36h`, `90m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            m if m % DAY_MINUTES == 0 => write!(f, "{}d", m / DAY_MINUTES),
            m if m % 60 == 0 => write!(f, "{}h", m / 60),
            m => write!(f, "{m}m"),
        }
    }
}

/// An address that mail can go to: `local@domain`, no blanks, no line breaks, at most 254 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads one address; the domain is lower-cased.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.trim().rsplit_once('@')?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"@".contains(c);
        let labels = |d: &str| d.split('.').all(|l| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-'));
        let right = !local.is_empty()
            && local.len() <= 64
            && local.chars().all(plain)
            && domain.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-')
            && labels(domain);
        let address = format!("{local}@{}", domain.to_lowercase());
        (right && address.len() <= 254).then_some(Self(address))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_and_printed_in_their_largest_unit() {
        for (text, expected) in [
            ("30d", Ok("30d")),
            ("2w", Ok("14d")),
            ("36h", Ok("36h")),
            (" 90m ", Ok("90m")),
            ("120m", Ok("2h")),
            ("400d", Ok("400d")),
        ] {
            assert_eq!(RollingMinutes::parse(text).map(|w| w.to_string()), expected.map(str::to_owned));
        }
        for text in
            ["401d", "4m", "30", "d", "1M", "1y", "", "-5d", "99999999999999999999d", "9999999999999999w", "30 days"]
        {
            assert_eq!(RollingMinutes::parse(text), Err(WindowError), "{text:?}");
        }
    }

    #[test]
    fn addresses_with_line_breaks_or_lists_in_them_are_refused() {
        assert_eq!(EmailAddress::parse(" Ana@Example.ORG ").unwrap().as_str(), "Ana@example.org");
        for text in ["a@b\r\nBcc: c@d", "a@b,c@d", "a b@c", "@b", "a@", "a@-b", "a@b..c", "<a@b>", "a@@b"] {
            assert_eq!(EmailAddress::parse(text), None, "{text:?}");
        }
    }
}
