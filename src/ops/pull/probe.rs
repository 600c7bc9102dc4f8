//! Makes one check of a probe source and counts it for every indicator.

use super::scrape::{add_up, asked, window};
use super::{begin, progress, write};
use crate::domain::counting::{self, Counted};
use crate::domain::ledger::Slice;
use crate::domain::model::{Query, Source};
use crate::domain::time::{DAY_MINUTES, Instant};
use crate::ops::{Context, OpsError};
use crate::source::probe::{CheckResult, Probe};
use crate::store::{self};
use std::collections::BTreeSet;

/// The kind of finding for a certificate that ends soon.
const CERTIFICATE: &str = "certificate_expires";
/// The kind of finding for a check that was not answered right.
const CHECK_FAILED: &str = "check_failed";
/// How long before its end a certificate becomes a finding.
const CERTIFICATE_MINUTES: i64 = 21 * DAY_MINUTES;

/// Checks once. A service that is down is a counted event, not a failed pull; an address that Nines does not connect to
/// is the other way round.
pub(super) async fn pull(context: &Context, source: &Source) -> Result<(), OpsError> {
    let at_ms = context.clock.now().seconds() * 1000;
    let result = Probe::new(source)?.check().await?;
    for indicator in store::indicators::list_by_source(&context.db, source.id).await? {
        let within = match &indicator.query {
            Query::Check { within_ms } => *within_ms,
            _ => continue,
        };
        let is_good = result.up && within.is_none_or(|most| result.elapsed_ms <= most);
        let now = context.clock.now();
        let mut progress = progress(context, indicator.id, now).await?;
        let window = window(&progress.state, at_ms);
        let check = Slice { good: i64::from(is_good), total: 1, catch_up: false };
        let present = counting::minute_of(at_ms);
        let mut counted = Counted {
            slices: window.iter().map(|m| (m, Some(if m == present { check } else { Slice::default() }))).collect(),
            state: asked(progress.state.clone(), at_ms),
            findings: BTreeSet::new(),
            doubts: std::collections::BTreeMap::new(),
        };
        let kept = store::ledger::slices(&context.db, indicator.id, window).await?;
        add_up(&mut counted, &kept.into_iter().collect());
        progress.state = counted.state.clone();
        progress.settled = Some(present);
        progress.reached = Some(window.end());
        progress.finished_backfill_at = progress.finished_backfill_at.or(Some(now));
        let mut tx = begin(context, source).await?;
        write(&mut tx, indicator.id, &counted, &mut progress, now).await?;
        tx.commit().await?;
    }
    record_findings(context, source, &result).await
}

async fn record_findings(context: &Context, source: &Source, result: &CheckResult) -> Result<(), OpsError> {
    let now = context.clock.now();
    let mut tx = begin(context, source).await?;
    if result.up {
        store::findings::resolve(&mut tx, source.id, CHECK_FAILED, now).await?;
    } else {
        store::findings::record(&mut tx, source.id, CHECK_FAILED, &result.reason, now).await?;
    }
    match result.certificate_expires_at {
        Some(end) if ends_soon(end, now) => {
            let text = format!("The certificate of {} expires at {end}.", source.spec.address());
            store::findings::record(&mut tx, source.id, CERTIFICATE, &text, now).await?;
        }
        Some(_) => {
            store::findings::resolve(&mut tx, source.id, CERTIFICATE, now).await?;
        }
        None => {}
    }
    Ok(tx.commit().await?)
}

fn ends_soon(end: Instant, now: Instant) -> bool {
    end.minute() < now.minute().plus(CERTIFICATE_MINUTES)
}
