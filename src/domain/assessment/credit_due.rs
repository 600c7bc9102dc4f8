//! What an agreement's period owes: the worst tier of all objectives that credits go by.

use crate::domain::assessment::Assessed;
use crate::domain::calendar::{Period, PeriodKind};
use crate::domain::compliance::Group;
use crate::domain::credit::{Credit, Owed};
use crate::domain::time::Instant;

/// What a period owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditDue {
    /// The contract's scale.
    pub scale: Credit,
    /// Indices of the objectives that it goes by.
    pub by: Vec<usize>,
    /// What is owed, and the index of the objective that decides; nothing if nothing was counted: *not applicable*.
    pub owed: Option<(usize, Owed)>,
    /// What is left until the next worse tier; nothing if the worst applies or nothing was counted.
    pub room: Option<Room>,
    /// The first moment at which it can no longer be claimed.
    pub claim_until: Option<Instant>,
    /// How many local days are left to claim, the running one included.
    pub days_left: Option<i64>,
    /// The kind of period by which credits are settled.
    pub settled_by: PeriodKind,
    /// The kind of the judged period; another one settles nothing.
    pub period: PeriodKind,
}

impl CreditDue {
    /// Is the judged period one by which credits are settled?
    #[must_use]
    pub fn settles(&self) -> bool {
        self.settled_by == self.period
    }
}

/// What is left until the next worse tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Index of the objective that is nearest to it.
    pub nearest: usize,
    /// The share below which the tier begins, in parts per million.
    pub below_ppm: i64,
    /// What it credits, in parts per million.
    pub credit_ppm: i64,
    /// How many more events or whole slices may fail; one more crosses.
    pub failures: i64,
    /// The same as full downtime in seconds, over the minutes judged so far.
    pub seconds: i64,
}

pub(super) fn due(
    scale: &Credit,
    settled_by: PeriodKind,
    period: &Period,
    now: Instant,
    objectives: &[Assessed],
) -> CreditDue {
    let of = |keep: &dyn Fn(&Assessed) -> bool| -> Vec<usize> {
        objectives.iter().enumerate().filter(|(_, one)| keep(one)).map(|(index, _)| index).collect()
    };
    let mut by = of(&|one| one.earns_credit);
    if by.is_empty() {
        by = of(&|one| one.group == Group::Availability);
    }
    let counted = || by.iter().filter_map(|index| Some((*index, objectives.get(*index)?)));
    let owed = |(index, one): (usize, &Assessed)| {
        let tally = &one.judgement.tally;
        Some((index, scale.owed(tally.good, tally.total, period.kind())?))
    };
    // the lowest tier decides; of equals the first
    let tier = |owed: &Owed| owed.tier.map_or(i64::MAX, |tier| tier.below_ppm);
    let owed = counted().filter_map(owed).min_by_key(|(_, owed)| tier(owed));
    let room = owed.as_ref().and_then(|(_, owed)| room(scale, tier(owed), counted()));
    CreditDue {
        scale: scale.clone(),
        owed,
        room,
        claim_until: scale.claim_until(period),
        days_left: scale.days_left(period, now),
        settled_by,
        period: period.kind(),
        by,
    }
}

/// The way to the first tier below the one that applies, for the objective that is nearest to it.
fn room<'a>(scale: &Credit, now_below: i64, counted: impl Iterator<Item = (usize, &'a Assessed)>) -> Option<Room> {
    let next = *scale.tiers().iter().find(|tier| tier.below_ppm < now_below)?;
    let alone = Credit::new(vec![next], None, None, None).ok()?;
    let way = |(index, one): (usize, &Assessed)| {
        let tally = &one.judgement.tally;
        let headroom = alone.headroom(tally.good, tally.total, tally.minutes)?;
        Some(Room {
            nearest: index,
            below_ppm: next.below_ppm,
            credit_ppm: next.credit_ppm,
            failures: headroom.failures / one.unit.per_one(),
            seconds: headroom.seconds,
        })
    };
    counted.filter_map(way).min_by_key(|room| (room.seconds, room.failures))
}
