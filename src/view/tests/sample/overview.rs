//! The overview: full, narrowed to nothing, and on the first day.

use super::{Say, shell};
use crate::view::overview::{FirstSteps, ObjectiveRow, Order, OverviewFilter, OverviewPage, Since, Sort, StatusCount};
use crate::view::{BudgetBar, Choice, Help, Pager, Section, Status, Tone};
use askama::Template;

fn sparkline(points: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" class=\"chart\" viewBox=\"0 0 96 24\" width=\"96\" height=\"24\">\
         <title>Trend</title><path fill=\"none\" stroke=\"var(--chart-1,#1f6feb)\" stroke-width=\"1.5\" d=\"{points}\"/></svg>"
    )
}

struct Numbers(&'static str, &'static str, Option<i64>, &'static str, &'static str, &'static str, &'static str);

fn row(say: &Say, id: i64, status: Status, names: (&str, &str, &str), numbers: &Numbers) -> ObjectiveRow {
    let Numbers(sli, target, permille, remaining, time, burn, gone) = *numbers;
    ObjectiveRow {
        group: (id == 3).then(|| say.it(names.1)),
        id,
        name: say.it(names.0),
        kind: say.it("Availability"),
        service: say.it(names.1),
        agreement_id: 3,
        agreement: say.it(names.2),
        status,
        since: Some(Since { held: say.it("for 3 d 4 h"), at: say.it("since 2026-11-18 03:12 CET") }),
        sli: say.it(sli),
        target: say.it(target),
        window: say.it(if id % 2 == 0 { "November 2026" } else { "30 days" }),
        bar: BudgetBar { remaining_permille: permille, status },
        remaining: say.it(remaining),
        remaining_time: say.it(time),
        burn_rate: say.it(burn),
        burn_tone: match status {
            Status::Breached => Some(Tone::Bad),
            Status::AtRisk => Some(Tone::Warn),
            Status::Meeting | Status::NoData => None,
        },
        exhaustion: say.it(gone),
        coverage: say.it(if id == 4 { "71.3 %" } else { "100 %" }),
        coverage_is_low: id == 4,
        is_estimated: id == 5,
        sparkline: (status != Status::NoData).then(|| sparkline("M0 6l12 1 12-2 12 9 12-8 12 1 12 11 12-9 12 1")),
    }
}

pub(super) fn rows(say: &Say) -> Vec<ObjectiveRow> {
    use Status::{AtRisk, Breached, Meeting, NoData};
    let acme = "Checkout for Acme";
    let all = [
        (
            Breached,
            ("Payments succeed", "payments", acme),
            Numbers("99.712 %", "99.9 %", Some(-1880), "−188 %", "2 h 04 min over", "18.2×", "exhausted"),
        ),
        (
            Breached,
            ("Search answers", "search", "Storefront, internal"),
            Numbers("99.871 %", "99.9 %", Some(-290), "−29 %", "12 min over", "1.3×", "exhausted"),
        ),
        (
            AtRisk,
            ("Checkout is fast", "checkout", acme),
            Numbers("95.31 %", "95 %", Some(62), "6.2 %", "2 h 13 min left", "3.9×", "in 11 h"),
        ),
        (
            AtRisk,
            ("Login is reachable from the eastern region, by probe", "identity", "Platform for Globex GmbH & Co. KG"),
            Numbers("99.62 %", "99.5 %", Some(241), "24.1 %", "52 min left", "2.4×", "in 3 days"),
        ),
        (
            Meeting,
            ("Few payments fail", "payments", acme),
            Numbers("0.041 %", "≤ 0.1 %", Some(590), "59 %", "25 min left", "0.4×", "not at this rate"),
        ),
        (
            Meeting,
            ("Checkout succeeds", "checkout", acme),
            Numbers("99.998 %", "99.9 %", Some(982), "98.2 %", "42 min left", "0×", "not at this rate"),
        ),
        (
            NoData,
            ("Ledger export is up", "ledger", "Storefront, internal"),
            Numbers("no data", "99.5 %", None, "unknown", "", "–", "unknown"),
        ),
    ];
    all.iter().zip(1..).map(|((status, names, numbers), id)| row(say, id, *status, *names, numbers)).collect()
}

pub(super) fn overview(say: &Say) -> Vec<(&'static str, String)> {
    let page = |filter: OverviewFilter, rows: Vec<ObjectiveRow>, first: Option<FirstSteps>| OverviewPage {
        shell: shell(say, "Overview", Section::Overview, Some(Help::OVERVIEW)),
        counts: Status::ALL
            .iter()
            .zip(["2", "2", "2", "1"])
            .map(|(s, n)| StatusCount { status: *s, count: n.to_owned() })
            .collect(),
        services: ["checkout", "identity", "ledger", "payments", "search"].map(|s| say.it(s)).to_vec(),
        customers: vec![say.it("Acme"), say.it("Globex")],
        owners: vec![say.it("Platform"), say.it("Shop team")],
        agreements: vec![
            Choice::new("3", say.it("Checkout for Acme")),
            Choice::new("4", say.it("Platform for Globex")),
        ],
        pager: Pager { summary: say.it("1–7 of 57"), previous: None, next: Some(filter.page_href(2)) },
        judged_at: say.it("07:12 UTC"),
        heads: filter.heads(),
        filter,
        rows,
        first,
    };
    let nothing = OverviewFilter { q: say.it("ledgre"), status: Some(Status::AtRisk), ..OverviewFilter::default() };
    let sorted = OverviewFilter {
        order: Order { by: Sort::Burn, is_reversed: false },
        hides_meeting: true,
        ..OverviewFilter::default()
    };
    let steps = |has_source: bool, has_data, agreement, can_edit| {
        let source = has_source.then_some(2001);
        Some(FirstSteps { source, has_data, agreement, has_report: false, can_edit })
    };
    let all = OverviewFilter::default;
    vec![
        ("overview", page(all(), rows(say), None).render().unwrap()),
        ("overview-sorted", page(sorted, rows(say), None).render().unwrap()),
        ("overview-no-match", page(nothing, Vec::new(), None).render().unwrap()),
        ("overview-third", page(all(), rows(say), steps(true, true, Some(4000), true)).render().unwrap()),
        ("overview-second", page(all(), Vec::new(), steps(true, false, None, true)).render().unwrap()),
        ("overview-first", page(all(), Vec::new(), steps(false, false, None, true)).render().unwrap()),
        ("overview-viewer", page(all(), Vec::new(), steps(false, false, None, false)).render().unwrap()),
    ]
}
