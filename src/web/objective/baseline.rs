//! What is usual for the objective, and what left it: the section of its page, the files, and what people say of it.

use crate::domain::ids::AnomalyId;
use crate::domain::ledger::Tally;
use crate::domain::ratio::float;
use crate::domain::sheet::Sheet;
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Minute, Span};
use crate::domain::watch::{self, HourBand, Measure, Spread, Step, WatchSettings, words};
use crate::domain::wording::{self, counted};
use crate::language;
use crate::language::say;
use crate::ops::OpsError;
use crate::ops::evaluate::judged_until;
use crate::ops::expect_anomaly::expect_anomaly;
use crate::ops::export::Format;
use crate::ops::export_anomalies::export_anomalies;
use crate::ops::judge::Judge;
use crate::ops::learn_baselines::measures;
use crate::ops::read_spread::read_spread;
use crate::store::anomalies::KeptAnomaly;
use crate::store::baselines::Learned;
use crate::store::ledger::HourRow;
use crate::store::objectives::ObjectiveListing;
use crate::store::{anomalies, baselines, spreads};
use crate::view::baseline::{AnomalyRow, BaselineChart, BaselineSection};
use crate::view::plot::{Edges, Plot, Points, Shows};
use crate::view::{Badge, Link, Tone};
use crate::web::extract::{Posted, SignedIn};
use crate::web::html::see_other;
use crate::web::objective::drawn::Usual;
use crate::web::objective::range::{self, Asked};
use crate::web::objective::unwatched;
use crate::web::{State, WebError, export, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};

/// How many anomalies are listed.
const LISTED: usize = 20;
/// How many are marked on the charts.
const MARKED: i64 = 500;
/// Ranges up to this length are drawn step by step, longer ones by hour.
const FINE_MINUTES: i64 = 2 * DAY_MINUTES;

/// The section for a range.
pub(super) async fn section(
    state: &State,
    (judge, listing): (&Judge, &ObjectiveListing),
    span: Span,
    can_say: bool,
) -> Result<BaselineSection, WebError> {
    let (db, objective) = (&state.db, listing.objective.id);
    if Measure::of_kind(listing.objective.kind).is_empty() {
        let standing = say!("A composite has no baseline of its own; its members have theirs.");
        return Ok(BaselineSection { standing, ..BaselineSection::default() });
    }
    let settings = baselines::settings(db, objective).await?;
    let learned = baselines::learned(db, objective).await?;
    let count = anomalies::count(db, objective, span).await?;
    let kept = anomalies::list(db, objective, span, MARKED).await?;
    let watched = measures(listing, &settings);
    let drawn: Vec<&Learned> =
        watched.iter().filter_map(|measure| learned.iter().find(|one| one.measure == *measure)).collect();
    let charts = charts(state, (judge, listing), span, &drawn, &kept).await?;
    let latencies: Vec<Measure> = watched.into_iter().filter(|one| one.is_latency()).collect();
    let is_drawn = |one: &Measure| drawn.iter().any(|drawn| drawn.measure == *one);
    let missing: Vec<Measure> = latencies.iter().copied().filter(|one| !is_drawn(one)).collect();
    let shown: Vec<AnomalyRow> = kept.iter().rev().take(LISTED).map(|one| row(listing, one)).collect();
    let others = count - i64::try_from(shown.len()).unwrap_or(count);
    let more = counted(others, "earlier anomaly is", "earlier anomalies are");
    Ok(BaselineSection {
        standing: standing(listing, &settings, &learned),
        is_learning: learned.iter().any(|one| one.is_learning) || learned.is_empty(),
        charts,
        anomalies: shown,
        unwatched: unwatched::sentence(db, listing, &latencies, &missing).await?,
        more: (others > 0).then(|| say!("{earlier_anomalies_are} in the files below.", more)),
        can_say,
        settings: Some(Link::new(format!("/objectives/{}/baseline", objective.0), say!("How it is watched"))),
    })
}

