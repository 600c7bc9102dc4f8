//! GET `/reports`.

use crate::domain::ids::AgreementId;
use crate::domain::model::Agreement;
use crate::domain::wording;
use crate::ops::show_report;
use crate::store::outbox::{Delivery, DeliveryState};
use crate::store::reports::ReportHead;
use crate::store::{self, Page};
use crate::view::reports::{ReportRow, ReportsPage};
use crate::view::{Badge, Choice, Help, Link, Section, Tone};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError, paths, say};
use actix_web::web::{Data, Query};
use serde::Deserialize;

/// Reports of a page.
const PAGE_SIZE: i64 = 25;

/// Which part of the list. Text, because an empty choice is sent as empty text.
#[derive(Debug, Deserialize)]
pub struct Filter {
    agreement: Option<String>,
    page: Option<String>,
}

/// The list.
pub async fn list(
    _user: SignedIn,
    frame: Frame,
    state: Data<State>,
    filter: Query<Filter>,
) -> Result<Html<ReportsPage>, WebError> {
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<i64>().ok());
    let agreements = store::agreements::list(&state.db).await?;
    let only = number(&filter.agreement).map(AgreementId);
    let total = store::reports::count(&state.db, only).await?;
    let part = say::Part::new(number(&filter.page), PAGE_SIZE, total);
    let heads = store::reports::list(&state.db, only, Page { limit: part.size, offset: part.offset() }).await?;
    let agreement = only.map(|id| id.to_string()).unwrap_or_default();
    let href = |page: i64| match only {
        Some(id) => format!("{}?agreement={id}&page={page}", paths::REPORTS),
        None => format!("{}?page={page}", paths::REPORTS),
    };
    Ok(Html(ReportsPage {
        shell: frame.shell.page("Reports", Section::Reports, Some(Help::REPORTS)),
        rows: report_rows(&state, &heads, &agreements).await?,
        pager: part.pager(href),
        agreements: agreements.iter().map(|one| Choice::new(one.id.to_string(), &one.name)).collect(),
        agreement,
    }))
}

/// Reports as rows of a table; `agreements` holds those that they judge.
pub async fn report_rows(
    state: &State,
    heads: &[ReportHead],
    agreements: &[Agreement],
) -> Result<Vec<ReportRow>, WebError> {
    let mut rows = Vec::with_capacity(heads.len());
    for head in heads {
        let (_, report) = show_report::stored(&state.db, head.id).await?;
        let deliveries = store::outbox::list_by_report(&state.db, head.id).await?;
        let agreement = agreements.iter().find(|agreement| agreement.id == head.agreement);
        let (met, all) = report.met();
        rows.push(ReportRow {
            id: head.id.0,
            number: number(head),
            period: period(head, agreement),
            agreement: Link::new(
                format!("{}/{}", paths::AGREEMENTS, head.agreement),
                agreement.map_or_else(|| "–".to_owned(), |agreement| agreement.name.clone()),
            ),
            status: say::status_of_word(&head.verdict),
            met: format!("{met} of {all}"),
            is_provisional: head.provisional,
            made_at: wording::instant(head.built_at, agreement.map_or(chrono_tz::Tz::UTC, |one| one.zone)),
            delivery: delivery(&deliveries),
        });
    }
    Ok(rows)
}

fn number(head: &ReportHead) -> String {
    match head.revision {
        1 => format!("#{}", head.id),
        revision => format!("#{}, revision {revision}", head.id),
    }
}

fn period(head: &ReportHead, agreement: Option<&Agreement>) -> String {
    let period = agreement.and_then(|agreement| agreement.calendar().parse(&head.label).ok());
    let named = period.map(|period| wording::period_name(&period));
    wording::capitalised(&named.unwrap_or_else(|| head.label.clone()))
}

/// How a report's deliveries do, the worst first.
fn delivery(deliveries: &[Delivery]) -> Badge {
    let count = |state: DeliveryState| deliveries.iter().filter(|one| one.state == state).count();
    let (all, sent, dead) = (deliveries.len(), count(DeliveryState::Sent), count(DeliveryState::Dead));
    match (all, dead) {
        (0, _) => Badge::new(Tone::Idle, "not mailed"),
        (_, 1..) => Badge::new(Tone::Bad, format!("{dead} of {all} given up")),
        _ if sent == all => Badge::new(Tone::Good, format!("{sent} of {all} sent")),
        _ => Badge::new(Tone::Busy, format!("{sent} of {all} sent")),
    }
}
