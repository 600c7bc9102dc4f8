//! The report as HTML: a fragment for a page, and a document that stands alone for mail and file.
//!
//! The page brings its own style sheet and a strict content policy, so the fragment has classes and no styles. A mail
//! brings nothing, so the document carries its styles on every element, lies in tables (Outlook), and only refines
//! itself for phones and dark mode where the reader understands media queries.

use crate::language::{self, Language, filters};
use crate::report::retold::all_retold;
use crate::report::say::{self, DayText, OutageText, Row};
use crate::report::sections::{self, CorrectionText, ExclusionText, Figure, MethodText, Sides};
use crate::report::unusual::{AnomalyText, anomalies};
use crate::report::{Line, Picture, Report, ReportError, Standing, Status, by_trouble, charts};
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Where the document is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A mail: pictures by `cid:`, details of the worst objectives only, because Gmail cuts a mail at 102 kB.
    Mail,
    /// A file or a preview: pictures inside, details of every objective.
    File,
}

/// How many objectives a mail tells in detail.
const MAIL_DETAILS_MAX: usize = 6;
/// How many outages and how many days below the target a mail lists for an objective.
const MAIL_OUTAGES_MAX: usize = 4;
/// How many anomalies of an objective a mail lists.
const MAIL_ANOMALIES_MAX: usize = 2;
const MAIL_DAYS_MAX: usize = 7;
/// How many violations, and how many exclusions, a mail lists.
const MAIL_LIST_MAX: usize = 5;

/// The report as a document of its own. `pictures` come from [`charts()`]; `link` is the report's address in Nines.
pub fn render_html(
    report: &Report,
    pictures: &[Picture],
    medium: Medium,
    link: Option<&str>,
) -> Result<String, ReportError> {
    let details_max = if medium == Medium::Mail { MAIL_DETAILS_MAX } else { usize::MAX };
    let lines = by_trouble(report);
    let details = lines.iter().take(details_max).map(|line| {
        let picture = pictures.iter().find(|picture| picture.objective == line.id);
        let image = picture.map(|picture| Image { src: source(picture, medium), alt: picture.alt.clone() });
        let part = if medium == Medium::Mail { Part::short(report, line) } else { Part::whole(report, line) };
        Part { image, ..part }
    });
    let page = Document {
        subject: crate::report::subject(report),
        sentence: report.sentence(),
        findings: report.findings_told(),
        notes: report.notes_told(),
        facts: say::facts(report),
        details: details.collect(),
        not_told: lines.len().saturating_sub(details_max),
        summary: lines.iter().map(|line| Brief::of(line)).collect(),
        whole: WholePart::of(report, if medium == Medium::Mail { MAIL_LIST_MAX } else { usize::MAX }),
        look: Look::of(report.verdict.status),
        is_mail: medium == Medium::Mail,
        correction: sections::correction(report),
        link,
        report,
    };
    Ok(page.render()?)
}

/// The report for a page: no head, no styles, headings from level 2, charts as SVG.
pub fn render_fragment(report: &Report) -> Result<String, ReportError> {
    let parts = by_trouble(report).into_iter().map(|line| {
        let svg = charts::svg(report, line)?;
        Ok(Part { svg, ..Part::whole(report, line) })
    });
    let parts: Vec<Part<'_>> = parts.collect::<Result<_, ReportError>>()?;
    let page = Fragment {
        sentence: report.sentence(),
        findings: report.findings_told(),
        notes: report.notes_told(),
        facts: say::facts(report),
        summary: parts.iter().map(|part| Brief::of(part.line)).collect(),
        whole: WholePart::of(report, usize::MAX),
        look: Look::of(report.verdict.status),
        correction: sections::correction(report),
        parts,
        report,
    };
    Ok(page.render()?)
}

/// The typefaces of a mail, which brings none: those that systems have.
pub(super) fn sans() -> &'static str {
    match language::current() {
        Language::English => "-apple-system,Segoe UI,Roboto,Arial,sans-serif",
        Language::Chinese => "PingFang SC,Microsoft YaHei,sans-serif",
    }
}

/// The same for Outlook, which takes the first of a list or its own.
pub(super) fn outlook_sans() -> &'static str {
    match language::current() {
        Language::English => "Arial,sans-serif",
        Language::Chinese => "Microsoft YaHei,sans-serif",
    }
}

fn source(picture: &Picture, medium: Medium) -> String {
    match medium {
        Medium::Mail => format!("cid:{}", picture.cid),
        Medium::File => format!("data:image/png;base64,{}", STANDARD.encode(&picture.png)),
    }
}

#[derive(Template)]
#[template(path = "mail/report.html")]
struct Document<'a> {
    report: &'a Report,
    subject: String,
    sentence: String,
    findings: Vec<String>,
    notes: Vec<String>,
    look: Look,
    correction: Option<CorrectionText>,
    facts: Vec<Row>,
    summary: Vec<Brief<'a>>,
    whole: WholePart<'a>,
    details: Vec<Part<'a>>,
    /// How many objectives stand in the attachments only.
    not_told: usize,
    is_mail: bool,
    link: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "report/fragment.html")]
