//! One HTTP client for each source, with everything that a stranger at the other end must not be able to do to us.

use crate::domain::model::{Access, Auth, Source, SourceSpec};
use crate::language;
use crate::language::say;
use crate::source::SourceError;
use crate::source::address::{self, AddressError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::tls::TlsInfo;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::time::Duration;
use url::{Host, Url};

/// How long a connection may take, if the source's patience is not shorter.
const CONNECT_SECONDS_MAX: i64 = 10;
/// How much of a probed page is read: a body is looked for in it, it is not stored.
const PROBE_BYTES_MAX: usize = 1_000_000;
/// How much of an unwanted answer is read to quote from it.
const QUOTE_BYTES_MAX: usize = 4096;
/// How much of it is quoted.
const QUOTE_CHARS_MAX: usize = 200;
/// How much of a reason that a server gives in so many words.
const REASON_CHARS_MAX: usize = 1000;
/// Headers that frame a request; setting them by hand could break it apart.
const FRAMING: [&str; 5] = ["connection", "content-length", "te", "transfer-encoding", "upgrade"];
/// Secrets shorter than this are not looked for in quotes: they would only riddle the text.
const SECRET_CHARS_MIN: usize = 4;

/// The client of one source.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    timeout_seconds: i64,
    body_bytes_max: usize,
    allow_link_local: bool,
    /// What must not be quoted, should the other side repeat it to us.
    secrets: Vec<SecretString>,
}

/// What a GET brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The `Content-Type` as the server wrote it; empty if it did not.
    pub media_type: String,
    /// The whole body, unpacked.
    pub body: Vec<u8>,
}

/// What a probed server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// HTTP status.
    pub status: u16,
    /// The first megabyte of the body.
    pub body: Vec<u8>,
    /// The server's certificate, if the connection was protected.
    pub certificate_der: Option<Vec<u8>>,
}

impl Http {
    /// A client with the access, the patience and the guard of a source. An answer may have `body_bytes_max` bytes,
    /// unpacked. Refused: an address that Nines does not connect to, headers or an authority that cannot be used.
    pub fn new(source: &Source, body_bytes_max: usize) -> Result<Self, SourceError> {
        let Access { auth, headers, ca_pem, allow_link_local } = &source.access;
        let timeout_seconds = source.timeout_seconds;
        let connect_seconds = timeout_seconds.min(CONNECT_SECONDS_MAX);
        let mut secrets = Vec::new();
        let mut builder = Client::builder()
            .user_agent(concat!("nines/", env!("CARGO_PKG_VERSION")))
            .default_headers(header_map(auth, headers, &mut secrets)?)
            .timeout(patience(timeout_seconds)?)
            .connect_timeout(patience(connect_seconds)?)
            .redirect(Policy::none())
            .no_proxy()
            .gzip(true)
            .dns_resolver(Guard { allow_link_local: *allow_link_local })
            .tls_info(true);
        if matches!(source.spec, SourceSpec::Probe(_)) {
            // each check knocks anew: a kept connection would not notice a server that takes no more of them
            builder = builder.pool_max_idle_per_host(0);
        }
        let client = trusting(builder, ca_pem.as_deref())?
            .build()
            .map_err(|error| SourceError::Refused(say!("the client cannot be set up: {problem}", deepest(&error))))?;
        Ok(Self { client, timeout_seconds, body_bytes_max, allow_link_local: *allow_link_local, secrets })
    }

    /// Is this a URL that may be asked: `http` or `https`, without credentials in it, at an address that is allowed?
    /// (The addresses behind a name are checked when it is connected to.)
    pub fn check(&self, url: &Url) -> Result<(), SourceError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(SourceError::Refused(say!("enter a URL that begins with http:// or https://")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let text = say!("take user name and password out of the URL and enter them as the source's authentication");
            return Err(SourceError::Refused(text));
        }
        // a literal address never reaches the resolver, so the guard there would not see it
        match url.host() {
            None => Err(SourceError::Refused(say!("enter a URL with a host name"))),
            Some(Host::Domain(_)) => Ok(()),
            Some(Host::Ipv4(ip)) => Ok(address::check(IpAddr::V4(ip), self.allow_link_local)?),
            Some(Host::Ipv6(ip)) => Ok(address::check(IpAddr::V6(ip), self.allow_link_local)?),
        }
    }

