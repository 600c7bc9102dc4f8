//! The `nines` program.

fn main() {}
