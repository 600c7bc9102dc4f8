//! Schedules, and their runs: what each mails about a period, once.
//!
//! A run is booked when it is due, and done in the transaction that puts its mail on its way; a period has at most one run
//! of a schedule, whoever looks and however often.

use crate::domain::calendar::PeriodKind;
use crate::domain::ids::{AgreementId, ReportId, RunId, ScheduleId};
use crate::domain::model::EmailAddress;
use crate::domain::report_schedule::{Attached, Only, ReportSchedule, ScheduleDraft, Scope};
use crate::domain::rhythm::Rhythm;
use crate::domain::time::Instant;
use crate::language::Language;
use crate::store::{Db, Page, StoreError, Tx, all, met};
use chrono_tz::Tz;

macro_rules! schedules {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.name, s.agreement, s.customer, s.covers, s.rhythm, s.zone, s.recipients, s.reply_to, s.prefix, ",
            "s.only_when, s.attached, s.language, s.created_at, s.booked_until, s.paused_at, s.archived_at FROM schedules s ",
            $rest
        )
    };
}

statements! {
    INSERT = "INSERT INTO schedules (name, agreement, customer, covers, rhythm, zone, recipients, reply_to, prefix,
            only_when, attached, language, created_at, booked_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) RETURNING id";
    UPDATE = "UPDATE schedules SET name = $2, agreement = $3, customer = $4, covers = $5, rhythm = $6, zone = $7,
        recipients = $8, reply_to = $9, prefix = $10, only_when = $11, attached = $12, language = $13 WHERE id = $1";
    MOVE_BOOKING = "UPDATE schedules SET booked_until = $3 WHERE id = $1 AND booked_until = $2 AND archived_at IS NULL";
    PAUSE = "UPDATE schedules SET paused_at = $2 WHERE id = $1 AND archived_at IS NULL";
    ARCHIVE = "UPDATE schedules SET archived_at = $2 WHERE id = $1 AND archived_at IS NULL";
    FIND = schedules!("WHERE s.id = $1");
    LIST = schedules!("WHERE s.archived_at IS NULL ORDER BY s.name, s.id");
    BOOK = "INSERT INTO runs (schedule, label, due_at, state) VALUES ($1, $2, $3, 'waiting')
        ON CONFLICT (schedule, label) DO NOTHING";
    WAITING = "SELECT r.id, r.schedule, r.label, r.due_at, r.state, r.done_at, r.note
        FROM runs r JOIN schedules s ON s.id = r.schedule
        WHERE r.state = 'waiting' AND s.paused_at IS NULL AND s.archived_at IS NULL ORDER BY r.due_at, r.id";
    RUNS = "SELECT r.id, r.schedule, r.label, r.due_at, r.state, r.done_at, r.note FROM runs r
        WHERE r.schedule = $1 ORDER BY r.due_at DESC, r.id DESC LIMIT $2 OFFSET $3";
    FINISH = "UPDATE runs SET state = $2, done_at = $3, note = $4 WHERE id = $1 AND state = 'waiting'";
    TELL_REPORT = "INSERT INTO run_reports (run, report) VALUES ($1, $2)";
    /// Whoever had the mail of that period, or would have had it if it had said something else.
    SERVED = "SELECT s.id, s.name, s.agreement, s.customer, s.covers, s.rhythm, s.zone, s.recipients, s.reply_to, s.prefix,
            s.only_when, s.attached, s.language, s.created_at, s.booked_until, s.paused_at, s.archived_at, r.state
        FROM schedules s JOIN runs r ON r.schedule = s.id AND r.label = $2 AND r.state <> 'waiting'
        WHERE s.archived_at IS NULL AND s.paused_at IS NULL AND (s.agreement = $1
            OR (s.agreement IS NULL AND s.customer IS NULL)
            OR s.customer = (SELECT a.customer FROM agreements a WHERE a.id = $1)) ORDER BY s.id";
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunState {
    /// Due, but its reports are not final yet.
    Waiting,
    /// Its mail is on its way.
    Sent,
    /// There was nothing to mail.
    Skipped,
}

impl RunState {
    const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::Skipped];

    /// The word that is stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Skipped => "skipped",
        }
    }
}

/// What a schedule mails about one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Identity.
    pub id: RunId,
    /// Of which schedule.
    pub schedule: ScheduleId,
    /// About which period, such as `2026-W46`.
    pub label: String,
    /// When it was due.
    pub due_at: Instant,
    /// What became of it.
    pub state: RunState,
    /// When.
    pub done_at: Option<Instant>,
    /// Why nothing was mailed, or what was missing; may be empty.
    pub note: String,
}

#[derive(sqlx_macros::FromRow)]
struct ScheduleRow {
    id: i64,
    name: String,
    agreement: Option<i64>,
    customer: Option<String>,
    covers: String,
    rhythm: String,
    zone: String,
    recipients: String,
    reply_to: String,
    prefix: String,
    only_when: String,
    attached: String,
    language: String,
    created_at: i64,
    booked_until: i64,
    paused_at: Option<i64>,
    archived_at: Option<i64>,
}

