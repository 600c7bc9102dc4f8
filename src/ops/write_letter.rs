//! Writes the mail about a report, or about several as a pack: the same letter for every recipient, addressed to each.

use crate::config::Settings;
use crate::domain::ids::{ReportId, RunId};
use crate::domain::model::EmailAddress;
use crate::domain::report_schedule::{Attachment, ScheduleDraft};
use crate::domain::time::Instant;
use crate::language::say;
use crate::mail::message::{self, File, Inline, Mime, Parts};
use crate::ops::show_report::FileFormat;
use crate::ops::{Context, OpsError};
use crate::report::{self, Medium, Pack, Picture, Sealed};

/// A rendered mail about one report, or about several as a pack, ready to be addressed.
pub struct Letter {
    /// The report that it is about; of a pack, the first.
    pub report: ReportId,
    /// The run that it belongs to.
    pub run: Option<RunId>,
    /// Does it only show what would be sent?
    pub is_trial: bool,
    /// Its subject.
    pub subject: String,
    key: String,
    from: EmailAddress,
    reply_to: Option<EmailAddress>,
    date: Instant,
    text: String,
    html: String,
    pictures: Vec<Picture>,
    files: Vec<Attached>,
}

/// A file beside the mail: its name, media type and content.
type Attached = (String, &'static str, Vec<u8>);

/// Why a letter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The report was issued just now: a correction, or by hand.
    Issued,
    /// Somebody asked for it to be sent once more.
    SentAgain,
    /// A schedule's run.
    Run(RunId),
    /// Somebody wants to see what a schedule sends.
    Trial,
}

impl Letter {
    /// Renders every part of the mail of a stored report, in a schedule's dress and in the language of here and now.
    pub fn write(
        context: &Context,
        (id, sealed): (ReportId, &Sealed),
        dress: &ScheduleDraft,
        occasion: Occasion,
    ) -> Result<Self, OpsError> {
        let report = &sealed.report;
        let pictures = report::charts(report)?;
        Ok(Self {
            // with the moment, so that a database begun anew does not use the old one's names again
            key: format!(
                "report {id} revision {} built {}{}",
                report.revision,
                report.built_at,
                occasion.told(context)
            ),
            subject: subject(&report::subject(report), dress, occasion),
            text: report::render_text(report),
            html: report::render_html(report, &pictures, Medium::Mail, link(context, id).as_deref())?,
            files: files(&[sealed], dress, &report::file_stem(report), &context.settings)?,
            pictures,
            ..Self::blank(context, id, dress, occasion)
        })
    }

    /// Renders the mail of several stored reports of one period, in a schedule's dress and in the language of here and now;
    /// there must be at least one.
    pub fn pack(
        context: &Context,
        title: &str,
        reports: &[(ReportId, Sealed)],
        missing: Vec<String>,
        dress: &ScheduleDraft,
        occasion: Occasion,
    ) -> Result<Self, OpsError> {
        let (first, sealed) = reports.first().ok_or(OpsError::NotFound("report"))?;
        let label = &sealed.report.period.label;
        let all: Vec<&Sealed> = reports.iter().map(|(_, sealed)| sealed).collect();
        let ids: Vec<String> = reports.iter().map(|(id, sealed)| format!("{id}/{}", sealed.report.revision)).collect();
        let linked = reports.iter().map(|(id, sealed)| (&sealed.report, link(context, *id))).collect();
        let pack = Pack::new(title, linked, missing);
        let pictures = pack.pictures()?;
        let slug = Some(report::slug(title)).filter(|slug| !slug.is_empty());
        let stem = format!("nines-{}-{label}", slug.as_deref().unwrap_or("pack"));
        Ok(Self {
            key: format!("pack {} built {}{}", ids.join(" "), sealed.report.built_at, occasion.told(context)),
            subject: subject(&pack.subject(), dress, occasion),
            text: pack.text(),
            html: pack.html(&pictures)?,
            files: files(&all, dress, &stem, &context.settings)?,
            pictures,
            ..Self::blank(context, *first, dress, occasion)
        })
    }

