//! Nines keeps service-level agreements honest.
//!
//! It counts every good and bad event itself, judges each objective by the letter of its contract, shows the error
//! budget and how fast it burns, and mails a compliance report that would survive an auditor.
//!
//! Data flows one way: `source` → ledger (`store`) → judgement (`domain`) → page, mail, file. The modules stand in
//! reading order; `ARCHITECTURE.md` says what each may import and what is deliberately absent from it.

pub mod language;

pub mod domain;

pub mod chart;

pub mod config;

pub mod clock;

pub mod telemetry;

pub mod store;

pub mod source;

pub mod mail;

pub mod report;

pub mod ops;

pub mod view;

pub mod web;

pub mod jobs;

pub mod app;
