//! The real application on a free port, with a clock that stands still and browsers that keep cookies.
//!
//! A story is written once and told on both engines:
//!
//! ```ignore
//! on_both! {
//!     async fn a_service_keeps_its_name(app: TestApp) {
//!         let ana = app.signed_in().await;
//!         let answer = ana.post_form("/agreements/new", &[("name", "Gold")]).await;
//!         assert_eq!(answer.location(), "/agreements/4000");
//!     }
//! }
//! ```

use nines::app::Application;
use nines::clock::Clock;
use nines::config::{self, Layers};
use nines::domain::time::Instant;
use nines::store::Db;
use nines::web::State;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// When every story begins: 2026-11-21T07:00:00Z.
pub const START_SECONDS: i64 = 1_795_244_400;

/// The address and the password of the account that [`TestApp::signed_in`] makes.
pub const ANA: (&str, &str) = ("ana@example.org", "correct horse battery");

/// Tells each story on SQLite and on PostgreSQL, as `story::sqlite` and `story::postgres`.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn story($app: $crate::app::TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                story($crate::app::TestApp::on_sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                story($crate::app::TestApp::on_postgres().await).await;
            }
        }
    )+};
}

/// A running application with a database of its own; stopped when dropped.
pub struct TestApp {
    /// `http://127.0.0.1:<port>`.
    pub url: String,
    /// What the application works with: database, clock, counters.
    pub state: State,
    /// The link for the first account, as the program would print it.
    pub set_up_link: String,
    /// Everything it runs on, for [`TestApp::restarted`].
    layers: Layers,
    folder: TempDir,
    stopping: CancellationToken,
    running: Option<JoinHandle<()>>,
}

impl TestApp {
    /// On an SQLite file in a folder of its own.
    pub async fn on_sqlite() -> Self {
        Self::start(&[]).await
    }

    /// On a fresh database of the harness's PostgreSQL.
    pub async fn on_postgres() -> Self {
        let url = crate::postgres::migrated().await.unwrap_or_else(|sentence| panic!("{sentence}"));
        Self::start(&[("database.url", &url)]).await
    }

