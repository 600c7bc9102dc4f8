//! What people see: view models with plain public fields, and the templates that show them.
//!
//! A page is a struct that derives [`askama::Template`]; whoever answers a request fills it and renders it. Nothing here
//! knows of HTTP, SQL or the clock. Numbers and times arrive as ready text (see `domain::wording`); a raw value stands
//! beside the text only where a bar needs its length. `templates/macros.html` is the design system, `static/app.css` its
//! looks; everything works without JavaScript and without inline style, because the content security policy allows neither.

/// Can reports be set as PDF?
pub const HAS_PDF: bool = cfg!(feature = "pdf");

mod assets;
mod bar;
mod form;
mod link;
mod mark;
mod shell;

pub mod account;
pub mod agreements;
pub mod assessment;
pub mod audit;
pub mod baseline;
pub mod calendar;
pub mod error;
pub mod exclusions;
pub mod guide;
pub mod happened;
pub mod objective;
pub mod outlooks;
pub mod overview;
pub mod people;
pub mod plot;
pub mod preview;
pub mod reports;
pub mod schedules;
pub mod shares;
pub mod sources;
pub mod trend;

pub use assets::{Asset, asset, asset_path};
pub use bar::{BudgetBar, Progress};
pub use form::{Choice, Field, Form, Problem, languages};
pub use link::{DataTable, Fact, Link, Pager};
pub use mark::{Badge, Status, Tone};
pub use shell::{Flash, FlashKind, Help, Section, Shell, ShellUser};

#[cfg(test)]
mod tests;
