//! The report as PDF for print and archive: A4, a cover, contents where there are many objectives, page numbers.
//!
//! Typst sets it. What people typed reaches the typesetter as data and never as markup, so nothing of it is run. The file
//! follows PDF/A-2a (archives) and PDF/UA-1 (readers for the blind); it brings its fonts, and the same report gives the same
//! bytes.

use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::report::retold::all_retold;
use crate::report::say::{self, Row};
use crate::report::sections::{self, Figure};
use crate::report::unusual::anomalies;
use crate::report::{Line, Report, ReportError, Status, by_trouble, charts};
use chrono::{Datelike, Timelike};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

/// From so many objectives on there are contents.
const CONTENTS_FROM: usize = 4;
/// How many outages of an objective are listed.
const OUTAGES_MAX: usize = 20;
/// How many anomalies of an objective are listed.
const ANOMALIES_MAX: usize = 10;
/// The layout's own words, which it asks for by their English.
const WORDS: [&str; 47] = [
    "Alone",
    "All",
    "Bad",
    "Budget left",
    "Cause",
    "Compliance and violations",
    "Compliance report",
    "Contents",
    "Contractual",
    "Cost",
    "Credit",
    "Day",
    "Day by day",
    "Effect",
    "Exclusions",
    "Expected",
    "Good of all",
    "How it was counted",
    "Is",
    "Known",
    "Length",
    "Measured",
    "Method",
    "Objective",
    "Objectives",
    "Outages",
    "Outages and recovery",
    "Promise",
    "Provisional: the data has not settled and may still change.",
    "Raw",
    "Raw and contractual",
    "Service",
    "Standing",
    "Status",
    "Summary",
    "Taken out",
    "Target",
    "Terms",
    "Terms of this objective",
    "The same period under each method",
    "Was",
    "What",
    "What left its usual",
    "What this revision corrects",
    "What was odd about the data",
    "When",
    "Who",
];
/// What never changes from report to report.
struct House {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let files: [&'static [u8]; 3] = [
        include_bytes!("../../static/fonts/Inter-Regular.otf"),
        include_bytes!("../../static/fonts/Inter-Bold.otf"),
        include_bytes!("../../static/fonts/NotoSansSC-GB2312.otf"),
    ];
    let fonts: Vec<Font> = files.into_iter().flat_map(|file| Font::iter(Bytes::new(file))).collect();
    House { library: LazyHash::new(Library::default()), book: LazyHash::new(FontBook::from_fonts(&fonts)), fonts }
});

/// One report is set at a time: it takes two megabytes for each ten objectives, and all of a processor. Those
/// who ask for one wait elsewhere, without a thread.
static AT_WORK: Mutex<()> = Mutex::new(());

/// The PDF's bytes, with a picture in SVG on the cover, if there is one. Takes about 50 ms of the processor for a few
/// objectives; not for a thread that answers requests.
pub fn render_pdf(report: &Report, logo: Option<&str>) -> Result<Vec<u8>, ReportError> {
    let desk = Desk::of(report, logo)?;
    // whoever panicked while holding it left nothing behind
    let _turn = AT_WORK.lock().unwrap_or_else(PoisonError::into_inner);
    let set = typst::compile::<PagedDocument>(&desk);
    let file = set.output.and_then(|document| typst_pdf::pdf(&document, &options()?));
    // what the typesetter remembers is of no use to the next report
    typst::comemo::evict(0);
    file.map_err(|errors| ReportError::Pdf(told(errors.iter())))
}

fn options() -> Result<PdfOptions, typst::ecow::EcoVec<SourceDiagnostic>> {
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
        .map_err(|why| [SourceDiagnostic::error(typst::syntax::Span::detached(), why.message().clone())])?;
    Ok(PdfOptions { standards, creator: Smart::Custom(Some("Nines".to_owned())), ..PdfOptions::default() })
}

