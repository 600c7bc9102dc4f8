//! Schedules: list, one of them, form; and the outbox.

use super::{Say, form, shell};
use crate::view::schedules::{
    DeliveriesPage, OutboxRow, RunRow, ScheduleFormPage, SchedulePage, ScheduleRow, SchedulesPage,
};
use crate::view::{Choice, Form, Help, Pager, Section, Shell, Tone};
use askama::Template;

fn around(say: &Say, title: &str) -> Shell {
    shell(say, title, Section::Reports, Some(Help::SCHEDULES))
}

pub(super) fn schedules(say: &Say) -> Vec<(&'static str, String)> {
    let row = |id: i64, name: &str, about: &str, tone, word: &str, next: &str| ScheduleRow {
        link: say.link(&format!("/schedules/{id}"), name),
        state: say.badge(tone, word),
        about: say.it(about),
        when: say.it("Each week, at 08:00 after the period"),
        recipients: say.it("3"),
        next: say.it(next),
        next_about: if next == "–" { String::new() } else { say.it("week 47, 16 to 22 Nov 2026") },
    };
    let rows = vec![
        row(
            17_000,
            "Weekly for Acme",
            "all agreements with Acme, as one pack",
            Tone::Good,
            "Live",
            "2026-11-23 08:00 CET",
        ),
        row(17_001, "Checkout", "Checkout for Acme", Tone::Idle, "Paused", "–"),
    ];
    let list = |rows| SchedulesPage { shell: around(say, "Schedules"), rows, is_off: true, can_edit: true };
    let mut all = vec![
        ("schedules", list(rows).render().unwrap()),
        ("schedules-first", list(Vec::new()).render().unwrap()),
        ("schedule", one(say).render().unwrap()),
    ];
    all.extend(forms(say));
    all.extend(deliveries(say));
    all
}

fn one(say: &Say) -> SchedulePage {
    let run = |period: &str, tone, word: &str, note: &str| RunRow {
        period: say.it(period),
        state: say.badge(tone, word),
        due_at: say.it("2026-11-16 08:00 CET"),
        done_at: say.it("2026-11-16 08:01 CET"),
        note: if note.is_empty() { String::new() } else { say.it(note) },
    };
    SchedulePage {
        shell: around(say, "Weekly for Acme"),
        id: 17_000,
        state: say.badge(Tone::Good, "Live"),
        next: say.it("Next: the report of week 47, 16 to 22 Nov 2026, 2026-11-23 08:00 CET (in 2 days)."),
        facts: vec![say.fact("Whose reports", "all agreements with Acme"), say.fact("Attached", "CSV, JSON")],
        runs: vec![
            run("Week 46", Tone::Good, "Mailed", "without Search for Acme, not ready in time"),
            run("Week 45", Tone::Idle, "Not mailed", ""),
        ],
        is_paused: false,
        can_edit: true,
        form: form(say, &[("to", "ada@example.com")], &[("to", "Please write one e-mail address.")]),
    }
}

fn forms(say: &Say) -> Vec<(&'static str, String)> {
    let page = |id, form: Form| ScheduleFormPage {
        shell: around(say, "New schedule"),
        id,
        form,
        scopes: vec![Choice::new("house", "All agreements"), Choice::new("customer:Acme", say.it("With Acme"))],
        periods: vec![Choice::new("", "as its agreement reports"), Choice::new("week", "each week")],
        verdicts: vec![Choice::new("always", "Always"), Choice::new("breach", "Only if something was missed")],
        zones: vec!["Europe/Berlin".to_owned(), "UTC".to_owned()],
    };
    let values = [
        ("scope", "house"),
        ("name", "Weekly for Acme"),
        ("time", "8 o'clock"),
        ("zone", "Europe/Berlin"),
        ("recipients", "ada@example.com"),
        ("prefix", "[SLA]"),
    ];
    let mut refused =
        form(say, &values, &[("time", "Write the time as 08:00."), ("recipients", "Write at least one.")]);
    refused.set("when", "at");
    refused.set("csv", "yes");
    vec![
        ("schedule-new", page(None, refused).render().unwrap()),
        ("schedule-edit", page(Some(17_000), form(say, &values, &[])).render().unwrap()),
    ]
}

fn deliveries(say: &Say) -> Vec<(&'static str, String)> {
    let row = |to: &str, tone, word: &str, answer: &str, retry: Option<&str>| OutboxRow {
        recipient: say.it(to),
        about: say.link("/reports/14", "[Nines] Breached: Checkout for Acme, week 2026-W46 – 2 of 4 objectives missed"),
        state: say.badge(tone, word),
        attempts: say.it("2"),
        at: say.it("2026-11-16 01:11 UTC"),
        answer: say.it(answer),
        retry: retry.map(str::to_owned),
    };
    let rows = vec![
        row("gone@acme.example", Tone::Bad, "Given up", "550 5.1.1 No such user", Some("/deliveries/7001/retry")),
        row("ada@example.com", Tone::Good, "Sent", "250 2.0.0 Ok: queued as 4XbT2k", None),
    ];
    let page = |rows: Vec<OutboxRow>, state: &str, off: &str| DeliveriesPage {
        shell: shell(say, "Deliveries", Section::Reports, Some(Help::DELIVERIES)),
        summary: say.it("12 sent, 0 waiting, 1 was given up."),
        off: if off.is_empty() { String::new() } else { say.it(off) },
        rows,
        state: state.to_owned(),
        states: vec![Choice::new("dead", "Given up"), Choice::new("queued", "Waiting"), Choice::new("sent", "Sent")],
        pager: Pager { summary: say.it("1–2 of 13"), previous: None, next: Some("/deliveries?page=2".to_owned()) },
    };
    vec![
        ("deliveries", page(rows, "", "").render().unwrap()),
        ("deliveries-none", page(Vec::new(), "dead", "No mail server is set.").render().unwrap()),
        ("deliveries-first", page(Vec::new(), "", "").render().unwrap()),
    ]
}
