//! GET `/reports/{id}` and its files.

use super::{file, list, made};
use crate::domain::chain::Digest;
use crate::domain::ids::ReportId;
use crate::domain::model::Agreement;
use crate::domain::time::Instant;
use crate::domain::wording;
use crate::language::{self, say};
use crate::ops::OpsError;
use crate::ops::define_schedule::receivers;
use crate::ops::show_report::{self, FileFormat, Left, OpenReport, ReportFile};
use crate::store::outbox::{Delivery, DeliveryState};
use crate::store::reports::ReportHead;
use crate::store::{self, Page};
use crate::view::reports::{DeliveryRow, RemovedPage, ReportPage};
use crate::view::{Badge, Choice, Fact, Form, Help, Link, Section, Tone};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::page;
use crate::web::{State, WebError, paths, say};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use chrono_tz::Tz;

/// How many other reports are offered to compare with.
const OTHERS_MAX: i64 = 60;

/// The page, or what is left of a report that was removed.
pub async fn show(user: SignedIn, frame: Frame, state: Data<State>, id: Path<i64>) -> Result<HttpResponse, WebError> {
    let id = ReportId(*id);
    match show_report::left(&state.db, id).await? {
        Some(left) => page(StatusCode::OK, &removed_page(&user, frame, &state, left).await?),
        None => page(StatusCode::OK, &report_page(&user, frame, &state, id, Form::default()).await?),
    }
}

async fn removed_page(user: &SignedIn, frame: Frame, state: &State, left: Left) -> Result<RemovedPage, WebError> {
    let Left { head, previous, statement, signature } = left;
    let found = store::agreements::find(&state.db, head.agreement).await?;
    let agreement = found.ok_or(OpsError::NotFound("agreement"))?;
    let (now, zone) = (state.clock.now(), agreement.zone);
    let deliveries = store::outbox::list_by_report(&state.db, head.id).await?;
    let row = |one: &Delivery| delivery(one, zone, now, say::can_edit(&user.0));
    let title = say!("{agreement}: {period}", agreement.name, list::period(&head, Some(&agreement)));
    let digest = |digest: Option<Digest>| digest.map_or_else(|| "–".to_owned(), |digest| digest.to_string());
    let signed = language::word(if signature.is_empty() { "no" } else { "yes" });
    let facts = [
        (say!("Number"), wording::count(head.number)),
        (say!("Revision"), wording::count(head.revision)),
        (say!("Verdict"), language::word(say::status_of_word(&head.verdict).word()).to_owned()),
        (say!("Made"), wording::instant(head.built_at, zone)),
        (say!("SHA-256"), digest(head.digest)),
        (say!("SHA-256 of the report before it"), digest(previous)),
        (say!("Signed"), signed.to_owned()),
    ];
    Ok(RemovedPage {
        shell: frame.shell.page(title.clone(), Section::Reports, Some(Help::REPORTS)),
        id: head.id.0,
        title,
        agreement: Link::new(format!("{}/{}", paths::AGREEMENTS, agreement.id), agreement.name),
        badge: Badge::new(Tone::Idle, "Removed"),
        sentence: show_report::gone(&head, zone).unwrap_or_default(),
        facts: facts.into_iter().map(|(label, value)| Fact::new(label, value)).collect(),
        is_signed: !statement.signature.is_empty(),
        deliveries: deliveries.iter().map(row).collect(),
    })
}

/// The page with the form for a correction as it was filled in.
pub(super) async fn report_page(
    user: &SignedIn,
    frame: Frame,
    state: &State,
    id: ReportId,
    form: Form,
) -> Result<ReportPage, WebError> {
    let (head, report) = show_report::stored(&state.db, id).await?;
    let found = store::agreements::find(&state.db, head.agreement).await?;
    let agreement = found.ok_or(OpsError::NotFound("agreement"))?;
    let deliveries = store::outbox::list_by_report(&state.db, head.id).await?;
    let revisions = store::reports::revisions(&state.db, head.agreement, &head.label).await?;
    let is_newest = revisions.last().is_none_or(|newest| newest.id == head.id);
    let now = state.clock.now();
    let may_edit = say::can_edit(&user.0) && agreement.archived_at.is_none();
    let row = |one: &Delivery| delivery(one, agreement.zone, now, say::can_edit(&user.0));
    let title = report.title();
    Ok(ReportPage {
        shell: frame.shell.page(title.clone(), Section::Reports, Some(Help::REPORTS)),
        id: id.0,
        title,
        status: say::status_of_word(&head.verdict),
        badges: badges(&report),
        made_at: report.made(),
        superseded: revisions.last().filter(|_| !is_newest).map(|newest| revision(newest, &agreement)),
        revisions: revisions.iter().filter(|_| revisions.len() > 1).map(|one| revision(one, &agreement)).collect(),
        is_signed: report.is_signed(),
        slices: format!("{}/{}/slices.csv?period={}", paths::AGREEMENTS, agreement.id, head.label),
        fragment: report.fragment()?,
        deliveries: deliveries.iter().map(row).collect(),
        can_send: may_edit && is_newest && !receivers(&state.db, &agreement).await?.is_empty(),
        can_correct: may_edit && is_newest && !head.provisional,
        others: others(state, &head, &agreement).await?,
        form,
        agreement: Link::new(format!("{}/{}", paths::AGREEMENTS, agreement.id), agreement.name),
    })
}

