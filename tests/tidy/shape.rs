//! Rules about the shape of the sources: who imports whom, how long things are, where SQL may stand.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::source::{Source, end_of_item};
use super::tree::Tree;

/// Who may mention whom. The order is the reading order of `src/lib.rs`.
const MAY_IMPORT: [(&str, &[&str]); 16] = [
    ("language", &[]), // whoever says something may say it in the reader's language
    ("domain", &["language"]),
    ("chart", &["language", "domain"]),
    ("config", &["domain"]),
    ("clock", &["domain"]), // for the instant it answers with
    ("telemetry", &[]),
    ("store", &["language", "domain"]),
    ("source", &["language", "domain", "config"]),
    ("mail", &["domain", "config"]),
    ("report", &["language", "domain", "chart"]),
    ("ops", &["language", "domain", "chart", "config", "clock", "telemetry", "store", "source", "mail", "report"]),
    ("view", &["language", "domain", "chart"]),
    ("web", &["language", "domain", "ops", "view", "store", "config", "clock", "telemetry"]),
    ("jobs", &["domain", "ops", "store", "clock", "config", "telemetry"]),
    (
        "app",
        &[
            "language",
            "domain",
            "chart",
            "config",
            "clock",
            "telemetry",
            "store",
            "source",
            "mail",
            "report",
            "ops",
            "view",
            "web",
            "jobs",
        ],
    ),
    ("main", &["app", "config", "clock"]),
];

/// The only modules that may use a crate which reaches outside or draws.
const ONLY_IN: [(&str, &[&str]); 5] = [
    ("sqlx", &["store"]),
    ("lettre", &["mail"]),
    ("reqwest", &["source", "app"]),
    ("plotters", &["chart"]),
    ("actix_web", &["web", "app"]),
];

/// What a pure function has no use for.
const NOT_PURE: [&str; 13] = [
    "serde",
    "tokio",
    "futures_util",
    "tracing",
    "sqlx",
    "reqwest",
    "lettre",
    "actix_web",
    "async fn",
    ".await",
    "std::fs",
    "std::net",
    "std::env",
];

const FILE_LIMIT: usize = 500;
const FUNCTION_LIMIT: usize = 70;

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is fixed")
}

fn is_module(name: &str) -> bool {
    MAY_IMPORT.iter().any(|(module, _)| *module == name)
}

/// Our own modules that a source mentions, with lines: `crate::x`, `nines::x`, `super::…::x`, and groups in braces.
pub fn mentions(source: &Source) -> Vec<(String, usize)> {
    let start = regex(r"\b(crate|nines)::|\b(?:super::)+");
    let mut found = Vec::new();
    for hit in start.find_iter(&source.code) {
        let supers = hit.as_str().matches("super::").count();
        if supers > 0 && supers != source.module().len() {
            continue; // stays within the module
        }
        let rest = &source.code[hit.end()..];
        let names = rest.strip_prefix('{').map_or_else(|| vec![first_name(rest)], heads_of_group);
        let line = source.line_of(hit.start());
        found.extend(names.into_iter().map(|name| (name.to_owned(), line)));
    }
    found
}

/// A leading name, with `!` if it is a macro.
fn first_name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    if text[end..].starts_with('!') { &text[..=end] } else { &text[..end] }
}

/// `a` and `c` of `a::b, c::{d, e}}`.
fn heads_of_group(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut heads) = (0_i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.push(first_name(text[from..at].trim_start()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(first_name(text[from..at].trim_start()));
                from = at + 1;
            }
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

/// Every mention stays within the table.
pub fn imports(tree: &Tree) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in tree.sources.iter().filter(|source| source.path != "src/lib.rs") {
        let own = source.module()[0];
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(module, _)| *module == own) else {
            wrong.push(format!("{}: `{own}` is no module of the import table", source.path));
            continue;
        };
        for (name, line) in mentions(source) {
            if name.ends_with('!') || name == own || allowed.contains(&name.as_str()) {
                continue;
            }
            let reason = if is_module(&name) { "must not import" } else { "finds no module called" };
            wrong.push(format!("{}:{line}: `{own}` {reason} `{name}`", source.path));
        }
    }
    wrong
}

