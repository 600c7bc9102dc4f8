//! Exclusions: list, one of them, and form.

use super::{Say, form, shell};
use crate::view::exclusions::{EffectRow, EffectTable, ExclusionFormPage, ExclusionPage, ExclusionRow, ExclusionsPage};
use crate::view::{Choice, Form, Help, Pager, Section, Tone};
use askama::Template;

fn effect(say: &Say) -> EffectTable {
    let row = |name: &str, refused: &str| EffectRow {
        objective: say.link("/objectives/1", name),
        agreement: say.it("Checkout for Acme"),
        period: say.it("November 2026"),
        taken_out: say.it("1 h 30 min (0.21 %)"),
        refused: if refused.is_empty() { String::new() } else { say.it(refused) },
        sli_without: say.it("98.2 %"),
        without: say.badge(Tone::Bad, "missed"),
        sli_with: say.it("99.93 %"),
        with: say.badge(Tone::Good, "met"),
    };
    EffectTable {
        sentence: say.it("It changes 2 of 2 judgements; in 2 it decides whether the target is met."),
        rows: vec![row("Payments succeed", ""), row("Checkout is fast", "30 min over the cap")],
        left_off: say.it("Only the first 50 objectives are shown; it holds 3 more."),
    }
}

pub(super) fn exclusions(say: &Say) -> Vec<(&'static str, String)> {
    let shell = |title: &str| shell(say, title, Section::Exclusions, Some(Help::EXCLUSIONS));
    let row = |id, back: &str| ExclusionRow {
        id,
        state: say.badge(Tone::Busy, "Proposed"),
        reason: say.it("New database for the shop"),
        category: say.it("planned maintenance"),
        scope: say.it("the agreement Checkout for Acme"),
        when: say.it("2026-11-22 02:00 – 04:00 CET"),
        comes_back: if back.is_empty() { String::new() } else { say.it(back) },
        proposed: say.it("Ada Lovelace, 2026-11-19 08:00 CET"),
    };
    let list = |rows: Vec<ExclusionRow>, state: &str| ExclusionsPage {
        shell: shell("Exclusions"),
        rows,
        state: state.to_owned(),
        states: vec![Choice::new("proposed", say.it("Proposed")), Choice::new("approved", say.it("Approved"))],
        pager: Pager { summary: say.it("1–2 of 2"), previous: None, next: None },
        can_edit: true,
    };
    let shown = ExclusionPage {
        shell: shell("New database for the shop"),
        id: 12_000,
        state: say.badge(Tone::Busy, "Proposed"),
        verdict: say.it("It waits for an approver or an admin, and takes nothing out until then."),
        alone: say.it("The same person proposed and approved this."),
        facts: vec![say.fact("About", "the agreement Checkout for Acme"), say.fact("Comes back", "no")],
        effect: Some(effect(say)),
        seen: "proposed".to_owned(),
        form: form(say, &[("remark", "as agreed")], &[("remark", "Please shorten the remark.")]),
        can_decide: true,
        can_withdraw: true,
    };
    let page = |form: Form, understood: String, effect: Option<EffectTable>| ExclusionFormPage {
        shell: shell("Propose an exclusion"),
        form,
        scopes: vec![
            Choice::new("all", say.it("Everything")),
            Choice::new("agreement:4000", say.it("Agreement: Gold")),
        ],
        categories: vec![Choice::new("planned_maintenance", say.it("planned maintenance"))],
        zones: vec!["Europe/Berlin".to_owned(), "UTC".to_owned()],
        understood,
        effect,
    };
    let typed = [
        ("scope", "agreement:4000"),
        ("category", "planned_maintenance"),
        ("reason", "New database for the shop"),
        ("zone", "Europe/Berlin"),
        ("from", "2026-11-22 02:00"),
        ("to", "2026-11-22 04:00"),
        ("rule", "FREQ=SECONDLY"),
    ];
    let refused = form(say, &typed, &[("rule", "FREQ=SECONDLY is too often."), ("scope", "Please choose.")]);
    let understood = say.it("Understood: 2026-11-22 02:00 – 04:00 CET, 2 h, every week on Sunday.");
    vec![
        ("exclusions", list(vec![row(12_001, "every week on Sunday"), row(12_000, "")], "").render().unwrap()),
        ("exclusions-empty", list(Vec::new(), "").render().unwrap()),
        ("exclusions-none", list(Vec::new(), "rejected").render().unwrap()),
        ("exclusion", shown.clone().render().unwrap()),
        (
            "exclusion-over",
            ExclusionPage { effect: None, can_decide: false, can_withdraw: false, form: Form::default(), ..shown }
                .render()
                .unwrap(),
        ),
        ("exclusion-form", page(form(say, &typed, &[]), understood, Some(effect(say))).render().unwrap()),
        ("exclusion-form-refused", page(refused, String::new(), None).render().unwrap()),
    ]
}
