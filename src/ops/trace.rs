//! Traces how an objective got where it is, over any range: for charts, tables and the outage list.

use crate::domain::account::Account;
use crate::domain::burn::{self, AlertRule, SHOWN_MINUTES};
use crate::domain::calendar::days_of;
use crate::domain::contract::Rule;
use crate::domain::evidence::{self, Evidence};
use crate::domain::exclusion::Exclusion;
use crate::domain::history::History;
use crate::domain::ids::ObjectiveId;
use crate::domain::judgement::{Judgement, Terms};
use crate::domain::ledger::Tally;
use crate::domain::model::Window;
use crate::domain::outage::{self, Outage};
use crate::domain::recovery::{self, Recovery};
use crate::domain::sheet::Cut;
use crate::domain::slices;
use crate::domain::spans::Spans;
use crate::domain::terms::Method;
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Minute, Span};
use crate::ops::judge::{self, Judge, Judged};
use crate::ops::reckon_once::Memo;
use crate::store::StoreError;
use crate::store::objectives::ObjectiveListing;
use chrono_tz::Tz;
use std::sync::Arc;

/// How many points a chart gets at most.
const POINTS_MAX: i64 = 720;
/// The longest range that is traced, in minutes.
pub const RANGE_MINUTES_MAX: i64 = 400 * DAY_MINUTES;
/// The distance of points in a short range, if slices are no longer.
const FINE_MINUTES: i64 = 5;
/// Ranges up to this length are read minute by minute.
const FINE_RANGE_MINUTES: i64 = 2 * DAY_MINUTES;
/// …unless the objective's window is longer than this.
const FINE_WINDOW_MINUTES: i64 = 40 * DAY_MINUTES;
/// How many outages are listed: the worst.
const OUTAGES_MAX: usize = 50;
/// How many burn-rate lines are drawn.
const BURN_LINES: usize = 2;
/// How many of the worst slices are listed.
const WORST: usize = 10;
/// Ranges up to this length have a table by hour, longer ones by day.
pub const HOURLY_MINUTES_MAX: i64 = 8 * DAY_MINUTES;

/// Which range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The minutes.
    pub span: Span,
    /// What they are to the person who asks.
    pub what: Asks,
}

/// What a range is to the person who asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asks {
    /// The objective's own window, judged as that.
    Window,
    /// Any range, judged as if it were the window.
    Range,
    /// The range before another, to compare.
    Before,
}

/// How an objective got where it is.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The range, as asked for.
    pub span: Span,
    /// The distance between two points, in minutes.
    pub step: i64,
    /// The points, in order of time.
    pub points: Vec<Point>,
    /// The alert rules whose burn rates are traced, most urgent first.
    pub rules: Vec<AlertRule>,
    /// The worst outages of the range, in order of time.
    pub outages: Vec<Outage>,
    /// How many smaller outages are not listed.
    pub outages_left_out: usize,
    /// Runs of unknown minutes longer than a step.
    pub unknown: Vec<Span>,
    /// What of the range is judged, and what is not.
    pub judged: Judged,
    /// How long all outages of the range lasted, counted over judged and known minutes.
    pub recovery: Recovery,
    /// The range, judged as if it were the objective's window.
    pub whole: Judgement,
    /// What the range was judged by.
    pub terms: Terms,
    /// The objective's own window as it stood at the end of the range: its burn rates and alerts.
    pub own: Judgement,
    /// What that was judged by.
    pub own_terms: Terms,
    /// The range with nothing taken out.
    pub raw: Account,
    /// The range by every method; nothing for a composite.
    pub by_method: Vec<(Method, Account)>,
    /// The worst slices of the range, worst first.
    pub worst: Vec<Cut>,
    /// The range by whole hours or local days, cut to it.
    pub rows: Vec<(Span, Tally)>,
}

/// The standing at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The end of the step.
    pub end: Minute,
    /// What was counted in the step before it.
    pub bucket: Tally,
    /// What was counted in the objective's window that ends there.
    pub window: Tally,
    /// The window's whole length and the target.
    pub terms: Terms,
    /// Burn rates over the long windows of [`Trace::rules`].
    pub burns: Vec<Option<f64>>,
}

