//! Opens a report, stored or not yet made, for a page or a file: every shape from the one value.

use crate::config::Settings;
use crate::domain::calendar::Period;
use crate::domain::chain::Digest;
use crate::domain::ids::ReportId;
use crate::domain::model::Agreement;
use crate::domain::wording;
use crate::language::say;
use crate::ops::make_report::make_report;
use crate::ops::{Context, OpsError};
use crate::report::{self, Medium, Pair, Report};
use crate::store::reports::{Content, Report as Kept, ReportHead, Statement};
use crate::store::{self, Db};
use chrono_tz::Tz;

/// The shapes of a report's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// A document that stands alone.
    Html,
    /// Plain text.
    Text,
    /// One row per objective.
    Csv,
    /// The canonical document.
    Json,
    /// The signature of the canonical document.
    Signature,
    /// OpenMetrics text.
    OpenMetrics,
    /// A workbook, one sheet a section.
    Workbook,
    /// A4 pages; only if the program was built with the feature `pdf`.
    #[cfg(feature = "pdf")]
    Pdf,
}

impl FileFormat {
    /// The words for the formats in which any report can be had.
    pub const WORDS: &[&str] = &[
        "html",
        "text",
        "csv",
        "json",
        "openmetrics",
        "xlsx",
        #[cfg(feature = "pdf")]
        "pdf",
    ];

    /// The format behind a file's extension, or behind the word `text`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "html" => Some(Self::Html),
            "txt" | "text" => Some(Self::Text),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "json.sig" => Some(Self::Signature),
            "prom" | "openmetrics" => Some(Self::OpenMetrics),
            "xlsx" => Some(Self::Workbook),
            #[cfg(feature = "pdf")]
            "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "txt",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Signature => "json.sig",
            Self::OpenMetrics => "prom",
            Self::Workbook => "xlsx",
            #[cfg(feature = "pdf")]
            Self::Pdf => "pdf",
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Signature => "application/octet-stream",
            Self::OpenMetrics => report::OPENMETRICS,
            Self::Workbook => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            #[cfg(feature = "pdf")]
            Self::Pdf => "application/pdf",
        }
    }
}

/// A report as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// A safe name, ASCII only.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub body: Vec<u8>,
}

/// What the canonical document looks like, as a JSON Schema, and the version that it is about.
pub const SCHEMA: (u32, &str) = (report::VERSION, report::SCHEMA);

/// A report that can be shown.
#[derive(Clone, Debug)]
pub struct OpenReport {
    report: Report,
    /// As it was stored, to be handed out byte for byte.
    document: Option<String>,
    signature: Vec<u8>,
}

/// Opens a stored report.
pub async fn stored(db: &Db, id: ReportId) -> Result<(ReportHead, OpenReport), OpsError> {
    let found = store::reports::find(db, id).await?.ok_or(OpsError::NotFound("report"))?;
    let document = document(db, &found).await?.to_owned();
    let report = report::json::read(&document)?;
    Ok((found.head, OpenReport { report, document: Some(document), signature: found.signature }))
}

/// What a kept report says, as it is stored; refused if it was removed.
pub(super) async fn document<'a>(db: &Db, kept: &'a Kept) -> Result<&'a str, OpsError> {
    match &kept.content {
        Content::Document(document) => Ok(document),
        Content::Removed(_) => {
            let agreement = store::agreements::find(db, kept.head.agreement).await?;
            let zone = agreement.map_or(Tz::UTC, |agreement| agreement.zone);
            Err(OpsError::Removed { sentence: gone(&kept.head, zone).unwrap_or_default() })
        }
    }
}

/// The sentence about a report that was removed; nothing if it was not.
#[must_use]
pub fn gone(head: &ReportHead, zone: Tz) -> Option<String> {
    let day = wording::day(head.removed_at?, zone);
    Some(say!(
        "Report no. {number} was removed under the agreement’s retention on {day}. Its number, its SHA-256 and its place among the reports are kept.",
        head.number,
        day
    ))
}

/// What is left of a report that was removed.
#[derive(Clone, Debug)]
pub struct Left {
    /// What it said about itself.
    pub head: ReportHead,
    /// The digest of the report before it; nothing in the first, and in one older than the chain.
    pub previous: Option<Digest>,
    /// The statement of its removal.
    pub statement: Statement,
    /// The signature that it was issued with; empty if it was not signed.
    pub signature: Vec<u8>,
}

