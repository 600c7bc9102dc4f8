//! Flags over environment over file over defaults, and every mistake in any of them.

use crate::config::table::{self, Setting, TABLE};
use crate::config::{Ledger, Log, Mail, Report, SecretKey, Server, Settings, Tls, Transport, value};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;

/// What every layer says, as text.
#[derive(Clone, Debug)]
pub struct Layers {
    /// Flags: path (or the path of its file variant) to value.
    pub flags: BTreeMap<&'static str, String>,
    /// Variables that start with `NINES_`.
    pub env: BTreeMap<String, String>,
    /// Name and text of the settings file.
    pub file: Option<(String, String)>,
    /// How the file behind a `…_file` setting is read.
    pub read: fn(&Path) -> io::Result<String>,
}

/// One mistake in the settings: where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The name as it was written: `--server-listen`, `NINES_SERVER_LISTEN`, `nines.toml: server.listen`.
    pub place: String,
    /// What is wrong and how to mend it; never repeats a secret.
    pub sentence: String,
}

impl Problem {
    pub(super) fn new(place: impl fmt::Display, sentence: impl Into<String>) -> Self {
        Self { place: place.to_string(), sentence: sentence.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.sentence)
    }
}

/// One line of `nines check-config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The setting's path.
    pub path: &'static str,
    /// What applies; `(hidden)` for a secret, `(not set)` for nothing.
    pub value: String,
    /// Where it was said: a flag, a variable, the file, or `default`.
    pub origin: String,
}

/// A value as one layer gives it.
struct Given {
    path: &'static str,
    place: String,
    text: String,
}

/// Judges the layers: the settings, or everything that is wrong with them.
pub fn parse(layers: &Layers) -> Result<Settings, Vec<Problem>> {
    let (given, mut problems) = all(layers);
    let winner = |path: &str| given.iter().find(|g| g.path == path);
    let settings = build(|path| winner(path).map(|g| g.text.clone()));
    match settings {
        Ok(settings) => {
            let place = |path| winner(path).map_or_else(|| path_in_words(path), |g| g.place.clone());
            problems.extend(contradictions(&settings, place));
            if problems.is_empty() { Ok(settings) } else { Err(problems) }
        }
        Err(problem) => {
            problems.push(problem);
            Err(problems)
        }
    }
}

/// What applies for each setting and who said so; wrong values are left out.
#[must_use]
pub fn describe(layers: &Layers) -> Vec<Line> {
    let (given, _) = all(layers);
    let line = |setting: &'static Setting| {
        let winner = given.iter().find(|g| g.path == setting.path);
        let text = winner.map_or(setting.default, |g| g.text.as_str());
        let value = match text {
            "" => "(not set)".to_owned(),
            text if setting.secret_file.is_some() && text != setting.default => "(hidden)".to_owned(),
            text => text.to_owned(),
        };
        Line { path: setting.path, value, origin: winner.map_or_else(|| "default".to_owned(), |g| g.place.clone()) }
    };
    TABLE.iter().map(line).collect()
}

/// Every right value of every layer, the strongest layer first, and every mistake.
fn all(layers: &Layers) -> (Vec<Given>, Vec<Problem>) {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for (path, text) in &layers.flags {
        found.push((*path, format!("--{}", table::flag(path)), text.clone()));
    }
    from_environment(&layers.env, &mut found, &mut problems);
    if let Some((name, text)) = &layers.file {
        from_file(name, text, &mut found, &mut problems);
    }
    let mut right = Vec::new();
    for (path, place, text) in found {
        match open(layers, path, text) {
            Err(sentence) => problems.push(Problem { place, sentence }),
            Ok(None) => {}
            Ok(Some((setting, text))) => match (setting.check)(&text) {
                Ok(()) => right.push(Given { path: setting.path, place, text }),
                Err(sentence) => problems.push(Problem { place, sentence }),
            },
        }
    }
    twice(&right, &mut problems);
    (right, problems)
}