#[derive(sqlx_macros::FromRow)]
struct ServedRow {
    #[sqlx(flatten)]
    schedule: ScheduleRow,
    state: String,
}

#[derive(sqlx_macros::FromRow)]
struct RunRow {
    id: i64,
    schedule: i64,
    label: String,
    due_at: i64,
    state: String,
    done_at: Option<i64>,
    note: String,
}

impl TryFrom<ScheduleRow> for ReportSchedule {
    type Error = StoreError;

    fn try_from(row: ScheduleRow) -> Result<Self, StoreError> {
        let id = row.id;
        let corrupt = |what: &str, text: &str| StoreError::corrupt("schedules", id, format!("{text:?} is no {what}"));
        let zone: Tz = row.zone.parse().map_err(|_unknown| corrupt("time zone", &row.zone))?;
        let addresses: Vec<String> =
            serde_json::from_str(&row.recipients).map_err(|why| StoreError::corrupt("schedules", id, why))?;
        let address = |text: &str| EmailAddress::parse(text).ok_or_else(|| corrupt("address", text));
        let given = |text: &str| !text.is_empty();
        Ok(Self {
            id: ScheduleId(id),
            draft: ScheduleDraft {
                scope: match (row.agreement, row.customer) {
                    (Some(agreement), _) => Scope::Agreement(AgreementId(agreement)),
                    (None, Some(customer)) => Scope::Customer(customer),
                    (None, None) => Scope::House,
                },
                covers: Some(row.covers.as_str())
                    .filter(|text| given(text))
                    .map(|text| PeriodKind::from_word(text).ok_or_else(|| corrupt("period", text)))
                    .transpose()?,
                rhythm: Rhythm::parse(&row.rhythm, zone).map_err(|_why| corrupt("rhythm", &row.rhythm))?,
                recipients: addresses.iter().map(|text| address(text)).collect::<Result<_, _>>()?,
                reply_to: Some(row.reply_to.as_str()).filter(|text| given(text)).map(address).transpose()?,
                only: Only::from_word(&row.only_when).ok_or_else(|| corrupt("choice", &row.only_when))?,
                attached: Attached::from_words(&row.attached).ok_or_else(|| corrupt("format", &row.attached))?,
                language: Some(row.language.as_str())
                    .filter(|text| given(text))
                    .map(|text| Language::from_word(text).ok_or_else(|| corrupt("language", text)))
                    .transpose()?,
                prefix: row.prefix,
                name: row.name,
            },
            created_at: Instant::from_seconds(row.created_at),
            booked_until: Instant::from_seconds(row.booked_until),
            paused_at: row.paused_at.map(Instant::from_seconds),
            archived_at: row.archived_at.map(Instant::from_seconds),
        })
    }
}

impl TryFrom<RunRow> for Run {
    type Error = StoreError;

    fn try_from(row: RunRow) -> Result<Self, StoreError> {
        let state = RunState::ALL.into_iter().find(|state| state.word() == row.state);
        Ok(Self {
            id: RunId(row.id),
            schedule: ScheduleId(row.schedule),
            state: state.ok_or_else(|| StoreError::corrupt("runs", row.id, format!("{} is no state", row.state)))?,
            label: row.label,
            due_at: Instant::from_seconds(row.due_at),
            done_at: row.done_at.map(Instant::from_seconds),
            note: row.note,
        })
    }
}

/// A draft's columns, in the order of the statements.
macro_rules! bound {
    ($query:expr, $draft:expr, $recipients:expr) => {{
        let draft: &ScheduleDraft = $draft;
        let (agreement, customer) = match &draft.scope {
            Scope::Agreement(id) => (Some(id.0), None),
            Scope::Customer(name) => (None, Some(name.as_str())),
            Scope::House => (None, None),
        };
        $query
            .bind(&draft.name)
            .bind(agreement)
            .bind(customer)
            .bind(draft.covers.map_or("", PeriodKind::word))
            .bind(draft.rhythm.when.to_string())
            .bind(draft.rhythm.zone.name())
            .bind($recipients)
            .bind(draft.reply_to.as_ref().map_or("", EmailAddress::as_str))
            .bind(&draft.prefix)
            .bind(draft.only.word())
            .bind(draft.attached.words())
            .bind(draft.language.map_or("", Language::word))
    }};
}

fn recipients_text(draft: &ScheduleDraft) -> Result<String, StoreError> {
    let recipients: Vec<&str> = draft.recipients.iter().map(EmailAddress::as_str).collect();
    serde_json::to_string(&recipients).map_err(|why| StoreError::corrupt("schedules", &draft.name, why))
}

