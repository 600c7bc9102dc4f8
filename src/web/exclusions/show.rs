//! GET `/exclusions/{id}`, and what its buttons do.

use super::{badge, effect};
use crate::domain::exclusion::{Exclusion, Signed, State};
use crate::domain::ids::ExclusionId;
use crate::domain::time::{DAY_MINUTES, Instant, Span};
use crate::domain::wording;
use crate::ops::OpsError;
use crate::ops::decide_exclusion::{self, Decision, find};
use crate::ops::list_exclusions::Names;
use crate::ops::preview_exclusion::preview;
use crate::store::users::User;
use crate::store::{self, Page};
use crate::view::exclusions::{ExclusionPage, Step};
use crate::view::{Choice, Fact, Form, Help, Section, Shell};
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::html::{page, see_other};
use crate::web::{State as App, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

/// How many occurrences are listed.
const NEXT_MAX: usize = 5;
/// How far ahead they are looked for.
const AHEAD_MINUTES: i64 = 3_653 * DAY_MINUTES;
/// How much of its history is shown.
const STEPS_MAX: i64 = 20;

/// GET `/exclusions/{id}`.
pub async fn show(user: SignedIn, frame: Frame, app: Data<App>, id: Path<i64>) -> Result<HttpResponse, WebError> {
    let exclusion = find(&app, ExclusionId(*id)).await?;
    let shown = shown(&app, frame.shell, &user.0, &exclusion, Form::default()).await?;
    page(StatusCode::OK, &shown)
}

/// POST `/exclusions/{id}/decide`.
pub async fn decide(
    user: SignedIn,
    frame: Frame,
    session: Session,
    app: Data<App>,
    posted: Posted,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let id = ExclusionId(*id);
    let exclusion = find(&app, id).await?;
    let (decision, seen) = (Decision::from_word(posted.text("decision")), State::from_word(posted.text("seen")));
    let Some((decision, seen)) = decision.zip(seen) else {
        return Err(WebError::refused("Please go back to the exclusion and press one of its buttons."));
    };
    if !may(&user.0, &exclusion, seen, decision) {
        say::approver(&user.0)?;
    }
    let remark = posted.text("remark");
    match decide_exclusion::decide(&app, user.0.id, id, seen, decision, remark).await {
        Ok(()) => {
            session::tell(&session, &say::done(outcome(decision)))?;
            Ok(see_other(&format!("{}/{id}", paths::EXCLUSIONS)))
        }
        Err(OpsError::Refused { field, sentence }) => {
            let mut form = posted.form();
            form.refuse(field, sentence);
            let shown = shown(&app, frame.shell, &user.0, &find(&app, id).await?, form).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

/// Approvers decide; whoever proposed it may take it back until then.
fn may(user: &User, exclusion: &Exclusion, state: State, decision: Decision) -> bool {
    let is_own = exclusion.proposed.by == Some(user.id) && say::can_edit(user);
    say::can_approve(user) || (is_own && decision == Decision::Withdraw && state == State::Proposed)
}

const fn outcome(decision: Decision) -> &'static str {
    match decision {
        Decision::Approve => "The exclusion is approved. Every judgement of its time goes by it from now on.",
        Decision::Reject => "The exclusion is rejected. Nothing changes.",
        Decision::Withdraw => "The exclusion is withdrawn. Its time is judged like any other.",
    }
}

async fn shown(
    app: &App,
    shell: Shell,
    user: &User,
    exclusion: &Exclusion,
    form: Form,
) -> Result<ExclusionPage, WebError> {
    let now = app.clock.now();
    let names = Names::load(&app.db).await?;
    let found = preview(&app.db, exclusion, now).await?;
    let open = Decision::ALL.into_iter().filter(|decision| decision.is_open(exclusion.state));
    let allowed = open.filter(|decision| may(user, exclusion, exclusion.state, *decision));
    Ok(ExclusionPage {
        shell: shell.page(exclusion.reason.clone(), Section::Exclusions, Some(Help::EXCLUSIONS)),
        id: exclusion.id.0,
        reason: exclusion.reason.clone(),
        state: badge(exclusion.state),
        seen: exclusion.state.word().to_owned(),
        verdict: verdict(exclusion, &names),
        facts: facts(exclusion, &names),
        next: next(exclusion, now),
        history: history(app, exclusion, &names).await?,
        effect: effect::table(&found, exclusion.state),
        decisions: allowed.map(|one| Choice::new(one.word(), wording::capitalised(one.word()))).collect(),
        form,
    })
}

fn verdict(exclusion: &Exclusion, names: &Names) -> String {
    let signed = |signed: Signed| format!("{}, {}", names.person(signed), wording::instant(signed.at, exclusion.zone));
    let decided = exclusion.decided.map(signed).unwrap_or_default();
    match exclusion.state {
        State::Proposed => {
            "It waits for an approver and takes nothing out until then. The table says what it would do.".to_owned()
        }
        State::Approved => {
            let is_same = exclusion.decided.is_some_and(|decided| decided.by == exclusion.proposed.by);
            let same = if is_same { " It was proposed and approved by the same person." } else { "" };
            format!("It is in force, approved by {decided}.{same}")
        }
        State::Rejected => format!("It was rejected by {decided}, and takes nothing out."),
        State::Withdrawn => format!("It was withdrawn by {decided}, and takes nothing out."),
    }
}

fn facts(exclusion: &Exclusion, names: &Names) -> Vec<Fact> {
    let (first, zone) = (exclusion.first, exclusion.zone);
    let at = |at: Instant| wording::instant(at, zone);
    let mut facts = vec![
        Fact::new("About", wording::capitalised(&names.scope(exclusion.scope))),
        Fact::new("Category", wording::capitalised(exclusion.category.in_words())),
        Fact::new("When", wording::span(first.start().start(), first.end().start(), zone)),
        Fact::new("Length", wording::duration_minutes(first.minutes())),
        Fact::new("Comes back", exclusion.when.in_words()),
        Fact::new("Time zone", wording::zone(first.start().start(), zone)),
        Fact::new("Announced", exclusion.announced_at.map_or_else(|| "not announced".to_owned(), at)),
        Fact::new("Proposed by", format!("{}, {}", names.person(exclusion.proposed), at(exclusion.proposed.at))),
    ];
    if !exclusion.when.text().is_empty() {
        facts.push(Fact::new("Rule", exclusion.when.text()));
    }
    if let Some(decided) = exclusion.decided {
        facts.push(Fact::new("Decided by", format!("{}, {}", names.person(decided), at(decided.at))));
    }
    if !exclusion.remark.is_empty() {
        facts.push(Fact::new("Remark", exclusion.remark.clone()));
    }
    facts
}

fn next(exclusion: &Exclusion, now: Instant) -> Vec<String> {
    let from = now.minute();
    let spans = exclusion.when.spans(Span::new(from, from.plus(AHEAD_MINUTES)));
    let said = |span: Span| wording::span(span.start().start(), span.end().start(), exclusion.zone);
    spans.as_slice().iter().take(NEXT_MAX).map(|span| said(*span)).collect()
}

/// What was done with it, from the audit log, which also knows what a later decision replaced.
async fn history(app: &App, exclusion: &Exclusion, names: &Names) -> Result<Vec<Step>, WebError> {
    let entries = store::audit::list_of(&app.db, "exclusion", exclusion.id.0, Page::first(STEPS_MAX)).await?;
    let steps = entries.iter().rev().map(|entry| {
        let document: Option<serde_json::Value> =
            entry.after.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let remark = document.as_ref().and_then(|value| value.get("remark")?.as_str());
        let signed = Signed { by: entry.who, at: entry.at };
        Step {
            what: wording::capitalised(entry.action.trim_start_matches("exclusion.")),
            who: format!("by {}, {}", names.person(signed), wording::instant(entry.at, exclusion.zone)),
            remark: remark.unwrap_or_default().to_owned(),
        }
    });
    Ok(steps.collect())
}
