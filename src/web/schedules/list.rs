//! GET `/schedules`.

use super::{about, badge, when};
use crate::domain::wording;
use crate::store;
use crate::view::schedules::{ScheduleRow, SchedulesPage};
use crate::view::{Help, Link, Section};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError, paths, say};
use actix_web::web::Data;

/// The list.
pub async fn list(user: SignedIn, frame: Frame, state: Data<State>) -> Result<Html<SchedulesPage>, WebError> {
    let agreements = store::agreements::list(&state.db).await?;
    let mut rows = Vec::new();
    for schedule in store::schedules::list(&state.db).await? {
        let next = schedule.next(&agreements);
        let zone = schedule.draft.rhythm.zone;
        rows.push(ScheduleRow {
            link: Link::new(format!("{}/{}", paths::SCHEDULES, schedule.id), &schedule.draft.name),
            state: badge(&schedule),
            about: about(&schedule, &agreements),
            when: when(&schedule, &agreements),
            recipients: schedule.draft.recipients.len().to_string(),
            next: next.map_or_else(|| "–".to_owned(), |(_, at)| wording::instant(at, zone)),
            next_about: next.map(|(period, _)| wording::period_name(&period)).unwrap_or_default(),
        });
    }
    Ok(Html(SchedulesPage {
        shell: frame.shell.page("Schedules", Section::Reports, Some(Help::SCHEDULES)),
        rows,
        is_off: state.mailer.is_off(),
        can_edit: say::can_edit(&user.0),
    }))
}
