//! Links, badges, and what strangers see behind them.

use super::agreements::{past, whole};
use super::{Say, form, outside, shell};
use crate::view::shares::{
    BadgePage, ClosedPage, LinkRow, LinksPage, SheetObjective, SheetPage, SheetReport, Snippets,
};
use crate::view::{Badge, Form, Help, Progress, Section, Shell, Status, Tone};
use askama::Template;

pub(super) fn shares(say: &Say) -> Vec<(&'static str, String)> {
    let row = |id, shows: &str, note: &str, is_open| LinkRow {
        id,
        shows: say.it(shows),
        note: if note.is_empty() { String::new() } else { say.it(note) },
        made_by: say.it("Ada Lovelace"),
        made_at: say.it("2026-11-21 07:00 UTC"),
        expires: say.it("2027-02-20 00:00 UTC"),
        used: say.it("never"),
        state: if is_open { Badge::new(Tone::Good, "Open") } else { say.badge(Tone::Idle, "Revoked 2026-11-22") },
        is_open,
    };
    let links = LinksPage {
        shell: shell(say, "Links to share Checkout for Acme", Section::Agreements, Some(Help::SHARING)),
        id: 3,
        name: say.it("Checkout for Acme"),
        rows: vec![
            row(16_001, "The sheet", "Acme, Ms Jones", true),
            row(16_000, "Badge of Payments succeed", "", false),
        ],
        form: form(say, &[("until", "2025-01-01"), ("note", "Acme")], &[("until", "2025-01-01 is over.")]),
        made: Some(say.it("https://nines.example/shared/0123456789abcdef")),
        can_edit: true,
    };
    let none = LinksPage { rows: Vec::new(), form: Form::default(), made: None, can_edit: false, ..links.clone() };
    let badge = BadgePage {
        shell: shell(say, "Badge of Payments succeed", Section::Overview, Some(Help::SHARING)),
        id: 5,
        name: say.it("Payments succeed"),
        agreement_id: 3,
        rows: vec![row(16_000, "Badge of Payments succeed", "README", true)],
        form: Form::default(),
        made: Some(Snippets::new("https://nines.example", "/badges/abc.svg".to_owned(), &say.it("Payments succeed"))),
        can_edit: true,
    };
    let empty = BadgePage { rows: Vec::new(), made: None, can_edit: false, ..badge.clone() };
    let message = say.it("It may have expired or been revoked.");
    let closed = ClosedPage { shell: outside(say, "This link shows nothing"), message };
    let bare = SheetPage {
        objectives: Vec::new(),
        past: Vec::new(),
        reports: Vec::new(),
        whole: crate::view::assessment::WholeView::default(),
        ..sheet(say)
    };
    vec![
        ("links", links.render().unwrap()),
        ("links-none", none.render().unwrap()),
        ("badge", badge.render().unwrap()),
        ("badge-none", empty.render().unwrap()),
        ("shared-sheet", sheet(say).render().unwrap()),
        ("shared-sheet-bare", bare.render().unwrap()),
        ("shared-closed", closed.render().unwrap()),
    ]
}

fn sheet(say: &Say) -> SheetPage {
    let objective = |name: &str, status, outlook: &str| SheetObjective {
        name: say.it(name),
        promise: say.it("Promised: at least 99.9 % of requests succeed, in each calendar month."),
        status,
        sli: say.it("99.871 %"),
        target: say.it("99.9 %"),
        outlook: (!outlook.is_empty()).then(|| say.it(outlook)),
    };
    SheetPage {
        shell: Shell::default().page(say.it("Checkout for Acme"), Section::Elsewhere, None),
        path: "/shared/abc".to_owned(),
        name: say.it("Checkout for Acme"),
        customer: say.it("Acme"),
        until: say.it("2027-02-20 00:00 CET"),
        judged: say.it("2026-11-21 07:00 CET"),
        status: Status::Breached,
        terms: vec![say.fact("Customer", "Acme"), say.fact("Judged by", "calendar month")],
        current_label: say.it("November 2026"),
        current_verdict: say.it("2 of 4 measured objectives are met."),
        current_progress: Progress { done_permille: 690, text: say.it("20 of 30 days have passed") },
        whole: whole(say).without_links(),
        objectives: vec![
            objective("Payments succeed", Status::Breached, "Will be missed"),
            objective("Checkout is fast", Status::Meeting, "Met with > 99 %"),
            objective("Search answers", Status::AtRisk, "Met with 61 %"),
            objective("Nightly export", Status::NoData, ""),
        ],
        past: past(say),
        reports: vec![SheetReport {
            id: 9,
            period: say.it("October 2026"),
            number: say.it("#9"),
            status: Status::Meeting,
            met: Some(say.it("4 of 4")),
            made_at: say.it("2026-11-01 06:00 CET"),
            is_provisional: true,
        }],
    }
}
