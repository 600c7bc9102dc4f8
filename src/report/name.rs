//! What a report's files are called.

use crate::report::Report;

/// `nines-acme-shop-2026-W46.csv`; a correction says its number: `nines-acme-shop-2026-W46-r2.csv`. ASCII only.
#[must_use]
pub fn file_name(report: &Report, extension: &str) -> String {
    format!("{}.{extension}", file_stem(report))
}

/// The same without its ending.
#[must_use]
pub fn file_stem(report: &Report) -> String {
    let agreement = match slug(&report.agreement.name) {
        slug if slug.is_empty() => format!("agreement-{}", report.agreement.id),
        slug => slug,
    };
    let revision = if report.revision > 1 { format!("-r{}", report.revision) } else { String::new() };
    let period: String = report.period.label.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("nines-{agreement}-{period}{revision}")
}

/// Lower-case ASCII words joined by hyphens, at most 60 characters; empty if there are none.
#[must_use]
pub fn slug(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug: String = words.collect::<Vec<_>>().join("-").chars().take(60).collect();
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn names_are_safe_in_every_file_system() {
        let mut report = sample::report();
        assert_eq!(file_name(&report, "csv"), "nines-acme-shop-2026-W46.csv");
        report.revision = 2;
        report.agreement.name = "../Ä & B: \"x\"\r\n".to_owned();
        assert_eq!(file_name(&report, "json"), "nines-b-x-2026-W46-r2.json");
        report.agreement.name = "日本".to_owned();
        assert_eq!(file_name(&report, "json"), "nines-agreement-7-2026-W46-r2.json");
    }
}
