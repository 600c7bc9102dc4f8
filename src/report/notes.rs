//! How it was counted, in sentences that an auditor can check.

use crate::domain::time::Instant;
use crate::domain::wording;
use crate::report::Line;
use chrono_tz::Tz;

/// The sentences that belong under a report with these objectives.
#[must_use]
pub fn how_counted(objectives: &[Line], start: Instant, zone: Tz, provisional: bool) -> Vec<String> {
    let mut notes = vec![
        format!(
            "The period is half-open: it holds its first minute and ends just before its end. Days begin at midnight in {}.",
            wording::zone(start, zone)
        ),
        "Counters are read raw: the increase between two samples belongs to the minute of the later one, so neighbouring periods share nothing and lose nothing."
            .to_owned(),
        "Minutes without samples are unknown: they count neither as good nor as bad. Coverage says how many are known, and the worst and best case what the others could have changed."
            .to_owned(),
        "Whether a target is met is decided by the counts. Percentages are rounded for reading only, and never across the target."
            .to_owned(),
    ];
    if objectives.iter().any(|line| line.budget.is_some()) {
        notes.push(
            "The error budget is the share of events that may be bad, 100 % minus the target. Its time is the full downtime that would spend it with traffic spread evenly."
                .to_owned(),
        );
    }
    if objectives.iter().any(|line| line.estimated) {
        notes.push(
            "Objectives marked estimated are evaluated by their source from an expression; their counts are the source's estimate and not a count of every event."
                .to_owned(),
        );
    }
    if provisional {
        notes.push("This report is provisional: its data has not settled and may still change.".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn estimates_and_unsettled_data_are_owned_up_to() {
        let report = sample::report();
        let (start, zone) = (report.period.start, report.agreement.zone);
        let has = |notes: &[String], word: &str| notes.iter().any(|note| note.contains(word));
        let exact: Vec<Line> = report.objectives.iter().filter(|line| !line.estimated).cloned().collect();
        let notes = how_counted(&exact, start, zone, false);
        assert!(notes[0].contains("Europe/Berlin (CET, UTC+01:00)"), "{}", notes[0]);
        assert!(!has(&notes, "estimated") && !has(&notes, "provisional"));
        let notes = how_counted(&report.objectives, start, zone, true);
        assert!(has(&notes, "estimated") && has(&notes, "provisional"));
    }
}
