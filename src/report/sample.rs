//! A report for tests: one objective missed by a hair, one at risk, one met, one with few events, one never seen.

use crate::domain::calendar;
use crate::domain::model::ObjectiveKind;
use crate::domain::target::Target;
use crate::domain::terms::Unit;
use crate::domain::time::{Instant, Span};
use crate::domain::wording;
use crate::report::{
    Anomaly, Bounds, Budget, Compared, Compliance, Contract, Coverage, Credit, Day, Exclusion, Interval, Letter, Line,
    Measure, Outage, Period, Previous, Raw, Recovery, Report, Sli, Standing, Status, Stretch, Term, VERSION, Verdict,
    Violation, Whole, how_counted,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

pub(super) const MINUTES: i64 = 7 * 1440;

pub(super) fn at(text: &str) -> Instant {
    Instant::from(text.parse::<DateTime<Utc>>().unwrap())
}

/// Week 46 of 2026 in Berlin.
pub(super) fn report() -> Report {
    let zone = Tz::Europe__Berlin;
    let start = at("2026-11-08T23:00:00Z");
    let objectives = vec![checkout(), latency(), few(), up(), silent()];
    Report {
        version: VERSION,
        agreement: Contract {
            id: 7,
            name: "ACME shop".to_owned(),
            customer: "ACME GmbH & Söhne".to_owned(),
            owner: "Zoë <ops>".to_owned(),
            zone,
            terms_revision: Some(1),
            terms: vec![Term { label: "Claims".to_owned(), text: "30 days".to_owned() }],
        },
        period: Period::of(&calendar::Period::parse("2026-W46", zone).unwrap()),
        built_at: at("2026-11-16T00:20:00Z"),
        provisional: false,
        revision: 1,
        chain: None,
        digest: None,
        correction: None,
        verdict: Verdict::of(&objectives, &[]),
        notes: how_counted(&objectives, start, zone, false),
        objectives,
        findings: vec![
            "Checkout availability: two series had the same labels from 08:00 to 08:04 UTC; one was left out."
                .to_owned(),
        ],
        whole: Whole::default(),
    }
}

fn line(id: i64, name: &str, target: &str, (good, total): (i64, i64), known: i64, status: Status) -> Line {
    let target = Target::parse(target).unwrap();
    let measured = total > 0;
    Line {
        id,
        name: name.to_owned(),
        service: "Shop".to_owned(),
        kind: ObjectiveKind::Availability,
        target,
        window: "the calendar week".to_owned(),
        estimated: false,
        source: "prometheus-eu".to_owned(),
        query: "http_requests_total{job=\"shop\",code=~\"5..\"} / http_requests_total{job=\"shop\"}".to_owned(),
        status,
        met: measured.then(|| target.is_met(good, total)),
        unit: Unit::Event,
        good,
        bad: total - good,
        total,
        sli: Sli::of(good, total, known, target),
        budget: Budget::of((good, total), Unit::Event, MINUTES, target),
        burn_rate: wording::burn_rate(good, total, target),
        coverage: Coverage::of(known, MINUTES),
        bounds: None,
        previous: None,
        outages: vec![],
        anomalies: vec![],
        daily: vec![],
        letter: Letter::default(),
    }
}

/// 99.8997 % of 99.9 %: 1 003 bad of a million, where 1 000 were allowed.
fn checkout() -> Line {
    let outage = |start: &str, end: &str, bad, total, share: &str| {
        let (start, end) = (at(start), at(end));
        let minutes = Span::new(start.minute(), end.minute()).minutes();
        Outage {
            start,
            end,
            minutes,
            bad,
            total,
            share_of_budget_percent: Some(share.to_owned()),
            cause: None,
            bad_percent: None,
        }
    };
    let bad = [20, 31, 900, 12, 25, 10, 5];
    let daily = (0..7).zip(bad).map(|(n, bad)| {
        let start = at("2026-11-08T23:00:00Z").plus_seconds(n * 86_400);
        let total = if n == 6 { 142_858 } else { 142_857 };
        let day = wording::day(start, Tz::Europe__Berlin);
        Day { day, start, good: total - bad, total, known: if n == 3 { 1_399 } else { 1440 } }
    });
    Line {
        bounds: Some(Bounds { worst_percent: "99.4931".to_owned(), best_percent: "99.9001".to_owned() }),
        previous: Some(Previous {
            label: "2026-W45".to_owned(),
            good: 999_500,
            total: 1_000_000,
            sli: Sli::of(999_500, 1_000_000, MINUTES, Target::parse("99.9").unwrap()),
        }),
        outages: vec![
            outage("2026-11-11T07:00:00Z", "2026-11-11T07:43:00Z", 812, 4_300, "81.2"),
            outage("2026-11-13T22:55:00Z", "2026-11-13T23:07:00Z", 25, 1_180, "2.5"),
        ],
        anomalies: anomalies(),
        daily: daily.collect(),
        ..line(1, "Checkout availability", "99.9", (998_997, 1_000_000), MINUTES - 41, Status::Breached)
    }
}

/// A morning of many requests that somebody had expected, and the errors of the first outage.
fn anomalies() -> Vec<Anomaly> {
    let one = |start: &str, end: &str, standing| Anomaly {
        start: at(start),
        end: at(end),
        measure: "traffic".to_owned(),
        direction: "above".to_owned(),
        score: "0.6789".to_owned(),
        value: "12000.000000".to_owned(),
        expected: "2003.709829".to_owned(),
        low: Some("1924.579152".to_owned()),
        high: Some("2082.840507".to_owned()),
        what: "Traffic, higher than usual".to_owned(),
        measured: "12,000 a minute".to_owned(),
        usual: "2,004 a minute, band 1,925 a minute to 2,083 a minute".to_owned(),
        standing,
    };
    vec![
        one("2026-11-10T09:00:00Z", "2026-11-10T10:30:00Z", Standing::Expected),
        Anomaly {
            measure: "bad_share".to_owned(),
            value: "18.880000".to_owned(),
            expected: "0.100000".to_owned(),
            low: None,
            high: Some("0.500000".to_owned()),
            what: "Error rate, higher than usual".to_owned(),
            measured: "18.9 %".to_owned(),
            usual: "0.10 %, band up to 0.50 %".to_owned(),
            ..one("2026-11-11T07:00:00Z", "2026-11-11T07:45:00Z", Standing::Unusual)
        },
    ]
}

fn latency() -> Line {
    Line {
        kind: ObjectiveKind::Latency,
        estimated: true,
        ..line(2, "Pages within 500 ms", "95", (957_001, 1_000_000), MINUTES, Status::AtRisk)
    }
}

fn few() -> Line {
    let interval = Interval { low_percent: "96.5".to_owned(), high_percent: "99.97".to_owned() };
    Line {
        kind: ObjectiveKind::ErrorRate,
        sli: Sli::Measured { percent: "99.3789".to_owned(), interval: Some(interval), too_little_data: true },
        ..line(3, "Exports fail rarely", "99", (160, 161), MINUTES, Status::Met)
    }
}

fn up() -> Line {
    Line { kind: ObjectiveKind::Uptime, ..line(4, "Shop is up", "99.5", (20_160, 20_160), MINUTES, Status::Met) }
}

fn silent() -> Line {
    line(5, "Partner API", "99.9", (0, 0), 0, Status::NoData)
}

/// The same with everything that is said about an agreement as a whole: two violations, a credit, an exclusion beyond its
/// cap, a cause, and a first objective counted by slices.
pub(super) fn judged() -> Report {
    let mut report = report();
    report.whole = whole();
    report.objectives[0].outages[0].cause = Some("a disk was full".to_owned());
    report.objectives[0].outages[0].bad_percent = Some("18.88".to_owned());
    let side = |good, total, known, minutes| Raw {
        good,
        total,
        sli: Sli::of(good, total, known, Target::parse("99.9").unwrap()),
        met: Some(false),
        known,
        minutes,
    };
    let compared = |method: &str, words: &str, is_own, unit, counts: (i64, i64), met| Compared {
        method: method.to_owned(),
        words: words.to_owned(),
        is_own,
        unit,
        good: counts.0,
        total: counts.1,
        sli: Sli::of(counts.0, counts.1, MINUTES, Target::parse("99.9").unwrap()),
        met: Some(met),
    };
    report.objectives[0].letter = Letter {
        method: "occurrences".to_owned(),
        noun: "request".to_owned(),
        nouns: "requests".to_owned(),
        terms: vec![Term {
            label: "Method".to_owned(),
            text: "good requests of all requests (occurrences)".to_owned(),
        }],
        group: "availability".to_owned(),
        weight: Some(3),
        raw: Some(side(998_000, 1_004_000, MINUTES, MINUTES)),
        excluded_minutes: 240,
        severity: Some("minor".to_owned()),
        violated_since: Some(at("2026-11-11T07:12:00Z")),
        comparison: vec![
            compared(
                "occurrences",
                "good requests of all requests (occurrences)",
                true,
                Unit::Event,
                (998_997, 1_000_000),
                false,
            ),
            compared(
                "timeslices",
                "good slices of all slices of 5 min (timeslices)",
                false,
                Unit::Slice,
                (2_015, 2_016),
                true,
            ),
            compared(
                "ratio_timeslices",
                "the mean share of good requests in slices of 5 min (ratio_timeslices)",
                false,
                Unit::BillionthOfSlice,
                (2_013_600_000_000, 2_016_000_000_000),
                false,
            ),
        ],
        methods_disagree: true,
        why: vec!["Raw, nothing taken out: 998,000 of 1,004,000 requests good".to_owned()],
        ..Letter::default()
    };
    report.verdict = Verdict::of(&report.objectives, &report.whole.broken_measures());
    report
}

fn whole() -> Whole {
    let compliance = |group: &str| Compliance {
        group: group.to_owned(),
        percent: Some("75".to_owned()),
        met: 3,
        missed: 1,
        undecided: 1,
        met_weight: 9,
        decided_weight: 12,
        why: vec!["9 / 12 = 75 %".to_owned()],
    };
    let violation = |metric: &str, target: &str, value: &str, severity: &str, since: Option<&str>| Violation {
        metric: metric.to_owned(),
        target: target.to_owned(),
        value: value.to_owned(),
        severity: severity.to_owned(),
        since: since.map(at),
    };
    Whole {
        compliance: vec![compliance("overall"), compliance("availability"), compliance("performance")],
        violations: vec![
            violation("mean time to repair", "at most 15 min", "27 min 30 s", "minor", None),
            violation("Checkout availability", "99.9 %", "99.8997 %", "minor", Some("2026-11-11T07:12:00Z")),
        ],
        recovery: Some(Recovery {
            outages: 2,
            down_minutes: 55,
            up_minutes: 9_785,
            planned_minutes: 300,
            measures: vec![Measure {
                kind: "mttr".to_owned(),
                value: "27 min 30 s".to_owned(),
                limit: Some("at most 15 min".to_owned()),
                met: Some(false),
                unproven: false,
                why: vec!["55 minutes down / 2 outages = 27 min 30 s".to_owned()],
            }],
        }),
        credit: Some(Credit {
            settles: true,
            credit_percent: Some("10".to_owned()),
            amount: Some("120.00 EUR".to_owned()),
            owed: "10 % of the fee, 120.00 EUR".to_owned(),
            by: vec!["Checkout availability".to_owned()],
            why: vec!["1,200.00 EUR a month × 10 % = 120.00 EUR".to_owned()],
            next_below_percent: Some("99".to_owned()),
            headroom_failures: Some(8_997),
            headroom_seconds: Some(5_441),
            headroom: "8,997 more requests may fail, or 1 h 30 min of full downtime".to_owned(),
            headroom_why: vec![],
            claim_until: Some(at("2026-12-15T23:00:00Z")),
            days_left: Some(30),
            claim: Some("until 2026-12-16 00:00 CET, 30 days left".to_owned()),
        }),
        exclusions: vec![Exclusion {
            id: 4,
            category: "planned_maintenance".to_owned(),
            reason: "New <database>".to_owned(),
            occurrences: vec![Stretch { start: at("2026-11-12T01:00:00Z"), end: at("2026-11-12T06:00:00Z") }],
            asked_by: "Ana".to_owned(),
            asked_at: at("2026-11-01T08:00:00Z"),
            approved_by: "Bo".to_owned(),
            approved_at: Some(at("2026-11-02T08:00:00Z")),
            taken_minutes: 240,
            late_minutes: 0,
            over_cap_minutes: 60,
        }],
    }
}
