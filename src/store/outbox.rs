//! Reports on their way to their recipients.
//!
//! A delivery is written in the transaction that finishes a schedule's run or keeps a correction, claimed by lease, and kept with its last answer: a
//! dead mail server loses nothing, and only a crash between the server's acceptance and [`record_sent`] sends twice, then
//! under the same Message-ID.

use crate::domain::ids::{AgreementId, DeliveryId, ReportId, RunId};
use crate::domain::time::Instant;
use crate::store::db::Lock;
use crate::store::{Db, Page, StoreError, Tx, all};

macro_rules! deliveries {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.report, d.run, d.recipient, d.subject, d.message_id, d.state, d.created_at, d.attempts, ",
            "d.next_at, d.last_at, d.last_answer, CAST(LENGTH(d.mime) AS BIGINT) AS letter_bytes FROM deliveries d ",
            $rest
        )
    };
}

statements! {
    ENQUEUE = "INSERT INTO deliveries (report, run, recipient, subject, message_id, mime, state, created_at, next_at, trial)
        VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $7, $8) RETURNING id";
    // the outer WHERE repeats the condition: without it PostgreSQL gave one row to two claimers
    CLAIM_DUE = "UPDATE deliveries SET lease_holder = $1, lease_until = $2
        WHERE state = 'queued' AND next_at <= $3 AND lease_until <= $3 AND id IN (
            SELECT id FROM deliveries WHERE state = 'queued' AND next_at <= $3 AND lease_until <= $3
            ORDER BY next_at, id LIMIT $4)
        RETURNING id, report, recipient, message_id, mime, attempts";
    SENT = "UPDATE deliveries SET state = 'sent', attempts = attempts + 1, last_at = $3, last_answer = $4,
        lease_holder = '', lease_until = 0 WHERE id = $1 AND lease_holder = $2 AND state = 'queued'";
    FAILED = "UPDATE deliveries SET state = $5, next_at = $6, attempts = attempts + 1, last_at = $3, last_answer = $4,
        lease_holder = '', lease_until = 0 WHERE id = $1 AND lease_holder = $2 AND state = 'queued'";
    RENEW = "UPDATE deliveries SET lease_until = $3 WHERE id = $1 AND lease_holder = $2 AND state = 'queued'";
    RELEASE_ALL = "UPDATE deliveries SET lease_holder = '', lease_until = 0 WHERE lease_holder <> ''";
    RELEASE = "UPDATE deliveries SET lease_holder = '', lease_until = 0 WHERE id = $1 AND lease_holder = $2";
    RETRY = "UPDATE deliveries SET state = 'queued', next_at = $2 WHERE id = $1 AND state <> 'sent' AND LENGTH(mime) > 0";
    REMOVE_LETTERS = "UPDATE deliveries SET mime = $2 WHERE state <> 'queued'
        AND (report = $1 OR run IN (SELECT p.run FROM run_reports p WHERE p.report = $1))";
    LIST_BY_REPORT = deliveries!("WHERE d.report = $1
        OR d.run IN (SELECT p.run FROM run_reports p WHERE p.report = $1) ORDER BY d.id");
    LIST = deliveries!("WHERE (CAST($1 AS TEXT) = '' OR d.state = $1) ORDER BY d.id DESC LIMIT $2 OFFSET $3");
    FIND = deliveries!("WHERE d.id = $1");
    SENT_BY_HAND = "SELECT DISTINCT d.recipient FROM deliveries d JOIN reports r ON r.id = d.report
        WHERE r.agreement = $1 AND r.label = $2 AND r.provisional = FALSE AND d.run IS NULL AND d.trial = FALSE";
    HAD = "SELECT DISTINCT d.recipient FROM deliveries d
        WHERE d.report = $1 AND d.run IS NULL AND d.trial = FALSE AND d.state <> 'dead'";
    COUNTS = "SELECT state, CAST(COUNT(*) AS BIGINT) AS count FROM deliveries GROUP BY state";
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// To be sent, now or later.
    Queued,
    /// Accepted by the mail server.
    Sent,
    /// Given up.
    Dead,
}

impl DeliveryState {
    /// The word that is stored and shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Dead => "dead",
        }
    }

    /// Where a delivery may stand, those that need somebody first.
    pub const ALL: [Self; 3] = [Self::Dead, Self::Queued, Self::Sent];

    /// What a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// One report on its way to one recipient, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Identity.
    pub id: DeliveryId,
    /// Which report; of a pack, the first.
    pub report: ReportId,
    /// The run of a schedule that it belongs to; nothing for a correction, and for what was sent by hand.
    pub run: Option<RunId>,
    /// To whom.
    pub recipient: String,
    /// The mail's subject; empty in deliveries from before it was kept.
    pub subject: String,
    /// Message-ID, the same at every attempt.
    pub message_id: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// When it was enqueued.
    pub created_at: Instant,
    /// Attempts so far.
    pub attempts: i64,
    /// When to try (again), while queued.
    pub next_at: Instant,
    /// The last attempt.
    pub last_at: Option<Instant>,
    /// What the mail server, or the way to it, said at the last attempt.
    pub last_answer: String,
    /// Was the message removed, with a report that it was about?
    pub is_removed: bool,
}