    /// The body of a successful (2xx) answer.
    pub async fn get(&self, url: &Url, accept: Option<&str>) -> Result<Document, SourceError> {
        self.check(url)?;
        let mut request = self.client.get(url.clone());
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        let mut response = self.send(request).await?;
        if response.status().is_success() {
            let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let media_type = media_type.unwrap_or_default().to_owned();
            return Ok(Document { media_type, body: self.whole_body(&mut response).await? });
        }
        let code = response.status().as_u16();
        let excerpt = match self.body(&mut response, QUOTE_BYTES_MAX).await {
            Ok((body, _)) => self.quote(&body),
            Err(error) => say!("its body could not be read, {error}", error),
        };
        Err(SourceError::Status { code, excerpt })
    }

    /// Status and body of the answer to a form, whatever the status is: APIs explain themselves in the body.
    pub async fn post_form(&self, url: &Url, form: &[(&str, &str)]) -> Result<(u16, Vec<u8>), SourceError> {
        self.check(url)?;
        let mut response = self.send(self.client.post(url.clone()).form(form)).await?;
        let body = self.whole_body(&mut response).await?;
        Ok((response.status().as_u16(), body))
    }

    /// Whatever a server answers, over a fresh connection if the source is a probe.
    pub async fn probe(&self, url: &Url) -> Result<ProbeAnswer, SourceError> {
        self.check(url)?;
        let mut response = self.send(self.client.get(url.clone())).await?;
        let info = response.extensions().get::<TlsInfo>();
        let certificate_der = info.and_then(TlsInfo::peer_certificate).map(<[u8]>::to_vec);
        let (body, _) = self.body(&mut response, PROBE_BYTES_MAX).await?;
        Ok(ProbeAnswer { status: response.status().as_u16(), body, certificate_der })
    }

    /// The beginning of an unwanted answer on one line, without secrets that it may repeat.
    #[must_use]
    pub fn quote(&self, body: &[u8]) -> String {
        self.quote_at_most(body, QUOTE_CHARS_MAX)
    }

    /// The reason that a server gives, on one line and without secrets: as [`Http::quote`], but long enough for a reason
    /// that repeats the query.
    #[must_use]
    pub fn reason(&self, said: &str) -> String {
        self.quote_at_most(said.as_bytes(), REASON_CHARS_MAX)
    }

    fn quote_at_most(&self, body: &[u8], chars_max: usize) -> String {
        let mut text = String::from_utf8_lossy(body.get(..QUOTE_BYTES_MAX).unwrap_or(body)).into_owned();
        for secret in self.secrets.iter().map(SecretString::expose_secret) {
            if secret.chars().count() >= SECRET_CHARS_MIN {
                text = text.replace(secret, "[hidden]");
            }
        }
        let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(chars_max).collect()
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, SourceError> {
        request.send().await.map_err(|error| self.explain(&error))
    }

    async fn whole_body(&self, response: &mut Response) -> Result<Vec<u8>, SourceError> {
        let bytes_max = self.body_bytes_max;
        match self.body(response, bytes_max).await? {
            (body, true) => Ok(body),
            (_, false) => Err(SourceError::TooLarge { bytes_max }),
        }
    }

    /// The body up to a length, and whether that was all of it.
    async fn body(&self, response: &mut Response, bytes_max: usize) -> Result<(Vec<u8>, bool), SourceError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.explain(&error))? {
            let room = bytes_max - body.len();
            if chunk.len() > room {
                body.extend(chunk.into_iter().take(room));
                return Ok((body, false));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((body, true))
    }

    fn explain(&self, error: &reqwest::Error) -> SourceError {
        if let Some(refused) = causes(error).find_map(|cause| cause.downcast_ref::<AddressError>()) {
            return refused.clone().into();
        }
        if let Some(tls) = causes(error).find_map(tls_error) {
            return SourceError::Tls(tls.to_string());
        }
        if error.is_timeout() {
            let connect = if error.is_connect() { CONNECT_SECONDS_MAX } else { i64::MAX };
            return SourceError::Timeout { seconds: self.timeout_seconds.min(connect) };
        }
        if causes(error).any(is_packed_wrongly) {
            return SourceError::Malformed(say!("it is not packed as it claims: {problem}", deepest(error)));
        }
        SourceError::Unreachable(deepest(error))
    }
}

/// Resolves names like the system does, without the addresses that are refused.
struct Guard {
    allow_link_local: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_link_local = self.allow_link_local;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Addrs = Box::new(address::admitted(name.as_str(), found, allow_link_local)?.into_iter());
            Ok(addresses)
        })
    }
}

