//! Sources as people define them. Their secrets are sealed; how pulling from them goes is in
//! [`crate::store::source_states`].

use crate::domain::ids::SourceId;
use crate::domain::model::{Access, Auth, Check, Source, SourceSpec};
use crate::domain::time::Instant;
use crate::store::{Db, Sealer, StoreError, Tx, met, source_states};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

statements! {
    INSERT = "INSERT INTO sources (name, spec, access, every_seconds, delay_seconds, timeout_seconds, archived_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    SET_ACCESS = "UPDATE sources SET access = $2 WHERE id = $1";
    UPDATE = "UPDATE sources SET name = $2, spec = $3, access = $4, every_seconds = $5, delay_seconds = $6,
        timeout_seconds = $7 WHERE id = $1";
    ARCHIVE = "UPDATE sources SET archived_at = $2 WHERE id = $1";
    FIND = "SELECT id, name, spec, access, every_seconds, delay_seconds, timeout_seconds, archived_at
        FROM sources WHERE id = $1";
    LIST = "SELECT id, name, spec, access, every_seconds, delay_seconds, timeout_seconds, archived_at
        FROM sources ORDER BY id";
}

#[derive(sqlx_macros::FromRow)]
struct SourceRow {
    id: i64,
    name: String,
    spec: String,
    access: Vec<u8>,
    every_seconds: i64,
    delay_seconds: i64,
    timeout_seconds: i64,
    archived_at: Option<i64>,
}

/// `SourceSpec` as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum SpecDocument {
    Prometheus { url: String },
    Scrape { url: String },
    Http { url: String, status: (u16, u16), body: String },
    Tcp { host: String, port: u16 },
}

/// `Access` as it is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessDocument {
    auth: AuthDocument,
    headers: Vec<(String, String)>,
    ca_pem: Option<String>,
    allow_link_local: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum AuthDocument {
    None,
    Basic { user: String, password: String },
    Bearer { token: String },
}

/// Keeps a new source, due at once; the `id` in it is ignored. `Conflict` on `sources.name` if the name is taken.
pub async fn insert(tx: &mut Tx, sealer: &Sealer, source: &Source) -> Result<SourceId, StoreError> {
    let spec = spec_text(&source.spec)?;
    let Source { name, every_seconds, delay_seconds, timeout_seconds, archived_at, .. } = source;
    let id: i64 = in_tx!(tx, |ex| {
        sqlx::query_scalar(INSERT)
            .bind(name)
            .bind(&spec)
            .bind(Vec::<u8>::new())
            .bind(every_seconds)
            .bind(delay_seconds)
            .bind(timeout_seconds)
            .bind(archived_at.map(Instant::seconds))
            .fetch_one(ex)
            .await
    })?;
    // sealed for its row, so only once the row has an identity
    let access = seal(sealer, id, &source.access)?;
    in_tx!(tx, |ex| sqlx::query(SET_ACCESS).bind(id).bind(access).execute(ex).await.map(drop))?;
    source_states::insert(tx, SourceId(id)).await?;
    Ok(SourceId(id))
}

/// Changes a source, its secrets included; whether it is archived stays. `Conflict` on `sources.name` if the name is taken.
pub async fn update(tx: &mut Tx, sealer: &Sealer, source: &Source) -> Result<(), StoreError> {
    let spec = spec_text(&source.spec)?;
    let access = seal(sealer, source.id.0, &source.access)?;
    let Source { id, name, every_seconds, delay_seconds, timeout_seconds, .. } = source;
    let done = in_tx!(tx, |ex| {
        sqlx::query(UPDATE)
            .bind(id.0)
            .bind(name)
            .bind(&spec)
            .bind(&access)
            .bind(every_seconds)
            .bind(delay_seconds)
            .bind(timeout_seconds)
            .execute(ex)
            .await?
            .rows_affected()
    });
    met(done, "source", id)
}

/// Keeps the source but stops asking it.
pub async fn archive(tx: &mut Tx, id: SourceId, now: Instant) -> Result<(), StoreError> {
    set_archived(tx, id, Some(now)).await
}

/// Asks the source again.
pub async fn restore(tx: &mut Tx, id: SourceId) -> Result<(), StoreError> {
    set_archived(tx, id, None).await
}

async fn set_archived(tx: &mut Tx, id: SourceId, at: Option<Instant>) -> Result<(), StoreError> {
    let at = at.map(Instant::seconds);
    let done = in_tx!(tx, |ex| sqlx::query(ARCHIVE).bind(id.0).bind(at).execute(ex).await?.rows_affected());
    met(done, "source", id)
}

