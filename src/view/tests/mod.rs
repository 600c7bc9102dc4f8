//! All pages together: rendered with sample data, and again with text that tries to break out.

mod html;
mod sample;

use html::{Element, elements};
use sample::{Say, pages};
use std::collections::BTreeSet;

const HOSTILE: &str =
    "\"><script>alert(1)</script><img src=x onerror='alert(2)'>' style=x:y &amp; \u{202e}𝄞 <!-- {{ x }}";

fn plain() -> Vec<(&'static str, String)> {
    pages(&Say::new(""))
}

fn hostile() -> Vec<(&'static str, String)> {
    pages(&Say::new(HOSTILE))
}

fn with_attribute<'a>(all: &'a [Element], name: &str) -> Vec<(&'a Element, &'a str)> {
    all.iter().filter_map(|element| Some((element, element.attribute(name)?))).collect()
}

#[test]
fn hostile_text_stays_text_on_every_page() {
    let structure = |html: &str| elements(html).iter().map(|e| e.name.clone()).collect::<Vec<_>>();
    for ((name, plain), (_, hostile)) in plain().iter().zip(hostile()) {
        assert_eq!(structure(plain), structure(&hostile), "{name}: text became markup");
        for script in hostile.split("<script").skip(1) {
            assert!(script.starts_with(" defer src=\"/assets/"), "{name}: {}", &script[..40.min(script.len())]);
        }
        assert!(*name == "guide" || hostile.contains("&#60;script"), "{name} shows none of the text that it was given");
    }
}

#[test]
fn pages_obey_the_content_security_policy() {
    for (name, html) in plain().into_iter().chain(hostile()) {
        for element in elements(&html) {
            assert!(!["style", "iframe", "object", "base"].contains(&element.name.as_str()), "{name}");
            for (attribute, value) in &element.attributes {
                assert!(attribute != "style" && !attribute.starts_with("on"), "{name}: {attribute}={value:?}");
                let outside = ["src", "href", "action", "formaction"].contains(&attribute.as_str())
                    && !value.starts_with('/')
                    && !value.starts_with('#');
                assert!(!outside, "{name}: {attribute}={value:?} leaves Nines");
            }
        }
    }
}

#[test]
fn every_file_that_a_page_links_is_embedded() {
    for (name, html) in plain() {
        assert!(html.contains("/assets/"), "{name} links no stylesheet");
        let all = elements(&html);
        for (_, href) in with_attribute(&all, "href").into_iter().chain(with_attribute(&all, "src")) {
            if let Some(rest) = href.strip_prefix("/assets/") {
                let (hash, file) = rest.split_once('/').unwrap();
                assert_eq!(crate::view::asset(file).unwrap().hash, hash, "{name}: {href}");
            }
        }
    }
}

#[test]
fn every_page_has_a_title_one_main_heading_and_headings_without_leaps() {
    for (name, html) in plain() {
        assert!(html.contains("<html lang=\"en-GB\">"), "{name}");
        let all = elements(&html);
        let levels: Vec<u32> = all
            .iter()
            .filter(|e| e.name.len() == 2 && e.name.starts_with('h'))
            .filter_map(|e| e.name.get(1..)?.parse().ok())
            .collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{name}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{name}: {levels:?}");
        assert!(!html.contains("<title> ·"), "{name} has no title");
        assert_eq!(all.iter().filter(|e| e.name == "main").count(), 1, "{name}");
    }
}

#[test]
fn ids_are_unique_and_whatever_is_pointed_at_exists() {
    for (name, html) in plain() {
        let all = elements(&html);
        let ids: Vec<&str> = with_attribute(&all, "id").into_iter().map(|(_, id)| id).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: {ids:?}");
        for attribute in ["for", "list", "aria-labelledby", "aria-describedby"] {
            for (_, value) in with_attribute(&all, attribute) {
                for id in value.split_whitespace() {
                    assert!(unique.contains(id), "{name}: {attribute}={id:?} points nowhere");
                }
            }
        }
        for (_, href) in with_attribute(&all, "href") {
            if let Some(id) = href.strip_prefix('#') {
                assert!(unique.contains(id), "{name}: the link to #{id} leads nowhere");
            }
        }
    }
}

