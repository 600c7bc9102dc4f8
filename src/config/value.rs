//! Reading single values: every refusal says how to mend it, and never repeats a secret.

use crate::config::LogFormat;
use crate::domain::model::EmailAddress;
use crate::domain::signature::SigningKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{SecretBox, SecretString};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;
use url::Url;

/// Days of `ledger.backfill_days`.
pub(super) const BACKFILL_DAYS: RangeInclusive<i64> = 0..=400;
/// Days of `ledger.detail_days`; a rolling window may be 400 days long.
pub(super) const DETAIL_DAYS: RangeInclusive<i64> = 35..=4000;
/// Days of `ledger.sums_days`.
pub(super) const SUMS_DAYS: RangeInclusive<i64> = 35..=36_500;
/// Minutes of `report.grace_minutes`.
pub(super) const GRACE_MINUTES: RangeInclusive<i64> = 0..=10_080;

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The way out.
    pub transport: Transport,
    /// The sender; always there when the transport is SMTP.
    pub from: Option<EmailAddress>,
    /// Must a mail server on another machine be reached through TLS? The settings hold to it; so should the sender.
    pub tls_is_demanded: bool,
}

/// The ways out for mail.
#[derive(Clone, Debug)]
pub enum Transport {
    /// None: reports are built and kept, nothing is mailed.
    Off,
    /// Every mail becomes an `.eml` file in this folder.
    Directory(PathBuf),
    /// A mail server.
    Smtp(Smtp),
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// User name and password, if it wants them.
    pub login: Option<(String, SecretString)>,
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// TLS from the first byte.
    Implicit,
    /// `STARTTLS`, demanded: no mail leaves without it.
    StartTls,
    /// Not at all.
    Plain,
}

/// The key that seals the secrets of sources.
#[derive(Clone, Debug)]
pub enum SecretKey {
    /// Given by a setting.
    Given(Arc<SecretBox<[u8; 32]>>),
    /// In a file of the data folder, made at the first start.
    InDataDir,
}

/// A network of addresses: an address and how many of its leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Is the address inside? An IPv4 address written as IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        fn bytes(address: IpAddr) -> ([u8; 16], bool) {
            match address.to_canonical() {
                IpAddr::V4(v4) => {
                    let mut all = [0; 16];
                    all.iter_mut().zip(v4.octets()).for_each(|(to, from)| *to = from);
                    (all, true)
                }
                IpAddr::V6(v6) => (v6.octets(), false),
            }
        }
        let (ours, ours_is_v4) = bytes(self.address);
        let (theirs, theirs_is_v4) = bytes(address);
        let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
        ours_is_v4 == theirs_is_v4 && (u128::from_be_bytes(ours) ^ u128::from_be_bytes(theirs)) & mask == 0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let port = text.strip_prefix("localhost:").and_then(|port| port.parse::<u16>().ok());
    let address = port.map(|port| SocketAddr::from(([127, 0, 0, 1], port))).or_else(|| text.parse().ok());
    address.ok_or_else(|| format!("“{text}” is not an address and a port; write it like 127.0.0.1:8080 or [::]:8080"))
}

pub(super) fn public_url(text: &str) -> Result<Url, String> {
    let wrong = |why: &str| format!("“{text}” {why}; write it like https://nines.example.org");
    let url = Url::parse(text.trim()).map_err(|error| wrong(&format!("is not a URL ({error})")))?;
    match () {
        () if !matches!(url.scheme(), "http" | "https") || url.host().is_none() => {
            Err(wrong("is not an http or https address"))
        }
        () if !url.username().is_empty() || url.password().is_some() => Err(wrong("must not hold a user name")),
        () if url.query().is_some() || url.fragment().is_some() || url.path() != "/" => {
            Err(wrong("has more than a host: Nines lives at the top of its own host name"))
        }
        () => Ok(url),
    }
}

/// Addresses and networks with commas between them.
pub fn networks(text: &str) -> Result<Vec<Network>, String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(network).collect()
}

fn network(text: &str) -> Result<Network, String> {
    let wrong = || format!("“{text}” is not an address or network; write it like 10.0.0.1 or 10.0.0.0/8");
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address = address.parse::<IpAddr>().ok().ok_or_else(wrong)?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(most), |bits| bits.parse::<u8>().ok()).filter(|bits| *bits <= most);
    Ok(Network { address, bits: bits.ok_or_else(wrong)? })
}

pub(super) fn folder(text: &str) -> Result<PathBuf, String> {
    if text.trim().is_empty() || text.contains('\0') {
        return Err("the name of the folder is empty or has a NUL in it; write a path such as ./nines-data".to_owned());
    }
    Ok(PathBuf::from(text))
}

