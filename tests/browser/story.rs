//! The main job as a person lives it: from the set-up link to the report in the mailbox, every number against the truth.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mail_parser::{MessageParser, MimeHeaders as _};
use nines_support::cluster;
use nines_support::program::Nines;
use nines_support::prometheus::Prometheus;
use nines_support::smtp::SmtpServer;
use nines_support::traffic::{self, Class, Counts, Identity, Setup, Traffic};
use serde_json::Value;
use thirtyfour::prelude::*;

use crate::axe::axe_violations;
use crate::page::{Outcome, Page, View, story};

const DAY: i64 = 86_400;

/// The last midnight in UTC: where the history ends.
pub fn midnight() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs();
    i64::try_from(now).expect("the clock is sane") / DAY * DAY
}

/// One service of each class, each with `job`, `instance` and `up`, as in a usual Prometheus.
fn world() -> (Prometheus, Vec<Traffic>) {
    let services = Class::ALL.iter().zip(1u32..).map(|(class, number)| {
        Traffic::simulate(&Setup {
            service: format!("{class:?}").to_lowercase(),
            class: *class,
            identity: Identity::Process { job: "shop".to_owned(), instance: format!("10.1.0.{number}:80") },
            seed: 4_000 + u64::from(number),
            days: 31,
            end: midnight(),
            offset_ms: 7_777 * number,
        })
    });
    let services: Vec<Traffic> = services.collect();
    let prometheus = Prometheus::with_history(|out| traffic::write(&services, out));
    (prometheus, services)
}

pub async fn fill(page: &Page, name: &str, text: &str) -> Outcome {
    let field = page.find(By::Name(name)).await?;
    field.clear().await?;
    Ok(field.send_keys(text).await?)
}

pub async fn press(page: &Page, css: &str) -> Outcome {
    let button = page.find(By::Css(css)).await?;
    button.scroll_into_view().await?;
    Ok(button.click().await?)
}