/// Traces of ranges of so many minutes, as they were made for pages.
pub(super) type Traces = Memo<(ObjectiveId, i64, Asks), Grounds, Arc<Trace>>;

/// Room for so many points and rows: about twenty megabytes.
const TRACES_KEPT: u64 = 60_000;

pub(super) fn memo() -> Traces {
    Memo::new(TRACES_KEPT, |trace| trace.points.len() + trace.rows.len())
}

/// What a trace rests on besides the minutes of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Grounds {
    of: judge::Grounds,
    listing: ObjectiveListing,
    exclusions: Vec<Exclusion>,
    asked: Asked,
}

/// Traces an objective over a range, at most [`RANGE_MINUTES_MAX`] long; for a page, not again while nothing has changed.
pub async fn trace(judge: &Judge, listing: &ObjectiveListing, asked: Asked) -> Result<Arc<Trace>, StoreError> {
    let made = async { made(judge, listing, asked).await.map(Arc::new) };
    let Some(memos) = judge.memos() else { return made.await };
    let key = (listing.objective.id, asked.span.minutes(), asked.what);
    let exclusions = judge.exclusions().to_vec();
    let grounds = Grounds { of: judge.grounds(listing).await?, listing: listing.clone(), exclusions, asked };
    memos.traces.once(key, grounds, made).await
}

async fn made(judge: &Judge, listing: &ObjectiveListing, asked: Asked) -> Result<Trace, StoreError> {
    let span = Span::ending(asked.span.end(), asked.span.minutes().min(RANGE_MINUTES_MAX));
    let objective = &listing.objective;
    let (own_span, own_terms) = judge.window_at(listing, span.end());
    let mut rules = objective.terms.rules(own_terms.window_minutes, objective.target);
    rules.truncate(BURN_LINES);
    let fine = span.minutes() <= FINE_RANGE_MINUTES && own_terms.window_minutes <= FINE_WINDOW_MINUTES;
    let width = if fine { FINE_MINUTES } else { HOUR_MINUTES };
    let width = width.max(objective.terms.counting.method.slice().minutes());
    let known = Known::read(judge, listing, (span, reach(listing, span, &rules)), width).await?;
    let own = known.over(judge, listing, own_span, own_terms).await?;
    let (whole, terms) = if asked.what == Asks::Window {
        (own.clone(), own_terms)
    } else {
        let terms = judge.terms(listing, span);
        (known.over(judge, listing, span, terms).await?, terms)
    };
    let rows = known.rows(judge, listing, row_spans(span, listing.agreement.zone)).await?;
    let evidence = &known.evidence;
    let slices = evidence.slices(span);
    let all = evidence.outages_among(&slices);
    let judged = judge.judged(listing, span);
    let step = step_for(span, width);
    let unknown = evidence.unknown(span);
    let long = unknown.as_slice().iter().filter(|run| run.minutes() >= step.max(FINE_MINUTES));
    let lengths: Vec<Span> = all.iter().map(|outage| outage.span).collect();
    let planned = judged.effect.planned.within(span).minutes();
    let recovery = recovery::recovery(&lengths, &judged.minutes.minus(&unknown), planned);
    let (outages, outages_left_out) = outage::worst(all, OUTAGES_MAX);
    let methods = objective.terms.counting.method.compared(objective.target);
    let mut points = points(judge, listing, &known.course, &rules, &ends_of(span, step), step);
    points.extend(last_point(&points, &rules, &own, own_terms));
    Ok(Trace {
        span,
        step,
        points,
        rules,
        outages,
        outages_left_out,
        unknown: long.copied().collect(),
        judged,
        recovery,
        raw: evidence.raw(span),
        by_method: methods.into_iter().zip(evidence.by_methods(span, &methods)).collect(),
        worst: slices::worst(&slices, objective.terms.unit(), WORST),
        rows,
        whole,
        terms,
        own,
        own_terms,
    })
}

