//! Exclusions: list, one of them, and form; and the people who decide on them.

use super::{Say, form, shell};
use crate::view::exclusions::{
    EffectRow, EffectTable, ExclusionFormPage, ExclusionPage, ExclusionRow, ExclusionsPage, Outcome, Step,
};
use crate::view::people::{PeoplePage, PersonRow};
use crate::view::{Choice, Form, Help, Pager, Section, Tone};
use askama::Template;

fn effect(say: &Say) -> EffectTable {
    let row = |period: &str, refused: &[&str], with: (Tone, &str, &str)| EffectRow {
        objective: say.link("/objectives/1", "Payments succeed"),
        agreement: say.it("Checkout for Acme"),
        period: say.it(period),
        taken_out: say.it("2 h"),
        net: if refused.is_empty() { String::new() } else { say.it("1 h beyond other exclusions") },
        refused: refused.iter().map(|text| say.it(text)).collect(),
        without: Outcome { verdict: say.badge(Tone::Bad, "Missed"), sli: say.it("99.8731 %") },
        with: Outcome { verdict: say.badge(with.0, with.1), sli: say.it(with.2) },
        is_turned: with.0 == Tone::Good,
    };
    EffectTable {
        rows: vec![
            row("November 2026 so far", &[], (Tone::Good, "Met", "99.9412 %")),
            row("October 2026", &["2 h: not announced 2 d before"], (Tone::Bad, "Missed", "99.8731 %")),
        ],
        notes: vec![say.it("1 of 2 rows changes between met and missed.")],
    }
}

pub(super) fn exclusions(say: &Say) -> Vec<(&'static str, String)> {
    let row = |id, tone, state: &str, reason: &str, recurrence: &str| ExclusionRow {
        id,
        state: say.badge(tone, state),
        reason: say.it(reason),
        category: say.it("planned maintenance"),
        scope: say.it("Checkout for Acme"),
        first: say.it("2026-11-22 02:00 – 04:00 CET"),
        recurrence: if recurrence.is_empty() { String::new() } else { say.it(recurrence) },
        proposed_by: say.it("Ada Lovelace"),
    };
    let list = |rows: Vec<ExclusionRow>, state: &str| ExclusionsPage {
        shell: shell(say, "Exclusions", Section::Exclusions, Some(Help::EXCLUSIONS)),
        state: state.to_owned(),
        states: vec![Choice::new("proposed", say.it("Proposed (1)")), Choice::new("approved", say.it("Approved (12)"))],
        rows,
        pager: Pager { summary: say.it("1–25 of 31"), previous: None, next: Some("/exclusions?page=2".to_owned()) },
        can_edit: true,
    };
    let rows = vec![
        row(1, Tone::Busy, "Proposed", "Database moved to new hardware", ""),
        row(2, Tone::Good, "Approved", "Weekly patches of the operating system", "every week on Sunday"),
        row(3, Tone::Bad, "Rejected", "Provider had trouble with power", ""),
    ];
    let page = ExclusionPage {
        shell: shell(say, "Database moved", Section::Exclusions, Some(Help::EXCLUSIONS)),
        id: 1,
        reason: say.it("Database moved to new hardware"),
        state: say.badge(Tone::Busy, "Proposed"),
        seen: "proposed".to_owned(),
        verdict: say.it("It waits for an approver and takes nothing out until then. The table says what it would do."),
        facts: vec![say.fact("About", "Everything"), say.fact("When", "2026-11-22 02:00 – 04:00 CET")],
        next: vec![say.it("2026-11-22 02:00 – 04:00 CET")],
        history: vec![Step {
            what: say.it("Proposed"),
            who: say.it("by Ada Lovelace, 2026-11-21 08:00 CET"),
            remark: say.it("Agreed by telephone"),
        }],
        effect: effect(say),
        decisions: vec![Choice::new("approve", "Approve"), Choice::new("reject", "Reject")],
        form: form(say, &[("remark", "It was")], &[("remark", "Please say why.")]),
    };
    vec![
        ("exclusions", list(rows, "").render().unwrap()),
        ("exclusions-empty", list(Vec::new(), "").render().unwrap()),
        ("exclusions-none", list(Vec::new(), "approved").render().unwrap()),
        ("exclusion", page.render().unwrap()),
        ("exclusion-form", form_page(say, &[], true).render().unwrap()),
        ("exclusion-refused", form_page(say, &[("from", "Write day and time.")], false).render().unwrap()),
        ("people", people(say).render().unwrap()),
    ]
}

fn form_page(say: &Say, problems: &[(&str, &str)], shows_effect: bool) -> ExclusionFormPage {
    let values = [
        ("reason", "Database moved to new hardware"),
        ("zone", "Europe/Berlin"),
        ("from", "2026-11-22 02:00"),
        ("to", "2026-11-22 04:00"),
        ("rule", "FREQ=WEEKLY;BYDAY=SU"),
    ];
    ExclusionFormPage {
        shell: shell(say, "Propose an exclusion", Section::Exclusions, Some(Help::EXCLUSIONS)),
        form: form(say, &values, problems),
        scopes: vec![Choice::new("all", say.it("Everything")), Choice::new("service-1", say.it("Service: checkout"))],
        categories: vec![Choice::new("planned_maintenance", say.it("Planned maintenance"))],
        zones: vec!["Europe/Berlin".to_owned()],
        understood: vec![
            say.fact("When", "2026-11-22 02:00 – 04:00 CET"),
            say.fact("Comes back", "every week on Sunday"),
        ],
        effect: shows_effect.then(|| effect(say)),
    }
}

fn people(say: &Say) -> PeoplePage {
    let row = |id, name: &str, role: &str, has_access| PersonRow {
        id,
        name: say.it(name),
        email: say.it("ada@example.com"),
        role: role.to_owned(),
        since: say.it("2026-11-21"),
        is_self: id == 1,
        has_access,
    };
    PeoplePage {
        shell: shell(say, "People", Section::People, Some(Help::PEOPLE)),
        rows: vec![
            row(1, "Ada Lovelace", "admin", true),
            row(2, "Bo", "approver", true),
            row(3, "Eve", "editor", false),
        ],
        roles: ["viewer", "editor", "approver", "admin"].map(|word| Choice::new(word, say.it(word))).to_vec(),
        form: Form::default(),
    }
}
