//! GET `/exclusions/{id}`, and the decisions about it.

use super::{Names, badge, comes_back, effect, when};
use crate::domain::exclusion::{Exclusion, State as Stage};
use crate::domain::ids::ExclusionId;
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::decide_exclusion::{self, Decision};
use crate::ops::{OpsError, propose_exclusion};
use crate::store::users::User;
use crate::view::exclusions::ExclusionPage;
use crate::view::{Fact, Form, Help, Section, Shell};
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::forms::exclusion as form;
use crate::web::html::{self, Html, see_other};
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

/// GET `/exclusions/{id}`.
pub async fn show(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    id: Path<i64>,
) -> Result<Html<ExclusionPage>, WebError> {
    let one = propose_exclusion::find(&state, ExclusionId(*id)).await?;
    Ok(Html(page(&state, &user.0, frame.shell, &one, Form::default()).await?))
}

/// POST `/exclusions/{id}/decide`.
pub async fn decide(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let one = propose_exclusion::find(&state, ExclusionId(*id)).await?;
    let asked = Decision::from_word(posted.text("action")).zip(Stage::from_word(posted.text("seen")));
    let Some((decision, seen)) = asked else {
        return Err(WebError::refused(say!("Please decide with one of the buttons on the exclusion’s page.")));
    };
    if decision != Decision::Withdraw || !is_own_proposal(&user.0, &one) {
        say::approver(&user.0)?;
    }
    let mut typed = posted.form();
    if let Some(remark) = form::remark(&mut typed) {
        match decide_exclusion::decide(&state, Some(user.0.id), one.id, seen, decision, &remark).await {
            Ok(()) => {
                session::tell(&session, &say::done(language::word(done(decision))))?;
                return Ok(see_other(&format!("{}/{id}", paths::EXCLUSIONS)));
            }
            Err(OpsError::Refused { field, sentence }) => typed.refuse(field, sentence),
            Err(error) => return Err(error.into()),
        }
    }
    let one = propose_exclusion::find(&state, one.id).await?;
    html::page(StatusCode::UNPROCESSABLE_ENTITY, &page(&state, &user.0, frame.shell, &one, typed).await?)
}

const fn done(decision: Decision) -> &'static str {
    match decision {
        Decision::Approve => "The exclusion is approved and counts from now on, in past periods too.",
        Decision::Reject => "The exclusion is rejected. It takes nothing out.",
        Decision::Withdraw => "The exclusion is withdrawn. It takes nothing out any more.",
    }
}

async fn page(
    state: &State,
    user: &User,
    shell: Shell,
    one: &Exclusion,
    form: Form,
) -> Result<ExclusionPage, WebError> {
    let names = Names::load(&state.db).await?;
    let effect = match one.state {
        Stage::Proposed | Stage::Approved => Some(effect::table(state, one).await?),
        Stage::Rejected | Stage::Withdrawn => None,
    };
    let is_open = |decision: Decision| decision.is_open_to(one.state);
    let is_approver = say::can_approve(user);
    Ok(ExclusionPage {
        shell: shell.page(one.reason.clone(), Section::Exclusions, Some(Help::EXCLUSIONS)),
        id: one.id.0,
        state: badge(one.state),
        verdict: verdict(one, &names),
        alone: alone(one),
        facts: facts(one, &names).await?,
        effect,
        seen: one.state.word().to_owned(),
        form,
        can_decide: is_approver && is_open(Decision::Approve),
        can_withdraw: is_open(Decision::Withdraw)
            && (is_approver || (say::can_edit(user) && is_own_proposal(user, one))),
    })
}

/// Who proposed an exclusion may take it back as long as nobody has decided.
fn is_own_proposal(user: &User, one: &Exclusion) -> bool {
    one.state == Stage::Proposed && one.proposed.by == Some(user.id)
}

fn verdict(one: &Exclusion, names: &Names) -> String {
    let decided = one.decided.as_ref().map(|signed| names.signed(signed, one.zone)).unwrap_or_default();
    match one.state {
        Stage::Proposed => say!("It waits for an approver or an admin, and takes nothing out until then."),
        Stage::Approved => say!("It counts. Approved by {decided}.", decided),
        Stage::Rejected => say!("It takes nothing out. Rejected by {decided}.", decided),
        Stage::Withdrawn => say!("It takes nothing out. Withdrawn by {decided}.", decided),
    }
}

/// Four eyes are better than two: who sees the page shall know when there were only two.
fn alone(one: &Exclusion) -> String {
    let approver = one.decided.filter(|_| one.state == Stage::Approved).and_then(|signed| signed.by);
    match approver {
        Some(_) if approver == one.proposed.by => say!("The same person proposed and approved this."),
        _ => String::new(),
    }
}

async fn facts(one: &Exclusion, names: &Names) -> Result<Vec<Fact>, WebError> {
    let zone = one.zone;
    let announced = one.announced_at.map_or_else(|| say!("not said"), |at| wording::instant(at, zone));
    let back = match comes_back(one) {
        rule if rule.is_empty() => say!("no"),
        rule if rule == one.when.text() => rule,
        rule => format!("{rule} ({})", one.when.text()),
    };
    let mut facts = vec![
        Fact::new(say!("About"), names.scope(one.scope).await?),
        Fact::new(say!("Kind of reason"), language::word(one.category.in_words())),
        Fact::new(say!("When"), say!("{first}, {second}", when(one), wording::duration_minutes(one.first.minutes()))),
        Fact::new(say!("Comes back"), back),
        Fact::new(say!("Time zone"), wording::zone(one.first.start().start(), zone)),
        Fact::new(say!("Announced to customers"), announced),
        Fact::new(say!("Proposed"), names.signed(&one.proposed, zone)),
    ];
    if let Some(decided) = &one.decided {
        facts.push(Fact::new(wording::capitalised(language::word(one.state.word())), names.signed(decided, zone)));
    }
    if !one.remark.is_empty() {
        facts.push(Fact::new(say!("Remark"), one.remark.clone()));
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exclusion::Signed;
    use crate::domain::ids::UserId;
    use crate::domain::time::{Instant, Minute, Span};

    #[test]
    fn one_person_alone_is_named_and_two_are_not() {
        let signed = |id: Option<i64>| Signed { by: id.map(UserId), at: Instant::from_seconds(0) };
        let planned = Exclusion::planned(Span::new(Minute(0), Minute(60)));
        let by = |proposed, decided, state| Exclusion {
            proposed: signed(proposed),
            decided: Some(signed(decided)),
            state,
            ..planned.clone()
        };
        assert_eq!(alone(&by(Some(1), Some(1), Stage::Approved)), "The same person proposed and approved this.");
        assert_eq!(alone(&by(Some(1), Some(2), Stage::Approved)), "");
        assert_eq!(alone(&by(Some(1), Some(1), Stage::Withdrawn)), "");
        assert_eq!(alone(&by(None, None, Stage::Approved)), "");
    }
}
