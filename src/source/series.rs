//! From a query to the series that must be read for it, and from what came back to what is counted.

use crate::domain::counting::{Role, Sample, Series, SeriesKey, TargetKey};
use crate::domain::model::{Part, Query, Threshold};
use crate::domain::selector::{Comparison, Expression, Labels, Selector, SelectorError};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// A series as a source returns it.
#[derive(Clone, Debug, PartialEq)]
pub struct RawSeries {
    /// Its labels, with the metric's name under `__name__`.
    pub labels: Labels,
    /// Its samples, oldest first.
    pub samples: Vec<Sample>,
}

/// A scraped process by its labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The `job` label; may be empty.
    pub job: String,
    /// The `instance` label; may be empty.
    pub instance: String,
}

impl Target {
    /// The process that exposes a series.
    #[must_use]
    pub fn of(labels: &Labels) -> Self {
        let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
        Self { job: label("job"), instance: label("instance") }
    }

    /// A process that says neither: a scraped endpoint itself, or one pushed without these labels.
    #[must_use]
    pub const fn nameless() -> Self {
        Self { job: String::new(), instance: String::new() }
    }

    /// Its name in the counting state.
    #[must_use]
    pub fn key(&self) -> TargetKey {
        TargetKey(hash([self.job.as_str(), self.instance.as_str()]))
    }
}

/// What is to be read raw, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The selectors to ask, one request each.
    pub selectors: Vec<Selector>,
    sort: Sort,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Sort {
    /// By membership in the two selectors.
    Ratio { total: Selector, part: Selector },
    /// By `le`: the threshold's bucket is the part, `+Inf` the total.
    Latency(Threshold),
    /// Everything is both: a gauge, or a counter that nothing is counted beside.
    Whole,
}

/// The series of a plan that can be counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sorted {
    /// The series, with their roles.
    pub series: Vec<Series>,
    /// The processes that expose them.
    pub targets: BTreeMap<TargetKey, Target>,
    /// A histogram is there, but it has no bucket at the threshold; one among several is enough to miss good events.
    pub threshold_missing: bool,
}

impl Plan {
    /// The plan for a query; nothing if its parts are not all plain selectors.
    #[must_use]
    pub fn of(query: &Query) -> Option<Result<Self, SelectorError>> {
        match query {
            Query::Ratio { total: Expression::Raw(total), part } => {
                let (Part::Good(Expression::Raw(part)) | Part::Bad(Expression::Raw(part))) = part else { return None };
                let mut selectors = vec![total.clone()];
                if !part.refines(total) {
                    selectors.push(part.clone());
                }
                Some(Ok(Self { selectors, sort: Sort::Ratio { total: total.clone(), part: part.clone() } }))
            }
            Query::Latency { histogram, threshold } => Some(Self::latency(histogram, threshold)),
            Query::Durations { histogram } => Some(Self::durations(histogram)),
            Query::Up { gauge: one }
            | Query::Level { gauge: Expression::Raw(one), .. }
            | Query::Throughput { total: Expression::Raw(one), .. } => Some(Ok(Self::whole(one.clone()))),
            Query::Ratio { total: Expression::Evaluated(_), .. }
            | Query::Level { gauge: Expression::Evaluated(_), .. }
            | Query::Throughput { total: Expression::Evaluated(_), .. }
            | Query::Check { .. } => None,
        }
    }

    fn latency(histogram: &Selector, threshold: &Threshold) -> Result<Self, SelectorError> {
        let bounds: Vec<String> = spellings(threshold).iter().map(|bound| regex::escape(bound)).collect();
        let selector = histogram.with("le", Comparison::Matches, &format!("{}|[+]Inf", bounds.join("|")))?;
        Ok(Self { selectors: vec![selector], sort: Sort::Latency(threshold.clone()) })
    }

    /// Every bucket, and the sums beside them; a histogram whose name does not end as those of classic ones has no sums.
    fn durations(histogram: &Selector) -> Result<Self, SelectorError> {
        let mut selectors = vec![histogram.clone()];
        if let Some(family) = histogram.metric().strip_suffix("_bucket") {
            selectors.push(Selector::named(&format!("{family}_sum"), histogram.matchers().to_vec())?);
        }
        Ok(Self { selectors, sort: Sort::Whole })
    }

    /// A selector of which everything counts as it is.
    #[must_use]
    pub fn whole(selector: Selector) -> Self {
        Self { selectors: vec![selector], sort: Sort::Whole }
    }

    /// Gives each series its role; others are left out. A series that came twice, from two selectors or under two
    /// spellings of `le` as after an upgrade of Prometheus, is one series with the samples of both.
    #[must_use]
    pub fn sort(&self, raw: Vec<RawSeries>) -> Sorted {
        let mut sorted = Sorted { threshold_missing: self.misses_bucket(&raw), ..Sorted::default() };
        let mut places: BTreeMap<SeriesKey, usize> = BTreeMap::new();
        for one in raw {
            let Some(role) = self.role(&one.labels) else { continue };
            let (key, target) = (key(&one.labels), Target::of(&one.labels));
            if let Some(series) = places.get(&key).and_then(|place| sorted.series.get_mut(*place)) {
                merge(series, role, one.samples);
                continue;
            }
            places.insert(key, sorted.series.len());
            sorted.series.push(Series { key, target: target.key(), role, samples: one.samples });
            sorted.targets.insert(target.key(), target);
        }
        sorted
    }

