//! Every rule of counting and judging, as pure functions over values.
//!
//! Nothing here does I/O, reads a clock, logs, waits, or knows how a value is stored or shown: no database, no serde,
//! no futures. Illegal states do not construct, so the rest of the program never checks twice.

pub mod ids;
pub mod time;

pub mod spans;

pub mod calendar;

pub mod target;

pub mod ratio;

pub mod selector;

pub mod model;

pub mod ledger;

pub mod counting;

pub mod judgement;

pub mod burn;

pub mod outage;

pub mod history;

pub mod baseline;

pub mod wording;
