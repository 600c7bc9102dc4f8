//! Agreements: contracts with customers, and the form that defines them.

mod define;
mod export;
mod list;
mod look_up;
mod preview;
mod revisions;
pub(in crate::web) mod show;
mod taking;
mod thresholds;
pub(in crate::web) mod verdict;
pub(in crate::web) mod whole;

pub use define::{archive, change, create, edit, new, restore};
pub use export::{export, slices};
pub use list::list;
pub use revisions::{export as export_revisions, revisions, withdraw};
pub use show::show;
