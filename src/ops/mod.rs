//! Use cases, one verb per file: gather facts, ask `domain`, write the outcome and its effects in one transaction.

pub mod password;
pub mod press;
pub mod token;

pub mod sessions;

pub mod set_up;

pub mod sign_in;
pub mod sign_out;

pub mod change_password;
pub mod choose_language;

pub mod add_person;
pub mod change_access;

pub mod define_source;

pub mod define_agreement;
pub mod revise;

pub mod apply_revisions;

pub mod tell_anomalies;
pub mod tell_revisions;
pub mod terms_in_force;

pub mod compare_terms;

pub mod preview_agreement;

pub mod propose_exclusion;

pub mod decide_exclusion;

pub mod preview_exclusion;

pub mod export_exclusions;

pub mod import_openslo;
pub mod look_up;

pub mod make_link;
pub mod open_link;
pub mod revoke_link;

pub mod export_notes;
pub mod leave_note;
pub mod make_note_key;

pub mod pull;

pub mod reckon_once;
pub mod shelf;

pub mod judge;

pub mod judge_periods;

pub mod judge_days;

pub mod export_days;

pub mod assess;

pub mod evaluate;

pub mod trace;

pub mod foresee;

pub mod learn_baselines;
pub mod read_spread;

pub mod watch_objective;

pub mod preview_baselines;

pub mod expect_anomaly;

pub mod export_anomalies;

pub mod explain_outage;

pub mod export_outages;
pub mod export_revisions;
pub mod export_slices;

pub mod check_threshold;

pub mod make_report;

pub mod remake_report;

pub mod verify_chain;
pub mod verify_files;
pub mod verify_removals;

pub mod show_report;

pub mod write_letter;

pub mod keep_report;

pub mod issue_reports;

pub mod define_schedule;

pub mod run_schedules;

pub mod try_schedule;

pub mod send_report;

pub mod correct_report;

pub mod retire_reports;

pub mod recheck_reports;

pub mod deliver;

pub mod export;

pub mod export_customer;

pub mod sweep;

pub mod take_over;

pub mod measure_self;

pub mod demo;

use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::ids::UserId;
use crate::domain::model::EmailAddress;
use crate::domain::time::Instant;
use crate::mail::Mailer;
use crate::mail::message::MessageError;
use crate::ops::press::Press;
use crate::ops::shelf::Shelf;
use crate::report::ReportError;
use crate::source::SourceError;
use crate::store::{self, Db, Sealer, StoreError, Tx};
use crate::telemetry::Metrics;
use serde::Serialize;
use std::sync::Arc;
use thiserror::Error;

/// What every use case works with; cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// The database.
    pub db: Db,
    /// The key for the secrets of sources.
    pub sealer: Arc<Sealer>,
    /// What time it is.
    pub clock: Clock,
    /// The settings.
    pub settings: Arc<Settings>,
    /// Where mail goes.
    pub mailer: Arc<Mailer>,
    /// The sender of every mail.
    pub sender: EmailAddress,
    /// What Nines counts about itself.
    pub metrics: Metrics,
    /// Sets PDFs, one at a time.
    pub press: Press,
    /// This process's name in leases.
    pub holder: Arc<str>,
    /// What was reckoned for pages.
    pub memos: Memos,
}

/// What was reckoned for pages and holds until something changes.
#[derive(Clone, Debug)]
pub struct Memos {
    /// What spans of time come to.
    accounts: Arc<judge::Accounts>,
    /// The settled hours of ledgers.
    shelf: Arc<Shelf>,
    /// Periods of agreements, objective by objective.
    assessed: Arc<assess::AssessedOnce>,
    /// Ranges of objectives.
    traces: Arc<trace::Traces>,
}

impl Default for Memos {
    fn default() -> Self {
        Self {
            accounts: Arc::new(judge::accounts_memo()),
            shelf: Arc::new(Shelf::default()),
            assessed: Arc::new(assess::memo()),
            traces: Arc::new(trace::memo()),
        }
    }
}

/// Why a use case did not happen.
#[derive(Debug, Error)]
pub enum OpsError {
    /// A person asked for something that cannot be; the sentence says the mend. Belongs beside the named field, if any.
    #[error("{sentence}")]
    Refused {
        /// The form field, or empty.
        field: String,
        /// What to say.
        sentence: String,
    },
    /// The thing does not exist.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Too much of this is asked for at once.
    #[error("too many reports are being set as PDF; try again in {wait_seconds} s")]
    Busy {
        /// When to try again.
        wait_seconds: u64,
    },
    /// The report was removed under its agreement's retention; the sentence says when.
    #[error("{sentence}")]
    Removed {
        /// What to say.
        sentence: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
    /// A source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A report could not be rendered.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A mail could not be built.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A file could not be written.
    #[error("the file cannot be written: {0}")]
    Csv(#[from] csv::Error),
    /// An archive could not be written.
    #[error("the archive cannot be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// Work on a thread of its own came to no end.
    #[error("the work was cut off: {0}")]
    CutOff(#[from] tokio::task::JoinError),
    /// A document could not be written as JSON.
    #[error("the document cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

impl OpsError {
    /// A refusal beside a field.
    #[must_use]
    pub fn refused(field: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self::Refused { field: field.into(), sentence: sentence.into() }
    }
}

impl From<StoreError> for OpsError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what, .. } => Self::NotFound(what),
            other => Self::Store(other),
        }
    }
}

/// Writes one line of the audit log, in the transaction of the change: what it was before and is now, as JSON.
async fn audit<T: Serialize>(
    tx: &mut Tx,
    at: Instant,
    who: Option<UserId>,
    action: &str,
    entity: (&str, i64),
    change: (Option<&T>, Option<&T>),
) -> Result<(), OpsError> {
    let json = |value: Option<&T>| value.map(serde_json::to_string).transpose();
    let (before, after) = (json(change.0)?, json(change.1)?);
    let change = store::audit::Change {
        action,
        entity: entity.0,
        entity_id: entity.1,
        before: before.as_deref(),
        after: after.as_deref(),
    };
    store::audit::append(tx, at, who, change).await?;
    Ok(())
}
