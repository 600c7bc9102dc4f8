//! The form for a note on what happened. Times are those of a clock on the wall in the agreement's zone.

use super::exclusion::wall;
use crate::domain::exclusion::Scope;
use crate::domain::note::NoteKind;
use crate::domain::time::{Instant, Minute};
use crate::language::say;
use crate::ops::leave_note::Draft;
use crate::store::objectives::ObjectiveListing;
use crate::view::{Choice, Form};
use chrono_tz::Tz;

/// A form for a new note about the objective's service, now.
#[must_use]
pub fn empty(of: &ObjectiveListing, now: Minute) -> Form {
    let mut form = Form::default();
    form.set("kind", NoteKind::Deploy.word());
    form.set("scope", Scope::Service(of.indicator.service).to_string());
    let wall = now.start().to_utc().with_timezone(&of.agreement.zone);
    form.set("at", wall.format("%Y-%m-%dT%H:%M").to_string());
    form
}

/// The kinds of notes.
#[must_use]
pub fn kinds() -> Vec<Choice> {
    [(NoteKind::Deploy, say!("Deploy")), (NoteKind::Note, say!("Note"))]
        .map(|(kind, label)| Choice::new(kind.word(), label))
        .to_vec()
}

/// What a note on an objective's page can be about, the nearest first.
#[must_use]
pub fn scopes(of: &ObjectiveListing) -> Vec<Choice> {
    vec![
        Choice::new(Scope::Objective(of.objective.id).to_string(), say!("This objective")),
        Choice::new(Scope::Service(of.indicator.service).to_string(), say!("The service {service}", of.service_name)),
        Choice::new(
            Scope::Agreement(of.agreement.id).to_string(),
            say!("The agreement {agreement}", of.agreement.name),
        ),
        Choice::new(Scope::All.to_string(), say!("Everything")),
    ]
}

/// The chosen scope, if it is one of those offered.
pub fn scope(form: &mut Form, of: &ObjectiveListing) -> Option<Scope> {
    let scope = Scope::from_text(form.value("scope")).filter(|scope| of.is_in(*scope));
    if scope.is_none() {
        form.refuse("scope", say!("Please choose from the list what it is about."));
    }
    scope
}

/// Reads the form; nothing, with the problems in the form, if anything is refused. The text is checked later.
pub fn read(form: &mut Form, of: &ObjectiveListing) -> Option<Draft> {
    let zone = of.agreement.zone;
    let kind = NoteKind::from_word(form.value("kind"));
    if kind.is_none() {
        form.refuse("kind", say!("Please choose deploy or note."));
    }
    let scope = scope(form, of);
    let at = optional(form, "at", zone);
    let until = optional(form, "until", zone);
    let text = form.value("text").to_owned();
    if !form.is_fine() {
        return None;
    }
    Some(Draft { kind: kind?, scope: scope?, at: at.map(Instant::minute), until: until.map(Instant::minute), text })
}

fn optional(form: &mut Form, name: &str, zone: Tz) -> Option<Instant> {
    if form.value(name).trim().is_empty() { None } else { wall(form, name, zone) }
}
