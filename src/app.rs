//! Wires everything together: settings and clock in, a running server out.

mod healthcheck;
mod keys;

mod wiring;

pub mod baseline;
pub mod demo;
pub mod export;
pub mod report;
pub mod verify;

pub use healthcheck::healthcheck;
pub use keys::sealer;

use crate::clock::Clock;
use crate::config::Settings;
use crate::jobs;
use crate::mail::{MailSettingsError, Mailer};
use crate::ops::measure_self::measure_self;
use crate::ops::password::Hasher;
use crate::ops::press::Press;
use crate::ops::set_up;
use crate::ops::take_over::take_over;
use crate::ops::{Context, Memos, OpsError};
use crate::store::{Db, StoreError};
use crate::telemetry::Metrics;
use crate::web::throttle::Throttle;
use crate::web::{State, headers, observe, paths, routes};
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use secrecy::ExposeSecret as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing_actix_web::TracingLogger;
use url::Url;

/// How long requests in flight may take to finish when the server stops.
const REQUESTS_FINISH: Duration = Duration::from_secs(20);
/// How long jobs may take to finish their step.
const JOBS_FINISH: Duration = Duration::from_secs(20);
/// Connections to the database: more only wait for each other.
const CONNECTIONS: u32 = 8;
/// Threads that answer requests.
const WORKERS: usize = 2;

/// Why the program cannot start, or had to stop.
#[derive(Debug, Error)]
pub enum AppError {
    /// The database.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The address to listen on.
    #[error("cannot listen on {address}: {why}; free the port or choose another with --server-listen")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        why: io::Error,
    },
    /// The folder for data.
    #[error("the data folder {folder} cannot be made: {why}; choose another with --data-dir or mend its permissions")]
    Folder {
        /// Which.
        folder: String,
        /// What the system says.
        why: io::Error,
    },
    /// The system's source of randomness.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The first account.
    #[error("{0}")]
    SetUp(#[from] set_up::SetUpError),
    /// The key that signs cookies.
    #[error("the key that signs cookies is damaged; remove the row “{}” of the table settings", keys::COOKIE_KEY)]
    CookieKey,
    /// The key that seals secrets is not the one that this database was begun with.
    #[error(
        "this database was begun with another secret key; give that key with NINES_SECRET_KEY or --secret-key-file, or put its secret.key back into the data folder"
    )]
    OtherKey,
    /// The file of the key that seals secrets.
    #[error("the key file {file} cannot be used: {why}; mend it, or give a key with NINES_SECRET_KEY")]
    KeyFile {
        /// Which.
        file: String,
        /// Why.
        why: String,
    },
    /// A file that was named.
    #[error("{file} cannot be used: {why}")]
    Unreadable {
        /// Which.
        file: String,
        /// Why.
        why: String,
    },
    /// Mail.
    #[error("{0}")]
    Mail(#[from] MailSettingsError),
    /// A use case at the start.
    #[error("{0}")]
    Ops(#[from] OpsError),
    /// The server itself.
    #[error("the server stopped: {0}")]
    Server(#[from] io::Error),
    /// The answer to a health check.
    #[error("not healthy: {0}")]
    Unhealthy(String),
}

/// A server that is bound to its port, with everything behind it.
pub struct Application {
    server: Server,
    address: SocketAddr,
    state: State,
    set_up_link: Option<String>,
    stopping: CancellationToken,
    jobs: TaskTracker,
}

impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Application({})", self.address)
    }
}

impl Application {
    /// [`Application::build`] by the machine's clock.
    pub async fn start(settings: Settings) -> Result<Self, AppError> {
        Self::build(settings, Clock::system()).await
    }

    /// Opens the database, brings its schema up to date, and binds the port. Nothing is answered before
    /// [`Application::run_until_stopped`].
    pub async fn build(settings: Settings, clock: Clock) -> Result<Self, AppError> {
        let context = context(settings, clock).await?;
        let state = State {
            key: keys::cookie_key(&context.db).await?,
            throttle: Throttle::new(context.clock.clone()),
            gallery: Arc::default(),
            hasher: Hasher::default(),
            context,
        };
        let listen = state.settings.server.listen;
        let wrong = |why| AppError::Listen { address: listen, why };
        let listener = TcpListener::bind(listen).map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        let token = set_up::offer(&state.db, state.clock.now()).await?;
        let set_up_link = token.map(|token| format!("{}{}?token={token}", base_url(&state, address), paths::SET_UP));
        let server = serve(state.clone(), listener)?;
        let (stopping, jobs) = (CancellationToken::new(), TaskTracker::new());
        Ok(Self { server, address, state, set_up_link, stopping, jobs })
    }

