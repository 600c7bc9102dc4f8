//! The schema's steps, over nothing, over what is there, and over what is newer.

use crate::support::{self, TestDb, begin, execute, service};
use nines::store::{Db, StoreError, services};

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
    assert!(matches!(refused, StoreError::NewerSchema { found: 9999, known: 5 }), "{refused:?}");
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