/// The setting behind a path, and its value: the content of the file if the path is a file variant.
fn open(layers: &Layers, path: &str, text: String) -> Result<Option<(&'static Setting, String)>, String> {
    if let Some(setting) = table::find(path) {
        // an empty variable is how compose files say "not set"
        return Ok((!text.trim().is_empty()).then_some((setting, text)));
    }
    let Some(setting) = TABLE.iter().find(|s| s.secret_file == Some(path)) else { return Ok(None) };
    let content = (layers.read)(Path::new(&text))
        .map_err(|error| format!("the file “{text}” cannot be read ({error}); check its name and permissions"))?;
    match content.trim_end_matches(['\r', '\n']) {
        "" => Err(format!("the file “{text}” is empty; write the value into it")),
        value => Ok(Some((setting, value.to_owned()))),
    }
}

/// A value and its file variant in the same layer: nobody could say which one counts.
fn twice(right: &[Given], problems: &mut Vec<Problem>) {
    let layer = |place: &str| match place {
        place if place.starts_with("--") => 0,
        place if place.starts_with(table::PREFIX) => 1,
        _ => 2,
    };
    for (index, given) in right.iter().enumerate() {
        let earlier = right.get(..index).unwrap_or_default();
        let same = earlier.iter().find(|g| g.path == given.path && layer(&g.place) == layer(&given.place));
        if let Some(other) = same {
            problems.push(Problem::new(&given.place, format!("{} says it already; keep one of the two", other.place)));
        }
    }
}

type Found = Vec<(&'static str, String, String)>;

fn known() -> impl Iterator<Item = &'static str> {
    TABLE.iter().flat_map(|setting| [Some(setting.path), setting.secret_file]).flatten()
}

fn from_environment(env: &BTreeMap<String, String>, found: &mut Found, problems: &mut Vec<Problem>) {
    for (name, text) in env {
        if name == table::FILE_VARIABLE || name.starts_with(table::TEST_PREFIX) {
            continue;
        }
        match known().find(|path| table::variable(path) == *name) {
            Some(path) => found.push((path, name.clone(), text.clone())),
            None => problems.push(Problem::new(name, unknown("variable", name, known().map(table::variable)))),
        }
    }
}

fn from_file(file: &str, text: &str, found: &mut Found, problems: &mut Vec<Problem>) {
    match text.parse::<toml::Table>() {
        Ok(root) => flatten(file, "", &root, found, problems),
        Err(error) => {
            let line = error.span().map_or(1, |span| 1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count());
            problems.push(Problem::new(
                format!("{file}, line {line}"),
                format!("this is not TOML ({}); write lines such as level = \"info\"", error.message()),
            ));
        }
    }
}

fn flatten(file: &str, prefix: &str, table: &toml::Table, found: &mut Found, problems: &mut Vec<Problem>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        let place = format!("{file}: {path}");
        let is_section = known().any(|known| known.strip_prefix(&path).is_some_and(|rest| rest.starts_with('.')));
        match (known().find(|known| *known == path), value) {
            (None, toml::Value::Table(inner)) if is_section => flatten(file, &path, inner, found, problems),
            (None, _) if is_section => {
                problems.push(Problem::new(place, format!("this is a section; write [{path}] and its settings below")));
            }
            (None, _) => problems.push(Problem::new(place, unknown("setting", &path, known().map(str::to_owned)))),
            (Some(known), value) => match text_of(value) {
                Some(text) => found.push((known, place, text)),
                None => problems.push(Problem::new(place, "this is a section or a list of sections; write one value")),
            },
        }
    }
}

/// The text of a single value; lists are joined with commas.
fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(switch) => Some(switch.to_string()),
        toml::Value::Datetime(time) => Some(time.to_string()),
        toml::Value::Array(items) => items.iter().map(text_of).collect::<Option<Vec<_>>>().map(|all| all.join(",")),
        toml::Value::Table(_) => None,
    }
}

fn unknown(what: &str, name: &str, known: impl Iterator<Item = String>) -> String {
    let nearest = known.map(|other| (distance(name, &other), other)).min();
    match nearest {
        Some((edits, other)) if edits <= 3 => format!("there is no such {what}; did you mean {other}?"),
        _ => format!("there is no such {what}; `nines check-config` lists them all"),
    }
}

