//! What must not work: forged forms, floods, hostile input; and the headers that help browsers to help us.

use crate::app::{ANA, TestApp};
use crate::on_both;
use reqwest::{Method, StatusCode};

on_both! {
    async fn a_form_is_refused_without_the_token_of_the_same_session(app: TestApp) {
        let ana = app.signed_in().await;
        let stranger = app.browser().get("/sign-in").await.csrf();
        let password = [("current", ANA.1), ("password", "staple horse correct"), ("repeat", "staple horse correct")];
        for token in [None, Some(""), Some("AAAA"), Some(stranger.as_str())] {
            let mut fields = password.to_vec();
            fields.extend(token.map(|token| ("csrf", token)));
            let answer = ana.send(ana.request(Method::POST, "/account").form(&fields)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{token:?}");
            assert!(answer.visible().contains("Nothing was changed"), "{}", answer.visible());
        }
        assert_eq!(app.browser().sign_in(ANA.0, ANA.1).await.status, StatusCode::SEE_OTHER, "the password is the same");
    }

    async fn a_form_from_another_site_is_refused_even_with_the_token(app: TestApp) {
        let ana = app.signed_in().await;
        let csrf = ana.get("/account").await.csrf();
        for (name, value, expected) in [
            ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
            ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
            ("origin", "https://evil.example", StatusCode::FORBIDDEN),
            ("origin", "null", StatusCode::FORBIDDEN),
            ("origin", "http://127.0.0.1:1", StatusCode::FORBIDDEN),
            ("sec-fetch-site", "same-origin", StatusCode::UNPROCESSABLE_ENTITY),
            ("origin", app.url.as_str(), StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            let request = ana.request(Method::POST, "/account").header(name, value).form(&[("csrf", csrf.as_str())]);
            assert_eq!(ana.send(request).await.status, expected, "{name}: {value}");
        }
    }

    async fn somebody_elses_cookie_for_strangers_is_worth_nothing(app: TestApp) {
        app.signed_in().await;
        let victim = app.browser();
        victim.set_cookie("nines-visit", "planted-by-a-neighbour");
        let fields = [("csrf", "planted-by-a-neighbour"), ("email", ANA.0), ("password", ANA.1)];
        let answer = victim.send(victim.request(Method::POST, "/sign-in").form(&fields)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_carries_the_headers_that_protect_it() {
    let app = TestApp::on_sqlite().await;
    let browser = app.browser();
    let long = format!("/{}", "x".repeat(2_000));
    for path in ["/sign-in", "/nowhere", "/health", "/metrics", "/assets/0/none.css", "/account", long.as_str()] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; "), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "plain HTTP promises nothing");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_https_cookies_are_secure_and_browsers_are_told_to_stay() {
    let app = TestApp::start(&[("server.public_url", "https://nines.example.org")]).await;
    assert!(app.set_up_link.starts_with("https://nines.example.org/set-up?token="), "{}", app.set_up_link);
    let browser = app.browser();
    let page = browser.get("/sign-in").await;
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
    let answer = browser.set_up(&app.set_up_path()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    for cookie in [page.header("set-cookie"), answer.header("set-cookie")] {
        assert!(cookie.starts_with("__Host-nines"), "{cookie}");
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(cookie.contains(part), "{cookie} lacks {part}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_too_large_is_refused_with_a_page() {
    let app = TestApp::on_sqlite().await;
    let browser = app.browser();
    let csrf = browser.get("/sign-in").await.csrf();
    let name = "x".repeat(256 * 1024);
    let request = browser.request(Method::POST, "/sign-in").form(&[("csrf", csrf.as_str()), ("email", name.as_str())]);
    let answer = browser.send(request).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.visible().contains("256 kB"), "{}", answer.visible());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_input_gets_a_4xx_and_never_a_5xx() {
    let app = TestApp::on_sqlite().await;
    app.signed_in().await;
    let browser = app.browser();
    for path in [
        "/sign-in?next=%00%ff%fe",
        "/sign-in?next=%3Cscript%3Ealert(1)%3C/script%3E",
        "/sign-in?next=a&next=b",
        "/set-up?token=%27%20OR%201=1--",
        "/set-up?token=",
        "/set-up",
        "/assets/../../Cargo.toml",
        "/assets/0/..%2f..%2fCargo.toml",
        "/%ff%fe",
        "/account%00",
        "/.env",
    ] {
        let answer = browser.get(path).await;
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
        assert!(!answer.text.contains("<script>alert"), "{path}");
    }
    let csrf = browser.get("/sign-in").await.csrf();
    for body in [
        format!("csrf={csrf}&email=%00&password=%ff%fe"),
        format!("csrf={csrf}&email=%27%3B+DROP+TABLE+users--@example.org&password=x"),
        format!("csrf={csrf}&email={}&password=x", "a".repeat(100_000)),
        format!("csrf={csrf}&email=ana%40example.org&password={}", "p".repeat(100_000)),
        format!("csrf={csrf}&csrf=other&email=\r\nSet-Cookie: a=b"),
        format!("csrf={csrf}"),
        "csrf=%zz&&&===".to_owned(),
        String::new(),
    ] {
        let request = browser.request(Method::POST, "/sign-in");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body.clone());
        let answer = browser.send(request).await;
        assert!(answer.status.is_client_error(), "{}: {}", answer.status, &body[..body.len().min(80)]);
    }
    let strange = Method::from_bytes(b"BREW").unwrap();
    assert_eq!(browser.send(browser.request(strange, "/sign-in")).await.status, StatusCode::FORBIDDEN);
    let mut request = browser.request(Method::GET, "/account");
    for _ in 0..20 {
        request = request.header("cookie", "nines=AAAA; nines==; ;;=");
    }
    assert_eq!(browser.send(request).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_does_not_exist_says_so_and_leads_back() {
    let app = TestApp::on_sqlite().await;
    let ana = app.signed_in().await;
    for browser in [&app.browser(), &ana] {
        let answer = browser.get("/no/such/page?token=s3cret").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.visible().contains("There is no such page"), "{}", answer.visible());
        assert!(answer.text.contains("href=\"/\""), "a way on");
        assert!(!answer.text.contains("s3cret"));
    }
    assert!(ana.get("/no/such/page").await.text.contains("/sign-out"), "who is signed in stays so");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_made_up_forwarding_header_does_not_evade_the_throttle() {
    let app = TestApp::on_sqlite().await;
    app.signed_in().await;
    let browser = app.browser();
    let csrf = browser.get("/sign-in").await.csrf();
    let mut last = StatusCode::OK;
    for n in 0..21 {
        let email = format!("user{n}@example.org");
        let fields = [("csrf", csrf.as_str()), ("email", email.as_str()), ("password", "wrong horse battery")];
        let request = browser.request(Method::POST, "/sign-in").header("x-forwarded-for", format!("198.51.100.{n}"));
        last = browser.send(request.form(&fields)).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