/// The source with this identity, its secrets opened; archived ones too.
pub async fn find(db: &Db, sealer: &Sealer, id: SourceId) -> Result<Option<Source>, StoreError> {
    let row: Option<SourceRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(|row| opened(sealer, row)).transpose()
}

/// Every source, archived ones too, in the order of definition.
pub async fn list(db: &Db, sealer: &Sealer) -> Result<Vec<Source>, StoreError> {
    let rows: Vec<SourceRow> = on!(db, |ex| sqlx::query_as(LIST).fetch_all(ex).await)?;
    rows.into_iter().map(|row| opened(sealer, row)).collect()
}

fn opened(sealer: &Sealer, row: SourceRow) -> Result<Source, StoreError> {
    let corrupt = |why: String| StoreError::corrupt("sources", row.id, why);
    let access = sealer.open(&place(row.id), &row.access)?;
    Ok(Source {
        id: SourceId(row.id),
        spec: spec_of(&row.spec).map_err(corrupt)?,
        // what is wrong is not said: the parser may quote a secret
        access: serde_json::from_slice::<AccessDocument>(&access)
            .map_err(|_quotes| corrupt("the access data cannot be read".to_owned()))?
            .into(),
        name: row.name,
        every_seconds: row.every_seconds,
        delay_seconds: row.delay_seconds,
        timeout_seconds: row.timeout_seconds,
        archived_at: row.archived_at.map(Instant::from_seconds),
    })
}

fn place(id: i64) -> String {
    format!("sources:{id}:access")
}

fn seal(sealer: &Sealer, id: i64, access: &Access) -> Result<Vec<u8>, StoreError> {
    let document = serde_json::to_vec(&AccessDocument::from(access));
    let document = document.map_err(|why| StoreError::corrupt("sources", id, why))?;
    Ok(sealer.seal(&place(id), &document)?)
}

fn spec_of(text: &str) -> Result<SourceSpec, String> {
    let document: SpecDocument = serde_json::from_str(text).map_err(|why| why.to_string())?;
    SourceSpec::try_from(document).map_err(|why| why.to_string())
}

fn spec_text(spec: &SourceSpec) -> Result<String, StoreError> {
    serde_json::to_string(&SpecDocument::from(spec)).map_err(|why| StoreError::corrupt("sources", "new", why))
}

impl From<&SourceSpec> for SpecDocument {
    fn from(spec: &SourceSpec) -> Self {
        match spec {
            SourceSpec::Prometheus { url } => Self::Prometheus { url: url.to_string() },
            SourceSpec::Scrape { url } => Self::Scrape { url: url.to_string() },
            SourceSpec::Probe(Check::Http { url, status, body }) => {
                Self::Http { url: url.to_string(), status: *status, body: body.clone() }
            }
            SourceSpec::Probe(Check::Tcp { host, port }) => Self::Tcp { host: host.clone(), port: *port },
        }
    }
}

impl TryFrom<SpecDocument> for SourceSpec {
    type Error = url::ParseError;

    fn try_from(document: SpecDocument) -> Result<Self, url::ParseError> {
        Ok(match document {
            SpecDocument::Prometheus { url } => Self::Prometheus { url: Url::parse(&url)? },
            SpecDocument::Scrape { url } => Self::Scrape { url: Url::parse(&url)? },
            SpecDocument::Http { url, status, body } => {
                Self::Probe(Check::Http { url: Url::parse(&url)?, status, body })
            }
            SpecDocument::Tcp { host, port } => Self::Probe(Check::Tcp { host, port }),
        })
    }
}

impl From<&Access> for AccessDocument {
    fn from(access: &Access) -> Self {
        let clear = |secret: &SecretString| secret.expose_secret().to_owned();
        Self {
            auth: match &access.auth {
                Auth::None => AuthDocument::None,
                Auth::Basic { user, password } => AuthDocument::Basic { user: user.clone(), password: clear(password) },
                Auth::Bearer { token } => AuthDocument::Bearer { token: clear(token) },
            },
            headers: access.headers.iter().map(|(name, value)| (name.clone(), clear(value))).collect(),
            ca_pem: access.ca_pem.clone(),
            allow_link_local: access.allow_link_local,
        }
    }
}

impl From<AccessDocument> for Access {
    fn from(document: AccessDocument) -> Self {
        Self {
            auth: match document.auth {
                AuthDocument::None => Auth::None,
                AuthDocument::Basic { user, password } => Auth::Basic { user, password: password.into() },
                AuthDocument::Bearer { token } => Auth::Bearer { token: token.into() },
            },
            headers: document.headers.into_iter().map(|(name, value)| (name, value.into())).collect(),
            ca_pem: document.ca_pem,
            allow_link_local: document.allow_link_local,
        }
    }
}
