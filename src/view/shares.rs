//! What is shown to people without an account, and the pages on which links to it are made.

use super::agreements::PastPeriod;
use super::assessment::WholeView;
use super::{Badge, Fact, Form, Progress, Shell, Status, Tone};
use crate::chart::{self, ChartError};
use crate::language::filters;
use askama::Template;

/// `/agreements/{id}/links`. Fields: `until` (a day), `note`. `POST /agreements/{id}/links/{link}/revoke` revokes one.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/shares/links.html")]
pub struct LinksPage {
    /// What stands around it.
    pub shell: Shell,
    /// The agreement's id.
    pub id: i64,
    /// The agreement's name.
    pub name: String,
    /// Every link, the newest first.
    pub rows: Vec<LinkRow>,
    /// What was typed.
    pub form: Form,
    /// The address of the link that was made just now; shown once.
    pub made: Option<String>,
    /// May this person make and revoke links?
    pub can_edit: bool,
}

/// `/objectives/{id}/badge`. Field: `note`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/shares/badge.html")]
pub struct BadgePage {
    /// What stands around it.
    pub shell: Shell,
    /// The objective's id.
    pub id: i64,
    /// The objective's name.
    pub name: String,
    /// Its agreement's id.
    pub agreement_id: i64,
    /// Links to its badge, the newest first.
    pub rows: Vec<LinkRow>,
    /// What was typed.
    pub form: Form,
    /// The badge that was made just now; shown once.
    pub made: Option<Snippets>,
    /// May this person make and revoke links?
    pub can_edit: bool,
}

/// A new badge, to be copied to where it shall stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippets {
    /// The picture's path on this server.
    pub path: String,
    /// Its whole address.
    pub address: String,
    /// For Markdown.
    pub markdown: String,
    /// For HTML.
    pub html: String,
}

impl Snippets {
    /// The snippets of a badge at that address.
    #[must_use]
    pub fn new(base: &str, path: String, objective: &str) -> Self {
        let address = format!("{base}{path}");
        let escaped = |text: &str| {
            let pairs = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")];
            pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
        };
        // brackets and line ends would end the text of a Markdown picture
        let plain: String = objective.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let marked = ["\\", "[", "]", "`", "<"].iter().fold(plain, |text, c| text.replace(c, &format!("\\{c}")));
        Self {
            markdown: format!("![{marked}]({address})"),
            html: format!("<img src=\"{}\" alt=\"{}\">", escaped(&address), escaped(objective)),
            path,
            address,
        }
    }
}

/// A link in a list.
#[derive(Clone, Debug)]
pub struct LinkRow {
    /// Its id.
    pub id: i64,
    /// What it shows: `The sheet`, `Badge of Payments succeed`.
    pub shows: String,
    /// For whom it is; may be empty.
    pub note: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: String,
    /// When it expires, or `never`.
    pub expires: String,
    /// When it was last used, or `never`.
    pub used: String,
    /// Open, expired or revoked.
    pub state: Badge,
    /// Can it be revoked?
    pub is_open: bool,
}

/// `/shared/{token}`: the agreement as its customer sees it. It leads nowhere into Nines.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/shares/sheet.html")]
pub struct SheetPage {
    /// What stands around it; nobody is signed in.
    pub shell: Shell,
    /// The page's own path, below which its files are.
    pub path: String,
    /// The agreement's name.
    pub name: String,
    /// With whom.
    pub customer: String,
    /// Until when the link holds.
    pub until: String,
    /// Up to when it was judged.
    pub judged: String,
    /// The worst status of its objectives in the current period.
    pub status: Status,
    /// The terms.
    pub terms: Vec<Fact>,
    /// The current period's label: `November 2026`.
    pub current_label: String,
    /// The current period so far, in one sentence.
    pub current_verdict: String,
    /// How much of it has passed.
    pub current_progress: Progress,
    /// The current period as a whole, without links.
    pub whole: WholeView,
    /// Its objectives.
    pub objectives: Vec<SheetObjective>,
    /// Past periods, the newest first; their links are not shown.
    pub past: Vec<PastPeriod>,
    /// Its reports, the newest first.
    pub reports: Vec<SheetReport>,
}

impl SheetPage {
    /// Is there an outlook for any objective?
    #[must_use]
    pub fn has_outlook(&self) -> bool {
        self.objectives.iter().any(|row| row.outlook.is_some())
    }
}

/// An objective on the sheet.
#[derive(Clone, Debug)]
pub struct SheetObjective {
    /// Its name.
    pub name: String,
    /// What was promised, in a sentence or two.
    pub promise: String,
    /// How it stands in the current period.
    pub status: Status,
    /// What was measured in it so far.
    pub sli: String,
    /// The target.
    pub target: String,
    /// How the period will probably end; none for a rolling window, which never ends.
    pub outlook: Option<String>,
}

