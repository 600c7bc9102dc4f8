//! What happened in the range besides what was measured: deploys, notes, changes of the terms.

use super::Facts;
use crate::domain::exclusion::Scope;
use crate::domain::ids::NoteId;
use crate::domain::note::{AHEAD_DAYS_MAX, Author, Note, NoteKind};
use crate::domain::time::{DAY_MINUTES, Minute, Span};
use crate::domain::wording::{self, counted};
use crate::language;
use crate::language::say;
use crate::ops::evaluate::judged_until;
use crate::ops::export::Format;
use crate::ops::export_notes::export_notes;
use crate::ops::{OpsError, leave_note};
use crate::store::notes::{self, SignedNote};
use crate::store::objectives::ObjectiveListing;
use crate::store::{Db, StoreError, revisions};
use crate::view::Form;
use crate::view::happened::{HappenedRow, HappenedSection};
use crate::view::plot::{Mark, MarkKind};
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::forms::note as form;
use crate::web::html::see_other;
use crate::web::objective::drawn::NewTerms;
use crate::web::objective::range::{self, Asked};
use crate::web::{State, WebError, export, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};

/// How many notes are drawn.
const DRAWN: i64 = 500;
/// Judgements reach up to so many minutes before now, at most.
const LATE_MINUTES: i64 = 60;
/// How many are listed.
const LISTED: usize = 20;

/// What happened in a range.
pub(super) struct Happened {
    /// The newest first.
    notes: Vec<SignedNote>,
    /// The newest first.
    terms: Vec<NewTerms>,
}

impl Happened {
    /// A range that reaches up to now is listed with what is announced for the days ahead.
    pub(super) async fn gather(db: &Db, of: &ObjectiveListing, span: Span, is_now: bool) -> Result<Self, StoreError> {
        let all = revisions::list(db, of.agreement.id).await?.into_iter();
        let inside = all.filter(|one| one.number > 1 && span.contains(one.effective));
        let terms = inside.map(|one| {
            let who = one.made_by_name.unwrap_or_else(|| "Nines".to_owned());
            (one.effective, one.number, one.note, who)
        });
        let ahead = if is_now { AHEAD_DAYS_MAX * DAY_MINUTES + LATE_MINUTES } else { 0 };
        let listed = Span::new(span.start(), span.end().plus(ahead));
        Ok(Self { terms: terms.collect(), notes: notes::list(db, of, listed, DRAWN).await? })
    }

    /// The notes, and the new terms.
    pub(super) fn parts(&self) -> (Vec<SignedNote>, Vec<NewTerms>) {
        (self.notes.clone(), self.terms.clone())
    }

    /// For the charts.
    pub(super) fn marks(&self) -> Vec<Mark> {
        let note = |note: &Note| Mark {
            at: note.at.start(),
            until: note.lasted().then(|| note.until.start()),
            kind: match note.kind {
                NoteKind::Deploy => MarkKind::Deploy,
                NoteKind::Note => MarkKind::Note,
            },
        };
        let terms = |at: &Minute| Mark { at: at.start(), until: None, kind: MarkKind::Terms };
        self.notes.iter().map(|one| note(&one.note)).chain(self.terms.iter().map(|(at, ..)| terms(at))).collect()
    }

    /// What happened in a part of the range, in words.
    pub(super) fn said(&self, span: Span) -> Vec<String> {
        let notes = self.notes.iter().rev().map(|one| &one.note).filter(|note| note.touches(span));
        let terms = self.terms.iter().rev().filter(|(at, ..)| span.contains(*at));
        notes
            .map(|note| say!("{kind}: {text}", language::word(kind(note.kind)), note.text))
            .chain(terms.map(|(_, number, ..)| say!("Terms changed: revision {number}", number)))
            .collect()
    }
}

fn kind(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Deploy => "Deploy",
        NoteKind::Note => "Note",
    }
}

