//! The repository's files, read once.

use std::fs;
use std::path::Path;

use super::source::Source;

/// What is no part of the repository (`.git` is a file in some checkouts).
const NOT_OURS: [&str; 5] = [".git", "target", "nines-data", "node_modules", "proptest-regressions"];

/// The files that the rules read.
#[derive(Debug, Default)]
pub struct Tree {
    /// Rust under `src`, without the files that only tests see.
    pub sources: Vec<Source>,
    /// Every text file, path from the root and content, in the order of paths.
    pub texts: Vec<(String, String)>,
    /// Every file's path, in order.
    pub paths: Vec<String>,
}

impl Tree {
    /// The repository as it lies on the disk.
    pub fn read(root: &Path) -> Self {
        let mut files = Vec::new();
        collect(root, root, &mut files);
        Self::of(files)
    }

    /// A tree of these files; content that is not UTF-8 is only known by its path.
    pub fn of(mut files: Vec<(String, Vec<u8>)>) -> Self {
        files.sort();
        let paths = files.iter().map(|(path, _)| path.clone()).collect();
        let texts: Vec<(String, String)> =
            files.into_iter().filter_map(|(path, bytes)| Some((path, String::from_utf8(bytes).ok()?))).collect();
        let rust = texts
            .iter()
            .filter(|(path, _)| path.starts_with("src/") && Path::new(path).extension().is_some_and(|e| e == "rs"));
        let mut sources: Vec<Source> = rust.map(|(path, text)| Source::read(path, text)).collect();
        let test_modules: Vec<String> = sources
            .iter()
            .flat_map(|source| source.test_modules.iter().map(|name| format!("{}/{name}", source.children())))
            .collect();
        sources.retain(|source| {
            !test_modules
                .iter()
                .any(|module| source.path == format!("{module}.rs") || source.path.starts_with(&format!("{module}/")))
        });
        Self { sources, texts, paths }
    }

    /// The text files under `folder` (with a slash at its end).
    pub fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a (String, String)> {
        self.texts.iter().filter(move |(path, _)| path.starts_with(folder))
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("the repository can be read") {
        let path = entry.expect("the repository can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("names are plain text");
        if NOT_OURS.contains(&name) {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.is_file() {
            let inner = path.strip_prefix(root).expect("it lies within").to_str().expect("names are plain text");
            files.push((inner.to_owned(), fs::read(&path).expect("a file of the repository can be read")));
        }
    }
}