/// An issued report on the sheet.
#[derive(Clone, Debug)]
pub struct SheetReport {
    /// Its id.
    pub id: i64,
    /// Its period.
    pub period: String,
    /// `#12`, with its revision if there are several.
    pub number: String,
    /// Its verdict.
    pub status: Status,
    /// How many objectives are met: `3 of 4`; nothing if it was removed.
    pub met: Option<String>,
    /// When it was made.
    pub made_at: String,
    /// May its numbers still change?
    pub is_provisional: bool,
}

/// What a link shows that shows nothing: one page for every reason.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/shares/closed.html")]
pub struct ClosedPage {
    /// What stands around it; nobody is signed in.
    pub shell: Shell,
    /// What to do about it, in a sentence or two.
    pub message: String,
}

/// `/badges/{token}.svg`: an objective's standing as a picture.
#[derive(Template, Clone, Debug)]
#[template(path = "badge.svg", escape = "html")]
pub struct BadgePicture {
    label: Part,
    value: Part,
    width: String,
    colour: &'static str,
}

/// One half of a badge; lengths in pixels.
#[derive(Clone, Debug)]
struct Part {
    text: String,
    left: String,
    box_width: String,
    text_width: String,
}

impl BadgePicture {
    /// A badge that says `value` about `label`.
    pub fn new(label: &str, value: &str, tone: Tone) -> Result<Self, ChartError> {
        const PAD: f64 = 7.0;
        const EM: f64 = 11.0;
        const LABEL_CHARS_MAX: usize = 48;
        let (label, value) = (shown(label, LABEL_CHARS_MAX), shown(value, LABEL_CHARS_MAX));
        let (first, second) = (chart::text_width(&label, EM)?.ceil(), chart::text_width(&value, EM)?.ceil());
        let part = |text: String, from: f64, width: f64| Part {
            text,
            left: format!("{:.0}", from + PAD),
            box_width: format!("{:.0}", width + 2.0 * PAD),
            text_width: format!("{width:.0}"),
        };
        let middle = first + 2.0 * PAD;
        Ok(Self {
            label: part(label, 0.0, first),
            value: part(value, middle, second),
            width: format!("{:.0}", middle + second + 2.0 * PAD),
            colour: match tone {
                Tone::Good => "#17744a",
                Tone::Warn => "#8a5200",
                Tone::Bad => "#b3261e",
                Tone::Idle | Tone::Busy => "#545f6c",
            },
        })
    }
}

/// On one line, without what could turn the text around or is no part of XML, and cut with an ellipsis.
fn shown(text: &str, most: usize) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_shown = |c: &char| !c.is_control() && !turns(*c) && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let kept: Vec<char> = text.chars().filter(is_shown).collect();
    if kept.len() <= most {
        return kept.into_iter().collect();
    }
    kept.into_iter().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_as_wide_as_its_texts_and_says_its_name() {
        let svg = |label: &str| BadgePicture::new(label, "99.98 % · Meeting", Tone::Good).unwrap().render().unwrap();
        let width =
            |svg: &str| svg.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse::<i32>().unwrap();
        let (short, long) = (svg("Shop"), svg("Shop, payments and everything"));
        assert!(width(&long) > width(&short) + 80, "{short} {long}");
        assert!(short.contains("<title>Shop: 99.98 % · Meeting</title>"), "{short}");
        // four ideographs are four ems of 11 px, whether or not the embedded font has them
        assert!(svg("支付服务").contains("textLength=\"44\""), "{}", svg("支付服务"));
    }

    #[test]
    fn a_hostile_name_stays_text_in_a_picture() {
        let name = format!("</title><script>alert(1)</script>\u{202e}\u{0}\"'&{}", "x".repeat(10_000));
        let svg = BadgePicture::new(&name, "no data", Tone::Idle).unwrap().render().unwrap();
        assert_eq!(svg.matches("<script").count() + svg.matches("</title>").count(), 1, "{svg}");
        assert!(!svg.contains(['\u{202e}', '\u{0}']) && svg.len() < 3_000, "{svg}");
    }

    #[test]
    fn snippets_carry_a_hostile_name_as_text() {
        let made = Snippets::new("https://nines.example", "/badges/t.svg".to_owned(), "a](javascript:x) \"><b>\n&");
        assert_eq!(made.markdown, "![a\\](javascript:x) \">\\<b> &](https://nines.example/badges/t.svg)");
        assert_eq!(
            made.html,
            "<img src=\"https://nines.example/badges/t.svg\" alt=\"a](javascript:x) &quot;&gt;&lt;b&gt;\n&amp;\">"
        );
    }
}
