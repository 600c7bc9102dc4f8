//! One HTTP client for each source, with everything that a stranger at the other end must not be able to do to us.

use crate::domain::model::{Access, Auth, Source, SourceSpec};
use crate::source::SourceError;
use crate::source::address::{self, AddressError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
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
            .timeout(seconds(timeout_seconds)?)
            .connect_timeout(seconds(connect_seconds)?)
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
            .map_err(|error| SourceError::Refused(format!("the client cannot be set up: {}", deepest(&error))))?;
        Ok(Self { client, timeout_seconds, body_bytes_max, allow_link_local: *allow_link_local, secrets })
    }

    /// Is this a URL that may be asked: `http` or `https`, without credentials in it, at an address that is allowed?
    /// (The addresses behind a name are checked when it is connected to.)
    pub fn check(&self, url: &Url) -> Result<(), SourceError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(SourceError::Refused("enter a URL that begins with http:// or https://".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let text = "take user name and password out of the URL and enter them as the source's authentication";
            return Err(SourceError::Refused(text.to_owned()));
        }
        // a literal address never reaches the resolver, so the guard there would not see it
        match url.host() {
            None => Err(SourceError::Refused("enter a URL with a host name".to_owned())),
            Some(Host::Domain(_)) => Ok(()),
            Some(Host::Ipv4(ip)) => Ok(address::check(IpAddr::V4(ip), self.allow_link_local)?),
            Some(Host::Ipv6(ip)) => Ok(address::check(IpAddr::V6(ip), self.allow_link_local)?),
        }
    }

    /// The body of a successful (2xx) answer.
    pub async fn get(&self, url: &Url, accept: Option<&str>) -> Result<Vec<u8>, SourceError> {
        self.check(url)?;
        let mut request = self.client.get(url.clone());
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        let mut response = self.send(request).await?;
        if response.status().is_success() {
            return self.whole_body(&mut response).await;
        }
        let code = response.status().as_u16();
        let excerpt = match self.body(&mut response, QUOTE_BYTES_MAX).await {
            Ok((body, _)) => self.quote(&body),
            Err(error) => format!("its body could not be read, {error}"),
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
        let mut text = String::from_utf8_lossy(body).into_owned();
        for secret in self.secrets.iter().map(SecretString::expose_secret) {
            if secret.chars().count() >= SECRET_CHARS_MIN {
                text = text.replace(secret, "[hidden]");
            }
        }
        let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(QUOTE_CHARS_MAX).collect()
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
        if error.is_decode() {
            return SourceError::Malformed(deepest(error));
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

fn seconds(seconds: i64) -> Result<Duration, SourceError> {
    match u64::try_from(seconds) {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        Ok(_) | Err(_) => Err(SourceError::Refused("enter a timeout of at least one second".to_owned())),
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
            return Err(SourceError::Refused("the user name must not contain a colon".to_owned()));
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
        let refused = |why: &str| SourceError::Refused(format!("the header {name:?} cannot be sent: {why}"));
        let header = HeaderName::try_from(name.trim()).map_err(|error| refused(&error.to_string()))?;
        if FRAMING.contains(&header.as_str()) {
            return Err(refused("Nines sets it itself"));
        }
        map.append(header, sensitive(&format!("header {name:?}"), value.expose_secret())?);
        secrets.push(value.clone());
    }
    Ok(map)
}

/// A header value that is kept out of logs.
fn sensitive(field: &str, text: &str) -> Result<HeaderValue, SourceError> {
    let mut value = HeaderValue::try_from(text).map_err(|error| {
        SourceError::Refused(format!("the {field} cannot be sent, it must be one line of plain text: {error}"))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Adds an authority to those of the system.
fn trusting(builder: ClientBuilder, ca_pem: Option<&str>) -> Result<ClientBuilder, SourceError> {
    let Some(pem) = ca_pem else { return Ok(builder) };
    let refused = |why: &str| SourceError::Refused(format!("the certificate authority cannot be used: {why}"));
    let authorities = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|error| refused(&deepest(&error)))?;
    if authorities.is_empty() {
        return Err(refused("the text holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----"));
    }
    Ok(builder.tls_certs_merge(authorities))
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn Error + 'static)| (*cause).source())
}

/// The error that says most: reqwest's own texts name the URL, which may hold a token, and hide the cause.
fn deepest(error: &reqwest::Error) -> String {
    let cause = causes(error).last();
    cause.map_or_else(|| "the request could not be made".to_owned(), ToString::to_string)
}

/// What rustls says; an I/O error around it hides it from `source`.
fn tls_error<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inner = || cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref::<rustls::Error>();
    cause.downcast_ref::<rustls::Error>().or_else(inner)
}
