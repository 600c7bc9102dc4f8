//! What a report claims, figure by figure, and what differs between two reports of one period.
//!
//! A *figure* is what somebody could be paid by, or what such a figure was made from: verdict, credit, compliance,
//! targets, counts, coverage, outages, exclusions, day by day. Where figures differ, a final report is wrong. *Words* around them
//! (names, causes) are compared too, but alone they make no report wrong. The comparison with the period before is left
//! out: that period has reports of its own.
//!
//! Claims are compared, and kept with a correction, in English, whoever reads them; they are told anew where they are shown.

use crate::domain::exclusion::Category;
use crate::domain::phrases::amount;
use crate::domain::recovery::MeasureKind;
use crate::domain::wording::{self, capitalised, count};
use crate::language::{self, Language};
use crate::report::{Change, Line, Report, retold, say};
use std::collections::{BTreeMap, BTreeSet};

/// The first claim of all.
const VERDICT: &str = "Verdict";

/// How much a claim weighs; those that weigh most come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// What people look at first.
    Headline,
    /// What it was made from.
    Figure,
    /// What makes no report wrong.
    Word,
}

/// A claim: what it is called, what it says.
struct Claim {
    what: String,
    says: String,
    weight: Weight,
}

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Everything: headlines first, then what they were made from, then words, each in the order of the report.
    pub changes: Vec<Change>,
    /// Is a figure among it?
    pub has_figures: bool,
}

/// What `after` says that `before` does not, and the reverse.
#[must_use]
pub fn difference(before: &Report, after: &Report) -> Difference {
    let [was, is] = [before, after].map(|report| claims(report, Days::Told));
    let of = |claims: &[Claim]| -> BTreeMap<String, String> {
        claims.iter().map(|claim| (claim.what.clone(), claim.says.clone())).collect()
    };
    let (old, new) = (of(&was), of(&is));
    let mut seen = BTreeSet::new();
    let mut found = Difference::default();
    let mut weighed = Vec::new();
    for claim in is.iter().chain(&was) {
        // what an older version did not tell yet is no change
        let was_not_told = before.version < after.version && !old.contains_key(&claim.what);
        if !seen.insert(claim.what.as_str()) || was_not_told || old.get(&claim.what) == new.get(&claim.what) {
            continue;
        }
        found.has_figures = found.has_figures || claim.weight != Weight::Word;
        let (was, is) = (old.get(&claim.what).cloned(), new.get(&claim.what).cloned());
        weighed.push((claim.weight, Change { what: claim.what.clone(), was, is }));
    }
    weighed.sort_by_key(|(weight, _)| *weight);
    found.changes = weighed.into_iter().map(|(_, change)| change).collect();
    found
}

/// One claim of two reports side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Which: `Checkout succeeds: good`.
    pub what: String,
    /// What the first says; nothing if it does not say it.
    pub first: Option<String>,
    /// What the second says.
    pub second: Option<String>,
}

/// Everything beside the verdict that two reports claim, of whatever agreement and period, in the order of the first and in
/// the reader's language. Single days are left out: those of another period are other days.
#[must_use]
pub fn side_by_side(first: &Report, second: &Report) -> Vec<Pair> {
    let [one, two] = [first, second].map(|report| claims(report, Days::LeftOut));
    let says = |claims: &[Claim], what: &str| claims.iter().find(|one| one.what == what).map(|one| one.says.clone());
    let mut seen = BTreeSet::new();
    let all = one.iter().chain(&two).filter(|claim| claim.what != VERDICT && seen.insert(claim.what.as_str()));
    let pair = |claim: &Claim| {
        let told = |says: Option<String>| says.map(|says| retold::claim(&claim.what, &says).1);
        let [first, second] = [&one, &two].map(|claims| told(says(claims, &claim.what)));
        Pair { what: retold::retold(&claim.what), first, second }
    };
    all.map(pair).collect()
}