/// A chart for each measure; those of long ranges are not drawn again while nothing has changed.
async fn charts(
    state: &State,
    (judge, listing): (&Judge, &ObjectiveListing),
    span: Span,
    drawn: &[&Learned],
    kept: &[KeptAnomaly],
) -> Result<Vec<BaselineChart>, WebError> {
    let draw = async {
        let ledger = Ledger::read(judge, listing, span, drawn).await?;
        let mut charts = Vec::with_capacity(drawn.len());
        for learned in drawn {
            charts.push(chart(judge, listing, (span, &ledger), learned, kept).await?);
        }
        Ok(charts)
    };
    if span.minutes() <= FINE_MINUTES {
        return draw.await;
    }
    let key = (listing.objective.id, span.minutes(), language::current());
    let grounds = Usual {
        changes: judge.version(listing.indicator.id).await?.changes,
        listing: listing.clone(),
        span,
        learned: drawn.iter().map(|one| (*one).clone()).collect(),
        kept: kept.to_vec(),
    };
    state.gallery.usual.once(key, grounds, draw).await
}

fn standing(listing: &ObjectiveListing, settings: &WatchSettings, learned: &[Learned]) -> String {
    let zone = listing.agreement.zone;
    let (method, sensitivity) = (settings.method.word(), language::word(settings.sensitivity.word()));
    let Some(one) = learned.iter().min_by_key(|one| one.step) else {
        return say!(
            "Watched by the method {method}, sensitivity {sensitivity}. Nothing has been learned yet: that begins \
             within a minute of the first settled data.",
            method,
            sensitivity
        );
    };
    let step = wording::duration_minutes(one.step.minutes());
    let (began, next) = (wording::day(one.began.start(), zone), wording::instant(one.next.start(), zone));
    let learning = if learned.iter().any(|one| one.is_learning) {
        say!(" Where there is no band yet, too little is known to tell anything.")
    } else {
        String::new()
    };
    say!(
        "Watched by the method {method}, sensitivity {sensitivity}, in steps of {step}, learned from {began} on, up to \
         {next}.",
        method,
        sensitivity,
        step,
        began,
        next
    ) + &learning
}

async fn chart(
    judge: &Judge,
    listing: &ObjectiveListing,
    (span, ledger): (Span, &Ledger),
    learned: &Learned,
    kept: &[KeptAnomaly],
) -> Result<BaselineChart, WebError> {
    let measure = learned.measure;
    let title = language::word(words::name(measure, listing.objective.kind));
    let points = ledger.measured(judge, listing, span, learned).await?;
    let hours = baselines::hours(judge.db(), listing.objective.id, measure, span).await?;
    let (usual, edges) = band(&hours, measure);
    let own: Vec<Span> = kept.iter().filter(|one| one.anomaly.measure == measure).map(|one| one.anomaly.span).collect();
    let summary = summary(measure, own.len(), !hours.is_empty());
    let mut lines = vec![(say!("Measured"), points)];
    if !usual.is_empty() {
        lines.push((say!("Expected"), usual));
    }
    let drawing = Plot {
        title,
        description: &summary,
        span,
        zone: listing.agreement.zone,
        shows: shows(measure),
        lines,
        filled: false,
        rules: Vec::new(),
        outages: &[],
        anomalies: &own,
        usual: (!edges.is_empty()).then_some(&edges),
        unknown: &[],
        excluded: &[],
        marks: &[],
        floor: Some(0.0),
        ceiling: None,
    }
    .draw()
    .map_err(WebError::internal)?;
    Ok(BaselineChart { id: format!("usual-{}", measure.word()), title: title.to_owned(), summary, drawing })
}

const fn shows(measure: Measure) -> Shows {
    match measure {
        Measure::BadShare => Shows::Percent,
        Measure::Traffic | Measure::GoodVolume => Shows::Events,
        Measure::LatencyMean | Measure::LatencyP50 | Measure::LatencyP95 | Measure::LatencyP99 => Shows::Seconds,
    }
}

