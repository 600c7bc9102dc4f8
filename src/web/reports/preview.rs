//! GET `/agreements/{id}/report?period=2026-W46`: what the report would say now, as a page or a file.

use super::list::named;
use super::made;
use crate::domain::calendar::Period;
use crate::domain::ids::AgreementId;
use crate::domain::model::Agreement;
use crate::domain::time::{DAY_MINUTES, Instant, Span};
use crate::domain::wording;
use crate::language::say;
use crate::ops::OpsError;
use crate::ops::define_schedule::receivers;
use crate::ops::export::periods_in;
use crate::ops::show_report::{self, FileFormat};
use crate::store;
use crate::view::reports::PreviewPage;
use crate::view::{Choice, Help, Link, Section};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::page;
use crate::web::{State, WebError, paths, say};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

/// How many periods of each kind the page offers.
const OFFERED: usize = 13;

/// Which period, in which shape.
#[derive(Debug, Deserialize)]
pub struct Wish {
    period: Option<String>,
    format: Option<String>,
}

/// The page; with `format`, the file.
pub async fn preview(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    id: Path<i64>,
    wish: Query<Wish>,
) -> Result<HttpResponse, WebError> {
    let agreement = find(&state, *id).await?;
    let now = state.clock.now();
    let period = period(&agreement, wish.period.as_deref(), now)?;
    let report = show_report::preview(&state, &agreement, period).await?;
    if let Some(word) = wish.format.as_deref().filter(|word| !word.is_empty()) {
        let format = FileFormat::from_word(word);
        let format = format.ok_or_else(|| {
            WebError::refused(say!("Please choose one of these formats: {formats}.", FileFormat::WORDS.join(", ")))
        })?;
        return made(&state, report, format).await;
    }
    page(
        StatusCode::OK,
        &PreviewPage {
            shell: frame.shell.page("Preview of the report", Section::Agreements, Some(Help::REPORTS)),
            agreement_id: *id,
            period: period.label(),
            period_label: wording::period_name(&period),
            periods: offered(&agreement, period, now),
            is_provisional: report.is_provisional(),
            final_report: final_report(&state, &agreement, period).await?,
            fragment: report.fragment()?,
            recipients: receivers(&state.db, &agreement).await?,
            can_send: say::can_edit(&user.0) && agreement.archived_at.is_none(),
            agreement: agreement.name,
        },
    )
}

async fn final_report(state: &State, agreement: &Agreement, period: Period) -> Result<Option<Link>, WebError> {
    let newest = store::reports::latest(&state.db, agreement.id, &period.label()).await?;
    let head = newest.map(|kept| kept.head).filter(|head| !head.provisional);
    Ok(head.map(|head| Link::new(format!("{}/{}", paths::REPORTS, head.id), named(&head))))
}

/// GET `/agreements/{id}/report.csv?period=…`, and the other formats.
pub async fn preview_file(
    _user: SignedIn,
    state: Data<State>,
    path: Path<(i64, String)>,
    wish: Query<Wish>,
) -> Result<HttpResponse, WebError> {
    let (id, extension) = path.into_inner();
    let format = FileFormat::from_word(&extension).ok_or(WebError::NotFound("There is no such file"))?;
    let agreement = find(&state, id).await?;
    let period = period(&agreement, wish.period.as_deref(), state.clock.now())?;
    let report = show_report::preview(&state, &agreement, period).await?;
    made(&state, report, format).await
}

async fn find(state: &State, id: i64) -> Result<Agreement, WebError> {
    let found = store::agreements::find(&state.db, AgreementId(id)).await?;
    Ok(found.ok_or(OpsError::NotFound("agreement"))?)
}

/// The period that was asked for; the running one of the reports if none was.
pub(in crate::web) fn period(agreement: &Agreement, text: Option<&str>, now: Instant) -> Result<Period, WebError> {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => {
            let read = agreement.calendar().parse(text);
            read.map_err(|error| WebError::refused(say!("Please {error}.", error)))
        }
        None => Ok(agreement.calendar().containing(agreement.report_every, now)),
    }
}

/// The newest periods of the reports, those of the judgement if they differ, and the one that is shown; newest first.
fn offered(agreement: &Agreement, shown: Period, now: Instant) -> Vec<Choice> {
    let span = Span::ending(now.minute().plus(1), 800 * DAY_MINUTES);
    let mut periods = periods_in(agreement, agreement.report_every, span, OFFERED);
    periods.reverse();
    if agreement.period != agreement.report_every {
        periods.extend(periods_in(agreement, agreement.period, span, OFFERED).into_iter().rev());
    }
    if !periods.contains(&shown) {
        periods.insert(0, shown);
    }
    let choice = |period: &Period| {
        let name = wording::capitalised(&wording::period_name(period));
        let is_running = period.span().end() > now.minute();
        Choice::new(period.label(), if is_running { say!("{period}, so far", name) } else { name })
    };
    periods.iter().map(choice).collect()
}