/// How long something may take.
pub(super) fn patience(seconds: i64) -> Result<Duration, SourceError> {
    match u64::try_from(seconds) {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        Ok(_) | Err(_) => Err(SourceError::Refused(say!("enter a timeout of at least one second"))),
    }
}

/// The headers of every request; what must stay secret among them goes to `secrets` too.
fn header_map(
    auth: &Auth,
    extra: &[(String, SecretString)],
    secrets: &mut Vec<SecretString>,
) -> Result<HeaderMap, SourceError> {
    let mut map = HeaderMap::new();
    match auth {
        Auth::None => {}
        Auth::Basic { user, .. } if user.contains(':') => {
            return Err(SourceError::Refused(say!("the user name must not contain a colon")));
        }
        Auth::Basic { user, password } => {
            let pair = SecretString::from(BASE64.encode(format!("{user}:{}", password.expose_secret())));
            map.insert(AUTHORIZATION, sensitive("password", &format!("Basic {}", pair.expose_secret()))?);
            secrets.extend([pair, password.clone()]);
        }
        Auth::Bearer { token } => {
            map.insert(AUTHORIZATION, sensitive("token", &format!("Bearer {}", token.expose_secret()))?);
            secrets.push(token.clone());
        }
    }
    for (name, value) in extra {
        let refused =
            |why: &str| SourceError::Refused(say!("the header {name} cannot be sent: {why}", format!("{name:?}"), why));
        let header = HeaderName::try_from(name.trim()).map_err(|error| refused(&error.to_string()))?;
        if FRAMING.contains(&header.as_str()) {
            return Err(refused(&say!("Nines sets it itself")));
        }
        map.append(header, sensitive(&say!("header {name}", format!("{name:?}")), value.expose_secret())?);
        secrets.push(value.clone());
    }
    Ok(map)
}