/// What a chart shows: the unit, how the band came about, and how many anomalies there are.
fn summary(measure: Measure, anomalies: usize, is_learned: bool) -> String {
    let unit = match (shows(measure), measure.percent()) {
        (Shows::Percent, _) => say!("Percent"),
        (_, Some(_)) => say!("Time, estimated within the buckets of the histogram"),
        (Shows::Seconds, None) => say!("Time"),
        _ => say!("Events a minute"),
    };
    let many = i64::try_from(anomalies).unwrap_or(i64::MAX);
    let found = if anomalies == 0 { say!("No anomaly") } else { counted(many, "anomaly", "anomalies") };
    let told = if measure == Measure::GoodVolume {
        say!("Compared with the other day. {anomalies} in this range.", found)
    } else if is_learned {
        say!("The band is what was expected before each hour began. {anomalies} in this range.", found)
    } else {
        say!("Still learning: nothing is expected yet in this range.")
    };
    say!("{unit}. {told}", unit, told)
}

/// What the charts of a range are drawn from: steps in short ranges, hours in longer ones.
struct Ledger {
    sheet: Option<Sheet>,
    spread: Spread,
}

impl Ledger {
    /// Reads no more than is drawn.
    async fn read(judge: &Judge, listing: &ObjectiveListing, span: Span, drawn: &[&Learned]) -> Result<Self, WebError> {
        if span.minutes() > FINE_MINUTES {
            return Ok(Self { sheet: None, spread: Spread::default() });
        }
        let (db, indicator) = (judge.db(), &listing.indicator);
        let mut spread = Spread::default();
        if drawn.iter().any(|learned| learned.measure.is_latency())
            && let Some(counted) = spreads::beside(db, indicator.id).await?
        {
            spread = read_spread(db, indicator, &counted, span).await?;
        }
        Ok(Self { sheet: Some(judge.excerpt(indicator.id, span).await?.sheet(&span.into())?), spread })
    }

    /// What was measured, by step in short ranges and by hour in longer ones.
    async fn measured(
        &self,
        judge: &Judge,
        listing: &ObjectiveListing,
        span: Span,
        learned: &Learned,
    ) -> Result<Points, WebError> {
        let measure = learned.measure;
        let points =
            |steps: &[Step]| with_gaps(steps.iter().map(|step| (step.start, step.value)), learned.step.minutes());
        Ok(match &self.sheet {
            Some(sheet) => points(&watch::steps(measure, sheet, &self.spread, learned.step, &span.into())),
            None if measure.is_latency() => {
                let hours = baselines::latencies(judge.db(), listing.objective.id, measure, span).await?;
                with_gaps(hours.iter().map(|(hour, seconds)| (hour.first(), Some(*seconds))), HOUR_MINUTES)
            }
            None => {
                let hours = judge.excerpt(listing.indicator.id, span).await?;
                let value = |row: &HourRow| {
                    let (good, total, known) = (row.good, row.total, row.known);
                    measure.value(&Tally { good, total, known, minutes: HOUR_MINUTES })
                };
                with_gaps(hours.hours().map(|row| (row.hour.first(), value(&row))), HOUR_MINUTES)
            }
        })
    }
}

/// Points with a gap wherever more than a step lies between two.
fn with_gaps(values: impl Iterator<Item = (Minute, Option<f64>)>, step: i64) -> Points {
    let mut points = Points::new();
    let mut next: Option<Minute> = None;
    for (at, value) in values {
        if let Some(missing) = next.filter(|next| *next < at) {
            points.push((missing.start(), None));
        }
        points.push((at.start(), value));
        next = Some(at.plus(step));
    }
    points
}

/// The usual values, and the edges around them as far as a measure can go.
fn band(hours: &[HourBand], measure: Measure) -> (Points, Edges) {
    let most = if measure == Measure::BadShare { 100.0 } else { f64::INFINITY };
    let usual = with_gaps(hours.iter().map(|one| (one.hour.first(), Some(one.band.expected))), HOUR_MINUTES);
    let edges = |one: &HourBand| {
        let low = one.band.low.unwrap_or_default().clamp(0.0, most);
        one.band.high.map(|high| (low, high.clamp(0.0, most)))
    };
    let mut points = Vec::with_capacity(hours.len());
    let mut last: Option<(Minute, Option<(f64, f64)>)> = None;
    for one in hours {
        let at = one.hour.first();
        if let Some((end, edges)) = last.filter(|(end, _)| *end < at) {
            points.extend([(end.start(), edges), (end.start().plus_seconds(1), None)]);
        }
        points.push((at.start(), edges(one)));
        last = Some((at.plus(HOUR_MINUTES), edges(one)));
    }
    points.extend(last.map(|(end, edges)| (end.start(), edges)));
    (usual, points)
}

