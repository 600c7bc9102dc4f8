//! Forms that keep what was typed and put each message beside its field.

use crate::language::Language;
use std::collections::BTreeMap;

/// What was typed into a form, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Text by field name. A box that is not ticked has no entry.
    pub values: BTreeMap<String, String>,
    /// What is wrong, in the order in which it was found.
    pub problems: Vec<Problem>,
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Name of the field; empty when the whole form is meant.
    pub field: String,
    /// A full sentence that says how to mend it.
    pub text: String,
}

/// One field as the template shows it. Its element's id is its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// Name, unique in the form.
    pub name: String,
    /// What was typed.
    pub value: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

impl Field {
    /// Is this its value? For choices and boxes.
    #[must_use]
    pub fn is(&self, value: &str) -> bool {
        self.value == value
    }
}

/// One entry of a list to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What people read.
    pub label: String,
}

impl Choice {
    /// An entry.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

impl Form {
    /// A form as it was sent; of a repeated name the last one counts.
    #[must_use]
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { values: pairs.into_iter().collect(), problems: Vec::new() }
    }

    /// Writes a value, as when a form opens for something that exists.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.values.insert(name.into(), value.into());
    }

    /// What was typed; empty if the field was not sent.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// Is this what was typed? For choices and boxes.
    #[must_use]
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    /// Refuses a field (or the whole form, with an empty name) in a full sentence.
    pub fn refuse(&mut self, field: impl Into<String>, sentence: impl Into<String>) {
        self.problems.push(Problem { field: field.into(), text: sentence.into() });
    }

    /// Was nothing refused?
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.problems.is_empty()
    }

    /// A field with its first problem.
    #[must_use]
    pub fn field(&self, name: &str) -> Field {
        let problem = self.problems.iter().find(|problem| problem.field == name);
        Field {
            name: name.to_owned(),
            value: self.value(name).to_owned(),
            problem: problem.map(|problem| problem.text.clone()),
        }
    }

    /// The numbers of a repeated group, ascending: fields `objective-0-name` and `objective-4-name` give 0 and 4.
    #[must_use]
    pub fn group(&self, prefix: &str) -> Vec<usize> {
        let mut numbers: Vec<usize> = self.values.keys().filter_map(|name| group_number(name, prefix)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Adds an empty member to a repeated group and says its number; `marker` is the field that makes it exist.
    pub fn add_to_group(&mut self, prefix: &str, marker: &str, value: &str) -> usize {
        let number = self.group(prefix).last().map_or(0, |last| last.saturating_add(1));
        self.set(format!("{prefix}-{number}-{marker}"), value);
        number
    }

    /// Takes a member out of a repeated group, with everything that was typed into it.
    pub fn remove_from_group(&mut self, prefix: &str, number: usize) {
        self.values.retain(|name, _| group_number(name, prefix) != Some(number));
        self.problems.retain(|problem| group_number(&problem.field, prefix) != Some(number));
    }
}

fn group_number(name: &str, prefix: &str) -> Option<usize> {
    let (number, _) = name.strip_prefix(prefix)?.strip_prefix('-')?.split_once('-')?;
    number.parse().ok()
}

/// The languages to choose from, each in its own words.
#[must_use]
pub fn languages() -> Vec<Choice> {
    Language::ALL.iter().map(|language| Choice::new(language.word(), language.name())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Form {
        Form::from_pairs(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn a_field_keeps_what_was_typed_beside_its_first_problem() {
        let mut form = form(&[("target", "100")]);
        assert!(form.is_fine());
        form.refuse("target", "Write less than 100.");
        form.refuse("target", "And a second thing.");
        let field = form.field("target");
        assert_eq!((field.value.as_str(), field.problem.as_deref()), ("100", Some("Write less than 100.")));
        assert_eq!(form.field("zone"), Field { name: "zone".to_owned(), ..Field::default() });
    }

    #[test]
    fn a_group_grows_past_its_highest_number_and_forgets_a_removed_member() {
        let mut form = form(&[
            ("objective-10-name", "c"),
            ("objective-2-name", "b"),
            ("objective-2-kind", "latency"),
            ("objective-x-name", "no number"),
            ("objectives-3-name", "another group"),
            ("name", "no group"),
        ]);
        form.refuse("objective-2-target", "Write a percentage.");
        assert_eq!(form.group("objective"), [2, 10]);
        assert_eq!(form.add_to_group("objective", "kind", "uptime"), 11);
        form.remove_from_group("objective", 2);
        assert_eq!(form.group("objective"), [10, 11]);
        assert!(form.is_fine());
        assert_eq!(form.value("objective-11-kind"), "uptime");
        assert_eq!(form.value("objectives-3-name"), "another group");
    }

    #[test]
    fn the_first_member_of_a_group_has_number_zero() {
        assert_eq!(Form::default().add_to_group("objective", "kind", "availability"), 0);
    }
}
