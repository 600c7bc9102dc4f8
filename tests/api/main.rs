//! Stories told over HTTP against the real application, with real servers around it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test, a surprise should end the test")]

#[path = "../support/app.rs"]
mod app;
#[expect(dead_code, reason = "the tests of the store use the rest")]
#[path = "../support/postgres.rs"]
mod postgres;

mod accounts;
mod baselines;
mod closing;
mod crash;
mod definitions;
mod exactness;
mod exclusions;
mod history;
mod languages;
mod latencies;
mod look_up;
mod machines;
mod mail;
mod mailing;
mod notes;
mod openslo;
mod pages;
mod people;
mod preview;
mod probe;
mod program;
mod promises;
mod pulls;
mod reports;
mod retention;
mod revisions;
mod safety;
mod scene;
mod schedules;
mod scrape;
mod shapes;
mod shares;
mod shop;
mod slices;

use nines_support::smtp;
