//! Defines a source, changes it, archives it, and tries it out.

use crate::domain::ids::{SourceId, UserId};
use crate::domain::model::{Auth, Source};
use crate::language::say;
use crate::ops::{Context, OpsError, audit};
use crate::store::{self, StoreError};
use serde::Serialize;

/// Defines a source; it is asked for the first time at once.
pub async fn define(context: &Context, who: Option<UserId>, source: Source) -> Result<SourceId, OpsError> {
    let now = context.clock.now();
    let mut tx = context.db.begin_write().await?;
    let id = store::sources::insert(&mut tx, &context.sealer, &source).await.map_err(name_is_taken)?;
    store::source_states::make_due(&mut tx, id, now).await?;
    let after = Snapshot::of(&source);
    audit(&mut tx, now, who, "source.defined", ("source", id.0), (None, Some(&after))).await?;
    tx.commit().await?;
    tracing::info!(source.id = id.0, source.kind = source.spec.kind(), "source defined");
    Ok(id)
}

/// Changes a source; its indicators and their history stay.
pub async fn change(context: &Context, who: Option<UserId>, source: Source) -> Result<(), OpsError> {
    let now = context.clock.now();
    let id = source.id;
    let before = find(context, id).await?;
    if before.spec.kind() != source.spec.kind() {
        return Err(OpsError::refused(
            "kind",
            say!(
                "The kind of a source cannot change, because its indicators are read in that way. Define a new source instead."
            ),
        ));
    }
    let mut tx = context.db.begin_write().await?;
    store::sources::update(&mut tx, &context.sealer, &source).await.map_err(name_is_taken)?;
    store::source_states::make_due(&mut tx, id, now).await?;
    let (was, is) = (Snapshot::of(&before), Snapshot::of(&source));
    audit(&mut tx, now, who, "source.changed", ("source", id.0), (Some(&was), Some(&is))).await?;
    Ok(tx.commit().await?)
}

/// The source behind an id.
pub async fn find(context: &Context, id: SourceId) -> Result<Source, OpsError> {
    store::sources::find(&context.db, &context.sealer, id).await?.ok_or(OpsError::NotFound("source"))
}

/// Archives a source: it is kept with its history, but not asked any more. Refused while live objectives use it.
pub async fn archive(context: &Context, who: Option<UserId>, id: SourceId) -> Result<(), OpsError> {
    const NAMED_MAX: usize = 5;
    let now = context.clock.now();
    let listings = store::objectives::listings(&context.db).await?;
    let using: Vec<String> = listings
        .iter()
        .filter(|listing| listing.indicator.source == id)
        .map(|listing| say!("“{objective}” of “{agreement}”", listing.objective.name, listing.agreement.name))
        .collect();
    if !using.is_empty() {
        let named = using.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
        let more = match using.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => say!(" and {more} more", more),
        };
        let sentence = say!(
            "Objectives still count on this source: {named}{more}. Give them another source or archive their \
             agreements first.",
            named,
            more
        );
        return Err(OpsError::refused("", sentence));
    }
    let mut tx = context.db.begin_write().await?;
    store::sources::archive(&mut tx, id, now).await?;
    audit::<()>(&mut tx, now, who, "source.archived", ("source", id.0), (None, None)).await?;
    Ok(tx.commit().await?)
}

/// Restores an archived source.
pub async fn restore(context: &Context, who: Option<UserId>, id: SourceId) -> Result<(), OpsError> {
    let now = context.clock.now();
    let mut tx = context.db.begin_write().await?;
    store::sources::restore(&mut tx, id).await?;
    store::source_states::make_due(&mut tx, id, now).await?;
    audit::<()>(&mut tx, now, who, "source.restored", ("source", id.0), (None, None)).await?;
    Ok(tx.commit().await?)
}

fn name_is_taken(error: StoreError) -> OpsError {
    match error {
        StoreError::Conflict { .. } => {
            OpsError::refused("name", say!("Another source has this name; please choose a different one."))
        }
        other => other.into(),
    }
}

/// What the audit log keeps of a source: no secrets.
#[derive(Serialize)]
struct Snapshot {
    name: String,
    kind: &'static str,
    address: String,
    auth: &'static str,
    headers: Vec<String>,
    own_ca: bool,
    allow_link_local: bool,
    every_seconds: i64,
    delay_seconds: i64,
    timeout_seconds: i64,
}

impl Snapshot {
    fn of(source: &Source) -> Self {
        Self {
            name: source.name.clone(),
            kind: source.spec.kind(),
            address: source.spec.address(),
            auth: match source.access.auth {
                Auth::None => "none",
                Auth::Basic { .. } => "basic",
                Auth::Bearer { .. } => "bearer",
            },
            headers: source.access.headers.iter().map(|(name, _)| name.clone()).collect(),
            own_ca: source.access.ca_pem.is_some(),
            allow_link_local: source.access.allow_link_local,
            every_seconds: source.every_seconds,
            delay_seconds: source.delay_seconds,
            timeout_seconds: source.timeout_seconds,
        }
    }
}