/// Keeps a new schedule; what was due before `now` is none of its business.
pub async fn insert(tx: &mut Tx, draft: &ScheduleDraft, now: Instant) -> Result<ScheduleId, StoreError> {
    let recipients = recipients_text(draft)?;
    let id: i64 = in_tx!(tx, |ex| {
        bound!(sqlx::query_scalar(INSERT), draft, recipients).bind(now.seconds()).fetch_one(ex).await
    })?;
    Ok(ScheduleId(id))
}

/// Changes what a schedule says.
pub async fn update(tx: &mut Tx, id: ScheduleId, draft: &ScheduleDraft) -> Result<(), StoreError> {
    let recipients = recipients_text(draft)?;
    let done = in_tx!(tx, |ex| {
        bound!(sqlx::query(UPDATE).bind(id.0), draft, recipients).execute(ex).await?.rows_affected()
    });
    met(done, "schedule", id)
}

/// Says up to when everything is booked; false if somebody else did meanwhile, or it is archived.
pub async fn move_booking(tx: &mut Tx, id: ScheduleId, from: Instant, to: Instant) -> Result<bool, StoreError> {
    let done = in_tx!(tx, |ex| {
        let query = sqlx::query(MOVE_BOOKING).bind(id.0).bind(from.seconds()).bind(to.seconds());
        query.execute(ex).await?.rows_affected()
    });
    Ok(done > 0)
}

/// Pauses a schedule, or with nothing resumes it.
pub async fn pause(tx: &mut Tx, id: ScheduleId, at: Option<Instant>) -> Result<(), StoreError> {
    let at = at.map(Instant::seconds);
    let done = in_tx!(tx, |ex| sqlx::query(PAUSE).bind(id.0).bind(at).execute(ex).await?.rows_affected());
    met(done, "schedule", id)
}

/// Archives a schedule for good.
pub async fn archive(tx: &mut Tx, id: ScheduleId, at: Instant) -> Result<(), StoreError> {
    let at = at.seconds();
    let done = in_tx!(tx, |ex| sqlx::query(ARCHIVE).bind(id.0).bind(at).execute(ex).await?.rows_affected());
    met(done, "schedule", id)
}

/// The schedule with this identity, archived or not.
pub async fn find(db: &Db, id: ScheduleId) -> Result<Option<ReportSchedule>, StoreError> {
    let row: Option<ScheduleRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(ReportSchedule::try_from).transpose()
}

/// Every schedule that is not archived, by name.
pub async fn list(db: &Db) -> Result<Vec<ReportSchedule>, StoreError> {
    let rows: Vec<ScheduleRow> = on!(db, |ex| sqlx::query_as(LIST).fetch_all(ex).await)?;
    all(rows)
}

/// Books a run, unless that period has one.
pub async fn book(tx: &mut Tx, schedule: ScheduleId, label: &str, due_at: Instant) -> Result<(), StoreError> {
    let due_at = due_at.seconds();
    in_tx!(tx, |ex| sqlx::query(BOOK).bind(schedule.0).bind(label).bind(due_at).execute(ex).await.map(drop))?;
    Ok(())
}

/// The runs of live schedules that are due and not done, the longest due first.
pub async fn waiting(db: &Db) -> Result<Vec<Run>, StoreError> {
    let rows: Vec<RunRow> = on!(db, |ex| sqlx::query_as(WAITING).fetch_all(ex).await)?;
    all(rows)
}

/// A schedule's runs, the newest first.
pub async fn runs(db: &Db, schedule: ScheduleId, page: Page) -> Result<Vec<Run>, StoreError> {
    let rows: Vec<RunRow> =
        on!(db, |ex| sqlx::query_as(RUNS).bind(schedule.0).bind(page.limit).bind(page.offset).fetch_all(ex).await)?;
    all(rows)
}

/// Says what became of a run, and which reports it mailed; false if somebody else was faster.
pub async fn finish(
    tx: &mut Tx,
    run: RunId,
    (state, note): (RunState, &str),
    reports: &[ReportId],
    at: Instant,
) -> Result<bool, StoreError> {
    let done = in_tx!(&mut *tx, |ex| {
        let query = sqlx::query(FINISH).bind(run.0).bind(state.word()).bind(at.seconds()).bind(note);
        query.execute(ex).await?.rows_affected()
    });
    if done == 0 {
        return Ok(false);
    }
    for report in reports {
        in_tx!(&mut *tx, |ex| sqlx::query(TELL_REPORT).bind(run.0).bind(report.0).execute(ex).await.map(drop))?;
    }
    Ok(true)
}

/// The live schedules that are done with an agreement's period: whether each mailed it, or skipped it.
pub async fn served(
    tx: &mut Tx,
    agreement: AgreementId,
    label: &str,
) -> Result<Vec<(ReportSchedule, bool)>, StoreError> {
    let rows: Vec<ServedRow> =
        in_tx!(tx, |ex| sqlx::query_as(SERVED).bind(agreement.0).bind(label).fetch_all(ex).await)?;
    let served = |row: ServedRow| Ok((row.schedule.try_into()?, row.state == RunState::Sent.word()));
    rows.into_iter().map(served).collect()
}
