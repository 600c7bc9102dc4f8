//! `nines report`: the report of one agreement and period on standard output, the same as on the page and in the mail.

use super::{AppError, context, export};
use crate::clock::Clock;
use crate::config::Settings;
use crate::ops::OpsError;
use crate::ops::show_report::{self, FileFormat};

/// The words for how a report may be written.
pub const FORMATS: &[&str] = FileFormat::WORDS;

/// Writes the report of an agreement, by name or number, for a period such as `2026-W46`, in one of [`FORMATS`].
pub async fn write(
    settings: Settings,
    clock: Clock,
    name: &str,
    label: &str,
    format: &str,
) -> Result<Vec<u8>, AppError> {
    let format = FileFormat::from_word(format)
        .ok_or_else(|| OpsError::refused("--format", format!("write one of {}", FORMATS.join(", "))))?;
    let context = context(settings, clock).await?;
    let agreement = export::find(&context, name).await?;
    let period = agreement.calendar().parse(label).map_err(|error| OpsError::refused("--period", error.to_string()))?;
    let report = show_report::preview(&context, &agreement, period).await?;
    let file = report.file(format, &context.settings)?;
    context.db.close().await;
    Ok(file.body)
}
