//! GET `/deliveries`: every mail on its way, with what the server said.

use crate::domain::ids::DeliveryId;
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::{OpsError, deliver};
use crate::store::outbox::{Counts, Delivery, DeliveryState};
use crate::store::{self, Page};
use crate::view::schedules::{DeliveriesPage, OutboxRow};
use crate::view::{Choice, Help, Link, Section};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::{Html, see_other};
use crate::web::reports::delivery;
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

/// Deliveries of a page.
const PAGE_SIZE: i64 = 50;

/// Which part of the list. Text, because an empty choice is sent as empty text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    state: String,
    page: String,
}

/// The list.
pub async fn list(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    wanted: Query<Wanted>,
) -> Result<Html<DeliveriesPage>, WebError> {
    let only = DeliveryState::from_word(&wanted.state);
    let counts = store::outbox::counts(&state.db).await?;
    let part = say::Part::new(wanted.page.parse().ok(), PAGE_SIZE, in_place(counts, only));
    let page = Page { limit: part.size, offset: part.offset() };
    let all = store::outbox::list(&state.db, only, page).await?;
    let word = only.map_or("", DeliveryState::word);
    let choice = |one: &DeliveryState| Choice::new(one.word(), language::word(name(*one)));
    Ok(Html(DeliveriesPage {
        shell: frame.shell.page("Deliveries", Section::Reports, Some(Help::DELIVERIES)),
        summary: summary(counts),
        off: if state.mailer.is_off() { say!("No mail server is set, so everything waits.") } else { String::new() },
        rows: all.iter().map(|one| row(one, &state, say::can_edit(&user.0))).collect(),
        state: word.to_owned(),
        states: DeliveryState::ALL.iter().map(choice).collect(),
        pager: part.pager(|page| match word {
            "" => format!("{}?page={page}", paths::DELIVERIES),
            word => format!("{}?state={word}&page={page}", paths::DELIVERIES),
        }),
    }))
}

const fn name(place: DeliveryState) -> &'static str {
    match place {
        DeliveryState::Queued => "Waiting",
        DeliveryState::Sent => "Sent",
        DeliveryState::Dead => "Given up",
    }
}

const fn in_place(counts: Counts, only: Option<DeliveryState>) -> i64 {
    match only {
        None => counts.queued + counts.sent + counts.dead,
        Some(DeliveryState::Queued) => counts.queued,
        Some(DeliveryState::Sent) => counts.sent,
        Some(DeliveryState::Dead) => counts.dead,
    }
}

fn summary(counts: Counts) -> String {
    let count = wording::count;
    let dead = match counts.dead {
        0 => say!("none was given up"),
        1 => say!("1 was given up"),
        n => say!("{n} were given up", count(n)),
    };
    say!("{sent} sent, {waiting} waiting, {dead}.", count(counts.sent), count(counts.queued), dead)
}

fn row(one: &Delivery, state: &State, can_edit: bool) -> OutboxRow {
    // mail servers log in the zone of whoever runs them; this page is for them
    let shown = delivery(one, chrono_tz::Tz::UTC, state.clock.now(), can_edit);
    let about = if one.subject.is_empty() { say!("Report {number}", one.report) } else { one.subject.clone() };
    OutboxRow {
        recipient: shown.recipient,
        about: Link::new(format!("{}/{}", paths::REPORTS, one.report), about),
        state: shown.state,
        attempts: shown.attempts,
        at: shown.at,
        answer: shown.answer,
        retry: shown.retry.map(|_| format!("{}/{}/retry", paths::DELIVERIES, one.id)),
    }
}

/// POST `/deliveries/{id}/retry`.
pub async fn retry(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let id = DeliveryId(*id);
    store::outbox::find(&state.db, id).await?.ok_or(WebError::NotFound("There is no such delivery"))?;
    let told = match deliver::try_again(&state, Some(user.0.id), id).await {
        Ok(()) => say::done(say!("It will be tried again at once.")),
        Err(OpsError::Refused { sentence, .. }) => say::failed(sentence),
        Err(error) => return Err(error.into()),
    };
    session::tell(&session, &told)?;
    Ok(see_other(paths::DELIVERIES))
}
