//! Which scrapes of a process are proven, and when it was scraped before each.

use super::{CounterState, Series, TargetKey, Witness, within};
use std::collections::BTreeMap;

/// Every proven scrape.
pub(super) struct Scrapes {
    /// By process, in order of time: each scrape, and when any of those seen in it was seen last before it.
    pub(super) by_target: BTreeMap<TargetKey, Vec<(i64, Option<i64>)>>,
    /// The last scrape before the window.
    pub(super) before: BTreeMap<TargetKey, i64>,
}

impl Scrapes {
    pub(super) fn gather(state: &CounterState, series: &[Series], witnesses: &[Witness], range: (i64, i64)) -> Self {
        let mut gathered = Self { by_target: BTreeMap::new(), before: state.targets.clone() };
        for one in series {
            let before = state.series.get(&one.key).map(|s| s.at_ms);
            gathered.add(one.target, before, within(&one.samples, range).map(|s| s.at_ms), range);
        }
        for witness in witnesses {
            gathered.add(witness.target, None, witness.scrapes_ms.iter().copied(), range);
        }
        gathered.by_target.values_mut().for_each(join);
        gathered
    }

    fn add(&mut self, target: TargetKey, before: Option<i64>, times: impl Iterator<Item = i64>, range: (i64, i64)) {
        let scrapes = self.by_target.entry(target).or_default();
        let mut previous = before;
        for at_ms in times {
            if range.0 <= at_ms && at_ms < range.1 {
                scrapes.push((at_ms, previous));
            }
            previous = Some(at_ms);
        }
    }

    /// The last scrape before `at_ms` of the process that was scraped at `at_ms`, as far as anything proves one.
    pub(super) fn previous(&self, target: TargetKey, at_ms: i64) -> Option<i64> {
        let scrapes = self.by_target.get(&target)?;
        let place = scrapes.binary_search_by_key(&at_ms, |(at, _)| *at).ok()?;
        scrapes.get(place)?.1
    }
}

/// Brings sightings into the order of time and makes one of those in the same scrape, with the latest time before.
fn join(scrapes: &mut Vec<(i64, Option<i64>)>) {
    // the stable sort, because what it gets are a few ascending runs, and those it merely merges
    scrapes.sort();
    scrapes.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0;
        if is_same {
            kept.1 = later.1;
        }
        is_same
    });
}
