//! The source form. Secrets go in and never come out: what is left empty keeps what was there.

use super::{line, number};
use crate::domain::ids::SourceId;
use crate::domain::model::{Access, Auth, Check, Source, SourceSpec};
use crate::language;
use crate::language::say;
use crate::view::Form;
use actix_web::http::header::{HeaderName, HeaderValue};
use secrecy::SecretString;
use url::{Host, Url};
use x509_parser::pem::Pem;

/// The longest URL.
const URL_CHARS_MAX: usize = 2_000;
/// The longest text that a page must contain.
const BODY_CHARS_MAX: usize = 1_000;
/// The longest user name, password or token.
const SECRET_CHARS_MAX: usize = 8_000;
/// How many extra headers there may be.
const HEADERS_MAX: usize = 20;
/// Headers that frame a request; setting them by hand could break it apart.
const FRAMING: [&str; 6] = ["connection", "content-length", "host", "te", "transfer-encoding", "upgrade"];

/// The fields that hold secrets, which no page shows again.
pub const SECRETS: [&str; 3] = ["password", "token", "headers"];

/// Secrets that an empty field keeps, and where they may go.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Scheme, host and port that they were given for: they follow no change of address. Empty while there is none.
    pub origin: String,
    /// A password.
    pub password: Option<SecretString>,
    /// A token.
    pub token: Option<SecretString>,
    /// Extra headers.
    pub headers: Vec<(String, SecretString)>,
}

impl Kept {
    /// What a source holds.
    #[must_use]
    pub fn of(source: &Source) -> Self {
        let (password, token) = match &source.access.auth {
            Auth::None => (None, None),
            Auth::Basic { password, .. } => (Some(password.clone()), None),
            Auth::Bearer { token } => (None, Some(token.clone())),
        };
        Self { origin: origin(&source.spec), password, token, headers: source.access.headers.clone() }
    }

    /// Is there nothing to keep?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.password.is_none() && self.token.is_none() && self.headers.is_empty()
    }
}

/// Scheme, host and port.
fn origin(spec: &SourceSpec) -> String {
    match spec {
        SourceSpec::Prometheus { url } | SourceSpec::Scrape { url } | SourceSpec::Probe(Check::Http { url, .. }) => {
            url.origin().ascii_serialization()
        }
        SourceSpec::Probe(Check::Tcp { host, port }) => format!("{host}:{port}"),
    }
}

/// A form for a new source, with the usual pace.
#[must_use]
pub fn empty() -> Form {
    let mut form = Form::default();
    let usual = [
        ("kind", "prometheus"),
        ("auth", "none"),
        ("every", "30"),
        ("timeout", "10"),
        ("delay", "30"),
        ("status-min", "200"),
        ("status-max", "299"),
    ];
    for (name, value) in usual {
        form.set(name, value);
    }
    form
}

/// The form as it opens for an address: `/metrics` is scraped, anything else is checked. Named after its host. Nothing is
/// refused here, the form does that when it is sent.
#[must_use]
pub fn for_url(text: &str) -> Form {
    let mut form = empty();
    let address: String = text.trim().chars().take(URL_CHARS_MAX).collect();
    let url = Url::parse(&address).ok();
    let is_metrics = url.as_ref().is_some_and(|url| url.path().ends_with("/metrics"));
    form.set("kind", if is_metrics { "scrape" } else { "probe-http" });
    form.set("name", url.as_ref().and_then(Url::host_str).unwrap_or_default());
    form.set("url", address);
    form
}

/// The form as it opens for a source that exists; without its secrets.
#[must_use]
pub fn filled(source: &Source) -> Form {
    let mut form = empty();
    form.set("name", &source.name);
    match &source.spec {
        SourceSpec::Prometheus { url } => {
            form.set("kind", "prometheus");
            form.set("url", url.as_str());
        }
        SourceSpec::Scrape { url } => {
            form.set("kind", "scrape");
            form.set("url", url.as_str());
        }
        SourceSpec::Probe(Check::Http { url, status: (low, high), body }) => {
            form.set("kind", "probe-http");
            form.set("url", url.as_str());
            form.set("status-min", low.to_string());
            form.set("status-max", high.to_string());
            form.set("body", body);
        }
        SourceSpec::Probe(Check::Tcp { host, port }) => {
            form.set("kind", "probe-tcp");
            form.set("host", host);
            form.set("port", port.to_string());
        }
    }
    match &source.access.auth {
        Auth::None => form.set("auth", "none"),
        Auth::Basic { user, .. } => {
            form.set("auth", "basic");
            form.set("user", user);
        }
        Auth::Bearer { .. } => form.set("auth", "bearer"),
    }
    form.set("ca", source.access.ca_pem.clone().unwrap_or_default());
    if source.access.allow_link_local {
        form.set("allow-link-local", "yes");
    }
    form.set("every", source.every_seconds.to_string());
    form.set("timeout", source.timeout_seconds.to_string());
    form.set("delay", source.delay_seconds.to_string());
    form
}