/// No module needs itself, however far round: between top-level modules, and between the parts of `domain`.
pub fn cycles(tree: &Tree) -> Vec<String> {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let within = regex(r"\bcrate::domain::(\w+)");
    for source in tree.sources.iter().filter(|source| source.path != "src/lib.rs") {
        let module = source.module();
        let needs = edges.entry(module[0].to_owned()).or_default();
        needs.extend(mentions(source).into_iter().map(|(name, _)| name).filter(|name| name != module[0]));
        if module.len() > 1 && module[0] == "domain" {
            let own = format!("domain::{}", module[1]);
            let parts = within.captures_iter(&source.code).map(|hit| format!("domain::{}", &hit[1]));
            let parts: BTreeSet<String> = parts.filter(|part| *part != own).collect();
            edges.entry(own).or_default().extend(parts);
        }
    }
    edges.keys().filter_map(|start| path_back_to(start, &edges)).collect()
}

/// `a → b → a`, if there is such a way.
fn path_back_to(start: &str, edges: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    let mut paths = vec![vec![start]];
    let mut seen = BTreeSet::new();
    while let Some(path) = paths.pop() {
        for next in edges.get(*path.last().expect("a path has an end")).into_iter().flatten() {
            if next == start {
                return Some(format!("{} → {start}", path.join(" → ")));
            }
            if seen.insert(next) {
                paths.push([path.clone(), vec![next.as_str()]].concat());
            }
        }
    }
    None
}

/// Crates that reach outside stay where the table of DESIGN puts them, and `domain` stays pure.
pub fn outside(tree: &Tree) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in &tree.sources {
        let own = source.module()[0];
        for (name, places) in ONLY_IN.iter().filter(|(_, places)| !places.contains(&own)) {
            if let Some(hit) = regex(&format!(r"\b{name}(_macros)?::")).find(&source.code) {
                let line = source.line_of(hit.start());
                wrong.push(format!("{}:{line}: `{name}` belongs to {} only", source.path, places.join(" and ")));
            }
        }
        let impure = NOT_PURE.iter().filter(|_| own == "domain").filter_map(|name| source.code.find(name));
        wrong.extend(impure.map(|at| {
            let line = source.line_of(at);
            format!("{}:{line}: `domain` is pure: no I/O, no clock, no futures, no serde", source.path)
        }));
        // The framework's own session store is the one exception: it is no use case, so no `ops` could write for it.
        let reads_only = own == "web" && source.path != "src/web/session.rs";
        if let Some(at) = source.code.find("begin_write").filter(|_| reads_only) {
            wrong.push(format!("{}:{}: `web` reads the store; `ops` writes", source.path, source.line_of(at)));
        }
    }
    wrong
}

/// Files and functions stay short enough to be read at once.
pub fn sizes(tree: &Tree) -> Vec<String> {
    let function = regex(r"\bfn\s+(\w+)");
    let mut wrong = Vec::new();
    for source in &tree.sources {
        if source.lines > FILE_LIMIT {
            wrong.push(format!("{}: {} lines without tests, {FILE_LIMIT} are allowed", source.path, source.lines));
        }
        for hit in function.captures_iter(&source.code) {
            let whole = hit.get(0).expect("a match has a whole");
            let end = end_of_item(source.code.as_bytes(), whole.end());
            let (from, to) = (source.line_of(whole.start()), source.line_of(end));
            let length = to - from + 1;
            if length > FUNCTION_LIMIT {
                wrong.push(format!(
                    "{}:{from}: `{}` has {length} lines, {FUNCTION_LIMIT} are allowed",
                    source.path, &hit[1]
                ));
            }
        }
    }
    wrong
}

/// SQL text stands in `store` alone.
pub fn sql(tree: &Tree) -> Vec<String> {
    let statement = regex(concat!(
        r"^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|WITH|ALTER|DROP|REPLACE|PRAGMA|BEGIN|TRUNCATE)\s+\S",
        r"|^\s*(select|update|create table|with)\s.*\s(from|set|select)\s|^\s*(insert into|delete from)\s"
    ));
    let elsewhere = tree.sources.iter().filter(|source| source.module()[0] != "store");
    let found = elsewhere.flat_map(|source| source.strings.iter().map(move |literal| (source, literal)));
    let found = found.filter(|(_, literal)| statement.is_match(&literal.text));
    found.map(|(source, literal)| format!("{}:{}: SQL belongs to `store`", source.path, literal.line)).collect()
}

#[cfg(test)]
mod tests {
    use super::{cycles, imports, outside, sizes, sql};
    use crate::tree::Tree;

    fn tree(files: &[(&str, &str)]) -> Tree {
        Tree::of(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect())
    }

