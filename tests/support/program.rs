//! The real program as a black box: its own folder, a free port, and only the settings that the test gives.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};

use tempfile::TempDir;

use crate::process::Server;
use crate::{http, repository};

/// How it comes to be there.
const BUILT: &str = "the program, built before the stories";

/// A running Nines with a data folder that goes when this value is dropped.
#[derive(Debug)]
pub struct Nines {
    server: Server,
    address: SocketAddr,
    subcommand: &'static str,
    settings: Vec<(String, String)>,
    folder: TempDir,
}

impl Nines {
    /// Starts `nines demo`, which throws its data away by itself.
    pub fn demo() -> Self {
        Self::run_as("demo", &[])
    }

    /// Starts `nines serve` with `settings` as environment variables, such as `("NINES_MAIL_URL", "dir:…")`.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        Self::run_as("serve", settings)
    }

    fn run_as(subcommand: &'static str, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("nines-program-").tempdir().expect("a folder can be made");
        let mut all = vec![("NINES_DATA_DIR".to_owned(), folder.path().join("data").display().to_string())];
        all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let (server, address) = launch(subcommand, &all, folder.path(), "127.0.0.1:0");
        Self { server, address, subcommand, settings: all, folder }
    }

    /// `http://127.0.0.1:PORT`, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder that the program runs in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits for the first line of its output in which `find` finds something, such as the set-up link.
    pub fn wait_for<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        self.server.wait_for(what, find)
    }

    /// Everything it said since it was last started.
    pub fn said(&self) -> String {
        self.server.said()
    }

    /// Runs another subcommand with the same settings, such as `report`.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = command(&self.settings, self.folder.path());
        command.args(arguments).output().unwrap_or_else(|error| panic!("`nines` could not be started: {error}"))
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// Those of [`Server::stop`].
    pub fn stop(&mut self) -> std::io::Result<ExitStatus> {
        self.server.stop()
    }

    /// Starts it again after [`Self::kill`] or [`Self::stop`], on the same port and with the same data.
    pub fn restart(&mut self) {
        self.server.kill();
        let (server, address) = launch(self.subcommand, &self.settings, self.folder.path(), &self.address.to_string());
        (self.server, self.address) = (server, address);
    }
}

fn launch(subcommand: &str, settings: &[(String, String)], folder: &Path, listen: &str) -> (Server, SocketAddr) {
    let mut command = command(settings, folder);
    command.arg(subcommand).env("NINES_SERVER_LISTEN", listen);
    let server = Server::start(&mut command, BUILT);
    let address = server.wait_for("to name its address", address_in);
    server.wait_until("to be ready", |_| http::get(address, "/ready").is_ok_and(|(status, _)| status == 200));
    (server, address)
}

/// The loopback address in a line such as `Nines listens on http://127.0.0.1:40123`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://127.0.0.1:")?;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let port: u16 = port.parse().ok()?;
    (port != 0).then(|| SocketAddr::from(([127, 0, 0, 1], port)))
}

fn command(settings: &[(String, String)], folder: &Path) -> Command {
    let program =
        std::env::var_os("NINES_TEST_BIN").map_or_else(|| repository().join("target/debug/nines"), PathBuf::from);
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("NINES_")) {
        command.env_remove(name);
    }
    // what a killed program leaves behind goes with the test's folder
    command.current_dir(folder).env("TMPDIR", folder).envs(settings.iter().map(|(name, value)| (name, value)));
    command
}

#[cfg(test)]
mod tests {
    use super::address_in;

    #[test]
    fn the_address_is_read_from_whatever_line_names_it() {
        assert_eq!(address_in("set up: http://127.0.0.1:40123/setup?token=x"), Some(([127, 0, 0, 1], 40_123).into()));
        assert_eq!(address_in("listens on http://127.0.0.1:0"), None);
        assert_eq!(address_in("nothing here"), None);
    }
}
