//! Notes that an anomaly was expected, or takes that back: it and its like are then not shown as alarming.

use crate::domain::ids::{AnomalyId, ObjectiveId, UserId};
use crate::domain::time::{Minute, Span};
use crate::domain::watch::is_like;
use crate::ops::{Context, OpsError, audit};
use crate::store;
use serde::Serialize;

/// The most later anomalies that are compared.
const LATER_MAX: i64 = 1000;

/// What the audit log keeps of it.
#[derive(Serialize)]
struct Snapshot {
    measure: &'static str,
    from: String,
    to: String,
    expected: bool,
}

/// Notes what somebody says of an anomaly of an objective.
pub async fn expect_anomaly(
    context: &Context,
    who: Option<UserId>,
    objective: ObjectiveId,
    id: AnomalyId,
    is_expected: bool,
) -> Result<(), OpsError> {
    let (db, now) = (&context.db, context.clock.now());
    let kept = store::anomalies::find(db, id).await?.filter(|kept| kept.objective == objective);
    let kept = kept.ok_or(OpsError::NotFound("anomaly"))?;
    if kept.expected.is_some() == is_expected {
        return Ok(());
    }
    let mut taught = store::anomalies::taught(db, objective).await?;
    taught.retain(|one| one.id != id);
    taught.extend(is_expected.then(|| kept.clone()));
    let after = Span::new(kept.anomaly.span.start().plus(1), Minute(i64::MAX / 60));
    let later = store::anomalies::list(db, objective, after, LATER_MAX).await?;
    let snapshot = |expected| Snapshot {
        measure: kept.anomaly.measure.word(),
        from: kept.anomaly.span.start().start().to_string(),
        to: kept.anomaly.span.end().start().to_string(),
        expected,
    };
    let mut tx = db.begin_write().await?;
    store::anomalies::expect(&mut tx, id, is_expected.then_some((who, now))).await?;
    for one in later.iter().filter(|one| one.id != id && one.expected.is_none()) {
        let earlier = taught.iter().filter(|taught| taught.anomaly.span.start() < one.anomaly.span.start());
        if let Some(like) = earlier.into_iter().find(|taught| is_like(&one.anomaly, &taught.anomaly)) {
            store::anomalies::liken(&mut tx, one.id, like.id).await?;
        }
    }
    let change = (Some(&snapshot(!is_expected)), Some(&snapshot(is_expected)));
    audit(&mut tx, now, who, "anomaly.expected", ("objective", objective.0), change).await?;
    Ok(tx.commit().await?)
}
