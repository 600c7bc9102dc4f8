//! From raw samples to counted minutes.

use std::collections::BTreeMap;

/// One series of a source, named by a hash of its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey(pub u64);

/// One scraped process, named by a hash of its `job` and `instance` labels (empty ones count as labels too).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetKey(pub u64);

/// One sample as the source has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds since the epoch.
    pub at_ms: i64,
    /// The counter's or gauge's value.
    pub value: f64,
}

/// What a series is counted towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// All events.
    Total,
    /// The good or the bad part, whichever the indicator reads.
    Part,
    /// Both: its events are all of the part, and they count in the total too.
    Both,
}

/// A series with its samples in time order.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Identity.
    pub key: SeriesKey,
    /// The process that exposes it.
    pub target: TargetKey,
    /// What it is counted towards.
    pub role: Role,
    /// Its samples, oldest first.
    pub samples: Vec<Sample>,
}

/// What must be remembered between two readings of one indicator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CounterState {
    /// Each series' last sample.
    pub series: BTreeMap<SeriesKey, Sample>,
    /// Each target's last scrape, in milliseconds since the epoch.
    pub targets: BTreeMap<TargetKey, i64>,
}
