//! What people type for a moment: the wall clock of a zone.
//!
//! ```
//! use nines::domain::wall;
//! use chrono_tz::Europe::Berlin;
//! let at = wall::parse("2026-11-21 02:00", Berlin).unwrap();
//! assert_eq!(at.to_string(), "2026-11-21T01:00:00Z");
//! assert_eq!(wall::text(at, Berlin), "2026-11-21 02:00");
//! // the clocks skip an hour here
//! assert!(wall::parse("2026-03-29 02:30", Berlin).unwrap_err().to_string().contains("write 03:00"));
//! ```

use crate::domain::calendar::first_instant_from;
use crate::domain::time::Instant;
use chrono::{Datelike as _, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use thiserror::Error;

/// Years that make sense; others are slips of the finger.
const YEARS: std::ops::RangeInclusive<i32> = 1971..=2199;

/// Why a text is no moment; each sentence says the mend.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WallError {
    /// No date with a time.
    #[error("write day and time as 2026-11-21 02:00")]
    Text,
    /// Too long ago or too far ahead.
    #[error("write a year from {} to {}", YEARS.start(), YEARS.end())]
    Year,
    /// The clocks leave this time out.
    #[error("in {zone} there is no {missing}, because the clocks are put forward over it: write {next} instead")]
    Gap {
        /// Whose clocks.
        zone: Tz,
        /// What was typed.
        missing: String,
        /// The first time after the gap.
        next: String,
    },
}

/// The moment at which the clocks of a zone show a text such as `2026-11-21 02:00`; of two such moments the earlier.
pub fn parse(text: &str, zone: Tz) -> Result<Instant, WallError> {
    let text = text.trim();
    let read = |format: &str| NaiveDateTime::parse_from_str(text, format).ok();
    let local = read("%Y-%m-%d %H:%M").or_else(|| read("%Y-%m-%dT%H:%M")).ok_or(WallError::Text)?;
    if !YEARS.contains(&local.year()) {
        return Err(WallError::Year);
    }
    if let Some(at) = zone.from_local_datetime(&local).earliest() {
        return Ok(Instant::from(at.to_utc()));
    }
    let next = first_instant_from(local, zone).to_utc().with_timezone(&zone).naive_local();
    let next = if next.date() == local.date() { next.format("%H:%M") } else { next.format("%Y-%m-%d %H:%M") };
    let missing = local.format("%H:%M on %Y-%m-%d").to_string();
    Err(WallError::Gap { zone, missing, next: next.to_string() })
}

/// What the clocks of a zone show at a moment, as [`parse`] reads it.
#[must_use]
pub fn text(at: Instant, zone: Tz) -> String {
    at.to_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America, Europe, Pacific};

    fn utc(text: &str, zone: Tz) -> String {
        parse(text, zone).map_or_else(|why| why.to_string(), |at| at.to_string())
    }

    #[test]
    fn a_wall_time_is_read_in_its_zone_and_written_back() {
        for (text_, zone, said) in [
            ("2026-11-21 02:00", Tz::UTC, "2026-11-21T02:00:00Z"),
            (" 2026-11-21T02:00 ", Europe::Berlin, "2026-11-21T01:00:00Z"),
            ("2026-07-01 00:00", America::New_York, "2026-07-01T04:00:00Z"),
            ("2026-02-29 02:00", Tz::UTC, "write day and time as 2026-11-21 02:00"),
            ("2026-11-21 24:00", Tz::UTC, "write day and time as 2026-11-21 02:00"),
            ("21.11.2026 02:00", Tz::UTC, "write day and time as 2026-11-21 02:00"),
            ("2026-11-21", Tz::UTC, "write day and time as 2026-11-21 02:00"),
            ("", Tz::UTC, "write day and time as 2026-11-21 02:00"),
            ("1066-10-14 09:00", Tz::UTC, "write a year from 1971 to 2199"),
            ("+262142-01-01 00:00", Tz::UTC, "write a year from 1971 to 2199"),
        ] {
            assert_eq!(utc(text_, zone), said, "{text_}");
            if let Ok(at) = parse(text_, zone) {
                assert_eq!(parse(&text(at, zone), zone), Ok(at));
            }
        }
    }

    /// Berlin puts its clocks back at 03:00 on 25 October 2026: 02:30 comes at 00:30 and at 01:30 UTC.
    #[test]
    fn of_two_moments_the_earlier_is_meant_and_a_skipped_one_is_refused_with_the_mend() {
        assert_eq!(utc("2026-10-25 02:30", Europe::Berlin), "2026-10-25T00:30:00Z");
        assert_eq!(
            utc("2026-03-29 02:30", Europe::Berlin),
            "in Europe/Berlin there is no 02:30 on 2026-03-29, because the clocks are put forward over it: write 03:00 \
             instead"
        );
        assert!(utc("2011-12-30 12:00", Pacific::Apia).ends_with("write 2011-12-31 00:00 instead"), "a day left out");
    }
}
