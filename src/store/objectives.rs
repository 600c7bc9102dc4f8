//! Objectives, alone and together with everything they hang on.

use crate::domain::contract::ObjectiveTerms;
use crate::domain::exclusion::Scope;
use crate::domain::ids::{AgreementId, IndicatorId, ObjectiveId, ServiceId, SourceId};
use crate::domain::model::{Agreement, Indicator, Objective, ObjectiveKind, RollingMinutes, Window};
use crate::domain::target::Target;
use crate::domain::time::Instant;
use crate::store::agreements::AgreementRow;
use crate::store::{Db, StoreError, Tx, all, documents, fifties, met, queries};
use std::collections::BTreeMap;

/// The columns of a listing, before its WHERE.
macro_rules! listing {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.agreement, o.indicator, o.name, o.kind, o.target_ppm, o.window_minutes, o.terms, o.archived_at, ",
            "a.name AS agreement_name, a.customer AS agreement_customer, a.owner AS agreement_owner, ",
            "a.zone AS agreement_zone, a.period AS agreement_period, a.report_every AS agreement_report_every, ",
            "a.terms AS agreement_terms, a.created_at AS agreement_created_at, ",
            "a.archived_at AS agreement_archived_at, i.service, i.source, i.query, ",
            "s.name AS service_name, d.name AS source_name ",
            "FROM objectives o JOIN agreements a ON a.id = o.agreement JOIN indicators i ON i.id = o.indicator ",
            "JOIN services s ON s.id = i.service JOIN sources d ON d.id = i.source ",
            $rest
        )
    };
}

statements! {
    INSERT = "INSERT INTO objectives (agreement, indicator, name, kind, target_ppm, window_minutes, terms, archived_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    UPDATE = "UPDATE objectives SET agreement = $2, indicator = $3, name = $4, kind = $5, target_ppm = $6,
        window_minutes = $7, terms = $8 WHERE id = $1";
    ARCHIVE = "UPDATE objectives SET archived_at = $2 WHERE id = $1";
    FIND = "SELECT id, agreement, indicator, name, kind, target_ppm, window_minutes, terms, archived_at
        FROM objectives WHERE id = $1";
    LIST_BY_AGREEMENT = "SELECT id, agreement, indicator, name, kind, target_ppm, window_minutes, terms, archived_at
        FROM objectives WHERE agreement = $1 ORDER BY id";
    LISTINGS = listing!("WHERE o.archived_at IS NULL AND a.archived_at IS NULL ORDER BY o.id");
    LISTING = listing!("WHERE o.id = $1");
    LISTINGS_IN = listing!("WHERE o.agreement = $1 AND o.archived_at IS NULL ORDER BY o.id");
    LISTINGS_OF = listing!(
        "WHERE o.id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
         $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, \
         $46, $47, $48, $49, $50)"
    );
    BRIEFS = "SELECT o.id, o.name, o.target_ppm, o.agreement, a.name AS agreement_name, a.customer, a.owner,
            s.name AS service_name, d.name AS source_name
        FROM objectives o JOIN agreements a ON a.id = o.agreement JOIN indicators i ON i.id = o.indicator
            JOIN services s ON s.id = i.service JOIN sources d ON d.id = i.source
        WHERE o.archived_at IS NULL AND a.archived_at IS NULL ORDER BY o.id";
}

/// An objective with everything that it hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectiveListing {
    /// The promise.
    pub objective: Objective,
    /// What it is about.
    pub indicator: Indicator,
    /// The contract that it belongs to.
    pub agreement: Agreement,
    /// The name of the indicator's service.
    pub service_name: String,
    /// The name of the indicator's source.
    pub source_name: String,
}

/// By what an objective is found and ordered among thousands: the names of it and around it, and its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// Which objective.
    pub id: ObjectiveId,
    /// Its name.
    pub name: String,
    /// What it promises.
    pub target: Target,
    /// The contract that it belongs to.
    pub agreement: AgreementId,
    /// That contract's name.
    pub agreement_name: String,
    /// That contract's customer.
    pub customer: String,
    /// Who looks after that contract.
    pub owner: String,
    /// The name of the indicator's service.
    pub service_name: String,
    /// The name of the indicator's source.
    pub source_name: String,
}

#[derive(sqlx_macros::FromRow)]
struct BriefRow {
    id: i64,
    name: String,
    target_ppm: i64,
    agreement: i64,
    agreement_name: String,
    customer: String,
    owner: String,
    service_name: String,
    source_name: String,
}

impl TryFrom<BriefRow> for Brief {
    type Error = StoreError;

