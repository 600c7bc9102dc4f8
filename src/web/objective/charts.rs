//! The three charts of an objective, and the numbers behind them.

use super::drawn::{Course, Gallery};
use super::{Facts, range};
use crate::domain::judgement::Budget;
use crate::domain::model::ObjectiveKind;
use crate::domain::ratio::{Ratio, float};
use crate::domain::target::WHOLE_PPM;
use crate::domain::time::{HOUR_MINUTES, Span};
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::trace::{HOURLY_MINUTES_MAX, Point};
use crate::view::Link;
use crate::view::objective::{Chart, PlotRow, PlotTable};
use crate::view::plot::{Mark, Plot, PlotError, Points, Shows};
use crate::web::standing;
use std::sync::Arc;

/// The line of single steps may leave the chart by so many budgets beyond the target; further away only its edge shows.
const BUDGETS_SHOWN: f64 = 9.0;
/// An overspent budget is drawn down to here, in percent.
const DEBT_SHOWN: f64 = -200.0;
/// Burn rates are drawn up to so many times the highest alert.
const FACTORS_SHOWN: f64 = 3.0;

/// The charts, unless they were drawn before.
pub(super) fn once(gallery: &Gallery, facts: &Facts) -> Result<Vec<Chart>, PlotError> {
    let key = (facts.listing.objective.id, facts.range.span.minutes(), language::current());
    let previous = facts.previous.as_ref().map(|previous| Arc::clone(&previous.trace));
    let (notes, terms) = facts.happened.parts();
    let grounds = Course { trace: Arc::clone(&facts.trace), previous, notes, terms };
    if let Some(charts) = gallery.courses.find(&key, &grounds) {
        return Ok(charts);
    }
    let charts = charts(facts)?;
    gallery.courses.keep(key, grounds, charts.clone());
    Ok(charts)
}

/// The measured share, the burn-down, and the burn rates if there is anything to alert on.
fn charts(facts: &Facts) -> Result<Vec<Chart>, PlotError> {
    let marks = Marks::of(facts);
    let mut charts = vec![measured(facts, &marks)?, burn_down(facts, &marks)?];
    if !facts.trace.rules.is_empty() {
        charts.push(burn_rates(facts, &marks)?);
    }
    Ok(charts)
}

/// What stands behind the lines of every chart.
struct Marks {
    outages: Vec<Span>,
    unknown: Vec<Span>,
    excluded: Vec<Span>,
    moments: Vec<Mark>,
}

impl Marks {
    fn of(facts: &Facts) -> Self {
        let outages = facts.outages.iter().map(|outage| outage.span).collect();
        let excluded = facts.trace.judged.effect.excluded.as_slice().to_vec();
        Self { outages, unknown: facts.trace.unknown.clone(), excluded, moments: facts.happened.marks() }
    }
}

type Drawn = Result<Chart, PlotError>;

fn plot<'a>(facts: &Facts, marks: &'a Marks, title: &'a str, description: &'a str) -> Plot<'a> {
    Plot {
        title,
        description,
        span: facts.trace.span,
        zone: facts.listing.agreement.zone,
        shows: Shows::Percent,
        lines: Vec::new(),
        filled: false,
        rules: Vec::new(),
        outages: &marks.outages,
        anomalies: &[],
        usual: None,
        unknown: &marks.unknown,
        excluded: &marks.excluded,
        marks: &marks.moments,
        floor: None,
        ceiling: None,
    }
}

/// The points of a chart, each at the last minute of its step, so that the newest is still inside.
fn points(facts: &Facts, value: impl Fn(&Point) -> Option<f64>) -> Points {
    facts.trace.points.iter().map(|point| (point.end.plus(-1).start(), value(point))).collect()
}