/// A message that is to be put on its way.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Which report; of a pack, the first.
    pub report: ReportId,
    /// The run of a schedule that it belongs to.
    pub run: Option<RunId>,
    /// To whom.
    pub recipient: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// Message-ID, already in the message.
    pub message_id: &'a str,
    /// The message, as it goes over the wire.
    pub mime: &'a [u8],
    /// Does it only show what would be sent?
    pub is_trial: bool,
}

/// A delivery to be made now.
#[derive(Clone, Debug, PartialEq, Eq, sqlx_macros::FromRow)]
struct ClaimedRow {
    id: i64,
    report: i64,
    recipient: String,
    message_id: String,
    mime: Vec<u8>,
    attempts: i64,
}

/// A delivery to be made now, by the holder of its lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Identity.
    pub id: DeliveryId,
    /// Which report.
    pub report: ReportId,
    /// To whom.
    pub recipient: String,
    /// Message-ID, already in the message.
    pub message_id: String,
    /// The message, as it goes over the wire.
    pub mime: Vec<u8>,
    /// Attempts before this one.
    pub attempts: i64,
}

/// How many deliveries stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// To be sent.
    pub queued: i64,
    /// Accepted.
    pub sent: i64,
    /// Given up.
    pub dead: i64,
}

#[derive(sqlx_macros::FromRow)]
struct DeliveryRow {
    id: i64,
    report: i64,
    run: Option<i64>,
    recipient: String,
    subject: String,
    message_id: String,
    state: String,
    created_at: i64,
    attempts: i64,
    next_at: i64,
    last_at: Option<i64>,
    last_answer: String,
    letter_bytes: i64,
}

#[derive(sqlx_macros::FromRow)]
struct CountRow {
    state: String,
    count: i64,
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = StoreError;

    fn try_from(row: DeliveryRow) -> Result<Self, StoreError> {
        let state = DeliveryState::from_word(&row.state);
        Ok(Self {
            id: DeliveryId(row.id),
            report: ReportId(row.report),
            state: state
                .ok_or_else(|| StoreError::corrupt("deliveries", row.id, format!("{} is no state", row.state)))?,
            run: row.run.map(RunId),
            recipient: row.recipient,
            subject: row.subject,
            message_id: row.message_id,
            created_at: Instant::from_seconds(row.created_at),
            attempts: row.attempts,
            next_at: Instant::from_seconds(row.next_at),
            last_at: row.last_at.map(Instant::from_seconds),
            last_answer: row.last_answer,
            is_removed: row.letter_bytes == 0,
        })
    }
}

impl From<ClaimedRow> for Claimed {
    fn from(row: ClaimedRow) -> Self {
        Self {
            id: DeliveryId(row.id),
            report: ReportId(row.report),
            recipient: row.recipient,
            message_id: row.message_id,
            mime: row.mime,
            attempts: row.attempts,
        }
    }
}

/// Puts a message on its way, due at once. `Conflict` on `deliveries.message_id` if that message is there already.
pub async fn enqueue(tx: &mut Tx, message: Outgoing<'_>, now: Instant) -> Result<DeliveryId, StoreError> {
    let id: i64 = in_tx!(tx, |ex| {
        let query = sqlx::query_scalar(ENQUEUE).bind(message.report.0).bind(message.run.map(|run| run.0));
        let query = query.bind(message.recipient).bind(message.subject).bind(message.message_id).bind(message.mime);
        query.bind(now.seconds()).bind(message.is_trial).fetch_one(ex).await
    })?;
    Ok(DeliveryId(id))
}

/// Takes the lease of at most `limit` due deliveries, longest due first, for `lease_seconds`. `holder` names one worker of
/// one process and is never reused by another.
pub async fn claim_due(
    db: &Db,
    now: Instant,
    lease_seconds: i64,
    holder: &str,
    limit: i64,
) -> Result<Vec<Claimed>, StoreError> {
    let until = now.plus_seconds(lease_seconds).seconds();
    let mut tx = db.begin_write().await?;
    tx.lock(Lock::OutboxClaims).await?;
    let rows: Vec<ClaimedRow> = in_tx!(&mut tx, |ex| {
        sqlx::query_as(CLAIM_DUE).bind(holder).bind(until).bind(now.seconds()).bind(limit).fetch_all(ex).await
    })?;
    tx.commit().await?;
    Ok(rows.into_iter().map(Claimed::from).collect())
}

/// Keeps the lease until `lease_seconds` from now; false if it is no longer the holder's, who must then not send.
pub async fn renew_lease(
    tx: &mut Tx,
    id: DeliveryId,
    holder: &str,
    now: Instant,
    lease_seconds: i64,
) -> Result<bool, StoreError> {
    let until = now.plus_seconds(lease_seconds).seconds();
    let done =
        in_tx!(tx, |ex| sqlx::query(RENEW).bind(id.0).bind(holder).bind(until).execute(ex).await?.rows_affected());
    Ok(done > 0)
}

