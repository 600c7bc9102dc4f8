//! Everything about one customer as one ZIP: every agreement with its terms and exclusions, every report with its signature,
//! who received it, and how to verify all of it.
//!
//! The archive is written piece by piece, never held whole.

use crate::domain::exclusion::{Exclusion, Scope};
use crate::domain::model::Agreement;
use crate::language::{self, Language};
use crate::ops::compare_terms;
use crate::ops::propose_exclusion::Snapshot;
use crate::ops::terms_in_force::resolve;
use crate::ops::{Context, OpsError};
use crate::report::{self, Report, slug};
use crate::store::reports::Content;
use crate::store::{self, Page};
use futures_util::stream::{self, Stream};
use serde::Serialize;
use std::collections::VecDeque;
use std::io::Write;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

/// How many reports are read at a time.
const PAGE: i64 = 20;

/// What is written next.
enum Step {
    /// What the archive is.
    Readme,
    /// What was agreed, and what was taken out.
    Agreement(Box<Agreement>),
    /// The reports after a number.
    Reports(Box<Agreement>, i64),
    /// The directory at the end.
    End,
}

/// An archive in the making.
struct Making {
    context: Context,
    customer: String,
    steps: VecDeque<Step>,
    /// Nothing once the archive is complete.
    zip: Option<ZipWriter<StreamWriter<Out>>>,
    out: Out,
    /// Those of the agreement that is being written.
    deliveries: Vec<DeliveryTold>,
}

/// Takes what the archive's writer writes, until it is handed on.
#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Out {
    fn take(&self) -> Vec<u8> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The archive of a customer and its name; refused if no agreement is with that customer.
pub async fn export(
    context: Context,
    customer: &str,
) -> Result<(String, impl Stream<Item = Result<Vec<u8>, OpsError>> + use<>), OpsError> {
    let agreements = store::agreements::list(&context.db).await?;
    let own = agreements.into_iter().filter(|agreement| !customer.is_empty() && agreement.customer == customer);
    let mut steps: VecDeque<Step> = own.map(|agreement| Step::Agreement(Box::new(agreement))).collect();
    if steps.is_empty() {
        return Err(OpsError::NotFound("customer"));
    }
    steps.push_front(Step::Readme);
    steps.push_back(Step::End);
    let name = match slug(customer) {
        slug if slug.is_empty() => "nines-customer.zip".to_owned(),
        slug => format!("nines-{slug}.zip"),
    };
    let out = Out::default();
    let zip = Some(ZipWriter::new_stream(out.clone()));
    let making = Making { context, customer: customer.to_owned(), steps, zip, out, deliveries: Vec::new() };
    let pieces = stream::try_unfold(making, |mut making| async move {
        let Some(step) = making.steps.pop_front() else { return Ok(None) };
        // an archive reads the same whoever asks for it
        language::scope(Language::English, making.write(step)).await?;
        Ok(Some((making.out.take(), making)))
    });
    Ok((name, pieces))
}

impl Making {
    async fn write(&mut self, step: Step) -> Result<(), OpsError> {
        match step {
            Step::Readme => self.readme(),
            Step::Agreement(agreement) => self.agreement(agreement).await,
            Step::Reports(agreement, after) => self.reports(agreement, after).await,
            Step::End => {
                if let Some(zip) = self.zip.take() {
                    zip.finish()?;
                }
                Ok(())
            }
        }
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), OpsError> {
        if let Some(zip) = &mut self.zip {
            zip.start_file(name, SimpleFileOptions::default())?;
            zip.write_all(bytes).map_err(zip::result::ZipError::from)?;
        }
        Ok(())
    }

    fn json(&mut self, name: &str, value: &impl Serialize) -> Result<(), OpsError> {
        let text = serde_json::to_string_pretty(value)?;
        self.file(name, format!("{text}\n").as_bytes())
    }