/// The line of the stretch before, if it is to be compared, moved to the same place in the range.
fn before(facts: &Facts, what: &str, value: impl Fn(&Point) -> Option<f64>) -> Option<(String, Points)> {
    let previous = facts.previous.as_ref()?;
    let later = facts.trace.span.start().0 - previous.trace.span.start().0;
    let moved = |point: &Point| (point.end.plus(later - 1).start(), value(point));
    Some((say!("Before: {line}", what), previous.trace.points.iter().map(moved).collect()))
}

fn measured(facts: &Facts, marks: &Marks) -> Drawn {
    let objective = &facts.listing.objective;
    let is_error_rate = objective.kind == ObjectiveKind::ErrorRate;
    let percent = |good: i64, total: i64| {
        let part = if is_error_rate { total - good } else { good };
        Ratio::new(i128::from(part) * 100, i128::from(total)).map(Ratio::to_f64)
    };
    let single = points(facts, |point| percent(point.bucket.good, point.bucket.total));
    let rolling = points(facts, |point| percent(point.window.good, point.window.total));
    let budget = float(objective.target.budget_ppm()) * 100.0 / float(WHOLE_PPM);
    let target = if is_error_rate { budget } else { 100.0 - budget };
    let (floor, ceiling) = bounds(is_error_rate, target, budget, &single, &rolling);
    let (title, what) = if is_error_rate { ("Error rate", "bad") } else { ("Good share (SLI)", "good") };
    let (title, what) = (language::word(title), language::word(what));
    let step = each(facts.trace.step);
    let window = standing::window(objective, facts.listing.agreement.calendar(), facts.trace.span.end());
    let cut = match (floor, ceiling) {
        (Some(floor), _) if floor > 0.0 => say!(" Whatever is lower stands at the lower edge."),
        (Some(_), Some(ceiling)) if is_error_rate && ceiling < 100.0 => {
            say!(" Whatever is higher stands at the upper edge.")
        }
        _ => String::new(),
    };
    let summary = say!(
        "Share of {good} {requests} {each_hour}, and in the window ({window}) that ends there.",
        what,
        shared_in(facts),
        step,
        window
    ) + &cut;
    let mut lines = vec![(wording::capitalised(&step), single), (say!("Window, {length}", window), rolling)];
    lines.extend(before(facts, language::word("window"), |point| percent(point.window.good, point.window.total)));
    let drawing = Plot {
        lines,
        rules: vec![(target, say!("Target {target}", standing::target(objective.kind, objective.target)))],
        floor,
        ceiling,
        ..plot(facts, marks, title, &summary)
    }
    .draw()?;
    let head = vec![by(facts), title.to_owned(), say!("Bad"), say!("All"), say!("Known")];
    let rows = facts.trace.rows.iter().map(|(span, tally)| {
        vec![
            label(facts, *span),
            standing::measured(objective.kind, objective.target, tally),
            facts.units.bad(tally.good, tally.total, objective.target),
            facts.units.number(tally.total, None),
            standing::coverage(tally),
        ]
    });
    Ok(Chart { id: "sli".to_owned(), title: title.to_owned(), drawing, table: table(facts, head, rows), summary })
}

/// The numbers behind a chart, one row of cells for each of [`crate::ops::trace::Trace::rows`], with what is marked there.
fn table(facts: &Facts, head: Vec<String>, cells: impl Iterator<Item = Vec<String>>) -> PlotTable {
    let both = |span: Span| (span.start().0, span.end().0);
    let row = |((span, _), cells): (&(Span, _), Vec<String>)| PlotRow {
        span: both(*span),
        cells,
        marked: marked(facts, *span).join(language::word("; ")),
    };
    let rows: Vec<PlotRow> = facts.trace.rows.iter().zip(cells).map(row).collect();
    let step = if is_hourly(facts) { "hour" } else { "day" };
    let said = say!("The counts by {step} as CSV", language::word(step));
    let (id, query) = (facts.listing.objective.id.0, range::query(facts.range.span));
    PlotTable {
        span: both(facts.trace.span),
        head,
        is_marked: rows.iter().any(|row| !row.marked.is_empty()),
        rows,
        file: Link::new(format!("/objectives/{id}.csv?{query}&step={step}"), said),
    }
}

