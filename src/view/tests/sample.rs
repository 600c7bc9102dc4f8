//! Every page, filled with what a busy installation might show.

use crate::view::account::{AccountPage, SetUpPage, SignInPage};
use crate::view::agreements::{AgreementFormPage, AgreementPage, AgreementRow, AgreementsPage, PastCell, PastPeriod};
use crate::view::audit::{AuditPage, AuditRow, Change};
use crate::view::error::ErrorPage;
use crate::view::guide::GuidePage;
use crate::view::objective::{Behind, BurnRate, Chart, Finding, ObjectivePage, OutageRow, RangePreset, Step, Tile};
use crate::view::overview::{ObjectiveRow, OverviewFilter, OverviewPage, StatusCount};
use crate::view::reports::{DeliveryRow, PreviewPage, ReportPage, ReportRow, ReportsPage};
use crate::view::sources::{IndicatorRow, SourceFormPage, SourcePage, SourceRow, SourcesPage, TestResult};
use crate::view::{
    Badge, BudgetBar, Choice, DataTable, Fact, Field, Flash, FlashKind, Form, Help, Link, Pager, Progress, Section,
    Shell, ShellUser, Status, Tone,
};
use askama::Template;

/// Says a text, with something appended that a page must survive.
pub(super) struct Say(&'static str);

impl Say {
    pub(super) fn new(appended: &'static str) -> Self {
        Self(appended)
    }

    fn it(&self, text: &str) -> String {
        format!("{text}{}", self.0)
    }

    fn link(&self, href: &str, text: &str) -> Link {
        Link::new(href, self.it(text))
    }

    fn fact(&self, label: &str, value: &str) -> Fact {
        Fact::new(self.it(label), self.it(value))
    }

    fn badge(&self, tone: Tone, word: &str) -> Badge {
        Badge::new(tone, self.it(word))
    }
}

/// Every page by a name for it.
pub(super) fn pages(say: &Say) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(account(say));
    all.extend(overview(say));
    all.push(("objective", objective(say).render().unwrap()));
    all.push(("objective-quiet", quiet_objective(say).render().unwrap()));
    all.extend(agreements(say));
    all.extend(agreement_forms(say));
    all.extend(sources(say));
    all.extend(source_forms(say));
    all.extend(reports(say));
    all.extend(others(say));
    all
}

fn shell(say: &Say, title: &str, section: Section, help: Option<Help>) -> Shell {
    let user = ShellUser { name: say.it("Ada Lovelace"), email: say.it("ada@example.com"), role: say.it("admin") };
    let shell = Shell { user: Some(user), csrf: "token-of-the-session".to_owned(), ..Shell::default() };
    shell.page(say.it(title), section, help)
}

fn outside(say: &Say, title: &str) -> Shell {
    let shell = Shell { csrf: "token-of-the-session".to_owned(), ..Shell::default() };
    shell.page(say.it(title), Section::Elsewhere, None)
}

fn form(say: &Say, values: &[(&str, &str)], problems: &[(&str, &str)]) -> Form {
    let mut form = Form::default();
    for (name, value) in values {
        // numbers of groups and words of choices are not free text
        let is_word = ["kind", "part-is", "auth", "period", "report-every", "source", "id"].iter();
        let is_word = is_word.clone().any(|word| name == word || name.ends_with(&format!("-{word}")));
        form.set(*name, if is_word { (*value).to_owned() } else { say.it(value) });
    }
    for (name, problem) in problems {
        form.refuse(*name, say.it(problem));
    }
    form
}

