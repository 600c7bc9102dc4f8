//! The agreement form while somebody writes into it: live preview, look-up, OpenSLO.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use nines_support::program::Nines;
use nines_support::prometheus::Prometheus;
use thirtyfour::prelude::*;

use crate::charts::is_for_everybody;
use crate::page::{View, story};
use crate::story::{add_source, choose_source, demo_signed_in, fill, press, says, set_up};

/// After a pause in typing the preview is made anew, what is incomplete is said, and what is typed stays untouched.
#[test]
fn the_preview_follows_what_is_typed() {
    demo_signed_in(View::DESK, async |page, url| {
        page.goto(format!("{url}/agreements/4000/edit")).await?;
        fill(page, "objective-0-target", "99.5").await?;
        let text = says(page, "The preview is up to date.").await?;
        assert!(text.contains("Preview: Checkout answers") && text.contains("Under these terms"), "{text}");
        let script = "return [document.activeElement.name, document.activeElement.value];";
        let active: (String, String) = page.execute(script, vec![]).await?.convert()?;
        assert_eq!(active, ("objective-0-target".to_owned(), "99.5".to_owned()), "nobody's hands are pushed away");
        is_for_everybody(page).await?;
        fill(page, "objective-0-target", "100").await?;
        says(page, "No preview yet: ").await?;
        fill(page, "objective-0-target", "99").await?;
        says(page, "The preview is up to date.").await?;
        // the hint of the suggested target works in a live preview too
        press(page, "button[value=suggest-objective-0]").await?;
        says(page, "Preview: Checkout answers").await?;
        Ok(())
    });
}

/// What a source says about a query is for everybody, and so is the form that a document has filled in.
#[test]
fn a_query_is_looked_up_and_a_document_fills_the_form() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs();
    let prometheus = Prometheus::with_history(|out| {
        let mut text = "# TYPE shop_seconds histogram\n".to_owned();
        for le in ["0.25", "0.5", "+Inf"] {
            for minute in 1..=20 {
                let at = now - 1_500 + minute * 60;
                writeln!(text, "shop_seconds_bucket{{job=\"shop\",path=\"/<b>\",le=\"{le}\"}} {minute} {at}")
                    .expect("text");
            }
        }
        out.write_all((text + "# EOF\n").as_bytes())
    });
    let nines = Nines::start(&[]);
    story(View::DESK, async move |page| {
        set_up(&page, &nines).await?;
        add_source(&page, &nines, &prometheus).await?;
        page.goto(format!("{}/agreements/new", nines.url())).await?;
        choose_source(&page, "objective-0-source").await?;
        press(&page, "label[for='objective-0-kind-latency']").await?;
        fill(&page, "objective-0-histogram", "shop_seconds_bucket").await?;
        press(&page, "button[value=look-up-objective-0]").await?;
        says(&page, "Its buckets end at 0.25, 0.5").await?;
        is_for_everybody(&page).await?;
        page.show_as(View::PHONE.dark()).await?;
        page.long_picture("looked-up-phone", View::PHONE.dark()).await?;
        page.show_as(View::DESK.without_scripts()).await?;
        page.goto(format!("{}/agreements/new", nines.url())).await?;
        press(&page, "#agreement > details.more summary").await?;
        let document = "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: fast, labels: {a: b}}\nspec: {service: shop, \
            indicator: {spec: {ratioMetric: {good: {metricSource: {spec: {query: shop_good}}}, \
            total: {metricSource: {spec: {query: shop_all}}}}}}, timeWindow: [{duration: 7d, isRolling: true}], \
            objectives: [{target: 0.99}]}";
        fill(&page, "openslo", document).await?;
        press(&page, "button[value=import-openslo]").await?;
        says(&page, "One objective is filled in.").await?;
        page.show_as(View::DESK).await?;
        assert_eq!(page.find(By::Name("objective-0-target")).await?.value().await?.as_deref(), Some("99"));
        assert_eq!(page.find(By::Name("objective-0-total")).await?.value().await?.as_deref(), Some("shop_all"));
        is_for_everybody(&page).await?;
        page.long_picture("imported", View::DESK).await
    });
}