/// What is marked in a part of the range, in words.
fn marked(facts: &Facts, span: Span) -> Vec<String> {
    let touches = |spans: &[Span]| spans.iter().any(|one| !one.intersect(span).is_empty());
    let outages: Vec<Span> = facts.outages.iter().map(|outage| outage.span).collect();
    let bands = [
        ("Outage", touches(&outages)),
        ("Excluded", touches(facts.trace.judged.effect.excluded.as_slice())),
        ("Unknown", touches(&facts.trace.unknown)),
    ];
    let bands = bands.into_iter().filter(|(_, is)| *is).map(|(word, _)| language::word(word).to_owned());
    bands.chain(facts.happened.said(span)).collect()
}

/// What the drawn shares are shares of.
fn shared_in(facts: &Facts) -> String {
    if facts.units.is_share() { say!("the members’ weighted whole") } else { facts.units.many() }
}

/// The ends of the value axis: near enough to the target that a miss is seen, wide enough for the window's line.
fn bounds(
    is_error_rate: bool,
    target: f64,
    budget: f64,
    single: &Points,
    rolling: &Points,
) -> (Option<f64>, Option<f64>) {
    let values = |points: &Points| points.iter().filter_map(|(_, value)| *value).collect::<Vec<_>>();
    let reach = budget * BUDGETS_SHOWN;
    if is_error_rate {
        let most = values(rolling).into_iter().fold(target + reach, f64::max).min(100.0);
        let is_cut = values(single).into_iter().any(|value| value > most);
        (Some(0.0), is_cut.then_some(most))
    } else {
        let least = values(rolling).into_iter().fold(target - reach, f64::min).max(0.0);
        let is_cut = values(single).into_iter().any(|value| value < least);
        (is_cut.then_some(least), Some(100.0))
    }
}

fn burn_down(facts: &Facts, marks: &Marks) -> Drawn {
    let title = say!("Budget burn-down");
    let budget_at = |point: &Point| {
        let (tally, terms) = (&point.window, point.terms);
        Budget::new(tally.good, tally.total, terms.target, terms.judged_minutes)
    };
    let left_at = |point: &Point| budget_at(point).map(|budget| budget.remaining().to_f64() * 100.0);
    let left = points(facts, left_at);
    let least = left.iter().filter_map(|(_, value)| *value).fold(0.0, f64::min);
    let is_cut = least < DEBT_SHOWN;
    let window = standing::window(&facts.listing.objective, facts.listing.agreement.calendar(), facts.trace.span.end());
    let cut = if is_cut { say!(" Whatever is lower stands at the lower edge.") } else { String::new() };
    let summary = say!(
        "What was left of the error budget of the window ({window}) that ends there; below 0 % it is overspent.",
        window
    ) + &cut;
    let mut lines = vec![(say!("Budget left"), left)];
    lines.extend(before(facts, language::word("budget left"), left_at));
    let drawing = Plot {
        lines,
        filled: true,
        rules: vec![(0.0, say!("Spent"))],
        floor: is_cut.then_some(DEBT_SHOWN),
        ceiling: Some(100.0),
        ..plot(facts, marks, &title, &summary)
    }
    .draw()?;
    let head =
        vec![by(facts), say!("Budget left"), say!("In time"), say!("Bad in the window"), say!("All in the window")];
    let rows = last_points(facts).map(|(span, point)| match point {
        Some(point) => vec![
            label(facts, span),
            standing::remaining(&point.window, point.terms.target),
            standing::remaining_time(budget_at(point).as_ref()),
            facts.units.bad(point.window.good, point.window.total, point.terms.target),
            facts.units.number(point.window.total, None),
        ],
        None => vec![label(facts, span), "–".to_owned(), String::new(), String::new(), String::new()],
    });
    let table = table(facts, head, rows);
    Ok(Chart { id: "budget".to_owned(), title, drawing, table, summary })
}

