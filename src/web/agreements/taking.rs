//! The fields that say from when on a change of an agreement holds, and why.

use crate::domain::model::Agreement;
use crate::domain::retention::KeepYears;
use crate::domain::time::Minute;
use crate::domain::wording;
use crate::language::say;
use crate::ops::revise::{EFFECTIVE, Taking, usual_day};
use crate::store;
use crate::view::Form;
use crate::web::{State, WebError};
use chrono::NaiveDate;
use chrono_tz::Tz;

/// The field for what changed and why.
const NOTE: &str = "note";
/// The field of the tick that so many years are meant, although reports are removed then.
const MEANT: &str = "keep-years-meant";
/// How long a note may be.
const NOTE_CHARS_MAX: usize = 2000;

/// Fills in the usual day.
pub async fn fill(state: &State, form: &mut Form, agreement: &Agreement) -> Result<(), WebError> {
    let history = store::revisions::list(&state.db, agreement.id).await?;
    form.set(EFFECTIVE, usual_day(agreement, &history, state.clock.now()).format("%Y-%m-%d").to_string());
    Ok(())
}

/// Reads the fields; nothing, with the problem in the form, if one is refused. A blank day is the usual one.
pub fn read(form: &mut Form) -> Option<Taking> {
    let typed = form.value(EFFECTIVE).trim().to_owned();
    let effective = if typed.is_empty() { Ok(None) } else { NaiveDate::parse_from_str(&typed, "%Y-%m-%d").map(Some) };
    if effective.is_err() {
        form.refuse(EFFECTIVE, say!("“{typed}” is no day; write it as 2026-12-01.", typed));
    }
    let note = form.value(NOTE).trim().to_owned();
    if note.chars().count() > NOTE_CHARS_MAX {
        form.refuse(NOTE, say!("At most {most} characters; please say it shorter.", NOTE_CHARS_MAX));
        return None;
    }
    let meant = form.value(MEANT).trim().parse().ok().and_then(|years| KeepYears::new(years).ok());
    Some(Taking { effective: effective.ok()?, note, meant })
}

/// What to say when the change is saved; `ahead` is the moment that it waits for.
pub fn told(ahead: Option<Minute>, zone: Tz) -> String {
    match ahead {
        None => say!("The agreement is changed."),
        Some(minute) => {
            let day = wording::day(minute.start(), zone);
            say!("The change is planned and takes effect on {day}. Until then the agreement stays as it is.", day)
        }
    }
}
