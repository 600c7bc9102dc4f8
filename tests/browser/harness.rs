//! Proof that the machinery sees what it should: a small page served by the test itself.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::catch_unwind;
use std::thread;

use nines_support::repository;
use thirtyfour::prelude::*;

use crate::axe::axe_violations;
use crate::page::{View, story};

/// A page that people can use, and says in its title whether scripts ran.
const GOOD: &str = r#"<!doctype html><html lang="en"><head><title>plain</title>
<meta name="viewport" content="width=device-width">
<style>body { background: #fff; color: #111 } @media (prefers-color-scheme: dark) { body { background: #111; color: #eee } }</style>
</head><body><main><h1>Good page</h1><p>Enough to read.</p></main>
<script>document.title = "scripted"</script></body></html>"#;

/// A page with what it must be caught at: no language, a picture without words, too wide, a message on the console.
const BAD: &str = r#"<!doctype html><html><head><title>bad</title></head><body><h1>Bad page</h1>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><div style="width: 3000px">wide</div>
<script>console.error("something broke")</script></body></html>"#;

fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        listener.incoming().map_while(Result::ok).for_each(|stream| drop(thread::spawn(|| answer(stream))))
    });
    address
}

fn answer(mut stream: TcpStream) {
    let mut request = String::new();
    let mut reader = BufReader::new(stream.try_clone().expect("a socket can be shared"));
    while reader.read_line(&mut request).is_ok_and(|bytes| bytes > 2) {}
    let (status, body) = match request.split(' ').nth(1) {
        Some("/good") => ("200 OK", GOOD),
        Some("/bad") => ("200 OK", BAD),
        Some("/favicon.ico") => ("204 No Content", ""),
        _ => ("404 Not Found", "<!doctype html><title>none</title>"),
    };
    let policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n");
    let head = format!("{head}Content-Security-Policy: {policy}\r\nContent-Length: {}\r\n\r\n", body.len());
    // A browser that has gone away is not interested in the answer.
    stream.write_all(format!("{head}{body}").as_bytes()).ok();
}

fn url(path: &str) -> String {
    format!("http://{}{path}", serve())
}

/// The message with which a story failed.
fn failure(told: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = catch_unwind(told).expect_err("the story must fail");
    *panic.downcast::<String>().expect("it fails with a sentence")
}

/// The picture and the page that a failed story left; they go, for here the failure was wanted.
fn take_evidence(story: &str) {
    for kind in ["png", "html"] {
        let file = repository().join(format!("target/browser/{story}.{kind}"));
        let about = std::fs::metadata(&file).expect("a failed story leaves evidence");
        assert!(about.len() > 30, "{} says nothing", file.display());
        std::fs::remove_file(file).expect("it can be removed again");
    }
}

#[test]
fn a_good_page_passes_every_check() {
    story(View::DESK, async |page| {
        page.goto(url("/good")).await?;
        assert_eq!(page.title().await?, "scripted");
        assert_eq!(page.find(By::Tag("h1")).await?.text().await?, "Good page");
        assert_eq!(axe_violations(&page).await?, Vec::<String>::new());
        assert!(!page.is_too_wide().await?);
        Ok(())
    });
}

#[test]
fn a_bad_page_is_caught_by_axe_and_by_its_width() {
    story(View::PHONE, async |page| {
        page.goto(url("/bad")).await?;
        let violations = axe_violations(&page).await?.join("\n");
        assert!(violations.contains("html-has-lang") && violations.contains("image-alt"), "{violations}");
        assert!(page.is_too_wide().await?);
        assert!(page.complaints().await?.iter().any(|line| line.contains("something broke")));
        Ok(())
    });
}

#[test]
fn a_message_on_the_console_fails_the_story_and_leaves_a_picture() {
    let reason = failure(|| story(View::DESK, async |page| Ok(page.goto(url("/bad")).await?)));
    assert!(reason.contains("something broke"), "{reason}");
    take_evidence("harness-a_message_on_the_console_fails_the_story_and_leaves_a_picture");
}

#[test]
fn a_message_that_belongs_to_the_story_can_be_forgiven() {
    story(View::DESK, async |page| {
        page.forgive("404");
        Ok(page.goto(url("/nowhere")).await?)
    });
}

#[test]
fn a_panic_in_a_story_fails_it_with_its_picture() {
    let reason = failure(|| story(View::DESK, async |_| panic!("not as promised")));
    assert!(reason.contains("panicked") && reason.contains("picture: target/browser/"), "{reason}");
    take_evidence("harness-a_panic_in_a_story_fails_it_with_its_picture");
}

#[test]
fn a_reader_in_the_dark_sees_dark_pages() {
    story(View::DESK.dark(), async |page| {
        page.goto(url("/good")).await?;
        let colour = page.find(By::Tag("body")).await?.css_value("background-color").await?;
        assert_eq!(colour.replace(' ', ""), "rgba(17,17,17,1)");
        page.show_as(View::DESK).await?;
        let colour = page.find(By::Tag("body")).await?.css_value("background-color").await?;
        assert_eq!(colour.replace(' ', ""), "rgba(255,255,255,1)");
        Ok(())
    });
}

#[test]
fn a_phone_is_as_narrow_as_one_on_every_page() {
    story(View::PHONE, async |page| {
        for _ in 0..2 {
            page.goto(url("/good")).await?;
            let width: u32 = page.execute("return window.innerWidth;", vec![]).await?.convert()?;
            assert_eq!(width, 360);
        }
        Ok(())
    });
}

#[test]
fn a_reader_without_scripts_still_clicks_and_reads() {
    story(View::DESK.without_scripts(), async |page| {
        page.goto(url("/good")).await?;
        assert_eq!(page.title().await?, "plain", "the page's own script must not run");
        assert_eq!(page.find(By::Tag("h1")).await?.text().await?, "Good page");
        Ok(())
    });
}

#[test]
fn nothing_can_be_fetched_from_another_host() {
    story(View::DESK, async |page| {
        let answer = page.goto("http://nines.example/").await;
        assert!(answer.is_err_and(|error| error.to_string().contains("ERR_NAME_NOT_RESOLVED")));
        page.forgive("ERR_NAME_NOT_RESOLVED");
        Ok(())
    });
}

#[test]
fn a_picture_of_a_whole_page_is_as_long_as_the_page() {
    story(View::DESK, async |page| {
        page.goto(url("/good")).await?;
        page.execute("document.body.style.height = '3000px';", vec![]).await?;
        page.long_picture("harness-long", View::DESK).await?;
        let height: u32 = page.execute("return window.innerHeight;", vec![]).await?.convert()?;
        assert_eq!(height, View::DESK.height, "afterwards the window is as before");
        Ok(())
    });
    let folder = repository().join("target/browser");
    let folder = std::env::var_os("NINES_TEST_PICTURES").map_or(folder, Into::into);
    let png = std::fs::read(folder.join("harness-long.png")).expect("the picture was written");
    // The header of a PNG holds width and height as big-endian integers at bytes 16 and 20.
    let height = u32::from_be_bytes(png[20..24].try_into().expect("four bytes"));
    assert!(height >= 3000, "{height}");
}
