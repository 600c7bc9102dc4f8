//! A stretch of the ledger in memory, and how it is cut into slices.
//!
//! A slice of `n` minutes holds the minutes that are judged among its own: what is excluded, outside business hours or
//! outside the window is not in it, and a slice of which no minute is judged does not exist.
//!
//! ```
//! use nines::domain::{ledger::Slice, sheet::{Cut, Sheet}, spans::Spans, terms::SliceMinutes, time::{Minute, Span}};
//! let minutes = (0..10).map(|m| (Minute(m), Slice { good: 1, total: 2, catch_up: false }));
//! let sheet = Sheet::of_minutes(minutes);
//! let judged = Spans::of([Span::new(Minute(0), Minute(3)), Span::new(Minute(4), Minute(12))]);
//! let cuts = sheet.cut(SliceMinutes::FIVE, &judged);
//! let counts: Vec<_> = cuts.iter().map(|cut| (cut.start.0, cut.good, cut.total, cut.known, cut.minutes)).collect();
//! assert_eq!(counts, [(0, 4, 8, 4, 4), (5, 5, 10, 5, 5), (10, 0, 0, 0, 2)]);
//! ```

use crate::domain::ledger::{HourDetail, Slice, SliceError, Tally, tally_of};
use crate::domain::spans::Spans;
use crate::domain::terms::SliceMinutes;
use crate::domain::time::{HOUR_MINUTES, Hour, Minute, Span};

/// One hour of a sheet.
#[derive(Clone, Debug)]
pub struct Page {
    /// Which.
    pub hour: Hour,
    /// The sums of the row.
    pub sums: Tally,
    /// Its minutes; nothing if they are so old that only the sums were kept.
    pub minutes: Option<Box<HourDetail>>,
}

/// What the ledger says about a stretch of time, hour by hour; an hour without a page is unknown.
#[derive(Clone, Debug, Default)]
pub struct Sheet(Vec<Page>);

/// The judged part of one slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Where the slice begins, also if its first minutes are not judged.
    pub start: Minute,
    /// From its first judged minute to the end of its last.
    pub span: Span,
    /// Good events.
    pub good: i64,
    /// All events.
    pub total: i64,
    /// Known minutes among the judged.
    pub known: i64,
    /// Judged minutes.
    pub minutes: i64,
}

impl Sheet {
    /// From pages in order of time.
    #[must_use]
    pub fn new(pages: Vec<Page>) -> Self {
        debug_assert!(pages.windows(2).all(|pair| matches!(pair, [a, b] if a.hour < b.hour)), "pages come in order");
        Self(pages)
    }

    /// From known minutes in order of time; what no minute can have is left out.
    #[must_use]
    pub fn of_minutes(minutes: impl IntoIterator<Item = (Minute, Slice)>) -> Self {
        Self::try_of_minutes(minutes.into_iter().filter(|(_, slice)| slice.checked().is_ok())).unwrap_or_default()
    }

    fn try_of_minutes(minutes: impl IntoIterator<Item = (Minute, Slice)>) -> Result<Self, SliceError> {
        let mut pages: Vec<(Hour, HourDetail)> = Vec::new();
        for (minute, slice) in minutes {
            if pages.last().is_none_or(|(hour, _)| *hour != minute.hour()) {
                pages.push((minute.hour(), HourDetail::default()));
            }
            if let Some((_, detail)) = pages.last_mut() {
                detail.merge(minute, slice)?;
            }
        }
        let page =
            |(hour, detail): (Hour, HourDetail)| Page { hour, sums: detail.sums(), minutes: Some(Box::new(detail)) };
        Ok(Self(pages.into_iter().map(page).collect()))
    }

    /// The events of the judged minutes. An hour of which only the sums are kept counts if it is judged as a whole, and is
    /// unknown otherwise.
    #[must_use]
    pub fn tally(&self, judged: &Spans) -> Tally {
        let mut sum = Tally::default();
        for part in judged.as_slice() {
            sum.minutes += part.minutes();
            for page in self.pages(*part) {
                let inside = part.intersect(page.hour.span());
                let counted = match &page.minutes {
                    _ if inside.minutes() == HOUR_MINUTES => page.sums,
                    Some(detail) => tally_of(detail, page.hour, inside),
                    None => Tally::default(),
                };
                sum += Tally { minutes: 0, ..counted };
            }
        }
        sum
    }