/// Levenshtein's distance: how many characters must be put in, taken out or replaced.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(b.chars()) {
            let best = (diagonal + usize::from(from != to)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = best;
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Turns right values into settings. `text` answers with the strongest right value of a path, if any layer has one.
fn build(text: impl Fn(&'static str) -> Option<String>) -> Result<Settings, Problem> {
    fn read<T>(
        text: &impl Fn(&'static str) -> Option<String>,
        path: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Problem> {
        let default = table::find(path).map_or("", |setting| setting.default);
        let text = text(path).or_else(|| (!default.is_empty()).then(|| default.to_owned()));
        text.map(|text| parse(&text).map_err(|sentence| Problem::new(path, sentence))).transpose()
    }
    fn needed<T>(value: Option<T>, path: &'static str) -> Result<T, Problem> {
        value.ok_or_else(|| Problem::new(path, "this setting has no value; set it"))
    }
    macro_rules! needed {
        ($path:literal, $parse:expr) => {
            needed(read(&text, $path, $parse)?, $path)?
        };
    }
    let data_dir = needed!("data_dir", value::folder);
    let database_url = read(&text, "database.url", value::database_url)?
        .unwrap_or_else(|| SecretString::from(format!("sqlite:{}", data_dir.join("nines.db").display())));
    let tls_is_demanded = !needed!("mail.allow_plain", value::switch);
    Ok(Settings {
        server: Server {
            listen: needed!("server.listen", value::listen),
            public_url: read(&text, "server.public_url", value::public_url)?,
            trusted_proxies: read(&text, "server.trusted_proxies", value::networks)?.unwrap_or_default(),
        },
        data_dir,
        database_url,
        mail: Mail {
            transport: needed!("mail.url", value::transport),
            from: read(&text, "mail.from", value::address)?,
            tls_is_demanded,
        },
        log: Log { format: needed!("log.format", value::log_format), level: needed!("log.level", value::log_level) },
        secret_key: read(&text, "secret_key", value::secret_key)?.unwrap_or(SecretKey::InDataDir),
        ledger: Ledger {
            backfill_days: needed!("ledger.backfill_days", |t| value::whole(t, value::BACKFILL_DAYS)),
            detail_days: needed!("ledger.detail_days", |t| value::whole(t, value::DETAIL_DAYS)),
            sums_days: needed!("ledger.sums_days", |t| value::whole(t, value::SUMS_DAYS)),
        },
        report: Report {
            grace_minutes: needed!("report.grace_minutes", |t| value::whole(t, value::GRACE_MINUTES)),
            signing_key: read(&text, "report.signing_key", value::signing_key)?,
            logo: read(&text, "report.logo", value::logo)?,
        },
    })
}

fn path_in_words(path: &str) -> String {
    format!("{path} (--{}, {})", table::flag(path), table::variable(path))
}

/// Values that are right alone and wrong together.
fn contradictions(settings: &Settings, place: impl Fn(&'static str) -> String) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Transport::Smtp(smtp) = &settings.mail.transport {
        if settings.mail.from.is_none() {
            problems.push(Problem::new(
                place("mail.from"),
                "mail goes through SMTP but has no sender; write an address such as nines@example.org",
            ));
        }
        if smtp.tls == Tls::Plain && !smtp.is_local() && settings.mail.tls_is_demanded {
            problems.push(Problem::new(
                place("mail.url"),
                "mail would cross the network unprotected; use tls=starttls or smtps://, or set mail.allow_plain = true",
            ));
        }
    }
    if settings.ledger.sums_days < settings.ledger.detail_days {
        problems.push(Problem::new(
            place("ledger.sums_days"),
            "hour sums would be dropped before their minutes; make it at least ledger.detail_days",
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LogFormat;
    use secrecy::ExposeSecret as _;

    fn layers(flags: &[(&'static str, &str)], env: &[(&str, &str)], file: &str) -> Layers {
        Layers {
            flags: flags.iter().map(|(path, text)| (*path, (*text).to_owned())).collect(),
            env: env.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
            file: (!file.is_empty()).then(|| ("nines.toml".to_owned(), file.to_owned())),
            read: |path| match path.to_str() {
                Some("/run/secrets/mail") => Ok("smtps://nines:s3cret@mail.example.org\n".to_owned()),
                Some("/run/secrets/empty") => Ok("\n".to_owned()),
                _ => Err(io::Error::from(io::ErrorKind::NotFound)),
            },
        }
    }

    fn places(layers: &Layers) -> Vec<String> {
        parse(layers).expect_err("these settings are wrong").into_iter().map(|problem| problem.place).collect()
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let settings = parse(&layers(&[], &[], "")).unwrap();
        assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.data_dir, Path::new("./nines-data"));
        assert_eq!(settings.database_url.expose_secret(), "sqlite:./nines-data/nines.db");
        assert!(matches!(settings.mail.transport, Transport::Off) && settings.mail.tls_is_demanded);
        assert_eq!((settings.ledger.backfill_days, settings.report.grace_minutes), (35, 60));
    }

    #[test]
    fn every_setting_can_be_said_in_every_layer() {
        let sample = |setting: &Setting| match setting.path {
            "database.url" => "sqlite:other.db".to_owned(),
            "mail.url" => "dir:mails".to_owned(),
            "mail.from" => "nines@example.org".to_owned(),
            "server.public_url" => "https://nines.example.org".to_owned(),
            "server.trusted_proxies" => "10.0.0.1".to_owned(),
            "secret_key" => "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(),
            "report.signing_key" => "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC".to_owned(),
            "report.logo" => "<svg></svg>".to_owned(),
            _ => setting.default.to_owned(),
        };
        for setting in TABLE {
            let text = sample(setting);
            let section = setting.path.split_once('.').map_or_else(
                || format!("{} = \"{text}\"", setting.path),
                |(section, key)| format!("[{section}]\n{key} = \"{text}\""),
            );
            for (layers, place) in [
                (layers(&[(setting.path, &text)], &[], ""), format!("--{}", setting.flag())),
                (layers(&[], &[(&setting.variable(), &text)], ""), setting.variable()),
                (layers(&[], &[], &section), format!("nines.toml: {}", setting.path)),
            ] {
                parse(&layers).unwrap_or_else(|problems| panic!("{place}: {problems:?}"));
                let line = describe(&layers).into_iter().find(|line| line.path == setting.path).unwrap();
                assert_eq!(line.origin, place);
                assert_eq!(
                    line.value,
                    if setting.secret_file.is_some() { "(hidden)".to_owned() } else { text.clone() }
                );
            }
        }
    }

    #[test]
    fn flags_win_over_the_environment_over_the_file_over_the_default() {
        let file = "[server]\nlisten = \"127.0.0.1:1\"\n[log]\nlevel = \"warn\"\nformat = \"json\"\n";
        let env = [("NINES_SERVER_LISTEN", "127.0.0.1:2"), ("NINES_LOG_LEVEL", "debug")];
        let settings = parse(&layers(&[("server.listen", "127.0.0.1:3")], &env, file)).unwrap();
        assert_eq!(settings.server.listen.port(), 3);
        assert_eq!(settings.log, Log { format: LogFormat::Json, level: "debug".to_owned() });
    }

    #[test]
    fn all_mistakes_of_all_layers_are_reported_at_once_and_by_name() {
        let file = "colour = \"blue\"\n[server]\nlisten = 8080\nlisen = \"127.0.0.1:1\"\n[mail]\nurl = \"smtps://m.example.org\"\n";
        let env = [("NINES_LEDGER_BACKFILL_DAYS", "many"), ("NINES_LOG_LEVLE", "info"), ("NINES_TEST_ENGINES", "x")];
        let problems =
            parse(&layers(&[("log.format", "xml"), ("server.listen", "127.0.0.1:3")], &env, file)).unwrap_err();
        let mut places = problems.iter().map(|p| p.place.as_str()).collect::<Vec<_>>();
        places.sort_unstable();
        assert_eq!(
            places,
            [
                "--log-format",
                "NINES_LEDGER_BACKFILL_DAYS",
                "NINES_LOG_LEVLE",
                "mail.from (--mail-from, NINES_MAIL_FROM)",
                "nines.toml: colour",
                "nines.toml: server.lisen",
                "nines.toml: server.listen",
            ]
        );
        let text = problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n");
        assert!(
            text.contains("did you mean NINES_LOG_LEVEL?") && text.contains("did you mean server.listen?"),
            "{text}"
        );
    }

    #[test]
    fn a_file_that_is_no_toml_is_one_mistake_among_others() {
        let found = places(&layers(&[("log.format", "xml")], &[], "[server]\nlisten = \n"));
        assert_eq!(found, ["nines.toml, line 2", "--log-format"]);
    }

    #[test]
    fn a_section_in_the_place_of_a_value_is_refused_and_the_other_way_round() {
        assert_eq!(
            places(&layers(&[], &[], "server = 1\n[data_dir]\nx = 1")),
            ["nines.toml: data_dir", "nines.toml: server"]
        );
    }

    #[test]
    fn lists_and_numbers_of_the_file_are_values_too() {
        let file = "[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n[ledger]\nbackfill_days = 7\n[mail]\nallow_plain = true";
        let settings = parse(&layers(&[], &[], file)).unwrap();
        assert_eq!(settings.server.trusted_proxies.len(), 2);
        assert_eq!(settings.ledger.backfill_days, 7);
        assert!(!settings.mail.tls_is_demanded);
    }

    #[test]
    fn a_secret_may_stand_in_a_file_and_not_in_two_places() {
        let from = ("NINES_MAIL_FROM", "nines@example.org");
        let file = ("NINES_MAIL_URL_FILE", "/run/secrets/mail");
        let settings = parse(&layers(&[], &[from, file], "")).unwrap();
        let Transport::Smtp(smtp) = settings.mail.transport else { panic!("{:?}", settings.mail.transport) };
        assert_eq!(smtp.login.unwrap().1.expose_secret(), "s3cret", "without the line break");
        assert_eq!(places(&layers(&[], &[from, file, ("NINES_MAIL_URL", "off")], "")), ["NINES_MAIL_URL_FILE"]);
        assert_eq!(places(&layers(&[], &[("NINES_MAIL_URL_FILE", "/nowhere")], "")), ["NINES_MAIL_URL_FILE"]);
        assert_eq!(places(&layers(&[], &[("NINES_MAIL_URL_FILE", "/run/secrets/empty")], "")), ["NINES_MAIL_URL_FILE"]);
    }

    #[test]
    fn an_empty_value_counts_as_not_set() {
        let settings = parse(&layers(&[], &[("NINES_SERVER_PUBLIC_URL", ""), ("NINES_LOG_LEVEL", "")], "")).unwrap();
        assert_eq!((settings.server.public_url, settings.log.level.as_str()), (None, "info"));
    }

    #[test]
    fn mail_does_not_cross_a_network_unprotected_unless_that_is_allowed() {
        let plain = [("NINES_MAIL_FROM", "n@example.org"), ("NINES_MAIL_URL", "smtp://10.0.0.5?tls=none")];
        assert_eq!(places(&layers(&[], &plain, "")), ["NINES_MAIL_URL"]);
        assert!(parse(&layers(&[("mail.allow_plain", "true")], &plain, "")).is_ok());
    }

    #[test]
    fn no_message_and_no_listing_shows_a_secret() {
        let env =
            [("NINES_DATABASE_URL", "postgres://nines:hunter2@db/nines"), ("NINES_MAIL_URL", "smpt://a:hunter2@b")];
        let layers = layers(&[], &env, "");
        let shown = format!("{:?}{:?}", parse(&layers).unwrap_err(), describe(&layers));
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn hour_sums_outlive_their_minutes() {
        assert_eq!(places(&layers(&[("ledger.sums_days", "100")], &[], "")), ["--ledger-sums-days"]);
    }
}
