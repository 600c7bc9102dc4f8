//! A real mail server for tests: aiosmtpd, on a free port, until it is dropped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::{python, repository};

/// What the server is like; the default takes everything, unprotected.
#[derive(Clone, Debug, Default)]
pub struct SmtpOptions {
    /// This recipient is refused for good (550).
    pub reject: Option<String>,
    /// Every recipient is refused for now (451).
    pub refuse_all: bool,
    /// User and password that must be given.
    pub login: Option<(String, String)>,
    /// How the conversation is protected.
    pub security: SmtpSecurity,
}

/// How the server protects its conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Not at all.
    #[default]
    None,
    /// TLS after STARTTLS, which it demands.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// A message as the server kept it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Sender of the envelope.
    pub from: String,
    /// Recipients of the envelope.
    pub to: Vec<String>,
    /// The message.
    pub bytes: Vec<u8>,
}

/// The running server.
pub struct SmtpServer {
    /// Its port on 127.0.0.1.
    pub port: u16,
    options: SmtpOptions,
    folder: TempDir,
    child: Child,
}

impl SmtpServer {
    /// Starts a server that takes everything.
    pub fn start() -> Self {
        Self::start_with(SmtpOptions::default())
    }

    /// Starts a server; returns when it listens.
    pub fn start_with(options: SmtpOptions) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the mail server");
        std::fs::create_dir(folder.path().join("mail")).expect("a folder for its mail");
        if options.security != SmtpSecurity::None {
            make_certificate(folder.path());
        }
        let (child, port) = launch(folder.path(), &options, 0);
        Self { port, options, folder, child }
    }

    /// Kills the server; what it kept stays.
    pub fn kill(&mut self) {
        // an error means that it has ended already
        _ = self.child.kill();
        self.child.wait().expect("the mail server's end");
    }

    /// Starts it again on the same port.
    pub fn restart(&mut self) {
        self.kill();
        (self.child, self.port) = launch(self.folder.path(), &self.options, self.port);
    }

    /// What it received so far, in order.
    pub fn received(&self) -> Vec<Received> {
        let folder = self.folder.path().join("mail");
        let entries = std::fs::read_dir(&folder).expect("the server's mail");
        let mut files: Vec<PathBuf> =
            entries.map(|entry| entry.expect("an entry of the server's mail").path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        files.sort();
        files.iter().map(|path| read(path)).collect()
    }

    /// The certificate to trust, in PEM, if the server has one.
    pub fn ca_pem(&self) -> Option<String> {
        let path = self.folder.path().join("certificate.pem");
        (self.options.security != SmtpSecurity::None)
            .then(|| std::fs::read_to_string(path).expect("the mail server's certificate"))
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read(path: &Path) -> Received {
    let envelope = std::fs::read_to_string(path.with_extension("envelope")).expect("the envelope beside each mail");
    let mut lines = envelope.lines().map(str::to_owned);
    let from = lines.next().expect("a sender in the envelope");
    Received { from, to: lines.collect(), bytes: std::fs::read(path).expect("a kept mail") }
}

fn launch(folder: &Path, options: &SmtpOptions, port: u16) -> (Child, u16) {
    let mut command = Command::new(python::with("aiosmtpd"));
    command.arg(repository().join("tests/support/smtp_server.py"));
    command.arg("--dir").arg(folder.join("mail")).arg("--port").arg(port.to_string());
    if let Some(address) = &options.reject {
        command.arg("--reject").arg(address);
    }
    if options.refuse_all {
        command.arg("--refuse-all");
    }
    if let Some((user, password)) = &options.login {
        command.arg("--login").arg(format!("{user}:{password}"));
    }
    let security = match options.security {
        SmtpSecurity::None => "none",
        SmtpSecurity::StartTls => "starttls",
        SmtpSecurity::Tls => "tls",
    };
    command.arg("--security").arg(security);
    command.arg("--certificate").arg(folder.join("certificate.pem")).arg("--key").arg(folder.join("key.pem"));
    // its stdin closes with us, however we end, and then it ends too
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("the mail server's stdout is a pipe"));
    stdout.read_line(&mut line).expect("the mail server says its port");
    let port = line.trim().parse().expect("the mail server listens and says its port (its error is above)");
    (child, port)
}

/// A certificate for localhost that vouches for itself, valid for a day.
fn make_certificate(folder: &Path) {
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]);
    command.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
    command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    command.arg("-keyout").arg(folder.join("key.pem")).arg("-out").arg(folder.join("certificate.pem"));
    let output = command.output().expect("the TLS tests of mail need the `openssl` command (Debian package openssl)");
    assert!(output.status.success(), "openssl makes a certificate: {}", String::from_utf8_lossy(&output.stderr));
}