    /// Has any histogram, told apart by its labels without `le`, a total but no bucket at the threshold?
    fn misses_bucket(&self, raw: &[RawSeries]) -> bool {
        if !matches!(self.sort, Sort::Latency(_)) {
            return false;
        }
        let mut has_bucket: BTreeMap<Vec<(&str, &str)>, bool> = BTreeMap::new();
        for one in raw {
            let Some(role) = self.role(&one.labels) else { continue };
            let others = one.labels.iter().filter(|(name, _)| *name != "le");
            let histogram = others.map(|(name, value)| (name.as_str(), value.as_str())).collect();
            *has_bucket.entry(histogram).or_default() |= role != Role::Total;
        }
        has_bucket.values().any(|has_bucket| !has_bucket)
    }

    fn role(&self, labels: &Labels) -> Option<Role> {
        let (is_total, is_part) = match &self.sort {
            Sort::Ratio { total, part } => (total.matches(labels), part.matches(labels)),
            Sort::Latency(threshold) => {
                let le = labels.get("le").map_or("", String::as_str);
                let is_infinite = le.parse::<f64>().is_ok_and(|bound| bound == f64::INFINITY);
                (is_infinite, threshold.is_le(le))
            }
            Sort::Whole => (true, true),
        };
        match (is_total, is_part) {
            (true, true) => Some(Role::Both),
            (true, false) => Some(Role::Total),
            (false, true) => Some(Role::Part),
            (false, false) => None,
        }
    }
}

/// Adds the samples of another spelling, oldest first; of two samples of one moment the first one stays.
fn merge(series: &mut Series, role: Role, samples: Vec<Sample>) {
    if series.role != role {
        series.role = Role::Both;
    }
    series.samples.extend(samples);
    series.samples.sort_by_key(|sample| sample.at_ms);
    series.samples.dedup_by_key(|sample| sample.at_ms);
}

/// Every way in which a bound may stand in `le`: as typed, and as Go and Prometheus 2 and 3 write the number.
fn spellings(threshold: &Threshold) -> Vec<String> {
    let value = threshold.value();
    let scientific = format!("{value:e}");
    let go = scientific.split_once('e').and_then(|(mantissa, exponent)| {
        let exponent: i32 = exponent.parse().ok()?;
        Some(format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()))
    });
    let mut all = vec![threshold.to_string(), format!("{value}"), format!("{value:?}"), scientific];
    all.extend(go);
    all.sort();
    all.dedup();
    all
}

/// A series' name in the counting state: a hash of its labels, with `le` as a number, so that `1` and `1.0` agree.
fn key(labels: &Labels) -> SeriesKey {
    let pairs = labels.iter().map(|(name, value)| {
        let bound = if name == "le" { value.parse::<f64>().ok() } else { None };
        (name.clone(), bound.map_or_else(|| value.clone(), |bound| bound.to_string()))
    });
    let texts: Vec<String> = pairs.flat_map(|(name, value)| [name, value]).collect();
    SeriesKey(hash(texts.iter().map(String::as_str)))
}

