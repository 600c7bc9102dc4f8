//! GET `/reports/{id}` and its files.

use super::file;
use crate::domain::ids::ReportId;
use crate::domain::time::Instant;
use crate::domain::wording;
use crate::ops::OpsError;
use crate::ops::show_report::{self, FileFormat};
use crate::store;
use crate::store::outbox::{Delivery, DeliveryState};
use crate::view::reports::{DeliveryRow, ReportPage};
use crate::view::{Badge, Help, Link, Section, Tone};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError, paths, say};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use chrono_tz::Tz;

/// The page.
pub async fn show(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    id: Path<i64>,
) -> Result<Html<ReportPage>, WebError> {
    let (head, report) = show_report::stored(&state.db, ReportId(*id)).await?;
    let found = store::agreements::find(&state.db, head.agreement).await?;
    let agreement = found.ok_or(OpsError::NotFound("agreement"))?;
    let deliveries = store::outbox::list_by_report(&state.db, head.id).await?;
    let now = state.clock.now();
    let row = |one: &Delivery| delivery(one, agreement.zone, now, say::can_edit(&user.0));
    let title = report.title();
    Ok(Html(ReportPage {
        shell: frame.shell.page(title.clone(), Section::Reports, Some(Help::REPORTS)),
        id: *id,
        title,
        status: say::status_of_word(&head.verdict),
        is_provisional: report.is_provisional(),
        made_at: report.made(),
        fragment: report.fragment()?,
        deliveries: deliveries.iter().map(row).collect(),
        can_send: say::can_edit(&user.0) && !agreement.recipients.is_empty() && agreement.archived_at.is_none(),
        agreement: Link::new(format!("{}/{}", paths::AGREEMENTS, agreement.id), agreement.name),
    }))
}

/// GET `/reports/{id}.html`, `.txt`, `.csv`, `.json`.
pub async fn download(
    _user: SignedIn,
    state: Data<State>,
    path: Path<(i64, String)>,
) -> Result<HttpResponse, WebError> {
    let (id, extension) = path.into_inner();
    let format = FileFormat::from_word(&extension).ok_or(WebError::NotFound("There is no such file"))?;
    let (_, report) = show_report::stored(&state.db, ReportId(id)).await?;
    Ok(file(report.file(format)?))
}

fn delivery(one: &Delivery, zone: Tz, now: Instant, can_edit: bool) -> DeliveryRow {
    let state = match (one.state, one.attempts) {
        (DeliveryState::Sent, _) => Badge::new(Tone::Good, "Sent"),
        (DeliveryState::Dead, _) => Badge::new(Tone::Bad, "Given up"),
        (DeliveryState::Queued, 0) => Badge::new(Tone::Busy, "Waiting"),
        (DeliveryState::Queued, _) => Badge::new(Tone::Warn, "Trying again"),
    };
    let last = one.last_at.map_or_else(|| "–".to_owned(), |at| wording::instant(at, zone));
    DeliveryRow {
        recipient: one.recipient.clone(),
        state,
        attempts: wording::count(one.attempts),
        answer: one.last_answer.clone(),
        at: match one.state {
            DeliveryState::Queued if one.next_at > now => format!("next try {}", wording::from_now(one.next_at, now)),
            DeliveryState::Queued => "due now".to_owned(),
            DeliveryState::Sent | DeliveryState::Dead => last,
        },
        retry: (can_edit && one.state != DeliveryState::Sent && one.attempts > 0)
            .then(|| format!("{}/{}/deliveries/{}/retry", paths::REPORTS, one.report, one.id)),
    }
}
