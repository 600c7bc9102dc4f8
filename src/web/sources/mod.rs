//! Sources: where measurements come from.

mod define;
mod keep;
mod list;
mod show;
mod state;

pub use define::{change, create, edit, new};
pub use list::list;
pub use show::{archive, restore, show, test};

use crate::domain::model::{Check, SourceSpec};

/// The name of a kind of source.
pub(super) const fn kind_name(spec: &SourceSpec) -> &'static str {
    match spec {
        SourceSpec::Prometheus { .. } => "Prometheus",
        SourceSpec::Scrape { .. } => "Metrics endpoint",
        SourceSpec::Probe(Check::Http { .. }) => "HTTP probe",
        SourceSpec::Probe(Check::Tcp { .. }) => "TCP probe",
    }
}
