//! What is watched of a latency besides the share of its slow answers: its mean and its percentiles.

use super::{Measure, Step};
use crate::domain::durations::Durations;
use crate::domain::sheet::{Cut, Sheet};
use crate::domain::spans::Spans;
use crate::domain::terms::SliceMinutes;

/// Which of a latency's measures are watched.
///
/// The mean and the 95th percentile unless people choose: the mean is exact and moves with everything, the 95th percentile with
/// what is slow. The median says hardly more than the mean. The 99th rests on one event in a hundred, in the widest
/// buckets, where one event more moves the estimate far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latencies([bool; 4]);

impl Latencies {
    /// These.
    #[must_use]
    pub fn of(measures: &[Measure]) -> Self {
        Self(Measure::LATENCIES.map(|one| measures.contains(&one)))
    }

    /// From words with blanks between, as [`Self::words`] writes them; nothing if one is no measure of a latency.
    #[must_use]
    pub fn from_words(words: &str) -> Option<Self> {
        let is_latency = |measure: &Measure| Measure::LATENCIES.contains(measure);
        let measures = words.split_whitespace().map(|word| Measure::from_word(word).filter(is_latency));
        measures.collect::<Option<Vec<_>>>().map(|measures| Self::of(&measures))
    }

    /// The words of those that are watched.
    #[must_use]
    pub fn words(self) -> String {
        let words: Vec<_> = Measure::LATENCIES.into_iter().filter(|one| self.holds(*one)).map(Measure::word).collect();
        words.join(" ")
    }

    /// Is it watched? What is no measure of a latency is not for it to say, and is.
    #[must_use]
    pub fn holds(self, measure: Measure) -> bool {
        Measure::LATENCIES.iter().zip(self.0).all(|(one, is_watched)| *one != measure || is_watched)
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self::of(&[Measure::LatencyMean, Measure::LatencyP95])
    }
}

/// A stretch of the ledger of a latency: of each bound of its histogram, and of its durations.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    /// Ascending bounds in seconds.
    bounds: Vec<(f64, Sheet)>,
    durations: Sheet,
}

impl Spread {
    /// From what is counted of ascending bounds, in seconds, and of the durations, in microseconds.
    #[must_use]
    pub const fn new(bounds: Vec<(f64, Sheet)>, durations: Sheet) -> Self {
        Self { bounds, durations }
    }

    /// What it says about each slice of the judged minutes, with its place in time; nothing about slices of which less than
    /// half is known, or of which one bound knows other minutes than another. Bounds of which nothing is known in a slice
    /// are not there: a histogram that changes has other bounds from then on.
    #[must_use]
    pub fn cut(&self, slice: SliceMinutes, judged: &Spans) -> Vec<(Cut, Option<Durations>)> {
        let sums = self.durations.cut(slice, judged);
        let bounds: Vec<(f64, Vec<Cut>)> =
            self.bounds.iter().map(|(bound, sheet)| (*bound, sheet.cut(slice, judged))).collect();
        let one = |(place, sum): (usize, &Cut)| {
            let within = bounds.iter().filter_map(|(bound, cuts)| Some((*bound, cuts.get(place)?)));
            (*sum, durations(within.filter(|(_, cut)| cut.known > 0), sum))
        };
        sums.iter().enumerate().map(one).collect()
    }

    /// The steps of a measure.
    #[must_use]
    pub fn steps(&self, measure: Measure, slice: SliceMinutes, judged: &Spans) -> Vec<Step> {
        let step = |(cut, durations): (Cut, Option<Durations>)| Step {
            start: cut.start,
            span: cut.span,
            value: durations.as_ref().and_then(|durations| measure.latency(durations)),
            can_tell: durations.is_some_and(|durations| durations.events >= measure.tell_min()),
        };
        self.cut(slice, judged).into_iter().map(step).collect()
    }
}

/// The steps of a measure in the judged minutes, from what is counted of the indicator itself or, for a latency's own measures,
/// of its histogram.
#[must_use]
pub fn steps(measure: Measure, sheet: &Sheet, spread: &Spread, slice: SliceMinutes, judged: &Spans) -> Vec<Step> {
    if measure.is_latency() { spread.steps(measure, slice, judged) } else { measure.steps(&sheet.cut(slice, judged)) }
}

