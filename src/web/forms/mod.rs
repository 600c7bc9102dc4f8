//! Forms read into drafts: what was typed stays, and each refusal names its field and the mend.

pub mod agreement;

use crate::view::Form;

/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 120;

/// Reads a required one-line text; refuses it when empty, too long or with control characters.
fn line(form: &mut Form, name: &str, what: &str) -> Option<String> {
    let text = optional_line(form, name, what)?;
    if text.is_empty() {
        form.refuse(name, format!("Please write {what}."));
        return None;
    }
    Some(text)
}

/// Reads a one-line text that may be empty.
fn optional_line(form: &mut Form, name: &str, what: &str) -> Option<String> {
    let text = form.value(name).trim().to_owned();
    if text.chars().count() > NAME_CHARS_MAX {
        form.refuse(name, format!("Please shorten {what} to at most {NAME_CHARS_MAX} characters."));
        return None;
    }
    if text.chars().any(char::is_control) {
        form.refuse(name, format!("Please write {what} on one line, without control characters."));
        return None;
    }
    Some(text)
}
