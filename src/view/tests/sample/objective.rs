//! One objective in trouble, and one that is quiet.

use super::{Say, form, shell};
use crate::view::baseline::BaselineSection;
use crate::view::happened::{HappenedRow, HappenedSection, NoteKeyRow, NoteKeysPage};
use crate::view::objective::{
    Alert, Behind, BurnRate, Chart, Comparison, ComparisonRow, Finding, MethodRow, ObjectivePage, OutageRow, PlotRow,
    PlotTable, RangePreset, Step, Tile, WorstSlice,
};
use crate::view::plot::Drawing;
use crate::view::{Badge, BudgetBar, Choice, Field, Help, Progress, Section, Status, Tone};

/// Stands for what the chart module draws.
pub(super) fn drawing(title: &str) -> String {
    let tick = |x: i32, y: i32, text: &str| {
        format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"12\" fill=\"var(--chart-text,#555)\" stroke=\"none\">{text}</text>"
        )
    };
    let ticks =
        [tick(8, 24, "100 %"), tick(8, 112, "99.8"), tick(60, 212, "23 Oct"), tick(630, 212, "13 Nov")].concat();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" class=\"chart\" viewBox=\"0 0 920 220\" width=\"100%\">\
         <title>{title}</title><g fill=\"none\" stroke-width=\"2\">\
         <path stroke=\"var(--chart-grid,#ddd)\" d=\"M52 20h860m-860 88h860m-860 88h860\"/>\
         <path stroke=\"none\" fill=\"var(--chart-outage,#d1372c)\" fill-opacity=\".18\" d=\"M405 14v176h40v-176z\"/>\
         <path stroke=\"var(--chart-rule,#8a5200)\" stroke-dasharray=\"6 4\" d=\"M52 90h860\"/>\
         <path stroke=\"var(--chart-2,#0f8577)\" stroke-dasharray=\"7 3\" d=\"M52 50h300l60 60h500\"/>\
         <path stroke=\"var(--chart-1,#1f6feb)\" d=\"M52 30l180 4 120-3 50 120 30-10 30-110 180 2 120 20 110-8\"/>{ticks}</g></svg>"
    )
}

fn chart(say: &Say, id: &str, title: &str, summary: &str) -> Chart {
    let days = (1..=30).map(|day| PlotRow {
        span: (29_876_840 + (day - 1) * 1_440, 29_876_840 + day * 1_440),
        cells: vec![say.it(&format!("{day} Nov")), say.it("99.982 %"), say.it("41,204"), say.it("7")],
        marked: if day == 13 { say.it("Outage; Deploy: version 4.2") } else { String::new() },
    });
    Chart {
        id: id.to_owned(),
        title: say.it(title),
        summary: say.it(summary),
        drawing: Drawing { page: drawing(id), phone: drawing(id) },
        table: PlotTable {
            span: (29_876_840, 29_920_040),
            head: ["Day", "SLI", "Events", "Bad"].map(|h| say.it(h)).to_vec(),
            rows: days.collect(),
            is_marked: true,
            file: say.link("/objectives/1.csv?range=30d&step=day", "The counts by day as CSV"),
        },
    }
}

fn tile(say: &Say, label: &str, value: &str, notes: &[&str], tone: Option<Tone>) -> Tile {
    Tile {
        label: say.it(label),
        value: say.it(value),
        notes: notes.iter().map(|note| say.it(note)).collect(),
        tone,
        link: None,
    }
}

fn rate(say: &Say, [window, rate, limit]: [&str; 3], tone: Option<Tone>) -> BurnRate {
    BurnRate { window: say.it(window), rate: say.it(rate), limit: say.it(limit), tone }
}

fn outages(say: &Say) -> Vec<OutageRow> {
    let outage = |from: &str, to: &str, cost: &str, is_open| OutageRow {
        from: say.it(from),
        to: say.it(to),
        duration: say.it("14 min"),
        bad: say.it("812"),
        total: say.it("1,409"),
        depth: say.it("57.62 %"),
        cost: say.it(cost),
        cause: say.it(if is_open { "" } else { "The certificate of the payment gateway ran out" }),
        about: ("2026-11-13T12:48:00Z".to_owned(), "2026-11-13T13:02:00Z".to_owned()),
        is_open,
    };
    vec![
        outage("21 Nov, 07:58", "still going", "16.4 %", true),
        outage("13 Nov, 13:48", "13 Nov, 14:02", "67.4 %", false),
        outage("2 Nov, 03:11", "2 Nov, 03:25", "12 %", false),
    ]
}

fn choice(say: &Say, value: &str, label: &str) -> Choice {
    Choice::new(value, say.it(label))
}

fn comparison(say: &Say) -> Comparison {
    let row = |label: &str, this: &str, previous: &str, change: &str| ComparisonRow {
        label: say.it(label),
        this: say.it(this),
        previous: say.it(previous),
        change: say.it(change),
    };
    Comparison {
        sentence: say.it("Worse than before: a good share of 99.712 % after 99.95 %."),
        previous: say.it("22 Sep 2026, 08:12 to 22 Oct 2026, 08:12, Europe/Berlin"),
        rows: vec![row("Good (SLI)", "99.712 %", "99.95 %", "−0.238 points"), row("Coverage", "99.1 %", "100 %", "")],
    }
}