/// The first eight bytes of the SHA-256 over texts, each with its length before it.
fn hash<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut sha = Sha256::new();
    for text in texts {
        sha.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        sha.update(text.as_bytes());
    }
    sha.finalize().iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::{Bound, Limit, Rate};

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn raw(pairs: &[(&str, &str)]) -> RawSeries {
        RawSeries { labels: labels(pairs), samples: Vec::new() }
    }

    fn ratio(total: &str, bad: &str) -> Query {
        let read = |text| Expression::parse(text).unwrap();
        Query::Ratio { total: read(total), part: Part::Bad(read(bad)) }
    }

    fn latency(threshold: &str) -> Query {
        Query::Latency {
            histogram: Selector::parse("d_bucket").unwrap(),
            threshold: Threshold::parse(threshold).unwrap(),
        }
    }

    #[test]
    fn one_request_serves_both_counters_when_one_contains_the_other() {
        let plan = Plan::of(&ratio("x", r#"x{code=~"5.."}"#)).unwrap().unwrap();
        assert_eq!(plan.selectors.len(), 1);
        let sorted = plan.sort(vec![
            raw(&[("__name__", "x"), ("code", "200")]),
            raw(&[("__name__", "x"), ("code", "500")]),
            raw(&[("__name__", "x"), ("code", "500")]),
        ]);
        assert_eq!(sorted.series.iter().map(|s| s.role).collect::<Vec<_>>(), [Role::Total, Role::Both]);
        let other = Plan::of(&ratio(r#"x{code!="500"}"#, r#"x{code="500"}"#)).unwrap().unwrap();
        assert_eq!(other.selectors.len(), 2);
        assert!(Plan::of(&ratio("rate(x[5m]) + 1", "x")).is_none(), "must be evaluated");
    }

    #[test]
    fn levels_and_throughputs_are_read_raw_if_they_are_plain_and_every_series_counts() {
        let limit = Limit::parse(Bound::AtMost, "80").unwrap();
        let level = |text| Query::Level { gauge: Expression::parse_as_written(text).unwrap(), limit: limit.clone() };
        let throughput =
            |text| Query::Throughput { total: Expression::parse(text).unwrap(), at_least: Rate::parse("5").unwrap() };
        for query in [level("x"), throughput("x"), throughput("sum(rate(x[5m]))")] {
            let plan = Plan::of(&query).unwrap().unwrap();
            assert_eq!(plan.selectors.iter().map(ToString::to_string).collect::<Vec<_>>(), ["x"]);
            let sorted = plan.sort(vec![raw(&[("__name__", "x"), ("a", "1")]), raw(&[("__name__", "x"), ("a", "2")])]);
            assert_eq!(sorted.series.iter().map(|s| s.role).collect::<Vec<_>>(), [Role::Both; 2]);
        }
        for query in [level("rate(x[5m])"), throughput("rate(x[5m]) * 60")] {
            assert!(Plan::of(&query).is_none(), "{query} must be evaluated");
        }
    }

    #[test]
    fn the_bucket_is_found_as_a_number_and_its_key_is_the_number() {
        for (threshold, le) in [("1", "1.0"), ("1.0", "1"), ("0.5", "0.5"), ("1000000", "1e+06"), ("0.00001", "1e-05")]
        {
            let plan = Plan::of(&latency(threshold)).unwrap().unwrap();
            let bucket = [("__name__", "d_bucket"), ("le", le)];
            assert!(plan.selectors[0].matches(&labels(&bucket)), "{threshold} asks for {le}");
            let sorted = plan.sort(vec![raw(&bucket), raw(&[("__name__", "d_bucket"), ("le", "+Inf")])]);
            let roles: Vec<_> = sorted.series.iter().map(|s| s.role).collect();
            assert_eq!(roles, [Role::Part, Role::Total]);
        }
        let named = |le| key(&labels(&[("__name__", "d_bucket"), ("le", le)]));
        assert_eq!(named("1"), named("1.0"));
        assert_ne!(named("1"), named("2"));
    }

    #[test]
    fn a_missing_bucket_is_told_from_a_missing_histogram() {
        let plan = Plan::of(&latency("0.3")).unwrap().unwrap();
        assert!(plan.sort(vec![raw(&[("__name__", "d_bucket"), ("le", "+Inf")])]).threshold_missing);
        assert!(!plan.sort(Vec::new()).threshold_missing);
    }

    #[test]
    fn a_bucket_missing_from_one_histogram_of_several_is_noticed() {
        let bucket = |job, le| raw(&[("__name__", "d_bucket"), ("job", job), ("le", le)]);
        let plan = Plan::of(&latency("0.3")).unwrap().unwrap();
        let half = vec![bucket("api", "0.3"), bucket("api", "+Inf"), bucket("web", "+Inf")];
        assert!(plan.sort(half.clone()).threshold_missing, "the good events of web would be missing");
        assert!(!plan.sort([half, vec![bucket("web", "0.30")]].concat()).threshold_missing);
    }

    /// Prometheus 2 showed `le="1"` up to 2000 ms, Prometheus 3 shows `le="1.0"` from then on.
    #[test]
    fn a_bound_renamed_by_an_upgrade_stays_one_series() {
        let bucket = |le, samples: &[(i64, f64)]| RawSeries {
            samples: samples.iter().map(|(at_ms, value)| Sample { at_ms: *at_ms, value: *value }).collect(),
            ..raw(&[("__name__", "d_bucket"), ("le", le)])
        };
        let plan = Plan::of(&latency("1")).unwrap().unwrap();
        let (old, new) = (bucket("1", &[(1000, 1.0), (2000, 2.0)]), bucket("1.0", &[(2000, 2.0), (3000, 3.0)]));
        for both in [vec![old.clone(), new.clone()], vec![new, old]] {
            let sorted = plan.sort([both, vec![bucket("+Inf", &[(1000, 4.0)])]].concat());
            let [one, total] = sorted.series.as_slice() else { panic!("{:?}", sorted.series) };
            assert_eq!((one.role, total.role), (Role::Part, Role::Total));
            let samples: Vec<_> = one.samples.iter().map(|s| (s.at_ms, s.value)).collect();
            assert_eq!(samples, [(1000, 1.0), (2000, 2.0), (3000, 3.0)]);
        }
    }

    #[test]
    fn a_process_is_its_job_and_instance() {
        let target = |pairs: &[(&str, &str)]| Target::of(&labels(pairs)).key();
        assert_eq!(
            target(&[("job", "a"), ("instance", "b"), ("code", "1")]),
            target(&[("instance", "b"), ("job", "a")])
        );
        assert_ne!(target(&[("job", "ab")]), target(&[("job", "a"), ("instance", "b")]));
    }
}