fn burn_rates(facts: &Facts, marks: &Marks) -> Drawn {
    let title = say!("Burn rates");
    let rules = &facts.trace.rules;
    let over = |minutes: i64| say!("Over {length}", wording::duration_minutes(minutes));
    let line = |(index, rule): (usize, &crate::domain::burn::AlertRule)| {
        (over(rule.long_minutes), points(facts, |point| point.burns.get(index).copied().flatten()))
    };
    let mut lines: Vec<(String, Points)> = rules.iter().enumerate().map(line).collect();
    let shortest = rules.first().map_or_else(String::new, |rule| wording::duration_minutes(rule.long_minutes));
    let first = |point: &Point| point.burns.first().copied().flatten();
    lines.extend(before(facts, &say!("over {length}", shortest), first));
    let top = rules.iter().map(|rule| rule.factor).fold(1.0, f64::max) * FACTORS_SHOWN;
    let is_cut = lines.iter().flat_map(|(_, points)| points).any(|(_, value)| value.is_some_and(|value| value > top));
    let cut = if is_cut { say!(" Whatever is higher stands at the upper edge.") } else { String::new() };
    let summary = say!(
        "How fast the budget burned; 1× spends it exactly by the end of the window, and an alert needs more than its \
         line."
    ) + &cut;
    let drawing = Plot {
        shows: Shows::Factor,
        rules: rules
            .iter()
            .map(|rule| {
                let window = wording::duration_minutes(rule.long_minutes);
                (rule.factor, say!("Alert {rate} over {length}", wording::factor(rule.factor), window))
            })
            .collect(),
        lines,
        floor: Some(0.0),
        ceiling: is_cut.then_some(top),
        ..plot(facts, marks, &title, &summary)
    }
    .draw()?;
    let mut head = vec![by(facts)];
    head.extend(rules.iter().map(|rule| say!("Highest over {length}", wording::duration_minutes(rule.long_minutes))));
    let table = table(facts, head, facts.trace.rows.iter().map(|(span, _)| highest(facts, *span)));
    Ok(Chart { id: "burn".to_owned(), title, drawing, table, summary })
}

/// The highest burn rates whose window ends in a row's time.
fn highest(facts: &Facts, span: Span) -> Vec<String> {
    let inside = || facts.trace.points.iter().filter(|point| span.contains(point.end.plus(-1)));
    let mut row = vec![label(facts, span)];
    row.extend((0..facts.trace.rules.len()).map(|index| {
        let rates = inside().filter_map(|point| point.burns.get(index).copied().flatten());
        standing::rate(rates.reduce(f64::max))
    }));
    row
}

/// Each row's time with the last point in it.
fn last_points(facts: &Facts) -> impl Iterator<Item = (Span, Option<&Point>)> {
    let last = |span: Span| facts.trace.points.iter().rev().find(move |point| span.contains(point.end.plus(-1)));
    facts.trace.rows.iter().map(move |(span, _)| (*span, last(*span)))
}

/// How often a line has a point: `each hour`, `each 5 min`.
fn each(step: i64) -> String {
    match step {
        HOUR_MINUTES => say!("each hour"),
        step => say!("each {length}", wording::duration_minutes(step)),
    }
}

fn is_hourly(facts: &Facts) -> bool {
    facts.range.span.minutes() <= HOURLY_MINUTES_MAX
}

fn by(facts: &Facts) -> String {
    if is_hourly(facts) { say!("From") } else { say!("Day") }
}

fn label(facts: &Facts, span: Span) -> String {
    let (at, zone) = (span.start().start(), facts.listing.agreement.zone);
    if is_hourly(facts) { wording::instant(at, zone) } else { wording::day(at, zone) }
}
