//! Tells a report what left its usual in the period, as far as it has been learned.

use crate::domain::time::Span;
use crate::domain::watch::words;
use crate::report;
use crate::store::anomalies::KeptAnomaly;
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, Db, StoreError};

/// How many anomalies of one objective a report lists, in order of time.
const ANOMALIES_MAX: i64 = 100;

/// The anomalies of an objective that touch a span.
pub async fn tell_anomalies(
    db: &Db,
    listing: &ObjectiveListing,
    span: Span,
) -> Result<Vec<report::Anomaly>, StoreError> {
    let kept = store::anomalies::list(db, listing.objective.id, span, ANOMALIES_MAX).await?;
    Ok(kept.iter().map(|one| told(listing, one)).collect())
}

fn told(listing: &ObjectiveListing, kept: &KeptAnomaly) -> report::Anomaly {
    let anomaly = &kept.anomaly;
    let decimal = |value: f64| format!("{value:.6}");
    report::Anomaly {
        start: anomaly.span.start().start(),
        end: anomaly.span.end().start(),
        measure: anomaly.measure.word().to_owned(),
        direction: anomaly.side.word().to_owned(),
        score: format!("{:.4}", anomaly.score),
        value: decimal(anomaly.value),
        expected: decimal(anomaly.expected),
        low: anomaly.low.map(decimal),
        high: anomaly.high.map(decimal),
        what: words::what(anomaly, listing.objective.kind),
        measured: words::amount(anomaly.measure, anomaly.value),
        usual: words::expected(anomaly),
        standing: match kept {
            KeptAnomaly { expected: Some(_), .. } => report::Standing::Expected,
            KeptAnomaly { is_like: Some(_), .. } => report::Standing::LikeExpected,
            _ if kept.is_alarming() => report::Standing::Unusual,
            _ => report::Standing::Better,
        },
    }
}
