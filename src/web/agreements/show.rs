//! GET `/agreements/{id}`: terms, the running period, and a row per past period.

use super::{verdict, whole};
use crate::domain::calendar::{Anchor, Period, PeriodKind};
use crate::domain::ids::AgreementId;
use crate::domain::judgement::{self, Judgement};
use crate::domain::model::Agreement;
use crate::domain::time::{DAY_MINUTES, Minute};
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::OpsError;
use crate::ops::assess::{Case, assess};
use crate::ops::compare_terms::contract;
use crate::ops::define_schedule::receivers;
use crate::ops::evaluate::{evaluate, judged_until};
use crate::ops::judge::Judge;
use crate::ops::judge_periods::{JudgedPeriod, judge_periods};
use crate::ops::terms_in_force::live_objectives;
use crate::store::objectives::ObjectiveListing;
use crate::store::reports::ReportHead;
use crate::store::{self, Page};
use crate::view::agreements::{AgreementPage, PastCell, PastPeriod};
use crate::view::{Fact, Help, Link, Progress, Section, Status};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::overview::objective_row;
use crate::web::reports::report_rows;
use crate::web::{State, WebError, paths, say, standing};
use actix_web::web::{Data, Path};

/// How many past periods and reports the page shows.
pub(in crate::web) const PAST_MAX: usize = 12;
pub(in crate::web) const REPORTS_MAX: i64 = 12;

/// The page.
pub async fn show(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    id: Path<i64>,
) -> Result<Html<AgreementPage>, WebError> {
    let id = AgreementId(*id);
    let agreement = store::agreements::find(&state.db, id).await?.ok_or(OpsError::NotFound("agreement"))?;
    let listings = live_objectives(&state.db, &agreement).await?;
    let now = state.clock.now();
    let end = judged_until(now);
    let judge = Judge::for_pages(&state, id).await?;
    let periods = judge_periods(&judge, &agreement, &listings, end, PAST_MAX).await?;
    let case = Case { agreement: &agreement, listings: &listings, period: periods.current.period, until: end, now };
    let assessment = assess(&judge, &case).await?;
    let heads = store::reports::list(&state.db, Some(id), Page::first(REPORTS_MAX)).await?;
    let reports = report_rows(&state, &heads, std::slice::from_ref(&agreement)).await?;
    let mut objectives = Vec::with_capacity(listings.len());
    for listing in &listings {
        let evaluation = evaluate(&judge, listing, now, None).await?;
        objectives.push(objective_row(listing, Some(evaluation), now));
    }
    let current = &periods.current;
    Ok(Html(AgreementPage {
        shell: frame.shell.page(agreement.name.clone(), Section::Agreements, Some(Help::AGREEMENTS)),
        id: id.0,
        status: say::worst(current.judgements.iter().map(|one| standing::status(one.status))),
        terms: [terms(&agreement), vec![recipients(&state, &agreement).await?]].concat(),
        current_label: wording::capitalised(&wording::period_name(&current.period)),
        current_period: current.period.label(),
        current_verdict: verdict::sentence(&named(&listings, &current.judgements)),
        current_progress: passed(current.period, end),
        whole: whole::view(&assessment, agreement.zone),
        past_heads: listings.iter().map(head).collect(),
        past: periods.past.iter().map(|one| past_period(one, &listings, &heads)).collect(),
        objectives,
        reports,
        is_archived: agreement.archived_at.is_some(),
        can_edit: say::can_edit(&user.0),
        name: agreement.name,
        customer: agreement.customer,
    }))
}

/// Each objective's name with its judgement.
pub(in crate::web) fn named<'a>(
    listings: &'a [ObjectiveListing],
    judgements: &'a [Judgement],
) -> Vec<(&'a str, &'a Judgement)> {
    listings.iter().map(|listing| listing.objective.name.as_str()).zip(judgements).collect()
}

