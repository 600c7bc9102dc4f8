//! The time axis: ticks at the moments that people of the zone name.
//!
//! Local midnights, Mondays, firsts of a month; within a day full local hours. They are found on the local calendar and
//! then placed, so a day of 23 or 25 hours has its midnight where it is: an hour that does not exist has no tick, an
//! hour that comes twice has two on an hourly axis, and a midnight that does not exist is the first moment after it
//! (São Paulo, 4 November 2018: 01:00).

use crate::chart::fit::{UNITS_PER_PX, units, wide};
use crate::domain::time::{Instant, Span};
use crate::domain::wording::{date, day_of, part};
use crate::language::say;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Weekday};
use chrono_tz::Tz;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged};
use std::ops::Range;

/// A labelled moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    pub at: Instant,
    pub label: String,
}

/// Distances between ticks; each aligned with the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Minutes(u32),
    Days(i32),
    Mondays,
    HalfMonths,
    Months(u32),
    Years(i32),
}

/// From fine to coarse.
const STEPS: [Step; 28] = [
    Step::Minutes(1),
    Step::Minutes(2),
    Step::Minutes(5),
    Step::Minutes(10),
    Step::Minutes(15),
    Step::Minutes(30),
    Step::Minutes(60),
    Step::Minutes(120),
    Step::Minutes(180),
    Step::Minutes(240),
    Step::Minutes(360),
    Step::Minutes(720),
    Step::Days(1),
    Step::Days(2),
    Step::Mondays,
    Step::HalfMonths,
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Years(1),
    Step::Years(2),
    Step::Years(5),
    Step::Years(10),
    Step::Years(50),
    Step::Years(100),
    Step::Years(500),
    Step::Years(2000),
];

impl Step {
    /// Roughly how long, in seconds: enough to tell how many ticks to expect.
    fn seconds(self) -> i64 {
        const DAY: i64 = 86_400;
        match self {
            Self::Minutes(n) => i64::from(n) * 60,
            Self::Days(n) => i64::from(n) * DAY,
            Self::Mondays => 7 * DAY,
            Self::HalfMonths => 15 * DAY,
            Self::Months(n) => i64::from(n) * 30 * DAY,
            Self::Years(n) => i64::from(n) * 365 * DAY,
        }
    }

    /// Does a tick stand at the beginning of this day?
    fn is_on(self, day: NaiveDate) -> bool {
        match self {
            Self::Minutes(_) => true,
            Self::Days(n) => day.num_days_from_ce() % n == 0,
            Self::Mondays => day.weekday() == Weekday::Mon,
            Self::HalfMonths => matches!(day.day(), 1 | 15),
            Self::Months(n) => day.day() == 1 && day.month0().is_multiple_of(n),
            Self::Years(n) => day.ordinal() == 1 && day.year() % n == 0,
        }
    }

    /// The days from `first` to `last` on which a tick may stand; months are visited rather than their days.
    fn days(self, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let monthly = matches!(self, Self::Months(_) | Self::Years(_));
        let begin = if monthly { first.with_day(1).unwrap_or(first) } else { first };
        let next = move |day: &NaiveDate| {
            if monthly { day.checked_add_months(chrono::Months::new(1)) } else { day.checked_add_days(Days::new(1)) }
        };
        std::iter::successors(Some(begin), next).take_while(move |day| *day <= last).filter(move |day| self.is_on(*day))
    }

    fn label(self, local: NaiveDateTime) -> String {
        let day = local.date();
        match self {
            Self::Minutes(_) if local.time() != NaiveTime::MIN => local.format("%H:%M").to_string(),
            Self::Minutes(_) | Self::Days(_) => say!("{weekday} {day}", part(day, "%a"), day.day()),
            Self::Mondays | Self::HalfMonths => say!("{day} {month}", day.day(), part(day, "%b")),
            Self::Months(_) if local.month() != 1 => part(day, "%b"),
            Self::Months(_) | Self::Years(_) => say!("{year}", day.year()),
        }
    }

