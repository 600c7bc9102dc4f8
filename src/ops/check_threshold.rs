//! Asks a source whether a histogram has a bucket at a threshold, before a promise is made about it.
//!
//! Only a bucket's bound can be counted exactly: what lies between two bounds would have to be guessed. Whoever types such a
//! threshold is offered the neighbouring bounds.

use crate::domain::model::{Source, SourceSpec, Threshold};
use crate::domain::selector::Selector;
use crate::language::say;
use crate::ops::Context;
use crate::source::SourceError;
use crate::source::prometheus::Prometheus;
use crate::source::scrape::Scrape;
use std::time::Duration;

/// How long a person waits for the answer; it is a courtesy, and counting finds out anyway.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether a threshold can be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// A bucket ends there.
    Bucket,
    /// It lies between these bounds; none on a side where the histogram has no finite bound.
    Between(Option<String>, Option<String>),
    /// The source knows no such histogram now.
    NoHistogram,
    /// The source did not say, in a sentence.
    NoAnswer(String),
}

/// Asks the source for the histogram's bounds; a probe has none and always fits.
pub async fn check_threshold(context: &Context, source: &Source, histogram: &Selector, threshold: &Threshold) -> Fit {
    let at_ms = context.clock.now().seconds() * 1000;
    match tokio::time::timeout(PATIENCE, bounds(source, histogram, at_ms)).await {
        Err(_) => Fit::NoAnswer(say!("the source did not answer within {seconds} s", PATIENCE.as_secs())),
        Ok(Err(error)) => Fit::NoAnswer(error.to_string()),
        Ok(Ok(None)) => Fit::Bucket,
        Ok(Ok(Some(bounds))) => fit(&bounds, threshold),
    }
}

async fn bounds(source: &Source, histogram: &Selector, at_ms: i64) -> Result<Option<Vec<String>>, SourceError> {
    match source.spec {
        SourceSpec::Prometheus { .. } => Prometheus::new(source)?.bounds(histogram, at_ms).await.map(Some),
        SourceSpec::Scrape { .. } => {
            let samples = Scrape::new(source)?.fetch(at_ms).await?;
            let own = samples.into_iter().filter(|(labels, _)| histogram.matches(labels));
            Ok(Some(own.filter_map(|(mut labels, _)| labels.remove("le")).collect()))
        }
        SourceSpec::Probe(_) => Ok(None),
    }
}

fn fit(bounds: &[String], threshold: &Threshold) -> Fit {
    if bounds.iter().any(|le| threshold.is_le(le)) {
        return Fit::Bucket;
    }
    let numbers = || bounds.iter().filter_map(|le| Some((le, le.parse::<f64>().ok().filter(|le| !le.is_nan())?)));
    if numbers().next().is_none() {
        return Fit::NoHistogram;
    }
    let finite = || numbers().filter(|(_, bound)| bound.is_finite());
    let by_bound = |a: &(&String, f64), b: &(&String, f64)| a.1.total_cmp(&b.1);
    let below = finite().filter(|(_, bound)| *bound < threshold.value()).max_by(by_bound);
    let above = finite().filter(|(_, bound)| *bound > threshold.value()).min_by(by_bound);
    Fit::Between(below.map(|(le, _)| le.clone()), above.map(|(le, _)| le.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit_of(threshold: &str, bounds: &[&str]) -> Fit {
        let bounds: Vec<String> = bounds.iter().map(|le| (*le).to_owned()).collect();
        fit(&bounds, &Threshold::parse(threshold).unwrap())
    }

    #[test]
    fn a_bound_fits_as_a_number_and_the_neighbours_of_any_other_are_named() {
        let some = |le: &str| Some(le.to_owned());
        let bounds = ["+Inf", "2.5", "0.1", "1.0", "0.25"];
        assert_eq!(fit_of("1", &bounds), Fit::Bucket);
        assert_eq!(fit_of("0.10", &bounds), Fit::Bucket);
        assert_eq!(fit_of("0.5", &bounds), Fit::Between(some("0.25"), some("1.0")));
        assert_eq!(fit_of("0.05", &bounds), Fit::Between(None, some("0.1")));
        assert_eq!(fit_of("3", &bounds), Fit::Between(some("2.5"), None));
        assert_eq!(fit_of("3", &["+Inf"]), Fit::Between(None, None));
    }

    #[test]
    fn without_bounds_there_is_no_histogram() {
        assert_eq!(fit_of("1", &[]), Fit::NoHistogram);
        assert_eq!(fit_of("1", &["NaN", "x"]), Fit::NoHistogram);
    }
}
