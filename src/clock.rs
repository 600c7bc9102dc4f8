//! The only reader of wall time.
//!
//! Everything that depends on the time takes an [`Instant`] as an argument; whoever needs the present asks a
//! [`Clock`], which a test can hold still.

use crate::domain::time::Instant;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Says what time it is; clones agree.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands at `at` until it is moved; for tests and for reports as of a date.
    #[must_use]
    pub fn fixed(at: Instant) -> Self {
        Self(Kind::Fixed(Arc::new(AtomicI64::new(at.seconds()))))
    }

    /// The present.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    pub fn now(&self) -> Instant {
        match &self.0 {
            Kind::System => Instant::from(chrono::Utc::now()),
            Kind::Fixed(seconds) => Instant::from_seconds(seconds.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fixed clock, and all its clones, by so many seconds; the machine's clock is not moved.
    pub fn advance(&self, seconds: i64) {
        if let Kind::Fixed(at) = &self.0 {
            at.fetch_add(seconds, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_still_until_it_is_moved_and_its_clones_move_along() {
        let clock = Clock::fixed(Instant::from_seconds(1_000));
        let clone = clock.clone();
        assert_eq!(clone.now(), Instant::from_seconds(1_000));
        clock.advance(60);
        assert_eq!(clone.now(), Instant::from_seconds(1_060));
    }

    #[test]
    fn the_machines_clock_is_later_than_this_program() {
        assert!(Clock::system().now() > Instant::from_seconds(1_790_000_000));
    }
}
