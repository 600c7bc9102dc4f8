//! One driver for all tests of this binary, and one browser for each test.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use nines_support::process::Server;
use tempfile::TempDir;
use thirtyfour::common::capabilities::firefox::LoggingPrefsLogLevel;
use thirtyfour::prelude::*;

/// What a browser must be told to stay quiet and alone: no first-run pages, nothing of its own over the network.
const FLAGS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox", // as root there is no other way, and the pages are our own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--lang=en-GB",
    // Nothing may come from another host; whatever tries shows up as a message on the console.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/// A running chromedriver. It ends with the last test that uses it; a later test starts another.
pub struct Driver {
    url: String,
    _server: Server,
}

impl Driver {
    /// The one driver of this process, started by whoever comes first.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Driver>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let driver = Arc::new(Self::start());
            *shared = Arc::downgrade(&driver);
            driver
        })
    }

    /// Asked for any free port, the driver takes one of IPv6 and wants the same number of IPv4, which may be taken: then
    /// it gives up, and the next one is lucky.
    fn start() -> Self {
        loop {
            let server =
                Server::start(Command::new("chromedriver").arg("--port=0"), "Debian's package chromium-driver");
            let port: Option<u16> = server.wait_for("to name its port", |line| {
                if line.contains("port not available") {
                    return Some(None);
                }
                let port = line.strip_prefix("ChromeDriver was started successfully on port ")?;
                port.trim_end_matches('.').parse().ok().map(Some)
            });
            if let Some(port) = port {
                return Self { url: format!("http://127.0.0.1:{port}"), _server: server };
            }
        }
    }

    /// Opens a browser with a new, empty profile, which goes when the folder is dropped.
    pub async fn open(&self) -> WebDriverResult<(WebDriver, TempDir)> {
        let profile = tempfile::Builder::new().prefix("nines-browser-").tempdir()?;
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_binary(chromium().to_str().expect("the path of chromium is plain text"))?;
        for flag in FLAGS {
            capabilities.add_arg(flag)?;
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        Ok((WebDriver::new(&self.url, capabilities).await?, profile))
    }
}

fn chromium() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("chromium"))
        .find(|file| file.exists())
        .expect("`chromium` is not installed; `tests/run tools` installs it (Debian's package chromium)")
}
