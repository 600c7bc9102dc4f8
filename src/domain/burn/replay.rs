//! How often alerts would have fired over a past span.

use super::{AlertRule, Guard, fires};
use crate::domain::history::History;
use crate::domain::spans::Spans;
use crate::domain::target::Target;
use crate::domain::time::{Minute, Span};

/// The most firing spans that are listed for a rule: the newest.
pub const REPLAYED_SPANS_MAX: usize = 50;

/// What an alert would have done over a past span.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    /// The alert.
    pub rule: AlertRule,
    /// How many times it would have fired: once for each run of minutes in which it fires without a break.
    pub times: i64,
    /// For how many minutes in all.
    pub minutes: i64,
    /// When, in order of time: the newest [`REPLAYED_SPANS_MAX`].
    pub spans: Vec<Span>,
}

/// What must be known so that [`replay`] sees every window whole: the span and the longest window before it.
#[must_use]
pub fn reach(rules: &[AlertRule], span: Span) -> Span {
    let back = rules.iter().map(|rule| rule.long_minutes.max(rule.short_minutes)).fold(0, i64::max);
    Span::new(span.start().plus(-back), span.end())
}

/// Replays alerts over a past span, as if each had been asked at the end of every minute.
///
/// `history` holds buckets of one minute over [`reach`]; what it leaves out counts as unknown. A minute fires if
/// [`fires`] says so of the windows that end with it, so an alert can fire in the minute of its cause and ends as soon
/// as one of its windows is calm.
#[must_use]
pub fn replay(history: &History, rules: &[AlertRule], target: Target, guard: Guard, span: Span) -> Vec<Replayed> {
    let ends: Vec<Minute> = span.iter().map(|minute| minute.plus(1)).collect();
    rules.iter().map(|rule| replay_one(history, rule, target, guard, &ends)).collect()
}

fn replay_one(history: &History, rule: &AlertRule, target: Target, guard: Guard, ends: &[Minute]) -> Replayed {
    let long = history.rolling(ends, rule.long_minutes);
    let short = history.rolling(ends, rule.short_minutes);
    let firing = ends.iter().zip(long.iter().zip(&short));
    let firing = firing.filter(|(_, (long, short))| fires(rule, target, guard, long, short));
    let spans = Spans::of(firing.map(|(end, _)| Span::ending(*end, 1)));
    let all = spans.as_slice();
    let newest = all.get(all.len().saturating_sub(REPLAYED_SPANS_MAX)..).unwrap_or_default();
    Replayed {
        rule: *rule,
        times: i64::try_from(all.len()).unwrap_or(i64::MAX),
        minutes: spans.minutes(),
        spans: newest.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::burn::{Severity, alert_rules, burn_rate};
    use crate::domain::ledger::Tally;
    use proptest::prelude::*;

    fn history(start: i64, minutes: &[Option<(i64, i64)>]) -> History {
        let end = start + i64::try_from(minutes.len()).unwrap();
        let mut history = History::new(Span::new(Minute(start), Minute(end)), 1);
        for (minute, slice) in (start..).map(Minute).zip(minutes) {
            if let Some((bad, total)) = slice {
                history.add(minute, Tally { good: total - bad, total: *total, known: 1, minutes: 1 });
            }
        }
        history
    }

    /// 1000 requests a minute, 15 % of them bad for 20 minutes. The 1 h window passes 14.4 × 0.1 % of 60 000 = 864 bad
    /// events in the 6th minute (5.76 × 150), and the 5 min window stays above 72 of 5000 while one bad minute is in it:
    /// until 4 minutes after the end. So the minutes 5 to 23 counted from 0 fire: 19.
    #[test]
    fn an_incident_of_twenty_minutes() {
        let target = Target::parse("99.9").unwrap();
        let rules = alert_rules(30 * 1440, target, 1);
        let minutes: Vec<_> = (0..300).map(|m| Some((if (100..120).contains(&m) { 150 } else { 0 }, 1000))).collect();
        let replayed =
            replay(&history(0, &minutes), &rules[..1], target, Guard::FewEvents, Span::new(Minute(60), Minute(300)));
        assert_eq!((replayed[0].times, replayed[0].minutes), (1, 19));
        assert_eq!(replayed[0].spans, [Span::new(Minute(105), Minute(124))]);
    }

    #[test]
    fn the_newest_spans_are_listed_and_all_are_counted() {
        let target = Target::parse("99").unwrap();
        let rule = AlertRule { severity: Severity::Page, factor: 2.0, long_minutes: 1, short_minutes: 1 };
        let minutes: Vec<_> = (0..200).map(|m| Some((if m % 2 == 0 { 50 } else { 0 }, 100))).collect();
        let span = Span::new(Minute(0), Minute(200));
        let replayed = &replay(&history(0, &minutes), &[rule], target, Guard::FewEvents, span)[0];
        assert_eq!((replayed.times, replayed.minutes, replayed.spans.len()), (100, 100, REPLAYED_SPANS_MAX));
        assert_eq!(replayed.spans.last(), Some(&Span::new(Minute(198), Minute(199))));
        assert_eq!(replayed.spans.first(), Some(&Span::new(Minute(100), Minute(101))));
    }

    proptest! {
            /// Each minute judged alone, by adding up its windows from the minutes themselves.
            #[test]
            fn a_replay_agrees_with_judging_every_minute_alone(
                minutes in proptest::collection::vec(proptest::option::weighted(0.9, (0i64..3, 0i64..40)), 20..150),
                (long, short, factor) in (2i64..40, 1i64..10, 1.0f64..20.0),
                (guarded, skipped) in (any::<bool>(), 0i64..10),
            ) {
                let minutes: Vec<_> = minutes.iter().map(|slice| slice.map(|(bad, good)| (bad, bad + good))).collect();
                let target = Target::parse("98").unwrap();
                let guard = if guarded { Guard::FewEvents } else { Guard::Off };
                let rule = AlertRule { severity: Severity::Ticket, factor, long_minutes: long, short_minutes: short };
                let count = i64::try_from(minutes.len()).unwrap();
                let span = Span::new(Minute(500 + skipped), Minute(500 + count));
                let replayed = &replay(&history(500, &minutes), &[rule], target, guard, span)[0];

                let window = |end: i64, length: i64| {
                    let inside = (end - length).max(0)..end;
                    let known = inside.filter_map(|m| minutes[usize::try_from(m).unwrap()]);
                    known.fold(Tally::default(), |sum, (bad, total)| {
                        sum + Tally { good: total - bad, total, known: 1, minutes: 1 }
                    })
                };
                let judged: Vec<bool> = (skipped + 1..=count).map(|end| {
                    let above = |tally: &Tally| burn_rate(tally, target).is_some_and(|rate| rate > factor);
                    let (long, short) = (window(end, long), window(end, short));
                    let fired = fires(&rule, target, guard, &long, &short);
    assert!(guarded || fired == (above(&long) && above(&short)));
                    fired
                }).collect();
                let starts = judged.iter().zip(std::iter::once(&false).chain(&judged)).filter(|(now, before)| **now && !**before);
                prop_assert_eq!(replayed.times, i64::try_from(starts.count()).unwrap());
                prop_assert_eq!(replayed.minutes, i64::try_from(judged.iter().filter(|fired| **fired).count()).unwrap());
                for (minute, fired) in span.iter().zip(judged) {
                    prop_assert_eq!(replayed.spans.iter().any(|span| span.contains(minute)), fired);
                }
            }
        }
}