    /// All ticks from `start` to `end`, both included.
    fn ticks(self, start: Instant, end: Instant, zone: Tz) -> Vec<Tick> {
        let (first, last) = (local(start, zone).date_naive(), local(end, zone).date_naive());
        let mut ticks = Vec::new();
        for day in self.days(first, last) {
            let midnight = first_moment(day, zone).map(|at| Tick { at, label: self.label(day.into()) });
            ticks.extend(midnight);
            if let Self::Minutes(n) = self {
                let hours = (n..1440).step_by(usize::try_from(n).unwrap_or(1440));
                let times = hours.filter_map(|m| day.and_hms_opt(m / 60, m % 60, 0));
                for time in times {
                    // Twice only where both find room: on coarser axes 01:00 would stand an hour from 01:00.
                    let moments = moments(time, zone).into_iter().take(if n <= 60 { 2 } else { 1 });
                    ticks.extend(moments.map(|at| Tick { at, label: self.label(time) }));
                }
            }
        }
        ticks.retain(|tick| start <= tick.at && tick.at <= end);
        ticks.sort_by_key(|tick| tick.at);
        ticks.dedup_by_key(|tick| tick.at);
        ticks
    }
}

/// A time axis, as plotters maps along it.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeAxis {
    start: Instant,
    end: Instant,
    zone: Tz,
}

impl TimeAxis {
    pub(super) fn new(span: Span, zone: Tz) -> Self {
        Self { start: span.start().start(), end: span.end().start(), zone }
    }

    /// Where `at` stands as a share of the axis; 0 is the start, 1 the end.
    pub(super) fn share(&self, at: Instant) -> f64 {
        let length = (self.end.seconds() - self.start.seconds()).max(1);
        (wide(at.seconds() - self.start.seconds()) / wide(length)).clamp(0.0, 1.0)
    }

    /// The finest ticks whose labels find room on `width` pixels; `measure` gives a label's width.
    pub(super) fn ticks(&self, width: f64, measure: impl Fn(&str) -> f64) -> Vec<Tick> {
        const APART: f64 = 13.0;
        let seconds = self.end.seconds() - self.start.seconds();
        if seconds == 0 {
            return Vec::new();
        }
        let fits = |ticks: &[Tick]| {
            ticks.windows(2).all(|pair| {
                let [a, b] = pair else { return true };
                let between = (self.share(b.at) - self.share(a.at)) * width;
                between >= f64::midpoint(measure(&a.label), measure(&b.label)) + APART
            })
        };
        // No label is narrower than 15 pixels, so more ticks than that need not be tried (nor even counted out).
        let plausible = |step: &&Step| wide(seconds / step.seconds()) * (15.0 + APART) <= width;
        let tries = STEPS.iter().filter(plausible).map(|step| step.ticks(self.start, self.end, self.zone));
        tries.into_iter().find(|ticks| fits(ticks)).unwrap_or_default()
    }

    /// The axis in words: its first and last local day.
    pub(super) fn range_label(&self) -> String {
        let first = local(self.start, self.zone).date_naive();
        let last = local(self.end.plus_seconds(-1).max(self.start), self.zone).date_naive();
        if first == last {
            return say!(
                "{weekday} {day} {month} {year}",
                part(first, "%a"),
                first.day(),
                part(first, "%b"),
                first.year()
            );
        }
        let (year, month) = (last.year(), part(last, "%b"));
        match (first.year() == year, first.month() == last.month()) {
            (true, true) => say!("{first} – {last} {month} {year}", first.day(), last.day(), month, year),
            (true, false) => say!("{first} – {last} {year}", day_of(first), day_of(last), year),
            (false, _) => format!("{} – {}", date(first), date(last)),
        }
    }
}

impl Ranged for TimeAxis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = Instant;

    fn map(&self, at: &Instant, (left, right): (i32, i32)) -> i32 {
        let px = f64::from(left) + self.share(*at) * f64::from(right - left);
        units(px / f64::from(UNITS_PER_PX))
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<Instant> {
        let most = u32::try_from(hint.max_num_points()).unwrap_or(u32::MAX);
        self.ticks(f64::from(most), |_| 0.0).into_iter().map(|tick| tick.at).collect()
    }

    fn range(&self) -> Range<Instant> {
        self.start..self.end
    }
}