    fn blank(context: &Context, report: ReportId, dress: &ScheduleDraft, occasion: Occasion) -> Self {
        let run = match occasion {
            Occasion::Run(run) => Some(run),
            Occasion::Issued | Occasion::SentAgain | Occasion::Trial => None,
        };
        Self {
            report,
            run,
            is_trial: occasion == Occasion::Trial,
            subject: String::new(),
            key: String::new(),
            from: context.sender.clone(),
            reply_to: dress.reply_to.clone(),
            date: context.clock.now(),
            text: String::new(),
            html: String::new(),
            pictures: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The letter as a MIME message to one recipient, under a Message-ID that is the same at every attempt.
    pub fn address(&self, to: &EmailAddress) -> Result<Mime, OpsError> {
        let attachments = self.files.iter().map(|(name, media_type, bytes)| File { name, media_type, bytes }).collect();
        let pictures = self.pictures.iter().map(|picture| Inline { cid: &picture.cid, png: &picture.png }).collect();
        Ok(message::build(&Parts {
            key: &self.key,
            from: &self.from,
            reply_to: self.reply_to.as_ref(),
            to,
            date: self.date,
            subject: &self.subject,
            text: &self.text,
            html: &self.html,
            pictures,
            attachments,
        })?)
    }
}

impl Occasion {
    /// What keeps its Message-ID apart from that of others about the same report.
    fn told(self, context: &Context) -> String {
        match self {
            Self::Issued => String::new(),
            Self::SentAgain => format!(" again {}", context.clock.now()),
            Self::Run(run) => format!(" run {run}"),
            Self::Trial => format!(" trial {}", context.clock.now()),
        }
    }
}

fn link(context: &Context, id: ReportId) -> Option<String> {
    let url = context.settings.server.public_url.as_ref()?;
    Some(format!("{}/reports/{id}", url.as_str().trim_end_matches('/')))
}

/// The subject in a schedule's dress: its prefix takes the place of `[Nines]`.
fn subject(usual: &str, dress: &ScheduleDraft, occasion: Occasion) -> String {
    let trial = if occasion == Occasion::Trial { format!("{} ", say!("[Test]")) } else { String::new() };
    let plain = usual.strip_prefix("[Nines] ").filter(|_| !dress.prefix.is_empty());
    plain.map_or_else(|| format!("{trial}{usual}"), |plain| format!("{trial}{} {plain}", dress.prefix))
}

/// The files that a schedule attaches: all figures as one CSV, and each report's own bytes.
#[cfg_attr(not(feature = "pdf"), expect(unused_variables, reason = "only a PDF has a cover"))]
fn files(
    reports: &[&Sealed],
    dress: &ScheduleDraft,
    stem: &str,
    settings: &Settings,
) -> Result<Vec<Attached>, OpsError> {
    let mut files = Vec::new();
    let has = |attachment| dress.attached.has(attachment);
    if has(Attachment::Csv) {
        let csv = report::render_csv(reports.iter().map(|sealed| &sealed.report))?;
        files.push((format!("{stem}.csv"), "text/csv; charset=utf-8", csv.into_bytes()));
    }
    for sealed in reports.iter().filter(|_| has(Attachment::Json)) {
        let stem = report::file_stem(&sealed.report);
        files.push((format!("{stem}.json"), "application/json", sealed.document.clone().into_bytes()));
        if !sealed.signature.is_empty() {
            files.push((format!("{stem}.json.sig"), "application/octet-stream", sealed.signature.clone()));
        }
    }
    for sealed in reports {
        let (report, stem) = (&sealed.report, report::file_stem(&sealed.report));
        #[cfg(feature = "pdf")]
        let logo = settings.report.logo.as_deref();
        #[cfg(feature = "pdf")]
        if has(Attachment::Pdf) {
            files.push((format!("{stem}.pdf"), FileFormat::Pdf.media_type(), report::render_pdf(report, logo)?));
        }
        if has(Attachment::Xlsx) {
            files.push((format!("{stem}.xlsx"), FileFormat::Workbook.media_type(), report::render_xlsx(report)?));
        }
    }
    Ok(files)
}
