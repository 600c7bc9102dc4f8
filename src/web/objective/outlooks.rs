//! GET `/objectives/{id}/outlooks`: how good past outlooks were.

use crate::domain::calibration::{Band, Errors, Past, Score};
use crate::domain::ratio::nearest;
use crate::domain::wording::{self, count, counted};
use crate::language;
use crate::language::say;
use crate::ops::evaluate::judged_until;
use crate::ops::foresee::{LookBack, PastPeriod, is_foreseeable, remember};
use crate::ops::judge::Judge;
use crate::view::outlooks::{BandRow, OutlooksPage, PeriodRow};
use crate::view::{Help, Link, Section};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError};
use actix_web::web::{self, Data, Path};
use chrono_tz::Tz;

/// GET `/objectives/{id}/outlooks`.
pub async fn show(
    _: SignedIn,
    frame: Frame,
    state: Data<State>,
    path: Path<i64>,
) -> Result<Html<OutlooksPage>, WebError> {
    let listing = super::find(&state, path.into_inner()).await?;
    let objective = Link::new(format!("/objectives/{}", listing.objective.id.0), listing.objective.name.clone());
    let shell = frame.shell.page(say!("Past outlooks"), Section::Overview, Some(Help::OBJECTIVE));
    if !is_foreseeable(&listing.objective) {
        let verdict = say!("There are outlooks only for calendar windows of sums: a rolling window never ends.");
        let (bands, periods) = (Vec::new(), Vec::new());
        return Ok(Html(OutlooksPage { shell, objective, verdict, forecasts: String::new(), bands, periods }));
    }
    let judge = Judge::for_pages(&state, listing.agreement.id).await?;
    let memory = remember(&judge, &listing, judged_until(state.clock.now())).await?;
    let seen = web::block(language::carried(move || memory.look_back())).await.map_err(WebError::internal)?;
    let zone = listing.agreement.zone;
    Ok(Html(OutlooksPage {
        shell,
        objective,
        verdict: verdict(&seen),
        forecasts: seen.errors.as_ref().map(off).unwrap_or_default(),
        bands: seen.calibration.bands.iter().map(band).collect(),
        periods: seen.periods.iter().rev().map(|period| row(period, zone)).collect(),
    }))
}

fn verdict(seen: &LookBack) -> String {
    let made: usize = seen.periods.iter().map(|period| period.outlooks.len()).sum();
    let many = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let periods = counted(many(seen.periods.len()), "past period", "past periods");
    match (made, seen.calibration.score) {
        (0, _) => say!("No past period has enough history before it for an outlook: too few to tell."),
        (made, None) => {
            say!("{outlooks} in {periods}: too few to tell.", counted(many(made), "outlook", "outlooks"), periods)
        }
        (made, Some(score)) => {
            let outlooks = counted(many(made), "outlook", "outlooks");
            say!("{outlooks} in {periods}. {scores}", outlooks, periods, scores(score))
        }
    }
}

/// What the scores mean.
fn scores(Score { brier, naive }: Score) -> String {
    let what = if brier < naive {
        say!("better than somebody who only knows how often the target is met")
    } else if brier > naive {
        say!("worse than somebody who only knows how often the target is met")
    } else {
        say!("as good as somebody who only knows how often the target is met")
    };
    say!(
        "Their Brier score is {brier}, where 0 is perfect and {naive} is that naive guess: {comparison}.",
        format!("{brier:.3}"),
        format!("{naive:.3}"),
        what
    )
}

/// How far the forecasts of the rest were off.
fn off(errors: &Errors) -> String {
    let percent = |share: f64, decimals: usize| format!("{:.decimals$}", share * 100.0);
    say!(
        "Their forecasts of the traffic still to come were off by {traffic_off} % on average, and {traffic_inside} % of \
         what came was within the interval; those of the share of bad ones by {bad_off} percentage points, and {bad_inside} % \
         were within. 80 % is what the intervals promise.",
        percent(errors.traffic_off, 1),
        wording::share_percent(errors.traffic_inside, errors.forecasts),
        percent(errors.bad_off, 3),
        wording::share_percent(errors.bad_inside, errors.forecasts)
    )
}

fn band(band: &Band) -> BandRow {
    let percent = |share: f64| format!("{} %", nearest(share * 100.0));
    let met = wording::share_percent(band.met, band.outlooks);
    BandRow {
        said: say!("{from} to {to} %", band.from_percent, band.to_percent),
        outlooks: count(band.outlooks),
        mean: band.mean.map_or_else(|| "–".to_owned(), percent),
        met: if band.outlooks == 0 { "–".to_owned() } else { say!("{count}, {share} %", count(band.met), met) },
    }
}

fn row(past: &PastPeriod, zone: Tz) -> PeriodRow {
    let text = |one: Option<&Past>| {
        one.map_or_else(String::new, |one| {
            say!("{day}: {probability}", wording::day(one.made_at.start(), zone), one.probability)
        })
    };
    PeriodRow {
        name: wording::period_name(&past.period),
        outcome: if past.met { say!("met") } else { say!("missed") },
        outlooks: count(i64::try_from(past.outlooks.len()).unwrap_or(i64::MAX)),
        first: text(past.outlooks.first()),
        middle: text(past.outlooks.get(past.outlooks.len() / 2)),
        last: text(past.outlooks.last()),
    }
}
