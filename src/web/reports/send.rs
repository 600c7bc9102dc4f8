//! Sending: a period's report now, a stored one again, a delivery that was given up.

use super::preview::period;
use crate::domain::calendar::Period;
use crate::domain::ids::{AgreementId, DeliveryId, ReportId};
use crate::domain::wording;
use crate::ops::issue_reports::{last_ended, send_now};
use crate::ops::{OpsError, deliver};
use crate::store;
use crate::web::extract::{Posted, SignedIn};
use crate::web::html::see_other;
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// POST `/agreements/{id}/send`: the period in the form, or the last that has ended.
pub async fn send(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    posted: Posted,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    let found = store::agreements::find(&state.db, AgreementId(*id)).await?;
    let agreement = found.ok_or(OpsError::NotFound("agreement"))?;
    let wished = match posted.text("period") {
        "" => last_ended(&agreement, state.clock.now()),
        text => period(&agreement, Some(text), state.clock.now())?,
    };
    issue(&user, &session, &state, agreement.id, wished, &format!("{}/{id}", paths::AGREEMENTS)).await
}

/// POST `/reports/{id}/send`: the same period as it stands now, as a new revision.
pub async fn send_again(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    let stored = store::reports::find(&state.db, ReportId(*id)).await?.ok_or(OpsError::NotFound("report"))?;
    let found = store::agreements::find(&state.db, stored.head.agreement).await?;
    let agreement = found.ok_or(OpsError::NotFound("agreement"))?;
    let wished = period(&agreement, Some(&stored.head.label), state.clock.now())?;
    issue(&user, &session, &state, agreement.id, wished, &format!("{}/{id}", paths::REPORTS)).await
}

/// POST `/reports/{id}/deliveries/{delivery}/retry`.
pub async fn retry(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    path: Path<(i64, i64)>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let (report, delivery) = path.into_inner();
    let own = store::outbox::list_by_report(&state.db, ReportId(report)).await?;
    if !own.iter().any(|one| one.id.0 == delivery) {
        return Err(WebError::NotFound("There is no such delivery"));
    }
    let told = match deliver::try_again(&state, Some(user.0.id), DeliveryId(delivery)).await {
        Ok(()) => say::done("It will be tried again at once."),
        Err(OpsError::Refused { sentence, .. }) => say::failed(sentence),
        Err(error) => return Err(error.into()),
    };
    session::tell(&session, &told)?;
    Ok(see_other(&format!("{}/{report}", paths::REPORTS)))
}

/// Issues the report and goes to it; what is refused is said on the page that it came from.
async fn issue(
    user: &SignedIn,
    session: &Session,
    state: &State,
    agreement: AgreementId,
    period: Period,
    back: &str,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let (told, next) = match send_now(state, Some(user.0.id), agreement, period).await {
        Ok(report) => {
            let name = wording::period_name(&period);
            (say::done(format!("The report of {name} is made and on its way.")), format!("{}/{report}", paths::REPORTS))
        }
        Err(OpsError::Refused { sentence, .. }) => (say::failed(sentence), back.to_owned()),
        Err(error) => return Err(error.into()),
    };
    session::tell(session, &told)?;
    Ok(see_other(&next))
}