    /// The minutes among the judged of which nothing is known.
    #[must_use]
    pub fn unknown(&self, judged: &Spans) -> Spans {
        let mut gaps = Vec::new();
        for part in judged.as_slice() {
            let mut pages = self.pages(*part).peekable();
            for hour in part.hours() {
                let inside = part.intersect(hour.span());
                let page = pages.next_if(|page| page.hour == hour);
                match page.and_then(|page| Some((page.minutes.as_ref()?, page.sums.known))) {
                    Some((_, HOUR_MINUTES)) => {}
                    Some((detail, _)) => {
                        let unknown = inside.iter().filter(|minute| detail.get(*minute).is_none());
                        gaps.extend(unknown.map(|minute| Span::new(minute, minute.plus(1))));
                    }
                    None => gaps.push(inside),
                }
            }
        }
        Spans::of(gaps)
    }

    /// The slices of the judged minutes, in order of time.
    #[must_use]
    pub fn cut(&self, slice: SliceMinutes, judged: &Spans) -> Vec<Cut> {
        let length = slice.minutes();
        let mut cuts = Cuts { length, done: Vec::with_capacity(capacity(judged.minutes(), length)) };
        for part in judged.as_slice() {
            let mut pages = self.pages(*part).peekable();
            for hour in part.hours() {
                let inside = part.intersect(hour.span());
                let page = pages.next_if(|page| page.hour == hour);
                match page.map(|page| (&page.minutes, page.sums)) {
                    Some((Some(detail), _)) if inside == hour.span() => cuts.add_hour(hour, detail),
                    Some((Some(detail), _)) => {
                        for minute in inside.iter() {
                            cuts.add(minute, 1, detail.get(minute).map(|slice| (slice.good, slice.total, 1)));
                        }
                    }
                    Some((None, sums)) if length == HOUR_MINUTES && inside == hour.span() => {
                        cuts.add(hour.first(), HOUR_MINUTES, Some((sums.good, sums.total, sums.known)));
                    }
                    _ => cuts.add_unknown(inside),
                }
            }
        }
        cuts.done
    }

    /// The pages that have a minute in a span, in order.
    fn pages(&self, span: Span) -> impl Iterator<Item = &Page> {
        let first = self.0.partition_point(|page| page.hour < span.start().hour());
        let rest = self.0.get(first..).unwrap_or_default();
        rest.iter().take_while(move |page| page.hour.first() < span.end())
    }
}

fn capacity(minutes: i64, length: i64) -> usize {
    usize::try_from(minutes / length + 2).unwrap_or_default()
}

/// Slices in the making.
struct Cuts {
    length: i64,
    done: Vec<Cut>,
}

impl Cuts {
    /// Adds judged minutes that lie in one slice.
    fn add(&mut self, at: Minute, minutes: i64, counts: Option<(i64, i64, i64)>) {
        let (good, total, known) = counts.unwrap_or_default();
        match self.done.last_mut() {
            // minutes come in order, so one before the end of the last slice is in it
            Some(last) if at.0 < last.start.0 + self.length => {
                last.span = Span::new(last.span.start(), at.plus(minutes));
                last.good += good;
                last.total += total;
                last.known += known;
                last.minutes += minutes;
            }
            _ => {
                let start = Minute(at.0 - at.0.rem_euclid(self.length));
                self.done.push(Cut { start, span: Span::new(at, at.plus(minutes)), good, total, known, minutes });
            }
        }
    }

