//! Services.

use crate::domain::ids::ServiceId;
use crate::domain::model::Service;
use crate::store::{Db, StoreError, Tx, met};

statements! {
    INSERT = "INSERT INTO services (name, owner) VALUES ($1, $2) RETURNING id";
    UPDATE = "UPDATE services SET name = $2, owner = $3 WHERE id = $1";
    FIND = "SELECT id, name, owner FROM services WHERE id = $1";
    FIND_BY_NAME = "SELECT id, name, owner FROM services WHERE name = $1";
    LIST = "SELECT id, name, owner FROM services ORDER BY id";
}

#[derive(sqlx_macros::FromRow)]
struct ServiceRow {
    id: i64,
    name: String,
    owner: String,
}

impl From<ServiceRow> for Service {
    fn from(row: ServiceRow) -> Self {
        Self { id: ServiceId(row.id), name: row.name, owner: row.owner }
    }
}

/// Keeps a new service; the `id` in it is ignored. `Conflict` on `services.name` if the name is taken.
pub async fn insert(tx: &mut Tx, service: &Service) -> Result<ServiceId, StoreError> {
    let (name, owner) = (&service.name, &service.owner);
    let id: i64 = in_tx!(tx, |ex| sqlx::query_scalar(INSERT).bind(name).bind(owner).fetch_one(ex).await)?;
    Ok(ServiceId(id))
}

/// Changes a service. `Conflict` on `services.name` if the name is taken.
pub async fn update(tx: &mut Tx, service: &Service) -> Result<(), StoreError> {
    let Service { id, name, owner } = service;
    let done =
        in_tx!(tx, |ex| sqlx::query(UPDATE).bind(id.0).bind(name).bind(owner).execute(ex).await?.rows_affected());
    met(done, "service", id)
}

/// The service with this identity.
pub async fn find(db: &Db, id: ServiceId) -> Result<Option<Service>, StoreError> {
    let row: Option<ServiceRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    Ok(row.map(Service::from))
}

/// The service with exactly this name.
pub async fn find_by_name(db: &Db, name: &str) -> Result<Option<Service>, StoreError> {
    let row: Option<ServiceRow> = on!(db, |ex| sqlx::query_as(FIND_BY_NAME).bind(name).fetch_optional(ex).await)?;
    Ok(row.map(Service::from))
}

/// Every service, in the order of definition.
pub async fn list(db: &Db) -> Result<Vec<Service>, StoreError> {
    let rows: Vec<ServiceRow> = on!(db, |ex| sqlx::query_as(LIST).fetch_all(ex).await)?;
    Ok(rows.into_iter().map(Service::from).collect())
}