pub(super) fn database_url(text: &str) -> Result<SecretString, String> {
    let text = text.trim();
    let known = ["sqlite:", "postgres://", "postgresql://"]
        .iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.trim_matches('/').is_empty()));
    if known {
        return Ok(SecretString::from(text));
    }
    Err("this is not a database address; write sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME".to_owned())
}

pub(super) fn address(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text).ok_or_else(|| format!("“{text}” is not a mail address; write it like nines@example.org"))
}

pub(super) fn transport(text: &str) -> Result<Transport, String> {
    let text = text.trim();
    if text == "off" {
        return Ok(Transport::Off);
    }
    if let Some(path) = text.strip_prefix("dir:") {
        return folder(path).map(Transport::Directory);
    }
    smtp(text).map(Transport::Smtp)
}

fn smtp(text: &str) -> Result<Smtp, String> {
    const MEND: &str =
        "write smtp://USER:PASSWORD@HOST:587?tls=starttls, smtps://USER:PASSWORD@HOST, dir:FOLDER or off";
    let wrong = |why: &str| format!("{why}; {MEND}");
    // the text may hold a password, so no message repeats it
    let url = Url::parse(text).map_err(|error| wrong(&format!("this is not a mail address of a server ({error})")))?;
    let secure = match url.scheme() {
        "smtp" => false,
        "smtps" => true,
        _ => return Err(wrong("the part before the colon is not smtp, smtps, dir or off")),
    };
    let host =
        url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("the name of the server is missing"))?;
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(wrong(
            "there is something after the name of the server (an @ or / in a password is written %40 or %2F)",
        ));
    }
    let mut tls = match secure {
        true => Tls::Implicit,
        false if is_loopback(host) => Tls::Plain,
        false => Tls::StartTls,
    };
    for (key, value) in url.query_pairs() {
        tls = match (key.as_ref(), value.as_ref(), secure) {
            ("tls", "starttls", false) => Tls::StartTls,
            ("tls", "none", false) => Tls::Plain,
            ("tls", "implicit", _) => Tls::Implicit,
            _ => return Err(wrong("after the question mark only tls=starttls or tls=none (with smtp) is known")),
        };
    }
    let port = url.port().unwrap_or(if tls == Tls::Implicit {
        465
    } else if is_loopback(host) {
        25
    } else {
        587
    });
    let decoded = |text| percent_decoded(text).ok_or_else(|| wrong("a % in the user name or password is written %25"));
    let login = match (decoded(url.username())?, url.password().map(decoded).transpose()?) {
        (user, Some(password)) if !user.is_empty() => Some((user, SecretString::from(password))),
        (user, None) if user.is_empty() => None,
        _ => return Err(wrong("a user name and a password belong together")),
    };
    Ok(Smtp { host: host.trim_matches(['[', ']']).to_owned(), port, tls, login })
}

/// Undoes percent-encoding; `None` if a `%` is not followed by two hexadecimal digits or the result is not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// Is it this machine? The parser takes an IPv4 address after `smtp:` for a name.
fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Smtp {
    /// Is the mail server this machine itself?
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_loopback(&self.host)
    }
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.trim() {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(format!("“{other}” is neither true nor false; write one of them")),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text.trim() {
        "human" => Ok(LogFormat::Human),
        "json" => Ok(LogFormat::Json),
        other => Err(format!("“{other}” is neither human nor json; write one of them")),
    }
}