/// Are single days and single outages told?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Days {
    Told,
    LeftOut,
}

/// Collects claims under one heading.
struct Claims {
    all: Vec<Claim>,
    about: String,
}

impl Claims {
    fn add(&mut self, what: &str, says: impl Into<String>) {
        self.push(what, says.into(), Weight::Figure);
    }

    fn add_headline(&mut self, what: &str, says: impl Into<String>) {
        self.push(what, says.into(), Weight::Headline);
    }

    fn add_word(&mut self, what: &str, says: impl Into<String>) {
        self.push(what, says.into(), Weight::Word);
    }

    fn push(&mut self, what: &str, says: String, weight: Weight) {
        let what = if self.about.is_empty() { what.to_owned() } else { format!("{}: {what}", self.about) };
        self.all.push(Claim { what, says, weight });
    }
}

fn claims(report: &Report, days: Days) -> Vec<Claim> {
    language::sync_scope(Language::English, || claims_in_english(report, days))
}

fn claims_in_english(report: &Report, days: Days) -> Vec<Claim> {
    let mut claims = Claims { all: Vec::new(), about: String::new() };
    claims.add_headline(VERDICT, report.verdict.status.word());
    owed(&mut claims, report);
    for line in &report.objectives {
        claims.about.clone_from(&line.name);
        objective(&mut claims, line);
        if days == Days::Told {
            day_by_day(&mut claims, report, line);
        }
    }
    claims.about.clear();
    downtime(&mut claims, report);
    claims.add_word("Agreement", &report.agreement.name);
    claims.add_word("Customer", &report.agreement.customer);
    claims.add_word("Owner", &report.agreement.owner);
    for term in &report.agreement.terms {
        claims.add_word(&term.label, &term.text);
    }
    claims.all
}

fn owed(claims: &mut Claims, report: &Report) {
    let whole = &report.whole;
    if let Some(credit) = &whole.credit {
        claims.add_headline(
            "Credit owed",
            credit.credit_percent.as_deref().map_or("none".to_owned(), |share| format!("{share} %")),
        );
        claims.add_headline("Credit in money", credit.amount.as_deref().unwrap_or("none"));
    }
    for one in &whole.compliance {
        let says = one.percent.as_deref().map_or("not decided".to_owned(), |percent| format!("{percent} %"));
        claims.add_headline(&format!("Compliance, {}", one.group), says);
    }
}

fn downtime(claims: &mut Claims, report: &Report) {
    let whole = &report.whole;
    if let Some(recovery) = &whole.recovery {
        claims.add("Outages", count(recovery.outages));
        claims.add("Minutes down", count(recovery.down_minutes));
        claims.add("Minutes up", count(recovery.up_minutes));
        claims.add("Minutes of planned maintenance", count(recovery.planned_minutes));
        for measure in &recovery.measures {
            let kept = match measure.met {
                Some(true) => ", kept",
                Some(false) => ", broken",
                None => "",
            };
            let name = MeasureKind::from_word(&measure.kind).map_or(measure.kind.as_str(), |kind| kind.name());
            claims.add(&capitalised(name), format!("{}{kept}", measure.value));
        }
    }
    for one in &whole.exclusions {
        let says = format!(
            "{} taken out, {} late, {} beyond the cap",
            count(one.taken_minutes),
            count(one.late_minutes),
            count(one.over_cap_minutes)
        );
        claims.add(&format!("Exclusion {}, minutes", one.id), says);
        let category = Category::from_word(&one.category).map_or(one.category.as_str(), |category| category.in_words());
        claims.add_word(&format!("Exclusion {}", one.id), format!("{category}: {}", one.reason));
    }
}

