//! GET `/agreements`.

use crate::domain::ids::ObjectiveId;
use crate::domain::model::Agreement;
use crate::domain::time::Instant;
use crate::domain::wording;
use crate::language::say;
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, Page};
use crate::view::agreements::{AgreementRow, AgreementsPage};
use crate::view::{Help, Link, Section, Status};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError, paths, say};
use actix_web::web::{Data, Query};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Which part of the list.
#[derive(Debug, Deserialize)]
pub struct Filter {
    archived: Option<String>,
}

/// The list.
pub async fn list(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    query: Query<Filter>,
) -> Result<Html<AgreementsPage>, WebError> {
    let agreements = store::agreements::list(&state.db).await?;
    let listings = store::objectives::listings(&state.db).await?;
    let statuses: BTreeMap<ObjectiveId, Status> = store::evaluations::list(&state.db)
        .await?
        .into_iter()
        .map(|evaluation| (evaluation.objective, say::status_of_word(&evaluation.status)))
        .collect();
    let shows_archived = query.archived.as_deref() == Some("1");
    let archived_count = agreements.iter().filter(|agreement| agreement.archived_at.is_some()).count();
    let mut rows = Vec::new();
    for agreement in agreements.iter().filter(|agreement| shows_archived || agreement.archived_at.is_none()) {
        let last = store::reports::list(&state.db, Some(agreement.id), Page::first(1)).await?;
        let last_report = last.first().map(|head| {
            let name = agreement.calendar().parse(&head.label).map(|period| wording::period_name(&period));
            let text = wording::capitalised(&name.unwrap_or_else(|_| head.label.clone()));
            Link::new(format!("{}/{}", paths::REPORTS, head.id), text)
        });
        rows.push(row(agreement, &listings, &statuses, last_report, state.clock.now()));
    }
    let shell = frame.shell.page("Agreements", Section::Agreements, Some(Help::AGREEMENTS));
    Ok(Html(AgreementsPage { shell, rows, shows_archived, archived_count, can_edit: say::can_edit(&user.0) }))
}

fn row(
    agreement: &Agreement,
    listings: &[ObjectiveListing],
    statuses: &BTreeMap<ObjectiveId, Status>,
    last_report: Option<Link>,
    now: Instant,
) -> AgreementRow {
    let own: Vec<Status> = listings
        .iter()
        .filter(|listing| listing.agreement.id == agreement.id)
        .map(|listing| statuses.get(&listing.objective.id).copied().unwrap_or(Status::NoData))
        .collect();
    let met = own.iter().filter(|status| matches!(status, Status::Meeting | Status::AtRisk)).count();
    let period = agreement.calendar().period_at(now);
    AgreementRow {
        id: agreement.id.0,
        name: agreement.name.clone(),
        customer: agreement.customer.clone(),
        owner: agreement.owner.clone(),
        period: wording::capitalised(&wording::period_name(&period)),
        met: if own.is_empty() { "–".to_owned() } else { say!("{met} of {all}", met, own.len()) },
        status: say::worst(own),
        last_report,
        is_archived: agreement.archived_at.is_some(),
    }
}
