//! What is usual for an objective: how it is watched, what was learned so far, and the band hour by hour.

use crate::domain::baseline::{Band, Method};
use crate::domain::ids::ObjectiveId;
use crate::domain::terms::SliceMinutes;
use crate::domain::time::{Hour, Minute, Span};
use crate::domain::watch::{Against, HourBand, Latencies, Measure, Relative, Sensitivity, WatchSettings};
use crate::store::db::Lock;
use crate::store::ledger::hour_bounds;
use crate::store::{Db, StoreError, Tx, all};

statements! {
    SETTINGS = "SELECT objective, method, sensitivity, against, percent, from_minute, anew_at_deploys, latencies
        FROM baseline_settings WHERE objective = $1";
    SAVE_SETTINGS = "INSERT INTO baseline_settings (objective, method, sensitivity, against, percent, from_minute,
            anew_at_deploys, latencies)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (objective) DO UPDATE SET method = excluded.method, sensitivity = excluded.sensitivity,
            against = excluded.against, percent = excluded.percent, from_minute = excluded.from_minute,
            anew_at_deploys = excluded.anew_at_deploys, latencies = excluded.latencies";
    LEARNED = "SELECT objective, measure, settings, step, began_minute, next_minute, is_learning, memory FROM baselines
        WHERE objective = $1 ORDER BY measure";
    PROGRESS = "SELECT objective, measure, next_minute, step FROM baselines ORDER BY objective";
    SAVE = "INSERT INTO baselines (objective, measure, settings, step, began_minute, next_minute, is_learning, memory)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (objective, measure) DO UPDATE SET settings = excluded.settings, step = excluded.step,
            began_minute = excluded.began_minute, next_minute = excluded.next_minute,
            is_learning = excluded.is_learning, memory = excluded.memory";
    REACHED = "SELECT CAST(SUM(next_minute) AS BIGINT) FROM baselines WHERE objective = $1";
    FORGET = "DELETE FROM baselines WHERE objective = $1";
    SAVE_HOUR = "INSERT INTO baseline_hours (objective, measure, hour, expected, low, high)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (objective, measure, hour) DO UPDATE SET expected = excluded.expected,
            low = excluded.low, high = excluded.high";
    HOURS = "SELECT hour, expected, low, high FROM baseline_hours
        WHERE objective = $1 AND measure = $2 AND hour >= $3 AND hour < $4 ORDER BY hour";
    SAVE_LATENCY = "INSERT INTO latency_hours (objective, measure, hour, seconds) VALUES ($1, $2, $3, $4)
        ON CONFLICT (objective, measure, hour) DO UPDATE SET seconds = excluded.seconds";
    LATENCIES = "SELECT hour, seconds FROM latency_hours
        WHERE objective = $1 AND measure = $2 AND hour >= $3 AND hour < $4 ORDER BY hour";
    FORGET_LATENCIES = "DELETE FROM latency_hours WHERE objective = $1";
    DROP_LATENCIES = "DELETE FROM latency_hours WHERE hour < $1";
    FORGET_HOURS = "DELETE FROM baseline_hours WHERE objective = $1";
    FORGET_HOURS_FROM = "DELETE FROM baseline_hours WHERE objective = $1 AND hour >= $2";
    DROP_HOURS = "DELETE FROM baseline_hours WHERE hour < $1";
}

/// What was learned of one measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// Of what.
    pub measure: Measure,
    /// The settings that it was learned under, see [`WatchSettings::mark`].
    pub settings: String,
    /// The length of its steps.
    pub step: SliceMinutes,
    /// The first minute that it learned from.
    pub began: Minute,
    /// The first minute that it did not learn from yet.
    pub next: Minute,
    /// Was there too little to go by?
    pub is_learning: bool,
    /// What [`crate::domain::baseline::Baseline::numbers`] gave.
    pub memory: Vec<f64>,
}

/// How far a measure of an objective has been learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Whose.
    pub objective: ObjectiveId,
    /// Of what.
    pub measure: Measure,
    /// The end of the next step that is to be learned from.
    pub due: Minute,
}

#[derive(sqlx_macros::FromRow)]
struct ProgressRow {
    objective: i64,
    measure: String,
    next_minute: i64,
    step: i64,
}

impl TryFrom<ProgressRow> for Progress {
    type Error = StoreError;

    fn try_from(row: ProgressRow) -> Result<Self, StoreError> {
        let corrupt = || StoreError::corrupt("baselines", row.objective, format!("{} is no measure", row.measure));
        Ok(Self {
            objective: ObjectiveId(row.objective),
            measure: Measure::from_word(&row.measure).ok_or_else(corrupt)?,
            due: Minute(row.next_minute).plus(row.step),
        })
    }
}

