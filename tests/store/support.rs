//! A database for each test, on both engines, and small values to put into it.

use crate::postgres;
use nines::domain::calendar::PeriodKind;
use nines::domain::contract::{AgreementTerms, ObjectiveTerms};
use nines::domain::ids::{AgreementId, IndicatorId, ObjectiveId, ReportId, ServiceId, SourceId, UserId};
use nines::domain::model::{
    Access, Agreement, Objective, ObjectiveKind, Query, RollingMinutes, Service, Source, SourceSpec, Window,
};
use nines::domain::selector::Selector;
use nines::domain::target::Target;
use nines::domain::time::Instant;
use nines::store::outbox::Outgoing;
use nines::store::users::{Role, User};
use nines::store::{Db, Sealer, Tx, agreements, indicators, objectives, services, sources};
use tempfile::TempDir;

/// Connections for a test: enough for eight at once.
const CONNECTIONS: u32 = 8;

/// A database that is gone after the test.
pub struct TestDb {
    pub db: Db,
    /// Where it is, for another process to open.
    pub url: String,
    _folder: Option<TempDir>,
}

/// A SQLite file with the newest schema, in a folder that did not exist before.
pub async fn sqlite() -> TestDb {
    let test = sqlite_empty().await;
    test.db.migrate().await.unwrap();
    test
}

/// A SQLite file without any table.
pub async fn sqlite_empty() -> TestDb {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("made/by/us/nines.db").display());
    TestDb { db: Db::connect(&url, CONNECTIONS).await.unwrap(), url, _folder: Some(folder) }
}

/// A PostgreSQL database with the newest schema.
pub async fn postgres() -> TestDb {
    let url = postgres::migrated().await.unwrap();
    TestDb { db: Db::connect(&url, CONNECTIONS).await.unwrap(), url, _folder: None }
}

/// A PostgreSQL database without any table.
pub async fn postgres_empty() -> TestDb {
    let url = postgres::empty().await.unwrap();
    TestDb { db: Db::connect(&url, CONNECTIONS).await.unwrap(), url, _folder: None }
}

/// One story, told on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($db:ident: &Db) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "not every story needs what its file imports")]
            use super::*;

            $(#[$attribute])*
            async fn story($db: &Db) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                story(&$crate::support::sqlite().await.db).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                story(&$crate::support::postgres().await.db).await;
            }
        }
    )+};
}
pub(crate) use on_both;

pub fn at(seconds: i64) -> Instant {
    Instant::from_seconds(1_795_000_000 + seconds)
}

pub fn sealer() -> Sealer {
    Sealer::new([42; 32])
}

pub async fn begin(db: &Db) -> Tx {
    db.begin_write().await.unwrap()
}

pub fn service(name: &str) -> Service {
    Service { id: ServiceId(0), name: name.to_owned(), owner: "Ana".to_owned() }
}

pub fn source(name: &str) -> Source {
    Source {
        id: SourceId(0),
        name: name.to_owned(),
        spec: SourceSpec::Prometheus { url: "http://prometheus.example:9090/".parse().unwrap() },
        access: Access::default(),
        every_seconds: 60,
        delay_seconds: 30,
        timeout_seconds: 10,
        archived_at: None,
    }
}

/// A message sent by hand.
pub fn outgoing<'a>(report: ReportId, recipient: &'a str, message_id: &'a str, mime: &'a [u8]) -> Outgoing<'a> {
    Outgoing { report, run: None, recipient, subject: "Met: gold", message_id, mime, is_trial: false }
}

pub fn agreement(name: &str) -> Agreement {
    Agreement {
        id: AgreementId(0),
        name: name.to_owned(),
        customer: "Zürich Insurance".to_owned(),
        owner: "Ana".to_owned(),
        zone: "Europe/Berlin".parse().unwrap(),
        period: PeriodKind::Month,
        report_every: PeriodKind::Week,
        terms: AgreementTerms::default(),
        created_at: at(0),
        archived_at: None,
    }
}

pub fn objective(agreement: AgreementId, indicator: IndicatorId, name: &str) -> Objective {
    Objective {
        id: ObjectiveId(0),
        agreement,
        indicator,
        name: name.to_owned(),
        kind: ObjectiveKind::Availability,
        target: Target::from_ppm(999_500).unwrap(),
        window: Window::Rolling(RollingMinutes::MONTH),
        terms: ObjectiveTerms::default(),
        archived_at: None,
    }
}

pub fn user(email: &str) -> User {
    User {
        id: UserId(0),
        email: email.to_owned(),
        name: "Ana".to_owned(),
        role: Role::Admin,
        password_hash: "$argon2id$…".to_owned(),
        created_at: at(0),
        language: None,
    }
}

pub fn up(text: &str) -> Query {
    Query::Up { gauge: Selector::parse(text).unwrap() }
}

/// Runs a statement that no function of the store would.
pub async fn execute(tx: &mut Tx, statement: &'static str) {
    match tx {
        Tx::Sqlite(tx) => sqlx::query(statement).execute(&mut **tx).await.map(drop).unwrap(),
        Tx::Postgres(tx) => sqlx::query(statement).execute(&mut **tx).await.map(drop).unwrap(),
    }
}

/// A service, a source and an indicator between them.
pub async fn an_indicator(db: &Db) -> IndicatorId {
    let mut tx = begin(db).await;
    let service = services::insert(&mut tx, &service("shop")).await.unwrap();
    let source = sources::insert(&mut tx, &sealer(), &source("prometheus")).await.unwrap();
    let id = indicators::find_or_insert(&mut tx, service, source, &up("up")).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// An objective with everything that it needs.
pub async fn an_objective(db: &Db) -> (AgreementId, ObjectiveId) {
    let indicator = an_indicator(db).await;
    let mut tx = begin(db).await;
    let agreement = agreements::insert(&mut tx, &agreement("gold")).await.unwrap();
    let objective = objectives::insert(&mut tx, &objective(agreement, indicator, "works")).await.unwrap();
    tx.commit().await.unwrap();
    (agreement, objective)
}
