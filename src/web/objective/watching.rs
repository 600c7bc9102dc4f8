//! How the objective is watched, and what each method and sensitivity would have told.

use crate::domain::baseline::Method;
use crate::domain::model::ObjectiveKind;
use crate::domain::watch::{Against, Latencies, Measure, Relative, Sensitivity, WatchSettings, words};
use crate::domain::wording::{self, count};
use crate::language;
use crate::language::say;
use crate::ops::OpsError;
use crate::ops::evaluate::judged_until;
use crate::ops::judge::Judge;
use crate::ops::preview_baselines::{Trial, remember};
use crate::ops::watch_objective::{has_volume, watch_objective};
use crate::store::baselines;
use crate::store::objectives::ObjectiveListing;
use crate::view::baseline::{BaselinePage, BaselinePreview, TrialRow};
use crate::view::{Choice, Fact, Form, Help, Link, Section};
use crate::web::extract::{Frame, Posted, SignedIn};
use crate::web::html::{page, see_other};
use crate::web::{State, WebError, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, Query};
use chrono_tz::Tz;
use serde::Deserialize;

/// How many anomalies of a trial are told one by one.
const NEWEST: usize = 3;

/// What is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    preview: Option<String>,
}

/// GET `/objectives/{id}/baseline`.
pub async fn show(
    user: SignedIn,
    frame: Frame,
    state: Data<State>,
    path: Path<i64>,
    asked: Query<Asked>,
) -> Result<HttpResponse, WebError> {
    let listing = super::find(&state, path.into_inner()).await?;
    let settings = baselines::settings(&state.db, listing.objective.id).await?;
    let mut shown = form_page(frame, &listing, &settings, filled(&settings));
    shown.can_edit = say::can_edit(&user.0);
    if asked.preview.as_deref() == Some("yes") {
        shown.preview = Some(preview(&state, &listing, &settings).await?);
    }
    page(StatusCode::OK, &shown)
}

