//! An objective's page: what was promised, what was measured, and how every number came about.

pub mod baseline;
mod behind;
mod charts;
pub mod drawn;
pub mod happened;
mod judged;
pub mod note_keys;
pub mod outages;
pub mod outlooks;
mod percentiles;
mod previous;
pub(in crate::web) mod promise;
pub(in crate::web) mod range;
mod unwatched;
mod verdict;
pub mod watching;

use crate::domain::contract::Composite;
use crate::domain::ids::ObjectiveId;
use crate::domain::judgement::Status;
use crate::domain::model::Threshold;
use crate::domain::outage::{self, Outage};
use crate::domain::outlook::{Outlook, TooLittle};
use crate::domain::percentile::Within;
use crate::domain::time::{Minute, Span};
use crate::domain::wording;
use crate::language;
use crate::ops::evaluate::judged_until;
use crate::ops::foresee;
use crate::ops::judge::Judge;
use crate::ops::trace::{self, Asks, Trace};
use crate::store::findings::Finding;
use crate::store::indicators::PullProgress;
use crate::store::objectives::ObjectiveListing;
use crate::store::outage_causes::OutageCause;
use crate::store::{Db, findings, indicators, objectives, outage_causes};
use crate::view::baseline::BaselineSection;
use crate::view::happened::HappenedSection;
use crate::view::objective::ObjectivePage;
use crate::view::{Field, Flash, FlashKind, Form, Help, Link, Section, Shell};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::page;
use crate::web::units::Units;
use crate::web::{State, WebError, say, standing};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use happened::Happened;
use previous::Previous;
use range::{Asked, Choice, Problem, Range};
use std::sync::Arc;
use url::form_urlencoded;

/// How many outages are listed.
const OUTAGES_SHOWN: usize = 15;

/// GET `/objectives/{id}`.
pub async fn show(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    path: Path<i64>,
    asked: Query<Asked>,
) -> Result<HttpResponse, WebError> {
    let listing = find(&state, path.into_inner()).await?;
    answer(&user, frame, &state, listing, &asked, None).await
}

/// The page, with a note that was typed and refused.
async fn answer(
    user: &SignedIn,
    frame: Frame,
    state: &State,
    listing: ObjectiveListing,
    asked: &Asked,
    typed: Option<Form>,
) -> Result<HttpResponse, WebError> {
    let until = judged_until(state.clock.now());
    let (range, mut problem) = match range::of(asked, &listing, until) {
        Ok(range) => (range, None),
        Err(problem) => (range::window(&listing, until), Some(problem)),
    };
    let compares = range::compares(asked).unwrap_or_else(|wrong| {
        problem.get_or_insert(wrong);
        false
    });
    let is_fine = problem.is_none() && typed.as_ref().is_none_or(Form::is_fine);
    let status = if is_fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let judge = Judge::for_pages(state, listing.agreement.id).await?;
    let facts = Facts::gather(&judge, listing, range, until, compares).await?;
    let mut shown = facts.page(state, frame.shell, asked, problem.as_ref())?;
    shown.baseline = baseline::section(state, (&judge, &facts.listing), range.span, say::can_edit(&user.0)).await?;
    shown.can_explain = say::can_edit(&user.0);
    shown.happened = happened::section(&facts, typed);
    page(status, &shown)
}

/// The address of an objective's page with the same range and comparison, at one of its sections.
fn again(listing: &ObjectiveListing, asked: &Asked, section: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let given = [("range", &asked.range), ("from", &asked.from), ("to", &asked.to), ("compare", &asked.compare)];
    for (name, value) in given {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            query.append_pair(name, value);
        }
    }
    format!("/objectives/{}?{}#{section}", listing.objective.id.0, query.finish())
}

/// The objective with that id, archived or not.
pub(in crate::web) async fn find(state: &State, id: i64) -> Result<ObjectiveListing, WebError> {
    let listing = objectives::listing(&state.db, ObjectiveId(id)).await?;
    listing.ok_or(WebError::NotFound("There is no such objective"))
}

