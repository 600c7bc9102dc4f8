//! Forms read into drafts: what was typed stays, and each refusal names its field and the mend.

pub mod agreement;
pub mod exclusion;
pub mod note;
pub mod schedule;
pub mod source;

use crate::domain::model::EmailAddress;
use crate::domain::wording;
use crate::language::Language;
use crate::language::say;
use crate::view::Form;
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 120;

/// What was typed is refused; the sentence stands in the form.
pub(in crate::web) struct Refused;

/// Reads a required one-line text; refuses it when empty, too long or with control characters.
fn line(form: &mut Form, name: &str, what: &str) -> Option<String> {
    let text = optional_line(form, name, what)?;
    if text.is_empty() {
        form.refuse(name, say!("Please write {what}.", what));
        return None;
    }
    Some(text)
}

/// Reads a one-line text that may be empty.
fn optional_line(form: &mut Form, name: &str, what: &str) -> Option<String> {
    line_of(form, name, what, NAME_CHARS_MAX)
}

/// Reads a one-line text of at most so many characters; it may be empty.
fn line_of(form: &mut Form, name: &str, what: &str, most: usize) -> Option<String> {
    let text = form.value(name).trim().to_owned();
    if text.chars().count() > most {
        form.refuse(name, say!("Please shorten {what} to at most {most} characters.", what, most));
        return None;
    }
    if text.chars().any(char::is_control) {
        form.refuse(name, say!("Please write {what} on one line, without control characters.", what));
        return None;
    }
    Some(text)
}

/// Reads a whole number within bounds.
fn number(form: &mut Form, name: &str, range: RangeInclusive<i64>) -> Option<i64> {
    let read = form.value(name).trim().parse::<i64>().ok().filter(|number| range.contains(number));
    if read.is_none() {
        form.refuse(name, say!("Please write a whole number from {first} to {last}.", range.start(), range.end()));
    }
    read
}

/// Reads a time zone by its name.
fn zone(form: &mut Form) -> Option<Tz> {
    let typed = form.value("zone").trim().to_owned();
    let zone = typed.parse::<Tz>().ok();
    if zone.is_none() {
        let sentence = if typed.is_empty() {
            say!("Please choose one of the list, such as Europe/Berlin or UTC.")
        } else {
            say!("There is no time zone “{zone}”. Please choose one of the list, such as Europe/Berlin or UTC.", typed)
        };
        form.refuse("zone", sentence);
    }
    zone
}

/// Reads a language; nothing for the one that others decide.
pub(in crate::web) fn language(form: &mut Form) -> Result<Option<Language>, Refused> {
    let word = form.value("language");
    match Language::from_word(word) {
        None if !word.is_empty() => {
            form.refuse("language", say!("Please choose one of these languages."));
            Err(Refused)
        }
        language => Ok(language),
    }
}

/// Reads e-mail addresses, one a line or parted by commas; refuses more than `most`.
fn addresses(form: &mut Form, name: &str, most: usize) -> Option<Vec<EmailAddress>> {
    let typed = form.value(name).to_owned();
    let parts = typed.split(['\n', ',', ';']).map(str::trim).filter(|part| !part.is_empty());
    let mut read = BTreeSet::new();
    for part in parts {
        let Some(address) = EmailAddress::parse(part) else {
            form.refuse(
                name,
                say!("“{part}” is no e-mail address. Write one per line, such as ana@example.org.", part),
            );
            return None;
        };
        read.insert(address);
    }
    if read.len() > most {
        form.refuse(name, say!("At most {most} recipients; use a mailing list for more.", most));
        return None;
    }
    Some(read.into_iter().collect())
}

/// An error's text as a sentence: with a capital first letter and a full stop.
fn sentence(text: &str) -> String {
    let text = wording::capitalised(text);
    if text.ends_with(['.', '!', '?', '。', '！', '？']) { text } else { say!("{text}.", text) }
}
