//! Writes a report's mail: the same letter for every recipient, addressed to each.

use crate::domain::ids::ReportId;
use crate::domain::model::EmailAddress;
use crate::domain::time::Instant;
use crate::mail::message::{self, File, Inline, Mime, Parts};
use crate::ops::{Context, OpsError};
use crate::report::{self, Medium, Picture, Sealed};

/// A rendered report, ready to be addressed.
pub struct Letter {
    key: String,
    from: EmailAddress,
    date: Instant,
    subject: String,
    text: String,
    html: String,
    pictures: Vec<Picture>,
    csv: String,
    json: String,
    signature: Vec<u8>,
    file_name: String,
}

/// Why a letter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The report was issued just now.
    Issued,
    /// Somebody asked for it to be sent once more.
    SentAgain,
}

impl Letter {
    /// Renders every part of the mail of a stored report.
    pub fn write(
        context: &Context,
        sealed: &Sealed,
        pictures: Vec<Picture>,
        id: ReportId,
        occasion: Occasion,
    ) -> Result<Self, OpsError> {
        let report = &sealed.report;
        let again = match occasion {
            Occasion::Issued => String::new(),
            Occasion::SentAgain => format!(" again {}", context.clock.now()),
        };
        let link = context
            .settings
            .server
            .public_url
            .as_ref()
            .map(|url| format!("{}/reports/{id}", url.as_str().trim_end_matches('/')));
        Ok(Self {
            // with the moment, so that a database begun anew does not use the old one's names again
            key: format!("report {id} revision {} built {}{again}", report.revision, report.built_at),
            from: context.sender.clone(),
            date: context.clock.now(),
            subject: report::subject(report),
            text: report::render_text(report),
            html: report::render_html(report, &pictures, Medium::Mail, link.as_deref())?,
            csv: report::render_csv([report])?,
            json: sealed.document.clone(),
            signature: sealed.signature.clone(),
            file_name: report::file_stem(report),
            pictures,
        })
    }

    /// The letter as a MIME message to one recipient, under a Message-ID that is the same at every attempt.
    pub fn address(&self, to: &EmailAddress) -> Result<Mime, OpsError> {
        let [csv, json, signature] = ["csv", "json", "json.sig"].map(|ending| format!("{}.{ending}", self.file_name));
        let mut attachments = vec![
            File { name: &csv, media_type: "text/csv; charset=utf-8", bytes: self.csv.as_bytes() },
            File { name: &json, media_type: "application/json", bytes: self.json.as_bytes() },
        ];
        if !self.signature.is_empty() {
            let media_type = "application/octet-stream";
            attachments.push(File { name: &signature, media_type, bytes: &self.signature });
        }
        let pictures = self.pictures.iter().map(|picture| Inline { cid: &picture.cid, png: &picture.png }).collect();
        Ok(message::build(&Parts {
            key: &self.key,
            from: &self.from,
            reply_to: None,
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
