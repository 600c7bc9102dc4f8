//! The latest judgement of each objective.

use crate::domain::burn::{AlertRule, Severity};
use crate::domain::ids::ObjectiveId;
use crate::domain::ledger::Tally;
use crate::domain::time::{Instant, Minute, Span};
use crate::store::{Db, StoreError, Tx, all};
use serde::{Deserialize, Serialize};

statements! {
    SAVE = "INSERT INTO evaluations
            (objective, at, start_minute, end_minute, good, total, known, status, since, document)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (objective) DO UPDATE SET at = excluded.at, start_minute = excluded.start_minute,
            end_minute = excluded.end_minute, good = excluded.good, total = excluded.total, known = excluded.known,
            status = excluded.status, document = excluded.document,
            since = CASE WHEN evaluations.status = excluded.status THEN evaluations.since ELSE excluded.since END";
    FIND = "SELECT objective, at, start_minute, end_minute, good, total, known, status, since, document
        FROM evaluations WHERE objective = $1";
    LIST = "SELECT objective, at, start_minute, end_minute, good, total, known, status, since, document
        FROM evaluations ORDER BY objective";
}

/// A judgement of an objective at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Of which objective.
    pub objective: ObjectiveId,
    /// When it was judged.
    pub at: Instant,
    /// The window that was judged.
    pub span: Span,
    /// What the window came to: good and all in the unit of the objective's method, known and judged minutes so far.
    pub tally: Tally,
    /// The judged minutes of the whole window, also of what is still to come of a calendar period.
    pub judged_minutes: i64,
    /// The status, as a word.
    pub status: String,
    /// Since when the status is this word. [`save_many`] keeps the stored moment while the word stays, so `at` is right
    /// for a new evaluation.
    pub since: Instant,
    /// Burn rates by window in minutes; `None` where unmeasurable. Finite.
    pub burn: Vec<(i64, Option<f64>)>,
    /// The alerts that fired, most urgent first, with finite factors. Kept, because the rates alone cannot tell: few bad
    /// events are no alarm however fast they burn.
    pub firing: Vec<AlertRule>,
    /// When the budget will be used up at the present rate.
    pub exhausted_at: Option<Instant>,
}

/// What no statement asks for. Floats as text, because JSON readers may round them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    burn: Vec<(i64, Option<String>)>,
    exhausted_at: Option<i64>,
    /// Judged minutes so far and of the whole window; missing in older documents, which judged every minute.
    #[serde(default)]
    judged: Option<(i64, i64)>,
    /// Severity, factor, long and short window in minutes; missing in older documents.
    #[serde(default)]
    firing: Vec<(String, String, i64, i64)>,
}

#[derive(sqlx_macros::FromRow)]
struct EvaluationRow {
    objective: i64,
    at: i64,
    start_minute: i64,
    end_minute: i64,
    good: i64,
    total: i64,
    known: i64,
    status: String,
    since: i64,
    document: String,
}

impl TryFrom<EvaluationRow> for Evaluation {
    type Error = StoreError;

    fn try_from(row: EvaluationRow) -> Result<Self, StoreError> {
        let corrupt = |why: String| StoreError::corrupt("evaluations", row.objective, why);
        let document: Document = serde_json::from_str(&row.document).map_err(|why| corrupt(why.to_string()))?;
        let rate = |text: String| finite(&text).ok_or_else(|| corrupt(format!("{text} is no burn rate")));
        let burn = document.burn.into_iter().map(|(minutes, text)| Ok((minutes, text.map(rate).transpose()?)));
        let rule = |(word, factor, long_minutes, short_minutes): &(String, String, i64, i64)| {
            let rule = Severity::from_word(word).zip(finite(factor)).map(|(severity, factor)| AlertRule {
                severity,
                factor,
                long_minutes: *long_minutes,
                short_minutes: *short_minutes,
            });
            rule.ok_or_else(|| corrupt(format!("{word} {factor} is no alert")))
        };
        let span = Span::new(Minute(row.start_minute), Minute(row.end_minute));
        let (minutes, judged_minutes) = document.judged.unwrap_or((span.minutes(), span.minutes()));
        Ok(Self {
            objective: ObjectiveId(row.objective),
            at: Instant::from_seconds(row.at),
            span,
            tally: Tally { good: row.good, total: row.total, known: row.known, minutes },
            judged_minutes,
            burn: burn.collect::<Result<_, StoreError>>()?,
            firing: document.firing.iter().map(rule).collect::<Result<_, StoreError>>()?,
            exhausted_at: document.exhausted_at.map(Instant::from_seconds),
            status: row.status,
            since: Instant::from_seconds(row.since),
        })
    }
}

fn finite(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Replaces the latest evaluation of each objective named.
pub async fn save_many(tx: &mut Tx, evaluations: &[Evaluation]) -> Result<(), StoreError> {
    for evaluation in evaluations {
        let finite = |rate: f64| rate.is_finite().then(|| rate.to_string());
        let stored = |rule: &AlertRule| {
            (rule.severity.word().to_owned(), rule.factor.to_string(), rule.long_minutes, rule.short_minutes)
        };
        let document = Document {
            burn: evaluation.burn.iter().map(|(minutes, rate)| (*minutes, rate.and_then(finite))).collect(),
            exhausted_at: evaluation.exhausted_at.map(Instant::seconds),
            judged: Some((evaluation.tally.minutes, evaluation.judged_minutes)),
            firing: evaluation.firing.iter().map(stored).collect(),
        };
        let document = serde_json::to_string(&document)
            .map_err(|why| StoreError::corrupt("evaluations", evaluation.objective, why))?;
        in_tx!(&mut *tx, |ex| {
            sqlx::query(SAVE)
                .bind(evaluation.objective.0)
                .bind(evaluation.at.seconds())
                .bind(evaluation.span.start().0)
                .bind(evaluation.span.end().0)
                .bind(evaluation.tally.good)
                .bind(evaluation.tally.total)
                .bind(evaluation.tally.known)
                .bind(&evaluation.status)
                .bind(evaluation.since.seconds())
                .bind(document)
                .execute(ex)
                .await
                .map(drop)
        })?;
    }
    Ok(())
}

/// The latest evaluation of one objective; `None` before its first.
pub async fn find(db: &Db, id: ObjectiveId) -> Result<Option<Evaluation>, StoreError> {
    let row: Option<EvaluationRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(Evaluation::try_from).transpose()
}

/// The latest evaluation of every objective that has one, by identity.
pub async fn list(db: &Db) -> Result<Vec<Evaluation>, StoreError> {
    let rows: Vec<EvaluationRow> = on!(db, |ex| sqlx::query_as(LIST).fetch_all(ex).await)?;
    all(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_without_alerts_is_read() {
        let document: Document = serde_json::from_str(r#"{"burn":[[5,null],[60,"0.3"]],"exhausted_at":900}"#).unwrap();
        assert_eq!((document.firing.len(), document.exhausted_at), (0, Some(900)));
    }
}
