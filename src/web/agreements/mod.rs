//! Agreements: contracts with customers, and the form that defines them.

mod define;
mod export;
mod list;
mod show;
mod thresholds;
mod verdict;
mod whole;

pub use define::{archive, change, create, edit, new, restore};
pub use export::export;
pub use list::list;
pub use show::show;
