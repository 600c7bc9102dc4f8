//! Stories in a real browser, told to the real program from outside.
//!
//! `harness.rs` proves the machinery against a small page of its own; the stories use it against Nines.

mod axe;
mod charts;
mod forms;
mod harness;
mod page;
mod session;
mod story;
