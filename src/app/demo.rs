//! `nines demo`: a Nines with sample data in a folder that is thrown away.

use super::{AppError, Application};
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::domain::ids::UserId;
use crate::domain::model::EmailAddress;
use crate::ops::issue_reports::last_ended;
use crate::ops::send_report::send_now;
use crate::ops::set_up::{self, SetUp};
use crate::ops::{OpsError, demo};
use crate::store;
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use url::Url;

/// Who signs in to the demo.
const EMAIL: &str = "demo@example.org";

/// A demo that is ready to run.
#[derive(Debug)]
pub struct Demo {
    /// The server.
    pub application: Application,
    /// Whom to sign in as.
    pub email: String,
    /// With which password.
    pub password: String,
    /// Where mail is written.
    pub mail_folder: PathBuf,
    folder: Folder,
}

/// A folder that is removed when the demo ends.
#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "the demo's folder could not be removed");
        }
    }
}

impl Demo {
    /// Makes the folder, the account, the sample world and its first report.
    pub async fn build(settings: Settings, clock: Clock) -> Result<Self, AppError> {
        let folder = Folder(make_folder()?);
        let mail_folder = folder.0.join("mail");
        let application = Application::build(thrown_away(settings, &folder.0, &mail_folder), clock).await?;
        let (who, password) = account(&application).await?;
        let metrics = serve_sample(&application)?;
        fill(&application, who, metrics).await?;
        Ok(Self { application, email: EMAIL.to_owned(), password, mail_folder, folder })
    }

    /// Runs until it is stopped, then removes the folder.
    pub async fn run_until_stopped(self) -> Result<(), AppError> {
        let Self { application, folder, .. } = self;
        let outcome = application.run_until_stopped().await;
        drop(folder);
        outcome
    }
}

fn make_folder() -> Result<PathBuf, AppError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    let folder = std::env::temp_dir().join(format!("nines-demo-{:016x}", u64::from_be_bytes(random)));
    let wrong = |why| AppError::Folder { folder: folder.display().to_string(), why };
    std::fs::create_dir(&folder).map_err(wrong)?;
    Ok(folder)
}

/// The settings with everything that is kept moved into the folder.
fn thrown_away(settings: Settings, folder: &Path, mail_folder: &Path) -> Settings {
    let mail = config::Mail { transport: config::Transport::Directory(mail_folder.to_owned()), ..settings.mail };
    Settings {
        data_dir: folder.to_owned(),
        database_url: SecretString::from(format!("sqlite:{}", folder.join("nines.db").display())),
        mail,
        ..settings
    }
}

async fn account(application: &Application) -> Result<(UserId, String), AppError> {
    let state = application.state();
    let mut random = [0; 12];
    getrandom::fill(&mut random)?;
    let password = URL_SAFE_NO_PAD.encode(random);
    let now = state.clock.now();
    let token = set_up::offer(&state.db, now).await?.unwrap_or_default();
    let secret = SecretString::from(password.clone());
    let wish = SetUp { token: &token, name: "Demo", email: EMAIL, password: secret.clone(), repeat: secret };
    let who = set_up::set_up(&state.db, &state.hasher, wish, now).await?;
    Ok((who, password))
}

/// Serves the sample services' counters on a port of their own, until the application stops.
fn serve_sample(application: &Application) -> Result<Url, AppError> {
    let (clock, started) = (application.state().clock.clone(), application.state().clock.now().minute());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let server = HttpServer::new(move || {
        let clock = clock.clone();
        App::new().route(
            "/metrics",
            web::get().to(move || {
                let text = demo::exposition(started, clock.now().minute());
                async move { HttpResponse::Ok().content_type(ContentType::plaintext()).body(text) }
            }),
        )
    });
    let server = server.workers(1).disable_signals().listen(listener)?.run();
    let (handle, stopping) = (server.handle(), application.stopping());
    application.jobs().spawn(async move {
        stopping.cancelled().await;
        handle.stop(false).await;
    });
    tokio::spawn(server);
    Url::parse(&format!("http://{address}/metrics")).map_err(|error| AppError::Server(std::io::Error::other(error)))
}

async fn fill(application: &Application, who: UserId, metrics: Url) -> Result<(), AppError> {
    let context = &application.state().context;
    let recipient = EmailAddress::parse("customer@example.org").unwrap_or_else(|| context.sender.clone());
    let agreement = demo::fill(context, who, metrics, recipient).await?;
    let agreement = store::agreements::find(&context.db, agreement).await?.ok_or(OpsError::NotFound("agreement"))?;
    let period = last_ended(&agreement, context.clock.now());
    send_now(context, Some(who), agreement.id, period).await?;
    Ok(())
}
