//! The overview: what was judged last of every objective, the ones in trouble first.

use crate::domain::ids::ObjectiveId;
use crate::domain::judgement::{self, Budget, Exhaustion};
use crate::domain::ledger::Tally;
use crate::domain::model::Window;
use crate::domain::ratio::float;
use crate::domain::time::Instant;
use crate::domain::wording;
use crate::ops::Context;
use crate::ops::judge::window_at;
use crate::store::evaluations::Evaluation;
use crate::store::objectives::ObjectiveListing;
use crate::store::{evaluations, objectives};
use crate::view::overview::{ObjectiveRow, Order, OverviewFilter, OverviewPage, Since, Sort, StatusCount};
use crate::view::{Choice, Help, Pager, Section, Shell, Status};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError, say, standing};
use actix_web::web::{Data, Query};
use chrono_tz::Tz;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

mod first_steps;
mod order;
mod trend;

/// Objectives on one page.
const ROWS: usize = 50;
/// More of a search than this is not looked at.
const SEARCH_CHARS_MAX: usize = 200;

/// The query of the overview; what is not understood narrows nothing.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    q: Option<String>,
    status: Option<String>,
    service: Option<String>,
    customer: Option<String>,
    owner: Option<String>,
    agreement: Option<String>,
    hide: Option<String>,
    sort: Option<String>,
    page: Option<String>,
}

/// GET `/`.
pub async fn show(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    asked: Query<Asked>,
) -> Result<Html<OverviewPage>, WebError> {
    let shell = frame.shell.page("Overview", Section::Overview, Some(Help::OVERVIEW));
    compose(&state, shell, say::can_edit(&user.0), asked.into_inner()).await.map(Html)
}

/// The whole page, from what was judged last.
pub async fn compose(context: &Context, shell: Shell, can_edit: bool, asked: Asked) -> Result<OverviewPage, WebError> {
    let listings = objectives::listings(&context.db).await?;
    let evaluations = evaluations::list(&context.db).await?;
    let first = first_steps::find(context, &listings, &evaluations, can_edit).await?;
    let (page, filter) = filter_of(asked);
    let judged_at = evaluations.iter().map(|evaluation| evaluation.at).max();
    let mut by_id: BTreeMap<_, _> = evaluations.into_iter().map(|one| (one.objective, one)).collect();
    let standings = listings.iter().map(|listing| Standing::new(listing, by_id.remove(&listing.objective.id)));
    let mut found: Vec<Standing<'_>> = standings.filter(|standing| standing.matches(&filter)).collect();
    let counts = counts(&found);
    found.retain(|standing| filter.shows(standing.status));
    order::sort(&mut found, filter.order);
    let (from, pager) = turn(found.len(), page, &filter);
    let shown: Vec<&Standing<'_>> = found.iter().skip(from).take(ROWS).collect();
    let trends = trend::draw(&context.db, &shown).await?;
    Ok(OverviewPage {
        shell,
        services: distinct(listings.iter().map(|listing| &listing.service_name)),
        customers: distinct(listings.iter().map(|listing| &listing.agreement.customer)),
        owners: distinct(listings.iter().map(|listing| &listing.agreement.owner)),
        agreements: agreements_of(&listings),
        counts,
        heads: filter.heads(),
        rows: rows(&shown, trends, filter.order, context.clock.now()),
        pager,
        judged_at: judged_at.map(|at| wording::instant(at, Tz::UTC)).unwrap_or_default(),
        filter,
        first,
    })
}

fn counts(found: &[Standing<'_>]) -> Vec<StatusCount> {
    let count = |status: Status| found.iter().filter(|one| one.status == status).count();
    Status::ALL.iter().map(|status| StatusCount { status: *status, count: shown(count(*status)) }).collect()
}

/// The rows of a page; where they are grouped by service, the first of each says its name.
fn rows(
    standings: &[&Standing<'_>],
    mut trends: BTreeMap<ObjectiveId, String>,
    order: Order,
    now: Instant,
) -> Vec<ObjectiveRow> {
    let mut before = None;
    let one = |standing: &&Standing<'_>| {
        let service = &standing.listing.service_name;
        let is_first = order.by == Sort::Service && before.as_ref() != Some(service);
        before = Some(service.clone());
        ObjectiveRow {
            group: is_first.then(|| service.clone()),
            sparkline: trends.remove(&standing.listing.objective.id),
            ..row(standing, now)
        }
    };
    standings.iter().map(one).collect()
}

/// An objective with its latest judgement, if there is one yet.
struct Standing<'a> {
    listing: &'a ObjectiveListing,
    evaluation: Option<Evaluation>,
    budget: Option<Budget>,
    status: Status,
}

impl<'a> Standing<'a> {
    fn new(listing: &'a ObjectiveListing, evaluation: Option<Evaluation>) -> Self {
        let budget = evaluation.as_ref().and_then(|evaluation| {
            let Tally { good, total, .. } = evaluation.tally;
            Budget::new(good, total, listing.objective.target, evaluation.judged_minutes)
        });
        let word = evaluation.as_ref().and_then(|evaluation| judgement::Status::from_word(&evaluation.status));
        let status = word.map_or(Status::NoData, standing::status);
        Self { listing, evaluation, budget, status }
    }

    fn matches(&self, filter: &OverviewFilter) -> bool {
        let ObjectiveListing { objective, agreement, service_name, .. } = self.listing;
        let said = [&objective.name, service_name, &agreement.name, &agreement.customer, &agreement.owner];
        let said: Vec<String> = said.iter().map(|text| text.to_lowercase()).collect();
        let has_word = |word: &str| said.iter().any(|text| text.contains(word));
        filter.q.to_lowercase().split_whitespace().all(has_word)
            && (filter.service.is_empty() || filter.service == *service_name)
            && (filter.customer.is_empty() || filter.customer == agreement.customer)
            && (filter.owner.is_empty() || filter.owner == agreement.owner)
            && (filter.agreement.is_empty() || filter.agreement == agreement.id.0.to_string())
    }
}

