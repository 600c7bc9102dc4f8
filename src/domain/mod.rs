//! Every rule of counting and judging, as pure functions over values.
//!
//! Nothing here does I/O, reads a clock, logs, waits, or knows how a value is stored or shown: no database, no serde,
//! no futures. Illegal states do not construct, so the rest of the program never checks twice.

pub mod ids;
pub mod time;

pub mod spans;

pub mod calendar;

pub mod recurrence;

pub mod schedule;

pub mod target;

pub mod ratio;

pub mod selector;

pub mod terms;

pub mod contract;

pub mod model;

pub mod rhythm;

pub mod report_schedule;

pub mod ledger;

pub mod counting;

pub mod sheet;

pub mod slices;

pub mod ratio_sum;

pub mod account;

pub mod exclusion;

pub mod note;

pub mod durations;
pub mod percentile;

pub mod outage;

pub mod evidence;

pub mod judgement;

pub mod day;

pub mod burn;

pub mod credit;

pub mod recovery;

pub mod compliance;

pub mod phrases;

pub mod assessment;

pub mod history;

pub mod chain;
pub mod retention;
pub mod signature;

pub mod outlook;

pub mod calibration;

pub mod baseline;
pub mod watch;

pub mod suggest;

pub mod amounts;
pub mod wording;
