//! When reports are mailed: as soon as they are final, at a time of day after a period has ended, or by a cron expression.
//!
//! Every run is about one period, and every period has at most one run: a cron expression that comes round more often than
//! its period sends at the first time after the period's end. Times are wall time in a zone; one that the clocks leave out
//! becomes the first after the gap, and of one that comes twice the earlier counts.
//!
//! ```
//! use chrono_tz::Europe::Berlin;
//! use nines::domain::calendar::{Anchor, Calendar, Period, PeriodKind};
//! use nines::domain::rhythm::Rhythm;
//! let calendar = Calendar { zone: Berlin, period: PeriodKind::Month, anchor: Anchor::default() };
//! let february = Period::parse("2026-02", Berlin).unwrap();
//! let rhythm = Rhythm::parse("at 2 08:00", Berlin).unwrap();
//! let (period, at) = rhythm.next(&calendar, PeriodKind::Month, february.span().start().start()).unwrap();
//! assert_eq!((period.label().as_str(), at.to_string().as_str()), ("2026-01", "2026-02-03T07:00:00Z"));
//! ```

mod cron;

pub use cron::{CronProblem, Field};

use crate::domain::calendar::{Calendar, Period, PeriodKind, first_instant_from};
use crate::domain::time::{DAY_MINUTES, Instant};
use crate::language::say;
use chrono::{Days, NaiveTime};
use chrono_tz::Tz;
use croner::Cron;
use std::fmt;
use thiserror::Error;

/// The longest that a report can be held back after its period, in days.
pub const WAIT_DAYS_MAX: u8 = 27;
/// How many periods are looked through for the next run; a month of days and the days that a report is held back.
const LOOKED_THROUGH: usize = 64;

/// When, within a period's aftermath.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// As soon as the report is final.
    Final,
    /// At a time of day, so many days after the first such time that follows the period's end.
    At {
        /// Days to wait, at most [`WAIT_DAYS_MAX`].
        wait_days: u8,
        /// The time of day.
        time: NaiveTime,
    },
    /// By a cron expression of five fields, as it was written.
    Cron(String, Box<Cron>),
}

/// When, and in which zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// When.
    pub when: When,
    /// Whose wall time that is.
    pub zone: Tz,
}

/// Why a text is no rhythm; each sentence says the mend.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RhythmError {
    /// No time of day.
    #[error("{}", say!("write the time as 08:00, from 00:00 to 23:59"))]
    Time,
    /// Held back too long, or not a number.
    #[error("{}", say!("write a whole number of days from 0 to {most}", WAIT_DAYS_MAX))]
    Wait,
    /// No cron expression.
    #[error("{0}")]
    Cron(CronProblem),
    /// A cron expression that never comes round.
    #[error("{}", say!("this expression never comes round; look at its day and month"))]
    Never,
    /// None of the words that begin one.
    #[error("{}", say!("write final, at, or cron"))]
    Word,
}

impl When {
    /// A time of day such as `08:00`, so many days later.
    pub fn at(wait_days: &str, time: &str) -> Result<Self, RhythmError> {
        let time = NaiveTime::parse_from_str(time.trim(), "%H:%M").map_err(|_not_one| RhythmError::Time)?;
        let wait_days = wait_days.trim().parse().ok().filter(|days| *days <= WAIT_DAYS_MAX);
        Ok(Self::At { wait_days: wait_days.ok_or(RhythmError::Wait)?, time })
    }

    /// A cron expression of five fields, or one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
    pub fn cron(text: &str) -> Result<Self, RhythmError> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let cron = cron::parse(&text).map_err(RhythmError::Cron)?;
        let some_day = Instant::from_seconds(0).to_utc();
        cron.find_next_occurrence(&some_day, false).map_err(|_none| RhythmError::Never)?;
        Ok(Self::Cron(text, Box::new(cron)))
    }
}

impl fmt::Display for When {
    /// What [`Rhythm::parse`] reads: `final`, `at 2 08:00`, `cron 0 8 * * 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Final => f.write_str("final"),
            Self::At { wait_days, time } => write!(f, "at {wait_days} {}", time.format("%H:%M")),
            Self::Cron(text, _) => write!(f, "cron {text}"),
        }
    }
}