#[derive(sqlx_macros::FromRow)]
struct SettingsRow {
    objective: i64,
    method: String,
    sensitivity: String,
    against: Option<String>,
    percent: Option<i64>,
    from_minute: Option<i64>,
    anew_at_deploys: i64,
    latencies: String,
}

#[derive(sqlx_macros::FromRow)]
struct LearnedRow {
    objective: i64,
    measure: String,
    settings: String,
    step: i64,
    began_minute: i64,
    next_minute: i64,
    is_learning: i64,
    memory: Vec<u8>,
}

#[derive(sqlx_macros::FromRow)]
struct HourRow {
    hour: i64,
    expected: f64,
    low: Option<f64>,
    high: Option<f64>,
}

impl TryFrom<SettingsRow> for WatchSettings {
    type Error = StoreError;

    fn try_from(row: SettingsRow) -> Result<Self, StoreError> {
        let corrupt = |why: String| StoreError::corrupt("baseline_settings", row.objective, why);
        let relative = row.against.zip(row.percent).map(|(word, percent)| {
            let against = Against::from_word(&word).ok_or_else(|| corrupt(format!("{word} is no day")))?;
            Relative::new(against, percent).map_err(|why| corrupt(why.to_string()))
        });
        Ok(Self {
            method: Method::from_word(&row.method).map_err(|why| corrupt(why.to_string()))?,
            sensitivity: Sensitivity::from_word(&row.sensitivity)
                .ok_or_else(|| corrupt(format!("{} is no sensitivity", row.sensitivity)))?,
            relative: relative.transpose()?,
            from: row.from_minute.map(Minute),
            anew_at_deploys: row.anew_at_deploys != 0,
            latencies: Latencies::from_words(&row.latencies)
                .ok_or_else(|| corrupt(format!("{} are no measures of a latency", row.latencies)))?,
        })
    }
}

impl TryFrom<LearnedRow> for Learned {
    type Error = StoreError;

    fn try_from(row: LearnedRow) -> Result<Self, StoreError> {
        let corrupt =
            |why: &str| StoreError::corrupt("baselines", format!("{}, {}", row.objective, row.measure), why.to_owned());
        let (numbers, rest) = row.memory.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(corrupt("the memory is no row of numbers"));
        }
        Ok(Self {
            measure: Measure::from_word(&row.measure).ok_or_else(|| corrupt("there is no such measure"))?,
            step: SliceMinutes::new(row.step).map_err(|_none| corrupt("there is no such step"))?,
            began: Minute(row.began_minute),
            next: Minute(row.next_minute),
            is_learning: row.is_learning != 0,
            memory: numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect(),
            settings: row.settings,
        })
    }
}

impl From<HourRow> for HourBand {
    fn from(row: HourRow) -> Self {
        Self { hour: Hour(row.hour), band: Band { expected: row.expected, low: row.low, high: row.high } }
    }
}

/// How an objective is watched; the defaults unless people chose.
pub async fn settings(db: &Db, objective: ObjectiveId) -> Result<WatchSettings, StoreError> {
    let row: Option<SettingsRow> = on!(db, |ex| sqlx::query_as(SETTINGS).bind(objective.0).fetch_optional(ex).await)?;
    row.map_or_else(|| Ok(WatchSettings::default()), WatchSettings::try_from)
}