struct Fragment<'a> {
    report: &'a Report,
    sentence: String,
    findings: Vec<String>,
    notes: Vec<String>,
    look: Look,
    correction: Option<CorrectionText>,
    facts: Vec<Row>,
    summary: Vec<Brief<'a>>,
    whole: WholePart<'a>,
    parts: Vec<Part<'a>>,
}

/// One row of the overview.
struct Brief<'a> {
    line: &'a Line,
    look: Look,
    measured: String,
    left: String,
}

impl<'a> Brief<'a> {
    fn of(line: &'a Line) -> Self {
        Self { line, look: Look::of(line.status), measured: say::measured(&line.sli), left: say::budget_left(line) }
    }
}

/// The agreement as a whole.
struct WholePart<'a> {
    compliance: Vec<Figure>,
    violations: Vec<String>,
    violations_left_out: usize,
    credit: Vec<Figure>,
    recovery: Vec<Figure>,
    exclusions: Vec<ExclusionText>,
    exclusions_left_out: usize,
    sides: Vec<Sides<'a>>,
}

impl<'a> WholePart<'a> {
    fn of(report: &'a Report, most: usize) -> Self {
        let mut exclusions = sections::exclusions(report);
        let exclusions_left_out = exclusions.len().saturating_sub(most);
        exclusions.truncate(most);
        let violations = &report.whole.violations;
        let mut sides = sections::sides(report);
        sides.truncate(most);
        Self {
            compliance: sections::compliance(report),
            violations: violations.iter().take(most).map(|one| sections::violation(report, one)).collect(),
            violations_left_out: violations.len().saturating_sub(most),
            credit: sections::credit(report),
            recovery: sections::recovery(report),
            exclusions,
            exclusions_left_out,
            sides,
        }
    }
}

/// One objective in full.
struct Part<'a> {
    line: &'a Line,
    look: Look,
    figures: Vec<Row>,
    outages: Vec<OutageText>,
    outages_left_out: usize,
    anomalies: Vec<AnomalyText>,
    anomalies_left_out: usize,
    days: Vec<DayText>,
    /// Are only those days listed that miss the target?
    days_are_missed: bool,
    days_left_out: usize,
    terms: Vec<(String, String)>,
    why: Vec<String>,
    methods: Vec<MethodText>,
    disagreement: Option<&'static str>,
    query: &'a str,
    image: Option<Image>,
    svg: Option<String>,
}

impl<'a> Part<'a> {
    /// Every outage and every day.
    fn whole(report: &Report, line: &'a Line) -> Self {
        Self { days: say::days(report, line), ..Self::of(report, line, usize::MAX) }
    }

    /// The worst outages, the days below the target, and what left its usual without being expected.
    fn short(report: &Report, line: &'a Line) -> Self {
        let mut days: Vec<DayText> = say::days(report, line).into_iter().filter(|day| day.missed).collect();
        let days_left_out = days.len().saturating_sub(MAIL_DAYS_MAX);
        days.truncate(MAIL_DAYS_MAX);
        let part = Self::of(report, line, MAIL_OUTAGES_MAX);
        let mut anomalies = part.anomalies;
        anomalies.retain(|one| one.standing == Standing::Unusual);
        let anomalies_left_out = anomalies.len().saturating_sub(MAIL_ANOMALIES_MAX);
        anomalies.truncate(MAIL_ANOMALIES_MAX);
        Self { days, days_are_missed: true, days_left_out, anomalies, anomalies_left_out, ..part }
    }

    fn of(report: &Report, line: &'a Line, outages_max: usize) -> Self {
        let (outages, outages_left_out) = say::worst_outages(report, line, outages_max);
        Self {
            line,
            look: Look::of(line.status),
            figures: say::figures(line),
            outages,
            outages_left_out,
            anomalies: anomalies(report, line),
            anomalies_left_out: 0,
            days: Vec::new(),
            days_are_missed: false,
            days_left_out: 0,
            terms: sections::terms(&line.letter.terms),
            why: all_retold(&line.letter.why),
            methods: sections::comparison(line),
            disagreement: sections::disagreement(line),
            query: say::query(line),
            image: None,
            svg: None,
        }
    }
}

pub(super) struct Image {
    pub(super) src: String,
    pub(super) alt: String,
}

impl Image {
    /// The picture as a mail shows it.
    pub(super) fn in_mail(picture: &Picture) -> Self {
        Self { src: source(picture, Medium::Mail), alt: picture.alt.clone() }
    }
}

