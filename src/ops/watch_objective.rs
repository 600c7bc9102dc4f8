//! Chooses how an objective is watched. What is usual is then learned anew from the history, and told anew.

use crate::domain::ids::UserId;
use crate::domain::model::ObjectiveKind;
use crate::domain::time::Minute;
use crate::domain::watch::{Measure, Relative, WatchSettings};
use crate::language::say;
use crate::ops::{Context, OpsError, audit};
use crate::store;
use crate::store::objectives::ObjectiveListing;
use serde::Serialize;

/// What the audit log keeps of it.
#[derive(Serialize)]
struct Snapshot {
    method: &'static str,
    sensitivity: &'static str,
    against: Option<&'static str>,
    percent: Option<i64>,
    learned_from: Option<String>,
    anew_at_deploys: bool,
    latencies: String,
}

impl Snapshot {
    fn of(settings: &WatchSettings) -> Self {
        Self {
            method: settings.method.word(),
            sensitivity: settings.sensitivity.word(),
            against: settings.relative.map(|rule| rule.against.word()),
            percent: settings.relative.map(Relative::percent),
            learned_from: settings.from.map(|from| from.start().to_string()),
            anew_at_deploys: settings.anew_at_deploys,
            latencies: settings.latencies.words(),
        }
    }
}

/// Can a rule look at this kind of objective? Only where its good events are things that customers do, whose number means something.
#[must_use]
pub fn has_volume(kind: ObjectiveKind) -> bool {
    matches!(
        kind,
        ObjectiveKind::Availability | ObjectiveKind::ErrorRate | ObjectiveKind::Success | ObjectiveKind::Latency
    )
}

/// Keeps how an objective is watched and forgets what was learned otherwise; what people said of anomalies stays.
pub async fn watch_objective(
    context: &Context,
    who: Option<UserId>,
    listing: &ObjectiveListing,
    settings: WatchSettings,
) -> Result<(), OpsError> {
    let (db, now, objective) = (&context.db, context.clock.now(), listing.objective.id);
    if Measure::of_kind(listing.objective.kind).is_empty() {
        return Err(OpsError::refused("", say!("A composite has no baseline of its own: choose one of its members.")));
    }
    if settings.relative.is_some() && !has_volume(listing.objective.kind) {
        return Err(OpsError::refused(
            "against",
            say!("Only objectives that count requests can be compared with another day: choose no rule here."),
        ));
    }
    let before = store::baselines::settings(db, objective).await?;
    if before == settings {
        return Ok(());
    }
    let mut tx = db.begin_write().await?;
    store::baselines::save_settings(&mut tx, objective, &settings).await?;
    store::baselines::forget(&mut tx, objective).await?;
    store::anomalies::forget(&mut tx, objective, settings.from.unwrap_or(Minute(0))).await?;
    let change = (Some(&Snapshot::of(&before)), Some(&Snapshot::of(&settings)));
    audit(&mut tx, now, who, "objective.watched", ("objective", objective.0), change).await?;
    Ok(tx.commit().await?)
}
