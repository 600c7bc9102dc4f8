//! The form that proposes an exclusion. Times are those of a clock on the wall in the chosen zone.

use super::{line_of, sentence};
use crate::domain::calendar::first_instant_from;
use crate::domain::exclusion::{Category, Exclusion, Scope, State};
use crate::domain::recurrence::{Recurrence, SPAN_DAYS_MAX};
use crate::domain::time::{DAY_MINUTES, Instant, Span};
use crate::language;
use crate::language::say;
use crate::view::{Choice, Form};
use chrono::offset::LocalResult;
use chrono::{Datelike as _, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 300;
/// The longest remark, in characters.
const REMARK_CHARS_MAX: usize = 300;
/// How local times are written.
const WALL: &str = "%Y-%m-%d %H:%M";
/// The years that can be written.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// A form for a new exclusion.
#[must_use]
pub fn empty(zone: &str) -> Form {
    let mut form = Form::default();
    form.set("zone", zone);
    form
}

/// The kinds of reason.
#[must_use]
pub fn categories() -> Vec<Choice> {
    Category::ALL.iter().map(|category| Choice::new(category.word(), language::word(category.in_words()))).collect()
}

/// Reads the form into a proposal without identity; nothing, with the problems in the form, if anything is refused.
pub fn read(form: &mut Form, scopes: &[Choice]) -> Option<Exclusion> {
    let scope = scope(form, scopes);
    let category = Category::from_word(form.value("category"));
    if category.is_none() {
        form.refuse("category", say!("Please choose the kind of reason."));
    }
    let reason = line_of(form, "reason", &say!("the reason"), REASON_CHARS_MAX);
    if reason.as_deref() == Some("") {
        form.refuse("reason", say!("Please write the reason in a sentence that customers may read."));
    }
    let zone = zone(form);
    let first = zone.and_then(|zone| first(form, zone));
    let when = zone.zip(first).and_then(|(zone, first)| when(form, zone, first));
    let announced_at = match zone {
        Some(zone) if !form.value("announced").trim().is_empty() => wall(form, "announced", zone),
        _ => None,
    };
    if !form.is_fine() {
        return None;
    }
    let draft = Exclusion::planned(first?);
    Some(Exclusion {
        scope: scope?,
        category: category?,
        reason: reason?,
        when: when?,
        zone: zone?,
        announced_at,
        state: State::Proposed,
        decided: None,
        ..draft
    })
}

/// Reads the remark of a decision.
pub fn remark(form: &mut Form) -> Option<String> {
    line_of(form, "remark", &say!("the remark"), REMARK_CHARS_MAX)
}

fn scope(form: &mut Form, scopes: &[Choice]) -> Option<Scope> {
    let offered = scopes.iter().find(|choice| choice.value == form.value("scope"));
    let scope = offered.and_then(|choice| Scope::from_text(&choice.value));
    if scope.is_none() {
        form.refuse("scope", say!("Please choose from the list what the exclusion is about."));
    }
    scope
}

fn zone(form: &mut Form) -> Option<Tz> {
    let zone = form.value("zone").trim().parse::<Tz>().ok();
    if zone.is_none() {
        form.refuse("zone", say!("Please choose a time zone of the list, such as Europe/Berlin or UTC."));
    }
    zone
}

fn first(form: &mut Form, zone: Tz) -> Option<Span> {
    let (from, to) = (wall(form, "from", zone), wall(form, "to", zone));
    let (from, to) = from.zip(to)?;
    if to.minute() <= from.minute() {
        form.refuse("to", say!("Please write an end after the beginning."));
        return None;
    }
    let first = Span::new(from.minute(), to.minute());
    if first.minutes() > SPAN_DAYS_MAX * DAY_MINUTES {
        form.refuse("to", say!("Please write an end at most {most} days after the beginning.", SPAN_DAYS_MAX));
        return None;
    }
    Some(first)
}

fn when(form: &mut Form, zone: Tz, first: Span) -> Option<Recurrence> {
    match Recurrence::parse(form.value("rule"), zone, first) {
        Ok(when) => Some(when),
        Err(why) => {
            form.refuse("rule", sentence(&why.to_string()));
            None
        }
    }
}

/// A local time; of one that comes twice the earlier counts, and one that never comes is refused.
pub(super) fn wall(form: &mut Form, name: &str, zone: Tz) -> Option<Instant> {
    let typed = form.value(name).trim().replace('T', " ");
    let local = NaiveDateTime::parse_from_str(&typed, WALL).ok().filter(|local| YEARS.contains(&local.year()));
    let Some(local) = local else {
        let (first, last) = (YEARS.start(), YEARS.end());
        form.refuse(
            name,
            say!("Please write day and time as 2026-11-21 02:00, between the years {first} and {last}.", first, last),
        );
        return None;
    };
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(Instant::from(at.to_utc())),
        LocalResult::None => {
            let next = first_instant_from(local, zone).to_utc().with_timezone(&zone).format(WALL);
            let sentence = say!(
                "There is no {time} in {zone}, because the clocks go forward over it. Please write {next}, the first time \
                 after it.",
                local.format(WALL),
                zone.name(),
                next
            );
            form.refuse(name, sentence);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Form {
        let mut form = empty("Europe/Berlin");
        for (name, value) in [
            ("scope", "agreement:4000"),
            ("category", "planned_maintenance"),
            ("reason", "New database"),
            ("from", "2026-11-22 02:00"),
            ("to", "2026-11-22 04:00"),
        ]
        .iter()
        .chain(pairs)
        {
            form.set(*name, *value);
        }
        form
    }

    fn scopes() -> Vec<Choice> {
        vec![Choice::new("all", "Everything"), Choice::new("agreement:4000", "Gold")]
    }

    fn problem(pairs: &[(&str, &str)], field: &str) -> String {
        let mut form = form(pairs);
        assert!(read(&mut form, &scopes()).is_none(), "{pairs:?}");
        form.field(field).problem.unwrap_or_else(|| panic!("{field}: {:?}", form.problems))
    }

    fn exclusion(pairs: &[(&str, &str)]) -> Exclusion {
        let mut form = form(pairs);
        read(&mut form, &scopes()).unwrap_or_else(|| panic!("{:?}", form.problems))
    }

    #[test]
    fn times_are_those_of_the_wall_clock() {
        let read = exclusion(&[("rule", "rrule:freq=weekly;byday=su"), ("announced", "2026-11-19T02:00")]);
        assert_eq!(read.first.start().start().to_string(), "2026-11-22T01:00:00Z");
        assert_eq!((read.first.minutes(), read.when.text()), (120, "FREQ=WEEKLY;BYDAY=SU"));
        assert_eq!(read.announced_at.unwrap().to_string(), "2026-11-19T01:00:00Z");
        assert_eq!(read.state, State::Proposed);
        // the night of 25 October has two: from the first 02:30 to 03:30 it takes two hours
        let twice = exclusion(&[("from", "2026-10-25 02:30"), ("to", "2026-10-25 03:30")]);
        assert_eq!(twice.first.minutes(), 120);
    }

    #[test]
    fn mistakes_are_named_at_their_field() {
        let missing = problem(&[("from", "2026-03-29 02:30"), ("to", "2026-03-29 04:00")], "from");
        assert_eq!(
            missing,
            "There is no 2026-03-29 02:30 in Europe/Berlin, because the clocks go forward over it. Please write \
             2026-03-29 03:00, the first time after it."
        );
        for (field, value, part) in [
            ("scope", "agreement:4001", "from the list"),
            ("scope", "", "from the list"),
            ("category", "carrier pigeon", "kind of reason"),
            ("reason", " ", "in a sentence"),
            ("reason", "two\nlines", "on one line"),
            ("zone", "Mars/Olympus", "Europe/Berlin or UTC"),
            ("from", "tomorrow", "2026-11-21 02:00"),
            ("from", "1999-12-31 23:59", "between the years 2000"),
            ("to", "2026-11-22 02:00", "after the beginning"),
            ("to", "2028-11-22 02:00", "at most 400 days"),
            ("announced", "2026-13-01 00:00", "2026-11-21 02:00"),
            ("rule", "FREQ=SECONDLY", "too often"),
            ("rule", "FREQ=WEEKLY;BYDAY=MO", "begin it on Monday 2026-11-23"),
        ] {
            let sentence = problem(&[(field, value)], field);
            assert!(sentence.contains(part), "{field}={value:?}: {sentence}");
        }
        let mut long = form(&[("reason", &"x".repeat(301))]);
        assert!(read(&mut long, &scopes()).is_none());
    }
}
