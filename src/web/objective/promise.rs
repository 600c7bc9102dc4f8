//! The promise in words: what is counted, by which method, what is downtime, and what silence means.

use crate::domain::contract::Rule;
use crate::domain::model::{ObjectiveKind, Query, Window};
use crate::domain::target::{Target, WHOLE_PPM, ppm_to_percent};
use crate::domain::terms::{Counting, Downtime, Method, Policy, SliceMinutes, SliceTarget};
use crate::domain::wording::count;
use crate::store::objectives::ObjectiveListing;
use crate::web::{standing, units};

/// A member of a composite: its name, and what it weighs.
pub(in crate::web) type Member = (String, u32);

/// The promise in a sentence or a few: `Promised: at least 99.9 % of requests succeed, over any 30 days.`
pub(in crate::web) fn promise(listing: &ObjectiveListing, members: &[Member]) -> String {
    let ObjectiveListing { objective, agreement, .. } = listing;
    let counting = &objective.terms.counting;
    let when = match objective.window {
        Window::Rolling(length) => format!("over any {}", standing::length_in_words(length.minutes())),
        Window::Calendar => format!("in each calendar {}", agreement.period.word()),
    };
    let rule = objective.terms.composite.as_ref().map(crate::domain::contract::Composite::rule);
    let mut sentences = vec![format!("Promised: {}, {when}.", what(listing, rule, members))];
    let slice = units::slice_of(listing);
    if rule != Some(Rule::Weighted) {
        sentences.extend(downtime(counting.downtime, slice));
        sentences.extend(policies(counting, slice, rule.is_some()));
    }
    sentences.join(" ")
}

fn what(listing: &ObjectiveListing, rule: Option<Rule>, members: &[Member]) -> String {
    let (kind, target) = (listing.objective.kind, listing.objective.target);
    let slices = adjective(units::slice_of(listing));
    let names = || members.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    match (rule, listing.objective.terms.counting.method) {
        (Some(Rule::AnyBad), _) => {
            format!("at least {target} % of {slices} slices are good, any member bad = bad: {}", names())
        }
        (Some(Rule::Weighted), _) => format!("at least {target} % of {}", weights(members)),
        (None, Method::Occurrences) => share(listing, kind, target.ppm()),
        (None, Method::Timeslices { target: inside, .. }) => {
            format!("in at least {target} % of {slices} slices {}", share(listing, kind, inside.ppm()))
        }
        (None, Method::RatioTimeslices { .. }) => mean(listing, kind, target, &slices),
    }
}

/// `at least 99.9 % of requests succeed`, with the share in parts per million; all of them for the whole.
fn share(listing: &ObjectiveListing, kind: ObjectiveKind, ppm: i64) -> String {
    let query = &listing.indicator.query;
    let (_, events) = standing::events(kind, query);
    if kind == ObjectiveKind::ErrorRate {
        let most = ppm_to_percent(WHOLE_PPM - ppm);
        return if ppm == WHOLE_PPM {
            format!("no {events} fail")
        } else {
            format!("at most {most} % of {events} fail")
        };
    }
    let least = match SliceTarget::from_ppm(ppm) {
        Ok(share) if share.ppm() < WHOLE_PPM => format!("at least {share} % of {events}"),
        _ => format!("all {events}"),
    };
    format!("{least} {}", good(kind, query))
}

/// What good events do.
fn good(kind: ObjectiveKind, query: &Query) -> String {
    match (kind, query) {
        (ObjectiveKind::Uptime, Query::Check { within_ms: Some(ms) }) => format!("find it up within {ms} ms"),
        (ObjectiveKind::Uptime, _) => "find it up".to_owned(),
        (ObjectiveKind::Latency, Query::Latency { threshold, .. }) => format!("are answered within {threshold} s"),
        (ObjectiveKind::Latency, _) => "are answered in time".to_owned(),
        (ObjectiveKind::Throughput, Query::Throughput { at_least, .. }) => {
            format!("have {at_least} requests per second or more")
        }
        (ObjectiveKind::Throughput, _) => "have enough requests".to_owned(),
        (ObjectiveKind::Level, Query::Level { limit, .. }) => format!("are {limit}"),
        (ObjectiveKind::Level, _) => "are within the limit".to_owned(),
        (ObjectiveKind::Availability | ObjectiveKind::ErrorRate | ObjectiveKind::Success, _) => "succeed".to_owned(),
        (ObjectiveKind::Composite, _) => "are good".to_owned(),
    }
}

fn mean(listing: &ObjectiveListing, kind: ObjectiveKind, target: Target, slices: &str) -> String {
    let (_, events) = standing::events(kind, &listing.indicator.query);
    if kind == ObjectiveKind::ErrorRate {
        let most = ppm_to_percent(target.budget_ppm());
        return format!("the mean of the {slices} shares of {events} that fail is at most {most} %");
    }
    let does = good(kind, &listing.indicator.query);
    format!("the mean of the {slices} shares of {events} that {does} is at least {target} %")
}

/// `0.6 × A + 0.4 × B`; weights that are no short decimals stay fractions: `1/3 × A`.
fn weights(members: &[Member]) -> String {
    let sum: i64 = members.iter().map(|(_, weight)| i64::from(*weight)).sum();
    let factor = |weight: i64| {
        let scaled = weight * 1000;
        if sum > 0 && scaled % sum == 0 {
            let text = format!("0.{:03}", scaled / sum);
            text.trim_end_matches('0').to_owned()
        } else {
            format!("{weight}/{sum}")
        }
    };
    let term = |(name, weight): &Member| format!("{} × {name}", factor(i64::from(*weight)));
    members.iter().map(term).collect::<Vec<_>>().join(" + ")
}

