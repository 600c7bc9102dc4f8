//! Checks a service the way a customer would: does it answer, rightly, and how fast?
//!
//! Everything that happens to a check is a result, not an error: a dead server, a wrong status, a certificate that
//! nobody vouches for. Only a definition that cannot be used is refused: by [`Probe::new`], or by [`Probe::check`] when
//! that shows only once a name is resolved.

use crate::domain::model::{Check, Source, SourceSpec};
use crate::domain::time::Instant;
use crate::language::say;
use crate::source::http::{Http, ProbeAnswer, patience};
use crate::source::{SourceError, address};
use futures_util::future::select_ok;
use std::io;
use std::net::IpAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use url::Url;
use x509_parser::parse_x509_certificate;

/// At how many addresses of a name a TCP check knocks.
const ADDRESSES_MAX: usize = 8;

/// A check that can be made again and again.
#[derive(Clone, Debug)]
pub struct Probe {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Http { http: Http, url: Url, status: (u16, u16), body: String },
    Tcp(Knock),
}

/// Opens a TCP connection and closes it again.
#[derive(Clone, Debug)]
struct Knock {
    host: String,
    port: u16,
    timeout: Duration,
    allow_link_local: bool,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// Did the right answer come?
    pub up: bool,
    /// How long it took until that was known, in milliseconds.
    pub elapsed_ms: u32,
    /// Why not, in one sentence; empty when up.
    pub reason: String,
    /// When the server's certificate expires; unknown without TLS, or when the connection failed.
    pub certificate_expires_at: Option<Instant>,
}

impl Probe {
    /// Prepares a check; refused if the source is of another kind, or names what Nines does not connect to.
    pub fn new(source: &Source) -> Result<Self, SourceError> {
        let kind = match &source.spec {
            SourceSpec::Probe(Check::Http { url, status, body }) => {
                let http = Http::new(source, 0)?;
                http.check(url)?;
                Kind::Http { http, url: url.clone(), status: *status, body: body.clone() }
            }
            SourceSpec::Probe(Check::Tcp { host, port }) => Kind::Tcp(Knock::new(source, host, *port)?),
            SourceSpec::Prometheus { .. } | SourceSpec::Scrape { .. } => {
                let text = say!(
                    "{name} is a {kind} source, which has no check to make",
                    format!("{:?}", source.name),
                    source.spec.kind()
                );
                return Err(SourceError::Refused(text));
            }
        };
        Ok(Self { kind })
    }

    /// Makes the check once. Refused if a name leads only to addresses that Nines does not connect to: that says
    /// nothing about the service, so it must not count against it.
    pub async fn check(&self) -> Result<CheckResult, SourceError> {
        let begun = tokio::time::Instant::now();
        let (found, certificate) = match &self.kind {
            Kind::Http { http, url, status, body } => match http.probe(url).await {
                Ok(answer) => (Ok(is_right(&answer, *status, body)), answer.certificate_der),
                Err(error) => (Err(error), None),
            },
            Kind::Tcp(knock) => (knock.try_it().await.map(Ok), None),
        };
        let found = match found {
            Ok(judged) => judged,
            Err(refused @ SourceError::Refused(_)) => return Err(refused),
            Err(error) => Err(error.to_string()),
        };
        Ok(CheckResult {
            up: found.is_ok(),
            elapsed_ms: u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX),
            reason: found.err().unwrap_or_default(),
            certificate_expires_at: certificate.as_deref().and_then(expires_at),
        })
    }
}

impl Knock {
    fn new(source: &Source, host: &str, port: u16) -> Result<Self, SourceError> {
        let allow_link_local = source.access.allow_link_local;
        let host = host.trim().trim_matches(['[', ']']);
        if host.is_empty() || port == 0 {
            return Err(SourceError::Refused(say!("enter a host name or address, and a port from 1 to 65535")));
        }
        if let Ok(ip) = host.parse::<IpAddr>() {
            address::check(ip, allow_link_local)?;
        }
        Ok(Self { host: host.to_owned(), port, timeout: patience(source.timeout_seconds)?, allow_link_local })
    }