/// A header value that is kept out of logs.
fn sensitive(field: &str, text: &str) -> Result<HeaderValue, SourceError> {
    let mut value = HeaderValue::try_from(text).map_err(|error| {
        SourceError::Refused(say!(
            "the {field} cannot be sent, it must be one line of plain text: {error}",
            language::word(field),
            error
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Adds an authority to those of the system.
fn trusting(builder: ClientBuilder, ca_pem: Option<&str>) -> Result<ClientBuilder, SourceError> {
    let Some(pem) = ca_pem else { return Ok(builder) };
    let refused = |why: &str| SourceError::Refused(say!("the certificate authority cannot be used: {why}", why));
    let authorities = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|error| refused(&deepest(&error)))?;
    if authorities.is_empty() {
        return Err(refused(&say!(
            "the text holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----"
        )));
    }
    Ok(builder.tls_certs_merge(authorities))
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn Error + 'static)| (*cause).source())
}

/// The error that says most: reqwest's own texts name the URL, which may hold a token, and hide the cause.
fn deepest(error: &reqwest::Error) -> String {
    let cause = causes(error).last();
    cause.map_or_else(|| say!("the request could not be made"), ToString::to_string)
}

/// Is this what unpacking says about bytes that were not packed that way? A connection that broke says something else.
fn is_packed_wrongly(cause: &(dyn Error + 'static)) -> bool {
    let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput))
}

/// What rustls says. I/O errors around it, even several, hide it from `source`.
fn tls_error<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(tls) = cause.downcast_ref() {
        return Some(tls);
    }
    let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
    tls_error(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::{AUTHORITY_PEM, closed_port, raw_server, source, tls_server};
    use wiremock::matchers::{body_string, header, header_exists, method};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    impl Http {
        /// A client for which every name has this address, before the guard looks at it.
        pub(in crate::source) fn resolving_to(source: &Source, ip: &str) -> Self {
            struct Fixed(std::net::SocketAddr);
            impl Resolve for Fixed {
                fn resolve(&self, name: Name) -> Resolving {
                    let found = [self.0];
                    Box::pin(async move {
                        let left: Addrs = Box::new(address::admitted(name.as_str(), found, false)?.into_iter());
                        Ok(left)
                    })
                }
            }
            let fixed = Fixed((ip.parse::<IpAddr>().unwrap(), 0).into());
            let client = Client::builder().dns_resolver(fixed).no_proxy().build().unwrap();
            Self { client, ..Self::new(source, 1000).unwrap() }
        }
    }

    fn scraped(url: &str) -> Source {
        source(SourceSpec::Scrape { url: url.parse().unwrap() })
    }

    fn with(change: impl FnOnce(&mut Access)) -> Result<Http, SourceError> {
        let mut source = scraped("http://localhost/");
        change(&mut source.access);
        Http::new(&source, 1000)
    }

    fn plain() -> Http {
        with(|_| {}).unwrap()
    }

    async fn get(http: &Http, url: &str) -> Result<String, SourceError> {
        Ok(String::from_utf8(http.get(&url.parse().unwrap(), None).await?.body).unwrap())
    }

    #[tokio::test]
    async fn credentials_and_headers_reach_the_server() {
        let server = MockServer::start().await;
        // base64 of `ana:open sesame`
        let basic = header("authorization", "Basic YW5hOm9wZW4gc2VzYW1l");
        Mock::given(method("GET"))
            .and(basic)
            .respond_with(ResponseTemplate::new(200).set_body_string("basic"))
            .mount(&server)
            .await;
        let bearer = header("authorization", "Bearer t0ken");
        Mock::given(method("GET"))
            .and(bearer)
            .and(header("x-scope-orgid", "shop"))
            .respond_with(ResponseTemplate::new(200).set_body_string("bearer"))
            .mount(&server)
            .await;
        let basic = with(|access| {
            access.auth = Auth::Basic { user: "ana".to_owned(), password: "open sesame".into() };
        });
        assert_eq!(get(&basic.unwrap(), &server.uri()).await, Ok("basic".to_owned()));
        let bearer = with(|access| {
            access.auth = Auth::Bearer { token: "t0ken".into() };
            access.headers = vec![("X-Scope-OrgID".to_owned(), "shop".into())];
        });
        assert_eq!(get(&bearer.unwrap(), &server.uri()).await, Ok("bearer".to_owned()));
        assert!(matches!(get(&plain(), &server.uri()).await, Err(SourceError::Status { code: 404, .. })));
    }

    #[test]
    fn what_cannot_be_sent_is_refused_without_repeating_it() {
        type Change = fn(&mut Access);
        let cases: [(Change, &str); 6] = [
            (|a| a.headers = vec![("X Bad".to_owned(), "s3cret".into())], "the header \"X Bad\" cannot be sent"),
            (|a| a.headers = vec![("X-Key".to_owned(), "s3cret\r\nX-More: 1".into())], "one line of plain text"),
            (|a| a.headers = vec![("Content-Length".to_owned(), "s3cret".into())], "Nines sets it itself"),
            (|a| a.auth = Auth::Bearer { token: "s3cret\n".into() }, "the token cannot be sent"),
            (|a| a.auth = Auth::Basic { user: "a:b".to_owned(), password: "s3cret".into() }, "a colon"),
            (|a| a.ca_pem = Some("s3cret".to_owned()), "holds no certificate"),
        ];
        for (change, expected) in cases {
            let error = with(change).unwrap_err();
            assert!(matches!(error, SourceError::Refused(_)), "{error:?}");
            assert!(error.to_string().contains(expected), "{error}");
            assert!(!format!("{error:?}").contains("s3cret"), "{error}");
        }
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let error = with(|access| access.ca_pem = Some(broken.to_owned())).unwrap_err();
        assert!(matches!(error, SourceError::Refused(_)), "{error:?}");
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        let http = with(|access| {
            access.auth = Auth::Bearer { token: "t0ken".into() };
            access.headers = vec![("X-Key".to_owned(), "s3cret".into())];
        });
        let text = format!("{http:?}");
        assert!(!text.contains("t0ken") && !text.contains("s3cret"), "{text}");
    }

    #[tokio::test]
    async fn addresses_that_only_this_machine_can_reach_are_refused() {
        for url in [
            "http://169.254.169.254/latest/meta-data",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://[fe80::1]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://100.100.100.200/",
            "http://0.0.0.0/",
            "ftp://example.org/",
            "http://user:s3cret@example.org/",
            "http://user@example.org/",
        ] {
            let error = get(&plain(), url).await.unwrap_err();
            assert!(matches!(error, SourceError::Refused(_)), "{url}: {error:?}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
        let open = with(|access| access.allow_link_local = true).unwrap();
        assert_eq!(open.check(&"http://169.254.169.254/".parse().unwrap()), Ok(()));
        assert!(open.check(&"http://255.255.255.255/".parse().unwrap()).is_err());
    }

    /// The resolver's refusal comes back through three libraries; a name stands for the metadata service here.
    #[tokio::test]
    async fn a_name_that_stands_for_a_refused_address_is_refused() {
        let http = Http::resolving_to(&scraped("http://metadata.example/"), "169.254.169.254");
        let error = get(&http, "http://metadata.example/").await.unwrap_err();
        let text = "metadata.example (169.254.169.254) is a link-local address or a cloud's metadata service, which \
                    Nines does not connect to unless the source allows it";
        assert_eq!(error, SourceError::Refused(text.to_owned()));
    }

    /// 2852039166 is 169.254.169.254 to every resolver.
    #[tokio::test]
    async fn the_resolver_leaves_refused_addresses_out() {
        let resolve = |name: &str, allow_link_local| Guard { allow_link_local }.resolve(name.parse().unwrap());
        assert!(resolve("2852039166", false).await.err().unwrap().is::<AddressError>());
        let allowed: Vec<_> = resolve("2852039166", true).await.unwrap().map(|address| address.ip()).collect();
        assert_eq!(allowed, ["169.254.169.254".parse::<IpAddr>().unwrap()]);
        assert!(resolve("localhost", false).await.unwrap().all(|address| address.ip().is_loopback()));
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let server = MockServer::start().await;
        let there = ResponseTemplate::new(302).insert_header("location", "http://169.254.169.254/");
        Mock::given(method("GET")).respond_with(there).mount(&server).await;
        assert!(matches!(get(&plain(), &server.uri()).await, Err(SourceError::Status { code: 302, .. })));
    }

    #[tokio::test]
    async fn a_failure_is_quoted_in_short_and_without_our_secrets() {
        let server = MockServer::start().await;
        let body = format!("<p>no,\n  Basic YW5hOm9wZW4gc2VzYW1l\tis wrong{}", "!".repeat(10_000));
        Mock::given(header_exists("authorization"))
            .respond_with(ResponseTemplate::new(503).set_body_string(body))
            .mount(&server)
            .await;
        let http = with(|access| {
            access.auth = Auth::Basic { user: "ana".to_owned(), password: "open sesame".into() };
        });
        let Err(SourceError::Status { code: 503, excerpt }) = get(&http.unwrap(), &server.uri()).await else {
            panic!("a 503 is a failure");
        };
        assert!(excerpt.starts_with("<p>no, Basic [hidden] is wrong!!!"), "{excerpt}");
        assert_eq!(excerpt.chars().count(), 200);
    }

    #[tokio::test]
    async fn an_answer_is_read_up_to_its_limit() {
        let server = MockServer::start().await;
        let sized = |size| ResponseTemplate::new(200).set_body_bytes(vec![b'x'; size]);
        Mock::given(method("GET")).respond_with(sized(1000)).up_to_n_times(1).mount(&server).await;
        Mock::given(method("GET")).respond_with(sized(1001)).mount(&server).await;
        let http = plain();
        assert_eq!(get(&http, &server.uri()).await.map(|body| body.len()), Ok(1000));
        assert_eq!(get(&http, &server.uri()).await, Err(SourceError::TooLarge { bytes_max: 1000 }));
    }

    /// 100 kB of one letter are some hundred bytes packed: the limit is about what they unpack to.
    #[tokio::test]
    async fn a_packed_answer_is_unpacked_and_cannot_burst() {
        let packed = |size| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            io::Write::write_all(&mut encoder, &vec![b'x'; size]).unwrap();
            let body = encoder.finish().unwrap();
            ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(body)
        };
        let server = MockServer::start().await;
        Mock::given(header("accept-encoding", "gzip")).respond_with(packed(900)).up_to_n_times(1).mount(&server).await;
        Mock::given(method("GET")).respond_with(packed(100_000)).mount(&server).await;
        let http = plain();
        assert_eq!(get(&http, &server.uri()).await, Ok("x".repeat(900)));
        assert_eq!(get(&http, &server.uri()).await, Err(SourceError::TooLarge { bytes_max: 1000 }));
    }

    #[tokio::test]
    async fn a_body_that_is_not_packed_as_it_claims_is_malformed() {
        let server = MockServer::start().await;
        let wrong = ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_string("plain text");
        Mock::given(method("GET")).respond_with(wrong).mount(&server).await;
        let error = get(&plain(), &server.uri()).await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed(_)), "{error:?}");
    }

    #[tokio::test]
    async fn servers_that_fall_silent_stop_early_or_are_gone_are_told_apart() {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";
        for (answer, hold, expected) in [
            ("", true, "the source did not answer within 1 s"),
            (head, true, "the source did not answer within 1 s"),
            (head, false, "the source cannot be reached: "),
            ("", false, "the source cannot be reached: "),
            ("SSH-2.0-OpenSSH_9.2\r\n", false, "the source cannot be reached: "),
        ] {
            let address = raw_server(answer, hold).await;
            let error = get(&plain(), &format!("http://{address}/")).await.unwrap_err();
            assert!(error.to_string().starts_with(expected), "{answer:?}: {error}");
            assert!(error.is_transient(), "{error:?}");
        }
        let error =
            get(&plain(), &format!("http://127.0.0.1:{}/?token=s3cret", closed_port().await)).await.unwrap_err();
        assert!(error.to_string().starts_with("the source cannot be reached: Connection refused"), "{error}");
        let error = get(&plain(), "http://no-such-host.invalid/").await.unwrap_err();
        assert!(error.is_transient(), "unreachable, or a resolver without patience: {error:?}");
    }

    #[tokio::test]
    async fn a_form_is_posted_and_any_status_is_an_answer() {
        let server = MockServer::start().await;
        let said = ResponseTemplate::new(400).set_body_string("{\"status\":\"error\"}");
        Mock::given(method("POST"))
            .and(body_string("query=up%7Ba%3D%22b%22%7D&time=1"))
            .respond_with(said)
            .mount(&server)
            .await;
        let form = [("query", "up{a=\"b\"}"), ("time", "1")];
        let answer = plain().post_form(&server.uri().parse().unwrap(), &form).await;
        assert_eq!(answer, Ok((400, b"{\"status\":\"error\"}".to_vec())));
    }

    #[tokio::test]
    async fn a_probe_reads_the_first_megabyte_of_any_answer() {
        let server = MockServer::start().await;
        let long = ResponseTemplate::new(404).set_body_bytes(vec![b'x'; 1_500_000]);
        Mock::given(method("GET")).respond_with(long).mount(&server).await;
        let answer = plain().probe(&server.uri().parse().unwrap()).await.unwrap();
        assert_eq!((answer.status, answer.body.len(), answer.certificate_der), (404, 1_000_000, None));
    }

    #[tokio::test]
    async fn a_private_authority_is_trusted_only_when_named() {
        let port = tls_server();
        let known = with(|access| access.ca_pem = Some(AUTHORITY_PEM.to_owned())).unwrap();
        let url = format!("https://localhost:{port}/");
        assert_eq!(get(&known, &url).await, Ok("secure".to_owned()));
        let answer = known.probe(&url.parse().unwrap()).await.unwrap();
        assert!(answer.certificate_der.is_some());
        let stranger = get(&plain(), &url).await.unwrap_err();
        assert!(matches!(stranger, SourceError::Tls(_)), "{stranger:?}");
        let misnamed = get(&known, &format!("https://127.0.0.1:{port}/")).await.unwrap_err();
        assert!(matches!(misnamed, SourceError::Tls(_)), "{misnamed:?}");
        let plain_port = raw_server("HTTP/1.1 400 Bad Request\r\n\r\n", false).await;
        let spoken = get(&known, &format!("https://{plain_port}/")).await.unwrap_err();
        assert!(matches!(spoken, SourceError::Tls(_)), "{spoken:?}");
    }
}