/// Everything that the page is made of.
struct Facts {
    listing: ObjectiveListing,
    /// Up to where judgements reach at the moment.
    until: Minute,
    range: Range,
    trace: Arc<Trace>,
    /// For a latency, the counted bounds of its histogram with what was within them.
    within: Vec<(Threshold, Within)>,
    /// The stretch of the same length before, if it is to be compared.
    previous: Option<Previous>,
    /// What happened besides what was measured.
    happened: Happened,
    /// The outages that are listed and drawn: the costliest, and one that is still going, in order of time.
    outages: Vec<Outage>,
    outages_left_out: usize,
    /// What was said about outages of the service in the range.
    causes: Vec<OutageCause>,
    /// How the calendar period will end, where there is one and the range reaches up to now.
    outlook: Option<Result<Outlook, TooLittle>>,
    /// The members of a composite with their weights.
    members: Vec<promise::Member>,
    /// What is counted, in words.
    units: Units,
    findings: Vec<Finding>,
    progress: Option<PullProgress>,
}

impl Facts {
    async fn gather(
        judge: &Judge,
        listing: ObjectiveListing,
        range: Range,
        until: Minute,
        compares: bool,
    ) -> Result<Self, WebError> {
        let (db, span, indicator) = (judge.db(), range.span, listing.indicator.id);
        let what = if range.choice == Choice::Window { Asks::Window } else { Asks::Range };
        let trace = trace::trace(judge, &listing, trace::Asked { span, what }).await?;
        let previous = if compares { Some(Previous::gather(judge, &listing, span).await?) } else { None };
        let is_now = span.end() == until;
        let outlook = if is_now { foresee::foresee(judge, &listing, trace.own.tally, until).await? } else { None };
        let progress = indicators::list_progress(db).await?.into_iter().find(|one| one.indicator == indicator);
        let (outages, left_out) = shown_outages(&trace.outages, span.end());
        Ok(Self {
            outages_left_out: trace.outages_left_out + left_out,
            outages,
            trace,
            previous,
            within: percentiles::gather(db, &listing.indicator, span).await?,
            happened: Happened::gather(db, &listing, span, is_now).await?,
            findings: findings::list(db, indicator).await?,
            causes: outage_causes::list(db, listing.indicator.service, span).await?,
            members: members(db, &listing).await?,
            units: Units::of(&listing),
            outlook,
            until,
            listing,
            range,
            progress,
        })
    }

    /// The status over the range: its own counts, and the alerts that the objective itself has.
    fn status(&self) -> Status {
        let left = self.trace.whole.budget.map(|budget| (budget.remaining_millionths(), budget.allowed_millionths()));
        let is_nearly_spent = left.is_some_and(|(left, allowed)| left * 4 < allowed);
        match self.trace.whole.met {
            None => Status::NoData,
            Some(false) => Status::Breached,
            Some(true) if is_nearly_spent || !self.trace.own.firing.is_empty() => Status::AtRisk,
            Some(true) => Status::Meeting,
        }
    }

