//! Notes: what happened to a service besides what was measured, such as a deploy. They change no judgement; they stand on
//! the charts, so that a person sees what a number may have to do with.

use crate::domain::exclusion::Scope;
use crate::domain::ids::{NoteId, NoteKeyId, UserId};
use crate::domain::time::{DAY_MINUTES, Instant, Minute, Span};
use crate::language::say;
use thiserror::Error;

/// The longest text, in characters.
pub const TEXT_CHARS_MAX: usize = 200;
/// How far back a note may lie, in days.
pub const BACK_DAYS_MAX: i64 = 400;
/// How far ahead, in days: clocks differ, and a deploy may be announced.
pub const AHEAD_DAYS_MAX: i64 = 7;
/// How long it may last, in days.
pub const LENGTH_DAYS_MAX: i64 = 31;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// Another version went into use.
    Deploy,
    /// Anything else.
    Note,
}

impl NoteKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Deploy, Self::Note];

    /// `deploy`, `note`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Note => "note",
        }
    }

    /// The kind behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Who left a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// A person.
    Person(UserId),
    /// A program, by its key.
    Program(NoteKeyId),
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Identity; ignored when it is new.
    pub id: NoteId,
    /// What kind of thing happened.
    pub kind: NoteKind,
    /// What it happened to.
    pub scope: Scope,
    /// When it happened or began.
    pub at: Minute,
    /// The first minute after it; `at` itself for a moment.
    pub until: Minute,
    /// What happened, in one line.
    pub text: String,
    /// Who says so.
    pub author: Author,
    /// When that was said.
    pub made_at: Instant,
}

/// Why a note is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoteProblem {
    /// No text.
    #[error("{}", say!("Write what happened, in one line."))]
    Empty,
    /// Line breaks, tabs and the like.
    #[error("{}", say!("Write what happened in one line, without line breaks or tabs."))]
    ControlCharacters,
    /// Too much text.
    #[error("{}", say!("Write what happened in at most {most} characters.", TEXT_CHARS_MAX))]
    Long,
    /// Nobody looks that far back.
    #[error("{}", say!("Give a moment of the last {most} days.", BACK_DAYS_MAX))]
    Old,
    /// Nothing happened yet.
    #[error("{}", say!("Give a moment at most {most} days ahead.", AHEAD_DAYS_MAX))]
    Ahead,
    /// Ends before it begins.
    #[error("{}", say!("Give an end after the beginning, or none for a moment."))]
    Backwards,
    /// Lasts too long.
    #[error("{}", say!("Give an end at most {most} days after the beginning.", LENGTH_DAYS_MAX))]
    Lasting,
}

impl NoteProblem {
    /// The field that is wrong: `text`, `at`, `until`.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Empty | Self::ControlCharacters | Self::Long => "text",
            Self::Old | Self::Ahead => "at",
            Self::Backwards | Self::Lasting => "until",
        }
    }
}

/// The text without blanks around it, if it is one line of at most [`TEXT_CHARS_MAX`] characters.
pub fn checked_text(text: &str) -> Result<String, NoteProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NoteProblem::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(NoteProblem::ControlCharacters);
    }
    if text.chars().count() > TEXT_CHARS_MAX { Err(NoteProblem::Long) } else { Ok(text.to_owned()) }
}

/// When it happened: from a moment, to a later one if it lasted.
pub fn checked_time(at: Minute, until: Option<Minute>, now: Minute) -> Result<(Minute, Minute), NoteProblem> {
    if at < now.plus(-BACK_DAYS_MAX * DAY_MINUTES) {
        return Err(NoteProblem::Old);
    }
    if at > now.plus(AHEAD_DAYS_MAX * DAY_MINUTES) {
        return Err(NoteProblem::Ahead);
    }
    match until {
        None => Ok((at, at)),
        Some(until) if until <= at => Err(NoteProblem::Backwards),
        Some(until) if until.0 - at.0 > LENGTH_DAYS_MAX * DAY_MINUTES => Err(NoteProblem::Lasting),
        Some(until) => Ok((at, until)),
    }
}

impl Note {
    /// Does any of it lie in a span?
    #[must_use]
    pub fn touches(&self, span: Span) -> bool {
        self.at < span.end() && self.until.max(self.at.plus(1)) > span.start()
    }

    /// Did it last, or was it a moment?
    #[must_use]
    pub fn lasted(&self) -> bool {
        self.until > self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_of_at_most_200_characters() {
        assert_eq!(checked_text("  v1.2 ").as_deref(), Ok("v1.2"));
        assert!(checked_text(&"ü".repeat(200)).is_ok());
        assert_eq!(checked_text(&"ü".repeat(201)), Err(NoteProblem::Long));
        assert_eq!(checked_text(" \t "), Err(NoteProblem::Empty));
        for text in ["two\nlines", "a\tb", "a\0b", "a\u{1b}[31mb"] {
            assert_eq!(checked_text(text), Err(NoteProblem::ControlCharacters), "{text:?}");
        }
    }

    #[test]
    fn a_time_lies_near_enough_and_ends_after_it_begins() {
        // 400 days are 576 000 minutes, 7 days 10 080, 31 days 44 640
        let now = Minute(1_000_000);
        let check = |at, until: Option<i64>| checked_time(Minute(at), until.map(Minute), now);
        assert_eq!(check(424_000, None), Ok((Minute(424_000), Minute(424_000))));
        assert_eq!(check(423_999, None), Err(NoteProblem::Old));
        assert_eq!(check(1_010_080, Some(1_010_081)), Ok((Minute(1_010_080), Minute(1_010_081))));
        assert_eq!(check(1_010_081, None), Err(NoteProblem::Ahead));
        assert_eq!(check(1_000_000, Some(1_000_000)), Err(NoteProblem::Backwards));
        assert!(check(1_000_000, Some(1_044_640)).is_ok());
        assert_eq!(check(1_000_000, Some(1_044_641)), Err(NoteProblem::Lasting));
    }

    #[test]
    fn a_moment_is_in_the_span_that_holds_its_minute() {
        let note = |at, until| Note {
            id: NoteId(1),
            kind: NoteKind::Deploy,
            scope: Scope::All,
            at: Minute(at),
            until: Minute(until),
            text: "v1".to_owned(),
            author: Author::Person(UserId(1)),
            made_at: Instant::from_seconds(0),
        };
        let span = Span::new(Minute(10), Minute(20));
        let touches = |at, until| note(at, until).touches(span);
        assert_eq!([touches(9, 9), touches(10, 10), touches(19, 19), touches(20, 20)], [false, true, true, false]);
        assert_eq!([touches(5, 10), touches(5, 11), touches(19, 90)], [false, true, true]);
    }
}
