//! The ledger's row.

/// A known minute: what happened in it. An unknown minute has no slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// Good events.
    pub good: i64,
    /// All events.
    pub total: i64,
    /// Booked at the return of a series after more than five minutes without samples.
    pub catch_up: bool,
}

/// What was counted over a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Good events.
    pub good: i64,
    /// All events.
    pub total: i64,
    /// Known minutes.
    pub known: i64,
    /// All minutes of the span.
    pub minutes: i64,
}
