//! The overview: what was judged last of every objective, the ones in trouble first.

use crate::domain::ids::ObjectiveId;
use crate::domain::judgement::{self, Budget, Exhaustion};
use crate::domain::ledger::Tally;
use crate::domain::model::Window;
use crate::domain::ratio::float;
use crate::domain::target::Target;
use crate::domain::time::Instant;
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::Context;
use crate::ops::judge::window_at;
use crate::store::evaluations::Evaluation;
use crate::store::objectives::{Brief, ObjectiveListing};
use crate::store::{StoreError, evaluations, objectives};
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
    let shell = frame.shell.page(say!("Overview"), Section::Overview, Some(Help::OVERVIEW));
    compose(&state, shell, say::can_edit(&user.0), asked.into_inner()).await.map(Html)
}

/// The whole page, from what was judged last.
pub async fn compose(context: &Context, shell: Shell, can_edit: bool, asked: Asked) -> Result<OverviewPage, WebError> {
    let briefs = objectives::briefs(&context.db).await?;
    let evaluations = evaluations::list(&context.db).await?;
    let first = first_steps::find(context, &briefs, &evaluations, can_edit).await?;
    let (page, filter) = filter_of(asked);
    let judged_at = evaluations.iter().map(|evaluation| evaluation.at).max();
    let mut by_id: BTreeMap<_, _> = evaluations.into_iter().map(|one| (one.objective, one)).collect();
    let standings = briefs.iter().map(|brief| Standing::new(brief, by_id.remove(&brief.id)));
    let mut found: Vec<Standing<'_>> = standings.filter(|standing| standing.matches(&filter)).collect();
    let counts = counts(&found);
    found.retain(|standing| filter.shows(standing.judged.status));
    order::sort(&mut found, filter.order);
    let (from, pager) = turn(found.len(), page, &filter);
    let shown = in_full(context, found.into_iter().skip(from).take(ROWS)).await?;
    let trends = trend::draw(&context.db, &shown).await?;
    Ok(OverviewPage {
        shell,
        services: distinct(briefs.iter().map(|brief| &brief.service_name)),
        customers: distinct(briefs.iter().map(|brief| &brief.customer)),
        owners: distinct(briefs.iter().map(|brief| &brief.owner)),
        agreements: agreements_of(&briefs),
        counts,
        heads: filter.heads(),
        rows: rows(shown, trends, filter.order, context.clock.now()),
        pager,
        judged_at: judged_at.map(|at| wording::instant(at, Tz::UTC)).unwrap_or_default(),
        filter,
        first,
    })
}

fn counts(found: &[Standing<'_>]) -> Vec<StatusCount> {
    let count = |status: Status| found.iter().filter(|one| one.judged.status == status).count();
    Status::ALL.iter().map(|status| StatusCount { status: *status, count: shown(count(*status)) }).collect()
}

/// The rows of a page; where they are grouped by service, the first of each says its name.
fn rows(shown: Vec<Shown>, mut trends: BTreeMap<ObjectiveId, String>, order: Order, now: Instant) -> Vec<ObjectiveRow> {
    let mut before = None;
    let one = |shown: Shown| {
        let service = &shown.listing.service_name;
        let is_first = order.by == Sort::Service && before.as_ref() != Some(service);
        before = Some(service.clone());
        ObjectiveRow {
            group: is_first.then(|| service.clone()),
            sparkline: trends.remove(&shown.listing.objective.id),
            ..row(&shown.listing, &shown.judged, now)
        }
    };
    shown.into_iter().map(one).collect()
}

/// What was judged last of an objective, if it was judged yet.
struct Judged {
    evaluation: Option<Evaluation>,
    budget: Option<Budget>,
    status: Status,
}

impl Judged {
    fn new(target: Target, evaluation: Option<Evaluation>) -> Self {
        let budget = evaluation.as_ref().and_then(|evaluation| {
            let Tally { good, total, .. } = evaluation.tally;
            Budget::new(good, total, target, evaluation.judged_minutes)
        });
        let word = evaluation.as_ref().and_then(|evaluation| judgement::Status::from_word(&evaluation.status));
        let status = word.map_or(Status::NoData, standing::status);
        Self { evaluation, budget, status }
    }
}

/// An objective in brief, as all of them are filtered and ordered.
struct Standing<'a> {
    brief: &'a Brief,
    judged: Judged,
}

impl<'a> Standing<'a> {
    fn new(brief: &'a Brief, evaluation: Option<Evaluation>) -> Self {
        Self { brief, judged: Judged::new(brief.target, evaluation) }
    }

    fn matches(&self, filter: &OverviewFilter) -> bool {
        let brief = self.brief;
        (filter.service.is_empty() || filter.service == brief.service_name)
            && (filter.customer.is_empty() || filter.customer == brief.customer)
            && (filter.owner.is_empty() || filter.owner == brief.owner)
            && (filter.agreement.is_empty() || filter.agreement == brief.agreement.0.to_string())
            && (filter.q.is_empty() || self.says(&filter.q))
    }

    fn says(&self, words: &str) -> bool {
        let Brief { name, service_name, agreement_name, customer, owner, .. } = self.brief;
        let said = [name, service_name, agreement_name, customer, owner].map(|text| text.to_lowercase());
        words.to_lowercase().split_whitespace().all(|word| said.iter().any(|text| text.contains(word)))
    }
}

