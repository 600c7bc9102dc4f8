//! `nines report`: the report of one agreement and period on standard output, the same as on the page and in the mail.

use super::{AppError, context, export};
use crate::clock::Clock;
use crate::config::Settings;
use crate::ops::OpsError;
use crate::ops::make_report::make_report;
use crate::report::{self, Medium};

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An HTML document that stands alone.
    Html,
    /// Plain text.
    Text,
    /// RFC 4180.
    Csv,
    /// Canonical JSON.
    Json,
    /// OpenMetrics text.
    OpenMetrics,
}

impl Format {
    /// The format behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "html" => Some(Self::Html),
            "text" => Some(Self::Text),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "openmetrics" => Some(Self::OpenMetrics),
            _ => None,
        }
    }
}

/// Writes the report of an agreement, by name or number, for a period such as `2026-W46`.
pub async fn write(
    settings: Settings,
    clock: Clock,
    name: &str,
    label: &str,
    format: Format,
) -> Result<String, AppError> {
    let context = context(settings, clock).await?;
    let agreement = export::find(&context, name).await?;
    let period = agreement.calendar().parse(label).map_err(|error| OpsError::refused("--period", error.to_string()))?;
    let report = make_report(&context, &agreement, period, 1).await?;
    let text = match format {
        Format::Html => {
            let pictures = report::charts(&report).map_err(OpsError::from)?;
            report::render_html(&report, &pictures, Medium::File, None).map_err(OpsError::from)?
        }
        Format::Text => report::render_text(&report),
        Format::OpenMetrics => report::render_openmetrics(&report),
        Format::Csv => report::render_csv([&report]).map_err(OpsError::from)?,
        Format::Json => report::render_json(&report).map_err(OpsError::from)?,
    };
    context.db.close().await;
    Ok(text)
}
