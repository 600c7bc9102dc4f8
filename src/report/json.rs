//! The report as canonical JSON: what is stored, hashed, attached and downloaded.
//!
//! Fields are sorted by name, counts are integers, decimals are text, there are no floats, and lines are indented by two
//! spaces, so that the same report is always the same bytes, whatever program and engine wrote it.

use crate::domain::chain::Digest;
use crate::report::{Report, ReportError, VERSION};
use serde::Deserialize;
use serde_json::Value;

/// The report's one true text: two-space indented JSON with a newline at its end.
pub fn render_json(report: &Report) -> Result<String, ReportError> {
    canonical(serde_json::to_value(report)?)
}

pub(super) fn canonical(mut value: Value) -> Result<String, ReportError> {
    value.sort_all_objects();
    let mut text = serde_json::to_string_pretty(&value)?;
    text.push('\n');
    Ok(text)
}

/// Is this text in the one form in which reports are written, whatever it says?
pub fn is_canonical(text: &str) -> Result<bool, ReportError> {
    Ok(canonical(serde_json::from_str(text)?)? == text)
}

/// Reads what [`render_json`] wrote, now or in an older version.
pub fn read(text: &str) -> Result<Report, ReportError> {
    #[derive(Deserialize)]
    struct Shape {
        version: u32,
    }
    // the version first: a newer shape may well not parse, and then its version is the better answer
    let Shape { version } = serde_json::from_str(text)?;
    if version > VERSION {
        return Err(ReportError::Version(version));
    }
    let mut report: Report = serde_json::from_str(text)?;
    report.digest = report.chain.as_ref().map(|_issued| Digest::of(text.as_bytes()));
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::terms::Unit;
    use crate::report::sample;

    #[test]
    fn what_is_written_is_read_back_whole() {
        let report = sample::report();
        let text = render_json(&report).unwrap();
        assert_eq!(read(&text).unwrap(), report);
        assert_eq!(render_json(&read(&text).unwrap()).unwrap(), text, "the same report is the same bytes");
        assert!(text.ends_with("}\n"));
    }

    #[test]
    fn fields_are_sorted_decimals_are_text_and_no_number_is_a_float() {
        let text = render_json(&sample::judged()).unwrap();
        for part in [
            "\"version\": 2",
            "\"zone\": \"Europe/Berlin\"",
            "\"kind\": \"week\"",
            "\"start\": \"2026-11-08T23:00:00Z\"",
            "\"target_percent\": \"99.9\"",
            "\"good\": 998997",
            "\"percent\": \"99.8997\"",
            "\"allowed_events\": \"1000\"",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        // read line by line, so that no parser's own order is in the way
        let mut open: Vec<String> = Vec::new();
        for line in text.lines() {
            let depth = (line.len() - line.trim_start().len()) / 2;
            open.truncate(depth + 1);
            open.resize(depth + 1, String::new());
            let Some((key, rest)) = line.trim().strip_prefix('"').and_then(|rest| rest.split_once("\": ")) else {
                // another object of a list begins anew
                open[depth].clear();
                continue;
            };
            assert!(key > open[depth].as_str(), "{key} after {}", open[depth]);
            key.clone_into(&mut open[depth]);
            let number = rest.trim_end_matches(',');
            assert!(!number.starts_with(|c: char| c.is_ascii_digit()) || number.parse::<i64>().is_ok(), "{line}");
        }
    }

    /// As version 1 was first written: no unit, no name of the period, nothing about the agreement as a whole.
    const OLD: &str = r#"{
      "version": 1,
      "agreement": {"id": 7, "name": "ACME shop", "customer": "", "owner": "", "zone": "Europe/Berlin"},
      "period": {"kind": "week", "label": "2026-W46", "start": "2026-11-08T23:00:00Z", "end": "2026-11-15T23:00:00Z",
        "local": "2026-11-09 00:00 – 2026-11-16 00:00 CET", "minutes": 10080},
      "built_at": "2026-11-16T00:20:00Z", "provisional": false, "revision": 1,
      "verdict": {"status": "breached", "sentence": "1 objective missed: Checkout."},
      "objectives": [{
        "id": 1, "name": "Checkout", "service": "Shop", "kind": "availability", "target_percent": "99.9", "window": "30d",
        "estimated": false, "source": "prometheus", "query": "up", "status": "breached", "met": false,
        "good": 998997, "bad": 1003, "total": 1000000,
        "sli": {"state": "measured", "percent": "99.8997", "interval": null, "too_little_data": false},
        "budget": {"allowed_events": "1000", "remaining_events": "-3", "consumed_percent": "100.3",
          "remaining_percent": "-0.3", "allowed_minutes": "10.08", "remaining_minutes": "-0.03"},
        "burn_rate": "1.003", "coverage": {"known": 10080, "minutes": 10080, "percent": "100"}, "bounds": null,
        "previous": null,
        "outages": [{"start": "2026-11-11T07:00:00Z", "end": "2026-11-11T07:43:00Z", "minutes": 43, "bad": 812,
          "total": 4300, "share_of_budget_percent": "81.2"}],
        "daily": [{"day": "2026-11-09", "start": "2026-11-08T23:00:00Z", "good": 998997, "total": 1000000, "known": 1440}]
      }],
      "findings": [], "notes": []
    }"#;

    #[test]
    fn a_report_older_than_the_agreement_as_a_whole_still_reads_and_is_shown_in_every_shape() {
        let report = read(OLD).unwrap();
        assert_eq!((report.objectives[0].unit, report.whole == crate::report::Whole::default()), (Unit::Event, true));
        assert_eq!(report.period_name(), "week 46, 9 to 15 Nov 2026");
        let text = crate::report::render_text(&report);
        assert!(text.contains("1,003 bad and 998,997 good of 1,000,000 requests"), "{text}");
        let fragment = crate::report::render_fragment(&report).unwrap();
        for word in ["Compliance", "Credit", "Exclusions", "Why this number"] {
            assert!(!text.contains(word) && !fragment.contains(word), "{word} was not known then");
        }
        assert!(crate::report::render_csv([&report]).unwrap().contains("998997,1003,1000000"));
    }

    #[test]
    fn a_text_in_another_form_is_not_canonical() {
        let text = render_json(&sample::report()).unwrap();
        assert!(is_canonical(&text).unwrap());
        let compact = serde_json::to_string(&sample::report()).unwrap();
        let spaced = text.replacen(": ", ":  ", 1);
        let twice = text.replacen("{\n", "{\n  \"version\": 1,\n", 1);
        for other in [compact, spaced, twice, text.trim_end().to_owned(), format!("{text}\n")] {
            assert!(!is_canonical(&other).unwrap(), "{other}");
        }
        assert!(is_canonical("{").is_err());
    }

    #[test]
    fn a_newer_report_is_refused_by_its_version() {
        assert!(matches!(read(r#"{"version": 3, "everything": "else"}"#), Err(ReportError::Version(3))));
        assert!(matches!(read("[]"), Err(ReportError::Json(_))));
    }
}
