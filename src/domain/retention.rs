//! For how long an agreement keeps its reports, and what shows that one was removed by that rule and by no other hand.
//!
//! A report is kept for `n` whole years after the end of its period, by the clock of the agreement's zone:
//!
//! ```
//! use nines::domain::retention::KeepYears;
//! use nines::domain::time::Instant;
//! let end: Instant = "2027-10-31T23:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap().into();
//! let until = KeepYears::new(2).unwrap().until(end, chrono_tz::Europe::Berlin);
//! assert_eq!(until.to_string(), "2029-10-31T23:00:00Z", "midnight in Berlin, two years later");
//! ```
//!
//! What is removed is the report's content; its number, digest and links stay, so the chain ([`crate::domain::chain`]) still
//! holds. An empty document alone proves nothing: [`doubt`] asks for a statement about exactly this report, a line of the
//! audit log, and a term in force on that day that had run out.

use crate::domain::calendar::first_instant_from;
use crate::domain::chain::Digest;
use crate::domain::ids::AgreementId;
use crate::domain::time::Instant;
use crate::language::say;
use chrono::Months;
use chrono_tz::Tz;
use std::fmt;
use thiserror::Error;

/// For how many years after its period's end a report is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeepYears(u32);

/// No such number of years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", say!("reports are kept for a whole number of years from 1 to {most}; write one of these, or nothing to keep them for ever", KeepYears::MOST))]
pub struct KeepYearsError;

impl KeepYears {
    /// The most years.
    pub const MOST: u32 = 99;

    /// From 1 to [`Self::MOST`].
    pub fn new(years: u32) -> Result<Self, KeepYearsError> {
        if (1..=Self::MOST).contains(&years) { Ok(Self(years)) } else { Err(KeepYearsError) }
    }

    /// The number.
    #[must_use]
    pub const fn years(self) -> u32 {
        self.0
    }

    /// Until when the report of a period that ended then is kept. The 29th of February becomes the 28th where there is none.
    #[must_use]
    pub fn until(self, end: Instant, zone: Tz) -> Instant {
        let local = end.to_utc().with_timezone(&zone).naive_local();
        let later = local.checked_add_months(Months::new(12 * self.0));
        later.map_or(Instant::RANGE.1, |later| first_instant_from(later, zone))
    }
}

impl fmt::Display for KeepYears {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What is left of a report that was removed: which it was, and by which rule it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Of which agreement.
    pub agreement: AgreementId,
    /// Its number in the chain.
    pub number: i64,
    /// About which period.
    pub label: String,
    /// Which revision of it.
    pub revision: i64,
    /// When its period ended.
    pub period_end: Instant,
    /// The digest of its bytes.
    pub sha256: Digest,
    /// The digest of the report before it, as its bytes named it; nothing in the first, and in one older than the chain.
    pub previous_sha256: Option<Digest>,
    /// When it was removed.
    pub removed_at: Instant,
    /// The term that had run out.
    pub kept_years: KeepYears,
    /// The revision of the agreement that says so.
    pub terms: i64,
    /// The digest of the public key that this statement is signed with; nothing if it is not signed.
    pub signed_by: Option<Digest>,
}

/// What is known beside the statement about a report that is said to be removed.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Of which agreement it is listed.
    pub agreement: AgreementId,
    /// Its number in the list.
    pub number: i64,
    /// Its period's label in the list.
    pub label: &'a str,
    /// Its revision in the list.
    pub revision: i64,
    /// When its period ended, by the list.
    pub period_end: Instant,
    /// The digest that was recorded when it was issued; nothing if it is older than the chain.
    pub recorded: Option<Digest>,
    /// When it was removed, by the list.
    pub removed_at: Instant,
    /// Is it the newest of its chain?
    pub is_newest: bool,
    /// Does the audit log say the same about it, and that Nines itself did it then?
    pub is_audited: bool,
    /// The revision of the agreement that was in force then, as was known then, and for how long it keeps reports.
    pub term: Option<(i64, KeepYears)>,
    /// The agreement's zone then.
    pub zone: Tz,
    /// Now.
    pub now: Instant,
}

/// Why a removal is not one by the agreement's term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Its statement is about another report.
    OtherReport,
    /// The audit log does not have it.
    Unaudited,
    /// The agreement in force then keeps reports for ever, or for another time.
    OtherTerm,
    /// Its time had not run out.
    TooEarly(Instant),
    /// It is the newest of its chain, which is never removed.
    Newest,
    /// It happened in the future.
    Ahead,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherReport => f.write_str("the statement about it is one about another report"),
            Self::Unaudited => f.write_str("the audit log knows nothing of it"),
            Self::OtherTerm => f.write_str("the agreement in force on that day does not say so"),
            Self::TooEarly(until) => write!(f, "it was to be kept until {until}"),
            Self::Newest => f.write_str("the newest report of an agreement is never removed"),
            Self::Ahead => f.write_str("it is said to have happened at a time that has not come"),
        }
    }
}