/// POST `/objectives/{id}/baseline`: `save`, begin `anew` from now, or learn from the `whole` history.
pub async fn change(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    path: Path<i64>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let listing = super::find(&state, path.into_inner()).await?;
    let before = baselines::settings(&state.db, listing.objective.id).await?;
    let mut typed = posted.form();
    if let Some(settings) = read(&mut typed, &before, &listing) {
        let from = match posted.text("action") {
            "anew" => Some(judged_until(state.clock.now())),
            "whole" => None,
            _ => before.from,
        };
        match watch_objective(&state, Some(user.0.id), &listing, WatchSettings { from, ..settings }).await {
            Ok(()) => {
                session::tell(
                    &session,
                    &say::done(say!("It is watched so from now on, and learned anew within minutes.")),
                )?;
                return Ok(see_other(&format!("/objectives/{}#baseline", listing.objective.id.0)));
            }
            Err(OpsError::Refused { field, sentence }) => typed.refuse(field, sentence),
            Err(error) => return Err(error.into()),
        }
    }
    let mut shown = form_page(frame, &listing, &before, typed);
    shown.can_edit = true;
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

fn filled(settings: &WatchSettings) -> Form {
    let mut form = Form::default();
    form.set("method", settings.method.word());
    form.set("sensitivity", settings.sensitivity.word());
    form.set("deploys", if settings.anew_at_deploys { "yes" } else { "" });
    for measure in Measure::LATENCIES {
        form.set(measure.word(), if settings.latencies.holds(measure) { "yes" } else { "" });
    }
    form.set("against", settings.relative.map_or("", |rule| rule.against.word()));
    form.set("percent", settings.relative.map_or(50, Relative::percent).to_string());
    form
}

/// What was typed, or refusals beside the fields.
fn read(form: &mut Form, before: &WatchSettings, listing: &ObjectiveListing) -> Option<WatchSettings> {
    let method = Method::from_word(form.value("method"));
    let sensitivity = Sensitivity::from_word(form.value("sensitivity"));
    let relative = match form.value("against").to_owned() {
        word if word.is_empty() => Some(None),
        word => relative(form, &word).map(Some),
    };
    if let Err(why) = &method {
        form.refuse("method", say!("{problem}.", wording::capitalised(&why.to_string())));
    }
    if sensitivity.is_none() {
        form.refuse("sensitivity", say!("Choose one of calm, normal and keen."));
    }
    Some(WatchSettings {
        method: method.ok()?,
        sensitivity: sensitivity?,
        relative: relative?,
        from: None,
        anew_at_deploys: form.is("deploys", "yes"),
        latencies: if latencies(listing).is_empty() { before.latencies } else { ticked(form) },
    })
}

/// The measures of its latency that an objective can choose from.
fn latencies(listing: &ObjectiveListing) -> Vec<Measure> {
    let has_histogram = listing.indicator.query.has_histogram();
    Measure::of_kind(listing.objective.kind).iter().copied().filter(|one| has_histogram && one.is_latency()).collect()
}

fn ticked(form: &Form) -> Latencies {
    Latencies::of(
        &Measure::LATENCIES
            .map(|one| form.is(one.word(), "yes").then_some(one))
            .into_iter()
            .flatten()
            .collect::<Vec<_>>(),
    )
}

fn relative(form: &mut Form, word: &str) -> Option<Relative> {
    let Some(against) = Against::from_word(word) else {
        form.refuse("against", say!("Choose yesterday, last week, or no other day."));
        return None;
    };
    let percent = form.value("percent").trim().trim_end_matches('%').trim().parse().ok();
    let rule = percent.and_then(|percent| Relative::new(against, percent).ok());
    if rule.is_none() {
        form.refuse("percent", say!("Write the part as whole percent from 10 to 90, such as 50 for half."));
    }
    rule
}

fn form_page(frame: Frame, listing: &ObjectiveListing, settings: &WatchSettings, form: Form) -> BaselinePage {
    let id = listing.objective.id.0;
    let methods = Method::ALL.map(|method| Fact::new(method.word(), language::word(method.sentence())));
    let calmness = |one: Sensitivity| language::word(one.word());
    let sensitivities = Sensitivity::ALL.map(|one| Fact::new(calmness(one), language::word(one.sentence())));
    let days =
        [(Against::Yesterday, say!("the same time yesterday")), (Against::LastWeek, say!("the same time last week"))];
    let days = days.map(|(day, label)| Choice::new(day.word(), label)).to_vec();
    let zone = listing.agreement.zone;
    let begun = settings.from.map(|from| wording::instant(from.start(), zone));
    BaselinePage {
        shell: frame.shell.page(say!("How it is watched"), Section::Overview, Some(Help::BASELINE)),
        id,
        objective: Link::new(format!("/objectives/{id}"), listing.objective.name.clone()),
        form,
        methods: Method::ALL.map(|method| Choice::new(method.word(), method.word())).to_vec(),
        sensitivities: Sensitivity::ALL.map(|one| Choice::new(one.word(), calmness(one))).to_vec(),
        latencies: latencies(listing)
            .into_iter()
            .map(|one| Choice::new(one.word(), words::name(one, listing.objective.kind)))
            .collect(),
        days: if has_volume(listing.objective.kind) { days } else { Vec::new() },
        sentences: methods.into_iter().chain(sensitivities).collect(),
        begun: begun.map(|at| say!("Learned from {moment} on; nothing from before counts.", at)).unwrap_or_default(),
        can_edit: false,
        preview: None,
    }
}

async fn preview(
    state: &State,
    listing: &ObjectiveListing,
    settings: &WatchSettings,
) -> Result<BaselinePreview, WebError> {
    let judge = Judge::load(&state.db).await?;
    let history = remember(&judge, listing, judged_until(state.clock.now())).await?;
    let (span, zone, kind) = (history.shown(), listing.agreement.zone, listing.objective.kind);
    let trials = web::block(language::carried(move || history.try_all())).await.map_err(WebError::internal)?;
    let measures = trials
        .first()
        .map(|trial| trial.found.iter().map(|(one, _)| language::word(words::name(*one, kind)).to_owned()));
    let current = |trial: &Trial| trial.method == settings.method && trial.sensitivity == settings.sensitivity;
    Ok(BaselinePreview {
        span: wording::span(span.start().start(), span.end().start(), zone),
        measures: measures.into_iter().flatten().collect(),
        rows: trials.iter().map(|trial| row(trial, current(trial), kind, zone)).collect(),
    })
}

fn row(trial: &Trial, is_current: bool, kind: ObjectiveKind, zone: Tz) -> TrialRow {
    let mut all: Vec<_> = trial.found.iter().flat_map(|(_, found)| found).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.span.start()));
    let line = |one: &&crate::domain::watch::Anomaly| {
        let at = wording::instant(one.span.start().start(), zone);
        let (name, value) = (language::word(words::name(one.measure, kind)), words::amount(one.measure, one.value));
        say!("{moment}: {measure} {value}", at, name, value)
    };
    let many = |n: usize| count(i64::try_from(n).unwrap_or(i64::MAX));
    let rest = all.len().saturating_sub(NEWEST);
    TrialRow {
        method: trial.method.word().to_owned(),
        sensitivity: language::word(trial.sensitivity.word()).to_owned(),
        is_current,
        counts: trial.found.iter().map(|(_, found)| many(found.len())).collect(),
        newest: all.iter().take(NEWEST).map(line).collect(),
        more: if rest > 0 { say!("and {count} more", many(rest)) } else { String::new() },
    }
}