fn happened(say: &Say) -> HappenedSection {
    let row = |id, kind: &str, text: &str| HappenedRow {
        id,
        when: say.it("2026-11-13 13:40 CET"),
        kind: say.it(kind),
        text: say.it(text),
        about: say.it("The service payments"),
        author: say.it("deploy pipeline"),
    };
    HappenedSection {
        rows: vec![
            row(Some(19_000), "Deploy", "version 4.2"),
            row(None, "Terms changed", "Revision 2: night hours out"),
        ],
        more: Some(say.it("3 earlier ones are in the files.")),
        form: form(
            say,
            &[("kind", "deploy"), ("text", "version 4.2")],
            &[("text", "Write what happened, in one line.")],
        ),
        kinds: vec![choice(say, "deploy", "Deploy"), choice(say, "note", "Note")],
        scopes: vec![choice(say, "service:1000", "The service payments")],
        zone: say.it("Europe/Berlin"),
    }
}

pub(super) fn note_keys(say: &Say) -> NoteKeysPage {
    let row = |id, state: Badge, is_open| NoteKeyRow {
        id,
        name: say.it("deploy pipeline"),
        about: say.it("The service payments"),
        made: say.it("2026-11-12 14:05 CET"),
        used: say.it("never"),
        state,
        is_open,
    };
    NoteKeysPage {
        shell: shell(say, "Keys for notes", Section::Overview, Some(Help::NOTES)),
        id: 1,
        name: say.it("Payments succeed"),
        rows: vec![
            row(18_000, Badge::new(Tone::Good, say.it("Open")), true),
            row(18_001, Badge::new(Tone::Idle, say.it("Revoked")), false),
        ],
        form: form(say, &[("name", "")], &[("name", "Write in one line who will use the key.")]),
        scopes: vec![choice(say, "service:1000", "The service payments")],
        made: Some((say.it("k3y"), say.it("curl --fail -H 'Authorization: Bearer k3y'"))),
        can_edit: true,
    }
}

pub(super) fn objective(say: &Say) -> ObjectivePage {
    let ranges = [("1d", "1 day"), ("7d", "7 days"), ("30d", "30 days"), ("90d", "90 days"), ("window", "Window")];
    let rate = |window: &str, rate: &str, limit: &str, tone| self::rate(say, [window, rate, limit], tone);
    ObjectivePage {
        shell: shell(say, "Payments succeed", Section::Overview, Some(Help::OBJECTIVE)),
        id: 1,
        name: say.it("Payments succeed"),
        kind: say.it("Availability"),
        service: say.it("payments"),
        agreement: say.link("/agreements/3", "Checkout for Acme"),
        customer: say.it("Acme"),
        promise: say.it("Promised: at least 99.9 % of requests succeed, over any 30 days."),
        status: Status::Breached,
        verdict: say.it("3,468 of 1,204,311 requests failed in the last 30 days: 99.712 % succeeded, 2,264 failures more than the budget allows."),
        is_archived: false,
        ranges: ranges.map(|(word, label)| RangePreset { word: word.to_owned(), label: say.it(label), is_current: word == "30d" }).to_vec(),
        from: Field { name: "from".to_owned(), value: "2026-10-22".to_owned(), problem: None },
        to: Field { name: "to".to_owned(), value: "2026-11-21".to_owned(), problem: None },
        zone: say.it("Europe/Berlin"),
        range_text: say.it("22 Oct 2026, 08:12 to 21 Nov 2026, 08:12, Europe/Berlin"),
        range_query: "from=2026-10-22&to=2026-11-21".to_owned(),
        steps: ["day", "hour", "minute"].map(str::to_owned).to_vec(),
        bar: BudgetBar { remaining_permille: Some(-1880), status: Status::Breached },
        tiles: vec![
            tile(say, "SLI", "99.712 %", &["target 99.9 %"], Some(Tone::Bad)),
            tile(say, "Budget in events", "1,204.3", &["of 1,204,311 requests"], None),
            tile(say, "Budget in time", "43 min 12 s", &["of complete failure"], None),
            tile(say, "Consumed", "288 %", &["3,468 bad requests", "2 h 04 min"], None),
            tile(say, "Remaining", "−188 %", &["2,263.7 events over", "1 h 21 min over"], Some(Tone::Bad)),
            tile(say, "Exhaustion", "exhausted", &["since 13 Nov, 14:02"], Some(Tone::Bad)),
            tile(say, "Coverage", "99.1 %", &["worst case 98.82 %", "best case 99.714 %"], None),
        ],
        burn_rates: vec![
            rate("5 min", "21.0×", "above 14.4×", Some(Tone::Bad)),
            rate("30 min", "19.3×", "above 6×", Some(Tone::Bad)),
            rate("1 h", "18.2×", "above 14.4×", Some(Tone::Bad)),
            rate("2 h", "9.8×", "above 3×", Some(Tone::Warn)),
            rate("6 h", "4.1×", "above 6×", None),
            rate("1 d", "2.2×", "above 3×", None),
            rate("3 d", "no data", "above 1×", None),
        ],
        alerts: vec![
            Alert { state: Badge::new(Tone::Bad, say.it("Firing")), text: say.it("Page when it burns faster than 14.4× over both 1 h and 5 min.") },
            Alert { state: Badge::new(Tone::Idle, say.it("Quiet")), text: say.it("Ticket when it burns faster than 3× over both 1 d and 2 h.") },
        ],
        alerts_note: Some(say.it("An alert also needs at least 3 bad requests in its longer window.")),
        charts: vec![
            chart(say, "sli", "SLI", "Share of good requests per hour; the dashed line is the target, shaded spans are outages."),
            chart(say, "budget", "Budget burn-down", "What is left of the error budget; below the axis it is overspent."),
            chart(say, "burn", "Burn rates", "Burn rate over 1 h (solid) and 6 h (dashed), with the lines above which an alert fires."),
        ],
        outages: outages(say),
        more_outages: Some(say.it("12 outages that cost less are not listed.")),
        recovery: vec![say.fact("Outages", "3"), say.fact("Mean time to repair (MTTR)", "14 min")],
        can_explain: true,
        baseline: super::baseline::section(say),
        comparison: Some(comparison(say)),
        happened: happened(say),
        range_only: "range=30d".to_owned(),
        back: "range=30d&compare=previous".to_owned(),
        behind: behind(say),
    }
}

