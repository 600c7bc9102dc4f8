//! Rules about the other files: migrations, templates, assets, and what must not be left lying about.

use std::collections::BTreeSet;

use regex::Regex;

use super::tree::Tree;

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is fixed")
}

/// Both engines have the same migrations, and the program knows each of them: one that nobody lists is never applied.
pub fn migrations(tree: &Tree) -> Vec<String> {
    let names = |engine: &str| -> BTreeSet<String> {
        let folder = format!("migrations/{engine}/");
        tree.paths.iter().filter_map(|path| path.strip_prefix(&folder)).map(str::to_owned).collect()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    let only = |name: &String, has: &str, lacks: &str| format!("migrations/{has}/{name} has no twin for {lacks}");
    let first = sqlite.difference(&postgres).map(|name| only(name, "sqlite", "postgres"));
    let second = postgres.difference(&sqlite).map(|name| only(name, "postgres", "sqlite"));
    let listing = tree.sources.iter().find(|source| source.path == "src/store/migrations.rs");
    let lists = |name: &str| {
        let quoted = format!("\"{}\"", name.trim_end_matches(".sql"));
        listing.is_none_or(|source| source.raw.matches(&quoted).count() == 2)
    };
    let unlisted = sqlite.intersection(&postgres).filter(|name| !lists(name));
    let unlisted = unlisted.map(|name| format!("src/store/migrations.rs does not list {name} for both engines"));
    first.chain(second).chain(unlisted).collect()
}

/// Every template is rendered by a struct, or reached from one that is.
pub fn templates(tree: &Tree) -> Vec<String> {
    let attribute = regex(r#"\bpath\s*=\s*"([^"]+)""#);
    let link = regex(r#"\{%[-+~]?\s*(?:include|extends|import)\s+"([^"]+)""#);
    let mut used = BTreeSet::new();
    let in_code = tree.sources.iter().flat_map(|source| attribute.captures_iter(&source.raw));
    let mut next: Vec<String> = in_code.map(|hit| hit[1].to_owned()).collect();
    while let Some(name) = next.pop() {
        let text = tree.texts.iter().find(|(path, _)| *path == format!("templates/{name}"));
        if used.insert(name)
            && let Some((_, text)) = text
        {
            next.extend(link.captures_iter(text).map(|hit| hit[1].to_owned()));
        }
    }
    let all = tree.paths.iter().filter_map(|path| path.strip_prefix("templates/"));
    all.filter(|name| !used.contains(*name)).map(|name| format!("templates/{name} is used by nothing")).collect()
}

/// Every asset is named by a page, a style, a script or the program; licences stand beside what they cover.
pub fn assets(tree: &Tree) -> Vec<String> {
    let is_notice =
        |name: &str| ["LICENSE", "LICENCE", "OFL", "NOTICE", "README"].iter().any(|word| name.starts_with(word));
    let readers: Vec<&(String, String)> =
        ["src/", "templates/", "static/"].iter().flat_map(|folder| tree.under(folder)).collect();
    let all = tree.paths.iter().filter_map(|path| path.strip_prefix("static/"));
    let unused = all.filter(|name| {
        let file = name.rsplit('/').next().unwrap_or(name);
        let own = format!("static/{name}");
        !is_notice(file) && !readers.iter().any(|(path, text)| *path != own && text.contains(file))
    });
    unused.map(|name| format!("static/{name} is used by nothing")).collect()
}

/// No module whose name says nothing.
pub fn names(tree: &Tree) -> Vec<String> {
    let empty = ["utils", "util", "helpers", "helper", "misc", "common"];
    let sources = tree.sources.iter().filter(|source| source.module().iter().any(|part| empty.contains(part)));
    sources.map(|source| format!("{}: name the module after what it does", source.path)).collect()
}

/// Words that mark work left undone, and paths of somebody's machine. Put together here, so that this file is clean.
fn leftovers() -> Vec<(Regex, &'static str)> {
    let word = |parts: [&str; 2]| regex(&format!(r"\b{}{}\b", parts[0], parts[1]));
    let path = |parts: [&str; 2]| regex(&format!(r#"(^|[\s"'`(=:])/{}{}/"#, parts[0], parts[1]));
    vec![
        (word(["TO", "DO"]), "is work left undone"),
        (word(["FIX", "ME"]), "is work left undone"),
        (word(["XX", "X"]), "is work left undone"),
        (regex(&["dbg", "!\\("].concat()), "is a trace of debugging"),
        (regex(&[r"#\[ign", r"ore\b"].concat()), "is a test that never runs"),
        (path(["ro", "ot"]), "is a path of one machine"),
        (path(["wo", "rk"]), "is a path of one machine"),
        (path(["ho", "me/[a-z]+"]), "is a path of one machine"),
        (path(["Us", "ers/[a-z]+"]), "is a path of one machine"),
    ]
}

/// Nothing is left lying about, in any text of the repository.
pub fn leftover(tree: &Tree) -> Vec<String> {
    let leftovers = leftovers();
    let mut wrong = Vec::new();
    for (path, text) in tree.texts.iter().filter(|(path, _)| !path.starts_with("static/vendor/")) {
        for (number, line) in (1..).zip(text.lines()) {
            for (pattern, reason) in &leftovers {
                if let Some(hit) = pattern.find(line) {
                    wrong.push(format!("{path}:{number}: `{}` {reason}", hit.as_str().trim()));
                }
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::{assets, leftover, migrations, names, templates};
    use crate::tree::Tree;

    fn tree(files: &[(&str, &str)]) -> Tree {
        Tree::of(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect())
    }

    #[test]
    fn a_migration_for_one_engine_alone_is_found() {
        let both = ("migrations/postgres/0001_first.sql", "");
        let found =
            migrations(&tree(&[both, ("migrations/sqlite/0001_first.sql", ""), ("migrations/sqlite/0002_b.sql", "")]));
        assert_eq!(found, ["migrations/sqlite/0002_b.sql has no twin for postgres"]);
        assert_eq!(migrations(&tree(&[both])), ["migrations/postgres/0001_first.sql has no twin for sqlite"]);
    }

    #[test]
    fn a_migration_that_no_engine_applies_is_found() {
        let with = |listed: &str| {
            let (one, other) = (("migrations/postgres/0001_a.sql", ""), ("migrations/sqlite/0001_a.sql", ""));
            migrations(&tree(&[one, other, ("src/store/migrations.rs", listed)]))
        };
        assert_eq!(with("steps!(1 \"0001_a\") steps!(1 \"0001_a\")"), Vec::<String>::new());
        assert_eq!(with("steps!(1 \"0001_a\")"), ["src/store/migrations.rs does not list 0001_a.sql for both engines"]);
    }

    #[test]
    fn a_template_that_nothing_renders_is_found_even_if_another_such_includes_it() {
        let found = templates(&tree(&[
            ("src/view/a.rs", "#[template(path = \"page.html\")] struct Page;"),
            ("templates/page.html", "{% extends \"base.html\" %}{%- include \"row.html\" -%}"),
            ("templates/base.html", "{% import \"macros.html\" as m %}"),
            ("templates/row.html", ""),
            ("templates/macros.html", ""),
            ("templates/old.html", "{% include \"older.html\" %}"),
            ("templates/older.html", ""),
        ]));
        assert_eq!(found, ["templates/old.html is used by nothing", "templates/older.html is used by nothing"]);
    }

    #[test]
    fn an_asset_that_nothing_names_is_found() {
        let found = assets(&tree(&[
            ("templates/base.html", "<link href=\"{{ asset(\"style.css\") }}\">"),
            ("static/style.css", "src: url(fonts/inter.woff2)"),
            ("static/fonts/inter.woff2", ""),
            ("static/fonts/OFL.txt", ""),
            ("static/old.js", "// old.js"),
        ]));
        assert_eq!(found, ["static/old.js is used by nothing"]);
    }

    #[test]
    fn a_module_without_a_meaning_is_found() {
        assert_eq!(names(&tree(&[("src/web/utils.rs", ""), ("src/web/forms.rs", "")])).len(), 1);
        assert_eq!(names(&tree(&[("src/helpers/mod.rs", "")])).len(), 1);
    }

    #[test]
    fn leftovers_are_found_in_any_text() {
        for line in [
            ["// TO", "DO: later"].concat(),
            ["<!-- FIX", "ME -->"].concat(),
            ["db", "g!(x)"].concat(),
            ["#[ign", "ore]"].concat(),
            ["see /ro", "ot/notes"].concat(),
            ["\"/ho", "me/ann/x\""].concat(),
        ] {
            assert_eq!(leftover(&tree(&[("templates/a.html", &line)])).len(), 1, "{line}");
        }
        assert_eq!(leftover(&tree(&[("a.md", "https://x.example/work/1, to do, mastodon")])), Vec::<String>::new());
    }
}