fn account(say: &Say) -> Vec<(&'static str, String)> {
    let refused = form(
        say,
        &[("email", "ada@example.com"), ("password", "hunter2"), ("next", "/objectives/7")],
        &[(
            "email",
            "This address and password do not belong together. Try again, or ask an admin for a new password.",
        )],
    );
    let set_up = form(say, &[("token", "a1b2c3"), ("name", "Ada Lovelace"), ("email", "ada@example.com")], &[]);
    let short = form(say, &[("password", "hunter2")], &[("password", "Write at least 12 characters.")]);
    let mut done = shell(say, "Account", Section::Account, None);
    done.flash = Some(Flash { kind: FlashKind::Done, text: say.it("The password was changed.") });
    vec![
        ("sign-in", SignInPage { shell: outside(say, "Sign in"), form: refused }.render().unwrap()),
        ("set-up", SetUpPage { shell: outside(say, "Set up Nines"), form: set_up }.render().unwrap()),
        ("account", AccountPage { shell: done, form: short }.render().unwrap()),
    ]
}

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
        id,
        name: say.it(names.0),
        kind: say.it("Availability"),
        service: say.it(names.1),
        agreement_id: 3,
        agreement: say.it(names.2),
        status,
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

fn rows(say: &Say) -> Vec<ObjectiveRow> {
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

fn overview(say: &Say) -> Vec<(&'static str, String)> {
    let page = |filter: OverviewFilter, rows: Vec<ObjectiveRow>, has_sources, has_agreements| OverviewPage {
        shell: shell(say, "Overview", Section::Overview, Some(Help::OVERVIEW)),
        counts: Status::ALL
            .iter()
            .zip(["2", "2", "2", "1"])
            .map(|(s, n)| StatusCount { status: *s, count: n.to_owned() })
            .collect(),
        services: ["checkout", "identity", "ledger", "payments", "search"].map(|s| say.it(s)).to_vec(),
        customers: vec![say.it("Acme"), say.it("Globex")],
        agreements: vec![
            Choice::new("3", say.it("Checkout for Acme")),
            Choice::new("4", say.it("Platform for Globex")),
        ],
        pager: Pager { summary: say.it("1–7 of 57"), previous: None, next: Some(filter.page_href(2)) },
        judged_at: say.it("07:12 UTC"),
        filter,
        rows,
        has_sources,
        has_agreements,
    };
    let nothing = OverviewFilter { q: say.it("ledgre"), status: Some(Status::AtRisk), ..OverviewFilter::default() };
    vec![
        ("overview", page(OverviewFilter::default(), rows(say), true, true).render().unwrap()),
        ("overview-no-match", page(nothing, Vec::new(), true, true).render().unwrap()),
        ("overview-first", page(OverviewFilter::default(), Vec::new(), false, false).render().unwrap()),
    ]
}

fn big_chart(id: &str) -> String {
    let text = "fill=\"var(--chart-text,currentColor)\" stroke=\"none\" font-size=\"12\"";
    let labels = ["23 Oct", "30 Oct", "6 Nov", "13 Nov", "20 Nov"].iter().zip([60, 250, 440, 630, 820]);
    let labels: String = labels.map(|(day, x)| format!("<text x=\"{x}\" y=\"212\" {text}>{day}</text>")).collect();
    let lines = match id {
        "burn" => {
            "<path stroke=\"var(--chart-rule,#8a5200)\" stroke-dasharray=\"6 4\" d=\"M52 60h860\"/>\
                   <path stroke=\"var(--chart-1,#1f6feb)\" stroke-width=\"2\" d=\"M52 180l60-4 60 2 60-10 60 8 60-2 60-110 30-10 30 100 60 14 60-4 60 2 60-30 60 24 60 3 60-60 80-20\"/>\
                   <path stroke=\"var(--chart-2,#0f8577)\" stroke-dasharray=\"7 3\" stroke-width=\"2\" d=\"M52 178l120 0 120-2 120-4 60-40 60-6 120 30 120 14 120 0 100-30\"/>"
        }
        "budget" => {
            "<path stroke=\"var(--chart-1,#1f6feb)\" stroke-width=\"2\" d=\"M52 20l180 8 120 4 60 60 60 4 180 10 120 8 100 30 40 14\"/>"
        }
        _ => {
            "<path fill=\"var(--chart-outage,#d1372c)\" fill-opacity=\".18\" d=\"M405 14v176h40v-176z\"/>\
              <path stroke=\"var(--chart-rule,#8a5200)\" stroke-dasharray=\"6 4\" d=\"M52 90h860\"/>\
              <path stroke=\"var(--chart-1,#1f6feb)\" stroke-width=\"2\" d=\"M52 30l60 4 60-3 60 5 60-4 60 2 50 120 30-10 30-110 60 2 60-2 60 4 60-3 60 20 60-8 60 3 50 2\"/>"
        }
    };
    let grid: String = [14, 58, 102, 146, 190]
        .iter()
        .map(|y| format!("<path stroke=\"var(--chart-grid,#ddd)\" d=\"M52 {y}h860\"/>"))
        .collect();
    let ticks: String = ["100 %", "99.9", "99.8", "99.7", "99.6"]
        .iter()
        .zip([18, 62, 106, 150, 194])
        .map(|(t, y)| format!("<text x=\"46\" y=\"{y}\" text-anchor=\"end\" {text}>{t}</text>"))
        .collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" class=\"chart\" viewBox=\"0 0 920 220\" width=\"100%\"><title>{id}</title><g fill=\"none\">{grid}{lines}{ticks}{labels}</g></svg>"
    )
}

