//! Sending: a period's report now, a stored one again, a delivery that was given up.

use super::preview::period;
use super::show::report_page;
use crate::domain::ids::{AgreementId, DeliveryId, ReportId};
use crate::domain::wording;
use crate::language::say;
use crate::ops::correct_report::{REASON, correct as correct_kept};
use crate::ops::issue_reports::last_ended;
use crate::ops::send_report::{send_again as send_kept, send_now};
use crate::ops::{OpsError, deliver, show_report};
use crate::store;
use crate::view::Form;
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::html::{page, see_other};
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
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
    say::editor(&user.0)?;
    let name = wording::period_name(&wished);
    let sent = send_now(&state, Some(user.0.id), agreement.id, wished).await;
    on_its_way(&session, sent, &name, &format!("{}/{id}", paths::AGREEMENTS))
}

/// POST `/reports/{id}/send`: the same report once more; a provisional one as it stands now, as a new revision.
pub async fn send_again(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let (_, report) = show_report::stored(&state.db, ReportId(*id)).await?;
    let sent = send_kept(&state, Some(user.0.id), ReportId(*id)).await;
    on_its_way(&session, sent, &report.period_name(), &format!("{}/{id}", paths::REPORTS))
}

/// POST `/reports/{id}/correct`: another revision, with the reason in the form; what is refused is said on the page.
pub async fn correct(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let reason = posted.text(REASON);
    match correct_kept(&state, Some(user.0.id), ReportId(*id), reason).await {
        Ok(report) => {
            session::tell(&session, &say::done(say!("The report is corrected, and the correction is on its way.")))?;
            Ok(see_other(&format!("{}/{report}", paths::REPORTS)))
        }
        Err(OpsError::Refused { field, sentence }) => {
            let mut form = Form::default();
            form.set(REASON, reason);
            form.refuse(field, sentence);
            page(StatusCode::UNPROCESSABLE_ENTITY, &report_page(&user, frame, &state, ReportId(*id), form).await?)
        }
        Err(error) => Err(error.into()),
    }
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
        Ok(()) => say::done(say!("It will be tried again at once.")),
        Err(OpsError::Refused { sentence, .. }) => say::failed(sentence),
        Err(error) => return Err(error.into()),
    };
    session::tell(&session, &told)?;
    Ok(see_other(&format!("{}/{report}", paths::REPORTS)))
}

/// Goes to the report; what is refused is said on the page that it came from.
fn on_its_way(
    session: &Session,
    sent: Result<ReportId, OpsError>,
    name: &str,
    back: &str,
) -> Result<HttpResponse, WebError> {
    let (told, next) = match sent {
        Ok(report) => {
            (say::done(say!("The report of {period} is on its way.", name)), format!("{}/{report}", paths::REPORTS))
        }
        Err(OpsError::Refused { sentence, .. } | OpsError::Removed { sentence }) => {
            (say::failed(sentence), back.to_owned())
        }
        Err(error) => return Err(error.into()),
    };
    session::tell(session, &told)?;
    Ok(see_other(&next))
}
