//! Rules about the crates we stand on: licences, bans, where they come from, what was withdrawn.
//!
//! Known vulnerabilities live in a database of their own, which `cargo deny check` reads for those who have it. From the
//! registry alone one thing can be told: whether a version was withdrawn ("yanked"). `cargo update --dry-run` asks the
//! registry about every package and changes nothing; what it learned then lies in cargo's index cache, one JSON object
//! for each version.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

/// A package of the lock file's graph.
#[derive(Clone, Debug)]
pub struct Package {
    pub name: String,
    pub version: String,
    pub licence: Option<String>,
    /// Nothing for packages of this repository.
    pub source: Option<String>,
    /// Whether some manifest names another registry than the default one, or git, for one of its dependencies.
    pub strange_dependencies: Vec<String>,
}

/// Runs cargo in the repository. The error is a sentence with what cargo said.
pub fn cargo(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let output = output.map_err(|error| format!("cargo could not be started: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("`cargo {}` failed:\n{}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)))
    }
}

/// Every package that this machine's build may need.
pub fn packages() -> Result<Vec<Package>, String> {
    let about = cargo(&["-vV"])?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("cargo does not name its host")?;
    let offline = ["metadata", "--locked", "--offline", "--format-version=1", "--filter-platform", host];
    let text = cargo(&offline).map_err(|reason| format!("{reason}\n`cargo fetch --locked` brings what is missing"))?;
    let graph: Value = serde_json::from_str(&text).map_err(|error| format!("cargo's metadata is no JSON: {error}"))?;
    Ok(graph["packages"].as_array().into_iter().flatten().map(package).collect())
}

fn package(entry: &Value) -> Package {
    let text = |key: &str| entry[key].as_str().map(str::to_owned);
    let ours = entry["source"].is_null();
    let dependencies = entry["dependencies"].as_array().into_iter().flatten();
    let strange = dependencies.filter(|dependency| {
        let git = dependency["source"].as_str().is_some_and(|source| !source.starts_with("registry+"));
        ours && (git || dependency["registry"].is_string())
    });
    Package {
        name: text("name").unwrap_or_default(),
        version: text("version").unwrap_or_default(),
        licence: text("license"),
        source: text("source"),
        strange_dependencies: strange.filter_map(|dependency| dependency["name"].as_str()).map(str::to_owned).collect(),
    }
}

/// Every package has a licence of the list.
pub fn licences(allowed: &[String], packages: &[Package]) -> Vec<String> {
    let allowed: Vec<Licensee> =
        allowed.iter().map(|name| Licensee::parse(name).expect("deny.toml lists SPDX names")).collect();
    let mut wrong = Vec::new();
    for Package { name, version, licence, .. } in packages {
        let Some(licence) = licence else {
            wrong.push(format!("{name} {version} states no licence"));
            continue;
        };
        match Expression::parse_mode(licence, ParseMode::LAX) {
            Ok(expression) if expression.evaluate(|wanted| allowed.iter().any(|ours| ours.satisfies(wanted))) => {}
            Ok(_) => wrong.push(format!("{name} {version} is {licence}, which deny.toml does not allow")),
            Err(error) => wrong.push(format!("{name} {version} has a licence nobody can read, {licence}: {error}")),
        }
    }
    wrong
}

/// Packages come from the default registry or from this repository.
pub fn sources(packages: &[Package]) -> Vec<String> {
    let mut wrong: Vec<String> = packages
        .iter()
        .filter(|package| package.source.as_ref().is_some_and(|source| !source.starts_with("registry+")))
        .map(|package| format!("{} does not come from a registry", package.name))
        .collect();
    let registries: BTreeSet<&String> = packages.iter().filter_map(|package| package.source.as_ref()).collect();
    if registries.len() > 1 {
        wrong.push(format!("there is more than one registry: {registries:?}"));
    }
    let strange =
        packages.iter().flat_map(|package| package.strange_dependencies.iter().map(move |name| (package, name)));
    wrong.extend(strange.map(|(package, name)| format!("{} takes {name} from elsewhere", package.name)));
    wrong
}

/// The lines of `cargo tree` that name a banned crate. Features count: a crate that is only in the lock file is not built.
pub fn banned(bans: &[String], tree: &str) -> Vec<String> {
    let built: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    bans.iter().filter(|ban| built.contains(ban.as_str())).map(|ban| format!("{ban} is banned by deny.toml")).collect()
}

/// `serde_json` sorts its keys in the program: canonical JSON is hashed. `tree` lists packages with their features.
pub fn keeps_order(tree: &str) -> bool {
    tree.lines().filter(|line| line.starts_with("serde_json v")).any(|line| line.contains("preserve_order"))
}

/// Versions in use that were withdrawn, by the index cache `folders`; what the cache does not know is named too.
pub fn yanked(packages: &[Package], folders: &[PathBuf]) -> Vec<String> {
    let mut wrong = Vec::new();
    for Package { name, version, .. } in packages.iter().filter(|package| package.source.is_some()) {
        let known = folders.iter().find_map(|folder| was_withdrawn(&folder.join(index_path(name)), version));
        match known {
            Some(false) => {}
            Some(true) => wrong.push(format!("{name} {version} was withdrawn: `cargo update {name}` takes another")),
            None => wrong.push(format!("cargo's index cache does not tell whether {name} {version} was withdrawn")),
        }
    }
    wrong
}