/// An objective with everything that its row says.
struct Shown {
    listing: ObjectiveListing,
    judged: Judged,
}

/// The few that a page shows, with everything that they hang on.
async fn in_full<'a>(
    context: &Context,
    standings: impl Iterator<Item = Standing<'a>>,
) -> Result<Vec<Shown>, StoreError> {
    let (ids, judged): (Vec<_>, Vec<_>) = standings.map(|one| (one.brief.id, one.judged)).unzip();
    let listings = objectives::listings_of(&context.db, &ids).await?;
    let mut judged: BTreeMap<_, _> = ids.into_iter().zip(judged).collect();
    let one = |listing: ObjectiveListing| {
        let judged = judged.remove(&listing.objective.id)?;
        Some(Shown { listing, judged })
    };
    Ok(listings.into_iter().filter_map(one).collect())
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
    let summary = say!("{first}–{last} of {all}", shown(from + 1), shown((from + ROWS).min(rows)), shown(rows));
    let previous = (page > 1).then(|| href(page - 1));
    (from, Pager { summary, previous, next: (page < last).then(|| href(page + 1)) })
}

/// The row of an objective wherever objectives are listed.
pub(super) fn objective_row(listing: &ObjectiveListing, evaluation: Option<Evaluation>, now: Instant) -> ObjectiveRow {
    row(listing, &Judged::new(listing.objective.target, evaluation), now)
}

fn row(listing: &ObjectiveListing, judged: &Judged, now: Instant) -> ObjectiveRow {
    let ObjectiveListing { objective, agreement, indicator, service_name, .. } = listing;
    let Judged { evaluation, budget, status } = judged;
    let (evaluation, budget, status) = (evaluation.as_ref(), budget.as_ref(), *status);
    let (target, calendar) = (objective.target, agreement.calendar());
    let tally = evaluation.map(|one| one.tally).unwrap_or_default();
    let end = evaluation.map_or_else(|| now.minute(), |one| one.span.end());
    ObjectiveRow {
        group: None,
        id: objective.id.0,
        name: objective.name.clone(),
        kind: language::word(standing::kind(objective.kind)).to_owned(),
        service: service_name.clone(),
        agreement_id: agreement.id.0,
        agreement: agreement.name.clone(),
        status,
        since: evaluation.map(|one| since(one, now, agreement.zone)),
        sli: evaluation
            .map_or_else(|| say!("not judged yet"), |one| standing::measured(objective.kind, target, &one.tally)),
        target: standing::target(objective.kind, target),
        window: standing::window(objective, calendar, end),
        bar: standing::bar(budget, status),
        remaining: standing::remaining(&tally, target),
        remaining_time: standing::remaining_time_in_brief(budget),
        burn_rate: standing::rate(order::hour_burn(judged)),
        burn_tone: standing::alarm(evaluation.map(|one| one.firing.as_slice()).unwrap_or_default()),
        exhaustion: exhaustion(listing, judged, now),
        coverage: standing::coverage(&tally),
        coverage_is_low: standing::coverage_is_low(&tally),
        is_estimated: indicator.query.is_estimated(),
        sparkline: None,
    }
}

fn since(evaluation: &Evaluation, now: Instant, zone: Tz) -> Since {
    let minutes = (now.seconds() - evaluation.since.seconds()).max(0) / 60;
    Since {
        held: if minutes == 0 { say!("just now") } else { say!("for {length}", wording::duration_minutes(minutes)) },
        at: say!("since {moment}", wording::instant(evaluation.since, zone)),
    }
}

/// When the budget runs out, counted from now, as the evaluation foresaw it.
fn exhaustion(listing: &ObjectiveListing, judged: &Judged, now: Instant) -> String {
    let (Some(evaluation), Some(budget)) = (&judged.evaluation, &judged.budget) else {
        return standing::runs_out(None, None);
    };
    let minutes_to = |at: Instant| ((at.seconds() - now.seconds()) / 60).max(0);
    let exhaustion = match evaluation.exhausted_at {
        _ if budget.remaining_millionths() <= 0 => Exhaustion::Exhausted,
        Some(at) => Exhaustion::In { minutes: minutes_to(at), burn_rate: float(1) },
        None => Exhaustion::NotInSight,
    };
    let ObjectiveListing { objective, agreement, .. } = listing;
    let calendar = agreement.calendar();
    let (_, whole) = window_at(objective, calendar, evaluation.span.end());
    let period_end = whole.end().start();
    standing::runs_out(Some(exhaustion), (objective.window == Window::Calendar).then(|| minutes_to(period_end)))
}

fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    names.filter(|name| !name.is_empty()).collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

fn agreements_of(briefs: &[Brief]) -> Vec<Choice> {
    let named: BTreeSet<_> = briefs.iter().map(|brief| (&brief.agreement_name, brief.agreement.0)).collect();
    named.into_iter().map(|(name, id)| Choice::new(id.to_string(), name.clone())).collect()
}

fn shown(count: usize) -> String {
    wording::count(i64::try_from(count).unwrap_or(i64::MAX))
}
