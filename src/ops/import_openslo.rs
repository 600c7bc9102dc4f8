//! Reads OpenSLO v1 documents (YAML) into what the agreement form asks for, and names everything that has no place there.
//!
//! Source of the format: the OpenSLO specification, version v1 (kinds SLO, SLI, Service and `DataSource`). Nothing is fetched
//! and nothing is kept; a person looks at the filled form before anything is saved.

mod node;
mod slo;

use crate::domain::calendar::PeriodKind;
use crate::language::say;
use node::Node;
use serde_json::Value;
use std::collections::BTreeMap;

/// The longest text, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// How deep it may nest, how many values and how many documents it may hold.
const LIMITS: (usize, usize, usize) = (24, 5_000, 100);
/// How many objectives are taken over at most.
pub const OBJECTIVES_MAX: usize = 50;
/// The version that is read.
const VERSION: &str = "openslo/v1";

/// What documents say in the words of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The zone of a calendar window.
    pub zone: Option<String>,
    /// The period of a calendar window.
    pub period: Option<PeriodKind>,
    /// The objectives, in the order of the documents.
    pub objectives: Vec<ImportedObjective>,
    /// What was not taken over, or is to be looked at, each in a line.
    pub left_out: Vec<String>,
}

/// One objective, as it would be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedObjective {
    /// Its name.
    pub name: String,
    /// Its service.
    pub service: String,
    /// The name and the address of its source, as far as they are known.
    pub source: (String, String),
    /// What is counted.
    pub query: ImportedQuery,
    /// The target in percent: `99.9`.
    pub target: String,
    /// The window: `30d`, or `period`.
    pub window: String,
    /// The budgeting method's word.
    pub method: &'static str,
    /// The length of a slice in minutes; empty where none is named.
    pub slice: String,
    /// The share of good events that makes a slice good, in percent; empty where none is named.
    pub slice_target: String,
}

/// What is counted, as it would be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportedQuery {
    /// Two counters.
    Ratio {
        /// All events.
        total: String,
        /// The part.
        part: String,
        /// Are these the bad ones?
        is_bad: bool,
    },
    /// A gauge with a limit.
    Level {
        /// The gauge.
        gauge: String,
        /// Must it be at least the limit, or at most?
        at_least: bool,
        /// The limit.
        limit: String,
    },
}

/// The documents that others refer to, and what has been left out so far.
#[derive(Default)]
struct Reader {
    services: BTreeMap<String, String>,
    indicators: BTreeMap<String, Value>,
    sources: BTreeMap<String, String>,
    out: Imported,
}

/// Reads documents; whatever is no OpenSLO at all is refused with a sentence that says why.
pub fn import(text: &str) -> Result<Imported, String> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(say!(
            "Paste at most {most} kB; this is {size} kB.",
            TEXT_BYTES_MAX / 1024,
            text.len().div_ceil(1024)
        ));
    }
    let (depth, nodes, documents) = LIMITS;
    let budget = serde_saphyr::budget!(max_depth: depth, max_nodes: nodes, max_documents: documents);
    let options = serde_saphyr::options! { budget: budget, strict_booleans: true };
    let values: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        say!("This is no YAML that can be read: {why}.", first_line(&error.without_snippet().to_string()))
    })?;
    let mut reader = Reader::default();
    let mut slos = Vec::new();
    for (place, value) in values.into_iter().enumerate() {
        reader.sort(place + 1, value, &mut slos);
    }
    if slos.is_empty() {
        let others = reader.out.left_out.join(" ");
        return Err(say!("It holds no SLO of {version}: paste a document with “kind: SLO”. {others}", VERSION, others)
            .trim()
            .to_owned());
    }
    for slo in slos {
        reader.slo(slo);
    }
    if reader.out.objectives.len() > OBJECTIVES_MAX {
        return Err(say!("It holds {count} objectives; at most {most}.", reader.out.objectives.len(), OBJECTIVES_MAX));
    }
    Ok(reader.out)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_end_matches('.').chars().take(200).collect()
}

impl Reader {
    /// Puts a document where it belongs.
    fn sort(&mut self, place: usize, value: Value, slos: &mut Vec<Node>) {
        if value.is_null() {
            return; // nothing between two separators
        }
        let Some(mut document) = Node::of(value, say!("Document {place}: ", place)) else {
            self.out.left_out.push(say!("Document {place} is no mapping.", place));
            return;
        };
        let version = document.text("apiVersion").unwrap_or_default();
        let kind = document.text("kind").unwrap_or_default();
        if version != VERSION {
            self.out.left_out.push(say!(
                "Document {place}: its version is “{given}”, and {version} is read.",
                place,
                version,
                VERSION
            ));
            return;
        }
        let mut metadata = document.node("metadata").unwrap_or_default();
        let name = metadata.text("name").unwrap_or_default();
        let title = metadata.text("displayName").unwrap_or_else(|| name.clone());
        match kind.as_str() {
            "Service" => {
                self.services.insert(name, title);
            }
            "SLI" => {
                let spec = document.fields.remove("spec").unwrap_or_default();
                self.indicators.insert(name, spec);
            }
            "DataSource" => {
                let mut spec = document.node("spec").unwrap_or_default();
                let mut connection = spec.node("connectionDetails").unwrap_or_default();
                let url = connection.text("url").or_else(|| connection.text("URL")).unwrap_or_default();
                self.sources.insert(name, url);
            }
            "SLO" => {
                document.rename(say!("SLO {title}: ", title));
                metadata.rename(say!("SLO {title}: metadata.", title));
                metadata.done(&mut self.out.left_out);
                document.fields.insert("title".to_owned(), Value::String(title));
                slos.push(document);
            }
            other => self.out.left_out.push(say!(
                "Document {place}: kind “{kind}” has no place in an agreement.",
                place,
                other
            )),
        }
    }
}

#[cfg(test)]
mod tests;