fn head(listing: &ObjectiveListing) -> Link {
    Link::new(format!("/objectives/{}", listing.objective.id), &listing.objective.name)
}

/// The terms that both sides know.
pub(in crate::web) fn terms(agreement: &Agreement) -> Vec<Fact> {
    let or_none = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
    let mut terms = vec![
        Fact::new(say!("Customer"), or_none(&agreement.customer)),
        Fact::new(say!("Owner"), or_none(&agreement.owner)),
        Fact::new(say!("Time zone"), wording::zone(agreement.created_at, agreement.zone)),
        Fact::new(say!("Judged by"), say!("calendar {period}", language::word(wording::period(agreement.period)))),
        Fact::new(say!("Report"), report_pace(agreement.report_every)),
        Fact::new(say!("In force since"), wording::instant(agreement.created_at, agreement.zone)),
    ];
    terms.extend(by_the_letter(agreement));
    if let Some(at) = agreement.archived_at {
        terms.push(Fact::new(say!("Archived"), wording::instant(at, agreement.zone)));
    }
    terms
}

/// What the contract says beyond the usual.
fn by_the_letter(agreement: &Agreement) -> impl Iterator<Item = Fact> {
    const SHOWN: [&str; 6] = ["name", "customer", "owner", "time zone", "judged by", "report"];
    let is_usual = |name: &str| name == "periods begin" && agreement.terms.anchor == Anchor::default();
    let said = contract(agreement).into_iter();
    let said = said.filter(move |(name, text)| !text.is_empty() && !SHOWN.contains(name) && !is_usual(name));
    said.map(|(name, text)| Fact::new(wording::capitalised(language::word(name)), text))
}

/// Who receives the reports; for our own eyes.
async fn recipients(state: &State, agreement: &Agreement) -> Result<Fact, WebError> {
    let recipients = receivers(&state.db, agreement).await?;
    Ok(Fact::new(say!("Recipients"), if recipients.is_empty() { say!("none") } else { recipients.join(", ") }))
}

fn report_pace(every: PeriodKind) -> String {
    say!("every {period}, when it has closed and its data has settled", language::word(wording::period(every)))
}

/// How much of the running period has passed.
pub(in crate::web) fn passed(period: Period, end: Minute) -> Progress {
    let span = period.span();
    let (all, done) = (span.minutes().max(1), (end.0 - span.start().0).clamp(0, span.minutes()));
    let text = say!("{done} of {all} days have passed", done / DAY_MINUTES, period.days().len());
    Progress { done_permille: done * 1000 / all, text }
}

/// A past period as a row; its report is looked for among `heads`.
pub(in crate::web) fn past_period(
    judged: &JudgedPeriod,
    listings: &[ObjectiveListing],
    heads: &[ReportHead],
) -> PastPeriod {
    let label = judged.period.label();
    let cells: Vec<PastCell> = listings.iter().zip(&judged.judgements).map(|(l, j)| cell(l, j)).collect();
    let report = heads.iter().filter(|head| head.label == label).max_by_key(|head| head.revision);
    PastPeriod {
        label: wording::capitalised(&wording::period_name(&judged.period)),
        period: label,
        status: say::worst(cells.iter().map(|cell| cell.status)),
        cells,
        report: report.map(|head| Link::new(format!("{}/{}", paths::REPORTS, head.id), format!("#{}", head.id))),
    }
}

/// A closed period is met or missed; what was left of its budget puts nothing at risk any more.
fn cell(listing: &ObjectiveListing, judgement: &Judgement) -> PastCell {
    let status = match judgement.status {
        judgement::Status::AtRisk => Status::Meeting,
        other => standing::status(other),
    };
    let tally = &judgement.tally;
    let is_partial = tally.known > 0 && tally.known < tally.minutes;
    PastCell {
        status,
        sli: standing::measured(listing.objective.kind, listing.objective.target, tally),
        coverage: is_partial.then(|| say!("{share} % known", wording::share_percent(tally.known, tally.minutes))),
    }
}
