//! `nines exclusions` and `nines revisions`: what pages offer as files, on standard output.

use super::{AppError, context};
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::exclusion::State;
use crate::domain::ids::AgreementId;
use crate::domain::model::Agreement;
use crate::ops::{Context, OpsError, export_exclusions, export_revisions};
use crate::store;

pub use crate::ops::export::Format;

/// Writes the exclusions in a state, such as `approved`, or all of them.
pub async fn exclusions(
    settings: Settings,
    clock: Clock,
    state: Option<&str>,
    format: Format,
) -> Result<String, AppError> {
    let context = context(settings, clock).await?;
    let text = export_exclusions::export(&context.db, state.and_then(State::from_word), format).await?;
    context.db.close().await;
    Ok(text)
}

/// Writes the revisions of an agreement, by name or number.
pub async fn revisions(settings: Settings, clock: Clock, name: &str, format: Format) -> Result<String, AppError> {
    let context = context(settings, clock).await?;
    let agreement = find(&context, name).await?;
    let text = export_revisions::export(&context.db, &agreement, format).await?;
    context.db.close().await;
    Ok(text)
}

/// The agreement behind a name or a number; whoever is wrong is told the names that there are.
pub(super) async fn find(context: &Context, name: &str) -> Result<Agreement, AppError> {
    let by_name = store::agreements::find_by_name(&context.db, name).await?;
    let found = match (by_name, name.parse()) {
        (Some(agreement), _) => Some(agreement),
        (None, Ok(number)) => store::agreements::find(&context.db, AgreementId(number)).await?,
        (None, Err(_)) => None,
    };
    let names = || async {
        let all = store::agreements::list(&context.db).await?;
        Ok::<_, AppError>(all.iter().map(|a| format!("“{}”", a.name)).collect::<Vec<_>>().join(", "))
    };
    match found {
        Some(agreement) => Ok(agreement),
        None => Err(OpsError::refused(
            "--agreement",
            format!("there is no agreement “{name}”; there are: {}", names().await?),
        )
        .into()),
    }
}