/// How an outcome looks. Both colours reach 4.5 : 1 on each other and on white.
#[derive(Clone, Copy)]
pub(super) struct Look {
    /// For people.
    pub(super) word: &'static str,
    /// Beside the word.
    pub(super) shape: &'static str,
    /// The class in a mail.
    pub(super) key: &'static str,
    /// The tone's class on pages.
    tone: &'static str,
    /// Text.
    pub(super) ink: &'static str,
    /// Background.
    pub(super) wash: &'static str,
}

impl Look {
    /// That of an outcome.
    pub(super) const fn of(status: Status) -> Self {
        let (tone, ink, wash) = match status {
            Status::Breached => ("bad", "#a3211b", "#fdeeec"),
            Status::AtRisk => ("warn", "#7d5200", "#fdf4e1"),
            Status::NoData => ("idle", "#525d69", "#eef0f3"),
            Status::Met => ("good", "#17653a", "#e9f6ee"),
        };
        Self { word: status.word(), shape: status.shape(), key: status.key(), tone, ink, wash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Line, sample};
    use std::collections::BTreeSet;

    fn picture() -> Picture {
        Picture { objective: 1, cid: "objective-1@nines".into(), alt: "Worst day: 99.37 %".into(), png: vec![1, 2, 3] }
    }

    fn mail(report: &Report) -> String {
        render_html(report, &[picture()], Medium::Mail, Some("https://nines.example.org/reports/9?a=1&b=2")).unwrap()
    }

    #[test]
    fn all_renderings_show_the_same_figures() {
        for report in [sample::report(), sample::judged()] {
            shows_its_figures(&report);
        }
    }

    fn shows_its_figures(report: &Report) {
        let (html, fragment, text) =
            (mail(report), render_fragment(report).unwrap(), crate::report::render_text(report));
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for line in &report.objectives {
            for (label, value) in say::figures(line) {
                let escaped = value.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;");
                assert!(text.contains(&format!("{label} {value}")), "{label}: {value} is missing in the text");
                assert!(html.contains(&format!(">{escaped}</td>")), "{label}: {value} is missing in the mail");
                assert!(
                    fragment.contains(&format!("<dt>{label}</dt><dd>{escaped}</dd>")),
                    "{label}: {value} is missing"
                );
            }
        }
    }

    #[test]
    fn names_are_text_and_never_markup() {
        let mut report = sample::report();
        report.objectives[0].name = "<script>alert(1)</script>\"'&".to_owned();
        report.objectives[0].query = "</div><img src=x onerror=alert(1)>".to_owned();
        for html in [mail(&report), render_fragment(&report).unwrap()] {
            assert!(!html.contains("<script") && !html.contains("<img src=x"), "{html}");
            assert!(html.contains("&#60;script&#62;"));
        }
    }

    #[test]
    fn a_mail_needs_nothing_from_outside_and_a_page_fragment_no_styles() {
        let report = sample::report();
        let html = mail(&report);
        assert!(html.contains("src=\"cid:objective-1@nines\"") && html.contains("alt=\"Worst day: 99.37 %\""));
        assert!(html.contains("href=\"https://nines.example.org/reports/9?a=1&#38;b=2\""));
        let sources: BTreeSet<&str> =
            html.match_indices("src=\"").filter_map(|(at, _)| html.get(at + 5..at + 9)).collect();
        assert_eq!(sources, BTreeSet::from(["cid:"]));
        assert!(!html.contains("<script") && !html.contains("<link") && !html.contains("url("));
        let file = render_html(&report, &[picture()], Medium::File, None).unwrap();
        assert!(file.contains("src=\"data:image/png;base64,AQID\"") && !file.contains("<a href"));
        let fragment = render_fragment(&report).unwrap();
        assert!(!fragment.contains("style=") && !fragment.contains("<style"));
    }

    #[test]
    fn a_mail_with_a_month_of_many_bad_objectives_stays_below_what_gmail_cuts() {
        let mut report = sample::judged();
        let whole = &mut report.whole;
        whole.violations = whole.violations.iter().cycle().take(30).cloned().collect();
        whole.exclusions = whole.exclusions.iter().cycle().take(60).cloned().collect();
        let mut bad = report.objectives[0].clone();
        bad.daily = bad.daily.iter().cycle().take(31).cloned().collect();
        bad.outages = bad.outages.iter().cycle().take(40).cloned().collect();
        report.objectives =
            (1..=12).map(|id| Line { id, name: format!("Objective number {id}"), ..bad.clone() }).collect();
        let html = mail(&report);
        assert!(html.len() < 102_000, "{} bytes", html.len());
        let chinese = language::sync_scope(Language::Chinese, || mail(&report));
        assert!(chinese.len() < 102_000, "{} bytes", chinese.len());
        assert!(html.contains("6 further objectives are told in full in the attached files."));
        assert!(html.contains("and 36 smaller ones"));
        let file = render_html(&report, &[], Medium::File, None).unwrap();
        assert!(!file.contains("further objectives") && !file.contains("smaller ones"));
    }
}