impl Rhythm {
    /// Reads what [`When`] prints.
    pub fn parse(text: &str, zone: Tz) -> Result<Self, RhythmError> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let when = match word {
            "final" => When::Final,
            "at" => rest.split_once(' ').ok_or(RhythmError::Time).and_then(|(wait, time)| When::at(wait, time))?,
            "cron" => When::cron(rest)?,
            _ => return Err(RhythmError::Word),
        };
        Ok(Self { when, zone })
    }

    /// In words: `as soon as it is final`, `at 08:00, 2 days later`, `by the cron expression 0 8 * * 1`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match &self.when {
            When::Final => crate::language::say!("as soon as it is final"),
            When::At { wait_days, time } => {
                let time = time.format("%H:%M");
                match wait_days {
                    0 => crate::language::say!("at {time} after the period", time),
                    1 => crate::language::say!("at {time}, a day later", time),
                    days => crate::language::say!("at {time}, {days} days later", time, days),
                }
            }
            When::Cron(text, _) => crate::language::say!("by the cron expression {cron}", text),
        }
    }

    /// The first run after a moment: which period it is about, and when it is due. Nothing if there is none in sight.
    #[must_use]
    pub fn next(&self, calendar: &Calendar, covers: PeriodKind, after: Instant) -> Option<(Period, Instant)> {
        match &self.when {
            When::Final => {
                let period = calendar.containing(covers, after);
                Some((period, period.span().end().start()))
            }
            When::At { wait_days, time } => {
                let back = after.minute().plus(-DAY_MINUTES * (i64::from(*wait_days) + 2));
                let first = calendar.containing(covers, back.start());
                let periods = std::iter::successors(Some(first), |period| Some(period.next())).take(LOOKED_THROUGH);
                let mut runs = periods.map(|period| (period, self.time_after(period, *wait_days, *time)));
                runs.find(|(_, at)| *at > after)
            }
            When::Cron(_, cron) => {
                let at = self.occurrence(cron, after, false)?;
                let running = calendar.containing(covers, at);
                let period = running.previous();
                if self.occurrence(cron, period.span().end().start(), true)? == at {
                    return Some((period, at));
                }
                // it came round since the period ended, so the next period is the next to be reported
                let at = self.occurrence(cron, running.span().end().start(), true)?;
                Some((calendar.containing(covers, at).previous(), at))
            }
        }
    }

    /// The runs that are due after one moment and up to another, at most the `most` newest, in order.
    #[must_use]
    pub fn due(
        &self,
        calendar: &Calendar,
        covers: PeriodKind,
        (after, until): (Instant, Instant),
        most: usize,
    ) -> Vec<(Period, Instant)> {
        let first = self.next(calendar, covers, after);
        let runs = std::iter::successors(first, |(_, at)| self.next(calendar, covers, *at));
        let mut due: Vec<_> = runs.take_while(|(_, at)| *at <= until).collect();
        due.drain(..due.len().saturating_sub(most));
        due
    }

    fn time_after(&self, period: Period, wait_days: u8, time: NaiveTime) -> Instant {
        let end = period.span().end().start();
        let day = end.to_utc().with_timezone(&self.zone).date_naive();
        let at = |days: u64| {
            let day = day.checked_add_days(Days::new(days)).unwrap_or(day);
            first_instant_from(day.and_time(time), self.zone)
        };
        let first = u64::from(at(0) < end);
        at(first + u64::from(wait_days))
    }

    fn occurrence(&self, cron: &Cron, from: Instant, inclusive: bool) -> Option<Instant> {
        let from = from.to_utc().with_timezone(&self.zone);
        let found = cron.find_next_occurrence(&from, inclusive).ok()?;
        Some(Instant::from(found.to_utc()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Anchor;
    use chrono_tz::{America, Europe};
    use proptest::prelude::*;

    fn calendar(zone: Tz) -> Calendar {
        Calendar { zone, period: PeriodKind::Month, anchor: Anchor::default() }
    }

    fn instant(text: &str) -> Instant {
        Instant::from(chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc())
    }

    /// Labels and times of the runs between two moments.
    fn runs(rhythm: &str, zone: Tz, covers: PeriodKind, from: &str, to: &str) -> Vec<(String, String)> {
        let rhythm = Rhythm::parse(rhythm, zone).unwrap();
        let due = rhythm.due(&calendar(zone), covers, (instant(from), instant(to)), 100);
        due.into_iter().map(|(period, at)| (period.label(), at.to_string())).collect()
    }

    fn told(all: &[(String, String)]) -> Vec<(&str, &str)> {
        all.iter().map(|(label, at)| (label.as_str(), at.as_str())).collect()
    }

    /// Berlin 2026: 02:30 does not exist on 29 March (01:00 UTC is 03:00 local), and comes twice on 25 October (00:30 and
    /// 01:30 UTC). Days are reported once each, whatever the clocks do.
    #[test]
    fn a_night_in_which_the_clocks_change_has_one_run() {
        let spring = [
            ("2026-03-27", "2026-03-28T01:30:00Z"),
            ("2026-03-28", "2026-03-29T01:00:00Z"),
            ("2026-03-29", "2026-03-30T00:30:00Z"),
        ];
        let autumn = [
            ("2026-10-23", "2026-10-24T00:30:00Z"),
            ("2026-10-24", "2026-10-25T00:30:00Z"),
            ("2026-10-25", "2026-10-26T01:30:00Z"),
        ];
        for rhythm in ["at 0 02:30", "cron 30 2 * * *"] {
            let day = |from, to| runs(rhythm, Europe::Berlin, PeriodKind::Day, from, to);
            assert_eq!(told(&day("2026-03-27T12:00:00Z", "2026-03-30T12:00:00Z")), spring, "{rhythm}");
            assert_eq!(told(&day("2026-10-23T12:00:00Z", "2026-10-26T12:00:00Z")), autumn, "{rhythm}");
        }
        // every hour, also in the hour that comes twice: the first after midnight counts
        let hourly =
            runs("cron 15 * * * *", Europe::Berlin, PeriodKind::Day, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z");
        assert_eq!(told(&hourly), [("2026-10-24", "2026-10-24T22:15:00Z"), ("2026-10-25", "2026-10-25T23:15:00Z")]);
    }

    #[test]
    fn each_kind_of_period_is_reported_after_its_end() {
        let from = ("2026-12-30T00:00:00Z", "2027-01-31T00:00:00Z");
        let of = |rhythm, kind| runs(rhythm, Tz::UTC, kind, from.0, from.1);
        assert_eq!(told(&of("at 4 07:00", PeriodKind::Month)), [("2026-12", "2027-01-05T07:00:00Z")]);
        assert_eq!(told(&of("final", PeriodKind::Quarter)), [("2026-Q4", "2027-01-01T00:00:00Z")]);
        assert_eq!(told(&of("cron 0 9 15 1 *", PeriodKind::Year)), [("2026", "2027-01-15T09:00:00Z")]);
        // 2026 has a week 53, which begins on 28 December
        let weeks = of("cron 0 8 * * 1", PeriodKind::Week);
        assert_eq!(weeks.len(), 4);
        assert_eq!(told(&weeks)[..2], [("2026-W53", "2027-01-04T08:00:00Z"), ("2027-W01", "2027-01-11T08:00:00Z")]);
        // twice a week, of which the first counts; and a month whose only time is that of the month after it
        let twice = of("cron 0 8 * * 2,4", PeriodKind::Week);
        assert_eq!(told(&twice)[..2], [("2026-W53", "2027-01-05T08:00:00Z"), ("2027-W01", "2027-01-12T08:00:00Z")]);
    }

    /// The month ends in Auckland at 11:00 UTC, when it is 06:00 in New York: 05:00 there is on the day after.
    #[test]
    fn the_time_of_one_zone_follows_the_period_of_another() {
        let rhythm = Rhythm::parse("at 0 05:00", America::New_York).unwrap();
        let calendar = calendar(chrono_tz::Pacific::Auckland);
        let (period, at) = rhythm.next(&calendar, PeriodKind::Month, instant("2026-01-31T00:00:00Z")).unwrap();
        assert_eq!((period.label().as_str(), at.to_string().as_str()), ("2026-01", "2026-02-01T10:00:00Z"));
        let sooner = Rhythm::parse("at 0 07:00", America::New_York).unwrap();
        let (_, at) = sooner.next(&calendar, PeriodKind::Month, instant("2026-01-31T00:00:00Z")).unwrap();
        assert_eq!(at.to_string(), "2026-01-31T12:00:00Z");
    }

    #[test]
    fn what_was_missed_is_made_up_for_within_bounds() {
        let rhythm = Rhythm::parse("at 0 08:00", Tz::UTC).unwrap();
        let away = (instant("2026-05-01T09:00:00Z"), instant("2026-05-20T09:00:00Z"));
        let labels = |most| -> Vec<String> {
            rhythm.due(&calendar(Tz::UTC), PeriodKind::Day, away, most).iter().map(|(day, _)| day.label()).collect()
        };
        assert_eq!(labels(100).len(), 19);
        assert_eq!(labels(2), ["2026-05-18", "2026-05-19"]);
    }

    #[test]
    fn texts_come_back_and_mistakes_say_the_mend() {
        for text in ["final", "at 0 00:00", "at 27 23:59", "cron 0 8 * * 1", "cron 0 8 L * *"] {
            assert_eq!(Rhythm::parse(text, Tz::UTC).unwrap().when.to_string(), text);
        }
        for (text, mend) in [
            ("", "write final"),
            ("at 8", "08:00"),
            ("at 0 24:00", "08:00"),
            ("at 28 08:00", "from 0 to 27"),
            ("at -1 08:00", "from 0 to 27"),
            ("cron", "five fields"),
            ("cron * * *", "five fields"),
            ("cron 0 0 8 * * 1", "five fields"),
            ("cron 0 8 31 2 *", "never comes round"),
            ("cron 99 8 * * *", "the minute, the first field, as a number from 0 to 59"),
        ] {
            let said = Rhythm::parse(text, Tz::UTC).unwrap_err().to_string();
            assert!(said.contains(mend), "{text}: {said}");
        }
        assert!(Rhythm::parse(&format!("cron {}", "1,".repeat(90)), Tz::UTC).is_err());
    }

    proptest! {
        /// Whatever the rhythm and the zone: no period comes twice, none before it has ended, and asking in two halves finds
        /// what asking once finds.
        #[test]
        fn every_period_has_one_run_however_often_one_looks(
            zone in prop::sample::select(vec![Tz::UTC, Europe::Berlin, America::St_Johns, chrono_tz::Australia::Lord_Howe]),
            text in prop::sample::select(vec!["final", "at 0 02:30", "at 3 23:59", "cron 30 2 * * *", "cron */7 1-3 * * *", "cron 0 0 1,15 * *"]),
            covers in prop::sample::select(vec![PeriodKind::Day, PeriodKind::Week, PeriodKind::Month]),
            from in 1_760_000_000_i64..1_800_000_000,
            first in 1_i64..2_000_000,
            second in 1_i64..2_000_000,
        ) {
            let rhythm = Rhythm::parse(text, zone).unwrap();
            let at = |seconds| Instant::from_seconds(from + seconds);
            let due = |span| rhythm.due(&calendar(zone), covers, span, 1_000);
            let whole = due((at(0), at(first + second)));
            let halves = [due((at(0), at(first))), due((at(first), at(first + second)))].concat();
            prop_assert_eq!(&whole, &halves);
            for pair in whole.windows(2) {
                prop_assert!(pair[0].0.span().end() <= pair[1].0.span().start() && pair[0].1 < pair[1].1);
            }
            for (period, at) in whole {
                prop_assert!(period.span().end().start() <= at);
            }
        }
    }
}
