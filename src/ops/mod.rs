//! Use cases, one verb per file: gather facts, ask `domain`, write the outcome and its effects in one transaction.

pub mod password;
pub mod token;

pub mod sessions;

pub mod set_up;

pub mod sign_in;
pub mod sign_out;

pub mod change_password;