/// Reads the form into a source without identity; nothing, with the problems in the form, if anything is refused.
pub fn read(form: &mut Form, kept: &Kept) -> Option<Source> {
    let name = line(form, "name", &say!("a name for the source, such as “prometheus-eu”"));
    let spec = spec(form);
    let every_seconds = number(form, "every", 10..=3600);
    let timeout_seconds = number(form, "timeout", 1..=120);
    let is_prometheus = matches!(spec, Some(SourceSpec::Prometheus { .. }));
    let delay_seconds = if is_prometheus { number(form, "delay", 0..=3600) } else { Some(0) };
    let access = match &spec {
        Some(SourceSpec::Probe(Check::Tcp { .. })) => Some(Access::default()),
        _ => access(form, kept, spec.as_ref()),
    };
    if !form.is_fine() {
        return None;
    }
    let access = Access { allow_link_local: form.is("allow-link-local", "yes"), ..access? };
    Some(Source {
        id: SourceId(0),
        name: name?,
        spec: spec?,
        access,
        every_seconds: every_seconds?,
        delay_seconds: delay_seconds?,
        timeout_seconds: timeout_seconds?,
        archived_at: None,
    })
}

fn spec(form: &mut Form) -> Option<SourceSpec> {
    match form.value("kind") {
        "prometheus" => prometheus_url(form).map(|url| SourceSpec::Prometheus { url }),
        "scrape" => url(form).map(|url| SourceSpec::Scrape { url }),
        "probe-http" => http_check(form).map(SourceSpec::Probe),
        "probe-tcp" => tcp_check(form).map(SourceSpec::Probe),
        _ => {
            form.refuse("kind", say!("Please choose what kind of source this is."));
            None
        }
    }
}

fn url(form: &mut Form) -> Option<Url> {
    let refusal = match Url::parse(form.value("url").trim()) {
        _ if form.value("url").chars().count() > URL_CHARS_MAX => say!("Please write a shorter URL."),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            say!("Please write a URL that begins with http:// or https://.")
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            say!("Please take user name and password out of the URL and enter them under “Authentication”.")
        }
        Ok(mut url) if url.has_host() => {
            url.set_fragment(None);
            return Some(url);
        }
        _ => say!("Please write the whole URL, such as http://prometheus:9090."),
    };
    form.refuse("url", refusal);
    None
}

fn prometheus_url(form: &mut Form) -> Option<Url> {
    let mut url = url(form)?;
    if url.path().contains("/api/v1") {
        form.refuse("url", say!("Please write only the part before “/api/v1”; Nines adds the rest."));
        return None;
    }
    url.set_query(None);
    Some(url)
}

fn http_check(form: &mut Form) -> Option<Check> {
    let url = url(form);
    let (low, high) = (number(form, "status-min", 100..=599), number(form, "status-max", 100..=599));
    let body = form.value("body").trim().to_owned();
    if body.chars().count() > BODY_CHARS_MAX {
        form.refuse("body", say!("Please shorten the text to at most {most} characters.", BODY_CHARS_MAX));
        return None;
    }
    let (low, high) = low.zip(high)?;
    if low > high {
        form.refuse("status-max", say!("Please write a highest status that is not below the lowest."));
        return None;
    }
    Some(Check::Http { url: url?, status: (u16::try_from(low).ok()?, u16::try_from(high).ok()?), body })
}

fn tcp_check(form: &mut Form) -> Option<Check> {
    let typed = form.value("host").trim().to_owned();
    let bare = typed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&typed).to_owned();
    let text = if bare.contains(':') { format!("[{bare}]") } else { bare.clone() };
    let is_host = bare.chars().count() <= 253 && Host::parse(&text).is_ok();
    if !is_host {
        form.refuse(
            "host",
            say!("Please write a host name or an address, such as ldap.example.org, without port or path."),
        );
    }
    let port = number(form, "port", 1..=65_535);
    is_host.then_some(())?;
    Some(Check::Tcp { host: bare, port: u16::try_from(port?).ok()? })
}

fn access(form: &mut Form, kept: &Kept, spec: Option<&SourceSpec>) -> Option<Access> {
    // as long as the address is wrong itself, nothing is said about secrets that it might not get
    let has_moved = !kept.origin.is_empty() && spec.is_some_and(|spec| origin(spec) != kept.origin);
    let auth = auth(form, kept, has_moved);
    let headers = headers(form, kept, has_moved);
    let ca_pem = authority(form);
    Some(Access { auth: auth?, headers: headers?, ca_pem: ca_pem?, allow_link_local: false })
}