/// What speaks against a removal; nothing if it is one under the agreement's retention.
#[must_use]
pub fn doubt(removal: &Removal, known: &Known<'_>) -> Option<Doubt> {
    let is_about = (removal.agreement, removal.number, removal.label.as_str(), removal.revision)
        == (known.agreement, known.number, known.label, known.revision)
        && removal.period_end == known.period_end
        && removal.removed_at == known.removed_at
        && known.recorded.is_none_or(|recorded| recorded == removal.sha256);
    let until = removal.kept_years.until(removal.period_end, known.zone);
    let doubts = [
        (!is_about, Doubt::OtherReport),
        (removal.removed_at > known.now, Doubt::Ahead),
        (known.is_newest, Doubt::Newest),
        (known.term != Some((removal.terms, removal.kept_years)), Doubt::OtherTerm),
        (removal.removed_at < until, Doubt::TooEarly(until)),
        (!known.is_audited, Doubt::Unaudited),
    ];
    doubts.into_iter().find_map(|(is, doubt)| is.then_some(doubt))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use chrono_tz::{America, Europe};

    fn at(text: &str) -> Instant {
        text.parse::<DateTime<Utc>>().unwrap().into()
    }

    #[test]
    fn years_are_whole_and_from_1_to_99() {
        for years in [0, 100, u32::MAX] {
            assert_eq!(KeepYears::new(years), Err(KeepYearsError), "{years}");
        }
        assert_eq!((KeepYears::new(1).unwrap().years(), KeepYears::new(99).unwrap().years()), (1, 99));
    }

    #[test]
    fn a_term_ends_by_the_clock_of_the_zone() {
        let years = |n| KeepYears::new(n).unwrap();
        // midnight in Berlin: UTC+1 in winter, UTC+2 in summer
        assert_eq!(years(1).until(at("2027-01-31T23:00:00Z"), Europe::Berlin), at("2028-01-31T23:00:00Z"));
        assert_eq!(years(3).until(at("2027-06-30T22:00:00Z"), Europe::Berlin), at("2030-06-30T22:00:00Z"));
        // a leap day has no other in the year after
        assert_eq!(years(1).until(at("2028-02-29T00:00:00Z"), Tz::UTC), at("2029-02-28T00:00:00Z"));
        assert_eq!(years(4).until(at("2028-02-29T00:00:00Z"), Tz::UTC), at("2032-02-29T00:00:00Z"));
        // 02:30 is left out in New York on 2028-03-12: the first instant after the gap
        assert_eq!(years(1).until(at("2027-03-12T07:30:00Z"), America::New_York), at("2028-03-12T07:00:00Z"));
        assert_eq!(years(99).until(Instant::RANGE.1, Tz::UTC), Instant::RANGE.1);
    }

    fn removal() -> Removal {
        Removal {
            agreement: AgreementId(4000),
            number: 3,
            label: "2026-11".to_owned(),
            revision: 1,
            period_end: at("2026-12-01T00:00:00Z"),
            sha256: Digest::of(b"3"),
            previous_sha256: Some(Digest::of(b"2")),
            removed_at: at("2027-12-01T00:40:00Z"),
            kept_years: KeepYears::new(1).unwrap(),
            terms: 2,
            signed_by: None,
        }
    }

    fn known(removal: &Removal) -> Known<'_> {
        Known {
            agreement: removal.agreement,
            number: removal.number,
            label: &removal.label,
            revision: removal.revision,
            period_end: removal.period_end,
            recorded: Some(removal.sha256),
            removed_at: removal.removed_at,
            is_newest: false,
            is_audited: true,
            term: Some((removal.terms, removal.kept_years)),
            zone: Tz::UTC,
            now: at("2028-01-01T00:00:00Z"),
        }
    }

    #[test]
    fn a_removal_needs_every_piece_of_its_evidence() {
        let removal = removal();
        let known = known(&removal);
        assert_eq!(doubt(&removal, &known), None);
        let old = Known { recorded: None, ..known };
        assert_eq!(doubt(&removal, &old), None, "one older than the chain has no digest on record");
        let two = KeepYears::new(2).unwrap();
        for (against, expected) in [
            (Known { agreement: AgreementId(1), ..known }, Doubt::OtherReport),
            (Known { number: 4, ..known }, Doubt::OtherReport),
            (Known { label: "2026-10", ..known }, Doubt::OtherReport),
            (Known { revision: 2, ..known }, Doubt::OtherReport),
            (Known { period_end: at("2026-11-01T00:00:00Z"), ..known }, Doubt::OtherReport),
            (Known { recorded: Some(Digest::of(b"x")), ..known }, Doubt::OtherReport),
            (Known { removed_at: known.now, ..known }, Doubt::OtherReport),
            (Known { is_newest: true, ..known }, Doubt::Newest),
            (Known { is_audited: false, ..known }, Doubt::Unaudited),
            (Known { term: None, ..known }, Doubt::OtherTerm),
            (Known { term: Some((1, removal.kept_years)), ..known }, Doubt::OtherTerm),
            (Known { term: Some((2, two)), ..known }, Doubt::OtherTerm),
            (Known { now: at("2027-12-01T00:39:59Z"), ..known }, Doubt::Ahead),
            // in New York the period's end of 00:00 UTC is 19:00 of the day before, a year later as well: no doubt
        ] {
            assert_eq!(doubt(&removal, &against), Some(expected));
        }
        let early = Removal { removed_at: at("2027-11-30T23:59:59Z"), ..removal.clone() };
        let listed = Known { removed_at: early.removed_at, ..known };
        assert_eq!(doubt(&early, &listed), Some(Doubt::TooEarly(at("2027-12-01T00:00:00Z"))));
    }
}