fn behind(say: &Say) -> Behind {
    let step = |label: &str, working: &str, result: &str| Step {
        label: say.it(label),
        working: say.it(working),
        result: say.it(result),
    };
    Behind {
        source: say.link("/sources/2", "prometheus-eu"),
        queries: vec![
            say.fact("All requests", "http_requests_total{job=\"payments\",handler!~\"/health|/metrics\"}"),
            say.fact(
                "Bad requests",
                "http_requests_total{job=\"payments\",handler!~\"/health|/metrics\",code=~\"5..\"}",
            ),
        ],
        counts: vec![
            say.fact("All events", "1,204,311"),
            say.fact("Good events", "1,200,843"),
            say.fact("Bad events", "3,468"),
            say.fact("Known minutes", "42,811 of 43,200"),
            say.fact("Without requests", "1,204"),
        ],
        judged: vec![say.fact("Judged minutes", "42,960 of 43,200"), say.fact("Excluded", "4 h")],
        methods: vec![MethodRow {
            name: say.it("Good requests"),
            word: "occurrences".to_owned(),
            is_own: true,
            counted: say.it("1,200,843 of 1,204,311"),
            sli: say.it("99.712 %"),
            verdict: Badge::new(Tone::Bad, say.it("Missed")),
        }],
        methods_verdict: (say.it("The methods disagree: by one the target is met, by another it is missed."), true),
        worst: vec![WorstSlice {
            when: say.link("/objectives/1?from=2026-11-13", "13 Nov, 13:48"),
            bad: say.it("812"),
            total: say.it("1,409"),
            share: say.it("42.37 %"),
        }],
        arithmetic: vec![
            step("SLI", "1,200,843 ÷ 1,204,311", "99.712 %"),
            step("Budget allowed", "(1 − 0.999) × 1,204,311", "1,204.311"),
            step("Consumed", "3,468 ÷ 1,204.311", "287.97 %"),
            step("Remaining", "1 − 2.8797", "−187.97 %"),
            step("Burn rate, 1 h", "(31 ÷ 1,703) ÷ 0.001", "18.2×"),
        ],
        is_estimated: true,
        findings: vec![Finding {
            text: say.it("The counter fell without a restart of its process; the fall was taken as a reset."),
            seen: say.it("3 times, last 20 Nov, 14:02"),
        }],
        backfill: Some(Progress { done_permille: 610, text: say.it("21 of 35 days, about 4 min left") }),
    }
}

pub(super) fn quiet_objective(say: &Say) -> ObjectivePage {
    ObjectivePage {
        status: Status::Meeting,
        verdict: say.it("24 of 1,204,311 requests failed in the last 30 days: 99.998 % succeeded, and 98.2 % of the budget is left."),
        is_archived: true,
        from: Field { name: "from".to_owned(), value: "2026-11-30".to_owned(), problem: Some(say.it("The first day must not be after the last.")) },
        bar: BudgetBar { remaining_permille: Some(982), status: Status::Meeting },
        burn_rates: Vec::new(),
        alerts: Vec::new(),
        outages: Vec::new(),
        more_outages: None,
        baseline: BaselineSection { is_learning: true, ..BaselineSection::default() },
        comparison: None,
        happened: HappenedSection::default(),
        can_explain: false,
        behind: Behind { findings: Vec::new(), backfill: None, is_estimated: false, ..behind(say) },
        ..objective(say)
    }
}
