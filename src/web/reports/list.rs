//! GET `/reports`.

use crate::domain::ids::AgreementId;
use crate::domain::model::Agreement;
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::show_report;
use crate::store::outbox::{Delivery, DeliveryState};
use crate::store::reports::{Filter, ReportHead};
use crate::store::{self, Page};
use crate::view::reports::{ReportRow, ReportsPage};
use crate::view::{Badge, Choice, Help, Link, Section, Tone};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError, paths, say};
use actix_web::web::{Data, Query};
use serde::Deserialize;
use std::collections::BTreeSet;
use url::form_urlencoded;

/// Reports of a page.
const PAGE_SIZE: i64 = 25;

/// The verdicts of reports, the worst first.
const VERDICTS: [&str; 4] = ["breached", "at_risk", "met", "no_data"];

/// Which part of the list. Text, because an empty choice is sent as empty text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    agreement: String,
    customer: String,
    period: String,
    verdict: String,
    page: String,
}

impl Wanted {
    /// What it lets through; what is no number and no verdict is as if it were not there.
    fn filter(&self) -> Filter {
        Filter {
            agreement: self.agreement.parse().ok().map(AgreementId),
            customer: self.customer.clone(),
            period: self.period.trim().to_owned(),
            verdict: VERDICTS.into_iter().find(|word| *word == self.verdict).unwrap_or_default().to_owned(),
        }
    }
}

/// The list.
pub async fn list(
    _user: SignedIn,
    frame: Frame,
    state: Data<State>,
    wanted: Query<Wanted>,
) -> Result<Html<ReportsPage>, WebError> {
    let agreements = store::agreements::list(&state.db).await?;
    let filter = wanted.filter();
    let total = store::reports::count(&state.db, filter.clone()).await?;
    let part = say::Part::new(wanted.page.parse().ok(), PAGE_SIZE, total);
    let page = Page { limit: part.size, offset: part.offset() };
    let heads = store::reports::list(&state.db, filter.clone(), page).await?;
    let agreement = filter.agreement.map(|id| id.to_string()).unwrap_or_default();
    let customers: BTreeSet<&str> =
        agreements.iter().map(|one| one.customer.as_str()).filter(|name| !name.is_empty()).collect();
    let is_known = customers.contains(filter.customer.as_str());
    Ok(Html(ReportsPage {
        shell: frame.shell.page("Reports", Section::Reports, Some(Help::REPORTS)),
        rows: report_rows(&state, &heads, &agreements).await?,
        pager: part.pager(|page| href(&filter, page)),
        agreements: agreements.iter().map(|one| Choice::new(one.id.to_string(), &one.name)).collect(),
        customers: customers.into_iter().map(str::to_owned).collect(),
        verdicts: VERDICTS
            .iter()
            .map(|word| Choice::new(*word, language::word(say::status_of_word(word).word())))
            .collect(),
        archive: is_known.then(|| archive_href(&filter.customer)),
        customer: filter.customer,
        period: filter.period,
        verdict: filter.verdict,
        agreement,
    }))
}

fn href(filter: &Filter, page: i64) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let agreement = filter.agreement.map(|id| id.to_string()).unwrap_or_default();
    let parts = [
        ("agreement", agreement.as_str()),
        ("customer", &filter.customer),
        ("period", &filter.period),
        ("verdict", &filter.verdict),
    ];
    query.extend_pairs(parts.into_iter().filter(|(_, value)| !value.is_empty()));
    query.append_pair("page", &page.to_string());
    format!("{}?{}", paths::REPORTS, query.finish())
}

fn archive_href(customer: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("customer", customer).finish();
    format!("{}/archive.zip?{query}", paths::REPORTS)
}

/// Reports as rows of a table; `agreements` holds those that they judge.
pub async fn report_rows(
    state: &State,
    heads: &[ReportHead],
    agreements: &[Agreement],
) -> Result<Vec<ReportRow>, WebError> {
    let mut rows = Vec::with_capacity(heads.len());
    for head in heads {
        let met = if head.removed_at.is_some() {
            None
        } else {
            let (met, all) = show_report::stored(&state.db, head.id).await?.1.met();
            Some(say!("{met} of {all}", met, all))
        };
        let deliveries = store::outbox::list_by_report(&state.db, head.id).await?;
        let agreement = agreements.iter().find(|agreement| agreement.id == head.agreement);
        rows.push(ReportRow {
            id: head.id.0,
            number: number(head),
            period: period(head, agreement),
            agreement: Link::new(
                format!("{}/{}", paths::AGREEMENTS, head.agreement),
                agreement.map_or_else(|| "–".to_owned(), |agreement| agreement.name.clone()),
            ),
            status: say::status_of_word(&head.verdict),
            met,
            is_provisional: head.provisional,
            made_at: wording::instant(head.built_at, agreement.map_or(chrono_tz::Tz::UTC, |one| one.zone)),
            delivery: delivery(&deliveries),
        });
    }
    Ok(rows)
}

fn number(head: &ReportHead) -> String {
    match head.revision {
        1 => say!("no. {number}", head.number),
        revision => say!("no. {number}, revision {revision}", head.number, revision),
    }
}

/// `revision 2, no. 12`.
pub(super) fn named(head: &ReportHead) -> String {
    let (revision, number) = (head.revision, head.number);
    if head.provisional {
        say!("provisional revision {revision}, no. {number}", revision, number)
    } else {
        say!("revision {revision}, no. {number}", revision, number)
    }
}

pub(super) fn period(head: &ReportHead, agreement: Option<&Agreement>) -> String {
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
        (_, 1..) => Badge::new(Tone::Bad, say!("{dead} of {all} given up", dead, all)),
        _ if sent == all => Badge::new(Tone::Good, say!("{sent} of {all} sent", sent, all)),
        _ => Badge::new(Tone::Busy, say!("{sent} of {all} sent", sent, all)),
    }
}
