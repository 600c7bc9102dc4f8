//! The promise in words: what is counted, by which method, what is downtime, and what silence means.

use crate::domain::contract::Rule;
use crate::domain::model::{Bound, Limit, ObjectiveKind, Query, Window};
use crate::domain::target::{Target, WHOLE_PPM, ppm_to_percent};
use crate::domain::terms::{Counting, Downtime, Method, Policy, SliceMinutes, SliceTarget};
use crate::domain::wording::count;
use crate::language;
use crate::language::say;
use crate::store::objectives::ObjectiveListing;
use crate::web::{standing, units};

/// A member of a composite: its name, and what it weighs.
pub(in crate::web) type Member = (String, u32);

/// The promise in a sentence or a few: `Promised: at least 99.9 % of requests succeed, over any 30 days.`
pub(in crate::web) fn promise(listing: &ObjectiveListing, members: &[Member]) -> String {
    let ObjectiveListing { objective, agreement, .. } = listing;
    let counting = &objective.terms.counting;
    let when = match objective.window {
        Window::Rolling(length) => say!("over any {length}", standing::length_in_words(length.minutes())),
        Window::Calendar => say!("in each calendar {period}", language::word(agreement.period.word())),
    };
    let rule = objective.terms.composite.as_ref().map(crate::domain::contract::Composite::rule);
    let mut sentences = vec![say!("Promised: {what}, {when}.", what(listing, rule, members), when)];
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
    let names = || members.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(language::word(", "));
    match (rule, listing.objective.terms.counting.method) {
        (Some(Rule::AnyBad), _) => {
            say!(
                "at least {target} % of {slices} slices are good, any member bad = bad: {members}",
                target,
                slices,
                names()
            )
        }
        (Some(Rule::Weighted), _) => say!("at least {target} % of {members}", target, weights(members)),
        (None, Method::Occurrences) => share(listing, kind, target.ppm()),
        (None, Method::Timeslices { target: inside, .. }) => {
            let share = share(listing, kind, inside.ppm());
            say!("in at least {target} % of {slices} slices {share}", target, slices, share)
        }
        (None, Method::RatioTimeslices { .. }) => mean(listing, kind, target, &slices),
    }
}

/// `at least 99.9 % of requests succeed`, with the share in parts per million; all of them for the whole.
fn share(listing: &ObjectiveListing, kind: ObjectiveKind, ppm: i64) -> String {
    let query = &listing.indicator.query;
    let events = language::word(standing::events(kind, query).1);
    if kind == ObjectiveKind::ErrorRate {
        let most = ppm_to_percent(WHOLE_PPM - ppm);
        return if ppm == WHOLE_PPM {
            say!("no {events} fail", events)
        } else {
            say!("at most {most} % of {events} fail", most, events)
        };
    }
    let good = good(kind, query);
    match SliceTarget::from_ppm(ppm) {
        Ok(least) if least.ppm() < WHOLE_PPM => {
            say!("at least {least} % of {events} {succeed}", least, events, good)
        }
        _ => say!("all {events} {succeed}", events, good),
    }
}

/// What good events do.
fn good(kind: ObjectiveKind, query: &Query) -> String {
    match (kind, query) {
        (ObjectiveKind::Uptime, Query::Check { within_ms: Some(ms) }) => say!("find it up within {ms} ms", ms),
        (ObjectiveKind::Uptime, _) => say!("find it up"),
        (ObjectiveKind::Latency, Query::Latency { threshold, .. }) => {
            say!("are answered within {threshold} s", threshold)
        }
        (ObjectiveKind::Latency, _) => say!("are answered in time"),
        (ObjectiveKind::Throughput, Query::Throughput { at_least, .. }) => {
            say!("have {at_least} requests per second or more", at_least)
        }
        (ObjectiveKind::Throughput, _) => say!("have enough requests"),
        (ObjectiveKind::Level, Query::Level { limit, .. }) => say!("are {limit}", bound(limit)),
        (ObjectiveKind::Level, _) => say!("are within the limit"),
        (ObjectiveKind::Availability | ObjectiveKind::ErrorRate | ObjectiveKind::Success, _) => say!("succeed"),
        (ObjectiveKind::Composite, _) => say!("are good"),
    }
}

/// The limit of a level: `at most 80`.
pub(super) fn bound(limit: &Limit) -> String {
    match limit.at() {
        Bound::AtMost => say!("at most {number}", limit.number()),
        Bound::AtLeast => say!("at least {number}", limit.number()),
    }
}

fn mean(listing: &ObjectiveListing, kind: ObjectiveKind, target: Target, slices: &str) -> String {
    let events = language::word(standing::events(kind, &listing.indicator.query).1);
    if kind == ObjectiveKind::ErrorRate {
        let most = ppm_to_percent(target.budget_ppm());
        return say!("the mean of the {slices} shares of {events} that fail is at most {most} %", slices, events, most);
    }
    let does = good(kind, &listing.indicator.query);
    say!(
        "the mean of the {slices} shares of {events} that {succeed} is at least {target} %",
        slices,
        events,
        does,
        target
    )
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
        (SliceMinutes::ONE, 1) => say!("one bad minute"),
        (SliceMinutes::ONE, n) => say!("{count} bad minutes in a row", count(n)),
        (slice, 1) => say!("one bad {length} slice", adjective(slice)),
        (slice, n) => say!("{count} bad {length} slices in a row", count(n), adjective(slice)),
    };
    Some(match downtime.at_least_requests() {
        1 => say!("Down from {slices}.", slices),
        least if n == 1 => say!("Down from {slices} with at least {least} requests.", slices, count(least)),
        least => say!("Down from {slices} with at least {least} requests each.", slices, count(least)),
    })
}

/// What silent and unknown slices are.
fn policies(counting: &Counting, slice: SliceMinutes, is_composite: bool) -> Option<String> {
    if counting.method == Method::Occurrences && !is_composite {
        return match counting.unknown {
            Policy::Good => Some(say!("Unknown minutes are taken as good, with the traffic of the known ones.")),
            Policy::Bad => Some(say!("Unknown minutes are taken as bad, with the traffic of the known ones.")),
            Policy::Excluded => None,
        };
    }
    let unknown = match counting.unknown {
        Policy::Good => say!("unknown ones are taken as good"),
        Policy::Bad => say!("unknown ones are taken as bad"),
        Policy::Excluded => say!("unknown ones are not counted"),
    };
    let silent = language::word(policy(counting.no_requests));
    let slices = if slice == SliceMinutes::ONE { say!("Minutes") } else { say!("Slices") };
    Some(say!("{slices} without requests {are_good}, {unknown}.", slices, silent, unknown))
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
        60 => say!("1-hour"),
        minutes => say!("{minutes}-minute", minutes),
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
