//! A browser's page as a story uses it, and the telling of stories.

use std::cell::RefCell;
use std::error::Error;
use std::ops::Deref;
use std::path::PathBuf;
use std::rc::Rc;

use base64::Engine as _;
use nines_support::repository;
use serde_json::json;
use thirtyfour::prelude::*;
use tokio::task::LocalSet;

use crate::session::Driver;

/// How a story ends; `?` turns any error into a failed test.
pub type Outcome = Result<(), Box<dyn Error>>;

/// What the reader's screen is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// Whether the reader prefers dark pages.
    pub dark: bool,
    /// Whether pages may run scripts.
    pub scripts: bool,
}

impl View {
    /// A laptop.
    pub const DESK: Self = Self { width: 1280, height: 800, dark: false, scripts: true };
    /// A small phone.
    pub const PHONE: Self = Self { width: 360, height: 740, dark: false, scripts: true };

    /// The same in dark colours.
    pub const fn dark(self) -> Self {
        Self { dark: true, ..self }
    }

    /// The same without scripts.
    pub const fn without_scripts(self) -> Self {
        Self { scripts: false, ..self }
    }
}

/// One browser window. Everything that [`WebDriver`] can do works on it directly.
#[derive(Clone)]
pub struct Page {
    driver: WebDriver,
    forgiven: Rc<RefCell<Vec<String>>>,
}

impl Deref for Page {
    type Target = WebDriver;

    fn deref(&self) -> &WebDriver {
        &self.driver
    }
}

impl Page {
    /// Changes the screen from here on, for the page that is open and for those to come.
    pub async fn show_as(&self, view: View) -> WebDriverResult<()> {
        let View { width, height, dark, scripts } = view;
        let cdp = self.cdp();
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        cdp.send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        cdp.send_raw("Emulation.setEmulatedMedia", json!({ "features": features })).await?;
        cdp.send_raw("Emulation.setScriptExecutionDisabled", json!({ "value": !scripts })).await?;
        Ok(())
    }

    /// Lets messages on the console pass that contain `part`, such as the one of a page that is meant to answer 404.
    pub fn forgive(&self, part: &str) {
        self.forgiven.borrow_mut().push(part.to_owned());
    }

    /// What the console said since this was last asked, without what was forgiven. A story that ends well must end with
    /// nothing here.
    pub async fn complaints(&self) -> WebDriverResult<Vec<String>> {
        let forgiven = self.forgiven.borrow().clone();
        let entries = self.browser_log().await?.into_iter();
        let messages = entries.map(|entry| format!("{}: {}", entry.level, entry.message));
        Ok(messages.filter(|message| !forgiven.iter().any(|part| message.contains(part))).collect())
    }

    /// Whether the page is wider than its window, so that a reader would have to scroll sideways.
    pub async fn is_too_wide(&self) -> WebDriverResult<bool> {
        let script = "const page = document.documentElement; return page.scrollWidth > page.clientWidth;";
        self.execute(script, vec![]).await?.convert()
    }

    /// Writes a picture of the window to `NAME.png`, in the folder of `NINES_TEST_PICTURES` or in `target/browser`.
    pub async fn picture(&self, name: &str) -> Outcome {
        std::fs::write(pictures()?.join(format!("{name}.png")), self.screenshot_as_png().await?)?;
        Ok(())
    }

    /// The same of the whole page, however long; `view` is how it is shown again afterwards.
    pub async fn long_picture(&self, name: &str, view: View) -> Outcome {
        let height = self.execute("return document.documentElement.scrollHeight;", vec![]).await?.convert()?;
        self.show_as(View { height, ..view }).await?;
        self.picture(name).await?;
        Ok(self.show_as(view).await?)
    }

    /// Lays the page out as for A4 paper, 182 mm between the margins, or as for the screen again.
    pub async fn on_paper(&self, is_paper: bool) -> WebDriverResult<()> {
        let media = if is_paper { "print" } else { "" };
        self.cdp().send_raw("Emulation.setEmulatedMedia", json!({ "media": media })).await?;
        let width = if is_paper { 688 } else { View::DESK.width };
        let metrics = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        self.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
        Ok(())
    }

    /// Prints the page to `NAME.pdf`, beside the pictures.
    pub async fn print(&self, name: &str) -> Outcome {
        let options = json!({ "preferCSSPageSize": true, "printBackground": false });
        let printed = self.cdp().send_raw("Page.printToPDF", options).await?;
        let pdf = printed["data"].as_str().ok_or("the browser hands over a PDF")?;
        let pdf = base64::engine::general_purpose::STANDARD.decode(pdf)?;
        std::fs::write(pictures()?.join(format!("{name}.pdf")), pdf)?;
        Ok(())
    }

    /// Saves what a person would want to see of a failed story.
    async fn keep_evidence(&self, story: &str) -> Outcome {
        let folder = evidence()?;
        std::fs::write(folder.join(format!("{story}.png")), self.screenshot_as_png().await?)?;
        std::fs::write(folder.join(format!("{story}.html")), self.source().await?)?;
        Ok(())
    }
}

fn evidence() -> std::io::Result<PathBuf> {
    let folder = repository().join("target/browser");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn pictures() -> std::io::Result<PathBuf> {
    std::env::var_os("NINES_TEST_PICTURES").map_or_else(evidence, |folder| Ok(PathBuf::from(folder)))
}

/// Tells a story in a browser of its own. It fails when the story panics, returns an error, or ends with a message on
/// the console; then a picture and the page's source are kept in `target/browser`, named like the test.
pub fn story<Told: Future<Output = Outcome> + 'static>(view: View, tell: impl FnOnce(Page) -> Told + 'static) {
    let name = std::thread::current().name().unwrap_or("story").replace("::", "-");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    if let Err(reason) = LocalSet::new().block_on(&runtime, play(&name, view, tell)) {
        panic!("{reason}");
    }
}

async fn play<Told: Future<Output = Outcome> + 'static>(
    name: &str,
    view: View,
    tell: impl FnOnce(Page) -> Told + 'static,
) -> Outcome {
    let driver = Driver::shared();
    let (browser, _profile) = driver.open().await?;
    let page = Page { driver: browser.clone(), forgiven: Rc::default() };
    page.show_as(view).await?;
    let teller = page.clone();
    // A task of its own, so that a panic ends the story and not the clearing up after it.
    let told = tokio::task::spawn_local(async move { tell(teller).await }).await;
    let mut outcome = told.unwrap_or_else(|panic| Err(panic.to_string().into()));
    if outcome.is_ok() {
        let complaints = page.complaints().await?;
        if !complaints.is_empty() {
            outcome = Err(format!("the console is not empty:\n{}", complaints.join("\n")).into());
        }
    }
    if let Err(reason) = &outcome {
        let kept = page.keep_evidence(name).await;
        let kept = kept.map_or_else(|error| format!("none ({error})"), |()| format!("target/browser/{name}.png"));
        outcome = Err(format!("{reason}\npicture: {kept}").into());
    }
    browser.quit().await?;
    outcome
}