fn local(at: Instant, zone: Tz) -> DateTime<Tz> {
    at.to_utc().with_timezone(&zone)
}

/// The moments at which the zone's clocks show `time`: none, one or two.
fn moments(time: NaiveDateTime, zone: Tz) -> Vec<Instant> {
    let found = zone.from_local_datetime(&time);
    let (first, second) = (found.earliest(), found.latest());
    first.into_iter().chain(second.filter(|_| first != second)).map(|at| Instant::from(at.to_utc())).collect()
}

/// The first moment of a local day; `None` for a day that the zone skipped (Samoa, 30 December 2011).
fn first_moment(day: NaiveDate, zone: Tz) -> Option<Instant> {
    let minutes = (0..1440).map(|m| day.and_time(NaiveTime::MIN) + TimeDelta::minutes(m));
    minutes.into_iter().find_map(|time| moments(time, zone).first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America, Asia, Europe, Pacific};
    use proptest::prelude::*;

    fn at(zone: Tz, text: &str) -> Instant {
        let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        moments(time, zone)[0]
    }

    fn axis(zone: Tz, from: &str, to: &str) -> TimeAxis {
        TimeAxis::new(Span::new(at(zone, from).minute(), at(zone, to).minute()), zone)
    }

    /// Ticks as `label@seconds since the first`, every letter six pixels wide.
    fn ticks(axis: &TimeAxis, width: f64) -> Vec<(String, i64)> {
        let ticks = axis.ticks(width, |label| 6.0 * wide(i64::try_from(label.chars().count()).unwrap()));
        let first = ticks[0].at.seconds();
        ticks.into_iter().map(|tick| (tick.label, (tick.at.seconds() - first) / 60)).collect()
    }

    fn labels(axis: &TimeAxis, width: f64) -> Vec<String> {
        ticks(axis, width).into_iter().map(|(label, _)| label).collect()
    }

    #[test]
    fn a_day_has_hours_a_week_midnights_a_quarter_months() {
        let zone = Europe::Berlin;
        let day = axis(zone, "2026-11-20 00:00", "2026-11-21 00:00");
        assert_eq!(
            labels(&day, 500.0),
            ["Fri 20", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "Sat 21"]
        );
        let week = axis(zone, "2026-11-14 10:30", "2026-11-21 10:30");
        assert_eq!(labels(&week, 500.0), ["Sun 15", "Mon 16", "Tue 17", "Wed 18", "Thu 19", "Fri 20", "Sat 21"]);
        let month = axis(zone, "2026-10-22 10:30", "2026-11-21 10:30");
        assert_eq!(labels(&month, 500.0), ["26 Oct", "2 Nov", "9 Nov", "16 Nov"]);
        let quarter = axis(zone, "2026-10-01 00:00", "2027-01-01 00:00");
        assert_eq!(labels(&quarter, 500.0), ["1 Oct", "15 Oct", "1 Nov", "15 Nov", "1 Dec", "15 Dec", "1 Jan"]);
        assert_eq!(labels(&quarter, 250.0), ["Oct", "Nov", "Dec", "2027"]);
    }

    #[test]
    fn days_and_months_have_their_chinese_names() {
        let zone = Europe::Berlin;
        let (week, quarter) =
            (axis(zone, "2026-11-14 10:30", "2026-11-21 10:30"), axis(zone, "2026-10-01 00:00", "2027-01-01 00:00"));
        crate::language::sync_scope(crate::language::Language::Chinese, || {
            assert_eq!(labels(&week, 600.0)[..2], ["周日 15 日", "周一 16 日"]);
            assert_eq!(labels(&quarter, 250.0), ["10 月", "11 月", "12 月", "2027 年"]);
            assert_eq!(week.range_label(), "2026 年 11 月 14 日 – 21 日");
            assert_eq!(quarter.range_label(), "2026 年 10 月 1 日 – 12 月 31 日");
        });
    }

    #[test]
    fn the_day_of_25_hours_shows_its_second_two_o_clock() {
        // Berlin, 25 October 2026: 03:00 CEST becomes 02:00 CET.
        let day = axis(Europe::Berlin, "2026-10-25 00:00", "2026-10-26 00:00");
        let hourly = ticks(&day, 1_400.0);
        assert_eq!(hourly.len(), 26);
        assert_eq!(
            hourly[1..5].iter().map(|t| (t.0.as_str(), t.1)).collect::<Vec<_>>(),
            [("01:00", 60), ("02:00", 120), ("02:00", 180), ("03:00", 240)]
        );
        assert_eq!(hourly[25], ("Mon 26".to_owned(), 1500));
        let coarse = ticks(&day, 500.0);
        assert_eq!(coarse[1], ("03:00".to_owned(), 240), "four hours after midnight");
    }

    #[test]
    fn the_day_of_23_hours_has_no_two_o_clock() {
        let day = axis(Europe::Berlin, "2026-03-29 00:00", "2026-03-30 00:00");
        let hourly = ticks(&day, 1_400.0);
        assert_eq!(hourly.len(), 24);
        assert_eq!((hourly[1].clone(), hourly[2].clone()), (("01:00".to_owned(), 60), ("03:00".to_owned(), 120)));
        let weeks = axis(Europe::Berlin, "2026-03-23 00:00", "2026-04-06 00:00");
        let spring = ticks(&weeks, 900.0);
        assert_eq!((spring[6].clone(), spring[7].1), (("Sun 29".to_owned(), 6 * 1440), 7 * 1440 - 60));
    }

    #[test]
    fn a_midnight_that_does_not_exist_is_the_first_moment_after_it() {
        let zone = America::Sao_Paulo;
        let day = NaiveDate::from_ymd_opt(2018, 11, 4).unwrap();
        assert_eq!(first_moment(day, zone), Some(at(zone, "2018-11-04 01:00")));
        assert_eq!(first_moment(NaiveDate::from_ymd_opt(2011, 12, 30).unwrap(), Pacific::Apia), None);
    }

    #[test]
    fn zones_with_odd_offsets_keep_their_own_hours() {
        let day = axis(Asia::Kathmandu, "2026-11-20 00:00", "2026-11-20 12:00");
        assert_eq!(labels(&day, 240.0), ["Fri 20", "03:00", "06:00", "09:00", "12:00"]);
    }

    #[test]
    fn the_range_names_its_last_day_not_the_one_after() {
        let zone = Europe::Berlin;
        assert_eq!(axis(zone, "2026-11-01 00:00", "2026-12-01 00:00").range_label(), "1 – 30 Nov 2026");
        assert_eq!(axis(zone, "2026-11-20 00:00", "2026-11-21 00:00").range_label(), "Fri 20 Nov 2026");
        assert_eq!(axis(zone, "2026-12-31 12:00", "2027-01-01 12:00").range_label(), "31 Dec 2026 – 1 Jan 2027");
    }

    proptest! {
        #[test]
        fn ticks_are_inside_in_order_and_never_crowded(
            start in 0_i64..4_000_000_000,
            minutes in prop_oneof![0_i64..3_000, 0_i64..600_000, 0_i64..4_000_000_000],
            zone in prop::sample::select(vec![Europe::Berlin, America::Sao_Paulo, Asia::Kathmandu, Pacific::Apia, Tz::UTC]),
            width in 20.0..1_500.0_f64,
        ) {
            let start = Instant::from_seconds(start).minute();
            let axis = TimeAxis::new(Span::new(start, start.plus(minutes)), zone);
            let ticks = axis.ticks(width, |label| 6.0 * wide(i64::try_from(label.chars().count()).unwrap()));
            prop_assert!(ticks.iter().all(|t| axis.start <= t.at && t.at <= axis.end));
            for pair in ticks.windows(2) {
                let apart = (axis.share(pair[1].at) - axis.share(pair[0].at)) * width;
                prop_assert!(apart >= 24.0, "{pair:?} {apart}");
            }
            prop_assert!(minutes < 3 || width < 300.0 || !ticks.is_empty(), "{axis:?}");
        }
    }
}
