//! HTTP: extract, call, answer.
//!
//! A request passes, from the outside in: the span and its id ([`observe::PathOnly`]), the counters, the security headers,
//! and, unless a machine asks, the [reader's language](reader::speak), compression, the [error pages](error::pages), the [session] and the
//! [guard against forgery](csrf::guard). Handlers take what they need as extractors from [`extract`] and answer with
//! [`html`]. What goes wrong is a [`WebError`], which becomes a page and a line in the log in one place.

pub mod routes;

pub mod paths;

mod state;

pub mod account;
pub mod agreements;

pub mod overview;

pub mod notes;
pub mod objective;

pub mod standing;
pub mod units;

pub mod calendar;
pub mod export;

pub mod audit;
mod body;
pub mod guide;

pub mod assets;
pub mod forms;
pub mod health;

pub mod client;
pub mod csrf;
pub mod error;
pub mod exclusions;
pub mod extract;
pub mod headers;
pub mod html;
pub mod observe;
pub mod people;
pub mod reader;
pub mod reports;
mod say;
pub mod schedules;
pub mod session;
pub mod shares;
pub mod sources;
pub mod throttle;

pub use error::WebError;
pub use state::State;