fn filter_of(asked: Asked) -> (usize, OverviewFilter) {
    let short = |text: Option<String>| text.unwrap_or_default().chars().take(SEARCH_CHARS_MAX).collect::<String>();
    let page = asked.page.and_then(|page| page.parse().ok()).unwrap_or(1);
    let filter = OverviewFilter {
        q: short(asked.q).trim().to_owned(),
        status: asked.status.as_deref().and_then(Status::from_slug),
        service: short(asked.service),
        customer: short(asked.customer),
        owner: short(asked.owner),
        agreement: short(asked.agreement),
        hides_meeting: asked.hide.as_deref() == Some(Status::Meeting.slug()),
        order: asked.sort.as_deref().and_then(Order::from_slug).unwrap_or_default(),
    };
    (page, filter)
}

/// How many rows to skip for a page, counted from 1 and brought into range, and how to turn it.
fn turn(rows: usize, asked: usize, filter: &OverviewFilter) -> (usize, Pager) {
    let last = rows.div_ceil(ROWS).max(1);
    let page = asked.clamp(1, last);
    let from = (page - 1) * ROWS;
    if last == 1 {
        return (from, Pager::default());
    }
    let href = |page: usize| filter.page_href(i64::try_from(page).unwrap_or(1));
    let summary = format!("{}–{} of {}", shown(from + 1), shown((from + ROWS).min(rows)), shown(rows));
    let previous = (page > 1).then(|| href(page - 1));
    (from, Pager { summary, previous, next: (page < last).then(|| href(page + 1)) })
}

/// The row of an objective wherever objectives are listed.
pub(super) fn objective_row(listing: &ObjectiveListing, evaluation: Option<Evaluation>, now: Instant) -> ObjectiveRow {
    row(&Standing::new(listing, evaluation), now)
}

fn row(standing: &Standing<'_>, now: Instant) -> ObjectiveRow {
    let ObjectiveListing { objective, agreement, indicator, service_name, .. } = standing.listing;
    let (target, calendar) = (objective.target, agreement.calendar());
    let evaluation = standing.evaluation.as_ref();
    let tally = evaluation.map(|one| one.tally).unwrap_or_default();
    let end = evaluation.map_or_else(|| now.minute(), |one| one.span.end());
    ObjectiveRow {
        group: None,
        id: objective.id.0,
        name: objective.name.clone(),
        kind: standing::kind(objective.kind).to_owned(),
        service: service_name.clone(),
        agreement_id: agreement.id.0,
        agreement: agreement.name.clone(),
        status: standing.status,
        since: evaluation.map(|one| since(one, now, agreement.zone)),
        sli: evaluation
            .map_or_else(|| "not judged yet".to_owned(), |one| standing::measured(objective.kind, target, &one.tally)),
        target: standing::target(objective.kind, target),
        window: standing::window(objective, calendar, end),
        bar: standing::bar(standing.budget.as_ref(), standing.status),
        remaining: standing::remaining(&tally, target),
        remaining_time: standing::remaining_time_in_brief(standing.budget.as_ref()),
        burn_rate: standing::rate(order::hour_burn(standing)),
        burn_tone: standing::alarm(evaluation.map(|one| one.firing.as_slice()).unwrap_or_default()),
        exhaustion: exhaustion(standing, now),
        coverage: standing::coverage(&tally),
        coverage_is_low: standing::coverage_is_low(&tally),
        is_estimated: indicator.query.is_estimated(),
        sparkline: None,
    }
}

fn since(evaluation: &Evaluation, now: Instant, zone: Tz) -> Since {
    let minutes = (now.seconds() - evaluation.since.seconds()).max(0) / 60;
    Since {
        held: match minutes {
            0 => "just now".to_owned(),
            _ => format!("for {}", wording::duration_minutes(minutes)),
        },
        at: format!("since {}", wording::instant(evaluation.since, zone)),
    }
}

/// When the budget runs out, counted from now, as the evaluation foresaw it.
fn exhaustion(standing: &Standing<'_>, now: Instant) -> String {
    let (Some(evaluation), Some(budget)) = (&standing.evaluation, &standing.budget) else {
        return standing::runs_out(None, None);
    };
    let minutes_to = |at: Instant| ((at.seconds() - now.seconds()) / 60).max(0);
    let exhaustion = match evaluation.exhausted_at {
        _ if budget.remaining_millionths() <= 0 => Exhaustion::Exhausted,
        Some(at) => Exhaustion::In { minutes: minutes_to(at), burn_rate: float(1) },
        None => Exhaustion::NotInSight,
    };
    let objective = &standing.listing.objective;
    let calendar = standing.listing.agreement.calendar();
    let (_, whole) = window_at(objective, calendar, evaluation.span.end());
    let period_end = whole.end().start();
    standing::runs_out(Some(exhaustion), (objective.window == Window::Calendar).then(|| minutes_to(period_end)))
}

fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    names.filter(|name| !name.is_empty()).cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

fn agreements_of(listings: &[ObjectiveListing]) -> Vec<Choice> {
    let named = listings.iter().map(|listing| (listing.agreement.name.clone(), listing.agreement.id.0));
    let named: BTreeSet<_> = named.collect();
    named.into_iter().map(|(name, id)| Choice::new(id.to_string(), name)).collect()
}

fn shown(count: usize) -> String {
    wording::count(i64::try_from(count).unwrap_or(i64::MAX))
}