    fn try_from(row: BriefRow) -> Result<Self, StoreError> {
        let target = Target::from_ppm(row.target_ppm)
            .map_err(|why| StoreError::corrupt("objectives", row.id, why.to_string()))?;
        Ok(Self {
            id: ObjectiveId(row.id),
            name: row.name,
            target,
            agreement: AgreementId(row.agreement),
            agreement_name: row.agreement_name,
            customer: row.customer,
            owner: row.owner,
            service_name: row.service_name,
            source_name: row.source_name,
        })
    }
}

impl ObjectiveListing {
    /// Does a scope hold it?
    #[must_use]
    pub fn is_in(&self, scope: Scope) -> bool {
        scope.holds(self.objective.id, self.agreement.id, self.indicator.service)
    }
}

#[derive(sqlx_macros::FromRow)]
pub(super) struct ObjectiveRow {
    pub id: i64,
    pub agreement: i64,
    pub indicator: i64,
    pub name: String,
    pub kind: String,
    pub target_ppm: i64,
    pub window_minutes: Option<i64>,
    pub terms: String,
    pub archived_at: Option<i64>,
}

#[derive(sqlx_macros::FromRow)]
struct ListingRow {
    #[sqlx(flatten)]
    objective: ObjectiveRow,
    agreement_name: String,
    agreement_customer: String,
    agreement_owner: String,
    agreement_zone: String,
    agreement_period: String,
    agreement_report_every: String,
    agreement_terms: String,
    agreement_created_at: i64,
    agreement_archived_at: Option<i64>,
    service: i64,
    source: i64,
    query: String,
    service_name: String,
    source_name: String,
}

impl TryFrom<ObjectiveRow> for Objective {
    type Error = StoreError;

    fn try_from(row: ObjectiveRow) -> Result<Self, StoreError> {
        let corrupt = |why: String| StoreError::corrupt("objectives", row.id, why);
        let rolling = |minutes| RollingMinutes::new(minutes).map_err(|why| corrupt(why.to_string()));
        Ok(Self {
            id: ObjectiveId(row.id),
            agreement: AgreementId(row.agreement),
            indicator: IndicatorId(row.indicator),
            kind: ObjectiveKind::from_word(&row.kind).ok_or_else(|| corrupt(format!("{} is no kind", row.kind)))?,
            target: Target::from_ppm(row.target_ppm).map_err(|why| corrupt(why.to_string()))?,
            window: row.window_minutes.map_or(Ok(Window::Calendar), |minutes| rolling(minutes).map(Window::Rolling))?,
            terms: documents::objective_terms(&row.terms).map_err(corrupt)?,
            name: row.name,
            archived_at: row.archived_at.map(Instant::from_seconds),
        })
    }
}

impl TryFrom<ListingRow> for ObjectiveListing {
    type Error = StoreError;

    fn try_from(row: ListingRow) -> Result<Self, StoreError> {
        let indicator = Indicator {
            id: IndicatorId(row.objective.indicator),
            service: ServiceId(row.service),
            source: SourceId(row.source),
            query: queries::parse(&row.query)
                .map_err(|why| StoreError::corrupt("indicators", row.objective.indicator, why))?,
        };
        let agreement = AgreementRow {
            id: row.objective.agreement,
            name: row.agreement_name,
            customer: row.agreement_customer,
            owner: row.agreement_owner,
            zone: row.agreement_zone,
            period: row.agreement_period,
            report_every: row.agreement_report_every,
            terms: row.agreement_terms,
            created_at: row.agreement_created_at,
            archived_at: row.agreement_archived_at,
        };
        Ok(Self {
            objective: row.objective.try_into()?,
            indicator,
            agreement: agreement.try_into()?,
            service_name: row.service_name,
            source_name: row.source_name,
        })
    }
}

pub(super) const fn window_minutes(window: Window) -> Option<i64> {
    match window {
        Window::Rolling(minutes) => Some(minutes.minutes()),
        Window::Calendar => None,
    }
}

fn terms_text(objective: &Objective) -> Result<String, StoreError> {
    documents::objective_text(&objective.terms).map_err(|why| StoreError::corrupt("objectives", objective.id, why))
}

/// Terms as the JSON text that is stored, for the audit log.
pub fn terms_document(terms: &ObjectiveTerms) -> Result<String, serde_json::Error> {
    documents::objective_text(terms)
}

/// Keeps a new objective; the `id` in it is ignored. `Conflict` on `objectives.agreement, objectives.name` if its
/// agreement has one of that name.
pub async fn insert(tx: &mut Tx, objective: &Objective) -> Result<ObjectiveId, StoreError> {
    let id: i64 = in_tx!(tx, |ex| {
        sqlx::query_scalar(INSERT)
            .bind(objective.agreement.0)
            .bind(objective.indicator.0)
            .bind(&objective.name)
            .bind(objective.kind.word())
            .bind(objective.target.ppm())
            .bind(window_minutes(objective.window))
            .bind(terms_text(objective)?)
            .bind(objective.archived_at.map(Instant::seconds))
            .fetch_one(ex)
            .await
    })?;
    Ok(ObjectiveId(id))
}

