//! Charts that were drawn for a page, to be shown again while nothing has changed that they show.

use crate::domain::ids::ObjectiveId;
use crate::domain::time::{Minute, Span};
use crate::language::Language;
use crate::ops::reckon_once::Memo;
use crate::ops::trace::Trace;
use crate::store::anomalies::KeptAnomaly;
use crate::store::baselines::Learned;
use crate::store::notes::SignedNote;
use crate::store::objectives::ObjectiveListing;
use crate::view::baseline::BaselineChart;
use crate::view::objective::Chart;
use crate::view::plot::Drawing;
use std::sync::Arc;

/// Room for so many bytes of pictures, of either sort.
const ROOM: u64 = 16 << 20;

/// The charts of an objective over ranges of so many minutes, in a language.
pub type Drawn<F, C> = Memo<(ObjectiveId, i64, Language), F, Vec<C>>;

/// What was drawn for pages.
#[derive(Debug)]
pub struct Gallery {
    /// How objectives got where they are.
    pub(super) courses: Drawn<Course, Chart>,
    /// What is usual for them.
    pub(super) usual: Drawn<Usual, BaselineChart>,
}

/// From when on which revision of the terms holds, why, and by whom.
pub type NewTerms = (Minute, i64, String, String);

/// What is shown of how an objective got where it is. A trace is kept while nothing has changed, so that the same one shows
/// the same.
#[derive(Debug)]
pub struct Course {
    pub(super) trace: Arc<Trace>,
    pub(super) previous: Option<Arc<Trace>>,
    pub(super) notes: Vec<SignedNote>,
    pub(super) terms: Vec<NewTerms>,
}

/// What is shown of what is usual, in a long range: bands and hours change with what was learned, and with the ledger.
#[derive(Debug, PartialEq)]
pub struct Usual {
    pub(super) listing: ObjectiveListing,
    pub(super) span: Span,
    pub(super) learned: Vec<Learned>,
    pub(super) kept: Vec<KeptAnomaly>,
    /// How often the objective's ledger has changed.
    pub(super) changes: i64,
}

impl PartialEq for Course {
    fn eq(&self, other: &Self) -> bool {
        let is_same_before = match (&self.previous, &other.previous) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        let happened = (&self.notes, &self.terms) == (&other.notes, &other.terms);
        Arc::ptr_eq(&self.trace, &other.trace) && is_same_before && happened
    }
}

impl Default for Gallery {
    fn default() -> Self {
        Self {
            courses: Memo::new(ROOM, |charts| charts.iter().map(|chart| bytes(&chart.drawing)).sum()),
            usual: Memo::new(ROOM, |charts| charts.iter().map(|chart| bytes(&chart.drawing)).sum()),
        }
    }
}

fn bytes(drawing: &Drawing) -> usize {
    drawing.page.len() + drawing.phone.len()
}