/// The trace ends where the range ends: points stand at whole steps, and the newest numbers of charts and tables must be
/// those of the verdict.
fn last_point(points: &[Point], rules: &[AlertRule], own: &Judgement, terms: Terms) -> Option<Point> {
    let end = own.span.end();
    if points.last().is_some_and(|point| point.end >= end) {
        return None;
    }
    let rate = |minutes| own.burns.iter().find(|burn| burn.minutes == minutes).and_then(|burn| burn.rate);
    let burns = rules.iter().map(|rule| rate(rule.long_minutes)).collect();
    Some(Point { end, bucket: Tally::default(), window: own.tally, terms, burns })
}

/// The rows of the tables behind the charts: whole hours or local days, cut to the range.
fn row_spans(span: Span, zone: Tz) -> Vec<Span> {
    if span.minutes() <= HOURLY_MINUTES_MAX {
        span.hours().map(|hour| hour.span().intersect(span)).collect()
    } else {
        days_of(span, zone).iter().map(|day| day.span().intersect(span)).collect()
    }
}

/// What is known about a range and the time before it that its windows and burn rates look back to.
struct Known {
    /// The minutes of the range, and of the time before it if sums of hours do not answer for that.
    evidence: Evidence,
    /// Do the minutes reach as far back as everything that is asked?
    is_deep: bool,
    course: Course,
}

impl Known {
    async fn read(
        judge: &Judge,
        listing: &ObjectiveListing,
        (span, reach): (Span, Span),
        width: i64,
    ) -> Result<Self, StoreError> {
        let is_whole = judge.judged(listing, reach).minutes == Spans::from(reach);
        if judge::is_plain(&listing.objective) && is_whole {
            let course = Course::of_events(judge, listing, reach, width).await?;
            return Ok(Self { evidence: judge.evidence(listing, span).await?, is_deep: false, course });
        }
        let evidence = judge.evidence(listing, reach).await?;
        let course = Course::of_evidence(&evidence, reach, width);
        Ok(Self { evidence, is_deep: true, course })
    }

    async fn over(
        &self,
        judge: &Judge,
        listing: &ObjectiveListing,
        span: Span,
        terms: Terms,
    ) -> Result<Judgement, StoreError> {
        if self.is_deep {
            return Ok(judge::over(&self.evidence, &listing.objective, span, terms));
        }
        judge.over(listing, span, terms).await
    }

    async fn rows(
        &self,
        judge: &Judge,
        listing: &ObjectiveListing,
        spans: Vec<Span>,
    ) -> Result<Vec<(Span, Tally)>, StoreError> {
        let accounts = if self.is_deep {
            spans.iter().map(|span| self.evidence.account(*span)).collect()
        } else {
            judge.accounts(listing, &spans).await?
        };
        Ok(spans.into_iter().zip(accounts).map(|(span, account)| (span, account.counted)).collect())
    }
}

/// What must be read so that the first point's windows are complete.
fn reach(listing: &ObjectiveListing, span: Span, rules: &[AlertRule]) -> Span {
    let back = match listing.objective.window {
        Window::Rolling(length) => length.minutes(),
        Window::Calendar => {
            let period = listing.agreement.calendar().period_at(span.start().start());
            span.start().0 - period.span().start().0
        }
    };
    let shown = SHOWN_MINUTES.into_iter().map(|minutes| minutes - span.minutes());
    let back = rules.iter().map(|rule| rule.long_minutes).chain(shown).fold(back, i64::max);
    Span::new(span.start().plus(-back), span.end())
}

/// What was counted, in buckets: one course, or one for each member of a weighted composite with its weight.
struct Course(Vec<(u32, History)>);

impl Course {
    /// From sums of hours, or from the minutes of a short range.
    async fn of_events(judge: &Judge, listing: &ObjectiveListing, reach: Span, width: i64) -> Result<Self, StoreError> {
        let mut history = History::new(reach, width);
        let hours = judge.excerpt(listing.indicator.id, history.span()).await?;
        if width == HOUR_MINUTES {
            for row in hours.hours() {
                let tally = Tally { good: row.good, total: row.total, known: row.known, minutes: HOUR_MINUTES };
                history.add(row.hour.first(), tally);
            }
        } else {
            for (minute, slice) in hours.slices(history.span())? {
                history.add(minute, Tally { good: slice.good, total: slice.total, known: 1, minutes: 1 });
            }
        }
        Ok(Self(vec![(1, history)]))
    }

