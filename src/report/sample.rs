//! A report for tests: one objective missed by a hair, one at risk, one met, one with few events, one never seen.

use crate::domain::calendar;
use crate::domain::model::ObjectiveKind;
use crate::domain::target::Target;
use crate::domain::terms::Unit;
use crate::domain::time::{Instant, Span};
use crate::domain::wording;
use crate::report::{
    Bounds, Budget, Contract, Coverage, Day, Interval, Letter, Line, Outage, Period, Previous, Report, Sli, Status,
    VERSION, Verdict, Whole, how_counted,
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
        },
        period: Period::of(&calendar::Period::parse("2026-W46", zone).unwrap()),
        built_at: at("2026-11-16T00:20:00Z"),
        provisional: false,
        revision: 1,
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
        daily: daily.collect(),
        ..line(1, "Checkout availability", "99.9", (998_997, 1_000_000), MINUTES - 41, Status::Breached)
    }
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