fn durations<'a>(within: impl Iterator<Item = (f64, &'a Cut)>, sum: &Cut) -> Option<Durations> {
    let within: Vec<(f64, &Cut)> = within.collect();
    let (_, first) = within.first()?;
    let agrees = |cut: &Cut| cut.known == first.known && cut.total == first.total;
    let is_known = first.known * 2 >= first.minutes && within.iter().all(|(_, cut)| agrees(cut));
    is_known.then(|| Durations {
        within: within.iter().map(|(bound, cut)| (*bound, cut.good)).collect(),
        events: first.total,
        micros: (sum.known == first.known).then_some(sum.total),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Slice;
    use crate::domain::time::{Minute, Span};

    /// Minutes with as many events as given, all of 100 within the bound.
    fn sheet(minutes: &[(i64, i64, i64)]) -> Sheet {
        let slice =
            |(at, good, total): &(i64, i64, i64)| (Minute(*at), Slice { good: *good, total: *total, catch_up: false });
        Sheet::of_minutes(minutes.iter().map(slice))
    }

    fn ten() -> Spans {
        Span::new(Minute(0), Minute(10)).into()
    }

    /// Five minutes of 40 events: 20 within 0.1 s, 36 within 0.5 s and 40 within 1 s, each minute 8 s long. Of 200 events
    /// the ranks are 100, 190 and, too near the end, 198.
    #[test]
    fn buckets_of_a_step_are_merged_before_anything_is_estimated() {
        let all = |good| sheet(&(0..5).map(|at| (at, good, 40)).collect::<Vec<_>>());
        let spread = Spread::new(
            vec![(0.1, all(20)), (0.5, all(36)), (1.0, all(40))],
            sheet(&[0, 1, 2, 3, 4].map(|at| (at, 8_000_000, 8_000_000))),
        );
        let value =
            |measure| spread.steps(measure, SliceMinutes::FIVE, &ten()).iter().map(|one| one.value).collect::<Vec<_>>();
        assert_eq!(value(Measure::LatencyMean), [Some(0.2), None], "40 s by 200 events; then nothing is known");
        assert_eq!(value(Measure::LatencyP50), [Some(0.1), None]);
        // 180 lie within 0.5 s and 200 within 1 s: half way between
        assert_eq!(value(Measure::LatencyP95), [Some(0.75), None]);
        assert_eq!(value(Measure::LatencyP99), [None, None]);
    }

    #[test]
    fn a_step_is_unknown_while_its_bounds_know_different_minutes() {
        let five = |good| sheet(&(0..5).map(|at| (at, good, 40)).collect::<Vec<_>>());
        let four = sheet(&(0..4).map(|at| (at, 36, 40)).collect::<Vec<_>>());
        let told = |bounds, sums| {
            let spread = Spread::new(bounds, sums);
            let value = |measure| spread.steps(measure, SliceMinutes::FIVE, &ten())[0].value;
            [Measure::LatencyMean, Measure::LatencyP50].map(value).map(|value| value.is_some())
        };
        assert_eq!(told(vec![(0.1, five(20)), (0.5, five(36))], five(40)), [true, true]);
        assert_eq!(told(vec![(0.1, five(20)), (0.5, four)], five(40)), [false, false]);
        let gone = Sheet::default();
        assert_eq!(
            told(vec![(0.1, five(20)), (0.2, gone), (0.5, five(36))], five(40)),
            [true, true],
            "a bound that went"
        );
        let some = sheet(&[(0, 9, 9)]);
        assert_eq!(told(vec![(0.1, five(20)), (0.5, five(36))], some), [false, true], "sums of other minutes");
        let few = sheet(&[(0, 40, 40), (1, 40, 40)]);
        assert_eq!(told(vec![(0.1, few.clone()), (0.5, few.clone())], few), [false, false], "two of five minutes");
    }

    #[test]
    fn which_are_watched_is_kept_as_words() {
        assert_eq!(Latencies::default().words(), "latency_mean latency_p95");
        for words in ["", "latency_p99", "latency_mean latency_p50 latency_p95 latency_p99"] {
            assert_eq!(Latencies::from_words(words).unwrap().words(), words);
        }
        assert_eq!(Latencies::from_words("latency_mean traffic"), None);
        assert!(Latencies::of(&[]).holds(Measure::BadShare) && !Latencies::of(&[]).holds(Measure::LatencyMean));
    }
}