    async fn try_it(&self) -> Result<(), SourceError> {
        match tokio::time::timeout(self.timeout, self.connect()).await {
            Ok(connected) => connected,
            Err(_elapsed) => Err(SourceError::Timeout { seconds: self.timeout.as_secs().cast_signed() }),
        }
    }

    /// Knocks at all addresses at once: one that swallows everything must not use up the patience for the others.
    async fn connect(&self) -> Result<(), SourceError> {
        let unreachable = |error: io::Error| SourceError::Unreachable(error.to_string());
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await.map_err(unreachable)?;
        let addresses = address::admitted(&self.host, found, self.allow_link_local)?;
        let knocks = addresses.into_iter().take(ADDRESSES_MAX).map(|address| Box::pin(TcpStream::connect(address)));
        select_ok(knocks).await.map(drop).map_err(unreachable)
    }
}

/// Is it the answer that was asked for? If not, why not.
fn is_right(answer: &ProbeAnswer, (lowest, highest): (u16, u16), body: &str) -> Result<(), String> {
    let status = answer.status;
    if status < lowest || status > highest {
        let wanted =
            if lowest == highest { lowest.to_string() } else { say!("{lowest} to {highest}", lowest, highest) };
        return Err(say!("the answer has status {status} instead of {wanted}", status, wanted));
    }
    if String::from_utf8_lossy(&answer.body).contains(body) {
        Ok(())
    } else {
        Err(say!("the first megabyte of the answer does not contain {text}", format!("{body:?}")))
    }
}

