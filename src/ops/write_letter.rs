//! Writes a report's mail: the same letter for every recipient, addressed to each.

use crate::domain::ids::ReportId;
use crate::domain::model::EmailAddress;
use crate::domain::time::Instant;
use crate::mail::message::{self, File, Inline, Mime, Parts};
use crate::ops::{Context, OpsError};
use crate::report::{self, Medium, Picture, Report};

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
    file_name: String,
}

impl Letter {
    /// Renders every part of the mail of a stored report.
    pub fn write(context: &Context, report: &Report, id: ReportId) -> Result<Self, OpsError> {
        let pictures = report::charts(report)?;
        let link = context
            .settings
            .server
            .public_url
            .as_ref()
            .map(|url| format!("{}/reports/{id}", url.as_str().trim_end_matches('/')));
        Ok(Self {
            // with the moment, so that a database begun anew does not use the old one's names again
            key: format!("report {id} revision {} built {}", report.revision, report.built_at),
            from: context.sender.clone(),
            date: context.clock.now(),
            subject: report::subject(report),
            text: report::render_text(report),
            html: report::render_html(report, &pictures, Medium::Mail, link.as_deref())?,
            csv: report::render_csv([report])?,
            json: report::render_json(report)?,
            file_name: format!("nines-{}-{}", report.agreement.id, report.period.label),
            pictures,
        })
    }

    /// The letter as a MIME message to one recipient, under a Message-ID that is the same at every attempt.
    pub fn address(&self, to: &EmailAddress) -> Result<Mime, OpsError> {
        let (csv, json) = (format!("{}.csv", self.file_name), format!("{}.json", self.file_name));
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
            attachments: vec![
                File { name: &csv, media_type: "text/csv; charset=utf-8", bytes: self.csv.as_bytes() },
                File { name: &json, media_type: "application/json", bytes: self.json.as_bytes() },
            ],
        })?)
    }
}