/// Keeps how an objective is watched.
pub async fn save_settings(tx: &mut Tx, objective: ObjectiveId, settings: &WatchSettings) -> Result<(), StoreError> {
    let (against, percent) = settings.relative.map(|rule| (rule.against.word(), rule.percent())).unzip();
    in_tx!(tx, |ex| {
        sqlx::query(SAVE_SETTINGS)
            .bind(objective.0)
            .bind(settings.method.word())
            .bind(settings.sensitivity.word())
            .bind(against)
            .bind(percent)
            .bind(settings.from.map(|from| from.0))
            .bind(i64::from(settings.anew_at_deploys))
            .bind(settings.latencies.words())
            .execute(ex)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// What was learned of an objective, by measure.
pub async fn learned(db: &Db, objective: ObjectiveId) -> Result<Vec<Learned>, StoreError> {
    let rows: Vec<LearnedRow> = on!(db, |ex| sqlx::query_as(LEARNED).bind(objective.0).fetch_all(ex).await)?;
    all(rows)
}

/// How far every measure of every objective has been learned, by objective.
pub async fn progress(db: &Db) -> Result<Vec<Progress>, StoreError> {
    let rows: Vec<ProgressRow> = on!(db, |ex| sqlx::query_as(PROGRESS).fetch_all(ex).await)?;
    all(rows)
}

/// Is what was learned still the same? From here on, nobody else changes it before the transaction ends.
pub async fn is_still(tx: &mut Tx, objective: ObjectiveId, known: &[Learned]) -> Result<bool, StoreError> {
    tx.lock(Lock::Baseline(objective)).await?;
    let sum: Option<i64> = in_tx!(tx, |ex| sqlx::query_scalar(REACHED).bind(objective.0).fetch_one(ex).await)?;
    Ok(sum.unwrap_or_default() == known.iter().map(|learned| learned.next.0).sum::<i64>())
}

/// Keeps what was learned, in place of what was known of the measure before.
pub async fn save(tx: &mut Tx, objective: ObjectiveId, learned: &Learned) -> Result<(), StoreError> {
    let memory: Vec<u8> = learned.memory.iter().flat_map(|number| number.to_le_bytes()).collect();
    in_tx!(tx, |ex| {
        sqlx::query(SAVE)
            .bind(objective.0)
            .bind(learned.measure.word())
            .bind(&learned.settings)
            .bind(learned.step.minutes())
            .bind(learned.began.0)
            .bind(learned.next.0)
            .bind(i64::from(learned.is_learning))
            .bind(memory)
            .execute(ex)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Keeps what was expected of some hours.
pub async fn save_hours(
    tx: &mut Tx,
    objective: ObjectiveId,
    measure: Measure,
    hours: &[HourBand],
) -> Result<(), StoreError> {
    for hour in hours {
        let band = hour.band;
        in_tx!(&mut *tx, |ex| {
            sqlx::query(SAVE_HOUR)
                .bind(objective.0)
                .bind(measure.word())
                .bind(hour.hour.0)
                .bind(band.expected)
                .bind(band.low)
                .bind(band.high)
                .execute(ex)
                .await
                .map(drop)
        })?;
    }
    Ok(())
}

/// Keeps what a measure of a latency was in some hours, in seconds.
pub async fn save_latencies(
    tx: &mut Tx,
    objective: ObjectiveId,
    measure: Measure,
    hours: &[(Hour, f64)],
) -> Result<(), StoreError> {
    for (hour, seconds) in hours {
        in_tx!(&mut *tx, |ex| {
            let query = sqlx::query(SAVE_LATENCY).bind(objective.0).bind(measure.word()).bind(hour.0).bind(seconds);
            query.execute(ex).await.map(drop)
        })?;
    }
    Ok(())
}

/// What a measure of a latency was in the hours that touch a span, in seconds and in order of time, as far as it was learned.
pub async fn latencies(
    db: &Db,
    objective: ObjectiveId,
    measure: Measure,
    span: Span,
) -> Result<Vec<(Hour, f64)>, StoreError> {
    let (low, high) = hour_bounds(span);
    let rows: Vec<(i64, f64)> = on!(db, |ex| {
        let query = sqlx::query_as(LATENCIES).bind(objective.0).bind(measure.word()).bind(low).bind(high);
        query.fetch_all(ex).await
    })?;
    Ok(rows.into_iter().map(|(hour, seconds)| (Hour(hour), seconds)).collect())
}

/// What was expected of the hours that touch a span, in order of time; hours of learning are missing.
pub async fn hours(db: &Db, objective: ObjectiveId, measure: Measure, span: Span) -> Result<Vec<HourBand>, StoreError> {
    let (low, high) = hour_bounds(span);
    let rows: Vec<HourRow> = on!(db, |ex| {
        let query = sqlx::query_as(HOURS).bind(objective.0).bind(measure.word()).bind(low).bind(high);
        query.fetch_all(ex).await
    })?;
    Ok(rows.into_iter().map(HourBand::from).collect())
}

/// Forgets all that was learned of an objective, so that it is learned anew.
pub async fn forget(tx: &mut Tx, objective: ObjectiveId) -> Result<(), StoreError> {
    in_tx!(&mut *tx, |ex| sqlx::query(FORGET).bind(objective.0).execute(ex).await.map(drop))?;
    in_tx!(&mut *tx, |ex| sqlx::query(FORGET_HOURS).bind(objective.0).execute(ex).await.map(drop))?;
    in_tx!(tx, |ex| sqlx::query(FORGET_LATENCIES).bind(objective.0).execute(ex).await.map(drop))?;
    Ok(())
}

/// Forgets what was expected of the hours from one on.
pub async fn forget_hours(tx: &mut Tx, objective: ObjectiveId, from: Hour) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(FORGET_HOURS_FROM).bind(objective.0).bind(from.0).execute(ex).await.map(drop))?;
    Ok(())
}

/// Drops the bands and the latencies before an hour.
pub async fn drop_hours(tx: &mut Tx, before: Hour) -> Result<(), StoreError> {
    in_tx!(&mut *tx, |ex| sqlx::query(DROP_LATENCIES).bind(before.0).execute(ex).await.map(drop))?;
    in_tx!(tx, |ex| sqlx::query(DROP_HOURS).bind(before.0).execute(ex).await.map(drop))?;
    Ok(())
}
