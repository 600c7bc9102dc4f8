//! Several agreements' reports in one mail: who is in trouble first, each objective in one line, everything else in the files.

use crate::domain::wording;
use crate::language::say;
use crate::language::{self, filters};
use crate::report::html::{Image, Look};
use crate::report::say;
use crate::report::text::Page;
use crate::report::verdict::kind_and_label;
use crate::report::{Line, Picture, Report, ReportError, Status, by_trouble, charts};
use askama::Template;

/// How many objectives of one agreement the mail lists; Gmail cuts a mail at 102 kB.
const OBJECTIVES_MAX: usize = 8;
/// How many agreements it lists.
const AGREEMENTS_MAX: usize = 30;

/// The reports of one period that travel together.
#[derive(Clone, Debug)]
pub struct Pack<'a> {
    /// Whose they are: a customer, or the house.
    pub title: &'a str,
    /// Each report, with its address in Nines.
    pub reports: Vec<(&'a Report, Option<String>)>,
    /// The agreements whose report was not ready, by name.
    pub missing: Vec<String>,
}

impl<'a> Pack<'a> {
    /// A pack, the reports in trouble first.
    #[must_use]
    pub fn new(title: &'a str, mut reports: Vec<(&'a Report, Option<String>)>, missing: Vec<String>) -> Self {
        reports.sort_by(|(a, _), (b, _)| {
            (a.verdict.status, &a.agreement.name).cmp(&(b.verdict.status, &b.agreement.name))
        });
        Self { title, reports, missing }
    }

    /// The worst verdict of a measured agreement.
    #[must_use]
    pub fn status(&self) -> Status {
        let all = self.reports.iter().map(|(report, _)| report.verdict.status);
        all.filter(|status| *status != Status::NoData).min().unwrap_or(Status::NoData)
    }

    /// The outcome in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let status = self.status();
        let (all, part) = (self.reports.len(), self.count(status));
        let part = match (part, all) {
            (1, 1) => say!("all 1 agreement"),
            _ if part == all => say!("all {all} agreements", all),
            _ => Self::part(part, all),
        };
        let said = match status {
            Status::Breached => say!("{part} missed a promise.", part),
            Status::AtRisk => say!("Every measured promise is kept, but {part} came close to missing one.", part),
            Status::NoData => say!("Nothing was measured, so nothing can be said about any agreement."),
            Status::Met => say!("{part} kept every promise.", part),
        };
        let said = wording::capitalised(&said);
        match self.missing.as_slice() {
            [] => said,
            [one] => say!("{sentence} Not ready in time: {name}.", said, one),
            all => say!("{sentence} Not ready in time: {n} agreements, which are named below.", said, all.len()),
        }
    }

    /// The subject line: `[Nines] Breached: ACME, month 2026-11 – 1 of 3 agreements`.
    #[must_use]
    pub fn subject(&self) -> String {
        let (status, all) = (self.status(), self.reports.len());
        let title = self.title.split_whitespace().collect::<Vec<_>>().join(" ");
        let period = self.reports.first().map(|(report, _)| &report.period);
        let about = match period.map(|one| kind_and_label(one.kind, &one.label)) {
            Some(period) => say!("{name}, {period}", title, period),
            None => title,
        };
        let (word, part) = (language::word(status.word()), Self::part(self.count(status), all));
        format!("[Nines] {}", say!("{verdict}: {report} – {detail}", word, about, part))
    }

    /// `1 of 3 agreements`.
    fn part(some: usize, all: usize) -> String {
        if all == 1 { say!("{some} of 1 agreement", some) } else { say!("{some} of {all} agreements", some, all) }
    }

    fn count(&self, status: Status) -> usize {
        self.reports.iter().filter(|(report, _)| report.verdict.status == status).count()
    }

    fn period_name(&self) -> String {
        self.reports.first().map(|(report, _)| report.period_name()).unwrap_or_default()
    }

    /// The mail as plain text, lines ending in `\n`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut page = Page::default();
        let word = language::word(self.status().word());
        page.heading(&say!("{verdict}: {name}, {period}", word, self.title, self.period_name()), '=');
        page.prose("", &self.sentence());
        for (report, link) in &self.reports {
            page.blank();
            let word = language::word(report.verdict.status.word());
            page.heading(&say!("{verdict}: {name}", word, report.agreement.name), '-');
            page.prose("", &report.sentence());
            for line in by_trouble(report) {
                let of = say!("{measured} of {target} %", say::measured(&line.sli), line.target);
                let word = say!("{verdict}: {name}", language::word(line.status.word()), line.name);
                page.prose("  ", &format!("{} {word} – {of}{}", line.status.shape(), against_before(line)));
            }
            if let Some(link) = link {
                page.line(link);
            }
        }
        page.list("Not ready in time", &self.missing);
        page.text
    }

    /// The pictures of the mail: of the objectives in trouble, those of the agreements in trouble first, at most six.
    pub fn pictures(&self) -> Result<Vec<Picture>, ReportError> {
        let mut all = Vec::new();
        for (report, _) in self.reports.iter().take(AGREEMENTS_MAX) {
            all.extend(charts::at_most(report, charts::PICTURES_MAX - all.len())?);
        }
        Ok(all)
    }

    /// The mail as an HTML document; `pictures` come from [`Self::pictures`].
    pub fn html(&self, pictures: &[Picture]) -> Result<String, ReportError> {
        let parts = self.reports.iter().take(AGREEMENTS_MAX);
        let document = Document {
            subject: self.subject(),
            title: self.title,
            period: self.period_name(),
            sentence: self.sentence(),
            look: Look::of(self.status()),
            parts: parts.map(|(report, link)| Part::of(report, link.as_deref(), pictures)).collect(),
            not_told: self.reports.len().saturating_sub(AGREEMENTS_MAX),
            missing: &self.missing,
        };
        Ok(document.render()?)
    }
}

