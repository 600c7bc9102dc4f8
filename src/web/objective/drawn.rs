//! Charts that were drawn for a page, to be shown again while nothing has changed that they show.

use super::{baseline, charts};
use crate::domain::ids::ObjectiveId;
use crate::language::Language;
use crate::ops::reckon_once::Memo;
use crate::view::baseline::BaselineChart;
use crate::view::objective::Chart;
use crate::view::plot::Drawing;

/// Room for so many bytes of pictures, of either sort.
const ROOM: u64 = 16 << 20;

/// The charts of an objective over ranges of so many minutes, in a language.
pub type Drawn<F, C> = Memo<(ObjectiveId, i64, Language), F, Vec<C>>;

/// What was drawn for pages.
#[derive(Debug)]
pub struct Gallery {
    /// How objectives got where they are.
    pub(super) courses: Drawn<charts::Grounds, Chart>,
    /// What is usual for them.
    pub(super) usual: Drawn<baseline::Grounds, BaselineChart>,
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
