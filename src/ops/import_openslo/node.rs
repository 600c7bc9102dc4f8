//! A mapping from which fields are taken one by one; what is left over at the end was not taken over.

use crate::language::say;
use serde_json::{Map, Value};

/// A mapping, and where it stands: `SLO Checkout: spec.`.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    place: String,
    pub(super) fields: Map<String, Value>,
}

impl Node {
    /// The mapping; nothing if it is none.
    pub(super) fn of(value: Value, place: String) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self { place, fields }),
            _ => None,
        }
    }

    /// Says where it stands from now on.
    pub(super) fn rename(&mut self, place: String) {
        self.place = place;
    }

    /// Takes a field that holds a text, a number or a truth value, as text.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let text = match self.fields.get(name)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(is) => is.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        self.fields.remove(name);
        Some(text).filter(|text| !text.is_empty())
    }

    /// Takes a field that holds a mapping.
    pub(super) fn node(&mut self, name: &str) -> Option<Self> {
        self.fields.get(name).filter(|value| value.is_object())?;
        Self::of(self.fields.remove(name)?, format!("{}{name}.", self.place))
    }

    /// Takes a field that holds a list of mappings.
    pub(super) fn list(&mut self, name: &str) -> Vec<Self> {
        if !self.fields.get(name).is_some_and(Value::is_array) {
            return Vec::new();
        }
        let Some(Value::Array(values)) = self.fields.remove(name) else { return Vec::new() };
        let item = |(n, value)| Self::of(value, format!("{}{name}[{n}].", self.place));
        values.into_iter().enumerate().filter_map(item).collect()
    }

    /// Says something about a field of it.
    pub(super) fn say(&self, name: &str, what: &str) -> String {
        format!("{}{name} {what}", self.place)
    }

    /// Names every field that nobody took.
    pub(super) fn done(self, left_out: &mut Vec<String>) {
        left_out.extend(self.fields.keys().map(|name| say!("{place}{name} is not taken over.", self.place, name)));
    }
}