/// The page's text, once it says `expected`; pages come and go while a form is sent.
pub async fn says(page: &Page, expected: &str) -> Result<String, Box<dyn std::error::Error>> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let text = page.execute("return document.body ? document.body.innerText : ''", Vec::new()).await;
        let text: String = text.and_then(|text| text.convert()).unwrap_or_default();
        if text.contains(expected) {
            return Ok(text);
        }
        if Instant::now() >= deadline {
            return Err(format!("the page does not say “{expected}”:\n{text}").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the browser downloads from an address of the same site.
async fn download(page: &Page, path: &str) -> Result<String, Box<dyn std::error::Error>> {
    let script =
        "const [path, done] = arguments; fetch(path).then(a => a.text()).then(done, e => done('failed: ' + e));";
    let answer = page.execute_async(script, vec![Value::from(path)]).await?;
    Ok(answer.convert()?)
}

pub async fn set_up(page: &Page, nines: &Nines) -> Outcome {
    let link = nines.wait_for("the set-up link", |line| Some(line.split_once("within a day: ")?.1.trim().to_owned()));
    page.goto(&link).await?;
    fill(page, "name", "Ana").await?;
    fill(page, "email", "ana@example.org").await?;
    fill(page, "password", "correct horse battery").await?;
    fill(page, "repeat", "correct horse battery").await?;
    press(page, "main form [type=submit]").await?;
    says(page, "Sign out").await.map(drop)
}

pub async fn add_source(page: &Page, nines: &Nines, prometheus: &Prometheus) -> Outcome {
    page.goto(format!("{}/sources/new", nines.url())).await?;
    fill(page, "name", "Prometheus EU").await?;
    fill(page, "url", &prometheus.url()).await?;
    press(page, "button[value=test]").await?;
    says(page, "It answers queries").await?;
    press(page, ".actions button[value=save]").await?;
    says(page, "No objective").await.map(drop)
}

/// The agreement: availability of every service, and the latency of the last one.
async fn define_agreement(page: &Page, nines: &Nines, services: &[Traffic]) -> Outcome {
    page.goto(format!("{}/agreements/new", nines.url())).await?;
    fill(page, "name", "Shop for ACME").await?;
    fill(page, "customer", "ACME Ltd").await?;
    fill(page, "zone", "UTC").await?;
    fill(page, "recipients", "boss@example.org\ncustomer@example.org").await?;
    for (number, traffic) in services.iter().enumerate() {
        let service = &traffic.setup().service;
        if number > 0 {
            press(page, "button[value=add-objective]").await?;
            says(page, &format!("Objective {}", number + 1)).await?;
        }
        let at = |field: &str| format!("objective-{number}-{field}");
        fill(page, &at("name"), &format!("{service} answers")).await?;
        fill(page, &at("service"), service).await?;
        choose_source(page, &at("source")).await?;
        fill(page, &at("total"), &format!("http_requests_total{{service=\"{service}\"}}")).await?;
        fill(page, &at("part"), &format!("sum(rate(http_requests_total{{service=\"{service}\",code=~\"5..\"}}[5m]))"))
            .await?;
        // a first try with a target that is refused keeps everything else
        fill(page, &at("target"), if number == 0 { "100" } else { "99.9" }).await?;
    }
    press(page, "button[value=add-objective]").await?;
    says(page, &format!("Objective {}", services.len() + 1)).await?;
    let at = |field: &str| format!("objective-{}-{field}", services.len());
    press(page, &format!("[name={}][value=latency]", at("kind"))).await?;
    fill(page, &at("name"), "mixed is fast").await?;
    fill(page, &at("service"), "mixed").await?;
    choose_source(page, &at("source")).await?;
    fill(page, &at("histogram"), "http_request_duration_seconds_bucket{service=\"mixed\"}").await?;
    fill(page, &at("threshold"), "0.50").await?;
    fill(page, &at("target"), "95").await?;
    press(page, ".actions button[value=save]").await?;
    says(page, "leaves no error budget").await?;
    fill(page, "objective-0-target", "99.9").await?;
    press(page, ".actions button[value=save]").await?;
    says(page, "Preview the report").await?;
    says(page, "mixed is fast").await.map(drop)
}

pub async fn choose_source(page: &Page, name: &str) -> Outcome {
    let option = format!("//select[@name='{name}']/option[contains(., 'Prometheus EU')]");
    Ok(page.find(By::XPath(option)).await?.click().await?)
}

/// The objectives' pages by name, from the links of the overview.
async fn objectives(page: &Page, nines: &Nines) -> Result<BTreeMap<String, String>, Box<dyn std::error::Error>> {
    page.goto(nines.url()).await?;
    let mut found = BTreeMap::new();
    for link in page.find_all(By::Css("a[href^='/objectives/']")).await? {
        if let Some(href) = link.attr("href").await? {
            found.insert(link.text().await?, href);
        }
    }
    Ok(found)
}

/// The sums of the columns `good`, `total` and `bad` of an objective's CSV.
fn csv_sums(text: &str) -> (i64, i64, i64) {
    let mut lines = text.split("\r\n").filter(|line| !line.is_empty());
    let head: Vec<&str> = lines.next().expect("a CSV has a head").split(',').collect();
    let column =
        |name: &str| head.iter().position(|cell| *cell == name).unwrap_or_else(|| panic!("{name} in {head:?}"));
    let (good, total, bad) = (column("good"), column("total"), column("bad"));
    lines.fold((0, 0, 0), |sum, line| {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cells[at].parse::<i64>().unwrap_or_else(|_| panic!("a count in {line}"));
        (sum.0 + number(good), sum.1 + number(total), sum.2 + number(bad))
    })
}

/// `2026-11-21`, for a midnight in UTC.
fn date(at: i64) -> String {
    let days = at / DAY + 719_468;
    let era = days.div_euclid(146_097);
    let doe = days.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    format!("{:04}-{month:02}-{day:02}", yoe + era * 400 + i64::from(month <= 2))
}

/// 1234567 as people read it.
fn grouped(count: i64) -> String {
    let digits = count.to_string();
    let chunks: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|c| std::str::from_utf8(c).unwrap_or_default()).collect();
    chunks.join(",")
}

/// Waits until the backfill has reached the end of the history.
async fn backfilled(page: &Page, path: &str, expected: i64) -> Outcome {
    let deadline = Instant::now() + Duration::from_secs(120);
    let until = midnight();
    let csv = format!("{path}.csv?step=day&from={}&to={}", rfc(until - 30 * DAY), rfc(until));
    loop {
        let text = download(page, &csv).await?;
        if csv_sums(&text).1 == expected {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let sources = download(page, "/sources/2001").await?;
            panic!("not backfilled in time; the source's page says:\n{sources}");
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

fn rfc(at: i64) -> String {
    format!("{}T00:00:00Z", date(at))
}

/// Page, CSV and JSON of one objective over 30, 7 and 1 days.
async fn check_objective(page: &Page, nines: &Nines, path: &str, traffic: &Traffic, is_latency: bool) -> Outcome {
    let until = midnight();
    for days in [30, 7, 1] {
        let from = until - days * DAY;
        let truth: Counts = traffic.revealed(from, until);
        let (total, good) = if is_latency { (truth.timed, truth.fast) } else { (truth.total, truth.total - truth.bad) };
        let range = format!("from={}&to={}", rfc(from), rfc(until));
        for step in ["minute", "hour", "day"] {
            let sums = csv_sums(&download(page, &format!("{path}.csv?{range}&step={step}")).await?);
            assert_eq!(sums, (good, total, total - good), "{path} CSV, {days} days by {step}");
        }
        let json: Value = serde_json::from_str(&download(page, &format!("{path}.json?{range}&step=day")).await?)?;
        let sum =
            |field: &str| json["rows"].as_array().map_or(0, |rows| rows.iter().filter_map(|r| r[field].as_i64()).sum());
        assert_eq!((sum("good"), sum("total")), (good, total), "{path} JSON, {days} days");
        page.goto(format!("{}{path}?{range}", nines.url())).await?;
        let text = says(page, "The numbers behind it").await?;
        for count in [total, good, total - good] {
            assert!(
                text.contains(&grouped(count)),
                "{path}, {days} days: {} is not on the page:\n{text}",
                grouped(count)
            );
        }
    }
    Ok(())
}

/// The report of the last whole week in both mailboxes: subject, text and the attached CSV and JSON against the truth.
fn check_mail(smtp: &SmtpServer, services: &[Traffic]) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let received = loop {
        let received = smtp.received();
        if received.len() >= 2 {
            break received;
        }
        assert!(Instant::now() < deadline, "the report did not arrive");
        std::thread::sleep(Duration::from_millis(100));
    };
    for mail in &received {
        let message = MessageParser::default().parse(&mail.bytes).expect("the mail is MIME");
        let subject = message.subject().unwrap_or_default();
        assert!(subject.contains("Shop for ACME"), "{subject}");
        let attached = |ending: &str| {
            let is_it = |name: Option<&str>| name.is_some_and(|name| name.ends_with(ending));
            let part = message.attachments().find(|part| is_it(part.attachment_name()));
            part.map(|part| String::from_utf8_lossy(part.contents()).into_owned()).expect(ending)
        };
        let report: Value = serde_json::from_str(&attached(".json")).expect("the attachment is JSON");
        let moment = |field: &str| report["period"][field].as_str().map(seconds).expect("a moment");
        let (from, until) = (moment("start"), moment("end"));
        let (csv, text) = (attached(".csv"), message.body_text(0).unwrap_or_default().into_owned());
        for line in report["objectives"].as_array().expect("objectives") {
            let service = line["service"].as_str().expect("a service");
            let traffic = services.iter().find(|t| t.setup().service == service).expect("a known service");
            let truth = traffic.revealed(from, until);
            let is_latency = line["kind"] == "latency";
            let (total, good) =
                if is_latency { (truth.timed, truth.fast) } else { (truth.total, truth.total - truth.bad) };
            assert_eq!((line["total"].as_i64(), line["good"].as_i64()), (Some(total), Some(good)), "{service}");
            assert!(csv.contains(&format!(",{good},")) && csv.contains(&format!(",{total},")), "{service}: {csv}");
            assert!(text.contains(&grouped(total)), "{service}: {} is not in the text:\n{text}", grouped(total));
        }
        let pictures = message.parts.iter().filter(|part| part.content_type().is_some_and(|t| t.ctype() == "image"));
        assert!(pictures.count() > 0, "the charts are inline");
    }
    let mut to: Vec<&str> = received.iter().flat_map(|mail| &mail.to).map(String::as_str).collect();
    to.sort_unstable();
    assert_eq!(to, ["boss@example.org", "customer@example.org"]);
}

/// Seconds of a moment such as `2026-11-16T00:00:00Z`.
fn seconds(moment: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| moment[range].parse::<i64>().expect("a number");
    let time = number(11..13) * 3600 + number(14..16) * 60 + number(17..19);
    let day = (0..40_000).map(|n| n * DAY).find(|at| date(*at) == moment[..10]).expect("a date");
    day + time
}

/// Set-up, source, agreement, backfill, budget, mail, downloads: on PostgreSQL, with a real mail server.
#[test]
fn from_the_set_up_link_to_the_report_in_the_mailbox() {
    let (prometheus, services) = world();
    let smtp = SmtpServer::start();
    let database = cluster::empty().unwrap_or_else(|sentence| panic!("{sentence}"));
    let mail = format!("smtp://127.0.0.1:{}?tls=none", smtp.port);
    let nines = Nines::start(&[
        ("NINES_DATABASE_URL", &database),
        ("NINES_MAIL_URL", &mail),
        ("NINES_MAIL_FROM", "nines@example.org"),
    ]);
    story(View::DESK, async move |page| {
        page.forgive("status of 422"); // the form that is refused on purpose
        set_up(&page, &nines).await?;
        add_source(&page, &nines, &prometheus).await?;
        define_agreement(&page, &nines, &services).await?;
        let links = objectives(&page, &nines).await?;
        let until = midnight();
        for traffic in &services {
            let path = &links[&format!("{} answers", traffic.setup().service)];
            backfilled(&page, path, traffic.revealed(until - 30 * DAY, until).total).await?;
            check_objective(&page, &nines, path, traffic, false).await?;
        }
        let mixed = services.iter().find(|t| t.setup().class == Class::Mixed).expect("there is one");
        let path = &links["mixed is fast"];
        backfilled(&page, path, mixed.revealed(until - 30 * DAY, until).timed).await?;
        check_objective(&page, &nines, path, mixed, true).await?;
        press_link(&page, &nines, "/agreements", "Shop for ACME").await?;
        says(&page, "Preview the report").await?;
        press(&page, "form[action$='/send'] button").await?;
        check_mail(&smtp, &services);
        Ok(())
    });
}

async fn press_link(page: &Page, nines: &Nines, path: &str, text: &str) -> Outcome {
    page.goto(format!("{}{path}", nines.url())).await?;
    page.find(By::LinkText(text)).await?.click().await?;
    Ok(())
}

/// The addresses of every page of the demo that a person reaches by links.
const PAGES: &[&str] = &[
    "/",
    "/agreements",
    "/agreements/4000",
    "/agreements/4000/edit",
    "/agreements/new",
    "/agreements/new?template=aws-s3",
    "/agreements/4000/revisions",
    "/agreements/4000/links",
    "/exclusions",
    "/exclusions/new",
    "/sources",
    "/sources/2000",
    "/sources/new",
    "/reports",
    "/reports/6000",
    "/schedules",
    "/schedules/17000",
    "/schedules/17000/edit",
    "/schedules/new",
    "/deliveries",
    "/guide",
    "/objectives/5000",
    "/objectives/5000?range=7d&compare=previous",
    "/objectives/5000/note-keys",
    "/objectives/5000/outlooks",
    "/people",
    "/audit",
    "/objectives/5000/badge",
    "/objectives/5000/baseline",
    "/objectives/5000/calendar",
    "/agreements/4000/calendar",
];

pub fn demo_signed_in(view: View, tell: impl AsyncFnOnce(&Page, &str) -> Outcome + 'static) {
    let demo = nines_support::program::Nines::demo();
    story(view, async move |page| {
        let (email, password) = demo.wait_for("the ready login", |line| {
            let (email, password) = line.strip_prefix("Sign in as ")?.split_once(" with the password ")?;
            Some((email.to_owned(), password.trim().to_owned()))
        });
        let url = demo.url();
        page.goto(&url).await?;
        fill(&page, "email", &email).await?;
        fill(&page, "password", &password).await?;
        press(&page, "main form [type=submit]").await?;
        says(&page, "Sign out").await?;
        tell(&page, &url).await
    });
}

/// Every page of the demo, in light and dark, at the desk and on a phone, without scripts: no violation of WCAG 2.2 AA,
/// nothing on the console, no sideways scrolling.
#[test]
fn every_page_is_for_everybody() {
    demo_signed_in(View::DESK, async |page, url| {
        for path in PAGES {
            page.goto(format!("{url}{path}")).await?;
            for view in [View::DESK, View::DESK.dark(), View::PHONE, View::PHONE.dark()] {
                page.show_as(view).await?;
                let violations = axe_violations(page).await?;
                assert!(violations.is_empty(), "{path} {view:?}:\n{}", violations.join("\n"));
                assert!(!page.is_too_wide().await?, "{path} scrolls sideways in {view:?}");
            }
        }
        Ok(())
    });
}

/// The preview of a form, which no address leads to, is for everybody too; and what it suggests goes into its field.
#[test]
fn a_preview_is_for_everybody_and_its_target_can_be_taken() {
    demo_signed_in(View::DESK, async |page, url| {
        page.goto(format!("{url}/agreements/4000/edit")).await?;
        press(page, "button[value=preview]").await?;
        says(page, "Preview: Checkout answers").await?;
        for view in [View::DESK, View::DESK.dark(), View::PHONE, View::PHONE.dark()] {
            page.show_as(view).await?;
            let violations = axe_violations(page).await?;
            assert!(violations.is_empty(), "{view:?}:\n{}", violations.join("\n"));
            assert!(!page.is_too_wide().await?, "the preview scrolls sideways in {view:?}");
        }
        page.show_as(View::DESK).await?;
        // the sample's bad week breaks 99.9 %; the next usual target below holds over any 30 days
        press(page, "button[value=suggest-objective-0]").await?;
        says(page, "Preview: Checkout answers").await?;
        let target = page.find(By::Name("objective-0-target")).await?.value().await?;
        assert_eq!(target.as_deref(), Some("99.5"));
        page.long_picture("preview", View::DESK).await?;
        page.show_as(View::PHONE.dark()).await?;
        page.long_picture("preview-phone", View::PHONE.dark()).await?;
        Ok(())
    });
}

/// A customer opens the link that an editor made, without an account: a sheet for everybody, and no way into Nines.
#[test]
fn a_customer_reads_the_shared_sheet() {
    demo_signed_in(View::DESK, async |page, url| {
        page.forgive("status of 404"); // the sheet that is over
        page.goto(format!("{url}/agreements/4000/links")).await?;
        fill(page, "note", "ACME, Ms Jones").await?;
        press(page, "main form.card [type=submit]").await?;
        says(page, "The new link").await?;
        for view in [View::DESK, View::PHONE.dark()] {
            page.show_as(view).await?;
            let violations = axe_violations(page).await?;
            assert!(violations.is_empty(), "{view:?}:\n{}", violations.join("\n"));
            assert!(!page.is_too_wide().await?, "the new link scrolls sideways in {view:?}");
        }
        let address = page.find(By::Id("made")).await?.value().await?.ok_or("the new link has an address")?;
        page.delete_all_cookies().await?;
        page.goto(&address).await?;
        says(page, "This sheet is for reading only").await?;
        let ways = page.find_all(By::Css("a:not(.skip)")).await?;
        for way in ways {
            let href = way.prop("href").await?.unwrap_or_default();
            assert!(href.starts_with(&address), "{href} leads elsewhere");
        }
        for view in [View::DESK, View::DESK.dark(), View::PHONE, View::PHONE.dark(), View::DESK.without_scripts()] {
            page.show_as(view).await?;
            says(page, "Objectives").await?;
            if view.scripts {
                let violations = axe_violations(page).await?;
                assert!(violations.is_empty(), "{view:?}:\n{}", violations.join("\n"));
            }
            assert!(!page.is_too_wide().await?, "the sheet scrolls sideways in {view:?}");
        }
        page.long_picture("shared", View::DESK).await?;
        page.show_as(View::PHONE.dark()).await?;
        page.long_picture("shared-phone", View::PHONE.dark()).await?;
        page.goto(format!("{address}x")).await?;
        says(page, "This link shows nothing").await?;
        let violations = axe_violations(page).await?;
        assert!(violations.is_empty(), "{}", violations.join("\n"));
        page.picture("shared-closed").await
    });
}

/// A new badge is a picture that a browser shows, as wide as its text.
#[test]
fn a_badge_is_made_and_shows() {
    demo_signed_in(View::DESK, async |page, url| {
        page.goto(format!("{url}/objectives/5000/badge")).await?;
        press(page, "main form.card [type=submit]").await?;
        says(page, "The new badge").await?;
        let drawn =
            "const image = document.querySelector('.made img'); return image.decode().then(() => image.naturalWidth);";
        let width: u32 = page.execute(drawn, vec![]).await?.convert()?;
        assert!(width > 120, "the picture is {width} px wide");
        for view in [View::DESK, View::DESK.dark(), View::PHONE, View::PHONE.dark()] {
            page.show_as(view).await?;
            let violations = axe_violations(page).await?;
            assert!(violations.is_empty(), "{view:?}:\n{}", violations.join("\n"));
            assert!(!page.is_too_wide().await?, "the badge's page scrolls sideways in {view:?}");
        }
        page.long_picture("badge", View::PHONE.dark()).await
    });
}

/// On paper, an objective, an agreement and a report stand alone: no frame, no controls, black on white, nothing cut off.
#[test]
fn pages_print_cleanly() {
    demo_signed_in(View::DESK.dark(), async |page, url| {
        for (path, name) in [
            ("/objectives/5000", "print-objective"),
            ("/agreements/4000", "print-agreement"),
            ("/reports/6000", "print-report"),
        ] {
            page.goto(format!("{url}{path}")).await?;
            page.print(name).await?;
            let seen =
                "const shown = [...document.querySelectorAll('nav, form, button, summary, .top, .bottom, .help')]
                .filter(one => one.checkVisibility({ visibilityProperty: true }) && one.textContent.trim() !== '');
                return shown.map(one => one.outerHTML.slice(0, 120));";
            page.on_paper(true).await?;
            let shown: Vec<String> = page.execute(seen, vec![]).await?.convert()?;
            assert!(shown.is_empty(), "{path} prints controls: {shown:?}");
            let ground = "return getComputedStyle(document.body).backgroundColor;";
            let ground: String = page.execute(ground, vec![]).await?.convert()?;
            assert_eq!(ground, "rgb(255, 255, 255)", "{path}");
            let cut = "const edge = document.documentElement.clientWidth + 1;
                const wide = [...document.querySelectorAll('main *')].filter(one => one.checkVisibility()
                    && one.getBoundingClientRect().right > edge);
                return wide.map(one => one.outerHTML.slice(0, 120));";
            let cut: Vec<String> = page.execute(cut, vec![]).await?.convert()?;
            assert!(cut.is_empty(), "{path} is wider than the paper: {cut:#?}");
            page.on_paper(false).await?;
        }
        Ok(())
    });
}

/// A year of days: each is reached by its link and by the keyboard, and says in words what its colour says.
#[test]
fn a_year_of_days_leads_to_each_day() {
    demo_signed_in(View::DESK, async |page, url| {
        for (path, name) in [("/objectives/5000/calendar", "calendar"), ("/agreements/4000/calendar", "calendar-whole")]
        {
            for view in [View::DESK, View::DESK.dark(), View::PHONE, View::PHONE.dark()] {
                page.goto(format!("{url}{path}")).await?;
                page.show_as(view).await?;
                let violations = axe_violations(page).await?;
                assert!(violations.is_empty(), "{path} {view:?}:\n{}", violations.join("\n"));
                assert!(!page.is_too_wide().await?, "{path} scrolls sideways in {view:?}");
            }
            page.show_as(View::PHONE.dark()).await?;
            page.long_picture(&format!("{name}-phone"), View::PHONE.dark()).await?;
            page.show_as(View::DESK).await?;
            page.long_picture(name, View::DESK).await?;
        }
        page.goto(format!("{url}/objectives/5000/calendar")).await?;
        press(page, ".cal-day.good > a").await?;
        says(page, "in this range").await?;
        Ok(())
    });
}

/// The overview sorted, grouped and narrowed by its links, which work without scripts; and readable everywhere.
#[test]
fn the_overview_is_sorted_and_narrowed_by_links() {
    demo_signed_in(View::DESK, async |page, url| {
        press(page, "thead a[href='/?sort=budget']").await?;
        says(page, "Error budget left").await?;
        let sorted = page.find(By::Css("th[aria-sort=ascending]")).await?.text().await?;
        assert!(sorted.starts_with("Error budget left"), "{sorted}");
        press(page, "thead a[href='/?sort=-budget']").await?;
        page.find(By::Css("th[aria-sort=descending]")).await?;
        press(page, ".filter-actions a[href*='sort=service']").await?;
        page.find(By::Css("tr.group")).await?;
        assert!(page.find(By::Css(".c-trend svg")).await.is_ok(), "a row that was measured has its trend");
        for view in [View::DESK, View::DESK.dark(), View::PHONE, View::PHONE.dark()] {
            page.show_as(view).await?;
            let violations = axe_violations(page).await?;
            assert!(violations.is_empty(), "{view:?}:\n{}", violations.join("\n"));
            assert!(!page.is_too_wide().await?, "the overview scrolls sideways in {view:?}");
        }
        page.long_picture("overview-phone-dark", View::PHONE.dark()).await?;
        page.show_as(View::DESK).await?;
        page.long_picture("overview-grouped", View::DESK).await?;
        press(page, ".counts a[href*='hide=meeting']").await?;
        says(page, "All but meeting").await?;
        assert_eq!(page.find(By::Css(".counts [aria-current]")).await?.text().await?, "All but meeting");
        let names = page.find_all(By::Css("td.c-status .good")).await?;
        assert!(names.is_empty(), "what is green is hidden");
        page.goto(url).await?;
        page.long_picture("overview-desk", View::DESK).await?;
        Ok(())
    });
}

/// An empty Nines takes a URL and leads to the form that checks it.
#[test]
fn an_empty_nines_leads_by_the_hand() {
    let nines = Nines::start(&[]);
    story(View::DESK, async move |page| {
        set_up(&page, &nines).await?;
        says(&page, "Schedule the report").await?;
        for view in [View::DESK, View::DESK.dark(), View::PHONE, View::PHONE.dark()] {
            page.show_as(view).await?;
            let violations = axe_violations(&page).await?;
            assert!(violations.is_empty(), "{view:?}:\n{}", violations.join("\n"));
            assert!(!page.is_too_wide().await?, "the first steps scroll sideways in {view:?}");
        }
        page.long_picture("first-steps-phone-dark", View::PHONE.dark()).await?;
        page.show_as(View::DESK).await?;
        page.long_picture("first-steps", View::DESK).await?;
        fill(&page, "url", "https://shop.example/health").await?;
        press(&page, ".first-url button").await?;
        says(&page, "Test").await?;
        assert_eq!(page.find(By::Name("url")).await?.value().await?.as_deref(), Some("https://shop.example/health"));
        Ok(())
    });
}

/// A schedule is made, tried, and looked at; what it mailed stands among the deliveries.
#[test]
fn a_schedule_is_made_and_tried() {
    demo_signed_in(View::DESK, async |page, url| {
        page.goto(format!("{url}/schedules/new?agreement=4000")).await?;
        fill(page, "name", "Mondays for ACME").await?;
        page.find(By::Css("#when-cron")).await?.click().await?;
        page.find(By::Css("#covers option[value=week]")).await?.click().await?;
        fill(page, "cron", "0 8 * * 1").await?;
        fill(page, "recipients", "boss@example.org").await?;
        press(page, ".actions .main").await?;
        says(page, "The schedule is made.").await?;
        press(page, "form[action$='/try'] button").await?;
        says(page, "A test is on its way").await?;
        let schedule = page.current_url().await?.to_string();
        for (address, name) in [
            (schedule, "schedule"),
            (format!("{url}/schedules"), "schedules"),
            (format!("{url}/deliveries"), "deliveries"),
            (format!("{url}/schedules/new"), "schedule-new"),
            (format!("{url}/reports"), "archive-ways"),
        ] {
            page.goto(&address).await?;
            for view in [View::DESK, View::DESK.dark(), View::PHONE, View::PHONE.dark()] {
                page.show_as(view).await?;
                let violations = axe_violations(page).await?;
                assert!(violations.is_empty(), "{address} {view:?}:\n{}", violations.join("\n"));
                assert!(!page.is_too_wide().await?, "{address} scrolls sideways in {view:?}");
            }
            page.show_as(View::DESK).await?;
            page.long_picture(name, View::DESK).await?;
            page.show_as(View::PHONE.dark()).await?;
            page.long_picture(&format!("{name}-phone"), View::PHONE.dark()).await?;
            page.show_as(View::DESK).await?;
        }
        Ok(())
    });
}

/// The pictures of the README, from the demo.
#[test]
fn pictures_of_the_readme() {
    demo_signed_in(View::DESK, async |page, url| {
        for (path, name) in [
            ("/", "overview"),
            ("/objectives/5000", "objective"),
            ("/agreements/4000", "agreement"),
            ("/agreements/4000/edit", "form"),
            ("/reports/6000", "report"),
        ] {
            page.goto(format!("{url}{path}")).await?;
            page.picture(name).await?;
        }
        Ok(())
    });
}

/// A final report, an exclusion that is approved afterwards, and the correction that tells all of it: for everybody.
#[test]
fn a_final_report_is_corrected_in_the_open() {
    demo_signed_in(View::DESK, async |page, url| {
        // the week before the last: its data has settled, whatever day it is
        page.goto(format!("{url}/agreements/4000/report")).await?;
        let older = page.find(By::Css("#period option:nth-child(3)")).await?.value().await?.unwrap_or_default();
        page.goto(format!("{url}/agreements/4000/report?period={older}")).await?;
        press(page, "form[action$='/send'] button").await?;
        says(page, "Correct this report").await?;
        let first = page.current_url().await?;
        let report: Value = serde_json::from_str(&download(page, &format!("{}.json", first.path())).await?)?;
        let day = &report["objectives"][0]["daily"][2];
        let day = day["day"].as_str().expect("a day");

        page.goto(format!("{url}/exclusions/new")).await?;
        page.find(By::Css("#scope option:nth-child(2)")).await?.click().await?;
        page.find(By::Css("#category option[value=customer_fault]")).await?.click().await?;
        for (name, text) in [("from", "09:00"), ("to", "11:30")] {
            fill(page, name, &format!("{day} {text}")).await?;
        }
        fill(page, "reason", "A load test of the customer").await?;
        press(page, "button.main[value=propose]").await?;
        says(page, "It waits for an approver").await?;
        press(page, "button[value=approve]").await?;
        says(page, "It counts.").await?;

        page.goto(first.as_str()).await?;
        fill(page, "reason", "The customer tested without telling us").await?;
        press(page, "form[action$='/correct'] button").await?;
        says(page, "takes the place of report no. 2, revision 1").await?;
        let correction = page.current_url().await?;
        let compared =
            format!("{url}/reports/compare?a={}&b={}", number_in(first.path()), number_in(correction.path()));
        for (address, name) in [
            (correction.to_string(), "correction"),
            (first.to_string(), "corrected"),
            (compared, "compared"),
            (format!("{url}/reports?customer=ACME+Ltd"), "archive"),
        ] {
            page.goto(&address).await?;
            for view in [View::DESK, View::DESK.dark(), View::PHONE, View::PHONE.dark()] {
                page.show_as(view).await?;
                let violations = axe_violations(page).await?;
                assert!(violations.is_empty(), "{address} {view:?}:\n{}", violations.join("\n"));
                assert!(!page.is_too_wide().await?, "{address} scrolls sideways in {view:?}");
            }
            page.show_as(View::DESK).await?;
            page.long_picture(name, View::DESK).await?;
            page.show_as(View::PHONE.dark()).await?;
            page.long_picture(&format!("{name}-phone"), View::PHONE.dark()).await?;
            page.show_as(View::DESK).await?;
        }
        Ok(())
    });
}

/// `6001` of `/reports/6001`.
fn number_in(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
