//! Just enough of an HTML reader to ask a page about its elements; it panics on what a browser would have to guess.

/// A start tag.
#[derive(Debug)]
pub(super) struct Element {
    /// Its name in lower case.
    pub(super) name: String,
    /// Its attributes, entities resolved.
    pub(super) attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// Every start tag of a page, in order.
pub(super) fn elements(html: &str) -> Vec<Element> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with('/') || rest.starts_with('!') {
            continue;
        }
        let (element, after) = start_tag(rest);
        found.push(element);
        rest = after;
    }
    found
}

fn start_tag(text: &str) -> (Element, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap();
    assert!(end > 0, "a bare < before {:?}", text.get(..20));
    let (name, mut rest) = text.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("/>")) {
            return (Element { name: name.to_ascii_lowercase(), attributes }, after);
        }
        let end = rest.find(|c: char| c == '=' || c == '>' || c == '/' || c.is_whitespace()).unwrap();
        assert!(end > 0, "no attribute at {:?}", rest.get(..40));
        let (attribute, after) = rest.split_at(end);
        let mut value = "";
        rest = after;
        if let Some(quoted) = after.strip_prefix("=\"") {
            (value, rest) = quoted.split_once('"').unwrap();
            assert!(!value.contains('<'), "a bare < in {attribute}");
        } else {
            assert!(!after.starts_with('='), "{attribute} has no quotes");
        }
        let plain = value.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#38;", "&");
        attributes.push((attribute.to_ascii_lowercase(), plain));
    }
}

#[test]
fn start_tags_are_read_with_their_attributes() {
    let all = elements("<!DOCTYPE html><p class=\"a b\" hidden>1 &#60; 2</p><br/><input value=\"&#34;&#38;\">");
    let names: Vec<&str> = all.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["p", "br", "input"]);
    assert_eq!((all[0].attribute("class"), all[0].attribute("hidden")), (Some("a b"), Some("")));
    assert_eq!(all[2].attribute("value"), Some("\"&"));
}