    fn readme(&mut self) -> Result<(), OpsError> {
        let key = self.context.settings.report.signing_key.clone();
        let text = readme(&self.customer, &self.context.clock.now().to_string(), key.is_some());
        self.file("README.txt", text.as_bytes())?;
        match key {
            Some(key) => self.file("report-key.pem", key.public().to_pem().as_bytes()),
            None => Ok(()),
        }
    }

    async fn agreement(&mut self, agreement: Box<Agreement>) -> Result<(), OpsError> {
        let folder = folder(&agreement);
        let mut revisions = Vec::new();
        for revision in store::revisions::list(&self.context.db, agreement.id).await? {
            let in_force = resolve(&self.context.db, &revision, &agreement).await?;
            revisions.push(RevisionTold {
                number: revision.number,
                in_force_since: revision.effective.start().to_string(),
                made_at: revision.made_at.to_string(),
                made_by: revision.made_by_name.clone(),
                note: revision.note.clone(),
                agreement: told(compare_terms::said(&in_force)),
                objectives: in_force.listings.iter().map(|one| told(compare_terms::promised(one, &in_force))).collect(),
            });
        }
        self.json(&format!("{folder}/revisions.json"), &revisions)?;
        let exclusions = exclusions_of(&self.context, &agreement).await?;
        self.json(&format!("{folder}/exclusions.json"), &exclusions)?;
        self.steps.push_front(Step::Reports(agreement, 0));
        Ok(())
    }

    async fn reports(&mut self, agreement: Box<Agreement>, after: i64) -> Result<(), OpsError> {
        let page = store::reports::in_chain(&self.context.db, agreement.id, after, PAGE).await?;
        let Some(last) = page.last().map(|kept| kept.head.number) else {
            let deliveries = mem::take(&mut self.deliveries);
            return self.json(&format!("{}/deliveries.json", folder(&agreement)), &deliveries);
        };
        for kept in page {
            let stem = format!("{}/reports/{:05}", folder(&agreement), kept.head.number);
            match &kept.content {
                Content::Document(document) => self.report(&stem, document, &kept.signature).await?,
                Content::Removed(statement) => {
                    let stem = format!("{stem}-{}-r{}.removed", kept.head.label, kept.head.revision);
                    self.signed(&stem, &statement.text, &statement.signature)?;
                }
            }
            let deliveries = store::outbox::list_by_report(&self.context.db, kept.head.id).await?;
            self.deliveries.extend(deliveries.into_iter().map(|one| DeliveryTold::of(kept.head.number, one)));
        }
        self.steps.push_front(Step::Reports(agreement, last));
        Ok(())
    }

    /// A report in every shape.
    async fn report(&mut self, stem: &str, document: &str, signature: &[u8]) -> Result<(), OpsError> {
        let report = report::json::read(document)?;
        let stem = format!("{stem}-{}", report::file_stem(&report));
        self.signed(&stem, document, signature)?;
        self.shapes(&stem, &report)?;
        #[cfg(feature = "pdf")]
        self.printed(&stem, report).await?;
        Ok(())
    }

    fn signed(&mut self, stem: &str, document: &str, signature: &[u8]) -> Result<(), OpsError> {
        self.file(&format!("{stem}.json"), document.as_bytes())?;
        if signature.is_empty() { Ok(()) } else { self.file(&format!("{stem}.json.sig"), signature) }
    }

    /// The same report for people and for spreadsheets.
    fn shapes(&mut self, stem: &str, report: &Report) -> Result<(), OpsError> {
        self.file(&format!("{stem}.txt"), report::render_text(report).as_bytes())?;
        self.file(&format!("{stem}.xlsx"), &report::render_xlsx(report)?)?;
        self.file(&format!("{stem}.csv"), report::render_csv([report])?.as_bytes())
    }

    /// The same report to read and to print, when it is its turn.
    #[cfg(feature = "pdf")]
    async fn printed(&mut self, stem: &str, report: Report) -> Result<(), OpsError> {
        let logo = self.context.settings.report.logo.clone();
        let set = move || Ok(report::render_pdf(&report, logo.as_deref())?);
        let set = self.context.press.set_patiently(set).await?;
        self.file(&format!("{stem}.pdf"), &set)
    }
}

