//! Agreements: list, sheet and form.

use super::overview::rows;
use super::reports::report_rows;
use super::{Say, form, shell};
use crate::view::agreements::{
    AgreementFormPage, AgreementPage, AgreementRow, AgreementsPage, PastCell, PastPeriod, RevisionCard, RevisionsPage,
};
use crate::view::assessment::{ExclusionRow, Figure, SidesRow, ViolationRow, WholeView};
use crate::view::audit::Change;
use crate::view::objective::MethodRow;
use crate::view::preview::{LookedUp, ObjectivePreview, PreviewAlert, PreviewWindow};
use crate::view::{Badge, Choice, Fact, Form, Help, Progress, Section, Status, Tone};
use askama::Template;

pub(super) fn agreements(say: &Say) -> Vec<(&'static str, String)> {
    let row = |id, name: &str, customer: &str, status, met: &str, is_archived| AgreementRow {
        id,
        name: say.it(name),
        customer: say.it(customer),
        owner: say.it("Payments team"),
        period: say.it("November 2026"),
        status,
        met: say.it(met),
        last_report: (id == 3).then(|| say.link("/reports/14", "Week 46")),
        is_archived,
    };
    let list = |rows: Vec<AgreementRow>| AgreementsPage {
        shell: shell(say, "Agreements", Section::Agreements, Some(Help::AGREEMENTS)),
        rows,
        shows_archived: false,
        archived_count: 2,
        can_edit: true,
    };
    let all = vec![
        row(3, "Checkout for Acme", "Acme", Status::Breached, "2 of 4", false),
        row(4, "Platform for Globex", "Globex GmbH & Co. KG", Status::AtRisk, "1 of 1", false),
        row(5, "Storefront, internal", "Retail", Status::Meeting, "2 of 2", true),
    ];
    let fresh = AgreementPage {
        objectives: Vec::new(),
        past: Vec::new(),
        reports: Vec::new(),
        whole: WholeView::default(),
        is_archived: true,
        ..agreement(say)
    };
    vec![
        ("agreements", list(all).render().unwrap()),
        ("agreements-empty", list(Vec::new()).render().unwrap()),
        ("agreement", agreement(say).render().unwrap()),
        ("agreement-empty", fresh.render().unwrap()),
    ]
}

pub(super) fn whole(say: &Say) -> WholeView {
    let figure = |label: &str, value: &str, note: &str, tone| Figure {
        label: say.it(label),
        value: say.it(value),
        note: say.it(note),
        tone,
        why: vec![say.it("Met, with weights: Checkout is fast (3)"), say.it("3 / 8 = 37.5 %")],
    };
    WholeView {
        compliance: vec![figure("Overall", "37.5 %", "1 of 2 objectives met", Some(Tone::Bad))],
        violations: vec![ViolationRow {
            metric: say.it("Payments succeed"),
            href: Some("/objectives/1".to_owned()),
            target: say.it("99.9 %"),
            value: say.it("99.71 %"),
            severity: Badge::new(Tone::Bad, say.it("Major")),
            since: say.it("2026-11-03 08:12 CET"),
        }],
        credit: vec![figure("Owed so far", "120.00 EUR", "10 % of the fee, 120.00 EUR", Some(Tone::Bad))],
        recovery: vec![figure("Mean time to repair", "15 min 30 s", "promised at most 15 min", Some(Tone::Bad))],
        exclusions: vec![ExclusionRow {
            link: say.link("/exclusions/4", "Planned maintenance"),
            reason: say.it("New database"),
            when: say.it("2026-11-08 02:00 – 08:00 CET"),
            taken: say.it("240 minutes"),
            refused: say.it("120 minutes, beyond the month's cap"),
            who: say.it("asked by Ana on 2026-11-01, approved by Bo on 2026-11-02"),
        }],
        sides: vec![SidesRow {
            objective: say.link("/objectives/1", "Payments succeed"),
            raw: say.it("99.31 %"),
            contractual: say.it("99.71 %"),
            taken: say.it("240 minutes"),
            disagree: true,
            why: vec![say.it("Raw, nothing taken out: 9,931 of 10,000 requests good")],
        }],
    }
}

pub(super) fn revisions(say: &Say) -> Vec<(&'static str, String)> {
    let change = |what: &str, before: &str, after: &str| Change {
        what: say.it(what),
        before: say.it(before),
        after: if after.is_empty() { String::new() } else { say.it(after) },
    };
    let card = |number, changes| RevisionCard {
        number,
        effective: say.it("from 2026-12-01"),
        made_at: say.it("2026-11-21 07:00 UTC"),
        made_by: say.it("Ana"),
        note: say.it("As signed"),
        is_in_force: number == 2,
        is_pending: number == 3,
        changes,
    };
    let page = |revisions| RevisionsPage {
        shell: shell(say, "Revisions of Checkout for Acme", Section::Agreements, Some(Help::AGREEMENTS)),
        id: 3,
        name: say.it("Checkout for Acme"),
        revisions,
        can_edit: true,
    };
    let changes = vec![change("Customer", "Acme", ""), change("Checkout succeeds · target", "99 %", "99.9 %")];
    let full = page(vec![card(3, Some(changes)), card(2, Some(Vec::new())), card(1, None)]);
    vec![("revisions", full.render().unwrap()), ("revisions-none", page(Vec::new()).render().unwrap())]
}

