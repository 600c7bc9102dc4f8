//! Exclusions: time taken out of the judgement, proposed by one and decided by another.

mod define;
mod effect;
mod list;
mod show;

pub use define::{create, new};
pub use list::{export, list};
pub use show::{decide, show};

use crate::domain::exclusion::State;
use crate::view::{Badge, Tone};

/// How far an exclusion has come, in a word with its tone.
fn badge(state: State) -> Badge {
    match state {
        State::Proposed => Badge::new(Tone::Busy, "Proposed"),
        State::Approved => Badge::new(Tone::Good, "Approved"),
        State::Rejected => Badge::new(Tone::Bad, "Rejected"),
        State::Withdrawn => Badge::new(Tone::Idle, "Withdrawn"),
    }
}
