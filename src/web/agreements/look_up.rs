//! The button in the agreement form that asks an objective's source what it knows.

use crate::domain::model::Source;
use crate::language::say;
use crate::ops::look_up::{Known, look_up};
use crate::view::preview::LookedUp;
use crate::view::{Fact, Form};
use crate::web::State;
use crate::web::forms::agreement::field;

/// The fields that a query is typed into; the first that is not empty is asked about.
const QUERIES: [&str; 5] = ["histogram", "total", "gauge", "level", "part"];

/// The number of the objective that this button is about, if it is one that asks.
pub(super) fn number(action: &str) -> Option<usize> {
    action.strip_prefix("look-up-objective-")?.parse().ok()
}

/// What the source of that objective knows about what was typed.
pub(super) async fn of(state: &State, form: &Form, number: usize, sources: &[Source]) -> LookedUp {
    let value = |name: &str| form.value(&field(number, name));
    let source = sources.iter().find(|source| source.id.to_string() == value("source"));
    let Some(source) = source else {
        let note = say!("Choose a Prometheus source first, then look up what it knows.");
        return LookedUp { number, note, ..LookedUp::default() };
    };
    let is_latency = value("kind") == "latency";
    let names = QUERIES.iter().filter(|name| is_latency == (**name == "histogram"));
    let typed = names.map(|name| value(name).trim()).find(|typed| !typed.is_empty()).unwrap_or_default();
    match look_up(state, source, typed).await {
        Err(note) => LookedUp { number, note, ..LookedUp::default() },
        Ok(known) => shown(number, &known, typed),
    }
}

fn shown(number: usize, known: &Known, typed: &str) -> LookedUp {
    let more = |n: usize| if n > 0 { say!(", and {n} more", n) } else { String::new() };
    let label = |(label, values, left): &(String, Vec<String>, usize)| {
        Fact::new(label, format!("{}{}", values.join(", "), more(*left)))
    };
    let note = match (known.metrics.is_empty(), known.labels.is_empty()) {
        (true, true) => say!("It has nothing by this name in the last hour."),
        (true, false) => say!("Labels of {typed} in the last hour, with their values:", typed),
        (false, _) => {
            say!("Metrics of the last hour{more}; type a part of a name to narrow them down:", more(known.more_metrics))
        }
    };
    LookedUp {
        number,
        note,
        metrics: known.metrics.clone(),
        labels: known.labels.iter().map(label).collect(),
        about: known.about.as_ref().map(|(kind, help)| Fact::new(kind, help)),
        bounds: known.bounds.join(", "),
    }
}
