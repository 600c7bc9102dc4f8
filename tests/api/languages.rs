//! English and Chinese: which one a reader gets, and that nothing of the other is left over.

use crate::app::{Answer, Browser};
use crate::mailing::{mailing, parsed};
use crate::on_both;
use crate::reports::an_agreement;
use crate::smtp::SmtpServer;
use nines::language::Language;
use nines::ops::{deliver, evaluate};
use nines::store::{self, Page};
use reqwest::{Method, StatusCode};
use std::collections::BTreeSet;

async fn get(browser: &Browser, path: &str, accept_language: &str) -> Answer {
    browser.send(browser.request(Method::GET, path).header("accept-language", accept_language)).await
}

#[track_caller]
fn is_in(language: Language, answer: &Answer) {
    let tag = language.tag();
    assert!(answer.text.contains(&format!("<html lang=\"{tag}\">")), "{}", &answer.text[..200.min(answer.text.len())]);
    assert_eq!(answer.header("content-language"), tag);
    assert!(answer.header("vary").contains("accept-language"), "{}", answer.header("vary"));
}

on_both! {
    async fn a_reader_gets_what_the_browser_asks_for_until_they_choose(app: TestApp) {
        let ana = app.signed_in().await;
        for (asked, language, word) in [
            ("zh-CN,zh;q=0.9", Language::Chinese, "概览"),
            ("en-US,en;q=0.9,zh;q=0.2", Language::English, "Overview"),
            ("fr", Language::English, "Overview"),
            ("", Language::English, "Overview"),
        ] {
            let answer = get(&ana, "/", asked).await;
            is_in(language, &answer);
            assert!(answer.visible().contains(word), "{asked}: {}", answer.visible());
        }
        // without an account, and where nothing is
        is_in(Language::Chinese, &get(&app.browser(), "/sign-in", "zh").await);
        let nothing = get(&ana, "/nothing", "zh").await;
        assert_eq!(nothing.status, StatusCode::NOT_FOUND);
        is_in(Language::Chinese, &nothing);

        let refused = ana.post_from("/account", "/account/language", &[("language", "xx")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let chosen = ana.post_from("/account", "/account/language", &[("language", "zh")]).await;
        assert_eq!(chosen.location(), "/account");
        let account = ana.follow(&chosen).await;
        is_in(Language::Chinese, &account);
        assert!(account.text.contains("<option value=\"zh\" selected>简体中文</option>"), "{}", account.text);
        is_in(Language::Chinese, &get(&ana, "/", "en").await);
        // programs are answered in English whoever asks
        let file = get(&ana, "/exclusions.json", "zh").await;
        assert_eq!((file.status, file.header("content-language")), (StatusCode::OK, ""));
        let audit = ana.get("/audit").await;
        is_in(Language::Chinese, &audit);
        ana.post_from("/account", "/account/language", &[("language", "")]).await;
        is_in(Language::English, &get(&ana, "/", "en").await);
    }

    /// What an agreement says holds for strangers whose browser asks for something else, and for its mail; a schedule may say
    /// otherwise.
    async fn an_agreement_speaks_its_language_to_customers(app: TestApp) {
        let server = SmtpServer::start();
        let context = mailing(&app, "one", &server);
        let ana = app.signed_in().await;
        let id = an_agreement(&app, &ana, "boss@example.org").await;
        let edit = format!("/agreements/{id}/edit");
        let form = ana.get(&edit).await;
        let mut fields = typed(&form.text);
        fields.retain(|(name, _)| name != "language" && name != "csrf" && name != "action");
        fields.extend([("language".to_owned(), "zh".to_owned()), ("action".to_owned(), "save".to_owned())]);
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let saved = ana.post_form(&edit, &pairs).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.visible());

        let links = ana.post_form(&format!("/agreements/{id}/links"), &[("until", "2026-12-31"), ("note", "")]).await;
        let token = links.text.split("/shared/").nth(1).unwrap().split(['"', '<', ')', '&']).next().unwrap();
        let sheet = get(&app.browser(), &format!("/shared/{token}"), "en-GB").await;
        is_in(Language::Chinese, &sheet);

        let page = format!("/agreements/{id}");
        ana.post_from(&page, &format!("{page}/send"), &[]).await;
        assert_eq!(deliver::deliver_due(&context).await.unwrap(), 1);
        let mails = server.received();
        let mail = parsed(&mails[0]);
        let (subject, text) = (mail.subject().unwrap(), mail.body_text(0).unwrap());
        assert!(subject.contains("周") && !subject.contains("objective"), "{subject}");
        assert!(text.contains("错误预算") && !text.contains("Error budget"), "{text}");
        assert!(mail.body_html(0).unwrap().contains("<html lang=\"zh-Hans\""));
        // its JSON is what it would be in any language
        let report = store::reports::list(app.db(), None, Page::first(1)).await.unwrap().remove(0);
        let kept = store::reports::find(app.db(), report.id).await.unwrap().unwrap();
        assert!(kept.document().unwrap().is_ascii() || !kept.document().unwrap().contains('周'), "{}", kept.document().unwrap());
        let csv = get(&ana, &format!("/reports/{}.csv", report.id), "zh").await;
        assert!(!csv.text.contains("周"), "{}", csv.text);

        let schedule = store::schedules::list(app.db()).await.unwrap().remove(0);
        let page = format!("/schedules/{}", schedule.id);
        let form = ana.get(&format!("{page}/edit")).await;
        let mut fields = typed(&form.text);
        fields.retain(|(name, _)| name != "language" && name != "csrf" && name != "when");
        fields.extend([("language".to_owned(), "en".to_owned()), ("when".to_owned(), "final".to_owned())]);
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let saved = ana.post_form(&format!("{page}/edit"), &pairs).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.visible());
        app.advance(60);
        let tried = ana.post_from(&page, &format!("{page}/try"), &[("to", "me@example.org")]).await;
        assert_eq!(tried.status, StatusCode::SEE_OTHER, "{}", tried.visible());
        assert_eq!(deliver::deliver_due(&context).await.unwrap(), 1);
        let text = server.received().iter().map(|mail| parsed(mail).body_text(0).unwrap().into_owned()).find(|text| text.contains("Error budget"));
        assert!(text.is_some(), "the schedule's own language comes first");
    }

    /// Every page in Chinese, over data whose own words are known: no other English is left.
    async fn no_english_is_left_on_a_chinese_page(app: TestApp) {
        let ana = app.signed_in().await;
        let id = an_agreement(&app, &ana, "boss@example.org").await;
        ana.post_from(&format!("/agreements/{id}"), &format!("/agreements/{id}/send"), &[]).await;
        evaluate::evaluate_all(&app.state).await.unwrap();
        let report = store::reports::list(app.db(), None, Page::first(1)).await.unwrap()[0].id;
        let objective = store::objectives::list_by_agreement(app.db(), nines::domain::ids::AgreementId(id)).await.unwrap()[0].id;
        let schedule = store::schedules::list(app.db()).await.unwrap()[0].id;
        let source = store::sources::list(app.db(), &app.state.sealer).await.unwrap()[0].id;
        ana.post_from("/account", "/account/language", &[("language", "zh")]).await;
        let pages = [
            "/".to_owned(), "/agreements".to_owned(), format!("/agreements/{id}"), format!("/agreements/{id}/edit"), "/agreements/new".to_owned(),
            format!("/agreements/{id}/revisions"), format!("/agreements/{id}/links"), format!("/agreements/{id}/calendar"), format!("/agreements/{id}/report"),
            "/exclusions".to_owned(), "/exclusions/new".to_owned(), "/sources".to_owned(), format!("/sources/{source}"), "/sources/new".to_owned(), "/reports".to_owned(), format!("/reports/{report}"),
            "/schedules".to_owned(), format!("/schedules/{schedule}"), format!("/schedules/{schedule}/edit"), "/guide".to_owned(),
            format!("/objectives/{objective}"), format!("/objectives/{objective}?range=7d&compare=previous"), format!("/objectives/{objective}/note-keys"),
            format!("/objectives/{objective}/outlooks"), format!("/objectives/{objective}/badge"), format!("/objectives/{objective}/baseline"), format!("/objectives/{objective}/calendar"),
            "/people".to_owned(), "/account".to_owned(),
        ];
        let mut wrong = Vec::new();
        for path in &pages {
            let answer = ana.get(path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.visible());
            is_in(Language::Chinese, &answer);
            wrong.extend(left_over(&answer).into_iter().map(|words| format!("{path}: {words}")));
        }
        // what was mailed, and what the log keeps, stays as it was
        for (path, heading) in [("/deliveries", "投递"), ("/audit", "审计日志")] {
            assert!(ana.get(path).await.visible().contains(heading), "{path}");
        }
        assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// What a person would send who opened the form and changed nothing.
fn typed(html: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let rest = tag.split_once(&format!(" {name}=\""))?.1;
        Some(
            rest.split_once('"')?
                .0
                .replace("&#34;", "\"")
                .replace("&#60;", "<")
                .replace("&#62;", ">")
                .replace("&#38;", "&")
                .replace("&#39;", "'"),
        )
    };
    let main = html.split_once("<main").unwrap().1;
    let mut fields = Vec::new();
    for part in main.split('<').skip(1) {
        let (tag, after) = part.split_once('>').unwrap_or((part, ""));
        let name = attribute(tag, "name").unwrap_or_default();
        let kind = attribute(tag, "type").unwrap_or_default();
        let is_ticked = !["checkbox", "radio"].contains(&kind.as_str()) || tag.contains(" checked");
        if tag.starts_with("input ") && !name.is_empty() && is_ticked && kind != "file" {
            fields.push((name, attribute(tag, "value").unwrap_or_default()));
        } else if tag.starts_with("textarea ") {
            fields.push((
                name,
                after
                    .trim_start_matches('\n')
                    .replace("&#34;", "\"")
                    .replace("&#60;", "<")
                    .replace("&#62;", ">")
                    .replace("&#38;", "&"),
            ));
        } else if tag.starts_with("select ") {
            fields.push((name, String::new()));
        } else if tag.starts_with("option ")
            && tag.contains(" selected")
            && let Some(last) = fields.last_mut()
        {
            last.1 = attribute(tag, "value").unwrap_or_else(|| after.to_owned());
        }
    }
    fields
}

/// English words that are no names: of what the data itself says, of formats, units, keys and quoted input.
const KNOWN: &[&str] = &[
    // the story's own names and addresses
    "Ana",
    "Shop",
    "ACME",
    "Checkout",
    "succeeds",
    "checkout",
    "prometheus",
    "ana",
    "boss",
    "example",
    "org",
    "http",
    "https",
    "requests",
    "total",
    "code",
    // names that are the same everywhere
    "Nines",
    "Prometheus",
    "OpenMetrics",
    "OpenSLO",
    "VictoriaMetrics",
    "Thanos",
    "Mimir",
    "PromQL",
    "SLI",
    "SLO",
    "SLA",
    "CSV",
    "JSON",
    "PDF",
    "HTML",
    "HTTP",
    "HTTPS",
    "TCP",
    "TLS",
    "DNS",
    "SVG",
    "ZIP",
    "XLSX",
    "Excel",
    "URL",
    "UTC",
    "CET",
    "Europe",
    "Berlin",
    "SHA",
    "Ed25519",
    "EWMA",
    "SMTP",
    "SRE",
    "API",
    "AWS",
    "Azure",
    "Google",
    "Cloud",
    "Storage",
    "Asia",
    "Shanghai",
    "CEST",
    "MTTR",
    "MTBF",
    "YAML",
    "JSON",
    "Schema",
    "iCalendar",
    "cron",
    "Cron",
    "Bearer",
    "PEM",
    "NaN",
    "DataSource",
    "Service",
    "wiki",
    "README",
    "Acme",
    "beta",
    "alpha",
    "Europ",
    // methods, by the names of the field
    "auto",
    "ewma",
    "stddev",
    "percentile",
    "seasonal",
    "occurrences",
    "timeslices",
    "English",
    "curl",
    "POST",
    "GET",
    "YAML",
];

/// Runs of English in what is visible, outside of code and of what people typed.
fn left_over(answer: &Answer) -> BTreeSet<String> {
    let mut html = answer.text.clone();
    for (from, to) in [
        ("<code", "</code>"),
        ("<pre", "</pre>"),
        ("<textarea", "</textarea>"),
        ("<datalist", "</datalist>"),
        ("<style", "</style>"),
        ("<script", "</script>"),
        ("<option lang", "</option>"),
    ] {
        while let Some(at) = html.find(from) {
            let end = html[at..].find(to).map_or(html.len(), |end| at + end + to.len());
            html.replace_range(at..end, " ");
        }
    }
    let mut shown = Vec::new();
    for part in html.split('<') {
        let (tag, text) = part.split_once('>').unwrap_or(("", part));
        shown.push(text.to_owned());
        for name in ["aria-label", "title", "placeholder", "alt"] {
            shown.extend(
                tag.split(&format!(" {name}=\"")).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned),
            );
        }
    }
    let is_word =
        |word: &&str| word.len() > 2 && word.chars().all(|c| c.is_ascii_alphabetic()) && !KNOWN.contains(word);
    let of = |text: &String| {
        let text = text.replace("&#39;", "'").replace("&#34;", "\"").replace("&#38;", "&").replace("&amp;", "&");
        let words: Vec<&str> = text
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .filter(|word| !word.contains('_') && !word.contains(|c: char| c.is_ascii_digit()))
            .filter(is_word)
            .collect();
        (!words.is_empty()).then(|| format!("{} ({})", text.trim(), words.join(" ")))
    };
    shown.iter().filter_map(of).collect()
}