    /// On SQLite with further settings, such as `("server.public_url", "https://nines.example.org")`.
    pub async fn start(further: &[(&'static str, &str)]) -> Self {
        let (layers, folder) = settings(further);
        Self::run(layers, folder, Clock::fixed(Instant::from_seconds(START_SECONDS))).await
    }

    /// The same data behind a new process, after the old one has stopped in good order.
    pub async fn restarted(mut self) -> Self {
        self.stopping.cancel();
        self.running.take().expect("it runs").await.expect("it stops in good order");
        let clock = self.state.clock.clone();
        let nowhere = tempfile::tempdir().expect("a folder");
        let folder = std::mem::replace(&mut self.folder, nowhere);
        Self::run(self.layers.clone(), folder, clock).await
    }

    async fn run(layers: Layers, folder: TempDir, clock: Clock) -> Self {
        let settings = config::parse(&layers).expect("the settings of the harness are right");
        let application = Application::build(settings, clock).await.expect("the application starts");
        let url = format!("http://127.0.0.1:{}", application.port());
        let state = application.state().clone();
        let set_up_link = application.set_up_link().unwrap_or_default().to_owned();
        let stopping = application.stopping();
        let running = Some(tokio::spawn(async { application.run_until_stopped().await.expect("it runs") }));
        Self { url, state, set_up_link, layers, folder, stopping, running }
    }

    /// The database, to look behind the pages.
    pub fn db(&self) -> &Db {
        &self.state.db
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: i64) {
        self.state.clock.advance(seconds);
    }

    /// Somebody new, without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// A browser in which [`ANA`], the first admin, is signed in. The first call makes the account.
    pub async fn signed_in(&self) -> Browser {
        let browser = self.browser();
        if nines::store::users::count(self.db()).await.expect("the database answers") == 0 {
            let answer = browser.set_up(&self.set_up_path()).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        } else {
            let answer = browser.sign_in(ANA.0, ANA.1).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        }
        browser
    }

    /// Path and query of the set-up link.
    pub fn set_up_path(&self) -> String {
        let path = self.set_up_link.find("/set-up").map(|at| self.set_up_link[at..].to_owned());
        path.expect("there is a set-up link")
    }

    /// Asks it to stop, waits until it has, and says how that went.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        self.running.take().expect("it runs").await.expect("it stops in good order");
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// Flags for a free port and a folder of its own; nothing is read from the environment.
fn settings(further: &[(&'static str, &str)]) -> (Layers, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let mut flags = BTreeMap::from([("server.listen", "127.0.0.1:0".to_owned()), ("data_dir", data)]);
    flags.extend(further.iter().map(|(path, text)| (*path, (*text).to_owned())));
    (Layers { flags, env: BTreeMap::new(), file: None, read: |path| std::fs::read_to_string(path) }, folder)
}

/// Somebody's browser: keeps cookies, follows nothing by itself.
pub struct Browser {
    base: String,
    client: Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, as far as it is text.
    pub text: String,
    /// Body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// A header as text; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are text"))
    }

    /// Where it leads; empty if nowhere.
    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    /// The token of the page's first form.
    pub fn csrf(&self) -> String {
        let marker = "name=\"csrf\" value=\"";
        let at = self.text.find(marker).unwrap_or_else(|| panic!("no form with a token in:\n{}", self.text));
        let rest = &self.text[at + marker.len()..];
        rest.split_once('"').expect("the attribute ends").0.to_owned()
    }

    /// The visible text: without tags, with single blanks.
    pub fn visible(&self) -> String {
        let mut out = String::new();
        let mut is_tag = false;
        for c in self.text.chars() {
            match c {
                '<' => is_tag = true,
                '>' if is_tag => {
                    is_tag = false;
                    out.push(' ');
                }
                c if !is_tag => out.push(c),
                _ => {}
            }
        }
        let plain = out.replace("&#39;", "'").replace("&#34;", "\"").replace("&#38;", "&");
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Browser {
    fn new(base: &str) -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().no_gzip();
        let client = client.build().expect("a client");
        Self { base: base.to_owned(), client, cookies: Mutex::default() }
    }

    /// A request with this browser's cookies, to be changed as the story needs, then [`Browser::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        let cookies = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let request = self.client.request(method, format!("{}{path}", self.base));
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies) }
    }

    /// Sends a request and keeps the cookies that come back.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("the server answers");
        for cookie in response.headers().get_all(SET_COOKIE) {
            let text = cookie.to_str().expect("cookies are text");
            let (name, value) = text.split(';').next().and_then(|c| c.split_once('=')).expect("a cookie has a value");
            let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
            if value.is_empty() || text.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.expect("the body comes whole").to_vec();
        Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Opens `page` for its token, then posts the fields to the same path.
    pub async fn post_form(&self, page: &str, fields: &[(&str, &str)]) -> Answer {
        let action = page.split('?').next().unwrap_or(page).to_owned();
        self.post_from(page, &action, fields).await
    }

    /// Opens `page` for its token, then posts the fields to `action`.
    pub async fn post_from(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let opened = self.get(page).await;
        assert_eq!(opened.status, StatusCode::OK, "{page}: {}", opened.text);
        let csrf = opened.csrf();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.send(self.request(Method::POST, action).form(&all)).await
    }

    /// Follows a redirect by GET.
    pub async fn follow(&self, answer: &Answer) -> Answer {
        assert!(answer.status.is_redirection(), "{}: {}", answer.status, answer.text);
        self.get(answer.location()).await
    }

    /// Fills in the sign-in form.
    pub async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.post_form("/sign-in", &[("email", email), ("password", password)]).await
    }

    /// Fills in the set-up form behind a link for [`ANA`].
    pub async fn set_up(&self, path: &str) -> Answer {
        let token = path.split_once("token=").expect("the link has a token").1;
        let fields = [("token", token), ("name", "Ana"), ("email", ANA.0), ("password", ANA.1), ("repeat", ANA.1)];
        self.post_form(path, &fields).await
    }

    /// The cookie of that name.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Puts a cookie in, as an attacker or an old browser would.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value.to_owned());
    }
}