fn row(listing: &ObjectiveListing, kept: &KeptAnomaly) -> AnomalyRow {
    let (zone, anomaly) = (listing.agreement.zone, &kept.anomaly);
    let what = words::what(anomaly, listing.objective.kind);
    let standing = match kept {
        KeptAnomaly { expected: Some(_), .. } => Badge::new(Tone::Idle, "Expected"),
        KeptAnomaly { is_like: Some(_), .. } => Badge::new(Tone::Idle, "Like an expected one"),
        _ if kept.is_alarming() => Badge::new(Tone::Warn, "Unusual"),
        _ => Badge::new(Tone::Good, "Better than usual"),
    };
    let said = kept.expected.as_ref().map_or_else(String::new, |said| {
        let who = said.by_name.clone().unwrap_or_else(|| say!("somebody who has left"));
        say!("says {who}, {moment}", who, wording::instant(said.at, zone))
    });
    AnomalyRow {
        id: kept.id.0,
        from: wording::instant(anomaly.span.start().start(), zone),
        to: if anomaly.is_open { say!("still going") } else { wording::instant(anomaly.span.end().start(), zone) },
        what,
        why: language::word(words::why(anomaly.cause)).to_owned(),
        value: words::amount(anomaly.measure, anomaly.value),
        expected: words::expected(anomaly),
        score: format!("{:.2}", (anomaly.score * float(100)).floor() / float(100)),
        standing,
        said,
        is_expected: kept.expected.is_some(),
    }
}

/// GET `/objectives/{id}/anomalies.csv` and `.json`.
pub async fn download(
    _: SignedIn,
    state: Data<State>,
    path: Path<(i64, String)>,
    asked: Query<Asked>,
) -> Result<HttpResponse, WebError> {
    let (id, ending) = path.into_inner();
    let format = Format::from_ending(&ending);
    let listing = super::find(&state, id).await?;
    let until = judged_until(state.clock.now());
    let span = range::of(&asked, &listing, until).map_err(|problem| export::refused(problem.sentence))?.span;
    let text = export_anomalies(&state.db, &listing, span, format).await?;
    let name = export::file_name(&listing, span, "anomalies", &ending);
    Ok(export::file(&name, format, text))
}

/// POST `/objectives/{id}/anomalies/{anomaly}`: it was expected, or was not.
pub async fn say(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    path: Path<(i64, i64)>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let (id, anomaly) = path.into_inner();
    let listing = super::find(&state, id).await?;
    let told = match posted.text("expected") {
        "yes" | "no" => {
            let is_expected = posted.text("expected") == "yes";
            expect_anomaly(&state, Some(user.0.id), listing.objective.id, AnomalyId(anomaly), is_expected)
                .await
                .map_err(|error| match error {
                    OpsError::NotFound(_) => WebError::NotFound("There is no such anomaly"),
                    error => error.into(),
                })?;
            say::done(if is_expected {
                say!("Noted: it was expected. It and its like are not shown as alarming.")
            } else {
                say!("Noted: it was not expected.")
            })
        }
        _ => say::failed(say!("Say expected=yes or expected=no.")),
    };
    session::tell(&session, &told)?;
    let page = format!("/objectives/{id}");
    let back = posted.text("back");
    let query = if back.is_empty() { String::new() } else { format!("?{back}") };
    let next = paths::local(&format!("{page}{query}"));
    let next = if next.starts_with(&page) { next } else { page };
    Ok(see_other(&format!("{next}#anomalies")))
}