/// Changes an objective; whether it is archived stays. `Conflict` as for [`insert`].
pub async fn update(tx: &mut Tx, objective: &Objective) -> Result<(), StoreError> {
    let done = in_tx!(tx, |ex| {
        sqlx::query(UPDATE)
            .bind(objective.id.0)
            .bind(objective.agreement.0)
            .bind(objective.indicator.0)
            .bind(&objective.name)
            .bind(objective.kind.word())
            .bind(objective.target.ppm())
            .bind(window_minutes(objective.window))
            .bind(terms_text(objective)?)
            .execute(ex)
            .await?
            .rows_affected()
    });
    met(done, "objective", objective.id)
}

/// Keeps the objective but stops judging it.
pub async fn archive(tx: &mut Tx, id: ObjectiveId, now: Instant) -> Result<(), StoreError> {
    set_archived(tx, id, Some(now)).await
}

/// Judges the objective again.
pub async fn restore(tx: &mut Tx, id: ObjectiveId) -> Result<(), StoreError> {
    set_archived(tx, id, None).await
}

async fn set_archived(tx: &mut Tx, id: ObjectiveId, at: Option<Instant>) -> Result<(), StoreError> {
    let at = at.map(Instant::seconds);
    let done = in_tx!(tx, |ex| sqlx::query(ARCHIVE).bind(id.0).bind(at).execute(ex).await?.rows_affected());
    met(done, "objective", id)
}

/// The objective with this identity; archived ones too.
pub async fn find(db: &Db, id: ObjectiveId) -> Result<Option<Objective>, StoreError> {
    let row: Option<ObjectiveRow> = on!(db, |ex| sqlx::query_as(FIND).bind(id.0).fetch_optional(ex).await)?;
    row.map(Objective::try_from).transpose()
}

/// The objectives of an agreement, archived ones too, in the order of definition.
pub async fn list_by_agreement(db: &Db, agreement: AgreementId) -> Result<Vec<Objective>, StoreError> {
    let rows: Vec<ObjectiveRow> =
        on!(db, |ex| sqlx::query_as(LIST_BY_AGREEMENT).bind(agreement.0).fetch_all(ex).await)?;
    all(rows)
}

/// Every live objective (neither it nor its agreement archived) with everything that it hangs on, oldest first.
pub async fn listings(db: &Db) -> Result<Vec<ObjectiveListing>, StoreError> {
    let rows: Vec<ListingRow> = on!(db, |ex| sqlx::query_as(LISTINGS).fetch_all(ex).await)?;
    all(rows)
}

/// Every live objective in brief, oldest first: a small part of what [`listings`] reads, for lists that show few of many.
pub async fn briefs(db: &Db) -> Result<Vec<Brief>, StoreError> {
    let rows: Vec<BriefRow> = on!(db, |ex| sqlx::query_as(BRIEFS).fetch_all(ex).await)?;
    all(rows)
}

/// Those of these objectives that exist, archived or not, with everything that they hang on, in the order asked for. Takes
/// one statement for each fifty.
pub async fn listings_of(db: &Db, ids: &[ObjectiveId]) -> Result<Vec<ObjectiveListing>, StoreError> {
    let mut found = BTreeMap::new();
    for asked in fifties(ids) {
        let rows: Vec<ListingRow> = on!(db, |ex| {
            let mut query = sqlx::query_as(LISTINGS_OF);
            for id in asked {
                query = query.bind(id.0);
            }
            query.fetch_all(ex).await
        })?;
        let listings: Vec<ObjectiveListing> = all(rows)?;
        found.extend(listings.into_iter().map(|listing| (listing.objective.id, listing)));
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// The live objectives of an agreement, archived or not, with everything that they hang on, oldest first.
pub async fn listings_in(db: &Db, agreement: AgreementId) -> Result<Vec<ObjectiveListing>, StoreError> {
    let rows: Vec<ListingRow> = on!(db, |ex| sqlx::query_as(LISTINGS_IN).bind(agreement.0).fetch_all(ex).await)?;
    all(rows)
}

/// One objective, archived or not, with everything that it hangs on.
pub async fn listing(db: &Db, id: ObjectiveId) -> Result<Option<ObjectiveListing>, StoreError> {
    let row: Option<ListingRow> = on!(db, |ex| sqlx::query_as(LISTING).bind(id.0).fetch_optional(ex).await)?;
    row.map(ObjectiveListing::try_from).transpose()
}
