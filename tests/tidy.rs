//! The rules of the house, enforced: what a reviewer would otherwise have to remember.
//!
//! Each rule is a function from the repository's files to a list of what is wrong, and has a test of its own which proves
//! that it can fail. `CONTRIBUTING.md` gives the reasons.

#[path = "tidy/files.rs"]
mod files;
#[path = "tidy/packages.rs"]
mod packages;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/tree.rs"]
mod tree;

use std::path::Path;

use tree::Tree;

fn repository() -> Tree {
    Tree::read(Path::new(env!("CARGO_MANIFEST_DIR")))
}

fn deny() -> toml::Table {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml"));
    text.expect("deny.toml can be read").parse().expect("deny.toml is TOML")
}

/// The strings of `deny.toml`'s list `section.key`; an entry may be a table with the name under `crate`.
fn list(section: &str, key: &str) -> Vec<String> {
    let deny = deny();
    let entries = deny.get(section).and_then(|section| section.get(key)).and_then(toml::Value::as_array);
    let name = |entry: &toml::Value| entry.as_str().or_else(|| entry.get("crate")?.as_str()).map(str::to_owned);
    let names: Vec<String> = entries.into_iter().flatten().filter_map(name).collect();
    assert!(!names.is_empty(), "deny.toml has no [{section}] {key}");
    names
}

#[track_caller]
fn nothing(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} found:\n{}\n", wrong.len(), wrong.join("\n"));
}

#[test]
fn modules_import_only_what_the_table_allows() {
    nothing(&shape::imports(&repository()));
}

#[test]
fn no_module_needs_itself() {
    nothing(&shape::cycles(&repository()));
}

#[test]
fn the_world_is_reached_only_where_the_design_says() {
    nothing(&shape::outside(&repository()));
}

#[test]
fn files_and_functions_are_short() {
    nothing(&shape::sizes(&repository()));
}

#[test]
fn sql_stands_in_the_store_alone() {
    nothing(&shape::sql(&repository()));
}

#[test]
fn both_engines_have_the_same_migrations() {
    nothing(&files::migrations(&repository()));
}

#[test]
fn every_template_is_used() {
    nothing(&files::templates(&repository()));
}

#[test]
fn every_asset_is_used() {
    nothing(&files::assets(&repository()));
}

#[test]
fn every_module_has_a_telling_name() {
    nothing(&files::names(&repository()));
}

#[test]
fn nothing_is_left_lying_about() {
    nothing(&files::leftover(&repository()));
}

#[test]
fn every_crate_has_a_licence_that_we_accept() {
    let packages = packages::packages().expect("cargo tells its packages");
    assert!(packages.len() > 100, "a build of this size cannot have only {} packages", packages.len());
    nothing(&packages::licences(&list("licenses", "allow"), &packages));
}

#[test]
fn every_crate_comes_from_the_default_registry() {
    nothing(&packages::sources(&packages::packages().expect("cargo tells its packages")));
}

#[test]
fn no_banned_crate_is_built() {
    let tree = packages::cargo(&["tree", "--locked", "--offline", "--workspace", "--edges=all", "--prefix=none"]);
    nothing(&packages::banned(&list("bans", "deny"), &tree.expect("cargo tells its tree")));
}

#[test]
fn json_keeps_its_keys_sorted() {
    let arguments = ["tree", "--locked", "--offline", "--package=nines", "--prefix=none", "--format={p} {f}"];
    let tree = packages::cargo(&arguments).expect("cargo tells its tree");
    assert!(tree.contains("serde_json v"), "the tree must show serde_json");
    assert!(
        !packages::keeps_order(&tree),
        "something switched on serde_json/preserve_order, which changes hashed JSON"
    );
}

#[test]
fn no_version_in_use_was_withdrawn() {
    let folders = packages::fresh_index().unwrap_or_else(|reason| panic!("{reason}"));
    nothing(&packages::yanked(&packages::packages().expect("cargo tells its packages"), &folders));
}
