//! Use cases, one verb per file: gather facts, ask `domain`, write the outcome and its effects in one transaction.

pub mod password;
