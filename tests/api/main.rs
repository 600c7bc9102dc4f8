//! Stories against the real program and real servers.

mod mail;
#[path = "../support/smtp.rs"]
mod smtp;
