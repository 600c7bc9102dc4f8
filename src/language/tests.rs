use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[test]
fn a_browser_gets_what_it_likes_best_among_what_there_is() {
    for (header, language) in [
        ("zh-CN,zh;q=0.9,en;q=0.8", Some(Language::Chinese)),
        ("en-US,en;q=0.9,zh;q=0.8", Some(Language::English)),
        ("fr, de;q=0.9, zh-Hans;q=0.2, en;q=0.1", Some(Language::Chinese)),
        ("de-DE, en;q=0.5", Some(Language::English)),
        ("zh;q=0, en;q=0.1", Some(Language::English)),
        ("EN", Some(Language::English)),
        ("en;q=0.5, zh;q=0.5", Some(Language::English)),
        ("fr", None),
        ("*", None),
        ("", None),
        ("zh;q=nonsense, ;;,=", None),
    ] {
        assert_eq!(Language::preferred(header), language, "{header}");
    }
}

#[test]
fn parts_go_where_the_translation_has_them() {
    let told = || say!("{known} of {total} minutes known", "<58>", 60);
    assert_eq!(told(), "<58> of 60 minutes known");
    assert_eq!(sync_scope(Language::Chinese, told), "60 分钟中已知 <58> 分钟");
    assert_eq!(fill("{a} and {a} and {b", &[&"{b}"]), "{b} and {b} and {b", "parts are not read again");
    assert_eq!(sync_scope(Language::Chinese, || word("what nobody translated").to_owned()), "what nobody translated");
}

#[tokio::test]
async fn each_reader_keeps_a_language_of_their_own_however_their_work_interleaves() {
    let read = async |language| {
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(current());
            tokio::task::yield_now().await;
        }
        prefer(Language::Chinese);
        tokio::task::yield_now().await;
        assert_eq!(current(), Language::Chinese);
        let thread = tokio::task::spawn_blocking(carried(current)).await.unwrap();
        assert_eq!(thread, Language::Chinese, "a thread of its own has no language until it is carried along");
        seen.iter().all(|one| *one == language)
    };
    let (one, other) = tokio::join!(
        scope(Language::English, read(Language::English)),
        scope(Language::Chinese, read(Language::Chinese))
    );
    assert!(one && other);
    assert_eq!(current(), Language::English, "nobody reads here");
}

proptest! {
    #[test]
    fn any_header_is_answered(header in ".{0,200}") {
        let _ = Language::preferred(&header);
    }
}

/// Every file of ours below a folder.
fn files(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs" || end == "html") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// The literal that begins after the quotation mark at the start of `text`, unescaped as Rust and askama do.
fn literal(text: &str) -> (String, &str) {
    let mut said = String::new();
    let mut rest = text.char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => return (said, &text[at + 1..]),
            '\\' => match rest.next() {
                Some((_, '\n')) => {
                    let tail = rest.as_str().trim_start();
                    rest = text[text.len() - tail.len()..].char_indices();
                    let (more, end) = literal(rest.as_str());
                    return (said + &more, end);
                }
                Some((_, 'n')) => said.push('\n'),
                Some((_, other)) => said.push(other),
                None => break,
            },
            c => said.push(c),
        }
    }
    (said, "")
}

/// Every message that is written as one: in `say!("…")`, before `|t`, and as the words that a macro of the pages is given.
fn messages() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    files(&root.join("src"), &mut all);
    files(&root.join("templates"), &mut all);
    let mut found = BTreeMap::new();
    for (path, text) in &all {
        let name = path.display().to_string();
        if path.extension().is_some_and(|end| end == "html") {
            found.extend(of_template(text).into_iter().map(|message| (message, name.clone())));
        } else if !name.contains("/language/") && !name.ends_with("/tests.rs") && !name.contains("/tests/") {
            let text = text.split("#[cfg(test)]").next().unwrap();
            for part in text.split("say!(").skip(1) {
                let part = part.trim_start();
                let quoted = part.strip_prefix('"').unwrap_or_else(|| panic!("{name}: say! wants a literal"));
                found.insert(literal(quoted).0, name.clone());
            }
        }
    }
    assert!(found.len() > 500, "only {} messages were found", found.len());
    found
}

/// The macros of `macros.html` that translate their literals.
const MACROS: [&str; 8] =
    ["ui::text(", "ui::secret(", "ui::area(", "ui::select(", "ui::kind(", "ui::empty(", "ui::scroll(", "ui::notes("];
/// Their parameters that are no words for people.
const NO_WORDS: [&str; 6] = ["kind = ", "list = ", "mode = ", "complete = ", "class = ", "rows = "];

fn of_template(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, here)) = rest.split_once('"') {
        let (said, after) = literal(here);
        let end = after.strip_prefix("|t").map(|end| end.trim_start_matches(|c: char| c.is_ascii_digit()));
        let is_message = end.is_some_and(|end| end.starts_with([' ', '}', ')', ',', '(']));
        rest = if is_message { after } else { here };
        found.extend(is_message.then_some(said));
    }
    for call in MACROS.iter().flat_map(|name| text.split(name).skip(1)) {
        let end = ["}}", "%}"].iter().filter_map(|end| call.find(end)).min().unwrap_or(call.len());
        let mut rest = &call[..end];
        while let Some((before, here)) = rest.split_once('"') {
            let (said, after) = literal(here);
            let is_word = said.contains(' ') || said.starts_with(char::is_uppercase);
            found.extend((is_word && !NO_WORDS.iter().any(|name| before.ends_with(name))).then_some(said));
            rest = after;
        }
    }
    found
}

fn chinese() -> Vec<(&'static str, BTreeMap<String, String>)> {
    catalogue::CHINESE.iter().map(|(file, text)| (*file, catalogue::table(text).unwrap())).collect()
}

#[test]
fn every_message_has_its_translation() {
    let known: BTreeSet<String> = chinese().into_iter().flat_map(|(_, table)| table.into_keys()).collect();
    let missing: Vec<String> = messages()
        .into_iter()
        .filter(|(message, _)| !known.contains(message))
        .map(|(m, p)| format!("{p}: {m:?}"))
        .collect();
    assert!(missing.is_empty(), "{} messages have no translation:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn a_translation_is_of_a_message_that_stands_somewhere_and_has_its_parts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    files(&root.join("src"), &mut all);
    files(&root.join("templates"), &mut all);
    let plain = |text: &str| text.split_whitespace().collect::<String>().replace('\\', "");
    let everything = plain(&all.into_iter().map(|(_, text)| text).collect::<String>());
    let mut seen = BTreeMap::new();
    for (file, table) in chinese() {
        for (message, translation) in table {
            let noun = message.strip_prefix("{n} ").unwrap_or(&message);
            assert!(everything.contains(&plain(noun)), "{file}: nothing says {message:?} any more");
            let holes = |text: &str| holes_of(text).map(str::to_owned).collect::<BTreeSet<_>>();
            assert_eq!(holes(&message), holes(&translation), "{file}: {message:?}");
            assert_eq!(translation.trim(), translation, "{file}: {message:?}");
            assert!(!translation.is_empty(), "{file}: {message:?}");
            let before = seen.insert(message.clone(), file);
            assert_eq!(before, None, "{file}: {message:?} is translated twice");
        }
    }
}