/// Gives every lease back: for the only instance on a database, before it begins, because whoever held one is dead.
pub async fn release_all(tx: &mut Tx) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(RELEASE_ALL).execute(ex).await.map(drop))?;
    Ok(())
}

/// Books that the mail server took the message. `Conflict` if the lease is no longer the holder's.
pub async fn record_sent(
    tx: &mut Tx,
    id: DeliveryId,
    holder: &str,
    now: Instant,
    answer: &str,
) -> Result<(), StoreError> {
    let done = in_tx!(tx, |ex| {
        let query = sqlx::query(SENT).bind(id.0).bind(holder).bind(now.seconds()).bind(answer);
        query.execute(ex).await?.rows_affected()
    });
    held(done, id, holder)
}

/// Books that it did not: try again at `next_at`, or, if there is none, give up. `Conflict` if the lease is no longer the
/// holder's.
pub async fn record_failed(
    tx: &mut Tx,
    id: DeliveryId,
    holder: &str,
    now: Instant,
    next_at: Option<Instant>,
    answer: &str,
) -> Result<(), StoreError> {
    let state = if next_at.is_some() { DeliveryState::Queued } else { DeliveryState::Dead };
    let next_at = next_at.unwrap_or(now);
    let done = in_tx!(tx, |ex| {
        let query = sqlx::query(FAILED).bind(id.0).bind(holder).bind(now.seconds()).bind(answer);
        query.bind(state.word()).bind(next_at.seconds()).execute(ex).await?.rows_affected()
    });
    held(done, id, holder)
}

/// Gives the lease back without an attempt, as at a stop. Nothing happens if it is no longer the holder's.
pub async fn release(tx: &mut Tx, id: DeliveryId, holder: &str) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(RELEASE).bind(id.0).bind(holder).execute(ex).await.map(drop))?;
    Ok(())
}

/// Removes the messages about a report that are not on their way any more; who was sent what, and when, stays.
pub async fn remove_letters(tx: &mut Tx, report: ReportId) -> Result<(), StoreError> {
    let nothing: &[u8] = &[];
    in_tx!(tx, |ex| sqlx::query(REMOVE_LETTERS).bind(report.0).bind(nothing).execute(ex).await.map(drop))?;
    Ok(())
}

/// Makes a delivery that is queued or given up, and whose message is still kept, due at `at`; whether there was one.
pub async fn retry(tx: &mut Tx, id: DeliveryId, at: Instant) -> Result<bool, StoreError> {
    let at = at.seconds();
    let done = in_tx!(tx, |ex| sqlx::query(RETRY).bind(id.0).bind(at).execute(ex).await?.rows_affected());
    Ok(done > 0)
}

/// The deliveries of a report, in the order in which they were enqueued.
pub async fn list_by_report(db: &Db, report: ReportId) -> Result<Vec<Delivery>, StoreError> {
    let rows: Vec<DeliveryRow> = on!(db, |ex| sqlx::query_as(LIST_BY_REPORT).bind(report.0).fetch_all(ex).await)?;
    all(rows)
}

/// The addresses that were mailed a final report of an agreement's period, or a correction of it, by no schedule's run.
pub async fn sent_by_hand(tx: &mut Tx, agreement: AgreementId, label: &str) -> Result<Vec<String>, StoreError> {
    Ok(in_tx!(tx, |ex| sqlx::query_scalar(SENT_BY_HAND).bind(agreement.0).bind(label).fetch_all(ex).await)?)
}

/// The addresses that were mailed exactly this report by no schedule's run: by hand, or as a correction.
pub async fn had(tx: &mut Tx, report: ReportId) -> Result<Vec<String>, StoreError> {
    Ok(in_tx!(tx, |ex| sqlx::query_scalar(HAD).bind(report.0).fetch_all(ex).await)?)
}

/// The delivery with this identity.
pub async fn find(db: &Db, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    let row: Option<DeliveryRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(Delivery::try_from).transpose()
}

/// All deliveries, or those that stand in one place, newest first.
pub async fn list(db: &Db, state: Option<DeliveryState>, page: Page) -> Result<Vec<Delivery>, StoreError> {
    let state = state.map_or("", DeliveryState::word);
    let rows: Vec<DeliveryRow> =
        on!(db, |ex| sqlx::query_as(LIST).bind(state).bind(page.limit).bind(page.offset).fetch_all(ex).await)?;
    all(rows)
}

/// How many deliveries stand where.
pub async fn counts(db: &Db) -> Result<Counts, StoreError> {
    let rows: Vec<CountRow> = on!(db, |ex| sqlx::query_as(COUNTS).fetch_all(ex).await)?;
    let of = |state: DeliveryState| rows.iter().find(|row| row.state == state.word()).map_or(0, |row| row.count);
    Ok(Counts { queued: of(DeliveryState::Queued), sent: of(DeliveryState::Sent), dead: of(DeliveryState::Dead) })
}

fn held(rows_affected: u64, id: DeliveryId, holder: &str) -> Result<(), StoreError> {
    if rows_affected == 0 {
        return Err(StoreError::conflict(format!("the lease of delivery {id} is no longer held by {holder}")));
    }
    Ok(())
}