/// How it was in the period before: ` (99.95 % before)`; empty if that is not known.
fn against_before(line: &Line) -> String {
    let before = line.previous.as_ref().and_then(|previous| previous.sli.percent());
    before.map(|percent| format!(" {}", say!("({percent} % before)", percent))).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "mail/pack.html")]
struct Document<'a> {
    subject: String,
    title: &'a str,
    period: String,
    sentence: String,
    look: Look,
    parts: Vec<Part<'a>>,
    not_told: usize,
    missing: &'a [String],
}

struct Part<'a> {
    report: &'a Report,
    sentence: String,
    link: Option<&'a str>,
    look: Look,
    rows: Vec<Row<'a>>,
    images: Vec<Image>,
    not_told: usize,
}

struct Row<'a> {
    line: &'a Line,
    look: Look,
    measured: String,
    before: String,
}

impl<'a> Part<'a> {
    fn of(report: &'a Report, link: Option<&'a str>, pictures: &[Picture]) -> Self {
        let lines = by_trouble(report);
        let image = |line: &&Line| pictures.iter().find(|one| one.objective == line.id).map(Image::in_mail);
        let row = |line: &&'a Line| Row {
            line,
            look: Look::of(line.status),
            measured: say::measured(&line.sli),
            before: against_before(line).trim().to_owned(),
        };
        Self {
            look: Look::of(report.verdict.status),
            rows: lines.iter().take(OBJECTIVES_MAX).map(row).collect(),
            images: lines.iter().filter_map(image).collect(),
            not_told: lines.len().saturating_sub(OBJECTIVES_MAX),
            sentence: report.sentence(),
            report,
            link,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn reports() -> [Report; 3] {
        [("Zeta", Status::Breached), ("Alpha", Status::Met), ("Beta", Status::Met)].map(|(name, status)| {
            let mut report = sample::report();
            report.agreement.name = name.to_owned();
            report.verdict.status = status;
            report
        })
    }

    #[test]
    fn the_pack_leads_with_trouble_and_says_it_in_the_subject() {
        let reports = reports();
        let pack = Pack::new("ACME", reports.iter().map(|report| (report, None)).collect(), vec!["Late".to_owned()]);
        assert_eq!(pack.subject(), "[Nines] Breached: ACME, week 2026-W46 – 1 of 3 agreements");
        assert_eq!(pack.sentence(), "1 of 3 agreements missed a promise. Not ready in time: Late.");
        for text in [pack.text(), pack.html(&[]).unwrap()] {
            let places: Vec<_> = ["Zeta", "Alpha", "Beta"].map(|name| text.find(name).unwrap()).into();
            assert!(places.is_sorted(), "{text}");
            assert!(text.contains("Late") && text.contains(&pack.sentence()), "{text}");
        }
    }

    /// Two agreements of four and five bad objectives with a course to show: four pictures of the first and two of the second.
    #[test]
    fn a_pack_shows_six_pictures_of_what_is_in_trouble() {
        let bad = |name: &str, ids: std::ops::RangeInclusive<i64>| {
            let mut report = sample::report();
            let line = report.objectives[0].clone();
            report.agreement.name = name.to_owned();
            report.objectives = ids.map(|id| Line { id, ..line.clone() }).collect();
            report
        };
        let (one, other) = (bad("One", 1..=4), bad("Other", 11..=15));
        let pack = Pack::new("ACME", vec![(&other, None), (&one, None)], Vec::new());
        let pictures = pack.pictures().unwrap();
        assert_eq!(pictures.iter().map(|one| one.objective).collect::<Vec<_>>(), [1, 2, 3, 4, 11, 12]);
        let html = pack.html(&pictures).unwrap();
        for picture in &pictures {
            assert_eq!(html.matches(&format!("src=\"cid:{}\"", picture.cid)).count(), 1, "{}", picture.cid);
        }
        assert!(html.contains("alt=\"Checkout availability by day: 1 of 7 days below the target of 99.9 %."));
    }

    #[test]
    fn what_is_well_is_said_in_one_sentence() {
        let [_, alpha, beta] = reports();
        let of = |all: Vec<&Report>| {
            let pack = Pack::new("A\r\nB", all.into_iter().map(|report| (report, None)).collect(), Vec::new());
            (pack.subject(), pack.sentence())
        };
        assert_eq!(
            of(vec![&alpha, &beta]),
            (
                "[Nines] Met: A B, week 2026-W46 – 2 of 2 agreements".to_owned(),
                "All 2 agreements kept every promise.".to_owned()
            )
        );
    }

    /// A customer's name is text, in the title and everywhere.
    #[test]
    fn a_hostile_name_stays_text() {
        let mut report = sample::report();
        report.agreement.name = "<script>alert(1)</script>".to_owned();
        let link = Some("https://nines.example/reports/1?a=1&b=\"".to_owned());
        let html = Pack::new("<b>\"&", vec![(&report, link)], vec!["<i>".to_owned()]).html(&[]).unwrap();
        for markup in ["<script", "<b>\"", "<i>", "b=\""] {
            assert!(!html.contains(markup), "{markup}");
        }
    }
}