fn auth(form: &mut Form, kept: &Kept, has_moved: bool) -> Option<Auth> {
    match form.value("auth") {
        "" | "none" => Some(Auth::None),
        "basic" => {
            let user = form.value("user").trim().to_owned();
            if user.is_empty() || user.contains(':') || user.chars().any(char::is_control) {
                form.refuse("user", say!("Please write a user name without a colon."));
            }
            let password = secret(form, "password", kept.password.as_ref(), has_moved);
            Some(Auth::Basic { user, password: password? })
        }
        "bearer" => {
            let token = secret(form, "token", kept.token.as_ref(), has_moved)?;
            Some(Auth::Bearer { token })
        }
        _ => {
            form.refuse("auth", say!("Please choose how Nines identifies itself."));
            None
        }
    }
}

/// What was typed, or what is kept.
fn secret(form: &mut Form, name: &str, kept: Option<&SecretString>, has_moved: bool) -> Option<SecretString> {
    let typed = form.value(name);
    let (typed, is_plain) = (typed.trim().to_owned(), !typed.trim().chars().any(char::is_control));
    if typed.is_empty() {
        match kept {
            Some(_) if has_moved => form.refuse(name, moved(name)),
            Some(secret) => return Some(secret.clone()),
            None => form.refuse(name, say!("Please write the {secret}.", language::word(name))),
        }
        return None;
    }
    if !is_plain || typed.chars().count() > SECRET_CHARS_MAX {
        form.refuse(
            name,
            say!(
                "Please write a {secret} on one line, of at most {most} characters.",
                language::word(name),
                SECRET_CHARS_MAX
            ),
        );
        return None;
    }
    Some(typed.into())
}

/// Secrets follow no change of address: whoever may change it could have them sent to themselves.
fn moved(what: &str) -> String {
    say!(
        "The address has changed, so please write the {what} again: it is only sent where it was meant for.",
        language::word(what)
    )
}

fn headers(form: &mut Form, kept: &Kept, has_moved: bool) -> Option<Vec<(String, SecretString)>> {
    let typed = form.value("headers").to_owned();
    if typed.trim().is_empty() {
        if form.is("drop-headers", "yes") || kept.headers.is_empty() {
            return Some(Vec::new());
        }
        if has_moved {
            form.refuse("headers", moved("headers"));
            return None;
        }
        return Some(kept.headers.clone());
    }
    let read: Result<Vec<_>, String> =
        typed.lines().map(str::trim).filter(|line| !line.is_empty()).map(header).collect();
    match read {
        Ok(headers) if headers.len() > HEADERS_MAX => {
            form.refuse("headers", say!("Please write at most {most} headers.", HEADERS_MAX));
            None
        }
        Ok(headers) => Some(headers),
        Err(sentence) => {
            form.refuse("headers", sentence);
            None
        }
    }
}

/// One `Name: value`; what stands behind the colon may be a secret and is not repeated.
fn header(line: &str) -> Result<(String, SecretString), String> {
    let Some((name, value)) = line.split_once(':') else {
        return Err(say!("Please write each header as “Name: value” on a line of its own."));
    };
    let (name, value) = (name.trim(), value.trim());
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(say!("“{name}” is no name of a header; letters, digits and hyphens are allowed.", name));
    }
    if FRAMING.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(say!("Please leave out “{name}”: Nines sets it itself.", name));
    }
    if value.is_empty() || !value.is_ascii() || HeaderValue::from_str(value).is_err() {
        return Err(say!("The value of “{name}” must not be empty and may hold plain ASCII characters only.", name));
    }
    Ok((name.to_owned(), value.to_owned().into()))
}

