//! Sets pages at a bounded pace: one report at a time, a few in line, away from the threads that answer requests.
//!
//! Setting takes a processor and megabytes. Whoever waits does so without a thread, and when the line is long is told to come
//! back, so that a burst of downloads keeps nothing else waiting.

use crate::language;
use crate::ops::OpsError;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

/// How many wait in line, besides the one that is being set.
pub const IN_LINE_MAX: usize = 8;
/// When those who found the line full may try again: a report takes well under a second.
const AGAIN_SECONDS: u64 = 5;

/// Sets pages; clones share the pace.
#[derive(Clone, Debug)]
pub struct Press {
    turn: Arc<Semaphore>,
    /// The one that is being set has a place, too.
    places: Arc<Semaphore>,
}

impl Default for Press {
    fn default() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), places: Arc::new(Semaphore::new(IN_LINE_MAX + 1)) }
    }
}

impl Press {
    /// Does the work when it is its turn, in the language of here and now; `Busy` if too many are in line.
    pub async fn set<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, OpsError> + Send + 'static,
    ) -> Result<T, OpsError> {
        let busy = |_full| OpsError::Busy { wait_seconds: AGAIN_SECONDS };
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(busy)?;
        self.wait_and_work(Some(place), work).await
    }

    /// The same for work that has all the time there is: it waits behind whoever is in line.
    pub async fn set_patiently<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, OpsError> + Send + 'static,
    ) -> Result<T, OpsError> {
        self.wait_and_work(None, work).await
    }

    /// Is the line full?
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.places.available_permits() == 0
    }

    async fn wait_and_work<T: Send + 'static>(
        &self,
        place: Option<OwnedSemaphorePermit>,
        work: impl FnOnce() -> Result<T, OpsError> + Send + 'static,
    ) -> Result<T, OpsError> {
        let busy = |_closed| OpsError::Busy { wait_seconds: AGAIN_SECONDS };
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(busy)?;
        let work = move || {
            // held by the work itself: a request that gave up must not let a second one in
            let _held = (turn, place);
            work()
        };
        spawn_blocking(language::carried(work)).await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use tokio::task::yield_now;

    #[tokio::test]
    async fn one_is_set_a_few_wait_and_the_next_is_told_to_come_back() {
        let press = Press::default();
        let (finish, hold) = channel::<()>();
        let first = tokio::spawn({
            let press = press.clone();
            async move { press.set(move || hold.recv().map_err(|_gone| OpsError::NotFound("signal"))).await }
        });
        let waiting: Vec<_> = (0..IN_LINE_MAX)
            .map(|n| {
                let press = press.clone();
                tokio::spawn(async move { press.set(move || Ok(n)).await })
            })
            .collect();
        let patient = tokio::spawn({
            let press = press.clone();
            async move { press.set_patiently(|| Ok(())).await }
        });
        while !press.is_full() {
            yield_now().await;
        }
        assert!(matches!(press.set(|| Ok(())).await, Err(OpsError::Busy { wait_seconds: 5 })));
        assert!(waiting.iter().all(|one| !one.is_finished()), "one at a time");
        finish.send(()).unwrap();
        first.await.unwrap().unwrap();
        for (n, one) in waiting.into_iter().enumerate() {
            assert_eq!(one.await.unwrap().unwrap(), n);
        }
        patient.await.unwrap().unwrap();
        assert!(!press.is_full() && press.set(|| Ok(1)).await.is_ok());
    }
}