/// `4000-checkout-for-acme`.
fn folder(agreement: &Agreement) -> String {
    format!("{}-{}", agreement.id, slug(&agreement.name)).trim_end_matches('-').to_owned()
}

/// A revision of what was agreed. Moments are RFC 3339 in UTC.
#[derive(Serialize)]
struct RevisionTold {
    number: i64,
    in_force_since: String,
    made_at: String,
    made_by: Option<String>,
    note: String,
    agreement: Vec<Said>,
    objectives: Vec<Vec<Said>>,
}

#[derive(Serialize)]
struct Said {
    what: String,
    says: String,
}

fn told(all: Vec<(String, String)>) -> Vec<Said> {
    all.into_iter().map(|(what, says)| Said { what, says }).collect()
}

/// A report, by its number, on its way to one recipient.
#[derive(Serialize)]
struct DeliveryTold {
    report: i64,
    recipient: String,
    message_id: String,
    state: &'static str,
    attempts: i64,
    queued_at: String,
    last_attempt_at: Option<String>,
    last_answer: String,
}

impl DeliveryTold {
    fn of(report: i64, delivery: store::outbox::Delivery) -> Self {
        Self {
            report,
            state: delivery.state.word(),
            attempts: delivery.attempts,
            queued_at: delivery.created_at.to_string(),
            last_attempt_at: delivery.last_at.map(|at| at.to_string()),
            recipient: delivery.recipient,
            message_id: delivery.message_id,
            last_answer: delivery.last_answer,
        }
    }
}

/// The exclusions that concern an agreement, whatever became of them.
async fn exclusions_of(context: &Context, agreement: &Agreement) -> Result<Vec<Snapshot>, OpsError> {
    let objectives = store::objectives::list_by_agreement(&context.db, agreement.id).await?;
    let mut services = Vec::new();
    for objective in &objectives {
        services.extend(store::indicators::find(&context.db, objective.indicator).await?.map(|one| one.service));
    }
    let concerns = |one: &Exclusion| match one.scope {
        Scope::All => true,
        Scope::Agreement(id) => id == agreement.id,
        Scope::Objective(id) => objectives.iter().any(|objective| objective.id == id),
        Scope::Service(id) => services.contains(&id),
    };
    let all = store::exclusions::list(&context.db, None, Page::first(i64::MAX)).await?;
    Ok(all.iter().filter(|one| concerns(one)).map(Snapshot::of).collect())
}

fn readme(customer: &str, now: &str, is_signed: bool) -> String {
    let key = if is_signed { "--public-key report-key.pem " } else { "" };
    let signed = if is_signed {
        "Reports that are signed have their signature beside them (.json.sig); it belongs to report-key.pem, which you\n\
         should have received on another way than this archive.\n\n    \
         openssl pkeyutl -verify -pubin -inkey report-key.pem -rawin -in REPORT.json -sigfile REPORT.json.sig\n\n"
    } else {
        ""
    };
    let shapes = if cfg!(feature = "pdf") { "PDF, text, XLSX and CSV" } else { "text, XLSX and CSV" };
    format!(
        "Everything that Nines keeps about {customer}\n\nWritten {now} by Nines {}.\n\n\
         revisions.json    what was agreed, and from when on\n\
         exclusions.json   what was to be taken out of the judgement, and what became of it\n\
         deliveries.json   who was sent which report, by its number, and what the mail server said\n\
         reports/          every report that was issued, by its number: JSON, which is what counts, {shapes};\n                  \
         what was removed under the agreement's retention has .removed.json in its place\n\n\
         Each report names its number and the SHA-256 of the JSON of the report before it. Whether these are the\n\
         reports that were issued:\n\n    nines verify {key}*/reports/*.json\n\n{signed}",
        env!("CARGO_PKG_VERSION")
    )
}
