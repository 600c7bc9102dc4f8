//! A report in another language than English.

use super::*;

fn chinese<T>(work: impl FnOnce() -> T) -> T {
    language::sync_scope(Language::Chinese, work)
}

/// The sample as a correction, with what differs from before.
fn corrected() -> Report {
    let mut report = sample::judged();
    let mut before = report.clone();
    before.objectives[0].good += 4;
    before.objectives[0].outages.pop();
    before.whole.exclusions.clear();
    before.whole.credit = None;
    report.agreement.terms.push(Term { label: "Judged by".to_owned(), text: "calendar month".to_owned() });
    report.correction = Some(Correction {
        number: 7,
        revision: 1,
        sha256: Digest::of(b"before"),
        reasons: vec!["The terms of the agreement were changed with effect from the past.".to_owned()],
        asked_by: Some("Ana".to_owned()),
        changes: difference(&before, &report).changes,
    });
    Report { revision: 2, provisional: true, ..report }
}

/// What people read in a document: the text between the tags, and what stands in for pictures and tables.
fn read(html: &str) -> String {
    let mut text = String::new();
    for (n, part) in html.split("<style").enumerate() {
        let shown = if n == 0 { part } else { part.split_once("</style>").unwrap().1 };
        for piece in shown.split('<') {
            let (tag, after) = piece.split_once('>').unwrap_or(("", piece));
            for name in ["alt=\"", "aria-label=\"", "title=\""] {
                text += tag.split_once(name).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
                text.push(' ');
            }
            text += after;
            text.push(' ');
        }
    }
    for (escaped, plain) in [
        ("&nbsp;", " "),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ] {
        text = text.replace(escaped, plain);
    }
    text
}

/// What of a text is English and neither what people named nor a name of a unit, a format, a zone or a method.
fn english(text: &str, report: &Report) -> Vec<String> {
    const NAMES: [&str; 17] = [
        "API",
        "Ana",
        "Berlin",
        "Bo",
        "CET",
        "CSV",
        "EUR",
        "Europe",
        "JSON",
        "Nines",
        "SHA",
        "UTC",
        "ms",
        "min",
        "occurrences",
        "timeslices",
        "ratio",
    ];
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut typed =
        vec![report.agreement.name.clone(), report.agreement.customer.clone(), report.agreement.owner.clone()];
    for line in &report.objectives {
        typed.extend([line.query.clone(), line.name.clone(), line.service.clone(), line.source.clone()]);
        typed.extend(line.outages.iter().filter_map(|outage| outage.cause.clone()));
    }
    typed.extend(report.whole.exclusions.iter().map(|one| one.reason.clone()));
    // what a source said is kept as it was said
    typed.extend(report.findings.iter().filter_map(|finding| Some(finding.split_once(": ")?.1.to_owned())));
    typed.retain(|text| !text.is_empty());
    typed.sort_by_key(|text| std::cmp::Reverse(text.len()));
    for one in typed {
        text = text.replace(&one, " ");
    }
    let words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1);
    words.filter(|word| !NAMES.contains(word)).map(str::to_owned).collect()
}

#[test]
fn a_report_in_chinese_has_no_english_word_of_ours_left() {
    for report in [sample::report(), sample::judged(), corrected()] {
        let pictures = chinese(|| charts(&report)).unwrap();
        let mail = chinese(|| render_html(&report, &pictures, Medium::Mail, Some("https://nines.example/1"))).unwrap();
        let file = chinese(|| render_html(&report, &pictures, Medium::File, None)).unwrap();
        let fragment = chinese(|| render_fragment(&report)).unwrap();
        let pack = chinese(|| {
            let pack = Pack::new("ACME shop", vec![(&report, None)], vec!["ACME shop".to_owned()]);
            pack.html(&[]).map(|html| format!("{} {} {}", read(&html), pack.text(), pack.subject()))
        });
        let shown = [
            ("mail", read(&mail)),
            ("file", read(&file)),
            ("fragment", read(&fragment)),
            ("text", chinese(|| render_text(&report))),
            ("pack", pack.unwrap()),
            ("subject", chinese(|| subject(&report))),
        ];
        for (what, text) in shown {
            assert_eq!(english(&text, &report), [""; 0], "{what}: {text}");
        }
        assert!(mail.contains("lang=\"zh-Hans\""));
    }
}

