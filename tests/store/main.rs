//! The store, told as stories, each on SQLite and on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "in a test, a surprise should end the test")]

#[path = "../support/postgres.rs"]
mod postgres;
mod support;

mod accounts;
mod concurrency;
mod definitions;
mod exclusions;
mod judgements;
mod judging;
mod ledger;
mod migrations;
mod notes;
mod revisions;
mod share_links;
mod sources;
mod spreads;
mod statements;