/// From when on it is down: `Down from 5 bad minutes in a row with at least 2,000 requests each.`
fn downtime(downtime: Downtime, slice: SliceMinutes) -> Option<String> {
    if downtime == Downtime::default() {
        return None;
    }
    let n = downtime.consecutive();
    let slices = match (slice, n) {
        (SliceMinutes::ONE, 1) => "one bad minute".to_owned(),
        (SliceMinutes::ONE, n) => format!("{} bad minutes in a row", count(n)),
        (slice, 1) => format!("one bad {} slice", adjective(slice)),
        (slice, n) => format!("{} bad {} slices in a row", count(n), adjective(slice)),
    };
    let each = if n == 1 { "" } else { " each" };
    Some(match downtime.at_least_requests() {
        1 => format!("Down from {slices}."),
        least => format!("Down from {slices} with at least {} requests{each}.", count(least)),
    })
}

/// What silent and unknown slices are.
fn policies(counting: &Counting, slice: SliceMinutes, is_composite: bool) -> Option<String> {
    let is_counted = counting.method == Method::Occurrences && !is_composite;
    let unknown = if is_counted { "Unknown minutes" } else { "unknown ones" };
    let unknown = match counting.unknown {
        Policy::Good => format!("{unknown} are taken as good"),
        Policy::Bad => format!("{unknown} are taken as bad"),
        Policy::Excluded => format!("{unknown} are not counted"),
    };
    if is_counted {
        return (counting.unknown != Policy::Excluded)
            .then(|| format!("{unknown}, with the traffic of the known ones."));
    }
    let silent = policy(counting.no_requests);
    let slices = if slice == SliceMinutes::ONE { "Minutes" } else { "Slices" };
    Some(format!("{slices} without requests {silent}, {unknown}."))
}

/// What becomes of slices: `are good`, `are not counted`, `are bad`.
pub(super) const fn policy(policy: Policy) -> &'static str {
    match policy {
        Policy::Good => "are good",
        Policy::Excluded => "are not counted",
        Policy::Bad => "are bad",
    }
}

/// A slice's length before its noun: `5-minute`, `1-hour`.
pub(super) fn adjective(slice: SliceMinutes) -> String {
    match slice.minutes() {
        60 => "1-hour".to_owned(),
        minutes => format!("{minutes}-minute"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::listing;
    use super::*;
    use crate::domain::contract::Composite;
    use crate::domain::ids::ObjectiveId;
    use crate::domain::model::RollingMinutes;

    fn promised(kind: ObjectiveKind, counting: Counting) -> String {
        let mut listing = listing(Window::Rolling(RollingMinutes::MONTH));
        listing.objective.kind = kind;
        listing.objective.terms.counting = counting;
        promise(&listing, &[])
    }

    fn timeslices(slice: i64, target: &str) -> Counting {
        let (slice, target) = (SliceMinutes::new(slice).unwrap(), SliceTarget::parse(target).unwrap());
        Counting { method: Method::Timeslices { slice, target }, ..Counting::default() }
    }

    #[test]
    fn a_promise_names_its_method_and_what_is_down() {
        let up = ObjectiveKind::Uptime;
        assert_eq!(
            promised(up, Counting::default()),
            "Promised: at least 99.9 % of samples find it up, over any 30 days."
        );
        assert_eq!(
            promised(up, timeslices(5, "95")),
            "Promised: in at least 99.9 % of 5-minute slices at least 95 % of samples find it up, over any 30 days. \
             Slices without requests are good, unknown ones are not counted."
        );
        let google = Counting { downtime: Downtime::new(5, 2000).unwrap(), ..timeslices(1, "100") };
        assert_eq!(
            promised(up, google),
            "Promised: in at least 99.9 % of 1-minute slices all samples find it up, over any 30 days. Down from 5 bad \
             minutes in a row with at least 2,000 requests each. Minutes without requests are good, unknown ones are not \
             counted."
        );
        let mean = Counting { method: Method::RatioTimeslices { slice: SliceMinutes::FIVE }, ..Counting::default() };
        assert!(
            promised(ObjectiveKind::ErrorRate, mean)
                .starts_with("Promised: the mean of the 5-minute shares of samples that fail is at most 0.1 %, over"),
        );
        let blind = Counting { unknown: Policy::Bad, ..Counting::default() };
        assert!(promised(up, blind).ends_with("Unknown minutes are taken as bad, with the traffic of the known ones."));
    }

    #[test]
    fn a_composite_names_its_members_and_weights() {
        let mut listing = listing(Window::Calendar);
        let of = |rule| Some(Composite::new(rule, vec![(ObjectiveId(1), 3), (ObjectiveId(2), 2)]).unwrap());
        let members = [("Shop".to_owned(), 3), ("Pay".to_owned(), 2)];
        listing.objective.terms.composite = of(Rule::Weighted);
        assert_eq!(
            promise(&listing, &members),
            "Promised: at least 99.9 % of 0.6 × Shop + 0.4 × Pay, in each calendar month."
        );
        listing.objective.terms.composite = of(Rule::AnyBad);
        let seen = promise(&listing, &members);
        assert!(
            seen.starts_with("Promised: at least 99.9 % of 1-minute slices are good, any member bad = bad: Shop, Pay,"),
            "{seen}"
        );
        assert_eq!(weights(&[("A".to_owned(), 1), ("B".to_owned(), 2)]), "1/3 × A + 2/3 × B");
    }
}
