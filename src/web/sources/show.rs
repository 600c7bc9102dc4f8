//! GET `/sources/{id}`, and what its buttons do.

use super::{kind_name, state};
use crate::domain::ids::{IndicatorId, SourceId};
use crate::domain::model::{Auth, Indicator, Source, SourceSpec};
use crate::domain::time::{DAY_MINUTES, Instant};
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::pull::{TestReport, try_out};
use crate::ops::{OpsError, define_source};
use crate::store;
use crate::store::findings::Finding;
use crate::store::indicators::PullProgress;
use crate::store::objectives::ObjectiveListing;
use crate::store::source_states::SourceState;
use crate::store::users::User;
use crate::view::sources::{IndicatorRow, SourcePage, TestResult};
use crate::view::{Fact, Help, Link, Progress, Section, Shell, objective};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::{Html, see_other};
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// GET `/sources/{id}`.
pub async fn show(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    id: Path<i64>,
) -> Result<Html<SourcePage>, WebError> {
    let source = define_source::find(&state, SourceId(*id)).await?;
    Ok(Html(page(&state, &user.0, frame.shell, &source, None).await?))
}

/// POST `/sources/{id}/test`: asks it once and keeps nothing.
pub async fn test(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    id: Path<i64>,
) -> Result<Html<SourcePage>, WebError> {
    say::editor(&user.0)?;
    let source = define_source::find(&state, SourceId(*id)).await?;
    let report = try_out(&state, &source).await;
    Ok(Html(page(&state, &user.0, frame.shell, &source, Some(result(report))).await?))
}

/// POST `/sources/{id}/archive`.
pub async fn archive(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let told = match define_source::archive(&state, Some(user.0.id), SourceId(*id)).await {
        Ok(()) => say::done(say!("The source is archived. Its history is kept, and it is not asked any more.")),
        Err(OpsError::Refused { sentence, .. }) => say::failed(sentence),
        Err(error) => return Err(error.into()),
    };
    session::tell(&session, &told)?;
    Ok(see_other(&format!("{}/{id}", paths::SOURCES)))
}

/// POST `/sources/{id}/restore`.
pub async fn restore(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    define_source::restore(&state, Some(user.0.id), SourceId(*id)).await?;
    session::tell(&session, &say::done(say!("The source is restored and will be asked at once.")))?;
    Ok(see_other(&format!("{}/{id}", paths::SOURCES)))
}

/// What a test brought, for a page.
pub(super) fn result(report: TestReport) -> TestResult {
    let headline = if report.passed { say!("The test passed") } else { say!("The test failed") };
    TestResult { is_fine: report.passed, headline, lines: report.lines }
}

async fn page(
    state: &State,
    user: &User,
    shell: Shell,
    source: &Source,
    test: Option<TestResult>,
) -> Result<SourcePage, WebError> {
    let how = store::source_states::find(&state.db, source.id).await?.unwrap_or_default();
    let now = state.clock.now();
    let indicators = store::indicators::list_by_source(&state.db, source.id).await?;
    let mut findings = store::findings::list(&state.db, source.id).await?;
    let mut problems: BTreeMap<IndicatorId, String> = BTreeMap::new();
    for indicator in &indicators {
        let open =
            store::findings::list(&state.db, indicator.id).await?.into_iter().filter(|f| f.resolved_at.is_none());
        for finding in open {
            problems.entry(indicator.id).or_insert_with(|| language::word(&finding.message).to_owned());
            findings.push(finding);
        }
    }
    let listings = store::objectives::listings(&state.db).await?;
    let progress = store::indicators::list_progress(&state.db).await?;
    let rows = rows(&indicators, &listings, &progress, &problems, now);
    Ok(SourcePage {
        shell: shell.page(source.name.clone(), Section::Sources, Some(Help::SOURCES)),
        id: source.id.0,
        name: source.name.clone(),
        state: state::badge(source, &how),
        verdict: state::verdict(source, &how, now),
        facts: facts(source, &how, now),
        findings: findings.iter().filter(|f| f.resolved_at.is_none()).map(finding).collect(),
        indicators: rows,
        test,
        is_archived: source.archived_at.is_some(),
        can_edit: say::can_edit(user),
    })
}

fn finding(finding: &Finding) -> objective::Finding {
    let last = wording::instant(finding.last_at, Tz::UTC);
    let seen = match finding.times {
        1 => say!("once, {when}", last),
        times => say!("{times}, last {when}", wording::counted(times, "time", "times"), last),
    };
    objective::Finding { text: language::word(&finding.message).to_owned(), seen }
}