/// The newest reports of the same agreement, without this one.
async fn others(state: &State, head: &ReportHead, agreement: &Agreement) -> Result<Vec<Choice>, WebError> {
    let heads = store::reports::list(&state.db, Some(head.agreement), Page::first(OTHERS_MAX)).await?;
    let others = heads.iter().filter(|other| other.id != head.id && other.removed_at.is_none());
    Ok(others
        .map(|other| {
            let label = say!("{first}, {second}", list::period(other, Some(agreement)), list::named(other));
            Choice::new(other.id.to_string(), label)
        })
        .collect())
}

fn badges(report: &OpenReport) -> Vec<Badge> {
    let all = [
        (report.is_provisional(), Badge::new(Tone::Busy, "Provisional")),
        (report.is_correction(), Badge::new(Tone::Warn, "Correction")),
    ];
    all.into_iter().filter_map(|(is, badge)| is.then_some(badge)).collect()
}

/// `Revision 2, made 2026-11-17 09:12 CET`.
fn revision(head: &ReportHead, agreement: &Agreement) -> Link {
    let (revision, number, made) = (head.revision, head.number, wording::instant(head.built_at, agreement.zone));
    let text = if head.provisional {
        say!("Revision {revision}, provisional, no. {number}, made {when}", revision, number, made)
    } else {
        say!("Revision {revision}, no. {number}, made {when}", revision, number, made)
    };
    Link::new(format!("{}/{}", paths::REPORTS, head.id), text)
}

/// GET `/schema/report-2.json`: what the JSON of a report looks like. For everybody: it says nothing about anybody.
pub async fn schema(version: Path<String>) -> HttpResponse {
    let (known, schema) = show_report::SCHEMA;
    if *version != known.to_string() {
        return HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body(format!("Nines writes version {known} of its reports; look at /schema/report-{known}.json\n"));
    }
    HttpResponse::Ok().content_type("application/schema+json").body(schema)
}

/// GET `/reports/key.pem`: what signatures are checked with.
pub async fn key(_user: SignedIn, state: Data<State>) -> Result<HttpResponse, WebError> {
    let key = state.settings.report.signing_key.as_ref();
    let key = key.ok_or(WebError::NotFound("Reports are not signed: the setting report.signing_key is empty"))?;
    let body = key.public().to_pem().into_bytes();
    Ok(file(ReportFile { name: "nines-report-key.pem".to_owned(), media_type: "application/x-pem-file", body }))
}

/// GET `/reports/{id}.html`, `.txt`, `.csv`, `.xlsx`, `.pdf`, `.json`, `.json.sig`; of a removed one `.removal.json` and `.removal.json.sig`.
pub async fn download(
    _user: SignedIn,
    state: Data<State>,
    path: Path<(i64, String)>,
) -> Result<HttpResponse, WebError> {
    let (id, extension) = path.into_inner();
    if let Some(ending) = extension.strip_prefix("removal.") {
        let left = show_report::left(&state.db, ReportId(id)).await?;
        let left = left.ok_or(WebError::NotFound("This report was not removed"))?;
        let file_of = left.file(ending == "json.sig").ok_or(WebError::NotFound("There is no such file"))?;
        return Ok(file(file_of));
    }
    let format = FileFormat::from_word(&extension).ok_or(WebError::NotFound("There is no such file"))?;
    let (_, report) = show_report::stored(&state.db, ReportId(id)).await?;
    made(&state, report, format).await
}

/// A delivery as a row.
pub(in crate::web) fn delivery(one: &Delivery, zone: Tz, now: Instant, can_edit: bool) -> DeliveryRow {
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
            DeliveryState::Queued if one.next_at > now => say!("next try {when}", wording::from_now(one.next_at, now)),
            DeliveryState::Queued => say!("due now"),
            DeliveryState::Sent | DeliveryState::Dead => last,
        },
        retry: (can_edit && !one.is_removed && one.state != DeliveryState::Sent && one.attempts > 0)
            .then(|| format!("{}/{}/deliveries/{}/retry", paths::REPORTS, one.report, one.id)),
    }
}