/// Where an index keeps a crate: by the length of its name and its first letters.
fn index_path(name: &str) -> PathBuf {
    let name = name.to_lowercase();
    let folder = match name.len() {
        1 => "1".to_owned(),
        2 => "2".to_owned(),
        3 => format!("3/{}", &name[..1]),
        _ => format!("{}/{}", &name[..2], &name[2..4]),
    };
    Path::new(&folder).join(name)
}

/// Reads one cache file: a head, then version and JSON object in turn, with zero bytes between.
fn was_withdrawn(file: &Path, version: &str) -> Option<bool> {
    let bytes = fs::read(file).ok()?;
    let entries = bytes.split(|byte| *byte == 0).filter_map(|part| serde_json::from_slice::<Value>(part).ok());
    let mut ours = entries.filter(|entry| entry["vers"].as_str() == Some(version));
    ours.next()?["yanked"].as_bool()
}

/// Asks the registry anew, then says where the answers lie.
pub fn fresh_index() -> Result<Vec<PathBuf>, String> {
    cargo(&["update", "--dry-run"]).map_err(|reason| {
        format!("the registry cannot be asked whether a version was withdrawn, so this cannot be told.\n{reason}")
    })?;
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).ok_or("cargo has no home folder")?;
    let index = home.join("registry/index");
    let folders = fs::read_dir(&index).map_err(|error| format!("{} cannot be read: {error}", index.display()))?;
    Ok(folders.filter_map(Result::ok).map(|entry| entry.path().join(".cache")).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{Package, banned, index_path, keeps_order, licences, sources, yanked};

    fn package(name: &str, licence: &str) -> Package {
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: Some(licence.to_owned()),
            source: Some("registry+default".to_owned()),
            strange_dependencies: Vec::new(),
        }
    }

    #[test]
    fn a_licence_outside_the_list_is_found() {
        let allowed = ["MIT".to_owned(), "Apache-2.0".to_owned()];
        let fine =
            [package("a", "MIT/Apache-2.0"), package("b", "GPL-3.0-only OR MIT"), package("c", "MIT AND Apache-2.0")];
        assert_eq!(licences(&allowed, &fine), Vec::<String>::new());
        let wrong = [
            package("d", "GPL-3.0-or-later"),
            package("e", "MIT AND LGPL-3.0-only"),
            package("f", "Apache-2.0 WITH LLVM-exception"),
            package("g", "a licence of my own"),
            Package { licence: None, ..package("h", "") },
        ];
        assert_eq!(licences(&allowed, &wrong).len(), wrong.len());
    }

    #[test]
    fn a_package_from_elsewhere_is_found() {
        assert_eq!(sources(&[package("a", "MIT")]), Vec::<String>::new());
        let git = Package { source: Some("git+ssh://x".to_owned()), ..package("b", "MIT") };
        assert_eq!(sources(&[package("a", "MIT"), git]).len(), 2);
        let strange = Package { source: None, strange_dependencies: vec!["c".to_owned()], ..package("ours", "MIT") };
        assert_eq!(sources(&[strange]), ["ours takes c from elsewhere"]);
    }

    #[test]
    fn a_banned_crate_and_an_unwanted_feature_are_found_only_when_they_are_built() {
        let tree = "nines v0.1.0\nring v0.17.14 \nserde_json v1.0.1 default,preserve_order,std\n";
        assert_eq!(banned(&["ring".to_owned()], tree), ["ring is banned by deny.toml"]);
        assert_eq!(banned(&["ring".to_owned()], "string v1.0.0\nring-buffer v1.0.0\n"), Vec::<String>::new());
        assert!(keeps_order(tree) && !keeps_order("serde_json v1.0.1 default,std\nindexmap v2 preserve_order"));
    }

    #[test]
    fn a_withdrawn_version_is_found_and_ignorance_is_no_pardon() {
        assert_eq!(index_path("Ab"), PathBuf::from("2/ab"));
        assert_eq!(index_path("csv"), PathBuf::from("3/c/csv"));
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, withdrawn) in [("good", false), ("gone", true)] {
            let file = folder.path().join(index_path(name));
            fs::create_dir_all(file.parent().expect("it has one")).expect("a folder");
            let entry =
                |version: &str, yanked: bool| format!("{version}\0{{\"vers\": \"{version}\", \"yanked\": {yanked}}}\0");
            let text = format!("\u{3}\u{2}\0head\0{}{}", entry("1.0.0", withdrawn), entry("1.0.1", !withdrawn));
            fs::write(file, text).expect("a file");
        }
        let packages = [package("good", "MIT"), package("gone", "MIT"), package("unheard", "MIT")];
        let found = yanked(&packages, &[folder.path().to_owned()]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("gone 1.0.0 was withdrawn") && found[1].contains("does not tell"), "{found:?}");
    }
}
