//! The one table of settings.

use crate::config::value;
use std::fmt::Write as _;

/// What every environment variable of Nines starts with.
pub(super) const PREFIX: &str = "NINES_";
/// The variable that names the settings file.
pub(super) const FILE_VARIABLE: &str = "NINES_CONFIG";
/// Variables of the test harness, which the program itself ignores.
pub(super) const TEST_PREFIX: &str = "NINES_TEST_";

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its name, in dots: `server.listen`.
    pub path: &'static str,
    /// What kind of value it takes, for help texts.
    pub value: &'static str,
    /// What applies when it is set nowhere; empty if nothing does.
    pub default: &'static str,
    /// One sentence for people.
    pub help: &'static str,
    /// If it may hold a secret: the name of the variant that names a file. Such a value is never shown.
    pub secret_file: Option<&'static str>,
    /// Says what is wrong with a text, and how to mend it.
    pub check: fn(&str) -> Result<(), String>,
}

impl Setting {
    /// `server-listen`, to be written after `--`.
    #[must_use]
    pub fn flag(&self) -> String {
        flag(self.path)
    }

    /// `NINES_SERVER_LISTEN`.
    #[must_use]
    pub fn variable(&self) -> String {
        variable(self.path)
    }

    /// Is it a switch that may stand without a value on the command line?
    #[must_use]
    pub fn is_switch(&self) -> bool {
        self.value == "true|false"
    }
}

/// The flag of a path: `server.listen` is `server-listen`.
pub(super) fn flag(path: &str) -> String {
    path.replace(['.', '_'], "-")
}

/// The variable of a path: `server.listen` is `NINES_SERVER_LISTEN`.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "_").to_uppercase())
}

/// Every setting, in the order of the documentation.
pub static TABLE: &[Setting] = &[
    Setting {
        path: "server.listen",
        value: "ADDRESS:PORT",
        default: "127.0.0.1:8080",
        help: "Where the web server listens; port 0 takes a free one",
        secret_file: None,
        check: |text| value::listen(text).map(drop),
    },
    Setting {
        path: "server.public_url",
        value: "URL",
        default: "",
        help: "How browsers reach Nines; used for links in mail, and https here makes cookies secure",
        secret_file: None,
        check: |text| value::public_url(text).map(drop),
    },
    Setting {
        path: "server.trusted_proxies",
        value: "NETWORKS",
        default: "",
        help: "Addresses or networks, with commas between them, whose X-Forwarded-For is believed",
        secret_file: None,
        check: |text| value::networks(text).map(drop),
    },
    Setting {
        path: "data_dir",
        value: "FOLDER",
        default: "./nines-data",
        help: "Where Nines keeps its database and its key",
        secret_file: None,
        check: |text| value::folder(text).map(drop),
    },
    Setting {
        path: "database.url",
        value: "URL",
        default: "",
        help: "sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME; without it, an SQLite file in the data folder",
        secret_file: Some("database.url_file"),
        check: |text| value::database_url(text).map(drop),
    },
    Setting {
        path: "mail.url",
        value: "URL",
        default: "off",
        help: "smtp://USER:PASSWORD@HOST:587?tls=starttls, smtps://…, dir:FOLDER (mail becomes files), or off",
        secret_file: Some("mail.url_file"),
        check: |text| value::transport(text).map(drop),
    },
    Setting {
        path: "mail.from",
        value: "ADDRESS",
        default: "",
        help: "The sender's address; needed as soon as mail goes through SMTP",
        secret_file: None,
        check: |text| value::address(text).map(drop),
    },
    Setting {
        path: "mail.allow_plain",
        value: "true|false",
        default: "false",
        help: "Allows SMTP without TLS to another machine",
        secret_file: None,
        check: |text| value::switch(text).map(drop),
    },
    Setting {
        path: "log.format",
        value: "human|json",
        default: "human",
        help: "The shape of a log line",
        secret_file: None,
        check: |text| value::log_format(text).map(drop),
    },
    Setting {
        path: "log.level",
        value: "FILTER",
        default: "info",
        help: "What is logged: error, warn, info, debug, trace, or a filter such as nines=debug,info",
        secret_file: None,
        check: |text| value::log_level(text).map(drop),
    },
    Setting {
        path: "secret_key",
        value: "KEY",
        default: "",
        help: "32 bytes in base64 that seal the passwords of sources; without it, a key file in the data folder",
        secret_file: Some("secret_key_file"),
        check: |text| value::secret_key(text).map(drop),
    },
    Setting {
        path: "ledger.backfill_days",
        value: "DAYS",
        default: "35",
        help: "How far back a new indicator is read from its source",
        secret_file: None,
        check: |text| value::whole(text, value::BACKFILL_DAYS).map(drop),
    },
    Setting {
        path: "ledger.detail_days",
        value: "DAYS",
        default: "400",
        help: "How long single minutes are kept",
        secret_file: None,
        check: |text| value::whole(text, value::DETAIL_DAYS).map(drop),
    },
    Setting {
        path: "ledger.sums_days",
        value: "DAYS",
        default: "1830",
        help: "How long hour sums are kept",
        secret_file: None,
        check: |text| value::whole(text, value::SUMS_DAYS).map(drop),
    },
    Setting {
        path: "report.grace_minutes",
        value: "MINUTES",
        default: "60",
        help: "How long a report waits for late data after its period has ended",
        secret_file: None,
        check: |text| value::whole(text, value::GRACE_MINUTES).map(drop),
    },
    Setting {
        path: "report.signing_key",
        value: "KEY",
        default: "",
        help: "An Ed25519 private key in PEM that signs every report; without it, reports are chained and not signed",
        secret_file: Some("report.signing_key_file"),
        check: |text| value::signing_key(text).map(drop),
    },
    Setting {
        path: "report.logo",
        value: "SVG",
        default: "",
        help: "A picture in SVG for the cover of PDF reports",
        secret_file: Some("report.logo_file"),
        check: |text| value::logo(text).map(drop),
    },
];

