//! Stories against the real program and real servers.

mod mail;

use nines_support::smtp;
