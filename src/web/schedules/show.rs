//! GET `/schedules/{id}`.

use super::{about, badge, period_name, when};
use crate::domain::ids::ScheduleId;
use crate::domain::model::{Agreement, EmailAddress};
use crate::domain::report_schedule::ReportSchedule;
use crate::domain::time::Instant;
use crate::domain::wording;
use crate::language;
use crate::language::Language;
use crate::language::say;
use crate::ops::define_schedule;
use crate::store::schedules::{Run, RunState};
use crate::store::{self, Page};
use crate::view::schedules::{RunRow, SchedulePage};
use crate::view::{Badge, Fact, Form, Help, Section, Tone};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError, say};
use actix_web::web::{Data, Path};

/// How many runs are shown.
const RUNS_MAX: i64 = 50;

/// The page.
pub async fn show(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    id: Path<i64>,
) -> Result<Html<SchedulePage>, WebError> {
    let mut form = Form::default();
    form.set("to", &user.0.email);
    Ok(Html(schedule_page(&user, frame, &state, ScheduleId(*id), form).await?))
}

/// The page with the form for a trial as it was filled in.
pub(super) async fn schedule_page(
    user: &SignedIn,
    frame: Frame,
    state: &State,
    id: ScheduleId,
    form: Form,
) -> Result<SchedulePage, WebError> {
    let schedule = define_schedule::find(&state.db, id).await?;
    let agreements = store::agreements::list(&state.db).await?;
    let runs = store::schedules::runs(&state.db, id, Page::first(RUNS_MAX)).await?;
    let calendar = schedule.draft.periods(&agreements).map(|(calendar, _)| calendar);
    let row = |run: &Run| RunRow { period: period_name(calendar.as_ref(), &run.label), ..run_row(run, &schedule) };
    Ok(SchedulePage {
        shell: frame.shell.page(schedule.draft.name.clone(), Section::Reports, Some(Help::SCHEDULES)),
        id: id.0,
        state: badge(&schedule),
        next: next(&schedule, &agreements, state.clock.now()),
        facts: facts(&schedule, &agreements),
        runs: runs.iter().map(row).collect(),
        is_paused: schedule.paused_at.is_some(),
        can_edit: say::can_edit(&user.0),
        form,
    })
}

/// When it mails next, in a sentence.
fn next(schedule: &ReportSchedule, agreements: &[Agreement], now: Instant) -> String {
    if schedule.paused_at.is_some() {
        return say!("It is paused: what becomes due meanwhile is not mailed, now or later.");
    }
    match schedule.next(agreements) {
        None => say!("It has no next run: what it is about is not there any more."),
        Some((period, at)) => {
            let (name, zone) = (wording::period_name(&period), schedule.draft.rhythm.zone);
            let (at, from_now) = (wording::instant(at, zone), wording::from_now(at, now));
            say!(
                "Next: the report of {period}, {at} ({from_now}), or as soon after that as it is final.",
                name,
                at,
                from_now
            )
        }
    }
}

fn facts(schedule: &ReportSchedule, agreements: &[Agreement]) -> Vec<Fact> {
    let draft = &schedule.draft;
    let recipients: Vec<&str> = draft.recipients.iter().map(EmailAddress::as_str).collect();
    let or = |text: &str, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text.to_owned() };
    vec![
        Fact::new(say!("Whose reports"), about(schedule, agreements)),
        Fact::new(say!("When"), when(schedule, agreements)),
        Fact::new(say!("Time zone"), draft.rhythm.zone.name()),
        Fact::new(say!("Mailed"), language::word(draft.only.in_words())),
        Fact::new(say!("Recipients"), recipients.join(", ")),
        Fact::new(
            say!("Answers go to"),
            draft.reply_to.as_ref().map_or(language::word("the sender"), EmailAddress::as_str),
        ),
        Fact::new(say!("Subject begins with"), or(&draft.prefix, "[Nines]")),
        Fact::new(
            say!("Attached"),
            or(&draft.attached.words().to_uppercase().replace(' ', ", "), language::word("nothing")),
        ),
        Fact::new(say!("Language"), draft.language.map_or(language::word("as the agreement says"), Language::name)),
    ]
}

fn run_row(run: &Run, schedule: &ReportSchedule) -> RunRow {
    let zone = schedule.draft.rhythm.zone;
    RunRow {
        period: run.label.clone(),
        state: match run.state {
            RunState::Waiting => Badge::new(Tone::Busy, "Waits for data"),
            // as a heading, `Mailed` says when that is done
            RunState::Sent => Badge::new(Tone::Good, wording::capitalised(language::word("mailed"))),
            RunState::Skipped => Badge::new(Tone::Idle, "Not mailed"),
        },
        due_at: wording::instant(run.due_at, zone),
        done_at: run.done_at.map_or_else(|| "–".to_owned(), |at| wording::instant(at, zone)),
        note: match run.state {
            RunState::Sent if !run.note.is_empty() => say!("without {missing}, not ready in time", run.note),
            RunState::Waiting | RunState::Sent | RunState::Skipped => run.note.clone(),
        },
    }
}
