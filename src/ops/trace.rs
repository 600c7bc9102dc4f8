//! Traces how an objective got where it is, over any range: for charts, tables and the outage list.

use crate::domain::burn::{self, AlertRule};
use crate::domain::calendar::Period;
use crate::domain::history::History;
use crate::domain::ids::IndicatorId;
use crate::domain::judgement::Terms;
use crate::domain::ledger::{Slice, Tally};
use crate::domain::model::{Objective, Window};
use crate::domain::outage::{self, Outage};
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Minute, Span};
use crate::ops::judge::{self, Calendar};
use crate::ops::make_report::with_unknown;
use crate::store::{self, Db, StoreError};

/// How many points a chart gets at most.
const POINTS_MAX: i64 = 720;
/// The longest range that is traced, in minutes.
pub const RANGE_MINUTES_MAX: i64 = 400 * DAY_MINUTES;
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
pub async fn trace(db: &Db, objective: &Objective, calendar: Calendar, span: Span) -> Result<Trace, StoreError> {
    let span = Span::ending(span.end(), span.minutes().min(RANGE_MINUTES_MAX));
    let (_, terms) = judge::window_at(objective, calendar, span.end());
    let mut rules = burn::alert_rules(terms.window_minutes, objective.target, 1);
    rules.truncate(BURN_LINES);
    let fine = span.minutes() <= FINE_RANGE_MINUTES && terms.window_minutes <= FINE_WINDOW_MINUTES;
    let width = if fine { 5 } else { HOUR_MINUTES };
    let reach = reach(objective, calendar, span, &rules);
    let history = load(db, objective.indicator, reach, width).await?;
    let slices = store::ledger::slices(db, objective.indicator, span).await?;
    let (outages, outages_left_out) =
        outage::worst(outage::find(with_unknown(&slices, span), objective.target), OUTAGES_MAX);
    let step = step_for(span, width);
    let ends = ends_of(span, step);
    Ok(Trace {
        span,
        step,
        points: points(objective, calendar, &history, &rules, &ends, step),
        rules,
        outages,
        outages_left_out,
        unknown: unknown_runs(&slices, span, step),
    })
}

/// What must be read so that the first point's windows are complete.
fn reach(objective: &Objective, calendar: Calendar, span: Span, rules: &[AlertRule]) -> Span {
    let back = match objective.window {
        Window::Rolling(length) => length.minutes(),
        Window::Calendar => {
            let period = Period::containing(calendar.period, calendar.zone, span.start().start());
            span.start().0 - period.span().start().0
        }
    };
    let back = rules.iter().map(|rule| rule.long_minutes).fold(back, i64::max);
    Span::new(span.start().plus(-back), span.end())
}

async fn load(db: &Db, indicator: IndicatorId, reach: Span, width: i64) -> Result<History, StoreError> {
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
    Ok(history)
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
    objective: &Objective,
    calendar: Calendar,
    history: &History,
    rules: &[AlertRule],
    ends: &[Minute],
    step: i64,
) -> Vec<Point> {
    let buckets = history.rolling(ends, step);
    let windows: Vec<(Tally, Terms)> = match objective.window {
        Window::Rolling(length) => {
            let terms = Terms { target: objective.target, window_minutes: length.minutes() };
            history.rolling(ends, length.minutes()).into_iter().map(|tally| (tally, terms)).collect()
        }
        Window::Calendar => ends
            .iter()
            .map(|end| {
                let (span, terms) = judge::window_at(objective, calendar, *end);
                let tally = history.rolling(&[*end], span.minutes()).first().copied().unwrap_or_default();
                (tally, terms)
            })
            .collect(),
    };
    let burns: Vec<Vec<Tally>> = rules.iter().map(|rule| history.rolling(ends, rule.long_minutes)).collect();
    let burn_at = |index: usize| -> Vec<Option<f64>> {
        burns.iter().map(|line| line.get(index).and_then(|tally| burn::burn_rate(tally, objective.target))).collect()
    };
    ends.iter()
        .zip(buckets)
        .zip(windows)
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

fn unknown_runs(slices: &[(Minute, Slice)], span: Span, step: i64) -> Vec<Span> {
    let mut runs = Vec::new();
    let mut next = span.start();
    let known = slices.iter().map(|(minute, _)| *minute).chain([span.end()]);
    for minute in known {
        let run = Span::new(next, minute);
        if run.minutes() >= step.max(5) {
            runs.push(run);
        }
        next = minute.plus(1);
    }
    runs
}
