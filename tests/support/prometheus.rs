//! A real Prometheus for one test: its history comes from `OpenMetrics` text through `promtool`, or it scrapes for itself.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::http;
use crate::process::{Server, absent};

/// What to install when it is missing.
const PACKAGE: &str = "Debian's package prometheus";

/// One endpoint to scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The value of the `job` label.
    pub job: String,
    /// `host:port`, which becomes the `instance` label.
    pub address: String,
    /// The path of the metrics, usually `/metrics`.
    pub path: String,
}

/// A running Prometheus on a free loopback port; it ends, and its data goes, when this value is dropped.
#[derive(Debug)]
pub struct Prometheus {
    _watchdog: Watchdog, // first, so that it is called off before the server ends
    address: SocketAddr,
    server: Server,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts a Prometheus that already holds what `write` writes, in `OpenMetrics` text ending with `# EOF`.
    pub fn with_history(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Self {
        let folder = new_folder();
        let text = folder.path().join("history.om");
        let mut out = BufWriter::new(File::create(&text).expect("a file in a new folder can be made"));
        write(&mut out).and_then(|()| out.flush()).expect("the history can be written to a temporary folder");
        drop(out);
        build_blocks(&text, &data_in(&folder));
        std::fs::remove_file(&text).expect("the history's text can be removed again");
        Self::start(folder, &[])
    }

    /// Starts a Prometheus that knows nothing yet and scrapes each of `targets` every second.
    pub fn with_targets(targets: &[Target]) -> Self {
        Self::start(new_folder(), targets)
    }

    /// The base address, such as `http://127.0.0.1:40123`, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its number among the system's processes, by which a bench asks what it took of the processor.
    pub fn process(&self) -> u32 {
        self.server.id()
    }

    /// Asks for `path_and_query` and returns the status and the body.
    ///
    /// # Errors
    /// What the connection says, or that the answer is no HTTP.
    pub fn get(&self, path_and_query: &str) -> io::Result<(u16, String)> {
        http::get(self.address, path_and_query)
    }

    fn start(folder: TempDir, targets: &[Target]) -> Self {
        let config = folder.path().join("prometheus.yml");
        std::fs::write(&config, configuration(targets)).expect("the configuration can be written");
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data_in(&folder).display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg("--web.listen-address=127.0.0.1:0");
        let server = Server::start(&mut command, PACKAGE);
        let address = server.wait_for("to listen", listening_address);
        server.wait_until("to be ready", |_| http::get(address, "/-/ready").is_ok_and(|(status, _)| status == 200));
        let watchdog = Watchdog::over(&server, folder.path());
        Self { _watchdog: watchdog, address, server, _folder: folder }
    }
}

/// Ends a server and removes its folder when this process ends without dropping it: one that stands in a `static`, say.
#[derive(Debug)]
struct Watchdog(Child);

impl Watchdog {
    fn over(server: &Server, folder: &Path) -> Self {
        let mut shell = Command::new("sh");
        // the end of its input is the end of this process, however it ends
        shell
            .args(["-c", "read -r _; kill -9 \"$1\"; rm -rf \"$2\"", "watchdog", &server.id().to_string()])
            .arg(folder);
        let shell = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(shell.expect("a shell can be started"))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).expect("the watchdog can be called off");
    }
}

fn new_folder() -> TempDir {
    tempfile::Builder::new().prefix("nines-prometheus-").tempdir().expect("a temporary folder can be made")
}

fn data_in(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

/// Turns `OpenMetrics` text into blocks. One block may span a year: `promtool` reads the whole text once for each block.
fn build_blocks(text: &Path, data: &Path) {
    let output = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=8760h"])
        .args([text, data])
        .output()
        .unwrap_or_else(|error| panic!("{}", absent("promtool", PACKAGE, &error)));
    assert!(
        output.status.success(),
        "promtool refused the history: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn configuration(targets: &[Target]) -> String {
    let mut text = String::from("global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n");
    if targets.is_empty() {
        text.push_str("  []\n");
    }
    for Target { job, address, path } in targets {
        write!(
            text,
            "  - job_name: '{job}'\n    metrics_path: '{path}'\n    static_configs:\n      - targets: ['{address}']\n"
        )
        .expect("writing to a string works");
    }
    text
}

/// The address in a line such as `… msg="Listening on" address=127.0.0.1:34759` (other keys may stand between).
fn listening_address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("\"Listening on\"")?;
    let (_, address) = rest.split_once("address=")?;
    address.split_whitespace().next()?.trim_matches('"').parse().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{Prometheus, Target, listening_address};

    #[test]
    fn the_port_is_read_from_the_log_of_either_major_version() {
        let second = r#"ts=2026-11-21T10:05:43.240Z caller=tls_config.go:232 level=info component=web msg="Listening on" address=127.0.0.1:34759"#;
        let third = r#"time=2026-11-21T10:05:43.240Z level=INFO source=tls_config.go:347 msg="Listening on" component=web address=127.0.0.1:34759"#;
        for line in [second, third] {
            assert_eq!(listening_address(line), Some("127.0.0.1:34759".parse().unwrap()));
        }
        assert_eq!(listening_address(r#"msg="Start listening for connections" address=127.0.0.1:0"#), None);
    }

    #[test]
    fn history_written_as_text_can_be_asked_for() {
        let prometheus = Prometheus::with_history(|out| {
            writeln!(out, "# TYPE a counter\na_total{{x=\"1\"}} 3 1790000000.5")?;
            writeln!(out, "a_total{{x=\"1\"}} 7 1790000060.5\n# EOF")
        });
        let (status, body) = prometheus.get("/api/v1/query?query=a_total%5B5m%5D&time=1790000100").unwrap();
        assert_eq!(status, 200);
        assert!(body.contains(r#""values":[[1790000000.500,"3"],[1790000060.500,"7"]]"#), "{body}");
    }

    #[test]
    fn a_live_target_is_scraped_every_second() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n\r\n";
                writeln!(stream, "{head}answers_total 42").ok();
            }
        });
        let prometheus = Prometheus::with_targets(&[Target { job: "app".into(), address, path: "/metrics".into() }]);
        let began = Instant::now();
        loop {
            let (_, body) = prometheus.get("/api/v1/query?query=answers_total").unwrap();
            if body.contains(r#""job":"app""#) && body.contains("\"42\"") {
                break;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "nothing was scraped within a minute: {body}");
        }
    }
}
