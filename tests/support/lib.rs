//! What the tests of Nines lean on: real servers started for one test, and traffic whose truth is known.
//!
//! Everything here fails loudly: a server that is not installed is a panic with a sentence that says how to install it,
//! never a test that quietly does nothing.

use std::path::Path;

pub mod cluster;
pub mod http;
pub mod process;
pub mod program;
pub mod prometheus;
pub mod python;
pub mod schema;
pub mod smtp;
pub mod traffic;

/// The repository's folder, whatever folder the tests run in.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
