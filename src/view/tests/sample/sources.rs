//! Sources: list, one of them, and form.

use super::{Say, form, shell};
use crate::view::objective::Finding;
use crate::view::sources::{IndicatorRow, SourceFormPage, SourcePage, SourceRow, SourcesPage, TestResult};
use crate::view::{Badge, Form, Help, Progress, Section, Tone};
use askama::Template;

pub(super) fn sources(say: &Say) -> Vec<(&'static str, String)> {
    let row = |id, name: &str, kind: &str, address: &str, state: Badge, error: &str| SourceRow {
        id,
        name: say.it(name),
        kind: say.it(kind),
        address: say.it(address),
        state,
        last_success: say.it("12 s ago"),
        last_error: if error.is_empty() { String::new() } else { say.it(error) },
        next_try: say.it("in 18 s"),
        indicators: 4,
    };
    let list = |rows: Vec<SourceRow>| SourcesPage {
        shell: shell(say, "Sources", Section::Sources, Some(Help::SOURCES)),
        rows,
        shows_archived: true,
        archived_count: 1,
        can_edit: true,
    };
    let all = vec![
        row(1, "nines", "Metrics endpoint", "http://127.0.0.1:8080/metrics", say.badge(Tone::Good, "Working"), ""),
        row(
            2,
            "prometheus-eu",
            "Prometheus",
            "https://prometheus.eu.example.com/",
            say.badge(Tone::Bad, "Failing"),
            "No answer within 10 s. It was tried 4 times; between tries Nines waits longer each time.",
        ),
        row(
            3,
            "login-page",
            "HTTP probe",
            "https://login.example.com/health?deep=1",
            say.badge(Tone::Busy, "First reading"),
            "",
        ),
        row(4, "ldap", "TCP probe", "ldap.example.com:636", say.badge(Tone::Idle, "Archived"), ""),
    ];
    let shown = SourcePage {
        shell: shell(say, "prometheus-eu", Section::Sources, Some(Help::SOURCES)),
        id: 2,
        name: say.it("prometheus-eu"),
        state: say.badge(Tone::Bad, "Failing"),
        verdict: say.it("It has not answered since 06:58 UTC; the next try is in 40 s. Nothing is lost: Nines reads on where it stopped."),
        facts: vec![say.fact("Kind", "Prometheus"), say.fact("Address", "https://prometheus.eu.example.com/"), say.fact("Authentication", "bearer token, kept"), say.fact("Asked every", "30 s"), say.fact("Delay", "30 s"), say.fact("Timeout", "10 s"), say.fact("Last error", "connection refused, 07:11 UTC")],
        findings: vec![Finding { text: say.it("The certificate ends in 9 days."), seen: say.it("first seen 12 Nov, 08:00 UTC") }],
        indicators: vec![
            IndicatorRow { objective: say.link("/objectives/1", "Payments succeed"), service: say.it("payments"), query: say.it("http_requests_total{job=\"payments\",code=~\"5..\"} of http_requests_total{job=\"payments\"}"), newest: say.it("06:57 UTC"), backfill: Some(Progress { done_permille: 610, text: say.it("21 of 35 days") }), problem: None },
            IndicatorRow { objective: say.link("/objectives/3", "Checkout is fast"), service: say.it("checkout"), query: say.it("http_request_duration_seconds_bucket{job=\"checkout\"} within 0.5"), newest: say.it("06:57 UTC"), backfill: None, problem: Some(say.it("no such series")) },
        ],
        test: Some(TestResult { is_fine: false, headline: say.it("It did not answer within 10 s"), lines: vec![say.it("GET https://prometheus.eu.example.com/api/v1/status/buildinfo"), say.it("connect: connection refused (192.0.2.7:443)")] }),
        is_archived: false,
        can_edit: true,
    };
    vec![
        ("sources", list(all).render().unwrap()),
        ("sources-empty", list(Vec::new()).render().unwrap()),
        ("source", shown.clone().render().unwrap()),
        (
            "source-unused",
            SourcePage { indicators: Vec::new(), findings: Vec::new(), test: None, is_archived: true, ..shown }
                .render()
                .unwrap(),
        ),
    ]
}

pub(super) fn source_forms(say: &Say) -> Vec<(&'static str, String)> {
    let page = |id: Option<i64>, title: &str, form: Form, test: Option<TestResult>| SourceFormPage {
        shell: shell(say, title, Section::Sources, Some(Help::SOURCES)),
        id,
        form,
        keeps_password: id.is_some(),
        keeps_token: id.is_some(),
        keeps_headers: if id.is_some() { vec![say.it("X-Scope-OrgID")] } else { Vec::new() },
        test,
    };
    let new = form(
        say,
        &[("every", "30"), ("delay", "30"), ("timeout", "10"), ("status-min", "200"), ("status-max", "299")],
        &[],
    );
    let typed = [
        ("name", "prometheus-eu"),
        ("kind", "prometheus"),
        ("url", "https://prometheus.eu.example.com"),
        ("auth", "basic"),
        ("user", "nines"),
        ("password", "hunter2"),
        ("token", "hunter2"),
        ("every", "5"),
        ("delay", "30"),
        ("timeout", "10"),
    ];
    let edited = form(
        say,
        &typed,
        &[
            ("every", "Write a number from 10 to 3600."),
            ("password", "Type the password again: the address has changed."),
        ],
    );
    let fine = TestResult {
        is_fine: true,
        headline: say.it("It answered in 42 ms"),
        lines: vec![say.it("Prometheus 3.5.0, 15 days of history"), say.it("1,204 series of http_requests_total")],
    };
    let probe = form(
        say,
        &[
            ("name", "login-page"),
            ("kind", "probe-http"),
            ("url", "https://login.example.com/"),
            ("auth", "bearer"),
            ("status-min", "200"),
            ("status-max", "299"),
        ],
        &[],
    );
    vec![
        ("source-form", page(None, "Add a source", new, None).render().unwrap()),
        ("source-form-tested", page(Some(2), "Edit the source", edited, Some(fine)).render().unwrap()),
        ("source-form-probe", page(Some(3), "Edit the source", probe, None).render().unwrap()),
    ]
}
