//! Reckons once: what was reckoned from the ledger for a page is given again for as long as nothing has changed that it rests on.
//!
//! People look at the same page again and again while hardly anything happens in between. A result is kept together with all
//! the facts that it was reckoned from, and is given again only if each of them is equal: the promise, the minutes that are
//! judged, and the version of the ledger of each indicator ([`crate::store::ledger::version`]), which the very transaction
//! that changes a minute raises. So nothing is ever out of date, with any number of instances on one database, and nobody has
//! to be told that something has changed. What is issued, exported or kept is always reckoned anew.

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

/// How many results are expected. So few are kept in one piece, in which the largest result may take nearly all the room.
const EXPECTED: usize = 32;

/// Results and what they rest on, the latest for each key; those that were not asked for lately make room.
pub struct Memo<K, F, V>(Cache<K, Arc<Kept<F, V>>, Weigh<V>>);

struct Kept<F, V> {
    facts: F,
    value: V,
}

/// How much room a result takes, in units of which a memo holds so many.
#[derive(Clone)]
struct Weigh<V>(fn(&V) -> usize);

impl<K, F, V> Weighter<K, Arc<Kept<F, V>>> for Weigh<V> {
    fn weight(&self, _key: &K, kept: &Arc<Kept<F, V>>) -> u64 {
        u64::try_from((self.0)(&kept.value)).unwrap_or(u64::MAX).saturating_add(1)
    }
}

impl<K: Eq + Hash, F: PartialEq, V: Clone> Memo<K, F, V> {
    /// With room for so many units, and a result's own number of them.
    #[must_use]
    pub fn new(room: u64, units: fn(&V) -> usize) -> Self {
        Self(Cache::with_weighter(EXPECTED, room, Weigh(units)))
    }

    /// The result for a key, if it rests on these very facts.
    #[must_use]
    pub fn find(&self, key: &K, facts: &F) -> Option<V> {
        let kept = self.0.get(key)?;
        (kept.facts == *facts).then(|| kept.value.clone())
    }

    /// What was kept for a key if it rests on these very facts, or else what comes of reckoning now, which is kept.
    pub async fn once<E>(&self, key: K, facts: F, reckon: impl Future<Output = Result<V, E>>) -> Result<V, E> {
        if let Some(value) = self.find(&key, &facts) {
            return Ok(value);
        }
        let value = reckon.await?;
        self.keep(key, facts, value.clone());
        Ok(value)
    }

    /// Keeps a result in the place of the one before.
    pub fn keep(&self, key: K, facts: F, value: V) {
        self.0.insert(key, Arc::new(Kept { facts, value }));
    }
}

impl<K, F, V> fmt::Debug for Memo<K, F, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_given_for_the_very_facts_only() {
        let memo: Memo<&str, (i64, &str), String> = Memo::new(100, String::len);
        assert_eq!(memo.find(&"shop", &(1, "en")), None);
        memo.keep("shop", (1, "en"), "99 %".to_owned());
        assert_eq!(memo.find(&"shop", &(1, "en")).as_deref(), Some("99 %"));
        assert_eq!(memo.find(&"shop", &(2, "en")), None, "the ledger has changed");
        assert_eq!(memo.find(&"shop", &(1, "zh")), None);
        memo.keep("shop", (2, "en"), "98 %".to_owned());
        assert_eq!(memo.find(&"shop", &(2, "en")).as_deref(), Some("98 %"));
        assert_eq!(memo.find(&"shop", &(1, "en")), None, "one result for a key");
    }

    #[test]
    fn many_results_take_no_more_room_than_there_is() {
        let memo: Memo<usize, (), String> = Memo::new(1_000, String::len);
        for key in 0..1_000 {
            memo.keep(key, (), "x".repeat(99));
        }
        let kept = (0..1_000).filter(|key| memo.find(key, &()).is_some()).count();
        assert!((1..=10).contains(&kept), "each takes 100 of 1,000: {kept} are kept");
    }
}
