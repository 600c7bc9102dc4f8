//! Settings, from flags, environment, file and defaults.
//!
//! One [table](table::TABLE) names every setting; the three layers are derived from it, so they cannot disagree:
//! `server.listen` is `--server-listen`, `NINES_SERVER_LISTEN` and `listen` under `[server]` in `nines.toml`.
//! Flags win over the environment, the environment over the file, the file over the default. All mistakes, in
//! whatever layer, are reported together.
//!
//! [`parse`] is pure; only [`load`] touches the environment and the disk.

mod flags;
mod layers;
mod table;
mod value;

pub use flags::{args, given};
pub use layers::{Layers, Line, Problem, describe, parse};
pub use table::{Setting, TABLE, markdown};
pub use value::{Mail, Network, SecretKey, Smtp, Tls, Transport, networks};

use crate::domain::signature::SigningKey;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The web server.
    pub server: Server,
    /// Where Nines keeps what it needs on disk; created at start.
    pub data_dir: PathBuf,
    /// `sqlite:…` or `postgres://…`; may hold a password.
    pub database_url: SecretString,
    /// How mail leaves.
    pub mail: Mail,
    /// How Nines writes its log.
    pub log: Log,
    /// The key that seals the secrets of sources.
    pub secret_key: SecretKey,
    /// How much history is fetched and kept.
    pub ledger: Ledger,
    /// When reports are built.
    pub report: Report,
}

/// The web server.
#[derive(Clone, Debug)]
pub struct Server {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How browsers reach Nines, without a trailing slash in its path.
    pub public_url: Option<Url>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
}

impl Server {
    /// Do browsers reach Nines through TLS?
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }
}

/// How Nines writes its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// A `tracing` filter, such as `info` or `nines=debug,info`.
    pub level: String,
}

/// The shapes of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One readable line.
    Human,
    /// One JSON object a line.
    Json,
}

/// How much history is fetched and kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// How far back a new indicator is read from its source, in days.
    pub backfill_days: i64,
    /// How long single minutes are kept, in days.
    pub detail_days: i64,
    /// How long hour sums are kept, in days; never less than `detail_days`.
    pub sums_days: i64,
}

/// How reports are issued.
#[derive(Clone, Debug)]
pub struct Report {
    /// How long after the end of its period a report waits for late data, in minutes.
    pub grace_minutes: i64,
    /// What signs them; nothing if they are not signed.
    pub signing_key: Option<SigningKey>,
    /// What stands on the cover of a PDF: a picture in SVG.
    pub logo: Option<Arc<str>>,
}

/// The file that is read if no other is named and it exists.
pub const DEFAULT_FILE: &str = "nines.toml";

/// Reads every layer: the given flags (setting path to text), the process's environment, and the file named by
/// `file`, by `NINES_CONFIG`, or `nines.toml` if that exists.
pub fn load(flags: BTreeMap<&'static str, String>, file: Option<&Path>) -> Result<Settings, Vec<Problem>> {
    parse(&gather(flags, file)?)
}

/// Collects the layers without judging them.
pub fn gather(flags: BTreeMap<&'static str, String>, file: Option<&Path>) -> Result<Layers, Vec<Problem>> {
    let (env, mut problems) = environment();
    let named = file.map(Path::to_path_buf).or_else(|| env.get(table::FILE_VARIABLE).map(PathBuf::from));
    let mut layers = Layers { flags, env, file: None, read: |path| std::fs::read_to_string(path) };
    match &named {
        Some(path) => match std::fs::read_to_string(path) {
            Ok(text) => layers.file = Some((path.display().to_string(), text)),
            Err(error) => problems.push(Problem::new(
                path.display(),
                format!("the settings file cannot be read ({error}); name another or leave it out"),
            )),
        },
        None => match std::fs::read_to_string(DEFAULT_FILE) {
            Ok(text) => layers.file = Some((DEFAULT_FILE.to_owned(), text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => problems.push(Problem::new(
                DEFAULT_FILE,
                format!("the settings file cannot be read ({error}); mend its permissions or remove it"),
            )),
        },
    }
    if problems.is_empty() {
        return Ok(layers);
    }
    problems.extend(parse(&layers).err().unwrap_or_default());
    Err(problems)
}

/// The `NINES_*` variables; other programs' variables are none of our business.
fn environment() -> (BTreeMap<String, String>, Vec<Problem>) {
    let mut env = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| name.starts_with(table::PREFIX)) else { continue };
        match value.into_string() {
            Ok(value) => drop(env.insert(name.to_owned(), value)),
            Err(_) => problems.push(Problem::new(name, "the value is not UTF-8; write it in UTF-8")),
        }
    }
    (env, problems)
}