/// The outer `None` is a refusal, the inner one no authority.
#[expect(clippy::option_option, reason = "a refusal and an absent authority are different things")]
fn authority(form: &mut Form) -> Option<Option<String>> {
    let text = form.value("ca").trim().to_owned();
    if text.is_empty() {
        return Some(None);
    }
    let mut count = 0;
    let is_right = text.len() <= 100_000
        && Pem::iter_from_buffer(text.as_bytes()).all(|pem| {
            count += 1;
            pem.is_ok_and(|pem| pem.label == "CERTIFICATE" && pem.parse_x509().is_ok())
        });
    if !is_right || count == 0 {
        let sentence = say!(
            "Please paste one or more certificates in PEM, from “-----BEGIN CERTIFICATE-----” to “-----END \
                        CERTIFICATE-----”; no private key."
        );
        form.refuse("ca", sentence);
        return None;
    }
    Some(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn form(pairs: &[(&str, &str)]) -> Form {
        let mut form = empty();
        form.set("name", "prometheus-eu");
        form.set("url", "http://prometheus:9090");
        for (name, value) in pairs {
            form.set(*name, *value);
        }
        form
    }

    fn problem(pairs: &[(&str, &str)], field: &str) -> String {
        let mut form = form(pairs);
        assert!(read(&mut form, &Kept::default()).is_none(), "{pairs:?}");
        form.field(field).problem.unwrap_or_else(|| panic!("{field}: {:?}", form.problems))
    }

    fn source(pairs: &[(&str, &str)]) -> Source {
        let mut form = form(pairs);
        read(&mut form, &Kept::default()).unwrap_or_else(|| panic!("{:?}", form.problems))
    }

    #[test]
    fn what_is_read_fills_the_form_again() {
        for pairs in [
            vec![("url", "https://metrics.example.org/prometheus/"), ("delay", "0"), ("every", "3600")],
            vec![("kind", "scrape"), ("url", "http://10.0.0.7/metrics?a=1"), ("allow-link-local", "yes")],
            vec![("kind", "probe-http"), ("status-min", "200"), ("status-max", "404"), ("body", "wel<come")],
            vec![("kind", "probe-tcp"), ("host", "[2001:db8::1]"), ("port", "636")],
            vec![("auth", "basic"), ("user", "nines"), ("password", "s3cret")],
        ] {
            let read_once = source(&pairs);
            let mut again = filled(&read_once);
            let read_twice = read(&mut again, &Kept::of(&read_once)).unwrap_or_else(|| panic!("{:?}", again.problems));
            assert_eq!(format!("{read_once:?}"), format!("{read_twice:?}"));
            assert!(!format!("{again:?}").contains("s3cret"));
        }
        assert_eq!(
            source(&[("kind", "scrape"), ("delay", "nonsense")]).delay_seconds,
            0,
            "only Prometheus has a delay"
        );
    }

    #[test]
    fn mistakes_are_named_at_their_field() {
        for (field, value, part) in [
            ("name", " ", "a name for the source"),
            ("kind", "carrier pigeon", "kind of source"),
            ("url", "ftp://prometheus", "http:// or https://"),
            ("url", "prometheus:9090", "http:// or https://"),
            ("url", "//x", "the whole URL"),
            ("url", "http://ana:x@prometheus", "out of the URL"),
            ("url", "http://prometheus/api/v1/query", "before “/api/v1”"),
            ("every", "9", "from 10 to 3600"),
            ("every", "3601", "from 10 to 3600"),
            ("timeout", "0", "from 1 to 120"),
            ("delay", "-1", "from 0 to 3600"),
            ("ca", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "in PEM"),
            ("ca", "hello", "in PEM"),
            ("headers", "no colon", "Name: value"),
            ("headers", "X Y: z", "no name of a header"),
            ("headers", "Host: other", "leave out"),
            ("headers", "X-Key: Käse", "ASCII"),
        ] {
            let sentence = problem(&[(field, value)], field);
            assert!(sentence.contains(part), "{field}={value:?}: {sentence}");
        }
        assert!(problem(&[("auth", "basic"), ("user", "a:b"), ("password", "x")], "user").contains("colon"));
        assert!(problem(&[("auth", "basic"), ("user", "ana")], "password").contains("write the password"));
        assert!(problem(&[("auth", "bearer")], "token").contains("write the token"));
        let probe = [("kind", "probe-http"), ("status-min", "300"), ("status-max", "200")];
        assert!(problem(&probe, "status-max").contains("not below"));
        assert!(problem(&[("kind", "probe-tcp"), ("host", "a b"), ("port", "1")], "host").contains("host name"));
        assert!(problem(&[("kind", "probe-tcp"), ("host", "a"), ("port", "65536")], "port").contains("65535"));
    }

    #[test]
    fn an_empty_field_keeps_the_secret_but_not_for_another_address() {
        let auth = [("auth", "bearer"), ("token", "t0ken"), ("headers", "X-Scope-OrgID: tenant\n\nX-Key: k3y")];
        let stored = source(&auth);
        let mut again = filled(&stored);
        again.set("url", "http://prometheus:9090/other");
        let kept = read(&mut again, &Kept::of(&stored)).unwrap();
        assert!(matches!(&kept.access.auth, Auth::Bearer { token } if token.expose_secret() == "t0ken"));
        assert_eq!(kept.access.headers.len(), 2);
        let mut moved = filled(&stored);
        moved.set("url", "http://evil.example:9090");
        assert!(read(&mut moved, &Kept::of(&stored)).is_none());
        let fields: Vec<&str> = moved.problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["token", "headers"]);
        let mut dropped = filled(&stored);
        dropped.set("drop-headers", "yes");
        assert!(read(&mut dropped, &Kept::of(&stored)).unwrap().access.headers.is_empty());
    }
}
