//! The schema's steps, over nothing, over what is there, and over what is newer.

use crate::support::{self, TestDb, begin, execute, service};
use nines::domain::chain::{Digest, Head};
use nines::domain::contract::{AgreementTerms, ObjectiveTerms};
use nines::domain::ids::{AgreementId, IndicatorId, ObjectiveId};
use nines::domain::model::{EmailAddress, ObjectiveKind, RollingMinutes, Window};
use nines::domain::report_schedule::Scope;
use nines::store::schedules::RunState;
use nines::store::{
    Db, Page, StoreError, agreements, evaluations, indicators, objectives, reports, schedules, services, sources,
};
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Pretends that a newer version was here.
async fn raise_schema(db: &Db) {
    const RAISE: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        SELECT 9999, 'from the future', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
    let mut tx = begin(db).await;
    execute(&mut tx, RAISE).await;
    tx.commit().await.unwrap();
}

async fn story(TestDb { db, .. }: &TestDb) {
    assert!(services::list(db).await.is_err(), "no tables yet");
    // several instances start at the same moment
    let (first, second) = tokio::join!(db.migrate(), db.migrate());
    first.unwrap();
    second.unwrap();

    let mut tx = begin(db).await;
    let id = services::insert(&mut tx, &service("shop")).await.unwrap();
    tx.commit().await.unwrap();
    db.migrate().await.unwrap();
    assert_eq!(services::find(db, id).await.unwrap().unwrap().name, "shop", "what was there stays");

    raise_schema(db).await;
    let refused = db.migrate().await.unwrap_err();
    assert!(matches!(refused, StoreError::NewerSchema { found: 9999, known: 15 }), "{refused:?}");
    assert!(refused.to_string().contains("newer version of Nines"), "{refused}");
    assert_eq!(services::list(db).await.unwrap().len(), 1, "nothing was harmed");
    // and a refusal leaves no lock behind
    assert!(matches!(db.migrate().await.unwrap_err(), StoreError::NewerSchema { .. }));
}

#[tokio::test]
async fn an_empty_an_existing_and_a_newer_sqlite_schema() {
    story(&support::sqlite_empty().await).await;
}

#[tokio::test]
async fn an_empty_an_existing_and_a_newer_postgres_schema() {
    story(&support::postgres_empty().await).await;
}

/// The steps that a database at version 4 has behind it.
macro_rules! first_four {
    ($engine:literal) => {
        [
            (1, include_str!(concat!("../../migrations/", $engine, "/0001_definitions.sql"))),
            (2, include_str!(concat!("../../migrations/", $engine, "/0002_ledger.sql"))),
            (3, include_str!(concat!("../../migrations/", $engine, "/0003_reports.sql"))),
            (4, include_str!(concat!("../../migrations/", $engine, "/0004_accounts.sql"))),
        ]
    };
}

