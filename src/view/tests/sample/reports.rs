//! Reports: list, one of them, and preview.

use super::objective::drawing;
use super::{Say, shell};
use crate::view::reports::{
    ComparePage, ComparedReport, ComparedRow, DeliveryRow, PreviewPage, RemovedPage, ReportPage, ReportRow, ReportsPage,
};
use crate::view::{Badge, Choice, Fact, Form, Help, Pager, Section, Status, Tone};
use askama::Template;

pub(super) fn report_rows(say: &Say) -> Vec<ReportRow> {
    let row = |id: i64, period: &str, status, met: &str, is_provisional, tone, mail: &str| ReportRow {
        id,
        number: say.it(&format!("no. {id}")),
        period: say.it(period),
        agreement: say.link("/agreements/3", "Checkout for Acme"),
        status,
        met: (id != 12).then(|| say.it(met)),
        is_provisional,
        made_at: say.it("16 Nov 2026, 01:10"),
        delivery: say.badge(tone, mail),
    };
    vec![
        row(14, "Week 46, 9 to 15 Nov 2026", Status::Breached, "2 of 4", true, Tone::Busy, "2 of 3 sent"),
        row(13, "Week 45, 2 to 8 Nov 2026", Status::Meeting, "4 of 4", false, Tone::Good, "3 of 3 sent"),
        row(12, "Week 44, 26 Oct to 1 Nov 2026", Status::NoData, "0 of 4", false, Tone::Bad, "given up"),
    ]
}

/// Stands for what the report module renders, in its own markup.
fn fragment() -> String {
    let table = "<div class=\"scroll\" role=\"region\" aria-label=\"Objectives\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Objective</th><th scope=\"col\">Service</th><th scope=\"col\">Status</th><th scope=\"col\" class=\"num\">Target</th><th scope=\"col\" class=\"num\">Measured</th><th scope=\"col\" class=\"num\">Budget</th></tr></thead><tbody><tr><th scope=\"row\"><a href=\"#objective-1\">Payments succeed</a></th><td>payments</td><td><span class=\"mark bad\"><span aria-hidden=\"true\">◆</span> Breached</span></td><td class=\"num\">99.9 %</td><td class=\"num\">99.712 %</td><td class=\"num\">−188 %</td></tr></tbody></table></div>";
    format!(
        "<section class=\"report\" aria-label=\"Report\"><div class=\"report-verdict bad\"><p><span class=\"mark bad\"><span aria-hidden=\"true\">◆</span> Breached</span></p><p class=\"report-sentence\">1 of 1 objectives was missed.</p></div>\
         <dl class=\"facts\"><div><dt>Customer</dt><dd>Acme</dd></div><div><dt>Period</dt><dd>9 to 15 Nov 2026</dd></div></dl><h2>Objectives</h2>{table}\
         <section class=\"report-objective\" id=\"objective-1\" aria-labelledby=\"objective-1-name\"><h2 id=\"objective-1-name\">Payments succeed</h2><p><span class=\"mark bad\"><span aria-hidden=\"true\">◆</span> Breached</span> payments</p><figure class=\"chart\">{}</figure><details><summary>Where the numbers come from</summary><pre><code>http_requests_total</code></pre></details></section></section>",
        drawing("sli")
    )
}

fn compared(say: &Say) -> ComparePage {
    let report = |href: &str, text: &str, status| ComparedReport {
        link: say.link(href, text),
        status,
        made_at: say.it("made 16 Nov 2026, 01:10"),
    };
    let row = |what: &str, first: &str, second: &str, differs| ComparedRow {
        what: say.it(what),
        first: say.it(first),
        second: say.it(second),
        differs,
    };
    ComparePage {
        shell: shell(say, "Two reports side by side", Section::Reports, Some(Help::REPORTS)),
        reports: [
            report("/reports/13", "Checkout for Acme: week 45, revision 1, no. 13", Status::Meeting),
            report("/reports/14", "Checkout for Acme: week 46, revision 1, no. 14", Status::Breached),
        ],
        rows: vec![
            row("Payments succeed: good", "998,997", "999,001", true),
            row("Payments succeed: target", "99.9 %", "99.9 %", false),
        ],
        shows_alike: true,
        alike: say.it("12 further claims are made alike by both."),
        other: say.link("/reports/compare?a=13&b=14&all=yes", "Show what is alike too"),
        exchanged: "/reports/compare?a=14&b=13".to_owned(),
    }
}