    /// From what each slice adds, in the unit of the objective's method.
    fn of_evidence(evidence: &Evidence, reach: Span, width: i64) -> Self {
        let course = |evidence: &Evidence| {
            let mut history = History::new(reach, width);
            for (minute, tally) in evidence.units(reach) {
                history.add(minute, tally);
            }
            history
        };
        match evidence.rule() {
            Some(Rule::Weighted) => Self(evidence.parts().map(|(weight, part)| (weight, course(&part))).collect()),
            Some(Rule::AnyBad) | None => Self(vec![(1, course(evidence))]),
        }
    }

    fn rolling(&self, ends: &[Minute], length: i64) -> Vec<Tally> {
        let each: Vec<(u32, Vec<Tally>)> =
            self.0.iter().map(|(weight, history)| (*weight, history.rolling(ends, length))).collect();
        match each.as_slice() {
            [(_, only)] => only.clone(),
            parts => (0..ends.len())
                .map(|index| {
                    let at = |(weight, tallies): &(u32, Vec<Tally>)| {
                        (*weight, tallies.get(index).copied().unwrap_or_default())
                    };
                    evidence::weighted(&parts.iter().map(at).collect::<Vec<_>>())
                })
                .collect(),
        }
    }
}

fn step_for(span: Span, width: i64) -> i64 {
    let buckets = (span.minutes() / width).max(1);
    width * ((buckets + POINTS_MAX - 1) / POINTS_MAX)
}

/// The ends of the steps inside a span, at whole multiples of the step.
fn ends_of(span: Span, step: i64) -> Vec<Minute> {
    let first = (span.start().0.div_euclid(step) + 1) * step;
    let count = usize::try_from(POINTS_MAX + 2).unwrap_or_default();
    let mut ends: Vec<Minute> =
        (0..).map(|n| Minute(first + n * step)).take_while(|end| *end <= span.end()).take(count).collect();
    if ends.is_empty() {
        ends.push(span.end());
    }
    ends
}

fn points(
    judge: &Judge,
    listing: &ObjectiveListing,
    course: &Course,
    rules: &[AlertRule],
    ends: &[Minute],
    step: i64,
) -> Vec<Point> {
    let objective = &listing.objective;
    let buckets = course.rolling(ends, step);
    let burns: Vec<Vec<Tally>> = rules.iter().map(|rule| course.rolling(ends, rule.long_minutes)).collect();
    let burn_at = |index: usize| -> Vec<Option<f64>> {
        burns.iter().map(|line| line.get(index).and_then(|tally| burn::burn_rate(tally, objective.target))).collect()
    };
    ends.iter()
        .zip(buckets)
        .zip(windows(judge, listing, course, ends))
        .enumerate()
        .map(|(index, ((end, bucket), (window, terms)))| Point {
            end: *end,
            bucket,
            window,
            terms,
            burns: burn_at(index),
        })
        .collect()
}

/// The objective's window at each end, and the terms that it is judged by there.
fn windows(judge: &Judge, listing: &ObjectiveListing, course: &Course, ends: &[Minute]) -> Vec<(Tally, Terms)> {
    let (objective, calendar) = (&listing.objective, listing.agreement.calendar());
    let both: Vec<(Span, Span)> = ends.iter().map(|end| judge::window_at(objective, calendar, *end)).collect();
    let wholes: Vec<Span> = both.iter().map(|(_, whole)| *whole).collect();
    let terms = judge.terms_each(listing, &wholes);
    let tallies = match objective.window {
        Window::Rolling(length) => course.rolling(ends, length.minutes()),
        Window::Calendar => {
            let one = |(end, (span, _)): (&Minute, &(Span, Span))| course.rolling(&[*end], span.minutes());
            ends.iter().zip(&both).flat_map(one).collect()
        }
    };
    tallies.into_iter().zip(terms).collect()
}