#[test]
fn help_lines_lead_to_sections_of_the_guide() {
    let all = plain();
    let guide = elements(&all.iter().find(|(name, _)| *name == "guide").unwrap().1);
    let sections: BTreeSet<&str> = with_attribute(&guide, "id").into_iter().map(|(_, id)| id).collect();
    let mut seen = 0;
    for (name, html) in &all {
        for (_, href) in with_attribute(&elements(html), "href") {
            if let Some(id) = href.strip_prefix("/guide#") {
                assert!(sections.contains(id), "{name}: {href}");
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "only {seen} links to the guide");
}

#[test]
fn every_control_has_a_label() {
    for (name, html) in plain() {
        let all = elements(&html);
        let labelled: BTreeSet<&str> = with_attribute(&all, "for").into_iter().map(|(_, id)| id).collect();
        for element in all.iter().filter(|e| ["input", "select", "textarea"].contains(&e.name.as_str())) {
            if element.attribute("type") != Some("hidden") {
                let id = element.attribute("id");
                assert!(id.is_some_and(|id| labelled.contains(id)), "{name}: {element:?}");
            }
        }
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    for (name, html) in plain() {
        for form in html.split("<form").skip(1) {
            let (form, _) = form.split_once("</form>").unwrap();
            let posts = form.starts_with(" method=\"post\"");
            let carries = form.contains("name=\"csrf\" value=\"token-of-the-session\"");
            assert_eq!(posts, carries, "{name}: {}", &form[..80.min(form.len())]);
        }
    }
}

#[test]
fn tables_name_their_columns_and_themselves() {
    for (name, html) in plain() {
        // the report's fragment is somebody else's; its own tests look at it
        let (ours, _) = html.split_once("<article class=\"sheet\">").unwrap_or((&html, ""));
        let all = elements(ours);
        let count = |what: &str| all.iter().filter(|e| e.name == what).count();
        assert_eq!(count("table"), count("caption"), "{name}");
        assert!(all.iter().filter(|e| e.name == "th").all(|e| e.attribute("scope").is_some()), "{name}");
    }
}

#[test]
fn what_was_typed_stays_and_its_problem_stands_beside_it() {
    let all = plain();
    let html = &all.iter().find(|(name, _)| *name == "agreement-form-refused").unwrap().1;
    let all = elements(html);
    let target = all.iter().find(|e| e.attribute("id") == Some("objective-0-target")).unwrap();
    assert_eq!(target.attribute("value"), Some("100"));
    assert_eq!(target.attribute("aria-invalid"), Some("true"));
    assert_eq!(target.attribute("aria-describedby"), Some("objective-0-target-hint objective-0-target-problem"));
    assert!(with_attribute(&all, "href").iter().any(|(_, href)| *href == "#objective-0-target"));
}

#[test]
fn secrets_never_go_back_into_a_page() {
    for (name, html) in plain() {
        assert!(!html.contains("hunter2"), "{name}");
        for element in elements(&html).iter().filter(|e| e.attribute("type") == Some("password")) {
            assert_eq!(element.attribute("value"), None, "{name}");
        }
    }
}

#[test]
fn write_pages() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    std::fs::create_dir_all(&folder).unwrap();
    let link = |html: String| {
        ["app.css", "icon.svg", "preview.js", "readout.js"]
            .iter()
            .fold(html, |html, name| html.replace(&crate::view::asset_path(name), &format!("../../static/{name}")))
    };
    for (name, html) in plain() {
        std::fs::write(folder.join(format!("{name}.html")), link(html)).unwrap();
    }
    for (name, html) in hostile() {
        std::fs::write(folder.join(format!("hostile-{name}.html")), link(html)).unwrap();
    }
}
