//! Databases on the tests' own PostgreSQL ([`nines_support::cluster`]), with the schema of Nines or without.

use nines::store::Db;
use nines_support::cluster::{new_name, url};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::Mutex;

/// Databases are copied one at a time, and the template is made by the first who asks.
static TEMPLATE: Mutex<Option<String>> = Mutex::const_new(None);

/// The URL of a new database with the newest schema and nothing in it.
pub async fn migrated() -> Result<String, String> {
    let mut template = TEMPLATE.lock().await;
    let name = if let Some(name) = &*template {
        name.clone()
    } else {
        let name = new_name();
        create(&name, "template0").await?;
        let db = Db::connect(&url(&name)?, 1).await.map_err(|why| why.to_string())?;
        let migrated = db.migrate().await.map_err(|why| why.to_string());
        db.close().await;
        migrated?;
        template.insert(name).clone()
    };
    let copy = new_name();
    create(&copy, &name).await?;
    url(&copy)
}

/// The URL of a new database without any table.
pub async fn empty() -> Result<String, String> {
    let _one_at_a_time = TEMPLATE.lock().await;
    let name = new_name();
    create(&name, "template0").await?;
    url(&name)
}

async fn create(name: &str, template: &str) -> Result<(), String> {
    let said = |why: sqlx::Error| format!("PostgreSQL would not create a test database: {why}");
    let mut admin = PgConnection::connect(&url("postgres")?).await.map_err(said)?;
    // names come from `new_name` alone
    let statement = format!("CREATE DATABASE {name} TEMPLATE {template}");
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut admin).await.map_err(said)?;
    admin.close().await.map_err(said)
}
