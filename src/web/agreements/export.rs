//! GET `/agreements/{id}.csv` and `.json`: all objectives, period by period; `/agreements/{id}/slices.csv` and `.json`: slice by
//! slice. Both are streamed.

use crate::domain::calendar::{Period, PeriodKind};
use crate::domain::ids::AgreementId;
use crate::domain::model::Agreement;
use crate::domain::time::{Instant, Span};
use crate::language::say;
use crate::ops::export::{self, Format, periods_in};
use crate::ops::export_slices::export_slices;
use crate::ops::terms_in_force::live_objectives;
use crate::ops::{Context, OpsError};
use crate::store;
use crate::web::export::download;
use crate::web::extract::SignedIn;
use crate::web::{State, WebError, reports};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

/// The most periods of one file: ten years of months.
const PERIODS_MAX: usize = 120;

/// The range, as days in the agreement's zone; both belong to it.
#[derive(Debug, Deserialize)]
pub struct Range {
    from: Option<String>,
    to: Option<String>,
}

/// The file.
pub async fn export(
    _user: SignedIn,
    state: Data<State>,
    path: Path<(i64, String)>,
    range: Query<Range>,
) -> Result<HttpResponse, WebError> {
    let (id, ending) = path.into_inner();
    let found = store::agreements::find(&state.db, AgreementId(id)).await?;
    let agreement = found.ok_or(OpsError::NotFound("agreement"))?;
    let span = span(&state, &agreement, &range).await?;
    let periods = periods_in(&agreement, agreement.period, span, PERIODS_MAX + 1);
    if periods.len() > PERIODS_MAX {
        return Err(WebError::refused(say!(
            "One file holds at most {most} periods; choose a later “from”.",
            PERIODS_MAX
        )));
    }
    let name = format!("nines-agreement-{id}.{ending}");
    let format = Format::from_ending(&ending);
    Ok(download(&name, format, export::agreement(Context::clone(&state), agreement, periods, format)))
}

/// Which period, by its label.
#[derive(Debug, Deserialize)]
pub struct Wish {
    period: Option<String>,
}

/// The file of slices; without a period that of the running one, up to now.
pub async fn slices(
    _user: SignedIn,
    state: Data<State>,
    path: Path<(i64, String)>,
    wish: Query<Wish>,
) -> Result<HttpResponse, WebError> {
    let (id, ending) = path.into_inner();
    let found = store::agreements::find(&state.db, AgreementId(id)).await?;
    let agreement = found.ok_or(OpsError::NotFound("agreement"))?;
    let period = reports::period(&agreement, wish.period.as_deref(), state.clock.now())?;
    let format = Format::from_ending(&ending);
    let rows = export_slices(&state, &agreement, period, format).await?;
    Ok(download(&format!("nines-agreement-{id}-slices-{}.{ending}", period.label()), format, rows))
}

async fn span(state: &State, agreement: &Agreement, range: &Range) -> Result<Span, WebError> {
    let now = state.clock.now();
    let start = match day(range.from.as_deref(), agreement)? {
        Some(first) => first.span().start(),
        None => first_minute(state, agreement, now).await?,
    };
    let end = day(range.to.as_deref(), agreement)?.map_or_else(|| now.minute(), |last| last.span().end());
    if end <= start {
        return Err(WebError::refused(say!("Please choose a “to” that is not before “from”, both as 2026-11-21.")));
    }
    // what has not begun has nothing to say; at least the running period is told
    let end = end.min(now.minute().plus(1));
    Ok(Span::new(start.min(end.plus(-1)), end))
}

fn day(text: Option<&str>, agreement: &Agreement) -> Result<Option<Period>, WebError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let day = Period::parse(text, agreement.zone).ok().filter(|period| period.kind() == PeriodKind::Day);
    day.map(Some).ok_or_else(|| WebError::refused(say!("Please write “from” and “to” as days, such as 2026-11-21.")))
}

/// The first minute with data; without any, the present.
async fn first_minute(
    state: &State,
    agreement: &Agreement,
    now: Instant,
) -> Result<crate::domain::time::Minute, WebError> {
    let mut first = now.minute();
    for listing in live_objectives(&state.db, agreement).await? {
        if let Some(extent) = store::ledger::extent(&state.db, listing.indicator.id).await? {
            first = first.min(extent.start());
        }
    }
    Ok(first)
}