fn facts(source: &Source, how: &SourceState, now: Instant) -> Vec<Fact> {
    let auth = match &source.access.auth {
        Auth::None => say!("none"),
        Auth::Basic { user, .. } => say!("user {user}, password kept", user),
        Auth::Bearer { .. } => say!("bearer token, kept"),
    };
    let mut facts = vec![
        Fact::new(say!("Kind"), language::word(kind_name(&source.spec))),
        Fact::new(say!("Address"), source.spec.address()),
        Fact::new(say!("Authentication"), auth),
    ];
    if !source.access.headers.is_empty() {
        let names: Vec<&str> = source.access.headers.iter().map(|(name, _)| name.as_str()).collect();
        facts.push(Fact::new(say!("Extra headers"), say!("{names}; values kept", names.join(", "))));
    }
    if source.access.ca_pem.is_some() {
        facts.push(Fact::new(say!("Certificate authority"), say!("its own, besides the system’s")));
    }
    if source.access.allow_link_local {
        facts.push(Fact::new(say!("Link-local addresses"), say!("allowed")));
    }
    facts.push(Fact::new(say!("Asked every"), wording::duration_seconds(source.every_seconds)));
    if matches!(source.spec, SourceSpec::Prometheus { .. }) {
        facts.push(Fact::new(say!("Delay"), wording::duration_seconds(source.delay_seconds)));
    }
    facts.push(Fact::new(say!("Timeout"), wording::duration_seconds(source.timeout_seconds)));
    facts.push(Fact::new(say!("Last answer"), state::last_success(how, now)));
    facts.push(Fact::new(say!("Next try"), state::next_try(source, how, now)));
    if let (Some(at), Some(error)) = (how.last_error_at, &how.last_error) {
        facts.push(Fact::new(
            say!("Last error"),
            say!("{first}, {second}", wording::capitalised(error), wording::instant(at, Tz::UTC)),
        ));
    }
    if !how.notes.is_empty() {
        facts.push(Fact::new(say!("Note"), how.notes.clone()));
    }
    facts
}

/// One row for each live objective that an indicator of this source serves.
fn rows(
    indicators: &[Indicator],
    listings: &[ObjectiveListing],
    progress: &[PullProgress],
    problems: &BTreeMap<IndicatorId, String>,
    now: Instant,
) -> Vec<IndicatorRow> {
    let mut rows = Vec::new();
    for indicator in indicators {
        let reading = progress.iter().find(|progress| progress.indicator == indicator.id);
        let newest = reading.and_then(|progress| progress.reached);
        for listing in listings.iter().filter(|listing| listing.indicator.id == indicator.id) {
            rows.push(IndicatorRow {
                objective: Link::new(format!("/objectives/{}", listing.objective.id), &listing.objective.name),
                service: format!("{}, {}", listing.service_name, listing.agreement.name),
                query: indicator.query.in_words(),
                newest: newest.map_or_else(|| say!("none yet"), |m| wording::instant(m.plus(-1).start(), Tz::UTC)),
                backfill: reading.and_then(|progress| backfill(progress, now)),
                problem: problems.get(&indicator.id).cloned(),
            });
        }
    }
    rows
}

/// How far the history has been read, until it has caught up once.
fn backfill(progress: &PullProgress, now: Instant) -> Option<Progress> {
    if progress.finished_backfill_at.is_some() {
        return None;
    }
    let all = (now.minute().0 - progress.from.0).max(1);
    let done = progress.reached.map_or(0, |reached| (reached.0 - progress.from.0).clamp(0, all));
    let text = if all < DAY_MINUTES {
        say!("{done} of {all}", wording::duration_minutes(done), wording::duration_minutes(all))
    } else {
        say!("{done} of {all} days", done / DAY_MINUTES, all / DAY_MINUTES)
    };
    Some(Progress { done_permille: done * 1000 / all, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Minute;

    #[test]
    fn a_backfill_shows_how_far_it_has_come_until_it_is_done() {
        let now = Instant::from_seconds(1_795_244_400);
        let from = now.minute().plus(-35 * DAY_MINUTES);
        let at = |reached: Option<Minute>| PullProgress {
            indicator: IndicatorId(1),
            from,
            settled: None,
            reached,
            finished_backfill_at: None,
        };
        let shown = backfill(&at(Some(from.plus(21 * DAY_MINUTES))), now).unwrap();
        assert_eq!((shown.done_permille, shown.text.as_str()), (600, "21 of 35 days"));
        assert_eq!(backfill(&at(None), now).unwrap().done_permille, 0);
        assert_eq!(backfill(&PullProgress { finished_backfill_at: Some(now), ..at(None) }, now), None);
    }
}
