//! A real Prometheus for one test: its history comes from `OpenMetrics` text through `promtool`, or it scrapes for itself.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take until it answers; generous, for a loaded machine.
const START_LIMIT: Duration = Duration::from_secs(90);

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
    address: SocketAddr,
    process: Child,
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

    /// Asks for `path_and_query` and returns the status and the body.
    ///
    /// # Errors
    /// What the connection says, or that the answer is no HTTP.
    pub fn get(&self, path_and_query: &str) -> io::Result<(u16, String)> {
        get(self.address, path_and_query)
    }

    fn start(folder: TempDir, targets: &[Target]) -> Self {
        let config = folder.path().join("prometheus.yml");
        std::fs::write(&config, configuration(targets)).expect("the configuration can be written");
        let mut process = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data_in(&folder).display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg("--web.listen-address=127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}", absent("prometheus", &error)));
        let log = lines_of(process.stderr.take().expect("stderr was piped"));
        match wait_until_ready(&log) {
            Ok(address) => {
                // Keeps reading, so that a full pipe never stops the server.
                std::thread::spawn(move || log.iter().for_each(drop));
                Self { address, process, _folder: folder }
            }
            Err(reason) => {
                end(&mut process);
                panic!("Prometheus did not start: {reason}");
            }
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// Ends a process that may have ended already; then there is nothing left to do, so the errors say nothing new.
fn end(process: &mut Child) {
    process.kill().ok();
    process.wait().ok();
}

fn new_folder() -> TempDir {
    tempfile::Builder::new().prefix("nines-prometheus-").tempdir().expect("a temporary folder can be made")
}

fn data_in(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

fn absent(program: &str, error: &io::Error) -> String {
    format!("`{program}` could not be started ({error}); `tests/run tools` installs it (Debian package prometheus)")
}

/// Turns `OpenMetrics` text into blocks. One block may span a year: `promtool` reads the whole text once for each block.
fn build_blocks(text: &Path, data: &Path) {
    let output = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=8760h"])
        .args([text, data])
        .output()
        .unwrap_or_else(|error| panic!("{}", absent("promtool", &error)));
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

fn lines_of(stderr: ChildStderr) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Learns the port from the log, then asks `/-/ready` whenever the log says something new or has been quiet a moment.
fn wait_until_ready(log: &Receiver<String>) -> Result<SocketAddr, String> {
    let began = Instant::now();
    let mut said: Vec<String> = Vec::new();
    let mut address = None;
    while began.elapsed() < START_LIMIT {
        match log.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => {
                address = address.or_else(|| listening_address(&line));
                said.push(line);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(format!("it ended, saying\n{}", said.join("\n"))),
        }
        if let Some(address) = address
            && get(address, "/-/ready").is_ok_and(|(status, _)| status == 200)
        {
            return Ok(address);
        }
    }
    Err(format!("it was not ready within {} seconds; it said\n{}", START_LIMIT.as_secs(), said.join("\n")))
}

/// The address in a line such as `… msg="Listening on" address=127.0.0.1:34759` (other keys may stand between).
fn listening_address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("\"Listening on\"")?;
    let (_, address) = rest.split_once("address=")?;
    address.split_whitespace().next()?.trim_matches('"').parse().ok()
}

/// One request without a client library: HTTP/1.0, so the body ends where the connection does.
fn get(address: SocketAddr, path_and_query: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    write!(stream, "GET {path_and_query} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    Ok((status.ok_or_else(|| io::Error::other(format!("no HTTP answer: {head}")))?, body.to_owned()))
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
