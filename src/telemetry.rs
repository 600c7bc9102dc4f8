//! What Nines counts about itself: requests, pulls, evaluations, mails, and whether its jobs are alive.
//!
//! The names are made to be judged by Nines itself through a `scrape` source and plain selectors: availability from
//! `nines_http_requests_total` and its `status`, latency from the classic buckets of
//! `nines_http_request_duration_seconds`. Labels take few values: routes are patterns, never paths.

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabel as _, EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the request duration buckets, in seconds; the thresholds people promise are among them.
const SECONDS: [f64; 13] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The counters of this process; clones count together.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<Labels<3>, Counter>,
    durations: Histograms,
    pulls: Family<Labels<2>, Counter>,
    pull_seconds: Histograms,
    evaluations: Counter,
    evaluation_seconds: Histogram,
    mails: Family<Labels<1>, Counter>,
    outbox: Gauge,
    dead: Gauge,
    beats: Mutex<BTreeMap<&'static str, i64>>,
}

type Histograms = Family<Labels<1>, Histogram>;

fn buckets() -> Histogram {
    Histogram::new(SECONDS)
}

/// Label names and values, in a fixed order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Labels<const N: usize>([(&'static str, String); N]);

impl<const N: usize> EncodeLabelSet for Labels<N> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        self.0.iter().try_for_each(|(name, value)| (*name, value.as_str()).encode(encoder.encode_label()))
    }
}

/// How a pull from a source ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It brought what was asked for.
    Done,
    /// It failed and will be tried again.
    Failed,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Counters at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("nines");
        let requests = Family::default();
        let durations = Histograms::new_with_constructor(buckets);
        let pulls = Family::default();
        let pull_seconds = Histograms::new_with_constructor(buckets);
        let (evaluations, evaluation_seconds) = (Counter::default(), buckets());
        let mails = Family::default();
        let (outbox, dead) = (Gauge::default(), Gauge::default());
        registry.register("http_requests", "Requests answered, by route pattern", requests.clone());
        registry.register_with_unit("http_request_duration", "Time to the answer", Unit::Seconds, durations.clone());
        registry.register("pulls", "Pulls from sources", pulls.clone());
        registry.register_with_unit("pull_duration", "Time a pull took", Unit::Seconds, pull_seconds.clone());
        registry.register("evaluations", "Objectives judged", evaluations.clone());
        registry.register_with_unit(
            "evaluation_cycle_duration",
            "Time to judge all objectives once",
            Unit::Seconds,
            evaluation_seconds.clone(),
        );
        registry.register("mails", "Mails handed over, or not", mails.clone());
        registry.register("outbox_depth", "Deliveries that wait to be mailed", outbox.clone());
        registry.register("outbox_dead", "Deliveries that were given up", dead.clone());
        let beats = Mutex::default();
        Self(Arc::new(Inner {
            registry,
            requests,
            durations,
            pulls,
            pull_seconds,
            evaluations,
            evaluation_seconds,
            mails,
            outbox,
            dead,
            beats,
        }))
    }

    /// A request was answered. `route` is the pattern, such as `/objectives/{id}`.
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let labels =
            Labels([("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())]);
        self.0.requests.get_or_create(&labels).inc();
        self.0.durations.get_or_create(&Labels([("route", route.to_owned())])).observe(took.as_secs_f64());
    }

    /// A pull from a source of this kind ended.
    pub fn pull(&self, kind: &'static str, outcome: Outcome, took: Duration) {
        let labels = Labels([("kind", kind.to_owned()), ("outcome", outcome.word().to_owned())]);
        self.0.pulls.get_or_create(&labels).inc();
        self.0.pull_seconds.get_or_create(&Labels([("kind", kind.to_owned())])).observe(took.as_secs_f64());
    }

    /// One cycle judged so many objectives.
    pub fn evaluated(&self, objectives: u64, took: Duration) {
        self.0.evaluations.inc_by(objectives);
        self.0.evaluation_seconds.observe(took.as_secs_f64());
    }

    /// A mail was handed over, or was not.
    pub fn mail(&self, outcome: Outcome) {
        self.0.mails.get_or_create(&Labels([("outcome", outcome.word().to_owned())])).inc();
    }

    /// So many deliveries wait, and so many were given up.
    pub fn outbox(&self, waiting: i64, dead: i64) {
        self.0.outbox.set(waiting);
        self.0.dead.set(dead);
    }

    /// The job of that name is alive at `now` (seconds since the epoch).
    pub fn beat(&self, job: &'static str, now: i64) {
        self.0.beats.lock().unwrap_or_else(PoisonError::into_inner).insert(job, now);
    }

    /// The jobs that have beaten once, but not during the last `patience` seconds before `now`.
    #[must_use]
    pub fn silent(&self, now: i64, patience: i64) -> Vec<&'static str> {
        let beats = self.0.beats.lock().unwrap_or_else(PoisonError::into_inner);
        beats.iter().filter(|(_, last)| now - **last > patience).map(|(job, _)| *job).collect()
    }

    /// Everything as OpenMetrics text; see [`CONTENT_TYPE`].
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_status_and_fall_into_the_buckets_people_promise() {
        let metrics = Metrics::new();
        metrics.request("GET", "/objectives/{id}", 200, Duration::from_millis(80));
        metrics.request("GET", "/objectives/{id}", 200, Duration::from_millis(300));
        metrics.request("GET", "/objectives/{id}", 500, Duration::from_millis(300));
        let text = metrics.text().unwrap();
        for line in [
            r#"nines_http_requests_total{method="GET",route="/objectives/{id}",status="200"} 2"#,
            r#"nines_http_requests_total{method="GET",route="/objectives/{id}",status="500"} 1"#,
            r#"nines_http_request_duration_seconds_bucket{le="0.1",route="/objectives/{id}"} 1"#,
            r#"nines_http_request_duration_seconds_bucket{le="0.5",route="/objectives/{id}"} 3"#,
            "nines_evaluations_total 0",
            "nines_outbox_depth 0",
            "nines_outbox_dead 0",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn a_job_that_stopped_beating_is_named_and_one_that_never_began_is_not() {
        let metrics = Metrics::new();
        metrics.beat("pull", 1_000);
        metrics.beat("mail", 1_100);
        assert_eq!(metrics.silent(1_180, 180), [""; 0]);
        assert_eq!(metrics.silent(1_181, 180), ["pull"]);
    }
}
