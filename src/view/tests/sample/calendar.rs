//! A month in which every kind of day occurs.

use super::{Say, shell};
use crate::domain::day::DayVerdict;
use crate::view::calendar::{CalendarPage, DayCell, Month};
use crate::view::{DataTable, Help, Section};

pub(super) fn calendar(say: &Say) -> CalendarPage {
    let day = |number: usize, verdict: DayVerdict| DayCell {
        number: number.to_string(),
        verdict,
        used: say.it(if verdict == DayVerdict::Missed { ">999 %" } else { "12 %" }),
        words: say.it("3 November 2026: missed, by Checkout answers, 1,204 % of the day’s budget used"),
        href: (verdict != DayVerdict::Ahead).then(|| "/objectives/1?from=2026-11-03&to=2026-11-03".to_owned()),
    };
    let week = DayVerdict::ALL.iter().enumerate().map(|(at, verdict)| Some(day(at + 2, *verdict))).collect();
    let first = vec![None, None, None, None, None, None, Some(day(1, DayVerdict::Met))];
    CalendarPage {
        shell: shell(say, "Checkout answers, 2026", Section::Overview, Some(Help::OBJECTIVE)),
        crumbs: vec![say.link("/agreements/3", "Checkout for Acme"), say.link("/objectives/1", "Checkout answers")],
        name: say.it("Checkout answers"),
        path: "/objectives/1/calendar".to_owned(),
        year: "2026".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        verdict: say.it("34 days were measured: 31 met the target, 3 missed it."),
        rule: say.it("A day is missed if any objective missed it."),
        previous: Some("/objectives/1/calendar?year=2025".to_owned()),
        next: None,
        months: vec![Month { name: "November 2026".to_owned(), weeks: vec![first, week] }],
        table: DataTable {
            head: ["Day", "Verdict", "Measured", "Budget used"].map(str::to_owned).to_vec(),
            rows: vec![vec!["2026-11-02".to_owned(), say.it("Missed"), "99.1 %".to_owned(), "1,204 %".to_owned()]],
        },
    }
}
