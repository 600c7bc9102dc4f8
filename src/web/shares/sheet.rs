//! GET `/shared/{token}`: the agreement as its customer sees it, and the files of its reports.

use super::{kept_private, nothing_here, opened};
use crate::domain::ids::{AgreementId, ReportId};
use crate::domain::judgement::Judgement;
use crate::domain::model::Agreement;
use crate::domain::outlook::{Outlook, TooLittle};
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::OpsError;
use crate::ops::assess::{Case, assess};
use crate::ops::evaluate::judged_until;
use crate::ops::foresee::foresee;
use crate::ops::judge::Judge;
use crate::ops::judge_periods::{JudgedPeriods, judge_periods};
use crate::ops::show_report::{self, FileFormat};
use crate::ops::terms_in_force::live_objectives;
use crate::store::objectives::ObjectiveListing;
use crate::store::share_links::ShareLink;
use crate::store::{self, Page};
use crate::view::shares::{SheetObjective, SheetPage, SheetReport};
use crate::view::{Section, Shell};
use crate::web::agreements::show::{PAST_MAX, REPORTS_MAX, named, passed, past_period, terms};
use crate::web::agreements::{verdict, whole};
use crate::web::extract::Client;
use crate::web::html::page;
use crate::web::objective::{members, promise};
use crate::web::reports::{self, report_rows};
use crate::web::{State, WebError, paths, say, standing};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

/// The page.
pub async fn sheet(client: Client, state: Data<State>, token: Path<String>) -> Result<HttpResponse, WebError> {
    let link = match opened(&state, client.0, &token).await? {
        Ok(link) if link.objective.is_none() => link,
        Ok(_badge) => return nothing_here(),
        Err(answer) => return Ok(answer),
    };
    let path = format!("{}/{token}", paths::SHARED);
    let template = shown(&state, &link, path).await?;
    Ok(kept_private(page(StatusCode::OK, &template)?))
}

/// GET `/shared/{token}/reports/{id}.html`, `.txt`, `.csv`, `.xlsx`, `.pdf`: a report of that agreement, without what is asked of sources.
pub async fn file(
    client: Client,
    state: Data<State>,
    path: Path<(String, i64, String)>,
) -> Result<HttpResponse, WebError> {
    let (token, id, extension) = path.into_inner();
    let link = match opened(&state, client.0, &token).await? {
        Ok(link) => link,
        Err(answer) => return Ok(answer),
    };
    let Some(format) = FileFormat::from_word(&extension) else { return nothing_here() };
    match show_report::stored(&state.db, ReportId(id)).await {
        Ok((head, report)) if link.objective.is_none() && head.agreement == link.agreement => {
            find(&state, link.agreement).await?.terms.language.into_iter().for_each(language::prefer);
            Ok(kept_private(reports::made(&state, report.for_strangers(), format).await?))
        }
        Ok(_) | Err(OpsError::NotFound(_)) => nothing_here(),
        Err(error) => Err(error.into()),
    }
}

async fn shown(state: &State, link: &ShareLink, path: String) -> Result<SheetPage, WebError> {
    let agreement = find(state, link.agreement).await?;
    agreement.terms.language.into_iter().for_each(language::prefer);
    let listings = live_objectives(&state.db, &agreement).await?;
    let now = state.clock.now();
    let end = judged_until(now);
    let judge = Judge::for_pages(state, agreement.id).await?;
    let periods = judge_periods(&judge, &agreement, &listings, end, PAST_MAX).await?;
    let case = Case { agreement: &agreement, listings: &listings, period: periods.current.period, until: end, now };
    let assessment = assess(&judge, &case).await?;
    let heads = store::reports::list(&state.db, Some(agreement.id), Page::first(REPORTS_MAX)).await?;
    let reports = report_rows(state, &heads, std::slice::from_ref(&agreement)).await?;
    let objectives = objectives(state, &judge, &listings, &periods).await?;
    let current = &periods.current;
    Ok(SheetPage {
        shell: Shell::default().page(agreement.name.clone(), Section::Elsewhere, None),
        path,
        until: link.expires_at.map_or_else(|| say!("it is revoked"), |at| wording::instant(at, agreement.zone)),
        judged: wording::instant(end.start(), agreement.zone),
        status: say::worst(objectives.iter().map(|row| row.status)),
        terms: terms(&agreement),
        current_label: wording::capitalised(&wording::period_name(&current.period)),
        current_verdict: verdict::sentence(&named(&listings, &current.judgements)),
        current_progress: passed(current.period, end),
        whole: whole::view(&assessment, agreement.zone).without_links(),
        past: periods.past.iter().map(|one| past_period(one, &listings, &[])).collect(),
        objectives,
        reports: reports
            .into_iter()
            .map(|row| SheetReport {
                id: row.id,
                period: row.period,
                number: row.number,
                status: row.status,
                met: row.met,
                made_at: row.made_at,
                is_provisional: row.is_provisional,
            })
            .collect(),
        name: agreement.name,
        customer: agreement.customer,
    })
}

async fn find(state: &State, id: AgreementId) -> Result<Agreement, OpsError> {
    store::agreements::find(&state.db, id).await?.ok_or(OpsError::NotFound("agreement"))
}

async fn objectives(
    state: &State,
    judge: &Judge,
    listings: &[ObjectiveListing],
    periods: &JudgedPeriods,
) -> Result<Vec<SheetObjective>, WebError> {
    let until = judged_until(state.clock.now());
    let mut rows = Vec::with_capacity(listings.len());
    for (listing, judgement) in listings.iter().zip(&periods.current.judgements) {
        let foreseen = foresee(judge, listing, judgement.tally, until).await?;
        let promised = promise::promise(listing, &members(&state.db, listing).await?);
        rows.push(row(listing, judgement, promised, foreseen.as_ref()));
    }
    Ok(rows)
}

fn row(
    listing: &ObjectiveListing,
    judgement: &Judgement,
    promise: String,
    foreseen: Option<&Result<Outlook, TooLittle>>,
) -> SheetObjective {
    let objective = &listing.objective;
    SheetObjective {
        name: objective.name.clone(),
        promise,
        status: standing::status(judgement.status),
        sli: standing::measured(objective.kind, objective.target, &judgement.tally),
        target: standing::target(objective.kind, objective.target),
        outlook: foreseen.map(outlook),
    }
}

/// How the period will probably end, in a few words.
fn outlook(foreseen: &Result<Outlook, TooLittle>) -> String {
    match foreseen {
        Err(few) => wording::capitalised(&few.to_string()),
        Ok(outlook) if !outlook.probability.is_settled() => say!("Met with {probability}", outlook.probability),
        Ok(outlook) if outlook.probability.get() > 0.0 => say!("Will be met"),
        Ok(_) => say!("Will be missed"),
    }
}