pub(super) fn past(say: &Say) -> Vec<PastPeriod> {
    let cell = |status, sli: &str, coverage: Option<&str>| PastCell {
        status,
        sli: say.it(sli),
        coverage: coverage.map(|c| say.it(c)),
    };
    let past = |label: &str, period: &str, status, worst: Status| PastPeriod {
        label: say.it(label),
        period: period.to_owned(),
        status,
        cells: vec![
            cell(worst, "99.871 %", None),
            cell(Status::Meeting, "95.90 %", Some("98.1 % known")),
            cell(Status::Meeting, "0.02 %", None),
            cell(Status::NoData, "no data", None),
        ],
        report: (period == "2026-10").then(|| say.link("/reports/9", "#9")),
    };
    vec![
        past("October 2026", "2026-10", Status::Breached, Status::Breached),
        past("September 2026", "2026-09", Status::Meeting, Status::Meeting),
        past("August 2026", "2026-08", Status::NoData, Status::NoData),
    ]
}

fn agreement(say: &Say) -> AgreementPage {
    AgreementPage {
        shell: shell(say, "Checkout for Acme", Section::Agreements, Some(Help::AGREEMENTS)),
        id: 3,
        name: say.it("Checkout for Acme"),
        customer: say.it("Acme"),
        status: Status::Breached,
        terms: vec![
            say.fact("Customer", "Acme"),
            say.fact("Owner", "Payments team"),
            say.fact("Time zone", "Europe/Berlin"),
            say.fact("Judged by", "calendar month"),
            say.fact("Report", "every week, Monday after 00:00"),
            say.fact("Recipients", "ada@example.com\nsla@acme.example"),
            say.fact("In force since", "1 Mar 2026"),
        ],
        current_label: say.it("November 2026"),
        current_period: "2026-11".to_owned(),
        current_verdict: say.it("2 of 4 objectives are met; Payments succeed has overspent its budget by 1 h 21 min."),
        current_progress: Progress { done_permille: 672, text: say.it("20 of 30 days have passed") },
        whole: whole(say),
        objectives: rows(say).into_iter().take(4).collect(),
        past_heads: ["Payments succeed", "Checkout is fast", "Few payments fail", "Ledger export is up"]
            .iter()
            .zip(1..)
            .map(|(name, id)| say.link(&format!("/objectives/{id}"), name))
            .collect(),
        past: past(say),
        reports: report_rows(say),
        is_archived: false,
        can_edit: true,
    }
}

/// What was typed into the form that is refused.
const TYPED: &[(&str, &str)] = &[
    ("name", "Checkout for Acme"),
    ("customer", "Acme"),
    ("owner", "Payments team"),
    ("zone", "Europe/Belin"),
    ("period", "month"),
    ("report-every", "week"),
    ("recipients", "ada@example.com\nsla@acme"),
    ("objective-0-id", "1"),
    ("objective-0-kind", "availability"),
    ("objective-0-name", "Payments succeed"),
    ("objective-0-service", "payments"),
    ("objective-0-source", "2"),
    ("objective-0-total", "http_requests_total{job=\"payments\"}"),
    ("objective-0-part", "http_requests_total{job=\"payments\",code=~\"5..\"}"),
    ("objective-0-part-is", "bad"),
    ("objective-0-target", "100"),
    ("objective-0-window", "30d"),
    ("objective-1-kind", "latency"),
    ("objective-1-name", "Checkout is fast"),
    ("objective-1-service", "checkout"),
    ("objective-1-source", "2"),
    ("objective-1-histogram", "http_request_duration_seconds_bucket{job=\"checkout\"}"),
    ("objective-1-threshold", "0.4"),
    ("objective-1-target", "95"),
    ("objective-1-window", "period"),
    ("objective-2-kind", "uptime"),
    ("objective-2-name", "Login is reachable"),
    ("objective-2-source", "1"),
    ("objective-2-within-ms", "800"),
    ("objective-2-target", "99.5"),
    ("objective-2-window", "30d"),
    ("objective-7-kind", "error_rate"),
    ("objective-7-name", "Few payments fail"),
    ("objective-7-target", "0.1"),
    ("objective-7-window", "7d"),
    ("objective-8-kind", "throughput"),
    ("objective-8-name", "Enough orders"),
    ("objective-8-total", "orders_total"),
    ("objective-8-at-least", "0"),
    ("objective-8-target", "99"),
    ("objective-9-kind", "level"),
    ("objective-9-name", "Disks have room"),
    ("objective-9-level", "100 * disk_used_bytes / disk_size_bytes"),
    ("objective-9-limit-is", "at-most"),
    ("objective-9-limit", "80 %"),
    ("objective-10-kind", "success"),
    ("objective-10-name", "Payments go through"),
    ("objective-11-kind", "latency"),
    ("objective-11-percentiles", "p50 100ms, p100 1s"),
];

