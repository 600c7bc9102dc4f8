//! Links that show something to people without an account. Only the token's SHA-256 is kept, so that a copy of the
//! database opens nothing.

use crate::domain::ids::{AgreementId, ObjectiveId, ShareLinkId, UserId};
use crate::domain::time::Instant;
use crate::store::{Db, StoreError, Tx, met};

statements! {
    INSERT = "INSERT INTO share_links (token_hash, agreement, objective, note, made_by, made_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    FIND = "SELECT id, agreement, objective, note, made_by, made_at, expires_at, used_at, revoked_by, revoked_at
        FROM share_links WHERE id = $1";
    OPEN = "SELECT id, agreement, objective, note, made_by, made_at, expires_at, used_at, revoked_by, revoked_at
        FROM share_links
        WHERE token_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)";
    LIST = "SELECT id, agreement, objective, note, made_by, made_at, expires_at, used_at, revoked_by, revoked_at
        FROM share_links WHERE agreement = $1 ORDER BY id DESC";
    USE = "UPDATE share_links SET used_at = $2 WHERE id = $1";
    REVOKE = "UPDATE share_links SET revoked_by = $2, revoked_at = $3 WHERE id = $1 AND revoked_at IS NULL";
}

/// A link, without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareLink {
    /// Identity; ignored by [`insert`].
    pub id: ShareLinkId,
    /// The agreement that it shows, or whose objective it shows.
    pub agreement: AgreementId,
    /// The objective whose badge it is; none for the agreement's sheet.
    pub objective: Option<ObjectiveId>,
    /// For whom it is, in the words of whoever made it.
    pub note: String,
    /// Who made it.
    pub made_by: Option<UserId>,
    /// When.
    pub made_at: Instant,
    /// From when on it shows nothing; none for a badge.
    pub expires_at: Option<Instant>,
    /// When it was last used, to within some minutes.
    pub used_at: Option<Instant>,
    /// Who revoked it.
    pub revoked_by: Option<UserId>,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
}

impl ShareLink {
    /// Does it show anything at that moment?
    #[must_use]
    pub fn is_open(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }
}

#[derive(sqlx_macros::FromRow)]
struct LinkRow {
    id: i64,
    agreement: i64,
    objective: Option<i64>,
    note: String,
    made_by: Option<i64>,
    made_at: i64,
    expires_at: Option<i64>,
    used_at: Option<i64>,
    revoked_by: Option<i64>,
    revoked_at: Option<i64>,
}

impl From<LinkRow> for ShareLink {
    fn from(row: LinkRow) -> Self {
        Self {
            id: ShareLinkId(row.id),
            agreement: AgreementId(row.agreement),
            objective: row.objective.map(ObjectiveId),
            note: row.note,
            made_by: row.made_by.map(UserId),
            made_at: Instant::from_seconds(row.made_at),
            expires_at: row.expires_at.map(Instant::from_seconds),
            used_at: row.used_at.map(Instant::from_seconds),
            revoked_by: row.revoked_by.map(UserId),
            revoked_at: row.revoked_at.map(Instant::from_seconds),
        }
    }
}

/// Keeps a new link under the hash of its token; its `id`, last use and revocation are ignored.
pub async fn insert(tx: &mut Tx, token_hash: &[u8; 32], link: &ShareLink) -> Result<ShareLinkId, StoreError> {
    let id: i64 = in_tx!(tx, |ex| {
        sqlx::query_scalar(INSERT)
            .bind(token_hash.as_slice())
            .bind(link.agreement.0)
            .bind(link.objective.map(|id| id.0))
            .bind(&link.note)
            .bind(link.made_by.map(|id| id.0))
            .bind(link.made_at.seconds())
            .bind(link.expires_at.map(Instant::seconds))
            .fetch_one(ex)
            .await
    })?;
    Ok(ShareLinkId(id))
}

/// The link with this identity, open or not.
pub async fn find(db: &Db, id: ShareLinkId) -> Result<Option<ShareLink>, StoreError> {
    let row: Option<LinkRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    Ok(row.map(ShareLink::from))
}

/// The link behind a token, unless it is revoked or has expired.
pub async fn open(db: &Db, token_hash: &[u8; 32], now: Instant) -> Result<Option<ShareLink>, StoreError> {
    let now = now.seconds();
    let row: Option<LinkRow> =
        on!(db, |ex| sqlx::query_as(OPEN).bind(token_hash.as_slice()).bind(now).fetch_optional(ex).await)?;
    Ok(row.map(ShareLink::from))
}

/// Every link to an agreement and to its objectives, the newest first.
pub async fn list(db: &Db, agreement: AgreementId) -> Result<Vec<ShareLink>, StoreError> {
    let rows: Vec<LinkRow> = on!(db, |ex| sqlx::query_as(LIST).bind(agreement.0).fetch_all(ex).await)?;
    Ok(rows.into_iter().map(ShareLink::from).collect())
}

/// Notes that a link was used.
pub async fn note_use(tx: &mut Tx, id: ShareLinkId, at: Instant) -> Result<(), StoreError> {
    in_tx!(tx, |ex| sqlx::query(USE).bind(id.0).bind(at.seconds()).execute(ex).await.map(drop))?;
    Ok(())
}

/// Revokes a link for good; `NotFound` if it was revoked already.
pub async fn revoke(tx: &mut Tx, id: ShareLinkId, by: Option<UserId>, at: Instant) -> Result<(), StoreError> {
    let done = in_tx!(tx, |ex| {
        let query = sqlx::query(REVOKE).bind(id.0).bind(by.map(|id| id.0)).bind(at.seconds());
        query.execute(ex).await?.rows_affected()
    });
    met(done, "link", id)
}
