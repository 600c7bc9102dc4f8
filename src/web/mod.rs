//! HTTP: extract, call, answer.

pub mod client;
pub mod throttle;
