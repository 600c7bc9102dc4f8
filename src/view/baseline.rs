//! What is usual for an objective, and what left it.

use super::plot::Drawing;
use super::{Badge, Choice, Fact, Form, Link, Shell};
use crate::language::filters;
use askama::Template;

/// The section of the objective's page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaselineSection {
    /// How it is watched, and how far it has learned, in a sentence or two.
    pub standing: String,
    /// Is there still too little to go by?
    pub is_learning: bool,
    /// A chart for each measure.
    pub charts: Vec<BaselineChart>,
    /// Why other measures are not watched yet, in a sentence.
    pub unwatched: Option<String>,
    /// Anomalies in the range, the newest first.
    pub anomalies: Vec<AnomalyRow>,
    /// How many there are besides: `12 earlier anomalies are in the files.`
    pub more: Option<String>,
    /// May who looks at it say that something was expected?
    pub can_say: bool,
    /// Where it is watched otherwise; nothing where nothing is watched.
    pub settings: Option<Link>,
}

/// What was measured, with what was usual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaselineChart {
    /// Its anchor, unique on the page.
    pub id: String,
    /// The measure: `Error rate`.
    pub title: String,
    /// What is drawn, in a sentence or two.
    pub summary: String,
    /// The picture.
    pub drawing: Drawing,
}

/// One anomaly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnomalyRow {
    /// Its identity.
    pub id: i64,
    /// When it began.
    pub from: String,
    /// When it ended, or `still going`.
    pub to: String,
    /// What left its usual, and which way: `Error rate, higher than usual`.
    pub what: String,
    /// Why it was told: `unlike anything seen before`.
    pub why: String,
    /// The value furthest from the usual.
    pub value: String,
    /// What was expected.
    pub expected: String,
    /// Its score: `0.83`.
    pub score: String,
    /// Is it alarming, expected, or good news?
    pub standing: Badge,
    /// Who said when that it was expected; may be empty.
    pub said: String,
    /// Did somebody say that it was expected?
    pub is_expected: bool,
}

/// `/objectives/{id}/baseline`: how it is watched, and what else would have told. Query: `preview=yes`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/objectives/baseline.html")]
pub struct BaselinePage {
    /// What stands around it.
    pub shell: Shell,
    /// The objective's id.
    pub id: i64,
    /// The objective.
    pub objective: Link,
    /// `method`, `sensitivity`, `against`, `percent`, and one for each of `latencies`.
    pub form: Form,
    /// The methods.
    pub methods: Vec<Choice>,
    /// The sensitivities.
    pub sensitivities: Vec<Choice>,
    /// The other days; empty where no rule can look at it.
    pub days: Vec<Choice>,
    /// The measures of a latency; empty where there are none.
    pub latencies: Vec<Choice>,
    /// What each method and sensitivity does: its word and a sentence.
    pub sentences: Vec<Fact>,
    /// From when on it is learned, where somebody began anew; may be empty.
    pub begun: String,
    /// May who looks at it change it?
    pub can_edit: bool,
    /// What each would have told; nothing unless asked for.
    pub preview: Option<BaselinePreview>,
}

/// What each method and sensitivity would have told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaselinePreview {
    /// Over which days.
    pub span: String,
    /// The measures.
    pub measures: Vec<String>,
    /// One row for each method and sensitivity.
    pub rows: Vec<TrialRow>,
}

/// What one method at one sensitivity would have told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialRow {
    /// The method.
    pub method: String,
    /// The sensitivity.
    pub sensitivity: String,
    /// Is it how the objective is watched?
    pub is_current: bool,
    /// How many anomalies, by measure.
    pub counts: Vec<String>,
    /// The newest of them, each in a line.
    pub newest: Vec<String>,
    /// How many more there are; may be empty.
    pub more: String,
}