    fn page(
        &self,
        state: &State,
        shell: Shell,
        asked: &Asked,
        problem: Option<&Problem>,
    ) -> Result<ObjectivePage, WebError> {
        let ObjectiveListing { objective, agreement, service_name, .. } = &self.listing;
        let (status, zone) = (standing::status(self.status()), agreement.zone);
        let span = self.range.span;
        let mut shell = shell.page(objective.name.clone(), Section::Overview, Some(Help::OBJECTIVE));
        if let Some(problem) = problem.filter(|problem| problem.field == "range") {
            shell.flash = Some(Flash { kind: FlashKind::Failed, text: problem.sentence.clone() });
        }
        let (from, to) = self.dates(asked, problem);
        Ok(ObjectivePage {
            shell,
            id: objective.id.0,
            name: objective.name.clone(),
            kind: language::word(standing::kind(objective.kind)).to_owned(),
            service: service_name.clone(),
            agreement: Link::new(format!("/agreements/{}", agreement.id.0), agreement.name.clone()),
            customer: agreement.customer.clone(),
            promise: promise::promise(&self.listing, &self.members),
            status,
            verdict: verdict::sentence(self),
            is_archived: objective.archived_at.or(agreement.archived_at).is_some(),
            ranges: range::presets(&self.range, objective, agreement.period),
            from,
            to,
            zone: zone.name().to_owned(),
            range_text: range_text(span, zone),
            range_query: range::query(span),
            steps: ["day", "hour", "minute"].map(str::to_owned).to_vec(),
            bar: standing::bar(self.trace.whole.budget.as_ref(), status),
            tiles: verdict::tiles(self),
            burn_rates: verdict::burn_rates(self),
            alerts: verdict::alerts(self),
            alerts_note: verdict::alerts_note(self),
            charts: charts::once(&state.gallery, self).map_err(WebError::internal)?,
            outages: outages::outages(self),
            more_outages: outages::more_outages(self.outages_left_out),
            recovery: outages::recovery(&self.trace.recovery),
            can_explain: false,
            comparison: previous::comparison(self),
            happened: HappenedSection::default(),
            range_only: self.range_only(),
            back: self.back(),
            baseline: BaselineSection::default(),
            behind: behind::behind(self),
        })
    }

    /// The query that names the range as it was chosen.
    fn range_only(&self) -> String {
        match self.range.choice {
            Choice::Window => "range=window".to_owned(),
            Choice::Days(days) => format!("range={days}d"),
            Choice::Custom => range::query(self.range.span),
        }
    }

    /// The query that leads back to this very page.
    fn back(&self) -> String {
        let range = self.range_only();
        if self.previous.is_some() { format!("{range}&compare=previous") } else { range }
    }

    /// What the date fields show: what was typed, if it was refused, or the days of the range.
    fn dates(&self, asked: &Asked, problem: Option<&Problem>) -> (Field, Field) {
        let zone = self.listing.agreement.zone;
        let (first, last) = (self.range.span.start().start(), self.range.span.end().plus(-1).start());
        let is_refused = problem.is_some_and(|problem| problem.field != "range");
        let field = |name: &str, typed: Option<&String>, day: String| Field {
            name: name.to_owned(),
            value: if is_refused { typed.cloned().unwrap_or_default() } else { day },
            problem: problem.filter(|problem| problem.field == name).map(|problem| problem.sentence.clone()),
        };
        let (from, to) = (wording::day(first, zone), wording::day(last, zone));
        (field("from", asked.from.as_ref(), from), field("to", asked.to.as_ref(), to))
    }
}

/// The members of a composite by name, with their weights.
pub(in crate::web) async fn members(db: &Db, listing: &ObjectiveListing) -> Result<Vec<promise::Member>, WebError> {
    let mut members = Vec::new();
    for (id, weight) in listing.objective.terms.composite.iter().flat_map(Composite::members) {
        let member = objectives::find(db, *id).await?.ok_or(WebError::NotFound("There is no such objective"))?;
        members.push((member.name, *weight));
    }
    Ok(members)
}

/// The costliest outages and the one at the range's end, in order of time, and how many others there are.
fn shown_outages(all: &[Outage], end: Minute) -> (Vec<Outage>, usize) {
    let last = all.last().filter(|outage| outage.span.end() >= end).copied();
    let (mut outages, mut left_out) = outage::worst(all.to_vec(), OUTAGES_SHOWN);
    if let Some(last) = last.filter(|last| outages.last() != Some(last)) {
        outages.push(last);
        left_out -= 1;
    }
    (outages, left_out)
}

fn range_text(span: Span, zone: chrono_tz::Tz) -> String {
    let text = wording::span(span.start().start(), span.end().start(), zone);
    format!("{text}, {}", zone.name())
}

#[cfg(test)]
mod tests;
