//! Tests of all pages together.
