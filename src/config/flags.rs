//! The command line's view of the table.

use crate::config::table::{TABLE, flag};
use clap::{Arg, ArgMatches};
use std::collections::BTreeMap;

/// One argument per setting, and `--…-file` for those that may hold a secret.
#[must_use]
pub fn args() -> Vec<Arg> {
    let mut args = Vec::new();
    for setting in TABLE {
        let mut help = setting.help.to_owned();
        if !setting.default.is_empty() {
            help = format!("{help} [default: {}]", setting.default);
        }
        let arg = Arg::new(setting.path).long(setting.flag()).value_name(setting.value).help(help).global(true);
        args.push(if setting.is_switch() {
            arg.num_args(0..=1).require_equals(true).default_missing_value("true")
        } else {
            arg.num_args(1)
        });
        if let Some(path) = setting.secret_file {
            let help = format!("A file that holds the value of --{}", setting.flag());
            args.push(Arg::new(path).long(flag(path)).value_name("FILE").help(help).global(true));
        }
    }
    args
}

/// The settings that were given on a command line parsed with [`args`]: path (or `path_file`) to text.
#[must_use]
pub fn given(matches: &ArgMatches) -> BTreeMap<&'static str, String> {
    let text = |id: &str| matches.try_get_one::<String>(id).ok().flatten().cloned();
    let mut flags = BTreeMap::new();
    for path in TABLE.iter().flat_map(|setting| [Some(setting.path), setting.secret_file]).flatten() {
        flags.extend(text(path).map(|text| (path, text)));
    }
    flags
}
