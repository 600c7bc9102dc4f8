//! Every statement is prepared on both engines: an unknown column, table or type fails here and not in the night.

use crate::support;
use nines::store::{Db, Tx, statements};
use sqlx::{Executor, SqlSafeStr};
use std::collections::BTreeSet;
use std::path::PathBuf;

async fn prepare_all(db: &Db) {
    let mut tx = db.begin_write().await.unwrap();
    let mut failures = Vec::new();
    for (file, name, text) in statements() {
        let prepared = match &mut tx {
            Tx::Sqlite(tx) => (&mut **tx).prepare(text.into_sql_str()).await.map(drop),
            Tx::Postgres(tx) => (&mut **tx).prepare(text.into_sql_str()).await.map(drop),
        };
        if let Err(why) = prepared {
            failures.push(format!("{file}::{name}: {why}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[tokio::test]
async fn every_statement_prepares_on_sqlite() {
    prepare_all(&support::sqlite().await.db).await;
}

#[tokio::test]
async fn every_statement_prepares_on_postgres() {
    prepare_all(&support::postgres().await.db).await;
}

#[test]
fn every_file_of_the_store_with_statements_is_in_the_list() {
    let listed: BTreeSet<_> = statements().map(|(file, _, _)| format!("{file}.rs")).collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/");
    let (mut found, mut paths) = (BTreeSet::new(), vec![PathBuf::from(folder)]);
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(std::fs::read_dir(path).unwrap().map(|file| file.unwrap().path()));
        } else if std::fs::read_to_string(&path).unwrap().contains("\nstatements! {") {
            found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
        }
    }
    assert_eq!(listed, found);
}
