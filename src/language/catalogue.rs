//! What our messages say in Simplified Chinese: one TOML table per room, English to Chinese.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The tables, with the names of their files.
pub(super) const CHINESE: [(&str, &str); 7] = [
    ("pages", include_str!("zh/pages.toml")),
    ("guide", include_str!("zh/guide.toml")),
    ("web", include_str!("zh/web.toml")),
    ("forms", include_str!("zh/forms.toml")),
    ("objective", include_str!("zh/objective.toml")),
    ("reports", include_str!("zh/reports.toml")),
    ("domain", include_str!("zh/domain.toml")),
];

static ALL: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let tables = CHINESE.iter().filter_map(|(file, text)| match table(text) {
        Ok(table) => Some(table),
        Err(error) => {
            // the tables are part of the program, and a test reads each: this cannot be met outside of a broken build
            tracing::error!(file, %error, "a table of translations is no TOML, so its texts stay English");
            None
        }
    });
    tables.flatten().collect()
});

/// One table, in the order of its keys.
pub(super) fn table(text: &str) -> Result<BTreeMap<String, String>, toml::de::Error> {
    toml::from_str(text)
}

/// What the message says in Simplified Chinese, if that is known.
pub(super) fn chinese(message: &str) -> Option<&'static str> {
    ALL.get(message).map(String::as_str)
}
