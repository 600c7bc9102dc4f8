//! The report as canonical JSON: what is stored, hashed, attached and downloaded.
//!
//! Fields stand in the order of their structs, counts are integers, decimals are text, and nothing passes through a
//! map, so that the same report is always the same bytes.

use crate::report::{Report, ReportError, VERSION};
use serde::Deserialize;

/// The report's one true text: two-space indented JSON with a newline at its end.
pub fn render_json(report: &Report) -> Result<String, ReportError> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}

/// Reads what [`render_json`] wrote.
pub fn read(text: &str) -> Result<Report, ReportError> {
    #[derive(Deserialize)]
    struct Shape {
        version: u32,
    }
    // the version first: a newer shape may well not parse, and then its version is the better answer
    let Shape { version } = serde_json::from_str(text)?;
    if version != VERSION {
        return Err(ReportError::Version(version));
    }
    Ok(serde_json::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn fields_stand_in_their_order_and_decimals_are_text() {
        let text = render_json(&sample::report()).unwrap();
        let places: Vec<usize> = [
            "\"version\": 1",
            "\"agreement\"",
            "\"zone\": \"Europe/Berlin\"",
            "\"kind\": \"week\"",
            "\"start\": \"2026-11-08T23:00:00Z\"",
            "\"minutes\": 10080",
            "\"built_at\"",
            "\"verdict\"",
            "\"status\": \"breached\"",
            "\"objectives\"",
            "\"target_percent\": \"99.9\"",
            "\"good\": 998997",
            "\"state\": \"measured\"",
            "\"percent\": \"99.8997\"",
            "\"allowed_events\": \"1000\"",
            "\"findings\"",
            "\"notes\"",
        ]
        .iter()
        .map(|key| text.find(key).unwrap_or_else(|| panic!("{key} is missing in {text}")))
        .collect();
        assert!(places.is_sorted(), "{places:?}");
    }

    #[test]
    fn a_newer_report_is_refused_by_its_version() {
        assert!(matches!(read(r#"{"version": 2, "everything": "else"}"#), Err(ReportError::Version(2))));
        assert!(matches!(read("[]"), Err(ReportError::Json(_))));
    }
}
