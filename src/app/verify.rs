//! `nines verify`: are the reports still those that were issued?

use super::{AppError, context, export};
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::model::Agreement;
use crate::domain::signature::PublicKey;
use crate::domain::wording::{count, counted};
use crate::ops::verify_chain::{self, Verified};
use crate::ops::verify_files::{self, ReportText, VerifiedFiles};
use crate::ops::{Context, OpsError};
use crate::store;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What was found, to be printed line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// What was looked at and what is wrong, one sentence a line.
    pub lines: Vec<String>,
    /// How many things are wrong.
    pub findings: usize,
    /// How many reports were removed under their agreement's retention.
    pub removed: usize,
}

/// Verifies the reports of one agreement, by name or number, or of all, in the database of these settings.
pub async fn database(
    settings: Settings,
    clock: Clock,
    name: Option<&str>,
    key: Option<&Path>,
) -> Result<Answer, AppError> {
    let key = match key {
        Some(path) => Some(public_key(path).await?),
        None => settings.report.signing_key.as_ref().map(crate::domain::signature::SigningKey::public),
    };
    let context = context(settings, clock).await?;
    let mut answer = Answer::default();
    for agreement in agreements(&context, name).await? {
        let verified = verify_chain::verify(&context, &agreement, key.as_ref()).await?;
        answer.lines.push(summary(&agreement, &verified));
        answer.findings += verified.findings.len();
        answer.removed += verified.removed.len();
        answer.lines.extend(verified.findings.iter().chain(&verified.removed).map(|line| format!("  {line}.")));
    }
    context.db.close().await;
    Ok(answer.concluded())
}

async fn agreements(context: &Context, name: Option<&str>) -> Result<Vec<Agreement>, AppError> {
    match name {
        Some(name) => Ok(vec![export::find(context, name).await?]),
        None => Ok(store::agreements::list(&context.db).await.map_err(OpsError::from)?),
    }
}

/// `“Gold” (4000): 12 reports, the newest no. 12 with SHA-256 …; 10 made anew from the ledger.`
fn summary(agreement: &Agreement, verified: &Verified) -> String {
    let Verified { reports, head, before_the_chain, removed, other_key, remade, too_old, findings: _ } = verified;
    let newest = match head.digest {
        Some(digest) => format!(", the newest no. {} with SHA-256 {digest}", count(head.number)),
        None => String::new(),
    };
    let further = [
        (len(removed.len()), "removed under the agreement's retention"),
        (*remade, "made anew from the ledger"),
        (*too_old, "too old for that: their minutes are not kept any more"),
        (*other_key, "signed with another key, so that their signatures were not checked"),
        (*before_the_chain, "older than the chain, so that nothing vouches for them"),
    ];
    let further: Vec<String> =
        further.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("; {} {what}", count(n))).collect();
    let reports = counted(*reports, "report", "reports");
    format!("“{}” ({}): {reports}{newest}{}.", agreement.name, agreement.id, further.concat())
}

/// Verifies files alone. A signature is looked for beside each, under its name with `.sig` after it.
pub async fn files(paths: &[PathBuf], key: Option<&Path>) -> Result<Answer, AppError> {
    let key = match key {
        Some(path) => Some(public_key(path).await?),
        None => None,
    };
    let mut texts = Vec::with_capacity(paths.len());
    for path in paths {
        let mut beside = path.clone().into_os_string();
        beside.push(".sig");
        let signature = match tokio::fs::read(&beside).await {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(why) => return Err(unreadable(Path::new(&beside), &why.to_string())),
        };
        texts.push(ReportText { name: path.display().to_string(), text: read(path).await?, signature });
    }
    let VerifiedFiles { findings, removed } = verify_files::verify(&texts, key.as_ref());
    let mut lines = vec![format!("{} looked at.", counted(len(texts.len()), "report", "reports"))];
    if key.is_none() {
        lines.push("Without --public-key nothing is said about who issued them.".to_owned());
    }
    lines.extend(findings.iter().chain(&removed).map(|line| format!("  {line}.")));
    Ok(Answer { lines, findings: findings.len(), removed: removed.len() }.concluded())
}

impl Answer {
    fn concluded(mut self) -> Self {
        self.lines.push(match (self.findings, self.removed) {
            (0, 0) => "Everything is as it was issued.".to_owned(),
            (0, gone) => format!(
                "Everything that is kept is as it was issued; {} removed under retention, and cannot be read any more.",
                counted(len(gone), "report was", "reports were")
            ),
            (n, _) => format!("{}: not everything is as it was issued.", counted(len(n), "finding", "findings")),
        });
        self
    }
}

async fn public_key(path: &Path) -> Result<PublicKey, AppError> {
    PublicKey::parse(&read(path).await?).map_err(|why| unreadable(path, &why.to_string()))
}

async fn read(path: &Path) -> Result<String, AppError> {
    tokio::fs::read_to_string(path).await.map_err(|why| unreadable(path, &why.to_string()))
}

fn unreadable(path: &Path, why: &str) -> AppError {
    AppError::Unreadable { file: path.display().to_string(), why: why.to_owned() }
}

fn len(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
