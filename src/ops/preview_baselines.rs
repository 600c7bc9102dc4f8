//! Shows what each method and sensitivity would have told over the last 35 days, before anybody chooses.
//!
//! Each begins two weeks earlier and knows nothing from before; it goes through the same code as what is learned for good.

use crate::domain::baseline::{Baseline, Method};
use crate::domain::ledger::Tally;
use crate::domain::sheet::Sheet;
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Minute, Span};
use crate::domain::watch::{self, Anomaly, Measure, Sensitivity, Spread, Step, Untaught, WatchSettings};
use crate::ops::judge::Judge;
use crate::ops::learn_baselines::untaught;
use crate::ops::read_spread::{available, read_spread};
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, StoreError};
use chrono_tz::Tz;

/// How far the preview looks back.
pub const SHOWN_MINUTES: i64 = 35 * DAY_MINUTES;
/// How much earlier learning begins.
const LEARNING_MINUTES: i64 = 14 * DAY_MINUTES;

/// What there is to try on.
#[derive(Clone, Debug)]
pub struct History {
    measures: Vec<Measure>,
    sheet: Sheet,
    spread: Spread,
    known: Span,
    density: Tally,
    untaught: Untaught,
    zone: Tz,
    shown: Span,
}

/// What one method at one sensitivity would have told.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The method.
    pub method: Method,
    /// The sensitivity.
    pub sensitivity: Sensitivity,
    /// By measure, the anomalies that began in the span.
    pub found: Vec<(Measure, Vec<Anomaly>)>,
}

/// Reads what is needed, up to a minute.
pub async fn remember(judge: &Judge, listing: &ObjectiveListing, until: Minute) -> Result<History, StoreError> {
    let (db, indicator) = (judge.db(), listing.indicator.id);
    let end = until.hour().first();
    let shown = Span::ending(end, SHOWN_MINUTES);
    let wide = Span::ending(end, SHOWN_MINUTES + LEARNING_MINUTES);
    let sheet = store::ledger::sheet(db, indicator, wide, &wide.into()).await?;
    let density: Tally =
        store::ledger::tallies(db, indicator, &[Span::ending(end, LEARNING_MINUTES)]).await?.into_iter().sum();
    // before the first known hour there is nothing to learn
    let extent = store::ledger::extent(db, indicator).await?;
    let first = extent.map_or(end, |extent| extent.start().plus(HOUR_MINUTES - 1).hour().first());
    let known = Span::new(wide.start().max(first), end);
    let (mut spread, mut latencies) = (Spread::default(), Vec::new());
    if let Some(counted) = store::spreads::beside(db, indicator).await? {
        latencies = available(db, &counted).await?;
        spread = read_spread(db, &listing.indicator, &counted, known).await?;
    }
    let is_learnable = |one: &&Measure| !one.is_latency() || latencies.contains(one);
    Ok(History {
        measures: Measure::of_kind(listing.objective.kind).iter().filter(is_learnable).copied().collect(),
        sheet,
        spread,
        known,
        density,
        untaught: untaught(judge, listing, wide).await?,
        zone: listing.agreement.zone,
        shown,
    })
}

impl History {
    /// The days that are shown.
    #[must_use]
    pub const fn shown(&self) -> Span {
        self.shown
    }

    /// Tries every method at every sensitivity; may take a second.
    #[must_use]
    pub fn try_all(&self) -> Vec<Trial> {
        let all = Method::ALL.into_iter().flat_map(|method| Sensitivity::ALL.map(|sensitivity| (method, sensitivity)));
        let steps: Vec<_> = self.measures.iter().map(|measure| (*measure, self.steps(*measure))).collect();
        all.map(|(method, sensitivity)| self.trial(&steps, method, sensitivity)).collect()
    }

    fn steps(&self, measure: Measure) -> Vec<Step> {
        watch::steps(measure, &self.sheet, &self.spread, measure.step(self.density), &self.known.into())
    }

    fn trial(&self, steps: &[(Measure, Vec<Step>)], method: Method, sensitivity: Sensitivity) -> Trial {
        let settings = WatchSettings { method, sensitivity, ..WatchSettings::default() }.detector(self.zone);
        let found = |(measure, steps): &(Measure, Vec<Step>)| {
            let studied = watch::study(*measure, &mut Baseline::new(settings), steps, &self.untaught, None);
            let mut anomalies = studied.anomalies;
            anomalies.retain(|one| self.shown.contains(one.span.start()));
            (*measure, anomalies)
        };
        Trial { method, sensitivity, found: steps.iter().map(found).collect() }
    }
}
