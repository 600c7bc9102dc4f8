//! The outages of the range: what each cost, and why, and what they come to together.

use super::Facts;
use crate::domain::ids::ServiceId;
use crate::domain::outage::Outage;
use crate::domain::ratio::Ratio;
use crate::domain::recovery::Recovery;
use crate::domain::time::{Instant, MINUTE_SECONDS, Minute, Span};
use crate::domain::wording::{self, count, counted, grouped};
use crate::language::say;
use crate::ops::evaluate::judged_until;
use crate::ops::explain_outage::explain_outage;
use crate::ops::export::Format;
use crate::ops::export_outages::{cause_of, export_outages};
use crate::ops::{OpsError, trace};
use crate::view::Fact;
use crate::view::objective::OutageRow;
use crate::web::extract::{Posted, SignedIn};
use crate::web::html::see_other;
use crate::web::objective::range::{self, Asked};
use crate::web::standing::signed;
use crate::web::{State, WebError, export, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use chrono::DateTime;

/// POST `/objectives/{id}/cause`: keeps why the service was down, for every objective about it.
pub async fn explain(
    user: SignedIn,
    session: Session,
    state: Data<State>,
    path: Path<i64>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    say::editor(&user.0)?;
    let listing = super::find(&state, path.into_inner()).await?;
    let span = span_of(posted.text("from"), posted.text("to"));
    let told = match span {
        None => say::failed(say!("Give the outage’s first moment and the first after it as 2026-11-01T08:00:00Z.")),
        Some(span) => explained(&state, &user, listing.indicator.service, span, posted.text("cause")).await?,
    };
    session::tell(&session, &told)?;
    let id = listing.objective.id.0;
    let back = posted.text("back");
    // only a query can follow, so nothing leads elsewhere
    let query = if back.is_empty() { String::new() } else { format!("?{back}") };
    let page = format!("/objectives/{id}");
    let next = paths::local(&format!("{page}{query}"));
    let next = if next.starts_with(&page) { next } else { page };
    Ok(see_other(&format!("{next}#outages")))
}

async fn explained(
    state: &State,
    user: &SignedIn,
    service: ServiceId,
    span: Span,
    cause: &str,
) -> Result<crate::view::Flash, WebError> {
    match explain_outage(state, Some(user.0.id), service, span, cause).await {
        Ok(()) if cause.trim().is_empty() => Ok(say::done(say!("The cause is removed."))),
        Ok(()) => Ok(say::done(say!("The cause is kept, for every objective about this service."))),
        Err(OpsError::Refused { sentence, .. }) => Ok(say::failed(sentence)),
        Err(error) => Err(error.into()),
    }
}

/// From two moments (RFC 3339) or minutes since the epoch; at most as long as a range.
fn span_of(from: &str, to: &str) -> Option<Span> {
    let minute = |text: &str| {
        let text = text.trim();
        let moment = || DateTime::parse_from_rfc3339(text).ok().map(|at| Instant::from(at.to_utc()).minute());
        text.parse::<i64>().ok().filter(|minute| (0..=MINUTE_MAX).contains(minute)).map(Minute).or_else(moment)
    };
    let (from, to) = (minute(from)?, minute(to)?);
    (from.0 >= 0 && from < to && to.0 - from.0 <= trace::RANGE_MINUTES_MAX).then(|| Span::new(from, to))
}

/// The minute in which the year 9999 is over, more or less.
const MINUTE_MAX: i64 = 4_223_000_000;

/// GET `/objectives/{id}/outages.csv`.
pub async fn download(
    _: SignedIn,
    state: Data<State>,
    path: Path<i64>,
    asked: Query<Asked>,
) -> Result<HttpResponse, WebError> {
    let listing = super::find(&state, path.into_inner()).await?;
    let until = judged_until(state.clock.now());
    let span = range::of(&asked, &listing, until).map_err(|problem| export::refused(problem.sentence))?.span;
    let text = export_outages(&state.db, &listing, span).await?;
    let name = export::file_name(&listing, span, "outages", "csv");
    Ok(export::file(&name, Format::Csv, text))
}

/// The outages, the newest first.
pub(super) fn outages(facts: &Facts) -> Vec<OutageRow> {
    facts.outages.iter().rev().map(|outage| outage_row(facts, outage)).collect()
}

fn outage_row(facts: &Facts, outage: &Outage) -> OutageRow {
    let zone = facts.listing.agreement.zone;
    let (total, causes) = (facts.trace.whole.tally.total, &facts.causes);
    // a cause that was entered for another objective keeps its own time, so that it is changed and not doubled
    let known = causes.iter().find(|cause| !cause.span.intersect(outage.span).is_empty());
    let about = known.map_or(outage.span, |cause| cause.span);
    let moment = |minute: Minute| minute.start().to_string();
    let is_open = outage.span.end() >= facts.until;
    // the same division as for the whole range, with what this outage alone cost
    let cost = wording::budget_consumed_percent(total - outage.cost, total, facts.trace.terms.target);
    OutageRow {
        from: wording::instant(outage.span.start().start(), zone),
        to: if is_open { say!("still going") } else { wording::instant(outage.span.end().start(), zone) },
        duration: wording::duration_minutes(outage.span.minutes()),
        bad: count(outage.bad),
        total: count(outage.total),
        cost: cost.map_or_else(|| "–".to_owned(), |percent| format!("{} %", signed(&grouped(&percent)))),
        depth: format!("{} %", wording::share_percent(outage.bad, outage.total)),
        cause: cause_of(outage.span, causes),
        about: (moment(about.start()), moment(about.end())),
        is_open,
    }
}

/// How many outages are not listed.
pub(super) fn more_outages(left_out: usize) -> Option<String> {
    let left_out = i64::try_from(left_out).unwrap_or(i64::MAX);
    (left_out > 0).then(|| say!("{outages} that cost less are not listed.", counted(left_out, "outage", "outages")))
}

/// All outages of the range together.
pub(super) fn recovery(recovery: &Recovery) -> Vec<Fact> {
    if recovery.outages == 0 {
        return Vec::new();
    }
    let words = |minutes: Option<Ratio>| {
        let seconds = minutes.map(|minutes| minutes.numerator() * i128::from(MINUTE_SECONDS) / minutes.denominator());
        let seconds = seconds.and_then(|seconds| i64::try_from(seconds).ok());
        seconds.map_or_else(|| "–".to_owned(), wording::duration_seconds)
    };
    let longest = recovery.longest_minutes.map_or_else(|| "–".to_owned(), wording::duration_minutes);
    vec![
        Fact::new(say!("Outages"), count(recovery.outages)),
        Fact::new(say!("Mean time to repair (MTTR)"), words(recovery.mttr())),
        Fact::new(say!("Mean time between failures (MTBF)"), words(recovery.mtbf())),
        Fact::new(say!("Longest"), longest),
        Fact::new(say!("Down in all"), wording::duration_minutes(recovery.down_minutes)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spans::Spans;

    #[test]
    fn an_outage_is_named_by_moments_or_minutes() {
        let span = Some(Span::new(Minute(29_920_238), Minute(29_920_248)));
        assert_eq!(span_of("2026-11-20T22:38:00Z", "2026-11-20T23:48:00+01:00"), span);
        assert_eq!(span_of("29920238", " 29920248 "), span);
        for (from, to) in
            [("", ""), ("1", "1"), ("2", "1"), ("-5", "5"), ("0", "999999999999"), ("x", "2"), ("0", "577000")]
        {
            assert_eq!(span_of(from, to), None, "{from:?} {to:?}");
        }
    }

    /// Two outages of 10 and 21 minutes in a day: 31 / 2 minutes to repair, (1440 - 31) / 2 between failures.
    #[test]
    fn outages_are_told_together() {
        let outages = [Span::new(Minute(0), Minute(10)), Span::new(Minute(100), Minute(121))];
        let day = Spans::from(Span::new(Minute(0), Minute(1440)));
        let told: Vec<_> =
            recovery(&crate::domain::recovery::recovery(&outages, &day, 0)).into_iter().map(|f| f.value).collect();
        assert_eq!(told, ["2", "15 min 30 s", "11 h 44 min", "21 min", "31 min"]);
        assert_eq!(recovery(&crate::domain::recovery::recovery(&[], &day, 0)), []);
    }
}