/// When a certificate expires; unknown if it cannot be read, which is for TLS to judge.
fn expires_at(der: &[u8]) -> Option<Instant> {
    let (_, certificate) = parse_x509_certificate(der).ok()?;
    Some(Instant::from_seconds(certificate.validity().not_after.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::{AUTHORITY_PEM, CERTIFICATE_EXPIRES, closed_port, raw_server, source, tls_server};
    use wiremock::matchers::{header, method};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    fn http(url: &str, status: (u16, u16), body: &str) -> Source {
        let url = url.parse().unwrap();
        source(SourceSpec::Probe(Check::Http { url, status, body: body.to_owned() }))
    }

    fn tcp(host: &str, port: u16) -> Source {
        source(SourceSpec::Probe(Check::Tcp { host: host.to_owned(), port }))
    }

    async fn check(source: &Source) -> CheckResult {
        Probe::new(source).unwrap().check().await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_right_by_status_and_body() {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(203).set_body_string("all is well, Zürich");
        Mock::given(method("GET")).respond_with(answer).mount(&server).await;
        for (status, body, reason) in [
            ((200, 299), "", ""),
            ((203, 203), "well, Zür", ""),
            ((200, 200), "", "the answer has status 203 instead of 200"),
            ((204, 299), "", "the answer has status 203 instead of 204 to 299"),
            ((200, 202), "", "the answer has status 203 instead of 200 to 202"),
            ((200, 299), "on fire", "the first megabyte of the answer does not contain \"on fire\""),
        ] {
            let result = check(&http(&server.uri(), status, body)).await;
            assert_eq!((result.up, result.reason.as_str()), (reason.is_empty(), reason), "{status:?} {body}");
            assert_eq!(result.certificate_expires_at, None);
        }
    }

    #[tokio::test]
    async fn credentials_are_sent_and_redirects_are_answers() {
        let server = MockServer::start().await;
        let moved = ResponseTemplate::new(301).insert_header("location", "/elsewhere");
        let asked = Mock::given(method("GET")).and(header("x-key", "s3cret"));
        asked.respond_with(moved).mount(&server).await;
        let mut source = http(&server.uri(), (301, 301), "");
        assert!(!check(&source).await.up);
        source.access.headers = vec![("X-Key".to_owned(), "s3cret".into())];
        assert!(check(&source).await.up);
    }

    #[tokio::test]
    async fn every_check_opens_a_connection_of_its_own() {
        // answers once for each connection, and keeps it open: a second request on it would wait for ever
        let address = raw_server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true).await;
        let probe = Probe::new(&http(&format!("http://{address}/"), (200, 200), "")).unwrap();
        for _ in 0..3 {
            assert_eq!(probe.check().await.unwrap().reason, "");
        }
    }

    #[tokio::test]
    async fn dead_and_silent_servers_are_down() {
        let silent = raw_server("", true).await;
        let result = check(&http(&format!("http://{silent}/"), (200, 299), "")).await;
        assert_eq!((result.up, result.reason.as_str()), (false, "the source did not answer within 1 s"));
        assert!((1000..3000).contains(&result.elapsed_ms), "{}", result.elapsed_ms);
        let closed = closed_port().await;
        for source in [http(&format!("http://127.0.0.1:{closed}/"), (200, 299), ""), tcp("127.0.0.1", closed)] {
            let result = check(&source).await;
            assert!(!result.up && result.reason.contains("Connection refused"), "{}", result.reason);
        }
        for source in [http("http://no-such-host.invalid/", (200, 299), ""), tcp("no-such-host.invalid", 80)] {
            let result = check(&source).await;
            assert!(!result.up && result.reason.starts_with("the source "), "{}", result.reason);
        }
    }

    #[tokio::test]
    async fn an_open_port_is_up() {
        let address = raw_server("", true).await;
        let (host, port) = address.rsplit_once(':').unwrap();
        for host in [host, "localhost"] {
            let result = check(&tcp(host, port.parse().unwrap())).await;
            assert_eq!((result.up, result.reason.as_str()), (true, ""));
        }
    }

    #[tokio::test]
    async fn a_certificate_tells_when_it_expires_and_must_be_trusted() {
        let mut source = http(&format!("https://localhost:{}/", tls_server()), (200, 200), "secure");
        let stranger = check(&source).await;
        assert!(!stranger.up && stranger.reason.contains("TLS"), "{}", stranger.reason);
        source.access.ca_pem = Some(AUTHORITY_PEM.to_owned());
        let known = check(&source).await;
        assert_eq!((known.up, known.reason.as_str()), (true, ""));
        assert_eq!(known.certificate_expires_at, Some(Instant::from_seconds(CERTIFICATE_EXPIRES)));
        assert_eq!(expires_at(b"no certificate"), None);
    }

    #[test]
    fn guarded_addresses_and_other_sources_are_refused_at_once() {
        let other = source(SourceSpec::Scrape { url: "http://localhost/metrics".parse().unwrap() });
        for source in [
            other,
            http("http://169.254.169.254/", (200, 299), ""),
            tcp("169.254.169.254", 80),
            tcp("[fe80::1]", 80),
            tcp("0.0.0.0", 80),
            tcp(" ", 80),
            tcp("localhost", 0),
        ] {
            assert!(matches!(Probe::new(&source), Err(SourceError::Refused(_))), "{:?}", source.spec);
        }
        let mut allowed = tcp("169.254.169.254", 80);
        allowed.access.allow_link_local = true;
        assert!(Probe::new(&allowed).is_ok());
    }

    /// 2852039166 is 169.254.169.254 to every resolver, though it is no literal address to us. URLs do see through it.
    #[tokio::test]
    async fn a_name_that_leads_only_to_guarded_addresses_is_refused_and_no_outage() {
        let refused = Probe::new(&tcp("2852039166", 80)).unwrap().check().await.unwrap_err();
        let text = "2852039166 (169.254.169.254) is a link-local address or a cloud's metadata service, which Nines does \
                    not connect to unless the source allows it";
        assert_eq!(refused, SourceError::Refused(text.to_owned()));
    }

    /// A host name of an HTTP check that its owner points at the metadata service later.
    #[tokio::test]
    async fn an_http_check_is_refused_by_the_resolver_too() {
        let http = Http::resolving_to(&http("http://shop.example/", (200, 299), ""), "169.254.169.254");
        let url = "http://shop.example/".parse().unwrap();
        let probe = Probe { kind: Kind::Http { http, url, status: (200, 299), body: String::new() } };
        assert!(
            matches!(probe.check().await, Err(SourceError::Refused(text)) if text.starts_with("shop.example (169."))
        );
    }
}