fn shown(say: &Say) -> ReportPage {
    let delivery = |to: &str, state: Badge, answer: &str| DeliveryRow {
        recipient: say.it(to),
        state,
        attempts: say.it("2"),
        answer: say.it(answer),
        at: say.it("16 Nov 2026, 01:11"),
        retry: to.starts_with("sla").then(|| "/reports/14/deliveries/8000/retry".to_owned()),
    };
    let mut refused = Form::default();
    refused.set("reason", say.it("A sensor was wrong"));
    refused.refuse("reason", say.it("This is too long; 500 characters are allowed."));
    ReportPage {
        shell: shell(say, "Checkout for Acme: week 46, 2026", Section::Reports, Some(Help::REPORTS)),
        id: 14,
        title: say.it("Checkout for Acme: week 46, 2026"),
        agreement: say.link("/agreements/3", "Checkout for Acme"),
        status: Status::Breached,
        badges: vec![say.badge(Tone::Busy, "Provisional"), say.badge(Tone::Warn, "Correction")],
        superseded: Some(say.link("/reports/15", "Revision 3, no. 15, made 17 Nov 2026, 09:12")),
        revisions: vec![
            say.link("/reports/13", "Revision 1, provisional, no. 13, made 16 Nov 2026, 01:10"),
            say.link("/reports/14", "Revision 2, no. 14, made 16 Nov 2026, 02:10"),
        ],
        is_signed: true,
        slices: "/agreements/3/slices.csv?period=2026-W46".to_owned(),
        others: vec![Choice::new("13", say.it("Week 45, 2 to 8 Nov 2026, revision 1, no. 13"))],
        made_at: say.it("Made 16 Nov 2026, 01:10, Europe/Berlin, from data settled until 16 Nov, 00:58."),
        fragment: fragment(),
        deliveries: vec![
            delivery("ada@example.com", say.badge(Tone::Good, "Sent"), "250 2.0.0 Ok: queued as 4XbT2k"),
            delivery(
                "sla@acme.example",
                say.badge(Tone::Warn, "Trying again"),
                "451 4.7.1 Greylisted, try again in five minutes",
            ),
        ],
        can_send: true,
        can_correct: true,
        form: refused,
    }
}

fn removed(say: &Say, shown: &ReportPage) -> RemovedPage {
    let fact = |label: &str, value: &str| Fact::new(say.it(label), say.it(value));
    RemovedPage {
        shell: shell(say, "Checkout for Acme: week 46, 2026", Section::Reports, Some(Help::REPORTS)),
        id: 14,
        title: shown.title.clone(),
        agreement: shown.agreement.clone(),
        badge: say.badge(Tone::Idle, "Removed"),
        sentence: say.it("Report no. 14 was removed under the agreement’s retention on 16 Nov 2027."),
        facts: vec![
            fact("Number", "14"),
            fact("SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ],
        is_signed: true,
        deliveries: shown.deliveries.clone(),
    }
}

pub(super) fn reports(say: &Say) -> Vec<(&'static str, String)> {
    let list = |rows: Vec<ReportRow>, agreements: Vec<Choice>| ReportsPage {
        shell: shell(say, "Reports", Section::Reports, Some(Help::REPORTS)),
        agreement: "3".to_owned(),
        agreements,
        customer: say.it("Acme & Söhne"),
        customers: vec![say.it("Acme & Söhne"), say.it("Globex")],
        period: say.it("2026-W4"),
        verdict: "breached".to_owned(),
        verdicts: vec![Choice::new("breached", "Breached"), Choice::new("met", "Meeting")],
        archive: Some("/reports/archive.zip?customer=Acme+%26+S%C3%B6hne".to_owned()),
        rows,
        pager: Pager {
            summary: say.it("1–3 of 14"),
            previous: Some("/reports?page=1".to_owned()),
            next: Some("/reports?page=3".to_owned()),
        },
    };
    let choices = vec![Choice::new("3", say.it("Checkout for Acme")), Choice::new("4", say.it("Platform for Globex"))];
    let shown = shown(say);
    let preview = PreviewPage {
        shell: shell(say, "Preview of the report", Section::Agreements, Some(Help::REPORTS)),
        agreement_id: 3,
        agreement: say.it("Checkout for Acme"),
        period: "2026-W46".to_owned(),
        period_label: say.it("week 46, 2026"),
        periods: vec![Choice::new("2026-W47", say.it("Week 47, so far")), Choice::new("2026-W46", say.it("Week 46"))],
        is_provisional: false,
        final_report: Some(say.link("/reports/14", "revision 2, no. 14")),
        fragment: fragment(),
        recipients: vec![say.it("ada@example.com"), say.it("sla@acme.example")],
        can_send: true,
    };
    vec![
        ("reports", list(report_rows(say), choices.clone()).render().unwrap()),
        ("reports-empty", list(Vec::new(), choices).render().unwrap()),
        ("reports-first", list(Vec::new(), Vec::new()).render().unwrap()),
        ("report", shown.clone().render().unwrap()),
        ("report-removed", removed(say, &shown).render().unwrap()),
        (
            "report-unsent",
            ReportPage {
                deliveries: Vec::new(),
                badges: Vec::new(),
                can_send: false,
                can_correct: false,
                form: Form::default(),
                superseded: None,
                revisions: Vec::new(),
                is_signed: false,
                ..shown
            }
            .render()
            .unwrap(),
        ),
        ("preview", preview.render().unwrap()),
        ("compare", compared(say).render().unwrap()),
    ]
}