    #[test]
    fn an_import_outside_the_table_is_found_however_it_is_written() {
        for text in [
            "use crate::web::Page;",
            "use crate::{domain::time, web};",
            "use super::super::web::Page;",
            "use super::super::{domain, web::{a, b}};",
            "fn f() { crate::web::g(); }",
        ] {
            let found = imports(&tree(&[("src/store/rows.rs", text)]));
            assert_eq!(found, ["src/store/rows.rs:1: `store` must not import `web`"], "{text}");
        }
        let main = imports(&tree(&[("src/main.rs", "fn main() { nines::store::open(); }")]));
        assert_eq!(main, ["src/main.rs:1: `main` must not import `store`"]);
        let odd = imports(&tree(&[("src/odd.rs", ""), ("src/store/mod.rs", "use crate::Thing;")]));
        assert_eq!(odd.len(), 2, "{odd:?}");
    }

    #[test]
    fn what_the_table_allows_passes_and_tests_may_import_anything() {
        let allowed = "use crate::domain::time; use crate::store::a; use super::b; crate::on!(db); // crate::web\n";
        let tested = "#[cfg(test)]\nmod tests { use crate::web; }\n#[cfg(test)]\nmod more;";
        let files = [
            ("src/store/rows.rs", format!("{allowed}{tested}")),
            ("src/store/rows/more.rs", "use crate::app;".to_owned()),
            ("src/lib.rs", "pub mod store;".to_owned()),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        assert_eq!(imports(&tree(&files)), Vec::<String>::new());
    }

    #[test]
    fn a_cycle_is_found_between_modules_and_within_domain() {
        let round = [("src/mail/mod.rs", "use crate::report::a;"), ("src/report/mod.rs", "use crate::mail::b;")];
        assert_eq!(cycles(&tree(&round)), ["mail → report → mail", "report → mail → report"]);
        let inner = [("src/domain/a.rs", "use crate::domain::b::B;"), ("src/domain/b.rs", "use crate::domain::a::A;")];
        assert_eq!(cycles(&tree(&inner)).len(), 2);
        let straight = [("src/domain/a.rs", "use crate::domain::b::B;"), ("src/domain/b.rs", "")];
        assert_eq!(cycles(&tree(&straight)), Vec::<String>::new());
    }

    #[test]
    fn a_crate_in_the_wrong_room_is_found() {
        let wrong = [
            ("src/ops/a.rs", "use sqlx::Row;"),
            ("src/web/b.rs", "#[derive(sqlx_macros::FromRow)] struct A;"),
            ("src/web/c.rs", "db.begin_write();"),
            ("src/domain/d.rs", "use serde::Serialize; async fn f() {}"),
        ];
        assert_eq!(outside(&tree(&wrong)).len(), 5, "{:?}", outside(&tree(&wrong)));
        let fine = [("src/store/a.rs", "use sqlx::Row;"), ("src/web/session.rs", "db.begin_write();")];
        assert_eq!(outside(&tree(&fine)), Vec::<String>::new());
    }

    #[test]
    fn long_files_and_functions_are_found_and_their_tests_do_not_count() {
        let body = "    let a = 1;\n";
        let long = format!("/// {{\nfn f() {{\n{}}}\n", body.repeat(69));
        assert_eq!(sizes(&tree(&[("src/app.rs", &long)])), ["src/app.rs:2: `f` has 71 lines, 70 are allowed"]);
        let fits = format!("fn f() {{\n{}}}\n", body.repeat(68));
        assert_eq!(sizes(&tree(&[("src/app.rs", &fits)])), Vec::<String>::new());
        let file = "fn f() {}\n".repeat(501);
        assert_eq!(sizes(&tree(&[("src/app.rs", &file)])), ["src/app.rs: 501 lines without tests, 500 are allowed"]);
        let tested = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{}}}\n", "fn f() {}\n".repeat(501));
        assert_eq!(sizes(&tree(&[("src/app.rs", &tested)])), Vec::<String>::new());
    }

    #[test]
    fn sql_outside_the_store_is_found_and_prose_is_not_sql() {
        let query = "fn f() { run(\"\n  SELECT 1\"); run(r#\"delete from a\"#); }";
        assert_eq!(sql(&tree(&[("src/ops/a.rs", query)])).len(), 2);
        assert_eq!(sql(&tree(&[("src/store/a.rs", query)])), Vec::<String>::new());
        let prose = "fn f() { say(\"Select a source\"); say(\"with care\"); say(\"WITHOUT it\"); method(\"DELETE\"); say(\"update it\"); }";
        assert_eq!(sql(&tree(&[("src/web/a.rs", prose)])), Vec::<String>::new());
    }
}
