//! burn.