fn chart(say: &Say, id: &str, title: &str, summary: &str) -> Chart {
    let days =
        (1..=30).map(|day| vec![say.it(&format!("{day} Nov")), say.it("99.982 %"), say.it("41,204"), say.it("7")]);
    Chart {
        id: id.to_owned(),
        title: say.it(title),
        summary: say.it(summary),
        svg: big_chart(id),
        table: DataTable { head: ["Day", "SLI", "Events", "Bad"].map(|h| say.it(h)).to_vec(), rows: days.collect() },
    }
}

fn tile(say: &Say, label: &str, value: &str, notes: &[&str], tone: Option<Tone>) -> Tile {
    Tile { label: say.it(label), value: say.it(value), notes: notes.iter().map(|note| say.it(note)).collect(), tone }
}

fn objective(say: &Say) -> ObjectivePage {
    let ranges = [("1d", "1 day"), ("7d", "7 days"), ("30d", "30 days"), ("90d", "90 days"), ("window", "Window")];
    let rate = |window: &str, rate: &str, limit: &str, tone| BurnRate {
        window: say.it(window),
        rate: say.it(rate),
        limit: say.it(limit),
        tone,
    };
    let outage = |from: &str, to: &str, cost: &str, is_open| OutageRow {
        from: say.it(from),
        to: say.it(to),
        duration: say.it("14 min"),
        bad: say.it("812"),
        total: say.it("1,409"),
        cost: say.it(cost),
        is_open,
    };
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
        charts: vec![
            chart(say, "sli", "SLI", "Share of good requests per hour; the dashed line is the target, shaded spans are outages."),
            chart(say, "budget", "Budget burn-down", "What is left of the error budget; below the axis it is overspent."),
            chart(say, "burn", "Burn rates", "Burn rate over 1 h (solid) and 6 h (dashed), with the lines above which an alert fires."),
        ],
        outages: vec![
            outage("21 Nov, 07:58", "still going", "16.4 %", true),
            outage("13 Nov, 13:48", "13 Nov, 14:02", "67.4 %", false),
            outage("2 Nov, 03:11", "2 Nov, 03:25", "12 %", false),
        ],
        more_outages: Some(say.it("and 12 shorter ones")),
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

fn quiet_objective(say: &Say) -> ObjectivePage {
    ObjectivePage {
        status: Status::Meeting,
        verdict: say.it("24 of 1,204,311 requests failed in the last 30 days: 99.998 % succeeded, and 98.2 % of the budget is left."),
        is_archived: true,
        from: Field { name: "from".to_owned(), value: "2026-11-30".to_owned(), problem: Some(say.it("The first day must not be after the last.")) },
        bar: BudgetBar { remaining_permille: Some(982), status: Status::Meeting },
        burn_rates: Vec::new(),
        outages: Vec::new(),
        more_outages: None,
        behind: Behind { findings: Vec::new(), backfill: None, is_estimated: false, ..behind(say) },
        ..objective(say)
    }
}

fn report_rows(say: &Say) -> Vec<ReportRow> {
    let row = |id: i64, period: &str, status, met: &str, is_provisional, tone, mail: &str| ReportRow {
        id,
        number: say.it(&format!("#{id}")),
        period: say.it(period),
        agreement: say.link("/agreements/3", "Checkout for Acme"),
        status,
        met: say.it(met),
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

fn agreements(say: &Say) -> Vec<(&'static str, String)> {
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

fn agreement(say: &Say) -> AgreementPage {
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
        objectives: rows(say).into_iter().take(4).collect(),
        past_heads: ["Payments succeed", "Checkout is fast", "Few payments fail", "Ledger export is up"]
            .iter()
            .zip(1..)
            .map(|(name, id)| say.link(&format!("/objectives/{id}"), name))
            .collect(),
        past: vec![
            past("October 2026", "2026-10", Status::Breached, Status::Breached),
            past("September 2026", "2026-09", Status::Meeting, Status::Meeting),
            past("August 2026", "2026-08", Status::NoData, Status::NoData),
        ],
        reports: report_rows(say),
        is_archived: false,
        can_edit: true,
    }
}

fn agreement_forms(say: &Say) -> Vec<(&'static str, String)> {
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
    };
    let new = form(
        say,
        &[("zone", "Europe/Berlin"), ("objective-0-kind", "availability"), ("objective-0-window", "30d")],
        &[],
    );
    let refused = form(
        say,
        &[
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
        ],
        &[
            ("zone", "There is no time zone “Europe/Belin”. Choose one of the list, such as Europe/Berlin."),
            (
                "objective-0-target",
                "100 % leaves no error budget: one single failure would break it. Write a target below, such as 99.99.",
            ),
            ("objective-1-threshold", "No bucket ends at 0.4. The neighbouring bounds are 0.25 and 0.5."),
            ("", "Somebody else changed this agreement meanwhile. Your text is kept; look at theirs before saving."),
        ],
    );
    vec![
        ("agreement-form", page(None, "Define an agreement", new).render().unwrap()),
        ("agreement-form-refused", page(Some(3), "Edit the agreement", refused).render().unwrap()),
    ]
}

fn sources(say: &Say) -> Vec<(&'static str, String)> {
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

fn source_forms(say: &Say) -> Vec<(&'static str, String)> {
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

/// Stands for what the report module renders, in its own markup.
fn fragment() -> String {
    let table = "<div class=\"scroll\" role=\"region\" aria-label=\"Objectives\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Objective</th><th scope=\"col\">Service</th><th scope=\"col\">Status</th><th scope=\"col\" class=\"num\">Target</th><th scope=\"col\" class=\"num\">Measured</th><th scope=\"col\" class=\"num\">Budget</th></tr></thead><tbody><tr><th scope=\"row\"><a href=\"#objective-1\">Payments succeed</a></th><td>payments</td><td><span class=\"mark bad\"><span aria-hidden=\"true\">◆</span> Breached</span></td><td class=\"num\">99.9 %</td><td class=\"num\">99.712 %</td><td class=\"num\">−188 %</td></tr></tbody></table></div>";
    format!(
        "<section class=\"report\" aria-label=\"Report\"><div class=\"report-verdict bad\"><p><span class=\"mark bad\"><span aria-hidden=\"true\">◆</span> Breached</span></p><p class=\"report-sentence\">1 of 1 objectives was missed.</p></div>\
         <dl class=\"facts\"><div><dt>Customer</dt><dd>Acme</dd></div><div><dt>Period</dt><dd>9 to 15 Nov 2026</dd></div></dl><h2>Objectives</h2>{table}\
         <section class=\"report-objective\" id=\"objective-1\" aria-labelledby=\"objective-1-name\"><h2 id=\"objective-1-name\">Payments succeed</h2><p><span class=\"mark bad\"><span aria-hidden=\"true\">◆</span> Breached</span> payments</p><figure class=\"chart\">{}</figure><details><summary>Where the numbers come from</summary><pre><code>http_requests_total</code></pre></details></section></section>",
        big_chart("sli")
    )
}

fn reports(say: &Say) -> Vec<(&'static str, String)> {
    let list = |rows: Vec<ReportRow>, agreements: Vec<Choice>| ReportsPage {
        shell: shell(say, "Reports", Section::Reports, Some(Help::REPORTS)),
        agreement: "3".to_owned(),
        agreements,
        rows,
        pager: Pager {
            summary: say.it("1–3 of 14"),
            previous: Some("/reports?page=1".to_owned()),
            next: Some("/reports?page=3".to_owned()),
        },
    };
    let choices = vec![Choice::new("3", say.it("Checkout for Acme")), Choice::new("4", say.it("Platform for Globex"))];
    let delivery = |to: &str, state: Badge, answer: &str| DeliveryRow {
        recipient: say.it(to),
        state,
        attempts: say.it("2"),
        answer: say.it(answer),
        at: say.it("16 Nov 2026, 01:11"),
    };
    let shown = ReportPage {
        shell: shell(say, "Checkout for Acme: week 46, 2026", Section::Reports, Some(Help::REPORTS)),
        id: 14,
        title: say.it("Checkout for Acme: week 46, 2026"),
        agreement: say.link("/agreements/3", "Checkout for Acme"),
        status: Status::Breached,
        is_provisional: true,
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
    };
    let preview = PreviewPage {
        shell: shell(say, "Preview of the report", Section::Agreements, Some(Help::REPORTS)),
        agreement_id: 3,
        agreement: say.it("Checkout for Acme"),
        period: "2026-W46".to_owned(),
        period_label: say.it("week 46, 2026"),
        periods: vec![Choice::new("2026-W47", say.it("Week 47, so far")), Choice::new("2026-W46", say.it("Week 46"))],
        is_provisional: true,
        fragment: fragment(),
        recipients: vec![say.it("ada@example.com"), say.it("sla@acme.example")],
        can_send: true,
    };
    vec![
        ("reports", list(report_rows(say), choices.clone()).render().unwrap()),
        ("reports-empty", list(Vec::new(), choices).render().unwrap()),
        ("reports-first", list(Vec::new(), Vec::new()).render().unwrap()),
        ("report", shown.clone().render().unwrap()),
        (
            "report-unsent",
            ReportPage { deliveries: Vec::new(), is_provisional: false, can_send: false, ..shown }.render().unwrap(),
        ),
        ("preview", preview.render().unwrap()),
    ]
}

fn others(say: &Say) -> Vec<(&'static str, String)> {
    let change = |what: &str, before: &str, after: &str| Change {
        what: say.it(what),
        before: before.to_owned(),
        after: say.it(after),
    };
    let entry = |at: &str, action: &str, subject: Option<Link>, changes: Vec<Change>| AuditRow {
        at: say.it(at),
        who: say.it("Ada Lovelace"),
        action: say.it(action),
        subject,
        changes,
    };
    let audit = AuditPage {
        shell: shell(say, "Audit log", Section::Audit, None),
        rows: vec![
            entry(
                "21 Nov 2026, 07:12 UTC",
                "changed the agreement",
                Some(say.link("/agreements/3", "Checkout for Acme")),
                vec![
                    change("target of Payments succeed", "99.5 %", "99.9 %"),
                    change("recipients", "", "sla@acme.example"),
                ],
            ),
            entry("21 Nov 2026, 07:01 UTC", "signed in", None, Vec::new()),
        ],
        pager: Pager { summary: say.it("1–2 of 2"), previous: None, next: None },
    };
    let mut failed = shell(say, "Not found", Section::Elsewhere, None);
    failed.flash = Some(Flash {
        kind: FlashKind::Failed,
        text: say.it("The report was not sent: the agreement has no recipients."),
    });
    let error = ErrorPage {
        shell: failed,
        status: 404,
        title: say.it("There is no such objective"),
        message: say.it("It may have been removed, or the address has a typing error."),
        links: vec![say.link("/", "All objectives"), say.link("/agreements", "All agreements")],
        request_id: say.it("019aa4d2-6c1e-7cc3-9d51-0a2b3c4d5e6f"),
    };
    vec![
        ("audit", audit.clone().render().unwrap()),
        ("audit-empty", AuditPage { rows: Vec::new(), ..audit }.render().unwrap()),
        ("error", error.render().unwrap()),
        ("guide", GuidePage { shell: shell(say, "Guide", Section::Guide, None) }.render().unwrap()),
    ]
}