fn to_version_four(steps: [(i64, &'static str); 4]) -> Migrator {
    let step = |(version, sql): (i64, &'static str)| {
        Migration::new(version, "".into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(steps.into_iter().map(step).collect())
}

/// Definitions and a judgement as version 4 kept them, one objective archived and the last one deleted.
async fn fill_version_four(db: &Db) {
    let mut tx = begin(db).await;
    let service = services::insert(&mut tx, &service("shop")).await.unwrap();
    let source = sources::insert(&mut tx, &support::sealer(), &support::source("prometheus")).await.unwrap();
    indicators::find_or_insert(&mut tx, service, source, &support::up("up")).await.unwrap();
    for statement in [
        "INSERT INTO agreements (name, customer, owner, zone, period, report_every, recipients, created_at)
            VALUES ('gold', 'ACME', 'Ana', 'Europe/Berlin', 'month', 'week', '[\"ana@example.org\"]', 1795000000),
                ('quiet', 'ACME', 'Ana', 'UTC', 'month', 'week', '[]', 1795000000)",
        "INSERT INTO objectives (agreement, indicator, name, kind, target_ppm, window_minutes, archived_at)
            VALUES (4000, 3000, 'works', 'uptime', 999000, 43200, NULL)",
        "INSERT INTO objectives (agreement, indicator, name, kind, target_ppm, window_minutes, archived_at)
            VALUES (4000, 3000, 'was', 'latency', 950000, NULL, 1795000000)",
        "INSERT INTO objectives (agreement, indicator, name, kind, target_ppm, window_minutes)
            VALUES (4000, 3000, 'gone', 'latency', 950000, NULL)",
        "DELETE FROM objectives WHERE name = 'gone'",
        "INSERT INTO evaluations (objective, at, start_minute, end_minute, good, total, known, status, since, document)
            VALUES (5000, 1795000000, 100, 160, 997, 1000, 59, 'breached', 1794000000,
                '{\"burn\":[[5,null]],\"firing\":[],\"exhausted_at\":null}')",
        "INSERT INTO reports (agreement, label, start_minute, end_minute, revision, provisional, verdict, built_at, document)
            VALUES (4000, '2026-W45', 100, 200, 1, FALSE, 'met', 1795000000, 'older'),
                (4000, '2026-W46', 200, 300, 1, FALSE, 'met', 1795000000, 'newer')",
    ] {
        execute(&mut tx, statement).await;
    }
    tx.commit().await.unwrap();
}

/// The step to version 5 writes the table of objectives anew: nothing of what hangs on them may get lost.
async fn contracts_story(db: &Db) {
    fill_version_four(db).await;
    db.migrate().await.unwrap();
    let kept = objectives::list_by_agreement(db, AgreementId(4000)).await.unwrap();
    let told: Vec<_> = kept.iter().map(|one| (one.id.0, one.name.as_str(), one.archived_at.is_some())).collect();
    assert_eq!(told, [(5000, "works", false), (5001, "was", true)]);
    assert_eq!((kept[0].kind, kept[0].target.ppm()), (ObjectiveKind::Uptime, 999_000));
    assert_eq!((&kept[0].window, &kept[1].window), (&Window::Rolling(RollingMinutes::MONTH), &Window::Calendar));
    assert_eq!(kept[0].terms, ObjectiveTerms::default());
    let agreement = agreements::find(db, AgreementId(4000)).await.unwrap().unwrap();
    assert_eq!((agreement.name.as_str(), &agreement.terms), ("gold", &AgreementTerms::default()));
    let evaluation = evaluations::find(db, ObjectiveId(5000)).await.unwrap().unwrap();
    assert_eq!((evaluation.tally.good, evaluation.tally.total, evaluation.status.as_str()), (997, 1000, "breached"));
    assert_eq!(evaluation.since.seconds(), 1_794_000_000);
    chain_story(db).await;
    schedules_story(db).await;
    let mut tx = begin(db).await;
    let new = objectives::insert(&mut tx, &support::objective(AgreementId(4000), IndicatorId(3000), "new")).await;
    assert_eq!(new.unwrap(), ObjectiveId(5003), "no identity is given twice");
    let twice = objectives::insert(&mut tx, &support::objective(AgreementId(4000), IndicatorId(3000), "works")).await;
    assert!(matches!(twice, Err(StoreError::Conflict { .. })), "{twice:?}");
}

/// The recipients of an agreement become its schedule, which is done with every period that has its report.
async fn schedules_story(db: &Db) {
    let mut all = schedules::list(db).await.unwrap();
    let one = all.remove(0);
    assert!(all.is_empty(), "an agreement without recipients has none: {all:?}");
    assert_eq!((one.draft.name.as_str(), &one.draft.scope), ("gold", &Scope::Agreement(AgreementId(4000))));
    let recipients: Vec<&str> = one.draft.recipients.iter().map(EmailAddress::as_str).collect();
    assert_eq!(
        (recipients.as_slice(), one.draft.rhythm.when.to_string()),
        (&["ana@example.org"][..], "final".to_owned())
    );
    // the newest report ends with minute 300
    assert_eq!((one.draft.covers, one.booked_until.seconds(), one.is_live()), (None, 18_000, true));
    let runs = schedules::runs(db, one.id, Page::first(9)).await.unwrap();
    let told: Vec<_> = runs.iter().map(|run| (run.label.as_str(), run.state, run.due_at.seconds())).collect();
    assert_eq!(told, [("2026-W46", RunState::Sent, 18_000), ("2026-W45", RunState::Sent, 12_000)]);
}

/// Reports older than the chain are numbered, and the first of the chain follows the last of them.
async fn chain_story(db: &Db) {
    let kept = reports::in_chain(db, AgreementId(4000), 0, 9).await.unwrap();
    let told: Vec<_> = kept.iter().map(|one| (one.head.number, one.document().unwrap(), one.head.digest)).collect();
    assert_eq!(told, [(1, "older", None), (2, "newer", None)]);
    assert_eq!(reports::chain_head(db, AgreementId(4000)).await.unwrap(), Head { number: 2, digest: None });
    let mut tx = begin(db).await;
    let place = reports::next_place(&mut tx, AgreementId(4000)).await.unwrap();
    assert_eq!(place, (3, Some(Digest::of(b"newer"))));
}

#[tokio::test]
async fn contracts_keep_objectives_and_judgements_on_sqlite() {
    let test = support::sqlite_empty().await;
    // the file and its folder are ours to make
    let path = test.url.trim_start_matches("sqlite:").to_owned();
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{path}?mode=rwc")).await.unwrap();
    to_version_four(first_four!("sqlite")).run(&pool).await.unwrap();
    pool.close().await;
    contracts_story(&test.db).await;
}

#[tokio::test]
async fn contracts_keep_objectives_and_judgements_on_postgres() {
    let test = support::postgres_empty().await;
    let pool = sqlx::PgPool::connect(&test.url).await.unwrap();
    to_version_four(first_four!("postgres")).run(&pool).await.unwrap();
    pool.close().await;
    contracts_story(&test.db).await;
}

#[tokio::test]
async fn addresses_that_are_none_are_refused_with_the_mend_and_without_their_password() {
    for (url, mend) in [
        ("mysql://root:hunter2@db/nines", "postgres://"),
        ("nines.db", "sqlite:<path"),
        ("sqlite::memory:", "the path of a file"),
        ("sqlite:", "the path of a file"),
        ("sqlite:nines.db?mode=ro", "the path of a file"),
        ("postgres://nines:hunter2@db:notaport/nines", "postgres://user:password@host:port/database"),
    ] {
        let refused = Db::connect(url, 1).await.unwrap_err().to_string();
        assert!(refused.contains(mend), "{url}: {refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}

#[test]
fn both_engines_have_the_same_steps() {
    let names = |engine: &str| {
        let folder = format!("{}/migrations/{engine}", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}
