//! The charts of an objective as a person reads them: by pointer, by keyboard, by table, and beside the stretch before.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::axe::axe_violations;
use crate::page::{Outcome, Page, View};
use crate::story::{demo_signed_in, fill, press, says};

const VIEWS: [View; 4] = [View::DESK, View::DESK.dark(), View::PHONE, View::PHONE.dark()];

pub async fn is_for_everybody(page: &Page) -> Outcome {
    for view in VIEWS {
        page.show_as(view).await?;
        let violations = axe_violations(page).await?;
        assert!(violations.is_empty(), "{view:?}:\n{}", violations.join("\n"));
        assert!(!page.is_too_wide().await?, "it scrolls sideways in {view:?}");
    }
    Ok(page.show_as(View::DESK).await?)
}

/// What the read-out of the first chart says: its text, and what a screen reader hears.
async fn read(page: &Page) -> Result<(String, String), WebDriverError> {
    let script = "const figure = document.querySelector('figure[data-table]');
        return [figure.querySelector('.readout').textContent, figure.querySelector('.reader').ariaValueText];";
    page.execute(script, vec![]).await?.convert()
}

/// A row of the table behind the first chart, counted from the end: its head, and its cells.
async fn row(page: &Page, from_end: usize) -> Result<Vec<String>, WebDriverError> {
    let script = "const rows = document.getElementById('sli-table').tBodies[0].rows;
        return Array.from(rows[rows.length - 1 - arguments[0]].cells, cell => cell.textContent.trim());";
    page.execute(script, vec![Value::from(from_end)]).await?.convert()
}

async fn key(page: &Page, name: &str) -> Outcome {
    let stroke = |kind: &str| json!({ "type": kind, "key": name, "code": name });
    for kind in ["keyDown", "keyUp"] {
        page.cdp().send_raw("Input.dispatchKeyEvent", stroke(kind)).await?;
    }
    Ok(())
}

/// Arrow keys and the pointer read the very numbers of the table; Escape leaves.
#[test]
fn a_chart_is_read_by_keyboard_and_pointer() {
    demo_signed_in(View::DESK, async |page, url| {
        page.goto(format!("{url}/objectives/5000?range=30d")).await?;
        assert!(read(page).await?.0.contains("press the arrow keys"));
        page.execute("document.querySelector('.reader').focus()", vec![]).await?;
        for (name, from_end) in
            [("ArrowLeft", 0), ("ArrowLeft", 1), ("ArrowRight", 0), ("ArrowRight", 0), ("PageDown", 7)]
        {
            key(page, name).await?;
            let ((seen, heard), row) = (read(page).await?, row(page, from_end).await?);
            for cell in row.iter().filter(|cell| !cell.is_empty()) {
                assert!(seen.contains(cell) && heard.contains(cell), "{name}: {row:?} in {seen} and {heard}");
            }
            assert!(seen.starts_with(&row[0]), "{name}: {row:?} in {seen}");
        }
        key(page, "Escape").await?;
        assert!(read(page).await?.0.contains("press the arrow keys"), "it is left");
        for view in [View::DESK, View::PHONE] {
            page.show_as(view).await?;
            // the middle of the third day of thirty-one or so: the table says which
            let script = "const figure = document.querySelector('figure[data-table]');
                const svg = [...figure.querySelectorAll('svg')].find(one => one.getBoundingClientRect().width > 0);
                svg.scrollIntoView({ block: 'center' });
                const [left, , right] = svg.dataset.plot.split(' ').map(Number);
                const row = document.getElementById('sli-table').tBodies[0].rows[2];
                const share = ((+row.dataset.from + +row.dataset.to) / 2 - figure.dataset.from)
                    / (figure.dataset.to - figure.dataset.from);
                const box = svg.getBoundingClientRect();
                const x = box.left + (left + share * (right - left)) / svg.viewBox.baseVal.width * box.width;
                return [x, box.top + box.height / 2];";
            let (x, y): (f64, f64) = page.execute(script, vec![]).await?.convert()?;
            let moved = json!({ "type": "mouseMoved", "x": x, "y": y });
            page.cdp().send_raw("Input.dispatchMouseEvent", moved).await?;
            let script = "return document.getElementById('sli-table').tBodies[0].rows[2].cells[0].textContent;";
            let day: String = page.execute(script, vec![]).await?.convert()?;
            let (seen, _) = read(page).await?;
            assert!(seen.starts_with(&day), "{view:?}: {day} is pointed at: {seen}");
        }
        is_for_everybody(page).await
    });
}

/// A deploy is noted by the form, stands on the charts and in the table, and is withdrawn; without scripts.
#[test]
fn a_deploy_is_noted_and_withdrawn_without_scripts() {
    demo_signed_in(View::DESK, async |page, url| {
        page.goto(format!("{url}/objectives/5003?range=7d")).await?;
        is_for_everybody(page).await?;
        page.show_as(View::DESK.without_scripts()).await?;
        page.goto(format!("{url}/objectives/5003?range=7d")).await?;
        press(page, "#notes ~ details summary").await?;
        fill(page, "text", "Version 7 <now>").await?;
        press(page, "#notes ~ details button[type=submit]").await?;
        says(page, "It is noted").await?;
        says(page, "Version 7 <now>").await?;
        press(page, "form[action*='/withdraw'] button").await?;
        let text = says(page, "The note is withdrawn").await?;
        assert!(!text.contains("Version 7 <now>"), "{text}");
        assert!(page.current_url().await?.as_str().contains("range=7d"), "the range stays");
        Ok(())
    });
}

/// A range beside the one before: in a sentence, a table and on the charts. Pictures for whoever looks.
#[test]
fn a_range_is_set_beside_the_one_before() {
    demo_signed_in(View::DESK, async |page, url| {
        page.goto(format!("{url}/objectives/5000?range=7d")).await?;
        press(page, ".range-text a[href*='compare=previous']").await?;
        says(page, "than before: a good share of").await?;
        press(page, ".segments a[href*='range=1d']").await?;
        says(page, "Compared with before").await?;
        page.goto(format!("{url}/objectives/5000?range=7d&compare=previous")).await?;
        is_for_everybody(page).await?;
        page.execute(
            "document.querySelectorAll('.plotted details, #notes ~ details').forEach(one => one.open = true)",
            vec![],
        )
        .await?;
        is_for_everybody(page).await?;
        page.goto(format!("{url}/objectives/5000?compare=previous")).await?;
        page.execute("document.querySelector('.reader').focus()", vec![]).await?;
        key(page, "End").await?;
        page.long_picture("objective-compared", View::DESK).await?;
        page.show_as(View::PHONE.dark()).await?;
        page.long_picture("objective-compared-phone", View::PHONE.dark()).await?;
        page.goto(format!("{url}/objectives/5000/note-keys")).await?;
        fill(page, "name", "deploy pipeline of the shop").await?;
        press(page, "main form.card [type=submit]").await?;
        says(page, "The new key").await?;
        is_for_everybody(page).await?;
        page.show_as(View::PHONE).await?;
        page.long_picture("note-keys-phone", View::PHONE).await
    });
}