    /// Adds an hour that is judged as a whole; it holds whole slices.
    fn add_hour(&mut self, hour: Hour, detail: &HourDetail) {
        let mut start = hour.first();
        for minutes in detail.minutes().chunks(usize::try_from(self.length).unwrap_or(1)) {
            let (mut good, mut total, mut known) = (0, 0, 0);
            for slice in minutes.iter().flatten() {
                good += slice.good;
                total += slice.total;
                known += 1;
            }
            let span = Span::new(start, start.plus(self.length));
            self.done.push(Cut { start, span, good, total, known, minutes: self.length });
            start = span.end();
        }
    }

    fn add_unknown(&mut self, span: Span) {
        let mut at = span.start();
        while at < span.end() {
            let next = Minute((at.0.div_euclid(self.length) + 1) * self.length).min(span.end());
            self.add(at, next.0 - at.0, None);
            at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: i64, to: i64) -> Span {
        Span::new(Minute(from), Minute(to))
    }

    /// An hour whose minutes are gone: known as a whole, unknown in part.
    #[test]
    fn an_old_hour_counts_as_a_whole_or_not_at_all() {
        let sums = Tally { good: 50, total: 60, known: 58, minutes: 60 };
        let sheet = Sheet::new(vec![Page { hour: Hour(1), sums, minutes: None }]);
        assert_eq!(sheet.tally(&span(60, 120).into()), sums);
        assert_eq!(sheet.tally(&span(60, 119).into()), Tally { minutes: 59, ..Tally::default() });
        let hourly = SliceMinutes::new(60).unwrap();
        assert_eq!(sheet.cut(hourly, &span(60, 120).into())[0].total, 60);
        assert_eq!(sheet.cut(hourly, &span(61, 120).into())[0].known, 0);
        let cuts = sheet.cut(SliceMinutes::FIVE, &span(60, 120).into());
        assert_eq!((cuts.len(), cuts.iter().map(|cut| cut.known).sum::<i64>()), (12, 0));
    }

    /// Three hours, every seventh minute unknown: counted minute by minute, whether hours are judged as a whole or in part.
    #[test]
    fn slices_hold_what_a_naive_count_finds_in_them() {
        let known = |m: i64| (m % 7 != 3).then_some((m % 5, 5 + m % 11));
        let slice = |m| known(m).map(|(good, total)| (Minute(m), Slice { good, total, catch_up: false }));
        let sheet = Sheet::of_minutes((0..180).filter_map(slice));
        for (from, to) in [(0, 180), (60, 120), (7, 173), (59, 121)] {
            for length in SliceMinutes::ALL {
                let mut naive: Vec<(i64, i64, i64, i64, i64)> = Vec::new();
                for m in from..to {
                    let start = m - m % length.minutes();
                    if naive.last().is_none_or(|last| last.0 != start) {
                        naive.push((start, 0, 0, 0, 0));
                    }
                    let last = naive.last_mut().unwrap();
                    let (good, total) = known(m).unwrap_or_default();
                    *last = (start, last.1 + good, last.2 + total, last.3 + i64::from(known(m).is_some()), last.4 + 1);
                }
                let cuts = sheet.cut(length, &span(from, to).into());
                let seen: Vec<_> = cuts.iter().map(|c| (c.start.0, c.good, c.total, c.known, c.minutes)).collect();
                assert_eq!(seen, naive, "{from} to {to} by {length:?}");
                let ends = (cuts[0].span.start().0, cuts[cuts.len() - 1].span.end().0);
                assert_eq!(ends, (from, to), "{length:?}");
            }
        }
    }

    #[test]
    fn a_slice_that_is_cut_in_two_is_still_one() {
        let sheet = Sheet::of_minutes((0..60).map(|m| (Minute(m), Slice { good: m, total: 60, catch_up: false })));
        let judged = Spans::of([span(0, 2), span(3, 5), span(58, 62)]);
        let cuts = sheet.cut(SliceMinutes::FIVE, &judged);
        let seen: Vec<_> = cuts.iter().map(|cut| (cut.start.0, cut.good, cut.minutes, cut.known)).collect();
        // 0 + 1 + 3 + 4; 58 + 59; the hour after is unknown
        assert_eq!(seen, [(0, 8, 4, 4), (55, 117, 2, 2), (60, 0, 2, 0)]);
    }
}
