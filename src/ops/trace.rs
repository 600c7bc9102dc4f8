//! Traces how an objective got where it is, over any range: for charts, tables and the outage list.

use crate::domain::burn::{self, AlertRule, SHOWN_MINUTES};
use crate::domain::contract::Rule;
use crate::domain::evidence::{self, Evidence};
use crate::domain::history::History;
use crate::domain::judgement::Terms;
use crate::domain::ledger::Tally;
use crate::domain::model::Window;
use crate::domain::outage::{self, Outage};
use crate::domain::recovery::{self, Recovery};
use crate::domain::spans::Spans;
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Minute, Span};
use crate::ops::judge::{self, Judge, Judged};
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, StoreError};

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
    /// Everything that is known about the range.
    pub evidence: Evidence,
    /// Does the evidence reach as far back as the windows and burn rates at the end of the range?
    pub is_deep: bool,
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

/// Traces an objective over a range, at most [`RANGE_MINUTES_MAX`] long.
pub async fn trace(judge: &Judge, listing: &ObjectiveListing, span: Span) -> Result<Trace, StoreError> {
    let span = Span::ending(span.end(), span.minutes().min(RANGE_MINUTES_MAX));
    let objective = &listing.objective;
    let (_, terms) = judge.window_at(listing, span.end());
    let mut rules = objective.terms.rules(terms.window_minutes, objective.target);
    rules.truncate(BURN_LINES);
    let fine = span.minutes() <= FINE_RANGE_MINUTES && terms.window_minutes <= FINE_WINDOW_MINUTES;
    let width = if fine { FINE_MINUTES } else { HOUR_MINUTES };
    let width = width.max(objective.terms.counting.method.slice().minutes());
    let reach = reach(listing, span, &rules);
    let is_whole = judge.judged(listing, reach).minutes == Spans::from(reach);
    let is_deep = !(judge::is_plain(objective) && is_whole);
    let (evidence, course) = if is_deep {
        let evidence = judge.evidence(listing, reach).await?;
        let course = Course::of_evidence(&evidence, reach, width);
        (evidence, course)
    } else {
        let course = Course::of_events(judge, listing, reach, width).await?;
        (judge.evidence(listing, span).await?, course)
    };
    let all = evidence.outages(span);
    let judged = judge.judged(listing, span);
    let step = step_for(span, width);
    let ends = ends_of(span, step);
    let unknown = evidence.unknown(span);
    let long = unknown.as_slice().iter().filter(|run| run.minutes() >= step.max(FINE_MINUTES));
    let lengths: Vec<Span> = all.iter().map(|outage| outage.span).collect();
    let planned = judged.effect.planned.within(span).minutes();
    let recovery = recovery::recovery(&lengths, &judged.minutes.minus(&unknown), planned);
    let (outages, outages_left_out) = outage::worst(all, OUTAGES_MAX);
    Ok(Trace {
        span,
        step,
        points: points(judge, listing, &course, &rules, &ends, step),
        rules,
        outages,
        outages_left_out,
        unknown: long.copied().collect(),
        judged,
        recovery,
        evidence,
        is_deep,
    })
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
        let (db, indicator) = (judge.db(), listing.indicator.id);
        let mut history = History::new(reach, width);
        if width == HOUR_MINUTES {
            for row in store::ledger::hours(db, indicator, history.span()).await? {
                let tally = Tally { good: row.good, total: row.total, known: row.known, minutes: HOUR_MINUTES };
                history.add(row.hour.first(), tally);
            }
        } else {
            for (minute, slice) in store::ledger::slices(db, indicator, history.span()).await? {
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
    let hull = Spans::of(both.iter().map(|(_, whole)| *whole));
    let judged: Vec<Spans> = hull.as_slice().iter().map(|span| judge.judged(listing, *span).minutes).collect();
    let terms = |whole: &Span| Terms {
        target: objective.target,
        window_minutes: whole.minutes(),
        judged_minutes: judged.iter().map(|minutes| minutes.minutes_in(*whole)).sum(),
        counting: objective.terms.counting,
    };
    let tallies = match objective.window {
        Window::Rolling(length) => course.rolling(ends, length.minutes()),
        Window::Calendar => {
            let one = |(end, (span, _)): (&Minute, &(Span, Span))| course.rolling(&[*end], span.minutes());
            ends.iter().zip(&both).flat_map(one).collect()
        }
    };
    tallies.into_iter().zip(&both).map(|(tally, (_, whole))| (tally, terms(whole))).collect()
}
