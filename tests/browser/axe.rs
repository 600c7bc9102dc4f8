//! axe-core's eyes: what of a page keeps people out.

use std::error::Error;

use nines_support::repository;

use crate::page::Page;

/// Checks the page against WCAG 2.2 AA and axe-core's best practices. One line for each violation, with the elements.
pub async fn axe_violations(page: &Page) -> Result<Vec<String>, Box<dyn Error>> {
    let file = repository().join("target/tools/axe/node_modules/axe-core/axe.min.js");
    let library = std::fs::read_to_string(&file)
        .map_err(|error| format!("axe-core is not installed ({error}); `tests/run tools` does it"))?;
    page.execute(library, vec![]).await?;
    let run = r#"
        const done = arguments[arguments.length - 1];
        const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
        const line = rule => rule.id + ": " + rule.help + " at " + rule.nodes.map(node => node.target).join(", ");
        axe.run({ runOnly: tags, preload: false })
            .then(found => done(found.violations.map(line)), error => done(["axe failed: " + error]));
    "#;
    Ok(page.execute_async(run, vec![]).await?.convert()?)
}