/// The section of the page, with what was typed or an empty form.
pub(super) fn section(facts: &Facts, typed: Option<Form>) -> HappenedSection {
    let (of, zone) = (&facts.listing, facts.listing.agreement.zone);
    let Happened { notes, terms } = &facts.happened;
    let when = |note: &Note| {
        let (at, until) = (note.at.start(), note.until.start());
        if note.lasted() { wording::span(at, until, zone) } else { wording::instant(at, zone) }
    };
    let notes = notes.iter().map(|SignedNote { note, author }| {
        let row = HappenedRow {
            id: Some(note.id.0),
            when: when(note),
            kind: language::word(kind(note.kind)).to_owned(),
            text: note.text.clone(),
            about: about(of, note.scope),
            author: author.clone(),
        };
        (note.at, row)
    });
    let terms = terms.iter().map(|(at, number, why, who)| {
        let text = match why.as_str() {
            "" => say!("Revision {number}", number),
            why => say!("Revision {number}: {why}", number, why),
        };
        let row = HappenedRow {
            id: None,
            when: wording::instant(at.start(), zone),
            kind: say!("Terms changed"),
            text,
            about: about(of, Scope::Agreement(of.agreement.id)),
            author: who.clone(),
        };
        (*at, row)
    });
    let mut rows: Vec<(Minute, HappenedRow)> = notes.chain(terms).collect();
    rows.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let others = i64::try_from(rows.len().saturating_sub(LISTED)).unwrap_or(i64::MAX);
    rows.truncate(LISTED);
    HappenedSection {
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        more: (others > 0)
            .then(|| say!("{earlier_ones_are} in the files.", counted(others, "earlier one is", "earlier ones are"))),
        form: typed.unwrap_or_else(|| form::empty(of, facts.until)),
        kinds: form::kinds(),
        scopes: form::scopes(of),
        zone: zone.name().to_owned(),
    }
}

/// What a scope that holds the objective is called on its page.
pub(super) fn about(of: &ObjectiveListing, scope: Scope) -> String {
    match scope {
        Scope::All => say!("Everything"),
        Scope::Service(_) => say!("The service {service}", of.service_name),
        Scope::Agreement(_) => say!("The agreement {agreement}", of.agreement.name),
        Scope::Objective(_) => say!("This objective"),
    }
}

/// GET `/objectives/{id}/notes`: where a refused note came back; its place is on the objective's page.
pub async fn show(
    _: SignedIn,
    state: Data<State>,
    path: Path<i64>,
    asked: Query<Asked>,
) -> Result<HttpResponse, WebError> {
    let listing = super::find(&state, path.into_inner()).await?;
    Ok(see_other(&super::again(&listing, &asked, "notes")))
}

/// POST `/objectives/{id}/notes`, with the range of the page in the query.
pub async fn leave(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    path: Path<i64>,
    (asked, posted): (Query<Asked>, Posted),
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let listing = super::find(&state, path.into_inner()).await?;
    let mut typed = posted.form();
    if let Some(draft) = form::read(&mut typed, &listing) {
        match leave_note::leave(&state, Author::Person(user.0.id), draft).await {
            Ok(_) => {
                session::tell(&session, &say::done(say!("It is noted, and stands on the charts of its time.")))?;
                return Ok(see_other(&super::again(&listing, &asked, "notes")));
            }
            Err(OpsError::Refused { field, sentence }) => typed.refuse(field, sentence),
            Err(error) => return Err(error.into()),
        }
    }
    super::answer(&user, frame, &state, listing, &asked, Some(typed)).await
}

/// POST `/objectives/{id}/notes/{note}/withdraw`.
pub async fn withdraw(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    path: Path<(i64, i64)>,
    asked: Query<Asked>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let (id, note) = path.into_inner();
    let listing = super::find(&state, id).await?;
    leave_note::withdraw(&state, user.0.id, &listing, NoteId(note)).await?;
    session::tell(&session, &say::done(say!("The note is withdrawn. The audit log keeps what it said.")))?;
    Ok(see_other(&super::again(&listing, &asked, "notes")))
}

/// GET `/objectives/{id}/notes.csv` and `.json`.
pub async fn download(
    _: SignedIn,
    state: Data<State>,
    path: Path<(i64, String)>,
    asked: Query<Asked>,
) -> Result<HttpResponse, WebError> {
    let (id, ending) = path.into_inner();
    let listing = super::find(&state, id).await?;
    let until = judged_until(state.clock.now());
    let span = range::of(&asked, &listing, until).map_err(|problem| export::refused(problem.sentence))?.span;
    let format = Format::from_ending(&ending);
    let text = export_notes(&state.db, &listing, span, format).await?;
    let name = export::file_name(&listing, span, "notes", &ending);
    Ok(export::file(&name, format, text))
}