/// What is wrong with it.
const PROBLEMS: &[(&str, &str)] = &[
    ("zone", "There is no time zone “Europe/Belin”. Choose one of the list, such as Europe/Berlin."),
    (
        "objective-0-target",
        "100 % leaves no error budget: one single failure would break it. Write a target below, such as 99.99.",
    ),
    ("objective-1-threshold", "No bucket ends at 0.4. The neighbouring bounds are 0.25 and 0.5."),
    ("objective-8-at-least", "Please write the least number of requests per second, such as 50 or 0.25."),
    ("objective-9-limit", "Please write the limit as a number in the gauge's own unit, such as 80, 0.5 or -5."),
    ("objective-11-percentiles", "p100 leaves no error budget. Choose one below, such as p99.9."),
    ("", "Somebody else changed this agreement meanwhile. Your text is kept; look at theirs before saving."),
];

/// One objective that was judged, and one that could not be.
fn previews(say: &Say) -> Vec<ObjectivePreview> {
    let method = |name: &str, word: &str, is_own| MethodRow {
        name: name.to_owned(),
        word: word.to_owned(),
        is_own,
        counted: "998 of 1,000 requests".to_owned(),
        sli: "99.8 %".to_owned(),
        verdict: Badge::new(Tone::Bad, "Missed"),
    };
    let judged = ObjectivePreview {
        number: 0,
        name: say.it("Checkout succeeds"),
        notes: vec![say.it("“prometheus-eu” was read just now; nothing of it is kept.")],
        facts: vec![Fact::new("Outages", say.it("1, the longest 4 min"))],
        windows: vec![PreviewWindow {
            name: say.it("the last 30 days"),
            counted: "998 of 1,000 requests".to_owned(),
            sli: "99.8 %".to_owned(),
            verdict: Badge::new(Tone::Bad, "Missed"),
            left: "−100 %, 43 min 12 s over".to_owned(),
        }],
        methods: vec![method("Good requests", "occurrences", true), method("Slices of 5 min", "timeslices", false)],
        alerts_note: say.it("Its alerts, replayed minute by minute:"),
        alerts: vec![PreviewAlert {
            name: say.it("Page when it burns faster than 14.4× over both 1 h and 5 min"),
            times: "2".to_owned(),
            minutes: "12 min".to_owned(),
        }],
        suggested: Some("99.5".to_owned()),
    };
    let skipped = ObjectivePreview {
        number: 1,
        name: say.it("Checkout is fast"),
        notes: vec![say.it("“login page” is a check by Nines, which has no history of this promise to judge.")],
        ..ObjectivePreview::default()
    };
    vec![judged, skipped]
}

pub(super) fn agreement_forms(say: &Say) -> Vec<(&'static str, String)> {
    let page = |id: Option<i64>, title: &str, form: Form| AgreementFormPage {
        shell: shell(say, title, Section::Agreements, Some(Help::COUNTING)),
        id,
        form,
        services: vec![say.it("checkout"), say.it("payments")],
        zones: vec!["Europe/Berlin".to_owned(), "UTC".to_owned(), "America/New_York".to_owned()],
        sources: vec![
            Choice::new("1", say.it("nines (metrics endpoint)")),
            Choice::new("2", say.it("prometheus-eu (Prometheus)")),
        ],
        previews: previews(say),
        imported: vec![say.it("SLO Shop answers: spec.alertPolicies is not taken over.")],
        looked_up: Some(LookedUp {
            number: 0,
            note: say.it("Labels of http_requests_total in the last hour, with their values:"),
            about: Some(say.fact("counter", "Requests answered, by code.")),
            metrics: vec![say.it("http_requests_total")],
            labels: vec![say.fact("code", "200, 500, and 3 more")],
            bounds: say.it("0.1, 0.5, 1"),
        }),
    };
    let new = form(
        say,
        &[("zone", "Europe/Berlin"), ("objective-0-kind", "availability"), ("objective-0-window", "30d")],
        &[],
    );
    let refused = form(say, TYPED, PROBLEMS);
    vec![
        ("agreement-form", page(None, "Define an agreement", new).render().unwrap()),
        ("agreement-form-refused", page(Some(3), "Edit the agreement", refused).render().unwrap()),
    ]
}