/// The setting of that path.
pub(super) fn find(path: &str) -> Option<&'static Setting> {
    TABLE.iter().find(|setting| setting.path == path)
}

/// The table as Markdown, for the documentation.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from("| in `nines.toml` | flag | variable | default | what it says |\n");
    out.push_str("| --- | --- | --- | --- | --- |\n");
    for setting in TABLE {
        let default = if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
        let help = setting.help.replace('|', "\\|");
        let note = if setting.secret_file.is_some() { " (also as a file: `…_file`)" } else { "" };
        // writing to a String cannot fail
        let _ = writeln!(
            out,
            "| `{}` | `--{}` | `{}` | {default} | {help}{note} |",
            setting.path,
            setting.flag(),
            setting.variable()
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_settings_share_a_flag_or_a_variable_not_even_with_a_file_variant() {
        let names = |name: fn(&str) -> String| {
            let mut all = BTreeSet::new();
            for path in TABLE.iter().flat_map(|s| [Some(s.path), s.secret_file]).flatten() {
                assert!(all.insert(name(path)), "{path} is taken");
            }
            all
        };
        names(flag);
        let variables = names(variable);
        assert!(!variables.contains(FILE_VARIABLE));
    }

    #[test]
    fn every_default_is_a_right_value() {
        for setting in TABLE.iter().filter(|s| !s.default.is_empty()) {
            assert_eq!((setting.check)(setting.default), Ok(()), "{}", setting.path);
        }
    }

    #[test]
    fn the_documentation_has_a_row_for_every_setting() {
        let text = markdown();
        assert_eq!(text.lines().count(), TABLE.len() + 2);
        assert!(text.contains(
            "| `server.listen` | `--server-listen` | `NINES_SERVER_LISTEN` | `127.0.0.1:8080` | Where the web server"
        ));
    }
}