#[test]
fn the_subject_is_said_as_a_whole() {
    assert_eq!(
        chinese(|| subject(&sample::report())),
        "[Nines] 违约：ACME shop，2026-W46 周报 – 5 个目标中 1 个未达标"
    );
    assert_eq!(
        chinese(|| sample::report().sentence()),
        "5 个目标中 1 个未达标：Checkout availability。没有测量数据：Partner API。"
    );
    let stored = sample::report();
    assert_eq!(stored.sentence(), stored.verdict.sentence);
}

#[test]
fn files_for_programs_are_the_same_bytes_in_every_language() {
    for report in [sample::report(), corrected()] {
        assert_eq!(chinese(|| render_json(&report)).unwrap(), render_json(&report).unwrap());
        assert_eq!(chinese(|| render_csv([&report])).unwrap(), render_csv([&report]).unwrap());
        assert_eq!(chinese(|| render_openmetrics(&report)), render_openmetrics(&report));
    }
    let (before, after) = (sample::judged(), sample::report());
    assert_eq!(chinese(|| difference(&before, &after)), difference(&before, &after), "a correction keeps it");
}

#[test]
fn claims_are_told_in_the_language_of_the_reader() {
    let (first, second) = (sample::judged(), sample::report());
    let pairs = chinese(|| side_by_side(&first, &second));
    let of = |what: &str| pairs.iter().find(|pair| pair.what == what).unwrap_or_else(|| panic!("{what}: {pairs:?}"));
    assert_eq!(of("应抵扣").first.as_deref(), Some("10 %"));
    assert_eq!(of("Partner API：实测").second.as_deref(), Some("未知"));
    assert_eq!(of("负责人").first.as_deref(), Some("Zoë <ops>"));
    assert_eq!(of("排除项 4").first.as_deref(), Some("计划维护：New <database>"));
    assert_eq!(pairs.len(), side_by_side(&first, &second).len());
}

#[test]
fn a_workbook_in_chinese_is_another_one_and_always_the_same() {
    let report = corrected();
    let made = || chinese(|| render_xlsx(&report)).unwrap();
    assert!(made() == made() && made() != render_xlsx(&report).unwrap());
}

#[test]
fn a_period_is_found_behind_its_name_wherever_its_calendar_begins() {
    let zone = Tz::Europe__Berlin;
    for (week, day, month) in [(Weekday::Mon, 1, 1), (Weekday::Sun, 15, 4), (Weekday::Mon, 31, 10)] {
        let anchor = calendar::Anchor::new(week, day, month).unwrap();
        for kind in PeriodKind::ALL {
            for moment in ["2026-02-28T12:00:00Z", "2026-11-30T12:00:00Z"] {
                let period = Period::of(&calendar::Period::anchored(kind, zone, anchor, sample::at(moment)));
                let found = period.found(zone).map(|one| Period::of(&one));
                assert_eq!(found, Some(period), "{week} {day} {month}");
            }
        }
    }
}

#[test]
fn lines_of_ideographs_are_broken_where_they_may_be() {
    let report = corrected();
    let text = chinese(|| render_text(&report));
    let columns = |line: &str| line.chars().map(|c| if text::is_wide(c) { 2 } else { 1 }).sum::<usize>();
    let wide: Vec<&str> = text.lines().filter(|line| columns(line) > 78).collect();
    assert!(wide.iter().all(|line| line.contains("http_requests_total")), "{wide:?}");
    let begins = |line: &str| line.trim_start().starts_with(['，', '。', '；', '：', '、', '）']);
    assert!(!text.lines().any(begins), "{text}");
}