fn objective(claims: &mut Claims, line: &Line) {
    let in_unit = |n: i64| amount(n, line.unit);
    claims.add_headline("status", line.status.word());
    claims.add_headline("target", format!("{} %", line.target));
    claims.add_headline("measured", say::measured(&line.sli));
    claims.add("good", in_unit(line.good));
    claims.add("all", in_unit(line.total));
    claims.add("known minutes", format!("{} of {}", count(line.coverage.known), count(line.coverage.minutes)));
    claims.add_headline("excluded minutes", count(line.letter.excluded_minutes));
    if let Some(raw) = &line.letter.raw {
        claims.add("raw", format!("{} of {} good", in_unit(raw.good), in_unit(raw.total)));
    }
}

fn day_by_day(claims: &mut Claims, report: &Report, line: &Line) {
    let zone = report.agreement.zone;
    for outage in &line.outages {
        let when = wording::span(outage.start, outage.end, zone);
        claims.add(&format!("outage {when}"), format!("{} of {} bad", count(outage.bad), count(outage.total)));
        claims.add_word(&format!("cause of the outage {when}"), outage.cause.clone().unwrap_or_default());
    }
    for day in &line.daily {
        let says = format!("{} of {} good, {} minutes known", count(day.good), count(day.total), count(day.known));
        claims.add(&day.day, says);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn names(difference: &Difference) -> Vec<&str> {
        difference.changes.iter().map(|change| change.what.as_str()).collect()
    }

    #[test]
    fn a_report_does_not_differ_from_itself_made_later() {
        let before = sample::judged();
        let mut after = before.clone();
        after.built_at = after.built_at.plus_seconds(86_400);
        after.revision = 2;
        after.notes.push("another note".to_owned());
        after.objectives[0].previous = None;
        assert_eq!(difference(&before, &after), Difference::default());
    }

    #[test]
    fn figures_are_told_with_what_they_were_and_are() {
        let before = sample::judged();
        let mut after = before.clone();
        after.objectives[0].good += 4;
        after.objectives[0].daily[0].good += 4;
        after.objectives[0].outages.pop();
        after.whole.exclusions.clear();
        let found = difference(&before, &after);
        assert!(found.has_figures);
        assert_eq!(
            names(&found),
            [
                "Checkout availability: good",
                "Checkout availability: 2026-11-09",
                "Checkout availability: outage 2026-11-13 23:55 – 2026-11-14 00:07 CET",
                "Exclusion 4, minutes",
                "Checkout availability: cause of the outage 2026-11-13 23:55 – 2026-11-14 00:07 CET",
                "Exclusion 4",
            ]
        );
        let good = &found.changes[0];
        after.objectives[0].status = crate::report::Status::Met;
        assert_eq!(names(&difference(&before, &after))[0], "Checkout availability: status", "headlines first");
        assert_eq!((good.was.as_deref(), good.is.as_deref()), (Some("998,997"), Some("999,001")));
        assert_eq!(found.changes[3].is, None, "there is no such exclusion any more");
    }

    #[test]
    fn two_reports_stand_side_by_side_claim_by_claim() {
        let first = sample::judged();
        let mut second = sample::report();
        second.objectives.remove(4);
        let pairs = side_by_side(&first, &second);
        let of = |what: &str| pairs.iter().find(|pair| pair.what == what).unwrap();
        assert_eq!(of("Checkout availability: good").first, of("Checkout availability: good").second);
        assert_eq!((of("Credit owed").first.as_deref(), &of("Credit owed").second), (Some("10 %"), &None));
        assert_eq!((of("Partner API: all").first.as_deref(), &of("Partner API: all").second), (Some("0"), &None));
        assert!(pairs.iter().all(|pair| !pair.what.contains("2026-11-09")), "no single days");
    }

    #[test]
    fn words_alone_make_no_report_wrong() {
        let before = sample::judged();
        let mut after = before.clone();
        after.agreement.customer = "ACME Holding".to_owned();
        after.objectives[0].outages[0].cause = Some("a fuse".to_owned());
        let found = difference(&before, &after);
        assert!(!found.has_figures);
        assert_eq!(found.changes.len(), 2);
    }
}
