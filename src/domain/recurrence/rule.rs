//! A rule by the clock on the wall: when its occurrences start, in local time without a zone.
//!
//! The calendar crate expands the rule as if the wall were in UTC, where no hour is missing or double; what a local time
//! means in a zone is decided afterwards, by [`first_instant_from`] as for every local time. The crate walks from its start
//! occurrence by occurrence, so for a window years later the walk begins with the last whole round (of `INTERVAL` days,
//! weeks, months or years) before the window.

use super::RecurrenceError;
use super::parts::{Parts, Until};
use crate::domain::calendar::first_instant_from;
use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rrule::{Frequency, RRule, RRuleSet};

/// The largest `COUNT` that is counted out: more than the days of 100 years.
const COUNTED_MAX: u32 = 40_000;

/// A rule, the local time at which it first starts, and how far it is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) struct Rule {
    pub(super) parts: Parts,
    pattern: RRule,
    first: NaiveDateTime,
    zone: Tz,
    until: Option<Until>,
    horizon: NaiveDateTime,
}

impl Rule {
    /// Reads a rule whose occurrences start at a local time or later, and before another; the first need not match it.
    pub(in crate::domain) fn parse(
        rule: &str,
        zone: Tz,
        first: NaiveDateTime,
        horizon: NaiveDateTime,
    ) -> Result<Self, RecurrenceError> {
        let parts = Parts::parse(rule)?;
        let pattern = parts.rule().validate(utc(first)).map_err(|why| RecurrenceError::Together {
            what: why.to_string(),
            mend: "change or leave out that part".to_owned(),
        })?;
        let mut rule = Self { until: parts.until, parts, pattern, first, zone, horizon };
        if rule.until.is_some_and(|until| rule.is_after(first, until)) {
            return Err(RecurrenceError::EndsBefore);
        }
        if let Some(count) = rule.parts.count.filter(|count| *count <= COUNTED_MAX) {
            let most = usize::try_from(count).unwrap_or(usize::MAX);
            let last = rule.starts(first, NaiveDateTime::MAX).take(most).last();
            rule.until = last.map(Until::Local);
        }
        Ok(rule)
    }

    /// The local times `from <= start < to` at which occurrences start, in order.
    pub(in crate::domain) fn starts(
        &self,
        from: NaiveDateTime,
        to: NaiveDateTime,
    ) -> impl Iterator<Item = NaiveDateTime> {
        let end = self.horizon.min(to);
        // the crate gives up after 100 000 rounds without an occurrence
        let walk = RRuleSet::new(utc(self.round_before(from))).rrule(self.pattern.clone()).limit();
        walk.into_iter()
            .map(|start| start.naive_utc())
            .take_while(move |start| *start < end)
            .take_while(|start| self.until.is_none_or(|until| !self.is_after(*start, until)))
            .skip_while(move |start| *start < from)
    }

    fn is_after(&self, start: NaiveDateTime, until: Until) -> bool {
        match until {
            Until::Local(last) => start > last,
            Until::Utc(last) => first_instant_from(start, self.zone).to_utc().naive_utc() > last,
        }
    }

    /// Where the last whole round before a local time begins; the first start if that is later.
    fn round_before(&self, from: NaiveDateTime) -> NaiveDateTime {
        // one day back, so that the round has begun whatever the time of day
        let day = from.checked_sub_signed(TimeDelta::days(1)).unwrap_or(from).date();
        let round = self.whole_round(day).filter(|round| *round > self.first.date());
        round.map_or(self.first, |round| round.and_time(self.first.time()))
    }

    fn whole_round(&self, day: NaiveDate) -> Option<NaiveDate> {
        let first = self.first.date();
        let interval = i64::from(self.parts.interval);
        let whole = |passed: i64| u64::try_from(passed.div_euclid(interval) * interval).ok();
        match self.parts.frequency {
            Frequency::Weekly => {
                let week = first.week(self.parts.week_start).checked_first_day()?;
                week.checked_add_days(Days::new(whole((day - week).num_days().div_euclid(7))?.checked_mul(7)?))
            }
            Frequency::Monthly => {
                let months = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
                let passed = u32::try_from(whole(months(day) - months(first))?).ok()?;
                first.with_day(1)?.checked_add_months(Months::new(passed))
            }
            Frequency::Yearly => {
                let passed = i32::try_from(whole(i64::from(day.year()) - i64::from(first.year()))?).ok()?;
                NaiveDate::from_ymd_opt(first.year() + passed, 1, 1)
            }
            _ => first.checked_add_days(Days::new(whole((day - first).num_days())?)),
        }
    }
}

/// A local time as the crate sees it.
fn utc(local: NaiveDateTime) -> DateTime<rrule::Tz> {
    DateTime::<Utc>::from_naive_utc_and_offset(local, Utc).with_timezone(&rrule::Tz::UTC)
}
