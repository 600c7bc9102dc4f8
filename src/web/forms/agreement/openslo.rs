//! Fills the form from pasted OpenSLO documents.

use super::{GROUP, add_objective, field};
use crate::domain::model::{ObjectiveKind, Source, SourceSpec};
use crate::language::say;
use crate::ops::import_openslo::{Imported, ImportedObjective, ImportedQuery, import};
use crate::view::Form;

/// The field into which documents are pasted.
const FIELD: &str = "openslo";

/// Takes the pasted documents over into the form: says what happened and what was left out, each in a line; nothing, with
/// the problem in the form, if they are refused.
pub fn take_openslo(form: &mut Form, sources: &[Source]) -> Option<Vec<String>> {
    let read = match import(form.value(FIELD)) {
        Ok(read) => read,
        Err(sentence) => {
            form.refuse(FIELD, sentence);
            return None;
        }
    };
    drop_untouched(form);
    let many = read.objectives.len();
    let mut said = vec![if many == 1 {
        say!("One objective is filled in. Nothing is saved yet: look at it, then save.")
    } else {
        say!("{many} objectives are filled in. Nothing is saved yet: look at them, then save.", many)
    }];
    contract(form, &read);
    for one in &read.objectives {
        let before = form.group(GROUP).len();
        add_objective(form);
        match form.group(GROUP).last() {
            Some(number) if form.group(GROUP).len() > before => said.extend(objective(form, *number, one, sources)),
            _ => break, // the form is full, and says so
        }
    }
    said.extend(read.left_out);
    said.dedup();
    form.set(FIELD, "");
    Some(said)
}

/// An objective that nobody has written into makes way.
fn drop_untouched(form: &mut Form) {
    for number in form.group(GROUP) {
        let is_empty = |name: &str| form.value(&field(number, name)).trim().is_empty();
        if ["id", "name", "target", "total", "part", "histogram", "gauge", "level", "members"].into_iter().all(is_empty)
        {
            form.remove_from_group(GROUP, number);
        }
    }
}

fn contract(form: &mut Form, read: &Imported) {
    if let Some(zone) = &read.zone {
        form.set("zone", zone);
    }
    if let Some(period) = read.period {
        form.set("period", period.word());
    }
}

fn objective(form: &mut Form, number: usize, one: &ImportedObjective, sources: &[Source]) -> Option<String> {
    let mut set = |name: &str, value: &str| form.set(field(number, name), value);
    for (name, value) in [
        ("name", one.name.as_str()),
        ("service", &one.service),
        ("target", &one.target),
        ("window", &one.window),
        ("method", one.method),
        ("slice", &one.slice),
        ("slice-target", &one.slice_target),
    ] {
        set(name, value);
    }
    match &one.query {
        ImportedQuery::Ratio { total, part, is_bad } => {
            set("kind", ObjectiveKind::Availability.word());
            set("total", total);
            set("part", part);
            set("part-is", if *is_bad { "bad" } else { "good" });
        }
        ImportedQuery::Level { gauge, at_least, limit } => {
            set("kind", ObjectiveKind::Level.word());
            set("level", gauge);
            set("limit-is", if *at_least { "at-least" } else { "at-most" });
            set("limit", limit);
        }
    }
    let found = source(one, sources);
    set("source", &found.map_or_else(String::new, |found| found.id.to_string()));
    let (name, url) = &one.source;
    match found {
        Some(found) if !name.is_empty() && !found.name.eq_ignore_ascii_case(name) => {
            Some(say!("{objective}: its source “{name}” is taken to be “{found}”.", one.name, name, found.name))
        }
        Some(_) => None,
        None if url.is_empty() => {
            Some(say!("{objective}: choose its source; none here is called “{name}”.", one.name, name))
        }
        None => Some(say!("{objective}: choose its source, or add {url} first.", one.name, url)),
    }
}

/// The source by its name or its address, or the only server that could be meant.
fn source<'a>(one: &ImportedObjective, sources: &'a [Source]) -> Option<&'a Source> {
    let (name, url) = &one.source;
    let server = |source: &&Source| match &source.spec {
        SourceSpec::Prometheus { url: own } => Some(own.as_str().trim_end_matches('/').to_owned()),
        SourceSpec::Scrape { .. } | SourceSpec::Probe(_) => None,
    };
    let by_name = sources.iter().find(|source| !name.is_empty() && source.name.eq_ignore_ascii_case(name));
    let by_url = || sources.iter().find(|source| server(source).is_some_and(|own| own == url.trim_end_matches('/')));
    by_name.or_else(by_url).or_else(|| {
        let mut servers = sources.iter().filter(|source| server(source).is_some());
        servers.next().filter(|_| servers.next().is_none())
    })
}