impl Left {
    /// The statement as a file, or its signature; nothing if it is not signed.
    #[must_use]
    pub fn file(&self, is_signature: bool) -> Option<ReportFile> {
        let Statement { text, signature } = &self.statement;
        let stem = format!("nines-report-{}.removed", self.head.id);
        match is_signature {
            false => Some(ReportFile {
                name: format!("{stem}.json"),
                media_type: FileFormat::Json.media_type(),
                body: text.clone().into_bytes(),
            }),
            true if signature.is_empty() => None,
            true => Some(ReportFile {
                name: format!("{stem}.json.sig"),
                media_type: FileFormat::Signature.media_type(),
                body: signature.clone(),
            }),
        }
    }
}

/// Opens what is left of a report that was removed; nothing if it was not.
pub async fn left(db: &Db, id: ReportId) -> Result<Option<Left>, OpsError> {
    let Kept { head, content, signature } = store::reports::find(db, id).await?.ok_or(OpsError::NotFound("report"))?;
    let Content::Removed(statement) = content else { return Ok(None) };
    let previous = report::removal::read(&statement.text)?.previous_sha256;
    Ok(Some(Left { head, previous, statement, signature }))
}

/// Makes the report of a period as the ledger stands now, and keeps nothing.
pub async fn preview(context: &Context, agreement: &Agreement, period: Period) -> Result<OpenReport, OpsError> {
    if period.span().start() >= context.clock.now().minute() {
        return Err(OpsError::refused("period", say!("This period has not begun; choose one that has.")));
    }
    let report = make_report(context, agreement, period, 1).await?;
    Ok(OpenReport { report, document: None, signature: Vec::new() })
}

impl OpenReport {
    /// Agreement and period, as a title.
    #[must_use]
    pub fn title(&self) -> String {
        crate::language::say!("{agreement}: {period}", self.report.agreement.name, self.report.period_name())
    }

    /// How people call its period.
    #[must_use]
    pub fn period_name(&self) -> String {
        self.report.period_name()
    }

    /// When it was made and as which revision, in the agreement's zone.
    #[must_use]
    pub fn made(&self) -> String {
        let Report { built_at, agreement, revision, .. } = &self.report;
        say!("Made {when}, revision {revision}", wording::instant(*built_at, agreement.zone), revision)
    }

    /// May its numbers still change?
    #[must_use]
    pub const fn is_provisional(&self) -> bool {
        self.report.provisional
    }

    /// Is it signed?
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        !self.signature.is_empty()
    }

    /// Does it correct another one?
    #[must_use]
    pub const fn is_correction(&self) -> bool {
        self.report.correction.is_some()
    }

    /// How many objectives are met, and how many there are.
    #[must_use]
    pub fn met(&self) -> (usize, usize) {
        let lines = &self.report.objectives;
        (lines.iter().filter(|line| line.met == Some(true)).count(), lines.len())
    }

    /// What it and another one claim, side by side.
    #[must_use]
    pub fn beside(&self, other: &Self) -> Vec<Pair> {
        report::side_by_side(&self.report, &other.report)
    }

    /// The same for people without an account: what is asked of sources stays inside, and no file claims to be the
    /// canonical one.
    #[must_use]
    pub fn for_strangers(mut self) -> Self {
        self.report.objectives.iter_mut().for_each(|line| "not shown here".clone_into(&mut line.query));
        Self { document: None, ..self }
    }

    /// As a part of a page; trusted markup.
    pub fn fragment(&self) -> Result<String, OpsError> {
        Ok(report::render_fragment(&self.report)?)
    }

    /// As a file, in the dress that the settings give it. A PDF takes a while: not for a thread that answers requests.
    #[cfg_attr(not(feature = "pdf"), expect(unused_variables, reason = "only a PDF has a cover"))]
    pub fn file(&self, format: FileFormat, settings: &Settings) -> Result<ReportFile, OpsError> {
        let report = &self.report;
        let body = match (format, &self.document) {
            (FileFormat::Signature, _) if self.signature.is_empty() => return Err(OpsError::NotFound("signature")),
            (FileFormat::Signature, _) => self.signature.clone(),
            (FileFormat::Json, Some(document)) => document.clone().into_bytes(),
            (FileFormat::Json, None) => report::render_json(report)?.into_bytes(),
            (FileFormat::Html, _) => {
                report::render_html(report, &report::charts(report)?, Medium::File, None)?.into_bytes()
            }
            (FileFormat::Text, _) => report::render_text(report).into_bytes(),
            (FileFormat::Csv, _) => report::render_csv([report])?.into_bytes(),
            (FileFormat::OpenMetrics, _) => report::render_openmetrics(report).into_bytes(),
            (FileFormat::Workbook, _) => report::render_xlsx(report)?,
            #[cfg(feature = "pdf")]
            (FileFormat::Pdf, _) => report::render_pdf(report, settings.report.logo.as_deref())?,
        };
        let name = report::file_name(report, format.extension());
        Ok(ReportFile { name, media_type: format.media_type(), body })
    }
}