    /// The port that was taken.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// How browsers reach it, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        base_url(&self.state, self.address)
    }

    /// Starts the jobs, and makes Nines measure itself: from here on the server lives by itself.
    pub async fn start_jobs(&self) -> Result<(), AppError> {
        let metrics = format!("http://{}{}", reachable(self.address), paths::METRICS);
        let metrics = Url::parse(&metrics).map_err(|error| AppError::Server(io::Error::other(error)))?;
        measure_self(&self.state.context, metrics).await?;
        take_over(&self.state.context).await?;
        jobs::start(&self.state.context, &self.jobs, &self.stopping);
        Ok(())
    }

    /// What handlers work with.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The link for the first account, while there is none.
    #[must_use]
    pub fn set_up_link(&self) -> Option<&str> {
        self.set_up_link.as_deref()
    }

    /// Cancelled when the server is to stop; jobs watch it, and whoever cancels it stops the server.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Where jobs are spawned, so that a stop waits for them.
    #[must_use]
    pub const fn jobs(&self) -> &TaskTracker {
        &self.jobs
    }

    /// Answers until SIGTERM, SIGINT or [`Application::stopping`]; then lets requests and jobs finish.
    pub async fn run_until_stopped(self) -> Result<(), AppError> {
        let Self { server, address, state, stopping, jobs, .. } = self;
        let handle = server.handle();
        let mut running = tokio::spawn(server);
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tracing::info!(%address, engine = state.db.engine(), version = env!("CARGO_PKG_VERSION"), "serving");
        tokio::select! {
            outcome = &mut running => return Ok(outcome.map_err(io::Error::other)??),
            _ = terminate.recv() => tracing::info!("stopping: SIGTERM"),
            _ = interrupt.recv() => tracing::info!("stopping: SIGINT"),
            () = stopping.cancelled() => tracing::info!("stopping: asked to"),
        }
        stopping.cancel();
        jobs.close();
        handle.stop(true).await;
        if tokio::time::timeout(JOBS_FINISH, jobs.wait()).await.is_err() {
            tracing::warn!(waiting = jobs.len(), "stopping without waiting for the remaining jobs");
        }
        state.db.close().await;
        tracing::info!("stopped");
        Ok(running.await.map_err(io::Error::other)??)
    }
}

/// What use cases work with: an open database with its schema up to date, keys, a mailer.
async fn context(settings: Settings, clock: Clock) -> Result<Context, AppError> {
    make_folder(&settings).await?;
    let db = Db::connect(settings.database_url.expose_secret(), CONNECTIONS).await?;
    db.migrate().await?;
    let mail = wiring::mail_settings(&settings.mail);
    Ok(Context {
        sealer: Arc::new(sealer(&db, &settings).await?),
        mailer: Arc::new(Mailer::new(&mail)?),
        sender: mail.from,
        metrics: Metrics::new(),
        press: Press::default(),
        holder: wiring::holder()?,
        memos: Memos::default(),
        settings: Arc::new(settings),
        clock,
        db,
    })
}

fn serve(state: State, listener: TcpListener) -> Result<Server, AppError> {
    let server = HttpServer::new(move || {
        App::new()
            .configure(routes::shared(&Data::new(state.clone())))
            .wrap(from_fn(headers::secure))
            .wrap(from_fn(observe::count))
            .wrap(TracingLogger::<observe::PathOnly>::new())
            .configure(routes::machines)
            .configure(routes::people(&state))
    });
    let server = server
        .workers(WORKERS)
        .disable_signals()
        .shutdown_timeout(REQUESTS_FINISH.as_secs())
        .client_request_timeout(Duration::from_secs(10))
        // a compressed page leaves in pieces; held back, the last would wait 40 ms for the client to confirm the others
        .tcp_nodelay(true)
        .listen(listener)?;
    Ok(server.run())
}

/// How browsers reach the server: as the settings say, or its own address on this machine.
fn base_url(state: &State, address: SocketAddr) -> String {
    match &state.settings.server.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("http://{}", reachable(address)),
    }
}

/// An address that listens everywhere is reached on this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The folder for data, closed to other users if it is made here.
async fn make_folder(settings: &Settings) -> Result<(), AppError> {
    let folder = &settings.data_dir;
    let wrong = |why| AppError::Folder { folder: folder.display().to_string(), why };
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await.map_err(wrong)
}