pub(super) fn log_level(text: &str) -> Result<String, String> {
    let level = |word: &str| ["off", "error", "warn", "info", "debug", "trace"].contains(&word);
    // a bare word that is no level would pass as the name of a module and silence everything else
    let known =
        |part: &str| part.rsplit_once('=').map_or(level(part), |(target, word)| !target.is_empty() && level(word));
    let text = text.trim();
    if text.split(',').map(str::trim).all(known) && EnvFilter::builder().parse(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err(format!("“{text}” is no log filter; write a level such as info, or nines=debug,info"))
}

pub(super) fn secret_key(text: &str) -> Result<SecretKey, String> {
    let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = bytes.ok_or("this is not 32 bytes in base64; make a key with: openssl rand -base64 32")?;
    Ok(SecretKey::Given(Arc::new(SecretBox::new(Box::new(key)))))
}

/// A logo is drawn on every report.
const LOGO_BYTES_MAX: usize = 256 * 1024;

pub(super) fn signing_key(text: &str) -> Result<SigningKey, String> {
    SigningKey::parse(text).map_err(|error| error.to_string())
}

pub(super) fn logo(text: &str) -> Result<Arc<str>, String> {
    let is_svg = text.trim_start().starts_with('<') && text.contains("<svg") && text.trim_end().ends_with("</svg>");
    if !is_svg {
        return Err("this is no picture in SVG; write a file that begins with <svg and ends with </svg>".to_owned());
    }
    if text.len() > LOGO_BYTES_MAX {
        return Err(format!("this picture has {} bytes; at most {LOGO_BYTES_MAX} are taken", text.len()));
    }
    Ok(text.into())
}

pub(super) fn whole(text: &str, range: RangeInclusive<i64>) -> Result<i64, String> {
    let number = text.trim().parse::<i64>().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        format!("“{text}” is out of range; write a whole number from {} to {}", range.start(), range.end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn smtp_of(text: &str) -> Smtp {
        match transport(text) {
            Ok(Transport::Smtp(smtp)) => smtp,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_mail_server_is_reached_through_tls_unless_it_is_this_machine() {
        for (text, host, port, tls) in [
            ("smtp://mail.example.org", "mail.example.org", 587, Tls::StartTls),
            ("smtp://mail.example.org:2525?tls=none", "mail.example.org", 2525, Tls::Plain),
            ("smtps://mail.example.org", "mail.example.org", 465, Tls::Implicit),
            ("smtp://localhost", "localhost", 25, Tls::Plain),
            ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, Tls::Plain),
            ("smtp://[::1]:1025?tls=starttls", "::1", 1025, Tls::StartTls),
        ] {
            let smtp = smtp_of(text);
            assert_eq!((smtp.host.as_str(), smtp.port, smtp.tls), (host, port, tls), "{text}");
        }
    }

    #[test]
    fn a_password_may_hold_any_character_when_it_is_percent_encoded() {
        let (user, password) = smtp_of("smtp://ana%40example.org:p%40ss%2F%25+%3D%26@mail.example.org").login.unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("ana@example.org", "p@ss/%+=&"));
    }

    #[test]
    fn a_wrong_mail_address_is_refused_without_repeating_its_password() {
        for text in [
            "smtp://ana:hunter2@mail.example.org?tls=never",
            "smtp://ana:hunter2@mail.example.org/inbox",
            "http://ana:hunter2@mail.example.org",
            "smtp://ana:hunter2@",
            "smtp://ana:hunter2%zz@mail.example.org",
            "smtps://ana:hunter2@mail.example.org?tls=none",
            "smtp://:hunter2@mail.example.org",
            "ana:hunter2@mail",
        ] {
            let message = transport(text).unwrap_err();
            assert!(!message.contains("hunter2") && message.contains("write smtp://"), "{text}: {message}");
        }
    }

    #[test]
    fn networks_contain_their_addresses_in_either_notation() {
        let inside = |networks: &str, address: &str| {
            super::networks(networks).unwrap().iter().any(|n| n.contains(address.parse().unwrap()))
        };
        assert!(inside("10.0.0.0/8, 192.168.1.1", "10.255.0.1"));
        assert!(inside("10.0.0.0/8,192.168.1.1", "::ffff:192.168.1.1"));
        assert!(!inside("10.0.0.0/8,192.168.1.1", "192.168.1.2"));
        assert!(inside("fd00::/8", "fd12::1") && !inside("fd00::/8", "fe80::1"));
        assert!(inside("0.0.0.0/0", "203.0.113.9") && !inside("0.0.0.0/0", "2001:db8::1"));
        assert!(networks("10.0.0.0/33").is_err() && networks("proxy").is_err());
    }

    #[test]
    fn a_misspelt_level_is_not_taken_for_the_name_of_a_module() {
        assert!(log_level("info").is_ok() && log_level("nines=debug, warn").is_ok());
        for text in ["inof", "nines=loud", "=info", ""] {
            assert!(log_level(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn odd_values_are_refused_with_an_example() {
        for (message, mend) in [
            (listen("8080").map(drop), "127.0.0.1:8080"),
            (public_url("nines.example.org").map(drop), "https://nines.example.org"),
            (public_url("https://example.org/nines").map(drop), "https://nines.example.org"),
            (public_url("https://ana:secret@example.org").map(drop), "https://nines.example.org"),
            (database_url("mysql://x").map(drop), "sqlite:FILE"),
            (database_url("sqlite:").map(drop), "sqlite:FILE"),
            (whole("35 days", BACKFILL_DAYS).map(drop), "from 0 to 400"),
            (whole("401", BACKFILL_DAYS).map(drop), "from 0 to 400"),
            (secret_key("c2hvcnQ=").map(drop), "openssl rand -base64 32"),
            (signing_key("c2hvcnQ=").map(drop), "openssl genpkey -algorithm ed25519"),
            (logo("\u{89}PNG").map(drop), "begins with <svg"),
            (logo(&format!("<svg>{}</svg>", " ".repeat(LOGO_BYTES_MAX))).map(drop), "at most 262144"),
            (address("ana").map(drop), "nines@example.org"),
        ] {
            let message = message.unwrap_err();
            assert!(message.contains(mend), "{message}");
        }
        assert_eq!(listen("localhost:9000"), Ok(SocketAddr::from(([127, 0, 0, 1], 9000))));
    }
}
