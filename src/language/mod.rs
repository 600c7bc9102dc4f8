//! The language of the reader: which one it is, and what a message of ours says in it.
//!
//! Messages are written in English where they are used, with a name for each part that is filled in:
//! `say!("{known} of {total} minutes known", known, total)`, and in templates `{{ "Sign in"|t }}`. The English text is the
//! key of the translation, as in gettext, so the code reads as what it says; what has no translation stays English, and a
//! test finds it. Which language it is belongs to the task that answers a reader and is the one thing that is not handed
//! from function to function: [`scope`] sets it, [`current`] reads it, and where nobody set it the text is English. Files
//! for programs (CSV, JSON, OpenMetrics) and the log are English always.
//!
//! ```
//! use nines::language::{self, Language};
//! let known = || language::fill("{known} of {total} minutes known", &[&58, &60]);
//! assert_eq!(known(), "58 of 60 minutes known");
//! assert_eq!(language::sync_scope(Language::Chinese, known), "60 分钟中已知 58 分钟");
//! ```

mod catalogue;
pub mod filters;

use std::cell::Cell;
use std::fmt::{Display, Write as _};
use std::future::Future;

tokio::task_local! {
    static READER: Cell<Language>;
}

/// A language that Nines speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English as in Britain.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// Every language, the default first.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The word that is stored: `en`, `zh`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// The language behind a stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.word() == word)
    }

    /// The tag of BCP 47, for `lang` and `Content-Language`: `en-GB`, `zh-Hans`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en-GB",
            Self::Chinese => "zh-Hans",
        }
    }

    /// What its speakers call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "简体中文",
        }
    }

    /// The language that a browser would like best: RFC 9110, section 12.5.4. The first among equals; none if it wants neither.
    #[must_use]
    pub fn preferred(accept_language: &str) -> Option<Self> {
        let weighed = accept_language.split(',').filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight = weight.trim().strip_prefix("q=")?.parse::<f64>().ok()?;
            let main = tag.trim().split('-').next()?.to_ascii_lowercase();
            Some((Self::from_word(&main)?, weight))
        });
        let best = |best: (Language, f64), next: (Language, f64)| if next.1 > best.1 { next } else { best };
        weighed.filter(|(_, weight)| *weight > 0.0).reduce(best).map(|(language, _)| language)
    }
}

/// The language that is read now; English where nobody said otherwise.
#[must_use]
pub fn current() -> Language {
    READER.try_with(Cell::get).unwrap_or_default()
}

/// From here on the reader of this task wants that language: what a setting says after the task has begun. Nothing
/// outside of a [`scope`].
pub fn prefer(language: Language) {
    // no scope means no reader: jobs say in which language each mail is written
    let _ = READER.try_with(|reader| reader.set(language));
}

/// Does the future's work in a language.
pub async fn scope<F: Future>(language: Language, work: F) -> F::Output {
    READER.scope(Cell::new(language), work).await
}

/// Does some work in a language.
pub fn sync_scope<T>(language: Language, work: impl FnOnce() -> T) -> T {
    READER.sync_scope(Cell::new(language), work)
}

/// The work in the language of here and now, for a thread of its own.
pub fn carried<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let language = current();
    move || sync_scope(language, work)
}

/// A word or sentence of ours that is chosen at run time, such as the name of a kind; other text stays as it is.
#[must_use]
pub fn word(text: &str) -> &str {
    match current() {
        Language::English => text,
        Language::Chinese => catalogue::chinese(text).unwrap_or(text),
    }
}

/// A number and what it counts, where a language may want a word between them: `3 requests`, `3 个请求`.
#[must_use]
pub fn counted(number: &str, noun: &str) -> String {
    let whole = match current() {
        Language::English => None,
        Language::Chinese => catalogue::chinese(&format!("{{n}} {noun}")),
    };
    whole.map_or_else(|| format!("{number} {}", word(noun)), |whole| whole.replace("{n}", number))
}

/// The message in the reader's language with its parts filled in, in the order of the English text. Where the message is a literal, `say!` does this and counts the parts.
#[must_use]
pub fn fill(message: &str, parts: &[&dyn Display]) -> String {
    let mut text = String::with_capacity(message.len() + 16 * parts.len());
    let mut rest = word(message);
    while let Some((before, (name, after))) = next_hole(rest) {
        text.push_str(before);
        let part = holes_of(message).position(|hole| hole == name).and_then(|at| parts.get(at));
        // writing to a string cannot fail, and a part that nobody knows stays visible
        let _ = match part {
            Some(part) => write!(text, "{part}"),
            None => write!(text, "{{{name}}}"),
        };
        rest = after;
    }
    text.push_str(rest);
    text
}

/// The names of the parts, in their order.
pub fn holes_of(message: &str) -> impl Iterator<Item = &str> {
    let mut rest = message;
    std::iter::from_fn(move || {
        let (_, (name, after)) = next_hole(rest)?;
        rest = after;
        Some(name)
    })
}

fn next_hole(text: &str) -> Option<(&str, (&str, &str))> {
    let (before, after) = text.split_once('{')?;
    Some((before, after.split_once('}')?))
}

/// How many parts a message has.
#[must_use]
pub const fn holes(message: &str) -> usize {
    let (bytes, mut at, mut count) = (message.as_bytes(), 0, 0);
    while at < bytes.len() {
        if bytes[at] == b'{' {
            count += 1;
        }
        at += 1;
    }
    count
}

/// What a message says in the reader's language, as a `String`; the parts stand in the order of the English text.
///
/// `say!("{known} of {total} minutes known", known, total)`. It does not compile with too few or too many parts.
macro_rules! say {
    (@one $part:expr) => { () };
    ($message:literal $(, $part:expr)* $(,)?) => {{
        const PARTS: &[()] = &[$($crate::language::say!(@one $part)),*];
        const { assert!($crate::language::holes($message) == PARTS.len(), "as many parts as holes") };
        $crate::language::fill($message, &[$(&$part),*])
    }};
}

pub(crate) use say;

#[cfg(test)]
mod tests;
