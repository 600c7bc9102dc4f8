//! Agreements: contracts with customers, and the form that defines them.

mod define;
mod export;
mod list;
mod preview;
mod revisions;
mod show;
mod taking;
mod thresholds;
mod verdict;
mod whole;

pub use define::{archive, change, create, edit, new, restore};
pub use export::export;
pub use list::list;
pub use revisions::{export as export_revisions, revisions, withdraw};
pub use show::show;