fn told<'a>(errors: impl Iterator<Item = &'a SourceDiagnostic>) -> String {
    errors.map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// What one report is set from: the layout, the data, and the charts. Paths are the same for every report, because the
/// typesetter remembers each path for ever.
struct Desk {
    layout: Source,
    /// By their paths.
    files: BTreeMap<String, Bytes>,
}

impl Desk {
    fn of(report: &Report, logo: Option<&str>) -> Result<Self, ReportError> {
        let lines = by_trouble(report);
        let mut files = BTreeMap::new();
        files.extend(logo.map(|svg| ("/logo.svg".to_owned(), Bytes::from_string(svg.to_owned()))));
        let mut parts = Vec::with_capacity(lines.len());
        for (n, line) in lines.iter().enumerate() {
            let chart = match charts::printed_svg(report, line)? {
                Some(svg) => {
                    let path = format!("/charts/{n}.svg");
                    files.insert(path.clone(), Bytes::from_string(svg));
                    Some(path)
                }
                None => None,
            };
            parts.push(Part::of(report, line, chart));
        }
        let data = serde_json::to_string(&Data { logo: logo.is_some(), ..Data::of(report, &lines, parts) })?;
        files.insert("/report.json".to_owned(), Bytes::from_string(data));
        let layout = include_str!("report.typ").to_owned();
        Ok(Self { layout: Source::new(file_id("/report.typ")?, layout), files })
    }
}

fn file_id(path: &str) -> Result<FileId, ReportError> {
    let path = VirtualPath::new(path).map_err(|why| ReportError::Pdf(why.to_string()))?;
    Ok(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &HOUSE.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &HOUSE.book
    }

    fn main(&self) -> FileId {
        self.layout.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.layout.id() { Ok(self.layout.clone()) } else { Err(FileError::NotSource) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(id.get().vpath().get_with_slash()).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        HOUSE.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// Everything that the layout shows.
#[derive(Serialize)]
struct Data {
    /// `en` or `zh`.
    lang: &'static str,
    logo: bool,
    words: BTreeMap<&'static str, &'static str>,
    title: String,
    agreement: String,
    customer: String,
    period: String,
    /// Year, month, day, hour, minute, second in UTC.
    built: [i64; 6],
    status: Look,
    sentence: String,
    provisional: bool,
    contents: bool,
    facts: Vec<Row>,
    terms: Vec<(String, String)>,
    correction: Option<Correction>,
    summary: Vec<Vec<String>>,
    looks: Vec<Look>,
    compliance: Vec<(&'static str, String)>,
    violations: Vec<String>,
    credit: Vec<(&'static str, String)>,
    recovery: Vec<(&'static str, String)>,
    exclusions: Vec<Vec<String>>,
    sides: Vec<Vec<String>>,
    parts: Vec<Part>,
    notes: Vec<String>,
    findings: Vec<String>,
}

#[derive(Clone, Copy, Serialize)]
struct Look {
    word: &'static str,
    key: &'static str,
    shape: &'static str,
}

impl Look {
    fn of(status: Status) -> Self {
        let shape = match status {
            // the fonts have no ✕
            Status::Breached => "×",
            status => status.shape(),
        };
        Self { word: language::word(status.word()), key: status.key(), shape }
    }
}

#[derive(Serialize)]
struct Correction {
    lead: String,
    reasons: Vec<String>,
    changes: Vec<Vec<String>>,
}

/// One objective in full.
#[derive(Serialize)]
struct Part {
    name: String,
    service: String,
    status: Look,
    figures: Vec<(&'static str, String)>,
    chart: Option<String>,
    alt: String,
    outages: Vec<Vec<String>>,
    /// How many are not listed, in words.
    outages_left_out: Option<String>,
    anomalies: Vec<Vec<String>>,
    anomalies_left_out: Option<String>,
    days: Vec<Vec<String>>,
    methods: Vec<Vec<String>>,
    disagreement: Option<&'static str>,
    terms: Vec<(String, String)>,
    why: Vec<String>,
}

impl Data {
    fn of(report: &Report, lines: &[&Line], parts: Vec<Part>) -> Self {
        let built = report.built_at.to_utc();
        let (date, time) = (built.date_naive(), built.time());
        let period = wording::capitalised(&report.period_name());
        let brief = |line: &&Line| {
            [line.name.as_str(), &line.service, &say::promise(line), &say::measured(&line.sli), &say::budget_left(line)]
                .map(str::to_owned)
                .to_vec()
        };
        let correction = sections::correction(report).map(|correction| Correction {
            lead: correction.lead,
            reasons: correction.reasons,
            changes: correction
                .changes
                .into_iter()
                .chain(correction.further)
                .map(|(what, was, is)| vec![what, was, is])
                .collect(),
        });
        let exclusion = |one: sections::ExclusionText| vec![one.what, one.when, one.effect, one.who];
        let side =
            |one: &sections::Sides<'_>| [one.name, &one.raw, &one.contractual, &one.taken].map(str::to_owned).to_vec();
        Self {
            logo: false,
            lang: language::current().word(),
            words: WORDS.into_iter().map(|word| (word, language::word(word))).collect(),
            title: say!("{name}, {period}", report.agreement.name, period),
            agreement: report.agreement.name.clone(),
            customer: report.agreement.customer.clone(),
            period,
            built: [
                date.year().into(),
                date.month().into(),
                date.day().into(),
                time.hour().into(),
                time.minute().into(),
                time.second().into(),
            ],
            status: Look::of(report.verdict.status),
            sentence: report.sentence(),
            provisional: report.provisional,
            contents: lines.len() >= CONTENTS_FROM,
            facts: say::facts(report).into_iter().map(|(label, text)| (language::word(label), text)).collect(),
            terms: terms(&report.agreement.terms),
            correction,
            summary: lines.iter().map(brief).collect(),
            looks: lines.iter().map(|line| Look::of(line.status)).collect(),
            compliance: rows(sections::compliance(report)),
            violations: report.whole.violations.iter().map(|one| sections::violation(report, one)).collect(),
            credit: rows(sections::credit(report)),
            recovery: rows(sections::recovery(report)),
            exclusions: sections::exclusions(report).into_iter().map(exclusion).collect(),
            sides: sections::sides(report).iter().map(side).collect(),
            parts,
            notes: report.notes_told(),
            findings: report.findings_told(),
        }
    }
}

impl Part {
    fn of(report: &Report, line: &Line, chart: Option<String>) -> Self {
        let (outages, outages_left_out) = say::worst_outages(report, line, OUTAGES_MAX);
        let outage = |one: say::OutageText| {
            let cause = one.cause.unwrap_or_else(|| "–".to_owned());
            vec![one.when, one.length, one.cost, cause]
        };
        let unusual = anomalies(report, line);
        let anomaly = |one: &crate::report::unusual::AnomalyText| {
            let standing = language::word(one.standing.word());
            [one.when.as_str(), &one.what, &one.measured, &one.usual, standing].map(str::to_owned).to_vec()
        };
        let day = |day: say::DayText| {
            let alone = if day.missed { language::word("below the target") } else { "" };
            vec![day.day, day.sli, day.bad, day.total, day.known, alone.to_owned()]
        };
        let method = |one: sections::MethodText| vec![one.words, one.share, one.counts, one.verdict.to_owned()];
        let mut figures: Vec<(&'static str, String)> =
            say::figures(line).into_iter().map(|(label, text)| (language::word(label), text)).collect();
        let asked = [("Source", line.source.as_str()), ("Query", say::query(line))];
        figures.extend(asked.map(|(label, text)| (language::word(label), text.to_owned())));
        Self {
            name: line.name.clone(),
            service: line.service.clone(),
            status: Look::of(line.status),
            figures,
            alt: chart.as_ref().map(|_drawn| charts::description(report, line)).unwrap_or_default(),
            chart,
            outages: outages.into_iter().map(outage).collect(),
            outages_left_out: (outages_left_out > 0)
                .then(|| say!("and {outages_left_out} that cost less", outages_left_out)),
            anomalies: unusual.iter().take(ANOMALIES_MAX).map(anomaly).collect(),
            anomalies_left_out: unusual
                .len()
                .checked_sub(ANOMALIES_MAX)
                .filter(|more| *more > 0)
                .map(|more| say!("and {anomalies_left_out} more", more)),
            days: say::days(report, line).into_iter().map(day).collect(),
            methods: sections::comparison(line).into_iter().map(method).collect(),
            disagreement: sections::disagreement(line),
            terms: terms(&line.letter.terms),
            why: all_retold(&line.letter.why),
        }
    }
}

fn rows(figures: Vec<Figure>) -> Vec<(&'static str, String)> {
    figures.into_iter().map(|figure| (language::word(figure.label), figure.value)).collect()
}

fn terms(terms: &[crate::report::Term]) -> Vec<(String, String)> {
    sections::terms(terms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_logo_stands_on_the_cover_and_a_broken_one_is_told() {
        let report = sample::judged();
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"10\"><rect width=\"40\" height=\"10\" fill=\"#1a5da8\"/></svg>";
        let (plain, dressed) = (render_pdf(&report, None).unwrap(), render_pdf(&report, Some(svg)).unwrap());
        let pages = |pdf: &[u8]| {
            String::from_utf8_lossy(pdf)
                .matches("/Type/Page/")
                .count()
                .max(String::from_utf8_lossy(pdf).matches("/Type /Page\n").count())
        };
        assert!(dressed != plain && pages(&dressed) == pages(&plain), "the cover stays one page");
        let ReportError::Pdf(why) = render_pdf(&report, Some("<svg><p></svg>")).unwrap_err() else { panic!() };
        assert!(why.to_lowercase().contains("svg"), "{why}");
    }

    #[test]
    fn a_report_is_set_the_same_each_time_whatever_people_typed() {
        let mut report = sample::judged();
        report.agreement.name = "#panic() *bold* $x$ <b> 可用性协议 \u{202e}".to_owned();
        let pdf = render_pdf(&report, None).unwrap();
        assert!(pdf.starts_with(b"%PDF-") && pdf == render_pdf(&report, None).unwrap());
    }

    #[test]
    fn a_report_is_set_in_chinese() {
        let pdf = language::sync_scope(language::Language::Chinese, || render_pdf(&sample::judged(), None)).unwrap();
        assert!(pdf.starts_with(b"%PDF-") && pdf != render_pdf(&sample::judged(), None).unwrap());
    }

    #[test]
    fn the_layout_asks_for_no_word_that_it_does_not_have() {
        let layout = include_str!("report.typ");
        let asked: Vec<&str> = layout.split("w(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(asked.len() >= WORDS.len());
        let missing: Vec<&&str> = asked.iter().filter(|word| !WORDS.contains(word)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        let unused: Vec<&&str> = WORDS.iter().filter(|word| !asked.contains(word)).collect();
        assert!(unused.is_empty(), "{unused:?}");
    }
}
