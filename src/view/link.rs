//! Small things that many pages show: links, label–value pairs, tables behind charts, page turners.

/// A link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub href: String,
    /// What it says.
    pub text: String,
}

impl Link {
    /// A link.
    #[must_use]
    pub fn new(href: impl Into<String>, text: impl Into<String>) -> Self {
        Self { href: href.into(), text: text.into() }
    }
}

/// A label with its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// How much or which.
    pub value: String,
}

impl Fact {
    /// A fact.
    #[must_use]
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}

/// The numbers behind a chart; the first column heads its row, the others are numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataTable {
    /// Heads of the columns.
    pub head: Vec<String>,
    /// One text per column and row.
    pub rows: Vec<Vec<String>>,
}

/// Turns the pages of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pager {
    /// Which part is shown: `1–50 of 2,013`.
    pub summary: String,
    /// Address of the page before, if there is one.
    pub previous: Option<String>,
    /// Address of the page after, if there is one.
    pub next: Option<String>,
}
